#!/bin/bash
# Records syslog between real programs: rsyslog as server, relay and sender, logger of util-linux.
# Audit messages are made by audit.py.
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

LOG=10.10.10.25 CT=10.10.20.15 VIEWER=10.10.10.31 RELAY=10.10.10.26
RSYSLOG=$(version rsyslog) LOGGER="util-linux $(version bsdutils | cut -d' ' -f2)"
all="formats framing relay audit"

lan() {
    lan_up
    lan_host log $LOG/16 f8:b1:56:10:00:25
    lan_host ct $CT/16 00:13:95:20:00:15
    lan_host viewer $VIEWER/16 f8:b1:56:10:00:31
    lan_host relay $RELAY/16 f8:b1:56:10:00:26
    cat >"$scratch/server.conf" <<EOF
module(load="imudp")
input(type="imudp" port="514")
module(load="imtcp")
input(type="imtcp" port="601")
*.* $scratch/messages
EOF
    in_ns_bg log rsyslogd -n -f "$scratch/server.conf" -i "$scratch/server.pid"
    wait_listen log 601
}
send() { # send HOST ARGUMENTS OF logger... (the host's own name, not the recording machine's)
    local host=$1
    shift
    in_ns "$host" unshare --uts sh -c 'hostname "$0"; exec logger "$@"' "$host" -n $LOG "$@"
}
sender() { # sender HOST NAME CONFIGURATION: rsyslog reads lines of a file and forwards them
    printf '%s\n' "global(localHostname=\"$1\")" 'module(load="imfile")' "$3" >"$scratch/$2.conf"
    in_ns_bg "$1" rsyslogd -n -f "$scratch/$2.conf" -i "$scratch/$2.pid"
}

scenario_formats() {
    lan; lan_record formats.pcap
    send ct -P 514 -d --rfc3164 -t ct_console -p local4.warning "tube temperature high, patient CANARY^TARO on the table"
    send ct -P 514 -d --rfc5424=notq -t ct_console -p auth.info --msgid LOGIN -i "login of CANARY"
    send viewer -P 514 -d --rfc5424 -t viewer -p daemon.err --sd-id zoo@32473 --sd-param 'tiger="hungry"' "open failed"
    lan_done "$LOGGER, $RSYSLOG" "RFC 3164 and RFC 5424 over UDP, with and without structured data"
}

scenario_framing() {
    lan; lan_record framing.pcap
    send ct -P 601 -T --rfc5424 --octet-count -t ct_console -p daemon.notice "study of CANARY stored"
    send ct -P 601 -T --rfc3164 -t ct_console -p daemon.notice "study of CANARY sent"
    sender viewer octets "input(type=\"imfile\" File=\"$scratch/lines\" Tag=\"viewer:\" Facility=\"local0\")
*.* action(type=\"omfwd\" target=\"$LOG\" port=\"601\" protocol=\"tcp\" TCP_Framing=\"octet-counted\" template=\"RSYSLOG_SyslogProtocol23Format\")"
    sleep 2
    for i in 1 2 3; do echo "opened image $i of CANARY^TARO"; done >>"$scratch/lines"
    sleep 2
    lan_done "$LOGGER, $RSYSLOG" "octet counting and lines over TCP, one message and several a connection"
}

scenario_relay() {
    lan
    cat >"$scratch/relay.conf" <<EOF
module(load="imudp")
input(type="imudp" port="514")
*.* action(type="omfwd" target="$LOG" port="514" protocol="udp" template="RSYSLOG_ForwardFormat")
EOF
    in_ns_bg relay rsyslogd -n -f "$scratch/relay.conf" -i "$scratch/relay.pid"
    wait_listen relay 514 udp; lan_record relay.pcap
    LOG=$RELAY
    send ct -P 514 -d --rfc5424 -t ct_console -p auth.info "one"
    send viewer -P 514 -d --rfc5424 -t viewer -p auth.info "two"
    send ct -P 514 -d --rfc5424 -t ct_console -p auth.info "three"
    sleep 1
    LOG=10.10.10.25
    lan_done "$LOGGER, $RSYSLOG" "a relay passes on messages of two hosts, whose names are not its own"
}

scenario_audit() {
    lan; lan_record audit.pcap
    for kind in login old; do
        python3 -B "$topic_dir/audit.py" $kind >"$scratch/audit.xml"
        send ct -P 514 -d --rfc5424=notq --size 8192 -t console -p auth.notice --msgid IHE+RFC-3881 -f "$scratch/audit.xml"
    done
    sender ct octets "input(type=\"imfile\" File=\"$scratch/lines\" Tag=\"audit\" Facility=\"authpriv\" Severity=\"notice\")
template(name=\"atna\" type=\"string\" string=\"<%%PRI%%>1 %%TIMESTAMP:::date-rfc3339%% %%HOSTNAME%% audit 4711 IHE+DICOM - %%msg%%\")
*.* action(type=\"omfwd\" target=\"$LOG\" port=\"601\" protocol=\"tcp\" TCP_Framing=\"octet-counted\" template=\"atna\")"
    sed -i 's/%%/%/g' "$scratch/octets.conf"
    sleep 2
    for kind in transfer query login; do python3 -B "$topic_dir/audit.py" $kind; done >>"$scratch/lines"
    sleep 2
    lan_done "$LOGGER, $RSYSLOG, audit.py" "audit messages of IHE ATNA: a failed login, a security alert in the older schema, transferred instances, a query"
}

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
