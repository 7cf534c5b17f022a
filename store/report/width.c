/* width.c - how wide a text is, where it may break, and what must not reach a terminal. */
#include "store/report/page.h"

struct range {
    uint32_t from, to;
};

/* Unicode 15: combining marks, zero-width and format characters that occur in practice */
static const struct range zero[] = {
    { 0x0300, 0x036f }, { 0x0483, 0x0489 },   { 0x0591, 0x05bd }, { 0x0610, 0x061a },
    { 0x064b, 0x065f }, { 0x0e31, 0x0e31 },   { 0x0e34, 0x0e3a }, { 0x0e47, 0x0e4e },
    { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },   { 0x200b, 0x200d }, { 0x2060, 0x2064 },
    { 0x20d0, 0x20ff }, { 0x3099, 0x309a },   { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
    { 0xfeff, 0xfeff }, { 0xe0100, 0xe01ef },
};
/* EastAsianWidth W and F */
static const struct range wide[] = {
    { 0x1100, 0x115f },   { 0x2329, 0x232a },   { 0x2e80, 0x303e },   { 0x3041, 0x33ff },
    { 0x3400, 0x4dbf },   { 0x4e00, 0xa4cf },   { 0xa960, 0xa97c },   { 0xac00, 0xd7a3 },
    { 0xf900, 0xfaff },   { 0xfe10, 0xfe19 },   { 0xfe30, 0xfe6b },   { 0xff01, 0xff60 },
    { 0xffe0, 0xffe6 },   { 0x1b000, 0x1b2ff }, { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff },
    { 0x1f900, 0x1faff }, { 0x20000, 0x3fffd },
};
/* These turn the direction of what follows: a name could look like another one. */
static const struct range turning[] = {
    { 0x061c, 0x061c }, { 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 }
};
/* No line begins with these (JIS X 4051) ... */
static const uint32_t closing[] = { 0x3001, 0x3002, 0x300d, 0x300f, 0x3011, 0xff09, 0xff0c,
                                    0xff0e, 0xff1a, 0xff1b, 0xff01, 0xff1f, 0x30fc, 0x3005,
                                    ')',    ',',    '.',    ';',    ':',    0x30fb, 0xff0f };
/* ... and no line ends with these. */
static const uint32_t opening[] = { 0x300c, 0x300e, 0x3010, 0xff08, '(' };

#define IN(table, c) in_ranges(table, sizeof(table) / sizeof((table)[0]), c)
static bool in_ranges(const struct range *r, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++)
        if (c >= r[i].from && c <= r[i].to)
            return true;
    return false;
}

#define OF(list, c) one_of(list, sizeof(list) / sizeof((list)[0]), c)
static bool one_of(const uint32_t *l, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++)
        if (l[i] == c)
            return true;
    return false;
}

struct ch {
    uint32_t c;
    unsigned len, cols;
};

/* The character at i; a broken byte counts as one column. */
static struct ch at(struct ww_slice s, size_t i)
{
    unsigned n = ww_utf8_len(ww_slice_sub(s, i, 4));
    uint32_t b0 = ww_slice_at(s, i);
    if (n <= 1)
        return (struct ch){ b0, 1, 1 };
    uint32_t c = b0 & (0x7fu >> n);
    for (unsigned k = 1; k < n; k++)
        c = c << 6 | (ww_slice_at(s, i + k) & 0x3f);
    return (struct ch){ c, n, IN(zero, c) ? 0 : IN(wide, c) ? 2 : 1 };
}

unsigned ww_text_width(struct ww_slice s)
{
    unsigned cols = 0;
    for (size_t i = 0; i < s.n;) {
        struct ch c = at(s, i);
        cols += c.cols;
        i += c.len;
    }
    return cols;
}

size_t ww_text_fit(struct ww_slice s, unsigned cols)
{
    size_t i = 0;
    while (i < s.n) {
        struct ch c = at(s, i);
        if (c.cols > cols)
            break;
        cols -= c.cols;
        i += c.len;
    }
    return i;
}

void ww_text_clean(struct ww_out *o, struct ww_slice s)
{
    size_t from = 0;
    for (size_t i = 0; i < s.n;) {
        struct ch c = at(s, i);
        if (c.len > 1 && IN(turning, c.c)) {
            ww_out_text(o, ww_slice_sub(s, from, i - from));
            ww_out_s(o, "\\u");
            ww_out_hex(o, c.c, 4);
            from = i + c.len;
        }
        i += c.len;
    }
    ww_out_text(o, ww_slice_sub(s, from, s.n - from));
}

static bool may_break(struct ch before, struct ch after)
{
    if (OF(closing, after.c) || OF(opening, before.c))
        return false;
    if (before.c == '/') /* in a path, not in TCP/443 */
        return after.c < '0' || after.c > '9';
    return before.c == ' ' || before.c == ',' || before.cols == 2 || after.cols == 2;
}

unsigned ww_text_word(struct ww_slice s)
{
    unsigned longest = 0, cols = 0;
    for (size_t i = 0; i < s.n;) {
        struct ch c = at(s, i);
        i += c.len;
        cols += c.c == ' ' ? 0 : c.cols;
        longest = cols > longest ? cols : longest;
        if (i < s.n && may_break(c, at(s, i)))
            cols = 0;
    }
    return longest;
}

/* Bytes of the next line: the longest part that fits and ends where a line may break. */
static size_t line_len(struct ww_slice s, unsigned cols)
{
    size_t fit = ww_text_fit(s, cols), good = 0;
    if (fit == s.n)
        return fit;
    for (size_t i = 0; i < fit;) {
        struct ch c = at(s, i);
        size_t next = i + c.len;
        if (next <= fit && may_break(c, at(s, next)))
            good = next;
        i = next;
    }
    if (fit < s.n && ww_slice_at(s, fit) == ' ') /* the space itself need not fit */
        good = fit;
    if (good > 0)
        return good;
    return fit > 0 ? fit : at(s, 0).len; /* a word longer than the line, or no room at all */
}

size_t ww_text_line(struct ww_slice *rest, unsigned cols, struct ww_slice *line)
{
    while (rest->n > 0 && ww_slice_at(*rest, 0) == ' ')
        *rest = ww_slice_sub(*rest, 1, rest->n - 1);
    size_t n = line_len(*rest, cols);
    *line = ww_slice_sub(*rest, 0, n);
    *rest = ww_slice_sub(*rest, n, rest->n - n);
    while (line->n > 0 && ww_slice_at(*line, line->n - 1) == ' ')
        line->n--;
    return n;
}
