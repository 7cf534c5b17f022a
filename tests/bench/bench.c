/* bench.c - packets from memory to events, without I/O: time, and allocations after start, which must be 0.
 *
 *     bench [--runs N] [--cpu N] [--judge] [--json FILE] CAPTURE...
 *
 * Each capture is read into memory once. A run makes a worker (and with --judge a judge), gives it all
 * packets in batches as the reader does, and ends it; the first run warms up. Printed are medians.
 * malloc, calloc, realloc and free of our own code are wrapped by the linker and counted while packets
 * flow. Exit: 0; 1 when something was allocated; 2 usage.
 */
#include "rules/guideline/guide.h"
#include "rules/judge.h"
#include "sensor/worker.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { RUNS_MAX = 100 };

/* ---- what our code allocates ------------------------------------------------------------------------- */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t m);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t m);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);
static bool counting;
static uint64_t calls;

void *__wrap_malloc(size_t n)
{
    calls += counting;
    return __real_malloc(n);
}
void *__wrap_calloc(size_t n, size_t m)
{
    calls += counting;
    return __real_calloc(n, m);
}
void *__wrap_realloc(void *p, size_t n)
{
    calls += counting;
    return __real_realloc(p, n);
}
void __wrap_free(void *p)
{
    calls += counting && p != NULL;
    __real_free(p);
}

/* ---- captures in memory --------------------------------------------------------------------------------- */
struct corpus {
    const char *path;
    struct ww_pkt *pkt;
    size_t n, cap;
    uint8_t *bytes;
    size_t used, room;
    uint64_t wire;
};

static _Noreturn void die(const char *what)
{
    (void)fprintf(stderr, "bench: %s\n", what);
    exit(2);
}

static void add(struct corpus *c, const struct ww_pkt *p)
{
    if (c->n == c->cap) {
        c->cap = c->cap ? 2 * c->cap : 1 << 16;
        c->pkt = realloc(c->pkt, c->cap * sizeof *c->pkt);
    }
    if (c->used + p->caplen > c->room) {
        c->room = 2 * (c->used + p->caplen) + (1 << 20);
        c->bytes = realloc(c->bytes, c->room);
    }
    if (c->pkt == NULL || c->bytes == NULL)
        die("no memory for the capture");
    memcpy(c->bytes + c->used, p->p, p->caplen);
    c->pkt[c->n] = *p;
    c->pkt[c->n].p = (const uint8_t *)(uintptr_t)c->used; /* offset until all bytes are there */
    c->used += p->caplen;
    c->wire += p->len;
    c->n++;
}

static void load(struct corpus *c, const char *path)
{
    static struct ww_batch b;
    struct ww_capfile *f = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct ww_capfile_cfg cfg = { .blocks = 2 };
    c->path = path;
    if (ww_capfile_open(&f, path, 0, &cfg, &e) != WW_OK)
        die(e.text);
    while (ww_capfile_next(f, &b, &e) == WW_CAP_MORE) {
        for (unsigned i = 0; i < b.n; i++)
            add(c, &b.pkt[i]);
        ww_block_drop(b.block, b.n);
    }
    ww_capfile_close(f);
    if (c->n == 0)
        die("a capture without packets");
    for (size_t i = 0; i < c->n; i++)
        c->pkt[i].p = c->bytes + (uintptr_t)c->pkt[i].p;
}

/* ---- one run ------------------------------------------------------------------------------------------------ */
struct sink {
    struct ww_judge *judge;
    uint64_t events, told; /* by the worker; by the judge */
};

static void told(void *to, const struct ww_event *e)
{
    struct sink *s = to;
    (void)e;
    s->told++;
}

static void see(void *to, const struct ww_event *e)
{
    struct sink *s = to;
    s->events++;
    if (s->judge != NULL)
        ww_judge_see(s->judge, e, told, s);
}

static struct ww_registry registry;
static const char *apps[64];
static struct ww_guide *guide;

static void open_judge(struct sink *s)
{
    struct ww_err e = { .rc = WW_OK };
    struct ww_judge_cfg c = { .registry = &registry, .app_names = apps, .guide = guide };
    if (ww_judge_new(&s->judge, &c, &e) != WW_OK)
        die(e.text);
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double once(const struct corpus *c, bool judged, struct sink *s)
{
    struct ww_worker *w = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct ww_worker_cfg cfg = ww_worker_defaults();
    *s = (struct sink){ .events = 0 };
    if (judged)
        open_judge(s);
    cfg.dissectors = ww_dissectors;
    cfg.key = (struct ww_key){ { 1, 2 } };
    cfg.emit = see;
    cfg.emit_to = s;
    if (ww_worker_new(&w, &cfg, &e) != WW_OK)
        die(e.text);
    counting = true;
    double t = now();
    for (size_t at = 0; at < c->n; at += WW_BATCH)
        ww_worker_packets(w, c->pkt + at, (unsigned)(c->n - at < WW_BATCH ? c->n - at : WW_BATCH));
    ww_worker_end(w);
    if (judged)
        ww_judge_end(s->judge, c->pkt[c->n - 1].ts, told, s);
    t = now() - t;
    counting = false;
    ww_worker_free(w);
    ww_judge_free(s->judge);
    return t;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static uint64_t measure(const struct corpus *c, bool judged, int runs, FILE *json)
{
    double t[RUNS_MAX];
    struct sink s;
    struct rusage ru;
    (void)once(c, judged, &s); /* warm-up */
    calls = 0;
    for (int i = 0; i < runs; i++)
        t[i] = once(c, judged, &s);
    qsort(t, (size_t)runs, sizeof t[0], by_value);
    double med = t[runs / 2];
    (void)getrusage(RUSAGE_SELF, &ru);
    (void)printf("%-40s %s %9zu packets %8.1f ns/packet %6.3f ns/byte %8.0f events/s %5ld MiB %llu allocations\n",
                 c->path, judged ? "judged" : "engine", c->n, med / (double)c->n, med / (double)c->wire,
                 (double)s.events / (med / 1e9), ru.ru_maxrss >> 10, (unsigned long long)calls);
    if (json != NULL)
        (void)fprintf(json,
                      "{\"capture\":\"%s\",\"judge\":%s,\"packets\":%zu,\"bytes\":%llu,\"events\":%llu,\"runs\":%d,"
                      "\"ns_per_packet\":%.2f,\"ns_per_byte\":%.4f,\"peak_kib\":%ld,\"allocations\":%llu,\"compiler\":\"%s\"}\n",
                      c->path, judged ? "true" : "false", c->n, (unsigned long long)c->wire,
                      (unsigned long long)s.events, runs, med / (double)c->n, med / (double)c->wire,
                      ru.ru_maxrss, (unsigned long long)calls, __VERSION__);
    return calls;
}

static void set_up(void)
{
    struct ww_err e = { .rc = WW_OK };
    enum ww_rc rc = ww_registry_add(&registry, ww_core_events, &e);
    for (unsigned i = 0; ww_dissectors[i] != NULL && rc == WW_OK; i++) {
        apps[i] = ww_dissectors[i]->name;
        rc = ww_registry_add(&registry, ww_dissectors[i]->events, &e);
    }
    if (rc == WW_OK)
        rc = ww_registry_add(&registry, ww_judge_events, &e);
    if (rc != WW_OK || ww_guide_load(&guide, NULL, &e) != WW_OK)
        die(e.text);
}

/* The judge allocates at its start: if that is not counted, the wrapper is not linked in. */
static void check_wrapper(void)
{
    struct sink s = { .events = 0 };
    calls = 0;
    counting = true;
    open_judge(&s);
    counting = false;
    ww_judge_free(s.judge);
    if (calls == 0)
        die("allocations are not counted; link with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free");
}

static void pin(int cpu)
{
    cpu_set_t m;
    CPU_ZERO(&m);
    CPU_SET(cpu, &m);
    if (sched_setaffinity(0, sizeof m, &m) != 0)
        die("cannot stay on that processor");
}

int main(int argc, char **argv)
{
    int runs = 5, i = 1;
    bool judged = false;
    FILE *json = NULL;
    uint64_t bad = 0;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--judge") == 0)
            judged = true;
        else if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc)
            runs = (int)strtol(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--cpu") == 0 && i + 1 < argc)
            pin((int)strtol(argv[++i], NULL, 10));
        else if (strcmp(argv[i], "--json") == 0 && i + 1 < argc)
            json = fopen(argv[++i], "ae");
        else
            break;
    }
    if (i >= argc || argv[i][0] == '-' || runs < 1 || runs > RUNS_MAX)
        die("usage: bench [--runs N] [--cpu N] [--judge] [--json FILE] CAPTURE...");
    set_up();
    check_wrapper();
    for (; i < argc; i++) {
        struct corpus c = { .n = 0 };
        load(&c, argv[i]);
        bad += measure(&c, false, runs, json);
        if (judged)
            bad += measure(&c, true, runs, json);
        free(c.pkt);
        free(c.bytes);
    }
    ww_guide_free(guide);
    if (json != NULL)
        (void)fclose(json);
    if (bad > 0)
        (void)fprintf(stderr, "bench: %llu allocations while packets flowed; there must be none\n",
                      (unsigned long long)bad);
    return bad > 0;
}
