/* Interfaces, files and VLANs: counted by workers, added up and told, the same for one worker and many. */
#include "sensor/tally.h"
#include "tests/net.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const char *const names[] = { "folder/a.pcap", "b.pcap", NULL };

enum { TOLD = 12000 };
struct told {
    struct ww_link_stats s;
    uint32_t source;
    uint16_t vlan, nvlan;
};
static struct told told[TOLD];
static size_t ntold;

static void keep(void *to, const struct ww_event *e)
{
    (void)to;
    cr_assert(e->type == &ww_link_stats_type && ntold < TOLD);
    struct told *t = &told[ntold++];
    memcpy(&t->s, e->body, sizeof t->s);
    t->source = e->source;
    t->vlan = e->vlan[0];
    t->nvlan = e->nvlan;
}

struct flow_of_events {
    struct ww_tally *t;
    unsigned worker;
};
static void take(void *to, const struct ww_event *e)
{
    struct flow_of_events *f = to;
    if (e->type == &ww_link_stats_type)
        ww_tally_take(f->t, f->worker, e);
}

static void tell(struct ww_tally *t, struct net **n, unsigned nw)
{
    for (unsigned i = 0; i < nw; i++) {
        struct flow_of_events f = { t, i };
        n[i]->w->engine.emit = take;
        n[i]->w->engine.emit_to = &f;
        ww_worker_tell_stats(n[i]->w, n[i]->now);
        n[i]->w->engine.emit = see;
        n[i]->w->engine.emit_to = n[i];
    }
    ntold = 0;
    ww_tally_tell(t, 5 * NS, keep, NULL);
}

static struct ww_tally tally(unsigned nw, uint32_t sources, bool live)
{
    struct ww_tally t;
    struct ww_err e;
    cr_assert(ww_tally_init(&t, nw, names, sources, live, &e) == WW_OK);
    t.midstream_ppm = 1000000; /* these connections have no beginning */
    return t;
}

/* One segment from 10.0.0.1 or back, in up to two VLANs; vlan 0 = no tag. */
static void frame(struct net *n, uint32_t source, uint64_t number, uint16_t outer, uint16_t vlan,
                  enum ww_dir dir, uint16_t port, uint32_t seq)
{
    static struct fr f;
    f.n = 0;
    fr_be(&f, 0x020000000002, 6);
    fr_be(&f, 0x020000000001, 6);
    if (outer != 0) {
        fr_be(&f, 0x88a8, 2);
        fr_be(&f, outer, 2);
    }
    if (vlan != 0) {
        fr_be(&f, 0x8100, 2);
        fr_be(&f, vlan, 2);
    }
    fr_be(&f, 0x0800, 2);
    fr_ip4(&f, dir == WW_A ? 1 : 2, dir == WW_A ? 2 : 1, 6, 1, 0, FR_TCP + 10);
    fr_tcp(&f, dir == WW_A ? port : PORT, dir == WW_A ? PORT : port, seq, 5, WW_TCP_ACK);
    fr_be(&f, 0, 10);
    struct ww_pkt p = fr_pkt(&f, n->now, number);
    p.source = source;
    ww_worker_packets(n->w, &p, 1);
}

static const struct told *find(uint32_t source, const char *scope, uint32_t vlan)
{
    for (size_t i = 0; i < ntold; i++)
        if (told[i].source == source && told[i].s.vlan == vlan &&
            ww_slice_eqs(WW_STR(told[i].s.scope), scope))
            return &told[i];
    return NULL;
}

Test(tally, sources_and_vlans_each_with_their_own_grade)
{
    struct net *n = net();
    struct ww_tally t = tally(1, 2, false);
    for (uint16_t i = 0; i < 30; i++) { /* VLAN 10 shows both directions, VLAN 20 one */
        frame(n, 0, 1 + 3 * i, 0, 10, WW_A, 1000 + i, 1);
        frame(n, 0, 2 + 3 * i, 0, 10, WW_B, 1000 + i, 1);
        frame(n, 0, 3 + 3 * i, 7, 20, WW_A, 2000 + i, 1);
    }
    frame(n, 1, 1, 0, 0, WW_A, 3000, 1);
    frame(n, 1, 2, 0, 0, WW_B, 3000, 1);
    cr_assert(nth(n, "flow.start", 20)->u.start.midstream);
    tell(&t, &n, 1);
    cr_assert(eq(sz, ntold, 4)); /* a source whose frames have no tag needs no VLAN line */
    const struct told *a = find(0, "source", WW_NULL32), *v10 = find(0, "vlan", 10),
                      *v20 = find(0, "vlan", 20), *b = find(1, "source", WW_NULL32);
    cr_assert(a == &told[0] && v10 == &told[1] && v20 == &told[2] && b == &told[3]);
    cr_assert(ww_slice_eqs(WW_STR(a->s.name), "a.pcap"));
    cr_assert(eq(u64, a->s.packets, 90));
    cr_assert(eq(u32, a->s.vlans, 2));
    cr_assert(eq(u64, a->s.kernel_drops, WW_NULL64));
    cr_assert(eq(u64, a->s.tcp_flows, 60));
    cr_assert(eq(u32, a->s.coverage__one_way_ppm, 500000));
    cr_assert(eq(u64, v10->s.packets, 60));
    cr_assert(eq(u32, v10->s.coverage__one_way_ppm, 0));
    cr_assert(eq(chr, v10->s.coverage__grade.b[0], 'A'));
    cr_assert(eq(int, v10->nvlan, 1));
    cr_assert(eq(int, v20->vlan, 20)); /* the innermost tag */
    cr_assert(eq(u32, v20->s.coverage__one_way_ppm, 1000000));
    cr_assert(eq(chr, v20->s.coverage__grade.b[0], 'D'));
    cr_assert(eq(u64, v20->s.ring_drops, WW_NULL64)); /* known for the source only */
    cr_assert(eq(int, b->nvlan, 0));
    cr_assert(t.uneven);
    tell(&t, &n, 1);
    cr_assert(eq(sz, ntold, 0)); /* nothing new */
    frame(n, 1, 3, 0, 0, WW_B, 3000, 11);
    tell(&t, &n, 1);
    cr_assert(eq(sz, ntold, 1));
    cr_assert(eq(u64, told[0].s.packets, 3));
    ww_tally_free(&t);
    net_free(n);
}

/* Gaps and bytes are told where they showed: of a connection that goes on in the next file, there. */
Test(tally, a_gap_is_told_in_the_file_that_has_it)
{
    struct net *n = net();
    struct ww_tally t = tally(1, 2, false);
    frame(n, 0, 1, 0, 0, WW_A, 1000, 1);
    frame(n, 0, 2, 0, 0, WW_B, 1000, 1);
    for (uint32_t i = 0; i < 20; i++) {
        n->now += NS / 2;
        frame(n, 1, 1 + i, 0, 0, WW_A, 1000, 1001 + 10 * i);
    }
    tell(&t, &n, 1);
    cr_assert(eq(u64, find(0, "source", WW_NULL32)->s.gap_bytes, 0));
    cr_assert(eq(u64, find(1, "source", WW_NULL32)->s.gap_bytes, 990));
    cr_assert(eq(u64, find(1, "source", WW_NULL32)->s.tcp_flows, 0));
    cr_assert(eq(u64, find(0, "source", WW_NULL32)->s.tcp_flows, 1));
    cr_assert(eq(u64, find(0, "source", WW_NULL32)->s.stream_bytes, 20));
    cr_assert(eq(u64, find(1, "source", WW_NULL32)->s.stream_bytes, 200));
    ww_tally_free(&t);
    net_free(n);
}

/* Flows shared out to three workers, told one after the other: the sums and their order are the same. */
Test(tally, three_workers_tell_what_one_tells)
{
    static struct told one[TOLD];
    struct ww_worker_cfg c = small();
    c.flows = c.tcp_flows = 4096;
    struct net *n[4] = { net_with(c), net_with(c), net_with(c), net_with(c) };
    struct ww_tally t1 = tally(1, 2, false), t3 = tally(3, 2, false);
    for (unsigned k = 0; k < 4; k++)
        n[k]->mute = true;
    size_t none = 0;
    for (uint64_t i = 1; i <= 3000; i++) {
        uint16_t port = (uint16_t)(1000 + i % 700);
        uint16_t vlan = (uint16_t)(port % 40 * 3);
        enum ww_dir dir = port % 3 == 0 ? WW_A : (enum ww_dir)(i / 700 & 1);
        uint32_t seq = (uint32_t)(1 + i / 1400 * 10 + (port % 7 == 0 && i > 2000 ? 77 : 0));
        frame(n[3], i > 1500, i, 0, vlan, dir, port, seq);
        frame(n[port % 3], i > 1500, i, 0, vlan, dir, port, seq);
        if (i % 1000 != 0)
            continue;
        tell(&t1, &n[3], 1);
        none = ntold;
        memcpy(one, told, ntold * sizeof one[0]);
        tell(&t3, n, 3);
        cr_assert(eq(sz, ntold, none));
        cr_assert(gt(sz, ntold, 10));
        cr_assert(memcmp(one, told, ntold * sizeof one[0]) == 0, "at frame %d", (int)i);
    }
    ww_tally_free(&t1);
    ww_tally_free(&t3);
    for (unsigned k = 0; k < 4; k++)
        net_free(n[k]);
}

Test(tally, too_many_vlans_are_counted_together)
{
    struct net *n = net();
    struct ww_tally t = tally(1, 2, false);
    uint64_t number = 0;
    n->mute = true;
    for (uint32_t s = 0; s < 2; s++)
        for (uint16_t v = 1; v < 4095; v++)
            frame(n, s, ++number, 0, v, WW_A, v, 1);
    tell(&t, &n, 1);
    cr_assert(eq(sz, ntold, 2 * (1 + WW_TALLY_TOLD_MAX)));
    cr_assert(eq(u32, find(0, "source", WW_NULL32)->s.vlans, 4094));
    cr_assert(eq(u64, find(0, "source", WW_NULL32)->s.packets, 4094));
    cr_assert(eq(u64, find(0, "source", WW_NULL32)->s.untold, 4094 - WW_TALLY_TOLD_MAX));
    cr_assert(find(1, "vlan", WW_TALLY_TOLD_MAX) != NULL);
    cr_assert(find(1, "vlan", WW_TALLY_TOLD_MAX + 1) == NULL);
    ww_tally_free(&t);
    net_free(n);
}

Test(tally, a_full_table_still_counts_every_packet)
{
    struct ww_links l;
    cr_assert(ww_links_init(&l) == WW_OK);
    for (uint32_t s = 0; s < 4; s++)
        for (uint16_t v = 0; v < 3000; v++)
            l.of[ww_links_get(&l, s, v, 1)].s.packets++;
    cr_assert(eq(u32, l.vlans, WW_LINK_VLANS_MAX));
    uint64_t sum = 0;
    for (uint32_t i = 0; i < l.n; i++)
        sum += l.of[i].s.packets;
    cr_assert(eq(u64, sum, 12000));
    uint32_t rest = ww_links_get(&l, 3, 2999, 1);
    cr_assert(eq(int, l.of[rest].vlan, WW_LINK_REST));
    cr_assert(eq(u64, l.of[rest].s.packets, 3000));
    cr_assert(eq(u32, ww_links_get(&l, 3, 2998, 1), rest));
    cr_assert(eq(u64, l.of[ww_links_get(&l, 2, 2999, 1)].s.packets, 12000 - 3000 - WW_LINK_VLANS_MAX));
    cr_assert(eq(u64, l.of[ww_links_get(&l, 0, 7, 1)].s.packets, 1)); /* old ones are found */
    ww_links_free(&l);
}

Test(tally, an_interface_says_what_it_dropped_and_that_it_was_down)
{
    struct net *n = net();
    struct ww_tally t = tally(1, 2, true);
    frame(n, 0, 1, 0, 0, WW_A, 1000, 1);
    frame(n, 0, 2, 0, 0, WW_B, 1000, 1);
    ww_tally_drops(&t, 0, 0, 0, false);
    ww_tally_drops(&t, 1, WW_NULL64, 0, true);
    tell(&t, &n, 1);
    cr_assert(eq(sz, ntold, 2)); /* an interface that gave nothing is told all the same */
    const struct told *a = find(0, "source", WW_NULL32), *b = find(1, "source", WW_NULL32);
    cr_assert(eq(u32, a->s.coverage__loss_ppm, 0));
    cr_assert(eq(chr, a->s.coverage__grade.b[0], 'A'));
    cr_assert(a->s.live);
    cr_assert(eq(u64, b->s.packets, 0));
    cr_assert(eq(u64, b->s.kernel_drops, WW_NULL64));
    cr_assert(eq(u32, b->s.coverage__loss_ppm, WW_NULL32));
    cr_assert(eq(chr, b->s.coverage__grade.b[0], '?'));
    cr_assert(b->s.down);
    ww_tally_drops(&t, 0, 50, 1, false);
    ww_tally_drops(&t, 1, WW_NULL64, 0, false);
    tell(&t, &n, 1);
    cr_assert(eq(sz, ntold, 1));
    cr_assert(eq(u64, told[0].s.kernel_drops, 50));
    cr_assert(eq(u64, told[0].s.ring_drops, 1));
    cr_assert(eq(chr, told[0].s.coverage__grade.b[0], 'D'));
    ww_tally_free(&t);
    net_free(n);
}
