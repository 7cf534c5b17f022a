/* Character sets: what bytes look like, shift states, conversion. */
#include "dissectors/lib/charset.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define S(lit) WW_SLICE_LIT(lit)

Test(charset, looks)
{
    for (size_t at = 0; at < 20; at++) { /* every place in and behind an eight-byte step */
        uint8_t b[20];
        memset(b, 'a', sizeof b);
        b[at] = 0x1b;
        struct ww_slice g = t_guard(b, sizeof b);
        struct ww_text_look l = ww_text_look(g);
        cr_assert(eq(int, l.esc * 2 + l.high, 2));
        t_unguard(g);
        b[at] = 0x80;
        g = t_guard(b, sizeof b);
        l = ww_text_look(g);
        cr_assert(eq(int, l.esc * 2 + l.high, 1));
        t_unguard(g);
    }
    struct ww_text_look none = ww_text_look((struct ww_slice){ NULL, 0 });
    cr_assert(eq(int, none.esc * 2 + none.high, 0));
}

Test(charset, guesses)
{
    cr_assert(ww_utf8_valid(S("a\xe5\xb1\xb1")));
    cr_assert(not(ww_utf8_valid(S("a\xe5\xb1"))));
    cr_assert(ww_sjis_likely(S("\x96\x7b\x89\x40 \xb6\xc5")));
    cr_assert(not(ww_sjis_likely(S("caf\xe9 J\xf6rg")))); /* ISO 8859-1 */
    cr_assert(not(ww_sjis_likely(S("\x96"))));
    cr_assert(ww_euc_likely(S("\xcb\xdc\xb1\xa1 x")));
    cr_assert(not(ww_euc_likely(S("caf\xe9 "))));
    cr_assert(ww_euc_likely(S("\x8f\xb0\xa1")));
    cr_assert(not(ww_euc_likely(S("\x8f\xb0"))));
}

static const char *utf8(struct ww_slice in, enum ww_charset cs, size_t cap)
{
    static char b[64];
    struct ww_slice g = t_guard(in.p, in.n);
    struct ww_slice s = ww_text_utf8(g, cs, b, cap);
    b[s.n] = 0;
    t_unguard(g);
    return b;
}

Test(charset, converts)
{
#define IS(in, cs, want) cr_expect(eq(str, (char *)utf8(S(in), cs, 60), (char *)(want)))
    IS("\x1b$B;3K\\\x1b(B^", WW_CS_ISO2022JP, "\xe5\xb1\xb1\xe6\x9c\xac^"); /* 山本^ */
    IS("\x1b$B;3K", WW_CS_ISO2022JP, "\xe5\xb1\xb1K");                      /* cut in a pair */
    IS("\x1b(I1\x1b(J1", WW_CS_ISO2022JP,
       "\xef\xbd\xb1"
       "1");
    IS("\x1b$(D0!\x1b(B.", WW_CS_ISO2022JP, "\xe4\xb8\x82."); /* JIS X 0212 row 16: 丂 */
    IS("\x1b$(D!!\x1b(B.", WW_CS_ISO2022JP, "\xef\xbf\xbd.");
    IS("\x8f\xb0\xa1"
       "B",
       WW_CS_EUCJP,
       "\xe4\xb8\x82"
       "B");
    IS("\xc0\xa0", ww_cs_8859(1), "\xc3\x80\xc2\xa0");
    IS("\xa3o", ww_cs_8859(2), "\xc5\x81o");                /* Ł */
    IS("\xbf", ww_cs_8859(5), "\xd0\x9f");                  /* П */
    IS("\xa4\x85", ww_cs_8859(15), "\xe2\x82\xac\xc2\x85"); /* €; 80 to 9f are controls */
    IS("\xa5", ww_cs_8859(3), "\xef\xbf\xbd");              /* not assigned */
    cr_expect(eq(int, ww_cs_8859(0), WW_CS_AS_IS));
    cr_expect(eq(int, ww_cs_8859(12), WW_CS_AS_IS));
    cr_expect(eq(int, ww_cs_8859(16), WW_CS_AS_IS));
    IS("\x1b!", WW_CS_ISO2022JP, "\xef\xbf\xbd!");
    IS("\x95\x5c\xb1"
       "A",
       WW_CS_SJIS,
       "\xe8\xa1\xa8\xef\xbd\xb1"
       "A"); /* 表ｱA */
    IS("\x81", WW_CS_SJIS, "\xef\xbf\xbd");
    IS("\xfc\xfc", WW_CS_SJIS, "\xef\xbf\xbd");
    IS("\xb3\xb0\x8e\xb1"
       "B",
       WW_CS_EUCJP,
       "\xe5\xa4\x96\xef\xbd\xb1"
       "B"); /* 外ｱB */
    IS("\xff\x00", WW_CS_EUCJP, "\xef\xbf\xbd");
#undef IS
    /* cut at a character's end */
    cr_assert(eq(str, (char *)utf8(S("\x95\x5c\x95\x5c"), WW_CS_SJIS, 5), "\xe8\xa1\xa8"));
}

/* Any bytes: never more than cap, always valid UTF-8. */
Test(charset, every_pair_is_valid_utf8)
{
    for (unsigned v = 0; v < 0x10000; v++) {
        uint8_t in[5] = { 0x1b, 0x24, 0x42, (uint8_t)(v >> 8), (uint8_t)v };
        char b[16];
        for (int cs = WW_CS_ISO2022JP; cs <= WW_CS_8859_MAX; cs++) {
            size_t from = cs == WW_CS_ISO2022JP ? 0 : 3;
            if (cs >= WW_CS_8859 && ww_cs_8859((unsigned)cs - WW_CS_8859) == WW_CS_AS_IS)
                continue;
            struct ww_slice s = ww_text_utf8((struct ww_slice){ in + from, 5 - from },
                                             (enum ww_charset)cs, b, sizeof b);
            cr_assert(ww_utf8_valid(s), "%04x as %d", v, cs);
        }
    }
}
