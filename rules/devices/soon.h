/* soon.h - what the next events will need, fetched from memory before they are judged.
 *
 * Most flows are short and of many devices, so nearly each event looks up records that are in no near
 * cache, one after the other. Said beforehand for many events, the records come at the same time.
 * Nothing is decided here: a wrong guess costs a fetch.
 */
#ifndef WW_RULES_DEVICES_SOON_H
#define WW_RULES_DEVICES_SOON_H
#include "rules/devices/conversation.h"

enum { WW_SOON_ROUNDS = 5 };

/* One event on its way through the rounds. */
struct ww_soon {
    bool flow, addresses, end;   /* what is looked up */
    uint32_t at, side[2], count; /* where: the flow, its ends' addresses, its conversation */
    const void *rec, *found[2];
};

/** One round, 0 to WW_SOON_ROUNDS - 1: all events of a batch take a round before the next begins.
 * In: before  the event before it in the batch, NULL = it is the first */
void ww_soon_round(const struct ww_devices *d, const struct ww_conv *c, const struct ww_event *e,
                   const struct ww_event *before, struct ww_soon *s, unsigned round);
#endif
