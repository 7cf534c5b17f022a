/* ends.c - each end is mixed by itself, then both together: so one direction costs no sorting. */
#include "sensor/ends.h"

/* Port and protocol of one end. */
static inline uint64_t port_of(const struct ww_dec *d, unsigned i)
{
    return (uint64_t)d->port[i] << 40 | (uint64_t)d->proto << 32;
}

/* Four bytes of address and the port are one word. */
static inline uint64_t mix_end4(const struct ww_key *k, const struct ww_dec *d, unsigned i)
{
    return ww_mix((port_of(d, i) | ww_slice_le32(d->ip[i], 0)) ^ k->k[0], k->k[1] | 1);
}

static inline uint64_t mix_end6(const struct ww_key *k, const struct ww_dec *d, unsigned i)
{
    return ww_mix(ww_slice_le64(d->ip[i], 0) ^ port_of(d, i) ^ k->k[0], ww_slice_le64(d->ip[i], 8) ^ k->k[1]);
}

struct ww_ends ww_ends_of(const struct ww_key *k, const struct ww_dec *d)
{
    bool v4 = d->fam == 4;
    uint64_t a = v4 ? mix_end4(k, d, 0) : mix_end6(k, d, 0);
    uint64_t b = v4 ? mix_end4(k, d, 1) : mix_end6(k, d, 1);
    uint64_t h = ww_mix((a + b) ^ k->k[0], (a ^ b) ^ k->k[1]);
    return (struct ww_ends){ .ordered = a + 2 * b, .either = (uint32_t)(h ^ h >> 32) };
}
