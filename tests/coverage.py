#!/usr/bin/env python3
"""Line and branch coverage by folder and file from the counters of a --coverage build, after tests have run.

    coverage.py BUILD [--files]

Goals: 100 % of branches in base/rd.h and the decoder, 90 % of lines in each dissector; what is below is named.
"""
import collections
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOMS = ("sensor/", "dissectors/", "rules/", "store/")


def counters(build):
    found = []
    for folder, _, names in os.walk(build):
        found += [os.path.join(folder, n) for n in names if n.endswith(".gcda")]
    return sorted(found)


def collect(build):
    """source -> line -> [count, {branch index: count}]; the same line may be compiled into many programs."""
    lines = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, {}]))
    for gcda in counters(build):
        out = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", os.path.abspath(gcda)], capture_output=True, check=False).stdout
        for doc in out.decode("utf-8", "replace").splitlines():
            if not doc.startswith("{"):
                continue
            for f in json.loads(doc)["files"]:
                path = os.path.relpath(os.path.join(ROOT, f["file"]), ROOT)
                if not path.startswith(ROOMS):
                    continue
                for line in f["lines"]:
                    entry = lines[path][line["line_number"]]
                    entry[0] += line["count"]
                    for i, b in enumerate(line["branches"]):
                        entry[1][i] = entry[1].get(i, 0) + b["count"]
    return lines


def share(part, whole):
    return 100.0 * part / whole if whole else 100.0


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: coverage.py BUILD [--files]")
    rows, folders = {}, collections.defaultdict(lambda: [0, 0, 0, 0])
    for path, lines in collect(sys.argv[1]).items():
        branches = [n for _, b in lines.values() for n in b.values()]
        rows[path] = (sum(c > 0 for c, _ in lines.values()), len(lines), sum(n > 0 for n in branches), len(branches))
        folder = os.path.dirname(path)
        folders[folder] = [a + b for a, b in zip(folders[folder], rows[path])]
    if not rows:
        sys.exit("%s holds no counters; build the preset cov and run its tests first" % sys.argv[1])
    for name, r in sorted(folders.items()) + (sorted(rows.items()) if "--files" in sys.argv else []):
        print("%-36s %6.1f %% of %5d lines  %6.1f %% of %5d branches" % (name, share(r[0], r[1]), r[1], share(r[2], r[3]), r[3]))
    for path, r in sorted(rows.items()):
        if path in ("sensor/base/rd.h", "sensor/decode.c") and r[2] < r[3]:
            print("below its goal: %s, %d of %d branches" % (path, r[2], r[3]))
        if path.startswith("dissectors/") and path.endswith(".c") and share(r[0], r[1]) < 90:
            print("below its goal: %s, %.1f %% of lines" % (path, share(r[0], r[1])))


if __name__ == "__main__":
    main()
