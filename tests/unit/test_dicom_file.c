/* DICOM files that another protocol carries: preamble, meta information, data set, limits. */
#include "tests/unit/dicom_build.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

extern const struct ww_dissector ww_dissector_dicom;

#define STR(g, field, want) \
    cr_assert(eq(str, (char *)t_get_str((g), (field)), (char *)(uintptr_t)(want)))
#define NUM(g, field, want) cr_assert(eq(u64, t_get_u64((g), (field)), (want)), "%s", (field))

static const struct ww_content about = {
    .carrier = "http",
    .media = { (const uint8_t *)"application/dicom", 17 },
    .size = WW_NULL64,
    .id = 1,
};

static void head(struct b *b, const char *front)
{
    b_raw(b, front, strlen(front));
    b_fill(b, 0, 128 - strlen(front));
    b_raw(b, "DICM", 4);
}

static void meta(struct b *b, const char *sop, const char *ts)
{
    struct b *m = b_new();
    b_head(m, B_EXPLICIT, 0x00020001, "OB", 2);
    b_raw(m, "\0\1", 2);
    b_ds(m, B_EXPLICIT, 0x00020002, "UI", sop);
    b_ds(m, B_EXPLICIT, 0x00020003, "UI", "1.2.3.4.5");
    b_ds(m, B_EXPLICIT, 0x00020010, "UI", ts);
    b_ds(m, B_EXPLICIT, 0x00020012, "UI", "1.2.3.4");
    b_ds(m, B_EXPLICIT, 0x00020013, "SH", "WRITER_1");
    b_head(b, B_EXPLICIT, 0x00020000, "UL", 4);
    b_num(b, m->n, 4, false);
    b_raw(b, m->p, m->n);
    free(m);
}

static void image(struct b *b, enum b_enc enc, size_t pixels)
{
    b_ds(b, enc, 0x00080008, "CS", "ORIGINAL\\PRIMARY");
    b_ds(b, enc, 0x00080060, "CS", "CT");
    b_ds(b, enc, 0x00080070, "LO", "ACME");
    b_ds(b, enc, 0x00081090, "LO", "Scan 64");
    b_ds(b, enc, 0x00100010, "PN", "CANARY^TARO");
    b_ds(b, enc, 0x00100020, "LO", "CANARY-1");
    b_ds(b, enc, 0x00181000, "LO", "SN1");
    if (pixels > 0)
        b_head(b, enc, 0x7fe00010, "OW", (uint32_t)pixels);
    b_fill(b, 4, pixels);
}

static struct b *whole(const char *front, const char *ts, enum b_enc enc, size_t pixels)
{
    struct b *b = b_new();
    head(b, front);
    meta(b, CT, ts);
    image(b, enc, pixels);
    return b;
}

static const struct ww_dissector *const readers[] = { &ww_dissector_dicom, NULL };

/* A content whose envelope is told, without bytes yet. */
static struct t_feed *begun(void)
{
    struct t_feed *f = t_new(&ww_dissector_dicom);
    f->readers = readers;
    (void)t_content(f, &about, WW_B, "", 0, false);
    return f;
}

static struct t_feed *read_file(const struct b *b, bool last)
{
    struct t_feed *f = begun();
    (void)t_content(f, &about, WW_B, b->p, b->n, last);
    return f;
}

Test(dicom_file, equipment_in_every_encoding)
{
    const struct {
        const char *ts, *name;
        enum b_enc enc;
    } row[] = { { IMPLICIT, "implicit_le", B_IMPLICIT },
                { EXPLICIT, "explicit_le", B_EXPLICIT },
                { BIG, "explicit_be", B_BIG },
                { JPEG, "explicit_le", B_EXPLICIT } };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct b *b = whole("", row[i].ts, row[i].enc, i % 2 * 5000);
        struct t_feed *f = read_file(b, true);
        const struct t_got *g = t_find(f, "dicom.file", 0), *d = t_find(f, "dicom.dataset", 0);
        STR(g, "preamble", "zero");
        NUM(g, "executable", 0);
        STR(g, "sop_class", CT);
        STR(g, "transfer_syntax", row[i].ts);
        STR(g, "impl_class_uid", "1.2.3.4");
        STR(g, "impl_version", "WRITER_1");
        STR(d, "command", "file");
        STR(d, "sop_class_name", "CT Image Storage");
        STR(d, "encoding", row[i].name);
        STR(d, "model", "Scan 64");
        STR(d, "serial", "SN1");
        STR(d, "subject_id", "ACME/Scan 64/SN1"); /* never the sender */
        NUM(d, "originating", 0);
        NUM(d, "phi_kinds", 3);
        NUM(d, "dataset_bytes", WW_NULL64);
        cr_assert(eq(int, d->e->flags &(WW_EV_TRUNCATED | WW_EV_MIDSTREAM), 0));
        cr_assert(eq(sz, f->nanomaly, 0));
        free(b);
        t_free(f);
    }
}

/* The file is told before its data set: what is dangerous may not wait for bytes that get lost. */
Test(dicom_file, executable_preamble)
{
    struct b *b = b_new();
    head(b, "MZ\x90");
    meta(b, CT, EXPLICIT);
    b_head(b, B_EXPLICIT, 0x00080008, "CS", 1000); /* the data set goes on after what is there */
    b_fill(b, 'X', 1000);
    struct t_feed *f = begun();
    (void)t_content(f, &about, WW_B, b->p, 512, false);
    STR(t_find(f, "dicom.file", 0), "preamble", "pe");
    NUM(t_find(f, "dicom.file", 0), "executable", 1);
    cr_assert(t_anomaly(f, "preamble_executable"));
    cr_assert(eq(sz, t_count(f, "dicom.dataset"), 0));
    free(b);
    t_free(f);
}

/* Pixels are not waited for: the reader has seen enough as soon as it meets them. */
Test(dicom_file, pixels_are_not_read)
{
    struct b *b = whole("", EXPLICIT, B_EXPLICIT, 60000);
    struct t_feed *f = begun();
    uint64_t skip = t_content(f, &about, WW_B, b->p, 1000, false);
    cr_assert(eq(u64, skip, WW_CONTENT_ALL));
    STR(t_find(f, "dicom.dataset", 0), "serial", "SN1");
    free(b);
    t_free(f);
}

/* Cut anywhere: the file is told when its meta information was there, the rest says what it lacks.
 */
Test(dicom_file, cut_anywhere)
{
    struct b *b = whole("", EXPLICIT, B_EXPLICIT, 0);
    size_t n = b->n;
    for (b->n = 0; b->n <= n; b->n++) {
        struct t_feed *f = read_file(b, true);
        cr_assert(le(sz, t_count(f, "dicom.dataset"), t_count(f, "dicom.file")));
        if (t_count(f, "dicom.dataset") > 0 &&
            (t_find(f, "dicom.dataset", 0)->e->flags & WW_EV_TRUNCATED) == 0 && b->n < n)
            STR(t_find(f, "dicom.dataset", 0), "serial", "");
        t_free(f);
    }
    free(b);
}

/* What is no DICOM file is left to others; a meta information that lies does no harm. */
Test(dicom_file, others)
{
    struct b *b = b_new();
    b_fill(b, 'x', 600);
    struct t_feed *f = read_file(b, true);
    cr_assert(eq(sz, f->ngot + f->nanomaly, 0));
    t_free(f);
    b->n = 0;
    head(b, "");
    b_head(b, B_EXPLICIT, 0x00020102, "OB", 0xffffffff);
    b_fill(b, 0, 600);
    f = read_file(b, true);
    cr_assert(eq(sz, f->ngot, 0));
    t_free(f);
    b->n = 0;
    head(b, "");
    for (int i = 0; i < 80;
         i++) /* more elements than are read: the rest is taken for the data set */
        b_ds(b, B_EXPLICIT, 0x00020013, "SH", i == 0 ? "A_NAME_THAT_IS_TOO_LONG" : "X");
    f = read_file(b, true);
    cr_assert(ne(int, t_find(f, "dicom.file", 0)->e->flags &WW_EV_TRUNCATED, 0));
    t_free(f);
    free(b);
}

/* ---- the required loops, in every cut and with every byte changed ---- */
static uint8_t talk_bytes[700];
static struct t_step steps[] = { { .dir = WW_B, .p = talk_bytes, .meta = &about } };
static const char *const degrades[] = { "manufacturer", "model",     "serial",     "modality",
                                        "phi_kinds",    "phi_count", "subject_id", NULL };
static struct t_talk talk = { .d = &ww_dissector_dicom, .degrades = degrades, T_STEPS(steps) };

static void prepare(void)
{
    struct b *b = whole("", EXPLICIT, B_EXPLICIT, 0);
    memcpy(talk_bytes, b->p, b->n);
    steps[0].n = b->n;
    free(b);
}

Test(dicom_file, every_cut, .init = prepare)
{
    t_every_cut(&talk);
}
Test(dicom_file, every_prefix, .init = prepare)
{
    t_every_prefix(&talk);
}
Test(dicom_file, every_byte, .init = prepare)
{
    t_every_byte(&talk);
}
Test(dicom_file, every_gap, .init = prepare)
{
    t_every_gap(&talk);
}
