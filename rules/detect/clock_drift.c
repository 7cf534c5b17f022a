/* clock_drift.c - WD-802: the clock of a device is wrong, by the times that its messages carry (alert
 * model 3.8). Variants: a beyond the tolerance, c jumped, d a wrong zone. The reference is the clock of
 * the capture: when most devices show the same difference, that clock is wrong, and WD-901f says so.
 * One message proves nothing, because it may have waited: NEED of them over a minute have to agree,
 * which also shows that the times advance. */
#include "rules/detect/detectors.h"

enum {
    CLOCKS_CAP = 4096,
    APP_MAX = 40,
    NEED = 5,      /* messages that agree */
    TRUST = 8,     /* so many others in between it takes to give up a run, at most */
    AGREE_MS = 30000,
    QUARTER_MS = 900000, /* zones are multiples of a quarter of an hour */
    LEAST_S = 2,   /* times have whole seconds, and messages take their way */
    FEWEST = 3     /* devices that must show the same before the sensor is blamed */
};
static const uint64_t SPAN = UINT64_C(60) * 1000000000u;   /* from the first to the last of a run */
static const uint64_t WAIT = UINT64_C(300) * 1000000000u;  /* what do others show? */
static const uint64_t HOUR = UINT64_C(3600) * 1000000000u; /* told again; older is no comparison */
static const uint64_t DAY = UINT64_C(86400) * 1000000000u; /* longer ago: drifted, not jumped */

struct clock_key {
    uint64_t device; /* serial */
    uint64_t app;    /* who wrote the message: an engine sends for others. Hash; bit 0: zoned */
};
struct clock {
    struct clock_key key;
    struct ww_device_ref dev;
    bool zoned, lead; /* lead: the first clock of its device stands for it among others */
    bool has, jumped;
    uint8_t n;            /* of the run that is being gathered */
    int64_t base, least;  /* ms: of its first, and the smallest of it, 0 when signs differ */
    uint64_t from, to;    /* ns */
    int64_t known, before; /* ms, of the last whole run, and of the one before a jump */
    uint64_t known_at, due, told; /* ns; 0 = not */
    char app[APP_MAX];
    struct {              /* the message that completed the run, as evidence */
        uint64_t frame, flow;
        struct ww_end end[2];
        uint32_t source;
        uint8_t dir, client, client_by, ip_proto, dissector;
    } last;
};

struct source { /* an event that says when its sender wrote it */
    int type;
    const struct ww_field *time, *zoned, *app, *exact, *writer;
};
static const struct {
    const char *event, *app;
    const char *exact;  /* null when the time has no seconds */
    const char *writer; /* address of who wrote it, where that may be another than the sender */
} events[] = {
    { "hl7.message", "sending_app", "clock_offset", NULL },
    { "hl7.ack", "sending_app", "clock_offset", NULL },
    { "astm.message", "sender_name", NULL, NULL },
    { "poct1a.hello", NULL, NULL, NULL },
    { "poct1a.message", NULL, NULL, NULL },
    { "poct1a.ack", NULL, NULL, NULL },
    { "syslog.message", "hostname", NULL, "subject_ip" },
};
enum { SOURCES = sizeof events / sizeof events[0] };

struct state {
    struct ww_table clocks, devices; /* devices: by serial, to find the first clock of each */
    struct ww_key key;
    struct source source[SOURCES];
    int t_stats;
    const struct ww_field *steps_field;
    uint64_t steps, next_due;
    uint64_t sensor_told; /* ns; for an hour others are compared with what most show */
    int64_t reference;    /* ms: that */
};

static enum ww_rc start(struct ww_detect *d, void *state, struct ww_err *e)
{
    struct state *s = state;
    s->key = ww_key_random();
    enum ww_rc rc = ww_table_init(&s->clocks, "clocks", CLOCKS_CAP, sizeof(struct clock_key),
                                  sizeof(struct clock), e);
    if (rc == WW_OK)
        rc = ww_table_init(&s->devices, "devices with clocks", CLOCKS_CAP, sizeof(uint64_t),
                           sizeof(uint64_t), e);
    if (rc == WW_OK)
        rc = ww_detect_field(d, "stats", "capture__clock_steps", &s->t_stats, &s->steps_field, e);
    for (size_t i = 0; i < SOURCES && rc == WW_OK; i++) {
        struct source *f = &s->source[i];
        rc = ww_detect_field(d, events[i].event, "message_time", &f->type, &f->time, e);
        if (rc == WW_OK)
            rc = ww_detect_field(d, events[i].event, "message_time_zoned", &f->type, &f->zoned, e);
        if (rc == WW_OK && events[i].app != NULL)
            rc = ww_detect_field(d, events[i].event, events[i].app, &f->type, &f->app, e);
        if (rc == WW_OK && events[i].exact != NULL)
            rc = ww_detect_field(d, events[i].event, events[i].exact, &f->type, &f->exact, e);
        if (rc == WW_OK && events[i].writer != NULL)
            rc = ww_detect_field(d, events[i].event, events[i].writer, &f->type, &f->writer, e);
    }
    return rc;
}

static void stop(void *state)
{
    struct state *s = state;
    ww_table_free(&s->clocks);
    ww_table_free(&s->devices);
}

static uint64_t evicted(const void *state)
{
    const struct state *s = state;
    return s->clocks.evicted + s->devices.evicted;
}

/* Without a zone a multiple of a quarter of an hour is no difference. */
static int64_t folded(int64_t ms, bool zoned)
{
    if (zoned)
        return ms;
    ms %= QUARTER_MS;
    if (ms > QUARTER_MS / 2)
        ms -= QUARTER_MS;
    return ms < -QUARTER_MS / 2 ? ms + QUARTER_MS : ms;
}

static int64_t size_of(int64_t ms)
{
    return ms < 0 ? -ms : ms;
}

static bool agree(int64_t a, bool a_zoned, int64_t b, bool b_zoned)
{
    return size_of(folded(a - b, a_zoned && b_zoned)) <= AGREE_MS;
}

/* What the declaration allows (B21), else the site file; ms, 0 = never told. */
static int64_t tolerance(const struct ww_detect *d, const struct ww_device *dev)
{
    uint64_t site = ww_site_thresholds(ww_detect_cfg(d)->site)->clock_s;
    uint64_t s = dev->bl != NULL ? ww_bl_clock_tolerance(dev->bl) : 0;
    if (site == 0)
        return 0;
    s = s == 0 ? site : s;
    return (int64_t)(s < LEAST_S ? LEAST_S : s) * 1000;
}

/* ---- gathering ---- */
static void begin(struct clock *c, int64_t ms, uint64_t ts)
{
    c->n = 1;
    c->base = c->least = ms;
    c->from = c->to = ts;
}

/* A whole run: what the clock shows is known, and whether it differs from the run before. */
static void conclude(struct ww_detect *d, struct state *s, struct clock *c, const struct ww_device *dev,
                     const struct ww_event *e)
{
    int64_t limit = tolerance(d, dev), now = c->least;
    bool moved = c->has && c->to - c->known_at < DAY &&
                 size_of(folded(now - c->known, c->zoned)) > (limit > AGREE_MS ? limit : AGREE_MS);
    if (moved && !c->jumped) {
        c->jumped = true;
        c->before = c->known;
        c->due = c->to + WAIT;
    }
    c->known = now;
    c->known_at = c->to;
    c->has = true;
    c->last.frame = e->frame;
    c->last.flow = e->flow;
    c->last.end[0] = e->end[0];
    c->last.end[1] = e->end[1];
    c->last.source = e->source;
    c->last.dir = e->dir;
    c->last.client = e->client;
    c->last.client_by = e->client_by;
    c->last.ip_proto = e->ip_proto;
    c->last.dissector = e->dissector;
    c->n = 0;
    if (c->due == 0 && size_of(now) > limit && (c->told == 0 || c->to >= c->told + HOUR))
        c->due = c->to + WAIT;
    if (c->due != 0 && (s->next_due == 0 || c->due < s->next_due))
        s->next_due = c->due;
}

static void take(struct clock *c, int64_t ms, uint64_t ts)
{
    if (c->n > 0 && agree(ms, c->zoned, c->base, c->zoned)) {
        ms = c->base + folded(ms - c->base, c->zoned);
        c->n = c->n < TRUST ? (uint8_t)(c->n + 1) : TRUST;
        c->to = ts;
        if ((ms < 0) != (c->least < 0))
            c->least = 0;
        else if (size_of(ms) < size_of(c->least))
            c->least = ms;
    } else if (c->n == 0 || --c->n == 0) {
        begin(c, ms, ts);
    }
}

static struct clock *clock_of(struct state *s, const struct ww_detect *d, const struct ww_device *dev,
                              struct ww_slice app, bool zoned)
{
    bool fresh = false;
    struct clock_key key = { .device = dev->serial,
                             .app = (ww_siphash(&s->key, app) & ~UINT64_C(1)) | zoned };
    struct clock *c = ww_table_get(&s->clocks, &key, &fresh);
    if (!fresh)
        return c;
    c->dev = ww_devices_ref(ww_detect_cfg(d)->devices, dev);
    c->zoned = zoned;
    (void)ww_table_get(&s->devices, &key.device, &c->lead);
    struct ww_out o = ww_out(c->app, sizeof c->app - 1);
    ww_out_text(&o, ww_slice_sub(app, 0, ww_slice_find(app, 0, '^'))); /* HD: its first component */
    c->app[o.n] = 0;
    return c;
}

/* The clock of the capture stepped: nothing before can be compared with what comes. */
static void forget(struct state *s)
{
    for (struct clock *c = ww_table_oldest(&s->clocks); c != NULL; c = ww_table_next(&s->clocks, c)) {
        c->n = 0;
        c->has = c->jumped = false;
        c->due = 0;
    }
    s->next_due = 0;
}

/* Whose clock it is; NULL = not known. */
static struct ww_device *writer(struct ww_detect *d, const struct source *f, const struct ww_event *e)
{
    struct ww_devices *devices = ww_detect_cfg(d)->devices;
    if (f->writer == NULL)
        return ww_devices_end(devices, e, (enum ww_dir)(e->dir & 1), false);
    const struct ww_ip *ip = ww_get_ip(e, f->writer);
    return ip->fam != 0 ? ww_devices_by_ip(devices, e, ip) : NULL;
}

static void event(struct ww_detect *d, void *state, const struct ww_event *e)
{
    struct state *s = state;
    const struct source *f = NULL;
    int type = ww_detect_type(d);
    for (size_t i = 0; i < SOURCES && f == NULL; i++)
        f = s->source[i].type == type ? &s->source[i] : NULL;
    if (f == NULL) {
        uint64_t steps = ww_get_u64(e, s->steps_field);
        if (steps > s->steps)
            forget(s);
        s->steps = steps;
        return;
    }
    uint64_t then = ww_get_u64(e, f->time);
    if (then == 0 || (f->exact != NULL && ww_get_u64(e, f->exact) == WW_NULL64))
        return;
    struct ww_device *dev = writer(d, f, e);
    if (dev == NULL)
        return;
    bool zoned = ww_get_u64(e, f->zoned) != 0;
    struct ww_slice app = f->app != NULL ? ww_get_str(e, f->app) : (struct ww_slice){ NULL, 0 };
    struct clock *c = clock_of(s, d, dev, app, zoned);
    take(c, folded((int64_t)(then / 1000000) - (int64_t)(e->ts / 1000000), zoned), e->ts);
    if (c->n >= NEED && c->to >= c->from + SPAN)
        conclude(d, s, c, dev, e);
}

/* ---- telling ---- */
/* A difference with its sign, in units that both languages share. */
static void put(struct ww_out *o, int64_t ms)
{
    uint64_t s = (uint64_t)(size_of(ms) + 500) / 1000;
    ww_out_s(o, ms < 0 ? "\u2212" : "+");
    if (s >= 3600)
        ww_out_f(o, "%llu h ", (unsigned long long)(s / 3600));
    if (s >= 60)
        ww_out_f(o, "%llu min ", (unsigned long long)(s / 60 % 60));
    ww_out_f(o, "%llu s", (unsigned long long)(s % 60));
}

struct others { /* devices that can be compared */
    unsigned all, same;
    int64_t least; /* the smallest difference of those that show the same; ms */
};

static bool shows_same(const struct clock *x, const struct clock *c, bool off)
{
    if (off)
        return agree(x->known, x->zoned, c->known, c->zoned);
    return x->jumped && agree(x->known - x->before, x->zoned, c->known - c->before, c->zoned);
}

static struct others compare(struct state *s, const struct clock *c, bool off, int64_t limit, uint64_t now)
{
    struct others r = { .all = 1, .same = 1, .least = c->known };
    for (struct clock *x = ww_table_oldest(&s->clocks); x != NULL; x = ww_table_next(&s->clocks, x)) {
        if (!x->lead || !x->has || x->key.device == c->key.device || now > x->known_at + HOUR)
            continue;
        bool same = shows_same(x, c, off);
        if (off && same && size_of(x->known) <= limit)
            continue; /* without a zone it says nothing about a difference of hours */
        r.all++;
        r.same += same;
        if (same && size_of(x->known) < size_of(r.least))
            r.least = x->known;
    }
    return r;
}

/* Most devices show the same: it is the clock that they are compared with. */
static void tell_sensor(struct ww_detect *d, const struct clock *c, bool off, const struct others *o,
                        int64_t limit)
{
    struct ww_found x;
    char text[64], at_most[32];
    ww_found_device(d, &x, 901, 'f', NULL, NULL, WW_A);
    x.f.asset_id = x.f.device_label = WW_SLICE_LIT("sensor");
    x.f.zone = WW_SLICE_LIT("all_sources");
    x.f.weight_least = ww_det_heaviest(ww_detect_cfg(d)->site, NULL);
    x.f.device_class = WW_DC_NONE;
    x.f.role = WW_CR_GENERAL_IT;
    x.f.reason = ww_slice_str(off ? "clock_off" : "clock_moved");
    x.f.field = WW_SLICE_LIT("message_time");
    x.f.hypotheses = WW_HYP_MISCONFIGURATION | WW_HYP_FAULT;
    x.f.confidence = WW_CONF_MID;
    struct ww_out w = ww_out(text, sizeof text - 1);
    put(&w, off ? o->least : c->known - c->before);
    ww_out_f(&w, " (%u / %u)", o->same, o->all);
    text[w.n] = 0;
    w = ww_out(at_most, sizeof at_most - 1);
    ww_out_f(&w, "\u2264 %llu s", (unsigned long long)(limit / 1000));
    at_most[w.n] = 0;
    ww_found_observed(&x, text);
    ww_found_declared(&x, at_most);
    ww_found_raise(d, &x);
}

/* In: off  the difference from the reference; ms */
static void tell_device(struct ww_detect *d, const struct clock *c, const struct ww_device *dev, int64_t off,
                        int64_t limit)
{
    struct ww_found x;
    char text[96], at_most[32];
    struct ww_event cause = { .ts = c->known_at,
                              .frame = c->last.frame,
                              .flow = c->last.flow,
                              .source = c->last.source,
                              .end = { c->last.end[0], c->last.end[1] },
                              .dir = c->last.dir,
                              .client = c->last.client,
                              .client_by = c->last.client_by,
                              .ip_proto = c->last.ip_proto,
                              .dissector = c->last.dissector };
    bool zone = c->zoned && size_of(off) > QUARTER_MS / 2 && size_of(folded(off, false)) <= limit;
    char variant = 'c';
    if (!c->jumped)
        variant = zone ? 'd' : 'a';
    ww_found_device(d, &x, 802, variant, NULL, dev, WW_A);
    x.f.cause = &cause;
    x.f.app = ww_slice_str(ww_detect_app(d, &cause));
    x.f.reason = ww_slice_str(c->zoned ? "clock_zoned" : "clock_unzoned");
    x.f.field = WW_SLICE_LIT("message_time");
    x.f.hypotheses = WW_HYP_MISCONFIGURATION | WW_HYP_FAULT;
    x.f.confidence = c->zoned ? WW_CONF_HIGH : WW_CONF_MID;
    struct ww_out o = ww_out(text, sizeof text - 1);
    if (c->jumped) {
        put(&o, c->before);
        ww_out_s(&o, " \u2192 ");
    }
    put(&o, c->known);
    if (c->app[0] != 0)
        ww_out_f(&o, " (%s)", c->app);
    text[o.n] = 0;
    o = ww_out(at_most, sizeof at_most - 1);
    ww_out_f(&o, "\u2264 %llu s", (unsigned long long)(limit / 1000));
    at_most[o.n] = 0;
    ww_found_observed(&x, text);
    ww_found_declared(&x, at_most);
    ww_found_raise(d, &x);
}

/* All that jumped alike are told with the first of them. */
static void settle_jumps(struct state *s, const struct clock *c, uint64_t now)
{
    struct clock like = *c;
    for (struct clock *x = ww_table_oldest(&s->clocks); x != NULL; x = ww_table_next(&s->clocks, x))
        if (shows_same(x, &like, false)) {
            x->told = now;
            x->due = 0;
            x->jumped = false;
        }
}

static void decide(struct ww_detect *d, struct state *s, struct clock *c, uint64_t now)
{
    const struct ww_device *dev = ww_devices_get(ww_detect_cfg(d)->devices, c->dev);
    int64_t limit = dev != NULL ? tolerance(d, dev) : 0;
    bool off = size_of(c->known) > limit;
    if (limit == 0 || (!off && !c->jumped))
        return;
    struct others o = compare(s, c, off, limit, now);
    bool most = o.same >= FEWEST && 2 * o.same > o.all;
    c->told = now;
    if (most && !off) {
        tell_sensor(d, c, off, &o, limit);
        settle_jumps(s, c, now);
        return;
    }
    bool known = s->sensor_told != 0 && now < s->sensor_told + HOUR;
    if (most && !known) {
        tell_sensor(d, c, off, &o, limit);
        s->sensor_told = now;
        s->reference = o.least;
        known = true;
    }
    int64_t own = known ? folded(c->known - s->reference, c->zoned) : c->known;
    if (!known || size_of(own) > (limit > AGREE_MS ? limit : AGREE_MS))
        tell_device(d, c, dev, own, limit);
}

static void tick(struct ww_detect *d, void *state, uint64_t now, bool end)
{
    struct state *s = state;
    if (s->next_due == 0 || (now < s->next_due && !end))
        return;
    for (struct clock *c = ww_table_oldest(&s->clocks); c != NULL; c = ww_table_next(&s->clocks, c))
        if (c->due != 0 && (end || now >= c->due))
            decide(d, s, c, now);
    s->next_due = 0; /* what jumped is compared with the others before it is forgotten */
    for (struct clock *c = ww_table_oldest(&s->clocks); c != NULL; c = ww_table_next(&s->clocks, c)) {
        if (c->due != 0 && (end || now >= c->due)) {
            c->due = 0;
            c->jumped = false;
        }
        if (c->due != 0 && (s->next_due == 0 || c->due < s->next_due))
            s->next_due = c->due;
    }
}

const struct ww_detector ww_detect_clock_drift = { .id = "WD-802",
                                                   .state_size = sizeof(struct state),
                                                   .start = start,
                                                   .stop = stop,
                                                   .evicted = evicted,
                                                   .event = event,
                                                   .tick = tick };
