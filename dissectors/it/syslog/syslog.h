/* syslog.h - system and audit logs: what the files of this folder share.
 *
 * syslog.c  datagrams, octet counting, lines; recognition; loss
 * header.c  header and structured data
 * audit.c   audit messages of IHE ATNA
 * Source: RFC 5424 (format), RFC 3164 (older format), RFC 5426 (UDP), RFC 6587 and RFC 5425 4.3
 * (framing on streams); DICOM PS3.15 A.5 and RFC 3881 (audit messages)
 */
#ifndef WW_SYSLOG_H
#define WW_SYSLOG_H
#include "dissectors/dissector.h"
#include "dissectors/lib/phi.h"

enum {
    SYSLOG_MSG_MAX = 65000,      /* bytes of one message that are read; the rest is skipped */
    SYSLOG_BUF_MAX = 65536,      /* a message and its length */
    SYSLOG_COUNT_MAX = 16 << 20, /* largest length that is believed */
    SYSLOG_NOISE_MAX = 1 << 20,  /* bytes without a message before the flow is given up */
    SYSLOG_PRI_MAX = 191,        /* RFC 5424 6.2.1 */
    SYSLOG_TEXT = 160            /* bytes of an attribute while its references are replaced */
};

/* clang-format off */
#define SYSLOG_MESSAGE_FIELDS(F, S)                                                                \
    F(S, STR, facility, 12, NONE, "", "Kind of the sending program, such as auth (RFC 5424 6.2.1)") \
    F(S, STR, severity, 12, NONE, "", "emerg, alert, crit, err, warning, notice, info, debug")     \
    F(S, STR, format, 12, NONE, "", "rfc5424, rfc3164, or other: only the priority is regular")    \
    F(S, TIME, message_time, 0, NONE, "", "Date and time of the message; none in the older format, which has no year") \
    F(S, BOOL, message_time_zoned, 0, NONE, "", "That time has a zone; else local time read as UTC") \
    F(S, STR, time_synced, 4, NONE, "", "yes or no: the sender's clock is synchronised (timeQuality isSynced)") \
    F(S, STR, hostname, 128, OTHER_NAME, "", "Host that wrote the message, not always the sender (HOSTNAME)") \
    F(S, IP, subject_ip, 0, NONE, "", "Address of that host: of its origin element, else the sender while it names one host only") \
    F(S, STR, app_name, 48, NONE, "", "Program (APP-NAME, TAG)")                                   \
    F(S, STR, procid, 32, NONE, "", "Process id (PROCID)")                                         \
    F(S, STR, msgid, 32, NONE, "", "Type of the message (MSGID), such as IHE+RFC-3881")            \
    F(S, LIST, sd_ids, 128, NONE, "", "Structured data elements (SD-ID)")                          \
    F(S, STR, software, 48, NONE, "", "Software that wrote the message (origin software)")         \
    F(S, STR, software_version, 32, NONE, "", "Its version (origin swVersion)")                    \
    F(S, STR, framing, 12, NONE, "", "datagram, octet_count, or line")                             \
    F(S, U32, bytes, 0, NONE, "bytes", "Length of the message without framing")                    \
    F(S, BOOL, audit, 0, NONE, "", "The message is an audit message; see syslog.audit")
WW_EVENT_DECLARE(syslog_message, SYSLOG_MESSAGE_FIELDS);

#define SYSLOG_AUDIT_FIELDS(F, S)                                                                  \
    F(S, STR, event_code, 24, NONE, "", "Code of the event (EventID)")                             \
    F(S, STR, event, 48, NONE, "", "Its meaning (PS3.16 CID 400); empty when the code is of another scheme") \
    F(S, LIST, event_types, 160, NONE, "", "Event types (EventTypeCode): meanings, or codes of other schemes") \
    F(S, STR, action, 8, NONE, "", "create, read, update, delete or execute (EventActionCode)")    \
    F(S, STR, outcome, 16, NONE, "", "success, minor_failure, serious_failure or major_failure (EventOutcomeIndicator)") \
    F(S, TIME, event_time, 0, NONE, "", "Date and time of the event (EventDateTime)")              \
    F(S, BOOL, event_time_zoned, 0, NONE, "", "That time has a zone; else local time read as UTC") \
    F(S, STR, source_id, 64, OTHER_NAME, "", "System that tells the event (AuditSourceID)")        \
    F(S, IP, subject_ip, 0, NONE, "", "Address of that system, as syslog.message.subject_ip")      \
    F(S, STR, site_id, 64, NONE, "", "Site of that system (AuditEnterpriseSiteID)")                \
    F(S, STR, schema, 8, NONE, "", "dicom (csd-code) or rfc3881 (code)")                           \
    F(S, U16, participants, 0, NONE, "", "Users and processes that took part (ActiveParticipant)") \
    F(S, U16, requestors, 0, NONE, "", "Those who asked for it (UserIsRequestor)")                 \
    F(S, LIST, roles, 160, NONE, "", "Their roles, each once (RoleIDCode): meanings, or codes of other schemes") \
    F(S, LIST, ae_titles, 128, NONE, "", "AE titles of participants (AlternativeUserID), each once") \
    F(S, LIST, access_points, 192, NONE, "", "Host names and addresses of participants (NetworkAccessPointID), each once") \
    F(S, U16, objects, 0, NONE, "", "Things that it was about (ParticipantObjectIdentification)")  \
    F(S, U16, persons, 0, NONE, "", "Persons among them")                                          \
    F(S, BOOL, query_present, 0, NONE, "", "A query passes with it (ParticipantObjectQuery)")      \
    F(S, U32, phi_kinds, 0, NONE, "", "Kinds of patient data present, as bits: 1 name, 2 id, "     \
      "4 birth, 8 contact, 16 other ids and insurance, 32 order and visit numbers, 64 staff, "     \
      "128 sex and traits, 256 text, 1024 document, 2048 relative, 4096 place, 8192 clinical")     \
    F(S, U32, phi_count, 0, NONE, "", "Items that identify a patient directly")                    \
    F(S, HASH, patient, 0, NONE, "", "Patient identifier (ParticipantObjectID of a patient)")      \
    F(S, HASH, patient_name, 0, NONE, "", "Patient name (ParticipantObjectName of a patient)")
WW_EVENT_DECLARE(syslog_audit, SYSLOG_AUDIT_FIELDS);
/* clang-format on */

struct syslog_side {
    uint8_t st;       /* enum st in syslog.c */
    uint8_t before;   /* while lost: the byte before, 0 = not known */
    bool counted;     /* messages come with their length */
    uint32_t scanned; /* bytes at the front that hold no end of a line */
    uint32_t noise;   /* bytes passed over since the last message */
};
struct syslog_state {
    struct syslog_side side[2];
    uint64_t host;    /* hash of the host that the messages name, 0 = none yet */
    uint64_t source;  /* the same of the source of audit messages */
    bool several;     /* they name several: the sender passes on what others wrote */
    bool client_told;
};

size_t ww_syslog_pri(struct ww_slice in, uint8_t *pri, bool *more);
struct ww_slice ww_syslog_header(struct ww_slice msg, struct syslog_message *e);
bool ww_syslog_is_audit(struct ww_slice text, struct ww_slice *xml);
bool ww_syslog_audit(struct ww_cx *cx, struct ww_slice xml, struct syslog_audit *e);
#endif
