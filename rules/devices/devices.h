/* devices.h - the inventory: which devices are there, and what says so.
 *
 * The id of a device is the ledger's, else its MAC address when it is on the link that is watched,
 * else its IP address and where it was seen (VLAN, tunnel). Nothing becomes a device that did not
 * send something itself, and nothing outside the hospital.
 */
#ifndef WW_RULES_DEVICES_DEVICES_H
#define WW_RULES_DEVICES_DEVICES_H
#include "rules/devices/events.h"
#include "rules/devices/table.h"
#include "rules/site/site.h"

struct ww_baseline;

enum ww_device_kind { WW_DEV_LEDGER = 1, WW_DEV_MAC, WW_DEV_IP };
enum {                        /* flags of a device */
       WW_DEV_ROUTER = 1,     /* its MAC address stands for others */
       WW_DEV_MEDICAL = 2,    /* it spoke a medical protocol */
       WW_DEV_RANDOM_MAC = 4, /* locally administered address, not of the ledger */
       WW_DEV_CLOSED = 8,     /* must not reach the internet */
       WW_DEV_WIRELESS = 16   /* in a wireless zone */
};

struct ww_device_key {
    uint8_t kind; /* enum ww_device_kind */
    uint8_t fam;
    uint8_t b[16]; /* MAC or IP */
    uint8_t pad[6];
    uint64_t scope; /* number in the ledger, or VLAN and tunnel */
};

struct ww_device {
    struct ww_device_key key;
    uint64_t serial; /* never used twice: tells whether a kept reference is still this device */
    const struct ww_site_device *ledger; /* NULL = not in the ledger */
    const struct ww_site_zone *zone;
    const struct ww_baseline *bl; /* NULL = no declaration */
    struct ww_ip ip;
    struct ww_mac mac;
    uint64_t first_ns, last_ns;
    uint32_t flags;
    uint32_t told;         /* bits of the detectors: what was raised for it already */
    uint64_t last_high_ns; /* for the detectors */
    char id[WW_DEVICE_ID], label[WW_DEVICE_ID];
};

/* A reference that may outlive the device. */
struct ww_device_ref {
    uint32_t index;
    uint64_t serial; /* 0 = none */
};

/* What was found out about one end of a flow; good until the inventory changes in a way that could
 * give another answer. */
struct ww_device_seen {
    uint64_t serial, newest; /* serial 0: nobody, while the newest device is still that one */
    uint32_t index, gen;     /* gen 0 = not asked yet */
    struct ww_mac mac;
    bool sent; /* asked with make */
};

struct ww_devices;
struct ww_devices_cfg {
    const struct ww_registry *registry;
    const struct ww_site *site;
    const char *const *app_names;
    const char *oui_dir;
    uint32_t devices, addresses, facts;
    struct ww_tell *tell; /* kept */
};

enum ww_rc ww_devices_new(struct ww_devices **out, const struct ww_devices_cfg *cfg,
                          struct ww_err *e) WW_MUST_CHECK;
void ww_devices_free(struct ww_devices *d);
/** Told for each new device, before any evidence: binds its declaration. */
void ww_devices_on_new(struct ww_devices *d, void (*fn)(void *ctx, struct ww_device *dev),
                       void *ctx);

/** Do events with this type's number say anything about devices? */
bool ww_devices_wants(const struct ww_devices *d, int type);
/** Takes one event: its ends become devices, its fields evidence. */
void ww_devices_see(struct ww_devices *d, const struct ww_event *e);

/**
 * The flow of the event that is judged now, so that its ends are looked up once.
 * In:     at  by enum ww_dir, kept with the flow; NULL = the event belongs to none. Both pointers
 *         are kept until the next call.
 */
void ww_devices_flow(struct ww_devices *d, const struct ww_event *e, struct ww_device_seen *at);

/** Text of a device's id from its key. o: has room for WW_DEVICE_ID. */
void ww_device_id_text(struct ww_out *o, const struct ww_site *site,
                       const struct ww_device_key *key);

/** Device at one end of an event. make: it may be new, because it sent something.
 * Return: NULL when it is outside, a group address, or not known */
struct ww_device *ww_devices_end(struct ww_devices *d, const struct ww_event *e, enum ww_dir side,
                                 bool make);
/** As end without make, but a device of the ledger counts even if nothing of its own was seen: on a
 * one-way mirror somebody speaks with it all the same. */
struct ww_device *ww_devices_spoken_to(struct ww_devices *d, const struct ww_event *e,
                                       enum ww_dir side);
/** Device by an address that was seen in the same scope as e. */
struct ww_device *ww_devices_by_ip(struct ww_devices *d, const struct ww_event *e,
                                   const struct ww_ip *ip);
/** Device by its MAC address alone (ARP, DHCP). make: it may be new. */
struct ww_device *ww_devices_by_mac(struct ww_devices *d, const struct ww_event *e,
                                    const struct ww_mac *mac, bool make);
struct ww_device_ref ww_devices_ref(const struct ww_devices *d, const struct ww_device *dev);
struct ww_device *ww_devices_get(const struct ww_devices *d, struct ww_device_ref r);

/** Tells a fact about a device once. cause may be NULL. */
void ww_devices_fact(struct ww_devices *d, struct ww_device *dev, const struct ww_event *cause,
                     const char *attribute, struct ww_slice value, const char *source,
                     uint8_t confidence);
/** Tells a change of a device. */
void ww_devices_changed(struct ww_devices *d, const struct ww_device *dev,
                        const struct ww_event *cause, const char *what, const char *before,
                        const char *after);
/** Name of the device for people: of the ledger, else what it calls itself, else its id. */
const char *ww_device_label(const struct ww_device *dev);
bool ww_ip_is_group(const struct ww_ip *ip); /* multicast, broadcast, unspecified */

/** Tells each device of the inventory. */
void ww_devices_each(const struct ww_devices *d, void (*fn)(void *ctx, const struct ww_device *dev),
                     void *ctx);

struct ww_device_counts {
    uint64_t devices, devices_evicted, addresses_evicted, facts_evicted;
};
void ww_devices_counts(const struct ww_devices *d, struct ww_device_counts *out);
/** A sentence about the start ("no OUI list ..."), NULL = none. */
const char *ww_devices_note(const struct ww_devices *d);

/* ---- who makes network cards (oui.c) ---- */
struct ww_oui;
/** Loads oui.csv, mam.csv and oui36.csv (IEEE) of a folder. Return: NULL when there is none; note
 * then says so. */
struct ww_oui *ww_oui_load(const char *dir, char *note, size_t note_size);
void ww_oui_free(struct ww_oui *o);
/** Name of the organisation with the longest prefix; "" = not listed. */
const char *ww_oui_vendor(struct ww_oui *o, const struct ww_mac *mac);
size_t ww_oui_count(const struct ww_oui *o);
#endif
