/* pipeline_threads.c - the workers' threads, and the life of all threads of a run. */
#include "sensor/pipeline_threads.h"
#include "sensor/privs.h"
#include <sched.h>
#include <stdlib.h>
#include <time.h>

void ww_pause(const struct ww_run *run, unsigned *turn)
{
    enum { SHORT_NS = 200000, LONG_NS = 500000, REST_NS = 2000000 };
    unsigned t = (*turn)++;
    if (t < 2) {
        (void)sched_yield();
        return;
    }
    /* live, packets come in blocks of the kernel's ring anyhow, and waking up is dear; after a tenth
     * of a second of silence the machine may rest: rings hold far more than 2 ms */
    long ns = t < 32 && !run->live ? SHORT_NS : t < 200 ? LONG_NS : REST_NS;
    struct timespec ts = { 0, ns };
    (void)nanosleep(&ts, NULL);
}

void ww_passive(struct ww_run *run)
{
    struct ww_err e;
    if (run->live && ww_privs_no_send(&e) != WW_OK)
        (void)atomic_fetch_add_explicit(&run->unguarded, 1, memory_order_relaxed);
}

/* ---- worker --------------------------------------------------------------------------------------------- */

/* Live: packet time. Files: the order of the plain loop; ticks come before the packet that caused
 * them. */
static uint64_t key_of(const struct ww_wthread *t, const struct ww_event *e)
{
    return t->run->live ? e->ts : t->w->engine.order;
}

/* Files: waits for room. Live: packets would be lost meanwhile, so the event is; but not at the end, when all
 * flows that are open end at once. */
static void push_event(void *to, const struct ww_event *e)
{
    struct ww_wthread *t = to;
    uint64_t key = key_of(t, e);
    size_t n = sizeof key + e->size;
    uint64_t reserve = e->flags & WW_EV_KEEP ? 0 : WW_EVENT_RING / 4;
    unsigned turn = 0;
    uint8_t *slot;
    while ((slot = ww_ring_slot(&t->ev, n, reserve)) == NULL) {
        if (!ww_may_wait(t->run)) {
            (void)atomic_fetch_add_explicit(&t->dropped, 1, memory_order_relaxed);
            return;
        }
        ww_pause(t->run, &turn);
    }
    ww_copy(slot, (struct ww_slice){ (const uint8_t *)&key, sizeof key });
    ww_copy(slot + sizeof key, (struct ww_slice){ (const uint8_t *)e, e->size });
    ww_ring_push(&t->ev, n);
}

/* Up to where this worker is done: as far as the capture that is furthest behind. */
static void tell_mark(struct ww_wthread *t)
{
    uint64_t low = UINT64_MAX;
    for (unsigned c = 0; c < t->run->nc; c++)
        low = t->at[c] < low ? t->at[c] : low;
    if (low > atomic_load_explicit(&t->mark, memory_order_relaxed))
        atomic_store_explicit(&t->mark, low, memory_order_release);
}

/* Takes what one capture has for this worker. Return: whether there was anything. */
static bool take(struct ww_wthread *t, unsigned c)
{
    struct ww_run *run = t->run;
    /* read before the ring is seen empty: nothing older comes then */
    uint64_t mark = atomic_load_explicit(&run->c[c].mark, memory_order_acquire);
    struct ww_taken x = run->live ? ww_feed_take_live(t->w, &t->in[c], &t->ev)
                                  : ww_feed_take_file(t->w, &t->in[c]);
    if (x.n > 0)
        mark = x.mark;
    if (mark > t->at[c])
        t->at[c] = mark;
    t->ended += x.ended;
    return x.n > 0;
}

static void *worker_thread(void *arg)
{
    struct ww_wthread *t = arg;
    struct ww_run *run = t->run;
    unsigned turn = 0;
    ww_passive(run);
    unsigned i = (unsigned)(t - run->w);
    ww_cpus_here(run->cfg, "worker", i, run->nc + i);
    while (t->ended < run->nc) {
        bool any = false;
        for (unsigned c = 0; c < run->nc; c++)
            any |= take(t, c);
        if (t->ended == run->nc)
            break;
        tell_mark(t);
        if (any)
            turn = 0;
        else
            ww_pause(run, &turn);
    }
    atomic_store_explicit(&run->over, true, memory_order_relaxed); /* captures end for all workers */
    t->w->engine.order = UINT64_MAX - 4;
    ww_worker_end(t->w);
    atomic_store_explicit(&t->mark, UINT64_MAX, memory_order_release);
    return NULL;
}

/* ---- life ---------------------------------------------------------------------------------------------------- */

static enum ww_rc make_worker(struct ww_run *run, unsigned i, struct ww_err *e)
{
    struct ww_wthread *t = &run->w[i];
    struct ww_worker_cfg wc = run->cfg->worker;
    t->run = run;
    wc.emit = push_event;
    wc.emit_to = t;
    wc.wants = ww_outlets_want;
    wc.wants_to = (void *)(uintptr_t)&run->cfg->out;
    if (run->nw > 1) { /* the budget is shared; pairs spread unevenly, so a little more each */
        wc.flows = wc.flows / run->nw + wc.flows / (run->nw * 2);
        wc.tcp_flows = wc.tcp_flows / run->nw + wc.tcp_flows / (run->nw * 2);
        wc.buffer_bytes /= run->nw;
        wc.state_bytes /= run->nw;
        wc.datagrams = wc.datagrams / run->nw + 1;
    }
    enum ww_rc rc = ww_worker_new(&t->w, &wc, e);
    if (rc != WW_OK)
        return rc;
    if (ww_ring_init(&t->ev, WW_EVENT_RING) != WW_OK)
        return WW_FAIL(e, WW_E_SYS, "no memory for an event ring");
    size_t bytes = run->cfg->ring_bytes > 0 ? WW_RING_LEAST : WW_PACKET_RING;
    while (bytes < run->cfg->ring_bytes) /* a power of two */
        bytes *= 2;
    for (unsigned c = 0; c < run->nc; c++)
        if (ww_ring_init(&t->in[c], run->live ? bytes : 1 << 18) != WW_OK)
            return WW_FAIL(e, WW_E_SYS, "no memory for a packet ring");
    return WW_OK;
}

static enum ww_rc spawn(pthread_t *t, bool *flag, void *(*fn)(void *), void *arg, struct ww_err *e)
{
    if (pthread_create(t, NULL, fn, arg) != 0)
        return WW_FAIL(e, WW_E_SYS, "cannot start a thread");
    *flag = true;
    return WW_OK;
}

static void join(pthread_t t, bool *flag)
{
    if (*flag)
        (void)pthread_join(t, NULL);
    *flag = false;
}

static enum ww_rc start(struct ww_run *run, struct ww_err *e)
{
    enum ww_rc rc = WW_OK;
    for (unsigned c = 0; c < run->nc; c++)
        if (ww_dispatch_init(&run->c[c].dispatch, run->nw, run->cfg->worker.datagrams,
                             run->cfg->worker.key) != WW_OK)
            return WW_FAIL(e, WW_E_SYS, "no memory for fragments");
    if (ww_ring_init(&run->out, WW_WRITE_RING) != WW_OK ||
        ww_ring_init(&run->acts, WW_ACTION_RING) != WW_OK)
        return WW_FAIL(e, WW_E_SYS, "no memory for the writer's ring");
    rc = ww_tally_init(&run->tally, run->nw, run->cfg->sources, run->cfg->nsources, run->live, e);
    run->tally.midstream_ppm = run->cfg->midstream_ppm;
    for (unsigned i = 0; i < run->nw && rc == WW_OK; i++)
        rc = make_worker(run, i, e);
    if (rc == WW_OK)
        rc = spawn(&run->writer, &run->writer_started, ww_writer_thread, run, e);
    if (rc == WW_OK)
        rc = spawn(&run->judge, &run->judge_started, ww_judge_thread, run, e);
    for (unsigned i = 0; i < run->nw && rc == WW_OK; i++)
        rc = spawn(&run->w[i].thread, &run->w[i].started, worker_thread, &run->w[i], e);
    return rc;
}

/* A thread could not be started: those that run must not wait for those that do not. */
static void give_up(struct ww_run *run)
{
    for (unsigned i = 0; i < run->nw; i++)
        if (!run->w[i].started)
            atomic_store_explicit(&run->w[i].mark, UINT64_MAX, memory_order_release);
    for (unsigned c = 0; c < run->nc && run->w[run->nw - 1].in[run->nc - 1].buf != NULL; c++)
        if (!run->c[c].started)
            ww_capture_none(&run->c[c]);
    if (run->writer_started && !run->judge_started && ww_ring_slot(&run->out, 0, 0) != NULL)
        ww_ring_push(&run->out, 0);
}

/* Workers end when the captures have said so; the judge when the workers have; the writer after it. */
static void finish(struct ww_run *run)
{
    for (unsigned i = 0; i < run->nw; i++)
        join(run->w[i].thread, &run->w[i].started);
    join(run->judge, &run->judge_started);
    join(run->writer, &run->writer_started);
    for (unsigned i = 0; i < run->nw; i++) {
        ww_worker_free(run->w[i].w);
        ww_ring_free(&run->w[i].ev);
        for (unsigned c = 0; c < run->nc; c++)
            ww_ring_free(&run->w[i].in[c]);
    }
    for (unsigned c = 0; c < run->nc; c++) {
        ww_live_close(run->c[c].live);
        ww_dispatch_free(&run->c[c].dispatch);
    }
    ww_tally_free(&run->tally);
    ww_ring_free(&run->out);
    ww_ring_free(&run->acts);
}

static struct ww_run *run_new(const struct ww_pipeline_cfg *cfg, struct ww_pipeline_result *r,
                              bool live, struct ww_err *e)
{
    struct ww_run *run = aligned_alloc(64, (sizeof *run + 63) / 64 * 64);
    if (run == NULL) {
        ww_err_set(e, WW_E_SYS, "no memory");
        return NULL;
    }
    memset(run, 0, sizeof *run);
    run->cfg = cfg;
    run->r = r;
    run->live = live;
    run->nw = cfg->workers < 1 ? 1 : cfg->workers < WW_WORKERS_MAX ? cfg->workers : WW_WORKERS_MAX;
    run->nc = live ? cfg->nsources : 1;
    atomic_store_explicit(&run->store_lost, WW_NULL64, memory_order_relaxed);
    atomic_store_explicit(&run->store_free, WW_NULL32, memory_order_relaxed);
    for (unsigned c = 0; c < run->nc; c++) {
        run->c[c].run = run;
        run->c[c].i = c;
    }
    return run;
}

enum ww_rc ww_threads_files(const struct ww_pipeline_cfg *cfg, struct ww_pipeline_result *r,
                            struct ww_err *e)
{
    struct ww_run *run = run_new(cfg, r, false, e);
    if (run == NULL)
        return WW_E_SYS;
    enum ww_rc rc = ww_cpus_check(cfg, e);
    if (rc == WW_OK)
        rc = start(run, e);
    if (rc == WW_OK)
        ww_cpus_here(cfg, NULL, 0, 0);
    if (rc == WW_OK)
        ww_feed_files(run);
    else
        give_up(run);
    finish(run);
    r->unguarded = atomic_load_explicit(&run->unguarded, memory_order_relaxed);
    free(run);
    return rc;
}

enum ww_rc ww_threads_live(const struct ww_pipeline_cfg *cfg, struct ww_pipeline_result *r,
                           struct ww_err *e)
{
    if (cfg->nsources > WW_CAPTURES_MAX)
        return WW_FAIL(e, WW_E_CONF, "more than %d interfaces; run a second monitor for the others",
                       WW_CAPTURES_MAX);
    struct ww_run *run = run_new(cfg, r, true, e);
    if (run == NULL)
        return WW_E_SYS;
    enum ww_rc rc = ww_cpus_check(cfg, e);
    for (unsigned c = 0; c < run->nc && rc == WW_OK; c++) {
        struct ww_live_cfg lc = cfg->live;
        lc.filter = cfg->filter;
        rc = ww_live_open(&run->c[c].live, cfg->sources[c], c, &lc, e);
    }
    if (rc == WW_OK)
        rc = ww_privs_process(e);
    if (rc == WW_OK)
        rc = start(run, e);
    for (unsigned c = 0; c < run->nc && rc == WW_OK; c++)
        rc = spawn(&run->c[c].thread, &run->c[c].started, ww_capture_thread, &run->c[c], e);
    if (rc == WW_OK && cfg->ready != NULL)
        cfg->ready(cfg->ready_to);
    if (rc != WW_OK) {
        atomic_store_explicit(cfg->stop, true, memory_order_relaxed);
        give_up(run);
    }
    for (unsigned c = 0; c < run->nc; c++)
        join(run->c[c].thread, &run->c[c].started);
    for (unsigned c = 0; c < run->nc && rc == WW_OK; c++) {
        if (atomic_load_explicit(&run->c[c].failed, memory_order_acquire))
            rc = WW_FAIL(e, run->c[c].err.rc, "%s", run->c[c].err.text);
        else if (atomic_load_explicit(&run->c[c].state, memory_order_relaxed) != WW_IFACE_UP)
            rc = WW_FAIL(e, WW_E_CONF,
                         "%s: the interface was down at the end, so nothing was seen there; "
                         "'ip link set %s up'",
                         cfg->sources[c], cfg->sources[c]);
    }
    finish(run);
    r->unguarded = atomic_load_explicit(&run->unguarded, memory_order_relaxed);
    free(run);
    return rc;
}
