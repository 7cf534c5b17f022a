/* decode_tunnel.c - what may stand around the innermost packet, one line of a table each.
 *
 * An encapsulation is recognised by its number and by a valid header; with any other header the
 * packet is what its number says (a frame of that type, a packet of that protocol, a datagram).
 * What follows in it is judged as if it had come alone, and the chain around it is kept.
 */
#include "sensor/decode_int.h"

enum {
    LABELS_MAX = 8,  /* MPLS labels of one packet */
    GTP_EXT_MAX = 8, /* GTP-U extension headers of one packet */
    ET_TEB = 0x6558, /* transparent Ethernet bridging */
    ET_MPLS = 0x8847,
    ET_MPLS_MULTI = 0x8848,
    PPP_IPV4 = 0x0021,
    PPP_IPV6 = 0x0057,
    PPP_MPLS = 0x0281
};

/* ---- the way inwards ------------------------------------------------------------------------- */

bool ww_dec_push(struct ww_dec *d, enum ww_tunnel_kind kind, uint32_t id)
{
    if (d->ntunnel == WW_TUNNEL_MAX)
        return false;
    if (d->ntunnel == 0)
        d->span = (struct ww_span){ .version = 0 };
    unsigned i = d->ntunnel++;
    d->tunnel[i] = (struct ww_tunnel){ .kind = (uint8_t)kind, .id = id };
    if (d->nvlan > 0)
        d->tunnel[i].vlan = d->vlan[d->nvlan - 1];
    d->carrier[i] = (struct ww_slice){ NULL, 0 };
    if (d->fam != 0)
        d->carrier[i] = (struct ww_slice){ d->ip[0].p, d->ip[0].n + d->ip[1].n };
    /* of what follows nothing is known; its addresses are the carrier's until others are found, so
     * that a fault in it names somebody */
    d->fam = 0;
    d->port[0] = d->port[1] = 0;
    return true;
}

void ww_dec_new_frame(struct ww_dec *d)
{
    d->nvlan = 0;
    memset(d->vlan, 0, sizeof d->vlan);
    memset(d->mac, 0, sizeof d->mac);
}

uint16_t ww_dec_ip_type(const struct ww_dec *d, struct ww_slice in)
{
    uint8_t first = ww_slice_at(in, 0);
    if (first >> 4 == 4 && (first & 15) >= 5 && in.n >= 20) {
        uint16_t len = ww_slice_be16(in, 2);
        return len == 0 || len <= in.n || d->cut ? WW_ET_IPV4 : 0;
    }
    if (first >> 4 == 6 && in.n >= 40)
        return ww_slice_be16(in, 4) <= in.n - 40 || d->cut ? WW_ET_IPV6 : 0;
    return 0;
}

/* Bare IP in a tunnel between routers: the carrier's MAC addresses are not those of its ends. */
static unsigned routed(struct ww_dec *d, struct ww_slice in, uint16_t type,
                       enum ww_tunnel_kind kind, uint32_t id)
{
    if (!ww_dec_push(d, kind, id))
        return WW_DEC_DEPTH;
    ww_dec_new_frame(d);
    return ww_dec_type(d, in, type);
}

static unsigned bridged(struct ww_dec *d, struct ww_slice in, enum ww_tunnel_kind kind, uint32_t id)
{
    if (!ww_dec_push(d, kind, id))
        return WW_DEC_DEPTH;
    ww_dec_new_frame(d);
    return ww_dec_ethernet(d, in);
}

/* ---- behind an EtherType --------------------------------------------------------------------- */

static unsigned not_ip(struct ww_dec *d, struct ww_slice in)
{
    d->payload = in;
    d->wire = (uint32_t)in.n;
    return WW_DEC_NOT_IP;
}

/* IEEE 802 10.3 (SNAP), RFC 1042, IEEE 802.1H; RFC 948 for SAP 6. */
unsigned ww_dec_llc(struct ww_dec *d, struct ww_slice in)
{
    uint32_t head = ww_slice_be32(in, 0);
    uint16_t oui = ww_slice_be16(in, 4);
    if (in.n >= 8 && head == 0xaaaa0300u && (oui == 0 || oui == 0x00f8))
        return ww_dec_type(d, ww_slice_from(in, 8), ww_slice_be16(in, 6));
    if (in.n >= 3 && head >> 8 == 0x060603)
        return ww_dec_type(d, ww_slice_from(in, 3), WW_ET_IPV4);
    return not_ip(d, in);
}

/* RFC 1661 2 with the framing of RFC 1662 3.1 or without; protocol numbers of RFC 1332, 5072, 3032.
 */
unsigned ww_dec_ppp(struct ww_dec *d, struct ww_slice in)
{
    struct ww_rd r = ww_rd(in);
    uint16_t proto = ww_rd_u8(&r);
    if (proto == 0xff && ww_slice_at(in, 1) == 3) {
        ww_rd_skip(&r, 1);
        proto = ww_rd_u8(&r);
    }
    if ((proto & 1) == 0) /* an odd byte ends the number: compressed (RFC 1661 6.5) */
        proto = (uint16_t)((uint32_t)proto << 8 | ww_rd_u8(&r));
    if (r.bad)
        return WW_DEC_SHORT;
    if (proto == PPP_IPV4 || proto == PPP_IPV6)
        return ww_dec_type(d, ww_rd_rest(&r), proto == PPP_IPV4 ? WW_ET_IPV4 : WW_ET_IPV6);
    if (proto == PPP_MPLS)
        return ww_dec_type(d, ww_rd_rest(&r), ET_MPLS);
    return not_ip(d, in);
}

/* RFC 2516 4 */
unsigned ww_dec_pppoe(struct ww_dec *d, struct ww_slice in)
{
    uint16_t len = ww_slice_be16(in, 4);
    if (in.n < 6 || ww_slice_be16(in, 0) != 0x1100 || (len > in.n - 6 && !d->cut))
        return not_ip(d, in);
    if (!ww_dec_push(d, WW_TUN_PPPOE, ww_slice_be16(in, 2)))
        return WW_DEC_DEPTH;
    return ww_dec_ppp(d, ww_slice_sub(in, 6, len)); /* behind it: padding of a short frame */
}

/* Could this be an Ethernet frame? Nothing says so but the type of what follows in it. */
static bool like_ethernet(struct ww_slice in)
{
    switch (ww_slice_be16(in, 12)) {
    case WW_ET_IPV4:
    case WW_ET_IPV6:
    case WW_ET_VLAN:
    case WW_ET_QINQ:
    case 0x0806: /* ARP */
    case ET_MPLS:
        return true;
    default:
        return false;
    }
}

/* RFC 3032 2.1; what follows the last label is not said: RFC 3032 2.2, RFC 4928 2, RFC 4385 3.
 * Out:    label the bottom one; inner what follows, type its EtherType, ET_TEB = a frame
 * Return: WW_DEC_OK, WW_DEC_DEPTH, or WW_DEC_NOT_IP for what is none of these */
static unsigned labels(const struct ww_dec *d, struct ww_slice in, uint32_t *label,
                       struct ww_slice *inner, uint16_t *type)
{
    uint32_t entry = 0;
    for (unsigned n = 0; (entry & 0x100) == 0; n++) { /* bottom of stack */
        if (n == LABELS_MAX)
            return WW_DEC_DEPTH;
        if (in.n < 4)
            return WW_DEC_NOT_IP;
        entry = ww_slice_be32(in, 0);
        in = ww_slice_from(in, 4);
    }
    *label = entry >> 12;
    *inner = in;
    *type = ww_dec_ip_type(d, in);
    if (*type != 0)
        return WW_DEC_OK;
    *type = ET_TEB;
    if (ww_slice_at(in, 0) >> 4 == 0 && like_ethernet(ww_slice_from(in, 4)))
        *inner = ww_slice_from(in, 4); /* behind the control word of a pseudowire */
    return like_ethernet(*inner) ? WW_DEC_OK : WW_DEC_NOT_IP;
}

static unsigned mpls(struct ww_dec *d, struct ww_slice in)
{
    uint32_t label = 0;
    uint16_t type = 0;
    struct ww_slice inner = { NULL, 0 };
    unsigned o = labels(d, in, &label, &inner, &type);
    if (o == WW_DEC_NOT_IP)
        return not_ip(d, in);
    if (o != WW_DEC_OK || (type != ET_TEB && !ww_dec_push(d, WW_TUN_MPLS, label)))
        return WW_DEC_DEPTH;
    if (type == ET_TEB)
        return bridged(d, inner, WW_TUN_MPLS, label);
    return ww_dec_type(d, inner, type); /* in the same frame: its MAC addresses and tags stay */
}

/* IEEE 802.1AE 9.3: authenticated only. Encrypted frames (E, C) stay frames of that type. */
static unsigned macsec(struct ww_dec *d, struct ww_slice in)
{
    uint8_t tci = ww_slice_at(in, 0);
    size_t len = tci & 0x20 ? 14 : 6; /* with the channel's identifier, or without */
    if ((tci & 0x8c) != 0 || in.n < len + 2)
        return not_ip(d, in);
    if (!ww_dec_push(d, WW_TUN_MACSEC, 0))
        return WW_DEC_DEPTH;
    return ww_dec_type(d, ww_slice_from(in, len + 2), ww_slice_be16(in, len));
}

/* Cisco metadata as Catalyst and Nexus switches write it in front of the EtherType: version, number
 * of options, then each option's type and its security group tag. */
static unsigned cisco_metadata(struct ww_dec *d, struct ww_slice in)
{
    size_t len = 2 + (size_t)ww_slice_at(in, 1) * 4;
    if (ww_slice_at(in, 0) != 1 || len < 6 || in.n < len + 2)
        return not_ip(d, in);
    if (!ww_dec_push(d, WW_TUN_CMD, ww_slice_be16(in, 4)))
        return WW_DEC_DEPTH;
    return ww_dec_type(d, ww_slice_from(in, len + 2), ww_slice_be16(in, len));
}

/* VN-Tag of port extenders (Cisco; the proposal of IEEE 802.1Qbh): direction, pointer, destination
 * and source interface, version 0. */
static unsigned vntag(struct ww_dec *d, struct ww_slice in)
{
    if (in.n < 6 || (ww_slice_be16(in, 2) & 0x3000) != 0)
        return not_ip(d, in);
    uint32_t to = ww_slice_be16(in, 0) & 0x3fff;
    uint32_t from = ww_slice_be16(in, 2) & 0x0fff;
    if (!ww_dec_push(d, WW_TUN_VNTAG, from << 16 | to))
        return WW_DEC_DEPTH;
    return ww_dec_type(d, ww_slice_from(in, 6), ww_slice_be16(in, 4));
}

/* IEEE 802.1Q 9.7: I-TAG */
static unsigned pbb(struct ww_dec *d, struct ww_slice in)
{
    if (in.n < 4)
        return WW_DEC_SHORT;
    return bridged(d, ww_slice_from(in, 4), WW_TUN_PBB, ww_slice_be32(in, 0) & 0xffffff);
}

/* Cisco FabricPath: 10 bits of forwarding tag, 6 of time to live, then the whole frame */
static unsigned fabricpath(struct ww_dec *d, struct ww_slice in)
{
    if (!like_ethernet(ww_slice_from(in, 2)))
        return not_ip(d, in);
    return bridged(d, ww_slice_from(in, 2), WW_TUN_FABRICPATH, ww_slice_be16(in, 0) >> 6);
}

/* ---- behind an IP protocol ------------------------------------------------------------------- */

/* RFC 2003, RFC 4213 3, RFC 2473 */
static unsigned ip_in_ip(struct ww_dec *d, struct ww_slice in)
{
    static const uint8_t kinds[2][2] = { { WW_TUN_IPIP, WW_TUN_IP6IN4 },
                                         { WW_TUN_IP4IN6, WW_TUN_IP6IN6 } };
    bool six = d->proto == 41;
    if (ww_dec_ip_type(d, in) != (six ? WW_ET_IPV6 : WW_ET_IPV4))
        return WW_DEC_OK;
    return routed(d, in, six ? WW_ET_IPV6 : WW_ET_IPV4,
                  (enum ww_tunnel_kind)kinds[d->fam == 6][six], 0);
}

/* RFC 4302 2: authenticated, not encrypted; behind IPv6 it was passed with the extension headers.
 */
static unsigned ah(struct ww_dec *d, struct ww_slice in)
{
    size_t len = ((size_t)ww_slice_at(in, 1) + 2) * 4;
    if (len < 12 || len > in.n)
        return WW_DEC_OK;
    d->proto = ww_slice_at(in, 0);
    d->wire = d->wire > len ? d->wire - (uint32_t)len : 0;
    return ww_dec_proto(d, ww_slice_from(in, len));
}

/* RFC 3378 3 */
static unsigned etherip(struct ww_dec *d, struct ww_slice in)
{
    if (in.n < 2 || ww_slice_be16(in, 0) != 0x3000)
        return WW_DEC_OK;
    return bridged(d, ww_slice_from(in, 2), WW_TUN_ETHERIP, 0);
}

/* RFC 8986 4.9: a frame behind segment routing over IPv6 */
static unsigned ethernet_in_ip(struct ww_dec *d, struct ww_slice in)
{
    return like_ethernet(in) ? bridged(d, in, WW_TUN_SRV6, 0) : WW_DEC_OK;
}

/* RFC 4023 3, RFC 7510 3 */
static unsigned mpls_in_ip(struct ww_dec *d, struct ww_slice in)
{
    uint32_t label = 0;
    uint16_t type = 0;
    struct ww_slice inner = { NULL, 0 };
    unsigned o = labels(d, in, &label, &inner, &type);
    if (o != WW_DEC_OK)
        return o == WW_DEC_NOT_IP ? WW_DEC_OK : o;
    if (type == ET_TEB)
        return bridged(d, inner, WW_TUN_MPLS, label);
    return routed(d, inner, type, WW_TUN_MPLS, label);
}

/* ---- behind a port --------------------------------------------------------------------------- */

/* RFC 7348 5; group policy as Linux writes it (draft-smith-vxlan-group-policy 2.1). A receiver
 * ignores the reserved bits, so where one is set the frame behind them must look like one. */
static unsigned vxlan(struct ww_dec *d, struct ww_slice in)
{
    uint32_t flags = ww_slice_be32(in, 0);
    uint32_t vni = ww_slice_be32(in, 4);
    struct ww_slice frame = ww_slice_from(in, 8);
    uint32_t policy = flags & 0x80000000u ? 0x8048ffffu : 0;
    if (frame.n < 14 || (flags & 0x08000000u) == 0)
        return WW_DEC_OK;
    if (((flags & ~policy) != 0x08000000u || (vni & 0xff) != 0) && !like_ethernet(frame))
        return WW_DEC_OK;
    return bridged(d, frame, WW_TUN_VXLAN, vni >> 8);
}

/* draft-ietf-nvo3-vxlan-gpe 3: version 0, I and P set */
static unsigned vxlan_gpe(struct ww_dec *d, struct ww_slice in)
{
    uint32_t flags = ww_slice_be32(in, 0);
    uint32_t vni = ww_slice_be32(in, 4);
    if (in.n < 8 || (flags & 0xfeffff00u) != 0x0c000000u || (vni & 0xff) != 0)
        return WW_DEC_OK;
    struct ww_slice rest = ww_slice_from(in, 8);
    switch (flags & 0xff) {
    case 1:
        return routed(d, rest, WW_ET_IPV4, WW_TUN_VXLAN, vni >> 8);
    case 2:
        return routed(d, rest, WW_ET_IPV6, WW_TUN_VXLAN, vni >> 8);
    case 3:
        return bridged(d, rest, WW_TUN_VXLAN, vni >> 8);
    default:
        return WW_DEC_OK;
    }
}

/* RFC 8926 3.4; O: a control message, not the traffic of anybody */
static unsigned geneve(struct ww_dec *d, struct ww_slice in)
{
    size_t len = 8 + (size_t)(ww_slice_at(in, 0) & 0x3f) * 4;
    uint16_t type = ww_slice_be16(in, 2);
    uint32_t vni = ww_slice_be32(in, 4);
    if (in.n < len || ww_slice_at(in, 0) >> 6 != 0 || (ww_slice_at(in, 1) & 0xbf) != 0 ||
        (vni & 0xff) != 0)
        return WW_DEC_OK;
    for (size_t at = 8; at < len; at += 4 + (size_t)(ww_slice_at(in, at + 3) & 0x1f) * 4)
        if (at + 4 + (size_t)(ww_slice_at(in, at + 3) & 0x1f) * 4 > len)
            return WW_DEC_OK;
    struct ww_slice rest = ww_slice_from(in, len);
    if (type == ET_TEB)
        return bridged(d, rest, WW_TUN_GENEVE, vni >> 8);
    if (type == WW_ET_IPV4 || type == WW_ET_IPV6)
        return routed(d, rest, type, WW_TUN_GENEVE, vni >> 8);
    return WW_DEC_OK;
}

/* RFC 5415 4.3, RFC 5416 5: data of access points, not encrypted and not fragmented. Frames of the air as
 * many controllers of Cisco write them have the two bytes of the frame control changed over. */
static unsigned capwap(struct ww_dec *d, struct ww_slice in)
{
    uint32_t head = ww_slice_be32(in, 0);
    size_t len = (size_t)(head >> 19 & 31) * 4;
    bool native = (head & 0x100) != 0;
    if (head >> 24 != 0 || (head & 0x8f) != 0 || len < 8 || in.n < len + 14 ||
        (head >> 9 & 31) != 1) /* fragments and keep-alives are no frames; binding: IEEE 802.11 */
        return WW_DEC_OK;
    struct ww_slice frame = ww_slice_from(in, len);
    uint32_t radio = head >> 14 & 31;
    if (!native)
        return like_ethernet(frame) ? bridged(d, frame, WW_TUN_CAPWAP, radio) : WW_DEC_OK;
    if (!ww_dec_push(d, WW_TUN_CAPWAP, radio))
        return WW_DEC_DEPTH;
    ww_dec_new_frame(d);
    bool turned = (ww_slice_at(frame, 0) & 0x0c) != 8 && (ww_slice_at(frame, 1) & 0x0f) == 8;
    return ww_dec_wlan(d, frame, turned ? WW_WLAN_TURNED : 0);
}

/* RFC 4380 5.1.1: at most an authentication and an origin indication in front of IPv6; one end of
 * it has a Teredo address (2001::/32), or asks a router for one from a link-local address. */
static unsigned teredo(struct ww_dec *d, struct ww_slice in)
{
    if (in.n >= 13 && ww_slice_be16(in, 0) == 1)
        in = ww_slice_from(in, 13 + (size_t)ww_slice_at(in, 2) + ww_slice_at(in, 3));
    if (in.n >= 8 && ww_slice_be16(in, 0) == 0)
        in = ww_slice_from(in, 8);
    if (ww_dec_ip_type(d, in) != WW_ET_IPV6)
        return WW_DEC_OK;
    if (ww_slice_be32(in, 8) != 0x20010000u && ww_slice_be32(in, 24) != 0x20010000u &&
        ww_slice_be16(in, 8) != 0xfe80)
        return WW_DEC_OK;
    return routed(d, in, WW_ET_IPV6, WW_TUN_TEREDO, 0);
}

/* 3GPP TS 29.281 5.1, 5.2: version 1, G-PDU */
static unsigned gtpu(struct ww_dec *d, struct ww_slice in)
{
    uint8_t flags = ww_slice_at(in, 0);
    size_t len = ww_slice_be16(in, 2);
    if (in.n < 8 || (flags & 0xf8) != 0x30 || ww_slice_at(in, 1) != 255 ||
        (len > in.n - 8 && !d->cut))
        return WW_DEC_OK;
    struct ww_rd r = ww_rd(ww_slice_sub(in, 8, len));
    if (flags & 7) {
        ww_rd_skip(&r, 3); /* sequence number, N-PDU number */
        uint8_t next = ww_rd_u8(&r);
        if ((flags & 4) == 0)
            next = 0;
        for (unsigned n = 0; next != 0; n++) {
            uint8_t words = ww_rd_u8(&r);
            if (words == 0 || n == GTP_EXT_MAX)
                return WW_DEC_OK;
            ww_rd_skip(&r, (size_t)words * 4 - 2);
            next = ww_rd_u8(&r);
        }
    }
    struct ww_slice rest = ww_rd_rest(&r);
    uint16_t type = ww_dec_ip_type(d, rest);
    if (type == 0) /* Ethernet and unstructured bearers: not told apart by the header */
        return WW_DEC_OK;
    return routed(d, rest, type, WW_TUN_GTPU, ww_slice_be32(in, 4));
}

/* ---- the table ------------------------------------------------------------------------------- */

enum on { ON_TYPE, ON_PROTO, ON_PORT, ON_EITHER_PORT };
static const struct encap {
    uint8_t on;
    uint16_t n;
    unsigned (*peel)(struct ww_dec *d, struct ww_slice in);
} encaps[] = {
    { ON_TYPE, ET_MPLS, mpls },
    { ON_TYPE, ET_MPLS_MULTI, mpls },
    { ON_TYPE, 0x8864, ww_dec_pppoe },
    { ON_TYPE, 0x8903, fabricpath },
    { ON_TYPE, 0x8909, cisco_metadata },
    { ON_TYPE, 0x8926, vntag },
    { ON_TYPE, 0x88e5, macsec },
    { ON_TYPE, 0x88e7, pbb },
    { ON_PROTO, 4, ip_in_ip },
    { ON_PROTO, 41, ip_in_ip },
    { ON_PROTO, 47, ww_dec_gre },
    { ON_PROTO, 51, ah },
    { ON_PROTO, 97, etherip },
    { ON_PROTO, 137, mpls_in_ip },
    { ON_PROTO, 143, ethernet_in_ip },
    { ON_PORT, 4789, vxlan },
    { ON_PORT, 8472, vxlan }, /* Linux before the number was assigned */
    { ON_PORT, 4790, vxlan_gpe },
    { ON_PORT, 6081, geneve },
    { ON_EITHER_PORT, 5247, capwap },
    { ON_PORT, 6635, mpls_in_ip }, /* RFC 7510 */
    { ON_EITHER_PORT, 3544, teredo },
    { ON_EITHER_PORT, 2152, gtpu },
};

static const struct encap *find(const struct ww_dec *d, unsigned step)
{
    for (size_t i = 0; i < sizeof encaps / sizeof encaps[0]; i++) {
        const struct encap *e = &encaps[i];
        switch ((enum on)e->on) {
        case ON_TYPE:
            if (step == WW_MORE_TYPE && e->n == d->ethertype)
                return e;
            break;
        case ON_PROTO:
            if (step == WW_MORE_PROTO && e->n == d->proto)
                return e;
            break;
        case ON_EITHER_PORT:
            if (step == WW_MORE_PORT && (e->n == d->port[0] || e->n == d->port[1]))
                return e;
            break;
        case ON_PORT:
            if (step == WW_MORE_PORT && e->n == d->port[1])
                return e;
            break;
        }
    }
    return NULL;
}

enum ww_dec_outcome ww_dec_peel(struct ww_dec *d, unsigned step)
{
    for (unsigned n = 0; step >= WW_DEC_N; n++) {
        const struct encap *e = find(d, step);
        if (n == WW_DEC_LAYERS)
            step = WW_DEC_DEPTH;
        else if (e != NULL)
            step = e->peel(d, d->payload);
        else if (step == WW_MORE_TYPE &&
                 d->ethertype < WW_ET_MIN) /* IEEE 802.3: a length, then LLC */
            step = ww_dec_llc(d, ww_slice_sub(d->payload, 0, d->ethertype));
        else
            step = step == WW_MORE_TYPE ? WW_DEC_NOT_IP : WW_DEC_OK;
    }
    if (step == WW_DEC_NOT_IP && d->ntunnel > 0) { /* the carrier's are not its own */
        d->ip[0] = d->ip[1] = (struct ww_slice){ NULL, 0 };
        d->proto = d->ttl = 0;
        d->frag_id = 0;
    }
    return (enum ww_dec_outcome)step;
}
