/* capture.h - where packets come from: files in blocks of our own, live interfaces through libpcap. */
#ifndef WW_CAPTURE_H
#define WW_CAPTURE_H
#include "sensor/base/err.h"
#include "sensor/base/rd.h"
#include <assert.h>
#include <stdatomic.h>
#include <sys/types.h>

enum {
    WW_SNAP_MAX = 262144,   /* largest record that is accepted, as in tcpdump */
    WW_BLOCK_READ = 262144, /* bytes per read: stays in the second-level cache */
    WW_BLOCK_CAP = WW_BLOCK_READ + WW_SNAP_MAX + 64,
    WW_BATCH = 32,
    WW_IFACES_MAX = 256 /* interfaces of one pcapng section */
};

/* The latest time that is believed, year 2262: sums of a time and some hours never wrap. */
#define WW_TS_MAX ((uint64_t)INT64_MAX)

/* Who puts a fragment together, see dispatch.h. */
enum ww_fate {
    WW_FATE_OWN,   /* no fragment, or the worker itself */
    WW_FATE_PIECE, /* the capture does, and the datagram is not complete with this one */
    WW_FATE_COPY,  /* the capture did already, and this one is a mirror's copy */
    WW_FATE_WHOLE  /* the capture did, and this one comes with the whole datagram */
};

/* One packet as the capture gave it. The bytes belong to the block or ring slot. */
struct ww_pkt {
    const uint8_t *p;
    uint32_t caplen, len; /* bytes present, bytes on the wire */
    uint64_t ts;          /* ns since 1970 UTC */
    uint64_t frame;       /* number in its source, from 1 */
    uint32_t source;
    uint16_t link; /* LINKTYPE_ of the tcpdump registry */
    bool stepped : 1; /* the clock went back by over 1 s since the packet before, in this source */
    bool shed : 1;    /* cut by ourselves, because packets came too fast */
    uint8_t fate : 2; /* enum ww_fate */
    bool differs : 1; /* a fragment that the capture put together: it contradicts one before */
};
static_assert(sizeof(struct ww_pkt) == 40, "packets on their way to a worker are copied");

/* A block of file bytes; packets point into it. Counted by the packets that refer to it. */
struct ww_block {
    atomic_uint refs;
    size_t n;
    uint8_t *data; /* WW_BLOCK_CAP bytes */
};

static inline bool ww_clock_stepped(uint64_t before, uint64_t now)
{
    return now + 1000000000u < before;
}

struct ww_batch {
    struct ww_block *block;
    unsigned n;
    struct ww_pkt pkt[WW_BATCH];
};

struct ww_capfile;

struct ww_capfile_cfg {
    const char *filter; /* BPF expression or NULL */
    unsigned blocks;    /* blocks in flight, at least 2 */
};

enum ww_capfile_end {
    WW_CAP_MORE,  /* the batch holds packets */
    WW_CAP_END,   /* regular end */
    WW_CAP_WAIT,  /* all blocks are still referred to: let the workers go on */
    WW_CAP_CUT,   /* the file ends inside a record; what came before was delivered */
    WW_CAP_BROKEN /* the file is damaged at an offset; see the error */
};

/**
 * Opens a capture: pcap or pcapng, plain, gzip or zstd; "-" is standard input.
 * Return: WW_OK, or a sentence that names the file and what is wrong with it.
 */
enum ww_rc ww_capfile_open(struct ww_capfile **out, const char *path, uint32_t source,
                           const struct ww_capfile_cfg *cfg, struct ww_err *e) WW_MUST_CHECK;
/**
 * Next packets, all in one block. The caller drops its references with ww_block_drop (one a packet).
 * Return: see enum ww_capfile_end; with WW_CAP_CUT and WW_CAP_BROKEN the error is filled.
 */
enum ww_capfile_end ww_capfile_next(struct ww_capfile *c, struct ww_batch *b, struct ww_err *e);
void ww_capfile_close(struct ww_capfile *c);
/** Bytes read from the file so far and its size (0 = unknown), for progress. */
void ww_capfile_progress(const struct ww_capfile *c, uint64_t *done, uint64_t *size);
/** Packets left out by the filter, and records of a kind that is passed over. */
uint64_t ww_capfile_filtered(const struct ww_capfile *c);
/** Packets of a link layer that the decoder does not know. Out: link the first such type, all packets
 *  of the file. */
uint64_t ww_capfile_strange(const struct ww_capfile *c, uint16_t *link, uint64_t *all);

static inline void ww_block_drop(struct ww_block *b, unsigned n)
{
    if (n > 0)
        (void)atomic_fetch_sub_explicit(&b->refs, n, memory_order_release);
}

/* Filter of one expression for the link types that turn up. */
struct ww_filter;
enum ww_rc ww_filter_new(struct ww_filter **out, const char *expr, struct ww_err *e) WW_MUST_CHECK;
/** Whether the packet passes; a link type for which the expression has no meaning passes nothing. */
bool ww_filter_pass(struct ww_filter *f, const struct ww_pkt *p);
void ww_filter_free(struct ww_filter *f);

/* ---- byte sources under the file reader ---------------------------------------------------------- */
struct ww_bytes;
/** Opens a file for reading and undoes gzip or zstd, recognised by their first bytes. */
enum ww_rc ww_bytes_open(struct ww_bytes **out, const char *path, struct ww_err *e) WW_MUST_CHECK;
/** Reads up to n bytes; 0 at the end, -1 with the error filled. */
ssize_t ww_bytes_read(struct ww_bytes *b, uint8_t *dst, size_t n, struct ww_err *e);
void ww_bytes_progress(const struct ww_bytes *b, uint64_t *done, uint64_t *size);
void ww_bytes_close(struct ww_bytes *b);

/* ---- live ------------------------------------------------------------------------------------------ */
struct ww_live;
struct ww_live_cfg {
    const char *filter;
    int buffer_mib; /* kernel ring; 0 = default 64 */
    int snaplen;    /* 0 = 262144 */
    bool promisc;
};
typedef void ww_live_fn(void *to, const struct ww_pkt *p);
enum ww_rc ww_live_open(struct ww_live **out, const char *iface, uint32_t source,
                        const struct ww_live_cfg *cfg, struct ww_err *e) WW_MUST_CHECK;
/** Hands on what waits; blocks at most 100 ms. Return: packets, or -1 with the error filled. */
int ww_live_dispatch(struct ww_live *l, ww_live_fn *fn, void *to, struct ww_err *e);
/** Hands on what the kernel holds already; for the end. Takes a few time-outs at most. */
void ww_live_drain(struct ww_live *l, ww_live_fn *fn, void *to);
enum ww_iface { WW_IFACE_UP, WW_IFACE_DOWN, WW_IFACE_GONE };
/** What became of the interface. Down is no error for libpcap: packets come again when it is up. */
enum ww_iface ww_live_state(const struct ww_live *l);
const char *ww_live_name(const struct ww_live *l);
/** Packets received and dropped by the kernel since the start; false when it cannot be told. */
bool ww_live_drops(struct ww_live *l, uint64_t *received, uint64_t *dropped);
void ww_live_close(struct ww_live *l);
#endif
