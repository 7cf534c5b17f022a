# A ward LAN made of network namespaces, one per host, joined by a bridge, and recorded at the
# bridge as a mirror port would see it. Sourced by the record.sh scripts.
#
#   lan_up; lan_host ct 10.10.20.15/16 00:13:95:20:00:15; lan_record echo.pcap
#   in_ns ct echoscu ...; lan_done 'DCMTK 3.6.7' 'what the capture shows'
#
# Needs root, iproute2, ethtool and tcpdump. No namespace has a way out: nothing is ever sent to
# a real network. A recording is never repeatable byte for byte (ports, sequence numbers, times);
# its checksum in MANIFEST.tsv is renewed by lan_done.
set -euo pipefail

topic_dir=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)
pcaps_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ns_prefix="wwpc${BASHPID}_"
scratch=$(mktemp -d /tmp/ward-lan.XXXXXX)
background=""
capture_pid=""
capture_file=""
export TZ=JST-9 LC_ALL=C.UTF-8

[ "$(id -u)" = 0 ] || { echo "$0: needs root for network namespaces" >&2; exit 2; }
for tool in ip ethtool tcpdump python3; do
    command -v "$tool" >/dev/null || { echo "$0: $tool is missing; see pcaps/README.md" >&2; exit 2; }
done

lan_up() {
    ip netns add "${ns_prefix}sw"
    ip netns exec "${ns_prefix}sw" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
    ip -n "${ns_prefix}sw" link add br0 type bridge forward_delay 0 mcast_snooping 0
    ip -n "${ns_prefix}sw" link set br0 up promisc on
}

# lan_host NAME ADDRESS/LEN|- MAC [GATEWAY]: offloads are off, so frames have MTU size and true checksums;
# lan_offload=on leaves them on
lan_host() {
    local ns=$ns_prefix$1
    ip netns add "$ns"
    ip -n "$ns" link add eth0 type veth peer name "p_$1" netns "${ns_prefix}sw"
    ip -n "$ns" link set eth0 address "$3"
    if [ "${lan_offload:-off}" = off ]; then
        ip netns exec "$ns" ethtool -K eth0 tx off tso off gso off gro off >/dev/null 2>&1
        ip netns exec "${ns_prefix}sw" ethtool -K "p_$1" tx off tso off gso off gro off >/dev/null 2>&1
    fi
    ip netns exec "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
    ip -n "${ns_prefix}sw" link set "p_$1" master br0 up
    ip -n "$ns" link set lo up
    ip -n "$ns" link set eth0 up
    [ "$2" = - ] || ip -n "$ns" addr add "$2" brd + dev eth0
    [ -z "${4:-}" ] || ip -n "$ns" route add default via "$4"
    lan_resolver "$1" 127.0.0.1
}

# lan_resolver NAME SERVER: what programs in that namespace find as /etc/resolv.conf
# (without this call: nothing, not the resolver of the recording machine)
lan_resolver() {
    mkdir -p "/etc/netns/$ns_prefix$1"
    printf 'search hospital.example\nnameserver %s\n' "$2" >"/etc/netns/$ns_prefix$1/resolv.conf"
}

in_ns() {
    local ns=$ns_prefix$1
    shift
    ip netns exec "$ns" "$@"
}

# in_ns_bg NAME COMMAND...: started in its own session, stopped by lan_down
in_ns_bg() {
    local ns=$ns_prefix$1
    shift
    setsid ip netns exec "$ns" "$@" </dev/null >>"$scratch/background.log" 2>&1 &
    background="$background $!"
}

# wait_listen NAME PORT [udp]: looks at the socket table, touches no wire
wait_listen() {
    local flags=-Hltn i
    [ "${3:-tcp}" = tcp ] || flags=-Hlun
    for i in $(seq 100); do
        if in_ns "$1" ss $flags "sport = :$2" | grep -q .; then return 0; fi
        sleep 0.2
    done
    echo "$0: nothing listens on $1:$2" >&2
    tail -5 "$scratch/background.log" >&2
    exit 1
}

# lan_record FILE [FILTER]; lan_snap says how many bytes of a frame are kept
lan_record() {
    capture_file=$topic_dir/$1
    shift
    rm -f "$capture_file"
    # The ring has one slot of the snap length for each frame: a small snap length, above the MTU, means many slots.
    ip netns exec "${ns_prefix}sw" tcpdump -Z root -i br0 -s "${lan_snap:-2048}" -B 32768 --immediate-mode -U \
        -w "$capture_file" "$@" >/dev/null 2>"$scratch/tcpdump.err" &
    capture_pid=$!
    for _ in $(seq 100); do
        if grep -q 'listening on' "$scratch/tcpdump.err"; then return 0; fi
        sleep 0.1
    done
    echo "$0: tcpdump did not start: $(cat "$scratch/tcpdump.err")" >&2
    exit 1
}

lan_down() {
    local pid ns
    for pid in $background; do kill -TERM -- "-$pid" 2>/dev/null || true; done
    for pid in $background; do wait "$pid" 2>/dev/null || true; done
    background=""
    for ns in $(ip netns list | awk '{print $1}' | grep "^$ns_prefix" || true); do
        for pid in $(ip netns pids "$ns"); do kill -KILL "$pid" 2>/dev/null || true; done
        ip netns del "$ns"
        rm -rf "/etc/netns/$ns"
    done
    rmdir /etc/netns 2>/dev/null || true
}

# lan_done PROGRAMS SHOWS: ends the recording, takes the LAN down, renews the manifest line
lan_done() {
    sleep 1
    kill -INT "$capture_pid"
    wait "$capture_pid" || true
    capture_pid=""
    grep -q '^0 packets dropped by kernel' "$scratch/tcpdump.err" ||
        { echo "$0: frames were lost, record again: $(cat "$scratch/tcpdump.err")" >&2; exit 1; }
    lan_down
    python3 "$pcaps_dir/check_manifest.py" --record "$capture_file" \
        "${topic_dir#"$pcaps_dir"/}/record.sh" "$1" "$2"
}

lan_cleanup() {
    [ -z "$capture_pid" ] || kill -INT "$capture_pid" 2>/dev/null || true
    lan_down
    rm -rf "$scratch"
}
trap lan_cleanup EXIT

# version PACKAGE: "dcmtk 3.6.7-9~deb12u4"
version() { dpkg-query -W -f '${Package} ${Version}' "$1"; }

# run_scenarios NAME...: each scenario is a function of the sourcing script
run_scenarios() {
    local s
    for s in "$@"; do
        echo "recording ${topic_dir##*/}/$s"
        "scenario_${s//-/_}"
    done
}
