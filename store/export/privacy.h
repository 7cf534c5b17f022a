/* privacy.h - `--privacy strict`: names of hosts are left out of what is exported. */
#ifndef WW_STORE_PRIVACY_H
#define WW_STORE_PRIVACY_H
#include "sensor/event.h"

enum { WW_PRIVACY_FIELDS = 256 };

/* A field that may name a host, and the field of the same event that says whether it does. */
struct ww_privacy_field {
    const struct ww_field *f, *by;
    uint8_t rule; /* see privacy.c */
};

struct ww_privacy {
    struct {
        uint16_t first, n; /* in field */
    } type[WW_EVENT_TYPES_MAX];
    struct ww_privacy_field field[WW_PRIVACY_FIELDS];
    uint16_t nfields;
    _Alignas(struct ww_event) uint8_t copy[WW_EVENT_MAX];
};

/** Finds the fields that hold names of hosts. p is zeroed. */
void ww_privacy_learn(struct ww_privacy *p, const struct ww_registry *r);
/** The event itself, or a copy without the names that is valid until the next call. */
const struct ww_event *ww_privacy_apply(struct ww_privacy *p, int id, const struct ww_event *e);
#endif
