/* external_name.c - WD-103a and WD-104a: a device asked for a name outside the hospital and never
 * connected to it (alert model 3.8). An answer waits for the connection; when none comes, or when
 * the input ends, it is told. A name that the declaration has is not told. */
#include "rules/detect/detectors.h"

enum { NAMES_CAP = 4096, NAMES_WAIT_S = 30 };
static const uint64_t SEC = UINT64_C(1000000000);

struct wait_key {
    uint64_t device;
    uint8_t fam;
    uint8_t b[16];
    uint8_t pad[7];
};
struct wait {
    struct wait_key key;
    struct ww_device_ref dev;
    uint64_t since;
    _Alignas(8) uint8_t cause[sizeof(struct ww_event)]; /* header of the answer */
    char name[WW_NAME_MAX];
};
struct state {
    struct ww_table wait;
    int t_answer;
    const struct ww_field *name, *address, *client;
};

static enum ww_rc start(struct ww_detect *d, void *state, struct ww_err *e)
{
    struct state *s = state;
    enum ww_rc rc = ww_detect_field(d, "dns.answer", "name", &s->t_answer, &s->name, e);
    if (rc == WW_OK)
        rc = ww_detect_field(d, "dns.answer", "address", &s->t_answer, &s->address, e);
    if (rc == WW_OK)
        rc = ww_detect_field(d, "dns.answer", "client", &s->t_answer, &s->client, e);
    return rc != WW_OK ? rc
                       : ww_table_init(&s->wait, "names looked up", NAMES_CAP,
                                       sizeof(struct wait_key), sizeof(struct wait), e);
}

static void stop(void *state)
{
    struct state *s = state;
    ww_table_free(&s->wait);
}

static uint64_t evicted(const void *state)
{
    const struct state *s = state;
    return s->wait.evicted;
}

static struct wait_key key_of(const struct ww_device *dev, const struct ww_ip *ip)
{
    struct wait_key k = { .device = dev->serial, .fam = ip->fam };
    struct ww_out o = ww_out((char *)k.b, 16);
    ww_out_raw(&o, ip->b, 16);
    return k;
}

/* A connection, tried or made, tells more than the look-up. */
static void judged(struct ww_detect *d, void *state, const struct ww_judged *j)
{
    struct state *s = state;
    (void)d;
    if (!j->external || j->stage == WW_AT_MESSAGE)
        return;
    struct wait_key k = key_of(j->dev, &j->e->end[j->side ^ 1].ip);
    struct wait *w = ww_table_peek(&s->wait, &k);
    if (w != NULL)
        ww_table_drop(&s->wait, w);
}

static void event(struct ww_detect *d, void *state, const struct ww_event *e)
{
    struct state *s = state;
    bool fresh = false;
    if (ww_detect_type(d) != s->t_answer || s->address->type != WW_FT_IP)
        return;
    const struct ww_detect_cfg *cfg = ww_detect_cfg(d);
    const struct ww_ip *ip = ww_get_ip(e, s->address);
    struct ww_device *dev = s->client->type == WW_FT_IP
                                ? ww_devices_by_ip(cfg->devices, e, ww_get_ip(e, s->client))
                                : NULL;
    if (dev == NULL)
        dev = ww_devices_end(cfg->devices, e, (enum ww_dir)((e->dir & 1) ^ 1), false);
    if (dev == NULL || ip->fam == 0 || !ww_site_external(cfg->site, ip))
        return;
    struct wait_key k = key_of(dev, ip);
    struct wait *w = ww_table_get(&s->wait, &k, &fresh);
    if (!fresh)
        return;
    w->dev = ww_devices_ref(cfg->devices, dev);
    w->since = e->ts;
    *(struct ww_event *)(void *)w->cause = *e;
    struct ww_out o = ww_out(w->name, sizeof w->name - 1);
    ww_out_text(&o, ww_get_str(e, s->name));
    w->name[o.n] = 0;
}

/* Is the name in an entry of the declaration? */
static bool declared(const struct ww_baseline *b, const char *name)
{
    for (size_t i = 0; b != NULL && i < ww_bl_aces(b); i++) {
        struct ww_bl_ace_info a;
        ww_bl_ace(b, i, &a);
        if (a.accept && strstr(a.match, name) != NULL)
            return true;
    }
    return false;
}

static void tell(struct ww_detect *d, const struct wait *w)
{
    struct ww_found x;
    const char *why = "";
    char seen[WW_NAME_MAX + 16];
    const struct ww_event *cause = (const struct ww_event *)(const void *)w->cause;
    struct ww_device *dev = ww_devices_get(ww_detect_cfg(d)->devices, w->dev);
    if (dev == NULL || declared(dev->bl, w->name))
        return;
    bool closed = ww_detect_closed(dev, &why);
    if (!closed && dev->bl == NULL)
        return; /* WD-103 needs a declaration */
    enum ww_dir side = (enum ww_dir)((cause->dir & 1) ^ 1);
    ww_found_device(d, &x, closed ? 104 : 103, 'a', cause, dev, side);
    x.f.peer_role = x.f.peer_zone =
        (struct ww_slice){ NULL, 0 }; /* of the name server, not of the name */
    x.f.peer_external = true;
    ww_found_peer(&x, w->name);
    struct ww_out o = ww_out(seen, sizeof seen - 1);
    ww_out_f(&o, "DNS look-up of %s", w->name);
    seen[o.n] = 0;
    ww_found_observed(&x, seen);
    ww_found_declared(&x, why);
    x.f.reason = WW_SLICE_LIT("name_only");
    x.f.field = WW_SLICE_LIT("dns.answer.name");
    ww_found_raise(d, &x);
}

static void tick(struct ww_detect *d, void *state, uint64_t now, bool end)
{
    struct state *s = state;
    struct wait *w = ww_table_oldest(&s->wait);
    while (w != NULL && (end || now >= w->since + NAMES_WAIT_S * SEC)) {
        tell(d, w);
        ww_table_drop(&s->wait, w);
        w = ww_table_oldest(&s->wait);
    }
}

const struct ww_detector ww_detect_external_name = { .id = "WD-103a, WD-104a",
                                                     .when = WW_WHEN_EXTERNAL,
                                                     .state_size = sizeof(struct state),
                                                     .start = start,
                                                     .stop = stop,
                                                     .evicted = evicted,
                                                     .judged = judged,
                                                     .event = event,
                                                     .tick = tick };
