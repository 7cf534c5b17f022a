/* coverage_gap.c - WD-903: what lies outside of the sensor's sight (alert model 3.8). Variants: a devices
 * of the ledger that never sent anything, b zones from which nothing came, c traffic whose protocol
 * is not read, d traffic that is encrypted. A notice about the limits of observation, no deviation. */
#include "rules/detect/detectors.h"

enum {
    ZONES = WW_SITE_ZONE_MAX + 1, /* the last one: in no zone */
    WORDS = (WW_SITE_DEVICE_MAX + 63) / 64,
    NAMED = 8,            /* devices or zones that a text names */
    LEAST_BYTES = 100000, /* below, a share says little */
    DAY_H = 24,
    ESP = 50,
    AH = 51
};
static const uint64_t HOUR = UINT64_C(3600) * 1000000000u;

enum kind { READ, UNREAD, SEALED, KINDS };

struct state {
    int type[2], t_link; /* flow.update, flow.end, stats.link */
    const struct ww_field *to_server[2], *to_client[2], *vlan;
    uint64_t begun, told; /* ns; 0 = not yet */
    bool daily;           /* told while it ran */
    uint64_t bytes[ZONES][KINDS], all[KINDS];
    uint64_t seen[WORDS]; /* devices of the ledger: bits */
    bool zone[ZONES];     /* something came from it */
};

static enum ww_rc start(struct ww_detect *d, void *state, struct ww_err *e)
{
    static const char *const events[] = { "flow.update", "flow.end" };
    struct state *s = state;
    enum ww_rc rc = ww_detect_field(d, "stats.link", "vlan", &s->t_link, &s->vlan, e);
    for (size_t i = 0; i < 2 && rc == WW_OK; i++) {
        rc = ww_detect_field(d, events[i], "bytes_toserver", &s->type[i], &s->to_server[i], e);
        if (rc == WW_OK)
            rc = ww_detect_field(d, events[i], "bytes_toclient", &s->type[i], &s->to_client[i], e);
    }
    return rc;
}

/* Control messages are read by the engine itself; a protocol that nobody knows is not. */
static enum kind kind_of(const char *app, uint8_t ip_proto)
{
    static const char *const sealed[] = { "tls", "ssh", "quic", "ipsec", "openvpn", "wireguard" };
    for (size_t i = 0; i < sizeof sealed / sizeof sealed[0]; i++)
        if (strcmp(app, sealed[i]) == 0)
            return SEALED;
    if (ip_proto == ESP || ip_proto == AH)
        return SEALED;
    return app[0] != 0 || ip_proto == 1 || ip_proto == 2 || ip_proto == 58 ? READ : UNREAD;
}

static size_t zone_index(const struct ww_detect_cfg *cfg, const struct ww_event *e, unsigned end)
{
    size_t n;
    uint16_t vlan = e->nvlan > 0 ? e->vlan[(e->nvlan - 1u) % WW_VLAN_MAX] : 0;
    const struct ww_site_zone *all = ww_site_zones(cfg->site, &n);
    const struct ww_site_zone *z = ww_site_zone_of(cfg->site, &e->end[end].ip, vlan);
    return z != NULL ? (size_t)(z - all) % ZONES : ZONES - 1;
}

/* A flow's bytes since it was told last; the conversations note theirs after the detectors. */
static void flow(struct ww_detect *d, struct state *s, const struct ww_event *e, size_t k)
{
    const struct ww_detect_cfg *cfg = ww_detect_cfg(d);
    const struct ww_flow_rec *f = ww_conv_flow(cfg->conv, e);
    uint64_t now = ww_get_u64(e, s->to_server[k]) + ww_get_u64(e, s->to_client[k]);
    if (f == NULL || e->ip_proto == 0 || now <= f->bytes[0] + f->bytes[1])
        return;
    uint64_t n = now - f->bytes[0] - f->bytes[1];
    enum kind kind = kind_of(ww_conv_app(cfg->conv, f->app), e->ip_proto);
    size_t a = zone_index(cfg, e, 0), b = zone_index(cfg, e, 1);
    s->all[kind] += n;
    s->bytes[a][kind] += n;
    if (b != a)
        s->bytes[b][kind] += n;
}

static void event(struct ww_detect *d, void *state, const struct ww_event *e)
{
    struct state *s = state;
    int type = ww_detect_type(d);
    for (size_t k = 0; k < 2; k++)
        if (type == s->type[k])
            flow(d, s, e, k);
    if (type != s->t_link)
        return;
    uint64_t vlan = ww_get_u64(e, s->vlan);
    size_t n;
    const struct ww_site_zone *z = ww_site_zones(ww_detect_cfg(d)->site, &n);
    for (size_t i = 0; i < n && i < ZONES; i++)
        for (size_t k = 0; k < z[i].nvlan; k++)
            s->zone[i] = s->zone[i] || (vlan != WW_NULL64 && z[i].vlan[k] == vlan);
}

static void tell(struct ww_detect *d, char variant, const char *reason, const char *observed,
                 const char *declared)
{
    struct ww_found x;
    ww_found_device(d, &x, 903, variant, NULL, NULL, WW_A);
    x.f.asset_id = x.f.device_label = WW_SLICE_LIT("sensor");
    x.f.device_class = WW_DC_NONE;
    x.f.role = WW_CR_GENERAL_IT;
    x.f.reason = ww_slice_str(reason);
    x.f.hypotheses = WW_HYP_MISCONFIGURATION;
    ww_found_observed(&x, observed);
    ww_found_declared(&x, declared);
    ww_found_raise(d, &x);
}

/* ---- a, b: never seen ---- */
struct look {
    struct state *s;
    const struct ww_site_device *ledger;
    const struct ww_site_zone *zone;
};

static void look_at(void *ctx, const struct ww_device *dev)
{
    struct look *l = ctx;
    if (dev->ledger != NULL) {
        size_t i = (size_t)(dev->ledger - l->ledger) % ((size_t)WORDS * 64);
        l->s->seen[i / 64] |= UINT64_C(1) << (i % 64);
    }
    if (dev->zone != NULL)
        l->s->zone[(size_t)(dev->zone - l->zone) % ZONES] = true;
}

/* "2 / 7: ct-01, pump-1" */
static void missing(struct ww_out *o, const char *id, size_t count)
{
    if (count > NAMED)
        return;
    ww_out_s(o, count == 1 ? "" : ", ");
    ww_out_s(o, count == NAMED ? "\u2026" : id);
}

static void tell_missing(struct ww_detect *d, char variant, const char *reason, size_t count, size_t of,
                         const char *list, uint32_t hours)
{
    char text[WW_BL_TEXT], limit[32];
    struct ww_out o = ww_out(text, sizeof text - 1);
    if (count == 0)
        return;
    ww_out_f(&o, "%u / %u: %s", (unsigned)count, (unsigned)of, list);
    text[o.n] = 0;
    o = ww_out(limit, sizeof limit - 1);
    ww_out_f(&o, "\u2265 %u h", hours);
    limit[o.n] = 0;
    tell(d, variant, reason, text, limit);
}

static void never_seen(struct ww_detect *d, struct state *s, uint32_t hours)
{
    const struct ww_detect_cfg *cfg = ww_detect_cfg(d);
    struct ww_device_counts c;
    size_t n, nz, count = 0;
    char list[WW_BL_TEXT];
    struct look l = { .s = s,
                      .ledger = ww_site_devices(cfg->site, &n),
                      .zone = ww_site_zones(cfg->site, &nz) };
    ww_devices_counts(cfg->devices, &c);
    ww_devices_each(cfg->devices, look_at, &l);
    if (c.devices_evicted > 0)
        return; /* the inventory forgot devices: who is missing cannot be told */
    struct ww_out o = ww_out(list, sizeof list - 1);
    for (size_t i = 0; i < n; i++)
        if ((s->seen[i / 64] >> (i % 64) & 1) == 0)
            missing(&o, l.ledger[i].id, ++count);
    list[o.n] = 0;
    tell_missing(d, 'a', "never_seen", count, n, list, hours);
    o = ww_out(list, sizeof list - 1);
    count = 0;
    for (size_t i = 0; i < nz; i++)
        if (!s->zone[i])
            missing(&o, l.zone[i].id, ++count);
    list[o.n] = 0;
    tell_missing(d, 'b', "no_traffic", count, nz, list, hours);
}

/* ---- c, d: not readable ---- */
static uint64_t share(const uint64_t b[KINDS], enum kind kind)
{
    uint64_t whole = b[READ] + b[UNREAD] + b[SEALED];
    __extension__ typedef unsigned __int128 u128;
    return whole < LEAST_BYTES ? 0 : (uint64_t)((u128)b[kind] * 1000000 / whole);
}

/* The share of all traffic, and the zones above the threshold. Nothing when none is. */
static void unreadable(struct ww_detect *d, struct state *s, enum kind kind, uint32_t limit)
{
    size_t n, named = 0;
    const struct ww_site_zone *z = ww_site_zones(ww_detect_cfg(d)->site, &n);
    char text[WW_BL_TEXT], one[64], at_most[32];
    struct ww_out o = ww_out(text, sizeof text - 1);
    ww_det_percent(one, sizeof one, "", share(s->all, kind));
    ww_out_s(&o, one);
    for (size_t i = 0; i < n && named < NAMED; i++) {
        uint64_t ppm = share(s->bytes[i], kind);
        if (ppm <= limit)
            continue;
        ww_det_percent(one, sizeof one, "", ppm);
        ww_out_f(&o, "%s%s %s", named++ == 0 ? " (" : ", ", z[i].id, one);
    }
    ww_out_s(&o, named > 0 ? ")" : "");
    text[o.n] = 0;
    if (named == 0 && share(s->all, kind) <= limit)
        return;
    ww_det_percent(at_most, sizeof at_most, "\u2264 ", limit);
    tell(d, kind == UNREAD ? 'c' : 'd', kind == UNREAD ? "not_dissected" : "encrypted", text, at_most);
}

/* Once a day, or at the end of what is shorter. */
static void tick(struct ww_detect *d, void *state, uint64_t now, bool end)
{
    struct state *s = state;
    const struct ww_site_thresholds *t = ww_site_thresholds(ww_detect_cfg(d)->site);
    if (s->begun == 0)
        s->begun = s->told = now;
    if (now < s->told + DAY_H * HOUR && (!end || s->daily))
        return;
    s->daily = true;
    s->told = now;
    if (t->unobserved_h > 0 && now - s->begun >= t->unobserved_h * HOUR)
        never_seen(d, s, t->unobserved_h);
    unreadable(d, s, UNREAD, t->undissected_ppm);
    unreadable(d, s, SEALED, t->encrypted_ppm);
}

const struct ww_detector ww_detect_coverage_gap = {
    .id = "WD-903", .state_size = sizeof(struct state), .start = start, .event = event, .tick = tick
};
