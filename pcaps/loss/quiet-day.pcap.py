#!/usr/bin/env python3
"""Twenty-five hours in which only a gateway and an HL7 engine are heard, once at the beginning and once at the end: the devices of the
example ledger that sent nothing, and the zones from which nothing came, lie outside of what this mirror port shows."""
from mirror import SECOND, Mirror, packets, wire

m = Mirror()
for n, hour in enumerate((0, 25)):
    m.at(hour * 3600 * SECOND)
    turns = [(True, wire.mllp(wire.MESSAGE)), (False, wire.mllp(wire.ANSWER))]
    for p in packets(wire.tcp_segments(wire.GATEWAY, wire.ENGINE, 40200 + n, 2575, turns), 100 * n):
        m.add(wire.ethernet(p))
m.write([])
