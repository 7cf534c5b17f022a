#!/bin/bash
# Records TLS between OpenSSL's s_server and s_client, and curl: what stands in clear before the encryption begins.
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

SERVER=10.10.10.8 CLIENT=10.10.40.31
OPENSSL="$(version openssl)"
all="tls12 tls13 refused"

lan() {
    lan_up
    lan_host server $SERVER/16 f8:b1:56:10:00:08
    lan_host client $CLIENT/16 f8:b1:56:40:00:31
    (cd "$scratch" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
        -keyout ca.key -out ca.crt -subj "/C=JP/O=Example General Hospital/CN=Example CA" 2>/dev/null)
}

certificate() { # certificate NAME SUBJECT DAYS NAMES
    (cd "$scratch"
     openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -subj "$2" -out "$1.csr" 2>/dev/null
     printf 'subjectAltName=%s\n' "$4" >"$1.ext"
     openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days "$3" -extfile "$1.ext" -out "$1.crt" 2>/dev/null)
}

serve() { # serve PORT NAME [OPTION...]
    local port=$1 name=$2
    shift 2
    in_ns_bg server openssl s_server -quiet -www -accept "$port" -cert "$scratch/$name.crt" -key "$scratch/$name.key" \
        -CAfile "$scratch/ca.crt" "$@"
    wait_listen server "$port"
}

ask() { # ask PORT [OPTION...]
    local port=$1
    shift
    printf 'GET / HTTP/1.0\r\n\r\n' | in_ns client timeout 5 openssl s_client -quiet -ign_eof -connect "$SERVER:$port" \
        -CAfile "$scratch/ca.crt" "$@" >/dev/null 2>&1 || true
}

scenario_tls12() {
    lan
    certificate server "/C=JP/O=Example General Hospital/CN=fhir.hospital.example" 800 \
        "DNS:fhir.hospital.example,DNS:*.ward.hospital.example,IP:$SERVER"
    certificate client "/C=JP/O=Example General Hospital/CN=MONGW" 800 "DNS:mongw.hospital.example"
    certificate staff "/C=JP/O=Example General Hospital/CN=CANARY TARO" 800 "email:canary@hospital.example"
    serve 8443 server -tls1_2 -Verify 2 -alpn http/1.1
    lan_record tls12.pcap
    ask 8443 -cert "$scratch/client.crt" -key "$scratch/client.key" -servername fhir.hospital.example -alpn h2,http/1.1
    ask 8443 -cert "$scratch/staff.crt" -key "$scratch/staff.key" -servername fhir.hospital.example
    lan_done "$OPENSSL" "TLS 1.2 with certificates of both sides, SNI and ALPN; then a person's certificate, whose name is not told"
}

scenario_tls13() {
    lan
    certificate server "/C=JP/O=Example General Hospital/CN=fhir.hospital.example" 800 "DNS:fhir.hospital.example"
    serve 443 server -alpn h2,http/1.1
    serve 2575 server
    lan_record tls13.pcap
    ask 443 -servername fhir.hospital.example -alpn h2
    ask 443 -groups P-521:X25519 -servername fhir.hospital.example
    ask 2575
    lan_done "$OPENSSL" "TLS 1.3 with SNI and ALPN, and TLS on the port of HL7"
}

scenario_refused() {
    lan
    certificate server "/C=JP/O=Example General Hospital/CN=old.hospital.example" 800 "DNS:old.hospital.example"
    (cd "$scratch" && openssl req -x509 -newkey rsa:2048 -nodes -days 10 -keyout self.key -out self.crt -subj "/CN=self.example" 2>/dev/null)
    serve 443 server -tls1_2 -Verify 2 -verify_return_error
    lan_record refused.pcap
    ask 443 -cert "$scratch/self.crt" -key "$scratch/self.key"
    ask 443 -tls1_3
    lan_done "$OPENSSL" "TLS 1.2 refused: a client certificate of nobody known (unknown_ca), and a client that speaks TLS 1.3 only (protocol_version)"
}

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
