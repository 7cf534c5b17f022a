/* engine.h - between streams and dissectors: binding, probing, calls, contract, events. */
#ifndef WW_ENGINE_H
#define WW_ENGINE_H
#include "dissectors/dissector.h"
#include "sensor/flow.h"
#include "sensor/pair.h"
#include "sensor/stream.h"

enum {
    WW_DISSECTORS_MAX = 64,
    WW_PORT_HINTS = 3,    /* dissectors hinted at by one port */
    WW_PROBE_HOLD = 4096, /* bytes kept while a dissector says MAYBE */
    WW_ANOMALY_SLOTS = 4096, /* power of two */
    WW_STATE_HDR = 8,     /* bytes before a dissector's state: the second of its alarm */
    WW_CONTENTS_MAX = 16384, /* contents that are read at the same time */
    WW_INFLATERS = 64     /* compressed contents that are read at the same time */
};

struct ww_engine_stats {
    uint64_t probes, bound, stopped, buffered, skipped, no_state, no_buffer, unanswered;
    uint64_t contents, no_content; /* read by somebody; passed unread for want of memory */
    uint64_t bug[WW_DISSECTORS_MAX]; /* broken promises by dissector */
};

/* One content that somebody reads. */
struct ww_content_slot {
    uint64_t id, at, skip; /* at: bytes told or jumped over; skip: bytes that are not wanted */
    struct ww_buf pend;    /* bytes that were not used yet */
    uint32_t pend_n, need;
    uint32_t state;
    uint8_t app;
};

/* One compressed content. */
struct ww_inflate_slot {
    uint64_t flow, id, used; /* used: when, by the engine's own count; 0 = free */
    uint8_t dir;
};

/* An event that was told stays as it is until this many have been told after it. */
enum { WW_ENGINE_RECORDS = 32, WW_UNREAD = 512 };

/* What one worker's packets need to become events. */
struct ww_engine {
    const struct ww_dissector *const *list;
    unsigned n;
    uint8_t hint[2][65536][WW_PORT_HINTS]; /* [udp][port]: dissector + 1 */
    uint64_t on_tcp, on_udp;  /* dissectors that speak over TCP, UDP: bit sets */
    uint64_t first[256];      /* dissectors that can begin with this byte */
    uint64_t any_first;
    uint8_t by_ethertype[WW_DISSECTORS_MAX]; /* indices, n_ethertype of them */
    unsigned n_ethertype;
    struct ww_slab state[WW_DISSECTORS_MAX];
    uint64_t readers; /* dissectors that read content: bit set */
    struct ww_slab content_state[WW_DISSECTORS_MAX];
    struct ww_slab contents; /* struct ww_content_slot */
    struct ww_inflate_slot inflate[WW_INFLATERS];
    struct ww_inflater *inflater; /* WW_INFLATERS of them */
    uint64_t inflate_turn;
    struct ww_flows *flows;
    struct ww_slab *tcp;
    struct ww_bufs *bufs;
    struct ww_pairs pairs;
    struct ww_key pseudonym_key;
    struct ww_engine_stats stats;
    struct ww_anomaly_slot {
        uint64_t key, count, told;
    } *anomaly;
    /* the packet at hand */
    const struct ww_pkt *pkt;
    const struct ww_dec *dec;
    uint64_t now, seq;
    uint64_t order; /* place of the packet or tick at hand in the capture; merges workers' events */
    uint8_t call_app, call_flags; /* of the dissector that is emitting */
    uint8_t reader; /* that reads content at this moment; WW_NO_DISSECTOR = none */
    const struct ww_event_type *unread[WW_UNREAD]; /* nobody reads them; by hash of the address */
    ww_event_fn *emit;
    void *emit_to;
    /* what was told last: a record is written again when as many others were told */
    _Alignas(8) uint8_t record[WW_ENGINE_RECORDS][WW_EVENT_MAX];
};

static inline size_t ww_unread_at(const struct ww_event_type *t)
{
    return (size_t)((uint64_t)(uintptr_t)t * 0x9e3779b97f4a7c15u >> 55); /* 9 bits */
}
static_assert(WW_UNREAD == 512 && (int)WW_UNREAD > (int)WW_EVENT_TYPES_MAX, "one is always free");

/* The context of one call: what the dissector sees, and what we need to serve it. */
struct ww_call {
    struct ww_cx cx; /* first: the hosts get the rest back from its address */
    struct ww_engine *g;
    uint32_t flow;
    uint8_t app;
};
/** Context for a call of dissector app about a flow (WW_NONE: about the frame at hand). */
struct ww_call ww_engine_call(struct ww_engine *g, uint32_t flow, uint8_t app);

/* Place in the order of a run of files; each packet has four steps: flow timers, time-outs of
 * requests, statistics, the packet itself. */
static inline uint64_t ww_order(uint32_t source, uint64_t frame)
{
    return ((uint64_t)source << 44 | frame) * 4;
}

/** Does nobody read events of this type? */
static inline bool ww_engine_unread(const struct ww_engine *g, const struct ww_event_type *t)
{
    size_t i = ww_unread_at(t);
    while (g->unread[i] != NULL && g->unread[i] != t)
        i = (i + 1) % WW_UNREAD;
    return g->unread[i] != NULL;
}

struct ww_engine_cfg { /* emit may keep the events that it is given, see WW_ENGINE_RECORDS */
    const struct ww_dissector *const *dissectors;
    uint32_t flows;      /* cap of the flow table, for the dissectors' state */
    size_t state_budget; /* bytes for dissectors' state */
    struct ww_key key;   /* of the pairing table and pseudonyms */
    ww_event_fn *emit;
    void *emit_to;
    ww_wants_fn *wants; /* NULL = all */
    void *wants_to;
};

enum ww_rc ww_engine_init(struct ww_engine *g, const struct ww_engine_cfg *cfg,
                          struct ww_flows *flows, struct ww_slab *tcp, struct ww_bufs *bufs,
                          struct ww_err *e) WW_MUST_CHECK;
void ww_engine_free(struct ww_engine *g);

/** Content that a dissector hands on, see ww_content_put. */
uint64_t ww_engine_content(struct ww_engine *g, uint32_t flow, const struct ww_content *meta,
                           enum ww_dir dir, struct ww_slice in, bool last);
struct ww_inflated ww_engine_inflate(struct ww_engine *g, uint32_t flow, enum ww_dir dir,
                                     uint64_t id, bool begin, struct ww_slice in);
/** Nothing more of the contents of this flow will come. */
void ww_engine_content_drop(struct ww_engine *g, uint32_t flow);
enum ww_rc ww_engine_content_init(struct ww_engine *g, size_t budget, struct ww_err *e) WW_MUST_CHECK;
void ww_engine_content_free(struct ww_engine *g);

/**
 * Asks dissectors whose bytes these are, first those that a port hints at, then all that can begin
 * with the first byte.
 * Out:    maybe   the first that wants to see more, + 1; untouched when none does
 * Return: who says yes; -1 when nobody does
 */
int ww_engine_probe(struct ww_engine *g, const struct ww_flow *f, struct ww_slice in, enum ww_dir dir,
                    unsigned *maybe);
/** Contiguous stream bytes of a TCP flow; a gap in them; the end of any flow. */
void ww_engine_stream(struct ww_engine *g, uint32_t flow, enum ww_dir dir, struct ww_slice in);
void ww_engine_gap(struct ww_engine *g, uint32_t flow, enum ww_dir dir, uint64_t lost);
/** One datagram of a UDP flow. */
void ww_engine_datagram(struct ww_engine *g, uint32_t flow, enum ww_dir dir, struct ww_slice in);
/** A frame that is not IP, by its EtherType. Return: whether a dissector took it. */
bool ww_engine_frame(struct ww_engine *g, const struct ww_dec *d);
void ww_engine_flow_end(struct ww_engine *g, uint32_t flow);
/** Calls the dissector's tick when its alarm is due. Return: second of the alarm, 0 = none. */
uint64_t ww_engine_alarm(struct ww_engine *g, uint32_t flow, uint64_t now_s);
/** Tells requests whose time is over. */
void ww_engine_expire(struct ww_engine *g, uint64_t now);

/** Emits an event about a flow (WW_NONE: about the frame at hand). at: packet time in ns. */
void ww_engine_emit(struct ww_engine *g, uint32_t flow, enum ww_dir dir, uint64_t at,
                    const struct ww_event_type *t, const void *body);
/** Tells an anomaly: the 1st, 2nd, 4th, 8th ... of a kind in a flow, with the count since. */
void ww_engine_anomaly(struct ww_engine *g, uint32_t flow, enum ww_dir dir, const char *type,
                       const char *what, const char *layer);
/** Whether a dissector is hinted at by this port over TCP or UDP. */
bool ww_engine_known_port(const struct ww_engine *g, uint8_t proto, uint16_t port);
#endif
