/* fuzz_engine.c - what the engine promises a dissector, under any answers and any segments: contiguous bytes that
 * start where the last `used` ended, gaps told with their exact length, skips honoured, `need` kept.
 *
 * Input: one byte of options (1 few buffers, 2 SYNs are seen), the number of answers and that many answers, then
 * segments of four bytes: flags (1 direction, 2 both ends acknowledge, 4 out of place, 8 time passes, 16 cut by the
 * snap length), jump, length be16. The streams are random bytes, so that a few of them show where they come from.
 */
#include "sensor/worker.h"
#include "tests/frames.h"
#include "tests/support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
enum { SEGMENTS = 300, STREAM = 1 << 16, MAX_MSG = 5000, FIND = 8 };

static uint8_t stream[2][STREAM];
static struct {
    struct ww_slice answers;
    size_t next;
    uint64_t at[2], need[2];
    bool known[2]; /* where the dissector stands in the stream; false until enough bytes were seen at once */
} now;

static uint8_t answer(void)
{
    return now.answers.n == 0 ? 0 : ww_slice_at(now.answers, now.next++ % now.answers.n);
}

static enum ww_guess probe(struct ww_slice in, enum ww_dir dir)
{
    (void)dir;
    if (in.n == 0)
        t_die("a probe without bytes");
    uint8_t a = answer();
    return a < 128 ? WW_GUESS_YES : a < 200 ? WW_GUESS_MAYBE : WW_GUESS_NO;
}

/* memcmp would tell the fuzzer of each place that it looked at. */
static bool same(const uint8_t *a, const uint8_t *b, size_t n)
{
    size_t i = 0;
    while (i < n && a[i] == b[i])
        i++;
    return i == n;
}

static void place(enum ww_dir dir, struct ww_slice in)
{
    if (now.known[dir]) {
        if (now.at[dir] + in.n > STREAM || !same(stream[dir] + now.at[dir], in.p, in.n))
            t_die("side %d: the bytes are not those of position %llu", dir, (unsigned long long)now.at[dir]);
        return;
    }
    for (size_t i = 0; in.n >= FIND && i + in.n <= STREAM; i++) {
        if (same(stream[dir] + i, in.p, in.n)) {
            now.known[dir] = true;
            now.at[dir] = i;
            return;
        }
    }
    if (in.n >= FIND)
        t_die("side %d: %zu bytes that are nowhere in the stream", dir, in.n);
}

static struct ww_parse parse(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    (void)cx;
    (void)state;
    if (in.n == 0)
        t_die("a call without bytes");
    if (in.n < now.need[dir])
        t_die("side %d: %zu bytes where %llu were asked for", dir, in.n, (unsigned long long)now.need[dir]);
    place(dir, in);
    now.need[dir] = 0;
    uint8_t how = answer();
    size_t n = answer() * (how & 16 ? 64u : 1u);
    switch (how & 7) {
    case 0:
        if (how > 240)
            return ww_stop("said_so");
        break;
    case 1:
        if (how > 200) {
            now.known[0] = now.known[1] = false;
            now.need[0] = now.need[1] = 0;
            return ww_next(1 + n % in.n);
        }
        break;
    case 2:
        now.at[dir] += in.n + n; /* more than there is: a skip */
        return ww_ok(in.n + n);
    case 3:
    case 4: {
        size_t used = n % (in.n + 1), left = in.n - used;
        if (left + 1 > MAX_MSG)
            break;
        size_t need = left + 1 + answer() * 8u;
        now.at[dir] += used;
        now.need[dir] = need < MAX_MSG ? need : MAX_MSG;
        return ww_more(used, (size_t)now.need[dir]);
    }
    default:
        now.at[dir] += 1 + n % in.n;
        return ww_ok(1 + n % in.n);
    }
    now.at[dir] += in.n;
    return ww_ok(in.n);
}

static void gap(struct ww_cx *cx, void *state, enum ww_dir dir, uint64_t lost)
{
    (void)cx;
    (void)state;
    if (lost == 0)
        t_die("side %d: a gap of nothing", dir);
    now.at[dir] += lost;
    now.need[dir] = 0;
}

static const struct ww_port ports[] = { { WW_ON_TCP, 104 }, { WW_ON_END, 0 } };
static const struct ww_event_type *const events[] = { NULL };
static const struct ww_dissector scripted = { .name = "scripted", .spec = "this file", .events = events,
                                              .ports = ports, .state_size = 8, .max_msg = MAX_MSG,
                                              .probe = probe, .data = parse, .gap = gap };
static const struct ww_dissector *const list[] = { &scripted, NULL };

static void drop(void *to, const struct ww_event *e)
{
    (void)to;
    (void)e;
}

static void segment(struct ww_worker *w, enum ww_dir dir, uint8_t flags, size_t pos, size_t n, size_t cut,
                    uint32_t ack, uint64_t ts, uint64_t nr)
{
    static struct fr f;
    f.n = 0;
    fr_eth(&f, 0x0800);
    fr_ip4(&f, 1 + dir, 2 - dir, 6, 1, 0, FR_TCP + n);
    fr_tcp(&f, dir == WW_A ? 5000 : 104, dir == WW_A ? 104 : 5000, 1000 + (uint32_t)pos, 1000 + ack, flags);
    if (n > 0)
        fr_put(&f, stream[dir] + pos, n);
    struct ww_pkt p = fr_pkt(&f, ts, nr);
    p.caplen -= (uint32_t)cut;
    ww_worker_packets(w, &p, 1);
}

static struct ww_worker *worker(bool poor)
{
    struct ww_worker *w = NULL;
    struct ww_err e;
    struct ww_worker_cfg c = ww_worker_defaults();
    c.dissectors = list;
    c.flows = 4;
    c.tcp_flows = 4;
    c.buffer_bytes = poor ? 0 : 4 << 20;
    c.state_bytes = 4096;
    c.datagrams = 4;
    c.emit = drop;
    c.key = (struct ww_key){ { 1, 2 } };
    if (ww_worker_new(&w, &c, &e) != WW_OK)
        t_die("%s", e.text);
    return w;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ww_rd r = ww_rd((struct ww_slice){ data, size });
    size_t pos[2] = { 0, 0 };
    uint64_t ts = 1795395600000000000u;
    uint32_t x = 1;
    for (size_t i = 0; stream[1][STREAM - 1] == 0 && i < 2 * STREAM; i++)
        stream[i / STREAM][i % STREAM] = (uint8_t)(fr_rand(&x) | 1);
    memset(&now, 0, sizeof now);
    uint8_t opt = ww_rd_u8(&r);
    now.answers = ww_rd_bytes(&r, ww_rd_u8(&r));
    if (r.bad)
        return 0;
    struct ww_worker *w = worker(opt & 1);
    struct ww_buf hold[64];
    unsigned held = 0;
    while (opt & 1 && held < 64 && (hold[held] = ww_buf_get(&w->bufs, held < 12 ? 2000 : 200000)).i != WW_NONE)
        held++; /* nearly all buffers are somebody else's */
    for (unsigned i = 0; i < 2 && i < held; i++)
        ww_buf_put(&w->bufs, &hold[i]);
    for (uint64_t i = 1; i <= SEGMENTS && r.left >= 4; i++) {
        uint8_t f = ww_rd_u8(&r);
        size_t jump = ww_rd_u8(&r), n = ww_rd_be16(&r) % 3000;
        enum ww_dir dir = f & 1 ? WW_B : WW_A;
        if (i == 1) /* the first sender is side A; a SYN stands one before position 0 */
            segment(w, WW_A, opt & 2 ? WW_TCP_SYN : WW_TCP_ACK, opt & 2 ? SIZE_MAX : 0, 0, 0, 0, ts, i);
        size_t at = f & 4 ? pos[dir] + jump * 16 : pos[dir];
        at = f & 4 && jump & 1 && at > jump * 32 ? at - jump * 32 : at;
        if (at + n > STREAM)
            break;
        ts += f & 8 ? 400000000u : 1000000u;
        size_t cut = f & 16 && n > 0 ? jump % n : 0;
        segment(w, dir, WW_TCP_ACK, at, n, cut, f & 2 ? (uint32_t)pos[dir ^ 1] : 0, ts, i);
        pos[dir] = at + n > pos[dir] ? at + n : pos[dir];
    }
    ww_worker_end(w);
    for (unsigned i = 2; i < held; i++)
        ww_buf_put(&w->bufs, &hold[i]);
    for (unsigned k = 0; k < WW_BUF_CLASSES; k++)
        if (w->bufs.of[k].used != 0)
            t_die("%u buffers are left", w->bufs.of[k].used);
    ww_worker_free(w);
    return 0;
}
