#!/usr/bin/env python3
"""An HL7 exchange on an OpenBSD loopback interface: address family in network byte order, in a little-endian file."""
import struct

import wire

wire.Pcap(wire.LOOP).write(struct.pack(">I", 2) + p for p in wire.hl7())
