/* wheel.h - timers on packet time, one a slot, in whole seconds; all operations take constant time. */
#ifndef WW_BASE_WHEEL_H
#define WW_BASE_WHEEL_H
#include "sensor/base/mem.h"
#include <stdbool.h>

enum { WW_WHEEL_SLOTS = 256 }; /* the farthest timer; longer waits are armed again by the owner */

struct ww_wheel {
    struct ww_wheel_link {
        uint32_t next, prev; /* index + 1; 0 = none */
        uint16_t slot;       /* slot + 1; 0 = not armed */
    } *link;
    uint32_t cap;
    uint64_t now; /* second up to which timers were popped */
    bool started;
    uint32_t head[WW_WHEEL_SLOTS];
};

enum ww_rc ww_wheel_init(struct ww_wheel *w, uint32_t cap) WW_MUST_CHECK;
void ww_wheel_free(struct ww_wheel *w);
/** Arms timer i for second at; earlier than now means the next pop, too far means the last slot. */
void ww_wheel_set(struct ww_wheel *w, uint32_t i, uint64_t at);
/** The same, unless timer i is armed for that second or an earlier one already. */
void ww_wheel_sooner(struct ww_wheel *w, uint32_t i, uint64_t at);
void ww_wheel_del(struct ww_wheel *w, uint32_t i);
/**
 * Takes one timer that is due at or before second now; WW_NONE when no more is.
 * Call until it says WW_NONE: the wheel's own time then is now. Time that goes back is ignored.
 */
uint32_t ww_wheel_pop(struct ww_wheel *w, uint64_t now);
#endif
