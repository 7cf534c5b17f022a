#!/bin/bash
# Records HL7 v2 over MLLP between third-party implementations: python-hl7 (Debian python3-hl7) and the
# npm packages node-hl7-client and node-hl7-server. The messages are ours (messages.py).
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

ENGINE=10.10.10.20 HIS=10.10.10.30 LIS=10.10.10.40 RIS=10.10.10.50 GATEWAY=10.10.30.20
PYHL7=$(version python3-hl7)
NPM_CLIENT=node-hl7-client@3.2.0 NPM_SERVER=node-hl7-server@2.5.0
peer() { echo /usr/bin/python3 "$topic_dir/peer.py" "$@"; }
all="oru-monitor adt adt-iso2022jp oru-iso2022jp adt-utf8 nak oru-npm mllp-pieces"

lan() {
    lan_up
    lan_host engine $ENGINE/16 00:50:8b:10:00:20
    lan_host his $HIS/16 f8:b1:56:10:00:30
    lan_host lis $LIS/16 f8:b1:56:10:00:40
    lan_host ris $RIS/16 f8:b1:56:10:00:50
    lan_host gateway $GATEWAY/16 00:09:fb:30:00:20
}

serve() { # serve NAME PORT
    in_ns_bg "$1" $(peer server "$2")
    wait_listen "$1" "$2"
}

scenario_oru_monitor() {
    lan; serve engine 2575; lan_record oru-monitor.pcap
    in_ns gateway $(peer send $ENGINE 2575 "oru(1)" "oru(2)" "oru(3)" "oru(4)" "oru(5)")
    lan_done "$PYHL7" "five ORU^R01 of a patient monitor gateway over one connection, each acknowledged AA"
}

scenario_adt() {
    lan; serve ris 2575; lan_record adt.pcap
    in_ns his $(peer send $RIS 2575 "adt('A01','ADT00001')" "adt('A08','ADT00002')" "adt('A03','ADT00003')")
    lan_done "$PYHL7" "ADT^A01, ADT^A08 and ADT^A03 from the hospital information system, acknowledged AA"
}

scenario_adt_iso2022jp() {
    lan; serve engine 2575; lan_record adt-iso2022jp.pcap
    in_ns his $(peer send $ENGINE 2575 "adt_jis('JIS00001')")
    lan_done "$PYHL7" "ADT^A08 with kanji and katakana names in ISO-2022-JP (MSH-18 ~ISO IR87)"
}

scenario_oru_iso2022jp() {
    lan; serve engine 2575; lan_record oru-iso2022jp.pcap
    in_ns lis $(peer send $ENGINE 2575 "oru_jis('LIS00001')")
    lan_done "$PYHL7" "ORU^R01 of a laboratory in ISO-2022-JP; second bytes of two-byte characters are the HL7 delimiters | ^ ~ and backslash"
}

scenario_adt_utf8() {
    lan; serve ris 2575; lan_record adt-utf8.pcap
    in_ns his $(peer send $RIS 2575 "adt_utf8('UTF00001')")
    lan_done "$PYHL7" "ADT^A01 with kanji and katakana names in UTF-8 (MSH-18 UNICODE UTF-8)"
}

scenario_nak() {
    lan; serve ris 2575; lan_record nak.pcap
    in_ns his $(peer send $RIS 2575 "bad_patient('BAD00001')" "bad_type('BAD00002')" "adt('A01','ADT00004')")
    lan_done "$PYHL7" "an ADT^A01 without patient id answered AE, an unknown message type answered AR, then a good one answered AA"
}

scenario_oru_npm() {
    npm install --silent --no-audit --no-fund --prefix "$scratch" $NPM_CLIENT $NPM_SERVER >/dev/null
    cp "$topic_dir/peer.js" "$scratch"
    (cd "$topic_dir" && python3 -B -c "
import messages
for i in (1, 2):
    open('$scratch/m%d.hl7' % i, 'wb').write(messages.oru(i))")
    lan; in_ns_bg engine node "$scratch/peer.js" server 6661; wait_listen engine 6661; lan_record oru-npm.pcap
    in_ns gateway node "$scratch/peer.js" send $ENGINE 6661 "$scratch/m1.hl7" "$scratch/m2.hl7"
    lan_done "npm $NPM_CLIENT, npm $NPM_SERVER, node $(node --version)" "two ORU^R01 on port 6661 between other implementations, acknowledged AA"
}

scenario_mllp_pieces() {
    lan; serve ris 2575; lan_record mllp-pieces.pcap
    in_ns his python3 -B "$topic_dir/pieces.py" $RIS 2575
    lan_done "$PYHL7 (server); pieces.py (client)" "MLLP framing at its edges: three messages in one segment; one message cut into segments of 100 bytes; end block split between segments"
}

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
