/* engine.c - finds the dissector of a flow, feeds it and checks its answers. */
#include "sensor/engine.h"
#include "sensor/event_core.h"

enum {
    PROBE_ROUNDS = 32, /* payload segments that are all probed */
    PROBE_EVERY = 16,  /* afterwards only each n-th, for connections joined in bulk data */
    UDP_ROUNDS = 3,    /* datagrams of a flow that are probed */
    TICKS_MAX = 8,     /* alarms of one flow that are served at once after a long silence */
    TAKE_MIN = 512     /* bytes added at least to a message rest, so that searches make progress */
};

static const struct ww_slice NOTHING = { NULL, 0 };

/* State of a TCP flow that is reassembled. */
static struct ww_tcp *tcp_at(const struct ww_engine *g, const struct ww_flow *f)
{
    return ww_slab_at(g->tcp, f->ext);
}

static void *state_of(const struct ww_engine *g, const struct ww_flow *f)
{
    if (f->app >= g->n || f->dstate == WW_NONE)
        return NULL;
    return (uint8_t *)ww_slab_at(&g->state[f->app], f->dstate) + WW_STATE_HDR;
}

/* ---- binding --------------------------------------------------------------------------------------------- */

static void unbind(struct ww_engine *g, uint32_t flow)
{
    struct ww_flow *f = ww_flow_at(g->flows, flow);
    ww_engine_content_drop(g, flow);
    if (f->app < g->n && f->dstate != WW_NONE)
        ww_slab_put(&g->state[f->app], f->dstate);
    f->dstate = WW_NONE;
}

static void drop_rest(struct ww_engine *g, const struct ww_flow *f)
{
    if (f->ext == WW_NONE)
        return;
    struct ww_tcp *t = tcp_at(g, f);
    for (unsigned k = 0; k < 2; k++) {
        ww_buf_put(g->bufs, &t->side[k].pend);
        t->side[k].pend_n = 0;
        t->side[k].need = 0;
        t->side[k].skip = 0;
    }
}

/* The dissector has had enough of this flow. */
static void stop(struct ww_engine *g, uint32_t flow, enum ww_dir dir, const char *why)
{
    struct ww_flow *f = ww_flow_at(g->flows, flow);
    g->stats.stopped++;
    ww_engine_anomaly(g, flow, dir, "applayer", why, "proto_stop");
    drop_rest(g, f);
    unbind(g, flow);
    f->app = WW_APP_NONE;
}

static bool bind(struct ww_engine *g, uint32_t flow, unsigned i)
{
    struct ww_flow *f = ww_flow_at(g->flows, flow);
    if (g->list[i]->state_size > 0) {
        f->dstate = ww_slab_get(&g->state[i]);
        if (f->dstate == WW_NONE) {
            g->stats.no_state++; /* seen in statistics: the flow passes undissected */
            f->app = WW_APP_NONE;
            return false;
        }
    }
    f->app = (uint8_t)i;
    g->stats.bound++;
    return true;
}

/* Told after the first bytes were parsed, so that the dissector's evidence about the client counts. */
static void tell_app(struct ww_engine *g, uint32_t flow, enum ww_dir dir, unsigned app)
{
    const struct ww_flow *f = ww_flow_at(g->flows, flow);
    struct ww_flow_app b = { .midstream = (f->flags & WW_FF_MIDSTREAM) != 0 };
    WW_SET(b.app_proto, ww_slice_str(g->list[app]->name));
    ww_engine_emit(g, flow, dir, g->now, &ww_flow_app_type, &b);
}

/* ---- message rests ------------------------------------------------------------------------------------- */

/* Adds bytes to the rest of a direction. Return: bytes taken, 0 when there is no room. */
static size_t rest_add(struct ww_engine *g, struct ww_side *x, struct ww_slice in, size_t want)
{
    size_t n = want < in.n ? want : in.n;
    size_t need = x->pend_n + n;
    if (need > ww_buf_cap(x->pend)) {
        struct ww_buf b = ww_buf_get(g->bufs, need);
        if (b.i == WW_NONE) {
            g->stats.no_buffer++;
            return 0;
        }
        if (x->pend_n > 0)
            ww_copy(ww_buf_at(g->bufs, b),
                    (struct ww_slice){ ww_buf_at(g->bufs, x->pend), x->pend_n });
        ww_buf_put(g->bufs, &x->pend);
        x->pend = b;
    }
    ww_copy(ww_buf_at(g->bufs, x->pend) + x->pend_n, ww_slice_sub(in, 0, n));
    x->pend_n += (uint32_t)n;
    g->stats.buffered += n;
    return n;
}

static void rest_cut(struct ww_engine *g, struct ww_side *x, size_t used)
{
    x->pend_n -= (uint32_t)used;
    if (x->pend_n == 0) {
        ww_buf_put(g->bufs, &x->pend);
        return;
    }
    uint8_t *p = ww_buf_at(g->bufs, x->pend);
    ww_move(p, (struct ww_slice){ p + used, x->pend_n });
}

/* ---- calls --------------------------------------------------------------------------------------------------- */

static bool keeps_contract(const struct ww_dissector *d, const struct ww_parse *r, size_t n)
{
    switch ((enum ww_parse_v)r->v) {
    case WW_P_OK:
        return r->used > 0;
    case WW_P_MORE:
        return r->used <= n && r->need > n - r->used && r->need <= d->max_msg;
    case WW_P_STOP:
        return r->why != NULL;
    case WW_P_NEXT:
        return r->used > 0 && r->used <= n;
    }
    return false;
}

static struct ww_parse call_data(struct ww_engine *g, uint32_t flow, enum ww_dir dir,
                                 struct ww_slice in)
{
    const struct ww_flow *f = ww_flow_at(g->flows, flow);
    const struct ww_dissector *d = g->list[f->app];
    unsigned app = f->app;
    struct ww_call c = ww_engine_call(g, flow, f->app);
    struct ww_parse r = d->data(&c.cx, state_of(g, f), dir, in);
    if (!WW_INVARIANT(keeps_contract(d, &r, in.n))) {
        g->stats.bug[app]++;
        r = ww_stop("broken_contract");
    }
    return r;
}

/* Bytes of a stream whose protocol is not known yet. When a dissector says yes, it is bound, and the
 * bytes held back stand in the rest. Return: the bytes still to be fed. */
static struct ww_slice feed_unknown(struct ww_engine *g, uint32_t flow, enum ww_dir dir, struct ww_slice in)
{
    struct ww_flow *f = ww_flow_at(g->flows, flow);
    struct ww_tcp *t = tcp_at(g, f);
    struct ww_side *x = &t->side[dir];
    struct ww_slice all = in, segment = in;
    unsigned maybe = 0;
    if (x->pend_n > 0) {
        size_t room = x->pend_n < WW_PROBE_HOLD ? WW_PROBE_HOLD - x->pend_n : 0;
        size_t want = room < in.n ? room : in.n;
        if (want > 0 && rest_add(g, x, in, want) == 0) {
            rest_cut(g, x, x->pend_n); /* else bytes would be missing in the middle */
            return NOTHING;
        }
        all = (struct ww_slice){ ww_buf_at(g->bufs, x->pend), x->pend_n };
        in = ww_slice_sub(in, want, in.n);
    } else if (++t->probes > PROBE_ROUNDS && t->probes % PROBE_EVERY != 0) {
        return NOTHING;
    }
    int i = ww_engine_probe(g, f, all, dir, &maybe);
    if (i < 0 && maybe == 0 && x->pend_n > 0 && segment.n > 0) { /* a keep-alive's byte was held: this segment may begin a message */
        rest_cut(g, x, x->pend_n);
        in = all = segment;
        i = ww_engine_probe(g, f, all, dir, &maybe);
    }
    if (i < 0) {
        if (maybe != 0 && x->pend_n < WW_PROBE_HOLD && all.n < WW_PROBE_HOLD) {
            if (x->pend_n == 0)
                (void)rest_add(g, x, in, in.n);
            t->maybe[dir] = (uint8_t)maybe;
        } else if (x->pend_n > 0) {
            rest_cut(g, x, x->pend_n);
        }
        return NOTHING;
    }
    struct ww_side *y = &t->side[dir ^ 1];
    struct ww_slice held = { y->pend_n > 0 ? ww_buf_at(g->bufs, y->pend) : NULL, y->pend_n };
    if (held.n > 0 && t->maybe[dir ^ 1] != i + 1 &&
        g->list[i]->probe(held, (enum ww_dir)(dir ^ 1)) == WW_GUESS_NO)
        rest_cut(g, y, y->pend_n); /* held for a dissector that it was not */
    if (!bind(g, flow, (unsigned)i)) {
        drop_rest(g, f);
        return NOTHING;
    }
    tell_app(g, flow, dir, (unsigned)i);
    return in;
}

/* One answer for bytes at hand. Return: bytes of `cur` that are done; SIZE_MAX ends the delivery. */
static size_t answer(struct ww_engine *g, uint32_t flow, enum ww_dir dir, struct ww_slice cur)
{
    struct ww_parse r = call_data(g, flow, dir, cur);
    struct ww_flow *f = ww_flow_at(g->flows, flow);
    struct ww_tcp *t = tcp_at(g, f);
    struct ww_side *x = &t->side[dir];
    switch ((enum ww_parse_v)r.v) {
    case WW_P_OK:
        x->need = 0;
        if (r.used > cur.n) {
            x->skip = r.used - cur.n;
            return cur.n;
        }
        return r.used;
    case WW_P_MORE:
        x->need = (uint32_t)r.need;
        return r.used;
    case WW_P_NEXT:
        x->need = 0;
        unbind(g, flow);
        f->app = WW_APP_UNKNOWN;
        t->probes = 0;
        for (unsigned k = 0; k < 2; k++) { /* what the old protocol waited for is void */
            t->side[k].need = 0;
            t->side[k].skip = 0;
        }
        return r.used;
    case WW_P_STOP:
        break;
    }
    stop(g, flow, dir, r.why);
    return SIZE_MAX;
}

/* Bytes behind a rest: completes the rest, then goes on in place. Return: bytes of in that are done. */
static size_t feed_rest(struct ww_engine *g, uint32_t flow, enum ww_dir dir, struct ww_slice in)
{
    struct ww_flow *f = ww_flow_at(g->flows, flow);
    struct ww_side *x = &tcp_at(g, f)->side[dir];
    size_t old = x->pend_n;
    size_t want = x->need > old ? x->need - old : 1;
    if (want < TAKE_MIN)
        want = TAKE_MIN;
    size_t took = rest_add(g, x, in, want);
    if (took == 0) { /* no room: the message is lost, as if it had not been seen */
        size_t lost = old > 0 ? old : in.n;
        if (old > 0)
            rest_cut(g, x, old);
        x->need = 0;
        ww_engine_gap(g, flow, dir, lost);
        return lost - old; /* with nothing kept, these bytes alone are too few */
    }
    if (x->pend_n < x->need)
        return took;
    struct ww_slice cur = { ww_buf_at(g->bufs, x->pend), x->pend_n };
    size_t used = answer(g, flow, dir, cur);
    if (used == SIZE_MAX)
        return SIZE_MAX;
    if (used >= old) { /* what is left lies in `in`: no need to keep a copy */
        rest_cut(g, x, x->pend_n);
        return used - old;
    }
    rest_cut(g, x, used);
    return took;
}

/* Bytes offered in place. Return: bytes done; SIZE_MAX ends the delivery. */
static size_t feed_direct(struct ww_engine *g, uint32_t flow, enum ww_dir dir, struct ww_slice in)
{
    struct ww_side *x = &tcp_at(g, ww_flow_at(g->flows, flow))->side[dir];
    size_t used = answer(g, flow, dir, in);
    if (used == SIZE_MAX || x->need == 0)
        return used;
    struct ww_slice rest = ww_slice_sub(in, used, in.n); /* asked for more: keep the rest */
    if (rest.n > 0 && rest_add(g, x, rest, rest.n) == 0) {
        x->need = 0;
        ww_engine_gap(g, flow, dir, rest.n);
    }
    return in.n;
}

/* Bytes in the rest that were not offered yet. Return: as feed_direct, of nothing new. */
static size_t feed_held(struct ww_engine *g, uint32_t flow, enum ww_dir dir, struct ww_side *x)
{
    struct ww_slice cur = { ww_buf_at(g->bufs, x->pend), x->pend_n };
    size_t used = answer(g, flow, dir, cur);
    if (used != SIZE_MAX && used > 0)
        rest_cut(g, x, used);
    return used == SIZE_MAX ? SIZE_MAX : 0;
}

/* Bytes of the other direction that were held back for the dissector that is bound now: they came
 * earlier, so it sees them first. */
static void feed_earlier(struct ww_engine *g, uint32_t flow, enum ww_dir dir)
{
    const struct ww_flow *f = ww_flow_at(g->flows, flow);
    struct ww_side *y = &tcp_at(g, f)->side[dir];
    size_t used = 0;
    while (used != SIZE_MAX && f->app < g->n && y->pend_n > 0 && y->need == 0)
        used = feed_held(g, flow, dir, y);
}

/* The protocol is known. Return: bytes of `in` that are over, SIZE_MAX = stop here */
static size_t feed_known(struct ww_engine *g, uint32_t flow, enum ww_dir dir, struct ww_slice in)
{
    struct ww_side *x = &tcp_at(g, ww_flow_at(g->flows, flow))->side[dir];
    if (x->pend_n > 0 && x->need == 0)
        return feed_held(g, flow, dir, x);
    if (in.n == 0)
        return SIZE_MAX;
    if (x->skip > 0) {
        size_t used = x->skip < in.n ? (size_t)x->skip : in.n;
        x->skip -= used;
        g->stats.skipped += used;
        return used;
    }
    return x->pend_n > 0 || x->need > in.n ? feed_rest(g, flow, dir, in)
                                           : feed_direct(g, flow, dir, in);
}

static void feed(struct ww_engine *g, uint32_t flow, enum ww_dir dir, struct ww_slice in)
{
    struct ww_flow *f = ww_flow_at(g->flows, flow);
    struct ww_side *x = &tcp_at(g, f)->side[dir];
    while (f->app != WW_APP_NONE) {
        if (f->app != WW_APP_UNKNOWN) {
            size_t used = feed_known(g, flow, dir, in);
            if (used == SIZE_MAX)
                return;
            in = ww_slice_sub(in, used, in.n);
            continue;
        }
        if (in.n == 0 && x->pend_n == 0)
            return;
        in = feed_unknown(g, flow, dir, in);
        if (f->app == WW_APP_UNKNOWN)
            return;
        feed_earlier(g, flow, ww_other(dir));
    }
}

void ww_engine_stream(struct ww_engine *g, uint32_t flow, enum ww_dir dir, struct ww_slice in)
{
    const struct ww_flow *f = ww_flow_at(g->flows, flow);
    if (in.n == 0 || f->app == WW_APP_NONE)
        return;
    struct ww_side *x = &tcp_at(g, f)->side[dir];
    if (x->skip >= in.n && x->pend_n == 0) { /* most bytes of all are bulk that nobody wants */
        x->skip -= in.n;
        g->stats.skipped += in.n;
        return;
    }
    feed(g, flow, dir, in);
}

void ww_engine_gap(struct ww_engine *g, uint32_t flow, enum ww_dir dir, uint64_t lost)
{
    struct ww_flow *f = ww_flow_at(g->flows, flow);
    struct ww_side *x = &tcp_at(g, f)->side[dir];
    if (f->app == WW_APP_NONE)
        return;
    if (x->skip >= lost) { /* inside bulk that nobody wanted */
        x->skip -= lost;
        return;
    }
    lost -= x->skip;
    x->skip = 0;
    x->need = 0;
    if (x->pend_n > 0) { /* what was kept is lost too: the distance counts from the last `used` */
        lost += x->pend_n;
        rest_cut(g, x, x->pend_n);
    }
    if (f->app >= g->n)
        return;
    const struct ww_dissector *d = g->list[f->app];
    if (d->gap == NULL) {
        stop(g, flow, dir, "gap");
        return;
    }
    struct ww_call c = ww_engine_call(g, flow, f->app);
    d->gap(&c.cx, state_of(g, f), dir, lost);
}

void ww_engine_datagram(struct ww_engine *g, uint32_t flow, enum ww_dir dir, struct ww_slice in)
{
    struct ww_flow *f = ww_flow_at(g->flows, flow);
    if (in.n == 0 || f->app == WW_APP_NONE)
        return;
    if (f->app == WW_APP_UNKNOWN) {
        unsigned maybe = 0;
        int i = ww_engine_probe(g, f, in, dir, &maybe);
        if (i < 0) {
            if (f->pkts[0] + f->pkts[1] >= 2 * UDP_ROUNDS)
                f->app = WW_APP_NONE;
            return;
        }
        if (!bind(g, flow, (unsigned)i))
            return;
        tell_app(g, flow, dir, (unsigned)i);
    }
    struct ww_parse r = call_data(g, flow, dir, in);
    if (r.v == WW_P_STOP)
        stop(g, flow, dir, r.why);
}

bool ww_engine_frame(struct ww_engine *g, const struct ww_dec *d)
{
    for (unsigned k = 0; k < g->n_ethertype; k++) {
        unsigned i = g->by_ethertype[k];
        for (const struct ww_port *p = g->list[i]->ports; p->on != WW_ON_END; p++) {
            if (p->on != WW_ON_ETHERTYPE || p->n != d->ethertype)
                continue;
            struct ww_call c = ww_engine_call(g, WW_NONE, (uint8_t)i);
            struct ww_parse r = g->list[i]->data(&c.cx, NULL, WW_A, d->payload);
            if (r.v == WW_P_STOP)
                ww_engine_anomaly(g, WW_NONE, WW_A, "applayer", r.why, g->list[i]->name);
            return true;
        }
    }
    return false;
}

void ww_engine_flow_end(struct ww_engine *g, uint32_t flow)
{
    struct ww_flow *f = ww_flow_at(g->flows, flow);
    if (f->app < g->n && g->list[f->app]->end != NULL) {
        struct ww_call c = ww_engine_call(g, flow, f->app);
        g->list[f->app]->end(&c.cx, state_of(g, f));
    }
    drop_rest(g, f);
    unbind(g, flow);
}

uint64_t ww_engine_alarm(struct ww_engine *g, uint32_t flow, uint64_t now_s)
{
    const struct ww_flow *f = ww_flow_at(g->flows, flow);
    if (f->app >= g->n || f->dstate == WW_NONE || g->list[f->app]->tick == NULL)
        return 0;
    uint64_t *at = ww_slab_at(&g->state[f->app], f->dstate);
    uint64_t now = g->now;
    for (unsigned n = 0; n < TICKS_MAX && *at != 0 && *at <= now_s; n++) {
        g->now = *at * 1000000000u; /* the alarm's time, not that of the packet which showed it */
        *at = 0;
        struct ww_call c = ww_engine_call(g, flow, f->app);
        g->list[f->app]->tick(&c.cx, state_of(g, f));
    }
    g->now = now;
    if (*at != 0 && *at <= now_s)
        *at = now_s + 1; /* a tick that always asks for another must not stop the clock */
    return *at;
}

void ww_engine_expire(struct ww_engine *g, uint64_t now)
{
    struct ww_pending p;
    uint64_t was = g->now;
    while (ww_pairs_expired(&g->pairs, now, &p)) {
        g->stats.unanswered++;
        g->now = p.ts + p.timeout_s * 1000000000ull; /* when it should have come */
        if (ww_flow_at(g->flows, p.flow_i)->id == p.flow)
            ww_engine_anomaly(g, p.flow_i, (enum ww_dir)p.dir, "applayer", "request_unanswered",
                              "proto_parser");
    }
    g->now = was;
}
