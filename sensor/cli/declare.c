/* declare.c - wardwatch baseline, site and alerts classes: commands on declarations and data. */
#include "sensor/cli/cli.h"
#include <string.h>

static int close_sink(struct ww_sink *s, int code)
{
    struct ww_err e;
    return ww_sink_close(s, &e) == WW_OK ? code : ww_tell(&e);
}

int ww_cmd_baseline(struct ww_opts *o)
{
    static struct ww_sink sink;
    struct ww_yang *y = NULL;
    struct ww_err e;
    bool show = o->nargs > 0 && strcmp(o->args[0], "show") == 0;
    if (o->nargs < 2 || (!show && strcmp(o->args[0], "check") != 0)) {
        (void)fputs("wardwatch: baseline: check or show, and files, are needed; see 'wardwatch "
                    "baseline --help'\n",
                    stderr);
        return WW_EXIT_INPUT;
    }
    if (ww_yang_open(&y, o->data, &e) != WW_OK)
        return ww_tell(&e);
    if (ww_sink_open(&sink, o->out != NULL ? o->out : "-", &e) != WW_OK) {
        ww_yang_free(y);
        return ww_tell(&e);
    }
    int worst = WW_EXIT_OK;
    for (size_t i = 1; i < o->nargs; i++) {
        int rc = show ? ww_baseline_show_file(o->args[i], y, &sink.o)
                      : ww_baseline_check_file(o->args[i], y, &sink.o);
        worst = rc > worst ? rc : worst;
    }
    ww_yang_free(y);
    return close_sink(&sink, worst);
}

int ww_cmd_site(struct ww_opts *o)
{
    static struct ww_sink sink;
    struct ww_err e;
    if (o->nargs != 2 || strcmp(o->args[0], "check") != 0) {
        (void)fputs("wardwatch: site: check and a file are needed; see 'wardwatch site --help'\n",
                    stderr);
        return WW_EXIT_INPUT;
    }
    if (ww_sink_open(&sink, o->out != NULL ? o->out : "-", &e) != WW_OK)
        return ww_tell(&e);
    return close_sink(&sink, ww_site_check(o->args[1], ww_wall_ns(), &sink.o));
}

int ww_cli_classes(const struct ww_opts *o)
{
    static struct ww_sink sink;
    struct ww_guide *g = NULL;
    struct ww_err e;
    if (ww_guide_load(&g, o->data, &e) != WW_OK)
        return ww_tell(&e);
    if (ww_sink_open(&sink, o->out != NULL ? o->out : "-", &e) != WW_OK) {
        ww_guide_free(g);
        return ww_tell(&e);
    }
    enum ww_lang lang = o->lang_ja ? WW_LANG_JA : WW_LANG_EN;
    for (unsigned id = 0; id < 1000; id++) {
        const struct ww_class *c = ww_guide_class(g, (uint16_t)id);
        if (c == NULL)
            continue;
        ww_out_f(&sink.o, "WD-%03u  %s\n", id, c->name.s[lang]);
        for (unsigned v = 0; v < c->nvariants; v++)
            ww_out_f(&sink.o, "   %c     %s\n", c->variant[v].id,
                     c->variant[v].name.s[lang] != NULL ? c->variant[v].name.s[lang] : "");
    }
    ww_guide_free(g);
    return close_sink(&sink, WW_EXIT_OK);
}
