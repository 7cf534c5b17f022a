/* xml.c - XML as a row of tokens. Source: XML 1.0 (fifth edition), clauses at the branches */
#include "dissectors/lib/xml.h"
#include "sensor/base/out.h"

static bool blank(uint8_t b)
{
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
}

static bool name_start(uint8_t b)
{
    return (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') || b == '_' || b == ':' || b >= 0x80;
}

static struct ww_xml_tok more(struct ww_xml_scan *s, size_t looked)
{
    s->n = (uint32_t)looked;
    return (struct ww_xml_tok){ .kind = WW_XML_MORE };
}

static struct ww_xml_tok done(struct ww_xml_scan *s, enum ww_xml_kind kind, size_t used)
{
    *s = (struct ww_xml_scan){ 0 };
    return (struct ww_xml_tok){ .kind = (uint8_t)kind, .used = used };
}

static struct ww_xml_tok bad(struct ww_xml_scan *s, size_t used)
{
    return done(s, WW_XML_BAD, used > 0 ? used : 1);
}

/* Too little, or too much for one token. */
static struct ww_xml_tok wait(struct ww_xml_scan *s, struct ww_slice in, size_t looked, size_t max)
{
    return in.n >= max ? bad(s, in.n) : more(s, looked);
}

static struct ww_xml_tok text(struct ww_xml_scan *s, struct ww_slice in, size_t max)
{
    size_t end = ww_slice_find(in, s->n, '<');
    if (end == in.n && in.n < max)
        return more(s, in.n);
    end = end < max ? end : max;
    struct ww_xml_tok t = done(s, WW_XML_TEXT, end);
    t.body = ww_slice_sub(in, 0, end);
    return t;
}

/* Up to `mark` and '>', where the mark begins at least `from` bytes behind the start. */
static struct ww_xml_tok until(struct ww_xml_scan *s, struct ww_slice in, size_t max, size_t from,
                               const char *mark, enum ww_xml_kind kind)
{
    size_t len = strlen(mark), least = from + len;
    size_t at = s->n > least ? s->n : least;
    for (at = ww_slice_find(in, at, '>'); at < in.n;
         at = ww_slice_find(in, at + 1, '>')) {
        if (!ww_slice_eqs(ww_slice_sub(in, at - len, len), mark))
            continue;
        struct ww_xml_tok t = done(s, kind, at + 1);
        t.body = ww_slice_sub(in, from, at - len - from);
        return t;
    }
    return wait(s, in, in.n, max);
}

/* <!-- -->, <![CDATA[ ]]> and declarations (2.5, 2.7, 2.8). */
static struct ww_xml_tok bang(struct ww_xml_scan *s, struct ww_slice in, size_t max)
{
    static const struct ww_slice cdata = { (const uint8_t *)"<![CDATA[", 9 };
    static const struct ww_slice comment = { (const uint8_t *)"<!--", 4 };
    size_t n = in.n < cdata.n ? in.n : cdata.n;
    if (in.n >= comment.n && ww_slice_eq(ww_slice_sub(in, 0, comment.n), comment))
        return until(s, in, max, comment.n, "--", WW_XML_ASIDE);
    if (ww_slice_eq(ww_slice_sub(in, 0, n), ww_slice_sub(cdata, 0, n)))
        return n < cdata.n ? more(s, 0) : until(s, in, max, cdata.n, "]]", WW_XML_TEXT);
    if (in.n == 3 && ww_slice_at(in, 2) == '-')
        return more(s, 0);
    return until(s, in, max, 2, "", WW_XML_DOCTYPE);
}

/* Name and attributes of a tag whose end is known; inner is what stands between '<' and '>'. */
static struct ww_xml_tok tag(struct ww_xml_scan *s, struct ww_slice inner, size_t used)
{
    bool close = ww_slice_at(inner, 0) == '/';
    bool empty = !close && inner.n > 0 && ww_slice_at(inner, inner.n - 1) == '/';
    struct ww_slice rest = ww_slice_sub(inner, close, inner.n);
    if (empty)
        rest = ww_slice_sub(rest, 0, rest.n - 1);
    size_t n = 0;
    while (n < rest.n && !blank(ww_slice_at(rest, n)))
        n++;
    if (!name_start(ww_slice_at(rest, 0)))
        return bad(s, used);
    struct ww_xml_tok t = done(s, close ? WW_XML_CLOSE : empty ? WW_XML_EMPTY : WW_XML_OPEN, used);
    t.name = ww_slice_sub(rest, 0, n);
    t.body = ww_slice_sub(rest, n, rest.n);
    return t;
}

/* A tag ends with '>' outside of quotation marks (3.1); '<' may stand nowhere in it (2.4). */
static struct ww_xml_tok element(struct ww_xml_scan *s, struct ww_slice in, size_t max)
{
    size_t at = s->n > 1 ? s->n : 1;
    struct ww_rd r = ww_rd(ww_slice_sub(in, at, in.n));
    for (; r.left > 0; at++) {
        uint8_t b = ww_rd_u8(&r);
        if (b == '<')
            return bad(s, at);
        if (s->quote != 0)
            s->quote = b == s->quote ? 0 : s->quote;
        else if (b == '"' || b == '\'')
            s->quote = b;
        else if (b == '>')
            return tag(s, ww_slice_sub(in, 1, at - 1), at + 1);
    }
    return wait(s, in, at, max);
}

struct ww_xml_tok ww_xml_next(struct ww_xml_scan *s, struct ww_slice in, size_t max)
{
    in = ww_slice_sub(in, 0, max); /* so that the limit does not depend on how bytes arrive */
    if (in.n == 0)
        return more(s, 0);
    if (ww_slice_at(in, 0) != '<')
        return text(s, in, max);
    if (in.n == 1)
        return more(s, 0);
    uint8_t b = ww_slice_at(in, 1);
    if (b == '?')
        return until(s, in, max, 2, "?", WW_XML_ASIDE);
    if (b == '!')
        return in.n == 2 ? more(s, 0) : bang(s, in, max);
    if (b != '/' && !name_start(b))
        return bad(s, 1);
    return element(s, in, max);
}

bool ww_xml_attr_next(struct ww_slice body, size_t *at, struct ww_slice *name,
                      struct ww_slice *value)
{
    size_t from = *at;
    while (from < body.n && blank(ww_slice_at(body, from)))
        from++;
    size_t eq = ww_slice_find(body, from, '='), open = eq + 1;
    while (open < body.n && blank(ww_slice_at(body, open)))
        open++;
    uint8_t quote = ww_slice_at(body, open);
    if (open >= body.n || (quote != '"' && quote != '\''))
        return false;
    size_t end = ww_slice_find(body, open + 1, quote);
    if (end == body.n)
        return false;
    *name = ww_slice_sub(body, from, eq - from);
    while (name->n > 0 && blank(ww_slice_at(*name, name->n - 1)))
        name->n--;
    *value = ww_slice_sub(body, open + 1, end - open - 1);
    *at = end + 1;
    return true;
}

struct ww_slice ww_xml_attr(struct ww_slice body, const char *name)
{
    struct ww_slice n, v;
    for (size_t at = 0; ww_xml_attr_next(body, &at, &n, &v);)
        if (ww_slice_eqs(n, name))
            return v.p != NULL ? v : (struct ww_slice){ body.p, 0 };
    return (struct ww_slice){ NULL, 0 };
}

struct ww_slice ww_xml_local(struct ww_slice name)
{
    size_t colon = ww_slice_find(name, 0, ':');
    return colon < name.n ? ww_slice_sub(name, colon + 1, name.n) : name;
}

/* Writes a code point as UTF-8; what is none (4.1, 2.2) becomes U+FFFD. */
static void put(struct ww_out *o, uint32_t c)
{
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        c = 0xfffd;
    if (c < 0x80) {
        ww_out_c(o, (char)c);
        return;
    }
    if (c < 0x800) {
        ww_out_c(o, (char)(0xc0 | c >> 6));
    } else if (c < 0x10000) {
        ww_out_c(o, (char)(0xe0 | c >> 12));
        ww_out_c(o, (char)(0x80 | (c >> 6 & 0x3f)));
    } else {
        ww_out_c(o, (char)(0xf0 | c >> 18));
        ww_out_c(o, (char)(0x80 | (c >> 12 & 0x3f)));
        ww_out_c(o, (char)(0x80 | (c >> 6 & 0x3f)));
    }
    ww_out_c(o, (char)(0x80 | (c & 0x3f)));
}

/* What stands between & and ;. Return: code point, 0 when it is not known. */
static uint32_t reference(struct ww_slice r)
{
    static const struct {
        const char *name;
        uint32_t c;
    } predefined[] = {
        { "lt", '<' }, { "gt", '>' }, { "amp", '&' }, { "apos", '\'' }, { "quot", '"' }
    };
    for (size_t i = 0; i < sizeof predefined / sizeof predefined[0]; i++)
        if (ww_slice_eqs(r, predefined[i].name))
            return predefined[i].c;
    bool hex = ww_slice_at(r, 1) == 'x';
    uint32_t c = 0;
    if (ww_slice_at(r, 0) != '#' || r.n < (hex ? 3u : 2u) || r.n > 9)
        return 0;
    for (struct ww_rd d = ww_rd(ww_slice_sub(r, hex ? 2 : 1, r.n)); d.left > 0;) {
        uint8_t b = ww_rd_u8(&d), low = b | 0x20;
        bool digit = b >= '0' && b <= '9';
        if (!digit && !(hex && low >= 'a' && low <= 'f'))
            return 0;
        c = c * (hex ? 16u : 10u) + (uint32_t)(digit ? b - '0' : low - 'a' + 10);
    }
    return c == 0 || c > 0x10ffff ? 0xfffd : c;
}

struct ww_slice ww_xml_text(struct ww_slice in, char *buf, size_t cap)
{
    size_t amp = ww_slice_find(in, 0, '&');
    struct ww_out o = ww_out(buf, cap);
    if (amp == in.n)
        return in;
    for (size_t at = 0; at < in.n; amp = ww_slice_find(in, at, '&')) {
        struct ww_slice plain = ww_slice_sub(in, at, amp - at);
        ww_out_raw(&o, plain.p, plain.n);
        if (amp == in.n)
            break;
        struct ww_slice ref = ww_slice_sub(in, amp, 12);
        size_t end = ww_slice_find(ref, 0, ';');
        uint32_t c = end < ref.n ? reference(ww_slice_sub(ref, 1, end - 1)) : 0;
        if (c != 0)
            put(&o, c);
        else
            ww_out_c(&o, '&');
        at = amp + (c != 0 ? end + 1 : 1);
    }
    return (struct ww_slice){ (const uint8_t *)buf, o.n };
}
