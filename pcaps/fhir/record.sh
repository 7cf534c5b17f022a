#!/bin/bash
# Records FHIR: the npm packages @medplum/fhir-router and fhir-kit-client (peer.js), node-fhir-server-core,
# oauth2-mock-server and fhirclient (core.js), and server.py for what they do not serve, asked by curl.
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

STORE=10.10.10.60 VIEWER=10.10.40.31
NPM_SERVER="@medplum/core@4.5.2 @medplum/fhir-router@4.5.2" NPM_CLIENT=fhir-kit-client@2.0.3
NPM_CORE="@asymmetrik/node-fhir-server-core@2.2.5 oauth2-mock-server@7.2.1 fhirclient@2.6.3"
TOKENS=10.10.10.61 BROWSER=10.10.40.32
all="router capability smart export core smart-app"

lan() {
    lan_up
    lan_host store $STORE/16 00:50:56:10:00:60
    lan_host viewer $VIEWER/16 f8:b1:56:40:00:31
}
server() { in_ns_bg store python3 "$topic_dir/server.py" 8080; wait_listen store 8080; }
get() { in_ns viewer curl -s -o /dev/null "$@"; }

scenario_router() {
    npm install --silent --no-audit --no-fund --prefix "$scratch" $NPM_SERVER $NPM_CLIENT >/dev/null
    cp "$topic_dir/peer.js" "$scratch"
    lan; in_ns_bg store node "$scratch/peer.js" server 8080; wait_listen store 8080; lan_record router.pcap
    in_ns viewer node "$scratch/peer.js" client http://$STORE:8080/fhir/R4
    lan_done "npm ${NPM_SERVER#* }, npm $NPM_CLIENT, node $(node --version)" "create, read, search, batch, update, operation and delete of Patient, Device and Observation; a patient who is not there; names in kanji and kana"
}

scenario_capability() {
    lan; server; lan_record capability.pcap
    get -H 'Accept: application/fhir+json' http://$STORE:8080/fhir/metadata
    get --compressed -H 'Accept: application/fhir+json' http://$STORE:8080/fhir/metadata
    get --compressed -H 'Accept: application/fhir+xml' "http://$STORE:8080/fhir/Patient?name=CANARY"
    lan_done "server.py (ours), $(version python3), $(version curl)" "a CapabilityStatement plain and with gzip, a search answered in XML with gzip"
}

scenario_smart() {
    lan; server; lan_record smart.pcap
    get http://$STORE:8080/fhir/.well-known/smart-configuration
    get -d 'grant_type=client_credentials&scope=system%2F*.rs&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=CANARYjwt' http://$STORE:8080/fhir/auth/token
    get -d 'grant_type=authorization_code&code=CANARYcode&scope=launch+patient%2F*.rs+openid+fhirUser&client_secret=secret' http://$STORE:8080/fhir/auth/token
    lan_done "server.py (ours), $(version python3), $(version curl)" "SMART: configuration, tokens for a system and for a user"
}

scenario_export() {
    lan; server; lan_record export.pcap
    get -H 'Accept: application/fhir+json' -H 'Prefer: respond-async' http://$STORE:8080/fhir/Group/g1/\$export
    get -H 'Accept: application/fhir+ndjson' http://$STORE:8080/fhir/files/patients.ndjson
    lan_done "server.py (ours), $(version python3), $(version curl)" "bulk export: 202, then patients as ndjson"
}

core() { # NAME MODE ARGUMENT...
    local name=$1
    shift
    in_ns_bg "$name" node "$scratch/core.js" "$@"
}
core_lan() {
    npm install --silent --no-audit --no-fund --prefix "$scratch" $NPM_CORE $NPM_CLIENT >/dev/null
    cp "$topic_dir/core.js" "$scratch"
    lan; lan_host tokens $TOKENS/16 00:50:56:10:00:61; lan_host browser $BROWSER/16 f8:b1:56:40:00:32
    core store server 8080 http://$TOKENS:8082; wait_listen store 8080
}

scenario_core() {
    core_lan; lan_record core.pcap
    in_ns viewer node "$scratch/core.js" client http://$STORE:8080/4_0_1
    lan_done "npm ${NPM_CORE%% *}, npm $NPM_CLIENT, node $(node --version)" "CapabilityStatement with OAuth addresses, create, read, update, vread, history, search by GET and POST, delete; a transaction and a patient who are not found"
}

scenario_smart_app() {
    core_lan; core tokens auth $TOKENS 8082; wait_listen tokens 8082
    core viewer app 8083 http://$STORE:8080/4_0_1; wait_listen viewer 8083
    in_ns store curl -s -o /dev/null -X PUT -H 'Content-Type: application/fhir+json' \
        -d '{"resourceType":"Patient","id":"patient-1","name":[{"family":"CANARY","given":["TARO"]}],"birthDate":"1960-01-02"}' http://$STORE:8080/4_0_1/Patient/patient-1
    lan_record smart-app.pcap
    in_ns browser curl -sS -L -o /dev/null http://$VIEWER:8083/launch
    lan_done "npm ${NPM_CORE// /, npm }, $(version curl), node $(node --version)" "SMART App Launch: an application finds the token server in the CapabilityStatement, gets a code by way of the browser, changes it for a token, and reads the patient with it"
}

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
