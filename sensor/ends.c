/* ends.c - each end is mixed by itself, then both together: so one direction costs no sorting. */
#include "sensor/ends.h"

/* One end: its address and port. An IPv4 address is four bytes, another one sixteen. */
static inline uint64_t mix_end(const struct ww_key *k, const struct ww_dec *d, unsigned i)
{
    uint64_t what = (uint64_t)d->port[i] << 40 | (uint64_t)d->proto << 32;
    if (d->fam == 4)
        return ww_mix((what | ww_slice_le32(d->ip[i], 0)) ^ k->k[0], k->k[1] | 1);
    return ww_mix(ww_slice_le64(d->ip[i], 0) ^ what ^ k->k[0], ww_slice_le64(d->ip[i], 8) ^ k->k[1]);
}

struct ww_ends ww_ends_of(const struct ww_key *k, const struct ww_dec *d)
{
    uint64_t a = mix_end(k, d, 0);
    uint64_t b = mix_end(k, d, 1);
    uint64_t h = ww_mix((a + b) ^ k->k[0], (a ^ b) ^ k->k[1]);
    return (struct ww_ends){ .ordered = a + 2 * b, .either = (uint32_t)(h ^ h >> 32) };
}
