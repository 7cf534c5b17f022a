/* err.c - readable errors and broken invariants. */
#include "sensor/base/err.h"
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_ulong bugs; /* the one process-wide counter: a bug may strike in any thread */

void ww_err_set(struct ww_err *e, enum ww_rc rc, const char *fmt, ...)
{
    int saved = errno;
    if (e == NULL)
        return;
    e->rc = rc;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    if (rc == WW_E_SYS && saved != 0 && n >= 0 && (size_t)n < sizeof e->text) {
        char buf[128] = "";
        const char *why = strerror_r(saved, buf, sizeof buf);
        (void)snprintf(e->text + n, sizeof e->text - (size_t)n, ": %s", why);
    }
}

_Noreturn void ww_bug_abort(const char *what, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, what);
    abort();
}

void ww_bug_count(void)
{
    atomic_fetch_add_explicit(&bugs, 1, memory_order_relaxed);
}

unsigned long ww_bugs(void)
{
    return atomic_load_explicit(&bugs, memory_order_relaxed);
}
