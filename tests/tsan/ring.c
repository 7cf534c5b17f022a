/* ring.c - one producer, one consumer, records of many sizes: nothing lost, torn or out of order.
 * A plain program, because Criterion does not start under ThreadSanitizer.
 */
#include "sensor/base/ring.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

enum { RECORDS = 200000, RING = 1 << 14, RESERVE = 1 << 12 };

struct shared {
    struct ww_ring ring;
    _Atomic bool done;
    _Atomic bool full; /* the producer met a full ring: the consumer begins */
    uint64_t refused; /* times the producer found no room; its own */
};

static size_t size_of(uint64_t i)
{
    return 8 + (size_t)(i * 2654435761u >> 7) % 700;
}

static void *produce(void *to)
{
    struct shared *s = to;
    for (uint64_t i = 0; i < RECORDS;) {
        size_t n = size_of(i);
        uint8_t *p = ww_ring_slot(&s->ring, n, i % 3 == 0 ? RESERVE : 0);
        if (p == NULL) {
            s->refused++;
            atomic_store_explicit(&s->full, true, memory_order_release);
            (void)sched_yield();
            continue;
        }
        memcpy(p, &i, sizeof i);
        memset(p + sizeof i, (int)(i & 0xff), n - sizeof i);
        ww_ring_push(&s->ring, n);
        i++;
    }
    atomic_store_explicit(&s->done, true, memory_order_release);
    return NULL;
}

static int consume(struct shared *s)
{
    uint64_t want = 0;
    while (!atomic_load_explicit(&s->full, memory_order_acquire))
        (void)sched_yield();
    for (;;) {
        bool done = atomic_load_explicit(&s->done, memory_order_acquire);
        size_t n;
        const uint8_t *p = ww_ring_peek(&s->ring, &n);
        if (p == NULL) {
            if (done)
                break;
            (void)sched_yield();
            continue;
        }
        uint64_t i;
        memcpy(&i, p, sizeof i);
        bool good = i == want && n == size_of(i);
        for (size_t k = sizeof i; good && k < n; k++)
            good = p[k] == (uint8_t)i;
        if (!good) {
            (void)fprintf(stderr, "record %llu is torn, lost or out of order\n", (unsigned long long)want);
            return 1;
        }
        ww_ring_pop(&s->ring);
        want++;
    }
    if (want != RECORDS) {
        (void)fprintf(stderr, "%llu of %d records came\n", (unsigned long long)want, RECORDS);
        return 1;
    }
    return 0;
}

int main(void)
{
    static struct shared s;
    pthread_t t;
    if (ww_ring_init(&s.ring, RING) != WW_OK || pthread_create(&t, NULL, produce, &s) != 0)
        return 2;
    int bad = consume(&s);
    if (bad)
        _Exit(bad); /* the producer may wait for room for ever */
    (void)pthread_join(t, NULL);
    ww_ring_free(&s.ring);
    (void)printf("%d records, %llu times full\n", RECORDS, (unsigned long long)s.refused);
    return 0;
}
