/* ends.c - the device at one end of an event; asked once in a flow. */
#include "rules/devices/dev_int.h"

void ww_devices_flow(struct ww_devices *d, const struct ww_event *e, struct ww_device_seen *at)
{
    d->flow_event = e;
    d->flow_at = at;
    d->memo_end[0].gen = d->memo_end[1].gen = 0;
}

static struct ww_device *look_up_end(struct ww_devices *d, const struct ww_event *e,
                                     const struct ww_end *end, bool make)
{
    if (end->ip.fam == 0 || (make && ww_ip_is_group(&end->ip)))
        return ww_devices_by_mac(d, e, &end->mac, make);
    if (ww_ip_is_group(&end->ip))
        return NULL;
    return ww_devices_at(d, e, &end->ip, &end->mac, make ? DEV_SENT : DEV_KNOWN);
}

/* Is the answer that was kept still right? Out: dev */
static bool still(struct ww_devices *d, const struct ww_device_seen *s, const struct ww_end *end,
                  bool make, struct ww_device **dev)
{
    if (s->gen != (uint32_t)d->gen || (make && !s->sent) || !ww_mac_eq(&s->mac, &end->mac))
        return false;
    *dev = ww_devices_get(d, (struct ww_device_ref){ s->index, s->serial });
    return *dev != NULL || (s->serial == 0 && s->newest == d->serial);
}

/* As kept with the flow, or looked up and kept. */
static struct ww_device *end_of_flow(struct ww_devices *d, const struct ww_event *e,
                                     const struct ww_end *end, struct ww_device_seen *s, bool make)
{
    struct ww_device *dev = NULL;
    if (still(d, s, end, make, &dev)) {
        if (dev == NULL)
            return NULL;
        ww_table_used(&d->dev, dev);
        if (make)
            dev->last_ns = e->ts;
        return dev;
    }
    d->sent_before = false;
    dev = look_up_end(d, e, end, make);
    struct ww_device_ref ref = ww_devices_ref(d, dev);
    *s = (struct ww_device_seen){ .serial = ref.serial,
                                  .index = ref.index,
                                  .gen = (uint32_t)d->gen,
                                  .newest = d->serial,
                                  .mac = end->mac,
                                  .sent = make || d->sent_before };
    return dev;
}

struct ww_device *ww_devices_end(struct ww_devices *d, const struct ww_event *e, enum ww_dir side,
                                 bool make)
{
    const struct ww_end *end = &e->end[side & 1];
    struct dev_memo *m = &d->memo_end[side & 1];
    bool of_flow = e == d->flow_event && d->flow_at != NULL;
    /* a device is pushed out only for a new one, which has a new serial */
    if (of_flow && m->gen == d->gen && m->newest == d->serial && (m->made || !make))
        return m->dev;
    if (!of_flow || ww_ip_is_group(&end->ip))
        return look_up_end(d, e, end, make); /* of a group address the answer depends on make */
    struct ww_device *dev = end_of_flow(d, e, end, &d->flow_at[side & 1], make);
    *m = (struct dev_memo){ .dev = dev, .gen = d->gen, .newest = d->serial, .made = make };
    return dev;
}

struct ww_device *ww_devices_spoken_to(struct ww_devices *d, const struct ww_event *e,
                                       enum ww_dir side)
{
    struct ww_device *dev = ww_devices_end(d, e, side, false);
    const struct ww_ip *ip = &e->end[side & 1].ip;
    if (dev != NULL || ww_site_by_ip(d->cfg.site, ip) == NULL)
        return dev;
    return ww_devices_at(d, e, ip, &e->end[side & 1].mac, DEV_MAKE);
}

struct ww_device *ww_devices_by_ip(struct ww_devices *d, const struct ww_event *e,
                                   const struct ww_ip *ip)
{
    static const struct ww_mac none = { { 0 } };
    if (ip->fam == 0 || ww_ip_is_group(ip))
        return NULL;
    for (unsigned side = 0; e == d->flow_event && side < 2; side++)
        if (ww_ip_eq(ip, &e->end[side].ip))
            return ww_devices_end(d, e, (enum ww_dir)side, false);
    return ww_devices_at(d, e, ip, &none, DEV_KNOWN);
}

/* ---- what was told lately ---- */
bool ww_devices_lately(struct ww_devices *d, uint64_t hash)
{
    uint64_t *m = &d->memo[hash & (DEV_MEMO - 1)];
    bool known = *m == hash;
    *m = hash;
    return known;
}

void ww_devices_each(const struct ww_devices *d, void (*fn)(void *ctx, const struct ww_device *dev),
                     void *ctx)
{
    for (const struct ww_device *dev = ww_table_oldest(&d->dev); dev != NULL;
         dev = ww_table_next(&d->dev, dev))
        fn(ctx, dev);
}
