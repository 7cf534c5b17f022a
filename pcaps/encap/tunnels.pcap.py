#!/usr/bin/env python3
"""The same HL7 exchange in each tunnel over IP of wrap.py, one after the other, from one client port each."""
import wrap
from wrap import wire

out = []
for i, way in enumerate(wrap.TUNNELS.values()):
    turns = [(True, wire.mllp(wire.MESSAGE)), (False, wire.mllp(wire.ANSWER))]
    segments = wire.tcp_segments(wire.GATEWAY, wire.ENGINE, 40001 + i, 2575, turns)
    for k, (src, dst, s) in enumerate(segments):
        out += way(wire.ethernet(wire.ip(src, dst, wire.TCP, s, 100 + k)))
wire.Pcap(wire.ETHERNET).write(out)
