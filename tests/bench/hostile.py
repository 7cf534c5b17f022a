#!/usr/bin/env python3
"""What hostile packets cost, beside normal ones: captures built to be expensive, through the in-memory benchmark.

    hostile.py --build DIR [--packets N] [--runs N] [--normal CAPTURE...]

DIR holds a release build of the target bench. Printed is the cost per packet of each capture and its ratio to the median of the
normal ones (hospgen's by default, see run.py); exit 1 when one is above 20. Both run in one go, so that other work on the machine
moves both sides.
"""
import argparse
import json
import os
import random
import statistics
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CAPDIR = os.environ.get("WB_CAPDIR", "/var/tmp/wardbench-captures")
NORMAL = ["tiny.pcap", "tiny-small.pcap"]
LIMIT = 20
ETH = bytes.fromhex("020000000002020000000001") + b"\x08\x00"
SYN, RST, PSH, ACK = 2, 4, 8, 16
A, B = 0x0a000001, 0x0a000002


def ip(src, dst, proto, body, ident=0, off=0):
    return ETH + struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(body), ident & 0xffff, off, 64, proto, 0, src, dst) + body


def tcp(src, dst, sport, dport, seq, flags, data=b"", ident=0):
    head = struct.pack(">HHIIBBHHH", sport, dport, seq & 0xffffffff, 1, 0x50, flags, 65535, 0, 0)
    return ip(src, dst, 6, head + data, ident)


def message(rnd, n):
    """One HL7 message in a MLLP block."""
    rows = "".join("OBX|%d|NM|%d^X||%d|u|||||F\r" % (i, rnd.randrange(10**6), rnd.randrange(300)) for i in range(20))
    return ("\x0bMSH|^~\\&|A|B|C|D|20261123100000||ORU^R01|%d|P|2.5\rPID|1||CANARY\r%s\x1c\r" % (n, rows)).encode()


def opened(sport):
    """The handshake of a connection to port 2575."""
    return [tcp(A, B, sport, 2575, 99, SYN), tcp(B, A, 2575, sport, 499, SYN | ACK), tcp(A, B, sport, 2575, 100, ACK)]


def syn_flood(n, rnd):
    """SYNs from everywhere: a flow each."""
    return [tcp(rnd.getrandbits(32), B, rnd.getrandbits(16), 104, rnd.getrandbits(32), SYN, ident=i) for i in range(n)]


def tuples_in_rows(n, rnd):
    """Addresses and ports that collide under unkeyed sums and exclusive ors."""
    return [tcp(A ^ i << 8, B ^ i << 8, 1024 + i % 97, 1024 + i % 97, i, ACK, b"x", i) for i in range(n)]


def fragment_flood(n, rnd):
    """First fragments of datagrams that never become whole."""
    return [ip(rnd.getrandbits(32), B, 17, rnd.randbytes(64), i, 0x2000) for i in range(n)]


def tiny_fragments(n, rnd):
    """Fragments of eight bytes of a few datagrams, overlapping and contradicting each other."""
    return [ip(A, B, 17, rnd.randbytes(8), i // 400, 0x2000 | rnd.randrange(200)) for i in range(n)]


def one_byte_segments(n, rnd):
    """HL7 messages, a byte a segment."""
    data = b"".join(message(rnd, i) for i in range(n // 700 + 1))
    return opened(40000) + [tcp(A, B, 40000, 2575, 100 + i, ACK | PSH, data[i:i + 1], i) for i in range(n)]


def endless_out_of_order(n, rnd):
    """Every second byte, backwards in groups: a buffer each, and the first byte never comes."""
    return opened(40000) + [tcp(A, B, 40000, 2575, 101 + i // 500 * 1000 + (499 - i % 500) * 2, ACK, b"x", i) for i in range(n)]


def contradicting_segments(n, rnd):
    """Segments with other bytes at places that wait already."""
    return opened(40000) + [tcp(A, B, 40000, 2575, 101 + rnd.randrange(8000), ACK, rnd.randbytes(rnd.randrange(1, 60)), i)
                            for i in range(n)]


def one_packet(n, rnd):
    """The same packet over and over."""
    return [tcp(A, B, 40000, 2575, 100, ACK, b"\x0bMSH|^~\\&|", 7)] * n


def nothing(n, rnd):
    """Keep-alives and empty acknowledgements."""
    return opened(40000) + [tcp(A, B, 40000, 2575, 99, ACK, b"x" * (i & 1), i) for i in range(n)]


def first_bytes(n, rnd):
    """Connections whose first bytes are those of every protocol in turn: as many probes as possible."""
    return [tcp(A + i // 2, B, 40000 + i % 20000, 20000 + i % 9973, 100, ACK, bytes((i & 0xff,)) + rnd.randbytes(20), i) for i in range(n)]


def unfinished_messages(n, rnd):
    """Each segment begins a message that does not end; the buffers are full all the time."""
    head = b"\x0bMSH|^~\\&|A|B|C|D|20261123100000||ORU^R01|1|P|2.5\rOBX|1|TX|"
    return [tcp(A + i % 3000, B, 40000, 2575, 100 + i // 3000 * 600, ACK, (head if i < 3000 else b"").ljust(600, b"x"), i) for i in range(n)]


CASES = (syn_flood, tuples_in_rows, fragment_flood, tiny_fragments, one_byte_segments, endless_out_of_order, contradicting_segments,
         one_packet, nothing, first_bytes, unfinished_messages)


def write(path, frames, step_us):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for i, frame in enumerate(frames):
            at = 1795395600 * 10**6 + i * step_us
            f.write(struct.pack("<IIII", at // 10**6, at % 10**6, len(frame), len(frame)) + frame)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", required=True)
    p.add_argument("--packets", type=int, default=200000)
    p.add_argument("--runs", type=int, default=3)
    p.add_argument("--normal", nargs="*", default=[os.path.join(CAPDIR, c) for c in NORMAL])
    a = p.parse_args()
    bench = os.path.join(a.build, "tests", "bench")
    normal = [c for c in a.normal if os.path.exists(c)]
    if not os.access(bench, os.X_OK) or not normal:
        sys.exit("%s and normal captures are wanted; run.py makes them" % bench)
    with tempfile.TemporaryDirectory() as tmp:
        paths = []
        for case in CASES:
            paths.append(os.path.join(tmp, case.__name__))
            write(paths[-1], case(a.packets, random.Random(1)), 10)
        out = os.path.join(tmp, "bench.json")
        subprocess.run([bench, "--runs", str(a.runs), "--judge", "--json", out] + normal + paths, check=True, stdout=subprocess.DEVNULL)
        with open(out, encoding="utf-8") as f:
            rows = [json.loads(line) for line in f]
    worst, columns = 0, []
    for judge in (False, True):
        cost = {r["capture"]: r["ns_per_packet"] for r in rows if r["judge"] == judge}
        base = statistics.median(cost[c] for c in normal)
        columns.append([cost[path] / base for path in paths])
        worst = max([worst] + columns[-1])
        print("median of normal packets, %s: %.0f ns (%s)" % ("with judge" if judge else "up to events", base,
              ", ".join("%s %.0f" % (os.path.basename(c), cost[c]) for c in normal)))
    print("\n| traffic | up to events | with judge | what it is |\n| --- | --- | --- | --- |")
    for case, events, judged in zip(CASES, *columns):
        print("| %s | %.2f | %.2f | %s |" % (case.__name__.replace("_", " "), events, judged, case.__doc__.split("\n")[0]))
    return 1 if worst > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
