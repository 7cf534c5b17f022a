#!/usr/bin/env python3
"""Traffic whose content cannot be read: IPsec (ESP, RFC 4303) between a CT and a server, and a vendor's UDP stream of a gateway that no
dissector knows; cut to 96 bytes a packet, as recordings for traffic figures are."""
import struct

from mirror import Mirror, wire

ESP = 50
m = Mirror(snap=96)
for n in range(120):
    sealed = struct.pack(">II", 0xc0ffee01, n + 1) + bytes((7 * n + 13 * k) & 255 for k in range(1200))
    m.add(wire.ethernet(wire.ipv4(wire.CT.ipv4, wire.SERVICES.ipv4, ESP, sealed, n)))
    c, s = wire.GATEWAY.ipv4, wire.ENGINE.ipv4
    m.add(wire.ethernet(wire.ipv4(c, s, wire.UDP, wire.udp(c, s, 40300, 7789, b"\x5a\xa5" + bytes(998)), 500 + n)))
m.write([])
