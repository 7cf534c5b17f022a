/* ihe.c - SOAP transactions of IHE and CDA documents in content that others carry.
 * Source: IHE ITI TF-2 appendix V; HL7 CDA R2 */
#include "dissectors/medical/ihe/ihe.h"

WW_EVENT_TYPE(ihe_transaction, "ihe.transaction", "A SOAP request or response of IHE, told with its header", 0, IHE_TRANSACTION_FIELDS);
WW_EVENT_TYPE(ihe_message, "ihe.message", "A SOAP message of IHE or HL7 version 3 that was read", 0, IHE_MESSAGE_FIELDS);
WW_EVENT_TYPE(cda_document, "cda.document", "A CDA document that passed", 0, CDA_DOCUMENT_FIELDS);

static const char *const elements[] = { "",
#define X(e) #e,
                                        IHE_ELEMENTS(X)
#undef X
};

static uint8_t element_of(struct ww_slice name)
{
    for (size_t i = 1; i < sizeof elements / sizeof elements[0]; i++)
        if (ww_slice_eqs(name, elements[i]))
            return (uint8_t)i;
    return IE_NONE;
}

static bool has(struct ww_slice s, const char *lit)
{
    return ww_ascii_find(s, lit) < s.n;
}

/* What the first bytes show. */
static enum ihe_kind kind_of(struct ww_slice in)
{
    struct ww_slice t = ww_slice_sub(in, 0, WW_CONTENT_FIRST); /* not more, however much has come */
    while (t.n > 0 && strchr(" \t\r\n\xef\xbb\xbf", ww_slice_at(t, 0)) != NULL && ww_slice_at(t, 0) != 0)
        t = ww_slice_sub(t, 1, t.n);
    if (ww_slice_at(t, 0) != '<')
        return IHE_UNKNOWN;
    if (has(t, "clinicaldocument") && has(t, "urn:hl7-org:v3"))
        return IHE_CDA;
    return has(t, "envelope") && (has(t, "urn:ihe:") || has(t, "urn:hl7-org:v3") || has(t, "ebxml-regrep")) ? IHE_SOAP : IHE_UNKNOWN;
}

/**
 * Is this for us? The envelope by its action; the root part of an XOP package; bytes that begin like
 * a message of ours or a CDA document.
 */
static enum ww_guess probe(const struct ww_content *m, struct ww_slice in)
{
    if (in.n > 0)
        return kind_of(in) != IHE_UNKNOWN ? WW_GUESS_YES : WW_GUESS_NO;
    return (!m->part && ww_ihe_action(m->action)) || ww_slice_eqs(m->media, "application/xop+xml") ? WW_GUESS_YES : WW_GUESS_NO;
}

/* ---- envelope ---------------------------------------------------------------------------------------------- */

static void tell_envelope(struct ww_cx *cx, enum ww_dir dir, const struct ww_content *m)
{
    struct ihe_transaction e = { .status = m->status, .latency_ms = m->pair.latency_ms, .request_frame = m->pair.frame };
    (void)WW_SET(e.action, m->action);
    (void)WW_SET(e.transaction, ww_slice_str(ww_ihe_transaction(m->action)));
    (void)WW_SET(e.sender_role, ww_slice_str(m->status == 0 ? "IHE client" : "IHE server"));
    (void)WW_SET(e.media_type, m->media);
    ww_emit(cx, &ihe_transaction_type, dir, &e);
}

/* ---- bodies ------------------------------------------------------------------------------------------------ */

static void element(struct ww_cx *cx, struct ihe *h, const struct ww_xml_tok *t, bool opens)
{
    uint8_t e = element_of(ww_xml_local(t->name));
    if (h->kind == IHE_UNKNOWN)
        h->kind = e == IE_ClinicalDocument ? IHE_CDA : IHE_SOAP;
    if (h->kind == IHE_SOAP)
        ww_soap_element(cx, h, e, t);
    else
        ww_cda_element(cx, h, e, t);
    if (!opens)
        return;
    if (h->depth < IHE_DEPTH)
        h->open[h->depth] = e;
    h->depth++;
}

static void text(struct ww_cx *cx, struct ihe *h, struct ww_slice body)
{
    char room[256];
    struct ww_slice t = ww_xml_text(ww_ascii_trim(body), room, sizeof room);
    while (t.n > 0 && (ww_slice_at(t, 0) == '\n' || ww_slice_at(t, 0) == '\r' || ww_slice_at(t, 0) == ' '))
        t = ww_slice_sub(t, 1, t.n);
    if (t.n == 0)
        return;
    if (h->kind == IHE_SOAP)
        ww_soap_text(cx, h, t);
    else
        ww_cda_text(h, t);
}

static void tell(struct ww_cx *cx, struct ihe *h, enum ww_dir dir, bool cut)
{
    cx->ev_flags |= cut ? WW_EV_TRUNCATED : 0;
    h->message.bytes = h->read;
    h->document.bytes = h->read;
    if (h->kind == IHE_CDA)
        ww_emit(cx, &cda_document_type, dir, &h->document);
    else
        ww_emit(cx, &ihe_message_type, dir, &h->message);
}

/* One token. Return: false when nothing more is read; *r says why. */
static bool token(struct ww_cx *cx, struct ihe *h, const struct ww_xml_tok *t, struct ww_parse *r)
{
    switch ((enum ww_xml_kind)t->kind) {
    case WW_XML_OPEN:
    case WW_XML_EMPTY:
        element(cx, h, t, t->kind == WW_XML_OPEN);
        break;
    case WW_XML_CLOSE:
        h->depth = (uint8_t)(h->depth - (h->depth > 0));
        break;
    case WW_XML_TEXT:
        text(cx, h, t->body);
        break;
    case WW_XML_ASIDE:
    case WW_XML_MORE:
        break;
    case WW_XML_DOCTYPE:
        *r = ww_stop("xml_doctype");
        return false;
    case WW_XML_BAD:
        *r = ww_stop("body_malformed");
        return false;
    }
    if (h->depth > IHE_DEPTH_MAX) {
        *r = ww_stop("body_too_deep");
        return false;
    }
    return true;
}

static struct ww_parse read_xml(struct ww_cx *cx, struct ihe *h, enum ww_dir dir, struct ww_slice in, bool last)
{
    struct ww_parse r;
    size_t at = h->read == 0 && ww_slice_starts(in, "\xef\xbb\xbf") ? 3 : 0;
    while (at < in.n) {
        struct ww_xml_tok t = ww_xml_next(&h->scan, ww_slice_sub(in, at, in.n), IHE_TOKEN_MAX);
        if (t.kind == WW_XML_MORE) {
            h->read += at;
            return last ? ww_stop("body_truncated") : ww_more(at, in.n - at + 1);
        }
        if (!token(cx, h, &t, &r))
            return r;
        at += t.used;
    }
    h->read += at;
    if (last && h->depth > 0)
        return ww_stop("body_truncated");
    if (last || h->read > IHE_READ_MAX) {
        tell(cx, h, dir, !last);
        return ww_next(in.n);
    }
    return ww_ok(at);
}

static struct ww_parse content(struct ww_cx *cx, void *state, const struct ww_content *m, enum ww_dir dir,
                               struct ww_slice in, bool last)
{
    struct ihe *h = state;
    if (!h->begun) {
        h->begun = true;
        if (in.n == 0 && !m->part && ww_ihe_action(m->action)) {
            tell_envelope(cx, dir, m);
            (void)WW_SET(h->message.action, m->action);
            (void)WW_SET(h->message.transaction, ww_slice_str(ww_ihe_transaction(m->action)));
        }
    }
    if (in.n == 0 && (!last || h->read == 0))
        return ww_ok(0);
    if (h->read == 0 && in.n < 4 && !last)
        return ww_more(0, 4);
    return read_xml(cx, h, dir, in, last);
}

static const struct ww_event_type *const events[] = { &ihe_transaction_type, &ihe_message_type, &cda_document_type, NULL };

const struct ww_dissector ww_dissector_ihe = {
    .name = "ihe",
    .spec = "IHE ITI TF-2, HL7 CDA R2",
    .events = events,
    .max_msg = IHE_TOKEN_MAX + 64,
    .content_size = sizeof(struct ihe),
    .content_probe = probe,
    .content = content,
};
