#!/usr/bin/env python3
"""While the monitor runs, not one frame leaves the interface, and the threads that see packets have lost every way to send."""
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import netns  # noqa: E402
from netns import Monitor, counters, frames, pair, remove, replay, wait_for  # noqa: E402
from program import DONE, PCAPS, SITE, WARD, Failure, main, same, want  # noqa: E402


def no_frame_leaves(program, folder):
    """ARP probes, DNS queries, connection requests and a broken association pass by: nothing is answered."""
    pair("v0", "v1")
    try:
        tx_far = counters("v0")[0]
        for jobs in (1, 2):
            before = counters("v1")
            m = Monitor(program, "-i", "v1", "--site", SITE, "--db", os.path.join(folder, "x.db"), "-j", jobs).ready()
            n = 0
            for name in ("ward-morning/ward-morning.pcap", "arp/conflict.pcap", "dicom/abort.pcap", "dns/failures.pcap", "link/icmp.pcap"):
                n += replay("v0", "v1", frames(os.path.join(PCAPS, name)))
            same(m.end(signal.SIGTERM), DONE, "exit code: %s" % m.lines())
            after = counters("v1")
            same(after[0] - before[0], n, "frames that came in")
            same(after[1] - before[1], 0, "frames that left")
        same(counters("v0")[0] - tx_far, 0, "frames that came out at the other end")
    finally:
        remove("v0")


def status(pid):
    """For each thread of a process: name and the fields of its status."""
    threads = []
    for tid in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/status" % (pid, tid), encoding="utf-8") as f:
            threads.append(dict(l.rstrip("\n").split(":\t", 1) for l in f if ":\t" in l))
    return threads


def rights_are_given_up(program, folder):
    """No thread keeps a capability; capture, workers and judge run under the system call filter."""
    pair("v0", "v1")
    try:
        m = Monitor(program, "-i", "v1", "--db", os.path.join(folder, "x.db"), "-j", 2).ready()

        def settled():
            t = status(m.p.pid)
            return t if sum(x["Seccomp"] == "2" for x in t) >= 4 else None

        threads = wait_for("capture, two workers and judge have their filter", settled)
        for t in threads:
            for field in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
                same(int(t[field], 16), 0, "%s of thread %s" % (field, t["Pid"]))
            same(t["NoNewPrivs"], "1", "no_new_privs of thread %s" % t["Pid"])
        same(sum(t["Seccomp"] == "2" for t in threads), 4, "threads with a filter: capture, two workers, judge")
        replay("v0", "v1", frames(WARD))
        same(m.end(signal.SIGTERM), DONE, "exit code: %s" % m.lines())
        want(not any("without the system call filter" in l for l in m.lines()), "a thread had no filter: %s" % m.lines())
    finally:
        remove("v0")


TESTS = {f.__name__: f for f in (no_frame_leaves, rights_are_given_up)}

if __name__ == "__main__":
    netns.enter()
    try:
        sys.exit(main(TESTS))
    except Failure as e:
        print(e)
        sys.exit(1)
