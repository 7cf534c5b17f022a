#!/usr/bin/env python3
"""A sensor that is switched on in the middle of a connection tells from the next message on what it would have told.

    cuts.py --cuts PROGRAM [--n 200] [-v] [NAME...]

Every capture of TESTLIST is begun at 200 packets spread over it (at every packet when it has fewer). Two things must
hold for each beginning:
- nothing is told that the intact capture does not tell: by type, ends and the message's own id; fields named in degrades.tsv may
  be unknown, never different (as for the other spoiled captures, see run.py);
- nothing is missing: of each direction of a connection, the first message that ends in the rest may have begun before it; the
  next is the first whole one, and what comes after it is told. The first whole one is told too, unless it begins inside a packet
  that begins inside another message, or is of one transmission with the partial one (ASTM): at most one beginning in ten may
  miss it.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run  # noqa: E402


def direction(e):
    """One direction of one connection of the intact run."""
    return e.get("flow_id"), e.get("direction")


def late(intact, first, skip):
    """Events of the intact run that come in each direction after the first `skip` packets with events from frame `first` on."""
    packets, wanted = collections.defaultdict(list), []
    for e in intact:
        frame = e["pcap_cnt"]
        if frame < first:
            continue
        seen = packets[direction(e)]
        if frame not in seen and len(seen) <= skip:
            seen.append(frame)
        if len(seen) > skip and frame >= seen[skip]:
            wanted.append(e)
    return wanted


def missing(wanted, told):
    need = collections.Counter(run.identity(e) for e in wanted)
    have = collections.Counter(run.identity(e) for e in told)
    return ["%s %s is missing" % (key[0], key[1:]) for key, n in sorted((need - have).items(), key=str)]


def runs_of(lines, what):
    """(first frame, events) of each run."""
    found = []
    for e in run.parse(lines, what):
        if e.get("event_type") == "cut":
            found.append((e["cut"]["from"], []))
        elif e.get("event_type") in run.MESSAGES:
            found[-1][1].append(e)
    return found


def faults(table, runs):
    """(first frame, text) of all that is wrong; frames of the beginnings that miss the first whole message."""
    intact, wrong, slow = runs[0][1], [], []
    for first, told in runs[1:]:
        wrong += [(first, text) for text in run.compare(table, intact, told) + missing(late(intact, first, 2), told)]
        if missing(late(intact, first, 1), told):
            slow.append(first)
    return wrong, slow


def one(program, test, n):
    path = run.capture_of(test)
    r = subprocess.run([program, path, str(n)], capture_output=True, check=False, cwd=run.ROOT, timeout=600)
    if r.returncode != 0:
        return test["name"], 0, 0, [(0, "exit code %d: %s" % (r.returncode, r.stderr.decode("utf-8", "replace")))], []
    runs = runs_of(r.stdout, "cuts")
    return (test["name"], len(runs) - 1, len(runs[0][1])) + faults(run.degrades(), runs)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--cuts", required=True)
    p.add_argument("--n", type=int, default=200)
    p.add_argument("-v", action="store_true", help="every fault, not the first few of a capture")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    tests = [t for t in run.testlist().values() if t["name"] in (a.names or run.testlist()) and t["name"] not in run.TWO_ANSWERS]
    bad = begun = late_ones = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for name, n, events, found, slow in pool.map(lambda t: one(os.path.abspath(a.cuts), t, a.n), tests):
            begun, bad, late_ones = begun + n, bad + len(found), late_ones + len(slow)
            if found or slow or a.v:
                print("%s: %d messages, %d beginnings, %d faults, first whole message missed from frames %s"
                      % (name, events, n, len(found), slow or "none"))
            for first, text in found if a.v else found[:5]:
                print("  from frame %d: %s" % (first, text))
    print("%d captures, %d beginnings, %d faults, %d miss the first whole message" % (len(tests), begun, bad, late_ones))
    return 1 if bad or begun == 0 or late_ones * 10 > begun else 0


if __name__ == "__main__":
    sys.exit(main())
