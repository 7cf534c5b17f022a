/* engine_host.c - events of the engine, and what a dissector may ask of it during a call. */
#include "sensor/engine.h"
#include "sensor/event_core.h"

/* ---- events ---------------------------------------------------------------------------------------- */

static void end_of_flow(const struct ww_flow *f, unsigned k, struct ww_end *e)
{
    e->ip.fam = f->fam;
    ww_copy(e->ip.b, (struct ww_slice){ f->ip[k], sizeof e->ip.b });
    e->mac = f->mac[k];
    e->port = f->port[k];
}

static void end_of_frame(const struct ww_dec *d, unsigned k, struct ww_end *e)
{
    e->ip = ww_ip_of(d->ip[k]);
    e->mac = d->mac[k];
    e->port = d->port[k];
}

/* What an event says of its flow. */
static void tell_flow(const struct ww_engine *g, const struct ww_flow *f, struct ww_event *e)
{
    e->flow = f->id;
    e->source = (uint32_t)(f->id >> 44);
    if (g->pkt == NULL) /* told by a timer: the flow's first frame shows where to look */
        e->frame = f->id & (((uint64_t)1 << 44) - 1);
    end_of_flow(f, 0, &e->end[0]);
    end_of_flow(f, 1, &e->end[1]);
    e->client = f->client;
    e->client_by = f->client_by;
    e->ip_proto = f->proto;
    if (f->app < g->n)
        e->dissector = f->app;
    if (f->flags & WW_FF_MIDSTREAM)
        e->flags |= WW_EV_MIDSTREAM;
    if (f->chain != 0)
        ww_chain_tell(&g->flows->chains, f->chain, e);
    else if (f->vlan[0] != 0)
        for (unsigned k = 0; k < 2 && f->vlan[k] != 0; k++)
            e->vlan[e->nvlan++] = f->vlan[k];
}

/* What an event without flow says of the frame at hand. */
static void tell_frame(const struct ww_dec *d, struct ww_event *e)
{
    if (d == NULL)
        return;
    end_of_frame(d, 0, &e->end[0]);
    end_of_frame(d, 1, &e->end[1]);
    e->nvlan = d->nvlan;
    for (unsigned k = 0; k < d->nvlan; k++)
        e->vlan[k] = d->vlan[k];
    e->ntunnel = d->ntunnel;
    for (unsigned k = 0; k < d->ntunnel; k++)
        e->tunnel[k] = d->tunnel[k];
}

/* Empties what neither flow nor frame need fill. */
static void clear(struct ww_event *e)
{
    e->nvlan = e->ntunnel = 0;
    for (unsigned k = 0; k < WW_VLAN_MAX; k++)
        e->vlan[k] = 0;
    for (unsigned k = 0; k < WW_TUNNEL_MAX; k++)
        e->tunnel[k] = (struct ww_tunnel){ .kind = 0 };
}

void ww_engine_emit(struct ww_engine *g, uint32_t flow, enum ww_dir dir, uint64_t at,
                    const struct ww_event_type *t, const void *body)
{
    struct ww_event *e = (struct ww_event *)(void *)g->record[g->seq % WW_ENGINE_RECORDS];
    e->type = t;
    e->ts = at;
    e->frame = g->pkt != NULL ? g->pkt->frame : 0;
    e->source = g->pkt != NULL ? g->pkt->source : 0;
    e->seq = ++g->seq;
    e->size = (uint32_t)(sizeof *e + t->size);
    e->dir = (uint8_t)dir;
    e->dissector = g->call_app;
    e->flags = (uint8_t)(g->call_flags | (t->flags & WW_EVT_KEEP ? WW_EV_KEEP : 0));
    clear(e);
    if (flow != WW_NONE) {
        tell_flow(g, ww_flow_at(g->flows, flow), e);
    } else {
        e->flow = 0;
        e->end[0] = e->end[1] = (struct ww_end){ .port = 0 };
        e->client = e->client_by = e->ip_proto = 0;
        tell_frame(g->dec, e);
    }
    ww_copy(e->body, (struct ww_slice){ body, t->size });
    g->emit(g->emit_to, e);
}

void ww_engine_anomaly(struct ww_engine *g, uint32_t flow, enum ww_dir dir, const char *type,
                       const char *what, const char *layer)
{
    uint64_t id = flow != WW_NONE ? ww_flow_at(g->flows, flow)->id : 0;
    uint64_t key = ww_mix(id ^ g->pairs.key.k[0], (uint64_t)(uintptr_t)what) | 1;
    struct ww_anomaly_slot *s = &g->anomaly[key & (WW_ANOMALY_SLOTS - 1)];
    if (s->key != key)
        *s = (struct ww_anomaly_slot){ .key = key };
    s->count++;
    if ((s->count & (s->count - 1)) != 0)
        return; /* told at 1, 2, 4, 8 ... */
    struct ww_anomaly_ev b = { .count = s->count - s->told };
    s->told = s->count;
    WW_SET(b.type, ww_slice_str(type));
    WW_SET(b.event, ww_slice_str(what));
    WW_SET(b.layer, ww_slice_str(layer));
    if (g->reader != WW_NO_DISSECTOR)
        WW_SET(b.app_proto, ww_slice_str(g->list[g->reader]->name));
    else if (flow != WW_NONE && ww_flow_at(g->flows, flow)->app < g->n)
        WW_SET(b.app_proto, ww_slice_str(g->list[ww_flow_at(g->flows, flow)->app]->name));
    ww_engine_emit(g, flow, dir, g->now, &ww_anomaly_ev_type, &b);
}

/* ---- what dissectors may ask ------------------------------------------------------------------------- */

static void host_emit(struct ww_cx *cx, const struct ww_event_type *t, enum ww_dir dir,
                      const void *body)
{
    struct ww_call *c = (struct ww_call *)cx;
    if (ww_engine_unread(c->g, t))
        return;
    c->g->call_app = c->app;
    c->g->call_flags = cx->ev_flags;
    ww_engine_emit(c->g, c->flow, dir, c->g->now, t, body);
    c->g->call_app = WW_NO_DISSECTOR;
    c->g->call_flags = 0;
}

static bool host_wanted(struct ww_cx *cx, const struct ww_event_type *t)
{
    return !ww_engine_unread(((struct ww_call *)cx)->g, t);
}

static void host_client_is(struct ww_cx *cx, enum ww_dir dir)
{
    struct ww_call *c = (struct ww_call *)cx;
    if (c->flow == WW_NONE)
        return;
    struct ww_flow *f = ww_flow_at(c->g->flows, c->flow);
    if (f->client_by < WW_BY_DISSECTOR) { /* the first evidence counts, a SYN beats it */
        f->client = (uint8_t)dir;
        f->client_by = WW_BY_DISSECTOR;
    }
}

static void host_alarm(struct ww_cx *cx, uint64_t at_ns)
{
    struct ww_call *c = (struct ww_call *)cx;
    if (c->flow == WW_NONE)
        return;
    struct ww_engine *g = c->g;
    const struct ww_flow *f = ww_flow_at(g->flows, c->flow);
    if (f->dstate == WW_NONE || g->reader != WW_NO_DISSECTOR)
        return;
    uint64_t at = at_ns / 1000000000u + 1;
    if (at <= g->now / 1000000000u)
        at = g->now / 1000000000u + 1;
    ww_copy(ww_slab_at(&g->state[f->app], f->dstate), (struct ww_slice){ (uint8_t *)&at, sizeof at });
    ww_wheel_sooner(&g->flows->wheel, c->flow, at); /* the flow's own timer stays */
}

static void host_anomaly(struct ww_cx *cx, enum ww_dir dir, const char *what)
{
    struct ww_call *c = (struct ww_call *)cx;
    ww_engine_anomaly(c->g, c->flow, dir, "applayer", what, "proto_parser");
}

/* Who reads content has keys of his own beside those of the carrier. */
static uint64_t pair_key(const struct ww_call *c, uint64_t key)
{
    return c->g->reader == WW_NO_DISSECTOR ? key : ww_mix(key, (uint64_t)c->app + 1);
}

static void host_request(struct ww_cx *cx, enum ww_dir dir, uint64_t key, uint32_t timeout_ms)
{
    struct ww_call *c = (struct ww_call *)cx;
    if (c->flow == WW_NONE)
        return;
    uint32_t s = timeout_ms / 1000 + (timeout_ms % 1000 != 0);
    struct ww_pending p = {
        .flow = ww_flow_at(c->g->flows, c->flow)->id,
        .key = pair_key(c, key),
        .ts = c->g->now,
        .frame = c->g->pkt != NULL ? c->g->pkt->frame : 0,
        .flow_i = c->flow,
        .timeout_s = (uint16_t)(s < WW_PAIR_TIMEOUT_MAX_S ? s : WW_PAIR_TIMEOUT_MAX_S),
        .dir = (uint8_t)dir,
    };
    ww_pairs_put(&c->g->pairs, &p);
}

static struct ww_pair host_result(struct ww_cx *cx, enum ww_dir dir, uint64_t key, bool last)
{
    struct ww_call *c = (struct ww_call *)cx;
    if (c->flow == WW_NONE)
        return (struct ww_pair){ .found = false, .latency_ms = WW_NULL32 };
    return ww_pairs_get(&c->g->pairs, ww_flow_at(c->g->flows, c->flow)->id,
                        (uint8_t)ww_other(dir), pair_key(c, key), c->g->now, last);
}

static uint64_t host_pseudonym(struct ww_cx *cx, struct ww_slice value)
{
    struct ww_call *c = (struct ww_call *)cx;
    return ww_siphash(&c->g->pseudonym_key, value);
}

static uint64_t host_content(struct ww_cx *cx, const struct ww_content *meta, enum ww_dir dir,
                             struct ww_slice in, bool last)
{
    struct ww_call *c = (struct ww_call *)cx;
    return ww_engine_content(c->g, c->flow, meta, dir, in, last);
}

static struct ww_inflated host_inflate(struct ww_cx *cx, enum ww_dir dir, uint64_t id,
                                       bool begin, struct ww_slice in)
{
    struct ww_call *c = (struct ww_call *)cx;
    return ww_engine_inflate(c->g, c->flow, dir, id, begin, in);
}

static struct ww_end host_end(struct ww_cx *cx, enum ww_dir dir)
{
    const struct ww_call *c = (struct ww_call *)cx;
    struct ww_end e = { .port = 0 };
    if (c->flow != WW_NONE)
        end_of_flow(ww_flow_at(c->g->flows, c->flow), dir, &e);
    else if (c->g->dec != NULL)
        end_of_frame(c->g->dec, dir, &e);
    return e;
}

static const struct ww_host engine_host = { .emit = host_emit,
                                            .wanted = host_wanted,
                                            .client_is = host_client_is,
                                            .alarm = host_alarm,
                                            .anomaly = host_anomaly,
                                            .request = host_request,
                                            .result = host_result,
                                            .pseudonym = host_pseudonym,
                                            .content = host_content,
                                            .inflate = host_inflate,
                                            .end = host_end };

struct ww_call ww_engine_call(struct ww_engine *g, uint32_t flow, uint8_t app)
{
    struct ww_call c = { .cx = { .host = &engine_host, .now = g->now }, .g = g, .flow = flow, .app = app };
    c.cx.datagram = true;
    if (flow != WW_NONE) {
        const struct ww_flow *f = ww_flow_at(g->flows, flow);
        c.cx.datagram = f->proto == WW_IPPROTO_UDP;
        c.cx.midstream = (f->flags & WW_FF_MIDSTREAM) != 0;
    }
    return c;
}
