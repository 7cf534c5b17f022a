/* The ring between threads, in one thread: order, wrap, full, reserve. tests/tsan runs it between two. */
#include "sensor/base/ring.h"
#include "tests/frames.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct ww_ring *ring(uint64_t cap)
{
    struct ww_ring *r = aligned_alloc(64, sizeof *r);
    if (r == NULL || ww_ring_init(r, cap) != WW_OK)
        t_die("no memory");
    return r;
}

static void drop(struct ww_ring *r)
{
    ww_ring_free(r);
    free(r);
}

static bool put(struct ww_ring *r, uint32_t id, size_t n, uint64_t reserve)
{
    uint8_t *p = ww_ring_slot(r, n, reserve);
    if (p == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(id + i);
    ww_ring_push(r, n);
    return true;
}

static void take(struct ww_ring *r, uint32_t id, size_t n)
{
    size_t got = 0;
    const uint8_t *p = ww_ring_peek(r, &got);
    if (p == NULL || got != n)
        t_die("record %u: %zu bytes instead of %zu", id, got, n);
    for (size_t i = 0; i < n; i++)
        if (p[i] != (uint8_t)(id + i))
            t_die("record %u: other bytes than were put in", id);
    ww_ring_pop(r);
}

Test(ring, empty_one_empty)
{
    struct ww_ring *r = ring(64);
    size_t n;
    cr_assert(ww_ring_peek(r, &n) == NULL);
    cr_assert(put(r, 1, 0, 0)); /* an empty record is a record */
    take(r, 1, 0);
    cr_assert(ww_ring_peek(r, &n) == NULL);
    cr_assert(put(r, 2, 9, 0));
    take(r, 2, 9);
    cr_assert(ww_ring_peek(r, &n) == NULL);
    drop(r);
}

Test(ring, nothing_is_seen_before_the_push)
{
    struct ww_ring *r = ring(64);
    size_t n;
    cr_assert(ww_ring_slot(r, 8, 0) != NULL);
    cr_assert(ww_ring_peek(r, &n) == NULL);
    cr_assert(ww_ring_slot(r, 8, 0) != NULL); /* thought better of it */
    ww_ring_push(r, 5);
    cr_assert(ww_ring_peek(r, &n) != NULL);
    cr_assert(eq(sz, n, 5));
    drop(r);
}

Test(ring, full_and_full_plus_one)
{
    struct ww_ring *r = ring(64);
    for (uint32_t i = 0; i < 4; i++)
        cr_assert(put(r, i, 8, 0));
    cr_assert(not(put(r, 9, 0, 0)));
    take(r, 0, 8);
    cr_assert(put(r, 4, 8, 0));
    cr_assert(not(put(r, 9, 8, 0)));
    for (uint32_t i = 1; i < 5; i++)
        take(r, i, 8);
    cr_assert(not(put(r, 9, 57, 0))); /* never fits */
    cr_assert(not(put(r, 9, 1000000, 0)));
    drop(r);
}

Test(ring, the_reserve_is_for_those_who_may)
{
    struct ww_ring *r = ring(256);
    uint32_t n = 0;
    while (put(r, n, 8, 64))
        n++;
    cr_assert(eq(u32, n, (256 - 64) / 16));
    while (put(r, n, 8, 0))
        n++;
    cr_assert(eq(u32, n, 256 / 16));
    for (uint32_t i = 0; i < n; i++)
        take(r, i, 8);
    drop(r);
}

/* A record of up to half the ring always fits into an empty one, wherever it stands. */
Test(ring, any_place_takes_half_the_ring)
{
    for (size_t first = 0; first < 256; first += 8) {
        struct ww_ring *r = ring(256);
        for (size_t at = 0; at + 8 <= first; at += 8) {
            cr_assert(put(r, 1, 0, 0));
            take(r, 1, 0);
        }
        cr_assert(put(r, 7, 256 / 2 - WW_RING_HDR, 0), "at %zu", first);
        take(r, 7, 256 / 2 - WW_RING_HDR);
        drop(r);
    }
}

Test(ring, random_sizes_in_order)
{
    struct ww_ring *r = ring(1024);
    static size_t size[1 << 16];
    uint32_t x = 5, in = 0, out = 0;
    uint64_t refused = 0;
    while (out < 60000) {
        size_t n = fr_rand(&x) % (fr_rand(&x) % 10 == 0 ? 500 : 40);
        if (fr_rand(&x) % 3 != 0) {
            if (put(r, in, n, fr_rand(&x) % 4 == 0 ? 256 : 0))
                size[in++ & 0xffff] = n;
            else
                refused++;
        } else if (out < in) {
            take(r, out, size[out & 0xffff]);
            out++;
        }
        cr_assert(le(u64, r->head - r->tail, 1024));
    }
    cr_assert(gt(u64, refused, 1000));
    drop(r);
}

/* Several records are looked at before their room is given back. */
Test(ring, passed_records_stand_until_done)
{
    struct ww_ring *r = ring(128);
    size_t n;
    for (unsigned turn = 0; turn < 50; turn++) { /* at every place of the ring */
        for (uint32_t i = 0; i < 3; i++)
            cr_assert(put(r, i, 24, 0), "turn %u", turn);
        cr_assert(eq(u64, ww_ring_used(r) >= 3 * 32, 1));
        const uint8_t *first = ww_ring_peek(r, &n);
        ww_ring_pass(r);
        const uint8_t *second = ww_ring_peek(r, &n);
        ww_ring_pass(r);
        cr_assert(first[3] == 3 && second[3] == 4);
        cr_assert(not(put(r, 9, 40, 0)), "turn %u: the passed records still take room", turn);
        cr_assert(first[3] == 3 && second[3] == 4);
        ww_ring_done(r);
        cr_assert(le(u64, ww_ring_used(r), 64));
        take(r, 2, 24);
        cr_assert(ww_ring_peek(r, &n) == NULL);
        cr_assert(eq(u64, ww_ring_used(r), 0));
    }
    drop(r);
}
