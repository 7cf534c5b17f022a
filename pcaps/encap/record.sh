#!/bin/bash
# Records DICOM (DCMTK) and HL7 (python-hl7) between two sites whose tunnel is made by real programs: Open
# vSwitch with its userspace datapath (GENEVE, GRE, ERSPAN), the kernel (VXLAN), socat over TUN and raw sockets
# (IP in IP, IPv6 in IPv4). The recording sees the network between the sites, so only the carriers.
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

PACS=10.10.10.5 CT=10.10.20.15
DCMTK=$(version dcmtk) OVS=$(version openvswitch-switch)
all="geneve gre erspan2 erspan3 vxlan-fragments ip-in-ip"
peer() { echo /usr/bin/python3 "$topic_dir/../hl7/peer.py" "$@"; }

# Sites one and two with their outer addresses; a device of its own behind each of them.
sites() {
    lan_up
    lan_host one 172.16.0.1/24 06:00:00:00:00:a1
    lan_host two 172.16.0.2/24 06:00:00:00:00:b2
}

behind() { # behind SITE NAME ADDRESS/LEN MAC: a device in the site's own network, at port d0 of the site
    local ns=$ns_prefix$2
    ip netns add "$ns"
    ip -n "$ns" link add eth0 type veth peer name d0 netns "$ns_prefix$1"
    ip -n "$ns" link set eth0 address "$4"
    in_ns "$2" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
    in_ns "$2" ethtool -K eth0 tx off tso off gso off gro off >/dev/null 2>&1
    in_ns "$1" ethtool -K d0 tx off tso off gso off gro off >/dev/null 2>&1
    ip -n "$ns_prefix$1" link set d0 up
    ip -n "$ns" link set lo up
    ip -n "$ns" link set eth0 up
    ip -n "$ns" addr add "$3" brd + dev eth0
    lan_resolver "$2" 127.0.0.1
}

# vswitch SITE ADDRESS TYPE OPTION...: two bridges in user space, the tunnel between them; eth0 carries it
vswitch() {
    local site=$1 address=$2 dir=$scratch/ovs-$1 type=$3
    shift 3
    rm -rf "$dir" && mkdir "$dir"
    export OVS_RUNDIR=$dir OVS_DBDIR=$dir OVS_LOGDIR=$dir OVS_SYSCONFDIR=$dir
    ovsdb-tool create "$dir/conf.db" /usr/share/openvswitch/vswitch.ovsschema
    in_ns_bg "$site" ovsdb-server "$dir/conf.db" "--remote=punix:$dir/db.sock" --unixctl="$dir/db.ctl"
    for _ in $(seq 50); do [ -S "$dir/db.sock" ] && break; sleep 0.1; done
    ovs-vsctl "--db=unix:$dir/db.sock" --no-wait init
    in_ns_bg "$site" ovs-vswitchd "unix:$dir/db.sock" --unixctl="$dir/vs.ctl"
    ovs-vsctl "--db=unix:$dir/db.sock" \
        -- add-br phy -- set bridge phy datapath_type=netdev -- add-port phy eth0 \
        -- add-br int -- set bridge int datapath_type=netdev -- add-port int d0 \
        -- add-port int tunnel -- set interface tunnel "type=$type" "$@"
    ip -n "$ns_prefix$site" addr flush dev eth0
    ip -n "$ns_prefix$site" addr add "$address/24" dev phy
    ip -n "$ns_prefix$site" link set phy up
}

overlay() { # overlay TYPE OPTION...: both sites, CT behind one, PACS behind two
    sites
    behind one ct $CT/16 00:13:95:20:00:15
    behind two pacs $PACS/16 f8:b1:56:10:00:05
    vswitch one 172.16.0.1 "$1" options:remote_ip=172.16.0.2 "${@:2}"
    vswitch two 172.16.0.2 "$1" options:remote_ip=172.16.0.1 "${@:2}"
    in_ns_bg pacs storescp -od "$scratch" 104
    wait_listen pacs 104
    in_ns ct ping -q -c 1 -W 5 $PACS >/dev/null
}

echoes() { # echoes SHOWS
    in_ns ct echoscu -aet CT01 -aec PACS1 $PACS 104
    lan_done "$DCMTK, $OVS" "$1"
}

scenario_geneve() {
    overlay geneve options:key=5001; lan_record geneve.pcap
    echoes "GENEVE by Open vSwitch, network 5001: a C-ECHO between the devices behind its ends"
}

scenario_gre() {
    overlay gre options:key=77 options:csum=true; lan_record gre.pcap
    echoes "GRE with Ethernet frames, key 77 and checksum, by Open vSwitch: a C-ECHO"
}

scenario_erspan2() {
    overlay erspan options:key=33 options:erspan_ver=1 options:erspan_idx=7; lan_record erspan2.pcap
    echoes "ERSPAN type II by Open vSwitch, session 33, index 7: a C-ECHO"
}

scenario_erspan3() {
    overlay erspan options:key=34 options:erspan_ver=2 options:erspan_dir=1 options:erspan_hwid=4
    lan_record erspan3.pcap
    echoes "ERSPAN type III by Open vSwitch, session 34, egress: a C-ECHO"
}

scenario_vxlan_fragments() {
    sites
    for x in "one 172.16.0.1 172.16.0.2 $CT 00:13:95:20:00:15" "two 172.16.0.2 172.16.0.1 $PACS f8:b1:56:10:00:05"; do
        set -- $x
        ip -n "$ns_prefix$1" link add vx0 type vxlan id 4200 local "$2" remote "$3" dstport 4789
        ip -n "$ns_prefix$1" link set vx0 address "$5" mtu 1500 up # full frames inside: the carriers are fragmented
        ip -n "$ns_prefix$1" addr add "$4/16" dev vx0
    done
    python3 "$topic_dir/../dicom/objects.py" "$scratch/objects" 1 1 40
    for dump in "$scratch"/objects/*.dump; do dump2dcm +te "$dump" "${dump%.dump}.dcm"; done
    in_ns_bg two storescp -od "$scratch" 104
    wait_listen two 104
    in_ns one ping -q -c 1 -W 5 $PACS >/dev/null
    lan_record vxlan-fragments.pcap
    in_ns one storescu -R -aet CT01 -aec PACS1 $PACS 104 "$scratch"/objects/*.dcm
    lan_done "$DCMTK, Linux $(uname -r | cut -d. -f1,2) kernel" \
        "VXLAN by the kernel, network 4200, without room for full frames: a C-STORE whose carriers come in IPv4 fragments"
}

# pair SITE LOCAL PEER DEVICE PROTO: packets of a TUN device in and out of raw sockets of an IP protocol
pair() {
    in_ns_bg "$1" socat "TUN,tun-type=tun,tun-name=$4,iff-no-pi,iff-up" "IP4-DATAGRAM:$3:$5,bind=$2"
    for _ in $(seq 50); do ip -n "$ns_prefix$1" link show "$4" >/dev/null 2>&1 && return; sleep 0.1; done
}

scenario_ip_in_ip() {
    sites
    for site in one two; do
        in_ns $site sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0
        in_ns $site sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
    done
    pair one 172.16.0.1 172.16.0.2 tun4 4; pair two 172.16.0.2 172.16.0.1 tun4 4
    pair one 172.16.0.1 172.16.0.2 tun6 41; pair two 172.16.0.2 172.16.0.1 tun6 41
    ip -n "${ns_prefix}one" addr add $CT peer $PACS dev tun4
    ip -n "${ns_prefix}two" addr add $PACS peer $CT dev tun4
    ip -n "${ns_prefix}one" addr add fd00:10:10::20:15/64 dev tun6 nodad
    ip -n "${ns_prefix}two" addr add fd00:10:10::10:20/64 dev tun6 nodad
    in_ns_bg two storescp -od "$scratch" 104
    in_ns_bg two socat "TCP6-LISTEN:2575,fork" TCP4:127.0.0.1:2576
    in_ns_bg two $(peer server 2576)
    in_ns_bg one socat "TCP4-LISTEN:2577,fork" "TCP6:[fd00:10:10::10:20]:2575" # python-hl7 speaks IPv4 only
    wait_listen two 104; wait_listen two 2575; wait_listen two 2576; wait_listen one 2577
    sleep 1
    lan_record ip-in-ip.pcap
    in_ns one echoscu -aet CT01 -aec PACS1 $PACS 104
    in_ns one $(peer send 127.0.0.1 2577 "oru(1)")
    lan_done "$DCMTK, $(version python3-hl7), $(version socat)" \
        "IPv4 in IPv4 with a C-ECHO and IPv6 in IPv4 with an ORU^R01, by socat over TUN devices and raw sockets"
}

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
