/* Syslog and audit messages: formats, framing on streams, whose host it is, what is told of
 * patients. The first messages are those of RFC 5424 6.5 and RFC 3164 5.4. */
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glob.h>
#include <stdio.h>

extern const struct ww_dissector ww_dissector_syslog;

#define MODERN "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - 'su root' failed"
#define DATA                                                                                 \
    "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 ID47 [exampleSDID@32473 " \
    "iut=\"3\" eventSource=\"App \\\"x\\]\\\"\"][timeQuality tzKnown=\"1\" isSynced=\"1\"]"  \
    "[origin ip=\"192.0.2.129\" software=\"rsyslogd\" swVersion=\"8.2302.0\"] %% CANARY"
#define OLD        "<34>Oct 11 22:14:15 mymachine su[77]: 'su root' failed for CANARY"
#define AUDIT_HEAD "<85>1 2026-11-23T10:45:00.5+09:00 ct1 sender 99 IHE+DICOM - \xef\xbb\xbf"
#define AUDIT                                                                                 \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><AuditMessage><EventIdentification "           \
    "EventActionCode=\"R\" EventDateTime=\"2026-11-23T10:45:00+09:00\" "                      \
    "EventOutcomeIndicator=\"0\"><EventID csd-code=\"110104\" codeSystemName=\"DCM\" "        \
    "originalText=\"DICOM Instances Transferred\"/><EventTypeCode csd-code=\"ITI-43\" "       \
    "codeSystemName=\"IHE Transactions\"/></EventIdentification>"                             \
    "<ActiveParticipant UserID=\"dr.x\" UserName=\"Dr X\" UserIsRequestor=\"true\" "          \
    "AlternativeUserID=\"AETITLES=CT_ROOM1;CT_ROOM1B\" NetworkAccessPointID=\"10.10.20.15\" " \
    "NetworkAccessPointTypeCode=\"2\"><RoleIDCode csd-code=\"110153\"/></ActiveParticipant>"  \
    "<ActiveParticipant UserID=\"pacs\" UserIsRequestor=\"false\" "                           \
    "AlternativeUserID=\"AETITLES=PACS\" NetworkAccessPointID=\"pacs\" "                      \
    "NetworkAccessPointTypeCode=\"1\"><RoleIDCode csd-code=\"110152\"/></ActiveParticipant>"  \
    "<AuditSourceIdentification AuditSourceID=\"CT1\" AuditEnterpriseSiteID=\"Ward\"/>"       \
    "<ParticipantObjectIdentification ParticipantObjectID=\"CANARY01^^^HOSP\" "               \
    "ParticipantObjectTypeCode=\"1\" ParticipantObjectTypeCodeRole=\"1\">"                    \
    "<ParticipantObjectIDTypeCode csd-code=\"2\"/>"                                           \
    "<ParticipantObjectName>CANARY^TARO</ParticipantObjectName>"                              \
    "</ParticipantObjectIdentification>"                                                      \
    "<ParticipantObjectIdentification ParticipantObjectID=\"1.2.3\" "                         \
    "ParticipantObjectTypeCode=\"2\" ParticipantObjectTypeCodeRole=\"3\">"                    \
    "<ParticipantObjectQuery>Q0FOQVJZ</ParticipantObjectQuery>"                               \
    "<ParticipantObjectDescription><Accession Number=\"A1\"/></ParticipantObjectDescription>" \
    "</ParticipantObjectIdentification></AuditMessage>"
#define OLD_AUDIT                                                                           \
    "<AuditMessage><EventIdentification EventActionCode=\"E\" EventOutcomeIndicator=\"8\">" \
    "<EventID code=\"110114\"/><EventTypeCode code=\"110122\"/></EventIdentification>"      \
    "</AuditMessage>"

/* A message with its length before it. */
#define STRLEN(lit) (sizeof(lit) - 1)
static char counted[8192];

#define LINE(lit)                                                     \
    {                                                                 \
        .dir = WW_A, .p = (lit "\n"), .n = sizeof(lit), .parts = true \
    }
static const struct t_step lines[] = { LINE(MODERN), LINE(DATA), LINE(OLD),
                                       LINE(AUDIT_HEAD AUDIT) };
static const char *const degrades[] = { "subject_ip", NULL };
static const struct t_talk by_line = { .d = &ww_dissector_syslog,
                                       T_STEPS(lines),
                                       .degrades = degrades };
static struct t_step count_steps[3];
static struct t_talk by_count = {
    .d = &ww_dissector_syslog, .step = count_steps, .n = 3, .degrades = degrades
};

static void add(size_t i, const char *msg, size_t *at)
{
    int n = snprintf(counted + *at, sizeof counted - *at, "%zu %s", strlen(msg), msg);
    count_steps[i] = (struct t_step){ .dir = WW_A, .p = counted + *at, .n = (size_t)n };
    *at += (size_t)n;
}
static void fill(void)
{
    size_t at = 0;
    add(0, MODERN, &at);
    add(1, AUDIT_HEAD AUDIT, &at);
    add(2, DATA, &at);
}
static const struct t_step datagrams[] = { T_AS(MODERN), T_AS(DATA), T_AS(OLD),
                                           T_AS(AUDIT_HEAD AUDIT),
                                           T_AS("<13>Nov  3 01:02:03 host ihe: " OLD_AUDIT) };
static const struct t_talk by_datagram = { .d = &ww_dissector_syslog,
                                           T_STEPS(datagrams),
                                           .datagram = true };

#define HAS(g, field, want) cr_assert(eq(str, (char *)t_get_str((g), (field)), (char *)(want)))
#define NUM(g, field, want) cr_assert(eq(u64, t_get_u64((g), (field)), (uint64_t)(want)))

static struct t_feed *datagram(const char *s)
{
    struct t_feed *f = t_new(&ww_dissector_syslog);
    t_datagram(f, WW_A, s, strlen(s));
    return f;
}

Test(syslog, every_cut)
{
    fill();
    t_every_cut(&by_line);
    t_every_cut(&by_count);
}
Test(syslog, every_prefix)
{
    fill();
    t_every_prefix(&by_line);
    t_every_prefix(&by_count);
}
Test(syslog, every_byte)
{
    fill();
    t_every_byte(&by_line);
    t_every_byte(&by_count);
    t_every_byte(&by_datagram);
}
Test(syslog, every_gap)
{
    fill();
    t_every_gap(&by_line);
    t_every_gap(&by_count);
}

Test(syslog, header_of_rfc5424)
{
    struct t_feed *f = t_run(&by_datagram);
    cr_assert(eq(sz, t_count(f, "syslog.message"), 5));
    const struct t_got *g = t_find(f, "syslog.message", 0);
    HAS(g, "facility", "auth");
    HAS(g, "severity", "crit");
    HAS(g, "format", "rfc5424");
    HAS(g, "message_time", "2003-10-11T22:14:15.003000Z");
    NUM(g, "message_time_zoned", 1);
    HAS(g, "hostname", "mymachine.example.com");
    HAS(g, "subject_ip", "192.0.2.1"); /* the sender, who names one host so far */
    HAS(g, "app_name", "su");
    HAS(g, "procid", "");
    HAS(g, "msgid", "ID47");
    HAS(g, "framing", "datagram");
    g = t_find(f, "syslog.message", 1);
    HAS(g, "facility", "local4");
    HAS(g, "severity", "notice");
    HAS(g, "procid", "8710");
    HAS(g, "sd_ids", "exampleSDID@32473,timeQuality,origin");
    HAS(g, "time_synced", "yes");
    HAS(g, "software", "rsyslogd");
    HAS(g, "software_version", "8.2302.0");
    HAS(g, "subject_ip", "192.0.2.129"); /* its origin says so */
    cr_assert(f->client_known);
    cr_assert(eq(int, f->client, WW_A));
    t_free(f);
}

Test(syslog, header_of_rfc3164)
{
    static const struct {
        const char *msg, *format, *host, *app, *procid;
    } t[] = {
        { OLD, "rfc3164", "mymachine", "su", "77" },
        { "<0>Oct 22 10:52:12 scapegoat vmunix: text", "rfc3164", "scapegoat", "vmunix", "" },
        { "<13>2026-11-23T10:45:00+09:00 host app: text", "rfc3164", "host", "app", "" },
        { "<13>2026-11-23T10:45:00+09:00 host app text", "rfc3164", "host", "", "" },
        { "<30>Oct 22 10:52:12 dhcpd[12]: text", "rfc3164", "", "dhcpd", "12" }, /* no host */
        { "<30>dhcpd[12]: text", "other", "", "dhcpd", "12" },
        { "<30>Oct 22 10:52:12 CANARY TARO was admitted", "rfc3164", "", "", "" }, /* only text */
        { "<30>CANARY TARO", "other", "", "", "" },
        { "<30>Oct 32 10:52 x", "other", "", "", "" },
        { "<191>app[1", "other", "", "app", "" },
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct t_feed *f = datagram(t[i].msg);
        const struct t_got *g = t_find(f, "syslog.message", 0);
        cr_assert(g != NULL, "%s", t[i].msg);
        HAS(g, "format", t[i].format);
        HAS(g, "hostname", t[i].host);
        HAS(g, "app_name", t[i].app);
        HAS(g, "procid", t[i].procid);
        t_free(f);
    }
}

Test(syslog, relay_is_not_the_host)
{
    struct t_feed *f = t_new(&ww_dissector_syslog);
    t_datagram(f, WW_A, "<13>1 - ct1 a - - - x", 21);
    t_datagram(f, WW_A, "<13>1 - ct1 a - - - x", 21);
    t_datagram(f, WW_A, "<13>1 - ct2 a - - - x", 21);
    t_datagram(f, WW_A, "<13>1 - ct1 a - - - x", 21);
    HAS(t_find(f, "syslog.message", 1), "subject_ip", "192.0.2.1");
    HAS(t_find(f, "syslog.message", 2), "subject_ip", "");
    HAS(t_find(f, "syslog.message", 3), "subject_ip", "");
    t_free(f);
}

Test(syslog, audit_message)
{
    struct t_feed *f = t_run(&by_datagram);
    const struct t_got *g = t_find(f, "syslog.message", 3);
    NUM(g, "audit", 1);
    HAS(g, "msgid", "IHE+DICOM");
    g = t_find(f, "syslog.audit", 0);
    HAS(g, "event_code", "110104");
    HAS(g, "event", "instances transferred");
    HAS(g, "event_types", "ITI-43");
    HAS(g, "action", "read");
    HAS(g, "outcome", "success");
    HAS(g, "event_time", "2026-11-23T01:45:00.000000Z");
    HAS(g, "source_id", "CT1");
    HAS(g, "site_id", "Ward");
    HAS(g, "schema", "dicom");
    NUM(g, "participants", 2);
    NUM(g, "requestors", 1);
    HAS(g, "roles", "source,destination");
    HAS(g, "ae_titles", "CT_ROOM1,CT_ROOM1B,PACS");
    HAS(g, "access_points", "10.10.20.15,pacs");
    NUM(g, "objects", 2);
    NUM(g, "persons", 1);
    NUM(g, "query_present", 1);
    NUM(g, "phi_kinds", 1 | 2 | 32 | 64 | 256);
    NUM(g, "phi_count", 2);
    cr_assert(ne(u64, t_get_u64(g, "patient"), 0));
    cr_assert(ne(u64, t_get_u64(g, "patient_name"), 0));
    g = t_find(f, "syslog.audit", 1);
    HAS(g, "event", "user authentication");
    HAS(g, "event_types", "login");
    HAS(g, "outcome", "serious_failure");
    HAS(g, "schema", "rfc3881");
    t_free(f);
}

Test(syslog, broken_audit_messages)
{
    struct t_feed *f = datagram(AUDIT_HEAD "<AuditMessage><EventIdentification></AuditMess");
    NUM(t_find(f, "syslog.message", 0), "audit", 1);
    cr_assert(eq(sz, t_count(f, "syslog.audit"), 0));
    cr_assert(t_anomaly(f, "audit_message_malformed"));
    t_free(f);
    f = datagram(AUDIT_HEAD "<AuditMessage><!DOCTYPE a></AuditMessage>");
    cr_assert(eq(sz, t_count(f, "syslog.audit"), 0));
    t_free(f);
    f = datagram(AUDIT_HEAD "<html><AuditMessage></AuditMessage></html>");
    NUM(t_find(f, "syslog.message", 0), "audit", 0);
    t_free(f);
}

Test(syslog, bytes_one_by_one_after_loss)
{
    static const char counts[] = "17 lost <5>1 x 21 <13>1 - ct1 a - - - x21 <13>1 - ct1 b - - - y";
    static const char rest[] = "of a line <13>x\n<13>1 - ct1 a - - - x\n<13>1 - ct1 b - - - y\n";
    struct t_feed *f = t_new(&ww_dissector_syslog);
    t_bytes(f, WW_A, "30 <13>1 - ", 11);
    t_gap(f, WW_A, 100);
    for (size_t i = 0; i < sizeof counts - 1; i++)
        t_bytes(f, WW_A, counts + i, 1);
    cr_assert(eq(sz, t_count(f, "syslog.message"), 2));
    t_gap(f, WW_A, 100);
    for (size_t i = 0; i < sizeof rest - 1; i++)
        t_bytes(f, WW_A, rest + i, 1);
    cr_assert(eq(sz, t_count(f, "syslog.message"), 4));
    HAS(t_find(f, "syslog.message", 3), "app_name", "b");
    HAS(t_find(f, "syslog.message", 3), "framing", "line");
    t_free(f);
}

Test(syslog, mixed_framing)
{
    static const char mix[] = "21 <13>1 - ct1 a - - - x<13>1 - ct1 b - - - y\n"
                              "<13>1 - ct1 c - - - z\r\n\0<13>1 - ct1 d - - - w\0";
    struct t_feed *f = t_new(&ww_dissector_syslog);
    t_bytes(f, WW_A, mix, sizeof mix - 1);
    cr_assert(eq(sz, t_count(f, "syslog.message"), 4));
    HAS(t_find(f, "syslog.message", 0), "framing", "octet_count");
    HAS(t_find(f, "syslog.message", 1), "framing", "line");
    HAS(t_find(f, "syslog.message", 3), "app_name", "d");
    t_free(f);
}

Test(syslog, lines_without_priority)
{
    struct t_feed *f = t_new(&ww_dissector_syslog);
    t_bytes(f, WW_A, "<13>1 - ct1 a - - - x\nsecond line\n<13>1 - ct1 b - - - y\n", 56);
    cr_assert(t_anomaly(f, "syslog_line_without_priority"));
    cr_assert(eq(sz, t_count(f, "syslog.message"), 2));
    t_free(f);
}

/* A message of n bytes, with its length or as a line. */
static struct t_feed *long_message(size_t n, bool count)
{
    static char big[80000];
    struct t_feed *f = t_new(&ww_dissector_syslog);
    char head[64];
    int h = snprintf(head, sizeof head, "<13>1 - ct1 long - - - ");
    memset(big, 'x', sizeof big);
    if (count) {
        char len[16];
        t_bytes(f, WW_A, len, (size_t)snprintf(len, sizeof len, "%zu ", n));
    }
    t_bytes(f, WW_A, head, (size_t)h);
    t_bytes(f, WW_A, big, n - (size_t)h);
    if (!count)
        t_bytes(f, WW_A, "\n", 1);
    t_bytes(f, WW_A, count ? "21 <13>1 - ct1 a - - - x" : "<13>1 - ct1 a - - - x\n",
            count ? 24 : 22);
    return f;
}

Test(syslog, long_messages)
{
    for (size_t n = 64999; n <= 65001; n++)
        for (int count = 0; count < 2; count++) {
            struct t_feed *f = long_message(n, count != 0);
            cr_assert(eq(sz, t_count(f, "syslog.message"), 2), "%zu bytes", n);
            const struct t_got *g = t_find(f, "syslog.message", 0);
            cr_assert(eq(int, (g->e->flags & WW_EV_TRUNCATED) != 0, n > 65000), "%zu bytes", n);
            t_free(f);
        }
}

Test(syslog, noise_for_ever)
{
    static char big[60000];
    struct t_feed *f = t_new(&ww_dissector_syslog);
    memset(big, 'A', sizeof big);
    for (int i = 0; i < 20 && !f->stopped; i++)
        t_bytes(f, WW_A, big, sizeof big);
    cr_assert(f->stopped);
    t_free(f);
}

static enum ww_guess guess(const char *s, size_t n)
{
    return t_probe(&ww_dissector_syslog, WW_A, s, n);
}
#define GUESS(lit, want) cr_assert(eq(int, guess(lit, sizeof(lit) - 1), want), "%s", #lit)

Test(syslog, probe)
{
    GUESS(MODERN, WW_GUESS_YES);
    GUESS(OLD, WW_GUESS_YES);
    GUESS("<30>dhcpd[12]: text", WW_GUESS_YES);
    GUESS("114 <27>1 2026-11-22T22:50:14Z", WW_GUESS_YES);
    GUESS("<", WW_GUESS_MAYBE);
    GUESS("<191", WW_GUESS_MAYBE);
    GUESS("<191>", WW_GUESS_MAYBE);
    GUESS("11", WW_GUESS_MAYBE);
    GUESS("114 <2", WW_GUESS_MAYBE);
    GUESS("<192>text", WW_GUESS_NO);
    GUESS("<013>text", WW_GUESS_NO);
    GUESS("<1234>text", WW_GUESS_NO);
    GUESS("<html>", WW_GUESS_NO);
    GUESS("<?xml version='1.0'?>", WW_GUESS_NO);
    GUESS("220 mail ready\r\n", WW_GUESS_NO);
    GUESS("200 <a href=", WW_GUESS_NO);
}

static void foreign(void *to, const struct t_packet *p)
{
    size_t *yes = to;
    if ((p->ip_proto == 6 || p->ip_proto == 17) && p->payload.n > 0)
        *yes += t_probe(&ww_dissector_syslog, WW_A, p->payload.p, p->payload.n) == WW_GUESS_YES;
}

Test(syslog, probe_on_captures)
{
    glob_t g;
    cr_assert(eq(int, glob(WW_SOURCE_DIR "/pcaps/*/*.pcap", 0, NULL, &g), 0));
    for (size_t i = 0; i < g.gl_pathc; i++) {
        size_t yes = 0;
        (void)t_pcap(g.gl_pathv[i], foreign, &yes);
        bool own = strstr(g.gl_pathv[i], "/syslog/") != NULL;
        cr_expect(eq(int, yes > 0, own), "%s: %zu", g.gl_pathv[i], yes);
    }
    globfree(&g);
}
