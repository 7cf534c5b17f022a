/* closed_internet.c - WD-104: a device for closed networks and an address outside the hospital
 * (alert model 3.8). It needs no declaration: the ledger or the zone can say closed, too. Variants:
 * a tried only, b established. */
#include "rules/detect/detectors.h"

static void judged(struct ww_detect *d, void *state, const struct ww_judged *j)
{
    const char *why = "";
    (void)state;
    if (!j->external || j->stage == WW_AT_MESSAGE || j->stage == WW_AT_START)
        return;
    if (j->stage != WW_AT_END && !j->opened)
        return;
    /* what the manufacturer declared by name, or what waits for a name, is not held against it */
    if (j->v != NULL && j->v->kind != WW_BL_VIOLATION)
        return;
    if (!ww_detect_closed(j->dev, &why) || !ww_det_once_or_end(j, WW_ONCE_104))
        return;
    struct ww_found x;
    char seen[WW_BL_TEXT];
    ww_found_judged(d, &x, 104, j->opened ? 'b' : 'a', j);
    if (x.f.observed.n == 0) {
        struct ww_out o = ww_out(seen, sizeof seen - 1);
        ww_out_f(&o, "%s/%u %s %s",
                 j->e->ip_proto == 6    ? "tcp"
                 : j->e->ip_proto == 17 ? "udp"
                                        : "ip",
                 (unsigned)x.f.port, j->device_opened ? "to" : "from", x.peer);
        seen[o.n] = 0;
        ww_found_observed(&x, seen);
    }
    ww_found_declared(&x, why);
    ww_det_amounts(&x, j, WW_ONCE_104);
    ww_det_unanswered(&x, j);
    ww_found_raise(d, &x);
}

const struct ww_detector ww_detect_closed_internet = { .id = "WD-104",
                                                      .when = WW_WHEN_EXTERNAL,
                                                      .judged = judged };
