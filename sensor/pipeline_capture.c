/* pipeline_capture.c - from captures into the workers' packet rings. */
#include "sensor/pipeline_threads.h"
#include <time.h>

static const uint64_t NS = 1000000000u;

static bool stopped(const struct ww_run *run)
{
    return run->cfg->stop != NULL && atomic_load_explicit(run->cfg->stop, memory_order_relaxed);
}

/* Files: no need to read on. */
static bool over(const struct ww_run *run)
{
    return stopped(run) || atomic_load_explicit(&run->unread, memory_order_relaxed);
}

/* ---- files: references, and waiting when a ring is full ------------------------------------------------ */

static void push_open(struct ww_run *run, unsigned w)
{
    struct ww_in *in = run->c[0].open[w];
    if (in == NULL)
        return;
    ww_ring_push(&run->w[w].in[0], sizeof *in + in->n * sizeof in->pkt[0]);
    run->c[0].open[w] = NULL;
}

/* Hands out all that is open, and says that everything before key is out. Needed before any waiting:
 * the judge may wait for a worker whose packets are still here, and the workers for the judge. */
static void hand_out(struct ww_run *run, uint64_t key)
{
    for (unsigned w = 0; w < run->nw; w++)
        push_open(run, w);
    atomic_store_explicit(&run->c[0].mark, key, memory_order_release);
}

/* Room for a record in a worker's ring; key: what is handed out next. */
static struct ww_in *slot_for(struct ww_run *run, unsigned w, size_t n, uint64_t key)
{
    struct ww_ring *r = &run->w[w].in[0];
    struct ww_in *in = ww_ring_slot(r, n, 0);
    unsigned turn = 0;
    if (in != NULL)
        return in;
    hand_out(run, key);
    while ((in = ww_ring_slot(r, n, 0)) == NULL)
        ww_pause(run, &turn);
    return in;
}

static void push_all(struct ww_run *run, enum ww_in_kind kind, uint64_t key, uint64_t ts)
{
    for (unsigned w = 0; w < run->nw; w++) {
        push_open(run, w);
        struct ww_in *in = slot_for(run, w, sizeof *in, key);
        *in = (struct ww_in){ .kind = (uint32_t)kind, .key = key, .ts = ts };
        ww_ring_push(&run->w[w].in[0], sizeof *in);
    }
}

/* References stand in the ring itself; a record is pushed when it is full or its block is over. */
static void feed_packet(struct ww_run *run, struct ww_block *block, struct ww_pkt *p, uint64_t key)
{
    struct ww_slice whole;
    unsigned w = ww_dispatch_to(&run->c[0].dispatch, p, &whole);
    struct ww_in **open = &run->c[0].open[w];
    if (whole.n > 0) {
        push_open(run, w);
        size_t n = ww_feed_whole_bytes(whole);
        ww_feed_set_whole(slot_for(run, w, n, key), block, p, whole);
        ww_ring_push(&run->w[w].in[0], n);
        return;
    }
    if (*open != NULL && ((*open)->n == WW_BATCH || (*open)->block != block))
        push_open(run, w);
    if (*open == NULL) {
        struct ww_in *in = slot_for(run, w, sizeof *in + WW_BATCH * sizeof *p, key);
        *in = (struct ww_in){ .kind = WW_IN_PACKETS, .block = block };
        *open = in;
    }
    (*open)->pkt[(*open)->n++] = *p;
}

static void feed_batch(struct ww_run *run, struct ww_batch *b)
{
    struct ww_cthread *c = &run->c[0];
    for (unsigned i = 0; i < b->n; i++) {
        struct ww_pkt *p = &b->pkt[i];
        uint64_t key = ww_order(p->source, p->frame);
        c->newest = p->ts > c->newest ? p->ts : c->newest;
        if (p->ts / NS > c->tick_s) {
            c->tick_s = p->ts / NS;
            push_all(run, WW_IN_TICK, key, p->ts);
        }
        feed_packet(run, b->block, p, key);
    }
    const struct ww_pkt *last = &b->pkt[b->n - 1];
    c->next = ww_order(last->source, last->frame + 1);
    if (b->n < WW_BATCH) /* the block is over, and reading more may take long */
        hand_out(run, c->next);
}

static void feed_file(struct ww_run *run, struct ww_capfile *f, unsigned i)
{
    struct ww_batch b;
    struct ww_err e;
    unsigned turn = 0;
    uint64_t packets = 0;
    for (unsigned n = 0; !over(run); n++) {
        enum ww_capfile_end end = ww_capfile_next(f, &b, &e);
        if (end == WW_CAP_WAIT) { /* the workers still read all blocks */
            hand_out(run, run->c[0].next);
            ww_pause(run, &turn);
            continue;
        }
        turn = 0;
        if ((end == WW_CAP_CUT || end == WW_CAP_BROKEN) && run->r->damaged++ == 0)
            run->r->first = e;
        if (end != WW_CAP_MORE)
            break;
        feed_batch(run, &b);
        packets += b.n;
        if ((n & 1023) == 0 && run->cfg->progress != NULL) {
            uint64_t done;
            uint64_t size;
            ww_capfile_progress(f, &done, &size);
            run->cfg->progress(run->cfg->progress_to, done, size, packets);
        }
    }
    hand_out(run, run->c[0].next);
    ww_pipeline_file_done(run->r, run->cfg->sources[i], f);
}

/* A file may be closed only when no worker refers to its blocks any more. */
static void drain(struct ww_run *run)
{
    unsigned turn = 0;
    for (unsigned w = 0; w < run->nw; w++) {
        struct ww_ring *r = &run->w[w].in[0];
        while (atomic_load_explicit(&r->tail, memory_order_acquire) !=
               atomic_load_explicit(&r->head, memory_order_relaxed))
            ww_pause(run, &turn);
    }
}

void ww_feed_files(struct ww_run *run)
{
    for (unsigned i = 0; i < run->cfg->nsources && !over(run); i++) {
        struct ww_capfile_cfg cc = { .filter = run->cfg->filter, .blocks = WW_FILE_BLOCKS };
        struct ww_capfile *f = NULL;
        struct ww_err e;
        if (ww_capfile_open(&f, run->cfg->sources[i], i, &cc, &e) != WW_OK) {
            if (run->r->damaged++ == 0)
                run->r->first = e;
            continue;
        }
        feed_file(run, f, i);
        drain(run);
        ww_capfile_close(f);
    }
    run->r->stopped = stopped(run);
    push_all(run, WW_IN_END, 0, run->c[0].newest);
    atomic_store_explicit(&run->c[0].mark, UINT64_MAX, memory_order_release);
}

/* ---- live: one copy, and dropping when a ring is full ----------------------------------------------------- */

static void *slot_wait(const struct ww_run *run, struct ww_ring *r, size_t n)
{
    unsigned turn = 0;
    void *slot;
    while ((slot = ww_ring_slot(r, n, 0)) == NULL)
        ww_pause(run, &turn);
    return slot;
}

static void tick_live(struct ww_cthread *c, uint64_t ts, bool end)
{
    uint64_t got = 0;
    uint64_t lost = 0;
    if (c->live != NULL && ww_live_drops(c->live, &got, &lost)) {
        atomic_store_explicit(&c->received, got, memory_order_relaxed);
        atomic_store_explicit(&c->dropped, lost, memory_order_relaxed);
    }
    for (unsigned w = 0; w < c->run->nw; w++) {
        struct ww_ring *r = &c->run->w[w].in[c->i];
        struct ww_in in = { .kind = end ? WW_IN_END : WW_IN_TICK, .key = ts, .ts = ts };
        void *slot = end ? slot_wait(c->run, r, sizeof in) : ww_ring_slot(r, sizeof in, 0);
        if (slot == NULL)
            continue; /* a full ring needs no clock */
        ww_copy(slot, (struct ww_slice){ (const uint8_t *)&in, sizeof in });
        ww_ring_push(r, sizeof in);
    }
    atomic_store_explicit(&c->mark, end ? UINT64_MAX : ts, memory_order_release);
}

static void live_packet(void *to, const struct ww_pkt *p)
{
    struct ww_cthread *c = to;
    struct ww_pkt to_worker = *p;
    struct ww_slice whole;
    unsigned w = ww_dispatch_to(&c->dispatch, &to_worker, &whole);
    struct ww_ring *r = &c->run->w[w].in[c->i];
    if (p->ts / NS > c->tick_s) {
        c->tick_s = p->ts / NS;
        tick_live(c, p->ts, false);
    }
    bool put = whole.n > 0 ? ww_feed_put_whole(r, &to_worker, whole) : ww_feed_put(r, &to_worker);
    if (!put)
        (void)atomic_fetch_add_explicit(&c->ring_drops, 1, memory_order_relaxed);
}

static uint64_t clock_ns(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * NS + (uint64_t)ts.tv_nsec;
}

void ww_capture_none(struct ww_cthread *c)
{
    tick_live(c, 0, true);
}

/* Return: false when the interface is gone for good. */
static bool look_at_interface(struct ww_cthread *c)
{
    enum ww_iface s = ww_live_state(c->live);
    if (s != WW_IFACE_UP)
        atomic_store_explicit(&c->deaf, true, memory_order_relaxed);
    atomic_store_explicit(&c->state, (unsigned)s, memory_order_relaxed);
    if (s == WW_IFACE_GONE)
        ww_err_set(&c->err, WW_E_CONF,
                   "%s: the interface is gone; 'ip link' lists those that are there",
                   ww_live_name(c->live));
    return s != WW_IFACE_GONE;
}

/* Listens until it is told to stop. Return: false when the capture broke off; the error is set. */
static bool listen_on(struct ww_cthread *c)
{
    enum { IDLE_BEHIND_MS = 200 };
    while (!stopped(c->run)) {
        int n = ww_live_dispatch(c->live, live_packet, c, &c->err);
        if (n < 0) { /* libpcap gave up; err says why */
            atomic_store_explicit(&c->deaf, true, memory_order_relaxed);
            atomic_store_explicit(&c->state, WW_IFACE_GONE, memory_order_relaxed);
            return false;
        }
        if (n > 0)
            continue;
        /* silence: time goes on, a little behind so that packets on their way are not late */
        uint64_t now = clock_ns() - (uint64_t)IDLE_BEHIND_MS * 1000000u;
        if (now / NS <= c->tick_s)
            continue;
        c->tick_s = now / NS;
        tick_live(c, now, false);
        if (!look_at_interface(c))
            return false;
    }
    return true;
}

void *ww_capture_thread(void *arg)
{
    struct ww_cthread *c = arg;
    ww_passive(c->run);
    ww_cpus_here(c->run->cfg, "capture", c->i, c->i);
    bool good = listen_on(c);
    /* what the kernel holds already was seen: take it before leaving */
    ww_live_drain(c->live, live_packet, c);
    if (!good)
        atomic_store_explicit(&c->failed, true, memory_order_release);
    else
        (void)look_at_interface(c);
    tick_live(c, 0, true);
    return NULL;
}
