/* deflated.c - data sets under a deflated transfer syntax (PS3.5 A.5): what identifies equipment
 * stands at the front, so the front is gathered, inflated once and read; the rest is counted. */
#include "dissectors/lib/inflate.h"
#include "dissectors/medical/dicom/dicom.h"

/* Number of a message in its connection, from 1. */
static uint16_t number(const struct call *c, const struct msg *m)
{
    return (uint16_t)(1 + (size_t)c->dir * SLOTS + (size_t)(m - c->s->msg));
}

/* Values of patients are not left lying about. */
static void forget(struct deflated *z)
{
    *z = (struct deflated){ .owner = 0 };
}

/**
 * Gathers bytes of a deflated data set.
 * In:     in  the bytes that follow those of the last call
 * Limits: DEFLATED_MAX of one message at a time on a connection; another one is only counted
 */
void ww_dicom_packed_feed(const struct call *c, struct msg *m, struct ww_slice in)
{
    struct deflated *z = &c->d->deflated;
    if (z->owner == 0)
        z->owner = number(c, m);
    if (z->owner != number(c, m)) {
        m->el.encoding = DS_OPAQUE;
        m->el.partial = true;
        m->el.phase = EL_DONE;
        return;
    }
    uint16_t got;
    (void)ww_str_set(&got, (char *)z->b + z->n, (size_t)(DEFLATED_MAX - z->n), in);
    z->n = (uint16_t)(z->n + got);
    if (z->n == DEFLATED_MAX)
        ww_dicom_packed_end(c, m, false);
}

/* Does the end of what was inflated come too early? */
static void judge(const struct call *c, struct msg *m, enum ww_inflate_end end, bool whole)
{
    bool inside = m->el.phase == EL_VALUE || m->el.nhead > 0;
    if (m->el.phase == EL_DONE || m->damaged)
        return;
    if (end == WW_INFLATE_BAD)
        ww_dicom_anomaly(c, AN_dataset_malformed);
    else if (whole && (inside || end == WW_INFLATE_CUT))
        ww_dicom_anomaly(c, AN_dataset_truncated);
    if (end != WW_INFLATE_WHOLE)
        m->el.partial = true;
}

/* Its own function because of the room on the stack, which few messages need. */
__attribute__((noinline)) static void unpack(const struct call *c, struct msg *m, struct deflated *z, bool whole)
{
    uint8_t room[INFLATED_MAX];
    size_t n = 0;
    enum ww_inflate_end end = ww_inflate((struct ww_slice){ z->b, z->n }, room, sizeof room, &n);
    forget(z);
    m->el.encoding = n > 0 ? DS_EXPLICIT_LE : DS_OPAQUE;
    m->el.phase = EL_HEAD;
    ww_dicom_el_feed(c, m, (struct ww_slice){ room, n });
    judge(c, m, end, whole && n < sizeof room);
    m->el.phase = EL_DONE;
}

/**
 * Reads what was gathered of a deflated data set.
 * In:     whole  the data set is complete; else there was more of it
 * Limits: INFLATED_MAX bytes; what is wanted beyond them makes the message TRUNCATED
 * Source: PS3.5 A.5: RFC 1951 without a header; explicit VR little endian within
 */
void ww_dicom_packed_end(const struct call *c, struct msg *m, bool whole)
{
    struct deflated *z = &c->d->deflated;
    if (m->el.phase != EL_PACKED)
        return;
    m->el.phase = EL_DONE;
    if (z->owner == number(c, m)) /* else nothing came */
        unpack(c, m, z, whole);
}
