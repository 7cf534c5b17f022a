/* dicom.h - what the files of the DICOM dissector share: state of a connection, steps of the parse.
 *
 * pdu.c cuts the stream into PDUs and PDVs (PS3.8 9.3), assoc.c reads the association, dimse.c
 * reads command sets and tells messages (PS3.7), element.c walks data elements byte by byte (PS3.5
 * 7), dataset.c knows which elements are wanted, uid.c names UIDs, probe.c recognises the protocol.
 */
#ifndef WW_DICOM_H
#define WW_DICOM_H
#include "dissectors/medical/dicom/events.h"
#include "sensor/base/tok.h"

enum {
    PDU_HDR = 6,               /* type, reserved, length (PS3.8 9.3.1) */
    PDV_HDR = 6,               /* length, context id, message control header (PS3.8 9.3.5.1) */
    ASSOC_FIXED = 68,          /* from the version to the first item (PS3.8 9.3.2) */
    ASSOC_MAX = 1 << 20,       /* longest A-ASSOCIATE body we read */
    SMALL_MAX = 1024,          /* longest body of a PDU that should have 4 bytes */
    RESYNC_LEN = 20,           /* PDU and PDV headers and the command group length */
    SCAN_MAX = 64 << 20,       /* bytes searched for a PDU after a loss */
    PROBE_LEN = 99,            /* up to the end of the application context name */
    CTX_MAX = 128,             /* odd ids 1..255 */
    ITEMS_MAX = 1024,          /* items of an association that we look at */
    UIDPOOL = 512,             /* text of UIDs that are not in uids.tsv */
    UIDS_LISTED = 32,          /* SOP classes of one kind of negotiation that are listed */
    PENDING_MAX = 8,           /* requests whose pending responses are counted at a time */
    INFLATED_MAX = 256 * 1024, /* bytes that a deflated data set is inflated to */
    SLOTS = 2,                 /* messages that may be interleaved in one direction */
    POOL = 512,                /* text of one message */
    KEYS_MAX = 20,             /* query keys that are named */
    COMMAND_MAX = 16384,       /* command set; real ones are below 1 KiB */
    ELEMENTS_MAX = 4000,       /* elements of a data set that we look at */
    PARSED_MAX = 256 * 1024,   /* bytes of values that we look at in a data set */
    DEPTH_MAX = 16,            /* nesting of sequences */
    NO_ROW = 255,              /* of the table of wanted elements */
    BRAKES = 3                 /* violations in a data set before we only count it */
};

/* How a data set is written. OPAQUE (unreadable) is only counted. */
enum encoding {
    DS_GUESS,
    DS_IMPLICIT_LE,
    DS_EXPLICIT_LE,
    DS_EXPLICIT_BE,
    DS_DEFLATED, /* explicit VR little endian within */
    DS_OPAQUE
};

enum { NO_TS = 255 };

/* Service of a SOP class, by service.c. */
enum service {
    SV_NONE,
    SV_OTHER,
    SV_VERIFICATION,
    SV_STORAGE,
    SV_QUERY,
    SV_WORKLIST,
    SV_MPPS,
    SV_COMMITMENT,
    SV_PRINT,
    SV_UPS,
    SV_MEDIA,
    SV_NOTIFICATION
};

/* ---- uid.c ---- */
struct uid_row {
    const char *uid, *name;
    uint8_t ts;       /* number of a transfer syntax, NO_TS for all others */
    uint8_t encoding; /* enum encoding of a transfer syntax */
    uint8_t service;  /* enum service of a SOP class */
};
/* A UID in 16 bits: 0 none, UID_LOST not kept, UID_POOLED | offset in the pool, else row + 1. */
enum { UID_NONE = 0, UID_LOST = 0xffff, UID_POOLED = 0x8000 };
struct uid_pool {
    uint16_t n;
    uint8_t b[UIDPOOL]; /* length byte and text, one after the other */
};
uint16_t ww_dicom_uid_keep(struct uid_pool *p, struct ww_slice uid);
struct ww_slice ww_dicom_uid_text(const struct uid_pool *p, uint16_t ref);
const struct uid_row *ww_dicom_uid_row(uint16_t ref);
const struct uid_row *ww_dicom_uid_find(struct ww_slice uid);
const char *ww_dicom_uid_name(struct ww_slice uid);
struct ww_slice ww_dicom_ts_uid(unsigned ts);
bool ww_dicom_uid_good(struct ww_slice uid);

/* service.c */
const char *ww_dicom_service_name(enum service s);
const char *ww_dicom_type_text(const struct uid_row *sop, bool event, uint16_t id);

/* ---- element.c ---- */
enum el_phase { EL_HEAD, EL_VALUE, EL_DONE };
/* What becomes of a value. */
enum el_act {
    ACT_SKIP, /* not looked at */
    ACT_TEST, /* is it empty? */
    ACT_KEEP, /* kept as text of the message */
    ACT_PEEK, /* looked at and wiped */
    ACT_SQ    /* a sequence that is entered */
};
struct el {
    uint8_t head[12], nhead;
    uint8_t phase, encoding; /* enum el_phase, enum encoding */
    uint8_t depth;           /* open sequences and items of undefined length */
    uint8_t un_at, raw_at;   /* depth at which implicit VR or fragments began, 0 = not inside */
    uint8_t act, row;        /* enum el_act, row of the table of wanted elements */
    uint8_t brakes;
    bool nested, any, test; /* value inside a sequence; it is not empty; emptiness matters */
    bool malformed, partial;
    uint16_t count, at;       /* elements; start of the value in the pool */
    uint16_t cap;             /* bytes of the value that are kept */
    uint32_t tag, last, left; /* last: tag before at top level; left: value bytes to come */
    uint32_t sq_left;         /* bytes left in a sequence of defined length, 0 = not inside */
    uint32_t looked;          /* value bytes looked at */
};

/* ---- dimse.c ---- */
enum txt {
    T_SOP,
    T_DEST,
    T_ORIG,
    T_LEVEL,
    T_CHARSET,
    T_MODALITY,
    T_MANUF,
    T_INST,
    T_STATION,
    T_MODEL,
    T_SERIAL,
    T_DEVUID,
    T_SW,
    T_STEP_NAME,
    T_STEP_AET,
    T_STATE,
    T_COUNT
};
enum msg_phase { MSG_IDLE, MSG_COMMAND, MSG_DATA };
enum { /* elements of a command set that were there */
       HAS_FIELD = 1,
       HAS_STATUS = 2,
       HAS_TYPE = 4,
       HAS_ID = 8,
       HAS_RSP = 16,
       HAS_EVENT = 32,
       HAS_ACTION = 64,
       HAS_PRIORITY = 128,
       HAS_SUB = 256 /* and three more bits */
};
enum { IMG_NONE, IMG_ORIGINAL, IMG_DERIVED };
enum { NO_DATASET = 0x0101 }; /* PS3.7 9.3, 10.3: (0000,0800) */

struct msg {
    uint8_t phase, pcid;
    uint8_t image, converted;               /* image type; secondary capture */
    bool guessed, removed;                  /* encoding guessed; identity removed */
    bool damaged;                           /* bytes were lost inside */
    bool bytes_unknown;                     /* lost bytes whose number is not known */
    uint8_t kind;                           /* CMD_* of its command, once the data set comes */
    bool packed, inflating, inflated_whole; /* the data set is deflated, is begun, is at its end */
    bool of_file;                           /* the data set of a file, not of a message */
    bool refers, fails;                     /* lists of references were there */
    uint16_t references, references_failed;
    uint16_t has, field, id, rsp_id, priority, type, status, event, action, sub[4];
    uint32_t inflated; /* bytes of the data set that came out */
    uint32_t ncommand; /* bytes of the command set so far */
    uint64_t nbytes;   /* bytes of the data set so far */
    uint32_t phi_kinds;
    uint16_t phi_count;
    uint64_t patient;
    struct el el;
    struct {
        uint16_t at;
        uint8_t n;
    } txt[T_COUNT];
    uint16_t npool, nkeys;
    uint8_t pool[POOL];
    uint32_t key[KEYS_MAX];
};

/* ---- connection ---- */
struct ctx {
    uint64_t ts;       /* transfer syntaxes offered, by number */
    uint16_t abstract; /* UID in 16 bits */
    uint16_t other;    /* a transfer syntax offered that has no number */
    uint16_t accepted; /* UID in 16 bits */
    uint8_t result;
    uint8_t flags; /* CTX_* */
};
enum {
    CTX_OFFERED = 1,
    CTX_ANSWERED = 2,
    CTX_NOT_SCU = 4,
    CTX_SCP = 8,
    CTX_ASKED_SCP = 16,
    CTX_ASKED_NOT_SCU = 32
};

enum at { AT_START, AT_PDU, AT_PDV, AT_FRAGMENT, AT_LOST };
enum { NO_SLOT = 255 };

/* Each is told once per direction of an association. */
#define DICOM_ANOMALIES(X)                                                                        \
    X(pdu_length_invalid)                                                                         \
    X(pdu_type_unknown)                                                                           \
    X(pdu_out_of_order)                                                                           \
    X(pdu_over_max)                                                                               \
    X(pdv_length_invalid)                                                                         \
    X(pdv_control_invalid)                                                                        \
    X(pdv_without_context)                                                                        \
    X(context_id_even) X(context_id_duplicate) X(context_without_offer) X(item_length_invalid)    \
        X(items_missing) X(too_many_contexts) X(uid_invalid) X(ae_title_not_printable)            \
            X(ae_title_empty) X(ae_title_oversized) X(second_association) X(data_before_accept)   \
                X(data_after_release) X(command_malformed) X(command_too_long) X(command_unknown) \
                    X(command_incomplete) X(dataset_missing) X(dataset_without_command)           \
                        X(dataset_malformed) X(dataset_truncated) X(response_without_request)     \
                            X(messages_interleaved) X(data_after_end) X(role_not_negotiated)      \
                                X(preamble_executable)
enum anomaly {
#define X(name) AN_##name,
    DICOM_ANOMALIES(X)
#undef X
        AN_COUNT
};

struct side {
    uint8_t at;               /* enum at */
    uint8_t pcid, mch, cur;   /* of the PDV at hand; cur: slot or NO_SLOT */
    bool lost, spoke, data;   /* bytes are missing; bytes were seen; P-DATA was seen */
    bool asked_release, many; /* many: more than one equipment seen: a forwarder */
    bool max_known;
    bool ended; /* sent a rejection, a release response or an abort */
    struct {
        uint16_t id;
        uint32_t n; /* 0 = free */
    } pending[PENDING_MAX];
    uint32_t max_pdu;             /* that this side accepts */
    uint32_t pdu_left, frag_left; /* bytes to come, fragment included in PDU */
    uint32_t scanned;
    uint32_t equipment; /* hash of the first equipment seen */
    uint64_t told;      /* bits by enum anomaly */
    struct msg msg[SLOTS];
};

/* UIDs in 16 bits, in the order in which they came. */
struct uid_list {
    uint16_t n; /* all of them; the first UIDS_LISTED are kept */
    uint16_t ref[UIDS_LISTED];
};
struct title {
    uint16_t len;
    char b[DICOM_AET_MAX];
};

/* An acceptance that waits to be told until the request may have come. */
struct answer {
    bool waits, cut, identity;
    bool roles_apart;       /* some roles are not the default, and the contexts have no names */
    uint8_t n, id[CTX_MAX]; /* context ids in the order of the acceptance */
    uint16_t impl_class, accepted, async[2], roles;
    uint32_t latency_ms;
    struct title impl_version;
    struct uid_list extended;
};

enum assoc { ASSOC_NONE, ASSOC_ASKED, ASSOC_ACCEPTED, ASSOC_REJECTED, ASSOC_OVER };

struct dicom {
    uint8_t assoc;     /* enum assoc */
    uint8_t requestor; /* enum ww_dir; only meaningful if requestor_known */
    bool requestor_known, seen, contexts_known, client_told;
    struct title called, calling;
    uint64_t asked_at;
    struct answer answer;
    struct side side[2];
    struct ctx ctx[CTX_MAX];
    struct uid_pool uids;
};

/* A file that another protocol carries. Its data set is walked like that of a C-STORE, which wants
 * a connection around it. */
struct file {
    uint8_t at, preamble; /* enum ww_preamble */
    uint8_t elements;     /* of the meta information */
    bool cut;
    uint16_t sop, syntax, writer; /* UIDs in 16 bits */
    struct title version;
    struct dicom d;
};

/* One call: the context and the state, and who sends. */
struct call {
    struct ww_cx *cx;
    struct dicom *d;
    enum ww_dir dir;
    struct side *s; /* of dir */
};

/* Keys of the pairing table beside message ids (0..0xffff). */
enum { KEY_ASSOCIATE = 0x10000, KEY_RELEASE = 0x10001 };

void ww_dicom_anomaly(const struct call *c, enum anomaly a);
/** Marks the next event of an association whose beginning was not seen, or with missing parts. */
void ww_dicom_mark(const struct call *c, bool truncated);

/* probe.c */
enum ww_guess ww_dicom_probe(struct ww_slice in, enum ww_dir dir);
bool ww_dicom_is_pdata(struct ww_slice in);
size_t ww_dicom_probe_need(struct ww_slice in);

/* items.c */
/* What the items of a request or of an acceptance told. */
struct items {
    bool request, cut; /* cut: something was not kept */
    struct ww_slice app, impl_class, impl_version;
    uint32_t max_pdu;
    uint16_t offered, answered, roles, async[2];
    struct uid_list scp, extended, common;
    uint8_t identity; /* type of the user identity, 0 = none */
    bool identity_response, has_max_pdu;
};
void ww_dicom_items(const struct call *c, struct ww_rd r, struct items *it);

/* assoc.c */
void ww_dicom_assoc_pdu(const struct call *c, uint8_t type, struct ww_slice body);
void ww_dicom_tell_accept(const struct call *now);
const struct ctx *ww_dicom_ctx(const struct dicom *d, uint8_t pcid);

/* element.c: walks bytes of a command set or data set of a message */
void ww_dicom_el_start(struct el *e, uint8_t encoding);
void ww_dicom_el_feed(const struct call *c, struct msg *m, struct ww_slice in);
void ww_dicom_el_walk(const struct call *c, struct msg *m, struct ww_slice in);
uint32_t ww_dicom_el_skip(const struct call *c, struct msg *m, uint32_t n);
struct ww_slice ww_dicom_txt(const struct msg *m, enum txt t);

/* file.c */
enum ww_guess ww_dicom_file_probe(const struct ww_content *meta, struct ww_slice in);
struct ww_parse ww_dicom_file(struct ww_cx *cx, void *state, const struct ww_content *about,
                              enum ww_dir dir, struct ww_slice in, bool last);

/* deflated.c */
void ww_dicom_packed_feed(const struct call *c, struct msg *m, struct ww_slice in);

/* dataset.c: which elements are wanted, what they tell */
struct want {
    uint32_t tag;
    uint8_t act, txt, cap;
    uint16_t phi;
    const char *keyword;
};
bool ww_dicom_want_stop(const struct msg *m, uint32_t tag);
void ww_dicom_want(struct msg *m);
void ww_dicom_value(const struct call *c, struct msg *m, struct ww_slice v);
struct ww_slice ww_dicom_key_name(uint32_t tag, char room[12]);
void ww_dicom_dataset_event(const struct call *c, struct msg *m, bool truncated);

/* dimse.c */
struct command {
    uint16_t field;
    uint8_t flags; /* CMD_* */
    uint16_t timeout_s;
    const char *name;
};
enum { /* QUERY: its data set holds keys; EQUIPMENT: it may name equipment; OBJECT: a stored object;
        * CLIENT: only clients send it; ALONE: it has no response */
       CMD_QUERY = 1,
       CMD_EQUIPMENT = 2,
       CMD_OBJECT = 4,
       CMD_CLIENT = 8,
       CMD_ALONE = 16
};
const struct command *ww_dicom_command(uint16_t field);
void ww_dicom_command_want(struct msg *m);
void ww_dicom_command_value(const struct call *c, struct msg *m, struct ww_slice v);
void ww_dicom_msg_begin(struct msg *m, uint8_t pcid);
/** A command set is complete. Return: true when a data set follows. */
bool ww_dicom_command_end(const struct call *c, struct msg *m);
/** A message is complete, or nothing more of it will come: tells it and frees the slot. */
void ww_dicom_msg_end(const struct call *c, struct msg *m, bool truncated);
#endif
