/* mem.c - slabs and buffers over memory reserved at start. */
#include "sensor/base/mem.h"
#include <string.h>
#include <sys/mman.h>

enum { HUGE_FROM = 8 << 20 };

void *ww_mem_reserve(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    return p;
}

void ww_mem_dense(void *p, size_t bytes)
{
    if (p != NULL && bytes >= HUGE_FROM)
        (void)madvise(p, bytes, MADV_HUGEPAGE); /* a wish: without, it is only slower */
}

void ww_mem_release(void *p, size_t bytes)
{
    if (p != NULL)
        (void)munmap(p, bytes);
}

enum ww_rc ww_slab_init(struct ww_slab *s, size_t slot, uint32_t cap)
{
    slot = (slot + 7) & ~(size_t)7; /* room for the free list's link, and alignment */
    *s = (struct ww_slab){ .slot = slot, .cap = cap, .free_head = WW_NONE };
    s->bytes = slot * cap;
    s->base = ww_mem_reserve(s->bytes > 0 ? s->bytes : 1);
    return s->base != NULL ? WW_OK : WW_E_SYS;
}

static uint32_t slab_take(struct ww_slab *s)
{
    uint32_t i = s->free_head;
    if (i != WW_NONE) {
        memcpy(&s->free_head, ww_slab_at(s, i), sizeof s->free_head);
    } else if (s->fresh < s->cap) {
        i = s->fresh++;
    } else {
        return WW_NONE;
    }
    s->used++;
    return i;
}

uint32_t ww_slab_get(struct ww_slab *s)
{
    uint32_t i = slab_take(s);
    if (i != WW_NONE)
        memset(ww_slab_at(s, i), 0, s->slot);
    return i;
}

void ww_slab_put(struct ww_slab *s, uint32_t i)
{
    memcpy(ww_slab_at(s, i), &s->free_head, sizeof s->free_head);
    s->free_head = i;
    s->used--;
}

void ww_slab_free(struct ww_slab *s)
{
    ww_mem_release(s->base, s->bytes);
    *s = (struct ww_slab){ .base = NULL };
}

static const size_t cls_bytes[WW_BUF_CLASSES] = { 2048, 16384, 131072, 524288, 1114112 };
/* share of the budget for each class, in 16ths */
static const unsigned cls_share[WW_BUF_CLASSES] = { 5, 4, 3, 2, 2 };

enum ww_rc ww_bufs_init(struct ww_bufs *b, size_t budget)
{
    *b = (struct ww_bufs){ .refused = 0 };
    for (unsigned i = 0; i < WW_BUF_CLASSES; i++) {
        size_t n = budget / 16 * cls_share[i] / cls_bytes[i];
        enum ww_rc rc = ww_slab_init(&b->of[i], cls_bytes[i], n < 4 ? 4 : (uint32_t)n);
        if (rc != WW_OK)
            return rc;
    }
    return WW_OK;
}

void ww_bufs_free(struct ww_bufs *b)
{
    for (unsigned i = 0; i < WW_BUF_CLASSES; i++)
        ww_slab_free(&b->of[i]);
}

struct ww_buf ww_buf_get(struct ww_bufs *b, size_t n)
{
    unsigned fits = 0;
    for (uint8_t c = 0; c < WW_BUF_CLASSES && fits < 2; c++) {
        if (cls_bytes[c] < n)
            continue;
        fits++; /* small needs must not eat the few large buffers */
        uint32_t i = slab_take(&b->of[c]);
        if (i != WW_NONE)
            return (struct ww_buf){ i, c };
    }
    b->refused++;
    return (struct ww_buf){ WW_NONE, 0 };
}

void ww_buf_put(struct ww_bufs *b, struct ww_buf *x)
{
    if (x->i != WW_NONE)
        ww_slab_put(&b->of[x->cls], x->i);
    x->i = WW_NONE;
}

uint8_t *ww_buf_at(const struct ww_bufs *b, struct ww_buf x)
{
    return ww_slab_at(&b->of[x.cls], x.i);
}

size_t ww_buf_cap(struct ww_buf x)
{
    return x.i == WW_NONE ? 0 : cls_bytes[x.cls];
}
