/* Data files, built in or from a folder; and whole files. */
#include "sensor/base/data.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *folder(void)
{
    static char dir[64];
    (void)snprintf(dir, sizeof dir, "/tmp/ww-data-XXXXXX");
    if (mkdtemp(dir) == NULL)
        t_die("no folder");
    return dir;
}

static const char *file_of(const char *dir, size_t n)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/file", dir);
    FILE *f = fopen(path, "wb");
    for (size_t i = 0; i < n; i++)
        (void)fputc((int)('a' + i % 26), f);
    (void)fclose(f);
    return path;
}

static void away(const char *dir)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/file", dir);
    (void)unlink(path);
    (void)rmdir(dir);
}

Test(data, built_in_files)
{
    struct ww_data d;
    struct ww_err e;
    size_t n = 0;
    for (const struct ww_data_file *f = ww_data_files; f->name != NULL; f++, n++) {
        cr_assert(eq(int, ww_data_load(&d, NULL, f->name, &e), WW_OK));
        cr_assert(gt(sz, d.text.n, 0));
        cr_assert(strstr(d.origin, f->name) != NULL);
        cr_assert(d.owned == NULL);
        ww_data_free(&d);
    }
    cr_assert(gt(sz, n, 0));
    cr_assert(eq(int, ww_data_load(&d, NULL, "guideline/no-such-file.yaml", &e), WW_E_CONF));
    cr_assert(strstr(e.text, "guideline/no-such-file.yaml") != NULL);
}

Test(data, files_of_a_folder)
{
    struct ww_data d;
    struct ww_err e;
    const char *dir = folder();
    (void)file_of(dir, 30);
    cr_assert(eq(int, ww_data_load(&d, dir, "file", &e), WW_OK));
    cr_assert(eq(sz, d.text.n, 30));
    cr_assert(strstr(d.origin, dir) != NULL); /* messages name the path */
    ww_data_free(&d);
    ww_data_free(&d);
    cr_assert(eq(int, ww_data_load(&d, dir, "other", &e), WW_E_SYS));
    cr_assert(strstr(e.text, "/other: cannot open: No such file") != NULL, "%s", e.text);
    char path[600];
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = 0;
    cr_assert(eq(int, ww_data_load(&d, path, "file", &e), WW_E_LIMIT));
    away(dir);
}

Test(data, files_at_their_limit)
{
    const char *dir = folder();
    struct ww_err e;
    for (size_t n = 0; n <= 11; n++) {
        const char *path = file_of(dir, n);
        char *text = NULL;
        size_t got = 99;
        enum ww_rc rc = ww_file_read(&text, &got, path, 10, &e);
        if (n > 10) {
            cr_assert(eq(int, rc, WW_E_LIMIT));
            cr_assert(strstr(e.text, "larger than 10 bytes") != NULL, "%s", e.text);
            cr_assert(text == NULL); /* outputs are untouched on failure */
            cr_assert(eq(sz, got, 99));
            continue;
        }
        cr_assert(eq(int, rc, WW_OK));
        cr_assert(eq(sz, got, n));
        cr_assert(eq(sz, strlen(text), n)); /* ended by NUL */
        free(text);
    }
    char *text = NULL;
    size_t got;
    cr_assert(eq(int, ww_file_read(&text, &got, dir, 10, &e), WW_E_CONF));
    cr_assert(strstr(e.text, "is a folder") != NULL, "%s", e.text);
    away(dir);
}
