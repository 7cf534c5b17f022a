#!/usr/bin/env python3
"""HL7 over IPv6 behind hop-by-hop, routing and destination option headers, and a DNS answer in two IPv6 fragments (RFC 8200)."""
import struct

import wire

HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION = 0, 43, 44, 60
PAD = bytes([1, 4, 0, 0, 0, 0])  # PadN of six bytes: fills an option header of eight


def behind_headers(src, dst, segment):
    """hop-by-hop > routing (type 253, no segments left) > destination options > TCP"""
    chain = bytes([ROUTING, 0]) + PAD
    chain += bytes([DESTINATION, 0, 253, 0, 0, 0, 0, 0])
    chain += bytes([wire.TCP, 0]) + PAD
    return wire.ipv6(src, dst, HOP_BY_HOP, chain + segment)


def in_fragments(src, dst, datagram, ident, size):
    out = []
    for at in range(0, len(datagram), size):
        piece = datagram[at:at + size]
        more = 1 if at + size < len(datagram) else 0
        out.append(wire.ipv6(src, dst, FRAGMENT, struct.pack(">BBHI", wire.UDP, 0, at | more, ident) + piece))
    return out


PACKETS = [behind_headers(*s) for s in wire.hl7_segments(6)]
QUERY, REPLY = wire.dns_datagrams(6, [f"10.10.60.{i}" for i in range(1, 21)])
PACKETS.append(wire.ipv6(QUERY[0], QUERY[1], wire.UDP, QUERY[2]))
PACKETS += in_fragments(*REPLY, 0x77, 240)
wire.Pcap(wire.ETHERNET).write(wire.ethernet(p) for p in PACKETS)
