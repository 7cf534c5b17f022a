"""What mirror ports do to a capture, for the .pcap.py scripts beside this file.

A script names one of our recorded captures and what happens to it; nothing is random, so the same bytes come out for ever.
"""
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PCAPS = os.path.dirname(HERE)
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(PCAPS, "link"))
import wire  # noqa: E402

US, S = 1, 1_000_000
ETH = 14


def capture(name):
    """[time in microseconds, frame, length on the wire] of each packet."""
    with open(os.path.join(PCAPS, name), "rb") as f:
        data = f.read()
    packets, pos = [], 24
    while pos + 16 <= len(data):
        s, us, cap, length = struct.unpack("<IIII", data[pos:pos + 16])
        packets.append([s * S + us, data[pos + 16:pos + 16 + cap], length])
        pos += 16 + cap
    return packets


def write(packets):
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1)
    for at, frame, length in packets:
        out += struct.pack("<IIII", at // S, at % S, len(frame), length) + frame
    sys.stdout.buffer.write(out)


def at(packet, later):
    return [packet[0] + later] + packet[1:]


def with_frame(packet, frame):
    return [packet[0], frame, len(frame)]


def tagged(packet, vlan):
    return with_frame(packet, packet[1][:12] + struct.pack(">HH", 0x8100, vlan) + packet[1][12:])


def is_ip(packet):
    return packet[1][12:14] in (b"\x08\x00", b"\x86\xdd")


def fields(packet):
    """Offset of the transport header, end of the packet, source and destination address of an IP frame."""
    f = packet[1]
    if f[12:14] == b"\x08\x00":
        return ETH + (f[ETH] & 15) * 4, ETH + struct.unpack(">H", f[16:18])[0], f[26:30], f[30:34]
    return ETH + 40, ETH + 40 + struct.unpack(">H", f[18:20])[0], f[22:38], f[38:54]


def is_tcp(packet):
    return is_ip(packet) and packet[1][23 if packet[1][12:14] == b"\x08\x00" else 20] == wire.TCP


def source(packet):
    return fields(packet)[2]


def port(packet):
    """Source port."""
    return struct.unpack(">H", packet[1][fields(packet)[0]:][:2])[0]


def payload(packet):
    l4, end = fields(packet)[:2]
    return packet[1][l4 + (packet[1][l4 + 12] >> 4) * 4:end]


def routed(packet, src_mac, dst_mac):
    """As it leaves the next router."""
    f = bytearray(packet[1])
    f[0:12] = bytes.fromhex((dst_mac + src_mac).replace(":", ""))
    f[22] -= 1
    f[24:26] = b"\0\0"
    f[24:26] = struct.pack(">H", wire.checksum(bytes(f[ETH:ETH + (f[ETH] & 15) * 4])))
    return with_frame(packet, bytes(f))


def resealed(packet, change, offloaded=False):
    """The TCP header and payload after change(bytearray), with a right checksum, or the one that a network card
    would have finished."""
    l4, end, src, dst = fields(packet)
    segment = bytearray(packet[1][l4:end])
    change(segment)
    segment[16:18] = b"\0\0"
    head = wire.pseudo(src, dst, wire.TCP, len(segment))
    value = ~wire.checksum(head) & 0xffff if offloaded else wire.checksum(head + bytes(segment))
    segment[16:18] = struct.pack(">H", value)
    return with_frame(packet, packet[1][:l4] + bytes(segment) + packet[1][end:])
