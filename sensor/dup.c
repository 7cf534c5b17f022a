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
static_assert(sizeof((struct ww_dec *)0)->vlan == 8, "all tags are one word; where there are none stands 0");

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

/* Fewer bytes than two words: a short ping, an answer of a few bytes. */
static uint64_t mix_short(const struct ww_dups *t, uint64_t h, struct ww_slice in)
{
    uint64_t rest = 0;
    for (size_t i = in.n < 8 ? 0 : 8; i < in.n; i++)
        rest = rest << 8 | ww_slice_at(in, i);
    return mix2(t, h, mix2(t, ww_slice_le64(in, 0), rest));
}

/* The first bytes of a transport header and what follows, up to BODY; or all that there is, as of a bare
 * acknowledgement: there the last words reach back over those before them. */
static inline uint64_t mix_body(const struct ww_dups *t, uint64_t h, struct ww_slice in)
{
    enum { WORD = 8 };
    if (in.n < 2 * WORD)
        return mix_short(t, h, in);
    size_t at = 2 * WORD;
    uint64_t last = 0;
    if (in.n <= 4 * WORD)
        at = in.n - 2 * WORD;
    else
        last = ww_slice_le64(in, (in.n < BODY ? in.n : BODY) - WORD);
    return mix2(t, h, mix2(t, ww_slice_le64(in, 0), ww_slice_le64(in, WORD)) ^
                          mix2(t, ~ww_slice_le64(in, at), ww_slice_le64(in, at + WORD)) ^ last);
}

uint64_t ww_dup_hash_ip(const struct ww_dups *t, const struct ww_dec *d, uint64_t ends)
{
    uint64_t what = (uint64_t)d->frag_id << 32 | d->wire;
    if (d->frag) /* RFC 791 3.2, RFC 8200 4.5 */
        what = mix2(t, what, d->frag_off << 1 | d->more_frags);
    return mix_body(t, ends ^ what, d->frag ? d->payload : d->l4) | 1; /* ends is mixed, and secret */
}

uint64_t ww_dup_hash(const struct ww_dups *t, const struct ww_dec *d)
{
    if (d->outcome == WW_DEC_OK)
        return ww_dup_hash_ip(t, d, ww_ends_of(&t->key, d).ordered);
    if (d->outcome == WW_DEC_NOT_IP && d->ethertype == ET_ARP)
        return mix_body(t, 1, d->payload) | 1;
    return 0;
}

void ww_dup_prefetch(const struct ww_dups *t, uint64_t hash)
{
    __builtin_prefetch(&t->set[hash >> 32 & t->mask], 1);
}

/* By which way a packet came. Not keyed: whoever chooses addresses and tags may as well choose the same. */
static inline uint16_t link_of(const struct ww_dec *d)
{
    struct ww_slice macs = { (const uint8_t *)d->mac, sizeof d->mac };
    struct ww_slice tags = { (const uint8_t *)d->vlan, sizeof d->vlan };
    uint64_t a = ww_slice_le64(macs, 0) * 0x9e3779b97f4a7c15u;
    uint64_t b = (ww_slice_le64(tags, 0) + d->nvlan) * 0xc2b2ae3d27d4eb4fu;
    return (uint16_t)((a + b + ww_slice_le32(macs, 8) * 0x165667b19e3779f9u) >> 48);
}

/* Puts a packet in front of its set. What stood there moves back, up to the entry that it takes the
 * place of, so that a set is in order: the one that came first is the last. */
static inline void remember(struct ww_dup_seen *set, unsigned at, struct ww_dup_seen x)
{
    for (; at > 0; at--)
        set[at] = set[at - 1];
    set[0] = x;
}

/* A packet that was there before: is this one a copy of it? */
static bool counts_as_copy(struct ww_dup_seen *e, const struct ww_dec *d, struct ww_dup_seen x)
{
    uint32_t apart = x.tick - e->tick < e->tick - x.tick ? x.tick - e->tick : e->tick - x.tick;
    bool sure = (d->fam == 4 && d->frag_id != 0) || e->link != x.link || e->ttl != x.ttl;
    if (apart > (sure ? WW_DUP_SURE_MS : WW_DUP_LIKELY_MS) * TICKS_A_MS || e->copies >= WW_DUP_COPIES)
        return false; /* too old or too often: the packet counts, and is remembered anew */
    e->copies++;
    return true;
}

bool ww_dup_is_copy(struct ww_dups *t, const struct ww_dec *d, uint64_t hash, uint64_t ts)
{
    if (hash == 0)
        return false;
    enum { LAST = WW_DUP_WAYS - 1 };
    struct ww_dup_seen *set = t->set[hash >> 32 & t->mask];
    const struct ww_dup_seen x = { .tag = hash,
                                   .tick = (uint32_t)(ts >> TICK_SHIFT),
                                   .link = link_of(d),
                                   .ttl = d->ttl };
    for (unsigned i = 0; i < WW_DUP_WAYS; i++) {
        if (set[i].tag != hash)
            continue;
        if (counts_as_copy(&set[i], d, x))
            return true;
        remember(set, i, x);
        return false;
    }
    t->evicted += set[LAST].tag != 0 && x.tick - set[LAST].tick <= WW_DUP_SURE_MS * (uint32_t)TICKS_A_MS;
    remember(set, LAST, x);
    return false;
}
