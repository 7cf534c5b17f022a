/* feed.c - a capture that never waits against a worker: what is lost or left out is counted, nothing is
 * torn. A plain program, because Criterion does not start under ThreadSanitizer.
 */
#include "tests/slow_worker.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

enum { ROUNDS = 6000 };

static void *produce(void *to)
{
    struct slow *s = to;
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (uint32_t k = 0; k < 2; k++)
            for (unsigned m = 0; m < 4; m++)
                sw_say(s, k, 1400);
        sw_say(s, 2 + i % 20, 100);
        sw_stranger(s);
        s->now += SW_ROUND_NS;
    }
    struct ww_in *in;
    while ((in = ww_ring_slot(&s->in, sizeof *in, 0)) == NULL)
        (void)sched_yield();
    *in = (struct ww_in){ .kind = WW_IN_END };
    ww_ring_push(&s->in, sizeof *in);
    return NULL;
}

int main(void)
{
    struct slow *s = sw_new();
    pthread_t t;
    if (pthread_create(&t, NULL, produce, s) != 0)
        t_die("cannot start a thread");
    while (ww_ring_used(&s->in) < SW_RING / 8 * 7) /* the capture is ahead, whatever the machine does */
        (void)sched_yield();
    bool ended = false;
    while (!ended) {
        struct ww_taken x = ww_feed_take_live(s->w, &s->in, NULL);
        ended = x.ended;
        if (x.n == 0)
            (void)sched_yield();
    }
    (void)pthread_join(t, NULL);
    const struct ww_worker_stats *x = &s->w->stats;
    if (x->packets + s->drops != s->sent || x->bytes != s->bytes)
        t_die("%llu packets seen and %llu dropped of %llu", (unsigned long long)x->packets,
              (unsigned long long)s->drops, (unsigned long long)s->sent);
    if (x->left[WW_LOAD_BULK] + x->left[WW_LOAD_BODIES] + x->left[WW_LOAD_HEADS] == 0 || x->load_cut == 0)
        t_die("a full ring did not make the worker leave anything out");
    ww_worker_end(s->w);
    if (s->wire != s->bytes)
        t_die("the flows hold %llu bytes of %llu", (unsigned long long)s->wire, (unsigned long long)s->bytes);
    (void)printf("%llu packets, %llu dropped\n", (unsigned long long)s->sent, (unsigned long long)s->drops);
    sw_free(s);
    return 0;
}
