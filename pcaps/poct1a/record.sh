#!/bin/bash
# Records POCT1-A conversations between a point-of-care device and its data manager. No implementation is packaged for
# Debian or npm; both ends are poct.py, written from the standard over Python's own XML library.
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

MANAGER=10.10.10.45 METER=10.10.40.31
all="conversation awkward"
python=$(version python3)

talk() { # talk FILE SHOWS [awkward]
    lan_up
    lan_host manager $MANAGER/16 f8:b1:56:10:00:45
    lan_host meter $METER/16 00:0a:95:40:00:31
    in_ns_bg manager /usr/bin/python3 -B "$topic_dir/poct.py" manager 3001 ${3:-}
    wait_listen manager 3001; lan_record "$1"
    in_ns meter /usr/bin/python3 -B "$topic_dir/poct.py" device $MANAGER 3001 ${3:-}
    lan_done "poct.py, $python" "$2"
}

scenario_conversation() {
    talk conversation.pcap "hello, status, two observations (the second refused), events, an operator list with a password, directives (one escaped), keep-alive, end"
}

scenario_awkward() {
    talk awkward.pcap "the same with XML declarations, comments, indentation, NULs between messages, in pieces of 90 bytes" awkward
}

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
