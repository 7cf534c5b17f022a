#!/bin/bash
# Records laboratory links: instruments and their host, LIS01-A2 frames with LIS02-A2 records. No implementation of the
# protocol is packaged for Debian or npm; both ends are lis01.py, written from the standard.
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

LIS=10.10.10.40 ANALYSER=10.10.40.11 SERVER=10.10.40.20
all="results trouble bulk bare sloppy"

lan() {
    lan_up
    lan_host lis $LIS/16 f8:b1:56:10:00:40
    lan_host analyser $ANALYSER/16 00:06:6b:40:00:11
    lan_host terminal $SERVER/16 00:90:e8:40:00:20
}
end() { echo /usr/bin/python3 -B "$topic_dir/lis01.py" "$@"; }
python=$(version python3)

scenario_results() {
    lan; in_ns_bg lis $(end host 15200 results); wait_listen lis 15200; lan_record results.pcap
    in_ns analyser $(end instrument $LIS 15200 results)
    lan_done "lis01.py, $python" "an analyser sends a quality control and a patient's results, one record a frame, and asks for orders, which the host sends in frames of 240 characters"
}

scenario_trouble() {
    lan; in_ns_bg lis $(end host 15200 trouble); wait_listen lis 15200; lan_record trouble.pcap
    in_ns analyser $(end instrument $LIS 15200 trouble)
    lan_done "lis01.py, $python" "a damaged frame refused and sent again, a busy receiver, a frame whose acknowledgement was lost, both sides at once, a keep-alive"
}

scenario_bulk() { # the host dials the terminal server that the instrument's serial line is connected to
    lan; in_ns_bg terminal /usr/bin/python3 -B -c "
import socket, sys
sys.path.insert(0, '$topic_dir')
import lis01
with socket.create_server(('0.0.0.0', 4001)) as s:
    conn, _ = s.accept()
with conn:
    lis01.bulk(lis01.Link(conn), False)
    conn.recv(1)"
    wait_listen terminal 4001; lan_record bulk.pcap
    in_ns lis /usr/bin/python3 -B -c "
import socket, sys
sys.path.insert(0, '$topic_dir')
import lis01
with socket.create_connection(('$SERVER', 4001)) as conn:
    lis01.bulk(lis01.Link(conn), True)"
    lan_done "lis01.py, $python" "a host that connects to a terminal server; messages over several frames (ETB), one with names in Shift_JIS whose second bytes equal delimiters"
}

scenario_bare() {
    lan; in_ns_bg lis $(end host 15200 bare); wait_listen lis 15200; lan_record bare.pcap
    in_ns analyser $(end instrument $LIS 15200 bare)
    lan_done "lis01.py, $python" "records without framing, ended by CR, then by CR LF"
}

scenario_sloppy() {
    lan; in_ns_bg lis $(end host 15200 sloppy); wait_listen lis 15200; lan_record sloppy.pcap
    in_ns analyser $(end instrument $LIS 15200 sloppy)
    lan_done "lis01.py, $python" "a sender that numbers each frame 1, sums STX too, ends records without CR and sends no terminator"
}

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
