/* guide_load.c - reads addressees, actions and classes (alert model 3.7 to 3.10) and cross-checks
 * them. */
#include "rules/guideline/guide_int.h"
#include "rules/guideline/lint.h"

#include <stdlib.h>
#include <string.h>

typedef bool known_fn(const struct ww_guide *g, const char *id);

/* ---- small readers -------------------------------------------------------------------------- */

/**
 * Reads a text in both languages.
 * Limits: a missing language is an error: Japanese and English come from one record
 */
struct ww_bi ww_guide_bi(struct ww_yml *y, ww_yml_node n)
{
    static const char *const keys[] = { "ja", "en", NULL };
    struct ww_bi b = { .line = { 0 } };
    if (n == 0 || !ww_yml_keys(y, n, keys))
        return b;
    for (int l = 0; l < WW_LANGS; l++) {
        ww_yml_node v = ww_yml_get(y, n, keys[l]);
        if (v == 0)
            ww_yml_fail(y, n, "the translation '%s' is missing; add it", keys[l]);
        b.s[l] = ww_yml_str(y, v);
        b.line[l] = ww_yml_line(y, v);
    }
    return b;
}

static struct ww_ids ids_of(const struct ww_guide *g, struct ww_yml *y, ww_yml_node n,
                            known_fn *known, const char *where)
{
    struct ww_ids l = { .n = 0 };
    size_t count = ww_yml_count(y, n, WW_GUIDE_LIST);
    for (size_t i = 0; i < count; i++) {
        ww_yml_node item = ww_yml_at(y, n, i);
        const char *id = ww_yml_str(y, item);
        if (id != NULL && known != NULL && !known(g, id))
            ww_yml_fail(y, item, "'%.40s' is not in %s", id, where);
        else if (id != NULL && ww_ids_has(&l, id))
            ww_yml_fail(y, item, "'%.40s' is in the list twice", id);
        l.id[l.n++] = id;
    }
    if (y->rc != WW_OK)
        l.n = 0;
    return l;
}

static uint8_t small(struct ww_yml *y, ww_yml_node n, unsigned min, unsigned max)
{
    return (uint8_t)ww_yml_uint(y, n, min, max);
}

/* The list under a key of the root, after the root's keys and its version have been checked. */
static ww_yml_node list_of(struct ww_yml *y, const char *key)
{
    return ww_yml_need(y, ww_yml_root(y), key);
}

/* Index of a word in a NULL-ended list; an error when it is not there. */
static unsigned one_of(struct ww_yml *y, ww_yml_node n, const char *const *words, const char *all)
{
    const char *s = ww_yml_str(y, n);
    for (unsigned i = 0; s != NULL && words[i] != NULL; i++)
        if (strcmp(words[i], s) == 0)
            return i;
    if (s != NULL)
        ww_yml_fail(y, n, "'%.40s' is none of %s", s, all);
    return 0;
}

static bool known_addressee(const struct ww_guide *g, const char *id)
{
    return ww_guide_addressee(g, id) != NULL;
}

static bool known_action(const struct ww_guide *g, const char *id)
{
    return ww_guide_action(g, id) != NULL;
}

/* A flag of a class may end in '?': it depends on the variant and on a person's confirmation. */
static bool known_flag(const struct ww_guide *g, const char *id)
{
    size_t n = strlen(id);
    return ww_guide_flag(g, id, id[n - 1] == '?' ? n - 1 : n) != NULL;
}

/* ---- addressees.yaml ---------------------------------------------------------------------------
 */

static void load_addressees(struct ww_guide *g, struct ww_yml *y)
{
    static const char *const keys[] = { "id", "kind", "name", NULL };
    static const char *const kinds[] = { "in_house", "outside", "draft", NULL };
    ww_yml_node list = list_of(y, "addressees");
    size_t n = ww_yml_count(y, list, WW_GUIDE_ADDRESSEES);
    for (size_t i = 0; i < n && y->rc == WW_OK; i++) {
        ww_yml_node m = ww_yml_at(y, list, i);
        struct ww_addressee *a = &g->addressee[i];
        (void)ww_yml_keys(y, m, keys);
        a->id = ww_yml_str(y, ww_yml_need(y, m, "id"));
        a->kind = (enum ww_addressee_kind)one_of(y, ww_yml_need(y, m, "kind"), kinds,
                                                 "in_house, outside, draft");
        a->name = ww_guide_bi(y, ww_yml_need(y, m, "name"));
        if (a->id != NULL && ww_guide_addressee(g, a->id) != NULL)
            ww_yml_fail(y, m, "addressee %.40s is given twice", a->id);
        g->naddressees = i + 1;
    }
}

static void load_adds(struct ww_guide *g, struct ww_yml *y)
{
    static const char *const keys[] = { "level", "track", "add", NULL };
    static const char *const tracks[] = { "H", "P", NULL };
    ww_yml_node list = list_of(y, "level_adds");
    size_t n = ww_yml_count(y, list, WW_GUIDE_ADDS);
    for (size_t i = 0; i < n && y->rc == WW_OK; i++) {
        ww_yml_node m = ww_yml_at(y, list, i);
        struct ww_level_add *a = &g->add[i];
        (void)ww_yml_keys(y, m, keys);
        a->level = small(y, ww_yml_need(y, m, "level"), 1, WW_SEV_LEVEL_MAX);
        ww_yml_node track = ww_yml_get(y, m, "track");
        if (track != 0)
            a->track = tracks[one_of(y, track, tracks, "H, P")][0];
        a->add = ids_of(g, y, ww_yml_need(y, m, "add"), known_addressee, "addressees");
        g->nadds = i + 1;
    }
}

static void load_flags(struct ww_guide *g, struct ww_yml *y)
{
    static const char *const keys[] = { "id", "name", "to", NULL };
    ww_yml_node list = list_of(y, "flags");
    size_t n = ww_yml_count(y, list, WW_GUIDE_FLAGS);
    for (size_t i = 0; i < n && y->rc == WW_OK; i++) {
        ww_yml_node m = ww_yml_at(y, list, i);
        struct ww_flag *f = &g->flag[i];
        (void)ww_yml_keys(y, m, keys);
        f->id = ww_yml_str(y, ww_yml_need(y, m, "id"));
        f->name = ww_guide_bi(y, ww_yml_need(y, m, "name"));
        f->to = ids_of(g, y, ww_yml_need(y, m, "to"), known_addressee, "addressees");
        if (f->id != NULL && ww_guide_flag(g, f->id, strlen(f->id)) != NULL)
            ww_yml_fail(y, m, "flag %.40s is given twice", f->id);
        g->nflags = i + 1;
    }
}

/* ---- actions.yaml ------------------------------------------------------------------------------
 */

/**
 * Reads clause numbers by edition (INV-15: clause numbers are versioned data).
 */
void ww_guide_load_refs(struct ww_guide *g, struct ww_yml *y, ww_yml_node n, struct ww_ids *refs)
{
    const char *keys[WW_GUIDE_EDITIONS + 1] = { NULL };
    for (size_t i = 0; i < g->neditions; i++)
        keys[i] = g->edition[i].id;
    if (n == 0 || !ww_yml_keys(y, n, keys))
        return;
    for (size_t i = 0; i < g->neditions; i++) {
        ww_yml_node list = ww_yml_get(y, n, keys[i]);
        refs[i] = ids_of(g, y, list, NULL, "");
        if (refs[i].n > 0 && !g->edition[i].registered)
            ww_yml_fail(y, list, "edition %.40s has registered: false; set it to true", keys[i]);
    }
}

static void load_action(struct ww_guide *g, struct ww_yml *y, ww_yml_node m, struct ww_action *a)
{
    static const char *const keys[] = { "id",   "rank", "part", "auto", "needs_decider",
                                        "refs", "head", "text", NULL };
    static const char *const parts[] = { "do_first", "do_not", NULL };
    static const char *const autos[] = { "patient", NULL };
    (void)ww_yml_keys(y, m, keys);
    a->line = ww_yml_line(y, m);
    a->id = ww_yml_str(y, ww_yml_need(y, m, "id"));
    a->rank = (uint16_t)ww_yml_uint(y, ww_yml_need(y, m, "rank"), 1, 9999);
    a->do_not = one_of(y, ww_yml_need(y, m, "part"), parts, "do_first, do_not") == 1;
    ww_yml_node when = ww_yml_get(y, m, "auto");
    a->auto_patient = when != 0 && one_of(y, when, autos, "patient") == 0;
    a->needs_decider = ww_yml_bool(y, ww_yml_get(y, m, "needs_decider"));
    ww_guide_load_refs(g, y, ww_yml_get(y, m, "refs"), a->refs);
    a->head = ww_guide_bi(y, ww_yml_need(y, m, "head"));
    a->text = ww_guide_bi(y, ww_yml_need(y, m, "text"));
    if (a->id != NULL && ww_guide_action(g, a->id) != NULL)
        ww_yml_fail(y, m, "action %.40s is given twice", a->id);
}

static void load_actions(struct ww_guide *g, struct ww_yml *y)
{
    static const char *const keys[] = { "version", "class_steps_rank", "actions", NULL };
    ww_yml_node root = ww_yml_root(y);
    (void)ww_yml_keys(y, root, keys);
    (void)ww_yml_uint(y, ww_yml_need(y, root, "version"), 1, 1000000);
    g->class_steps_rank =
        (uint16_t)ww_yml_uint(y, ww_yml_need(y, root, "class_steps_rank"), 1, 9999);
    ww_yml_node list = ww_yml_need(y, root, "actions");
    size_t n = ww_yml_count(y, list, WW_GUIDE_ACTIONS);
    for (size_t i = 0; i < n && y->rc == WW_OK; i++) {
        load_action(g, y, ww_yml_at(y, list, i), &g->action[i]);
        g->nactions = i + 1;
    }
}

/* ---- classes.yaml ------------------------------------------------------------------------------
 */

static void load_editions(struct ww_guide *g, struct ww_yml *y)
{
    static const char *const keys[] = { "id", "kind", "shown", "registered", "name", NULL };
    static const char *const kinds[] = { "seed", "guideline", "checklist", NULL };
    ww_yml_node list = list_of(y, "editions");
    size_t n = ww_yml_count(y, list, WW_GUIDE_EDITIONS);
    for (size_t i = 0; i < n && y->rc == WW_OK; i++) {
        ww_yml_node m = ww_yml_at(y, list, i);
        struct ww_edition *ed = &g->edition[i];
        (void)ww_yml_keys(y, m, keys);
        ed->id = ww_yml_str(y, ww_yml_need(y, m, "id"));
        ed->kind = (enum ww_edition_kind)one_of(y, ww_yml_need(y, m, "kind"), kinds,
                                                "seed, guideline, checklist");
        ed->shown = ww_yml_bool(y, ww_yml_need(y, m, "shown"));
        ed->registered = ww_yml_bool(y, ww_yml_need(y, m, "registered"));
        ed->name = ww_guide_bi(y, ww_yml_need(y, m, "name"));
        if (ed->id != NULL && ww_guide_edition_index(g, ed->id) >= 0)
            ww_yml_fail(y, m, "edition %.40s is given twice", ed->id);
        g->neditions = i + 1;
    }
}

/* "WD-104" -> 104 */
static uint16_t class_id(struct ww_yml *y, ww_yml_node n)
{
    const char *s = ww_yml_str(y, n);
    unsigned v = 0;
    if (s == NULL)
        return 0;
    bool ok = strlen(s) == 6 && strncmp(s, "WD-", 3) == 0;
    for (size_t i = 3; ok && i < 6; i++) {
        ok = s[i] >= '0' && s[i] <= '9';
        v = v * 10 + (unsigned)(s[i] - '0');
    }
    if (!ok || v < 100)
        ww_yml_fail(y, n, "'%.40s' is not a class id such as WD-104", s);
    return (uint16_t)v;
}

/* [E1, E9] -> bits */
static uint16_t modifier_bits(struct ww_yml *y, ww_yml_node list)
{
    static const char *const names[] = { "E1", "E2", "E3", "E4",  "E5", "E6",
                                         "E7", "E8", "E9", "E10", NULL };
    uint16_t bits = 0;
    size_t n = ww_yml_count(y, list, 10);
    for (size_t i = 0; i < n; i++)
        bits |= (uint16_t)(1u << one_of(y, ww_yml_at(y, list, i), names, "E1 to E10"));
    return bits;
}

static uint8_t coef(struct ww_yml *y, ww_yml_node m, const char *key, unsigned min, unsigned max,
                    const uint8_t *otherwise)
{
    ww_yml_node n = otherwise != NULL ? ww_yml_get(y, m, key) : ww_yml_need(y, m, key);
    return n == 0 && otherwise != NULL ? *otherwise : small(y, n, min, max);
}

static void load_variants(struct ww_yml *y, ww_yml_node list, struct ww_class *c)
{
    static const char *const keys[] = { "id", "h", "p", "l", "name", NULL };
    size_t n = ww_yml_count(y, list, WW_GUIDE_VARIANTS);
    if (n == 0)
        ww_yml_fail(y, list, "a class has at least one variant");
    for (size_t i = 0; i < n && y->rc == WW_OK; i++) {
        ww_yml_node m = ww_yml_at(y, list, i);
        struct ww_variant *v = &c->variant[i];
        (void)ww_yml_keys(y, m, keys);
        const char *id = ww_yml_str(y, ww_yml_need(y, m, "id"));
        if (id != NULL && (id[0] < 'a' || id[0] > 'i' || id[1] != 0))
            ww_yml_fail(y, m, "variant '%.40s' is not one letter from a to i", id);
        else if (id != NULL && ww_class_variant(c, id[0]) != NULL)
            ww_yml_fail(y, m, "variant %s is given twice", id);
        if (id != NULL)
            v->id = id[0];
        v->h = coef(y, m, "h", 0, 4, &c->k.h);
        v->p = coef(y, m, "p", 0, 4, &c->k.p);
        v->l = coef(y, m, "l", 1, WW_SEV_L_MAX, &c->k.l);
        v->name = ww_guide_bi(y, ww_yml_need(y, m, "name"));
        c->nvariants = (uint8_t)(i + 1);
    }
}

static void load_class_lists(struct ww_guide *g, struct ww_yml *y, ww_yml_node m,
                             struct ww_class *c)
{
    static const char *const subjects[] = { "device", "sensor", NULL };
    ww_yml_node subject = ww_yml_get(y, m, "subject");
    c->sensor = subject != 0 && one_of(y, subject, subjects, "device, sensor") == 1;
    c->no_modifiers = modifier_bits(y, ww_yml_need(y, m, "no_modifiers"));
    c->capabilities = ids_of(g, y, ww_yml_need(y, m, "capabilities"), NULL, "");
    c->actions = ids_of(g, y, ww_yml_need(y, m, "actions"), known_action, "actions.yaml");
    static_assert(WW_GUIDE_ACTIONS <= 64, "an action has a bit");
    for (size_t i = 0; i < g->nactions; i++)
        c->action_bits |= (uint64_t)ww_ids_has(&c->actions, g->action[i].id) << i;
    c->addressees =
        ids_of(g, y, ww_yml_need(y, m, "addressees"), known_addressee, "addressees.yaml");
    c->flags = ids_of(g, y, ww_yml_need(y, m, "flags"), known_flag, "the flags of addressees.yaml");
    ww_guide_load_refs(g, y, ww_yml_need(y, m, "refs"), c->refs);
    load_variants(y, ww_yml_need(y, m, "variants"), c);
}

static void load_class(struct ww_guide *g, struct ww_yml *y, ww_yml_node m, struct ww_class *c)
{
    static const char *const keys[] = {
        "id",           "mnemonic", "name",     "cia",          "h",     "p",          "l",
        "floor",        "cap",      "subject",  "actions",      "flags", "addressees", "harm",
        "no_modifiers", "refs",     "variants", "capabilities", NULL
    };
    (void)ww_yml_keys(y, m, keys);
    c->line = ww_yml_line(y, m);
    c->id = class_id(y, ww_yml_need(y, m, "id"));
    if (ww_guide_class(g, c->id) != NULL)
        ww_yml_fail(y, m, "class WD-%u is given twice", c->id);
    c->mnemonic = ww_yml_str(y, ww_yml_need(y, m, "mnemonic"));
    c->name = ww_guide_bi(y, ww_yml_need(y, m, "name"));
    ww_yml_node cia = ww_yml_need(y, m, "cia");
    c->cia = ww_yml_str(y, cia);
    if (c->cia != NULL && strspn(c->cia, "CIA") != strlen(c->cia))
        ww_yml_fail(y, cia, "'%.40s' has other letters than C, I and A", c->cia);
    c->k.h = coef(y, m, "h", 0, 4, NULL);
    c->k.p = coef(y, m, "p", 0, 4, NULL);
    c->k.l = coef(y, m, "l", 1, WW_SEV_L_MAX, NULL);
    c->k.floor = coef(y, m, "floor", 1, WW_SEV_LEVEL_MAX, NULL);
    c->k.cap = coef(y, m, "cap", 1, WW_SEV_LEVEL_MAX, NULL);
    if (c->k.floor > c->k.cap)
        ww_yml_fail(y, m, "floor %u is above cap %u", c->k.floor, c->k.cap);
    c->harm = ww_guide_bi(y, ww_yml_need(y, m, "harm"));
    load_class_lists(g, y, m, c);
}

static void load_classes(struct ww_guide *g, struct ww_yml *y)
{
    ww_yml_node list = list_of(y, "classes");
    size_t n = ww_yml_count(y, list, WW_GUIDE_CLASSES);
    if (y->rc != WW_OK)
        return;
    g->class = calloc(n > 0 ? n : 1, sizeof *g->class);
    if (g->class == NULL) {
        y->rc = WW_FAIL(y->e, WW_E_SYS, "%s: no memory for %zu classes", y->data.origin, n);
        return;
    }
    for (size_t i = 0; i < n && y->rc == WW_OK; i++) {
        load_class(g, y, ww_yml_at(y, list, i), &g->class[i]);
        g->nclasses = i + 1;
    }
}

/* ---- all ------------------------------------------------------------------------------------ */

/* Reads the four files in the order of their references: editions, addressees, actions, classes,
 * texts. */
static enum ww_rc load_all(struct ww_guide *g, const char *dir, struct ww_err *e)
{
    static const char *const names[] = { [WW_GF_ADDRESSEES] = "guideline/addressees.yaml",
                                         [WW_GF_ACTIONS] = "guideline/actions.yaml",
                                         [WW_GF_CLASSES] = "guideline/classes.yaml",
                                         [WW_GF_TEXTS] = "guideline/texts.yaml" };
    static const char *const class_keys[] = { "version", "editions", "classes", NULL };
    static const char *const addressee_keys[] = { "version", "addressees", "level_adds", "flags",
                                                  NULL };
    struct ww_yml *classes = &g->file[WW_GF_CLASSES], *whom = &g->file[WW_GF_ADDRESSEES];
    for (size_t i = 0; i < WW_GUIDE_FILES; i++) {
        enum ww_rc rc = ww_yml_open(&g->file[i], dir, names[i], e);
        if (rc != WW_OK)
            return rc;
    }
    (void)ww_yml_keys(classes, ww_yml_root(classes), class_keys);
    g->version =
        ww_yml_uint(classes, ww_yml_need(classes, ww_yml_root(classes), "version"), 1, 1000000);
    load_editions(g, classes);
    if (classes->rc != WW_OK)
        return classes->rc;
    (void)ww_yml_keys(whom, ww_yml_root(whom), addressee_keys);
    (void)ww_yml_uint(whom, ww_yml_need(whom, ww_yml_root(whom), "version"), 1, 1000000);
    load_addressees(g, whom);
    load_adds(g, whom);
    load_flags(g, whom);
    if (whom->rc != WW_OK)
        return whom->rc;
    load_actions(g, &g->file[WW_GF_ACTIONS]);
    if (g->file[WW_GF_ACTIONS].rc != WW_OK)
        return g->file[WW_GF_ACTIONS].rc;
    load_classes(g, classes);
    if (classes->rc != WW_OK)
        return classes->rc;
    ww_guide_load_texts(g, &g->file[WW_GF_TEXTS]);
    return g->file[WW_GF_TEXTS].rc;
}

enum ww_rc ww_guide_load(struct ww_guide **out, const char *dir, struct ww_err *e)
{
    struct ww_guide *g = calloc(1, sizeof *g);
    if (g == NULL)
        return WW_FAIL(e, WW_E_SYS, "no memory for the alert classes");
    enum ww_rc rc = load_all(g, dir, e);
    if (rc == WW_OK)
        rc = ww_guide_lint(g, e);
    if (rc != WW_OK) {
        ww_guide_free(g);
        return rc;
    }
    *out = g;
    return WW_OK;
}

void ww_guide_free(struct ww_guide *g)
{
    if (g == NULL)
        return;
    for (size_t i = 0; i < WW_GUIDE_FILES; i++)
        ww_yml_close(&g->file[i]);
    free(g->class);
    free(g);
}
