/* The one's complement sum against its definition, 16 bits at a time. */
#include "sensor/base/sum.h"
#include "tests/net.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { LEN = 300 };

/* RFC 1071 1: in the byte order of the network; a byte that is left over is followed by nothing. */
static uint16_t by_pairs(struct ww_slice in)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < in.n; i += 2)
        sum += (uint32_t)(ww_slice_at(in, i) << 8 | ww_slice_at(in, i + 1));
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff ? 0 : (uint16_t)sum;
}

/* With the bytes changed over, as on the machines that begin with the lowest. */
static uint16_t turned(uint16_t v)
{
    uint16_t probe = 1;
    return *(uint8_t *)&probe == 1 ? (uint16_t)(v << 8 | v >> 8) : v;
}

Test(sum, of_any_bytes)
{
    uint8_t b[LEN];
    uint32_t x = 7;
    for (size_t n = 0; n <= LEN; n++) {
        for (size_t i = 0; i < n; i++)
            b[i] = n % 3 == 0 ? 0xff : (uint8_t)fr_rand(&x); /* full of carries, or anything */
        struct ww_slice all = { b, n };
        uint16_t want = turned(by_pairs(all));
        cr_assert(eq(u16, ww_sum_fold(ww_sum_add(0, all)), want));
        size_t cut = n / 2 & ~(size_t)1;
        uint64_t front = ww_sum_add(0, ww_slice_sub(all, 0, cut));
        cr_assert(eq(u16, ww_sum_fold(ww_sum_add(front, ww_slice_from(all, cut))), want));
    }
}

Test(sum, of_a_number_as_it_stands_in_a_packet)
{
    static const uint8_t b[] = { 0x12, 0x34, 0xab, 0xcd };
    cr_assert(eq(u64, ww_sum_be32(0x1234abcd), ww_sum_add(0, (struct ww_slice){ b, sizeof b })));
}
