/* mem.h - memory reserved at start: address space now, pages when they are first used. */
#ifndef WW_BASE_MEM_H
#define WW_BASE_MEM_H
#include "sensor/base/err.h"
#include <stddef.h>
#include <stdint.h>

/** Reserves zeroed memory from the system; NULL when it refuses. */
void *ww_mem_reserve(size_t bytes);
/** The area is filled from its beginning, or all over: large ones ask for huge pages. */
void ww_mem_dense(void *p, size_t bytes);
void ww_mem_release(void *p, size_t bytes);

#define WW_NONE UINT32_MAX /* no slot; an enum holds only an int */

/* Slots of one size, named by index; the newest freed slot is used first. Memory that was never
 * used is not touched. */
struct ww_slab {
    uint8_t *base;
    size_t slot, bytes;
    uint32_t cap, used, fresh, free_head;
};
enum ww_rc ww_slab_init(struct ww_slab *s, size_t slot, uint32_t cap) WW_MUST_CHECK;
/** A zeroed slot, or WW_NONE when all are taken. */
uint32_t ww_slab_get(struct ww_slab *s);
void ww_slab_put(struct ww_slab *s, uint32_t i);
void ww_slab_free(struct ww_slab *s);
static inline void *ww_slab_at(const struct ww_slab *s, uint32_t i)
{
    return s->base + (size_t)i * s->slot;
}

/* Buffers of a few sizes from one budget: message rests and segments out of order. */
enum { WW_BUF_CLASSES = 5 };
struct ww_bufs {
    struct ww_slab of[WW_BUF_CLASSES];
    uint64_t refused; /* requests that found no buffer */
};
struct ww_buf {
    uint32_t i;   /* WW_NONE = no buffer */
    uint8_t cls;
};
enum ww_rc ww_bufs_init(struct ww_bufs *b, size_t budget) WW_MUST_CHECK;
void ww_bufs_free(struct ww_bufs *b);
/** A buffer of at least n bytes, of the fitting size or the next; i == WW_NONE when there is none.
 * Not zeroed. */
struct ww_buf ww_buf_get(struct ww_bufs *b, size_t n);
void ww_buf_put(struct ww_bufs *b, struct ww_buf *x);
uint8_t *ww_buf_at(const struct ww_bufs *b, struct ww_buf x);
size_t ww_buf_cap(struct ww_buf x);
#endif
