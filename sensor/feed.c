/* feed.c - packet rings: putting, taking in batches, and shedding of load by the fill of the ring. */
#include "sensor/feed.h"

enum { FILL = 64 };

/* How full a ring is, of the part that may be filled. */
static unsigned fill_of(struct ww_ring *r, uint64_t cap)
{
    uint64_t used = ww_ring_used(r);
    return used >= cap ? FILL : (unsigned)(used * FILL / cap);
}

uint8_t ww_feed_step(uint8_t now, unsigned fill)
{
    static const unsigned up[] = { 0, WW_FEED_BULK, WW_FEED_BODIES, WW_FEED_HEADS };
    static_assert(sizeof up / sizeof up[0] == WW_LOAD_N, "a mark for each step");
    uint8_t to = now;
    while (to + 1 < WW_LOAD_N && fill >= up[to + 1])
        to++;
    while (to > 0 && fill < up[to] - WW_FEED_BACK)
        to--;
    return to;
}

bool ww_feed_put(struct ww_ring *r, const struct ww_pkt *p)
{
    bool cut = p->caplen > WW_FEED_CUT && fill_of(r, r->cap) >= WW_FEED_HEADS;
    uint32_t n = cut ? WW_FEED_CUT : p->caplen;
    struct ww_in *in = ww_ring_slot(r, sizeof *in + sizeof *p + n, 0);
    if (in == NULL)
        return false;
    *in = (struct ww_in){ .kind = WW_IN_BYTES, .n = 1 };
    in->pkt[0] = *p;
    in->pkt[0].caplen = n;
    in->pkt[0].shed = cut;
    ww_copy(&in->pkt[1], (struct ww_slice){ p->p, n });
    ww_ring_push(r, sizeof *in + sizeof *p + n);
    return true;
}

size_t ww_feed_whole_bytes(struct ww_slice whole)
{
    return sizeof(struct ww_in) + sizeof(struct ww_pkt) + whole.n;
}

void ww_feed_set_whole(struct ww_in *in, struct ww_block *block, const struct ww_pkt *p,
                       struct ww_slice whole)
{
    *in = (struct ww_in){ .kind = WW_IN_WHOLE, .n = (uint32_t)whole.n, .block = block };
    in->pkt[0] = *p;
    ww_copy(&in->pkt[1], whole);
}

bool ww_feed_put_whole(struct ww_ring *r, const struct ww_pkt *p, struct ww_slice whole)
{
    struct ww_pkt piece = *p;
    piece.fate = WW_FATE_PIECE;
    if (fill_of(r, r->cap) >= WW_FEED_HEADS)
        return ww_feed_put(r, &piece);
    size_t n = ww_feed_whole_bytes(whole);
    struct ww_in *in = ww_ring_slot(r, n + p->caplen, 0);
    if (in == NULL)
        return false;
    ww_feed_set_whole(in, NULL, p, whole);
    uint8_t *bytes = (uint8_t *)&in->pkt[1] + whole.n;
    ww_copy(bytes, (struct ww_slice){ p->p, p->caplen });
    ww_ring_push(r, n + p->caplen);
    return true;
}

/* Packets in a row at the front of the ring. Return: their number. */
static unsigned batch_of(struct ww_ring *r, struct ww_pkt *b)
{
    unsigned n = 0;
    size_t len;
    const struct ww_in *in;
    while (n < WW_BATCH && (in = ww_ring_peek(r, &len)) != NULL && in->kind == WW_IN_BYTES) {
        b[n] = in->pkt[0];
        b[n++].p = (const uint8_t *)&in->pkt[1];
        ww_ring_pass(r);
    }
    return n;
}

/* A record that is no packet of its own. */
static void take_other(struct ww_worker *w, const struct ww_in *in, struct ww_taken *t)
{
    switch ((enum ww_in_kind)in->kind) {
    case WW_IN_PACKETS: {
        const struct ww_pkt *last = &in->pkt[in->n - 1];
        t->mark = ww_order(last->source, last->frame + 1);
        ww_worker_packets(w, in->pkt, in->n);
        ww_block_drop(in->block, in->n);
        break;
    }
    case WW_IN_WHOLE: {
        struct ww_pkt p = in->pkt[0];
        struct ww_slice whole = { (const uint8_t *)&in->pkt[1], in->n };
        if (in->block == NULL) { /* live: its bytes stand behind the datagram */
            p.p = whole.p + whole.n;
            t->mark = p.ts;
        } else {
            t->mark = ww_order(p.source, p.frame + 1);
        }
        ww_worker_whole(w, &p, whole);
        if (in->block != NULL)
            ww_block_drop(in->block, 1);
        break;
    }
    case WW_IN_BYTES: /* taken in batches */
        break;
    case WW_IN_TICK:
        w->engine.order = in->key;
        ww_worker_tick(w, in->ts);
        t->mark = in->key;
        break;
    case WW_IN_END:
        ww_worker_tick(w, in->ts); /* all workers end at the newest time of the capture */
        t->mark = in->key;
        t->ended = true;
        break;
    }
}

struct ww_taken ww_feed_take_file(struct ww_worker *w, struct ww_ring *r)
{
    struct ww_taken t = { .n = 0 };
    size_t len;
    const struct ww_in *in = ww_ring_peek(r, &len);
    if (in == NULL || in->kind == WW_IN_BYTES)
        return t; /* a packet that came since the batch was looked for: the next turn takes it */
    t.n = 1;
    take_other(w, in, &t);
    ww_ring_pop(r);
    return t;
}

struct ww_taken ww_feed_take_live(struct ww_worker *w, struct ww_ring *r, struct ww_ring *ev)
{
    struct ww_pkt *b = w->batch;
    unsigned fill = fill_of(r, r->cap);
    /* the last quarter of the event ring is for events that must not be lost */
    unsigned events = ev != NULL ? fill_of(ev, ev->cap / 4 * 3) : 0;
    ww_worker_load(w, ww_feed_step((uint8_t)w->load, events > fill ? events : fill));
    struct ww_taken t = { .n = batch_of(r, b) };
    if (t.n == 0)
        return ww_feed_take_file(w, r);
    ww_worker_packets(w, b, t.n);
    t.mark = b[t.n - 1].ts;
    ww_ring_done(r);
    return t;
}
