/* sensor_blind.c - WD-901: the sensor does not see what it should (alert model 3.8), from the
 * statistics and the thresholds of the site file. Variants: a loss, c one direction only, d the
 * sensor does not keep up. The alert is about the sensor; its weight is that of the heaviest device
 * that it should see. */
#include "rules/detect/detectors.h"

enum { LEAST_PACKETS = 1000, LEAST_FLOWS = 20 };

struct state {
    int type;
    const struct ww_field *packets, *tcp, *loss, *way, *cut, *ring, *kernel;
    uint64_t ring_told;
};

static enum ww_rc start(struct ww_detect *d, void *state, struct ww_err *e)
{
    struct state *s = state;
    const struct {
        const char *name;
        const struct ww_field **f;
    } want[] = { { "capture__packets", &s->packets },    { "flow__tcp", &s->tcp },
                 { "coverage__loss_ppm", &s->loss },     { "coverage__one_way_ppm", &s->way },
                 { "coverage__truncated_ppm", &s->cut }, { "capture__ring_drops", &s->ring },
                 { "capture__kernel_drops", &s->kernel } };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        enum ww_rc rc = ww_detect_field(d, "stats", want[i].name, &s->type, want[i].f, e);
        if (rc != WW_OK)
            return rc;
    }
    return WW_OK;
}

static uint8_t heaviest(const struct ww_site *site)
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
        most = w > most ? w : most;
    }
    return most;
}

/* Parts per million are for machines; a person reads percent. */
static void percent(struct ww_out *o, const char *what, const char *how, uint64_t ppm)
{
    ww_out_f(o, "%s %s%llu.%02llu %%", what, how, (unsigned long long)(ppm / 10000),
             (unsigned long long)(ppm % 10000 / 100));
}

static void tell(struct ww_detect *d, const struct ww_event *e, char variant, const char *reason,
                 const char *what, uint64_t ppm, uint32_t limit)
{
    struct ww_found x;
    char text[96];
    ww_found_device(d, &x, 901, variant, NULL, NULL, WW_A);
    x.f.cause = e;
    x.f.asset_id = x.f.device_label = WW_SLICE_LIT("sensor");
    x.f.weight_least = heaviest(ww_detect_cfg(d)->site);
    x.f.device_class = WW_DC_NONE;
    x.f.role = WW_CR_GENERAL_IT;
    x.f.reason = ww_slice_str(reason);
    x.f.field = WW_SLICE_LIT("stats.coverage");
    x.f.hypotheses = WW_HYP_MISCONFIGURATION | WW_HYP_FAULT;
    struct ww_out o = ww_out(text, sizeof text - 1);
    if (limit > 0)
        percent(&o, what, "", ppm);
    else
        ww_out_f(&o, "%s %llu", what, (unsigned long long)ppm);
    text[o.n] = 0;
    ww_found_observed(&x, text);
    if (limit > 0) {
        o = ww_out(text, sizeof text - 1);
        percent(&o, what, "at most ", limit);
        text[o.n] = 0;
        ww_found_declared(&x, text);
    }
    ww_found_raise(d, &x);
}

static void event(struct ww_detect *d, void *state, const struct ww_event *e)
{
    struct state *s = state;
    if (ww_detect_type(d) != s->type)
        return;
    const struct ww_site_thresholds *t = ww_site_thresholds(ww_detect_cfg(d)->site);
    uint64_t loss = ww_get_u64(e, s->loss), way = ww_get_u64(e, s->way),
             cut = ww_get_u64(e, s->cut);
    uint64_t ring = ww_get_u64(e, s->ring);
    bool enough = ww_get_u64(e, s->packets) >= LEAST_PACKETS;
    if (enough && loss != WW_NULL64 && loss > t->loss_ppm)
        tell(d, e, 'a', "loss", "loss", loss, t->loss_ppm);
    else if (enough && cut != WW_NULL64 && cut > t->truncated_ppm)
        tell(d, e, 'a', "truncated", "packets cut short", cut, t->truncated_ppm);
    if (way != WW_NULL64 && way > t->one_way_ppm && ww_get_u64(e, s->tcp) >= LEAST_FLOWS)
        tell(d, e, 'c', "one_way", "one direction only", way, t->one_way_ppm);
    if (ring > s->ring_told) {
        s->ring_told = ring;
        tell(d, e, 'd', "ring_drops", "packets dropped by the sensor", ring, 0);
    }
}

const struct ww_detector ww_detect_sensor_blind = {
    .id = "WD-901", .state_size = sizeof(struct state), .start = start, .event = event
};
