/* stream.c - TCP reassembly: in order without a copy, out of order bounded, losses told.
 * Source: RFC 9293. */
#include "sensor/stream.h"

enum {
    WILD_AHEAD = 1 << 26, /* bytes; far beyond the windows of hospital equipment */
    WILD_TRUST = 4        /* segments in a row that make a jump believable */
};

/* Distance from b to a on the circle of sequence numbers; negative: a is before b. */
static int32_t diff(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

void ww_tcp_init(struct ww_tcp *t)
{
    *t = (struct ww_tcp){ .retransmits = 0 };
    for (unsigned d = 0; d < 2; d++) {
        t->side[d].seg.i = WW_NONE;
        t->side[d].pend.i = WW_NONE;
    }
}

static struct ww_seg *seg_at(const struct ww_stream *s, struct ww_buf b)
{
    return (struct ww_seg *)(void *)ww_buf_at(s->bufs, b);
}

static struct ww_slice seg_bytes(const struct ww_stream *s, struct ww_buf b)
{
    const struct ww_seg *g = seg_at(s, b);
    struct ww_slice all = { ww_buf_at(s->bufs, b) + sizeof *g, (size_t)g->off + g->len };
    return ww_slice_from(all, g->off);
}

static void deliver(struct ww_stream *s, struct ww_side *x, enum ww_dir dir, struct ww_slice in,
                    const struct ww_stream_sink *sink)
{
    x->next += (uint32_t)in.n;
    x->seen += in.n;
    s->stats.bytes += in.n;
    sink->data(sink->to, dir, in);
}

/* Bytes up to sequence number `to` will not come any more. */
static void lose(struct ww_stream *s, struct ww_side *x, enum ww_dir dir, uint32_t to,
                 const struct ww_stream_sink *sink)
{
    uint32_t lost = to - x->next;
    int32_t acked = x->has_ack ? diff(x->acked, x->next) : 0;
    x->lost_bulk = x->skip > 0;
    x->lost_acked = acked > 0;
    s->stats.gap_bulk += x->skip < lost ? x->skip : lost;
    s->stats.gap_acked += acked <= 0 ? 0 : (uint32_t)acked < lost ? (uint32_t)acked : lost;
    x->lost_lo = x->next;
    x->lost_hi = to;
    x->next = to;
    x->seen += lost;
    x->gap_bytes += lost;
    s->stats.gap_bytes += lost;
    sink->gap(sink->to, dir, lost);
}

/* Takes the first waiting segment off the chain. */
static void pop_seg(struct ww_stream *s, struct ww_side *x)
{
    struct ww_buf b = x->seg;
    x->ooo_bytes -= seg_at(s, b)->len;
    x->nseg--;
    x->seg = seg_at(s, b)->next;
    ww_buf_put(s->bufs, &b);
}

/* Delivers waiting segments that have become contiguous. */
static void drain(struct ww_stream *s, struct ww_side *x, enum ww_dir dir,
                  const struct ww_stream_sink *sink)
{
    while (x->seg.i != WW_NONE) {
        const struct ww_seg *g = seg_at(s, x->seg);
        int32_t ahead = diff(g->seq, x->next);
        if (ahead > 0)
            return;
        struct ww_slice in = seg_bytes(s, x->seg);
        size_t old = (size_t)(-(int64_t)ahead);
        if (old < in.n)
            deliver(s, x, dir, ww_slice_sub(in, old, in.n), sink);
        pop_seg(s, x);
    }
    x->rx_after = 0;
}

static void lose_first_hole(struct ww_stream *s, struct ww_side *x, enum ww_dir dir,
                            const struct ww_stream_sink *sink)
{
    lose(s, x, dir, seg_at(s, x->seg)->seq, sink);
    x->rx_after = 0;
    drain(s, x, dir, sink);
}

/* ---- bytes that wait --------------------------------------------------------------------------------------- */

/* A segment on its way into the chain: where it began and ends, and what is left of it. */
struct fresh {
    uint32_t from, end, seq;
    struct ww_slice in;
    bool first_stays; /* the receiver keeps what came first */
};

static struct fresh fresh_of(const struct ww_side *receiver, uint32_t seq, struct ww_slice in)
{
    enum { UNIX_TTL = 64 };
    return (struct fresh){ .from = seq,
                           .end = seq + (uint32_t)in.n,
                           .seq = seq,
                           .in = in,
                           .first_stays = receiver->ttl == 0 || receiver->ttl > UNIX_TTL };
}

/* Does the receiver take the new segment's bytes instead of those that wait? Linux tcp_data_queue_ofo and
 * BSD tcp_reass: the earlier beginning; of two with one beginning, the longer. */
static bool wins(const struct fresh *n, const struct ww_seg *g)
{
    int32_t later = diff(g->from, n->from);
    return !n->first_stays && (later > 0 || (later == 0 && diff(n->end, g->to) > 0));
}

/* Do the bytes that a waiting segment and a new one have in common differ? */
static bool contradicts(const struct ww_stream *s, struct ww_buf b, uint32_t seq, struct ww_slice in)
{
    const struct ww_seg *g = seg_at(s, b);
    int32_t ahead = diff(seq, g->seq);
    struct ww_slice old = seg_bytes(s, b);
    if (ahead >= 0)
        old = ww_slice_from(old, (size_t)ahead);
    else
        in = ww_slice_from(in, (size_t)(-(int64_t)ahead));
    size_t n = old.n < in.n ? old.n : in.n;
    return !ww_slice_eq(ww_slice_sub(old, 0, n), ww_slice_sub(in, 0, n));
}

/* Puts the first n bytes of what is left into the chain. Return: false when there is no room. */
static bool put_piece(struct ww_stream *s, struct ww_side *x, struct ww_buf **at, struct fresh *n,
                      size_t len)
{
    if (len == 0)
        return true;
    if (x->nseg == WW_SEGS_MAX)
        return false;
    struct ww_buf b = ww_buf_get(s->bufs, sizeof(struct ww_seg) + len);
    if (b.i == WW_NONE)
        return false;
    struct ww_seg *g = seg_at(s, b);
    *g = (struct ww_seg){ .next = **at, .seq = n->seq, .len = (uint32_t)len, .from = n->from, .to = n->end };
    ww_copy(ww_buf_at(s->bufs, b) + sizeof *g, ww_slice_sub(n->in, 0, len));
    if (g->next.i == WW_NONE)
        x->tail = b;
    **at = b;
    *at = &g->next;
    x->nseg++;
    x->ooo_bytes += (uint32_t)len;
    n->in = ww_slice_from(n->in, len);
    n->seq += (uint32_t)len;
    return true;
}

/* The new segment takes the place of a waiting one, wholly or at its front. prev: the segment that `at`
 * is in. */
static void displace(struct ww_stream *s, struct ww_side *x, struct ww_buf *at, struct ww_buf prev,
                     uint32_t end)
{
    struct ww_seg *g = seg_at(s, *at);
    int32_t stays = diff(g->seq + g->len, end);
    if (stays > 0) {
        uint32_t gone = g->len - (uint32_t)stays;
        g->seq += gone;
        g->off += gone;
        g->len -= gone;
        x->ooo_bytes -= gone;
        return;
    }
    struct ww_buf b = *at;
    x->ooo_bytes -= g->len;
    x->nseg--;
    *at = g->next;
    if (at->i == WW_NONE)
        x->tail = prev;
    ww_buf_put(s->bufs, &b);
}

/**
 * Keeps a segment in the chain of those that wait.
 * Out:    differs  set when it contradicts bytes that wait
 * Return: false when there was no room for all of it
 */
static bool keep(struct ww_stream *s, struct ww_side *x, struct fresh n, bool *differs)
{
    struct ww_buf *at = &x->seg;
    struct ww_buf prev = { .i = WW_NONE };
    if (at->i != WW_NONE && diff(n.seq, seg_at(s, x->tail)->seq) >= 0) {
        prev = x->tail; /* the usual case: behind all that wait */
        s->stats.steps++;
        const struct ww_seg *g = seg_at(s, prev);
        if (diff(n.seq, g->seq + g->len) >= 0)
            at = &seg_at(s, prev)->next;
    }
    while (n.in.n > 0) {
        if (at->i == WW_NONE)
            return put_piece(s, x, &at, &n, n.in.n);
        struct ww_seg *g = seg_at(s, *at);
        s->stats.steps++;
        if (diff(n.seq, g->seq + g->len) >= 0) { /* it lies behind this one */
            prev = *at;
            at = &g->next;
            continue;
        }
        if (diff(g->seq, n.end) >= 0)
            return put_piece(s, x, &at, &n, n.in.n);
        s->stats.overlaps++;
        *differs |= contradicts(s, *at, n.seq, n.in);
        if (wins(&n, g)) {
            displace(s, x, at, prev, n.end);
            continue;
        }
        int32_t before = diff(g->seq, n.seq);
        if (before > 0 && !put_piece(s, x, &at, &n, (size_t)before))
            return false;
        prev = *at; /* step over what stays */
        g = seg_at(s, prev);
        size_t over = g->seq + g->len - n.seq;
        n.in = ww_slice_from(n.in, over < n.in.n ? over : n.in.n);
        n.seq += (uint32_t)over;
        at = &g->next;
    }
    return true;
}

/* A hole lies before the waiting bytes: is it lost for good? */
static bool hole_is_lost(const struct ww_stream *s, const struct ww_side *x, uint64_t ts)
{
    bool acked = x->has_ack && diff(x->acked, seg_at(s, x->seg)->seq) >= 0;
    return (acked && x->rx_after >= s->cfg.wait_segs) || x->ooo_bytes > s->cfg.flow_cap ||
           (ts > x->hole_ts && ts - x->hole_ts > s->cfg.wait_ns);
}

/* The rest of a segment up to sequence number `to` was cut by the snap length; what waits already is
 * not lost. */
static void lose_cut(struct ww_stream *s, struct ww_side *x, enum ww_dir dir, uint32_t to,
                     const struct ww_stream_sink *sink)
{
    uint64_t before = s->stats.gap_bytes;
    while (x->seg.i != WW_NONE && diff(seg_at(s, x->seg)->seq, to) < 0)
        lose_first_hole(s, x, dir, sink);
    if (diff(to, x->next) > 0)
        lose(s, x, dir, to, sink);
    s->stats.gap_cut += s->stats.gap_bytes - before;
    drain(s, x, dir, sink);
}

static void tell_differs(struct ww_stream *s, enum ww_dir dir, const struct ww_stream_sink *sink)
{
    s->stats.differing++;
    if (sink->differs != NULL)
        sink->differs(sink->to, dir);
}

static void ahead_of_hole(struct ww_stream *s, struct ww_side *x, enum ww_dir dir, struct fresh n,
                          const struct ww_stream_sink *sink)
{
    bool differs = false;
    s->stats.out_of_order++;
    bool kept = keep(s, x, n, &differs);
    if (differs)
        tell_differs(s, dir, sink);
    if (kept)
        return;
    /* no room: give up the holes so far, the oldest bytes are the most useful */
    s->stats.evicted++;
    while (x->seg.i != WW_NONE)
        lose_first_hole(s, x, dir, sink);
    if (diff(n.seq, x->next) > 0)
        lose(s, x, dir, n.seq, sink);
    size_t old = (size_t)(x->next - n.seq);
    if (old < n.in.n)
        deliver(s, x, dir, ww_slice_from(n.in, old), sink);
}

/* The next bytes, while others wait: a hole is filled, and the two may overlap. */
static void fill_hole(struct ww_stream *s, struct ww_side *x, enum ww_dir dir, struct fresh n,
                      uint64_t ts, const struct ww_stream_sink *sink)
{
    bool differs = false;
    if (diff(seg_at(s, x->seg)->seq, n.end) >= 0 || !keep(s, x, n, &differs))
        deliver(s, x, dir, n.in, sink);
    drain(s, x, dir, sink);
    x->hole_ts = ts; /* a hole behind the one that was filled waits its own time */
    x->rx_after = 0;
    if (differs)
        tell_differs(s, dir, sink);
}

static void mend(uint64_t *total, uint64_t back)
{
    *total -= back < *total ? back : *total;
}

/* Bytes that were seen before, or that fill a hole which was given up. */
static void old_bytes(struct ww_stream *s, struct ww_tcp *t, struct ww_side *x, uint32_t seq,
                      size_t n)
{
    if (diff(seq, x->lost_lo) >= 0 && diff(seq + (uint32_t)n, x->lost_hi) <= 0 &&
        x->lost_lo != x->lost_hi) {
        /* late, not lost: the dissector has gone on, but the loss figures are mended */
        uint64_t back = n < x->gap_bytes ? n : x->gap_bytes;
        x->gap_bytes -= back;
        mend(&s->stats.gap_bytes, back);
        mend(&s->stats.gap_bulk, x->lost_bulk ? back : 0);
        mend(&s->stats.gap_acked, x->lost_acked ? back : 0);
        return;
    }
    t->retransmits++;
    s->stats.retransmits++;
}

/* The next bytes, and none wait: the way of nearly every segment. first: where the segment began. */
static inline void in_order(struct ww_stream *s, struct ww_side *x, const struct ww_dec *d,
                            enum ww_dir dir, uint32_t first, struct ww_slice in,
                            const struct ww_stream_sink *sink)
{
    x->wild = 0;
    ww_stream_remember(x, d, first);
    deliver(s, x, dir, in, sink);
}

/* A segment ahead of the next byte: behind a hole. */
static void ahead_of_next(struct ww_stream *s, struct ww_tcp *t, const struct ww_dec *d, enum ww_dir dir,
                          uint32_t seq, uint64_t ts, const struct ww_stream_sink *sink)
{
    struct ww_side *x = &t->side[dir];
    struct ww_slice in = d->payload;
    int32_t ahead = diff(seq, x->next);
    bool near = x->seg.i != WW_NONE && diff(seq, seg_at(s, x->tail)->seq) < WILD_AHEAD;
    if (ahead > WILD_AHEAD && !near && ++x->wild < WILD_TRUST)
        return; /* a forged or damaged segment must not move the stream; a real jump repeats */
    x->wild = 0;
    ww_stream_remember(x, d, seq);
    if (x->skip >= (uint64_t)ahead + in.n && x->seg.i == WW_NONE) {
        /* hole and segment both lie in bulk that nobody wants: arithmetic instead of buffers */
        lose(s, x, dir, seq, sink);
        deliver(s, x, dir, in, sink);
        return;
    }
    if (x->seg.i == WW_NONE) {
        x->hole_ts = ts;
        x->rx_after = 0;
    }
    x->rx_after++;
    ahead_of_hole(s, x, dir, fresh_of(&t->side[dir ^ 1], seq, in), sink);
}

/* A segment that is not simply the next: it came before, or too early, or others wait behind it. */
static void out_of_order(struct ww_stream *s, struct ww_tcp *t, const struct ww_dec *d, enum ww_dir dir,
                         uint32_t seq, uint64_t ts, const struct ww_stream_sink *sink)
{
    struct ww_side *x = &t->side[dir];
    struct ww_slice in = d->payload;
    const uint32_t first = seq;
    int32_t ahead = diff(seq, x->next);
    if (ahead > 0) {
        ahead_of_next(s, t, d, dir, seq, ts, sink);
        return;
    }
    if (ahead < 0) {
        size_t old = (size_t)(-(int64_t)ahead);
        if (ww_stream_contradicts(x, d, seq))
            tell_differs(s, dir, sink);
        if (old >= in.n) {
            old_bytes(s, t, x, seq, in.n);
            return;
        }
        t->retransmits++;
        s->stats.retransmits++;
        in = ww_slice_from(in, old);
        seq += (uint32_t)old;
    }
    if (x->seg.i == WW_NONE) {
        in_order(s, x, d, dir, first, in, sink);
        return;
    }
    x->wild = 0;
    ww_stream_remember(x, d, first);
    fill_hole(s, x, dir, fresh_of(&t->side[dir ^ 1], seq, in), ts, sink);
}

/* The side begins at seq, unless bytes of it were seen. */
static void on_syn(struct ww_stream *s, struct ww_side *x, uint32_t seq)
{
    if (x->has_next && x->seen != 0)
        return;
    while (x->seg.i != WW_NONE && seq != x->next) { /* of a beginning that is given up */
        s->stats.evicted++;
        pop_seg(s, x);
    }
    x->next = seq;
    x->has_next = true;
}

/* Holes that waited too long, of both sides. */
static void give_up_holes(struct ww_stream *s, struct ww_tcp *t, uint64_t ts,
                          const struct ww_stream_sink *sink)
{
    for (unsigned k = 0; k < 2; k++) {
        struct ww_side *h = &t->side[k];
        while (h->seg.i != WW_NONE && hole_is_lost(s, h, ts)) {
            lose_first_hole(s, h, (enum ww_dir)k, sink);
            h->hole_ts = ts;
        }
    }
}

bool ww_stream_segment(struct ww_stream *s, struct ww_tcp *t, const struct ww_dec *d,
                       enum ww_dir dir, uint64_t ts, const struct ww_stream_sink *sink)
{
    struct ww_side *x = &t->side[dir];
    struct ww_side *y = &t->side[dir ^ 1];
    uint32_t seq = d->seq;
    x->ttl = d->ttl;
    if (d->tcp_flags & WW_TCP_SYN)
        on_syn(s, x, ++seq); /* the SYN takes one number; data may ride on it (RFC 7413) */
    if (d->tcp_flags & WW_TCP_FIN)
        x->fin = true;
    if ((d->tcp_flags & WW_TCP_ACK) && (!y->has_ack || diff(d->ack, y->acked) > 0)) {
        y->acked = d->ack;
        y->has_ack = true;
    }
    struct ww_slice in = d->payload;
    bool fresh = true;
    if (in.n > 0 && !(d->tcp_flags & WW_TCP_RST)) { /* data on a RST is a reason text */
        if (!x->has_next) {
            x->next = seq;
            x->has_next = true;
        }
        /* one byte before the window is a keep-alive (RFC 9293 3.8.4) */
        if (in.n == 1 && diff(seq, x->next) == -1)
            return false;
        uint64_t before = x->seen;
        uint32_t waiting = x->ooo_bytes;
        if (seq == x->next && x->seg.i == WW_NONE)
            in_order(s, x, d, dir, seq, in, sink);
        else
            out_of_order(s, t, d, dir, seq, ts, sink);
        fresh = x->seen != before || x->ooo_bytes != waiting;
        if (d->wire > in.n && diff(x->next, seq + (uint32_t)in.n) == 0)
            lose_cut(s, x, dir, seq + d->wire, sink);
    } else if (d->cut && d->wire > 0 && x->has_next && seq == x->next &&
               !(d->tcp_flags & WW_TCP_RST)) {
        lose_cut(s, x, dir, seq + d->wire, sink); /* only its header was captured */
    }
    give_up_holes(s, t, ts, sink);
    return fresh;
}

/* The receiver acknowledged bytes at the end that were not seen. A FIN takes one number; a single one
 * without a FIN is most likely a FIN that was not seen either. */
static void lose_acked(struct ww_stream *s, struct ww_side *x, enum ww_dir dir,
                       const struct ww_stream_sink *sink)
{
    if (!x->has_next || !x->has_ack)
        return;
    int32_t ahead = diff(x->acked, x->next);
    if (ahead > 1 && ahead < WILD_AHEAD)
        lose(s, x, dir, x->next + (uint32_t)ahead - (x->fin ? 1 : 0), sink);
}

void ww_stream_flush(struct ww_stream *s, struct ww_tcp *t, const struct ww_stream_sink *sink)
{
    for (unsigned k = 0; k < 2; k++) {
        while (t->side[k].seg.i != WW_NONE)
            lose_first_hole(s, &t->side[k], (enum ww_dir)k, sink);
        lose_acked(s, &t->side[k], (enum ww_dir)k, sink);
    }
}

void ww_stream_drop(struct ww_stream *s, struct ww_tcp *t)
{
    for (unsigned k = 0; k < 2; k++) {
        while (t->side[k].seg.i != WW_NONE)
            pop_seg(s, &t->side[k]);
        ww_buf_put(s->bufs, &t->side[k].pend);
    }
}
