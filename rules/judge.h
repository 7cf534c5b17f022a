/* judge.h - PUBLIC: event in; devices, verdicts and alerts out, in a fixed order.
 *
 * One judge holds devices, baselines and detectors. It belongs to one thread. Every event goes
 * first to the judge and then to the outputs; what the judge tells is again an event. After
 * ww_judge_new it allocates nothing.
 */
#ifndef WW_RULES_JUDGE_H
#define WW_RULES_JUDGE_H
#include "rules/baseline/baseline.h"
#include "rules/site/site.h"

struct ww_guide;     /* rules/guideline/guide.h */
struct ww_alert;     /* rules/guideline/guide.h */
struct ww_footprint; /* rules/baseline/footprint.h */

/* Zero means the default. The least of each is 16. */
struct ww_judge_caps {
    uint32_t devices;       /* default 16384 */
    uint32_t addresses;     /* addresses with their device, default 4 x devices */
    uint32_t facts;         /* evidence told, default 16 x devices */
    uint32_t conversations; /* that are kept between two tellings, default 262144 */
    uint32_t flows;         /* flows that are open, default 262144 */
    uint32_t verdicts;      /* default 65536 */
    uint32_t names;         /* DNS names by device and address, default 32768 */
};

struct ww_judge_cfg {
    const struct ww_registry *registry; /* complete: ww_judge_events and all others are in it */
    const char *const *app_names;       /* names of the dissectors, NULL-terminated */
    const struct ww_site *site;         /* NULL = no site file */
    const struct ww_guide *guide;       /* classes of alerts */
    const char *data_dir;               /* folder of --data, NULL = built in */
    const char *oui_dir;                /* folder with oui.csv, NULL = /usr/share/ieee-data */
    const char *const *baseline_paths;  /* --baseline: files or folders */
    size_t nbaselines;
    const char *const *bind_to; /* --device: id, MAC or IP that the --baseline files are bound to */
    size_t nbind_to;
    struct ww_judge_caps caps;
};

/* What could not be kept, and what is there. */
struct ww_judge_counts {
    uint64_t devices, devices_evicted;
    uint64_t addresses_evicted;
    uint64_t facts_evicted;
    uint64_t conversations, conversations_evicted; /* evicted ones were told before */
    uint64_t flows, flows_evicted;
    uint64_t verdicts_evicted;
    uint64_t names_evicted;
    uint64_t alerts_evicted;
    uint64_t detectors_evicted; /* what detectors keep, and what is remembered of closed alerts */
    uint64_t baselines, baselines_bound; /* declarations read; devices that have one */
    uint64_t late;                       /* events that came out of order (WW_EV_LATE) */
};

struct ww_judge;

/** The events that the judge tells: device.*, baseline.verdict, alert. NULL-terminated. */
extern const struct ww_event_type *const ww_judge_events[];

/**
 * Reads the baselines and reserves all memory. Keeps what the pointers of cfg name, lists included
 * (not cfg itself).
 * Return: WW_E_CONF names the file, line or field and the remedy.
 */
enum ww_rc ww_judge_new(struct ww_judge **out, const struct ww_judge_cfg *cfg,
                        struct ww_err *e) WW_MUST_CHECK;
/** Does anything come of events of this type besides that their sender is there? Of a flow, its start
 * says that. */
bool ww_judge_wants(const struct ww_judge *j, const struct ww_event_type *t);
enum { WW_JUDGE_SOON = 31 };
/**
 * Says which events will be judged next, so that the records which they need are fetched from memory
 * at the same time. Changes nothing; it may be left out.
 * Limits: the first WW_JUDGE_SOON count
 */
void ww_judge_soon(const struct ww_judge *j, const struct ww_event *const *e, size_t n);
/** Judges one event; what follows from it is told to emit before the call returns. */
void ww_judge_see(struct ww_judge *j, const struct ww_event *e, ww_event_fn *emit, void *to);
/**
 * Takes up an alert that an earlier run stored, oldest first and before the first event: its number
 * and its count go on. In: action: what people decided last: ack, close, suppress, "" for nothing.
 * Return: false when no room could be made for it; its number is not used again all the same
 */
bool ww_judge_restore(struct ww_judge *j, const struct ww_alert *a, const char *action);
/** A person decided about an alert. Return: false when the alert is not in the table any more. */
bool ww_judge_operator(struct ww_judge *j, uint64_t alert_id, const char *action);
/** Packet time passes: flushes what is due. */
void ww_judge_tick(struct ww_judge *j, uint64_t now_ns, ww_event_fn *emit, void *to);
/** The end of the input: flushes everything. */
void ww_judge_end(struct ww_judge *j, uint64_t now_ns, ww_event_fn *emit, void *to);
void ww_judge_free(struct ww_judge *j);

/** The i-th declaration that was read, first those of --baseline; NULL ends. */
const struct ww_baseline *ww_judge_baseline(const struct ww_judge *j, size_t i);
/** Feeds a footprint with what one device does. Keeps fp and device. In: device id, MAC or IP. */
void ww_judge_footprint(struct ww_judge *j, struct ww_footprint *fp, const char *device);

void ww_judge_counts(const struct ww_judge *j, struct ww_judge_counts *out);
/** Sentences about the start for the operator ("no OUI list: vendors stay unknown"); NULL ends. */
const char *ww_judge_note(const struct ww_judge *j, size_t i);
#endif
