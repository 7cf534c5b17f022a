#!/usr/bin/env python3
"""Databases that are not ours, newer, damaged, locked, or where nobody may write: refused in one sentence, never changed."""
import hashlib
import os
import random
import shutil
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from program import DONE, FOUND, INPUT, PCAPS, SITE, WARD, Failure, Skip, main, same, want  # noqa: E402

DNS = os.path.join(PCAPS, "dns", "tcp.pcap")
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
READERS = (["report", "summary", "--db"], ["alerts", "list", "--db"], ["alerts", "show", "1", "--db"], ["store", "verify"], ["store", "info"])
WRITERS = (["analyze", DNS, "-q", "--db"], ["monitor", "-i", "nowhere0", "--db"], ["alerts", "ack", "1", "--by", "1234", "--db"])


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def made(program, folder, name="x.db", capture=WARD):
    path = os.path.join(folder, name)
    program.good("analyze", capture, "--site", SITE, "--db", path, "-q")
    want(not os.path.exists(path + "-wal"), "the write-ahead log is gone after an orderly end")
    return path


def left_alone(path, before):
    same(digest(path), before, "%s is left as it was" % path)


def newer(program, folder):
    db = made(program, folder)
    c = sqlite3.connect(db)
    c.execute("PRAGMA journal_mode=DELETE")
    c.execute("PRAGMA user_version=99")
    c.commit()
    c.close()
    before = digest(db)
    for command in (*READERS, *WRITERS):
        program.refused(*command, db, names=[db, "99"], says=["newer wardwatch", "use that version"])
    left_alone(db, before)


def not_ours(program, folder):
    text, other, empty = (os.path.join(folder, n) for n in ("text.db", "other.db", "empty.db"))
    with open(text, "w", encoding="ascii") as f:
        f.write("this is a text, and not a database at all\n" * 20)
    c = sqlite3.connect(other)
    c.execute("CREATE TABLE patients(name)")
    c.commit()
    c.close()
    for path, says in ((text, "not an SQLite database"), (other, "another program")):
        before = digest(path)
        for command in (*READERS, *WRITERS):
            program.refused(*command, path, names=[path], says=[says])
        left_alone(path, before)
    open(empty, "w", encoding="ascii").close()
    for command in READERS:
        program.refused(*command, empty, names=[empty])
    for command in READERS:
        missing = os.path.join(folder, "missing.db")
        program.refused(*command, missing, names=[missing], says=["no such database", "analyze --db"])
        want(not os.path.exists(missing), "reading makes no database")


def damaged(program, folder):
    """Any page may be damaged: a sentence or a result, never a crash; verify never calls it unbroken when rows changed."""
    rnd, whole = random.Random(8), made(program, folder)
    size = os.path.getsize(whole)
    refused = 0
    for turn in range(24):
        db = os.path.join(folder, "damaged.db")
        shutil.copy(whole, db)
        with open(db, "r+b") as f:
            f.seek(rnd.randrange(100, size - 4096) if turn else 4096)
            f.write(bytes(rnd.randrange(256) for _ in range(4096)))
        for command in (*READERS, WRITERS[0], WRITERS[2]):
            r = program.run(*command, db)
            want(r.code in (DONE, FOUND, INPUT), "exit code: %s" % r)
            if r.code == INPUT:
                refused += 1
                want(len(r.lines) == 1 and "damaged.db" in r.err, "one sentence that names the file: %s" % r)
        for side in ("-wal", "-shm"):
            if os.path.exists(db + side):
                os.remove(db + side)
    want(refused > 24, "damage of whole pages is hardly ever noticed (%d)" % refused)
    cut = os.path.join(folder, "cut.db")
    shutil.copy(whole, cut)
    os.truncate(cut, size // 2)
    program.refused("report", "summary", "--db", cut, names=[cut], says=["damaged", "recover"])
    program.refused("analyze", DNS, "-q", "--db", cut, names=[cut], says=["damaged", "recover"])


def forged(program, folder):
    """A row that was changed, removed or added behind our back breaks the chain."""
    whole = made(program, folder)
    program.good("alerts", "ack", "1", "--db", whole, "--by", "1234")
    program.verify(whole)
    for sql in ("UPDATE alerts SET level=1 WHERE level=(SELECT max(level) FROM alerts)", "UPDATE alerts SET count=count+1 WHERE id=1",
                "DELETE FROM alerts WHERE id=2", "UPDATE operator_action SET who='4711'", "DELETE FROM operator_action",
                "INSERT INTO operator_action(at,who,action,alert) VALUES(1,'4711','close',1)"):
        db = os.path.join(folder, "forged.db")
        shutil.copy(whole, db)
        c = sqlite3.connect(db)
        c.execute(sql)
        c.commit()
        c.close()
        r = program.good("store", "verify", db, code=FOUND)
        want("chain unbroken" not in r.out and db in r.out, "%s: %s" % (sql, r))


def goes_on(program, folder):
    """Two captures into one database: a second run adds to it and breaks nothing."""
    db = made(program, folder, capture=DNS)
    program.verify(made(program, folder))
    info = program.good("store", "info", db).out
    same([l.split()[1] for l in info.splitlines() if l.split()[:1] == ["runs"]], ["2"], "runs that are told")


def locked(program, folder):
    """Another program holds the lock: the writer waits and then says so; what was stored before stays."""
    db = made(program, folder)
    c = sqlite3.connect(db, isolation_level=None)
    c.execute("BEGIN EXCLUSIVE")
    try:
        program.refused("analyze", DNS, "-q", "--db", db, names=[db], says=["lock", "try again"])
        program.refused("alerts", "ack", "1", "--by", "1234", "--db", db, names=[db], says=["lock", "try again"])
    finally:
        c.execute("ROLLBACK")
        c.close()
    program.verify(db)


def nowhere_to_write(program, folder):
    for path in (os.path.join(folder, "none", "x.db"), folder):
        program.refused("analyze", DNS, "--db", path, names=[path], says=["check that the file and its folder"])
        program.refused("monitor", "-i", "nowhere0", "--db", path, names=[path], says=["check that the file and its folder"])
    for option in ("--events", "-o"):
        for path, why in ((os.path.join(folder, "none", "x"), "No such file"), (folder, "directory")):
            program.refused("analyze", DNS, option, path, names=[path], says=[why, "name another"])
    program.refused("report", "summary", "--db", made(program, folder), "-o", folder, names=[folder], says=["name another"])
    program.refused("schema", "-o", folder, names=[folder], says=["name another"])


def read_only(program, folder):
    prefix = NOBODY if os.geteuid() == 0 else []
    if prefix and program.run("--version", prefix=prefix).code != 0:
        raise Skip("another user cannot run the program here")
    closed = os.path.join(folder, "closed")
    os.mkdir(closed)
    db = made(program, closed)
    os.chmod(db, 0o644)
    before = digest(db)
    os.chmod(closed, 0o555)
    for option in ("--db", "--events", "-o"):
        new = os.path.join(closed, "new")
        program.refused("analyze", DNS, "-q", option, new, prefix=prefix, names=[new], says=["writable" if option == "--db" else "name another"])
    for command in (WRITERS[0], WRITERS[2]):
        program.refused(*command, db, prefix=prefix, names=[db], says=["writable"])
    for command in READERS: # a copy on a read-only medium can still be looked at
        r = program.run(*command, db, prefix=prefix)
        want(r.code == DONE, "reading needs no right to write: %s" % r)
    os.chmod(closed, 0o755)
    left_alone(db, before)


TESTS = {f.__name__: f for f in (newer, not_ours, damaged, forged, goes_on, locked, nowhere_to_write, read_only)}

if __name__ == "__main__":
    try:
        sys.exit(main(TESTS))
    except Failure as e:
        print(e)
        sys.exit(1)
