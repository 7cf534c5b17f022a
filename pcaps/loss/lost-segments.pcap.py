#!/usr/bin/env python3
"""A busy connection of a protocol that nobody reads, recorded by a mirror port that loses: 10 of 255 segments are missing although
the receiver acknowledged them, and the recording computer's clock steps back by 3 s once."""
from mirror import SECOND, Mirror, packets, wire

turns = [(True, b"vendor link, block %03d" % n) for n in range(255)]
m = Mirror()
for i, p in enumerate(packets(wire.tcp_segments(wire.CT, wire.SERVICES, 40100, 7788, turns))):
    if i == 300:
        m.now -= 3 * SECOND
    if i > 3 and (i - 3) % 50 == 0:  # a data segment: they stand at odd places behind the handshake
        continue
    m.add(wire.ethernet(p))
m.write([])
