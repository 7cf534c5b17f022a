/* dispatch.c - from a packet to its worker. */
#include "sensor/dispatch.h"
#include "sensor/decode_int.h"

enum {
    FRAG_COPIES = 4096, /* fragments that are remembered to know their copies */
    TAGS = 2            /* VLAN tags of a plain frame */
};
static_assert(TAGS <= (int)WW_VLAN_MAX, "a plain frame is one that the decoder reads to its end");

enum ww_rc ww_dispatch_init(struct ww_dispatch *t, unsigned workers, uint32_t datagrams,
                            struct ww_key key)
{
    *t = (struct ww_dispatch){ .workers = workers };
    /* any key, also a small one, must give multipliers with bits everywhere */
    t->key.k[0] = ww_mix(key.k[0] ^ 0x9e3779b97f4a7c15u, key.k[1] ^ 0xc2b2ae3d27d4eb4fu);
    t->key.k[1] = ww_mix(t->key.k[0] ^ 0x165667b19e3779f9u, key.k[1] ^ 0x27d4eb2f165667c5u) | 1;
    if (workers <= 1)
        return WW_OK;
    enum ww_rc rc = ww_defrag_init(&t->frags, datagrams, key);
    return rc == WW_OK ? ww_dups_init(&t->dups, FRAG_COPIES, key) : rc;
}

void ww_dispatch_free(struct ww_dispatch *t)
{
    if (t->workers <= 1)
        return;
    ww_defrag_free(&t->frags);
    ww_dups_free(&t->dups);
}

static unsigned share(const struct ww_dispatch *t, uint64_t h)
{
    return (unsigned)(((h ^ h >> 32) & UINT32_MAX) * t->workers >> 32);
}

/* Both ends are treated alike and then added: symmetric without sorting. */
static unsigned by_ip4(const struct ww_dispatch *t, uint64_t a, uint64_t b)
{
    uint64_t low = a < b ? a : b;
    uint64_t both = low << 32 | (a ^ b ^ low);
    return share(t, ww_mix(both ^ t->key.k[0], t->key.k[1]));
}

static unsigned by_ip6(const struct ww_dispatch *t, struct ww_slice a, struct ww_slice b)
{
    uint64_t ha = ww_mix(ww_slice_le64(a, 0) ^ t->key.k[0], ww_slice_le64(a, 8) ^ t->key.k[1]);
    uint64_t hb = ww_mix(ww_slice_le64(b, 0) ^ t->key.k[0], ww_slice_le64(b, 8) ^ t->key.k[1]);
    return share(t, ww_mix(ha + hb + t->key.k[0], (ha ^ hb) ^ t->key.k[1]));
}

/* Frames without IP: by their MAC pair. */
static unsigned by_mac(const struct ww_dispatch *t, const struct ww_dec *d)
{
    uint64_t a = 0;
    uint64_t b = 0;
    for (unsigned i = 0; i < 6; i++) {
        a = a << 8 | d->mac[0].b[i];
        b = b << 8 | d->mac[1].b[i];
    }
    return share(t, ww_mix((a + b) ^ t->key.k[0], t->key.k[1]));
}

static unsigned by_pair(const struct ww_dispatch *t, const struct ww_dec *d)
{
    if (d->fam == 4)
        return by_ip4(t, ww_slice_be32(d->ip[0], 0), ww_slice_be32(d->ip[1], 0));
    if (d->fam == 6)
        return by_ip6(t, d->ip[0], d->ip[1]);
    return by_mac(t, d);
}

/* Is there no tunnel behind this transport header, whatever it holds? */
static bool no_tunnel(uint8_t proto, struct ww_slice l4)
{
    return proto == WW_IPPROTO_TCP ||
           (proto == WW_IPPROTO_UDP && l4.n >= 4 && !ww_dec_tunnel_port(ww_slice_be16(l4, 0)) &&
            !ww_dec_tunnel_port(ww_slice_be16(l4, 2)));
}

/**
 * What most packets are: TCP, or UDP between ports that no tunnel uses, in a whole IP packet without
 * options in an Ethernet frame. There the pair is found without decoding; the rest is the decoder's.
 * Return: false when it is not that
 */
static bool plain(const struct ww_dispatch *t, const struct ww_pkt *p, unsigned *w)
{
    enum { ETH = 14, IP4 = 20, IP6 = 40 };
    struct ww_slice in = { p->p, p->caplen };
    size_t at = ETH;
    if (p->link != WW_LINK_ETHERNET || in.n < ETH + TAGS * 4 + IP6)
        return false;
    uint16_t type = ww_slice_be16(in, at - 2);
    for (unsigned i = 0; i < TAGS && (type == WW_ET_VLAN || type == WW_ET_QINQ); i++) {
        at += 4;
        type = ww_slice_be16(in, at - 2);
    }
    size_t body = in.n - at;
    bool cut = p->caplen < p->len;
    if (type == WW_ET_IPV4) {
        uint32_t head = ww_slice_be32(in, at); /* version and length, service, total length */
        size_t total = head & 0xffff;
        if (head >> 24 != 0x45 || !no_tunnel(ww_slice_at(in, at + 9), ww_slice_from(in, at + IP4)) ||
            (ww_slice_be16(in, at + 6) & 0x3fff) != 0 || total < IP4 || (total > body && !cut))
            return false;
        *w = by_ip4(t, ww_slice_be32(in, at + 12), ww_slice_be32(in, at + 16));
        return true;
    }
    if (type != WW_ET_IPV6 || ww_slice_at(in, at) >> 4 != 6 ||
        !no_tunnel(ww_slice_at(in, at + 6), ww_slice_from(in, at + IP6)) ||
        (ww_slice_be16(in, at + 4) > body - IP6 && !cut))
        return false;
    *w = by_ip6(t, ww_slice_sub(in, at + 8, 16), ww_slice_sub(in, at + 24, 16));
    return true;
}

/* A fragment: all of an outer pair meet in one worker, which counts them; the datagram goes where its
 * innermost pair belongs. */
static unsigned fragment(struct ww_dispatch *t, struct ww_pkt *p, struct ww_dec *d,
                         struct ww_slice *whole)
{
    unsigned w = by_pair(t, d);
    p->fate = WW_FATE_PIECE;
    if (ww_dup_is_copy(&t->dups, d, ww_dup_hash(&t->dups, d), p->ts)) {
        p->fate = WW_FATE_COPY;
        return w;
    }
    bool done = ww_defrag_add(&t->frags, d, p->ts, whole);
    p->differs = t->frags.differs;
    atomic_store_explicit(&t->evicted, t->frags.evicted, memory_order_relaxed);
    if (!done)
        return w;
    p->fate = WW_FATE_WHOLE;
    (void)ww_decode_transport(d, *whole);
    return by_pair(t, d);
}

/* A function of its own, so that plain packets do not pay for the room of a decoded one. */
__attribute__((noinline)) static unsigned decoded(struct ww_dispatch *t, struct ww_pkt *p,
                                                  struct ww_slice *whole)
{
    struct ww_dec d;
    (void)ww_decode(p, &d);
    /* a fragment in a tunnel shows its innermost pair itself: the worker puts those together, whether or
     * not the tunnel's own packets come in fragments */
    bool here = d.outcome == WW_DEC_OK && d.frag && d.ntunnel == 0;
    return here ? fragment(t, p, &d, whole) : by_pair(t, &d);
}

unsigned ww_dispatch_to(struct ww_dispatch *t, struct ww_pkt *p, struct ww_slice *whole)
{
    unsigned w = 0;
    *whole = (struct ww_slice){ NULL, 0 };
    if (t->workers <= 1 || plain(t, p, &w))
        return w;
    return decoded(t, p, whole);
}
