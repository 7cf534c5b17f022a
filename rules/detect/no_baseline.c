/* no_baseline.c - WD-502: a medical device without declaration, or one that is declared free of
 * cyber risk and communicates (alert model 3.8). Once per device. Variants: a no declaration,
 * b contradiction. */
#include "rules/detect/detectors.h"

/* Is it a medical device: by the ledger, or, where the ledger does not know it, by what it speaks?
 */
static bool is_medical(const struct ww_device *dev, bool ledger, bool speaks)
{
    const struct ww_site_device *l = dev->ledger;
    if (l == NULL)
        return !ledger && ((dev->flags & WW_DEV_MEDICAL) != 0 || speaks);
    if (l->class_ == WW_SITE_NOT_MEDICAL)
        return false;
    return l->class_ != 0 || l->role[0] != 0 || (dev->flags & WW_DEV_MEDICAL) != 0 ||
           speaks;
}

static void judged(struct ww_detect *d, void *state, const struct ww_judged *j)
{
    const struct ww_detect_cfg *cfg = ww_detect_cfg(d);
    struct ww_device *dev = j->dev;
    size_t devices;
    (void)state;
    if (j->stage == WW_AT_START || j->stage == WW_AT_OPEN)
        return; /* what it speaks is known a little later */
    bool none = dev->bl == NULL;
    unsigned bit = none ? WW_ONCE_502A : WW_ONCE_502B;
    if ((dev->told & bit) != 0 || (!none && ww_bl_no_cyber_risk(dev->bl) != WW_BL_YES))
        return;
    (void)ww_site_devices(cfg->site, &devices);
    if (none && !is_medical(dev, devices > 0, ww_detect_speaks_medical(d, j)))
        return;
    /* its own traffic, not what others send to it */
    if (j->flow != NULL && !j->flow->sent[j->side])
        return;
    struct ww_found x;
    const char *app = ww_detect_spoken(d, j);
    dev->told |= bit;
    ww_found_device(d, &x, 502, none ? 'a' : 'b', j->e, dev, j->side);
    x.f.peer = x.f.peer_role = x.f.peer_zone = (struct ww_slice){ NULL, 0 };
    x.f.ip_proto = 0;
    x.f.port = 0;
    x.f.peer_external = false;
    ww_found_observed(&x, app[0] != 0 ? app : x.peer);
    if (!none)
        ww_found_declared(&x, "no_risk_declared");
    x.f.reason = ww_slice_str(none ? "no_declaration" : "declared_free_of_risk");
    ww_found_raise(d, &x);
}

const struct ww_detector ww_detect_no_baseline = { .id = "WD-502",
                                                   .when = WW_WHEN_UNDECLARED,
                                                   .judged = judged };
