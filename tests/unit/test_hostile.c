/* Hostile traffic through a whole worker: work and memory stay bounded, nothing is miscounted, and few events come of
 * many packets. Work is counted, never timed. */
#include "tests/net.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

struct sums {
    uint64_t pkts, bytes, ends, begun, anomalies;
};

static void add_up(void *to, const struct ww_event *e)
{
    struct sums *s = to;
    if (e->type == &ww_flow_start_type)
        s->begun++;
    if (e->type == &ww_anomaly_ev_type)
        s->anomalies++;
    if (e->type != &ww_flow_end_type)
        return;
    struct ww_flow_end b;
    memcpy(&b, e->body, sizeof b);
    s->ends++;
    s->pkts += b.pkts_toserver + b.pkts_toclient;
    s->bytes += b.bytes_toserver + b.bytes_toclient;
}

static struct net *counted(struct sums *s)
{
    struct net *n = net(); /* room for 64 flows */
    n->w->engine.emit = add_up;
    n->w->engine.emit_to = s;
    return n;
}

static void all_given_back(const struct net *n)
{
    cr_assert(eq(u32, n->w->flows.slab.used, 0));
    cr_assert(eq(u32, n->w->tcp.used, 0));
    for (unsigned k = 0; k < WW_BUF_CLASSES; k++)
        cr_assert(eq(u32, n->w->bufs.of[k].used, 0));
}

/* Ten times more connections than the table holds, some answered, some closed, some used again. */
Test(hostile, every_packet_is_in_one_record_whatever_is_pushed_out)
{
    static const uint8_t flags[] = { WW_TCP_SYN, WW_TCP_SYN | WW_TCP_ACK, WW_TCP_ACK, WW_TCP_ACK,
                                     WW_TCP_FIN | WW_TCP_ACK, WW_TCP_RST };
    struct sums s = { 0 };
    struct net *n = counted(&s);
    uint32_t x = 11;
    uint64_t bytes = 0;
    for (unsigned i = 0; i < 50000; i++) {
        uint32_t r = fr_rand(&x);
        size_t len = r % 7;
        n->port[0] = (uint16_t)(40000 + fr_rand(&x) % 640);
        n->now += r % 5 * 100000000u;
        if (r & 0x100)
            udp(n, r & 0x200 ? WW_A : WW_B, "abcdefg", len);
        else
            segment(n, r & 0x200 ? WW_A : WW_B, flags[(r >> 10) % 6], fr_rand(&x), "abcdefg", len);
        bytes += FR_ETH + FR_IP4 + (r & 0x100 ? FR_UDP : FR_TCP) + len;
        cr_assert(le(u32, n->w->flows.slab.used, 64));
    }
    ww_worker_end(n->w);
    cr_assert(gt(u64, n->w->flows.evicted, 1000));
    cr_assert(eq(u64, s.begun, n->w->flows.total));
    cr_assert(eq(u64, s.ends, s.begun));
    cr_assert(eq(u64, s.pkts + n->w->stats.copies, 50000));
    cr_assert(le(u64, s.bytes, bytes));
    if (n->w->stats.copies == 0)
        cr_assert(eq(u64, s.bytes, bytes));
    all_given_back(n);
    net_free(n);
}

/* Segments that overlap what waits, with other bytes each time: the worst for the chain. */
Test(hostile, contradicting_segments_without_end)
{
    struct sums s = { 0 };
    struct net *n = counted(&s);
    uint32_t x = 5, steps = 0;
    open_tcp(n);
    for (unsigned i = 0; i < 30000; i++) {
        char text[64];
        memset(text, (int)(fr_rand(&x) & 0xff), sizeof text);
        const struct ww_tcp *t = ww_slab_at(&n->w->tcp, 0);
        uint32_t at = t->side[0].next + 1 + fr_rand(&x) % 4000; /* the byte before never comes */
        segment(n, WW_A, WW_TCP_ACK, at, text, 1 + fr_rand(&x) % 60);
        cr_assert(le(u32, t->side[0].nseg, WW_SEGS_MAX));
        cr_assert(le(u32, (uint32_t)n->w->stream.stats.steps - steps, 2 * WW_SEGS_MAX));
        steps = (uint32_t)n->w->stream.stats.steps;
    }
    cr_assert(gt(u64, n->w->stream.stats.differing, 10000));
    cr_assert(le(u64, s.anomalies, 20)); /* told at 1, 2, 4, 8 ... */
    ww_worker_end(n->w);
    all_given_back(n);
    net_free(n);
}

/* Probes, keep-alives and empty acknowledgements bring nothing and must cost nothing that stays. */
Test(hostile, segments_that_bring_nothing)
{
    struct sums s = { 0 };
    struct net *n = counted(&s);
    open_tcp(n);
    text(n, WW_A, "one");
    uint64_t told = n->w->stream.stats.bytes;
    for (unsigned i = 0; i < 20000; i++) {
        n->now += 10000000;
        segment(n, WW_A, WW_TCP_ACK, n->seq[0] - 1, "x", 1); /* RFC 9293 3.8.4 */
        segment(n, WW_A, WW_TCP_ACK, n->seq[0] - 1, NULL, 0);
        segment(n, WW_B, WW_TCP_ACK, n->seq[1], NULL, 0);
    }
    const struct ww_tcp *t = ww_slab_at(&n->w->tcp, 0);
    cr_assert(eq(u64, n->w->stream.stats.bytes, told));
    cr_assert(eq(u32, t->retransmits, 0));
    cr_assert(eq(u64, n->w->stream.stats.steps, 0));
    cr_assert(eq(u64, s.anomalies, 0));
    ww_worker_end(n->w);
    all_given_back(n);
    net_free(n);
}

/* Fragments that never become whole, and pieces that contradict: a handful of events. */
Test(hostile, fragments_without_end)
{
    static struct fr f;
    struct sums s = { 0 };
    struct net *n = counted(&s);
    uint32_t x = 3;
    for (unsigned i = 0; i < 50000; i++) {
        uint32_t r = fr_rand(&x);
        f.n = 0;
        fr_eth(&f, 0x0800);
        fr_ip4(&f, 1, 2, 17, (uint16_t)(r % 20), (uint16_t)(0x2000 | (r >> 8) % 100), 16);
        fr_be(&f, fr_rand(&x), 8);
        fr_be(&f, fr_rand(&x), 8);
        n->now += 1000;
        send_frame(n, &f, 0);
    }
    cr_assert(eq(u64, n->w->defrag.whole, 0));
    cr_assert(gt(u64, n->w->stats.fragments_differing, 100));
    cr_assert(le(u64, s.anomalies, 20));
    cr_assert(eq(u64, n->w->flows.total, 0));
    net_free(n);
}

/* A jump of the sequence number in each segment, as no receiver would take them. */
Test(hostile, sequence_numbers_from_everywhere)
{
    struct sums s = { 0 };
    struct net *n = counted(&s);
    uint32_t x = 9;
    open_tcp(n);
    for (unsigned i = 0; i < 30000; i++)
        segment(n, fr_rand(&x) & 1 ? WW_A : WW_B, WW_TCP_ACK, fr_rand(&x), "\x02\0\1x", fr_rand(&x) % 5);
    cr_assert(le(u64, n->w->stream.stats.steps, 30000ull * WW_SEGS_MAX / 4));
    ww_worker_end(n->w);
    cr_assert(eq(u64, s.pkts + n->w->stats.copies, 30003));
    all_given_back(n);
    net_free(n);
}
