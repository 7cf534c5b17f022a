#!/usr/bin/env python3
"""An HL7 and a DNS exchange with two tags: service tag 100 (0x88a8, priority 5) around customer tag 30."""
import wire

TAGS = [(wire.TYPE_QINQ, 5 << 13 | 100), (wire.TYPE_VLAN, 30)]
wire.Pcap(wire.ETHERNET).write(wire.ethernet(p, TAGS) for p in wire.hl7() + wire.dns())
