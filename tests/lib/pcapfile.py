"""Reads and writes classic pcap files, and spoils them in the ways that captures are spoiled in life."""
import random
import struct

ETHERNET = 1


class Capture:
    """Records are [seconds, fraction, bytes, length on the wire]; the header stays as it was."""

    def __init__(self, path=None):
        self.order, self.header, self.records, self.link = "<", b"", [], ETHERNET
        if path:
            self._read(path)

    def _read(self, path):
        with open(path, "rb") as f:
            data = f.read()
        magic = data[:4]
        if magic in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
            self.order = "<"
        elif magic in (b"\xa1\xb2\xc3\xd4", b"\xa1\xb2\x3c\x4d"):
            self.order = ">"
        else:
            raise ValueError("%s: not a classic pcap" % path)
        self.header = data[:24]
        self.link = struct.unpack(self.order + "I", data[20:24])[0] & 0xFFFF
        at = 24
        while at + 16 <= len(data):
            s, sub, cap, wire = struct.unpack(self.order + "4I", data[at:at + 16])
            if at + 16 + cap > len(data):
                break
            self.records.append([s, sub, data[at + 16:at + 16 + cap], wire])
            at += 16 + cap

    def write(self, path):
        with open(path, "wb") as f:
            f.write(self.header)
            for s, sub, data, wire in self.records:
                f.write(struct.pack(self.order + "4I", s, sub, len(data), wire) + data)

    def copy(self, records):
        c = Capture()
        c.order, c.header, c.link, c.records = self.order, self.header, self.link, records
        return c


def ends(data, link=ETHERNET):
    """(source, destination, IP protocol, length of TCP payload, ports, TCP flags) of an Ethernet frame; None when not IP."""
    if link != ETHERNET or len(data) < 14:
        return None
    at, kind = 14, data[12:14]
    while kind in (b"\x81\x00", b"\x88\xa8", b"\x91\x00") and len(data) >= at + 4:
        kind, at = data[at + 2:at + 4], at + 4
    if kind == b"\x08\x00" and len(data) >= at + 20:
        ihl, total, proto = (data[at] & 15) * 4, struct.unpack(">H", data[at + 2:at + 4])[0], data[at + 9]
        src, dst, l4, size = data[at + 12:at + 16], data[at + 16:at + 20], at + ihl, total - ihl
    elif kind == b"\x86\xdd" and len(data) >= at + 40:
        size, proto = struct.unpack(">H", data[at + 4:at + 6])[0], data[at + 6]
        src, dst, l4 = data[at + 8:at + 24], data[at + 24:at + 40], at + 40
    else:
        return None
    payload, ports, flags = 0, data[l4:l4 + 4], 0
    if proto == 6 and len(data) >= l4 + 14:
        payload, flags = size - (data[l4 + 12] >> 4) * 4, data[l4 + 13]
    return src, dst, proto, max(payload, 0), ports, flags


def snap(c, n):
    """Cut to a snap length. Also tells how many packets lost bytes."""
    cut = sum(len(r[2]) > n for r in c.records)
    return c.copy([[s, sub, data[:n], wire] for s, sub, data, wire in c.records]), cut


def thin(c):
    """Every second packet of one direction of each pair is missing. Also tells how many TCP payload bytes went from
    directions of which the SYN or other payload is still there, so that their absence can be noticed."""
    kept, seen, lost, there = [], {}, {}, set()
    for r in c.records:
        e = ends(r[2], c.link)
        if e:
            way = e[0], e[1], e[4]
            if e[0] < e[1]:
                seen[e[:2]] = seen.get(e[:2], 0) + 1
                if seen[e[:2]] % 2 == 0:
                    lost[way] = lost.get(way, 0) + e[3]
                    continue
            if e[3] > 0 or e[5] & 2:
                there.add(way)
        kept.append(r)
    return c.copy(kept), sum(n for way, n in lost.items() if way in there)


def shuffle(c, window=8, seed=1):
    """Frames change places inside windows; the time stamps stay where they are, so time does not go back."""
    order, rnd = list(range(len(c.records))), random.Random(seed)
    for at in range(0, len(order), window):
        part = order[at:at + window]
        rnd.shuffle(part)
        order[at:at + window] = part
    return c.copy([[c.records[i][0], c.records[i][1], c.records[k][2], c.records[k][3]] for i, k in enumerate(order)])


def double(c):
    return c.copy([r for r in c.records for _ in range(2)])


def start_late(c):
    """The capture begins after half of the packets."""
    return c.copy(c.records[len(c.records) // 2:])
