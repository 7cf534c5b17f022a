/* Reports: widths and wrapping, the summary as text and JSON from one store, alerts list and show. */
#include "rules/devices/events.h"
#include "rules/judge.h"
#include "sensor/event_core.h"
#include "store/report/page.h"
#include "store/store.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SEC 1000000000u
#define T0 (1780000000u * (uint64_t)SEC)
#define S(x) ww_slice_str(x)

static struct ww_registry reg;
static struct ww_guide *guide;
static union {
    struct ww_event e;
    uint8_t room[WW_EVENT_MAX];
} ev;
static char text[1 << 20];

static void setup(void)
{
    struct ww_err e = { .rc = WW_OK };
    cr_assert(ww_registry_add(&reg, ww_core_events, &e) == WW_OK);
    cr_assert(ww_registry_add(&reg, ww_guide_events, &e) == WW_OK);
    cr_assert(ww_registry_add(&reg, ww_judge_events, &e) == WW_OK);
    cr_assert(ww_guide_load(&guide, NULL, &e) == WW_OK, "%s", e.text);
}
static void teardown(void) { ww_guide_free(guide); }
TestSuite(report, .init = setup, .fini = teardown);

static const char *const sources[] = { "ward-morning.pcap", NULL };

static void *blank(const struct ww_event_type *t, uint64_t ts)
{
    memset(&ev, 0, sizeof ev);
    ev.e.type = t;
    ev.e.ts = ts;
    ev.e.frame = 7;
    ev.e.dissector = WW_NO_DISSECTOR;
    return ev.e.body;
}

static void evidence(struct ww_store *s, const char *id, const char *what, const char *value)
{
    struct ww_device_evidence *b = blank(&ww_device_evidence_type, T0);
    WW_SET(b->id, S(id));
    WW_SET(b->attribute, S(what));
    WW_SET(b->value, S(value));
    WW_SET(b->source, S("test"));
    b->confidence = 3;
    b->ip = ww_ip4(0x0a0a140f);
    b->mac = (struct ww_mac){ { 0, 0x13, 0x95, 0x20, 0, 0x15 } };
    ww_store_put(s, &ev.e);
}

static void conversation(struct ww_store *s, const char *id, const char *peer, const char *peer_id,
                         const char *dir, unsigned port, const char *app, const char *verdict)
{
    struct ww_device_conversation *b = blank(&ww_device_conversation_type, T0);
    WW_SET(b->id, S(id));
    WW_SET(b->peer, S(peer));
    WW_SET(b->peer_id, S(peer_id));
    WW_SET(b->direction, S(dir));
    WW_SET(b->app, S(app));
    WW_SET(b->verdict, S(verdict));
    WW_SET(b->day, S("2026-05-28"));
    b->ip_proto = 6;
    b->port = (uint16_t)port;
    b->flows = 3;
    b->bytes_out = 1234567;
    b->bytes_in = 890;
    b->first = T0;
    b->last = T0 + SEC;
    ww_store_put(s, &ev.e);
}

static struct ww_alert *alert(uint64_t id, unsigned class, unsigned level, const char *track)
{
    struct ww_alert *a = blank(&ww_alert_type, T0 + SEC);
    a->alert_id = id;
    a->class = (uint16_t)class;
    WW_SET(a->variant, S("a"));
    a->level = (uint8_t)level;
    WW_SET(a->track, S(track));
    a->s_h = 2;
    a->first_seen = T0;
    a->last_seen = T0 + id * SEC;
    a->count = id;
    WW_SET(a->asset_id, S("ct-01"));
    WW_SET(a->device_label, S("CT 装置 1"));
    WW_SET(a->peer, S("203.0.113.9"));
    a->ip_proto = 6;
    a->port = 443;
    a->confidence = WW_CONF_HIGH;
    a->subjects = WW_NULL32;
    a->bytes_out = WW_NULL64;
    a->coverage__loss_ppm = WW_NULL32;
    a->evidence__frame = 42;
    return a;
}

static struct ww_stats *stats(uint64_t ts, const char *grade)
{
    struct ww_stats *b = blank(&ww_stats_type, ts);
    b->capture__packets = 1234567;
    b->capture__bytes = 987654321;
    b->capture__kernel_drops = WW_NULL64;
    b->stream__gap_bytes = 4096;
    b->flow__total = 321;
    b->coverage__loss_ppm = WW_NULL32;
    b->coverage__one_way_ppm = 31000;
    b->coverage__midstream_ppm = 20;
    b->coverage__truncated_ppm = 0;
    WW_SET(b->coverage__grade, S(grade));
    WW_ADD(b->coverage__reasons, S("loss_unknown"));
    WW_ADD(b->coverage__reasons, S("gaps in streams"));
    return b;
}

static struct ww_store *empty(const char *hospital)
{
    struct ww_store *s = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct ww_store_cfg c = { .path = ":memory:", .registry = &reg, .source_names = sources,
                              .command = "analyze", .version = "test", .hospital = hospital,
                              .site_file = hospital != NULL ? "site.yaml" : NULL };
    cr_assert(ww_store_open(&s, &c, &e) == WW_OK, "%s", e.text);
    return s;
}

static struct ww_store *ward(void)
{
    struct ww_store *s = empty("Example General Hospital");
    evidence(s, "ct-01", "name", "CT 装置 1");
    evidence(s, "ct-01", "vendor", "Example Imaging");
    evidence(s, "ct-01", "model", "Scanner 64");
    evidence(s, "ct-01", "class", "II");
    evidence(s, "ct-01", "role", "diagnostic");
    evidence(s, "ct-01", "ae_title", "CT01");
    evidence(s, "ct-01", "baseline", "ct-scanner.json");
    evidence(s, "ip:10.10.40.99", "hostname", "evil\x1b[2J\xe2\x80\xaename");
    conversation(s, "ct-01", "10.10.10.5", "pacs-1", "out", 11112, "dicom", "permitted");
    conversation(s, "ct-01", "203.0.113.9", "", "out", 443, "tls", "violation");
    conversation(s, "ct-01", "10.10.30.1", "", "in", 22, "ssh", "unbound");
    alert(1, 104, 4, "P");
    ww_store_put(s, &ev.e);
    alert(2, 101, 4, "H");
    ww_store_put(s, &ev.e);
    alert(3, 502, 2, "H");
    ww_store_put(s, &ev.e);
    stats(T0 + SEC, "B");
    ww_store_put(s, &ev.e);
    struct ww_err e = { .rc = WW_OK };
    cr_assert(ww_store_sync(s, &e) == WW_OK, "%s", e.text);
    return s;
}

static struct ww_report_cfg config(bool ja)
{
    return (struct ww_report_cfg){ .ja = ja, .texts = { .guide = guide } };
}

static const char *summary(struct ww_store *s, struct ww_report_cfg c)
{
    struct ww_err e = { .rc = WW_OK };
    struct ww_out o = ww_out(text, sizeof text - 1);
    cr_assert(ww_store_sync(s, &e) == WW_OK, "%s", e.text);
    cr_assert(ww_report_summary(&o, s, &c, &e) == WW_OK, "%s", e.text);
    cr_assert(not(o.cut));
    text[o.n] = 0;
    return text;
}

static bool has(const char *x) { return strstr(text, x) != NULL; }
static size_t at(const char *x)
{
    const char *p = strstr(text, x);
    cr_assert(p != NULL, "no '%s' in:\n%s", x, text);
    return (size_t)(p - text);
}

static void close_ok(struct ww_store *s)
{
    struct ww_err e = { .rc = WW_OK };
    cr_assert(ww_store_close(s, &e) == WW_OK, "%s", e.text);
}

/* No line is wider than the page, and nothing reaches the terminal that could drive it. */
static void tidy(unsigned width)
{
    for (char *p = text; *p != 0;) {
        size_t n = strcspn(p, "\n");
        struct ww_slice line = { (uint8_t *)p, n };
        cr_assert(ww_text_width(line) <= width, "%u columns: %.*s", ww_text_width(line), (int)n, p);
        cr_assert(n == 0 || p[n - 1] != ' ', "space at the end: %.*s|", (int)n, p);
        p += n + (p[n] == '\n');
    }
    cr_assert(strchr(text, 0x1b) == NULL);
    cr_assert(strstr(text, "\xe2\x80\xae") == NULL);
}

Test(report, summary_tells_everything)
{
    struct ww_store *s = ward();
    summary(s, config(false));
    tidy(100);
    cr_assert(at("Example General Hospital") < at("ward-morning.pcap"));
    at("2026-05-29 05:26:40 to");
    /* coverage: what is unknown is said as unknown */
    at("B (small losses)");
    at("1,234,567 packets (988 MB) in 321 flows");
    at("lost unknown; begun before the capture <0.01 % of TCP flows; one direction only 3.10 %");
    at("packets dropped by the kernel: unknown");
    at("missing bytes inside of streams: 4,096");
    at("because: nothing could have shown a loss; gaps in streams");
    /* devices */
    at("2 seen, 1 without a declaration");
    at("ct-scanner.json");
    at("evil\\x1b[2J\\u202e");
    /* conversations: the worst first, one between two devices once */
    cr_assert(at("NOT DECLARED") < at("no declaration\n") && at("no declaration\n") < at("ct-01 → pacs-1"));
    cr_assert(not(has("pacs-1 ←")));
    at("ct-01 ← 10.10.30.1");
    at("1.2 MB");
    /* alerts: level, then H before P (INV-06) */
    at("2 CRITICAL, 1 CAUTION");
    cr_assert(at("no. 2, WD-101a") < at("no. 1, WD-104a"));
    cr_assert(at("no. 1, WD-104a") < at("no. 3, WD-502a"));
    at("seen 1 time,");
    at("frame 42, open");
    cr_assert(at("  Seen ") < at("  Declared ") && at("  Declared ") < at("  May mean "));
    cr_assert(at("  May mean ") < at("  Do first ") && at("  Do first ") < at("  Do not "));
    cr_assert(at("  Do not ") < at("  Call "));
    /* the end */
    cr_assert(at("What was not seen") > at("no. 3, WD-502a"));
    at("Of 2 devices, 1 have no declaration");
    at("No alert does not mean that nothing is wrong.");
    for (const char *p = text; (p = strstr(p, "safe")) != NULL; p++)
        cr_assert(strncmp(p, "safety", 6) == 0, "%.40s", p); /* INV-11 */
    cr_assert(not(has("conform")));
    close_ok(s);
}

Test(report, summary_in_japanese)
{
    struct ww_store *s = ward();
    summary(s, config(true));
    tidy(100);
    at("観測の範囲  B（小さな取りこぼし）");
    at("損失 不明");
    at("宣言外");
    at("まず行う");
    at("警報がないことは、問題がないことを意味しません。");
    close_ok(s);
}

Test(report, work_without_room_is_told)
{
    struct ww_store *s = empty("H");
    struct ww_stats *b = stats(T0, "B");
    b->stream__no_tcp = 11;
    b->app_layer__no_state = 12;
    b->app_layer__no_buffer = 13;
    b->decoder__fragments_evicted = 14;
    b->app_layer__requests_evicted = 15;
    static const char *const why[] = { "tcp_no_room", "state_no_room", "buffer_no_room", "fragments_evicted",
                                       "requests_evicted" };
    for (size_t i = 0; i < 5; i++)
        WW_ADD(b->coverage__reasons, S(why[i]));
    ww_store_put(s, &ev.e);
    struct ww_report_cfg c = config(false);
    c.width = 2000;
    summary(s, c);
    at("TCP connections not reassembled for lack of room: 11; flows not dissected for lack of room: 12");
    at("messages not read for lack of a buffer: 13; unfinished fragmented datagrams pushed out: 14");
    at("requests that could not wait for their result: 15");
    at("the table of TCP connections was full: some were judged by address only");
    at("no room for a dissector's state: some flows were not dissected");
    at("the table of open requests was full: some have no latency");
    c.ja = true;
    summary(s, c);
    at("領域不足で組み立てなかったTCP接続: 11、領域不足で解釈しなかった接続: 12");
    at("応答を待てなかった要求: 15");
    at("緩衝領域が足りず、読めない電文があった");
    c.json = true;
    summary(s, c);
    at("\"no_tcp\":11,\"no_state\":12,\"no_buffer\":13,\"fragments_evicted\":14,\"requests_evicted\":15");
    close_ok(s);
}

Test(report, fits_every_width)
{
    struct ww_store *s = ward();
    for (unsigned w = 60; w <= 240; w += 20)
        for (int ja = 0; ja < 2; ja++) {
            struct ww_report_cfg c = config(ja);
            c.width = w;
            summary(s, c);
            tidy(w);
        }
    close_ok(s);
}

Test(report, nothing_seen_is_not_good_news)
{
    struct ww_store *s = empty(NULL);
    summary(s, config(false));
    tidy(100);
    at("ward-morning.pcap (no packets seen)");
    at("No site file");
    at("unknown (how much was missed is not known)");
    at("losses, one-way and mid-stream shares are unknown");
    at("No device was seen");
    at("None. Read below what was not seen.");
    at("Within what was observed, no deviation was detected.");
    at("Do not treat what was not seen as");
    cr_assert(not(has(" 0 %")));
    close_ok(s);
}

Test(report, lists_are_cut_and_say_so)
{
    struct ww_store *s = empty("H");
    for (unsigned i = 0; i < 50; i++) {
        char id[32];
        snprintf(id, sizeof id, "dev-%02u", i);
        evidence(s, id, "name", id);
        conversation(s, id, "10.0.0.1", "", "out", i + 1, "", "");
        alert(i + 1, 101, 3, "H");
        ww_store_put(s, &ev.e);
    }
    struct ww_report_cfg c = config(false);
    c.rows = 5;
    c.db_path = "x.db";
    summary(s, c);
    tidy(100);
    char *p = text;
    for (int i = 0; i < 3; i++, p++) {
        p = strstr(p, "… and 45 more (use --format json, or read x.db)");
        cr_assert(p != NULL, "%d", i);
    }
    cr_assert(not(has("dev-05")));
    c.json = true;
    summary(s, c);
    cr_assert(t_json_bad(text, strlen(text) - 1) == NULL);
    at("dev-49");
    close_ok(s);
}

Test(report, json_is_the_same_model)
{
    struct ww_store *s = ward();
    struct ww_report_cfg c = config(false);
    c.json = true;
    summary(s, c);
    const char *bad = t_json_bad(text, strlen(text) - 1);
    cr_assert(bad == NULL, "%s", bad);
    at("\"hospital\":\"Example General Hospital\"");
    at("\"grade\":\"B\"");
    at("\"kernel_drops\":null");
    at("\"loss_ppm\":null");
    at("\"devices_without_declaration\":1");
    at("\"open_alerts_by_level\":{\"1\":0,\"2\":1,\"3\":0,\"4\":2,\"5\":0}");
    at("\"class_id\":\"WD-104\",\"state\":\"open\"");
    at("\"ae_title\":[\"CT01\"]");
    at("\"device\":\"ct-01\",\"peer\":\"10.10.10.5\"");
    at("\"not_seen\":{\"ja\":[");
    close_ok(s);
    s = empty(NULL);
    summary(s, c);
    cr_assert(t_json_bad(text, strlen(text) - 1) == NULL);
    at("\"coverage\":{\"known\":false,\"grade\":\"?\",\"packets\":null");
    close_ok(s);
}

Test(report, operators_hide_only_what_may_be_hidden)
{
    struct ww_store *s = ward();
    struct ww_err e = { .rc = WW_OK };
    struct ww_report_cfg c = config(false);
    struct ww_operator op = { .action = "suppress", .alert = 3, .who = "ce1", .why = "renewal planned",
                              .at_ns = T0, .until_ns = T0 + 100 * (uint64_t)SEC };
    cr_assert(ww_store_sync(s, &e) == WW_OK);
    cr_assert(ww_store_act(s, &op, &e) == WW_OK, "%s", e.text);
    op = (struct ww_operator){ .action = "close", .alert = 2, .who = "ce1", .why = "settled", .at_ns = T0 };
    cr_assert(ww_store_act(s, &op, &e) == WW_OK, "%s", e.text);
    summary(s, c);
    at("1 CRITICAL, 1 closed, 1 suppressed");
    cr_assert(not(has("no. 3,")));
    cr_assert(not(has("no. 2,")));
    cr_assert(not(has("no deviation was detected")));
    c.now_ns = T0 + 200 * (uint64_t)SEC; /* the suppression is over */
    summary(s, c);
    at("no. 3,");
    /* its level rises: levels 4 and 5 are never hidden (INV-07) */
    c.now_ns = T0;
    alert(3, 502, 4, "H");
    ww_store_put(s, &ev.e);
    summary(s, c);
    at("no. 3,");
    close_ok(s);
}

static const char *list(struct ww_store *s, struct ww_report_cfg c)
{
    struct ww_err e = { .rc = WW_OK };
    struct ww_out o = ww_out(text, sizeof text - 1);
    cr_assert(ww_report_alerts(&o, s, &c, &e) == WW_OK, "%s", e.text);
    text[o.n] = 0;
    return text;
}

Test(report, alerts_list_and_show)
{
    struct ww_store *s = ward();
    struct ww_err e = { .rc = WW_OK };
    struct ww_report_cfg c = config(false);
    struct ww_operator op = { .action = "ack", .alert = 2, .who = "ce\x1b[1m", .at_ns = T0 };
    cr_assert(ww_store_sync(s, &e) == WW_OK);
    cr_assert(ww_store_act(s, &op, &e) == WW_OK, "%s", e.text);
    list(s, c);
    tidy(100);
    at("CRITICAL");
    at("acknow");
    c.json = true;
    list(s, c);
    cr_assert(t_json_bad(text, strlen(text) - 1) == NULL);
    struct ww_out o = ww_out(text, sizeof text - 1);
    cr_assert(ww_report_alert(&o, s, 2, &c, &e) == WW_OK, "%s", e.text);
    text[o.n] = 0;
    cr_assert(t_json_bad(text, o.n - 1) == NULL);
    at("\"actions\":[{\"at\":\"2026-05-28T20:26:40.000000Z\",\"who\":\"ce\\u001b[1m\"");
    c.json = false;
    o = ww_out(text, sizeof text - 1);
    cr_assert(ww_report_alert(&o, s, 2, &c, &e) == WW_OK, "%s", e.text);
    text[o.n] = 0;
    tidy(100);
    at("  Basis ");
    at("  Limits ");
    at("What was decided\n  2026-05-29 05:26:40 JST  ack by ce\\x1b[1m");
    cr_assert(ww_report_alert(&o, s, 99, &c, &e) == WW_E_CONF);
    cr_assert(strstr(e.text, "no alert 99") != NULL, "%s", e.text);
    cr_assert(ww_report_alert(&o, s, 0, &c, &e) == WW_E_CONF);
    close_ok(s);
    s = empty(NULL);
    list(s, c);
    at("does not mean that nothing is wrong");
    close_ok(s);
}

Test(report, without_texts_the_record_is_shown)
{
    struct ww_store *s = ward();
    struct ww_report_cfg c = config(false);
    c.texts.guide = NULL;
    summary(s, c);
    tidy(100);
    at("[4] WD-104: ct-01");
    at("  Peer        203.0.113.9");
    close_ok(s);
}

/* Patient data cannot come in through what is stored: pseudonyms are refused, and the texts hold only
 * typed values. The canary in a name of a host stays the only place where it can appear. */
Test(report, no_canary)
{
    struct ww_store *s = ward();
    for (int json = 0; json < 2; json++) {
        struct ww_report_cfg c = config(json);
        c.json = json;
        summary(s, c);
        cr_assert(t_canary(text, strlen(text)) == NULL);
    }
    close_ok(s);
}

Test(report, colours_only_when_asked)
{
    struct ww_store *s = ward();
    struct ww_report_cfg c = config(false);
    c.color = true;
    summary(s, c);
    at("\033[1;31m");
    close_ok(s);
    cr_assert(not(ww_term_color(-1)));
    int fd = open("/dev/null", 0);
    cr_assert(eq(u32, ww_term_width(fd), 100));
    cr_assert(not(ww_term_color(fd)));
}

/* ---- widths and numbers ----------------------------------------------------------------------------- */
Test(report, widths)
{
    cr_assert(eq(u32, ww_text_width(S("abc")), 3));
    cr_assert(eq(u32, ww_text_width(S("警報")), 4));
    cr_assert(eq(u32, ww_text_width(S("ｶﾅﾘﾔ")), 4)); /* half-width */
    cr_assert(eq(u32, ww_text_width(S("Ａ！")), 4)); /* full-width */
    cr_assert(eq(u32, ww_text_width(S("e\xcc\x81")), 1)); /* combining acute */
    cr_assert(eq(u32, ww_text_width(S("\xe2\x80\x8b")), 0)); /* zero-width space */
    cr_assert(eq(u32, ww_text_width(S("한글")), 4));
    cr_assert(eq(u32, ww_text_width(S("\xf0\xa0\xae\xb7")), 2)); /* plane 2 */
    cr_assert(eq(u32, ww_text_width((struct ww_slice){ NULL, 0 }), 0));
    cr_assert(eq(sz, ww_text_fit(S("警報"), 3), 3));
    cr_assert(eq(sz, ww_text_fit(S("警報"), 1), 0));
}

static const char *wrapped(const char *s, unsigned width)
{
    static char b[1024];
    struct ww_out o = ww_out(b, sizeof b - 1);
    struct ww_slice rest = S(s), line;
    while (rest.n > 0 && ww_text_line(&rest, width, &line) > 0) {
        ww_out_raw(&o, line.p, line.n);
        ww_out_c(&o, '|');
    }
    b[o.n] = 0;
    return b;
}

Test(report, wrapping)
{
    cr_assert(eq(str, (char *)wrapped("one two three", 7), "one two|three|"));
    cr_assert(eq(str, (char *)wrapped("one two three", 8), "one two|three|"));
    cr_assert(eq(str, (char *)wrapped("unbreakable", 4), "unbr|eaka|ble|"));
    cr_assert(eq(str, (char *)wrapped("  a  ", 4), "a|"));
    cr_assert(eq(str, (char *)wrapped("", 4), ""));
    /* no line begins with a full stop, none ends with an opening bracket */
    cr_assert(eq(str, (char *)wrapped("確認する。次", 8), "確認す|る。次|"));
    cr_assert(eq(str, (char *)wrapped("機器「次」", 6), "機器|「次」|"));
    cr_assert(eq(str, (char *)wrapped("警", 1), "警|")); /* narrower than a character: still ends */
}

Test(report, numbers_for_people)
{
    char b[WW_NUM];
    cr_assert(eq(str, (char *)ww_num_text(b, 0), "0"));
    cr_assert(eq(str, (char *)ww_num_text(b, 1234567), "1,234,567"));
    cr_assert(eq(str, (char *)ww_num_text(b, UINT64_MAX), "18,446,744,073,709,551,615"));
    cr_assert(eq(str, (char *)ww_bytes_text(b, 999), "999 B"));
    cr_assert(eq(str, (char *)ww_bytes_text(b, 1000), "1.0 kB"));
    cr_assert(eq(str, (char *)ww_bytes_text(b, 1234567), "1.2 MB"));
    cr_assert(eq(str, (char *)ww_bytes_text(b, 999999), "1.0 MB"));
    cr_assert(eq(str, (char *)ww_bytes_text(b, UINT64_MAX), "18.4 EB"));
    cr_assert(eq(str, (char *)ww_ppm_text(b, 0), "0 %"));
    cr_assert(eq(str, (char *)ww_ppm_text(b, 3), "<0.01 %"));
    cr_assert(eq(str, (char *)ww_ppm_text(b, 12345), "1.23 %"));
    cr_assert(eq(str, (char *)ww_ppm_text(b, 1000000), "100 %"));
    cr_assert(eq(str, (char *)ww_span_text(b, false, 3u * 3600 * (uint64_t)SEC + 120 * (uint64_t)SEC),
                 "3 h 2 min"));
    cr_assert(eq(str, (char *)ww_span_text(b, true, 5), "1秒未満"));
    cr_assert(eq(str, (char *)ww_zone_text(b, 330), "UTC+5:30"));
    cr_assert(eq(str, (char *)ww_when_text(b, 5, -60), "1970-01-01 00:00:00"));
}
