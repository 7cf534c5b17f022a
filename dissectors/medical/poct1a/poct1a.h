/* poct1a.h - point-of-care devices and their data manager: what the files of this folder share.
 *
 * poct1a.c   documents one after another on a stream, recognition, loss
 * message.c  elements of one message: header, device identity, answers, patient data
 * tell.c     events of a complete message
 * Source: CLSI POCT01-A2, device messaging layer (annex B); element names are the standard's
 */
#ifndef WW_POCT1A_H
#define WW_POCT1A_H
#include "dissectors/dissector.h"
#include "dissectors/lib/phi.h"
#include "dissectors/lib/xml.h"

enum {
    POCT_TOKEN_MAX = 32768,   /* bytes of one tag; text passes in parts */
    POCT_BUF_MAX = 32768 + 8,
    POCT_NOISE_MAX = 1 << 20, /* bytes of anything else before the flow is given up */
    POCT_TEXT = 128,          /* bytes of a value while its references are replaced */
    POCT_ANSWER_MS = 60000    /* a message should be acknowledged within */
};

/* clang-format off */
/* ---- events ---------------------------------------------------------------------------------- */
#define POCT_HEADER_FIELDS(F, S)                                                                   \
    F(S, STR, message_type, 24, NONE, "", "Message, such as OBS.R01: name of the outermost element") \
    F(S, STR, control_id, 32, NONE, "", "Message control id (HDR.control_id)")                     \
    F(S, STR, version_id, 12, NONE, "", "Version of the protocol (HDR.version_id)")                \
    F(S, TIME, message_time, 0, NONE, "", "Date and time of the message (HDR.creation_dttm)")      \
    F(S, BOOL, message_time_zoned, 0, NONE, "", "That time has a zone; else local time read as UTC") \
    F(S, STR, sender_role, 24, NONE, "", "POCT1-A device or POCT1-A data manager, by what it sends") \
    F(S, U64, bytes, 0, NONE, "bytes", "Length of the message")

#define POCT_HELLO_FIELDS(F, S)                                                                    \
    POCT_HEADER_FIELDS(F, S)                                                                       \
    F(S, STR, device_id, 64, NONE, "", "Identifier of the device, often its EUI-64 or MAC (DEV.device_id)") \
    F(S, STR, vendor_id, 32, SRC_VENDOR, "", "Vendor code (DEV.vendor_id)")                        \
    F(S, STR, manufacturer_name, 64, SRC_VENDOR, "", "Manufacturer (DEV.manufacturer_name)")       \
    F(S, STR, model_id, 32, SRC_MODEL, "", "Model (DEV.model_id)")                                 \
    F(S, STR, serial_id, 32, SRC_SERIAL, "", "Serial number (DEV.serial_id)")                      \
    F(S, STR, hw_version, 24, NONE, "", "Hardware version (DEV.hw_version)")                       \
    F(S, STR, sw_version, 32, SRC_SWVER, "", "Software version (DEV.sw_version)")                  \
    F(S, STR, device_name, 64, SRC_NAME, "", "Name that the hospital gave the device (DEV.device_name)") \
    F(S, STR, connection_profile, 8, NONE, "", "SA or CS (DSC.connection_profile_cd)")             \
    F(S, LIST, topics, 128, NONE, "", "Topics that the device supports (DSC.topics_supported_cd)") \
    F(S, LIST, directives, 128, NONE, "", "Directives that it obeys (DSC.directives_supported_cd)") \
    F(S, U32N, application_timeout, 0, NONE, "s", "Silence that ends a conversation (DCP.application_timeout)") \
    F(S, U32N, max_message_size, 0, NONE, "bytes", "Longest message that the device takes (DSC.max_message_sz)")
WW_EVENT_DECLARE(poct1a_hello, POCT_HELLO_FIELDS);

#define POCT_MESSAGE_FIELDS(F, S)                                                                  \
    POCT_HEADER_FIELDS(F, S)                                                                       \
    F(S, STR, request, 16, NONE, "", "What the manager asks for, such as ROBS (REQ.request_cd)")   \
    F(S, STR, topic, 32, NONE, "", "Topic that ends (EOT.topic_cd)")                               \
    F(S, STR, directive, 32, NONE, "", "Command to the device (DTV.command_cd)")                   \
    F(S, STR, reason, 16, NONE, "", "Why the conversation ends (TRM.reason_cd)")                   \
    F(S, STR, condition, 8, NONE, "", "Condition of the device (DST.condition_cd)")                \
    F(S, U32N, new_observations, 0, NONE, "", "Observations that wait in the device (DST.new_observations_qty)") \
    F(S, U32N, new_events, 0, NONE, "", "Events that wait in the device (DST.new_events_qty)")     \
    F(S, U32, observations, 0, NONE, "", "OBS elements")                                           \
    F(S, U32, events, 0, NONE, "", "EVT elements: things that happened to the device")             \
    F(S, U32, patients, 0, NONE, "", "PT elements")                                                \
    F(S, U32, operators, 0, NONE, "", "OPR elements")                                              \
    F(S, BOOL, credential_present, 0, NONE, "", "A password passes in clear (ACC.password)")       \
    F(S, U32, phi_kinds, 0, NONE, "", "Kinds of patient data present, as bits: 1 name, 2 id, "     \
      "4 birth, 8 contact, 16 other ids and insurance, 32 order and visit numbers, 64 staff, "     \
      "128 sex and traits, 256 text, 1024 document, 2048 relative, 4096 place, 8192 clinical")     \
    F(S, U32, phi_count, 0, NONE, "", "Elements that identify a patient directly")                 \
    F(S, HASH, patient, 0, NONE, "", "Patient identifier (PT.patient_id)")                         \
    F(S, HASH, patient_name, 0, NONE, "", "Patient name (PT.name)")
WW_EVENT_DECLARE(poct1a_message, POCT_MESSAGE_FIELDS);

#define POCT_ACK_FIELDS(F, S)                                                                      \
    POCT_HEADER_FIELDS(F, S)                                                                       \
    F(S, STR, ack_type, 8, NONE, "", "AA or AE (ACK.type_cd); ESC when the receiver escapes")      \
    F(S, STR, ack_control_id, 32, NONE, "", "Control id of the answered message")                  \
    F(S, STR, error_detail, 16, NONE, "", "Why not (ACK.error_detail_cd, ESC.detail_cd)")          \
    F(S, U32N, latency_ms, 0, NONE, "ms", "Time since that message")
WW_EVENT_DECLARE(poct1a_ack, POCT_ACK_FIELDS);
/* clang-format on */

enum poct_role { POCT_UNKNOWN, POCT_DEVICE, POCT_MANAGER };

/* One message while it is read. */
struct poct_msg {
    bool open;       /* its root was seen and it is not over */
    bool truncated;  /* a value did not fit */
    uint8_t element; /* 1 + row of the element whose text may be its value, 0 = none */
    uint16_t name;   /* kind of patient data that name parts belong to, 0 = none */
    struct poct1a_hello hello; /* also holds the header fields of all messages */
    struct poct1a_message msg;
    struct poct1a_ack ack;
};
struct poct_side {
    bool lost;      /* the next root is searched */
    uint8_t role;   /* enum poct_role, learned from what it sent */
    uint32_t noise; /* bytes passed over since the last message */
    struct ww_xml_scan scan;
    struct poct_msg m;
};
struct poct_state {
    struct poct_side side[2];
};

bool ww_poct_root(struct ww_slice name);
void ww_poct_begin(struct poct_msg *m, struct ww_slice name);
void ww_poct_element(struct ww_cx *cx, struct poct_msg *m, const struct ww_xml_tok *t);
void ww_poct_text(struct ww_cx *cx, struct poct_msg *m, struct ww_slice text);
void ww_poct_close(struct poct_msg *m, struct ww_slice name);
void ww_poct_tell(struct ww_cx *cx, struct poct_state *st, enum ww_dir dir);
#endif
