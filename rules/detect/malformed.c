/* malformed.c - WD-702: DICOM or HL7 that breaks its standard (alert model 3.8). The device is the
 * receiver, which has to cope with it. Variants: a lengths and structures that parsers trip over,
 * as an attack would send them; b a difference of implementations. */
#include "rules/detect/detectors.h"

struct state {
    int type;
    const struct ww_field *kind, *event, *app;
    int t_hl7[2]; /* messages with what their framing does differently */
    const struct ww_field *quirks[2];
};

static enum ww_rc start(struct ww_detect *d, void *state, struct ww_err *e)
{
    struct state *s = state;
    enum ww_rc rc = ww_detect_field(d, "anomaly", "type", &s->type, &s->kind, e);
    if (rc == WW_OK)
        rc = ww_detect_field(d, "anomaly", "event", &s->type, &s->event, e);
    if (rc == WW_OK)
        rc = ww_detect_field(d, "anomaly", "app_proto", &s->type, &s->app, e);
    if (rc == WW_OK)
        rc = ww_detect_field(d, "hl7.message", "quirks", &s->t_hl7[0], &s->quirks[0], e);
    return rc == WW_OK ? ww_detect_field(d, "hl7.ack", "quirks", &s->t_hl7[1], &s->quirks[1], e)
                       : rc;
}

/* What does not break a syntax: timing, order between requests and answers, loss. */
static bool not_syntax(struct ww_slice event)
{
    static const char *const names[] = { "request_unanswered", "response_without_request",
                                         "dataset_truncated",  "dataset_missing",
                                         "no PDU found",       "hl7_segment_without_header",
                                         "unsolicited_answer", NULL };
    for (size_t i = 0; names[i] != NULL; i++)
        if (ww_slice_eqs(event, names[i]))
            return true;
    return false;
}

/* Lengths that lie, nesting that does not close, things out of any order: what a parser trips over.
 */
static bool trips(struct ww_slice event)
{
    static const char *const names[] = {
        "pdu_length_invalid", "pdu_type_unknown", "pdv_length_invalid", "item_length_invalid",
        "command_malformed",  "command_too_long", "dataset_malformed",  "too_many_contexts",
        "ae_title_oversized", "pdu_over_max",     "data_before_accept", NULL
    };
    for (size_t i = 0; names[i] != NULL; i++)
        if (ww_slice_eqs(event, names[i]))
            return true;
    return false;
}

/* Tells the device that has to cope: the receiver, or the sender when the receiver is not known. */
static void tell(struct ww_detect *d, const struct ww_event *e, const char *app, const char *what,
                 bool attack, const char *field)
{
    struct ww_found x;
    const struct ww_detect_cfg *cfg = ww_detect_cfg(d);
    enum ww_dir side = (enum ww_dir)((e->dir & 1) ^ 1);
    struct ww_device *dev = ww_devices_end(cfg->devices, e, side, false);
    if (dev == NULL) {
        side = (enum ww_dir)(side ^ 1);
        dev = ww_devices_end(cfg->devices, e, side, false);
    }
    if (dev == NULL)
        return;
    ww_found_device(d, &x, 702, attack ? 'a' : 'b', e, dev, side);
    ww_found_observed(&x, what);
    x.f.app = ww_slice_str(app);
    x.f.reason = ww_slice_str(what);
    x.f.field = ww_slice_str(field);
    x.f.confidence = attack ? WW_CONF_MID : WW_CONF_HIGH;
    x.f.hypotheses = attack ? WW_HYP_ATTACK | WW_HYP_FAULT : WW_HYP_FAULT | WW_HYP_MISCONFIGURATION;
    ww_found_raise(d, &x);
}

/* Framing that is not quite MLLP: a difference of implementations, each list of them one text. */
static void framing(struct ww_detect *d, const struct ww_event *e, const struct ww_field *quirks)
{
    char seen[96];
    size_t at = 0;
    struct ww_out o = ww_out(seen, sizeof seen - 1);
    for (struct ww_slice q = ww_get_item(e, quirks, &at); q.p != NULL;
         q = ww_get_item(e, quirks, &at)) {
        ww_out_s(&o, o.n > 0 ? ", " : "MLLP: ");
        ww_out_text(&o, q);
    }
    seen[o.n] = 0;
    if (o.n > 0)
        tell(d, e, "hl7", seen, false, "hl7.message.quirks");
}

static void event(struct ww_detect *d, void *state, const struct ww_event *e)
{
    const struct state *s = state;
    char app[24], seen[64];
    int type = ww_detect_type(d);
    if ((e->flags & WW_EV_MIDSTREAM) != 0)
        return; /* what began before the capture may be misread */
    for (size_t i = 0; i < 2; i++)
        if (type == s->t_hl7[i])
            framing(d, e, s->quirks[i]);
    if (type != s->type || !ww_slice_eqs(ww_get_str(e, s->kind), "applayer"))
        return;
    struct ww_out o = ww_out(app, sizeof app - 1);
    ww_out_text(&o, ww_get_str(e, s->app));
    app[o.n] = 0;
    struct ww_slice what = ww_get_str(e, s->event);
    if (!ww_detect_medical(app) || not_syntax(what))
        return;
    o = ww_out(seen, sizeof seen - 1);
    ww_out_text(&o, what);
    seen[o.n] = 0;
    tell(d, e, app, seen, trips(what), "anomaly.event");
}

const struct ww_detector ww_detect_malformed = {
    .id = "WD-702", .state_size = sizeof(struct state), .start = start, .event = event
};
