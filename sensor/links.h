/* links.h - what was seen on each interface or file, and in each VLAN of it: a bounded table of counters.
 *
 * A worker counts into a table of its own and tells it as stats.link events; the pipeline adds the tables of
 * all workers up (tally.h). Where the table is full, the packets of further VLANs are counted together,
 * one entry for each source, so that no packet is left out of its source's sum.
 */
#ifndef WW_LINKS_H
#define WW_LINKS_H
#include "sensor/event_core.h"

enum {
    WW_LINK_VLANS_MAX = 8192,     /* VLANs of all sources together */
    WW_LINK_SOURCES_MAX = 4096,   /* each may have one entry more, for VLANs without an entry */
    WW_LINKS_MAX = WW_LINK_VLANS_MAX + WW_LINK_SOURCES_MAX,
    WW_LINK_SLOTS = 32768,        /* power of two, over twice the entries */
    WW_LINK_REST = 0xffff,        /* vlan of such an entry; no VLAN has this number */
    WW_LINK_NEAR = 64             /* look-ups that are remembered */
};

struct ww_link {
    struct ww_link_stats s; /* counters only; names and grades are the pipeline's */
    uint64_t frame;         /* first frame of its source */
    uint64_t told;          /* hash of what was told last */
    uint32_t source;
    uint16_t vlan;
};

struct ww_links {
    struct ww_link *of;
    uint16_t *slot; /* index + 1, 0 = empty */
    uint32_t n, vlans;
    /* answers of the last look-ups, which hold for the life of the table: most packets come from few VLANs */
    struct ww_link_near {
        uint32_t source;
        uint16_t vlan;
        uint16_t at; /* index + 1, 0 = empty */
    } near[WW_LINK_NEAR];
};

enum ww_rc ww_links_init(struct ww_links *t) WW_MUST_CHECK;
void ww_links_free(struct ww_links *t);
/** Entry of a VLAN of a source, made when it is new; the source's rest entry when there is no room.
 * In: frame first frame, for a new entry. Return: index; it stays the same for the life of the table. */
uint32_t ww_links_get(struct ww_links *t, uint32_t source, uint16_t vlan, uint64_t frame);
/** Adds the counters of one record to another; the earliest first and the latest last packet stay. */
void ww_link_add(struct ww_link_stats *to, const struct ww_link_stats *from);
/** Has anything changed since this was asked last? */
bool ww_link_changed(struct ww_link *l);
#endif
