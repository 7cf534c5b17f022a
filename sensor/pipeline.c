/* pipeline.c - events on their way to judge and outlets; files in a plain loop. */
#include "sensor/pipeline.h"
#include "sensor/pipeline_threads.h"

static const uint64_t NS = 1000000000u;

void ww_outlets_write(void *to, const struct ww_event *e)
{
    const struct ww_outlets *o = to;
    if (o->store != NULL)
        ww_store_put(o->store, e);
    if (o->eve != NULL)
        ww_eve_put(o->eve, e);
    if (o->tap != NULL && (o->tap_type == NULL || o->tap_type == e->type))
        o->tap(o->tap_to, e);
}

bool ww_outlets_want(void *to, const struct ww_event_type *t)
{
    const struct ww_outlets *o = to;
    return o->eve != NULL || (o->tap != NULL && (o->tap_type == NULL || o->tap_type == t)) ||
           (o->store != NULL && ww_store_wants(o->store, t)) ||
           (o->judge != NULL && ww_judge_wants(o->judge, t));
}

bool ww_outlets_deaf(const struct ww_outlets *o)
{
    return o->eve != NULL && o->store == NULL && ww_eve_gone(o->eve);
}

void ww_route(struct ww_routing *r, const struct ww_event *e)
{
    if (!r->started) {
        r->started = true;
        r->first_ts = e->ts;
    }
    if (e->ts > r->last_ts)
        r->last_ts = e->ts;
    /* the event itself first, so that what follows from it is written behind it */
    r->write(r->write_to, e);
    if (r->out.judge != NULL)
        ww_judge_see(r->out.judge, e, r->write, r->write_to);
}

void ww_route_time(struct ww_routing *r)
{
    if (r->last_ts / NS <= r->tick)
        return;
    r->tick = r->last_ts / NS;
    if (r->out.judge != NULL)
        ww_judge_tick(r->out.judge, r->last_ts, r->write, r->write_to);
}

static void route_link(void *to, const struct ww_event *e)
{
    ww_route(to, e);
}

static void judge_counts(const struct ww_judge *j, struct ww_stats *s)
{
    struct ww_judge_counts c;
    ww_judge_counts(j, &c);
    s->judge__devices_evicted = c.devices_evicted + c.addresses_evicted;
    s->judge__flows_evicted = c.flows_evicted;
    s->judge__conversations_evicted = c.conversations_evicted;
    s->judge__alerts_evicted = c.alerts_evicted;
    s->judge__memory_evicted =
        c.facts_evicted + c.verdicts_evicted + c.names_evicted + c.detectors_evicted;
}

void ww_route_stats(struct ww_routing *r, struct ww_stats *s)
{
    union {
        struct ww_event e;
        uint8_t room[sizeof(struct ww_event) + sizeof(struct ww_stats)];
    } rec;
    s->bugs = ww_bugs();
    s->uptime = r->started ? (r->last_ts - r->first_ts) / NS : 0;
    ww_tally_tell(r->tally, r->last_ts, route_link, r);
    if (r->out.judge != NULL)
        judge_counts(r->out.judge, s);
    ww_coverage_grade(s, r->tally->midstream_ppm);
    if (r->tally->uneven && ww_slice_eqs(WW_STR(s->coverage__grade), "A"))
        ww_coverage_uneven(s);
    if (r->deaf)
        ww_coverage_deaf(s);
    rec.e = (struct ww_event){ .type = &ww_stats_type,
                               .ts = r->last_ts,
                               .size = sizeof(struct ww_event) + sizeof *s,
                               .dissector = WW_NO_DISSECTOR,
                               .flags = WW_EV_KEEP };
    ww_copy(rec.e.body, (struct ww_slice){ (const uint8_t *)s, sizeof *s });
    ww_route(r, &rec.e);
}

static bool stopped(const struct ww_pipeline_cfg *cfg)
{
    return cfg->stop != NULL && atomic_load_explicit(cfg->stop, memory_order_relaxed);
}

static void damaged(struct ww_pipeline_result *r, const struct ww_err *e)
{
    if (r->damaged++ == 0)
        r->first = *e;
}

void ww_pipeline_file_done(struct ww_pipeline_result *r, const char *name, const struct ww_capfile *c)
{
    struct ww_err e;
    uint16_t link = 0;
    uint64_t all = 0;
    uint64_t strange = ww_capfile_strange(c, &link, &all);
    r->filtered += ww_capfile_filtered(c);
    if (strange == 0)
        return;
    if (strange == all) { /* nothing of it could be read: that is an error, not a remark */
        ww_err_set(&e, WW_E_DATA,
                   "%s: link type %u is not known here, so none of its %llu packets could be read; "
                   "record on an Ethernet, Linux cooked (-i any) or raw IP interface",
                   strcmp(name, "-") == 0 ? "standard input" : name, link, (unsigned long long)all);
        damaged(r, &e);
        return;
    }
    if (r->strange == 0)
        r->strange_link = link;
    r->strange += strange;
}

/* What the plain loop carries. */
struct plain {
    bool unread; /* nobody reads any more what it finds */
    const struct ww_pipeline_cfg *cfg;
    struct ww_pipeline_result *r;
    struct ww_routing route;
    struct ww_tally tally;
    struct ww_worker *w;
    const struct ww_event *wait[WW_JUDGE_SOON]; /* told by the engine, not judged yet */
    size_t nwait;
};
static_assert((int)WW_JUDGE_SOON < (int)WW_ENGINE_RECORDS, "what waits is still there");

/* Events of the one worker; its counters are the whole run's. */
static void plain_now(struct plain *p, const struct ww_event *e)
{
    if (e->type == &ww_link_stats_type) {
        ww_tally_take(&p->tally, 0, e);
        return;
    }
    if (e->type == &ww_stats_type) {
        ww_copy(&p->r->stats, (struct ww_slice){ e->body, sizeof p->r->stats });
        if (e->ts > p->route.last_ts)
            p->route.last_ts = e->ts;
        ww_route_stats(&p->route, &p->r->stats);
        return;
    }
    ww_route(&p->route, e);
    ww_route_time(&p->route);
}

/* What waits, in its order; the judge fetches what all of it needs before the first is judged. */
static void plain_judge(struct plain *p)
{
    if (p->cfg->out.judge != NULL)
        ww_judge_soon(p->cfg->out.judge, p->wait, p->nwait);
    for (size_t i = 0; i < p->nwait; i++)
        plain_now(p, p->wait[i]);
    p->nwait = 0;
}

static void plain_event(void *to, const struct ww_event *e)
{
    struct plain *p = to;
    p->wait[p->nwait++] = e;
    if (p->nwait == WW_JUDGE_SOON)
        plain_judge(p);
}

static void plain_file(struct plain *p, struct ww_capfile *c, unsigned i)
{
    struct ww_batch b;
    struct ww_err e;
    unsigned turn = 0;
    for (;;) {
        enum ww_capfile_end end = ww_capfile_next(c, &b, &e);
        if (end == WW_CAP_CUT || end == WW_CAP_BROKEN)
            damaged(p->r, &e);
        if (end != WW_CAP_MORE || stopped(p->cfg))
            break;
        ww_worker_packets(p->w, b.pkt, b.n);
        ww_block_drop(b.block, b.n);
        if ((++turn & 1023) == 0 && p->cfg->progress != NULL) {
            uint64_t done;
            uint64_t size;
            ww_capfile_progress(c, &done, &size);
            p->cfg->progress(p->cfg->progress_to, done, size, p->w->stats.packets);
        }
        p->unread = ww_outlets_deaf(&p->cfg->out);
        if (p->unread)
            break;
    }
    plain_judge(p);
    ww_pipeline_file_done(p->r, p->cfg->sources[i], c);
}

static enum ww_rc files_plain(const struct ww_pipeline_cfg *cfg, struct ww_pipeline_result *r,
                              struct ww_err *e)
{
    struct plain p = { .cfg = cfg, .r = r };
    p.route = (struct ww_routing){ .out = cfg->out,
                                   .write = ww_outlets_write,
                                   .tally = &p.tally };
    p.route.write_to = &p.route.out;
    struct ww_worker_cfg wc = cfg->worker;
    wc.emit = plain_event;
    wc.emit_to = &p;
    wc.wants = ww_outlets_want;
    wc.wants_to = &p.route.out;
    enum ww_rc rc = ww_cpus_check(cfg, e);
    if (rc == WW_OK)
        rc = ww_tally_init(&p.tally, 1, cfg->sources, cfg->nsources, false, e);
    p.tally.midstream_ppm = cfg->midstream_ppm;
    if (rc == WW_OK)
        rc = ww_worker_new(&p.w, &wc, e);
    if (rc != WW_OK) {
        ww_tally_free(&p.tally);
        return rc;
    }
    ww_cpus_here(cfg, NULL, 0, 0);
    for (unsigned i = 0; i < cfg->nsources && !stopped(cfg) && !p.unread; i++) {
        struct ww_capfile_cfg cc = { .filter = cfg->filter, .blocks = 2 };
        struct ww_capfile *c = NULL;
        struct ww_err fe;
        if (ww_capfile_open(&c, cfg->sources[i], i, &cc, &fe) != WW_OK) {
            damaged(r, &fe);
            continue;
        }
        plain_file(&p, c, i);
        ww_capfile_close(c);
    }
    r->stopped = stopped(cfg);
    ww_worker_end(p.w);
    plain_judge(&p);
    if (cfg->out.judge != NULL)
        ww_judge_end(cfg->out.judge, p.w->now, p.route.write, p.route.write_to);
    r->last_ts = p.w->now;
    ww_worker_free(p.w);
    ww_tally_free(&p.tally);
    return WW_OK;
}

enum ww_rc ww_pipeline_files(const struct ww_pipeline_cfg *cfg, struct ww_pipeline_result *r,
                             struct ww_err *e)
{
    *r = (struct ww_pipeline_result){ .damaged = 0 };
    if (cfg->workers <= 1)
        return files_plain(cfg, r, e);
    return ww_threads_files(cfg, r, e);
}

enum ww_rc ww_pipeline_live(const struct ww_pipeline_cfg *cfg, struct ww_pipeline_result *r,
                            struct ww_err *e)
{
    *r = (struct ww_pipeline_result){ .damaged = 0 };
    return ww_threads_live(cfg, r, e);
}
