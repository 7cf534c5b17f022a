/* worker_tunnel.c - tells the tunnels around a flow, and takes datagrams out of fragments, in which
 * further fragments may be. */
#include "sensor/worker_int.h"

static const char *dir_name(uint8_t dir)
{
    static const char *const names[] = { "", "ingress", "egress" };
    return dir < sizeof names / sizeof names[0] ? names[dir] : "";
}

void ww_worker_tell_tunnels(struct ww_worker *w, uint32_t i, const struct ww_dec *d, uint64_t at)
{
    for (unsigned k = 0; k < d->ntunnel; k++) {
        const struct ww_tunnel *t = &d->tunnel[k];
        size_t half = d->carrier[k].n / 2;
        struct ww_flow_tunnel b = { .depth = (uint8_t)(k + 1),
                                    .id = t->id,
                                    .src = ww_ip_of(ww_slice_sub(d->carrier[k], 0, half)),
                                    .dst = ww_ip_of(ww_slice_from(d->carrier[k], half)),
                                    .vlan = t->vlan,
                                    .original_vlan = WW_NULL32,
                                    .port_index = WW_NULL32,
                                    .switch_id = WW_NULL32,
                                    .sgt = WW_NULL32,
                                    .timestamp = WW_NULL64,
                                    .timestamp_unit = WW_NULL32 };
        WW_SET(b.kind, ww_slice_str(ww_tunnel_name(t->kind)));
        if (d->span.version != 0 && d->span.at == k) {
            b.original_vlan = d->span.vlan;
            b.port_index = d->span.port;
            b.switch_id = d->span.switch_id;
            b.sgt = d->span.sgt;
            b.timestamp = d->span.timestamp;
            b.timestamp_unit = d->span.unit_ns;
            b.truncated = d->span.truncated;
            WW_SET(b.direction, ww_slice_str(dir_name(d->span.dir)));
        }
        ww_engine_emit(&w->engine, i, WW_A, at, &ww_flow_tunnel_type, &b);
    }
}
