/* hash.h - keyed hashes: tables with keys from the network, and pseudonyms. */
#ifndef WW_BASE_HASH_H
#define WW_BASE_HASH_H
#include "sensor/base/rd.h"

struct ww_key {
    uint64_t k[2];
};

/** Key from the system's random source. Tests use a fixed one: struct ww_key k = { { 1, 2 } }. */
struct ww_key ww_key_random(void);

/** SipHash-2-4 (Aumasson, Bernstein 2012) of any bytes. */
uint64_t ww_siphash(const struct ww_key *k, struct ww_slice s);

/* Keyed mix of two words: one 64x64->128 multiplication a round; for table look-ups on the packet
 * path. The key is secret, so an outsider cannot choose colliding tuples. */
static inline uint64_t ww_mix(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 u128;
    u128 m = (u128)a * b;
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/**
 * Keyed mix of a fixed-size key, for tables of the judge: one multiplication for 8 bytes.
 * In:     p   n bytes, n a multiple of 8; all of them are significant
 */
static inline uint64_t ww_mix_words(const struct ww_key *k, const void *p, size_t n)
{
    uint64_t h = k->k[0];
    for (size_t i = 0; i + 8 <= n; i += 8) {
        uint64_t w;
        memcpy(&w, (const uint8_t *)p + i, sizeof w);
        h = ww_mix(h ^ w, k->k[1] | 1);
    }
    return ww_mix(h ^ n, k->k[1] | 1);
}

/** The same for any number of bytes. */
static inline uint64_t ww_mix_bytes(const struct ww_key *k, const void *p, size_t n)
{
    size_t whole = n & ~(size_t)7;
    uint64_t last = 0;
    if (n > whole)
        memcpy(&last, (const uint8_t *)p + whole, n - whole);
    return ww_mix(ww_mix_words(k, p, whole) ^ last, (k->k[1] ^ n) | 1);
}

/** The same for text in which letters count without case. The bit that is left out makes a few signs
 * equal, too: for keys whose meeting does no harm. */
static inline uint64_t ww_mix_caseless(const struct ww_key *k, struct ww_slice s)
{
    const uint64_t small = 0x2020202020202020u;
    uint64_t h = k->k[0] ^ s.n, last = 0;
    for (size_t i = 0; i + 8 <= s.n; i += 8)
        h = ww_mix(h ^ (ww_slice_le64(s, i) | small), k->k[1] | 1);
    if (s.n >= 8) /* some bytes again, instead of one by one */
        return ww_mix(h ^ (ww_slice_le64(s, s.n - 8) | small), k->k[1] | 1);
    for (size_t i = 0; i < s.n; i++)
        last = last << 8 | s.p[i];
    return ww_mix(h ^ (last | small), k->k[1] | 1);
}

/* Are two fixed-size keys the same? n is a multiple of 8. */
static inline bool ww_words_eq(const void *a, const void *b, size_t n)
{
    uint64_t d = 0;
    for (size_t i = 0; i + 8 <= n; i += 8) {
        uint64_t x;
        uint64_t y;
        memcpy(&x, (const uint8_t *)a + i, sizeof x);
        memcpy(&y, (const uint8_t *)b + i, sizeof y);
        d |= x ^ y;
    }
    return d == 0;
}
#endif
