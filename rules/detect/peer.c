/* peer.c - WD-101: a peer inside the hospital that neither the declaration nor the hospital's
 * permitted services name (alert model 3.8). Variants: a opened by the device, b by the peer. */
#include "rules/detect/detectors.h"

/* The peer gives a service of the site file, and this is the port of that service (S10). */
static bool sanctioned(const struct ww_site *site, const struct ww_judged *j)
{
    static const struct {
        const char *service;
        uint16_t port[10];
    } ports[] = {
        { "dns", { 53, 853 } },
        { "ntp", { 123 } },
        { "dhcp", { 67, 68, 546, 547 } },
        { "ad", { 53, 88, 123, 135, 389, 445, 464, 636, 3268, 3269 } },
        { "proxy", { 3128, 8080 } },
        { "mail", { 25, 465, 587 } },
        { "file", { 445, 2049 } },
        { "print", { 515, 631, 9100 } },
        { "syslog", { 514, 6514 } },
    };
    const struct ww_ip *peer = &j->e->end[j->side ^ 1].ip;
    uint16_t port = ww_event_server(j->e)->port;
    if (j->opener_known && !j->device_opened)
        return false; /* the service is what the peer offers, not what it asks */
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
        for (size_t k = 0; k < 10 && ports[i].port[k] != 0; k++)
            if (ports[i].port[k] == port &&
                ww_site_service(site, ports[i].service, peer) == WW_SITE_YES)
                return true;
    return false;
}

static void judged(struct ww_detect *d, void *state, const struct ww_judged *j)
{
    struct ww_found x;
    (void)state;
    if (!ww_det_deviates(j) || j->external || j->v->reason != WW_BL_R_PEER ||
        sanctioned(ww_detect_cfg(d)->site, j) || !ww_det_once(j, WW_ONCE_101))
        return;
    ww_found_judged(d, &x, 101, j->device_opened ? 'a' : 'b', j);
    ww_det_unanswered(&x, j);
    ww_found_raise(d, &x);
}

const struct ww_detector ww_detect_peer = { .id = "WD-101", .judged = judged };
