/* detect.h - detectors: each turns facts into findings, in one file and one line of a list.
 *
 * A detector is told verdicts (for each device at an end of a flow or message), events and time. It
 * reports findings; severity, aggregation and texts are the guideline's business.
 */
#ifndef WW_RULES_DETECT_DETECT_H
#define WW_RULES_DETECT_DETECT_H
#include "rules/baseline/baseline.h"
#include "rules/devices/conversation.h"
#include "rules/devices/names.h"
#include "rules/guideline/alert.h"

/* When a verdict was asked for. */
enum ww_stage { WW_AT_START, WW_AT_OPEN, WW_AT_APP, WW_AT_UPDATE, WW_AT_END, WW_AT_MESSAGE };

/* One device's view of a flow or message. */
struct ww_judged {
    const struct ww_event *e;
    struct ww_device *dev;
    enum ww_dir side; /* the device's end */
    enum ww_stage stage;
    struct ww_bl_verdict *v;  /* NULL: the device has no declaration; texts: ww_found_judged */
    struct ww_flow_rec *flow; /* NULL: not known any more */
    bool external;            /* the peer is outside the hospital */
    bool device_opened, opener_known;
    bool opened;        /* the peer answered, or the connection was open before */
    uint64_t bytes_out; /* at the end: sent by the device; WW_NULL64 = not known yet */
};

/* What a view has that a detector may ask for. Most have nothing of it: a device of the ledger does
 * what its declaration permits, inside the hospital. */
enum {
    WW_WHEN_DEVIATES = 1,   /* the declaration does not permit it */
    WW_WHEN_RECOGNISED = 2, /* the protocol of the flow was found, and there is a declaration */
    WW_WHEN_EXTERNAL = 4,   /* the peer is outside the hospital */
    WW_WHEN_UNLISTED = 8,   /* the device is not in the ledger */
    WW_WHEN_UNDECLARED = 16 /* no declaration, or one that knows no cyber risk */
};

struct ww_detect;
struct ww_detector {
    const char *id;    /* "WD-101" */
    size_t state_size; /* zeroed */
    unsigned when;     /* WW_WHEN_*: judged() is told only of what has one of these */
    /* Finds fields, reserves tables. NULL members are not called. */
    enum ww_rc (*start)(struct ww_detect *d, void *state, struct ww_err *e);
    void (*stop)(void *state);
    void (*judged)(struct ww_detect *d, void *state, const struct ww_judged *j);
    void (*event)(struct ww_detect *d, void *state, const struct ww_event *e);
    void (*tick)(struct ww_detect *d, void *state, uint64_t now, bool end);
    uint64_t (*evicted)(const void *state); /* records pushed out of its tables */
};
extern const struct ww_detector *const ww_detectors[]; /* NULL-terminated: detectors.c */

/* Bits of ww_flow_rec.raised: once per flow and device. Bits of ww_device.told: once per device. */
enum {
    WW_ONCE_101 = 1,
    WW_ONCE_102 = 2,
    WW_ONCE_103 = 4,
    WW_ONCE_104 = 8,
    WW_ONCE_102C = 16,
    WW_ONCE_NAMES = 32,
    WW_ONCE_501A = 1,
    WW_ONCE_501B = 2,
    WW_ONCE_502A = 4,
    WW_ONCE_502B = 8
};

struct ww_detect_cfg {
    const struct ww_registry *registry;
    const struct ww_site *site;
    const struct ww_guide *guide;
    const char *const *app_names;
    struct ww_devices *devices;
    struct ww_conv *conv;
    struct ww_names *names;
    struct ww_tell *tell;
};
enum ww_rc ww_detect_new(struct ww_detect **out, const struct ww_detect_cfg *cfg,
                         struct ww_err *e) WW_MUST_CHECK;
void ww_detect_free(struct ww_detect *d);
/** WW_WHEN_* of a view; v NULL = no declaration. */
unsigned ww_detect_when(const struct ww_device *dev, const struct ww_bl_verdict *v,
                        enum ww_stage stage, bool external);
/** Tells a view to the detectors that ask for something of when. */
void ww_detect_judged(struct ww_detect *d, const struct ww_judged *j, unsigned when);
void ww_detect_event(struct ww_detect *d, const struct ww_event *e);
/** Does a detector read events with this type's number? */
bool ww_detect_wants(const struct ww_detect *d, int type);
void ww_detect_tick(struct ww_detect *d, uint64_t now, bool end);
const struct ww_alerts_stats *ww_detect_stats(const struct ww_detect *d);
/** Records that detectors and the memory of closed alerts pushed out for lack of room. */
uint64_t ww_detect_evicted(const struct ww_detect *d);
/** The table of alerts, for what people decide about them. */
struct ww_alerts *ww_detect_alerts(const struct ww_detect *d);

/* ---- for detectors ---- */
const struct ww_detect_cfg *ww_detect_cfg(const struct ww_detect *d);
/** Number of an event type; -1 when this program lacks it. f may be NULL. To be called in start():
 * the detector is told events of these types only. */
enum ww_rc ww_detect_field(struct ww_detect *d, const char *event, const char *field, int *t,
                           const struct ww_field **f, struct ww_err *e) WW_MUST_CHECK;
/** Number of the type of the event that is being told. */
int ww_detect_type(const struct ww_detect *d);
const char *ww_detect_app(const struct ww_detect *d, const struct ww_event *e); /* "" = none */
/** The protocol of a view: dissector of the message, else of the flow; "" = none. */
const char *ww_detect_spoken(const struct ww_detect *d, const struct ww_judged *j);
/** Is it a protocol of medical devices? */
bool ww_detect_speaks_medical(const struct ww_detect *d, const struct ww_judged *j);
bool ww_detect_medical(const char *app);
/** Is the device meant for a closed network? why: a word of the guideline's texts that says who
 * says so: ledger, zone or declaration. */
bool ww_detect_closed(const struct ww_device *dev, const char **why);

/** Does the device use a service of the site file by its usual port (S10)? Such use is the
 * hospital's wish, whatever the declaration lacks. */
bool ww_detect_sanctioned(const struct ww_detect *d, const struct ww_judged *j);

/* A finding under construction: the texts live here until it is raised. */
struct ww_found {
    struct ww_finding f;
    char peer[WW_NAME_MAX], name[WW_NAME_MAX], observed[WW_BL_TEXT + 32], declared[WW_BL_TEXT];
};
/** Fills in everything that a device and its peer say. e NULL: no cause. */
void ww_found_device(struct ww_detect *d, struct ww_found *x, uint16_t class_, char variant,
                     const struct ww_event *e, const struct ww_device *dev, enum ww_dir side);
/** As above, and the verdict's texts. */
void ww_found_judged(struct ww_detect *d, struct ww_found *x, uint16_t class_, char variant,
                     const struct ww_judged *j);
void ww_found_peer(struct ww_found *x, const char *peer);
void ww_found_observed(struct ww_found *x, const char *text);
void ww_found_declared(struct ww_found *x, const char *text);
void ww_found_raise(struct ww_detect *d, struct ww_found *x);
#endif
