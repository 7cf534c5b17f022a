/* support_json.c - strict JSON checker (RFC 8259), independent of the writer it checks. */
#include "tests/support.h"
#include <stdio.h>

enum { LEVELS = 64, KEYS = 512 };

struct js {
    const char *s;
    size_t n, i;
    const char *bad;
    unsigned level;
};

static int peek(const struct js *j)
{
    return j->i < j->n ? (unsigned char)j->s[j->i] : -1;
}

static bool fail(struct js *j, const char *why)
{
    if (j->bad == NULL)
        j->bad = why;
    return false;
}

static void space(struct js *j)
{
    while (peek(j) == ' ' || peek(j) == '\t' || peek(j) == '\n' || peek(j) == '\r')
        j->i++;
}

static bool hex4(struct js *j, unsigned *v)
{
    *v = 0;
    for (int k = 0; k < 4; k++, j->i++) {
        int c = peek(j);
        unsigned d = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                     : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                     : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                            : 16;
        if (d == 16)
            return fail(j, "broken \\u escape");
        *v = *v << 4 | d;
    }
    return true;
}

static bool escape(struct js *j)
{
    unsigned v, low;
    int c = peek(j);
    if (c >= 0 && c != 0 && strchr("\"\\/bfnrt", c) != NULL) {
        j->i++;
        return true;
    }
    if (c != 'u')
        return fail(j, "unknown escape");
    j->i++;
    if (!hex4(j, &v))
        return false;
    if (v >= 0xdc00 && v <= 0xdfff)
        return fail(j, "lone low surrogate");
    if (v >= 0xd800 && v <= 0xdbff) {
        if (j->n - j->i < 6 || j->s[j->i] != '\\' || j->s[j->i + 1] != 'u')
            return fail(j, "lone high surrogate");
        j->i += 2;
        if (!hex4(j, &low) || low < 0xdc00 || low > 0xdfff)
            return fail(j, "broken surrogate pair");
    }
    return true;
}

/* One UTF-8 sequence by the table of RFC 3629 section 4. */
static bool utf8(struct js *j)
{
    int c = peek(j);
    unsigned more = c < 0x80 ? 0 : c >= 0xc2 && c <= 0xdf ? 1 : c >= 0xe0 && c <= 0xef ? 2 : 3;
    if (c >= 0x80 && (c < 0xc2 || c > 0xf4))
        return fail(j, "byte that no UTF-8 sequence starts with");
    for (unsigned k = 1; k <= more; k++) {
        int x = j->i + k < j->n ? (unsigned char)j->s[j->i + k] : -1;
        int lo = 0x80, hi = 0xbf;
        if (k == 1) {
            lo = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : c == 0xc2 ? 0xa0 : 0x80; /* C2: C1 controls */
            hi = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
        }
        if (x < lo || x > hi)
            return fail(j, "broken UTF-8 sequence or C1 control");
    }
    j->i += 1 + more;
    return true;
}

static bool string(struct js *j)
{
    if (peek(j) != '"')
        return fail(j, "string expected");
    j->i++;
    for (;;) {
        int c = peek(j);
        if (c == '"') {
            j->i++;
            return true;
        }
        if (c < 0)
            return fail(j, "string without end");
        if (c < 0x20 || c == 0x7f)
            return fail(j, "control character in a string");
        if (c == '\\') {
            j->i++;
            if (!escape(j))
                return false;
        } else if (!utf8(j)) {
            return false;
        }
    }
}

static size_t digits(struct js *j)
{
    size_t from = j->i;
    while (peek(j) >= '0' && peek(j) <= '9')
        j->i++;
    return j->i - from;
}

static bool number(struct js *j)
{
    if (peek(j) == '-')
        j->i++;
    int first = peek(j);
    size_t n = digits(j);
    if (n == 0 || (n > 1 && first == '0'))
        return fail(j, "broken number");
    if (peek(j) == '.') {
        j->i++;
        if (digits(j) == 0)
            return fail(j, "number without fraction digits");
    }
    if (peek(j) == 'e' || peek(j) == 'E') {
        j->i++;
        if (peek(j) == '+' || peek(j) == '-')
            j->i++;
        if (digits(j) == 0)
            return fail(j, "number without exponent digits");
    }
    return true;
}

static bool word(struct js *j, const char *w)
{
    size_t n = strlen(w);
    if (j->n - j->i < n || memcmp(j->s + j->i, w, n) != 0)
        return fail(j, "unknown word");
    j->i += n;
    return true;
}

static bool value(struct js *j);

static bool member(struct js *j, struct ww_slice *key, size_t *nkey)
{
    size_t from = j->i;
    if (!string(j))
        return false;
    struct ww_slice k = { (const uint8_t *)j->s + from, j->i - from };
    for (size_t i = 0; i < *nkey; i++)
        if (ww_slice_eq(key[i], k))
            return fail(j, "the same key twice in an object");
    if (*nkey == KEYS)
        return fail(j, "more than 512 keys");
    key[(*nkey)++] = k;
    space(j);
    if (peek(j) != ':')
        return fail(j, "colon expected");
    j->i++;
    return value(j);
}

static bool list(struct js *j, char close)
{
    struct ww_slice key[KEYS];
    size_t nkey = 0;
    if (++j->level > LEVELS)
        return fail(j, "more than 64 levels");
    j->i++;
    space(j);
    if (peek(j) == close) {
        j->i++;
        j->level--;
        return true;
    }
    for (;;) {
        space(j);
        if (!(close == '}' ? member(j, key, &nkey) : value(j)))
            return false;
        space(j);
        int c = peek(j);
        j->i++;
        if (c == close)
            break;
        if (c != ',')
            return fail(j, "comma or end expected");
    }
    j->level--;
    return true;
}

/* Recursion is bounded by LEVELS; the text is our own output. */
static bool value(struct js *j)
{
    space(j);
    int c = peek(j);
    if (c == '{')
        return list(j, '}');
    if (c == '[')
        return list(j, ']');
    if (c == '"')
        return string(j);
    if (c == 't')
        return word(j, "true");
    if (c == 'f')
        return word(j, "false");
    if (c == 'n')
        return word(j, "null");
    return number(j);
}

const char *t_json_bad(const char *text, size_t n)
{
    struct js j = { .s = text, .n = n };
    if (!value(&j))
        return j.bad;
    space(&j);
    return j.i == n ? NULL : "text after the value";
}
