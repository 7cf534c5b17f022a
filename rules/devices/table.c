/* table.c - a table with a cap, by keyed hash with chains and a list from oldest to newest. */
#include "rules/devices/table.h"
#include "sensor/base/mem.h"
#include <assert.h>
#include <string.h>

enum { LAZY_FROM = 1024 };

/* In front of each record, so that both are one cache miss. */
struct link {
    uint32_t chain;        /* index + 1 of the next record of the bucket, or of the spare list */
    uint32_t older, newer; /* index + 1 */
    uint16_t tag;          /* of the hash; 0 = free */
    uint16_t turn;         /* when it became the newest */
};
static_assert(sizeof(struct link) == 16, "records behind it stay aligned");

enum ww_rc ww_table_init(struct ww_table *t, const char *what, uint32_t cap, size_t key_size,
                         size_t size, struct ww_err *e)
{
    uint32_t buckets = 16;
    if (cap == 0 || cap > 1u << 24 || key_size % 8 != 0)
        return WW_FAIL(e, WW_E_LIMIT, "%s: a table has 1 to %u records, not %u", what, 1u << 24,
                       cap);
    while (buckets < cap)
        buckets *= 2;
    *t = (struct ww_table){ .key_size = key_size,
                            .size = size,
                            .stride = sizeof(struct link) + (size + 15) / 16 * 16,
                            .cap = cap,
                            .mask = buckets - 1,
                            .lazy = cap > LAZY_FROM ? cap / 8 : 0,
                            .key = ww_key_random() };
    t->mem = ww_mem_reserve(cap * t->stride);
    t->bucket = ww_mem_reserve(buckets * sizeof *t->bucket);
    ww_mem_dense(t->mem, cap * t->stride);
    ww_mem_dense(t->bucket, buckets * sizeof *t->bucket);
    if (t->mem == NULL || t->bucket == NULL) {
        ww_table_free(t);
        return WW_FAIL(e, WW_E_SYS, "%s: no memory for %u records", what, cap);
    }
    return WW_OK;
}

void ww_table_numbered(struct ww_table *t)
{
    t->numbered = t->n == 0 && t->key_size == 8;
}

void ww_table_free(struct ww_table *t)
{
    ww_mem_release(t->mem, t->cap * t->stride);
    ww_mem_release(t->bucket, ((size_t)t->mask + 1) * sizeof *t->bucket);
    *t = (struct ww_table){ .mem = NULL };
}

/* i: index + 1 */
static struct link *link_at(const struct ww_table *t, uint32_t i)
{
    return (struct link *)(void *)(t->mem + (size_t)(i - 1) * t->stride);
}

static void *rec_at(const struct ww_table *t, uint32_t i)
{
    return t->mem + (size_t)(i - 1) * t->stride + sizeof(struct link);
}

uint32_t ww_table_index(const struct ww_table *t, const void *rec)
{
    return (uint32_t)((size_t)((const uint8_t *)rec - t->mem) / t->stride);
}

void *ww_table_at(const struct ww_table *t, uint32_t index)
{
    return index < t->fresh && link_at(t, index + 1)->tag != 0 ? rec_at(t, index + 1) : NULL;
}

static uint32_t hash_of(const struct ww_table *t, const void *key)
{
    if (t->numbered) {
        uint64_t v;
        ww_copy(&v, (struct ww_slice){ key, sizeof v });
        return (uint32_t)(v ^ v >> 40);
    }
    return (uint32_t)(ww_mix_words(&t->key, key, t->key_size) >> 32);
}

/* Of the bits that choose no bucket in tables of the usual sizes; never 0. */
static uint16_t tag_of(uint32_t hash)
{
    return (uint16_t)(hash >> 16 | 1u);
}

/* Return: index + 1, 0 = none */
static uint32_t look_up(const struct ww_table *t, const void *key, uint32_t hash)
{
    uint32_t i = t->bucket[hash & t->mask];
    uint16_t tag = tag_of(hash);
    while (i != 0) {
        const struct link *l = link_at(t, i);
        if (l->tag == tag && ww_words_eq(l + 1, key, t->key_size))
            return i;
        i = l->chain;
    }
    return 0;
}

void *ww_table_peek(const struct ww_table *t, const void *key)
{
    uint32_t i = look_up(t, key, hash_of(t, key));
    return i != 0 ? rec_at(t, i) : NULL;
}

/* ---- ahead of a look-up ---- */
enum { LINE = 64, LINES = 4 }; /* what of a record is asked for */

static void fetch(const struct ww_table *t, const struct link *l)
{
    for (size_t at = 0; at < t->stride && at < LINES * LINE; at += LINE)
        __builtin_prefetch((const uint8_t *)l + at, 1);
}

uint32_t ww_table_soon(const struct ww_table *t, const void *key)
{
    uint32_t hash = hash_of(t, key);
    __builtin_prefetch(&t->bucket[hash & t->mask]);
    return hash;
}

const void *ww_table_soon_record(const struct ww_table *t, uint32_t soon)
{
    uint32_t i = t->bucket[soon & t->mask];
    if (i == 0)
        return NULL;
    fetch(t, link_at(t, i));
    return rec_at(t, i);
}

void ww_table_soon_at(const struct ww_table *t, uint32_t index)
{
    if (index < t->fresh)
        fetch(t, link_at(t, index + 1));
}

static void unlink_age(struct ww_table *t, uint32_t i)
{
    struct link *l = link_at(t, i);
    if (l->older != 0)
        link_at(t, l->older)->newer = l->newer;
    else
        t->oldest = l->newer;
    if (l->newer != 0)
        link_at(t, l->newer)->older = l->older;
    else
        t->newest = l->older;
    l->older = l->newer = 0;
}

static void link_newest(struct ww_table *t, uint32_t i)
{
    struct link *l = link_at(t, i);
    l->older = t->newest;
    l->newer = 0;
    l->turn = (uint16_t)(++t->turn / (t->lazy > 0 ? t->lazy : 1));
    if (t->newest != 0)
        link_at(t, t->newest)->newer = i;
    else
        t->oldest = i;
    t->newest = i;
}

static void touch(struct ww_table *t, uint32_t i)
{
    if (t->newest == i ||
        (t->lazy > 0 && (uint16_t)(t->turn / t->lazy) == link_at(t, i)->turn))
        return;
    unlink_age(t, i);
    link_newest(t, i);
}

void ww_table_used(struct ww_table *t, const void *rec)
{
    touch(t, ww_table_index(t, rec) + 1);
}

void *ww_table_find(struct ww_table *t, const void *key)
{
    uint32_t i = look_up(t, key, hash_of(t, key));
    if (i == 0)
        return NULL;
    touch(t, i);
    return rec_at(t, i);
}

void ww_table_drop(struct ww_table *t, void *rec)
{
    uint32_t i = ww_table_index(t, rec) + 1;
    struct link *l = link_at(t, i);
    uint32_t *at = &t->bucket[hash_of(t, rec) & t->mask];
    while (*at != 0 && *at != i)
        at = &link_at(t, *at)->chain;
    if (!WW_INVARIANT(*at == i))
        return;
    *at = l->chain;
    unlink_age(t, i);
    l->tag = 0;
    l->chain = t->spare;
    t->spare = i;
    t->n--;
}

/* A free record; the table has one. Those never used come last, so that their memory stays unused
 * as long as possible. */
static uint32_t take(struct ww_table *t)
{
    uint32_t i = t->spare;
    if (i == 0)
        return ++t->fresh;
    t->spare = link_at(t, i)->chain;
    return i;
}

void *ww_table_get(struct ww_table *t, const void *key, bool *fresh)
{
    uint32_t hash = hash_of(t, key);
    uint32_t i = look_up(t, key, hash);
    *fresh = i == 0;
    if (i != 0) {
        touch(t, i);
        return rec_at(t, i);
    }
    void *oldest = t->n == t->cap ? ww_table_oldest(t) : NULL;
    if (oldest != NULL) {
        ww_table_drop(t, oldest);
        t->evicted++;
    }
    i = take(t);
    uint8_t *r = rec_at(t, i);
    ww_copy(r, (struct ww_slice){ key, t->key_size });
    memset(r + t->key_size, 0, t->size - t->key_size);
    uint32_t *at = &t->bucket[hash & t->mask];
    link_at(t, i)->chain = *at;
    link_at(t, i)->tag = tag_of(hash);
    *at = i;
    link_newest(t, i);
    t->n++;
    return r;
}

void *ww_table_oldest(const struct ww_table *t)
{
    return t->oldest != 0 ? rec_at(t, t->oldest) : NULL;
}

void *ww_table_next(const struct ww_table *t, const void *rec)
{
    uint32_t i = link_at(t, ww_table_index(t, rec) + 1)->newer;
    return i != 0 ? rec_at(t, i) : NULL;
}
