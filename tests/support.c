/* support.c - what the tests share. */
#include "tests/support.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t map_len(size_t n)
{
    size_t pg = (size_t)sysconf(_SC_PAGESIZE);
    return (n + pg - 1) / pg * pg;
}

struct ww_slice t_guard(const void *src, size_t n)
{
    size_t pg = (size_t)sysconf(_SC_PAGESIZE);
    size_t len = map_len(n);
    uint8_t *m = mmap(NULL, len + pg, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (m == MAP_FAILED || mprotect(m + len, pg, PROT_NONE) != 0)
        abort();
    if (n > 0)
        memcpy(m + len - n, src, n);
    return (struct ww_slice){ m + len - n, n };
}

void t_unguard(struct ww_slice s)
{
    size_t pg = (size_t)sysconf(_SC_PAGESIZE);
    size_t len = map_len(s.n);
    (void)munmap((void *)(s.p + s.n - len), len + pg);
}
