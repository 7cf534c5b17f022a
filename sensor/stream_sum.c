/* stream_sum.c - does a repeated segment hold other bytes? A checksum of RFC 1071 covers pseudo header, header
 * and payload, so that header and checksum alone tell the sum of the payload, untouched.
 *
 * Somebody who forges a segment ahead of the true one shows here: the true one comes as a repetition. */
#include "sensor/stream.h"

enum { KEEP_ALIVE = 1 }; /* bytes of a probe; their content means nothing (RFC 9293 3.8.4) */

static uint16_t fold(uint64_t sum)
{
    sum = (sum & 0xffffffffu) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff ? 0 : (uint16_t)sum; /* two ways to write nothing */
}

/* Words of four bytes in the byte order of x86: the sum of one's complement comes out with its bytes
 * changed over, whatever the order (RFC 1071 2 (B)). */
static inline uint64_t sum_words(struct ww_slice in)
{
    uint64_t sum = 0;
    size_t at = 0;
    for (; at + 8 <= in.n; at += 8) {
        uint64_t w = ww_slice_le64(in, at);
        sum += (w & 0xffffffffu) + (w >> 32);
    }
    if (at + 4 <= in.n) {
        sum += ww_slice_le32(in, at);
        at += 4;
    }
    for (unsigned shift = 0; at < in.n; at++, shift += 8)
        sum += (uint32_t)ww_slice_at(in, at) << shift;
    return sum;
}

/* Sum of header and checksum: the complement of the payload's, but for what a direction has in common. */
static uint16_t sum_of(const struct ww_dec *d)
{
    return fold(sum_words(ww_slice_sub(d->l4, 0, d->l4.n - d->payload.n)));
}

/* RFC 9293 3.1: the checksum over everything is nothing. */
static bool is_right(const struct ww_dec *d)
{
    uint64_t rest = ((uint64_t)d->proto + d->l4.n) << 8; /* bytes changed over, as those of the words */
    return fold(sum_words(d->ip[0]) + sum_words(d->ip[1]) + rest + sum_words(d->l4)) == 0;
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
