#!/bin/bash
# Records ward-morning.pcap: ten minutes of one morning in a small hospital, in real time (README.md tells the story).
# Usage: record.sh            (WARD_SPEED=20 record.sh runs the same acts twenty times faster, for trying out)
. "$(dirname "$0")/../record/lan.sh"
# The tools of the other topics: objects.py makes images, peer.py speaks HL7.
dicom_dir=$pcaps_dir/dicom hl7_dir=$pcaps_dir/hl7
speed=${WARD_SPEED:-1}

SERVICES=10.10.10.2 PACS=10.10.10.5 ENGINE=10.10.10.20 VIEWER=10.10.40.31
CT=10.10.20.15 GATEWAY=10.10.30.20 STRANGER=10.10.20.99 ROUTER=10.10.0.1 OUTSIDE=203.0.113.50
CT_MAC=00:13:95:20:00:15

hospital() {
    lan_up
    lan_host router $ROUTER/16 00:00:0c:10:00:01
    lan_host services $SERVICES/16 00:50:56:10:00:02 $ROUTER
    lan_host pacs $PACS/16 f8:b1:56:10:00:05 $ROUTER
    lan_host engine $ENGINE/16 00:50:8b:10:00:20 $ROUTER
    lan_host viewer $VIEWER/16 f8:b1:56:40:00:31 $ROUTER
    lan_host gateway $GATEWAY/16 00:09:fb:30:00:20 $ROUTER
    lan_host ct - $CT_MAC
    lan_host stranger $STRANGER/16 b8:27:eb:20:00:99 $ROUTER
    for n in pacs engine viewer gateway ct stranger; do lan_resolver $n $SERVICES; done
}

# One host of the internet behind the router: a documentation address (RFC 5737), in a namespace like all others.
internet() {
    ip netns add "${ns_prefix}outside"
    ip -n "${ns_prefix}outside" link add eth0 type veth peer name eth1 netns "${ns_prefix}router"
    ip -n "${ns_prefix}outside" addr add $OUTSIDE/24 dev eth0
    ip -n "${ns_prefix}outside" link set lo up
    ip -n "${ns_prefix}outside" link set eth0 up
    ip -n "${ns_prefix}outside" route add default via 203.0.113.1
    ip -n "${ns_prefix}router" addr add 203.0.113.1/24 dev eth1
    ip -n "${ns_prefix}router" link set eth1 up
    in_ns router sysctl -qw net.ipv4.ip_forward=1
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=sync.cloud-backup.example" \
        -keyout "$scratch/tls.key" -out "$scratch/tls.crt" 2>/dev/null
    in_ns_bg outside openssl s_server -accept 443 -cert "$scratch/tls.crt" -key "$scratch/tls.key" -www
    wait_listen outside 443
}

name_time_and_address_server() {
    cat >"$scratch/dnsmasq.conf" <<CFG
interface=eth0
bind-interfaces
user=root
no-resolv
no-hosts
no-ping
dhcp-authoritative
dhcp-range=10.10.50.10,10.10.50.50,255.255.0.0,12h
dhcp-host=$CT_MAC,$CT,ct-01
dhcp-option=option:router,$ROUTER
dhcp-option=option:dns-server,$SERVICES
dhcp-option=option:ntp-server,$SERVICES
dhcp-option=option:domain-name,hospital.example
dhcp-leasefile=$scratch/leases
local=/hospital.example/
local-ttl=300
host-record=pacs.hospital.example,$PACS
host-record=ntp.hospital.example,$SERVICES
host-record=sync.cloud-backup.example,$OUTSIDE
CFG
    in_ns_bg services dnsmasq -k -C "$scratch/dnsmasq.conf"
    # -x: the clock of the recording machine is never touched
    printf 'local stratum 3\nallow\ncmdport 0\nbindcmdaddress /\npidfile %s/chrony.pid\n' "$scratch" >"$scratch/chrony.conf"
    in_ns_bg services chronyd -x -d -u root -f "$scratch/chrony.conf"
    wait_listen services 53 udp
    wait_listen services 123 udp
}

archive() {
    mkdir "$scratch/orthanc"
    cat >"$scratch/orthanc.json" <<CFG
{ "Name": "PACS1", "StorageDirectory": "$scratch/orthanc", "IndexDirectory": "$scratch/orthanc",
  "DicomAet": "PACS1", "DicomPort": 104, "HttpServerEnabled": false, "Plugins": [], "DefaultEncoding": "Utf8",
  "DicomCheckCalledAet": true, "DicomAlwaysAllowStore": true, "DicomAlwaysAllowFind": true,
  "DicomAlwaysAllowMove": true, "DicomAlwaysAllowEcho": true,
  "DicomModalities": { "viewer": ["VIEWER1", "$VIEWER", 11112] } }
CFG
    in_ns_bg pacs Orthanc "$scratch/orthanc.json"
    wait_listen pacs 104
}

images() {
    python3 "$dicom_dir/objects.py" "$scratch/objects" 4 3 96
    for dump in "$scratch"/objects/*.dump; do dump2dcm +te "$dump" "${dump%.dump}.dcm"; done
}

# The monitor gateway's connection exists before the recording starts and outlives it.
monitor_gateway() {
    in_ns_bg engine /usr/bin/python3 "$hl7_dir/peer.py" server 2575
    wait_listen engine 2575
    mkfifo "$scratch/beats"
    in_ns_bg gateway /usr/bin/python3 "$hl7_dir/peer.py" ward $ENGINE 2575 "$scratch/beats"
    exec 9>"$scratch/beats"
    echo >&9
    sleep 8 # the neighbours' first ARP exchange is over
}

beats() { # one ORU^R01 every 30 seconds, the first at once
    for _ in $(seq 20); do
        echo
        sleep "$(python3 -c "print(30 / $speed)")"
    done
}

at() { # waits until that second of the story
    python3 -c "
import sys, time
start, second, speed = map(float, sys.argv[1:])
time.sleep(max(0, start + second / speed - time.time()))" "$start" "$1" "$speed"
    printf '  %4s s  %s\n' "$1" "$2"
}

store() { in_ns ct storescu -R -aet CT01 -aec PACS1 pacs.hospital.example 104 "$scratch/objects/s$1"i*.dcm; }

dhcp() {
    printf 'send host-name "ct-01";\nsend vendor-class-identifier "AcmeCT64/5.2";\nrequest subnet-mask, routers, domain-name-servers, domain-name, ntp-servers;\n' >"$scratch/dhclient.conf"
    cat >"$scratch/dhclient.sh" <<'CFG'
#!/bin/sh
[ -n "$new_ip_address" ] || exit 0
ip addr replace $new_ip_address/16 brd + dev $interface
ip route replace default via $new_routers
CFG
    chmod +x "$scratch/dhclient.sh"
    in_ns ct timeout 20 dhclient -4 -1 -sf "$scratch/dhclient.sh" -cf "$scratch/dhclient.conf" \
        -lf "$scratch/ct.leases" -pf "$scratch/ct.pid" eth0 >/dev/null 2>&1
}

clock() { # asks the time server four times, reports the offset, sets nothing
    in_ns "$1" timeout 20 chronyd -Q -u root -t 10 "server ntp.hospital.example iburst" \
        "pidfile $scratch/chrony-$1.pid" "cmdport 0" "bindcmdaddress /" >/dev/null 2>&1 || true
}

morning() {
    start=$(date +%s.%N)
    beats >&9 &
    beats_pid=$!
    at 12 "the CT scanner is switched on: DHCP, time, C-ECHO to the PACS"
    dhcp
    clock ct
    in_ns ct echoscu -aet CT01 -aec PACS1 pacs.hospital.example 104
    at 45 "the PACS checks its clock"
    clock pacs
    at 75 "first study"
    store 1
    at 140 "second study"
    store 2
    at 200 "a viewer finds and fetches the first study"
    in_ns viewer findscu -S -aet VIEWER1 -aec PACS1 -k QueryRetrieveLevel=STUDY -k PatientID=CANARY0001 \
        -k PatientName -k StudyInstanceUID $PACS 104 >/dev/null 2>&1
    in_ns viewer movescu -S -aet VIEWER1 -aec PACS1 -aem VIEWER1 +P 11112 -od "$scratch" \
        -k QueryRetrieveLevel=STUDY -k StudyInstanceUID=1.2.826.0.1.3680043.9.7433.77.1 $PACS 104
    at 260 "third study"
    store 3
    at 335 "the CT scanner resolves and contacts a host outside the hospital that nobody declared"
    printf 'GET /checkin HTTP/1.0\r\nHost: sync.cloud-backup.example\r\n\r\n' |
        in_ns ct timeout 10 openssl s_client -quiet -connect sync.cloud-backup.example:443 \
            -servername sync.cloud-backup.example >/dev/null 2>&1 || true
    at 410 "an unknown host asks the PACS for all its patients: first with a wrong name, then with the right one"
    in_ns stranger findscu -P -aet WKSTN99 -aec PACS -k QueryRetrieveLevel=PATIENT -k PatientName='*' \
        -k PatientID $PACS 104 >/dev/null 2>&1 || true
    in_ns stranger findscu -P -aet WKSTN99 -aec PACS1 -k QueryRetrieveLevel=PATIENT -k PatientName='*' \
        -k PatientID -k PatientBirthDate $PACS 104 >/dev/null 2>&1
    in_ns stranger findscu -S -aet WKSTN99 -aec PACS1 -k QueryRetrieveLevel=STUDY -k PatientName='*' \
        -k StudyInstanceUID -k StudyDate $PACS 104 >/dev/null 2>&1
    at 500 "fourth study"
    store 4
    at 570 "the last C-ECHO"
    in_ns ct echoscu -aet CT01 -aec PACS1 pacs.hospital.example 104
    at 601 "the recording ends, the monitor gateway's connection does not"
    kill "$beats_pid" 2>/dev/null || true
}

images
hospital
internet
name_time_and_address_server
archive
monitor_gateway
lan_record ward-morning.pcap
morning
exec 9>&-
lan_done "$(version dcmtk), $(version orthanc), $(version python3-hl7), $(version dnsmasq-base), $(version isc-dhcp-client), $(version chrony), $(version openssl)" \
    "the story of ward-morning/README.md: a CT, its PACS, a viewer, a monitor gateway with a connection that is older than the recording, DHCP, DNS, NTP; then an undeclared contact outside the hospital, an unknown host with an undeclared AE title, patient data in clear text"
