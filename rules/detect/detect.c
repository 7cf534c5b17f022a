/* detect.c - runs the detectors, and what they share: filling in a finding. */
#include "rules/detect/detect_int.h"
#include <stdlib.h>

/* An exception of the site file that covers a finding; asked by the guideline for levels 1 to 3. */
static const char *exception_of(void *arg, const struct ww_finding *f, unsigned level, uint64_t now)
{
    struct ww_detect *d = arg;
    char device[WW_DEVICE_ID], peer[WW_NAME_MAX], class_[8];
    (void)level;
    struct ww_out o = ww_out(device, sizeof device - 1);
    ww_out_raw(&o, f->asset_id.p, f->asset_id.n);
    device[o.n] = 0;
    o = ww_out(peer, sizeof peer - 1);
    ww_out_raw(&o, f->peer.p, f->peer.n);
    peer[o.n] = 0;
    o = ww_out(class_, sizeof class_ - 1);
    ww_out_f(&o, "WD-%03u", (unsigned)f->class % 1000u);
    class_[o.n] = 0;
    const struct ww_site_exception *x = ww_site_exception(d->cfg.site, device, class_, peer, now);
    if (x == NULL)
        return NULL;
    o = ww_out(d->exception, sizeof d->exception - 1);
    ww_out_f(&o, "site file line %u", x->line);
    d->exception[o.n] = 0;
    return d->exception;
}

enum ww_rc ww_detect_new(struct ww_detect **out, const struct ww_detect_cfg *cfg, struct ww_err *e)
{
    struct ww_detect *d = calloc(1, sizeof *d);
    if (d == NULL)
        return WW_FAIL(e, WW_E_SYS, "detectors: no memory");
    d->cfg = *cfg;
    d->loss_ppm = WW_NULL32;
    for (unsigned i = 0; cfg->app_names != NULL && cfg->app_names[i] != NULL && i < 256; i++)
        d->medical[i] = ww_detect_medical(cfg->app_names[i]);
    size_t exceptions;
    (void)ww_site_exceptions(cfg->site, &exceptions);
    struct ww_alerts_conf ac = { .key = ww_key_random(),
                                 .exception = exceptions > 0 ? exception_of : NULL,
                                 .exception_arg = d };
    enum ww_rc rc = ww_seen_fields(d, e);
    if (rc == WW_OK)
        rc = ww_alerts_new(&d->alerts, cfg->guide, &ac, e);
    for (size_t i = 0; ww_detectors[i] != NULL && rc == WW_OK; i++) {
        const struct ww_detector *t = ww_detectors[i];
        if (i == DETECT_MAX)
            rc = WW_FAIL(e, WW_E_LIMIT, "more than %d detectors", DETECT_MAX);
        else if (t->state_size > 0 && (d->state[i] = calloc(1, t->state_size)) == NULL)
            rc = WW_FAIL(e, WW_E_SYS, "%s: no memory", t->id);
        else {
            d->started[i] = true;
            d->starting = i;
            for (unsigned k = 0; k < WHENS && t->judged != NULL; k++)
                d->when[k] |= (uint64_t)((t->when >> k & 1) != 0) << i;
            rc = t->start != NULL ? t->start(d, d->state[i], e) : WW_OK;
        }
    }
    if (rc != WW_OK) {
        ww_detect_free(d);
        return rc;
    }
    *out = d;
    return WW_OK;
}

void ww_detect_free(struct ww_detect *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < DETECT_MAX && ww_detectors[i] != NULL; i++) {
        if (d->started[i] && ww_detectors[i]->stop != NULL)
            ww_detectors[i]->stop(d->state[i]);
        free(d->state[i]);
    }
    ww_alerts_free(d->alerts);
    free(d);
}

/* ---- telling the detectors ---- */
unsigned ww_detect_when(const struct ww_device *dev, const struct ww_bl_verdict *v,
                        enum ww_stage stage, bool external)
{
    unsigned when = external ? WW_WHEN_EXTERNAL : 0;
    if (v != NULL && v->kind == WW_BL_VIOLATION)
        when |= WW_WHEN_DEVIATES;
    if (v != NULL && stage == WW_AT_APP)
        when |= WW_WHEN_RECOGNISED;
    if (dev->ledger == NULL)
        when |= WW_WHEN_UNLISTED;
    if (dev->bl == NULL || ww_bl_no_cyber_risk(dev->bl) == WW_BL_YES)
        when |= WW_WHEN_UNDECLARED;
    return when;
}

void ww_detect_judged(struct ww_detect *d, const struct ww_judged *j, unsigned when)
{
    uint64_t want = 0;
    for (unsigned k = 0; k < WHENS; k++)
        want |= (when >> k & 1) != 0 ? d->when[k] : 0;
    for (size_t i = 0; want != 0; i++, want >>= 1)
        if ((want & 1) != 0)
            ww_detectors[i]->judged(d, d->state[i], j);
}

void ww_detect_event(struct ww_detect *d, const struct ww_event *e)
{
    d->type = ww_registry_id(d->cfg.registry, e->type);
    if (d->type < 0)
        return;
    if (d->type == d->t_stats || d->type == d->t_link)
        ww_seen_stats(d, e);
    uint64_t want = d->wants[d->type];
    for (size_t i = 0; want != 0; i++, want >>= 1)
        if ((want & 1) != 0 && ww_detectors[i]->event != NULL)
            ww_detectors[i]->event(d, d->state[i], e);
}

bool ww_detect_wants(const struct ww_detect *d, int type)
{
    return d->wants[type] != 0 || type == d->t_stats || type == d->t_link;
}

void ww_detect_tick(struct ww_detect *d, uint64_t now, bool end)
{
    struct ww_tell *t = d->cfg.tell;
    for (size_t i = 0; ww_detectors[i] != NULL; i++)
        if (ww_detectors[i]->tick != NULL)
            ww_detectors[i]->tick(d, d->state[i], now, end);
    if (end)
        ww_alerts_end(d->alerts, now, t->emit, t->to);
    else
        ww_alerts_tick(d->alerts, now, t->emit, t->to);
}

struct ww_alerts *ww_detect_alerts(const struct ww_detect *d)
{
    return d->alerts;
}

const struct ww_alerts_stats *ww_detect_stats(const struct ww_detect *d)
{
    return ww_alerts_stats(d->alerts);
}

uint64_t ww_detect_evicted(const struct ww_detect *d)
{
    uint64_t n = ww_alerts_stats(d->alerts)->notes_evicted;
    for (size_t i = 0; ww_detectors[i] != NULL; i++)
        n += ww_detectors[i]->evicted != NULL ? ww_detectors[i]->evicted(d->state[i]) : 0;
    return n;
}

/* ---- for detectors ---- */
const struct ww_detect_cfg *ww_detect_cfg(const struct ww_detect *d)
{
    return &d->cfg;
}

enum ww_rc ww_detect_field(struct ww_detect *d, const char *event, const char *field, int *t,
                           const struct ww_field **f, struct ww_err *e)
{
    const struct ww_registry *r = d->cfg.registry;
    const struct ww_event_type *type = ww_type_find(r, event);
    *t = -1;
    if (type == NULL)
        return WW_OK; /* a program without this dissector sees no such event */
    *t = ww_registry_id(r, type);
    d->wants[*t] |= (uint64_t)1 << d->starting;
    return f != NULL ? ww_field_find(r, event, field, &type, f, e) : WW_OK;
}

int ww_detect_type(const struct ww_detect *d)
{
    return d->type;
}

const char *ww_detect_app(const struct ww_detect *d, const struct ww_event *e)
{
    return ww_conv_app(d->cfg.conv, e->dissector);
}

static uint8_t spoken(const struct ww_judged *j)
{
    return j->stage == WW_AT_MESSAGE ? j->e->dissector
           : j->flow != NULL         ? j->flow->app
                                     : (uint8_t)WW_NO_DISSECTOR;
}

const char *ww_detect_spoken(const struct ww_detect *d, const struct ww_judged *j)
{
    return ww_conv_app(d->cfg.conv, spoken(j));
}

bool ww_detect_speaks_medical(const struct ww_detect *d, const struct ww_judged *j)
{
    return d->medical[spoken(j)];
}

bool ww_detect_medical(const char *app)
{
    static const char *const medical[] = { "dicom", "hl7", "astm", "poct1a", "fhir", "dicomweb", "ihe", NULL };
    for (size_t i = 0; medical[i] != NULL; i++)
        if (strcmp(medical[i], app) == 0)
            return true;
    return false;
}

bool ww_detect_closed(const struct ww_device *dev, const char **why)
{
    bool own = dev->ledger != NULL && dev->ledger->connection != WW_CONN_UNSAID;
    if (own && dev->ledger->connection == WW_CONN_CLOSED)
        *why = "closed_by_ledger";
    else if (!own && dev->zone != NULL && dev->zone->connection == WW_CONN_CLOSED)
        *why = "closed_by_zone";
    else if (dev->bl != NULL && ww_bl_is_closed(dev->bl))
        *why = "closed_by_declaration";
    else
        return false;
    return true;
}

bool ww_detect_sanctioned(const struct ww_detect *d, const struct ww_judged *j)
{
    static const struct {
        const char *service;
        uint16_t port[10];
    } ports[] = {
        { "dns", { 53, 853 } },
        { "ntp", { 123 } },
        { "dhcp", { 67, 68, 546, 547 } },
        { "ad", { 53, 88, 123, 135, 389, 445, 464, 636, 3268, 3269 } },
        { "proxy", { 3128, 8080 } },
        { "mail", { 25, 465, 587 } },
        { "file", { 445, 2049 } },
        { "print", { 515, 631, 9100 } },
        { "syslog", { 514, 6514 } },
    };
    const struct ww_ip *peer = &j->e->end[j->side ^ 1].ip;
    uint16_t port = ww_event_server(j->e)->port;
    if (j->opener_known && !j->device_opened)
        return false; /* the service is what the peer offers, not what it asks */
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
        for (size_t k = 0; k < 10 && ports[i].port[k] != 0; k++)
            if (ports[i].port[k] == port &&
                ww_site_service(d->cfg.site, ports[i].service, peer) == WW_SITE_YES)
                return true;
    return false;
}
