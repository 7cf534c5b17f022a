/* worker.h - one worker: packets in, events out; it owns its tables and shares nothing. */
#ifndef WW_WORKER_H
#define WW_WORKER_H
#include "sensor/defrag.h"
#include "sensor/dup.h"
#include "sensor/engine.h"
#include "sensor/event_core.h"
#include "sensor/links.h"

/* What a worker leaves out when packets come faster than it can take them. Each step includes those
 * before it; flows, devices and their bytes are counted in all of them. */
enum ww_load {
    WW_LOAD_ALL,    /* nothing */
    WW_LOAD_BULK,   /* payload of flows that move much at a high rate */
    WW_LOAD_BODIES, /* payload behind the first bytes of every flow, which tell what it is */
    WW_LOAD_HEADS,  /* payload at all */
    WW_LOAD_N
};
enum {
    WW_LOAD_HEAD_BYTES = 4096,     /* of a flow, which BODIES still looks at */
    WW_LOAD_BULK_BYTES = 1 << 20,  /* a bulk flow has moved this much */
    WW_LOAD_BULK_RATE = 128 * 1024 /* and this much for each second of its life */
};

/* The budget of one worker; everything is reserved at start. */
struct ww_worker_cfg {
    const struct ww_dissector *const *dissectors;
    uint32_t flows;       /* flows at a time */
    uint32_t tcp_flows;   /* TCP connections at a time */
    size_t buffer_bytes;  /* segments out of order and message rests */
    size_t state_bytes;   /* dissectors' state */
    uint32_t datagrams;   /* fragmented datagrams at a time */
    uint32_t recent;      /* packets that are remembered, to recognise copies */
    uint32_t idle_tcp_s, idle_udp_s; /* silence that ends a flow */
    uint32_t stats_s; /* packet time between two tellings of the counters; 0 = only at the end */
    struct ww_key key;
    ww_event_fn *emit;
    void *emit_to;
    ww_wants_fn *wants; /* NULL = all; asked at start for the types of the dissectors */
    void *wants_to;
};

enum { WW_FAMS = 8 };

struct ww_worker_stats {
    uint64_t packets, bytes, truncated, clock_steps, copies;
    uint64_t fam[WW_FAMS]; /* by the family of the innermost header: 4, 6; 0 = not IP */
    uint64_t tcp, udp, icmp, arp, other, fragments, tunnelled;
    uint64_t dec[WW_DEC_N];
    uint64_t fragments_differing;
    uint64_t midstream, tcp_flows, tcp_used, one_way, no_tcp;
    uint64_t first_ts, last_ts;
    uint64_t load_raised;      /* times the worker began to leave out more */
    uint64_t left[WW_LOAD_N];  /* payload bytes that were not dissected, by the step that did it */
    uint64_t given;            /* datagrams that the capture put together */
    uint64_t load_cut;         /* packets of which only the headers came */
};

struct ww_worker {
    struct ww_worker_cfg cfg;
    struct ww_flows flows;
    struct ww_slab tcp;
    struct ww_bufs bufs;
    struct ww_stream stream;
    struct ww_defrag defrag;
    struct ww_dups dups;
    struct ww_engine engine;
    struct ww_worker_stats stats;
    uint64_t now;   /* newest packet time, ns */
    uint64_t next_tick;  /* the full second behind it: then timers are looked at */
    uint64_t stats_turn; /* period of the last statistics */
    struct ww_links links;
    uint32_t link;  /* of the packet at hand */
    struct ww_stream_stats on_links; /* what of the stream's counters the links have already */
    uint32_t *due;  /* flows whose timers are due at one tick */
    uint32_t flow;  /* flow of the segment at hand, for the sink */
    uint32_t load;  /* enum ww_load: what is left out now */
    struct ww_slice whole; /* datagram that the capture put together, of the fragment at hand */
    struct ww_stream_sink sink;
    struct ww_pkt batch[WW_BATCH]; /* live: packets taken from a ring, see feed.c */
    struct ww_dec dec[WW_BATCH];
    uint32_t hash[WW_BATCH];
    uint32_t near[WW_BATCH]; /* the flow that it most likely is */
    uint64_t same[WW_BATCH]; /* hash of what copies have in common */
};

/** Default budget: 1,000,000 flows, 200,000 TCP connections, 96 MiB of buffers. */
struct ww_worker_cfg ww_worker_defaults(void);
/** Bytes of address space that a worker with this budget reserves; printed at start. */
size_t ww_worker_budget(const struct ww_worker_cfg *cfg);
enum ww_rc ww_worker_new(struct ww_worker **out, const struct ww_worker_cfg *cfg,
                         struct ww_err *e) WW_MUST_CHECK;
void ww_worker_free(struct ww_worker *w);

/** Takes packets in order of arrival. */
void ww_worker_packets(struct ww_worker *w, const struct ww_pkt *p, unsigned n);
/** Takes a fragment together with the datagram that it completed: the body of that IP packet. */
void ww_worker_whole(struct ww_worker *w, const struct ww_pkt *p, struct ww_slice whole);
/** Live: how much is left out from now on; enum ww_load. */
void ww_worker_load(struct ww_worker *w, uint32_t load);
/** Packet time goes on without packets (live ticks): timers up to now are served. */
void ww_worker_tick(struct ww_worker *w, uint64_t now_ns);
/** End of input: every flow ends with reason eof. */
void ww_worker_end(struct ww_worker *w);
/** Adds this worker's counters to a statistics record. The worker tells them as an event of its own
 * each stats_s and at the end, after what changed on its links; uptime, drops and coverage are the
 * pipeline's. */
void ww_worker_add_stats(const struct ww_worker *w, struct ww_stats *s);
void ww_worker_tell_stats(struct ww_worker *w, uint64_t at);
#endif
