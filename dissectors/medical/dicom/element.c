/* element.c - walks data elements as their bytes come, resumable at any byte (PS3.5 7). */
#include "dissectors/medical/dicom/dicom.h"

static const uint32_t UNDEFINED = UINT32_MAX;
enum { GROUP_ITEMS = 0xfffe, ITEM = 0xe000, ITEM_END = 0xe00d, SQ_END = 0xe0dd };
enum {
    VR_NONE = 0,
    VR_AE = 'A' << 8 | 'E',
    VR_AS = 'A' << 8 | 'S',
    VR_AT = 'A' << 8 | 'T',
    VR_CS = 'C' << 8 | 'S',
    VR_DA = 'D' << 8 | 'A',
    VR_DS = 'D' << 8 | 'S',
    VR_DT = 'D' << 8 | 'T',
    VR_FD = 'F' << 8 | 'D',
    VR_FL = 'F' << 8 | 'L',
    VR_IS = 'I' << 8 | 'S',
    VR_LO = 'L' << 8 | 'O',
    VR_LT = 'L' << 8 | 'T',
    VR_PN = 'P' << 8 | 'N',
    VR_SH = 'S' << 8 | 'H',
    VR_SL = 'S' << 8 | 'L',
    VR_SS = 'S' << 8 | 'S',
    VR_ST = 'S' << 8 | 'T',
    VR_TM = 'T' << 8 | 'M',
    VR_UI = 'U' << 8 | 'I',
    VR_UL = 'U' << 8 | 'L',
    VR_US = 'U' << 8 | 'S',
    VR_SQ = 'S' << 8 | 'Q',
    VR_UN = 'U' << 8 | 'N',
    VR_OB = 'O' << 8 | 'B',
    VR_OW = 'O' << 8 | 'W'
};

struct head {
    uint32_t tag, len;
    uint16_t vr; /* VR_NONE in implicit VR and for items */
    uint16_t size;
};

void ww_dicom_el_start(struct el *e, uint8_t encoding)
{
    *e = (struct el){ .encoding = encoding, .row = NO_ROW };
    if (encoding == DS_OPAQUE)
        e->phase = EL_DONE;
    if (encoding == DS_DEFLATED)
        e->encoding = DS_EXPLICIT_LE; /* PS3.5 A.5 */
}

static bool is_vr(uint16_t v)
{
    uint8_t a = (uint8_t)(v >> 8), b = (uint8_t)v;
    return a >= 'A' && a <= 'Z' && b >= 'A' && b <= 'Z';
}

/* VRs with a 16-bit length; all others, future ones included, have 32 bits (PS3.5 7.1.2). */
static bool is_short(uint16_t v)
{
    switch (v) {
    case VR_AE:
    case VR_AS:
    case VR_AT:
    case VR_CS:
    case VR_DA:
    case VR_DS:
    case VR_DT:
    case VR_FD:
    case VR_FL:
    case VR_IS:
    case VR_LO:
    case VR_LT:
    case VR_PN:
    case VR_SH:
    case VR_SL:
    case VR_SS:
    case VR_ST:
    case VR_TM:
    case VR_UI:
    case VR_UL:
    case VR_US:
        return true;
    default: /* a number from the wire */
        return false;
    }
}

/**
 * Tells the encoding by the first element header, where no context says it.
 * In:     head  8 bytes
 * Return: DS_OPAQUE when it looks like no data set in group 0008 or below
 * Source: PS3.5 7.1; the first element of a data set is in group 0000 to 0008
 */
static uint8_t guess(struct ww_slice head)
{
    struct ww_rd r = ww_rd(head);
    uint8_t a = ww_rd_u8(&r), b = ww_rd_u8(&r);
    ww_rd_skip(&r, 2);
    uint16_t vr = ww_rd_be16(&r);
    if (b == 0 && (a == 8 || a == 2))
        return is_vr(vr) ? DS_EXPLICIT_LE : DS_IMPLICIT_LE;
    if (b == 0 && a != 0 && !is_vr(vr) && ww_slice_at(head, 7) == 0)
        return DS_IMPLICIT_LE; /* an identifier may begin in a later group */
    if (b == 0 && a != 0 && is_vr(vr))
        return DS_EXPLICIT_LE;
    bool print =
        (a & 0xf) == 0 && (b == 0x20 || b == 0x21); /* groups 2000 to 2110, little endian */
    if (print && !is_vr(vr) && ww_slice_at(head, 7) == 0)
        return DS_IMPLICIT_LE;
    if (print && is_vr(vr) && (a != 0 || (ww_slice_at(head, 6) != 0 && ww_slice_at(head, 7) == 0)))
        return DS_EXPLICIT_LE; /* by its length; else it is a group 0020 in big endian */
    if (a == 0 && b != 0 && is_vr(vr))
        return DS_EXPLICIT_BE;
    return DS_OPAQUE;
}

/* Inside a UN of undefined length everything is implicit VR (PS3.5 6.2.2). */
static uint8_t encoding_now(const struct el *e)
{
    return e->un_at != 0 ? DS_IMPLICIT_LE : e->encoding;
}

/**
 * Decodes an element header.
 * In:     in   its bytes, at least 8
 * Out:    h    h->size is the length of the header; with 12 the last 4 bytes may still be missing
 * Return: false when it has no VR where it must have one
 */
static bool decode(const struct el *e, struct ww_slice in, struct head *h)
{
    struct ww_rd r = ww_rd(in);
    uint8_t enc = encoding_now(e);
    bool be = enc == DS_EXPLICIT_BE;
    uint16_t group = be ? ww_rd_be16(&r) : ww_rd_le16(&r);
    uint16_t element = be ? ww_rd_be16(&r) : ww_rd_le16(&r);
    *h = (struct head){ .tag = (uint32_t)group << 16 | element, .size = 8 };
    if (enc == DS_IMPLICIT_LE || group == GROUP_ITEMS) {
        h->len = be ? ww_rd_be32(&r) : ww_rd_le32(&r);
        return true;
    }
    h->vr = ww_rd_be16(&r); /* two letters, in this order in both byte orders */
    if (!is_vr(h->vr))
        return false;
    uint16_t len = be ? ww_rd_be16(&r) : ww_rd_le16(&r);
    if (is_short(h->vr)) {
        h->len = len;
        return true;
    }
    h->size = 12;
    if (r.left >= 4)
        h->len = be ? ww_rd_be32(&r) : ww_rd_le32(&r);
    return true;
}

/* Nothing more is read of this set. Its texts are not told either: where the tags are wrong, a name
 * of a patient may stand for that of a manufacturer. */
static void give_up(const struct call *c, struct msg *m)
{
    m->el.malformed = true;
    m->el.phase = EL_DONE;
    for (size_t t = T_LEVEL; t < T_COUNT && m->phase == MSG_DATA; t++)
        m->txt[t].n = 0;
    if (m->phase == MSG_DATA && !m->guessed && !m->damaged)
        ww_dicom_anomaly(c, AN_dataset_malformed);
}

/* One violation; some are tolerated because old devices do them. */
static void brake(const struct call *c, struct msg *m)
{
    if (++m->el.brakes >= BRAKES)
        give_up(c, m);
}

/* Bytes that belong to the sequence of defined length we are in. */
static bool spend(struct el *e, uint64_t n)
{
    if (e->sq_left == 0)
        return true;
    if (n > e->sq_left)
        return false; /* an item is longer than its parent */
    e->sq_left -= (uint32_t)n;
    if (e->sq_left == 0)
        e->depth = e->un_at = e->raw_at = 0;
    return true;
}

static void value_end(const struct call *c, struct msg *m)
{
    struct el *e = &m->el;
    struct ww_slice v = { m->pool + e->at, (size_t)(m->npool - e->at) };
    if (m->phase == MSG_COMMAND)
        ww_dicom_command_value(c, m, v);
    else
        ww_dicom_value(c, m, v);
    if (e->act == ACT_PEEK) { /* values of patients are not left lying about */
        while (m->npool > e->at)
            m->pool[--m->npool] = 0;
    }
    e->nhead = 0;
    if (e->phase == EL_VALUE)
        e->phase = EL_HEAD;
}

static void value_begin(const struct call *c, struct msg *m, uint32_t len)
{
    m->el.left = len;
    m->el.any = false;
    m->el.at = m->npool;
    m->el.phase = EL_VALUE;
    if (len == 0)
        value_end(c, m);
}

static bool deeper(struct el *e)
{
    e->nhead = 0;
    return ++e->depth <= DEPTH_MAX;
}

/**
 * Items and delimiters (PS3.5 7.5). The level of an item of defined length is not tracked: its
 * elements count as nested because the sequence around it is.
 * Return: false when it is out of place
 */
static bool structure(const struct call *c, struct msg *m, const struct head *h)
{
    struct el *e = &m->el;
    if (!e->nested)
        return false;
    uint16_t kind = (uint16_t)h->tag;
    bool fragment = kind == ITEM && e->raw_at != 0;
    if (!spend(e, h->size + (fragment ? (uint64_t)h->len : 0)))
        return false;
    e->nhead = 0;
    if (kind == ITEM) {
        if (fragment && h->len != UNDEFINED) {
            e->act = ACT_SKIP;
            e->row = NO_ROW;
            e->test = false;
            value_begin(c, m, h->len);
            return true;
        }
        return fragment ? false : h->len != UNDEFINED || deeper(e);
    }
    if ((kind != ITEM_END && kind != SQ_END) || h->len != 0)
        return false;
    if (e->depth == 0)
        return true; /* superfluous, or the last bytes of a sequence of defined length */
    e->depth--;
    if (e->un_at > e->depth)
        e->un_at = 0;
    if (e->raw_at > e->depth)
        e->raw_at = 0;
    return true;
}

/* An element of undefined length is entered: sequence, UN, or fragments of pixel data. */
static bool undefined(const struct call *c, struct msg *m, const struct head *h)
{
    struct el *e = &m->el;
    bool raw = h->vr == VR_OB || h->vr == VR_OW;
    if (h->vr != VR_SQ && h->vr != VR_UN && h->vr != VR_NONE && !raw)
        return false;
    if (!spend(e, h->size) || !deeper(e))
        return false;
    if (raw && e->raw_at == 0)
        e->raw_at = e->depth;
    if (h->vr == VR_UN && e->un_at == 0)
        e->un_at = e->depth;
    e->any = true; /* the presence of a sequence is what counts */
    e->at = m->npool;
    e->act = ACT_SQ;
    ww_dicom_value(c, m, (struct ww_slice){ NULL, 0 });
    return true;
}

/* An element at the top level: does it end what is wanted, do tags ascend? (PS3.5 7.1) */
static void top_level(const struct call *c, struct msg *m)
{
    struct el *e = &m->el;
    if (m->phase == MSG_DATA && ww_dicom_want_stop(m, e->tag)) {
        e->phase = EL_DONE;
        return;
    }
    if (e->tag <= e->last && e->count > 1)
        brake(c, m);
    e->last = e->tag;
}

/* The value of an element of defined length comes next. Return: false when it cannot be. */
static bool defined(const struct call *c, struct msg *m, const struct head *h)
{
    struct el *e = &m->el;
    if (e->act == ACT_SQ && h->vr != VR_NONE && h->vr != VR_SQ)
        e->act = ACT_SKIP;
    if (!spend(e, h->size + (e->act == ACT_SQ ? 0 : (uint64_t)h->len)))
        return false;
    if (e->act != ACT_SQ) {
        value_begin(c, m, h->len);
        return true;
    }
    e->nhead = 0;
    if (!e->nested)
        e->sq_left = h->len;
    return true;
}

/* A complete element header is there; e->nhead is 0 when nothing of it was kept. */
static void begin(const struct call *c, struct msg *m, const struct head *h)
{
    struct el *e = &m->el;
    bool command = m->phase == MSG_COMMAND, good;
    e->nested = e->depth > 0 || e->sq_left > 0;
    e->tag = h->tag;
    e->cap = 0;
    if (++e->count > ELEMENTS_MAX) {
        e->partial = true;
        e->phase = EL_DONE;
        return;
    }
    if (!command && h->tag >> 16 == GROUP_ITEMS) {
        if (!structure(c, m, h))
            give_up(c, m);
        return;
    }
    if (!e->nested)
        top_level(c, m);
    if ((h->len & 1) != 0 && h->len != UNDEFINED)
        brake(c, m); /* PS3.5 7.1: lengths are even */
    if (e->phase == EL_DONE)
        return;
    if (command)
        ww_dicom_command_want(m);
    else
        ww_dicom_want(m);
    if (h->len == UNDEFINED)
        good = !command && e->raw_at == 0 && undefined(c, m, h);
    else
        good = !e->malformed && e->raw_at == 0 && defined(c, m, h);
    if (!good)
        give_up(c, m);
}

/* Keeps bytes of a header that comes in pieces, until it has n. Return: what is there of it */
static struct ww_slice collect(struct el *e, struct ww_rd *r, size_t n)
{
    while (r->left > 0 && e->nhead < n)
        e->head[e->nhead++] = ww_rd_u8(r);
    return (struct ww_slice){ e->head, e->nhead };
}

static void head_bytes(const struct call *c, struct msg *m, struct ww_rd *r)
{
    enum { LEAST = 8, MOST = 12 };
    struct el *e = &m->el;
    struct head h;
    struct ww_rd look = *r;
    bool whole = e->nhead == 0 && r->left >= MOST; /* nearly always: it is read where it stands */
    struct ww_slice in = whole ? ww_rd_bytes(&look, MOST) : collect(e, r, LEAST);
    if (in.n < LEAST)
        return;
    if (e->encoding == DS_GUESS) {
        m->guessed = true;
        e->encoding = guess(in);
        if (e->encoding == DS_OPAQUE) {
            e->phase = EL_DONE;
            return;
        }
    }
    if (!decode(e, in, &h)) {
        give_up(c, m);
        return;
    }
    if (whole) {
        ww_rd_skip(r, h.size);
    } else {
        in = collect(e, r, h.size);
        if (in.n < h.size)
            return;
        (void)decode(e, in, &h);
    }
    begin(c, m, &h);
}

/* Padding, wildcards and separators of components do not make a value (PS3.5 6.2, PS3.4 C.2.2.2).
 */
static bool has_content(struct ww_slice s)
{
    struct ww_rd r = ww_rd(s);
    while (r.left > 0) {
        uint8_t c = ww_rd_u8(&r);
        if (c != ' ' && c != 0 && c != '*' && c != '^' && c != '=' && c != '\\')
            return true;
    }
    return false;
}

static bool quiet(const struct msg *m)
{
    const struct el *e = &m->el;
    bool full = m->npool - e->at >= e->cap || m->npool >= POOL;
    return (e->any || !e->test) && (e->act == ACT_SKIP || e->act == ACT_TEST || full);
}

static void value_bytes(const struct call *c, struct msg *m, struct ww_rd *r)
{
    struct el *e = &m->el;
    struct ww_slice s = ww_rd_bytes(r, e->left < r->left ? e->left : r->left);
    e->left -= (uint32_t)s.n;
    if (!quiet(m)) {
        e->looked += (uint32_t)s.n;
        if (e->test && !e->any)
            e->any = has_content(s);
    }
    if (e->act == ACT_KEEP || e->act == ACT_PEEK) {
        size_t room = (size_t)(POOL - m->npool), want = (size_t)(e->cap - (m->npool - e->at));
        uint16_t got;
        (void)ww_str_set(&got, (char *)m->pool + m->npool, want < room ? want : room, s);
        m->npool = (uint16_t)(m->npool + got);
    }
    if (e->left == 0)
        value_end(c, m);
    if (e->looked > PARSED_MAX) {
        e->partial = true;
        e->phase = EL_DONE;
    }
}

/**
 * Walks bytes of a command set or data set.
 * In:     in  the bytes that follow those of the last call; any number
 * Out:    m   what the complete elements told
 * Limits: ELEMENTS_MAX, PARSED_MAX, DEPTH_MAX; beyond them the set is only counted
 * Source: PS3.5 7.1, 7.5
 */
void ww_dicom_el_feed(const struct call *c, struct msg *m, struct ww_slice in)
{
    if (m->packed)
        ww_dicom_packed_feed(c, m, in);
    else
        ww_dicom_el_walk(c, m, in);
}

/** The same, of bytes that are not deflated, or not any more. */
void ww_dicom_el_walk(const struct call *c, struct msg *m, struct ww_slice in)
{
    struct ww_rd r = ww_rd(in);
    while (r.left > 0 && m->el.phase != EL_DONE) {
        if (m->el.phase == EL_HEAD)
            head_bytes(c, m, &r);
        else
            value_bytes(c, m, &r);
    }
}

/**
 * Takes bytes of a value that is not looked at, before they have come.
 * In:     n  bytes that may be taken
 * Return: bytes taken
 */
uint32_t ww_dicom_el_skip(const struct call *c, struct msg *m, uint32_t n)
{
    struct el *e = &m->el;
    if (e->phase != EL_VALUE || m->packed || !quiet(m))
        return 0;
    if (n > e->left)
        n = e->left;
    e->left -= n;
    if (e->left == 0)
        value_end(c, m);
    return n;
}

/** A text of the message; empty when it was not there. */
struct ww_slice ww_dicom_txt(const struct msg *m, enum txt t)
{
    return (struct ww_slice){ m->pool + m->txt[t].at, m->txt[t].n };
}
