/* Judge: binding of declarations, verdicts told once per change, both ends, names, errors. */
#include "tests/judge_support.h"
#include <criterion/new/assert.h>
#include <malloc.h>
#include <unistd.h>

static const char SITE[] =
    "zones:\n"
    "  - {id: imaging, subnets: [10.10.20.0/24], connection: closed}\n"
    "  - {id: servers, subnets: [10.10.10.0/24], connection: hospital}\n"
    "services: {dns: [10.10.10.2], ntp: [10.10.10.2]}\n"
    "controllers: {\"urn:x-hospital:pacs\": [10.10.10.5], \"urn:x-hospital:modalities\": "
    "[10.10.20.15]}\n"
    "devices:\n"
    "  - {id: ct-01, name: CT scanner 1, mac: \"00:13:95:20:00:15\", ip: [10.10.20.15], class: "
    "II,\n"
    "     role: diagnostic, zone: imaging, baseline: ct-scanner.json, ae_titles: [CT01]}\n"
    "  - {id: pacs-1, name: PACS, ip: [10.10.10.5], class: II, role: clinical-server, zone: "
    "servers,\n"
    "     baseline: pacs.json, ae_titles: [PACS1]}\n";

static struct ww_end ct(uint16_t port)
{
    return tj_end("10.10.20.15", "00:13:95:20:00:15", port);
}
static struct ww_end pacs(uint16_t port)
{
    return tj_end("10.10.10.5", "00:00:0c:10:00:01", port);
}

/* Verdict events of a device, as "verdict reason; ..." */
static const char *verdicts(const struct tj *t, const char *device)
{
    static char b[1024];
    struct ww_out o = ww_out(b, sizeof b - 1);
    const struct ww_event *e;
    for (size_t i = 0; (e = tj_find(t, "baseline.verdict", i)) != NULL; i++)
        if (strcmp(tj_text(e, "device"), device) == 0)
            ww_out_f(&o, "%s%s%s;", tj_text(e, "verdict"), *tj_text(e, "reason") ? " " : "",
                     tj_text(e, "reason"));
    b[o.n] = 0;
    return b;
}

Test(judge, a_verdict_is_told_once_per_change)
{
    struct tj *t = tj_open(SITE, NULL, NULL, NULL);
    for (uint16_t i = 0; i < 4; i++)
        tj_flow_all(t, ct((uint16_t)(40000 + i)), pacs(104), "dicom", true);
    cr_assert(eq(str, (char *)verdicts(t, "ct-01"), "permitted;"));
    cr_assert(eq(str, (char *)verdicts(t, "pacs-1"), "permitted;"));
    const struct ww_event *e = tj_find(t, "baseline.verdict", 0);
    cr_assert(eq(str, (char *)tj_text(e, "ace"), "fr-acme-ct-64/store-1"));
    cr_assert(eq(str, (char *)tj_text(e, "conduit"), "store"));
    cr_assert(strstr(tj_text(e, "file"), "contrib/examples/ct-scanner.json") != NULL);
    cr_assert(eq(sz, tj_alerts(t), 0), "%s", tj_list_alerts(t));
    tj_close(t);
}

/* A second modality under the same entry: its conversation is told with its verdict, the rule is not told again. */
Test(judge, what_is_permitted_is_told_once_per_rule)
{
    static const char two[] =
        "services: {dns: [10.10.10.2]}\n"
        "controllers: {\"urn:x-hospital:modalities\": [10.10.20.15, 10.10.20.16]}\n"
        "devices:\n"
        "  - {id: pacs-1, name: PACS, ip: [10.10.10.5], baseline: pacs.json, ae_titles: [PACS1]}\n";
    struct tj *t = tj_open(two, NULL, NULL, NULL);
    struct ww_end second = tj_end("10.10.20.16", "00:13:95:20:00:16", 40001);
    tj_flow_all(t, ct(40000), pacs(104), "dicom", true);
    tj_flow_all(t, second, pacs(104), "dicom", true);
    cr_assert(eq(str, (char *)verdicts(t, "pacs-1"), "permitted;"));
    second.port++;
    tj_flow_all(t, second, pacs(8042), "http", true); /* what is not permitted is told for each peer */
    tj_flow_all(t, ct(40003), pacs(8042), "http", true);
    cr_assert(eq(str, (char *)verdicts(t, "pacs-1"), "permitted;violation port;violation port;"));
    ww_judge_end(t->j, t->now, tj_keep, t);
    unsigned permitted = 0;
    const struct ww_event *e;
    for (size_t i = 0; (e = tj_find(t, "device.conversation", i)) != NULL; i++)
        permitted += strcmp(tj_text(e, "peer"), "10.10.10.5") == 0 && strcmp(tj_text(e, "verdict"), "permitted") == 0;
    cr_assert(eq(uint, permitted, 2));
    tj_close(t);
}

Test(judge, each_declared_end_has_its_own_view)
{
    struct tj *t = tj_open(SITE, NULL, NULL, NULL);
    tj_flow_all(t, ct(40000), pacs(9999), NULL, true);
    cr_assert(eq(str, (char *)verdicts(t, "ct-01"), "violation port;"));
    cr_assert(eq(str, (char *)verdicts(t, "pacs-1"), "violation port;"));
    cr_assert_not_null(tj_alert(t, 102, 'a', "ct-01"), "%s", tj_list_alerts(t));
    cr_assert_not_null(tj_alert(t, 102, 'b', "pacs-1"), "%s", tj_list_alerts(t));
    cr_assert(eq(u64, tj_alert(t, 102, 'a', "ct-01")->count, 1)); /* one flow counts once */
    tj_close(t);
}

Test(judge, stored_alerts_and_decisions_of_people_go_on)
{
    struct tj *t = tj_open(SITE, NULL, NULL, NULL);
    tj_flow_all(t, ct(40000), pacs(9999), NULL, true);
    struct ww_alert stored = *tj_alert(t, 102, 'a', "ct-01");
    stored.alert_id = 7;
    tj_close(t);

    t = tj_open(SITE, NULL, NULL, NULL);
    cr_assert(ww_judge_restore(t->j, &stored, "ack"));
    tj_flow_all(t, ct(40001), pacs(9999), NULL, true);
    cr_assert(tj_alert(t, 102, 'a', "ct-01") == NULL, "told before: %s", tj_list_alerts(t));
    const struct ww_alert *other = tj_alert(t, 102, 'b', "pacs-1");
    cr_assert_not_null(other);
    cr_assert(eq(u64, other->alert_id, 8)); /* its number is not used twice */
    cr_assert(ww_judge_operator(t->j, 7, "close"));
    cr_assert_not(ww_judge_operator(t->j, 4711, "close"));
    tj_flow_all(t, ct(40002), pacs(9999), NULL, true);
    cr_assert_not_null(tj_alert(t, 102, 'a', "ct-01"), "closed, so the next is a new one");
    cr_assert(eq(u64, tj_alert(t, 102, 'a', "ct-01")->recurrence_of, 7));
    tj_close(t);
}

Test(judge, conversations_carry_the_verdict)
{
    struct tj *t = tj_open(SITE, NULL, NULL, NULL);
    tj_flow_all(t, ct(40000), pacs(9999), NULL, true);
    tj_flow_all(t, ct(40001), tj_end("10.10.10.2", "00:00:0c:10:00:01", 53), NULL, true);
    ww_judge_end(t->j, t->now, tj_keep, t);
    size_t seen = 0;
    const struct ww_event *e;
    for (size_t i = 0; (e = tj_find(t, "device.conversation", i)) != NULL; i++)
        if (strcmp(tj_text(e, "id"), "ct-01") == 0 && strcmp(tj_text(e, "peer"), "10.10.10.5") == 0)
            seen += strcmp(tj_text(e, "verdict"), "violation") == 0;
    cr_assert(eq(sz, seen, 1));
    tj_close(t);
}

Test(judge, midstream_is_no_violation_of_direction)
{
    struct tj *t = tj_open(SITE, NULL, NULL, NULL);
    struct tj_flow f = { .a = pacs(104), .b = ct(40000), .id = 77, .proto = 6, .app = "dicom" };
    struct ww_event *e = tj_in(t, &f, "flow.start");
    e->flags |= WW_EV_MIDSTREAM;
    e->client_by = WW_BY_UNKNOWN;
    tj_num(e, "midstream", 1);
    tj_see(t, e);
    e = tj_in(t, &f, "flow.open");
    e->client_by = WW_BY_UNKNOWN;
    tj_see(t, e);
    cr_assert(strstr(verdicts(t, "ct-01"), "violation") == NULL, "%s", verdicts(t, "ct-01"));
    tj_close(t);
}

/* ---- medical layer ---- */
static void associate(struct tj *t, struct ww_end a, struct ww_end b, const char *calling,
                      const char *called)
{
    struct ww_event *e = tj_event(t, "dicom.associate", a, b);
    tj_str(e, "calling_aet", calling);
    tj_str(e, "called_aet", called);
    tj_see(t, e);
}

Test(judge, ae_titles_with_the_sites_own)
{
    struct tj *t = tj_open(SITE, NULL, NULL, NULL);
    associate(t, ct(40000), pacs(104), "CT01", "PACS1");
    cr_assert(eq(sz, tj_alerts(t), 0), "%s", tj_list_alerts(t));
    associate(t, ct(40001), pacs(104), "ACMECT", "PACS1"); /* declared, but the site has another */
    cr_assert_not_null(tj_alert(t, 105, 'a', "ct-01"), "%s", tj_list_alerts(t));
    associate(t, tj_end("10.10.20.99", NULL, 1), pacs(104), "EVIL", "PACS1");
    const struct ww_alert *a = tj_alert(t, 105, 'a', "pacs-1");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(ww_slice_eqs(WW_STR(a->peer), "10.10.20.99"));
    cr_assert(strstr(tj_list_alerts(t), "EVIL → PACS1") != NULL, "%s", tj_list_alerts(t));
    tj_close(t);
}

Test(judge, sop_class_and_operation)
{
    struct tj *t = tj_open(SITE, NULL, NULL, NULL);
    struct ww_event *e = tj_event(t, "dicom.request", ct(40000), pacs(104));
    tj_str(e, "calling_aet", "CT01");
    tj_str(e, "called_aet", "PACS1");
    tj_str(e, "command", "C-STORE");
    tj_str(e, "sop_class", "1.2.840.10008.5.1.4.1.1.2");
    tj_see(t, e);
    cr_assert(eq(sz, tj_alerts(t), 0), "%s", tj_list_alerts(t));
    e = tj_event(t, "dicom.request", ct(40000), pacs(104));
    tj_str(e, "calling_aet", "CT01");
    tj_str(e, "called_aet", "PACS1");
    tj_str(e, "command", "C-FIND"); /* the scanner is declared to store, not to look around */
    tj_str(e, "sop_class", "1.2.840.10008.5.1.4.1.2.1.1");
    tj_see(t, e);
    cr_assert_not_null(tj_alert(t, 105, 'b', "ct-01"), "%s", tj_list_alerts(t));
    tj_close(t);
}

/* ---- names ---- */
static void answer(struct tj *t, const char *client, const char *name, const char *address)
{
    struct ww_event *e =
        tj_event(t, "dns.answer", tj_end(client, NULL, 5353), tj_end("10.0.0.53", NULL, 53));
    e->dir = WW_B;
    e->ip_proto = 17;
    tj_ip(e, "client", client);
    tj_str(e, "name", name);
    tj_ip(e, "address", address);
    tj_num(e, "ttl", 60);
    tj_see(t, e);
}

Test(judge, a_name_counts_only_by_an_answer_to_this_device)
{
    const char *path = tj_write_named();
    struct tj *t = tj_open(NULL, path, "10.0.0.1", NULL);
    struct ww_end dev = tj_end("10.0.0.1", NULL, 4000), other = tj_end("10.0.0.2", NULL, 4000),
                  up = tj_end("198.51.100.7", NULL, 443);
    tj_flow_all(t, dev, tj_end("10.0.0.53", NULL, 53), NULL, true); /* both are devices now */
    tj_flow_all(t, other, tj_end("10.0.0.53", NULL, 53), NULL, true);
    tj_forget(t);
    answer(t, "10.0.0.2", "update.example", "198.51.100.7");
    tj_flow_all(t, dev, up, NULL, true);
    cr_assert(eq(str, (char *)verdicts(t, "ip:10.0.0.1"), "unresolved name;"));
    answer(t, "10.0.0.1", "update.example", "198.51.100.7");
    tj_flow_all(t, dev, up, NULL, true);
    cr_assert(eq(str, (char *)verdicts(t, "ip:10.0.0.1"), "unresolved name;permitted;"));
    answer(t, "10.0.0.1", "evil.example", "198.51.100.66");
    tj_flow_all(t, dev, tj_end("198.51.100.66", NULL, 443), NULL, true);
    const struct ww_alert *a = tj_alert(t, 103, 'b', "ip:10.0.0.1");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(ww_slice_eqs(WW_STR(a->peer), "198.51.100.66"));
    cr_assert(ww_slice_eqs(WW_STR(a->peer_role), "evil.example"));
    (void)unlink(path);
    tj_close(t);
}

Test(judge, a_mud_url_told_by_dhcp_binds)
{
    const char *path = tj_write_named();
    struct tj *t = tj_open(NULL, path, NULL, NULL);
    struct ww_end a = tj_end("0.0.0.0", "00:00:5e:00:53:01", 68),
                  all = tj_end("255.255.255.255", "ff:ff:ff:ff:ff:ff", 67);
    struct ww_event *e = tj_event(t, "dhcp.message", a, all);
    e->ip_proto = 17;
    tj_str(e, "dhcp_type", "request");
    tj_mac(e, "subject_mac", "00:00:5e:00:53:01");
    tj_mac(e, "client_mac", "00:00:5e:00:53:01");
    tj_str(e, "mud_url", "https://mud.example/x.json");
    tj_see(t, e);
    cr_assert(tj_fact(t, "mac:00:00:5e:00:53:01", "baseline", path));
    struct ww_judge_counts c;
    ww_judge_counts(t->j, &c);
    cr_assert(eq(u64, c.baselines_bound, 1));
    tj_flow_all(t, tj_end("10.0.0.1", "00:00:5e:00:53:01", 1), tj_end("10.0.0.9", NULL, 23), NULL,
                true);
    cr_assert(eq(str, (char *)verdicts(t, "mac:00:00:5e:00:53:01"), "violation peer;"));
    (void)unlink(path);
    tj_close(t);
}

Test(judge, the_command_line_beats_the_ledger)
{
    const char *path = tj_write_named();
    struct tj *t = tj_open(SITE, path, "ct-01", NULL);
    tj_flow_all(t, ct(40000), pacs(104), "dicom", true);
    cr_assert(tj_fact(t, "ct-01", "baseline", path));
    cr_assert(eq(str, (char *)verdicts(t, "ct-01"), "violation peer;"));
    (void)unlink(path);
    tj_close(t);
}

/* ---- start ---- */
static enum ww_rc try_new(const char *site_text, const char *baseline, struct ww_err *e)
{
    struct ww_registry reg = { .n = 0 };
    struct ww_guide *g = NULL;
    struct ww_site *s = NULL;
    struct ww_judge *j = NULL;
    cr_assert(eq(int, ww_registry_add(&reg, ww_core_events, e), WW_OK));
    cr_assert(eq(int, ww_registry_add(&reg, ww_judge_events, e), WW_OK));
    cr_assert(eq(int, ww_guide_load(&g, NULL, e), WW_OK));
    if (site_text != NULL)
        cr_assert(
            eq(int, ww_site_parse(&s, "/etc/none/site.yaml", ww_slice_str(site_text), e), WW_OK));
    struct ww_judge_cfg c = { .registry = &reg,
                              .guide = g,
                              .site = s,
                              .baseline_paths = &baseline,
                              .nbaselines = baseline != NULL };
    enum ww_rc rc = ww_judge_new(&j, &c, e);
    if (rc == WW_OK)
        cr_assert_not_null(ww_judge_note(j, 0));
    ww_judge_free(j);
    ww_guide_free(g);
    ww_site_free(s);
    return rc;
}

Test(judge, start_without_dissectors_site_and_declarations)
{
    struct ww_err e = { .rc = WW_OK };
    cr_assert(eq(int, try_new(NULL, NULL, &e), WW_OK), "%s", e.text);
}

Test(judge, start_fails_with_file_line_and_remedy)
{
    struct ww_err e = { .rc = WW_OK };
    cr_assert(ne(int,
                 try_new("devices:\n  - {id: a, ip: [10.0.0.1], baseline: gone.json}\n", NULL, &e),
                 WW_OK));
    cr_assert(strstr(e.text,
                     "/etc/none/site.yaml:2: the declaration of 'a': /etc/none/gone.json") != NULL,
              "%s", e.text);
    cr_assert(ne(int, try_new(NULL, "/nonexistent/x.json", &e), WW_OK));
    cr_assert(strstr(e.text, "/nonexistent/x.json") != NULL, "%s", e.text);
    char dir[] = "/tmp/ww_empty_XXXXXX";
    cr_assert_not_null(mkdtemp(dir));
    cr_assert(eq(int, try_new(NULL, dir, &e), WW_E_CONF));
    cr_assert(strstr(e.text, "no declaration (*.json)") != NULL, "%s", e.text);
    (void)rmdir(dir);
}

Test(judge, every_event_and_field_that_it_reads_exists)
{
    /* an event that no dissector offers is skipped at start; this is where a renamed one shows */
    static const char *const needed[] = { "flow.start",    "flow.open",       "flow.app",
                                          "flow.update",   "flow.end",        "stats",
                                          "anomaly",       "dicom.associate", "dicom.accept",
                                          "dicom.context", "dicom.request",   "dicom.response",
                                          "hl7.message",   "hl7.ack",         "dns.answer",
                                          "dhcp.message",  "arp.message" };
    struct tj *t = tj_open(NULL, NULL, NULL, NULL);
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        cr_assert_not_null(ww_type_find(&t->reg, needed[i]), "%s", needed[i]);
    tj_close(t);
}

static void discard(void *to, const struct ww_event *e)
{
    (void)to;
    (void)e;
}

Test(judge, allocates_nothing_per_event)
{
    struct tj *t = tj_open(SITE, NULL, NULL, NULL);
    size_t before = 0;
    for (unsigned round = 0; round < 2; round++) {
        for (uint16_t i = 0; i < 500; i++) {
            struct tj_flow f = {
                .a = ct(i), .b = pacs((uint16_t)(i % 7 == 0 ? 104 : i)), .id = i + 1u, .proto = 6
            };
            ww_judge_see(t->j, tj_in(t, &f, "flow.start"), discard, NULL);
            ww_judge_see(t->j, tj_in(t, &f, "flow.open"), discard, NULL);
            t->now += TJ_SEC;
            ww_judge_see(t->j, tj_in(t, &f, "flow.end"), discard, NULL);
        }
        if (round == 0)
            before = mallinfo2().uordblks;
    }
    cr_assert(eq(sz, mallinfo2().uordblks, before));
    tj_close(t);
}
