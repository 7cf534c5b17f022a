/* alert_record.c - from a finding to the fields of an alert record. */
#include "rules/guideline/alert_record.h"

/**
 * Return: a finding of a class with confidence high, and with unknown numbers as unknown
 */
struct ww_finding ww_finding(uint16_t class, char variant)
{
    return (struct ww_finding){ .class = class,
                                .variant = variant,
                                .subjects = WW_NULL32,
                                .bytes_out = WW_NULL64,
                                .loss_ppm = WW_NULL32,
                                .confidence = WW_CONF_HIGH };
}

/**
 * Modifiers that hold for a finding, all but E5, which needs a memory of the device.
 */
uint16_t ww_ar_modifiers(const struct ww_finding *f)
{
    bool e3 = f->environment == WW_USE_HOME || f->environment == WW_USE_WORN ||
              f->environment == WW_USE_UNSPECIFIED;
    return (
        uint16_t)((f->peer_external ? WW_E1_EXTERNAL : 0) | (f->wireless ? WW_E2_WIRELESS : 0) |
                  (e3 ? WW_E3_ENVIRONMENT : 0) | (f->unsupported ? WW_E4_UNSUPPORTED : 0) |
                  (f->operable ? WW_E6_OPERABLE : 0) | (f->compensated ? WW_E7_COMPENSATED : 0) |
                  (f->work_order ? WW_E8_WORK_ORDER : 0) | (f->ports_open ? WW_E9_PORTS_OPEN : 0) |
                  (f->confidence == WW_CONF_LOW ? WW_E10_LOW_CONFIDENCE : 0));
}

/**
 * Fills the fields that make the key; a text is cut to its field, so keys are compared on what is
 * stored.
 */
void ww_ar_key(struct ww_alert *r, const struct ww_finding *f)
{
    r->class = f->class;
    (void)WW_SET(r->variant, ((struct ww_slice){ (const uint8_t *)&f->variant, 1 }));
    (void)WW_SET(r->asset_id, f->asset_id);
    (void)WW_SET(r->peer, f->peer);
    (void)WW_SET(r->peer_role, f->peer_role);
    r->ip_proto = f->ip_proto;
    r->port = f->port;
}

/* Fills the texts of a record. Return: true when all of them fitted. */
static bool set_texts(struct ww_alert *r, const struct ww_finding *f)
{
    bool all = f->asset_id.n <= sizeof r->asset_id.b && f->peer.n <= sizeof r->peer.b;
    all &= WW_SET(r->device_label, f->device_label);
    all &= WW_SET(r->zone, f->zone);
    all &= WW_SET(r->peer_zone, f->peer_zone);
    all &= WW_SET(r->app, f->app);
    all &= WW_SET(r->observed, f->observed);
    all &= WW_SET(r->declared, f->declared);
    all &= WW_SET(r->evidence__field, f->field);
    all &= WW_SET(r->evidence__reason, f->reason);
    all &= WW_SET(r->baseline__id, f->baseline_id);
    all &= WW_SET(r->baseline__digest, f->baseline_digest);
    return all;
}

/* Header of the event: source, frame, flow and ends of the first evidence stay with the alert. */
void ww_ar_header(struct ww_event *e, const struct ww_event *cause)
{
    if (cause != NULL)
        *e = *cause;
    else
        *e = (struct ww_event){ .dissector = WW_NO_DISSECTOR };
    e->type = &ww_alert_type;
    e->size = (uint32_t)(sizeof(struct ww_event) + sizeof(struct ww_alert));
    e->flags = (uint8_t)(WW_EV_KEEP | (e->flags & (WW_EV_MIDSTREAM | WW_EV_LATE)));
}

/**
 * Fills a new record, all but number, severity and exception.
 * In:     r  with its key filled in
 * Return: false when a text was cut
 */
bool ww_ar_fill(struct ww_alert *r, const struct ww_finding *f, uint64_t now)
{
    r->first_seen = r->last_seen = now;
    r->count = 1;
    r->phi_kinds = f->phi_kinds;
    r->subjects = f->subjects;
    r->bytes_out = f->bytes_out;
    r->evidence__frame = r->evidence__last_frame = f->cause != NULL ? f->cause->frame : 0;
    r->evidence__flow = f->cause != NULL ? f->cause->flow : 0;
    r->confidence = (uint8_t)f->confidence;
    r->hypotheses = f->hypotheses;
    r->coverage__ok = !f->coverage_gap;
    r->coverage__loss_ppm = f->loss_ppm;
    r->coverage__one_way = f->one_way;
    return set_texts(r, f);
}

/**
 * Adds a further observation to a record. Coverage is that of the latest one, except that a gap
 * once seen stays.
 */
void ww_ar_count(struct ww_alert *r, const struct ww_finding *f, uint64_t now)
{
    r->count++;
    if (now > r->last_seen)
        r->last_seen = now;
    if (now < r->first_seen)
        r->first_seen = now;
    if (!ww_slice_eq(ww_slice_sub(f->observed, 0, sizeof r->observed.b), WW_STR(r->observed)))
        r->others++;
    if (f->subjects != WW_NULL32 && (r->subjects == WW_NULL32 || f->subjects > r->subjects))
        r->subjects = f->subjects;
    if (f->bytes_out != WW_NULL64)
        r->bytes_out = r->bytes_out == WW_NULL64 ? f->bytes_out : r->bytes_out + f->bytes_out;
    if (f->cause != NULL && f->cause->frame > r->evidence__last_frame)
        r->evidence__last_frame = f->cause->frame;
    if (f->confidence > (enum ww_confidence)r->confidence)
        r->confidence = (uint8_t)f->confidence;
    r->phi_kinds |= f->phi_kinds;
    r->hypotheses |= f->hypotheses;
    r->coverage__ok = r->coverage__ok && !f->coverage_gap;
    r->coverage__loss_ppm = f->loss_ppm;
    r->coverage__one_way = f->one_way;
}
