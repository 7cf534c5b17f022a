/* Site file: what it says, what it refuses, and where an address lies. */
#include "rules/site/site.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

static const char GOOD[] =
    "hospital: Example General Hospital\n"
    "language: ja\n"
    "devices:\n"
    "  - {id: ct-01, name: CT scanner 1, mac: \"02:00:5e:00:53:15\", ip: [10.10.20.15], class: "
    "II,\n"
    "     role: diagnostic, zone: imaging, location: Radiology room 2, department: Radiology,\n"
    "     baseline: ct-scanner.json, serial: \"\", acquisition: new, ae_titles: [CT01],\n"
    "     ports: [{conduit: store, port: 11112}]}\n"
    "  - {id: pacs, name: PACS, ip: [10.10.10.5, \"fd00::5\"], class: none, role: "
    "clinical-server,\n"
    "     connection: hospital, ae_titles: [{id: main, title: PACS, remote: [CT01]}]}\n"
    "zones:\n"
    "  - {id: imaging, subnets: [10.10.20.0/24], vlans: [20], environment: hospital,\n"
    "     connection: closed, wireless: false}\n"
    "  - {id: all, subnets: [10.10.0.0/16, \"203.0.113.0/28\"], connection: hospital}\n"
    "services: {dns: [10.10.10.2], ntp: [], pacs: [10.10.10.5]}\n"
    "controllers: {\"urn:x-hospital:pacs\": [10.10.10.5], \"urn:x-hospital:ris\": []}\n"
    "contacts:\n"
    "  CE: {name: Clinical engineering, phone: \"7100\"}\n"
    "exceptions:\n"
    "  - {device: ct-01, class: WD-101, peer: 10.10.30.7, reason: migration, owner: HIT,\n"
    "     expires: 2026-12-31}\n"
    "maintenance:\n"
    "  - {device: ct-01, from: \"2026-11-01T20:00+09:00\", to: \"2026-11-01T23:00:00+09:00\"}\n"
    "thresholds: {loss_ppm: 500}\n";

static struct ww_site *good(void)
{
    struct ww_site *s = NULL;
    struct ww_err e = { .rc = WW_OK };
    enum ww_rc rc = ww_site_parse(&s, "etc/site.yaml", WW_SLICE_LIT(GOOD), &e);
    cr_assert(eq(int, rc, WW_OK), "%s", e.text);
    return s;
}

static struct ww_ip ip(const char *t)
{
    struct ww_ip a = { .fam = 0 };
    cr_assert(ww_ip_parse(&a, t), "%s", t);
    return a;
}

Test(site, ledger_is_read)
{
    struct ww_site *s = good();
    size_t n;
    const struct ww_site_device *d = ww_site_devices(s, &n);
    cr_assert(eq(sz, n, 2));
    cr_assert(eq(str, (char *)d[0].name, "CT scanner 1"));
    cr_assert(eq(str, (char *)d[0].baseline, "etc/ct-scanner.json"));
    cr_assert(eq(int, d[0].class_, 2));
    cr_assert(eq(str, (char *)d[1].role, "core_server"));
    cr_assert(eq(str, (char *)d[0].zone->id, "imaging"));
    cr_assert(ww_site_closed(&d[0])); /* by its zone, though the zone stands after it in the file */
    cr_assert(eq(int, d[0].port[0].port, 11112));
    cr_assert(eq(str, (char *)d[0].ae[0].title, "CT01"));
    cr_assert(eq(int, d[1].class_, WW_SITE_NOT_MEDICAL));
    cr_assert(not(ww_site_closed(&d[1])));
    cr_assert(eq(str, (char *)d[1].ae[0].remote[0], "CT01"));
    struct ww_mac m;
    cr_assert(ww_mac_parse(&m, "02-00-5E-00-53-15"));
    cr_assert(eq(ptr, (void *)ww_site_by_mac(s, &m), (void *)&d[0]));
    struct ww_ip v6 = ip("fd00::5"), other = ip("fd00::6");
    cr_assert(eq(ptr, (void *)ww_site_by_ip(s, &v6), (void *)&d[1]));
    cr_assert(eq(ptr, (void *)ww_site_by_ip(s, &other), NULL));
    cr_assert(eq(str, (char *)ww_site_contact(s, "CE")->phone, "7100"));
    cr_assert(eq(ptr, (void *)ww_site_contact(s, "HIT"), NULL));
    cr_assert(eq(u32, ww_site_thresholds(s)->loss_ppm, 500));
    cr_assert(eq(u32, ww_site_thresholds(s)->one_way_ppm, ww_site_thresholds_default.one_way_ppm));
    const struct ww_site_maintenance *w = ww_site_maintenance(s, &n);
    cr_assert(eq(u64, w->from, 1793530800u * UINT64_C(1000000000))); /* 2026-11-01 11:00 UTC */
    cr_assert(eq(u64, w->to - w->from, 3u * 3600u * UINT64_C(1000000000)));
    ww_site_free(s);
}

Test(site, zones_and_outside)
{
    struct ww_site *s = good();
    struct ww_ip ct = ip("10.10.20.15"), his = ip("10.10.10.9"), far = ip("192.168.1.1"),
                 inner = ip("203.0.113.5"), out = ip("203.0.113.20"), v6 = ip("2001:db8::1"),
                 ula = ip("fd12::1"), mc = ip("239.1.2.3"), mapped = ip("::ffff:10.0.0.1");
    cr_assert(eq(str, (char *)ww_site_zone_of(s, &ct, 0)->id, "imaging")); /* longest prefix */
    cr_assert(eq(str, (char *)ww_site_zone_of(s, &his, 20)->id, "all"));   /* subnet before VLAN */
    cr_assert(eq(str, (char *)ww_site_zone_of(s, &far, 20)->id, "imaging"));
    cr_assert(eq(ptr, (void *)ww_site_zone_of(s, &out, 20), NULL));
    cr_assert(eq(ptr, (void *)ww_site_zone_of(s, &far, 0), NULL));
    cr_assert(not(ww_site_external(s, &far)));
    cr_assert(not(ww_site_external(s, &inner))); /* a public address that a zone holds */
    cr_assert(ww_site_external(s, &out));
    cr_assert(ww_site_external(s, &v6));
    cr_assert(not(ww_site_external(s, &ula)));
    cr_assert(not(ww_site_external(s, &mc)));
    cr_assert(not(ww_site_external(s, &mapped)));
    cr_assert(ww_site_external(NULL, &inner)); /* without site file only the range decides */
    ww_site_free(s);
}

Test(site, services_and_controllers)
{
    struct ww_site *s = good();
    struct ww_ip dns = ip("10.10.10.2"), pacs = ip("10.10.10.5");
    cr_assert(eq(int, ww_site_service(s, "dns", &dns), WW_SITE_YES));
    cr_assert(eq(int, ww_site_service(s, "dns", &pacs), WW_SITE_NO));
    cr_assert(
        eq(int, ww_site_service(s, "ntp", &dns), WW_SITE_UNSAID)); /* an empty list says nothing */
    cr_assert(eq(int, ww_site_service(NULL, "dns", &dns), WW_SITE_UNSAID));
    cr_assert(eq(str, (char *)ww_site_service_of(s, &pacs), "pacs"));
    cr_assert(eq(int, ww_site_controller(s, "urn:x-hospital:pacs", &pacs), WW_SITE_YES));
    cr_assert(eq(int, ww_site_controller(s, "urn:x-hospital:pacs", &dns), WW_SITE_NO));
    cr_assert(eq(int, ww_site_controller(s, "urn:x-hospital:ris", &dns), WW_SITE_UNSAID));
    cr_assert(eq(int, ww_site_controller(s, "urn:x-hospital:none", &dns), WW_SITE_UNSAID));
    ww_site_free(s);
}

Test(site, exception_ends_with_its_day)
{
    struct ww_site *s = good();
    uint64_t last = UINT64_C(1798761599999999999), after = UINT64_C(1798761600000000000);
    cr_assert(ne(ptr, (void *)ww_site_exception(s, "ct-01", "WD-101", "10.10.30.7", last), NULL));
    cr_assert(eq(ptr, (void *)ww_site_exception(s, "ct-01", "WD-101", "10.10.30.7", after), NULL));
    cr_assert(eq(ptr, (void *)ww_site_exception(s, "ct-01", "WD-101", "10.10.30.8", last), NULL));
    cr_assert(eq(ptr, (void *)ww_site_exception(s, "ct-01", "WD-102", "10.10.30.7", last), NULL));
    cr_assert(eq(ptr, (void *)ww_site_exception(s, "pacs", "WD-101", "10.10.30.7", last), NULL));
    ww_site_free(s);
}

Test(site, refuses_with_line_and_remedy)
{
    static const struct {
        const char *text, *line, *says;
    } bad[] = {
        { "hospital: x\nzone: []\n", "s.yaml:2:", "has no key 'zone'; use one of: hospital" },
        { "devices:\n  - {id: a, ip: [10.0.0.1], color: red}\n", "s.yaml:2:", "no key 'color'" },
        { "devices:\n  - {id: a, ip: [10.0.0.300]}\n", "s.yaml:2:", "'10.0.0.300' is no address" },
        { "devices:\n  - {id: a, mac: 02:00}\n", "s.yaml:2:", "is no MAC address" },
        { "zones:\n  - id: z\n    subnets:\n      - 10.0.0.1/24\n", "s.yaml:4:", "host bits zero" },
        { "zones:\n  - {id: z}\n  - {id: z}\n", "s.yaml:3:", "stands here twice" },
        { "zones:\n  - {id: z, subnets: [10.0.0.0/8]}\n  - {id: y, subnets: [10.0.0.0/8]}\n",
          "s.yaml:1:", "the same subnet" },
        { "devices:\n  - {id: a, ip: [10.0.0.1]}\n  - {id: a, ip: [10.0.0.2]}\n",
          "s.yaml:3:", "stands in line 2 already" },
        { "devices:\n  - {id: a, ip: [10.0.0.1]}\n  - {id: b, ip: [10.0.0.1]}\n",
          "s.yaml:3:", "the same ip" },
        { "devices:\n  - {id: a, ip: [10.0.0.1], zone: nowhere}\n",
          "s.yaml:2:", "no zone has the id 'nowhere'" },
        { "devices:\n  - {id: a}\n", "s.yaml:2:", "neither mac nor ip" },
        { "devices:\n  - {id: a, ip: [10.0.0.1], class: V}\n",
          "s.yaml:2:", "class 'V' is not known" },
        { "services: {dsn: [10.0.0.1]}\n", "s.yaml:1:", "service 'dsn' is not known" },
        { "contacts: {XX: {name: x}}\n", "s.yaml:1:", "code 'XX'" },
        { "exceptions:\n  - {device: a, class: WD-101, reason: r, owner: o, expires: 2026-02-30}\n",
          "s.yaml:2:", "must be a date" },
        { "exceptions:\n  - {device: a, class: WD-101, reason: r, owner: o, expires: 2026-02-28}\n",
          "s.yaml:2:", "not under devices" },
        { "exceptions:\n  - {device: '*', class: WD-101, expires: 2026-02-28}\n",
          "s.yaml:2:", "needs device, class, reason, owner and expires" },
        { "thresholds: {loss_ppm: many}\n", "s.yaml:1:", "must be a number" },
        { "hospital: a\nhospital: b\n", "s.yaml:2:", "twice" },
        { "hospital: [a, b]\n", "s.yaml:1:", "must be a text" },
        { "devices: {a: b}\n", "s.yaml:1:", "must be a list" },
        { "- a\n", "s.yaml:1:", "must be a mapping" },
        { "hospital: \"a\n", "s.yaml:", "not YAML" },
        { "hospital: \"a\\x01b\"\n", "s.yaml:1:", "control character" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct ww_site *s = NULL;
        struct ww_err e = { .rc = WW_OK };
        enum ww_rc rc = ww_site_parse(&s, "s.yaml", ww_slice_str(bad[i].text), &e);
        cr_assert(eq(int, rc, WW_E_CONF), "%s", bad[i].text);
        cr_assert(eq(ptr, s, NULL));
        cr_assert(strncmp(e.text, bad[i].line, strlen(bad[i].line)) == 0, "%s", e.text);
        cr_assert(strstr(e.text, bad[i].says) != NULL, "%s", e.text);
    }
}

Test(site, the_example_is_good)
{
    struct ww_site *s = NULL;
    struct ww_err e = { .rc = WW_OK };
    enum ww_rc rc = ww_site_load(&s, WW_SOURCE_DIR "/contrib/examples/site.yaml", &e);
    cr_assert(eq(int, rc, WW_OK), "%s", e.text);
    struct ww_ip ct = ip("10.10.20.15"), engine = ip("10.10.10.20");
    const struct ww_site_device *d = ww_site_by_ip(s, &ct);
    cr_assert(ww_site_closed(d));
    cr_assert(eq(int, ww_site_by_ip(s, &engine)->class_, WW_SITE_NOT_MEDICAL));
    ww_site_free(s);
}

Test(site, empty_and_missing)
{
    struct ww_site *s = NULL;
    struct ww_err e = { .rc = WW_OK };
    size_t n;
    cr_assert(eq(int, ww_site_parse(&s, "s", WW_SLICE_LIT(""), &e), WW_OK));
    (void)ww_site_devices(s, &n);
    cr_assert(eq(sz, n, 0));
    ww_site_free(s);
    cr_assert(eq(int, ww_site_load(&s, "/nonexistent/site.yaml", &e), WW_E_SYS));
    cr_assert(strstr(e.text, "/nonexistent/site.yaml") != NULL, "%s", e.text);
    cr_assert(eq(str, (char *)ww_site_hospital(NULL), ""));
    ww_site_free(NULL);
}

Test(site, every_cut_of_the_file_is_survived)
{
    for (size_t n = 0; n < sizeof GOOD; n++) {
        struct ww_site *s = NULL;
        struct ww_err e = { .rc = WW_OK };
        enum ww_rc rc = ww_site_parse(&s, "s", (struct ww_slice){ (const uint8_t *)GOOD, n }, &e);
        cr_assert(eq(int, rc == WW_OK, s != NULL), "cut at %zu", n);
        if (rc != WW_OK)
            cr_assert(e.text[0] != 0, "cut at %zu", n);
        ww_site_free(s);
    }
}

Test(site, check_tells_what_is_missing)
{
    static char buf[8192];
    struct ww_out o = ww_out(buf, sizeof buf - 1);
    cr_assert(eq(int, ww_site_check("/nonexistent/site.yaml", 0, &o), 2));
    buf[o.n] = 0;
    cr_assert(strstr(buf, "/nonexistent/site.yaml") != NULL, "%s", buf);

    char path[] = "/tmp/ww_site_XXXXXX";
    int fd = mkstemp(path);
    cr_assert(ge(int, fd, 0));
    FILE *f = fdopen(fd, "w");
    (void)fputs(GOOD, f);
    (void)fclose(f);
    o = ww_out(buf, sizeof buf - 1);
    cr_assert(eq(int, ww_site_check(path, UINT64_C(1798761600000000000), &o), 2));
    buf[o.n] = 0;
    (void)remove(path);
    cr_assert(
        strstr(buf, "'ct-01' names the declaration /tmp/ct-scanner.json, which cannot be read") !=
            NULL,
        "%s", buf);
    cr_assert(strstr(buf, "no contact for HIT") != NULL, "%s", buf);
    cr_assert(strstr(buf, "the exception for 'ct-01' is over") != NULL, "%s", buf);
    cr_assert(strstr(buf, ": not usable, 2 zones, 2 devices") != NULL, "%s", buf);
}
