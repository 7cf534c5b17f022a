/* defrag.c - IP reassembly. */
#include "sensor/defrag.h"
#include "sensor/base/mem.h"

static const uint64_t TIMEOUT_NS = 30ull * 1000000000u;
enum { WAYS = 4, SIZE = WW_FRAG_DATAGRAM_MAX + 1 };

enum ww_rc ww_defrag_init(struct ww_defrag *t, uint32_t cap, struct ww_key key)
{
    *t = (struct ww_defrag){ .cap = cap < WAYS ? WAYS : cap / WAYS * WAYS, .key = key };
    t->of = ww_mem_reserve(t->cap * sizeof *t->of);
    t->bytes = ww_mem_reserve((size_t)t->cap * SIZE);
    if (t->of == NULL || t->bytes == NULL) {
        ww_defrag_free(t);
        return WW_E_SYS;
    }
    return WW_OK;
}

void ww_defrag_free(struct ww_defrag *t)
{
    ww_mem_release(t->of, t->cap * sizeof *t->of);
    ww_mem_release(t->bytes, (size_t)t->cap * SIZE);
    t->of = NULL;
    t->bytes = NULL;
}

static bool same(const struct ww_frag *f, const struct ww_dec *d)
{
    return f->used && f->id == d->frag_id && f->fam == d->fam && f->proto == d->proto &&
           memcmp(f->ip[0], d->ip[0].p, d->ip[0].n) == 0 &&
           memcmp(f->ip[1], d->ip[1].p, d->ip[1].n) == 0;
}

/* The datagram, just given away, whose tunnel holds this fragment; NULL when a frame holds it. */
static const struct ww_frag *carrier(const struct ww_defrag *t, struct ww_slice in)
{
    uintptr_t from = (uintptr_t)t->bytes;
    uintptr_t at = (uintptr_t)in.p;
    if (at < from || at - from >= (uintptr_t)t->cap * SIZE)
        return NULL;
    return &t->of[(at - from) / SIZE];
}

/* A set-associative table: the datagram's place is one of WAYS; the oldest of them gives way. */
static struct ww_frag *place(struct ww_defrag *t, const struct ww_dec *d, uint64_t ts)
{
    uint64_t h = ww_siphash(&t->key, d->ip[0]) ^ ww_mix(ww_siphash(&t->key, d->ip[1]), d->frag_id | 1u);
    struct ww_frag *set = &t->of[(size_t)(h % (t->cap / WAYS)) * WAYS];
    const struct ww_frag *around = carrier(t, d->payload);
    struct ww_frag *old = NULL;
    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].used && ts - set[i].first > TIMEOUT_NS && ts > set[i].first) {
            set[i].used = false;
            t->timed_out++;
        }
        if (same(&set[i], d))
            return &set[i];
        if (&set[i] != around &&
            (old == NULL || (old->used && (!set[i].used || set[i].first < old->first))))
            old = &set[i];
    }
    if (old->used)
        t->evicted++;
    *old = (struct ww_frag){ .id = d->frag_id,
                             .fam = d->fam,
                             .proto = d->proto,
                             .first = ts,
                             .used = true };
    ww_copy(old->ip[0], d->ip[0]);
    ww_copy(old->ip[1], d->ip[1]);
    return old;
}

/* Notes [off, off+in.n) as present; the bytes that were there already stay. Out: t->differs when they are
 * others. False: too many pieces. */
static bool put(struct ww_defrag *t, struct ww_frag *f, uint32_t off, struct ww_slice in)
{
    uint8_t *bytes = t->bytes + (size_t)(f - t->of) * SIZE;
    unsigned i = 0;
    while (in.n > 0) {
        while (i < f->n && f->have[i].off + f->have[i].len <= off)
            i++;
        if (i < f->n && f->have[i].off <= off) { /* begins in bytes that are there */
            size_t over = (size_t)f->have[i].off + f->have[i].len - off;
            size_t both = over < in.n ? over : in.n;
            t->overlaps++;
            t->differs |= !ww_slice_eq(ww_slice_sub(in, 0, both), (struct ww_slice){ bytes + off, both });
            in = ww_slice_sub(in, over, in.n);
            off += (uint32_t)over;
            continue;
        }
        size_t n = in.n;
        if (i < f->n && f->have[i].off - off < n)
            n = f->have[i].off - off;
        if (f->n == WW_FRAG_PIECES)
            return false;
        ww_copy(bytes + off, ww_slice_sub(in, 0, n));
        for (unsigned k = f->n; k > i; k--)
            f->have[k] = f->have[k - 1];
        f->have[i].off = off;
        f->have[i].len = (uint32_t)n;
        f->n++;
        off += (uint32_t)n;
        in = ww_slice_sub(in, n, in.n);
    }
    return true;
}

static bool complete(const struct ww_frag *f)
{
    uint32_t end = 0;
    for (unsigned i = 0; i < f->n && f->have[i].off == end; i++)
        end += f->have[i].len;
    return f->total != 0 && end >= f->total;
}

bool ww_defrag_add(struct ww_defrag *t, const struct ww_dec *d, uint64_t ts,
                   struct ww_slice *whole)
{
    t->seen++;
    t->differs = false;
    size_t n = d->payload.n;
    if (n == 0 || d->cut || n > WW_FRAG_DATAGRAM_MAX || d->frag_off > WW_FRAG_DATAGRAM_MAX - n ||
        (d->more_frags && n % 8 != 0)) { /* RFC 791: all but the last are multiples of 8 */
        t->bad++;
        return false;
    }
    struct ww_frag *f = place(t, d, ts);
    if (f->dead) {
        t->bad++;
        return false;
    }
    uint32_t end = d->frag_off + (uint32_t)n;
    if (!d->more_frags && f->total == 0)
        f->total = end;
    uint32_t seen = f->n > 0 ? f->have[f->n - 1].off + f->have[f->n - 1].len : 0;
    t->differs = f->total != 0 && (end > f->total || seen > f->total ||
                                   (!d->more_frags && end != f->total));
    if (!put(t, f, d->frag_off, d->payload)) {
        f->used = false;
        t->bad++;
        return false;
    }
    t->differing += t->differs;
    f->dead = t->differs && d->fam == 6;
    if (f->dead || !complete(f))
        return false;
    f->used = false;
    t->whole++;
    *whole = (struct ww_slice){ t->bytes + (size_t)(f - t->of) * SIZE, f->total };
    return true;
}
