#!/usr/bin/env python3
"""An HL7 exchange over IPv4 and a DNS exchange over IPv6 in Linux cooked capture version 2."""
import struct

import wire


def cooked(packet):
    """LINKTYPE_LINUX_SLL2: protocol, reserved, interface index, ARPHRD, packet type, address length, address."""
    source = packet[12:16] if wire.version_of(packet) == 4 else packet[8:24]
    return struct.pack(">HHIHBB", wire.ethertype_of(packet), 0, 3, 1, 0, 6) + wire.mac_of(source) + b"\0\0" + packet


wire.Pcap(wire.LINUX_SLL2).write(cooked(p) for p in wire.hl7() + wire.dns(6))
