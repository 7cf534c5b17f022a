#!/usr/bin/env python3
"""hl7/adt with other sequence numbers: those of both sides pass 2^32 inside of a message."""
import struct

import spoil

ALL = spoil.capture("hl7/adt.pcap")
TCP = [p for p in ALL if spoil.is_tcp(p)]


def number(p, at):
    return struct.unpack(">I", p[1][spoil.fields(p)[0] + at:][:4])[0]


# each side's second message shall end behind 2^32
SHIFT = {}
for port in (2575, spoil.port(TCP[0])):
    second = [p for p in TCP if spoil.port(p) == port and spoil.payload(p)][1]
    SHIFT[port] = 2**32 - number(second, 4) - len(spoil.payload(second)) // 2
CLIENT = next(p for p in SHIFT if p != 2575)


def shift(p):
    mine = spoil.port(p)
    other = 2575 if mine == CLIENT else CLIENT

    def change(s):
        s[4:8] = struct.pack(">I", (number(p, 4) + SHIFT[mine]) % 2**32)
        if s[13] & 16:
            s[8:12] = struct.pack(">I", (number(p, 8) + SHIFT[other]) % 2**32)
    return spoil.resealed(p, change)


spoil.write(shift(p) if spoil.is_tcp(p) else p for p in ALL)
