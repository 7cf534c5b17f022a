/* render.c - templates and the typed values in them (alert model 3.11). */
#include "rules/guideline/render.h"

#include "sensor/base/tok.h"

/* ---- values -----------------------------------------------------------------------------------
 */

/* Code points that may stand in a text: no controls, no markup, nothing that is invisible or turns
 * the direction. */
static bool may_show(uint32_t c)
{
    if (c < 0x80)
        return c >= 0x20 && c < 0x7f && c != '<' && c != '>' && c != '"' && c != '`' && c != '\\';
    return c >= 0xa0 && c != 0xad && c != 0x61c && c != 0x180e && !(c >= 0x200b && c <= 0x200f) &&
           !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff &&
           !(c >= 0xfff9 && c <= 0xfffb) && !(c >= 0xe000 && c <= 0xf8ff) && c < 0xe0000;
}

/**
 * Writes a value from the record: valid UTF-8 of harmless characters as it is, '?' for every other
 * byte or character.
 */
static void put_value(struct ww_out *out, struct ww_slice s)
{
    for (size_t i = 0; i < s.n;) {
        struct ww_slice rest = ww_slice_sub(s, i, 4);
        unsigned n = ww_utf8_len(rest);
        uint32_t c = ww_slice_at(rest, 0);
        if (n > 1)
            c &= 0x7fu >> n;
        for (unsigned k = 1; k < n; k++)
            c = c << 6 | (ww_slice_at(rest, k) & 0x3fu);
        if (n > 0 && may_show(c))
            ww_out_raw(out, rest.p, n);
        else
            ww_out_c(out, '?');
        i += n > 0 ? n : 1;
    }
}

const char *ww_render_wording(const struct ww_render *r, enum ww_frame f)
{
    return r->g->frame[f].s[r->opt->lang];
}

static void put_or_unknown(struct ww_render *r, struct ww_slice s, enum ww_frame when_empty)
{
    if (s.n == 0)
        ww_out_s(r->out, ww_render_wording(r, when_empty));
    else if (ww_slice_eqs(s, "*")) /* a folded alert */
        ww_out_s(r->out, ww_guide_word(r->g, WW_SLICE_LIT("many_peers"))->name.s[r->opt->lang]);
    else
        put_value(r->out, s);
}

/* A value that may be a word of the data, such as closed_by_zone. */
static void put_word(struct ww_render *r, struct ww_slice s, enum ww_frame when_empty)
{
    const struct ww_word *w = ww_guide_word(r->g, s);
    if (w != NULL)
        ww_out_s(r->out, w->name.s[r->opt->lang]);
    else
        put_or_unknown(r, s, when_empty);
}

/* Kinds of patient-related elements: presence only, there are no values. */
static void put_items(struct ww_render *r)
{
    bool more = false;
    for (unsigned i = 0; i < WW_PHI_WORDS; i++) {
        if ((r->a->phi_kinds & 1u << i) == 0)
            continue;
        if (more)
            ww_out_s(r->out, ww_render_wording(r, WW_FR_separator));
        put_word(r, ww_slice_str(ww_phi_words[i]), WW_FR_unknown);
        more = true;
    }
    if (!more)
        ww_out_s(r->out, ww_render_wording(r, WW_FR_unknown));
}

/* "2026-11-22 09:13:05 JST" */
static void put_time(struct ww_render *r, uint64_t ns)
{
    char text[WW_TIME_TEXT];
    int min = r->opt->utc_offset_min;
    if (ns == 0) {
        ww_out_s(r->out, ww_render_wording(r, WW_FR_unknown));
        return;
    }
    uint64_t shift = (uint64_t)(min < 0 ? -min : min) * 60 * 1000000000u;
    (void)ww_time_text(text, min < 0 ? ns - shift : ns + shift);
    ww_out_raw(r->out, text, 10);
    ww_out_c(r->out, ' ');
    ww_out_raw(r->out, text + 11, 8);
    if (min == 9 * 60)
        ww_out_s(r->out, " JST");
    else if (min == 0)
        ww_out_s(r->out, " UTC");
    else
        ww_out_f(r->out, " UTC%c%02d:%02d", min < 0 ? '-' : '+', (min < 0 ? -min : min) / 60,
                 (min < 0 ? -min : min) % 60);
}

static void put_ppm(struct ww_render *r, uint32_t ppm, bool rest)
{
    if (ppm == WW_NULL32 || ppm > 1000000) {
        ww_out_s(r->out, ww_render_wording(r, WW_FR_unknown));
        return;
    }
    uint32_t v = rest ? 1000000 - ppm : ppm;
    ww_out_f(r->out, "%u.%02u%%", v / 10000, v / 100 % 100);
}

static void put_bytes(struct ww_render *r, uint64_t n)
{
    static const char *const unit[] = { "kB", "MB", "GB", "TB" };
    if (n == WW_NULL64) {
        ww_out_s(r->out, ww_render_wording(r, WW_FR_unknown));
    } else if (n < 1000) {
        ww_out_f(r->out, "%u B", (unsigned)n);
    } else {
        size_t u = 0;
        for (; n >= 1000000 && u < 3; u++)
            n /= 1000;
        ww_out_u64(r->out, n / 1000);
        ww_out_f(r->out, ".%u %s", (unsigned)(n % 1000 / 100), unit[u]);
    }
}

/* "TCP/11112 (dicom)" */
static void put_service(struct ww_render *r)
{
    static const struct ww_tok names[] = { { 1, "ICMP" },    { 6, "TCP" },    { 17, "UDP" },
                                           { 58, "ICMPv6" }, { 132, "SCTP" }, { 0, NULL } };
    const struct ww_alert *a = r->a;
    if (a->ip_proto == 0) {
        put_or_unknown(r, WW_STR(a->app), WW_FR_unknown);
        return;
    }
    const char *name = ww_tok(names, a->ip_proto, NULL);
    if (name != NULL)
        ww_out_s(r->out, name);
    else
        ww_out_f(r->out, "IP %u", a->ip_proto);
    if (a->port != 0)
        ww_out_f(r->out, "/%u", a->port);
    if (a->app.len > 0) {
        ww_out_s(r->out, " (");
        put_value(r->out, WW_STR(a->app));
        ww_out_c(r->out, ')');
    }
}

void ww_render_word(struct ww_render *r, const char *id)
{
    put_word(r, ww_slice_str(id), WW_FR_unknown);
}

static void put_conf(struct ww_render *r)
{
    static const char *const id[] = { NULL, "conf_low", "conf_mid", "conf_high" };
    uint8_t c = r->a->confidence;
    if (c >= WW_CONF_LOW && c <= WW_CONF_HIGH)
        ww_render_word(r, id[c]);
    else
        ww_out_s(r->out, ww_render_wording(r, WW_FR_unknown));
}

static void put_hyp(struct ww_render *r)
{
    static const char *const id[] = { "attack", "misconfiguration", "fault" };
    bool more = false;
    for (unsigned i = 0; i < 3; i++) {
        if ((r->a->hypotheses & 1u << i) == 0)
            continue;
        if (more)
            ww_out_s(r->out, ww_render_wording(r, WW_FR_separator));
        ww_render_word(r, id[i]);
        more = true;
    }
}

static void put_mods(struct ww_render *r)
{
    bool more = false;
    for (unsigned i = 0; i < 10; i++) {
        if ((r->a->modifiers & 1u << i) == 0)
            continue;
        ww_out_f(r->out, "%sE%u", more ? " " : "", i + 1);
        more = true;
    }
    if (!more)
        ww_out_c(r->out, '0');
}

void ww_render_contact(struct ww_render *r, const char *addressee)
{
    char text[WW_CONTACT_MAX];
    struct ww_out o = ww_out(text, sizeof text);
    bool known =
        r->opt->contact != NULL && r->opt->contact(r->opt->contact_arg, addressee, r->a, &o);
    if (known && o.n > 0)
        put_value(r->out, (struct ww_slice){ (const uint8_t *)text, o.n });
    else
        ww_out_s(r->out, ww_render_wording(r, WW_FR_no_contact));
}

/* Does the site (or else the data) want this edition printed? */
bool ww_render_shown(const struct ww_render *r, size_t i)
{
    if (r->opt->editions == NULL)
        return r->g->edition[i].shown;
    for (const char *const *id = r->opt->editions; *id != NULL; id++)
        if (strcmp(*id, r->g->edition[i].id) == 0)
            return true;
    return false;
}

void ww_render_codes(struct ww_render *r, struct ww_out *out, const struct ww_ids *l)
{
    for (size_t i = 0; i < l->n; i++) {
        if (i > 0)
            ww_out_s(out, ww_render_wording(r, WW_FR_separator));
        const struct ww_word *w = ww_guide_word(r->g, ww_slice_str(l->id[i]));
        ww_out_s(out, w != NULL ? w->name.s[r->opt->lang] : l->id[i]);
    }
}

/* Clauses of the adopted edition of the guideline, for a step that refers to it. */
static void put_gl_ref(struct ww_render *r)
{
    const struct ww_ids *refs = r->action != NULL ? r->action->refs : r->c->refs;
    for (size_t i = 0; i < r->g->neditions; i++) {
        if (r->g->edition[i].kind != WW_ED_GUIDELINE || !ww_render_shown(r, i) || refs[i].n == 0)
            continue;
        ww_out_s(r->out, r->g->edition[i].name.s[r->opt->lang]);
        ww_out_c(r->out, ' ');
        ww_render_codes(r, r->out, &refs[i]);
        return;
    }
    ww_out_s(r->out, ww_render_wording(r, WW_FR_unknown));
}

/* ---- one function for each parameter --------------------------------------------------------- */

static void put_dev(struct ww_render *r)
{
    const struct ww_alert *a = r->a;
    put_or_unknown(r,
                   a->device_label.len > 0 ? WW_STR(a->device_label)
                   : a->asset_id.len > 0   ? WW_STR(a->asset_id)
                                           : WW_STR(a->zone),
                   WW_FR_unknown);
}

/* "PACS archive (10.10.10.5)": the name that people know, and the address that finds it. */
static void put_peer(struct ww_render *r)
{
    const struct ww_alert *a = r->a;
    bool named = a->peer_role.len > 0 && a->peer.len > 0 && !ww_slice_eqs(WW_STR(a->peer), "*");
    if (named) {
        put_or_unknown(r, WW_STR(a->peer_role), WW_FR_unknown);
        ww_out_s(r->out, " (");
    }
    put_or_unknown(r, WW_STR(a->peer), WW_FR_unknown);
    if (named)
        ww_out_c(r->out, ')');
}

static void put_peer_zone(struct ww_render *r)
{
    put_or_unknown(r, WW_STR(r->a->peer_zone), WW_FR_unknown);
}

static void put_zone(struct ww_render *r)
{
    put_word(r, WW_STR(r->a->zone), WW_FR_unknown);
}

/* The detector's reason in words. */
static void put_why(struct ww_render *r)
{
    put_word(r, WW_STR(r->a->evidence__reason), WW_FR_unknown);
}

static void put_t0(struct ww_render *r)
{
    put_time(r, r->a->first_seen);
}

static void put_t1(struct ww_render *r)
{
    put_time(r, r->a->last_seen);
}

static void put_n(struct ww_render *r)
{
    ww_out_u64(r->out, r->a->count);
}

static void put_times(struct ww_render *r)
{
    (void)ww_render_frame(r, r->a->count == 1 ? WW_FR_once : WW_FR_many_times);
}

static void put_variant(struct ww_render *r)
{
    ww_out_s(r->out,
             r->v != NULL ? r->v->name.s[r->opt->lang] : ww_render_wording(r, WW_FR_unknown));
}

static void put_obs(struct ww_render *r)
{
    put_word(r, WW_STR(r->a->observed), WW_FR_unknown);
}

static void put_decl(struct ww_render *r)
{
    put_word(r, WW_STR(r->a->declared), WW_FR_no_entry);
}

static void put_nsubj(struct ww_render *r)
{
    if (r->a->subjects != WW_NULL32)
        ww_out_u64(r->out, r->a->subjects);
    else
        ww_out_s(r->out, ww_render_wording(r, WW_FR_unknown));
}

static void put_bytes_out(struct ww_render *r)
{
    put_bytes(r, r->a->bytes_out);
}

static void put_cov(struct ww_render *r)
{
    put_ppm(r, r->a->coverage__loss_ppm, true);
}

static void put_loss(struct ww_render *r)
{
    put_ppm(r, r->a->coverage__loss_ppm, false);
}

static void put_name(struct ww_render *r)
{
    ww_out_s(r->out, r->c->name.s[r->opt->lang]);
}

static void put_level(struct ww_render *r)
{
    ww_out_s(r->out, ww_guide_level_name(r->g, r->a->level, r->opt->lang));
}

static void put_mah_contact(struct ww_render *r)
{
    ww_render_contact(r, "MAH");
}

static void put_svc_contact(struct ww_render *r)
{
    ww_render_contact(r, "REP");
}

static void put_others(struct ww_render *r)
{
    ww_out_u64(r->out, r->a->others);
}

static void put_prev(struct ww_render *r)
{
    ww_out_u64(r->out, r->a->recurrence_of);
}

static void put_who(struct ww_render *r)
{
    ww_out_s(r->out, r->who);
}

static void put_what(struct ww_render *r)
{
    ww_out_s(r->out, r->what);
}

static void put_edition(struct ww_render *r)
{
    ww_out_s(r->out, r->edition);
}

static void put_contact(struct ww_render *r)
{
    ww_out_raw(r->out, r->contact.p, r->contact.n);
}

static void put_codes(struct ww_render *r)
{
    ww_out_raw(r->out, r->codes.p, r->codes.n);
}

static void put_exception(struct ww_render *r)
{
    put_value(r->out, WW_STR(r->a->exception));
}

static void put_h(struct ww_render *r)
{
    ww_out_u64(r->out, r->v != NULL ? r->v->h : r->c->k.h);
}

static void put_p(struct ww_render *r)
{
    ww_out_u64(r->out, r->v != NULL ? r->v->p : r->c->k.p);
}

static void put_d(struct ww_render *r)
{
    ww_out_u64(r->out, r->a->weight);
}

static void put_sh(struct ww_render *r)
{
    ww_out_u64(r->out, r->a->s_h);
}

static void put_sp(struct ww_render *r)
{
    ww_out_u64(r->out, r->a->s_p);
}

static void put_l(struct ww_render *r)
{
    ww_out_u64(r->out, r->a->likelihood);
}

static void put_level_n(struct ww_render *r)
{
    ww_out_u64(r->out, r->a->level);
}

static void put_track(struct ww_render *r)
{
    put_or_unknown(r, WW_STR(r->a->track), WW_FR_unknown);
}

static void put_param(struct ww_render *r, enum ww_param p)
{
    static void (*const put[])(struct ww_render * r) = {
#define WW_X(n) [WW_PA_##n] = put_##n,
        WW_PARAMS(WW_X) WW_FRAME_PARAMS(WW_X)
#undef WW_X
    };
    if (WW_INVARIANT(p < WW_PA_N)) /* the lint has refused others */
        put[p](r);
}

bool ww_render_put(struct ww_render *r, const char *tmpl)
{
    size_t at = 0;
    struct ww_slice text, param;
    while (ww_guide_next(tmpl, &at, &text, &param)) {
        ww_out_raw(r->out, text.p, text.n);
        if (param.p != NULL)
            put_param(r, ww_guide_param(param));
    }
    return true;
}

bool ww_render_frame(struct ww_render *r, enum ww_frame f)
{
    return ww_render_put(r, ww_render_wording(r, f));
}
