/* cuts.c - one capture begun at many places: the messages that are told each time, as EVE JSON lines.
 *
 *     cuts CAPTURE N
 *
 * The first run begins with the first packet; N more begin at packets spread over the capture. Before
 * each run stands a line {"event_type":"cut","cut":{"from":FRAME}}. Frames keep their numbers. One process
 * for all runs, because a start costs more than a small capture. Called by cuts.py.
 */
#include "sensor/worker.h"
#include "store/store.h"
#include <stdio.h>
#include <stdlib.h>

struct capture {
    struct ww_pkt *pkt;
    size_t n, room;
};

static _Noreturn void die(const char *what)
{
    (void)fprintf(stderr, "cuts: %s\n", what);
    exit(2);
}

static void add(struct capture *c, const struct ww_pkt *p)
{
    if (c->n == c->room) {
        c->room = c->room ? 2 * c->room : 1024;
        c->pkt = realloc(c->pkt, c->room * sizeof *c->pkt);
    }
    uint8_t *copy = malloc(p->caplen ? p->caplen : 1);
    if (c->pkt == NULL || copy == NULL)
        die("no memory");
    memcpy(copy, p->p, p->caplen);
    c->pkt[c->n] = *p;
    c->pkt[c->n++].p = copy;
}

static void load(struct capture *c, const char *path)
{
    static struct ww_batch b;
    struct ww_capfile *f = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct ww_capfile_cfg cfg = { .blocks = 2 };
    if (ww_capfile_open(&f, path, 0, &cfg, &e) != WW_OK)
        die(e.text);
    while (ww_capfile_next(f, &b, &e) == WW_CAP_MORE) {
        for (unsigned i = 0; i < b.n; i++)
            add(c, &b.pkt[i]);
        ww_block_drop(b.block, b.n);
    }
    ww_capfile_close(f);
}

static void messages_only(void *to, const struct ww_event *e)
{
    const char *t = e->type->name;
    if (strncmp(t, "flow.", 5) != 0 && strcmp(t, "stats") != 0 && strcmp(t, "anomaly") != 0)
        ww_eve_put(to, e);
}

static void run(const struct capture *c, size_t from, struct ww_eve *eve)
{
    struct ww_worker *w = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct ww_worker_cfg cfg = ww_worker_defaults();
    cfg.dissectors = ww_dissectors;
    cfg.flows = cfg.tcp_flows = 2000;
    cfg.buffer_bytes = 8u << 20;
    cfg.state_bytes = 32u << 20;
    cfg.datagrams = 16;
    cfg.emit = messages_only;
    cfg.emit_to = eve;
    if (ww_eve_sync(eve, &e) != WW_OK || ww_worker_new(&w, &cfg, &e) != WW_OK)
        die(e.text);
    (void)printf("{\"event_type\":\"cut\",\"cut\":{\"from\":%llu}}\n", (unsigned long long)c->pkt[from].frame);
    (void)fflush(stdout);
    for (size_t at = from; at < c->n; at += WW_BATCH)
        ww_worker_packets(w, c->pkt + at, (unsigned)(c->n - at < WW_BATCH ? c->n - at : WW_BATCH));
    ww_worker_end(w);
    ww_worker_free(w);
}

int main(int argc, char **argv)
{
    static struct ww_registry registry;
    static const char *apps[WW_DISSECTORS_MAX + 1];
    struct ww_eve *eve = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct capture c = { .n = 0 };
    if (argc != 3)
        die("usage: cuts CAPTURE N");
    size_t cuts = strtoul(argv[2], NULL, 10);
    const char *sources[] = { argv[1], NULL };
    enum ww_rc rc = ww_registry_add(&registry, ww_core_events, &e);
    for (unsigned i = 0; ww_dissectors[i] != NULL && rc == WW_OK; i++) {
        apps[i] = ww_dissectors[i]->name;
        rc = ww_registry_add(&registry, ww_dissectors[i]->events, &e);
    }
    struct ww_eve_cfg cfg = { .path = "-", .registry = &registry, .app_names = apps,
                              .source_names = sources, .tunnel_name = ww_tunnel_name };
    if (rc != WW_OK || ww_eve_open(&eve, &cfg, &e) != WW_OK)
        die(e.text);
    load(&c, argv[1]);
    if (c.n == 0)
        die("no packets");
    run(&c, 0, eve);
    for (size_t i = 1; i <= cuts; i++) {
        size_t from = c.n > cuts ? i * c.n / (cuts + 1) : i;
        if (from > 0 && from < c.n)
            run(&c, from, eve);
    }
    if (ww_eve_close(eve, &e) != WW_OK)
        die(e.text);
    for (size_t i = 0; i < c.n; i++)
        free((void *)(uintptr_t)c.pkt[i].p);
    free(c.pkt);
    return 0;
}
