/* sort.h - sorts numbers of records in place, without memory of its own. */
#ifndef WW_BASE_SORT_H
#define WW_BASE_SORT_H
#include <stdbool.h>
#include <stdint.h>

/** Does record a come after record b? Equal ones come in any order. */
typedef bool ww_after_fn(const void *ctx, uint32_t a, uint32_t b);

/**
 * Sorts n numbers of records. For work beside the packet path, where the C library's qsort is not
 * used because it may allocate.
 * Limits: n log n comparisons whatever the input is (heap sort)
 */
void ww_sort(uint32_t *a, uint32_t n, ww_after_fn *after, const void *ctx);
#endif
