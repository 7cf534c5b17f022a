/* worker.c - the path of a packet: decode, defragment, find the flow, reassemble, dissect. */
#include "sensor/worker.h"

enum { ET_ARP = 0x0806, NEW_S = 60, CLOSED_S = 10, UPDATE_S = 60 };
static const uint64_t NS = 1000000000u;

struct ww_worker_cfg ww_worker_defaults(void)
{
    return (struct ww_worker_cfg){ .flows = 1000000,
                                   .tcp_flows = 200000,
                                   .buffer_bytes = 96u << 20,
                                   .state_bytes = 192u << 20,
                                   .datagrams = 512,
                                   .idle_tcp_s = 3600,
                                   .idle_udp_s = 60,
                                   .stats_s = 60 };
}

size_t ww_worker_budget(const struct ww_worker_cfg *c)
{
    size_t slots = 16;
    while (slots < (size_t)c->flows * 2)
        slots *= 2;
    return c->flows * (sizeof(struct ww_flow) + sizeof(struct ww_wheel_link) + sizeof(uint32_t)) +
           slots * sizeof(struct ww_flow_slot) + c->tcp_flows * sizeof(struct ww_tcp) +
           c->buffer_bytes + c->state_bytes +
           c->datagrams * (sizeof(struct ww_frag) + WW_FRAG_DATAGRAM_MAX + 1) + sizeof(struct ww_worker);
}

static void sink_data(void *to, enum ww_dir dir, struct ww_slice in)
{
    struct ww_worker *w = to;
    ww_engine_stream(&w->engine, w->flow, dir, in);
}

static void sink_gap(void *to, enum ww_dir dir, uint64_t lost)
{
    struct ww_worker *w = to;
    ww_engine_gap(&w->engine, w->flow, dir, lost);
}

enum ww_rc ww_worker_new(struct ww_worker **out, const struct ww_worker_cfg *cfg, struct ww_err *e)
{
    enum ww_rc rc = WW_E_SYS;
    struct ww_worker *w = ww_mem_reserve(sizeof *w);
    if (w == NULL)
        return WW_FAIL(e, WW_E_SYS, "no memory for a worker");
    w->cfg = *cfg;
    w->sink = (struct ww_stream_sink){ sink_data, sink_gap, w };
    w->stream.cfg = (struct ww_stream_cfg){ .flow_cap = 512 * 1024,
                                            .wait_segs = 16,
                                            .wait_ns = NS };
    w->stream.bufs = &w->bufs;
    w->due = ww_mem_reserve(cfg->flows * sizeof *w->due);
    if (w->due == NULL || ww_flows_init(&w->flows, cfg->flows, cfg->key) != WW_OK ||
        ww_slab_init(&w->tcp, sizeof(struct ww_tcp), cfg->tcp_flows) != WW_OK ||
        ww_bufs_init(&w->bufs, cfg->buffer_bytes) != WW_OK ||
        ww_defrag_init(&w->defrag, cfg->datagrams, cfg->key) != WW_OK) {
        ww_err_set(e, WW_E_SYS, "no memory for the tables (%zu MiB); lower the budgets",
                   ww_worker_budget(cfg) >> 20);
        goto out;
    }
    struct ww_engine_cfg ec = { .dissectors = cfg->dissectors,
                                .flows = cfg->flows,
                                .state_budget = cfg->state_bytes,
                                .key = cfg->key,
                                .emit = cfg->emit,
                                .emit_to = cfg->emit_to };
    rc = ww_engine_init(&w->engine, &ec, &w->flows, &w->tcp, &w->bufs, e);
out:
    if (rc != WW_OK) {
        ww_worker_free(w);
        return rc;
    }
    *out = w;
    return WW_OK;
}

void ww_worker_free(struct ww_worker *w)
{
    if (w == NULL)
        return;
    ww_engine_free(&w->engine);
    ww_defrag_free(&w->defrag);
    ww_bufs_free(&w->bufs);
    ww_slab_free(&w->tcp);
    ww_flows_free(&w->flows);
    ww_mem_release(w->due, w->cfg.flows * sizeof *w->due);
    ww_mem_release(w, sizeof *w);
}

/* ---- life of a flow ------------------------------------------------------------------------------------ */

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
static void end_flow(struct ww_worker *w, uint32_t i, uint64_t at, const char *otherwise)
{
    struct ww_flow *f = ww_flow_at(&w->flows, i);
    const char *reason = otherwise;
    if (f->state == WW_FS_CLOSED)
        reason = f->flags & WW_FF_RST ? "rst" : "fin";
    uint64_t now = w->engine.now;
    w->engine.now = at;
    if (f->ext != WW_NONE) {
        struct ww_tcp *t = ww_slab_at(&w->tcp, f->ext);
        w->flow = i;
        ww_stream_flush(&w->stream, t, &w->sink);
    }
    ww_engine_flow_end(&w->engine, i);
    tell_end(w, i, at, &ww_flow_end_type, reason);
    if (f->proto == WW_IPPROTO_TCP) {
        w->stats.tcp_ended++;
        w->stats.one_way += f->pkts[0] == 0 || f->pkts[1] == 0;
    }
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
        end_flow(w, i, end_s * NS, "timeout");
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

/* Sinks element i of a heap that is largest first by flow id. */
static void sink_due(const struct ww_worker *w, uint32_t i, uint32_t n)
{
    uint32_t *a = w->due;
    for (uint32_t k = 2 * i + 1; k < n; k = 2 * i + 1) {
        if (k + 1 < n && ww_flow_at(&w->flows, a[k + 1])->id > ww_flow_at(&w->flows, a[k])->id)
            k++;
        if (ww_flow_at(&w->flows, a[i])->id >= ww_flow_at(&w->flows, a[k])->id)
            return;
        uint32_t x = a[i];
        a[i] = a[k];
        a[k] = x;
        i = k;
    }
}

/* Flows whose timers are due, in the order of their ids: so any number of workers tells the same.
 * A heap sort, because the C library's may allocate. Return: their number. */
static uint32_t collect_due(struct ww_worker *w, uint64_t now)
{
    uint32_t n = 0;
    uint32_t i;
    while (n < w->cfg.flows && (i = ww_wheel_pop(&w->flows.wheel, now / NS)) != WW_NONE)
        w->due[n++] = i;
    for (uint32_t k = n / 2; k > 0; k--)
        sink_due(w, k - 1, n);
    for (uint32_t k = n; k > 1; k--) {
        uint32_t x = w->due[0];
        w->due[0] = w->due[k - 1];
        w->due[k - 1] = x;
        sink_due(w, 0, k - 1);
    }
    return n;
}

static void timers(struct ww_worker *w, uint64_t now)
{
    const struct ww_pkt *pkt = w->engine.pkt;
    const struct ww_dec *dec = w->engine.dec;
    w->engine.pkt = NULL; /* what timers tell belongs to no frame */
    w->engine.dec = NULL;
    uint32_t n = collect_due(w, now);
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

/* A flow for the packet at hand; WW_NONE when even an eviction gives none. */
static uint32_t begin_flow(struct ww_worker *w, const struct ww_dec *d, uint32_t hash,
                           const struct ww_pkt *p)
{
    uint32_t i = ww_flow_add(&w->flows, d, hash);
    if (i == WW_NONE) {
        w->flows.evicted++;
        end_flow(w, ww_flow_victim(&w->flows), p->ts, "evicted");
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
    if (f->proto == WW_IPPROTO_TCP) {
        w->stats.tcp_flows++;
        if (!(d->tcp_flags & WW_TCP_SYN)) {
            f->flags |= WW_FF_MIDSTREAM;
            w->stats.midstream++;
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
    return i;
}

static void tell_open(struct ww_worker *w, uint32_t i, enum ww_dir dir, const char *how)
{
    struct ww_flow *f = ww_flow_at(&w->flows, i);
    f->flags |= WW_FF_OPEN_TOLD;
    f->state = f->state == WW_FS_NEW ? WW_FS_OPEN : f->state;
    struct ww_flow_open b = { .how = { .len = 0 } };
    WW_SET(b.how, ww_slice_str(how));
    ww_engine_emit(&w->engine, i, dir, w->engine.now, &ww_flow_open_type, &b);
}

/* ---- transport ------------------------------------------------------------------------------------------- */

/* A SYN on a connection that is over, or with another number, begins a new one (port reuse). */
static bool is_reuse(const struct ww_worker *w, const struct ww_flow *f, const struct ww_dec *d,
                     enum ww_dir dir)
{
    if ((d->tcp_flags & (WW_TCP_SYN | WW_TCP_ACK)) != WW_TCP_SYN)
        return false;
    if (f->state == WW_FS_CLOSED)
        return true;
    if (f->ext == WW_NONE)
        return false;
    const struct ww_side *x = &((const struct ww_tcp *)ww_slab_at(&w->tcp, f->ext))->side[dir];
    return x->has_next && x->seen > 0 && d->seq + 1 != x->next - (uint32_t)x->seen;
}

static void tcp_state(struct ww_worker *w, uint32_t i, const struct ww_dec *d, enum ww_dir dir)
{
    struct ww_flow *f = ww_flow_at(&w->flows, i);
    if (d->tcp_flags & WW_TCP_SYN) {
        enum ww_dir client = (d->tcp_flags & WW_TCP_ACK) ? ww_other(dir) : dir;
        if (f->client_by != WW_BY_SYN) {
            f->client = (uint8_t)client;
            f->client_by = WW_BY_SYN;
        }
    }
    if (!(f->flags & WW_FF_OPEN_TOLD)) {
        bool syn_ack = (d->tcp_flags & (WW_TCP_SYN | WW_TCP_ACK)) == (WW_TCP_SYN | WW_TCP_ACK);
        bool reply = (f->flags & WW_FF_MIDSTREAM) && f->pkts[0] > 0 && f->pkts[1] > 0;
        if (!(d->tcp_flags & WW_TCP_RST) && (syn_ack || reply))
            tell_open(w, i, dir, syn_ack ? "syn_ack" : "reply");
    }
    if (d->tcp_flags & WW_TCP_RST)
        f->flags |= WW_FF_RST;
    if (d->tcp_flags & WW_TCP_FIN)
        f->flags |= dir == WW_A ? WW_FF_FIN_A : WW_FF_FIN_B;
    bool fins = (f->flags & (WW_FF_FIN_A | WW_FF_FIN_B)) == (WW_FF_FIN_A | WW_FF_FIN_B);
    if (f->state != WW_FS_CLOSED && (fins || (f->flags & WW_FF_RST))) {
        f->state = WW_FS_CLOSED;
        ww_wheel_set(&w->flows.wheel, i, w->engine.now / NS + CLOSED_S + 1);
    }
}

static void on_tcp(struct ww_worker *w, uint32_t i, const struct ww_dec *d, enum ww_dir dir)
{
    struct ww_flow *f = ww_flow_at(&w->flows, i);
    tcp_state(w, i, d, dir);
    if (f->ext == WW_NONE)
        return;
    w->flow = i;
    (void)ww_stream_segment(&w->stream, ww_slab_at(&w->tcp, f->ext), d, dir, w->engine.now,
                            &w->sink);
}

static void on_datagram(struct ww_worker *w, uint32_t i, const struct ww_dec *d, enum ww_dir dir)
{
    struct ww_flow *f = ww_flow_at(&w->flows, i);
    if (!(f->flags & WW_FF_OPEN_TOLD) && f->pkts[0] > 0 && f->pkts[1] > 0)
        tell_open(w, i, dir, "reply");
    if (d->proto == WW_IPPROTO_UDP && !d->cut)
        ww_engine_datagram(&w->engine, i, dir, d->payload);
}

/* A whole IP packet: account it and pass its payload on. */
static void on_ip(struct ww_worker *w, const struct ww_dec *d, uint32_t hash, const struct ww_pkt *p)
{
    enum ww_dir dir = WW_A;
    uint32_t i = ww_flow_find(&w->flows, d, hash, &dir);
    if (i != WW_NONE && d->proto == WW_IPPROTO_TCP &&
        is_reuse(w, ww_flow_at(&w->flows, i), d, dir)) {
        end_flow(w, i, p->ts, "reuse");
        i = WW_NONE;
        dir = WW_A;
    }
    if (i == WW_NONE)
        i = begin_flow(w, d, hash, p);
    if (i == WW_NONE)
        return;
    struct ww_flow *f = ww_flow_at(&w->flows, i);
    if (p->ts > f->last)
        f->last = p->ts;
    f->pkts[dir] += f->pkts[dir] < UINT32_MAX;
    f->bytes[dir] += p->len;
    if (dir == WW_B && ww_mac_none(&f->mac[1]))
        f->mac[1] = d->mac[0]; /* cooked captures name only the sender */
    if (d->proto == WW_IPPROTO_TCP)
        on_tcp(w, i, d, dir);
    else
        on_datagram(w, i, d, dir);
}

static void on_fragment(struct ww_worker *w, struct ww_dec *d, const struct ww_pkt *p)
{
    struct ww_slice whole = { NULL, 0 };
    w->stats.fragments++;
    if (!ww_defrag_add(&w->defrag, d, p->ts, &whole))
        return;
    d->frag = false;
    d->wire = (uint32_t)whole.n;
    enum ww_dec_outcome o = ww_decode_transport(d, whole);
    w->stats.dec[o]++;
    if (o == WW_DEC_OK)
        on_ip(w, d, ww_flow_hash(&w->flows, d), p);
}

static void count(struct ww_worker *w, const struct ww_pkt *p, const struct ww_dec *d)
{
    struct ww_worker_stats *s = &w->stats;
    s->packets++;
    s->bytes += p->len;
    s->truncated += d->cut;
    s->dec[d->outcome]++;
    s->ipv4 += d->fam == 4;
    s->ipv6 += d->fam == 6;
    if (d->outcome != WW_DEC_OK) {
        s->arp += d->ethertype == ET_ARP;
        s->other += d->outcome == WW_DEC_NOT_IP && d->ethertype != ET_ARP;
    } else if (d->proto == WW_IPPROTO_TCP) {
        s->tcp++;
    } else if (d->proto == WW_IPPROTO_UDP) {
        s->udp++;
    } else {
        s->icmp += d->proto == WW_IPPROTO_ICMP || d->proto == WW_IPPROTO_ICMP6;
    }
}

static void one(struct ww_worker *w, const struct ww_pkt *p, struct ww_dec *d, uint32_t hash)
{
    struct ww_engine *g = &w->engine;
    if (p->ts + NS < w->now)
        w->stats.clock_steps++;
    g->order = ww_order(p->source, p->frame);
    if (p->ts / NS > w->now / NS || w->now == 0)
        timers(w, p->ts);
    if (p->ts > w->now)
        w->now = p->ts;
    g->pkt = p;
    g->dec = d;
    g->now = p->ts;
    g->order = ww_order(p->source, p->frame) + 3;
    count(w, p, d); /* after the timers: what they tell does not know this packet yet */
    if (d->outcome == WW_DEC_NOT_IP) {
        (void)ww_engine_frame(g, d);
    } else if (d->outcome != WW_DEC_OK) {
        ww_engine_anomaly(g, WW_NONE, WW_A, "decode", ww_dec_name((enum ww_dec_outcome)d->outcome),
                          "packet");
    } else if (d->frag) {
        on_fragment(w, d, p);
    } else {
        on_ip(w, d, hash, p);
    }
}

void ww_worker_packets(struct ww_worker *w, const struct ww_pkt *p, unsigned n)
{
    for (unsigned from = 0; from < n; from += WW_BATCH) {
        unsigned k = n - from < WW_BATCH ? n - from : WW_BATCH;
        for (unsigned i = 0; i < k; i++) {
            w->hash[i] = 0;
            if (ww_decode(&p[from + i], &w->dec[i]) == WW_DEC_OK && !w->dec[i].frag) {
                w->hash[i] = ww_flow_hash(&w->flows, &w->dec[i]);
                ww_flow_prefetch(&w->flows, w->hash[i]);
            }
        }
        for (unsigned i = 0; i < k; i++)
            if (w->dec[i].outcome == WW_DEC_OK)
                ww_flow_prefetch2(&w->flows, w->hash[i]);
        for (unsigned i = 0; i < k; i++)
            one(w, &p[from + i], &w->dec[i], w->hash[i]);
    }
    w->engine.pkt = NULL;
    w->engine.dec = NULL;
}

void ww_worker_tick(struct ww_worker *w, uint64_t now_ns)
{
    if (now_ns <= w->now)
        return;
    w->now = now_ns;
    w->engine.now = now_ns;
    timers(w, now_ns);
}

void ww_worker_end(struct ww_worker *w)
{
    w->engine.pkt = NULL;
    w->engine.dec = NULL;
    w->engine.now = w->now;
    uint32_t n = collect_due(w, w->now + 2 * (uint64_t)WW_WHEEL_SLOTS * NS); /* every flow has one */
    for (uint32_t k = 0; k < n; k++)
        end_flow(w, w->due[k], w->now, "eof");
    w->engine.order++;
    ww_worker_tell_stats(w, w->now);
}
