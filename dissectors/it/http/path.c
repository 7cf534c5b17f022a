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

/* Names of parameters of FHIR searches, QIDO-RS (PS3.18 10.6) and of what web pages call them. A
 * modifier (name:exact) or chain (patient.name) counts like its name. */
static const struct {
    const char *name;
    uint16_t phi;
} personal[] = {
    { "patientname", WW_PHI_NAME },     { "00100010", WW_PHI_NAME },
    { "name", WW_PHI_NAME },            { "family", WW_PHI_NAME },
    { "given", WW_PHI_NAME },           { "phonetic", WW_PHI_NAME },
    { "lastname", WW_PHI_NAME },        { "firstname", WW_PHI_NAME },
    { "patientid", WW_PHI_ID },         { "00100020", WW_PHI_ID },
    { "patient", WW_PHI_ID },           { "patient_id", WW_PHI_ID },
    { "subject", WW_PHI_ID },           { "identifier", WW_PHI_ID },
    { "mrn", WW_PHI_ID },               { "pid", WW_PHI_ID },
    { "patientbirthdate", WW_PHI_BIRTH }, { "00100030", WW_PHI_BIRTH },
    { "birthdate", WW_PHI_BIRTH },      { "dob", WW_PHI_BIRTH },
    { "death-date", WW_PHI_BIRTH },     { "phone", WW_PHI_CONTACT },
    { "telecom", WW_PHI_CONTACT },      { "email", WW_PHI_CONTACT },
    { "address", WW_PHI_CONTACT },      { "address-city", WW_PHI_CONTACT },
    { "address-postalcode", WW_PHI_CONTACT }, { "otherpatientids", WW_PHI_OTHER },
    { "ssn", WW_PHI_OTHER },            { "accessionnumber", WW_PHI_ORDER },
    { "00080050", WW_PHI_ORDER },       { "accession", WW_PHI_ORDER },
    { "encounter", WW_PHI_ORDER },      { "referringphysicianname", WW_PHI_STAFF },
    { "00080090", WW_PHI_STAFF },       { "practitioner", WW_PHI_STAFF },
    { "performer", WW_PHI_STAFF },      { "patientsex", WW_PHI_BODY },
    { "00100040", WW_PHI_BODY },        { "gender", WW_PHI_BODY },
};

static uint16_t phi_of(struct ww_slice name)
{
    name = ww_slice_sub(name, 0, ww_slice_find(name, 0, ':'));
    for (size_t dot = ww_slice_find(name, 0, '.'); dot < name.n; dot = ww_slice_find(name, 0, '.'))
        name = ww_slice_sub(name, dot + 1, name.n);
    for (size_t i = 0; i < sizeof personal / sizeof personal[0]; i++)
        if (ww_ascii_is(name, personal[i].name))
            return personal[i].phi;
    return 0;
}

/**
 * Looks at the names of a query's parameters.
 * Out:    q  how many there are, which kinds of patient data their names stand for
 * Limits: 256 parameters; names in percent-encoding are not decoded
 */
void ww_http_query(struct ww_slice query, struct http_query *q)
{
    *q = (struct http_query){ .count = 0 };
    while (query.n > 0 && q->count < 256) {
        struct ww_slice value = ww_ascii_until(&query, '&');
        struct ww_slice name = ww_ascii_until(&value, '=');
        uint16_t phi = value.n > 0 ? phi_of(name) : 0;
        q->count++;
        q->phi_count = (uint16_t)(q->phi_count + (phi != 0));
        q->phi_kinds |= phi;
        if (phi == WW_PHI_ID && q->patient.n == 0)
            q->patient = value;
    }
}
