/* conversation.c - flows that are open, and who spoke with whom, added up by day. */
#include "rules/devices/conv_int.h"
#include "rules/baseline/baseline.h"
#include "sensor/event_core.h"
#include <stdlib.h>

enum { AHEAD = 4 }; /* records that are fetched while others are told */
static const uint64_t SEC = UINT64_C(1000000000);

/* ---- start ---- */
static enum ww_rc resolve(struct ww_conv *c, struct ww_err *e)
{
    static const char *const events[] = { "flow.update", "flow.end" };
    for (size_t i = 0; i < 2; i++) {
        const struct {
            const char *name;
            const struct ww_field **f;
        } want[] = { { "bytes_toserver", &c->to_server[i] },
                     { "bytes_toclient", &c->to_client[i] },
                     { "pkts_toserver", &c->pk_server[i] },
                     { "pkts_toclient", &c->pk_client[i] },
                     { "start", &c->start[i] },
                     { "end", &c->end[i] } };
        const struct ww_event_type *t = NULL;
        for (size_t k = 0; k < sizeof want / sizeof want[0]; k++) {
            enum ww_rc rc =
                ww_field_find(c->cfg.registry, events[i], want[k].name, &t, want[k].f, e);
            if (rc != WW_OK)
                return rc;
        }
        *(i == 0 ? &c->t_update : &c->t_end) = ww_registry_id(c->cfg.registry, t);
    }
    return WW_OK;
}

enum ww_rc ww_conv_new(struct ww_conv **out, const struct ww_conv_cfg *cfg, struct ww_err *e)
{
    struct ww_conv *c = calloc(1, sizeof *c);
    if (c == NULL)
        return WW_FAIL(e, WW_E_SYS, "conversations: no memory");
    c->cfg = *cfg;
    while (cfg->app_names != NULL && cfg->app_names[c->napps] != NULL)
        c->napps++;
    enum ww_rc rc = ww_table_init(&c->conv, "conversations", cfg->conversations,
                                  sizeof(struct conv_key), sizeof(struct conv), e);
    if (rc == WW_OK)
        rc = ww_table_init(&c->flow, "flows", cfg->flows, 8, sizeof(struct ww_flow_rec), e);
    if (rc == WW_OK)
        ww_table_numbered(&c->flow);
    if (rc == WW_OK)
        rc = ww_conv_order_new(c, e);
    if (rc == WW_OK)
        rc = resolve(c, e);
    if (rc != WW_OK) {
        ww_conv_free(c);
        return rc;
    }
    *out = c;
    return WW_OK;
}

void ww_conv_free(struct ww_conv *c)
{
    if (c == NULL)
        return;
    ww_table_free(&c->conv);
    ww_table_free(&c->flow);
    ww_conv_order_free(c);
    free(c);
}

void ww_conv_counts(const struct ww_conv *c, struct ww_conv_counts *out)
{
    *out = (struct ww_conv_counts){ .conversations = c->conv.n,
                                    .conversations_evicted = c->conv.evicted,
                                    .flows = c->flow.n,
                                    .flows_evicted = c->flow.evicted };
}

const char *ww_conv_app(const struct ww_conv *c, uint8_t dissector)
{
    return dissector < c->napps ? c->cfg.app_names[dissector] : "";
}

/* ---- flows ---- */
struct ww_flow_rec *ww_conv_flow(struct ww_conv *c, const struct ww_event *e)
{
    bool fresh = false;
    if (e->flow == 0)
        return NULL;
    struct ww_flow_rec *f = c->last; /* one packet often tells several events */
    if (f == NULL || f->id != e->flow)
        f = c->last = ww_table_get(&c->flow, &e->flow, &fresh);
    if (fresh)
        f->app = WW_NO_DISSECTOR;
    if (e->dissector != WW_NO_DISSECTOR)
        f->app = e->dissector;
    if ((e->flags & WW_EV_MIDSTREAM) != 0)
        f->midstream = true;
    return f;
}

/* ---- conversations ---- */
/* Sets a STR member to what a writer wrote. */
#define SET_O(dst, o) ((void)WW_SET(dst, ((struct ww_slice){ (const uint8_t *)(o).buf, (o).n })))

static void tell(struct ww_conv *c, struct conv *v)
{
    char text[WW_DEVICE_ID], t[WW_IP_TEXT];
    struct ww_device_conversation *b =
        ww_tell_begin(c->cfg.tell, &ww_device_conversation_type, NULL);
    struct ww_out o = ww_out(text, sizeof text - 1);
    ww_device_id_text(&o, c->cfg.site, &v->dev);
    SET_O(b->id, o);
    WW_SET_S(b->peer, ww_ip_text(t, v->key.peer, v->key.fam));
    o = ww_out(text, sizeof text - 1);
    if (v->other.kind != 0)
        ww_device_id_text(&o, c->cfg.site, &v->other);
    SET_O(b->peer_id, o);
    WW_SET_S(b->direction, ww_conv_direction(v->key.direction));
    b->ip_proto = v->key.ip_proto;
    b->port = v->key.port;
    WW_SET_S(b->app, ww_conv_app(c, v->key.app));
    if (v->carries != NULL) {
        WW_SET_S(b->carries, v->carries);
        WW_SET_S(b->carries_by, "declaration");
    }
    o = ww_out(text, sizeof text - 1);
    ww_out_raw(&o, ww_time_text(t, (uint64_t)v->key.day * 86400 * SEC), 10);
    SET_O(b->day, o);
    b->flows = v->flows;
    b->bytes_out = v->bytes_out;
    b->bytes_in = v->bytes_in;
    b->first = v->first;
    b->last = v->last;
    if (v->verdict > 0)
        WW_SET_S(b->verdict, ww_bl_kind_name((enum ww_bl_kind)(v->verdict - 1)));
    ww_tell_end(c->cfg.tell);
    v->flows = v->bytes_out = v->bytes_in = 0;
    v->first = v->last = 0;
    v->dirty = false;
}

struct amount {
    uint64_t flows, bytes[2], first, last; /* bytes by enum ww_dir */
};

/* Of what the declarations of both ends say, the worse stands for the conversation. */
static uint8_t worse(uint8_t a, uint8_t b)
{
    static const uint8_t rank[] = { [WW_BL_INFRASTRUCTURE + 1] = 1,
                                    [WW_BL_PERMITTED + 1] = 2,
                                    [WW_BL_UNBOUND + 1] = 0,
                                    [WW_BL_UNRESOLVED + 1] = 4,
                                    [WW_BL_VIOLATION + 1] = 5 };
    return rank[a] >= rank[b] ? a : b;
}

static struct conv *record(struct ww_conv *c, const struct conv_key *key)
{
    bool fresh = false;
    if (ww_table_full(&c->conv) && ww_table_peek(&c->conv, key) == NULL) {
        struct conv *old = ww_table_oldest(&c->conv);
        if (old->dirty)
            tell(c, old); /* nothing is lost by making room */
    }
    return ww_table_get(&c->conv, key, &fresh);
}

struct conv_key ww_conv_key(const struct ww_event *e, uint8_t app, enum ww_dir side,
                            uint64_t device, uint64_t last)
{
    const struct ww_end *peer = &e->end[side ^ 1];
    struct conv_key key = { .device = device,
                            .fam = peer->ip.fam,
                            .direction = e->client_by == WW_BY_UNKNOWN ? CONV_UNKNOWN
                                         : e->client == side           ? CONV_OUT
                                                                       : CONV_IN,
                            .ip_proto = e->ip_proto,
                            .app = app,
                            .port = ww_event_server(e)->port,
                            .day = (uint16_t)(last / SEC / 86400) };
    ww_copy(key.peer, (struct ww_slice){ peer->ip.b, sizeof key.peer });
    return key;
}

/* Adds to the conversation of the two ends. */
static void count(struct ww_conv *c, const struct ww_event *e, const struct ww_flow_rec *f,
                  const struct amount *a)
{
    struct ww_device *end[2] = { ww_devices_end(c->cfg.devices, e, WW_A, false),
                                 ww_devices_end(c->cfg.devices, e, WW_B, false) };
    enum ww_dir side = (enum ww_dir)(e->client & 1);
    if (end[side] == NULL)
        side = (enum ww_dir)(side ^ 1);
    const struct ww_device *dev = end[side], *other = end[side ^ 1];
    if (dev == NULL)
        return;
    struct conv_key key = ww_conv_key(e, f->app, side, dev->serial, a->last);
    struct conv *v = record(c, &key);
    v->dev = dev->key;
    v->place = ww_devices_ref(c->cfg.devices, dev).index;
    if (other != NULL)
        v->other = other->key;
    if (f->carries != NULL)
        v->carries = f->carries;
    v->flows += a->flows;
    v->bytes_out += a->bytes[side];
    v->bytes_in += a->bytes[side ^ 1];
    v->first = v->first == 0 || a->first < v->first ? a->first : v->first;
    v->last = a->last > v->last ? a->last : v->last;
    uint8_t now = worse(f->verdict[side], f->verdict[side ^ 1]);
    if (now == 0 && dev->bl == NULL && (other == NULL || other->bl == NULL))
        now = (uint8_t)(WW_BL_UNBOUND + 1);
    v->verdict = now > 0 ? now : v->verdict;
    v->dirty = true;
}

void ww_conv_see(struct ww_conv *c, const struct ww_event *e, struct ww_flow_rec *f)
{
    int id = ww_registry_id(c->cfg.registry, e->type);
    if (id < 0 || (id != c->t_update && id != c->t_end))
        return;
    size_t k = id == c->t_end;
    if (f == NULL)
        return;
    uint64_t now[2] = { ww_get_u64(e, c->to_server[k]), ww_get_u64(e, c->to_client[k]) };
    enum ww_dir client = (enum ww_dir)(e->client & 1);
    struct amount a = { .flows = f->counted ? 0 : 1,
                        .first = f->counted ? ww_get_u64(e, c->end[k]) : ww_get_u64(e, c->start[k]),
                        .last = ww_get_u64(e, c->end[k]) };
    for (unsigned i = 0; i < 2; i++) { /* the counters of the event go on from the flow's start */
        a.bytes[i == 0 ? client : client ^ 1] = now[i] > f->bytes[i] ? now[i] - f->bytes[i] : 0;
        f->bytes[i] = now[i];
    }
    f->counted = true;
    if (e->ip_proto != 0)
        count(c, e, f, &a);
    if (id == c->t_end) {
        ww_table_drop(&c->flow, f);
        c->last = NULL;
    }
}

/* Tells all that came since the last time. */
static void tell_all(struct ww_conv *c)
{
    uint32_t n = ww_conv_order(c);
    for (uint32_t i = 0; i < n; i++) {
        if (i + AHEAD < n)
            ww_table_soon_at(&c->conv, c->order[i + AHEAD]);
        tell(c, ww_table_at(&c->conv, c->order[i]));
    }
}

void ww_conv_flush(struct ww_conv *c, uint64_t now, bool all)
{
    if (!all && now < c->told_ns + WW_CONV_EVERY_S * SEC && c->told_ns != 0)
        return;
    bool first = c->told_ns == 0;
    c->told_ns = now;
    if (first && !all)
        return; /* the first call only starts the clock */
    tell_all(c);
}
