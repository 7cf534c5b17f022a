/* defrag.h - IP datagrams from fragments; bounded in number, size and time. */
#ifndef WW_DEFRAG_H
#define WW_DEFRAG_H
#include "sensor/base/hash.h"
#include "sensor/decode.h"

enum {
    WW_FRAG_DATAGRAM_MAX = 65535,
    WW_FRAG_PIECES = 64, /* pieces of one datagram; more are an attack */
    WW_FRAG_NESTED = 2   /* datagrams within each other that are put together, by tunnels */
};

struct ww_frag {
    uint8_t ip[2][16];
    uint32_t id, next; /* next in the chain + 1 */
    uint64_t first;    /* packet time of the first piece */
    uint32_t total;    /* bytes once the last piece is known, 0 = unknown */
    uint16_t n;
    uint8_t fam, proto;
    bool used;
    bool dead; /* given up: no piece counts until its time is over */
    struct {
        uint32_t off, len;
    } have[WW_FRAG_PIECES]; /* sorted, not overlapping */
};

struct ww_defrag {
    struct ww_frag *of;
    uint8_t *bytes; /* WW_FRAG_DATAGRAM_MAX + 1 each */
    uint32_t cap, hand;
    struct ww_key key;
    uint64_t seen, whole, evicted, timed_out, overlaps, bad;
    uint64_t differing; /* pieces that contradict one before */
    bool differs;       /* the last piece did */
};

enum ww_rc ww_defrag_init(struct ww_defrag *t, uint32_t cap, struct ww_key key) WW_MUST_CHECK;
void ww_defrag_free(struct ww_defrag *t);
/**
 * Takes a fragment. Out: whole the datagram's body when this was the missing piece; it is valid
 * until the next call, and also while that one takes a fragment that lies inside it.
 * Limits: 30 s (RFC 8200 4.5 says 60, RFC 1122 60-120; links here are local), 64 pieces
 * Overlaps: what came first stays. A piece with other bytes at a place that was seen, or another end, is
 *         told (t->differs); over IPv6 it also ends the datagram, as receivers must do (RFC 8200 4.5)
 * Source: RFC 791 3.2, RFC 8200 4.5, RFC 5722
 */
bool ww_defrag_add(struct ww_defrag *t, const struct ww_dec *d, uint64_t ts,
                   struct ww_slice *whole);
#endif
