#!/usr/bin/env python3
"""An HL7 exchange over IPv4 and a DNS exchange over IPv6 on a BSD loopback interface: address family in the writer's byte order; IPv6 as 24, 28 and 30."""
import struct

import wire

FRAMES = [struct.pack("<I", 2) + p for p in wire.hl7()]
# NetBSD, FreeBSD and macOS number the family differently; readers must accept all three.
SRC, DST = wire.CT.ipv6, wire.SERVICES.ipv6
OTHER = wire.udp(SRC, DST, 40054, 53, wire.dns_query(0x4321, "ris.hospital.example"))
for i, p in enumerate(wire.dns(6) + [wire.ip(SRC, DST, wire.UDP, OTHER)]):
    FRAMES.append(struct.pack("<I", (24, 28, 30)[i]) + p)
wire.Pcap(wire.NULL).write(FRAMES)
