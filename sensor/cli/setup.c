/* setup.c - opens registry, site, guide, judge, store and outputs in order, and closes them. */
#include "sensor/cli/cli.h"
#include <stdlib.h>
#include <string.h>

/* Output fields of dissectors, engine and rules are all events of one registry. */
enum ww_rc ww_setup_registry(struct ww_setup *s, struct ww_err *e)
{
    enum ww_rc rc = ww_registry_add(&s->registry, ww_core_events, e);
    for (unsigned i = 0; ww_dissectors[i] != NULL && rc == WW_OK; i++) {
        s->app_names[i] = ww_dissectors[i]->name;
        rc = ww_registry_add(&s->registry, ww_dissectors[i]->events, e);
    }
    if (rc == WW_OK)
        rc = ww_registry_add(&s->registry, ww_judge_events, e);
    return rc;
}

static enum ww_rc open_store(struct ww_setup *s, const struct ww_opts *o, const char *command,
                             const char *const *sources, bool live, struct ww_err *e)
{
    struct ww_store_cfg c = { .path = o->db != NULL ? o->db : ":memory:",
                              .registry = &s->registry,
                              .source_names = sources,
                              .live = live,
                              .command = command,
                              .version = WW_VERSION,
                              .hospital = ww_site_hospital(s->site),
                              .site_file = ww_site_file(s->site),
                              .now_ns = ww_wall_ns() };
    return ww_store_open(&s->store, &c, e);
}

static bool contact(void *site, const char *addressee, const struct ww_alert *a, struct ww_out *out)
{
    const struct ww_site_contact *c = ww_site_contact(site, addressee);
    (void)a;
    if (c == NULL)
        return false;
    const char *const part[] = { c->name, c->phone, c->mail };
    size_t before = out->n;
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        if (part[i][0] == 0)
            continue;
        ww_out_s(out, out->n > before ? " " : "");
        ww_out_s(out, part[i]);
    }
    return out->n > before;
}

struct ww_texts ww_setup_texts(const struct ww_setup *s)
{
    return (struct ww_texts){ .guide = s->guide,
                              .contact = s->site != NULL ? contact : NULL,
                              .contact_arg = s->site };
}

enum ww_rc ww_setup_judge(struct ww_setup *s, const struct ww_opts *o, struct ww_err *e)
{
    enum ww_rc rc = ww_setup_registry(s, e);
    if (rc == WW_OK && o->site != NULL)
        rc = ww_site_load(&s->site, o->site, e);
    if (rc == WW_OK)
        rc = ww_guide_load(&s->guide, o->data, e);
    if (rc != WW_OK)
        return rc;
    struct ww_judge_cfg jc = { .registry = &s->registry,
                               .app_names = s->app_names,
                               .site = s->site,
                               .guide = s->guide,
                               .data_dir = o->data,
                               .baseline_paths = o->baselines.v,
                               .nbaselines = o->baselines.n,
                               .bind_to = o->devices.v,
                               .nbind_to = o->devices.n };
    return ww_judge_new(&s->judge, &jc, e);
}

/* A result that cannot be written is said before hours of work, not behind them. */
static enum ww_rc try_output(const struct ww_opts *o, struct ww_err *e)
{
    static struct ww_sink sink;
    if (o->out == NULL)
        return WW_OK;
    enum ww_rc rc = ww_sink_open(&sink, o->out, e);
    return rc == WW_OK ? ww_sink_close(&sink, e) : rc;
}

enum ww_rc ww_setup_open(struct ww_setup *s, const struct ww_opts *o, const char *command,
                         const char *const *sources, bool live, struct ww_err *e)
{
    enum ww_rc rc = ww_setup_judge(s, o, e);
    if (rc != WW_OK || o->test_config)
        return rc;
    rc = try_output(o, e);
    if (rc == WW_OK)
        rc = open_store(s, o, command, sources, live, e);
    if (rc != WW_OK || o->events == NULL)
        return rc;
    struct ww_eve_cfg ec = { .path = o->events,
                             .registry = &s->registry,
                             .app_names = s->app_names,
                             .source_names = sources,
                             .live = live,
                             .strict = o->privacy_strict,
                             .tunnel_name = ww_tunnel_name,
                             .texts = ww_setup_texts(s) };
    return ww_eve_open(&s->eve, &ec, e);
}

enum ww_rc ww_setup_close(struct ww_setup *s, struct ww_err *e)
{
    struct ww_err second;
    enum ww_rc rc = ww_eve_close(s->eve, e);
    enum ww_rc rs = ww_store_close(s->store, rc == WW_OK ? e : &second);
    ww_judge_free(s->judge);
    ww_guide_free(s->guide);
    ww_site_free(s->site);
    *s = (struct ww_setup){ .judge = NULL };
    return rc != WW_OK ? rc : rs;
}

void ww_setup_drop(struct ww_setup *s)
{
    struct ww_err e;
    if (ww_setup_close(s, &e) != WW_OK)
        ww_note("%s", e.text);
}

void ww_setup_language(const struct ww_setup *s, struct ww_opts *o)
{
    if (!o->lang_given && ww_site_language(s->site)[0] != 0)
        o->lang_ja = strcmp(ww_site_language(s->site), "ja") == 0;
}

struct ww_pipeline_cfg ww_setup_pipeline(const struct ww_setup *s, const struct ww_opts *o,
                                         const char *const *sources, size_t n)
{
    struct ww_pipeline_cfg pc = { .worker = o->worker,
                                  .workers = o->jobs,
                                  .sources = sources,
                                  .nsources = (unsigned)n,
                                  .filter = o->filter,
                                  .midstream_ppm = ww_site_thresholds(s->site)->midstream_ppm,
                                  .ring_bytes = (size_t)o->ring_mib << 20,
                                  .cpus = o->cpus,
                                  .ncpus = o->ncpus,
                                  .out = { .judge = s->judge, .store = s->store, .eve = s->eve } };
    pc.worker.dissectors = ww_dissectors;
    pc.worker.key = ww_key_random();
    return pc;
}

/* Return: the exit code. */
static int opened(struct ww_setup *s, struct ww_opts *o, const char *const *sources, size_t n,
                  ww_setup_fn *run)
{
    struct ww_err e;
    if (o->test_config) {
        (void)puts("configuration, site file and declarations are usable");
        ww_setup_drop(s);
        return WW_EXIT_OK;
    }
    ww_setup_language(s, o);
    struct ww_pipeline_cfg pc = ww_setup_pipeline(s, o, sources, n);
    int code = run(s, o, &pc);
    if (ww_setup_close(s, &e) != WW_OK && code == WW_EXIT_OK)
        code = ww_tell(&e);
    return code;
}

int ww_setup_run(struct ww_opts *o, const char *command, const char *const *sources, size_t n,
                 bool live, ww_setup_fn *run)
{
    struct ww_setup s = { .judge = NULL };
    struct ww_err e;
    char *own = NULL;
    int code;
    enum ww_rc rc = ww_config_read(o, &e);
    if (rc == WW_OK)
        rc = ww_cli_filter(o, &own, &e);
    if (rc == WW_OK)
        rc = ww_setup_open(&s, o, command, sources, live, &e);
    if (rc == WW_OK) {
        code = opened(&s, o, sources, n, run);
    } else {
        code = ww_tell(&e);
        ww_setup_drop(&s);
    }
    free(own);
    return code;
}
