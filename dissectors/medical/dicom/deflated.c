/* deflated.c - data sets under a deflated transfer syntax (PS3.5 A.5): inflated as they come, for
 * as long as something wanted may follow. */
#include "dissectors/medical/dicom/dicom.h"

/* Number of a message in its connection: tells the data sets of one direction apart, and from what
 * the carrier of a file inflates. */
static uint64_t number(const struct call *c, const struct msg *m)
{
    return 0x4449434d00000000u | (uint64_t)(m - c->s->msg);
}

static void stop(struct msg *m)
{
    m->el.partial = true;
    m->el.phase = EL_DONE;
}

/* No deflated data; or, later, the host had no memory for it any more, which is no fault of the
 * sender. */
static void bad(const struct call *c, struct msg *m, bool at_once)
{
    if (at_once) {
        ww_dicom_anomaly(c, AN_dataset_malformed);
        m->el.encoding = DS_OPAQUE;
        m->packed = false;
    }
    stop(m);
}

/**
 * Inflates bytes of a data set and walks what comes out.
 * In:     in  the bytes that follow those of the last call
 * Limits: INFLATED_MAX; a data set that is larger before its pixels is TRUNCATED
 * Source: PS3.5 A.5: RFC 1951 without a header, explicit VR little endian within, a byte of padding
 */
void ww_dicom_packed_feed(const struct call *c, struct msg *m, struct ww_slice in)
{
    while (m->el.phase != EL_DONE && !m->inflated_whole) {
        bool first = !m->inflating;
        struct ww_inflated r = ww_content_inflate(c->cx, c->dir, number(c, m), first, in);
        struct ww_slice out = ww_slice_sub(r.out, 0, INFLATED_MAX - m->inflated);
        m->inflating = true;
        m->inflated += (uint32_t)out.n;
        m->inflated_whole = r.end;
        ww_dicom_el_walk(c, m, out);
        in = ww_slice_sub(in, r.used, in.n - r.used);
        if (r.bad && m->el.phase != EL_DONE)
            bad(c, m, m->inflated == 0);
        if (out.n < r.out.n && m->el.phase != EL_DONE)
            stop(m);
        if (in.n == 0 && r.out.n == 0)
            return;
    }
}
