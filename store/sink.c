/* sink.c - a fixed buffer in front of a file: one error is kept, a reader that left ends it
 * cleanly. */
#include "store/store.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void write_all(struct ww_sink *s)
{
    size_t at = 0;
    while (at < s->o.n && !s->gone) {
        ssize_t n = write(s->fd, s->buf + at, s->o.n - at);
        if (n > 0) {
            at += (size_t)n;
        } else if (n < 0 && errno != EINTR) {
            s->gone = true;
            if (errno != EPIPE) /* EPIPE: head, less and friends have seen enough */
                s->err = errno;
        }
    }
    s->lost += s->o.n - at;
    s->o.n = 0;
}

static bool flush(struct ww_out *o, void *to)
{
    (void)o;
    write_all(to);
    return true; /* room is made in any case: after an error the bytes are counted as lost */
}

enum ww_rc ww_sink_open(struct ww_sink *s, const char *path, struct ww_err *e)
{
    bool out = strcmp(path, "-") == 0;
    s->fd = out ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (s->fd < 0)
        return WW_FAIL(e, WW_E_SYS, "%s: cannot write; name another file or folder", path);
    s->own = !out;
    s->err = 0;
    s->gone = false;
    s->lost = 0;
    (void)snprintf(s->name, sizeof s->name, "%s", out ? "standard output" : path);
    s->o = ww_out(s->buf, sizeof s->buf);
    s->o.flush = flush;
    s->o.to = s;
    return WW_OK;
}

enum ww_rc ww_sink_sync(struct ww_sink *s, struct ww_err *e)
{
    write_all(s);
    if (s->err == 0)
        return WW_OK;
    errno = s->err;
    if (s->err == ENOSPC || s->err == EDQUOT || s->err == EFBIG)
        return WW_FAIL(e, WW_E_FULL,
                       "%s: no space left, %llu bytes were not written; what is there "
                       "is valid up to its last whole line",
                       s->name, (unsigned long long)s->lost);
    return WW_FAIL(e, WW_E_SYS, "%s: write failed, %llu bytes were not written", s->name,
                   (unsigned long long)s->lost);
}

enum ww_rc ww_sink_close(struct ww_sink *s, struct ww_err *e)
{
    write_all(s);
    /* network file systems tell a full disk only here */
    if (s->own && close(s->fd) != 0 && errno != EINTR && s->err == 0)
        s->err = errno;
    s->own = false;
    enum ww_rc rc = ww_sink_sync(s, e);
    s->gone = true;
    return rc;
}
