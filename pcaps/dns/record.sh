#!/bin/bash
# Records DNS between dnsmasq as the server and dig and the C library's resolver (getent) as clients.
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

SERVER=10.10.10.2 CT=10.10.20.15 OTHER=10.10.10.5
DNSMASQ=$(version dnsmasq-base) DIG=$(version bind9-dnsutils) GETENT=$(version libc-bin)
all="lookups failures tcp"

lan() {
    lan_up
    lan_host server $SERVER/16 00:50:56:10:00:02
    lan_host ct $CT/16 00:13:95:20:00:15
    lan_host other $OTHER/16 f8:b1:56:10:00:05
    lan_resolver ct $SERVER
    cat >"$scratch/dnsmasq.conf" <<CFG
interface=eth0
bind-interfaces
user=root
no-resolv
no-hosts
local=/hospital.example/
local-ttl=300
host-record=pacs.hospital.example,10.10.10.5,fd00:10:10::5
host-record=ntp.hospital.example,10.10.10.2
cname=archive.hospital.example,pacs.hospital.example
srv-host=_dicom._tcp.hospital.example,pacs.hospital.example,104
mx-host=hospital.example,mail.hospital.example,10
txt-record=hospital.example,"v=spf1 -all"
$(for i in $(seq 1 40); do echo "host-record=farm.hospital.example,10.10.60.$i"; done)
CFG
    in_ns_bg server dnsmasq -k -C "$scratch/dnsmasq.conf"
    wait_listen server 53 udp
}

ask() { in_ns ct dig +tries=1 +time=2 @$SERVER "$@" >/dev/null; }

scenario_lookups() {
    lan; lan_record lookups.pcap
    in_ns ct getent ahosts pacs.hospital.example >/dev/null
    ask pacs.hospital.example AAAA
    ask ntp.hospital.example A
    ask archive.hospital.example A
    ask -x 10.10.10.5
    ask _dicom._tcp.hospital.example SRV
    ask hospital.example MX
    ask hospital.example TXT
    lan_done "$DNSMASQ, $DIG, $GETENT" "A, AAAA, CNAME, PTR, SRV, MX and TXT lookups, each answered; with and without EDNS"
}

scenario_failures() {
    lan; lan_record failures.pcap
    ask no-such-host.hospital.example A
    ask pacs.hospital.example NAPTR
    ask www.elsewhere.example A
    in_ns ct dig +tries=1 +time=1 @$OTHER pacs.hospital.example A >/dev/null || true
    lan_done "$DNSMASQ, $DIG" "NXDOMAIN, an empty answer, REFUSED, and a host without a DNS server (ICMP port unreachable)"
}

scenario_tcp() {
    lan; lan_record tcp.pcap
    ask +noedns farm.hospital.example A
    ask +tcp pacs.hospital.example A
    lan_done "$DNSMASQ, $DIG" "a truncated UDP answer repeated over TCP, and a query over TCP from the start"
}

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
