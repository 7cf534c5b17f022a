#!/usr/bin/env python3
"""An HL7 exchange over IPv4 and another over IPv6 without any link layer (LINKTYPE_RAW), as on a VPN interface."""
import wire

wire.Pcap(wire.RAW_IP).write(wire.hl7(4) + wire.hl7(6))
