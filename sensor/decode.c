/* decode.c - link layers, IPv4/IPv6, TCP/UDP/ICMP: a pure function over one frame. */
#include "sensor/decode.h"

enum {
    ET_IPV4 = 0x0800,
    ET_VLAN = 0x8100,
    ET_IPV6 = 0x86dd,
    ET_QINQ = 0x88a8,
    ET_QINQ_OLD = 0x9100,
    ET_MIN = 0x0600, /* below: an 802.3 length */
    EXT_MAX = 10     /* IPv6 extension headers of one packet */
};

const char *ww_dec_name(enum ww_dec_outcome o)
{
    static const char *const names[] = {
#define WW_X(id, name) name,
        WW_DEC_OUTCOMES(WW_X)
#undef WW_X
    };
    return o < WW_DEC_N ? names[o] : "?";
}

const char *ww_tunnel_name(uint8_t kind)
{
    (void)kind;
    return "tunnel";
}

static enum ww_dec_outcome done(struct ww_dec *d, enum ww_dec_outcome o)
{
    d->outcome = (uint8_t)o;
    return o;
}

/* RFC 9293 3.1 */
static enum ww_dec_outcome tcp(struct ww_dec *d, struct ww_rd *r)
{
    d->port[0] = ww_rd_be16(r);
    d->port[1] = ww_rd_be16(r);
    d->seq = ww_rd_be32(r);
    d->ack = ww_rd_be32(r);
    uint8_t off = ww_rd_u8(r);
    d->tcp_flags = ww_rd_u8(r);
    d->window = ww_rd_be16(r);
    ww_rd_skip(r, 4);
    if (r->bad)
        return WW_DEC_SHORT;
    size_t hlen = (size_t)(off >> 4) * 4;
    if (hlen < 20)
        return WW_DEC_TCP_HLEN;
    d->wire = d->wire > hlen ? d->wire - (uint32_t)hlen : 0;
    if (hlen - 20 > r->left) {
        ww_rd_skip(r, r->left);
        d->payload = (struct ww_slice){ NULL, 0 };
        return d->cut ? WW_DEC_OK : WW_DEC_TCP_HLEN;
    }
    ww_rd_skip(r, hlen - 20);
    d->payload = ww_rd_rest(r);
    return WW_DEC_OK;
}

/* RFC 768 */
static enum ww_dec_outcome udp(struct ww_dec *d, struct ww_rd *r)
{
    d->port[0] = ww_rd_be16(r);
    d->port[1] = ww_rd_be16(r);
    uint16_t len = ww_rd_be16(r);
    ww_rd_skip(r, 2);
    if (r->bad)
        return WW_DEC_SHORT;
    if (len != 0 && len < 8)
        return WW_DEC_UDP_LEN;
    size_t body = len == 0 ? r->left : (size_t)len - 8; /* 0: jumbogram or offload */
    if (body > r->left) {
        if (!d->cut)
            return WW_DEC_UDP_LEN;
        d->wire = (uint32_t)body;
        body = r->left;
    } else {
        d->wire = (uint32_t)body;
    }
    d->payload = ww_rd_bytes(r, body);
    return WW_DEC_OK;
}

enum ww_dec_outcome ww_decode_transport(struct ww_dec *d, struct ww_slice in)
{
    struct ww_rd r = ww_rd(in);
    d->payload = in;
    if (d->proto == WW_IPPROTO_TCP)
        return done(d, tcp(d, &r));
    if (d->proto == WW_IPPROTO_UDP)
        return done(d, udp(d, &r));
    if (d->proto == WW_IPPROTO_ICMP || d->proto == WW_IPPROTO_ICMP6) {
        d->icmp_type = ww_rd_u8(&r);
        d->icmp_code = ww_rd_u8(&r);
        ww_rd_skip(&r, 2);
        if (r.bad)
            return done(d, WW_DEC_SHORT);
        d->payload = ww_rd_rest(&r);
    }
    return done(d, WW_DEC_OK);
}

/* RFC 791 3.1 */
static enum ww_dec_outcome ipv4(struct ww_dec *d, struct ww_rd *r)
{
    struct ww_slice all = { r->p, r->left };
    uint8_t vhl = ww_rd_u8(r);
    ww_rd_skip(r, 1);
    uint16_t total = ww_rd_be16(r);
    d->frag_id = ww_rd_be16(r);
    uint16_t off = ww_rd_be16(r);
    d->ttl = ww_rd_u8(r);
    d->proto = ww_rd_u8(r);
    ww_rd_skip(r, 2);
    struct ww_slice src = ww_rd_bytes(r, 4);
    struct ww_slice dst = ww_rd_bytes(r, 4);
    if (r->bad)
        return done(d, WW_DEC_SHORT);
    if (vhl >> 4 != 4)
        return done(d, WW_DEC_IP_VERSION);
    size_t hlen = (size_t)(vhl & 15) * 4;
    size_t len = total == 0 ? all.n : total; /* 0: segmentation offload */
    if (hlen < 20 || hlen > len)
        return done(d, WW_DEC_IP_HLEN);
    if (len > all.n && !d->cut)
        return done(d, WW_DEC_IP_LEN);
    d->fam = 4;
    d->ip[0] = src;
    d->ip[1] = dst;
    d->wire = (uint32_t)(len - hlen);
    struct ww_slice body = ww_slice_sub(ww_slice_sub(all, 0, len), hlen, SIZE_MAX);
    d->frag_off = (uint32_t)(off & 0x1fff) * 8;
    d->more_frags = (off & 0x2000) != 0;
    d->frag = d->more_frags || d->frag_off != 0;
    if (d->frag) {
        d->payload = body;
        return done(d, WW_DEC_OK);
    }
    return ww_decode_transport(d, body);
}

/* One IPv6 extension header. Return: whether next names another header to look at. */
static bool ipv6_ext(struct ww_dec *d, struct ww_rd *r, uint8_t *next)
{
    uint8_t n;
    size_t len;
    switch (*next) {
    case 0:   /* hop-by-hop options, RFC 8200 4.3 */
    case 43:  /* routing */
    case 60:  /* destination options */
    case 135: /* mobility, RFC 6275 */
    case 139: /* host identity */
    case 140: /* shim6 */
        n = ww_rd_u8(r);
        len = ((size_t)ww_rd_u8(r) + 1) * 8;
        ww_rd_skip(r, len - 2);
        break;
    case 51: /* authentication header, RFC 4302 2.2: length in words minus 2 */
        n = ww_rd_u8(r);
        len = ((size_t)ww_rd_u8(r) + 2) * 4;
        ww_rd_skip(r, len - 2);
        break;
    case 44: /* fragment, RFC 8200 4.5 */
        n = ww_rd_u8(r);
        ww_rd_skip(r, 1);
        len = ww_rd_be16(r);
        d->frag_off = (uint32_t)(len & 0xfff8);
        d->more_frags = (len & 1) != 0;
        d->frag_id = ww_rd_be32(r);
        d->frag = d->more_frags || d->frag_off != 0;
        *next = n;
        return !d->frag && !r->bad; /* an atomic fragment is a whole packet (RFC 6946) */
    default:
        return false;
    }
    *next = n;
    return !r->bad;
}

/* RFC 8200 3 */
static enum ww_dec_outcome ipv6(struct ww_dec *d, struct ww_rd *r)
{
    uint32_t first = ww_rd_be32(r);
    uint16_t len = ww_rd_be16(r);
    uint8_t next = ww_rd_u8(r);
    d->ttl = ww_rd_u8(r);
    struct ww_slice src = ww_rd_bytes(r, 16);
    struct ww_slice dst = ww_rd_bytes(r, 16);
    if (r->bad)
        return done(d, WW_DEC_SHORT);
    if (first >> 28 != 6)
        return done(d, WW_DEC_IP_VERSION);
    size_t body = len == 0 ? r->left : len; /* 0: jumbogram or offload */
    if (body > r->left && !d->cut)
        return done(d, WW_DEC_IP_LEN);
    d->fam = 6;
    d->ip[0] = src;
    d->ip[1] = dst;
    struct ww_rd in = ww_rd_sub(r, body < r->left ? body : r->left);
    unsigned n = 0;
    size_t before = in.left;
    while (ipv6_ext(d, &in, &next))
        if (++n == EXT_MAX)
            return done(d, WW_DEC_IP6_EXT);
    d->proto = next;
    if (in.bad)
        return done(d, d->cut ? WW_DEC_SHORT : WW_DEC_IP6_EXT);
    d->wire = (uint32_t)(body - (before - in.left));
    if (d->frag) {
        d->payload = ww_rd_rest(&in);
        return done(d, WW_DEC_OK);
    }
    return ww_decode_transport(d, ww_rd_rest(&in));
}

static enum ww_dec_outcome by_ethertype(struct ww_dec *d, struct ww_rd *r, uint16_t type)
{
    while (type == ET_VLAN || type == ET_QINQ || type == ET_QINQ_OLD) {
        uint16_t tci = ww_rd_be16(r);
        type = ww_rd_be16(r);
        if (r->bad)
            return done(d, WW_DEC_SHORT);
        if (d->nvlan == WW_VLAN_MAX)
            return done(d, WW_DEC_DEPTH);
        d->vlan[d->nvlan++] = tci & 0x0fff;
    }
    d->ethertype = type;
    if (type == ET_IPV4)
        return ipv4(d, r);
    if (type == ET_IPV6)
        return ipv6(d, r);
    d->payload = ww_rd_rest(r);
    d->wire = (uint32_t)d->payload.n;
    return done(d, WW_DEC_NOT_IP);
}

static enum ww_dec_outcome raw_ip(struct ww_dec *d, struct ww_rd *r)
{
    uint8_t v = ww_slice_at((struct ww_slice){ r->p, r->left }, 0) >> 4;
    if (v == 6) {
        d->ethertype = ET_IPV6;
        return ipv6(d, r);
    }
    d->ethertype = ET_IPV4;
    return ipv4(d, r);
}

/* BSD loopback: the address family in the byte order of the host that captured, or big-endian. */
static enum ww_dec_outcome null_loop(struct ww_dec *d, struct ww_rd *r)
{
    struct ww_rd look = *r;
    uint32_t be = ww_rd_be32(r);
    uint32_t le = ww_rd_le32(&look);
    uint32_t af = be < le ? be : le;
    if (r->bad)
        return done(d, WW_DEC_SHORT);
    switch (af) {
    case 2: /* AF_INET everywhere */
        return by_ethertype(d, r, ET_IPV4);
    case 10: /* AF_INET6 of Linux, NetBSD, FreeBSD, macOS */
    case 24:
    case 28:
    case 30:
        return by_ethertype(d, r, ET_IPV6);
    default:
        d->payload = ww_rd_rest(r);
        return done(d, WW_DEC_NOT_IP);
    }
}

static enum ww_dec_outcome sll(struct ww_dec *d, struct ww_rd *r, bool v2)
{
    uint16_t type;
    uint16_t alen;
    if (v2) { /* LINKTYPE_LINUX_SLL2 */
        type = ww_rd_be16(r);
        ww_rd_skip(r, 2 + 4 + 2 + 1);
        alen = ww_rd_u8(r);
    } else {
        ww_rd_skip(r, 4);
        alen = ww_rd_be16(r);
        type = 0;
    }
    struct ww_slice addr = ww_rd_bytes(r, 8);
    if (!v2)
        type = ww_rd_be16(r);
    if (r->bad)
        return done(d, WW_DEC_SHORT);
    if (alen == 6)
        d->mac[0] = ww_mac_of(ww_slice_sub(addr, 0, 6));
    return by_ethertype(d, r, type);
}

enum ww_dec_outcome ww_decode(const struct ww_pkt *p, struct ww_dec *d)
{
    *d = (struct ww_dec){ .cut = p->caplen < p->len };
    struct ww_rd r = ww_rd((struct ww_slice){ p->p, p->caplen });
    switch (p->link) {
    case WW_LINK_ETHERNET: {
        d->mac[1] = ww_mac_of(ww_rd_bytes(&r, 6));
        d->mac[0] = ww_mac_of(ww_rd_bytes(&r, 6));
        uint16_t type = ww_rd_be16(&r);
        if (r.bad)
            return done(d, WW_DEC_SHORT);
        if (type < ET_MIN) { /* 802.3 with LLC */
            d->ethertype = type;
            d->payload = ww_rd_rest(&r);
            return done(d, WW_DEC_NOT_IP);
        }
        return by_ethertype(d, &r, type);
    }
    case WW_LINK_RAW_BSD:
    case WW_LINK_RAW:
    case WW_LINK_IPV4:
    case WW_LINK_IPV6:
        return raw_ip(d, &r);
    case WW_LINK_NULL:
    case WW_LINK_LOOP:
        return null_loop(d, &r);
    case WW_LINK_SLL:
        return sll(d, &r, false);
    case WW_LINK_SLL2:
        return sll(d, &r, true);
    default:
        return done(d, WW_DEC_LINK);
    }
}

bool ww_link_known(uint16_t link)
{
    struct ww_pkt none = { .link = link };
    struct ww_dec d;
    return ww_decode(&none, &d) != WW_DEC_LINK;
}
