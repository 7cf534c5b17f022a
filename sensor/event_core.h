/* event_core.h - the engine's own events: flows, anomalies, statistics with coverage. */
#ifndef WW_EVENT_CORE_H
#define WW_EVENT_CORE_H
#include "sensor/event.h"

#define WW_FLOW_START_FIELDS(F, S)                                                                 \
    F(S, BOOL, midstream, 0, NONE, "", "The connection was open before the capture began")        \
    F(S, STR, client_by, 12, NONE, "", "How the client was found: syn, dissector, port, guess")   \
    F(S, U8, icmp_type, 0, NONE, "", "ICMP type (RFC 792, RFC 4443); 0 for other protocols")      \
    F(S, U8, icmp_code, 0, NONE, "", "ICMP code")
WW_EVENT_DECLARE(ww_flow_start, WW_FLOW_START_FIELDS);

/* One for each tunnel around the first packet of a flow, the outermost first. */
#define WW_FLOW_TUNNEL_FIELDS(F, S)                                                                \
    F(S, U8, depth, 0, NONE, "", "1 is the outermost tunnel")                                     \
    F(S, STR, kind, 16, NONE, "", "vxlan, gre, erspan2, mpls ...")                                \
    F(S, U32, id, 0, NONE, "", "VNI, key, bottom label, session, TEID, call or security tag; 0 where the kind has none")  \
    F(S, IP, src, 0, NONE, "", "Who sent the packet that carries the tunnel; none below IP")      \
    F(S, IP, dst, 0, NONE, "", "Where it was sent to")                                            \
    F(S, U16, vlan, 0, NONE, "", "Innermost tag of the frame that carries the tunnel; 0 = none")  \
    F(S, STR, direction, 8, NONE, "", "ERSPAN III: ingress or egress, seen from the mirrored port")   \
    F(S, U32N, original_vlan, 0, NONE, "", "ERSPAN II, III: VLAN of the frame at the switch")     \
    F(S, U32N, port_index, 0, NONE, "", "ERSPAN II, III: index or id of the mirrored port")       \
    F(S, U32N, switch_id, 0, NONE, "", "ERSPAN III: id of the switch, where the platform tells it")   \
    F(S, U32N, sgt, 0, NONE, "", "ERSPAN III: security group tag")                                \
    F(S, U64N, timestamp, 0, NONE, "", "ERSPAN III: clock of the switch, in timestamp_unit")      \
    F(S, U32N, timestamp_unit, 0, NONE, "ns", "ERSPAN III: granularity of timestamp; null = set by the operator")  \
    F(S, BOOL, truncated, 0, NONE, "", "ERSPAN II, III: the switch cut the frame")
WW_EVENT_DECLARE(ww_flow_tunnel, WW_FLOW_TUNNEL_FIELDS);

#define WW_FLOW_OPEN_FIELDS(F, S)                                                                  \
    F(S, STR, how, 12, NONE, "", "What showed that the peer answers: syn_ack or reply")
WW_EVENT_DECLARE(ww_flow_open, WW_FLOW_OPEN_FIELDS);

#define WW_FLOW_APP_FIELDS(F, S)                                                                   \
    F(S, STR, app_proto, 24, NONE, "", "Protocol that was recognised by its content")             \
    F(S, BOOL, midstream, 0, NONE, "", "Found on bytes in the middle of the connection")
WW_EVENT_DECLARE(ww_flow_app, WW_FLOW_APP_FIELDS);

#define WW_FLOW_END_FIELDS(F, S)                                                                   \
    F(S, U64, pkts_toserver, 0, NONE, "packets", "Packets from client to server")                 \
    F(S, U64, pkts_toclient, 0, NONE, "packets", "Packets from server to client")                 \
    F(S, U64, bytes_toserver, 0, NONE, "bytes", "Bytes on the wire from client to server")        \
    F(S, U64, bytes_toclient, 0, NONE, "bytes", "Bytes on the wire from server to client")        \
    F(S, TIME, start, 0, NONE, "", "First packet seen")                                            \
    F(S, TIME, end, 0, NONE, "", "Last packet seen")                                               \
    F(S, U64, age, 0, NONE, "s", "From first to last packet")                                     \
    F(S, STR, state, 12, NONE, "", "new, established, closed (Suricata's words)")                 \
    F(S, STR, reason, 12, NONE, "", "Why the record was written: fin, rst, reuse, timeout, evicted, "\
                                    "eof, update")                                                     \
    F(S, BOOL, midstream, 0, NONE, "", "The connection was open before the capture began")        \
    F(S, STR, client_by, 12, NONE, "", "How the client was found: syn, dissector, port, guess, "  \
                                       "unknown")                                                 \
    F(S, U64, gap_bytes_toserver, 0, NONE, "bytes", "Stream bytes that were not seen")            \
    F(S, U64, gap_bytes_toclient, 0, NONE, "bytes", "Stream bytes that were not seen")            \
    F(S, U64, retransmits, 0, NONE, "segments", "Segments with bytes that had been seen")
WW_EVENT_DECLARE(ww_flow_end, WW_FLOW_END_FIELDS);
WW_EVENT_DECLARE(ww_flow_update, WW_FLOW_END_FIELDS);

#define WW_ANOMALY_FIELDS(F, S)                                                                    \
    F(S, STR, type, 12, NONE, "", "decode, stream or applayer")                                   \
    F(S, STR, event, 48, NONE, "", "What was seen, in snake case")                                \
    F(S, STR, layer, 16, NONE, "", "Where: ethernet, ipv4, tcp, proto_parser ...")                \
    F(S, STR, app_proto, 24, NONE, "", "Dissector that told it")                                  \
    F(S, U64, count, 0, NONE, "", "How often since the last event of the kind")
WW_EVENT_DECLARE(ww_anomaly_ev, WW_ANOMALY_FIELDS);

/* How much could be seen. Unknown is null, never 0. */
#define WW_COVERAGE_FIELDS(F, S)                                                                   \
    F(S, U32N, coverage__loss_ppm, 0, NONE, "ppm", "Lost share of packets or stream bytes, the greater; null = unknown")  \
    F(S, U32N, coverage__one_way_ppm, 0, NONE, "ppm", "Share of used TCP flows with one direction only; null = no such flow")   \
    F(S, U32N, coverage__midstream_ppm, 0, NONE, "ppm", "Share of TCP flows without beginning; null = no TCP flow")   \
    F(S, U32N, coverage__truncated_ppm, 0, NONE, "ppm", "Share of packets cut by the snap length")\
    F(S, STR, coverage__grade, 8, NONE, "", "A full, B small losses, C large losses, D hardly usable, ? unknown")  \
    F(S, LIST, coverage__reasons, 384, NONE, "", "What lowers the grade")

/* Cumulative since the start; unknown is null, never 0. */
#define WW_STATS_FIELDS(F, S)                                                                      \
    F(S, U64, uptime, 0, NONE, "s", "Packet time covered so far")                                 \
    F(S, U64, capture__packets, 0, NONE, "packets", "Packets read from all sources")              \
    F(S, U64, capture__bytes, 0, NONE, "bytes", "Bytes on the wire")                              \
    F(S, U64N, capture__kernel_drops, 0, NONE, "packets", "Dropped by the kernel; null in files") \
    F(S, U64, capture__ring_drops, 0, NONE, "packets", "Dropped because a worker's ring was full")\
    F(S, U64, capture__truncated, 0, NONE, "packets", "Cut by the snap length")                   \
    F(S, U64, capture__clock_steps, 0, NONE, "", "Time stamps that went back by over 1 s")        \
    F(S, U64, capture__copies, 0, NONE, "packets", "Copies through a second mirror port; not counted below")  \
    F(S, U64, capture__recent_evicted, 0, NONE, "packets", "Forgotten before a copy could have come") \
    F(S, U64, decoder__ipv4, 0, NONE, "packets", "IPv4 packets")                                  \
    F(S, U64, decoder__ipv6, 0, NONE, "packets", "IPv6 packets")                                  \
    F(S, U64, decoder__tcp, 0, NONE, "packets", "TCP segments")                                   \
    F(S, U64, decoder__udp, 0, NONE, "packets", "UDP datagrams")                                  \
    F(S, U64, decoder__icmp, 0, NONE, "packets", "ICMP and ICMPv6")                               \
    F(S, U64, decoder__arp, 0, NONE, "packets", "ARP")                                            \
    F(S, U64, decoder__other, 0, NONE, "packets", "Frames of other kinds")                        \
    F(S, U64, decoder__invalid, 0, NONE, "packets", "Frames that could not be decoded")           \
    F(S, U64, decoder__tunnelled, 0, NONE, "packets", "Packets inside of a tunnel")               \
    F(S, U64, decoder__too_deep, 0, NONE, "packets", "Below more tags or tunnels than are followed")  \
    F(S, U64, decoder__wlan_opaque, 0, NONE, "packets", "802.11 data that was encrypted, aggregated, in pieces or damaged")  \
    F(S, U64, decoder__fragments, 0, NONE, "packets", "IP fragments")                             \
    F(S, U64, decoder__fragments_differing, 0, NONE, "packets", "Fragments that contradict one before") \
    F(S, U64, decoder__reassembled, 0, NONE, "packets", "Datagrams put together from fragments")  \
    F(S, U64, decoder__fragments_evicted, 0, NONE, "packets", "Unfinished datagrams that gave way to newer ones")  \
    F(S, U64, flow__total, 0, NONE, "flows", "Flows begun")                                       \
    F(S, U64, flow__active, 0, NONE, "flows", "Flows in the table now")                           \
    F(S, U64, flow__evicted, 0, NONE, "flows", "Flows pushed out of a full table")                \
    F(S, U64, flow__chains_lost, 0, NONE, "flows", "Flows whose tunnels found no room to be kept")    \
    F(S, U64, flow__midstream, 0, NONE, "flows", "TCP flows whose beginning was not seen")        \
    F(S, U64, flow__one_way, 0, NONE, "flows", "Used TCP flows of which one direction has not been seen")  \
    F(S, U64, flow__tcp, 0, NONE, "flows", "TCP flows begun")                                     \
    F(S, U64, flow__tcp_used, 0, NONE, "flows", "TCP flows in which an end sent data or acknowledged; others were only tried")  \
    F(S, U64, stream__gap_bytes, 0, NONE, "bytes", "Stream bytes that were never seen")           \
    F(S, U64, stream__gap_bulk_bytes, 0, NONE, "bytes", "Of these, inside bulk that dissectors pass over anyway")  \
    F(S, U64, stream__gap_acked_bytes, 0, NONE, "bytes", "Of these, acknowledged by the receiver: they passed and were not captured")  \
    F(S, U64, stream__gap_cut_bytes, 0, NONE, "bytes", "Of these, cut by the snap length")          \
    F(S, U64, stream__bytes, 0, NONE, "bytes", "Stream bytes delivered or skipped")               \
    F(S, U64, stream__differing, 0, NONE, "segments", "Segments with other bytes than were seen there")  \
    F(S, U64, stream__evicted, 0, NONE, "", "Out-of-order buffers given up for lack of room")     \
    F(S, U64, stream__no_tcp, 0, NONE, "flows", "TCP flows not reassembled for lack of room: judged by address only")  \
    F(S, U64, app_layer__probes, 0, NONE, "", "Calls of a dissector's probe")                     \
    F(S, U64, app_layer__stopped, 0, NONE, "flows", "Flows whose dissector gave up")              \
    F(S, U64, app_layer__buffered, 0, NONE, "bytes", "Bytes copied to complete a message")        \
    F(S, U64, app_layer__skipped, 0, NONE, "bytes", "Bulk bytes passed over unseen")              \
    F(S, U64, app_layer__no_state, 0, NONE, "flows", "Flows not dissected for lack of room for a dissector's state")  \
    F(S, U64, app_layer__no_buffer, 0, NONE, "", "Messages and contents given up for lack of a buffer")          \
    F(S, U64, app_layer__requests_evicted, 0, NONE, "", "Requests that found no room to wait for their result: no latency, no time-out")  \
    F(S, U64, overload__raised, 0, NONE, "", "Times a worker began to leave out more, because packets came faster than it could take them")  \
    F(S, U64, overload__bulk_bytes, 0, NONE, "bytes", "Payload of bulk flows left undissected: the first step of overload")  \
    F(S, U64, overload__body_bytes, 0, NONE, "bytes", "Payload behind the first 4 KiB of other flows left undissected: the second step")  \
    F(S, U64, overload__head_bytes, 0, NONE, "bytes", "First bytes of flows left undissected: the third step")  \
    F(S, U64, overload__cut_packets, 0, NONE, "packets", "Packets of which only the headers were looked at: the third step")  \
    F(S, U64, judge__late, 0, NONE, "events", "Events judged out of order")                       \
    F(S, U64, judge__event_drops, 0, NONE, "events", "Events lost because the event ring was full")   \
    F(S, U64, judge__devices_evicted, 0, NONE, "", "Devices and addresses pushed out of the full inventory: their history is gone")  \
    F(S, U64, judge__flows_evicted, 0, NONE, "flows", "Flows that the judge forgot for lack of room: judged anew by what follows")  \
    F(S, U64, judge__conversations_evicted, 0, NONE, "", "Conversations told early for lack of room; nothing of them is lost")  \
    F(S, U64, judge__alerts_evicted, 0, NONE, "", "Alerts pushed out of the full table: what follows is a new alert")  \
    F(S, U64, judge__memory_evicted, 0, NONE, "", "Other memories pushed out: what was told, names, verdicts, what detectors keep; may be told again")  \
    F(S, U64N, store__lost, 0, NONE, "events", "Events that could not be stored; null in files and without a database")  \
    F(S, U32N, store__free_ppm, 0, NONE, "ppm", "Free part of the database's file system; null in files and without a database")  \
    F(S, U64, bugs, 0, NONE, "", "Broken invariants; anything above 0 is a bug of ours")          \
    WW_COVERAGE_FIELDS(F, S)
WW_EVENT_DECLARE(ww_stats, WW_STATS_FIELDS);

/* One interface or file, or one VLAN of it. Cumulative since the start; unknown is null, never 0.
 * A flow counts where its first packet was seen, its bytes and gaps where they showed. */
#define WW_LINK_FIELDS(F, S)                                                                       \
    F(S, STR, name, 96, NONE, "", "Interface, or file without its folders")                       \
    F(S, STR, scope, 8, NONE, "", "source: a whole interface or file; vlan: one VLAN of it")      \
    F(S, U32N, vlan, 0, NONE, "", "Innermost VLAN identifier, 0 = frames without a tag; null = all of the source")  \
    F(S, BOOL, live, 0, NONE, "", "An interface that is listened to, not a file")                 \
    F(S, BOOL, down, 0, NONE, "", "The interface was down or gone for a time")                    \
    F(S, BOOL, tagged, 0, NONE, "", "Frames of the source carried VLAN tags: its VLANs are told too")  \
    F(S, U32, vlans, 0, NONE, "", "VLANs seen on the source; frames without a tag count as one")  \
    F(S, U64, untold, 0, NONE, "packets", "Packets of VLANs that are not told one by one, because there are too many")  \
    F(S, TIME, first, 0, NONE, "", "First packet seen")                                            \
    F(S, TIME, last, 0, NONE, "", "Last packet seen")                                              \
    F(S, U64, packets, 0, NONE, "packets", "Packets seen")                                         \
    F(S, U64, bytes, 0, NONE, "bytes", "Bytes on the wire")                                       \
    F(S, U64N, kernel_drops, 0, NONE, "packets", "Dropped by the kernel; null in files and for a single VLAN")  \
    F(S, U64N, ring_drops, 0, NONE, "packets", "Dropped because a worker's ring was full; null for a single VLAN")  \
    F(S, U64, truncated, 0, NONE, "packets", "Cut by the snap length")                            \
    F(S, U64, clock_steps, 0, NONE, "", "Time stamps that went back by over 1 s")                 \
    F(S, U64, invalid, 0, NONE, "packets", "Frames that could not be decoded")                    \
    F(S, U64, copies, 0, NONE, "packets", "Copies of a packet that another mirror port gave before")  \
    F(S, U64, tcp_flows, 0, NONE, "flows", "TCP flows begun")                                     \
    F(S, U64, midstream, 0, NONE, "flows", "TCP flows whose beginning was not seen")              \
    F(S, U64, tcp_used, 0, NONE, "flows", "TCP flows in which an end sent data or acknowledged")  \
    F(S, U64, one_way, 0, NONE, "flows", "Of these, with one direction that has not been seen")   \
    F(S, U64, stream_bytes, 0, NONE, "bytes", "Stream bytes delivered or skipped")                \
    F(S, U64, gap_bytes, 0, NONE, "bytes", "Stream bytes that were never seen")                   \
    F(S, U64, gap_bulk_bytes, 0, NONE, "bytes", "Of these, inside bulk that dissectors pass over anyway")  \
    F(S, U64, gap_acked_bytes, 0, NONE, "bytes", "Of these, acknowledged by the receiver: they passed and were not captured")  \
    F(S, U64, gap_cut_bytes, 0, NONE, "bytes", "Of these, cut by the snap length")                \
    WW_COVERAGE_FIELDS(F, S)
WW_EVENT_DECLARE(ww_link_stats, WW_LINK_FIELDS);

/* Share of TCP flows without beginning above which the grade says so, when the site does not. A capture
 * that begins in a working day always has some. */
enum { WW_MIDSTREAM_PPM = 500000 };
/** Fills the coverage members of a statistics record from its counters. In: midstream_ppm, the limit */
void ww_coverage_grade(struct ww_stats *s, uint32_t midstream_ppm);
/** After the grade: for a time nothing could be seen at all. */
void ww_coverage_deaf(struct ww_stats *s);
/** After the grade: one interface or VLAN is worse than the whole, which hides it. */
void ww_coverage_uneven(struct ww_stats *s);
/** Fills the coverage members of a link's record. */
void ww_coverage_link(struct ww_link_stats *s, uint32_t midstream_ppm);

/* flow.start, flow.open and flow.app are for the judge; outputs write update and end. */
extern const struct ww_event_type *const ww_core_events[];
#endif
