/* scan.h - all places of a byte in a text, 16 bytes a step: for delimiters that stand close. */
#ifndef WW_BASE_SCAN_H
#define WW_BASE_SCAN_H
#include "sensor/base/rd.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* What a scan found. */
struct ww_scan {
    size_t n;  /* places noted */
    bool esc;  /* the bytes that were read hold ESC (1B) */
    bool high; /* they hold a byte of 80 or more */
};

/* Notes the places of the bits of hit, which stand for the bytes from `at` on. */
static inline void ww_scan_note(struct ww_scan *sc, uint32_t hit, size_t at, uint16_t *mark,
                                size_t max)
{
    for (; hit != 0 && sc->n < max; hit &= hit - 1)
        mark[sc->n++] = (uint16_t)(at + (unsigned)__builtin_ctz(hit));
}

/* Byte by byte: short texts, and processors without SSE2. */
static inline void ww_scan_slow(struct ww_scan *sc, struct ww_slice s, size_t at, uint8_t c,
                                uint16_t *mark, size_t max)
{
    for (; at < s.n && sc->n < max; at++) {
        uint8_t b = s.p[at];
        sc->high |= b >= 0x80;
        sc->esc |= b == 0x1b;
        if (b == c)
            mark[sc->n++] = (uint16_t)at;
    }
}

/**
 * Notes the offsets of a byte in a text.
 * In:     s  at most 65535 bytes; mark  room for max offsets
 * Return: how many were noted; ends after max. The marks are in order.
 */
static inline struct ww_scan ww_scan(struct ww_slice s, uint8_t c, uint16_t *mark, size_t max)
{
    struct ww_scan sc = { 0, false, false };
    size_t at = 0;
#ifdef __SSE2__
    const __m128i want = _mm_set1_epi8((char)c), escape = _mm_set1_epi8(0x1b);
    __m128i high = _mm_setzero_si128(), esc = high;
    while (s.n >= 16 && at < s.n && sc.n < max) {
        size_t from = s.n - at < 16 ? s.n - 16 : at; /* the last step reads some bytes again */
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(s.p + from));
        uint32_t hit = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, want));
        high = _mm_or_si128(high, x);
        esc = _mm_or_si128(esc, _mm_cmpeq_epi8(x, escape));
        ww_scan_note(&sc, hit >> (at - from), at, mark, max);
        at = from + 16;
    }
    sc.high = _mm_movemask_epi8(high) != 0;
    sc.esc = _mm_movemask_epi8(esc) != 0;
#endif
    ww_scan_slow(&sc, s, at, c, mark, max);
    return sc;
}
#endif
