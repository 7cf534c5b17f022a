/* phi.c - which HL7 v2 fields hold patient data; their presence is told, never their value.
 * Source: HL7 v2.5.1 chapters 2, 3, 4, 6, 7, 9, 11 (segment definitions) */
#include "dissectors/medical/hl7/hl7.h"

/* One line: segment, field, kinds. Sorted by segment id: find() relies on it. */
#define ROW(a, b, c, field, kind) { HL7_ID(a, b, c), (field), (kind) },
#define NAME                      WW_PHI_NAME
#define ID                        WW_PHI_ID
#define BIRTH                     WW_PHI_BIRTH
#define CONTACT                   WW_PHI_CONTACT
#define OTHER                     WW_PHI_OTHER
#define ORDER                     WW_PHI_ORDER
#define STAFF                     WW_PHI_STAFF
#define BODY                      WW_PHI_BODY
#define TEXT                      WW_PHI_TEXT
#define RELATIVE                  WW_PHI_RELATIVE
#define PLACE                     WW_PHI_PLACE
#define CLINICAL                  WW_PHI_CLINICAL

static const struct phi_field {
    uint32_t seg;
    uint8_t field;
    uint16_t kind;
} fields[] = {
    /* clang-format off */
    ROW('A', 'C', 'C', 3, CLINICAL)
    ROW('A', 'C', 'C', 5, TEXT)
    ROW('A', 'I', 'P', 3, STAFF)
    ROW('A', 'L', '1', 3, CLINICAL)
    ROW('D', 'G', '1', 3, CLINICAL)
    ROW('D', 'G', '1', 4, CLINICAL)
    ROW('D', 'G', '1', 16, STAFF)
    ROW('D', 'S', 'P', 3, TEXT)
    ROW('G', 'T', '1', 3, RELATIVE | NAME)
    ROW('G', 'T', '1', 4, RELATIVE | NAME)
    ROW('G', 'T', '1', 5, RELATIVE | CONTACT)
    ROW('G', 'T', '1', 6, RELATIVE | CONTACT)
    ROW('G', 'T', '1', 7, RELATIVE | CONTACT)
    ROW('G', 'T', '1', 8, RELATIVE | BIRTH)
    ROW('G', 'T', '1', 12, RELATIVE | OTHER)
    ROW('G', 'T', '1', 19, RELATIVE)
    ROW('G', 'T', '1', 33, RELATIVE)
    ROW('I', 'N', '1', 2, OTHER)
    ROW('I', 'N', '1', 8, OTHER)
    ROW('I', 'N', '1', 16, OTHER)
    ROW('I', 'N', '1', 18, OTHER)
    ROW('I', 'N', '1', 19, OTHER)
    ROW('I', 'N', '1', 36, OTHER)
    ROW('I', 'N', '1', 49, OTHER)
    ROW('I', 'N', '2', 1, OTHER)
    ROW('I', 'N', '2', 2, OTHER)
    ROW('I', 'N', '2', 6, OTHER)
    ROW('I', 'N', '2', 8, OTHER)
    ROW('I', 'N', '2', 61, OTHER)
    ROW('I', 'N', '3', 2, OTHER)
    ROW('M', 'R', 'G', 1, ID)
    ROW('M', 'R', 'G', 3, OTHER)
    ROW('M', 'R', 'G', 4, ID)
    ROW('M', 'R', 'G', 7, NAME)
    ROW('N', 'K', '1', 2, RELATIVE | NAME)
    ROW('N', 'K', '1', 4, RELATIVE | CONTACT)
    ROW('N', 'K', '1', 5, RELATIVE | CONTACT)
    ROW('N', 'K', '1', 6, RELATIVE | CONTACT)
    ROW('N', 'K', '1', 13, RELATIVE)
    ROW('N', 'K', '1', 16, RELATIVE | BIRTH)
    ROW('N', 'K', '1', 30, RELATIVE | NAME)
    ROW('N', 'K', '1', 31, RELATIVE | CONTACT)
    ROW('N', 'K', '1', 32, RELATIVE | CONTACT)
    ROW('N', 'K', '1', 33, RELATIVE)
    ROW('N', 'K', '1', 37, RELATIVE | OTHER)
    ROW('N', 'T', 'E', 3, TEXT)
    ROW('O', 'B', 'R', 2, ORDER)
    ROW('O', 'B', 'R', 3, ORDER)
    ROW('O', 'B', 'R', 10, STAFF)
    ROW('O', 'B', 'R', 13, TEXT)
    ROW('O', 'B', 'R', 16, STAFF)
    ROW('O', 'B', 'R', 17, STAFF)
    ROW('O', 'B', 'R', 28, STAFF)
    ROW('O', 'B', 'R', 31, TEXT)
    ROW('O', 'B', 'R', 32, STAFF)
    ROW('O', 'B', 'R', 33, STAFF)
    ROW('O', 'B', 'R', 34, STAFF)
    ROW('O', 'B', 'R', 35, STAFF)
    ROW('O', 'B', 'X', 5, CLINICAL)
    ROW('O', 'B', 'X', 16, STAFF)
    ROW('O', 'R', 'C', 2, ORDER)
    ROW('O', 'R', 'C', 3, ORDER)
    ROW('O', 'R', 'C', 10, STAFF)
    ROW('O', 'R', 'C', 11, STAFF)
    ROW('O', 'R', 'C', 12, STAFF)
    ROW('O', 'R', 'C', 19, STAFF)
    ROW('P', 'D', '1', 4, STAFF)
    ROW('P', 'I', 'D', 2, ID)
    ROW('P', 'I', 'D', 3, ID)
    ROW('P', 'I', 'D', 4, ID)
    ROW('P', 'I', 'D', 5, NAME)
    ROW('P', 'I', 'D', 6, RELATIVE | NAME)
    ROW('P', 'I', 'D', 7, BIRTH)
    ROW('P', 'I', 'D', 8, BODY)
    ROW('P', 'I', 'D', 9, NAME)
    ROW('P', 'I', 'D', 10, BODY)
    ROW('P', 'I', 'D', 11, CONTACT)
    ROW('P', 'I', 'D', 12, CONTACT)
    ROW('P', 'I', 'D', 13, CONTACT)
    ROW('P', 'I', 'D', 14, CONTACT)
    ROW('P', 'I', 'D', 15, BODY)
    ROW('P', 'I', 'D', 16, BODY)
    ROW('P', 'I', 'D', 17, BODY)
    ROW('P', 'I', 'D', 18, OTHER)
    ROW('P', 'I', 'D', 19, OTHER)
    ROW('P', 'I', 'D', 20, OTHER)
    ROW('P', 'I', 'D', 21, RELATIVE)
    ROW('P', 'I', 'D', 22, BODY)
    ROW('P', 'I', 'D', 23, CONTACT)
    ROW('P', 'I', 'D', 26, BODY)
    ROW('P', 'I', 'D', 28, BODY)
    ROW('P', 'I', 'D', 29, BIRTH)
    ROW('P', 'V', '1', 3, PLACE)
    ROW('P', 'V', '1', 7, STAFF)
    ROW('P', 'V', '1', 8, STAFF)
    ROW('P', 'V', '1', 9, STAFF)
    ROW('P', 'V', '1', 17, STAFF)
    ROW('P', 'V', '1', 19, ORDER)
    ROW('P', 'V', '1', 50, ORDER)
    ROW('P', 'V', '1', 52, STAFF)
    ROW('P', 'V', '2', 23, PLACE)
    ROW('Q', 'P', 'D', 3, ID | NAME)
    ROW('Q', 'R', 'D', 8, ID | NAME)
    ROW('R', 'D', 'T', 1, TEXT)
    ROW('R', 'X', 'A', 5, CLINICAL)
    ROW('R', 'X', 'A', 10, STAFF)
    ROW('R', 'X', 'E', 2, CLINICAL)
    ROW('R', 'X', 'G', 4, CLINICAL)
    ROW('R', 'X', 'O', 1, CLINICAL)
    ROW('S', 'C', 'H', 12, STAFF)
    ROW('S', 'C', 'H', 16, STAFF)
    ROW('T', 'X', 'A', 5, STAFF)
    ROW('T', 'X', 'A', 9, STAFF)
    ROW('T', 'X', 'A', 10, STAFF)
    ROW('T', 'X', 'A', 22, STAFF)
    /* clang-format on */
};
enum { NFIELDS = sizeof fields / sizeof fields[0] };

static size_t find(uint32_t id)
{
    size_t lo = 0, hi = NFIELDS;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (fields[mid].seg < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/**
 * The last field of this kind of segment that can say something new about patient data; 0 when none
 * can: fields that identify a person are counted, of the others one is enough.
 */
size_t ww_hl7_phi_last(const struct hl7_msg *m, uint32_t id)
{
    size_t last = 0;
    for (size_t i = find(id); i < NFIELDS && fields[i].seg == id; i++)
        if ((fields[i].kind & (WW_PHI_DIRECT | ~m->ev.phi_kinds)) != 0)
            last = fields[i].field;
    return last;
}

/**
 * Notes which kinds of patient data a segment holds; of PID also the keyed pseudonyms.
 * In: f  the segment, split; f[0] is its id
 */
void ww_hl7_phi(struct ww_cx *cx, struct hl7_msg *m, const struct hl7_fields *f)
{
    struct ww_rd r = ww_rd(f->f[0]);
    uint32_t id = ww_rd_be24(&r);
    for (size_t i = find(id); i < NFIELDS && fields[i].seg == id; i++) {
        uint8_t n = fields[i].field;
        if (n >= f->n || !ww_hl7_filled(f->f[n]))
            continue;
        m->ev.phi_kinds |= fields[i].kind;
        if ((fields[i].kind & WW_PHI_DIRECT) != 0)
            m->ev.phi_count++;
    }
    if (id != HL7_ID('P', 'I', 'D'))
        return;
    const struct hl7_seps *s = &m->text.seps;
    if (m->ev.patients < UINT16_MAX)
        m->ev.patients++;
    struct ww_slice pid = f->n > 3 ? ww_hl7_part(f->f[3], s->rep, f->enc, 0) : f->f[0];
    pid = ww_slice_trim(ww_hl7_part(pid, s->comp, f->enc, 0));
    if (f->n > 3 && pid.n > 0 && m->ev.patient == 0)
        m->ev.patient = ww_pseudonym(cx, pid);
    if (f->n > 5 && ww_hl7_filled(f->f[5]) && m->ev.patient_name == 0)
        m->ev.patient_name = ww_pseudonym(cx, ww_hl7_part(f->f[5], s->rep, f->enc, 0));
}
