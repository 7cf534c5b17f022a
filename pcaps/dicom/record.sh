#!/bin/bash
# Records DICOM between real programs: DCMTK's echoscu, storescu, findscu, movescu, getscu, storescp, dcmqrscp,
# wlmscpfs, dcmpsprt, dcmprscu and dcmprscp, Orthanc as the PACS, GDCM's gdcmscu, and peer.js, which is made with the
# npm package dcmjs-dimse.
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

PACS=10.10.10.5 CT=10.10.20.15 VIEWER=10.10.40.31 STRANGER=10.10.20.99
DCMTK=$(version dcmtk)
NPM_PEER=dcmjs-dimse@0.3.3
all="echo store store-implicit find move get reject abort orthanc gdcm syntaxes worklist steps commitment async identity
ipv6 print tls files"

lan() {
    lan_up
    lan_host pacs $PACS/16 f8:b1:56:10:00:05
    lan_host ct $CT/16 00:13:95:20:00:15
    lan_host viewer $VIEWER/16 f8:b1:56:40:00:31
    lan_host stranger $STRANGER/16 b8:27:eb:20:00:99
}

objects() { # objects STUDIES IMAGES SIDE: $scratch/objects/*.dcm
    rm -rf "$scratch/objects"
    python3 "$topic_dir/objects.py" "$scratch/objects" "$@"
    for dump in "$scratch"/objects/*.dump; do dump2dcm +te "$dump" "${dump%.dump}.dcm"; done
}

archive() { # dcmqrscp as PACS1 on port 104; with an argument it holds the objects already
    rm -rf "$scratch/archive"
    mkdir "$scratch/archive"
    cat >"$scratch/dcmqrscp.cfg" <<CFG
NetworkTCPPort = 104
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
viewer = (VIEWER1, $VIEWER, 11113)
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
PACS1 $scratch/archive RW (20, 64mb) ANY
AETable END
CFG
    if [ "${1:-}" = filled ]; then
        cp "$scratch"/objects/*.dcm "$scratch/archive"
        dcmqridx "$scratch/archive" "$scratch"/archive/*.dcm
    fi
    in_ns_bg pacs dcmqrscp -c "$scratch/dcmqrscp.cfg"
    wait_listen pacs 104
}

orthanc() { # Orthanc as PACS1 on port 104, called AE title checked
    mkdir -p "$scratch/orthanc"
    cat >"$scratch/orthanc.json" <<CFG
{ "Name": "PACS1", "StorageDirectory": "$scratch/orthanc", "IndexDirectory": "$scratch/orthanc",
  "DicomAet": "PACS1", "DicomPort": 104, "HttpServerEnabled": false, "Plugins": [], "DefaultEncoding": "Utf8",
  "DicomCheckCalledAet": true, "DicomAlwaysAllowStore": true, "DicomAlwaysAllowFind": true,
  "DicomAlwaysAllowEcho": true, "DicomModalities": { "viewer": ["VIEWER1", "$VIEWER", 11113] } }
CFG
    in_ns_bg pacs Orthanc "$scratch/orthanc.json"
    wait_listen pacs 104
}

npm_peer() { # dcmjs-dimse where node finds it; versions for the manifest in $PEER
    npm install --silent --no-audit --no-fund --prefix "$scratch" $NPM_PEER >/dev/null 2>&1
    cp "$topic_dir/peer.js" "$scratch"
    PEER="npm $NPM_PEER, node $(node --version)"
}
peer() { echo node "$scratch/peer.js" "$@"; }

scenario_echo() {
    lan; archive; lan_record echo.pcap
    in_ns ct echoscu -aet CT01 -aec PACS1 $PACS 104
    in_ns viewer echoscu -aet VIEWER1 -aec PACS1 --repeat 3 $PACS 104
    lan_done "$DCMTK" "C-ECHO: one association with one request, one with three; accepted and released"
}

scenario_store() {
    lan; objects 4 1 24; archive; lan_record store.pcap
    in_ns ct storescu -aet CT01 -aec PACS1 $PACS 104 "$scratch"/objects/*.dcm
    lan_done "$DCMTK" "C-STORE of four CT images in one association, 128 contexts offered; patient names in ASCII, ISO 2022 IR 87, ISO_IR 13 and UTF-8"
}

scenario_store_implicit() {
    lan; objects 1 2 24; archive; lan_record store-implicit.pcap
    in_ns ct storescu -xi -R -aet CT01 -aec PACS1 -pdu 4096 $PACS 104 "$scratch"/objects/*.dcm
    lan_done "$DCMTK" "C-STORE of two CT images in implicit VR little endian, only the needed contexts, maximum PDU 4096"
}

scenario_find() {
    lan; objects 4 1 24; archive filled; lan_record find.pcap
    in_ns viewer findscu -S -aet VIEWER1 -aec PACS1 -k QueryRetrieveLevel=STUDY -k PatientName='CANARY*' \
        -k PatientID -k StudyInstanceUID -k StudyDate $PACS 104
    in_ns viewer findscu -P -aet VIEWER1 -aec PACS1 -k QueryRetrieveLevel=PATIENT -k PatientID=CANARY0002 \
        -k PatientName $PACS 104
    in_ns viewer findscu -S -aet VIEWER1 -aec PACS1 -k QueryRetrieveLevel=STUDY -k PatientID=NOBODY \
        -k StudyInstanceUID $PACS 104
    lan_done "$DCMTK" "C-FIND at study level with a name wildcard, at patient level by id, and one without a match"
}

scenario_move() {
    lan; objects 1 2 24; archive filled; lan_record move.pcap
    in_ns viewer movescu -S -aet VIEWER1 -aec PACS1 -aem VIEWER1 +P 11113 -od "$scratch" \
        -k QueryRetrieveLevel=STUDY -k StudyInstanceUID=1.2.826.0.1.3680043.9.7433.77.1 $PACS 104
    in_ns viewer movescu -S -aet VIEWER1 -aec PACS1 -aem NOWHERE -k QueryRetrieveLevel=STUDY \
        -k StudyInstanceUID=1.2.826.0.1.3680043.9.7433.77.1 $PACS 104 || true
    lan_done "$DCMTK" "C-MOVE with two pending responses and its C-STORE sub-operations on a second association; then a move to an unknown destination (A801)"
}

scenario_get() {
    lan; objects 1 2 24; archive filled; lan_record get.pcap
    in_ns viewer getscu -S -aet VIEWER1 -aec PACS1 -od "$scratch" -k QueryRetrieveLevel=STUDY \
        -k StudyInstanceUID=1.2.826.0.1.3680043.9.7433.77.1 $PACS 104
    lan_done "$DCMTK" "C-GET: the archive stores on the same association, roles turned round by role selection"
}

scenario_reject() {
    lan; archive; in_ns_bg viewer storescp --refuse 11113; wait_listen viewer 11113; lan_record reject.pcap
    in_ns stranger echoscu -aet WKSTN99 -aec WRONGAE $PACS 104 2>/dev/null || true
    in_ns ct echoscu -aet CT01 -aec VIEWER1 $VIEWER 11113 2>/dev/null || true
    in_ns ct termscu -aet CT01 -aec PACS1 $PACS 104 2>/dev/null || true
    lan_done "$DCMTK" "A-ASSOCIATE-RJ: called AE title not recognised; no reason given; and an association whose only context is refused"
}

scenario_abort() {
    lan; objects 1 1 24; archive
    in_ns_bg viewer storescp --abort-during -od "$scratch" 11113; wait_listen viewer 11113
    lan_record abort.pcap
    in_ns ct echoscu --abort -aet CT01 -aec PACS1 $PACS 104
    in_ns ct storescu -R -aet CT01 -aec VIEWER1 $VIEWER 11113 "$scratch/objects/s1i1.dcm" 2>/dev/null || true
    lan_done "$DCMTK" "A-ABORT by the requestor after a C-ECHO, and by the acceptor in the middle of a C-STORE"
}

scenario_orthanc() {
    lan; objects 2 1 24; orthanc; lan_record orthanc.pcap
    in_ns ct echoscu -aet CT01 -aec PACS1 $PACS 104
    in_ns ct storescu -R -aet CT01 -aec PACS1 $PACS 104 "$scratch"/objects/*.dcm
    in_ns viewer findscu -S -aet VIEWER1 -aec PACS1 -k QueryRetrieveLevel=STUDY -k PatientName='*' \
        -k StudyInstanceUID -k ModalitiesInStudy $PACS 104
    in_ns stranger echoscu -aet WKSTN99 -aec OTHERPACS $PACS 104 2>/dev/null || true
    lan_done "$DCMTK, $(version orthanc)" "Orthanc as PACS: C-ECHO, C-STORE of two images, C-FIND, and an association rejected for its called AE title"
}

scenario_files() {
    lan; objects 1 2 24
    printf 'MZ\x90\x00\x03' | dd of="$scratch/objects/s1i2.dcm" conv=notrunc status=none # a preamble that is a program's
    mkdir -p "$scratch/orthanc"
    cat >"$scratch/orthanc.json" <<CFG
{ "Name": "PACS1", "StorageDirectory": "$scratch/orthanc", "IndexDirectory": "$scratch/orthanc", "Plugins": [],
  "DicomAet": "PACS1", "DicomPort": 104, "HttpPort": 8042, "RemoteAccessAllowed": true, "AuthenticationEnabled": false }
CFG
    in_ns_bg pacs Orthanc "$scratch/orthanc.json"
    wait_listen pacs 8042
    lan_record files.pcap
    local f id
    for f in s1i1 s1i2; do
        id=$(in_ns viewer curl -s -X POST -H 'Expect:' -H 'Content-Type: application/dicom' \
            --data-binary "@$scratch/objects/$f.dcm" "http://$PACS:8042/instances" |
            python3 -c 'import json, sys; print(json.load(sys.stdin)["ID"])')
        in_ns viewer curl -s -o /dev/null "http://$PACS:8042/instances/$id/file"
    done
    lan_done "$(version orthanc), $(version curl)" "DICOM files over HTTP: two are uploaded and downloaded again, one has the beginning of a Windows program as its preamble"
}

scenario_gdcm() {
    lan; objects 2 1 24; orthanc; lan_record gdcm.pcap
    # after the release gdcmscu 3.0.21 breaks down over its own closed stream
    ask() { in_ns ct gdcmscu --aetitle MR02 --call PACS1 $PACS 104 "$@" 2>/dev/null || true; }
    ask --echo
    ask --store -i "$scratch/objects/s1i1.dcm"
    ask --find --studyroot --study --key 8,5= --key 10,10='CANARY*' --key 10,20= --key 20,d=
    ask --find --patientroot --patient --key 10,20=CANARY0001
    lan_done "$(version libgdcm-tools), $(version orthanc)" "GDCM as client of Orthanc: C-ECHO, C-STORE, C-FIND at study and at patient level"
}

scenario_syntaxes() {
    lan; objects 2 1 16
    in_ns_bg viewer storescp +xa -aet VIEWER1 -od "$scratch" 11112; wait_listen viewer 11112
    dcmconv +tb "$scratch/objects/s1i1.dcm" "$scratch/big.dcm"
    dcmconv +td "$scratch/objects/s2i1.dcm" "$scratch/deflated.dcm"
    dcmcrle "$scratch/objects/s1i1.dcm" "$scratch/rle.dcm"
    dcmcjpls "$scratch/objects/s2i1.dcm" "$scratch/jpegls.dcm"
    lan_record syntaxes.pcap
    in_ns ct storescu -R -xb -aet CT01 -aec VIEWER1 $VIEWER 11112 "$scratch/big.dcm"
    in_ns ct storescu -R -xd -aet CT01 -aec VIEWER1 $VIEWER 11112 "$scratch/deflated.dcm"
    in_ns ct storescu -R -xr -aet CT01 -aec VIEWER1 $VIEWER 11112 "$scratch/rle.dcm"
    in_ns ct storescu -R -xt -aet CT01 -aec VIEWER1 $VIEWER 11112 "$scratch/jpegls.dcm"
    lan_done "$DCMTK" "C-STORE in explicit big endian, deflated, RLE and JPEG-LS"
}

scenario_worklist() {
    lan
    local list=$scratch/worklist/RIS1 n
    mkdir -p "$list"
    touch "$list/lockfile"
    for n in 1 2 3; do
        { printf '(0008,0005) CS [\\ISO 2022 IR 87]\n(0008,0050) SH [ACC0000%d]\n' $n
          printf '(0010,0010) PN [CANARY^HANAKO=%s]\n(0010,0020) LO [CANARY000%d]\n' \
              "$(printf '金糸雀^花子' | iconv -t ISO-2022-JP)" $n
          printf '(0010,0030) DA [19700101]\n(0010,0040) CS [F]\n(0020,000d) UI [1.2.826.0.1.3680043.9.7433.77.%d]\n' $n
          printf '(0032,1060) LO [CHEST CT]\n(0040,0100) SQ\n(fffe,e000) na\n(0008,0060) CS [CT]\n(0040,0001) AE [CT01]\n'
          printf '(0040,0002) DA [20260105]\n(0040,0003) TM [09000%d]\n(0040,0009) SH [SPS%d]\n(fffe,e00d) na\n' $n $n
          printf '(fffe,e0dd) na\n(0040,1001) SH [RP%d]\n' $n
        } >"$scratch/item.dump"
        dump2dcm "$scratch/item.dump" "$list/item$n.wl"
    done
    in_ns_bg pacs wlmscpfs -dfr -dfp "$scratch/worklist" 105; wait_listen pacs 105; lan_record worklist.pcap
    in_ns ct findscu -W -aet CT01 -aec RIS1 -k "ScheduledProcedureStepSequence[0].Modality=CT" \
        -k "ScheduledProcedureStepSequence[0].ScheduledStationAETitle=CT01" \
        -k "ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartDate=20260105" \
        -k PatientName -k PatientID -k AccessionNumber $PACS 105
    in_ns ct findscu -W -aet CT01 -aec RIS1 -k PatientID=CANARY0002 -k PatientName --cancel 1 $PACS 105
    lan_done "$DCMTK" "modality worklist: C-FIND for the scheduled steps of one station, and one by patient id that is cancelled"
}

scenario_steps() {
    npm_peer; lan; in_ns_bg pacs $(peer server 104); wait_listen pacs 104; lan_record steps.pcap
    in_ns ct $(peer steps $PACS 104 CT01 RIS1)
    in_ns ct $(peer info $PACS 104 CT01 FILM1)
    lan_done "$PEER" "performed procedure step: N-CREATE in progress, N-SET completed; N-GET of a printer, N-DELETE that fails"
}

scenario_commitment() {
    npm_peer; lan; lan_record commitment.pcap
    in_ns_bg pacs $(peer server 104); wait_listen pacs 104
    in_ns ct $(peer commit $PACS 104 CT01 PACS1)
    in_ns_bg pacs $(peer server 105 $CT 11113); wait_listen pacs 105
    in_ns_bg ct $(peer server 11113); wait_listen ct 11113
    in_ns ct $(peer commit $PACS 105 CT01 PACS1)
    lan_done "$PEER" "storage commitment with one failure: reported on the same association, then on one that the PACS opens, roles turned round"
}

scenario_async() {
    npm_peer; lan; in_ns_bg pacs $(peer server 104); wait_listen pacs 104; lan_record async.pcap
    in_ns viewer $(peer many $PACS 104 VIEWER1 PACS1)
    in_ns viewer $(peer cancel $PACS 104 VIEWER1 PACS1)
    lan_done "$PEER" "asynchronous operations window of 3: C-FIND requests and their pending responses take turns; then a C-CANCEL"
}

scenario_identity() {
    npm_peer; lan; in_ns_bg pacs $(peer server 104); wait_listen pacs 104; lan_record identity.pcap
    in_ns viewer $(peer identity $PACS 104 VIEWER1 PACS1)
    lan_done "$PEER" "user identity with a passcode in clear text, a positive response wanted and given"
}

scenario_ipv6() {
    npm_peer; lan
    local n
    for n in pacs=5 ct=15; do
        in_ns "${n%=*}" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0
        in_ns "${n%=*}" ip addr add "fd00:10::${n#*=}/64" dev eth0 nodad
    done
    in_ns_bg pacs $(peer server 32100); wait_listen pacs 32100; lan_record ipv6.pcap
    in_ns ct $(peer echo fd00:10::5 32100 CT01 PACS1)
    in_ns ct $(peer steps fd00:10::5 32100 CT01 PACS1)
    lan_done "$PEER" "DICOM over IPv6 on a port that nobody expects"
}

scenario_print() {
    lan; objects 1 1 16
    local d=$scratch/print who
    mkdir -p "$d/db" "$d/spool" "$d/lut"
    for who in LOCALPRINTER PRINTER; do cat >"$d/$who.cfg" <<CFG; done
[[GENERAL]]
[DATABASE]
Directory = $d/db
[LUT]
Directory = $d/lut
[PRINT]
Directory = $d/spool
[NETWORK]
aetitle = VIEWER1
[APPLICATION]
[[COMMUNICATION]]
[FILM1]
Type = $who
Aetitle = FILM1
Hostname = $PACS
Port = 10104
Description = film printer
DisableNewVRs = false
ImplicitOnly = false
MaxPDU = 16384
FilmSizeID = 8INX10IN
MediumType = PAPER\\CLEAR FILM
FilmDestination = MAGAZINE\\PROCESSOR
ResolutionID = STANDARD
DisplayFormat = 1,1
MagnificationType = NONE\\REPLICATE
SupportsPresentationLUT = false
Supports12Bit = true
SupportsTrim = true
CFG
    in_ns_bg pacs dcmprscp -c "$d/LOCALPRINTER.cfg" -p FILM1
    wait_listen pacs 10104
    dcmpsprt -c "$d/PRINTER.cfg" -p FILM1 "$scratch/objects/s1i1.dcm"
    lan_record print.pcap
    in_ns viewer dcmprscu -c "$d/PRINTER.cfg" -p FILM1 "$d"/db/SP_*.dcm
    lan_done "$DCMTK" "printing of one film: N-GET of the printer, N-CREATE of session and film box, N-SET of the image box, N-ACTION, N-DELETE"
}

certificate() { # certificate NAME SUBJECT: NAME.key and NAME.crt by our own authority
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$scratch/$1.key" -subj "$2" \
        -out "$scratch/$1.csr" 2>/dev/null
    openssl x509 -req -in "$scratch/$1.csr" -CA "$scratch/ca.crt" -CAkey "$scratch/ca.key" -CAcreateserial -days 3650 \
        -out "$scratch/$1.crt" 2>/dev/null
}

scenario_tls() {
    lan; objects 1 1 16
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -keyout "$scratch/ca.key" \
        -out "$scratch/ca.crt" -subj "/C=JP/O=Example General Hospital/CN=Example CA" 2>/dev/null
    certificate pacs "/C=JP/O=Example General Hospital/CN=pacs1.hospital.example"
    certificate ct "/C=JP/O=Example General Hospital/CN=CT01"
    local keys="+cf $scratch/ca.crt" port
    for port in 2762 11112; do
        in_ns_bg pacs storescp +tls "$scratch/pacs.key" "$scratch/pacs.crt" $keys -aet PACS1 -od "$scratch" $port
        wait_listen pacs $port
    done
    lan_record tls.pcap
    in_ns ct echoscu +tls "$scratch/ct.key" "$scratch/ct.crt" $keys -aet CT01 -aec PACS1 $PACS 2762
    in_ns ct storescu -R +tls "$scratch/ct.key" "$scratch/ct.crt" $keys -aet CT01 -aec PACS1 $PACS 11112 \
        "$scratch/objects/s1i1.dcm"
    in_ns stranger echoscu -aet WKSTN99 -aec PACS1 $PACS 2762 2>/dev/null || true
    lan_done "$DCMTK, $(version openssl)" "DICOM in TLS on port 2762 and on 11112, certificates of both sides; then DICOM without TLS to the port for TLS"
}

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
