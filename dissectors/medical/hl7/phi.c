/* phi.c - which HL7 v2 fields hold patient data; their presence is told, never their value.
 * Source: HL7 v2.5.1 chapters 2, 3, 4, 6, 7, 9, 11 (segment definitions) */
#include "dissectors/medical/hl7/hl7.h"

/* One line a kind of segment: its fields in order, each with the kinds of data it holds. Sorted by
 * segment id: the search relies on it. */
#define ROWS(...) (const struct hl7_phi_row[]){ __VA_ARGS__ }
#define SEG(a, b, c, ...)                                                                          \
    { HL7_ID(a, b, c), sizeof(ROWS(__VA_ARGS__)) / sizeof(struct hl7_phi_row), ROWS(__VA_ARGS__) },
#define NAME     WW_PHI_NAME
#define ID       WW_PHI_ID
#define BIRTH    WW_PHI_BIRTH
#define CONTACT  WW_PHI_CONTACT
#define OTHER    WW_PHI_OTHER
#define ORDER    WW_PHI_ORDER
#define STAFF    WW_PHI_STAFF
#define BODY     WW_PHI_BODY
#define TEXT     WW_PHI_TEXT
#define RELATIVE WW_PHI_RELATIVE
#define PLACE    WW_PHI_PLACE
#define CLINICAL WW_PHI_CLINICAL

static const struct hl7_phi_row obx_rows[] = { { 5, CLINICAL }, { 16, STAFF } };
static const struct hl7_phi_seg obx = { HL7_ID('O', 'B', 'X'), 2, obx_rows }; /* most of all are results */
static const struct hl7_phi_seg segments[] = {
    /* clang-format off */
    SEG('A', 'C', 'C', { 3, CLINICAL }, { 5, TEXT })
    SEG('A', 'I', 'P', { 3, STAFF })
    SEG('A', 'L', '1', { 3, CLINICAL })
    SEG('D', 'G', '1', { 3, CLINICAL }, { 4, CLINICAL }, { 16, STAFF })
    SEG('D', 'S', 'P', { 3, TEXT })
    SEG('G', 'T', '1', { 3, RELATIVE | NAME }, { 4, RELATIVE | NAME }, { 5, RELATIVE | CONTACT },
        { 6, RELATIVE | CONTACT }, { 7, RELATIVE | CONTACT }, { 8, RELATIVE | BIRTH },
        { 12, RELATIVE | OTHER }, { 19, RELATIVE }, { 33, RELATIVE })
    SEG('I', 'N', '1', { 2, OTHER }, { 8, OTHER }, { 16, OTHER }, { 18, OTHER }, { 19, OTHER },
        { 36, OTHER }, { 49, OTHER })
    SEG('I', 'N', '2', { 1, OTHER }, { 2, OTHER }, { 6, OTHER }, { 8, OTHER }, { 61, OTHER })
    SEG('I', 'N', '3', { 2, OTHER })
    SEG('M', 'R', 'G', { 1, ID }, { 3, OTHER }, { 4, ID }, { 7, NAME })
    SEG('N', 'K', '1', { 2, RELATIVE | NAME }, { 4, RELATIVE | CONTACT }, { 5, RELATIVE | CONTACT },
        { 6, RELATIVE | CONTACT }, { 13, RELATIVE }, { 16, RELATIVE | BIRTH },
        { 30, RELATIVE | NAME }, { 31, RELATIVE | CONTACT }, { 32, RELATIVE | CONTACT },
        { 33, RELATIVE }, { 37, RELATIVE | OTHER })
    SEG('N', 'T', 'E', { 3, TEXT })
    SEG('O', 'B', 'R', { 2, ORDER }, { 3, ORDER }, { 10, STAFF }, { 13, TEXT }, { 16, STAFF },
        { 17, STAFF }, { 28, STAFF }, { 31, TEXT }, { 32, STAFF }, { 33, STAFF }, { 34, STAFF },
        { 35, STAFF })
    SEG('O', 'R', 'C', { 2, ORDER }, { 3, ORDER }, { 10, STAFF }, { 11, STAFF }, { 12, STAFF },
        { 19, STAFF })
    SEG('P', 'D', '1', { 4, STAFF })
    SEG('P', 'I', 'D', { 2, ID }, { 3, ID }, { 4, ID }, { 5, NAME }, { 6, RELATIVE | NAME },
        { 7, BIRTH }, { 8, BODY }, { 9, NAME }, { 10, BODY }, { 11, CONTACT }, { 12, CONTACT },
        { 13, CONTACT }, { 14, CONTACT }, { 15, BODY }, { 16, BODY }, { 17, BODY }, { 18, OTHER },
        { 19, OTHER }, { 20, OTHER }, { 21, RELATIVE }, { 22, BODY }, { 23, CONTACT }, { 26, BODY },
        { 28, BODY }, { 29, BIRTH })
    SEG('P', 'V', '1', { 3, PLACE }, { 7, STAFF }, { 8, STAFF }, { 9, STAFF }, { 17, STAFF },
        { 19, ORDER }, { 50, ORDER }, { 52, STAFF })
    SEG('P', 'V', '2', { 23, PLACE })
    SEG('Q', 'P', 'D', { 3, ID | NAME })
    SEG('Q', 'R', 'D', { 8, ID | NAME })
    SEG('R', 'D', 'T', { 1, TEXT })
    SEG('R', 'X', 'A', { 5, CLINICAL }, { 10, STAFF })
    SEG('R', 'X', 'E', { 2, CLINICAL })
    SEG('R', 'X', 'G', { 4, CLINICAL })
    SEG('R', 'X', 'O', { 1, CLINICAL })
    SEG('S', 'C', 'H', { 12, STAFF }, { 16, STAFF })
    SEG('T', 'X', 'A', { 5, STAFF }, { 9, STAFF }, { 10, STAFF }, { 22, STAFF })
    /* clang-format on */
};

/** What the table says of a kind of segment; NULL for kinds that hold no patient data. */
const struct hl7_phi_seg *ww_hl7_phi_seg(uint32_t id)
{
    size_t lo = 0, hi = sizeof segments / sizeof segments[0];
    if (id == obx.id)
        return &obx;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (segments[mid].id == id)
            return &segments[mid];
        if (segments[mid].id < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

/* Can this row say something new? Fields that identify a person are counted, of the others one is
 * enough. */
static bool news(const struct hl7_msg *m, const struct hl7_phi_row *row)
{
    return (row->kind & (WW_PHI_DIRECT | ~m->ev.phi_kinds)) != 0;
}

/** The last field of this kind of segment that can say something new about patient data; 0 when
 * none can. In: seg  may be NULL */
size_t ww_hl7_phi_last(const struct hl7_msg *m, const struct hl7_phi_seg *seg)
{
    size_t n = seg != NULL ? seg->n : 0;
    while (n > 0 && !news(m, &seg->row[n - 1]))
        n--;
    return n > 0 ? seg->row[n - 1].field : 0;
}

/* Keyed pseudonyms of the first patient: they let the judge see that one id has two names. */
static void patient(struct ww_cx *cx, struct hl7_msg *m, const struct hl7_fields *f)
{
    const struct hl7_seps *s = &m->text.seps;
    struct ww_slice name = ww_hl7_field(f, 5);
    if (m->ev.patients < UINT16_MAX)
        m->ev.patients++;
    struct ww_slice pid = ww_hl7_part(ww_hl7_field(f, 3), s->rep, f->enc, 0);
    pid = ww_slice_trim(ww_hl7_part(pid, s->comp, f->enc, 0));
    if (pid.n > 0 && m->ev.patient == 0)
        m->ev.patient = ww_pseudonym(cx, pid);
    if (m->ev.patient_name == 0 && ww_hl7_filled(name))
        m->ev.patient_name = ww_pseudonym(cx, ww_hl7_part(name, s->rep, f->enc, 0));
}

/**
 * Notes which kinds of patient data a segment holds; of PID also the keyed pseudonyms.
 * In: f  the segment, split; id its id; seg what the table says of it, may be NULL
 */
void ww_hl7_phi(struct ww_cx *cx, struct hl7_msg *m, const struct hl7_fields *f, uint32_t id,
                const struct hl7_phi_seg *seg)
{
    for (size_t i = 0; seg != NULL && i < seg->n && ww_hl7_has(f, seg->row[i].field); i++) {
        const struct hl7_phi_row *row = &seg->row[i];
        if (!news(m, row) || !ww_hl7_filled(ww_hl7_field(f, row->field)))
            continue;
        m->ev.phi_kinds |= row->kind;
        if ((row->kind & WW_PHI_DIRECT) != 0)
            m->ev.phi_count++;
    }
    if (id == HL7_ID('P', 'I', 'D'))
        patient(cx, m, f);
}
