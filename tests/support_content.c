/* support_content.c - content: what a carrier hands on is written down and checked, and given to
 * readers as the engine does. */
#include "sensor/inflate.h"
#include "tests/support_host.h"
#include <stdlib.h>

enum { INFLATED = 1024 }; /* small, so that the rest is asked for */

static char *text_of(struct ww_slice s)
{
    char *t = calloc(1, s.n + 1);
    if (t == NULL)
        t_die("no memory");
    ww_copy(t, s);
    return t;
}

/* ---- what was handed on ----------------------------------------------------------------------- */

static struct t_content *begun(struct t_feed *f, const struct ww_content *m, enum ww_dir dir)
{
    for (size_t i = f->ncontent; i > 0; i--)
        if (f->content[i - 1].dir == dir && f->content[i - 1].id == m->id)
            return &f->content[i - 1];
    return NULL;
}

static struct t_content *write_down(struct t_feed *f, const struct ww_content *m, enum ww_dir dir)
{
    if (f->ncontent == f->capcontent) {
        f->capcontent = f->capcontent ? 2 * f->capcontent : 16;
        f->content = realloc(f->content, f->capcontent * sizeof f->content[0]);
        if (f->content == NULL)
            t_die("no memory");
    }
    struct t_content *c = &f->content[f->ncontent++];
    *c = (struct t_content){ .dir = (uint8_t)dir, .part = m->part, .status = m->status, .id = m->id,
                             .media = text_of(m->media), .method = text_of(m->method),
                             .path = text_of(m->path), .b = calloc(1, T_CONTENT_KEPT) };
    return c;
}

static void check_piece(struct t_feed *f, const struct ww_content *m, enum ww_dir dir,
                        struct ww_slice in, bool last)
{
    struct t_content *c = begun(f, m, dir);
    if (m->carrier == NULL)
        t_broken(f, "content without the name of its carrier");
    if (c == NULL) {
        if (m->at != 0 || in.n != 0)
            t_broken(f, "the first piece of a content has bytes");
        c = write_down(f, m, dir);
    }
    if (c->over || c->whole)
        t_broken(f, "content that is over is handed on");
    if (m->at < c->n || m->at - c->n > c->skip)
        t_broken(f, "a piece of content begins where it should not");
    c->skip -= m->at - c->n;
    if (m->at < T_CONTENT_KEPT)
        ww_copy(c->b + m->at, ww_slice_sub(in, 0, T_CONTENT_KEPT - m->at));
    c->n = m->at + in.n;
    c->whole = last;
}

void t_content_text(const struct t_content *c, FILE *o)
{
    static const struct ww_key key = { { 3, 4 } };
    size_t n = c->n < T_CONTENT_KEPT ? (size_t)c->n : T_CONTENT_KEPT;
    (void)fprintf(o, "content %c %s %s %s %u %llu %016llx%s%s%s\n", c->dir == WW_A ? 'A' : 'B', c->media,
                  c->method, c->path, c->status, (unsigned long long)c->n,
                  (unsigned long long)ww_siphash(&key, (struct ww_slice){ c->b, n }),
                  c->part ? " part" : "", c->whole ? " whole" : "", c->over ? " over" : "");
}

/* ---- readers ------------------------------------------------------------------------------------ */

static void close_reader(struct t_reader *r)
{
    free(r->b);
    free(r->state);
    *r = (struct t_reader){ .open = false };
}

static const struct ww_dissector *choose(const struct t_feed *f, const struct ww_content *m,
                                         struct ww_slice in)
{
    const struct ww_dissector *maybe = NULL;
    for (const struct ww_dissector *const *d = f->readers; d != NULL && *d != NULL; d++) {
        enum ww_guess v = (*d)->content == NULL ? WW_GUESS_NO : (*d)->content_probe(m, in);
        if (v == WW_GUESS_YES)
            return *d;
        if (v == WW_GUESS_MAYBE && in.n > 0 && maybe == NULL)
            maybe = *d;
    }
    return maybe;
}

/* One call in memory that ends at its last byte and is overwritten afterwards. */
static struct ww_parse call(struct t_feed *f, struct t_reader *r, const struct ww_content *m,
                            enum ww_dir dir, bool last)
{
    bool was = f->in_call;
    struct ww_slice in = { NULL, r->n };
    uint8_t *copy = NULL;
    if (f->exact) {
        copy = malloc(r->n ? r->n : 1);
        if (copy == NULL)
            t_die("no memory");
        memcpy(copy, r->b, r->n);
        in.p = copy;
    } else {
        in = t_guard(r->b, r->n);
    }
    struct ww_cx carrier = f->cx;
    f->cx.ev_flags = 0;
    f->cx.datagram = false;
    f->in_call = true;
    f->reading = r->d;
    struct ww_parse p = r->d->content(&f->cx, r->state, m, dir, in, last);
    if (f->cx.ev_flags != 0)
        t_broken(f, "ev_flags are set but no event followed");
    if (r->n > 0 && memcmp(in.p, r->b, r->n) != 0)
        t_broken(f, "it wrote to its input");
    f->cx.ev_flags = carrier.ev_flags;
    f->cx.datagram = carrier.datagram;
    f->in_call = was;
    if (f->exact)
        free(copy);
    else
        t_unguard(in);
    return p;
}

static void check(const struct t_feed *f, const struct t_reader *r, const struct ww_parse *p, bool last)
{
    if (p->v == WW_P_OK && p->used == 0 && r->n > 0 && !last)
        t_broken(f, "ww_ok(0) of content: no progress");
    if (p->v == WW_P_MORE && !last &&
        (p->used > r->n || p->need <= r->n - p->used || p->need > r->d->max_msg))
        t_broken(f, "ww_more of content with a wrong used or need");
    if (p->v == WW_P_STOP && (p->why == NULL || p->why[0] == 0))
        t_broken(f, "a stop without a reason");
}

/* Return: false when no more is wanted. */
static bool offer(struct t_feed *f, struct t_reader *r, const struct ww_content *m, enum ww_dir dir,
                  bool last)
{
    do {
        if (r->n < r->need && !last)
            return true;
        struct ww_parse p = call(f, r, m, dir, last);
        check(f, r, &p, last);
        if (p.v == WW_P_STOP && f->nanomaly < T_ANOMALIES)
            f->anomaly[f->nanomaly++] = p.why;
        f->reading = NULL;
        if (p.v == WW_P_STOP || p.v == WW_P_NEXT || (last && (p.used == 0 || p.used >= r->n)))
            return false;
        r->need = p.v == WW_P_MORE ? p.need : 0;
        size_t used = p.used < r->n ? p.used : r->n;
        r->skip = p.used - used;
        r->n -= used;
        memmove(r->b, r->b + used, r->n);
    } while (r->n > 0 && (r->need == 0 || last));
    return true;
}

/* Asks who reads what has come. Return: false when nobody does. */
static bool decide(struct t_feed *f, struct t_reader *r, const struct ww_content *m, bool last)
{
    struct ww_slice all = t_guard(r->b, r->n);
    r->d = choose(f, m, all);
    t_unguard(all);
    if (r->d == NULL)
        return r->n == 0 && !last;
    r->state = calloc(1, r->d->content_size ? r->d->content_size : 1);
    return true;
}

static uint64_t read_piece(struct t_feed *f, const struct ww_content *m, enum ww_dir dir,
                           struct ww_slice in, bool last)
{
    struct t_reader *r = &f->reader[dir];
    if (!r->open || r->id != m->id) {
        close_reader(r);
        if (m->at != 0)
            return WW_CONTENT_ALL;
        *r = (struct t_reader){ .open = true, .id = m->id, .b = malloc(1) };
    }
    uint64_t jump = m->at - r->at;
    size_t n = in.n;
    bool wanted = jump <= r->skip;
    if (wanted) {
        r->at = m->at + in.n;
        r->skip -= jump;
        size_t skip = r->skip < in.n ? (size_t)r->skip : in.n;
        r->skip -= skip;
        in = ww_slice_sub(in, skip, in.n);
        r->b = realloc(r->b, r->n + in.n + 1);
        if (r->b == NULL)
            t_die("no memory");
        ww_copy(r->b + r->n, in);
        r->n += in.n;
        if (r->d == NULL && (r->n == 0 || r->n >= WW_CONTENT_FIRST || last)) {
            wanted = decide(f, r, m, last);
            if (wanted && r->d != NULL)
                wanted = offer(f, r, m, dir, last);
        } else if (r->d != NULL && (in.n > 0 || skip == 0 || last)) {
            wanted = offer(f, r, m, dir, last);
        }
    }
    if (wanted)
        return r->skip;
    bool left = r->d != NULL && m->at == 0 && n == 0 && !last; /* it leaves the bytes to others */
    close_reader(r);
    if (left)
        *r = (struct t_reader){ .open = true, .id = m->id, .b = malloc(1) };
    return left ? 0 : WW_CONTENT_ALL;
}

uint64_t t_content(struct t_feed *f, const struct ww_content *meta, enum ww_dir dir, const void *p,
                   size_t n, bool last)
{
    struct ww_content m = *meta;
    if (m.carrier == NULL)
        m.carrier = "test";
    return read_piece(f, &m, dir, (struct ww_slice){ p, n }, last);
}

uint64_t t_host_content(struct ww_cx *cx, const struct ww_content *meta, enum ww_dir dir,
                        struct ww_slice in, bool last)
{
    struct t_feed *f = (struct t_feed *)(void *)cx;
    if (f->reading != NULL)
        return WW_CONTENT_ALL;
    if (!f->in_call)
        t_broken(f, "it hands content on outside of a call");
    check_piece(f, meta, dir, in, last);
    struct t_content *c = begun(f, meta, dir);
    uint64_t skip = 0;
    if (f->readers != NULL)
        skip = read_piece(f, meta, dir, in, last);
    else if (f->unwanted && (in.n > 0 || last))
        skip = WW_CONTENT_ALL;
    c = begun(f, meta, dir);
    c->skip = skip;
    c->over = skip == WW_CONTENT_ALL;
    return skip;
}

struct ww_inflated t_host_inflate(struct ww_cx *cx, enum ww_dir dir, uint64_t id, bool begin,
                                  struct ww_slice in)
{
    static uint8_t room[2][INFLATED];
    static unsigned turn;
    struct t_feed *f = (struct t_feed *)(void *)cx;
    if (f->inflater[dir] == NULL)
        f->inflater[dir] = calloc(1, ww_inflater_size());
    if (f->inflater[dir] == NULL)
        t_die("no memory");
    if (begin)
        ww_inflater_begin(f->inflater[dir]);
    else if (f->inflate_id[dir] != id)
        return (struct ww_inflated){ .bad = true };
    f->inflate_id[dir] = id;
    memset(room, 0xdd, sizeof room);
    return ww_inflater_feed(f->inflater[dir], in, room[++turn % 2], INFLATED);
}

void t_content_free(struct t_feed *f)
{
    for (size_t i = 0; i < f->ncontent; i++) {
        free(f->content[i].media);
        free(f->content[i].method);
        free(f->content[i].path);
        free(f->content[i].b);
    }
    free(f->content);
    for (unsigned k = 0; k < 2; k++) {
        close_reader(&f->reader[k]);
        free(f->inflater[k]);
    }
}
