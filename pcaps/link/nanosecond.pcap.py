#!/usr/bin/env python3
"""An HL7 exchange in a pcap file with nanosecond times; the packets are 1 000 001 ns apart."""
import wire

wire.Pcap(wire.ETHERNET, nano=True, step_ns=1_000_001).write(wire.ethernet(p) for p in wire.hl7())
