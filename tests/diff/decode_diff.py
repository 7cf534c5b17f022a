#!/usr/bin/env python3
"""Compares, frame by frame, the innermost packet that our decoder finds with the one that tshark finds.

    decode_diff.py --dump PROGRAM CAPTURE|FOLDER...      addresses, IP protocol, ports

A frame differs when both found an innermost IP packet and it is not the same, or when only one of them found one.
Frames of decode_differences.tsv have a reason and are no failures. Exit: 0 the same, 1 differences, 77 no tshark.
"""
import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FIELDS = ["frame.number", "frame.protocols", "ip.src", "ip.dst", "ip.proto", "ipv6.src", "ipv6.dst",
          "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport", "ip.frag_offset", "ip.flags.mf"]
STOP = {"icmp", "icmpv6", "sctp", "esp", "ospf", "pim", "igmp", "vrrp", "tls", "http", "dns", "quic", "rx"}
OFF = ["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-o", "tcp.desegment_tcp_streams:FALSE",
       "-o", "ip.tso_support:TRUE"]


def innermost(layers, row):
    """(source, destination, sport, dport) of the innermost packet, or None when that is not IP."""
    count = {"ip": 0, "ipv6": 0, "tcp": 0, "udp": 0}
    last = None
    ports = None
    for name in layers:
        if name in STOP:
            break
        if name in ("eth", "ppp", "wlan") and last is not None:  # another frame, perhaps without IP
            last = ports = None
        if name in ("ip", "ipv6"):
            last = (name, count[name])
            ports = None
        if name in ("tcp", "udp"):
            ports = (name, count[name])
        if name in count:
            count[name] += 1
    if last is None:
        return None

    def nth(field, i):
        values = row[field].split(",")
        return values[i] if i < len(values) else "?"
    name, i = last
    src, dst = nth(name + ".src", i), nth(name + ".dst", i)
    if ports is None:
        return src, dst, "-", "-"
    return src, dst, nth(ports[0] + ".srcport", ports[1]), nth(ports[0] + ".dstport", ports[1])


def tshark(path):
    cmd = ["tshark", "-n", "-r", path, *OFF, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"]
    for f in FIELDS:
        cmd += ["-e", f]
    run = subprocess.run(cmd, capture_output=True, text=True, errors="replace")
    if "unknown preference" in run.stderr or "aren't valid" in run.stderr:
        sys.exit(f"decode_diff: this tshark does not know an option or field: {run.stderr}")
    out = run.stdout
    frames = {}
    for text in out.splitlines():
        row = dict(zip(FIELDS, (text + "\t" * len(FIELDS)).split("\t")))
        pairs = set(zip(row["ip.src"].split(","), row["ip.dst"].split(",")))
        pairs |= set(zip(row["ipv6.src"].split(","), row["ipv6.dst"].split(",")))
        frames[int(row["frame.number"])] = innermost(row["frame.protocols"].split(":"), row), pairs
    return frames


def ours(dump, path):
    run = subprocess.run([dump, path], capture_output=True, text=True)
    if run.returncode != 0:
        return None
    frames = {}
    for text in run.stdout.splitlines():
        n, outcome, src, dst, _proto, sport, dport, _tags, _tunnels = text.split("\t")
        found = (src, dst, sport, dport) if outcome in ("ok", "fragment") else None
        frames[int(n)] = (outcome, found, text)
    return frames


def known():
    rows = {}
    with open(os.path.join(HERE, "decode_differences.tsv")) as f:
        for text in f:
            if text.strip() and not text.startswith("#"):
                capture, frames, reason = text.rstrip("\n").split("\t")
                rows.setdefault(capture, []).append((frames, reason))
    return rows


def explained(rows, name, frame):
    for frames, _ in rows.get(name, []):
        if frames == "*" or str(frame) in frames.split(","):
            return True
    return False


def compare(dump, path, rows, verbose):
    """Frames that differ, are the same, differ for a known reason; what is to be printed."""
    mine, said = ours(dump, path), []
    if mine is None:
        return 0, 0, 0, said
    theirs = tshark(path)
    name = os.path.basename(path)
    bad = same = excused = 0
    for n, (outcome, found, text) in sorted(mine.items()):
        want, pairs = theirs.get(n, (None, set()))
        if want == found or (outcome == "fragment" and found[:2] in pairs):  # tshark looks into first fragments
            same += 1
        elif explained(rows, name, n):
            excused += 1
        else:
            bad += 1
            if bad <= verbose:
                said.append(f"{path}: frame {n}: tshark {want}, we {found} ({text})")
    return bad, same, excused, said


def captures(paths):
    for p in paths:
        if os.path.isdir(p):
            for folder, _, names in sorted(os.walk(p)):
                yield from (os.path.join(folder, x) for x in sorted(names) if x.endswith((".pcap", ".pcapng")))
        else:
            yield p


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--dump", required=True)
    a.add_argument("--verbose", type=int, default=3)
    a.add_argument("capture", nargs="+")
    args = a.parse_args()
    if shutil.which("tshark") is None:
        print("tshark is missing")
        return 77
    print(subprocess.run(["tshark", "-v"], capture_output=True, text=True).stdout.splitlines()[0])
    rows = known()
    bad = same = excused = 0
    with concurrent.futures.ThreadPoolExecutor(2) as side_by_side:
        for b, s, x, said in side_by_side.map(lambda p: compare(args.dump, p, rows, args.verbose), captures(args.capture)):
            bad, same, excused = bad + b, same + s, excused + x
            print("\n".join(said), end="\n" if said else "")
    print(f"{same} frames the same, {excused} differ for known reasons, {bad} differ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
