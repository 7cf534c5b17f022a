/* support.c - guarded buffers, messages, the canary. */
#include "tests/support.h"
#include <stdarg.h>
#include <stdio.h>
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

_Noreturn void t_die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)fputs("test support: ", stderr);
    (void)vfprintf(stderr, fmt, ap);
    (void)fputc('\n', stderr);
    va_end(ap);
    abort();
}

void t_dump(const char *what, struct ww_slice s)
{
    (void)fprintf(stderr, "%s: %zu bytes\n", what, s.n);
    size_t n = s.n < 4096 ? s.n : 4096;
    for (size_t i = 0; i < n; i += 16) {
        (void)fprintf(stderr, "  %04zx ", i);
        for (size_t k = i; k < i + 16; k++)
            (void)fprintf(stderr, k < n ? " %02x" : "   ", k < n ? s.p[k] : 0);
        (void)fputs("  ", stderr);
        for (size_t k = i; k < i + 16 && k < n; k++)
            (void)fputc(s.p[k] >= 0x20 && s.p[k] < 0x7f ? s.p[k] : '.', stderr);
        (void)fputc('\n', stderr);
    }
}

const char *t_canary(const void *p, size_t n)
{
    static const struct {
        const char *bytes, *name;
    } spelling[] = {
        { "CANARY", "CANARY" },
        { "Canary", "Canary" },
        { "canary", "canary" },
        { "\xe3\x82\xad\xe3\x83\xa3\xe3\x83\x8a\xe3\x83\xaa", "kana, UTF-8" },
        { "\xe3\x81\x8b\xe3\x81\xaa\xe3\x82\x8a\xe3\x81\x82", "hiragana, UTF-8" },
        { "\xef\xbd\xb7\xef\xbd\xac\xef\xbe\x85\xef\xbe\x98", "half-width kana, UTF-8" },
        { "\xe9\x87\x91\xe7\xb3\xb8\xe9\x9b\x80", "kanji, UTF-8" },
        { "\x8b\xe0\x8e\x85\x90\x9d", "kanji, Shift_JIS" },
        { "\x83\x4c\x83\x83\x83\x69\x83\x8a", "kana, Shift_JIS" },
        { "\xb7\xac\xc5\xd8", "half-width kana, JIS X 0201" },
        { "\xb6\xe2\xbb\xe5\xbf\xfd", "kanji, EUC-JP" },
        { "\xa5\xad\xa5\xe3\xa5\xca\xa5\xea", "kana, EUC-JP" },
        { "6b;e?}", "kanji, ISO-2022-JP" },
        { "%-%c%J%j", "kana, ISO-2022-JP" },
    };
    for (size_t i = 0; i < sizeof spelling / sizeof spelling[0]; i++)
        if (n > 0 && memmem(p, n, spelling[i].bytes, strlen(spelling[i].bytes)) != NULL)
            return spelling[i].name;
    return NULL;
}
