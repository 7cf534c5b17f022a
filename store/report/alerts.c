/* alerts.c - `alerts list` and `alerts show`. */
#include "store/report/summary.h"
#include <errno.h>

enum { CELL_MAX = 1024 };

struct list {
    struct ww_page p;
    const struct ww_report_cfg *cfg;
    struct ww_grid grid;
    uint64_t n;
};

static struct ww_page page(struct ww_out *o, const struct ww_report_cfg *cfg)
{
    return (struct ww_page){ .o = o,
                             .ja = cfg->ja,
                             .color = cfg->color,
                             .width =
                                 cfg->width >= WW_PAGE_WIDTH_MIN ? cfg->width : WW_PAGE_WIDTH };
}

static uint64_t now_of(const struct ww_store *s, const struct ww_report_cfg *cfg, enum ww_rc *rc,
                       struct ww_err *e)
{
    struct ww_totals t;
    *rc = WW_OK;
    if (cfg->now_ns != 0)
        return cfg->now_ns;
    *rc = ww_model_totals(s, &t, 0, e);
    return t.last;
}

static void cell(struct list *l, struct ww_out *o)
{
    ww_grid_cell(&l->grid, (struct ww_slice){ (const uint8_t *)o->buf, o->n });
    o->n = 0;
    o->cut = false;
}

static const char *class_name(const struct list *l, unsigned id)
{
    const struct ww_guide *g = l->cfg->texts.guide;
    const struct ww_class *c = g != NULL ? ww_guide_class(g, (uint16_t)id) : NULL;
    return c != NULL ? c->name.s[l->p.ja ? WW_LANG_JA : WW_LANG_EN] : "";
}

static void row(void *to, const struct ww_alert_row *r)
{
    struct list *l = to;
    char b[CELL_MAX], n[WW_NUM], id[12];
    struct ww_out o = ww_out(b, sizeof b);
    bool hidden = strcmp(r->state, "closed") == 0 || strcmp(r->state, "suppressed") == 0;
    l->n++;
    ww_grid_row(&l->grid, hidden ? WW_INK_DIM : ww_alert_ink(r->a.level));
    ww_out_u64(&o, r->id);
    cell(l, &o);
    ww_out_f(&o, "%u %s %c", r->a.level, ww_level_word(&l->cfg->texts, l->p.ja, r->a.level),
             r->a.track.len > 0 ? r->a.track.b[0] : ' ');
    cell(l, &o);
    ww_out_s(&o, ww_state_word(l->p.ja, r->state));
    cell(l, &o);
    ww_out_s(&o, ww_class_text(id, r->a.class));
    ww_out_raw(&o, r->a.variant.b, r->a.variant.len);
    ww_out_f(&o, " %s", class_name(l, r->a.class));
    cell(l, &o);
    if (r->a.device_label.len > 0)
        ww_out_raw(&o, r->a.device_label.b, r->a.device_label.len);
    else
        ww_out_raw(&o, r->a.asset_id.b, r->a.asset_id.len);
    cell(l, &o);
    ww_out_raw(&o, r->a.peer.b, r->a.peer.len);
    cell(l, &o);
    ww_out_s(&o, ww_num_text(n, r->a.count));
    cell(l, &o);
    ww_out_s(&o, ww_when_text(n, r->a.last_seen, WW_UTC_OFFSET));
    cell(l, &o);
}

static void row_json(void *to, const struct ww_alert_row *r)
{
    struct list *l = to;
    l->n++;
    ww_alert_json(l->p.o, &l->cfg->texts, r);
}

enum ww_rc ww_report_alerts(struct ww_out *o, const struct ww_store *s,
                            const struct ww_report_cfg *cfg, struct ww_err *e)
{
    struct list l = { .p = page(o, cfg), .cfg = cfg };
    const struct ww_page *p = &l.p;
    enum ww_rc rc;
    uint64_t now = now_of(s, cfg, &rc, e);
    if (rc != WW_OK)
        return rc;
    const struct ww_alert_ask ask = { .now_ns = now };
    if (cfg->json) {
        ww_json_open(o, NULL, '[');
        rc = ww_model_alerts(s, &ask, row_json, &l, e);
        ww_json_close(o, ']');
        ww_out_c(o, '\n');
        return rc;
    }
    l.grid =
        (struct ww_grid){ .ncols = 8,
                          .head = { ww_page_w(p, "番号", "no."), ww_page_w(p, "レベル", "level"),
                                    ww_page_w(p, "状態", "state"), ww_page_w(p, "警報", "alert"),
                                    ww_page_w(p, "機器", "device"), ww_page_w(p, "相手", "peer"),
                                    ww_page_w(p, "回数", "count"),
                                    ww_page_w(p, "最終 (JST)", "last (JST)") },
                          .right = { [0] = true, [6] = true } };
    rc = ww_model_alerts(s, &ask, row, &l, e);
    if (rc == WW_OK && l.n > 0)
        ww_grid_print(&l.grid, p);
    ww_grid_free(&l.grid);
    if (rc == WW_OK && l.n == 0)
        ww_out_s(o, ww_page_w(p, "警報は記録されていません。問題がないことを意味しません。\n",
                              "No alerts are stored. That does not mean that nothing is wrong.\n"));
    return rc;
}

/* ---- one alert ---- */
static void action(void *to, const struct ww_action_row *r)
{
    struct list *l = to;
    const struct ww_page *p = &l->p;
    char b[CELL_MAX * 2], t[WW_NUM], z[WW_NUM];
    struct ww_out o = ww_out(b, sizeof b);
    ww_out_f(&o, "%s %s  ", ww_when_text(t, r->at, WW_UTC_OFFSET), ww_zone_text(z, WW_UTC_OFFSET));
    ww_out_raw(&o, r->action.p, r->action.n);
    ww_out_s(&o, ww_page_w(p, "、", " by "));
    ww_out_raw(&o, r->who.p, r->who.n);
    if (r->until != 0)
        ww_out_f(&o, p->ja ? "、%sまで" : ", until %s", ww_when_text(t, r->until, WW_UTC_OFFSET));
    if (r->why.n > 0) {
        ww_out_s(&o, ": ");
        ww_out_raw(&o, r->why.p, r->why.n);
    }
    ww_out_s(p->o, l->n++ == 0 ? ww_page_w(p, "\n対応の記録\n  ", "\nWhat was decided\n  ") : "  ");
    ww_page_put(p, 2, 4, (struct ww_slice){ (const uint8_t *)b, o.n });
    ww_out_c(p->o, '\n');
}

static void action_json(void *to, const struct ww_action_row *r)
{
    struct list *l = to;
    struct ww_out *o = l->p.o;
    char t[WW_TIME_TEXT];
    ww_json_open(o, NULL, '{');
    ww_json_cstr(o, "at", ww_time_text(t, r->at));
    ww_json_str(o, "who", r->who);
    ww_json_str(o, "action", r->action);
    if (r->why.n > 0)
        ww_json_str(o, "why", r->why);
    if (r->until != 0)
        ww_json_cstr(o, "until", ww_time_text(t, r->until));
    ww_json_close(o, '}');
}

static void full(void *to, const struct ww_alert_row *r)
{
    struct list *l = to;
    l->n++;
    if (l->cfg->json)
        ww_alert_json(l->p.o, &l->cfg->texts, r);
    else
        ww_alert_page(&l->p, &l->cfg->texts, r, WW_DETAIL_FULL);
}

enum ww_rc ww_report_alert(struct ww_out *o, const struct ww_store *s, uint64_t id,
                           const struct ww_report_cfg *cfg, struct ww_err *e)
{
    struct list l = { .p = page(o, cfg), .cfg = cfg };
    enum ww_rc rc;
    uint64_t now = now_of(s, cfg, &rc, e);
    if (rc != WW_OK)
        return rc;
    const struct ww_alert_ask ask = { .id = id, .now_ns = now };
    if (cfg->json) {
        ww_json_open(o, NULL, '{');
        ww_json_open(o, "alert", '[');
    }
    if (id != 0)
        rc = ww_model_alerts(s, &ask, full, &l, e);
    if (rc == WW_OK && l.n == 0) {
        errno = 0;
        rc = WW_FAIL(e, WW_E_CONF, "%s: no alert %llu; see 'wardwatch alerts list'",
                     cfg->db_path != NULL ? cfg->db_path : "the store", (unsigned long long)id);
    }
    l.n = 0;
    if (cfg->json) {
        ww_json_close(o, ']');
        ww_json_open(o, "actions", '[');
    }
    if (rc == WW_OK)
        rc = ww_model_actions(s, id, cfg->json ? action_json : action, &l, e);
    if (cfg->json) {
        ww_json_close(o, ']');
        ww_json_close(o, '}');
        ww_out_c(o, '\n');
    }
    return rc;
}
