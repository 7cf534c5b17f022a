/* events.h - the events that the DICOM dissector tells; each field is declared in one line. */
#ifndef WW_DICOM_EVENTS_H
#define WW_DICOM_EVENTS_H
#include "dissectors/dissector.h"

enum {
    DICOM_AET_MAX = 16,  /* PS3.5 6.2: AE */
    DICOM_UID_MAX = 64,  /* PS3.5 9.1 */
    DICOM_NAME_MAX = 88, /* longest name in uids.tsv */
    DICOM_LO_MAX = 64    /* PS3.5 6.2: LO; bytes, so text in several bytes a character may be cut */
};

/* What kinds of patient-related elements were present and not empty: bits of phi_kinds. */
#define DICOM_PHI_DOC                                                                              \
    "Kinds of patient-related elements that were present and not empty, as bits: 1 patient name, " \
    "2 patient id, 4 birth date, 8 address or telephone, 16 other names, ids or insurance, "       \
    "32 accession, order or admission number, 64 staff names, 128 sex, age, size or weight, "      \
    "256 free text on study or history, 512 burned-in annotation YES, 1024 encapsulated "          \
    "document, 2048 relatives, 4096 place in the hospital, 8192 diagnoses, allergies or alerts"
enum {
    DICOM_PHI_NAME = 1,
    DICOM_PHI_ID = 2,
    DICOM_PHI_BIRTH = 4,
    DICOM_PHI_CONTACT = 8,
    DICOM_PHI_OTHER = 16,
    DICOM_PHI_ORDER = 32,
    DICOM_PHI_STAFF = 64,
    DICOM_PHI_BODY = 128,
    DICOM_PHI_TEXT = 256,
    DICOM_PHI_BURNED = 512,
    DICOM_PHI_DOCUMENT = 1024,
    DICOM_PHI_RELATIVE = 2048,
    DICOM_PHI_PLACE = 4096,
    DICOM_PHI_CLINICAL = 8192
};
#define DICOM_SEEN_DOC "False when the association began before the capture"
#define DICOM_SERVICE_DOC                                                               \
    "Service of the SOP class: verification, storage, query_retrieve, worklist, mpps, " \
    "storage_commitment, print, ups, media_creation, notification, other; empty when not known"
#define DICOM_NAMES_DOC "Name in PS3.6 annex A, empty when it is not known"

#define DICOM_ASSOCIATE_FIELDS(F, S)                                                               \
    F(S, STR, calling_aet, DICOM_AET_MAX, SRC_NAME, "",                                            \
      "Calling AE title, trailing spaces removed (PS3.8 9.3.2)")                                   \
    F(S, STR, called_aet, DICOM_AET_MAX, NONE, "", "Called AE title: what the sender asks for")    \
    F(S, U16, protocol_version, 0, NONE, "", "Bit 0 = version 1 (PS3.8 9.3.2)")                    \
    F(S, STR, app_context, DICOM_UID_MAX, NONE, "", "Application context UID")                     \
    F(S, U32, max_pdu, 0, NONE, "bytes",                                                           \
      "Largest PDU the sender accepts; 0 = no limit (PS3.8 D.1)")                                  \
    F(S, STR, impl_class_uid, DICOM_UID_MAX, NONE, "", "Implementation class UID (PS3.7 D.3.3.2)") \
    F(S, STR, impl_version, DICOM_AET_MAX, SRC_SWVER, "", "Implementation version name")           \
    F(S, U16, contexts_proposed, 0, NONE, "", "Presentation contexts offered")                     \
    F(S, LIST, sop_classes, 512, NONE, "", "Abstract syntaxes offered, each once")                 \
    F(S, STR, user_identity_type, 20, NONE, "",                                                    \
      "username, username_passcode, kerberos, saml, jwt; the identity itself is not read")         \
    F(S, BOOL, user_identity_response, 0, NONE, "", "A positive response is asked for")            \
    F(S, U16, async_invoked, 0, NONE, "", "Operations outstanding as invoker; 0 = no limit")       \
    F(S, U16, async_performed, 0, NONE, "", "Operations outstanding as performer; 0 = no limit")   \
    F(S, U16, role_selections, 0, NONE, "", "Role selection items (PS3.7 D.3.3.4)")                \
    F(S, U16, extended_negotiations, 0, NONE, "", "SOP class extended negotiation items")          \
    F(S, U16, common_negotiations, 0, NONE, "", "SOP class common extended negotiation items")     \
    F(S, LIST, scp_classes, 256, NONE, "",                                                         \
      "SOP classes that the requestor wants to provide (roles)")                                   \
    F(S, LIST, extended_classes, 256, NONE, "",                                                    \
      "SOP classes with extended negotiation (PS3.7 D.3.3.5)")                                     \
    F(S, LIST, common_classes, 256, NONE, "", "SOP classes with common negotiation (PS3.7 D.3.3.6)")
WW_EVENT_DECLARE(ww_dicom_associate, DICOM_ASSOCIATE_FIELDS);

#define DICOM_ACCEPT_FIELDS(F, S)                                                                  \
    F(S, STR, called_aet, DICOM_AET_MAX, SRC_NAME, "",                                             \
      "Called AE title that the sender answers to")                                                \
    F(S, STR, calling_aet, DICOM_AET_MAX, NONE, "", "Calling AE title of the request")             \
    F(S, U32, max_pdu, 0, NONE, "bytes",                                                           \
      "Largest PDU the sender accepts; 0 = no limit (PS3.8 D.1)")                                  \
    F(S, STR, impl_class_uid, DICOM_UID_MAX, NONE, "", "Implementation class UID (PS3.7 D.3.3.2)") \
    F(S, STR, impl_version, DICOM_AET_MAX, SRC_SWVER, "", "Implementation version name")           \
    F(S, U32N, contexts_proposed, 0, NONE, "",                                                     \
      "Presentation contexts of the request; null when it was not seen")                           \
    F(S, U16, contexts_accepted, 0, NONE, "", "Presentation contexts that may be used")            \
    F(S, BOOL, user_identity_response, 0, NONE, "", "The user identity was answered")              \
    F(S, U16, async_invoked, 0, NONE, "", "Operations outstanding as invoker; 0 = no limit")       \
    F(S, U16, async_performed, 0, NONE, "", "Operations outstanding as performer; 0 = no limit")   \
    F(S, U16, role_selections, 0, NONE, "", "Role selection items (PS3.7 D.3.3.4)")                \
    F(S, U16, extended_negotiations, 0, NONE, "", "SOP class extended negotiation items")          \
    F(S, LIST, extended_classes, 256, NONE, "",                                                    \
      "SOP classes with extended negotiation (PS3.7 D.3.3.5)")                                     \
    F(S, U32N, latency_ms, 0, NONE, "ms", "Since the request")                                     \
    F(S, BOOL, assoc_seen, 0, NONE, "", "False when the request was not seen")
WW_EVENT_DECLARE(ww_dicom_accept, DICOM_ACCEPT_FIELDS);

#define DICOM_REJECT_FIELDS(F, S)                                                              \
    F(S, STR, called_aet, DICOM_AET_MAX, NONE, "", "Called AE title of the request")           \
    F(S, STR, calling_aet, DICOM_AET_MAX, NONE, "", "Calling AE title of the request")         \
    F(S, STR, result, 16, NONE, "", "permanent or transient (PS3.8 9.3.4)")                    \
    F(S, STR, source, 32, NONE, "", "Who refused: service user, or a part of the provider")    \
    F(S, STR, reason, 48, NONE, "", "Reason in words")                                         \
    F(S, U8, result_code, 0, NONE, "", "1 permanent, 2 transient")                             \
    F(S, U8, source_code, 0, NONE, "", "1 user, 2 provider (ACSE), 3 provider (presentation)") \
    F(S, U8, reason_code, 0, NONE, "", "Reason, its meaning depends on the source")            \
    F(S, U32N, latency_ms, 0, NONE, "ms", "Since the request")                                 \
    F(S, BOOL, assoc_seen, 0, NONE, "", "False when the request was not seen")
WW_EVENT_DECLARE(ww_dicom_reject, DICOM_REJECT_FIELDS);

#define DICOM_CONTEXT_FIELDS(F, S)                                                            \
    F(S, U8, id, 0, NONE, "", "Presentation context id, odd (PS3.8 9.3.2.2)")                 \
    F(S, STR, called_aet, DICOM_AET_MAX, NONE, "", "Called AE title of the request")          \
    F(S, STR, calling_aet, DICOM_AET_MAX, NONE, "", "Calling AE title of the request")        \
    F(S, STR, abstract_syntax, DICOM_UID_MAX, NONE, "", "Abstract syntax UID: the SOP class") \
    F(S, STR, abstract_syntax_name, DICOM_NAME_MAX, NONE, "", DICOM_NAMES_DOC)                \
    F(S, LIST, transfer_syntaxes, 512, NONE, "",                                              \
      "Transfer syntaxes offered, in the order of UIDs")                                      \
    F(S, STR, accepted_syntax, DICOM_UID_MAX, NONE, "",                                       \
      "Transfer syntax chosen; empty if refused")                                             \
    F(S, STR, accepted_syntax_name, DICOM_NAME_MAX, NONE, "", DICOM_NAMES_DOC)                \
    F(S, U8, result, 0, NONE, "", "0 accepted, 1 to 4 refused (PS3.8 9.3.3.2)")               \
    F(S, STR, result_text, 40, NONE, "", "Result in words")                                   \
    F(S, BOOL, requestor_scu, 0, NONE, "", "The requestor of the association acts as SCU")    \
    F(S, BOOL, requestor_scp, 0, NONE, "",                                                    \
      "The requestor acts as SCP (role selection); neither: the roles are not known")
WW_EVENT_DECLARE(ww_dicom_context, DICOM_CONTEXT_FIELDS);

#define DICOM_MESSAGE_FIELDS(F, S)                                                                 \
    F(S, STR, command, 16, NONE, "", "C-STORE, N-CREATE ... (PS3.7 9.3, 10.3)")                    \
    F(S, U32N, message_id, 0, NONE, "",                                                            \
      "Message id; of the message that is answered or cancelled in responses and C-CANCEL; null "  \
      "when the command has none")                                                                 \
    F(S, U8, context_id, 0, NONE, "", "Presentation context")                                      \
    F(S, STR, sop_class, DICOM_UID_MAX, NONE, "",                                                  \
      "SOP class of the command; where it has none, the abstract syntax of the context")           \
    F(S, STR, sop_class_name, DICOM_NAME_MAX, NONE, "", DICOM_NAMES_DOC)                           \
    F(S, STR, service, 24, NONE, "", DICOM_SERVICE_DOC)                                            \
    F(S, U32N, event_type, 0, NONE, "", "Event type id of N-EVENT-REPORT")                         \
    F(S, U32N, action_type, 0, NONE, "", "Action type id of N-ACTION")                             \
    F(S, STR, type_text, 32, NONE, "",                                                             \
      "What the event or action type means for this service (PS3.4)")                              \
    F(S, STR, state, 16, NONE, "",                                                                 \
      "State that the data set tells: of a performed step (0040,0252), a work item (0074,1000), "  \
      "a "                                                                                         \
      "print job (2100,0020), a printer (2110,0010)")                                              \
    F(S, U32N, references, 0, NONE, "", "SOP instances referred to (0008,1199); null without")     \
    F(S, U32N, references_failed, 0, NONE, "",                                                     \
      "SOP instances that failed (0008,1198); null without")                                       \
    F(S, U64N, dataset_bytes, 0, NONE, "bytes", "Data set on the wire; null when bytes were lost") \
    F(S, U32, phi_kinds, 0, NONE, "", DICOM_PHI_DOC)                                               \
    F(S, U16, phi_count, 0, NONE, "", "Patient-related elements that were not empty")              \
    F(S, HASH, patient, 0, NONE, "", "Pseudonym of the patient id")                                \
    F(S, BOOL, identity_removed, 0, NONE, "", "Patient identity removed = YES (0012,0062)")        \
    F(S, BOOL, assoc_seen, 0, NONE, "", DICOM_SEEN_DOC)

#define DICOM_REQUEST_FIELDS(F, S)                                                               \
    DICOM_MESSAGE_FIELDS(F, S)                                                                   \
    F(S, STR, called_aet, DICOM_AET_MAX, NONE, "", "Called AE title of the association")         \
    F(S, STR, calling_aet, DICOM_AET_MAX, NONE, "", "Calling AE title of the association")       \
    F(S, STR, priority, 8, NONE, "", "low, medium, high")                                        \
    F(S, U32N, priority_code, 0, NONE, "", "0 medium, 1 high, 2 low (PS3.7 E.1)")                \
    F(S, STR, move_destination, DICOM_AET_MAX, NONE, "",                                         \
      "AE title that a C-MOVE sends objects to")                                                 \
    F(S, STR, move_originator, DICOM_AET_MAX, NONE, "",                                          \
      "AE title whose C-MOVE caused the C-STORE")                                                \
    F(S, STR, query_level, 16, NONE, "", "PATIENT, STUDY, SERIES, IMAGE (0008,0052)")            \
    F(S, LIST, query_keys, 320, NONE, "",                                                        \
      "Names of the keys that a query constrains, never their values; tags that are not in our " \
      "table as (gggg,eeee)")
WW_EVENT_DECLARE(ww_dicom_request, DICOM_REQUEST_FIELDS);

#define DICOM_RESPONSE_FIELDS(F, S)                                                                \
    DICOM_MESSAGE_FIELDS(F, S)                                                                     \
    F(S, STR, status, 6, NONE, "", "Status as 0x0000 (PS3.7 annex C, PS3.4)")                      \
    F(S, STR, status_class, 8, NONE, "", "success, pending, cancel, warning, failure")             \
    F(S, STR, status_text, 48, NONE, "", "Status in words; empty when our table does not have it") \
    F(S, U32N, sub_operations__remaining, 0, NONE, "", "Of C-MOVE and C-GET; null when not told")  \
    F(S, U32N, sub_operations__completed, 0, NONE, "", "Of C-MOVE and C-GET; null when not told")  \
    F(S, U32N, sub_operations__failed, 0, NONE, "", "Of C-MOVE and C-GET; null when not told")     \
    F(S, U32N, sub_operations__warning, 0, NONE, "", "Of C-MOVE and C-GET; null when not told")    \
    F(S, U32, pending, 0, NONE, "", "Pending responses to this request so far, this one included") \
    F(S, U32N, latency_ms, 0, NONE, "ms", "Since the request")                                     \
    F(S, U64, request_frame, 0, NONE, "", "Frame that ended the request; 0 = not seen")
WW_EVENT_DECLARE(ww_dicom_response, DICOM_RESPONSE_FIELDS);

#define DICOM_RELEASE_FIELDS(F, S)                                                             \
    F(S, BOOL, response, 0, NONE, "", "False: A-RELEASE-RQ, true: A-RELEASE-RP (PS3.8 9.3.6)") \
    F(S, BOOL, collision, 0, NONE, "", "Both sides asked for the release")                     \
    F(S, U64N, duration_ms, 0, NONE, "ms", "Since the request of the association")             \
    F(S, BOOL, assoc_seen, 0, NONE, "", DICOM_SEEN_DOC)
WW_EVENT_DECLARE(ww_dicom_release, DICOM_RELEASE_FIELDS);

#define DICOM_ABORT_FIELDS(F, S)                                                      \
    F(S, STR, source, 32, NONE, "", "service user or service provider (PS3.8 9.3.8)") \
    F(S, STR, reason, 48, NONE, "", "Reason in words; only a provider gives one")     \
    F(S, U8, source_code, 0, NONE, "", "0 service user, 2 service provider")          \
    F(S, U8, reason_code, 0, NONE, "", "Reason, only significant for source 2")       \
    F(S, U64N, duration_ms, 0, NONE, "ms", "Since the request of the association")    \
    F(S, BOOL, assoc_seen, 0, NONE, "", DICOM_SEEN_DOC)
WW_EVENT_DECLARE(ww_dicom_abort, DICOM_ABORT_FIELDS);

/* The equipment that made the object, which is the sender only when the sender is the modality:
 * then subject_ip is the sender. Archives forward the equipment of others: then subject_id names
 * it. */
#define DICOM_DATASET_FIELDS(F, S)                                                                 \
    F(S, STR, command, 16, NONE, "",                                                               \
      "C-STORE, N-CREATE; file: another protocol carried a DICOM file")                            \
    F(S, U32N, message_id, 0, NONE, "", "Message id of the request")                               \
    F(S, STR, sop_class, DICOM_UID_MAX, NONE, "", "SOP class of the command")                      \
    F(S, STR, sop_class_name, DICOM_NAME_MAX, NONE, "", DICOM_NAMES_DOC)                           \
    F(S, STR, transfer_syntax, DICOM_UID_MAX, NONE, "",                                            \
      "Transfer syntax UID; empty when not seen")                                                  \
    F(S, STR, encoding, 12, NONE, "",                                                              \
      "implicit_le, explicit_le, explicit_be, deflated, or opaque (not readable)")                 \
    F(S, BOOL, encoding_guessed, 0, NONE, "",                                                      \
      "The encoding was told by the bytes, not by a context")                                      \
    F(S, LIST, charsets, 96, NONE, "", "Specific character set (0008,0005), its non-empty values") \
    F(S, STR, modality, 16, OTHER_CLASS, "", "Modality (0008,0060)")                               \
    F(S, STR, manufacturer, DICOM_LO_MAX, OTHER_VENDOR, "", "(0008,0070)")                         \
    F(S, STR, model, DICOM_LO_MAX, OTHER_MODEL, "", "Manufacturer's model name (0008,1090)")       \
    F(S, LIST, software_versions, 160, OTHER_SWVER, "", "Software versions (0018,1020)")           \
    F(S, STR, serial, DICOM_LO_MAX, OTHER_SERIAL, "", "Device serial number (0018,1000)")          \
    F(S, STR, device_uid, DICOM_UID_MAX, NONE, "", "Device UID (0018,1002)")                       \
    F(S, STR, station_name, 32, OTHER_NAME, "",                                                    \
      "Station name (0008,1010), of a performed step (0040,0242)")                                 \
    F(S, STR, station_aet, DICOM_AET_MAX, NONE, "", "Performed station AE title (0040,0241)")      \
    F(S, STR, institution, DICOM_LO_MAX, NONE, "", "Institution name (0008,0080)")                 \
    F(S, BOOL, originating, 0, NONE, "",                                                           \
      "The sender seems to be the equipment itself: it asked for the association, the image is "   \
      "ORIGINAL PRIMARY or has no image type, no C-MOVE caused it, one equipment on the "          \
      "association")                                                                               \
    F(S, IP, subject_ip, 0, NONE, "", "The equipment's address when it is the sender")             \
    F(S, STR, subject_id, 140, NONE, "",                                                           \
      "manufacturer/model/serial of equipment whose objects are forwarded by the sender")          \
    F(S, U64N, dataset_bytes, 0, NONE, "bytes", "Data set on the wire; null when bytes were lost") \
    F(S, U32, phi_kinds, 0, NONE, "", DICOM_PHI_DOC)                                               \
    F(S, U16, phi_count, 0, NONE, "", "Patient-related elements that were not empty")              \
    F(S, BOOL, assoc_seen, 0, NONE, "", DICOM_SEEN_DOC)
WW_EVENT_DECLARE(ww_dicom_dataset, DICOM_DATASET_FIELDS);

#define DICOM_FILE_FIELDS(F, S)                                                            \
    F(S, STR, preamble, 12, NONE, "",                                                      \
      "What the 128 bytes before the file's prefix are: zero, tiff, text, other, or the "  \
      "beginning of "                                                                      \
      "pe, elf, mach_o, script, archive, markup, pdf")                                     \
    F(S, BOOL, executable, 0, NONE, "",                                                    \
      "The preamble makes the file something that can be run or opened otherwise "         \
      "(CVE-2019-11687)")                                                                  \
    F(S, STR, sop_class, DICOM_UID_MAX, NONE, "", "Media storage SOP class (0002,0002)")   \
    F(S, STR, sop_class_name, DICOM_NAME_MAX, NONE, "", DICOM_NAMES_DOC)                   \
    F(S, STR, transfer_syntax, DICOM_UID_MAX, NONE, "", "Transfer syntax UID (0002,0010)") \
    F(S, STR, transfer_syntax_name, DICOM_NAME_MAX, NONE, "", DICOM_NAMES_DOC)             \
    F(S, STR, impl_class_uid, DICOM_UID_MAX, NONE, "",                                     \
      "Implementation class UID of the program that wrote the file, not of the sender "    \
      "(0002,0012)")                                                                       \
    F(S, STR, impl_version, DICOM_AET_MAX, NONE, "", "Its version name (0002,0013)")
WW_EVENT_DECLARE(ww_dicom_file, DICOM_FILE_FIELDS);

extern const struct ww_event_type *const ww_dicom_events[];
#endif
