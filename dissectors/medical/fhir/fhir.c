/* fhir.c - FHIR in content that others carry: recognised by media type, path and first member; the
 * envelope is told at once, the body when it is whole.
 * Source: FHIR R4 http.html 3.1.0, json.html, xml.html; SMART App Launch 2.2 */
#include "dissectors/medical/fhir/fhir.h"

enum { TOKEN_FORM = 1024, XML_DEPTH_MAX = 200 };

static bool fhir_media(struct ww_slice m)
{
    return ww_ascii_find(m, "fhir+") < m.n || ww_ascii_find(m, "json+fhir") < m.n || ww_ascii_find(m, "xml+fhir") < m.n;
}

static bool is_form(const struct ww_content *m)
{
    return ww_slice_eqs(m->media, "application/x-www-form-urlencoded");
}

/* ---- recognition ------------------------------------------------------------------------------------------- */

static struct ww_slice unblank(struct ww_slice in)
{
    size_t n = ww_slice_starts(in, "\xef\xbb\xbf") ? 3 : 0;
    while (n < in.n && strchr(" \t\r\n", ww_slice_at(in, n)) != NULL)
        n++;
    return ww_slice_sub(in, n, in.n);
}

/* The first member of an object is "resourceType" with the name of one. */
static bool json_front(struct ww_slice in)
{
    struct ww_json j = { 0 };
    bool key = false;
    for (unsigned n = 0; n < 3; n++) {
        enum ww_json_kind k = ww_json_next(&j, &in);
        if ((n == 0 && k != WW_JSON_OPEN) || (n == 1 && k != WW_JSON_KEY) || (n == 2 && k != WW_JSON_STRING))
            return false;
        if (n == 1)
            key = ww_slice_eqs(ww_json_text(&j), "resourceType");
    }
    return key && ww_fhir_type(ww_json_text(&j)) != 0;
}

/* <Type xmlns="http://hl7.org/fhir" */
static bool xml_front(struct ww_slice in)
{
    for (unsigned n = 0; n < 8 && in.n > 0; n++) {
        struct ww_xml_scan scan = { 0 };
        struct ww_xml_tok t = ww_xml_next(&scan, in, FHIR_XML_MAX);
        if (t.kind == WW_XML_OPEN)
            return ww_slice_eqs(ww_xml_attr(t.body, "xmlns"), "http://hl7.org/fhir") && ww_fhir_type(t.name) != 0;
        if (t.kind != WW_XML_ASIDE && t.kind != WW_XML_TEXT)
            return false;
        in = ww_slice_sub(in, t.used, in.n);
    }
    return false;
}

/* A request for a token whose scopes are those of SMART. */
static bool smart_form(const struct ww_content *m, struct ww_slice in)
{
    static const char *const marks[] = { "patient%2f", "user%2f", "system%2f", "patient/", "user/", "system/", "fhiruser", "launch" };
    if (!is_form(m))
        return false;
    size_t scope = ww_ascii_find(in, "scope=");
    struct ww_slice v = ww_slice_sub(in, scope, in.n);
    v = ww_slice_sub(v, 0, ww_slice_find(v, 0, '&'));
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (ww_ascii_find(v, marks[i]) < v.n)
            return true;
    return false;
}

/**
 * Is this FHIR? The media type proves it, or what is asked for; a path of its shape only together
 * with a base by which FHIR servers go; the first member of the body proves it too.
 */
static enum ww_guess probe(const struct ww_content *m, struct ww_slice in)
{
    struct fhir_asked a;
    if (in.n > 0) {
        in = ww_slice_sub(in, 0, WW_CONTENT_FIRST); /* not more, however much has come */
        struct ww_slice t = unblank(in);
        return json_front(t) || xml_front(t) || smart_form(m, in) ? WW_GUESS_YES : WW_GUESS_NO;
    }
    if (fhir_media(m->media) || fhir_media(m->accept))
        return WW_GUESS_YES;
    if (m->part)
        return WW_GUESS_NO;
    ww_fhir_path(m->method, m->path, m->query, &a);
    bool typed = a.type.n > 0 || a.interaction == FI_CAPABILITIES || a.interaction == FI_OPERATION || a.interaction == FI_TOKEN;
    return a.interaction == FI_SMART || (a.base && typed) ? WW_GUESS_YES : WW_GUESS_NO;
}

/* ---- bodies ------------------------------------------------------------------------------------------------ */

static uint8_t format_of(const struct ww_content *m)
{
    if (is_form(m))
        return FMT_FORM;
    if (ww_ascii_find(m->media, "json") < m->media.n)
        return FMT_JSON;
    return ww_ascii_find(m->media, "xml") < m->media.n ? FMT_XML : FMT_NONE;
}

/* In a list a value stands under the list's own member. */
static uint8_t key_now(const struct fhir *f)
{
    uint8_t level = ww_fhir_level(f);
    return level & FK_LIST ? level & (uint8_t)~FK_LIST : f->next_key;
}

/* Return: false when it is no JSON. */
static bool feed_json(struct ww_cx *cx, struct fhir *f, enum ww_dir dir, struct ww_slice in)
{
    for (;;) {
        enum ww_json_kind k = ww_json_next(&f->in.json, &in);
        struct ww_slice text = ww_json_text(&f->in.json);
        switch (k) {
        case WW_JSON_MORE:
            return true;
        case WW_JSON_BAD:
            return false;
        case WW_JSON_OPEN:
            ww_fhir_open(f, key_now(f));
            f->next_key = FK_NONE;
            break;
        case WW_JSON_OPEN_A:
            ww_fhir_list(f, key_now(f));
            break;
        case WW_JSON_CLOSE:
        case WW_JSON_CLOSE_A:
            ww_fhir_close(cx, f, dir);
            break;
        case WW_JSON_KEY:
            f->next_key = f->in.json.cut ? (uint8_t)FK_NONE : ww_fhir_key(text);
            break;
        case WW_JSON_WORD:
            if (ww_slice_eqs(text, "null"))
                break;
            __attribute__((fallthrough));
        case WW_JSON_STRING:
        case WW_JSON_NUMBER:
            ww_fhir_scalar(cx, f, key_now(f), text);
            break;
        }
    }
}

/* An element. Its name is a member, or a type where a resource stands. */
static void element(struct ww_cx *cx, struct fhir *f, const struct ww_xml_tok *t, bool opens)
{
    char text[WW_JSON_TEXT];
    struct ww_slice name = ww_xml_local(t->name);
    uint8_t level = ww_fhir_level(f), key = ww_fhir_key(name);
    bool wraps = f->depth > 0 && ww_fhir_holds(f, key);
    bool inside = f->depth > 0 && level & FK_LIST; /* of such an element */
    if (!inside && f->depth > 0 && !wraps) {
        struct ww_slice v = ww_xml_attr(t->body, "value");
        if (v.n > 0)
            ww_fhir_scalar(cx, f, key, ww_xml_text(v, text, sizeof text));
    }
    if (!opens)
        return;
    if (f->depth == 0 || inside) {
        ww_fhir_open(f, FK_contained);
        ww_fhir_typed(f, name);
    } else if (wraps) {
        ww_fhir_list(f, key);
    } else {
        ww_fhir_open(f, key);
    }
}

static struct ww_parse feed_xml(struct ww_cx *cx, struct fhir *f, enum ww_dir dir, struct ww_slice in, bool last)
{
    size_t at = 0;
    while (at < in.n) {
        struct ww_xml_tok t = ww_xml_next(&f->in.xml, ww_slice_sub(in, at, in.n), FHIR_XML_MAX);
        switch ((enum ww_xml_kind)t.kind) {
        case WW_XML_MORE:
            return last ? ww_stop("body_truncated") : ww_more(at, in.n - at + 1);
        case WW_XML_OPEN:
        case WW_XML_EMPTY:
            element(cx, f, &t, t.kind == WW_XML_OPEN);
            break;
        case WW_XML_CLOSE:
            ww_fhir_close(cx, f, dir);
            break;
        case WW_XML_TEXT:
            if (unblank(t.body).n > 0)
                ww_fhir_scalar(cx, f, FK_div, WW_SLICE_LIT("text"));
            break;
        case WW_XML_ASIDE:
            break;
        case WW_XML_DOCTYPE:
            return ww_stop("xml_doctype");
        case WW_XML_BAD:
            return ww_stop("body_malformed");
        }
        at += t.used;
        if (f->depth > XML_DEPTH_MAX)
            return ww_stop("body_too_deep");
    }
    return ww_ok(at);
}

/* A form is short: it is kept and read as a whole. */
static struct ww_parse feed_form(struct ww_cx *cx, struct fhir *f, enum ww_dir dir, struct ww_slice in, bool last)
{
    size_t room = sizeof f->in.form.b - f->in.form.n;
    struct ww_slice part = ww_slice_sub(in, 0, room);
    ww_copy(f->in.form.b + f->in.form.n, part);
    f->in.form.n = (uint16_t)(f->in.form.n + part.n);
    if (last)
        ww_fhir_tell_token(cx, dir, (struct ww_slice){ (const uint8_t *)f->in.form.b, f->in.form.n });
    return ww_ok(in.n);
}

/* Bytes of a body. */
static struct ww_parse feed(struct ww_cx *cx, struct fhir *f, enum ww_dir dir, struct ww_slice in, bool last)
{
    switch ((enum fhir_format)f->format) {
    case FMT_FORM:
        return feed_form(cx, f, dir, in, last);
    case FMT_JSON:
        return feed_json(cx, f, dir, in) ? ww_ok(in.n) : ww_stop("body_malformed");
    case FMT_XML:
        return feed_xml(cx, f, dir, in, last);
    case FMT_NONE:
    case FMT_OFF:
        break;
    }
    return ww_next(in.n);
}

static bool whole(const struct fhir *f)
{
    return f->format == FMT_JSON ? ww_json_whole(&f->in.json) : f->depth == 0;
}

/* The first piece: what was asked, and how the body is written. */
static void begin(struct ww_cx *cx, struct fhir *f, const struct ww_content *m, enum ww_dir dir)
{
    struct fhir_asked a;
    f->begun = true;
    ww_fhir_path(m->method, m->path, m->query, &a);
    if (!m->part)
        ww_fhir_tell_envelope(cx, dir, m, &a);
    f->format = format_of(m);
    if (f->format == FMT_FORM && (a.interaction != FI_TOKEN || m->status != 0))
        f->format = FMT_OFF;
}

/* How the body is really written: media types lie (text/plain, text/html). */
static struct ww_parse look(struct fhir *f, struct ww_slice in, bool last)
{
    struct ww_slice t = unblank(in);
    if (in.n < 4 && !last)
        return ww_more(0, 4); /* a byte order mark may stand there */
    if (t.n < in.n)
        return ww_ok(in.n - t.n);
    bool xml = ww_slice_at(t, 0) == '<' && f->format == FMT_XML;
    f->format = ww_slice_at(t, 0) == '{' ? FMT_JSON : xml ? FMT_XML : FMT_OFF;
    return f->format == FMT_OFF ? ww_next(in.n) : ww_ok(0);
}

static struct ww_parse content(struct ww_cx *cx, void *state, const struct ww_content *m, enum ww_dir dir,
                               struct ww_slice in, bool last)
{
    struct fhir *f = state;
    if (!f->begun)
        begin(cx, f, m, dir);
    if (in.n == 0 && !last)
        return ww_ok(0);
    if (f->read == 0 && in.n > 0 && f->format != FMT_FORM) {
        struct ww_parse seen = look(f, in, last);
        if (seen.v != WW_P_OK || seen.used > 0)
            return seen;
    }
    struct ww_parse r = feed(cx, f, dir, in, last);
    if (r.v == WW_P_OK || r.v == WW_P_MORE)
        f->read += r.used;
    if (r.v != WW_P_OK || f->format == FMT_FORM)
        return r;
    if (f->read > FHIR_READ_MAX && !last) {
        ww_fhir_tell_body(cx, f, dir, true);
        return ww_next(in.n);
    }
    if (last && r.used == in.n && f->read > 0) {
        if (!whole(f))
            return ww_stop("body_truncated");
        ww_fhir_tell_body(cx, f, dir, false);
    }
    return r;
}

static const struct ww_event_type *const events[] = { &fhir_request_type, &fhir_response_type, &fhir_body_type,
                                                      &fhir_server_type,  &fhir_device_type,   &fhir_token_type, NULL };

const struct ww_dissector ww_dissector_fhir = {
    .name = "fhir",
    .spec = "HL7 FHIR R4 and R5, SMART App Launch 2",
    .events = events,
    .max_msg = FHIR_XML_MAX + 64,
    .content_size = sizeof(struct fhir),
    .content_probe = probe,
    .content = content,
};
