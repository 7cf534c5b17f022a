/* The reader: each branch of rd.h, at an unmapped page. */
#include "sensor/base/rd.h"
#include "sensor/base/hash.h"
#include "sensor/base/scan.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const uint8_t BYTES[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

/* Each number read with exactly enough bytes, with one too few, and after an error. */
#define NUMBER(name, type, bytes, value)                                                                         \
    Test(rd, name)                                                                                               \
    {                                                                                                            \
        struct ww_slice s = t_guard(BYTES, bytes);                                                               \
        struct ww_rd r = ww_rd(s);                                                                               \
        cr_assert(eq(type, ww_rd_##name(&r), value));                                                            \
        cr_assert(not(r.bad));                                                                                   \
        cr_assert(eq(sz, r.left, 0));                                                                            \
        cr_assert(eq(type, ww_rd_##name(&r), 0));                                                                \
        cr_assert(r.bad);                                                                                        \
        t_unguard(s);                                                                                            \
        s = t_guard(BYTES, bytes - 1);                                                                           \
        r = ww_rd(s);                                                                                            \
        (void)ww_rd_##name(&r);                                                                                  \
        cr_assert(r.bad);                                                                                        \
        cr_assert(eq(sz, r.left, 0));                                                                            \
        t_unguard(s);                                                                                            \
    }
NUMBER(u8, u8, 1, 0x01)
NUMBER(be16, u16, 2, 0x0102)
NUMBER(be24, u32, 3, 0x010203)
NUMBER(be32, u32, 4, 0x01020304)
NUMBER(be64, u64, 8, 0x0102030405060708)
NUMBER(le16, u16, 2, 0x0201)
NUMBER(le32, u32, 4, 0x04030201)
NUMBER(le64, u64, 8, 0x0807060504030201)

Test(rd, a_short_read_takes_nothing_and_stays)
{
    struct ww_slice s = t_guard(BYTES, 3);
    struct ww_rd r = ww_rd(s);
    cr_assert(eq(u32, ww_rd_be32(&r), 0));
    cr_assert(r.bad);
    cr_assert(eq(u8, ww_rd_u8(&r), 0)); /* though three bytes were there */
    ww_rd_skip(&r, 0);
    cr_assert(r.bad);
    t_unguard(s);
}

Test(rd, nothing_is_fine_when_nothing_is_asked)
{
    struct ww_rd none = ww_rd((struct ww_slice){ NULL, 100 });
    cr_assert(eq(sz, none.left, 0));
    ww_rd_skip(&none, 0);
    cr_assert(not(none.bad));
    cr_assert(eq(sz, ww_rd_rest(&none).n, 0));
    cr_assert(not(none.bad));
    ww_rd_skip(&none, SIZE_MAX);
    cr_assert(none.bad);
}

Test(rd, bytes_rest_and_sub)
{
    struct ww_slice s = t_guard(BYTES, 8);
    struct ww_rd r = ww_rd(s);
    struct ww_slice two = ww_rd_bytes(&r, 2);
    cr_assert(eq(sz, two.n, 2));
    struct ww_rd sub = ww_rd_sub(&r, 3);
    cr_assert(eq(u32, ww_rd_be24(&sub), 0x030405));
    cr_assert(eq(u8, ww_rd_u8(&sub), 0)); /* the inner one ends where it ends */
    cr_assert(sub.bad);
    cr_assert(not(r.bad));
    struct ww_slice rest = ww_rd_rest(&r);
    cr_assert(eq(sz, rest.n, 3));
    cr_assert(eq(int, rest.p[0], 6));
    sub = ww_rd_sub(&r, 1); /* longer than its parent: both are bad */
    cr_assert(sub.bad);
    cr_assert(r.bad);
    cr_assert(ww_rd_bytes(&r, 0).p == NULL);
    sub = ww_rd_sub(&r, 0);
    cr_assert(sub.bad);
    cr_assert(eq(sz, ww_rd_rest(&r).n, 0));
    t_unguard(s);
}

Test(slice, find_at_and_sub)
{
    struct ww_slice s = t_guard(BYTES, 8);
    struct ww_slice none = { NULL, 0 };
    cr_assert(eq(sz, ww_slice_find(s, 0, 1), 0));
    cr_assert(eq(sz, ww_slice_find(s, 1, 1), 8));
    cr_assert(eq(sz, ww_slice_find(s, 7, 8), 7));
    cr_assert(eq(sz, ww_slice_find(s, 8, 8), 8));
    cr_assert(eq(sz, ww_slice_find(s, SIZE_MAX, 8), 8));
    cr_assert(eq(sz, ww_slice_find(none, 0, 0), 0));
    cr_assert(eq(u8, ww_slice_at(s, 7), 8));
    cr_assert(eq(u8, ww_slice_at(s, 8), 0));
    cr_assert(eq(u8, ww_slice_at(none, 0), 0));
    cr_assert(eq(sz, ww_slice_sub(s, 2, 3).n, 3));
    cr_assert(eq(sz, ww_slice_sub(s, 2, SIZE_MAX).n, 6));
    cr_assert(eq(sz, ww_slice_sub(s, 7, 2).n, 1));
    cr_assert(eq(sz, ww_slice_sub(s, 8, 1).n, 0));
    cr_assert(ww_slice_sub(s, 8, 1).p == NULL);
    cr_assert(eq(sz, ww_slice_sub(s, SIZE_MAX, SIZE_MAX).n, 0));
    t_unguard(s);
}

Test(slice, fields_of_a_header)
{
    struct ww_slice s = t_guard(BYTES, 6);
    cr_assert(eq(u16, ww_slice_be16(s, 0), 0x0102));
    cr_assert(eq(u16, ww_slice_be16(s, 4), 0x0506));
    cr_assert(eq(u16, ww_slice_be16(s, 5), 0)); /* half of it lies behind the end */
    cr_assert(eq(u16, ww_slice_be16(s, 6), 0));
    cr_assert(eq(u16, ww_slice_be16(s, SIZE_MAX), 0));
    cr_assert(eq(u32, ww_slice_be32(s, 2), 0x03040506));
    cr_assert(eq(u32, ww_slice_be32(s, 3), 0));
    cr_assert(eq(u32, ww_slice_be32(s, 6), 0));
    cr_assert(eq(u32, ww_slice_be32(s, SIZE_MAX - 1), 0));
    cr_assert(eq(u32, ww_slice_le32(s, 2), 0x06050403));
    cr_assert(eq(u32, ww_slice_le32(s, 3), 0));
    cr_assert(eq(u32, ww_slice_le32(s, SIZE_MAX - 1), 0));
    cr_assert(eq(u64, ww_slice_le64(s, 0), 0)); /* six bytes are too few */
    struct ww_slice nine = WW_SLICE_LIT("\x08\x07\x06\x05\x04\x03\x02\x01\xff");
    cr_assert(eq(u64, ww_slice_le64(nine, 0), 0x0102030405060708));
    cr_assert(eq(u64, ww_slice_le64(nine, 1), 0xff01020304050607));
    cr_assert(eq(u64, ww_slice_le64(nine, 2), 0));
    cr_assert(eq(u64, ww_slice_le64(nine, SIZE_MAX), 0));
    cr_assert(eq(sz, ww_slice_from(s, 0).n, 6));
    cr_assert(eq(u8, ww_slice_at(ww_slice_from(s, 4), 0), 5));
    cr_assert(eq(sz, ww_slice_from(s, 6).n, 0));
    cr_assert(ww_slice_from(s, 7).p == NULL);
    cr_assert(ww_slice_from((struct ww_slice){ NULL, 0 }, 0).p == NULL);
    t_unguard(s);
}

Test(slice, comparisons)
{
    struct ww_slice none = { NULL, 0 }, abc = WW_SLICE_LIT("abc");
    cr_assert(ww_slice_eq(abc, ww_slice_str("abc")));
    cr_assert(not(ww_slice_eq(abc, WW_SLICE_LIT("abd"))));
    cr_assert(not(ww_slice_eq(abc, WW_SLICE_LIT("ab"))));
    cr_assert(ww_slice_eq(none, WW_SLICE_LIT("")));
    cr_assert(ww_slice_eqs(abc, "abc"));
    cr_assert(not(ww_slice_eqs(abc, "abcd")));
    cr_assert(not(ww_slice_eqs(abc, "abd")));
    cr_assert(ww_slice_eqs(none, ""));
    cr_assert(ww_slice_starts(abc, "ab"));
    cr_assert(ww_slice_starts(none, ""));
    cr_assert(not(ww_slice_starts(abc, "abcd")));
    cr_assert(not(ww_slice_starts(abc, "b")));
}

Test(slice, trim_takes_spaces_and_nuls)
{
    static const struct {
        const char *s;
        size_t n;
        const char *want;
    } t[] = { { "  ab c\0 \0", 9, "ab c" }, { "\0 \0", 3, "" }, { "", 0, "" }, { "a", 1, "a" }, { " a", 2, "a" },
              { "a\0", 2, "a" }, { "\0a", 2, "a" } };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct ww_slice s = t_guard(t[i].s, t[i].n);
        cr_assert(ww_slice_eqs(ww_slice_trim(s), t[i].want), "row %zu", i);
        t_unguard(s);
    }
    cr_assert(eq(sz, ww_slice_trim((struct ww_slice){ NULL, 0 }).n, 0));
}

Test(slice, copies)
{
    uint8_t b[4] = { 9, 9, 9, 9 };
    ww_copy(b, (struct ww_slice){ NULL, 0 });
    cr_assert(eq(int, b[0], 9));
    ww_copy(b, (struct ww_slice){ BYTES, 4 });
    ww_move(b + 1, (struct ww_slice){ b, 3 });
    cr_assert(eq(int, b[3], 3));
    ww_move(b, (struct ww_slice){ NULL, 0 });
}

/* ---- scan.h ------------------------------------------------------------------------------------------------- */
Test(rd, scan_finds_what_a_loop_finds)
{
    uint8_t b[70];
    uint16_t mark[80 + WW_SCAN_STEP];
    for (size_t n = 0; n <= sizeof b; n++) {
        for (size_t i = 0; i < n; i++)
            b[i] = (uint8_t)((i * 7 + n) % 5 == 0 ? '|' : 'a');
        struct ww_slice g = t_guard(b, n);
        for (size_t max = 0; max < 20; max++) {
            struct ww_scan sc = ww_scan(g, '|', mark, max);
            size_t found = 0;
            for (size_t i = 0; i < n && found < max; i++)
                if (b[i] == '|')
                    cr_assert(eq(u16, mark[found++], (uint16_t)i));
            cr_assert(eq(sz, sc.n, found));
            cr_assert(not(sc.esc));
            cr_assert(not(sc.high));
        }
        t_unguard(g);
    }
}

Test(rd, scan_tells_escapes_and_high_bytes_anywhere)
{
    uint8_t b[37];
    uint16_t mark[4 + WW_SCAN_STEP];
    for (size_t n = 1; n <= sizeof b; n++)
        for (size_t at = 0; at < n; at++) {
            memset(b, 'a', sizeof b);
            b[at] = 0x1b;
            struct ww_slice g = t_guard(b, n);
            struct ww_scan sc = ww_scan(g, '|', mark, 4);
            cr_assert(eq(int, sc.esc * 2 + sc.high, 2));
            t_unguard(g);
            b[at] = 0x80;
            g = t_guard(b, n);
            sc = ww_scan(g, '|', mark, 4);
            cr_assert(eq(int, sc.esc * 2 + sc.high, 1));
            t_unguard(g);
        }
}

Test(rd, either_of_two_bytes_is_found_anywhere)
{
    uint8_t b[50];
    for (size_t n = 0; n <= sizeof b; n++) {
        for (size_t i = 0; i < sizeof b; i++)
            b[i] = 'a';
        struct ww_slice g = t_guard(b, n);
        cr_assert(not(ww_scan_either(g, '.', '\\')), "%zu bytes without", n);
        t_unguard(g);
        for (size_t at = 0; at < n; at++) {
            b[at] = at % 2 == 0 ? '.' : '\\';
            g = t_guard(b, n);
            cr_assert(ww_scan_either(g, '.', '\\'), "at %zu of %zu", at, n);
            t_unguard(g);
            b[at] = 'a';
        }
    }
}

/* ---- hash.h: text without case ------------------------------------------------------------------------------ */
Test(rd, mixed_text_knows_no_case_and_every_letter)
{
    const struct ww_key k = { { 1, 2 } };
    uint8_t b[40], up[40];
    for (size_t n = 0; n <= sizeof b; n++) {
        for (size_t i = 0; i < n; i++) {
            b[i] = (uint8_t)('a' + i % 26);
            up[i] = (uint8_t)('A' + i % 26);
        }
        struct ww_slice g = t_guard(b, n), u = t_guard(up, n);
        uint64_t h = ww_mix_caseless(&k, g);
        cr_assert(eq(u64, ww_mix_caseless(&k, u), h), "%zu letters", n);
        t_unguard(g);
        t_unguard(u);
        for (size_t at = 0; at < n; at++) {
            b[at] = '1';
            g = t_guard(b, n);
            cr_assert(ne(u64, ww_mix_caseless(&k, g), h), "letter %zu of %zu", at, n);
            t_unguard(g);
            b[at] = (uint8_t)('a' + at % 26);
        }
    }
}
