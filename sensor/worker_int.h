/* worker_int.h - between the files of the worker. */
#ifndef WW_WORKER_INT_H
#define WW_WORKER_INT_H
#include "sensor/worker.h"

enum { WW_CLOSED_S = 10 }; /* a closed connection is kept this long, for late segments */

/** Tells flow.tunnel for each tunnel around the packet that began a flow. */
void ww_worker_tell_tunnels(struct ww_worker *w, uint32_t i, const struct ww_dec *d, uint64_t at);
/** A flow for the packet at hand; WW_NONE when even an eviction gives none. */
uint32_t ww_worker_begin_flow(struct ww_worker *w, const struct ww_dec *d, uint32_t hash,
                              const struct ww_pkt *p);
/** Ends a flow at packet time at (ns). otherwise: the reason when its ends did not close it. */
void ww_worker_end_flow(struct ww_worker *w, uint32_t i, uint64_t at, const char *otherwise);
/** Tells flow.open: how is syn_ack or reply, dir who answered. */
void ww_worker_tell_open(struct ww_worker *w, uint32_t i, enum ww_dir dir, const char *how);
/** Serves all timers that are due at packet time now (ns). */
void ww_worker_timers(struct ww_worker *w, uint64_t now);
/** Flows whose timers are due, in w->due, in the order of their ids. Return: their number. */
uint32_t ww_worker_collect_due(struct ww_worker *w, uint64_t now);
/** Whether n payload bytes of a flow are left out under the present load; counts them. */
bool ww_worker_sheds(struct ww_worker *w, const struct ww_flow *f, enum ww_dir dir, size_t n);
/* worker_stats.c: counters by interface and VLAN */
/** The link of a packet becomes the one at hand, and counts it. */
void ww_worker_on_link(struct ww_worker *w, const struct ww_pkt *p, const struct ww_dec *d);
/** Gives what the stream counted since the last call to a link: where the packet at hand came from, or,
 * at a flow's end, where its first packet did. */
void ww_worker_link_stream(struct ww_worker *w, uint32_t link);
/** A packet of a TCP flow was counted in it: is the flow used, and are both directions seen? */
void ww_worker_link_tcp(struct ww_worker *w, struct ww_flow *f, const struct ww_dec *d, enum ww_dir dir);
#endif
