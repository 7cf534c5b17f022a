/* support.h - what the tests share: guarded buffers and more to come. */
#ifndef WW_TEST_SUPPORT_H
#define WW_TEST_SUPPORT_H
#include "sensor/base/rd.h"

/** Copies bytes so that they end at an unmapped page: a one-byte over-read crashes in any build. */
struct ww_slice t_guard(const void *src, size_t n);
void t_unguard(struct ww_slice s);
#endif
