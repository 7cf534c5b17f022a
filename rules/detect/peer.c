/* peer.c - WD-101: a peer inside the hospital that neither the declaration nor the hospital's
 * permitted services name (alert model 3.8). Variants: a opened by the device, b by the peer. */
#include "rules/detect/detectors.h"

static void judged(struct ww_detect *d, void *state, const struct ww_judged *j)
{
    (void)state;
    if (!ww_det_deviates(j) || j->external || j->v->reason != WW_BL_R_PEER ||
        ww_detect_sanctioned(d, j) || !ww_det_once(j, WW_ONCE_101))
        return;
    struct ww_found x;
    ww_found_judged(d, &x, 101, j->device_opened ? 'a' : 'b', j);
    ww_det_unanswered(&x, j);
    ww_found_raise(d, &x);
}

const struct ww_detector ww_detect_peer = { .id = "WD-101",
                                           .when = WW_WHEN_DEVIATES,
                                           .judged = judged };
