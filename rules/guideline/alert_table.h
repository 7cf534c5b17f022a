/* alert_table.h - inside of alert.c: open alerts by key, by age and by the time of their next
 * reminder. */
#ifndef WW_GUIDELINE_ALERT_TABLE_H
#define WW_GUIDELINE_ALERT_TABLE_H
#include "rules/guideline/alert.h"

#define WW_AT_NONE UINT32_MAX /* no index; too large for an enum member */
enum { WW_AT_LISTS = WW_SEV_LEVEL_MAX + 1, WW_AT_RECENT = 8 };

struct ww_at_link {
    uint32_t prev, next;
};
struct ww_at_list {
    uint32_t head, tail; /* oldest first */
};

/* Book-keeping of one alert; its event record lies beside it in the slab. */
struct ww_at_entry {
    uint64_t hash;
    uint64_t notified_ns; /* last event about it */
    uint64_t count_emitted;
    uint32_t bucket_next;
    struct ww_at_link seen, due;
    uint8_t list; /* level, or 0 when a person has closed it: 0 goes first when room is needed */
    bool used, acked, in_due;
};

/* Memory about a device (classes raised lately, for E5) or about a kind of alert (distinct peers,
 * for folding). Known by its keyed 64-bit hash alone: with a secret key a collision is not worth a
 * comparison. */
struct ww_at_note {
    uint64_t hash;
    uint32_t bucket_next, peers;
    struct ww_at_link age;
    bool used;
    struct {
        uint64_t at_ns;
        uint16_t class;
    } recent[WW_AT_RECENT];
};

struct ww_at {
    uint32_t cap, mask, stride;
    uint32_t *bucket, *note_bucket;
    struct ww_at_entry *entry;
    struct ww_at_note *note;
    uint8_t *slab;
    uint32_t free_head, used, notes_used;
    struct ww_at_list seen[WW_AT_LISTS], due[WW_AT_LISTS], notes;
    uint64_t notes_evicted;
};

bool ww_at_init(struct ww_at *t, uint32_t cap);
void ww_at_free(struct ww_at *t);
struct ww_event *ww_at_event(struct ww_at *t, uint32_t i);
struct ww_alert *ww_at_alert(struct ww_at *t, uint32_t i);

/** First entry with a hash, and the next one after it; WW_AT_NONE ends. The caller compares keys.
 */
uint32_t ww_at_first(const struct ww_at *t, uint64_t hash);
uint32_t ww_at_next(const struct ww_at *t, uint32_t i);
/** The alert that goes when room is needed: closed ones, then lowest level, then longest unseen. */
uint32_t ww_at_victim(const struct ww_at *t);
uint32_t ww_at_add(struct ww_at *t, uint64_t hash, uint8_t list);
void ww_at_remove(struct ww_at *t, uint32_t i);
/** Moves an entry to the young end of the list of a level. */
void ww_at_touch(struct ww_at *t, uint32_t i, uint8_t list);
/** Queues an entry for its next reminder, or takes it out of the queue. */
void ww_at_queue(struct ww_at *t, uint32_t i, bool due);
/** The note with a hash, made when there is none: the one longest unused goes for it. */
struct ww_at_note *ww_at_note(struct ww_at *t, uint64_t hash);
#endif
