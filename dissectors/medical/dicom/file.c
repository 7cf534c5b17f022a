/* file.c - DICOM files that other protocols carry: DICOMweb, downloads (PS3.10 7.1, PS3.18). The
 * preamble, the meta information, and the data set as in a C-STORE. */
#include "dissectors/lib/part10.h"
#include "dissectors/medical/dicom/dicom.h"

enum {
    META_VALUE_MAX = 256, /* longest element of the meta information that is read */
    META_MAX = 64,        /* elements of the meta information */
    HEAD_SHORT = 8,
    HEAD_LONG = 12
};
enum { /* PS3.10 7.1 */
       TAG_SOP_CLASS = 0x00020002,
       TAG_SYNTAX = 0x00020010,
       TAG_WRITER = 0x00020012,
       TAG_WRITER_VERSION = 0x00020013
};
enum { AT_PREAMBLE, AT_META, AT_DATA_SET, AT_END };

static struct msg *message(struct file *f)
{
    return &f->d.side[0].msg[0];
}

enum ww_guess ww_dicom_file_probe(const struct ww_content *meta, struct ww_slice in)
{
    (void)meta; /* media types lie; the prefix does not */
    if (in.n < WW_PART10_HEAD)
        return in.n == 0 ? WW_GUESS_MAYBE : WW_GUESS_NO;
    return ww_part10_preamble(in) == WW_PREAMBLE_NO_FILE ? WW_GUESS_NO : WW_GUESS_YES;
}

static uint8_t encoding(const struct file *f)
{
    const struct uid_row *row = ww_dicom_uid_row(f->syntax);
    return row != NULL ? row->encoding : DS_GUESS;
}

/* The meta information is over: tells the file, before the data set may be lost. */
static void tell(const struct call *c, struct file *f)
{
    struct ww_dicom_file e = { .executable = ww_part10_executable((enum ww_preamble)f->preamble) };
    struct ww_slice uid = ww_dicom_uid_text(&f->d.uids, f->sop);
    (void)WW_SET(e.preamble, ww_slice_str(ww_part10_name((enum ww_preamble)f->preamble)));
    (void)WW_SET(e.sop_class, uid);
    (void)WW_SET(e.sop_class_name, ww_slice_str(ww_dicom_uid_name(uid)));
    uid = ww_dicom_uid_text(&f->d.uids, f->syntax);
    (void)WW_SET(e.transfer_syntax, uid);
    (void)WW_SET(e.transfer_syntax_name, ww_slice_str(ww_dicom_uid_name(uid)));
    (void)WW_SET(e.impl_class_uid, ww_dicom_uid_text(&f->d.uids, f->writer));
    (void)WW_SET(e.impl_version, WW_STR(f->version));
    ww_dicom_mark(c, f->cut);
    ww_emit(c->cx, &ww_dicom_file_type, c->dir, &e);
    struct msg *m = message(f);
    *m = (struct msg){ .phase = MSG_DATA, .of_file = true };
    uint8_t how = encoding(f);
    ww_dicom_el_start(&m->el, how);
    m->packed = how == DS_DEFLATED;
    uid = ww_dicom_uid_text(&f->d.uids, f->sop);
    (void)ww_str_set(&m->npool, (char *)m->pool, DICOM_UID_MAX, uid);
    m->txt[T_SOP].n = (uint8_t)m->npool;
    f->at = AT_DATA_SET;
}

static void meta_value(struct file *f, uint32_t tag, struct ww_slice v)
{
    struct ww_slice t = ww_slice_trim(v);
    uint16_t uid = ww_dicom_uid_good(t) ? ww_dicom_uid_keep(&f->d.uids, t) : UID_NONE;
    switch (tag) {
    case TAG_SOP_CLASS:
        f->sop = uid;
        return;
    case TAG_SYNTAX:
        f->syntax = uid;
        return;
    case TAG_WRITER:
        f->writer = uid;
        return;
    case TAG_WRITER_VERSION:
        f->cut = !WW_SET(f->version, t) || f->cut;
        return;
    default: /* a number from the wire */
        return;
    }
}

/**
 * Reads one element of the meta information, or finds its end.
 * In:     in  bytes from the element on
 * Source: PS3.10 7.1: explicit VR little endian, group 0002; the data set follows in its own syntax
 * Limits: META_MAX elements, values up to META_VALUE_MAX; longer ones are passed over
 */
static struct ww_parse meta(const struct call *c, struct file *f, struct ww_slice in)
{
    struct ww_rd r = ww_rd(in);
    if (in.n < HEAD_SHORT)
        return ww_more(0, HEAD_SHORT);
    uint16_t group = ww_rd_le16(&r);
    uint16_t element = ww_rd_le16(&r);
    if (group != 2 || f->elements == META_MAX) {
        tell(c, f);
        return ww_ok(0);
    }
    struct ww_slice vr = ww_rd_bytes(&r, 2);
    bool wide = ww_slice_eqs(vr, "OB") || ww_slice_eqs(vr, "UN") || ww_slice_eqs(vr, "OW");
    uint32_t len = ww_rd_le16(&r);
    size_t head = HEAD_SHORT;
    if (wide) { /* PS3.5 7.1.2: two reserved bytes, then the length */
        if (in.n < HEAD_LONG)
            return ww_more(0, HEAD_LONG);
        len = ww_rd_le32(&r);
        head = HEAD_LONG;
    }
    if (len == UINT32_MAX)
        return ww_stop("meta information");
    if (len <= META_VALUE_MAX && in.n < head + len)
        return ww_more(0, head + len);
    f->elements++;
    if (len <= META_VALUE_MAX)
        meta_value(f, (uint32_t)group << 16 | element, ww_rd_bytes(&r, len));
    return ww_ok(head + len);
}

/* As far as anything wanted may follow. Return: used goes beyond in.n where values are not read */
static struct ww_parse data_set(const struct call *c, struct file *f, struct ww_slice in)
{
    struct msg *m = message(f);
    ww_dicom_el_feed(c, m, in);
    m->nbytes += in.n;
    size_t used = in.n;
    if (m->el.phase == EL_VALUE) {
        uint32_t skipped = ww_dicom_el_skip(c, m, UINT32_MAX);
        m->nbytes += skipped;
        used += skipped;
    }
    return ww_ok(used);
}

static void end(const struct call *c, struct file *f)
{
    struct msg *m = message(f);
    bool whole = m->el.phase == EL_DONE || (m->el.phase == EL_HEAD && m->el.nhead == 0);
    if (f->at != AT_DATA_SET)
        return;
    f->at = AT_END;
    m->bytes_unknown = true; /* pixels are not read, so nobody knows how long the data set is */
    ww_dicom_dataset_event(c, m, !whole || m->el.partial);
}

/* PS3.10 7.1. Return: WW_P_MORE when there are fewer bytes than it has */
static struct ww_parse preamble(const struct call *c, struct file *f, struct ww_slice in)
{
    f->preamble = (uint8_t)ww_part10_preamble(in);
    if (in.n < WW_PART10_HEAD)
        return ww_more(0, WW_PART10_HEAD);
    if (ww_part10_executable((enum ww_preamble)f->preamble))
        ww_dicom_anomaly(c, AN_preamble_executable);
    f->at = AT_META;
    return ww_ok(WW_PART10_HEAD);
}

/* The next part. Out: at  where the file is behind it */
static struct ww_parse part(const struct call *c, struct file *f, struct ww_slice in)
{
    if (f->at == AT_PREAMBLE)
        return preamble(c, f, in);
    return f->at == AT_META ? meta(c, f, in) : data_set(c, f, in);
}

/** Bytes of a DICOM file. Limits: ww_next as soon as nothing wanted may follow */
struct ww_parse ww_dicom_file(struct ww_cx *cx, void *state, const struct ww_content *about,
                              enum ww_dir dir, struct ww_slice in, bool last)
{
    struct file *f = state;
    struct call c = { .cx = cx, .d = &f->d, .dir = dir, .s = &f->d.side[0] };
    (void)about;
    f->d.seen = true; /* nothing of it is missing before */
    size_t used = 0;
    while (used < in.n && f->at != AT_END) {
        struct ww_slice rest = ww_slice_sub(in, used, in.n - used);
        struct ww_parse p = part(&c, f, rest);
        if (p.v == WW_P_MORE && last && f->at == AT_PREAMBLE)
            return ww_next(in.n);
        if (p.v == WW_P_STOP)
            return p;
        used += p.used;
        if (p.v == WW_P_MORE && !last)
            return ww_more(used, p.need);
        if (p.v == WW_P_MORE)
            break; /* nothing will follow */
        if (f->at == AT_DATA_SET && message(f)->el.phase == EL_DONE) {
            end(&c, f);
            return ww_next(used < in.n ? used : in.n);
        }
    }
    if (!last)
        return ww_ok(used);
    end(&c, f);
    return ww_ok(used > in.n ? used : in.n);
}
