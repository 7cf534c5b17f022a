/* pipeline.c - many workers against one judge: the same events as in the plain loop, and a clean stop at
 * any time. Runs the capture of a ward morning with 1, 2 and 4 workers, stops runs early, and lets a table of
 * the judge overflow.
 */
#include "rules/guideline/guide.h"
#include "sensor/pipeline.h"
#include "tests/support.h"
#include <stdio.h>
#include <stdlib.h>

enum { TYPES = 64, STOPS = 6 };

struct seen {
    uint64_t n, alerts, stop_after, evicted;
    uint32_t facts; /* cap of a table of the judge; 0 = as usual */
    uint64_t sum; /* of hashes, so the order does not matter */
    atomic_bool stop;
};

static void tap(void *to, const struct ww_event *e)
{
    static const struct ww_key key = { { 1, 2 } };
    struct seen *s = to;
    if (e->type == &ww_stats_type) { /* told at other moments */
        struct ww_stats now;
        memcpy(&now, e->body, sizeof now);
        s->evicted = now.judge__memory_evicted;
        return;
    }
    s->n++;
    s->alerts += strcmp(e->type->name, "alert") == 0;
    struct ww_slice body = { e->body, e->type->size };
    s->sum += ww_siphash(&key, body) ^ ww_mix(e->ts ^ e->flow, e->frame + 1);
    if (s->stop_after != 0 && s->n == s->stop_after)
        atomic_store(&s->stop, true);
}

static struct ww_pipeline_result run(struct seen *s, unsigned workers)
{
    static const char *apps[64];
    static const char *const sources[] = { WW_SOURCE_DIR "/pcaps/ward-morning/ward-morning.pcap", NULL };
    static struct ww_registry registry;
    struct ww_err e = { .rc = WW_OK };
    struct ww_judge *judge = NULL;
    struct ww_guide *guide = NULL;
    struct ww_pipeline_result r = { .stopped = false };
    memset(&registry, 0, sizeof registry);
    enum ww_rc rc = ww_registry_add(&registry, ww_core_events, &e);
    for (unsigned i = 0; ww_dissectors[i] != NULL && rc == WW_OK; i++) {
        apps[i] = ww_dissectors[i]->name;
        rc = ww_registry_add(&registry, ww_dissectors[i]->events, &e);
    }
    if (rc == WW_OK)
        rc = ww_registry_add(&registry, ww_judge_events, &e);
    if (rc == WW_OK)
        rc = ww_guide_load(&guide, NULL, &e);
    struct ww_judge_cfg jc = { .registry = &registry, .app_names = apps, .guide = guide,
                               .caps = { .facts = s->facts } };
    if (rc == WW_OK)
        rc = ww_judge_new(&judge, &jc, &e);
    if (rc != WW_OK)
        t_die("%s", e.text);
    struct ww_pipeline_cfg c = { .worker = ww_worker_defaults(), .workers = workers,
                                 .sources = sources, .nsources = 1,
                                 .out = { .judge = judge, .tap = tap, .tap_to = s },
                                 .stop = &s->stop };
    c.worker.dissectors = ww_dissectors;
    c.worker.flows = 10000;
    c.worker.tcp_flows = 2000;
    c.worker.buffer_bytes = 8 << 20;
    c.worker.state_bytes = 16 << 20;
    c.worker.key = (struct ww_key){ { 1, 2 } };
    if (ww_pipeline_files(&c, &r, &e) != WW_OK)
        t_die("%s", e.text);
    ww_judge_free(judge);
    ww_guide_free(guide);
    return r;
}

int main(void)
{
    static struct seen one;
    (void)run(&one, 1);
    if (one.n < 100 || one.alerts == 0)
        t_die("the plain loop tells %llu events", (unsigned long long)one.n);
    for (unsigned workers = 2; workers <= 4; workers += 2) {
        struct seen many = { .n = 0 };
        (void)run(&many, workers);
        if (many.n != one.n || many.sum != one.sum)
            t_die("%u workers tell %llu events, 1 worker %llu, or other ones", workers,
                  (unsigned long long)many.n, (unsigned long long)one.n);
    }
    for (unsigned k = 0; k < STOPS; k++) {
        struct seen s = { .stop_after = 1 + k * one.n / STOPS };
        struct ww_pipeline_result r = run(&s, 3);
        if (s.n > one.n)
            t_die("a run that was stopped tells more than a whole one");
        if (s.n < one.n && !r.stopped)
            t_die("a run that ended early does not say so");
    }
    struct seen full = { .facts = 16 };
    (void)run(&full, 2);
    if (one.evicted != 0 || full.evicted == 0)
        t_die("the statistics tell %llu evictions of a full table", (unsigned long long)full.evicted);
    (void)printf("%llu events, %llu alerts\n", (unsigned long long)one.n, (unsigned long long)one.alerts);
    return 0;
}
