/* path.c - what is asked of a FHIR server, from method and path.
 * Source: FHIR R4 http.html (3.1.0), operations.html; SMART App Launch 2.2 (well-known, token) */
#include "dissectors/medical/fhir/fhir.h"

/* Segments of a path by which servers say that FHIR follows. */
static const char *const bases[] = { "fhir", "r4", "r4b", "r5", "stu3", "dstu2", "baser4", "baser5", "basedstu3",
                                     "basedstu2", "hapi-fhir-jpaserver", "fhir-server", "1_0_2", "3_0_1", "4_0_0",
                                     "4_0_1", NULL };

const char *ww_fhir_interaction(uint8_t i)
{
    static const char *const names[] = { "",       "read",    "vread",        "search",      "create",    "update",
                                         "patch",  "delete",  "history",      "capabilities", "transaction", "operation",
                                         "smart-configuration", "token" };
    return names[i];
}

struct segments {
    struct ww_slice s[FHIR_SEGMENTS];
    size_t n;
};

/* The last segments, without empty ones. */
static void split(struct ww_slice path, struct segments *g)
{
    g->n = 0;
    while (path.n > 0) {
        struct ww_slice s = ww_ascii_until(&path, '/');
        if (s.n == 0)
            continue;
        if (g->n == FHIR_SEGMENTS) {
            for (size_t i = 1; i < FHIR_SEGMENTS; i++)
                g->s[i - 1] = g->s[i];
            g->n--;
        }
        g->s[g->n++] = s;
    }
}

/* [A-Za-z0-9\-\.]{1,64} (FHIR datatypes.html#id) */
static bool is_id(struct ww_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = ww_slice_at(s, i);
        if (!ww_ascii_letter(c) && !ww_ascii_digit(c) && c != '-' && c != '.')
            return false;
    }
    return s.n >= 1 && s.n <= 64;
}

static bool is_operation(struct ww_slice s)
{
    for (size_t i = 1; i < s.n; i++) {
        uint8_t c = ww_slice_at(s, i);
        if (!ww_ascii_letter(c) && c != '-')
            return false;
    }
    return s.n >= 3 && s.n <= 32 && ww_slice_at(s, 0) == '$';
}

static uint8_t by_method(struct ww_slice method, uint8_t get, uint8_t post)
{
    if (ww_slice_eqs(method, "GET") || ww_slice_eqs(method, "HEAD"))
        return get;
    if (ww_slice_eqs(method, "POST"))
        return post;
    if (ww_slice_eqs(method, "PUT"))
        return FI_UPDATE;
    if (ww_slice_eqs(method, "PATCH"))
        return FI_PATCH;
    return ww_slice_eqs(method, "DELETE") ? FI_DELETE : FI_NONE;
}

/* Behind a type: [/id [/_history [/vid] | /Type | /$op]] | /_history | /_search | /$op */
static uint8_t behind_type(struct ww_slice method, const struct ww_slice *s, size_t n, struct fhir_asked *a)
{
    if (n > 0 && is_operation(s[n - 1])) {
        a->operation = s[n - 1];
        return n <= 2 ? FI_OPERATION : FI_NONE;
    }
    if (n == 0)
        return by_method(method, FI_SEARCH, FI_CREATE);
    if (n == 1 && ww_slice_eqs(s[0], "_history"))
        return FI_HISTORY;
    if (n == 1 && ww_slice_eqs(s[0], "_search"))
        return FI_SEARCH;
    if (!is_id(s[0]))
        return FI_NONE;
    if (n == 1)
        return by_method(method, FI_READ, FI_NONE);
    if (ww_slice_eqs(s[1], "_history"))
        return n == 2 ? FI_HISTORY : n == 3 ? FI_VREAD : FI_NONE;
    return n == 2 && ww_fhir_type(s[1]) != 0 ? FI_SEARCH : FI_NONE; /* of a compartment */
}

/* Paths without a type, relative to the base. */
static uint8_t of_system(struct ww_slice method, const struct segments *g, struct ww_slice query, struct fhir_asked *a)
{
    struct ww_slice last = g->n > 0 ? g->s[g->n - 1] : (struct ww_slice){ NULL, 0 };
    if (ww_slice_eqs(last, "smart-configuration"))
        return FI_SMART;
    if (ww_slice_eqs(last, "token") && ww_slice_eqs(method, "POST"))
        return FI_TOKEN;
    if (ww_slice_eqs(last, "metadata"))
        return by_method(method, FI_CAPABILITIES, FI_NONE);
    if (ww_slice_eqs(last, "_history"))
        return by_method(method, FI_HISTORY, FI_NONE);
    if (ww_slice_eqs(last, "_search"))
        return by_method(method, FI_NONE, FI_SEARCH);
    if (is_operation(last)) {
        a->operation = last;
        return FI_OPERATION;
    }
    return by_method(method, query.n > 0 ? FI_SEARCH : FI_NONE, FI_TRANSACTION);
}

/**
 * Reads a request's path.
 * Out:    a  interaction, as far as method and path tell; FI_TRANSACTION also stands for any POST to a
 *            path without a type, so it proves nothing
 * Limits: FHIR_SEGMENTS segments, the last ones count
 */
void ww_fhir_path(struct ww_slice method, struct ww_slice path, struct ww_slice query, struct fhir_asked *a)
{
    struct segments g;
    *a = (struct fhir_asked){ .interaction = FI_NONE };
    split(path, &g);
    for (size_t i = 0; i < g.n; i++) {
        for (size_t k = 0; bases[k] != NULL; k++)
            a->base = a->base || ww_ascii_is(g.s[i], bases[k]);
        if (ww_fhir_type(g.s[i]) == 0)
            continue;
        a->interaction = behind_type(method, &g.s[i + 1 < g.n ? i + 1 : 0], g.n - i - 1, a);
        if (a->interaction != FI_NONE) {
            a->type = g.s[i];
            return;
        }
    }
    a->operation.n = 0;
    a->interaction = of_system(method, &g, query, a);
}
