/* worker_stats.c - a worker's counters as a statistics record. */
#include "sensor/worker_int.h"

/* ---- counters by interface and VLAN ---------------------------------------------------------------- */

/* What is wrong with a packet: with its time, its length, its headers. */
static void on_flaw(struct ww_worker *w, const struct ww_pkt *p, const struct ww_dec *d)
{
    struct ww_link_stats *s = &w->links.of[w->link].s;
    w->stats.truncated += d->cut && !p->shed;
    w->stats.load_cut += p->shed;
    s->truncated += d->cut && !p->shed;
    s->clock_steps += p->stepped;
    s->invalid += d->outcome > WW_DEC_NOT_IP;
}

void ww_worker_on_link(struct ww_worker *w, const struct ww_pkt *p, const struct ww_dec *d)
{
    /* as everywhere: the innermost tag is the network that a device is in */
    uint16_t vlan = d->nvlan > 0 ? d->vlan[(d->nvlan - 1u) % WW_VLAN_MAX] : 0;
    w->link = ww_links_get(&w->links, p->source, vlan, p->frame);
    struct ww_link_stats *s = &w->links.of[w->link].s;
    if (s->packets++ == 0)
        s->first = p->ts;
    s->bytes += p->len;
    if (p->ts > s->last)
        s->last = p->ts;
    if (p->ts < s->first)
        s->first = p->ts;
    if (p->stepped || p->shed || d->cut || d->outcome > WW_DEC_NOT_IP)
        on_flaw(w, p, d);
}

void ww_worker_link_stream(struct ww_worker *w, uint32_t link)
{
    const struct ww_stream_stats *now = &w->stream.stats;
    struct ww_stream_stats *had = &w->on_links;
    struct ww_link_stats *s = &w->links.of[link].s;
    s->stream_bytes += now->bytes - had->bytes;
    had->bytes = now->bytes;
    if (now->gap_bytes == had->gap_bytes)
        return;
    /* a hole that is filled late makes the totals smaller: differences wrap, sums come out right */
    s->gap_bytes += now->gap_bytes - had->gap_bytes;
    s->gap_bulk_bytes += now->gap_bulk - had->gap_bulk;
    s->gap_acked_bytes += now->gap_acked - had->gap_acked;
    s->gap_cut_bytes += now->gap_cut - had->gap_cut;
    *had = *now;
}

/* What was only tried, a scan for instance, says nothing about a mirror that copies one direction. */
void ww_worker_link_tcp(struct ww_worker *w, struct ww_flow *f, const struct ww_dec *d, enum ww_dir dir)
{
    struct ww_link_stats *s = &w->links.of[f->link].s;
    bool other = f->pkts[dir ^ 1] > 0;
    if ((f->flags & WW_FF_USED) != 0) {
        if (f->pkts[dir] == 1 && other) { /* the direction that was missing */
            w->stats.one_way--;
            s->one_way--;
        }
        return;
    }
    if ((d->tcp_flags & (WW_TCP_SYN | WW_TCP_RST)) != 0)
        return;
    f->flags |= WW_FF_USED;
    w->stats.tcp_used++;
    s->tcp_used++;
    w->stats.one_way += !other;
    s->one_way += !other;
}

/* ---- the worker's own ---------------------------------------------------------------------------------- */

void ww_worker_add_stats(const struct ww_worker *w, struct ww_stats *s)
{
    const struct ww_worker_stats *x = &w->stats;
    s->capture__packets += x->packets;
    s->capture__bytes += x->bytes;
    s->capture__truncated += x->truncated;
    s->capture__clock_steps += x->clock_steps;
    s->capture__copies += x->copies;
    s->capture__recent_evicted += w->dups.evicted;
    s->decoder__ipv4 += x->fam[4];
    s->decoder__ipv6 += x->fam[6];
    s->decoder__tcp += x->tcp;
    s->decoder__udp += x->udp;
    s->decoder__icmp += x->icmp;
    s->decoder__arp += x->arp;
    s->decoder__other += x->other;
    for (unsigned o = WW_DEC_NOT_IP + 1; o < WW_DEC_N; o++)
        s->decoder__invalid += x->dec[o];
    s->decoder__tunnelled += x->tunnelled;
    s->decoder__too_deep += x->dec[WW_DEC_DEPTH];
    for (unsigned o = WW_DEC_WLAN_PROTECTED; o <= WW_DEC_WLAN_FCS; o++)
        s->decoder__wlan_opaque += x->dec[o];
    s->decoder__fragments += x->fragments;
    s->decoder__fragments_differing += x->fragments_differing;
    s->decoder__reassembled += w->defrag.whole + x->given;
    s->decoder__fragments_evicted += w->defrag.evicted;
    s->flow__total += w->flows.total;
    s->flow__active += w->flows.slab.used;
    s->flow__evicted += w->flows.evicted;
    s->flow__chains_lost += w->flows.chains.lost;
    s->flow__midstream += x->midstream;
    s->flow__one_way += x->one_way;
    s->flow__tcp += x->tcp_flows;
    s->flow__tcp_used += x->tcp_used;
    s->stream__gap_bytes += w->stream.stats.gap_bytes;
    s->stream__gap_bulk_bytes += w->stream.stats.gap_bulk;
    s->stream__gap_acked_bytes += w->stream.stats.gap_acked;
    s->stream__gap_cut_bytes += w->stream.stats.gap_cut;
    s->stream__bytes += w->stream.stats.bytes;
    s->stream__differing += w->stream.stats.differing;
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

/* In the order in which this worker met them; the pipeline puts those of all workers in order. */
static void tell_links(struct ww_worker *w, uint64_t at)
{
    const struct ww_pkt *pkt = w->engine.pkt;
    for (uint32_t i = 0; i < w->links.n; i++) {
        struct ww_link *l = &w->links.of[i];
        if (!ww_link_changed(l))
            continue;
        struct ww_pkt first = { .source = l->source, .frame = l->frame };
        w->engine.pkt = &first; /* the record names source and first frame of the link */
        ww_engine_emit(&w->engine, WW_NONE, WW_A, at, &ww_link_stats_type, &l->s);
    }
    w->engine.pkt = pkt;
}

void ww_worker_tell_stats(struct ww_worker *w, uint64_t at)
{
    tell_links(w, at);
    struct ww_stats s = { .capture__kernel_drops = WW_NULL64,
                          .store__lost = WW_NULL64,
                          .store__free_ppm = WW_NULL32 };
    ww_worker_add_stats(w, &s);
    ww_engine_emit(&w->engine, WW_NONE, WW_A, at, &ww_stats_type, &s);
}
