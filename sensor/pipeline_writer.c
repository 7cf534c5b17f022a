/* pipeline_writer.c - the writer's thread: events into the outputs, and once a second what happened
 * beside them. */
#include "sensor/base/out.h"
#include "sensor/pipeline_threads.h"
#include <time.h>

enum { LOOK_EVERY = 256 }; /* events between two looks at the clock */
static const uint64_t NS = 1000000000u;

static uint64_t clock_ns(clockid_t which)
{
    struct timespec ts;
    (void)clock_gettime(which, &ts);
    return (uint64_t)ts.tv_sec * NS + (uint64_t)ts.tv_nsec;
}

/* To the judge, which cannot use our store. It never waits: the judge may be waiting for us. */
static void action(void *to, const struct ww_alert *a, const char *what)
{
    struct ww_run *run = to;
    struct ww_act *x = ww_ring_slot(&run->acts, sizeof *x, 0);
    if (x == NULL) {
        run->r->unheard++;
        return;
    }
    x->alert_id = a->alert_id;
    ww_text_set(x->action, sizeof x->action, what);
    ww_ring_push(&run->acts, sizeof *x);
}

/* What the writer tells the operator once. */
struct told {
    uint64_t lost;   /* events that could not be stored, as told last */
    uint64_t second; /* when that was */
    bool eve;
};

/* Months may pass until the end: outputs that fail are told at once, the store's again each minute.
 */
static void outputs(struct ww_run *run, struct ww_outlets *out, struct told *t, uint64_t second)
{
    struct ww_err e;
    struct ww_store_counts c = { .lost = 0 };
    if (run->cfg->trouble == NULL)
        return;
    if (out->eve != NULL && !t->eve && ww_eve_gone(out->eve)) {
        t->eve = true;
        if (ww_eve_sync(out->eve, &e) == WW_OK)
            ww_err_set(&e, WW_OK, "the reader of the events left");
        run->cfg->trouble(run->cfg->ready_to, &e, false);
    }
    if (out->store != NULL)
        ww_store_counts(out->store, &c);
    if (c.lost > t->lost && (t->second == 0 || second >= t->second + 60) &&
        ww_store_sync(out->store, &e) != WW_OK) {
        t->lost = c.lost;
        t->second = second;
        run->cfg->trouble(run->cfg->ready_to, &e, true);
    }
}

/* For the statistics: what was not stored, and how much room is left. */
static void storage(struct ww_run *run, const struct ww_outlets *out)
{
    struct ww_store_counts c = { .lost = 0 };
    uint32_t room = WW_NULL32;
    if (out->store == NULL)
        return;
    ww_store_counts(out->store, &c);
    atomic_store_explicit(&run->store_lost, c.lost, memory_order_relaxed);
    if (!ww_store_room(out->store, &room))
        room = WW_NULL32;
    atomic_store_explicit(&run->store_free, room, memory_order_relaxed);
}

/* Live, once a second: readers see what happened, the judge hears what people decided, the operator
 * hears which interface is gone. */
static void each_second(struct ww_run *run, struct ww_outlets *out, struct told *t, uint64_t second)
{
    struct ww_err e;
    outputs(run, out, t, second);
    storage(run, out);
    if (out->store != NULL) {
        ww_store_tick(out->store, clock_ns(CLOCK_REALTIME));
        if (ww_store_actions(out->store, action, run, &e) != WW_OK)
            run->r
                ->unheard++; /* asked again in a second; the store's own trouble is told by sync */
    }
    for (unsigned c = 0; c < run->nc; c++) {
        unsigned now = atomic_load_explicit(&run->c[c].state, memory_order_relaxed);
        if (now != run->c[c].told && run->cfg->iface != NULL)
            run->cfg->iface(run->cfg->ready_to, run->cfg->sources[c], (enum ww_iface)now);
        run->c[c].told = now;
    }
}

void *ww_writer_thread(void *arg)
{
    struct ww_run *run = arg;
    struct ww_outlets out = run->cfg->out;
    unsigned turn = 0;
    unsigned since = 0;
    uint64_t last = 0;
    struct told t = { .lost = 0 };
    ww_cpus_here(run->cfg, "writer", 0, WW_CPUS_ANY);
    for (;;) {
        size_t n;
        const struct ww_event *e = ww_ring_peek(&run->out, &n);
        if (run->live && (e == NULL || ++since >= LOOK_EVERY)) {
            uint64_t now = clock_ns(CLOCK_MONOTONIC);
            since = 0;
            if (now > last + NS) {
                each_second(run, &out, &t, now / NS);
                last = now;
            }
        }
        if (e == NULL) {
            ww_pause(run, &turn);
            continue;
        }
        turn = 0;
        if (n == 0)
            return NULL;
        ww_outlets_write(&out, e);
        ww_ring_pop(&run->out);
        if (!run->live && ww_outlets_deaf(&out))
            atomic_store_explicit(&run->unread, true, memory_order_relaxed);
    }
}
