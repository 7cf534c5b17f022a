/* external.c - WD-103: an undeclared destination outside the hospital, of a device that may leave
 * it (alert model 3.8). Variants: a tried or looked up only, b established, c from outside. */
#include "rules/detect/detectors.h"

static void judged(struct ww_detect *d, void *state, const struct ww_judged *j)
{
    const char *why = "";
    (void)state;
    if (!ww_det_deviates(j) || !j->external || ww_detect_closed(j->dev, &why))
        return;
    if (j->v->reason != WW_BL_R_EXTERNAL && j->v->reason != WW_BL_R_PEER &&
        j->v->reason != WW_BL_R_NEVER)
        return; /* a declared destination by another port is WD-102 */
    if (!ww_det_once_or_end(j, WW_ONCE_103))
        return;
    struct ww_found x;
    char variant = 'c';
    if (j->device_opened)
        variant = j->opened ? 'b' : 'a';
    ww_found_judged(d, &x, 103, variant, j);
    ww_det_amounts(&x, j, WW_ONCE_103);
    ww_det_unanswered(&x, j);
    ww_found_raise(d, &x);
}

const struct ww_detector ww_detect_external = { .id = "WD-103",
                                               .when = WW_WHEN_DEVIATES,
                                               .judged = judged };
