/* worker_stats.c - a worker's counters as a statistics record. */
#include "sensor/worker.h"

void ww_worker_add_stats(const struct ww_worker *w, struct ww_stats *s)
{
    const struct ww_worker_stats *x = &w->stats;
    s->capture__packets += x->packets;
    s->capture__bytes += x->bytes;
    s->capture__truncated += x->truncated;
    s->capture__clock_steps += x->clock_steps;
    s->capture__copies += x->copies;
    s->capture__recent_evicted += w->dups.evicted;
    s->decoder__ipv4 += x->ipv4;
    s->decoder__ipv6 += x->ipv6;
    s->decoder__tcp += x->tcp;
    s->decoder__udp += x->udp;
    s->decoder__icmp += x->icmp;
    s->decoder__arp += x->arp;
    s->decoder__other += x->other;
    for (unsigned o = WW_DEC_NOT_IP + 1; o < WW_DEC_N; o++)
        s->decoder__invalid += x->dec[o];
    s->decoder__fragments += x->fragments;
    s->decoder__reassembled += w->defrag.whole;
    s->decoder__fragments_evicted += w->defrag.evicted;
    s->flow__total += w->flows.total;
    s->flow__active += w->flows.slab.used;
    s->flow__evicted += w->flows.evicted;
    s->flow__midstream += x->midstream;
    s->flow__one_way += x->one_way;
    s->flow__tcp += x->tcp_flows;
    s->stream__gap_bytes += w->stream.stats.gap_bytes;
    s->stream__bytes += w->stream.stats.bytes;
    s->stream__evicted += w->stream.stats.evicted;
    s->stream__no_tcp += x->no_tcp;
    s->app_layer__probes += w->engine.stats.probes;
    s->app_layer__stopped += w->engine.stats.stopped;
    s->app_layer__buffered += w->engine.stats.buffered;
    s->app_layer__skipped += w->engine.stats.skipped;
    s->app_layer__no_state += w->engine.stats.no_state;
    s->app_layer__no_buffer += w->engine.stats.no_buffer + w->engine.stats.no_content;
    s->app_layer__requests_evicted += w->engine.pairs.evicted;
    s->overload__raised += x->load_raised;
    s->overload__bulk_bytes += x->left[WW_LOAD_BULK];
    s->overload__body_bytes += x->left[WW_LOAD_BODIES];
    s->overload__head_bytes += x->left[WW_LOAD_HEADS];
    s->overload__cut_packets += x->load_cut;
}

void ww_worker_tell_stats(struct ww_worker *w, uint64_t at)
{
    struct ww_stats s = { .capture__kernel_drops = WW_NULL64 };
    ww_worker_add_stats(w, &s);
    ww_engine_emit(&w->engine, WW_NONE, WW_A, at, &ww_stats_type, &s);
}
