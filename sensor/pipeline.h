/* pipeline.h - from captures to outputs: capture, workers, judge, writer; the same calls in a plain
 * loop for files with one worker, and over rings between threads otherwise. */
#ifndef WW_PIPELINE_H
#define WW_PIPELINE_H
#include "rules/judge.h"
#include "sensor/capture.h"
#include "sensor/tally.h"
#include "sensor/worker.h"
#include "store/store.h"
#include <stdatomic.h>

enum { WW_WORKERS_MAX = 32, WW_SOURCES_MAX = 4096 };

/* Where events go. Each may be NULL. */
struct ww_outlets {
    struct ww_judge *judge;
    struct ww_store *store;
    struct ww_eve *eve;
    ww_event_fn *tap; /* for other readers */
    void *tap_to;
    const struct ww_event_type *tap_type; /* what the tap reads; NULL = every event */
};

/** Does anybody read events of this type? to: struct ww_outlets */
bool ww_outlets_want(void *to, const struct ww_event_type *t);

struct ww_pipeline_cfg {
    struct ww_worker_cfg worker; /* budget of each worker; emit is set by the pipeline */
    unsigned workers;            /* 1 = files are read in a plain loop */
    const char *const *sources;  /* paths or interfaces */
    unsigned nsources;
    const char *filter;
    uint32_t midstream_ppm; /* share of TCP flows without beginning above which the grade says so */
    struct ww_live_cfg live;
    struct ww_outlets out;
    atomic_bool *stop;           /* set from outside: end early, in order */
    void (*progress)(void *to, uint64_t done, uint64_t size, uint64_t packets);
    void *progress_to;
    size_t ring_bytes; /* live: bytes of the packet ring of one worker; 0 = 32 MiB */
    const uint16_t *cpus; /* processors for captures and workers, in turn; judge and writer run on any */
    unsigned ncpus;       /* 0 = the system decides */
    void (*ready)(void *to); /* live: every interface is open and listened to; may be NULL */
    void *ready_to;
    /* live: an interface went down, up again or away; from the writer's thread, to is ready_to */
    void (*iface)(void *to, const char *name, enum ww_iface state);
    /* live: an output takes nothing; again: it will be tried again; rc WW_OK: the reader left */
    void (*trouble)(void *to, const struct ww_err *e, bool again);
};

struct ww_pipeline_result {
    struct ww_stats stats; /* final counters with coverage */
    bool stopped;          /* ended early */
    unsigned damaged;      /* captures that could not be read to their end */
    struct ww_err first;   /* the first of them */
    uint64_t filtered;
    uint64_t strange;      /* packets of a link layer that the decoder does not know */
    uint16_t strange_link; /* the first of them */
    uint64_t last_ts;
    unsigned unguarded; /* live: threads without their system call filter; told to the operator */
    uint64_t unheard;   /* live: operator actions that did not reach the judge */
};

/** Reads capture files in the order given. Errors of single files are told in the result. */
enum ww_rc ww_pipeline_files(const struct ww_pipeline_cfg *cfg, struct ww_pipeline_result *r,
                             struct ww_err *e) WW_MUST_CHECK;
/** Listens until *stop. */
enum ww_rc ww_pipeline_live(const struct ww_pipeline_cfg *cfg, struct ww_pipeline_result *r,
                            struct ww_err *e) WW_MUST_CHECK;


/* ---- between the two files of the pipeline -------------------------------------------------------- */
/* The judge's side: takes events in order, passes them and what follows to the outlets. */
struct ww_routing {
    struct ww_outlets out;
    ww_event_fn *write; /* where judged events go next: the outlets, or the writer's ring */
    void *write_to;
    uint64_t tick;
    bool started;
    bool deaf; /* live: an interface was down or away for a time */
    struct ww_tally *tally;
    uint64_t first_ts, last_ts;
};
void ww_route(struct ww_routing *r, const struct ww_event *e);
/** Keeps what a capture file was like, at its end. */
void ww_pipeline_file_done(struct ww_pipeline_result *r, const char *name,
                           const struct ww_capfile *c);
/** Lets the judge know of the time, once per second of packet time. */
void ww_route_time(struct ww_routing *r);
/** All workers have told: the links, then the counters of the whole run. */
void ww_route_stats(struct ww_routing *r, struct ww_stats *s);
void ww_outlets_write(void *to, const struct ww_event *e);
/** Whether all that reads the outlets is gone; for the thread that writes. */
bool ww_outlets_deaf(const struct ww_outlets *o);
#endif
