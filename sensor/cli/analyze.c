/* analyze.c - wardwatch analyze: captures in, events, store and a summary for people out. */
#include "sensor/cli/cli.h"
#include "sensor/cli/inputs.h"
#include <string.h>
#include <unistd.h>

static void progress(void *to, uint64_t done, uint64_t size, uint64_t packets)
{
    (void)to;
    if (size > 0)
        (void)fprintf(stderr, "\r%3u%%  %llu packets ", (unsigned)(done * 100 / size),
                      (unsigned long long)packets);
    else
        (void)fprintf(stderr, "\r%llu packets ", (unsigned long long)packets);
    (void)fflush(stderr);
}

/* The highest level that was raised, for --fail-level. */
static void see_level(void *to, const struct ww_event *e)
{
    unsigned *level = to;
    const struct ww_alert *a = (const struct ww_alert *)(const void *)e->body;
    if (a->level > *level)
        *level = a->level;
}

static void notes(const struct ww_setup *s, const struct ww_pipeline_result *r)
{
    for (size_t i = 0; ww_judge_note(s->judge, i) != NULL; i++)
        ww_note("%s", ww_judge_note(s->judge, i));
    if (r->filtered > 0)
        ww_note("%llu packets were left out by the filter", (unsigned long long)r->filtered);
    if (r->strange > 0)
        ww_note("%llu packets have a link layer that is not known here (the first: link type %u) and "
                "were not read",
                (unsigned long long)r->strange, r->strange_link);
    if (r->stopped)
        ww_note("ended early by a signal; the result covers what was read until then");
    if (r->damaged > 1)
        ww_note("%u captures could not be read to their end", r->damaged);
}

/* The run itself, with everything open. Return: the exit code. */
static int run(struct ww_setup *s, struct ww_opts *o, struct ww_pipeline_cfg *pc)
{
    struct ww_pipeline_result r;
    struct ww_err e;
    unsigned level = 0;
    bool bar = !o->quiet && isatty(STDERR_FILENO);
    bool only_events = o->events != NULL && strcmp(o->events, "-") == 0 && o->out == NULL;
    if (only_events && o->db == NULL)
        pc->out.store = NULL; /* nobody would read it */
    pc->out.tap = see_level;
    pc->out.tap_to = &level;
    pc->out.tap_type = &ww_alert_type;
    pc->stop = ww_stop_flag();
    pc->progress = bar ? progress : NULL;
    if (ww_pipeline_files(pc, &r, &e) != WW_OK)
        return ww_tell(&e);
    if (bar)
        (void)fprintf(stderr, "\r%40s\r", "");
    if (r.damaged == pc->nsources && r.stats.capture__packets == 0)
        return ww_tell(&r.first); /* nothing could be read: no result to show */
    notes(s, &r);
    int code = r.stopped ? WW_EXIT_EARLY : WW_EXIT_OK;
    bool broken = ww_store_sync(s->store, &e) != WW_OK;
    if (broken)
        code = ww_tell(&e);
    if (s->eve != NULL && ww_eve_sync(s->eve, &e) != WW_OK)
        code = ww_tell(&e);
    if (!only_events && ww_cli_summary(s, o, &e) != WW_OK && !(broken && e.rc == WW_E_DATA))
        code = ww_tell(&e); /* a damaged store has been told already */
    if (r.damaged > 0) {
        int rc = ww_tell(&r.first);
        code = code == WW_EXIT_OK ? rc : code;
    }
    if (code == WW_EXIT_OK && o->fail_level > 0 && level >= o->fail_level)
        code = WW_EXIT_FOUND;
    return code;
}

int ww_cmd_analyze(struct ww_opts *o)
{
    struct ww_inputs in;
    struct ww_err e;
    if (o->nargs == 0 && !o->test_config) {
        (void)fputs("wardwatch: analyze: no capture named; see 'wardwatch analyze --help'\n", stderr);
        return WW_EXIT_INPUT;
    }
    int code = ww_inputs_open(&in, o->args, o->nargs, &e) == WW_OK
                   ? ww_setup_run(o, "analyze", in.path, in.n, false, run)
                   : ww_tell(&e);
    ww_inputs_close(&in);
    return code;
}
