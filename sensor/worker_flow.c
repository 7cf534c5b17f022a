/* worker_flow.c - the life of a flow: who is the client, when it begins, opens, goes on and ends. */
#include "sensor/base/sort.h"
#include "sensor/worker_int.h"

static const uint64_t NS = 1000000000u;
enum { NEW_S = 60, CLOSED_S = WW_CLOSED_S, UPDATE_S = 60 };

static const char *by_name(uint8_t by)
{
    static const char *const names[] = { "unknown", "guess", "port", "dissector", "syn" };
    return by < sizeof names / sizeof names[0] ? names[by] : "unknown";
}

/* Who is the client: a SYN is final; a port that a protocol is known for; the lower port. */
static void guess_client(const struct ww_worker *w, struct ww_flow *f, const struct ww_dec *d)
{
    if (f->proto == WW_IPPROTO_TCP && (d->tcp_flags & WW_TCP_SYN) != 0) {
        f->client = (d->tcp_flags & WW_TCP_ACK) ? WW_B : WW_A;
        f->client_by = WW_BY_SYN;
        return;
    }
    bool ka = ww_engine_known_port(&w->engine, f->proto, f->port[0]);
    bool kb = ww_engine_known_port(&w->engine, f->proto, f->port[1]);
    if (ka != kb) {
        f->client = ka ? WW_B : WW_A;
        f->client_by = WW_BY_PORT;
    } else if (f->port[0] != f->port[1]) {
        f->client = f->port[0] < f->port[1] ? WW_B : WW_A;
        f->client_by = WW_BY_GUESS;
    } else if (f->proto != WW_IPPROTO_TCP) {
        f->client_by = WW_BY_GUESS; /* a datagram's first sender asks */
    }
}

static void tell_end(struct ww_worker *w, uint32_t i, uint64_t at, const struct ww_event_type *type,
                     const char *reason)
{
    const struct ww_flow *f = ww_flow_at(&w->flows, i);
    const struct ww_tcp *t = f->ext == WW_NONE ? NULL : ww_slab_at(&w->tcp, f->ext);
    unsigned c = f->client & 1;
    struct ww_flow_end b = { .pkts_toserver = f->pkts[c],
                             .pkts_toclient = f->pkts[c ^ 1],
                             .bytes_toserver = f->bytes[c],
                             .bytes_toclient = f->bytes[c ^ 1],
                             .start = f->start,
                             .end = f->last,
                             .age = (f->last - f->start) / NS,
                             .midstream = (f->flags & WW_FF_MIDSTREAM) != 0 };
    if (t != NULL) {
        b.gap_bytes_toserver = t->side[c].gap_bytes;
        b.gap_bytes_toclient = t->side[c ^ 1].gap_bytes;
        b.retransmits = t->retransmits;
    }
    static const char *const states[] = { "new", "established", "closed" };
    WW_SET(b.state, ww_slice_str(states[f->state]));
    WW_SET(b.reason, ww_slice_str(reason));
    WW_SET(b.client_by, ww_slice_str(by_name(f->client_by)));
    const struct ww_pkt *pkt = w->engine.pkt;
    w->engine.pkt = NULL; /* the record of a flow names its first frame, whatever ended it */
    ww_engine_emit(&w->engine, i, WW_A, at, type, &b);
    w->engine.pkt = pkt;
}

/* otherwise: the reason when the connection was not closed by its ends */
void ww_worker_end_flow(struct ww_worker *w, uint32_t i, uint64_t at, const char *otherwise)
{
    struct ww_flow *f = ww_flow_at(&w->flows, i);
    const char *reason = otherwise;
    if (f->state == WW_FS_CLOSED)
        reason = f->flags & (WW_FF_RST_A | WW_FF_RST_B) ? "rst" : "fin";
    uint64_t now = w->engine.now;
    w->engine.now = at;
    if (f->ext != WW_NONE) {
        struct ww_tcp *t = ww_slab_at(&w->tcp, f->ext);
        w->flow = i;
        ww_stream_flush(&w->stream, t, &w->sink);
        ww_worker_link_stream(w, f->link);
    }
    ww_engine_flow_end(&w->engine, i);
    tell_end(w, i, at, &ww_flow_end_type, reason);
    if (f->ext != WW_NONE) {
        ww_stream_drop(&w->stream, ww_slab_at(&w->tcp, f->ext));
        ww_slab_put(&w->tcp, f->ext);
    }
    f->id = 0;
    ww_flow_del(&w->flows, i);
    w->engine.now = now;
}

static uint64_t idle_s(const struct ww_worker *w, const struct ww_flow *f)
{
    if (f->state == WW_FS_CLOSED)
        return CLOSED_S;
    if (f->proto != WW_IPPROTO_TCP)
        return w->cfg.idle_udp_s;
    return f->state == WW_FS_NEW && !(f->flags & WW_FF_MIDSTREAM) ? NEW_S : w->cfg.idle_tcp_s;
}

/* Serves one due timer: the flow's end, its update, the dissector's alarm; arms the next one. */
static void flow_timer(struct ww_worker *w, uint32_t i, uint64_t now)
{
    struct ww_flow *f = ww_flow_at(&w->flows, i);
    uint64_t now_s = now / NS;
    uint64_t end_s = f->last / NS + idle_s(w, f) + 1;
    if (end_s <= now_s) {
        ww_worker_end_flow(w, i, end_s * NS, "timeout");
        return;
    }
    uint16_t minute = (uint16_t)((now - f->start) / NS / UPDATE_S);
    if (minute != f->told) {
        f->told = minute;
        uint64_t at = f->start + (now - f->start) / NS / UPDATE_S * UPDATE_S * NS;
        tell_end(w, i, at, &ww_flow_update_type, "update");
    }
    uint64_t next = f->start / NS + ((now - f->start) / NS / UPDATE_S + 1) * UPDATE_S + 1;
    if (end_s < next)
        next = end_s;
    uint64_t alarm = ww_engine_alarm(&w->engine, i, now_s);
    if (alarm != 0 && alarm < next)
        next = alarm;
    ww_wheel_set(&w->flows.wheel, i, next);
}

static bool after(const void *flows, uint32_t a, uint32_t b)
{
    return ww_flow_at(flows, a)->id > ww_flow_at(flows, b)->id;
}

/* Flows whose timers are due, in the order of their ids: so any number of workers tells the same.
 * Return: their number. */
uint32_t ww_worker_collect_due(struct ww_worker *w, uint64_t now)
{
    uint32_t n = 0;
    uint32_t i;
    while (n < w->cfg.flows && (i = ww_wheel_pop(&w->flows.wheel, now / NS)) != WW_NONE)
        w->due[n++] = i;
    ww_sort(w->due, n, after, &w->flows);
    return n;
}

void ww_worker_timers(struct ww_worker *w, uint64_t now)
{
    const struct ww_pkt *pkt = w->engine.pkt;
    const struct ww_dec *dec = w->engine.dec;
    w->next_tick = (now / NS + 1) * NS;
    w->engine.pkt = NULL; /* what timers tell belongs to no frame */
    w->engine.dec = NULL;
    uint32_t n = ww_worker_collect_due(w, now);
    for (uint32_t k = 0; k < n; k++)
        flow_timer(w, w->due[k], now);
    w->engine.order++; /* what follows comes after the timers of all workers */
    ww_engine_expire(&w->engine, now);
    w->engine.order++;
    uint64_t turn = w->cfg.stats_s > 0 ? now / NS / w->cfg.stats_s : 0;
    if (w->stats_turn != 0 && turn != w->stats_turn)
        ww_worker_tell_stats(w, now);
    w->stats_turn = turn;
    w->engine.pkt = pkt;
    w->engine.dec = dec;
}

uint32_t ww_worker_begin_flow(struct ww_worker *w, const struct ww_dec *d, uint32_t hash,
                           const struct ww_pkt *p)
{
    uint32_t i = ww_flow_add(&w->flows, d, hash);
    if (i == WW_NONE) {
        w->flows.evicted++;
        ww_worker_end_flow(w, ww_flow_victim(&w->flows), p->ts, "evicted");
        i = ww_flow_add(&w->flows, d, hash);
        if (!WW_INVARIANT(i != WW_NONE))
            return WW_NONE;
    }
    struct ww_flow *f = ww_flow_at(&w->flows, i);
    f->start = f->last = p->ts;
    f->id = (uint64_t)p->source << 44 | p->frame;
    f->icmp_type = d->icmp_type;
    f->icmp_code = d->icmp_code;
    guess_client(w, f, d);
    f->link = (uint16_t)w->link;
    if (f->proto == WW_IPPROTO_TCP) {
        struct ww_link *l = &w->links.of[w->link];
        l->s.tcp_flows++;
        w->stats.tcp_flows++;
        if (!(d->tcp_flags & WW_TCP_SYN)) {
            f->flags |= WW_FF_MIDSTREAM;
            w->stats.midstream++;
            l->s.midstream++;
        }
        f->ext = ww_slab_get(&w->tcp);
        if (f->ext == WW_NONE)
            w->stats.no_tcp++; /* counted, judged by its addresses, not reassembled */
        else
            ww_tcp_init(ww_slab_at(&w->tcp, f->ext));
    }
    ww_wheel_set(&w->flows.wheel, i, p->ts / NS + (f->proto == WW_IPPROTO_TCP ? NEW_S : w->cfg.idle_udp_s) + 1);
    struct ww_flow_start b = { .midstream = (f->flags & WW_FF_MIDSTREAM) != 0,
                               .icmp_type = d->icmp_type,
                               .icmp_code = d->icmp_code };
    WW_SET(b.client_by, ww_slice_str(by_name(f->client_by)));
    ww_engine_emit(&w->engine, i, WW_A, p->ts, &ww_flow_start_type, &b);
    if (d->ntunnel > 0)
        ww_worker_tell_tunnels(w, i, d, p->ts);
    return i;
}

void ww_worker_tell_open(struct ww_worker *w, uint32_t i, enum ww_dir dir, const char *how)
{
    struct ww_flow *f = ww_flow_at(&w->flows, i);
    f->flags |= WW_FF_OPEN_TOLD;
    f->state = f->state == WW_FS_NEW ? WW_FS_OPEN : f->state;
    struct ww_flow_open b = { .how = { .len = 0 } };
    WW_SET(b.how, ww_slice_str(how));
    ww_engine_emit(&w->engine, i, dir, w->engine.now, &ww_flow_open_type, &b);
}
