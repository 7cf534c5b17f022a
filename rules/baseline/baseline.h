/* baseline.h - PUBLIC: a manufacturer's declaration (RFC 8520 MUD file and the extension
 * wardwatch-medical), and the question whether something that was seen is declared.
 *
 * A baseline is read once and never changes; any number of threads may ask it. The questions
 * allocate nothing and keep no pointer of the caller. Pointers in a verdict belong to the baseline
 * and live as long as it does.
 */
#ifndef WW_RULES_BASELINE_H
#define WW_RULES_BASELINE_H
#include "sensor/event.h"

enum {
    WW_BL_FILE_MAX = 1 << 20, /* bytes of a declaration */
    WW_BL_ACE_MAX = 4096,     /* entries of a declaration, all lists together */
    WW_BL_TEXT = 192          /* bytes of the texts in a verdict, with the NUL */
};

/* ---- reading -----------------------------------------------------------------------------------
 */
struct ww_yang;
struct ww_baseline;

/** Loads the YANG modules. In: dir folder of --data, NULL for the built-in ones. */
enum ww_rc ww_yang_open(struct ww_yang **out, const char *dir, struct ww_err *e) WW_MUST_CHECK;
void ww_yang_free(struct ww_yang *y);

/**
 * Reads, validates and compiles one declaration. The baseline does not need y afterwards.
 * Return: WW_E_CONF names file, line where known, what is wrong and what to do.
 * Limits: WW_BL_FILE_MAX, WW_BL_ACE_MAX.
 */
enum ww_rc ww_baseline_load(struct ww_baseline **out, const char *path, const struct ww_yang *y,
                            struct ww_err *e) WW_MUST_CHECK;
void ww_baseline_free(struct ww_baseline *b);

/* One remark about a declaration. line 0 = not known; level error makes the file unusable. */
enum ww_bl_level { WW_BL_WARNING, WW_BL_ERROR };
struct ww_bl_remark {
    enum ww_bl_level level;
    const char *id; /* stable name of the check, "dns-name-side" */
    unsigned line;
    const char *text; /* what is wrong, where, and the remedy */
};
typedef void ww_bl_remark_fn(void *to, const struct ww_bl_remark *r);

/** The same from memory, with all remarks told. In: name for messages. remark may be NULL. */
enum ww_rc ww_baseline_parse(struct ww_baseline **out, const char *name, struct ww_slice text,
                             const struct ww_yang *y, ww_bl_remark_fn *remark, void *to,
                             struct ww_err *e) WW_MUST_CHECK;

/* ---- what a declaration says about the device
 * ---------------------------------------------------- */
const char *ww_bl_file(const struct ww_baseline *b);   /* path or name it was read from */
const char *ww_bl_digest(const struct ww_baseline *b); /* SHA-256 of the file, 64 hex digits */
const char *ww_bl_mud_url(const struct ww_baseline *b);
const char *ww_bl_maker(const struct ww_baseline *b); /* mfg-name or organisation; "" = absent */
const char *ww_bl_model(const struct ww_baseline *b); /* model-name; "" = absent */
const char *ww_bl_systeminfo(const struct ww_baseline *b);
const char *ww_bl_last_update(const struct ww_baseline *b);
bool ww_bl_supported(const struct ww_baseline *b); /* is-supported */
bool ww_bl_medical(const struct ww_baseline *b);   /* carries the medical extension */
bool ww_bl_has_dicom(const struct ww_baseline *b);
bool ww_bl_has_hl7(const struct ww_baseline *b);
const char *ww_bl_kind_of_device(const struct ww_baseline *b); /* identity/class, "" = absent */
const char *ww_bl_criticality(const struct ww_baseline *b);    /* "" = absent */
const char *ww_bl_declared_by(const struct ww_baseline *b);    /* manufacturer, ..., learned, "" */
unsigned ww_bl_class(const struct ww_baseline *b); /* regulatory class 1..4, 0 = absent */
/* Kinds of connection (intended-use/connection), as bits. 0 = absent. */
enum {
    WW_BL_CONN_NONE = 1,
    WW_BL_CONN_CLOSED = 2,
    WW_BL_CONN_HOSPITAL = 4,
    WW_BL_CONN_INTERNET = 8,
    WW_BL_CONN_REMOTE = 16
};
unsigned ww_bl_connection(const struct ww_baseline *b);
/* Environment (intended-use/environment), as bits. 0 = absent. */
enum { WW_BL_ENV_HOSPITAL = 1, WW_BL_ENV_HOME = 2, WW_BL_ENV_WORN = 4, WW_BL_ENV_UNSPECIFIED = 8 };
unsigned ww_bl_environment(const struct ww_baseline *b);
/** The declaration has a never entry about the internet. */
bool ww_bl_has_never_internet(const struct ww_baseline *b);
/** Closed or no connection is declared, or the internet is among the never entries; false when the
 * internet or remote maintenance is declared. */
bool ww_bl_is_closed(const struct ww_baseline *b);
/* Yes, no or not said. */
enum ww_bl_said { WW_BL_NOT_SAID, WW_BL_NO, WW_BL_YES };
enum ww_bl_said ww_bl_remotely_operable(const struct ww_baseline *b);
enum ww_bl_said ww_bl_no_cyber_risk(const struct ww_baseline *b);
/** How far the device's clock may be off, in seconds; 0 = not said. */
uint32_t ww_bl_clock_tolerance(const struct ww_baseline *b);
/** End of support dates as YYYY-MM-DD; "" = absent. what: "sale", "security-support", "life",
 * "service-life", "os" (the earliest of the operating systems). */
const char *ww_bl_end_of(const struct ww_baseline *b, const char *what);

/* ---- entries, for reports
 * -------------------------------------------------------------------------- */
enum ww_bl_dir { WW_BL_FROM_DEVICE, WW_BL_TO_DEVICE };
struct ww_bl_ace_info {
    const char *acl, *name;
    enum ww_bl_dir dir;
    bool accept;
    int conduit; /* index, -1 = none */
    int group;   /* index of the first entry with the same direction, matches and action */
    char match[WW_BL_TEXT]; /* "tcp/104 https://maker.example/class/pacs (->)"; -> the device opens
                             */
};
size_t ww_bl_aces(const struct ww_baseline *b);
void ww_bl_ace(const struct ww_baseline *b, size_t i, struct ww_bl_ace_info *out);
struct ww_bl_conduit_info {
    const char *id, *description, *application, *state, *peer, *peer_kind;
    enum ww_bl_said patient_data, control_commands, alarms, port_configurable;
    const char *encryption;                         /* required, optional, none, "" */
    uint32_t longest_silence_s, typical_interval_s; /* 0 = absent */
    uint16_t max_connections;
};
/** May what the conduit carries be encrypted? True also when the declaration does not say. */
static inline bool ww_bl_may_encrypt(const struct ww_bl_conduit_info *c)
{
    return strcmp(c->encryption, "none") != 0;
}
size_t ww_bl_conduits(const struct ww_baseline *b);
void ww_bl_conduit(const struct ww_baseline *b, size_t i, struct ww_bl_conduit_info *out);
/** The conduit with this id; false when there is none. */
bool ww_bl_conduit_by_id(const struct ww_baseline *b, const char *id,
                         struct ww_bl_conduit_info *out);

/* ---- what a question needs to know about the hospital
 * ------------------------------------------------ */
enum ww_bl_is { WW_BL_IS_NOT, WW_BL_IS, WW_BL_IS_UNKNOWN };
enum ww_bl_service { WW_BL_DNS, WW_BL_NTP, WW_BL_DHCP };

/* Callbacks may be NULL: the answer is then unknown, and for external the address ranges of RFC
 * 6890 decide. Returned strings live until the question returns. */
struct ww_bl_env {
    void *ctx;
    /* Is the address a member of the class? UNKNOWN: the site file gives the class no address. */
    enum ww_bl_is (*controller)(void *ctx, const char *uri, const struct ww_ip *peer);
    enum ww_bl_is (*my_controller)(void *ctx, const char *mud_url, const struct ww_ip *peer);
    enum ww_bl_is (*local)(void *ctx, const struct ww_ip *peer);    /* in a zone of the site */
    enum ww_bl_is (*external)(void *ctx, const struct ww_ip *peer); /* outside the hospital */
    /* MUD URL of the baseline that is bound to the peer; NULL = none. */
    const char *(*mud_url_of)(void *ctx, const struct ww_ip *peer);
    /* The i-th name that DNS answers to this device gave for the address; NULL ends. */
    const char *(*name_of)(void *ctx, const struct ww_ip *peer, size_t i);
    /* Has the device received a DNS answer for this name? */
    bool (*name_answered)(void *ctx, const char *name);
    enum ww_bl_is (*service)(void *ctx, enum ww_bl_service s, const struct ww_ip *peer);
    /* Port that the site file gives to a conduit whose port is configurable; 0 = the declared one.
     */
    uint16_t (*site_port)(void *ctx, const char *conduit);
};

/* ---- a conversation
 * ------------------------------------------------------------------------------------- */
enum ww_bl_opener { WW_BL_BY_UNKNOWN, WW_BL_BY_DEVICE, WW_BL_BY_PEER };
enum ww_bl_cast { WW_BL_UNICAST, WW_BL_MULTICAST, WW_BL_BROADCAST };

/* A conversation as the device sees it. For multicast and broadcast, peer is the group address when
 * the device sends, the sender when the device only hears it. */
struct ww_bl_flow {
    struct ww_ip device, peer;
    uint16_t device_port, peer_port;
    uint8_t ip_proto;   /* 0 = not IP */
    uint16_t ethertype; /* when ip_proto is 0; below 0x600: LLC (spanning tree, CDP) */
    uint8_t opener;     /* enum ww_bl_opener; UDP: who sent first; UNKNOWN when mid-stream */
    uint8_t cast;       /* enum ww_bl_cast of the destination */
    bool icmp_known;
    uint8_t icmp_type, icmp_code;
    bool device_sent, peer_sent; /* directions that were seen */
    const char *app;             /* name of the dissector that understood it; NULL = not known */
};

enum ww_bl_kind {
    WW_BL_PERMITTED,
    WW_BL_VIOLATION,
    WW_BL_INFRASTRUCTURE, /* housekeeping that no MUD file can express or that is declared as such
                           */
    WW_BL_UNRESOLVED,     /* depends on a class without address, or a name never seen resolved */
    WW_BL_UNBOUND         /* no declaration: told by the caller, never by a question */
};
enum ww_bl_layer {
    WW_BL_L_NONE,
    WW_BL_L_DECLARATION, /* an entry of an access list, or its absence */
    WW_BL_L_DEFAULT,     /* RFC 8520 defaults: DNS and NTP */
    WW_BL_L_INFRASTRUCTURE,
    WW_BL_L_NEVER,  /* never entry of the extension */
    WW_BL_L_SITE,   /* the site file decided */
    WW_BL_L_MEDICAL /* DICOM or HL7 part of the extension */
};
enum ww_bl_reason {
    WW_BL_R_NONE,
    WW_BL_R_PEER,       /* nobody declared this peer; NOTE_PORT_DECLARED: the port is, for others */
    WW_BL_R_PORT,       /* the peer is declared, this port or protocol is not */
    WW_BL_R_EXTERNAL,   /* undeclared destination or source outside the hospital */
    WW_BL_R_DIRECTION,  /* declared, but opened from the other side */
    WW_BL_R_DROP,       /* an entry says drop */
    WW_BL_R_NEVER,      /* the manufacturer says that this never happens */
    WW_BL_R_CLASS,      /* unresolved: controller class without address */
    WW_BL_R_NAME,       /* unresolved: no DNS answer tells whether this is the declared name */
    WW_BL_R_LOCAL,      /* unresolved: nobody says what is local */
    WW_BL_R_NOT_SPOKEN, /* the protocol has no part in the declaration */
    WW_BL_R_AE_TITLE,
    WW_BL_R_SOP_CLASS,
    WW_BL_R_ROLE,
    WW_BL_R_TRANSFER_SYNTAX,
    WW_BL_R_DIMSE,
    WW_BL_R_MOVE_DESTINATION,
    WW_BL_R_HL7_MESSAGE,
    WW_BL_R_HL7_DIRECTION,
    WW_BL_R_HL7_APPLICATION,
    WW_BL_R_HL7_FACILITY,
    WW_BL_R_HL7_VERSION
};
enum {
    WW_BL_NOTE_OPENER_UNKNOWN = 1,   /* mid-stream: direction-initiated could not be checked */
    WW_BL_NOTE_REPLY_UNDECLARED = 2, /* the answers have no entry; a flaw of the declaration */
    WW_BL_NOTE_NOT_EVALUATED = 4, /* the entry has conditions that a conversation does not show */
    WW_BL_NOTE_PORT_DECLARED = 8, /* R_PEER, R_EXTERNAL: the port is declared for other peers */
    WW_BL_NOTE_CLASS_UNRESOLVED = 16, /* a class without address might have named this peer */
    WW_BL_NOTE_NO_DNS_ANSWER = 32, /* the device was never seen to resolve a name to this address */
    WW_BL_NOTE_INFRA_UNDECLARED = 64, /* housekeeping that the infrastructure part does not list */
    WW_BL_NOTE_BY_PORT = 128,      /* application taken from the port, nothing was dissected yet */
    WW_BL_NOTE_EXTERNAL = 256,     /* the peer is outside the hospital */
    WW_BL_NOTE_IMPLIED = 512,      /* not listed, but follows from the standard (C-ECHO, ACK) */
    WW_BL_NOTE_CONFIGURABLE = 1024 /* the declared value is a default that the site may change */
};

struct ww_bl_verdict {
    enum ww_bl_kind kind;
    enum ww_bl_layer layer;
    enum ww_bl_reason reason;
    unsigned notes;             /* WW_BL_NOTE_* */
    int ace;                    /* index of the entry that decided, -1 = none */
    int reply_ace;              /* index of the entry that permits the answers, -1 = none */
    const char *acl, *ace_name; /* "" = none */
    const char *conduit;        /* id, "" = none */
    const char *waits_for;      /* UNRESOLVED: class URI or name, "" = none */
    char rule[64];              /* what decided: "acl/ace", "never/no-web", "default/dns", "arp" */
    char observed[WW_BL_TEXT];  /* "tcp/8080 -> 192.0.2.7 (http)", "EVIL"; no patient data */
    char declared[WW_BL_TEXT];  /* what the declaration has for it, "" = nothing */
    const struct ww_bl_flow *unsaid; /* the texts wait for ww_bl_texts; NULL = they are there */
};

const char *ww_bl_kind_name(enum ww_bl_kind k); /* as in the event baseline.verdict */
const char *ww_bl_layer_name(enum ww_bl_layer l);
const char *ww_bl_reason_name(enum ww_bl_reason r);

/** Is this conversation declared? First match decides; never entries beat all. */
void ww_bl_flow(const struct ww_baseline *b, const struct ww_bl_env *env,
                const struct ww_bl_flow *f, struct ww_bl_verdict *v);
/** The same, but what an entry permits may come without texts (rule, observed, declared): nearly all
 * that is asked about is permitted and never shown. Who shows it calls ww_bl_texts while b and f live. */
void ww_bl_flow_untold(const struct ww_baseline *b, const struct ww_bl_env *env,
                       const struct ww_bl_flow *f, struct ww_bl_verdict *v);
void ww_bl_texts(const struct ww_baseline *b, struct ww_bl_verdict *v);

/* ---- DICOM
 * ----------------------------------------------------------------------------------------------------
 */
/* What the site file says about an application entity of the device. */
struct ww_bl_site_ae {
    const char *id;            /* network-ae/id; NULL or "" = any entity of the device */
    const char *title;         /* title in use; NULL = the declared one */
    const char *const *remote; /* titles of the other ends; NULL = any */
    size_t nremote;
};
struct ww_bl_site_dicom {
    const struct ww_bl_site_ae *ae;
    size_t n;
};
enum ww_bl_role { WW_BL_ROLE_ANY, WW_BL_SCU, WW_BL_SCP };

/** AE titles of an association. device_opened: the device is the initiator. site may be NULL. */
void ww_bl_dicom_assoc(const struct ww_baseline *b, const struct ww_bl_site_dicom *site,
                       bool device_opened, struct ww_slice calling, struct ww_slice called,
                       struct ww_bl_verdict *v);
/** A presentation context. role is the device's; ae is the device's AE title and syntax the
 * accepted transfer syntax, both may be empty (= do not check). */
void ww_bl_dicom_context(const struct ww_baseline *b, const struct ww_bl_site_dicom *site,
                         struct ww_slice ae, struct ww_slice sop_class, enum ww_bl_role role,
                         struct ww_slice syntax, struct ww_bl_verdict *v);
/** A request. command as in "C-MOVE"; destination of C-MOVE, empty otherwise. */
void ww_bl_dicom_request(const struct ww_baseline *b, const struct ww_bl_site_dicom *site,
                         struct ww_slice ae, struct ww_slice command, struct ww_slice sop_class,
                         enum ww_bl_role role, struct ww_slice destination,
                         struct ww_bl_verdict *v);
/** Is this implementation class UID declared? NOT_SAID when the declaration lists none. */
enum ww_bl_said ww_bl_dicom_implementation(const struct ww_baseline *b, struct ww_slice uid);

/* ---- HL7 version 2
 * -------------------------------------------------------------------------------------------------
 */
struct ww_bl_hl7 {
    bool device_sends;
    bool ack; /* the message has an MSA segment */
    struct ww_slice code, trigger, version;
    struct ww_slice sending_app, sending_facility, receiving_app, receiving_facility;
};
void ww_bl_hl7_message(const struct ww_baseline *b, const struct ww_bl_hl7 *m,
                       struct ww_bl_verdict *v);

/* ---- wardwatch baseline check, show
 * ------------------------------------------------------------------------------------ */
/** Writes one line per remark and a result line. Return: 0 good, 1 bad, 2 cannot be read. */
int ww_baseline_check_file(const char *path, const struct ww_yang *y, struct ww_out *o);
/** Writes what the declaration says, for people. Return as above. */
int ww_baseline_show_file(const char *path, const struct ww_yang *y, struct ww_out *o);
#endif
