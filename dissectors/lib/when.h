/* when.h - time stamps of text protocols, from digits to ns since 1970. */
#ifndef WW_LIB_WHEN_H
#define WW_LIB_WHEN_H
#include "sensor/base/rd.h"

struct ww_when {
    uint64_t ns; /* since 1970 UTC; 0 when the text is no time stamp */
    bool zoned;  /* a zone was given; without one local time is read as if it were UTC */
};

/**
 * Reads YYYYMMDD[HH[MM[SS]]][+/-HHMM], as laboratory records write it.
 * Return: ns 0 when the date is missing or impossible, or something else follows
 */
struct ww_when ww_when_compact(struct ww_slice s);

/**
 * Reads YYYY-MM-DDTHH:MM:SS[.fraction](Z | +/-HH:MM) (RFC 3339 5.6); a missing zone is accepted.
 * Return: ns 0 when it is no such time stamp
 */
struct ww_when ww_when_rfc3339(struct ww_slice s);
#endif
