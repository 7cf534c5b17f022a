/* DICOM data sets under a deflated transfer syntax (PS3.5 A.5): read at the front, within limits.
 */
#include "tests/unit/dicom_build.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <zlib.h>

extern const struct ww_dissector ww_dissector_dicom;

#define STR(g, field, want) \
    cr_assert(eq(str, (char *)t_get_str((g), (field)), (char *)(uintptr_t)(want)))
#define NUM(g, field, want) cr_assert(eq(u64, t_get_u64((g), (field)), (want)), "%s", (field))

/* filler: bytes of a private element before the serial number, of letters that do not compress */
static void object(struct b *d, size_t filler)
{
    uint32_t x = 1;
    b_ds(d, B_EXPLICIT, 0x00080008, "CS", "ORIGINAL\\PRIMARY");
    b_ds(d, B_EXPLICIT, 0x00080070, "LO", "ACME");
    b_ds(d, B_EXPLICIT, 0x00081090, "LO", "Scan 64");
    b_ds(d, B_EXPLICIT, 0x00100010, "PN", "CANARY^TARO");
    b_ds(d, B_EXPLICIT, 0x00100020, "LO", "CANARY-1");
    if (filler > 0)
        b_head(d, B_EXPLICIT, 0x00110010, "UN", (uint32_t)filler);
    for (size_t i = 0; i < filler; i++) {
        x = x * 1664525u + 1013904223u;
        b_num(d, x >> 24, 1, true);
    }
    b_ds(d, B_EXPLICIT, 0x00181000, "LO", "SN1");
    b_head(d, B_EXPLICIT, 0x7fe00010, "OW", 20000);
    b_fill(d, 0x04, 20000);
}

static void deflated(struct b *z, uint8_t *p, size_t n)
{
    z_stream s = { .next_in = p, .avail_in = (uInt)n, .next_out = z->p, .avail_out = sizeof z->p };
    cr_assert(eq(int, deflateInit2(&s, 6, Z_DEFLATED, -15, 8, 0), Z_OK));
    cr_assert(eq(int, deflate(&s, Z_FINISH), Z_STREAM_END));
    deflateEnd(&s);
    z->n = s.total_out;
    b_fill(z, 0, z->n & 1); /* PS3.5 A.5: padded to an even length */
}

static struct b *packed(const struct b *d)
{
    struct b *z = b_new(), *in = b_new();
    b_raw(in, d->p, d->n);
    deflated(z, in->p, in->n);
    free(in);
    return z;
}

static struct t_feed *opened(void)
{
    struct t_feed *f = t_new(&ww_dissector_dicom);
    b_open(f, DEFLATED);
    b_send_usual(f, WW_A, 1, CT, 0x0001, 7, true, 0);
    return f;
}

static void check(const struct t_feed *f, size_t bytes, bool serial)
{
    const struct t_got *g = t_find(f, "dicom.dataset", 0), *r = t_find(f, "dicom.request", 0);
    STR(g, "encoding", "deflated");
    STR(g, "manufacturer", "ACME");
    STR(g, "model", "Scan 64");
    STR(g, "serial", serial ? "SN1" : "");
    NUM(g, "dataset_bytes", bytes);
    NUM(g, "phi_kinds", 1 + 2);
    NUM(g, "originating", serial);
    NUM(r, "phi_count", 2);
    NUM(r, "dataset_bytes", bytes);
    cr_assert(eq(int, (g->e->flags & WW_EV_TRUNCATED) != 0, !serial));
    cr_assert(eq(sz, f->nanomaly, 0));
}

Test(dicom_deflated, in_every_fragment)
{
    struct b *d = b_new();
    object(d, 0);
    struct b *z = packed(d);
    for (size_t piece = 1; piece < 70; piece++) {
        struct t_feed *f = opened();
        b_send_data(f, WW_A, 1, z, piece);
        check(f, z->n, true);
        t_free(f);
    }
    free(d);
    free(z);
}

/* What is wanted stands within what is inflated, or behind: the flag says so. Letters of one kind
 * make much of little. */
Test(dicom_deflated, limits)
{
    for (uint32_t filler = 261000; filler < 264000; filler += 2000) {
        static uint8_t plain[300000];
        struct b *d = b_new(), *rest = b_new(), *z = b_new();
        object(d, 0);
        size_t front = d->n - 20000 - 12 - 12; /* before the serial number and the pixels */
        b_head(rest, B_EXPLICIT, 0x00110010, "UN", filler);
        memcpy(plain, d->p, front);
        memcpy(plain + front, rest->p, rest->n);
        memset(plain + front + rest->n, 'x', filler);
        memcpy(plain + front + rest->n + filler, d->p + front, d->n - front);
        deflated(z, plain, front + rest->n + filler + d->n - front);
        struct t_feed *f = opened();
        b_send_data(f, WW_A, 1, z, 1000);
        check(f, z->n, filler < 262000);
        t_free(f);
        free(d);
        free(rest);
        free(z);
    }
}

/* The last bits give many bytes: all of them are read, although no more bytes come in. */
Test(dicom_deflated, much_from_the_last_bits)
{
    for (uint32_t filler = 8000; filler < 8600; filler += 2) {
        struct b *d = b_new();
        b_ds(d, B_EXPLICIT, 0x00080070, "LO", "ACME");
        b_ds(d, B_EXPLICIT, 0x00181000, "LO", "SN1");
        b_head(d, B_EXPLICIT, 0x00211010, "UN", filler);
        b_fill(d, 'x', filler);
        struct b *z = packed(d);
        struct t_feed *f = opened();
        b_send_data(f, WW_A, 1, z, 4000);
        STR(t_find(f, "dicom.dataset", 0), "serial", "SN1");
        cr_assert(eq(sz, f->nanomaly, 0), "%u", filler);
        t_free(f);
        free(d);
        free(z);
    }
}

/* Bytes are lost, the object is cut, or it is no data set: what came before counts. */
Test(dicom_deflated, broken)
{
    struct b *d = b_new(), *m = b_new();
    object(d, 1000);
    struct b *z = packed(d);
    struct t_feed *f = opened();
    b_pdata(m, 1, 2, z->p, z->n);
    t_bytes(f, WW_A, m->p, 512);
    t_gap(f, WW_A, 100);
    t_bytes(f, WW_A, m->p + 612, m->n - 612);
    const struct t_got *g = t_find(f, "dicom.dataset", 0);
    STR(g, "model", "Scan 64");
    STR(g, "serial", "");
    cr_assert(ne(int, g->e->flags &WW_EV_TRUNCATED, 0));
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
    f = opened();
    z->n = 600; /* the sender's fault, not ours */
    b_send_data(f, WW_A, 1, z, 100);
    STR(t_find(f, "dicom.dataset", 0), "model", "Scan 64");
    cr_assert(t_anomaly(f, "dataset_truncated"));
    t_free(f);
    f = opened();
    d->n = 0;
    b_fill(d, 0xee, 600);
    free(z);
    z = packed(d);
    b_send_data(f, WW_A, 1, z, 100);
    cr_assert(t_anomaly(f, "dataset_malformed"));
    t_free(f);
    free(d);
    free(m);
    free(z);
}

/* Two messages at a time, and memory for one: the one that lost it says what it lacks and accuses
 * nobody; a third one afterwards is read. */
Test(dicom_deflated, memory_is_lost)
{
    struct b *d = b_new();
    object(d, 1000);
    struct b *z = packed(d), *half = b_new(), *rest = b_new(), *m = b_new();
    b_raw(half, z->p, 800);
    b_raw(rest, z->p + 800, z->n - 800);
    struct t_feed *f = opened();
    b_pdata(m, 1, 0, half->p, half->n);
    t_bytes(f, WW_A, m->p, m->n);
    b_send_usual(f, WW_A, 3, MR, 0x0001, 8, true, 0);
    b_send_data(f, WW_A, 3, z, 4000);
    b_send_data(f, WW_A, 1, rest, 4000);
    b_send_usual(f, WW_A, 3, MR, 0x0001, 9, true, 0);
    b_send_data(f, WW_A, 3, z, 4000);
    const struct t_got *g = t_find(f, "dicom.dataset", 1);
    STR(g, "sop_class", CT);
    STR(g, "encoding", "deflated");
    STR(g, "model", "Scan 64");
    STR(g, "serial", "");
    NUM(g, "dataset_bytes", z->n);
    cr_assert(ne(int, g->e->flags &WW_EV_TRUNCATED, 0));
    for (size_t i = 0; i < 3; i += 2)
        STR(t_find(f, "dicom.dataset", i), "serial", "SN1");
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
    free(d);
    free(z);
    free(half);
    free(rest);
    free(m);
}
