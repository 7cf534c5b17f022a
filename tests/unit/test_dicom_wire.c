/* DICOM upper layer: probe, associations, limits, order, losses, connections joined in the middle.
 */
#include "tests/unit/dicom_build.h"
#include "tests/unit/dicom_vectors.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

extern const struct ww_dissector ww_dissector_dicom;
static const struct ww_dissector *const D = &ww_dissector_dicom;

#define STR(g, field, want) \
    cr_assert(eq(str, (char *)t_get_str((g), (field)), (char *)(uintptr_t)(want)))
#define NUM(g, field, want) cr_assert(eq(u64, t_get_u64((g), (field)), (want)), "%s", (field))
#define PROBE(bytes)        t_probe(D, WW_A, (bytes), sizeof(bytes) - 1)

static void asked(struct t_feed *f)
{
    t_bytes(f, WW_A, v_associate_rq, sizeof v_associate_rq);
}
static void opened(struct t_feed *f)
{
    asked(f);
    t_bytes(f, WW_B, v_associate_ac, sizeof v_associate_ac);
}

/* ---- probe ---- */

static void probe_every_prefix(const uint8_t *p, size_t n, size_t sure)
{
    for (size_t i = 1; i <= n; i++) {
        enum ww_guess g = t_probe(D, WW_B, p, i);
        cr_assert(eq(int, g, i < sure ? WW_GUESS_MAYBE : WW_GUESS_YES), "%zu bytes", i);
    }
}

Test(dicom_wire, probe_from_both_sides_and_in_the_middle)
{
    probe_every_prefix(v_associate_rq, sizeof v_associate_rq, 99);
    probe_every_prefix(v_associate_ac, sizeof v_associate_ac, 99);
    probe_every_prefix(v_echo_rq, sizeof v_echo_rq, 20);
    probe_every_prefix(v_reject, sizeof v_reject, 10);
    probe_every_prefix(v_abort, sizeof v_abort, 10);
    probe_every_prefix(v_release_rq, sizeof v_release_rq, 10);
    probe_every_prefix(v_release_rp, sizeof v_release_rp, 10);
    cr_assert(eq(int, t_probe(D, WW_A, v_store_rq, sizeof v_store_rq), WW_GUESS_YES));
    /* titles that nobody can read do not hide an attacker */
    uint8_t odd[sizeof v_associate_rq];
    memcpy(odd, v_associate_rq, sizeof odd);
    odd[12] = 0x1b;
    cr_assert(eq(int, t_probe(D, WW_A, odd, sizeof odd), WW_GUESS_YES));
}

Test(dicom_wire, probe_refuses_others)
{
    cr_assert(eq(int, PROBE("GET / HTTP/1.1\r\n"), WW_GUESS_NO));
    cr_assert(eq(int, PROBE("\x16\x03\x01\x02\0\1\0\1\xfc\3\3"), WW_GUESS_NO)); /* TLS */
    cr_assert(
        eq(int, PROBE("\x03\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0"), WW_GUESS_NO)); /* RDP */
    cr_assert(
        eq(int, PROBE("\x05\0\x0b\x03\x10\0\0\0\x48\0\0\0\1\0\0\0"), WW_GUESS_NO)); /* DCE/RPC */
    cr_assert(eq(int, PROBE("\x04\1\0\x50\x7f\0\0\1root"), WW_GUESS_NO));           /* SOCKS4 */
    cr_assert(eq(int, PROBE("\x05\1\0"), WW_GUESS_NO));                             /* SOCKS5 */
    cr_assert(eq(int, PROBE("\x04\0\0\0\0\x10\0\0\0\x0a\1\3abcdefghijklm"), WW_GUESS_NO));
    cr_assert(
        eq(int, PROBE("\x01\0\0\0\0\x10\0\1\0\0"), WW_GUESS_NO));     /* too short for a request */
    cr_assert(eq(int, PROBE("\x01\0\0\0\1\0\0\2\0\0"), WW_GUESS_NO)); /* version without bit 0 */
    cr_assert(eq(int, PROBE("\x01\0\0\0\1\0\0\1\0\1"), WW_GUESS_NO));
    uint8_t other[120] = { 1, 0, 0, 0, 1, 0, 0, 1, 0, 0 };
    memset(other + 10, 'A', 32);
    other[74] = 0x77; /* no such item */
    other[77] = 9;
    cr_assert(eq(int, t_probe(D, WW_A, other, sizeof other), WW_GUESS_NO));
    other[74] = 0x10;
    other[78] = '1';
    cr_assert(
        eq(int, t_probe(D, WW_A, other, sizeof other), WW_GUESS_YES)); /* another context name */
    other[20] = 0x80;
    cr_assert(eq(int, t_probe(D, WW_A, other, sizeof other), WW_GUESS_NO));
}

/* ---- associations ---- */

/* 128 contexts, an unknown SOP class, an unknown transfer syntax, all kinds of answers. */
Test(dicom_wire, many_contexts)
{
    struct t_feed *f = t_new(D);
    struct b *i = b_new(), *m = b_new();
    for (unsigned k = 0; k < 128; k++)
        b_offer(i, (uint8_t)(2 * k + 1), k == 5 ? "1.2.3.99" : CT, EXPLICIT,
                k == 6 ? "1.2.3.98" : IMPLICIT);
    b_user(i, 0, "1.2.3.4", "MOD_1");
    b_assoc(m, 1, "PACS", "MOD", i);
    t_bytes(f, WW_A, m->p, m->n);
    i->n = m->n = 0;
    for (unsigned k = 0; k < 128; k++)
        b_answer(i, (uint8_t)(2 * k + 1), (uint8_t)(k % 5), k == 5 ? "1.2.3.98" : EXPLICIT);
    b_user(i, 0, "1.2.3.5", "PACS_1");
    b_assoc(m, 2, "PACS", "MOD", i);
    t_bytes(f, WW_B, m->p, m->n);
    NUM(t_find(f, "dicom.associate", 0), "contexts_proposed", 128);
    STR(t_find(f, "dicom.associate", 0), "sop_classes", "1.2.840.10008.5.1.4.1.1.2,1.2.3.99");
    NUM(t_find(f, "dicom.accept", 0), "contexts_accepted", 26);
    cr_assert(eq(sz, t_count(f, "dicom.context"), 128));
    const struct t_got *g = t_find(f, "dicom.context", 5);
    NUM(g, "id", 11);
    STR(g, "abstract_syntax", "1.2.3.99");
    STR(g, "abstract_syntax_name", "");
    STR(g, "accepted_syntax", "1.2.3.98");
    STR(t_find(f, "dicom.context", 6), "transfer_syntaxes", "1.2.840.10008.1.2.1,1.2.3.98");
    STR(t_find(f, "dicom.context", 3), "result_text", "abstract syntax not supported");
    STR(t_find(f, "dicom.context", 3), "accepted_syntax", "");
    cr_assert(eq(sz, f->nanomaly, 0));
    free(i);
    free(m);
    t_free(f);
}

/* UIDs that our table does not have share 512 bytes; what does not fit is told as cut. */
Test(dicom_wire, unknown_uids_are_limited)
{
    struct t_feed *f = t_new(D);
    struct b *i = b_new(), *m = b_new();
    char uid[32];
    for (unsigned k = 0; k < 128; k++) {
        (void)snprintf(uid, sizeof uid, "1.2.3.4444444444.%u", k);
        b_offer(i, (uint8_t)(2 * k + 1), uid, EXPLICIT, NULL);
    }
    b_user(i, 0, "1.2.3.4", "MOD_1");
    b_assoc(m, 1, "PACS", "MOD", i);
    t_bytes(f, WW_A, m->p, m->n);
    const struct t_got *g = t_find(f, "dicom.associate", 0);
    NUM(g, "contexts_proposed", 128);
    cr_assert(ne(int, g->e->flags & WW_EV_TRUNCATED, 0));
    const struct ww_field *k = ww_type_field(g->e->type, "sop_classes");
    cr_assert(eq(u16, ww_get_total(g->e, k), 26)); /* 10 of 19 bytes, 16 of 20 */
    free(i);
    free(m);
    t_free(f);
}

/* Everything that user information can hold (PS3.7 annex D); the passcode stays where it is. */
Test(dicom_wire, user_information)
{
    struct t_feed *f = t_new(D);
    struct b *i = b_new(), *m = b_new(), *u = b_new();
    b_offer(i, 1, CT, EXPLICIT, NULL);
    b_item(u, 0x51, "\0\0\x40\0", 4);
    b_items(u, 0x52, "1.2.3.4");
    b_item(u, 0x53, "\0\x05\0\x06", 4);
    b_item(u, 0x54,
           "\0\x19"
           "1.2.840.10008.5.1.4.1.1.2"
           "\0\1",
           29);
    b_items(u, 0x55, "SCANNER_V1");
    b_item(u, 0x56,
           "\0\x07"
           "1.2.3.4"
           "\1",
           10);
    b_item(u, 0x57,
           "\0\x07"
           "1.2.3.4"
           "\0\x07"
           "1.2.3.4"
           "\0\0",
           20);
    b_item(u, 0x58,
           "\2\1\0\6"
           "CANARY"
           "\0\6"
           "CANARY",
           18);
    b_item(u, 0x7f, "unknown", 7);
    b_item(i, 0x50, u->p, u->n);
    b_assoc(m, 1, "PACS", "MOD", i);
    t_bytes(f, WW_A, m->p, m->n);
    const struct t_got *g = t_find(f, "dicom.associate", 0);
    STR(g, "user_identity_type", "username_passcode");
    NUM(g, "user_identity_response", 1);
    NUM(g, "async_invoked", 5);
    NUM(g, "async_performed", 6);
    NUM(g, "role_selections", 1);
    NUM(g, "extended_negotiations", 1);
    NUM(g, "common_negotiations", 1);
    NUM(g, "max_pdu", 16384);
    i->n = m->n = u->n = 0;
    b_answer(i, 1, 0, EXPLICIT);
    b_items(u, 0x52, "1.2.3.5");
    b_item(u, 0x54,
           "\0\x19"
           "1.2.840.10008.5.1.4.1.1.2"
           "\0\1",
           29);
    b_item(u, 0x59, "\0\0", 2);
    b_item(i, 0x50, u->p, u->n);
    b_assoc(m, 2, "PACS", "MOD", i);
    t_bytes(f, WW_B, m->p, m->n);
    NUM(t_find(f, "dicom.accept", 0), "user_identity_response", 1);
    NUM(t_find(f, "dicom.context", 0), "requestor_scu", 0);
    NUM(t_find(f, "dicom.context", 0), "requestor_scp", 1);
    cr_assert(eq(sz, f->nanomaly, 0));
    free(i);
    free(m);
    free(u);
    t_free(f);
}

Test(dicom_wire, rejected_and_aborted)
{
    struct t_feed *f = t_new(D);
    asked(f);
    t_time(f, f->cx.now + 3000000);
    t_bytes(f, WW_B, v_reject, sizeof v_reject);
    const struct t_got *g = t_find(f, "dicom.reject", 0);
    STR(g, "calling_aet", "CT01");
    STR(g, "called_aet", "PACS1");
    STR(g, "result", "permanent");
    STR(g, "source", "service user");
    STR(g, "reason", "called AE title not recognized");
    NUM(g, "reason_code", 7);
    NUM(g, "latency_ms", 3);
    cr_assert(eq(sz, t_count(f, "dicom.context"), 0));
    t_bytes(f, WW_B, v_abort, sizeof v_abort);
    g = t_find(f, "dicom.abort", 0);
    STR(g, "source", "service provider");
    STR(g, "reason", "unrecognized PDU");
    NUM(g, "duration_ms", 3);
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
}

Test(dicom_wire, release_collision)
{
    struct t_feed *f = t_new(D);
    opened(f);
    t_bytes(f, WW_A, v_release_rq, 10);
    t_bytes(f, WW_B, v_release_rq, 10);
    t_bytes(f, WW_A, v_release_rp, 10);
    t_bytes(f, WW_B, v_release_rp, 10);
    NUM(t_find(f, "dicom.release", 0), "collision", 0);
    NUM(t_find(f, "dicom.release", 1), "collision", 1);
    NUM(t_find(f, "dicom.release", 2), "response", 1);
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
}

/* Where the acceptance is captured before its request, both are told as if in order. */
Test(dicom_wire, request_captured_late)
{
    struct t_feed *f = t_new(D);
    t_bytes(f, WW_B, v_associate_ac, sizeof v_associate_ac);
    cr_assert(eq(sz, f->ngot, 0));
    asked(f);
    STR(t_find(f, "dicom.context", 1), "abstract_syntax", CT);
    NUM(t_find(f, "dicom.accept", 0), "contexts_proposed", 2);
    t_bytes(f, WW_A, v_store_rq, sizeof v_store_rq);
    t_bytes(f, WW_A, v_store_data, sizeof v_store_data);
    NUM(t_find(f, "dicom.dataset", 0), "originating", 1);
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
}

/* One direction only: what is not known is not invented, and nothing is called a violation. */
Test(dicom_wire, one_way)
{
    for (enum ww_dir d = WW_A; d <= WW_B; d++) {
        struct t_feed *f = t_new(D);
        if (d == WW_A) {
            asked(f);
            t_bytes(f, WW_A, v_echo_rq, sizeof v_echo_rq);
            t_bytes(f, WW_A, v_store_rq, sizeof v_store_rq);
            t_bytes(f, WW_A, v_store_data, sizeof v_store_data);
            STR(t_find(f, "dicom.dataset", 0), "transfer_syntax", "");
            STR(t_find(f, "dicom.dataset", 0), "serial", "SN12345");
        } else {
            t_bytes(f, WW_B, v_associate_ac, sizeof v_associate_ac);
            t_bytes(f, WW_B, v_echo_rsp, sizeof v_echo_rsp);
            NUM(t_find(f, "dicom.accept", 0), "assoc_seen", 0);
            STR(t_find(f, "dicom.accept", 0), "calling_aet", "CT01");
            STR(t_find(f, "dicom.context", 0), "abstract_syntax", "");
            NUM(t_find(f, "dicom.response", 0), "latency_ms", WW_NULL64);
        }
        cr_assert(eq(int, f->client, WW_A));
        t_end(f);
        cr_assert(eq(sz, f->nanomaly, 0));
        t_free(f);
    }
}

/* ---- violations ---- */

static void violation(const char *what, enum ww_dir dir, const void *p, size_t n)
{
    struct t_feed *f = t_new(D);
    opened(f);
    t_bytes(f, dir, p, n);
    cr_assert(t_anomaly(f, what), "%s", what);
    t_bytes(f, dir, v_echo_rq, sizeof v_echo_rq); /* the stream is found again */
    cr_assert(eq(sz, t_count(f, "dicom.request"), 1), "%s", what);
    cr_assert(not(f->stopped));
    t_free(f);
}
#define VIOLATION(what, lit) violation(what, WW_A, lit, sizeof(lit) - 1)

Test(dicom_wire, order_and_length)
{
    VIOLATION("pdu_type_unknown", "\x09\0\0\0\0\4\0\0\0\0");
    VIOLATION("pdu_length_invalid", "\x06\0\0\0\0\6\0\0\0\0\0\0");
    VIOLATION("pdu_length_invalid", "\x07\0\0\0\0\0");
    VIOLATION("pdu_length_invalid", "\x01\0\x7f\0\0\0");
    VIOLATION("pdu_length_invalid", "\x04\0\0\0\0\3abc");
    VIOLATION("pdv_length_invalid", "\x04\0\0\0\0\6\0\0\0\1\1\3");
    VIOLATION("pdv_length_invalid", "\x04\0\0\0\0\7\0\0\0\4\1\3z");
    VIOLATION("pdv_length_invalid", "\x04\0\0\0\0\x0a\0\0\0\2\1\3zzzz");
    VIOLATION("pdv_without_context", "\x04\0\0\0\0\6\0\0\0\2\x55\0");
    VIOLATION("context_id_even", "\x04\0\0\0\0\6\0\0\0\2\2\0");
    VIOLATION("pdv_control_invalid", "\x04\0\0\0\0\6\0\0\0\2\1\x80");
    VIOLATION("pdu_out_of_order",
              "\x02\0\0\0\0\x44\0\1\0\0ABCDEFGHIJKLMNOPabcdefghijklmnop"
              "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    violation("second_association", WW_A, v_associate_rq, sizeof v_associate_rq);
    violation("data_after_release", WW_A, "\x05\0\0\0\0\4\0\0\0\0\x04\0\0\0\0\6\0\0\0\2\1\2", 22);
    violation("pdu_out_of_order", WW_A, v_release_rp, sizeof v_release_rp);
}

Test(dicom_wire, data_before_accept)
{
    struct t_feed *f = t_new(D);
    asked(f);
    t_bytes(f, WW_A, v_echo_rq, sizeof v_echo_rq);
    cr_assert(not(t_anomaly(f, "data_before_accept"))); /* the answer may have been lost */
    t_bytes(f, WW_B, v_associate_ac, sizeof v_associate_ac);
    cr_assert(t_anomaly(f, "data_before_accept"));
    t_free(f);
}

/* The vector's acceptor takes PDUs of 32768 bytes. */
Test(dicom_wire, larger_than_the_receiver_takes)
{
    for (uint32_t n = 32768; n <= 32769; n++) {
        struct t_feed *f = t_new(D);
        struct b *m = b_new();
        opened(f);
        b_fill(m, 0, n - 6);
        struct b *p = b_new();
        b_pdata(p, 3, 0, m->p, m->n);
        t_bytes(f, WW_A, p->p, p->n);
        cr_assert(eq(int, t_anomaly(f, "pdu_over_max"), n > 32768));
        free(m);
        free(p);
        t_free(f);
    }
}

static struct t_feed *request_with(const char *calling, void (*more)(struct b *))
{
    struct t_feed *f = t_new(D);
    struct b *i = b_new(), *m = b_new();
    b_offer(i, 1, CT, EXPLICIT, NULL);
    if (more != NULL)
        more(i);
    b_user(i, 0, "1.2.3.4", "MOD_1");
    b_assoc(m, 1, "PACS", calling, i);
    t_bytes(f, WW_A, m->p, m->n);
    cr_assert(eq(sz, t_count(f, "dicom.associate"), 1));
    free(i);
    free(m);
    return f;
}
static void even(struct b *i)
{
    b_offer(i, 2, MR, EXPLICIT, NULL);
}
static void twice(struct b *i)
{
    b_offer(i, 1, MR, EXPLICIT, NULL);
}
static void no_syntax(struct b *i)
{
    b_item(i, 0x20,
           "\3\0\0\0\x30\0\0\3"
           "1.2",
           11);
}
static void bad_uid(struct b *i)
{
    b_offer(i, 3, "CANARY", EXPLICIT, NULL);
}
static void long_uid(struct b *i)
{
    b_offer(i, 3, "1.2345678901234567890123456789012345678901234567890123456789012.45", EXPLICIT,
            NULL);
}
static void short_item(struct b *i)
{
    b_item(i, 0x20, "\3\0", 2);
}
static void lying_item(struct b *i)
{
    b_item(i, 0x20,
           "\3\0\0\0\x30\0\xff\xff"
           "1.2",
           11);
}

Test(dicom_wire, bad_items)
{
    const struct {
        const char *calling, *what;
        void (*more)(struct b *);
    } row[] = {
        { "MOD", "context_id_even", even },
        { "MOD", "context_id_duplicate", twice },
        { "MOD", "items_missing", no_syntax },
        { "MOD", "uid_invalid", bad_uid },
        { "MOD", "uid_invalid", long_uid },
        { "MOD", "item_length_invalid", short_item },
        { "MOD", "item_length_invalid", lying_item },
        { "", "ae_title_empty", NULL },
        { "A\x1b[2J", "ae_title_not_printable", NULL },
        { "A\\B", "ae_title_not_printable", NULL },
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct t_feed *f = request_with(row[i].calling, row[i].more);
        cr_assert(t_anomaly(f, row[i].what), "%s", row[i].what);
        t_free(f);
    }
    struct t_feed *f = request_with("SIXTEEN LETTERS!", NULL);
    STR(t_find(f, "dicom.associate", 0), "calling_aet", "SIXTEEN LETTERS!");
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
}

/* 1 MiB of items is the longest request that is read; one byte more is not waited for. */
Test(dicom_wire, longest_request)
{
    for (uint32_t n = 1 << 20; n <= (1 << 20) + 1; n++) {
        struct t_feed *f = t_new(D);
        uint8_t *big = calloc(1, n + 6);
        cr_assert(ne(ptr, big, NULL));
        memcpy(big, v_associate_rq, sizeof v_associate_rq);
        for (unsigned i = 0; i < 4; i++)
            big[2 + i] = (uint8_t)(n >> (24 - 8 * i));
        asked(f); /* so that the probe is not asked */
        t_bytes(f, WW_A, big, n + 6);
        cr_assert(eq(sz, t_count(f, "dicom.associate"), n == 1 << 20 ? 2 : 1));
        cr_assert(eq(int, t_anomaly(f, "pdu_length_invalid"), n > 1 << 20));
        free(big);
        t_free(f);
    }
}
