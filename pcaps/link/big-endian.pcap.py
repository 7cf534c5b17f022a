#!/usr/bin/env python3
"""A DNS and an HL7 exchange in a pcap file written in big-endian byte order."""
import wire

wire.Pcap(wire.ETHERNET, order=">").write(wire.ethernet(p) for p in wire.dns() + wire.hl7())
