/* guide.c - the alert's event type, and look-ups in the loaded data. */
#include "rules/guideline/guide_int.h"

#include <string.h>

WW_EVENT_TYPE(ww_alert, "alert", "Something a person of the hospital should know or do",
              WW_EVT_KEEP, WW_ALERT_FIELDS);

const struct ww_event_type *const ww_guide_events[] = { &ww_alert_type, NULL };

static char letter(const char *b, uint16_t len)
{
    if (len == 0)
        return '\0';
    return b[0];
}

char ww_alert_variant(const struct ww_alert *a)
{
    return letter(a->variant.b, a->variant.len);
}

char ww_alert_track(const struct ww_alert *a)
{
    return letter(a->track.b, a->track.len);
}

uint32_t ww_alert_signature_id(const struct ww_alert *a)
{
    char v = ww_alert_variant(a);
    uint32_t variant = v >= 'a' && v <= 'i' ? (uint32_t)(v - 'a') + 1 : 0;
    return 9000000u + (uint32_t)a->class * 10 + variant;
}

unsigned ww_guide_version(const struct ww_guide *g)
{
    return g->version;
}

size_t ww_guide_nclasses(const struct ww_guide *g)
{
    return g->nclasses;
}

const struct ww_class *ww_guide_class_at(const struct ww_guide *g, size_t i)
{
    return i < g->nclasses ? &g->class[i] : NULL;
}

const struct ww_class *ww_guide_class(const struct ww_guide *g, uint16_t id)
{
    for (size_t i = 0; i < g->nclasses; i++)
        if (g->class[i].id == id)
            return &g->class[i];
    return NULL;
}

const struct ww_variant *ww_class_variant(const struct ww_class *c, char variant)
{
    for (size_t i = 0; i < c->nvariants; i++)
        if (c->variant[i].id == variant)
            return &c->variant[i];
    return NULL;
}

size_t ww_guide_neditions(const struct ww_guide *g)
{
    return g->neditions;
}

const struct ww_edition *ww_guide_edition(const struct ww_guide *g, size_t i)
{
    return i < g->neditions ? &g->edition[i] : NULL;
}

const char *ww_guide_level_name(const struct ww_guide *g, unsigned level, enum ww_lang lang)
{
    return level >= 1 && level <= WW_SEV_LEVEL_MAX ? g->level[level].s[lang] : "?";
}

const char *ww_guide_addressee_name(const struct ww_guide *g, const char *id, enum ww_lang lang)
{
    const struct ww_addressee *a = ww_guide_addressee(g, id);
    return a != NULL ? a->name.s[lang] : id;
}

const char *ww_guide_action_head(const struct ww_guide *g, const char *id, enum ww_lang lang)
{
    const struct ww_action *a = ww_guide_action(g, id);
    return a != NULL ? a->head.s[lang] : id;
}

/* ---- inside --------------------------------------------------------------------------------- */

const struct ww_addressee *ww_guide_addressee(const struct ww_guide *g, const char *id)
{
    for (size_t i = 0; i < g->naddressees; i++)
        if (strcmp(g->addressee[i].id, id) == 0)
            return &g->addressee[i];
    return NULL;
}

const struct ww_action *ww_guide_action(const struct ww_guide *g, const char *id)
{
    for (size_t i = 0; i < g->nactions; i++)
        if (strcmp(g->action[i].id, id) == 0)
            return &g->action[i];
    return NULL;
}

const struct ww_flag *ww_guide_flag(const struct ww_guide *g, const char *id, size_t len)
{
    for (size_t i = 0; i < g->nflags; i++)
        if (strlen(g->flag[i].id) == len && strncmp(g->flag[i].id, id, len) == 0)
            return &g->flag[i];
    return NULL;
}

const struct ww_word *ww_guide_word(const struct ww_guide *g, struct ww_slice id)
{
    for (size_t i = 0; i < g->nwords; i++)
        if (ww_slice_eqs(id, g->word[i].id))
            return &g->word[i];
    return NULL;
}

int ww_guide_edition_index(const struct ww_guide *g, const char *id)
{
    for (size_t i = 0; i < g->neditions; i++)
        if (strcmp(g->edition[i].id, id) == 0)
            return (int)i;
    return -1;
}

bool ww_ids_has(const struct ww_ids *l, const char *id)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->id[i] != NULL && strcmp(l->id[i], id) == 0)
            return true;
    return false;
}

static size_t add_all(const struct ww_ids *l, const char *id[WW_CODES_MAX], size_t n)
{
    for (size_t i = 0; i < l->n; i++) {
        bool there = false;
        for (size_t k = 0; k < n; k++)
            there = there || strcmp(id[k], l->id[i]) == 0;
        if (!there && n < WW_CODES_MAX)
            id[n++] = l->id[i];
    }
    return n;
}

/**
 * Addressees of a class at a level: its own, and those that the level and the track add (alert
 * model 3.9). Return: how many; each once, the class's own first
 */
size_t ww_guide_whom(const struct ww_guide *g, const struct ww_class *c, unsigned level, char track,
                     const char *id[WW_CODES_MAX])
{
    size_t n = add_all(&c->addressees, id, 0);
    for (size_t i = 0; i < g->nadds; i++)
        if (level >= g->add[i].level && (g->add[i].track == 0 || g->add[i].track == track))
            n = add_all(&g->add[i].add, id, n);
    return n;
}
