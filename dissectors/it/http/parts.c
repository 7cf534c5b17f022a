/* parts.c - multipart bodies: each part becomes a content of its own. Works on any pieces, keeps no
 * bytes of a part: what was seen of a boundary can be said again from the boundary itself.
 * Source: RFC 2046 5.1, RFC 2387 (related) */
#include "dissectors/it/http/http.h"

/**
 * Starts on the body of a message.
 * In:     params  of its Content-Type, empty when it is not multipart
 * Return: false when it has no (good) boundary
 */
bool ww_http_parts_begin(struct http_parts *p, struct ww_slice params)
{
    struct ww_slice b = ww_ascii_param(params, "boundary");
    *p = (struct http_parts){ .at = PART_NONE };
    if (b.n == 0 || b.n > HTTP_BOUNDARY || ww_slice_find(b, 0, '\r') < b.n)
        return false;
    ww_copy(p->boundary, b);
    p->nb = (uint8_t)b.n;
    p->at = PART_PREFACE;
    p->matched = 2; /* the first boundary may stand at the very beginning */
    return true;
}

/* Byte i of CR LF -- boundary. Only the first is a CR, so a mismatch never starts a match but there. */
static uint8_t mark(const struct http_parts *p, size_t i)
{
    static const char front[] = "\r\n--";
    return (uint8_t)(i < 4 ? front[i] : p->boundary[i - 4]);
}

static struct ww_content meta_of(const struct http_call *c)
{
    const struct http_parts *p = &c->s->parts;
    struct ww_content m = ww_http_meta(c->s);
    m.media = WW_STR(p->media);
    m.part = true;
    m.id = p->id;
    m.at = p->pos;
    return m;
}

/* Bytes of a part for its reader. */
static void put(const struct http_call *c, struct ww_slice in, bool last)
{
    struct http_parts *p = &c->s->parts;
    p->left -= p->left < in.n ? p->left : in.n;
    if (!p->wanted)
        return;
    size_t pass = p->skip < in.n ? (size_t)p->skip : in.n;
    p->skip -= pass;
    p->pos += pass;
    in = ww_slice_sub(in, pass, in.n);
    if (in.n == 0 && !last)
        return;
    struct ww_content m = meta_of(c);
    p->skip = ww_content_put(c->cx, &m, c->dir, in, last);
    p->pos += in.n;
    p->wanted = p->skip != WW_CONTENT_ALL;
}

/* What looked like a boundary was none: it is content. */
static void unmatch(const struct http_call *c)
{
    struct http_parts *p = &c->s->parts;
    uint8_t text[HTTP_BOUNDARY + 4];
    struct ww_out o = ww_out((char *)text, sizeof text);
    for (size_t i = 0; i < p->matched; i++)
        ww_out_c(&o, (char)mark(p, i));
    p->matched = 0;
    if (p->at == PART_DATA)
        put(c, (struct ww_slice){ text, o.n }, false);
}

/* The header of a part is complete: its envelope. */
static void begin_part(const struct http_call *c)
{
    struct http_parts *p = &c->s->parts;
    p->at = PART_DATA;
    p->matched = 0;
    p->id = ++c->s->ids;
    p->pos = 0;
    p->wanted = true;
    struct ww_content m = meta_of(c);
    m.size = p->left > 0 ? p->left : WW_NULL64;
    p->skip = ww_content_put(c->cx, &m, c->dir, (struct ww_slice){ NULL, 0 }, false);
    p->wanted = p->skip != WW_CONTENT_ALL;
}

/* One header field of a part. */
static void part_field(struct http_parts *p)
{
    struct ww_slice v = { (const uint8_t *)p->line, p->nline };
    struct ww_slice name = ww_ascii_until(&v, ':');
    v = ww_ascii_trim(v);
    if (ww_ascii_is(name, "content-length")) {
        if (!ww_ascii_u64(v, &p->left))
            p->left = 0;
    } else if (ww_ascii_is(name, "content-type")) {
        char text[HTTP_MEDIA];
        struct ww_out o = ww_out(text, sizeof text);
        for (size_t i = 0; i < v.n && (ww_ascii_token(ww_slice_at(v, i)) || ww_slice_at(v, i) == '/'); i++)
            ww_out_c(&o, (char)ww_ascii_lower(ww_slice_at(v, i)));
        (void)WW_SET(p->media, ((struct ww_slice){ (const uint8_t *)text, o.n }));
    }
}

/* One byte of a part's header. */
static void head_byte(const struct http_call *c, uint8_t b)
{
    struct http_parts *p = &c->s->parts;
    if (b == '\n') {
        if (p->nline > 0 && p->line[p->nline - 1] == '\r')
            p->nline--;
        if (p->nline == 0) {
            begin_part(c);
            return;
        }
        part_field(p);
        p->nline = 0;
    } else if (p->nline < HTTP_PART_LINE) {
        p->line[p->nline++] = (char)b;
    }
}

/* One byte behind a boundary: "--" ends all, a line end (after blanks) begins a part. */
static void after_byte(struct http_parts *p, uint8_t b)
{
    if (b == '-' && ++p->tail == 2) {
        p->at = PART_OVER;
    } else if (b == '\n') {
        p->at = PART_HEAD;
        p->nline = 0;
        p->left = 0;
        p->media.len = 0;
    }
}

/* The boundary is complete. */
static void boundary(const struct http_call *c)
{
    struct http_parts *p = &c->s->parts;
    p->matched = 0;
    if (p->at == PART_DATA)
        put(c, (struct ww_slice){ NULL, 0 }, true);
    p->at = PART_AFTER;
    p->tail = 0;
}

/* Looks for the next boundary. Return: bytes that are done. */
static size_t search(const struct http_call *c, struct ww_slice in)
{
    struct http_parts *p = &c->s->parts;
    size_t n = 0;
    while (p->matched > 0 && n < in.n) {
        if (ww_slice_at(in, n) != mark(p, p->matched)) {
            unmatch(c);
            return n;
        }
        n++;
        if (++p->matched == p->nb + 4) {
            boundary(c);
            return n;
        }
    }
    if (n == in.n)
        return n;
    size_t cr = ww_slice_find(in, n, '\r');
    if (p->at == PART_DATA && cr > n)
        put(c, ww_slice_sub(in, n, cr - n), false);
    p->matched = cr < in.n;
    return cr < in.n ? cr + 1 : in.n;
}

/**
 * Bytes of a multipart body.
 * In:     last  nothing follows; a part without a boundary behind it is not whole then
 */
void ww_http_parts(const struct http_call *c, struct ww_slice in, bool last)
{
    struct http_parts *p = &c->s->parts;
    for (size_t at = 0; at < in.n;) {
        switch ((enum part_at)p->at) {
        case PART_PREFACE:
        case PART_DATA:
            at += search(c, ww_slice_sub(in, at, in.n));
            break;
        case PART_AFTER:
            after_byte(p, ww_slice_at(in, at++));
            break;
        case PART_HEAD:
            head_byte(c, ww_slice_at(in, at++));
            break;
        case PART_NONE:
        case PART_OVER:
            return;
        }
    }
    if (last && p->at != PART_OVER && p->at != PART_AFTER)
        ww_anomaly(c->cx, c->dir, "multipart_without_end");
}
