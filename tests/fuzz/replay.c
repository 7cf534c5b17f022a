/* replay.c - runs files through a fuzz target without a fuzzer: seeds and old crashes, in every
 * ordinary test run, with any compiler and under valgrind. Each file runs as it is, cut short at
 * several places, and with some of its bytes changed in a fixed way.
 */
#include "sensor/base/data.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILE_MAX = 1 << 20, CUTS = 16, CHANGES = 64, EXIT_SKIP = 77 };

static void run(const uint8_t *p, size_t n)
{
    /* A copy of the exact size: address sanitizers see one byte too far. */
    uint8_t *copy = malloc(n ? n : 1);
    if (copy == NULL)
        abort();
    if (n > 0)
        memcpy(copy, p, n);
    (void)LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

static int one(const char *path)
{
    struct ww_err e;
    char *text;
    size_t n;
    if (ww_file_read(&text, &n, path, FILE_MAX, &e) != WW_OK) {
        (void)fprintf(stderr, "%s\n", e.text);
        exit(2);
    }
    uint8_t *p = (uint8_t *)text;
    uint32_t x = 2463534242u; /* xorshift32 (Marsaglia 2003), same changes each time */
    run(p, n);
    for (size_t i = 1; i < CUTS && n >= CUTS; i++)
        run(p, n * i / CUTS);
    for (size_t i = 0; i < CHANGES && n > 0; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        uint8_t was = p[x % n];
        p[x % n] = (uint8_t)(x >> 24);
        run(p, n);
        p[x % n] = was;
    }
    free(text);
    return 1;
}

static int path(const char *name)
{
    struct stat st;
    struct dirent **list;
    int done = 0;
    if (stat(name, &st) != 0)
        return 0; /* a folder of crashes need not exist */
    if (!S_ISDIR(st.st_mode))
        return one(name);
    int n = scandir(name, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char full[4096];
        (void)snprintf(full, sizeof full, "%s/%s", name, list[i]->d_name);
        if (list[i]->d_name[0] != '.' && stat(full, &st) == 0 && S_ISREG(st.st_mode))
            done += one(full);
        free(list[i]);
    }
    free(list);
    return done;
}

int main(int argc, char **argv)
{
    int done = 0;
    run((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++)
        done += path(argv[i]);
    (void)printf("%d files replayed\n", done);
    if (done == 0)
        (void)fprintf(stderr, "skipped: there are no seeds\n");
    return done > 0 ? 0 : EXIT_SKIP;
}
