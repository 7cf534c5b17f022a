/* frames.h - writes Ethernet frames and capture files for the tests of the sensor. */
#ifndef WW_TEST_FRAMES_H
#define WW_TEST_FRAMES_H
#include "sensor/decode.h"
#include <stdlib.h>

enum { FR_MAX = 70000, FR_ETH = 14, FR_IP4 = 20, FR_IP6 = 40, FR_TCP = 20, FR_UDP = 8 };

/* Bytes that grow at the end; a write beyond the room aborts. */
struct fr {
    uint8_t b[FR_MAX];
    size_t n;
};

static inline void fr_be(struct fr *f, uint64_t v, unsigned bytes)
{
    if (bytes > FR_MAX - f->n)
        abort();
    for (unsigned i = bytes; i > 0; i--)
        f->b[f->n++] = i > 8 ? 0 : (uint8_t)(v >> 8 * (i - 1));
}

static inline void fr_put(struct fr *f, const void *p, size_t n)
{
    if (n > FR_MAX - f->n)
        abort();
    if (n > 0)
        memcpy(f->b + f->n, p, n);
    f->n += n;
}

static inline void fr_eth(struct fr *f, uint16_t type)
{
    fr_be(f, 0x020000000002, 6);
    fr_be(f, 0x020000000001, 6);
    fr_be(f, type, 2);
}

/* In: off flags and offset word; body bytes behind the header. */
static inline void fr_ip4(struct fr *f, uint32_t src, uint32_t dst, uint8_t proto, uint16_t id,
                          uint16_t off, size_t body)
{
    fr_be(f, 0x4500, 2);
    fr_be(f, FR_IP4 + body, 2);
    fr_be(f, id, 2);
    fr_be(f, off, 2);
    fr_be(f, 0x4000u | proto, 2);
    fr_be(f, 0, 2);
    fr_be(f, src, 4);
    fr_be(f, dst, 4);
}

/* Addresses 2001:db8::src and ::dst. */
static inline void fr_ip6(struct fr *f, uint16_t src, uint16_t dst, uint8_t next, size_t body)
{
    fr_be(f, 0x60000000, 4);
    fr_be(f, body, 2);
    fr_be(f, next, 1);
    fr_be(f, 64, 1);
    for (unsigned k = 0; k < 2; k++) {
        fr_be(f, 0x20010db8, 4);
        fr_be(f, 0, 8);
        fr_be(f, k == 0 ? src : dst, 4);
    }
}

static inline void fr_tcp(struct fr *f, uint16_t sport, uint16_t dport, uint32_t seq, uint32_t ack,
                          uint8_t flags)
{
    fr_be(f, sport, 2);
    fr_be(f, dport, 2);
    fr_be(f, seq, 4);
    fr_be(f, ack, 4);
    fr_be(f, 0x5000u | flags, 2);
    fr_be(f, 0xffff, 2);
    fr_be(f, 0, 4);
}

static inline void fr_udp(struct fr *f, uint16_t sport, uint16_t dport, size_t body)
{
    fr_be(f, sport, 2);
    fr_be(f, dport, 2);
    fr_be(f, FR_UDP + body, 2);
    fr_be(f, 0, 2);
}

static inline struct ww_pkt fr_pkt(const struct fr *f, uint64_t ts, uint64_t frame)
{
    return (struct ww_pkt){ .p = f->b, .caplen = (uint32_t)f->n, .len = (uint32_t)f->n, .ts = ts,
                            .frame = frame, .link = WW_LINK_ETHERNET };
}

/* xorshift32 (Marsaglia 2003): the same numbers each time. x must not be 0. */
static inline uint32_t fr_rand(uint32_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 17;
    *x ^= *x << 5;
    return *x;
}
#endif
