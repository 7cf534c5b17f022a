/* tally.c - the links of all workers added up, in one order. */
#include "sensor/tally.h"
#include "sensor/base/mem.h"

enum { WEIGHT_PACKETS = 1000, WEIGHT_FLOWS = 20 }; /* below, a share says little about a link */

void ww_tally_free(struct ww_tally *t)
{
    for (unsigned i = 0; t->of != NULL && i < t->nw; i++)
        ww_links_free(&t->of[i]);
    ww_mem_release(t->of, t->nw * sizeof *t->of);
    ww_links_free(&t->sum);
    ww_mem_release(t->order, WW_LINKS_MAX * sizeof *t->order);
    ww_mem_release(t->source, (t->nsource + 1u) * sizeof *t->source);
    *t = (struct ww_tally){ .nw = 0 };
}

enum ww_rc ww_tally_init(struct ww_tally *t, unsigned workers, const char *const *names, uint32_t nsource,
                         bool live, struct ww_err *e)
{
    *t = (struct ww_tally){ .nw = workers, .names = names, .nsource = nsource, .live = live,
                            .midstream_ppm = WW_MIDSTREAM_PPM };
    t->of = ww_mem_reserve(workers * sizeof *t->of);
    t->order = ww_mem_reserve(WW_LINKS_MAX * sizeof *t->order);
    t->source = ww_mem_reserve((nsource + 1u) * sizeof *t->source);
    bool good = t->of != NULL && t->order != NULL && t->source != NULL &&
                ww_links_init(&t->sum) == WW_OK;
    for (unsigned i = 0; good && i < workers; i++)
        good = ww_links_init(&t->of[i]) == WW_OK;
    if (!good) {
        ww_tally_free(t);
        return WW_FAIL(e, WW_E_SYS, "no memory for the counters of interfaces and VLANs");
    }
    for (uint32_t i = 0; i < nsource; i++) {
        t->source[i].source = i;
        t->source[i].s.kernel_drops = WW_NULL64;
    }
    return WW_OK;
}

void ww_tally_take(struct ww_tally *t, unsigned worker, const struct ww_event *e)
{
    struct ww_link_stats s;
    if (!WW_INVARIANT(worker < t->nw && e->type == &ww_link_stats_type && e->source < t->nsource))
        return;
    ww_copy(&s, (struct ww_slice){ e->body, sizeof s });
    struct ww_links *l = &t->of[worker];
    l->of[ww_links_get(l, e->source, (uint16_t)s.vlan, e->frame)].s = s;
}

void ww_tally_drops(struct ww_tally *t, uint32_t source, uint64_t kernel, uint64_t ring, bool down)
{
    if (!WW_INVARIANT(source < t->nsource))
        return;
    struct ww_link_stats *s = &t->source[source].s;
    s->kernel_drops = kernel;
    s->ring_drops = ring;
    s->down = s->down || down;
}

/* ---- adding up ----------------------------------------------------------------------------------------- */

/* The counters of a record, with what the pipeline knows left as it is. */
static void clear(struct ww_link_stats *s)
{
    *s = (struct ww_link_stats){ .vlan = s->vlan,
                                 .kernel_drops = s->kernel_drops,
                                 .ring_drops = s->ring_drops,
                                 .down = s->down };
}

static void add_workers(struct ww_tally *t)
{
    for (uint32_t i = 0; i < t->sum.n; i++)
        clear(&t->sum.of[i].s);
    for (unsigned w = 0; w < t->nw; w++)
        for (uint32_t i = 0; i < t->of[w].n; i++) {
            const struct ww_link *l = &t->of[w].of[i];
            struct ww_link *to =
                &t->sum.of[ww_links_get(&t->sum, l->source, l->vlan, l->frame)];
            to->frame = l->frame < to->frame ? l->frame : to->frame;
            ww_link_add(&to->s, &l->s);
        }
}

static bool before(const struct ww_tally *t, uint32_t a, uint32_t b)
{
    const struct ww_link *x = &t->sum.of[a];
    const struct ww_link *y = &t->sum.of[b];
    if (x->source != y->source)
        return x->source < y->source;
    return x->frame != y->frame ? x->frame < y->frame : x->vlan < y->vlan;
}

/* Sinks element i of a heap that is largest first. */
static void sink(const struct ww_tally *t, uint32_t i, uint32_t n)
{
    uint32_t *a = t->order;
    for (uint32_t k = 2 * i + 1; k < n; k = 2 * i + 1) {
        if (k + 1 < n && before(t, a[k], a[k + 1]))
            k++;
        if (!before(t, a[i], a[k]))
            return;
        uint32_t x = a[i];
        a[i] = a[k];
        a[k] = x;
        i = k;
    }
}

/* A heap sort, because the C library's may allocate. */
static void sort(const struct ww_tally *t)
{
    uint32_t n = t->sum.n;
    for (uint32_t i = 0; i < n; i++)
        t->order[i] = i;
    for (uint32_t k = n / 2; k > 0; k--)
        sink(t, k - 1, n);
    for (uint32_t k = n; k > 1; k--) {
        uint32_t x = t->order[0];
        t->order[0] = t->order[k - 1];
        t->order[k - 1] = x;
        sink(t, 0, k - 1);
    }
}

/* ---- telling ------------------------------------------------------------------------------------------- */

struct telling {
    uint64_t at;
    ww_event_fn *fn;
    void *to;
};

/* Name of a file without its folders. */
static struct ww_slice base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return ww_slice_str(slash != NULL && slash[1] != 0 ? slash + 1 : path);
}

static void emit(struct ww_tally *t, struct ww_link *l, const char *scope, const struct telling *x)
{
    union {
        struct ww_event e;
        uint8_t room[sizeof(struct ww_event) + sizeof(struct ww_link_stats)];
    } rec;
    WW_SET(l->s.scope, ww_slice_str(scope));
    WW_SET(l->s.name, base_name(t->names[l->source]));
    l->s.live = t->live;
    ww_coverage_link(&l->s, t->midstream_ppm);
    struct ww_slice grade = WW_STR(l->s.coverage__grade);
    if (!ww_slice_eqs(grade, "A") && !ww_slice_eqs(grade, "?") &&
        (l->s.packets >= WEIGHT_PACKETS || l->s.tcp_used >= WEIGHT_FLOWS))
        t->uneven = true;
    if (!ww_link_changed(l))
        return;
    rec.e = (struct ww_event){ .type = &ww_link_stats_type,
                               .ts = x->at,
                               .source = l->source,
                               .size = sizeof(struct ww_event) + sizeof l->s,
                               .dissector = WW_NO_DISSECTOR,
                               .flags = WW_EV_KEEP };
    if (l->s.vlan != WW_NULL32 && l->s.vlan != 0) {
        rec.e.vlan[0] = (uint16_t)l->s.vlan;
        rec.e.nvlan = 1;
    }
    ww_copy(rec.e.body, (struct ww_slice){ (const uint8_t *)&l->s, sizeof l->s });
    x->fn(x->to, &rec.e);
}

/* One source: its sum, then its VLANs unless all its frames had no tag. In: from, n its entries. */
static void tell_source(struct ww_tally *t, uint32_t from, uint32_t n, uint32_t source,
                        const struct telling *x)
{
    struct ww_link *all = &t->source[source];
    uint32_t told = 0;
    bool plain = n == 0 || (n == 1 && t->sum.of[t->order[from]].vlan == 0);
    clear(&all->s);
    all->s.vlan = WW_NULL32;
    for (uint32_t i = from; i < from + n; i++) {
        const struct ww_link *l = &t->sum.of[t->order[i]];
        ww_link_add(&all->s, &l->s);
        bool rest = l->vlan == WW_LINK_REST || told == WW_TALLY_TOLD_MAX;
        all->s.vlans += l->vlan != WW_LINK_REST;
        all->s.untold += rest ? l->s.packets : 0;
        told += !rest;
    }
    all->s.tagged = !plain;
    emit(t, all, "source", x);
    told = 0;
    for (uint32_t i = from; !plain && i < from + n; i++) {
        struct ww_link *l = &t->sum.of[t->order[i]];
        if (l->vlan == WW_LINK_REST || told == WW_TALLY_TOLD_MAX)
            continue;
        told++;
        l->s.kernel_drops = l->s.ring_drops = WW_NULL64;
        l->s.tagged = true;
        emit(t, l, "vlan", x);
    }
}

void ww_tally_tell(struct ww_tally *t, uint64_t at, ww_event_fn *fn, void *to)
{
    const struct telling x = { at, fn, to };
    uint32_t i = 0;
    add_workers(t);
    sort(t);
    t->uneven = false;
    for (uint32_t s = 0; s < t->nsource; s++) {
        uint32_t n = 0;
        while (i + n < t->sum.n && t->sum.of[t->order[i + n]].source == s)
            n++;
        if (n > 0 || t->live)
            tell_source(t, i, n, s, &x);
        i += n;
    }
}
