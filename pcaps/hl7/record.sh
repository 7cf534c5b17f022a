#!/bin/bash
# Records HL7 v2 over MLLP between third-party implementations: python-hl7 (Debian python3-hl7) and the
# npm packages node-hl7-client and node-hl7-server. The messages are ours (messages.py).
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

ENGINE=10.10.10.20 HIS=10.10.10.30 LIS=10.10.10.40 RIS=10.10.10.50 GATEWAY=10.10.30.20
PYHL7=$(version python3-hl7)
NPM_CLIENT=node-hl7-client@3.2.0 NPM_SERVER=node-hl7-server@2.5.0
rooms() { echo /usr/bin/python3 -B "$topic_dir/rooms.py" "$@"; }
peer() { echo /usr/bin/python3 "$topic_dir/peer.py" "$@"; }
all="oru-monitor adt adt-iso2022jp oru-iso2022jp adt-utf8 nak oru-npm mllp-pieces batch batch-npm enhanced devices pcd japan loose http clocks"

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

scenario_batch() {
    lan; in_ns_bg engine $(rooms batches 2575); wait_listen engine 2575; lan_record batch.pcap
    in_ns lis $(rooms send $ENGINE 2575 "1:batch_file('F1',[2,3])" "1:batch('B7',2)" "1:batch('B8',1,declared=4)")
    lan_done "$PYHL7" "a file of two batches (FHS, BHS), a batch alone, and one whose trailer counts messages that did not come; each answered by a batch"
}

scenario_batch_npm() {
    npm install --silent --no-audit --no-fund --prefix "$scratch" $NPM_CLIENT $NPM_SERVER >/dev/null
    cp "$topic_dir/peer.js" "$scratch"
    (cd "$topic_dir" && python3 -B -c "
import messages
for i in (1, 2, 3):
    open('$scratch/m%d.hl7' % i, 'wb').write(messages.oru_lab('NPM%05d' % i).rstrip())")
    lan; in_ns_bg engine node "$scratch/peer.js" server 6661; wait_listen engine 6661; lan_record batch-npm.pcap
    in_ns lis node "$scratch/peer.js" batch $ENGINE 6661 "$scratch/m1.hl7" "$scratch/m2.hl7" "$scratch/m3.hl7"
    lan_done "npm $NPM_CLIENT, npm $NPM_SERVER, node $(node --version)" "a batch (BHS) of three ORU^R01 between other implementations"
}

scenario_enhanced() {
    lan; in_ns_bg engine $(rooms commit 2575); wait_listen engine 2575; lan_record enhanced.pcap
    in_ns his $(rooms send $ENGINE 2575 "3:mode('ENH00001','AL','AL')" "2:mode('ENH00002','AL','NE')" "1:mode('ENH00003','NE','NE')" \
        "2:mode('ENH00004','NE','AL')" "2:mode('ENH00005','AL','AL','ZZZ^Z99')" "1:b'HELLO'" "1:b''" "2:mode('ENH00002','AL','NE')")
    lan_done "$PYHL7" "MLLP release 2 and enhanced acknowledgement modes: commit bytes ACK and NAK, CA and later AA, CE, an empty block, a repeated control id"
}

scenario_devices() {
    lan; serve engine 2575; lan_record devices.pcap
    in_ns gateway $(peer send $ENGINE 2575 "oru_devices('DEV00001')" "oru_devices('DEV00002',ahead_s=90)" "esu('DEV00003')")
    lan_done "$PYHL7" "software (SFT), a token (UAC), a pump (PRT) and an analyzer (EQU); a sender whose clock goes 90 s ahead; MSH with all its fields"
}

scenario_pcd() {
    lan; serve engine 2575; lan_record pcd.pcap
    in_ns gateway $(peer send $ENGINE 2575 "pcd01('PCD00001')" "pcd04('PCD00004')")
    in_ns his $(peer send $ENGINE 2575 "pcd03('PCD00003')")
    in_ns lis $(peer send $ENGINE 2575 "pcd10('PCD00010')" "pcd05('PCD00005')")
    lan_done "$PYHL7" "IHE patient care devices: PCD-01 vital signs, PCD-03 order to a pump, PCD-04 and PCD-05 alarm, PCD-10 pump event"
}

scenario_japan() {
    lan; serve engine 2575; lan_record japan.pcap
    in_ns his $(peer send $ENGINE 2575 "ssmix2('JPN00001')" "disease('JPN00002')" "jis0212('JPN00003')" "kana8('JPN00004')" \
        "unlabelled('JPN00005','shift_jis')" "unlabelled('JPN00006','euc_jp')" "latin('JPN00007')")
    lan_done "$PYHL7" "SS-MIX2 and JAHIS messages; facility names in ISO-2022-JP with JIS X 0208 and 0212, 8-bit katakana, Shift_JIS and EUC-JP without a label, ISO 8859/15"
}

scenario_loose() {
    lan; in_ns_bg engine /usr/bin/python3 -B "$topic_dir/loose.py" server 5000; wait_listen engine 5000; lan_record loose.pcap
    in_ns his /usr/bin/python3 -B "$topic_dir/loose.py" send $ENGINE 5000
    lan_done "$PYHL7 (acknowledgements); loose.py" "text without a block, LF and CR LF, missing first or last byte of the block, no final CR, two messages in a block, CR inside a field"
}

scenario_http() {
    local web="/usr/bin/python3 -B $topic_dir/web.py"
    $web body "adt('A01','WEB00001')" "$scratch/adt.hl7"
    $web body "pcd01('WEB00002')" "$scratch/pcd.xml"
    lan; in_ns_bg engine $web server 8080; wait_listen engine 8080; lan_record http.pcap
    in_ns his curl -sS -o /dev/null -H 'Content-Type: application/hl7-v2; charset=utf-8' --data-binary "@$scratch/adt.hl7" http://$ENGINE:8080/hl7
    in_ns gateway curl -sS -o /dev/null -H 'Content-Type: application/soap+xml; charset=UTF-8; action="urn:ihe:pcd:2010:CommunicatePCDData"' \
        --data-binary "@$scratch/pcd.xml" http://$ENGINE:8080/pcd
    in_ns his curl -sS -o /dev/null -H 'Content-Type: text/plain' --data-binary "@$scratch/adt.hl7" http://$ENGINE:8080/hl7
    lan_done "$(version curl), python $(/usr/bin/python3 -V | cut -d' ' -f2) http.server, $PYHL7" "HL7 v2 over HTTP: an ADT^A01 as application/hl7-v2 and as text/plain, IHE PCD-01 as SOAP CommunicatePCDData"
}

scenario_clocks() {
    local paced="/usr/bin/python3 $topic_dir/peer.py paced" pids=""
    lan; serve engine 2575; serve ris 2576; lan_record clocks.pcap
    in_ns his $paced $RIS 2576 14 "adt('A01','CLK00001')" "adt('A08','CLK00002')" "adt('A08','CLK00003')" \
        "adt('A08','CLK00004')" "adt('A08','CLK00005')" "adt('A03','CLK00006')" & pids="$pids $!"
    in_ns lis faketime -f -185s $paced $ENGINE 2575 14 "oru_lab('CLK10001')" "oru_lab('CLK10002')" "oru_lab('CLK10003')" \
        "oru_lab('CLK10004')" "oru_lab('CLK10005')" "oru_lab('CLK10006')" & pids="$pids $!"
    in_ns gateway faketime -f -9h $paced $ENGINE 2575 14 "pcd01('CLK20001')" "pcd01('CLK20002')" "pcd01('CLK20003')" \
        "pcd01('CLK20004')" "pcd01('CLK20005')" "pcd01('CLK20006')" & pids="$pids $!"
    wait $pids
    lan_done "$PYHL7, $(version faketime)" "clocks over 70 s: a laboratory system 185 s behind, a monitor gateway whose times are UTC but say +0900, the others right"
}

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
