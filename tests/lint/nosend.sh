#!/bin/sh
# The sensor is passive: fails when the program imports a function that sends, or needs a library that does.
# Imports alone are not enough: a shared libnids hides libnet's functions.
#     nosend.sh PROGRAM
set -eu
[ -r "$1" ] || { echo "$1: cannot read the program" >&2; exit 2; }
bad=$(nm -D --undefined-only "$1" | grep -E ' (pcap_inject|pcap_sendpacket|pcap_sendqueue_[a-z]+|libnet_[a-z0-9_]+|nids_[a-z_]+)(@|$)' || true)
lib=$(readelf -d "$1" | grep -E 'NEEDED.*lib(net|nids)[.-]' || true)
if [ -n "$bad$lib" ]; then
    echo "$1 can send: $bad $lib"
    exit 1
fi
echo "nosend: $1 imports nothing that sends"
