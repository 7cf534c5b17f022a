#!/usr/bin/env python3
"""An HL7 and a DNS exchange in frames of another link type: radiotap."""
import wrap
from wrap import wire

link, way = wrap.LINES["radiotap"]
wire.Pcap(link).write(way(wire.ethernet(p)) for p in wire.hl7() + wire.dns())
