/* engine_setup.c - tables that say which dissector to ask first, and the memory of the engine. */
#include "sensor/engine.h"

static void add_hints(struct ww_engine *g, unsigned i)
{
    for (const struct ww_port *p = g->list[i]->ports; p != NULL && p->on != WW_ON_END; p++) {
        unsigned udp = p->on == WW_ON_UDP;
        if (p->on == WW_ON_ETHERTYPE && g->n_ethertype < WW_DISSECTORS_MAX)
            g->by_ethertype[g->n_ethertype++] = (uint8_t)i;
        if (p->on != WW_ON_TCP && p->on != WW_ON_UDP)
            continue;
        if (udp)
            g->on_udp |= 1ull << i;
        else
            g->on_tcp |= 1ull << i;
        for (unsigned k = 0; k < WW_PORT_HINTS; k++) {
            uint8_t *h = &g->hint[udp][p->n][k];
            if (*h == 0 || *h == i + 1) {
                *h = (uint8_t)(i + 1);
                break;
            }
        }
    }
}

static void add_first(struct ww_engine *g, unsigned i)
{
    if (g->list[i]->content != NULL)
        g->readers |= 1ull << i;
    bool any = true;
    for (unsigned b = 0; b < 256; b++) {
        if (WW_FIRST_BIT(g->list[i]->first, b)) {
            g->first[b] |= 1ull << i;
            any = false;
        }
    }
    if (any)
        g->any_first |= 1ull << i;
}

/* Types of one dissector that nobody reads. */
static void add_unread(struct ww_engine *g, const struct ww_dissector *d,
                       const struct ww_engine_cfg *cfg)
{
    for (size_t k = 0; cfg->wants != NULL && d->events[k] != NULL; k++) {
        const struct ww_event_type *t = d->events[k];
        if (cfg->wants(cfg->wants_to, t) || ww_engine_unread(g, t))
            continue;
        size_t i = ww_unread_at(t);
        while (g->unread[i] != NULL)
            i = (i + 1) % WW_UNREAD;
        g->unread[i] = t;
    }
}

enum ww_rc ww_engine_init(struct ww_engine *g, const struct ww_engine_cfg *cfg,
                          struct ww_flows *flows, struct ww_slab *tcp, struct ww_bufs *bufs,
                          struct ww_err *e)
{
    g->list = cfg->dissectors;
    g->flows = flows;
    g->tcp = tcp;
    g->bufs = bufs;
    g->emit = cfg->emit;
    g->emit_to = cfg->emit_to;
    g->call_app = WW_NO_DISSECTOR;
    g->reader = WW_NO_DISSECTOR;
    g->pseudonym_key.k[0] = ww_mix(cfg->key.k[0], 0x9e3779b97f4a7c15u);
    g->pseudonym_key.k[1] = ww_mix(cfg->key.k[1], 0xc2b2ae3d27d4eb4fu);
    while (g->list[g->n] != NULL)
        g->n++;
    if (g->n > WW_DISSECTORS_MAX)
        return WW_FAIL(e, WW_E_LIMIT, "more than %d dissectors", WW_DISSECTORS_MAX);
    size_t each = cfg->state_budget / (g->n > 0 ? g->n : 1);
    for (unsigned i = 0; i < g->n; i++) {
        const struct ww_dissector *d = g->list[i];
        size_t slot = d->state_size + (size_t)WW_STATE_HDR;
        size_t cap = each / slot;
        if (cap > cfg->flows)
            cap = cfg->flows;
        if (d->state_size > 0 && ww_slab_init(&g->state[i], slot, (uint32_t)cap) != WW_OK)
            return WW_FAIL(e, WW_E_SYS, "no memory for the state of %s", d->name);
        add_hints(g, i);
        add_first(g, i);
        add_unread(g, d, cfg);
    }
    g->anomaly = ww_mem_reserve(WW_ANOMALY_SLOTS * sizeof *g->anomaly);
    if (g->anomaly == NULL || ww_pairs_init(&g->pairs, 65536, cfg->key) != WW_OK)
        return WW_FAIL(e, WW_E_SYS, "no memory for pairing requests");
    return ww_engine_content_init(g, cfg->state_budget / 8, e);
}

void ww_engine_free(struct ww_engine *g)
{
    for (unsigned i = 0; i < g->n; i++)
        ww_slab_free(&g->state[i]);
    ww_engine_content_free(g);
    ww_mem_release(g->anomaly, WW_ANOMALY_SLOTS * sizeof *g->anomaly);
    ww_pairs_free(&g->pairs);
}

bool ww_engine_known_port(const struct ww_engine *g, uint8_t proto, uint16_t port)
{
    return g->hint[proto == WW_IPPROTO_UDP][port][0] != 0;
}
