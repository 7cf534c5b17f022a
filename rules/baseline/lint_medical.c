/* lint_medical.c - what a valid medical extension still has wrong. */
#include "rules/baseline/bl.h"
#include <stdio.h>
#include <stdlib.h>

static const char *part(char dst[96], const char *list, size_t i)
{
    (void)snprintf(dst, 96, "mud/wardwatch-medical:device/%s[%zu]", list, i);
    return dst;
}

static bool ace_exists(const struct ww_baseline *b, const char *path)
{
    for (size_t i = 0; i < b->nace; i++) {
        size_t n = strlen(b->ace[i].acl);
        if (strncmp(path, b->ace[i].acl, n) == 0 && path[n] == '/' &&
            strcmp(path + n + 1, b->ace[i].name) == 0)
            return true;
    }
    return false;
}

static bool port_of(const struct bl_conduit *c, const struct bl_ace *a)
{
    if (c->port.n == 0 || (a->peer_port.op != BL_OP_EQ && a->device_port.op != BL_OP_EQ))
        return true;
    for (uint32_t i = 0; i < c->port.n; i++) {
        unsigned long p = strtoul(c->port.v[i], NULL, 10);
        if ((a->peer_port.op == BL_OP_EQ && a->peer_port.lo == p) ||
            (a->device_port.op == BL_OP_EQ && a->device_port.lo == p))
            return true;
    }
    return false;
}

/* RFC 8520 section 14: the extension narrows, so what it tells must have an entry that permits it.
 */
static void lint_conduits(const struct ww_baseline *b, struct bl_lint *l)
{
    char p[96];
    for (size_t i = 0; i < b->nconduit; i++) {
        const struct bl_conduit *c = &b->conduit[i];
        for (uint32_t j = 0; j < c->ace.n; j++)
            if (!ace_exists(b, c->ace.v[j]))
                ww_bl_say(l, WW_BL_ERROR, "conduit-ace", part(p, "conduit", i),
                          "conduit %s names the entry %.100s, which no policy applies; correct the "
                          "name (list/entry)",
                          c->id, c->ace.v[j]);
        if (!c->used_by_ace)
            ww_bl_say(l, WW_BL_ERROR, "conduit-without-entry", part(p, "conduit", i),
                      "conduit %s has no entry that permits it; the extension permits nothing by "
                      "itself",
                      c->id);
    }
    size_t loose = 0;
    const struct bl_ace *first = NULL;
    for (size_t i = 0; i < b->nace; i++) {
        const struct bl_ace *a = &b->ace[i];
        const struct bl_conduit *c = a->conduit >= 0 ? &b->conduit[a->conduit] : NULL;
        (void)snprintf(p, sizeof p, "acls/acl[%u]/aces/ace[%u]", a->acl_at, a->ace_at);
        if (c == NULL && a->action == BL_ACCEPT && loose++ == 0)
            first = a;
        if (c != NULL && !port_of(c, a))
            ww_bl_say(l, WW_BL_WARNING, "conduit-port", p,
                      "entry %.64s has another port than its conduit %s; correct one of them",
                      a->name, c->id);
        if (c != NULL && a->proto == 6 && a->initiated != c->initiated &&
            c->initiated != BL_ANY_SIDE)
            ww_bl_say(l, WW_BL_WARNING, "conduit-direction", p,
                      "entry %.64s and its conduit %s disagree on who opens the connection",
                      a->name, c->id);
    }
    if (first != NULL && b->nconduit > 0) {
        (void)snprintf(p, sizeof p, "acls/acl[%u]/aces/ace[%u]", first->acl_at, first->ace_at);
        ww_bl_say(l, WW_BL_WARNING, "entry-without-conduit", p,
                  "%zu entries belong to no conduit (first: %.64s): nothing says what they are for",
                  loose, first->name);
    }
}

/* A never entry that forbids what an entry permits, with no exception for its state. */
static void lint_never(const struct ww_baseline *b, struct bl_lint *l)
{
    char p[96];
    for (size_t i = 0; i < b->nnever; i++) {
        const struct bl_never *n = &b->never[i];
        for (size_t c = 0; c < b->nconduit; c++) {
            const struct bl_conduit *k = &b->conduit[c];
            bool outside = k->peer >= 0 && b->peer[k->peer].bind == BL_NAMES;
            bool same_app = n->application[0] != 0 && strcmp(n->application, k->application) == 0;
            bool dir = n->dir == BL_NEVER_EITHER || k->initiated == BL_ANY_SIDE ||
                       (n->dir == BL_NEVER_FROM) == (k->initiated == BL_DEVICE_SIDE);
            if (!dir || !((n->internet && outside && n->application[0] == 0) || same_app) ||
                ww_bl_is_in(&n->except_state, k->state))
                continue;
            ww_bl_say(l, WW_BL_WARNING, "never-contradiction", part(p, "never", i),
                      "never entry %s forbids what conduit %s permits; add except-state \"%s\" or "
                      "remove one of them",
                      n->id, k->id, k->state);
        }
        if (n->application[0] == 0 && !n->internet && n->transport[0] == 0)
            ww_bl_say(l, WW_BL_WARNING, "never-empty", part(p, "never", i),
                      "never entry %s names neither application, transport nor internet, so it is "
                      "not evaluated",
                      n->id);
    }
}

static bool is_dicom(const char *app)
{
    return strncmp(app, "dicom", 5) == 0 || strcmp(app, "unspecified") == 0;
}

static bool is_hl7(const char *app)
{
    return strncmp(app, "hl7v2", 5) == 0 || strcmp(app, "ihe-pcd") == 0 ||
           strcmp(app, "unspecified") == 0;
}

static void lint_speakers(const struct ww_baseline *b, struct bl_lint *l)
{
    char p[96];
    for (size_t c = 0; c < b->nconduit; c++) {
        const struct bl_conduit *k = &b->conduit[c];
        for (size_t i = 0; i < b->nae; i++)
            if (ww_bl_is_in(&b->ae[i].conduit, k->id) && !is_dicom(k->application))
                ww_bl_say(l, WW_BL_WARNING, "ae-conduit", part(p, "dicom/network-ae", i),
                          "network-ae %s uses conduit %s, whose application is %s and not dicom",
                          b->ae[i].id, k->id, k->application);
        for (size_t i = 0; i < b->nendpoint; i++)
            if (ww_bl_is_in(&b->endpoint[i].conduit, k->id) && !is_hl7(k->application))
                ww_bl_say(l, WW_BL_WARNING, "hl7-conduit", part(p, "hl7v2/endpoint", i),
                          "endpoint %s uses conduit %s, whose application is %s and not HL7",
                          b->endpoint[i].id, k->id, k->application);
    }
}

static void lint_date(struct bl_lint *l, const char *what, const char *date)
{
    if (date[0] == 0)
        return;
    unsigned long month = strtoul(date + 5, NULL, 10);
    unsigned long day = strtoul(date + 8, NULL, 10);
    if (month < 1 || month > 12 || day < 1 || day > 31)
        ww_bl_say(l, WW_BL_WARNING, "date", "mud/wardwatch-medical:device/platform",
                  "%s: %s is not in the calendar; correct it", what, date);
}

void ww_bl_lint_medical(const struct ww_baseline *b, struct bl_lint *l)
{
    if (b->schema_version != 1)
        ww_bl_say(l, WW_BL_ERROR, "schema-version", "mud/wardwatch-medical:device/schema-version",
                  "schema-version is %u; this program knows 1, so use a newer one",
                  b->schema_version);
    lint_conduits(b, l);
    lint_never(b, l);
    lint_speakers(b, l);
    lint_date(l, "end-of-sale", b->end_sale);
    lint_date(l, "end-of-security-support", b->end_security);
    lint_date(l, "end-of-life", b->end_life);
    lint_date(l, "end-of-service-life", b->end_service);
    lint_date(l, "os-support-end", b->end_os);
}
