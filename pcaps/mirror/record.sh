#!/bin/bash
# Records what real TCP stacks do at their edges, with HL7 on top: Linux at both ends, or Linux as the receiver of
# segments that no kernel sends (rawtcp.py, contradict.py). The messages are those of ../hl7.
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

RIS=10.10.10.50 HIS=10.10.10.30 FAKE=10.10.30.99
LINUX="Linux $(uname -r | cut -d. -f1-2) kernel"
PYHL7=$(version python3-hl7)
all="zero-window keep-alive urgent fast-open simultaneous-open port-reuse half-close reset-forged contradict-segments contradict-forged contradict-fragments offload"
peer() { echo /usr/bin/python3 -B "$pcaps_dir/hl7/peer.py" "$@"; }
edge() { echo python3 -B "$topic_dir/edges.py" "$@"; }

lan() {
    lan_up
    lan_host his $HIS/16 f8:b1:56:10:00:30
    lan_host ris $RIS/16 f8:b1:56:10:00:50
}
serve() { in_ns_bg ris $(peer server 2575); wait_listen ris 2575; }
serve_edge() { in_ns_bg ris $(edge "$@"); wait_listen ris 2575; }

scenario_zero_window() {
    lan; serve_edge slow-server; lan_record zero-window.pcap
    in_ns his $(edge many $RIS)
    lan_done "$LINUX" "the receiver reads nothing for two seconds: its window closes, the sender probes it, then all messages arrive"
}
scenario_keep_alive() {
    lan; serve; lan_record keep-alive.pcap
    in_ns his $(edge keep-alive $RIS)
    lan_done "$LINUX, $PYHL7" "two HL7 messages with four seconds between them, in which the sender sends keep-alives"
}
scenario_urgent() {
    lan; serve_edge inline-server; lan_record urgent.pcap
    in_ns his $(edge urgent $RIS)
    lan_done "$LINUX" "an urgent byte between two HL7 messages, left in line by the receiver (RFC 6093)"
}
scenario_fast_open() {
    lan
    for h in his ris; do in_ns $h sysctl -qw net.ipv4.tcp_fastopen=3; done
    serve_edge fast-server; lan_record fast-open.pcap
    in_ns his $(edge fast-open $RIS)
    lan_done "$LINUX" "TCP Fast Open (RFC 7413): the first connection gets a cookie, the HL7 message of the second rides on its SYN"
}
scenario_port_reuse() {
    lan; serve; lan_record port-reuse.pcap
    in_ns his $(edge reuse $RIS)
    lan_done "$LINUX, $PYHL7" "three connections from one port in a row, the first two ended by a reset of the client"
}
scenario_half_close() {
    lan; serve_edge late-server; lan_record half-close.pcap
    in_ns his $(edge half-close $RIS)
    lan_done "$LINUX" "the client has closed its side when the HL7 acknowledgement comes half a second later"
}
raw_lan() {
    lan
    ip -n "${ns_prefix}ris" neigh add $FAKE lladdr 00:09:fb:30:00:99 dev eth0
    ip -n "${ns_prefix}his" link set eth0 promisc on
}
scenario_simultaneous_open() {
    raw_lan; lan_record simultaneous-open.pcap
    in_ns_bg his python3 -B "$topic_dir/meet.py"
    sleep 0.5
    in_ns ris $(edge meet $FAKE 2576)
    lan_done "$LINUX (one end); meet.py (the other)" "both ends open the connection to each other at once (RFC 9293 figure 8), then exchange an HL7 message and its acknowledgement"
}
scenario_reset_forged() {
    raw_lan; serve; lan_record reset-forged.pcap
    in_ns his python3 -B "$topic_dir/forge.py"
    lan_done "$LINUX, $PYHL7 (server); forge.py (client)" "a forged reset inside the window but not at its edge: the receiver challenges it (RFC 5961 3.2), and the connection goes on"
}
contradict() {
    raw_lan; serve; lan_record contradict-$1.pcap
    in_ns his python3 -B "$topic_dir/contradict.py" $1
    lan_done "$LINUX, $PYHL7 (receiver); contradict.py (sender)" "$2"
}
scenario_contradict_segments() { contradict segments "six connections with segments that overlap with other bytes behind a hole; the acknowledgement of the real receiver names the control id that it read"; }
scenario_contradict_forged() { contradict forged "a forged HL7 message ahead of the true one, which the receiver takes for a repetition"; }
scenario_contradict_fragments() { contradict fragments "a datagram in two fragments that contradict each other: the receiver discards it and takes the repetition"; }
scenario_offload() {
    lan_offload=on lan; serve_edge sink; lan_snap=262144 lan_record offload.pcap
    in_ns his $(edge bulk $RIS)
    lan_done "$LINUX" "one HL7 message with 150 KB of text between hosts with segmentation offload: frames of up to 64 KiB with unfinished checksums"
    gzip -9nf "$topic_dir/offload.pcap"
    sed -i '/^mirror\/offload\.pcap\t/d' "$pcaps_dir/MANIFEST.tsv"
    python3 "$pcaps_dir/check_manifest.py" --record "$topic_dir/offload.pcap.gz" mirror/record.sh "$LINUX" \
        "one HL7 message with 150 KB of text between hosts with segmentation offload: frames of up to 64 KiB with unfinished checksums"
}

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
