#!/usr/bin/env python3
"""A conversation inside of a tunnel tells the same as without: dicom, hl7, dns and flow events, with one worker and with
four.

    encap_diff.py --wardwatch PROGRAM [--only NAME]

Takes recorded captures, puts every frame into each encapsulation of pcaps/encap/wrap.py, and compares what wardwatch
tells with what it tells about the plain frames. Times, ends, ports, messages and latencies must be the same; frame
numbers, lengths on the wire, tags, tunnels and (for tunnels of bare IP) MAC addresses are those of the carrier.
"""
import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "pcaps", "encap"))
import wrap  # noqa: E402

CAPTURES = ["dicom/echo.pcap", "dicom/store-implicit.pcap", "hl7/adt.pcap", "hl7/mllp-pieces.pcap", "dns/lookups.pcap"]
KINDS = {"dicom", "hl7", "dns", "flow"}
CARRIER = {"pcap_cnt", "pcap_filename", "flow_id", "vlan", "tunnel", "ether", "parent", "request_frame"}
WIRE = {"bytes_toserver", "bytes_toclient", "pkts_toserver", "pkts_toclient"}
WORKERS = ("vxlan", "gre", "erspan3", "mpls", "vxlan-fragmented", "fragments-in-vxlan",
           "fragments-in-fragments")  # also with four workers


def frames(path):
    """(seconds, microseconds, frame) of a classic pcap file in host byte order of the recording machine."""
    with open(path, "rb") as f:
        data = f.read()
    order = "<" if struct.unpack("<I", data[:4])[0] == 0xa1b2c3d4 else ">"
    at = 24
    while at < len(data):
        sec, usec, caplen, _ = struct.unpack(order + "IIII", data[at:at + 16])
        yield sec, usec, data[at + 16:at + 16 + caplen]
        at += 16 + caplen


def write(path, link, way):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, link))
        for i, name in enumerate(CAPTURES):
            base = None
            for sec, usec, f in frames(os.path.join(ROOT, "pcaps", name)):
                base = sec if base is None else base
                for g in way(f):
                    out.write(struct.pack("<IIII", wrap.wire.START_NS // 10**9 + i * 60 + sec - base, usec, len(g), len(g)) + g)


def events(program, path, workers):
    cmd = [program, "analyze", path, "--events", "-", "-j", str(workers)]
    run = subprocess.run(cmd, capture_output=True, text=True, cwd=ROOT)
    if run.returncode not in (0, 1):
        sys.exit(f"encap_diff: exit code {run.returncode} of {' '.join(cmd)}\n{run.stderr}")
    flows = {}
    out = []
    for text in run.stdout.splitlines():
        e = json.loads(text)
        kind = e["event_type"]
        if kind not in KINDS or e[kind].get("type") == "tunnel":
            continue
        e = {k: v for k, v in e.items() if k not in CARRIER} | {"flow": flows.setdefault(e.get("flow_id"), len(flows))}
        e[kind] = {k: v for k, v in e[kind].items() if k not in WIRE and k not in CARRIER} if isinstance(e.get(kind), dict) else kind
        out.append(json.dumps(e, sort_keys=True))
    return out


def compare(name, plain, got):
    if plain == got:
        return 0
    print(f"{name}: {len(plain)} events without, {len(got)} events inside")
    missing = [e for e in plain if e not in got]
    more = [e for e in got if e not in plain]
    for sign, list_ in (("-", missing), ("+", more)):
        for e in list_[:3]:
            print(f"  {sign} {e}")
    if not missing and not more:
        print("  the same events in another order")
    return 1


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--wardwatch", required=True)
    a.add_argument("--only")
    args = a.parse_args()
    ways = {name: (wrap.wire.ETHERNET, way) for name, way in wrap.WAYS.items()}
    for name, (link, way) in wrap.LINES.items():
        ways[name] = (link, lambda f, w=way: [w(f)] if wrap.ip_of(f) is not None else [])
    bad = n = 0
    with tempfile.TemporaryDirectory() as tmp:
        path = os.path.join(tmp, "c.pcap")
        write(path, wrap.wire.ETHERNET, lambda f: [f])
        plain = events(args.wardwatch, path, 1)
        if sum('"dicom"' in e for e in plain) < 10 or sum('"hl7"' in e for e in plain) < 5:
            sys.exit("encap_diff: the plain captures tell too little to compare")
        for name, (link, way) in ways.items():
            if args.only not in (None, name):
                continue
            write(path, link, way)
            for workers in (1, 4) if name in WORKERS else (1,):
                bad += compare(f"{name}, {workers} workers", plain, events(args.wardwatch, path, workers))
                n += 1
    print(f"{n} runs, {bad} differ; {len(plain)} events each")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
