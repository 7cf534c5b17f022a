/* json.c - JSON as a row of tokens.
 * Source: RFC 8259 2 to 7 */
#include "dissectors/lib/json.h"

enum at {
    AT_VALUE,     /* before a value; zero, because a text begins and ends here */
    AT_FIRST,     /* before the first value of an array, which may not come */
    AT_KEY,       /* before a key */
    AT_FIRST_KEY, /* before the first one, which may not come */
    AT_COLON,
    AT_NEXT, /* behind a value of an object or array */
    IN_KEY,
    IN_STRING,
    IN_KEY_ESC,
    IN_STRING_ESC,
    IN_KEY_HEX,
    IN_STRING_HEX,
    IN_NUMBER,
    IN_WORD,
    AT_BAD
};

static bool in_object(const struct ww_json *j)
{
    return j->depth > 0 && (j->object >> (j->depth - 1) & 1) != 0;
}

static void begin(struct ww_json *j, enum at at)
{
    j->at = (uint8_t)at;
    j->n = 0;
    j->cut = false;
}

static void keep(struct ww_json *j, struct ww_slice s)
{
    size_t room = sizeof j->text - j->n;
    j->cut = j->cut || s.n > room;
    s = ww_slice_sub(s, 0, room);
    ww_copy(j->text + j->n, s);
    j->n = (uint16_t)(j->n + s.n);
}

static void keep_byte(struct ww_json *j, uint8_t b)
{
    keep(j, (struct ww_slice){ &b, 1 });
}

/* A character of \u; the halves of a pair come one by one and are not joined. */
static void keep_unit(struct ww_json *j, uint16_t u)
{
    if (u >= 0xd800 && u <= 0xdfff)
        u = 0xfffd;
    if (u < 0x80) {
        keep_byte(j, (uint8_t)u);
    } else if (u < 0x800) {
        keep_byte(j, (uint8_t)(0xc0 | u >> 6));
        keep_byte(j, (uint8_t)(0x80 | (u & 0x3f)));
    } else {
        keep_byte(j, (uint8_t)(0xe0 | u >> 12));
        keep_byte(j, (uint8_t)(0x80 | (u >> 6 & 0x3f)));
        keep_byte(j, (uint8_t)(0x80 | (u & 0x3f)));
    }
}

static enum ww_json_kind bad(struct ww_json *j)
{
    j->at = AT_BAD;
    return WW_JSON_BAD;
}

/* Behind a value. */
static enum ww_json_kind value(struct ww_json *j, enum ww_json_kind kind)
{
    j->at = j->depth > 0 ? AT_NEXT : AT_VALUE;
    return kind;
}

static enum ww_json_kind open(struct ww_json *j, bool object)
{
    if (j->depth == WW_JSON_DEPTH)
        return bad(j);
    uint64_t bit = (uint64_t)1 << j->depth++;
    j->object = object ? j->object | bit : j->object & ~bit;
    j->at = object ? AT_FIRST_KEY : AT_FIRST;
    return object ? WW_JSON_OPEN : WW_JSON_OPEN_A;
}

static enum ww_json_kind close(struct ww_json *j, bool object)
{
    if (j->depth == 0 || in_object(j) != object)
        return bad(j);
    j->depth--;
    return value(j, object ? WW_JSON_CLOSE : WW_JSON_CLOSE_A);
}

/* The first byte of a value. Return: MORE when the token goes on. */
static enum ww_json_kind value_byte(struct ww_json *j, uint8_t b)
{
    switch (b) {
    case '{':
        return open(j, true);
    case '[':
        return open(j, false);
    case ']':
        return j->at == AT_FIRST ? close(j, false) : bad(j);
    case '"':
        begin(j, IN_STRING);
        return WW_JSON_MORE;
    case 't':
    case 'f':
    case 'n':
        begin(j, IN_WORD);
        keep_byte(j, b);
        return WW_JSON_MORE;
    }
    if (b != '-' && (b < '0' || b > '9'))
        return bad(j);
    begin(j, IN_NUMBER);
    keep_byte(j, b);
    return WW_JSON_MORE;
}

/* One byte between tokens that is no blank. */
static enum ww_json_kind structure(struct ww_json *j, uint8_t b)
{
    switch ((enum at)j->at) {
    case AT_VALUE:
    case AT_FIRST:
        return value_byte(j, b);
    case AT_FIRST_KEY:
        if (b == '}')
            return close(j, true);
        __attribute__((fallthrough));
    case AT_KEY:
        if (b != '"')
            return bad(j);
        begin(j, IN_KEY);
        return WW_JSON_MORE;
    case AT_COLON:
        j->at = AT_VALUE;
        return b == ':' ? WW_JSON_MORE : bad(j);
    case AT_NEXT:
        if (b != ',')
            return b == '}' || b == ']' ? close(j, b == '}') : bad(j);
        j->at = in_object(j) ? AT_KEY : AT_VALUE;
        return WW_JSON_MORE;
    case IN_KEY:
    case IN_STRING:
    case IN_KEY_ESC:
    case IN_STRING_ESC:
    case IN_KEY_HEX:
    case IN_STRING_HEX:
    case IN_NUMBER:
    case IN_WORD:
    case AT_BAD:
        break;
    }
    return bad(j);
}

/* The byte behind a backslash. */
static enum ww_json_kind escape(struct ww_json *j, uint8_t b)
{
    static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
    bool key = j->at == IN_KEY_ESC;
    const char *p = b != 0 ? strchr(names, b) : NULL;
    if (b == 'u') {
        j->hex = 0;
        j->unit = 0;
        j->at = key ? IN_KEY_HEX : IN_STRING_HEX;
        return WW_JSON_MORE;
    }
    if (p == NULL && b != '"' && b != '\\' && b != '/')
        return bad(j);
    keep_byte(j, p != NULL ? (uint8_t)values[p - names] : b);
    j->at = key ? IN_KEY : IN_STRING;
    return WW_JSON_MORE;
}

static enum ww_json_kind hex(struct ww_json *j, uint8_t b)
{
    uint8_t l = b | 0x20;
    uint8_t v = b >= '0' && b <= '9' ? (uint8_t)(b - '0') : l >= 'a' && l <= 'f' ? (uint8_t)(l - 'a' + 10) : 16;
    if (v > 15)
        return bad(j);
    j->unit = (uint16_t)(j->unit << 4 | v);
    if (++j->hex == 4) {
        keep_unit(j, j->unit);
        j->at = j->at == IN_KEY_HEX ? IN_KEY : IN_STRING;
    }
    return WW_JSON_MORE;
}

/* Inside a string. Out: used. */
static enum ww_json_kind string(struct ww_json *j, struct ww_slice in, size_t *used)
{
    bool key = j->at == IN_KEY;
    size_t quote = ww_slice_find(in, 0, '"');
    size_t slash = ww_slice_find(ww_slice_sub(in, 0, quote), 0, '\\');
    size_t n = slash < quote ? slash : quote;
    keep(j, ww_slice_sub(in, 0, n));
    *used = n < in.n ? n + 1 : n;
    if (n == in.n)
        return WW_JSON_MORE;
    if (slash < quote) {
        j->at = key ? IN_KEY_ESC : IN_STRING_ESC;
        return WW_JSON_MORE;
    }
    if (!key)
        return value(j, WW_JSON_STRING);
    j->at = AT_COLON;
    return WW_JSON_KEY;
}

/* A number or word goes on as long as its characters do; what ends it is not taken. */
static enum ww_json_kind bare(struct ww_json *j, struct ww_slice in, size_t *used)
{
    bool number = j->at == IN_NUMBER;
    for (*used = 0; *used < in.n; ++*used) {
        uint8_t b = ww_slice_at(in, *used);
        bool part = number ? (b >= '0' && b <= '9') || b == '.' || b == 'e' || b == 'E' || b == '+' || b == '-'
                           : b >= 'a' && b <= 'z';
        if (!part)
            return value(j, number ? WW_JSON_NUMBER : WW_JSON_WORD);
        keep_byte(j, b);
    }
    return WW_JSON_MORE;
}

static enum ww_json_kind step(struct ww_json *j, struct ww_slice in, size_t *used)
{
    uint8_t b = ww_slice_at(in, 0);
    *used = 1;
    switch ((enum at)j->at) {
    case IN_KEY:
    case IN_STRING:
        return string(j, in, used);
    case IN_KEY_ESC:
    case IN_STRING_ESC:
        return escape(j, b);
    case IN_KEY_HEX:
    case IN_STRING_HEX:
        return hex(j, b);
    case IN_NUMBER:
    case IN_WORD:
        return bare(j, in, used);
    case AT_BAD:
        return WW_JSON_BAD;
    case AT_VALUE:
    case AT_FIRST:
    case AT_KEY:
    case AT_FIRST_KEY:
    case AT_COLON:
    case AT_NEXT:
        break;
    }
    return b == ' ' || b == '\t' || b == '\n' || b == '\r' ? WW_JSON_MORE : structure(j, b);
}

enum ww_json_kind ww_json_next(struct ww_json *j, struct ww_slice *in)
{
    while (in->n > 0) {
        size_t used = 0;
        enum ww_json_kind k = step(j, *in, &used);
        *in = ww_slice_sub(*in, used, in->n);
        if (k != WW_JSON_MORE)
            return k;
    }
    return WW_JSON_MORE;
}
