/* dup.h - copies: one packet that mirror ports deliver more than once. */
#ifndef WW_DUP_H
#define WW_DUP_H
#include "sensor/ends.h"

enum {
    WW_DUP_WAYS = 4,     /* packets that share a line of the table, the newest first; the oldest gives way */
    WW_DUP_COPIES = 3,   /* copies of one packet; what comes more often is a flood, and counts */
    WW_DUP_SURE_MS = 100, /* between a packet and its copy when both are surely one packet */
    WW_DUP_LIKELY_MS = 5  /* the same when only the time tells a copy from a repetition */
};

struct ww_dup_seen {
    uint64_t tag;  /* 0 = empty */
    uint32_t tick; /* packet time */
    uint16_t link; /* MAC addresses and VLAN tags, mixed */
    uint8_t ttl, copies;
};

struct ww_dups {
    struct ww_dup_seen (*set)[WW_DUP_WAYS]; /* one cache line each */
    uint64_t mask;
    struct ww_key key;
    uint64_t evicted; /* packets forgotten before their copy could have come */
};

/**
 * Reserves room for the last packets. In: packets at a time, rounded up to a power of two
 */
enum ww_rc ww_dups_init(struct ww_dups *t, uint32_t packets, struct ww_key key) WW_MUST_CHECK;
void ww_dups_free(struct ww_dups *t);
size_t ww_dups_bytes(uint32_t packets);

/**
 * Keyed hash of what stays the same when a packet is mirrored twice or routed: addresses, IP
 * identification, length, transport header (its checksum stands for the payload) and the bytes that
 * follow it up to 40; not MAC addresses, VLAN tags, tunnels, TTL.
 * Return: 0 for frames that are not compared: neither IP nor ARP, or not decoded
 */
uint64_t ww_dup_hash(const struct ww_dups *t, const struct ww_dec *d);
/** The same for a decoded IP packet whose ends were mixed already; ends: ordered, see ends.h. */
uint64_t ww_dup_hash_ip(const struct ww_dups *t, const struct ww_dec *d, uint64_t ends);
void ww_dup_prefetch(const struct ww_dups *t, uint64_t hash);
/**
 * Is the packet a copy of one before? It is remembered if not.
 * Two packets are surely one when they have an IPv4 identification, or came with other MAC addresses,
 * tags or TTL: then they may lie WW_DUP_SURE_MS apart. Else a sender may have repeated itself (IPv6 and
 * identification 0 have no number): WW_DUP_LIKELY_MS. Retransmissions take longer (RFC 6298 2.4).
 * In: ts packet time in ns; time may go back
 */
bool ww_dup_is_copy(struct ww_dups *t, const struct ww_dec *d, uint64_t hash, uint64_t ts);
#endif
