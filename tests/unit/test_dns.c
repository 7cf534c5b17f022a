/* DNS: questions, answers, aliases, compression, TCP, what is not DNS. */
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

extern const struct ww_dissector ww_dissector_dns;

#define PACS               \
    "\x04pacs\x04ward\x07" \
    "example\0"
#define ARCHIVE           \
    "\x07"                \
    "archive\x04ward\x07" \
    "example\0"
#define Q(id, name, type)    id "\x01\0\0\x01\0\0\0\0\0\0" name type "\0\x01"
#define R(id, n, name, type) id "\x81\x80\0\x01" n "\0\0\0\0" name type "\0\x01"
#define TYPE_A               "\0\x01"
static const char query[] = Q("\x49\x3d", PACS, TYPE_A);
static const char answer[] =
    R("\x49\x3d", "\0\x02", PACS, TYPE_A) "\xc0\x0c\0\x01\0\x01\0\0\0\x78\0\x04\x0a\x14\x01\x0a"
                                          "\xc0\x0c\0\x01\0\x01\0\0\0\x78\0\x04\x0a\x14\x01\x0b";
/* archive is an alias of pacs; the address comes first, as some servers send it */
static const char alias[] = R("\x5e\xd4", "\0\x03", ARCHIVE,
                              TYPE_A) "\x04pacs\xc0\x14\0\x01\0\x01\0\0\0\x05\0\x04\x0a\x14\x01\x0a"
                                      "\xc0\x0c\0\x05\0\x01\0\0\0\x05\0\x02\xc0\x26"
                                      "\x03"
                                      "bad\xc0\x14\0\x01\0\x01\0\0\0\x05\0\x04\x06\x06\x06\x06";
static const char nxdomain[] = "\x12\x34\x81\x83\0\x01\0\0\0\0\0\0" PACS TYPE_A "\0\x01";
static const char loop[] = Q("\0\x07", "\x04pacs\xc0\x0c", TYPE_A);

#define U(d, lit)                                    \
    {                                                \
        .dir = (d), .p = (lit), .n = sizeof(lit) - 1 \
    }
static const struct t_step steps[] = { U(WW_A, query), U(WW_B, answer), U(WW_A, alias),
                                       U(WW_B, nxdomain) };
static const struct t_talk talk = { .d = &ww_dissector_dns, T_STEPS(steps), .datagram = true };

#define HAS(g, field, want) cr_assert(eq(str, (char *)t_get_str((g), (field)), (char *)(want)))
#define NUM(g, field, want) cr_assert(eq(u64, t_get_u64((g), (field)), (uint64_t)(want)))

Test(dns, every_prefix_and_byte)
{
    t_every_prefix(&talk);
    t_every_byte(&talk);
}

Test(dns, question_and_addresses)
{
    struct t_feed *f = t_run(&talk);
    const struct t_got *g = t_find(f, "dns.query", 0);
    HAS(g, "rrname", "pacs.ward.example");
    HAS(g, "rrtype", "A");
    NUM(g, "id", 0x493d);
    NUM(g, "rd", 1);
    g = t_find(f, "dns.response", 0);
    HAS(g, "rcode", "NOERROR");
    NUM(g, "answers", 2);
    NUM(g, "latency_ms", 10);
    g = t_find(f, "dns.answer", 1);
    HAS(g, "name", "pacs.ward.example");
    HAS(g, "address", "10.20.1.11");
    HAS(g, "client", "192.0.2.1");
    NUM(g, "ttl", 120);
    /* an alias counts for the name that was asked; a stranger's address does not */
    cr_assert(eq(sz, t_count(f, "dns.answer"), 3));
    g = t_find(f, "dns.answer", 2);
    HAS(g, "name", "archive.ward.example");
    HAS(g, "address", "10.20.1.10");
    HAS(t_find(f, "dns.response", 1), "names", "pacs.ward.example");
    HAS(t_find(f, "dns.response", 2), "rcode", "NXDOMAIN");
    t_free(f);
}

static struct t_feed *datagram(const void *p, size_t n)
{
    struct t_feed *f = t_new(&ww_dissector_dns);
    t_datagram(f, WW_A, p, n);
    return f;
}
#define DATAGRAM(lit) datagram((lit), sizeof(lit) - 1)

Test(dns, names)
{
    struct t_feed *f = DATAGRAM(loop);
    cr_assert(eq(sz, f->ngot, 0)); /* a pointer to itself ends */
    cr_assert(t_anomaly(f, "dns_malformed"));
    t_free(f);
    f = DATAGRAM(Q("\0\x08",
                   "\x05"
                   "a.b\\c\x03"
                   "org\0",
                   TYPE_A));
    HAS(t_find(f, "dns.query", 0), "rrname", "a\\.b\\\\c.org");
    t_free(f);
    f = DATAGRAM(Q("\0\x09", "\0", "\0\x02"));
    HAS(t_find(f, "dns.query", 0), "rrname", ".");
    HAS(t_find(f, "dns.query", 0), "rrtype", "NS");
    t_free(f);
    f = DATAGRAM(Q("\0\x0a", "\x01x\0", "\xff\xf0"));
    HAS(t_find(f, "dns.query", 0), "rrtype", "TYPE65520");
    t_free(f);
    /* 255 bytes of name pass, one more does not */
    char b[300] = "\0\x0b\x01\0\0\x01\0\0\0\0\0";
    for (unsigned extra = 0; extra < 2; extra++) {
        size_t n = 12;
        for (int i = 0; i < 4; i++) {
            unsigned len = i == 3 ? 61 + extra : 63;
            b[n++] = (char)len;
            memset(b + n, 'a', len);
            n += len;
        }
        memcpy(b + n, "\0\0\x01\0\x01", 5);
        f = datagram(b, n + 5);
        cr_assert(eq(sz, t_count(f, "dns.query"), 1 - extra));
        t_free(f);
    }
}

Test(dns, many_addresses_are_capped)
{
    char b[12 + 23 + 100 * 16] = "\0\x0c\x81\x80\0\x01\0\x64\0\0\0";
    size_t n = 12;
    memcpy(b + n, PACS TYPE_A "\0\x01", sizeof(PACS) - 1 + 4);
    n += sizeof(PACS) - 1 + 4;
    for (int i = 0; i < 100; i++, n += 16)
        memcpy(b + n, "\xc0\x0c\0\x01\0\x01\0\0\0\x78\0\x04\x0a\x14\x01\x0a", 16);
    struct t_feed *f = datagram(b, n);
    NUM(t_find(f, "dns.response", 0), "answers", 100);
    cr_assert(eq(sz, t_count(f, "dns.answer"), 64));
    t_free(f);
}

#define LEN(lit)                                                \
    {                                                           \
        (char)((sizeof(lit) - 1) >> 8), (char)(sizeof(lit) - 1) \
    }
Test(dns, tcp)
{
    char a[600], b[600];
    size_t na = 0, nb = 0;
    for (int i = 0; i < 2; i++) {
        const char lq[2] = LEN(query), la[2] = LEN(answer);
        memcpy(a + na, lq, 2);
        memcpy(a + na + 2, query, sizeof query - 1);
        na += 2 + sizeof query - 1;
        memcpy(b + nb, la, 2);
        memcpy(b + nb + 2, answer, sizeof answer - 1);
        nb += 2 + sizeof answer - 1;
    }
    const struct t_step s[] = { { .dir = WW_A, .p = a, .n = na, .parts = true },
                                { .dir = WW_B, .p = b, .n = nb, .parts = true },
                                { .dir = WW_A, .p = a, .n = na, .parts = true } };
    static const char *const degrades[] = { "latency_ms", NULL };
    struct t_talk t = { .d = &ww_dissector_dns, T_STEPS(s), .degrades = degrades };
    struct t_feed *f = t_run(&t);
    cr_assert(eq(sz, t_count(f, "dns.query"), 4));
    cr_assert(eq(sz, t_count(f, "dns.answer"), 4));
    t_free(f);
    t_every_cut(&t);
    t_every_prefix(&t);
    t_every_byte(&t);
    t_every_gap(&t);
    cr_assert(eq(int, t_probe(&ww_dissector_dns, WW_A, a, na), WW_GUESS_YES));
    cr_assert(eq(int, t_probe(&ww_dissector_dns, WW_A, a, 2), WW_GUESS_MAYBE));
    cr_assert(eq(int, t_probe(&ww_dissector_dns, WW_A, a, 20), WW_GUESS_MAYBE));
}

Test(dns, unanswered)
{
    struct t_feed *f = DATAGRAM(query);
    t_time(f, f->cx.now + 6000000000u);
    cr_assert(t_anomaly(f, "request_unanswered"));
    t_free(f);
}

Test(dns, given_up_after_broken_messages)
{
    struct t_feed *f = DATAGRAM("xxxxxxxxxxxxxxxxxxxx");
    t_datagram(f, WW_A, "yyyyyyyyyyyyyyyyyyyyyy", 22);
    cr_assert(not(f->stopped));
    t_datagram(f, WW_A, "zzzzzzzzzzzzzzzzzzzzzz", 22);
    cr_assert(f->stopped);
    t_free(f);
}

Test(dns, probe)
{
    static const struct {
        const char *about;
        struct ww_slice in;
        enum ww_guess want;
    } t[] = {
#define P(about, lit, want) { about, { (const uint8_t *)(lit), sizeof(lit) - 1 }, want }
        P("query", query, WW_GUESS_YES),
        P("answer", answer, WW_GUESS_YES),
        P("mDNS", "\0\0\0\0\0\x01\0\0\0\0\0\0\x05_http\x04_tcp\x05local\0\0\x0c\0\x01",
          WW_GUESS_NO),
        P("LLMNR", "\x12\x34\0\0\0\x01\0\0\0\0\0\0\x04wpad\0\0\x01\0\x01", WW_GUESS_NO),
        P("LLMNR reverse",
          "\x12\x34\0\0\0\x01\0\0\0\0\0\0\x02"
          "17\x03"
          "112\x07in-addr\x04"
          "ArpA\0\0\x0c\0\x01",
          WW_GUESS_NO),
        P("NetBIOS",
          "\x12\x34\x01\x10\0\x01\0\0\0\0\0\0\x20"
          "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\0\0\x21\0\x01",
          WW_GUESS_NO),
        P("NTP",
          "\x23\0\x06\xec\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
          "\xe1",
          WW_GUESS_NO),
        P("SNMP", "\x30\x29\x02\x01\x01\x04\x06public\xa0\x1c\x02\x04", WW_GUESS_NO),
        P("HTTP", "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", WW_GUESS_NO),
        P("TLS", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03xxxxxxxxxxxxxxxxxxxxxxxx", WW_GUESS_NO),
        P("DICOM", "\x01\0\0\0\0\xcd\0\x01\0\0ANY-SCP         ECHOSCU", WW_GUESS_NO),
        P("MLLP", "\x0bMSH|^~\\&|A|B|C|D|2024||ORU^R01|1|P|2.5\r", WW_GUESS_NO),
#undef P
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        cr_expect(eq(int, t_probe(&ww_dissector_dns, WW_A, t[i].in.p, t[i].in.n), t[i].want), "%s",
                  t[i].about);
}
