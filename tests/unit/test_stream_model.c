/* The stream engine against a byte array: random segmentations, losses, repetitions, overlaps, wraps. */
#include "tests/stream_model.h"
#include <criterion/criterion.h>
#include <stdio.h>

enum { SEEDS = 1500, SEGMENTS = 200 };

struct plan {
    size_t pos, n, cut;
    bool other;
    uint8_t dir;
};

static uint32_t next(uint32_t *x)
{
    *x ^= *x << 13; /* xorshift32 (Marsaglia 2003) */
    *x ^= *x >> 17;
    *x ^= *x << 5;
    return *x;
}

/* Segments of two streams in order, some missing, some repeated, some overlapping the one before. */
static size_t make(uint32_t *x, struct plan *p, bool lossy, bool differing)
{
    size_t at[2] = { 0, 0 }, n = 0;
    while (n < SEGMENTS - 2 && (at[0] < SM_BYTES || at[1] < SM_BYTES)) {
        uint8_t dir = next(x) & 1;
        size_t len = 1 + next(x) % (next(x) % 8 == 0 ? 700 : 90);
        if (at[dir] >= SM_BYTES)
            continue;
        size_t back = next(x) % 6 == 0 ? next(x) % 60 : 0;
        size_t pos = at[dir] > back ? at[dir] - back : 0;
        at[dir] = pos + len > at[dir] ? pos + len : at[dir];
        if (lossy && next(x) % 12 == 0)
            continue;
        p[n] = (struct plan){ .pos = pos, .n = len, .dir = dir };
        p[n].other = differing && next(x) % 10 == 0;
        p[n].cut = lossy && next(x) % 20 == 0 ? next(x) % len : 0;
        n++;
        if (next(x) % 9 == 0) {
            p[n] = p[n - 1];
            n++;
        }
    }
    return n;
}

static void shuffle(uint32_t *x, struct plan *p, size_t n, size_t window)
{
    for (size_t i = 0; i + 1 < n; i++) {
        size_t span = n - i < window ? n - i : window;
        size_t k = i + next(x) % span;
        struct plan t = p[i];
        p[i] = p[k];
        p[k] = t;
    }
}

static void run(uint32_t seed, bool syn, bool lossy, bool differing, bool hasty, size_t window)
{
    static struct plan p[SEGMENTS];
    static struct sm m;
    char label[120];
    uint32_t x = seed * 2654435761u + 1;
    (void)snprintf(label, sizeof label, "seed %u syn %d lossy %d differing %d hasty %d window %zu",
                   seed, syn, lossy, differing, hasty, window);
    sm_init(&m, seed % 3 == 0 ? 0xfffff800u : next(&x), next(&x), hasty);
    m.label = label;
    size_t n = make(&x, p, lossy, differing);
    if (window > 1)
        shuffle(&x, p, n, window);
    if (syn) {
        sm_syn(&m, WW_A);
        sm_syn(&m, WW_B);
    }
    for (size_t i = 0; i < n; i++)
        sm_segment(&m, (enum ww_dir)p[i].dir, p[i].pos, p[i].n, p[i].other, p[i].cut,
                   (int64_t)m.side[p[i].dir ^ 1].pos);
    if (syn && !lossy && !hasty)
        for (unsigned k = 0; k < 2; k++)
            cr_assert(m.side[k].lost == 0, "%s: nothing was lost", label);
    sm_end(&m);
}

Test(stream_model, in_order) { for (uint32_t s = 1; s < SEEDS; s++) run(s, true, false, false, false, 1); }
Test(stream_model, reordered) { for (uint32_t s = 1; s < SEEDS; s++) run(s, true, false, false, false, 12); }
Test(stream_model, lossy) { for (uint32_t s = 1; s < SEEDS; s++) run(s, true, true, false, false, 12); }
Test(stream_model, joined_midstream) { for (uint32_t s = 1; s < SEEDS; s++) run(s, false, true, false, false, 1); }
Test(stream_model, contradicting_overlaps) { for (uint32_t s = 1; s < SEEDS; s++) run(s, true, true, true, false, 12); }
Test(stream_model, hasty) { for (uint32_t s = 1; s < SEEDS; s++) run(s, true, true, true, true, 30); }

Test(stream_model, acknowledged_but_never_seen)
{
    static struct sm m;
    for (int fin = 0; fin < 2; fin++) {
        sm_init(&m, 0xfffffff0u, 5000, false);
        sm_syn(&m, WW_A);
        sm_syn(&m, WW_B);
        sm_segment(&m, WW_A, 0, 100, false, 0, 0);
        sm_segment(&m, WW_B, 0, 10, false, 0, 300 + fin); /* 200 bytes, and a FIN, are acknowledged */
        if (fin) {
            struct ww_dec d = { .seq = m.side[0].isn + 300, .tcp_flags = WW_TCP_FIN | WW_TCP_ACK };
            (void)ww_stream_segment(&m.s, &m.t, &d, WW_A, m.now, &m.sink);
        }
        sm_end(&m);
        cr_assert(m.side[0].lost == 200, "%zu bytes lost", m.side[0].lost);
        cr_assert(m.side[1].lost == 0);
    }
}
