/* inflate.c - zlib over memory of our own. */
#include "sensor/inflate.h"
#include <stdlib.h>
#include <zlib.h>

enum {
    ARENA = 56 * 1024, /* zlib.h: 32 KiB window and about 7 KiB; the rest is for other versions */
    AUTO_BITS = 15 + 32, /* gzip or zlib, by the header (zlib.h, inflateInit2) */
    PLAIN_BITS = -15
};

struct ww_inflater {
    z_stream z;
    bool open, any; /* any: something was read */
    size_t used;
    _Alignas(16) uint8_t arena[ARENA];
};

size_t ww_inflater_size(void)
{
    return sizeof(struct ww_inflater);
}

/* zlib asks for its state and its window, each once. */
static voidpf take(voidpf to, uInt items, uInt size)
{
    struct ww_inflater *w = to;
    size_t n = ((size_t)items * size + 15) & ~(size_t)15;
    if (n > ARENA - w->used)
        return NULL;
    w->used += n;
    return w->arena + (w->used - n);
}

static void give_back(voidpf to, voidpf p)
{
    (void)to; /* the arena is emptied as a whole */
    (void)p;
}

void ww_inflater_begin(struct ww_inflater *w)
{
    w->open = false;
    w->any = false;
}

static bool begin(struct ww_inflater *w, int bits)
{
    w->used = 0;
    w->z = (z_stream){ .zalloc = take, .zfree = give_back, .opaque = w };
    w->open = inflateInit2(&w->z, bits) == Z_OK;
    return w->open;
}

/* The first byte of gzip, or of zlib with its method and window (RFC 1950 2.2). Servers send plain
 * deflate under the same name. */
static int bits_of(struct ww_slice in)
{
    uint8_t a = ww_slice_at(in, 0), b = ww_slice_at(in, 1);
    bool zlib = (a & 0x0f) == 8 && a >> 4 <= 7 && (in.n < 2 || (a * 256u + b) % 31 == 0);
    return a == 0x1f || zlib ? AUTO_BITS : PLAIN_BITS;
}

struct ww_inflated ww_inflater_feed(struct ww_inflater *w, struct ww_slice in, void *room,
                                    size_t cap)
{
    struct ww_inflated r = { .out = { NULL, 0 } };
    if (in.n == 0 && !w->open)
        return r; /* while it is open, the last bits may still give many bytes */
    if (!w->open && (w->any || !begin(w, bits_of(in)))) {
        r.bad = true;
        return r;
    }
    w->any = true;
    uInt n = in.n < UINT32_MAX ? (uInt)in.n : UINT32_MAX;
    uInt m = cap < UINT32_MAX ? (uInt)cap : UINT32_MAX;
    w->z.next_in = (z_const Bytef *)(uintptr_t)in.p; /* zlib reads it only */
    w->z.avail_in = n;
    w->z.next_out = room;
    w->z.avail_out = m;
    int rc = inflate(&w->z, Z_NO_FLUSH);
    r.used = n - w->z.avail_in;
    r.out = (struct ww_slice){ room, m - w->z.avail_out };
    r.end = rc == Z_STREAM_END;
    r.bad = rc != Z_OK && rc != Z_STREAM_END &&
            !(rc == Z_BUF_ERROR && (in.n == 0 || r.used > 0 || r.out.n > 0));
    if (r.end || r.bad)
        w->open = false;
    return r;
}
