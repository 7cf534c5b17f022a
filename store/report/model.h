/* model.h - what a report tells, read from the store once for text and JSON alike. */
#ifndef WW_STORE_MODEL_H
#define WW_STORE_MODEL_H
#include "store/db/db.h"

/* A number that may be unknown: WW_NULL64. */
struct ww_coverage {
    bool known; /* false: no statistics were stored, nothing is known about losses */
    uint64_t packets, bytes, kernel_drops, ring_drops, truncated, clock_steps, invalid, flows, tcp,
        midstream, one_way, gap_bytes, late, event_drops, stopped, no_tcp,
        no_state, no_buffer, fragments_evicted, requests_evicted, gap_bulk_bytes, gap_acked_bytes,
        gap_cut_bytes;
    uint64_t loss_ppm, one_way_ppm, midstream_ppm, truncated_ppm;
    char grade[12];
    char reasons[512]; /* separated by WW_SEP */
};

enum { WW_SEP = 0x1f }; /* separates the values of a list in one text */

/* One interface or file, or one VLAN of it. */
struct ww_link_row {
    struct ww_slice name, grade, reasons; /* reasons are separated by WW_SEP */
    bool vlan_scope;                      /* one VLAN */
    uint64_t vlan, packets, untold;
    uint64_t loss_ppm, one_way_ppm, midstream_ppm, truncated_ppm; /* WW_NULL64 = unknown */
    struct ww_slice json; /* the whole record */
};

struct ww_totals {
    char hospital[256], site_file[256], version[64];
    uint64_t runs, sources, first, last; /* packet time, 0 = none */
    uint64_t devices, undeclared, conversations, alerts, links;
    uint64_t open_alerts[6]; /* by level: neither closed nor suppressed now */
    uint64_t closed, suppressed, violations, unresolved;
    struct ww_coverage coverage; /* of the latest run */
    uint64_t worse_runs;         /* earlier runs with a worse grade */
    char worst[12];
};

struct ww_source_row {
    uint64_t run, first, last, frames;
    struct ww_slice name;
    bool live;
};

/* Values of device.evidence, best first; lists are separated by WW_SEP. */
#define WW_DEVICE_ATTRIBUTES(X)                                                                    \
    X(name)                                                                                        \
    X(location)                                                                                    \
    X(department)                                                                                  \
    X(zone)                                                                                        \
    X(regulatory_class)                                                                            \
    X(clinical_role)                                                                               \
    X(nic_vendor)                                                                                  \
    X(vendor)                                                                                      \
    X(model)                                                                                       \
    X(serial)                                                                                      \
    X(swver)                                                                                       \
    X(os)                                                                                          \
    X(class)                                                                                       \
    X(hostname)                                                                                    \
    X(ae_title)                                                                                    \
    X(implementation)                                                                              \
    X(implementation_uid)                                                                          \
    X(hl7_application)                                                                             \
    X(role)                                                                                        \
    X(service)                                                                                     \
    X(baseline)                                                                                    \
    X(dhcp_vendor_class)                                                                           \
    X(mud_url)
struct ww_device_row {
    struct ww_slice id, ip, mac, ips, apps;
    uint64_t first, last;
#define WW_X(a) struct ww_slice a;
    WW_DEVICE_ATTRIBUTES(WW_X)
#undef WW_X
};

struct ww_conv_row {
    struct ww_slice device, peer, peer_id, direction, app, verdict;
    uint64_t ip_proto, port, flows, bytes_out, bytes_in, first, last, days;
};

struct ww_alert_row {
    uint64_t id; /* number in the database */
    struct ww_alert a;
    const char *state; /* open, ack, closed, suppressed */
    uint64_t until;    /* of a suppression */
    struct ww_slice source;
};

struct ww_action_row {
    uint64_t at, until;
    struct ww_slice who, action, why;
};

/* Each is called once per row, in the order of the report; slices live for the call. */
typedef void ww_source_fn(void *to, const struct ww_source_row *r);
typedef void ww_device_fn(void *to, const struct ww_device_row *r);
typedef void ww_link_fn(void *to, const struct ww_link_row *r);
typedef void ww_conv_fn(void *to, const struct ww_conv_row *r);
typedef void ww_alert_fn(void *to, const struct ww_alert_row *r);
typedef void ww_action_fn(void *to, const struct ww_action_row *r);

/** now_ns decides whether a suppression still holds; 0 = the last packet. */
enum ww_rc ww_model_totals(const struct ww_store *s, struct ww_totals *t, uint64_t now_ns,
                           struct ww_err *e) WW_MUST_CHECK;
enum ww_rc ww_model_sources(const struct ww_store *s, ww_source_fn *fn, void *to,
                            struct ww_err *e) WW_MUST_CHECK;
/** Devices of the ledger first, then by id. limit 0 = all. */
enum ww_rc ww_model_devices(const struct ww_store *s, uint64_t limit, ww_device_fn *fn, void *to,
                            struct ww_err *e) WW_MUST_CHECK;
/** Do the packets of all runs lie in one day (UTC)? Then no conversation has a second row. */
enum ww_rc ww_model_one_day(const struct ww_store *s, bool *one, struct ww_err *e) WW_MUST_CHECK;
/** Interfaces, files and VLANs of the latest run: in their order, or the worst grade first. */
enum ww_rc ww_model_links(const struct ww_store *s, bool worst_first, uint64_t limit, ww_link_fn *fn,
                          void *to, struct ww_err *e) WW_MUST_CHECK;
/** Worst verdict first, then the most bytes. A conversation between two devices is told once, by the
 * one that asked. Days are added up. */
enum ww_rc ww_model_convs(const struct ww_store *s, uint64_t limit, ww_conv_fn *fn, void *to,
                          struct ww_err *e) WW_MUST_CHECK;
/** Adds alerts to the totals, by state and level. */
enum ww_rc ww_model_alert_counts(const struct ww_store *s, uint64_t now_ns, struct ww_totals *t,
                                 struct ww_err *e) WW_MUST_CHECK;
struct ww_alert_ask {
    uint64_t id, limit; /* 0 = all */
    uint64_t now_ns;    /* decides whether a suppression still holds */
    bool open_only;     /* neither closed nor suppressed */
};
/** Highest level first, harm (H) before leakage (P) (INV-06), then the newest. */
enum ww_rc ww_model_alerts(const struct ww_store *s, const struct ww_alert_ask *ask, ww_alert_fn *fn,
                           void *to, struct ww_err *e) WW_MUST_CHECK;
enum ww_rc ww_model_actions(const struct ww_store *s, uint64_t alert, ww_action_fn *fn, void *to,
                            struct ww_err *e) WW_MUST_CHECK;
/** First value of a list. */
struct ww_slice ww_model_first(struct ww_slice list);
/** Name of a file without its folders. */
struct ww_slice ww_model_base(struct ww_slice path);
/** Walks a list: *at starts at 0; p == NULL ends it. */
struct ww_slice ww_model_item(struct ww_slice list, size_t *at);
#endif
