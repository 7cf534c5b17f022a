/* flow.h - the flow table: who talks with whom, since when, how much; bounded, keyed, expired on packet
 * time. */
#ifndef WW_FLOW_H
#define WW_FLOW_H
#include "sensor/base/hash.h"
#include "sensor/base/wheel.h"
#include "sensor/chain.h"
#include "sensor/ends.h"

enum ww_flow_state { WW_FS_NEW, WW_FS_OPEN, WW_FS_CLOSED };

/* What the engine has found out about the protocol. */
enum { WW_APP_UNKNOWN = 0xff, WW_APP_NONE = 0xfe }; /* NONE: stopped or given up */

enum {
    WW_FF_MIDSTREAM = 1,  /* TCP whose SYN was not seen */
    WW_FF_RST_A = 2,      /* side A sent a reset, and nothing since */
    WW_FF_FIN_A = 4,
    WW_FF_FIN_B = 8,
    WW_FF_RST_B = 16,
    WW_FF_OPEN_TOLD = 32,
    WW_FF_USED = 128      /* TCP: an end sent data or acknowledged, so it was more than an attempt */
};

/* One flow. The first 64 bytes are what every packet touches. */
struct ww_flow {
    uint8_t ip[2][16];  /* by enum ww_dir; IPv4 in the first 4 bytes */
    uint16_t port[2];
    uint32_t hash;      /* for the table; keyed */
    uint32_t ext;       /* TCP state, WW_NONE = none */
    uint8_t fam, proto;
    uint8_t state;      /* enum ww_flow_state */
    uint8_t app;        /* dissector index, WW_APP_* */
    uint8_t flags;      /* WW_FF_* */
    uint8_t client, client_by;
    uint8_t probes;     /* probe rounds with payload so far */
    uint16_t link;      /* entry of the worker's links where the first packet was seen */
    uint16_t chain;     /* tags and tunnels around it, see chain.h */
    uint64_t last;      /* packet time of the last packet, ns */
    /* second line */
    uint64_t start;
    uint64_t id;        /* source << 44 | frame of the first packet */
    uint64_t bytes[2];
    uint32_t pkts[2];
    uint32_t dstate;    /* dissector state slot, WW_NONE = none */
    struct ww_mac mac[2];
    uint16_t vlan[2];   /* outermost and inner tag of the first packet, 0 = none */
    uint16_t told;      /* minutes after start of the last flow.update, modulo 65536 */
    uint8_t icmp_type, icmp_code;
};
static_assert(sizeof(struct ww_flow) == 128, "a flow is two cache lines");

struct ww_flows {
    struct ww_slab slab;
    struct ww_flow_slot {
        uint32_t tag, i; /* hash; index + 1, 0 = empty */
    } *slot;
    uint64_t mask;
    uint32_t cap;
    struct ww_key key;
    struct ww_wheel wheel;
    struct ww_chains chains;
    uint64_t total, evicted;
    uint32_t clock; /* hand of the eviction clock */
};

enum ww_rc ww_flows_init(struct ww_flows *t, uint32_t cap, struct ww_key key) WW_MUST_CHECK;
void ww_flows_free(struct ww_flows *t);

/** Keyed hash of the innermost tuple, the same for both directions: see ends.h. */
uint32_t ww_flow_hash(const struct ww_flows *t, const struct ww_dec *d);
/** Asks the processor for the table line of a hash; and, in a second round, for the flow itself.
 * Return: the flow that it most likely is, WW_NONE when there is none with this hash */
void ww_flow_prefetch(const struct ww_flows *t, uint32_t hash);
uint32_t ww_flow_prefetch2(const struct ww_flows *t, uint32_t hash);
/** Flow of a packet, WW_NONE when there is none. dir: the packet's direction in it. */
uint32_t ww_flow_find(const struct ww_flows *t, const struct ww_dec *d, uint32_t hash,
                      enum ww_dir *dir);
/** New flow for the packet, whose sender becomes side A; WW_NONE when the table is full. */
uint32_t ww_flow_add(struct ww_flows *t, const struct ww_dec *d, uint32_t hash);
void ww_flow_del(struct ww_flows *t, uint32_t i);
/** The flow to push out of a full table: one of the oldest of a sample. */
uint32_t ww_flow_victim(struct ww_flows *t);
static inline struct ww_flow *ww_flow_at(const struct ww_flows *t, uint32_t i)
{
    return (struct ww_flow *)(void *)t->slab.base + i; /* a shift; the slab would have to multiply */
}

/* Here, because every packet asks it. An IPv4 address of a flow is followed by zeros. */
static inline bool ww_flow_has_ip(const uint8_t have[16], struct ww_slice ip)
{
    struct ww_slice f = { have, 16 };
    if (ip.n == 4)
        return ww_slice_le32(f, 0) == ww_slice_le32(ip, 0);
    return ww_slice_le64(f, 0) == ww_slice_le64(ip, 0) && ww_slice_le64(f, 8) == ww_slice_le64(ip, 8);
}

/** Does a packet belong to this flow? dir: its direction in it, as it was when it does not. A flow that is
 * over has no packets. */
static inline bool ww_flow_is(const struct ww_flow *f, const struct ww_dec *d, enum ww_dir *dir)
{
    if (f->proto != d->proto || f->fam != d->fam)
        return false;
    if (f->port[0] == d->port[0] && f->port[1] == d->port[1] && ww_flow_has_ip(f->ip[0], d->ip[0]) &&
        ww_flow_has_ip(f->ip[1], d->ip[1])) {
        *dir = WW_A;
        return true;
    }
    if (f->port[0] == d->port[1] && f->port[1] == d->port[0] && ww_flow_has_ip(f->ip[0], d->ip[1]) &&
        ww_flow_has_ip(f->ip[1], d->ip[0])) {
        *dir = WW_B;
        return true;
    }
    return false;
}
#endif
