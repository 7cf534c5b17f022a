/* tally.h - what all workers saw on each interface or file and in each VLAN, put together and told.
 *
 * Owned by the thread that merges the workers' events. Each worker tells what changed on its links
 * (stats.link), then its statistics; when all have, the sums are told: each source, behind it its VLANs in the
 * order of their first frames. So one worker and many tell the same.
 */
#ifndef WW_TALLY_H
#define WW_TALLY_H
#include "sensor/links.h"

enum { WW_TALLY_TOLD_MAX = 256 }; /* VLANs of one source that are told one by one: the first that came */

struct ww_tally {
    struct ww_links *of;  /* newest counters of each worker */
    unsigned nw;
    struct ww_links sum;
    uint32_t *order;      /* entries of sum by source and first frame */
    struct ww_link *source;
    const char *const *names; /* of the sources */
    uint32_t nsource;
    bool live;
    uint32_t midstream_ppm; /* limit of the grade; WW_MIDSTREAM_PPM at first */
    bool uneven; /* a link of some weight was graded worse than good, at the last telling */
};

/** names: kept; one for each source. live: interfaces, not files. */
enum ww_rc ww_tally_init(struct ww_tally *t, unsigned workers, const char *const *names, uint32_t nsource,
                         bool live, struct ww_err *e) WW_MUST_CHECK;
void ww_tally_free(struct ww_tally *t);
/** Takes a stats.link event of a worker. */
void ww_tally_take(struct ww_tally *t, unsigned worker, const struct ww_event *e);
/** Live: what the capture of an interface counts itself. */
void ww_tally_drops(struct ww_tally *t, uint32_t source, uint64_t kernel, uint64_t ring, bool down);
/** Adds up, grades, and tells what changed since the last time. at: packet time of the events (ns). */
void ww_tally_tell(struct ww_tally *t, uint64_t at, ww_event_fn *fn, void *to);
#endif
