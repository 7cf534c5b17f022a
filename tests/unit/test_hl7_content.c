/* HL7 v2 that another protocol carries: bodies of text, and the element of a SOAP message. */
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

extern const struct ww_dissector ww_dissector_hl7;

#define MESSAGE                                                                              \
    "MSH|^~\\&|HIS|WARD|LIS|LAB|20260105090000+0900||ADT^A01^ADT_A01|H0001|P|2.5\rEVN|A01\r" \
    "PID|1||CANARY01^^^HOSP^PI||CANARY^TARO||19600102|M\rPV1||I|ICU^^BED1\r"
#define ANSWER \
    "MSH|^~\\&|LIS|LAB|HIS|WARD|20260105090001+0900||ACK^A01^ACK|R0001|P|2.5\rMSA|AA|H0001\r"
#define PCD                                                                                      \
    "<?xml version=\"1.0\"?>\n<s:Envelope "                                                      \
    "xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header/>"                            \
    "<s:Body><CommunicatePCDData "                                                               \
    "xmlns=\"urn:ihe:pcd:dec:2010\">MSH|^~\\&amp;|GW^0011223344556677^EUI-64|"                   \
    "ACME|||20260105090000+0900||ORU^R01^ORU_R01|P0001|P|2.6|||AL|NE||UNICODE UTF-8|||"          \
    "IHE_PCD_001^IHE "                                                                           \
    "PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO&#xD;PID|||CANARY7^^^HOSP^PI||CANARY^HANAKO&#xD;"        \
    "OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.1.1|&lt;97|262688^MDC_DIM_PERCENT^MDC|||||R&#" \
    "13;"                                                                                        \
    "</CommunicatePCDData></s:Body></s:Envelope>"
#define PCD_ANSWER                                                             \
    "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>" \
    "<CommunicatePCDDataResponse "                                             \
    "xmlns=\"urn:ihe:pcd:dec:2010\">MSH|^~\\&amp;|RX|HOSP|GW|ACME|20260105||"  \
    "ACK^R01^ACK|R0002|P|2.6\nMSA|AA|P0001\n</CommunicatePCDDataResponse></s:Body></s:Envelope>"

#define LIT(lit) ((struct ww_slice){ (const uint8_t *)(lit), sizeof(lit) - 1 })
static const struct ww_content post = { .carrier = "http",
                                        .media = { (const uint8_t *)"application/hl7-v2", 18 },
                                        .method = { (const uint8_t *)"POST", 4 },
                                        .id = 1 };
static const struct ww_content answer = { .carrier = "http", .status = 200, .id = 2 };
static const struct ww_content soap = {
    .carrier = "http",
    .media = { (const uint8_t *)"application/soap+xml", 20 },
    .action = { (const uint8_t *)"urn:ihe:pcd:2010:CommunicatePCDData", 35 },
    .id = 3
};
static const struct ww_content soap_answer = {
    .carrier = "http",
    .media = { (const uint8_t *)"application/soap+xml", 20 },
    .action = { (const uint8_t *)"urn:ihe:pcd:2010:CommunicatePCDDataResponse", 43 },
    .status = 200,
    .id = 4
};
/* parts: the element may end before the envelope */
#define BODY(side, what, lit, more)                                                       \
    {                                                                                     \
        .dir = (side), .p = (lit), .n = sizeof(lit) - 1, .meta = &(what), .parts = (more) \
    }
static const struct t_step talk[] = { BODY(WW_A, post, MESSAGE, false),
                                      BODY(WW_B, answer, ANSWER, false),
                                      BODY(WW_A, soap, PCD, true),
                                      BODY(WW_B, soap_answer, PCD_ANSWER, true) };
static const char *const degrades[] = { "latency_ms", "quirks", NULL };
static const struct ww_dissector *const readers[] = { &ww_dissector_hl7, NULL };
static const struct t_talk chat = {
    .d = &ww_dissector_hl7, T_STEPS(talk), .degrades = degrades, .readers = readers
};

#define HAS(g, field, want) cr_expect(eq(str, (char *)t_get_str((g), (field)), (char *)(want)))
#define NUM(g, field, want) cr_expect(eq(u64, t_get_u64((g), (field)), (uint64_t)(want)))

Test(hl7_content, every_cut)
{
    t_every_cut(&chat);
}
Test(hl7_content, every_prefix)
{
    t_every_prefix(&chat);
}
Test(hl7_content, every_byte)
{
    t_every_byte(&chat);
}
Test(hl7_content, every_gap)
{
    t_every_gap(&chat);
}

Test(hl7_content, text_and_soap)
{
    struct t_feed *f = t_run(&chat);
    cr_assert(eq(sz, t_count(f, "hl7.message"), 2));
    cr_assert(eq(sz, t_count(f, "hl7.ack"), 2));
    const struct t_got *g = t_find(f, "hl7.message", 0);
    HAS(g, "framing", "http");
    HAS(g, "segments", "MSH,EVN,PID,PV1");
    NUM(g, "bytes", sizeof(MESSAGE) - 1);
    HAS(t_find(f, "hl7.ack", 0), "ack_control_id", "H0001");
    NUM(t_find(f, "hl7.ack", 0), "latency_ms", 10);
    g = t_find(f, "hl7.message", 1);
    HAS(g, "framing", "http");
    HAS(g, "sending_app", "GW^0011223344556677^EUI-64");
    HAS(g, "transaction", "PCD-01");
    HAS(g, "segments", "MSH,PID,OBX");
    NUM(g, "patients", 1);
    HAS(t_find(f, "hl7.ack", 1), "ack_code", "AA");
    t_free(f);
}

/* One body. The caller frees. */
static struct t_feed *body(const struct ww_content *meta, const char *text, size_t n)
{
    struct t_feed *f = t_new(&ww_dissector_hl7);
    f->readers = readers;
    (void)t_content(f, meta, WW_A, text, n, true);
    return f;
}
#define ONE(meta, lit) body(&(meta), (lit), sizeof(lit) - 1)

Test(hl7_content, forms_of_text)
{
    struct t_feed *f = ONE(post, "\x0b" MESSAGE "\x1c\r"); /* MLLP inside */
    cr_expect(eq(sz, t_count(f, "hl7.message"), 1));
    HAS(t_find(f, "hl7.message", 0), "framing", "http");
    t_free(f);
    f = ONE(post, MESSAGE "PV2|x"); /* no CR behind the last segment */
    HAS(t_find(f, "hl7.message", 0), "segments", "MSH,EVN,PID,PV1,PV2");
    HAS(t_find(f, "hl7.message", 0), "quirks", "no_final_cr");
    NUM(t_find(f, "hl7.message", 0), "bytes", sizeof(MESSAGE) - 1 + 5);
    t_free(f);
    f = ONE(post, "MSH|^~\\&|A|B|C|D|2026||ACK|1|P|2.3"); /* nothing but MSH */
    cr_expect(eq(sz, t_count(f, "hl7.message"), 1));
    t_free(f);
    f = ONE(post, MESSAGE MESSAGE);
    cr_expect(eq(sz, t_count(f, "hl7.message"), 2));
    t_free(f);
    f = ONE(post, "BHS|^~\\&|LIS|H|E|H|2026||||B1\r" MESSAGE "BTS|1\r");
    cr_expect(eq(sz, t_count(f, "hl7.message"), 1));
    NUM(t_find(f, "hl7.batch", 0), "messages_declared", 1);
    t_free(f);
}

Test(hl7_content, what_is_not_hl7_is_left_to_others)
{
    static const struct {
        const char *text;
        enum ww_guess want;
    } t[] = { { MESSAGE, WW_GUESS_YES },
              { "\xef\xbb\xbf" MESSAGE, WW_GUESS_YES },
              { "MSH|^~\\&|A|B|", WW_GUESS_MAYBE },
              { "{\"resourceType\":\"Patient\"}", WW_GUESS_NO },
              { "<html><body>MSH|^~\\&amp;|</body></html>", WW_GUESS_NO },
              { "", WW_GUESS_NO } };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        cr_expect(
            eq(int, ww_dissector_hl7.content_probe(&post, ww_slice_str(t[i].text)), t[i].want),
            "row %zu", i);
    cr_expect(
        eq(int, ww_dissector_hl7.content_probe(&soap, (struct ww_slice){ NULL, 0 }), WW_GUESS_YES));
    struct t_feed *f = ONE(soap, "<a><b>MSH| is no header</b><c>PID|1||CANARY^TARO</c></a>");
    cr_expect(eq(sz, f->ngot, 0));
    t_free(f);
    f = ONE(soap, "<a><b attribute");
    cr_expect(eq(sz, f->ngot, 0));
    t_free(f);
}

Test(hl7_content, segments_in_soap_have_a_limit)
{
    static char b[12000];
    int n = snprintf(b, sizeof b,
                     "<x "
                     "xmlns=\"urn:ihe:pcd:dec:2010\">MSH|^~\\&amp;|A|B|C|D|2026||ORU^R01|1|P|2.6&#"
                     "xD;OBX|1|ED|A||");
    memset(b + n, 'Q', 9000);
    n += 9000;
    n += snprintf(b + n, sizeof b - (size_t)n, "&amp;||||||F&#xD;OBX|2&#xD;</x>");
    struct t_feed *f = body(&soap, b, (size_t)n);
    HAS(t_find(f, "hl7.message", 0), "segments", "MSH,OBX,OBX");
    cr_expect(ne(int, t_find(f, "hl7.message", 0)->e->flags &WW_EV_TRUNCATED, 0));
    t_free(f);
}
