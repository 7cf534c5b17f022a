/* hl7.h - HL7 v2: what the files of this folder share.
 *
 * hl7.c      what the engine calls
 * frame.c    blocks, text without framing, resynchronisation
 * content.c  messages that other protocols carry
 * probe.c    recognition
 * head.c     MSH
 * message.c  the segments of a message behind it
 * tell.c     events of a complete message or batch
 * split.c    delimiters, character shift states, field splitting
 * text.c     character sets and escapes of names
 * phi.c      which fields hold patient data
 * device.c   identifiers of devices and software
 * Source: HL7 v2.3.1 Implementation Guide appendix C; HL7 v2.5.1 to 2.8 chapters 2 to 5
 */
#ifndef WW_HL7_H
#define WW_HL7_H
#include "dissectors/dissector.h"
#include "dissectors/lib/phi.h"
#include "dissectors/lib/xml.h"
#include "sensor/base/scan.h"

enum {
    HL7_SEG_MAX = 65536 - 64, /* bytes of one segment that are read; the rest is skipped */
    HL7_BUF_MAX = 65536,      /* a segment and what is looked at behind it */
    HL7_PARSE_MAX = 1 << 20,  /* bytes of one message whose segments are read */
    HL7_SEGS_MAX = 50000,     /* segments of one message that are read */
    HL7_FIELDS_MAX = 64,      /* fields of one segment that are looked at */
    HL7_TEXT = 384,           /* bytes of a name while it is converted */
    HL7_HEADER = 5,           /* bytes that tell a header segment: MSH|^ */
    HL7_DEVICES = 3,          /* device identifiers kept of one message */
    HL7_TAIL = 512,           /* bytes kept of a last segment without end */
    HL7_RECENT = 16,          /* control ids remembered on each side */
    HL7_IDLE_MS = 5000,       /* a bare message ends by this silence */
    HL7_ANSWER_MS = 30000     /* a request should be answered within */
};

/* bytes of the block format */
enum { HL7_VT = 0x0b, HL7_FS = 0x1c, HL7_CR = 0x0d, HL7_LF = 0x0a, HL7_ACK = 0x06, HL7_NAK = 0x15 };

/* clang-format off */
/* ---- events ---------------------------------------------------------------------------------- */
#define HL7_MESSAGE_FIELDS(F, S)                                                                   \
    F(S, STR, message_type, 12, NONE, "", "Message code, such as ORU (MSH-9.1)")                   \
    F(S, STR, trigger, 12, NONE, "", "Trigger event, such as R01 (MSH-9.2)")                       \
    F(S, STR, structure, 20, NONE, "", "Message structure, such as ORU_R01 (MSH-9.3)")             \
    F(S, STR, version, 12, NONE, "", "HL7 version (MSH-12.1)")                                     \
    F(S, STR, sending_app, 128, SRC_NAME, "", "Sending application (MSH-3)")                       \
    F(S, STR, sending_facility, 96, NONE, "", "Sending facility (MSH-4)")                          \
    F(S, STR, receiving_app, 128, DST_NAME, "", "Receiving application (MSH-5)")                   \
    F(S, STR, receiving_facility, 96, NONE, "", "Receiving facility (MSH-6)")                      \
    F(S, STR, control_id, 80, NONE, "", "Message control id (MSH-10)")                             \
    F(S, BOOL, repeated, 0, NONE, "", "The sender used this control id shortly before")            \
    F(S, STR, processing_id, 8, NONE, "", "P production, T training, D debugging (MSH-11)")        \
    F(S, U32N, sequence, 0, NONE, "", "Sequence number (MSH-13)")                                  \
    F(S, BOOL, continuation, 0, NONE, "", "Goes on with an earlier message (MSH-14)")              \
    F(S, STR, accept_ack, 4, NONE, "", "When an accept acknowledgement is wanted (MSH-15)")        \
    F(S, STR, app_ack, 4, NONE, "", "When an application acknowledgement is wanted (MSH-16)")      \
    F(S, STR, country, 8, NONE, "", "Country code (MSH-17)")                                       \
    F(S, STR, charset, 64, NONE, "", "Character sets as declared (MSH-18)")                        \
    F(S, STR, charset_handling, 20, NONE, "", "How further sets are reached, such as ISO 2022-1994 (MSH-20)") \
    F(S, STR, language, 12, NONE, "", "Principal language (MSH-19)")                               \
    F(S, STR, charset_seen, 12, NONE, "", "Encoding that the bytes show, when not plain ASCII")    \
    F(S, STR, profile, 128, NONE, "", "Message profile (MSH-21, first repetition)")                \
    F(S, STR, transaction, 12, NONE, "", "IHE transaction, such as PCD-01, where it is known")     \
    F(S, STR, convention, 12, NONE, "", "Japanese convention that it follows: SS-MIX2, JAHIS")     \
    F(S, STR, ssmix2_type, 8, NONE, "", "Type of data under which SS-MIX2 stores it; * = not told") \
    F(S, STR, sending_organization, 64, NONE, "", "Responsible sending organization (MSH-22.1)")   \
    F(S, STR, receiving_organization, 64, NONE, "", "Responsible receiving organization (MSH-23.1)") \
    F(S, STR, sending_address, 64, NONE, "", "Network address that the sender names (MSH-24)")     \
    F(S, STR, receiving_address, 64, NONE, "", "Network address that the receiver has (MSH-25)")   \
    F(S, TIME, message_time, 0, NONE, "", "Date and time of the message (MSH-7)")                  \
    F(S, BOOL, message_time_zoned, 0, NONE, "", "MSH-7 has a zone; else local time read as UTC")   \
    F(S, U32N, clock_offset, 0, NONE, "s", "Distance of MSH-7 from the capture's clock; without "  \
      "a zone from the nearest quarter of an hour, which all zones are multiples of; null when "   \
      "MSH-7 has no seconds")                                                                      \
    F(S, BOOL, clock_ahead, 0, NONE, "", "MSH-7 is later than the capture's clock")                \
    F(S, BOOL, credential_present, 0, NONE, "", "A security string passes in clear (MSH-8, UAC)")  \
    F(S, STR, framing, 8, NONE, "", "mllp (block), bare (no framing), or the carrier (http)")      \
    F(S, LIST, quirks, 96, NONE, "", "What the sender's framing does differently")                 \
    F(S, U64, bytes, 0, NONE, "bytes", "Length of the message without framing")                    \
    F(S, U32, segment_count, 0, NONE, "", "Number of segments")                                    \
    F(S, LIST, segments, 320, NONE, "", "Segment ids in order")                                    \
    F(S, U16, patients, 0, NONE, "", "PID segments")                                               \
    F(S, U16, devices, 0, NONE, "", "Different device identifiers; see hl7.device")                \
    F(S, U32, phi_kinds, 0, NONE, "", "Kinds of patient data present, as bits: 1 name, 2 id, "     \
      "4 birth, 8 contact, 16 other ids and insurance, 32 order and visit numbers, 64 staff, "     \
      "128 sex and traits, 256 text, 1024 document, 2048 relative, 4096 place, 8192 clinical")     \
    F(S, U32, phi_count, 0, NONE, "", "Fields that identify a patient directly")                   \
    F(S, HASH, patient, 0, NONE, "", "Patient identifier (PID-3.1)")                               \
    F(S, HASH, patient_name, 0, NONE, "", "Patient name (PID-5)")
#define HL7_ACK_FIELDS(F, S)                                                                       \
    HL7_MESSAGE_FIELDS(F, S)                                                                       \
    F(S, STR, ack_code, 4, NONE, "", "AA, AE, AR, CA, CE or CR (MSA-1)")                           \
    F(S, STR, ack_control_id, 80, NONE, "", "Control id of the acknowledged message (MSA-2)")      \
    F(S, U32N, latency_ms, 0, NONE, "ms", "Time since that message")                               \
    F(S, STR, error_code, 16, NONE, "", "Error, HL7 table 0357 (ERR-3.1, ERR-1.4 or MSA-6.1)")     \
    F(S, STR, error_severity, 4, NONE, "", "E, W, I or F (ERR-4)")
WW_EVENT_DECLARE(hl7_message, HL7_MESSAGE_FIELDS);
WW_EVENT_DECLARE(hl7_ack, HL7_ACK_FIELDS);

#define HL7_DEVICE_FIELDS(F, S)                                                                    \
    F(S, MAC, subject_mac, 0, NONE, "", "MAC address of which an EUI-64 is made (FF FE inside)")   \
    F(S, STR, source, 8, NONE, "", "Field that names the device: OBX-18, PRT-10, PRT-16, EQU-1")   \
    F(S, STR, subject_id, 64, NONE, "", "Identifier of the device (EI.1, else EI.3)")              \
    F(S, STR, namespace, 48, NONE, "", "Name space of the identifier (EI.2)")                      \
    F(S, STR, universal_id, 64, NONE, "", "Universal id (EI.3)")                                   \
    F(S, STR, id_type, 16, NONE, "", "Type of the universal id, such as EUI-64 (EI.4)")            \
    F(S, STR, device_class, 48, OTHER_CLASS, "", "Kind of device (MDC_DEV_ name, PRT-22)")         \
    F(S, STR, serial, 32, OTHER_SERIAL, "", "Serial number (PRT-20)")
WW_EVENT_DECLARE(hl7_device, HL7_DEVICE_FIELDS);

#define HL7_SOFTWARE_FIELDS(F, S)                                                                  \
    F(S, STR, vendor, 64, SRC_VENDOR, "", "Software vendor (SFT-1.1)")                             \
    F(S, STR, version, 32, SRC_SWVER, "", "Version or release (SFT-2)")                            \
    F(S, STR, product, 64, SRC_MODEL, "", "Product name (SFT-3)")                                  \
    F(S, STR, binary_id, 32, NONE, "", "Binary id (SFT-4)")
WW_EVENT_DECLARE(hl7_software, HL7_SOFTWARE_FIELDS);

#define HL7_BATCH_FIELDS(F, S)                                                                     \
    F(S, STR, level, 8, NONE, "", "file (FHS) or batch (BHS)")                                     \
    F(S, STR, sending_app, 128, SRC_NAME, "", "Sending application (FHS-3, BHS-3)")                \
    F(S, STR, receiving_app, 128, DST_NAME, "", "Receiving application (FHS-5, BHS-5)")            \
    F(S, STR, control_id, 64, NONE, "", "Control id (FHS-11, BHS-11)")                             \
    F(S, BOOL, credential_present, 0, NONE, "", "A security string passes in clear (field 8)")     \
    F(S, U32, messages, 0, NONE, "", "Messages seen inside")                                       \
    F(S, U32N, messages_declared, 0, NONE, "", "Number the trailer gives (BTS-1)")
WW_EVENT_DECLARE(hl7_batch, HL7_BATCH_FIELDS);

#define HL7_BLOCK_FIELDS(F, S)                                                                     \
    F(S, STR, kind, 12, NONE, "", "empty (keep-alive), commit_ack or commit_nak (MLLP release 2)")
WW_EVENT_DECLARE(hl7_block, HL7_BLOCK_FIELDS);

/* clang-format on */
/* ---- splitting ---------------------------------------------------------------------------------
 */
/* How bytes form characters: in all but the first, a byte may look like a delimiter and be none. */
enum hl7_enc {
    HL7_ENC_PLAIN,   /* ASCII, ISO 8859, UTF-8, EUC: delimiters are always themselves */
    HL7_ENC_ISO2022, /* escape sequences switch to two-byte characters */
    HL7_ENC_SJIS,    /* trail bytes 40-7E */
    HL7_ENC_GBK      /* GB 18030, Big5: trail bytes 40-7E, leads 81-FE */
};
struct hl7_seps {
    uint8_t field, comp, rep, esc, sub, trunc; /* 0 = not defined */
};
/* What is known about a message's text. */
struct hl7_text {
    struct hl7_seps seps;
    uint8_t declared; /* enum hl7_declared */
    uint8_t part;     /* of ISO 8859; 0 = none declared */
    bool seen_2022, seen_utf8, seen_sjis, seen_gbk, seen_euc, seen_kana, seen_high;
};
enum hl7_declared {
    HL7_CS_NONE,
    HL7_CS_SINGLE, /* ISO 8859 */
    HL7_CS_UTF8,
    HL7_CS_JIS,  /* ISO IR87, IR159 */
    HL7_CS_KANA, /* ISO IR14, alone or beside them: high bytes are katakana */
    HL7_CS_GBK,
    HL7_CS_OTHER
};
/* A segment and where its fields end. */
struct hl7_fields {
    struct ww_slice seg;
    uint16_t mark[HL7_FIELDS_MAX +
                  WW_SCAN_STEP]; /* offset of the separator behind the id, field 1 ... */
    uint16_t marks;
    uint8_t header; /* 1: MSH, FHS, BHS, whose first separator counts as a field */
    uint8_t enc;    /* enum hl7_enc */
};
/** Field n as the standard counts, but for field 1 of a header, its separator; 0 is the id. Empty
 * when it is not there or was not wanted. */
static inline struct ww_slice ww_hl7_field(const struct hl7_fields *f, size_t n)
{
    size_t i = n > 0 ? n - f->header : 0;
    if (i >= f->marks)
        return (struct ww_slice){ NULL, 0 };
    size_t from = i > 0 ? (size_t)f->mark[i - 1] + 1 : 0;
    return ww_slice_sub(f->seg, from, f->mark[i] - from);
}
/** Is field n there? It may be empty. */
static inline bool ww_hl7_has(const struct hl7_fields *f, size_t n)
{
    return (n > 0 ? n - f->header : 0) < f->marks;
}

/* Segment id as a number, so that it can stand in a switch and be compared at once. */
#define HL7_ID(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))

/** Can a header segment, MSH, FHS or BHS, begin at this offset? Nearly all other text cannot. */
static inline bool ww_hl7_may_head(struct ww_slice s, size_t at)
{
    uint8_t b = ww_slice_at(s, at);
    return b == 'M' || b == 'F' || b == 'B' || at >= s.n;
}
enum ww_guess ww_hl7_header(struct ww_slice s);
bool ww_hl7_seps(struct ww_slice seg, struct hl7_seps *out);
void ww_hl7_split(struct ww_slice seg, bool header, struct hl7_text *t, struct hl7_fields *out,
                  size_t last);
struct ww_slice ww_hl7_part(struct ww_slice s, uint8_t sep, uint8_t enc, size_t index);
/** The first part of a field at a separator. */
static inline struct ww_slice ww_hl7_first(struct ww_slice s, uint8_t sep, uint8_t enc)
{
    if (s.n == 0 || enc != HL7_ENC_PLAIN || sep == 0)
        return ww_hl7_part(s, sep, enc, 0);
    s.n = ww_slice_find(s, 0, sep);
    return s;
}
bool ww_hl7_filled(struct ww_slice s);
uint32_t ww_hl7_number(struct ww_slice s);
/** A field without the blanks around it. */
static inline struct ww_slice ww_hl7_trimmed(const struct hl7_fields *f, size_t n)
{
    return ww_slice_trim(ww_hl7_field(f, n));
}
bool ww_hl7_text_plain(const struct hl7_text *t, const struct hl7_fields *f);
struct ww_slice ww_hl7_text(const struct hl7_text *t, uint8_t enc, struct ww_slice in, char *buf);
void ww_hl7_declared(struct ww_slice v, struct hl7_text *t);

/* ---- messages
 * ------------------------------------------------------------------------------------ */
struct hl7_msg {
    bool open;      /* an MSH was read and the message is not over */
    bool truncated; /* something of it was not read */
    bool has_msa;
    uint8_t ndevices;
    bool has_software;
    bool stray;          /* something in it is no segment */
    uint64_t last_obx18; /* hash of the equipment that the row before named */
    struct hl7_text text;
    struct hl7_ack ev; /* also the body of hl7.message: its fields come first, in the same order */
    struct hl7_device device[HL7_DEVICES];
    struct hl7_software software;
};
/* One control id that a side sent. */
struct hl7_recent {
    uint64_t hash;
    uint64_t at; /* packet time, ns */
};
struct hl7_side {
    uint8_t st;      /* enum st in frame.c */
    bool skip;       /* the rest of a long segment passes by */
    bool after_cr;   /* the last segment ended with CR: a LF belongs to it */
    bool fresh;      /* nothing was seen in this block yet */
    bool fs_open;    /* FS ended the block; CR is due */
    bool stray_told; /* segments without header were reported */
    uint8_t nrecent; /* next place in recent */
    uint8_t batch_depth;
    uint8_t commit;   /* the block holds only this MLLP release 2 byte */
    uint32_t scanned; /* bytes at the front that hold no end of segment */
    uint32_t drop;    /* bytes at the front that were told already */
    uint32_t quirks;  /* bits of hl7_quirk for the message at hand */
    uint64_t lost;    /* bytes passed over since the last known boundary */
    uint64_t last;    /* packet time of the last bytes */
    struct hl7_msg m;
    struct hl7_batch batch[2]; /* file, batch */
    struct hl7_recent recent[HL7_RECENT];
    struct {
        uint16_t len;
        char b[HL7_TAIL];
    } tail; /* start of a last segment that has no end yet; bare streams only */
};
/* State of one content. */
struct hl7_content {
    bool begun, xml;
    struct ww_xml_scan scan; /* of a token that is not complete yet */
    struct hl7_side side;
};
struct hl7_state {
    struct hl7_side side[2];
    bool client_told;
};
enum hl7_quirk {
    HL7_Q_NO_START = 1 << 0,
    HL7_Q_FS_WITHOUT_CR = 1 << 1,
    HL7_Q_LF = 1 << 2,
    HL7_Q_CRLF = 1 << 3,
    HL7_Q_NO_FINAL_CR = 1 << 4,
    HL7_Q_SEVERAL = 1 << 5,
    HL7_Q_NO_END = 1 << 6,
    HL7_Q_STRAY_TEXT = 1 << 7
};

/* A field of a kind of segment that holds patient data. */
struct hl7_phi_row {
    uint8_t field;
    uint16_t kind; /* bits of enum ww_phi */
};
/* All of them of one kind of segment, in the order of the fields. */
struct hl7_phi_seg {
    uint32_t id;
    uint32_t n;
    const struct hl7_phi_row *row;
};

/* One side at work during a call. */
struct hl7_run {
    struct ww_cx *cx;
    struct hl7_side *s;
    struct hl7_side *other; /* NULL: the other side's messages are content of their own */
    bool *client_told;      /* NULL: the carrier knows who is the client */
    const char *carrier;    /* protocol that carries the message; NULL: none */
    enum ww_dir dir;
};

enum ww_guess ww_hl7_probe(struct ww_slice in, enum ww_dir dir);
enum ww_guess ww_hl7_begins(struct ww_slice in);
enum ww_guess ww_hl7_content_probe(const struct ww_content *meta, struct ww_slice in);
struct ww_parse ww_hl7_content(struct ww_cx *cx, void *state, const struct ww_content *meta,
                               enum ww_dir dir, struct ww_slice in, bool last);
size_t ww_hl7_bytes(const struct hl7_run *run, struct ww_slice in, size_t *need);
void ww_hl7_take(const struct hl7_run *run, struct ww_slice seg, bool cut);
void ww_hl7_begin(const struct hl7_run *run, struct ww_slice seg, bool cut);
void ww_hl7_flush(const struct hl7_run *run);
bool ww_hl7_bare(const struct hl7_side *s);
void ww_hl7_lose(struct hl7_side *s);
/** A component of a field, from 0, without the blanks around it. */
static inline struct ww_slice ww_hl7_comp(const struct hl7_msg *m, const struct hl7_fields *f,
                                          size_t n, size_t i)
{
    struct ww_slice whole = ww_hl7_field(f, n);
    uint8_t sep = m->text.seps.comp;
    return ww_slice_trim(i == 0 ? ww_hl7_first(whole, sep, f->enc)
                                : ww_hl7_part(whole, sep, f->enc, i));
}

void ww_hl7_listed(struct hl7_msg *m, uint32_t id);

void ww_hl7_segment(struct ww_cx *cx, struct hl7_msg *m, struct ww_slice seg, bool cut);
void ww_hl7_emit(const struct hl7_run *run, const char *framing);
void ww_hl7_batch_begin(struct hl7_side *s, struct ww_slice seg);
void ww_hl7_batch_end(const struct hl7_run *run, struct ww_slice seg);

const struct hl7_phi_seg *ww_hl7_phi_seg(uint32_t id);
size_t ww_hl7_phi_last(const struct hl7_msg *m, const struct hl7_phi_seg *seg);
void ww_hl7_phi(struct ww_cx *cx, struct hl7_msg *m, const struct hl7_fields *f, uint32_t id,
                const struct hl7_phi_seg *seg);
void ww_hl7_device_obx(struct hl7_msg *m, const struct hl7_fields *f);
void ww_hl7_device_prt(struct hl7_msg *m, const struct hl7_fields *f);
void ww_hl7_device_equ(struct hl7_msg *m, const struct hl7_fields *f);
void ww_hl7_software(struct hl7_msg *m, const struct hl7_fields *f);
void ww_hl7_device_emit(struct ww_cx *cx, struct hl7_msg *m, enum ww_dir dir);
#endif
