/* body.c - bytes of a body: inflated if they are compressed, cut into parts or handed on whole, passed
 * over where nobody wants them. */
#include "dissectors/it/http/http.h"

/** Decoded bytes of a content that has no parts. */
void ww_http_piece(const struct http_call *c, struct ww_slice in, bool last)
{
    struct http_side *s = c->s;
    size_t pass = s->skip < in.n ? (size_t)s->skip : in.n;
    s->skip -= pass;
    s->pos += pass;
    in = ww_slice_sub(in, pass, in.n);
    if (in.n == 0 && !last)
        return;
    struct ww_content m = ww_http_meta(s);
    s->skip = ww_content_put(c->cx, &m, c->dir, in, last);
    s->pos += in.n;
    s->wanted = s->skip != WW_CONTENT_ALL;
}

static void decoded(const struct http_call *c, struct ww_slice in, bool last)
{
    if (c->s->parts.at != PART_NONE)
        ww_http_parts(c, in, last);
    else
        ww_http_piece(c, in, last);
}

/* Compressed bytes. What is damaged or becomes too long ends without a word. */
static void inflate(const struct http_call *c, struct ww_slice in)
{
    struct http_side *s = c->s;
    while (in.n > 0 && s->wanted) {
        struct ww_inflated z = ww_content_inflate(c->cx, c->dir, s->id, s->coded == COD_BEGIN, in);
        s->coded = COD_ON;
        s->inflated += z.out.n;
        if (z.bad)
            ww_anomaly(c->cx, c->dir, "content_not_compressed");
        if (z.bad || s->inflated > HTTP_INFLATED) {
            s->wanted = false;
            return;
        }
        decoded(c, z.out, z.end);
        if (z.end || (z.used == 0 && z.out.n == 0)) {
            s->wanted = false;
            return;
        }
        in = ww_slice_sub(in, z.used, in.n);
    }
}

/**
 * Bytes of a body, without chunk sizes.
 * In:     last  nothing follows; also when it was said before and no bytes come
 */
void ww_http_body(const struct http_call *c, struct ww_slice in, bool last)
{
    struct http_side *s = c->s;
    if (!s->wanted)
        return;
    if (s->coded == COD_NONE)
        decoded(c, in, last);
    else
        inflate(c, in);
    s->wanted = s->wanted && !last;
}

/** How many of the next bytes of the body need not be seen. */
uint64_t ww_http_unwanted(const struct http_call *c)
{
    const struct http_side *s = c->s;
    const struct http_parts *p = &s->parts;
    if (!s->wanted)
        return WW_CONTENT_ALL;
    if (s->coded != COD_NONE)
        return 0;
    if (p->at == PART_NONE)
        return s->skip;
    if (p->at == PART_OVER)
        return WW_CONTENT_ALL;
    if (p->at != PART_DATA || p->matched > 0)
        return 0;
    uint64_t skip = p->wanted ? p->skip : WW_CONTENT_ALL;
    return skip < p->left ? skip : p->left;
}

/** n bytes of the body, not more than ww_http_unwanted said, pass unseen. */
void ww_http_pass(const struct http_call *c, uint64_t n)
{
    struct http_side *s = c->s;
    if (!s->wanted)
        return;
    if (s->parts.at == PART_DATA) {
        s->parts.pos += n;
        s->parts.left -= n;
        s->parts.skip -= s->parts.wanted ? n : 0;
    } else if (s->parts.at == PART_NONE) {
        s->pos += n;
        s->skip -= n;
    }
}

/** Bytes of the body are missing: whoever reads it gets no more. */
void ww_http_body_lost(const struct http_call *c)
{
    c->s->wanted = false;
    c->s->parts.at = c->s->parts.at == PART_NONE ? PART_NONE : PART_OVER;
}
