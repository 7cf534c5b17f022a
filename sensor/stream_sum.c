/* stream_sum.c - does a repeated segment hold other bytes? A checksum of RFC 1071 covers pseudo header, header
 * and payload, so that header and checksum alone tell the sum of the payload, untouched.
 *
 * Somebody who forges a segment ahead of the true one shows here: the true one comes as a repetition. */
#include "sensor/base/sum.h"
#include "sensor/stream.h"

enum { KEEP_ALIVE = 1 }; /* bytes of a probe; their content means nothing (RFC 9293 3.8.4) */

/* Sum of header and checksum: the complement of the payload's, but for what a direction has in common. */
static inline uint16_t sum_of(const struct ww_dec *d)
{
    return ww_sum_fold(ww_sum_add(0, ww_slice_sub(d->l4, 0, d->l4.n - d->payload.n)));
}

/* RFC 9293 3.1: the checksum over everything is nothing. */
static bool is_right(const struct ww_dec *d)
{
    uint64_t sum = ww_sum_add(ww_sum_be32((uint32_t)d->l4.n + d->proto), d->ip[0]);
    sum = ww_sum_add(sum, d->ip[1]);
    return ww_sum_fold(ww_sum_add(sum, d->l4)) == 0;
}

void ww_stream_remember(struct ww_side *x, const struct ww_dec *d, uint32_t seq)
{
    size_t n = d->payload.n;
    if (n <= KEEP_ALIVE || n > UINT16_MAX || d->l4.n < n || d->wire > n)
        return;
    x->sum[x->nsum++ % WW_SUMS] = (struct ww_seg_sum){ .seq = seq, .len = (uint16_t)n, .sum = sum_of(d) };
}

bool ww_stream_contradicts(const struct ww_side *x, const struct ww_dec *d, uint32_t seq)
{
    size_t n = d->payload.n;
    if (n <= KEEP_ALIVE || d->l4.n < n || d->wire > n)
        return false;
    for (unsigned i = 0; i < WW_SUMS; i++) {
        const struct ww_seg_sum *k = &x->sum[i];
        if (k->len == n && k->seq == seq)
            return k->sum != sum_of(d) && is_right(d);
    }
    return false;
}
