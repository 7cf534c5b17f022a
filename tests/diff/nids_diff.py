#!/usr/bin/env python3
"""Differential test against libnids: the streams of both reassemblers, by connection and direction.

    nids_diff.py --nids PROGRAM [--wardwatch PROGRAM] [--material DIR | --capture FILE...] [-v]

Compared are IPv4 connections whose whole handshake and all bytes we saw; libnids sees no others. Equal means the same
number of bytes with the same hash. With --wardwatch, the DICOM and HL7 events over libnids' streams must also be events that
wardwatch tells, with the same fields. A difference is a failure or a row of known_differences.tsv (event `stream`, field
`CLIENT>SERVER direction` or `events`); a row that matches nothing is a failure too.
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "golden"))
import run  # noqa: E402
import tshark_diff  # noqa: E402

SIZE_MAX = 64 << 20


def streams(program, who, path):
    r = subprocess.run([program, "--streams", who, path], capture_output=True, check=False, timeout=600)
    if r.returncode not in (0, 3):
        raise RuntimeError("%s --streams %s %s: exit code %d: %s" % (program, who, path, r.returncode, r.stderr.decode("utf-8", "replace")))
    found = {}
    for line in r.stdout.decode().splitlines():
        _, client, server, before, direction, size, digest, gap, whole = line.split("\t")
        found[client, server, int(before), direction] = (int(size), digest, int(gap), whole == "whole")
    return found


def compare(ours, theirs):
    """(key, text) of each difference, and the number of directions and bytes that were the same."""
    found, same, size = [], 0, 0
    lossy = {k[:3] for k, v in ours.items() if v[2] > 0}
    # a connection between the same ends that only one side counts moves the numbers of the later ones
    count = collections.Counter(k[:2] for k, v in ours.items() if v[3]), collections.Counter(k[:2] for k in theirs)
    for key, mine in sorted(ours.items()):
        if "[" in key[0] or ":" in key[0].rsplit(":", 1)[0] or not mine[3] or key[:3] in lossy:
            continue
        yours = theirs.get(key)
        if yours is None:
            if mine[0] > 0:
                found.append((key, "libnids has no such connection, we have %d bytes" % mine[0]))
        elif count[0][key[:2]] != count[1][key[:2]]:
            found.append((key, "%d connections of ours between these ends, %d of libnids" % (count[0][key[:2]], count[1][key[:2]])))
        elif mine[:2] != yours[:2]:
            found.append((key, "ours %d bytes %s, libnids %d bytes %s" % (mine[0], mine[1], yours[0], yours[1])))
        else:
            same += 1
            size += mine[0]
    found += [(k, "only libnids has this connection, %d bytes" % v[0]) for k, v in sorted(theirs.items()) if k[:2] not in {o[:2] for o in ours}]
    return found, same, size


# fields that depend on when a segment was handed over, or on packets that libnids takes away
EVENT_FIELDS = {("*", "latency_ms"): "any", ("*", "duration_ms"): "any", ("*", "request_frame"): "any"}


def events_differ(nids, wardwatch, path):
    """What is told over libnids' streams but not by wardwatch, and the number of events compared."""
    told = [tshark_diff.our_events(wardwatch, path), []]
    r = subprocess.run([nids, path], capture_output=True, check=False, timeout=600)
    told[1] = run.parse(r.stdout, nids)
    dicom_hl7 = [[e for e in events if e.get("event_type") in ("dicom", "hl7")] for events in told]
    return run.compare(EVENT_FIELDS, *dicom_hl7), len(dicom_hl7[1])


def captures(a):
    if a.capture or not a.material:
        return tshark_diff.captures(a)
    found = []
    for folder in ("made", "others"):
        for where, dirs, names in os.walk(os.path.join(a.material, "captures", folder)):
            dirs.sort()
            found += [os.path.join(where, n) for n in sorted(names) if n.endswith((".pcap", ".pcapng", ".cap", ".gz"))]
    base = os.path.join(a.material, "captures")
    return [(os.path.relpath(p, base), p) for p in found if os.path.getsize(p) <= SIZE_MAX]


def known_row(rows, capture, key):
    """Number of the row that knows a difference: capture, `stream`, `CLIENT>SERVER direction`."""
    what = "%s>%s %s" % (key[0], key[1], key[3])
    return next((i for i, r in enumerate(rows) if r[1] == "stream" and fnmatch.fnmatch(capture, r[0]) and fnmatch.fnmatch(what, r[2])), None)


def unused(rows, used, names, material):
    """Rows of `stream` that matched nothing: in a capture of this run, or, with all captures at hand, in no capture at all."""
    a = argparse.Namespace(capture=None, material=None)
    every = names + [c[0] for c in captures(a)] if material else []
    for i, r in enumerate(rows):
        here, anywhere = ([n for n in which if fnmatch.fnmatch(n, r[0])] for which in (names, every))
        if r[1] == "stream" and i not in used and (here or (material and not anywhere)):
            yield r


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--nids", required=True)
    p.add_argument("--wardwatch")
    p.add_argument("--material")
    p.add_argument("--capture", nargs="*")
    p.add_argument("-v", action="store_true", help="also print the known differences")
    a = p.parse_args()
    rows = tshark_diff.read_tsv(os.path.join(tshark_diff.HERE, "known_differences.tsv"), 5)
    used = set()
    new = old = same = size = files = failed = 0

    def both(capture):
        try:
            return capture[0], streams(a.nids, "ours", capture[1]), streams(a.nids, "nids", capture[1])
        except RuntimeError as e:
            return capture[0], None, e

    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        results = list(pool.map(both, captures(a)))
    for name, ours, theirs in results:
        if ours is None:
            if a.material:
                print("left out: %s: %s" % (name, str(theirs).strip().split("\n")[-1][:160]))
                failed += 1
                continue
            print(theirs)
            return 1
        found, n, b = compare(ours, theirs)
        same, size, files = same + n, size + b, files + (n > 0)
        for key, text in found:
            row = known_row(rows, name, key)
            is_known = row is not None
            used.add(row)
            old, new = old + is_known, new + (not is_known)
            if not is_known or a.v:
                print("%s%s: %s -> %s number %d %s: %s" % ("known: " if is_known else "", name, *key, text))
    events = 0
    for name, path in captures(a) if a.wardwatch and not a.material else []:
        found, n = events_differ(a.nids, a.wardwatch, path)
        row = next((i for i, r in enumerate(rows) if found and r[1:3] == ["stream", "events"] and fnmatch.fnmatch(name, r[0])), None)
        is_known = row is not None
        used.add(row)
        events, old, new = events + n, old + is_known, new + (0 if is_known else len(found))
        for text in found if a.v or not is_known else []:
            print("%s%s: told over libnids only: %s" % ("known: " if is_known else "", name, text))
    if a.wardwatch and not a.material:
        print("%d DICOM and HL7 events over libnids' streams compared" % events)
        new += events == 0
    for r in [] if a.capture or not a.wardwatch else unused(rows, used, [r[0] for r in results], a.material):
        print("known_differences.tsv: a row that matches nothing: %s" % "\t".join(r))
        new += 1
    print("%d directions with %d bytes are the same in %d captures, %d known differences, %d new, %d captures left out"
          % (same, size, files, old, new, failed))
    return 1 if new or same == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
