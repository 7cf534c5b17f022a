#!/bin/bash
# Records DICOM between real programs: DCMTK's echoscu, storescu, findscu, movescu, getscu, storescp
# and dcmqrscp, and Orthanc as the PACS.
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

PACS=10.10.10.5 CT=10.10.20.15 VIEWER=10.10.40.31 STRANGER=10.10.20.99
DCMTK=$(version dcmtk)
all="echo store store-implicit find move get reject abort orthanc"

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

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
