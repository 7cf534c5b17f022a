/* data.c - data files, built in or from a folder. */
#include "sensor/base/data.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { DATA_MAX = 4 << 20 };

enum ww_rc ww_file_read(char **out, size_t *n, const char *path, size_t max, struct ww_err *e)
{
    enum ww_rc rc = WW_OK;
    char *text = NULL;
    struct stat st;
    FILE *f = fopen(path, "rbe");
    if (f == NULL)
        return WW_FAIL(e, WW_E_SYS, "%s: cannot open", path);
    if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
        errno = 0;
        rc = WW_FAIL(e, WW_E_CONF, "%s: is a folder, a file is needed", path);
        goto out;
    }
    text = malloc(max + 1);
    if (text == NULL) {
        rc = WW_FAIL(e, WW_E_SYS, "%s: no memory for %zu bytes", path, max);
        goto out;
    }
    size_t got = fread(text, 1, max + 1, f);
    if (ferror(f)) {
        rc = WW_FAIL(e, WW_E_SYS, "%s: cannot read", path);
        goto out;
    }
    if (got > max) {
        rc = WW_FAIL(e, WW_E_LIMIT, "%s: larger than %zu bytes", path, max);
        goto out;
    }
    text[got] = 0;
    char *fit = realloc(text, got + 1);
    *out = fit != NULL ? fit : text;
    *n = got;
    text = NULL; /* ownership moved */
out:
    free(text);
    (void)fclose(f);
    return rc;
}

enum ww_rc ww_data_load(struct ww_data *d, const char *dir, const char *name, struct ww_err *e)
{
    *d = (struct ww_data){ .owned = NULL };
    if (dir != NULL) {
        char *text = NULL;
        size_t n = 0;
        if ((size_t)snprintf(d->origin, sizeof d->origin, "%s/%s", dir, name) >= sizeof d->origin)
            return WW_FAIL(e, WW_E_LIMIT, "%s/%s: path too long", dir, name);
        enum ww_rc rc = ww_file_read(&text, &n, d->origin, DATA_MAX, e);
        if (rc != WW_OK)
            return rc;
        d->owned = text;
        d->text = (struct ww_slice){ (const uint8_t *)text, n };
        return WW_OK;
    }
    (void)snprintf(d->origin, sizeof d->origin, "built-in %s", name);
    for (const struct ww_data_file *f = ww_data_files; f->name != NULL; f++) {
        if (strcmp(f->name, name) == 0) {
            d->text = (struct ww_slice){ f->p, (size_t)(f->end - f->p) };
            return WW_OK;
        }
    }
    return WW_FAIL(e, WW_E_CONF, "no built-in data file %s", name);
}

void ww_data_free(struct ww_data *d)
{
    free(d->owned);
    *d = (struct ww_data){ .owned = NULL };
}
