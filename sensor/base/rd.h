/* rd.h - the only way to read bytes from outside: bounds-checked, with a sticky error. */
#ifndef WW_BASE_RD_H
#define WW_BASE_RD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes that somebody else owns. A slice lives as long as the call that received it. */
struct ww_slice {
    const uint8_t *p;
    size_t n;
};

/* A reader: reads return values; the first short read sets bad, later reads give 0. */
struct ww_rd {
    const uint8_t *p; /* next byte */
    size_t left;      /* bytes from p to the end of the slice */
    bool bad;         /* a read went past the end; stays true */
};

#define WW_SLICE_LIT(s) ((struct ww_slice){ (const uint8_t *)(s), sizeof(s) - 1 })

static inline struct ww_rd ww_rd(struct ww_slice s)
{
    return (struct ww_rd){ .p = s.p, .left = s.p == NULL ? 0 : s.n, .bad = false };
}

/* Takes n bytes. Short input: bad is set, NULL is returned, nothing is taken. */
static inline const uint8_t *ww_rd_take(struct ww_rd *r, size_t n)
{
    if (r->bad || n > r->left) { /* compare lengths; never form p + n first */
        r->bad = true;
        r->left = 0;
        return NULL;
    }
    const uint8_t *p = r->p;
    if (n > 0) /* NULL + 0 is undefined in C */
        r->p += n;
    r->left -= n;
    return p;
}

static inline uint8_t ww_rd_u8(struct ww_rd *r)
{
    const uint8_t *p = ww_rd_take(r, 1);
    return p ? p[0] : 0;
}

static inline uint16_t ww_rd_be16(struct ww_rd *r)
{
    const uint8_t *p = ww_rd_take(r, 2);
    return p ? (uint16_t)((uint32_t)p[0] << 8 | p[1]) : 0;
}

static inline uint32_t ww_rd_be24(struct ww_rd *r)
{
    const uint8_t *p = ww_rd_take(r, 3);
    return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

static inline uint32_t ww_rd_be32(struct ww_rd *r)
{
    const uint8_t *p = ww_rd_take(r, 4);
    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline uint64_t ww_rd_be64(struct ww_rd *r)
{
    uint64_t hi = ww_rd_be32(r);
    return hi << 32 | ww_rd_be32(r);
}

static inline uint16_t ww_rd_le16(struct ww_rd *r)
{
    const uint8_t *p = ww_rd_take(r, 2);
    return p ? (uint16_t)((uint32_t)p[1] << 8 | p[0]) : 0;
}

static inline uint32_t ww_rd_le32(struct ww_rd *r)
{
    const uint8_t *p = ww_rd_take(r, 4);
    return p ? (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0] : 0;
}

static inline uint64_t ww_rd_le64(struct ww_rd *r)
{
    uint64_t lo = ww_rd_le32(r);
    return (uint64_t)ww_rd_le32(r) << 32 | lo;
}

static inline void ww_rd_skip(struct ww_rd *r, size_t n)
{
    (void)ww_rd_take(r, n);
}

/* Sub-slice of n bytes; {NULL, 0} once bad. */
static inline struct ww_slice ww_rd_bytes(struct ww_rd *r, size_t n)
{
    const uint8_t *p = ww_rd_take(r, n);
    return (struct ww_slice){ p, p ? n : 0 };
}

/* Everything that is left. */
static inline struct ww_slice ww_rd_rest(struct ww_rd *r)
{
    return ww_rd_bytes(r, r->left);
}

/* Reader over the next n bytes: an inner length can never escape its parent. */
static inline struct ww_rd ww_rd_sub(struct ww_rd *r, size_t n)
{
    bool bad = r->bad || n > r->left;
    struct ww_rd in = ww_rd(ww_rd_bytes(r, n));
    in.bad = bad;
    return in;
}

/* Offset of the first byte c at or after from; s.n when there is none. */
static inline size_t ww_slice_find(struct ww_slice s, size_t from, uint8_t c)
{
    if (from >= s.n)
        return s.n;
    const uint8_t *q = memchr(s.p + from, c, s.n - from);
    return q ? (size_t)(q - s.p) : s.n;
}

/* Byte at index i, 0 beyond the end: a look without taking. */
static inline uint8_t ww_slice_at(struct ww_slice s, size_t i)
{
    return i < s.n ? s.p[i] : 0;
}

/* The same for wider fields. Where a header's size was compared once, the compiler knows that its fields
 * are there and leaves nothing of these tests. */
static inline uint16_t ww_slice_be16(struct ww_slice s, size_t i)
{
    if (i >= s.n || s.n - i < 2)
        return 0;
    return (uint16_t)((uint32_t)s.p[i] << 8 | s.p[i + 1]);
}

static inline uint32_t ww_slice_be32(struct ww_slice s, size_t i)
{
    if (i >= s.n || s.n - i < 4)
        return 0;
    return (uint32_t)s.p[i] << 24 | (uint32_t)s.p[i + 1] << 16 | (uint32_t)s.p[i + 2] << 8 |
           s.p[i + 3];
}

static inline uint32_t ww_slice_le32(struct ww_slice s, size_t i)
{
    if (i >= s.n || s.n - i < 4)
        return 0;
    return (uint32_t)s.p[i] | (uint32_t)s.p[i + 1] << 8 | (uint32_t)s.p[i + 2] << 16 |
           (uint32_t)s.p[i + 3] << 24;
}

static inline uint64_t ww_slice_le64(struct ww_slice s, size_t i)
{
    if (i >= s.n || s.n - i < 8)
        return 0;
    const uint8_t *p = s.p + i;
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

/* Part of a slice, clamped to it. */
static inline struct ww_slice ww_slice_sub(struct ww_slice s, size_t from, size_t n)
{
    if (from >= s.n)
        return (struct ww_slice){ NULL, 0 };
    size_t left = s.n - from;
    return (struct ww_slice){ s.p + from, n < left ? n : left };
}

/* What stands at and behind an offset. */
static inline struct ww_slice ww_slice_from(struct ww_slice s, size_t from)
{
    if (from > s.n || s.p == NULL)
        return (struct ww_slice){ NULL, 0 };
    return (struct ww_slice){ s.p + from, s.n - from };
}

static inline bool ww_slice_eq(struct ww_slice a, struct ww_slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool ww_slice_eqs(struct ww_slice a, const char *s)
{
    size_t n = strlen(s);
    return a.n == n && (n == 0 || memcmp(a.p, s, n) == 0);
}

static inline bool ww_slice_starts(struct ww_slice a, const char *s)
{
    size_t n = strlen(s);
    return a.n >= n && (n == 0 || memcmp(a.p, s, n) == 0);
}

/* Text without leading and trailing spaces and NULs (DICOM and HL7 padding). */
static inline struct ww_slice ww_slice_trim(struct ww_slice s)
{
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == 0))
        s.n--;
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == 0)) {
        s.p++;
        s.n--;
    }
    return s;
}

/* Copies a slice to memory of ours that has room for it. */
static inline void ww_copy(void *dst, struct ww_slice s)
{
    if (s.n > 0)
        memcpy(dst, s.p, s.n);
}

/* The same for memory that may overlap. */
static inline void ww_move(void *dst, struct ww_slice s)
{
    if (s.n > 0)
        memmove(dst, s.p, s.n);
}

/* Slice over a C string; for literals and our own text. */
static inline struct ww_slice ww_slice_str(const char *s)
{
    return (struct ww_slice){ (const uint8_t *)s, strlen(s) };
}
#endif
