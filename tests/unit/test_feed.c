/* Packets on their way to a worker: what is left out when they come too fast, in which order, and that
 * all of it is counted. The slow worker is a model without a clock (tests/slow_worker.h). */
#include "tests/slow_worker.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { BULK = 2, TALK = 20, PLENTY = 1 << 30 };

/* Two fast transfers, twenty links with small messages, one new host: a round's traffic. */
static void traffic(struct slow *s)
{
    for (uint32_t i = 0; i < BULK; i++)
        for (unsigned k = 0; k < 4; k++)
            sw_say(s, i, 1400);
    for (uint32_t i = 0; i < TALK; i++)
        sw_say(s, BULK + i, 100);
    sw_stranger(s);
}
enum {
    ROUND_PACKETS = BULK * 4 + TALK + 1,
    ROUND_BULK = BULK * 4 * 1400,
    ROUND_TALK = TALK * 100,
    HEADERS = ROUND_PACKETS * SW_PACKET
};

/* A model that has run until the transfers are known as such. */
static struct slow *warm(void)
{
    struct slow *s = sw_new();
    for (unsigned i = 0; i < 500; i++) {
        traffic(s);
        sw_round(s, PLENTY);
    }
    cr_assert(eq(u64, sw_eaten.bytes, s->payload), "nothing is left out without need");
    cr_assert(eq(u32, s->top, WW_LOAD_ALL));
    return s;
}

static void rounds(struct slow *s, unsigned n, int64_t income)
{
    for (unsigned i = 0; i < n; i++) {
        traffic(s);
        sw_round(s, income);
        cr_assert(le(u64, ww_ring_used(&s->in), SW_RING));
    }
}

/* The load is over: everything is taken, and what comes then is dissected to the last byte. */
static void calm_again(struct slow *s)
{
    const uint64_t *left = s->w->stats.left;
    while (ww_ring_used(&s->in) > 0)
        sw_round(s, HEADERS);
    sw_round(s, 1);
    cr_assert(eq(u32, s->w->load, WW_LOAD_ALL));
    if (s->drops > 0)
        rounds(s, 1200, PLENTY); /* the streams wait a second for what was dropped */
    uint64_t before = sw_eaten.bytes;
    uint64_t out = left[1] + left[2] + left[3];
    uint64_t payload = s->payload;
    rounds(s, 20, PLENTY);
    cr_assert(eq(u64, sw_eaten.bytes - before, s->payload - payload));
    cr_assert(eq(u64, left[1] + left[2] + left[3], out));
}

/* Whatever was left out: packets, flows and their bytes are exact. */
static void accounts(struct slow *s)
{
    cr_assert(eq(u64, s->w->stats.packets + s->drops, s->sent));
    cr_assert(eq(u64, s->w->stats.bytes, s->bytes));
    if (s->drops == 0)
        cr_assert(eq(u64, s->w->flows.total, (uint64_t)BULK + TALK + s->stranger));
    ww_worker_end(s->w);
    cr_assert(eq(u64, s->ends, s->w->flows.total));
    cr_assert(eq(u64, s->wire, s->bytes));
    sw_free(s);
}

Test(feed, step_up_and_down)
{
    static const struct {
        unsigned now, fill, to;
    } t[] = {
        { 0, 0, 0 },  { 0, 31, 0 }, { 0, 32, 1 }, { 0, 40, 2 }, { 0, 48, 3 }, { 0, 64, 3 },
        { 1, 39, 1 }, { 1, 40, 2 }, { 1, 16, 1 }, { 1, 15, 0 }, { 2, 24, 2 }, { 2, 23, 1 },
        { 2, 15, 0 }, { 3, 32, 3 }, { 3, 31, 2 }, { 3, 0, 0 },  { 3, 64, 3 },
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        cr_assert(eq(int, ww_feed_step((uint8_t)t[i].now, t[i].fill), t[i].to), "row %zu", i);
}

Test(feed, a_packet_arrives_as_it_was_put)
{
    struct slow *s = sw_new();
    for (size_t n = 1; n < 3000; n += 7) {
        sw_say(s, (uint32_t)(n % SW_FLOWS), n);
        sw_round(s, PLENTY);
    }
    cr_assert(eq(u64, sw_eaten.bytes, s->payload));
    cr_assert(eq(u64, s->w->stats.truncated, 0));
    sw_free(s);
}

/* First step: transfers of images and files are followed, but not dissected. */
Test(feed, bulk_goes_first)
{
    struct slow *s = warm();
    uint64_t before = sw_eaten.bytes;
    uint64_t payload = s->payload;
    rounds(s, 2000, HEADERS + ROUND_TALK + ROUND_BULK / 2);
    const struct ww_worker_stats *x = &s->w->stats;
    cr_assert(eq(u32, s->top, WW_LOAD_BULK));
    cr_assert(gt(u64, x->left[WW_LOAD_BULK], 0));
    cr_assert(eq(u64, x->left[WW_LOAD_BODIES] + x->left[WW_LOAD_HEADS] + x->load_cut, 0));
    cr_assert(eq(u64, s->drops, 0));
    calm_again(s);
    /* each byte was dissected or counted, and the dissector was told where bytes are missing */
    cr_assert(eq(u64, sw_eaten.bytes - before + x->left[WW_LOAD_BULK], s->payload - payload));
    cr_assert(eq(u64, sw_eaten.lost, x->left[WW_LOAD_BULK]));
    cr_assert(gt(u64, x->load_raised, 1)); /* up and down, each time counted */
    accounts(s);
}

/* Second step: of other flows the beginning is dissected still, so new hosts are known. */
Test(feed, then_all_but_the_beginnings)
{
    struct slow *s = warm();
    rounds(s, 3000, HEADERS + ROUND_TALK / 2);
    const struct ww_worker_stats *x = &s->w->stats;
    cr_assert(eq(u32, s->top, WW_LOAD_BODIES));
    cr_assert(gt(u64, x->left[WW_LOAD_BULK], 0));
    cr_assert(gt(u64, x->left[WW_LOAD_BODIES], 0));
    cr_assert(eq(u64, x->left[WW_LOAD_HEADS] + x->load_cut, 0));
    cr_assert(eq(u64, s->drops, 0));
    calm_again(s);
    accounts(s);
}

/* Third step: only headers; flows and hosts are all there. */
Test(feed, then_all_payload)
{
    struct slow *s = warm();
    rounds(s, 900, HEADERS - SW_PACKET * 2);
    const struct ww_worker_stats *x = &s->w->stats;
    cr_assert(eq(u32, s->top, WW_LOAD_HEADS));
    cr_assert(gt(u64, x->left[WW_LOAD_HEADS], 0));
    cr_assert(eq(u64, s->drops, 0));
    calm_again(s);
    cr_assert(gt(u64, x->load_cut, 0));
    cr_assert(eq(u64, x->truncated, 0)); /* what we cut ourselves is not the snap length's doing */
    accounts(s);
}

/* At last packets are lost, and counted; the ring stays bounded, and so does the time in it. */
Test(feed, then_packets)
{
    struct slow *s = warm();
    uint64_t taken = s->w->stats.packets;
    uint64_t most = 0;
    for (unsigned i = 0; i < 3000; i++) {
        traffic(s);
        sw_round(s, HEADERS / 2);
        uint64_t waiting = s->sent - s->drops - s->w->stats.packets;
        most = waiting > most ? waiting : most;
    }
    taken = s->w->stats.packets - taken;
    cr_assert(gt(u64, s->drops, 0));
    cr_assert(gt(u64, taken, (uint64_t)3000 * ROUND_PACKETS / 2 / 100 * 98), "it works as fast as it can");
    cr_assert(le(u64, most, SW_RING / 128)); /* a record is longer than that */
    calm_again(s);
    struct ww_stats st = { .capture__kernel_drops = 0 };
    ww_worker_add_stats(s->w, &st);
    st.capture__ring_drops = s->drops;
    ww_coverage_grade(&st, WW_MIDSTREAM_PPM);
    cr_assert(gt(u64, st.overload__bulk_bytes, 0));
    cr_assert(gt(u64, st.overload__body_bytes, 0));
    cr_assert(gt(u64, st.overload__head_bytes, 0));
    cr_assert(gt(u64, st.overload__cut_packets, 0));
    cr_assert(gt(u64, st.overload__raised, 0));
    accounts(s);
}

/* A judge that cannot follow is overload, too: its ring counts like the worker's. */
Test(feed, a_full_event_ring_counts)
{
    struct slow *s = sw_new();
    struct ww_ring *ev = aligned_alloc(64, sizeof *ev);
    if (ev == NULL || ww_ring_init(ev, 1 << 16) != WW_OK)
        t_die("no memory");
    for (unsigned fill = 0; fill <= 64; fill++) {
        while (ww_ring_used(ev) * 64 / (ev->cap / 4 * 3) < fill) {
            cr_assert(ww_ring_slot(ev, 8, 0) != NULL);
            ww_ring_push(ev, 8);
        }
        (void)ww_feed_take_live(s->w, &s->in, ev);
        cr_assert(eq(u32, s->w->load, ww_feed_step(0, fill)), "fill %u", fill);
    }
    ww_ring_free(ev);
    free(ev);
    sw_free(s);
}

/* The grade names what was left out. */
Test(feed, coverage_tells)
{
    struct ww_stats s = { .capture__packets = 1000, .stream__bytes = 1000000, .capture__kernel_drops = 0 };
    ww_coverage_grade(&s, WW_MIDSTREAM_PPM);
    cr_assert(ww_slice_eqs(WW_STR(s.coverage__grade), "A"));
    s.overload__bulk_bytes = 1;
    ww_coverage_grade(&s, WW_MIDSTREAM_PPM);
    cr_assert(ww_slice_eqs(WW_STR(s.coverage__grade), "B"));
    cr_assert(eq(u32, s.coverage__reasons.total, 1));
    s.overload__head_bytes = 1;
    ww_coverage_grade(&s, WW_MIDSTREAM_PPM);
    cr_assert(ww_slice_eqs(WW_STR(s.coverage__grade), "C"));
    cr_assert(eq(u32, s.coverage__reasons.total, 2));
}
