/* table.h - a table with a cap: found by key, least recently used goes first, counted.
 *
 * All memory is taken at the start. A record begins with its key, whose bytes are all significant
 * (zero the padding). Records never move; a pointer is valid until the record is dropped. In tables
 * of over 1024 records a use counts again only when up to an eighth of the table was made or used
 * since, so that a look-up of what is in constant use writes nothing.
 */
#ifndef WW_RULES_DEVICES_TABLE_H
#define WW_RULES_DEVICES_TABLE_H
#include "sensor/base/err.h"
#include "sensor/base/hash.h"
#include "sensor/base/out.h"

struct ww_table {
    uint8_t *mem;     /* cap times: link, record */
    uint32_t *bucket; /* index + 1 of the first record of a chain */
    size_t key_size, size, stride;
    uint32_t cap, n, mask, fresh;    /* fresh: records from here on were never used */
    uint32_t oldest, newest, spare;  /* index + 1; 0 = none */
    uint32_t turn, lazy;             /* moves to the newest place; of how many one is left out */
    uint64_t evicted;
    struct ww_key key; /* keys come from the network */
    bool numbered;     /* see ww_table_numbered */
};

/** In: key_size a multiple of 8; size of a record with its key. */
enum ww_rc ww_table_init(struct ww_table *t, const char *what, uint32_t cap, size_t key_size,
                         size_t size, struct ww_err *e) WW_MUST_CHECK;
/** Keys are 8 bytes, numbers that this program gave, mostly one after the other: records of about the
 * same time lie in neighbouring places, so that few of them are away from the cache. To be called
 * while the table is empty. */
void ww_table_numbered(struct ww_table *t);
void ww_table_free(struct ww_table *t);
/** The record, which is the newest from now on; NULL when there is none. */
void *ww_table_find(struct ww_table *t, const void *key);
/** A record that was found in another way is in use: as find. */
void ww_table_used(struct ww_table *t, const void *rec);
/** As find without a change of age. */
void *ww_table_peek(const struct ww_table *t, const void *key);
/** The record, made with all else zero when it is new. A full table drops its oldest and counts it.
 */
void *ww_table_get(struct ww_table *t, const void *key, bool *fresh);
static inline bool ww_table_full(const struct ww_table *t)
{
    return t->n == t->cap;
}
void ww_table_drop(struct ww_table *t, void *rec);
/** A look-up will come soon: fetches the place where it begins. Return: for ww_table_soon_record() */
uint32_t ww_table_soon(const struct ww_table *t, const void *key);
/** When the place has come: fetches the record that the look-up will see first. Return: the record,
 * to be read when it has come, and perhaps that of another key; NULL = the place is empty */
const void *ww_table_soon_record(const struct ww_table *t, uint32_t soon);
/** Fetches the record with a number. */
void ww_table_soon_at(const struct ww_table *t, uint32_t index);
/** Walks from the oldest record to the newest. next must be asked before rec is dropped. */
void *ww_table_oldest(const struct ww_table *t);
void *ww_table_next(const struct ww_table *t, const void *rec);
/** Number of a record, below cap; the same number may be used again later. */
uint32_t ww_table_index(const struct ww_table *t, const void *rec);
void *ww_table_at(const struct ww_table *t, uint32_t index);
#endif
