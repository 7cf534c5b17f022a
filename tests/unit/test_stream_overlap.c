/* Segments that overlap with other bytes: which of them the receiver keeps, and that it is told. */
#include "tests/frames.h"
#include "tests/support.h"
#include "sensor/stream.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { ROOM = 512, LINUX = 64, WINDOWS = 128 };

struct tcp {
    struct ww_stream s;
    struct ww_bufs bufs;
    struct ww_tcp t;
    struct ww_stream_sink sink;
    char told[ROOM + 1];
    size_t n;
    unsigned differ;
};

static void on_data(void *to, enum ww_dir dir, struct ww_slice in)
{
    struct tcp *c = to;
    if (dir != WW_A)
        return;
    if (in.n > ROOM - c->n)
        t_die("too many bytes");
    memcpy(c->told + c->n, in.p, in.n);
    c->n += in.n;
    c->told[c->n] = 0;
}

static void on_gap(void *to, enum ww_dir dir, uint64_t lost)
{
    struct tcp *c = to;
    (void)dir;
    while (lost-- > 0 && c->n < ROOM)
        c->told[c->n++] = '_';
    c->told[c->n] = 0;
}

static void on_differs(void *to, enum ww_dir dir)
{
    struct tcp *c = to;
    (void)dir;
    c->differ++;
}

static void give(struct tcp *c, enum ww_dir dir, uint8_t ttl, uint32_t seq, const char *text, size_t n)
{
    struct ww_dec d = { .seq = seq, .ttl = ttl, .tcp_flags = WW_TCP_ACK, .wire = (uint32_t)n };
    d.payload = t_guard(text, n);
    (void)ww_stream_segment(&c->s, &c->t, &d, dir, 1, &c->sink);
    t_unguard(d.payload);
}

/* A connection whose side A has sent up to 100; the receiver B has this TTL, 0 = was never seen. */
static struct tcp *start(uint8_t ttl)
{
    struct tcp *c = calloc(1, sizeof *c);
    c->s.cfg = (struct ww_stream_cfg){ .flow_cap = 1 << 20, .wait_segs = 1 << 20, .wait_ns = UINT64_MAX / 2 };
    c->s.bufs = &c->bufs;
    c->sink = (struct ww_stream_sink){ .data = on_data, .gap = on_gap, .differs = on_differs, .to = c };
    if (ww_bufs_init(&c->bufs, 4 << 20) != WW_OK)
        t_die("no memory");
    ww_tcp_init(&c->t);
    give(c, WW_A, 1, 99, "-", 1);
    if (ttl != 0)
        give(c, WW_B, ttl, 1, "", 0);
    c->n = 0;
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

struct piece {
    uint32_t at;
    const char *text;
};

/* Pieces behind a hole of two bytes, then the hole. */
static void expect(uint8_t ttl, const struct piece *p, unsigned n, const char *want)
{
    struct tcp *c = start(ttl);
    for (unsigned i = 0; i < n; i++)
        give(c, WW_A, 1, 100 + p[i].at, p[i].text, strlen(p[i].text));
    cr_assert(eq(sz, c->n, 0));
    give(c, WW_A, 1, 100, "ab", 2);
    cr_assert(eq(str, c->told, (char *)(uintptr_t)want), "TTL %u", ttl);
    cr_assert(eq(int, c->differ > 0, 1));
    cr_assert(eq(u32, c->t.side[0].ooo_bytes, 0));
    stop(c);
}

#define EXPECT(linux_, windows, ...)                                                                       \
    do {                                                                                                   \
        static const struct piece p[] = { __VA_ARGS__ };                                                   \
        expect(LINUX, p, sizeof p / sizeof p[0], linux_);                                                  \
        expect(WINDOWS, p, sizeof p / sizeof p[0], windows);                                               \
        expect(0, p, sizeof p / sizeof p[0], windows);                                                     \
    } while (0)

Test(stream_overlap, the_receiver_decides)
{
    EXPECT("abNNNNNOO", "abNNOOOOO", { 4, "OOOOO" }, { 2, "NNNNN" });   /* begins earlier, covers the front */
    EXPECT("abNNNNNNN", "abNNOOONN", { 4, "OOO" }, { 2, "NNNNNNN" });   /* covers it wholly */
    EXPECT("abOOOOONN", "abOOOOONN", { 2, "OOOOO" }, { 4, "NNNNN" });   /* begins later */
    EXPECT("abNNNNN", "abOOONN", { 2, "OOO" }, { 2, "NNNNN" });         /* the same beginning, longer */
    EXPECT("abOOOOO", "abOOOOO", { 2, "OOOOO" }, { 2, "NNN" });         /* the same beginning, shorter */
    EXPECT("abOOOOO", "abOOOOO", { 2, "OOOOO" }, { 2, "NNNNN" });       /* the same place */
    EXPECT("abOONNNNN", "abOONNPPP", { 2, "OO" }, { 6, "PPP" }, { 3, "NNNNNN" }); /* between two */
    EXPECT("abOOOOOOOO", "abMMMMQQOO", { 6, "QQ" }, { 2, "MMMM" }, { 2, "OOOOOOOO" }, { 2, "PPPPPP" });
}

/* Each byte belongs to the segment that begins first, of two with one beginning to the longer, else to the
 * one that came first: held against a table of bytes. */
Test(stream_overlap, random_segments_against_a_table)
{
    enum { SPAN = 60, SEGS = 7, SEEDS = 20000 };
    for (uint32_t seed = 1; seed < SEEDS; seed++) {
        uint32_t x = seed * 2654435761u | 1;
        bool linux_ = fr_rand(&x) & 1;
        struct tcp *c = start(linux_ ? LINUX : WINDOWS);
        struct {
            uint32_t from, to;
            char byte;
        } owner[SPAN + 40] = { { .byte = 0 } };
        for (unsigned k = 0; k < SEGS; k++) {
            uint32_t from = 1 + fr_rand(&x) % SPAN, len = 1 + fr_rand(&x) % 30;
            char text[32];
            memset(text, (int)('A' + k), sizeof text);
            give(c, WW_A, 1, 100 + from, text, len);
            for (uint32_t i = from; i < from + len; i++) {
                bool win = owner[i].byte == 0 || (linux_ && (from < owner[i].from ||
                                                             (from == owner[i].from && from + len > owner[i].to)));
                if (win) {
                    owner[i].from = from;
                    owner[i].to = from + len;
                    owner[i].byte = (char)('A' + k);
                }
            }
        }
        give(c, WW_A, 1, 100, "a", 1);
        ww_stream_flush(&c->s, &c->t, &c->sink);
        for (uint32_t i = 1; i < SPAN + 40 && i < c->n; i++)
            if (c->told[i] != (owner[i].byte ? owner[i].byte : '_'))
                t_die("seed %u: byte %u is %c instead of %c", seed, i, c->told[i], owner[i].byte);
        stop(c);
    }
}

Test(stream_overlap, equal_bytes_are_no_contradiction)
{
    struct tcp *c = start(LINUX);
    give(c, WW_A, 1, 104, "efgh", 4);
    give(c, WW_A, 1, 102, "cdefghij", 8);
    give(c, WW_A, 1, 100, "abcde", 5);
    cr_assert(eq(str, c->told, "abcdefghij"));
    cr_assert(eq(uint, c->differ, 0));
    stop(c);
}

/* ---- repeated segments: only their checksums are left of the first --------------------------------------- */

static uint32_t add_words(uint32_t sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum += (uint32_t)p[i] << (i & 1 ? 0 : 8);
    return sum;
}

/* A decoded frame with a right TCP checksum, or one that a network card should have filled in. */
static void real(struct tcp *c, bool v6, uint32_t seq, uint32_t ack, const char *text, bool offloaded)
{
    static struct fr f;
    struct ww_dec d;
    size_t n = strlen(text);
    f.n = 0;
    fr_eth(&f, v6 ? 0x86dd : 0x0800);
    if (v6)
        fr_ip6(&f, 1, 2, 6, FR_TCP + n);
    else
        fr_ip4(&f, 0x0a000001, 0x0a000002, 6, 1, 0, FR_TCP + n);
    size_t tcp = f.n;
    fr_tcp(&f, 1000, 2000, seq, ack, WW_TCP_ACK);
    fr_put(&f, text, n);
    uint32_t sum = (uint32_t)(6 + FR_TCP + n);
    sum = add_words(sum, f.b + (v6 ? FR_ETH + 8 : FR_ETH + 12), v6 ? 32 : 8);
    sum = offloaded ? sum : add_words(sum, f.b + tcp, f.n - tcp);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    sum = offloaded ? sum : ~sum & 0xffff;
    f.b[tcp + 16] = (uint8_t)(sum >> 8);
    f.b[tcp + 17] = (uint8_t)sum;
    struct ww_pkt p = fr_pkt(&f, 1, 1);
    cr_assert(eq(int, ww_decode(&p, &d), WW_DEC_OK));
    (void)ww_stream_segment(&c->s, &c->t, &d, WW_A, 1, &c->sink);
}

static unsigned repeated(bool v6, const char *first, const char *second, bool offloaded)
{
    struct tcp *c = start(LINUX);
    real(c, v6, 100, 5, first, offloaded);
    real(c, v6, 100 + (uint32_t)strlen(first), 5, "more", offloaded);
    real(c, v6, 100, 77777, second, offloaded); /* it acknowledges something else by now */
    unsigned differ = c->differ;
    stop(c);
    return differ;
}

Test(stream_overlap, a_repetition_with_other_bytes_is_told)
{
    for (int v6 = 0; v6 < 2; v6++) {
        cr_assert(eq(uint, repeated(v6, "dose 1.0 mg", "dose 1.0 mg", false), 0));
        cr_assert(eq(uint, repeated(v6, "dose 1.0 mg", "dose 9.0 mg", false), 1));
        cr_assert(eq(uint, repeated(v6, "dose 1.0 mg!", "dose 9.0 mg!", false), 1));
        cr_assert(eq(uint, repeated(v6, "dose 1.0 mg", "dose 9.0 mg", true), 0)); /* says nothing */
        cr_assert(eq(uint, repeated(v6, "dose 1.0 mg", "dose 1", false), 0));     /* cannot be compared */
        cr_assert(eq(uint, repeated(v6, "a", "b", false), 0));                    /* a probe */
    }
}

Test(stream_overlap, only_the_last_segments_are_remembered)
{
    struct tcp *c = start(LINUX);
    for (uint32_t i = 0; i < 10; i++)
        real(c, false, 100 + 4 * i, 5, "true", false);
    real(c, false, 100 + 4 * 9, 5, "fals", false);
    real(c, false, 100 + 4 * 6, 5, "fals", false);
    cr_assert(eq(uint, c->differ, 2));
    real(c, false, 100 + 4 * 5, 5, "fals", false);
    cr_assert(eq(uint, c->differ, 2));
    stop(c);
}
