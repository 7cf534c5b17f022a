/* alert.h - detectors report findings; here they become alerts: severity, aggregation by key,
 * reminders.
 *
 * One judge thread owns a struct ww_alerts. All memory is reserved by ww_alerts_new(); raising
 * allocates nothing. Time is packet time. Levels 4 and 5 are never suppressed, only repeated
 * observations are gathered (INV-07).
 */
#ifndef WW_GUIDELINE_ALERT_H
#define WW_GUIDELINE_ALERT_H
#include "rules/guideline/guide.h"
#include "sensor/base/hash.h"

enum ww_use_env { /* intended environment of use (declaration item B10) */
                  WW_USE_UNKNOWN,
                  WW_USE_HOSPITAL,
                  WW_USE_HOME,
                  WW_USE_WORN,
                  WW_USE_UNSPECIFIED /* declared as unspecified; not the same as unknown */
};

/* What a detector found. Zero is "unknown" or "no" everywhere, except where a comment says
 * otherwise. Slices are copied; texts longer than the field of the record are cut and marked.
 * Nothing in here may come from a patient's data. */
struct ww_finding {
    uint16_t class;
    char variant;

    struct ww_slice asset_id, device_label, zone;
    struct ww_slice peer, peer_role; /* part of the key; leave peer empty to gather by role */
    struct ww_slice peer_zone;
    uint8_t ip_proto;
    uint16_t port;
    struct ww_slice app, observed, declared;
    uint32_t phi_kinds; /* presence only, bits as in the record */
    uint32_t subjects;  /* people concerned, WW_NULL32 = unknown */
    uint64_t bytes_out; /* of this observation, WW_NULL64 = unknown; the alert adds them up */
    bool amends; /* more about an observation that was raised before: adds bytes to its alert, is not
                    counted, never makes an alert */

    enum ww_device_class device_class;
    enum ww_clinical_role role;
    uint8_t weight_least; /* the parent's of an accessory; the zone's highest for the sensor */
    enum ww_use_env environment;
    bool peer_external;            /* E1 */
    bool wireless;                 /* E2 */
    bool unsupported;              /* E4: past end of support and no working compensating control */
    bool operable;                 /* E6: declared as operable over the network */
    bool compensated;              /* E7: declared compensating control observed to hold */
    bool work_order;               /* E8: partly matches an approved work order */
    bool ports_open;               /* E9: external ports declared usable */
    enum ww_confidence confidence; /* low is E10 */
    uint8_t hypotheses;            /* enum ww_hypothesis bits */

    bool coverage_gap; /* observation has gaps now */
    bool one_way;
    uint32_t loss_ppm; /* WW_NULL32 = unknown */

    struct ww_slice baseline_id, baseline_digest;
    struct ww_slice field, reason; /* evidence: event field and reason code, never a value */
    const struct ww_event
        *cause; /* evidence: its header gives source, frame, flow and both ends; NULL = none */
};

/** A finding with everything unknown that 0 does not say. */
struct ww_finding ww_finding(uint16_t class, char variant);

/**
 * Exception of the site file that covers a finding; asked for levels 1 to 3 only, at every finding,
 * so that an expiry takes effect. Return: its id, NULL when there is none. The text must live until
 * the call of ww_alerts_raise() returns.
 */
typedef const char *ww_exception_fn(void *arg, const struct ww_finding *f, unsigned level,
                                    uint64_t now_ns);

enum { WW_ALERTS_CAP = 4096, WW_ALERTS_PEERS = 64 };

struct ww_alerts_conf {
    uint32_t cap;      /* alerts kept open in memory; 0 = WW_ALERTS_CAP */
    struct ww_key key; /* for the hash tables */
    ww_exception_fn *exception;
    void *exception_arg;
};

/* Counters since start. */
struct ww_alerts_stats {
    uint64_t findings; /* calls of ww_alerts_raise */
    uint64_t raised;   /* new alerts */
    uint64_t gathered; /* findings that went into an existing alert */
    uint64_t
        folded; /* of these, because the device had WW_ALERTS_PEERS alerts of the kind already */
    uint64_t reminders;
    uint64_t excepted; /* findings covered by an exception */
    uint64_t evicted;  /* alerts pushed out of the full table; a later finding is a new alert */
    uint64_t notes_evicted; /* memories of E5 and of folding that were pushed out */
    uint64_t unclassed;     /* findings whose class or variant the data does not have */
    uint64_t open;          /* in the table now */
};

enum ww_alert_state { WW_ALERT_OPEN, WW_ALERT_ACKED, WW_ALERT_CLOSED };

struct ww_alerts;

enum ww_rc ww_alerts_new(struct ww_alerts **out, const struct ww_guide *g,
                         const struct ww_alerts_conf *conf, struct ww_err *e) WW_MUST_CHECK;
void ww_alerts_free(struct ww_alerts *a);

/**
 * Takes a finding: computes its severity, gathers it by key, and emits an alert event when the
 * alert is new, when its level rises, or when an exception that covered it has ended. Units: now_ns
 * packet time, ns since 1970
 */
void ww_alerts_raise(struct ww_alerts *a, const struct ww_finding *f, uint64_t now_ns,
                     ww_event_fn *emit, void *to);

/**
 * Emits reminders that are due: level 5 every 5 min until somebody confirms; level 4 every 30 min,
 * 3 every 8 h, 2 every 24 h and 1 every 30 days if there were further observations.
 */
void ww_alerts_tick(struct ww_alerts *a, uint64_t now_ns, ww_event_fn *emit, void *to);

/** Emits what has changed since it was emitted last: counts and times. */
void ww_alerts_end(struct ww_alerts *a, uint64_t now_ns, ww_event_fn *emit, void *to);

/** Tells what a person did. Return: false when the alert is not in the table. */
bool ww_alerts_state(struct ww_alerts *a, uint64_t alert_id, enum ww_alert_state s);

/**
 * Puts a stored alert back at start, so that counting goes on and numbers are not used twice. In a
 * full table the alert that matters least gives way, as for a new one.
 * Return: false when there is no room; the number is taken into account all the same
 */
bool ww_alerts_restore(struct ww_alerts *a, const struct ww_alert *rec, enum ww_alert_state s);

const struct ww_alerts_stats *ww_alerts_stats(const struct ww_alerts *a);
#endif
