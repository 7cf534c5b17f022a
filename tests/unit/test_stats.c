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
    ww_coverage_grade(&told);
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
