/* service.c - WD-102: an undeclared port, protocol or service (alert model 3.8). Variants: a the
 * device asks, b it listens, c the content is not that of the declared conduit. */
#include "rules/detect/detectors.h"

/* The protocol that was found is another than the conduit's. What has no dissector is not compared.
 */
static bool other_content(const struct ww_judged *j, const char *app, const char **declared)
{
    static const struct {
        const char *application, *dissector;
    } same[] = {
        { "dicom", "dicom" },
        { "hl7v2-mllp", "hl7" },
        { "astm-lis", "astm" },
        { "poct1-a", "poct1a" },
        { "syslog", "syslog" },
        { "http", "http" },
        { "fhir", "http" },
        { "dicomweb", "http" },
        { "dns", "dns" },
        { "dhcp", "dhcp" },
    };
    struct ww_bl_conduit_info c;
    if (j->v->kind != WW_BL_PERMITTED || app[0] == 0 ||
        !ww_bl_conduit_by_id(j->dev->bl, j->v->conduit, &c))
        return false;
    *declared = c.application;
    if (strcmp(app, "tls") == 0 && ww_bl_may_encrypt(&c))
        return false; /* what is declared, inside of TLS */
    for (size_t k = 0; k < sizeof same / sizeof same[0]; k++)
        if (strcmp(same[k].application, c.application) == 0)
            return strcmp(same[k].dissector, app) != 0;
    return false;
}

static void judged(struct ww_detect *d, void *state, const struct ww_judged *j)
{
    const char *declared = "";
    (void)state;
    if (j->v == NULL)
        return;
    if (j->stage == WW_AT_APP && j->flow != NULL) {
        const char *app = ww_conv_app(ww_detect_cfg(d)->conv, j->flow->app);
        if (other_content(j, app, &declared) && ww_det_once(j, WW_ONCE_102C)) {
            struct ww_found x;
            ww_found_judged(d, &x, 102, 'c', j);
            ww_found_observed(&x, app);
            ww_found_declared(&x, declared);
            ww_found_raise(d, &x);
            return;
        }
    }
    bool what = j->v->reason == WW_BL_R_PORT || j->v->reason == WW_BL_R_DIRECTION ||
                j->v->reason == WW_BL_R_DROP || j->v->reason == WW_BL_R_NOT_SPOKEN ||
                (j->v->reason == WW_BL_R_NEVER && !j->external);
    if (!ww_det_deviates(j) || !what || ww_detect_sanctioned(d, j) || !ww_det_once(j, WW_ONCE_102))
        return;
    struct ww_found x;
    ww_found_judged(d, &x, 102, j->device_opened ? 'a' : 'b', j);
    ww_det_unanswered(&x, j);
    ww_found_raise(d, &x);
}

const struct ww_detector ww_detect_service = { .id = "WD-102",
                                              .when = WW_WHEN_DEVIATES | WW_WHEN_RECOGNISED,
                                              .judged = judged };
