#!/usr/bin/env python3
"""Readers that leave, signals in long runs, threads that cannot be started: an orderly end, and what was written is valid."""
import os
import resource
import signal
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import pcapfile  # noqa: E402
from program import (DONE, EARLY, INPUT, PATIENCE, PCAPS, SITE, WARD, Failure, Skip, environment, json_lines, main, no_patient,  # noqa: E402
                     same, want)

ORTHANC = os.path.join(PCAPS, "dicom", "orthanc.pcap")


def long_capture(folder, times):
    """The ward's morning again and again, minutes apart, with other sequence numbers: far more than is read at once."""
    c, path = pcapfile.Capture(WARD), os.path.join(folder, "long.pcap")
    first, last = c.records[0][0], c.records[-1][0]
    with open(path, "wb") as f:
        f.write(c.header)
        for turn in range(times):
            for s, sub, data, wire in c.records:
                at = 14 + (data[14] & 15) * 4 if data[12:14] == b"\x08\x00" else 0
                if at and data[23] == 6 and len(data) >= at + 12:
                    seq, ack = struct.unpack(">II", data[at + 4:at + 12])
                    shift = turn * 0x01000193
                    data = data[:at + 4] + struct.pack(">II", (seq + shift) & 0xFFFFFFFF, (ack + shift) & 0xFFFFFFFF) + data[at + 12:]
                f.write(struct.pack(c.order + "4I", s + turn * (last - first + 60), sub, len(data), wire) + data)
    return path


def start(program, *args, **kw):
    kw.setdefault("stdout", subprocess.PIPE)
    return subprocess.Popen([program.path, *map(str, args)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(), **kw)


def reader_leaves(program, folder):
    """... | head -1 is no error, whatever the command."""
    path, db = long_capture(folder, 40), os.path.join(folder, "x.db")
    program.good("analyze", WARD, "--site", SITE, "--db", db, "-q", "--format", "json")
    for args in (["analyze", path, "--events", "-", "-q"], ["analyze", path, "--events", "-", "-q", "-j", 2], ["analyze", WARD, "-q"],
                 ["report", "summary", "--db", db, "--format", "json"], ["alerts", "list", "--db", db, "--format", "json"],
                 ["schema", "--format", "json"], ["schema"], ["store", "info", db]):
        p = start(program, *args)
        p.stdout.read(1)
        p.stdout.close()
        err = p.stderr.read().decode()
        same((p.wait(PATIENCE), err), (DONE, ""), "exit code and stderr when the reader of %s leaves" % " ".join(map(str, args)))
    # a database that is written beside it is complete all the same
    p = start(program, "analyze", WARD, "--site", SITE, "--events", "-", "-q", "--db", os.path.join(folder, "y.db"))
    p.stdout.close()
    p.stderr.read()
    same(p.wait(PATIENCE), DONE, "exit code")
    program.verify(os.path.join(folder, "y.db"))
    same(program.good("alerts", "list", "--db", os.path.join(folder, "y.db")).out.replace("y.db", "x.db"),
         program.good("alerts", "list", "--db", db).out, "alerts with and without a reader of the events")


def stops_reading(program, folder):
    """A reader that left ends an analysis of what never ends, with any number of workers."""
    with open(long_capture(folder, 3), "rb") as f:
        data = f.read()
    for jobs in (1, 2):
        p = subprocess.Popen([program.path, "analyze", "-", "--events", "-", "-q", "-j", str(jobs)], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        ended = threading.Event()

        def feed(p=p, ended=ended):
            try:
                p.stdin.write(data[:24])
                while not ended.is_set():
                    p.stdin.write(data[24:])
            except BrokenPipeError:
                pass

        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        p.stdout.read(1)
        p.stdout.close()
        try:
            same((p.wait(PATIENCE), p.stderr.read()), (DONE, b""), "exit code and stderr with %d worker(s)" % jobs)
        finally:
            ended.set()
            p.kill()
        feeder.join(PATIENCE)


def closed_output(program, folder):
    """Started without standard output and standard error: nothing ends up in the wrong file."""
    db = os.path.join(folder, "x.db")
    r = subprocess.run(["sh", "-c", 'exec "$0" "$@" >&- 2>&- <&-', program.path, "analyze", WARD, "--site", SITE, "--db", db],
                       check=False, timeout=PATIENCE, env=environment())
    want(r.returncode in (DONE, INPUT), "exit code %d" % r.returncode)
    with open(db, "rb") as f:
        same(f.read(16), b"SQLite format 3\0", "the database is a database")
    program.verify(db)


def signals(program, folder):
    """SIGINT and SIGTERM in a long run: exit code 3, whole lines, a valid database with what was read."""
    path = long_capture(folder, 400)
    for turn, (sig, jobs) in enumerate(((signal.SIGINT, 1), (signal.SIGTERM, 1), (signal.SIGINT, 3), (signal.SIGTERM, 2))):
        db, events = os.path.join(folder, "%d.db" % turn), os.path.join(folder, "%d.json" % turn)
        p = start(program, "analyze", path, "--site", SITE, "--db", db, "--events", events, "-j", jobs)
        end = time.monotonic() + PATIENCE
        while not (os.path.exists(events) and os.path.getsize(events) > 0):
            want(p.poll() is None and time.monotonic() < end, "the run is over before it could be ended: %s" % p.poll())
            time.sleep(0.005)
        p.send_signal(sig)
        out, err = p.communicate(timeout=PATIENCE)
        same(p.returncode, EARLY, "exit code after %s with %d workers: %s" % (sig.name, jobs, err.decode()))
        want("ended early" in err.decode(), "it is said: %s" % err.decode())
        want("Alerts" in out.decode(), "what was read is told: %s" % out.decode()[:300])
        with open(events, "rb") as f:
            data = f.read()
        no_patient(data, events)
        want(len(json_lines(data, events)) > 0 and data.endswith(b"\n"), "whole lines only")
        program.verify(db)
    p = start(program, "validate", path, "--site", SITE, "--baseline", os.path.join(os.path.dirname(SITE), "ct-scanner.json"), "--device", "ct-01")
    time.sleep(0.05)
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=PATIENCE)
    if p.returncode != -signal.SIGINT:  # else it came before anything was read
        same((p.returncode, out), (EARLY, b""), "no verdict over a part: %s" % err.decode())


def no_threads(program, folder):
    """The system refuses further threads: one sentence, no hanging."""
    if os.geteuid() != 0:
        raise Skip("only root can set this up for another user")
    prefix = ["setpriv", "--reuid=65533", "--regid=65533", "--clear-groups"]
    if program.run("--version", prefix=prefix).code != 0:
        raise Skip("another user cannot run the program here")
    for limit in (1, 2, 3, 4):
        program.refused("analyze", WARD, "-q", "-j", 4, prefix=["prlimit", "--nproc=%d" % limit, *prefix], says=["thread"],
                        env=environment(ASAN_OPTIONS="detect_leaks=0"))


def no_memory(program, folder):
    if program.has_sanitizer():
        raise Skip("a sanitizer needs the whole address space")
    resource.getrlimit(resource.RLIMIT_AS)
    for mib in (40, 80, 120, 200):
        r = program.run("analyze", WARD, "-q", "-j", 8, prefix=["prlimit", "--as=%d" % (mib << 20)])
        want(r.code == INPUT and len(r.lines) == 1 and "memory" in r.err, "one sentence with %d MiB: %s" % (mib, r))


TESTS = {f.__name__: f for f in (reader_leaves, stops_reading, closed_output, signals, no_threads, no_memory)}

if __name__ == "__main__":
    try:
        sys.exit(main(TESTS))
    except Failure as e:
        print(e)
        sys.exit(1)
