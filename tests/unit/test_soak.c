/* Weeks in seconds: the same captures again and again, with shifted time, through worker and judge. Tables
 * empty themselves, memory stays flat, and each turn tells what the one before told. */
#include "rules/guideline/guide.h"
#include "rules/judge.h"
#include "sensor/worker.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <malloc.h>
#include <stdlib.h>

enum { TURNS = 200, WARM = 20, PACKETS_MAX = 20000, BYTES_MAX = 16 << 20 };
static const uint64_t NS = 1000000000u;

static const char *const captures[] = { "ward-morning/ward-morning.pcap", "dicom/find.pcap",
                                        "hl7/oru-monitor.pcap",           "dns/tcp.pcap",
                                        "dhcp/lease.pcap",                "link/ipv4-fragments.pcap",
                                        "link/ipv6-extension-headers.pcap" };

struct soak {
    struct ww_pkt pkt[PACKETS_MAX];
    size_t n;
    uint8_t bytes[BYTES_MAX];
    size_t used;
    struct ww_registry registry;
    const char *apps[WW_DISSECTORS_MAX + 1];
    struct ww_worker *w;
    struct ww_judge *judge;
    struct ww_guide *guide;
    uint64_t events, flows, alerts, sum, shift;
};

static void load(struct soak *s, const char *name)
{
    char path[512];
    struct ww_err e;
    struct ww_batch b;
    struct ww_capfile *c = NULL;
    struct ww_capfile_cfg cfg = { .blocks = 2 };
    (void)snprintf(path, sizeof path, "%s/pcaps/%s", WW_SOURCE_DIR, name);
    if (ww_capfile_open(&c, path, 0, &cfg, &e) != WW_OK)
        t_die("%s", e.text);
    while (ww_capfile_next(c, &b, &e) == WW_CAP_MORE) {
        for (unsigned i = 0; i < b.n; i++) {
            struct ww_pkt p = b.pkt[i];
            if (s->n == PACKETS_MAX || s->used + p.caplen > BYTES_MAX)
                t_die("%s: more than the test has room for", name);
            memcpy(s->bytes + s->used, p.p, p.caplen);
            p.p = s->bytes + s->used;
            s->used += p.caplen;
            s->pkt[s->n++] = p;
        }
        ww_block_drop(b.block, b.n);
    }
    ww_capfile_close(c);
}

static int by_time(const void *a, const void *b)
{
    const struct ww_pkt *x = a;
    const struct ww_pkt *y = b;
    if (x->ts != y->ts)
        return x->ts < y->ts ? -1 : 1;
    return (x->p > y->p) - (x->p < y->p);
}

static void judged(void *to, const struct ww_event *e)
{
    struct soak *s = to;
    s->alerts += strcmp(e->type->name, "alert") == 0;
}

static void event(void *to, const struct ww_event *e)
{
    static const struct ww_key key = { { 3, 4 } };
    struct soak *s = to;
    if (strncmp(e->type->name, "stats", 5) == 0)
        return; /* counters go on */
    bool flow = strncmp(e->type->name, "flow.", 5) == 0; /* those hold times, and come with the minute */
    uint8_t body[WW_EVENT_BODY_MAX];
    memcpy(body, e->body, e->type->size);
    for (unsigned i = 0; i < e->type->nfields; i++) /* from a message's time to that of its packet: another each turn */
        if (strncmp(e->type->fields[i].name, "clock_", 6) == 0)
            ww_set_u64(body, &e->type->fields[i], 0);
    s->events += !flow;
    s->flows += flow;
    if (!flow)
        s->sum += ww_siphash(&key, (struct ww_slice){ body, e->type->size });
    ww_judge_see(s->judge, e, judged, s);
}

static struct soak *soak(void)
{
    struct ww_err e;
    struct soak *s = calloc(1, sizeof *s);
    if (s == NULL)
        t_die("no memory");
    for (size_t i = 0; i < sizeof captures / sizeof captures[0]; i++)
        load(s, captures[i]);
    qsort(s->pkt, s->n, sizeof s->pkt[0], by_time);
    enum ww_rc rc = ww_registry_add(&s->registry, ww_core_events, &e);
    for (unsigned i = 0; ww_dissectors[i] != NULL && rc == WW_OK; i++) {
        s->apps[i] = ww_dissectors[i]->name;
        rc = ww_registry_add(&s->registry, ww_dissectors[i]->events, &e);
    }
    if (rc == WW_OK)
        rc = ww_registry_add(&s->registry, ww_judge_events, &e);
    if (rc == WW_OK)
        rc = ww_guide_load(&s->guide, NULL, &e);
    struct ww_judge_cfg jc = { .registry = &s->registry, .app_names = s->apps, .guide = s->guide };
    if (rc == WW_OK)
        rc = ww_judge_new(&s->judge, &jc, &e);
    struct ww_worker_cfg c = ww_worker_defaults();
    c.dissectors = ww_dissectors;
    c.key = (struct ww_key){ { 1, 2 } };
    c.emit = event;
    c.emit_to = s;
    if (rc == WW_OK)
        rc = ww_worker_new(&s->w, &c, &e);
    if (rc != WW_OK)
        t_die("%s", e.text);
    return s;
}

/* Slots that were ever used: what the tables have grown to. */
static uint64_t grown(const struct ww_worker *w)
{
    uint64_t n = (uint64_t)w->flows.slab.fresh + w->tcp.fresh;
    for (unsigned i = 0; i < WW_BUF_CLASSES; i++)
        n += w->bufs.of[i].fresh;
    for (unsigned i = 0; i < w->engine.n; i++)
        n += w->engine.state[i].fresh;
    return n;
}

/* Slots in use now. */
static uint64_t in_use(const struct ww_worker *w)
{
    uint64_t n = (uint64_t)w->flows.slab.used + w->tcp.used;
    for (unsigned i = 0; i < WW_BUF_CLASSES; i++)
        n += w->bufs.of[i].used;
    for (unsigned i = 0; i < w->engine.n; i++)
        n += w->engine.state[i].used;
    return n;
}

/* One turn; silence of that many seconds follows it. */
static void turn(struct soak *s, uint64_t silence_s)
{
    uint64_t frame = 0;
    uint64_t last = 0;
    s->events = s->flows = s->sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        struct ww_pkt p = s->pkt[i];
        p.ts += s->shift;
        p.frame = ++frame;
        last = p.ts;
        ww_worker_packets(s->w, &p, 1);
        ww_judge_tick(s->judge, p.ts, judged, s);
    }
    for (uint64_t t = 0; t <= silence_s; t += 30)
        ww_worker_tick(s->w, last + t * NS);
    ww_judge_tick(s->judge, last + silence_s * NS, judged, s);
    s->shift += last - (s->pkt[0].ts + s->shift) + silence_s * NS;
}

static void run(uint64_t silence_s, bool alone)
{
    struct soak *s = soak();
    uint64_t high = 0;
    uint64_t events = 0;
    uint64_t sum = 0;
    size_t heap = 0;
    for (unsigned i = 0; i < TURNS; i++) {
        turn(s, silence_s);
        if (alone)
            cr_assert(eq(u64, in_use(s->w), 0), "turn %u: flows are over, their slots are not", i);
        if (i < WARM) {
            high = grown(s->w);
            events = s->events;
            sum = s->sum;
            heap = mallinfo2().uordblks;
            continue;
        }
        cr_assert(eq(u64, grown(s->w), high), "turn %u: a table of the worker grows", i);
        cr_assert(eq(u64, s->events, events), "turn %u tells another number of events", i);
        if (alone)
            cr_assert(eq(u64, s->sum, sum), "turn %u tells other events", i);
        cr_assert(le(sz, mallinfo2().uordblks, heap + 4096), "turn %u: memory grows", i);
    }
    cr_assert(eq(u64, ww_bugs(), 0));
    cr_assert(eq(u64, s->w->flows.evicted, 0));
    cr_assert(gt(u64, s->flows, 0));
    cr_assert(gt(u64, s->alerts, 0));
    ww_worker_end(s->w);
    cr_assert(eq(u64, in_use(s->w), 0));
    ww_worker_free(s->w);
    ww_judge_free(s->judge);
    ww_guide_free(s->guide);
    free(s);
}

/* Two hours lie between: all flows are over by then. */
Test(soak, every_turn_is_the_first, .timeout = 600)
{
    run(7200, true);
}

/* Half a minute lies between: ports are used again while the old flows are still known. */
Test(soak, turns_touch_each_other, .timeout = 600)
{
    run(30, false);
}
