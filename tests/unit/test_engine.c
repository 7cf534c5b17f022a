/* The engine with small dissectors of our own: probing, feeding, contract, pairing, alarms, caps. */
#include "tests/net.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>

/* ---- probing ---------------------------------------------------------------------------------------------- */
Test(engine, port_hints_come_first_then_the_others)
{
    struct net *n = net();
    open_tcp(n);
    text(n, WW_A, "hello");
    cr_assert(eq(str, asked, "m")); /* `last` is hinted at too, but no message of it begins with 2 */
    cr_assert(is(WW_STR(nth(n, "flow.app", 0)->u.app.app_proto), "msg"));
    net_free(n);
    n = net();
    n->port[1] = OTHER_PORT;
    open_tcp(n);
    text(n, WW_A, "hello");
    cr_assert(eq(str, asked, "om"));
    cr_assert(eq(sz, count(n, "test.msg"), 1)); /* the port is a hint, not a decision */
    net_free(n);
    n = net();
    open_tcp(n);
    tcp(n, WW_A, "Zzz", 3);
    cr_assert(eq(str, asked, "mzo"));
    cr_assert(eq(sz, count(n, "flow.app"), 0));
    net_free(n);
}

Test(engine, probing_gets_rare_on_unknown_streams)
{
    struct net *n = net();
    open_tcp(n);
    for (int i = 0; i < 1000; i++)
        tcp(n, WW_A, "\xff\xff", 2);
    /* 32 rounds, then each 16th; two dissectors can begin with any byte */
    cr_assert(le(u64, n->w->engine.stats.probes, 2 * (32 + 1000 / 16 + 1)));
    text(n, WW_A, "late");
    for (int i = 0; i < 16; i++)
        text(n, WW_A, "late");
    cr_assert(gt(sz, count(n, "test.msg"), 0)); /* joined in bulk data: still found */
    net_free(n);
}

Test(engine, maybe_holds_and_delivers_once)
{
    struct net *n = net();
    open_tcp(n);
    tcp(n, WW_A, "\x02", 1);
    tcp(n, WW_A, "\0", 1);
    cr_assert(eq(sz, count(n, "flow.app"), 0));
    tcp(n, WW_A, "\x03" "ab", 3);
    cr_assert(eq(sz, count(n, "flow.app"), 1));
    tcp(n, WW_A, "c", 1);
    text(n, WW_A, "next");
    cr_assert(eq(sz, count(n, "test.msg"), 2));
    cr_assert(is(WW_STR(nth(n, "test.msg", 0)->u.msg.text), "abc"));
    cr_assert(eq(u64, nth(n, "test.msg", 0)->u.msg.at, 0));
    cr_assert(eq(u64, nth(n, "test.msg", 1)->u.msg.at, 6));
    net_free(n);
}

/* The byte of a TCP keep-alive looks like the beginning of something; the next segment begins a message. */
Test(engine, held_bytes_that_lead_nowhere_do_not_hide_a_beginning)
{
    struct net *n = net();
    tcp(n, WW_A, "\x02", 1);
    tcp(n, WW_A, "\xff\xff", 2);
    tcp(n, WW_A, "\x02", 1);
    text(n, WW_A, "hello");
    cr_assert(eq(sz, count(n, "test.msg"), 0)); /* 02 02 00 is the head of a message of 512 bytes */
    net_free(n);
    n = net();
    tcp(n, WW_A, "\x02", 1);
    tcp(n, WW_A, "\xff\xff\x02", 3);
    text(n, WW_A, "hello");
    cr_assert(is(WW_STR(nth(n, "test.msg", 0)->u.msg.text), "hello"));
    net_free(n);
    n = net();
    tcp(n, WW_A, "\x02\xff", 2); /* held; with the next byte it cannot be one */
    text(n, WW_A, "hello");
    cr_assert(is(WW_STR(nth(n, "test.msg", 0)->u.msg.text), "hello"));
    net_free(n);
}

Test(engine, held_bytes_of_the_other_side_come_first)
{
    struct net *n = net();
    open_tcp(n);
    tcp(n, WW_A, "\x02\0", 2);
    text(n, WW_B, "answer");
    tcp(n, WW_A, "\x02hi", 3);
    cr_assert(eq(sz, count(n, "test.msg"), 2));
    cr_assert(eq(int, nth(n, "test.msg", 1)->dir, WW_A));
    cr_assert(is(WW_STR(nth(n, "test.msg", 1)->u.msg.text), "hi"));
    cr_assert(eq(sz, count(n, "test.lost"), 0));
    cr_assert(eq(sz, count(n, "anomaly"), 0));
    net_free(n);
}

/* A MAYBE that never ends gives up after WW_PROBE_HOLD bytes. */
static enum ww_guess shy_probe(struct ww_slice in, enum ww_dir dir)
{
    (void)in;
    (void)dir;
    return WW_GUESS_MAYBE;
}
static const struct ww_dissector shy = { .name = "shy", .spec = "these tests", .events = msg_events,
                                         .ports = msg_ports, .max_msg = 1, .probe = shy_probe, .data = other_data };
static const struct ww_dissector *const only_shy[] = { &shy, NULL };

Test(engine, a_maybe_without_end_is_bounded)
{
    struct ww_worker_cfg c = small();
    c.dissectors = only_shy;
    struct net *n = net_with(c);
    static uint8_t block[1000];
    open_tcp(n);
    for (int i = 0; i < 3000; i++) {
        tcp(n, WW_A, block, sizeof block);
        const struct ww_tcp *t = ww_slab_at(&n->w->tcp, 0);
        cr_assert(le(u32, t->side[0].pend_n, WW_PROBE_HOLD));
    }
    ww_worker_end(n->w);
    for (unsigned k = 0; k < WW_BUF_CLASSES; k++)
        cr_assert(eq(u32, n->w->bufs.of[k].used, 0));
    net_free(n);
}

Test(engine, a_maybe_without_buffers_loses_no_middle)
{
    struct ww_worker_cfg c = small();
    struct net *n = net_with(c);
    open_tcp(n);
    tcp(n, WW_A, "\x02\x05", 2); /* 1280 bytes of body */
    /* all buffers are taken by somebody else */
    struct ww_buf b[4096];
    size_t k = 0;
    for (size_t size = 2000; size <= 20000; size *= 10)
        while (k < 4096 && (b[k] = ww_buf_get(&n->w->bufs, size)).i != WW_NONE)
            k++;
    static uint8_t rest[4000];
    memset(rest, 'x', sizeof rest);
    rest[0] = 0;
    for (int i = 0; i < 3; i++)
        tcp(n, WW_A, rest, sizeof rest);
    for (size_t i = 0; i < k; i++)
        ww_buf_put(&n->w->bufs, &b[i]);
    for (int i = 0; i < 300; i++)
        text(n, WW_A, "after");
    cr_assert(gt(sz, count(n, "test.msg"), 250));
    for (size_t i = 0; i < count(n, "test.msg"); i++)
        cr_assert(is(WW_STR(nth(n, "test.msg", i)->u.msg.text), "after"));
    net_free(n);
}

/* ---- feeding ---------------------------------------------------------------------------------------------- */
/* A conversation of one direction with all sizes, bulk and a protocol change at the end. */
static size_t talk(uint8_t *dst)
{
    static uint8_t body[5000];
    size_t n = 0;
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (uint8_t)('a' + i % 26);
    n += msg_put(dst + n, K_TEXT, "", 0);
    n += msg_put(dst + n, K_TEXT, body, 1);
    n += msg_put(dst + n, K_TEXT, body, 60);
    n += msg_put(dst + n, K_SKIP, "\0\0\3\xe8", 4);
    memset(dst + n, 0xff, 1000);
    n += 1000;
    n += msg_put(dst + n, K_TEXT, "after bulk", 10);
    n += msg_put(dst + n, K_SKIP, "\0\0\0\0", 4);
    n += msg_put(dst + n, K_TEXT, body, 3000);
    n += msg_put(dst + n, K_ODD, "", 0);
    n += msg_put(dst + n, K_TEXT, "end", 3);
    return n;
}

static struct net *run_cut(const uint8_t *p, size_t n, size_t step, size_t first)
{
    struct net *x = net();
    open_tcp(x);
    for (size_t at = 0; at < n;) {
        size_t k = at == 0 && first > 0 ? first : step;
        k = k < n - at ? k : n - at;
        k = k < 60000 ? k : 60000;
        tcp(x, WW_A, p + at, k);
        at += k;
    }
    ww_worker_end(x->w);
    return x;
}

/* What the dissector told is the same; frame numbers and times are not of interest here. */
static void same_told(const struct net *a, const struct net *b, const char *about, size_t k)
{
    static const char *const types[] = { "flow.app", "test.msg", "test.lost", "anomaly", "test.end" };
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        if (count(a, types[t]) != count(b, types[t]))
            t_die("%s %zu: %zu times %s instead of %zu", about, k, count(b, types[t]), types[t], count(a, types[t]));
        for (size_t i = 0; i < count(a, types[t]); i++)
            if (memcmp(&nth(a, types[t], i)->u, &nth(b, types[t], i)->u, sizeof a->ev[0].u) != 0)
                t_die("%s %zu: %s number %zu differs", about, k, types[t], i);
    }
}

Test(engine, every_cut_tells_the_same)
{
    static uint8_t p[20000];
    size_t n = talk(p);
    struct net *whole = run_cut(p, n, n, 0);
    cr_assert(eq(sz, count(whole, "test.msg"), 6));
    cr_assert(eq(u64, nth(whole, "test.msg", 5)->u.msg.at, n - 6));
    for (size_t step = 1; step < 80; step++) {
        struct net *x = run_cut(p, n, step, 0);
        same_told(whole, x, "pieces of", step);
        net_free(x);
    }
    for (size_t first = 1; first < n; first += first < 200 ? 1 : 37) {
        struct net *x = run_cut(p, n, n, first);
        same_told(whole, x, "cut at", first);
        net_free(x);
    }
    net_free(whole);
}

/* Bytes are copied at most a few times, however small the pieces. */
Test(engine, pieces_of_one_byte_cost_linear_work)
{
    static uint8_t p[20000];
    size_t n = talk(p);
    struct net *x = run_cut(p, n, 1, 0);
    cr_assert(le(u64, x->w->engine.stats.buffered, 2 * n));
    cr_assert(ge(u64, x->w->engine.stats.skipped, 1000 - 4));
    net_free(x);
}

Test(engine, skip_over_segments_and_gaps)
{
    static uint8_t bulk[1000];
    struct net *n = net();
    open_tcp(n);
    text(n, WW_A, "one");
    say(n, WW_A, K_SKIP, "\0\0\x13\x88", 4); /* 5000 */
    tcp(n, WW_A, bulk, 1000);
    n->seq[0] += 1000; /* lost inside the bulk: does not matter */
    tcp(n, WW_A, bulk, 1000);
    tcp(n, WW_A, bulk, 1000);
    n->seq[0] += 500;
    tcp(n, WW_A, bulk, 500);
    text(n, WW_A, "two");
    cr_assert(eq(sz, count(n, "test.lost"), 0));
    cr_assert(eq(sz, count(n, "test.msg"), 2));
    cr_assert(eq(u64, nth(n, "test.msg", 1)->u.msg.at, 6 + 7 + 5000));
    ww_worker_end(n->w);
    cr_assert(eq(u64, nth(n, "flow.end", 0)->u.end.gap_bytes_toserver, 1500));
    net_free(n);
}

Test(engine, a_gap_beyond_the_skip_is_told_with_its_rest)
{
    static uint8_t bulk[100];
    struct net *n = net();
    open_tcp(n);
    text(n, WW_A, "one");
    say(n, WW_A, K_SKIP, "\0\0\0\x64", 4); /* 100 */
    n->seq[0] += 150;
    for (int i = 0; i < 20; i++) { /* acknowledged by the other side, and behind the hole */
        text(n, WW_A, "two");
        tcp(n, WW_B, "", 0);
    }
    (void)bulk;
    cr_assert(eq(sz, count(n, "test.lost"), 1));
    cr_assert(eq(u64, nth(n, "test.lost", 0)->u.sign.n, 50));
    cr_assert(eq(u64, nth(n, "test.msg", 1)->u.msg.at, 6 + 7 + 150));
    net_free(n);
}

Test(engine, a_gap_inside_a_kept_message_counts_what_was_kept)
{
    struct net *n = net();
    open_tcp(n);
    tcp(n, WW_A, "\x02\0\x0a" "abcd", 7);
    n->seq[0] += 6;
    for (int i = 0; i < 20; i++) {
        text(n, WW_A, "two");
        tcp(n, WW_B, "", 0);
    }
    cr_assert(eq(u64, nth(n, "test.lost", 0)->u.sign.n, 13));
    cr_assert(eq(u64, nth(n, "test.msg", 0)->u.msg.at, 13));
    net_free(n);
}

Test(engine, next_probes_again_at_once)
{
    uint8_t b[64];
    size_t k;
    struct net *n = net();
    open_tcp(n);
    k = msg_put(b, K_NEXT, "", 0);
    memcpy(b + k, "Other", 5);
    tcp(n, WW_A, b, k + 5);
    cr_assert(eq(sz, count(n, "flow.app"), 2));
    cr_assert(is(WW_STR(nth(n, "test.msg", 0)->u.msg.text), "Other"));
    net_free(n);
    /* the same when the bytes behind it were kept in the rest */
    n = net();
    open_tcp(n);
    text(n, WW_A, "x");
    tcp(n, WW_A, b, 1);
    tcp(n, WW_A, b + 1, k + 4);
    cr_assert(eq(sz, count(n, "flow.app"), 2));
    cr_assert(is(WW_STR(nth(n, "test.msg", 1)->u.msg.text), "Other"));
    /* a skip of the protocol before means nothing to the one after */
    net_free(n);
    n = net();
    open_tcp(n);
    say(n, WW_B, K_SKIP, "\0\1\0\0", 4);
    tcp(n, WW_A, b, k + 5);
    tcp(n, WW_B, "back", 4);
    cr_assert(is(WW_STR(nth(n, "test.msg", 1)->u.msg.text), "back"));
    net_free(n);
    /* what is behind it was kept, and nobody knows it */
    n = net();
    open_tcp(n);
    memcpy(b + k, "?????", 5);
    tcp(n, WW_A, b, 1);
    tcp(n, WW_A, b + 1, k + 4);
    cr_assert(eq(sz, count(n, "flow.app"), 1));
    text(n, WW_A, "again");
    cr_assert(is(WW_STR(nth(n, "test.msg", 0)->u.msg.text), "again"));
    net_free(n);
}

Test(engine, stop_is_told_and_final)
{
    struct net *n = net();
    open_tcp(n);
    text(n, WW_A, "one");
    say(n, WW_A, K_STOP, "", 0);
    text(n, WW_A, "two");
    text(n, WW_B, "three");
    ww_worker_end(n->w);
    cr_assert(eq(sz, count(n, "test.msg"), 1));
    cr_assert(eq(sz, count(n, "test.end"), 0));
    cr_assert(is(WW_STR(nth(n, "anomaly", 0)->u.anomaly.event), "said_so"));
    cr_assert(is(WW_STR(nth(n, "anomaly", 0)->u.anomaly.app_proto), "msg"));
    cr_assert(eq(u64, n->w->engine.stats.stopped, 1));
    cr_assert(eq(u32, n->w->engine.state[1].used, 0));
    net_free(n);
}

Test(engine, a_dissector_without_gap_stops_at_one)
{
    struct net *n = net();
    open_tcp(n);
    tcp(n, WW_A, "One", 3);
    n->seq[0] += 10;
    for (int i = 0; i < 20; i++) {
        tcp(n, WW_A, "two", 3);
        tcp(n, WW_B, "", 0);
    }
    cr_assert(is(WW_STR(nth(n, "anomaly", 0)->u.anomaly.event), "gap"));
    cr_assert(eq(sz, count(n, "test.msg"), 1));
    net_free(n);
}

/* ---- contract --------------------------------------------------------------------------------------------- */
static void break_it(enum kind kind)
{
    struct net *n = net();
    open_tcp(n);
    text(n, WW_A, "one");
    say(n, WW_A, kind, "", 0);
    text(n, WW_A, "two");
    /* without WW_STRICT we get here: stopped, told, counted */
    cr_assert(eq(sz, count(n, "test.msg"), 1));
    cr_assert(is(WW_STR(nth(n, "anomaly", 0)->u.anomaly.event), "broken_contract"));
    cr_assert(eq(u64, n->w->engine.stats.bug[1], 1));
    cr_assert(eq(u64, ww_bugs(), 1));
    net_free(n);
}
#ifdef WW_STRICT
#define BREAKS(name, kind) Test(engine, name, .signal = SIGABRT) { break_it(kind); }
#else
#define BREAKS(name, kind) Test(engine, name) { break_it(kind); }
#endif
BREAKS(contract_used_nothing, K_ZERO)
BREAKS(contract_need_not_more, K_NEED)
BREAKS(contract_need_over_max, K_HUGE)
BREAKS(contract_stop_without_reason, K_WHY)

/* ---- caps --------------------------------------------------------------------------------------------------- */
Test(engine, without_state_the_flow_passes_undissected)
{
    struct ww_worker_cfg c = small();
    c.state_bytes = 3 * (sizeof(struct msg_state) + 8) * 2; /* a third of it for each dissector: two slots */
    struct net *n = net_with(c);
    for (unsigned i = 0; i < 5; i++) {
        n->port[0]++;
        open_tcp(n);
        text(n, WW_A, "x");
    }
    cr_assert(eq(sz, count(n, "test.msg"), 2));
    cr_assert(eq(u64, n->w->engine.stats.no_state, 3));
    ww_worker_end(n->w);
    cr_assert(eq(sz, count(n, "flow.end"), 5));
    cr_assert(eq(u32, n->w->engine.state[1].used, 0));
    n->port[0]++;
    open_tcp(n);
    text(n, WW_A, "x"); /* what was freed is used again */
    cr_assert(eq(sz, count(n, "test.msg"), 3));
    net_free(n);
}

Test(engine, without_buffers_a_message_is_lost_and_told)
{
    struct net *n = net();
    static struct ww_buf b[8192];
    size_t k = 0;
    open_tcp(n);
    text(n, WW_A, "one");
    for (size_t size = 100; size <= 1000000; size *= 10)
        while (k < 8192 && (b[k] = ww_buf_get(&n->w->bufs, size)).i != WW_NONE)
            k++;
    tcp(n, WW_A, "\x02\0\x04" "ab", 5);
    cr_assert(eq(u64, nth(n, "test.lost", 0)->u.sign.n, 5));
    cr_assert(eq(u64, n->w->engine.stats.no_buffer, 1));
    for (size_t i = 0; i < k; i++)
        ww_buf_put(&n->w->bufs, &b[i]);
    net_free(n);
}

Test(engine, a_full_table_pushes_out_unanswered_ones)
{
    struct net *n = net();
    open_tcp(n);
    text(n, WW_A, "keep me");
    for (unsigned i = 0; i < 500; i++) { /* a SYN flood */
        n->port[0] = (uint16_t)(41000 + i);
        n->now += 1000000;
        segment(n, WW_A, WW_TCP_SYN, 5, NULL, 0);
        cr_assert(le(u32, n->w->flows.slab.used, 64));
    }
    cr_assert(eq(u64, n->w->flows.evicted, 501 - 64));
    n->port[0] = 40000;
    text(n, WW_A, "still here");
    cr_assert(eq(sz, count(n, "test.msg"), 2));
    cr_assert(is(WW_STR(nth(n, "flow.end", 0)->u.end.reason), "evicted"));
    net_free(n);
}

Test(engine, without_tcp_state_flows_are_still_counted)
{
    struct ww_worker_cfg c = small();
    c.tcp_flows = 1;
    struct net *n = net_with(c);
    open_tcp(n);
    n->port[0]++;
    open_tcp(n);
    text(n, WW_A, "unseen");
    segment(n, WW_A, WW_TCP_RST, n->seq[0], NULL, 0);
    ww_worker_end(n->w);
    cr_assert(eq(sz, count(n, "flow.end"), 2));
    cr_assert(eq(sz, count(n, "test.msg"), 0));
    cr_assert(eq(u64, n->w->stats.no_tcp, 1));
    net_free(n);
}

/* ---- alarms, pairs, anomalies -------------------------------------------------------------------------------- */
Test(engine, alarm_comes_at_its_time_whatever_wakes_it)
{
    struct net *n = net();
    open_tcp(n);
    say(n, WW_A, K_ALARM, "\x05\0", 2);
    n->port[0] = 50000; /* another flow moves the clock */
    n->now += 4 * NS;
    segment(n, WW_A, WW_TCP_SYN, 1, NULL, 0);
    cr_assert(eq(sz, count(n, "test.tick"), 0));
    n->now += 100 * NS;
    segment(n, WW_A, WW_TCP_ACK, 2, NULL, 0);
    cr_assert(eq(sz, count(n, "test.tick"), 1));
    cr_assert(eq(u64, nth(n, "test.tick", 0)->ts, 1006 * NS));
    cr_assert(eq(u64, nth(n, "test.tick", 0)->frame, 1)); /* the first of its flow, not the one that woke it */
    net_free(n);
}

Test(engine, an_alarm_that_always_asks_again_does_not_stop_the_clock)
{
    struct net *n = net();
    open_tcp(n);
    say(n, WW_A, K_ALARM, "\x05\1", 2);
    for (unsigned i = 0; i < 10; i++) {
        n->now += 300 * NS;
        tcp(n, WW_A, "", 0);
    }
    cr_assert(le(sz, count(n, "test.tick"), 10 * 20));
    cr_assert(ge(sz, count(n, "test.tick"), 10));
    net_free(n);
}

Test(engine, a_far_alarm_does_not_delay_the_flow)
{
    struct net *n = net();
    open_tcp(n);
    say(n, WW_A, K_ALARM, "\xf0\0", 2); /* in 240 s */
    for (unsigned i = 0; i < 190; i++) {
        n->now += NS;
        n->port[0] = 50000;
        segment(n, WW_A, WW_TCP_ACK, 2, "", 0);
    }
    size_t updates = 0;
    for (size_t i = 0; i < count(n, "flow.update"); i++)
        updates += nth(n, "flow.update", i)->port[0] == 40000;
    cr_assert(eq(sz, updates, 3));
    net_free(n);
}

static bool not_messages(void *to, const struct ww_event_type *t)
{
    (void)to;
    return t != &t_msg_type;
}

/* What nobody reads is not told; the flow, its protocol and what else the dissector tells are. */
Test(engine, what_nobody_reads_is_not_told)
{
    for (int k = 0; k < 2; k++) {
        struct ww_worker_cfg c = small();
        c.wants = k == 1 ? not_messages : NULL;
        struct net *n = net_with(c);
        open_tcp(n);
        say(n, WW_A, K_ASK, "\x07\x0a", 2);
        say(n, WW_B, K_GOT, "\x07\1", 2);
        say(n, WW_A, K_TEXT, "xx", 2);
        cr_assert(eq(sz, count(n, "test.msg"), k == 1 ? 0 : 2));
        cr_assert(eq(sz, count(n, "flow.app"), 1));
        n->now += 60 * NS;
        tcp(n, WW_A, "", 0); /* the answer was taken all the same */
        cr_assert(eq(sz, count(n, "anomaly"), 0));
        net_free(n);
    }
}

Test(engine, requests_are_paired_with_latency)
{
    struct net *n = net();
    open_tcp(n);
    say(n, WW_A, K_ASK, "\x07\x0a", 2);
    say(n, WW_B, K_ASK, "\x07\x0a", 2); /* the same key from the other side is another request */
    n->now += 250000000;
    say(n, WW_B, K_GOT, "\x07\0", 2);
    n->now += NS;
    say(n, WW_B, K_GOT, "\x07\1", 2);
    say(n, WW_B, K_GOT, "\x07\1", 2);
    say(n, WW_A, K_GOT, "\x07\1", 2);
    cr_assert(eq(u32, nth(n, "test.msg", 0)->u.msg.latency, 250));
    cr_assert(eq(u32, nth(n, "test.msg", 1)->u.msg.latency, 1250));
    cr_assert(not(nth(n, "test.msg", 2)->u.msg.found));
    cr_assert(eq(u32, nth(n, "test.msg", 2)->u.msg.latency, WW_NULL32));
    cr_assert(eq(u32, nth(n, "test.msg", 3)->u.msg.latency, 1250));
    n->now += 60 * NS;
    tcp(n, WW_A, "", 0);
    cr_assert(eq(sz, count(n, "anomaly"), 0));
    net_free(n);
}

Test(engine, unanswered_requests_are_told_at_their_time)
{
    struct net *n = net();
    open_tcp(n);
    say(n, WW_A, K_ASK, "\x07\x0a", 2);
    n->now += 9 * NS;
    tcp(n, WW_A, "", 0);
    cr_assert(eq(sz, count(n, "anomaly"), 0)); /* not before its time is over */
    n->now += 91 * NS;
    tcp(n, WW_A, "", 0);
    cr_assert(eq(sz, count(n, "anomaly"), 1));
    const struct ev *a = nth(n, "anomaly", 0);
    cr_assert(is(WW_STR(a->u.anomaly.event), "request_unanswered"));
    cr_assert(eq(u64, a->ts, 1010 * NS));
    cr_assert(eq(int, a->dir, WW_A));
    net_free(n);
}

Test(engine, a_request_of_a_flow_that_ended_is_not_blamed_on_the_next)
{
    struct net *n = net();
    open_tcp(n);
    say(n, WW_A, K_ASK, "\x07\xf0", 2);
    segment(n, WW_A, WW_TCP_RST, n->seq[0], NULL, 0);
    n->now += 20 * NS;
    n->seq[0] += 1000;
    open_tcp(n);
    n->now += 300 * NS;
    text(n, WW_A, "x");
    cr_assert(eq(sz, count(n, "anomaly"), 0));
    net_free(n);
}

Test(engine, anomalies_are_told_at_1_2_4_8)
{
    struct net *n = net();
    open_tcp(n);
    for (int i = 0; i < 20; i++)
        say(n, WW_A, K_ODD, "", 0);
    static const uint64_t since[] = { 1, 1, 2, 4, 8 };
    cr_assert(eq(sz, count(n, "anomaly"), 5));
    for (size_t i = 0; i < 5; i++)
        cr_assert(eq(u64, nth(n, "anomaly", i)->u.anomaly.count, since[i]));
    n->port[0]++;
    open_tcp(n);
    say(n, WW_A, K_ODD, "", 0); /* counted by flow */
    cr_assert(eq(sz, count(n, "anomaly"), 6));
    net_free(n);
}
