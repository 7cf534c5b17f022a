/* layers.h - puts layers around a packet, from the inside outwards, for tests of encapsulations. */
#ifndef WW_TEST_LAYERS_H
#define WW_TEST_LAYERS_H
#include "tests/frames.h"

/* Whole bytes of a number written in hexadecimal; spaces are for the reader. */
static inline void la_hex(struct fr *f, const char *hex)
{
    unsigned v = 0, n = 0;
    for (; *hex != 0; hex++) {
        if (*hex == ' ')
            continue;
        v = v << 4 | (unsigned)(*hex <= '9' ? *hex - '0' : *hex - 'a' + 10);
        if (++n % 2 == 0)
            fr_be(f, v & 0xff, 1);
    }
    if (n % 2 != 0)
        abort();
}

/* head + what f holds */
static inline void la_front(struct fr *f, const struct fr *head)
{
    static struct fr whole;
    whole.n = 0;
    fr_put(&whole, head->b, head->n);
    fr_put(&whole, f->b, f->n);
    f->n = 0;
    fr_put(f, whole.b, whole.n);
}

static inline void la_bytes(struct fr *f, const char *hex)
{
    static struct fr h;
    h.n = 0;
    la_hex(&h, hex);
    la_front(f, &h);
}

static inline void la_eth(struct fr *f, uint16_t type)
{
    static struct fr h;
    h.n = 0;
    fr_eth(&h, type);
    la_front(f, &h);
}

static inline void la_vlan(struct fr *f, uint16_t vlan, uint16_t type)
{
    static struct fr h;
    h.n = 0;
    fr_be(&h, vlan, 2);
    fr_be(&h, type, 2);
    la_front(f, &h);
}

static inline void la_ip4(struct fr *f, uint32_t src, uint32_t dst, uint8_t proto)
{
    static struct fr h;
    h.n = 0;
    fr_ip4(&h, src, dst, proto, 0x1234, 0, f->n);
    la_front(f, &h);
}

static inline void la_ip6(struct fr *f, uint16_t src, uint16_t dst, uint8_t proto)
{
    static struct fr h;
    h.n = 0;
    fr_ip6(&h, src, dst, proto, f->n);
    la_front(f, &h);
}

static inline void la_udp(struct fr *f, uint16_t sport, uint16_t dport)
{
    static struct fr h;
    h.n = 0;
    fr_udp(&h, sport, dport, f->n);
    la_front(f, &h);
}

/* The innermost packet of these tests: 10.0.0.1:1111 > 10.0.0.2:7777, or the same over IPv6. */
static inline void la_inner4(struct fr *f)
{
    f->n = 0;
    fr_put(f, "inner", 5);
    la_udp(f, 1111, 7777);
    la_ip4(f, 0x0a000001, 0x0a000002, 17);
}
static inline void la_inner6(struct fr *f)
{
    f->n = 0;
    fr_put(f, "inner", 5);
    la_udp(f, 1111, 7777);
    la_ip6(f, 1, 2, 17);
}

/* The inner packet in a frame of its own, which has other MAC addresses than the carriers' frames. */
static inline void la_inner_frame(struct fr *f)
{
    la_inner4(f);
    la_bytes(f, "060000000002 060000000001 0800");
}

/* The carrier: 172.16.0.1 > 172.16.0.2 in a frame. */
static inline void la_carry4(struct fr *f, uint8_t proto)
{
    la_ip4(f, 0xac100001, 0xac100002, proto);
    la_eth(f, 0x0800);
}
static inline void la_carry6(struct fr *f, uint8_t proto)
{
    la_ip6(f, 0x11, 0x12, proto);
    la_eth(f, 0x86dd);
}
static inline void la_carry_udp(struct fr *f, uint16_t sport, uint16_t dport)
{
    la_udp(f, sport, dport);
    la_carry4(f, 17);
}
#endif
