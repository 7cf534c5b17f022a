/* baseline_check.c - prints the verdict on each file: valid, yang (refused by the YANG modules) or
 * lint (valid, refused by our own rules), with the sentence. For tests/diff/yang_diff.py. */
#include "rules/baseline/baseline.h"
#include "sensor/base/data.h"
#include <stdio.h>
#include <stdlib.h>

struct seen {
    bool yang;
};

static void remark(void *to, const struct ww_bl_remark *r)
{
    struct seen *s = to;
    if (r->level == WW_BL_ERROR && strcmp(r->id, "yang") == 0)
        s->yang = true;
}

int main(int argc, char **argv)
{
    struct ww_err e;
    struct ww_yang *y = NULL;
    const char *dir = getenv("WW_DATA");
    if (ww_yang_open(&y, dir, &e) != WW_OK) {
        (void)fprintf(stderr, "%s\n", e.text);
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        struct ww_baseline *b = NULL;
        struct seen s = { false };
        char *text = NULL;
        size_t n = 0;
        if (ww_file_read(&text, &n, argv[i], WW_BL_FILE_MAX, &e) != WW_OK) {
            printf("%s\terror\t%s\n", argv[i], e.text);
            continue;
        }
        enum ww_rc rc = ww_baseline_parse(
            &b, argv[i], (struct ww_slice){ (const uint8_t *)text, n }, y, remark, &s, &e);
        free(text);
        printf("%s\t%s\t%s\n", argv[i],
               rc == WW_OK ? "valid"
               : s.yang    ? "yang"
                           : "lint",
               rc == WW_OK ? "" : e.text);
        ww_baseline_free(b);
    }
    ww_yang_free(y);
    return 0;
}
