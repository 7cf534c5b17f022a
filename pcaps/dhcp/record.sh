#!/bin/bash
# Records DHCPv4 between dnsmasq as the server and ISC dhclient and busybox udhcpc as clients.
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

SERVER=10.10.10.2
DNSMASQ=$(version dnsmasq-base) DHCLIENT=$(version isc-dhcp-client) UDHCPC=$(version busybox)
all="lease nak"

lan() {
    lan_up
    lan_host server $SERVER/16 00:50:56:10:00:02
    lan_host ct - 00:13:95:20:00:15
    lan_host pump - 00:30:e6:30:00:41
    cat >"$scratch/dnsmasq.conf" <<CFG
interface=eth0
bind-interfaces
port=0
user=root
no-ping
dhcp-authoritative
dhcp-range=10.10.50.10,10.10.50.50,255.255.0.0,2m
dhcp-host=00:13:95:20:00:15,10.10.20.15,ct-01
dhcp-option=option:router,10.10.0.1
dhcp-option=option:dns-server,$SERVER
dhcp-option=option:ntp-server,$SERVER
dhcp-option=option:domain-name,hospital.example
dhcp-leasefile=$scratch/leases
CFG
    in_ns_bg server dnsmasq -k -C "$scratch/dnsmasq.conf"
    wait_listen server 67 udp
    cat >"$scratch/dhclient.conf" <<CFG
send host-name "ct-01";
send vendor-class-identifier "AcmeCT64/5.2";
request subnet-mask, routers, domain-name-servers, domain-name, ntp-servers;
CFG
    printf '#!/bin/sh\n[ "$1" = bound ] && ip addr replace $ip/16 dev $interface\nexit 0\n' >"$scratch/udhcpc.sh"
    printf '#!/bin/sh\n[ -z "$new_ip_address" ] || ip addr replace $new_ip_address/16 dev $interface\nexit 0\n' >"$scratch/dhclient.sh"
    chmod +x "$scratch/udhcpc.sh" "$scratch/dhclient.sh"
}

dhclient_ct() {
    in_ns ct timeout 20 dhclient -4 -sf "$scratch/dhclient.sh" -cf "$scratch/dhclient.conf" -lf "$scratch/ct.leases" \
        -pf "$scratch/ct.pid" "$@" eth0 >/dev/null 2>&1
}

scenario_lease() {
    lan; lan_record lease.pcap
    dhclient_ct -1
    in_ns pump timeout 4 busybox udhcpc -i eth0 -f -R -t 3 -s "$scratch/udhcpc.sh" -x hostname:pump-0041 \
        -V ExamplePump/1 >/dev/null 2>&1 || true
    dhclient_ct -r
    lan_done "$DNSMASQ, $DHCLIENT, $UDHCPC" "two clients with host name and vendor class get a lease (DISCOVER, OFFER, REQUEST, ACK), one from a reservation; both RELEASE"
}

scenario_nak() {
    lan
    cat >"$scratch/ct.leases" <<'CFG'
lease {
  interface "eth0";
  fixed-address 192.168.77.5;
  option subnet-mask 255.255.255.0;
  option dhcp-lease-time 864000;
  option dhcp-server-identifier 192.168.77.1;
  renew 1 2035/01/01 00:00:00;
  rebind 2 2035/01/02 00:00:00;
  expire 3 2035/01/03 00:00:00;
}
CFG
    lan_record nak.pcap
    dhclient_ct -1
    lan_done "$DNSMASQ, $DHCLIENT" "a client asks for an address of another network (INIT-REBOOT), gets a NAK and starts again"
}

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
