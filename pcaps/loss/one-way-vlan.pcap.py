#!/usr/bin/env python3
"""HL7 in two VLANs behind one mirror port: VLAN 30 shows both directions of 20 connections, VLAN 61 only what the clients send."""
from mirror import Mirror, is_from, packets, wire

MESSAGE = (b"MSH|^~\\&|MONGW||ENGINE||20261123100000||ORU^R01|LINK%04d|P|2.5\r"
           b"PID|1||CANARY0001||CANARY^TARO\r")
ANSWER = b"MSH|^~\\&|ENGINE||MONGW||20261123100000||ACK^R01|ANSWER%04d|P|2.5\rMSA|AA|LINK%04d\r"


def connection(n):
    turns = [(True, wire.mllp(MESSAGE % n)), (False, wire.mllp(ANSWER % (n, n)))]
    return packets(wire.tcp_segments(wire.GATEWAY, wire.ENGINE, 40000 + n, 2575, turns), 100 * n)


m = Mirror()
frames = []
for n in range(20):
    frames += [wire.ethernet(p, [(wire.TYPE_VLAN, 30)]) for p in connection(n)]
    frames += [wire.ethernet(p, [(wire.TYPE_VLAN, 61)]) for p in connection(100 + n) if is_from(wire.GATEWAY, p)]
m.write(frames)
