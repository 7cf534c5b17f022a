"""Packets and capture files written field by field, for the .pcap.py scripts beside this file.

Nothing here is random and nothing asks the clock: the same script gives the same bytes for ever. Layers are functions
from payload to bytes; a Host has the addresses, `hl7` and `dns` give a whole exchange as a list of IP packets, and
`Pcap` or `Pcapng` write frames with times one millisecond apart.
"""
import ipaddress
import struct
import sys

START_NS = 1795395600 * 10**9  # 2026-11-23 01:00:00 UTC
STEP_NS = 1_000_000
ETHERNET, NULL, RAW_IP, LOOP, LINUX_SLL, LINUX_SLL2 = 1, 0, 101, 108, 113, 276  # LINKTYPE_ values of tcpdump.org
TYPE_IPV4, TYPE_IPV6, TYPE_VLAN, TYPE_QINQ = 0x0800, 0x86dd, 0x8100, 0x88a8
ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

MESSAGE = (b"MSH|^~\\&|MONGW|EXAMPLEHOSP|ENGINE|EXAMPLEHOSP|20261123100000||ORU^R01^ORU_R01|LINK0001|P|2.5\r"
           b"PID|1||CANARY0001^^^EXAMPLEHOSP^MR||CANARY^TARO||19600102|M\r"
           b"OBR|1|1|1|182777000^monitoring of patient^SCT\r"
           b"OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC||72|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R\r")
ANSWER = (b"MSH|^~\\&|ENGINE|EXAMPLEHOSP|MONGW|EXAMPLEHOSP|20261123100000||ACK^R01^ACK|ANSWER0001|P|2.5\r"
          b"MSA|AA|LINK0001\r")


class Host:
    """MAC, IPv4 and IPv6 address of one end."""

    def __init__(self, mac, ipv4, ipv6):
        self.mac = bytes.fromhex(mac.replace(":", ""))
        self.ipv4 = ipaddress.ip_address(ipv4).packed
        self.ipv6 = ipaddress.ip_address(ipv6).packed

    def ip(self, version):
        return self.ipv4 if version == 4 else self.ipv6


GATEWAY = Host("00:09:fb:30:00:20", "10.10.30.20", "fd00:10:10::30:20")
ENGINE = Host("00:50:8b:10:00:20", "10.10.10.20", "fd00:10:10::10:20")
CT = Host("00:13:95:20:00:15", "10.10.20.15", "fd00:10:10::20:15")
SERVICES = Host("00:50:56:10:00:02", "10.10.10.2", "fd00:10:10::10:2")


def checksum(data):
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pseudo(src, dst, proto, length):
    if len(src) == 4:
        return src + dst + struct.pack(">BBH", 0, proto, length)
    return src + dst + struct.pack(">IxxxB", length, proto)


def sealed(src, dst, proto, header, payload, at):
    """Header + payload with the checksum of the pseudo header written at offset `at`."""
    total = header + payload
    value = checksum(pseudo(src, dst, proto, len(total)) + total) or 0xffff
    return header[:at] + struct.pack(">H", value) + header[at + 2:] + payload


def udp(src, dst, sport, dport, payload):
    return sealed(src, dst, UDP, struct.pack(">HHHH", sport, dport, 8 + len(payload), 0), payload, 6)


def tcp(src, dst, sport, dport, seq, ack, flags, payload=b""):
    options = bytes([2, 4, 5, 180]) if flags & SYN else b""  # MSS 1460
    header = struct.pack(">HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff,
                         (20 + len(options)) * 4, flags, 64240, 0, 0) + options
    return sealed(src, dst, TCP, header, payload, 16)


def ipv4(src, dst, proto, payload, ident=0, fragment=0, more=False, ttl=64):
    """fragment: offset of the payload in bytes, a multiple of 8."""
    flags = (0x2000 if more else 0) | fragment // 8
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), ident, flags, ttl, proto, 0) + src + dst
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def ipv6(src, dst, proto, payload, hops=64):
    return struct.pack(">IHBB", 0x60000000, len(payload), proto, hops) + src + dst + payload


def ip(src, dst, proto, payload, ident=0):
    return ipv4(src, dst, proto, payload, ident) if len(src) == 4 else ipv6(src, dst, proto, payload)


def version_of(packet):
    return packet[0] >> 4


def ethertype_of(packet):
    return TYPE_IPV4 if version_of(packet) == 4 else TYPE_IPV6


def ethernet(packet, tags=()):
    """An Ethernet frame around an IP packet; tags are (TPID, TCI) pairs, outermost first.

    The MAC addresses follow from the IP addresses of the packet.
    """
    addresses = packet[12:20] if version_of(packet) == 4 else packet[8:40]
    half = len(addresses) // 2
    frame = mac_of(addresses[half:]) + mac_of(addresses[:half])
    for tpid, tci in tags:
        frame += struct.pack(">HH", tpid, tci)
    return frame + struct.pack(">H", ethertype_of(packet)) + packet


def mac_of(address):
    for host in (GATEWAY, ENGINE, CT, SERVICES):
        if address in (host.ipv4, host.ipv6):
            return host.mac
    raise ValueError(f"no host has address {ipaddress.ip_address(address)}")


def tcp_segments(client, server, cport, sport, turns, version=4):
    """A TCP connection from SYN to FIN as (source, destination, segment); turns are (from client?, bytes)."""
    c, s = client.ip(version), server.ip(version)
    seq = {True: 0x10000000, False: 0x20000000}

    def segment(from_client, flags, data=b""):
        src, dst, sp, dp = (c, s, cport, sport) if from_client else (s, c, sport, cport)
        ack = seq[not from_client] if flags & ACK else 0
        out = (src, dst, tcp(src, dst, sp, dp, seq[from_client], ack, flags, data))
        seq[from_client] += len(data) + (1 if flags & (SYN | FIN) else 0)
        return out

    out = [segment(True, SYN), segment(False, SYN | ACK), segment(True, ACK)]
    for from_client, data in turns:
        out += [segment(from_client, PSH | ACK, data), segment(not from_client, ACK)]
    return out + [segment(True, FIN | ACK), segment(False, FIN | ACK), segment(True, ACK)]


def mllp(message):
    return b"\x0b" + message + b"\x1c\r"


def hl7_segments(version=4):
    return tcp_segments(GATEWAY, ENGINE, 40001, 2575, [(True, mllp(MESSAGE)), (False, mllp(ANSWER))], version)


def hl7(version=4):
    """One ORU^R01 and its acknowledgement over a whole TCP connection."""
    return [ip(src, dst, TCP, s, 100 + i) for i, (src, dst, s) in enumerate(hl7_segments(version))]


def dns_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def dns_query(ident, name, rrtype=1):
    return struct.pack(">HHHHHH", ident, 0x0100, 1, 0, 0, 0) + dns_name(name) + struct.pack(">HH", rrtype, 1)


def dns_answer(ident, name, addresses, rrtype=1):
    out = struct.pack(">HHHHHH", ident, 0x8580, 1, len(addresses), 0, 0)
    out += dns_name(name) + struct.pack(">HH", rrtype, 1)
    for address in addresses:
        data = ipaddress.ip_address(address).packed
        out += struct.pack(">HHHIH", 0xc00c, rrtype, 1, 300, len(data)) + data
    return out


def dns_datagrams(version=4, addresses=("10.10.10.5",), ident=0x1234):
    """(source, destination, UDP datagram) of a query for pacs.hospital.example and its answer."""
    c, s = CT.ip(version), SERVICES.ip(version)
    name = "pacs.hospital.example"
    return [(c, s, udp(c, s, 40053, 53, dns_query(ident, name))),
            (s, c, udp(s, c, 53, 40053, dns_answer(ident, name, addresses)))]


def dns(version=4):
    return [ip(src, dst, UDP, d, 200 + i) for i, (src, dst, d) in enumerate(dns_datagrams(version))]


def fragments(src, dst, proto, payload, ident, size):
    """The IPv4 fragments of one payload, each with at most `size` bytes (a multiple of 8)."""
    return [ipv4(src, dst, proto, payload[at:at + size], ident, at, at + size < len(payload))
            for at in range(0, len(payload), size)]


class Pcap:
    """A pcap file (draft-ietf-opsawg-pcap); order is '<' or '>', nano chooses the resolution."""

    def __init__(self, linktype, order="<", nano=False, step_ns=STEP_NS):
        magic = 0xa1b23c4d if nano else 0xa1b2c3d4
        self.order, self.nano, self.step_ns, self.now = order, nano, step_ns, START_NS
        self.data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, linktype)

    def add(self, frame):
        fraction = self.now % 10**9 if self.nano else self.now % 10**9 // 1000
        self.data += struct.pack(self.order + "IIII", self.now // 10**9, fraction, len(frame), len(frame)) + frame
        self.now += self.step_ns

    def write(self, frames):
        for frame in frames:
            self.add(frame)
        sys.stdout.buffer.write(self.data)


class Pcapng:
    """A pcapng file (draft-ietf-opsawg-pcapng): sections, interfaces and enhanced packet blocks."""

    def __init__(self):
        self.data, self.order, self.resolution, self.now = b"", "<", [], START_NS

    def block(self, kind, body):
        body += b"\0" * (-len(body) % 4)
        length = struct.pack(self.order + "I", 12 + len(body))
        self.data += struct.pack(self.order + "I", kind) + length + body + length

    def option(self, code, value):
        return struct.pack(self.order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)

    def section(self, order="<"):
        self.order, self.resolution = order, []
        end = self.option(0, b"")
        self.block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1) + self.option(4, b"wire.py") + end)

    def interface(self, linktype, name, resolution=6):
        """Digits after the decimal point of a second; option 9 is if_tsresol, option 2 if_name."""
        options = self.option(2, name.encode()) + self.option(9, bytes([resolution])) + self.option(0, b"")
        self.block(1, struct.pack(self.order + "HHI", linktype, 0, 262144) + options)
        self.resolution.append(resolution)

    def packet(self, interface, frame):
        ticks = self.now // 10 ** (9 - self.resolution[interface])
        head = struct.pack(self.order + "IIIII", interface, ticks >> 32, ticks & 0xffffffff, len(frame), len(frame))
        self.block(6, head + frame)
        self.now += STEP_NS

    def write(self):
        sys.stdout.buffer.write(self.data)
