/* data.h - data files (texts, classes, YANG, tables): built into the program, or from a folder. */
#ifndef WW_BASE_DATA_H
#define WW_BASE_DATA_H
#include "sensor/base/err.h"
#include "sensor/base/rd.h"

struct ww_data_file {
    const char *name; /* "guideline/classes.yaml", "yang/ietf-mud@2019-01-28.yang" */
    const uint8_t *p, *end;
};
extern const struct ww_data_file ww_data_files[]; /* ends with name NULL; made by the build */

/* A loaded data file; free with ww_data_free. */
struct ww_data {
    struct ww_slice text;
    char origin[512]; /* for messages: the path, or "built-in NAME" */
    void *owned;      /* NULL for built-in data */
};

/**
 * Loads a data file. In: dir folder of the option --data, or NULL for the built-in one; name as above.
 * Limits: 4 MiB a file.
 */
enum ww_rc ww_data_load(struct ww_data *d, const char *dir, const char *name, struct ww_err *e)
    WW_MUST_CHECK;
void ww_data_free(struct ww_data *d);

/** Reads a whole file into memory. what names it in messages; free(*out) is the caller's. */
enum ww_rc ww_file_read(char **out, size_t *n, const char *path, size_t max, struct ww_err *e)
    WW_MUST_CHECK;
#endif
