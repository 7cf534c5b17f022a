/* dataset.c - which elements of a data set are wanted, and what they tell about the equipment.
 *
 * Values of patients are tested for being empty and forgotten; only the patient id leaves as a
 * keyed pseudonym. Equipment elements count at the top level only: inside sequences they speak of
 * others.
 */
#include "dissectors/medical/dicom/dicom.h"

static const struct want wants[] = {
#include "dissectors/medical/dicom/elements.inc"
};
static_assert(sizeof wants / sizeof wants[0] < NO_ROW, "rows are kept in a byte");

enum {
    TAG_CHARSET = 0x00080005,
    TAG_IMAGE_TYPE = 0x00080008,
    TAG_LEVEL = 0x00080052,
    TAG_INSTANCE = 0x00081155, /* referenced SOP instance UID: one an item of these two */
    TAG_FAILED = 0x00081198,
    TAG_REFERENCED = 0x00081199,
    TAG_VIEW = 0x00080053,
    TAG_RETRIEVE_AE = 0x00080054,
    TAG_CONVERSION = 0x00080064,
    TAG_TIMEZONE = 0x00080201,
    TAG_PATIENT_ID = 0x00100020,
    TAG_IDENTITY_REMOVED = 0x00120062,
    TAG_BURNED_IN = 0x00280301,
    LAST_GROUP_OBJECT = 0x0042, /* nothing wanted follows in stored objects */
    LAST_GROUP = 0x2110         /* printers */
};

static uint8_t find(uint32_t tag)
{
    size_t lo = 0, hi = sizeof wants / sizeof wants[0];
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (wants[mid].tag == tag)
            return (uint8_t)mid;
        if (wants[mid].tag > tag)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NO_ROW;
}

static bool is_query(const struct msg *m)
{
    return (m->kind & CMD_QUERY) != 0;
}

/** True when nothing wanted follows at the top level from this tag on: pixel data passes unseen. */
bool ww_dicom_want_stop(const struct msg *m, uint32_t tag)
{
    bool object = m->of_file || (m->kind & CMD_OBJECT) != 0;
    return tag >> 16 > (object ? LAST_GROUP_OBJECT : LAST_GROUP);
}

/** Decides what becomes of the value of the element at hand. In/Out: m->el */
void ww_dicom_want(struct msg *m)
{
    struct el *e = &m->el;
    e->row = NO_ROW;
    e->act = ACT_SKIP;
    e->test = false;
    if ((e->tag & 0xffff) == 0) /* group length, retired */
        return;
    bool private_group = (e->tag >> 16 & 1) != 0;
    if (!private_group)
        e->row = find(e->tag);
    if (is_query(m)) { /* every value may constrain the query */
        e->act = ACT_TEST;
        e->test = true;
    }
    if (e->row == NO_ROW)
        return;
    const struct want *w = &wants[e->row];
    m->refers |= e->tag == TAG_REFERENCED && !e->nested;
    m->fails |= e->tag == TAG_FAILED && !e->nested;
    bool of_equipment = w->act == ACT_KEEP || w->act == ACT_PEEK;
    if (w->act == ACT_SQ || w->act == ACT_TEST || (of_equipment && !e->nested))
        e->act = w->act;
    if (of_equipment && e->nested && w->phi != 0)
        e->act = ACT_TEST;
    e->test = e->test || w->phi != 0;
    e->cap = w->cap;
}

/* Elements of an identifier that say how to query, not what for (PS3.4 C.4.1.1.3). */
static bool is_key(uint32_t tag)
{
    return tag != TAG_CHARSET && tag != TAG_LEVEL && tag != TAG_VIEW && tag != TAG_RETRIEVE_AE &&
           tag != TAG_TIMEZONE;
}

static void peek(const struct call *c, struct msg *m, struct ww_slice v)
{
    switch (m->el.tag) {
    case TAG_IMAGE_TYPE: /* PS3.3 C.7.6.1.1.2 */
        if (v.n > 0)
            m->image = ww_slice_starts(v, "ORIGINAL\\PRIMARY") ? IMG_ORIGINAL : IMG_DERIVED;
        return;
    case TAG_CONVERSION:
        m->converted = v.n > 0;
        return;
    case TAG_PATIENT_ID:
        if (m->el.any)
            m->patient = ww_pseudonym(c->cx, v);
        return;
    case TAG_IDENTITY_REMOVED:
        m->removed = ww_slice_eqs(v, "YES");
        return;
    case TAG_BURNED_IN:
        if (ww_slice_eqs(v, "YES")) {
            m->phi_kinds |= DICOM_PHI_BURNED;
            m->phi_count++;
        }
        return;
    default: /* a number from the wire */
        return;
    }
}

/* Items of the lists of storage commitment (PS3.4 J.3); e->last is the list that is open. */
static void refer(struct msg *m)
{
    const struct el *e = &m->el;
    if (e->tag != TAG_INSTANCE || !e->nested)
        return;
    if (e->last == TAG_REFERENCED && m->references < UINT16_MAX)
        m->references++;
    if (e->last == TAG_FAILED && m->references_failed < UINT16_MAX)
        m->references_failed++;
}

/** A value is complete. In: v  what was kept of it. */
void ww_dicom_value(const struct call *c, struct msg *m, struct ww_slice v)
{
    struct el *e = &m->el;
    const struct want *w = e->row == NO_ROW ? NULL : &wants[e->row];
    refer(m);
    if (e->any && w != NULL && w->phi != 0) {
        m->phi_kinds |= w->phi;
        if (m->phi_count < UINT16_MAX)
            m->phi_count++;
    }
    if (e->any && e->act != ACT_SQ && is_query(m) && is_key(e->tag)) {
        if (m->nkeys < KEYS_MAX)
            m->key[m->nkeys] = e->tag;
        if (m->nkeys < UINT16_MAX)
            m->nkeys++;
    }
    if (e->act == ACT_PEEK)
        peek(c, m, ww_slice_trim(v));
    if (e->act != ACT_KEEP || w == NULL)
        return;
    struct ww_slice t = ww_slice_trim(v);
    if (t.n > 0) {
        m->txt[w->txt].at = (uint16_t)(e->at + (v.n > 0 ? (size_t)(t.p - v.p) : 0));
        m->txt[w->txt].n = (uint8_t)t.n;
    }
}

/** Name of an element for query_keys: its keyword, or (gggg,eeee). room: at least 12 bytes. */
struct ww_slice ww_dicom_key_name(uint32_t tag, char room[12])
{
    uint8_t row = (tag >> 16 & 1) != 0 ? NO_ROW : find(tag);
    if (row != NO_ROW)
        return ww_slice_str(wants[row].keyword);
    struct ww_out o = ww_out(room, 12);
    ww_out_c(&o, '(');
    ww_out_hex(&o, tag >> 16, 4);
    ww_out_c(&o, ',');
    ww_out_hex(&o, tag & 0xffff, 4);
    ww_out_c(&o, ')');
    return (struct ww_slice){ (const uint8_t *)room, o.n };
}

/* FNV-1a; only equality within one association matters. 0 = the object names no equipment. */
static uint32_t fingerprint(const struct msg *m)
{
    static const uint8_t of[] = { T_MANUF, T_MODEL, T_SERIAL };
    uint32_t h = 2166136261u;
    size_t n = 0;
    for (size_t i = 0; i < sizeof of; i++) {
        struct ww_rd r = ww_rd(ww_dicom_txt(m, (enum txt)of[i]));
        n += r.left;
        while (r.left > 0)
            h = (h ^ ww_rd_u8(&r)) * 16777619u;
        h = (h ^ 0x5c) * 16777619u;
    }
    return n == 0 ? 0 : h | 1;
}

/**
 * Does the sender seem to be the equipment that made the object?
 * Return: false when another made it, or when it cannot be told
 */
static bool originating(const struct call *c, const struct msg *m, bool truncated)
{
    uint32_t print = fingerprint(m);
    if (print != 0 && c->s->equipment == 0)
        c->s->equipment = print;
    if (print != 0 && c->s->equipment != print)
        c->s->many = true; /* objects of several devices: a forwarder */
    if (truncated || c->s->many || print == 0)
        return false;
    if (!c->d->requestor_known || c->d->requestor != (uint8_t)c->dir)
        return false; /* objects that come back on a C-GET */
    return m->image != IMG_DERIVED && !m->converted && ww_dicom_txt(m, T_ORIG).n == 0;
}

static void subject(const struct call *c, const struct msg *m, struct ww_dicom_dataset *e)
{
    char room[sizeof e->subject_id.b];
    struct ww_out o = ww_out(room, sizeof room);
    struct ww_slice part[] = { ww_dicom_txt(m, T_MANUF), ww_dicom_txt(m, T_MODEL),
                               ww_dicom_txt(m, T_SERIAL) };
    if (e->originating) {
        e->subject_ip = ww_end_at(c->cx, c->dir).ip;
        return;
    }
    if (part[2].n == 0)
        return; /* without a serial number nobody in particular */
    for (size_t i = 0; i < 3; i++) {
        if (i > 0)
            ww_out_c(&o, '/');
        ww_out_raw(&o, part[i].p, part[i].n < 45 ? part[i].n : 45);
    }
    (void)WW_SET(e->subject_id, ((struct ww_slice){ (const uint8_t *)room, o.n }));
}

/* Splits a multiple value and adds its non-empty parts. Return: false when one did not fit. */
#define ADD_PARTS(dst, text) add_parts(&(dst).len, &(dst).total, (dst).b, sizeof((dst).b), (text))
static bool add_parts(uint16_t *len, uint16_t *total, char *b, size_t cap, struct ww_slice text)
{
    bool all = true;
    for (size_t at = 0; at < text.n;) {
        size_t to = ww_slice_find(text, at, '\\');
        struct ww_slice one = ww_slice_trim(ww_slice_sub(text, at, to - at));
        if (one.n > 0)
            all = ww_list_add(len, total, b, cap, one) && all;
        at = to + 1;
    }
    return all;
}

static const char *encoding_name(const struct msg *m)
{
    switch ((enum encoding)m->el.encoding) {
    case DS_IMPLICIT_LE:
        return "implicit_le";
    case DS_EXPLICIT_LE:
        return m->packed ? "deflated" : "explicit_le";
    case DS_EXPLICIT_BE:
        return "explicit_be";
    case DS_GUESS:
    case DS_DEFLATED:
    case DS_OPAQUE:
        return "opaque";
    }
    return "opaque";
}

/**
 * Tells what the data set of a C-STORE or N-CREATE says about the equipment.
 * In:     truncated  parts of the data set are missing
 */
void ww_dicom_dataset_event(const struct call *c, struct msg *m, bool truncated)
{
    struct ww_dicom_dataset e = { .message_id = (m->has & HAS_ID) != 0 ? m->id : WW_NULL32 };
    const struct ctx *x = ww_dicom_ctx(c->d, m->pcid);
    const struct command *k = ww_dicom_command(m->field);
    struct ww_slice sop = ww_dicom_txt(m, T_SOP);
    struct ww_slice station = ww_dicom_txt(m, T_STATION);
    if (k == NULL && !m->of_file)
        return;
    bool complete = WW_SET(e.command, ww_slice_str(k != NULL ? k->name : "file"));
    complete = WW_SET(e.sop_class, sop) && complete;
    complete = WW_SET(e.sop_class_name, ww_slice_str(ww_dicom_uid_name(sop))) && complete;
    if (x != NULL)
        (void)WW_SET(e.transfer_syntax, ww_dicom_uid_text(&c->d->uids, x->accepted));
    (void)WW_SET(e.encoding, ww_slice_str(encoding_name(m)));
    e.encoding_guessed = m->guessed;
    complete = ADD_PARTS(e.charsets, ww_dicom_txt(m, T_CHARSET)) && complete;
    (void)WW_SET(e.modality, ww_dicom_txt(m, T_MODALITY));
    (void)WW_SET(e.manufacturer, ww_dicom_txt(m, T_MANUF));
    (void)WW_SET(e.model, ww_dicom_txt(m, T_MODEL));
    complete = ADD_PARTS(e.software_versions, ww_dicom_txt(m, T_SW)) && complete;
    (void)WW_SET(e.serial, ww_dicom_txt(m, T_SERIAL));
    (void)WW_SET(e.device_uid, ww_dicom_txt(m, T_DEVUID));
    (void)WW_SET(e.station_name, station.n > 0 ? station : ww_dicom_txt(m, T_STEP_NAME));
    (void)WW_SET(e.station_aet, ww_dicom_txt(m, T_STEP_AET));
    (void)WW_SET(e.institution, ww_dicom_txt(m, T_INST));
    e.originating = originating(c, m, truncated);
    subject(c, m, &e);
    e.dataset_bytes = m->bytes_unknown ? WW_NULL64 : m->nbytes;
    e.phi_kinds = m->phi_kinds;
    e.phi_count = m->phi_count;
    e.assoc_seen = c->d->seen;
    ww_dicom_mark(c, truncated || !complete);
    ww_emit(c->cx, &ww_dicom_dataset_type, c->dir, &e);
}
