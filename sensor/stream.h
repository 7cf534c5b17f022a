/* stream.h - TCP: from segments in any order to contiguous bytes in each direction, or a told gap. */
#ifndef WW_STREAM_H
#define WW_STREAM_H
#include "sensor/base/mem.h"
#include "sensor/decode.h"

/* Bytes out of order wait in a chain of buffers, sorted by sequence number. */
struct ww_seg {
    struct ww_buf next; /* next segment, i == WW_NONE at the end */
    uint32_t seq, len;
    uint32_t from, to;  /* the segment as it came; what is cut off belongs to another */
    uint32_t off;       /* bytes at the front that do not count any more */
    /* the bytes follow */
};

enum {
    WW_SEGS_MAX = 512, /* segments that wait in one direction: one-byte segments cost a buffer each */
    WW_SUMS = 4        /* segments of which the sum of the payload is remembered */
};

/* What the checksum of a segment says of its payload. */
struct ww_seg_sum {
    uint32_t seq;
    uint16_t len, sum;
};

/* One direction of a TCP connection. */
struct ww_side {
    uint32_t next;      /* sequence number expected next */
    uint32_t acked;     /* highest acknowledgement that the other side sent for this direction */
    uint64_t skip;      /* bytes that the dissector does not want to see */
    uint64_t gap_bytes; /* bytes that were never seen */
    uint64_t seen;      /* bytes delivered, skipped or lost: position in the stream */
    struct ww_buf seg, tail; /* first and last segment out of order; tail only counts with a first */
    uint32_t nseg;
    struct ww_buf pend; /* bytes that the dissector has not used yet */
    uint32_t pend_n, need;
    uint32_t ooo_bytes;
    uint64_t hole_ts;
    uint32_t lost_lo, lost_hi; /* newest hole that was given up; what fills it late is not new */
    uint32_t content;   /* slot of the content that is read, 0 = none */
    uint32_t reset;     /* sequence number of this side's reset */
    uint32_t rx_after;  /* segments of this direction since the hole was met */
    uint8_t wild;       /* segments in a row that were absurdly far ahead */
    uint8_t ttl;        /* of this side's packets, 0 = none seen: what kind of host it is */
    uint8_t nsum;
    bool has_next, has_ack, fin;
    bool lost_bulk, lost_acked; /* what the newest hole was, for bytes that come late after all */
    struct ww_seg_sum sum[WW_SUMS]; /* of the last segments with new bytes, a ring */
};

struct ww_tcp {
    _Alignas(64) struct ww_side side[2]; /* on cache lines of its own */
    uint32_t retransmits;
    uint32_t probes;  /* payload segments while the protocol was unknown */
    uint8_t maybe[2]; /* dissector that asked for more bytes + 1, 0 = none */
};

struct ww_stream_cfg {
    uint32_t flow_cap;  /* bytes out of order of one direction */
    uint32_t wait_segs; /* an acknowledged hole is lost after this many segments behind it */
    uint64_t wait_ns;   /* any hole is lost after this time */
};

struct ww_stream_stats {
    uint64_t bytes, gap_bytes, evicted, overlaps, out_of_order, retransmits;
    uint64_t gap_bulk, gap_acked, gap_cut; /* of gap_bytes: skipped anyway, acknowledged, cut short */
    uint64_t differing; /* segments with other bytes than were seen at the same place */
    uint64_t steps; /* waiting segments looked at to find a place */
};

/* The receiver of contiguous bytes: the engine, the differential test, the unit tests. */
struct ww_stream_sink {
    void (*data)(void *to, enum ww_dir dir, struct ww_slice in);
    void (*gap)(void *to, enum ww_dir dir, uint64_t lost);
    /* the direction sent other bytes at a place that it had sent already */
    void (*differs)(void *to, enum ww_dir dir);
    void *to;
};

struct ww_stream {
    struct ww_stream_cfg cfg;
    struct ww_bufs *bufs;
    struct ww_stream_stats stats;
};

/**
 * Takes one segment: delivers what is contiguous now, keeps what is ahead, tells a gap when bytes
 * are lost for good.
 * In: t state of the connection; d the decoded segment; dir its direction; ts packet time in ns
 * Return: false when the segment brought nothing new (retransmission)
 * Overlaps: what was delivered stays. Among bytes that wait behind a hole, a receiver with a TTL of up to
 *         64 (Linux, BSD) is taken to keep the segment that begins earlier, and of two with one beginning
 *         the longer; others (Windows, unknown) the one that came first. Other bytes at a place that was
 *         seen are told: found by comparing what waits, and for the last segments by their checksums.
 * Source: RFC 9293 3.4, 3.10; sequence numbers compare modulo 2^32
 */
bool ww_stream_segment(struct ww_stream *s, struct ww_tcp *t, const struct ww_dec *d,
                       enum ww_dir dir, uint64_t ts, const struct ww_stream_sink *sink);
/** Delivers what still waits, with gaps told, when the connection is over or forgotten. */
void ww_stream_flush(struct ww_stream *s, struct ww_tcp *t, const struct ww_stream_sink *sink);
/** Gives back all buffers of the connection. */
void ww_stream_drop(struct ww_stream *s, struct ww_tcp *t);
void ww_tcp_init(struct ww_tcp *t);

/* ---- content of segments by their checksums, stream_sum.c ------------------------------------------- */
/** Notes what the checksum of a segment with new bytes says of its payload. */
void ww_stream_remember(struct ww_side *x, const struct ww_dec *d, uint32_t seq);
/**
 * Does a segment that comes again hold other bytes than the first time?
 * In: seq of the first byte of the payload
 * Return: true only if both were whole, as long as each other, among the last WW_SUMS, and the checksum of
 *         this one is right; offloaded checksums say nothing
 */
bool ww_stream_contradicts(const struct ww_side *x, const struct ww_dec *d, uint32_t seq);
#endif
