#!/usr/bin/env python3
"""An HL7 exchange over IPv4 and a DNS exchange over IPv6 on a BSD loopback interface: address family in the writer's byte order; IPv6 as 24, 28 and 30."""
import struct

import wire

FRAMES = [struct.pack("<I", 2) + p for p in wire.hl7()]
# NetBSD, FreeBSD and macOS number the family differently; readers must accept all three.
for i, p in enumerate(wire.dns(6) + wire.dns(6)[:1]):
    FRAMES.append(struct.pack("<I", (24, 28, 30)[i]) + p)
wire.Pcap(wire.NULL).write(FRAMES)
