/* alert_table.c - open alerts by key, by age and by the time of their next reminder. */
#include "rules/guideline/alert_table.h"

#include <stdlib.h>

/* ---- lists of indices ----------------------------------------------------------------------- */

/* Which links of an entry or a note a list runs through. */
enum chain { CHAIN_SEEN, CHAIN_DUE, CHAIN_NOTE };

static struct ww_at_link *link_of(struct ww_at *t, enum chain c, uint32_t i)
{
    return c == CHAIN_SEEN  ? &t->entry[i].seen
           : c == CHAIN_DUE ? &t->entry[i].due
                            : &t->note[i].age;
}

static void append(struct ww_at *t, enum chain c, struct ww_at_list *l, uint32_t i)
{
    *link_of(t, c, i) = (struct ww_at_link){ .prev = l->tail, .next = WW_AT_NONE };
    if (l->tail != WW_AT_NONE)
        link_of(t, c, l->tail)->next = i;
    else
        l->head = i;
    l->tail = i;
}

static void detach(struct ww_at *t, enum chain c, struct ww_at_list *l, uint32_t i)
{
    struct ww_at_link k = *link_of(t, c, i);
    if (k.prev != WW_AT_NONE)
        link_of(t, c, k.prev)->next = k.next;
    else
        l->head = k.next;
    if (k.next != WW_AT_NONE)
        link_of(t, c, k.next)->prev = k.prev;
    else
        l->tail = k.prev;
}

/* ---- set-up --------------------------------------------------------------------------------- */

/**
 * Reserves all memory of a table.
 * Return: false when there is not enough; ww_at_free() is due in any case
 * Limits: cap alerts, cap notes
 */
bool ww_at_init(struct ww_at *t, uint32_t cap)
{
    const struct ww_at_list empty = { WW_AT_NONE, WW_AT_NONE };
    uint32_t buckets = 16;
    while (buckets < cap && buckets < 1u << 24)
        buckets *= 2;
    *t = (struct ww_at){ .cap = cap, .mask = buckets - 1, .notes = empty };
    t->stride = (uint32_t)((sizeof(struct ww_event) + sizeof(struct ww_alert) + 15) / 16 * 16);
    t->bucket = malloc(buckets * sizeof *t->bucket);
    t->note_bucket = malloc(buckets * sizeof *t->note_bucket);
    t->entry = calloc(cap, sizeof *t->entry);
    t->note = calloc(cap, sizeof *t->note);
    t->slab = calloc(cap, t->stride);
    if (t->bucket == NULL || t->note_bucket == NULL || t->entry == NULL || t->note == NULL ||
        t->slab == NULL)
        return false;
    for (uint32_t i = 0; i < buckets; i++)
        t->bucket[i] = t->note_bucket[i] = WW_AT_NONE;
    for (uint32_t i = 0; i < cap; i++)
        t->entry[i].bucket_next = i + 1 < cap ? i + 1 : WW_AT_NONE; /* free list */
    for (int i = 0; i < WW_AT_LISTS; i++)
        t->seen[i] = t->due[i] = empty;
    return true;
}

void ww_at_free(struct ww_at *t)
{
    free(t->bucket);
    free(t->note_bucket);
    free(t->entry);
    free(t->note);
    free(t->slab);
    *t = (struct ww_at){ .cap = 0 };
}

/* ---- alerts --------------------------------------------------------------------------------- */

struct ww_event *ww_at_event(struct ww_at *t, uint32_t i)
{
    return (struct ww_event *)(void *)(t->slab + (size_t)i * t->stride);
}

struct ww_alert *ww_at_alert(struct ww_at *t, uint32_t i)
{
    return (struct ww_alert *)(void *)ww_at_event(t, i)->body;
}

static uint32_t with_hash(const struct ww_at *t, uint64_t hash, uint32_t i)
{
    while (i != WW_AT_NONE && t->entry[i].hash != hash)
        i = t->entry[i].bucket_next;
    return i;
}

uint32_t ww_at_first(const struct ww_at *t, uint64_t hash)
{
    return with_hash(t, hash, t->bucket[hash & t->mask]);
}

uint32_t ww_at_next(const struct ww_at *t, uint32_t i)
{
    return with_hash(t, t->entry[i].hash, t->entry[i].bucket_next);
}

uint32_t ww_at_victim(const struct ww_at *t)
{
    for (int l = 0; l < WW_AT_LISTS; l++)
        if (t->seen[l].head != WW_AT_NONE)
            return t->seen[l].head;
    return WW_AT_NONE;
}

/**
 * Takes a free entry into the table.
 * Return: its index; WW_AT_NONE when the table is full
 */
uint32_t ww_at_add(struct ww_at *t, uint64_t hash, uint8_t list)
{
    uint32_t i = t->free_head;
    if (t->used == t->cap)
        return WW_AT_NONE;
    t->free_head = t->entry[i].bucket_next;
    t->used++;
    t->entry[i] = (struct ww_at_entry){ .hash = hash, .list = list, .used = true };
    t->entry[i].bucket_next = t->bucket[hash & t->mask];
    t->bucket[hash & t->mask] = i;
    append(t, CHAIN_SEEN, &t->seen[list], i);
    return i;
}

void ww_at_remove(struct ww_at *t, uint32_t i)
{
    struct ww_at_entry *n = &t->entry[i];
    uint32_t *at = &t->bucket[n->hash & t->mask];
    while (*at != i)
        at = &t->entry[*at].bucket_next;
    *at = n->bucket_next;
    ww_at_queue(t, i, false);
    detach(t, CHAIN_SEEN, &t->seen[n->list], i);
    n->used = false;
    n->bucket_next = t->free_head;
    t->free_head = i;
    t->used--;
}

void ww_at_touch(struct ww_at *t, uint32_t i, uint8_t list)
{
    bool due = t->entry[i].in_due;
    if (list != t->entry[i].list && due)
        ww_at_queue(t, i, false);
    detach(t, CHAIN_SEEN, &t->seen[t->entry[i].list], i);
    append(t, CHAIN_SEEN, &t->seen[list], i);
    if (list != t->entry[i].list && due) {
        t->entry[i].list = list;
        ww_at_queue(t, i, true);
    }
    t->entry[i].list = list;
}

void ww_at_queue(struct ww_at *t, uint32_t i, bool due)
{
    struct ww_at_entry *n = &t->entry[i];
    if (n->in_due)
        detach(t, CHAIN_DUE, &t->due[n->list], i);
    if (due)
        append(t, CHAIN_DUE, &t->due[n->list], i);
    n->in_due = due;
}

/* ---- notes
 * -----------------------------------------------------------------------------------------------
 */

static void drop_oldest_note(struct ww_at *t)
{
    uint32_t i = t->notes.head;
    uint32_t *at = &t->note_bucket[t->note[i].hash & t->mask];
    while (*at != i)
        at = &t->note[*at].bucket_next;
    *at = t->note[i].bucket_next;
    detach(t, CHAIN_NOTE, &t->notes, i);
    t->note[i].used = false;
    t->notes_evicted++;
}

struct ww_at_note *ww_at_note(struct ww_at *t, uint64_t hash)
{
    uint32_t i = t->note_bucket[hash & t->mask];
    while (i != WW_AT_NONE && t->note[i].hash != hash)
        i = t->note[i].bucket_next;
    if (i != WW_AT_NONE) {
        detach(t, CHAIN_NOTE, &t->notes, i);
    } else {
        i = t->notes_used;
        if (t->notes_used == t->cap) {
            i = t->notes.head;
            drop_oldest_note(t);
        } else {
            t->notes_used++;
        }
        t->note[i] = (struct ww_at_note){ .hash = hash, .used = true };
        t->note[i].bucket_next = t->note_bucket[hash & t->mask];
        t->note_bucket[hash & t->mask] = i;
    }
    append(t, CHAIN_NOTE, &t->notes, i);
    return &t->note[i];
}
