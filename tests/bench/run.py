#!/usr/bin/env python3
"""The figures of the README: in-memory cost per packet, and whole runs against the do-nothing libpcap loop and tshark.

    run.py --build DIR [--size quick|full] [--runs N] [--json FILE]

DIR holds a release build of the targets bench and wardwatch. Exit 1 when packets caused an allocation.
"""
import argparse
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CAPDIR = os.environ.get("WB_CAPDIR", "/var/tmp/wardbench-captures")
BINDIR = os.environ.get("WB_BINDIR", "/tmp/wardbench")
QUICK = ["tiny", "tiny-small"]
FULL = ["mixed", "small", "flows100k"]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", required=True)
    p.add_argument("--size", choices=["quick", "full"], default="quick")
    p.add_argument("--runs", type=int, default=5)
    p.add_argument("--json", default=None, help="file for bench's measurements; default DIR/bench.json")
    a = p.parse_args()
    program, bench = os.path.join(a.build, "wardwatch"), os.path.join(a.build, "tests", "bench")
    for tool in (program, bench):
        if not os.access(tool, os.X_OK):
            sys.exit("%s is missing; build the targets wardwatch and bench" % tool)
    corpora = QUICK if a.size == "quick" else FULL
    analyze = os.path.abspath(program) + " analyze {pcap} --site {site} --db {tmp}/a.db -j 1 -o /dev/null"
    commands = ["wardwatch=" + analyze, "wardwatch, events=" + analyze + " --events /dev/null"]
    if shutil.which("tshark") and a.size == "quick":
        commands.append("tshark=tshark -r {pcap} -q -z io,phs")
    command = [sys.executable, os.path.join(HERE, "bench.py"), "--runs", str(a.runs), "--capdir", CAPDIR, "--bindir", BINDIR]
    for c in corpora:
        command += ["--corpus", c]
    for c in commands:
        command += ["--cmd", c]
    subprocess.run(command, check=True)
    print()
    sys.stdout.flush()
    json = a.json or os.path.join(a.build, "bench.json")
    if os.path.exists(json):
        os.remove(json)
    captures = [os.path.join(CAPDIR, c + ".pcap") for c in QUICK]
    return subprocess.run([bench, "--runs", str(a.runs), "--judge", "--json", json] + [c for c in captures if os.path.exists(c)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
