#!/usr/bin/env python3
"""An HL7 exchange in VLAN 30 (IEEE 802.1Q) whose answers carry VLAN 10, as a mirror of a routed port shows them."""
import wire

wire.Pcap(wire.ETHERNET).write(
    wire.ethernet(p, [(wire.TYPE_VLAN, 30 if p[12:16] == wire.GATEWAY.ipv4 else 10)]) for p in wire.hl7())
