/* found.c - a finding: what device, peer, site file and declaration say, filled in once for all
 * detectors. */
#include "rules/detect/detect_int.h"
#include "rules/detect/detectors.h"

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
    } by_declaration[] = { { "life-supporting", WW_CR_THERAPY },
                           { "therapy", WW_CR_THERAPY },
                           { "monitoring", WW_CR_MONITORING },
                           { "diagnostic", WW_CR_DIAGNOSTIC },
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

/* Arrows of verdicts as characters that a text may show: markup signs are filtered there. */
static void keep_arrows(char *dst, size_t size, const char *text)
{
    struct ww_out o = ww_out(dst, size - 1);
    while (*text != 0) {
        bool out = strncmp(text, "->", 2) == 0, in = strncmp(text, "<-", 2) == 0;
        if (out || in)
            ww_out_s(&o, out ? "\u2192" : "\u2190");
        else
            ww_out_c(&o, *text);
        text += out || in ? 2 : 1;
    }
    dst[o.n] = 0;
}

void ww_found_observed(struct ww_found *x, const char *text)
{
    keep_arrows(x->observed, sizeof x->observed, text);
    x->f.observed = ww_slice_str(x->observed);
}

void ww_found_declared(struct ww_found *x, const char *text)
{
    keep_arrows(x->declared, sizeof x->declared, text);
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

/* An approved maintenance window of the site file covers this (E8). */
static bool work_order(const struct ww_site *site, const struct ww_device *dev,
                       const struct ww_event *e, enum ww_dir side)
{
    size_t n;
    const struct ww_site_maintenance *m = ww_site_maintenance(site, &n);
    for (size_t i = 0; i < n; i++) {
        struct ww_site_net from;
        if (strcmp(m[i].device, dev->id) != 0 || e->ts < m[i].from || e->ts > m[i].to)
            continue;
        if (m[i].source[0] == 0 ||
            (ww_net_parse(&from, m[i].source) && ww_net_has(&from, &e->end[side ^ 1].ip)))
            return true;
    }
    return false;
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
        x->f.work_order = dev != NULL && work_order(d->cfg.site, dev, e, side);
        x->f.app = ww_slice_str(ww_detect_app(d, e));
    }
    x->f.confidence = WW_CONF_HIGH;
    x->f.hypotheses = WW_HYP_ATTACK | WW_HYP_MISCONFIGURATION | WW_HYP_FAULT;
    x->f.coverage_gap = d->gap || ww_seen_is_blind(d, e);
    x->f.one_way = d->one_way;
    x->f.loss_ppm = d->loss_ppm;
}

void ww_found_judged(struct ww_detect *d, struct ww_found *x, uint16_t class_, char variant,
                     const struct ww_judged *j)
{
    ww_found_device(d, x, class_, variant, j->e, j->dev, j->side);
    if (j->flow != NULL && x->f.app.n == 0)
        x->f.app = ww_slice_str(ww_conv_app(d->cfg.conv, j->flow->app));
    const char *name =
        j->external ? ww_names_of(d->cfg.names, j->dev, &j->e->end[j->side ^ 1].ip, 0, j->e->ts)
                    : NULL;
    if (name != NULL && x->f.peer_role.n == 0) { /* an engineer knows the name sooner */
        keep(x->name, sizeof x->name, name);
        x->f.peer_role = ww_slice_str(x->name);
    }
    if (j->v == NULL)
        return;
    ww_bl_texts(j->dev->bl, j->v);
    ww_found_observed(x, j->v->observed);
    ww_found_declared(x, j->v->declared);
    x->f.reason = ww_slice_str(ww_bl_reason_name(j->v->reason));
    /* a class without address might have named this peer: then the deviation may be the site file's
     */
    if ((j->v->notes & (WW_BL_NOTE_CLASS_UNRESOLVED | WW_BL_NOTE_OPENER_UNKNOWN)) != 0)
        x->f.confidence = WW_CONF_MID;
}

void ww_found_raise(struct ww_detect *d, struct ww_found *x)
{
    struct ww_tell *t = d->cfg.tell;
    ww_alerts_raise(d->alerts, &x->f, t->now, t->emit, t->to);
}

void ww_det_percent(char *text, size_t size, const char *prefix, uint64_t ppm)
{
    struct ww_out o = ww_out(text, size - 1);
    ww_out_f(&o, "%s%llu.%02llu %%", prefix, (unsigned long long)(ppm / 10000),
             (unsigned long long)(ppm % 10000 / 100));
    text[o.n] = 0;
}
