/* sort.c - heap sort. */
#include "sensor/base/sort.h"

/* Sinks element i of a heap of n elements whose last one in order is on top. It is taken to the bottom
 * first, the later of each two children moving up, and from there rises to its place: what comes from the
 * end of a heap belongs near the bottom, so this asks half as often as a comparison with it at each step. */
static void sink(uint32_t *a, uint32_t i, uint32_t n, ww_after_fn *after, const void *ctx)
{
    const uint32_t top = i;
    uint32_t x = a[i];
    for (uint32_t k = 2 * i + 1; k < n; k = 2 * i + 1) {
        if (k + 1 < n && after(ctx, a[k + 1], a[k]))
            k++;
        a[i] = a[k];
        i = k;
    }
    for (uint32_t up = (i - 1) / 2; i > top && after(ctx, x, a[up]); up = (i - 1) / 2) {
        a[i] = a[up];
        i = up;
    }
    a[i] = x;
}

void ww_sort(uint32_t *a, uint32_t n, ww_after_fn *after, const void *ctx)
{
    for (uint32_t k = n / 2; k > 0; k--)
        sink(a, k - 1, n, after, ctx);
    for (uint32_t k = n; k > 1; k--) {
        uint32_t last = a[k - 1];
        a[k - 1] = a[0];
        a[0] = last;
        sink(a, 0, k - 1, after, ctx);
    }
}
