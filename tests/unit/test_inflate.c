/* The front of deflated content: whole, cut at every byte, in too little room, damaged. */
#include "dissectors/lib/inflate.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <zlib.h>

enum { SRC = 60000, BEFORE = 30000 };
static uint8_t src[SRC], packed[SRC + 1000], room[SRC + 1];

/* Letters that look random, then the same again from 30000 bytes before: the longest repeats. */
static size_t deflated(void)
{
    z_stream z = {
        .next_in = src, .avail_in = SRC, .next_out = packed, .avail_out = sizeof packed
    };
    uint32_t x = 1;
    for (size_t i = 0; i < SRC; i++) {
        x = x * 1664525u + 1013904223u;
        src[i] = i >= BEFORE ? src[i - BEFORE] : (uint8_t)('a' + (x >> 24) % 23);
    }
    cr_assert(eq(int, deflateInit2(&z, 9, Z_DEFLATED, -15, 9, 0), Z_OK));
    cr_assert(eq(int, deflate(&z, Z_FINISH), Z_STREAM_END));
    deflateEnd(&z);
    return z.total_out;
}

Test(inflate, whole)
{
    size_t n, len = deflated();
    struct ww_slice in = t_guard(packed, len);
    cr_assert(eq(int, ww_inflate(in, room, sizeof room, &n), WW_INFLATE_WHOLE));
    cr_assert(eq(sz, n, SRC));
    cr_assert(eq(int, memcmp(room, src, n), 0));
    cr_assert(eq(int, ww_inflate(in, room, SRC, &n), WW_INFLATE_WHOLE));
    cr_assert(eq(int, ww_inflate(in, room, SRC - 1, &n), WW_INFLATE_CUT));
    cr_assert(eq(sz, n, SRC - 1));
    t_unguard(in);
}

Test(inflate, every_front_and_little_room)
{
    size_t n, last = 0, len = deflated();
    for (size_t cut = 0; cut < len; cut += cut < 600 || cut + 100 > len ? 1 : 97) {
        struct ww_slice in = t_guard(packed, cut);
        cr_assert(eq(int, ww_inflate(in, room, sizeof room, &n), WW_INFLATE_CUT), "%zu", cut);
        cr_assert(ge(sz, n, last));
        cr_assert(eq(int, memcmp(room, src, n), 0));
        last = n;
        t_unguard(in);
    }
    cr_assert(gt(sz, last, SRC - 300));
    for (size_t cap = 0; cap < 400; cap++) {
        uint8_t *small = (uint8_t *)(uintptr_t)t_guard(room, cap).p;
        cr_assert(
            eq(int, ww_inflate((struct ww_slice){ packed, len }, small, cap, &n), WW_INFLATE_CUT));
        cr_assert(eq(sz, n, cap));
        t_unguard((struct ww_slice){ small, cap });
    }
}

Test(inflate, damaged)
{
    size_t n, len = deflated();
    static const uint8_t none[] = "\x07nothing that was deflated"; /* a reserved type of block */
    cr_assert(eq(int, ww_inflate((struct ww_slice){ none, sizeof none }, room, sizeof room, &n),
                 WW_INFLATE_BAD));
    for (size_t at = 0; at < len; at += 211) { /* never beyond the room, always an answer */
        packed[at] ^= 0x55;
        (void)ww_inflate((struct ww_slice){ packed, len }, room, sizeof room, &n);
        cr_assert(le(sz, n, sizeof room));
        packed[at] ^= 0x55;
    }
}

/* Repeats what stands before the beginning: a stored window of nobody's. */
Test(inflate, nothing_stands_before_the_beginning)
{
    static const uint8_t back[] = { 0x03, 0x02, 0x00 }; /* fixed codes, a repeat first */
    size_t n;
    cr_assert(ne(int, ww_inflate((struct ww_slice){ back, sizeof back }, room, 100, &n),
                 WW_INFLATE_WHOLE));
    cr_assert(eq(sz, n, 0));
}
