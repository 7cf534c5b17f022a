/* Statistics: what finds no room in a worker's tables is told, and lowers the grade with its reason. */
#include "tests/net.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct ww_stats told;

static void keep_stats(void *to, const struct ww_event *e)
{
    (void)to;
    if (e->type == &ww_stats_type)
        memcpy(&told, e->body, sizeof told);
}

/* The statistics event that the worker tells now, graded as the pipeline does it. */
static const struct ww_stats *stats_of(struct net *n)
{
    n->w->engine.emit = keep_stats;
    ww_worker_tell_stats(n->w, n->now);
    n->w->engine.emit = see;
    ww_coverage_grade(&told, WW_MIDSTREAM_PPM);
    return &told;
}

static bool because(const struct ww_stats *s, const char *reason)
{
    size_t want = strlen(reason);
    for (size_t at = 0; at < s->coverage__reasons.len;) {
        const char *p = s->coverage__reasons.b + at;
        size_t n = strnlen(p, s->coverage__reasons.len - at);
        if (n == want && memcmp(p, reason, n) == 0)
            return true;
        at += n + 1;
    }
    return false;
}

static void graded(const struct ww_stats *s, const char *reason)
{
    cr_assert(because(s, reason), "%s is not among the reasons", reason);
    cr_assert(eq(chr, s->coverage__grade.b[0], 'B'));
}

static const char *const room_reasons[] = { "fragments_evicted", "tcp_no_room", "state_no_room",
                                            "buffer_no_room", "requests_evicted" };

/* ---- what the figures mean ------------------------------------------------------------------------------ */
static struct net *stranger(struct net *n) /* a new connection, of which nothing was seen yet */
{
    n->port[0]++;
    n->seq[0] += 100000;
    n->seq[1] += 100000;
    return n;
}

Test(stats, a_scan_says_nothing_about_one_way_mirrors)
{
    struct net *n = net();
    for (unsigned i = 0; i < 10; i++) /* tried, never answered */
        segment(stranger(n), WW_A, WW_TCP_SYN, n->seq[0], NULL, 0);
    for (unsigned i = 0; i < 10; i++) /* refused by somebody whose caller is not seen */
        segment(stranger(n), WW_B, WW_TCP_RST | WW_TCP_ACK, n->seq[1], NULL, 0);
    const struct ww_stats *s = stats_of(n);
    cr_assert(eq(u64, s->flow__tcp, 20));
    cr_assert(eq(u64, s->flow__tcp_used, 0));
    cr_assert(eq(u32, s->coverage__one_way_ppm, WW_NULL32)); /* unknown is not 0 */
    cr_assert(not(because(s, "one_way")));
    net_free(n);
}

Test(stats, one_direction_only_is_told_while_the_flow_is_open)
{
    struct net *n = net();
    for (unsigned i = 0; i < 4; i++)
        text(stranger(n), WW_B, "half of a conversation"); /* midstream, and nobody answers */
    open_tcp(stranger(n));
    text(n, WW_A, "whole");
    const struct ww_stats *s = stats_of(n);
    cr_assert(eq(u64, s->flow__tcp_used, 5));
    cr_assert(eq(u64, s->flow__one_way, 4));
    cr_assert(eq(u32, s->coverage__one_way_ppm, 800000));
    cr_assert(eq(u32, s->coverage__midstream_ppm, 800000));
    cr_assert(because(s, "one_way"));
    cr_assert(eq(chr, s->coverage__grade.b[0], 'D'));
    n->port[0] -= 1; /* the other direction of one of them comes late */
    segment(n, WW_A, WW_TCP_ACK, n->seq[0], NULL, 0);
    cr_assert(eq(u64, stats_of(n)->flow__one_way, 3));
    ww_worker_end(n->w);
    cr_assert(eq(u64, stats_of(n)->flow__one_way, 3)); /* the end changes nothing */
    net_free(n);
}

Test(stats, gaps_by_kind)
{
    struct net *n = net();
    open_tcp(n);
    text(n, WW_A, "one");
    n->seq[0] += 50; /* never seen, and acknowledged */
    segment(n, WW_B, WW_TCP_ACK, n->seq[1], NULL, 0);
    for (unsigned i = 0; i < 20; i++)
        text(n, WW_A, "behind the hole");
    const struct ww_stats *s = stats_of(n);
    cr_assert(eq(u64, s->stream__gap_bytes, 50));
    cr_assert(eq(u64, s->stream__gap_acked_bytes, 50));
    cr_assert(eq(u64, s->stream__gap_bulk_bytes, 0));
    cr_assert(because(s, "loss"));
    /* bulk that the dissector does not want: the hole is counted, and does not matter to it */
    uint8_t bulk[4] = { 0, 0, 0x10, 0 };
    static const uint8_t image[1000];
    say(n, WW_A, K_SKIP, (const char *)bulk, sizeof bulk);
    n->seq[0] += 1096;
    tcp(n, WW_A, image, sizeof image);
    s = stats_of(n);
    cr_assert(eq(u64, s->stream__gap_bytes, 50 + 1096));
    cr_assert(eq(u64, s->stream__gap_bulk_bytes, 1096));
    cr_assert(eq(u64, s->stream__gap_acked_bytes, 50)); /* nobody acknowledged these */
    net_free(n);
}

Test(stats, bytes_that_were_cut_are_not_lost)
{
    static struct fr f;
    static const uint8_t body[500];
    struct net *n = net();
    open_tcp(n);
    f.n = 0;
    fr_eth(&f, 0x0800);
    fr_ip4(&f, 0x0a000001, 0x0a000002, 6, 1, 0, FR_TCP + sizeof body);
    fr_tcp(&f, n->port[0], n->port[1], n->seq[0], n->seq[1], WW_TCP_ACK);
    fr_put(&f, body, sizeof body);
    send_frame(n, &f, 400);
    const struct ww_stats *s = stats_of(n);
    cr_assert(eq(u64, s->stream__gap_bytes, 400));
    cr_assert(eq(u64, s->stream__gap_cut_bytes, 400));
    cr_assert(eq(u32, s->coverage__loss_ppm, 0));
    cr_assert(because(s, "truncated") && !because(s, "loss"));
    net_free(n);
}

Test(stats, most_connections_begun_before)
{
    struct ww_stats s = { .capture__packets = 5000, .capture__kernel_drops = 0, .flow__tcp = 100, .flow__midstream = 50 };
    ww_coverage_grade(&s, WW_MIDSTREAM_PPM);
    cr_assert(eq(u32, s.coverage__midstream_ppm, 500000));
    cr_assert(eq(chr, s.coverage__grade.b[0], 'A')); /* at the limit; some are there always */
    s.flow__midstream = 51;
    ww_coverage_grade(&s, WW_MIDSTREAM_PPM);
    graded(&s, "midstream");
    ww_coverage_grade(&s, 510000);
    cr_assert(not(because(&s, "midstream"))); /* the site accepts more */
    s.flow__midstream = 1;
    ww_coverage_grade(&s, 0);
    graded(&s, "midstream");
    struct ww_link_stats l = { .packets = 5000, .kernel_drops = 0, .tcp_flows = 10, .midstream = 9 };
    ww_coverage_link(&l, WW_MIDSTREAM_PPM);
    cr_assert(eq(chr, l.coverage__grade.b[0], 'B'));
    ww_coverage_link(&l, 900000);
    cr_assert(eq(chr, l.coverage__grade.b[0], 'A'));
}

Test(stats, what_the_judge_forgot_lowers_the_grade)
{
    struct ww_stats s = { .capture__packets = 5000, .capture__kernel_drops = 0, .judge__devices_evicted = 1 };
    ww_coverage_grade(&s, WW_MIDSTREAM_PPM);
    graded(&s, "devices_evicted");
    s.judge__devices_evicted = 0;
    s.judge__alerts_evicted = 1;
    ww_coverage_grade(&s, WW_MIDSTREAM_PPM);
    graded(&s, "alerts_evicted");
    s.judge__alerts_evicted = 0;
    s.judge__conversations_evicted = s.judge__memory_evicted = 1; /* told again, nothing lost */
    ww_coverage_grade(&s, WW_MIDSTREAM_PPM);
    cr_assert(eq(chr, s.coverage__grade.b[0], 'A'));
}

Test(stats, unknown_is_null_and_never_zero)
{
    struct ww_stats s = { .capture__packets = 5000, .capture__kernel_drops = WW_NULL64 };
    ww_coverage_grade(&s, WW_MIDSTREAM_PPM);
    cr_assert(eq(u32, s.coverage__loss_ppm, WW_NULL32));
    cr_assert(eq(u32, s.coverage__one_way_ppm, WW_NULL32));
    cr_assert(eq(u32, s.coverage__midstream_ppm, WW_NULL32));
    cr_assert(eq(chr, s.coverage__grade.b[0], '?'));
    cr_assert(because(&s, "loss_unknown"));
    s.capture__kernel_drops = 0; /* an interface that says that it lost nothing */
    ww_coverage_grade(&s, WW_MIDSTREAM_PPM);
    cr_assert(eq(u32, s.coverage__loss_ppm, 0));
    cr_assert(eq(chr, s.coverage__grade.b[0], 'A'));
    s.capture__kernel_drops = 600;
    ww_coverage_grade(&s, WW_MIDSTREAM_PPM);
    cr_assert(eq(u32, s.coverage__loss_ppm, 107142));
    cr_assert(eq(chr, s.coverage__grade.b[0], 'D'));
    ww_coverage_grade(&s, WW_MIDSTREAM_PPM); /* again: no reason twice */
    cr_assert(eq(int, s.coverage__reasons.total, 1));
    s = (struct ww_stats){ .capture__kernel_drops = 0 };
    ww_coverage_grade(&s, WW_MIDSTREAM_PPM);
    cr_assert(eq(chr, s.coverage__grade.b[0], '?')); /* nothing seen is not good */
}

/* ---- tables without room ---------------------------------------------------------------------------------- */
Test(stats, enough_room_is_no_reason)
{
    struct net *n = net();
    open_tcp(n);
    text(n, WW_A, "one");
    text(n, WW_B, "two");
    cr_assert(eq(int, nth(n, "test.msg", 1)->dir, WW_B));
    const struct ww_stats *s = stats_of(n);
    for (size_t i = 0; i < sizeof room_reasons / sizeof room_reasons[0]; i++)
        cr_assert(not(because(s, room_reasons[i])));
    cr_assert(eq(u64, s->decoder__fragments_evicted + s->stream__no_tcp + s->app_layer__no_state +
                          s->app_layer__no_buffer + s->app_layer__requests_evicted, 0));
    cr_assert(eq(chr, s->coverage__grade.b[0], 'A'));
    net_free(n);
}

Test(stats, datagrams_pushed_out_of_a_full_fragment_table)
{
    static struct fr f;
    struct net *n = net(); /* room for 8 */
    open_tcp(n);
    text(n, WW_A, "one");
    for (uint16_t id = 0; id < 100; id++) {
        f.n = 0;
        fr_eth(&f, 0x0800);
        fr_ip4(&f, 1, 2, 17, id, 0x2000, 16);
        fr_be(&f, 0, 16);
        send_frame(n, &f, 0);
    }
    const struct ww_stats *s = stats_of(n);
    cr_assert(eq(u64, s->decoder__fragments_evicted, 92));
    graded(s, "fragments_evicted");
    net_free(n);
}

Test(stats, connections_without_room_to_be_reassembled)
{
    struct ww_worker_cfg c = small();
    c.tcp_flows = 1;
    struct net *n = net_with(c);
    open_tcp(n);
    text(n, WW_A, "seen");
    n->port[0]++;
    open_tcp(n);
    text(n, WW_A, "unseen");
    const struct ww_stats *s = stats_of(n);
    cr_assert(eq(u64, s->stream__no_tcp, 1));
    graded(s, "tcp_no_room");
    net_free(n);
}

Test(stats, flows_without_room_for_a_dissectors_state)
{
    struct ww_worker_cfg c = small();
    c.state_bytes = 3 * (sizeof(struct msg_state) + WW_STATE_HDR) * 2; /* two flows of each dissector */
    struct net *n = net_with(c);
    for (unsigned i = 0; i < 5; i++) {
        n->port[0]++;
        open_tcp(n);
        text(n, WW_A, "x");
    }
    const struct ww_stats *s = stats_of(n);
    cr_assert(eq(u64, s->app_layer__no_state, 3));
    graded(s, "state_no_room");
    net_free(n);
}

Test(stats, messages_without_a_buffer)
{
    static struct ww_buf b[8192];
    struct net *n = net();
    size_t k = 0;
    open_tcp(n);
    for (unsigned i = 0; i < 100; i++)
        text(n, WW_A, "a long conversation, in which one message is nothing");
    for (size_t size = 100; size <= 1000000; size *= 10)
        while (k < 8192 && (b[k] = ww_buf_get(&n->w->bufs, size)).i != WW_NONE)
            k++;
    tcp(n, WW_A, "\x02\0\x04" "ab", 5);
    const struct ww_stats *s = stats_of(n);
    cr_assert(eq(u64, s->app_layer__no_buffer, 1));
    graded(s, "buffer_no_room");
    net_free(n);
}

Test(stats, requests_that_cannot_wait_for_their_result)
{
    enum { ROOM = 65536, KEYS = 256, OVER = 300 };
    struct ww_worker_cfg c = small();
    c.flows = c.tcp_flows = 512;
    struct net *n = net_with(c);
    n->mute = true;
    unsigned asked_for = 0;
    while (asked_for < ROOM + OVER) {
        n->port[0]++;
        open_tcp(n);
        for (unsigned k = 0; k < KEYS && asked_for < ROOM + OVER; k++, asked_for++) {
            uint8_t body[2] = { (uint8_t)k, 200 };
            say(n, WW_A, K_ASK, (const char *)body, sizeof body);
        }
    }
    const struct ww_stats *s = stats_of(n);
    cr_assert(eq(u64, s->app_layer__requests_evicted, OVER));
    graded(s, "requests_evicted");
    net_free(n);
}
