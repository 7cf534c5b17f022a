/* test_of_tests.c - holes that the sanitizers must see: built with them only, each run on its own by
 * CTest, which expects red. A build in which one of these passes has no net.
 */
#include "tests/support.h"
#include <criterion/criterion.h>
#include <limits.h>
#include <stdlib.h>

static void *volatile lost;

Test(net, leak)
{
    lost = malloc(100);
    lost = NULL; /* Criterion itself says this test passed */
}

Test(net, over_read)
{
    volatile uint8_t *p = malloc(8);
    volatile size_t i = 8;
    cr_assert(p[i] != 1 || p[i] != 2);
    free((void *)(uintptr_t)p);
}

Test(net, overflow)
{
    volatile int x = INT_MAX;
    x = x + 1;
    cr_assert(x != 5);
}

Test(net, nothing)
{
    void *p = malloc(100);
    cr_assert(p != NULL);
    free(p);
}
