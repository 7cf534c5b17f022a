/* inflate.c - zlib in one call, with its memory on the stack: the packet path allocates nothing. */
#include "dissectors/lib/inflate.h"
#include <limits.h>
#include <zlib.h>

/* All output of the one call stands in the caller's room, where zlib finds what it repeats; so the
 * window that it keeps for later calls may be the smallest. The rest is its state. */
enum { WINDOW_BITS = 8, ARENA = 7872 };

struct arena {
    size_t used;
    _Alignas(16) uint8_t b[ARENA];
};

/* zalloc of zlib. Return: NULL when the arena is too small, and inflating fails cleanly. */
static voidpf take(voidpf opaque, uInt items, uInt size)
{
    struct arena *a = opaque;
    size_t n = ((size_t)items * size + 15) & ~(size_t)15;
    if (n < size || n > sizeof a->b - a->used)
        return NULL;
    uint8_t *p = a->b + a->used;
    a->used += n;
    return p;
}

static void give(voidpf opaque, voidpf p)
{
    (void)opaque;
    (void)p;
}

enum ww_inflate_end ww_inflate(struct ww_slice in, uint8_t *room, size_t cap, size_t *n)
{
    struct arena a = { .used = 0 };
    z_stream z = { .zalloc = take, .zfree = give, .opaque = &a };
    *n = 0;
    if (in.n == 0 || cap == 0)
        return WW_INFLATE_CUT;
    z.next_in = (z_const Bytef *)(uintptr_t)in.p; /* not const in zlib, but only read */
    z.avail_in = in.n < UINT_MAX ? (uInt)in.n : UINT_MAX;
    z.next_out = room;
    z.avail_out = cap < UINT_MAX ? (uInt)cap : UINT_MAX;
    uInt had = z.avail_out;
    if (inflateInit2(&z, -WINDOW_BITS) != Z_OK)
        return WW_INFLATE_BAD;
    int rc = inflate(&z, Z_FINISH);
    *n = had - z.avail_out;
    (void)inflateEnd(&z);
    if (rc == Z_STREAM_END)
        return WW_INFLATE_WHOLE;
    return rc == Z_BUF_ERROR || rc == Z_OK ? WW_INFLATE_CUT : WW_INFLATE_BAD;
}
