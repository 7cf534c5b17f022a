/* DICOM: one whole association of vectors, its loops, and what its events say. */
#include "tests/unit/dicom_build.h"
#include "tests/unit/dicom_vectors.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

extern const struct ww_dissector ww_dissector_dicom;

static const struct t_step talk_steps[] = {
    T_A(v_associate_rq), { .dir = WW_B, .p = v_associate_ac, .n = sizeof v_associate_ac },
    T_A(v_echo_rq),      T_B(v_echo_rsp),
    T_A(v_store_rq),     T_A(v_store_data),
    T_A(v_release_rq),   T_B(v_release_rp),
};
/* What may be less, or unknown, behind lost bytes. */
static const char *const degrades[] = {
    "latency_ms",
    "assoc_seen",
    "request_frame",
    "dataset_bytes",
    "phi_kinds",
    "phi_count",
    "patient",
    "calling_aet",
    "called_aet",
    "contexts_proposed",
    "duration_ms",
    "abstract_syntax",
    "abstract_syntax_name",
    "transfer_syntaxes",
    "requestor_scp",
    "sop_class",
    "sop_class_name",
    "transfer_syntax",
    "encoding",
    "encoding_guessed",
    "charsets",
    "modality",
    "manufacturer",
    "model",
    "software_versions",
    "serial",
    "station_name",
    "institution",
    "originating",
    "subject_ip",
    "subject_id",
    "collision",
    "query_level",
    "query_keys",
    "pending",
    "service",
    "requestor_scu",
    NULL,
};
static const struct t_talk talk = { .d = &ww_dissector_dicom,
                                    .degrades = degrades,
                                    T_STEPS(talk_steps) };

Test(dicom, every_cut)
{
    t_every_cut(&talk);
}
Test(dicom, every_prefix)
{
    t_every_prefix(&talk);
}
Test(dicom, every_byte)
{
    t_every_byte(&talk);
}
Test(dicom, every_gap)
{
    t_every_gap(&talk);
}

/* A conversation joined in the middle: a query with two matches, then an object, all in fragments.
 */
static void query(struct b *m, uint16_t field, uint16_t status, enum b_enc enc)
{
    struct b *c = b_new(), *d = b_new();
    b_usual(c, FIND, field, 3, status != 0, status);
    b_pdata(m, 1, 1, c->p, 30);
    b_pdata(m, 1, 3, c->p + 30, c->n - 30);
    b_ds(d, enc, 0x00080052, "CS", "STUDY");
    b_ds(d, enc, 0x00100010, "PN", "CANARY^TARO");
    b_head(d, enc, 0x00081111, "SQ", 0xffffffff);
    b_head(d, enc, 0xfffee000, "", 0xffffffff);
    b_ds(d, enc, 0x00100020, "LO", "CANARY");
    b_head(d, enc, 0xfffee00d, "", 0);
    b_head(d, enc, 0xfffee0dd, "", 0);
    b_ds(d, enc, 0x00100020, "LO", "CANARY-2");
    if (status != 0) {
        b_pdata(m, 1, 0, d->p, 33);
        b_pdata(m, 1, 2, d->p + 33, d->n - 33);
    }
    free(c);
    free(d);
}

static void object(struct b *m)
{
    struct b *c = b_new(), *d = b_new();
    b_usual(c, CT, 0x0001, 4, true, 0);
    b_pdata(m, 3, 3, c->p, c->n);
    b_ds(d, B_IMPLICIT, 0x00080070, "LO", "ACME");
    b_ds(d, B_IMPLICIT, 0x00100020, "LO", "CANARY-2");
    b_ds(d, B_IMPLICIT, 0x00181000, "LO", "SN1");
    b_head(d, B_IMPLICIT, 0x7fe00010, "OW", 40);
    b_fill(d, 4, 40);
    b_pdata(m, 3, 0, d->p, 50);
    b_pdata(m, 3, 2, d->p + 50, d->n - 50);
    free(c);
    free(d);
}

static void joined(void (*loop)(const struct t_talk *))
{
    for (enum b_enc enc = B_IMPLICIT; enc <= B_BIG; enc++) {
        struct b *m[4];
        struct t_step step[4];
        for (size_t i = 0; i < 4; i++) {
            m[i] = b_new();
            if (i == 3)
                object(m[i]);
            else
                query(m[i], i == 0 ? 0x0020 : 0x8020, i < 2 ? 0xff00 : 0, enc);
            step[i] = (struct t_step){ .dir = i == 1 || i == 2, .p = m[i]->p, .n = m[i]->n };
        }
        const struct t_talk t = {
            .d = &ww_dissector_dicom, .degrades = degrades, .step = step, .n = 4
        };
        loop(&t);
        for (size_t i = 0; i < 4; i++)
            free(m[i]);
    }
}

Test(dicom_joined, every_cut)
{
    joined(t_every_cut);
}
Test(dicom_joined, every_prefix)
{
    joined(t_every_prefix);
}
Test(dicom_joined, every_byte)
{
    joined(t_every_byte);
}
Test(dicom_joined, every_gap)
{
    joined(t_every_gap);
}

static void what_is_told(const struct t_talk *t)
{
    struct t_feed *f = t_run(t);
    t_end(f);
    const struct t_got *g = t_find(f, "dicom.request", 0);
    cr_assert(
        eq(str, (char *)(uintptr_t)t_get_str(g, "query_keys"), "PatientName,PatientID,PatientID"));
    cr_assert(eq(u64, t_get_u64(g, "phi_count"), 3));
    cr_assert(eq(u64, t_get_u64(t_find(f, "dicom.response", 0), "phi_kinds"), 3));
    cr_assert(eq(sz, t_count(f, "dicom.request"), 2));
    cr_assert(eq(sz, t_count(f, "dicom.response"), 2));
    cr_assert(eq(sz, t_count(f, "dicom.dataset"), 1));
    cr_assert(f->client_known); /* only clients query */
    cr_assert(eq(int, f->client, WW_A));
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
}
Test(dicom_joined, what_is_told)
{
    joined(what_is_told);
}

Test(dicom, what_is_told)
{
    struct t_feed *f = t_run(&talk);
    t_end(f);
    const struct t_got *g = t_find(f, "dicom.dataset", 0);
    cr_assert(eq(str, (char *)(uintptr_t)t_get_str(g, "manufacturer"), "ACME"));
    cr_assert(eq(str, (char *)(uintptr_t)t_get_str(g, "model"), "Scan 64"));
    cr_assert(eq(str, (char *)(uintptr_t)t_get_str(g, "software_versions"), "v1.2,r3"));
    cr_assert(eq(str, (char *)(uintptr_t)t_get_str(g, "station_name"), "CT01"));
    cr_assert(eq(str, (char *)(uintptr_t)t_get_str(g, "institution"), "Test Hospital"));
    cr_assert(eq(u64, t_get_u64(g, "phi_kinds"), 3));
    g = t_find(f, "dicom.accept", 0);
    cr_assert(eq(u64, t_get_u64(g, "max_pdu"), 32768));
    cr_assert(eq(u64, t_get_u64(g, "latency_ms"), 10));
    cr_assert(eq(sz, t_count(f, "dicom.context"), 2));
    cr_assert(eq(sz, t_count(f, "dicom.release"), 2));
    cr_assert(eq(u64, t_get_u64(t_find(f, "dicom.release", 1), "duration_ms"), 70));
    cr_assert(eq(sz, f->ngot, 10));
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
}
