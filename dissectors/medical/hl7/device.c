/* device.c - identifiers of devices and software inside HL7 v2 messages.
 * Source: HL7 v2.6 and 2.7 chapters 4, 7, 13 (OBX-18, PRT, EQU), 2 (SFT); IHE PCD TF-2 rev. 8 */
#include "dissectors/medical/hl7/hl7.h"
#include "sensor/base/hash.h"

/* Keeps a device once a message; what does not fit is counted. */
static struct hl7_device *keep(struct hl7_msg *m, const struct hl7_device *d)
{
    for (uint8_t i = 0; i < m->ndevices; i++) {
        struct hl7_device *k = &m->device[i];
        if (ww_slice_eq(WW_STR(k->subject_id), WW_STR(d->subject_id)) &&
            ww_slice_eq(WW_STR(k->universal_id), WW_STR(d->universal_id)) &&
            ww_slice_eq(WW_STR(k->source), WW_STR(d->source)))
            return k;
    }
    if (m->ev.devices < UINT16_MAX)
        m->ev.devices++;
    if (m->ndevices == HL7_DEVICES) {
        m->truncated = true;
        return NULL;
    }
    m->device[m->ndevices] = *d;
    return &m->device[m->ndevices++];
}

/* The MAC address of which an EUI-64 is made: FF FE stands in its middle (IEEE guidelines for EUI).
 * In: text  16 hexadecimal digits, which - or : may divide */
static struct ww_mac mac_in(struct ww_slice text)
{
    uint8_t b[8];
    size_t n = 0;
    for (struct ww_rd r = ww_rd(text); r.left > 0 && n < 16;) {
        uint8_t c = ww_rd_u8(&r);
        unsigned d = c >= '0' && c <= '9' ? c - (unsigned)'0' : (c | 0x20u) - (unsigned)'a' + 10;
        if (c == '-' || c == ':')
            continue;
        if (d > 15 || (r.left > 0 && n == 15))
            return (struct ww_mac){ { 0 } };
        b[n / 2] = (uint8_t)(n % 2 == 0 ? d << 4 : b[n / 2] | d);
        n++;
    }
    if (n < 16 || b[3] != 0xff || b[4] != 0xfe)
        return (struct ww_mac){ { 0 } };
    return (struct ww_mac){ { b[0], b[1], b[2], b[5], b[6], b[7] } };
}

/* Reads an entity identifier (EI), id ^ name space ^ universal id ^ type, of repetition rep. */
static bool entity(const struct hl7_msg *m, const struct hl7_fields *f, size_t n, size_t rep,
                   const char *source, struct hl7_device *d)
{
    const struct hl7_seps *s = &m->text.seps;
    struct ww_slice ei = ww_hl7_part(ww_hl7_field(f, n), s->rep, f->enc, rep);
    if (!ww_hl7_filled(ei))
        return false;
    *d = (struct hl7_device){ 0 };
    struct ww_slice id = ww_slice_trim(ww_hl7_part(ei, s->comp, f->enc, 0));
    struct ww_slice uid = ww_slice_trim(ww_hl7_part(ei, s->comp, f->enc, 2));
    (void)WW_SET(d->source, ww_slice_str(source));
    (void)WW_SET(d->subject_id, id.n > 0 ? id : uid);
    (void)WW_SET(d->namespace, ww_slice_trim(ww_hl7_part(ei, s->comp, f->enc, 1)));
    (void)WW_SET(d->universal_id, uid);
    (void)WW_SET(d->id_type, ww_slice_trim(ww_hl7_part(ei, s->comp, f->enc, 3)));
    if (ww_slice_starts(WW_STR(d->id_type), "EUI"))
        d->subject_mac = mac_in(uid);
    return d->subject_id.len > 0;
}

/**
 * OBX-18 names the equipment; OBX-3 of the same row its kind when the row describes the equipment
 * itself: it has no value, or OBX-11 is X (IHE PCD TF-2).
 */
void ww_hl7_device_obx(struct hl7_msg *m, const struct hl7_fields *f)
{
    static const struct ww_key fixed = { { 0x2545f4914f6cdd1du, 0x9e3779b97f4a7c15u } };
    struct hl7_device d;
    struct ww_slice named = ww_hl7_field(f, 18), code = { NULL, 0 };
    if (named.n == 0)
        return;
    if (ww_hl7_field(f, 2).n == 0 || ww_slice_eqs(ww_hl7_field(f, 11), "X"))
        code = ww_hl7_comp(m, f, 3, 1);
    bool describes = ww_slice_starts(code, "MDC_DEV_");
    uint64_t hash = ww_mix_bytes(&fixed, named.p, named.n);
    if (hash == m->last_obx18 && !describes) /* row after row names the same equipment */
        return;
    m->last_obx18 = hash;
    for (size_t i = 0; i < HL7_DEVICES && entity(m, f, 18, i, "OBX-18", &d); i++) {
        struct hl7_device *k = keep(m, &d);
        if (describes && k != NULL && k->device_class.len == 0)
            (void)WW_SET(k->device_class, code);
    }
}

/** PRT-10 device, PRT-16 UDI, PRT-20 serial number, PRT-22 kind of device. */
void ww_hl7_device_prt(struct hl7_msg *m, const struct hl7_fields *f)
{
    struct hl7_device d;
    if (!entity(m, f, 10, 0, "PRT-10", &d) && !entity(m, f, 16, 0, "PRT-16", &d))
        return;
    (void)WW_SET(d.serial, ww_slice_trim(ww_hl7_field(f, 20)));
    (void)WW_SET(d.device_class, ww_slice_trim(ww_hl7_field(f, 22)));
    (void)keep(m, &d);
}

/** EQU-1: laboratory automation equipment. */
void ww_hl7_device_equ(struct hl7_msg *m, const struct hl7_fields *f)
{
    struct hl7_device d;
    if (entity(m, f, 1, 0, "EQU-1", &d))
        (void)keep(m, &d);
}

/** SFT: software of the sending application; the first one is the sender's own. */
void ww_hl7_software(struct hl7_msg *m, const struct hl7_fields *f)
{
    if (m->has_software || !ww_hl7_has(f, 2))
        return;
    m->has_software = true;
    (void)WW_SET(m->software.vendor,
                 ww_slice_trim(ww_hl7_part(ww_hl7_field(f, 1), m->text.seps.comp, f->enc, 0)));
    (void)WW_SET(m->software.version, ww_slice_trim(ww_hl7_field(f, 2)));
    (void)WW_SET(m->software.product, ww_slice_trim(ww_hl7_field(f, 3)));
    (void)WW_SET(m->software.binary_id, ww_slice_trim(ww_hl7_field(f, 4)));
}

/** Tells the devices and the software of a message that is complete. */
void ww_hl7_device_emit(struct ww_cx *cx, struct hl7_msg *m, enum ww_dir dir)
{
    for (uint8_t i = 0; i < m->ndevices; i++)
        ww_emit(cx, &hl7_device_type, dir, &m->device[i]);
    if (m->has_software)
        ww_emit(cx, &hl7_software_type, dir, &m->software);
}
