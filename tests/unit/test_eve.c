/* EVE JSON lines: conventions, Community ID, hostile bytes, broken outputs. */
#include "dissectors/dissector.h"
#include "rules/guideline/guide.h"
#include "sensor/event_core.h"
#include "store/export/community_id.h"
#include "store/store.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define T0 1780000000123456789u

#define MSG_FIELDS(F, S)                                                                           \
    F(S, STR, rrname, 255, NONE, "", "Name")                                                       \
    F(S, LIST, all, 600, NONE, "", "List")                                                         \
    F(S, HASH, patient, 0, NONE, "", "Pseudonym")                                                  \
    F(S, STR, tail__text, 900, NONE, "", "Nested")
WW_EVENT_DEFINE(t_msg, "dns.answer", "test", 0, MSG_FIELDS);
static const struct ww_event_type *const more[] = { &t_msg_type, NULL };

static struct ww_registry reg;
static union {
    struct ww_event e;
    uint8_t room[WW_EVENT_MAX];
} ev;
static char path[64], text[8 << 20];

static void setup(void)
{
    struct ww_err e;
    cr_assert(ww_registry_add(&reg, ww_core_events, &e) == WW_OK);
    cr_assert(ww_registry_add(&reg, ww_guide_events, &e) == WW_OK);
    cr_assert(ww_registry_add(&reg, more, &e) == WW_OK);
    snprintf(path, sizeof path, "/tmp/ww-eve-XXXXXX");
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    close(fd);
}
static void teardown(void) { unlink(path); }
TestSuite(eve, .init = setup, .fini = teardown);

static const char *const apps[] = { "dicom", "dns", NULL };
static const char *const sources[] = { "ward \"7\".pcap", NULL };
static struct ww_eve_cfg config(void)
{
    return (struct ww_eve_cfg){ .path = path, .registry = &reg, .app_names = apps,
                                .source_names = sources };
}
static struct ww_eve *open_ok(const struct ww_eve_cfg *c)
{
    struct ww_eve *v = NULL;
    struct ww_err e = { .rc = WW_OK };
    cr_assert(ww_eve_open(&v, c, &e) == WW_OK, "%s", e.text);
    return v;
}

/* Closes, reads all lines, checks each with the strict reader. */
static size_t lines(struct ww_eve *v)
{
    struct ww_err e = { .rc = WW_OK };
    cr_assert(ww_eve_close(v, &e) == WW_OK, "%s", e.text);
    FILE *f = fopen(path, "r");
    size_t n = fread(text, 1, sizeof text - 1, f), count = 0;
    fclose(f);
    text[n] = 0;
    for (char *p = text; p < text + n; count++) {
        char *nl = memchr(p, '\n', (size_t)(text + n - p));
        cr_assert(nl != NULL);
        const char *bad = t_json_bad(p, (size_t)(nl - p));
        cr_assert(bad == NULL, "%s: %.*s", bad, (int)(nl - p), p);
        p = nl + 1;
    }
    return count;
}

static struct ww_event *blank(const struct ww_event_type *t)
{
    memset(&ev, 0, sizeof ev);
    ev.e = (struct ww_event){ .type = t, .ts = T0, .frame = 12, .flow = 77, .ip_proto = 6,
                              .dissector = 1, .client = WW_B, .client_by = WW_BY_SYN };
    ev.e.size = (uint32_t)(sizeof ev.e + t->size);
    ev.e.end[WW_A] = (struct ww_end){ .ip = ww_ip4(0x4223faccu), .port = 80 };
    ev.e.end[WW_B] = (struct ww_end){ .ip = ww_ip4(0x80e86e78u), .port = 34855 };
    return &ev.e;
}

static bool has(const char *s) { return strstr(text, s) != NULL; }

Test(eve, line_of_a_message)
{
    struct ww_eve_cfg c = config();
    struct ww_eve *v = open_ok(&c);
    struct ww_event *e = blank(&t_msg_type);
    struct t_msg *b = (void *)e->body;
    WW_SET(b->rrname, WW_SLICE_LIT("pacs.example"));
    b->patient = 0x1122334455667788u;
    e->vlan[0] = 12;
    e->vlan[1] = 4094;
    e->nvlan = 2;
    e->tunnel[0] = (struct ww_tunnel){ .kind = 2, .id = 5001 };
    e->ntunnel = 1;
    e->end[WW_B].mac = (struct ww_mac){ { 2, 0, 0, 0, 0, 0xb } };
    e->dir = WW_B;
    ww_eve_put(v, e);
    cr_assert(lines(v) == 1);
    cr_assert(eq(str, text,
                 "{\"timestamp\":\"2026-05-28T20:26:40.123456+0000\",\"flow_id\":77,"
                 "\"pcap_filename\":\"ward \\\"7\\\".pcap\",\"pcap_cnt\":12,\"event_type\":\"dns\","
                 "\"vlan\":[12,4094],\"tunnel\":[{\"type\":2,\"id\":5001}],"
                 "\"src_ip\":\"128.232.110.120\",\"src_port\":34855,\"dest_ip\":\"66.35.250.204\","
                 "\"dest_port\":80,\"proto\":\"TCP\","
                 "\"community_id\":\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\",\"app_proto\":\"dns\","
                 "\"direction\":\"to_server\",\"ether\":{\"src_mac\":\"02:00:00:00:00:0b\"},"
                 "\"dns\":{\"type\":\"answer\",\"rrname\":\"pacs.example\",\"tail\":{}}}\n"));
    cr_assert(not(has("patient")));
}

Test(eve, kinds_of_events)
{
    struct ww_eve_cfg c = config();
    c.live = true;
    struct ww_eve *v = open_ok(&c);
    ww_eve_put(v, blank(&ww_flow_start_type));
    ww_eve_put(v, blank(&ww_flow_open_type));
    ww_eve_put(v, blank(&ww_flow_app_type));
    ww_eve_put(v, blank(&ww_flow_update_type));
    ww_eve_put(v, blank(&ww_flow_end_type));
    struct ww_event *e = blank(&ww_stats_type);
    e->source = 9; /* of all sources */
    e->flow = e->frame = 0;
    e->ip_proto = 0;
    e->dissector = WW_NO_DISSECTOR;
    memset(e->end, 0, sizeof e->end);
    struct ww_stats *s = (void *)e->body;
    s->coverage__loss_ppm = WW_NULL32;
    ww_eve_put(v, e);
    cr_assert(lines(v) == 3);
    cr_assert(has("\"in_iface\":\"ward"));
    cr_assert(has("\"event_type\":\"flow\"") && has("\"flow\":{\"type\":\"update\""));
    cr_assert(has("\"flow\":{\"type\":\"end\""));
    cr_assert(has("+0000\",\"event_type\":\"stats\",\"stats\":{\"uptime\":0"));
    cr_assert(has("\"loss_ppm\":null"));
    cr_assert(not(has("direction")));
}

/* A second of the stamp is kept between events: it must follow the time in both directions. */
Test(eve, time_stamps)
{
    struct ww_eve_cfg c = config();
    struct ww_eve *v = open_ok(&c);
    static const uint64_t ts[] = { 0, 999999999u, 1000000000u, 999999999u, 4102444799999999999u };
    for (size_t i = 0; i < sizeof ts / sizeof ts[0]; i++) {
        struct ww_event *e = blank(&ww_anomaly_ev_type);
        e->ts = ts[i];
        ww_eve_put(v, e);
    }
    cr_assert(lines(v) == 5);
    static const char *const want[] = { "1970-01-01T00:00:00.000000", "1970-01-01T00:00:00.999999",
                                        "1970-01-01T00:00:01.000000", "1970-01-01T00:00:00.999999",
                                        "2099-12-31T23:59:59.999999" };
    char *p = text;
    for (size_t i = 0; i < 5; i++, p++) {
        p = strstr(p, "\"timestamp\":\"");
        cr_assert(p != NULL && strncmp(p + 13, want[i], 26) == 0, "%s", p);
    }
}

/* The kept text of a flow must not be used for another that falls on its place or took its number,
 * nor after the client turned out to be the other side. */
Test(eve, kept_tuples_follow_the_flow)
{
    struct ww_eve_cfg c = config();
    struct ww_eve *v = open_ok(&c);
    for (unsigned i = 0; i < 4; i++) {
        struct ww_event *e = blank(&ww_flow_end_type);
        e->flow = i == 1 ? 77 + 1024 : 77;
        e->end[WW_B].port = i == 3 ? 5 : 34855;
        e->client = i == 2 ? WW_A : WW_B;
        e->end[WW_A].ip = ww_ip4(i == 1 ? 0x0a000001 : 0x4223faccu);
        ww_eve_put(v, e);
    }
    cr_assert(lines(v) == 4);
    char *p = strstr(text, "\"src_ip\":\"128.232.110.120\",\"src_port\":34855,\"dest_ip\":\"66.35.250.204\"");
    cr_assert(p != NULL);
    p = strstr(p, "\"dest_ip\":\"10.0.0.1\"");
    cr_assert(p != NULL);
    p = strstr(p, "\"src_ip\":\"66.35.250.204\",\"src_port\":80,\"dest_ip\":\"128.232.110.120\"");
    cr_assert(p != NULL);
    p = strstr(p, "\"src_ip\":\"128.232.110.120\",\"src_port\":5,");
    cr_assert(p != NULL);
}

static const char *cid(const char *src, unsigned sport, const char *dst, unsigned dport, uint8_t proto)
{
    static char b[WW_COMMUNITY_ID];
    struct ww_end end[2] = { { .port = (uint16_t)sport }, { .port = (uint16_t)dport } };
    const char *t[2] = { src, dst };
    for (int i = 0; i < 2; i++) {
        unsigned v[4];
        if (sscanf(t[i], "%u.%u.%u.%u", &v[0], &v[1], &v[2], &v[3]) == 4) {
            end[i].ip = ww_ip4(v[0] << 24 | v[1] << 16 | v[2] << 8 | v[3]);
        } else {
            end[i].ip.fam = 6;
            for (unsigned k = 0; k < 16; k++)
                sscanf(t[i] + 2 * k, "%2hhx", &end[i].ip.b[k]);
        }
    }
    return ww_community_id(b, &end[0], &end[1], proto);
}

/* Vectors of the specification's baseline (community-id-spec, baseline_deflt.json). */
Test(eve, community_id_vectors)
{
    cr_assert(eq(str, (char *)cid("128.232.110.120", 34855, "66.35.250.204", 80, 6),
                 "1:LQU9qZlK+B5F3KDmev6m5PMibrg="));
    cr_assert(eq(str, (char *)cid("66.35.250.204", 80, "128.232.110.120", 34855, 6),
                 "1:LQU9qZlK+B5F3KDmev6m5PMibrg="));
    cr_assert(eq(str, (char *)cid("192.168.1.52", 54585, "8.8.8.8", 53, 17),
                 "1:d/FP5EW3wiY1vCndhwleRRKHowQ="));
    /* echo and its reply are one flow; a type without an answer goes one way */
    cr_assert(eq(str, (char *)cid("192.168.0.89", 8, "192.168.0.1", 0, 1),
                 "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="));
    cr_assert(eq(str, (char *)cid("192.168.0.1", 0, "192.168.0.89", 0, 1),
                 "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="));
    cr_assert(cid("10.0.0.1", 3, "10.0.0.2", 1, 1) != NULL);
    char one[WW_COMMUNITY_ID];
    snprintf(one, sizeof one, "%s", cid("10.0.0.1", 3, "10.0.0.2", 1, 1));
    cr_assert(strcmp(one, cid("10.0.0.2", 3, "10.0.0.1", 1, 1)) != 0);
    struct ww_end none = { .port = 1 };
    cr_assert(ww_community_id(one, &none, &none, 6) == NULL);
}

Test(eve, icmp_takes_its_type_from_the_start)
{
    struct ww_eve_cfg c = config();
    struct ww_eve *v = open_ok(&c);
    for (unsigned i = 0; i < 2; i++) {
        struct ww_event *e = blank(i == 0 ? &ww_flow_start_type : &ww_flow_end_type);
        e->ip_proto = 1;
        e->client = WW_A;
        e->end[WW_A] = (struct ww_end){ .ip = ww_ip4(0xc0a80059) };
        e->end[WW_B] = (struct ww_end){ .ip = ww_ip4(0xc0a80001) };
        if (i == 0)
            ((struct ww_flow_start *)(void *)e->body)->icmp_type = 8;
        ww_eve_put(v, e);
        e->flow = 999; /* its start was not seen: no name rather than a wrong one */
        ww_eve_put(v, e);
    }
    cr_assert(lines(v) == 2);
    cr_assert(has("\"proto\":\"ICMP\",\"community_id\":\"1:X0snYXpgwiv9TZtqg64sgzUn6Dk=\""));
    cr_assert(not(has("src_port")));
}

/* All bytes in all text fields, cut everywhere: still JSON. */
Test(eve, hostile_bytes)
{
    struct ww_eve_cfg c = config();
    struct ww_eve *v = open_ok(&c);
    uint64_t x = 88172645463325252u;
    for (unsigned i = 0; i < 400; i++) {
        struct ww_event *e = blank(&t_msg_type);
        struct t_msg *b = (void *)e->body;
        uint8_t junk[900];
        for (size_t k = 0; k < sizeof junk; k++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            junk[k] = i < 256 ? (uint8_t)(i + k) : (uint8_t)x;
        }
        WW_SET(b->rrname, ((struct ww_slice){ junk, i % 256 }));
        WW_SET(b->tail__text, ((struct ww_slice){ junk, sizeof junk }));
        for (size_t k = 0; k + 20 < sizeof junk; k += 20)
            WW_ADD(b->all, ((struct ww_slice){ junk + k, k % 20 }));
        e->dissector = (uint8_t)i;
        e->ip_proto = (uint8_t)i;
        e->nvlan = e->ntunnel = 255;
        e->dir = e->client = (uint8_t)i;
        e->source = i;
        e->end[0].ip.fam = (uint8_t)(i % 7);
        ww_eve_put(v, e);
    }
    cr_assert(lines(v) == 400);
}

Test(eve, strict_privacy_leaves_names_out)
{
    struct ww_eve_cfg c = config();
    c.strict = true;
    struct ww_eve *v = open_ok(&c);
    struct ww_event *e = blank(&t_msg_type);
    struct t_msg *b = (void *)e->body;
    WW_SET(b->rrname, WW_SLICE_LIT("secret-host.example"));
    ww_eve_put(v, e);
    cr_assert(ww_slice_eqs(WW_STR(b->rrname), "secret-host.example")); /* the event itself stays */
    e = blank(&ww_alert_type);
    struct ww_alert *a = (void *)e->body;
    WW_SET(a->peer, WW_SLICE_LIT("secret-host.example"));
    WW_SET(a->device_label, WW_SLICE_LIT("secret-host"));
    ww_eve_put(v, e);
    WW_SET(a->peer, WW_SLICE_LIT("2001:db8::9"));
    ww_eve_put(v, e);
    cr_assert(lines(v) == 3);
    cr_assert(not(has("secret-host")));
    cr_assert(has("\"peer\":\"2001:db8::9\""));
}

/* Every text of the protocols that speak of names is either left out or known to hold none. */
Test(eve, strict_privacy_covers_the_dissectors)
{
    static const char *const harmless[] = { "rrtype", "rcode", "op", "dhcp_type",
                                            "vendor_class_identifier", "params", "routers",
                                            "dns_servers", "ntp_servers", "subnet_mask", "mud_url",
                                            "client_id", "boot_file", NULL };
    struct ww_err err = { .rc = WW_OK };
    for (unsigned i = 0; ww_dissectors[i] != NULL; i++)
        if (strcmp(ww_dissectors[i]->name, "dns") != 0) /* the test has a dns.answer of its own */
            cr_assert(ww_registry_add(&reg, ww_dissectors[i]->events, &err) == WW_OK, "%s", err.text);
    struct ww_registry all = { .n = 0 };
    for (unsigned i = 0; ww_dissectors[i] != NULL; i++)
        cr_assert(ww_registry_add(&all, ww_dissectors[i]->events, &err) == WW_OK, "%s", err.text);
    struct ww_eve_cfg c = config();
    c.strict = true;
    c.registry = &all;
    struct ww_eve *v = open_ok(&c);
    size_t n = 0;
    for (uint16_t t = 0; t < all.n; t++) {
        const struct ww_event_type *type = all.type[t];
        if (strncmp(type->name, "dns.", 4) != 0 && strncmp(type->name, "dhcp.", 5) != 0)
            continue;
        for (uint16_t f = 0; f < type->nfields; f++) {
            const char *const *ok = harmless;
            while (*ok != NULL && strcmp(*ok, type->fields[f].name) != 0)
                ok++;
            if (*ok != NULL || (type->fields[f].type != WW_FT_STR && type->fields[f].type != WW_FT_LIST))
                continue;
            struct ww_event *e = blank(type);
            if (type->fields[f].type == WW_FT_STR) {
                ww_set_str(e->body, &type->fields[f], ww_slice_str("secret-host"));
            } else {
                uint16_t head[2] = { 12, 1 };
                memcpy(e->body + type->fields[f].off, head, sizeof head);
                memcpy(e->body + type->fields[f].off + sizeof head, "secret-host", 12);
            }
            ww_eve_put(v, e);
            n++;
        }
    }
    cr_assert(lines(v) == n && n >= 5, "%zu", n);
    char *leak = strstr(text, "secret-host");
    cr_assert(leak == NULL, "%.120s", leak - 60);
}

Test(eve, alert_with_texts)
{
    struct ww_guide *g = NULL;
    struct ww_err err = { .rc = WW_OK };
    cr_assert(ww_guide_load(&g, NULL, &err) == WW_OK, "%s", err.text);
    struct ww_eve_cfg c = config();
    c.texts.guide = g;
    struct ww_eve *v = open_ok(&c);
    static const struct {
        uint8_t level;
        const char *severity;
    } row[] = { { 1, "\"severity\":3" }, { 2, "\"severity\":3" }, { 3, "\"severity\":2" },
                { 4, "\"severity\":1" }, { 5, "\"severity\":1" } };
    struct ww_event *e = blank(&ww_alert_type);
    struct ww_alert *a = (void *)e->body;
    a->class = 104;
    WW_SET(a->variant, WW_SLICE_LIT("b"));
    WW_SET(a->track, WW_SLICE_LIT("P"));
    WW_SET(a->asset_id, WW_SLICE_LIT("CT-02"));
    WW_SET(a->device_label, WW_SLICE_LIT("CT-02"));
    WW_SET(a->peer, WW_SLICE_LIT("203.0.113.9"));
    a->subjects = WW_NULL32;
    a->count = 1;
    for (size_t i = 0; i < 5; i++) {
        a->level = row[i].level;
        ww_eve_put(v, e);
    }
    cr_assert(lines(v) == 5);
    ww_guide_free(g);
    char *p = text;
    for (size_t i = 0; i < 5; i++, p++) {
        p = strstr(p, "\"alert\":{");
        cr_assert(p != NULL && strstr(p, row[i].severity) != NULL);
        char *end = strchr(p, '}');
        cr_assert(strstr(p, row[i].severity) < end, "%zu", i);
    }
    cr_assert(has("\"signature_id\":9001042"));
    cr_assert(has("\"class\":[\"WD-104\"],\"level\":[\"5\"],\"track\":[\"P\"]"));
    cr_assert(has("\"wardwatch\":{\"alert_id\":0"));
    cr_assert(has("\"text\":{\"ja\":{\"title\":\"") && has("\"en\":{\"title\":\""));
    cr_assert(has("203.0.113.9"));
    cr_assert(has("\"do_first\":[\"") && has("\"do_not\":[\"") && has("\"whom\":[\""));
}

/* ---- outputs that fail --------------------------------------------------------------------------------- */
Test(eve, full_disk_is_told_once_at_the_end)
{
    struct ww_eve_cfg c = config();
    struct ww_err e = { .rc = WW_OK };
    c.path = "/dev/full";
    struct ww_eve *v = open_ok(&c);
    for (unsigned i = 0; i < 2000; i++)
        ww_eve_put(v, blank(&ww_flow_end_type));
    cr_assert(ww_eve_gone(v));
    cr_assert(ww_eve_close(v, &e) == WW_E_FULL);
    cr_assert(strstr(e.text, "/dev/full: no space left") != NULL, "%s", e.text);
    c.path = "/no/such/dir/x";
    v = NULL;
    cr_assert(ww_eve_open(&v, &c, &e) == WW_E_SYS && v == NULL);
}

Test(eve, a_reader_that_leaves_is_a_clean_end)
{
    int fds[2];
    struct ww_err e = { .rc = WW_OK };
    struct ww_eve_cfg c = config();
    c.path = "-";
    signal(SIGPIPE, SIG_IGN);
    cr_assert(pipe(fds) == 0 && dup2(fds[1], STDOUT_FILENO) >= 0);
    struct ww_eve *v = open_ok(&c);
    close(fds[0]);
    for (unsigned i = 0; i < 2000; i++)
        ww_eve_put(v, blank(&ww_flow_end_type));
    cr_assert(ww_eve_gone(v));
    cr_assert(ww_eve_close(v, &e) == WW_OK);
}

/* Lines are written whole: what a full disk leaves ends at most in one cut line. */
Test(eve, lines_are_flushed_whole)
{
    struct ww_eve_cfg c = config();
    struct ww_eve *v = open_ok(&c);
    for (unsigned i = 0; i < 500; i++)
        ww_eve_put(v, blank(&ww_flow_end_type));
    FILE *f = fopen(path, "r"); /* not closed yet: what is there so far */
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    cr_assert(n > 0 && text[n - 1] == '\n');
    cr_assert(lines(v) == 500);
}
