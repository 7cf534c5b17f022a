/* decode_link.c - link layers other than Ethernet, which are rare: cooked captures, loopback, raw IP. */
#include "sensor/decode_int.h"

static enum ww_dec_outcome raw_ip(struct ww_dec *d, struct ww_slice in)
{
    return ww_dec_type(d, in, ww_slice_at(in, 0) >> 4 == 6 ? WW_ET_IPV6 : WW_ET_IPV4);
}

/* BSD loopback: the address family in the byte order of the host that captured, or big-endian. */
static enum ww_dec_outcome null_loop(struct ww_dec *d, struct ww_slice in)
{
    struct ww_rd r = ww_rd(in);
    struct ww_rd look = r;
    uint32_t be = ww_rd_be32(&r);
    uint32_t le = ww_rd_le32(&look);
    uint32_t af = be < le ? be : le;
    if (r.bad)
        return WW_DEC_SHORT;
    switch (af) {
    case 2: /* AF_INET everywhere */
        return ww_dec_type(d, ww_rd_rest(&r), WW_ET_IPV4);
    case 10: /* AF_INET6 of Linux, NetBSD, FreeBSD, macOS */
    case 24:
    case 28:
    case 30:
        return ww_dec_type(d, ww_rd_rest(&r), WW_ET_IPV6);
    default:
        d->payload = ww_rd_rest(&r);
        return WW_DEC_NOT_IP;
    }
}

static enum ww_dec_outcome sll(struct ww_dec *d, struct ww_slice in, bool v2)
{
    struct ww_rd r = ww_rd(in);
    uint16_t type;
    uint16_t alen;
    if (v2) { /* LINKTYPE_LINUX_SLL2 */
        type = ww_rd_be16(&r);
        ww_rd_skip(&r, 2 + 4 + 2 + 1);
        alen = ww_rd_u8(&r);
    } else {
        ww_rd_skip(&r, 4);
        alen = ww_rd_be16(&r);
        type = 0;
    }
    struct ww_slice addr = ww_rd_bytes(&r, 8);
    if (!v2)
        type = ww_rd_be16(&r);
    if (r.bad)
        return WW_DEC_SHORT;
    if (alen == 6)
        d->mac[0] = ww_mac_of(ww_slice_sub(addr, 0, 6));
    return ww_dec_type(d, ww_rd_rest(&r), type);
}

enum ww_dec_outcome ww_dec_link(struct ww_dec *d, struct ww_slice in, uint16_t link)
{
    switch (link) {
    case WW_LINK_RAW_BSD:
    case WW_LINK_RAW:
    case WW_LINK_IPV4:
    case WW_LINK_IPV6:
        return raw_ip(d, in);
    case WW_LINK_NULL:
    case WW_LINK_LOOP:
        return null_loop(d, in);
    case WW_LINK_SLL:
        return sll(d, in, false);
    case WW_LINK_SLL2:
        return sll(d, in, true);
    default:
        return WW_DEC_LINK;
    }
}
