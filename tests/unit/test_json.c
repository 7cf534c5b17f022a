/* JSON as tokens: every piece size gives the same row; escapes, depth, broken texts. */
#include "dissectors/lib/json.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

/* The row of tokens as text: {}[] k:key s:string n:number w:word ! for BAD. */
static char *row(const char *text, size_t piece)
{
    static char out[4096];
    struct ww_json j = { 0 };
    size_t n = strlen(text), o = 0;
    out[0] = 0;
    for (size_t at = 0; at < n; at += piece) {
        struct ww_slice g = t_guard(text + at, n - at < piece ? n - at : piece), in = g;
        enum ww_json_kind k;
        while ((k = ww_json_next(&j, &in)) != WW_JSON_MORE && k != WW_JSON_BAD) {
            static const char mark[] = ".{}[]ksnw!";
            o += (size_t)snprintf(out + o, sizeof out - o, k < WW_JSON_KEY ? "%c" : "%c:%.*s%s ", mark[k], (int)j.n, j.text, j.cut ? "..." : "");
        }
        t_unguard(g);
        if (k == WW_JSON_BAD) {
            (void)snprintf(out + o, sizeof out - o, "!");
            return out;
        }
    }
    (void)snprintf(out + o, sizeof out - o, "%s", ww_json_whole(&j) ? "." : "");
    return out;
}

Test(json, rows)
{
    static const char *const c[][2] = {
        { "{}", "{}." }, { " [ ] ", "[]." }, { "{\"a\":1}", "{k:a n:1 }." }, { "[1,-2.5e+3,true,null]", "[n:1 n:-2.5e+3 w:true w:null ]." },
        { "{\"a\":{\"b\":[{}]},\"c\":\"x\"}", "{k:a {k:b [{}]}k:c s:x }." }, { "\"a\\n\\u0041\\u00e9\\u3042\\\"\\/\"", "s:a\nA\xc3\xa9\xe3\x81\x82\"/ ." },
        { "\"\\ud83d\\ude00\"", "s:\xef\xbf\xbd\xef\xbf\xbd ." }, { "{}\n{}", "{}{}." }, { "{\"a\":", "{k:a " }, { "{\"a\"", "{k:a " },
        { "{\"a", "{" }, { "[1", "[" }, { "{,}", "{!" }, { "{\"a\" 1}", "{k:a !" }, { "[1 2]", "[n:1 !" }, { "[1}", "[n:1 !" },
        { "]", "!" }, { "\"\\x\"", "!" }, { "\"\\u00g0\"", "!" }, { "<html>", "!" }, { "[,", "[!" }, { "{\"a\":]", "{k:a !" }, { "[1,]", "[n:1 !" },
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
        for (size_t piece = 1; piece < 9; piece++)
            cr_assert(eq(str, row(c[i][0], piece), (char *)c[i][1]), "%s in pieces of %zu", c[i][0], piece);
}

Test(json, long_texts_and_deep_ones)
{
    static char text[70000], deep[200];
    memset(text, 'x', sizeof text - 1);
    text[0] = text[sizeof text - 2] = '"';
    char *r = row(text, 1000);
    cr_assert(eq(sz, strlen(r), 2 + WW_JSON_TEXT + 3 + 1 + 1));
    for (int d = WW_JSON_DEPTH - 1; d <= WW_JSON_DEPTH + 1; d++) {
        memset(deep, '[', (size_t)d);
        deep[d] = 0;
        cr_assert(eq(int, strchr(row(deep, 3), '!') != NULL, d > WW_JSON_DEPTH));
    }
}
