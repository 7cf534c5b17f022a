#!/usr/bin/env python3
"""An HL7 and a DNS exchange in frames of another link type: wlan."""
import wrap
from wrap import wire

link, way = wrap.LINES["wlan"]
wire.Pcap(link).write(way(wire.ethernet(p)) for p in wire.hl7() + wire.dns())
