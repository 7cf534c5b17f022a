/* results.c - bodies in the DICOM JSON model: how many data sets, which attributes of patients have a
 * value, how many instances were stored. Values are not kept; the patient id leaves as a pseudonym.
 * Source: DICOM PS3.18 annex F.2; 10.5 (response of a store) */
#include "dissectors/medical/dicomweb/dicomweb.h"

enum { K_NONE, K_TAG, K_VALUE };
enum { TAG_FAILED = 0x00081198, TAG_STORED = 0x00081199, TAG_PATIENT_ID = 0x00100020 };

static const struct {
    uint32_t tag;
    uint16_t phi;
} personal[] = {
    { 0x00080050, WW_PHI_ORDER },   { 0x00080090, WW_PHI_STAFF },   { 0x00081048, WW_PHI_STAFF },
    { 0x00081050, WW_PHI_STAFF },   { 0x00081070, WW_PHI_STAFF },   { 0x00100010, WW_PHI_NAME },
    { 0x00100020, WW_PHI_ID },      { 0x00100030, WW_PHI_BIRTH },   { 0x00100040, WW_PHI_BODY },
    { 0x00101000, WW_PHI_OTHER },   { 0x00101001, WW_PHI_OTHER },   { 0x00101010, WW_PHI_BODY },
    { 0x00101020, WW_PHI_BODY },    { 0x00101030, WW_PHI_BODY },    { 0x00101040, WW_PHI_CONTACT },
    { 0x00102154, WW_PHI_CONTACT }, { 0x00104000, WW_PHI_TEXT },    { 0x00321032, WW_PHI_STAFF },
    { 0x00400275, WW_PHI_ORDER },   { 0x00402016, WW_PHI_ORDER },   { 0x00402017, WW_PHI_ORDER },
};

/* Eight hexadecimal digits (annex F.2.2). Return: 0 when it is none */
static uint32_t tag_of(struct ww_slice key)
{
    uint32_t v = 0;
    for (size_t i = 0; i < key.n; i++) {
        uint8_t h = ww_ascii_hex(ww_slice_at(key, i));
        if (h > 15)
            return 0;
        v = v << 4 | h;
    }
    return key.n == 8 ? v : 0;
}

static uint32_t open_tag(const struct web *w)
{
    unsigned d = w->json.depth;
    return d > 0 && d <= WEB_DEPTH ? w->tag[d - 1] : 0;
}

/* A level begins: the members of an attribute, its values, a data set. It belongs to the attribute that is open. */
static void opened(struct web *w, bool object)
{
    unsigned d = w->json.depth;
    uint32_t parent = d > 1 && d - 1 <= WEB_DEPTH ? w->tag[d - 2] : 0;
    uint32_t tag = w->key == K_TAG ? w->next_tag : parent;
    if (object && (d == 1 || (d == 2 && parent == 0 && w->key != K_TAG)))
        w->results.matches++;
    if (object && w->key != K_TAG && d > 2) { /* an item of a sequence, or a name */
        w->results.stored += parent == TAG_STORED;
        w->results.failed += parent == TAG_FAILED;
    }
    if (d <= WEB_DEPTH)
        w->tag[d - 1] = tag;
    w->key = K_NONE;
}

static void value(struct ww_cx *cx, struct web *w, struct ww_slice v)
{
    uint32_t tag = open_tag(w);
    w->key = K_NONE;
    if (v.n == 0)
        return;
    for (size_t i = 0; i < sizeof personal / sizeof personal[0]; i++) {
        if (personal[i].tag != tag)
            continue;
        w->results.phi_kinds |= personal[i].phi;
        w->results.phi_count++;
    }
    if (tag == TAG_PATIENT_ID && w->results.patient == 0)
        w->results.patient = ww_pseudonym(cx, v);
}

static void tell(struct ww_cx *cx, struct web *w, enum ww_dir dir, bool cut)
{
    w->results.bytes = w->read;
    (void)WW_SET(w->results.service, ww_slice_str(ww_web_service(w->service)));
    cx->ev_flags |= cut ? WW_EV_TRUNCATED : 0;
    ww_emit(cx, &web_results_type, dir, &w->results);
}

/* Is the text that was read a value of the open attribute, and not its "vr"? */
static bool is_value(const struct web *w)
{
    return w->key != K_TAG;
}

/**
 * Bytes of a body.
 * Limits: WEB_READ_MAX bytes, then it is told with TRUNCATED; values below WEB_DEPTH levels are not looked at
 */
struct ww_parse ww_web_results(struct ww_cx *cx, struct web *w, enum ww_dir dir, struct ww_slice in, bool last)
{
    struct ww_slice left = in;
    for (enum ww_json_kind k = ww_json_next(&w->json, &left); k != WW_JSON_MORE; k = ww_json_next(&w->json, &left)) {
        struct ww_slice text = ww_json_text(&w->json);
        switch (k) {
        case WW_JSON_BAD:
            return ww_stop("body_malformed");
        case WW_JSON_OPEN:
        case WW_JSON_OPEN_A:
            opened(w, k == WW_JSON_OPEN);
            break;
        case WW_JSON_KEY: {
            uint32_t tag = tag_of(text);
            bool vr = ww_slice_eqs(text, "vr") || ww_slice_eqs(text, "BulkDataURI");
            w->key = tag != 0 || vr ? K_TAG : K_VALUE;
            w->next_tag = tag;
            break;
        }
        case WW_JSON_STRING:
        case WW_JSON_NUMBER:
            if (is_value(w))
                value(cx, w, text);
            w->key = K_NONE;
            break;
        case WW_JSON_CLOSE:
        case WW_JSON_CLOSE_A:
        case WW_JSON_WORD:
            w->key = K_NONE;
            break;
        case WW_JSON_MORE:
            break;
        }
    }
    w->read += in.n;
    if (last && !ww_json_whole(&w->json))
        return ww_stop("body_truncated");
    if (last || w->read > WEB_READ_MAX) {
        tell(cx, w, dir, !last);
        return ww_next(in.n);
    }
    return ww_ok(in.n);
}
