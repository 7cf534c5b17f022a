/* flow.c - bounded flow table: open addressing over indices, keyed hash, prefetch in two rounds. */
#include "sensor/flow.h"

enum { VICTIMS = 32 }; /* flows looked at to find an old one */

enum ww_rc ww_flows_init(struct ww_flows *t, uint32_t cap, struct ww_key key)
{
    *t = (struct ww_flows){ .cap = cap, .key = key };
    uint64_t slots = 16;
    while (slots < (uint64_t)cap * 2)
        slots *= 2;
    t->mask = slots - 1;
    t->slot = ww_mem_reserve(slots * sizeof *t->slot);
    if (t->slot == NULL || ww_slab_init(&t->slab, sizeof(struct ww_flow), cap) != WW_OK ||
        ww_wheel_init(&t->wheel, cap) != WW_OK || ww_chains_init(&t->chains, key) != WW_OK) {
        ww_flows_free(t);
        return WW_E_SYS;
    }
    ww_mem_dense(t->slot, slots * sizeof *t->slot);
    ww_mem_dense(t->slab.base, t->slab.bytes);
    return WW_OK;
}

void ww_flows_free(struct ww_flows *t)
{
    ww_mem_release(t->slot, (t->mask + 1) * sizeof *t->slot);
    t->slot = NULL;
    ww_slab_free(&t->slab);
    ww_wheel_free(&t->wheel);
    ww_chains_free(&t->chains);
}

uint32_t ww_flow_hash(const struct ww_flows *t, const struct ww_dec *d)
{
    return ww_ends_of(&t->key, d).either;
}

void ww_flow_prefetch(const struct ww_flows *t, uint32_t hash)
{
    __builtin_prefetch(&t->slot[hash & t->mask]);
}

uint32_t ww_flow_prefetch2(const struct ww_flows *t, uint32_t hash)
{
    for (uint64_t s = hash & t->mask; t->slot[s].i != 0; s = (s + 1) & t->mask) {
        if (t->slot[s].tag == hash) {
            const struct ww_flow *f = ww_flow_at(t, t->slot[s].i - 1);
            __builtin_prefetch(f, 1);
            __builtin_prefetch((const uint8_t *)f + 64, 1);
            return t->slot[s].i - 1;
        }
    }
    return WW_NONE;
}

uint32_t ww_flow_find(const struct ww_flows *t, const struct ww_dec *d, uint32_t hash,
                      enum ww_dir *dir)
{
    for (uint64_t s = hash & t->mask; t->slot[s].i != 0; s = (s + 1) & t->mask)
        if (t->slot[s].tag == hash && ww_flow_is(ww_flow_at(t, t->slot[s].i - 1), d, dir))
            return t->slot[s].i - 1;
    return WW_NONE;
}

uint32_t ww_flow_add(struct ww_flows *t, const struct ww_dec *d, uint32_t hash)
{
    uint32_t i = ww_slab_get(&t->slab);
    if (i == WW_NONE)
        return WW_NONE;
    struct ww_flow *f = ww_flow_at(t, i);
    for (unsigned k = 0; k < 2; k++) {
        ww_copy(f->ip[k], d->ip[k]);
        f->port[k] = d->port[k];
        f->mac[k] = d->mac[k];
    }
    f->fam = d->fam;
    f->proto = d->proto;
    f->hash = hash;
    f->ext = WW_NONE;
    f->dstate = WW_NONE;
    f->app = WW_APP_UNKNOWN;
    f->vlan[0] = d->vlan[0];
    f->vlan[1] = d->vlan[1];
    f->chain = ww_chain_get(&t->chains, d);
    uint64_t s = hash & t->mask;
    while (t->slot[s].i != 0)
        s = (s + 1) & t->mask;
    t->slot[s] = (struct ww_flow_slot){ hash, i + 1 };
    t->total++;
    return i;
}

void ww_flow_del(struct ww_flows *t, uint32_t i)
{
    struct ww_flow *f = ww_flow_at(t, i);
    f->fam = 0; /* who still has the index must not take it for a flow */
    uint64_t s = f->hash & t->mask;
    while (t->slot[s].i != i + 1)
        s = (s + 1) & t->mask;
    /* linear probing without tombstones: what follows moves up to its place */
    for (uint64_t n = (s + 1) & t->mask; t->slot[n].i != 0; n = (n + 1) & t->mask) {
        uint64_t home = t->slot[n].tag & t->mask;
        if (((n - home) & t->mask) >= ((n - s) & t->mask)) {
            t->slot[s] = t->slot[n];
            s = n;
        }
    }
    t->slot[s].i = 0;
    ww_wheel_del(&t->wheel, i);
    ww_chain_put(&t->chains, f->chain);
    ww_slab_put(&t->slab, i);
}

uint32_t ww_flow_victim(struct ww_flows *t)
{
    uint32_t best = t->clock;
    for (unsigned k = 0; k < VICTIMS; k++) { /* the table is full: every index is in use */
        uint32_t i = t->clock;
        t->clock = (t->clock + 1) % t->cap;
        const struct ww_flow *f = ww_flow_at(t, i);
        const struct ww_flow *b = ww_flow_at(t, best);
        /* closed and unanswered ones go first, then the longest silent */
        bool idle = f->state != WW_FS_OPEN;
        bool bidle = b->state != WW_FS_OPEN;
        if (idle != bidle ? idle : f->last < b->last)
            best = i;
    }
    return best;
}
