/* guide_text.c - the parts of an alert's text, in Japanese or English, from its record and the data
 * (alert model 3.11). */
#include "rules/guideline/render.h"

#include <string.h>

enum { CODES_TEXT_MAX = 512 };

struct ww_guide_opt ww_guide_opt(enum ww_lang lang)
{
    return (struct ww_guide_opt){ .lang = lang, .utc_offset_min = 9 * 60 };
}

/* ---- parts --------------------------------------------------------------------------------------
 */

struct when {
    bool holds;
    enum ww_frame frame;
};

/* Writes the item-th of those frames whose condition holds. */
static bool put_when(struct ww_render *r, const struct when *w, size_t n, size_t item)
{
    for (size_t i = 0; i < n; i++)
        if (w[i].holds && item-- == 0)
            return ww_render_frame(r, w[i].frame);
    return false;
}

/* A text of the variant, or else of the class. */
static const struct ww_bi *pick(const struct ww_bi *variant, const struct ww_bi *class)
{
    return variant != NULL && variant->s[0] != NULL ? variant : class;
}

static bool put_bi(struct ww_render *r, const struct ww_bi *b)
{
    return b->s[0] != NULL && ww_render_put(r, b->s[r->opt->lang]);
}

static bool part_seen(struct ww_render *r, size_t item)
{
    const struct when w[] = { { r->a->others > 0, WW_FR_others },
                              { ww_slice_eqs(WW_STR(r->a->peer), "*"), WW_FR_many_peers },
                              { r->a->recurrence_of != 0, WW_FR_recurrence } };
    if (item > 0)
        return put_when(r, w, sizeof w / sizeof w[0], item - 1);
    return put_bi(r, pick(r->v ? &r->v->text.seen : NULL, &r->c->text.seen));
}

/* A01 and A03 come by themselves when a patient may depend on the device (alert model 3.10). */
static bool patient_matters(const struct ww_alert *a, const struct ww_class *c)
{
    return !c->sensor && (a->weight >= 3 || a->weight_unknown ||
                          (ww_slice_eqs(WW_STR(a->track), "H") && a->s_h >= 3));
}

/* Actions of an alert in the order of their ranks. */
static size_t actions_of(const struct ww_guide *g, const struct ww_alert *a,
                         const struct ww_class *c, const struct ww_action *out[WW_GUIDE_ACTIONS])
{
    bool patient = patient_matters(a, c);
    size_t n = 0;
    for (size_t i = 0; i < g->nactions; i++) {
        const struct ww_action *x = &g->action[i];
        if ((c->action_bits >> i & 1) == 0 && !(x->auto_patient && patient))
            continue;
        size_t k = n++;
        for (; k > 0 && out[k - 1]->rank > x->rank; k--)
            out[k] = out[k - 1];
        out[k] = x;
    }
    return n;
}

static bool part_do_first(struct ww_render *r, size_t item)
{
    const struct ww_action *x[WW_GUIDE_ACTIONS];
    size_t n = actions_of(r->g, r->a, r->c, x);
    const struct ww_text *t = r->v != NULL && r->v->text.ndo_first > 0 ? &r->v->text : &r->c->text;
    bool own = false; /* the class's own steps have been passed */
    for (size_t i = 0; i <= n; i++) {
        if (!own && (i == n || x[i]->rank > r->g->class_steps_rank)) {
            own = true;
            if (item < t->ndo_first)
                return put_bi(r, &t->do_first[item]);
            item -= t->ndo_first;
        }
        if (i == n || x[i]->do_not)
            continue;
        if (item-- == 0) {
            r->action = x[i];
            return put_bi(r, &x[i]->text);
        }
    }
    return false;
}

static bool part_do_not(struct ww_render *r, size_t item)
{
    const struct ww_action *x[WW_GUIDE_ACTIONS];
    size_t n = actions_of(r->g, r->a, r->c, x);
    for (size_t i = 0; i < n; i++) {
        if (x[i]->do_not && item-- == 0) {
            r->action = x[i];
            return put_bi(r, &x[i]->text);
        }
    }
    return item == 0 && put_bi(r, pick(r->v ? &r->v->text.do_not : NULL, &r->c->text.do_not));
}

/* One addressee with its contact. */
static bool put_addressee(struct ww_render *r, const char *id, enum ww_frame f)
{
    char text[WW_CONTACT_MAX * 2];
    struct ww_out o = ww_out(text, sizeof text), *out = r->out;
    r->out = &o;
    ww_render_contact(r, id);
    r->out = out;
    r->contact = (struct ww_slice){ (const uint8_t *)text, o.n };
    r->who = ww_guide_addressee_name(r->g, id, r->opt->lang);
    return ww_render_frame(r, f);
}

static bool put_flag(struct ww_render *r, const char *id)
{
    char text[CODES_TEXT_MAX];
    struct ww_out o = ww_out(text, sizeof text);
    size_t len = strcspn(id, "?");
    const struct ww_flag *f = ww_guide_flag(r->g, id, len);
    if (f == NULL)
        return false;
    for (size_t i = 0; i < f->to.n; i++) {
        if (i > 0)
            ww_out_s(&o, ww_render_wording(r, WW_FR_separator));
        ww_out_s(&o, ww_guide_addressee_name(r->g, f->to.id[i], r->opt->lang));
    }
    r->codes = (struct ww_slice){ (const uint8_t *)text, o.n };
    r->what = f->name.s[r->opt->lang];
    return ww_render_frame(r, WW_FR_whom_flag);
}

static bool part_whom(struct ww_render *r, size_t item)
{
    const char *id[WW_CODES_MAX];
    bool management = false;
    size_t n = ww_guide_whom(r->g, r->c, r->a->level, ww_alert_track(r->a), id);
    for (unsigned house = 0; house < 2; house++) { /* inside the hospital first */
        for (size_t i = 0; i < n; i++) {
            bool in_house = ww_guide_addressee(r->g, id[i])->kind == WW_AD_IN_HOUSE;
            management = management || strcmp(id[i], "MGMT") == 0;
            if (in_house == (house == 0) && item-- == 0)
                return put_addressee(r, id[i], in_house ? WW_FR_whom_in_house : WW_FR_whom_outside);
        }
    }
    if (r->a->level == WW_SEV_LEVEL_MAX && !management && item-- == 0)
        return put_addressee(r, "MGMT", WW_FR_whom_escalate);
    const struct ww_bi *own = pick(r->v ? &r->v->text.whom : NULL, &r->c->text.whom);
    if (own->s[0] != NULL && item-- == 0)
        return put_bi(r, own);
    return item < r->c->flags.n && put_flag(r, r->c->flags.id[item]);
}

static bool put_cia(struct ww_render *r)
{
    char text[CODES_TEXT_MAX], id[] = "cia_?";
    struct ww_out o = ww_out(text, sizeof text), *out = r->out;
    r->out = &o;
    for (const char *c = r->c->cia; *c != 0; c++) {
        if (c != r->c->cia)
            ww_out_s(&o, ww_render_wording(r, WW_FR_separator));
        id[4] = *c;
        ww_render_word(r, id);
    }
    r->out = out;
    r->codes = (struct ww_slice){ (const uint8_t *)text, o.n };
    return ww_render_frame(r, WW_FR_refs_cia);
}

static bool part_refs(struct ww_render *r, size_t item)
{
    char text[CODES_TEXT_MAX];
    struct ww_out o = ww_out(text, sizeof text);
    for (size_t i = 0; i < r->g->neditions; i++) {
        const struct ww_edition *ed = &r->g->edition[i];
        bool any = r->c->refs[i].n > 0;
        if (!ww_render_shown(r, i) || (!any && ed->registered) || item-- != 0)
            continue;
        ww_render_codes(r, &o, &r->c->refs[i]);
        r->codes = (struct ww_slice){ (const uint8_t *)text, o.n };
        r->edition = ed->name.s[r->opt->lang];
        return ww_render_frame(r, any ? WW_FR_refs_clauses : WW_FR_refs_unregistered);
    }
    if (item == 0) {
        ww_render_codes(r, &o, &r->c->capabilities);
        r->codes = (struct ww_slice){ (const uint8_t *)text, o.n };
        return ww_render_frame(r, WW_FR_refs_capabilities);
    }
    if (item == 1)
        return put_cia(r);
    r->what = r->c->harm.s[r->opt->lang];
    return item == 2 && ww_render_frame(r, WW_FR_refs_harm);
}

static bool part_limits(struct ww_render *r, size_t item)
{
    const struct ww_alert *a = r->a;
    const struct when w[] = { { true, WW_FR_limits },
                              { !a->coverage__ok, WW_FR_limits_gap },
                              { a->coverage__one_way, WW_FR_limits_one_way },
                              { a->weight_unknown, WW_FR_limits_weight },
                              { (a->hypotheses & 7u) != 0, WW_FR_limits_hypotheses },
                              { a->exception.len > 0, WW_FR_limits_exception } };
    return put_when(r, w, sizeof w / sizeof w[0], item);
}

bool ww_guide_text(const struct ww_guide *g, const struct ww_alert *a, enum ww_part part,
                   size_t item, const struct ww_guide_opt *opt, struct ww_out *out)
{
    struct ww_render r = {
        .g = g, .a = a, .opt = opt, .out = out, .who = "", .what = "", .edition = ""
    };
    r.c = ww_guide_class(g, a->class);
    if (r.c == NULL) {
        if (part != WW_PART_TITLE || item > 0)
            return false;
        ww_out_f(out, "[%s] WD-%03u", ww_guide_level_name(g, a->level, opt->lang), a->class);
        return true;
    }
    r.v = ww_class_variant(r.c, ww_alert_variant(a));
    const struct ww_text *t = &r.c->text, *v = r.v != NULL ? &r.v->text : &r.c->text;
    switch (part) {
    case WW_PART_TITLE:
        return item == 0 && ww_render_frame(&r, WW_FR_title);
    case WW_PART_SEEN:
        return part_seen(&r, item);
    case WW_PART_DECLARED:
        return item == 0 && put_bi(&r, pick(&v->declared, &t->declared));
    case WW_PART_MEANING:
        return item == 0 && put_bi(&r, pick(&v->meaning, &t->meaning));
    case WW_PART_DO_FIRST:
        return part_do_first(&r, item);
    case WW_PART_DO_NOT:
        return part_do_not(&r, item);
    case WW_PART_WHOM:
        return part_whom(&r, item);
    case WW_PART_REFS:
        return part_refs(&r, item);
    case WW_PART_LIMITS:
        return part_limits(&r, item);
    case WW_PART_CALC:
        return item == 0 && ww_render_frame(&r, WW_FR_calculation);
    case WW_PARTS:
        break;
    }
    return false;
}

size_t ww_guide_codes(const struct ww_guide *g, const struct ww_alert *a, enum ww_codes what,
                      const char *id[WW_CODES_MAX])
{
    const struct ww_action *x[WW_GUIDE_ACTIONS];
    const struct ww_class *c = ww_guide_class(g, a->class);
    const struct ww_ids *l = NULL;
    size_t n = 0;
    if (c == NULL)
        return 0;
    switch (what) {
    case WW_CODES_ACTIONS:
        n = actions_of(g, a, c, x);
        for (size_t i = 0; i < n && i < WW_CODES_MAX; i++)
            id[i] = x[i]->id;
        return n < WW_CODES_MAX ? n : WW_CODES_MAX;
    case WW_CODES_ADDRESSEES:
        return ww_guide_whom(g, c, a->level, ww_alert_track(a), id);
    case WW_CODES_FLAGS:
        l = &c->flags;
        break;
    case WW_CODES_CAPABILITIES:
        l = &c->capabilities;
        break;
    }
    for (; l != NULL && n < l->n; n++)
        id[n] = l->id[n];
    return n;
}
