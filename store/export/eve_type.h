/* eve_type.h - inside of the export: which event becomes which kind of line. */
#ifndef WW_STORE_EVE_TYPE_H
#define WW_STORE_EVE_TYPE_H
#include "store/store.h"

enum ww_eve_kind { WW_EVE_SKIP, WW_EVE_PLAIN, WW_EVE_MESSAGE, WW_EVE_ALERT };

struct ww_eve_type {
    uint8_t kind;     /* enum ww_eve_kind */
    char object[32];  /* event_type and the object's name: what stands before the dot */
    const char *type; /* what stands after it, NULL = nothing; points into name */
};

/** In: name of the event, "dicom.associate"; must live as long as the result. */
void ww_eve_type_of(struct ww_eve_type *t, const char *name);
#endif
