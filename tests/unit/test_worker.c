/* The worker: who is the client, the life of a flow, datagrams and frames, hostile traffic. */
#include "tests/net.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* ---- who is the client -------------------------------------------------------------------------------------- */
static void client(uint8_t first_flags, uint16_t a, uint16_t b, int by, int dir)
{
    struct net *n = net();
    n->port[0] = a;
    n->port[1] = b;
    segment(n, WW_A, first_flags, 5, NULL, 0);
    cr_assert(eq(int, nth(n, "flow.start", 0)->client_by, by), "ports %u %u", a, b);
    cr_assert(eq(int, nth(n, "flow.start", 0)->client, dir), "ports %u %u", a, b);
    net_free(n);
}

Test(engine, client_evidence_order)
{
    client(WW_TCP_SYN, PORT, 40000, WW_BY_SYN, WW_A); /* the SYN beats the port */
    client(WW_TCP_SYN | WW_TCP_ACK, 40000, PORT, WW_BY_SYN, WW_B);
    client(WW_TCP_ACK, 40000, PORT, WW_BY_PORT, WW_A);
    client(WW_TCP_ACK, PORT, 80, WW_BY_PORT, WW_B); /* known beats lower */
    client(WW_TCP_ACK, PORT, OTHER_PORT, WW_BY_GUESS, WW_B);
    client(WW_TCP_ACK, 50000, 1000, WW_BY_GUESS, WW_A);
    client(WW_TCP_ACK, 500, 500, WW_BY_UNKNOWN, WW_A);
    /* a dissector beats the port, a SYN-ACK later beats the dissector */
    struct net *n = net();
    say(n, WW_B, K_CLIENT, "", 0);
    say(n, WW_A, K_CLIENT, "", 0); /* its first word counts */
    text(n, WW_A, "x");
    const struct ev *m = nth(n, "test.msg", 0);
    cr_assert(eq(int, m->client_by, WW_BY_DISSECTOR));
    cr_assert(eq(int, m->port[m->client], PORT));
    segment(n, WW_B, WW_TCP_SYN | WW_TCP_ACK, n->seq[1], NULL, 0);
    text(n, WW_A, "y");
    m = nth(n, "test.msg", 1);
    cr_assert(eq(int, m->client_by, WW_BY_SYN));
    cr_assert(eq(int, m->port[m->client], 40000));
    net_free(n);
}

/* ---- life of a flow ------------------------------------------------------------------------------------------- */
Test(engine, a_connection_from_syn_to_fin)
{
    struct net *n = net();
    open_tcp(n);
    text(n, WW_A, "hello");
    n->now += 3 * NS;
    segment(n, WW_A, WW_TCP_FIN | WW_TCP_ACK, n->seq[0]++, NULL, 0);
    segment(n, WW_B, WW_TCP_FIN | WW_TCP_ACK, n->seq[1]++, NULL, 0);
    cr_assert(eq(sz, count(n, "flow.end"), 0)); /* late segments still belong to it */
    n->now += 12 * NS;
    n->port[0] = 1;
    segment(n, WW_A, WW_TCP_SYN, 1, NULL, 0);
    const struct ev *e = nth(n, "flow.end", 0);
    cr_assert(is(WW_STR(nth(n, "flow.open", 0)->u.open.how), "syn_ack"));
    cr_assert(is(WW_STR(e->u.end.reason), "fin"));
    cr_assert(is(WW_STR(e->u.end.state), "closed"));
    cr_assert(is(WW_STR(e->u.end.client_by), "syn"));
    cr_assert(eq(u64, e->u.end.pkts_toserver, 4));
    cr_assert(eq(u64, e->u.end.pkts_toclient, 2));
    cr_assert(eq(u64, e->u.end.age, 3));
    cr_assert(eq(u64, e->u.end.start, 1000 * NS));
    cr_assert(eq(u64, e->u.end.end, 1003 * NS));
    cr_assert(eq(u64, e->ts, 1014 * NS)); /* when its time was over, not when somebody looked */
    cr_assert(not(e->u.end.midstream));
    cr_assert(eq(u64, nth(n, "test.end", 0)->ts, e->ts));
    net_free(n);
}

Test(engine, reset_timeouts_and_updates)
{
    struct net *n = net();
    open_tcp(n);
    segment(n, WW_B, WW_TCP_RST, n->seq[1], NULL, 0);
    n->port[0] = 40001;
    segment(n, WW_A, WW_TCP_SYN, 5, NULL, 0); /* never answered: 60 s */
    n->port[0] = 40002;
    tcp(n, WW_A, "zzz", 3);                   /* midstream: an hour */
    n->port[0] = 40003;
    udp(n, WW_A, "zzz", 3);                   /* 60 s */
    for (unsigned i = 0; i < 4000; i++) {
        n->now += NS;
        ww_worker_tick(n->w, n->now);
    }
    cr_assert(eq(sz, count(n, "flow.end"), 4));
    cr_assert(is(WW_STR(nth(n, "flow.end", 0)->u.end.reason), "rst"));
    cr_assert(eq(u64, nth(n, "flow.end", 0)->ts, 1011 * NS));
    for (size_t i = 1; i < 4; i++)
        cr_assert(is(WW_STR(nth(n, "flow.end", i)->u.end.reason), "timeout"));
    cr_assert(eq(u64, nth(n, "flow.end", 1)->ts, 1061 * NS));
    cr_assert(eq(u64, nth(n, "flow.end", 2)->ts, 1061 * NS));
    cr_assert(eq(int, nth(n, "flow.end", 3)->port[0], 40002));
    cr_assert(eq(u64, nth(n, "flow.end", 3)->ts, 4601 * NS));
    cr_assert(nth(n, "flow.end", 3)->u.end.midstream);
    size_t u = 0;
    for (size_t i = 0; i < count(n, "flow.update"); i++)
        if (nth(n, "flow.update", i)->port[0] == 40002) {
            u++;
            cr_assert(eq(u64, nth(n, "flow.update", i)->ts, (1000 + 60 * u) * NS));
        }
    cr_assert(eq(sz, u, 59)); /* the hour is over when the 60th were due */
    cr_assert(eq(u32, n->w->flows.slab.used, 0));
    cr_assert(eq(u32, n->w->tcp.used, 0));
    net_free(n);
}

Test(engine, a_port_that_is_used_again_is_a_new_flow)
{
    struct net *n = net();
    open_tcp(n);
    text(n, WW_A, "first");
    segment(n, WW_A, WW_TCP_SYN, 100, NULL, 0); /* its own SYN repeated: the same connection */
    cr_assert(eq(sz, count(n, "flow.start"), 1));
    n->seq[0] = 777777;
    n->seq[1] = 888888;
    open_tcp(n);
    text(n, WW_A, "second");
    cr_assert(eq(sz, count(n, "flow.start"), 2));
    cr_assert(is(WW_STR(nth(n, "flow.end", 0)->u.end.reason), "reuse"));
    cr_assert(eq(sz, count(n, "test.msg"), 2));
    cr_assert(eq(u64, nth(n, "test.msg", 1)->u.msg.at, 0));
    net_free(n);
}

Test(engine, a_reset_that_nobody_heeds)
{
    struct net *n = net();
    open_tcp(n);
    text(n, WW_A, "one");
    segment(n, WW_A, WW_TCP_RST, n->seq[0], NULL, 0); /* somebody else wrote the sender's address on it */
    text(n, WW_B, "two"); /* may have been on its way */
    cr_assert(eq(sz, count(n, "anomaly"), 0));
    text(n, WW_A, "three");
    cr_assert(is(WW_STR(nth(n, "anomaly", 0)->u.anomaly.event), "reset_not_heeded"));
    cr_assert(eq(sz, count(n, "test.msg"), 3));
    n->now += 100 * NS;
    ww_worker_tick(n->w, n->now);
    cr_assert(eq(sz, count(n, "flow.end"), 0)); /* it is open as before */
    text(n, WW_B, "four");
    segment(n, WW_B, WW_TCP_RST, n->seq[1], NULL, 0);
    n->seq[1] -= 7; /* a segment that the reset overtook */
    text(n, WW_B, "four");
    n->now += 20 * NS;
    ww_worker_tick(n->w, n->now);
    cr_assert(is(WW_STR(nth(n, "flow.end", 0)->u.end.reason), "rst"));
    cr_assert(eq(sz, count(n, "anomaly"), 1));
    net_free(n);
}

/* Each side opens without having heard of the other (RFC 9293 3.5, figure 8). */
Test(engine, both_open_at_once)
{
    struct net *n = net();
    segment(n, WW_A, WW_TCP_SYN, n->seq[0], NULL, 0);
    segment(n, WW_B, WW_TCP_SYN, n->seq[1], NULL, 0);
    segment(n, WW_A, WW_TCP_SYN | WW_TCP_ACK, n->seq[0]++, NULL, 0);
    segment(n, WW_B, WW_TCP_SYN | WW_TCP_ACK, n->seq[1]++, NULL, 0);
    text(n, WW_A, "one");
    text(n, WW_B, "two");
    cr_assert(eq(sz, count(n, "flow.start"), 1));
    cr_assert(eq(sz, count(n, "flow.open"), 1));
    cr_assert(eq(sz, count(n, "test.msg"), 2));
    cr_assert(eq(int, nth(n, "test.msg", 1)->client, WW_A)); /* who was seen first */
    segment(n, WW_B, WW_TCP_FIN | WW_TCP_ACK, n->seq[1]++, NULL, 0);
    segment(n, WW_A, WW_TCP_FIN | WW_TCP_ACK, n->seq[0]++, NULL, 0);
    ww_worker_end(n->w);
    cr_assert(is(WW_STR(nth(n, "flow.end", 0)->u.end.reason), "fin"));
    cr_assert(eq(u64, nth(n, "flow.end", 0)->u.end.retransmits, 0));
    net_free(n);
}

Test(engine, joined_in_the_middle)
{
    struct net *n = net();
    text(n, WW_A, "first");
    cr_assert(eq(sz, count(n, "flow.open"), 0));
    text(n, WW_B, "answer");
    cr_assert(is(WW_STR(nth(n, "flow.open", 0)->u.open.how), "reply"));
    cr_assert(eq(sz, count(n, "test.msg"), 2));
    cr_assert(nth(n, "flow.start", 0)->u.start.midstream);
    cr_assert(nth(n, "flow.app", 0)->u.app.midstream);
    cr_assert(eq(int, nth(n, "test.msg", 0)->flags & WW_EV_MIDSTREAM, WW_EV_MIDSTREAM));
    cr_assert(eq(u64, n->w->stats.midstream, 1));
    net_free(n);
}

Test(engine, eof_delivers_what_waits_and_gives_all_back)
{
    struct net *n = net();
    open_tcp(n);
    text(n, WW_A, "one");
    n->seq[0] += 7;
    text(n, WW_A, "behind a hole");
    cr_assert(eq(sz, count(n, "test.msg"), 1));
    ww_worker_end(n->w);
    cr_assert(eq(sz, count(n, "test.msg"), 2));
    cr_assert(eq(u64, nth(n, "test.lost", 0)->u.sign.n, 7));
    cr_assert(is(WW_STR(nth(n, "flow.end", 0)->u.end.reason), "eof"));
    cr_assert(eq(u64, nth(n, "flow.end", 0)->u.end.gap_bytes_toserver, 7));
    cr_assert(eq(u32, n->w->flows.slab.used, 0));
    cr_assert(eq(u32, n->w->tcp.used, 0));
    for (unsigned k = 0; k < WW_BUF_CLASSES; k++)
        cr_assert(eq(u32, n->w->bufs.of[k].used, 0));
    net_free(n);
}

/* ---- datagrams and frames ------------------------------------------------------------------------------------- */
Test(engine, datagrams_are_whole)
{
    uint8_t b[64];
    struct net *n = net();
    size_t k = msg_put(b, K_TEXT, "ping", 4);
    udp(n, WW_A, b, k);
    udp(n, WW_B, b, k);
    cr_assert(eq(sz, count(n, "test.msg"), 2));
    cr_assert(is(WW_STR(nth(n, "flow.open", 0)->u.open.how), "reply"));
    udp(n, WW_A, b, k - 1); /* cut short: the dissector says so */
    cr_assert(is(WW_STR(nth(n, "anomaly", 0)->u.anomaly.event), "short"));
    udp(n, WW_A, b, k);
    cr_assert(eq(sz, count(n, "test.msg"), 2));
    net_free(n);
}

Test(engine, an_unknown_datagram_flow_is_not_probed_for_ever)
{
    struct net *n = net();
    for (int i = 0; i < 1000; i++)
        udp(n, WW_A, "\xff\xff", 2);
    cr_assert(le(u64, n->w->engine.stats.probes, 6));
    net_free(n);
}

Test(engine, frames_go_to_the_dissector_of_their_ethertype)
{
    static struct fr f;
    struct net *n = net();
    fr_eth(&f, 0x88b5);
    fr_put(&f, "frame", 5);
    send_frame(n, &f, 0);
    f.n = 0;
    fr_eth(&f, 0x88b6);
    fr_put(&f, "frame", 5);
    send_frame(n, &f, 0);
    cr_assert(eq(sz, count(n, "test.msg"), 1));
    cr_assert(is(WW_STR(nth(n, "test.msg", 0)->u.msg.text), "frame"));
    cr_assert(eq(u64, nth(n, "test.msg", 0)->flow, 0));
    cr_assert(eq(u64, n->w->stats.other, 2));
    net_free(n);
}

Test(engine, fragments_become_a_datagram)
{
    static struct fr f;
    static uint8_t b[4000];
    static uint8_t body[3000];
    struct net *n = net();
    memset(body, 'x', sizeof body);
    f.n = 0;
    fr_udp(&f, 40000, PORT, HEAD + sizeof body);
    b[0] = 0;
    memcpy(b, f.b, FR_UDP);
    size_t total = FR_UDP + msg_put(b + FR_UDP, K_TEXT, body, sizeof body);
    for (size_t at = 0; at < total; at += 1480) {
        size_t k = total - at < 1480 ? total - at : 1480;
        f.n = 0;
        fr_eth(&f, 0x0800);
        fr_ip4(&f, 1, 2, 17, 99, (uint16_t)(at / 8 | (at + k < total ? 0x2000 : 0)), k);
        fr_put(&f, b + at, k);
        send_frame(n, &f, 0);
    }
    cr_assert(eq(sz, count(n, "test.msg"), 1));
    cr_assert(eq(u64, n->w->stats.fragments, 3));
    cr_assert(eq(u64, n->w->defrag.whole, 1));
    net_free(n);
}

/* ---- hostile --------------------------------------------------------------------------------------------------- */
Test(engine, clock_steps_are_counted)
{
    struct net *n = net();
    struct fr f = { .n = 0 };
    fr_eth(&f, 0x88cc);
    struct ww_pkt p[3] = { fr_pkt(&f, 5 * NS, 1), fr_pkt(&f, 3 * NS, 2), fr_pkt(&f, 6 * NS, 3) };
    for (unsigned i = 1; i < 3; i++)
        p[i].stepped = ww_clock_stepped(p[i - 1].ts, p[i].ts);
    ww_worker_packets(n->w, p, 3);
    cr_assert(eq(u64, n->w->stats.clock_steps, 1));
    cr_assert(not(ww_clock_stepped(2 * NS, NS + 1))); /* less than a second: reordering, not a step */
    net_free(n);
}

Test(engine, time_that_jumps_does_not_break_the_clock)
{
    struct net *n = net();
    uint32_t x = 7;
    n->mute = true;
    for (int i = 0; i < 20000; i++) {
        uint32_t r = fr_rand(&x);
        if (r % 50 == 0)
            n->now = (uint64_t)fr_rand(&x) * NS;
        n->port[0] = (uint16_t)(40000 + r % 100);
        segment(n, r & 64 ? WW_A : WW_B, r & 128 ? WW_TCP_SYN : WW_TCP_ACK, fr_rand(&x), "\x02\0\1x", r % 5);
    }
    ww_worker_end(n->w);
    cr_assert(gt(u64, n->w->flows.total, 0));
    cr_assert(eq(u32, n->w->flows.slab.used, 0));
    cr_assert(eq(u32, n->w->tcp.used, 0));
    for (unsigned k = 0; k < WW_BUF_CLASSES; k++)
        cr_assert(eq(u32, n->w->bufs.of[k].used, 0));
    net_free(n);
}

Test(engine, endless_out_of_order_is_bounded)
{
    struct net *n = net();
    n->mute = true;
    open_tcp(n);
    n->seq[0] += 1; /* the byte that never comes */
    uint64_t steps = 0;
    for (uint32_t i = 0; i < 20000; i++) { /* each second byte, backwards in groups: the worst order */
        uint32_t at = n->seq[0] + (i / 500) * 1000 + (499 - i % 500) * 2;
        segment(n, WW_A, WW_TCP_ACK, at, "x", 1);
        const struct ww_tcp *t = ww_slab_at(&n->w->tcp, 0);
        cr_assert(le(u32, t->side[0].nseg, WW_SEGS_MAX));
        uint64_t now = n->w->stream.stats.steps;
        cr_assert(le(u64, now - steps, WW_SEGS_MAX + 1));
        steps = now;
    }
    uint32_t used = 0;
    for (unsigned k = 0; k < WW_BUF_CLASSES; k++)
        used += n->w->bufs.of[k].used;
    cr_assert(le(u32, used, WW_SEGS_MAX + 1));
    net_free(n);
}
