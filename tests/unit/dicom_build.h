/* dicom_build.h - builds DICOM PDUs, command sets and data sets for the unit tests. */
#ifndef WW_TEST_DICOM_BUILD_H
#define WW_TEST_DICOM_BUILD_H
#include "tests/support.h"
#include <stdlib.h>
#include <string.h>

struct b {
    uint8_t p[70000];
    size_t n;
};

static inline struct b *b_new(void)
{
    struct b *b = calloc(1, sizeof *b);
    if (b == NULL)
        t_die("no memory");
    return b;
}
static inline void b_raw(struct b *b, const void *p, size_t n)
{
    if (n > sizeof b->p - b->n)
        t_die("test message too long");
    if (n > 0)
        memcpy(b->p + b->n, p, n);
    b->n += n;
}
static inline void b_num(struct b *b, uint64_t v, unsigned bytes, bool be)
{
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t c = (uint8_t)(v >> 8 * (be ? bytes - 1 - i : i));
        b_raw(b, &c, 1);
    }
}
static inline void b_fill(struct b *b, uint8_t c, size_t n)
{
    while (n-- > 0)
        b_raw(b, &c, 1);
}

/* ---- upper layer ---- */
static inline void b_pdu(struct b *b, uint8_t type, const void *p, size_t n)
{
    b_num(b, type, 1, true);
    b_num(b, 0, 1, true);
    b_num(b, n, 4, true);
    b_raw(b, p, n);
}
static inline void b_pdv(struct b *b, uint8_t pcid, uint8_t mch, const void *p, size_t n)
{
    b_num(b, n + 2, 4, true);
    b_num(b, pcid, 1, true);
    b_num(b, mch, 1, true);
    b_raw(b, p, n);
}
/* A P-DATA-TF with one PDV. */
static inline void b_pdata(struct b *b, uint8_t pcid, uint8_t mch, const void *p, size_t n)
{
    b_num(b, 4, 1, true);
    b_num(b, 0, 1, true);
    b_num(b, n + 6, 4, true);
    b_pdv(b, pcid, mch, p, n);
}
static inline void b_item(struct b *b, uint8_t type, const void *p, size_t n)
{
    b_num(b, type, 1, true);
    b_num(b, 0, 1, true);
    b_num(b, n, 2, true);
    b_raw(b, p, n);
}
static inline void b_items(struct b *b, uint8_t type, const char *s)
{
    b_item(b, type, s, strlen(s));
}
static inline void b_title(struct b *b, const char *s)
{
    b_raw(b, s, strlen(s) < 16 ? strlen(s) : 16);
    b_fill(b, ' ', strlen(s) < 16 ? 16 - strlen(s) : 0);
}
/* Offers one abstract syntax with one or two transfer syntaxes. */
static inline void b_offer(struct b *b, uint8_t id, const char *abstract, const char *ts,
                           const char *ts2)
{
    struct b *i = b_new();
    b_num(i, id, 1, true);
    b_num(i, 0, 3, true);
    b_items(i, 0x30, abstract);
    b_items(i, 0x40, ts);
    if (ts2 != NULL)
        b_items(i, 0x40, ts2);
    b_item(b, 0x20, i->p, i->n);
    free(i);
}
static inline void b_answer(struct b *b, uint8_t id, uint8_t result, const char *ts)
{
    struct b *i = b_new();
    b_num(i, id, 1, true);
    b_num(i, 0, 1, true);
    b_num(i, result, 1, true);
    b_num(i, 0, 1, true);
    b_items(i, 0x40, ts);
    b_item(b, 0x21, i->p, i->n);
    free(i);
}
static inline void b_user(struct b *b, uint32_t max_pdu, const char *uid, const char *version)
{
    struct b *i = b_new(), *n = b_new();
    b_num(n, max_pdu, 4, true);
    b_item(i, 0x51, n->p, n->n);
    b_items(i, 0x52, uid);
    b_items(i, 0x55, version);
    b_item(b, 0x50, i->p, i->n);
    free(i);
    free(n);
}
/* A-ASSOCIATE-RQ (1) or -AC (2) around the items. */
static inline void b_assoc(struct b *b, uint8_t type, const char *called, const char *calling,
                           const struct b *items)
{
    struct b *i = b_new();
    b_num(i, 1, 2, true);
    b_num(i, 0, 2, true);
    b_title(i, called);
    b_title(i, calling);
    b_fill(i, 0, 32);
    b_items(i, 0x10, "1.2.840.10008.3.1.1.1");
    b_raw(i, items->p, items->n);
    b_pdu(b, type, i->p, i->n);
    free(i);
}

/* ---- command sets: implicit VR little endian ---- */
static inline void b_el(struct b *b, uint32_t tag, const void *p, size_t n)
{
    b_num(b, tag >> 16, 2, false);
    b_num(b, tag & 0xffff, 2, false);
    b_num(b, n + (n & 1), 4, false);
    b_raw(b, p, n);
    b_fill(b, 0, n & 1);
}
static inline void b_us(struct b *b, uint32_t tag, uint16_t v)
{
    uint8_t p[2] = { (uint8_t)v, (uint8_t)(v >> 8) };
    b_el(b, tag, p, 2);
}
static inline void b_str(struct b *b, uint32_t tag, const char *s)
{
    b_el(b, tag, s, strlen(s));
}
/* The group length, then the elements. */
static inline void b_command(struct b *b, const struct b *els)
{
    b_num(b, 0, 4, false);
    b_num(b, 4, 4, false);
    b_num(b, els->n, 4, false);
    b_raw(b, els->p, els->n);
}
/* Command set with the usual elements: has_data 0 or 1, status for responses. */
static inline void b_usual(struct b *b, const char *sop, uint16_t field, uint16_t id, bool has_data,
                           uint16_t status)
{
    struct b *e = b_new();
    if (sop != NULL)
        b_str(e, 0x00000002, sop);
    b_us(e, 0x00000100, field);
    b_us(e, field & 0x8000 ? 0x00000120 : 0x00000110, id);
    b_us(e, 0x00000800, has_data ? 0 : 0x0101);
    if (field & 0x8000)
        b_us(e, 0x00000900, status);
    b_command(b, e);
    free(e);
}

/* ---- data sets ---- */
enum b_enc { B_IMPLICIT, B_EXPLICIT, B_BIG };
static inline void b_tag(struct b *b, enum b_enc enc, uint32_t tag)
{
    b_num(b, tag >> 16, 2, enc == B_BIG);
    b_num(b, tag & 0xffff, 2, enc == B_BIG);
}
/* Header of an element; len 0xffffffff is the undefined length. */
static inline void b_head(struct b *b, enum b_enc enc, uint32_t tag, const char *vr, uint32_t len)
{
    bool wide = strstr("OB OD OF OL OV OW SQ SV UC UN UR UT UV", vr) != NULL;
    b_tag(b, enc, tag);
    if (enc == B_IMPLICIT || tag >> 16 == 0xfffe) {
        b_num(b, len, 4, enc == B_BIG);
        return;
    }
    b_raw(b, vr, 2);
    if (wide)
        b_num(b, 0, 2, true);
    b_num(b, len, wide ? 4 : 2, enc == B_BIG);
}
static inline void b_ds(struct b *b, enum b_enc enc, uint32_t tag, const char *vr, const char *s)
{
    size_t n = strlen(s);
    b_head(b, enc, tag, vr, (uint32_t)(n + (n & 1)));
    b_raw(b, s, n);
    b_fill(b, ' ', n & 1);
}

static const char CT[] = "1.2.840.10008.5.1.4.1.1.2", MR[] = "1.2.840.10008.5.1.4.1.1.4",
                  FIND[] = "1.2.840.10008.5.1.4.1.2.1.1", MOVE[] = "1.2.840.10008.5.1.4.1.2.1.2",
                  MWL[] = "1.2.840.10008.5.1.4.31", MPPS[] = "1.2.840.10008.3.1.2.3.3",
                  COMMIT[] = "1.2.840.10008.1.20.1", IMPLICIT[] = "1.2.840.10008.1.2",
                  EXPLICIT[] = "1.2.840.10008.1.2.1", BIG[] = "1.2.840.10008.1.2.2",
                  DEFLATED[] = "1.2.840.10008.1.2.1.99", JPEG[] = "1.2.840.10008.1.2.4.50";

/* An accepted association between MOD and PACS: contexts 1 CT, 3 MR, 5 FIND, 7 MOVE, 9 MWL, 11 MPPS,
 * 13 storage commitment, all with the same transfer syntax. */
static inline void b_open(struct t_feed *f, const char *ts)
{
    const char *abstract[] = { CT, MR, FIND, MOVE, MWL, MPPS, COMMIT };
    struct b *i = b_new(), *m = b_new();
    for (uint8_t k = 0; k < 7; k++)
        b_offer(i, (uint8_t)(2 * k + 1), abstract[k], ts, NULL);
    b_user(i, 65536, "1.2.3.4", "MOD_1");
    b_assoc(m, 1, "PACS", "MOD", i);
    t_bytes(f, WW_A, m->p, m->n);
    i->n = m->n = 0;
    for (uint8_t k = 0; k < 7; k++)
        b_answer(i, (uint8_t)(2 * k + 1), 0, ts);
    b_user(i, 65536, "1.2.3.5", "PACS_1");
    b_assoc(m, 2, "PACS", "MOD", i);
    t_bytes(f, WW_B, m->p, m->n);
    free(i);
    free(m);
}
/* Sends a command set in one PDV. */
static inline void b_send(struct t_feed *f, enum ww_dir dir, uint8_t pcid, const struct b *command)
{
    struct b *m = b_new();
    b_pdata(m, pcid, 3, command->p, command->n);
    t_bytes(f, dir, m->p, m->n);
    free(m);
}
static inline void b_send_usual(struct t_feed *f, enum ww_dir dir, uint8_t pcid, const char *sop,
                                uint16_t field, uint16_t id, bool has_data, uint16_t status)
{
    struct b *c = b_new();
    b_usual(c, sop, field, id, has_data, status);
    b_send(f, dir, pcid, c);
    free(c);
}
/* Sends a data set in PDVs of at most `piece` bytes, each in its own PDU. */
static inline void b_send_data(struct t_feed *f, enum ww_dir dir, uint8_t pcid, const struct b *ds,
                               size_t piece)
{
    struct b *m = b_new();
    for (size_t at = 0; at < ds->n; at += piece) {
        size_t n = ds->n - at < piece ? ds->n - at : piece;
        b_pdata(m, pcid, at + n == ds->n ? 2 : 0, ds->p + at, n);
    }
    t_bytes(f, dir, m->p, m->n);
    free(m);
}
#endif
