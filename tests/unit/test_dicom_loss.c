/* DICOM behind lost bytes, and in connections joined in the middle. */
#include "tests/unit/dicom_build.h"
#include "tests/unit/dicom_vectors.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

extern const struct ww_dissector ww_dissector_dicom;
static const struct ww_dissector *const D = &ww_dissector_dicom;

#define STR(g, field, want) \
    cr_assert(eq(str, (char *)t_get_str((g), (field)), (char *)(uintptr_t)(want)))
#define NUM(g, field, want) cr_assert(eq(u64, t_get_u64((g), (field)), (want)), "%s", (field))

/* Sends an object in PDUs of 1000 bytes, loses `lost` bytes at `at`, then echoes. */
static struct t_feed *lossy(size_t at, size_t lost)
{
    struct t_feed *f = t_new(D);
    struct b *d = b_new(), *m = b_new();
    b_open(f, EXPLICIT);
    b_send_usual(f, WW_A, 1, CT, 0x0001, 1, true, 0);
    b_ds(d, B_EXPLICIT, 0x00080070, "LO", "ACME");
    b_ds(d, B_EXPLICIT, 0x00181000, "LO", "SN1");
    b_head(d, B_EXPLICIT, 0x7fe00010, "OW", 20000);
    b_fill(d, 0x04, 20000);
    for (size_t i = 0; i < d->n; i += 988)
        b_pdata(m, 1, i + 988 >= d->n ? 2 : 0, d->p + i, d->n - i < 988 ? d->n - i : 988);
    t_bytes(f, WW_A, m->p, at);
    t_gap(f, WW_A, lost);
    t_bytes(f, WW_A, m->p + at + lost, m->n - at - lost);
    b_send_usual(f, WW_A, 1, CT, 0x0030, 2, false, 0);
    free(d);
    free(m);
    return f;
}

/* A loss in the pixels of a PDU does not matter; one beyond it costs the size, not the message. */
Test(dicom_loss, loss_in_bulk)
{
    for (size_t at = 100; at < 3200; at += 61)
        for (size_t lost = 1; lost < 2500; lost += 333) {
            struct t_feed *f = lossy(at, lost);
            const struct t_got *g = t_find(f, "dicom.request", 0);
            bool inside = at / 1000 == (at + lost) / 1000 && at % 1000 >= 12 && at >= 1000;
            STR(g, "command", "C-STORE");
            STR(t_find(f, "dicom.dataset", 0), "serial", "SN1");
            NUM(g, "dataset_bytes", inside ? 20036 : t_get_u64(g, "dataset_bytes"));
            if (inside)
                cr_assert(eq(int, g->e->flags & WW_EV_TRUNCATED, 0), "%zu %zu", at, lost);
            STR(t_find(f, "dicom.request", 1), "command", "C-ECHO");
            cr_assert(eq(sz, f->nanomaly, 0), "%zu bytes lost at %zu: %s", lost, at, f->anomaly[0]);
            t_free(f);
        }
}

/* A loss in the identifying elements: what stood before counts, what follows is not guessed at. */
Test(dicom_loss, loss_in_the_elements)
{
    struct t_feed *f = lossy(12 + 15, 8);
    const struct t_got *g = t_find(f, "dicom.dataset", 0);
    STR(g, "manufacturer", "ACME");
    STR(g, "serial", "");
    NUM(g, "dataset_bytes", 20036); /* the PDU lengths still say how long it is */
    NUM(g, "originating", 0);
    cr_assert(ne(int, g->e->flags & WW_EV_TRUNCATED, 0));
    STR(t_find(f, "dicom.request", 1), "command", "C-ECHO");
    t_free(f);
}

/* Joined in the pixels: the next command set is found, its data set read. */
Test(dicom_loss, joined_in_bulk)
{
    for (size_t noise = 0; noise < 40; noise++) {
        struct t_feed *f = t_new(D);
        struct b *m = b_new();
        b_fill(m, 0x04, 30 + noise);
        b_raw(m, "\x04\0\0\0\0\x40\0\0\0\x10", 10); /* not quite a PDU */
        t_bytes(f, WW_A, m->p, m->n);
        t_bytes(f, WW_A, v_store_rq, sizeof v_store_rq);
        t_bytes(f, WW_A, v_store_data, sizeof v_store_data);
        t_bytes(f, WW_B, v_echo_rsp, sizeof v_echo_rsp);
        STR(t_find(f, "dicom.dataset", 0), "serial", "SN12345");
        NUM(t_find(f, "dicom.request", 0), "assoc_seen", 0);
        NUM(t_find(f, "dicom.response", 0), "message_id", 1);
        cr_assert(eq(sz, f->nanomaly, 0));
        free(m);
        t_free(f);
    }
}

/* A direction that never makes sense is given up after 64 MiB. */
Test(dicom_loss, gives_up)
{
    struct t_feed *f = t_new(D);
    static uint8_t zero[1 << 20];
    t_bytes(f, WW_B, v_echo_rsp, sizeof v_echo_rsp);
    for (int i = 0; i < 64; i++)
        t_bytes(f, WW_A, zero, sizeof zero);
    cr_assert(not(f->stopped));
    t_bytes(f, WW_A, zero, 1);
    cr_assert(f->stopped);
    cr_assert(eq(str, (char *)(uintptr_t)f->why, "no PDU found"));
    t_free(f);
}

/* A PDU of almost 4 GiB passes as one skip. */
Test(dicom_loss, largest_pdu)
{
    struct t_feed *f = t_new(D);
    struct b *c = b_new(), *d = b_new(), *m = b_new();
    b_usual(c, CT, 0x0001, 1, true, 0);
    b_send(f, WW_A, 1, c);
    b_ds(d, B_EXPLICIT, 0x00080070, "LO", "ACME");
    b_head(d, B_EXPLICIT, 0x7fe00010, "OW", 0xfffffff0u - 20 - (uint32_t)d->n);
    b_raw(m, "\x04\0\xff\xff\xff\xff\xff\xff\xff\xfb\1\2", 12);
    b_raw(m, d->p, d->n);
    t_bytes(f, WW_A, m->p, m->n);
    uint64_t left = 0xfffffff9u - d->n;
    t_gap(f, WW_A, left - 1); /* nobody reads it: lost bytes count as skipped */
    cr_assert(eq(sz, t_count(f, "dicom.request"), 0));
    t_bytes(f, WW_A, "", 1);
    NUM(t_find(f, "dicom.request", 0), "dataset_bytes", 0xfffffff9u);
    STR(t_find(f, "dicom.dataset", 0), "manufacturer", "ACME");
    cr_assert(eq(int, t_find(f, "dicom.request", 0)->e->flags, WW_EV_MIDSTREAM));
    free(c);
    free(d);
    free(m);
    t_free(f);
}
