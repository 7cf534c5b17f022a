/* path.c - what of a path and a query may leave: words that name services, never what names a patient.
 *
 * A path is shown as a pattern: segments of words.inc, names of FHIR resource types and versions (v1,
 * r4, 2.0) stay; others become {id} when they hold a digit, {text} when they do not, {file} with a
 * known extension. Of a query only the number of its parameters is told, and whether their names are
 * those of patient data. */
#include "dissectors/it/http/http.h"

static const char *const words[] = {
#define X(w) w,
#include "dissectors/it/http/words.inc"
#undef X
};
static const char *const fhir_types[] = {
#define X(w) #w,
#include "dissectors/lib/fhir_types.inc"
#undef X
};
static const char *const extensions[] = { "html", "htm", "js",  "css", "png", "jpg", "jpeg", "gif", "svg", "ico",
                                          "json", "xml", "txt", "csv", "pdf", "zip", "exe",  "dll", "msi", "cab",
                                          "bin",  "img", "php", "asp", "aspx", "jsp", "do",  "cgi", "dcm", "woff",
                                          "woff2", "map", "wsdl", "crl", "crt", "gz", "tar", "ps1", "sh",  NULL };

static int compare(struct ww_slice s, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i < s.n && i < n; i++)
        if (ww_slice_at(s, i) != (uint8_t)word[i])
            return ww_slice_at(s, i) < (uint8_t)word[i] ? -1 : 1;
    return s.n == n ? 0 : s.n < n ? -1 : 1;
}

static bool listed(struct ww_slice s, const char *const *list, size_t n)
{
    size_t from = 0, to = n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        int c = compare(s, list[mid]);
        if (c == 0)
            return true;
        if (c < 0)
            to = mid;
        else
            from = mid + 1;
    }
    return false;
}

/* v1, v2.0, r4, 1.0: at most one letter, few digits. */
static bool is_version(struct ww_slice s)
{
    uint8_t c = ww_ascii_lower(ww_slice_at(s, 0));
    size_t i = c == 'v' || c == 'r';
    bool dot = false;
    for (size_t n = i; n < s.n; n++) {
        dot = dot || ww_slice_at(s, n) == '.';
        if (!ww_ascii_digit(ww_slice_at(s, n)) && (ww_slice_at(s, n) != '.' || n == i || n + 1 == s.n))
            return false;
    }
    return s.n > i && s.n <= i + 3 && (i == 1 || dot);
}

static const char *extension(struct ww_slice s)
{
    size_t dot = s.n;
    while (dot > 0 && ww_slice_at(s, dot - 1) != '.')
        dot--;
    for (size_t i = 0; dot > 0 && extensions[i] != NULL; i++)
        if (ww_ascii_is(ww_slice_sub(s, dot, s.n), extensions[i]))
            return extensions[i];
    return NULL;
}

static void segment(struct ww_slice s, struct ww_out *o)
{
    bool digit = false;
    for (size_t i = 0; i < s.n; i++)
        digit = digit || ww_ascii_digit(ww_slice_at(s, i));
    const char *ext = extension(s);
    if (s.n == 0)
        return;
    if (listed(s, words, sizeof words / sizeof words[0]) ||
        listed(s, fhir_types, sizeof fhir_types / sizeof fhir_types[0]) || is_version(s)) {
        ww_out_raw(o, s.p, s.n);
    } else if (ext != NULL) {
        ww_out_s(o, "{file}.");
        ww_out_s(o, ext);
    } else {
        ww_out_s(o, digit ? "{id}" : "{text}");
    }
}

/**
 * Writes the pattern of a path.
 * Limits: HTTP_SEGMENTS segments, the rest is told as "..."; parameters of a segment (;a=b) are left out
 */
void ww_http_pattern(struct ww_slice path, struct ww_out *o)
{
    if (ww_slice_eqs(path, "*")) { /* the server as a whole (RFC 9112 3.2.4) */
        ww_out_c(o, '*');
        return;
    }
    for (size_t n = 0; n < HTTP_SEGMENTS; n++) {
        size_t slash = ww_slice_find(path, 0, '/');
        struct ww_slice s = ww_slice_sub(path, 0, slash);
        segment(ww_slice_sub(s, 0, ww_slice_find(s, 0, ';')), o);
        if (slash == path.n)
            return;
        ww_out_c(o, '/');
        path = ww_slice_sub(path, slash + 1, path.n);
    }
    ww_out_s(o, "...");
}

/* ---- queries --------------------------------------------------------------------------------------------- */

/* Names that mean a patient wherever they stand: QIDO-RS (PS3.18 10.6) and what web pages call them. */
static const struct ww_query_name personal[] = {
    { "patientname", WW_PHI_NAME },      { "patient_name", WW_PHI_NAME },
    { "00100010", WW_PHI_NAME },         { "patientid", WW_PHI_ID },
    { "patient_id", WW_PHI_ID },         { "00100020", WW_PHI_ID },
    { "mrn", WW_PHI_ID },                { "patientbirthdate", WW_PHI_BIRTH },
    { "00100030", WW_PHI_BIRTH },        { "otherpatientids", WW_PHI_OTHER },
    { "accessionnumber", WW_PHI_ORDER }, { "00080050", WW_PHI_ORDER },
    { "referringphysicianname", WW_PHI_STAFF }, { "00080090", WW_PHI_STAFF },
    { "patientsex", WW_PHI_BODY },       { "00100040", WW_PHI_BODY },
    { NULL, 0 }
};

void ww_http_query(struct ww_slice query, struct ww_query *q)
{
    ww_query(query, personal, q);
}
