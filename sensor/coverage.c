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

static void worse(unsigned *g, unsigned by, struct ww_stats *s, const char *why)
{
    if (by == 0)
        return;
    WW_ADD(s->coverage__reasons, ww_slice_str(why));
    if (by > *g)
        *g = by;
}


void ww_coverage_grade(struct ww_stats *s)
{
    uint64_t dropped = s->capture__ring_drops;
    if (s->capture__kernel_drops != WW_NULL64)
        dropped += s->capture__kernel_drops;
    uint32_t packet_loss = ppm(dropped, s->capture__packets + dropped);
    uint32_t stream_loss = ppm(s->stream__gap_bytes, s->stream__bytes + s->stream__gap_bytes);
    bool drops_known = s->capture__kernel_drops != WW_NULL64;
    /* a file does not say what its capture lost; only gaps in streams do */
    uint32_t loss = stream_loss;
    if (drops_known && (loss == WW_NULL32 || (packet_loss != WW_NULL32 && packet_loss > loss)))
        loss = packet_loss;
    s->coverage__loss_ppm = loss;
    s->coverage__one_way_ppm = ppm(s->flow__one_way, s->flow__tcp);
    s->coverage__midstream_ppm = ppm(s->flow__midstream, s->flow__tcp);
    s->coverage__truncated_ppm = ppm(s->capture__truncated, s->capture__packets);
    s->coverage__reasons.len = 0;
    s->coverage__reasons.total = 0;
    unsigned g = 0;
    worse(&g, grade_of(loss, LOSS_B, LOSS_C, LOSS_D), s, "loss");
    worse(&g, grade_of(s->coverage__one_way_ppm, ONE_WAY_B, ONE_WAY_C, ONE_WAY_D), s, "one_way");
    worse(&g, grade_of(s->coverage__truncated_ppm, CUT_B, CUT_C, PPM), s, "truncated");
    worse(&g, s->capture__clock_steps > 0 ? 1 : 0, s, "clock_steps");
    worse(&g, s->flow__evicted > 0 ? 1 : 0, s, "flows_evicted");
    worse(&g, s->decoder__fragments_evicted > 0 ? 1 : 0, s, "fragments_evicted");
    worse(&g, s->stream__no_tcp > 0 ? 1 : 0, s, "tcp_no_room");
    worse(&g, s->app_layer__no_state > 0 ? 1 : 0, s, "state_no_room");
    worse(&g, s->app_layer__no_buffer > 0 ? 1 : 0, s, "buffer_no_room");
    worse(&g, s->app_layer__requests_evicted > 0 ? 1 : 0, s, "requests_evicted");
    worse(&g, s->overload__bulk_bytes > 0 ? 1 : 0, s, "overload_bulk");
    bool shed = s->overload__body_bytes > 0 || s->overload__head_bytes > 0 || s->overload__cut_packets > 0;
    worse(&g, shed ? 2 : 0, s, "overload_payload");
    worse(&g, s->judge__event_drops > 0 ? 2 : 0, s, "events_dropped");
    const char *name = "A";
    if (g > 0)
        name = g == 1 ? "B" : g == 2 ? "C" : "D";
    if (s->capture__packets == 0 || (loss == WW_NULL32 && g == 0)) {
        name = "?"; /* nothing that could have shown a loss */
        WW_ADD(s->coverage__reasons, WW_SLICE_LIT("loss_unknown"));
    }
    WW_SET(s->coverage__grade, ww_slice_str(name));
}

void ww_coverage_deaf(struct ww_stats *s)
{
    WW_ADD(s->coverage__reasons, WW_SLICE_LIT("interface_down"));
    struct ww_slice grade = WW_STR(s->coverage__grade);
    if (ww_slice_eqs(grade, "A") || ww_slice_eqs(grade, "B"))
        WW_SET(s->coverage__grade, WW_SLICE_LIT("C"));
}
