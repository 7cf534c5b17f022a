/* astm.h - laboratory instruments and their hosts: what the files of this folder share.
 *
 * link.c     framing: establishment, frames with checksums, termination; bare records; loss
 * probe.c    recognition
 * record.c   records of one message: header, counts, patient data
 * split.c    delimiters, character shift states, field splitting
 * tell.c     events of a complete message or transfer
 * Source: CLSI LIS01-A2 (ASTM E1381-02) low-level protocol; CLSI LIS02-A2 (ASTM E1394-97) records.
 * Field numbers are those of LIS02-A2, where field 1 is the record type.
 */
#ifndef WW_ASTM_H
#define WW_ASTM_H
#include "dissectors/dissector.h"
#include "dissectors/lib/phi.h"

enum {
    ASTM_FRAME_MAX = 64000, /* bytes of one frame (LIS01-A2 6.3.1.2) */
    ASTM_BUF_MAX = 65536,   /* a frame and what is looked at behind it */
    ASTM_LINE_MAX = 8192,   /* bytes of a record without framing that are read; the rest is skipped */
    ASTM_RECORD_MAX = 1536, /* bytes kept of a record that several frames carry */
    ASTM_FIELDS_MAX = 40,   /* fields of one record that are looked at */
    ASTM_TEXT = 128,        /* bytes of a name while its escapes are replaced */
    ASTM_HEADER = 7,        /* bytes that tell a header record: H, delimiters and what follows */
    ASTM_BAD_TAKEN = 2,     /* so many, and the receiver does not mind wrong checksums */
    ASTM_NOISE_MAX = 1 << 20 /* bytes of anything else before the flow is given up */
};

/* bytes of the link (LIS01-A2 6.1) */
enum {
    ASTM_STX = 0x02,
    ASTM_ETX = 0x03,
    ASTM_EOT = 0x04,
    ASTM_ENQ = 0x05,
    ASTM_ACK = 0x06,
    ASTM_LF = 0x0a,
    ASTM_CR = 0x0d,
    ASTM_NAK = 0x15,
    ASTM_ETB = 0x17
};

/* clang-format off */
/* ---- events ---------------------------------------------------------------------------------- */
#define ASTM_MESSAGE_FIELDS(F, S)                                                                  \
    F(S, STR, sender_role, 24, NONE, "", "laboratory instrument or laboratory host, by the records that it sends") \
    F(S, STR, sender, 96, NONE, "", "Sender as it stands (H-5)")                                   \
    F(S, STR, sender_name, 48, SRC_NAME, "", "First component of the sender (H-5)")                \
    F(S, STR, model, 48, SRC_MODEL, "", "Model of an instrument: first component of H-5")          \
    F(S, STR, software_version, 32, SRC_SWVER, "", "Component of an instrument's H-5 that reads like a version") \
    F(S, STR, serial, 32, SRC_SERIAL, "", "Component of an instrument's H-5 that reads like a serial number") \
    F(S, STR, receiver, 64, DST_NAME, "", "Receiver (H-10)")                                       \
    F(S, STR, control_id, 48, NONE, "", "Message control id (H-3)")                                \
    F(S, BOOL, credential_present, 0, NONE, "", "A password passes in clear (H-4)")                \
    F(S, STR, processing_id, 4, NONE, "", "P production, T training, D debugging, Q quality control (H-12)") \
    F(S, STR, version, 16, NONE, "", "Version of the record format (H-13)")                        \
    F(S, TIME, message_time, 0, NONE, "", "Date and time of the message (H-14)")                   \
    F(S, BOOL, message_time_zoned, 0, NONE, "", "H-14 has a zone; else local time read as UTC")    \
    F(S, STR, delimiters, 8, NONE, "", "Delimiters as declared: field, repeat, component, escape (H-2)")      \
    F(S, STR, charset_seen, 12, NONE, "", "Encoding that the bytes show, when not plain ASCII")    \
    F(S, U16, patients, 0, NONE, "", "P records")                                                  \
    F(S, U16, orders, 0, NONE, "", "O records")                                                    \
    F(S, U16, results, 0, NONE, "", "R records")                                                   \
    F(S, U16, comments, 0, NONE, "", "C records")                                                  \
    F(S, U16, queries, 0, NONE, "", "Q records")                                                   \
    F(S, U16, manufacturer_records, 0, NONE, "", "M records")                                      \
    F(S, U16, scientific_records, 0, NONE, "", "S records")                                        \
    F(S, U16, other_records, 0, NONE, "", "Records of any other type")                             \
    F(S, BOOL, query_all, 0, NONE, "", "A query asks for all patients or specimens (Q-3 ALL)")     \
    F(S, STR, query_status, 4, NONE, "", "Request status of the first query (Q-13)")               \
    F(S, LIST, instruments, 96, NONE, "", "Instruments that results name (R-14), each once")       \
    F(S, STR, termination, 24, NONE, "", "How the message ended (L-3); empty without L record")    \
    F(S, STR, framing, 8, NONE, "", "lis01 (frames), or bare (records without framing)")           \
    F(S, LIST, quirks, 128, NONE, "", "What the sender's framing does differently")                \
    F(S, U32, frames, 0, NONE, "", "Frames that carried the message")                        \
    F(S, U32, retransmits, 0, NONE, "", "Frames sent again")                                 \
    F(S, U32, checksum_errors, 0, NONE, "", "Frames whose checksum is wrong")                \
    F(S, U64, bytes, 0, NONE, "bytes", "Length of the records, framing not counted")               \
    F(S, U32, phi_kinds, 0, NONE, "", "Kinds of patient data present, as bits: 1 name, 2 id, "     \
      "4 birth, 8 contact, 16 other ids and insurance, 32 order and visit numbers, 64 staff, "     \
      "128 sex and traits, 256 text, 1024 document, 2048 relative, 4096 place, 8192 clinical")     \
    F(S, U32, phi_count, 0, NONE, "", "Fields that identify a patient directly")                   \
    F(S, HASH, patient, 0, NONE, "", "Patient identifier (P-3, else P-4, P-5, Q-3)")               \
    F(S, HASH, patient_name, 0, NONE, "", "Patient name (P-6)")
WW_EVENT_DECLARE(astm_message, ASTM_MESSAGE_FIELDS);

#define ASTM_TRANSFER_FIELDS(F, S)                                                                 \
    F(S, STR, outcome, 12, NONE, "", "done, empty (ENQ and EOT only), refused (NAK to ENQ), no_end (no EOT)") \
    F(S, U32, messages, 0, NONE, "", "Messages told from this transfer")                           \
    F(S, U32, frames, 0, NONE, "", "Frames, those sent again included")                      \
    F(S, U32, retransmits, 0, NONE, "", "Frames sent again")                                 \
    F(S, U32, checksum_errors, 0, NONE, "", "Frames whose checksum is wrong")                \
    F(S, U32, enquiries, 0, NONE, "", "ENQ sent until the transfer began")                         \
    F(S, U32, acks, 0, NONE, "", "ACK of the receiver")                                            \
    F(S, U32, naks, 0, NONE, "", "NAK of the receiver")                                            \
    F(S, BOOL, contention, 0, NONE, "", "Both sides wanted to send at the same time")              \
    F(S, BOOL, interrupted, 0, NONE, "", "The receiver asked for the line with EOT")
WW_EVENT_DECLARE(astm_transfer, ASTM_TRANSFER_FIELDS);
/* clang-format on */

/* ---- splitting ------------------------------------------------------------------------------- */
/* How bytes form characters: in all but the first a byte may look like a delimiter and be none. */
enum astm_enc { ASTM_ENC_PLAIN, ASTM_ENC_SJIS, ASTM_ENC_ISO2022 };
struct astm_seps {
    uint8_t field, repeat, comp, esc; /* 0 = not defined */
};
struct astm_fields {
    struct ww_slice f[ASTM_FIELDS_MAX + 1]; /* f[1] is the record type, f[n] field n */
    size_t n;                               /* highest number */
    uint8_t enc;                            /* enum astm_enc */
};

enum ww_guess ww_astm_header(struct ww_slice s);
struct astm_seps ww_astm_seps(struct ww_slice header);
void ww_astm_split(struct ww_slice rec, const struct astm_seps *seps, struct astm_fields *out);
struct ww_slice ww_astm_field(const struct astm_fields *f, size_t n);
struct ww_slice ww_astm_part(struct ww_slice s, uint8_t sep, uint8_t enc, size_t index);
bool ww_astm_filled(struct ww_slice s, const struct astm_seps *seps);
struct ww_slice ww_astm_text(struct ww_slice in, const struct astm_seps *seps, char *buf);

/* ---- messages -------------------------------------------------------------------------------- */
enum astm_quirk {
    ASTM_Q_NO_ENQ = 1 << 0,
    ASTM_Q_NO_CHECKSUM = 1 << 1,
    ASTM_Q_CHECKSUM_VARIANT = 1 << 2,
    ASTM_Q_CHECKSUM_IGNORED = 1 << 3,
    ASTM_Q_NO_FRAME_NUMBER = 1 << 4,
    ASTM_Q_FRAME_NUMBER = 1 << 5,
    ASTM_Q_NO_CR = 1 << 6,
    ASTM_Q_LF = 1 << 7,
    ASTM_Q_NO_TERMINATOR = 1 << 8
};
struct astm_msg {
    bool open;      /* an H record was read and the message is not over */
    bool truncated; /* something of it was not read */
    bool high, utf8_bad, sjis, iso2022;
    struct astm_seps seps;
    struct astm_message ev;
};
/* What one side sends. */
struct astm_side {
    uint8_t st;         /* enum st in link.c */
    uint8_t expect;     /* 1 + number that the next frame should have; 0 = any */
    uint8_t last_fn;    /* 1 + number of the last good frame; 0 = none */
    uint8_t bad_taken;  /* frames in a row whose checksum is wrong and that the receiver took */
    bool skip;          /* the rest of a long line passes by */
    bool xfer_open;     /* an ENQ was seen and no end yet */
    bool granted;       /* the receiver said ACK to it */
    bool bad_last;      /* the last frame's checksum was wrong and nothing was answered yet */
    uint8_t role;       /* enum astm_role, learned from earlier messages */
    uint8_t early_acks, early_naks; /* answers before anything of the other side was read */
    uint32_t scanned;   /* bytes at the front that hold no end of a frame or line */
    uint32_t noise;     /* bytes passed over since the last frame or record */
    uint32_t quirks;    /* bits of astm_quirk for the message at hand */
    uint32_t frames, retransmits, checksum_errors; /* since the last message was told */
    uint64_t last_hash; /* of the last good frame */
    struct astm_transfer xfer;
    struct astm_msg m;
    struct {
        uint16_t len;
        bool cut;
        char b[ASTM_RECORD_MAX];
    } part; /* beginning of a record that the next frame continues, or an L without its end */
};
enum astm_role { ASTM_ROLE_UNKNOWN, ASTM_ROLE_INSTRUMENT, ASTM_ROLE_HOST };
struct astm_state {
    struct astm_side side[2];
    bool framed; /* frames were seen: records without framing are none */
};

enum ww_guess ww_astm_probe(struct ww_slice in, enum ww_dir dir);
void ww_astm_record(struct ww_cx *cx, struct astm_state *st, enum ww_dir dir, struct ww_slice rec,
                    bool cut, const char *framing);
void ww_astm_tell(struct ww_cx *cx, struct astm_state *st, enum ww_dir dir, const char *framing);
void ww_astm_transfer_end(struct ww_cx *cx, struct astm_state *st, enum ww_dir dir, bool eot);

/* What the two digits behind a frame say. */
enum astm_sum { ASTM_SUM_NONE, ASTM_SUM_GOOD, ASTM_SUM_VARIANT, ASTM_SUM_WRONG };
enum astm_sum ww_astm_sum(struct ww_slice frame, struct ww_slice digits);
#endif
