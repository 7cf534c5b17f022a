/* decode.c - Ethernet, IPv4/IPv6, TCP/UDP/ICMP: a pure function over one frame.
 *
 * Nearly every packet goes from top to bottom of this file and nowhere else, so each header costs
 * one comparison of lengths; what is rare stands in files of its own.
 */
#include "sensor/decode_int.h"

enum { EXT_MAX = 10 /* IPv6 extension headers of one packet */ };

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
    static const char *const names[] = {
#define WW_X(id, name) name,
        WW_TUNNEL_KINDS(WW_X)
#undef WW_X
    };
    return kind < WW_TUN_N ? names[kind] : "?";
}

/* What cannot be the header that it should be is all payload. */
static inline unsigned no_header(struct ww_dec *d, struct ww_slice in, enum ww_dec_outcome why)
{
    d->payload = in;
    return why;
}

/* RFC 9293 3.1 */
static inline unsigned tcp(struct ww_dec *d, struct ww_slice in)
{
    if (in.n < 20)
        return no_header(d, in, WW_DEC_SHORT);
    d->port[0] = ww_slice_be16(in, 0);
    d->port[1] = ww_slice_be16(in, 2);
    d->seq = ww_slice_be32(in, 4);
    d->ack = ww_slice_be32(in, 8);
    d->tcp_flags = ww_slice_at(in, 13);
    d->window = ww_slice_be16(in, 14);
    size_t hlen = (size_t)(ww_slice_at(in, 12) >> 4) * 4;
    if (hlen < 20)
        return no_header(d, in, WW_DEC_TCP_HLEN);
    d->wire = d->wire > hlen ? d->wire - (uint32_t)hlen : 0;
    d->payload = ww_slice_from(in, hlen);
    return hlen <= in.n || d->cut ? WW_DEC_OK : WW_DEC_TCP_HLEN;
}

/* RFC 768 */
static inline unsigned udp(struct ww_dec *d, struct ww_slice in)
{
    if (in.n < 8)
        return no_header(d, in, WW_DEC_SHORT);
    d->port[0] = ww_slice_be16(in, 0);
    d->port[1] = ww_slice_be16(in, 2);
    uint16_t len = ww_slice_be16(in, 4);
    if (len != 0 && len < 8)
        return no_header(d, in, WW_DEC_UDP_LEN);
    size_t left = in.n - 8;
    size_t body = len == 0 ? left : (size_t)len - 8; /* 0: jumbogram or offload */
    if (body > left && !d->cut)
        return no_header(d, in, WW_DEC_UDP_LEN);
    d->wire = (uint32_t)body;
    d->payload = ww_slice_sub(ww_slice_from(in, 8), 0, body);
    return ww_dec_tunnel_port(d->port[0]) || ww_dec_tunnel_port(d->port[1]) ? WW_MORE_PORT : WW_DEC_OK;
}

/* RFC 792, RFC 4443 2.1 */
static unsigned icmp(struct ww_dec *d, struct ww_slice in)
{
    struct ww_rd r = ww_rd(in);
    d->icmp_type = ww_rd_u8(&r);
    d->icmp_code = ww_rd_u8(&r);
    ww_rd_skip(&r, 2);
    if (r.bad)
        return WW_DEC_SHORT;
    d->payload = ww_rd_rest(&r);
    return WW_DEC_OK;
}

static inline unsigned transport(struct ww_dec *d, struct ww_slice in)
{
    d->l4 = in;
    if (d->proto == WW_IPPROTO_TCP)
        return tcp(d, in);
    if (d->proto == WW_IPPROTO_UDP)
        return udp(d, in);
    d->payload = in;
    if (d->proto == WW_IPPROTO_ICMP || d->proto == WW_IPPROTO_ICMP6)
        return icmp(d, in);
    return WW_MORE_PROTO;
}

unsigned ww_dec_proto(struct ww_dec *d, struct ww_slice in)
{
    return transport(d, in);
}

static inline enum ww_dec_outcome done(struct ww_dec *d, unsigned step)
{
    if (step >= WW_DEC_N)
        step = ww_dec_peel(d, step);
    d->outcome = (uint8_t)step;
    return (enum ww_dec_outcome)step;
}

enum ww_dec_outcome ww_decode_transport(struct ww_dec *d, struct ww_slice in)
{
    d->frag = d->more_frags = false;
    d->frag_off = 0;
    d->wire = (uint32_t)in.n;
    return done(d, transport(d, in));
}

/* RFC 791 3.1 */
static inline unsigned ipv4(struct ww_dec *d, struct ww_slice in)
{
    if (in.n < 20)
        return WW_DEC_SHORT;
    uint8_t vhl = ww_slice_at(in, 0);
    uint16_t total = ww_slice_be16(in, 2);
    uint16_t off = ww_slice_be16(in, 6);
    d->frag_id = ww_slice_be16(in, 4);
    d->ttl = ww_slice_at(in, 8);
    d->proto = ww_slice_at(in, 9);
    size_t hlen = 20;
    size_t len = total == 0 ? in.n : total; /* 0: segmentation offload */
    if (vhl != 0x45) { /* options, or nonsense */
        hlen = (size_t)(vhl & 15) * 4;
        if (vhl >> 4 != 4)
            return WW_DEC_IP_VERSION;
        if (hlen < 20)
            return WW_DEC_IP_HLEN;
    }
    if (hlen > len)
        return WW_DEC_IP_HLEN;
    if (len > in.n && !d->cut)
        return WW_DEC_IP_LEN;
    d->fam = 4;
    d->ip[0] = ww_slice_sub(in, 12, 4);
    d->ip[1] = ww_slice_sub(in, 16, 4);
    d->wire = (uint32_t)(len - hlen);
    struct ww_slice body = ww_slice_from((struct ww_slice){ in.p, len < in.n ? len : in.n }, hlen);
    if ((off & 0x3fff) != 0) { /* more fragments, or an offset */
        d->frag_off = (uint32_t)(off & 0x1fff) * 8;
        d->more_frags = (off & 0x2000) != 0;
        d->frag = true;
        d->payload = body;
        return WW_DEC_OK;
    }
    return transport(d, body);
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

/* Out of the way: what it needs room for, packets without such headers would pay, too. */
__attribute__((noinline)) static unsigned ipv6_exts(struct ww_dec *d, struct ww_slice in)
{
    struct ww_rd r = ww_rd(in);
    unsigned n = 0;
    while (ipv6_ext(d, &r, &d->proto))
        if (++n == EXT_MAX)
            return WW_DEC_IP6_EXT;
    if (r.bad)
        return d->cut ? WW_DEC_SHORT : WW_DEC_IP6_EXT;
    d->wire -= (uint32_t)(in.n - r.left);
    if (!d->frag)
        return transport(d, ww_rd_rest(&r));
    d->payload = ww_rd_rest(&r);
    return WW_DEC_OK;
}

/* RFC 8200 3 */
static inline unsigned ipv6(struct ww_dec *d, struct ww_slice in)
{
    if (in.n < 40)
        return WW_DEC_SHORT;
    if (ww_slice_at(in, 0) >> 4 != 6)
        return WW_DEC_IP_VERSION;
    uint16_t len = ww_slice_be16(in, 4);
    d->proto = ww_slice_at(in, 6);
    d->ttl = ww_slice_at(in, 7);
    size_t left = in.n - 40;
    size_t body = len == 0 ? left : len; /* 0: jumbogram or offload */
    if (body > left && !d->cut)
        return WW_DEC_IP_LEN;
    d->fam = 6;
    d->ip[0] = ww_slice_sub(in, 8, 16);
    d->ip[1] = ww_slice_sub(in, 24, 16);
    d->wire = (uint32_t)body;
    struct ww_slice rest = ww_slice_sub(ww_slice_from(in, 40), 0, body);
    if (d->proto != WW_IPPROTO_TCP && d->proto != WW_IPPROTO_UDP)
        return ipv6_exts(d, rest);
    return transport(d, rest);
}

/* IEEE 802.1Q 9.6: tags, outermost first. Return: WW_DEC_OK when the type behind them was reached.
 */
static unsigned tags(struct ww_dec *d, struct ww_slice *in, uint16_t *type)
{
    while (*type == WW_ET_VLAN || *type == WW_ET_QINQ || *type == WW_ET_QINQ_OLD) {
        if (in->n < 4 || d->nvlan == WW_VLAN_MAX)
            return in->n < 4 ? WW_DEC_SHORT : WW_DEC_DEPTH;
        d->vlan[d->nvlan++] = ww_slice_be16(*in, 0) & 0x0fff;
        *type = ww_slice_be16(*in, 2);
        *in = ww_slice_from(*in, 4);
    }
    return WW_DEC_OK;
}

static inline unsigned by_type(struct ww_dec *d, struct ww_slice in, uint16_t type)
{
    if (type != WW_ET_IPV4 && type != WW_ET_IPV6) {
        unsigned o = tags(d, &in, &type);
        if (o != WW_DEC_OK)
            return o;
    }
    d->ethertype = type;
    if (type == WW_ET_IPV4)
        return ipv4(d, in);
    if (type == WW_ET_IPV6)
        return ipv6(d, in);
    d->payload = in;
    d->wire = (uint32_t)in.n;
    return WW_MORE_TYPE;
}

/* IEEE 802.3 3.1.1 */
static inline unsigned ethernet(struct ww_dec *d, struct ww_slice in)
{
    if (in.n < 14)
        return WW_DEC_SHORT;
    ww_copy(&d->mac[1], ww_slice_sub(in, 0, 6));
    ww_copy(&d->mac[0], ww_slice_sub(in, 6, 6));
    return by_type(d, ww_slice_from(in, 14), ww_slice_be16(in, 12));
}

unsigned ww_dec_ethernet(struct ww_dec *d, struct ww_slice in)
{
    return ethernet(d, in);
}

unsigned ww_dec_type(struct ww_dec *d, struct ww_slice in, uint16_t type)
{
    return by_type(d, in, type);
}

/* In two halves, because a compiler makes plain stores of each, and a slow loop of the whole. */
static inline void clear(struct ww_dec *d)
{
    enum { HALF = offsetof(struct ww_dec, mac) };
    memset(d, 0, HALF);
    memset(d->mac, 0, offsetof(struct ww_dec, tunnel) - HALF);
}

enum ww_dec_outcome ww_decode(const struct ww_pkt *p, struct ww_dec *d)
{
    clear(d);
    d->cut = p->caplen < p->len;
    struct ww_slice in = { p->p, p->p == NULL ? 0 : p->caplen };
    return done(d, p->link == WW_LINK_ETHERNET ? ethernet(d, in) : ww_dec_link(d, in, p->link));
}

bool ww_link_known(uint16_t link)
{
    struct ww_pkt none = { .link = link };
    struct ww_dec d;
    return ww_decode(&none, &d) != WW_DEC_LINK;
}
