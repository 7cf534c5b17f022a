/* sensor_blind.c - WD-901: the sensor does not see what it should (alert model 3.8), from the
 * statistics and the thresholds of the site file. Variants: a loss, b the mirror port gives nothing,
 * c one direction only, d the sensor does not keep up, e storage runs out, f its clock goes back. Told where it is: for a
 * VLAN when frames carry tags, else for the interface or file. The alert is about the sensor; its
 * weight is that of the heaviest device that it should see. */
#include "rules/detect/detectors.h"

enum {
    LEAST_PACKETS = 500,
    LEAST_FLOWS = 20,
    MANY_VLANS = 8, /* so many with the same trouble are one trouble of their source */
    SOURCES = 16,   /* interfaces; the sensor takes fewer */
    NAME_MAX = 96
};
static const uint64_t SEC = UINT64_C(1000000000);

#define LINK_FIELDS(X)                                                                             \
    X(name) X(vlan) X(live) X(down) X(tagged) X(vlans) X(first) X(last) X(packets) X(tcp_used)     \
    X(ring_drops) X(clock_steps) X(coverage__loss_ppm) X(coverage__one_way_ppm) X(coverage__truncated_ppm)
#define RUN_FIELDS(X)                                                                              \
    X(overload__bulk_bytes) X(overload__body_bytes) X(overload__head_bytes)                        \
    X(capture__clock_steps) X(overload__cut_packets) X(judge__event_drops) X(store__lost) X(store__free_ppm)

/* An interface that is listened to. */
struct source {
    char name[NAME_MAX];
    uint64_t first, last, packets, ring;
    bool used, silent, down; /* told */
};

struct state {
    int t_link, t_run;
#define X(n) const struct ww_field *n;
    LINK_FIELDS(X) RUN_FIELDS(X)
#undef X
    struct source source[SOURCES];
    uint64_t listening; /* since when, ns; 0 = files */
    uint64_t overload, dropped, lost; /* told */
    bool full;
    uint64_t steps, most_steps;                  /* told; of the one source whose clock went back most */
    char where[NAME_MAX + 16], label[NAME_MAX + 16]; /* that source */
    bool covers[2]; /* loss, one way: told for the source whose VLANs follow */
};

static enum ww_rc start(struct ww_detect *d, void *state, struct ww_err *e)
{
    struct state *s = state;
    const struct {
        const char *event, *name;
        int *type;
        const struct ww_field **f;
    } want[] = {
#define X(n) { "stats.link", #n, &s->t_link, &s->n },
        LINK_FIELDS(X)
#undef X
#define X(n) { "stats", #n, &s->t_run, &s->n },
        RUN_FIELDS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        enum ww_rc rc =
            ww_detect_field(d, want[i].event, want[i].name, want[i].type, want[i].f, e);
        if (rc != WW_OK)
            return rc;
    }
    return WW_OK;
}

uint8_t ww_det_heaviest(const struct ww_site *site, const struct ww_site_zone *zone)
{
    static const enum ww_device_class classes[] = { WW_DC_UNKNOWN, WW_DC_I, WW_DC_II, WW_DC_III,
                                                    WW_DC_IV };
    size_t n;
    uint8_t most = 0;
    const struct ww_site_device *l = ww_site_devices(site, &n);
    for (size_t i = 0; i < n; i++) {
        enum ww_device_class c =
            l[i].class_ == WW_SITE_NOT_MEDICAL ? WW_DC_NONE : classes[l[i].class_ % 5];
        uint8_t w = ww_device_weight(c, ww_clinical_role(l[i].role), 0).d;
        if (zone == NULL || l[i].zone == zone)
            most = w > most ? w : most;
    }
    return most;
}

/* The zone that the site file gives to a VLAN; NULL = none. */
static const struct ww_site_zone *zone_of(const struct ww_site *site, uint64_t vlan)
{
    size_t n;
    const struct ww_site_zone *z = ww_site_zones(site, &n);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < z[i].nvlan; k++)
            if (z[i].vlan[k] == vlan)
                return &z[i];
    return NULL;
}

/* Where the sensor is blind. */
struct place {
    const struct ww_event *e;
    const struct ww_site_zone *zone;
    char where[NAME_MAX + 16]; /* part of the alert's key: the same trouble at the same place is one */
    char label[NAME_MAX + 16];
};

static struct place place_of(const struct ww_detect *d, const struct state *s, const struct ww_event *e)
{
    struct place p = { .e = e };
    uint64_t vlan = ww_get_u64(e, s->vlan);
    struct ww_slice name = ww_get_str(e, s->name);
    bool live = ww_get_u64(e, s->live) != 0;
    struct ww_out o = ww_out(p.where, sizeof p.where - 1);
    if (live) /* files come and go, a VLAN stays what it is */
        ww_out_raw(&o, name.p, name.n);
    if (vlan != WW_NULL64 && vlan != 0) {
        ww_out_f(&o, "%sVLAN %u", o.n > 0 ? " " : "", (unsigned)vlan);
        p.zone = zone_of(ww_detect_cfg(d)->site, vlan);
    }
    p.where[o.n] = 0;
    o = ww_out(p.label, sizeof p.label - 1);
    if (p.zone != NULL)
        ww_out_s(&o, p.zone->id);
    else if (p.where[0] != 0)
        ww_out_s(&o, p.where);
    else
        ww_out_raw(&o, name.p, name.n);
    p.label[o.n] = 0;
    return p;
}

static struct place everywhere(const struct ww_event *e)
{
    return (struct place){ .e = e, .label = "all_sources" };
}

static void tell(struct ww_detect *d, const struct place *p, char variant, const char *reason,
                 const char *observed, const char *declared)
{
    struct ww_found x;
    ww_found_device(d, &x, 901, variant, NULL, NULL, WW_A);
    x.f.cause = p->e;
    x.f.asset_id = x.f.device_label = WW_SLICE_LIT("sensor");
    x.f.zone = ww_slice_str(p->label);
    ww_found_peer(&x, p->where);
    x.f.weight_least = ww_det_heaviest(ww_detect_cfg(d)->site, p->zone);
    x.f.device_class = WW_DC_NONE;
    x.f.role = WW_CR_GENERAL_IT;
    x.f.coverage_gap = variant != 'f'; /* what passed was seen, but not when */
    x.f.reason = ww_slice_str(reason);
    x.f.field = WW_SLICE_LIT("stats.coverage");
    x.f.hypotheses = WW_HYP_MISCONFIGURATION | WW_HYP_FAULT;
    ww_found_observed(&x, observed);
    ww_found_declared(&x, declared);
    ww_found_raise(d, &x);
}

/* Values without words, so that they read the same in both languages. */
static void tell_share(struct ww_detect *d, const struct place *p, char variant, const char *reason,
                       uint64_t ppm, uint32_t limit)
{
    char seen[32], at_most[32];
    ww_det_percent(seen, sizeof seen, "", ppm);
    ww_det_percent(at_most, sizeof at_most, "\u2264 ", limit);
    tell(d, p, variant, reason, seen, at_most);
}

static void tell_number(struct ww_detect *d, const struct place *p, char variant,
                        const char *reason, uint64_t n)
{
    char text[32];
    struct ww_out o = ww_out(text, sizeof text - 1);
    ww_out_u64(&o, n);
    text[o.n] = 0;
    tell(d, p, variant, reason, text, "0");
}

/* Loss, truncation and one direction, of an interface, file or VLAN. */
static void shares(struct ww_detect *d, struct state *s, const struct ww_event *e, const struct place *p)
{
    const struct ww_site_thresholds *t = ww_site_thresholds(ww_detect_cfg(d)->site);
    uint64_t loss = ww_get_u64(e, s->coverage__loss_ppm), cut = ww_get_u64(e, s->coverage__truncated_ppm);
    uint64_t way = ww_get_u64(e, s->coverage__one_way_ppm);
    bool vlan = ww_get_u64(e, s->vlan) != WW_NULL64;
    /* of a source with few VLANs, each that is concerned is named; of one with many, the source */
    bool here = vlan || ww_get_u64(e, s->tagged) == 0 || ww_get_u64(e, s->vlans) > MANY_VLANS;
    bool enough = ww_get_u64(e, s->packets) >= LEAST_PACKETS;
    bool lost = enough && loss != WW_NULL64 && loss > t->loss_ppm;
    bool truncated = enough && !lost && cut != WW_NULL64 && cut > t->truncated_ppm;
    bool half = way != WW_NULL64 && way > t->one_way_ppm && ww_get_u64(e, s->tcp_used) >= LEAST_FLOWS;
    if (!vlan) {
        s->covers[0] = here && (lost || truncated);
        s->covers[1] = here && half;
    }
    if (lost && (vlan ? !s->covers[0] : here))
        tell_share(d, p, 'a', "loss", loss, t->loss_ppm);
    if (truncated && (vlan ? !s->covers[0] : here))
        tell_share(d, p, 'a', "truncated", cut, t->truncated_ppm);
    if (half && (vlan ? !s->covers[1] : here))
        tell_share(d, p, 'c', "one_way", way, t->one_way_ppm);
}

/* What only the interface itself knows. */
static void interface(struct ww_detect *d, struct state *s, const struct ww_event *e, const struct place *p)
{
    struct source *i = e->source < SOURCES ? &s->source[e->source] : NULL;
    uint64_t ring = ww_get_u64(e, s->ring_drops);
    bool down = ww_get_u64(e, s->down) != 0;
    if (i == NULL || ww_get_u64(e, s->live) == 0)
        return;
    if (!i->used) {
        struct ww_slice name = ww_get_str(e, s->name);
        struct ww_out o = ww_out(i->name, sizeof i->name - 1);
        ww_out_raw(&o, name.p, name.n);
        i->name[o.n] = 0;
        i->used = true;
    }
    if (s->listening == 0)
        s->listening = e->ts;
    i->silent = i->silent && ww_get_u64(e, s->last) == i->last;
    i->first = ww_get_u64(e, s->first);
    i->last = ww_get_u64(e, s->last);
    i->packets = ww_get_u64(e, s->packets);
    if (ring != WW_NULL64 && ring > i->ring) {
        i->ring = ring;
        tell_number(d, p, 'd', "ring_drops", ring);
    }
    if (down && !i->down)
        tell(d, p, 'b', "interface_down", p->where, "UP");
    i->down = down;
}

/* The source whose clock went back most: its statistics come before those of the run. */
static void stepped(struct state *s, const struct ww_event *e, const struct place *p)
{
    uint64_t steps = ww_get_u64(e, s->clock_steps);
    if (steps <= s->most_steps)
        return;
    s->most_steps = steps;
    struct ww_out o = ww_out(s->where, sizeof s->where - 1);
    ww_out_s(&o, p->where);
    s->where[o.n] = 0;
    o = ww_out(s->label, sizeof s->label - 1);
    ww_out_s(&o, p->label);
    s->label[o.n] = 0;
}

static void clock_steps(struct ww_detect *d, struct state *s, const struct ww_event *e)
{
    uint64_t steps = ww_get_u64(e, s->capture__clock_steps);
    struct place p = everywhere(e);
    if (steps <= s->steps)
        return;
    s->steps = steps;
    if (s->label[0] != 0) {
        struct ww_out o = ww_out(p.label, sizeof p.label - 1);
        ww_out_s(&o, s->label);
        p.label[o.n] = 0;
        o = ww_out(p.where, sizeof p.where - 1);
        ww_out_s(&o, s->where);
        p.where[o.n] = 0;
    }
    tell_number(d, &p, 'f', "clock_steps", steps);
}

/* What concerns the whole sensor. */
static void run(struct ww_detect *d, struct state *s, const struct ww_event *e)
{
    const struct ww_site_thresholds *t = ww_site_thresholds(ww_detect_cfg(d)->site);
    struct place p = everywhere(e);
    uint64_t shed = ww_get_u64(e, s->overload__bulk_bytes) + ww_get_u64(e, s->overload__body_bytes) +
                    ww_get_u64(e, s->overload__head_bytes) + ww_get_u64(e, s->overload__cut_packets);
    uint64_t dropped = ww_get_u64(e, s->judge__event_drops);
    uint64_t lost = ww_get_u64(e, s->store__lost), room = ww_get_u64(e, s->store__free_ppm);
    clock_steps(d, s, e);
    if (shed > s->overload)
        tell_number(d, &p, 'd', "overload", shed);
    if (dropped > s->dropped)
        tell_number(d, &p, 'd', "events_dropped", dropped);
    s->overload = shed;
    s->dropped = dropped;
    if (lost != WW_NULL64 && lost > s->lost) {
        s->lost = lost;
        tell_number(d, &p, 'e', "storage_lost", lost);
    }
    bool full = room != WW_NULL64 && room < t->storage_free_ppm;
    if (full && !s->full) {
        char seen[32], least[32];
        ww_det_percent(seen, sizeof seen, "", room);
        ww_det_percent(least, sizeof least, "\u2265 ", t->storage_free_ppm);
        tell(d, &p, 'e', "storage_low", seen, least);
    }
    s->full = full;
}

static void event(struct ww_detect *d, void *state, const struct ww_event *e)
{
    struct state *s = state;
    if (ww_detect_type(d) == s->t_run) {
        run(d, s, e);
        return;
    }
    if (ww_detect_type(d) != s->t_link)
        return;
    struct place p = place_of(d, s, e);
    shares(d, s, e, &p);
    if (ww_get_u64(e, s->vlan) != WW_NULL64)
        return;
    stepped(s, e, &p);
    interface(d, s, e, &p);
}

/* A mirror port of a hospital is never still: at least ARP and spanning tree pass. What the last
 * statistics said is at most a minute old. */
static void tick(struct ww_detect *d, void *state, uint64_t now, bool end)
{
    struct state *s = state;
    uint64_t limit = ww_site_thresholds(ww_detect_cfg(d)->site)->silent_s * SEC;
    if (end || s->listening == 0 || limit == 0)
        return;
    for (size_t k = 0; k < SOURCES; k++) {
        struct source *i = &s->source[k];
        bool spoke = i->packets > 0;
        uint64_t since = spoke ? i->last : s->listening;
        /* rarely a packet a minute before: then silence says nothing */
        bool steady = !spoke || (i->packets >= 10 && (i->last - i->first) / i->packets < 60 * SEC);
        if (!i->used || i->silent || !steady || now < since + limit)
            continue;
        char text[32], at_most[32];
        struct place p = { .e = NULL };
        struct ww_out o = ww_out(p.where, sizeof p.where - 1);
        ww_out_s(&o, i->name);
        o = ww_out(p.label, sizeof p.label - 1);
        ww_out_s(&o, i->name);
        o = ww_out(text, sizeof text - 1);
        ww_out_f(&o, "%llu s", (unsigned long long)((now - since) / SEC));
        text[o.n] = 0;
        o = ww_out(at_most, sizeof at_most - 1);
        ww_out_f(&o, "\u2264 %llu s", (unsigned long long)(limit / SEC));
        at_most[o.n] = 0;
        i->silent = true;
        tell(d, &p, 'b', spoke ? "silent" : "nothing_seen", text, at_most);
    }
}

const struct ww_detector ww_detect_sensor_blind = {
    .id = "WD-901", .state_size = sizeof(struct state), .start = start, .event = event, .tick = tick
};
