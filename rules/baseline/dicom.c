/* dicom.c - DICOM as declared: AE titles, SOP classes, roles, operations.
 * Source: the extension's network-ae, which follows PS3.15 Annex H. An absent leaf means any. */
#include "rules/baseline/bl.h"

static void put(char dst[WW_BL_TEXT], struct ww_slice s)
{
    struct ww_out o = ww_out(dst, WW_BL_TEXT);
    ww_out_text(&o, s);
    ww_bl_text_end(&o);
}

static void begin(struct ww_bl_verdict *v, struct ww_slice observed)
{
    ww_bl_clear(v);
    v->layer = WW_BL_L_MEDICAL;
    put(v->observed, observed);
}

static void set_rule(struct ww_bl_verdict *v, const char *id)
{
    struct ww_out o = ww_out(v->rule, sizeof v->rule);
    ww_out_s(&o, "dicom/");
    ww_out_s(&o, id);
    ww_bl_text_end(&o);
}

static void violate(struct ww_bl_verdict *v, enum ww_bl_reason r, const char *id)
{
    v->kind = WW_BL_VIOLATION;
    v->reason = r;
    set_rule(v, id);
}

/* "DICOM is spoken, the declaration has no DICOM": true when the question ends here. */
static bool not_spoken(const struct ww_baseline *b, struct ww_bl_verdict *v)
{
    if (b->dicom)
        return false;
    if (!b->medical) { /* a plain MUD file says nothing about applications */
        v->layer = WW_BL_L_NONE;
        return true;
    }
    violate(v, WW_BL_R_NOT_SPOKEN, "none");
    return true;
}

/* PS3.8 9.3.2: leading and trailing spaces of a title do not count. */
static bool title_is(struct ww_slice seen, const char *title)
{
    return ww_slice_eq(ww_slice_trim(seen), ww_slice_trim(ww_slice_str(title)));
}

/* Does the site's entry speak of this entity? An entry without id speaks of all. */
static bool speaks_of(const struct ww_bl_site_ae *s, const char *id)
{
    return s->id == NULL || s->id[0] == 0 || strcmp(s->id, id) == 0;
}

struct local {
    bool is;                          /* the title belongs to the entity */
    bool sure;                        /* fixed by the site, or not configurable */
    const struct ww_bl_site_ae *site; /* the site's entry, NULL = none */
};

/* Is the title the entity's? The site's titles replace the declared one; an empty one means any. */
static struct local local_title(const struct bl_ae *ae, const struct ww_bl_site_dicom *site,
                                struct ww_slice seen)
{
    struct local l = { .sure = !ae->configurable };
    bool told = false;
    for (size_t i = 0; site != NULL && i < site->n; i++) {
        const struct ww_bl_site_ae *s = &site->ae[i];
        if (!speaks_of(s, ae->id))
            continue;
        told = told || s->title != NULL;
        if (s->title == NULL || title_is(seen, s->title)) {
            l.site = s;
            l.is = l.is || s->title != NULL;
        }
    }
    l.sure = l.sure || told;
    if (!told)
        l.is = ae->title[0] == 0 || title_is(seen, ae->title);
    return l;
}

static void add_word(struct ww_out *o, const char *word)
{
    if (o->n > 0)
        ww_out_s(o, ", ");
    ww_out_text(o, ww_slice_str(word));
}

/* Is the other end's title accepted? The site's list, where there is one, replaces the declared. */
static bool remote_is(const struct bl_ae *ae, const struct ww_bl_site_ae *s, bool device_opened,
                      struct ww_slice remote)
{
    if (s != NULL && s->nremote > 0) {
        for (size_t i = 0; i < s->nremote; i++)
            if (title_is(remote, s->remote[i]))
                return true;
        return false;
    }
    /* preferred-called titles are preferences (PS3.15 Annex H), so they forbid nothing */
    if (device_opened || ae->calling.n == 0)
        return true;
    for (uint32_t i = 0; i < ae->calling.n; i++)
        if (title_is(remote, ae->calling.v[i]))
            return true;
    return false;
}

static void list_remotes(struct ww_out *o, const struct bl_ae *ae, const struct ww_bl_site_ae *s)
{
    for (size_t i = 0; s != NULL && i < s->nremote; i++)
        add_word(o, s->remote[i]);
    for (uint32_t i = 0; (s == NULL || s->nremote == 0) && i < ae->calling.n; i++)
        add_word(o, ae->calling.v[i]);
}

struct assoc {
    bool local_found, maybe, remote_found;
    const struct bl_ae *ae; /* the entity that is used, in its role */
    const struct ww_bl_site_ae *site;
};

static void try_entities(const struct ww_baseline *b, const struct ww_bl_site_dicom *site,
                         bool device_opened, struct ww_slice local, struct ww_slice remote,
                         struct assoc *a)
{
    for (size_t i = 0; i < b->nae; i++) {
        const struct bl_ae *ae = &b->ae[i];
        bool acts = device_opened ? ae->initiator : ae->acceptor;
        struct local l = local_title(ae, site, local);
        a->maybe = a->maybe || (!l.is && !l.sure && acts);
        a->local_found = a->local_found || l.is;
        if (!l.is || !acts)
            continue;
        a->ae = ae;
        a->site = l.site;
        a->remote_found = remote_is(ae, l.site, device_opened, remote);
        if (a->remote_found)
            return;
    }
}

/* The titles in use: the site's, and the declared ones of entities that it does not speak of. */
static void list_titles(struct ww_bl_verdict *v, const struct ww_baseline *b,
                        const struct ww_bl_site_dicom *site, bool device_opened)
{
    struct ww_out o = ww_out(v->declared, sizeof v->declared);
    for (size_t i = 0; site != NULL && i < site->n; i++)
        if (site->ae[i].title != NULL)
            add_word(&o, site->ae[i].title);
    for (size_t i = 0; i < b->nae; i++) {
        const struct bl_ae *ae = &b->ae[i];
        bool told = false;
        for (size_t k = 0; site != NULL && k < site->n; k++)
            told = told || (site->ae[k].title != NULL && speaks_of(&site->ae[k], ae->id));
        if (!told && (device_opened ? ae->initiator : ae->acceptor) && ae->title[0] != 0)
            add_word(&o, ae->title);
    }
    ww_bl_text_end(&o);
}

/**
 * Titles of an association request (PS3.8 9.3.2). observed is "CALLING -> CALLED".
 * Limits: a title that the site may change and has not told is unresolved, not a violation
 */
void ww_bl_dicom_assoc(const struct ww_baseline *b, const struct ww_bl_site_dicom *site,
                       bool device_opened, struct ww_slice calling, struct ww_slice called,
                       struct ww_bl_verdict *v)
{
    struct assoc a = { .ae = NULL };
    ww_bl_clear(v);
    v->layer = WW_BL_L_MEDICAL;
    struct ww_out o = ww_out(v->observed, sizeof v->observed);
    ww_out_text(&o, ww_slice_trim(calling));
    ww_out_s(&o, " -> ");
    ww_out_text(&o, ww_slice_trim(called));
    ww_bl_text_end(&o);
    if (not_spoken(b, v) || b->nae == 0)
        return;
    try_entities(b, site, device_opened, device_opened ? calling : called,
                 device_opened ? called : calling, &a);
    if (a.remote_found) {
        set_rule(v, a.ae->id);
        return;
    }
    if (a.ae != NULL) {
        const struct ww_bl_site_ae *s = a.site;
        violate(v, WW_BL_R_AE_TITLE, a.ae->id);
        v->layer = s != NULL && s->nremote > 0 ? WW_BL_L_SITE : WW_BL_L_MEDICAL;
        struct ww_out d = ww_out(v->declared, sizeof v->declared);
        list_remotes(&d, a.ae, s);
        ww_bl_text_end(&d);
        return;
    }
    list_titles(v, b, site, device_opened);
    if (a.local_found) {
        violate(v, WW_BL_R_ROLE, "association");
    } else if (a.maybe) {
        v->kind = WW_BL_UNRESOLVED;
        v->reason = WW_BL_R_AE_TITLE;
        v->notes |= WW_BL_NOTE_CONFIGURABLE;
        v->waits_for = "ae-title";
    } else {
        violate(v, WW_BL_R_AE_TITLE, "ae-title");
    }
}

/* Which entities may the title ae mean? All, when it names none of them. */
static bool candidate(const struct ww_baseline *b, const struct ww_bl_site_dicom *site, size_t i,
                      struct ww_slice ae)
{
    bool named = false;
    if (ww_slice_trim(ae).n == 0)
        return true;
    for (size_t k = 0; k < b->nae; k++) {
        bool is = local_title(&b->ae[k], site, ae).is;
        if (is && k == i)
            return true;
        named = named || is;
    }
    return !named;
}

static bool role_is(const struct bl_capability *c, enum ww_bl_role role)
{
    return role == WW_BL_ROLE_ANY || c->role == (uint8_t)role;
}

struct found {
    const struct bl_capability *cap; /* class and role agree */
    const struct bl_capability *other_role;
    const struct bl_ae *ae;
    bool any_list; /* some entity lists capabilities */
};

static struct found find_cap(const struct ww_baseline *b, const struct ww_bl_site_dicom *site,
                             struct ww_slice ae, struct ww_slice sop, enum ww_bl_role role)
{
    struct found f = { .cap = NULL };
    for (size_t i = 0; i < b->nae; i++) {
        if (!candidate(b, site, i, ae))
            continue;
        if (b->ae[i].ncap > 0)
            f.any_list = true;
        for (uint32_t k = 0; k < b->ae[i].ncap; k++) {
            const struct bl_capability *c = &b->ae[i].cap[k];
            if (!ww_slice_eqs(sop, c->sop_class))
                continue;
            if (!role_is(c, role)) {
                f.other_role = c;
            } else if (f.cap == NULL) {
                f.cap = c;
                f.ae = &b->ae[i];
            }
        }
    }
    return f;
}

static const char *const role_names[] = { "", " SCU", " SCP" };

static void observe_class(struct ww_bl_verdict *v, struct ww_slice what, struct ww_slice sop,
                          enum ww_bl_role role)
{
    struct ww_out o = ww_out(v->observed, sizeof v->observed);
    if (what.n > 0) {
        ww_out_text(&o, what);
        ww_out_c(&o, ' ');
    }
    ww_out_text(&o, sop);
    ww_out_s(&o, role_names[role]);
    ww_bl_text_end(&o);
}

/* Class and role; true when they are declared, implied or not restricted. */
static bool judge_class(struct ww_bl_verdict *v, const struct found *f, struct ww_slice sop,
                        enum ww_bl_role role)
{
    if (f->cap != NULL || !f->any_list) {
        if (f->ae != NULL)
            set_rule(v, f->ae->id);
        return true;
    }
    /* PS3.4 Annex A: whoever accepts associations supports Verification as SCP */
    if (ww_slice_eqs(sop, "1.2.840.10008.1.1") && role != WW_BL_SCU) {
        v->notes |= WW_BL_NOTE_IMPLIED;
        return true;
    }
    violate(v, f->other_role != NULL ? WW_BL_R_ROLE : WW_BL_R_SOP_CLASS, "transfer-capability");
    if (f->other_role != NULL) {
        struct ww_out o = ww_out(v->declared, sizeof v->declared);
        ww_out_s(&o, f->other_role->sop_class);
        ww_out_s(&o, role_names[f->other_role->role]);
        ww_bl_text_end(&o);
    }
    return false;
}

static void list_words(char dst[WW_BL_TEXT], const struct bl_strs *s)
{
    struct ww_out o = ww_out(dst, WW_BL_TEXT);
    for (uint32_t i = 0; i < s->n; i++)
        add_word(&o, s->v[i]);
    ww_bl_text_end(&o);
}

void ww_bl_dicom_context(const struct ww_baseline *b, const struct ww_bl_site_dicom *site,
                         struct ww_slice ae, struct ww_slice sop_class, enum ww_bl_role role,
                         struct ww_slice syntax, struct ww_bl_verdict *v)
{
    begin(v, sop_class);
    observe_class(v, (struct ww_slice){ NULL, 0 }, sop_class, role);
    if (not_spoken(b, v))
        return;
    struct found f = find_cap(b, site, ae, sop_class, role);
    if (!judge_class(v, &f, sop_class, role) || f.cap == NULL || syntax.n == 0 ||
        f.cap->syntax.n == 0 || ww_bl_said_in(&f.cap->syntax, syntax))
        return;
    violate(v, WW_BL_R_TRANSFER_SYNTAX, f.ae->id);
    observe_class(v, syntax, sop_class, role);
    list_words(v->declared, &f.cap->syntax);
}

/* Is the destination declared, or one of the device's own titles (it asks for itself)? */
static bool may_move_to(const struct ww_baseline *b, const struct ww_bl_site_dicom *site,
                        const struct bl_ae *ae, struct ww_slice destination)
{
    if (ae->move.n == 0)
        return true;
    for (uint32_t i = 0; i < ae->move.n; i++)
        if (title_is(destination, ae->move.v[i]))
            return true;
    for (size_t i = 0; i < b->nae; i++)
        if (local_title(&b->ae[i], site, destination).is)
            return true;
    return false;
}

void ww_bl_dicom_request(const struct ww_baseline *b, const struct ww_bl_site_dicom *site,
                         struct ww_slice ae, struct ww_slice command, struct ww_slice sop_class,
                         enum ww_bl_role role, struct ww_slice destination, struct ww_bl_verdict *v)
{
    begin(v, command);
    observe_class(v, command, sop_class, role);
    if (not_spoken(b, v))
        return;
    struct found f = find_cap(b, site, ae, sop_class, role);
    if (!judge_class(v, &f, sop_class, role) || f.cap == NULL)
        return;
    if (f.cap->dimse.n > 0 && !ww_bl_said_in(&f.cap->dimse, command)) {
        violate(v, WW_BL_R_DIMSE, f.ae->id);
        list_words(v->declared, &f.cap->dimse);
        return;
    }
    if (ww_slice_trim(destination).n == 0 || may_move_to(b, site, f.ae, destination))
        return;
    violate(v, WW_BL_R_MOVE_DESTINATION, f.ae->id);
    struct ww_out o = ww_out(v->observed, sizeof v->observed);
    ww_out_text(&o, command);
    ww_out_s(&o, " -> ");
    ww_out_text(&o, ww_slice_trim(destination));
    ww_bl_text_end(&o);
    list_words(v->declared, &f.ae->move);
}

enum ww_bl_said ww_bl_dicom_implementation(const struct ww_baseline *b, struct ww_slice uid)
{
    if (b->implementation_uid.n == 0)
        return WW_BL_NOT_SAID;
    return ww_bl_said_in(&b->implementation_uid, uid) ? WW_BL_YES : WW_BL_NO;
}
