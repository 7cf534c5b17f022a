/* unknown_device.c - WD-501: a device that is not in the ledger communicates in a zone of the
 * hospital (alert model 3.8). Only where there is a ledger. Variants: a it speaks a medical
 * protocol, b other, c other with a random MAC address. */
#include "rules/detect/detectors.h"

static void raise_it(struct ww_detect *d, const struct ww_judged *j, char variant, const char *app)
{
    struct ww_found x;
    char seen[160], mac[WW_MAC_TEXT], ip[WW_IP_TEXT];
    ww_found_device(d, &x, 501, variant, j->e, j->dev, j->side);
    /* one alert for the device, whomever it speaks with */
    x.f.peer = x.f.peer_role = x.f.peer_zone = (struct ww_slice){ NULL, 0 };
    x.f.ip_proto = 0;
    x.f.port = 0;
    x.f.peer_external = false;
    struct ww_out o = ww_out(seen, sizeof seen - 1);
    if (j->dev->ip.fam != 0)
        ww_out_s(&o, ww_ip_text(ip, j->dev->ip.b, j->dev->ip.fam));
    if (!ww_mac_none(&j->dev->mac))
        ww_out_f(&o, "%s%s", o.n > 0 ? ", " : "", ww_mac_text(mac, j->dev->mac.b));
    if (app[0] != 0)
        ww_out_f(&o, "%s%s", o.n > 0 ? ", " : "", app);
    seen[o.n] = 0;
    ww_found_observed(&x, seen);
    x.f.reason = WW_SLICE_LIT("not_in_ledger");
    ww_found_raise(d, &x);
}

static void judged(struct ww_detect *d, void *state, const struct ww_judged *j)
{
    const struct ww_detect_cfg *cfg = ww_detect_cfg(d);
    size_t devices, zones;
    (void)state;
    if (j->dev->ledger != NULL || j->stage == WW_AT_START || (j->dev->told & WW_ONCE_501A) != 0)
        return; /* with a the other is told, too */
    (void)ww_site_devices(cfg->site, &devices);
    (void)ww_site_zones(cfg->site, &zones);
    if (devices == 0)
        return;
    if (ww_detect_speaks_medical(d, j)) {
        raise_it(d, j, 'a', ww_detect_spoken(d, j));
        j->dev->told |= WW_ONCE_501A | WW_ONCE_501B;
        return;
    }
    /* other protocols are told when a flow has gone on or is over: a medical one would have shown
     * itself */
    bool zone = zones == 0 || j->dev->zone != NULL;
    if (!zone || (j->stage != WW_AT_END && j->stage != WW_AT_UPDATE) ||
        (j->dev->told & WW_ONCE_501B) != 0)
        return;
    j->dev->told |= WW_ONCE_501B;
    raise_it(d, j, (j->dev->flags & WW_DEV_RANDOM_MAC) != 0 ? 'c' : 'b', ww_detect_spoken(d, j));
}

const struct ww_detector ww_detect_unknown_device = { .id = "WD-501",
                                                      .when = WW_WHEN_UNLISTED,
                                                      .judged = judged };
