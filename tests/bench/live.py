#!/usr/bin/env python3
"""Live: the highest rate without loss, and packets per second and processor, beside tcpdump and dumpcap in the same run.

    live.py --build DIR [--corpus mixed] [--frames N] [--runs N] [--site FILE] [--buffer MIB] [--only NAME ...] [--json FILE]
    live.py --fanout 1,2,4 [--rate PPS] ...      what several handles on one interface cost (PACKET_FANOUT)

Frames of a generated capture are sent over a pair of virtual interfaces in a namespace of its own; a rate is good when the
program saw every frame. For wardwatch two rates are told: without a lost packet, and without leaving anything undissected.
The rate is found by halving the interval between the best good and the least bad rate, up to what the sender reaches.
The kernel delivers a frame in the sender's time, so the figures need a machine that does nothing else: the sender runs on
the last processor, what listens on the others and, if there are only two, on both. Every program gets the same kernel buffer.
Root is needed. DIR holds a release build of the target wardwatch.
"""
import argparse
import json
import os
import re
import resource
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "tests", "net"), HERE]
import netns  # noqa: E402

CAPDIR = os.environ.get("WB_CAPDIR", "/var/tmp/wardbench-captures")
BINDIR = os.environ.get("WB_BINDIR", "/tmp/wardbench")
STEPS = 7      # halvings
SETTLE = 0.6   # seconds until a program that has said it listens, or cannot say so, surely does
FLUSH = 0.5    # seconds for the last block of the kernel's ring
SEEN = {
    "wardwatch": re.compile(r"(\d+) packets seen, (\d+) dropped by the kernel, (\d+) by full rings"),
    "tcpdump": re.compile(r"(\d+) packets? captured.*?(\d+) packets? dropped by kernel", re.S),
    "dumpcap": re.compile(r"Packets received/dropped on interface '[^']*': (\d+)/(\d+)"),
}


def tool(name, libs=()):
    os.makedirs(BINDIR, exist_ok=True)
    src, exe = os.path.join(HERE, name + ".c"), os.path.join(BINDIR, name)
    if not os.path.exists(exe) or os.path.getmtime(exe) < os.path.getmtime(src):
        subprocess.run(["cc", "-O2", "-o", exe, src, *libs], check=True)
    return exe


def corpus(name):
    if os.path.exists(name):
        return name
    path = os.path.join(CAPDIR, name + ".pcap")
    if not os.path.exists(path):
        import bench
        os.makedirs(CAPDIR, exist_ok=True)
        subprocess.run([tool("hospgen"), *bench.CORPORA[name].split(), "-o", path, "--manifest", path[:-5] + ".json"], check=True)
    return path


class Listener:
    """A program that listens on v1. After end(): seen, lost, cpu (seconds), left (something was not dissected)."""

    def __init__(self, kind, command):
        self.kind = kind
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu0 = before.ru_utime + before.ru_stime
        self.log = tempfile.TemporaryFile()
        self.p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log)
        end = time.monotonic() + 30
        while time.monotonic() < end and self.p.poll() is None and b"istening on" not in self.said() and b"File: " not in self.said():
            time.sleep(0.05)
        time.sleep(SETTLE)
        if self.p.poll() is not None:
            sys.exit("%s ended: %s" % (shlex.join(command), self.said().decode()))

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def end(self):
        self.p.send_signal(signal.SIGINT)
        self.p.wait(120)
        text = self.said().decode("utf-8", "replace")
        m = SEEN[self.kind].search(text)
        if not m:
            sys.exit("%s did not tell what it saw: %s" % (self.kind, text))
        self.seen, self.lost = int(m.group(1)), sum(int(v) for v in m.groups()[1:])
        self.left = "not dissected" in text
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu = after.ru_utime + after.ru_stime - self.cpu0
        return self


def trial(kind, command, send):
    """Return: the listener, and what the sender says, with the frames that arrived: a busy machine loses some before any listener."""
    with tempfile.TemporaryDirectory(prefix="wblive") as tmp:
        l = Listener(kind, [w.replace("{tmp}", tmp) for w in command])
        before = netns.counters("v1")[0]
        sender = subprocess.Popen(send, stdout=subprocess.PIPE)
        s = json.loads(sender.communicate()[0])
        s["sent"] = netns.counters("v1")[0] - before
        time.sleep(FLUSH)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        l.cpu0 += used.ru_utime + used.ru_stime - l.cpu0  # what the sender used is not the listener's
        return l.end(), s


def fastest(kind, command, send, top, whole):
    """The highest good rate. whole: nothing may be left undissected. Return: (rate reached, packets per second of CPU)."""
    start = trial(kind, command, send(0.0, 1))[0].cpu  # starting and ending cost, too
    low, high, best = 0.0, 2.0 * top, (0, 0)
    rate = 0.0  # as fast as the sender can
    for _ in range(STEPS):
        l, s = trial(kind, command, send(rate))
        good = l.seen >= s["sent"] and l.lost == 0 and not (whole and l.left)
        if good and s["pps"] > best[0]:
            best = (s["pps"], l.seen / max(l.cpu - start, 1e-3))
        if rate == 0.0:
            if good:
                break
            high = s["pps"]
        elif good:
            low = rate
        else:
            high = rate
        rate = (low + high) / 2
    return best


def commands(a):
    """kind, name, command, whole"""
    found = []
    if a.build:
        program = os.path.abspath(os.path.join(a.build, "wardwatch"))
        for jobs in (1, 2):
            line = [program, "monitor", "-i", "v1", "-j", str(jobs), "--buffer", str(a.buffer), "--db", "{tmp}/x.db"] + (["--site", a.site] if a.site else [])
            found.append(("wardwatch", "wardwatch -j %d, no packet lost" % jobs, line, False))
            found.append(("wardwatch", "wardwatch -j %d, all dissected" % jobs, line, True))
    if shutil.which("tcpdump"):
        found.append(("tcpdump", "tcpdump -w /dev/null", ["tcpdump", "-i", "v1", "-B", str(a.buffer * 1024), "-w", "/dev/null", "-Z", "root"], False))
    if shutil.which("dumpcap"):
        found.append(("dumpcap", "dumpcap -w /dev/null", ["dumpcap", "-i", "v1", "-B", str(a.buffer), "-w", "/dev/null"], False))
    return [c for c in found if not a.only or any(o in c[1] for o in a.only)]


def compare(a, send):
    top = max(json.loads(subprocess.run(send(0.0), capture_output=True, check=True).stdout)["pps"] for _ in range(2))
    print("%d frames of %s, kernel buffer %d MiB, %d processors; the sender alone reaches %.0f packets/s" %
          (a.frames, a.corpus, a.buffer, os.cpu_count(), top))
    found = {}
    for _ in range(a.runs):
        for kind, name, command, whole in commands(a):
            found.setdefault(name, []).append(fastest(kind, command, send, top, whole))
    print("%-36s %14s %24s" % ("median of %d" % a.runs, "packets/s", "packets/s and processor"))
    result = {}
    for name, runs in found.items():
        rate, per_cpu = (statistics.median(r[i] for r in runs) for i in (0, 1))
        limit = " (the sender's limit)" if rate > 0.97 * top else ""
        print("%-36s %14.0f %24.0f%s" % (name, rate, per_cpu, limit))
        result[name] = {"pps": rate, "pps_per_cpu": per_cpu, "runs": runs}
    return result


def fanout(a, send):
    livecap = tool("livecap", ["-lpcap", "-lpthread"])
    print("%-10s %12s %10s %14s" % ("handles", "packets", "dropped", "ns a packet"))
    result = {}
    for _ in range(a.runs):
        for h in a.fanout.split(","):
            p = subprocess.Popen([livecap, "v1", h, str(a.buffer)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            p.stderr.readline()
            subprocess.run(send(a.rate), stdout=subprocess.DEVNULL, check=True)
            time.sleep(FLUSH)
            p.send_signal(signal.SIGINT)
            result.setdefault(h, []).append(json.loads(p.communicate()[0]))
    for h, runs in result.items():
        m = statistics.median(r["cpu"] / r["packets"] * 1e9 for r in runs)
        print("%-10s %12d %10d %14.0f" % (h, runs[0]["packets"], max(r["dropped"] for r in runs), m))
    return result


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build")
    p.add_argument("--corpus", default="mixed")
    p.add_argument("--frames", type=int, default=1000000)
    p.add_argument("--runs", type=int, default=3)
    p.add_argument("--site")
    p.add_argument("--buffer", type=int, default=64)
    p.add_argument("--only", action="append")
    p.add_argument("--fanout")
    p.add_argument("--rate", type=float, default=100000.0)
    p.add_argument("--json")
    a = p.parse_args()
    if not a.build and not a.fanout:
        p.error("--build or --fanout is needed")
    netns.enter()
    path, livesend, last = corpus(a.corpus), tool("livesend"), max(os.sched_getaffinity(0))
    netns.pair("v0", "v1")

    def send(rate, frames=a.frames):
        return [livesend, "v0", path, "%.0f" % rate, str(frames), str(last)]

    result = fanout(a, send) if a.fanout else compare(a, send)
    if a.json:
        with open(a.json, "w", encoding="ascii") as f:
            json.dump(result, f, indent=1)


if __name__ == "__main__":
    main()
