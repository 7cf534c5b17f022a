/* Memory reserved at start: slabs and buffers, empty, full, one more than full, used again. */
#include "sensor/base/mem.h"
#include "sensor/base/sort.h"
#include "tests/frames.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(slab, empty_full_full_plus_one_and_again)
{
    static const uint32_t caps[] = { 0, 1, 2, 100 };
    for (size_t c = 0; c < 4; c++) {
        struct ww_slab s;
        uint32_t cap = caps[c];
        cr_assert(eq(int, ww_slab_init(&s, 5, cap), WW_OK)); /* smaller than the link of the free list */
        for (unsigned round = 0; round < 3; round++) {
            bool seen[100] = { false };
            for (uint32_t i = 0; i < cap; i++) {
                uint32_t k = ww_slab_get(&s);
                cr_assert(lt(u32, k, cap));
                cr_assert(not(seen[k]));
                seen[k] = true;
                const uint8_t *p = ww_slab_at(&s, k);
                for (unsigned b = 0; b < 5; b++)
                    cr_assert(eq(int, p[b], 0)); /* zeroed, also when it was used before */
                memset(ww_slab_at(&s, k), 0xff, 5);
            }
            cr_assert(eq(u32, s.used, cap));
            cr_assert(eq(u32, ww_slab_get(&s), WW_NONE));
            cr_assert(eq(u32, s.used, cap));
            for (uint32_t i = 0; i < cap; i++)
                ww_slab_put(&s, i);
            cr_assert(eq(u32, s.used, 0));
        }
        ww_slab_free(&s);
    }
}

Test(slab, the_newest_freed_comes_first)
{
    struct ww_slab s;
    cr_assert(eq(int, ww_slab_init(&s, 64, 8), WW_OK));
    uint32_t a = ww_slab_get(&s), b = ww_slab_get(&s);
    ww_slab_put(&s, a);
    ww_slab_put(&s, b);
    cr_assert(eq(u32, ww_slab_get(&s), b));
    cr_assert(eq(u32, ww_slab_get(&s), a));
    cr_assert(eq(u32, s.fresh, 2)); /* memory that was never needed is not touched */
    ww_slab_free(&s);
    cr_assert(s.base == NULL);
    ww_slab_free(&s);
}

Test(slab, random_use_against_a_list)
{
    struct ww_slab s;
    uint32_t x = 9, n = 0;
    static bool used[50];
    cr_assert(eq(int, ww_slab_init(&s, 16, 50), WW_OK));
    for (unsigned op = 0; op < 100000; op++) {
        if (fr_rand(&x) & 1) {
            uint32_t i = ww_slab_get(&s);
            cr_assert(eq(int, i == WW_NONE, n == 50));
            if (i == WW_NONE)
                continue;
            cr_assert(not(used[i]));
            used[i] = true;
            n++;
        } else {
            uint32_t i = fr_rand(&x) % 50;
            if (!used[i])
                continue;
            ww_slab_put(&s, i);
            used[i] = false;
            n--;
        }
        cr_assert(eq(u32, s.used, n));
    }
    ww_slab_free(&s);
}

Test(bufs, sizes_at_each_limit)
{
    struct ww_bufs b;
    cr_assert(eq(int, ww_bufs_init(&b, 64 << 20), WW_OK));
    static const size_t classes[] = { 2048, 16384, 131072, 524288, 1114112 };
    for (unsigned c = 0; c < WW_BUF_CLASSES; c++) {
        for (size_t n = classes[c] - 1; n <= classes[c] + 1; n++) {
            struct ww_buf x = ww_buf_get(&b, n);
            if (n > classes[WW_BUF_CLASSES - 1]) {
                cr_assert(eq(u32, x.i, WW_NONE));
                cr_assert(eq(sz, ww_buf_cap(x), 0));
                continue;
            }
            cr_assert(ge(sz, ww_buf_cap(x), n));
            cr_assert(eq(sz, ww_buf_cap(x), classes[n > classes[c] ? c + 1 : c]));
            memset(ww_buf_at(&b, x), 0xaa, ww_buf_cap(x));
            ww_buf_put(&b, &x);
            cr_assert(eq(u32, x.i, WW_NONE));
            ww_buf_put(&b, &x); /* none is none */
        }
    }
    cr_assert(eq(u64, b.refused, 1));
    ww_bufs_free(&b);
}

Test(bufs, small_needs_do_not_eat_the_large_ones)
{
    struct ww_bufs b;
    static struct ww_buf x[4096];
    size_t n = 0;
    cr_assert(eq(int, ww_bufs_init(&b, 0), WW_OK)); /* four of each at least */
    while ((x[n] = ww_buf_get(&b, 100)).i != WW_NONE)
        n++;
    cr_assert(eq(sz, n, 8)); /* its own size and the next */
    struct ww_buf big = ww_buf_get(&b, 600000);
    cr_assert(ne(u32, big.i, WW_NONE));
    ww_buf_put(&b, &big);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            cr_assert(ww_buf_at(&b, x[i]) != ww_buf_at(&b, x[k]));
    while (n > 0)
        ww_buf_put(&b, &x[--n]);
    cr_assert(ne(u32, ww_buf_get(&b, 100).i, WW_NONE));
    ww_bufs_free(&b);
}

Test(mem, more_than_there_is_gives_none)
{
    cr_assert(ww_mem_reserve(SIZE_MAX / 2) == NULL);
    ww_mem_release(NULL, 10);
    struct ww_slab s;
    cr_assert(ne(int, ww_slab_init(&s, (size_t)1 << 40, UINT32_MAX - 1), WW_OK));
}

/* ---- sort ---- */
static bool later(const void *ctx, uint32_t a, uint32_t b)
{
    const uint8_t *weight = ctx;
    return weight[a] > weight[b];
}

Test(sort, any_order_becomes_the_order_asked_for)
{
    uint8_t weight[64];
    for (uint32_t n = 0; n <= 64; n++)
        for (uint32_t step = 1; step < 64; step += 2) {
            uint32_t a[64];
            for (uint32_t i = 0; i < n; i++) {
                a[i] = i;
                weight[i] = (uint8_t)(i * step % 23); /* with equal ones */
            }
            ww_sort(a, n, later, weight);
            uint64_t there = 0;
            for (uint32_t i = 0; i < n; i++) {
                there |= UINT64_C(1) << a[i];
                cr_assert(i == 0 || weight[a[i - 1]] <= weight[a[i]], "n %u step %u", n, step);
            }
            cr_assert(n == 64 ? there == UINT64_MAX : there == (UINT64_C(1) << n) - 1);
        }
}
