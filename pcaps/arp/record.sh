#!/bin/bash
# Records ARP of the Linux kernel (ping) and of iputils arping.
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

PACS=10.10.10.5 CT=10.10.20.15
ARPING=$(version iputils-arping) PING=$(version iputils-ping)
all="resolve announce conflict"

lan() {
    lan_up
    lan_host pacs $PACS/16 f8:b1:56:10:00:05
    lan_host ct $CT/16 00:13:95:20:00:15
    lan_host stranger - b8:27:eb:20:00:99
}

scenario_resolve() {
    lan; lan_record resolve.pcap
    in_ns ct ping -q -c 2 -i 0.2 $PACS >/dev/null
    in_ns ct ping -q -c 1 -W 1 10.10.10.77 >/dev/null || true
    lan_done "Linux $(uname -r | cut -d. -f1,2) kernel, $PING" "a host resolves its peer and exchanges ICMP echo; an address that nobody answers for"
}

scenario_announce() {
    lan; lan_record announce.pcap
    in_ns ct arping -q -c 2 -U -I eth0 $CT || true
    in_ns ct arping -q -c 1 -A -I eth0 $CT || true
    in_ns stranger arping -q -D -c 2 -I eth0 10.10.20.98 || true
    lan_done "$ARPING" "gratuitous requests and replies of one host, and probes (sender 0.0.0.0) of another before it takes an address"
}

scenario_conflict() {
    lan; lan_record conflict.pcap
    in_ns ct ping -q -c 1 $PACS >/dev/null
    in_ns stranger arping -q -D -c 1 -I eth0 $PACS || true
    ip -n "${ns_prefix}stranger" addr add $PACS/16 dev eth0
    in_ns stranger arping -q -c 2 -A -I eth0 $PACS || true
    in_ns ct ip neigh flush dev eth0
    in_ns ct ping -q -c 1 -W 1 $PACS >/dev/null || true
    lan_done "Linux $(uname -r | cut -d. -f1,2) kernel, $ARPING, $PING" "a second host claims the address of the PACS: probe defended, then gratuitous replies and two answers to one request"
}

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
