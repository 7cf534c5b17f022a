/* seen.c - how much the sensor sees now, from the statistics of the whole run and of each link. */
#include "rules/detect/detect_int.h"

enum { LEAST_FLOWS = 10, VLANS = 4096, SOURCES = 64 };

enum ww_rc ww_seen_fields(struct ww_detect *d, struct ww_err *e)
{
    const struct {
        const char *event, *name;
        int *type;
        const struct ww_field **f;
    } want[] = { { "stats", "coverage__loss_ppm", &d->t_stats, &d->loss },
                 { "stats", "coverage__one_way_ppm", &d->t_stats, &d->way },
                 { "stats", "capture__ring_drops", &d->t_stats, &d->ring },
                 { "stats", "flow__tcp_used", &d->t_stats, &d->used },
                 { "stats.link", "vlan", &d->t_link, &d->link_vlan },
                 { "stats.link", "coverage__loss_ppm", &d->t_link, &d->link_loss },
                 { "stats.link", "coverage__one_way_ppm", &d->t_link, &d->link_way },
                 { "stats.link", "tcp_used", &d->t_link, &d->link_used } };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        enum ww_rc rc =
            ww_detect_field(d, want[i].event, want[i].name, want[i].type, want[i].f, e);
        if (rc != WW_OK)
            return rc;
    }
    return WW_OK;
}

/* Too much is missing to call what is seen the whole. Unknown is no alarm; it is told as unknown. */
static bool above(const struct ww_site_thresholds *t, uint64_t loss, uint64_t way, uint64_t flows)
{
    return (loss != WW_NULL64 && loss > t->loss_ppm) ||
           (way != WW_NULL64 && way > t->one_way_ppm && flows >= LEAST_FLOWS);
}

static void mark(uint64_t *bits, uint64_t i, bool on)
{
    uint64_t bit = UINT64_C(1) << (i & 63);
    bits[i / 64] = on ? bits[i / 64] | bit : bits[i / 64] & ~bit;
}

void ww_seen_stats(struct ww_detect *d, const struct ww_event *e)
{
    const struct ww_site_thresholds *t = ww_site_thresholds(d->cfg.site);
    if (d->type == d->t_link) {
        uint64_t vlan = ww_get_u64(e, d->link_vlan);
        bool blind = above(t, ww_get_u64(e, d->link_loss), ww_get_u64(e, d->link_way),
                           ww_get_u64(e, d->link_used));
        if (vlan == WW_NULL64 && e->source < SOURCES)
            mark(&d->blind_source, e->source, blind);
        else if (vlan != 0 && vlan < VLANS)
            mark(d->blind_vlan, vlan, blind);
        return;
    }
    uint64_t loss = ww_get_u64(e, d->loss), way = ww_get_u64(e, d->way);
    uint64_t used = ww_get_u64(e, d->used);
    d->loss_ppm = loss == WW_NULL64 ? WW_NULL32 : (uint32_t)loss;
    d->one_way = above(t, WW_NULL64, way, used);
    d->gap = above(t, loss, way, used) || ww_get_u64(e, d->ring) > 0;
}

bool ww_seen_is_blind(const struct ww_detect *d, const struct ww_event *e)
{
    if (e == NULL)
        return false;
    uint64_t vlan = e->nvlan > 0 ? e->vlan[(e->nvlan - 1u) % WW_VLAN_MAX] % VLANS : 0;
    return (e->source < SOURCES && (d->blind_source >> e->source & 1) != 0) ||
           (d->blind_vlan[vlan / 64] >> (vlan & 63) & 1) != 0;
}
