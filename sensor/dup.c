/* dup.c - recognises copies in a table of the last packets: one cache line a packet, no lists. */
#include "sensor/dup.h"
#include "sensor/base/mem.h"

enum {
    ET_ARP = 0x0806,
    TICK_SHIFT = 18, /* 0.26 ms */
    TICKS_A_MS = 4,  /* nearly */
    BODY = 40        /* bytes: TCP header and time stamp option, or UDP header and 32 bytes */
};
static_assert(sizeof(struct ww_dup_seen[WW_DUP_WAYS]) == 64, "a set is one cache line");

static uint64_t sets_for(uint32_t packets)
{
    uint64_t n = 1;
    while (n * WW_DUP_WAYS < packets)
        n *= 2;
    return n;
}

size_t ww_dups_bytes(uint32_t packets)
{
    return (size_t)sets_for(packets) * WW_DUP_WAYS * sizeof(struct ww_dup_seen);
}

enum ww_rc ww_dups_init(struct ww_dups *t, uint32_t packets, struct ww_key key)
{
    *t = (struct ww_dups){ .mask = sets_for(packets) - 1 };
    /* any key, also a small one, must give a multiplier with bits everywhere */
    t->key.k[0] = ww_mix(key.k[0] ^ 0x9e3779b97f4a7c15u, key.k[1] ^ 0xc2b2ae3d27d4eb4fu);
    t->key.k[1] = ww_mix(t->key.k[0] ^ 0x165667b19e3779f9u, key.k[1] ^ 0x27d4eb2f165667c5u) | 1;
    t->set = ww_mem_reserve(ww_dups_bytes(packets));
    return t->set != NULL ? WW_OK : WW_E_SYS;
}

void ww_dups_free(struct ww_dups *t)
{
    ww_mem_release(t->set, (size_t)(t->mask + 1) * sizeof t->set[0]);
    t->set = NULL;
}

/* Two words of a packet and two of the key. */
static inline uint64_t mix2(const struct ww_dups *t, uint64_t a, uint64_t b)
{
    return ww_mix(a ^ t->key.k[0], b ^ t->key.k[1]);
}

/* The first bytes; of fewer, as those of a bare acknowledgement, all. */
static inline uint64_t mix_body(const struct ww_dups *t, uint64_t h, struct ww_slice in)
{
    if (in.n >= BODY)
        return mix2(t, h, mix2(t, ww_slice_le64(in, 0), ww_slice_le64(in, 8)) ^
                              mix2(t, ~ww_slice_le64(in, 16), ww_slice_le64(in, 24)) ^
                              ww_slice_le64(in, 32));
    size_t at = 0;
    for (; at + 8 <= in.n; at += 8)
        h = mix2(t, h, ww_slice_le64(in, at));
    uint64_t w = in.n - at >= 4 ? ww_slice_be32(in, at) : 0;
    for (size_t i = in.n - at >= 4 ? at + 4 : at; i < in.n; i++)
        w = w << 8 | ww_slice_at(in, i);
    return mix2(t, h, w);
}

/* Addresses, length, protocol, identification and place of a fragment. */
static inline uint64_t mix_head(const struct ww_dups *t, const struct ww_dec *d)
{
    uint64_t what = (uint64_t)d->frag_id << 32 ^ (uint64_t)d->proto << 24 ^ d->wire;
    if (d->frag) /* RFC 791 3.2, RFC 8200 4.5 */
        what = mix2(t, what, d->frag_off << 1 | d->more_frags);
    uint64_t ends = (uint64_t)ww_slice_be32(d->ip[0], 0) << 32 | ww_slice_be32(d->ip[1], 0);
    if (d->fam == 6) {
        ends = mix2(t, ww_slice_le64(d->ip[0], 0), ww_slice_le64(d->ip[0], 8)) ^
               mix2(t, ~ww_slice_le64(d->ip[1], 0), ww_slice_le64(d->ip[1], 8));
    }
    return mix2(t, ends, what);
}

uint64_t ww_dup_hash(const struct ww_dups *t, const struct ww_dec *d)
{
    if (d->outcome == WW_DEC_OK)
        return mix_body(t, mix_head(t, d), d->frag ? d->payload : d->l4) | 1;
    if (d->outcome == WW_DEC_NOT_IP && d->ethertype == ET_ARP)
        return mix_body(t, 1, d->payload) | 1;
    return 0;
}

void ww_dup_prefetch(const struct ww_dups *t, uint64_t hash)
{
    __builtin_prefetch(&t->set[hash >> 32 & t->mask], 1);
}

/* By which way a packet came. */
static uint16_t link_of(const struct ww_dec *d)
{
    struct ww_slice macs = { (const uint8_t *)d->mac, sizeof d->mac };
    uint64_t a = ww_slice_le64(macs, 0);
    for (unsigned i = 0; i < d->nvlan; i++)
        a = a * 4099 + d->vlan[i] + 1;
    uint64_t h = ww_mix(a ^ 0x9e3779b97f4a7c15u, ww_slice_be32(macs, 8) ^ 0xc2b2ae3d27d4eb4fu);
    return (uint16_t)(h ^ h >> 16 ^ h >> 32);
}

/* The emptiest or oldest of a set; a time in the future counts as old. */
static struct ww_dup_seen *oldest(struct ww_dup_seen *set, uint32_t tick)
{
    struct ww_dup_seen *old = set;
    for (unsigned i = 1; i < WW_DUP_WAYS && old->tag != 0; i++)
        if (set[i].tag == 0 || tick - set[i].tick > tick - old->tick)
            old = &set[i];
    return old;
}

bool ww_dup_is_copy(struct ww_dups *t, const struct ww_dec *d, uint64_t hash, uint64_t ts)
{
    if (hash == 0)
        return false;
    struct ww_dup_seen *set = t->set[hash >> 32 & t->mask];
    uint32_t tick = (uint32_t)(ts >> TICK_SHIFT);
    uint16_t link = link_of(d);
    struct ww_dup_seen *e = set;
    while (e < set + WW_DUP_WAYS && e->tag != hash)
        e++;
    if (e < set + WW_DUP_WAYS) {
        uint32_t apart = tick - e->tick < e->tick - tick ? tick - e->tick : e->tick - tick;
        bool sure = (d->fam == 4 && d->frag_id != 0) || e->link != link || e->ttl != d->ttl;
        if (apart <= (sure ? WW_DUP_SURE_MS : WW_DUP_LIKELY_MS) * TICKS_A_MS &&
            e->copies < WW_DUP_COPIES) {
            e->copies++;
            return true;
        } /* too old or too often: the packet counts, and is remembered anew */
    } else {
        e = oldest(set, tick);
        t->evicted += e->tag != 0 && tick - e->tick <= WW_DUP_SURE_MS * (uint32_t)TICKS_A_MS;
    }
    *e = (struct ww_dup_seen){ .tag = hash, .tick = tick, .link = link, .ttl = d->ttl };
    return false;
}
