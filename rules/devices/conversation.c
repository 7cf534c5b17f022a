/* conversation.c - flows that are open, and who spoke with whom, added up by day. */
#include "rules/devices/conversation.h"
#include "rules/baseline/baseline.h"
#include "sensor/event_core.h"
#include <stdlib.h>

static const uint64_t SEC = UINT64_C(1000000000);

struct conv_key {
    uint64_t device; /* serial */
    uint8_t peer[16];
    uint8_t fam, direction, ip_proto, app;
    uint16_t port;
    uint8_t pad[2];
    uint32_t day; /* since 1970 */
    uint8_t pad2[4];
};
enum conv_direction { CONV_UNKNOWN, CONV_OUT, CONV_IN };

struct conv {
    struct conv_key key;
    char id[WW_DEVICE_ID], peer_id[WW_DEVICE_ID];
    uint64_t flows, bytes_out, bytes_in, first, last;
    uint8_t verdict; /* enum ww_bl_kind + 1 */
    bool dirty;
};

struct ww_conv {
    struct ww_conv_cfg cfg;
    struct ww_table conv, flow;
    uint64_t told_ns;
    int t_update, t_end, t_start;
    const struct ww_field *to_server[2], *to_client[2], *start[2], *end[2], *pk_server[2],
        *pk_client[2]; /* 0 update, 1 end */
};

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
    enum ww_rc rc = ww_table_init(&c->conv, "conversations", cfg->conversations,
                                  sizeof(struct conv_key), sizeof(struct conv), e);
    if (rc == WW_OK)
        rc = ww_table_init(&c->flow, "flows", cfg->flows, 8, sizeof(struct ww_flow_rec), e);
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
    if (dissector == WW_NO_DISSECTOR || c->cfg.app_names == NULL)
        return "";
    for (unsigned i = 0; c->cfg.app_names[i] != NULL; i++)
        if (i == dissector)
            return c->cfg.app_names[i];
    return "";
}

/* ---- flows ---- */
struct ww_flow_rec *ww_conv_flow(struct ww_conv *c, const struct ww_event *e)
{
    bool fresh = false;
    if (e->flow == 0)
        return NULL;
    struct ww_flow_rec *f = ww_table_get(&c->flow, &e->flow, &fresh);
    if (fresh)
        f->app = WW_NO_DISSECTOR;
    if (e->dissector != WW_NO_DISSECTOR)
        f->app = e->dissector;
    if ((e->flags & WW_EV_MIDSTREAM) != 0)
        f->midstream = true;
    return f;
}

/* ---- conversations ---- */
static void day_text(struct ww_out *o, uint32_t day)
{
    char t[WW_TIME_TEXT];
    ww_out_raw(o, ww_time_text(t, (uint64_t)day * 86400 * SEC), 10);
}

static void tell(struct ww_conv *c, struct conv *v)
{
    static const char *const directions[] = { "unknown", "out", "in" };
    char text[WW_IP_TEXT];
    struct ww_device_conversation *b =
        ww_tell_begin(c->cfg.tell, &ww_device_conversation_type, NULL);
    WW_SET_S(b->id, v->id);
    WW_SET_S(b->peer, ww_ip_text(text, v->key.peer, v->key.fam));
    WW_SET_S(b->peer_id, v->peer_id);
    WW_SET_S(b->direction, directions[v->key.direction % 3]);
    b->ip_proto = v->key.ip_proto;
    b->port = v->key.port;
    WW_SET_S(b->app, ww_conv_app(c, v->key.app));
    struct ww_out o = ww_out(text, sizeof text);
    day_text(&o, v->key.day);
    (void)WW_SET(b->day, ((struct ww_slice){ (const uint8_t *)text, o.n }));
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

/* Adds to the conversation of the device at one end. */
static void count(struct ww_conv *c, const struct ww_event *e, const struct ww_flow_rec *f,
                  enum ww_dir side, const struct amount *a)
{
    const struct ww_end *peer = &e->end[side ^ 1];
    struct ww_device *dev = ww_devices_end(c->cfg.devices, e, side, false);
    bool fresh = false;
    if (dev == NULL)
        return;
    struct conv_key key = { .device = dev->serial,
                            .fam = peer->ip.fam,
                            .direction = e->client_by == WW_BY_UNKNOWN ? CONV_UNKNOWN
                                         : e->client == side           ? CONV_OUT
                                                                       : CONV_IN,
                            .ip_proto = e->ip_proto,
                            .app = f->app,
                            .port = ww_event_server(e)->port,
                            .day = (uint32_t)(a->last / SEC / 86400) };
    struct ww_out o = ww_out((char *)key.peer, sizeof key.peer);
    ww_out_raw(&o, peer->ip.b, 16);
    if (ww_table_full(&c->conv) && ww_table_peek(&c->conv, &key) == NULL) {
        struct conv *old = ww_table_oldest(&c->conv);
        if (old->dirty)
            tell(c, old); /* nothing is lost by making room */
    }
    struct conv *v = ww_table_get(&c->conv, &key, &fresh);
    if (fresh) {
        o = ww_out(v->id, sizeof v->id - 1);
        ww_out_s(&o, dev->id);
    }
    const struct ww_device *other =
        ww_devices_end(c->cfg.devices, e, (enum ww_dir)(side ^ 1), false);
    if (other != NULL && v->peer_id[0] == 0) {
        o = ww_out(v->peer_id, sizeof v->peer_id - 1);
        ww_out_s(&o, other->id);
    }
    v->flows += a->flows;
    v->bytes_out += a->bytes[side];
    v->bytes_in += a->bytes[side ^ 1];
    v->first = v->first == 0 || a->first < v->first ? a->first : v->first;
    v->last = a->last > v->last ? a->last : v->last;
    v->verdict = f->verdict[side] > 0 ? f->verdict[side]
                 : dev->bl == NULL    ? (uint8_t)(WW_BL_UNBOUND + 1)
                                      : v->verdict;
    v->dirty = true;
}

void ww_conv_see(struct ww_conv *c, const struct ww_event *e)
{
    int id = ww_registry_id(c->cfg.registry, e->type);
    if (id < 0 || (id != c->t_update && id != c->t_end))
        return;
    size_t k = id == c->t_end;
    struct ww_flow_rec *f = ww_conv_flow(c, e);
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
    if (e->ip_proto != 0) {
        count(c, e, f, WW_A, &a);
        count(c, e, f, WW_B, &a);
    }
    if (id == c->t_end)
        ww_table_drop(&c->flow, f);
}

void ww_conv_flush(struct ww_conv *c, uint64_t now, bool all)
{
    if (!all && now < c->told_ns + WW_CONV_EVERY_S * SEC && c->told_ns != 0)
        return;
    bool first = c->told_ns == 0;
    c->told_ns = now;
    if (first && !all)
        return; /* the first call only starts the clock */
    for (struct conv *v = ww_table_oldest(&c->conv); v != NULL; v = ww_table_next(&c->conv, v))
        if (v->dirty)
            tell(c, v);
}
