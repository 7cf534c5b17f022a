/* hl7.c - HL7 version 2 as declared: message, direction, application, facility, version.
 * An absent leaf means any. */
#include "rules/baseline/bl.h"

/* Text as in MSH-9: "ORU^R01". */
static void put_message(struct ww_out *o, struct ww_slice code, struct ww_slice trigger)
{
    ww_out_text(o, code);
    if (trigger.n > 0) {
        ww_out_c(o, '^');
        ww_out_text(o, trigger);
    }
}

static void observe(struct ww_bl_verdict *v, const struct ww_bl_hl7 *m, const char *field,
                    struct ww_slice value)
{
    struct ww_out o = ww_out(v->observed, sizeof v->observed);
    ww_out_s(&o, m->device_sends ? "-> " : "<- ");
    put_message(&o, m->code, m->trigger);
    if (field[0] != 0) {
        ww_out_c(&o, ' ');
        ww_out_s(&o, field);
        ww_out_c(&o, '=');
        ww_out_text(&o, value);
    }
    ww_bl_text_end(&o);
}

static void set_rule(struct ww_bl_verdict *v, const char *id)
{
    struct ww_out o = ww_out(v->rule, sizeof v->rule);
    ww_out_s(&o, "hl7v2/");
    ww_out_s(&o, id);
    ww_bl_text_end(&o);
}

static void violate(struct ww_bl_verdict *v, enum ww_bl_reason r, const char *id)
{
    v->kind = WW_BL_VIOLATION;
    v->reason = r;
    set_rule(v, id);
}

static bool code_is(const char *declared, struct ww_slice seen)
{
    return strcmp(declared, "*") == 0 || ww_slice_eqs(seen, declared);
}

/* MSH-9.2 may be empty (ACK alone, old versions): then the code decides. */
static bool message_is(const struct bl_message *d, const struct ww_bl_hl7 *m)
{
    return code_is(d->code, m->code) && (m->trigger.n == 0 || code_is(d->trigger, m->trigger));
}

struct fit {
    bool message, other_way, ack;
};

static struct fit fit_of(const struct bl_endpoint *ep, const struct ww_bl_hl7 *m)
{
    struct fit f = { .message = ep->nmsg == 0 };
    for (uint32_t i = 0; i < ep->nmsg; i++) {
        const struct bl_message *d = &ep->msg[i];
        if (d->sends == m->device_sends && message_is(d, m))
            f.message = true;
        if (d->sends != m->device_sends && message_is(d, m))
            f.other_way = true;
        /* HL7 chapter 2, 2.9: whatever is received is acknowledged, unless the endpoint says none
         */
        if (d->sends != m->device_sends && !ep->no_ack)
            f.ack = true;
    }
    f.ack = f.ack && ww_slice_eqs(m->code, "ACK");
    return f;
}

static bool name_is(const struct bl_strs *s, struct ww_slice seen)
{
    return s->n == 0 || ww_bl_said_in(s, seen);
}

struct field {
    enum ww_bl_reason reason;
    const char *name;
    const struct bl_strs *declared;
    struct ww_slice seen;
};

/* The four names and the version. An acknowledgement has sender and receiver the other way round.
 */
static const struct field *wrong_field(const struct bl_endpoint *ep, const struct ww_bl_hl7 *m,
                                       struct field f[5])
{
    bool back = m->ack || ww_slice_eqs(m->code, "ACK");
    f[0] = (struct field){ WW_BL_R_HL7_APPLICATION, "MSH-3",
                           back ? &ep->receiving_app : &ep->sending_app, m->sending_app };
    f[1] = (struct field){ WW_BL_R_HL7_APPLICATION, "MSH-5",
                           back ? &ep->sending_app : &ep->receiving_app, m->receiving_app };
    f[2] = (struct field){ WW_BL_R_HL7_FACILITY, "MSH-4",
                           back ? &ep->receiving_fac : &ep->sending_fac, m->sending_facility };
    f[3] = (struct field){ WW_BL_R_HL7_FACILITY, "MSH-6",
                           back ? &ep->sending_fac : &ep->receiving_fac, m->receiving_facility };
    f[4] = (struct field){ WW_BL_R_HL7_VERSION, "MSH-12", &ep->version, m->version };
    for (size_t i = 0; i < 5; i++)
        if (!name_is(f[i].declared, f[i].seen))
            return &f[i];
    return NULL;
}

static void list_declared(struct ww_bl_verdict *v, const struct ww_baseline *b, bool sends)
{
    struct ww_out o = ww_out(v->declared, sizeof v->declared);
    for (size_t i = 0; i < b->nendpoint; i++) {
        for (uint32_t k = 0; k < b->endpoint[i].nmsg; k++) {
            const struct bl_message *d = &b->endpoint[i].msg[k];
            if (d->sends != sends)
                continue;
            if (o.n > 0)
                ww_out_s(&o, ", ");
            put_message(&o, ww_slice_str(d->code), ww_slice_str(d->trigger));
        }
    }
    ww_bl_text_end(&o);
}

static void set_wrong(struct ww_bl_verdict *v, const struct ww_bl_hl7 *m, const struct field *wrong,
                      const char *id)
{
    violate(v, wrong->reason, id);
    observe(v, m, wrong->name, wrong->seen);
    struct ww_out o = ww_out(v->declared, sizeof v->declared);
    for (uint32_t i = 0; i < wrong->declared->n; i++) {
        ww_out_s(&o, i > 0 ? ", " : "");
        ww_out_text(&o, ww_slice_str(wrong->declared->v[i]));
    }
    ww_bl_text_end(&o);
}

/**
 * Judges one message by all endpoints: one that fits in everything permits; else the endpoint that
 * fits best gives the reason.
 */
void ww_bl_hl7_message(const struct ww_baseline *b, const struct ww_bl_hl7 *m,
                       struct ww_bl_verdict *v)
{
    struct field fields[5];
    struct field wrong = { .reason = WW_BL_R_NONE };
    const char *wrong_id = "";
    bool other_way = false;
    ww_bl_clear(v);
    v->layer = b->medical ? WW_BL_L_MEDICAL : WW_BL_L_NONE;
    observe(v, m, "", m->code);
    if (!b->hl7) {
        if (b->medical)
            violate(v, WW_BL_R_NOT_SPOKEN, "none");
        return;
    }
    for (size_t i = 0; i < b->nendpoint; i++) {
        const struct bl_endpoint *ep = &b->endpoint[i];
        struct fit fit = fit_of(ep, m);
        other_way = other_way || fit.other_way;
        if (!fit.message && !fit.ack)
            continue;
        const struct field *bad = wrong_field(ep, m, fields);
        if (bad == NULL) {
            set_rule(v, ep->id);
            v->notes |= fit.message ? 0U : (unsigned)WW_BL_NOTE_IMPLIED;
            v->conduit = ep->conduit.n == 1 ? ep->conduit.v[0] : "";
            return;
        }
        if (wrong.reason == WW_BL_R_NONE) {
            wrong = *bad;
            wrong_id = ep->id;
        }
    }
    if (b->nendpoint == 0)
        return;
    if (wrong.reason != WW_BL_R_NONE) {
        set_wrong(v, m, &wrong, wrong_id);
        return;
    }
    violate(v, other_way ? WW_BL_R_HL7_DIRECTION : WW_BL_R_HL7_MESSAGE, "message");
    list_declared(v, b, m->device_sends);
}
