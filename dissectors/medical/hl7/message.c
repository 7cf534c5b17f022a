/* message.c - the segments of one HL7 v2 message behind its MSH.
 * Source: HL7 v2.5.1 chapter 2 (MSA, ERR, SFT, segments), IHE PCD TF-2 rev. 8 */
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

/** Counts a segment and puts its id on the list. */
void ww_hl7_listed(struct hl7_msg *m, uint32_t id)
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

static void ack(struct hl7_msg *m, const struct hl7_fields *f)
{
    if (m->has_msa) /* one MSA a message (2.9.2); a second says nothing that can be paired */
        return;
    m->has_msa = true;
    (void)WW_SET(m->ev.ack_code, ww_hl7_trimmed(f, 1));
    m->truncated |= !WW_SET(m->ev.ack_control_id, ww_hl7_trimmed(f, 2));
    if (m->ev.error_code.len == 0)
        (void)WW_SET(m->ev.error_code, ww_hl7_comp(m, f, 6, 0));
}

static void error(struct hl7_msg *m, const struct hl7_fields *f)
{
    /* since 2.5 ERR-3 and ERR-4; before, the fourth component of ERR-1, itself a coded element */
    struct ww_slice code = ww_hl7_comp(m, f, 3, 0);
    if (code.n == 0)
        code = ww_hl7_part(ww_hl7_comp(m, f, 1, 3), m->text.seps.sub, f->enc, 0);
    if (m->ev.error_code.len == 0)
        (void)WW_SET(m->ev.error_code, code);
    if (m->ev.error_severity.len == 0)
        (void)WW_SET(m->ev.error_severity, ww_hl7_trimmed(f, 4));
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

/* A dispense order whose rows name an infusion pump is PCD-03 also when its sender does not name
 * the profile (IHE PCD TF-2). */
static bool order_to_pump(const struct hl7_msg *m, const struct hl7_fields *f)
{
    return ww_slice_eqs(WW_STR(m->ev.message_type), "RGV") &&
           ww_slice_starts(ww_hl7_comp(m, f, 3, 1), "MDC_DEV_PUMP");
}

/* Reads a segment by its kind. */
static void by_kind(struct ww_cx *cx, struct hl7_msg *m, const struct hl7_fields *f, uint32_t id,
                    const struct hl7_phi_seg *phi)
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
        m->ev.credential_present |= ww_hl7_filled(ww_hl7_trimmed(f, 2));
        return;
    case HL7_ID('P', 'R', 'T'):
        ww_hl7_device_prt(m, f);
        return;
    case HL7_ID('E', 'Q', 'U'):
        ww_hl7_device_equ(m, f);
        return;
    case HL7_ID('O', 'B', 'X'):
        ww_hl7_device_obx(m, f);
        if (m->ev.transaction.len == 0 && order_to_pump(m, f))
            (void)WW_SET(m->ev.transaction, WW_SLICE_LIT("PCD-03"));
        break;
    case HL7_ID('O', 'B', 'R'): /* PCD-04: an alarm says so in its first OBR */
        if (m->ev.transaction.len == 0 && ww_slice_eqs(ww_hl7_comp(m, f, 4, 0), "196616"))
            (void)WW_SET(m->ev.transaction, WW_SLICE_LIT("PCD-04"));
        break;
    }
    ww_hl7_phi(cx, m, f, id, phi);
}

/* The last field that is looked at in this kind of segment; 0 for those that say nothing. */
static size_t last_field(const struct hl7_msg *m, uint32_t id, const struct hl7_phi_seg *phi)
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
        return m->ev.transaction.len == 0 ? 35 : ww_hl7_phi_last(m, phi);
    }
    return ww_hl7_phi_last(m, phi);
}

/**
 * Reads one further segment of an open message.
 * In:     seg  without its end, no header segment; cut: only its beginning is there
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
    ww_hl7_listed(m, id);
    const struct hl7_phi_seg *phi = ww_hl7_phi_seg(id);
    size_t last = last_field(m, id, phi);
    if (last == 0)
        return;
    struct hl7_fields f;
    ww_hl7_split(seg, false, &m->text, &f, last);
    by_kind(cx, m, &f, id, phi);
}
