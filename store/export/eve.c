/* eve.c - EVE JSON lines after Suricata's conventions: one line per event, nothing allocated per
 * event.
 *
 * What stays the same for a flow (addresses, ports, protocol, Community ID) is written once and
 * kept as text in a table by flow; the second of the time stamp likewise. */
#include "sensor/base/tok.h"
#include "sensor/event_core.h"
#include "store/export/community_id.h"
#include "store/export/eve_type.h"
#include "store/export/privacy.h"
#include "store/texts.h"
#include <stdlib.h>

enum { FLOWS = 1024, TUPLE_MAX = 320, LINE_ROOM = 24 * 1024 };
enum { TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58 };
#define NS 1000000000u

/* A kept tuple; the key is compared in full, so a used place is only a slower event. */
struct eve_flow {
    uint64_t flow;
    struct ww_ip ip[2];
    uint16_t port[2];
    uint8_t ip_proto, client;
    bool icmp_known;
    uint8_t icmp_type, icmp_code;
    uint16_t n; /* 0 = no text yet */
    char text[TUPLE_MAX];
};

struct ww_eve {
    struct ww_eve_cfg cfg;
    struct ww_privacy privacy;
    uint64_t second; /* of stamp */
    char stamp[WW_TIME_TEXT];
    size_t napps, nsources;
    struct ww_eve_type type[WW_EVENT_TYPES_MAX];
    struct eve_flow flow[FLOWS];
    struct ww_sink sink;
};

static size_t list_len(const char *const *l)
{
    size_t n = 0;
    while (l != NULL && l[n] != NULL)
        n++;
    return n;
}

enum ww_rc ww_eve_open(struct ww_eve **out, const struct ww_eve_cfg *cfg, struct ww_err *e)
{
    struct ww_eve *v = calloc(1, sizeof *v);
    if (v == NULL)
        return WW_FAIL(e, WW_E_SYS, "%s: no memory for %zu bytes", cfg->path, sizeof *v);
    v->cfg = *cfg;
    v->napps = list_len(cfg->app_names);
    v->nsources = list_len(cfg->source_names);
    v->second = UINT64_MAX;
    for (uint16_t i = 0; i < cfg->registry->n; i++)
        ww_eve_type_of(&v->type[i], cfg->registry->type[i]->name);
    if (cfg->strict)
        ww_privacy_learn(&v->privacy, cfg->registry);
    enum ww_rc rc = ww_sink_open(&v->sink, cfg->path, e);
    if (rc != WW_OK)
        free(v);
    else
        *out = v;
    return rc;
}

/* 2026-01-02T03:04:05.678901+0000 */
static void put_time(struct ww_eve *v, uint64_t ts)
{
    struct ww_out *o = &v->sink.o;
    uint32_t us = (uint32_t)(ts / 1000 % 1000000);
    char b[6];
    if (ts / NS != v->second) {
        v->second = ts / NS;
        (void)ww_time_text(v->stamp, ts - ts % NS);
        v->stamp[20] = 0; /* up to the point */
    }
    ww_out_s(o, "{\"timestamp\":\"");
    ww_out_raw(o, v->stamp, 20);
    for (size_t i = sizeof b; i-- > 0; us /= 10)
        b[i] = (char)('0' + us % 10);
    ww_out_raw(o, b, sizeof b);
    ww_out_s(o, "+0000\"");
    o->comma = true;
}

static void put_origin(struct ww_eve *v, const struct ww_event *e)
{
    struct ww_out *o = &v->sink.o;
    if (e->flow != 0)
        ww_json_u64(o, "flow_id", e->flow);
    if (e->source < v->nsources)
        ww_json_cstr(o, v->cfg.live ? "in_iface" : "pcap_filename", v->cfg.source_names[e->source]);
    if (e->frame != 0)
        ww_json_u64(o, "pcap_cnt", e->frame);
}

static void put_layers(struct ww_eve *v, const struct ww_event *e)
{
    struct ww_out *o = &v->sink.o;
    if (e->nvlan > 0) {
        ww_json_open(o, "vlan", '[');
        for (unsigned i = 0; i < e->nvlan && i < WW_VLAN_MAX; i++)
            ww_json_u64(o, NULL, e->vlan[i]);
        ww_json_close(o, ']');
    }
    if (e->ntunnel == 0)
        return;
    ww_json_open(o, "tunnel", '[');
    for (unsigned i = 0; i < e->ntunnel && i < WW_TUNNEL_MAX; i++) {
        ww_json_open(o, NULL, '{');
        if (v->cfg.tunnel_name != NULL)
            ww_json_cstr(o, "type", v->cfg.tunnel_name(e->tunnel[i].kind));
        else
            ww_json_u64(o, "type", e->tunnel[i].kind);
        ww_json_u64(o, "id", e->tunnel[i].id);
        if (e->tunnel[i].vlan != 0)
            ww_json_u64(o, "vlan", e->tunnel[i].vlan);
        ww_json_close(o, '}');
    }
    ww_json_close(o, ']');
}

/* ---- what stays the same for a flow ---- */
static bool same(const struct eve_flow *f, const struct ww_event *e)
{
    return f->flow == e->flow && f->ip_proto == e->ip_proto && ww_ip_eq(&f->ip[0], &e->end[0].ip) &&
           ww_ip_eq(&f->ip[1], &e->end[1].ip) && f->port[0] == e->end[0].port &&
           f->port[1] == e->end[1].port;
}

static struct eve_flow *place(struct ww_eve *v, const struct ww_event *e)
{
    struct eve_flow *f = &v->flow[e->flow % FLOWS];
    if (!same(f, e)) {
        *f = (struct eve_flow){ .flow = e->flow, .ip_proto = e->ip_proto };
        for (unsigned i = 0; i < 2; i++) {
            f->ip[i] = e->end[i].ip;
            f->port[i] = e->end[i].port;
        }
    }
    return f;
}

static void community(struct ww_out *o, const struct eve_flow *f, const struct ww_event *e)
{
    char id[WW_COMMUNITY_ID];
    struct ww_end src = e->end[WW_A], dst = e->end[WW_B];
    if (e->ip_proto == ICMP || e->ip_proto == ICMP6) {
        if (!f->icmp_known) /* type and code stand in flow.start only: no wrong name instead */
            return;
        src.port = f->icmp_type;
        dst.port = f->icmp_code;
    }
    if (e->ip_proto != 0 && ww_community_id(id, &src, &dst, e->ip_proto) != NULL)
        ww_json_cstr(o, "community_id", id);
}

static void put_proto(struct ww_out *o, uint8_t p)
{
    static const struct ww_tok names[] = {
        { TCP, "TCP" }, { UDP, "UDP" }, { ICMP, "ICMP" }, { ICMP6, "IPv6-ICMP" }, { 0, NULL }
    };
    char b[4];
    struct ww_out n = ww_out(b, sizeof b - 1);
    ww_out_u64(&n, p);
    b[n.n] = 0;
    ww_json_cstr(o, "proto", ww_tok(names, p, b));
}

static void write_tuple(struct eve_flow *f, const struct ww_event *e)
{
    static const char *const ip_key[] = { "src_ip", "dest_ip" };
    static const char *const port_key[] = { "src_port", "dest_port" };
    const struct ww_end *end[] = { ww_event_client(e), ww_event_server(e) };
    struct ww_out o = ww_out(f->text, sizeof f->text);
    char ip[WW_IP_TEXT];
    o.comma = true; /* the text continues a line */
    for (unsigned i = 0; i < 2; i++) {
        if (end[i]->ip.fam == 4 || end[i]->ip.fam == 6)
            ww_json_cstr(&o, ip_key[i], ww_ip_text(ip, end[i]->ip.b, end[i]->ip.fam));
        if (e->ip_proto == TCP || e->ip_proto == UDP)
            ww_json_u64(&o, port_key[i], end[i]->port);
    }
    if (e->ip_proto != 0) {
        put_proto(&o, e->ip_proto);
        community(&o, f, e);
    }
    f->client = e->client & 1;
    f->n = (uint16_t)o.n;
}

static void put_tuple(struct ww_eve *v, const struct ww_event *e)
{
    struct eve_flow *f = place(v, e);
    if (f->n == 0 || f->client != (e->client & 1))
        write_tuple(f, e);
    ww_out_raw(&v->sink.o, f->text, f->n);
}

static void note_icmp(struct ww_eve *v, const struct ww_event *e)
{
    if (e->type != &ww_flow_start_type || (e->ip_proto != ICMP && e->ip_proto != ICMP6))
        return;
    const struct ww_flow_start *b = (const void *)e->body;
    struct eve_flow *f = place(v, e);
    f->icmp_known = true;
    f->icmp_type = b->icmp_type;
    f->icmp_code = b->icmp_code;
    f->n = 0;
}

static void put_ether(struct ww_out *o, const struct ww_event *e)
{
    const struct ww_end *c = ww_event_client(e), *s = ww_event_server(e);
    char t[WW_MAC_TEXT];
    if (ww_mac_none(&c->mac) && ww_mac_none(&s->mac))
        return;
    ww_json_open(o, "ether", '{');
    if (!ww_mac_none(&c->mac))
        ww_json_cstr(o, "src_mac", ww_mac_text(t, c->mac.b));
    if (!ww_mac_none(&s->mac))
        ww_json_cstr(o, "dest_mac", ww_mac_text(t, s->mac.b));
    ww_json_close(o, '}');
}

/* ---- alerts ---- */
static void string_list(struct ww_out *o, const char *key, struct ww_slice s)
{
    ww_json_open(o, key, '[');
    ww_json_str(o, NULL, s);
    ww_json_close(o, ']');
}

/* Suricata's object: severity 1 is the highest there. */
static void put_alert(struct ww_eve *v, const struct ww_event *e)
{
    static const uint8_t severity[] = { 3, 3, 3, 2, 1, 1 };
    const struct ww_alert *a = (const void *)e->body;
    const struct ww_texts *t = &v->cfg.texts;
    const struct ww_class *c = t->guide != NULL ? ww_guide_class(t->guide, a->class) : NULL;
    struct ww_out *o = &v->sink.o;
    char id[12], level = (char)('0' + a->level % 10);
    ww_json_open(o, "alert", '{');
    ww_json_cstr(o, "action", "allowed"); /* a passive sensor stops nothing */
    ww_json_u64(o, "gid", 1);
    ww_json_u64(o, "signature_id", ww_alert_signature_id(a));
    ww_json_u64(o, "rev", a->data_version);
    ww_json_cstr(o, "signature", c != NULL ? c->name.s[WW_LANG_EN] : ww_class_text(id, a->class));
    ww_json_cstr(o, "category", c != NULL ? c->mnemonic : "");
    ww_json_u64(o, "severity", severity[a->level < sizeof severity ? a->level : 5]);
    ww_json_open(o, "metadata", '{');
    string_list(o, "class", ww_slice_str(ww_class_text(id, a->class)));
    string_list(o, "level", (struct ww_slice){ (const uint8_t *)&level, 1 });
    string_list(o, "track", WW_STR(a->track));
    ww_json_close(o, '}');
    ww_json_close(o, '}');
    ww_json_open(o, "wardwatch", '{');
    ww_event_body_json(o, e);
    ww_texts_codes(o, t, a);
    if (t->guide != NULL) {
        ww_json_open(o, "text", '{');
        ww_texts_json(o, t, a);
        ww_json_close(o, '}');
    }
    ww_json_close(o, '}');
}

static void put_body(struct ww_eve *v, const struct ww_event *e, const struct ww_eve_type *t)
{
    struct ww_out *o = &v->sink.o;
    if (t->kind == WW_EVE_ALERT && e->type == &ww_alert_type) {
        put_alert(v, e);
        return;
    }
    ww_json_open(o, t->object, '{');
    if (t->type != NULL)
        ww_json_cstr(o, "type", t->type);
    ww_event_body_json(o, e);
    ww_json_close(o, '}');
}

void ww_eve_put(struct ww_eve *v, const struct ww_event *e)
{
    int id = ww_registry_id(v->cfg.registry, e->type);
    struct ww_out *o = &v->sink.o;
    if (id < 0 || v->sink.gone)
        return;
    const struct ww_eve_type *t = &v->type[id];
    note_icmp(v, e);
    if (t->kind == WW_EVE_SKIP)
        return;
    if (v->cfg.strict)
        e = ww_privacy_apply(&v->privacy, id, e);
    if (o->cap - o->n < LINE_ROOM) /* a line is written whole, so that a full disk cuts none */
        (void)o->flush(o, o->to);
    put_time(v, e->ts);
    put_origin(v, e);
    ww_json_cstr(o, "event_type", t->object);
    put_layers(v, e);
    put_tuple(v, e);
    if (e->dissector < v->napps)
        ww_json_cstr(o, "app_proto", v->cfg.app_names[e->dissector]);
    if (t->kind == WW_EVE_MESSAGE)
        ww_json_cstr(o, "direction", (e->dir & 1) == (e->client & 1) ? "to_server" : "to_client");
    put_ether(o, e);
    put_body(v, e, t);
    ww_out_raw(o, "}\n", 2);
}

bool ww_eve_gone(const struct ww_eve *v)
{
    return v->sink.gone;
}

enum ww_rc ww_eve_sync(struct ww_eve *v, struct ww_err *e)
{
    return ww_sink_sync(&v->sink, e);
}

enum ww_rc ww_eve_close(struct ww_eve *v, struct ww_err *e)
{
    if (v == NULL)
        return WW_OK;
    enum ww_rc rc = ww_sink_close(&v->sink, e);
    free(v);
    return rc;
}
