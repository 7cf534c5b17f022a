/* message.c - one HL7 v2 message, segment by segment, from its MSH to the event.
 * Source: HL7 v2.5.1 chapter 2 (MSH, MSA, ERR, SFT, batch segments), IHE PCD TF-2 rev. 8 */
#include "dissectors/medical/hl7/hl7.h"

WW_EVENT_TYPE(hl7_message, "hl7.message", "An HL7 v2 message without MSA: a request or a result", 0,
              HL7_MESSAGE_FIELDS);
WW_EVENT_TYPE(hl7_ack, "hl7.ack", "An HL7 v2 message with MSA: an acknowledgement or a response", 0,
              HL7_ACK_FIELDS);
WW_EVENT_TYPE(hl7_device, "hl7.device", "A device that an HL7 v2 message names", 0,
              HL7_DEVICE_FIELDS);
WW_EVENT_TYPE(hl7_software, "hl7.software", "Software that the sender names as its own (SFT)", 0,
              HL7_SOFTWARE_FIELDS);
WW_EVENT_TYPE(hl7_batch, "hl7.batch", "A file or batch of messages is over", 0, HL7_BATCH_FIELDS);
WW_EVENT_TYPE(hl7_block, "hl7.block", "An MLLP block without a message", 0, HL7_BLOCK_FIELDS);

/* hl7.message is emitted from the front of struct hl7_ack */
static_assert(offsetof(struct hl7_message, patient_name) == offsetof(struct hl7_ack, patient_name),
              "the two bodies begin alike");
static_assert(sizeof(struct hl7_message) <= sizeof(struct hl7_ack), "the two bodies begin alike");

static struct ww_slice field(const struct hl7_fields *f, size_t n)
{
    return n < f->n ? ww_slice_trim(f->f[n]) : (struct ww_slice){ NULL, 0 };
}

static struct ww_slice comp(const struct hl7_msg *m, const struct hl7_fields *f, size_t n, size_t i)
{
    return ww_slice_trim(ww_hl7_part(field(f, n), m->text.seps.comp, f->enc, i));
}

static unsigned digits(struct ww_rd *r, unsigned n, unsigned otherwise)
{
    unsigned v = 0;
    if (r->left < n)
        return otherwise;
    for (struct ww_rd look = *r; n > 0; n--) {
        uint8_t b = ww_rd_u8(&look);
        if (b < '0' || b > '9')
            return otherwise;
        v = v * 10 + (b - '0');
        if (n == 1)
            *r = look;
    }
    return v;
}

/* Days from 1970-01-01 of a civil date (proleptic Gregorian). */
static int64_t days(unsigned year, unsigned month, unsigned day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = y / 400, yoe = y % 400;
    int64_t doy = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/**
 * Reads a time stamp, YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ].
 * Out:    zoned  a zone was given; without one the local time is read as if it were UTC
 * Return: ns since 1970 UTC; 0 when it is none
 * Source: HL7 v2.5.1 2.A.22 (DTM)
 */
static uint64_t time_of(struct ww_slice s, bool *zoned)
{
    enum { NONE = 10000 };
    struct ww_rd r = ww_rd(s);
    unsigned year = digits(&r, 4, NONE), month = digits(&r, 2, 1), day = digits(&r, 2, 1);
    unsigned hour = digits(&r, 2, 0), minute = digits(&r, 2, 0), second = digits(&r, 2, 0);
    *zoned = false;
    if (year == NONE || year < 1970 || year > 2400 || month < 1 || month > 12 || day < 1 ||
        day > 31 || hour > 23 || minute > 59 || second > 60)
        return 0;
    int64_t t = (days(year, month, day) * 24 + hour) * 3600 + minute * 60 + second;
    uint64_t ns = 0, unit = 100000000;
    if (ww_slice_at((struct ww_slice){ r.p, r.left }, 0) == '.') {
        ww_rd_skip(&r, 1);
        for (unsigned d; unit >= 1000 && (d = digits(&r, 1, NONE)) != NONE; unit /= 10)
            ns += d * unit;
    }
    uint8_t sign = ww_slice_at((struct ww_slice){ r.p, r.left }, 0);
    if (sign == '+' || sign == '-') {
        ww_rd_skip(&r, 1);
        unsigned zh = digits(&r, 2, NONE), zm = digits(&r, 2, NONE);
        if (zh <= 14 && zm <= 59) {
            int64_t off = (int64_t)zh * 3600 + zm * 60;
            t += sign == '+' ? -off : off;
            *zoned = true;
        }
    }
    return t > 0 ? (uint64_t)t * 1000000000u + ns : 0;
}

/* Profiles of MSH-21 by a part of their text. */
static void transaction(struct hl7_msg *m)
{
    static const struct {
        const char *in, *name;
    } known[] = { { "IHE_PCD_ACM", "PCD-04" },     { "IHE_PCD_PIV", "PCD-03" },
                  { "IHE_PCD_IPEC", "PCD-10" },    { "IHE_PCD_IDC", "PCD-09" },
                  { "PCD_DEC", "PCD-01" },         { "IHE_PCD_001", "PCD-01" },
                  { "PCD_ACM", "PCD-04" },         { "PCD_PIV", "PCD-03" },
                  { "19376.1.6.1.1.1", "PCD-01" }, { "19376.1.6.1.3.1", "PCD-03" },
                  { "19376.1.6.1.4.1", "PCD-04" } };
    static const struct {
        const char *type, *trigger, *name;
    } sure[] = { { "ORU", "R40", "PCD-04" },
                 { "ORA", "R41", "PCD-05" },
                 { "ORU", "R42", "PCD-10" } };
    struct ww_slice p = WW_STR(m->ev.profile);
    bool any =
        p.n > 0 && (memmem(p.p, p.n, "PCD", 3) != NULL || memmem(p.p, p.n, "19376", 5) != NULL);
    for (size_t i = 0; i < sizeof known / sizeof known[0] && any; i++)
        if (memmem(p.p, p.n, known[i].in, strlen(known[i].in)) != NULL) {
            (void)WW_SET(m->ev.transaction, ww_slice_str(known[i].name));
            return;
        }
    for (size_t i = 0; i < sizeof sure / sizeof sure[0]; i++)
        if (ww_slice_eqs(WW_STR(m->ev.message_type), sure[i].type) &&
            ww_slice_eqs(WW_STR(m->ev.trigger), sure[i].trigger))
            (void)WW_SET(m->ev.transaction, ww_slice_str(sure[i].name));
}

/**
 * Starts a message with its MSH segment.
 * In:     seg  MSH without its end; cut: it was longer than HL7_SEG_MAX
 */
void ww_hl7_begin(struct ww_cx *cx, struct hl7_msg *m, struct ww_slice seg, bool cut)
{
    struct hl7_fields f;
    struct hl7_ack *e = &m->ev;
    (void)cx;
    *m = (struct hl7_msg){ .open = true, .truncated = cut };
    if (!ww_hl7_seps(seg, &m->text.seps))
        m->truncated = true;
    ww_hl7_split(seg, &m->text, &f, 21);
    m->text.declared = ww_hl7_declared(field(&f, 18));
    if (m->text.seen_2022 || m->text.seen_high) { /* now that the character set is known */
        m->text = (struct hl7_text){ .seps = m->text.seps, .declared = m->text.declared };
        ww_hl7_split(seg, &m->text, &f, 21);
    }
    char buf[HL7_TEXT];
    (void)WW_SET(e->sending_app, ww_hl7_text(&m->text, f.enc, field(&f, 3), buf));
    (void)WW_SET(e->sending_facility, ww_hl7_text(&m->text, f.enc, field(&f, 4), buf));
    (void)WW_SET(e->receiving_app, ww_hl7_text(&m->text, f.enc, field(&f, 5), buf));
    (void)WW_SET(e->receiving_facility, ww_hl7_text(&m->text, f.enc, field(&f, 6), buf));
    e->message_time = time_of(comp(m, &f, 7, 0), &e->message_time_zoned);
    e->credential_present = ww_hl7_filled(field(&f, 8));
    (void)WW_SET(e->message_type, comp(m, &f, 9, 0));
    (void)WW_SET(e->trigger, comp(m, &f, 9, 1));
    (void)WW_SET(e->structure, comp(m, &f, 9, 2));
    m->truncated |= !WW_SET(e->control_id, field(&f, 10));
    (void)WW_SET(e->processing_id, comp(m, &f, 11, 0));
    (void)WW_SET(e->version, comp(m, &f, 12, 0));
    (void)WW_SET(e->accept_ack, field(&f, 15));
    (void)WW_SET(e->app_ack, field(&f, 16));
    (void)WW_SET(e->country, field(&f, 17));
    (void)WW_SET(e->charset, field(&f, 18));
    (void)WW_SET(e->profile, ww_hl7_part(field(&f, 21), m->text.seps.rep, f.enc, 0));
    transaction(m);
    e->latency_ms = WW_NULL32;
    e->segment_count = 1;
    (void)WW_ADD(e->segments, WW_SLICE_LIT("MSH"));
}

static void ack(struct hl7_msg *m, const struct hl7_fields *f)
{
    if (m->has_msa) /* one MSA a message (2.9.2); a second says nothing that can be paired */
        return;
    m->has_msa = true;
    (void)WW_SET(m->ev.ack_code, field(f, 1));
    m->truncated |= !WW_SET(m->ev.ack_control_id, field(f, 2));
    if (m->ev.error_code.len == 0)
        (void)WW_SET(m->ev.error_code, comp(m, f, 6, 0));
}

static void error(struct hl7_msg *m, const struct hl7_fields *f)
{
    /* since 2.5 ERR-3 and ERR-4; before, the fourth component of ERR-1, itself a coded element */
    struct ww_slice code = comp(m, f, 3, 0);
    if (code.n == 0)
        code = ww_hl7_part(comp(m, f, 1, 3), m->text.seps.sub, f->enc, 0);
    if (m->ev.error_code.len == 0)
        (void)WW_SET(m->ev.error_code, code);
    if (m->ev.error_severity.len == 0)
        (void)WW_SET(m->ev.error_severity, field(f, 4));
}

static uint32_t id_number(struct ww_slice id)
{
    struct ww_rd r = ww_rd(id);
    return ww_rd_be24(&r);
}

static bool id_valid(struct ww_slice id)
{
    for (size_t i = 0; i < 3; i++) {
        uint8_t b = ww_slice_at(id, i);
        if (!(b >= 'A' && b <= 'Z') && !(i > 0 && b >= '0' && b <= '9'))
            return false;
    }
    return true;
}

/* Reads a segment by its kind. */
static void by_kind(struct ww_cx *cx, struct hl7_msg *m, const struct hl7_fields *f)
{
    switch (id_number(f->f[0])) {
    case HL7_ID('M', 'S', 'A'):
        ack(m, f);
        return;
    case HL7_ID('E', 'R', 'R'):
        error(m, f);
        return;
    case HL7_ID('S', 'F', 'T'):
        ww_hl7_software(m, f);
        return;
    case HL7_ID('U', 'A', 'C'):
        m->ev.credential_present |= ww_hl7_filled(field(f, 2));
        return;
    case HL7_ID('P', 'R', 'T'):
        ww_hl7_device_prt(m, f);
        return;
    case HL7_ID('E', 'Q', 'U'):
        ww_hl7_device_equ(m, f);
        return;
    case HL7_ID('O', 'B', 'X'):
        ww_hl7_device_obx(m, f);
        break;
    case HL7_ID('O', 'B', 'R'): /* PCD-04: an alarm says so in its first OBR */
        if (m->ev.transaction.len == 0 && ww_slice_eqs(comp(m, f, 4, 0), "196616"))
            (void)WW_SET(m->ev.transaction, WW_SLICE_LIT("PCD-04"));
        break;
    }
    ww_hl7_phi(cx, m, f);
}

/* The last field that is looked at in this kind of segment; 0 for those that say nothing. */
static size_t last_field(const struct hl7_msg *m, uint32_t id)
{
    switch (id) {
    case HL7_ID('M', 'S', 'A'):
        return 6;
    case HL7_ID('E', 'R', 'R'):
    case HL7_ID('S', 'F', 'T'):
        return 4;
    case HL7_ID('U', 'A', 'C'):
        return 2;
    case HL7_ID('P', 'R', 'T'):
        return 22;
    case HL7_ID('E', 'Q', 'U'):
        return 1;
    case HL7_ID('O', 'B', 'X'):
        return 18;
    case HL7_ID('O', 'B', 'R'):
        return m->ev.transaction.len == 0 ? 35 : ww_hl7_phi_last(m, id);
    }
    return ww_hl7_phi_last(m, id);
}

/**
 * Reads one further segment of an open message.
 * In:     seg  without its end; cut: only its beginning is there
 * Limits: HL7_SEGS_MAX segments and HL7_PARSE_MAX bytes are read, all are counted
 */
void ww_hl7_segment(struct ww_cx *cx, struct hl7_msg *m, struct ww_slice seg, bool cut)
{
    struct ww_slice id = ww_slice_sub(seg, 0, 3);
    m->truncated |= cut;
    if (!id_valid(id) || (seg.n > 3 && ww_slice_at(seg, 3) != m->text.seps.field)) {
        m->stray = true; /* a CR inside a text: illegal, seen, and of no harm (2.5.2) */
        return;
    }
    m->ev.segment_count++;
    if (m->ev.segment_count > HL7_SEGS_MAX || m->ev.bytes > HL7_PARSE_MAX) {
        m->truncated = true;
        return;
    }
    m->truncated |= !WW_ADD(m->ev.segments, id);
    size_t last = last_field(m, id_number(id));
    if (last == 0)
        return;
    struct hl7_fields f;
    ww_hl7_split(seg, &m->text, &f, last);
    by_kind(cx, m, &f);
}
