/* events.h - what every event must be, whatever came in; for fuzz targets over a whole worker. */
#ifndef WW_FUZZ_EVENTS_H
#define WW_FUZZ_EVENTS_H
#include "tests/support.h"

/* In: to a uint64_t with the sequence number of the event before. */
static inline void t_event_good(void *to, const struct ww_event *e)
{
    static char buf[65536];
    uint64_t *last = to;
    struct ww_out o = ww_out(buf, sizeof buf);
    ww_json_open(&o, NULL, '{');
    ww_event_body_json(&o, e);
    ww_json_close(&o, '}');
    const char *bad = o.cut ? "longer than the buffer" : t_json_bad(buf, o.n);
    if (bad != NULL) {
        t_dump("body", (struct ww_slice){ (const uint8_t *)buf, o.n });
        t_die("%s: not good JSON: %s", e->type->name, bad);
    }
    if (e->size != sizeof *e + e->type->size || e->size > WW_EVENT_MAX)
        t_die("%s: a record of %u bytes", e->type->name, e->size);
    if (e->nvlan > WW_VLAN_MAX || e->ntunnel > WW_TUNNEL_MAX || e->dir > 1 || e->client > 1)
        t_die("%s: a header beyond its limits", e->type->name);
    if (e->seq <= *last)
        t_die("%s: the sequence goes back", e->type->name);
    *last = e->seq;
}
#endif
