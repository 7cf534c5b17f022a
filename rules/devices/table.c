/* table.c - a table with a cap, by keyed hash with chains and a list from oldest to newest. */
#include "rules/devices/table.h"
#include <stdlib.h>
#include <string.h>

struct ww_table_link {
    uint32_t chain;        /* index + 1 of the next record of the bucket, or of the spare list */
    uint32_t older, newer; /* index + 1 */
    uint32_t used;
};

enum ww_rc ww_table_init(struct ww_table *t, const char *what, uint32_t cap, size_t key_size,
                         size_t size, struct ww_err *e)
{
    uint32_t buckets = 16;
    if (cap == 0 || cap > 1u << 24)
        return WW_FAIL(e, WW_E_LIMIT, "%s: a table has 1 to %u records, not %u", what, 1u << 24,
                       cap);
    while (buckets < cap)
        buckets *= 2;
    *t = (struct ww_table){ .key_size = key_size,
                            .size = (size + 15) / 16 * 16,
                            .cap = cap,
                            .mask = buckets - 1,
                            .key = ww_key_random() };
    t->rec = calloc(cap, t->size);
    t->bucket = calloc(buckets, sizeof *t->bucket);
    t->link = calloc(cap, sizeof *t->link);
    if (t->rec == NULL || t->bucket == NULL || t->link == NULL) {
        ww_table_free(t);
        return WW_FAIL(e, WW_E_SYS, "%s: no memory for %u records", what, cap);
    }
    for (uint32_t i = cap; i > 0; i--) {
        t->link[i - 1].chain = t->spare;
        t->spare = i;
    }
    return WW_OK;
}

void ww_table_free(struct ww_table *t)
{
    free(t->rec);
    free(t->bucket);
    free(t->link);
    *t = (struct ww_table){ .rec = NULL };
}

void *ww_table_at(const struct ww_table *t, uint32_t index)
{
    return index < t->cap && t->link[index].used != 0 ? t->rec + (size_t)index * t->size : NULL;
}

uint32_t ww_table_index(const struct ww_table *t, const void *rec)
{
    return (uint32_t)((size_t)((const uint8_t *)rec - t->rec) / t->size);
}

static uint32_t *bucket_of(const struct ww_table *t, const void *key)
{
    return &t->bucket[ww_siphash(&t->key, (struct ww_slice){ key, t->key_size }) & t->mask];
}

void *ww_table_peek(const struct ww_table *t, const void *key)
{
    for (uint32_t i = *bucket_of(t, key); i != 0; i = t->link[i - 1].chain) {
        uint8_t *rec = t->rec + (size_t)(i - 1) * t->size;
        if (memcmp(rec, key, t->key_size) == 0)
            return rec;
    }
    return NULL;
}

static void unlink_age(struct ww_table *t, uint32_t i)
{
    struct ww_table_link *l = &t->link[i - 1];
    if (l->older != 0)
        t->link[l->older - 1].newer = l->newer;
    else
        t->oldest = l->newer;
    if (l->newer != 0)
        t->link[l->newer - 1].older = l->older;
    else
        t->newest = l->older;
    l->older = l->newer = 0;
}

static void link_newest(struct ww_table *t, uint32_t i)
{
    t->link[i - 1].older = t->newest;
    t->link[i - 1].newer = 0;
    if (t->newest != 0)
        t->link[t->newest - 1].newer = i;
    else
        t->oldest = i;
    t->newest = i;
}

void *ww_table_find(struct ww_table *t, const void *key)
{
    void *rec = ww_table_peek(t, key);
    if (rec == NULL)
        return NULL;
    uint32_t i = ww_table_index(t, rec) + 1;
    if (t->newest != i) {
        unlink_age(t, i);
        link_newest(t, i);
    }
    return rec;
}

void ww_table_drop(struct ww_table *t, void *rec)
{
    uint32_t i = ww_table_index(t, rec) + 1;
    uint32_t *at = bucket_of(t, rec);
    while (*at != 0 && *at != i)
        at = &t->link[*at - 1].chain;
    if (!WW_INVARIANT(*at == i))
        return;
    *at = t->link[i - 1].chain;
    unlink_age(t, i);
    t->link[i - 1].used = 0;
    t->link[i - 1].chain = t->spare;
    t->spare = i;
    t->n--;
}

void *ww_table_get(struct ww_table *t, const void *key, bool *fresh)
{
    void *rec = ww_table_find(t, key);
    *fresh = rec == NULL;
    if (rec != NULL)
        return rec;
    if (t->spare == 0) {
        ww_table_drop(t, ww_table_oldest(t));
        t->evicted++;
    }
    uint32_t i = t->spare;
    t->spare = t->link[i - 1].chain;
    uint8_t *r = t->rec + (size_t)(i - 1) * t->size;
    memset(r, 0, t->size);
    struct ww_out o = ww_out((char *)r, t->key_size);
    ww_out_raw(&o, key, t->key_size);
    uint32_t *at = bucket_of(t, key);
    t->link[i - 1].chain = *at;
    t->link[i - 1].used = 1;
    *at = i;
    link_newest(t, i);
    t->n++;
    return r;
}

void *ww_table_oldest(const struct ww_table *t)
{
    return t->oldest != 0 ? t->rec + (size_t)(t->oldest - 1) * t->size : NULL;
}

void *ww_table_next(const struct ww_table *t, const void *rec)
{
    uint32_t i = t->link[ww_table_index(t, rec)].newer;
    return i != 0 ? t->rec + (size_t)(i - 1) * t->size : NULL;
}
