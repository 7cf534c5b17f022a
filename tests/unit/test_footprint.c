/* test_footprint.c - what a capture shows of a declaration: result, reasons, texts. */
#include "rules/baseline/footprint.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define EXAMPLES WW_SOURCE_DIR "/contrib/examples/"

static struct ww_yang *y;
static struct ww_baseline *b;
static struct ww_footprint *fp;
static struct ww_fp_words *words;

static void start(void)
{
    struct ww_err e;
    cr_assert_eq(ww_yang_open(&y, NULL, &e), WW_OK, "%s", e.text);
    cr_assert_eq(ww_baseline_load(&b, EXAMPLES "ct-scanner-remote.json", y, &e), WW_OK, "%s",
                 e.text);
    cr_assert_eq(ww_fp_new(&fp, b, "10.0.0.15", &e), WW_OK, "%s", e.text);
    cr_assert_eq(ww_fp_words_open(&words, NULL, &e), WW_OK, "%s", e.text);
}
static void stop(void)
{
    ww_fp_words_free(words);
    ww_fp_free(fp);
    ww_baseline_free(b);
    ww_yang_free(y);
}
TestSuite(footprint, .init = start, .fini = stop);

static enum ww_bl_is controller(void *ctx, const char *uri, const struct ww_ip *p)
{
    (void)ctx;
    if (strstr(uri, "/class/pacs") != NULL)
        return p->b[3] == 5 ? WW_BL_IS : WW_BL_IS_NOT;
    return strstr(uri, ":ntp") != NULL ? WW_BL_IS_UNKNOWN : WW_BL_IS_NOT;
}

static struct ww_bl_flow conversation(uint8_t last, uint16_t port)
{
    return (struct ww_bl_flow){ .device = ww_ip4(0x0a00000f),
                                .peer = ww_ip4(0x0a000000U | last),
                                .device_port = 40000,
                                .peer_port = port,
                                .ip_proto = 6,
                                .opener = WW_BL_BY_DEVICE,
                                .device_sent = true,
                                .peer_sent = true };
}

static void feed(struct ww_bl_flow f, uint64_t frame)
{
    static const struct ww_bl_env env = { .controller = controller };
    struct ww_fp_facts s = { .first_frame = frame, .packets = 10 };
    struct ww_bl_verdict v;
    ww_bl_flow(b, &env, &f, &v);
    ww_fp_flow(fp, &f, &v, &s);
}

static char text[65536];
static const char *render(const char *lang)
{
    struct ww_out o = ww_out(text, sizeof text - 1);
    if (lang != NULL)
        ww_fp_text(fp, words, lang, &o);
    else
        ww_fp_json(fp, &o);
    cr_assert_not(o.cut);
    text[o.n] = 0;
    /* promises of the product: it never calls anything safe or conforming */
    cr_assert_eq(strstr(text, "conform"), NULL);
    cr_assert_eq(strstr(text, "safe"), NULL);
    cr_assert_eq(strstr(text, "適合"), NULL);
    cr_assert_eq(strstr(text, "安全"), NULL);
    return text;
}

static void want(enum ww_fp_result r, unsigned reasons)
{
    unsigned why = 0;
    enum ww_fp_result got = ww_fp_result(fp, &why);
    cr_expect(got == r && why == reasons, "result %d, reasons %u", got, why);
}

Test(footprint, never_seen)
{
    want(WW_FP_CANNOT_TELL, WW_FP_NEVER_SEEN);
    cr_expect_neq(strstr(render("en"), "cannot tell"), NULL);
    cr_expect_neq(strstr(render("ja"), "当該機器の通信がありません"), NULL);
    ww_fp_seen(fp); /* an ARP frame: it is there and was silent */
    want(WW_FP_NONE_OBSERVED, 0);
}

Test(footprint, declared_use)
{
    feed(conversation(5, 104), 30);
    feed(conversation(5, 104), 12);
    want(WW_FP_NONE_OBSERVED, 0);
    render("en");
    cr_expect_neq(strstr(text, "no deviation observed"), NULL);
    /* store, query mean the same on the wire: one line, both names; answers count as use too */
    cr_expect_neq(strstr(text, "used | from the device | accept tcp/104 "
                               "https://mud.acme.example/class/pacs (->) [store-1, query-1] x2, "
                               "first frame 12"),
                  NULL, "%s", text);
    cr_expect_neq(strstr(text, "used | to the device | accept tcp/104 "), NULL, "%s", text);
    cr_expect_neq(strstr(text, "never exercised | from the device | accept udp/53"), NULL);
    cr_expect_neq(strstr(render("ja"), "逸脱は観測されなかった"), NULL);
}

Test(footprint, deviation_beats_cannot_tell)
{
    struct ww_bl_flow ntp = conversation(2, 123);
    ntp.ip_proto = 17;
    feed(ntp, 7);
    want(WW_FP_CANNOT_TELL, WW_FP_UNRESOLVED);
    cr_expect_neq(strstr(render("en"), "urn:ietf:params:mud:ntp"), NULL);
    feed(conversation(5, 8080), 40);
    feed(conversation(5, 8080), 41);
    feed(conversation(77, 8080), 50);
    want(WW_FP_DEVIATION, WW_FP_UNRESOLVED);
    render("en");
    cr_expect_neq(strstr(text,
                         "tcp/8080 -> 10.0.0.5 | undeclared port or protocol  x2, first frame "
                         "40, 20 packets"),
                  NULL, "%s", text);
    cr_expect_neq(strstr(text, "declared: tcp/104 https://mud.acme.example/class/pacs (->)"), NULL);
    cr_expect_neq(strstr(text, "tcp/8080 -> 10.0.0.77 | undeclared peer"), NULL);
}

Test(footprint, limits_of_the_capture)
{
    struct ww_bl_flow f = conversation(5, 104);
    f.peer_sent = false;
    feed(f, 1);
    want(WW_FP_CANNOT_TELL, WW_FP_ONE_WAY);
    feed(conversation(5, 104), 2);
    want(WW_FP_NONE_OBSERVED, 0); /* half of them are whole: told, but no reason */
    ww_fp_losses(fp, 0, 1000, WW_NULL32);
    want(WW_FP_NONE_OBSERVED, 0);
    ww_fp_losses(fp, 2, 998, WW_NULL32); /* the limit is one of a thousand */
    want(WW_FP_CANNOT_TELL, WW_FP_LOSS);
    ww_fp_losses(fp, 1, 999, 1000);
    want(WW_FP_NONE_OBSERVED, 0);
    ww_fp_thresholds(fp, 999, 499999);
    want(WW_FP_CANNOT_TELL, WW_FP_LOSS | WW_FP_ONE_WAY);
    ww_fp_thresholds(fp, 1000, 500000);
    ww_fp_losses(fp, WW_NULL64, 1000, 1001); /* drops unknown, but streams have holes */
    want(WW_FP_CANNOT_TELL, WW_FP_LOSS);
    ww_fp_losses(fp, WW_NULL64, 1000, 0);
    want(WW_FP_NONE_OBSERVED, 0);
    cr_expect_neq(strstr(render("en"), "packets dropped before the sensor: unknown"), NULL);
}

Test(footprint, gaps_are_losses)
{
    struct ww_bl_flow f = conversation(5, 104);
    struct ww_bl_verdict v;
    struct ww_fp_facts s = { .first_frame = 1, .packets = 3, .gap_bytes = 1460, .midstream = true };
    static const struct ww_bl_env env = { .controller = controller };
    ww_bl_flow(b, &env, &f, &v);
    ww_fp_flow(fp, &f, &v, &s);
    want(WW_FP_CANNOT_TELL, WW_FP_LOSS);
    cr_expect_neq(strstr(render("en"), "whose beginning was not seen: 1"), NULL);
}

Test(footprint, many_classes_of_one_kind_share_a_line)
{
    struct ww_bl_verdict v = { .kind = WW_BL_PERMITTED, .layer = WW_BL_L_MEDICAL };
    for (unsigned i = 1; i <= 40; i++) {
        (void)snprintf(v.observed, sizeof v.observed, "1.2.3.%u %s", i, i % 10 == 0 ? "SCP" : "SCU");
        ww_fp_medical(fp, &v, 100 + i);
    }
    (void)snprintf(v.observed, sizeof v.observed, "C-STORE 1.2.3.1 SCU");
    ww_fp_medical(fp, &v, 200);
    render("en");
    cr_expect_neq(strstr(text, "1.2.3.1 SCU + 35 further SOP classes (all of them with --format "
                               "json) x36, first frame 101"),
                  NULL, "%s", text);
    cr_expect_neq(strstr(text, "1.2.3.10 SCP + 3 further SOP classes"), NULL, "%s", text);
    cr_expect_neq(strstr(text, "C-STORE 1.2.3.1 SCU x1"), NULL, "%s", text);
    cr_expect_eq(strstr(text, "1.2.3.2 "), NULL, "%s", text);
    cr_expect_neq(strstr(render(NULL), "1.2.3.2 SCU"), NULL, "the JSON names all");
}

Test(footprint, medical_differences)
{
    struct ww_bl_verdict v;
    struct ww_slice none = { NULL, 0 };
    ww_bl_dicom_context(b, NULL, none, WW_SLICE_LIT("1.2.840.10008.5.1.4.1.1.2"), WW_BL_SCU, none,
                        &v);
    ww_fp_medical(fp, &v, 5);
    want(WW_FP_NONE_OBSERVED, 0);
    ww_bl_dicom_assoc(b, NULL, true, WW_SLICE_LIT("CT77"), WW_SLICE_LIT("PACS"), &v);
    ww_fp_medical(fp, &v, 6);
    want(WW_FP_CANNOT_TELL, WW_FP_UNRESOLVED);
    ww_bl_dicom_context(b, NULL, none, WW_SLICE_LIT("1.2.840.10008.5.1.4.1.1.4"), WW_BL_SCU, none,
                        &v);
    ww_fp_medical(fp, &v, 9);
    ww_fp_medical(fp, &v, 8);
    want(WW_FP_DEVIATION, WW_FP_UNRESOLVED);
    cr_expect_neq(
        strstr(render("en"), "1.2.840.10008.5.1.4.1.1.4 SCU | SOP class x2, first frame 8"), NULL,
        "%s", text);
    cr_expect_neq(strstr(render(NULL), "\"reason\":\"sop_class\""), NULL, "%s", text);
}

Test(footprint, full_tables_are_told)
{
    for (uint32_t i = 0; i < 2100; i++) {
        struct ww_bl_flow f = conversation(99, (uint16_t)(2000 + i));
        feed(f, i + 1);
    }
    want(WW_FP_DEVIATION, WW_FP_FULL);
    struct ww_out o = ww_out(text, sizeof text); /* too much for this buffer: cut, not broken */
    ww_fp_text(fp, words, "en", &o);
    cr_expect(o.cut);
}

Test(footprint, json_has_all_parts)
{
    feed(conversation(5, 104), 3);
    feed(conversation(77, 8080), 4);
    render(NULL);
    static const char *const parts[] = { "\"result\":\"deviation_observed\"",
                                         "\"exit_code\":1",
                                         "\"status\":\"never_exercised\"",
                                         "\"same_as\":\"store-1\"",
                                         "\"conduit\":\"query\"",
                                         "\"first_frame\":3",
                                         "\"reason\":\"peer\"",
                                         "\"lost_packets\":null" };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        cr_expect_neq(strstr(text, parts[i]), NULL, "%s in %s", parts[i], text);
}

/* Every word that the text asks for is there in both languages: a missing one prints its key. */
Test(footprint, every_reason_has_words)
{
    for (unsigned r = WW_BL_R_PEER; r <= WW_BL_R_HL7_VERSION; r++) {
        struct ww_bl_verdict v = { .kind = WW_BL_VIOLATION,
                                   .reason = (enum ww_bl_reason)r,
                                   .acl = "",
                                   .ace_name = "",
                                   .conduit = "",
                                   .waits_for = "",
                                   .observed = "x" };
        ww_fp_medical(fp, &v, r);
    }
    cr_expect_eq(strstr(render("en"), "reason_"), NULL, "%s", text);
    cr_expect_eq(strstr(render("ja"), "reason_"), NULL, "%s", text);
    cr_expect_eq(strstr(text, "l_"), NULL, "%s", text);
}
