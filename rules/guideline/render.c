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

static void put_confidence(struct ww_render *r)
{
    static const char *const id[] = { NULL, "conf_low", "conf_mid", "conf_high" };
    uint8_t c = r->a->confidence;
    if (c >= WW_CONF_LOW && c <= WW_CONF_HIGH)
        ww_render_word(r, id[c]);
    else
        ww_out_s(r->out, ww_render_wording(r, WW_FR_unknown));
}

static void put_hypotheses(struct ww_render *r)
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

static void put_modifiers(struct ww_render *r)
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
        ww_out_s(out, l->id[i]);
    }
}

/* Clauses of the adopted edition of the guideline, for a step that refers to it. */
static void put_guideline(struct ww_render *r)
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

/* Parameters that stand in frames only. */
static void put_frame_param(struct ww_render *r, enum ww_param p)
{
    const struct ww_alert *a = r->a;
    if (p == WW_PA_others)
        ww_out_u64(r->out, a->others);
    else if (p == WW_PA_prev)
        ww_out_u64(r->out, a->recurrence_of);
    else if (p == WW_PA_who)
        ww_out_s(r->out, r->who);
    else if (p == WW_PA_contact)
        ww_out_raw(r->out, r->contact.p, r->contact.n);
    else if (p == WW_PA_what)
        ww_out_s(r->out, r->what);
    else if (p == WW_PA_codes)
        ww_out_raw(r->out, r->codes.p, r->codes.n);
    else if (p == WW_PA_edition)
        ww_out_s(r->out, r->edition);
    else if (p == WW_PA_hyp)
        put_hypotheses(r);
    else if (p == WW_PA_exception)
        put_value(r->out, WW_STR(a->exception));
    else if (p == WW_PA_mods)
        put_modifiers(r);
    else if (p == WW_PA_track)
        put_or_unknown(r, WW_STR(a->track), WW_FR_unknown);
    else
        ww_out_u64(r->out, p == WW_PA_h    ? (r->v != NULL ? r->v->h : r->c->k.h)
                           : p == WW_PA_p  ? (r->v != NULL ? r->v->p : r->c->k.p)
                           : p == WW_PA_d  ? a->weight
                           : p == WW_PA_sh ? a->s_h
                           : p == WW_PA_sp ? a->s_p
                           : p == WW_PA_l  ? a->likelihood
                                           : a->level);
}

/* Parameters from the record, except for those that are plain strings. */
static void put_record_param(struct ww_render *r, enum ww_param p)
{
    const struct ww_alert *a = r->a;
    enum ww_lang lang = r->opt->lang;
    if (p == WW_PA_service)
        put_service(r);
    else if (p == WW_PA_t0 || p == WW_PA_t1)
        put_time(r, p == WW_PA_t0 ? a->first_seen : a->last_seen);
    else if (p == WW_PA_n)
        ww_out_u64(r->out, a->count);
    else if (p == WW_PA_variant)
        ww_out_s(r->out, r->v != NULL ? r->v->name.s[lang] : ww_render_wording(r, WW_FR_unknown));
    else if (p == WW_PA_obs)
        put_word(r, WW_STR(a->observed), WW_FR_unknown);
    else if (p == WW_PA_decl)
        put_word(r, WW_STR(a->declared), WW_FR_no_entry);
    else if (p == WW_PA_items)
        put_items(r);
    else if (p == WW_PA_nsubj && a->subjects != WW_NULL32)
        ww_out_u64(r->out, a->subjects);
    else if (p == WW_PA_bytes_out)
        put_bytes(r, a->bytes_out);
    else if (p == WW_PA_conf)
        put_confidence(r);
    else if (p == WW_PA_cov || p == WW_PA_loss)
        put_ppm(r, a->coverage__loss_ppm, p == WW_PA_cov);
    else if (p == WW_PA_name)
        ww_out_s(r->out, r->c->name.s[lang]);
    else if (p == WW_PA_level)
        ww_out_s(r->out, ww_guide_level_name(r->g, a->level, lang));
    else if (p == WW_PA_gl_ref)
        put_guideline(r);
    else if (p == WW_PA_mah_contact || p == WW_PA_svc_contact)
        ww_render_contact(r, p == WW_PA_mah_contact ? "MAH" : "REP");
    else
        ww_out_s(r->out, ww_render_wording(r, WW_FR_unknown));
}

static void put_param(struct ww_render *r, enum ww_param p)
{
    const struct ww_alert *a = r->a;
    if (p >= WW_PA_RECORD_N)
        put_frame_param(r, p);
    else if (p == WW_PA_dev)
        put_or_unknown(r, a->device_label.len > 0 ? WW_STR(a->device_label) : WW_STR(a->asset_id),
                       WW_FR_unknown);
    else if (p == WW_PA_peer)
        put_or_unknown(r, WW_STR(a->peer), WW_FR_unknown);
    else if (p == WW_PA_peer_zone)
        put_or_unknown(r, WW_STR(a->peer_zone), WW_FR_unknown);
    else if (p == WW_PA_zone)
        put_or_unknown(r, WW_STR(a->zone), WW_FR_unknown);
    else
        put_record_param(r, p);
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
