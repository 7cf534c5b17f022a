/* stream_model.h - a byte-array model of one TCP connection that the stream engine is held against;
 * shared by the unit test (random segmentations from a printed seed) and the fuzz target.
 *
 * What is sent at a position may have two values (overlap with different content): any value that was
 * sent is right. What is told as lost must not have been received, unless the engine was told to hurry
 * (hasty), and nothing may be told twice or out of order.
 */
#ifndef WW_STREAM_MODEL_H
#define WW_STREAM_MODEL_H
#include "sensor/stream.h"
#include "tests/support.h"
#include <stdlib.h>

enum { SM_BYTES = 8192 };

struct sm_side {
    uint32_t isn;            /* sequence number of position 0 */
    uint8_t sent[SM_BYTES];  /* 0 never, 1 the first value, 2 the other, 3 both */
    size_t start, pos;       /* first position that counts, next one to be told */
    bool begun;
    size_t told, lost;
};

struct sm {
    struct ww_stream s;
    struct ww_bufs bufs;
    struct ww_tcp t;
    struct sm_side side[2];
    struct ww_stream_sink sink;
    uint64_t now;
    bool exact; /* segments in a malloc of their size (for ASan) instead of guard pages: faster */
    bool hasty; /* small caps: bytes that were received may be given up */
    const char *label;
};

static inline uint8_t sm_byte(unsigned dir, size_t pos, bool other)
{
    return (uint8_t)((pos * 31 + pos / 251 + dir * 97) ^ (other ? 0xa5 : 0));
}

static inline void sm_data(void *to, enum ww_dir dir, struct ww_slice in)
{
    struct sm *m = to;
    struct sm_side *x = &m->side[dir];
    struct ww_rd r = ww_rd(in);
    if (in.n == 0)
        t_die("%s: an empty delivery", m->label);
    if (in.n > SM_BYTES - x->pos)
        t_die("%s: more bytes than were sent", m->label);
    for (size_t i = 0; i < in.n; i++, x->pos++) {
        uint8_t v = ww_rd_u8(&r);
        bool first = (x->sent[x->pos] & 1) && v == sm_byte(dir, x->pos, false);
        bool other = (x->sent[x->pos] & 2) && v == sm_byte(dir, x->pos, true);
        if (!first && !other)
            t_die("%s: side %d position %zu: a byte that was never sent there", m->label, dir, x->pos);
    }
    x->told += in.n;
}

static inline void sm_gap(void *to, enum ww_dir dir, uint64_t lost)
{
    struct sm *m = to;
    struct sm_side *x = &m->side[dir];
    if (lost == 0 || lost > SM_BYTES - x->pos)
        t_die("%s: side %d position %zu: a gap of %llu bytes", m->label, dir, x->pos,
              (unsigned long long)lost);
    for (uint64_t i = 0; i < lost; i++, x->pos++)
        if (!m->hasty && x->sent[x->pos] != 0)
            t_die("%s: side %d position %zu was received but is told as lost", m->label, dir, x->pos);
    x->lost += lost;
}

static inline void sm_init(struct sm *m, uint32_t isn_a, uint32_t isn_b, bool hasty)
{
    memset(m, 0, sizeof *m);
    m->label = "stream model";
    m->hasty = hasty;
    m->side[0].isn = isn_a;
    m->side[1].isn = isn_b;
    m->now = 1000000000u;
    m->s.cfg = hasty ? (struct ww_stream_cfg){ .flow_cap = 700, .wait_segs = 3, .wait_ns = 20000000 }
                     : (struct ww_stream_cfg){ .flow_cap = 1 << 20, .wait_segs = 1 << 20,
                                               .wait_ns = UINT64_MAX / 2 };
    if (ww_bufs_init(&m->bufs, 1 << 22) != WW_OK)
        t_die("no memory");
    m->s.bufs = &m->bufs;
    m->sink = (struct ww_stream_sink){ .data = sm_data, .gap = sm_gap, .to = m };
    ww_tcp_init(&m->t);
}

static inline void sm_syn(struct sm *m, enum ww_dir dir)
{
    struct ww_dec d = { .seq = m->side[dir].isn - 1, .tcp_flags = WW_TCP_SYN };
    m->side[dir].begun = true;
    (void)ww_stream_segment(&m->s, &m->t, &d, dir, m->now, &m->sink);
}

static inline struct ww_slice sm_copy(const uint8_t *p, size_t n)
{
    uint8_t *c = malloc(n);
    if (c == NULL)
        t_die("no memory");
    memcpy(c, p, n);
    return (struct ww_slice){ c, n };
}

/* One segment; `cut` bytes at its end were not captured (snap length). */
static inline void sm_segment(struct sm *m, enum ww_dir dir, size_t pos, size_t n, bool other,
                              size_t cut, int64_t ack)
{
    uint8_t bytes[SM_BYTES];
    struct sm_side *x = &m->side[dir];
    if (pos >= SM_BYTES || n == 0)
        return;
    if (n > SM_BYTES - pos)
        n = SM_BYTES - pos;
    if (cut >= n)
        cut = n - 1;
    if (!x->begun) {
        x->begun = true;
        x->start = x->pos = pos;
    }
    for (size_t i = 0; i < n; i++)
        bytes[i] = sm_byte(dir, pos + i, other);
    /* one byte in front of the window is a keep-alive, its content does not count (RFC 9293 3.8.4) */
    bool keep_alive = n - cut == 1 && pos + 1 == x->pos;
    for (size_t i = 0; i < n - cut && !keep_alive; i++)
        x->sent[pos + i] |= other ? 2 : 1;
    struct ww_slice in = m->exact ? sm_copy(bytes, n - cut) : t_guard(bytes, n - cut);
    struct ww_dec d = { .seq = x->isn + (uint32_t)pos, .tcp_flags = WW_TCP_ACK, .payload = in,
                        .wire = (uint32_t)n, .cut = cut > 0 };
    if (ack >= 0)
        d.ack = m->side[dir ^ 1].isn + (uint32_t)ack;
    else
        d.tcp_flags = 0;
    m->now += 1000000;
    (void)ww_stream_segment(&m->s, &m->t, &d, dir, m->now, &m->sink);
    if (m->exact)
        free((void *)(uintptr_t)in.p);
    else
        t_unguard(in);
}

/* The connection is over. Without haste, everything that was received behind the start was told. */
static inline void sm_end(struct sm *m)
{
    ww_stream_flush(&m->s, &m->t, &m->sink);
    for (unsigned k = 0; k < 2; k++) {
        const struct sm_side *x = &m->side[k];
        for (size_t i = x->pos; i < SM_BYTES && !m->hasty; i++)
            if (x->sent[i] != 0)
                t_die("%s: side %u position %zu was received but never told", m->label, k, i);
        if (x->told + x->lost != x->pos - x->start)
            t_die("%s: side %u: bytes told and lost do not add up", m->label, k);
    }
    ww_stream_drop(&m->s, &m->t);
    for (unsigned c = 0; c < WW_BUF_CLASSES; c++)
        if (m->bufs.of[c].used != 0)
            t_die("%s: %u buffers were not given back", m->label, m->bufs.of[c].used);
    ww_bufs_free(&m->bufs);
}
#endif
