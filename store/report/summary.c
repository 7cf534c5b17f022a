/* summary.c - the result for people: who is there, who speaks with whom, what to do, what was not
 * seen. */
#include "store/report/summary.h"

enum { ROWS = 20, CELL_MAX = 1024, BRIEF_LEVEL = 2 /* caution */ };

struct page {
    struct ww_page p;
    const struct ww_report_cfg *cfg;
    struct ww_grid grid;
    uint64_t shown, total, limit;
    uint64_t brief; /* alerts that were shortened */
};

static void head(const struct ww_page *p, const char *text)
{
    ww_out_c(p->o, '\n');
    ww_page_ink(p, WW_INK_BOLD);
    ww_out_s(p->o, text);
    ww_page_ink(p, WW_INK_NONE);
    ww_out_c(p->o, '\n');
}

/* "… and 7 more": says where the rest is. */
static void more(const struct page *g)
{
    char n[WW_NUM];
    if (g->total <= g->shown)
        return;
    ww_out_f(g->p.o, g->p.ja ? "  … 他 %s 件" : "  … and %s more",
             ww_num_text(n, g->total - g->shown));
    if (g->cfg->db_path != NULL) {
        ww_out_s(g->p.o,
                 ww_page_w(&g->p, "（--format json、または ", " (use --format json, or read "));
        ww_text_clean(g->p.o, ww_slice_str(g->cfg->db_path));
        ww_out_s(g->p.o, ww_page_w(&g->p, " を参照）\n", ")\n"));
    } else {
        ww_out_s(g->p.o, ww_page_w(&g->p, "（--format json または --db で全件）\n",
                                   " (use --format json or --db)\n"));
    }
}

/* ---- title and sources ---- */
static void source(void *to, const struct ww_source_row *r)
{
    struct page *g = to;
    g->total++;
    if (g->shown >= g->limit)
        return;
    char n[WW_NUM], t[WW_NUM], z[WW_NUM];
    g->shown++;
    ww_out_s(g->p.o, "  ");
    ww_text_clean(g->p.o, r->name);
    if (r->first == 0) {
        ww_out_s(g->p.o, ww_page_w(&g->p, "（パケットなし）", " (no packets seen)"));
    } else {
        ww_out_f(g->p.o, "  %s %s", ww_when_text(t, r->first, WW_UTC_OFFSET),
                 ww_zone_text(z, WW_UTC_OFFSET));
        ww_out_f(g->p.o, g->p.ja ? " から %s" : ", %s",
                 ww_span_text(n, g->p.ja, r->last - r->first));
    }
    ww_out_c(g->p.o, '\n');
}

static enum ww_rc title(struct page *g, const struct ww_store *s, const struct ww_totals *t,
                        struct ww_err *e)
{
    const struct ww_page *p = &g->p;
    char a[WW_NUM], b[WW_NUM], z[WW_NUM], n[WW_NUM];
    ww_page_ink(p, WW_INK_BOLD);
    ww_out_s(p->o, ww_page_w(p, "wardwatch 観測結果", "wardwatch: what was seen"));
    if (t->hospital[0] != 0) {
        ww_out_s(p->o, ww_page_w(p, "　", ", "));
        ww_text_clean(p->o, ww_slice_str(t->hospital));
    }
    ww_page_ink(p, WW_INK_NONE);
    ww_out_c(p->o, '\n');
    if (t->first != 0)
        ww_out_f(p->o, p->ja ? "%s ～ %s %s（%s）\n" : "%s to %s %s (%s)\n",
                 ww_when_text(a, t->first, WW_UTC_OFFSET), ww_when_text(b, t->last, WW_UTC_OFFSET),
                 ww_zone_text(z, WW_UTC_OFFSET), ww_span_text(n, p->ja, t->last - t->first));
    g->shown = g->total = 0;
    enum ww_rc rc = ww_model_sources(s, source, g, e);
    more(g);
    if (t->site_file[0] == 0)
        ww_out_s(p->o, ww_page_w(p, "  site file なし: 区画・台帳・宣言の結び付けは不明です。\n",
                                 "  No site file: zones, ledger and bindings of declarations are "
                                 "unknown.\n"));
    ww_out_c(p->o, '\n');
    return rc;
}

/* ---- devices ---- */
static void add(struct ww_out *o, struct ww_slice list, const char *sep, size_t most)
{
    size_t at = 0, n = 0;
    for (struct ww_slice s = ww_model_item(list, &at); s.p != NULL; s = ww_model_item(list, &at)) {
        if (s.n == 0)
            continue;
        if (n++ == most) {
            ww_out_s(o, " …");
            return;
        }
        ww_out_s(o, o->n > 0 ? sep : "");
        ww_out_raw(o, s.p, s.n);
    }
}

/* "; AE CT01, CT02" */
static void labelled(struct ww_out *o, const char *label, struct ww_slice list, size_t most)
{
    char b[CELL_MAX];
    struct ww_out one = ww_out(b, sizeof b);
    add(&one, list, ", ", most);
    if (one.n == 0)
        return;
    ww_out_s(o, o->n > 0 ? "; " : "");
    ww_out_s(o, label);
    ww_out_raw(o, b, one.n);
}

static void cell(struct page *g, struct ww_out *o)
{
    ww_grid_cell(&g->grid, (struct ww_slice){ (const uint8_t *)o->buf, o->n });
    o->n = 0;
    o->cut = false;
}

static void device(void *to, const struct ww_device_row *r)
{
    struct page *g = to;
    char b[CELL_MAX];
    struct ww_out o = ww_out(b, sizeof b);
    g->shown++;
    ww_grid_row(&g->grid, WW_INK_NONE);
    ww_out_raw(&o, r->id.p, r->id.n);
    add(&o, ww_model_first(r->name.n > 0 ? r->name : r->hostname), " ", 1);
    cell(g, &o);
    add(&o, r->ips.n > 0 ? r->ips : r->ip, ", ", 3);
    add(&o, r->mac, " ", 1);
    cell(g, &o);
    add(&o, ww_model_first(r->vendor.n > 0 ? r->vendor : r->nic_vendor), " ", 1);
    add(&o, ww_model_first(r->model), " ", 1);
    cell(g, &o);
    add(&o, ww_model_first(r->class), ", ", 1);
    labelled(&o, ww_page_w(&g->p, "クラス ", "class "), ww_model_first(r->regulatory_class), 1);
    labelled(&o, "", ww_model_first(r->clinical_role), 1);
    labelled(&o, "", r->role, 4);
    cell(g, &o);
    add(&o, r->apps, ", ", 6);
    labelled(&o, ww_page_w(&g->p, "提供 ", "serves "), r->service, 4);
    labelled(&o, "AE ", r->ae_title, 3);
    labelled(&o, "HL7 ", r->hl7_application, 3);
    cell(g, &o);
    if (r->baseline.n > 0)
        add(&o, ww_model_base(ww_model_first(r->baseline)), ", ", 1);
    else
        ww_out_s(&o, ww_page_w(&g->p, "なし", "none"));
    cell(g, &o);
}

static enum ww_rc devices(struct page *g, const struct ww_store *s, const struct ww_totals *t,
                          struct ww_err *e)
{
    const struct ww_page *p = &g->p;
    char n[WW_NUM], m[WW_NUM];
    head(p, ww_page_w(p, "機器", "Devices"));
    g->shown = 0;
    g->total = t->devices;
    if (t->devices == 0) {
        ww_out_s(p->o, ww_page_w(p, "  機器は観測されませんでした。\n", "  No device was seen.\n"));
        return WW_OK;
    }
    ww_out_f(p->o, p->ja ? "%s台、うち宣言なし %s台\n" : "%s seen, %s without a declaration\n",
             ww_num_text(n, t->devices), ww_num_text(m, t->undeclared));
    g->grid = (struct ww_grid){
        .ncols = 6,
        .head = { ww_page_w(p, "機器", "device"), ww_page_w(p, "アドレス", "address"),
                  ww_page_w(p, "製造・型式", "vendor, model"), ww_page_w(p, "種別", "what it is"),
                  ww_page_w(p, "話すもの", "speaks"), ww_page_w(p, "宣言", "declaration") }
    };
    enum ww_rc rc = ww_model_devices(s, g->limit, device, g, e);
    if (rc == WW_OK)
        ww_grid_print(&g->grid, p);
    ww_grid_free(&g->grid);
    more(g);
    return rc;
}

/* ---- conversations ---- */
static const char *verdict_word(bool ja, struct ww_slice v)
{
    static const struct {
        const char *verdict, *ja, *en;
    } words[] = { { "violation", "宣言外", "NOT DECLARED" },
                  { "unresolved", "判定不能", "cannot tell" },
                  { "unbound", "宣言なし", "no declaration" },
                  { "permitted", "宣言内", "declared" },
                  { "infrastructure", "共通基盤", "infrastructure" } };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (ww_slice_eqs(v, words[i].verdict))
            return ja ? words[i].ja : words[i].en;
    return ja ? "未判定" : "not judged";
}

static void proto(struct ww_out *o, uint64_t ip_proto, uint64_t port)
{
    if (ip_proto == 6 || ip_proto == 17)
        ww_out_f(o, "%s/%llu", ip_proto == 6 ? "tcp" : "udp", (unsigned long long)port);
    else if (ip_proto == 1 || ip_proto == 58)
        ww_out_s(o, ip_proto == 1 ? "icmp" : "icmpv6");
    else if (ip_proto != 0)
        ww_out_f(o, "ip/%llu", (unsigned long long)ip_proto);
    else
        ww_out_c(o, '-');
}

static void conv(void *to, const struct ww_conv_row *r)
{
    struct page *g = to;
    char b[CELL_MAX], n[WW_NUM];
    struct ww_out o = ww_out(b, sizeof b);
    struct ww_slice peer = r->peer_id.n > 0 ? r->peer_id : r->peer;
    bool in = ww_slice_eqs(r->direction, "in");
    bool known = in || ww_slice_eqs(r->direction, "out");
    g->shown++;
    ww_grid_row(&g->grid, ww_slice_eqs(r->verdict, "violation") ? WW_INK_RED : WW_INK_NONE);
    ww_out_raw(&o, r->device.p, r->device.n);
    ww_out_s(&o, in ? " ← " : known ? " → " : " – ");
    ww_out_raw(&o, peer.p, peer.n);
    cell(g, &o);
    ww_out_raw(&o, r->app.p, r->app.n);
    cell(g, &o);
    proto(&o, r->ip_proto, r->port);
    cell(g, &o);
    ww_out_s(&o, ww_num_text(n, r->flows));
    cell(g, &o);
    ww_out_s(&o, ww_bytes_text(n, r->bytes_out));
    cell(g, &o);
    ww_out_s(&o, ww_bytes_text(n, r->bytes_in));
    cell(g, &o);
    ww_out_s(&o, verdict_word(g->p.ja, r->verdict));
    cell(g, &o);
}

static enum ww_rc conversations(struct page *g, const struct ww_store *s, uint64_t total,
                                struct ww_err *e)
{
    const struct ww_page *p = &g->p;
    head(p, ww_page_w(p, "通信", "Conversations"));
    g->shown = 0;
    g->total = total;
    if (total == 0) {
        ww_out_s(p->o, ww_page_w(p, "  通信は観測されませんでした。\n", "  None were seen.\n"));
        return WW_OK;
    }
    g->grid =
        (struct ww_grid){ .ncols = 7,
                          .head = { ww_page_w(p, "機器 → 相手", "device → peer"),
                                    ww_page_w(p, "種類", "speaks"), ww_page_w(p, "ポート", "port"),
                                    ww_page_w(p, "回数", "flows"), ww_page_w(p, "送信", "sent"),
                                    ww_page_w(p, "受信", "received"),
                                    ww_page_w(p, "照合", "verdict") },
                          .right = { [3] = true, [4] = true, [5] = true } };
    enum ww_rc rc = ww_model_convs(s, g->limit, conv, g, e);
    if (rc == WW_OK)
        ww_grid_print(&g->grid, p);
    ww_grid_free(&g->grid);
    more(g);
    return rc;
}

/* ---- alerts and the end ---- */
static void alert(void *to, const struct ww_alert_row *r)
{
    struct page *g = to;
    if (g->shown++ > 0)
        ww_out_c(g->p.o, '\n');
    /* what can wait until the next working day is told shortly */
    bool brief = r->a.level <= BRIEF_LEVEL;
    g->brief += brief;
    ww_alert_page(&g->p, &g->cfg->texts, r, brief ? WW_DETAIL_BRIEF : WW_DETAIL_NORMAL);
}

static void alert_counts(const struct page *g, const struct ww_totals *t)
{
    const struct ww_page *p = &g->p;
    const char *sep = "";
    for (unsigned level = 5; level > 0; level--) {
        if (t->open_alerts[level] == 0)
            continue;
        const char *word = ww_level_word(&g->cfg->texts, p->ja, level);
        ww_out_f(p->o, "%s%s", sep, p->ja ? word : "");
        ww_out_f(p->o, p->ja ? " %llu" : "%llu ", (unsigned long long)t->open_alerts[level]);
        ww_out_s(p->o, p->ja ? "" : word);
        sep = ww_page_w(p, "、", ", ");
    }
    if (t->closed > 0)
        ww_out_f(p->o, p->ja ? "%s終了 %llu" : "%s%llu closed", sep, (unsigned long long)t->closed);
    if (t->closed > 0)
        sep = ww_page_w(p, "、", ", ");
    if (t->suppressed > 0)
        ww_out_f(p->o, p->ja ? "%s抑制中 %llu" : "%s%llu suppressed", sep,
                 (unsigned long long)t->suppressed);
    ww_out_c(p->o, '\n');
}

/* Where the whole text of a shortened alert is. */
static void shortened(const struct page *g)
{
    char b[CELL_MAX];
    struct ww_out o = ww_out(b, sizeof b);
    const struct ww_page *p = &g->p;
    const char *path = g->cfg->db_path;
    ww_out_s(&o, ww_page_w(p, "注意・情報の警報は短く示しました。全文: ",
                           "Alerts of level caution and notice are shortened. Whole text: "));
    ww_out_s(&o, path != NULL ? "" : ww_page_w(p, "--db FILE を付けて保存し、", "add --db FILE, then "));
    ww_out_s(&o, ww_page_w(p, "wardwatch alerts show 番号 --db ", "wardwatch alerts show NO --db "));
    ww_text_clean(&o, ww_slice_str(path != NULL ? path : "FILE"));
    ww_out_s(p->o, "\n  ");
    ww_page_put(p, 2, 2, (struct ww_slice){ (const uint8_t *)b, o.n });
    ww_out_c(p->o, '\n');
}

static enum ww_rc alerts(struct page *g, const struct ww_store *s, const struct ww_totals *t,
                         struct ww_err *e)
{
    const struct ww_page *p = &g->p;
    uint64_t now = g->cfg->now_ns != 0 ? g->cfg->now_ns : t->last;
    head(p, ww_page_w(p, "警報", "Alerts"));
    g->shown = g->total = 0;
    if (t->alerts == 0) {
        ww_out_s(p->o,
                 ww_page_w(p, "  警報はありません。下の「見ていないもの」を読んでください。\n",
                           "  None. Read below what was not seen.\n"));
        return WW_OK;
    }
    alert_counts(g, t);
    ww_out_c(p->o, '\n');
    for (size_t level = 0; level < 6; level++)
        g->total += t->open_alerts[level];
    const struct ww_alert_ask ask = { .now_ns = now, .limit = g->limit, .open_only = true };
    enum ww_rc rc = ww_model_alerts(s, &ask, alert, g, e);
    more(g);
    if (g->brief > 0)
        shortened(g);
    return rc;
}

static void limits(const struct ww_page *p, const struct ww_totals *t)
{
    char b[CELL_MAX];
    head(p, ww_page_w(p, "見ていないもの", "What was not seen"));
    for (size_t i = 0;; i++) {
        struct ww_out o = ww_out(b, sizeof b);
        if (!ww_limits_text(&o, p->ja, t, i))
            return;
        ww_out_s(p->o, "  ");
        ww_page_put(p, 2, 2, (struct ww_slice){ (const uint8_t *)b, o.n });
        ww_out_c(p->o, '\n');
    }
}

enum ww_rc ww_report_summary(struct ww_out *o, const struct ww_store *s,
                             const struct ww_report_cfg *cfg, struct ww_err *e)
{
    struct ww_totals t;
    if (cfg->json)
        return ww_summary_json(o, s, cfg, e);
    struct page g = { .p = { .o = o,
                             .ja = cfg->ja,
                             .color = cfg->color,
                             .width =
                                 cfg->width >= WW_PAGE_WIDTH_MIN ? cfg->width : WW_PAGE_WIDTH },
                      .cfg = cfg,
                      .limit = cfg->rows > 0 ? cfg->rows : ROWS };
    enum ww_rc rc = ww_model_totals(s, &t, cfg->now_ns, e);
    if (rc == WW_OK)
        rc = title(&g, s, &t, e);
    if (rc == WW_OK)
        ww_coverage_page(&g.p, &t);
    if (rc == WW_OK)
        rc = ww_links_page(&g.p, s, &t, g.limit, e);
    if (rc == WW_OK)
        rc = devices(&g, s, &t, e);
    if (rc == WW_OK)
        rc = conversations(&g, s, t.conversations, e);
    if (rc == WW_OK)
        rc = alerts(&g, s, &t, e);
    if (rc == WW_OK)
        limits(&g.p, &t);
    return rc;
}
