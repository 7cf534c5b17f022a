/* judge_verdict.c - is this conversation declared? Asked for the device at each end. */
#include "rules/baseline/footprint.h"
#include "rules/judge_int.h"

WW_EVENT_TYPE(ww_verdict_ev, "baseline.verdict",
              "What a device did, compared with its declaration; told once per change", WW_EVT_KEEP,
              WW_VERDICT_FIELDS);

enum { STAGES = WW_AT_MESSAGE + 1 };

enum key_layer { OF_CONVERSATION, OF_MESSAGES };
struct verdict_key {
    uint64_t device;
    uint8_t peer[16];
    uint8_t fam, ip_proto, opener, layer; /* enum key_layer */
    uint16_t port;
    uint8_t pad[2];
    uint64_t what; /* messages: hash of what was observed */
};
struct rule_key { /* what was told to be permitted */
    uint64_t device;
    uint64_t what; /* the rule, and of messages what was observed */
    uint8_t layer, reason;
    uint8_t pad[6];
};
struct verdict_rec {
    struct verdict_key key;
    uint16_t told;       /* the last one told: kind and reason, never 0 */
    uint16_t at[STAGES]; /* by stage; 0 = not asked yet */
};

enum ww_rc ww_judge_verdict_table(struct ww_judge *j, uint32_t cap, struct ww_err *e)
{
    enum ww_rc rc = ww_table_init(&j->verdict, "verdicts", cap, sizeof(struct verdict_key),
                                  sizeof(struct verdict_rec), e);
    return rc != WW_OK ? rc
                       : ww_table_init(&j->rule, "rules", cap, sizeof(struct rule_key),
                                       sizeof(struct rule_key), e);
}

/* ---- answers about the hospital ---- */
static enum ww_bl_is is_of(enum ww_site_is v)
{
    return v == WW_SITE_YES ? WW_BL_IS : v == WW_SITE_NO ? WW_BL_IS_NOT : WW_BL_IS_UNKNOWN;
}

static enum ww_bl_is env_controller(void *ctx, const char *uri, const struct ww_ip *peer)
{
    const struct judge_ask *a = ctx;
    return is_of(ww_site_controller(a->j->cfg.site, uri, peer));
}

static enum ww_bl_is env_local(void *ctx, const struct ww_ip *peer)
{
    const struct judge_ask *a = ctx;
    size_t zones;
    (void)ww_site_zones(a->j->cfg.site, &zones);
    if (ww_site_zone_of(a->j->cfg.site, peer, 0) != NULL)
        return WW_BL_IS;
    if (ww_site_external(a->j->cfg.site, peer))
        return WW_BL_IS_NOT;
    return zones > 0 ? WW_BL_IS_NOT : WW_BL_IS_UNKNOWN;
}

static enum ww_bl_is env_external(void *ctx, const struct ww_ip *peer)
{
    const struct judge_ask *a = ctx;
    if (a->outside != 0) /* of the flow's peer it was asked before */
        return a->outside == 2 ? WW_BL_IS : WW_BL_IS_NOT;
    return ww_site_external(a->j->cfg.site, peer) ? WW_BL_IS : WW_BL_IS_NOT;
}

static const char *env_mud_url_of(void *ctx, const struct ww_ip *peer)
{
    const struct judge_ask *a = ctx;
    const struct ww_device *d = ww_devices_by_ip(a->j->devices, a->e, peer);
    return d != NULL && d->bl != NULL ? ww_bl_mud_url(d->bl) : NULL;
}

static const char *env_name_of(void *ctx, const struct ww_ip *peer, size_t i)
{
    const struct judge_ask *a = ctx;
    return ww_names_of(a->j->names, a->dev, peer, i, a->e->ts);
}

static bool env_name_answered(void *ctx, const char *name)
{
    const struct judge_ask *a = ctx;
    return ww_names_answered(a->j->names, a->dev, name, a->e->ts);
}

static enum ww_bl_is env_service(void *ctx, enum ww_bl_service s, const struct ww_ip *peer)
{
    static const char *const names[] = { "dns", "ntp", "dhcp" };
    const struct judge_ask *a = ctx;
    return is_of(ww_site_service(a->j->cfg.site, names[s], peer));
}

static uint16_t env_site_port(void *ctx, const char *conduit)
{
    const struct judge_ask *a = ctx;
    const struct ww_site_device *l = a->dev->ledger;
    for (size_t i = 0; l != NULL && i < l->nport; i++)
        if (strcmp(l->port[i].conduit, conduit) == 0)
            return l->port[i].port;
    return 0;
}

void ww_judge_env(struct ww_bl_env *env, struct judge_ask *ask)
{
    *env = (struct ww_bl_env){ .ctx = ask,
                               .controller = env_controller,
                               .my_controller = env_controller, /* listed by the MUD URL */
                               .local = env_local,
                               .external = env_external,
                               .mud_url_of = env_mud_url_of,
                               .name_of = env_name_of,
                               .name_answered = env_name_answered,
                               .service = env_service,
                               .site_port = env_site_port };
}

/* ---- the conversation as one device sees it ---- */
/* Is the address the broadcast address of a subnet of the site? */
static bool directed_broadcast(const struct ww_site *s, const struct ww_ip *ip)
{
    size_t n;
    const struct ww_site_zone *z = ww_site_zones(s, &n);
    uint32_t v =
        (uint32_t)ip->b[0] << 24 | (uint32_t)ip->b[1] << 16 | (uint32_t)ip->b[2] << 8 | ip->b[3];
    if ((v & 3) != 3)
        return false; /* a subnet with broadcast leaves two bits or more to its hosts */
    for (size_t i = 0; ip->fam == 4 && i < n; i++)
        for (size_t k = 0; k < z[i].nnet; k++) {
            unsigned len = z[i].net[k].len;
            if (z[i].net[k].ip.fam == 4 && len > 0 && len < 31 && ww_net_has(&z[i].net[k], ip) &&
                (v & (UINT32_MAX >> len)) == UINT32_MAX >> len)
                return true;
        }
    return false;
}

static enum ww_bl_cast cast_of(const struct ww_judge *j, const struct ww_ip *to)
{
    if (to->fam == 4 && to->b[0] == 255)
        return WW_BL_BROADCAST;
    if ((to->fam == 4 && (to->b[0] & 0xf0) == 224) || (to->fam == 6 && to->b[0] == 0xff))
        return WW_BL_MULTICAST;
    return directed_broadcast(j->cfg.site, to) ? WW_BL_BROADCAST : WW_BL_UNICAST;
}

/* To whom the flow goes: side B is the address that its first packet was sent to. */
static enum ww_bl_cast flow_cast(const struct ww_judge *j, const struct ww_event *e,
                                 struct ww_flow_rec *f)
{
    if (f->cast == 0)
        f->cast = (uint8_t)(cast_of(j, &e->end[WW_B].ip) + 1);
    return (enum ww_bl_cast)(f->cast - 1);
}

/* Is the end outside the hospital? Asked of the site file once in a flow. */
static bool outside(const struct ww_judge *j, const struct ww_event *e, struct ww_flow_rec *f,
                    enum ww_dir side)
{
    if (f->outside[side] == 0)
        f->outside[side] = ww_site_external(j->cfg.site, &e->end[side].ip) ? 2 : 1;
    return f->outside[side] == 2;
}

/* The client is known well enough to say who opened. */
static bool opener_known(const struct ww_event *e, const struct ww_flow_rec *f)
{
    if (e->client_by == WW_BY_SYN || e->client_by == WW_BY_DISSECTOR)
        return true;
    if (f->midstream || e->client_by == WW_BY_UNKNOWN)
        return false;
    return e->ip_proto != 6; /* without connections, who sent first asked */
}

void ww_judge_flow_shape(const struct ww_judge *j, const struct ww_event *e,
                         struct ww_flow_rec *f, enum ww_dir side, struct ww_bl_flow *out)
{
    const struct ww_end *dev = &e->end[side], *peer = &e->end[side ^ 1];
    bool icmp = e->ip_proto == 1 || e->ip_proto == 58;
    const char *app = ww_conv_app(j->conv, f->app);
    *out = (struct ww_bl_flow){ .device = dev->ip,
                                .peer = peer->ip,
                                .device_port = dev->port,
                                .peer_port = peer->port,
                                .ip_proto = e->ip_proto,
                                .icmp_known = icmp,
                                .icmp_type = f->icmp_type,
                                .icmp_code = f->icmp_code,
                                .device_sent = f->sent[side],
                                .peer_sent = f->sent[side ^ 1],
                                .app = app[0] != 0 ? app : NULL };
    if (opener_known(e, f))
        out->opener = e->client == side ? WW_BL_BY_DEVICE : WW_BL_BY_PEER;
    out->cast = (uint8_t)flow_cast(j, e, f);
}

/* ---- telling ---- */
static uint64_t text_hash(const struct ww_judge *j, const char *a)
{
    return ww_siphash(&j->verdict.key, ww_slice_str(a));
}

/* Kind and reason, never 0. */
static uint16_t answer_of(const struct ww_bl_verdict *v)
{
    return (uint16_t)((unsigned)v->kind << 8 | (unsigned)v->reason << 1 | 1u);
}

/* Was it told that this rule permitted the device something, and of messages, just this? The single
 * conversations under a rule are told where they are counted, each with its verdict. */
static bool rule_told(struct ww_judge *j, const struct ww_device *dev,
                      const struct ww_bl_verdict *v, uint64_t what)
{
    struct rule_key key = { .device = dev->serial,
                            .layer = (uint8_t)v->layer,
                            .reason = (uint8_t)v->reason,
                            .what = what + (v->ace >= 0 ? (uint64_t)v->ace
                                                        : text_hash(j, v->rule)) };
    bool fresh = false;
    (void)ww_table_get(&j->rule, &key, &fresh);
    return !fresh;
}

static struct verdict_key key_of(const struct ww_event *e, const struct ww_device *dev,
                                 enum ww_dir side, enum key_layer layer)
{
    const struct ww_ip *peer = &e->end[side ^ 1].ip;
    struct verdict_key key = { .device = dev->serial,
                               .fam = peer->fam,
                               .ip_proto = e->ip_proto,
                               .opener = (uint8_t)(e->client == side),
                               .layer = (uint8_t)layer,
                               .port = ww_event_server(e)->port };
    ww_copy(key.peer, (struct ww_slice){ peer->b, sizeof key.peer });
    return key;
}

void ww_judge_tell(struct ww_judge *j, const struct ww_event *e, const struct ww_device *dev,
                   enum ww_dir side, enum ww_stage stage, struct ww_bl_verdict *v)
{
    struct verdict_key key =
        key_of(e, dev, side, stage == WW_AT_MESSAGE ? OF_MESSAGES : OF_CONVERSATION);
    bool fresh = false;
    if (stage == WW_AT_MESSAGE)
        key.what = text_hash(j, v->observed);
    struct verdict_rec *r = ww_table_get(&j->verdict, &key, &fresh);
    uint16_t now = answer_of(v);
    /* A flow is asked about at its start, when it is answered and when its protocol is known; the
     * next flow begins at the start again. That is no change. */
    bool change = r->at[stage] != now && r->told != now, first = r->told == 0;
    r->at[stage] = now;
    if (!change)
        return;
    r->told = now;
    if (first && v->kind == WW_BL_PERMITTED && rule_told(j, dev, v, key.what))
        return;
    ww_bl_texts(dev->bl, v);
    struct ww_verdict_ev *b = ww_tell_begin(&j->tell, &ww_verdict_ev_type, e);
    WW_SET_S(b->device, dev->id);
    WW_SET_S(b->file, ww_bl_file(dev->bl));
    WW_SET_S(b->layer, ww_bl_layer_name(v->layer));
    WW_SET_S(b->verdict, ww_bl_kind_name(v->kind));
    WW_SET_S(b->reason, ww_bl_reason_name(v->reason));
    if (v->acl[0] != 0) {
        char ace[140];
        struct ww_out o = ww_out(ace, sizeof ace - 1);
        ww_out_f(&o, "%s/%s", v->acl, v->ace_name);
        ace[o.n] = 0;
        WW_SET_S(b->ace, ace);
    }
    WW_SET_S(b->conduit, v->conduit);
    WW_SET_S(b->rule, v->rule);
    WW_SET_S(b->observed, v->observed);
    WW_SET_S(b->declared, v->declared);
    ww_tell_end(&j->tell);
}

/* ---- one flow ---- */
/* The flow is over: the footprint takes it once, with all that was seen of it. */
static void to_footprint(struct ww_judge *j, const struct ww_event *e, const struct ww_flow_rec *f,
                         const struct ww_bl_flow *shape, const struct ww_bl_verdict *v)
{
    const char *app = ww_conv_app(j->conv, f->app);
    struct ww_fp_facts facts = {
        .first_frame = e->frame,
        .packets = ww_judge_u64(j, e, JF_END_PKTS_S) + ww_judge_u64(j, e, JF_END_PKTS_C),
        .gap_bytes = ww_judge_u64(j, e, JF_END_GAP_S) + ww_judge_u64(j, e, JF_END_GAP_C),
        .midstream = f->midstream,
        .unread = app[0] == 0 && f->sent[0] && f->sent[1] &&
                  (e->ip_proto == 6 || e->ip_proto == 17 || e->ip_proto == 132),
    };
    ww_fp_flow(j->fp, shape, v, &facts);
}

/* What the declaration has inside of TLS on this conversation; NULL = it does not say. */
static const char *carried(const struct ww_judge *j, const struct ww_flow_rec *f,
                           const struct ww_device *dev, const struct ww_bl_verdict *v)
{
    struct ww_bl_conduit_info c;
    if (v->kind != WW_BL_PERMITTED || strcmp(ww_conv_app(j->conv, f->app), "tls") != 0 ||
        !ww_bl_conduit_by_id(dev->bl, v->conduit, &c))
        return NULL;
    return ww_bl_may_encrypt(&c) && c.application[0] != 0 ? c.application : NULL;
}

/* A flow as the device at one of its ends has it. */
struct view {
    struct ww_device *dev;
    enum ww_dir side;
    enum ww_stage stage;
    struct ww_bl_flow shape;
    struct ww_bl_verdict v; /* its texts are made from the shape when somebody reads them */
};

static void ask_declaration(struct ww_judge *j, const struct ww_event *e, struct ww_flow_rec *f,
                            struct view *x)
{
    struct judge_ask ask = { .j = j, .e = e, .dev = x->dev, .outside = f->outside[x->side ^ 1] };
    struct ww_bl_env env;
    bool first = f->answer[x->side] == 0;
    struct verdict_key key = key_of(e, x->dev, x->side, OF_CONVERSATION);
    uint32_t soon = first ? ww_table_soon(&j->verdict, &key) : 0;
    ww_judge_env(&env, &ask);
    ww_judge_flow_shape(j, e, f, x->side, &x->shape);
    if (first) /* comes while the declaration is asked */
        (void)ww_table_soon_record(&j->verdict, soon);
    ww_bl_flow_untold(x->dev->bl, &env, &x->shape, &x->v);
    f->verdict[x->side] = (uint8_t)(x->v.kind + 1);
    uint16_t answer = (uint16_t)(answer_of(&x->v) | (unsigned)(e->client & 1) << 15);
    if (f->answer[x->side] != answer) /* most flows are answered alike from their start to their end */
        ww_judge_tell(j, e, x->dev, x->side, x->stage, &x->v);
    f->answer[x->side] = answer;
    if (f->carries == NULL && x->stage >= WW_AT_APP)
        f->carries = carried(j, f, x->dev, &x->v);
    if (x->stage == WW_AT_END && j->fp != NULL && ww_judge_is_device(x->dev, j->fp_device)) {
        ww_bl_texts(x->dev->bl, &x->v);
        to_footprint(j, e, f, &x->shape, &x->v);
    }
}

static void one_side(struct ww_judge *j, const struct ww_event *e, struct ww_flow_rec *f,
                     enum ww_dir side, enum ww_stage stage)
{
    struct view x WW_FILLED;
    struct ww_device *dev = stage == WW_AT_APP ? ww_devices_spoken_to(j->devices, e, side)
                                               : ww_devices_end(j->devices, e, side, false);
    if (dev == NULL)
        return;
    if (j->cfg.nbind_to > 0)
        ww_judge_bind(j, dev);
    bool group = flow_cast(j, e, f) != WW_BL_UNICAST;
    if (side == WW_B && group)
        return; /* a group address is no device */
    bool external = !group && outside(j, e, f, (enum ww_dir)(side ^ 1));
    x.dev = dev;
    x.side = side;
    x.stage = stage;
    if (dev->bl != NULL)
        ask_declaration(j, e, f, &x);
    unsigned when = ww_detect_when(dev, dev->bl != NULL ? &x.v : NULL, stage, external);
    if (when == 0 || (stage == WW_AT_START && !external))
        return; /* at the start no detector finds anything in it yet */
    struct ww_judged told = {
        .e = e,
        .dev = dev,
        .side = side,
        .stage = stage,
        .v = dev->bl != NULL ? &x.v : NULL,
        .flow = f,
        .external = external,
        .opener_known = opener_known(e, f),
        .device_opened = e->client == side,
        .opened = f->opened || f->midstream || (f->sent[0] && f->sent[1]),
        .bytes_out = stage != WW_AT_END
                         ? WW_NULL64
                         : ww_judge_u64(j, e, e->client == side ? JF_END_BYTES_S : JF_END_BYTES_C),
    };
    ww_detect_judged(j->detect, &told, when);
}

void ww_judge_flow(struct ww_judge *j, const struct ww_event *e, struct ww_flow_rec *f,
                   enum ww_stage stage)
{
    one_side(j, e, f, WW_A, stage);
    one_side(j, e, f, WW_B, stage);
}
