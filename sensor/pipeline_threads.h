/* pipeline_threads.h - the pipeline over rings: capture threads, workers, judge, writer. */
#ifndef WW_PIPELINE_THREADS_H
#define WW_PIPELINE_THREADS_H
#include "sensor/base/ring.h"
#include "sensor/dispatch.h"
#include "sensor/feed.h"
#include "sensor/pipeline.h"
#include <pthread.h>

enum {
    WW_CAPTURES_MAX = 8,
    WW_EVENT_RING = 8 << 20,  /* bytes of the event ring of one worker */
    WW_WRITE_RING = 16 << 20, /* bytes of the ring to the writer */
    WW_PACKET_RING = 32 << 20, /* bytes of the ring from one interface to one worker */
    WW_RING_LEAST = 1 << 20,   /* the largest packet must fit into half of it */
    WW_ACTION_RING = 1 << 20, /* bytes of the ring from the writer to the judge */
    WW_FILE_BLOCKS = 24       /* blocks in flight when files feed several workers */
};

/* What a person decided about an alert, on its way from the store to the judge. */
struct ww_act {
    uint64_t alert_id;
    char action[16];
};

struct ww_run;

struct ww_wthread {
    struct ww_run *run;
    struct ww_worker *w;
    struct ww_ring in[WW_CAPTURES_MAX];
    struct ww_ring ev;
    _Atomic uint64_t mark; /* no later event of this worker has a smaller key */
    _Atomic uint64_t dropped; /* events without room; live only */
    uint64_t at[WW_CAPTURES_MAX]; /* nothing older comes from this capture; UINT64_MAX: it is over */
    unsigned ended;               /* captures that have ended */
    pthread_t thread;
    bool started;
};

struct ww_cthread {
    struct ww_run *run;
    unsigned i;
    _Atomic uint64_t mark; /* keys below were all handed out */
    _Atomic uint64_t ring_drops, received, dropped;
    struct ww_live *live;
    struct ww_dispatch dispatch;
    uint64_t tick_s;
    uint64_t newest; /* files: newest packet time */
    uint64_t next;   /* files: order of the packet that comes next */
    struct ww_in *open[WW_WORKERS_MAX]; /* files: a record in the ring that is not handed out yet */
    struct ww_err err;
    atomic_bool failed; /* err is complete */
    atomic_uint state;  /* enum ww_iface */
    atomic_bool deaf;   /* it was not up for a time */
    unsigned told;      /* writer's: the state that the operator knows */
    pthread_t thread;
    bool started;
};

struct ww_run {
    const struct ww_pipeline_cfg *cfg;
    struct ww_pipeline_result *r;
    bool live;
    unsigned nw, nc;
    struct ww_wthread w[WW_WORKERS_MAX];
    struct ww_cthread c[WW_CAPTURES_MAX];
    struct ww_stats latest[WW_WORKERS_MAX];
    struct ww_tally tally; /* judge's */
    struct ww_ring out; /* judge to writer */
    struct ww_ring acts; /* writer to judge: struct ww_act; the store belongs to the writer */
    atomic_bool over; /* no packet comes any more: who tells may wait, nothing is lost meanwhile */
    uint64_t write_drops;
    _Atomic uint64_t store_lost; /* writer's: events not stored, WW_NULL64 = nobody looked */
    _Atomic uint32_t store_free; /* writer's: free part of the file system, ppm; WW_NULL32 */
    atomic_bool unread; /* files: nobody reads any more what it finds; told by the writer */
    atomic_uint unguarded; /* threads whose system call filter could not be loaded */
    pthread_t judge, writer;
    bool judge_started, writer_started;
};

enum ww_rc ww_threads_files(const struct ww_pipeline_cfg *cfg, struct ww_pipeline_result *r,
                            struct ww_err *e) WW_MUST_CHECK;
enum ww_rc ww_threads_live(const struct ww_pipeline_cfg *cfg, struct ww_pipeline_result *r,
                           struct ww_err *e) WW_MUST_CHECK;

/* pipeline_capture.c: threads that fill the packet rings */
void ww_feed_files(struct ww_run *run);
void *ww_capture_thread(void *arg);
/** For a capture whose thread never ran: tells the workers that nothing comes from it. */
void ww_capture_none(struct ww_cthread *c);
/* pipeline_judge.c: merge and judge */
void *ww_judge_thread(void *arg);
/* pipeline_cpus.c */
/** Whether the processors that were asked for are there. */
enum ww_rc ww_cpus_check(const struct ww_pipeline_cfg *cfg, struct ww_err *e) WW_MUST_CHECK;
#define WW_CPUS_ANY UINT32_MAX
/** Names the calling thread (name NULL: it keeps its own), and puts it on the turn-th processor of the
 * list, beginning again at its end; WW_CPUS_ANY: on all of the list. */
void ww_cpus_here(const struct ww_pipeline_cfg *cfg, const char *name, unsigned i, unsigned turn);
/* pipeline_writer.c: outputs, and what people decide meanwhile */
void *ww_writer_thread(void *arg);
/** Live: gives up all system calls that could send, for the calling thread. */
void ww_passive(struct ww_run *run);
/** Whether waiting for the next in line loses nothing: files can wait, and so can everybody at the end. */
static inline bool ww_may_wait(const struct ww_run *run)
{
    return !run->live || atomic_load_explicit(&run->over, memory_order_relaxed);
}
/** Waits a little, longer each time in a row; resets with *turn = 0. */
void ww_pause(const struct ww_run *run, unsigned *turn);
#endif
