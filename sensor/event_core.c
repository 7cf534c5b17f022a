/* event_core.c - types of the engine's own events. */
#include "sensor/event_core.h"

WW_EVENT_TYPE(ww_flow_start, "flow.start", "First packet of a flow", WW_EVT_KEEP,
              WW_FLOW_START_FIELDS);
WW_EVENT_TYPE(ww_flow_tunnel, "flow.tunnel", "A tunnel around the first packet of a flow", WW_EVT_KEEP,
              WW_FLOW_TUNNEL_FIELDS);
WW_EVENT_TYPE(ww_flow_open, "flow.open", "The peer answered", WW_EVT_KEEP, WW_FLOW_OPEN_FIELDS);
WW_EVENT_TYPE(ww_flow_app, "flow.app", "The protocol of a flow is known", WW_EVT_KEEP,
              WW_FLOW_APP_FIELDS);
WW_EVENT_TYPE(ww_flow_update, "flow.update", "A flow that goes on, every 60 s of packet time", 0,
              WW_FLOW_END_FIELDS);
WW_EVENT_TYPE(ww_flow_end, "flow.end", "A flow that is over", WW_EVT_KEEP, WW_FLOW_END_FIELDS);
WW_EVENT_TYPE(ww_anomaly_ev, "anomaly", "Something that breaks a protocol", 0, WW_ANOMALY_FIELDS);
WW_EVENT_TYPE(ww_stats, "stats", "Counters and coverage", WW_EVT_KEEP, WW_STATS_FIELDS);
WW_EVENT_TYPE(ww_link_stats, "stats.link", "Counters and coverage of an interface, file or VLAN",
              WW_EVT_KEEP, WW_LINK_FIELDS);

const struct ww_event_type *const ww_core_events[] = {
    &ww_flow_start_type,  &ww_flow_tunnel_type, &ww_flow_open_type,  &ww_flow_app_type,
    &ww_flow_update_type, &ww_flow_end_type,    &ww_anomaly_ev_type, &ww_stats_type,
    &ww_link_stats_type,
    NULL
};
