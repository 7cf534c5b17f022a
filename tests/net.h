/* net.h - a network for tests: a worker with a small protocol of our own, connections that are written segment
 * by segment, and the events that came out. For unit tests with Criterion.
 */
#ifndef WW_TEST_NET_H
#define WW_TEST_NET_H
#include "sensor/event_core.h"
#include "sensor/worker.h"
#include "tests/frames.h"
#include "tests/support.h"

/* ---- a protocol for tests ------------------------------------------------------------------------------
 * A message is one byte of kind, a length of two bytes, and a body. */
enum kind {
    K_TEXT = 2,   /* tells its body */
    K_SKIP = 3,   /* four more bytes: length of bulk that follows and is not wanted */
    K_NEXT = 4,   /* the rest is another protocol */
    K_STOP = 5,
    K_ZERO = 6,   /* breaks the contract: ww_ok(0) */
    K_NEED = 7,   /* breaks the contract: need not above what it has */
    K_HUGE = 8,   /* breaks the contract: need over max_msg */
    K_WHY = 9,    /* breaks the contract: a stop without a reason */
    K_ALARM = 10, /* body: seconds from now */
    K_ASK = 11,   /* body: key, seconds */
    K_GOT = 12,   /* body: key, whether it is the last */
    K_ODD = 13,   /* an anomaly */
    K_CLIENT = 14 /* the sender is the client */
};
enum { HEAD = 3, MAX_MSG = 9000, PORT = 7777, OTHER_PORT = 8888 };
static const uint64_t NS = 1000000000u;

#define MSG_FIELDS(F, S)                                                                                  \
    F(S, STR, text, 64, NONE, "", "Body")                                                                 \
    F(S, U64, at, 0, NONE, "bytes", "Place of the message in its direction")                              \
    F(S, BOOL, found, 0, NONE, "", "A request was found")                                                 \
    F(S, U32N, latency, 0, NONE, "ms", "Since the request")
WW_EVENT_DEFINE(t_msg, "test.msg", "A message", 0, MSG_FIELDS);
#define SIGN_FIELDS(F, S) F(S, U64, n, 0, NONE, "", "Number")
WW_EVENT_DEFINE(t_tick, "test.tick", "An alarm", 0, SIGN_FIELDS);
WW_EVENT_DEFINE(t_end, "test.end", "End of the flow", 0, SIGN_FIELDS);
WW_EVENT_DEFINE(t_lost, "test.lost", "A gap", 0, SIGN_FIELDS);
static const struct ww_event_type *const msg_events[] = { &t_msg_type, &t_tick_type, &t_end_type, &t_lost_type,
                                                          NULL };

struct msg_state {
    uint64_t at[2]; /* bytes used, skipped or lost so far */
    uint64_t ticks;
    bool again; /* each tick asks for another one second after the last */
};

static char asked[256]; /* one letter for each probe, in the order of the calls */
static inline void note(char c)
{
    size_t n = strlen(asked);
    if (n + 1 < sizeof asked)
        asked[n] = c;
}

static inline enum ww_guess msg_probe(struct ww_slice in, enum ww_dir dir)
{
    (void)dir;
    if (in.n == 0)
        t_die("a probe without bytes");
    note('m');
    struct ww_rd r = ww_rd(in);
    uint8_t kind = ww_rd_u8(&r);
    uint16_t len = ww_rd_be16(&r);
    if (kind < K_TEXT || kind > K_CLIENT)
        return WW_GUESS_NO;
    if (r.bad)
        return WW_GUESS_MAYBE;
    return len < MAX_MSG - HEAD ? WW_GUESS_YES : WW_GUESS_NO;
}

static inline void tell_text(struct ww_cx *cx, const struct msg_state *s, enum ww_dir dir, struct ww_slice body,
                      struct ww_pair p)
{
    struct t_msg b = { .at = s->at[dir], .found = p.found, .latency = p.latency_ms };
    WW_SET(b.text, body);
    ww_emit(cx, &t_msg_type, dir, &b);
}

static inline struct ww_parse one_msg(struct ww_cx *cx, struct msg_state *s, enum ww_dir dir, uint8_t kind,
                               struct ww_slice body, size_t n)
{
    struct ww_rd r = ww_rd(body);
    struct ww_pair none = { .latency_ms = WW_NULL32 };
    switch ((enum kind)kind) {
    case K_TEXT:
        tell_text(cx, s, dir, body, none);
        break;
    case K_SKIP: {
        uint32_t bulk = ww_rd_be32(&r);
        s->at[dir] += n + bulk;
        return ww_ok(n + bulk);
    }
    case K_NEXT:
        return ww_next(n);
    case K_STOP:
        return ww_stop("said_so");
    case K_ZERO:
        return ww_ok(0);
    case K_NEED:
        return ww_more(0, n);
    case K_HUGE:
        return ww_more(0, MAX_MSG + 1);
    case K_WHY:
        return ww_stop(NULL);
    case K_ALARM: {
        uint8_t sec = ww_rd_u8(&r);
        s->again = ww_rd_u8(&r) != 0;
        ww_alarm(cx, ww_now(cx) + sec * NS);
        break;
    }
    case K_ASK: {
        uint8_t key = ww_rd_u8(&r);
        ww_request(cx, dir, key, ww_rd_u8(&r) * 1000u);
        break;
    }
    case K_GOT: {
        uint8_t key = ww_rd_u8(&r);
        tell_text(cx, s, dir, WW_SLICE_LIT("got"), ww_result(cx, dir, key, ww_rd_u8(&r) != 0));
        break;
    }
    case K_ODD:
        ww_anomaly(cx, dir, "odd_message");
        break;
    case K_CLIENT:
        ww_client_is(cx, dir);
        break;
    }
    s->at[dir] += n;
    return ww_ok(n);
}

static inline struct ww_parse msg_data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    struct ww_rd r = ww_rd(in);
    uint8_t kind = ww_rd_u8(&r);
    uint16_t len = ww_rd_be16(&r);
    if (kind < K_TEXT || kind > K_CLIENT || len >= MAX_MSG - HEAD)
        return ww_stop("bad_kind");
    if (r.bad)
        return cx->datagram ? ww_stop("short") : ww_more(0, HEAD);
    struct ww_slice body = ww_rd_bytes(&r, len);
    if (r.bad)
        return cx->datagram ? ww_stop("short") : ww_more(0, (size_t)HEAD + len);
    return one_msg(cx, state, dir, kind, body, (size_t)HEAD + len);
}

static inline void tell_sign(struct ww_cx *cx, const struct ww_event_type *t, enum ww_dir dir, uint64_t n)
{
    struct t_tick b = { .n = n };
    ww_emit(cx, t, dir, &b);
}

static inline void msg_gap(struct ww_cx *cx, void *state, enum ww_dir dir, uint64_t lost)
{
    struct msg_state *s = state;
    s->at[dir] += lost;
    tell_sign(cx, &t_lost_type, dir, lost);
}

static inline void msg_tick(struct ww_cx *cx, void *state)
{
    struct msg_state *s = state;
    tell_sign(cx, &t_tick_type, WW_A, ++s->ticks);
    if (s->again)
        ww_alarm(cx, ww_now(cx)); /* at once: must not turn the clock into a loop */
}

static inline void msg_end(struct ww_cx *cx, void *state)
{
    (void)state;
    tell_sign(cx, &t_end_type, WW_A, 0);
}

static const struct ww_port msg_ports[] = { { WW_ON_TCP, PORT }, { WW_ON_UDP, PORT }, { WW_ON_END, 0 } };
static const struct ww_dissector msg = { .name = "msg", .spec = "these tests", .events = msg_events,
                                         .ports = msg_ports, .state_size = sizeof(struct msg_state),
                                         .max_msg = MAX_MSG, .probe = msg_probe, .data = msg_data,
                                         .gap = msg_gap, .tick = msg_tick, .end = msg_end };

/* Begins with 'O', takes what comes, has neither state nor gap(). */
static inline enum ww_guess other_probe(struct ww_slice in, enum ww_dir dir)
{
    (void)dir;
    if (in.n == 0)
        t_die("a probe without bytes");
    note('o');
    return ww_slice_at(in, 0) == 'O' ? WW_GUESS_YES : WW_GUESS_NO;
}
static inline struct ww_parse other_data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    (void)state;
    struct t_msg b = { .at = 0 };
    WW_SET(b.text, in);
    ww_emit(cx, &t_msg_type, dir, &b);
    return ww_ok(in.n);
}
static const struct ww_port other_ports[] = { { WW_ON_TCP, OTHER_PORT }, { WW_ON_ETHERTYPE, 0x88b5 }, { WW_ON_END, 0 } };
static const struct ww_dissector other = { .name = "other", .spec = "these tests", .events = msg_events,
                                           .ports = other_ports, .max_msg = 1, .probe = other_probe,
                                           .data = other_data };

/* Never says yes; its first-byte set has only 'Z'. */
static inline enum ww_guess last_probe(struct ww_slice in, enum ww_dir dir)
{
    (void)dir;
    (void)in;
    note('z');
    return WW_GUESS_NO;
}
static const struct ww_port last_ports[] = { { WW_ON_TCP, PORT }, { WW_ON_END, 0 } };
static const struct ww_dissector last = { .name = "last", .spec = "these tests", .events = msg_events,
                                          .ports = last_ports, .first = { ['Z' / 8] = 1 << ('Z' % 8) },
                                          .max_msg = 1, .probe = last_probe, .data = other_data };

static const struct ww_dissector *const both[] = { &other, &msg, &last, NULL };

/* ---- a network for tests -------------------------------------------------------------------------------- */
enum { EVENTS = 4096 };
struct ev {
    const char *type;
    uint64_t ts, frame, flow;
    uint8_t dir, client, client_by, ip_proto, flags;
    uint16_t port[2];
    union {
        struct t_msg msg;
        struct t_tick sign;
        struct ww_flow_end end;
        struct ww_flow_start start;
        struct ww_flow_open open;
        struct ww_flow_app app;
        struct ww_anomaly_ev anomaly;
    } u;
};

struct net {
    struct ww_worker *w;
    struct ev ev[EVENTS];
    size_t n;
    uint64_t now, frame;
    uint32_t seq[2]; /* of the connection at hand */
    uint16_t port[2];
    bool mute;       /* events are counted only */
};

static inline void see(void *to, const struct ww_event *e)
{
    struct net *n = to;
    if (n->mute) {
        n->n++;
        return;
    }
    if (n->n == EVENTS)
        t_die("too many events");
    struct ev *x = &n->ev[n->n++];
    *x = (struct ev){ .type = e->type->name, .ts = e->ts, .frame = e->frame, .flow = e->flow, .dir = e->dir,
                      .client = e->client, .client_by = e->client_by, .ip_proto = e->ip_proto,
                      .flags = e->flags, .port = { e->end[0].port, e->end[1].port } };
    memcpy(&x->u, e->body, e->type->size < sizeof x->u ? e->type->size : sizeof x->u);
}

static inline struct net *net_with(struct ww_worker_cfg c)
{
    struct ww_err e;
    struct net *n = calloc(1, sizeof *n);
    n->now = 1000 * NS;
    n->port[0] = 40000;
    n->port[1] = PORT;
    n->seq[0] = 100;
    n->seq[1] = 900;
    c.dissectors = c.dissectors ? c.dissectors : both;
    c.emit = see;
    c.emit_to = n;
    c.key = (struct ww_key){ { 11, 22 } };
    if (ww_worker_new(&n->w, &c, &e) != WW_OK)
        t_die("%s", e.text);
    memset(asked, 0, sizeof asked);
    return n;
}

static inline struct ww_worker_cfg small(void)
{
    struct ww_worker_cfg c = ww_worker_defaults();
    c.flows = 64;
    c.tcp_flows = 64;
    c.buffer_bytes = 4 << 20;
    c.state_bytes = 1 << 20;
    c.datagrams = 8;
    return c;
}

static inline struct net *net(void)
{
    return net_with(small());
}

static inline void net_free(struct net *n)
{
    ww_worker_free(n->w);
    free(n);
}

static inline void send_frame(struct net *n, const struct fr *f, uint32_t missing)
{
    struct ww_pkt p = fr_pkt(f, n->now, ++n->frame);
    struct ww_slice s = t_guard(f->b, f->n - missing);
    p.p = s.p;
    p.caplen = (uint32_t)s.n;
    ww_worker_packets(n->w, &p, 1);
    t_unguard(s);
}

/* One segment at a sequence number of its own; nothing else moves. */
static inline void segment(struct net *n, enum ww_dir dir, uint8_t flags, uint32_t seq, const void *p, size_t len)
{
    static struct fr f;
    f.n = 0;
    fr_eth(&f, 0x0800);
    fr_ip4(&f, dir == WW_A ? 0x0a000001 : 0x0a000002, dir == WW_A ? 0x0a000002 : 0x0a000001, 6, 1, 0, FR_TCP + len);
    fr_tcp(&f, n->port[dir], n->port[dir ^ 1], seq, n->seq[dir ^ 1], flags);
    fr_put(&f, p, len);
    send_frame(n, &f, 0);
}

static inline void tcp(struct net *n, enum ww_dir dir, const void *p, size_t len)
{
    segment(n, dir, WW_TCP_ACK, n->seq[dir], p, len);
    n->seq[dir] += (uint32_t)len;
}

static inline void open_tcp(struct net *n)
{
    segment(n, WW_A, WW_TCP_SYN, n->seq[0]++, NULL, 0);
    segment(n, WW_B, WW_TCP_SYN | WW_TCP_ACK, n->seq[1]++, NULL, 0);
    segment(n, WW_A, WW_TCP_ACK, n->seq[0], NULL, 0);
}

static inline void udp(struct net *n, enum ww_dir dir, const void *p, size_t len)
{
    static struct fr f;
    f.n = 0;
    fr_eth(&f, 0x0800);
    fr_ip4(&f, dir == WW_A ? 0x0a000001 : 0x0a000002, dir == WW_A ? 0x0a000002 : 0x0a000001, 17, 1, 0, FR_UDP + len);
    fr_udp(&f, n->port[dir], n->port[dir ^ 1], len);
    fr_put(&f, p, len);
    send_frame(n, &f, 0);
}

static inline size_t msg_put(uint8_t *dst, enum kind kind, const void *body, size_t len)
{
    dst[0] = (uint8_t)kind;
    dst[1] = (uint8_t)(len >> 8);
    dst[2] = (uint8_t)len;
    memcpy(dst + HEAD, body, len);
    return HEAD + len;
}

static inline void say(struct net *n, enum ww_dir dir, enum kind kind, const void *body, size_t len)
{
    static uint8_t b[MAX_MSG];
    tcp(n, dir, b, msg_put(b, kind, body, len));
}

static inline void text(struct net *n, enum ww_dir dir, const char *s)
{
    say(n, dir, K_TEXT, s, strlen(s));
}

static inline size_t count(const struct net *n, const char *type)
{
    size_t k = 0;
    for (size_t i = 0; i < n->n; i++)
        k += strcmp(n->ev[i].type, type) == 0;
    return k;
}

static inline const struct ev *nth(const struct net *n, const char *type, size_t k)
{
    for (size_t i = 0; i < n->n; i++)
        if (strcmp(n->ev[i].type, type) == 0 && k-- == 0)
            return &n->ev[i];
    t_die("there is no %s number %zu", type, k);
}

static inline bool is(struct ww_slice s, const char *text)
{
    return ww_slice_eqs(s, text);
}
#endif
