/* head.c - the MSH segment: who sends what to whom, and how it wants to be answered.
 * Source: HL7 v2.5.1 2.15.9, v2.8 2.14.9 (MSH), 2.A.22 (DTM); IHE PCD TF-2 rev. 8; SS-MIX2 1.2 */
#include "dissectors/medical/hl7/hl7.h"

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
 *         exact  it has seconds
 * Return: ns since 1970 UTC; 0 when it is none
 * Source: HL7 v2.5.1 2.A.22 (DTM)
 */
static uint64_t time_of(struct ww_slice s, bool *zoned, bool *exact)
{
    enum { NONE = 10000, SECONDS = 14 };
    size_t at = 0;
    unsigned year = digits(s, &at, 4, NONE), month = digits(s, &at, 2, 1),
             day = digits(s, &at, 2, 1);
    unsigned hour = digits(s, &at, 2, 0), minute = digits(s, &at, 2, 0);
    unsigned second = digits(s, &at, 2, 0);
    *zoned = false;
    *exact = at >= SECONDS;
    if (year == NONE || year < 1970 || year > 2400 || month < 1 || month > 12 || day < 1 ||
        day > 31 || hour > 23 || minute > 59 || second > 60)
        return 0;
    int64_t t = (days(year, month, day) * 24 + hour) * 3600 + (int64_t)minute * 60 + second;
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
            int64_t off = (int64_t)zh * 3600 + (int64_t)zm * 60;
            t += sign == '+' ? -off : off;
            *zoned = true;
        }
    }
    return t > 0 ? (uint64_t)t * 1000000000u + ns : 0;
}

/* How far the sender's clock, as MSH-7 shows it, is from the capture's. Zones are multiples of a
 * quarter of an hour: without one the smallest distance that some zone gives is taken. */
static void clock_offset(struct ww_cx *cx, struct hl7_ack *e, bool exact)
{
    enum { QUARTER_S = 900 };
    uint64_t now = ww_now(cx), then = e->message_time;
    if (!exact || then == 0)
        return;
    bool ahead = then > now;
    uint64_t off = (ahead ? then - now : now - then) / 1000000000u;
    if (!e->message_time_zoned) {
        off %= QUARTER_S;
        if (off > QUARTER_S / 2) {
            off = QUARTER_S - off;
            ahead = !ahead;
        }
    }
    e->clock_offset = off < WW_NULL32 ? (uint32_t)off : WW_NULL32 - 1;
    e->clock_ahead = ahead && off > 0;
}

/* MSH-7. */
static void message_time(struct ww_cx *cx, struct hl7_ack *e, struct ww_slice stamp)
{
    bool exact = false;
    e->message_time = time_of(stamp, &e->message_time_zoned, &exact);
    clock_offset(cx, e, exact);
}

/* What follows the first place of a text; empty when it is not there. */
static struct ww_slice after(struct ww_slice s, struct ww_slice part)
{
    const uint8_t *p = s.n > 0 ? memmem(s.p, s.n, part.p, part.n) : NULL;
    return p == NULL ? (struct ww_slice){ NULL, 0 }
                     : ww_slice_sub(s, (size_t)(p - s.p) + part.n, s.n);
}

/* The transaction that a profile names, by what follows PCD_ or the OID of the framework. */
static const char *by_profile(struct ww_slice profiles)
{
    static const struct {
        bool oid;
        const char *next, *name;
    } known[] = { { false, "ACM", "PCD-04" },  { false, "PIV", "PCD-03" },
                  { false, "IPEC", "PCD-10" }, { false, "IDC", "PCD-09" },
                  { false, "DEC", "PCD-01" },  { false, "001", "PCD-01" },
                  { true, "1.1", "PCD-01" },   { true, "3.1", "PCD-03" },
                  { true, "4.1", "PCD-04" } };
    struct ww_slice name = after(profiles, WW_SLICE_LIT("PCD_"));
    struct ww_slice oid = name.n > 0 ? name : after(profiles, WW_SLICE_LIT("19376.1.6.1."));
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].oid == (name.n == 0) && ww_slice_starts(oid, known[i].next))
            return known[i].name;
    return NULL;
}

/* The IHE transaction: a trigger that has one meaning, or MSH-21 (all repetitions). */
static void transaction(struct hl7_msg *m, struct ww_slice profiles)
{
    static const struct {
        const char *type, *trigger, *name;
    } sure[] = { { "ORU", "R40", "PCD-04" },
                 { "ORA", "R41", "PCD-05" },
                 { "ORU", "R42", "PCD-10" } };
    struct ww_slice trigger = WW_STR(m->ev.trigger);
    const char *name = NULL;
    for (size_t i = 0; ww_slice_at(trigger, 1) == '4' && i < sizeof sure / sizeof sure[0]; i++)
        if (ww_slice_eqs(WW_STR(m->ev.message_type), sure[i].type) &&
            ww_slice_eqs(trigger, sure[i].trigger))
            name = sure[i].name;
    if (name == NULL && profiles.n > 0)
        name = by_profile(profiles);
    if (name != NULL)
        (void)WW_SET(m->ev.transaction, ww_slice_str(name));
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

/* SS-MIX2 stores each message under a type of data; * stands for what the message does not tell. */
static const struct {
    const char *type, *trigger, *stored;
} ssmix2[] = {
    { "ADT", "A08", "ADT-00" }, { "ADT", "A54", "ADT-01" }, { "ADT", "A55", "ADT-01" },
    { "ADT", "A04", "ADT-12" }, { "ADT", "A14", "ADT-21" }, { "ADT", "A27", "ADT-21" },
    { "ADT", "A01", "ADT-22" }, { "ADT", "A11", "ADT-22" }, { "ADT", "A21", "ADT-31" },
    { "ADT", "A52", "ADT-31" }, { "ADT", "A22", "ADT-32" }, { "ADT", "A53", "ADT-32" },
    { "ADT", "A15", "ADT-41" }, { "ADT", "A26", "ADT-41" }, { "ADT", "A02", "ADT-42" },
    { "ADT", "A12", "ADT-42" }, { "ADT", "A16", "ADT-51" }, { "ADT", "A25", "ADT-51" },
    { "ADT", "A03", "ADT-52" }, { "ADT", "A13", "ADT-52" }, { "ADT", "A60", "ADT-61" },
    { "PPR", "ZD1", "PPR-01" }, { "OMD", "O03", "OMD" },    { "RDE", "O11", "OMP-0*" },
    { "RAS", "O17", "OMP-1*" }, { "OML", "O33", "OML-01" }, { "OUL", "R22", "OML-11" },
    { "OMG", "O19", "OMG-0*" }, { "OMI", "Z23", "OMG-1*" }, { "ORU", "R01", "OMG-13" },
};

static bool holds(struct ww_slice s, const char *part)
{
    return s.n > 0 && memmem(s.p, s.n, part, strlen(part)) != NULL;
}

/* The Japanese convention that a message follows, by its profile, or by a trigger that only JAHIS
 * data exchange standards define. */
static void convention(struct hl7_msg *m, struct ww_slice profiles)
{
    struct hl7_ack *e = &m->ev;
    struct ww_slice type = WW_STR(e->message_type), trigger = WW_STR(e->trigger);
    if (e->transaction.len > 0)
        return;
    bool stored = holds(profiles, "SS-MIX") || holds(profiles, "1.2.392.200250.2.1");
    bool jahis =
        holds(profiles, "JAHIS") || (ww_slice_at(trigger, 0) == 'Z' &&
                                     ((ww_slice_eqs(type, "PPR") && ww_slice_eqs(trigger, "ZD1")) ||
                                      (ww_slice_eqs(type, "OMI") && ww_slice_eqs(trigger, "Z23"))));
    if (stored)
        (void)WW_SET(e->convention, WW_SLICE_LIT("SS-MIX2"));
    else if (jahis)
        (void)WW_SET(e->convention, WW_SLICE_LIT("JAHIS"));
    for (size_t i = 0; i < sizeof ssmix2 / sizeof ssmix2[0] && stored; i++)
        if (ww_slice_eqs(type, ssmix2[i].type) && ww_slice_eqs(trigger, ssmix2[i].trigger))
            (void)WW_SET(e->ssmix2_type, ww_slice_str(ssmix2[i].stored));
}

/* Names with other characters or escape sequences. */
static void parties_converted(struct hl7_msg *m, const struct hl7_fields *f)
{
    char buf[HL7_TEXT];
    struct hl7_ack *e = &m->ev;
    (void)WW_SET(e->sending_app, ww_hl7_text(&m->text, f->enc, ww_hl7_trimmed(f, 3), buf));
    (void)WW_SET(e->sending_facility, ww_hl7_text(&m->text, f->enc, ww_hl7_trimmed(f, 4), buf));
    (void)WW_SET(e->receiving_app, ww_hl7_text(&m->text, f->enc, ww_hl7_trimmed(f, 5), buf));
    (void)WW_SET(e->receiving_facility, ww_hl7_text(&m->text, f->enc, ww_hl7_trimmed(f, 6), buf));
}

/* Names of the two applications and facilities. */
static void parties(struct hl7_msg *m, const struct hl7_fields *f)
{
    struct hl7_ack *e = &m->ev;
    if (!ww_hl7_text_plain(&m->text, f)) {
        parties_converted(m, f);
        return;
    }
    (void)WW_SET(e->sending_app, ww_hl7_trimmed(f, 3));
    (void)WW_SET(e->sending_facility, ww_hl7_trimmed(f, 4));
    (void)WW_SET(e->receiving_app, ww_hl7_trimmed(f, 5));
    (void)WW_SET(e->receiving_facility, ww_hl7_trimmed(f, 6));
}

/* MSH-9: code, trigger, structure. */
static void message_type(struct hl7_msg *m, const struct hl7_fields *f)
{
    struct hl7_ack *e = &m->ev;
    uint8_t sep = m->text.seps.comp;
    struct ww_slice type = ww_hl7_trimmed(f, 9);
    size_t end = sep != 0 ? ww_slice_find(type, 0, sep) : type.n;
    (void)WW_SET(e->message_type, ww_slice_trim(ww_slice_sub(type, 0, end)));
    struct ww_slice rest = ww_slice_sub(type, end + 1, type.n);
    end = ww_slice_find(rest, 0, sep);
    (void)WW_SET(e->trigger, ww_slice_trim(ww_slice_sub(rest, 0, end)));
    (void)WW_SET(e->structure,
                 ww_slice_trim(ww_hl7_first(ww_slice_sub(rest, end + 1, rest.n), sep, f->enc)));
}

/* MSH-13 to 25, which few senders fill. */
static void rest_of(struct hl7_msg *m, const struct hl7_fields *f)
{
    char buf[HL7_TEXT];
    struct hl7_ack *e = &m->ev;
    e->sequence = ww_hl7_number(ww_hl7_field(f, 13));
    e->continuation = ww_hl7_filled(ww_hl7_field(f, 14));
    if (!ww_hl7_has(f, 15))
        return;
    (void)WW_SET(e->accept_ack, ww_hl7_trimmed(f, 15));
    (void)WW_SET(e->app_ack, ww_hl7_trimmed(f, 16));
    (void)WW_SET(e->country, ww_hl7_trimmed(f, 17));
    (void)WW_SET(e->charset, ww_hl7_trimmed(f, 18));
    if (!ww_hl7_has(f, 19))
        return;
    (void)WW_SET(e->language, ww_hl7_comp(m, f, 19, 0));
    (void)WW_SET(e->charset_handling, ww_hl7_trimmed(f, 20));
    (void)WW_SET(e->profile, ww_hl7_first(ww_hl7_trimmed(f, 21), m->text.seps.rep, f->enc));
    (void)WW_SET(e->sending_organization,
                 ww_hl7_text(&m->text, f->enc, ww_hl7_comp(m, f, 22, 0), buf));
    (void)WW_SET(e->receiving_organization,
                 ww_hl7_text(&m->text, f->enc, ww_hl7_comp(m, f, 23, 0), buf));
    (void)WW_SET(e->sending_address, ww_hl7_trimmed(f, 24));
    (void)WW_SET(e->receiving_address, ww_hl7_trimmed(f, 25));
}

/**
 * Starts a message with its MSH segment.
 * In:     seg  MSH without its end; cut: it was longer than HL7_SEG_MAX
 */
void ww_hl7_begin(const struct hl7_run *run, struct ww_slice seg, bool cut)
{
    enum { LAST = 25 };
    struct hl7_fields f;
    struct hl7_msg *m = &run->s->m;
    struct hl7_ack *e = &m->ev;
    empty(m);
    m->open = true;
    m->truncated = !ww_hl7_seps(seg, &m->text.seps) || cut;
    ww_hl7_split(seg, true, &m->text, &f, LAST);
    ww_hl7_declared(ww_hl7_trimmed(&f, 18), &m->text);
    if (m->text.seen_2022 || m->text.seen_high) { /* now that the character set is known */
        m->text = (struct hl7_text){ .seps = m->text.seps,
                                     .declared = m->text.declared,
                                     .part = m->text.part };
        ww_hl7_split(seg, true, &m->text, &f, LAST);
    }
    parties(m, &f);
    message_time(run->cx, e, ww_hl7_trimmed(&f, 7));
    e->credential_present = ww_hl7_filled(ww_hl7_field(&f, 8));
    message_type(m, &f);
    m->truncated |= !WW_SET(e->control_id, ww_hl7_trimmed(&f, 10));
    (void)WW_SET(e->processing_id, ww_hl7_comp(m, &f, 11, 0));
    (void)WW_SET(e->version, ww_hl7_comp(m, &f, 12, 0));
    if (ww_hl7_has(&f, 13))
        rest_of(m, &f);
    transaction(m, ww_hl7_field(&f, 21));
    convention(m, ww_hl7_field(&f, 21));
    ww_hl7_listed(m, HL7_ID('M', 'S', 'H'));
}
