/* DICOM data sets at their limits, and data sets that lie. */
#include "tests/unit/dicom_build.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

extern const struct ww_dissector ww_dissector_dicom;

#define STR(g, field, want) \
    cr_assert(eq(str, (char *)t_get_str((g), (field)), (char *)(uintptr_t)(want)))
#define NUM(g, field, want) cr_assert(eq(u64, t_get_u64((g), (field)), (want)), "%s", (field))

/* Nonsense in a data set brakes the parse, not the flow. */
Test(dicom_limits, malformed_is_counted_to_its_end)
{
    const struct {
        uint8_t n;
        uint8_t p[24];
    } bad[] = {
        { 8, { 8, 0, 0x60, 0, 1, 2, 2, 0 } },                                       /* no VR */
        { 16, { 8, 0, 0x60, 0, 'C', 'S', 0, 0, 0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0 } }, /* stray item */
        { 20, { 8,    0,    0x12, 0x21, 'S', 'Q',  0, 0, 0xff, 0xff,
                0xff, 0xff, 0xfe, 0xff, 1,   0xe0, 0, 0, 0,    0 } }, /* no such delimiter */
        { 12, { 8, 0, 0x12, 0x21, 'U', 'T', 0, 0, 0xff, 0xff, 0xff, 0xff } }, /* UT undefined */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct t_feed *f = t_new(&ww_dissector_dicom);
        struct b *d = b_new();
        b_open(f, EXPLICIT);
        b_send_usual(f, WW_A, 1, CT, 0x0001, 7, true, 0);
        b_raw(d, bad[i].p, bad[i].n);
        b_fill(d, 0xee, 100);
        b_send_data(f, WW_A, 1, d, 50);
        cr_assert(t_anomaly(f, "dataset_malformed"), "row %zu", i);
        NUM(t_find(f, "dicom.request", 0), "dataset_bytes", d->n);
        b_send_usual(f, WW_B, 1, CT, 0x8001, 7, false, 0);
        cr_assert(eq(sz, t_count(f, "dicom.response"), 1));
        free(d);
        t_free(f);
    }
}

static size_t nested(unsigned depth, struct t_feed *f)
{
    struct b *d = b_new();
    b_open(f, EXPLICIT);
    b_send_usual(f, WW_A, 1, CT, 0x0001, 7, true, 0);
    for (unsigned i = 0; i < depth; i++) {
        b_head(d, B_EXPLICIT, i % 2 == 0 ? 0x00082112 : 0xfffee000, "SQ", 0xffffffff);
    }
    b_ds(d, B_EXPLICIT, 0x00080060, "CS", "CT");
    for (unsigned i = depth; i > 0; i--)
        b_head(d, B_EXPLICIT, i % 2 == 1 ? 0xfffee0dd : 0xfffee00d, "", 0);
    b_ds(d, B_EXPLICIT, 0x00181000, "LO", "SN1");
    b_send_data(f, WW_A, 1, d, 4000);
    size_t n = strlen(t_get_str(t_find(f, "dicom.dataset", 0), "serial"));
    free(d);
    return n;
}

/* 16 levels are followed, 17 are not. */
Test(dicom_limits, nesting_is_limited)
{
    for (unsigned depth = 14; depth <= 18; depth++) {
        struct t_feed *f = t_new(&ww_dissector_dicom);
        cr_assert(eq(sz, nested(depth, f), depth <= 16 ? 3 : 0), "depth %u", depth);
        cr_assert(eq(int, t_anomaly(f, "dataset_malformed"), depth > 16));
        t_free(f);
    }
}

/* 4000 elements are looked at; what comes behind is counted, and the event says so. */
Test(dicom_limits, elements_are_limited)
{
    for (unsigned n = 3999; n <= 4000; n++) {
        struct t_feed *f = t_new(&ww_dissector_dicom);
        struct b *d = b_new();
        b_open(f, EXPLICIT);
        b_send_usual(f, WW_A, 1, CT, 0x0001, 7, true, 0);
        for (unsigned i = 0; i < n; i++)
            b_ds(d, B_EXPLICIT, 0x00090000 + i + 1, "LO", "");
        b_ds(d, B_EXPLICIT, 0x00181000, "LO", "SN1");
        b_send_data(f, WW_A, 1, d, 16000);
        const struct t_got *g = t_find(f, "dicom.dataset", 0);
        STR(g, "serial", n < 4000 ? "SN1" : "");
        cr_assert(eq(int, (g->e->flags & WW_EV_TRUNCATED) != 0, n >= 4000));
        NUM(g, "dataset_bytes", d->n);
        free(d);
        t_free(f);
    }
}

static struct t_feed *stored(const struct b *d)
{
    struct t_feed *f = t_new(&ww_dissector_dicom);
    b_open(f, EXPLICIT);
    b_send_usual(f, WW_A, 1, CT, 0x0001, 7, true, 0);
    b_send_data(f, WW_A, 1, d, 60000);
    return f;
}

/* Two violations are tolerated because old devices do them, three are not. */
Test(dicom_limits, brakes)
{
    for (int back = 0; back < 2; back++) {
        struct b *d = b_new();
        for (unsigned i = 0; i < 2; i++) {
            b_head(d, B_EXPLICIT, 0x00080012u + i, "LO", 3); /* odd lengths */
            b_raw(d, "abc", 3);
        }
        if (back)
            b_ds(d, B_EXPLICIT, 0x00080008, "CS", "ORIGINAL"); /* tags ascend */
        b_ds(d, B_EXPLICIT, 0x00181000, "LO", "SN1");
        struct t_feed *f = stored(d);
        cr_assert(eq(int, t_anomaly(f, "dataset_malformed"), back));
        STR(t_find(f, "dicom.dataset", 0), "serial", back ? "" : "SN1");
        t_free(f);
        free(d);
    }
}

/* An item that is longer than the sequence around it; a sequence that is no sequence. */
Test(dicom_limits, lying_lengths)
{
    struct b *d = b_new();
    b_head(d, B_EXPLICIT, 0x00400100, "SQ", 20);
    b_head(d, B_EXPLICIT, 0xfffee000, "", 12);
    b_head(d, B_EXPLICIT, 0x00080060, "CS", 200);
    b_fill(d, 'x', 300);
    struct t_feed *f = stored(d);
    cr_assert(t_anomaly(f, "dataset_malformed"));
    NUM(t_find(f, "dicom.request", 0), "dataset_bytes", d->n);
    t_free(f);
    d->n = 0;
    b_ds(d, B_EXPLICIT, 0x00400100, "LO", "not a sequence");
    b_ds(d, B_EXPLICIT, 0x00400241, "AE", "CT_AE");
    f = stored(d);
    STR(t_find(f, "dicom.dataset", 0), "station_aet", "CT_AE");
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
    d->n = 0;
    b_ds(d, B_EXPLICIT, 0x00080070, "LO", "ACME");
    b_head(d, B_EXPLICIT, 0x00081090, "LO", 40);
    b_raw(d, "Scan", 4); /* ends inside a value */
    f = stored(d);
    cr_assert(t_anomaly(f, "dataset_truncated"));
    STR(t_find(f, "dicom.dataset", 0), "manufacturer", "ACME");
    STR(t_find(f, "dicom.dataset", 0), "model", "");
    t_free(f);
    free(d);
}

/* 256 KiB of values are looked at; blank comments of that size end the search. */
Test(dicom_limits, looking)
{
    static const uint32_t text[] = { 0x00101040, 0x00102110, 0x00102155, 0x001021b0, 0x00104000 };
    for (size_t n = 4; n <= 5; n++) {
        struct b *d = b_new();
        struct t_feed *f = t_new(&ww_dissector_dicom);
        b_open(f, EXPLICIT);
        b_send_usual(f, WW_A, 1, CT, 0x0001, 7, true, 0);
        for (size_t i = 0; i < n; i++) {
            struct b *m = b_new();
            d->n = 0;
            b_head(d, B_EXPLICIT, text[i], "UT", 60000);
            b_fill(d, ' ', 60000);
            b_pdata(m, 1, 0, d->p, d->n);
            t_bytes(f, WW_A, m->p, m->n);
            free(m);
        }
        d->n = 0;
        b_ds(d, B_EXPLICIT, 0x00181000, "LO", "SN1");
        b_send_data(f, WW_A, 1, d, 100);
        const struct t_got *g = t_find(f, "dicom.dataset", 0);
        STR(g, "serial", n == 4 ? "SN1" : "");
        NUM(g, "dataset_bytes", n * 60012 + d->n);
        cr_assert(eq(int, (g->e->flags & WW_EV_TRUNCATED) != 0, n == 5));
        t_free(f);
        free(d);
    }
}
