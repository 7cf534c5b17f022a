/* engine_content.c - content that one protocol carries for others: finds who reads it, keeps what he
 * did not use, checks his answers. */
#include "sensor/engine.h"
#include "sensor/inflate.h"

enum {
    INFLATED = 16384, /* bytes that one call of ww_content_inflate gives out at most */
    NOBODY = WW_NO_DISSECTOR
};

enum ww_rc ww_engine_content_init(struct ww_engine *g, size_t budget, struct ww_err *e)
{
    unsigned n = (unsigned)__builtin_popcountll(g->readers);
    size_t each = budget / (n > 0 ? n : 1);
    for (unsigned i = 0; i < g->n; i++) {
        size_t slot = g->list[i]->content_size;
        if ((g->readers >> i & 1) == 0 || slot == 0)
            continue;
        size_t cap = each / slot < WW_CONTENTS_MAX ? each / slot : WW_CONTENTS_MAX;
        if (ww_slab_init(&g->content_state[i], slot, (uint32_t)cap) != WW_OK)
            return WW_FAIL(e, WW_E_SYS, "no memory for content read by %s", g->list[i]->name);
    }
    g->inflater = ww_mem_reserve(WW_INFLATERS * ww_inflater_size() + INFLATED);
    if (g->inflater == NULL ||
        ww_slab_init(&g->contents, sizeof(struct ww_content_slot), WW_CONTENTS_MAX) != WW_OK)
        return WW_FAIL(e, WW_E_SYS, "no memory for content");
    return WW_OK;
}

void ww_engine_content_free(struct ww_engine *g)
{
    for (unsigned i = 0; i < g->n; i++)
        if ((g->readers >> i & 1) != 0 && g->list[i]->content_size > 0)
            ww_slab_free(&g->content_state[i]);
    ww_slab_free(&g->contents);
    ww_mem_release(g->inflater, WW_INFLATERS * ww_inflater_size() + INFLATED);
}

static struct ww_side *side_of(const struct ww_engine *g, uint32_t flow, enum ww_dir dir)
{
    const struct ww_flow *f = ww_flow_at(g->flows, flow);
    return f->ext == WW_NONE ? NULL : &((struct ww_tcp *)ww_slab_at(g->tcp, f->ext))->side[dir];
}

static void drop(struct ww_engine *g, struct ww_side *x)
{
    if (x->content == 0)
        return;
    struct ww_content_slot *s = ww_slab_at(&g->contents, x->content - 1);
    ww_buf_put(g->bufs, &s->pend);
    if (s->state != WW_NONE)
        ww_slab_put(&g->content_state[s->app], s->state);
    ww_slab_put(&g->contents, x->content - 1);
    x->content = 0;
}

void ww_engine_content_drop(struct ww_engine *g, uint32_t flow)
{
    for (unsigned k = 0; k < 2; k++) {
        struct ww_side *x = side_of(g, flow, (enum ww_dir)k);
        if (x != NULL)
            drop(g, x);
    }
}

/* Who reads this? Asked with the first piece, which has no bytes, and with the first bytes. */
static uint8_t choose(struct ww_engine *g, const struct ww_content *meta, struct ww_slice in)
{
    uint8_t maybe = NOBODY;
    for (uint64_t left = g->readers; left != 0; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        enum ww_guess v = g->list[i]->content_probe(meta, in);
        if (v == WW_GUESS_YES)
            return (uint8_t)i;
        if (v == WW_GUESS_MAYBE && in.n > 0 && maybe == NOBODY)
            maybe = (uint8_t)i;
    }
    return maybe;
}

/* A place for a content. Return: NULL when there is no room. */
static struct ww_content_slot *place(struct ww_engine *g, struct ww_side *x, uint64_t id)
{
    uint32_t at = ww_slab_get(&g->contents);
    if (at == WW_NONE) {
        g->stats.no_content++;
        return NULL;
    }
    x->content = at + 1;
    struct ww_content_slot *s = ww_slab_at(&g->contents, at);
    *s = (struct ww_content_slot){ .id = id, .state = WW_NONE, .app = NOBODY, .pend = { .i = WW_NONE } };
    return s;
}

/* Dissector i reads it. Return: false when there is no room for his state. */
static bool take(struct ww_engine *g, struct ww_content_slot *s, uint8_t i)
{
    if (g->list[i]->content_size > 0 &&
        (s->state = ww_slab_get(&g->content_state[i])) == WW_NONE) {
        g->stats.no_content++;
        return false;
    }
    g->stats.contents++;
    s->app = i;
    return true;
}

static bool keeps_contract(const struct ww_dissector *d, const struct ww_parse *r, size_t n, bool last)
{
    switch ((enum ww_parse_v)r->v) {
    case WW_P_OK:
        return r->used > 0 || n == 0 || last;
    case WW_P_MORE:
        return r->used <= n && (last || (r->need > n - r->used && r->need <= d->max_msg));
    case WW_P_STOP:
        return r->why != NULL;
    case WW_P_NEXT:
        return true;
    }
    return false;
}

static struct ww_parse call(struct ww_engine *g, uint32_t flow, struct ww_content_slot *s,
                            const struct ww_content *meta, enum ww_dir dir, struct ww_slice in, bool last)
{
    const struct ww_dissector *d = g->list[s->app];
    struct ww_call c = ww_engine_call(g, flow, s->app);
    c.cx.datagram = false;
    g->reader = s->app;
    void *state = s->state != WW_NONE ? ww_slab_at(&g->content_state[s->app], s->state) : NULL;
    struct ww_parse r = d->content(&c.cx, state, meta, dir, in, last);
    if (!WW_INVARIANT(keeps_contract(d, &r, in.n, last))) {
        g->stats.bug[s->app]++;
        r = ww_stop("broken_contract");
    }
    if (r.v == WW_P_STOP)
        ww_engine_anomaly(g, flow, dir, "applayer", r.why, "content");
    g->reader = WW_NO_DISSECTOR;
    return r;
}

/* Adds bytes to those that were not used yet. */
static bool keep(struct ww_engine *g, struct ww_content_slot *s, struct ww_slice in)
{
    size_t need = s->pend_n + in.n;
    if (need > ww_buf_cap(s->pend)) {
        struct ww_buf b = ww_buf_get(g->bufs, need);
        if (b.i == WW_NONE) {
            g->stats.no_buffer++;
            return false;
        }
        if (s->pend_n > 0)
            ww_copy(ww_buf_at(g->bufs, b), (struct ww_slice){ ww_buf_at(g->bufs, s->pend), s->pend_n });
        ww_buf_put(g->bufs, &s->pend);
        s->pend = b;
    }
    ww_copy(ww_buf_at(g->bufs, s->pend) + s->pend_n, in);
    s->pend_n += (uint32_t)in.n;
    g->stats.buffered += in.n;
    return true;
}

static void cut(struct ww_engine *g, struct ww_content_slot *s, size_t used)
{
    s->pend_n -= (uint32_t)used;
    uint8_t *p = ww_buf_at(g->bufs, s->pend);
    if (s->pend_n > 0)
        ww_move(p, (struct ww_slice){ p + used, s->pend_n });
    else
        ww_buf_put(g->bufs, &s->pend);
}

/* One answer for bytes at hand. Return: bytes used, SIZE_MAX when no more is wanted. */
static size_t answer(struct ww_engine *g, uint32_t flow, struct ww_content_slot *s,
                     const struct ww_content *meta, enum ww_dir dir, struct ww_slice cur, bool last)
{
    struct ww_parse r = call(g, flow, s, meta, dir, cur, last);
    s->need = 0;
    switch ((enum ww_parse_v)r.v) {
    case WW_P_OK:
        if (r.used <= cur.n)
            return r.used;
        s->skip = r.used - cur.n;
        return cur.n;
    case WW_P_MORE:
        s->need = (uint32_t)r.need;
        return r.used;
    case WW_P_STOP:
    case WW_P_NEXT:
        break;
    }
    return SIZE_MAX;
}

enum turn { TURN_ON, TURN_WAIT, TURN_OVER };

/* One call of the reader. Out: in  what it has not seen yet */
static enum turn one_turn(struct ww_engine *g, uint32_t flow, struct ww_content_slot *s,
                          const struct ww_content *meta, enum ww_dir dir, struct ww_slice *in,
                          bool last)
{
    struct ww_slice cur = *in;
    if (s->pend_n > 0) {
        if (in->n > 0 && !keep(g, s, *in))
            return TURN_OVER;
        *in = ww_slice_sub(*in, in->n, 0);
        cur = (struct ww_slice){ ww_buf_at(g->bufs, s->pend), s->pend_n };
    }
    if (cur.n < s->need && !last)
        return s->pend_n > 0 || keep(g, s, *in) ? TURN_WAIT : TURN_OVER;
    size_t used = answer(g, flow, s, meta, dir, cur, last);
    if (used == SIZE_MAX || (last && (used == 0 || used == cur.n)))
        return TURN_OVER;
    bool more = s->need > 0 && !last;
    if (s->pend_n > 0) {
        cut(g, s, used);
        return more ? TURN_WAIT : TURN_ON;
    }
    *in = ww_slice_sub(*in, used, in->n);
    if (!more)
        return TURN_ON;
    return in->n == 0 || keep(g, s, *in) ? TURN_WAIT : TURN_OVER;
}

/* Gives bytes to the reader. Return: false when no more is wanted. */
static bool feed(struct ww_engine *g, uint32_t flow, struct ww_content_slot *s,
                 const struct ww_content *meta, enum ww_dir dir, struct ww_slice in, bool last)
{
    for (bool first = true; in.n > 0 || s->pend_n > 0 || first; first = false) {
        size_t skip = s->skip < in.n ? (size_t)s->skip : in.n;
        s->skip -= skip;
        in = ww_slice_sub(in, skip, in.n);
        if (skip > 0 && in.n == 0 && !last)
            return true;
        enum turn t = one_turn(g, flow, s, meta, dir, &in, last);
        if (t != TURN_ON)
            return t == TURN_WAIT;
    }
    return true;
}

/* Nobody has it yet: asks with the envelope and, when enough of them are there, with the first bytes.
 * Out:    in   what is still to be fed besides the bytes that were kept
 * Return: false when nobody wants it; while it is open, the slot's app stays NOBODY */
static bool decide(struct ww_engine *g, struct ww_content_slot *s, const struct ww_content *meta,
                   struct ww_slice *in, bool last)
{
    struct ww_slice all = *in;
    bool few = in->n > 0 && s->pend_n + in->n < WW_CONTENT_FIRST && !last;
    if (few || s->pend_n > 0) {
        if (!keep(g, s, *in))
            return false;
        all = (struct ww_slice){ ww_buf_at(g->bufs, s->pend), s->pend_n };
        *in = ww_slice_sub(*in, in->n, 0);
    }
    if (few)
        return true;
    uint8_t i = choose(g, meta, all);
    if (i == NOBODY)
        return all.n == 0 && !last;
    return take(g, s, i);
}

uint64_t ww_engine_content(struct ww_engine *g, uint32_t flow, const struct ww_content *meta,
                           enum ww_dir dir, struct ww_slice in, bool last)
{
    struct ww_side *x = flow == WW_NONE ? NULL : side_of(g, flow, dir);
    if (x == NULL || g->reader != WW_NO_DISSECTOR)
        return WW_CONTENT_ALL;
    struct ww_content_slot *s = x->content != 0 ? ww_slab_at(&g->contents, x->content - 1) : NULL;
    if (s == NULL || s->id != meta->id) {
        drop(g, x);
        s = meta->at == 0 ? place(g, x, meta->id) : NULL;
        if (s == NULL)
            return WW_CONTENT_ALL;
    }
    uint64_t jump = meta->at - s->at;
    size_t n = in.n;
    bool known = false;
    bool wanted = WW_INVARIANT(meta->at >= s->at) && jump <= s->skip; /* else bytes are missing */
    if (wanted) {
        s->skip -= jump;
        s->at = meta->at + in.n;
        if (s->app == NOBODY)
            wanted = decide(g, s, meta, &in, last);
        known = s->app != NOBODY;
        if (wanted && known)
            wanted = feed(g, flow, s, meta, dir, in, last);
    }
    if (wanted && !last)
        return s->skip;
    drop(g, x);
    bool envelope = meta->at == 0 && n == 0;
    if (!envelope || last || !known || place(g, x, meta->id) == NULL)
        return WW_CONTENT_ALL;
    return 0; /* who took the envelope leaves the bytes to others */
}

/* ---- compressed content --------------------------------------------------------------------------- */

static struct ww_inflater *inflater(struct ww_engine *g, size_t i)
{
    return (struct ww_inflater *)(void *)((uint8_t *)g->inflater + i * ww_inflater_size());
}

struct ww_inflated ww_engine_inflate(struct ww_engine *g, uint32_t flow, enum ww_dir dir,
                                     uint64_t id, bool begin, struct ww_slice in)
{
    uint64_t of = flow != WW_NONE ? ww_flow_at(g->flows, flow)->id : 0;
    size_t best = 0;
    for (size_t i = 0; i < WW_INFLATERS; i++) {
        const struct ww_inflate_slot *s = &g->inflate[i];
        if (s->used != 0 && s->flow == of && s->dir == dir && s->id == id) {
            best = i;
            break;
        }
        if (s->used < g->inflate[best].used)
            best = i;
    }
    struct ww_inflate_slot *s = &g->inflate[best];
    bool mine = s->used != 0 && s->flow == of && s->dir == dir && s->id == id;
    if (!mine && !begin) /* given up for another */
        return (struct ww_inflated){ .bad = true };
    if (begin) {
        g->stats.no_content += s->used != 0 && !mine;
        *s = (struct ww_inflate_slot){ .flow = of, .id = id, .dir = (uint8_t)dir };
        ww_inflater_begin(inflater(g, best));
    }
    s->used = ++g->inflate_turn;
    struct ww_inflated r = ww_inflater_feed(inflater(g, best), in,
                                            inflater(g, WW_INFLATERS), INFLATED);
    if (r.end || r.bad)
        s->used = 0;
    return r;
}
