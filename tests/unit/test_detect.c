/* Detectors: each class is raised by its condition, and not by its neighbour's. */
#include "tests/judge_support.h"
#include <criterion/new/assert.h>
#include <unistd.h>

static const char SITE[] =
    "zones:\n"
    "  - {id: imaging, subnets: [10.10.20.0/24], connection: closed}\n"
    "  - {id: servers, subnets: [10.10.10.0/24], connection: hospital}\n"
    "  - {id: air, subnets: [10.10.60.0/24], wireless: true}\n"
    "services: {dns: [10.10.10.2], ntp: [10.10.10.2], syslog: [10.10.10.7]}\n"
    "controllers: {\"urn:x-hospital:pacs\": [10.10.10.5], \"urn:x-hospital:modalities\": "
    "[10.10.20.15],\n"
    "  \"urn:x-hospital:viewers\": [10.10.60.31], \"urn:x-hospital:hl7-engine\": [10.10.10.20]}\n"
    "devices:\n"
    "  - {id: ct-01, name: CT scanner 1, ip: [10.10.20.15], class: II, role: diagnostic,\n"
    "     zone: imaging, baseline: ct-scanner.json, ae_titles: [CT01]}\n"
    "  - {id: pacs-1, name: PACS, ip: [10.10.10.5], class: II, role: clinical-server,\n"
    "     zone: servers, baseline: pacs.json, ae_titles: [PACS1]}\n"
    "  - {id: pump-1, name: Pump, ip: [10.10.60.9], class: III, role: therapy, zone: air}\n"
    "  - {id: old-1, name: Old X-ray, ip: [10.10.10.44], class: II, connection: closed}\n"
    "  - {id: mail-1, name: Mail, ip: [10.10.10.30], role: it, zone: servers}\n"
    "  - {id: svc-1, name: Names, ip: [10.10.10.2], role: it, zone: servers}\n"
    "  - {id: log-1, name: Logs, ip: [10.10.10.7], role: it, zone: servers}\n"
    "maintenance:\n"
    "  - {device: ct-01, source: 10.10.10.0/24, from: 2026-01-01, to: 2027-12-31}\n"
    "exceptions:\n"
    "  - {device: ct-01, class: WD-101, peer: 10.10.10.30, reason: test, owner: HIT, expires: "
    "2030-01-01}\n";

static struct ww_end at(const char *ip, uint16_t port)
{
    return tj_end(ip, NULL, port);
}
static struct ww_end ct(uint16_t port)
{
    return at("10.10.20.15", port);
}
static struct ww_end pacs(uint16_t port)
{
    return at("10.10.10.5", port);
}
static struct tj *open_site(void)
{
    return tj_open(SITE, NULL, NULL, NULL);
}
static bool says(const struct tj *t, const char *text)
{
    return strstr(tj_list_alerts(t), text) != NULL;
}

/* ---- WD-101 ---- */
Test(wd101, by_direction_and_not_for_permitted_services)
{
    struct tj *t = open_site();
    tj_flow_all(t, ct(1), at("10.10.10.44", 8080), NULL, true);
    tj_flow_all(t, at("10.10.10.44", 2), ct(4000), NULL, true);
    tj_flow_all(t, ct(3), at("10.10.10.7", 514), NULL, true); /* the hospital's log server */
    const struct ww_alert *a = tj_alert(t, 101, 'a', "ct-01"), *b = tj_alert(t, 101, 'b', "ct-01");
    cr_assert(a != NULL && b != NULL, "%s", tj_list_alerts(t));
    cr_assert(ww_slice_eqs(WW_STR(a->peer), "10.10.10.44"));
    cr_assert(ww_slice_eqs(WW_STR(a->peer_role), "Old X-ray"));
    cr_assert(eq(int, a->port, 8080));
    cr_assert(eq(int, a->likelihood, 1)); /* 2, less 1 for the maintenance window (E8) */
    cr_assert(eq(int, a->modifiers, 128));
    cr_assert(eq(int, a->level, 1));
    tj_flow_all(t, ct(9), at("10.10.60.9", 8080), NULL, true); /* from elsewhere */
    a = tj_alert(t, 101, 'a', "ct-01");
    cr_assert(eq(int, a->modifiers, 2)); /* E2, a wireless zone */
    cr_assert(not(says(t, "10.10.10.7")), "%s", tj_list_alerts(t));
    tj_close(t);
}

Test(wd101, an_attempt_without_answer_is_told_at_its_end_once)
{
    struct tj *t = open_site();
    struct tj_flow f = tj_flow_open(t, ct(1), at("10.10.10.66", 445), NULL, false);
    cr_assert_null(tj_alert(t, 101, 'a', "ct-01"));
    tj_flow_end(t, &f, 3, 0);
    const struct ww_alert *a = tj_alert(t, 101, 'a', "ct-01");
    if (a == NULL) /* the scanner's declaration says that it never uses file sharing */
        a = tj_alert(t, 102, 'a', "ct-01");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(says(t, "no answer"), "%s", tj_list_alerts(t));
    cr_assert(eq(u64, a->count, 1));
    tj_close(t);
}

Test(wd101, an_exception_is_marked_not_hidden)
{
    struct tj *t = open_site();
    tj_flow_all(t, ct(1), at("10.10.10.30", 8080), NULL, true);
    const struct ww_alert *a = tj_alert(t, 101, 'a', "ct-01");
    if (a != NULL)
        cr_assert(gt(int, a->exception.len, 0));
    cr_assert(not(says(t, "WD-102")), "%s", tj_list_alerts(t));
    tj_close(t);
}

/* ---- WD-102 ---- */
Test(wd102, asks_listens_and_other_content)
{
    struct tj *t = open_site();
    tj_flow_all(t, ct(1), pacs(8443), NULL, true);
    cr_assert_not_null(tj_alert(t, 102, 'a', "ct-01"), "%s", tj_list_alerts(t));
    cr_assert_not_null(tj_alert(t, 102, 'b', "pacs-1"), "%s", tj_list_alerts(t));
    tj_flow_all(t, ct(2), pacs(104), "hl7", true);
    const struct ww_alert *c = tj_alert(t, 102, 'c', "ct-01");
    cr_assert_not_null(c, "%s", tj_list_alerts(t));
    cr_assert(ww_slice_eqs(WW_STR(c->observed), "hl7"));
    cr_assert(ww_slice_eqs(WW_STR(c->declared), "dicom"));
    tj_close(t);
}

/* The CT's declaration, with every conduit open to encryption; the caller removes the file. */
static const char *write_optional(void)
{
    static char path[64];
    char line[1024];
    (void)snprintf(path, sizeof path, "/tmp/ww_optional_%d.json", (int)getpid());
    FILE *from = fopen(WW_SOURCE_DIR "/contrib/examples/ct-scanner.json", "r"), *to = fopen(path, "w");
    cr_assert(from != NULL && to != NULL);
    while (fgets(line, sizeof line, from) != NULL) {
        char *at = strstr(line, "\"encryption\": \"none\"");
        if (at != NULL)
            *at = 0;
        (void)fprintf(to, "%s%s%s", line, at != NULL ? "\"encryption\": \"optional\"" : "",
                      at != NULL ? at + strlen("\"encryption\": \"none\"") : "");
    }
    (void)fclose(from);
    (void)fclose(to);
    return path;
}

/* TLS on a conduit that may be encrypted is what was declared; the conversation says what is inside. */
Test(wd102, tls_is_the_declared_content_where_it_may_be)
{
    const char *path = write_optional();
    struct tj *t = tj_open(SITE, path, "ct-01", NULL);
    tj_flow_all(t, ct(2), pacs(104), "tls", true);
    cr_assert_null(tj_alert(t, 102, 'c', "ct-01"), "%s", tj_list_alerts(t));
    cr_assert_not_null(tj_alert(t, 102, 'c', "pacs-1"), "its own declaration has no encryption");
    ww_judge_end(t->j, t->now, tj_keep, t);
    const struct ww_event *e = tj_find(t, "device.conversation", 0);
    cr_assert(eq(str, (char *)tj_text(e, "app"), "tls"));
    cr_assert(eq(str, (char *)tj_text(e, "carries"), "dicom"));
    cr_assert(eq(str, (char *)tj_text(e, "carries_by"), "declaration"));
    (void)unlink(path);
    tj_close(t);
}

/* ---- WD-103, WD-104 ---- */
/* A device whose declaration names a destination outside, and a site that knows it. */
static struct tj *open_updater(const char *path)
{
    char site[512];
    (void)snprintf(site, sizeof site,
                   "zones: [{id: lab, subnets: [10.10.70.0/24], connection: internet}]\n"
                   "devices: [{id: lab-1, name: Analyser, ip: [10.10.70.1], class: II, zone: lab,"
                   " baseline: %s}]\n",
                   path);
    return tj_open(site, NULL, NULL, NULL);
}

Test(wd103, outside_for_a_device_that_may_leave)
{
    const char *path = tj_write_named();
    struct tj *t = open_updater(path);
    tj_flow_all(t, at("10.10.70.1", 1), at("203.0.113.9", 443), NULL, true);
    cr_assert(not(says(t, "WD-103")), "%s", tj_list_alerts(t)); /* a name may stand behind it */
    struct ww_event *e = tj_event(t, "dns.answer", at("10.10.70.1", 5353), at("10.10.70.2", 53));
    e->dir = WW_B;
    tj_ip(e, "client", "10.10.70.1");
    tj_str(e, "name", "evil.example");
    tj_ip(e, "address", "203.0.113.9");
    tj_see(t, e);
    tj_flow_all(t, at("10.10.70.1", 1), at("203.0.113.9", 443), NULL, true);
    cr_assert_not_null(tj_alert(t, 103, 'b', "lab-1"), "%s", tj_list_alerts(t));
    tj_flow_all(t, at("10.10.70.1", 1), at("203.0.113.11", 8080), NULL, true);
    tj_flow_all(t, at("203.0.113.10", 5), at("10.10.70.1", 2222), NULL, true);
    cr_assert_not_null(tj_alert(t, 103, 'c', "lab-1"), "%s", tj_list_alerts(t));
    cr_assert(not(says(t, "WD-104")), "%s", tj_list_alerts(t));
    cr_assert(not(says(t, "WD-101")), "%s", tj_list_alerts(t));
    (void)unlink(path);
    tj_close(t);
}

Test(wd104, established_and_tried_by_zone_and_by_ledger_without_declaration)
{
    struct tj *t = open_site();
    tj_flow_all(t, ct(1), at("203.0.113.9", 443), "dicom", true);
    const struct ww_alert *b = tj_alert(t, 104, 'b', "ct-01");
    cr_assert_not_null(b, "%s", tj_list_alerts(t));
    cr_assert(ww_slice_eqs(WW_STR(b->declared), "closed_by_zone"));
    cr_assert(eq(int, b->level, 4)); /* alert model 3.4: closed CT, established */
    cr_assert(eq(u64, b->count, 1));
    cr_assert(not(says(t, "WD-103")), "%s", tj_list_alerts(t));
    ww_judge_end(t->j, t->now, tj_keep, t);
    b = tj_alert(t, 104, 'b', "ct-01");
    cr_assert(eq(u64, b->bytes_out, 300)); /* known when the flow was over; still one observation */
    cr_assert(eq(u64, b->count, 1));
    tj_flow_all(t, ct(2), at("203.0.113.10", 443), NULL, false);
    const struct ww_alert *a = tj_alert(t, 104, 'a', "ct-01");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(eq(int, a->level_raised, 3)); /* alert model 3.4: closed CT, tried only */
    tj_flow_all(t, at("10.10.10.44", 3), at("203.0.113.9", 80), NULL, true);
    b = tj_alert(t, 104, 'b', "old-1");
    cr_assert_not_null(b, "%s", tj_list_alerts(t));
    cr_assert(ww_slice_eqs(WW_STR(b->declared), "closed_by_ledger"));
    tj_close(t);
}

static void answer(struct tj *t, const char *client, const char *name, const char *address)
{
    struct ww_event *e = tj_event(t, "dns.answer", at(client, 5353), at("10.10.10.2", 53));
    e->dir = WW_B;
    e->ip_proto = 17;
    tj_ip(e, "client", client);
    tj_str(e, "name", name);
    tj_ip(e, "address", address);
    tj_num(e, "ttl", 60);
    tj_see(t, e);
}

Test(wd104, a_name_waits_for_the_connection)
{
    struct tj *t = open_site();
    tj_flow_all(t, ct(1), at("10.10.10.2", 53), NULL, true);
    answer(t, "10.10.20.15", "one.example", "203.0.113.1");
    answer(t, "10.10.20.15", "two.example", "203.0.113.2");
    answer(t, "10.10.20.15", "pacs.example", "10.10.10.5"); /* inside */
    tj_flow_all(t, ct(2), at("203.0.113.1", 443), NULL, true);
    cr_assert(not(says(t, "WD-104a")), "%s", tj_list_alerts(t));
    t->now += 31 * TJ_SEC;
    ww_judge_tick(t->j, t->now, tj_keep, t);
    const struct ww_alert *a = tj_alert(t, 104, 'a', "ct-01");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(ww_slice_eqs(WW_STR(a->peer), "two.example"));
    cr_assert(not(says(t, "look-up of one.example")), "%s", tj_list_alerts(t));
    cr_assert(not(says(t, "pacs.example")), "%s", tj_list_alerts(t));
    tj_close(t);
}

Test(wd103, a_name_at_the_end_of_the_input)
{
    const char *path = tj_write_named();
    struct tj *t = open_updater(path);
    tj_flow_all(t, at("10.10.70.1", 1), at("10.10.70.2", 53), NULL, true);
    answer(t, "10.10.70.1", "cloud.example", "203.0.113.1");
    answer(t, "10.10.70.1", "update.example", "203.0.113.2"); /* declared */
    ww_judge_end(t->j, t->now, tj_keep, t);
    cr_assert_not_null(tj_alert(t, 103, 'a', "lab-1"), "%s", tj_list_alerts(t));
    cr_assert(not(says(t, "update.example")), "%s", tj_list_alerts(t));
    (void)unlink(path);
    tj_close(t);
}

/* ---- WD-106 ---- */
static struct ww_event *hl7(struct tj *t, struct ww_end a, struct ww_end b, const char *type,
                            const char *trigger)
{
    struct ww_event *e = tj_event(t, "hl7.message", a, b);
    tj_str(e, "message_type", type);
    tj_str(e, "trigger", trigger);
    tj_str(e, "version", "2.5.1");
    return e;
}

Test(wd106, undeclared_message_to_the_archive)
{
    struct tj *t = open_site();
    tj_see(t, hl7(t, at("10.10.10.20", 1), pacs(2575), "ZZZ", "Z01"));
    const struct ww_alert *a = tj_alert(t, 106, 'a', "pacs-1");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(strstr(tj_list_alerts(t), "ZZZ") != NULL, "%s", tj_list_alerts(t));
    tj_close(t);
}

Test(wd106, a_scanner_that_speaks_hl7)
{
    struct tj *t = open_site();
    tj_see(t, hl7(t, ct(1), at("10.10.10.20", 2575), "ORU", "R01"));
    cr_assert_not_null(tj_alert(t, 106, 'a', "ct-01"), "%s", tj_list_alerts(t));
    tj_close(t);
}

/* ---- WD-301 ---- */
static void store(struct tj *t, struct ww_end a, struct ww_end b, uint32_t kinds, uint64_t person)
{
    struct ww_event *e = tj_event(t, "dicom.request", a, b);
    tj_str(e, "command", "C-STORE");
    tj_num(e, "phi_kinds", kinds);
    tj_num(e, "patient", person);
    tj_see(t, e);
}

Test(wd301, counts_people_and_keeps_no_value)
{
    struct tj *t = open_site();
    for (uint64_t p = 1; p <= 5; p++)
        store(t, ct(1), pacs(104), 1 | 2, p % 3 + 1);
    ww_judge_end(t->j, t->now, tj_keep, t);
    const struct ww_alert *a = tj_alert(t, 301, 'a', "ct-01");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(eq(u32, a->subjects, 3));
    cr_assert(eq(u64, a->count, 5));
    cr_assert(eq(u32, a->phi_kinds, 3));
    tj_close(t);
}

Test(wd301, by_zone_and_only_for_what_identifies)
{
    struct tj *t = open_site();
    store(t, ct(1), pacs(104), 128 | 64 | 32, 1); /* sex, staff, order numbers: nobody alone */
    cr_assert(not(says(t, "WD-301")), "%s", tj_list_alerts(t));
    store(t, at("10.10.60.9", 1), pacs(104), 1, 1);
    cr_assert_not_null(tj_alert(t, 301, 'b', "pump-1"), "%s", tj_list_alerts(t));
    store(t, at("203.0.113.5", 1), pacs(104), 1, 1); /* the client is outside: the PACS is told */
    const struct ww_alert *a = tj_alert(t, 301, 'c', "pacs-1");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(eq(int, a->level, 4)); /* alert model 3.4: outside the hospital */
    tj_close(t);
}

/* ---- WD-501, WD-502 ---- */
Test(wd501, medical_other_and_random_once_each)
{
    struct tj *t = open_site();
    for (unsigned i = 0; i < 3; i++)
        tj_flow_all(t, at("10.10.20.99", 1), pacs(104), "dicom", true);
    tj_flow_all(t, tj_end("10.10.20.98", "00:00:5e:00:53:98", 1), pacs(8000), NULL, true);
    tj_flow_all(t, tj_end("10.10.20.97", "02:00:5e:00:53:97", 1), pacs(8000), NULL, true);
    tj_flow_all(t, at("172.16.0.1", 1), pacs(8000), NULL, true); /* in no zone */
    const struct ww_alert *a = tj_alert(t, 501, 'a', "ip:10.10.20.99");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(eq(u64, a->count, 1));
    cr_assert(eq(int, a->level, 2)); /* alert model 3.4 */
    cr_assert_not_null(tj_alert(t, 501, 'b', "mac:00:00:5e:00:53:98"), "%s", tj_list_alerts(t));
    cr_assert_not_null(tj_alert(t, 501, 'c', "mac:02:00:5e:00:53:97"), "%s", tj_list_alerts(t));
    cr_assert(not(says(t, "WD-501b ip:172.16.0.1")), "%s", tj_list_alerts(t));
    cr_assert(not(says(t, "WD-502a ip:10.10.20.99")), "%s", tj_list_alerts(t)); /* 501 says it */
    tj_close(t);
}

Test(wd501, not_without_a_ledger)
{
    struct tj *t = tj_open(NULL, NULL, NULL, NULL);
    tj_flow_all(t, at("10.10.20.99", 1), pacs(104), "dicom", true);
    cr_assert(not(says(t, "WD-501")), "%s", tj_list_alerts(t));
    cr_assert_not_null(tj_alert(t, 502, 'a', "ip:10.10.20.99"), "%s", tj_list_alerts(t));
    tj_close(t);
}

Test(wd502, medical_devices_of_the_ledger_only_once)
{
    struct tj *t = open_site();
    for (unsigned i = 0; i < 3; i++) {
        tj_flow_all(t, at("10.10.60.9", 1), at("10.10.10.2", 53), NULL, true);
        tj_flow_all(t, at("10.10.10.30", 1), at("10.10.10.2", 53), NULL, true);
        tj_flow_all(t, ct(1), at("10.10.10.2", 53), NULL, true);
    }
    const struct ww_alert *a = tj_alert(t, 502, 'a', "pump-1");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(eq(u64, a->count, 1));
    cr_assert(not(says(t, "WD-502a mail-1")), "%s", tj_list_alerts(t));
    cr_assert(not(says(t, "WD-502a ct-01")), "%s", tj_list_alerts(t));
    tj_close(t);
}

/* ---- WD-702 ---- */
static void anomaly(struct tj *t, struct ww_end a, struct ww_end b, const char *app,
                    const char *what, uint8_t flags)
{
    struct ww_event *e = tj_event(t, "anomaly", a, b);
    tj_str(e, "type", "applayer");
    tj_str(e, "event", what);
    tj_str(e, "layer", "proto_parser");
    tj_str(e, "app_proto", app);
    e->flags |= flags;
    tj_see(t, e);
}

Test(wd702, the_receiver_is_told)
{
    struct tj *t = open_site();
    tj_flow_all(t, ct(1), pacs(104), "dicom", true);
    tj_forget(t);
    anomaly(t, ct(1), pacs(104), "dicom", "pdv_length_invalid", 0);
    const struct ww_alert *a = tj_alert(t, 702, 'a', "pacs-1");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(ww_slice_eqs(WW_STR(a->peer), "10.10.20.15"));
    anomaly(t, ct(1), pacs(104), "dicom", "uid_invalid", 0);
    cr_assert_not_null(tj_alert(t, 702, 'b', "pacs-1"), "%s", tj_list_alerts(t));
    tj_forget(t);
    anomaly(t, ct(1), pacs(104), "dicom", "request_unanswered", 0);
    anomaly(t, ct(1), pacs(104), "dns", "pdv_length_invalid", 0);
    anomaly(t, ct(1), pacs(104), "dicom", "pdu_type_unknown", WW_EV_MIDSTREAM);
    cr_assert(eq(sz, tj_alerts(t), 0), "%s", tj_list_alerts(t));
    tj_close(t);
}

Test(wd702, framing_of_hl7_is_a_difference_of_implementations)
{
    struct tj *t = open_site();
    tj_flow_all(t, at("10.10.10.20", 1), at("10.10.10.30", 2575), "hl7", true);
    struct ww_event *e = hl7(t, at("10.10.10.20", 1), at("10.10.10.30", 2575), "ADT", "A01");
    tj_see(t, e);
    cr_assert_null(tj_alert(t, 702, 'b', NULL), "%s", tj_list_alerts(t));
    e = hl7(t, at("10.10.10.20", 1), at("10.10.10.30", 2575), "ADT", "A01");
    const struct ww_field *f = tj_field(e, "quirks");
    uint16_t len = 3, total = 1;
    memcpy(e->body + f->off, &len, 2);
    memcpy(e->body + f->off + 2, &total, 2);
    memcpy(e->body + f->off + 4, "lf", 3);
    tj_see(t, e);
    const struct ww_alert *a = tj_alert(t, 702, 'b', "mail-1");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(ww_slice_eqs(WW_STR(a->observed), "MLLP: lf"));
    tj_close(t);
}

/* ---- the flag on all alerts, from the statistics ---- */
static void stats(struct tj *t, uint32_t loss, uint32_t one_way, uint64_t ring)
{
    struct ww_event *e = tj_event(t, "stats", at(NULL, 0), at(NULL, 0));
    tj_num(e, "capture__packets", 100000);
    tj_num(e, "flow__tcp_used", 500);
    tj_num(e, "store__lost", WW_NULL64);
    tj_num(e, "store__free_ppm", WW_NULL64);
    tj_num(e, "capture__kernel_drops", WW_NULL64);
    tj_num(e, "coverage__loss_ppm", loss);
    tj_num(e, "coverage__one_way_ppm", one_way);
    tj_num(e, "coverage__midstream_ppm", 0);
    tj_num(e, "coverage__truncated_ppm", 0);
    tj_num(e, "capture__ring_drops", ring);
    tj_see(t, e);
}

Test(coverage, every_alert_says_when_the_sensor_was_blind)
{
    struct tj *t = open_site();
    tj_flow_all(t, ct(1), at("10.10.10.44", 8080), NULL, true);
    cr_assert(tj_alert(t, 101, 'a', "ct-01")->coverage__ok);
    stats(t, 50000, 0, 0);
    tj_flow_all(t, ct(1), pacs(9), NULL, true);
    const struct ww_alert *a = tj_alert(t, 102, 'a', "ct-01");
    cr_assert(not(a->coverage__ok));
    cr_assert(eq(u32, a->coverage__loss_ppm, 50000));
    tj_close(t);
}

Test(coverage, an_alert_from_a_blind_vlan_says_so_though_the_whole_is_well_seen)
{
    struct tj *t = open_site();
    struct ww_event *e = tj_event(t, "stats.link", at(NULL, 0), at(NULL, 0));
    tj_num(e, "vlan", 20);
    tj_num(e, "tcp_used", 50);
    tj_num(e, "coverage__loss_ppm", 50000);
    tj_num(e, "coverage__one_way_ppm", WW_NULL64);
    tj_see(t, e);
    stats(t, 10, 0, 0);
    tj_flow_all(t, ct(1), pacs(9), NULL, true);
    cr_assert(tj_alert(t, 102, 'a', "ct-01")->coverage__ok);
    struct tj_flow f = { .a = ct(2), .b = pacs(10), .id = ++t->flow, .proto = 6 };
    static const char *const life[] = { "flow.start", "flow.open", "flow.end" };
    for (size_t i = 0; i < 3; i++) {
        e = tj_in(t, &f, life[i]);
        e->nvlan = 1;
        e->vlan[0] = 20;
        tj_see(t, e);
    }
    const struct ww_alert *a = tj_alert(t, 102, 'a', "ct-01");
    cr_assert(eq(int, a->port, 10));
    cr_assert(not(a->coverage__ok));
    tj_close(t);
}

Test(clean, a_declared_day_raises_nothing)
{
    struct tj *t = open_site();
    for (uint16_t i = 1; i < 50; i++) {
        tj_flow_all(t, ct(i), pacs(104), "dicom", true);
        tj_flow_all(t, pacs(i), ct(104), "dicom", true); /* storage commitment comes back */
        tj_flow_all(t, ct(i), at("10.10.10.2", 53), NULL, true);
        tj_flow_all(t, at("10.10.60.31", i), pacs(104), "dicom", true);
        t->now += 60 * TJ_SEC;
    }
    for (size_t i = 0; i < t->n; i++) {
        const struct ww_alert *a = (const struct ww_alert *)(const void *)t->kept[i]->body;
        if (t->kept[i]->type == &ww_alert_type) /* only the viewer, which is in no ledger */
            cr_assert(eq(int, a->class, 501), "%s", tj_list_alerts(t));
    }
    tj_close(t);
}
