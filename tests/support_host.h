/* support_host.h - what the files of the test support share. */
#ifndef WW_TEST_SUPPORT_HOST_H
#define WW_TEST_SUPPORT_HOST_H
#include "tests/support.h"
#include <stdio.h>

_Noreturn void t_broken(const struct t_feed *f, const char *what);
uint64_t t_host_content(struct ww_cx *cx, const struct ww_content *meta, enum ww_dir dir,
                        struct ww_slice in, bool last);
struct ww_inflated t_host_inflate(struct ww_cx *cx, enum ww_dir dir, uint64_t id, bool begin,
                                  struct ww_slice in);
void t_content_free(struct t_feed *f);
void t_content_text(const struct t_content *c, FILE *o);
#endif
