/* pipeline_judge.c - one order for the events of all workers, and the judge's thread. */
#include "sensor/pipeline_threads.h"
#include <time.h>

enum { KEY = 8, WAIT_NS = 100000000 };
static const uint64_t NS = 1000000000u;

static uint64_t mono_ns(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * NS + (uint64_t)ts.tv_nsec;
}

/* To the writer. Live, alerts wait, others give way before the ring is full. */
static void to_writer(void *to, const struct ww_event *e)
{
    struct ww_run *run = to;
    unsigned turn = 0;
    bool wait = (e->flags & WW_EV_KEEP) != 0 || ww_may_wait(run);
    void *slot;
    while ((slot = ww_ring_slot(&run->out, e->size, wait ? 0 : WW_WRITE_RING / 4)) == NULL) {
        if (!wait) {
            run->write_drops++;
            return;
        }
        ww_pause(run, &turn);
    }
    ww_copy(slot, (struct ww_slice){ (const uint8_t *)e, e->size });
    ww_ring_push(&run->out, e->size);
}

/* Sum of what the workers told last, and of what the captures count. */
static void total(struct ww_run *run, struct ww_stats *s)
{
    *s = (struct ww_stats){ .judge__event_drops = run->write_drops };
    for (unsigned i = 0; i < run->nw; i++) {
        s->judge__event_drops += atomic_load_explicit(&run->w[i].dropped, memory_order_relaxed);
        const struct ww_stats *x = &run->latest[i];
        for (uint16_t k = 0; k < ww_stats_type.nfields; k++) {
            const struct ww_field *f = &ww_stats_type.fields[k];
            if (f->type != WW_FT_U64)
                continue;
            uint64_t a;
            uint64_t b;
            ww_copy(&a, (struct ww_slice){ (uint8_t *)s + f->off, sizeof a });
            ww_copy(&b, (struct ww_slice){ (const uint8_t *)x + f->off, sizeof b });
            a += b;
            ww_copy((uint8_t *)s + f->off, (struct ww_slice){ (uint8_t *)&a, sizeof a });
        }
    }
    for (unsigned c = 0; c < run->nc; c++)
        s->decoder__fragments_evicted +=
            atomic_load_explicit(&run->c[c].dispatch.evicted, memory_order_relaxed);
    s->capture__kernel_drops = WW_NULL64;
    s->store__lost = atomic_load_explicit(&run->store_lost, memory_order_relaxed);
    s->store__free_ppm = atomic_load_explicit(&run->store_free, memory_order_relaxed);
    if (!run->live)
        return;
    s->capture__kernel_drops = 0;
    for (unsigned c = 0; c < run->nc; c++) {
        s->capture__kernel_drops += atomic_load_explicit(&run->c[c].dropped, memory_order_relaxed);
        s->capture__ring_drops += atomic_load_explicit(&run->c[c].ring_drops, memory_order_relaxed);
    }
}

struct merge {
    struct ww_run *run;
    struct ww_routing route;
    unsigned told;      /* workers whose statistics of this round have come */
    uint64_t last_key;
    uint64_t waits_since; /* live: when the oldest head began to wait */
    uint64_t late;
};

/* What the capture of an interface counts itself. */
static void captured(struct merge *m, unsigned c)
{
    const struct ww_cthread *t = &m->run->c[c];
    bool deaf = atomic_load_explicit(&t->deaf, memory_order_relaxed);
    m->route.deaf |= deaf;
    ww_tally_drops(&m->run->tally, c, atomic_load_explicit(&t->dropped, memory_order_relaxed),
                   atomic_load_explicit(&t->ring_drops, memory_order_relaxed), deaf);
}

static void pass_on(struct merge *m, unsigned i, const uint8_t *rec, uint64_t key)
{
    struct ww_run *run = m->run;
    struct ww_event *e = (struct ww_event *)(void *)(uintptr_t)(rec + KEY);
    if (e->type == &ww_link_stats_type) {
        ww_tally_take(&run->tally, i, e);
        return;
    }
    if (e->type == &ww_stats_type) {
        ww_copy(&run->latest[i], (struct ww_slice){ e->body, sizeof run->latest[i] });
        if (++m->told % run->nw == 0) { /* all workers tell at the same ticks, and at their end */
            total(run, &run->r->stats);
            for (unsigned c = 0; run->live && c < run->nc; c++)
                captured(m, c);
            run->r->stats.judge__late = m->late;
            if (e->ts > m->route.last_ts)
                m->route.last_ts = e->ts;
            ww_route_stats(&m->route, &run->r->stats);
        }
        return;
    }
    if (key < m->last_key) {
        m->late++;
        e->flags |= WW_EV_LATE; /* the record in the ring is ours until it is popped */
    } else {
        m->last_key = key;
    }
    ww_route(&m->route, e);
    ww_route_time(&m->route);
}

/* The worker whose oldest event is next, or nw when none may be taken yet. */
static unsigned next_worker(struct merge *m, bool *all_done)
{
    struct ww_run *run = m->run;
    unsigned best = run->nw;
    uint64_t best_key = UINT64_MAX;
    uint64_t best_flow = 0; /* timers of one tick: in the order of their flows */
    uint64_t low = UINT64_MAX; /* least mark of the workers without an event */
    *all_done = true;
    for (unsigned i = 0; i < run->nw; i++) {
        uint64_t mark = atomic_load_explicit(&run->w[i].mark, memory_order_acquire);
        size_t n;
        const uint8_t *rec = ww_ring_peek(&run->w[i].ev, &n);
        if (rec == NULL) {
            low = mark < low ? mark : low;
            *all_done &= mark == UINT64_MAX;
            continue;
        }
        *all_done = false;
        uint64_t key;
        ww_copy(&key, (struct ww_slice){ rec, sizeof key });
        const struct ww_event *e = (const struct ww_event *)(const void *)(rec + KEY);
        if (best == run->nw || key < best_key || (key == best_key && e->flow < best_flow)) {
            best = i;
            best_key = key;
            best_flow = e->flow;
        }
    }
    if (best == run->nw || best_key < low || low == UINT64_MAX) {
        m->waits_since = 0;
        return best;
    }
    if (!run->live)
        return run->nw;
    uint64_t now = mono_ns();
    if (m->waits_since == 0)
        m->waits_since = now;
    if (now - m->waits_since < WAIT_NS)
        return run->nw;
    return best;
}

/* What people decided: it counts for all that is judged from now on. */
static void take_actions(struct ww_run *run)
{
    size_t n;
    const struct ww_act *a;
    while ((a = ww_ring_peek(&run->acts, &n)) != NULL) {
        if (run->cfg->out.judge != NULL)
            (void)ww_judge_operator(run->cfg->out.judge, a->alert_id, a->action);
        ww_ring_pop(&run->acts);
    }
}

void *ww_judge_thread(void *arg)
{
    struct ww_run *run = arg;
    struct merge m = { .run = run };
    ww_passive(run);
    ww_cpus_here(run->cfg, "judge", 0, WW_CPUS_ANY);
    m.route = (struct ww_routing){ .out = run->cfg->out,
                                   .write = to_writer,
                                   .write_to = run,
                                   .tally = &run->tally };
    unsigned turn = 0;
    for (;;) {
        take_actions(run);
        bool all_done;
        unsigned i = next_worker(&m, &all_done);
        if (i == run->nw) {
            if (all_done)
                break;
            ww_pause(run, &turn);
            continue;
        }
        turn = 0;
        size_t n;
        const uint8_t *rec = ww_ring_peek(&run->w[i].ev, &n);
        if (!WW_INVARIANT(rec != NULL)) /* next_worker saw it */
            continue;
        uint64_t key;
        ww_copy(&key, (struct ww_slice){ rec, sizeof key });
        pass_on(&m, i, rec, key);
        ww_ring_pop(&run->w[i].ev);
    }
    run->r->last_ts = m.route.last_ts;
    if (run->cfg->out.judge != NULL)
        ww_judge_end(run->cfg->out.judge, m.route.last_ts, to_writer, run);
    unsigned t = 0;
    while (ww_ring_slot(&run->out, 0, 0) == NULL)
        ww_pause(run, &t);
    ww_ring_push(&run->out, 0); /* an empty record ends the writer */
    return NULL;
}
