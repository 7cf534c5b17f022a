/* links.c - counters by source and VLAN. */
#include "sensor/links.h"
#include "sensor/base/hash.h"
#include "sensor/base/mem.h"

enum ww_rc ww_links_init(struct ww_links *t)
{
    *t = (struct ww_links){ .n = 0 };
    t->of = ww_mem_reserve(WW_LINKS_MAX * sizeof *t->of);
    t->slot = ww_mem_reserve(WW_LINK_SLOTS * sizeof *t->slot);
    if (t->of == NULL || t->slot == NULL) {
        ww_links_free(t);
        return WW_E_SYS;
    }
    return WW_OK;
}

void ww_links_free(struct ww_links *t)
{
    ww_mem_release(t->of, WW_LINKS_MAX * sizeof *t->of);
    ww_mem_release(t->slot, WW_LINK_SLOTS * sizeof *t->slot);
    t->of = NULL;
    t->slot = NULL;
}

/* The keys are few and bounded by the sources and the 4096 VLANs of 802.1Q: a fixed mix will do. */
static uint32_t home(uint32_t source, uint16_t vlan)
{
    uint64_t key = (uint64_t)source << 16 | vlan;
    return (uint32_t)(ww_mix(key + 1, 0x9e3779b97f4a7c15u) & (WW_LINK_SLOTS - 1));
}

/* Entry with this key, or the empty slot where it belongs. */
static uint16_t *find(const struct ww_links *t, uint32_t source, uint16_t vlan)
{
    uint32_t s = home(source, vlan);
    while (t->slot[s] != 0) {
        const struct ww_link *l = &t->of[t->slot[s] - 1u];
        if (l->source == source && l->vlan == vlan)
            break;
        s = (s + 1) & (WW_LINK_SLOTS - 1);
    }
    return &t->slot[s];
}

__attribute__((noinline)) static uint32_t get(struct ww_links *t, uint32_t source, uint16_t vlan, uint64_t frame)
{
    uint16_t *s = find(t, source, vlan);
    if (*s == 0 && vlan != WW_LINK_REST && t->vlans == WW_LINK_VLANS_MAX) {
        vlan = WW_LINK_REST;
        s = find(t, source, vlan);
    }
    if (*s != 0)
        return *s - 1u;
    if (!WW_INVARIANT(t->n < WW_LINKS_MAX)) /* more sources than the pipeline takes */
        return 0;
    t->vlans += vlan != WW_LINK_REST;
    t->of[t->n] = (struct ww_link){ .source = source, .vlan = vlan, .frame = frame };
    t->of[t->n].s.vlan = vlan;
    *s = (uint16_t)++t->n;
    return t->n - 1;
}

uint32_t ww_links_get(struct ww_links *t, uint32_t source, uint16_t vlan, uint64_t frame)
{
    struct ww_link_near *n = &t->near[(source * 8 + vlan) % WW_LINK_NEAR];
    if (n->at == 0 || n->source != source || n->vlan != vlan) {
        uint16_t at = (uint16_t)(get(t, source, vlan, frame) + 1);
        *n = (struct ww_link_near){ .source = source, .vlan = vlan, .at = at };
    }
    return n->at - 1u;
}

void ww_link_add(struct ww_link_stats *to, const struct ww_link_stats *from)
{
    for (uint16_t k = 0; k < ww_link_stats_type.nfields; k++) {
        const struct ww_field *f = &ww_link_stats_type.fields[k];
        if (f->type != WW_FT_U64)
            continue;
        uint64_t a;
        uint64_t b;
        ww_copy(&a, (struct ww_slice){ (uint8_t *)to + f->off, sizeof a });
        ww_copy(&b, (struct ww_slice){ (const uint8_t *)from + f->off, sizeof b });
        a += b;
        ww_copy((uint8_t *)to + f->off, (struct ww_slice){ (uint8_t *)&a, sizeof a });
    }
    if (from->first != 0 && (to->first == 0 || from->first < to->first))
        to->first = from->first;
    if (from->last > to->last)
        to->last = from->last;
}

bool ww_link_changed(struct ww_link *l)
{
    static const struct ww_key fixed = { { 1, 1 } };
    uint64_t h = ww_siphash(&fixed, (struct ww_slice){ (const uint8_t *)&l->s, sizeof l->s }) | 1;
    bool changed = h != l->told;
    l->told = h;
    return changed;
}
