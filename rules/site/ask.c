/* ask.c - the questions that a site file answers. */
#include "rules/site/read.h"

const char *ww_site_file(const struct ww_site *s)
{
    return s != NULL ? s->file : "";
}
const char *ww_site_hospital(const struct ww_site *s)
{
    return s != NULL ? s->hospital : "";
}
const char *ww_site_language(const struct ww_site *s)
{
    return s != NULL ? s->language : "";
}
const struct ww_site_thresholds *ww_site_thresholds(const struct ww_site *s)
{
    return s != NULL ? &s->thresholds : &ww_site_thresholds_default;
}
const struct ww_site_zone *ww_site_zones(const struct ww_site *s, size_t *n)
{
    *n = s != NULL ? s->nzone : 0;
    return s != NULL ? s->zone : NULL;
}
const struct ww_site_device *ww_site_devices(const struct ww_site *s, size_t *n)
{
    *n = s != NULL ? s->ndev : 0;
    return s != NULL ? s->dev : NULL;
}
const struct ww_site_contact *ww_site_contacts(const struct ww_site *s, size_t *n)
{
    *n = s != NULL ? s->ncontact : 0;
    return s != NULL ? s->contact : NULL;
}
const struct ww_site_exception *ww_site_exceptions(const struct ww_site *s, size_t *n)
{
    *n = s != NULL ? s->nexception : 0;
    return s != NULL ? s->exception : NULL;
}
const struct ww_site_maintenance *ww_site_maintenance(const struct ww_site *s, size_t *n)
{
    *n = s != NULL ? s->nmaintenance : 0;
    return s != NULL ? s->maintenance : NULL;
}

const struct ww_site_zone *ww_site_zone_of(const struct ww_site *s, const struct ww_ip *ip,
                                           uint16_t vlan)
{
    if (s == NULL)
        return NULL;
    for (size_t i = 0; i < s->nzone_net; i++)
        if (ww_net_has(&s->zone_net[i].net, ip))
            return s->zone_net[i].zone;
    /* a VLAN is only a hint about which side of a router an address lies on: the address must be
     * one that can be inside */
    if (vlan != 0 && ww_ip_private(ip))
        for (size_t i = 0; i < s->nzone; i++)
            for (size_t k = 0; k < s->zone[i].nvlan; k++)
                if (s->zone[i].vlan[k] == vlan)
                    return &s->zone[i];
    return NULL;
}

static bool in_list(const struct site_list *l, const struct ww_ip *ip)
{
    for (size_t i = 0; i < l->n; i++)
        if (ww_net_has(&l->net[i], ip))
            return true;
    return false;
}

bool ww_site_external(const struct ww_site *s, const struct ww_ip *ip)
{
    if (ww_ip_private(ip))
        return false;
    if (s == NULL)
        return true;
    return ww_site_zone_of(s, ip, 0) == NULL && ww_site_by_ip(s, ip) == NULL;
}

static enum ww_site_is member(const struct site_list *l, size_t n, const char *name,
                              const struct ww_ip *ip)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(l[i].name, name) == 0 && l[i].n > 0)
            return in_list(&l[i], ip) ? WW_SITE_YES : WW_SITE_NO;
    return WW_SITE_UNSAID;
}

enum ww_site_is ww_site_service(const struct ww_site *s, const char *service,
                                const struct ww_ip *ip)
{
    return s != NULL ? member(s->service, s->nservice, service, ip) : WW_SITE_UNSAID;
}

const char *ww_site_service_of(const struct ww_site *s, const struct ww_ip *ip)
{
    if (s == NULL)
        return NULL;
    for (size_t i = 0; i < s->nservice; i++)
        if (in_list(&s->service[i], ip))
            return s->service[i].name;
    return NULL;
}

enum ww_site_is ww_site_controller(const struct ww_site *s, const char *uri, const struct ww_ip *ip)
{
    return s != NULL ? member(s->controller, s->ncontroller, uri, ip) : WW_SITE_UNSAID;
}

const struct ww_site_device *ww_site_by_id(const struct ww_site *s, const char *id)
{
    if (s != NULL)
        for (size_t i = 0; i < s->ndev; i++)
            if (strcmp(s->dev[i].id, id) == 0)
                return &s->dev[i];
    return NULL;
}

static const struct ww_site_device *look_up(const struct ww_site *s, const struct site_key *k,
                                            size_t n, const uint8_t key[17])
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = memcmp(k[mid].key, key, 17);
        if (c == 0)
            return &s->dev[k[mid].dev];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

const struct ww_site_device *ww_site_by_mac(const struct ww_site *s, const struct ww_mac *mac)
{
    uint8_t key[17] = { 0 };
    struct ww_out o = ww_out((char *)key, sizeof key);
    if (s == NULL || ww_mac_none(mac))
        return NULL;
    ww_out_raw(&o, mac->b, 6);
    return look_up(s, s->by_mac, s->nmac, key);
}

const struct ww_site_device *ww_site_by_ip(const struct ww_site *s, const struct ww_ip *ip)
{
    uint8_t key[17] = { 0 };
    struct ww_out o = ww_out((char *)key, sizeof key);
    if (s == NULL || ip->fam == 0)
        return NULL;
    ww_out_raw(&o, &ip->fam, 1);
    ww_out_raw(&o, ip->b, 16);
    return look_up(s, s->by_ip, s->nip, key);
}

const struct ww_site_contact *ww_site_contact(const struct ww_site *s, const char *code)
{
    if (s != NULL)
        for (size_t i = 0; i < s->ncontact; i++)
            if (strcmp(s->contact[i].code, code) == 0)
                return &s->contact[i];
    return NULL;
}

const struct ww_site_exception *ww_site_exception(const struct ww_site *s, const char *device,
                                                  const char *class_, const char *peer,
                                                  uint64_t now)
{
    if (s == NULL)
        return NULL;
    for (size_t i = 0; i < s->nexception; i++) {
        const struct ww_site_exception *x = &s->exception[i];
        if (now <= x->expires && strcmp(x->class_, class_) == 0 &&
            (strcmp(x->device, "*") == 0 || strcmp(x->device, device) == 0) &&
            (*x->peer == 0 || strcmp(x->peer, "*") == 0 || strcmp(x->peer, peer) == 0))
            return x;
    }
    return NULL;
}

bool ww_site_closed(const struct ww_site_device *d)
{
    if (d == NULL)
        return false;
    if (d->connection != WW_CONN_UNSAID)
        return d->connection == WW_CONN_CLOSED;
    return d->zone != NULL && d->zone->connection == WW_CONN_CLOSED;
}
