/* read.h - private to rules/site: a YAML document read by tables of keys, with one sticky error. */
#ifndef WW_RULES_SITE_READ_H
#define WW_RULES_SITE_READ_H
#include "rules/site/site.h"
#include <yaml.h>

/* Memory that is given back as a whole. */
struct site_block;

struct site_list { /* a service or a controller class */
    const char *name;
    const struct ww_site_net *net;
    size_t n;
};
struct site_key { /* index of the ledger, sorted by key */
    uint8_t key[17];
    uint16_t dev;
};
struct site_zone_net { /* longest prefix first */
    struct ww_site_net net;
    const struct ww_site_zone *zone;
};

struct ww_site {
    struct site_block *mem;
    const char *file, *dir, *hospital, *language;
    struct ww_site_zone *zone;
    struct ww_site_device *dev;
    struct site_list *service, *controller;
    struct ww_site_contact *contact;
    struct ww_site_exception *exception;
    struct ww_site_maintenance *maintenance;
    struct site_zone_net *zone_net;
    struct site_key *by_mac, *by_ip;
    size_t nzone, ndev, nservice, ncontroller, ncontact, nexception, nmaintenance, nzone_net, nmac,
        nip;
    struct ww_site_thresholds thresholds;
};

struct sr {
    yaml_document_t doc;
    struct ww_site *s;
    struct ww_err *e;
    enum ww_rc rc; /* the first failure; later ones are not told */
};

/* One key of a mapping: read puts the value into the object that the table belongs to. */
struct sr_key {
    const char *name;
    void (*read)(struct sr *r, yaml_node_t *v, void *obj);
};

void *ww_site_alloc(struct sr *r, size_t n, size_t size);
/** Keeps the first failure: "FILE:LINE: sentence". */
void ww_site_fail(struct sr *r, const yaml_node_t *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
unsigned ww_site_line(const yaml_node_t *at);
/** Reads a mapping by its table (ends with name NULL), in the order of the table. Unknown and
 * double keys fail. what: "a zone", for the message. */
void ww_site_map(struct sr *r, yaml_node_t *v, const char *what, const struct sr_key *keys,
                 void *obj);
/** Calls read for each pair of a mapping with free keys. obj is an array with members of size. */
void *ww_site_pairs(struct sr *r, yaml_node_t *v, const char *what, size_t size, size_t *n,
                    void (*read)(struct sr *r, const char *key, yaml_node_t *v, void *obj));
/** Reads a sequence into an array; a missing value (null) is an empty one. */
void *ww_site_seq(struct sr *r, yaml_node_t *v, const char *what, size_t size, size_t max,
                  size_t *n, void (*read)(struct sr *r, yaml_node_t *v, void *obj));
/** A scalar as text; null is "". Limits: WW_SITE_TEXT_MAX. */
const char *ww_site_text(struct sr *r, yaml_node_t *v, const char *what);
bool ww_site_bool(struct sr *r, yaml_node_t *v, const char *what);
uint32_t ww_site_u32(struct sr *r, yaml_node_t *v, const char *what, uint32_t min, uint32_t max);
/** A date (the start of the day, UTC) or a date with time and zone (RFC 3339). */
uint64_t ww_site_time(struct sr *r, yaml_node_t *v, const char *what, bool *date_only);
/** An id: used in reports, on command lines and in file names. */
const char *ww_site_id(struct sr *r, yaml_node_t *v, const char *what);
/** One of a list of words; "" is allowed. Return: its index from 1, 0 for "". */
unsigned ww_site_word(struct sr *r, yaml_node_t *v, const char *what, const char *const *words);
/** Address or subnet into a struct ww_site_net. */
void ww_site_read_net(struct sr *r, yaml_node_t *v, void *obj);
/* Members of the lists zones and devices. */
void ww_site_read_zone(struct sr *r, yaml_node_t *v, void *obj);
void ww_site_read_device(struct sr *r, yaml_node_t *v, void *obj);
/** Reads the root of the document into r->s. */
void ww_site_root(struct sr *r);
/** Checks across the file and builds the look-up tables. */
void ww_site_finish(struct sr *r);
#endif
