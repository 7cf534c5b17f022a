#!/usr/bin/env python3
"""Checks that the captures in this folder are exactly those that MANIFEST.tsv describes.

  check_manifest.py                 verify; prints every fault, exit 1 when there is one
  check_manifest.py --record CAPTURE GENERATOR PROGRAMS SHOWS
                                    add or renew the line of one capture (called by the generators)
  check_manifest.py --script        write every capture that has a CAPTURE.py and renew its line

Verified: every capture is listed and every listed capture exists; SHA-256; size; no two captures with
the same content; the generator exists; a capture with CAPTURE.py beside it is reproduced byte for byte.
"""
import csv
import hashlib
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MANIFEST = os.path.join(HERE, "MANIFEST.tsv")
COLUMNS = ["path", "sha256", "generator", "programs", "licence", "anonymised", "shows"]
LICENCE = "BSD-2-Clause"
INVENTED = "nothing to anonymise: hosts, patients and messages are invented; patients are named CANARY"
SMALL_LIMIT = 50 * 1024
STORY_LIMIT = 2 * 1024 * 1024
ENDINGS = (".pcap", ".pcapng", ".pcap.gz", ".pcap.zst", ".pcapng.gz", ".pcapng.zst")


def read_manifest():
    if not os.path.exists(MANIFEST):
        return []
    with open(MANIFEST, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def write_manifest(rows):
    rows.sort(key=lambda row: row["path"])
    with open(MANIFEST, "w", encoding="utf-8", newline="") as f:
        f.write("\t".join(COLUMNS) + "\n")
        for row in rows:
            f.write("\t".join(row[c] for c in COLUMNS) + "\n")


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def captures():
    found = []
    for folder, _, files in os.walk(HERE):
        for name in files:
            if name.endswith(ENDINGS):
                found.append(os.path.relpath(os.path.join(folder, name), HERE))
    return sorted(found)


def script_bytes(path):
    """The bytes that the script beside a capture prints, and the sentence in its docstring."""
    script = os.path.join(HERE, path + ".py")
    out = subprocess.run([sys.executable, "-B", script], check=True, stdout=subprocess.PIPE).stdout
    with open(script, encoding="utf-8") as f:
        shows = f.read().split('"""')[1]
    return out, " ".join(shows.split())


def record(path, generator, programs, shows):
    rel = os.path.relpath(os.path.abspath(path), HERE)
    rows = [r for r in read_manifest() if r["path"] != rel]
    rows.append({"path": rel, "sha256": sha256(os.path.join(HERE, rel)), "generator": generator,
                 "programs": programs, "licence": LICENCE, "anonymised": INVENTED, "shows": shows})
    write_manifest(rows)


def write_scripted():
    for folder, _, files in os.walk(HERE):
        for name in sorted(files):
            stem = name[:-len(".py")]
            if not name.endswith(".py") or not stem.endswith(ENDINGS):
                continue
            rel = os.path.relpath(os.path.join(folder, stem), HERE)
            data, shows = script_bytes(rel)
            with open(os.path.join(HERE, rel), "wb") as f:
                f.write(data)
            record(os.path.join(HERE, rel), rel + ".py", "none: written byte for byte", shows)


def check_row(row, faults):
    path = row["path"]
    full = os.path.join(HERE, path)
    if any(not row.get(c) for c in COLUMNS):
        faults.append(f"MANIFEST.tsv: {path}: every column must be filled")
        return
    if not os.path.exists(full):
        faults.append(f"{path}: listed in MANIFEST.tsv but missing")
        return
    size = os.path.getsize(full)
    limit = STORY_LIMIT if path.startswith("ward-morning/") else SMALL_LIMIT
    if size > limit:
        faults.append(f"{path}: {size} bytes, more than the limit of {limit}")
    if sha256(full) != row["sha256"]:
        faults.append(f"{path}: SHA-256 differs from MANIFEST.tsv")
    if not os.path.exists(os.path.join(HERE, row["generator"])):
        faults.append(f"{path}: generator {row['generator']} is missing")
    if os.path.exists(full + ".py"):
        with open(full, "rb") as f:
            if script_bytes(path)[0] != f.read():
                faults.append(f"{path}: {path}.py writes other bytes")


def verify():
    rows, faults, seen = read_manifest(), [], {}
    if not rows:
        faults.append("MANIFEST.tsv: missing or empty")
    for row in rows:
        if set(row) != set(COLUMNS):
            faults.append("MANIFEST.tsv: columns must be: " + " ".join(COLUMNS))
            break
        check_row(row, faults)
        if row["sha256"] in seen:
            faults.append(f"{row['path']}: same content as {seen[row['sha256']]}")
        seen[row["sha256"]] = row["path"]
    listed = [row["path"] for row in rows if "path" in row]
    faults += [f"{p}: listed twice in MANIFEST.tsv" for p in sorted(set(listed)) if listed.count(p) > 1]
    faults += [f"{p}: not listed in MANIFEST.tsv" for p in captures() if p not in listed]
    for fault in faults:
        print(fault)
    print(f"{len(rows)} captures listed, {len(faults)} faults")
    return 1 if faults else 0


def main(argv):
    if argv == []:
        return verify()
    if argv == ["--script"]:
        write_scripted()
        return 0
    if len(argv) == 5 and argv[0] == "--record":
        record(*argv[1:])
        return 0
    print(__doc__, file=sys.stderr)
    return 2


sys.exit(main(sys.argv[1:]))
