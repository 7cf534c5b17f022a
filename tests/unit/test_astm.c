/* Laboratory links: frames and checksums, what goes wrong on real lines, records, what is told of
 * them and what is not. Frames were written and summed by a script of their own. */
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

extern const struct ww_dissector ww_dissector_astm;

#define F_H                                                                              \
    "\x02"                                                                               \
    "1H|\\^&|M0001||XN-1000^00-11^A12345|||||LIS|comment|P|LIS2-A2|20261123104500\r\x03" \
    "E2\r\n"
#define F_P                                                   \
    "\x02"                                                    \
    "2P|1|CANARY01|LAB01||CANARY^TARO^^^||19600102|M||TOKYO " \
    "1-2-3||03-1234||||||diagnosis|||||||ICU^1\r\x03"         \
    "AB\r\n"
#define F_O                                           \
    "\x02"                                            \
    "3O|1|S0001||^^^CBC|R|20261123103000|||||N\r\x03" \
    "62\r\n"
#define F_R1                                                                                   \
    "\x02"                                                                                     \
    "4R|1|^^^WBC^1|12.3|10*3/uL||H||F||OP7|20261123103100|20261123103500|XN-1000^A12345\r\x03" \
    "10\r\n"
#define F_R2                                                                                   \
    "\x02"                                                                                     \
    "5R|2|^^^RBC^1|4.61|10*6/uL||N||F||OP7|20261123103100|20261123103500|XN-1000^A12345\r\x03" \
    "1B\r\n"
#define F_C                             \
    "\x02"                              \
    "6C|1|I|CANARY looked pale|G\r\x03" \
    "58\r\n"
#define F_L        \
    "\x02"         \
    "7L|1|N\r\x03" \
    "0A\r\n"
#define F_QH                                                              \
    "\x02"                                                                \
    "1H|\\^&|||XN-1000^00-11^A12345|||||||P|LIS2-A2|20261123104600\r\x03" \
    "FA\r\n"
#define F_Q                           \
    "\x02"                            \
    "2Q|1|^S0001||ALL||||||||O\r\x03" \
    "2E\r\n"
#define F_QL       \
    "\x02"         \
    "3L|1|N\r\x03" \
    "06\r\n"
#define F_HOST1                                                                                \
    "\x02"                                                                                     \
    "1H|\\^&||secret|LIS^Host^1.0|||||XN-1000||P|LIS2-A2|20261123104601\rP|1|CANARY01|LAB01||" \
    "CANARY^TARO^^^|\x17"                                                                      \
    "9F\r\n"
#define F_HOST2                                                                              \
    "\x02"                                                                                   \
    "2|19600102|M||TOKYO "                                                                   \
    "1-2-3||03-1234||||||diagnosis|||||||ICU^1\rO|1|S0001||^^^CBC|R|20261123103000|||||\x17" \
    "6C\r\n"
#define F_HOST3       \
    "\x02"            \
    "3N\rL|1|F\r\x03" \
    "59\r\n"
#define RAW                                                                                        \
    "H|\\^&|M0001||XN-1000^00-11^A12345|||||LIS|comment|P|LIS2-A2|20261123104500\rP|1|CANARY01|"   \
    "LAB01||CANARY^TARO^^^||19600102|M||TOKYO "                                                    \
    "1-2-3||03-1234||||||diagnosis|||||||ICU^1\rO|1|S0001||^^^CBC|R|20261123103000|||||N\rR|1|^^^" \
    "WBC^1|12.3|10*3/uL||H||F||OP7|20261123103100|20261123103500|XN-1000^A12345\rL|1|N\r"
#define F_PBAD                                                \
    "\x02"                                                    \
    "2P|1|CANARY01|LAB01||CANARY^TARO^^^||19600102|M||TOKYO " \
    "1-2-3||03-1234||||||diagnosis|||||||ICU^1\r\x03"         \
    "00\r\n"
#define F_V_STX                              \
    "\x02"                                   \
    "1H|\\^&|||M^1.0|||||||P|1\rL|1|N\r\x03" \
    "C6\r\n"
#define F_V_NOFN                             \
    "\x02"                                   \
    "1H|\\^&|||M^1.0|||||||P|1\rL|1|N\r\x03" \
    "93\r\n"
#define F_V_NOEND                            \
    "\x02"                                   \
    "1H|\\^&|||M^1.0|||||||P|1\rL|1|N\r\x03" \
    "C1\r\n"
#define F_NOSUM \
    "\x02"      \
    "1H|\\^&|||M^1.0|||||||P|1\rL|1|N\r\x03\r"
#define F_NOFN                                  \
    "\x02H|\\^&|||M^1.0|||||||P|1\rL|1|N\r\x03" \
    "93\r\n"
#define F_LOWER                              \
    "\x02"                                   \
    "1H|\\^&|||M^1.0|||||||P|1\rL|1|N\r\x03" \
    "c4\r\n"
#define F_ONE                                \
    "\x02"                                   \
    "1H|\\^&|||M^1.0|||||||P|1\rL|1|N\r\x03" \
    "C4\r\n"
#define F_ONE2                               \
    "\x02"                                   \
    "2H|\\^&|||M^1.0|||||||P|1\rL|1|N\r\x03" \
    "C5\r\n"
#define F_NOCR                             \
    "\x02"                                 \
    "1H|\\^&|||M^1.0|||||||P|1\rL|1|N\x03" \
    "B7\r\n"
#define F_LF                                 \
    "\x02"                                   \
    "1H|\\^&|||M^1.0|||||||P|1\nL|1|N\n\x03" \
    "BE\r\n"
#define F_WRONG                              \
    "\x02"                                   \
    "1H|\\^&|||M^1.0|||||||P|1\rL|1|N\r\x03" \
    "00\r\n"
#define F_NOL                                     \
    "\x02"                                        \
    "1H|\\^&|||M^1.0|||||||P|1\rR|1|^^^A|1\r\x03" \
    "84\r\n"
#define F_SJIS                                                                                \
    "\x02"                                                                                    \
    "1H|\\^&|||M^1.0|||||||P|1\rP|1|ID1|||\x83|\x81[\x83\x8b^\x95\\||19800101|M\rL|1|N\r\x03" \
    "09\r\n"
#define F_JIS                                                                          \
    "\x02"                                                                             \
    "1H|\\^&|||M^1.0|||||||P|1\rP|1|ID1|||\x1b$B!|!|\x1b(B^X||19800101|M\rL|1|N\r\x03" \
    "C7\r\n"

#define F_ESC                                                                                     \
    "\x02"                                                                                        \
    "1H|\\^&|||A&S&B&F&C&X41&^1.0^9999^X|||||||P|1\rR|1|^^^A|1||||||||||I1\rR|2|^^^A|1||||||||||" \
    "I2\rR|3|^^^A|1||||||||||I1\rS|1|x\rX|1\rL|1|Q\r\x03"                                         \
    "2F\r\n"
#define F_PART                                         \
    "\x02"                                             \
    "1H|\\^&|||M^1.0|||||||P|1\rR|1|^^^A|1\rL|1|N\x17" \
    "5B\r\n"
#define F_EMPTY \
    "\x02"      \
    "2\x03"     \
    "35\r\n"

#define ENQ "\x05"
#define ACK "\x06"
#define NAK "\x15"
#define EOT "\x04"

/* parts: two digits complete a frame, CR LF behind it tell nothing more */
#define FRAME(side, lit)                                               \
    {                                                                  \
        .dir = (side), .p = (lit), .n = sizeof(lit) - 1, .parts = true \
    }
#define TAKEN(side, lit)                    \
    FRAME(side, lit),                       \
    {                                       \
        .dir = (side) ^ 1, .p = ACK, .n = 1 \
    }

static const struct t_step steps[] = {
    /* results of an instrument, one record a frame */
    T_AS(ENQ),
    T_BS(ACK),
    TAKEN(WW_A, F_H),
    TAKEN(WW_A, F_P),
    TAKEN(WW_A, F_O),
    TAKEN(WW_A, F_R1),
    TAKEN(WW_A, F_R2),
    TAKEN(WW_A, F_C),
    TAKEN(WW_A, F_L),
    T_AS(EOT),
    /* its host query, and the host's answer over three frames */
    T_AS(ENQ),
    T_BS(ACK),
    TAKEN(WW_A, F_QH),
    TAKEN(WW_A, F_Q),
    TAKEN(WW_A, F_QL),
    T_AS(EOT),
    T_BS(ENQ),
    T_AS(ACK),
    TAKEN(WW_B, F_HOST1),
    TAKEN(WW_B, F_HOST2),
    TAKEN(WW_B, F_HOST3),
    T_BS(EOT),
};
static const char *const degrades[] = { "quirks",  "frames",    "retransmits", "checksum_errors",
                                        "naks",    "acks",      "contention",  "interrupted",
                                        "outcome", "enquiries", NULL };
static const struct t_talk talk = { .d = &ww_dissector_astm, T_STEPS(steps), .degrades = degrades };
static const struct t_step bare_steps[] = { FRAME(WW_A, RAW), FRAME(WW_A, RAW) };
static const struct t_talk bare = { .d = &ww_dissector_astm,
                                    T_STEPS(bare_steps),
                                    .degrades = degrades };

#define HAS(g, field, want) cr_assert(eq(str, (char *)t_get_str((g), (field)), (char *)(want)))
#define NUM(g, field, want) cr_assert(eq(u64, t_get_u64((g), (field)), (uint64_t)(want)))

static void give(struct t_feed *f, enum ww_dir dir, const char *s, size_t n)
{
    t_time(f, f->cx.now + 1000000);
    t_bytes(f, dir, s, n);
}
#define A(lit) give(f, WW_A, (lit), sizeof(lit) - 1)
#define B(lit) give(f, WW_B, (lit), sizeof(lit) - 1)

Test(astm, every_cut)
{
    t_every_cut(&talk);
    t_every_cut(&bare);
}
Test(astm, every_prefix)
{
    t_every_prefix(&talk);
    t_every_prefix(&bare);
}
Test(astm, every_byte)
{
    t_every_byte(&talk);
    t_every_byte(&bare);
}
Test(astm, every_gap)
{
    t_every_gap(&talk);
    t_every_gap(&bare);
}

Test(astm, results_of_an_instrument)
{
    struct t_feed *f = t_run(&talk);
    cr_assert(eq(sz, t_count(f, "astm.message"), 3));
    cr_assert(eq(sz, t_count(f, "astm.transfer"), 3));
    const struct t_got *g = t_find(f, "astm.message", 0);
    HAS(g, "sender_role", "laboratory instrument");
    HAS(g, "sender", "XN-1000^00-11^A12345");
    HAS(g, "sender_name", "XN-1000");
    HAS(g, "model", "XN-1000");
    HAS(g, "software_version", "00-11");
    HAS(g, "serial", "A12345");
    HAS(g, "receiver", "LIS");
    HAS(g, "control_id", "M0001");
    NUM(g, "credential_present", 0);
    HAS(g, "processing_id", "P");
    HAS(g, "version", "LIS2-A2");
    HAS(g, "message_time", "2026-11-23T10:45:00.000000Z");
    HAS(g, "delimiters", "|\\^&");
    NUM(g, "patients", 1);
    NUM(g, "orders", 1);
    NUM(g, "results", 2);
    NUM(g, "comments", 1);
    NUM(g, "queries", 0);
    HAS(g, "instruments", "XN-1000^A12345");
    HAS(g, "termination", "normal");
    HAS(g, "framing", "lis01");
    HAS(g, "quirks", "");
    NUM(g, "frames", 7);
    NUM(g, "checksum_errors", 0);
    /* name, id, birth, contact, order, staff, body, text, place, clinical */
    NUM(g, "phi_kinds", 1 | 2 | 4 | 8 | 32 | 64 | 128 | 256 | 4096 | 8192);
    NUM(g, "phi_count", 6); /* two ids, name, birth, address, telephone */
    cr_assert(ne(u64, t_get_u64(g, "patient"), 0));
    cr_assert(ne(u64, t_get_u64(g, "patient_name"), 0));
    g = t_find(f, "astm.transfer", 0);
    HAS(g, "outcome", "done");
    NUM(g, "messages", 1);
    NUM(g, "frames", 7);
    NUM(g, "acks", 8);
    cr_assert(not(f->client_known)); /* who opens the line says nothing about the connection */
    t_free(f);
}

Test(astm, query_and_answer_of_the_host)
{
    struct t_feed *f = t_run(&talk);
    const struct t_got *g = t_find(f, "astm.message", 1), *first = t_find(f, "astm.message", 0);
    HAS(g, "sender_role", "laboratory instrument");
    NUM(g, "queries", 1);
    NUM(g, "query_all", 0);
    HAS(g, "query_status", "O");
    NUM(g, "phi_kinds", 32); /* a specimen, no person */
    NUM(g, "phi_count", 0);
    g = t_find(f, "astm.message", 2);
    cr_assert(eq(int, (int)g->e->dir, (int)WW_B));
    HAS(g, "sender_role", "laboratory host");
    HAS(g, "sender_name", "LIS");
    HAS(g, "model", "");
    HAS(g, "software_version", "");
    NUM(g, "credential_present", 1);
    HAS(g, "termination", "last request processed");
    NUM(g, "frames", 3);
    NUM(g, "orders", 1);
    cr_assert(eq(u64, t_get_u64(g, "patient"), t_get_u64(first, "patient"))); /* the same person */
    t_free(f);
}

Test(astm, bare_records)
{
    struct t_feed *f = t_run(&bare);
    cr_assert(eq(sz, t_count(f, "astm.message"), 2));
    const struct t_got *g = t_find(f, "astm.message", 0);
    HAS(g, "framing", "bare");
    HAS(g, "model", "XN-1000");
    NUM(g, "results", 1);
    NUM(g, "frames", 0);
    t_free(f);
    f = t_new(&ww_dissector_astm); /* the connection closes without the last line end */
    A("H|\\^&|||M^1.0\nR|1|^^^A|1\nL|1");
    cr_assert(eq(sz, f->ngot, 0));
    t_end(f);
    cr_assert(eq(sz, t_count(f, "astm.message"), 1));
    HAS(t_find(f, "astm.message", 0), "quirks", "no_cr,lf");
    t_free(f);
}

struct variant {
    const char *about;
    struct ww_slice bytes;
    const char *quirks;
};
#define V(about, lit, quirks)                                      \
    {                                                              \
        about, { (const uint8_t *)(lit), sizeof(lit) - 1 }, quirks \
    }
static const struct variant variants[] = {
    V("one frame for all records", ENQ F_ONE EOT, ""),
    V("checksum in small letters", ENQ F_LOWER EOT, ""),
    V("no ENQ", F_ONE EOT, "no_enq"),
    V("no checksum", ENQ F_NOSUM EOT, "no_checksum"),
    V("checksum with STX", ENQ F_V_STX EOT, "checksum_variant"),
    V("checksum without frame number", ENQ F_V_NOFN EOT, "checksum_variant"),
    V("checksum without ETX", ENQ F_V_NOEND EOT, "checksum_variant"),
    V("no frame number", ENQ F_NOFN EOT, "no_frame_number"),
    V("wrong first number", ENQ F_ONE2 EOT, "frame_number"),
    V("no CR before ETX", ENQ F_NOCR EOT, "no_cr"),
    V("LF ends records", ENQ F_LF EOT, "lf"),
    V("no terminator", ENQ F_NOL EOT, "no_terminator"),
    V("noise between frames", ENQ "abc\r\n" F_ONE EOT, ""),
    V("telnet negotiation first", "\xff\xfb\x01\xff\xfd\x03" ENQ F_ONE EOT, ""),
};

Test(astm, sloppy_senders)
{
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        struct t_feed *f = t_new(&ww_dissector_astm);
        t_bytes(f, WW_A, variants[i].bytes.p, variants[i].bytes.n);
        cr_assert(eq(sz, t_count(f, "astm.message"), 1), "%s", variants[i].about);
        cr_assert(eq(str, (char *)t_get_str(t_find(f, "astm.message", 0), "quirks"),
                     (char *)variants[i].quirks),
                  "%s", variants[i].about);
        t_free(f);
    }
}

Test(astm, damaged_frame_comes_again)
{
    struct t_feed *f = t_new(&ww_dissector_astm);
    A(ENQ), B(ACK), A(F_H), B(ACK), A(F_PBAD), B(NAK), A(F_P), B(ACK), A(F_O), B(ACK);
    A(F_R1), B(ACK), A(F_R1), B(ACK); /* its ACK was lost: the same frame once more */
    A("\x02"
      "5L|1|N\r\x03"
      "08\r\n"),
        B(ACK), A(EOT);
    const struct t_got *g = t_find(f, "astm.message", 0);
    NUM(g, "patients", 1);
    NUM(g, "results", 1);
    NUM(g, "checksum_errors", 1);
    NUM(g, "retransmits", 1);
    NUM(g, "frames", 7);
    HAS(g, "quirks", "");
    g = t_find(f, "astm.transfer", 0);
    NUM(g, "naks", 1);
    NUM(g, "acks", 7);
    NUM(g, "checksum_errors", 1);
    t_free(f);
}

Test(astm, receiver_that_does_not_mind_checksums)
{
    struct t_feed *f = t_new(&ww_dissector_astm);
    for (int i = 0; i < 3; i++)
        A(ENQ), B(ACK), A(F_WRONG), B(ACK), A(EOT);
    cr_assert(eq(sz, t_count(f, "astm.message"), 1)); /* the third: two wrong ones were taken */
    HAS(t_find(f, "astm.message", 0), "quirks", "checksum_ignored");
    A(ENQ), B(ACK), A(F_WRONG), B(NAK), A(F_WRONG), B(NAK), A(EOT);
    cr_assert(eq(sz, t_count(f, "astm.message"), 2)); /* refused now: the next is not believed */
    t_free(f);
}

Test(astm, contention_refusal_interrupt)
{
    struct t_feed *f = t_new(&ww_dissector_astm);
    A(ENQ), B(ENQ), A(ENQ), B(ACK), A(F_ONE), B(ACK), A(EOT);
    NUM(t_find(f, "astm.transfer", 0), "contention", 1);
    NUM(t_find(f, "astm.transfer", 0), "enquiries", 2);
    t_free(f);
    f = t_new(&ww_dissector_astm);
    A(ENQ), B(NAK), A(EOT);
    HAS(t_find(f, "astm.transfer", 0), "outcome", "refused");
    A(ENQ), B(ACK), A(EOT);
    HAS(t_find(f, "astm.transfer", 1), "outcome", "empty"); /* a keep-alive */
    A(ENQ), B(ACK), A(F_ONE), B(EOT), A(EOT);
    NUM(t_find(f, "astm.transfer", 2), "interrupted", 1);
    A(ENQ), B(ACK), A(F_NOL), B(ACK), A(ENQ);
    HAS(t_find(f, "astm.transfer", 3), "outcome", "no_end");
    cr_assert(eq(sz, t_count(f, "astm.message"), 1)); /* what broke off is not told */
    t_free(f);
}

Test(astm, escapes_and_rare_records)
{
    struct t_feed *f = t_new(&ww_dissector_astm);
    A(ENQ), A(F_ESC), A(EOT);
    const struct t_got *g = t_find(f, "astm.message", 0);
    HAS(g, "sender_name", "A^B|C&X41&"); /* what stands for a byte stays as it is */
    HAS(g, "software_version", "1.0");
    HAS(g, "serial", "9999");
    HAS(g, "instruments", "I1,I2");
    NUM(g, "scientific_records", 1);
    NUM(g, "other_records", 1);
    HAS(g, "termination", "error in last query");
    A(ENQ), A(F_PART), A(F_EMPTY), A(EOT); /* the last frame only ends the record */
    cr_assert(eq(sz, t_count(f, "astm.message"), 2));
    t_free(f);
}

Test(astm, answers_that_were_held_back)
{
    struct t_feed *f = t_new(&ww_dissector_astm);
    B(NAK), A(ENQ), A(EOT); /* in the engine the other side's bytes may come first */
    HAS(t_find(f, "astm.transfer", 0), "outcome", "refused");
    t_free(f);
}

Test(astm, bytes_one_by_one_after_loss)
{
    static const char more[] = "rest\r\x03"
                               "00\r\n" EOT ENQ F_ONE EOT;
    static const char lines[] = "rest\rL|1|N\r\n\r\n" RAW "\r\n" RAW;
    struct t_feed *f = t_new(&ww_dissector_astm);
    A(ENQ F_H);
    t_gap(f, WW_A, 100);
    for (size_t i = 0; i < sizeof more - 1; i++)
        t_bytes(f, WW_A, more + i, 1);
    cr_assert(eq(sz, t_count(f, "astm.message"), 1));
    cr_assert(eq(sz, t_count(f, "astm.transfer"), 1));
    t_free(f);
    f = t_new(&ww_dissector_astm);
    t_gap(f, WW_A, 100);
    for (size_t i = 0; i < sizeof lines - 1; i++)
        t_bytes(f, WW_A, lines + i, 1);
    cr_assert(eq(sz, t_count(f, "astm.message"), 2));
    t_free(f);
}

Test(astm, japanese_characters)
{
    struct t_feed *f = t_new(&ww_dissector_astm);
    A(ENQ), A(F_SJIS), A(EOT);
    HAS(t_find(f, "astm.message", 0), "charset_seen", "shift_jis");
    NUM(t_find(f, "astm.message", 0), "phi_kinds", 1 | 2 | 4 | 128);
    A(ENQ), A(F_JIS), A(EOT);
    HAS(t_find(f, "astm.message", 1), "charset_seen", "iso-2022");
    NUM(t_find(f, "astm.message", 1), "phi_kinds", 1 | 2 | 4 | 128);
    t_free(f);
}

Test(astm, middle_of_a_message)
{
    struct t_feed *f = t_new(&ww_dissector_astm);
    A("SSX|rest of a frame\r\x03"
      "7F\r\n"),
        B(ACK), A(F_R2), B(ACK), A(F_L), B(ACK), A(EOT);
    cr_assert(eq(sz, f->ngot, 0)); /* its header was not seen */
    A(ENQ), B(ACK), A(F_ONE), B(ACK), A(EOT);
    cr_assert(eq(sz, t_count(f, "astm.message"), 1));
    t_free(f);
}

/* A record of n bytes in the middle of a message over many frames. */
static struct t_feed *long_record(size_t n)
{
    struct t_feed *f = t_new(&ww_dissector_astm);
    char frame[300];
    size_t left = n;
    A(ENQ), A(F_QH);
    for (int fn = 2; left > 0; fn++) {
        size_t part = left < 240 ? left : 240;
        unsigned sum = 0;
        int len = snprintf(frame, sizeof frame, "\x02%d", fn % 8);
        for (size_t i = 0; i < part; i++) /* R|1||AAAA... and P-like fields behind */
            frame[len++] = left == n && i < 4 ? "M|1|"[i] : 'A';
        left -= part;
        frame[len++] = left == 0 ? 3 : 0x17;
        for (int i = 1; i < len; i++)
            sum += (unsigned char)frame[i];
        len += snprintf(frame + len, 10, "%02X\r\n", sum & 255);
        t_bytes(f, WW_A, frame, (size_t)len);
    }
    A(F_QL);
    return f;
}

Test(astm, long_records)
{
    for (size_t n = 1535; n <= 1537; n++) {
        struct t_feed *f = long_record(n);
        const struct t_got *g = t_find(f, "astm.message", 0);
        NUM(g, "manufacturer_records", 1);
        cr_assert(eq(int, (g->e->flags & WW_EV_TRUNCATED) != 0, n > 1536), "%zu bytes", n);
        t_free(f);
    }
}

Test(astm, long_frames_and_lines)
{
    static char big[70000];
    struct t_feed *f = t_new(&ww_dissector_astm);
    memset(big, 'A', sizeof big);
    A(ENQ), A("\x02"
              "1");
    t_bytes(f, WW_A, big, sizeof big);
    cr_assert(t_anomaly(f, "astm_frame_too_long"));
    A("\x03"
      "00\r\n" F_ONE EOT);
    cr_assert(eq(sz, t_count(f, "astm.message"), 1)); /* goes on with the next */
    t_free(f);
    f = t_new(&ww_dissector_astm);
    A("H|\\^&|||M^1.0\rM|");
    t_bytes(f, WW_A, big, 9000);
    A("\rL|1|N\r");
    cr_assert(ne(int, t_find(f, "astm.message", 0)->e->flags &WW_EV_TRUNCATED, 0));
    t_free(f);
}

Test(astm, broken_frame)
{
    struct t_feed *f = t_new(&ww_dissector_astm);
    A(ENQ "\x02"
          "1H|\\^&|||half" F_ONE EOT);
    cr_assert(t_anomaly(f, "astm_frame_broken"));
    cr_assert(eq(sz, t_count(f, "astm.message"), 1));
    t_free(f);
}

Test(astm, noise_for_ever)
{
    static char big[60000];
    struct t_feed *f = t_new(&ww_dissector_astm);
    memset(big, 'A', sizeof big);
    for (int i = 0; i < 20 && !f->stopped; i++)
        t_bytes(f, WW_A, big, sizeof big);
    cr_assert(f->stopped);
    t_free(f);
}

static enum ww_guess guess(const char *s, size_t n)
{
    return t_probe(&ww_dissector_astm, WW_A, s, n);
}
#define GUESS(lit, want) cr_assert(eq(int, guess(lit, sizeof(lit) - 1), want), "%s", #lit)

Test(astm, probe)
{
    GUESS(ENQ, WW_GUESS_MAYBE);
    GUESS(ACK, WW_GUESS_MAYBE);
    GUESS(ENQ F_H, WW_GUESS_YES);
    GUESS(F_H, WW_GUESS_YES);
    GUESS(F_NOFN, WW_GUESS_YES);
    GUESS(F_R1, WW_GUESS_YES); /* in the middle, by its checksum */
    GUESS(F_HOST2, WW_GUESS_YES);
    GUESS(EOT "xx\r\x03"
              "00\r\n" F_R1,
          WW_GUESS_YES); /* behind the rest of another */
    GUESS("\x02"
          "4R|1",
          WW_GUESS_MAYBE);
    GUESS("\x02"
          "4R|\x01",
          WW_GUESS_NO);
    GUESS("\x02"
          "4R|1|x\r\x03"
          "00\r\n",
          WW_GUESS_NO);
    GUESS(RAW, WW_GUESS_YES);
    GUESS("H|\\&|", WW_GUESS_YES);
    GUESS("H|", WW_GUESS_MAYBE);
    GUESS("HTTP/1.1 200 OK\r\n", WW_GUESS_NO);
    GUESS("HELO mail\r\n", WW_GUESS_NO);
    GUESS("\x05\x00\x00\x00\x00\x04\x00\x00\x00\x00", WW_GUESS_NO); /* DICOM release */
    GUESS("\x02\x00\x00\x00\x00\xb8\x00\x01\x00\x00"
          "CT1",
          WW_GUESS_NO);                                 /* DICOM accept */
    GUESS("\x15\x03\x03\x00\x02\x02\x28", WW_GUESS_NO); /* TLS alert */
    GUESS("\x02MSH|^~\\&|A|B", WW_GUESS_NO);            /* HL7 behind STX */
    GUESS("\x02\x30\x03\x33\x33\r\n", WW_GUESS_NO);     /* a checksum alone proves nothing */
}

static void foreign(void *to, const struct t_packet *p)
{
    size_t *yes = to;
    if (p->ip_proto == 6 && p->payload.n > 0)
        *yes += t_probe(&ww_dissector_astm, WW_A, p->payload.p, p->payload.n) == WW_GUESS_YES;
}

Test(astm, probe_on_captures)
{
    glob_t g;
    cr_assert(eq(int, glob(WW_SOURCE_DIR "/pcaps/*/*.pcap", 0, NULL, &g), 0));
    for (size_t i = 0; i < g.gl_pathc; i++) {
        size_t yes = 0;
        (void)t_pcap(g.gl_pathv[i], foreign, &yes);
        bool own = strstr(g.gl_pathv[i], "/astm/") != NULL;
        cr_expect(eq(int, yes > 0, own), "%s: %zu", g.gl_pathv[i], yes);
    }
    globfree(&g);
}
