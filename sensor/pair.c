/* pair.c - requests that wait for their result. */
#include "sensor/pair.h"

static const uint64_t NS = 1000000000u;

enum ww_rc ww_pairs_init(struct ww_pairs *t, uint32_t cap, struct ww_key key)
{
    *t = (struct ww_pairs){ .key = key };
    uint32_t slots = 16;
    while (slots < cap)
        slots *= 2;
    t->mask = slots - 1;
    t->head = ww_mem_reserve(slots * sizeof *t->head);
    if (t->head == NULL || ww_slab_init(&t->slab, sizeof(struct ww_pending), cap) != WW_OK ||
        ww_wheel_init(&t->wheel, cap) != WW_OK) {
        ww_pairs_free(t);
        return WW_E_SYS;
    }
    return WW_OK;
}

void ww_pairs_free(struct ww_pairs *t)
{
    ww_mem_release(t->head, ((size_t)t->mask + 1) * sizeof *t->head);
    t->head = NULL;
    ww_slab_free(&t->slab);
    ww_wheel_free(&t->wheel);
}

static uint32_t *chain(const struct ww_pairs *t, uint64_t flow, uint8_t dir, uint64_t key)
{
    uint64_t h = ww_mix(flow ^ t->key.k[0], (key + dir) ^ (t->key.k[1] | 1));
    return &t->head[(uint32_t)h & t->mask];
}

static struct ww_pending *at(const struct ww_pairs *t, uint32_t i)
{
    return ww_slab_at(&t->slab, i);
}

/* The link that points to the entry, or the chain's end. */
static uint32_t *find(const struct ww_pairs *t, uint64_t flow, uint8_t dir, uint64_t key)
{
    uint32_t *l = chain(t, flow, dir, key);
    while (*l != 0) {
        const struct ww_pending *p = at(t, *l - 1);
        if (p->flow == flow && p->key == key && p->dir == dir)
            break;
        l = &at(t, *l - 1)->next;
    }
    return l;
}

static void forget(struct ww_pairs *t, uint32_t *link)
{
    uint32_t i = *link - 1;
    *link = at(t, i)->next;
    ww_wheel_del(&t->wheel, i);
    ww_slab_put(&t->slab, i);
}

void ww_pairs_put(struct ww_pairs *t, const struct ww_pending *p)
{
    uint32_t *l = find(t, p->flow, p->dir, p->key);
    if (*l != 0)
        forget(t, l);
    uint32_t i = ww_slab_get(&t->slab);
    if (i == WW_NONE) {
        t->evicted++; /* the newest request goes without latency; older ones keep theirs */
        return;
    }
    *at(t, i) = *p;
    l = chain(t, p->flow, p->dir, p->key);
    at(t, i)->next = *l;
    *l = i + 1;
    ww_wheel_set(&t->wheel, i, p->ts / NS + p->timeout_s + 1);
}

struct ww_pair ww_pairs_get(struct ww_pairs *t, uint64_t flow, uint8_t dir, uint64_t key,
                            uint64_t now, bool last)
{
    uint32_t *l = find(t, flow, dir, key);
    if (*l == 0)
        return (struct ww_pair){ .found = false, .latency_ms = WW_NULL32 };
    const struct ww_pending *p = at(t, *l - 1);
    struct ww_pair r = { .found = true,
                         .latency_ms = now > p->ts ? (uint32_t)((now - p->ts) / 1000000) : 0,
                         .frame = p->frame };
    if (last)
        forget(t, l);
    return r;
}

bool ww_pairs_expired(struct ww_pairs *t, uint64_t now, struct ww_pending *out)
{
    uint32_t i = ww_wheel_pop(&t->wheel, now / NS);
    if (i == WW_NONE)
        return false;
    *out = *at(t, i);
    uint32_t *l = find(t, out->flow, out->dir, out->key);
    if (WW_INVARIANT(*l == i + 1))
        forget(t, l);
    t->unanswered++;
    return true;
}
