#!/usr/bin/env python3
"""An HL7 exchange in Linux cooked capture version 1, as tcpdump -i any wrote it."""
import struct

import wire


def cooked(packet):
    """LINKTYPE_LINUX_SLL: packet type, ARPHRD, address length, address, protocol."""
    from_gateway = packet[12:16] == wire.GATEWAY.ipv4
    mac = wire.GATEWAY.mac if from_gateway else wire.ENGINE.mac
    return struct.pack(">HHH", 0 if from_gateway else 4, 1, 6) + mac + b"\0\0" + \
        struct.pack(">H", wire.ethertype_of(packet)) + packet


wire.Pcap(wire.LINUX_SLL).write(cooked(p) for p in wire.hl7())
