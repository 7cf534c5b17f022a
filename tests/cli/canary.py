#!/usr/bin/env python3
"""Patient data never leaves: the invented patients of the captures are called canary in every spelling and character set, and
no output of any kind may hold that name, nor the other identifiers that the captures plant."""
import os
import re
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from program import CANARY, EXAMPLES, FOUND, DONE, PCAPS, SITE, UNKNOWN, WARD, Failure, main, no_patient, same, want  # noqa: E402


def captures():
    for folder, _, files in sorted(os.walk(PCAPS)):
        for f in sorted(files):
            if f.endswith((".pcap", ".pcapng")):
                yield os.path.join(folder, f)


def planted(program, folder):
    """The net is no good when the bird is not there: most medical captures hold one of the names, in several character sets."""
    spellings, with_name, medical = set(), 0, 0
    for path in captures():
        with open(path, "rb") as f:
            data = f.read()
        found = {n for n in CANARY if n in data}
        spellings |= found
        medical += "/hl7/" in path or "/dicom/store" in path or path == WARD
        with_name += bool(found)
    want(with_name >= 8 and medical >= 8, "captures with a patient's name: %d" % with_name)
    want(len(spellings) >= 4, "spellings that are planted: %s" % sorted(spellings))
    for trap in (b"a CANARY b", "x金糸雀".encode(), "キャナリー".encode("shift_jis")):
        try:
            no_patient(trap, "trap")
        except Failure:
            continue
        raise Failure("the search does not find %r" % trap)


def every_output(program, folder):
    """Program.run looks through stdout and stderr of each run."""
    for i, path in enumerate(captures()):
        db, events, out = (os.path.join(folder, "%d.%s" % (i, e)) for e in ("db", "json", "txt"))
        program.good("analyze", path, "--site", SITE, "--db", db, "--events", events, "-o", out, "--lang", "ja", "-j", 1 + i % 3)
        for lang in ("ja", "en"):
            program.good("report", "summary", "--db", db, "--lang", lang, "--site", SITE)
            program.good("alerts", "list", "--db", db, "--lang", lang)
        program.good("analyze", path, "--format", "json")
        program.good("alerts", "list", "--db", db, "--format", "json")
        program.good("store", "info", db)
        for file in (db, events, out):
            with open(file, "rb") as f:
                no_patient(f.read(), file)
        c = sqlite3.connect(db)
        for line in c.iterdump():
            no_patient(line, "dump of " + db)
        c.close()


def validations(program, folder):
    for baseline, device in (("ct-scanner.json", "ct-01"), ("pacs.json", "pacs-1"), ("patient-monitor.json", "mongw-1")):
        for args in (["--lang", "ja"], ["--lang", "en"], ["--format", "json"]):
            r = program.run("validate", WARD, "--site", SITE, "--baseline", os.path.join(EXAMPLES, baseline), "--device", device, *args)
            want(r.code in (DONE, FOUND, UNKNOWN), "exit code: %s" % r)


def strict_privacy(program, folder):
    """--privacy strict: no name of a host in the events, the rest as before."""
    normal = program.good("analyze", WARD, "--site", SITE, "--events", "-", "-q")
    strict = program.good("analyze", WARD, "--site", SITE, "--events", "-", "-q", "--privacy", "strict")
    same(len(strict.json_lines()), len(normal.json_lines()), "number of events")
    names = set()
    for e in normal.json_lines():
        if e["event_type"] == "dns":
            names |= {v for k, v in e["dns"].items() if k in ("rrname", "name") and isinstance(v, str) and "." in v}
    want(len(names) > 3, "names to look for: %s" % names)
    for n in sorted(names):
        if not re.fullmatch(r"[\d.]+\.(in-addr|ip6)\.arpa\.?", n):
            want(n.encode() not in strict.raw, "the name %s is told under --privacy strict" % n)


TESTS = {f.__name__: f for f in (planted, every_output, validations, strict_privacy)}

if __name__ == "__main__":
    try:
        sys.exit(main(TESTS))
    except Failure as e:
        print(e)
        sys.exit(1)
