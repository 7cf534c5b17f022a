/* ends.h - one keyed hash over the two ends of a packet, for every table that is asked by them. */
#ifndef WW_ENDS_H
#define WW_ENDS_H
#include "sensor/base/hash.h"
#include "sensor/decode.h"

struct ww_ends {
    uint64_t ordered; /* from which end to which */
    uint32_t either;  /* the same for both directions */
};

/** Innermost addresses, ports (0 where there are none) and protocol of an IP packet. */
struct ww_ends ww_ends_of(const struct ww_key *k, const struct ww_dec *d);
#endif
