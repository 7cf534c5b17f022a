/* ring.h - single producer, single consumer: records of any size through one buffer. Where threads
 * meet, they meet here. */
#ifndef WW_BASE_RING_H
#define WW_BASE_RING_H
#include "sensor/base/mem.h"
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

/* A record is 8 bytes of length and the body, padded to 8; a length of all ones means: go on at
 * the start. */
struct ww_ring {
    alignas(64) _Atomic uint64_t head; /* written by the producer only; bytes ever written */
    uint64_t tail_seen;                /* producer's last look at tail */
    uint64_t put;                      /* producer: where the open record begins */
    alignas(64) _Atomic uint64_t tail; /* written by the consumer only */
    uint64_t head_seen;                /* consumer's last look at head */
    uint64_t at;                       /* consumer: the record it looks at; those before it still stand */
    alignas(64) uint8_t *buf;
    uint64_t cap; /* power of two */
};

enum { WW_RING_HDR = 8 };

static inline enum ww_rc ww_ring_init(struct ww_ring *r, uint64_t cap_pow2)
{
    memset(r, 0, sizeof *r);
    r->cap = cap_pow2;
    r->buf = ww_mem_reserve(cap_pow2);
    return r->buf != NULL ? WW_OK : WW_E_SYS;
}

static inline void ww_ring_free(struct ww_ring *r)
{
    ww_mem_release(r->buf, r->cap);
    r->buf = NULL;
}

/* Producer: room for n bytes with `reserve` bytes left free behind it, or NULL when full. Nothing is
 * visible until ww_ring_push with the same n or less. */
static inline void *ww_ring_slot(struct ww_ring *r, size_t n, uint64_t reserve)
{
    uint64_t need = WW_RING_HDR + ((n + 7) & ~(size_t)7);
    uint64_t h = atomic_load_explicit(&r->head, memory_order_relaxed);
    uint64_t to_end = r->cap - (h & (r->cap - 1));
    uint64_t skip = need > to_end ? to_end : 0; /* a record is never split */
    if (skip + need + reserve > r->cap)
        return NULL;
    if (h + skip + need + reserve - r->tail_seen > r->cap) {
        r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
        if (h + skip + need + reserve - r->tail_seen > r->cap)
            return NULL;
    }
    if (skip > 0)
        memset(r->buf + (h & (r->cap - 1)), 0xff, WW_RING_HDR);
    r->put = h + skip;
    return r->buf + (r->put & (r->cap - 1)) + WW_RING_HDR;
}

static inline void ww_ring_push(struct ww_ring *r, size_t n)
{
    uint64_t len = n;
    memcpy(r->buf + (r->put & (r->cap - 1)), &len, sizeof len);
    atomic_store_explicit(&r->head, r->put + WW_RING_HDR + ((n + 7) & ~(size_t)7),
                          memory_order_release);
}

/* Consumer: the first record that was not passed yet, or NULL when there is none. */
static inline void *ww_ring_peek(struct ww_ring *r, size_t *n)
{
    for (;;) {
        if (r->at == r->head_seen) {
            r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
            if (r->at == r->head_seen)
                return NULL;
        }
        uint64_t len;
        memcpy(&len, r->buf + (r->at & (r->cap - 1)), sizeof len);
        if (len != UINT64_MAX) {
            *n = (size_t)len;
            return r->buf + (r->at & (r->cap - 1)) + WW_RING_HDR;
        }
        r->at += r->cap - (r->at & (r->cap - 1));
    }
}

/* Consumer: goes past the record that was peeked at; it stays valid until ww_ring_done(). */
static inline void ww_ring_pass(struct ww_ring *r)
{
    uint64_t len;
    memcpy(&len, r->buf + (r->at & (r->cap - 1)), sizeof len);
    r->at += WW_RING_HDR + ((len + 7) & ~(uint64_t)7);
}

/* Consumer: gives the room of all records that were passed back to the producer. */
static inline void ww_ring_done(struct ww_ring *r)
{
    atomic_store_explicit(&r->tail, r->at, memory_order_release);
}

/* Consumer: passes one record and gives its room back. */
static inline void ww_ring_pop(struct ww_ring *r)
{
    ww_ring_pass(r);
    ww_ring_done(r);
}

/* Bytes in use, as either side may ask; the other one may be about to change it. */
static inline uint64_t ww_ring_used(struct ww_ring *r)
{
    uint64_t t = atomic_load_explicit(&r->tail, memory_order_relaxed);
    uint64_t h = atomic_load_explicit(&r->head, memory_order_relaxed);
    return h > t ? h - t : 0; /* the tail may have gone on between the two looks */
}
#endif
