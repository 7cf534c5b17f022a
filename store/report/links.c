/* links.c - how much was seen on each interface, file and VLAN. Unknown is said as unknown (INV-05). */
#include "store/report/summary.h"

enum { CELL_MAX = 1024 };

struct table {
    const struct ww_page *p;
    struct ww_grid grid;
    uint64_t untold;
};

static void cell(struct table *t, struct ww_out *o)
{
    ww_grid_cell(&t->grid, (struct ww_slice){ (const uint8_t *)o->buf, o->n });
    o->n = 0;
    o->cut = false;
}

static void share(struct table *t, struct ww_out *o, uint64_t ppm)
{
    char n[WW_NUM];
    ww_out_s(o, ppm == WW_NULL64 ? ww_page_w(t->p, "不明", "unknown") : ww_ppm_text(n, ppm));
    cell(t, o);
}

static void link_row(void *to, const struct ww_link_row *r)
{
    struct table *t = to;
    char b[CELL_MAX], n[WW_NUM];
    struct ww_out o = ww_out(b, sizeof b);
    bool good = ww_slice_eqs(r->grade, "A");
    bool bad = ww_slice_eqs(r->grade, "C") || ww_slice_eqs(r->grade, "D");
    t->untold += r->untold;
    ww_grid_row(&t->grid, bad ? WW_INK_YELLOW : WW_INK_NONE);
    ww_out_raw(&o, r->name.p, r->name.n);
    if (r->vlan_scope && r->vlan != 0)
        ww_out_f(&o, " VLAN %llu", (unsigned long long)r->vlan);
    else if (r->vlan_scope)
        ww_out_s(&o, ww_page_w(t->p, " タグなし", " untagged"));
    cell(t, &o);
    ww_out_raw(&o, r->grade.p, r->grade.n);
    cell(t, &o);
    ww_out_s(&o, ww_num_text(n, r->packets));
    cell(t, &o);
    share(t, &o, r->loss_ppm);
    share(t, &o, r->one_way_ppm);
    share(t, &o, r->midstream_ppm);
    share(t, &o, r->truncated_ppm);
    size_t at = 0;
    for (struct ww_slice s = ww_model_item(r->reasons, &at); !good && s.p != NULL;
         s = ww_model_item(r->reasons, &at)) {
        struct ww_slice text = ww_reason_text(t->p->ja, s);
        ww_out_s(&o, o.n > 0 ? ww_page_w(t->p, "、", "; ") : "");
        ww_out_raw(&o, text.p, text.n);
    }
    cell(t, &o);
}

enum ww_rc ww_links_page(const struct ww_page *p, const struct ww_store *s, const struct ww_totals *t,
                         uint64_t limit, struct ww_err *e)
{
    char n[WW_NUM];
    if (t->links < 2) /* the only one is the whole, which stands above */
        return WW_OK;
    struct table x = { .p = p };
    x.grid = (struct ww_grid){ .ncols = 8,
                               .head = { ww_page_w(p, "場所", "where"), ww_page_w(p, "評価", "grade"),
                                         ww_page_w(p, "パケット", "packets"),
                                         ww_page_w(p, "損失", "lost"),
                                         ww_page_w(p, "片方向", "one-way"),
                                         ww_page_w(p, "途中から", "mid-stream"),
                                         ww_page_w(p, "切断", "cut"), ww_page_w(p, "理由", "because") },
                               .right = { [2] = true, [3] = true, [4] = true, [5] = true, [6] = true } };
    ww_out_c(p->o, '\n');
    enum ww_rc rc = ww_model_links(s, true, limit, link_row, &x, e);
    if (rc == WW_OK)
        ww_grid_print(&x.grid, p);
    ww_grid_free(&x.grid);
    if (rc == WW_OK && t->links > limit)
        ww_out_f(p->o, p->ja ? "  … 他 %s 件（--format json で全件）\n" : "  … and %s more (use --format json)\n",
                 ww_num_text(n, t->links - limit));
    if (rc == WW_OK && x.untold > 0)
        ww_out_f(p->o,
                 p->ja ? "  VLANが多すぎるため、%sパケットは個別に示していません。\n"
                       : "  %s packets belong to VLANs that are not told one by one: there are too many.\n",
                 ww_num_text(n, x.untold));
    return rc;
}
