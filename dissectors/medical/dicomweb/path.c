/* path.c - which service of DICOMweb is asked, from method, path and query.
 * Source: DICOM PS3.18 9 (URI), 10 (studies), 11 (worklist) */
#include "dissectors/medical/dicomweb/dicomweb.h"

/* Segments by which servers say that DICOMweb follows. */
static const char *const bases[] = { "dicom-web", "dicomweb", "dicom-rs", "qido-rs", "wado-rs", "stow-rs", "qido", "stow", "dcm4chee-arc", NULL };
/* Behind a study, a series or an instance (PS3.18 10.4.1). */
static const char *const retrieved[] = { "metadata", "frames", "rendered", "thumbnail", "bulkdata", "pixeldata", NULL };

const char *ww_web_service(uint8_t s)
{
    static const char *const names[] = { "", "qido", "wado", "stow", "ups", "wado-uri", "delete", "capabilities" };
    return names[s];
}

static bool is_uid(struct ww_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ww_ascii_digit(ww_slice_at(s, i)) && ww_slice_at(s, i) != '.')
            return false;
    return s.n >= 1 && s.n <= 64;
}

static const char *among(struct ww_slice s, const char *const *list)
{
    for (size_t i = 0; list[i] != NULL; i++)
        if (ww_ascii_is(s, list[i]))
            return list[i];
    return NULL;
}

static bool reads(struct ww_slice method)
{
    return ww_slice_eqs(method, "GET") || ww_slice_eqs(method, "HEAD");
}

/* One of studies, series, instances. */
static const char *collection(struct ww_slice s)
{
    static const char *const names[] = { "studies", "series", "instances", NULL };
    return among(s, names);
}

/* From a collection on: /studies[/{uid}[/series[/{uid}[/instances[/{uid}[/frames/1]]]]]] */
static void studies(struct ww_slice method, const struct ww_slice *s, size_t n, struct web_asked *a)
{
    a->level = collection(s[0]);
    size_t i = 1;
    bool uid = false;
    for (; i < n; i++) {
        uid = is_uid(s[i]);
        const char *level = collection(s[i]);
        const char *part = among(s[i], retrieved);
        if (part != NULL) {
            a->level = strcmp(part, "pixeldata") == 0 ? "bulkdata" : part;
            uid = true;
            break;
        }
        if (level != NULL)
            a->level = level;
        else if (!uid)
            return; /* something else that begins alike */
    }
    a->base = a->base || (n > 1 && is_uid(s[1]));
    if (ww_slice_eqs(method, "DELETE"))
        a->service = WS_DELETE;
    else if (ww_slice_eqs(method, "POST"))
        a->service = strcmp(a->level, "studies") == 0 ? WS_STOW : WS_NONE;
    else if (reads(method))
        a->service = uid ? WS_WADO : WS_QIDO;
}

/**
 * Reads a request's path.
 * Out:    a  service WS_NONE when path and method are none of DICOMweb's; base: the path alone is proof
 * Limits: WEB_SEGMENTS segments, the last ones count
 */
void ww_web_path(struct ww_slice method, struct ww_slice path, struct ww_slice query, struct web_asked *a)
{
    struct ww_slice s[WEB_SEGMENTS];
    size_t n = 0;
    *a = (struct web_asked){ .level = "" };
    while (path.n > 0) {
        struct ww_slice one = ww_ascii_until(&path, '/');
        if (one.n == 0)
            continue;
        a->base = a->base || among(one, bases) != NULL;
        for (size_t i = 1; n == WEB_SEGMENTS && i < n; i++)
            s[i - 1] = s[i];
        n -= n == WEB_SEGMENTS;
        s[n++] = one;
    }
    if (ww_ascii_find(query, "requesttype=wado") < query.n) {
        a->service = WS_URI;
        a->level = "instances";
        a->base = true;
        return;
    }
    for (size_t i = 0; i < n && a->service == WS_NONE; i++) {
        if (collection(s[i]) != NULL) {
            studies(method, &s[i], n - i, a);
        } else if (ww_slice_eqs(s[i], "workitems")) {
            a->service = WS_UPS;
            a->level = "workitems";
        }
    }
    if (a->service == WS_NONE && n > 0 && reads(method) && ww_ascii_is(s[n - 1], "wado") && query.n == 0) {
        a->service = WS_URI; /* its response, where the query is not known any more */
        a->level = "instances";
    }
    if (a->service == WS_NONE && a->base && ww_slice_eqs(method, "OPTIONS"))
        a->service = WS_CAPABILITIES;
}
