"""Puts a frame into each encapsulation, field by field from the standards, for captures and for tests.

A way is a function from one Ethernet frame to a list of frames (several when something is fragmented); `WAYS` names
them all. Ways that carry bare IP leave frames without it (ARP) as they are. `LINES` gives one frame of another link type.
"""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "link"))
import wire  # noqa: E402

A4, B4 = bytes([172, 16, 0, 1]), bytes([172, 16, 0, 2])
A6, B6 = bytes.fromhex("fd0000000000000000000000172160a1"), bytes.fromhex("fd0000000000000000000000172160b2")
MACS = bytes.fromhex("0600000000b2" "0600000000a1")
GRE, IPIP, SIT, ETHERIP, MPLS_IN_IP = 47, 4, 41, 97, 137


def frame(kind, payload, macs=MACS):
    return macs + struct.pack(">H", kind) + payload


def parts(f):
    """MAC addresses, tags (with their TPIDs), EtherType, payload."""
    at = 12
    while f[at:at + 2] in (b"\x81\0", b"\x88\xa8"):
        at += 4
    return f[:12], f[12:at], struct.unpack(">H", f[at:at + 2])[0], f[at + 2:]


def ip_of(f):
    """The IP packet without the padding of a short frame; None when there is none."""
    kind, p = parts(f)[2:]
    if kind == wire.TYPE_IPV4:
        return p[:struct.unpack(">H", p[2:4])[0]]
    if kind == wire.TYPE_IPV6:
        return p[:40 + struct.unpack(">H", p[4:6])[0]]
    return None


def carry4(proto, payload):
    return [frame(wire.TYPE_IPV4, wire.ipv4(A4, B4, proto, payload))]


def carry6(proto, payload):
    return [frame(wire.TYPE_IPV6, wire.ipv6(A6, B6, proto, payload))]


def carry_udp(sport, dport, payload):
    return carry4(wire.UDP, struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload)


def split(size, ident=[0]):
    """The fragments, of at most `size` bytes, of a frame's IPv4 packet."""
    def way(f):
        macs, tags, kind, _ = parts(f)
        p = ip_of(f)
        if kind != wire.TYPE_IPV4 or len(p) <= 20 + size:
            return [f]
        ident[0] = ident[0] % 65535 + 1
        head = macs + tags + struct.pack(">H", kind)
        return [head + q for q in wire.fragments(p[12:16], p[16:20], p[9], p[(p[0] & 15) * 4:], ident[0], size)]
    return way


def tagged(*tags):
    def way(f):
        return [f[:12] + b"".join(struct.pack(">HH", *t) for t in tags) + f[12:]]
    return way


def shim(kind, header):
    """Something between the MAC addresses and the EtherType, which follows it."""
    def way(f):
        macs, tags, inner, p = parts(f)
        return [macs + tags + struct.pack(">H", kind) + header + struct.pack(">H", inner) + p]
    return way


def routed(wrap):
    def way(f):
        p = ip_of(f)
        return [f] if p is None else wrap(p, p[0] >> 4)
    return way


def in_frame(wrap):
    """Something in the frame itself, around an IP packet."""
    def way(f):
        macs, tags, _, _ = parts(f)
        p = ip_of(f)
        return [f] if p is None else [macs + tags + wrap(p, p[0] >> 4)]
    return way


def ethertype(version):
    return wire.TYPE_IPV4 if version == 4 else wire.TYPE_IPV6


def gre(flags, proto, fields, payload):
    return struct.pack(">HH", flags, proto) + fields + payload


def erspan2(f):
    head = struct.pack(">II", 1 << 28 | 110 << 16 | 33, 7)
    return carry4(GRE, gre(0x1000, 0x88be, struct.pack(">I", 1), head + f))


def erspan3(sub):
    def way(f):
        head = struct.pack(">IIHH", 2 << 28 | 110 << 16 | 34, 123456789, 3000, 0x000d if sub else 0x0002)
        tail = struct.pack(">II", 5 << 26 | 12 << 16 | 48, wire.START_NS // 10**9) if sub else b""
        return carry4(GRE, gre(0x1000, 0x22eb, struct.pack(">I", 1), head + tail + f))
    return way


def snap(f):
    macs, tags, kind, p = parts(f)
    body = bytes.fromhex("aaaa03000000") + struct.pack(">H", kind) + (ip_of(f) or p)
    return [macs + tags + struct.pack(">H", len(body)) + body] if len(body) < 0x600 else [f]


def pppoe(p, version):
    ppp = struct.pack(">H", 0x0021 if version == 4 else 0x0057) + p
    return struct.pack(">HBBHH", 0x8864, 0x11, 0, 17, len(ppp)) + ppp


def pptp(p, version):
    ppp = bytes.fromhex("ff03") + struct.pack(">H", 0x0021 if version == 4 else 0x0057) + p
    return carry4(GRE, gre(0x3001, 0x880b, struct.pack(">HHI", len(ppp), 9, 1), ppp))


def teredo(p, version):
    """Teredo carries IPv6 only, between addresses of its own: an IPv4 packet goes in IPv6 first (RFC 2473)."""
    if version == 4:
        p = wire.ipv6(bytes.fromhex("20010000") + A6[4:], B6, IPIP, p)
    else:
        return [frame(wire.TYPE_IPV6, p)]
    return carry_udp(50000, 3544, bytes.fromhex("0000ffffffffffff") + p)


def gtpu(p, _):
    return carry_udp(2152, 2152, struct.pack(">BBHIHBBBHB", 0x36, 255, len(p) + 8, 0xabcdef, 1, 0, 0x85, 1, 0x1001, 0) + p)


def geneve(kind, payload):
    options = bytes.fromhex("0102800100000000" "01030000")
    return carry_udp(50000, 6081, struct.pack(">BBHI", len(options) // 4, 0x40, kind, 5001 << 8) + options + payload)


def mpls(*labels):
    return b"".join(struct.pack(">I", v << 12 | (0x100 if i + 1 == len(labels) else 0) | 64)
                    for i, v in enumerate(labels))


def wlan(f, turned=False):
    """A QoS data frame of IEEE 802.11 to the network, with SNAP; turned: controls as controllers of Cisco write them."""
    macs, _, kind, p = parts(f)
    dst, src, ap = macs[:6], macs[6:], bytes.fromhex("0600000000aa")
    order = ">" if turned else "<"
    head = struct.pack(order + "HH", 0x0188, 0) + ap + src + dst + struct.pack(order + "HH", 0x7630, 0x0003)
    return head + bytes.fromhex("aaaa03000000") + struct.pack(">H", kind) + p


def radiotap(f):
    air = wlan(f)
    return struct.pack("<BBHIQB", 0, 0, 17, 3, 0, 0x10) + air + b"\0\0\0\0"


def capwap_air(f):
    return carry_udp(50000, 5247, struct.pack(">II", 2 << 19 | 3 << 14 | 1 << 9 | 1 << 8, 0) + wlan(f, True))


def pktap(f):
    return struct.pack("<III24sIIIIi20sIHHi20s", 108, 1, 1, b"en0", 1, 2, 14, 0, 1, b"wire.py", 0, 6, 0, 1, b"wire.py") + f


def vxlan(f, vni=5001):
    return carry_udp(50000, 4789, struct.pack(">II", 0x08000000, vni << 8) + f)


def gretap(f):
    return carry4(GRE, gre(0x2000, 0x6558, struct.pack(">I", 77), f))


def twice(outer, inner):
    return lambda f: [h for g in inner(f) for h in outer(g)]


IN_FRAMES = {
    "vlan": tagged((0x8100, 30)),
    "qinq": tagged((0x88a8, 900), (0x8100, 30)),
    "rspan": tagged((0x8100, 999), (0x8100, 30)),
    "snap": snap,
    "cmd": shim(0x8909, bytes.fromhex("010100010bb8")),
    "vntag": shim(0x8926, bytes.fromhex("80050007")),
    "macsec": shim(0x88e5, bytes.fromhex("2000000000440600000000010001")),
    "mpls": in_frame(lambda p, v: struct.pack(">H", 0x8847) + mpls(100, 200) + p),
    "mpls-wire": lambda f: [frame(0x8847, mpls(100, 201) + b"\0\0\0\0" + f)],
    "pppoe": in_frame(pppoe),
    "pbb": lambda f: [frame(0x88e7, bytes.fromhex("0000abcd") + f)],
    "fabricpath": lambda f: [frame(0x8903, bytes.fromhex("4020") + f)],
}
TUNNELS = {
    "gre": routed(lambda p, v: carry4(GRE, gre(0, ethertype(v), b"", p))),
    "gre-key-checksum-seq": routed(lambda p, v: carry4(GRE, gre(0xb000, ethertype(v), struct.pack(">HHII", 0, 0, 77, 1), p))),
    "gre-over-ipv6": routed(lambda p, v: carry6(GRE, gre(0, ethertype(v), b"", p))),
    "gretap": gretap,
    "nvgre": lambda f: carry4(GRE, gre(0x2000, 0x6558, struct.pack(">I", 6000 << 8 | 1), f)),
    "pptp": routed(pptp),
    "erspan1": lambda f: carry4(GRE, gre(0, 0x88be, b"", f)),
    "erspan2": erspan2,
    "erspan3": erspan3(False),
    "erspan3-platform": erspan3(True),
    "vxlan": vxlan,
    "vxlan-gpe": lambda f: carry_udp(50000, 4790, struct.pack(">II", 0x0c000003, 5001 << 8) + f),
    "geneve": lambda f: geneve(0x6558, f),
    "geneve-ip": routed(lambda p, v: geneve(ethertype(v), p)),
    "ip-in-ipv4": routed(lambda p, v: carry4(IPIP if v == 4 else SIT, p)),
    "ip-in-ipv6": routed(lambda p, v: carry6(IPIP if v == 4 else SIT, p)),
    "etherip": lambda f: carry4(ETHERIP, b"\x30\0" + f),
    "mpls-in-ip": routed(lambda p, v: carry4(MPLS_IN_IP, mpls(200) + p)),
    "mpls-in-udp": routed(lambda p, v: carry_udp(50000, 6635, mpls(200) + p)),
    "teredo": routed(teredo),
    "gtpu": routed(gtpu),
    "capwap": lambda f: carry_udp(50000, 5247, struct.pack(">II", 2 << 19 | 3 << 14 | 1 << 9, 0) + f),
    "capwap-air": capwap_air,
    "vxlan-in-erspan2-in-gretap": twice(gretap, twice(erspan2, vxlan)),
    "vxlan-fragmented": twice(split(200), vxlan),
    "fragments-in-vxlan": twice(vxlan, split(200)),
    "fragments-in-fragments": twice(split(104), twice(vxlan, split(200))),
}
WAYS = {**IN_FRAMES, **TUNNELS}
LINES = {"wlan": (105, wlan), "radiotap": (127, radiotap), "pktap": (258, pktap),
         "ppp": (9, lambda f: bytes.fromhex("ff03") + struct.pack(">H", 0x0021 if ip_of(f)[0] >> 4 == 4 else 0x0057) + ip_of(f)),
         "c-hdlc": (104, lambda f: bytes.fromhex("0f00") + struct.pack(">H", parts(f)[2]) + parts(f)[3])}
