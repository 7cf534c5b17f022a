#!/usr/bin/env python3
"""Captures that are cut, damaged, of unknown kind, or none: the program says which file and where, keeps what it could read,
and never crashes."""
import gzip
import os
import random
import shutil
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from program import DONE, EXAMPLES, INPUT, PCAPS, WARD, Failure, Skip, main, same, want  # noqa: E402

STORE = os.path.join(PCAPS, "dicom", "store.pcap")
DNS = os.path.join(PCAPS, "dns", "tcp.pcap")
NG = os.path.join(PCAPS, "link", "mixed-links.pcapng")
MESSAGES = ("dicom", "hl7", "dns", "dhcp", "arp")
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def put(folder, name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def bytes_of(path):
    with open(path, "rb") as f:
        return f.read()


def records(data):
    """Offsets at which a record of a classic little-endian pcap ends, the header's end first."""
    at, ends = 24, [24]
    while at < len(data):
        at += 16 + struct.unpack("<I", data[at + 8:at + 12])[0]
        ends.append(at)
    return ends


def told(events):
    """What was told, as often as it was told, by what names one message. A capture that ends early has other frame numbers
    and times where a flow's end tells what was pending."""
    out = {}
    for e in events:
        if e["event_type"] in MESSAGES:
            body = e[e["event_type"]]
            k = str((e["event_type"], e.get("src_port"), e.get("direction"), [body.get(i) for i in ("type", "command", "message_id", "id", "control_id", "rrname")]))
            out[k] = out.get(k, 0) + 1
    return out


def cut_classic(program, folder):
    """A capture that ends anywhere: what stands before the cut is told, and no more."""
    rnd, data = random.Random(3), bytes_of(STORE)
    ends, full = set(records(data)), told(program.good("analyze", STORE, "--events", "-", "-q").json_lines())
    offsets = list(range(0, 24)) + [24, 25, 39, 40, 41] + sorted(rnd.sample(range(42, len(data)), 40)) + sorted(rnd.sample(sorted(ends), 6))
    for n in offsets:
        path = put(folder, "cut.pcap", data[:n])
        if n in ends:
            r = program.good("analyze", path, "--events", "-", "-q")
            same(r.lines, [], "a capture that ends between two records is whole (%d bytes)" % n)
        else:
            r = program.refused("analyze", path, "--events", "-", "-q", names=[path])
        events = told(r.json_lines())
        extra = {k: v for k, v in events.items() if full.get(k, 0) < v}
        want(not extra, "cut at %d: told what the whole capture does not tell: %s" % (n, list(extra)[:3]))
        want(n < 20000 or events, "cut at %d: what came before the cut is told" % n)


def cut_pcapng(program, folder):
    rnd, data = random.Random(4), bytes_of(NG)
    whole = 0
    for n in sorted(rnd.sample(range(1, len(data)), 60)):
        path = put(folder, "cut.pcapng", data[:n])
        r = program.run("analyze", path, "--events", "-", "-q")
        r.json_lines()
        want(r.code in (DONE, INPUT), "exit code: %s" % r)
        whole += r.code == DONE
        if r.code == INPUT:
            want(len(r.lines) == 1 and path in r.err, "one sentence that names the file: %s" % r)
    want(whole < 20, "most cuts are not between two blocks, but %d of 60 were not noticed" % whole)


def damaged(program, folder):
    """Any byte may have any value."""
    rnd = random.Random(5)
    for path in (STORE, NG, DNS, os.path.join(PCAPS, "hl7", "mllp-pieces.pcap"), os.path.join(PCAPS, "link", "qinq.pcap")):
        data = bytes_of(path)
        for turn in range(14):
            bad = bytearray(data)
            for _ in range(rnd.choice((1, 3, 30))):
                bad[rnd.randrange(len(bad))] = rnd.choice((0, 0x7F, 0x80, 0xFF, rnd.randrange(256)))
            spoiled = put(folder, "spoiled" + os.path.splitext(path)[1], bytes(bad))
            r = program.run("analyze", spoiled, "--events", "-", "-q", "-j", 1 + turn % 3)
            r.json_lines()
            want(r.code in (DONE, INPUT), "exit code: %s" % r)
            want(len(r.lines) == (r.code == INPUT), "one sentence for an error, none otherwise: %s" % r)


def damaged_length(program, folder):
    data = bytearray(bytes_of(DNS))
    at = records(bytes(data))[5]
    data[at + 8:at + 12] = b"\xff\xff\xff\x7f"
    path = put(folder, "length.pcap", bytes(data))
    r = program.refused("analyze", path, "-q", names=[path, "byte %d" % at, "after frame 5"])
    want("5 packets" in r.out, "the result tells what was read: %s" % r.out[:600])


def unknown_link(program, folder):
    data = bytearray(bytes_of(DNS))
    data[20:24] = struct.pack("<I", 147)
    path = put(folder, "user0.pcap", bytes(data))
    for jobs in (1, 2):
        program.refused("analyze", path, "-q", "-j", jobs, names=[path, "link type 147"], says=["none of its 24 packets", "record on"])
    program.refused("validate", path, "--baseline", os.path.join(EXAMPLES, "ct-scanner.json"), "--device", "10.1.2.3", names=[path, "147"])
    # one interface of several is of an unknown kind: the others are read, and it is said
    ng = bytearray(bytes_of(NG))
    at = 0
    while at < len(ng):
        kind, size = struct.unpack("<II", ng[at:at + 8])
        if kind == 1:
            ng[at + 8:at + 10] = struct.pack("<H", 147)
            break
        at += size
    mixed = put(folder, "mixed.pcapng", bytes(ng))
    r = program.good("analyze", mixed, "--events", "-")
    want("link type 147" in r.err, "what was left out is said: %s" % r)
    want(told(r.json_lines()), "the other interfaces are read: %s" % r)


def no_capture(program, folder):
    cases = {"empty.pcap": (b"", ["is empty"]),
             "text.pcap": (b"this is no capture, but a text about one\n", ["neither pcap nor pcapng", "tshark -r"]),
             "zeros.pcap": (bytes(5000), ["neither pcap nor pcapng"]),
             "short.pcap": (bytes_of(DNS)[:20], ["shorter than"]),
             "snoop.pcap": (b"snoop\0\0\0" + bytes(100), ["neither pcap nor pcapng", "tshark -r"])}
    for name, (data, words) in cases.items():
        path = put(folder, name, data)
        r = program.refused("analyze", path, names=[path], says=words)
        same(r.out, "", "no result of nothing (%s)" % name)
    header = put(folder, "header.pcap", bytes_of(DNS)[:24])
    r = program.good("analyze", header, "-q")
    want("0 packets" in r.out or "No packet" in r.out, "a capture without packets is one: %s" % r.out[:400])
    missing = os.path.join(folder, "missing.pcap")
    program.refused("analyze", missing, names=[missing], says=["No such file"])


def folders(program, folder):
    empty = os.path.join(folder, "empty")
    os.mkdir(empty)
    put(empty, "notes.txt", b"no capture here")
    program.refused("analyze", empty, names=[empty], says=[".pcap", ".pcapng"])
    mixed = os.path.join(folder, "mixed")
    os.mkdir(mixed)
    shutil.copy(DNS, os.path.join(mixed, "b.pcap"))
    shutil.copy(NG, os.path.join(mixed, "a.pcapng"))
    put(mixed, "notes.txt", b"passed over")
    with open(STORE, "rb") as f:
        put(mixed, "c.cap.gz", gzip.compress(f.read()))
    r = program.good("analyze", mixed, "--events", "-")
    names = [e.get("pcap_filename", "") for e in r.json_lines()]
    same({os.path.basename(n) for n in names} - {""}, {"a.pcapng", "b.pcap", "c.cap.gz"}, "captures read")
    bad = put(mixed, "d.pcap", bytes_of(DNS)[:1000])
    r = program.refused("analyze", mixed, "-q", names=[bad])
    want("b.pcap" in r.out, "the good ones are read all the same: %s" % r.out[:600])


def compressed(program, folder):
    data, rnd = bytes_of(STORE), random.Random(6)
    full = program.good("analyze", STORE, "--events", "-", "-q").json_lines()
    kinds = {"x.pcap.gz": gzip.compress(data, mtime=0)}
    if shutil.which("zstd"):
        kinds["x.pcap.zst"] = subprocess.run(["zstd", "-qc", STORE], capture_output=True, check=True).stdout
    else:
        print("         zstd is missing: only gzip is tried")
    for name, packed in kinds.items():
        r = program.good("analyze", put(folder, name, packed), "--events", "-", "-q")
        same(len(r.json_lines()), len(full), "events of " + name)
        r = program.good("analyze", put(folder, name, packed + packed[:0]), "-q", "-j", 2)
        for n in [3, 5, 10, 18] + sorted(rnd.sample(range(20, len(packed) - 1), 12)):
            path = put(folder, name, packed[:n])
            program.refused("analyze", path, "-q", names=[path])
        for _ in range(12):
            bad = bytearray(packed)
            bad[rnd.randrange(12, len(bad) - 9)] ^= 1 << rnd.randrange(8)
            path = put(folder, name, bytes(bad))
            program.refused("analyze", path, "-q", names=[path])
        garbage = put(folder, name, packed[:64] + bytes(rnd.randrange(256) for _ in range(4000)))
        program.refused("analyze", garbage, "-q", names=[garbage])


def standard_input(program, folder):
    data = bytes_of(STORE)
    full = told(program.good("analyze", STORE, "--events", "-", "-q").json_lines())
    same(told(program.good("analyze", "-", "--events", "-", "-q", stdin=data).json_lines()), full, "events from standard input")
    same(told(program.good("analyze", "-r", "-", "--events", "-", "-q", stdin=gzip.compress(data)).json_lines()), full, "packed, from standard input")
    program.refused("analyze", "-", stdin=b"", names=["standard input"], says=["empty"])
    program.refused("analyze", "-", stdin=b"x" * 100, names=["standard input"], says=["neither pcap nor pcapng"])
    program.refused("analyze", "-", "-q", stdin=data[:-3], names=["standard input"], says=["ends inside a record"])
    # a pipe that gives single bytes
    p = subprocess.Popen([program.path, "analyze", "-", "--events", "-", "-q"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for i in range(300):
        p.stdin.write(data[i:i + 1])
        p.stdin.flush()
    p.stdin.write(data[300:])
    out, _ = p.communicate(timeout=240)
    same((p.returncode, len(out.splitlines()) > 0), (DONE, True), "single bytes from a pipe")


def unreadable(program, folder):
    if os.geteuid() == 0:
        prefix = NOBODY
        if program.run("--version", prefix=prefix).code != 0:
            raise Skip("another user cannot run the program here")
    else:
        prefix = []
    secret = put(folder, "secret.pcap", bytes_of(DNS))
    os.chmod(secret, 0)
    program.refused("analyze", secret, prefix=prefix, names=[secret], says=["Permission denied"])
    closed = os.path.join(folder, "closed")
    os.mkdir(closed, 0)
    program.refused("analyze", closed, prefix=prefix, names=[closed], says=["Permission denied"])
    os.chmod(closed, 0o700)


def part_of_the_evidence(program, folder):
    """A verdict over a part of a capture would claim too much: validate gives none."""
    path = put(folder, "cut.pcap", bytes_of(WARD)[:-7])
    r = program.refused("validate", path, "--baseline", os.path.join(EXAMPLES, "ct-scanner.json"), "--device", "10.10.20.15", names=[path])
    same(r.out, "", "no verdict")


TESTS = {f.__name__: f for f in (cut_classic, cut_pcapng, damaged, damaged_length, unknown_link, no_capture, folders, compressed, standard_input,
                                 unreadable, part_of_the_evidence)}

if __name__ == "__main__":
    try:
        sys.exit(main(TESTS))
    except Failure as e:
        print(e)
        sys.exit(1)
