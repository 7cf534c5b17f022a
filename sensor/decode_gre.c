/* decode_gre.c - GRE and what it carries: packets, frames, PPP, and the mirrored frames of ERSPAN
 * with what the switch says about them. */
#include "sensor/decode_int.h"

enum {
    GRE_CHECKSUM = 0x8000,
    GRE_KEY = 0x2000,
    GRE_SEQ = 0x1000,
    GRE_ACK = 0x0080,
    GRE_VERSION = 0x0007,
    PT_TEB = 0x6558, /* transparent Ethernet bridging */
    PT_PPP = 0x880b,
    PT_ERSPAN = 0x88be, /* types I and II */
    PT_ERSPAN3 = 0x22eb,
    PT_CMD = 0x8909,
    PT_MPLS = 0x8847,
    VSID_MIN = 0x1000 /* RFC 7637 3.2: those below are reserved */
};

struct gre {
    uint16_t flags, proto;
    uint32_t key, seq;
    struct ww_slice in;
};

static unsigned frame(struct ww_dec *d, struct ww_slice in, enum ww_tunnel_kind kind, uint32_t id)
{
    if (!ww_dec_push(d, kind, id))
        return WW_DEC_DEPTH;
    ww_dec_new_frame(d);
    return ww_dec_ethernet(d, in);
}

/* The mirrored frame. vlan: that it had at the switch, which may have taken the tag away. */
static unsigned mirrored(struct ww_dec *d, struct ww_slice in, uint16_t vlan)
{
    uint16_t type = ww_slice_be16(in, 12);
    if (vlan != 0 && type != WW_ET_VLAN && type != WW_ET_QINQ && type != WW_ET_QINQ_OLD) {
        d->vlan[0] = vlan;
        d->nvlan = 1;
    }
    return ww_dec_ethernet(d, in);
}

/* Pushes the tunnel; the outermost ERSPAN header is kept. */
static bool enter(struct ww_dec *d, const struct gre *g, enum ww_tunnel_kind kind,
                  const struct ww_span *s, uint32_t session)
{
    if (!ww_dec_push(d, kind, session))
        return false;
    if (d->span.version == 0) {
        d->span = *s;
        d->span.at = (uint8_t)(d->ntunnel - 1);
        d->span.seq = g->flags & GRE_SEQ ? g->seq : WW_NULL32;
    }
    if (s->truncated)
        d->cut = true; /* by the switch */
    ww_dec_new_frame(d);
    return true;
}

static const struct ww_span unknown = { .vlan = WW_NULL32,
                                        .port = WW_NULL32,
                                        .switch_id = WW_NULL32,
                                        .sgt = WW_NULL32,
                                        .unit_ns = WW_NULL32,
                                        .seq = WW_NULL32,
                                        .timestamp = WW_NULL64 };

/* draft-foschiano-erspan-03 4.1: no sequence number, no header; 4.2: version 1, 8 bytes */
static unsigned erspan2(struct ww_dec *d, const struct gre *g)
{
    struct ww_span s = unknown;
    if ((g->flags & GRE_SEQ) == 0) {
        s.version = 1;
        if (!enter(d, g, WW_TUN_ERSPAN1, &s, 0))
            return WW_DEC_DEPTH;
        return mirrored(d, g->in, 0);
    }
    uint32_t word = ww_slice_be32(g->in, 0);
    if (g->in.n < 8 || word >> 28 != 1)
        return WW_DEC_OK;
    s.version = 2;
    s.vlan = word >> 16 & 0x0fff;
    s.truncated = (word & 0x0400) != 0;
    s.port = ww_slice_be32(g->in, 4) & 0xfffff;
    if (!enter(d, g, WW_TUN_ERSPAN2, &s, word & 0x3ff))
        return WW_DEC_DEPTH;
    return mirrored(d, ww_slice_from(g->in, 8), (uint16_t)s.vlan);
}

/* draft-foschiano-erspan-03 4.3: the platform's subheader. stamp: the 32 bits of the main header.
 */
static void platform(struct ww_span *s, struct ww_slice sub, uint32_t stamp)
{
    uint32_t a = ww_slice_be32(sub, 0);
    uint32_t b = ww_slice_be32(sub, 4);
    switch (a >> 26) {
    case 1:
        s->port = b;
        break;
    case 3:
        s->port = a & 0x3fff;
        s->timestamp = (uint64_t)b << 32 | stamp;
        break;
    case 5:
    case 6: /* seconds, and nanoseconds of IEEE 1588 */
        s->switch_id = a >> 16 & 0x3ff;
        s->port = a & 0xffff;
        if (s->unit_ns == 1)
            s->timestamp = (uint64_t)b * 1000000000u + stamp;
        break;
    case 7:
        s->port = a & 0xfffff;
        s->timestamp = (uint64_t)b << 32 | stamp;
        break;
    default:
        break;
    }
}

/* draft-foschiano-erspan-03 4.3: version 2, 12 bytes and 8 more when O is set */
static unsigned erspan3(struct ww_dec *d, const struct gre *g)
{
    static const uint32_t unit_ns[] = { 100000, 100, 1, WW_NULL32 };
    struct ww_span s = unknown;
    uint32_t word = ww_slice_be32(g->in, 0);
    uint32_t tail = ww_slice_be32(g->in, 8);
    size_t len = tail & 1 ? 20 : 12;
    if (g->in.n < len || word >> 28 != 2)
        return WW_DEC_OK;
    s.version = 3;
    s.vlan = word >> 16 & 0x0fff;
    s.truncated = (word & 0x0400) != 0;
    s.timestamp = ww_slice_be32(g->in, 4);
    s.unit_ns = unit_ns[tail >> 1 & 3];
    s.dir = tail & 8 ? WW_MIRROR_EGRESS : WW_MIRROR_INGRESS;
    s.sgt = tail >> 16;
    if (tail & 1)
        platform(&s, ww_slice_from(g->in, 12), ww_slice_be32(g->in, 4));
    if (!enter(d, g, WW_TUN_ERSPAN3, &s, word & 0x3ff))
        return WW_DEC_DEPTH;
    struct ww_slice in = ww_slice_from(g->in, len);
    uint32_t type = tail >> 10 & 0x1f;
    if (type == 0)
        return mirrored(d, in, (uint16_t)s.vlan);
    uint16_t ip = ww_dec_ip_type(d, in);
    if (type == 2 && ip != 0)
        return ww_dec_type(d, in, ip);
    d->payload = in; /* a marker of the switch's clock, or a kind of frame that is not known */
    d->wire = (uint32_t)in.n;
    return WW_DEC_NOT_IP;
}

/* RFC 2637 4.1: version 1, a key of length and call */
static unsigned pptp(struct ww_dec *d, struct gre *g, struct ww_rd *r)
{
    if (g->proto != PT_PPP || (g->flags & (GRE_CHECKSUM | GRE_KEY)) != GRE_KEY ||
        (g->flags & ~(GRE_KEY | GRE_SEQ | GRE_ACK | GRE_VERSION)) != 0)
        return WW_DEC_OK;
    uint16_t len = ww_rd_be16(r);
    uint16_t call = ww_rd_be16(r);
    ww_rd_skip(r, (g->flags & GRE_SEQ ? 4u : 0u) + (g->flags & GRE_ACK ? 4u : 0u));
    if (r->bad || len == 0 || (len > r->left && !d->cut))
        return WW_DEC_OK; /* len 0: an acknowledgement alone */
    if (!ww_dec_push(d, WW_TUN_PPTP, call))
        return WW_DEC_DEPTH;
    ww_dec_new_frame(d);
    return ww_dec_ppp(d, ww_slice_sub(ww_rd_rest(r), 0, len));
}

static unsigned carried(struct ww_dec *d, struct gre *g)
{
    bool key_alone = (g->flags & (GRE_CHECKSUM | GRE_KEY | GRE_SEQ)) == GRE_KEY;
    switch (g->proto) {
    case PT_ERSPAN:
        return erspan2(d, g);
    case PT_ERSPAN3:
        return erspan3(d, g);
    case PT_TEB: /* RFC 7637 3.2: a key whose upper 24 bits name the virtual subnet */
        if (key_alone && g->key >> 8 >= VSID_MIN)
            return frame(d, g->in, WW_TUN_NVGRE, g->key >> 8);
        return frame(d, g->in, WW_TUN_GRE, g->key);
    case PT_CMD: /* the type stands in front, the payload behind */
        if (ww_slice_be16(g->in, 2) != 0x0101 || g->in.n < 8)
            return WW_DEC_OK;
        g->proto = ww_slice_be16(g->in, 0);
        g->in = ww_slice_from(g->in, 8);
        if (g->proto != WW_ET_IPV4 && g->proto != WW_ET_IPV6)
            return WW_DEC_OK;
        break;
    case WW_ET_IPV4:
    case WW_ET_IPV6:
    case PT_MPLS:
        break;
    default:
        return WW_DEC_OK;
    }
    if (!ww_dec_push(d, WW_TUN_GRE, g->key))
        return WW_DEC_DEPTH;
    ww_dec_new_frame(d);
    return ww_dec_type(d, g->in, g->proto);
}

/* RFC 2784 2, RFC 2890 2; DEVIATION: source routes (RFC 1701) are not followed, nobody sends them.
 */
unsigned ww_dec_gre(struct ww_dec *d, struct ww_slice in)
{
    struct ww_rd r = ww_rd(in);
    struct gre g = { .flags = ww_rd_be16(&r) };
    g.proto = ww_rd_be16(&r);
    if ((g.flags & GRE_VERSION) == 1)
        return pptp(d, &g, &r);
    if ((g.flags & ~(GRE_CHECKSUM | GRE_KEY | GRE_SEQ)) != 0)
        return WW_DEC_OK;
    if (g.flags & GRE_CHECKSUM)
        ww_rd_skip(&r, 4);
    if (g.flags & GRE_KEY)
        g.key = ww_rd_be32(&r);
    if (g.flags & GRE_SEQ)
        g.seq = ww_rd_be32(&r);
    if (r.bad)
        return WW_DEC_OK;
    g.in = ww_rd_rest(&r);
    return carried(d, &g);
}
