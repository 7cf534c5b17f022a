/* store.h - PUBLIC: how results are kept (SQLite), handed on (EVE JSON lines) and shown (reports).
 *
 * Consumers of events like all others: the pipeline gives each event to ww_store_put and
 * ww_eve_put. Fields are read by name through the registry, so no producer's struct is known here.
 */
#ifndef WW_STORE_H
#define WW_STORE_H
#include "rules/guideline/guide.h"
#include "sensor/event.h"

/* How alerts become text; all of it may be NULL, then alerts are told by their numbers. */
struct ww_texts {
    const struct ww_guide *guide;
    ww_contact_fn *contact; /* telephone numbers of the site file */
    void *contact_arg;
    const char *const *editions; /* of the guidelines that the site adopts */
};

/* ---- output to a file or to standard output ---- */
enum { WW_SINK_BUF = 64 * 1024 };

/* A buffered file: o writes into buf, a full buffer goes to fd. One write error is kept and told
 * by sync or close; a reader that went away (EPIPE) is a clean end, not an error. */
struct ww_sink {
    struct ww_out o;
    int fd;
    int err;       /* errno of the first failed write, 0 */
    bool gone;     /* nothing more can be written: error, or the reader left */
    bool own;      /* fd is ours to close */
    uint64_t lost; /* bytes that were not written */
    char name[256];
    char buf[WW_SINK_BUF];
};

/** Opens path for writing (created, emptied); "-" is standard output. The struct must not move. */
enum ww_rc ww_sink_open(struct ww_sink *s, const char *path, struct ww_err *e) WW_MUST_CHECK;
/** Writes what is buffered. Return: WW_E_FULL (disk full) or WW_E_SYS once something was lost. */
enum ww_rc ww_sink_sync(struct ww_sink *s, struct ww_err *e) WW_MUST_CHECK;
/** As sync, then closes. */
enum ww_rc ww_sink_close(struct ww_sink *s, struct ww_err *e) WW_MUST_CHECK;

/* ---- the store ---- */
struct ww_store;

struct ww_store_cfg {
    const char *path; /* file, made when missing; or ":memory:" */
    const struct ww_registry
        *registry;                    /* all events of the program; kept, must outlive the store */
    const char *const *source_names;  /* by index ww_event.source, NULL-terminated; kept */
    bool live;                        /* sources are interfaces */
    const char *command, *version;    /* "analyze", "0.1.0": for the table of runs; may be NULL */
    const char *hospital, *site_file; /* from the site file; may be NULL */
    uint64_t now_ns;                  /* wall clock at start, 0 = not asked */
    unsigned batch_events;            /* changes per transaction; 0 = 1000 */
    uint64_t batch_ns;                /* packet time per transaction; 0 = 1 s */
    unsigned busy_ms;                 /* wait for another writer; 0 = 2000 */
    uint64_t max_bytes;               /* size limit of the file; 0 = none */
    uint64_t max_rows;                /* per growing table, oldest go first; 0 = 500000 */
};

/* What happened to the events; for the statistics and the last words of a run. */
struct ww_store_counts {
    uint64_t stored;  /* events written and committed, or in the open transaction */
    uint64_t lost;    /* events that could not be written: full, broken or locked too long */
    uint64_t commits; /* transactions */
    uint64_t busy;    /* times another writer held the lock past the timeout */
    uint64_t evicted; /* rows removed because a table reached max_rows */
};

/**
 * Opens the database for writing: makes it, or brings an older one to this version.
 * Return: WW_E_VERSION made by a newer version; WW_E_DATA not ours or corrupt; WW_E_SYS no access;
 *         WW_E_CONF the registry lacks an event or field that a table names
 */
enum ww_rc ww_store_open(struct ww_store **out, const struct ww_store_cfg *cfg,
                         struct ww_err *e) WW_MUST_CHECK;
/** Opens an existing database for reading only; safe beside a running monitor. */
enum ww_rc ww_store_open_read(struct ww_store **out, const char *path,
                              struct ww_err *e) WW_MUST_CHECK;
/** Opens an existing database for operator actions; safe beside a running monitor. */
enum ww_rc ww_store_open_operator(struct ww_store **out, const char *path,
                                  struct ww_err *e) WW_MUST_CHECK;

/** Are events of this type stored? */
bool ww_store_wants(const struct ww_store *s, const struct ww_event_type *t);
/** Takes one event; types that are not stored only advance the run's time span. Never fails: errors
 *  are counted and told by sync and close. */
void ww_store_put(struct ww_store *s, const struct ww_event *e);
/** Packet or wall time passes without events (live): commits a transaction that is old enough, so
 *  that readers see it and operators get the lock. */
void ww_store_tick(struct ww_store *s, uint64_t now_ns);
/** Commits. Return: WW_E_FULL (disk or limit), WW_E_SYS, WW_E_DATA when events were lost. */
enum ww_rc ww_store_sync(struct ww_store *s, struct ww_err *e) WW_MUST_CHECK;
/** As sync; frees the store in any case. NULL is fine. */
enum ww_rc ww_store_close(struct ww_store *s, struct ww_err *e) WW_MUST_CHECK;
void ww_store_counts(const struct ww_store *s, struct ww_store_counts *c);
/** Free part of the file system that holds the database, for those without special rights.
 * Return: false when it is in memory or the system does not say. */
bool ww_store_room(const struct ww_store *s, uint32_t *free_ppm);

/* ---- operator actions ---- */
struct ww_operator {
    const char *action; /* ack, close, suppress */
    uint64_t alert;     /* number of the alert in the database, as `alerts list` shows it */
    const char *who;    /* person or staff id; never a patient */
    const char *why;    /* reason; required by close and suppress */
    uint64_t at_ns;     /* now */
    uint64_t until_ns;  /* suppress: required end */
};
/**
 * Appends an operator action and its link of the hash chain in one short transaction.
 * Return: WW_E_CONF no such alert, unknown action, a missing reason or end, or an alert of level 4
 *         or 5 that must not be suppressed (INV-07); WW_E_SYS locked too long
 */
enum ww_rc ww_store_act(struct ww_store *s, const struct ww_operator *op,
                        struct ww_err *e) WW_MUST_CHECK;

/* A stored alert, and what people decided about it last: ack, close, suppress, or "" for nothing.
 */
typedef void ww_store_alert_fn(void *to, const struct ww_alert *a, const char *action);
/**
 * Tells the alerts that earlier runs left, oldest first, so that the judge takes them up (see
 * ww_alerts_restore): from then on a stored alert with the same alert_id is updated. Without this
 * call the run's alerts are new ones, whatever their numbers. Call before the first put.
 */
enum ww_rc ww_store_replay(struct ww_store *s, ww_store_alert_fn *fn, void *to,
                           struct ww_err *e) WW_MUST_CHECK;
/** Tells operator actions on this series' alerts since replay or the call before. */
enum ww_rc ww_store_actions(struct ww_store *s, ww_store_alert_fn *fn, void *to,
                            struct ww_err *e) WW_MUST_CHECK;

/* ---- hash chain and contents ---- */
struct ww_verify {
    uint64_t links;           /* of the chain */
    uint64_t alerts, actions; /* rows that the chain covers */
    bool good;
    char head[65]; /* hex of the last hash: noted elsewhere it also proves that nothing was cut off
                    */
    char bad[256]; /* first thing found wrong, "" */
};
/** Checks the file (integrity) and recomputes the chain over alerts and operator actions.
 *  Return: WW_OK also when v->good is false; errors are of reading. */
enum ww_rc ww_store_verify(const struct ww_store *s, struct ww_verify *v,
                           struct ww_err *e) WW_MUST_CHECK;
/** Schema version, runs, rows per table, as text or one JSON object. */
enum ww_rc ww_store_info(struct ww_out *o, const struct ww_store *s, bool json,
                         struct ww_err *e) WW_MUST_CHECK;

/* ---- EVE JSON lines ---- */
struct ww_eve;

struct ww_eve_cfg {
    const char *path;                   /* file, or "-" for standard output */
    const struct ww_registry *registry; /* kept */
    const char *const *app_names;       /* dissector names by index, NULL-terminated; kept */
    const char *const *source_names;    /* files or interfaces by index, NULL-terminated; kept */
    bool live;                          /* in_iface instead of pcap_filename */
    bool strict;                        /* --privacy strict: no names of hosts */
    const char *(*tunnel_name)(uint8_t kind); /* names ww_tunnel.kind; NULL = number */
    struct ww_texts texts;
};

enum ww_rc ww_eve_open(struct ww_eve **out, const struct ww_eve_cfg *cfg,
                       struct ww_err *e) WW_MUST_CHECK;
/** Writes one line; flow.start, flow.open and flow.app are not exported. Never fails: see sync. */
void ww_eve_put(struct ww_eve *v, const struct ww_event *e);
/** True once nothing more can be written (reader left, disk full): the caller may stop early. */
bool ww_eve_gone(const struct ww_eve *v);
enum ww_rc ww_eve_sync(struct ww_eve *v, struct ww_err *e) WW_MUST_CHECK;
/** As sync; frees in any case. NULL is fine. */
enum ww_rc ww_eve_close(struct ww_eve *v, struct ww_err *e) WW_MUST_CHECK;

/** The JSON Schema of a line: header, and the object of each event. In: all events of the program. */
void ww_eve_schema(struct ww_out *o, const struct ww_registry *r);

/* ---- reports ---- */
struct ww_report_cfg {
    bool json;      /* one JSON object instead of text */
    bool ja;        /* Japanese; JSON always carries both languages */
    bool color;     /* see ww_term_color */
    unsigned width; /* columns; 0 = 100 */
    unsigned rows;  /* longest list before it is cut, in text; 0 = 20 */
    struct ww_texts texts;
    const char *db_path; /* named in hints, NULL when there is no file */
    uint64_t now_ns;     /* for suppressions that ended; 0 = last packet */
};

/** Devices, conversations, alerts and coverage of the whole store. A store that was written with
 * the same handle (":memory:") is synced first. */
enum ww_rc ww_report_summary(struct ww_out *o, const struct ww_store *s,
                             const struct ww_report_cfg *cfg, struct ww_err *e) WW_MUST_CHECK;
/** alerts list: one line per alert with number, level, state, device, counts, times. */
enum ww_rc ww_report_alerts(struct ww_out *o, const struct ww_store *s,
                            const struct ww_report_cfg *cfg, struct ww_err *e) WW_MUST_CHECK;
/** alerts show: one alert in full with its operator actions. */
enum ww_rc ww_report_alert(struct ww_out *o, const struct ww_store *s, uint64_t id,
                           const struct ww_report_cfg *cfg, struct ww_err *e) WW_MUST_CHECK;

/** Colours are for terminals, and not when NO_COLOR is set (https://no-color.org). */
bool ww_term_color(int fd);
/** Columns of the terminal, 100 when fd is none. */
unsigned ww_term_width(int fd);
#endif
