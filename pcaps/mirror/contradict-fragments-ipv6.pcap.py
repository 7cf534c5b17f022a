#!/usr/bin/env python3
"""dicom/ipv6 whose first request comes in two fragments that contradict each other, and then again, whole: the receiver must discard the datagram (RFC 8200 4.5)."""
import struct

import spoil

ALL = spoil.capture("dicom/ipv6.pcap")


def fragment(p, ident, cut, overlap):
    f, body = p[1], p[1][54:]
    other = bytes(b ^ 0x20 for b in body[cut - overlap:cut]) + body[cut:]
    out = []
    for offset, part, more in ((0, body[:cut], 1), (cut - overlap, other, 0)):
        head = bytes((spoil.wire.TCP, 0)) + struct.pack(">HI", offset | more, ident)
        frame = f[:18] + struct.pack(">H", 8 + len(part)) + bytes((44,)) + f[21:54] + head + part
        out.append(spoil.with_frame(p, frame))
    return out


FIRST = next(i for i, p in enumerate(ALL) if spoil.is_tcp(p) and spoil.payload(p))
spoil.write(ALL[:FIRST] + fragment(ALL[FIRST], 0x77, 64, 16) + [spoil.at(p, 250_000) for p in ALL[FIRST:]])
