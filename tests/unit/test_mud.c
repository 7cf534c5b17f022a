/* test_mud.c - reading declarations: good ones, bad ones, and what is said about both. */
#include "rules/baseline/baseline.h"
#include "rules/baseline/bl.h"
#include "sensor/base/data.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define EXAMPLES WW_SOURCE_DIR "/contrib/examples/"

static struct ww_yang *y;

static void open_yang(void)
{
    struct ww_err e;
    cr_assert_eq(ww_yang_open(&y, NULL, &e), WW_OK, "%s", e.text);
}
static void close_yang(void)
{
    ww_yang_free(y);
}
TestSuite(mud, .init = open_yang, .fini = close_yang);

/* A small declaration. Single quotes stand for double ones; MUD, FROM and TO are replaced. */
static const char frame[] =
    "{'ietf-mud:mud':{'mud-version':1,'mud-url':'https://m.example/d',\n" /* line 1 */
    "'last-update':'2026-01-15T09:00:00+09:00','is-supported':true,\n"    /* line 2 */
    "'from-device-policy':{'access-lists':{'access-list':[{'name':'fr'}]}},\n"
    "'to-device-policy':{'access-lists':{'access-list':[{'name':'to'}]}}MUD},\n"
    "'ietf-access-control-list:acls':{'acl':[\n"
    "{'name':'fr','type':'ipv4-acl-type','aces':{'ace':[\n" /* line 6 */
    "FROM]}},\n"                                            /* line 7 */
    "{'name':'to','type':'ipv4-acl-type','aces':{'ace':[\n" /* line 8 */
    "TO]}}]}}\n";                                           /* line 9 */

#define ACE(name, matches) \
    "{'name':'" name "','matches':{" matches "},'actions':{'forwarding':'accept'}}"
#define TCP_OUT                                                                                 \
    "'ipv4':{'ietf-acldns:dst-dnsname':'a.example','protocol':6},'tcp':"                        \
    "{'ietf-mud:direction-initiated':'from-device','destination-port':{'operator':'eq','port':" \
    "443}}"
#define TCP_IN                                                           \
    "'ipv4':{'ietf-acldns:src-dnsname':'a.example','protocol':6},'tcp':" \
    "{'ietf-mud:direction-initiated':'from-device','source-port':{'operator':'eq','port':443}}"

static size_t build(char *dst, size_t cap, const char *mud, const char *from, const char *to)
{
    struct ww_out o = ww_out(dst, cap - 1);
    for (const char *p = frame; *p != 0;) {
        const char *with = strncmp(p, "MUD", 3) == 0     ? mud
                           : strncmp(p, "FROM]", 5) == 0 ? from
                           : strncmp(p, "TO]", 3) == 0   ? to
                                                         : NULL;
        if (with == NULL) {
            ww_out_c(&o, *p++);
            continue;
        }
        ww_out_s(&o, with);
        p += strncmp(p, "FROM", 4) == 0 ? 4 : strncmp(p, "MUD", 3) == 0 ? 3 : 2;
    }
    dst[o.n] = 0;
    for (size_t i = 0; i < o.n; i++)
        if (dst[i] == '\'')
            dst[i] = '"';
    return o.n;
}

struct remarks {
    char all[8192];
    unsigned errors, warnings;
};
static void collect(void *to, const struct ww_bl_remark *r)
{
    struct remarks *c = to;
    size_t n = strlen(c->all);
    (void)snprintf(c->all + n, sizeof c->all - n, "%s@%u ", r->id, r->line);
    if (r->level == WW_BL_ERROR)
        c->errors++;
    else
        c->warnings++;
}

static enum ww_rc parse(const char *text, size_t n, struct remarks *c, struct ww_err *e)
{
    struct ww_baseline *b = NULL;
    struct ww_slice in = t_guard(text, n); /* one byte too far crashes */
    *c = (struct remarks){ .errors = 0 };
    enum ww_rc rc = ww_baseline_parse(&b, "x.json", in, y, collect, c, e);
    cr_assert((rc == WW_OK) == (b != NULL));
    ww_baseline_free(b);
    t_unguard(in);
    return rc;
}

Test(mud, examples_are_good)
{
    static const char *const names[] = { "ct-scanner.json",      "pacs.json",
                                         "infusion-pump.json",   "lab-analyser.json",
                                         "patient-monitor.json", "ct-scanner-remote.json" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[512];
        char text[4096];
        struct ww_out o = ww_out(text, sizeof text);
        (void)snprintf(path, sizeof path, EXAMPLES "%s", names[i]);
        cr_expect_eq(ww_baseline_check_file(path, y, &o), 0, "%.*s", (int)o.n, text);
    }
}

Test(mud, says_what_the_file_says)
{
    struct ww_baseline *b = NULL;
    struct ww_err e;
    cr_assert_eq(ww_baseline_load(&b, EXAMPLES "ct-scanner-remote.json", y, &e), WW_OK, "%s",
                 e.text);
    cr_expect_str_eq(ww_bl_mud_url(b), "https://mud.acme.example/acme-ct-64.json");
    cr_expect_str_eq(ww_bl_maker(b), "Acme Medical");
    cr_expect_str_eq(ww_bl_model(b), "Acme CT 64");
    cr_expect_str_eq(ww_bl_last_update(b), "2026-01-15T09:00:00Z");
    cr_expect_str_eq(ww_bl_kind_of_device(b), "imaging-modality");
    cr_expect_str_eq(ww_bl_criticality(b), "diagnostic");
    cr_expect_str_eq(ww_bl_declared_by(b), "manufacturer");
    cr_expect_str_eq(ww_bl_end_of(b, "os"), "2032-01-13");
    cr_expect_str_eq(ww_bl_end_of(b, "life"), "");
    cr_expect_eq(ww_bl_class(b), 2);
    cr_expect_eq(ww_bl_connection(b), WW_BL_CONN_HOSPITAL | WW_BL_CONN_REMOTE);
    cr_expect_eq(ww_bl_environment(b), WW_BL_ENV_HOSPITAL);
    cr_expect_eq(ww_bl_remotely_operable(b), WW_BL_NO);
    cr_expect(ww_bl_has_never_internet(b));
    cr_expect_not(ww_bl_is_closed(b)); /* remote maintenance leads outside */
    cr_expect(ww_bl_has_dicom(b));
    cr_expect_not(ww_bl_has_hl7(b));
    cr_expect_eq(ww_bl_aces(b), 22);
    cr_expect_eq(ww_bl_conduits(b), 11);
    struct ww_bl_ace_info a;
    ww_bl_ace(b, 0, &a);
    cr_expect_str_eq(a.match, "tcp/104 https://mud.acme.example/class/pacs (->)");
    cr_expect_eq(a.group, 0);
    ww_bl_ace(b, 2, &a); /* query: the same words as store */
    cr_expect_eq(a.group, 0);
    struct ww_bl_conduit_info c;
    ww_bl_conduit(b, 10, &c);
    cr_expect_str_eq(c.state, "service-mode");
    cr_expect_str_eq(c.peer_kind, "vendor-service");
    cr_expect_eq(c.patient_data, WW_BL_NO);
    ww_baseline_free(b);
}

Test(mud, closed_devices)
{
    static const char *const closed[] = { "ct-scanner.json", "infusion-pump.json",
                                          "patient-monitor.json" };
    struct ww_err e;
    struct ww_baseline *b = NULL;
    for (size_t i = 0; i < 3; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, EXAMPLES "%s", closed[i]);
        cr_assert_eq(ww_baseline_load(&b, path, y, &e), WW_OK, "%s", e.text);
        cr_expect(ww_bl_is_closed(b), "%s", path);
        ww_baseline_free(b);
    }
    cr_assert_eq(ww_baseline_load(&b, EXAMPLES "lab-analyser.json", y, &e), WW_OK, "%s", e.text);
    cr_expect_not(ww_bl_is_closed(b));
    ww_baseline_free(b);
}

Test(mud, shown_for_people)
{
    static const char *const parts[] = {
        "Acme Medical", "connection         hospital remote-maintenance",
        "accept tcp/443 remote.acme.example (->)  [fr-acme-ct-64/remote-1] vpn (service-mode)",
        "qr-ae title=ACMECT_QR (configurable) initiates accepts move-to=ACMECT_QR",
        "no-web: No internet use outside service mode except=service-mode"
    };
    char text[16384];
    struct ww_out o = ww_out(text, sizeof text - 1);
    cr_assert_eq(ww_baseline_show_file(EXAMPLES "ct-scanner-remote.json", y, &o), 0);
    text[o.n] = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        cr_expect_neq(strstr(text, parts[i]), NULL, "%s in\n%s", parts[i], text);
    o = ww_out(text, sizeof text - 1);
    cr_expect_eq(ww_baseline_show_file("/nonexistent", y, &o), 2);
    o = ww_out(text, sizeof text - 1);
    cr_expect_eq(ww_baseline_check_file(EXAMPLES "site.yaml", y, &o), 1);
    text[o.n] = 0;
    cr_expect_neq(strstr(text, ": bad: 1 errors"), NULL, "%s", text);
}

Test(mud, digest_is_of_the_bytes)
{
    char text[4096];
    struct ww_err e;
    struct ww_baseline *b = NULL;
    size_t n = build(text, sizeof text, "", ACE("a", TCP_OUT), ACE("a", TCP_IN));
    cr_assert_eq(
        ww_baseline_parse(&b, "x", (struct ww_slice){ (uint8_t *)text, n }, y, NULL, NULL, &e),
        WW_OK, "%s", e.text);
    char cmd[65];
    (void)snprintf(cmd, sizeof cmd, "%s", ww_bl_digest(b));
    cr_expect_eq(strlen(cmd), 64);
    ww_baseline_free(b);
    text[n - 1] = ' '; /* the line feed at the end: another file, the same meaning */
    cr_assert_eq(
        ww_baseline_parse(&b, "x", (struct ww_slice){ (uint8_t *)text, n }, y, NULL, NULL, &e),
        WW_OK, "%s", e.text);
    cr_expect_str_neq(ww_bl_digest(b), cmd);
    cr_expect_str_eq(ww_bl_last_update(b), "2026-01-15T00:00:00Z");
    ww_baseline_free(b);
}

/* Each row: what is put into the frame, and which remarks come at which line. */
struct row {
    const char *mud, *from, *to;
    bool good;
    const char *remarks;
};
static const struct row rows[] = {
    { "", ACE("a", TCP_OUT), ACE("a", TCP_IN), true, "" },
    { ",'systeminfo':'0123456789012345678901234567890123456789012345678901234567890'",
      ACE("a", TCP_OUT), ACE("a", TCP_IN), true, "systeminfo-length@4 " },
    { ",'cache-validity':2", ACE("a", TCP_OUT), ACE("a", TCP_IN), true, "cache-validity@4 " },
    { ",'extensions':['ol']", ACE("a", TCP_OUT), ACE("a", TCP_IN), true, "extension-unknown@4 " },
    { "", ACE("a", "'ipv4':{'protocol':17},'tcp':{'ietf-mud:direction-initiated':'from-device'}"),
      ACE("a", TCP_IN), false, "protocol-contradiction@7 one-way@7 " },
    { "", ACE("a", "'ipv4':{'ietf-acldns:src-dnsname':'a.example'}"), ACE("a", TCP_IN), false,
      "dns-name-side@7 one-way@9 " },
    { "", ACE("a", TCP_OUT), ACE("a", "'ipv4':{'ietf-acldns:dst-dnsname':'a.example'}"), false,
      "dns-name-side@9 one-way@7 " },
    { "", ACE("a", "'ietf-mud:mud':{'local-networks':[null],'controller':'urn:x'}"), "", true,
      "two-abstractions@7 " },
    { "", ACE("a", "'ietf-mud:mud':{'controller':'urn:ietf:params:mud:gateway'}"), "", true,
      "unregistered-urn@7 " },
    { "", ACE("a", "'ipv4':{'destination-ipv4-network':'10.0.0.5/24'}"), "", true,
      "host-bits@7 literal-address@7 " },
    { "", ACE("a", "'ipv4':{'source-ipv4-network':'10.0.0.5/32'}"), "", true, "device-address@7 " },
    { "", ACE("a", ""), "", true, "any-packet@7 " },
    { "", ACE("a", "'ipv4':{'dscp':10,'protocol':50}"), "", true, "not-evaluated@7 " },
    { "", ACE("a", "'tcp':{'destination-port':{'port':80}}"),
      ACE("a", "'tcp':{'source-port':{'port':80}}"), true, "no-direction@7 " },
    { "", ACE("a", TCP_OUT), ACE("a", "'udp':{'source-port':{'port':80}}"), true, "one-way@7 " },
    { "", "{'name':'a','matches':{'ipv4':{'protocol':50}},'actions':{'forwarding':'reject'}}", "",
      true, "action@7 " },
    /* an error has its place beside a warning in the same file */
    { ",'cache-validity':2,'wardwatch-medical:device':{'schema-version':1,'declared-by':{'kind':"
      "'learned'},'identity':{'class':'other-medical'}}",
      ACE("a", TCP_OUT), ACE("a", TCP_IN), false, "cache-validity@4 extension-undeclared@4 " },
};

Test(mud, semantic_remarks)
{
    char text[8192];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct remarks c;
        struct ww_err e = { .rc = WW_OK };
        size_t n = build(text, sizeof text, rows[i].mud, rows[i].from, rows[i].to);
        enum ww_rc rc = parse(text, n, &c, &e);
        cr_expect_eq(rc == WW_OK, rows[i].good, "row %zu: %s", i, e.text);
        cr_expect_str_eq(c.all, rows[i].remarks, "row %zu", i);
    }
}

/* Each row: a change that YANG refuses, and words of the remedy. */
static const struct {
    const char *mud, *from, *words;
} refused[] = {
    { "", ACE("a", "'tcp':{'destination-port':{'port':'443'}}"), "not text" },
    { "", ACE("a", "'tcp':{'destination-port':{'port':70000}}"), "65535" },
    { "", ACE("a", "'tcp':{'destination-port':{'operator':'range','lower-port':1,'upper-port':2}}"),
      "lower-port and upper-port" },
    { "", ACE("a", "'tcp':{'destination-port':{'lower-port':9,'upper-port':2}}"), "lower" },
    { "", ACE("a", "'ipv4':{'destination-ipv4-network':'10.0.0.1'}"), "prefix length" },
    { "", ACE("a", "'ietf-mud:mud':{'controller':'bacnet'}"), "a controller is a URI" },
    { "", ACE("a", "'ietf-mud:mud':{'local-networks':true}"), "[null]" },
    { "", ACE("a", "'ietf-mud:mud':{'local-networks':[]}"), "[null]" },
    { "", ACE("a", "'eth':{'ethertype':'0x0800'}"), "" },
    { "", ACE("a", "'ipv4':{'ietf-acldns:dst-dnsname':'a_b.example'}"), "no underscore" },
    { "", ACE("a", TCP_OUT) "," ACE("a", TCP_OUT), "name of its own" },
    { ",'cache-validity':0", ACE("a", TCP_OUT), "1 to 168" },
    { ",'nonsense':0", ACE("a", TCP_OUT), "spelling" },
    { ",'ietf-ol:ol':{}", ACE("a", TCP_OUT), "extensions other than" },
};

Test(mud, refused_with_a_remedy)
{
    char text[8192];
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct remarks c;
        struct ww_err e = { .rc = WW_OK };
        size_t n = build(text, sizeof text, refused[i].mud, refused[i].from, "");
        cr_expect_eq(parse(text, n, &c, &e), WW_E_CONF, "row %zu", i);
        cr_expect(strncmp(e.text, "x.json:", 7) == 0, "row %zu: %s", i, e.text);
        cr_expect_neq(strstr(e.text, refused[i].words), NULL, "row %zu: %s", i, e.text);
        cr_expect_eq(c.errors, 1, "row %zu", i);
    }
}

Test(mud, broken_input)
{
    static const char *const bad[] = { "",
                                       "{",
                                       "[]",
                                       "{}",
                                       "null",
                                       "nonsense",
                                       " ",
                                       "{{}",
                                       "\xff\xfe",
                                       "\"text\"",
                                       "{\"ietf-mud:mud\":1}" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct remarks c;
        struct ww_err e = { .rc = WW_OK };
        cr_expect_eq(parse(bad[i], strlen(bad[i]), &c, &e), WW_E_CONF, "row %zu", i);
        cr_expect(strncmp(e.text, "x.json", 6) == 0, "row %zu: %s", i, e.text);
    }
    struct remarks c;
    struct ww_err e;
    cr_expect_eq(parse("{\0}", 3, &c, &e), WW_E_CONF);
    cr_expect_neq(strstr(e.text, "NUL"), NULL, "%s", e.text);
}

Test(mud, every_prefix_is_refused)
{
    char text[8192];
    struct remarks c;
    struct ww_err e;
    size_t n = build(text, sizeof text, "", ACE("a", TCP_OUT), ACE("a", TCP_IN));
    for (size_t cut = 0; cut + 1 < n; cut++)
        cr_assert_neq(parse(text, cut, &c, &e), WW_OK, "cut at %zu", cut);
}

Test(mud, size_is_limited)
{
    struct ww_err e;
    struct ww_baseline *b = NULL;
    char *big = calloc(1, (size_t)WW_BL_FILE_MAX + 2);
    cr_assert_neq(big, NULL);
    memset(big, ' ', (size_t)WW_BL_FILE_MAX + 1);
    struct ww_slice over = { (uint8_t *)big, (size_t)WW_BL_FILE_MAX + 1 };
    cr_expect_eq(ww_baseline_parse(&b, "x", over, y, NULL, NULL, &e), WW_E_LIMIT);
    struct ww_slice just = { (uint8_t *)big, WW_BL_FILE_MAX };
    cr_expect_eq(ww_baseline_parse(&b, "x", just, y, NULL, NULL, &e), WW_E_CONF);
    free(big);
}

Test(mud, entries_are_limited)
{
    struct ww_err e;
    struct remarks c;
    size_t cap = 900000;
    char *from = malloc(cap);
    char *text = malloc(cap + 4096);
    cr_assert(from != NULL && text != NULL);
    struct ww_out o = ww_out(from, cap - 1);
    for (unsigned i = 0; i <= WW_BL_ACE_MAX; i++)
        ww_out_f(&o,
                 "%s{'name':'n%u','matches':{'ipv4':{'protocol':%u}},'actions':{'forwarding':"
                 "'accept'}}",
                 i > 0 ? "," : "", i, i % 256);
    from[o.n] = 0;
    size_t n = build(text, cap + 4096, "", from, "");
    cr_expect_eq(parse(text, n, &c, &e), WW_E_LIMIT, "%s", e.text);
    free(from);
    free(text);
}

Test(mud, remarks_are_limited)
{
    struct ww_err e;
    struct remarks c;
    char text[40000];
    char from[30000];
    struct ww_out o = ww_out(from, sizeof from - 1);
    for (unsigned i = 0; i < 250; i++)
        ww_out_f(&o,
                 "%s{'name':'n%u','matches':{'ipv4':{'dscp':1,'protocol':50}},'actions':"
                 "{'forwarding':'drop'}}",
                 i > 0 ? "," : "", i);
    from[o.n] = 0;
    size_t n = build(text, sizeof text, "", from, "");
    cr_expect_eq(parse(text, n, &c, &e), WW_OK, "%s", e.text);
    cr_expect_eq(c.warnings, 101);
    cr_expect_neq(strstr(c.all, " more@0 "), NULL);
}

Test(mud, missing_file_and_folder)
{
    struct ww_err e;
    struct ww_baseline *b = NULL;
    cr_expect_eq(ww_baseline_load(&b, "/nonexistent/x.json", y, &e), WW_E_SYS);
    cr_expect_neq(strstr(e.text, "/nonexistent/x.json"), NULL);
    cr_expect_neq(ww_baseline_load(&b, "/", y, &e), WW_OK);
    struct ww_yang *other = NULL;
    cr_expect_neq(ww_yang_open(&other, "/nonexistent", &e), WW_OK);
    cr_expect_neq(strstr(e.text, "/nonexistent/yang/"), NULL, "%s", e.text);
}

Test(mud, line_finds_the_deepest_part)
{
    static const char json[] =
        "{\"a\":1,\n\"m:b\":[\n{\"c\":2},\n{\"c\":3,\n\"d\":\"x\\\"}\"},\n5\n]}";
    struct ww_slice s = { (const uint8_t *)json, sizeof json - 1 };
    cr_expect_eq(ww_bl_line(s, "a"), 1);
    cr_expect_eq(ww_bl_line(s, "b"), 2);
    cr_expect_eq(ww_bl_line(s, "m:b"), 2);
    cr_expect_eq(ww_bl_line(s, "b[0]"), 3);
    cr_expect_eq(ww_bl_line(s, "b[1]/c"), 4);
    cr_expect_eq(ww_bl_line(s, "b[1]/d"), 5);
    cr_expect_eq(ww_bl_line(s, "b[1]/nothing"), 4);
    cr_expect_eq(ww_bl_line(s, "b[7]"), 2);
    cr_expect_eq(ww_bl_line(s, "nothing"), 0);
    for (size_t n = 0; n < s.n; n++) { /* cut anywhere: no answer is wrong by more than silence */
        struct ww_slice cut = t_guard(json, n);
        cr_expect(ww_bl_line(cut, "b[1]/d") <= 5);
        t_unguard(cut);
    }
}
