/* TLS: whole connections from captures with their loops, what is told, what is not, limits. */
#include "dissectors/it/tls/tls.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

extern const struct ww_dissector ww_dissector_tls;

#define STR(g, field, want) \
    cr_assert(eq(str, (char *)t_get_str((g), (field)), (char *)(uintptr_t)(want)))
#define NUM(g, field, want) cr_assert(eq(u64, t_get_u64((g), (field)), (want)), "%s", (field))

/* The first connection of a capture, as steps of whole segments in the clear part of it. */
enum { STEPS_MAX = 6, BYTES_MAX = 8192 };
static struct {
    struct t_step step[STEPS_MAX];
    size_t n, used;
    uint16_t port;
    uint8_t bytes[BYTES_MAX];
} talk_of;

static void take(void *to, const struct t_packet *p)
{
    (void)to;
    if (p->payload.n == 0 || p->ip_proto != 6 || talk_of.n == STEPS_MAX ||
        p->payload.n > BYTES_MAX - talk_of.used)
        return;
    if (talk_of.port == 0)
        talk_of.port = p->src.port;
    bool client = p->src.port == talk_of.port;
    if (!client && p->dst.port != talk_of.port)
        return;
    memcpy(talk_of.bytes + talk_of.used, p->payload.p, p->payload.n);
    talk_of.step[talk_of.n++] = (struct t_step){ .dir = client ? WW_A : WW_B,
                                                 .p = talk_of.bytes + talk_of.used,
                                                 .n = p->payload.n };
    talk_of.used += p->payload.n;
}

static const char *const degrades[] = { "latency_ms", "carries", "carries_by", NULL };
static struct t_talk load(const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, WW_SOURCE_DIR "/pcaps/%s", name);
    talk_of.n = talk_of.used = talk_of.port = 0;
    cr_assert(gt(long, t_pcap(path, take, NULL), 0L));
    return (struct t_talk){
        .d = &ww_dissector_tls, .step = talk_of.step, .n = talk_of.n, .degrades = degrades
    };
}

Test(tls, every_cut)
{
    struct t_talk t = load("tls/tls12.pcap");
    t_every_cut(&t);
}
Test(tls, every_prefix)
{
    struct t_talk t = load("tls/tls12.pcap");
    t.n = 1; /* a hello is told whole or not at all; a record may hold several messages */
    t_every_prefix(&t);
}
Test(tls, every_byte)
{
    struct t_talk t = load("tls/tls12.pcap");
    t_every_byte(&t);
}
Test(tls, every_gap)
{
    struct t_talk t = load("tls/tls12.pcap");
    t_every_gap(&t);
}

Test(tls, what_is_told)
{
    struct t_talk t = load("tls/tls12.pcap");
    struct t_feed *f = t_run(&t);
    const struct t_got *g = t_find(f, "tls.client", 0);
    STR(g, "sni", "fhir.hospital.example");
    STR(g, "version", "TLS 1.3");
    STR(g, "client_alpns", "h2,http/1.1");
    STR(g, "carries", "http");
    STR(g, "carries_by", "alpn");
    NUM(g, "weak_ciphers", 0);
    g = t_find(f, "tls.server", 0);
    STR(g, "version", "TLS 1.2");
    STR(g, "server_alpn", "http/1.1");
    NUM(g, "latency_ms", 10);
    g = t_find(f, "tls.certificate", 0);
    STR(g, "subject", "fhir.hospital.example");
    STR(g, "subjectaltname", "fhir.hospital.example,*.ward.hospital.example");
    STR(g, "issuerdn", "Example CA");
    NUM(g, "self_issued", 0);
    STR(t_find(f, "tls.certificate", 1), "subject", "MONGW");
    cr_assert(eq(int, f->client, WW_A));
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
}

/* Parts of names: hosts are called pacs-2 or ris.dicom.example, AE titles PACS1. */
Test(tls, a_certificate_may_say_what_is_inside)
{
    static const struct {
        const char *name, *carries;
    } row[] = { { "PACS1", "dicom" },        { "pacs-2.hospital.example", "dicom" }, { "ct01.DICOM.example", "dicom" },
                { "mllp.example", "hl7" },   { "hl7gw", "hl7" },                     { "space.example", "" },
                { "compacs.example", "" },   { "", "" },                             { "pac", "" } };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        cr_assert(eq(str, (char *)ww_tls_carried(ww_tls_by_name(ww_slice_str(row[i].name))), (char *)row[i].carries),
                  "%s", row[i].name);
}

/* What is encrypted is passed over at once and for good, and loss in it does not matter. */
Test(tls, the_rest_is_not_read)
{
    struct t_talk t = load("tls/tls13.pcap");
    struct t_feed *f = t_run(&t);
    static uint8_t bulk[60000];
    size_t calls = f->ncalls, got = f->ngot;
    for (int i = 0; i < 10; i++) {
        t_bytes(f, WW_B, bulk, sizeof bulk);
        t_gap(f, WW_B, 5000);
        t_bytes(f, WW_A, bulk, sizeof bulk);
    }
    cr_assert(le(sz, f->ncalls - calls, 2));
    cr_assert(eq(sz, f->ngot, got));
    cr_assert(not(f->stopped));
    t_free(f);
}

/* ---- hellos made by hand ---- */
struct out {
    uint8_t b[2000];
    size_t n;
};
static void put(struct out *o, const void *p, size_t n)
{
    memcpy(o->b + o->n, p, n);
    o->n += n;
}
static void num(struct out *o, uint32_t v, unsigned bytes)
{
    while (bytes-- > 0)
        o->b[o->n++] = (uint8_t)(v >> 8 * bytes);
}
static void extension(struct out *o, uint16_t type, const void *p, size_t n)
{
    num(o, type, 2);
    num(o, (uint32_t)n, 2);
    put(o, p, n);
}
/* A record with one hello: kind 1 or 2. */
static struct out hello(uint8_t kind, uint16_t version, const uint16_t *suite, size_t suites,
                        const struct out *ext)
{
    struct out m = { .n = 0 }, r = { .n = 0 };
    static const uint8_t zero[32];
    num(&m, version, 2);
    put(&m, zero, 32);
    num(&m, 0, 1);
    if (kind == 1)
        num(&m, (uint32_t)suites * 2, 2);
    for (size_t i = 0; i < suites; i++)
        num(&m, suite[i], 2);
    if (kind == 1)
        num(&m, 1, 1);
    num(&m, 0, 1);
    num(&m, (uint32_t)ext->n, 2);
    put(&m, ext->b, ext->n);
    put(&r, "\x16\3\1", 3);
    num(&r, (uint32_t)m.n + 4, 2);
    num(&r, kind, 1);
    num(&r, (uint32_t)m.n, 3);
    put(&r, m.b, m.n);
    return r;
}

/* Each dissector under test sits at its first port: 443. DICOM in TLS is told by the port. */
Test(tls, carried_by_port_and_alpn)
{
    const struct {
        uint16_t port;
        const char *alpn, *carries, *by;
        size_t nalpn;
    } row[] = {
        { 2762, NULL, "dicom", "port", 0 },
        { 11112, NULL, "dicom", "port", 0 },
        { 2575, NULL, "hl7", "port", 0 },
        { 2762, "\0\3\2h2", "http", "alpn", 5 },
        { 50000, NULL, "", "", 0 },
        { 50000, "\0\4\3dot", "dns", "alpn", 6 },
        { 443, "\0\7\2h2\3dot", "http", "port", 9 }, /* they disagree */
        { 50000,
          "\0\5\4\x0a\x0a"
          "zz",
          "", "", 7 },
    };
    static const uint16_t suite[] = { 0x1301, 0x0a0a, 0x00ff };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct t_feed *f = t_new(&ww_dissector_tls);
        struct out ext = { .n = 0 };
        f->end[WW_B].port = row[i].port;
        if (row[i].alpn != NULL)
            extension(&ext, 16, row[i].alpn, row[i].nalpn);
        struct out r = hello(1, 0x0303, suite, 3, &ext);
        t_bytes(f, WW_A, r.b, r.n);
        const struct t_got *g = t_find(f, "tls.client", 0);
        STR(g, "carries", row[i].carries);
        STR(g, "carries_by", row[i].by);
        NUM(g, "ciphers", 1);
        STR(g, "versions", "TLS 1.2");
        t_free(f);
    }
}

Test(tls, weak_and_old)
{
    static const uint16_t good[] = { 0x1301, 0xc02f, 0x009c, 0x002f, 0xc013, 0x0035 };
    static const uint16_t bad[] = { 0x0000, 0x0005, 0x000a, 0x0034, 0xc012, 0xc018, 0x006d };
    for (size_t i = 0; i < 13; i++) {
        struct t_feed *f = t_new(&ww_dissector_tls);
        struct out none = { .n = 0 };
        struct out r = hello(2, 0x0301, i < 6 ? &good[i] : &bad[i - 6], 1, &none);
        t_bytes(f, WW_B, r.b, r.n);
        const struct t_got *g = t_find(f, "tls.server", 0);
        NUM(g, "weak_cipher", i >= 6);
        STR(g, "version", "TLS 1.0");
        cr_assert(eq(int, f->client, WW_A));
        t_free(f);
    }
}

/* Up to draft 21 of TLS 1.3 the answer had neither session nor compression method. */
Test(tls, draft_of_tls13)
{
    static const uint8_t answer[] = "\x16\3\1\0\x2e\2\0\0\x2a\x7f\x12"
                                    "abcdefghijklmnopqrstuvwxyz012345"
                                    "\x13\3"
                                    "\0\4"
                                    "\0\x28\0\0";
    struct t_feed *f = t_new(&ww_dissector_tls);
    cr_assert(eq(int, ww_dissector_tls.probe((struct ww_slice){ answer, sizeof answer - 1 }, WW_B),
                 WW_GUESS_YES));
    t_bytes(f, WW_B, answer, sizeof answer - 1);
    STR(t_find(f, "tls.server", 0), "version", "TLS 1.3");
    STR(t_find(f, "tls.server", 0), "cipher", "0x1303");
    t_free(f);
}

/* Names that are none, lengths that lie: nothing of them is told. */
Test(tls, lies)
{
    static const uint16_t suite = 0x1301;
    const struct {
        uint16_t type;
        const char *p;
        size_t n;
    } row[] = { { 0,
                  "\0\x0b\0\0\x08"
                  "CANARY T",
                  13 },
                { 0,
                  "\0\xff\0\0\xff"
                  "abc",
                  8 },
                { 16,
                  "\0\xff\xff"
                  "abc",
                  6 },
                { 43, "\xff\3\4", 3 },
                { 16, "\0\4\0\0\0\0", 6 } };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct t_feed *f = t_new(&ww_dissector_tls);
        struct out ext = { .n = 0 };
        extension(&ext, row[i].type, row[i].p, row[i].n);
        struct out r = hello(1, 0x0303, &suite, 1, &ext);
        t_bytes(f, WW_A, r.b, r.n);
        STR(t_find(f, "tls.client", 0), "sni", "");
        STR(t_find(f, "tls.client", 0), "client_alpns", "");
        t_free(f);
    }
    struct t_feed *f = t_new(&ww_dissector_tls);
    t_bytes(f, WW_A, "\x16\3\1\x7f\xff", 5);
    cr_assert(f->stopped);
    t_free(f);
}

Test(tls, probe)
{
    const struct {
        const char *p;
        size_t n;
        enum ww_guess want;
    } row[] = {
        { "\x16", 1, WW_GUESS_MAYBE },
        { "\x16\3\1\0\x50\1\0\0\x4c\3\3", 11, WW_GUESS_YES },
        { "\x16\3\1\0\x50\1\0\0\x4c\7\3", 11, WW_GUESS_NO },
        { "\x16\2\1\0\x50\1\0\0\x4c\3\3", 11, WW_GUESS_NO },
        { "\x17\3\3\0\1z\x17\3\3\0\1z", 12, WW_GUESS_YES },
        { "\x17\3\3\0\1z\x47\3\3\0\1z", 12, WW_GUESS_NO },
        { "\x17\3\3\1\1z", 6, WW_GUESS_NO },
        { "\x15\3\3\0\2\2\x28", 7, WW_GUESS_NO },
        { "GET /", 5, WW_GUESS_NO },
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct ww_slice s = t_guard(row[i].p, row[i].n);
        cr_assert(eq(int, ww_dissector_tls.probe(s, WW_A), row[i].want), "row %zu", i);
        t_unguard(s);
    }
}
