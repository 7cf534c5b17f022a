/* capture_bytes.c - bytes of a capture file: plain, gzip (RFC 1952) or zstd (RFC 8878). */
#include "sensor/capture.h"
#include "sensor/base/out.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { IN_CAP = 1 << 17, MAGIC = 4 };

struct ww_bytes {
    int fd;
    enum { PLAIN, GZIP, ZSTD } kind;
    char name[256];
    uint64_t done, size;
    uint8_t *in; /* compressed bytes, or the first bytes of a plain file */
    size_t in_n, in_at;
    bool eof;
    z_stream z;
    ZSTD_DStream *zs;
    bool frame_open; /* a compressed frame is not finished */
};

static ssize_t raw_read(struct ww_bytes *b, uint8_t *dst, size_t n, struct ww_err *e)
{
    for (;;) {
        ssize_t got = read(b->fd, dst, n);
        if (got >= 0) {
            b->done += (uint64_t)got;
            return got;
        }
        if (errno != EINTR) {
            ww_err_set(e, WW_E_SYS, "%s: cannot read", b->name);
            return -1;
        }
    }
}

static enum ww_rc begin(struct ww_bytes *b, struct ww_err *e)
{
    while (b->in_n < MAGIC) { /* a pipe may give single bytes */
        ssize_t n = raw_read(b, b->in + b->in_n, IN_CAP - b->in_n, e);
        if (n < 0)
            return WW_E_SYS;
        if (n == 0)
            break;
        b->in_n += (size_t)n;
    }
    struct ww_rd r = ww_rd((struct ww_slice){ b->in, b->in_n });
    uint32_t magic = ww_rd_be32(&r);
    if (!r.bad && magic >> 16 == 0x1f8b) {
        b->kind = GZIP;
        if (inflateInit2(&b->z, 15 + 16) != Z_OK)
            return WW_FAIL(e, WW_E_SYS, "%s: no memory for gzip", b->name);
    } else if (!r.bad && magic == 0x28b52ffd) {
        b->kind = ZSTD;
        b->zs = ZSTD_createDStream();
        if (b->zs == NULL)
            return WW_FAIL(e, WW_E_SYS, "%s: no memory for zstd", b->name);
    }
    return WW_OK;
}

enum ww_rc ww_bytes_open(struct ww_bytes **out, const char *path, struct ww_err *e)
{
    struct stat st;
    enum ww_rc rc = WW_OK;
    bool std = strcmp(path, "-") == 0;
    struct ww_bytes *b = calloc(1, sizeof *b);
    if (b == NULL)
        return WW_FAIL(e, WW_E_SYS, "%s: no memory", path);
    b->in = malloc(IN_CAP);
    ww_text_set(b->name, sizeof b->name, std ? "standard input" : path);
    b->fd = std ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (b->in == NULL || b->fd < 0) {
        rc = WW_FAIL(e, WW_E_SYS, "%s: cannot open", b->name);
        goto out;
    }
    if (fstat(b->fd, &st) == 0 && S_ISREG(st.st_mode))
        b->size = (uint64_t)st.st_size;
    rc = begin(b, e);
out:
    if (rc != WW_OK) {
        ww_bytes_close(b);
        return rc;
    }
    *out = b;
    return WW_OK;
}

static ssize_t refill(struct ww_bytes *b, struct ww_err *e)
{
    if (b->in_at < b->in_n || b->eof)
        return 0;
    ssize_t n = raw_read(b, b->in, IN_CAP, e);
    b->in_at = 0;
    b->in_n = n > 0 ? (size_t)n : 0;
    b->eof = n == 0;
    return n < 0 ? -1 : 0;
}

static ssize_t gzip_read(struct ww_bytes *b, uint8_t *dst, size_t n, struct ww_err *e)
{
    b->z.next_out = dst;
    b->z.avail_out = (uInt)n;
    while (b->z.avail_out == n) {
        if (refill(b, e) < 0)
            return -1;
        if (b->in_at == b->in_n)
            break;
        if (!b->frame_open)
            (void)inflateReset(&b->z); /* members may follow each other (RFC 1952 2.2) */
        b->frame_open = true;
        b->z.next_in = b->in + b->in_at;
        b->z.avail_in = (uInt)(b->in_n - b->in_at);
        int rc = inflate(&b->z, Z_NO_FLUSH);
        b->in_at = b->in_n - b->z.avail_in;
        if (rc == Z_STREAM_END) {
            b->frame_open = false;
        } else if (rc != Z_OK && rc != Z_BUF_ERROR) {
            if (b->z.avail_out < n)
                break; /* first what came out before the damage; the next call meets it again */
            ww_err_set(e, WW_E_DATA, "%s: gzip data damaged near byte %llu of the file", b->name,
                       (unsigned long long)(b->done - b->z.avail_in));
            return -1;
        }
    }
    return (ssize_t)(n - b->z.avail_out);
}

static ssize_t zstd_read(struct ww_bytes *b, uint8_t *dst, size_t n, struct ww_err *e)
{
    ZSTD_outBuffer o = { dst, n, 0 };
    while (o.pos == 0) {
        if (refill(b, e) < 0)
            return -1;
        if (b->in_at == b->in_n && !b->frame_open)
            break;
        ZSTD_inBuffer i = { b->in, b->in_n, b->in_at };
        size_t rc = ZSTD_decompressStream(b->zs, &o, &i);
        bool stuck = i.pos == b->in_at && o.pos == 0 && b->eof;
        b->in_at = i.pos;
        if (ZSTD_isError(rc)) {
            ww_err_set(e, WW_E_DATA, "%s: zstd data damaged (%s)", b->name, ZSTD_getErrorName(rc));
            return -1;
        }
        b->frame_open = rc != 0;
        if (stuck)
            break;
    }
    return (ssize_t)o.pos;
}

ssize_t ww_bytes_read(struct ww_bytes *b, uint8_t *dst, size_t n, struct ww_err *e)
{
    ssize_t got = 0;
    switch (b->kind) {
    case PLAIN:
        if (b->in_at < b->in_n) { /* the bytes that were looked at */
            size_t k = b->in_n - b->in_at < n ? b->in_n - b->in_at : n;
            ww_move(dst, (struct ww_slice){ b->in + b->in_at, k });
            b->in_at += k;
            return (ssize_t)k;
        }
        return raw_read(b, dst, n, e);
    case GZIP:
        got = gzip_read(b, dst, n, e);
        break;
    case ZSTD:
        got = zstd_read(b, dst, n, e);
        break;
    }
    if (got == 0 && b->frame_open) {
        b->frame_open = false;
        ww_err_set(e, WW_E_DATA, "%s: compressed data end early; copy the file again", b->name);
        return -1;
    }
    return got;
}

void ww_bytes_progress(const struct ww_bytes *b, uint64_t *done, uint64_t *size)
{
    *done = b->done;
    *size = b->size;
}

void ww_bytes_close(struct ww_bytes *b)
{
    if (b == NULL)
        return;
    if (b->kind == GZIP)
        (void)inflateEnd(&b->z);
    if (b->zs != NULL)
        (void)ZSTD_freeDStream(b->zs);
    if (b->fd > STDIN_FILENO)
        (void)close(b->fd);
    free(b->in);
    free(b);
}
