/* records.c - wardwatch alerts, report and store: commands on a database. */
#include "sensor/cli/cli.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int usage_of(const char *command, const char *what)
{
    (void)fprintf(stderr, "wardwatch: %s: %s; see 'wardwatch %s --help'\n", command, what, command);
    return WW_EXIT_INPUT;
}

/* A command that writes one result to -o or standard output. */
typedef enum ww_rc render_fn(struct ww_out *o, const struct ww_store *s, uint64_t id,
                             const struct ww_report_cfg *cfg, struct ww_err *e);

static enum ww_rc do_summary(struct ww_out *o, const struct ww_store *s, uint64_t id,
                             const struct ww_report_cfg *cfg, struct ww_err *e)
{
    (void)id;
    return ww_report_summary(o, s, cfg, e);
}
static enum ww_rc do_list(struct ww_out *o, const struct ww_store *s, uint64_t id,
                          const struct ww_report_cfg *cfg, struct ww_err *e)
{
    (void)id;
    return ww_report_alerts(o, s, cfg, e);
}
static enum ww_rc do_info(struct ww_out *o, const struct ww_store *s, uint64_t id,
                          const struct ww_report_cfg *cfg, struct ww_err *e)
{
    (void)id;
    return ww_store_info(o, s, cfg->json, e);
}

static int render(const struct ww_opts *o, const char *path, bool guide, render_fn *fn, uint64_t id)
{
    static struct ww_sink sink;
    struct ww_store *s = NULL;
    struct ww_setup with = { .judge = NULL }; /* guide and contacts for the texts */
    struct ww_err e;
    enum ww_rc rc = ww_store_open_read(&s, path, &e);
    if (rc == WW_OK && o->site != NULL)
        rc = ww_site_load(&with.site, o->site, &e);
    if (rc == WW_OK && guide)
        rc = ww_guide_load(&with.guide, o->data, &e);
    if (rc == WW_OK)
        rc = ww_sink_open(&sink, o->out != NULL ? o->out : "-", &e);
    const char *lang = o->lang_given ? "" : ww_site_language(with.site);
    if (rc == WW_OK) {
        struct ww_report_cfg cfg = { .json = o->format == WW_FMT_JSON,
                                     .ja = lang[0] != 0 ? strcmp(lang, "ja") == 0 : o->lang_ja,
                                     .color = o->out == NULL && ww_term_color(STDOUT_FILENO),
                                     .width = o->out == NULL ? ww_term_width(STDOUT_FILENO) : 100,
                                     .texts = ww_setup_texts(&with),
                                     .db_path = path,
                                     .now_ns = ww_wall_ns() };
        rc = fn(&sink.o, s, id, &cfg, &e);
        struct ww_err second;
        enum ww_rc rs = ww_sink_close(&sink, rc == WW_OK ? &e : &second);
        rc = rc != WW_OK ? rc : rs;
    }
    ww_setup_drop(&with);
    struct ww_err last;
    enum ww_rc rs = ww_store_close(s, rc == WW_OK ? &e : &last);
    rc = rc != WW_OK ? rc : rs;
    return rc == WW_OK ? WW_EXIT_OK : ww_tell(&e);
}

static bool number_of(const char *v, uint64_t *out)
{
    char *end = NULL;
    if (v == NULL || v[0] < '0' || v[0] > '9')
        return false;
    *out = strtoull(v, &end, 10);
    return *end == 0;
}

/* The end of the day that a date names, UTC. */
static bool end_of_day(const char *v, uint64_t *ns)
{
    struct tm tm = { .tm_isdst = 0 };
    const char *end = strptime(v, "%Y-%m-%d", &tm);
    if (end == NULL || *end != 0)
        return false;
    time_t t = timegm(&tm);
    if (t < 0)
        return false;
    *ns = ((uint64_t)t + 86399) * 1000000000u;
    return true;
}

static int act(const struct ww_opts *o, uint64_t id)
{
    struct ww_err e;
    struct ww_store *s = NULL;
    struct ww_operator op = { .action = o->args[0],
                              .alert = id,
                              .who = o->who != NULL ? o->who : getenv("USER"),
                              .why = o->reason,
                              .at_ns = ww_wall_ns() };
    if (op.who == NULL || op.who[0] == 0)
        return usage_of("alerts", "who acts? name it with --by");
    if (o->until != NULL && !end_of_day(o->until, &op.until_ns))
        return usage_of("alerts", "--until needs a date such as 2026-12-31");
    enum ww_rc rc = ww_store_open_operator(&s, o->db, &e);
    if (rc == WW_OK)
        rc = ww_store_act(s, &op, &e);
    struct ww_err last;
    enum ww_rc rs = ww_store_close(s, rc == WW_OK ? &e : &last);
    rc = rc != WW_OK ? rc : rs;
    if (rc != WW_OK)
        return ww_tell(&e);
    (void)printf("alert %llu: %s noted\n", (unsigned long long)id, op.action);
    return WW_EXIT_OK;
}

int ww_cmd_alerts(struct ww_opts *o)
{
    uint64_t id = 0;
    const char *what = o->nargs > 0 ? o->args[0] : "list";
    if (strcmp(what, "classes") == 0)
        return ww_cli_classes(o);
    if (o->db == NULL)
        return usage_of("alerts", "which store? name it with --db");
    if (strcmp(what, "list") == 0 && o->nargs <= 1)
        return render(o, o->db, true, do_list, 0);
    if (o->nargs != 2 || !number_of(o->args[1], &id))
        return usage_of("alerts", "list, or show, ack, close, suppress and the number of an alert");
    if (strcmp(what, "show") == 0)
        return render(o, o->db, true, ww_report_alert, id);
    if (strcmp(what, "ack") == 0 || strcmp(what, "close") == 0 || strcmp(what, "suppress") == 0)
        return act(o, id);
    return usage_of("alerts", "list, show, ack, close, suppress or classes is needed");
}

int ww_cmd_report(struct ww_opts *o)
{
    if (o->nargs != 1 || strcmp(o->args[0], "summary") != 0)
        return usage_of("report", "which report? there is: summary");
    if (o->db == NULL)
        return usage_of("report", "which store? name it with --db");
    return render(o, o->db, true, do_summary, 0);
}

static int verify(const struct ww_opts *o, const char *path)
{
    struct ww_store *s = NULL;
    struct ww_verify v = { .good = false };
    struct ww_err e;
    (void)o;
    enum ww_rc rc = ww_store_open_read(&s, path, &e);
    if (rc == WW_OK)
        rc = ww_store_verify(s, &v, &e);
    struct ww_err last;
    enum ww_rc rs = ww_store_close(s, rc == WW_OK ? &e : &last);
    rc = rc != WW_OK ? rc : rs;
    if (rc != WW_OK)
        return ww_tell(&e);
    (void)printf("%s: %s; %llu links over %llu alerts and %llu operator actions\n", path,
                 v.good ? "chain unbroken" : v.bad, (unsigned long long)v.links,
                 (unsigned long long)v.alerts, (unsigned long long)v.actions);
    if (v.good && v.links > 0)
        (void)printf("head %s\nNoted elsewhere, this value also shows that nothing was cut off.\n",
                     v.head);
    return v.good ? WW_EXIT_OK : WW_EXIT_FOUND;
}

int ww_cmd_store(struct ww_opts *o)
{
    if (o->nargs == 2 && strcmp(o->args[0], "verify") == 0)
        return verify(o, o->args[1]);
    if (o->nargs == 2 && strcmp(o->args[0], "info") == 0)
        return render(o, o->args[1], false, do_info, 0);
    return usage_of("store", "verify or info, and the file, are needed");
}
