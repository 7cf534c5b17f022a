/* guide_texts.c - reads texts.yaml (alert model 3.11): levels, frames, words, and the wording of
 * each class. */
#include "rules/guideline/guide_int.h"

#include <stdio.h>
#include <string.h>

static const char *const frame_names[] = {
#define WW_X(n) #n,
    WW_FRAMES(WW_X)
#undef WW_X
        NULL
};

static void load_levels(struct ww_guide *g, struct ww_yml *y, ww_yml_node list)
{
    static const char *const keys[] = { "level", "name", NULL };
    size_t n = ww_yml_count(y, list, WW_SEV_LEVEL_MAX);
    for (size_t i = 0; i < n; i++) {
        ww_yml_node m = ww_yml_at(y, list, i);
        (void)ww_yml_keys(y, m, keys);
        unsigned level = ww_yml_uint(y, ww_yml_need(y, m, "level"), 1, WW_SEV_LEVEL_MAX);
        struct ww_bi name = ww_guide_bi(y, ww_yml_need(y, m, "name"));
        if (g->level[level].s[0] != NULL)
            ww_yml_fail(y, m, "level %u is given twice", level);
        g->level[level] = name;
    }
    for (unsigned level = 1; level <= WW_SEV_LEVEL_MAX; level++)
        if (g->level[level].s[0] == NULL)
            ww_yml_fail(y, list, "the name of level %u is missing; add it", level);
}

static void load_frames(struct ww_guide *g, struct ww_yml *y, ww_yml_node m)
{
    (void)ww_yml_keys(y, m, frame_names);
    for (size_t i = 0; i < WW_FR_N; i++)
        g->frame[i] = ww_guide_bi(y, ww_yml_need(y, m, frame_names[i]));
}

/* The bits are those of the dissectors: 1 name, 2 id, 4 birth ... */
const char *const ww_phi_words[WW_PHI_WORDS] = { "phi_name",    "phi_id",       "phi_birth",
                                                 "phi_contact", "phi_other",    "phi_order",
                                                 "phi_staff",   "phi_body",     "phi_text",
                                                 "phi_burned",  "phi_document", "phi_relative",
                                                 "phi_place",   "phi_clinical" };

static void need_words(const struct ww_guide *g, struct ww_yml *y, ww_yml_node list,
                       const char *const *needed, size_t n)
{
    for (size_t i = 0; i < n && y->rc == WW_OK; i++)
        if (ww_guide_word(g, ww_slice_str(needed[i])) == NULL)
            ww_yml_fail(y, list, "the word '%s' is missing; add it", needed[i]);
}

static void load_words(struct ww_guide *g, struct ww_yml *y, ww_yml_node list)
{
    static const char *const keys[] = { "id", "ja", "en", NULL };
    static const char *const needed[] = {
        "conf_low", "conf_mid", "conf_high", "attack", "misconfiguration",
        "fault",    "cia_C",    "cia_I",     "cia_A"
    };
    size_t n = ww_yml_count(y, list, WW_GUIDE_WORDS);
    for (size_t i = 0; i < n && y->rc == WW_OK; i++) {
        ww_yml_node m = ww_yml_at(y, list, i);
        (void)ww_yml_keys(y, m, keys);
        const char *id = ww_yml_str(y, ww_yml_need(y, m, "id"));
        if (id != NULL && ww_guide_word(g, ww_slice_str(id)) != NULL)
            ww_yml_fail(y, m, "word %.40s is given twice", id);
        struct ww_word *w = &g->word[i];
        w->id = id;
        for (int l = 0; l < WW_LANGS; l++) {
            ww_yml_node v = ww_yml_get(y, m, keys[l + 1]);
            if (v == 0)
                ww_yml_fail(y, m, "the translation '%s' is missing; add it", keys[l + 1]);
            w->name.s[l] = ww_yml_str(y, v);
            w->name.line[l] = ww_yml_line(y, v);
        }
        g->nwords = i + 1;
    }
    need_words(g, y, list, needed, sizeof needed / sizeof needed[0]);
    need_words(g, y, list, ww_phi_words, WW_PHI_WORDS);
}

/* Texts that a map gives; those it does not give stay absent. */
static void load_text(struct ww_yml *y, ww_yml_node m, struct ww_text *t)
{
    t->seen = ww_guide_bi(y, ww_yml_get(y, m, "seen"));
    t->declared = ww_guide_bi(y, ww_yml_get(y, m, "declared"));
    t->meaning = ww_guide_bi(y, ww_yml_get(y, m, "meaning"));
    t->do_not = ww_guide_bi(y, ww_yml_get(y, m, "do_not"));
    t->whom = ww_guide_bi(y, ww_yml_get(y, m, "whom"));
    ww_yml_node steps = ww_yml_get(y, m, "do_first");
    size_t n = ww_yml_count(y, steps, WW_GUIDE_STEPS);
    for (size_t i = 0; i < n; i++)
        t->do_first[i] = ww_guide_bi(y, ww_yml_at(y, steps, i));
    t->ndo_first = (uint8_t)n;
}

static void load_variant_texts(struct ww_yml *y, ww_yml_node list, struct ww_class *c)
{
    static const char *const keys[] = { "id",     "seen", "declared", "meaning",
                                        "do_not", "whom", "do_first", NULL };
    size_t n = ww_yml_count(y, list, WW_GUIDE_VARIANTS);
    for (size_t i = 0; i < n && y->rc == WW_OK; i++) {
        ww_yml_node m = ww_yml_at(y, list, i);
        (void)ww_yml_keys(y, m, keys);
        const char *id = ww_yml_str(y, ww_yml_need(y, m, "id"));
        struct ww_variant *found = NULL;
        for (size_t k = 0; id != NULL && id[1] == 0 && k < c->nvariants; k++)
            if (c->variant[k].id == id[0])
                found = &c->variant[k];
        if (found == NULL)
            ww_yml_fail(y, m, "WD-%u has no variant '%.40s' in classes.yaml", c->id, id ? id : "");
        else
            load_text(y, m, &found->text);
    }
}

static void load_class_text(struct ww_guide *g, struct ww_yml *y, ww_yml_node m)
{
    static const char *const keys[] = { "class", "seen",     "declared", "meaning", "do_not",
                                        "whom",  "do_first", "variants", NULL };
    static const char *const needed[] = { "seen", "declared", "meaning", "do_not" };
    (void)ww_yml_keys(y, m, keys);
    const char *id = ww_yml_str(y, ww_yml_need(y, m, "class"));
    struct ww_class *c = NULL;
    for (size_t i = 0; id != NULL && i < g->nclasses; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "WD-%03u", g->class[i].id);
        if (strcmp(name, id) == 0)
            c = &g->class[i];
    }
    if (c == NULL) {
        ww_yml_fail(y, m, "class '%.40s' is not in classes.yaml", id != NULL ? id : "");
        return;
    }
    if (c->text_line != 0)
        ww_yml_fail(y, m, "the text of %.40s is given twice", id);
    c->text_line = ww_yml_line(y, m);
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        (void)ww_yml_need(y, m, needed[i]);
    load_text(y, m, &c->text);
    load_variant_texts(y, ww_yml_get(y, m, "variants"), c);
}

/**
 * Reads texts.yaml.
 * Limits: every class needs a text, every frame and every level its wording; classes.yaml has been
 * read
 */
void ww_guide_load_texts(struct ww_guide *g, struct ww_yml *y)
{
    static const char *const keys[] = { "version", "levels", "frames", "words", "texts", NULL };
    ww_yml_node root = ww_yml_root(y);
    (void)ww_yml_keys(y, root, keys);
    (void)ww_yml_uint(y, ww_yml_need(y, root, "version"), 1, 1000000);
    load_levels(g, y, ww_yml_need(y, root, "levels"));
    load_frames(g, y, ww_yml_need(y, root, "frames"));
    load_words(g, y, ww_yml_need(y, root, "words"));
    ww_yml_node list = ww_yml_need(y, root, "texts");
    size_t n = ww_yml_count(y, list, WW_GUIDE_CLASSES);
    for (size_t i = 0; i < n && y->rc == WW_OK; i++)
        load_class_text(g, y, ww_yml_at(y, list, i));
    for (size_t i = 0; i < g->nclasses; i++)
        if (g->class[i].text_line == 0)
            ww_yml_fail(y, list, "the text of WD-%u is missing; add it", g->class[i].id);
}

/* ---- templates ----------------------------------------------------------------------------------
 */

enum ww_param ww_guide_param(struct ww_slice name)
{
    static const char *const names[] = {
#define WW_X(n) [WW_PA_##n] = #n,
        WW_PARAMS(WW_X) WW_FRAME_PARAMS(WW_X)
#undef WW_X
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (ww_slice_eqs(name, names[i]))
            return (enum ww_param)i;
    return WW_PA_N;
}

bool ww_guide_next(const char *tmpl, size_t *at, struct ww_slice *text, struct ww_slice *param)
{
    struct ww_slice all = ww_slice_str(tmpl);
    *param = (struct ww_slice){ NULL, 0 };
    if (*at >= all.n)
        return false;
    size_t open = ww_slice_find(all, *at, '{');
    size_t shut = ww_slice_find(all, open, '}');
    *text = ww_slice_sub(all, *at, open - *at);
    if (shut < all.n) {
        *param = ww_slice_sub(all, open + 1, shut - open - 1);
        *at = shut + 1;
    } else {
        *text = ww_slice_sub(all, *at, all.n - *at);
        *at = all.n;
    }
    return true;
}
