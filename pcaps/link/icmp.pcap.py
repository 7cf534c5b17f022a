#!/usr/bin/env python3
"""ICMP and ICMPv6: echo, port unreachable and time exceeded that quote a DNS query, and an echo over IPv6; after them the DNS query's answer."""
import struct

import wire

C4, S4, C6, S6 = wire.CT.ipv4, wire.SERVICES.ipv4, wire.CT.ipv6, wire.SERVICES.ipv6


def icmp(kind, code, rest, payload):
    data = struct.pack(">BBH", kind, code, 0) + rest + payload
    return data[:2] + struct.pack(">H", wire.checksum(data)) + data[4:]


def icmpv6(src, dst, kind, code, rest, payload):
    return wire.sealed(src, dst, wire.ICMPV6, struct.pack(">BBH", kind, code, 0) + rest, payload, 2)


ECHO = struct.pack(">HH", 7, 1)
QUERY, REPLY = wire.dns()
SRC, DST, DATAGRAM = wire.dns_datagrams()[0]
AGAIN = [wire.ip(SRC, DST, wire.UDP, DATAGRAM, ident) for ident in (210, 220)]  # asked again: a packet of its own
PACKETS = [
    wire.ipv4(C4, S4, wire.ICMP, icmp(8, 0, ECHO, b"wardwatch")),
    wire.ipv4(S4, C4, wire.ICMP, icmp(0, 0, ECHO, b"wardwatch")),
    QUERY,
    wire.ipv4(S4, C4, wire.ICMP, icmp(3, 3, bytes(4), QUERY[:28 + 8])),
    AGAIN[0],
    wire.ipv4(S4, C4, wire.ICMP, icmp(11, 0, bytes(4), AGAIN[0][:28])),
    wire.ipv6(C6, S6, wire.ICMPV6, icmpv6(C6, S6, 128, 0, ECHO, b"wardwatch")),
    wire.ipv6(S6, C6, wire.ICMPV6, icmpv6(S6, C6, 129, 0, ECHO, b"wardwatch")),
    AGAIN[1], REPLY,
]
wire.Pcap(wire.ETHERNET).write(wire.ethernet(p) for p in PACKETS)
