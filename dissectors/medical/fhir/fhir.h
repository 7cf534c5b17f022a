/* fhir.h - FHIR: what the files of this folder share.
 *
 * fhir.c      recognition, envelope, feeding of bodies; the entry
 * path.c      interaction, resource type and operation from method and path
 * resource.c  members of resources as they pass: types, patient data, devices, servers
 * tell.c      events
 * Source: HL7 FHIR R4 (4.0.1) and R5: RESTful API, resource lists; SMART App Launch 2
 */
#ifndef WW_FHIR_H
#define WW_FHIR_H
#include "dissectors/dissector.h"
#include "dissectors/lib/ascii.h"
#include "dissectors/lib/json.h"
#include "dissectors/lib/query.h"
#include "dissectors/lib/xml.h"

enum {
    FHIR_READ_MAX = 4 << 20, /* bytes of one body that are read */
    FHIR_XML_MAX = 8192,     /* bytes of one XML token */
    FHIR_DEPTH = 32,         /* nesting that is looked at */
    FHIR_FRAMES = 4,         /* resources inside of resources */
    FHIR_SEGMENTS = 16,      /* last segments of a path that are looked at */
    FHIR_DEVICES = 16,       /* Device resources told of one body */
    FHIR_TYPES = 24          /* different types that a Bundle lists */
};

/* clang-format off */
#define FHIR_ASKED(F, S)                                                                            \
    F(S, STR, interaction, 24, NONE, "",                                                           \
      "read, vread, search, create, update, patch, delete, history, capabilities, transaction, "   \
      "operation, smart-configuration, token; empty when the request was not seen")                \
    F(S, STR, resource, 36, NONE, "", "Resource type in the path")                                 \
    F(S, STR, operation, 32, NONE, "", "Operation, such as $everything")
#define FHIR_REQUEST_FIELDS(F, S)                                                                  \
    FHIR_ASKED(F, S)                                                                               \
    F(S, STR, sender_role, 16, NONE, "", "FHIR client")                                            \
    F(S, STR, http_method, 16, NONE, "", "Method of the request")                                  \
    F(S, STR, media_type, 48, NONE, "", "Media type of the body")                                  \
    F(S, U32, phi_kinds, 0, NONE, "", "Kinds of patient data among the search parameters, bits as in fhir.body") \
    F(S, U16, phi_count, 0, NONE, "", "Search parameters that hold them")                          \
    F(S, HASH, patient, 0, NONE, "", "Patient identifier among the search parameters")
WW_EVENT_DECLARE(fhir_request, FHIR_REQUEST_FIELDS);
#define FHIR_RESPONSE_FIELDS(F, S)                                                                 \
    FHIR_ASKED(F, S)                                                                               \
    F(S, STR, sender_role, 16, NONE, "", "FHIR server")                                            \
    F(S, U16, status, 0, NONE, "", "HTTP status")                                                  \
    F(S, STR, media_type, 48, NONE, "", "Media type of the body")                                  \
    F(S, U32N, latency_ms, 0, NONE, "ms", "Since the request")                                     \
    F(S, U64, request_frame, 0, NONE, "", "Frame that ended the request's header; 0 = not seen")
WW_EVENT_DECLARE(fhir_response, FHIR_RESPONSE_FIELDS);
#define FHIR_BODY_FIELDS(F, S)                                                                     \
    F(S, STR, resource, 36, NONE, "", "Type of the resource")                                      \
    F(S, STR, format, 8, NONE, "", "json or xml")                                                  \
    F(S, STR, bundle_type, 24, NONE, "", "transaction, searchset, message, ... (Bundle.type)")     \
    F(S, U32, resources, 0, NONE, "", "Resources inside, entries of a Bundle and contained ones included") \
    F(S, LIST, resource_types, 320, NONE, "", "Their types, each once")                            \
    F(S, STR, profile, 112, NONE, "", "First profile of HL7 or JP Core that a resource claims (meta.profile)") \
    F(S, STR, issue_severity, 16, NONE, "", "Of the first issue of an OperationOutcome")           \
    F(S, STR, issue_code, 24, NONE, "", "Of the first issue of an OperationOutcome")               \
    F(S, U64, bytes, 0, NONE, "bytes", "Length that was read, decoded")                            \
    F(S, U32, patients, 0, NONE, "", "Patient resources")                                          \
    F(S, U32, phi_kinds, 0, NONE, "", "Kinds of patient data present, as bits: 1 name, 2 id, "     \
      "4 birth, 8 contact, 16 other ids and insurance, 32 order and visit numbers, 64 staff, "     \
      "128 sex and traits, 256 text, 1024 document, 2048 relative, 8192 clinical")                 \
    F(S, U32, phi_count, 0, NONE, "", "Members that identify a patient directly")                  \
    F(S, HASH, patient, 0, NONE, "", "First patient: identifier, id or reference")
WW_EVENT_DECLARE(fhir_body, FHIR_BODY_FIELDS);
#define FHIR_SERVER_FIELDS(F, S)                                                                   \
    F(S, STR, software, 64, SRC_MODEL, "", "CapabilityStatement.software.name")                    \
    F(S, STR, software_version, 32, SRC_SWVER, "", "CapabilityStatement.software.version")         \
    F(S, STR, publisher, 64, SRC_VENDOR, "", "CapabilityStatement.publisher")                      \
    F(S, STR, fhir_version, 16, NONE, "", "Version of FHIR that is spoken")                        \
    F(S, STR, kind, 16, NONE, "", "instance, capability or requirements")
WW_EVENT_DECLARE(fhir_server, FHIR_SERVER_FIELDS);
#define FHIR_DEVICE_FIELDS(F, S)                                                                   \
    F(S, STR, manufacturer, 64, OTHER_VENDOR, "", "Device.manufacturer")                           \
    F(S, STR, model, 64, OTHER_MODEL, "", "Device.modelNumber (model in DSTU 2 and STU 3)")        \
    F(S, STR, serial, 48, OTHER_SERIAL, "", "Device.serialNumber")                                 \
    F(S, STR, version, 32, OTHER_SWVER, "", "Device.version.value")                                \
    F(S, STR, device_name, 64, OTHER_NAME, "", "Device.deviceName.name")                           \
    F(S, STR, device_identifier, 64, NONE, "", "UDI device identifier (Device.udiCarrier)")        \
    F(S, STR, status, 24, NONE, "", "Device.status")                                               \
    F(S, STR, subject_id, 140, NONE, "", "manufacturer/model/serial: the device spoken of is not the sender")
WW_EVENT_DECLARE(fhir_device, FHIR_DEVICE_FIELDS);
#define FHIR_TOKEN_FIELDS(F, S)                                                                    \
    F(S, STR, grant_type, 32, NONE, "", "authorization_code, client_credentials, refresh_token ...") \
    F(S, U16, scopes, 0, NONE, "", "Scopes that are asked for")                                    \
    F(S, BOOL, system_scope, 0, NONE, "", "A scope without a user: system/...")                    \
    F(S, BOOL, client_assertion, 0, NONE, "", "The client shows a signed token")                   \
    F(S, BOOL, credential_present, 0, NONE, "", "A password, secret, code or token passes in clear")
WW_EVENT_DECLARE(fhir_token, FHIR_TOKEN_FIELDS);
/* clang-format on */

/* ---- path.c ---- */
enum fhir_interaction {
    FI_NONE,
    FI_READ,
    FI_VREAD,
    FI_SEARCH,
    FI_CREATE,
    FI_UPDATE,
    FI_PATCH,
    FI_DELETE,
    FI_HISTORY,
    FI_CAPABILITIES,
    FI_TRANSACTION,
    FI_OPERATION,
    FI_SMART,
    FI_TOKEN
};
struct fhir_asked {
    uint8_t interaction; /* enum fhir_interaction */
    bool base;           /* the path has a segment by which FHIR servers go */
    struct ww_slice type, operation;
};
void ww_fhir_path(struct ww_slice method, struct ww_slice path, struct ww_slice query, struct fhir_asked *a);
const char *ww_fhir_interaction(uint8_t i);

/* ---- resource.c ---- */
unsigned ww_fhir_type(struct ww_slice name); /* number + 1, 0 = none */
const char *ww_fhir_type_name(unsigned number);

/* Members that are looked at. Their order is that of the bits in a frame. */
#define FHIR_KEYS(X)                                                                               \
    X(name) X(identifier) X(telecom) X(birthDate) X(address) X(contact) X(photo) X(gender)         \
    X(subject) X(patient) X(note) X(text) X(performer) X(generalPractitioner) X(beneficiary)       \
    X(content) X(data) X(entry) X(parameter) X(resource) X(contained) X(resourceType) X(type) X(software)       \
    X(version) X(fhirVersion) X(publisher) X(kind) X(manufacturer) X(modelNumber) X(model)         \
    X(serialNumber) X(deviceName) X(udiCarrier) X(deviceIdentifier) X(value) X(id) X(meta)         \
    X(profile) X(issue) X(severity) X(code) X(status) X(reference) X(display) X(div)
enum fhir_key {
    FK_NONE,
#define X(k) FK_##k,
    FHIR_KEYS(X)
#undef X
};
enum { FK_LIST = 0x80 }; /* flag of a level: it is a list, or an element around a resource */
struct fhir_frame {
    uint8_t depth, type; /* level of the resource; number of its type + 1 */
    uint64_t seen;       /* bits by enum fhir_key of members that have a value */
    uint64_t person;     /* pseudonyms: identifier, else id, else whom it is about */
    uint64_t about;
    bool display, reference; /* of the subject */
    bool identified;         /* person is an identifier */
};
enum fhir_format { FMT_NONE, FMT_JSON, FMT_XML, FMT_FORM, FMT_OFF };
struct fhir {
    uint8_t format; /* enum fhir_format */
    uint8_t depth, nframes, ndevices, first_type;
    bool begun, typed; /* begun: its first piece was seen; typed: a resource said its type */
    uint64_t read;
    uint8_t key[FHIR_DEPTH]; /* enum fhir_key by level: under which member it stands; FK_LIST */
    uint8_t next_key;        /* JSON: the key that was read last */
    struct fhir_frame frame[FHIR_FRAMES];
    struct fhir_body body;
    struct fhir_server server;
    struct fhir_device device;
    uint8_t types[FHIR_TYPES], ntypes; /* types listed already */
    union {
        struct ww_json json;
        struct ww_xml_scan xml;
        struct {
            uint16_t n;
            char b[1024];
        } form;
    } in;
};
void ww_fhir_open(struct fhir *f, uint8_t key);
bool ww_fhir_holds(const struct fhir *f, uint8_t key);
void ww_fhir_list(struct fhir *f, uint8_t key);
uint8_t ww_fhir_level(const struct fhir *f);
void ww_fhir_close(struct ww_cx *cx, struct fhir *f, enum ww_dir dir);
void ww_fhir_scalar(struct ww_cx *cx, struct fhir *f, uint8_t key, struct ww_slice v);
void ww_fhir_typed(struct fhir *f, struct ww_slice name);
uint8_t ww_fhir_key(struct ww_slice name);

/* ---- tell.c ---- */
void ww_fhir_tell_envelope(struct ww_cx *cx, enum ww_dir dir, const struct ww_content *m, const struct fhir_asked *a);
void ww_fhir_tell_body(struct ww_cx *cx, struct fhir *f, enum ww_dir dir, bool cut);
void ww_fhir_tell_device(struct ww_cx *cx, struct fhir *f, enum ww_dir dir);
void ww_fhir_tell_token(struct ww_cx *cx, enum ww_dir dir, struct ww_slice form);
#endif
