/* scan.h - all places of a byte in a text, 16 bytes a step: for delimiters that stand close. */
#ifndef WW_BASE_SCAN_H
#define WW_BASE_SCAN_H
#include "sensor/base/rd.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { WW_SCAN_STEP = 16 };

/** Does a text hold one of two bytes? */
static inline bool ww_scan_either(struct ww_slice s, uint8_t a, uint8_t b)
{
    size_t at = 0;
#ifdef __SSE2__
    const __m128i wa = _mm_set1_epi8((char)a), wb = _mm_set1_epi8((char)b);
    while (s.n >= WW_SCAN_STEP && at < s.n) {
        if (s.n - at < WW_SCAN_STEP) /* the last step reads some bytes again */
            at = s.n - WW_SCAN_STEP;
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(s.p + at));
        if (_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(x, wa), _mm_cmpeq_epi8(x, wb))) != 0)
            return true;
        at += WW_SCAN_STEP;
    }
#endif
    for (; at < s.n; at++) /* short texts, and processors without SSE2 */
        if (s.p[at] == a || s.p[at] == b)
            return true;
    return false;
}

/* What a scan found. */
struct ww_scan {
    size_t n;  /* places noted */
    bool esc;  /* the bytes that were read hold ESC (1B) */
    bool high; /* they hold a byte of 80 or more */
};

/* Notes the places of the bits of hit, which stand for the bytes from `at` on. Return: n after it.
 */
static inline size_t ww_scan_note(uint32_t hit, size_t at, uint16_t *mark, size_t n)
{
    for (; hit != 0; hit &= hit - 1)
        mark[n++] = (uint16_t)(at + (unsigned)__builtin_ctz(hit));
    return n;
}

/**
 * Notes the offsets of a byte in a text.
 * In:     s  at most 65535 bytes
 * Out:    mark  in order; room for max + WW_SCAN_STEP, since a step is noted as a whole
 * Return: how many were noted, at most max; reading ends soon after
 */
static inline struct ww_scan ww_scan(struct ww_slice s, uint8_t c, uint16_t *mark, size_t max)
{
    size_t at = 0, n = 0;
    bool has_esc = false, has_high = false;
#ifdef __SSE2__
    const __m128i want = _mm_set1_epi8((char)c), escape = _mm_set1_epi8(0x1b);
    __m128i high = _mm_setzero_si128(), esc = high;
    while (s.n >= WW_SCAN_STEP && at < s.n && n < max) {
        /* the last step reads some bytes again */
        size_t from = s.n - at < WW_SCAN_STEP ? s.n - WW_SCAN_STEP : at;
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(s.p + from));
        uint32_t hit = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, want));
        high = _mm_or_si128(high, x);
        esc = _mm_or_si128(esc, _mm_cmpeq_epi8(x, escape));
        n = ww_scan_note(hit >> (at - from), at, mark, n);
        at = from + WW_SCAN_STEP;
    }
    has_high = _mm_movemask_epi8(high) != 0;
    has_esc = _mm_movemask_epi8(esc) != 0;
#endif
    for (; at < s.n && n < max; at++) { /* short texts, and processors without SSE2 */
        uint8_t b = s.p[at];
        has_high |= b >= 0x80;
        has_esc |= b == 0x1b;
        mark[n] = (uint16_t)at;
        n += b == c;
    }
    return (struct ww_scan){ n < max ? n : max, has_esc, has_high };
}
#endif
