"""DICOM PDUs, command sets and data sets written field by field, for the .pcap.py scripts beside this file.

Source of the layouts: PS3.8 9.3 (upper layer), PS3.7 annex D (user information) and E (commands), PS3.5 7.1.
"""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "link"))
import wire  # pylint: disable=wrong-import-position

APP_CONTEXT = "1.2.840.10008.3.1.1.1"
VERIFICATION = "1.2.840.10008.1.1"
CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"
GET = "1.2.840.10008.5.1.4.1.2.2.3"
COMMIT = "1.2.840.10008.1.20.1"
IMPLICIT = "1.2.840.10008.1.2"
NO_DATA, DATA = 0x0101, 1
C_STORE, C_FIND, C_ECHO, N_EVENT, RESPONSE = 0x0001, 0x0020, 0x0030, 0x0100, 0x8000


def pdu(kind, body):
    return struct.pack(">BxI", kind, len(body)) + body


def item(kind, body):
    body = body.encode() if isinstance(body, str) else body
    return struct.pack(">BxH", kind, len(body)) + body


def sized(text):
    return struct.pack(">H", len(text)) + text.encode()


def role(sop, scu, scp):
    return item(0x54, sized(sop) + bytes([scu, scp]))


def offer(number, sop, *syntaxes):
    return item(0x20, bytes([number, 0, 0, 0]) + item(0x30, sop) + b"".join(item(0x40, s) for s in syntaxes or [IMPLICIT]))


def answer(number, result=0, syntax=IMPLICIT):
    return item(0x21, bytes([number, 0, result, 0]) + item(0x40, syntax))


def user(*more, max_pdu=16384):
    return item(0x50, item(0x51, struct.pack(">I", max_pdu)) + item(0x52, "1.2.826.0.1.3680043.9.7433.1") +
                item(0x55, "WRITTEN_BY_HAND") + b"".join(more))


def associate(kind, *items, called=b"PACS1", calling=b"CT01"):
    """A-ASSOCIATE-RQ (1) or -AC (2)."""
    return pdu(kind, struct.pack(">H2x", 1) + called.ljust(16) + calling.ljust(16) + bytes(32) + item(0x10, APP_CONTEXT) +
               b"".join(items))


def opened(*sops, more=()):
    """An association for some SOP classes, contexts 1, 3, 5..., accepted."""
    numbers = range(1, 2 * len(sops), 2)
    return [(True, associate(1, *[offer(n, s) for n, s in zip(numbers, sops)], user(*more))),
            (False, associate(2, *[answer(n) for n in numbers], user()))]


RELEASE = [(True, pdu(5, bytes(4))), (False, pdu(6, bytes(4)))]


def pdv(context, control, data):
    """control: 0 data, 1 command, 2 last data, 3 last command."""
    return struct.pack(">IBB", len(data) + 2, context, control) + data


def p_data(*pdvs):
    return pdu(4, b"".join(pdvs))


def element(tag, value):
    """Implicit VR little endian; a number is a US."""
    if isinstance(value, int):
        value = struct.pack("<H", value)
    value = value.encode() if isinstance(value, str) else value
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HHI", tag >> 16, tag & 0xffff, len(value)) + value


def command(field, message, sop=None, data=NO_DATA, more=b""):
    """A command set; more: elements above (0000,0800)."""
    body = element(0x0002, sop) if sop else b""
    body += element(0x0100, field) + element(0x0120 if field & RESPONSE else 0x0110, message)
    body += element(0x0700, 0) if field == C_STORE else b""
    body += element(0x0800, data) + (element(0x0900, 0) if field & RESPONSE else b"") + more
    return element(0, struct.pack("<I", len(body))) + body


def whole(context, *args, **kwargs):
    return p_data(pdv(context, 3, command(*args, **kwargs)))


def image(number, name="CANARY^TARO"):
    """A small object of invented equipment and an invented patient."""
    return (element(0x00080008, "ORIGINAL\\PRIMARY\\AXIAL ") + element(0x00080060, "CT") +
            element(0x00080070, "Acme Medical") + element(0x00081090, "Acme CT 64") + element(0x00100010, name) +
            element(0x00100020, f"CANARY{number:04d}") + element(0x00181000, "SN-CT-0015") +
            element(0x7fe00010, bytes(range(256))))


def connections(*talks):
    """One TCP connection a talk from the CT to the archive, on port 104; yields Ethernet frames.

    A talk that begins with None is joined in the middle: its handshake is not there.
    """
    for n, turns in enumerate(talks):
        segments = wire.tcp_segments(wire.CT, wire.ENGINE, 41000 + n, 104, [t for t in turns if t])
        for i, (src, dst, segment) in enumerate(segments[0 if turns[0] else 3:]):
            yield wire.ethernet(wire.ip(src, dst, wire.TCP, segment, 1000 * n + i))
