"""What the scripts in this folder share: frames at times of their own, cut to a snap length, through ../link/wire.py."""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "link"))
import wire  # noqa: E402

SECOND = 10**9


class Mirror(wire.Pcap):
    """A pcap file whose frames have their own times, and are cut to `snap` bytes where that is given."""

    def __init__(self, snap=262144):
        super().__init__(wire.ETHERNET)
        self.snap = snap

    def at(self, offset_ns):
        self.now = wire.START_NS + offset_ns

    def add(self, frame):
        kept = frame[:self.snap]
        self.data += struct.pack("<IIII", self.now // SECOND, self.now % SECOND // 1000, len(kept), len(frame)) + kept
        self.now += self.step_ns


def packets(segments, first=0):
    """IP packets of (source, destination, TCP segment)."""
    return [wire.ip(src, dst, wire.TCP, s, first + i) for i, (src, dst, s) in enumerate(segments)]


def is_from(host, packet):
    return packet[12:16] == host.ipv4
