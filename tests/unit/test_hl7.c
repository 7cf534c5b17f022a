/* HL7 v2: framing as it is on real links, messages, acknowledgements, what is told and what is not.
 */
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

extern const struct ww_dissector ww_dissector_hl7;

#define MSH(type, id) "MSH|^~\\&|HIS|WARD|LIS|LAB|20240501120000+0900||" type "|" id "|P|2.5"
#define ADT                                                                                        \
    "\x0b" MSH("ADT^A01^ADT_A01", "M0001") "\rEVN|A01\r"                                           \
                                           "PID|1||ID0001^^^HOSP^PI||CANARY^TARO||19600102|M|||1-" \
                                           "2-3 TOKYO\rPV1||I|ICU^^BED1\r\x1c\r"
#define ADT_ACK "\x0b" MSH("ACK^A01^ACK", "R0001") "\rMSA|AA|M0001\r\x1c\r"
#define PCD                                                                                       \
    "\x0bMSH|^~\\&|GW^0011223344556677^EUI-64|ACME|||20240501120000+0000||ORU^R01^ORU_R01|M0002|" \
    "P|"                                                                                          \
    "2.6|||AL|NE||UNICODE UTF-8|||IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO\r"          \
    "PID|||ID0001^^^HOSP^PI||CANARY^HANAKO^^^^^L\r"                                               \
    "OBR|1|A1^GW|B1^GW|69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|||20240501115959+0000\r"      \
    "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X|||||||"                  \
    "0011223344556677^^0011223344556677^EUI-64\r"                                                 \
    "OBX|2|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.1.1|97|262688^MDC_DIM_PERCENT^MDC|||||R|||||||" \
    "0011223344556677^^0011223344556677^EUI-64\r\x1c\r"
#define PCD_ACK \
    "\x0bMSH|^~\\&|RX|HOSP|GW|ACME|20240501120001||ACK^R01^ACK|R0002|P|2.6\rMSA|CA|M0002\r\x1c\r"

/* parts: FS ends a block, the CR after it tells nothing more */
#define BLOCK(side, lit)                                               \
    {                                                                  \
        .dir = (side), .p = (lit), .n = sizeof(lit) - 1, .parts = true \
    }
static const struct t_step talk[] = { BLOCK(WW_A, ADT), BLOCK(WW_B, ADT_ACK), BLOCK(WW_A, PCD),
                                      BLOCK(WW_B, PCD_ACK) };
static const char *const degrades[] = { "latency_ms", "quirks", "framing", NULL };
static const struct t_talk chat = { .d = &ww_dissector_hl7, T_STEPS(talk), .degrades = degrades };

/* Runs bytes of one direction as one piece. The caller frees. */
static struct t_feed *one(enum ww_dir dir, const void *p, size_t n)
{
    struct t_feed *f = t_new(&ww_dissector_hl7);
    t_bytes(f, dir, p, n);
    return f;
}
#define ONE(lit) one(WW_A, (lit), sizeof(lit) - 1)

#define HAS(g, field, want) cr_assert(eq(str, (char *)t_get_str((g), (field)), (char *)(want)))
#define NUM(g, field, want) cr_assert(eq(u64, t_get_u64((g), (field)), (uint64_t)(want)))

Test(hl7, every_cut)
{
    t_every_cut(&chat);
}
Test(hl7, every_prefix)
{
    t_every_prefix(&chat);
}
Test(hl7, nothing_is_told_before_the_end_mark)
{
    for (size_t n = 1; n < sizeof(ADT) - 2; n++) {
        struct t_feed *f = one(WW_A, ADT, n);
        t_end(f);
        cr_assert(eq(sz, f->ngot, 0), "the first %zu bytes", n);
        t_free(f);
    }
}
Test(hl7, every_byte)
{
    t_every_byte(&chat);
}
Test(hl7, every_gap)
{
    t_every_gap(&chat);
}

Test(hl7, admission_and_acknowledgement)
{
    struct t_feed *f = t_run(&chat);
    cr_assert(eq(sz, t_count(f, "hl7.message"), 2));
    cr_assert(eq(sz, t_count(f, "hl7.ack"), 2));
    const struct t_got *g = t_find(f, "hl7.message", 0);
    HAS(g, "message_type", "ADT");
    HAS(g, "trigger", "A01");
    HAS(g, "structure", "ADT_A01");
    HAS(g, "version", "2.5");
    HAS(g, "sending_app", "HIS");
    HAS(g, "sending_facility", "WARD");
    HAS(g, "receiving_app", "LIS");
    HAS(g, "receiving_facility", "LAB");
    HAS(g, "control_id", "M0001");
    HAS(g, "processing_id", "P");
    HAS(g, "segments", "MSH,EVN,PID,PV1");
    HAS(g, "framing", "mllp");
    HAS(g, "quirks", "");
    HAS(g, "message_time", "2024-05-01T03:00:00.000000Z");
    NUM(g, "message_time_zoned", 1);
    NUM(g, "bytes", sizeof(ADT) - 1 - 3);
    NUM(g, "patients", 1);
    NUM(g, "phi_kinds", 1 | 2 | 4 | 8 | 128 | 4096);
    NUM(g, "phi_count", 4); /* id, name, birth date, address */
    cr_assert(ne(u64, t_get_u64(g, "patient"), 0));
    g = t_find(f, "hl7.ack", 0);
    HAS(g, "ack_code", "AA");
    HAS(g, "ack_control_id", "M0001");
    NUM(g, "latency_ms", 10);
    NUM(g, "phi_kinds", 0);
    cr_assert(f->client_known);
    cr_assert(eq(int, f->client, WW_A));
    t_free(f);
}

Test(hl7, patient_care_device)
{
    struct t_feed *f = t_run(&chat);
    const struct t_got *g = t_find(f, "hl7.message", 1);
    HAS(g, "sending_app", "GW^0011223344556677^EUI-64");
    HAS(g, "transaction", "PCD-01");
    HAS(g, "accept_ack", "AL");
    HAS(g, "app_ack", "NE");
    HAS(g, "charset", "UNICODE UTF-8");
    NUM(g, "devices", 1); /* both rows name the same one */
    cr_assert(eq(sz, t_count(f, "hl7.device"), 1));
    g = t_find(f, "hl7.device", 0);
    HAS(g, "source", "OBX-18");
    HAS(g, "subject_id", "0011223344556677");
    HAS(g, "id_type", "EUI-64");
    HAS(g, "device_class", "MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS");
    /* CA is the last answer, because MSH-16 says NE: nothing stays unanswered */
    t_time(f, f->cx.now + 3600000000000u);
    cr_assert(not(t_anomaly(f, "request_unanswered")));
    t_free(f);
}

/* 患者^太郎 and カンジャ^タロウ in ISO-2022-JP, SS-MIX2 profile. The name is
 * of no patient; it is not the canary's. */
static const char japan[] =
    "\x0bMSH|^~\\&|HIS|123|GW|GW|20240501120000||ADT^A08^ADT_A01|M0003|P|2.5||||||~ISO IR87||"
    "ISO 2022-1994|SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO\r"
    "PID|1||ID0002^^^^PI||\x1b$B45<T\x1b(B^\x1b$BB@O:\x1b(B^^^^^L^I~\x1b$B%+%s%8%c\x1b(B^"
    "\x1b$B%?%m%&\x1b(B^^^^^L^P||19800101|M\r\x1c\r";

Test(hl7, japanese_shift_state)
{
    /* 山本^京子: second bytes equal the escape character and the repetition separator */
    static const char trap[] =
        "\x0bMSH|^~\\&|HIS|123|GW|GW|20240501120000||ADT^A08|M0004|P|2.5||||||~ISO IR87\r"
        "PID|1||ID0002||\x1b$B;3K\\\x1b(B^\x1b$B5~;R\x1b(B||19800101|M\r"
        /* 誤 is 38 6D, 胸 6B 3B; here the row 7C is forced into the pair: 21 7C */
        "PID|2||ID0003||\x1b$B!|!|\x1b(B^X||19800101|M\r\x1c\r";
    struct t_feed *f = ONE(japan);
    const struct t_got *g = t_find(f, "hl7.message", 0);
    HAS(g, "charset", "~ISO IR87");
    HAS(g, "charset_seen", "iso-2022");
    HAS(g, "profile", "SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO");
    NUM(g, "phi_kinds", 1 | 2 | 4 | 128);
    t_free(f);
    f = ONE(trap);
    g = t_find(f, "hl7.message", 0);
    NUM(g, "patients", 2);
    NUM(g, "phi_kinds", 1 | 2 | 4 | 128); /* a torn name would have moved the fields */
    NUM(g, "phi_count", 6);
    t_free(f);
}

Test(hl7, shift_jis_without_a_label)
{
    /* ポール^表 : 83 7C holds the field separator, 95 5C the escape character */
    struct t_feed *f =
        ONE("\x0b" MSH("ADT^A08", "M5") "\rPID|1||ID3||\x83\x7c\x81\x5b\x83\x8b^\x95\x5c|"
                                        "|19800101|M\r\x1c\r");
    const struct t_got *g = t_find(f, "hl7.message", 0);
    HAS(g, "charset_seen", "shift_jis");
    NUM(g, "phi_kinds", 1 | 2 | 4 | 128);
    t_free(f);
    /* the same bytes where ISO 8859-1 is declared are what they say */
    f = ONE("\x0bMSH|^~\\&|A|B|C|D|20240501||ADT^A08|M6|P|2.5||||||8859/"
            "1\rPID|1||ID3||J\xe9|X|M\r\x1c\r");
    g = t_find(f, "hl7.message", 0);
    NUM(g, "phi_kinds", 1 | 2 | 4 | 2048); /* field 6, mother's name, holds X */
    t_free(f);
}

struct variant {
    const char *about;
    struct ww_slice bytes;
    size_t messages;
    const char *framing, *quirks; /* of the last message */
};
#define BODY MSH("ORU^R01", "V1") "\rOBX|1|ST|A||5"
static const struct variant variants[] = {
    { "no start byte",
      { (const uint8_t *)BODY "\r\x1c\r", sizeof(BODY "\r\x1c\r") - 1 },
      1,
      "mllp",
      "no_start" },
    { "line feeds",
      { (const uint8_t *)"\x0b" MSH("ORU^R01", "V1") "\nOBX|1\n\x1c\r",
        sizeof("\x0b" MSH("ORU^R01", "V1") "\nOBX|1\n\x1c\r") - 1 },
      1,
      "mllp",
      "lf" },
    { "CR LF",
      { (const uint8_t *)"\x0b" MSH("ORU^R01", "V1") "\r\nOBX|1\r\n\x1c\r",
        sizeof("\x0b" MSH("ORU^R01", "V1") "\r\nOBX|1\r\n\x1c\r") - 1 },
      1,
      "mllp",
      "crlf" },
    { "no final CR",
      { (const uint8_t *)"\x0b" BODY "\x1c\r", sizeof("\x0b" BODY "\x1c\r") - 1 },
      1,
      "mllp",
      "no_final_cr" },
    { "FS alone, then the next block",
      { (const uint8_t *)"\x0b" BODY "\r\x1c\x0b" BODY "\r\x1c\r",
        sizeof("\x0b" BODY "\r\x1c\x0b" BODY "\r\x1c\r") - 1 },
      2,
      "mllp",
      "fs_without_cr" },
    { "noise between blocks",
      { (const uint8_t *)"\r\n\x0b" BODY "\r\x1c\r\n\r\n\x0b" BODY "\r\x1c\r\n",
        sizeof("\r\n\x0b" BODY "\r\x1c\r\n\r\n\x0b" BODY "\r\x1c\r\n") - 1 },
      2,
      "mllp",
      "" },
    { "two messages in a block",
      { (const uint8_t *)"\x0b" BODY "\r" BODY "\r\x1c\r",
        sizeof("\x0b" BODY "\r" BODY "\r\x1c\r") - 1 },
      2,
      "mllp",
      "several_in_block" },
    { "a block that never ended",
      { (const uint8_t *)"\x0b" BODY "\r\x0b" BODY "\r\x1c\r",
        sizeof("\x0b" BODY "\r\x0b" BODY "\r\x1c\r") - 1 },
      2,
      "mllp",
      "" },
    { "bare, empty line",
      { (const uint8_t *)BODY "\r\r" BODY "\n\n", sizeof(BODY "\r\r" BODY "\n\n") - 1 },
      2,
      "bare",
      "lf" },
    { "bare, one after the other",
      { (const uint8_t *)BODY "\r" BODY "\r\r", sizeof(BODY "\r" BODY "\r\r") - 1 },
      2,
      "bare",
      "" },
    { "byte order mark",
      { (const uint8_t *)"\x0b\xef\xbb\xbf" BODY "\r\x1c\r",
        sizeof("\x0b\xef\xbb\xbf" BODY "\r\x1c\r") - 1 },
      1,
      "mllp",
      "" },
    { "a CR inside a text",
      { (const uint8_t *)"\x0b" BODY "\rmore text|\r\x1c\r",
        sizeof("\x0b" BODY "\rmore text|\r\x1c\r") - 1 },
      1,
      "mllp",
      "stray_text" },
};

Test(hl7, framing_variants)
{
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        const struct variant *v = &variants[i];
        struct t_feed *f = one(WW_A, v->bytes.p, v->bytes.n);
        cr_assert(eq(sz, t_count(f, "hl7.message"), v->messages), "%s", v->about);
        const struct t_got *g = t_find(f, "hl7.message", v->messages - 1);
        cr_expect(eq(str, (char *)t_get_str(g, "framing"), (char *)v->framing), "%s", v->about);
        cr_expect(eq(str, (char *)t_get_str(g, "quirks"), (char *)v->quirks), "%s", v->about);
        cr_expect(eq(str, (char *)t_get_str(g, "segments"), "MSH,OBX"), "%s", v->about);
        cr_expect(not(f->stopped), "%s", v->about);
        t_free(f);
        struct t_step s = { .dir = WW_A, .p = v->bytes.p, .n = v->bytes.n, .parts = true };
        struct t_talk t = { .d = &ww_dissector_hl7, .step = &s, .n = 1, .degrades = degrades };
        t_every_cut(&t);
        t_every_prefix(&t);
        t_every_gap(&t);
    }
}

Test(hl7, blocks_without_message)
{
    struct t_feed *f = ONE("\x0b\x1c\r\x0b\x06\x1c\r\x0b\x15\x1c\r");
    cr_assert(eq(sz, t_count(f, "hl7.block"), 3));
    HAS(t_find(f, "hl7.block", 0), "kind", "empty");
    HAS(t_find(f, "hl7.block", 1), "kind", "commit_ack");
    HAS(t_find(f, "hl7.block", 2), "kind", "commit_nak");
    t_free(f);
    f = ONE("\x0bPID|1||no header\r\x1c\r\x0b" BODY "\r\x1c\r");
    cr_assert(eq(sz, t_count(f, "hl7.message"), 1));
    cr_assert(t_anomaly(f, "hl7_segment_without_header"));
    t_free(f);
}

Test(hl7, bare_message_ends_with_the_answer_silence_or_close)
{
    static const char ask[] = MSH("QRY^A19", "Q1") "\rQRD|1";
    static const char answer[] = "\x0b" MSH("ADR^A19", "Q2") "\rMSA|AA|Q1\r\x1c\r";
    struct t_feed *f = ONE(ask);
    cr_assert(eq(sz, t_count(f, "hl7.message"), 0));
    t_bytes(f, WW_B, answer, sizeof answer - 1);
    cr_assert(eq(sz, t_count(f, "hl7.message"), 1));
    cr_assert(eq(sz, t_count(f, "hl7.ack"), 1));
    HAS(t_find(f, "hl7.message", 0), "segments", "MSH,QRD");
    NUM(t_find(f, "hl7.message", 0), "bytes", sizeof ask - 1);
    NUM(t_find(f, "hl7.ack", 0), "latency_ms", 0);
    t_bytes(f, WW_A, ask, sizeof ask - 1); /* the rest that was told is not told again */
    t_time(f, f->cx.now + 4000000000u);
    cr_assert(eq(sz, t_count(f, "hl7.message"), 1));
    t_time(f, f->cx.now + 2000000000u);
    cr_assert(eq(sz, t_count(f, "hl7.message"), 2));
    HAS(t_find(f, "hl7.message", 1), "framing", "bare");
    NUM(t_find(f, "hl7.message", 1), "repeated", 1);
    t_bytes(f, WW_A, ask, sizeof ask - 1);
    t_end(f);
    cr_assert(eq(sz, t_count(f, "hl7.message"), 3));
    t_free(f);
}

Test(hl7, other_delimiters)
{
    struct t_feed *f =
        ONE("\x0bMSH$%~\\&$LEGACY$LAB$HIS$WARD$20261122$$ORU%R01$D1$P$2.2\rPID$1$$X1$$"
            "CANARY%ICHIRO\r\x1c\r");
    const struct t_got *g = t_find(f, "hl7.message", 0);
    HAS(g, "message_type", "ORU");
    HAS(g, "trigger", "R01");
    HAS(g, "sending_app", "LEGACY");
    NUM(g, "phi_kinds", 1 | 2);
    t_free(f);
    f = ONE("\x0bMSH|^~\\&#|A|B|C|D|20240501||ORU^R01|D2|P|2.7\r\x1c\r");
    HAS(t_find(f, "hl7.message", 0), "trigger", "R01");
    t_free(f);
}

Test(hl7, batch_in_one_block)
{
    struct t_feed *f =
        ONE("\x0b"
            "FHS|^~\\&|LAB|W|HIS|W|20261122||||F1\rBHS|^~\\&|LAB|W|HIS|W|20261122||||B1\r" BODY
            "\r" BODY "\rBTS|2\rFTS|1\r\x1c\r");
    cr_assert(eq(sz, t_count(f, "hl7.message"), 2));
    cr_assert(eq(sz, t_count(f, "hl7.batch"), 2));
    const struct t_got *g = t_find(f, "hl7.batch", 0);
    HAS(g, "level", "batch");
    HAS(g, "control_id", "B1");
    NUM(g, "messages", 2);
    NUM(g, "messages_declared", 2);
    g = t_find(f, "hl7.batch", 1);
    HAS(g, "level", "file");
    NUM(g, "messages", 2);
    NUM(g, "messages_declared", WW_NULL64);
    HAS(t_find(f, "hl7.message", 1), "segments", "MSH,OBX");
    t_free(f);
}

/* A message with an OBX-5 of n bytes, in pieces; f->got tells. */
static struct t_feed *big(size_t n, size_t piece, const char *after)
{
    static const char head[] = "\x0b" MSH("ORU^R01", "BIG1") "\rOBX|1|ED|X||";
    size_t len = sizeof head - 1 + n + strlen(after);
    char *b = malloc(len);
    memcpy(b, head, sizeof head - 1);
    memset(b + sizeof head - 1, 'Q', n);
    memcpy(b + sizeof head - 1 + n, after, strlen(after));
    struct t_feed *f = t_new(&ww_dissector_hl7);
    f->exact = true;
    for (size_t at = 0; at < len; at += piece)
        t_bytes(f, WW_A, b + at, len - at < piece ? len - at : piece);
    free(b);
    return f;
}

Test(hl7, big_messages_pass_unbuffered)
{
    static const char after[] = "||||||F|||||||PUMP1\rOBX|2|ST|Y||1\r\x1c\r";
    static const struct {
        size_t n;
        bool truncated;
        const char *segments;
    } t[] = { { 1000, false, "MSH,OBX,OBX" },
              { 65400, false, "MSH,OBX,OBX" },
              { 65600, true, "MSH,OBX,OBX" },
              { 1 << 20, true, "MSH,OBX" }, /* over 1 MiB segments are only counted */
              { 5 << 20, true, "MSH,OBX" } };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct t_feed *whole = big(t[i].n, (size_t)-1 >> 1, after);
        const struct t_got *g = t_find(whole, "hl7.message", 0);
        cr_assert(ne(ptr, (void *)g, NULL));
        HAS(g, "segments", t[i].segments);
        NUM(g, "segment_count", 3);
        cr_assert(eq(int, (g->e->flags & WW_EV_TRUNCATED) != 0, t[i].truncated), "%zu", t[i].n);
        struct t_feed *pieces = big(t[i].n, 1460, after);
        t_same(whole, pieces, "1460 bytes a piece");
        t_free(pieces);
        t_free(whole);
    }
}

Test(hl7, unanswered_and_enhanced_mode)
{
    struct t_feed *f = ONE("\x0b" MSH("ADT^A01", "U1") "\r\x1c\r");
    t_time(f, f->cx.now + 31000000000u);
    cr_assert(t_anomaly(f, "request_unanswered"));
    t_free(f);
    /* NE, NE: nobody is to answer */
    f = ONE("\x0b" MSH("ADT^A01", "U2") "|||NE|NE\r\x1c\r");
    t_time(f, f->cx.now + 31000000000u);
    cr_assert(not(t_anomaly(f, "request_unanswered")));
    t_free(f);
    /* AL, AL: first CA, then AA; both have their latency */
    f = ONE("\x0b" MSH("RGV^O15", "U3") "|||AL|AL\r\x1c\r");
    static const char ca[] = "\x0b" MSH("ACK^O15", "C1") "\rMSA|CA|U3\r\x1c\r";
    static const char aa[] =
        "\x0b" MSH("RRG^O16", "C2") "\rMSA|AE|U3\rERR|||207^x^HL70357|E|9010\r\x1c\r";
    t_time(f, f->cx.now + 20000000u);
    t_bytes(f, WW_B, ca, sizeof ca - 1);
    t_time(f, f->cx.now + 30000000u);
    t_bytes(f, WW_B, aa, sizeof aa - 1);
    NUM(t_find(f, "hl7.ack", 0), "latency_ms", 20);
    const struct t_got *g = t_find(f, "hl7.ack", 1);
    NUM(g, "latency_ms", 50);
    HAS(g, "message_type", "RRG");
    HAS(g, "ack_code", "AE");
    HAS(g, "error_code", "207");
    HAS(g, "error_severity", "E");
    t_free(f);
}

Test(hl7, devices_software_and_credentials)
{
    struct t_feed *f =
        ONE("\x0bMSH|^~\\&|GW|W|E|W|20240501||ORU^R40|K1|P|2.7|||||||||\r"
            "SFT|Acme Soft^D|4.2.1|Gateway|77\rUAC|K|token\r"
            "PRT|1|UC||EQUIP^^HL70912||||||PUMP7^ACME^1.2.3^ISO||||||||||SN-99||PUMP\r"
            "EQU|AN5^LAB|20240501|OP\rOBX|1|ST|A||1||||||F|||||||^^A0001^VENDOR\r\x1c\r");
    const struct t_got *g = t_find(f, "hl7.message", 0);
    NUM(g, "credential_present", 1);
    NUM(g, "devices", 3);
    HAS(g, "transaction", "PCD-04");
    g = t_find(f, "hl7.device", 0);
    HAS(g, "source", "PRT-10");
    HAS(g, "subject_id", "PUMP7");
    HAS(g, "serial", "SN-99");
    HAS(g, "device_class", "PUMP");
    HAS(t_find(f, "hl7.device", 1), "subject_id", "AN5");
    HAS(t_find(f, "hl7.device", 2), "subject_id", "A0001");
    g = t_find(f, "hl7.software", 0);
    HAS(g, "vendor", "Acme Soft");
    HAS(g, "version", "4.2.1");
    HAS(g, "product", "Gateway");
    t_free(f);
}

Test(hl7, message_time)
{
    static const struct {
        const char *in, *out;
        unsigned zoned;
    } t[] = { { "20180129192342.245", "2018-01-29T19:23:42.245000Z", 0 },
              { "20240229", "2024-02-29T00:00:00.000000Z", 0 },
              { "2024", "2024-01-01T00:00:00.000000Z", 0 },
              { "20240101003000-0130", "2024-01-01T02:00:00.000000Z", 1 },
              { "20241399", "", 0 },
              { "now", "", 0 } };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        char b[256];
        int n =
            snprintf(b, sizeof b, "\x0bMSH|^~\\&|A|B|C|D|%s||ORU^R01|T1|P|2.5\r\x1c\r", t[i].in);
        struct t_feed *f = one(WW_A, b, (size_t)n);
        const struct t_got *g = t_find(f, "hl7.message", 0);
        if (t[i].out[0] == 0)
            NUM(g, "message_time", 0);
        else
            HAS(g, "message_time", t[i].out);
        NUM(g, "message_time_zoned", t[i].zoned);
        t_free(f);
    }
}

Test(hl7, begins_in_the_middle)
{
    static const char rest[] = "5|mmol/l\rOBX|2|ST|B||6\r\x1c\r\x0b" BODY "\r\x1c\r";
    cr_assert(eq(int, t_probe(&ww_dissector_hl7, WW_A, rest, sizeof rest - 1), WW_GUESS_YES));
    struct t_feed *f = ONE(rest);
    cr_assert(eq(sz, t_count(f, "hl7.message"), 1));
    t_free(f);
    f = ONE("garbage without any frame\r" BODY "\r\r");
    cr_assert(eq(sz, t_count(f, "hl7.message"), 1));
    t_free(f);
}

Test(hl7, probe)
{
    static const struct {
        struct ww_slice in;
        enum ww_guess want;
    } t[] = {
#define P(lit, want) { { (const uint8_t *)(lit), sizeof(lit) - 1 }, want }
        P(ADT, WW_GUESS_YES),
        P(PCD_ACK, WW_GUESS_YES),
        P(BODY, WW_GUESS_YES),
        P("\r\n\x0b" BODY, WW_GUESS_YES),
        P("\x0b", WW_GUESS_MAYBE),
        P("\x0bMS", WW_GUESS_MAYBE),
        P("\x0bMSH|^~\\&|A|B", WW_GUESS_MAYBE),
        P("\x0b\x1c\r", WW_GUESS_MAYBE),
        P("\x0b\x06\x1c\r", WW_GUESS_MAYBE),
        P("MSH|^~\\&|A|B\r", WW_GUESS_NO),
        P("MSHxyz", WW_GUESS_NO),
        P("GET / HTTP/1.1\r\nHost: a\r\n\r\nMSH|^~\\&|A|B|C|D|2024||ORU^R01|1\rPID|1\r",
          WW_GUESS_NO),
        P("POST /x HTTP/1.1\r\nPID|1\r\n\r\n", WW_GUESS_NO),
        P("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", WW_GUESS_NO),
        P("\x01\x00\x00\x00\x00\xcd\x00\x01\x00\x00"
          "ANY-SCP",
          WW_GUESS_NO),
        P("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", WW_GUESS_NO),
        P("SSH-2.0-OpenSSH_9.2\r\n", WW_GUESS_NO),
        P("220 ready\r\n", WW_GUESS_NO),
        P("\x05"
          "H|\\^&|||ANALYZER\r",
          WW_GUESS_NO),
#undef P
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        cr_expect(eq(int, t_probe(&ww_dissector_hl7, WW_A, t[i].in.p, t[i].in.n), t[i].want),
                  "row %zu", i);
}

Test(hl7, names_in_japanese_and_escaped)
{
    /* 京都 (35 7E holds ~, 45 54), 本院 in Shift_JIS (96 7B holds no delimiter, 89 40), kana 7 bit
     */
    struct t_feed *f =
        ONE("\x0bMSH|^~\\&|\x1b$B5~ET\x1b(B|A\\T\\B|\x1b(I6E\x1b(B|D|20240501||ADT^A08|J1|P|2.5"
            "||||||~ISO IR87\r\x1c\r");
    const struct t_got *g = t_find(f, "hl7.message", 0);
    HAS(g, "sending_app", "\xe4\xba\xac\xe9\x83\xbd");
    HAS(g, "sending_facility", "A&B");
    HAS(g, "receiving_app", "\xef\xbd\xb6\xef\xbe\x85");
    t_free(f);
    f = ONE("\x0bMSH|^~\\&|\x96\x7b\x89\x40|\x83\x7c|C|D|20240501||ADT^A08|J2|P|2.5\r\x1c\r");
    g = t_find(f, "hl7.message", 0);
    HAS(g, "sending_app", "\xe6\x9c\xac\xe9\x99\xa2");
    HAS(g, "sending_facility", "\xe3\x83\x9d"); /* 83 7C is one character */
    t_free(f);
    f = ONE("\x0bMSH|^~\\&|\xcb\xdc\xb1\xa1|B|C|D|20240501||ADT^A08|J3|P|2.5\r\x1c\r");
    g = t_find(f, "hl7.message", 0);
    HAS(g, "sending_app", "\xe6\x9c\xac\xe9\x99\xa2");
    HAS(g, "charset_seen", "euc");
    t_free(f);
}

Test(hl7, escapes_and_odd_delimiter_lists)
{
    struct t_feed *f = ONE("\x0bMSH|^~\\&|A\\F\\B\\S\\C\\T\\D\\R\\E\\E\\F\\H\\|W|E|W|20240501||ORU^"
                           "R01|E1|P|2.5\r\x1c\r");
    HAS(t_find(f, "hl7.message", 0), "sending_app", "A|B^C&D~E\\F"); /* \H\ only highlights */
    t_free(f);
    f = ONE("\x0bMSH|^~&|GW|W|E|W|20240501||ORU^R01|E2|P|2.3\rERR|a^b^c^207&x\rMSA|AE|Q\r\x1c\r");
    HAS(t_find(f, "hl7.ack", 0), "error_code", "207"); /* & is the subcomponent separator */
    t_free(f);
    f = ONE(
        "\x0bMSH|^~\\\\&|GW|W|E|W|20240501||ORU^R01|E3|P|2.3\rERR|a^b^c^102&x\rMSA|AE|Q\r\x1c\r");
    HAS(t_find(f, "hl7.ack", 0), "error_code", "102");
    t_free(f);
    /* GB 18030: 81 7C is one character */
    f = ONE("\x0bMSH|^~\\&|GW|W|E|W|20240501||ADT^A08|E4|P|2.5||||||GB "
            "18030-2000\rPID|1||I||\x81\x7c^\xb0\xa1||1980\r\x1c\r");
    HAS(t_find(f, "hl7.message", 0), "charset_seen", "gb18030");
    NUM(t_find(f, "hl7.message", 0), "phi_kinds", 1 | 2 | 4);
    t_free(f);
}

/* A message of n rows after its MSH. */
static struct t_feed *rows(size_t n, const char *row)
{
    static const char head[] = "\x0b" MSH("ORU^R01", "ROWS") "\r";
    size_t cap = sizeof head + n * (strlen(row) + 8) + 8, len = sizeof head - 1;
    char *b = malloc(cap);
    memcpy(b, head, len);
    for (size_t i = 0; i < n; i++)
        len += (size_t)sprintf(b + len, row, (int)i);
    memcpy(b + len, "\x1c\r", 2);
    struct t_feed *f = one(WW_A, b, len + 2);
    free(b);
    return f;
}
static bool truncated(const struct t_feed *f)
{
    return (t_find(f, "hl7.message", 0)->e->flags & WW_EV_TRUNCATED) != 0;
}

Test(hl7, limits_are_told)
{
    struct t_feed *f = rows(3, "OBX|1|||||||||||||||||PUMP%d\r");
    cr_assert(eq(sz, t_count(f, "hl7.device"), 3));
    cr_assert(eq(int, truncated(f), 0));
    t_free(f);
    f = rows(4, "OBX|1|||||||||||||||||PUMP%d\r");
    cr_assert(eq(sz, t_count(f, "hl7.device"), 3));
    NUM(t_find(f, "hl7.message", 0), "devices", 4);
    cr_assert(eq(int, truncated(f), 1));
    t_free(f);
    f = rows(79, "ZX1|%d\r"); /* the list of segments holds 80 ids */
    cr_assert(eq(int, truncated(f), 0));
    t_free(f);
    f = rows(80, "ZX1|%d\r");
    cr_assert(eq(int, truncated(f), 1));
    NUM(t_find(f, "hl7.message", 0), "segment_count", 81);
    t_free(f);
    f = rows(60000, "PID|1||X\r"); /* behind the 50,000th segment nothing is read */
    NUM(t_find(f, "hl7.message", 0), "segment_count", 60001);
    NUM(t_find(f, "hl7.message", 0), "patients", 49999);
    t_free(f);
}

Test(hl7, gives_up_without_a_header)
{
    struct t_feed *f = t_new(&ww_dissector_hl7);
    size_t n = 1 << 20;
    char *b = malloc(n);
    memset(b, 'x', n);
    f->exact = true;
    for (int i = 0; i < 34 && !f->stopped; i++)
        t_bytes(f, WW_A, b, n);
    free(b);
    cr_assert(f->stopped);
    cr_assert(eq(sz, f->ngot, 0));
    t_free(f);
}
