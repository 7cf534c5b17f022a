/* soap.c - SOAP messages of IHE and HL7 version 3: action, query, outcome, documents, whom they are about.
 * Source: IHE ITI TF-2 3.18.4.1.2.3.7 (stored queries), appendix V (web services), ITI TF-3 4.2 (metadata) */
#include "dissectors/medical/ihe/ihe.h"

static const struct {
    const char *action, *transaction;
} actions[] = {
    { "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b", "ITI-41" },
    { "urn:ihe:iti:2007:RegisterDocumentSet-b", "ITI-42" },
    { "urn:ihe:iti:2007:RegistryStoredQuery", "ITI-18" },
    { "urn:ihe:iti:2007:RetrieveDocumentSet", "ITI-43" },
    { "urn:ihe:iti:2007:CrossGatewayQuery", "ITI-38" },
    { "urn:ihe:iti:2007:CrossGatewayRetrieve", "ITI-39" },
    { "urn:ihe:iti:2010:RegisterOnDemandDocumentEntry", "ITI-61" },
    { "urn:ihe:iti:2010:UpdateDocumentSet", "ITI-57" },
    { "urn:ihe:iti:2010:DeleteDocumentSet", "ITI-62" },
    { "urn:hl7-org:v3:PRPA_IN201301UV02", "ITI-44" },
    { "urn:hl7-org:v3:PRPA_IN201302UV02", "ITI-44" },
    { "urn:hl7-org:v3:PRPA_IN201304UV02", "ITI-44" },
    { "urn:hl7-org:v3:PRPA_IN201309UV02", "ITI-45" },
    { "urn:hl7-org:v3:PRPA_IN201305UV02:CrossGatewayPatientDiscovery", "ITI-55" },
    { "urn:hl7-org:v3:PRPA_IN201305UV02", "ITI-47" },
    { "urn:ihe:rad:2009:RetrieveImagingDocumentSet", "RAD-69" },
    { "urn:ihe:rad:2011:CrossGatewayRetrieveImagingDocumentSet", "RAD-75" },
    { "urn:ihe:pcd:2010:CommunicatePCDData", "PCD-01" },
};
static const struct {
    const char *id, *name;
} queries[] = {
    { "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d", "FindDocuments" },
    { "urn:uuid:f26abbcb-ac74-4422-8a30-edb644bbc1a9", "FindSubmissionSets" },
    { "urn:uuid:10b545ea-725c-446d-9b95-8aeb444eddf3", "GetAll" },
    { "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4", "GetDocuments" },
};

/** Transaction of an action; a response's action is that of its request with "Response" behind it. */
const char *ww_ihe_transaction(struct ww_slice action)
{
    struct ww_slice end = ww_slice_sub(action, action.n < 8 ? 0 : action.n - 8, 8);
    if (ww_slice_eqs(end, "Response"))
        action = ww_slice_sub(action, 0, action.n - 8);
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (ww_slice_eqs(action, actions[i].action))
            return actions[i].transaction;
    return "";
}

/** An action of IHE or HL7 version 3: a URN of plain characters. */
bool ww_ihe_action(struct ww_slice a)
{
    for (size_t i = 0; i < a.n; i++)
        if (!ww_ascii_token(ww_slice_at(a, i)) && ww_slice_at(a, i) != ':')
            return false;
    return ww_slice_starts(a, "urn:ihe:") || ww_slice_starts(a, "urn:hl7-org:v3:");
}

bool ww_ihe_inside(const struct ihe *h, enum ihe_element e)
{
    for (unsigned i = 0; i < h->depth && i < IHE_DEPTH; i++)
        if (h->open[i] == e)
            return true;
    return false;
}

void ww_ihe_found(uint32_t *kinds, uint32_t *count, uint32_t kind)
{
    *kinds |= kind;
    *count += (kind & WW_PHI_DIRECT) != 0;
}

static void found(struct ihe *h, uint32_t kind)
{
    ww_ihe_found(&h->message.phi_kinds, &h->message.phi_count, kind);
}

static void patient(struct ww_cx *cx, struct ihe *h, struct ww_slice id)
{
    if (id.n == 0)
        return;
    found(h, WW_PHI_ID);
    if (h->message.patient == 0)
        h->message.patient = ww_pseudonym(cx, id);
}

/* The first element of the body, if its name is a word of these standards. */
static void body(struct ihe *h, struct ww_slice name)
{
    static const char *const ends[] = { "Request", "Response", "RequestType", "ResponseType" };
    bool known = ww_slice_starts(name, "PRPA_IN") || ww_slice_starts(name, "MCCI_IN") || ww_slice_starts(name, "QUQI_IN");
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t n = strlen(ends[i]);
        known = known || (name.n > n && ww_slice_eqs(ww_slice_sub(name, name.n - n, n), ends[i]));
    }
    for (size_t i = 0; i < name.n; i++)
        known = known && (ww_ascii_letter(ww_slice_at(name, i)) || ww_ascii_digit(ww_slice_at(name, i)) || ww_slice_at(name, i) == '_');
    if (known)
        (void)WW_SET(h->message.body, name);
}

/* Slots whose values say who the patient is (ITI TF-3 4.2.3.2, ITI TF-2 3.18). */
static void slot(struct ihe *h, struct ww_slice name)
{
    h->patient_slot = ww_slice_eqs(name, "sourcePatientId") || ww_slice_eqs(name, "$XDSDocumentEntryPatientId") ||
                      ww_slice_eqs(name, "$XDSSubmissionSetPatientId") || ww_slice_eqs(name, "$XDSFolderPatientId") ||
                      ww_slice_eqs(name, "$patientId");
    h->info_slot = ww_slice_eqs(name, "sourcePatientInfo");
}

static void outcome(struct ihe *h, struct ww_slice status)
{
    static const char *const words[] = { "PartialSuccess", "Success", "Failure", NULL }; /* the longer first */
    for (size_t i = 0; words[i] != NULL; i++) {
        size_t n = strlen(words[i]);
        if (status.n >= n && ww_slice_eqs(ww_slice_sub(status, status.n - n, n), words[i])) {
            (void)WW_SET(h->message.outcome, ww_slice_str(words[i]));
            return;
        }
    }
}

/* Attributes of the elements of HL7 version 3 about a person. */
static void version3(struct ww_cx *cx, struct ihe *h, enum ihe_element e, const struct ww_xml_tok *t)
{
    bool who = ww_ihe_inside(h, IE_patient) || ww_ihe_inside(h, IE_patientPerson);
    bool asked = ww_ihe_inside(h, IE_livingSubjectId);
    if ((e == IE_id && who) || (e == IE_value && asked))
        patient(cx, h, ww_xml_attr(t->body, "extension"));
    if (e == IE_birthTime && who && ww_xml_attr(t->body, "value").n > 0)
        found(h, WW_PHI_BIRTH);
    if (e == IE_value && ww_ihe_inside(h, IE_livingSubjectBirthTime))
        found(h, WW_PHI_BIRTH);
    if (e == IE_administrativeGenderCode && who)
        found(h, WW_PHI_BODY);
    if (e == IE_telecom && who && ww_xml_attr(t->body, "value").n > 0)
        found(h, WW_PHI_CONTACT);
}

/** An element begins; the ones it stands in are open. */
void ww_soap_element(struct ww_cx *cx, struct ihe *h, uint8_t e, const struct ww_xml_tok *t)
{
    struct ihe_message *m = &h->message;
    struct ww_slice id = ww_xml_attr(t->body, "id");
    if (h->depth > 0 && h->depth <= IHE_DEPTH && h->open[h->depth - 1] == IE_Body && m->body.len == 0)
        body(h, ww_xml_local(t->name));
    if (e == IE_Assertion)
        m->assertion = true;
    else if (e == IE_Fault)
        (void)WW_SET(m->outcome, WW_SLICE_LIT("fault"));
    else if (e == IE_Slot)
        slot(h, ww_xml_attr(t->body, "name"));
    else if (e == IE_Document || e == IE_DocumentRequest || e == IE_DocumentResponse || e == IE_ExtrinsicObject)
        m->documents += e != IE_Document || !ww_ihe_inside(h, IE_DocumentResponse);
    else if (e == IE_RegistryResponse || e == IE_AdhocQueryResponse)
        outcome(h, ww_xml_attr(t->body, "status"));
    else if (e == IE_ExternalIdentifier && ww_slice_find(ww_xml_attr(t->body, "value"), 0, '^') < ww_xml_attr(t->body, "value").n)
        patient(cx, h, ww_xml_attr(t->body, "value")); /* a CX, so it is no unique id of an object */
    for (size_t i = 0; e == IE_AdhocQuery && i < sizeof queries / sizeof queries[0]; i++)
        if (ww_slice_eqs(id, queries[i].id))
            (void)WW_SET(m->query, ww_slice_str(queries[i].name));
    if (e == IE_Document)
        found(h, WW_PHI_DOCUMENT);
    version3(cx, h, (enum ihe_element)e, t);
}

/* PID-3|..., PID-5|..., PID-7|...: one field of a PID segment a value (ITI TF-3 4.2.3.2.23). */
static void info(struct ww_cx *cx, struct ihe *h, struct ww_slice v)
{
    static const struct {
        const char *field;
        uint16_t phi;
    } fields[] = { { "PID-5|", WW_PHI_NAME }, { "PID-7|", WW_PHI_BIRTH }, { "PID-8|", WW_PHI_BODY }, { "PID-11|", WW_PHI_CONTACT } };
    if (ww_slice_starts(v, "PID-3|"))
        patient(cx, h, ww_slice_sub(v, 6, v.n));
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (ww_slice_starts(v, fields[i].field) && v.n > strlen(fields[i].field))
            found(h, fields[i].phi);
}

/** Text that is not blank, inside the elements that are open. */
void ww_soap_text(struct ww_cx *cx, struct ihe *h, struct ww_slice text)
{
    uint8_t e = h->depth > 0 && h->depth <= IHE_DEPTH ? h->open[h->depth - 1] : IE_NONE;
    bool who = ww_ihe_inside(h, IE_patient) || ww_ihe_inside(h, IE_patientPerson) || ww_ihe_inside(h, IE_livingSubjectName);
    if (e == IE_Action && ww_ihe_inside(h, IE_Header) && ww_ihe_action(text)) {
        (void)WW_SET(h->message.action, text);
        (void)WW_SET(h->message.transaction, ww_slice_str(ww_ihe_transaction(text)));
    } else if (e == IE_Value && h->patient_slot) {
        patient(cx, h, text);
    } else if (e == IE_Value && h->info_slot) {
        info(cx, h, text);
    } else if ((e == IE_family || e == IE_given || e == IE_name) && who) {
        found(h, WW_PHI_NAME);
    }
}
