/* record.c - records of one message, from its H on: header, counts, kinds of patient data.
 * Source: LIS02-A2 6 (H), 7 (P), 8 (O), 9 (R), 10 (C), 11 (Q), 12 (L), 13 (S), 14 (M) */
#include "dissectors/lib/charset.h"
#include "dissectors/lib/when.h"
#include "dissectors/medical/astm/astm.h"

/* Which fields hold what about a patient; `direct` fields identify a person by themselves. */
static const struct {
    uint8_t type;
    uint8_t field;
    uint16_t kind;
} phi[] = {
    { 'P', 3, WW_PHI_ID },        { 'P', 4, WW_PHI_ID },        { 'P', 5, WW_PHI_OTHER },
    { 'P', 6, WW_PHI_NAME },      { 'P', 7, WW_PHI_RELATIVE },  { 'P', 8, WW_PHI_BIRTH },
    { 'P', 9, WW_PHI_BODY },      { 'P', 10, WW_PHI_BODY },     { 'P', 11, WW_PHI_CONTACT },
    { 'P', 13, WW_PHI_CONTACT },  { 'P', 14, WW_PHI_STAFF },    { 'P', 15, WW_PHI_TEXT },
    { 'P', 16, WW_PHI_TEXT },     { 'P', 17, WW_PHI_BODY },     { 'P', 18, WW_PHI_BODY },
    { 'P', 19, WW_PHI_CLINICAL }, { 'P', 20, WW_PHI_CLINICAL }, { 'P', 21, WW_PHI_CLINICAL },
    { 'P', 22, WW_PHI_TEXT },     { 'P', 23, WW_PHI_TEXT },     { 'P', 24, WW_PHI_ORDER },
    { 'P', 25, WW_PHI_CLINICAL }, { 'P', 26, WW_PHI_PLACE },    { 'P', 29, WW_PHI_BODY },
    { 'P', 30, WW_PHI_BODY },     { 'P', 31, WW_PHI_CLINICAL }, { 'P', 32, WW_PHI_BODY },
    { 'P', 33, WW_PHI_PLACE },    { 'O', 3, WW_PHI_ORDER },     { 'O', 4, WW_PHI_ORDER },
    { 'O', 11, WW_PHI_STAFF },    { 'O', 13, WW_PHI_CLINICAL }, { 'O', 14, WW_PHI_CLINICAL },
    { 'O', 17, WW_PHI_STAFF },    { 'O', 18, WW_PHI_STAFF },    { 'R', 4, WW_PHI_CLINICAL },
    { 'R', 11, WW_PHI_STAFF },    { 'C', 4, WW_PHI_TEXT },
};

static void note(struct astm_msg *m, uint32_t kind)
{
    m->ev.phi_kinds |= kind;
    m->ev.phi_count += (kind & WW_PHI_DIRECT) != 0;
}

static void patient_data(struct astm_msg *m, const struct astm_fields *f, uint8_t type)
{
    for (size_t i = 0; i < sizeof phi / sizeof phi[0]; i++)
        if (phi[i].type == type && ww_astm_filled(ww_astm_field(f, phi[i].field), &m->seps))
            note(m, phi[i].kind);
}

/* Pseudonyms of the first patient of a message. */
static void patient(struct ww_cx *cx, struct astm_msg *m, const struct astm_fields *f)
{
    for (size_t n = 3; n <= 5 && m->ev.patient == 0; n++) {
        struct ww_slice id = ww_astm_part(ww_astm_field(f, n), m->seps.comp, f->enc, 0);
        if (ww_astm_filled(id, &m->seps))
            m->ev.patient = ww_pseudonym(cx, id);
    }
    struct ww_slice name = ww_astm_field(f, 6);
    if (m->ev.patient_name == 0 && ww_astm_filled(name, &m->seps))
        m->ev.patient_name = ww_pseudonym(cx, name);
}

/* Q-3 names a patient, a specimen, or ALL of them (11.3). */
static void query(struct ww_cx *cx, struct astm_msg *m, const struct astm_fields *f)
{
    for (size_t n = 3; n <= 4; n++) {
        struct ww_slice range = ww_astm_field(f, n);
        struct ww_slice who = ww_astm_part(range, m->seps.comp, f->enc, 0);
        struct ww_slice specimen = ww_astm_part(range, m->seps.comp, f->enc, 1);
        if (ww_slice_eqs(who, "ALL") || ww_slice_eqs(specimen, "ALL")) {
            m->ev.query_all = true;
            continue;
        }
        if (ww_astm_filled(who, &m->seps)) {
            note(m, WW_PHI_ID);
            if (m->ev.patient == 0)
                m->ev.patient = ww_pseudonym(cx, who);
        }
        if (ww_astm_filled(specimen, &m->seps))
            note(m, WW_PHI_ORDER);
    }
    if (m->ev.query_status.len == 0)
        (void)WW_SET(m->ev.query_status, ww_astm_field(f, 13));
}

/* R-14, each value once. */
static void instrument(struct astm_msg *m, const struct astm_fields *f)
{
    struct ww_slice v = ww_astm_field(f, 14);
    if (!ww_astm_filled(v, &m->seps))
        return;
    struct ww_slice list = { (const uint8_t *)m->ev.instruments.b, m->ev.instruments.len };
    for (size_t at = 0; at < list.n;) {
        size_t end = ww_slice_find(list, at, 0);
        if (ww_slice_eq(ww_slice_sub(list, at, end - at), v))
            return;
        at = end + 1;
    }
    (void)WW_ADD(m->ev.instruments, v);
}

static void terminator(struct astm_msg *m, const struct astm_fields *f)
{
    static const struct {
        char code;
        const char *name;
    } how[] = { { 'N', "normal" },
                { 'T', "sender aborted" },
                { 'R', "receiver requests abort" },
                { 'E', "unknown system error" },
                { 'Q', "error in last query" },
                { 'I', "no information" },
                { 'F', "last request processed" } };
    struct ww_slice code = ww_astm_field(f, 3);
    const char *name = code.n == 0 ? "normal" : "other"; /* 12.3: null is normal */
    for (size_t i = 0; i < sizeof how / sizeof how[0]; i++)
        if (code.n == 1 && ww_slice_at(code, 0) == (uint8_t)how[i].code)
            name = how[i].name;
    (void)WW_SET(m->ev.termination, ww_slice_str(name));
}

/* What the bytes show of the character set. */
static void charset(struct astm_msg *m, struct ww_slice rec)
{
    struct ww_text_look look = ww_text_look(rec);
    m->iso2022 |= look.esc;
    m->high |= look.high;
    if (look.high && !ww_utf8_valid(rec)) {
        m->utf8_bad = true;
        m->sjis |= ww_sjis_likely(rec);
    }
}

static bool set(struct astm_msg *m, uint16_t *len, char *b, size_t cap, struct ww_slice v)
{
    char buf[ASTM_TEXT];
    bool fits = ww_str_set(len, b, cap, ww_astm_text(v, &m->seps, buf));
    m->truncated |= !fits;
    return fits;
}
#define SET(m, field, v) \
    (void)set((m), &(m)->ev.field.len, (m)->ev.field.b, sizeof((m)->ev.field.b), (v))

/* Parts of H-5 behind the name: instruments put model, version and serial number there, each in an
 * order of its own. A version is short and has a dot or a dash between digits, or a V before them;
 * a serial number is longer and has at least four digits. */
static void identity(struct astm_msg *m, struct ww_slice part)
{
    size_t digit = 0, odd = 0, dots = 0;
    for (struct ww_rd r = ww_rd(part); r.left > 0;) {
        uint8_t b = ww_rd_u8(&r);
        bool d = b >= '0' && b <= '9';
        digit += d;
        dots += b == '.' || b == '-';
        odd += !d && b != '.' && b != '-' && !(b >= 'A' && b <= 'Z') && !(b >= 'a' && b <= 'z');
    }
    uint8_t first = ww_slice_at(part, 0);
    bool v = first == 'V' || first == 'v';
    if (digit == 0 || odd > 0)
        return;
    if ((dots > 0 || v || part.n < 4) && part.n <= 16 && (v || (first >= '0' && first <= '9'))) {
        if (m->ev.software_version.len == 0)
            SET(m, software_version, part);
    } else if (digit >= 4 && m->ev.serial.len == 0) {
        SET(m, serial, part);
    }
}

static void header(struct ww_cx *cx, struct astm_msg *m, struct ww_slice rec)
{
    struct astm_fields f;
    (void)cx;
    *m = (struct astm_msg){ .open = true, .seps = ww_astm_seps(rec) };
    ww_astm_split(rec, &m->seps, &f);
    (void)WW_SET(m->ev.delimiters, ww_slice_sub(rec, 1, 1 + (f.n > 1 ? f.f[2].n : 0)));
    SET(m, control_id, ww_astm_field(&f, 3));
    m->ev.credential_present = ww_astm_filled(ww_astm_field(&f, 4), &m->seps);
    struct ww_slice sender = ww_astm_field(&f, 5);
    SET(m, sender, sender);
    SET(m, sender_name, ww_astm_part(sender, m->seps.comp, f.enc, 0));
    for (size_t i = 1; i < 8; i++)
        identity(m, ww_astm_part(sender, m->seps.comp, f.enc, i));
    SET(m, receiver, ww_astm_field(&f, 10));
    SET(m, processing_id, ww_astm_field(&f, 12));
    SET(m, version, ww_astm_field(&f, 13));
    struct ww_when when = ww_when_compact(ww_astm_field(&f, 14));
    m->ev.message_time = when.ns;
    m->ev.message_time_zoned = when.zoned;
}

static void count(uint16_t *n)
{
    *n = (uint16_t)(*n + (*n < UINT16_MAX));
}

/* A record of an open message. */
static void inner(struct ww_cx *cx, struct astm_msg *m, struct ww_slice rec)
{
    struct astm_fields f;
    uint8_t type = ww_slice_at(rec, 0), sep = ww_slice_at(rec, 1);
    uint16_t *n = &m->ev.other_records;
    if (rec.n > 1 && sep != m->seps.field) {
        count(n);
        return;
    }
    ww_astm_split(rec, &m->seps, &f);
    patient_data(m, &f, type);
    switch (type) {
    case 'P':
        n = &m->ev.patients;
        patient(cx, m, &f);
        break;
    case 'O':
        n = &m->ev.orders;
        break;
    case 'R':
        n = &m->ev.results;
        instrument(m, &f);
        break;
    case 'C':
        n = &m->ev.comments;
        break;
    case 'Q':
        n = &m->ev.queries;
        query(cx, m, &f);
        break;
    case 'M':
        n = &m->ev.manufacturer_records;
        break;
    case 'S':
        n = &m->ev.scientific_records;
        break;
    case 'L':
        terminator(m, &f);
        return;
    }
    count(n);
}

/**
 * Takes one record of a side: H begins a message, L ends it, everything between belongs to it.
 * In:     rec  without its end; cut  only its beginning is there
 * Limits: what stands outside of a message is passed over
 */
void ww_astm_record(struct ww_cx *cx, struct astm_state *st, enum ww_dir dir, struct ww_slice rec,
                    bool cut, const char *framing)
{
    struct astm_side *s = &st->side[dir];
    struct astm_msg *m = &s->m;
    enum ww_guess header_here = ww_astm_header(rec);
    if (header_here == WW_GUESS_YES || (header_here == WW_GUESS_MAYBE && rec.n > 2)) {
        if (m->open) {
            s->quirks |= ASTM_Q_NO_TERMINATOR;
            ww_astm_tell(cx, st, dir, framing);
        }
        header(cx, m, rec);
    } else if (m->open) {
        inner(cx, m, rec);
    } else {
        return;
    }
    m->truncated |= cut;
    m->ev.bytes += rec.n + 1;
    charset(m, rec);
    if (ww_slice_at(rec, 0) == 'L' && m->ev.termination.len > 0)
        ww_astm_tell(cx, st, dir, framing);
}
