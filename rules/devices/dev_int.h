/* dev_int.h - private to rules/devices. */
#ifndef WW_RULES_DEVICES_DEV_INT_H
#define WW_RULES_DEVICES_DEV_INT_H
#include "rules/devices/devices.h"

enum { DEV_OWN = 4, DEV_EXTRA_MAX = 32, DEV_ROLE_FIELDS_MAX = 1024, DEV_MEMO = 8192 };

struct dev_mac { /* what is known of a MAC address */
    uint8_t mac[8];
    struct ww_ip own[DEV_OWN]; /* addresses that it claimed by ARP or was given by DHCP */
    struct ww_ip seen4;        /* first IPv4 address that came from it */
    uint8_t nown;
    bool router;
};

struct dev_addr_key {
    uint8_t b[16]; /* first, so that words of the key are read as they were written */
    uint8_t fam;
    uint8_t pad[7];
    uint64_t scope;
};
struct dev_addr { /* a shortcut: which device an address is */
    struct dev_addr_key key;
    struct ww_mac mac;
    bool sent; /* packets from it with this MAC address were looked at */
    struct ww_device_ref ref;
    uint64_t gen;
};

enum dev_subject { DEV_SRC, DEV_DST, DEV_OTHER };
struct dev_topic { /* what is said, and where it was read */
    const char *attribute, *source;
    uint64_t hash; /* of both */
};
struct dev_field { /* a field that says something about a device */
    const struct ww_field *f;
    struct dev_topic topic;
    char source[64]; /* event.field */
    uint8_t subject; /* enum dev_subject */
    bool medical;    /* who tells it speaks a medical protocol */
};
struct dev_type {      /* the fields of one event type */
    uint16_t first, n; /* in ww_devices.field */
    const struct ww_field *subject_mac, *subject_ip;
};

struct dev_served {
    uint64_t device; /* serial */
    uint16_t port;
    uint8_t ip_proto, app;
    uint8_t pad[4];
};

/* What an end of the event that is judged now was found to be: good until the inventory changes. */
struct dev_memo {
    struct ww_device *dev;
    uint64_t gen, newest; /* gen 0 = not asked yet */
    bool made;            /* asked with make */
};

struct ww_devices {
    struct ww_devices_cfg cfg;
    struct ww_table dev, addr, mac, fact;
    struct ww_table served; /* services whose facts were told: keyed by device, port, protocol */
    const struct ww_event *flow_event; /* see ww_devices_flow */
    struct ww_device_seen *flow_at;
    struct dev_memo memo_end[2]; /* by enum ww_dir, of flow_event */
    bool sent_before; /* the address that was found last had sent from its MAC address */
    struct ww_oui *oui;
    char note[256];
    uint64_t serial; /* of the last new device */
    uint64_t gen;    /* grows when shortcuts become wrong */
    struct ww_key fact_key;
    uint64_t memo[DEV_MEMO]; /* hashes of what was told lately: asked before the tables */
    void (*on_new)(void *ctx, struct ww_device *dev);
    void *on_new_ctx;
    struct dev_type type[WW_EVENT_TYPES_MAX];
    struct dev_field field[DEV_ROLE_FIELDS_MAX];
    uint16_t nfield;
    /* events with a meaning of their own; -1 = not in this program */
    int t_request, t_response, t_message, t_ack, t_end, t_update, t_arp, t_dhcp;
    const struct ww_field *request_command, *response_command;
    const struct ww_field *arp_mac, *arp_ip, *arp_differs;
    const struct ww_field *dhcp_type, *dhcp_mac, *dhcp_ip, *dhcp_relay;
    const struct ww_field *end_toserver, *end_toclient, *upd_toserver, *upd_toclient;
};

/** Finds the fields with a role, and the events that evidence.c reads by name. */
enum ww_rc ww_devices_resolve(struct ww_devices *d, struct ww_err *e) WW_MUST_CHECK;
/** Tells what the fields of an event say (evidence.c). */
void ww_devices_evidence(struct ww_devices *d, const struct ww_event *e);
/** The device claimed the address by ARP, or DHCP gave it. */
void ww_devices_own(struct ww_devices *d, const struct ww_mac *mac, const struct ww_ip *ip,
                    bool only);
struct dev_topic ww_devices_topic(const struct ww_devices *d, const char *attribute,
                                  const char *source);
/** As ww_devices_fact(), for a topic that was made before. */
void ww_devices_fact_on(struct ww_devices *d, struct ww_device *dev, const struct ww_event *cause,
                        const struct dev_topic *topic, struct ww_slice value, uint8_t confidence);
/** True when the hash was noted lately; else notes it. */
bool ww_devices_lately(struct ww_devices *d, uint64_t hash);
/* Why a device with an address is asked for. */
enum dev_why {
    DEV_KNOWN, /* it may be new to us, then it is none */
    DEV_MAKE,  /* it is there: becomes a device */
    DEV_SENT   /* as MAKE, and its packets came with the MAC address */
};
/** Under which a shortcut for an address is kept. */
struct dev_addr_key ww_devices_addr_key(const struct ww_event *e, const struct ww_ip *ip);
/** The device with an address; mac all zero = not seen. */
struct ww_device *ww_devices_at(struct ww_devices *d, const struct ww_event *e,
                                const struct ww_ip *ip, const struct ww_mac *mac, enum dev_why why);
#endif
