/* chain.c - tags and tunnels of flows: a hash table with counted entries. */
#include "sensor/chain.h"

enum { BUCKETS = 65536 };

size_t ww_chains_budget(void)
{
    return BUCKETS * sizeof(uint16_t) + WW_CHAINS * sizeof(struct ww_chain);
}

enum ww_rc ww_chains_init(struct ww_chains *t, struct ww_key key)
{
    *t = (struct ww_chains){ .key = key };
    t->bucket = ww_mem_reserve(BUCKETS * sizeof *t->bucket);
    if (t->bucket == NULL || ww_slab_init(&t->slab, sizeof(struct ww_chain), WW_CHAINS) != WW_OK) {
        ww_chains_free(t);
        return WW_E_SYS;
    }
    return WW_OK;
}

void ww_chains_free(struct ww_chains *t)
{
    if (t->bucket != NULL)
        ww_mem_release(t->bucket, BUCKETS * sizeof *t->bucket);
    t->bucket = NULL;
    ww_slab_free(&t->slab);
}

static struct ww_chain *at(const struct ww_chains *t, uint32_t i)
{
    return ww_slab_at(&t->slab, i);
}

/* One word for each tunnel and one for the tags, so that nothing undefined is compared. */
static uint64_t word(const struct ww_tunnel *x)
{
    return (uint64_t)x->kind << 48 | (uint64_t)x->vlan << 32 | x->id;
}

static uint16_t *bucket_of(const struct ww_chains *t, const struct ww_chain *c)
{
    uint64_t h = t->key.k[0] ^ ((uint64_t)c->nvlan << 8 | c->ntunnel);
    uint64_t k = t->key.k[1] | 1;
    for (unsigned i = 0; i < c->nvlan; i++)
        h = ww_mix(h ^ c->vlan[i], k);
    for (unsigned i = 0; i < c->ntunnel; i++)
        h = ww_mix(h ^ word(&c->tunnel[i]), k);
    return &t->bucket[(h ^ h >> 32) % BUCKETS];
}

static bool same(const struct ww_chain *a, const struct ww_chain *b)
{
    bool eq = a->nvlan == b->nvlan && a->ntunnel == b->ntunnel;
    for (unsigned i = 0; eq && i < a->nvlan; i++)
        eq = a->vlan[i] == b->vlan[i];
    for (unsigned i = 0; eq && i < a->ntunnel; i++)
        eq = word(&a->tunnel[i]) == word(&b->tunnel[i]);
    return eq;
}

uint16_t ww_chain_get(struct ww_chains *t, const struct ww_dec *d)
{
    if (d->ntunnel == 0 && d->nvlan <= 2)
        return 0;
    struct ww_chain c = { .nvlan = d->nvlan, .ntunnel = d->ntunnel, .flows = 1 };
    for (unsigned i = 0; i < d->nvlan; i++)
        c.vlan[i] = d->vlan[i];
    for (unsigned i = 0; i < d->ntunnel; i++)
        c.tunnel[i] = d->tunnel[i];
    uint16_t *b = bucket_of(t, &c);
    for (uint16_t i = *b; i != 0; i = at(t, i - 1u)->next) {
        if (same(at(t, i - 1u), &c)) {
            at(t, i - 1u)->flows++;
            return i;
        }
    }
    uint32_t i = ww_slab_get(&t->slab);
    if (i == WW_NONE) {
        t->lost++;
        return WW_CHAIN_LOST;
    }
    c.next = *b;
    *at(t, i) = c;
    *b = (uint16_t)(i + 1);
    return *b;
}

void ww_chain_put(struct ww_chains *t, uint16_t chain)
{
    if (chain == 0 || chain == WW_CHAIN_LOST || --at(t, chain - 1u)->flows > 0)
        return;
    const struct ww_chain *c = at(t, chain - 1u);
    uint16_t *link = bucket_of(t, c);
    while (*link != chain && WW_INVARIANT(*link != 0))
        link = &at(t, *link - 1u)->next;
    if (*link == chain)
        *link = c->next;
    ww_slab_put(&t->slab, chain - 1u);
}

void ww_chain_tell(const struct ww_chains *t, uint16_t chain, struct ww_event *e)
{
    if (chain == WW_CHAIN_LOST) {
        e->ntunnel = 1;
        e->tunnel[0] = (struct ww_tunnel){ .kind = WW_TUN_UNKNOWN };
        return;
    }
    const struct ww_chain *c = at(t, chain - 1u);
    e->nvlan = c->nvlan;
    e->ntunnel = c->ntunnel;
    for (unsigned i = 0; i < c->nvlan; i++)
        e->vlan[i] = c->vlan[i];
    for (unsigned i = 0; i < c->ntunnel; i++)
        e->tunnel[i] = c->tunnel[i];
}
