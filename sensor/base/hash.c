/* hash.c - SipHash-2-4 and random keys. */
#include "sensor/base/hash.h"
#include "sensor/base/err.h"
#include <sys/random.h>

struct ww_key ww_key_random(void)
{
    struct ww_key k = { { 0, 0 } };
    ssize_t n = getrandom(&k, sizeof k, 0);
    (void)WW_INVARIANT(n == (ssize_t)sizeof k);
    return k;
}

static uint64_t rotl(uint64_t x, unsigned b)
{
    return x << b | x >> (64 - b);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[0] = rotl(v[0], 32);
    v[2] += v[3];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[2] = rotl(v[2], 32);
}

uint64_t ww_siphash(const struct ww_key *k, struct ww_slice s)
{
    uint64_t v[4] = { 0x736f6d6570736575u ^ k->k[0], 0x646f72616e646f6du ^ k->k[1],
                      0x6c7967656e657261u ^ k->k[0], 0x7465646279746573u ^ k->k[1] };
    struct ww_rd r = ww_rd(s);
    uint64_t len = (uint64_t)s.n << 56;
    while (r.left >= 8) {
        uint64_t m = ww_rd_le64(&r);
        v[3] ^= m;
        sip_round(v);
        sip_round(v);
        v[0] ^= m;
    }
    for (unsigned shift = 0; r.left > 0; shift += 8)
        len |= (uint64_t)ww_rd_u8(&r) << shift;
    v[3] ^= len;
    sip_round(v);
    sip_round(v);
    v[0] ^= len;
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
