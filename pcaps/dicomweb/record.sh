#!/bin/bash
# Records DICOMweb: Orthanc with its DICOMweb plugin, asked by curl. The images are those of pcaps/dicom/objects.py.
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

PACS=10.10.10.5 CT=10.10.20.15 VIEWER=10.10.40.31
PROGRAMS="$(version orthanc), $(version orthanc-dicomweb), $(version curl)"
STUDY=1.2.826.0.1.3680043.9.7433.77.1
WEB=http://$PACS:8042/dicom-web
all="qido wado stow preamble"

lan() {
    lan_up
    lan_host pacs $PACS/16 f8:b1:56:10:00:05
    lan_host ct $CT/16 00:13:95:20:00:15
    lan_host viewer $VIEWER/16 f8:b1:56:40:00:31
    rm -rf "$scratch/objects" "$scratch/orthanc"
    mkdir -p "$scratch/orthanc"
    python3 "$pcaps_dir/dicom/objects.py" "$scratch/objects" 2 2 24
    for dump in "$scratch"/objects/*.dump; do dump2dcm +te "$dump" "${dump%.dump}.dcm"; done
    cat >"$scratch/orthanc.json" <<CFG
{ "Name": "PACS1", "StorageDirectory": "$scratch/orthanc", "IndexDirectory": "$scratch/orthanc", "DicomServerEnabled": false,
  "HttpPort": 8042, "RemoteAccessAllowed": true, "AuthenticationEnabled": false, "HttpCompressionEnabled": true,
  "DefaultEncoding": "Utf8", "Plugins": [ "/usr/share/orthanc/plugins/libOrthancDicomWeb.so" ] }
CFG
    in_ns_bg pacs Orthanc "$scratch/orthanc.json"
    wait_listen pacs 8042
}

ask() { # ask HOST CURL-ARGUMENTS
    local host=$1
    shift
    in_ns "$host" curl -s -o /dev/null "$@"
}

multipart() { # multipart FILE...: $scratch/body, as a modality would send it
    : >"$scratch/body"
    for f in "$@"; do
        printf -- '--ward\r\nContent-Type: application/dicom\r\n\r\n' >>"$scratch/body"
        cat "$f" >>"$scratch/body"
        printf '\r\n' >>"$scratch/body"
    done
    printf -- '--ward--\r\n' >>"$scratch/body"
}

stow() { # stow HOST FILE... [-- CURL-ARGUMENTS]
    local host=$1
    shift
    multipart "$@"
    ask "$host" -H 'Content-Type: multipart/related; type="application/dicom"; boundary=ward' -H 'Accept: application/dicom+json' \
        -H 'Expect:' --data-binary "@$scratch/body" $WEB/studies
}

filled() { for f in "$scratch"/objects/*.dcm; do ask pacs -H 'Expect:' --data-binary "@$f" http://127.0.0.1:8042/instances; done; }

scenario_qido() {
    lan; filled; lan_record qido.pcap
    ask viewer -H 'Accept: application/dicom+json' "$WEB/studies?PatientName=CANARY*&includefield=00081030&limit=5"
    ask viewer --compressed "$WEB/studies?00100020=CANARY0002"
    ask viewer -H 'Accept: application/dicom+json' "$WEB/studies/$STUDY/series"
    ask viewer -H 'Accept: application/dicom+xml' "$WEB/instances?Modality=CT&limit=1"
    ask viewer -H 'Accept: application/dicom+json' "$WEB/studies?PatientID=NOBODY"
    lan_done "$PROGRAMS" "QIDO-RS: studies by name, by id, series of a study, instances as XML, and a search without a match"
}

scenario_wado() {
    lan; filled; lan_record wado.pcap
    ask viewer -H 'Accept: multipart/related; type="application/dicom"' "$WEB/studies/$STUDY"
    ask viewer -H 'Accept: application/dicom+json' "$WEB/studies/$STUDY/metadata"
    ask viewer "$WEB/studies/1.2.3.4/series/1.2.3.5/instances/1.2.3.6"
    ask viewer -H 'Accept: image/jpeg' "$WEB/studies/$STUDY/series/$STUDY.1/instances/$STUDY.1.1/rendered"
    ask viewer "http://$PACS:8042/wado?requestType=WADO&studyUID=$STUDY&seriesUID=$STUDY.1&objectUID=$STUDY.1.1&contentType=application/dicom"
    lan_done "$PROGRAMS" "WADO-RS: a study as multipart, its metadata, an object that is not there, a rendered image; WADO-URI of one object"
}

scenario_stow() {
    lan; lan_record stow.pcap
    stow ct "$scratch"/objects/s1i1.dcm "$scratch"/objects/s2i1.dcm
    printf 'no DICOM file at all' >"$scratch/bad"
    stow ct "$scratch"/objects/s1i2.dcm "$scratch/bad"
    ask ct -H 'Expect:' -H 'Content-Type: application/dicom' --data-binary "@$scratch/objects/s2i2.dcm" http://$PACS:8042/instances
    lan_done "$PROGRAMS" "STOW-RS of two images, of one image and something else, and an upload by Orthanc's own interface"
}

scenario_preamble() {
    lan
    python3 - "$scratch/objects/s1i1.dcm" "$scratch/mz.dcm" <<'PY'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
data[0:64] = b"MZ".ljust(60, b"\0") + struct.pack("<I", 0x80 + 4)  # a DOS header that points behind the prefix
open(sys.argv[2], "wb").write(data)
PY
    lan_record preamble.pcap
    stow ct "$scratch/mz.dcm"
    lan_done "$PROGRAMS" "STOW-RS of a DICOM file whose preamble is the header of a Windows program (CVE-2019-11687); there is no program in it"
}

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
