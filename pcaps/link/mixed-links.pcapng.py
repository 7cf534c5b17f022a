#!/usr/bin/env python3
"""A pcapng file with an Ethernet interface (microseconds) and a raw IP interface (nanoseconds) whose packets alternate, then a second section in big-endian byte order with one Linux cooked interface; also blocks that a reader must skip."""
import struct

import wire

FILE = wire.Pcapng()
FILE.section()
FILE.interface(wire.ETHERNET, "eth0")
FILE.interface(wire.RAW_IP, "tun0", 9)
FILE.block(4, struct.pack("<HH", 0, 0))  # an empty name resolution block
TUNNEL = wire.hl7(6)
for i, packet in enumerate(wire.hl7(4)):
    FILE.packet(0, wire.ethernet(packet))
    FILE.packet(1, TUNNEL[i])
FILE.block(0x80001234, b"a block type nobody knows")
FILE.block(5, struct.pack("<III", 0, 0, 0))  # interface statistics without options

FILE.section(">")
FILE.interface(wire.LINUX_SLL, "any")
for packet in wire.dns():
    FILE.packet(0, struct.pack(">HHH", 0, 1, 6) + wire.mac_of(packet[12:16]) + b"\0\0\x08\0" + packet)
FILE.write()
