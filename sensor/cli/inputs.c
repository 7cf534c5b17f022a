/* inputs.c - captures of a command line. */
#include "sensor/cli/inputs.h"
#include "sensor/pipeline.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_capture(const char *name)
{
    static const char *const ends[] = { ".pcap", ".pcapng", ".cap", ".dmp" };
    size_t n = strlen(name);
    if (n > 3 && strcmp(name + n - 3, ".gz") == 0)
        n -= 3;
    else if (n > 4 && strcmp(name + n - 4, ".zst") == 0)
        n -= 4;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t k = strlen(ends[i]);
        if (n > k && strncmp(name + n - k, ends[i], k) == 0)
            return true;
    }
    return false;
}

static int pick(const struct dirent *d)
{
    return is_capture(d->d_name);
}

static enum ww_rc folder(struct ww_inputs *in, const char *dir, struct ww_err *e)
{
    struct dirent **list = NULL;
    enum ww_rc rc = WW_OK;
    int n = scandir(dir, &list, pick, alphasort);
    if (n < 0)
        return WW_FAIL(e, WW_E_SYS, "%s: cannot read the folder", dir);
    for (int i = 0; i < n; i++) {
        char *path = NULL;
        if (rc == WW_OK && in->n == WW_SOURCES_MAX)
            rc = WW_FAIL(e, WW_E_LIMIT, "%s: more than %d captures; name some of them", dir,
                         WW_SOURCES_MAX);
        if (rc == WW_OK && asprintf(&path, "%s/%s", dir, list[i]->d_name) < 0)
            rc = WW_FAIL(e, WW_E_SYS, "%s: no memory", dir);
        if (rc == WW_OK) {
            in->owned[in->nowned++] = path;
            in->path[in->n++] = path;
        }
        free(list[i]);
    }
    free(list);
    if (rc == WW_OK && n == 0)
        return WW_FAIL(e, WW_E_CONF, "%s: no capture in this folder (.pcap, .pcapng, .cap, .dmp, "
                                     "also .gz and .zst)",
                       dir);
    return rc;
}

/* A capture with the time of its first packet. */
struct dated {
    const char *path;
    uint64_t ts;
    size_t at; /* place on the command line */
};

/* Time of the first packet; 0 for what cannot be read, which is told later, in its turn. */
static uint64_t first_ts(const char *path)
{
    struct ww_capfile_cfg cfg = { .blocks = 2 };
    struct ww_capfile *c = NULL;
    struct ww_batch b;
    struct ww_err e;
    uint64_t ts = 0;
    if (ww_capfile_open(&c, path, 0, &cfg, &e) != WW_OK)
        return 0;
    if (ww_capfile_next(c, &b, &e) == WW_CAP_MORE)
        ts = b.pkt[0].ts;
    ww_capfile_close(c);
    return ts;
}

static int by_time(const void *a, const void *b)
{
    const struct dated *x = a;
    const struct dated *y = b;
    if (x->ts != y->ts)
        return x->ts < y->ts ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Captures are read in the order of their time, so that connections go on from one to the next.
 * Standard input can be read only once, so it keeps all in the order of the command line. */
static enum ww_rc sort_by_time(struct ww_inputs *in, struct ww_err *e)
{
    for (size_t i = 0; i < in->n; i++)
        if (in->path[i] != NULL && strcmp(in->path[i], "-") == 0)
            return WW_OK;
    struct dated *d = calloc(in->n + 1, sizeof *d);
    if (d == NULL)
        return WW_FAIL(e, WW_E_SYS, "no memory");
    for (size_t i = 0; i < in->n; i++)
        d[i] = (struct dated){ in->path[i], first_ts(in->path[i]), i };
    qsort(d, in->n, sizeof *d, by_time);
    for (size_t i = 0; i < in->n; i++)
        in->path[i] = d[i].path;
    free(d);
    return WW_OK;
}

enum ww_rc ww_inputs_open(struct ww_inputs *in, const char *const *args, size_t n,
                          struct ww_err *e)
{
    *in = (struct ww_inputs){ .n = 0 };
    in->path = calloc(WW_SOURCES_MAX + 1, sizeof *in->path);
    in->owned = calloc(WW_SOURCES_MAX + 1, sizeof *in->owned);
    if (in->path == NULL || in->owned == NULL)
        return WW_FAIL(e, WW_E_SYS, "no memory");
    for (size_t i = 0; i < n; i++) {
        struct stat st;
        if (strcmp(args[i], "-") != 0) {
            if (stat(args[i], &st) != 0)
                return WW_FAIL(e, WW_E_SYS, "%s: cannot open", args[i]);
            if (S_ISDIR(st.st_mode)) {
                enum ww_rc rc = folder(in, args[i], e);
                if (rc != WW_OK)
                    return rc;
                continue;
            }
        }
        if (in->n == WW_SOURCES_MAX)
            return WW_FAIL(e, WW_E_LIMIT, "more than %d captures at once", WW_SOURCES_MAX);
        in->path[in->n++] = args[i];
    }
    return in->n > 1 ? sort_by_time(in, e) : WW_OK;
}

void ww_inputs_close(struct ww_inputs *in)
{
    for (size_t i = 0; i < in->nowned; i++)
        free(in->owned[i]);
    free(in->owned);
    free(in->path);
}
