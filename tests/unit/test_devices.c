/* Devices: who is who, what says so, and with whom they speak. */
#include "rules/devices/devices.h"
#include "rules/devices/names.h"
#include "tests/judge_support.h"
#include <criterion/new/assert.h>
#include <sys/stat.h>
#include <unistd.h>

static const char SITE[] =
    "zones:\n"
    "  - {id: imaging, subnets: [10.1.0.0/16], connection: closed}\n"
    "  - {id: air, subnets: [10.2.0.0/16], wireless: true}\n"
    "devices:\n"
    "  - {id: ct, name: CT, mac: \"00:00:5e:00:53:01\", ip: [10.1.0.1], class: II, role: "
    "diagnostic}\n"
    "  - {id: mobile, name: X-ray, mac: \"00:00:5e:00:53:02\", class: II}\n"
    "  - {id: gate, name: Gateway, mac: \"00:00:5e:00:53:aa\", ip: [10.1.0.254], role: it}\n";

/* ---- table ---- */
Test(table, oldest_goes_first_and_is_counted)
{
    struct ww_table t;
    struct ww_err e;
    bool fresh;
    cr_assert(eq(int, ww_table_init(&t, "test", 4, 8, 16, &e), WW_OK));
    for (uint64_t k = 1; k <= 4; k++) {
        uint64_t *r = ww_table_get(&t, &k, &fresh);
        cr_assert(fresh);
        r[1] = k * 10;
    }
    uint64_t one = 1, two = 2, five = 5;
    cr_assert(ne(ptr, ww_table_find(&t, &one), NULL)); /* 2 is the oldest now */
    (void)ww_table_get(&t, &five, &fresh);
    cr_assert(fresh);
    cr_assert(eq(u64, t.evicted, 1));
    cr_assert(eq(ptr, ww_table_find(&t, &two), NULL));
    cr_assert(eq(u64, ((uint64_t *)ww_table_find(&t, &one))[1], 10));
    cr_assert(eq(u64, ((uint64_t *)ww_table_find(&t, &five))[1], 0)); /* zeroed for its new owner */
    ww_table_free(&t);
}

/* What is fetched ahead is the record that the look-up finds; nothing is made or made younger by it. */
Test(table, a_look_up_that_comes_soon_changes_nothing)
{
    struct ww_table t;
    struct ww_err e;
    bool fresh = false;
    uint64_t one = 1, two = 2, three = 3;
    cr_assert(eq(int, ww_table_init(&t, "test", 2, 8, 16, &e), WW_OK));
    cr_assert(eq(ptr, (void *)ww_table_soon_record(&t, ww_table_soon(&t, &one)), NULL));
    cr_assert(eq(u32, t.n, 0));
    void *r = ww_table_get(&t, &one, &fresh);
    cr_assert(eq(ptr, (void *)ww_table_soon_record(&t, ww_table_soon(&t, &one)), r));
    (void)ww_table_get(&t, &two, &fresh);
    (void)ww_table_soon_record(&t, ww_table_soon(&t, &one));
    ww_table_soon_at(&t, ww_table_index(&t, r));
    ww_table_soon_at(&t, 99); /* no such record */
    (void)ww_table_get(&t, &three, &fresh);
    cr_assert(eq(ptr, ww_table_find(&t, &one), NULL)); /* it was the oldest all the same */
    cr_assert(eq(u64, t.evicted, 1));
    ww_table_free(&t);
}

Test(table, survives_many_turns)
{
    struct ww_table t;
    struct ww_err e;
    bool fresh;
    cr_assert(eq(int, ww_table_init(&t, "test", 64, 8, 16, &e), WW_OK));
    uint64_t x = 1;
    for (unsigned i = 0; i < 20000; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        uint64_t key = x >> 56; /* 256 keys for 64 places */
        uint64_t *r = ww_table_get(&t, &key, &fresh);
        cr_assert(fresh ? r[1] == 0 : r[1] == key + 1);
        r[1] = key + 1;
        if ((x >> 20) % 7 == 0)
            ww_table_drop(&t, r);
    }
    size_t n = 0;
    for (uint64_t *r = ww_table_oldest(&t); r != NULL; r = ww_table_next(&t, r), n++)
        cr_assert(eq(u64, r[1], r[0] + 1));
    cr_assert(eq(sz, n, t.n));
    cr_assert(eq(int, ww_table_init(&t, "test", 0, 8, 16, &e), WW_E_LIMIT));
    ww_table_free(&t);
}

/* ---- who is who ---- */
Test(devices, ledger_beats_mac_beats_address)
{
    struct tj *t = tj_open(SITE, NULL, NULL, NULL);
    struct ww_end ct = tj_end("10.1.0.1", "00:00:5e:00:53:01", 1000);
    tj_flow_all(t, ct, tj_end("10.1.0.77", "02:00:00:00:00:77", 80), NULL, true);
    tj_flow_all(t, tj_end("10.2.0.9", "00:00:5e:00:53:02", 1000), ct, NULL,
                true); /* no ip in the ledger */
    cr_assert(tj_fact(t, "ct", "name", "CT"));
    cr_assert(tj_fact(t, "ct", "zone", "imaging"));
    cr_assert(tj_fact(t, "ct", "regulatory_class", "II"));
    cr_assert(tj_fact(t, "mac:02:00:00:00:00:77", "ip", "10.1.0.77"));
    cr_assert(tj_fact(t, "mobile", "ip", "10.2.0.9"));
    struct ww_judge_counts c;
    ww_judge_counts(t->j, &c);
    cr_assert(eq(u64, c.devices, 3));
    tj_close(t);
}

Test(devices, a_second_address_makes_a_router)
{
    struct tj *t = tj_open(NULL, NULL, NULL, NULL);
    const char *router = "00:00:5e:00:53:99";
    struct ww_end host = tj_end("10.9.0.1", "00:00:5e:00:53:11", 80);
    tj_flow_all(t, tj_end("10.5.0.1", router, 1), host, NULL, true);
    cr_assert(tj_fact(t, "mac:00:00:5e:00:53:99", "ip", "10.5.0.1"));
    tj_flow_all(t, tj_end("10.5.0.2", router, 1), host, NULL, true);
    const struct ww_event *ch = NULL;
    for (size_t i = 0; (ch = tj_find(t, "device.change", i)) != NULL; i++)
        if (strcmp(tj_text(ch, "what"), "kind") == 0)
            break;
    cr_assert_not_null(ch);
    cr_assert(eq(str, (char *)tj_text(ch, "after"), "router"));
    cr_assert(tj_fact(t, "ip:10.5.0.2", "ip", "10.5.0.2"));
    tj_flow_all(t, tj_end("10.5.0.1", router, 1), host, NULL,
                true); /* it is one behind the router, too */
    cr_assert(tj_fact(t, "ip:10.5.0.1", "ip", "10.5.0.1"));
    tj_close(t);
}

Test(devices, behind_a_router_of_the_ledger_nobody_is_taken_for_it)
{
    struct tj *t = tj_open(SITE, NULL, NULL, NULL);
    struct ww_end ct = tj_end("10.1.0.1", "00:00:5e:00:53:01", 80);
    tj_flow_all(t, tj_end("10.7.0.1", "00:00:5e:00:53:aa", 1), ct, NULL, true);
    tj_flow_all(t, tj_end("10.1.0.254", "00:00:5e:00:53:aa", 1), ct, NULL, true);
    cr_assert(tj_fact(t, "ip:10.7.0.1", "ip", "10.7.0.1"));
    cr_assert(tj_fact(t, "gate", "ip", "10.1.0.254"));
    cr_assert(not(tj_fact(t, "gate", "ip", "10.7.0.1")));
    tj_close(t);
}

Test(devices, vlan_keeps_equal_addresses_apart)
{
    struct tj *t = tj_open(NULL, NULL, NULL, NULL);
    struct tj_flow f = {
        .a = tj_end("10.0.0.1", NULL, 1), .b = tj_end("10.0.0.2", NULL, 2), .id = 1, .proto = 6
    };
    for (uint16_t v = 10; v <= 11; v++, f.id++) {
        struct ww_event *e = tj_in(t, &f, "flow.start");
        e->vlan[0] = v;
        e->nvlan = 1;
        tj_see(t, e);
    }
    cr_assert(tj_fact(t, "ip:10.0.0.1@10", "ip", NULL));
    cr_assert(tj_fact(t, "ip:10.0.0.1@11", "ip", NULL));
    tj_close(t);
}

Test(devices, nothing_outside_no_group_no_silent_address)
{
    struct tj *t = tj_open(SITE, NULL, NULL, NULL);
    struct ww_end ct = tj_end("10.1.0.1", "00:00:5e:00:53:01", 1000);
    tj_flow_all(t, ct, tj_end("203.0.113.9", "00:00:5e:00:53:aa", 443), NULL, true);
    tj_flow_all(t, ct, tj_end("239.1.1.1", "01:00:5e:01:01:01", 5000), NULL, false);
    tj_flow_all(t, ct, tj_end("255.255.255.255", "ff:ff:ff:ff:ff:ff", 67), NULL, false);
    tj_flow_all(t, ct, tj_end("10.1.0.200", "00:00:5e:00:53:c8", 22), NULL,
                false); /* never answers */
    struct ww_judge_counts c;
    ww_judge_counts(t->j, &c);
    cr_assert(eq(u64, c.devices, 1));
    tj_close(t);
}

Test(devices, a_fact_is_told_once)
{
    struct tj *t = tj_open(NULL, NULL, NULL, NULL);
    struct ww_end a = tj_end("10.1.0.1", "00:00:5e:00:53:01", 1000),
                  b = tj_end("10.1.0.2", "00:00:5e:00:53:02", 104);
    for (unsigned i = 0; i < 3; i++) {
        struct ww_event *e = tj_event(t, "dicom.associate", a, b);
        tj_str(e, "calling_aet", "CT01");
        tj_str(e, "called_aet", "PACS");
        tj_str(e, "impl_class_uid", "1.2.3");
        tj_see(t, e);
    }
    cr_assert(tj_fact(t, "mac:00:00:5e:00:53:01", "ae_title", "CT01"));
    cr_assert(tj_fact(t, "mac:00:00:5e:00:53:01", "implementation_uid", "1.2.3"));
    cr_assert(
        not(tj_fact(t, "mac:00:00:5e:00:53:02", "ae_title", NULL))); /* asked for is not proved */
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        n += t->kept[i]->type == &ww_device_evidence_type;
    cr_assert(eq(sz, n, 4)); /* ip, mac, title, uid */
    tj_close(t);
}

Test(devices, roles_come_from_messages)
{
    struct tj *t = tj_open(NULL, NULL, NULL, NULL);
    struct ww_end a = tj_end("10.1.0.1", NULL, 1000), b = tj_end("10.1.0.2", NULL, 104);
    struct ww_event *e = tj_event(t, "dicom.request", a, b);
    tj_str(e, "command", "C-STORE");
    tj_see(t, e);
    e = tj_event(t, "dicom.response", a, b);
    e->dir = WW_B;
    tj_str(e, "command", "C-STORE");
    tj_see(t, e);
    e = tj_event(t, "dicom.request", a, b);
    e->dir = WW_B;
    tj_str(e, "command", "N-EVENT-REPORT"); /* the SCP asks */
    tj_see(t, e);
    cr_assert(tj_fact(t, "ip:10.1.0.1", "role", "C-STORE SCU"));
    cr_assert(tj_fact(t, "ip:10.1.0.2", "role", "C-STORE SCP"));
    cr_assert(tj_fact(t, "ip:10.1.0.2", "role", "N-EVENT-REPORT SCP"));
    tj_close(t);
}

Test(devices, full_tables_are_counted_not_crashed)
{
    struct ww_judge_caps caps = { .devices = 16,
                                  .addresses = 16,
                                  .facts = 16,
                                  .flows = 16,
                                  .conversations = 16,
                                  .verdicts = 16,
                                  .names = 16 };
    struct tj *t = tj_open(NULL, NULL, NULL, &caps);
    for (unsigned i = 0; i < 200; i++) {
        char ip[16];
        (void)snprintf(ip, sizeof ip, "10.3.0.%u", i);
        tj_flow_all(t, tj_end(ip, NULL, 1), tj_end("10.4.0.1", NULL, 80), NULL, true);
    }
    struct ww_judge_counts c;
    ww_judge_counts(t->j, &c);
    cr_assert(eq(u64, c.devices, 16));
    cr_assert(gt(u64, c.devices_evicted, 100));
    cr_assert(gt(u64, c.facts_evicted, 100));
    ww_judge_end(t->j, t->now, tj_keep, t);
    /* what was pushed out had been told before: nothing is lost */
    uint64_t flows = 0;
    const struct ww_event *e;
    for (size_t i = 0; (e = tj_find(t, "device.conversation", i)) != NULL; i++)
        flows += ww_get_u64(e, tj_field(e, "flows"));
    cr_assert(eq(u64, flows, 200));
    tj_close(t);
}

/* ---- tables ---- */
Test(table, what_is_used_stays_and_the_oldest_goes)
{
    struct rec {
        uint64_t key, value;
    };
    static const uint32_t caps[] = { 16, 4096 }; /* exact order; order in eighths */
    for (size_t k = 0; k < 2; k++) {
        struct ww_table t;
        struct ww_err e;
        bool fresh = false;
        cr_assert(eq(int, ww_table_init(&t, "test", caps[k], 8, sizeof(struct rec), &e), WW_OK));
        uint64_t kept = 1000000;
        struct rec *r = ww_table_get(&t, &kept, &fresh);
        cr_assert(fresh);
        r->value = 7;
        for (uint64_t i = 0; i < 10u * caps[k]; i++) {
            (void)ww_table_get(&t, &i, &fresh);
            cr_assert(fresh);
            r = ww_table_find(&t, &kept);
            cr_assert_not_null(r);
            cr_assert(eq(u64, r->value, 7));
        }
        cr_assert(eq(u32, t.n, caps[k]));
        cr_assert(eq(u64, t.evicted, 9u * caps[k] + 1));
        uint64_t gone = 0, last = 10u * caps[k] - 1;
        cr_assert_null(ww_table_peek(&t, &gone));
        r = ww_table_peek(&t, &last);
        cr_assert_not_null(r);
        cr_assert(eq(ptr, ww_table_at(&t, ww_table_index(&t, r)), r));
        ww_table_drop(&t, r);
        cr_assert_null(ww_table_peek(&t, &last));
        r = ww_table_get(&t, &last, &fresh);
        cr_assert(fresh);
        cr_assert(eq(u64, r->value, 0)); /* nothing of the one before */
        ww_table_free(&t);
    }
}

/* ---- conversations ---- */
Test(conversation, adds_up_and_starts_again)
{
    struct tj *t = tj_open(NULL, NULL, NULL, NULL);
    struct ww_end a = tj_end("10.1.0.1", NULL, 1000), b = tj_end("10.1.0.2", NULL, 104);
    struct tj_flow f = tj_flow_open(t, a, b, "dicom", true);
    struct ww_event *e = tj_in(t, &f, "flow.update");
    tj_num(e, "bytes_toserver", 500);
    tj_num(e, "bytes_toclient", 50);
    tj_num(e, "pkts_toserver", 5);
    tj_num(e, "pkts_toclient", 5);
    tj_num(e, "start", t->now);
    tj_num(e, "end", t->now);
    tj_see(t, e);
    ww_judge_tick(t->j, t->now, tj_keep, t); /* the first only starts the clock */
    t->now += 301 * TJ_SEC;
    ww_judge_tick(t->j, t->now, tj_keep, t);
    const struct ww_event *v = tj_find(t, "device.conversation", 0);
    cr_assert_not_null(v);
    cr_assert(eq(str, (char *)tj_text(v, "id"), "ip:10.1.0.1"));
    cr_assert(eq(str, (char *)tj_text(v, "direction"), "out"));
    cr_assert(eq(str, (char *)tj_text(v, "peer_id"), "ip:10.1.0.2"));
    cr_assert(eq(str, (char *)tj_text(v, "app"), "dicom"));
    cr_assert(eq(str, (char *)tj_text(v, "verdict"), "unbound"));
    cr_assert(eq(u64, ww_get_u64(v, tj_field(v, "flows")), 1));
    cr_assert(eq(u64, ww_get_u64(v, tj_field(v, "bytes_out")), 500));
    cr_assert(eq(u64, ww_get_u64(v, tj_field(v, "bytes_in")), 50));
    cr_assert_null(tj_find(t, "device.conversation", 1)); /* one for both ends */
    tj_forget(t);
    tj_flow_end(t, &f, 8, 8); /* 800 bytes in all, of which 500 were told */
    ww_judge_end(t->j, t->now, tj_keep, t);
    v = tj_find(t, "device.conversation", 0);
    cr_assert(eq(u64, ww_get_u64(v, tj_field(v, "flows")), 0));
    cr_assert(eq(u64, ww_get_u64(v, tj_field(v, "bytes_out")), 300));
    tj_close(t);
}

/* ---- names ---- */
Test(names, by_device_by_address_for_a_time)
{
    struct ww_names *n = NULL;
    struct ww_err e;
    struct ww_device a = { .serial = 1 }, b = { .serial = 2 };
    struct ww_ip ip;
    cr_assert(ww_ip_parse(&ip, "203.0.113.1"));
    cr_assert(eq(int, ww_names_new(&n, 16, &e), WW_OK));
    ww_names_put(n, &a, WW_SLICE_LIT("Update.Example."), &ip, 60, 1000 * TJ_SEC);
    ww_names_put(n, &a, WW_SLICE_LIT("other.example"), &ip, 60, 1001 * TJ_SEC);
    cr_assert(eq(str, (char *)ww_names_of(n, &a, &ip, 0, 1010 * TJ_SEC), "update.example"));
    cr_assert(eq(str, (char *)ww_names_of(n, &a, &ip, 1, 1010 * TJ_SEC), "other.example"));
    cr_assert(eq(ptr, (void *)ww_names_of(n, &a, &ip, 2, 1010 * TJ_SEC), NULL));
    cr_assert(
        eq(ptr, (void *)ww_names_of(n, &b, &ip, 0, 1010 * TJ_SEC), NULL)); /* not its answer */
    cr_assert(ww_names_answered(n, &a, "UPDATE.example", 1010 * TJ_SEC));
    cr_assert(not(ww_names_answered(n, &b, "update.example", 1010 * TJ_SEC)));
    uint64_t late = (1001 + 60 + WW_NAME_GRACE_S + 1) * TJ_SEC;
    cr_assert(eq(ptr, (void *)ww_names_of(n, &a, &ip, 0, late), NULL));
    ww_names_free(n);
}

/* ---- makers of network cards ---- */
Test(oui, longest_prefix_and_quotes)
{
    char dir[] = "/tmp/ww_oui_XXXXXX", path[64], note[256];
    cr_assert_not_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/oui.csv", dir);
    FILE *f = fopen(path, "w");
    (void)fputs("Registry,Assignment,Organization Name,Organization Address\r\n"
                "MA-L,00005E,\"ICANN, IANA \"\"x\"\"\",Somewhere\nMA-L,70B3D5,IEEE,US\n"
                "MA-L,ZZZZZZ,bad,\nMA-L,0000",
                f);
    (void)fclose(f);
    (void)snprintf(path, sizeof path, "%s/oui36.csv", dir);
    f = fopen(path, "w");
    (void)fputs("Registry,Assignment,Organization Name\nMA-S,70B3D5ABC,Small Maker\n", f);
    (void)fclose(f);
    struct ww_oui *o = ww_oui_load(dir, note, sizeof note);
    cr_assert_not_null(o, "%s", note);
    cr_assert(eq(sz, ww_oui_count(o), 3));
    struct ww_mac m;
    cr_assert(ww_mac_parse(&m, "00:00:5e:00:53:01"));
    cr_assert(eq(str, (char *)ww_oui_vendor(o, &m), "ICANN, IANA x"));
    cr_assert(ww_mac_parse(&m, "70:b3:d5:ab:c1:23"));
    cr_assert(eq(str, (char *)ww_oui_vendor(o, &m), "Small Maker"));
    cr_assert(ww_mac_parse(&m, "70:b3:d5:00:01:23"));
    cr_assert(eq(str, (char *)ww_oui_vendor(o, &m), "IEEE"));
    cr_assert(ww_mac_parse(&m, "02:00:5e:00:53:01")); /* locally administered */
    cr_assert(eq(str, (char *)ww_oui_vendor(o, &m), ""));
    ww_oui_free(o);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/oui.csv", dir);
    (void)unlink(path);
    (void)rmdir(dir);
    cr_assert_null(ww_oui_load(dir, note, sizeof note));
    cr_assert(strstr(note, "makers stay unknown") != NULL, "%s", note);
}
