#!/usr/bin/env python3
"""A DNS answer in three IPv4 fragments, then one whose fragments arrive last first with one repeated, then an HL7 message whose segment is cut in two."""
import wire

ADDRESSES = [f"10.10.60.{i}" for i in range(1, 41)]
QUERY, REPLY = wire.dns_datagrams(4, ADDRESSES, 0x1111)
QUERY2, REPLY2 = wire.dns_datagrams(4, ADDRESSES, 0x2222)

PACKETS = [wire.ip(QUERY[0], QUERY[1], wire.UDP, QUERY[2])]
PACKETS += wire.fragments(REPLY[0], REPLY[1], wire.UDP, REPLY[2], 0x301, 256)
LATE = wire.fragments(REPLY2[0], REPLY2[1], wire.UDP, REPLY2[2], 0x302, 256)
PACKETS += [wire.ip(QUERY2[0], QUERY2[1], wire.UDP, QUERY2[2])] + LATE[::-1][:2] + LATE[1:2] + LATE[:1]
for i, (src, dst, segment) in enumerate(wire.hl7_segments()):
    PACKETS += wire.fragments(src, dst, wire.TCP, segment, 0x400 + i, 160)
wire.Pcap(wire.ETHERNET).write(wire.ethernet(p) for p in PACKETS)
