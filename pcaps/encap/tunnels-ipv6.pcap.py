#!/usr/bin/env python3
"""The same over IPv6, in the encapsulations whose headers say which version they carry."""
import wrap
from wrap import wire

NAMES = ["mpls", "pppoe", "gre", "pptp", "geneve-ip", "ip-in-ipv4", "ip-in-ipv6", "mpls-in-ip", "gtpu", "snap"]
out = []
for i, name in enumerate(NAMES):
    turns = [(True, wire.mllp(wire.MESSAGE)), (False, wire.mllp(wire.ANSWER))]
    for src, dst, s in wire.tcp_segments(wire.GATEWAY, wire.ENGINE, 40001 + i, 2575, turns, 6):
        out += wrap.WAYS[name](wire.ethernet(wire.ip(src, dst, wire.TCP, s)))
wire.Pcap(wire.ETHERNET).write(out)
