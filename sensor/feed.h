/* feed.h - packets on their way from a capture to a worker, and what is left out when they come faster
 * than they can be taken: the deepest work first, flows and devices last. */
#ifndef WW_FEED_H
#define WW_FEED_H
#include "sensor/base/ring.h"
#include "sensor/worker.h"

/* What stands in a packet ring. */
enum ww_in_kind { WW_IN_PACKETS, WW_IN_BYTES, WW_IN_WHOLE, WW_IN_TICK, WW_IN_END };
struct ww_in {
    uint32_t kind;
    uint32_t n;             /* PACKETS: packets that follow; WHOLE: bytes of the datagram */
    uint64_t key;           /* TICK: place in the order */
    uint64_t ts;            /* TICK, END */
    struct ww_block *block; /* PACKETS: counted references, dropped by the worker */
    struct ww_pkt pkt[];    /* BYTES: one, its bytes behind it; WHOLE: one, the datagram behind it */
};

enum {
    WW_FEED_CUT = 256 /* bytes of a packet that are kept when the ring is nearly full: all headers */
};

/* Fills of a ring, in 64ths, at which more is left out; less is left out again a quarter below. */
enum { WW_FEED_BULK = 32, WW_FEED_BODIES = 40, WW_FEED_HEADS = 48, WW_FEED_BACK = 16 };

/**
 * What a worker leaves out, from the fill of its rings. Two marks a step keep it from swinging.
 * In:     now the step it is at; fill 0 to 64
 * Return: enum ww_load
 */
uint8_t ww_feed_step(uint8_t now, unsigned fill);

/**
 * Live: copies a packet into the ring. From the fill on at which a worker dissects nothing, only the
 * first WW_FEED_CUT bytes of it.
 * Return: false when there is no room: the packet is lost
 */
bool ww_feed_put(struct ww_ring *r, const struct ww_pkt *p);
/** Live: copies a fragment and the datagram that it completed; without the datagram from that fill on. */
bool ww_feed_put_whole(struct ww_ring *r, const struct ww_pkt *p, struct ww_slice whole);
/** Files: a fragment by reference, the datagram as a copy. Return: bytes of the record */
size_t ww_feed_whole_bytes(struct ww_slice whole);
void ww_feed_set_whole(struct ww_in *in, struct ww_block *block, const struct ww_pkt *p,
                       struct ww_slice whole);

/* What a worker took from one ring. */
struct ww_taken {
    unsigned n;    /* records; 0 = the ring was empty */
    uint64_t mark; /* nothing older than this comes out of the ring any more, if n > 0 */
    bool ended;    /* the capture is over */
};

/**
 * Live: takes up to WW_BATCH packets, or one other record, and lets the worker see them. How full the
 * rings are decides what it leaves out.
 * In:     r the packet ring; ev the worker's event ring, or NULL
 */
struct ww_taken ww_feed_take_live(struct ww_worker *w, struct ww_ring *r, struct ww_ring *ev);
/** Files: takes one record; nothing is left out, the capture waits. */
struct ww_taken ww_feed_take_file(struct ww_worker *w, struct ww_ring *r);
#endif
