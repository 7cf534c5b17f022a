/* POCT1-A: documents on a stream, device identity, acknowledgements, what is told of patients. */
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glob.h>

extern const struct ww_dissector ww_dissector_poct1a;

#define HDR(id)                                                        \
    "<HDR><HDR.control_id V=\"" id "\"/><HDR.version_id V=\"POCT1\"/>" \
    "<HDR.creation_dttm V=\"2026-11-23T10:45:00+09:00\"/></HDR>"
#define HELLO                                                                                     \
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<HEL.R01>" HDR(                                \
        "1001") "<DEV><DEV.device_id V=\"\">00-11-22-33-44-55</DEV.device_id><DEV.vendor_id "     \
                "V='ACME'/>"                                                                      \
                "<DEV.model_id V=\"GLU1\"/><DEV.serial_id V=\"SN123\"/>"                          \
                "<DEV.manufacturer_name V=\"Acme &amp; Sons\"/><DEV.hw_version V=\"K1\"/>"        \
                "<DEV.sw_version V=\"2.3.1\">2.3.1_ja-JP</DEV.sw_version><DEV.device_name "       \
                "V=\"ICU-GLU-1\"/>"                                                               \
                "<DCP><DCP.application_timeout V=\"120\"/></DCP><DSC><DSC.connection_profile_cd " \
                "V=\"SA\"/>"                                                                      \
                "<DSC.topics_supported_cd V=\"OBS\"/><DSC.topics_supported_cd V=\"DTV\"/>"        \
                "<DSC.directives_supported_cd V=\"LOCK\"/><DSC.max_message_sz "                   \
                "V=\"32768\"/></DSC></DEV>"                                                       \
                "</HEL.R01>\r\n"
#define ANSWER(id, to)                                                            \
    "<ACK.R01>" HDR(id) "<ACK><ACK.type_cd V=\"AA\"/><ACK.ack_control_id V=\"" to \
                        "\"/></ACK></ACK.R01>\n"
#define STATUS                                                                                 \
    "<DST.R01>" HDR("1002") "<DST><DST.status_dttm V=\"2026-11-23T10:45:00+09:00\"/>"          \
                            "<DST.new_observations_qty V=\"2\"/><DST.new_events_qty V=\"0\"/>" \
                            "<DST.condition_cd V=\"R\"/></DST></DST.R01>"
#define REQUEST "<REQ.R01>" HDR("2003") "<REQ><REQ.request_cd V=\"ROBS\"/></REQ></REQ.R01>"
#define RESULT                                                                                 \
    "<OBS.R01>" HDR("1003") "<SVC><SVC.role_cd V=\"OBS\"/><PT><PT.patient_id "                 \
                            "V=\"CANARY01^^^HOSP\"/><PT.location "                             \
                            "V=\"ICU^4\"/><PT.name V=\"CANARY^TARO\"><GIV V=\"TARO\"/><FAM "   \
                            "V=\"CANARY\"/></PT.name>"                                         \
                            "<PT.birth_date V=\"19600102\"/><PT.gender_cd V=\"M\"/>"           \
                            "<OBS><OBS.observation_id V=\"2341-6\" SN=\"LN\"/><OBS.value "     \
                            "V=\"145\" U=\"mg/dL\"/>"                                          \
                            "<NTE><NTE.text>CANARY felt\r\n dizzy</NTE.text></NTE></OBS></PT>" \
                            "<OPR><OPR.operator_id V=\"OP7\"/></OPR></SVC></OBS.R01>"
#define OPERATORS                                                                               \
    "<OPL.R01>" HDR("2005") "<OPR><OPR.operator_id V=\"OP7\"/><OPR.name V=\"\"><GIV V=\"X\"/>"  \
                            "</OPR.name><ACC><ACC.password ENC=\"B64\">c2VjcmV0</ACC.password>" \
                            "</ACC></OPR></OPL.R01>"
#define COMMAND \
    "<DTV.SIEM.DVCMD>" HDR("2006") "<DTV><DTV.command_cd V=\"LOCK\"/></DTV></DTV.SIEM.DVCMD>"
#define ESCAPE                                                                                \
    "<ESC.R01>" HDR("1006") "<ESC><ESC.esc_control_id V=\"2006\"/><ESC.detail_cd V=\"CNC\"/>" \
                            "</ESC></ESC.R01>"
#define TOPIC "<EOT.R01>" HDR("1007") "<EOT><EOT.topic_cd V=\"OBS\"/></EOT></EOT.R01>"
#define ALIVE "<KPA.R01>" HDR("1008") "</KPA.R01>"
#define END   "<END.R01>" HDR("2009") "<TRM><TRM.reason_cd V=\"NRM\"/></TRM></END.R01>"

/* parts: blanks behind a message tell nothing more */
#define DOC(side, lit)                                                 \
    {                                                                  \
        .dir = (side), .p = (lit), .n = sizeof(lit) - 1, .parts = true \
    }
static const struct t_step steps[] = {
    DOC(WW_A, HELLO),
    DOC(WW_B, ANSWER("2001", "1001")),
    DOC(WW_A, STATUS),
    DOC(WW_B, ANSWER("2002", "1002")),
    DOC(WW_B, REQUEST),
    DOC(WW_A, RESULT),
    DOC(WW_B, ANSWER("2004", "1003")),
    DOC(WW_A, TOPIC),
    DOC(WW_B, OPERATORS),
    DOC(WW_A, ANSWER("1005", "2005")),
    DOC(WW_B, COMMAND),
    DOC(WW_A, ESCAPE),
    DOC(WW_A, ALIVE),
    DOC(WW_B, END),
};
static const char *const degrades[] = { "latency_ms", "sender_role", "bytes", NULL };
static const struct t_talk talk = { .d = &ww_dissector_poct1a,
                                    T_STEPS(steps),
                                    .degrades = degrades };

#define HAS(g, field, want) cr_assert(eq(str, (char *)t_get_str((g), (field)), (char *)(want)))
#define NUM(g, field, want) cr_assert(eq(u64, t_get_u64((g), (field)), (uint64_t)(want)))

static struct t_feed *one(const char *s, size_t n)
{
    struct t_feed *f = t_new(&ww_dissector_poct1a);
    t_bytes(f, WW_A, s, n);
    return f;
}
#define ONE(lit) one((lit), sizeof(lit) - 1)

Test(poct1a, every_cut)
{
    t_every_cut(&talk);
}
Test(poct1a, every_prefix)
{
    t_every_prefix(&talk);
}
Test(poct1a, every_byte)
{
    t_every_byte(&talk);
}
Test(poct1a, every_gap)
{
    t_every_gap(&talk);
}

Test(poct1a, hello)
{
    struct t_feed *f = t_run(&talk);
    const struct t_got *g = t_find(f, "poct1a.hello", 0);
    HAS(g, "message_type", "HEL.R01");
    HAS(g, "control_id", "1001");
    HAS(g, "version_id", "POCT1");
    HAS(g, "message_time", "2026-11-23T01:45:00.000000Z");
    NUM(g, "message_time_zoned", 1);
    HAS(g, "sender_role", "POCT1-A device");
    HAS(g, "device_id", "00-11-22-33-44-55");
    HAS(g, "vendor_id", "ACME");
    HAS(g, "manufacturer_name", "Acme & Sons");
    HAS(g, "model_id", "GLU1");
    HAS(g, "serial_id", "SN123");
    HAS(g, "hw_version", "K1");
    HAS(g, "sw_version", "2.3.1");
    HAS(g, "device_name", "ICU-GLU-1");
    HAS(g, "connection_profile", "SA");
    HAS(g, "topics", "OBS,DTV");
    HAS(g, "directives", "LOCK");
    NUM(g, "application_timeout", 120);
    NUM(g, "max_message_size", 32768);
    cr_assert(f->client_known);
    cr_assert(eq(int, f->client, WW_A)); /* the device opens the conversation */
    t_free(f);
}

Test(poct1a, conversation)
{
    struct t_feed *f = t_run(&talk);
    cr_assert(eq(sz, t_count(f, "poct1a.ack"), 5));
    cr_assert(eq(sz, t_count(f, "poct1a.message"), 8));
    const struct t_got *g = t_find(f, "poct1a.ack", 0);
    HAS(g, "ack_type", "AA");
    HAS(g, "ack_control_id", "1001");
    HAS(g, "sender_role", "POCT1-A data manager");
    NUM(g, "latency_ms", 10);
    g = t_find(f, "poct1a.ack", 4);
    HAS(g, "message_type", "ESC.R01");
    HAS(g, "ack_type", "ESC");
    HAS(g, "error_detail", "CNC");
    NUM(g, "latency_ms", 10);
    g = t_find(f, "poct1a.message", 0);
    NUM(g, "new_observations", 2);
    NUM(g, "new_events", 0);
    HAS(g, "condition", "R");
    HAS(t_find(f, "poct1a.message", 1), "request", "ROBS");
    HAS(t_find(f, "poct1a.message", 3), "topic", "OBS");
    HAS(t_find(f, "poct1a.message", 5), "directive", "LOCK");
    HAS(t_find(f, "poct1a.message", 5), "message_type", "DTV.SIEM.DVCMD");
    HAS(t_find(f, "poct1a.message", 6), "message_type", "KPA.R01");
    HAS(t_find(f, "poct1a.message", 7), "reason", "NRM");
    t_time(f, f->cx.now + 3600000000000u);
    cr_assert(not(t_anomaly(f, "request_unanswered")));
    t_free(f);
}

Test(poct1a, patients_and_secrets)
{
    struct t_feed *f = t_run(&talk);
    const struct t_got *g = t_find(f, "poct1a.message", 2);
    HAS(g, "message_type", "OBS.R01");
    NUM(g, "observations", 1);
    NUM(g, "patients", 1);
    NUM(g, "operators", 1);
    NUM(g, "phi_kinds", 1 | 2 | 4 | 64 | 128 | 256 | 4096 | 8192);
    NUM(g, "phi_count", 5); /* id, name and its two parts, birth */
    cr_assert(ne(u64, t_get_u64(g, "patient"), 0));
    cr_assert(ne(u64, t_get_u64(g, "patient_name"), 0));
    g = t_find(f, "poct1a.message", 4);
    HAS(g, "message_type", "OPL.R01");
    NUM(g, "credential_present", 1);
    NUM(g, "phi_kinds", 64);
    t_free(f);
}

Test(poct1a, missing_answer)
{
    struct t_feed *f = ONE(STATUS);
    t_time(f, f->cx.now + 59000000000u);
    cr_assert(not(t_anomaly(f, "request_unanswered")));
    t_time(f, f->cx.now + 2000000000u);
    cr_assert(t_anomaly(f, "request_unanswered"));
    t_free(f);
}

Test(poct1a, broken_documents)
{
    struct t_feed *f = ONE("<OBS.R01>" HDR("1") "<SVC>" STATUS); /* the first was never closed */
    cr_assert(t_anomaly(f, "poct1a_message_not_closed"));
    cr_assert(eq(sz, f->ngot, 1));
    HAS(t_find(f, "poct1a.message", 0), "message_type", "DST.R01");
    t_free(f);
    f = ONE("<OBS.R01>" HDR("1") "<1></OBS.R01>" STATUS);
    cr_assert(t_anomaly(f, "poct1a_no_xml"));
    cr_assert(eq(sz, f->ngot, 1));
    t_free(f);
    f = ONE("<!DOCTYPE x [<!ENTITY a \"b\">]>" STATUS "<OBS.R01><!DOCTYPE y></OBS.R01>" STATUS);
    cr_assert(t_anomaly(f, "poct1a_doctype"));
    cr_assert(eq(sz, f->ngot, 2));
    t_free(f);
    f = ONE("<KPA.R01/>" STATUS);
    cr_assert(eq(sz, f->ngot, 2));
    t_free(f);
}

Test(poct1a, limits)
{
    static char big[40000];
    for (size_t n = 32766; n <= 32770; n += 2) { /* a tag of n bytes */
        struct t_feed *f = ONE("<OBS.R01>" HDR("1"));
        memset(big, 'x', sizeof big);
        t_bytes(f, WW_A, "<NTE.text V='", 13);
        t_bytes(f, WW_A, big, n - 13 - 3);
        t_bytes(f, WW_A, "'/></OBS.R01>", 13);
        t_bytes(f, WW_A, STATUS, sizeof(STATUS) - 1);
        cr_assert(eq(sz, f->ngot, n <= 32768 ? 2 : 1), "%zu bytes", n);
        t_free(f);
    }
    struct t_feed *f = ONE("<OBS.R01>" HDR("1") "<NTE.text>"); /* text of any length passes */
    for (int i = 0; i < 50; i++)
        t_bytes(f, WW_A, big, sizeof big);
    t_bytes(f, WW_A, "</NTE.text></OBS.R01>", 21);
    NUM(t_find(f, "poct1a.message", 0), "phi_kinds", 256);
    t_free(f);
    f = t_new(&ww_dissector_poct1a);
    for (int i = 0; i < 50 && !f->stopped; i++)
        t_bytes(f, WW_A, big, sizeof big);
    cr_assert(f->stopped);
    t_free(f);
    f = ONE("<REQ.R01>" HDR("1") "<REQ.request_cd V=\"0123456789abcdefg\"/></REQ.R01>");
    HAS(t_find(f, "poct1a.message", 0), "request", "0123456789abcdef");
    cr_assert(ne(int, t_find(f, "poct1a.message", 0)->e->flags &WW_EV_TRUNCATED, 0));
    t_free(f);
}

Test(poct1a, bytes_one_by_one_after_loss)
{
    static const char more[] = "V='1'/><PT/></SVC></OBS.R01> <x" STATUS REQUEST;
    struct t_feed *f = ONE(HELLO "<OBS.R01>");
    t_gap(f, WW_A, 100);
    for (size_t i = 0; i < sizeof more - 1; i++)
        t_bytes(f, WW_A, more + i, 1);
    cr_assert(eq(sz, f->ngot, 3));
    t_free(f);
}

Test(poct1a, odd_numbers)
{
    struct t_feed *f = ONE("<DST.R01>" HDR("1") "<DST.new_events_qty V='many'/>"
                                                "<DST.new_observations_qty V=' '/></DST.R01>");
    NUM(t_find(f, "poct1a.message", 0), "new_events", WW_NULL64);
    NUM(t_find(f, "poct1a.message", 0), "new_observations", WW_NULL64);
    t_free(f);
}

static enum ww_guess guess(const char *s, size_t n)
{
    return t_probe(&ww_dissector_poct1a, WW_A, s, n);
}
#define GUESS(lit, want) cr_assert(eq(int, guess(lit, sizeof(lit) - 1), want), "%s", #lit)

Test(poct1a, probe)
{
    GUESS(HELLO, WW_GUESS_YES);
    GUESS(STATUS, WW_GUESS_YES);
    GUESS("\xef\xbb\xbf\r\n" REQUEST, WW_GUESS_YES);
    GUESS("<", WW_GUESS_MAYBE);
    GUESS("<HEL", WW_GUESS_MAYBE);
    GUESS("<HEL.R01>", WW_GUESS_MAYBE);
    GUESS("<HEL.R01><HD", WW_GUESS_MAYBE);
    GUESS("<?xml version='1.0'?>", WW_GUESS_MAYBE);
    GUESS("<PT.name V='x'/></PT></SVC></OBS.R01>" STATUS, WW_GUESS_YES); /* in the middle */
    GUESS("<HEL.R01><body>", WW_GUESS_NO);
    GUESS("<ABC.R01><HDR>", WW_GUESS_NO);
    GUESS("<html><head>", WW_GUESS_NO);
    GUESS("<?xml version='1.0'?><AuditMessage>", WW_GUESS_NO);
    GUESS("<13>1 2026-11-23T10:45:00Z host app - - - text", WW_GUESS_NO);
    GUESS("<!DOCTYPE html><html>", WW_GUESS_NO);
}

static void foreign(void *to, const struct t_packet *p)
{
    size_t *yes = to;
    if (p->ip_proto == 6 && p->payload.n > 0)
        *yes += t_probe(&ww_dissector_poct1a, WW_A, p->payload.p, p->payload.n) == WW_GUESS_YES;
}

Test(poct1a, probe_on_captures)
{
    glob_t g;
    cr_assert(eq(int, glob(WW_SOURCE_DIR "/pcaps/*/*.pcap", 0, NULL, &g), 0));
    for (size_t i = 0; i < g.gl_pathc; i++) {
        size_t yes = 0;
        (void)t_pcap(g.gl_pathv[i], foreign, &yes);
        bool own = strstr(g.gl_pathv[i], "/poct1a/") != NULL;
        cr_expect(eq(int, yes > 0, own), "%s: %zu", g.gl_pathv[i], yes);
    }
    globfree(&g);
}
