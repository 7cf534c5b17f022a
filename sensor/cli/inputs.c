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
    return WW_OK;
}

void ww_inputs_close(struct ww_inputs *in)
{
    for (size_t i = 0; i < in->nowned; i++)
        free(in->owned[i]);
    free(in->owned);
    free(in->path);
}
