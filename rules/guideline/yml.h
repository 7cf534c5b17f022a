/* yml.h - data files in YAML, read strictly: unknown key, missing key and wrong type name file and
 * line. */
#ifndef WW_GUIDELINE_YML_H
#define WW_GUIDELINE_YML_H
#include "sensor/base/data.h"

#include <yaml.h>

/* One document. The first error stays: after it every getter gives 0, NULL or false, so that a
 * loader is straight-line code with one check of rc at its end. Strings point into the document and
 * live until ww_yml_close(). */
struct ww_yml {
    struct ww_data data;
    yaml_document_t doc;
    bool open;
    enum ww_rc rc;
    struct ww_err *e;
};

/* A node is its number in the document; 0 = none. */
typedef int ww_yml_node;

enum ww_rc ww_yml_open(struct ww_yml *y, const char *dir, const char *name,
                       struct ww_err *e) WW_MUST_CHECK;
void ww_yml_close(struct ww_yml *y);

ww_yml_node ww_yml_root(struct ww_yml *y);
unsigned ww_yml_line(struct ww_yml *y, ww_yml_node n);
void ww_yml_fail(struct ww_yml *y, ww_yml_node n, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

bool ww_yml_keys(struct ww_yml *y, ww_yml_node map, const char *const *known);
ww_yml_node ww_yml_get(struct ww_yml *y, ww_yml_node map, const char *key);
ww_yml_node ww_yml_need(struct ww_yml *y, ww_yml_node map, const char *key);
size_t ww_yml_count(struct ww_yml *y, ww_yml_node seq, size_t max);
ww_yml_node ww_yml_at(struct ww_yml *y, ww_yml_node seq, size_t i);
const char *ww_yml_str(struct ww_yml *y, ww_yml_node n);
unsigned ww_yml_uint(struct ww_yml *y, ww_yml_node n, unsigned min, unsigned max);
bool ww_yml_bool(struct ww_yml *y, ww_yml_node n);
#endif
