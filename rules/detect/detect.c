/* detect.c - runs the detectors, and what they share: filling in a finding. */
#include "rules/detect/detect.h"
#include <stdlib.h>

enum { DETECT_MAX = 64 };

struct ww_detect {
    struct ww_detect_cfg cfg;
    struct ww_alerts *alerts;
    void *state[DETECT_MAX];
    bool started[DETECT_MAX];
    /* coverage, from the last statistics (INV-14) */
    bool gap, one_way;
    uint32_t loss_ppm;
    int t_stats;
    const struct ww_field *loss, *way, *ring, *kernel, *packets, *tcp;
    char exception[48];
};

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

static enum ww_rc fields(struct ww_detect *d, struct ww_err *e)
{
    const struct {
        const char *name;
        const struct ww_field **f;
    } want[] = { { "coverage__loss_ppm", &d->loss },   { "coverage__one_way_ppm", &d->way },
                 { "capture__ring_drops", &d->ring },  { "capture__kernel_drops", &d->kernel },
                 { "capture__packets", &d->packets },  { "flow__tcp", &d->tcp } };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        enum ww_rc rc = ww_detect_field(d, "stats", want[i].name, &d->t_stats, want[i].f, e);
        if (rc != WW_OK)
            return rc;
    }
    return WW_OK;
}

enum ww_rc ww_detect_new(struct ww_detect **out, const struct ww_detect_cfg *cfg, struct ww_err *e)
{
    struct ww_detect *d = calloc(1, sizeof *d);
    if (d == NULL)
        return WW_FAIL(e, WW_E_SYS, "detectors: no memory");
    d->cfg = *cfg;
    d->loss_ppm = WW_NULL32;
    struct ww_alerts_conf ac = { .key = ww_key_random(),
                                 .exception = cfg->site != NULL ? exception_of : NULL,
                                 .exception_arg = d };
    enum ww_rc rc = fields(d, e);
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
void ww_detect_judged(struct ww_detect *d, const struct ww_judged *j)
{
    for (size_t i = 0; ww_detectors[i] != NULL; i++)
        if (ww_detectors[i]->judged != NULL)
            ww_detectors[i]->judged(d, d->state[i], j);
}

/* Remembers how much is seen, for the flag on every alert. */
static void see_stats(struct ww_detect *d, const struct ww_event *e)
{
    const struct ww_site_thresholds *t = ww_site_thresholds(d->cfg.site);
    uint64_t loss = ww_get_u64(e, d->loss), way = ww_get_u64(e, d->way);
    d->loss_ppm = loss == WW_NULL64 ? WW_NULL32 : (uint32_t)loss;
    d->one_way = way != WW_NULL64 && way > t->one_way_ppm && ww_get_u64(e, d->tcp) >= 10;
    d->gap = (loss != WW_NULL64 && loss > t->loss_ppm) || ww_get_u64(e, d->ring) > 0 || d->one_way;
}

void ww_detect_event(struct ww_detect *d, const struct ww_event *e)
{
    if (ww_detect_type(d, e) == d->t_stats)
        see_stats(d, e);
    for (size_t i = 0; ww_detectors[i] != NULL; i++)
        if (ww_detectors[i]->event != NULL)
            ww_detectors[i]->event(d, d->state[i], e);
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

const struct ww_alerts_stats *ww_detect_stats(const struct ww_detect *d)
{
    return ww_alerts_stats(d->alerts);
}

/* ---- for detectors ---- */
const struct ww_detect_cfg *ww_detect_cfg(const struct ww_detect *d)
{
    return &d->cfg;
}

enum ww_rc ww_detect_field(const struct ww_detect *d, const char *event, const char *field, int *t,
                           const struct ww_field **f, struct ww_err *e)
{
    const struct ww_registry *r = d->cfg.registry;
    const struct ww_event_type *type = ww_type_find(r, event);
    *t = -1;
    if (type == NULL)
        return WW_OK; /* a program without this dissector sees no such event */
    *t = ww_registry_id(r, type);
    return f != NULL ? ww_field_find(r, event, field, &type, f, e) : WW_OK;
}

int ww_detect_type(const struct ww_detect *d, const struct ww_event *e)
{
    int id = ww_registry_id(d->cfg.registry, e->type);
    return id < 0 ? -2 : id; /* never equal to the -1 of an event that this program lacks */
}

const char *ww_detect_app(const struct ww_detect *d, const struct ww_event *e)
{
    return ww_conv_app(d->cfg.conv, e->dissector);
}

bool ww_detect_medical(const char *app)
{
    static const char *const medical[] = { "dicom", "hl7", NULL };
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

static enum ww_device_class class_of(const struct ww_device *dev)
{
    static const enum ww_device_class by_number[] = { WW_DC_UNKNOWN, WW_DC_I, WW_DC_II, WW_DC_III,
                                                      WW_DC_IV };
    unsigned c = dev->ledger != NULL ? dev->ledger->class_ : 0;
    if (c == WW_SITE_NOT_MEDICAL)
        return WW_DC_NONE;
    if (c == 0 && dev->bl != NULL)
        c = ww_bl_class(dev->bl);
    return c <= 4 ? by_number[c] : WW_DC_UNKNOWN;
}

static enum ww_clinical_role role_of(const struct ww_device *dev)
{
    static const struct {
        const char *criticality;
        enum ww_clinical_role role;
    } by_declaration[] = { { "life-supporting", WW_CR_THERAPY }, { "therapy", WW_CR_THERAPY },
                           { "monitoring", WW_CR_MONITORING },   { "diagnostic", WW_CR_DIAGNOSTIC },
                           { "support", WW_CR_SUPPORT } };
    if (dev->ledger != NULL && dev->ledger->role[0] != 0)
        return ww_clinical_role(dev->ledger->role);
    for (size_t i = 0; dev->bl != NULL && i < sizeof by_declaration / sizeof by_declaration[0]; i++)
        if (strcmp(ww_bl_criticality(dev->bl), by_declaration[i].criticality) == 0)
            return by_declaration[i].role;
    return WW_CR_UNKNOWN;
}

static enum ww_use_env environment_of(const struct ww_device *dev)
{
    if (dev->bl != NULL) {
        unsigned env = ww_bl_environment(dev->bl);
        if ((env & WW_BL_ENV_HOME) != 0)
            return WW_USE_HOME;
        if ((env & WW_BL_ENV_WORN) != 0)
            return WW_USE_WORN;
        if ((env & WW_BL_ENV_UNSPECIFIED) != 0)
            return WW_USE_UNSPECIFIED;
        if ((env & WW_BL_ENV_HOSPITAL) != 0)
            return WW_USE_HOSPITAL;
    }
    static const enum ww_use_env by_zone[] = { WW_USE_UNKNOWN, WW_USE_HOSPITAL, WW_USE_HOME,
                                               WW_USE_WORN, WW_USE_UNSPECIFIED };
    return dev->zone != NULL ? by_zone[dev->zone->environment] : WW_USE_UNKNOWN;
}

static void keep(char *dst, size_t size, const char *text)
{
    struct ww_out o = ww_out(dst, size - 1);
    ww_out_s(&o, text);
    dst[o.n] = 0;
}

void ww_found_peer(struct ww_found *x, const char *peer)
{
    keep(x->peer, sizeof x->peer, peer);
    x->f.peer = ww_slice_str(x->peer);
}

void ww_found_observed(struct ww_found *x, const char *text)
{
    keep(x->observed, sizeof x->observed, text);
    x->f.observed = ww_slice_str(x->observed);
}

void ww_found_declared(struct ww_found *x, const char *text)
{
    keep(x->declared, sizeof x->declared, text);
    x->f.declared = ww_slice_str(x->declared);
}

/* What is known of the other end. */
static void fill_peer(struct ww_detect *d, struct ww_found *x, const struct ww_event *e,
                      enum ww_dir side)
{
    char text[WW_IP_TEXT];
    const struct ww_ip *ip = &e->end[side ^ 1].ip;
    if (ip->fam == 0)
        return;
    ww_found_peer(x, ww_ip_text(text, ip->b, ip->fam));
    /* from the site file alone, so that it is the same before and after the peer was seen to send:
     * the role is part of the alert's key */
    const struct ww_site_device *other = ww_site_by_ip(d->cfg.site, ip);
    const char *service = ww_site_service_of(d->cfg.site, ip);
    if (other != NULL && other->name[0] != 0)
        x->f.peer_role = ww_slice_str(other->name);
    else if (service != NULL)
        x->f.peer_role = ww_slice_str(service);
    const struct ww_site_zone *z =
        other != NULL && other->zone != NULL ? other->zone : ww_site_zone_of(d->cfg.site, ip, 0);
    if (z != NULL) {
        x->f.peer_zone = ww_slice_str(z->id);
        x->f.wireless = x->f.wireless || z->wireless;
    }
    x->f.peer_external = ww_site_external(d->cfg.site, ip);
    x->f.ip_proto = e->ip_proto;
    x->f.port = ww_event_server(e)->port;
}

void ww_found_device(struct ww_detect *d, struct ww_found *x, uint16_t class_, char variant,
                     const struct ww_event *e, const struct ww_device *dev, enum ww_dir side)
{
    x->f = ww_finding(class_, variant);
    x->f.cause = e;
    if (dev != NULL) {
        x->f.asset_id = ww_slice_str(dev->id);
        x->f.device_label = ww_slice_str(ww_device_label(dev));
        if (dev->zone != NULL)
            x->f.zone = ww_slice_str(dev->zone->id);
        x->f.wireless = (dev->flags & WW_DEV_WIRELESS) != 0;
        x->f.device_class = class_of(dev);
        x->f.role = role_of(dev);
        x->f.environment = environment_of(dev);
        if (dev->bl != NULL) {
            x->f.operable = ww_bl_remotely_operable(dev->bl) == WW_BL_YES;
            x->f.baseline_id = ww_slice_str(ww_bl_mud_url(dev->bl));
            x->f.baseline_digest = ww_slice_str(ww_bl_digest(dev->bl));
        }
    }
    if (e != NULL) {
        fill_peer(d, x, e, side);
        x->f.app = ww_slice_str(ww_detect_app(d, e));
    }
    x->f.confidence = WW_CONF_HIGH;
    x->f.hypotheses = WW_HYP_ATTACK | WW_HYP_MISCONFIGURATION | WW_HYP_FAULT;
    x->f.coverage_gap = d->gap;
    x->f.one_way = d->one_way;
    x->f.loss_ppm = d->loss_ppm;
}

void ww_found_judged(struct ww_detect *d, struct ww_found *x, uint16_t class_, char variant,
                     const struct ww_judged *j)
{
    ww_found_device(d, x, class_, variant, j->e, j->dev, j->side);
    if (j->flow != NULL && x->f.app.n == 0)
        x->f.app = ww_slice_str(ww_conv_app(d->cfg.conv, j->flow->app));
    if (j->v == NULL)
        return;
    ww_found_observed(x, j->v->observed);
    const struct ww_ip *peer = &j->e->end[j->side ^ 1].ip;
    const char *name = j->external ? ww_names_of(d->cfg.names, j->dev, peer, 0, j->e->ts) : NULL;
    if (name != NULL) { /* an engineer knows the name sooner than the number */
        char text[sizeof x->observed];
        struct ww_out o = ww_out(text, sizeof text - 1);
        ww_out_f(&o, "%s (%s)", j->v->observed, name);
        text[o.n] = 0;
        ww_found_observed(x, text);
    }
    ww_found_declared(x, j->v->declared);
    x->f.reason = ww_slice_str(ww_bl_reason_name(j->v->reason));
    /* a class without address might have named this peer: then the deviation may be the site file's */
    if ((j->v->notes & (WW_BL_NOTE_CLASS_UNRESOLVED | WW_BL_NOTE_OPENER_UNKNOWN)) != 0)
        x->f.confidence = WW_CONF_MID;
}

void ww_found_raise(struct ww_detect *d, struct ww_found *x)
{
    struct ww_tell *t = d->cfg.tell;
    ww_alerts_raise(d->alerts, &x->f, t->now, t->emit, t->to);
}
