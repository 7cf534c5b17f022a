/* sum.h - the one's complement sum of the Internet checksum. Source: RFC 1071. */
#ifndef WW_BASE_SUM_H
#define WW_BASE_SUM_H
#include "sensor/base/rd.h"

/**
 * Adds bytes to a sum, eight at a time, in the byte order of this machine: only the bytes of the result
 * are changed over by that (RFC 1071 2 (B)). What is summed up in pieces must begin at even places.
 */
static inline uint64_t ww_sum_add(uint64_t sum, struct ww_slice in)
{
    size_t at = 0;
    uint64_t w = 0;
    for (; at + 8 <= in.n; at += 8) {
        memcpy(&w, in.p + at, 8);
        sum += w;
        sum += sum < w; /* the carry goes round: 2^64 is 1 modulo 2^16 - 1 */
    }
    if (at + 4 <= in.n) {
        uint32_t half;
        memcpy(&half, in.p + at, 4);
        sum += half;
        sum += sum < half;
        at += 4;
    }
    w = 0;
    for (unsigned shift = 0; at < in.n; at++, shift += 8)
        w |= (uint64_t)in.p[at] << shift;
    sum += w;
    return sum + (sum < w);
}

/* The sum in 16 bits; 0 and 0xffff are two ways to write nothing, this gives 0. */
static inline uint16_t ww_sum_fold(uint64_t sum)
{
    return (uint16_t)(sum % 0xffff);
}

/* A number of 32 bits as it stands in a packet. */
static inline uint64_t ww_sum_be32(uint32_t v)
{
    uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
    return ww_sum_add(0, (struct ww_slice){ b, sizeof b });
}
#endif
