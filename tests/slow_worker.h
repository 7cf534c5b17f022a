/* slow_worker.h - a model of a worker that is slower than its packets come: no clock, but a price for
 * each packet and each dissected byte, and an income for each round. */
#ifndef WW_TEST_SLOW_WORKER_H
#define WW_TEST_SLOW_WORKER_H
#include "sensor/feed.h"
#include "tests/frames.h"
#include "tests/support.h"

enum {
    SW_RING = 1 << 20,
    SW_PACKET = 100,       /* price of a packet; a byte that the dissector sees costs 1 */
    SW_FLOWS = 64,         /* flows that go on */
    SW_ROUND_NS = 1000000  /* packet time of a round */
};
static const uint64_t SW_T0 = 1795395600000000000u; /* 2026-11-23T01:00:00Z */

/* What the dissector saw; one model at a time. */
static struct {
    uint64_t bytes, gaps, lost, messages;
} sw_eaten;

static enum ww_guess sw_probe(struct ww_slice in, enum ww_dir dir)
{
    (void)dir;
    return ww_slice_at(in, 0) == 'W' ? WW_GUESS_YES : WW_GUESS_NO;
}

static struct ww_parse sw_data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    (void)cx, (void)state, (void)dir;
    sw_eaten.bytes += in.n;
    sw_eaten.messages++;
    return ww_ok(in.n);
}

static void sw_gap(struct ww_cx *cx, void *state, enum ww_dir dir, uint64_t lost)
{
    (void)cx, (void)state, (void)dir;
    sw_eaten.gaps++;
    sw_eaten.lost += lost;
}

static const struct ww_event_type *const sw_events[] = { NULL };
static const struct ww_port sw_ports[] = { { WW_ON_TCP, 9999 }, { WW_ON_UDP, 9999 }, { WW_ON_END, 0 } };
static const struct ww_dissector sw_dissector = { .name = "work", .spec = "", .events = sw_events,
                                                  .ports = sw_ports, .first = { ['W' / 8] = 1 << 'W' % 8 },
                                                  .max_msg = 4096, .probe = sw_probe, .data = sw_data,
                                                  .gap = sw_gap };
static const struct ww_dissector *const sw_dissectors[] = { &sw_dissector, NULL };

struct slow {
    struct ww_worker *w;
    struct ww_ring in;
    uint64_t now, frame, sent, drops, bytes, payload;
    int64_t purse;
    uint32_t seq[SW_FLOWS];
    uint32_t stranger; /* flows of one datagram so far */
    uint64_t ends, wire; /* flows that ended, and their bytes */
    uint32_t top;      /* highest step reached */
};

static inline void sw_event(void *to, const struct ww_event *e)
{
    struct slow *s = to;
    if (e->type != &ww_flow_end_type)
        return;
    const struct ww_flow_end *f = (const struct ww_flow_end *)(const void *)e->body;
    s->ends++;
    s->wire += f->bytes_toserver + f->bytes_toclient;
}

static inline struct slow *sw_new(void)
{
    struct ww_err e;
    struct slow *s = aligned_alloc(64, (sizeof *s + 63) / 64 * 64);
    if (s == NULL)
        t_die("no memory");
    memset(s, 0, sizeof *s);
    struct ww_worker_cfg c = ww_worker_defaults();
    c.dissectors = sw_dissectors;
    c.key = (struct ww_key){ { 1, 2 } };
    c.emit = sw_event;
    c.emit_to = s;
    c.stats_s = 0;
    if (ww_worker_new(&s->w, &c, &e) != WW_OK || ww_ring_init(&s->in, SW_RING) != WW_OK)
        t_die("no memory for the model");
    s->now = SW_T0;
    memset(&sw_eaten, 0, sizeof sw_eaten);
    return s;
}

static inline void sw_free(struct slow *s)
{
    ww_worker_free(s->w);
    ww_ring_free(&s->in);
    free(s);
}

static inline void sw_put(struct slow *s, const struct fr *f, size_t payload)
{
    struct ww_pkt p = fr_pkt(f, s->now, ++s->frame);
    s->sent++;
    if (!ww_feed_put(&s->in, &p)) {
        s->drops++;
        return;
    }
    s->bytes += f->n;
    s->payload += payload;
}

/* The next n bytes of connection i. */
static inline void sw_say(struct slow *s, uint32_t i, size_t n)
{
    static struct fr f;
    f.n = 0;
    fr_eth(&f, 0x0800);
    fr_ip4(&f, 0x0a000001 + i, 0x0a640001, WW_IPPROTO_TCP, 0, 0, FR_TCP + n);
    fr_tcp(&f, (uint16_t)(40000 + i), 9999, 1000 + s->seq[i], 1, WW_TCP_ACK);
    for (size_t k = 0; k < n; k++)
        f.b[f.n + k] = 'W';
    f.n += n;
    sw_put(s, &f, n);
    s->seq[i] += (uint32_t)n;
}

/* A host that was never seen says something short. */
static inline void sw_stranger(struct slow *s)
{
    static struct fr f;
    enum { N = 64 };
    f.n = 0;
    fr_eth(&f, 0x0800);
    fr_ip4(&f, 0x0b000001 + s->stranger++, 0x0a640001, WW_IPPROTO_UDP, 0, 0, FR_UDP + N);
    fr_udp(&f, 9999, 9999, N);
    for (size_t k = 0; k < N; k++)
        f.b[f.n + k] = 'W';
    f.n += N;
    sw_put(s, &f, N);
}

/* A round of packet time ends; the worker works for what it has earned. */
static inline void sw_round(struct slow *s, int64_t income)
{
    s->purse += income;
    while (s->purse > 0) {
        uint64_t before = sw_eaten.bytes;
        struct ww_taken t = ww_feed_take_live(s->w, &s->in, NULL);
        s->top = s->w->load > s->top ? s->w->load : s->top;
        if (t.n == 0) {
            s->purse = 0; /* idle time is not saved up */
            break;
        }
        s->purse -= (int64_t)(t.n * SW_PACKET + sw_eaten.bytes - before);
    }
    s->now += SW_ROUND_NS;
}
#endif
