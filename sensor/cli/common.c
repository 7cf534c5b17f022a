/* common.c - pieces that several commands share. */
#include "sensor/cli/cli.h"
#include <string.h>
#include <unistd.h>

/* Reads the filter of -F; a BPF expression in a file may have line breaks. */
enum ww_rc ww_cli_filter(struct ww_opts *o, char **own, struct ww_err *e)
{
    size_t n = 0;
    if (o->filter_file == NULL)
        return WW_OK;
    enum { FILTER_MAX = 65536 };
    enum ww_rc rc = ww_file_read(own, &n, o->filter_file, FILTER_MAX, e);
    if (rc != WW_OK)
        return rc;
    for (char *p = *own; *p != 0; p++)
        if (*p == '\n' || *p == '\r')
            *p = ' ';
    o->filter = *own;
    return WW_OK;
}

enum ww_rc ww_cli_summary(struct ww_setup *s, const struct ww_opts *o, struct ww_err *e)
{
    static struct ww_sink sink;
    enum ww_rc rc = ww_sink_open(&sink, o->out != NULL ? o->out : "-", e);
    if (rc != WW_OK)
        return rc;
    struct ww_report_cfg rc_cfg = { .json = o->format == WW_FMT_JSON,
                                    .ja = o->lang_ja,
                                    .color = o->out == NULL && ww_term_color(STDOUT_FILENO),
                                    .width = o->out == NULL ? ww_term_width(STDOUT_FILENO) : 100,
                                    .texts = ww_setup_texts(s),
                                    .db_path = o->db };
    rc = ww_report_summary(&sink.o, s->store, &rc_cfg, e);
    struct ww_err second;
    enum ww_rc rs = ww_sink_close(&sink, rc == WW_OK ? e : &second);
    return rc != WW_OK ? rc : rs;
}
