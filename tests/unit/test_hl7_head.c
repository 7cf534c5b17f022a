/* HL7 v2: the whole MSH, clocks, names in many character sets, IHE and Japanese conventions, and
 * which devices a message names. */
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

extern const struct ww_dissector ww_dissector_hl7;

static struct t_feed *one(const void *p, size_t n)
{
    struct t_feed *f = t_new(&ww_dissector_hl7);
    t_bytes(f, WW_A, p, n);
    return f;
}
#define ONE(lit)            one((lit), sizeof(lit) - 1)
#define HAS(g, field, want) cr_expect(eq(str, (char *)t_get_str((g), (field)), (char *)(want)))
#define NUM(g, field, want) cr_expect(eq(u64, t_get_u64((g), (field)), (uint64_t)(want)))
#define MESSAGE(f)          t_find((f), "hl7.message", 0)

Test(hl7_head, all_fields)
{
    struct t_feed *f = ONE(
        "\x0bMSH|^~\\&#|APP|FAC|RAPP|RFAC|20260105000002+0000|secret|ORU^R01^ORU_R01|C1|P^T|2.8|17|"
        "CONT|AL|NE|JPN|ASCII~ISO IR87|ja^Japanese^ISO639|ISO 2022-1994|P1^X~P2|EXAMPLE^L|OTHER^L|"
        "10.1.2.3:2575|10.1.2.4:6661\r\x1c\r");
    const struct t_got *g = MESSAGE(f);
    NUM(g, "credential_present", 1);
    HAS(g, "processing_id", "P");
    HAS(g, "version", "2.8");
    NUM(g, "sequence", 17);
    NUM(g, "continuation", 1);
    HAS(g, "accept_ack", "AL");
    HAS(g, "app_ack", "NE");
    HAS(g, "country", "JPN");
    HAS(g, "charset", "ASCII~ISO IR87");
    HAS(g, "language", "ja");
    HAS(g, "charset_handling", "ISO 2022-1994");
    HAS(g, "profile", "P1^X");
    HAS(g, "sending_organization", "EXAMPLE");
    HAS(g, "receiving_organization", "OTHER");
    HAS(g, "sending_address", "10.1.2.3:2575");
    HAS(g, "receiving_address", "10.1.2.4:6661");
    t_free(f);
    f = ONE("\x0bMSH|^~\\&|APP|FAC|RAPP|RFAC|20260105||ORU^R01|C2|P|2.3\r\x1c\r");
    NUM(MESSAGE(f), "sequence", WW_NULL64);
    NUM(MESSAGE(f), "continuation", 0);
    t_free(f);
}

/* The host's packet time is 2026-01-05T00:00:00Z. */
Test(hl7_head, clock_of_the_sender)
{
    static const struct {
        const char *stamp;
        uint64_t offset;
        unsigned ahead;
    } t[] = { { "20260105000007+0000", 7, 1 },
              { "20260105085959+0900", 1, 0 },
              { "20260104000000+0000", 86400, 0 },
              { "20260105090000", 0, 0 },   /* some zone makes it exact */
              { "20260105085950", 10, 0 },  /* ten seconds behind, in Japan or elsewhere */
              { "20260105053011", 11, 1 },  /* a zone of half an hour */
              { "20260105000730", 450, 1 }, /* the most that can be told without a zone */
              { "20260105000731", 449, 0 },
              { "202601050001", WW_NULL64, 0 }, /* no seconds: says nothing */
              { "20260105", WW_NULL64, 0 },
              { "", WW_NULL64, 0 } };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        char b[256];
        int n =
            snprintf(b, sizeof b, "\x0bMSH|^~\\&|A|B|C|D|%s||ORU^R01|T1|P|2.5\r\x1c\r", t[i].stamp);
        struct t_feed *f = one(b, (size_t)n);
        cr_expect(eq(u64, t_get_u64(MESSAGE(f), "clock_offset"), t[i].offset), "%s", t[i].stamp);
        cr_expect(eq(u64, t_get_u64(MESSAGE(f), "clock_ahead"), t[i].ahead), "%s", t[i].stamp);
        t_free(f);
    }
}

Test(hl7_head, names_as_declared)
{
    static const struct {
        const char *name, *charset, *want, *seen;
    } t[] = {
        { "\xa3\xf3"
          "dz",
          "8859/2",
          "\xc5\x81\xc3\xb3"
          "dz",
          "8-bit" },
        { "Caf\xe9", "8859/1", "Caf\xc3\xa9", "8-bit" },
        { "\xa4", "8859/15", "\xe2\x82\xac", "8-bit" },
        { "Caf\xc3\xa9", "8859/1", "Caf\xc3\xa9", "utf-8" }, /* what the bytes show */
        { "\xb6\xc5", "ISO IR14", "\xef\xbd\xb6\xef\xbe\x85", "katakana" },
        { "\xb6\xc5", "~ISO IR14~ISO IR87", "\xef\xbd\xb6\xef\xbe\x85", "katakana" },
        { "\x1b)I\xb6\xc5\x1b$B5~\x1b(B", "~ISO IR87", "\xef\xbd\xb6\xef\xbe\x85\xe4\xba\xac",
          "iso-2022" },
        { "\x1b$(D0!\x1b(B", "~ISO IR159", "\xe4\xb8\x82", "iso-2022" },
        { "\xc6\xfe\x8f\xb0\xa1", "", "\xe5\x85\xa5\xe4\xb8\x82", "euc" },
        { "\xcb\xdc", "KS X 1001", "\\u00cb\\u00dc", "euc" }, /* not converted: bytes as they are */
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        char b[256];
        int n =
            snprintf(b, sizeof b, "\x0bMSH|^~\\&|%s|B|C|D|2026||ADT^A08|T1|P|2.5||||||%s\r\x1c\r",
                     t[i].name, t[i].charset);
        struct t_feed *f = one(b, (size_t)n);
        char json[4096];
        struct t_got *g = (struct t_got *)(uintptr_t)MESSAGE(f);
        cr_assert(lt(sz, g->njson, sizeof json));
        memcpy(json, g->text + g->json, g->njson);
        json[g->njson] = 0;
        cr_expect(ne(ptr, strstr(json, t[i].want), NULL), "row %zu: %s", i, json);
        HAS(g, "charset_seen", t[i].seen);
        t_free(f);
    }
}

Test(hl7_head, escapes)
{
    static const struct {
        const char *in, *want;
    } t[] = { { "A\\P\\B", "A#B" },
              { "A\\X42\\C", "ABC" },
              { "A\\X424344\\", "ABCD" },
              { "A\\X1B\\B", "A\\X1B\\B" }, /* no control characters */
              { "A\\X4\\B", "A\\X4\\B" },
              { "A\\X\\B", "A\\X\\B" },
              { "A\\.br\\T\\T\\B", "A\\.br\\T&B" },
              { "A\\B", "A\\B" },
              { "A\\N\\B", "AB" },
              { "A\\Zxx\\B", "A\\Zxx\\B" },
              { "A\\q\\T\\B", "A\\q&B" } };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        char b[256];
        int n = snprintf(b, sizeof b, "\x0bMSH|^~\\&#|%s|B|C|D|2026||ADT^A08|T1|P|2.7\r\x1c\r",
                         t[i].in);
        struct t_feed *f = one(b, (size_t)n);
        HAS(MESSAGE(f), "sending_app", t[i].want);
        t_free(f);
    }
}

/* Type and trigger, MSH-21, then what becomes of them. */
Test(hl7_head, conventions)
{
    static const struct {
        const char *type, *profile, *transaction, *convention, *stored;
    } t[] = {
        { "ADT^A01", "SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO", "", "SS-MIX2",
          "ADT-22" },
        { "RDE^O11^RDE_O11", "X~Y^Z^1.2.392.200250.2.1.100.1.2.120^ISO", "", "SS-MIX2", "OMP-0*" },
        { "OML^O33", "SS-MIX2", "", "SS-MIX2", "OML-01" },
        { "QRY^A19", "SS-MIX2", "", "SS-MIX2", "" },
        { "PPR^ZD1", "", "", "JAHIS", "" },
        { "OMI^Z23", "", "", "JAHIS", "" },
        { "ORU^R01", "JAHIS_LAB", "", "JAHIS", "" },
        { "ADT^A01", "", "", "", "" },
        { "ORU^R01", "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO", "PCD-01", "", "" },
        { "ORU^R01", "X~PCD_DEC_001^IHE PCD", "PCD-01", "", "" },
        { "RGV^O15^RGV_O15", "IHE_PCD_PIV_001^IHE PCD", "PCD-03", "", "" },
        { "ORU^R40^ORU_R40", "", "PCD-04", "", "" },
        { "ORU^R40", "IHE_PCD_ACM_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.4.1^ISO", "PCD-04", "", "" },
        { "ORA^R41", "", "PCD-05", "", "" },
        { "ORU^R42", "", "PCD-10", "", "" },
        { "ORU^R01", "IHE_PCD_IPEC_001^IHE PCD", "PCD-10", "", "" },
        { "ORU^R01", "IHE_PCD_IDC_001^IHE PCD", "PCD-09", "", "" },
        { "ORU^R30", "", "", "", "" },
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        char b[256];
        int n = snprintf(b, sizeof b, "\x0bMSH|^~\\&|A|B|C|D|2026||%s|T1|P|2.6|||||||||%s\r\x1c\r",
                         t[i].type, t[i].profile);
        struct t_feed *f = one(b, (size_t)n);
        HAS(MESSAGE(f), "transaction", t[i].transaction);
        HAS(MESSAGE(f), "convention", t[i].convention);
        HAS(MESSAGE(f), "ssmix2_type", t[i].stored);
        t_free(f);
    }
}

Test(hl7_head, orders_to_pumps_and_alarms_without_a_profile)
{
    struct t_feed *f = ONE("\x0bMSH|^~\\&|BCMA|H|PUMPSRV|H|2026||RGV^O15^RGV_O15|T1|P|2.5\r"
                           "PID|||CANARY7||CANARY^TARO\rORC|RE|1\rRXG|1|||D5W|1|||ML\r"
                           "OBX|1||69986^MDC_DEV_PUMP_INFUS_VMD^MDC||||||||X|||||||PUMP12^^"
                           "0009FBFFFE30000C^EUI-64\r\x1c\r");
    HAS(MESSAGE(f), "transaction", "PCD-03");
    HAS(t_find(f, "hl7.device", 0), "device_class", "MDC_DEV_PUMP_INFUS_VMD");
    t_free(f);
    f = ONE(
        "\x0bMSH|^~\\&|GW|H|AM|H|2026||ORU^R01|T1|P|2.6\rOBR|1|||196616^MDC_EVT_ALARM^MDC\r\x1c\r");
    HAS(MESSAGE(f), "transaction", "PCD-04");
    t_free(f);
    f = ONE("\x0bMSH|^~\\&|PH|H|WARD|H|2026||RGV^O15^RGV_O15|T1|P|2.5\rOBX|1|ST|A^B||x\r\x1c\r");
    HAS(MESSAGE(f), "transaction", "");
    t_free(f);
}

Test(hl7_head, devices_with_addresses)
{
    struct t_feed *f = ONE("\x0bMSH|^~\\&|GW|H|E|H|2026||ORU^R01|T1|P|2.6\r"
                           "OBX|1|NM|A||1||||||F|||||||SN1^^0009FBFFFE300020^EUI-64~SN2^^00-09-FB-"
                           "FF-FE-30-00-21^EUI-64\r"
                           "OBX|2|NM|A||1||||||F|||||||SN3^^0011223344556677^EUI-64\r\x1c\r");
    const struct t_got *g = t_find(f, "hl7.device", 0);
    HAS(g, "subject_id", "SN1");
    HAS(g, "subject_mac", "00:09:fb:30:00:20");
    HAS(t_find(f, "hl7.device", 1), "subject_mac", "00:09:fb:30:00:21");
    HAS(t_find(f, "hl7.device", 2), "subject_id", "SN3");
    HAS(t_find(f, "hl7.device", 2), "subject_mac",
        "00:00:00:00:00:00"); /* not made of a MAC address */
    NUM(MESSAGE(f), "devices", 3);
    t_free(f);
    static const char *const none[] = { "0009FBFFFE30002", "0009FBFFFE3000201", "0009FBFFFE30002G",
                                        "" };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        char b[256];
        int n =
            snprintf(b, sizeof b,
                     "\x0bMSH|^~\\&|GW|H|E|H|2026||ORU^R01|T1|P|2.6\rEQU|AN1^LAB^%s^EUI-64\r\x1c\r",
                     none[i]);
        f = one(b, (size_t)n);
        HAS(t_find(f, "hl7.device", 0), "source", "EQU-1");
        HAS(t_find(f, "hl7.device", 0), "subject_mac", "00:00:00:00:00:00");
        t_free(f);
    }
}
