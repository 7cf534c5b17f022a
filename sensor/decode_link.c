/* decode_link.c - link layers other than Ethernet, which are rare: cooked captures, loopback, raw
 * IP, lines, the air. Source: the LINKTYPE registry of tcpdump.org. */
#include "sensor/decode_int.h"

enum {
    SLL_LLC = 4,
    RT_TSFT = 1, /* radiotap: present bits */
    RT_FLAGS = 2,
    RT_F_FCS = 0x10, /* flags: a checksum stands at the end */
    RT_F_PAD = 0x20, /* padding between header and body */
    RT_F_BAD_FCS = 0x40,
    PKTAP_MIN = 52 /* up to the length of the trailer */
};
static const uint32_t RT_EXT = 0x80000000u; /* radiotap: another word of present bits */

static unsigned raw_ip(struct ww_dec *d, struct ww_slice in)
{
    return ww_dec_type(d, in, ww_slice_at(in, 0) >> 4 == 6 ? WW_ET_IPV6 : WW_ET_IPV4);
}

/* BSD loopback: the address family in the byte order of the host that captured, or big-endian. */
static unsigned null_loop(struct ww_dec *d, struct ww_slice in)
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

static unsigned sll(struct ww_dec *d, struct ww_slice in, bool v2)
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
        ww_copy(&d->mac[0], ww_slice_sub(addr, 0, 6));
    if (type == SLL_LLC)
        return ww_dec_llc(d, ww_rd_rest(&r));
    return ww_dec_type(d, ww_rd_rest(&r), type);
}

/* www.radiotap.org: words of present bits, then the fields aligned to their size. Only flags are
 * asked. */
static unsigned radiotap(struct ww_dec *d, struct ww_slice in)
{
    struct ww_rd r = ww_rd(in);
    uint8_t version = ww_rd_u8(&r);
    ww_rd_skip(&r, 1);
    uint16_t len = ww_rd_le16(&r);
    uint32_t present = ww_rd_le32(&r);
    if (r.bad || len < 8 || len > in.n)
        return WW_DEC_SHORT;
    if (version != 0)
        return WW_DEC_LINK;
    struct ww_slice head = ww_slice_sub(in, 0, len);
    struct ww_slice frame = ww_slice_from(in, len);
    size_t at = 8;
    for (uint32_t more = present; (more & RT_EXT) != 0 && at + 4 <= head.n; at += 4) {
        struct ww_rd word = ww_rd(ww_slice_from(head, at));
        more = ww_rd_le32(&word);
    }
    if (present & RT_TSFT)
        at = (at + 7) / 8 * 8 + 8;
    uint8_t flags = present & RT_FLAGS ? ww_slice_at(head, at) : 0;
    if (flags & RT_F_BAD_FCS) {
        d->payload = frame;
        return WW_DEC_WLAN_FCS;
    }
    if ((flags & RT_F_FCS) != 0 && !d->cut)
        frame = ww_slice_sub(frame, 0, frame.n < 4 ? 0 : frame.n - 4);
    return ww_dec_wlan(d, frame, flags & RT_F_PAD ? WW_WLAN_PADDED : 0);
}

/* Apple's header in front of a frame of another link type, which takes its place.
 * Return: that link type, or one that is not known. */
static uint16_t pktap(struct ww_slice *in)
{
    struct ww_rd r = ww_rd(*in);
    uint32_t len = ww_rd_le32(&r);
    uint32_t next = ww_rd_le32(&r); /* 1: a packet */
    uint32_t link = ww_rd_le32(&r);
    if (r.bad || len < PKTAP_MIN || len > in->n || next != 1 || link == WW_LINK_PKTAP ||
        link == WW_LINK_PKTAP_OLD || link > UINT16_MAX)
        return UINT16_MAX;
    *in = ww_slice_from(*in, len);
    return (uint16_t)link;
}

/* Cisco HDLC: address 0x0f or 0x8f, control 0, EtherType; also seen under the link types of PPP */
static unsigned c_hdlc(struct ww_dec *d, struct ww_slice in)
{
    return in.n < 4 ? WW_DEC_SHORT : ww_dec_type(d, ww_slice_from(in, 4), ww_slice_be16(in, 2));
}

unsigned ww_dec_link(struct ww_dec *d, struct ww_slice in, uint16_t link)
{
    if (link == WW_LINK_PKTAP || link == WW_LINK_PKTAP_OLD) {
        if (in.n < PKTAP_MIN)
            return WW_DEC_SHORT;
        link = pktap(&in);
    }
    switch (link) {
    case WW_LINK_ETHERNET:
        return ww_dec_ethernet(d, in);
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
    case WW_LINK_PPP:
    case WW_LINK_PPP_HDLC:
        if (ww_slice_be16(in, 0) == 0x0f00 || ww_slice_be16(in, 0) == 0x8f00)
            return c_hdlc(d, in);
        return ww_dec_ppp(d, in);
    case WW_LINK_PPP_ETHER:
        return ww_dec_pppoe(d, in);
    case WW_LINK_C_HDLC:
        return c_hdlc(d, in);
    case WW_LINK_WLAN:
        return ww_dec_wlan(d, in, 0);
    case WW_LINK_RADIOTAP:
        return radiotap(d, in);
    default:
        return WW_DEC_LINK;
    }
}
