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
#endif
