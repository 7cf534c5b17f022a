/* coverage.c - how much the sensor could see: a grade with reasons, never better than what is known. */
#include "sensor/event_core.h"

enum {
    PPM = 1000000,
    LOSS_B = 100,       /* 0.01 %: single losses */
    LOSS_C = 10000,     /* 1 % */
    LOSS_D = 100000,    /* 10 % */
    ONE_WAY_B = 20000,  /* 2 % of the connections */
    ONE_WAY_C = 200000, /* 20 %: a mirror port that copies one direction */
    ONE_WAY_D = 800000,
    CUT_B = 1000,
    CUT_C = 100000
};

/* What the grade is made of, for the whole run or one link of it. */
struct seen {
    uint64_t packets, truncated, clock_steps;
    uint64_t kernel_drops, ring_drops; /* WW_NULL64 = unknown */
    uint64_t stream_bytes, gap_bytes, gap_cut_bytes;
    uint64_t tcp_flows, midstream, tcp_used, one_way;
};

/* Where the result is written: the members of WW_COVERAGE_FIELDS, in either record. */
struct verdict {
    uint32_t loss, one_way, midstream, truncated;
    unsigned grade; /* 0 = A */
    bool unknown;
    const char *reason[24];
    size_t n;
};

/* Part of a whole in ppm, null when there is no whole. */
static uint32_t ppm(uint64_t part, uint64_t whole)
{
    if (whole == 0)
        return WW_NULL32;
    __extension__ typedef unsigned __int128 u128;
    return (uint32_t)((u128)part * PPM / whole);
}

static unsigned grade_of(uint32_t v, uint32_t b, uint32_t c, uint32_t d)
{
    if (v == WW_NULL32)
        return 0;
    return v >= d ? 3 : v >= c ? 2 : v >= b ? 1 : 0;
}

static void worse(struct verdict *v, unsigned by, const char *why)
{
    if (by == 0 || !WW_INVARIANT(v->n < sizeof v->reason / sizeof v->reason[0]))
        return;
    v->reason[v->n++] = why;
    if (by > v->grade)
        v->grade = by;
}

/* Bytes that were cut are not lost: what they were part of was seen, and is told as truncated. */
static uint32_t loss_of(const struct seen *s)
{
    uint64_t dropped = s->ring_drops != WW_NULL64 ? s->ring_drops : 0;
    bool known = s->kernel_drops != WW_NULL64; /* a file does not say what its capture lost */
    if (known)
        dropped += s->kernel_drops;
    uint64_t gap = s->gap_bytes > s->gap_cut_bytes ? s->gap_bytes - s->gap_cut_bytes : 0;
    uint32_t packets = ppm(dropped, s->packets + dropped);
    uint32_t stream = ppm(gap, s->stream_bytes + gap);
    if ((known || dropped > 0) && packets != WW_NULL32 && (stream == WW_NULL32 || packets > stream))
        return packets;
    return stream;
}

static void judge(struct verdict *v, const struct seen *s, uint32_t midstream_ppm)
{
    *v = (struct verdict){ .loss = loss_of(s),
                           .one_way = ppm(s->one_way, s->tcp_used),
                           .midstream = ppm(s->midstream, s->tcp_flows),
                           .truncated = ppm(s->truncated, s->packets) };
    worse(v, grade_of(v->loss, LOSS_B, LOSS_C, LOSS_D), "loss");
    worse(v, grade_of(v->one_way, ONE_WAY_B, ONE_WAY_C, ONE_WAY_D), "one_way");
    /* who asked whom was not seen: at most a guess for most of the connections */
    worse(v, v->midstream != WW_NULL32 && v->midstream > midstream_ppm ? 1 : 0, "midstream");
    worse(v, grade_of(v->truncated, CUT_B, CUT_C, PPM), "truncated");
    worse(v, s->clock_steps > 0 ? 1 : 0, "clock_steps");
}

/* Nothing that could have shown a loss is no proof that there was none. */
static void conclude(struct verdict *v, const struct seen *s)
{
    v->unknown = s->packets == 0 || (v->loss == WW_NULL32 && v->grade == 0);
}

static const char *letter(const struct verdict *v)
{
    static const char *const names[] = { "A", "B", "C", "D" };
    return v->unknown ? "?" : names[v->grade & 3];
}

/* Both records have the same members (WW_COVERAGE_FIELDS). */
#define WRITE(s, v)                                                                                \
    do {                                                                                           \
        (s)->coverage__loss_ppm = (v)->loss;                                                       \
        (s)->coverage__one_way_ppm = (v)->one_way;                                                 \
        (s)->coverage__midstream_ppm = (v)->midstream;                                             \
        (s)->coverage__truncated_ppm = (v)->truncated;                                             \
        (s)->coverage__reasons.len = 0;                                                            \
        (s)->coverage__reasons.total = 0;                                                          \
        for (size_t i = 0; i < (v)->n; i++)                                                        \
            WW_ADD((s)->coverage__reasons, ww_slice_str((v)->reason[i]));                          \
        if ((v)->unknown)                                                                          \
            WW_ADD((s)->coverage__reasons, WW_SLICE_LIT("loss_unknown"));                          \
        WW_SET((s)->coverage__grade, ww_slice_str(letter(v)));                                     \
    } while (0)

void ww_coverage_grade(struct ww_stats *s, uint32_t midstream_ppm)
{
    struct verdict v;
    struct seen x = { .packets = s->capture__packets,
                      .truncated = s->capture__truncated,
                      .clock_steps = s->capture__clock_steps,
                      .kernel_drops = s->capture__kernel_drops,
                      .ring_drops = s->capture__ring_drops,
                      .stream_bytes = s->stream__bytes,
                      .gap_bytes = s->stream__gap_bytes,
                      .gap_cut_bytes = s->stream__gap_cut_bytes,
                      .tcp_flows = s->flow__tcp,
                      .midstream = s->flow__midstream,
                      .tcp_used = s->flow__tcp_used,
                      .one_way = s->flow__one_way };
    judge(&v, &x, midstream_ppm);
    worse(&v, s->flow__evicted > 0 ? 1 : 0, "flows_evicted");
    worse(&v, s->decoder__fragments_evicted > 0 ? 1 : 0, "fragments_evicted");
    worse(&v, s->stream__no_tcp > 0 ? 1 : 0, "tcp_no_room");
    worse(&v, s->app_layer__no_state > 0 ? 1 : 0, "state_no_room");
    worse(&v, s->app_layer__no_buffer > 0 ? 1 : 0, "buffer_no_room");
    worse(&v, s->app_layer__requests_evicted > 0 ? 1 : 0, "requests_evicted");
    worse(&v, s->judge__devices_evicted > 0 ? 1 : 0, "devices_evicted");
    worse(&v, s->judge__alerts_evicted > 0 ? 1 : 0, "alerts_evicted");
    worse(&v, s->overload__bulk_bytes > 0 ? 1 : 0, "overload_bulk");
    bool shed = s->overload__body_bytes > 0 || s->overload__head_bytes > 0 || s->overload__cut_packets > 0;
    worse(&v, shed ? 2 : 0, "overload_payload");
    worse(&v, s->judge__event_drops > 0 ? 2 : 0, "events_dropped");
    conclude(&v, &x);
    WRITE(s, &v);
}

void ww_coverage_link(struct ww_link_stats *s, uint32_t midstream_ppm)
{
    struct verdict v;
    struct seen x = { .packets = s->packets,
                      .truncated = s->truncated,
                      .clock_steps = s->clock_steps,
                      .kernel_drops = s->kernel_drops,
                      .ring_drops = s->ring_drops,
                      .stream_bytes = s->stream_bytes,
                      .gap_bytes = s->gap_bytes,
                      .gap_cut_bytes = s->gap_cut_bytes,
                      .tcp_flows = s->tcp_flows,
                      .midstream = s->midstream,
                      .tcp_used = s->tcp_used,
                      .one_way = s->one_way };
    judge(&v, &x, midstream_ppm);
    worse(&v, s->down ? 2 : 0, "interface_down");
    conclude(&v, &x);
    WRITE(s, &v);
}

void ww_coverage_deaf(struct ww_stats *s)
{
    WW_ADD(s->coverage__reasons, WW_SLICE_LIT("interface_down"));
    struct ww_slice grade = WW_STR(s->coverage__grade);
    if (ww_slice_eqs(grade, "A") || ww_slice_eqs(grade, "B"))
        WW_SET(s->coverage__grade, WW_SLICE_LIT("C"));
}

void ww_coverage_uneven(struct ww_stats *s)
{
    WW_ADD(s->coverage__reasons, WW_SLICE_LIT("uneven"));
    if (ww_slice_eqs(WW_STR(s->coverage__grade), "A"))
        WW_SET(s->coverage__grade, WW_SLICE_LIT("B"));
}
