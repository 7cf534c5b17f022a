/* devices.c - who is who: from the ends of an event to a device (architecture: Devices). */
#include "rules/devices/dev_int.h"
#include <stdlib.h>

bool ww_ip_is_group(const struct ww_ip *ip)
{
    static const uint8_t zero[16] = { 0 };
    if (ww_words_eq(ip->b, zero, 16))
        return true; /* unspecified */
    return ip->fam == 4 ? ip->b[0] >= 224 : ip->fam == 6 ? ip->b[0] == 0xff : true;
}

static bool link_local(const struct ww_ip *ip)
{
    return ip->fam == 4 ? ip->b[0] == 169 && ip->b[1] == 254
                        : ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

static bool mac_is_group(const struct ww_mac *m)
{
    return ww_mac_none(m) || (m->b[0] & 1) != 0;
}

const char *ww_device_label(const struct ww_device *dev)
{
    return dev->ledger != NULL && dev->ledger->name[0] != 0 ? dev->ledger->name : dev->label;
}

/* What people read for a device that is not in the ledger. What it calls itself is left out: a host
 * name can be a person's. */
static void make_label(struct ww_device *dev)
{
    char ip[WW_IP_TEXT], mac[WW_MAC_TEXT];
    struct ww_out o = ww_out(dev->label, sizeof dev->label - 1);
    if (dev->ip.fam != 0)
        ww_out_s(&o, ww_ip_text(ip, dev->ip.b, dev->ip.fam));
    if (dev->key.kind == WW_DEV_MAC && dev->ip.fam != 0)
        ww_out_f(&o, " (%s)", ww_mac_text(mac, dev->mac.b));
    if (o.n == 0)
        ww_out_s(&o, dev->id);
    dev->label[o.n] = 0;
}

/* ---- start ---- */
enum ww_rc ww_devices_new(struct ww_devices **out, const struct ww_devices_cfg *cfg,
                          struct ww_err *e)
{
    struct ww_devices *d = calloc(1, sizeof *d);
    if (d == NULL)
        return WW_FAIL(e, WW_E_SYS, "devices: no memory");
    d->cfg = *cfg;
    d->fact_key = ww_key_random();
    d->gen = 1;
    enum ww_rc rc = ww_table_init(&d->dev, "devices", cfg->devices, sizeof(struct ww_device_key),
                                  sizeof(struct ww_device), e);
    if (rc == WW_OK)
        rc = ww_table_init(&d->addr, "addresses", cfg->addresses, sizeof(struct dev_addr_key),
                           sizeof(struct dev_addr), e);
    if (rc == WW_OK)
        rc = ww_table_init(&d->mac, "MAC addresses", cfg->addresses, 8, sizeof(struct dev_mac), e);
    if (rc == WW_OK)
        rc = ww_table_init(&d->fact, "facts", cfg->facts, 8, 8, e);
    if (rc == WW_OK)
        rc = ww_table_init(&d->served, "services", cfg->devices, sizeof(struct dev_served),
                           sizeof(struct dev_served), e);
    if (rc == WW_OK)
        rc = ww_devices_resolve(d, e);
    if (rc != WW_OK) {
        ww_devices_free(d);
        return rc;
    }
    d->oui = ww_oui_load(cfg->oui_dir, d->note, sizeof d->note);
    *out = d;
    return WW_OK;
}

void ww_devices_free(struct ww_devices *d)
{
    if (d == NULL)
        return;
    ww_table_free(&d->dev);
    ww_table_free(&d->addr);
    ww_table_free(&d->mac);
    ww_table_free(&d->fact);
    ww_table_free(&d->served);
    ww_oui_free(d->oui);
    free(d);
}

void ww_devices_on_new(struct ww_devices *d, void (*fn)(void *ctx, struct ww_device *dev),
                       void *ctx)
{
    d->on_new = fn;
    d->on_new_ctx = ctx;
}

const char *ww_devices_note(const struct ww_devices *d)
{
    return d->note[0] != 0 ? d->note : NULL;
}

void ww_devices_counts(const struct ww_devices *d, struct ww_device_counts *out)
{
    *out = (struct ww_device_counts){ .devices = d->dev.n,
                                      .devices_evicted = d->dev.evicted,
                                      .addresses_evicted = d->addr.evicted + d->mac.evicted,
                                      .facts_evicted = d->fact.evicted };
}

/* ---- references ---- */
struct ww_device_ref ww_devices_ref(const struct ww_devices *d, const struct ww_device *dev)
{
    if (dev == NULL)
        return (struct ww_device_ref){ .serial = 0 };
    return (struct ww_device_ref){ ww_table_index(&d->dev, dev), dev->serial };
}

struct ww_device *ww_devices_get(const struct ww_devices *d, struct ww_device_ref r)
{
    if (r.serial == 0)
        return NULL;
    struct ww_device *dev = ww_table_at(&d->dev, r.index);
    return dev != NULL && dev->serial == r.serial ? dev : NULL;
}

/* ---- a new device ---- */
/* Where an address without MAC was seen: the innermost VLAN and the innermost tunnel. */
static uint64_t scope_of(const struct ww_event *e)
{
    uint64_t vlan = e->nvlan > 0 ? e->vlan[(e->nvlan - 1u) % WW_VLAN_MAX] : 0;
    uint64_t tunnel = e->ntunnel > 0 ? e->tunnel[(e->ntunnel - 1u) % WW_TUNNEL_MAX].id : 0;
    return vlan << 32 | tunnel;
}

void ww_device_id_text(struct ww_out *o, const struct ww_site *site,
                       const struct ww_device_key *key)
{
    char text[WW_IP_TEXT];
    size_t n;
    uint64_t vlan = key->scope >> 32, tunnel = key->scope & UINT32_MAX;
    switch ((enum ww_device_kind)key->kind) {
    case WW_DEV_LEDGER:
        ww_out_s(o, ww_site_devices(site, &n)[key->scope].id);
        break;
    case WW_DEV_MAC:
        ww_out_s(o, "mac:");
        ww_out_s(o, ww_mac_text(text, key->b));
        break;
    case WW_DEV_IP:
        ww_out_s(o, "ip:");
        ww_out_s(o, ww_ip_text(text, key->b, key->fam));
        if (vlan != 0 || tunnel != 0) {
            ww_out_c(o, '@');
            ww_out_u64(o, vlan);
        }
        if (tunnel != 0) {
            ww_out_c(o, '.');
            ww_out_u64(o, tunnel);
        }
        break;
    }
}

static void make_id(const struct ww_devices *d, struct ww_device *dev)
{
    struct ww_out o = ww_out(dev->id, sizeof dev->id - 1);
    ww_device_id_text(&o, d->cfg.site, &dev->key);
    dev->id[o.n] = 0;
}

static void fact_s(struct ww_devices *d, struct ww_device *dev, const struct ww_event *cause,
                   const char *attribute, const char *value, const char *source, uint8_t conf)
{
    if (value[0] != 0)
        ww_devices_fact(d, dev, cause, attribute, ww_slice_str(value), source, conf);
}

/* Its own MAC address, and who made the network card. */
static void tell_mac(struct ww_devices *d, struct ww_device *dev, const struct ww_event *e)
{
    char text[WW_MAC_TEXT];
    fact_s(d, dev, e, "mac", ww_mac_text(text, dev->mac.b), "packet", 3);
    fact_s(d, dev, e, "nic_vendor", ww_oui_vendor(d->oui, &dev->mac), "oui", 1);
}

/* The first thing told about a device: what the ledger and its addresses say. */
static void introduce(struct ww_devices *d, struct ww_device *dev, const struct ww_event *e)
{
    static const char *const kinds[] = { "", "ledger", "mac", "ip" };
    static const char *const classes[] = { "", "I", "II", "III", "IV" };
    const struct ww_site_device *l = dev->ledger;
    ww_devices_changed(d, dev, e, "new", "", kinds[dev->key.kind & 3]);
    if (l != NULL) {
        fact_s(d, dev, e, "name", l->name, "ledger", 3);
        fact_s(d, dev, e, "location", l->location, "ledger", 3);
        fact_s(d, dev, e, "department", l->department, "ledger", 3);
        fact_s(d, dev, e, "serial", l->serial, "ledger", 3);
        fact_s(d, dev, e, "clinical_role", l->role, "ledger", 3);
        if (l->class_ >= 1 && l->class_ <= 4)
            fact_s(d, dev, e, "regulatory_class", classes[l->class_], "ledger", 3);
    }
    if (dev->zone != NULL)
        fact_s(d, dev, e, "zone", dev->zone->id, "site", 3);
    if (dev->key.kind == WW_DEV_MAC)
        tell_mac(d, dev, e);
}

static struct ww_device *get_device(struct ww_devices *d, const struct ww_event *e,
                                    const struct ww_device_key *key,
                                    const struct ww_site_device *ledger, const struct ww_ip *ip,
                                    const struct ww_mac *mac, bool make)
{
    bool fresh = false;
    if (!make)
        return ww_table_find(&d->dev, key);
    struct ww_device *dev = ww_table_get(&d->dev, key, &fresh);
    dev->last_ns = e->ts;
    if (!fresh)
        return dev;
    dev->serial = ++d->serial;
    dev->ledger = ledger;
    dev->first_ns = e->ts;
    if (key->kind != WW_DEV_IP && !mac_is_group(mac))
        dev->mac = *mac;
    if (ledger != NULL && !ww_mac_none(&ledger->mac))
        dev->mac = ledger->mac;
    if (ip->fam != 0 && !ww_ip_is_group(ip))
        dev->ip = *ip;
    uint16_t vlan = e->nvlan > 0 ? e->vlan[(e->nvlan - 1u) % WW_VLAN_MAX] : 0;
    dev->zone = ledger != NULL && ledger->zone != NULL
                    ? ledger->zone
                    : ww_site_zone_of(d->cfg.site, &dev->ip, vlan);
    if (dev->zone != NULL && dev->zone->wireless)
        dev->flags |= WW_DEV_WIRELESS;
    if (ledger == NULL && key->kind == WW_DEV_MAC && (mac->b[0] & 2) != 0)
        dev->flags |= WW_DEV_RANDOM_MAC;
    make_id(d, dev);
    make_label(dev);
    if (d->on_new != NULL)
        d->on_new(d->on_new_ctx, dev);
    introduce(d, dev, e);
    return dev;
}

/* ---- MAC addresses ---- */
static struct dev_mac *mac_rec(struct ww_devices *d, const struct ww_mac *mac)
{
    uint8_t key[8] = { mac->b[0], mac->b[1], mac->b[2], mac->b[3], mac->b[4], mac->b[5] };
    bool fresh = false;
    return ww_table_get(&d->mac, key, &fresh);
}

static bool owns(const struct dev_mac *m, const struct ww_ip *ip)
{
    for (unsigned i = 0; i < m->nown; i++)
        if (ww_ip_eq(&m->own[i], ip))
            return true;
    return false;
}

static void key_of_mac(struct ww_device_key *key, const struct ww_mac *mac)
{
    *key = (struct ww_device_key){ .kind = WW_DEV_MAC,
                                   .b = { mac->b[0], mac->b[1], mac->b[2], mac->b[3], mac->b[4],
                                          mac->b[5] } };
}

/* The ledger says that the address belongs to the MAC address. */
static bool ledger_says(const struct ww_devices *d, const struct ww_mac *mac,
                        const struct ww_ip *ip)
{
    const struct ww_site_device *a = ww_site_by_mac(d->cfg.site, mac);
    return a != NULL && a == ww_site_by_ip(d->cfg.site, ip);
}

/* Packets from ip came with the MAC address: a second IPv4 address makes it a router. */
static void note_source(struct ww_devices *d, const struct ww_event *e, const struct ww_mac *mac,
                        const struct ww_ip *ip)
{
    if (mac_is_group(mac) || ip->fam != 4 || ww_ip_is_group(ip) || link_local(ip))
        return;
    struct dev_mac *m = mac_rec(d, mac);
    if (m->router || owns(m, ip) || ledger_says(d, mac, ip))
        return;
    if (m->seen4.fam == 0 && m->nown == 0) {
        m->seen4 = *ip;
        return;
    }
    if (m->seen4.fam != 0 && ww_ip_eq(&m->seen4, ip))
        return;
    m->router = true;
    d->gen++;
    struct ww_device_key key;
    key_of_mac(&key, mac);
    struct ww_device *dev = ww_table_peek(&d->dev, &key);
    if (dev != NULL && (dev->flags & WW_DEV_ROUTER) == 0) {
        dev->flags |= WW_DEV_ROUTER;
        ww_devices_changed(d, dev, e, "kind", "host", "router");
    }
}

void ww_devices_own(struct ww_devices *d, const struct ww_mac *mac, const struct ww_ip *ip,
                    bool only)
{
    if (mac_is_group(mac) || ww_ip_is_group(ip))
        return;
    struct dev_mac *m = mac_rec(d, mac);
    if (owns(m, ip) || (m->router && m->nown == 0 && !only))
        return; /* known, or one that answers for many */
    /* who has an address can only change by this for routers, for what the ledger knows, for
     * addresses outside, and for addresses that were given back */
    bool other = m->router || (only && m->nown > 0) || ww_site_by_mac(d->cfg.site, mac) != NULL ||
                 ww_site_by_ip(d->cfg.site, ip) != NULL || ww_site_external(d->cfg.site, ip);
    if (only)
        m->nown = 0;
    if (m->nown == DEV_OWN) { /* it answers for many: proxy ARP, RFC 1027 */
        m->router = true;
        m->nown = 0;
        d->gen++;
        return;
    }
    m->own[m->nown++] = *ip;
    if (m->seen4.fam != 0 && ww_ip_eq(&m->seen4, ip))
        m->seen4.fam = 0;
    d->gen += other;
}

struct ww_device *ww_devices_by_mac(struct ww_devices *d, const struct ww_event *e,
                                    const struct ww_mac *mac, bool make)
{
    static const struct ww_ip none = { .fam = 0 };
    struct ww_device_key key;
    if (mac_is_group(mac))
        return NULL;
    const struct ww_site_device *l = ww_site_by_mac(d->cfg.site, mac);
    if (l != NULL) {
        size_t n;
        const struct ww_site_device *all = ww_site_devices(d->cfg.site, &n);
        key = (struct ww_device_key){ .kind = WW_DEV_LEDGER, .scope = (uint64_t)(l - all) };
    } else {
        key_of_mac(&key, mac);
    }
    return get_device(d, e, &key, l, l != NULL && l->nip > 0 ? &l->ip[0] : &none, mac, make);
}

/* ---- from an address to a device ---- */
/**
 * The key of the device that has an address.
 * Out:    ledger its row, NULL = none
 * Return: false when the address is no device of the hospital
 */
static bool key_of(struct ww_devices *d, const struct ww_event *e, const struct ww_ip *ip,
                   const struct ww_mac *mac, struct ww_device_key *key,
                   const struct ww_site_device **ledger)
{
    size_t n;
    const struct ww_site *site = d->cfg.site;
    const struct ww_site_device *all = ww_site_devices(site, &n), *l = ww_site_by_ip(site, ip);
    bool has_mac = !mac_is_group(mac);
    *ledger = NULL;
    if (l == NULL) {
        const struct dev_mac *m = has_mac ? mac_rec(d, mac) : NULL;
        bool mine = m != NULL && (owns(m, ip) || link_local(ip));
        const struct ww_site_device *lm = has_mac ? ww_site_by_mac(site, mac) : NULL;
        if (!mine && ww_site_external(site, ip))
            return false;
        bool listed = false; /* the ledger lists addresses of this family for the MAC */
        for (size_t i = 0; lm != NULL && i < lm->nip; i++)
            listed = listed || lm->ip[i].fam == ip->fam;
        if (m == NULL || (!mine && (m->router || listed))) {
            *key =
                (struct ww_device_key){ .kind = WW_DEV_IP, .fam = ip->fam, .scope = scope_of(e) };
            struct ww_out o = ww_out((char *)key->b, 16);
            ww_out_raw(&o, ip->b, 16);
            return true;
        }
        if (lm == NULL) {
            key_of_mac(key, mac);
            return true;
        }
        l = lm;
    }
    *ledger = l;
    *key = (struct ww_device_key){ .kind = WW_DEV_LEDGER, .scope = (uint64_t)(l - all) };
    return true;
}

static void keep_address(struct ww_devices *d, struct ww_device *dev, const struct ww_event *e,
                         const struct ww_ip *ip, const struct ww_mac *mac)
{
    char text[WW_IP_TEXT];
    if (dev->ip.fam == 0 || (dev->ip.fam == 6 && link_local(&dev->ip) && !link_local(ip)))
        dev->ip = *ip;
    make_label(dev);
    if (dev->zone == NULL) {
        dev->zone = ww_site_zone_of(d->cfg.site, ip, 0);
        if (dev->zone != NULL)
            ww_devices_fact(d, dev, e, "zone", ww_slice_str(dev->zone->id), "site", 3);
    }
    ww_devices_fact(d, dev, e, "ip", ww_slice_str(ww_ip_text(text, ip->b, ip->fam)), "packet", 3);
    if (dev->key.kind == WW_DEV_IP || mac_is_group(mac))
        return;
    bool own = dev->ledger == NULL || ww_mac_eq(&dev->ledger->mac, mac);
    if (!own && ww_mac_none(&dev->mac) && !mac_rec(d, mac)->router && owns(mac_rec(d, mac), ip)) {
        dev->mac = *mac;
        own = true;
    }
    if (own)
        tell_mac(d, dev, e);
}

struct dev_addr_key ww_devices_addr_key(const struct ww_event *e, const struct ww_ip *ip)
{
    struct dev_addr_key key = { .fam = ip->fam, .scope = scope_of(e) };
    ww_copy(key.b, (struct ww_slice){ ip->b, sizeof key.b });
    return key;
}

struct ww_device *ww_devices_at(struct ww_devices *d, const struct ww_event *e,
                                const struct ww_ip *ip, const struct ww_mac *mac, enum dev_why why)
{
    bool make = why != DEV_KNOWN;
    d->sent_before = false;
    struct dev_addr_key ak = ww_devices_addr_key(e, ip);
    struct ww_device_key key;
    const struct ww_site_device *ledger;
    struct dev_addr *a = ww_table_find(&d->addr, &ak);
    if (why == DEV_SENT && (a == NULL || !a->sent || a->gen != d->gen || !ww_mac_eq(&a->mac, mac)))
        note_source(d, e, mac, ip);
    if (a != NULL && a->gen == d->gen && (mac_is_group(mac) || ww_mac_eq(&a->mac, mac))) {
        struct ww_device *dev = ww_devices_get(d, a->ref);
        if (dev != NULL) {
            ww_table_used(&d->dev, dev); /* not the oldest any more */
            a->sent = a->sent || (why == DEV_SENT && ww_mac_eq(&a->mac, mac));
            d->sent_before = a->sent && ww_mac_eq(&a->mac, mac);
            if (make)
                dev->last_ns = e->ts;
            return dev;
        }
    }
    /* without a MAC of its own the address may still be known from before */
    const struct ww_mac *use = a != NULL && mac_is_group(mac) ? &a->mac : mac;
    if (!key_of(d, e, ip, use, &key, &ledger))
        return NULL;
    struct ww_device *dev = get_device(d, e, &key, ledger, ip, use, make);
    if (dev == NULL || !make)
        return dev;
    bool fresh = false;
    a = ww_table_get(&d->addr, &ak, &fresh);
    a->ref = ww_devices_ref(d, dev);
    a->gen = d->gen;
    a->mac = *use;
    a->sent = why == DEV_SENT && !mac_is_group(mac);
    keep_address(d, dev, e, ip, use);
    return dev;
}
