/* judge.c - event in; devices, baseline, detectors, guideline in this order. */
#include "rules/baseline/footprint.h"
#include "rules/devices/soon.h"
#include "rules/judge_int.h"
#include <stdlib.h>

static const uint64_t SEC = UINT64_C(1000000000);

const struct ww_event_type *const ww_judge_events[] = {
    &ww_device_evidence_type, &ww_device_change_type, &ww_device_conversation_type,
    &ww_verdict_ev_type,      &ww_alert_type,         NULL
};

/* ---- start and end ---- */
static uint32_t cap_of(uint32_t wanted, uint32_t otherwise)
{
    return wanted == 0 ? otherwise : wanted < 16 ? 16 : wanted;
}

static void on_new_device(void *ctx, struct ww_device *dev)
{
    ww_judge_bind(ctx, dev);
}

static void note(struct ww_judge *j, const char *text)
{
    if (j->nnotes == JUDGE_NOTES)
        return;
    struct ww_out o = ww_out(j->note[j->nnotes], sizeof j->note[0] - 1);
    ww_out_s(&o, text);
    j->note[j->nnotes++][o.n] = 0;
}

static enum ww_rc rooms(struct ww_judge *j, struct ww_err *e)
{
    const struct ww_judge_caps *c = &j->cfg.caps;
    uint32_t devices = cap_of(c->devices, 16384);
    struct ww_devices_cfg dc = { .registry = j->cfg.registry,
                                 .site = j->cfg.site,
                                 .app_names = j->cfg.app_names,
                                 .oui_dir = j->cfg.oui_dir,
                                 .devices = devices,
                                 .addresses = cap_of(c->addresses, 4 * devices),
                                 .facts = cap_of(c->facts, 16 * devices),
                                 .tell = &j->tell };
    enum ww_rc rc = ww_devices_new(&j->devices, &dc, e);
    if (rc != WW_OK)
        return rc;
    ww_devices_on_new(j->devices, on_new_device, j);
    struct ww_conv_cfg cc = { .registry = j->cfg.registry,
                              .app_names = j->cfg.app_names,
                              .site = j->cfg.site,
                              .devices = j->devices,
                              .places = devices,
                              .conversations = cap_of(c->conversations, 262144),
                              .flows = cap_of(c->flows, 262144),
                              .tell = &j->tell };
    rc = ww_conv_new(&j->conv, &cc, e);
    if (rc == WW_OK)
        rc = ww_names_new(&j->names, cap_of(c->names, 32768), e);
    if (rc == WW_OK)
        rc = ww_judge_verdict_table(j, cap_of(c->verdicts, 65536), e);
    struct ww_detect_cfg tc = { .registry = j->cfg.registry,
                                .site = j->cfg.site,
                                .guide = j->cfg.guide,
                                .app_names = j->cfg.app_names,
                                .devices = j->devices,
                                .conv = j->conv,
                                .names = j->names,
                                .tell = &j->tell };
    return rc == WW_OK ? ww_detect_new(&j->detect, &tc, e) : rc;
}

enum ww_rc ww_judge_new(struct ww_judge **out, const struct ww_judge_cfg *cfg, struct ww_err *e)
{
    struct ww_judge *j = calloc(1, sizeof *j);
    if (j == NULL)
        return WW_FAIL(e, WW_E_SYS, "judge: no memory");
    j->cfg = *cfg;
    enum ww_rc rc = ww_judge_load(j, e);
    if (rc == WW_OK)
        rc = ww_judge_resolve(j, e);
    if (rc == WW_OK)
        rc = rooms(j, e);
    if (rc != WW_OK) {
        ww_judge_free(j);
        return rc;
    }
    if (ww_devices_note(j->devices) != NULL)
        note(j, ww_devices_note(j->devices));
    if (j->nbl == 0)
        note(j, "no declaration is loaded: nothing can be compared with what manufacturers "
                "declared; name one in the site file or with --baseline");
    if (j->cfg.site == NULL)
        note(j, "no site file: zones, ledger and services of the hospital are not known; write one "
                "and name it with --site");
    *out = j;
    return WW_OK;
}

void ww_judge_free(struct ww_judge *j)
{
    if (j == NULL)
        return;
    ww_detect_free(j->detect);
    ww_table_free(&j->verdict);
    ww_table_free(&j->rule);
    ww_names_free(j->names);
    ww_conv_free(j->conv);
    ww_devices_free(j->devices);
    if (j->bl != NULL)
        ww_judge_unload(j);
    free(j);
}

const char *ww_judge_note(const struct ww_judge *j, size_t i)
{
    return i < j->nnotes ? j->note[i] : NULL;
}

const struct ww_baseline *ww_judge_baseline(const struct ww_judge *j, size_t i)
{
    return i < j->nbl ? j->bl[i].bl : NULL;
}

void ww_judge_footprint(struct ww_judge *j, struct ww_footprint *fp, const char *device)
{
    j->fp = fp;
    j->fp_device = device;
}

void ww_judge_counts(const struct ww_judge *j, struct ww_judge_counts *out)
{
    struct ww_device_counts d;
    struct ww_conv_counts c;
    ww_devices_counts(j->devices, &d);
    ww_conv_counts(j->conv, &c);
    *out = (struct ww_judge_counts){ .devices = d.devices,
                                     .devices_evicted = d.devices_evicted,
                                     .addresses_evicted = d.addresses_evicted,
                                     .facts_evicted = d.facts_evicted,
                                     .conversations = c.conversations,
                                     .conversations_evicted = c.conversations_evicted,
                                     .flows = c.flows,
                                     .flows_evicted = c.flows_evicted,
                                     .verdicts_evicted = j->verdict.evicted + j->rule.evicted,
                                     .names_evicted = ww_names_evicted(j->names),
                                     .alerts_evicted = ww_detect_stats(j->detect)->evicted,
                                     .detectors_evicted = ww_detect_evicted(j->detect),
                                     .baselines = j->nbl,
                                     .late = j->late };
    for (size_t i = 0; i < j->nbl; i++)
        out->baselines_bound += j->bl[i].bound;
}

/* ---- events ---- */
/* An answer of DNS: the name counts for the host that asked (RFC 1035 4.1). */
static void dns_answer(struct ww_judge *j, const struct ww_event *e)
{
    const struct ww_field *fc = j->field[JF_AN_CLIENT], *fa = j->field[JF_AN_ADDRESS];
    const struct ww_ip *ip = fa != NULL && fa->type == WW_FT_IP ? ww_get_ip(e, fa) : NULL;
    struct ww_device *dev = NULL;
    if (ip == NULL)
        return;
    if (fc != NULL && fc->type == WW_FT_IP)
        dev = ww_devices_by_ip(j->devices, e, ww_get_ip(e, fc));
    if (dev == NULL)
        dev = ww_devices_end(j->devices, e, (enum ww_dir)((e->dir & 1) ^ 1), false);
    if (dev == NULL)
        return;
    uint64_t ttl = ww_judge_u64(j, e, JF_AN_TTL);
    ww_names_put(j->names, dev, ww_judge_str(j, e, JF_AN_NAME), ip,
                 ttl > 86400 ? 86400 : (uint32_t)ttl, e->ts);
}

/* A device told its MUD URL by DHCP (RFC 8520 section 10.1). */
static void mud_url(struct ww_judge *j, const struct ww_event *e)
{
    struct ww_device *dev = NULL;
    if (j->field[JF_MUD_MAC] != NULL && j->field[JF_MUD_MAC]->type == WW_FT_MAC)
        dev = ww_devices_by_mac(j->devices, e, ww_get_mac(e, j->field[JF_MUD_MAC]), false);
    if (dev == NULL)
        dev = ww_devices_end(j->devices, e, (enum ww_dir)(e->dir & 1), false);
    if (dev != NULL)
        ww_judge_bind_url(j, dev, e, ww_judge_str(j, e, JF_MUD_URL));
}

static void stats(struct ww_judge *j, const struct ww_event *e)
{
    if (j->fp == NULL)
        return;
    uint64_t ppm = ww_judge_u64(j, e, JF_ST_LOSS), dropped = ww_judge_u64(j, e, JF_ST_KERNEL);
    if (dropped != WW_NULL64)
        dropped += ww_judge_u64(j, e, JF_ST_RING);
    ww_fp_losses(j->fp, dropped, ww_judge_u64(j, e, JF_ST_PACKETS),
                 ppm == WW_NULL64 ? WW_NULL32 : (uint32_t)ppm);
}

static void flow_event(struct ww_judge *j, const struct ww_event *e, struct ww_flow_rec *f,
                       enum judge_event kind)
{
    if (kind == JE_START) {
        f->icmp_type = (uint8_t)ww_judge_u64(j, e, JF_ICMP_TYPE);
        f->icmp_code = (uint8_t)ww_judge_u64(j, e, JF_ICMP_CODE);
        f->midstream = f->midstream || ww_judge_u64(j, e, JF_MIDSTREAM) != 0;
        f->sent[WW_A] = true;
    } else if (kind == JE_OPEN) {
        f->opened = f->sent[WW_A] = f->sent[WW_B] = true;
    } else if (kind == JE_END || kind == JE_UPDATE) {
        bool end = kind == JE_END;
        uint64_t to_server = ww_judge_u64(j, e, end ? JF_END_PKTS_S : JF_UPD_PKTS_S);
        uint64_t to_client = ww_judge_u64(j, e, end ? JF_END_PKTS_C : JF_UPD_PKTS_C);
        f->sent[e->client & 1] = f->sent[e->client & 1] || to_server > 0;
        f->sent[(e->client & 1) ^ 1] = f->sent[(e->client & 1) ^ 1] || to_client > 0;
    }
    ww_judge_flow(j, e, f,
                  kind == JE_START    ? WW_AT_START
                  : kind == JE_OPEN   ? WW_AT_OPEN
                  : kind == JE_APP    ? WW_AT_APP
                  : kind == JE_UPDATE ? WW_AT_UPDATE
                                      : WW_AT_END);
}

static void dispatch(struct ww_judge *j, const struct ww_event *e, struct ww_flow_rec *f)
{
    int id = ww_registry_id(j->cfg.registry, e->type);
    if (id < 0 || j->kind[id] < 0)
        return;
    enum judge_event kind = (enum judge_event)j->kind[id];
    switch (kind) {
    case JE_START:
    case JE_OPEN:
    case JE_APP:
    case JE_UPDATE:
    case JE_END:
        if (f != NULL && e->ip_proto != 0)
            flow_event(j, e, f, kind);
        return;
    case JE_ASSOCIATE:
    case JE_CONTEXT:
    case JE_REQUEST:
    case JE_MESSAGE:
    case JE_ACK:
        ww_judge_medical(j, e, f, kind);
        return;
    case JE_ANSWER:
        dns_answer(j, e);
        return;
    case JE_MUD:
        mud_url(j, e);
        return;
    case JE_STATS:
        stats(j, e);
        return;
    case JE_COUNT:
        return;
    }
}

static void every_second(struct ww_judge *j, bool end)
{
    if (!end && j->now < j->ticked + SEC)
        return;
    j->ticked = j->now;
    j->tell.now = j->now;
    ww_detect_tick(j->detect, j->now, end);
    ww_conv_flush(j->conv, j->now, end);
}

/* The device of the footprint sent something, be it only ARP. */
static void look_for_device(struct ww_judge *j, const struct ww_event *e)
{
    const struct ww_device *dev =
        ww_devices_end(j->devices, e, (enum ww_dir)(e->dir & 1), false);
    if (dev == NULL || !ww_judge_is_device(dev, j->fp_device))
        return;
    ww_fp_seen(j->fp);
    j->fp_seen = true;
}

void ww_judge_see(struct ww_judge *j, const struct ww_event *e, ww_event_fn *emit, void *to)
{
    j->tell.emit = emit;
    j->tell.to = to;
    j->late += (e->flags & WW_EV_LATE) != 0;
    if (e->ts > j->now)
        j->now = e->ts;
    j->tell.now = j->now;
    struct ww_flow_rec *f = ww_conv_flow(j->conv, e);
    ww_devices_flow(j->devices, e, f != NULL ? f->at : NULL);
    ww_devices_see(j->devices, e);
    if (j->fp != NULL && !j->fp_seen)
        look_for_device(j, e);
    dispatch(j, e, f);
    ww_detect_event(j->detect, e);
    ww_conv_see(j->conv, e, f);
    ww_devices_flow(j->devices, NULL, NULL);
    every_second(j, false);
}

bool ww_judge_wants(const struct ww_judge *j, const struct ww_event_type *t)
{
    int id = ww_registry_id(j->cfg.registry, t);
    return id >= 0 && (j->fp != NULL || j->kind[id] >= 0 || ww_devices_wants(j->devices, id) ||
                       ww_detect_wants(j->detect, id));
}

void ww_judge_soon(const struct ww_judge *j, const struct ww_event *const *e, size_t n)
{
    struct ww_soon s[WW_JUDGE_SOON];
    for (unsigned round = 0; round < WW_SOON_ROUNDS; round++)
        for (size_t i = 0; i < n && i < WW_JUDGE_SOON; i++)
            ww_soon_round(j->devices, j->conv, e[i], i > 0 ? e[i - 1] : NULL, &s[i], round);
}

/* Who suppresses an alert has seen it: it counts on, and is not repeated as unconfirmed. */
static enum ww_alert_state state_of(const char *action)
{
    if (strcmp(action, "close") == 0)
        return WW_ALERT_CLOSED;
    return action[0] != 0 ? WW_ALERT_ACKED : WW_ALERT_OPEN;
}

bool ww_judge_restore(struct ww_judge *j, const struct ww_alert *a, const char *action)
{
    return ww_alerts_restore(ww_detect_alerts(j->detect), a, state_of(action));
}

bool ww_judge_operator(struct ww_judge *j, uint64_t alert_id, const char *action)
{
    return ww_alerts_state(ww_detect_alerts(j->detect), alert_id, state_of(action));
}

void ww_judge_tick(struct ww_judge *j, uint64_t now_ns, ww_event_fn *emit, void *to)
{
    j->tell.emit = emit;
    j->tell.to = to;
    if (now_ns > j->now)
        j->now = now_ns;
    every_second(j, false);
}

void ww_judge_end(struct ww_judge *j, uint64_t now_ns, ww_event_fn *emit, void *to)
{
    j->tell.emit = emit;
    j->tell.to = to;
    if (now_ns > j->now)
        j->now = now_ns;
    every_second(j, true);
}
