/* DICOM data sets: encodings, sequences, what is kept, what is only counted, what never leaves. */
#include "tests/unit/dicom_build.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

extern const struct ww_dissector ww_dissector_dicom;

#define STR(g, field, want) \
    cr_assert(eq(str, (char *)t_get_str((g), (field)), (char *)(uintptr_t)(want)))
#define NUM(g, field, want) cr_assert(eq(u64, t_get_u64((g), (field)), (want)), "%s", (field))

/* An object of a CT with a patient, a nested sequence that speaks of another device, and pixels. */
static void object(struct b *d, enum b_enc enc)
{
    b_ds(d, enc, 0x00080005, "CS", "\\ISO 2022 IR 87");
    b_ds(d, enc, 0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL");
    b_ds(d, enc, 0x00080016, "UI", CT);
    b_ds(d, enc, 0x00080050, "SH", "ACC1");
    b_ds(d, enc, 0x00080060, "CS", "CT");
    b_ds(d, enc, 0x00080070, "LO", "ACME");
    b_ds(d, enc, 0x00080080, "LO", "City Hospital");
    b_ds(d, enc, 0x00081010, "SH", "CT01");
    b_ds(d, enc, 0x00081090, "LO", "Scan 64");
    b_head(d, enc, 0x00082112, "SQ", 0xffffffff); /* source images, made by others */
    b_head(d, enc, 0xfffee000, "", 0xffffffff);
    b_ds(d, enc, 0x00080070, "LO", "OTHER");
    b_ds(d, enc, 0x00181000, "LO", "999");
    b_head(d, enc, 0xfffee00d, "", 0);
    b_head(d, enc, 0xfffee0dd, "", 0);
    b_ds(d, enc, 0x00100010, "PN", "CANARY^TARO=\x1b$B6b;e?%\x1b(B");
    b_ds(d, enc, 0x00100020, "LO", "CANARY-1");
    b_ds(d, enc, 0x00100030, "DA", "19500101");
    b_ds(d, enc, 0x00181000, "LO", "SN1");
    b_ds(d, enc, 0x00181020, "LO", "v1.2\\r3\\");
    b_ds(d, enc, 0x00280301, "CS", "YES");
    b_head(d, enc, 0x7fe00010, "OW", 4096);
    b_fill(d, 0x04, 4096);
}

static void check_object(const struct t_feed *f, const char *encoding, size_t bytes)
{
    const struct t_got *g = t_find(f, "dicom.dataset", 0), *r = t_find(f, "dicom.request", 0);
    STR(g, "encoding", encoding);
    STR(g, "modality", "CT");
    STR(g, "manufacturer", "ACME");
    STR(g, "model", "Scan 64");
    STR(g, "serial", "SN1");
    STR(g, "station_name", "CT01");
    STR(g, "institution", "City Hospital");
    STR(g, "software_versions", "v1.2,r3");
    STR(g, "charsets", "ISO 2022 IR 87");
    NUM(g, "originating", 1);
    STR(g, "subject_ip", "192.0.2.1");
    NUM(g, "dataset_bytes", bytes);
    NUM(g, "phi_kinds", 1 + 2 + 4 + 32 + 512);
    NUM(r, "phi_kinds", 1 + 2 + 4 + 32 + 512);
    NUM(r, "phi_count", 5);
    NUM(r, "dataset_bytes", bytes);
    cr_assert(ne(u64, t_get_u64(r, "patient"), 0));
    cr_assert(eq(sz, f->nanomaly, 0));
}

static void store(enum b_enc enc, const char *ts, const char *encoding, size_t piece)
{
    struct t_feed *f = t_new(&ww_dissector_dicom);
    struct b *d = b_new();
    b_open(f, ts);
    b_send_usual(f, WW_A, 1, CT, 0x0001, 7, true, 0);
    object(d, enc);
    b_send_data(f, WW_A, 1, d, piece);
    check_object(f, encoding, d->n);
    cr_assert(eq(u64, t_get_u64(t_find(f, "dicom.dataset", 0), "encoding_guessed"), 0));
    free(d);
    t_free(f);
}

/* Every fragment size cuts headers and values somewhere else. */
Test(dicom_dataset, every_encoding_in_every_fragment)
{
    for (size_t piece = 1; piece < 64; piece++) {
        store(B_IMPLICIT, IMPLICIT, "implicit_le", piece);
        store(B_EXPLICIT, EXPLICIT, "explicit_le", piece);
        store(B_BIG, BIG, "explicit_be", piece);
    }
    store(B_EXPLICIT, JPEG, "explicit_le", 1000);
    store(B_IMPLICIT, "1.2.840.113619.5.2", "implicit_le", 1000);
}

/* Without the association the first element tells the encoding. */
Test(dicom_dataset, encoding_is_guessed_in_the_middle)
{
    static const char *const name[] = { "implicit_le", "explicit_le", "explicit_be" };
    for (enum b_enc enc = B_IMPLICIT; enc <= B_BIG; enc++) {
        struct t_feed *f = t_new(&ww_dissector_dicom);
        struct b *d = b_new();
        b_send_usual(f, WW_A, 1, CT, 0x0001, 7, true, 0);
        object(d, enc);
        b_send_data(f, WW_A, 1, d, 100);
        const struct t_got *g = t_find(f, "dicom.dataset", 0);
        STR(g, "encoding", name[enc]);
        STR(g, "serial", "SN1");
        NUM(g, "encoding_guessed", 1);
        NUM(g, "assoc_seen", 0);
        NUM(g, "originating", 0); /* who asked for the association is not known */
        STR(g, "subject_id", "ACME/Scan 64/SN1");
        cr_assert(ne(int, g->e->flags & WW_EV_MIDSTREAM, 0));
        free(d);
        t_free(f);
    }
}

/* Text that cannot be inflated is only counted, and said to be no data set. */
Test(dicom_dataset, not_deflated_is_counted)
{
    struct t_feed *f = t_new(&ww_dissector_dicom);
    struct b *d = b_new();
    b_open(f, DEFLATED);
    b_send_usual(f, WW_A, 1, CT, 0x0001, 7, true, 0);
    b_fill(d, 0x57, 999); /* a reserved type of block (RFC 1951 3.2.3) */
    b_send_data(f, WW_A, 1, d, 100);
    const struct t_got *g = t_find(f, "dicom.dataset", 0);
    STR(g, "encoding", "opaque");
    STR(g, "transfer_syntax", DEFLATED);
    NUM(g, "dataset_bytes", 999);
    NUM(g, "originating", 0);
    cr_assert(t_anomaly(f, "dataset_malformed"));
    free(d);
    t_free(f);
}

/* Pixels pass unseen: one call for each PDU however large it is, and no byte is asked for. */
Test(dicom_dataset, bulk_costs_one_call_a_pdu)
{
    static uint8_t zero[60000];
    struct t_feed *f = t_new(&ww_dissector_dicom);
    struct b *d = b_new(), *m = b_new();
    b_open(f, EXPLICIT);
    b_send_usual(f, WW_A, 1, CT, 0x0001, 7, true, 0);
    b_ds(d, B_EXPLICIT, 0x00080060, "CS", "CT");
    b_head(d, B_EXPLICIT, 0x7fe00010, "OW", 100 * sizeof zero);
    b_pdata(m, 1, 0, d->p, d->n);
    t_bytes(f, WW_A, m->p, m->n);
    size_t before = f->ncalls;
    for (int i = 0; i < 100; i++) {
        m->n = 0;
        b_pdata(m, 1, i == 99 ? 2 : 0, zero, sizeof zero);
        for (size_t at = 0; at < m->n; at += 1448) /* segment by segment */
            t_bytes(f, WW_A, m->p + at, m->n - at < 1448 ? m->n - at : 1448);
    }
    cr_assert(le(sz, f->ncalls - before, 101));
    NUM(t_find(f, "dicom.request", 0), "dataset_bytes", d->n + 100 * sizeof zero);
    free(d);
    free(m);
    t_free(f);
}

/* A long value before the pixels is skipped by its length, inside and across PDUs. */
Test(dicom_dataset, long_values_are_skipped)
{
    struct t_feed *f = t_new(&ww_dissector_dicom);
    struct b *d = b_new();
    b_open(f, EXPLICIT);
    b_send_usual(f, WW_A, 1, CT, 0x0001, 7, true, 0);
    b_ds(d, B_EXPLICIT, 0x00080070, "LO", "ACME");
    b_head(d, B_EXPLICIT, 0x00091010, "OB", 20000);
    b_fill(d, 0x11, 20000);
    b_ds(d, B_EXPLICIT, 0x00181000, "LO", "SN1");
    b_send_data(f, WW_A, 1, d, 3000);
    STR(t_find(f, "dicom.dataset", 0), "serial", "SN1");
    cr_assert(eq(sz, f->nanomaly, 0));
    free(d);
    t_free(f);
}

/* UN of undefined length holds implicit VR; fragments of an icon are no elements (PS3.5 6.2.2,
 * A.4). */
Test(dicom_dataset, un_and_fragments_in_sequences)
{
    struct t_feed *f = t_new(&ww_dissector_dicom);
    struct b *d = b_new();
    b_open(f, EXPLICIT);
    b_send_usual(f, WW_A, 1, CT, 0x0001, 7, true, 0);
    b_head(d, B_EXPLICIT, 0x00091001, "UN", 0xffffffff);
    b_head(d, B_EXPLICIT, 0xfffee000, "", 0xffffffff);
    b_ds(d, B_IMPLICIT, 0x00100010, "PN", "CANARY^INNER");
    b_head(d, B_EXPLICIT, 0xfffee00d, "", 0);
    b_head(d, B_EXPLICIT, 0xfffee0dd, "", 0);
    b_head(d, B_EXPLICIT, 0x00091002, "OB", 0xffffffff);
    b_head(d, B_EXPLICIT, 0xfffee000, "", 0);
    b_head(d, B_EXPLICIT, 0xfffee000, "", 20);
    b_fill(d, 0xff, 20);
    b_head(d, B_EXPLICIT, 0xfffee0dd, "", 0);
    b_ds(d, B_EXPLICIT, 0x00181000, "LO", "SN1");
    b_send_data(f, WW_A, 1, d, 5);
    const struct t_got *g = t_find(f, "dicom.dataset", 0);
    STR(g, "serial", "SN1");
    NUM(g, "phi_kinds", 1);
    cr_assert(eq(sz, f->nanomaly, 0));
    free(d);
    t_free(f);
}

/* MPPS: the performed station; the sequence of defined length is entered for patient data only. */
Test(dicom_dataset, mpps_names_its_station)
{
    struct t_feed *f = t_new(&ww_dissector_dicom);
    struct b *d = b_new(), *s = b_new(), *c = b_new(), *e = b_new();
    b_open(f, EXPLICIT);
    b_str(e, 0x00000002, MPPS);
    b_us(e, 0x00000100, 0x0140);
    b_us(e, 0x00000110, 9);
    b_us(e, 0x00000800, 1);
    b_str(e, 0x00001000, "1.2.3");
    b_command(c, e);
    b_send(f, WW_A, 11, c);
    b_head(s, B_EXPLICIT, 0xfffee000, "", 22);
    b_ds(s, B_EXPLICIT, 0x00080050, "SH", "ACC1");
    b_ds(s, B_EXPLICIT, 0x00401001, "SH", "P1");
    b_ds(d, B_EXPLICIT, 0x00080060, "CS", "CT");
    b_ds(d, B_EXPLICIT, 0x00100020, "LO", "CANARY-1");
    b_ds(d, B_EXPLICIT, 0x00400241, "AE", "CT_AE");
    b_ds(d, B_EXPLICIT, 0x00400242, "SH", "CT ROOM 1");
    b_head(d, B_EXPLICIT, 0x00400270, "SQ", (uint32_t)s->n);
    b_raw(d, s->p, s->n);
    b_ds(d, B_EXPLICIT, 0x00402016, "LO", "ORDER");
    b_send_data(f, WW_A, 11, d, 7);
    const struct t_got *g = t_find(f, "dicom.dataset", 0);
    STR(g, "command", "N-CREATE");
    STR(g, "sop_class_name", "Modality Performed Procedure Step SOP Class");
    STR(g, "station_aet", "CT_AE");
    STR(g, "station_name", "CT ROOM 1");
    NUM(g, "phi_count", 4);
    cr_assert(eq(sz, f->nanomaly, 0));
    free(d);
    free(s);
    free(c);
    free(e);
    t_free(f);
}

static struct t_feed *after(const char *image_type, const char *conversion, const char *serial,
                            enum ww_dir dir, const char *origin)
{
    struct t_feed *f = t_new(&ww_dissector_dicom);
    struct b *d = b_new(), *e = b_new(), *c = b_new();
    b_open(f, EXPLICIT);
    for (int i = 0; i < 2; i++) {
        e->n = c->n = d->n = 0;
        b_str(e, 0x00000002, CT);
        b_us(e, 0x00000100, 1);
        b_us(e, 0x00000110, (uint16_t)(i + 1));
        b_us(e, 0x00000800, 0);
        if (origin != NULL)
            b_str(e, 0x00001030, origin);
        b_command(c, e);
        b_send(f, dir, 1, c);
        if (image_type != NULL)
            b_ds(d, B_EXPLICIT, 0x00080008, "CS", image_type);
        if (conversion != NULL)
            b_ds(d, B_EXPLICIT, 0x00080064, "CS", conversion);
        b_ds(d, B_EXPLICIT, 0x00080070, "LO", "ACME");
        b_ds(d, B_EXPLICIT, 0x00181000, "LO", i == 0 ? "SN1" : serial);
        b_send_data(f, dir, 1, d, 4000);
    }
    free(d);
    free(e);
    free(c);
    return f;
}

/* The equipment is the sender only when nothing speaks against it. */
Test(dicom_dataset, who_made_the_object)
{
    const struct {
        const char *image_type, *conversion, *serial, *origin;
        enum ww_dir dir;
        uint64_t second;
    } row[] = {
        { "ORIGINAL\\PRIMARY\\AXIAL", NULL, "SN1", NULL, WW_A, 1 },
        { NULL, NULL, "SN1", NULL, WW_A, 1 },                  /* waveforms, reports */
        { "DERIVED\\SECONDARY", NULL, "SN1", NULL, WW_A, 0 },  /* made from others */
        { "ORIGINAL\\PRIMARY", "WSD", "SN1", NULL, WW_A, 0 },  /* secondary capture */
        { "ORIGINAL\\PRIMARY", NULL, "SN2", NULL, WW_A, 0 },   /* two devices: a forwarder */
        { "ORIGINAL\\PRIMARY", NULL, "SN1", "WS31", WW_A, 0 }, /* answer to a C-MOVE */
        { "ORIGINAL\\PRIMARY", NULL, "SN1", NULL, WW_B, 0 },   /* answer to a C-GET */
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct t_feed *f =
            after(row[i].image_type, row[i].conversion, row[i].serial, row[i].dir, row[i].origin);
        const struct t_got *g = t_find(f, "dicom.dataset", 1);
        cr_assert(eq(u64, t_get_u64(g, "originating"), row[i].second), "row %zu", i);
        STR(g, "subject_ip", row[i].second ? "192.0.2.1" : "");
        cr_assert(eq(int, t_get_str(g, "subject_id")[0] != 0, row[i].second == 0), "row %zu", i);
        t_free(f);
    }
}

/* Values of patients that are empty, or only wildcards and separators, are no patient data. */
Test(dicom_dataset, empty_identifiers_do_not_count)
{
    struct t_feed *f = t_new(&ww_dissector_dicom);
    struct b *d = b_new();
    b_open(f, EXPLICIT);
    b_send_usual(f, WW_A, 1, CT, 0x0001, 7, true, 0);
    b_ds(d, B_EXPLICIT, 0x00100010, "PN", "^^^^");
    b_ds(d, B_EXPLICIT, 0x00100020, "LO", "    ");
    b_ds(d, B_EXPLICIT, 0x00100030, "DA", "");
    b_ds(d, B_EXPLICIT, 0x00120062, "CS", "YES");
    b_send_data(f, WW_A, 1, d, 9);
    const struct t_got *g = t_find(f, "dicom.request", 0);
    NUM(g, "phi_kinds", 0);
    NUM(g, "phi_count", 0);
    NUM(g, "patient", 0);
    NUM(g, "identity_removed", 1);
    free(d);
    t_free(f);
}

/* Identifiers that begin in a later group, and bytes that are no data set at all. */
Test(dicom_dataset, other_guesses)
{
    const struct {
        enum b_enc enc;
        const char *name;
    } row[] = { { B_IMPLICIT, "implicit_le" },
                { B_EXPLICIT, "explicit_le" },
                { B_BIG, "explicit_be" } };
    for (size_t i = 0; i < 3; i++) {
        struct t_feed *f = t_new(&ww_dissector_dicom);
        struct b *d = b_new();
        b_send_usual(f, WW_A, 1, CT, 0x0001, 7, true, 0);
        b_ds(d, row[i].enc, 0x00181000, "LO", "SN1");
        b_send_data(f, WW_A, 1, d, 100);
        STR(t_find(f, "dicom.dataset", 0), "encoding", row[i].name);
        STR(t_find(f, "dicom.dataset", 0), "serial", "SN1");
        d->n = 0;
        b_send_usual(f, WW_A, 1, CT, 0x0001, 8, true, 0);
        b_fill(d, 0xed, 100);
        b_send_data(f, WW_A, 1, d, 100);
        STR(t_find(f, "dicom.dataset", 1), "encoding", "opaque");
        free(d);
        t_free(f);
    }
}
