/* DIMSE: requests and responses, queries, pairing, fragments, what is wrong with a command set. */
#include "tests/unit/dicom_build.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

extern const struct ww_dissector ww_dissector_dicom;

#define STR(g, field, want) \
    cr_assert(eq(str, (char *)t_get_str((g), (field)), (char *)(uintptr_t)(want)))
#define NUM(g, field, want) cr_assert(eq(u64, t_get_u64((g), (field)), (want)), "%s", (field))

static struct t_feed *open_flow(const char *ts)
{
    struct t_feed *f = t_new(&ww_dissector_dicom);
    b_open(f, ts);
    return f;
}

/* Names of constrained keys, never values; empty keys and wildcards constrain nothing. */
Test(dicom_dimse, find_names_its_keys)
{
    for (enum b_enc enc = B_IMPLICIT; enc <= B_BIG; enc++) {
        const char *ts[] = { IMPLICIT, EXPLICIT, BIG };
        struct t_feed *f = open_flow(ts[enc]);
        struct b *d = b_new(), *s = b_new();
        b_send_usual(f, WW_A, 9, MWL, 0x0020, 3, true, 0);
        b_ds(d, enc, 0x00080005, "CS", "ISO_IR 100");
        b_ds(d, enc, 0x00080050, "SH", "");
        b_ds(d, enc, 0x00080052, "CS", "STUDY");
        b_ds(d, enc, 0x00090010, "LO", "PRIVATE");
        b_ds(d, enc, 0x00100010, "PN", "CANARY^*");
        b_ds(d, enc, 0x00100020, "LO", "*");
        b_head(s, enc, 0xfffee000, "", 0xffffffff);
        b_ds(s, enc, 0x00080060, "CS", "CT");
        b_ds(s, enc, 0x00400001, "AE", "CT_AE");
        b_ds(s, enc, 0x00400002, "DA", "");
        b_head(s, enc, 0xfffee00d, "", 0);
        b_head(d, enc, 0x00400100, "SQ", (uint32_t)s->n);
        b_raw(d, s->p, s->n);
        b_send_data(f, WW_A, 9, d, 11);
        const struct t_got *g = t_find(f, "dicom.request", 0);
        STR(g, "command", "C-FIND");
        STR(g, "sop_class_name", "Modality Worklist Information Model - FIND");
        STR(g, "query_level", "STUDY");
        STR(g, "query_keys", "(0009,0010),PatientName,Modality,ScheduledStationAETitle");
        NUM(g, "phi_kinds", 1);
        cr_assert(eq(sz, t_count(f, "dicom.dataset"), 0));
        cr_assert(eq(sz, f->nanomaly, 0));
        free(d);
        free(s);
        t_free(f);
    }
}

/* 20 keys are named; the total stays true. */
Test(dicom_dimse, keys_are_limited)
{
    for (uint16_t n = 19; n <= 21; n++) {
        struct t_feed *f = open_flow(EXPLICIT);
        struct b *d = b_new();
        b_send_usual(f, WW_A, 5, FIND, 0x0020, 3, true, 0);
        for (uint16_t i = 0; i < n; i++)
            b_ds(d, B_EXPLICIT, 0x00100001u + 2u * i * 0x1000, "LO", "x");
        b_send_data(f, WW_A, 5, d, 1000);
        const struct t_got *g = t_find(f, "dicom.request", 0);
        const struct ww_field *k = ww_type_field(g->e->type, "query_keys");
        cr_assert(eq(u16, ww_get_total(g->e, k), n));
        cr_assert(eq(int, (g->e->flags & WW_EV_TRUNCATED) != 0, n > 20));
        free(d);
        t_free(f);
    }
}

/* Pending responses carry the patients; the last one closes the pair. */
Test(dicom_dimse, pending_and_sub_operations)
{
    struct t_feed *f = open_flow(EXPLICIT);
    struct b *d = b_new(), *c = b_new(), *e = b_new();
    b_send_usual(f, WW_A, 5, FIND, 0x0020, 4, false, 0);
    b_ds(d, B_EXPLICIT, 0x00100010, "PN", "CANARY^TARO");
    for (int i = 0; i < 3; i++) {
        t_time(f, f->cx.now + 5000000);
        b_send_usual(f, WW_B, 5, FIND, 0x8020, 4, true, i < 2 ? 0xff00 : 0xff01);
        b_send_data(f, WW_B, 5, d, 6);
    }
    b_send_usual(f, WW_B, 5, FIND, 0x8020, 4, false, 0x0000);
    b_send_usual(f, WW_B, 5, FIND, 0x8020, 4, false, 0x0000);
    for (size_t i = 0; i < 3; i++) {
        const struct t_got *g = t_find(f, "dicom.response", i);
        NUM(g, "pending", i + 1);
        NUM(g, "latency_ms", 5 * (i + 1));
        NUM(g, "phi_kinds", 1);
        STR(g, "status_class", "pending");
    }
    const struct t_got *last = t_find(f, "dicom.response", 3);
    NUM(last, "pending", 3);
    NUM(last, "latency_ms", 15);
    STR(last, "status", "0x0000");
    STR(last, "status_class", "success");
    NUM(t_find(f, "dicom.response", 4), "latency_ms", WW_NULL64);
    cr_assert(t_anomaly(f, "response_without_request"));
    b_str(e, 0x00000002, MOVE);
    b_us(e, 0x00000100, 0x0021);
    b_us(e, 0x00000110, 5);
    b_str(e, 0x00000600, "WS31");
    b_us(e, 0x00000700, 1);
    b_us(e, 0x00000800, 0x0101);
    b_command(c, e);
    b_send(f, WW_A, 7, c);
    const struct t_got *g = t_find(f, "dicom.request", 1);
    STR(g, "move_destination", "WS31");
    STR(g, "priority", "high");
    NUM(g, "priority_code", 1);
    e->n = c->n = 0;
    b_us(e, 0x00000100, 0x8021);
    b_us(e, 0x00000120, 5);
    b_us(e, 0x00000800, 0x0101);
    b_us(e, 0x00000900, 0xb000);
    b_us(e, 0x00001021, 7);
    b_us(e, 0x00001022, 2);
    b_us(e, 0x00001023, 1);
    b_command(c, e);
    b_send(f, WW_B, 7, c);
    g = t_find(f, "dicom.response", 5);
    STR(g, "sop_class", MOVE); /* the context's, the command has none */
    STR(g, "status_class", "warning");
    NUM(g, "sub_operations__remaining", WW_NULL64);
    NUM(g, "sub_operations__completed", 7);
    NUM(g, "sub_operations__failed", 2);
    NUM(g, "sub_operations__warning", 1);
    free(d);
    free(c);
    free(e);
    t_free(f);
}

Test(dicom_dimse, status_classes)
{
    const struct {
        uint16_t status;
        const char *text;
    } row[] = { { 0x0000, "success" }, { 0xff00, "pending" }, { 0xff01, "pending" },
                { 0xfe00, "cancel" },  { 0x0001, "warning" }, { 0x0107, "warning" },
                { 0x0116, "warning" }, { 0xb007, "warning" }, { 0x0124, "failure" },
                { 0xa700, "failure" }, { 0xc001, "failure" }, { 0x0211, "failure" } };
    struct t_feed *f = open_flow(EXPLICIT);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        b_send_usual(f, WW_B, 1, CT, 0x8001, 1, false, row[i].status);
        STR(t_find(f, "dicom.response", i), "status_class", row[i].text);
    }
    t_free(f);
}

/* All commands of PS3.7 by name, with the ids that N services carry. */
Test(dicom_dimse, every_command)
{
    const struct {
        uint16_t field;
        const char *name;
    } row[] = { { 0x0001, "C-STORE" },  { 0x0010, "C-GET" },   { 0x0020, "C-FIND" },
                { 0x0021, "C-MOVE" },   { 0x0030, "C-ECHO" },  { 0x0100, "N-EVENT-REPORT" },
                { 0x0110, "N-GET" },    { 0x0120, "N-SET" },   { 0x0130, "N-ACTION" },
                { 0x0140, "N-CREATE" }, { 0x0150, "N-DELETE" } };
    struct t_feed *f = open_flow(EXPLICIT);
    struct b *c = b_new(), *e = b_new();
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        c->n = e->n = 0;
        b_str(e, row[i].field == 0x0130 ? 0x00000003 : 0x00000002, COMMIT);
        b_us(e, 0x00000100, row[i].field);
        b_us(e, 0x00000110, (uint16_t)(i + 1));
        b_us(e, 0x00000800, 0x0101);
        if (row[i].field == 0x0100)
            b_us(e, 0x00001002, 2);
        if (row[i].field == 0x0130)
            b_us(e, 0x00001008, 1);
        b_command(c, e);
        enum ww_dir from = row[i].field == 0x0100 ? WW_B : WW_A; /* the SCP reports */
        b_send(f, from, 13, c);
        b_send_usual(f, ww_other(from), 13, COMMIT, row[i].field | 0x8000, (uint16_t)(i + 1), false, 0);
        const struct t_got *g = t_find(f, "dicom.request", i);
        STR(g, "command", row[i].name);
        STR(g, "sop_class", COMMIT);
        NUM(g, "event_type", row[i].field == 0x0100 ? 2 : WW_NULL64);
        NUM(g, "action_type", row[i].field == 0x0130 ? 1 : WW_NULL64);
        STR(t_find(f, "dicom.response", i), "command", row[i].name);
        NUM(t_find(f, "dicom.response", i), "latency_ms", 0);
    }
    cr_assert(eq(sz, f->nanomaly, 0));
    c->n = e->n = 0;
    b_us(e, 0x00000100, 0x0fff);
    b_us(e, 0x00000120, 3);
    b_us(e, 0x00000800, 0x0101);
    b_command(c, e);
    b_send(f, WW_A, 5, c);
    const struct t_got *g = t_find(f, "dicom.request", 11);
    STR(g, "command", "C-CANCEL");
    NUM(g, "message_id", 3);
    cr_assert(eq(sz, f->nanomaly, 0));
    free(c);
    free(e);
    t_free(f);
}

/* A command set cut into fragments of 1, 2, 3 ... bytes, several PDVs in a PDU or one each. */
Test(dicom_dimse, fragmented_command)
{
    struct b *c = b_new();
    b_usual(c, CT, 0x8001, 9, false, 0xa700);
    for (size_t piece = 1; piece <= c->n; piece++)
        for (int together = 0; together < 2; together++) {
            struct t_feed *f = open_flow(EXPLICIT);
            struct b *m = b_new(), *v = b_new();
            for (size_t at = 0; at < c->n; at += piece) {
                size_t n = c->n - at < piece ? c->n - at : piece;
                b_pdv(v, 1, at + n == c->n ? 3 : 1, c->p + at, n);
                if (!together || at + n == c->n) {
                    b_pdu(m, 4, v->p, v->n);
                    v->n = 0;
                }
            }
            t_bytes(f, WW_B, m->p, m->n);
            cr_assert(eq(sz, t_count(f, "dicom.response"), 1));
            STR(t_find(f, "dicom.response", 0), "status", "0xa700");
            NUM(t_find(f, "dicom.response", 0), "message_id", 9);
            free(m);
            free(v);
            t_free(f);
        }
    free(c);
}

/* Two messages of one direction, their fragments in turn. */
Test(dicom_dimse, interleaved_contexts)
{
    struct t_feed *f = open_flow(EXPLICIT);
    struct b *a = b_new(), *c = b_new(), *m = b_new(), *da = b_new(), *dc = b_new();
    b_usual(a, CT, 0x0001, 1, true, 0);
    b_usual(c, MR, 0x0001, 2, true, 0);
    b_ds(da, B_EXPLICIT, 0x00181000, "LO", "SN-CT");
    b_ds(dc, B_EXPLICIT, 0x00181000, "LO", "SN-MR");
    for (size_t at = 0; at < a->n; at += 10) {
        size_t na = a->n - at < 10 ? a->n - at : 10;
        b_pdata(m, 1, at + na == a->n ? 3 : 1, a->p + at, na);
        b_pdata(m, 3, at + na == a->n ? 3 : 1, c->p + at, na);
    }
    for (size_t at = 0; at < da->n; at++) {
        b_pdata(m, 3, at + 1 == da->n ? 2 : 0, dc->p + at, 1);
        b_pdata(m, 1, at + 1 == da->n ? 2 : 0, da->p + at, 1);
    }
    t_bytes(f, WW_A, m->p, m->n);
    STR(t_find(f, "dicom.dataset", 0), "serial", "SN-MR");
    STR(t_find(f, "dicom.dataset", 0), "sop_class", MR);
    STR(t_find(f, "dicom.dataset", 1), "serial", "SN-CT");
    NUM(t_find(f, "dicom.dataset", 1), "message_id", 1);
    cr_assert(eq(sz, f->nanomaly, 0));
    /* a third context at the same time is more than we follow: told as far as they came */
    for (uint8_t i = 0; i < 3; i++)
        b_send_usual(f, WW_A, (uint8_t)(2 * i + 1), CT, 0x0001, (uint16_t)(i + 5), true, 0);
    cr_assert(t_anomaly(f, "messages_interleaved"));
    const struct t_got *g = t_find(f, "dicom.request", 2);
    NUM(g, "dataset_bytes", WW_NULL64);
    cr_assert(ne(int, g->e->flags & WW_EV_TRUNCATED, 0));
    free(a);
    free(c);
    free(m);
    free(da);
    free(dc);
    t_free(f);
}

/* An empty fragment may mark the end of a command set and of a data set. */
Test(dicom_dimse, empty_last_fragments)
{
    struct t_feed *f = open_flow(EXPLICIT);
    struct b *c = b_new(), *m = b_new();
    b_usual(c, CT, 0x0001, 1, true, 0);
    b_pdata(m, 1, 1, c->p, c->n);
    b_pdata(m, 1, 3, "", 0);
    b_pdata(m, 1, 0, "\x08\0\x60\0CS\2\0CT", 10);
    b_pdata(m, 1, 2, "", 0);
    t_bytes(f, WW_A, m->p, m->n);
    STR(t_find(f, "dicom.dataset", 0), "modality", "CT");
    NUM(t_find(f, "dicom.request", 0), "dataset_bytes", 10);
    cr_assert(eq(sz, f->nanomaly, 0));
    free(c);
    free(m);
    t_free(f);
}

Test(dicom_dimse, unknown_command_is_told)
{
    struct t_feed *f = open_flow(EXPLICIT);
    b_send_usual(f, WW_A, 1, CT, 0x0666, 1, false, 0);
    STR(t_find(f, "dicom.request", 0), "command", "0x0666");
    cr_assert(t_anomaly(f, "command_unknown"));
    t_free(f);
}

static struct t_feed *send_command(const void *p, size_t n)
{
    struct t_feed *f = open_flow(EXPLICIT);
    struct b *m = b_new();
    b_pdata(m, 1, 3, p, n);
    t_bytes(f, WW_A, m->p, m->n);
    free(m);
    return f;
}

/* A command set that cannot be read tells nothing but the anomaly. */
Test(dicom_dimse, broken_command_sets)
{
    struct b *c = b_new(), *e = b_new();
    b_usual(c, CT, 0x0001, 1, false, 0);
    struct t_feed *f = send_command(c->p, c->n - 1); /* the last value is cut */
    cr_assert(t_anomaly(f, "command_malformed"));
    cr_assert(eq(sz, t_count(f, "dicom.request"), 0));
    t_free(f);
    f = send_command(c->p + 12, c->n - 12); /* no group length */
    cr_assert(t_anomaly(f, "command_malformed"));
    t_free(f);
    f = send_command("", 0);
    cr_assert(t_anomaly(f, "command_incomplete"));
    t_free(f);
    c->n = 0;
    b_us(e, 0x00000110, 1);
    b_command(c, e); /* no command field */
    f = send_command(c->p, c->n);
    cr_assert(t_anomaly(f, "command_incomplete"));
    cr_assert(eq(sz, t_count(f, "dicom.request"), 0));
    t_free(f);
    c->n = e->n = 0;
    b_us(e, 0x00000100, 0x0021);
    b_us(e, 0x00000110, 1);
    b_str(e, 0x00000600, "SEVENTEEN_LETTERS!");
    b_us(e, 0x00000800, 0x0101);
    b_command(c, e);
    f = send_command(c->p, c->n);
    cr_assert(t_anomaly(f, "ae_title_oversized"));
    STR(t_find(f, "dicom.request", 0), "move_destination", "SEVENTEEN_LETTER");
    t_free(f);
    free(c);
    free(e);
}

/* 16 KiB of command set are read, more are not. */
Test(dicom_dimse, command_length_is_limited)
{
    for (size_t n = 16384 - 2; n <= 16384 + 2; n += 2) {
        struct b *c = b_new(), *e = b_new(), *pad = b_new();
        b_us(e, 0x00000100, 0x0030);
        b_us(e, 0x00000110, 1);
        b_us(e, 0x00000800, 0x0101);
        b_fill(pad, ' ', n - 12 - e->n - 8);
        b_el(e, 0x00000902, pad->p, pad->n); /* ascending enough: after 0800 */
        b_command(c, e);
        cr_assert(eq(sz, c->n, n));
        struct t_feed *f = send_command(c->p, c->n);
        cr_assert(eq(sz, t_count(f, "dicom.request"), n <= 16384 ? 1 : 0));
        cr_assert(eq(int, t_anomaly(f, "command_too_long"), n > 16384));
        t_free(f);
        free(c);
        free(e);
        free(pad);
    }
}

/* The promised data set does not come, or one comes that nobody promised. */
Test(dicom_dimse, data_sets_out_of_place)
{
    struct t_feed *f = open_flow(EXPLICIT);
    b_send_usual(f, WW_A, 1, CT, 0x0001, 1, true, 0);
    b_send_usual(f, WW_A, 1, CT, 0x0030, 2, false, 0);
    cr_assert(t_anomaly(f, "dataset_missing"));
    STR(t_find(f, "dicom.request", 0), "command", "C-STORE");
    NUM(t_find(f, "dicom.request", 0), "dataset_bytes", WW_NULL64);
    STR(t_find(f, "dicom.request", 1), "command", "C-ECHO");
    struct b *d = b_new();
    b_ds(d, B_EXPLICIT, 0x00100010, "PN", "CANARY");
    b_send_data(f, WW_A, 1, d, 100);
    cr_assert(t_anomaly(f, "dataset_without_command"));
    cr_assert(eq(sz, t_count(f, "dicom.request"), 2));
    free(d);
    t_free(f);
}

/* What was complete is told when the connection breaks off in a data set. */
Test(dicom_dimse, aborted_in_a_data_set)
{
    for (int how = 0; how < 2; how++) {
        struct t_feed *f = open_flow(EXPLICIT);
        struct b *m = b_new();
        b_send_usual(f, WW_A, 1, CT, 0x0001, 1, true, 0);
        b_pdata(m, 1, 0, "\x08\0\x60\0CS\2\0CT", 10);
        t_bytes(f, WW_A, m->p, m->n);
        cr_assert(eq(sz, t_count(f, "dicom.request"), 0));
        if (how == 0)
            t_bytes(f, WW_A, "\x07\0\0\0\0\4\0\0\0\0", 10);
        t_end(f);
        const struct t_got *g = t_find(f, "dicom.request", 0);
        NUM(g, "dataset_bytes", WW_NULL64);
        cr_assert(ne(int, g->e->flags & WW_EV_TRUNCATED, 0));
        cr_assert(eq(sz, t_count(f, "dicom.request"), 1));
        free(m);
        t_free(f);
    }
}
