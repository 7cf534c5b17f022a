#!/usr/bin/env python3
"""A disk that is full: exit code 3, one sentence that names the file, and what was stored before is valid. The disk is a
small file system in memory, in a mount namespace of this test alone."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
sys.path.insert(0, HERE)
from outputs import long_capture  # noqa: E402
from program import DONE, EARLY, PATIENCE, SITE, SKIP, WARD, Failure, main, no_patient, same, want  # noqa: E402

INSIDE = "WW_TEST_MOUNT"


def enter():
    if os.environ.get(INSIDE) == "1":
        return
    how = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    r = subprocess.run(how + ["sh", "-c", "mount -t tmpfs -o size=64k none /mnt"], capture_output=True, check=False, timeout=PATIENCE)
    if r.returncode != 0:
        print("SKIPPED: no right to mount a small file system; run as root\n  %s" % r.stderr.decode().strip())
        sys.exit(SKIP)
    os.environ[INSIDE] = "1"
    os.execvp(how[0], how + [sys.executable, "-B", *sys.argv])


class Disk:
    def __init__(self, folder, size):
        self.path = os.path.join(folder, "disk")
        self.size = size

    def __enter__(self):
        os.mkdir(self.path)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + self.size, "none", self.path], check=True, timeout=PATIENCE)
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", self.path], check=True, timeout=PATIENCE)
        os.rmdir(self.path)

    def file(self, name):
        return os.path.join(self.path, name)

    def room(self):
        s = os.statvfs(self.path)
        return s.f_bavail * s.f_frsize

    def fill(self, leave):
        with open(self.file("ballast"), "wb") as f:
            f.write(bytes(max(0, self.room() - leave) // 4096 * 4096))

    def make_room(self):
        os.remove(self.file("ballast"))


def whole_lines(path):
    """The lines up to the last line feed are whole; what comes behind it is the line that found no room."""
    with open(path, "rb") as f:
        data = f.read()
    no_patient(data, path)
    lines = data.split(b"\n")[:-1]
    for l in lines:
        json.loads(l)
    return lines


def events(program, folder):
    capture = long_capture(folder, 20)
    for jobs in (1, 2):
        with Disk(folder, "1m") as d:
            path = d.file("events.json")
            r = program.refused("analyze", capture, "--site", SITE, "--events", path, "-q", "-j", jobs, code=EARLY, names=[path], says=["no space left"])
            want("Alerts" in r.out, "the result itself is told: %s" % r)
            want(len(whole_lines(path)) > 100, "what found room is there")


def result(program, folder):
    with Disk(folder, "1m") as d:
        d.fill(8192)
        for form in ("text", "json"):
            path = d.file("result")
            program.refused("analyze", WARD, "--site", SITE, "-q", "-o", path, "--format", form, code=EARLY, names=[path], says=["no space left"])
        program.refused("schema", "--format", "json", "-o", d.file("schema"), code=EARLY, names=[d.file("schema")], says=["no space left"])


def database(program, folder):
    """Full at any moment of a run: the database can be read, its chain is unbroken, and with room again it goes on."""
    capture, full = long_capture(folder, 60), 0
    for leave in (0, 4096, 40 << 10, 90 << 10, 150 << 10, 220 << 10, 400 << 10, 700 << 10):
        with Disk(folder, "2m") as d:
            db = d.file("x.db")
            d.fill(leave)
            r = program.run("analyze", capture, "--site", SITE, "--db", db, "-q")
            full += r.code == EARLY
            if r.code != DONE:
                want(r.code == EARLY and len(r.lines) == 1 and db in r.err and "make room" in r.err, "full with %d bytes left: %s" % (leave, r))
            d.make_room()
            if os.path.exists(db) and os.path.getsize(db) > 0:
                q = program.run("store", "verify", db)
                want(q.code == DONE or "empty" in q.err, "with %d bytes left, verify: %s" % (leave, q))
            program.good("analyze", WARD, "--site", SITE, "--db", db, "-q")
            program.verify(db)
    want(full >= 4, "the disk was full only %d times: adapt the test" % full)


def database_grows_full(program, folder):
    """An older database on a disk that has become full keeps what it has, also beside a decision of a person."""
    with Disk(folder, "2m") as d:
        db = d.file("x.db")
        program.good("analyze", WARD, "--site", SITE, "--db", db, "-q")
        before = program.good("alerts", "list", "--db", db, "--format", "json").out
        d.fill(0)
        program.refused("analyze", WARD, "--site", SITE, "--db", db, "-q", code=EARLY, names=[db], says=["make room"])
        program.refused("alerts", "ack", 1, "--by", "1234", "--db", db, code=EARLY, names=[db], says=["make room"])
        same(program.good("alerts", "list", "--db", db, "--format", "json").out, before, "the alerts on the full disk")
        program.verify(db)
        d.make_room()
        program.good("alerts", "ack", 1, "--by", "1234", "--db", db)
        program.verify(db)


def both(program, folder):
    """Database and events on the same full disk: each is named."""
    with Disk(folder, "1m") as d:
        db, path = d.file("x.db"), d.file("events.json")
        d.fill(400 << 10)
        program.refused("analyze", long_capture(folder, 20), "--site", SITE, "--db", db, "--events", path, "-q", code=EARLY, lines=2, names=[db, path])
        d.make_room()
        want(len(whole_lines(path)) > 0, "whole lines")
        program.verify(db)


TESTS = {f.__name__: f for f in (events, result, database, database_grows_full, both)}

if __name__ == "__main__":
    enter()
    try:
        sys.exit(main(TESTS))
    except Failure as e:
        print(e)
        sys.exit(1)
