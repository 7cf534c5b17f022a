/* validate.c - wardwatch validate: the observed footprint of one device against its declaration. */
#include "rules/baseline/footprint.h"
#include "sensor/cli/cli.h"
#include "sensor/cli/inputs.h"
#include <stdlib.h>
#include <unistd.h>

static int usage(const char *what)
{
    (void)fprintf(stderr, "wardwatch: validate: %s; see 'wardwatch validate --help'\n", what);
    return WW_EXIT_INPUT;
}

/* What a validation holds open beside the common set-up. */
struct val {
    struct ww_footprint *fp;
    struct ww_fp_words *words;
};

static enum ww_rc show(const struct val *v, const struct ww_opts *o, struct ww_err *e)
{
    static struct ww_sink sink;
    enum ww_rc rc = ww_sink_open(&sink, o->out != NULL ? o->out : "-", e);
    if (rc != WW_OK)
        return rc;
    if (o->format == WW_FMT_JSON)
        ww_fp_json(v->fp, &sink.o);
    else
        ww_fp_text(v->fp, v->words, o->lang_ja ? "ja" : "en", &sink.o);
    return ww_sink_close(&sink, e);
}

static int run(struct ww_setup *s, const struct ww_opts *o, const struct ww_inputs *in,
               const struct val *v, struct ww_err *e)
{
    struct ww_pipeline_result r;
    struct ww_pipeline_cfg pc = ww_setup_pipeline(s, o, in->path, in->n);
    pc.workers = 1;
    pc.stop = ww_stop_flag();
    if (ww_pipeline_files(&pc, &r, e) != WW_OK)
        return ww_tell(e);
    if (r.damaged > 0) /* a verdict over a part of the evidence would claim too much */
        return ww_tell(&r.first);
    if (r.stopped) {
        ww_note("ended early by a signal; no verdict");
        return WW_EXIT_EARLY;
    }
    unsigned reasons = 0;
    enum ww_fp_result result = ww_fp_result(v->fp, &reasons);
    if (show(v, o, e) != WW_OK)
        return ww_tell(e);
    return (int)result;
}

static enum ww_rc open_all(struct ww_setup *s, struct val *v, struct ww_opts *o,
                           struct ww_inputs *in, char **own, struct ww_err *e)
{
    enum ww_rc rc = ww_inputs_open(in, o->args, o->nargs, e);
    if (rc == WW_OK)
        rc = ww_cli_filter(o, own, e);
    if (rc == WW_OK)
        rc = ww_setup_judge(s, o, e);
    if (rc == WW_OK)
        rc = ww_fp_words_open(&v->words, o->data, e);
    const struct ww_baseline *b = rc == WW_OK ? ww_judge_baseline(s->judge, 0) : NULL;
    if (rc == WW_OK && b == NULL)
        rc = WW_FAIL(e, WW_E_CONF, "%s: no declaration was read from it", o->baselines.v[0]);
    if (rc == WW_OK)
        rc = ww_fp_new(&v->fp, b, o->devices.v[0], e);
    if (rc != WW_OK)
        return rc;
    const struct ww_site_thresholds *t = ww_site_thresholds(s->site);
    ww_fp_thresholds(v->fp, t->loss_ppm, t->one_way_ppm);
    ww_judge_footprint(s->judge, v->fp, o->devices.v[0]);
    ww_setup_language(s, o);
    return WW_OK;
}

int ww_cmd_validate(struct ww_opts *o)
{
    struct ww_setup s = { .judge = NULL };
    struct ww_inputs in = { .n = 0 };
    struct val v = { .fp = NULL };
    struct ww_err e;
    char *own = NULL;
    if (o->nargs == 0)
        return usage("no capture named");
    if (o->baselines.n != 1)
        return usage("one declaration is needed: --baseline FILE");
    if (o->devices.n != 1)
        return usage("one device is needed: --device ID, MAC or IP");
    int code = open_all(&s, &v, o, &in, &own, &e) == WW_OK ? run(&s, o, &in, &v, &e) : ww_tell(&e);
    ww_setup_drop(&s);
    ww_fp_free(v.fp);
    ww_fp_words_free(v.words);
    ww_inputs_close(&in);
    free(own);
    return code;
}
