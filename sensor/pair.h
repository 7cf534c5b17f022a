/* pair.h - requests that wait for their result: a capped table with time-outs. */
#ifndef WW_PAIR_H
#define WW_PAIR_H
#include "dissectors/dissector.h"
#include "sensor/base/hash.h"
#include "sensor/base/wheel.h"

struct ww_pending {
    uint64_t flow, key, ts, frame;
    uint32_t flow_i, next; /* next in the chain + 1 */
    uint16_t timeout_s;
    uint8_t dir;
};

struct ww_pairs {
    struct ww_slab slab;
    struct ww_wheel wheel;
    uint32_t *head; /* index + 1 */
    uint32_t mask;
    struct ww_key key;
    uint64_t evicted, unanswered;
};

enum { WW_PAIR_TIMEOUT_MAX_S = 250 };

enum ww_rc ww_pairs_init(struct ww_pairs *t, uint32_t cap, struct ww_key key) WW_MUST_CHECK;
void ww_pairs_free(struct ww_pairs *t);
/** Remembers a request; the same (flow, dir, key) again replaces the older one. */
void ww_pairs_put(struct ww_pairs *t, const struct ww_pending *p);
/** The request with this flow, direction and key; last forgets it. */
struct ww_pair ww_pairs_get(struct ww_pairs *t, uint64_t flow, uint8_t dir, uint64_t key,
                            uint64_t now, bool last);
/** Takes one request whose time is over at packet time now (ns); false when there is none. */
bool ww_pairs_expired(struct ww_pairs *t, uint64_t now, struct ww_pending *out);
#endif
