#!/bin/bash
# Records IHE XDS.b and PDQ version 3: messages and server are ours (soap.py), because no implementation is packaged; curl sends.
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

REGISTRY=10.10.10.70 CONSUMER=10.10.40.31
all="xds pdq cda"
PROGRAMS="soap.py (ours), $(version python3), $(version curl)"

lan() {
    lan_up
    lan_host registry $REGISTRY/16 00:50:56:10:00:70
    lan_host consumer $CONSUMER/16 f8:b1:56:40:00:31
    python3 "$topic_dir/soap.py" write "$scratch/soap"
    in_ns_bg registry python3 "$topic_dir/soap.py" server 8080
    wait_listen registry 8080
}
post() { in_ns consumer curl -s -o /dev/null -H 'Expect:' --data-binary "@$scratch/soap/$1" -H "Content-Type: $2" "http://$REGISTRY:8080/$3"; }

scenario_xds() {
    lan; lan_record xds.pcap
    post provide 'multipart/related; boundary=mime; type="application/xop+xml"; start="<root>"; start-info="application/soap+xml"; action="urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"' xds/repository
    post query 'application/soap+xml; charset=UTF-8; action="urn:ihe:iti:2007:RegistryStoredQuery"' xds/registry
    post retrieve 'application/soap+xml; charset=UTF-8' xds/repository
    lan_done "$PROGRAMS" "XDS.b: a CDA document is provided as MTOM, found by a stored query, retrieved as MTOM"
}

scenario_pdq() {
    lan; lan_record pdq.pcap
    in_ns consumer curl -s -o /dev/null -H 'Expect:' --data-binary "@$scratch/soap/pdq" -H 'SOAPAction: "urn:hl7-org:v3:PRPA_IN201305UV02"' \
        -H 'Content-Type: text/xml' http://$REGISTRY:8080/pdq
    lan_done "$PROGRAMS" "PDQ version 3 with a SOAPAction header, answered by a fault"
}

scenario_cda() {
    lan; lan_record cda.pcap
    post cda 'text/xml; charset=UTF-8' documents
    lan_done "$PROGRAMS" "a CDA document is uploaded as it is, without SOAP"
}

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
