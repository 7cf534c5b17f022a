/* query.h - queries of a URL and forms: how many parameters, and which of them stand for patient data.
 * Values are not looked at, but for being empty. */
#ifndef WW_LIB_QUERY_H
#define WW_LIB_QUERY_H
#include "dissectors/lib/phi.h"
#include "sensor/base/rd.h"

/* Names in lower case and what they stand for; ends with NULL. */
struct ww_query_name {
    const char *name;
    uint16_t phi; /* enum ww_phi */
};
struct ww_query {
    uint16_t count, phi_count;
    uint32_t phi_kinds;
    struct ww_slice patient; /* value of the first parameter that is an identifier */
};
/**
 * Looks at the names of parameters. A modifier (name:exact) or chain (patient.name) counts like its name.
 * Limits: 256 parameters; names in percent-encoding are not decoded
 */
void ww_query(struct ww_slice in, const struct ww_query_name *names, struct ww_query *q);
#endif
