/* test_baseline_check.c - what counts as declared: conversations, DICOM, HL7. */
#include "rules/baseline/baseline.h"
#include "sensor/base/data.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <malloc.h>
#include <stdlib.h>

#define EXAMPLES WW_SOURCE_DIR "/contrib/examples/"
#define S(lit)   WW_SLICE_LIT(lit)

static struct ww_yang *y;
static struct ww_baseline *b;

static void start(void)
{
    struct ww_err e;
    cr_assert_eq(ww_yang_open(&y, NULL, &e), WW_OK, "%s", e.text);
    b = NULL;
}
static void stop(void)
{
    ww_baseline_free(b);
    ww_yang_free(y);
}
TestSuite(check, .init = start, .fini = stop);

static void load(const char *path)
{
    struct ww_err e;
    cr_assert_eq(ww_baseline_load(&b, path, y, &e), WW_OK, "%s", e.text);
}

static struct ww_ip ip(const char *text)
{
    struct ww_ip a = { .fam = strchr(text, ':') != NULL ? 6 : 4 };
    cr_assert_eq(inet_pton(a.fam == 6 ? AF_INET6 : AF_INET, text, a.b), 1, "%s", text);
    return a;
}
static bool is(const struct ww_ip *a, const char *text)
{
    struct ww_ip x = ip(text);
    return ww_ip_eq(a, &x);
}

/* The hospital of these tests: 10.0.0.0/8; PACS .5, RIS .6, DNS .2; class dose has no address. */
static const char *known_name;
static enum ww_bl_is controller(void *ctx, const char *uri, const struct ww_ip *p)
{
    (void)ctx;
    if (strstr(uri, "/class/pacs") != NULL)
        return is(p, "10.0.0.5") ? WW_BL_IS : WW_BL_IS_NOT;
    if (strstr(uri, "/class/mwl") != NULL || strstr(uri, "/class/mpps") != NULL)
        return is(p, "10.0.0.6") ? WW_BL_IS : WW_BL_IS_NOT;
    if (strstr(uri, "/class/dose") != NULL || strstr(uri, "params:mud:ntp") != NULL)
        return WW_BL_IS_UNKNOWN;
    return WW_BL_IS_NOT;
}
static enum ww_bl_is my_controller(void *ctx, const char *url, const struct ww_ip *p)
{
    (void)ctx;
    (void)url;
    return is(p, "10.0.0.9") ? WW_BL_IS : WW_BL_IS_NOT;
}
static enum ww_bl_is service(void *ctx, enum ww_bl_service s, const struct ww_ip *p)
{
    (void)ctx;
    if (s == WW_BL_DNS)
        return is(p, "10.0.0.2") ? WW_BL_IS : WW_BL_IS_NOT;
    return WW_BL_IS_UNKNOWN;
}
static const char *name_of(void *ctx, const struct ww_ip *p, size_t i)
{
    (void)ctx;
    return i == 0 && is(p, "203.0.113.7") ? known_name : NULL;
}
static bool name_answered(void *ctx, const char *name)
{
    (void)ctx;
    return known_name != NULL && strcmp(name, known_name) == 0;
}
static const char *mud_url_of(void *ctx, const struct ww_ip *p)
{
    (void)ctx;
    return is(p, "10.0.0.20") ? "https://MUD.umbra.example/other" : NULL;
}
static const struct ww_bl_env env = { .controller = controller,
                                      .my_controller = my_controller,
                                      .service = service,
                                      .name_of = name_of,
                                      .name_answered = name_answered,
                                      .mud_url_of = mud_url_of };

static struct ww_bl_flow tcp(const char *peer, uint16_t device_port, uint16_t peer_port,
                             enum ww_bl_opener by)
{
    return (struct ww_bl_flow){ .device = ip("10.0.0.15"),
                                .peer = ip(peer),
                                .device_port = device_port,
                                .peer_port = peer_port,
                                .ip_proto = 6,
                                .opener = (uint8_t)by,
                                .device_sent = true,
                                .peer_sent = true };
}
static struct ww_bl_flow udp(const char *peer, uint16_t device_port, uint16_t peer_port,
                             enum ww_bl_opener by)
{
    struct ww_bl_flow f = tcp(peer, device_port, peer_port, by);
    f.ip_proto = 17;
    return f;
}

static struct ww_bl_verdict ask(const struct ww_bl_flow *f)
{
    struct ww_bl_verdict v;
    ww_bl_flow(b, &env, f, &v);
    return v;
}

static void want(const char *what, struct ww_bl_flow f, enum ww_bl_kind kind,
                 enum ww_bl_layer layer, enum ww_bl_reason reason)
{
    struct ww_bl_verdict v = ask(&f);
    cr_expect(v.kind == kind && v.layer == layer && v.reason == reason,
              "%s: %s %s %s (rule %s, observed %s, declared %s)", what, ww_bl_kind_name(v.kind),
              ww_bl_layer_name(v.layer), ww_bl_reason_name(v.reason), v.rule, v.observed,
              v.declared);
}

Test(check, conversations_of_a_ct)
{
    load(EXAMPLES "ct-scanner-remote.json");
    const enum ww_bl_opener dev = WW_BL_BY_DEVICE;
    const enum ww_bl_opener peer = WW_BL_BY_PEER;
    want("store", tcp("10.0.0.5", 40000, 104, dev), WW_BL_PERMITTED, WW_BL_L_DECLARATION,
         WW_BL_R_NONE);
    want("commitment result", tcp("10.0.0.5", 104, 40000, peer), WW_BL_PERMITTED,
         WW_BL_L_DECLARATION, WW_BL_R_NONE);
    want("worklist", tcp("10.0.0.6", 40000, 104, dev), WW_BL_PERMITTED, WW_BL_L_DECLARATION,
         WW_BL_R_NONE);
    want("the RIS opens", tcp("10.0.0.6", 104, 40000, peer), WW_BL_VIOLATION, WW_BL_L_DECLARATION,
         WW_BL_R_PORT); /* the RIS is a declared peer, but never as the opener */
    want("another port of the PACS", tcp("10.0.0.5", 40000, 8080, dev), WW_BL_VIOLATION,
         WW_BL_L_DECLARATION, WW_BL_R_PORT);
    want("UDP to the PACS", udp("10.0.0.5", 40000, 104, dev), WW_BL_VIOLATION, WW_BL_L_DECLARATION,
         WW_BL_R_PORT);
    want("unknown host, known port, class dose open", tcp("10.0.0.77", 40000, 104, dev),
         WW_BL_UNRESOLVED, WW_BL_L_DECLARATION, WW_BL_R_CLASS);
    want("unknown host asks", tcp("10.0.0.77", 104, 40000, peer), WW_BL_VIOLATION,
         WW_BL_L_DECLARATION, WW_BL_R_PEER);
    want("unknown host, unknown port", tcp("10.0.0.77", 40000, 8080, dev), WW_BL_VIOLATION,
         WW_BL_L_DECLARATION, WW_BL_R_PEER);
    want("DNS", udp("10.0.0.2", 5000, 53, dev), WW_BL_PERMITTED, WW_BL_L_DECLARATION, WW_BL_R_NONE);
    want("DNS elsewhere in the house", udp("10.0.0.3", 5000, 53, dev), WW_BL_VIOLATION,
         WW_BL_L_DECLARATION, WW_BL_R_PEER);
    want("NTP, no server told", udp("10.0.0.2", 123, 123, dev), WW_BL_UNRESOLVED,
         WW_BL_L_DECLARATION, WW_BL_R_CLASS);
    want("file sharing inside", tcp("10.0.0.5", 40000, 445, dev), WW_BL_VIOLATION, WW_BL_L_NEVER,
         WW_BL_R_NEVER);
    want("internet", tcp("198.51.100.9", 40000, 443, dev), WW_BL_VIOLATION, WW_BL_L_NEVER,
         WW_BL_R_NEVER);
    want("internet, opened from there", tcp("198.51.100.9", 3389, 50000, peer), WW_BL_VIOLATION,
         WW_BL_L_DECLARATION, WW_BL_R_EXTERNAL);
}

Test(check, names_come_from_answers_to_the_device)
{
    load(EXAMPLES "ct-scanner-remote.json");
    struct ww_bl_flow f = tcp("203.0.113.7", 40000, 443, WW_BL_BY_DEVICE);
    known_name = "Remote.Acme.Example."; /* case and the last dot do not count */
    struct ww_bl_verdict v = ask(&f);
    cr_expect_eq(v.kind, WW_BL_PERMITTED, "%s", v.rule);
    cr_expect_str_eq(v.conduit, "remote"); /* service mode is the exception of never/no-web */
    cr_expect(v.notes & WW_BL_NOTE_EXTERNAL);
    known_name = "evil.example";
    want("another name", f, WW_BL_VIOLATION, WW_BL_L_NEVER, WW_BL_R_NEVER);
    known_name = NULL;
    want("no name: the exception is not shown", f, WW_BL_VIOLATION, WW_BL_L_NEVER, WW_BL_R_NEVER);
    v = ask(&f);
    cr_expect(v.notes & WW_BL_NOTE_NO_DNS_ANSWER);
}

Test(check, direction_and_midstream)
{
    load(EXAMPLES "patient-monitor.json");
    /* export: the device opens port 2575 of the gateway class, which this hospital does not have */
    want("vendor port of the central", udp("10.0.0.9", 24105, 24105, WW_BL_BY_DEVICE),
         WW_BL_PERMITTED, WW_BL_L_DECLARATION, WW_BL_R_NONE);
    want("same maker, other case", udp("10.0.0.20", 24106, 24106, WW_BL_BY_PEER), WW_BL_PERMITTED,
         WW_BL_L_DECLARATION, WW_BL_R_NONE);
    struct ww_bl_flow announce = udp("239.192.7.1", 24005, 24005, WW_BL_BY_DEVICE);
    announce.cast = WW_BL_MULTICAST;
    want("declared multicast", announce, WW_BL_PERMITTED, WW_BL_L_DECLARATION, WW_BL_R_NONE);
    announce.peer = ip("239.192.7.2");
    want("another group", announce, WW_BL_VIOLATION, WW_BL_L_DECLARATION, WW_BL_R_PEER);
    want("no MUD URL", udp("10.0.0.21", 24106, 24106, WW_BL_BY_PEER), WW_BL_VIOLATION,
         WW_BL_L_DECLARATION, WW_BL_R_PEER);
    ww_baseline_free(b);
    load(EXAMPLES "infusion-pump.json");
    struct ww_bl_flow f = tcp("10.0.0.9", 50000, 28443, WW_BL_BY_PEER);
    f.device_port = 28443;
    f.peer_port = 50000;
    f.device_sent = false;
    want("attempt at a pump, no answer", f, WW_BL_VIOLATION, WW_BL_L_DECLARATION, WW_BL_R_PORT);
    f.device_sent = true;
    want("a pump that listens", f, WW_BL_VIOLATION, WW_BL_L_NEVER, WW_BL_R_NEVER);
    f = tcp("10.0.0.9", 50000, 28443, WW_BL_BY_UNKNOWN);
    struct ww_bl_verdict v = ask(&f);
    cr_expect_eq(v.kind, WW_BL_PERMITTED);
    cr_expect_eq(v.notes, WW_BL_NOTE_OPENER_UNKNOWN);
    cr_expect_geq(v.reply_ace, 0);
    f = tcp("10.0.0.9", 28443, 28443, WW_BL_BY_PEER);
    v = ask(&f); /* the port fits as the peer's, but the wrong side opened */
    cr_expect_eq(v.kind, WW_BL_VIOLATION);
}

Test(check, wrong_side_opens)
{
    load(EXAMPLES "ct-scanner-remote.json");
    struct ww_bl_flow f = tcp("10.0.0.6", 40000, 104, WW_BL_BY_PEER); /* from its port 104 to us */
    struct ww_bl_verdict v = ask(&f);
    cr_expect_eq(v.kind, WW_BL_VIOLATION);
    cr_expect_eq(v.reason, WW_BL_R_DIRECTION);
    cr_expect_str_eq(v.declared, "tcp/104 https://mud.acme.example/class/mwl (->)");
    cr_expect_str_eq(v.observed, "tcp/40000 <- 10.0.0.6");
}

Test(check, what_is_told)
{
    load(EXAMPLES "ct-scanner-remote.json");
    struct ww_bl_flow f = tcp("10.0.0.5", 40000, 8080, WW_BL_BY_DEVICE);
    f.app = "http";
    struct ww_bl_verdict v = ask(&f);
    cr_expect_str_eq(v.observed, "tcp/8080 -> 10.0.0.5 (http)");
    cr_expect_str_eq(v.declared, "tcp/104 https://mud.acme.example/class/pacs (->)");
    cr_expect_str_eq(v.rule, "undeclared");
    f = tcp("10.0.0.77", 104, 40000, WW_BL_BY_PEER);
    v = ask(&f);
    cr_expect(v.notes & WW_BL_NOTE_PORT_DECLARED);
    cr_expect_str_eq(v.declared, "tcp/:104 https://mud.acme.example/class/pacs (<-)");
    f = tcp("10.0.0.5", 40000, 104, WW_BL_BY_DEVICE);
    v = ask(&f);
    cr_expect_str_eq(v.rule, "fr-acme-ct-64/store-1");
    cr_expect_str_eq(v.conduit, "store");
    cr_expect_geq(v.reply_ace, 0);
    cr_expect_eq(v.notes, 0);
    f = udp("10.0.0.2", 123, 123, WW_BL_BY_DEVICE);
    v = ask(&f);
    cr_expect_str_eq(v.waits_for, "urn:ietf:params:mud:ntp");
}

Test(check, housekeeping)
{
    load(EXAMPLES "ct-scanner-remote.json"); /* link-protocol lists lldp only, addressing static */
    const struct {
        const char *rule;
        struct ww_bl_flow f;
        unsigned notes;
    } rows[] = {
        { "arp", { .ethertype = 0x0806 }, 0 },
        { "lldp", { .ethertype = 0x88cc }, 0 },
        { "eapol", { .ethertype = 0x888e }, WW_BL_NOTE_INFRA_UNDECLARED },
        { "stp", { .ethertype = 0x0026 }, WW_BL_NOTE_INFRA_UNDECLARED },
        { "igmp", { .ip_proto = 2, .peer = ip("224.0.0.22"), .cast = WW_BL_MULTICAST }, 0 },
        { "icmp-echo",
          { .ip_proto = 1,
            .peer = ip("10.0.0.7"),
            .icmp_known = true,
            .icmp_type = 8,
            .opener = WW_BL_BY_PEER,
            .device_sent = true },
          0 },
        { "icmp-error",
          { .ip_proto = 1, .peer = ip("10.0.0.7"), .icmp_known = true, .icmp_type = 3 },
          0 },
        { "neighbour-discovery",
          { .ip_proto = 58, .peer = ip("fe80::1"), .icmp_known = true, .icmp_type = 135 },
          0 },
        { "mld",
          { .ip_proto = 58,
            .peer = ip("ff02::16"),
            .icmp_known = true,
            .icmp_type = 143,
            .cast = WW_BL_MULTICAST },
          0 },
        { "dhcp",
          { .ip_proto = 17,
            .peer = ip("255.255.255.255"),
            .device_port = 68,
            .peer_port = 67,
            .cast = WW_BL_BROADCAST,
            .opener = WW_BL_BY_DEVICE },
          WW_BL_NOTE_INFRA_UNDECLARED },
        { "netbios", /* heard, not sent */
          { .ip_proto = 17,
            .peer = ip("10.0.0.8"),
            .device_port = 138,
            .peer_port = 138,
            .cast = WW_BL_BROADCAST,
            .opener = WW_BL_BY_PEER,
            .peer_sent = true },
          0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_bl_verdict v = ask(&rows[i].f);
        cr_expect_eq(v.kind, WW_BL_INFRASTRUCTURE, "%s: %s", rows[i].rule, ww_bl_kind_name(v.kind));
        cr_expect_str_eq(v.rule, rows[i].rule);
        cr_expect_eq(v.notes, rows[i].notes, "%s: %u", rows[i].rule, v.notes);
    }
    struct ww_bl_flow f = { .ip_proto = 17,
                            .peer = ip("224.0.0.251"),
                            .device_port = 5353,
                            .peer_port = 5353,
                            .cast = WW_BL_MULTICAST,
                            .opener = WW_BL_BY_DEVICE,
                            .device_sent = true };
    want("mDNS, which the link protocols leave out", f, WW_BL_VIOLATION, WW_BL_L_DECLARATION,
         WW_BL_R_PEER);
    struct ww_bl_flow redirect = { .ip_proto = 1,
                                   .peer = ip("10.0.0.1"),
                                   .icmp_known = true,
                                   .icmp_type = 5,
                                   .opener = WW_BL_BY_PEER,
                                   .peer_sent = true };
    want("ICMP redirect is no housekeeping", redirect, WW_BL_VIOLATION, WW_BL_L_DECLARATION,
         WW_BL_R_PEER);
}

Test(check, nothing_known_about_the_hospital)
{
    static const struct ww_bl_env nothing = { .ctx = NULL };
    load(EXAMPLES "ct-scanner-remote.json");
    struct ww_bl_flow f = tcp("10.0.0.5", 40000, 104, WW_BL_BY_DEVICE);
    struct ww_bl_verdict v;
    ww_bl_flow(b, &nothing, &f, &v);
    cr_expect_eq(v.kind, WW_BL_UNRESOLVED);
    cr_expect_str_eq(v.waits_for, "https://mud.acme.example/class/pacs");
    f = tcp("198.51.100.9", 40000, 443, WW_BL_BY_DEVICE);
    ww_bl_flow(b, &nothing, &f, &v);
    cr_expect_eq(v.kind, WW_BL_VIOLATION, "the address ranges tell what is outside");
    f = udp("10.0.0.2", 40000, 9999, WW_BL_BY_DEVICE);
    ww_bl_flow(b, &nothing, &f, &v);
    cr_expect_eq(v.kind, WW_BL_VIOLATION);
    cr_expect(v.notes & WW_BL_NOTE_CLASS_UNRESOLVED);
}

static uint16_t moved_port(void *ctx, const char *conduit)
{
    (void)ctx;
    return strcmp(conduit, "store") == 0 ? 11112 : 0;
}

Test(check, port_that_the_site_changed)
{
    load(EXAMPLES "ct-scanner-remote.json");
    struct ww_bl_env e = env;
    e.site_port = moved_port;
    struct ww_bl_flow f = tcp("10.0.0.5", 40000, 11112, WW_BL_BY_DEVICE);
    struct ww_bl_verdict v;
    ww_bl_flow(b, &e, &f, &v);
    cr_expect_eq(v.kind, WW_BL_PERMITTED);
    cr_expect_str_eq(v.conduit, "store");
    want("without the site file", f, WW_BL_VIOLATION, WW_BL_L_DECLARATION, WW_BL_R_PORT);
}

/* First match decides, drop before accept; ports by operator; IPv6; a list without IP version. */
static const char order[] =
    "{'ietf-mud:mud':{'mud-version':1,'mud-url':'https://m.example/d','last-update':"
    "'2026-01-15T09:00:00Z','is-supported':true,'from-device-policy':{'access-lists':"
    "{'access-list':[{'name':'a'},{'name':'b'}]}},'to-device-policy':{'access-lists':"
    "{'access-list':[{'name':'c'}]}}},'ietf-access-control-list:acls':{'acl':["
    "{'name':'a','type':'ipv4-acl-type','aces':{'ace':["
    "{'name':'no-mail','matches':{'tcp':{'destination-port':{'port':25}}},'actions':{'forwarding':"
    "'drop'}},"
    "{'name':'low','matches':{'ipv4':{'destination-ipv4-network':'10.1.0.0/16'},'tcp':"
    "{'destination-port':{'operator':'lte','port':1023}}},'actions':{'forwarding':'accept'}},"
    "{'name':'some','matches':{'udp':{'destination-port':{'lower-port':100,'upper-port':200}}},"
    "'actions':{'forwarding':'accept'}},"
    "{'name':'ping','matches':{'icmp':{'type':8}},'actions':{'forwarding':'accept'}},"
    "{'name':'marked','matches':{'ipv4':{'dscp':1,'protocol':47}},'actions':{'forwarding':'drop'}},"
    "{'name':'tunnel','matches':{'ipv4':{'protocol':47}},'actions':{'forwarding':'accept'}},"
    "{'name':'rest','matches':{},'actions':{'forwarding':'drop'}}]}},"
    "{'name':'b','type':'ipv6-acl-type','aces':{'ace':["
    "{'name':'six','matches':{'ipv6':{'destination-ipv6-network':'2001:db8::/32'},'tcp':{}},"
    "'actions':{'forwarding':'accept'}}]}},"
    "{'name':'c','type':'ipv4-acl-type','aces':{'ace':["
    "{'name':'high','matches':{'tcp':{'source-port':{'operator':'gte','port':1024}}},'actions':"
    "{'forwarding':'accept'}},"
    "{'name':'not','matches':{'udp':{'destination-port':{'operator':'neq','port':9}}},'actions':"
    "{'forwarding':'accept'}}]}}]}}";

Test(check, order_operators_and_families)
{
    struct ww_err e;
    char *text = strdup(order);
    for (char *p = text; *p != 0; p++)
        *p = *p == '\'' ? '"' : *p;
    cr_assert_eq(ww_baseline_parse(&b, "order", ww_slice_str(text), y, NULL, NULL, &e), WW_OK, "%s",
                 e.text);
    free(text);
    const enum ww_bl_opener dev = WW_BL_BY_DEVICE;
    const struct {
        struct ww_bl_flow f;
        enum ww_bl_kind kind;
        const char *rule;
    } rows[] = {
        { tcp("10.1.2.3", 5000, 25, dev), WW_BL_VIOLATION, "a/no-mail" },
        { tcp("10.1.2.3", 5000, 1023, dev), WW_BL_PERMITTED, "a/low" },
        { tcp("10.1.2.3", 5000, 1024, dev), WW_BL_VIOLATION, "a/rest" },
        { tcp("10.2.2.3", 5000, 80, dev), WW_BL_VIOLATION, "a/rest" },
        { udp("10.2.2.3", 5000, 99, dev), WW_BL_VIOLATION, "a/rest" },
        { udp("10.2.2.3", 5000, 100, dev), WW_BL_PERMITTED, "a/some" },
        { udp("10.2.2.3", 5000, 200, dev), WW_BL_PERMITTED, "a/some" },
        { udp("10.2.2.3", 5000, 201, dev), WW_BL_VIOLATION, "a/rest" },
        { { .ip_proto = 47, .peer = ip("10.2.2.3"), .opener = dev }, WW_BL_PERMITTED, "a/tunnel" },
        { { .ip_proto = 1,
            .peer = ip("10.2.2.3"),
            .opener = dev,
            .icmp_known = true,
            .icmp_type = 8 },
          WW_BL_PERMITTED,
          "a/ping" },
        { { .ethertype = 0x0806 }, WW_BL_INFRASTRUCTURE, "arp" },
        { tcp("2001:db8:1::5", 5000, 80, dev), WW_BL_PERMITTED, "b/six" },
        { tcp("2001:db9::5", 5000, 80, dev), WW_BL_VIOLATION, "undeclared" },
        { tcp("10.9.9.9", 80, 1024, WW_BL_BY_PEER), WW_BL_PERMITTED, "c/high" },
        { tcp("10.9.9.9", 80, 1023, WW_BL_BY_PEER), WW_BL_VIOLATION, "undeclared" },
        { udp("10.9.9.9", 10, 5, WW_BL_BY_PEER), WW_BL_PERMITTED, "c/not" },
        { udp("10.9.9.9", 9, 5, WW_BL_BY_PEER), WW_BL_VIOLATION, "undeclared" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_bl_verdict v = ask(&rows[i].f);
        cr_expect_eq(v.kind, rows[i].kind, "row %zu: %s", i, ww_bl_kind_name(v.kind));
        cr_expect_str_eq(v.rule, rows[i].rule, "row %zu", i);
    }
    struct ww_bl_flow f = tcp("10.1.2.3", 5000, 443, dev);
    struct ww_bl_verdict v = ask(&f);
    cr_expect_eq(v.notes, WW_BL_NOTE_REPLY_UNDECLARED, "its answers come from a low port");
}

/* The default of RFC 8520 for a file that has no entry about DNS or NTP. */
Test(check, defaults_of_the_rfc)
{
    struct ww_err e;
    static const char plain[] =
        "{\"ietf-mud:mud\":{\"mud-version\":1,\"mud-url\":\"https://m.example/d\",\"last-update\":"
        "\"2026-01-15T09:00:00Z\",\"is-supported\":true}}";
    cr_assert_eq(ww_baseline_parse(&b, "plain", S(plain), y, NULL, NULL, &e), WW_OK, "%s", e.text);
    want("DNS", udp("10.0.0.2", 5000, 53, WW_BL_BY_DEVICE), WW_BL_PERMITTED, WW_BL_L_DEFAULT,
         WW_BL_R_NONE);
    want("DNS over TCP is not in the default", tcp("10.0.0.2", 5000, 53, WW_BL_BY_DEVICE),
         WW_BL_VIOLATION, WW_BL_L_DECLARATION, WW_BL_R_PEER);
    want("another server", udp("10.0.0.3", 5000, 53, WW_BL_BY_DEVICE), WW_BL_VIOLATION,
         WW_BL_L_DECLARATION, WW_BL_R_PEER);
    want("public resolver", udp("192.0.2.53", 5000, 53, WW_BL_BY_DEVICE), WW_BL_VIOLATION,
         WW_BL_L_DECLARATION, WW_BL_R_EXTERNAL);
    want("NTP without a server in the site file", udp("10.0.0.2", 123, 123, WW_BL_BY_DEVICE),
         WW_BL_UNRESOLVED, WW_BL_L_DEFAULT, WW_BL_R_CLASS);
}

static void want_medical(const char *what, const struct ww_bl_verdict *v, enum ww_bl_kind kind,
                         enum ww_bl_reason reason, const char *observed, const char *declared)
{
    cr_expect(v->kind == kind && v->reason == reason, "%s: %s %s", what, ww_bl_kind_name(v->kind),
              ww_bl_reason_name(v->reason));
    if (observed != NULL)
        cr_expect_str_eq(v->observed, observed, "%s", what);
    if (declared != NULL)
        cr_expect_str_eq(v->declared, declared, "%s", what);
}

Test(check, ae_titles)
{
    static const char *const remote[] = { "PACS1" };
    static const struct ww_bl_site_ae in_use[] = { { "storage-ae", "CT01", remote, 1 } };
    static const struct ww_bl_site_dicom site = { in_use, 1 };
    struct ww_bl_verdict v;
    load(EXAMPLES "ct-scanner.json");
    ww_bl_dicom_assoc(b, NULL, true, S("ACMECT  "), S("ANY"), &v);
    want_medical("the default title", &v, WW_BL_PERMITTED, WW_BL_R_NONE, "ACMECT -> ANY", NULL);
    ww_bl_dicom_assoc(b, NULL, true, S("CT01"), S("ANY"), &v);
    want_medical("may be configured", &v, WW_BL_UNRESOLVED, WW_BL_R_AE_TITLE, NULL, "ACMECT");
    cr_expect(v.notes & WW_BL_NOTE_CONFIGURABLE);
    ww_bl_dicom_assoc(b, &site, true, S("CT01"), S("PACS1"), &v);
    want_medical("as the site says", &v, WW_BL_PERMITTED, WW_BL_R_NONE, NULL, NULL);
    ww_bl_dicom_assoc(b, &site, true, S("EVIL"), S("PACS1"), &v);
    want_medical("not as the site says", &v, WW_BL_VIOLATION, WW_BL_R_AE_TITLE, "EVIL -> PACS1",
                 "CT01");
    ww_bl_dicom_assoc(b, &site, false, S("EVIL"), S("CT01"), &v);
    want_medical("a stranger calls", &v, WW_BL_VIOLATION, WW_BL_R_AE_TITLE, NULL, "PACS1");
    cr_expect_eq(v.layer, WW_BL_L_SITE);
    /* titles without the id of an entity: any of them, for any entity */
    static const struct ww_bl_site_ae loose[] = { { "", "CT01", NULL, 0 },
                                                  { NULL, "CT02", NULL, 0 } };
    static const struct ww_bl_site_dicom any = { loose, 2 };
    ww_bl_dicom_assoc(b, &any, true, S("CT02"), S("X"), &v);
    want_medical("second title", &v, WW_BL_PERMITTED, WW_BL_R_NONE, NULL, NULL);
    ww_bl_dicom_assoc(b, &any, true, S("ACMECT"), S("X"), &v);
    want_medical("default title after a change", &v, WW_BL_VIOLATION, WW_BL_R_AE_TITLE, NULL,
                 "CT01, CT02");
    ww_bl_dicom_assoc(b, &site, false, S("PACS1"), S("CT01"), &v);
    want_medical("the PACS calls", &v, WW_BL_PERMITTED, WW_BL_R_NONE, NULL, NULL);
    ww_baseline_free(b);
    load(EXAMPLES "ct-scanner-remote.json");
    ww_bl_dicom_assoc(b, NULL, false, S("X"), S("ACMECT_WF"), &v);
    want_medical("an entity that accepts nothing", &v, WW_BL_VIOLATION, WW_BL_R_ROLE, NULL, NULL);
}

Test(check, classes_roles_and_operations)
{
    struct ww_bl_verdict v;
    struct ww_slice none = { NULL, 0 };
    load(EXAMPLES "ct-scanner-remote.json");
    ww_bl_dicom_context(b, NULL, none, S("1.2.840.10008.5.1.4.1.1.2"), WW_BL_SCU,
                        S("1.2.840.10008.1.2.1"), &v);
    want_medical("CT storage", &v, WW_BL_PERMITTED, WW_BL_R_NONE, NULL, NULL);
    ww_bl_dicom_context(b, NULL, none, S("1.2.840.10008.5.1.4.1.1.2"), WW_BL_SCU,
                        S("1.2.840.10008.1.2.4.50"), &v);
    want_medical("JPEG", &v, WW_BL_VIOLATION, WW_BL_R_TRANSFER_SYNTAX, NULL,
                 "1.2.840.10008.1.2.1, 1.2.840.10008.1.2, 1.2.840.10008.1.2.4.70");
    ww_bl_dicom_context(b, NULL, none, S("1.2.840.10008.5.1.4.1.1.4"), WW_BL_SCU, none, &v);
    want_medical("MR storage", &v, WW_BL_VIOLATION, WW_BL_R_SOP_CLASS,
                 "1.2.840.10008.5.1.4.1.1.4 SCU", "");
    ww_bl_dicom_context(b, NULL, none, S("1.2.840.10008.5.1.4.31"), WW_BL_SCP, none, &v);
    want_medical("worklist as provider", &v, WW_BL_VIOLATION, WW_BL_R_ROLE, NULL,
                 "1.2.840.10008.5.1.4.31 SCU");
    ww_bl_dicom_context(b, NULL, S("ACMECT_QR"), S("1.2.840.10008.1.1"), WW_BL_SCP, none, &v);
    want_medical("echo is implied", &v, WW_BL_PERMITTED, WW_BL_R_NONE, NULL, NULL);
    cr_expect(v.notes & WW_BL_NOTE_IMPLIED);
    ww_bl_dicom_context(b, NULL, S("ACMECT_WF"), S("1.2.840.10008.5.1.4.1.1.2"), WW_BL_SCU, none,
                        &v);
    want_medical("storage by the worklist entity", &v, WW_BL_VIOLATION, WW_BL_R_SOP_CLASS, NULL,
                 NULL);
    ww_bl_dicom_request(b, NULL, none, S("C-STORE"), S("1.2.840.10008.5.1.4.1.1.2"), WW_BL_SCU,
                        none, &v);
    want_medical("store", &v, WW_BL_PERMITTED, WW_BL_R_NONE, NULL, NULL);
    ww_bl_dicom_request(b, NULL, none, S("N-DELETE"), S("1.2.840.10008.1.20.1"), WW_BL_SCU, none,
                        &v);
    want_medical("delete", &v, WW_BL_VIOLATION, WW_BL_R_DIMSE, NULL, "N-ACTION, N-EVENT-REPORT");
    ww_bl_dicom_request(b, NULL, none, S("C-MOVE"), S("1.2.840.10008.5.1.4.1.2.2.2"), WW_BL_SCU,
                        S("ACMECT_QR "), &v);
    want_medical("move to itself", &v, WW_BL_PERMITTED, WW_BL_R_NONE, NULL, NULL);
    ww_bl_dicom_request(b, NULL, none, S("C-MOVE"), S("1.2.840.10008.5.1.4.1.2.2.2"), WW_BL_SCU,
                        S("EVIL"), &v);
    want_medical("move elsewhere", &v, WW_BL_VIOLATION, WW_BL_R_MOVE_DESTINATION, "C-MOVE -> EVIL",
                 "ACMECT_QR");
    cr_expect_eq(ww_bl_dicom_implementation(b, S("1.2.826.0.1.3680043.99999.5")), WW_BL_YES);
    cr_expect_eq(ww_bl_dicom_implementation(b, S("1.2.3")), WW_BL_NO);
    struct ww_bl_hl7 m = { .code = S("ORU"), .trigger = S("R01") };
    ww_bl_hl7_message(b, &m, &v);
    want_medical("HL7 by a scanner", &v, WW_BL_VIOLATION, WW_BL_R_NOT_SPOKEN, "<- ORU^R01", NULL);
}

Test(check, hl7_messages)
{
    struct ww_bl_verdict v;
    load(EXAMPLES "patient-monitor.json");
    struct ww_bl_hl7 m = { .device_sends = true,
                           .code = S("ORU"),
                           .trigger = S("R01"),
                           .version = S("2.6"),
                           .sending_app = S("X"),
                           .sending_facility = S("WARD3") };
    ww_bl_hl7_message(b, &m, &v);
    want_medical("observations", &v, WW_BL_PERMITTED, WW_BL_R_NONE, "-> ORU^R01", NULL);
    cr_expect_str_eq(v.conduit, "export");
    m.sending_facility = S("WARD4");
    ww_bl_hl7_message(b, &m, &v);
    want_medical("facility", &v, WW_BL_VIOLATION, WW_BL_R_HL7_FACILITY, "-> ORU^R01 MSH-4=WARD4",
                 "WARD3");
    m.sending_facility = S("WARD3");
    m.version = S("2.3");
    ww_bl_hl7_message(b, &m, &v);
    want_medical("version", &v, WW_BL_VIOLATION, WW_BL_R_HL7_VERSION, NULL, "2.6");
    m.version = S("2.6");
    m.device_sends = false;
    ww_bl_hl7_message(b, &m, &v);
    want_medical("direction", &v, WW_BL_VIOLATION, WW_BL_R_HL7_DIRECTION, NULL, "ACK^*");
    m.device_sends = true;
    m.code = S("ADT");
    m.trigger = S("A01");
    ww_bl_hl7_message(b, &m, &v);
    want_medical("message", &v, WW_BL_VIOLATION, WW_BL_R_HL7_MESSAGE, NULL, "ORU^R01, ORU^R40");
    struct ww_bl_hl7 ack = {
        .ack = true, .code = S("ACK"), .version = S("2.6"), .receiving_facility = S("WARD3")
    };
    ww_bl_hl7_message(b, &ack, &v);
    want_medical("acknowledgement, names the other way round", &v, WW_BL_PERMITTED, WW_BL_R_NONE,
                 NULL, NULL);
    ack.receiving_facility = S("WARD9");
    ww_bl_hl7_message(b, &ack, &v);
    want_medical("acknowledgement for another ward", &v, WW_BL_VIOLATION, WW_BL_R_HL7_FACILITY,
                 NULL, NULL);
}

/* Questions are asked on the path of every event: they must not touch the heap. */
Test(check, questions_allocate_nothing)
{
    struct ww_bl_verdict v;
    load(EXAMPLES "ct-scanner-remote.json");
    struct ww_bl_hl7 m = { .code = S("ORU") };
    struct ww_bl_flow kept[3] = { tcp("10.0.0.5", 40000, 104, WW_BL_BY_DEVICE),
                                  tcp("198.51.100.9", 40000, 443, WW_BL_BY_DEVICE),
                                  udp("10.0.0.77", 137, 137, WW_BL_BY_PEER) };
    size_t before = mallinfo2().uordblks;
    for (size_t i = 0; i < 3; i++) {
        ww_bl_flow(b, &env, &kept[i], &v);
        ww_bl_dicom_assoc(b, NULL, i % 2, S("A"), S("B"), &v);
        ww_bl_dicom_request(b, NULL, S("ACMECT"), S("C-ECHO"), S("1.2.840.10008.1.1"), WW_BL_SCU,
                            S(""), &v);
        ww_bl_hl7_message(b, &m, &v);
    }
    cr_expect_eq(mallinfo2().uordblks, before);
}

Test(check, plain_mud_says_nothing_about_messages)
{
    struct ww_err e;
    struct ww_bl_verdict v;
    static const char plain[] =
        "{\"ietf-mud:mud\":{\"mud-version\":1,\"mud-url\":\"https://m.example/d\",\"last-update\":"
        "\"2026-01-15T09:00:00Z\",\"is-supported\":true}}";
    cr_assert_eq(ww_baseline_parse(&b, "plain", S(plain), y, NULL, NULL, &e), WW_OK, "%s", e.text);
    ww_bl_dicom_assoc(b, NULL, true, S("A"), S("B"), &v);
    cr_expect_eq(v.kind, WW_BL_PERMITTED);
    cr_expect_eq(v.layer, WW_BL_L_NONE);
    struct ww_bl_hl7 m = { .code = S("ORU") };
    ww_bl_hl7_message(b, &m, &v);
    cr_expect_eq(v.kind, WW_BL_PERMITTED);
}

Test(check, wire_text_is_bounded_and_printable)
{
    uint8_t long_title[600];
    struct ww_bl_verdict v;
    load(EXAMPLES "ct-scanner.json");
    for (size_t i = 0; i < sizeof long_title; i++)
        long_title[i] = (uint8_t)(i % 3 == 0 ? 0x1b : i % 3 == 1 ? 0xe3 : 'x');
    struct ww_slice s = { long_title, sizeof long_title };
    for (size_t n = 0; n <= sizeof long_title; n += 7) {
        ww_bl_dicom_assoc(b, NULL, true, (struct ww_slice){ long_title, n }, s, &v);
        size_t len = strnlen(v.observed, sizeof v.observed);
        cr_assert_lt(len, sizeof v.observed);
        for (size_t i = 0; i < len; i++)
            cr_assert_geq((unsigned char)v.observed[i], 0x20);
        cr_assert_eq(strcmp(v.observed + len - 3, "..."), 0);
    }
}
