/* worker.c - the path of a packet: decode, defragment, find the flow, reassemble, dissect. */
#include "sensor/worker_int.h"

enum { ET_ARP = 0x0806 };
static const uint64_t NS = 1000000000u;

struct ww_worker_cfg ww_worker_defaults(void)
{
    return (struct ww_worker_cfg){ .flows = 1000000,
                                   .tcp_flows = 200000,
                                   .buffer_bytes = 96u << 20,
                                   .state_bytes = 192u << 20,
                                   .datagrams = 512,
                                   .recent = 16384,
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
           ww_chains_budget() + c->buffer_bytes + c->state_bytes +
           c->datagrams * (sizeof(struct ww_frag) + WW_FRAG_DATAGRAM_MAX + 1) +
           ww_dups_bytes(c->recent) + WW_LINKS_MAX * sizeof(struct ww_link) +
           WW_LINK_SLOTS * sizeof(uint16_t) + sizeof(struct ww_worker);
}

static void sink_data(void *to, enum ww_dir dir, struct ww_slice in)
{
    struct ww_worker *w = to;
    if (w->load != WW_LOAD_ALL && ww_worker_sheds(w, ww_flow_at(&w->flows, w->flow), dir, in.n))
        ww_engine_gap(&w->engine, w->flow, dir, in.n); /* the dissector finds its way back later */
    else
        ww_engine_stream(&w->engine, w->flow, dir, in);
}

static void sink_gap(void *to, enum ww_dir dir, uint64_t lost)
{
    struct ww_worker *w = to;
    ww_engine_gap(&w->engine, w->flow, dir, lost);
}

static void sink_differs(void *to, enum ww_dir dir)
{
    struct ww_worker *w = to;
    ww_engine_anomaly(&w->engine, w->flow, dir, "stream", "segment_content_differs", "tcp");
}

enum ww_rc ww_worker_new(struct ww_worker **out, const struct ww_worker_cfg *cfg, struct ww_err *e)
{
    enum ww_rc rc = WW_E_SYS;
    struct ww_worker *w = ww_mem_reserve(sizeof *w);
    if (w == NULL)
        return WW_FAIL(e, WW_E_SYS, "no memory for a worker");
    w->cfg = *cfg;
    w->sink = (struct ww_stream_sink){ sink_data, sink_gap, sink_differs, w };
    w->stream.cfg = (struct ww_stream_cfg){ .flow_cap = 512 * 1024,
                                            .wait_segs = 16,
                                            .wait_ns = NS };
    w->stream.bufs = &w->bufs;
    w->due = ww_mem_reserve(cfg->flows * sizeof *w->due);
    if (w->due == NULL || ww_flows_init(&w->flows, cfg->flows, cfg->key) != WW_OK ||
        ww_slab_init(&w->tcp, sizeof(struct ww_tcp), cfg->tcp_flows) != WW_OK ||
        ww_bufs_init(&w->bufs, cfg->buffer_bytes) != WW_OK ||
        ww_links_init(&w->links) != WW_OK ||
        ww_defrag_init(&w->defrag, cfg->datagrams, cfg->key) != WW_OK ||
        ww_dups_init(&w->dups, cfg->recent, cfg->key) != WW_OK) {
        ww_err_set(e, WW_E_SYS, "no memory for the tables (%zu MiB); lower the budgets",
                   ww_worker_budget(cfg) >> 20);
        goto out;
    }
    ww_mem_dense(w->tcp.base, w->tcp.bytes);
    struct ww_engine_cfg ec = { .dissectors = cfg->dissectors,
                                .flows = cfg->flows,
                                .state_budget = cfg->state_bytes,
                                .key = cfg->key,
                                .emit = cfg->emit,
                                .emit_to = cfg->emit_to,
                                .wants = cfg->wants,
                                .wants_to = cfg->wants_to };
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
    ww_dups_free(&w->dups);
    ww_defrag_free(&w->defrag);
    ww_links_free(&w->links);
    ww_bufs_free(&w->bufs);
    ww_slab_free(&w->tcp);
    ww_flows_free(&w->flows);
    ww_mem_release(w->due, w->cfg.flows * sizeof *w->due);
    ww_mem_release(w, sizeof *w);
}

/* ---- transport ------------------------------------------------------------------------------------------- */

/* A SYN on a connection that is over, or with another number, begins a new one (port reuse). The same
 * number again is the same connection, seen by a second mirror port or sent again. */
static bool is_reuse(const struct ww_worker *w, const struct ww_flow *f, const struct ww_dec *d,
                     enum ww_dir dir)
{
    if ((d->tcp_flags & (WW_TCP_SYN | WW_TCP_ACK)) != WW_TCP_SYN)
        return false;
    if (f->ext == WW_NONE)
        return f->state == WW_FS_CLOSED;
    const struct ww_side *x = &((const struct ww_tcp *)ww_slab_at(&w->tcp, f->ext))->side[dir];
    if (x->has_next && d->seq + 1 == x->next - (uint32_t)x->seen)
        return false;
    return f->state == WW_FS_CLOSED || (x->has_next && x->seen > 0);
}

/* A reset, or a packet after one. Who goes on sending behind its own reset did not send it: it was forged,
 * and the peer did not heed it (RFC 5961 3). */
static void reset(struct ww_worker *w, uint32_t i, const struct ww_dec *d, enum ww_dir dir)
{
    struct ww_flow *f = ww_flow_at(&w->flows, i);
    uint8_t mine = dir == WW_A ? WW_FF_RST_A : WW_FF_RST_B;
    struct ww_side *x = f->ext == WW_NONE ? NULL : &((struct ww_tcp *)ww_slab_at(&w->tcp, f->ext))->side[dir];
    if (d->tcp_flags & WW_TCP_RST) {
        f->flags |= mine;
        if (x != NULL)
            x->reset = d->seq;
        return;
    }
    bool answers = (d->tcp_flags & (WW_TCP_SYN | WW_TCP_ACK)) == (WW_TCP_SYN | WW_TCP_ACK);
    if (!(f->flags & mine) || x == NULL || (d->payload.n == 0 && !answers) ||
        (int32_t)(d->seq - x->reset) < 0)
        return;
    f->flags &= (uint8_t)~mine;
    if (f->state == WW_FS_CLOSED && !(f->flags & (WW_FF_RST_A | WW_FF_RST_B)))
        f->state = WW_FS_OPEN;
    ww_engine_anomaly(&w->engine, i, dir, "stream", "reset_not_heeded", "tcp");
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
            ww_worker_tell_open(w, i, dir, syn_ack ? "syn_ack" : "reply");
    }
    if ((f->flags & (WW_FF_RST_A | WW_FF_RST_B)) || (d->tcp_flags & WW_TCP_RST))
        reset(w, i, d, dir);
    if ((d->tcp_flags & WW_TCP_URG) && d->payload.n > 0) /* receivers do not agree on it (RFC 6093 3) */
        ww_engine_anomaly(&w->engine, i, dir, "stream", "urgent_data", "tcp");
    if (d->tcp_flags & WW_TCP_FIN)
        f->flags |= dir == WW_A ? WW_FF_FIN_A : WW_FF_FIN_B;
    bool fins = (f->flags & (WW_FF_FIN_A | WW_FF_FIN_B)) == (WW_FF_FIN_A | WW_FF_FIN_B);
    if (f->state != WW_FS_CLOSED && (fins || (f->flags & (WW_FF_RST_A | WW_FF_RST_B)))) {
        f->state = WW_FS_CLOSED;
        ww_wheel_set(&w->flows.wheel, i, w->engine.now / NS + WW_CLOSED_S + 1);
    }
}

/* Can this segment change anything about the state of its connection? Not data and acknowledgements on
 * one that is open and on its way. */
static inline bool is_eventful(const struct ww_flow *f, const struct ww_dec *d)
{
    enum { NEWS = WW_TCP_SYN | WW_TCP_FIN | WW_TCP_RST | WW_TCP_URG,
           ENDING = WW_FF_FIN_A | WW_FF_FIN_B | WW_FF_RST_A | WW_FF_RST_B };
    return (d->tcp_flags & NEWS) != 0 || (f->flags & (ENDING | WW_FF_OPEN_TOLD)) != WW_FF_OPEN_TOLD;
}

static void on_tcp(struct ww_worker *w, uint32_t i, const struct ww_dec *d, enum ww_dir dir)
{
    struct ww_flow *f = ww_flow_at(&w->flows, i);
    if (is_eventful(f, d))
        tcp_state(w, i, d, dir);
    if (!(f->flags & WW_FF_USED) || f->pkts[dir] == 1)
        ww_worker_link_tcp(w, f, d, dir);
    if (f->ext == WW_NONE)
        return;
    w->flow = i;
    (void)ww_stream_segment(&w->stream, ww_slab_at(&w->tcp, f->ext), d, dir, w->engine.now,
                            &w->sink);
    ww_worker_link_stream(w, w->link);
}

static void on_datagram(struct ww_worker *w, uint32_t i, const struct ww_dec *d, enum ww_dir dir)
{
    struct ww_flow *f = ww_flow_at(&w->flows, i);
    if (!(f->flags & WW_FF_OPEN_TOLD) && f->pkts[0] > 0 && f->pkts[1] > 0)
        ww_worker_tell_open(w, i, dir, "reply");
    if (d->proto == WW_IPPROTO_UDP && !d->cut &&
        (w->load == WW_LOAD_ALL || !ww_worker_sheds(w, f, dir, d->payload.n)))
        ww_engine_datagram(&w->engine, i, dir, d->payload);
}

/* A whole IP packet: account it and pass its payload on. i: the flow that it most likely is. */
static void on_ip(struct ww_worker *w, const struct ww_dec *d, uint32_t hash, uint32_t i,
                  const struct ww_pkt *p)
{
    enum ww_dir dir = WW_A;
    if (i == WW_NONE || !ww_flow_is(ww_flow_at(&w->flows, i), d, &dir))
        i = ww_flow_find(&w->flows, d, hash, &dir);
    if (i != WW_NONE && d->proto == WW_IPPROTO_TCP &&
        is_reuse(w, ww_flow_at(&w->flows, i), d, dir)) {
        ww_worker_end_flow(w, i, p->ts, "reuse");
        i = WW_NONE;
        dir = WW_A;
    }
    if (i == WW_NONE)
        i = ww_worker_begin_flow(w, d, hash, p);
    if (i == WW_NONE)
        return;
    struct ww_flow *f = ww_flow_at(&w->flows, i);
    if (p->ts > f->last)
        f->last = p->ts;
    if (f->pkts[dir] < UINT32_MAX)
        f->pkts[dir]++;
    f->bytes[dir] += p->len;
    if (dir == WW_B && ww_mac_none(&f->mac[1]))
        f->mac[1] = d->mac[0]; /* cooked captures name only the sender */
    if (d->proto == WW_IPPROTO_TCP)
        on_tcp(w, i, d, dir);
    else
        on_datagram(w, i, d, dir);
}

/* The datagram that a fragment completes: put together here, or before. Return: false when pieces are
 * missing. */
static bool whole_of(struct ww_worker *w, const struct ww_dec *d, const struct ww_pkt *p,
                     struct ww_slice *whole)
{
    bool own = p->fate == WW_FATE_OWN || (p->fate == WW_FATE_WHOLE && w->whole.n == 0);
    bool done = own && ww_defrag_add(&w->defrag, d, p->ts, whole);
    w->stats.fragments++;
    if (own ? w->defrag.differs : p->differs) {
        w->stats.fragments_differing++;
        ww_engine_anomaly(&w->engine, WW_NONE, WW_A, "stream", "fragment_content_differs",
                          d->fam == 4 ? "ipv4" : "ipv6");
    }
    if (own)
        return done;
    *whole = w->whole;
    w->whole = (struct ww_slice){ NULL, 0 }; /* a fragment inside it is ours */
    w->stats.given += whole->n > 0;
    return whole->n > 0;
}

/* A packet, or a datagram from its fragments, that is no fragment itself. */
static void on_packet(struct ww_worker *w, const struct ww_dec *d, uint32_t hash, uint32_t near,
                      const struct ww_pkt *p)
{
    struct ww_engine *g = &w->engine;
    if (d->outcome == WW_DEC_OK)
        on_ip(w, d, hash, near, p);
    else if (d->outcome == WW_DEC_NOT_IP)
        (void)ww_engine_frame(g, d);
    else
        ww_engine_anomaly(g, WW_NONE, WW_A, "decode",
                          ww_dec_name((enum ww_dec_outcome)d->outcome), "packet");
}

/* A datagram may carry a tunnel, in which there may be a fragment of another.
 * Return: false while the datagram is not complete; else d is that of the innermost packet, and hash its flow's */
static bool on_fragment(struct ww_worker *w, struct ww_dec *d, const struct ww_pkt *p, uint32_t *hash)
{
    for (unsigned n = 0; d->outcome == WW_DEC_OK && d->frag; n++) {
        struct ww_slice whole = { NULL, 0 };
        if (n == WW_FRAG_NESTED) {
            d->outcome = WW_DEC_DEPTH;
            w->stats.dec[WW_DEC_DEPTH]++;
            break;
        }
        if (!whole_of(w, d, p, &whole))
            return false;
        w->stats.dec[ww_decode_transport(d, whole)]++;
    }
    w->stats.tunnelled += d->ntunnel > 0;
    *hash = d->outcome == WW_DEC_OK ? ww_flow_hash(&w->flows, d) : 0;
    return true;
}

static void count(struct ww_worker *w, const struct ww_dec *d)
{
    struct ww_worker_stats *s = &w->stats;
    s->dec[d->outcome]++;
    s->tunnelled += d->ntunnel > 0;
    s->fam[d->fam % WW_FAMS]++;
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

/* The last round: packet i of the batch goes its way. */
static inline void one(struct ww_worker *w, const struct ww_pkt *p, unsigned i)
{
    struct ww_engine *g = &w->engine;
    struct ww_dec *d = &w->dec[i];
    if (p->stepped)
        w->stats.clock_steps++;
    if (p->ts >= w->next_tick) {
        g->order = ww_order(p->source, p->frame);
        ww_worker_timers(w, p->ts);
    }
    if (p->ts > w->now)
        w->now = p->ts;
    g->pkt = p;
    g->dec = d;
    g->now = p->ts;
    g->order = ww_order(p->source, p->frame) + 3;
    /* after the timers: what they tell does not know this packet yet */
    w->stats.packets++;
    w->stats.bytes += p->len;
    ww_worker_on_link(w, p, d);
    bool copy = p->fate == WW_FATE_OWN ? ww_dup_is_copy(&w->dups, d, w->same[i], p->ts)
                                       : p->fate == WW_FATE_COPY;
    if (copy) { /* seen through another mirror port */
        w->stats.copies++;
        w->links.of[w->link].s.copies++;
        return;
    }
    count(w, d);
    uint32_t hash = w->hash[i];
    if (d->outcome == WW_DEC_OK && d->frag && !on_fragment(w, d, p, &hash))
        return;
    on_packet(w, d, hash, w->near[i], p);
}

/* The third round: what hangs on a flow. */
static void prefetch_tcp(const struct ww_worker *w, const struct ww_flow *f)
{
    if (f->ext == WW_NONE)
        return;
    const uint8_t *t = ww_slab_at(&w->tcp, f->ext);
    for (size_t at = 0; at < sizeof(struct ww_tcp); at += 64)
        __builtin_prefetch(t + at, 1);
}

/* The first round: what the packet is, and where the tables would know it. */
static inline void look(struct ww_worker *w, const struct ww_pkt *p, unsigned i)
{
    struct ww_dec *d = &w->dec[i];
    struct ww_ends e = { .either = 0 };
    if (ww_decode(p, d) == WW_DEC_OK) {
        e = ww_ends_of(&w->flows.key, d);
        ww_flow_prefetch(&w->flows, e.either);
        w->same[i] = ww_dup_hash_ip(&w->dups, d, e.ordered);
    } else {
        w->same[i] = ww_dup_hash(&w->dups, d);
    }
    w->hash[i] = e.either;
    ww_dup_prefetch(&w->dups, w->same[i]);
}

void ww_worker_packets(struct ww_worker *w, const struct ww_pkt *p, unsigned n)
{
    for (unsigned from = 0; from < n; from += WW_BATCH) {
        unsigned k = n - from < WW_BATCH ? n - from : WW_BATCH;
        for (unsigned i = 0; i < k; i++)
            look(w, &p[from + i], i);
        for (unsigned i = 0; i < k; i++)
            w->near[i] = w->dec[i].outcome == WW_DEC_OK ? ww_flow_prefetch2(&w->flows, w->hash[i]) : WW_NONE;
        for (unsigned i = 0; i < k; i++)
            if (w->near[i] != WW_NONE)
                prefetch_tcp(w, ww_flow_at(&w->flows, w->near[i]));
        for (unsigned i = 0; i < k; i++)
            one(w, &p[from + i], i);
    }
    w->engine.pkt = NULL;
    w->engine.dec = NULL;
}

void ww_worker_whole(struct ww_worker *w, const struct ww_pkt *p, struct ww_slice whole)
{
    w->whole = whole;
    ww_worker_packets(w, p, 1);
    w->whole = (struct ww_slice){ NULL, 0 };
}

void ww_worker_tick(struct ww_worker *w, uint64_t now_ns)
{
    if (now_ns <= w->now)
        return;
    w->now = now_ns;
    w->engine.now = now_ns;
    ww_worker_timers(w, now_ns);
}

void ww_worker_end(struct ww_worker *w)
{
    w->engine.pkt = NULL;
    w->engine.dec = NULL;
    w->engine.now = w->now;
    uint32_t n = ww_worker_collect_due(w, w->now + 2 * (uint64_t)WW_WHEEL_SLOTS * NS); /* every flow has one */
    for (uint32_t k = 0; k < n; k++)
        ww_worker_end_flow(w, w->due[k], w->now, "eof");
    w->engine.order++;
    ww_worker_tell_stats(w, w->now);
}
