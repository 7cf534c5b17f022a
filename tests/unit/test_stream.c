/* TCP reassembly, case by case; test_stream_model.c adds random segmentations. */
#include "tests/frames.h"
#include "tests/support.h"
#include "sensor/stream.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

static const uint64_t NS = 1000000000u;
enum { TOLD = 1 << 20 };

struct tcp {
    struct ww_stream s;
    struct ww_bufs bufs;
    struct ww_tcp t;
    struct ww_stream_sink sink;
    uint64_t now;
    char told[2][TOLD]; /* bytes as they came; a gap is [n] */
    size_t n[2];
    uint64_t lost[2];
    unsigned differ[2];
};

static void on_data(void *to, enum ww_dir dir, struct ww_slice in)
{
    struct tcp *c = to;
    if (in.n == 0 || in.n > TOLD - 1 - c->n[dir])
        t_die("a delivery of %zu bytes", in.n);
    memcpy(c->told[dir] + c->n[dir], in.p, in.n);
    c->n[dir] += in.n;
    c->told[dir][c->n[dir]] = 0;
}

static void on_gap(void *to, enum ww_dir dir, uint64_t lost)
{
    struct tcp *c = to;
    c->lost[dir] += lost;
    c->n[dir] += (size_t)snprintf(c->told[dir] + c->n[dir], TOLD - c->n[dir], "[%llu]", (unsigned long long)lost);
}

static void on_differs(void *to, enum ww_dir dir)
{
    struct tcp *c = to;
    c->differ[dir]++;
}

static struct tcp *start(size_t budget)
{
    struct tcp *c = calloc(1, sizeof *c);
    c->s.cfg = (struct ww_stream_cfg){ .flow_cap = 4096, .wait_segs = 4, .wait_ns = NS };
    c->s.bufs = &c->bufs;
    c->sink = (struct ww_stream_sink){ .data = on_data, .gap = on_gap, .differs = on_differs, .to = c };
    c->now = 100 * NS;
    if (ww_bufs_init(&c->bufs, budget) != WW_OK)
        t_die("no memory");
    ww_tcp_init(&c->t);
    return c;
}

static void stop(struct tcp *c)
{
    ww_stream_drop(&c->s, &c->t);
    for (unsigned k = 0; k < WW_BUF_CLASSES; k++)
        cr_assert(eq(u32, c->bufs.of[k].used, 0), "buffers were not given back");
    ww_bufs_free(&c->bufs);
    free(c);
}

static bool seg(struct tcp *c, enum ww_dir dir, uint8_t flags, uint32_t seq, uint32_t ack, const char *text)
{
    struct ww_slice in = t_guard(text, strlen(text));
    struct ww_dec d = { .seq = seq, .ack = ack, .tcp_flags = flags, .payload = in, .wire = (uint32_t)in.n };
    bool fresh = ww_stream_segment(&c->s, &c->t, &d, dir, c->now, &c->sink);
    t_unguard(in);
    return fresh;
}

static bool a(struct tcp *c, uint32_t seq, const char *text)
{
    return seg(c, WW_A, WW_TCP_ACK, seq, 0, text);
}

static void acked(struct tcp *c, uint32_t ack)
{
    (void)seg(c, WW_B, WW_TCP_ACK, 0, ack, "");
}

#define TOLD_A(text) cr_assert(eq(str, c->told[0], (text)))

Test(stream, in_order_without_copies)
{
    struct tcp *c = start(1 << 20);
    (void)seg(c, WW_A, WW_TCP_SYN, 99, 0, "");
    cr_assert(a(c, 100, "abc"));
    cr_assert(a(c, 103, "def"));
    TOLD_A("abcdef");
    cr_assert(eq(u64, c->s.stats.out_of_order, 0));
    cr_assert(eq(u64, c->s.stats.bytes, 6));
    stop(c);
}

Test(stream, data_on_a_syn_and_sequence_numbers_that_wrap)
{
    struct tcp *c = start(1 << 20);
    (void)seg(c, WW_A, WW_TCP_SYN, 0xfffffffdu, 0, "ab"); /* RFC 7413 */
    (void)a(c, 0, "cd");
    (void)a(c, 4, "gh");
    (void)a(c, 2, "ef");
    TOLD_A("abcdefgh");
    (void)a(c, 4, "xxij"); /* starts in what is known */
    TOLD_A("abcdefghij");
    stop(c);
}

Test(stream, a_repeated_syn_changes_nothing)
{
    struct tcp *c = start(1 << 20);
    (void)seg(c, WW_A, WW_TCP_SYN, 99, 0, "");
    (void)seg(c, WW_A, WW_TCP_SYN, 99, 0, "");
    (void)a(c, 100, "abc");
    (void)seg(c, WW_A, WW_TCP_SYN, 99, 0, "");
    (void)a(c, 103, "def");
    TOLD_A("abcdef");
    stop(c);
}

Test(stream, a_second_beginning_forgets_what_waited)
{
    struct tcp *c = start(1 << 20);
    (void)seg(c, WW_A, WW_TCP_SYN, 5000, 0, "");
    (void)a(c, 5100, "behind a hole");
    (void)seg(c, WW_A, WW_TCP_SYN, 9000, 0, "");
    (void)a(c, 9001, "new");
    ww_stream_flush(&c->s, &c->t, &c->sink);
    TOLD_A("new");
    cr_assert(eq(u64, c->lost[0], 0));
    stop(c);
}

Test(stream, retransmissions_are_counted_and_not_told_twice)
{
    struct tcp *c = start(1 << 20);
    (void)a(c, 100, "abcdef");
    cr_assert(not(a(c, 100, "abcdef")));
    cr_assert(not(a(c, 102, "cd")));
    cr_assert(a(c, 104, "efgh"));
    cr_assert(not(a(c, 107, "h"))); /* keep-alive: one byte before the next (RFC 9293 3.8.4) */
    TOLD_A("abcdefgh");
    cr_assert(eq(u32, c->t.retransmits, 3));
    stop(c);
}

Test(stream, any_order_is_put_right)
{
    struct tcp *c = start(1 << 20);
    (void)seg(c, WW_A, WW_TCP_SYN, 0, 0, "");
    (void)a(c, 9, "ij");
    (void)a(c, 3, "cd");
    (void)a(c, 7, "gh");
    (void)a(c, 3, "cdefghijkl"); /* covers all that waits, with new bytes between and behind */
    TOLD_A("");
    (void)a(c, 1, "ab");
    TOLD_A("abcdefghijkl");
    cr_assert(eq(u64, c->lost[0], 0));
    cr_assert(eq(u32, c->t.side[0].nseg, 0));
    stop(c);
}

Test(stream, a_hole_is_lost_when_the_receiver_has_it)
{
    struct tcp *c = start(1 << 20);
    (void)a(c, 100, "abc");
    (void)a(c, 110, "k");
    acked(c, 111);
    (void)a(c, 111, "l");
    (void)a(c, 112, "m");
    TOLD_A("abc"); /* acknowledged, but it may still come */
    (void)a(c, 113, "n");
    TOLD_A("abc[7]klmn");
    cr_assert(not(a(c, 103, "defghij"))); /* comes late: no new bytes, but not lost either */
    TOLD_A("abc[7]klmn");
    cr_assert(eq(u64, c->t.side[0].gap_bytes, 0));
    cr_assert(eq(u64, c->s.stats.gap_bytes, 0));
    stop(c);
}

Test(stream, an_unacknowledged_hole_waits_for_its_time)
{
    struct tcp *c = start(1 << 20);
    (void)a(c, 100, "abc");
    for (uint32_t i = 0; i < 20; i++)
        (void)a(c, 110 + i, "x");
    TOLD_A("abc");
    c->now += NS;
    acked(c, 50);
    TOLD_A("abc");
    c->now += 1;
    acked(c, 50);
    TOLD_A("abc[7]xxxxxxxxxxxxxxxxxxxx");
    stop(c);
}

Test(stream, a_clock_that_steps_back_loses_nothing)
{
    struct tcp *c = start(1 << 20);
    (void)a(c, 100, "abc");
    (void)a(c, 105, "f");
    c->now -= 1000; /* two capture threads: a microsecond earlier */
    (void)a(c, 106, "g");
    TOLD_A("abc");
    (void)a(c, 103, "de");
    TOLD_A("abcdefg");
    stop(c);
}

Test(stream, each_hole_waits_its_own_time)
{
    struct tcp *c = start(1 << 20);
    (void)a(c, 100, "abc");
    (void)a(c, 104, "e");
    c->now += NS / 2;
    (void)a(c, 106, "g");
    (void)a(c, 103, "d"); /* the first hole is filled */
    TOLD_A("abcde");
    c->now += NS * 3 / 4; /* longer than wait_ns after the first, not after the second */
    (void)a(c, 107, "h");
    TOLD_A("abcde");
    (void)a(c, 105, "f");
    TOLD_A("abcdefgh");
    stop(c);
}

Test(stream, too_many_bytes_behind_a_hole)
{
    struct tcp *c = start(1 << 20);
    static char kb[1025];
    memset(kb, 'x', 1024);
    (void)a(c, 100, "a");
    for (uint32_t i = 0; i < 4; i++)
        (void)a(c, 200 + i * 1024, kb);
    cr_assert(eq(sz, c->n[0], 1));
    (void)a(c, 200 + 4 * 1024, kb);
    cr_assert(eq(u64, c->lost[0], 99));
    cr_assert(eq(u32, c->t.side[0].ooo_bytes, 0));
    stop(c);
}

Test(stream, segments_behind_a_hole_are_counted_too)
{
    struct tcp *c = start(64 << 20);
    c->s.cfg.flow_cap = 1 << 20;
    (void)a(c, 100, "a");
    for (uint32_t i = 0; i < WW_SEGS_MAX; i++)
        (void)a(c, 200 + i * 2, "x");
    cr_assert(eq(u32, c->t.side[0].nseg, WW_SEGS_MAX));
    cr_assert(eq(u64, c->s.stats.steps, WW_SEGS_MAX - 1)); /* each looked at the last one only */
    cr_assert(eq(u64, c->lost[0], 0));
    (void)a(c, 200 + WW_SEGS_MAX * 2, "y");
    cr_assert(eq(u32, c->t.side[0].nseg, 0));
    cr_assert(eq(u64, c->lost[0], 99 + WW_SEGS_MAX));
    cr_assert(eq(u64, c->s.stats.evicted, 1));
    stop(c);
}

Test(stream, without_buffers_the_oldest_bytes_are_told)
{
    struct tcp *c = start(0); /* four of each size */
    struct ww_buf b[64];
    size_t k = 0;
    while (k < 64 && (b[k] = ww_buf_get(&c->bufs, 100)).i != WW_NONE)
        k++;
    ww_buf_put(&c->bufs, &b[0]);
    (void)a(c, 100, "a");
    (void)a(c, 105, "f");
    (void)a(c, 107, "h"); /* no room: the hole before f is given up, and the one before h */
    TOLD_A("a[4]f[1]h");
    (void)a(c, 108, "i");
    TOLD_A("a[4]f[1]hi");
    cr_assert(eq(u64, c->s.stats.evicted, 1));
    for (size_t i = 1; i < k; i++)
        ww_buf_put(&c->bufs, &b[i]);
    stop(c);
}

Test(stream, a_wild_segment_does_not_move_the_stream)
{
    struct tcp *c = start(1 << 20);
    (void)a(c, 100, "abc");
    (void)a(c, 0x7f000000, "forged");
    (void)a(c, 103, "def");
    (void)a(c, 0x7f000000, "forged");
    (void)a(c, 0x7f000000, "forged");
    (void)a(c, 106, "ghi");
    (void)a(c, 0x7f000000, "forged");
    (void)a(c, 109, "jkl"); /* never four in a row */
    ww_stream_flush(&c->s, &c->t, &c->sink);
    TOLD_A("abcdefghijkl");
    stop(c);
}

Test(stream, a_real_jump_repeats_itself_and_is_believed)
{
    struct tcp *c = start(1 << 20);
    (void)a(c, 100, "abc");
    for (uint32_t i = 0; i < 5; i++)
        (void)a(c, 0x7f000000 + 3 * i, "new");
    ww_stream_flush(&c->s, &c->t, &c->sink);
    cr_assert(eq(int, strncmp(c->told[0], "abc[", 4), 0));
    cr_assert(eq(str, strchr(c->told[0], ']'), "]newnew"));
    stop(c);
}

Test(stream, bulk_that_nobody_wants_needs_no_buffers)
{
    struct tcp *c = start(1 << 20);
    static char kb[1025];
    memset(kb, 'x', 1024);
    (void)a(c, 100, "a");
    c->t.side[0].skip = 1 << 20;
    for (uint32_t i = 3; i < 500; i += 3)
        (void)a(c, 101 + i * 1024, kb);
    cr_assert(eq(u64, c->s.stats.out_of_order, 0));
    cr_assert(gt(u64, c->lost[0], 1024));
    stop(c);
}

Test(stream, snap_length_cuts_are_gaps)
{
    struct tcp *c = start(1 << 20);
    struct ww_dec d = { .seq = 100, .tcp_flags = WW_TCP_ACK, .payload = WW_SLICE_LIT("abc"), .wire = 10, .cut = true };
    (void)ww_stream_segment(&c->s, &c->t, &d, WW_A, c->now, &c->sink);
    TOLD_A("abc[7]");
    d.seq = 110; /* only its header was captured */
    d.payload = (struct ww_slice){ NULL, 0 };
    (void)ww_stream_segment(&c->s, &c->t, &d, WW_A, c->now, &c->sink);
    TOLD_A("abc[7][10]");
    (void)a(c, 120, "def");
    TOLD_A("abc[7][10]def");
    cr_assert(eq(u64, c->t.side[0].gap_bytes, 17));
    stop(c);
}

Test(stream, bytes_that_wait_are_not_lost_to_a_cut)
{
    struct tcp *c = start(1 << 20);
    (void)a(c, 100, "abc");
    (void)a(c, 107, "hi");
    struct ww_dec d = { .seq = 103, .tcp_flags = WW_TCP_ACK, .payload = WW_SLICE_LIT("d"), .wire = 8, .cut = true };
    (void)ww_stream_segment(&c->s, &c->t, &d, WW_A, c->now, &c->sink);
    TOLD_A("abcd[3]hi[2]");
    stop(c);
}

Test(stream, one_way_without_acknowledgements)
{
    struct tcp *c = start(1 << 20);
    (void)a(c, 100, "abc");
    (void)a(c, 105, "fgh");
    c->now += 2 * NS;
    (void)a(c, 108, "ijk");
    TOLD_A("abc[2]fghijk");
    cr_assert(eq(sz, c->n[1], 0));
    stop(c);
}

Test(stream, data_on_a_reset_is_a_reason_not_a_message)
{
    struct tcp *c = start(1 << 20);
    (void)a(c, 100, "abc");
    (void)seg(c, WW_A, WW_TCP_RST, 103, 0, "go away");
    TOLD_A("abc");
    stop(c);
}

Test(stream, both_directions_are_apart)
{
    struct tcp *c = start(1 << 20);
    (void)a(c, 100, "abc");
    (void)seg(c, WW_B, WW_TCP_ACK, 100, 103, "ABC");
    (void)seg(c, WW_B, WW_TCP_ACK, 110, 103, "KLM");
    (void)a(c, 103, "def");
    TOLD_A("abcdef");
    ww_stream_flush(&c->s, &c->t, &c->sink);
    cr_assert(eq(str, c->told[1], "ABC[7]KLM"));
    stop(c);
}

/* Half of the sequence space ahead is as well half of it behind: nobody acknowledges so much. */
Test(stream, an_acknowledgement_from_nowhere_loses_nothing)
{
    for (uint32_t off = 0; off < 3; off++) {
        struct tcp *c = start(1 << 20);
        (void)seg(c, WW_A, WW_TCP_SYN, 99, 0, "");
        (void)a(c, 100, "abc");
        (void)seg(c, WW_A, WW_TCP_ACK | WW_TCP_FIN, 103, 0, "");
        acked(c, 0x80000000u + 102 + off);
        ww_stream_flush(&c->s, &c->t, &c->sink);
        TOLD_A("abc");
        cr_assert(eq(u64, c->lost[0], 0));
        stop(c);
    }
}
