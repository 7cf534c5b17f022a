/* ihe.h - IHE and HL7 version 3 over SOAP, CDA documents: what the files of this folder share.
 *
 * ihe.c   recognition, envelopes, feeding of XML; the entry
 * soap.c  elements of SOAP messages
 * cda.c   elements of CDA documents
 * Source: IHE ITI TF-2 (3.18, 3.38 to 3.47, appendix V), RAD TF-2 (4.69, 4.75); HL7 CDA R2;
 * SOAP 1.1 and 1.2, WS-Addressing, XOP
 */
#ifndef WW_IHE_H
#define WW_IHE_H
#include "dissectors/dissector.h"
#include "dissectors/lib/ascii.h"
#include "dissectors/lib/phi.h"
#include "dissectors/lib/xml.h"

enum {
    IHE_READ_MAX = 2 << 20, /* bytes of one body that are read */
    IHE_TOKEN_MAX = 8192,   /* bytes of one XML token */
    IHE_DEPTH = 32,         /* nesting that is looked at */
    IHE_DEPTH_MAX = 250
};

/* clang-format off */
#define IHE_TRANSACTION_FIELDS(F, S)                                                               \
    F(S, STR, action, 96, NONE, "", "Action URI of IHE or HL7 version 3, where the carrier told it") \
    F(S, STR, transaction, 16, NONE, "", "IHE transaction, such as ITI-41; empty when our table does not have it") \
    F(S, STR, sender_role, 20, NONE, "", "IHE client or IHE server")                               \
    F(S, U16, status, 0, NONE, "", "HTTP status; 0 in requests")                                   \
    F(S, STR, media_type, 48, NONE, "", "Media type of the body")                                  \
    F(S, U32N, latency_ms, 0, NONE, "ms", "Since the request; null in requests")                   \
    F(S, U64, request_frame, 0, NONE, "", "Frame that ended the request's header; 0 = not seen, or a request")
WW_EVENT_DECLARE(ihe_transaction, IHE_TRANSACTION_FIELDS);
#define IHE_MESSAGE_FIELDS(F, S)                                                                   \
    F(S, STR, action, 96, NONE, "", "Action URI of IHE or HL7 version 3 (WS-Addressing)")          \
    F(S, STR, transaction, 16, NONE, "", "IHE transaction of the action")                          \
    F(S, STR, body, 48, NONE, "", "First element of the SOAP body, if it is of IHE, ebXML or HL7 version 3") \
    F(S, STR, query, 24, NONE, "", "Stored query, such as FindDocuments")                          \
    F(S, STR, outcome, 24, NONE, "", "Success, PartialSuccess or Failure; fault for a SOAP fault") \
    F(S, BOOL, assertion, 0, NONE, "", "A SAML assertion says who the user is")                    \
    F(S, U32, documents, 0, NONE, "", "Documents that are sent, asked for or described")           \
    F(S, U64, bytes, 0, NONE, "bytes", "Length that was read, decoded")                            \
    F(S, U32, phi_kinds, 0, NONE, "", "Kinds of patient data present, as bits: 1 name, 2 id, "     \
      "4 birth, 8 contact, 64 staff, 128 sex and traits, 1024 document")                           \
    F(S, U32, phi_count, 0, NONE, "", "Elements that identify a patient directly")                 \
    F(S, HASH, patient, 0, NONE, "", "Pseudonym of the first patient identifier")
WW_EVENT_DECLARE(ihe_message, IHE_MESSAGE_FIELDS);
#define CDA_DOCUMENT_FIELDS(F, S)                                                                  \
    F(S, STR, code, 24, NONE, "", "Kind of document (ClinicalDocument.code)")                      \
    F(S, LIST, templates, 160, NONE, "", "Templates that the document claims, at its top")         \
    F(S, STR, confidentiality, 8, NONE, "", "N normal, R restricted, V very restricted")           \
    F(S, STR, language, 12, NONE, "", "Language of the document")                                  \
    F(S, STR, authoring_device, 64, OTHER_MODEL, "", "Model of the device that is an author")      \
    F(S, STR, authoring_software, 64, OTHER_SWVER, "", "Software that is an author")               \
    F(S, U64, bytes, 0, NONE, "bytes", "Length that was read, decoded")                            \
    F(S, U32, phi_kinds, 0, NONE, "", "Kinds of patient data present, as bits: 1 name, 2 id, "     \
      "4 birth, 8 contact, 64 staff, 128 sex and traits, 1024 document, 2048 relative, 8192 clinical") \
    F(S, U32, phi_count, 0, NONE, "", "Elements that identify a patient directly")                 \
    F(S, HASH, patient, 0, NONE, "", "Pseudonym of the patient's first identifier")
WW_EVENT_DECLARE(cda_document, CDA_DOCUMENT_FIELDS);
/* clang-format on */

enum ihe_kind { IHE_UNKNOWN, IHE_SOAP, IHE_CDA };
/* Elements that are looked at. */
#define IHE_ELEMENTS(X)                                                                            \
    X(Header) X(Body) X(Action) X(Assertion) X(Fault) X(AdhocQuery) X(Slot) X(Value) X(ExternalIdentifier) X(Document) \
    X(DocumentRequest) X(DocumentResponse) X(ExtrinsicObject) X(RegistryResponse) X(RegistryResponseType) \
    X(AdhocQueryResponse) X(recordTarget) X(patientRole) X(patientPerson) X(patient) X(guardian) X(author) X(assignedAuthor) \
    X(assignedPerson) X(custodian) X(assignedAuthoringDevice) X(manufacturerModelName) X(softwareName)  \
    X(id) X(name) X(family) X(given) X(addr) X(telecom) X(birthTime) X(administrativeGenderCode)   \
    X(code) X(templateId) X(confidentialityCode) X(languageCode) X(component) X(value) X(livingSubjectId) \
    X(livingSubjectName) X(livingSubjectBirthTime) X(ClinicalDocument)
enum ihe_element {
    IE_NONE,
#define X(e) IE_##e,
    IHE_ELEMENTS(X)
#undef X
};
struct ihe {
    uint8_t kind;  /* enum ihe_kind */
    uint8_t depth; /* open elements */
    bool begun, patient_slot, info_slot; /* the slot that is open names a patient */
    uint64_t read;
    struct ww_xml_scan scan;
    uint8_t open[IHE_DEPTH]; /* enum ihe_element by level */
    uint32_t told;           /* kinds of the patient at hand, so that name parts count once */
    struct ihe_message message;
    struct cda_document document;
};

const char *ww_ihe_transaction(struct ww_slice action);
bool ww_ihe_action(struct ww_slice action);
bool ww_ihe_inside(const struct ihe *h, enum ihe_element e);
void ww_ihe_found(uint32_t *kinds, uint32_t *count, uint32_t kind);
void ww_soap_element(struct ww_cx *cx, struct ihe *h, uint8_t e, const struct ww_xml_tok *t);
void ww_soap_text(struct ww_cx *cx, struct ihe *h, struct ww_slice text);
void ww_cda_element(struct ww_cx *cx, struct ihe *h, uint8_t e, const struct ww_xml_tok *t);
void ww_cda_text(struct ihe *h, struct ww_slice text);
#endif
