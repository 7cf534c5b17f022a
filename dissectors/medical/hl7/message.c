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
    return ww_slice_trim(ww_hl7_field(f, n));
}

static struct ww_slice comp(const struct hl7_msg *m, const struct hl7_fields *f, size_t n, size_t i)
{
    struct ww_slice whole = ww_hl7_field(f, n);
    return ww_slice_trim(i == 0 ? ww_hl7_first(whole, m->text.seps.comp, f->enc)
                                : ww_hl7_part(whole, m->text.seps.comp, f->enc, i));
}

/* A number of n digits at *at, which then stands behind it; otherwise when there is none. */
static unsigned digits(struct ww_slice s, size_t *at, size_t n, unsigned otherwise)
{
    unsigned v = 0;
    for (size_t i = *at; i < *at + n; i++) {
        unsigned d = ww_slice_at(s, i) - (unsigned)'0';
        if (d > 9)
            return otherwise;
        v = v * 10 + d;
    }
    *at += n;
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
    size_t at = 0;
    unsigned year = digits(s, &at, 4, NONE), month = digits(s, &at, 2, 1),
             day = digits(s, &at, 2, 1);
    unsigned hour = digits(s, &at, 2, 0), minute = digits(s, &at, 2, 0);
    unsigned second = digits(s, &at, 2, 0);
    *zoned = false;
    if (year == NONE || year < 1970 || year > 2400 || month < 1 || month > 12 || day < 1 ||
        day > 31 || hour > 23 || minute > 59 || second > 60)
        return 0;
    int64_t t = (days(year, month, day) * 24 + hour) * 3600 + minute * 60 + second;
    uint64_t ns = 0, unit = 100000000;
    if (ww_slice_at(s, at) == '.') {
        at++;
        for (unsigned d; unit >= 1000 && (d = digits(s, &at, 1, NONE)) != NONE; unit /= 10)
            ns += d * unit;
    }
    uint8_t sign = ww_slice_at(s, at);
    if (sign == '+' || sign == '-') {
        at++;
        unsigned zh = digits(s, &at, 2, NONE), zm = digits(s, &at, 2, NONE);
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
    struct ww_slice trigger = WW_STR(m->ev.trigger);
    bool any =
        p.n > 0 && (memmem(p.p, p.n, "PCD", 3) != NULL || memmem(p.p, p.n, "19376", 5) != NULL);
    if (!any && (trigger.n != 3 || ww_slice_at(trigger, 1) != '4'))
        return;
    for (size_t i = 0; i < sizeof known / sizeof known[0] && any; i++)
        if (memmem(p.p, p.n, known[i].in, strlen(known[i].in)) != NULL) {
            (void)WW_SET(m->ev.transaction, ww_slice_str(known[i].name));
            return;
        }
    for (size_t i = 0; i < sizeof sure / sizeof sure[0]; i++)
        if (ww_slice_eqs(WW_STR(m->ev.message_type), sure[i].type) &&
            ww_slice_eqs(trigger, sure[i].trigger))
            (void)WW_SET(m->ev.transaction, ww_slice_str(sure[i].name));
}

/* Empties an event without touching the room of its texts: bodies are large, messages frequent. */
#define EMPTY_STR(n)                            e->n.len = 0;
#define EMPTY_LIST(n)                           e->n.len = e->n.total = 0;
#define EMPTY_BOOL(n)                           e->n = false;
#define EMPTY_TIME(n)                           e->n = 0;
#define EMPTY_U16(n)                            e->n = 0;
#define EMPTY_U32(n)                            e->n = 0;
#define EMPTY_U32N(n)                           e->n = WW_NULL32;
#define EMPTY_U64(n)                            e->n = 0;
#define EMPTY_HASH(n)                           e->n = 0;
#define EMPTY(S, type, n, cap, role, unit, doc) EMPTY_##type(n)
static void empty(struct hl7_msg *m)
{
    struct hl7_ack *e = &m->ev;
    HL7_ACK_FIELDS(EMPTY, )
    m->truncated = m->has_msa = m->has_software = m->stray = false;
    m->ndevices = 0;
    m->last_obx18 = 0;
    m->text = (struct hl7_text){ .declared = HL7_CS_NONE };
}

/* Names with other characters or escape sequences. */
static void parties_converted(struct hl7_msg *m, const struct hl7_fields *f)
{
    char buf[HL7_TEXT];
    struct hl7_ack *e = &m->ev;
    (void)WW_SET(e->sending_app, ww_hl7_text(&m->text, f->enc, field(f, 3), buf));
    (void)WW_SET(e->sending_facility, ww_hl7_text(&m->text, f->enc, field(f, 4), buf));
    (void)WW_SET(e->receiving_app, ww_hl7_text(&m->text, f->enc, field(f, 5), buf));
    (void)WW_SET(e->receiving_facility, ww_hl7_text(&m->text, f->enc, field(f, 6), buf));
}

/* Names of the two applications and facilities. */
static void parties(struct hl7_msg *m, const struct hl7_fields *f)
{
    struct hl7_ack *e = &m->ev;
    if (!ww_hl7_text_plain(&m->text, f)) {
        parties_converted(m, f);
        return;
    }
    (void)WW_SET(e->sending_app, field(f, 3));
    (void)WW_SET(e->sending_facility, field(f, 4));
    (void)WW_SET(e->receiving_app, field(f, 5));
    (void)WW_SET(e->receiving_facility, field(f, 6));
}

/* MSH-9: code, trigger, structure. */
static void message_type(struct hl7_msg *m, const struct hl7_fields *f)
{
    struct hl7_ack *e = &m->ev;
    uint8_t sep = m->text.seps.comp;
    struct ww_slice type = field(f, 9), rest = type;
    size_t end = sep != 0 ? ww_slice_find(type, 0, sep) : type.n;
    (void)WW_SET(e->message_type, ww_slice_trim(ww_slice_sub(type, 0, end)));
    rest = ww_slice_sub(type, end + 1, type.n);
    end = ww_slice_find(rest, 0, sep);
    (void)WW_SET(e->trigger, ww_slice_trim(ww_slice_sub(rest, 0, end)));
    (void)WW_SET(e->structure,
                 ww_slice_trim(ww_hl7_first(ww_slice_sub(rest, end + 1, rest.n), sep, f->enc)));
}

/* Counts a segment and puts its id on the list. */
static void listed(struct hl7_msg *m, uint32_t id)
{
    struct hl7_ack *e = &m->ev;
    e->segment_count++;
    if (e->segments.total < UINT16_MAX)
        e->segments.total++;
    if (e->segments.len > sizeof e->segments.b - 4) {
        m->truncated = true;
        return;
    }
    for (unsigned shift = 16;; shift -= 8) {
        e->segments.b[e->segments.len++] = (char)(id >> shift & 0xff);
        if (shift == 0)
            break;
    }
    e->segments.b[e->segments.len++] = 0;
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
    empty(m);
    m->open = true;
    m->truncated = !ww_hl7_seps(seg, &m->text.seps) || cut;
    ww_hl7_split(seg, &m->text, &f, 21);
    m->text.declared = ww_hl7_declared(field(&f, 18));
    if (m->text.seen_2022 || m->text.seen_high) { /* now that the character set is known */
        m->text = (struct hl7_text){ .seps = m->text.seps, .declared = m->text.declared };
        ww_hl7_split(seg, &m->text, &f, 21);
    }
    parties(m, &f);
    e->message_time = time_of(field(&f, 7), &e->message_time_zoned);
    e->credential_present = ww_hl7_filled(field(&f, 8));
    message_type(m, &f);
    m->truncated |= !WW_SET(e->control_id, field(&f, 10));
    (void)WW_SET(e->processing_id, comp(m, &f, 11, 0));
    (void)WW_SET(e->version, comp(m, &f, 12, 0));
    if (ww_hl7_has(&f, 15)) {
        (void)WW_SET(e->accept_ack, field(&f, 15));
        (void)WW_SET(e->app_ack, field(&f, 16));
        (void)WW_SET(e->country, field(&f, 17));
        (void)WW_SET(e->charset, field(&f, 18));
        (void)WW_SET(e->profile, ww_hl7_first(field(&f, 21), m->text.seps.rep, f.enc));
    }
    transaction(m);
    listed(m, HL7_ID('M', 'S', 'H'));
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

/* Segment id as a number; 0 when it is none: a letter, then letters and digits (2.5.2). */
static uint32_t id_of(struct ww_slice seg)
{
    uint32_t id = HL7_ID(ww_slice_at(seg, 0), ww_slice_at(seg, 1), ww_slice_at(seg, 2));
    for (unsigned shift = 0; shift <= 16; shift += 8) {
        unsigned b = id >> shift & 0xff;
        if (b - 'A' > 'Z' - 'A' && (shift == 16 || b - '0' > 9))
            return 0;
    }
    return id;
}

/* Reads a segment by its kind. */
static void by_kind(struct ww_cx *cx, struct hl7_msg *m, const struct hl7_fields *f, uint32_t id,
                    const struct hl7_phi_row *rows)
{
    switch (id) {
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
    ww_hl7_phi(cx, m, f, id, rows);
}

/* The last field that is looked at in this kind of segment; 0 for those that say nothing. */
static size_t last_field(const struct hl7_msg *m, uint32_t id, const struct hl7_phi_row *rows)
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
        return m->ev.transaction.len == 0 ? 35 : ww_hl7_phi_last(m, rows);
    }
    return ww_hl7_phi_last(m, rows);
}

/**
 * Reads one further segment of an open message.
 * In:     seg  without its end; cut: only its beginning is there
 * Limits: HL7_SEGS_MAX segments and HL7_PARSE_MAX bytes are read, all are counted
 */
void ww_hl7_segment(struct ww_cx *cx, struct hl7_msg *m, struct ww_slice seg, bool cut)
{
    uint32_t id = id_of(seg);
    m->truncated |= cut;
    if (id == 0 || (seg.n > 3 && ww_slice_at(seg, 3) != m->text.seps.field)) {
        m->stray = true; /* a CR inside a text: illegal, seen, and of no harm (2.5.2) */
        return;
    }
    if (m->ev.segment_count >= HL7_SEGS_MAX || m->ev.bytes > HL7_PARSE_MAX) {
        m->ev.segment_count++;
        m->truncated = true;
        return;
    }
    listed(m, id);
    const struct hl7_phi_row *rows = ww_hl7_phi_rows(id);
    size_t last = last_field(m, id, rows);
    if (last == 0)
        return;
    struct hl7_fields f;
    ww_hl7_split(seg, &m->text, &f, last);
    by_kind(cx, m, &f, id, rows);
}
