/* cda.c - CDA documents: what kind, which templates, whether they hold data of a patient, which device wrote them.
 * Source: HL7 CDA R2 4.2 (header), 4.2.2.11 (record target), 4.2.2.2 (author) */
#include "dissectors/medical/ihe/ihe.h"

static void found(struct ihe *h, uint32_t kind)
{
    ww_ihe_found(&h->document.phi_kinds, &h->document.phi_count, kind);
}

/* An OID or a code: nothing else leaves. */
static bool plain(struct ww_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = ww_slice_at(s, i);
        if (!ww_ascii_letter(c) && !ww_ascii_digit(c) && c != '.' && c != '-' && c != '_')
            return false;
    }
    return s.n > 0;
}

/* Children of ClinicalDocument itself. */
static void header(struct ihe *h, uint8_t e, const struct ww_xml_tok *t)
{
    struct cda_document *d = &h->document;
    struct ww_slice code = ww_xml_attr(t->body, "code"), root = ww_xml_attr(t->body, "root");
    if (e == IE_templateId && plain(root))
        (void)WW_ADD(d->templates, root);
    else if (e == IE_code && plain(code))
        (void)WW_SET(d->code, code);
    else if (e == IE_confidentialityCode && plain(code))
        (void)WW_SET(d->confidentiality, code);
    else if (e == IE_languageCode && plain(code))
        (void)WW_SET(d->language, code);
    else if (e == IE_component)
        found(h, WW_PHI_DOCUMENT | WW_PHI_CLINICAL);
}

/** An element begins. */
void ww_cda_element(struct ww_cx *cx, struct ihe *h, uint8_t e, const struct ww_xml_tok *t)
{
    if (h->depth == 1)
        header(h, e, t);
    if (!ww_ihe_inside(h, IE_recordTarget) || ww_ihe_inside(h, IE_guardian))
        return;
    struct ww_slice extension = ww_xml_attr(t->body, "extension"), value = ww_xml_attr(t->body, "value");
    if (e == IE_id && extension.n > 0 && ww_ihe_inside(h, IE_patientRole)) {
        found(h, WW_PHI_ID);
        if (h->document.patient == 0)
            h->document.patient = ww_pseudonym(cx, extension);
    } else if (e == IE_birthTime && value.n > 0) {
        found(h, WW_PHI_BIRTH);
    } else if (e == IE_telecom && value.n > 0) {
        found(h, WW_PHI_CONTACT);
    } else if (e == IE_administrativeGenderCode) {
        found(h, WW_PHI_BODY);
    }
}

/** Text that is not blank. */
void ww_cda_text(struct ihe *h, struct ww_slice text)
{
    uint8_t e = h->depth > 0 && h->depth <= IHE_DEPTH ? h->open[h->depth - 1] : IE_NONE;
    bool target = ww_ihe_inside(h, IE_recordTarget);
    if (ww_ihe_inside(h, IE_assignedAuthoringDevice)) {
        if (e == IE_manufacturerModelName)
            (void)WW_SET(h->document.authoring_device, text);
        else if (e == IE_softwareName)
            (void)WW_SET(h->document.authoring_software, text);
    } else if (target && ww_ihe_inside(h, IE_guardian)) {
        found(h, WW_PHI_RELATIVE);
    } else if (target && ww_ihe_inside(h, IE_name)) {
        found(h, WW_PHI_NAME);
    } else if (target && ww_ihe_inside(h, IE_addr)) {
        found(h, WW_PHI_CONTACT);
    } else if (ww_ihe_inside(h, IE_assignedPerson) && ww_ihe_inside(h, IE_name)) {
        found(h, WW_PHI_STAFF);
    }
}
