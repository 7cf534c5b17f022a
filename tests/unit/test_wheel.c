/* Timers on packet time against a plain list. */
#include "sensor/base/wheel.h"
#include "tests/frames.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct ww_wheel wheel(uint32_t cap)
{
    struct ww_wheel w;
    if (ww_wheel_init(&w, cap) != WW_OK)
        t_die("no memory");
    return w;
}

Test(wheel, in_order_of_seconds)
{
    struct ww_wheel w = wheel(8);
    cr_assert(eq(u32, ww_wheel_pop(&w, 1000), WW_NONE)); /* nothing was ever armed */
    ww_wheel_set(&w, 3, 1010);
    ww_wheel_set(&w, 1, 1005);
    ww_wheel_set(&w, 2, 1007);
    cr_assert(eq(u32, ww_wheel_pop(&w, 1004), WW_NONE));
    cr_assert(eq(u32, ww_wheel_pop(&w, 1005), 1));
    cr_assert(eq(u32, ww_wheel_pop(&w, 1005), WW_NONE));
    cr_assert(eq(u32, ww_wheel_pop(&w, 1050), 2));
    cr_assert(eq(u32, ww_wheel_pop(&w, 1050), 3));
    cr_assert(eq(u32, ww_wheel_pop(&w, 1050), WW_NONE));
    ww_wheel_free(&w);
}

Test(wheel, armed_again_deleted_and_sooner)
{
    struct ww_wheel w = wheel(8);
    ww_wheel_set(&w, 1, 1005);
    ww_wheel_set(&w, 1, 1008);
    cr_assert(eq(u32, ww_wheel_pop(&w, 1007), WW_NONE));
    cr_assert(eq(u32, ww_wheel_pop(&w, 1008), 1));
    ww_wheel_set(&w, 1, 1010);
    ww_wheel_set(&w, 2, 1010);
    ww_wheel_set(&w, 3, 1010);
    ww_wheel_del(&w, 2);
    ww_wheel_del(&w, 2);
    cr_assert(eq(u32, ww_wheel_pop(&w, 1010), 3));
    cr_assert(eq(u32, ww_wheel_pop(&w, 1010), 1));
    cr_assert(eq(u32, ww_wheel_pop(&w, 1010), WW_NONE));
    ww_wheel_sooner(&w, 4, 1100); /* not armed yet */
    ww_wheel_sooner(&w, 4, 1200);
    ww_wheel_sooner(&w, 4, 1020);
    ww_wheel_sooner(&w, 4, 1021);
    cr_assert(eq(u32, ww_wheel_pop(&w, 1019), WW_NONE));
    cr_assert(eq(u32, ww_wheel_pop(&w, 1020), 4));
    ww_wheel_free(&w);
}

Test(wheel, the_past_means_next_and_the_far_means_last)
{
    struct ww_wheel w = wheel(8);
    ww_wheel_set(&w, 1, 1000);
    cr_assert(eq(u32, ww_wheel_pop(&w, 1000), 1));
    cr_assert(eq(u32, ww_wheel_pop(&w, 1000), WW_NONE));
    ww_wheel_set(&w, 1, 5);
    cr_assert(eq(u32, ww_wheel_pop(&w, 1000), WW_NONE)); /* never at once: an owner cannot loop on it */
    cr_assert(eq(u32, ww_wheel_pop(&w, 1001), 1));
    cr_assert(eq(u32, ww_wheel_pop(&w, 1001), WW_NONE));
    ww_wheel_set(&w, 1, 1001 + WW_WHEEL_SLOTS - 1);
    ww_wheel_set(&w, 2, 1001 + WW_WHEEL_SLOTS);
    ww_wheel_set(&w, 3, UINT64_MAX);
    cr_assert(eq(u32, ww_wheel_pop(&w, 1001 + WW_WHEEL_SLOTS - 2), WW_NONE));
    for (uint32_t k = 3; k > 0; k--)
        cr_assert(eq(u32, ww_wheel_pop(&w, 1001 + WW_WHEEL_SLOTS - 1), k));
    ww_wheel_free(&w);
}

Test(wheel, a_long_silence_meets_every_timer_once)
{
    struct ww_wheel w = wheel(300);
    for (uint32_t i = 0; i < 300; i++)
        ww_wheel_set(&w, i, 10000 + i);
    bool seen[300] = { false };
    uint32_t i;
    while ((i = ww_wheel_pop(&w, 10000 + 1000000000)) != WW_NONE) {
        cr_assert(not(seen[i]));
        seen[i] = true;
    }
    for (i = 0; i < 300; i++)
        cr_assert(seen[i], "timer %u", i);
    ww_wheel_free(&w);
}

Test(wheel, time_that_goes_back_is_ignored)
{
    struct ww_wheel w = wheel(8);
    ww_wheel_set(&w, 1, 1010);
    cr_assert(eq(u32, ww_wheel_pop(&w, 1005), WW_NONE));
    cr_assert(eq(u32, ww_wheel_pop(&w, 3), WW_NONE));
    ww_wheel_set(&w, 2, 4);
    cr_assert(eq(u32, ww_wheel_pop(&w, 4), WW_NONE));
    cr_assert(eq(u32, ww_wheel_pop(&w, 1006), 2));
    cr_assert(eq(u32, ww_wheel_pop(&w, 1010), 1));
    ww_wheel_free(&w);
}

/* Each timer comes in the second it is for: not before, and not after the wheel has passed it. */
Test(wheel, random_use_against_a_list)
{
    enum { N = 64 };
    struct ww_wheel w = wheel(N);
    uint64_t due[N] = { 0 }, now = 5000;
    uint32_t x = 3;
    ww_wheel_set(&w, 0, now);
    while (ww_wheel_pop(&w, now) != WW_NONE)
        continue;
    for (unsigned op = 0; op < 200000; op++) {
        uint32_t i = fr_rand(&x) % N;
        uint64_t at = now + fr_rand(&x) % (WW_WHEEL_SLOTS - 1) + 1;
        switch (fr_rand(&x) % 4) {
        case 0:
            ww_wheel_set(&w, i, at);
            due[i] = at;
            break;
        case 1:
            ww_wheel_sooner(&w, i, at);
            due[i] = due[i] == 0 || at < due[i] ? at : due[i];
            break;
        case 2:
            ww_wheel_del(&w, i);
            due[i] = 0;
            break;
        default:
            now += fr_rand(&x) % 5;
            uint64_t last = 0;
            while ((i = ww_wheel_pop(&w, now)) != WW_NONE) {
                if (due[i] == 0 || due[i] > now || due[i] < last)
                    t_die("operation %u: timer %u of %llu at %llu", op, i, (unsigned long long)due[i],
                          (unsigned long long)now);
                last = due[i];
                due[i] = 0;
            }
            for (i = 0; i < N; i++)
                if (due[i] != 0 && due[i] <= now)
                    t_die("operation %u: timer %u is overdue", op, i);
        }
    }
    ww_wheel_free(&w);
}
