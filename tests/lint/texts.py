#!/usr/bin/env python3
"""No committed file names a path of somebody's machine or a place outside the project.

    texts.py ROOT      prints one line per finding; exit 1 when there is one
"""
import os
import re
import subprocess
import sys

# the pieces are joined here so that this file does not find itself
PATTERNS = [
    (re.compile(rb"/" + rb"work/(main|shared|issues)\b"), "a path of somebody's machine"),
    (re.compile(rb"/" + rb"tmp/wt\b"), "a path of somebody's machine"),
    (re.compile(rb"/" + rb"(home|Users)/[a-z][a-z0-9_.-]*/"), "a path of somebody's machine"),
    (re.compile(rb"/" + rb"root/[A-Za-z.]"), "a path of somebody's machine"),
    (re.compile(rb"\.\./" + rb"shared\b"), "only .ci/run names this folder"),
    (re.compile(rb"BEGIN (RSA |EC |OPENSSH |)PRIVATE" + rb" KEY"), "a private key"),
]
BINARY = (".pcap", ".pcapng", ".gz", ".zst", ".png", ".p7s", ".dcm", ".db")
ALLOWED = {".ci/run"}


def tracked(root):
    r = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=False)
    if r.returncode == 0 and r.stdout:
        return sorted(p.decode() for p in r.stdout.split(b"\0") if p)
    found = []
    for folder, dirs, names in os.walk(root):
        dirs[:] = [d for d in dirs if d not in (".git", "build", "__pycache__")]
        found += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    return sorted(found)


def check(root):
    found = []
    for path in tracked(root):
        full = os.path.join(root, path)
        if path.endswith(BINARY) or "/seeds/" in path or "/crashes/" in path or not os.path.isfile(full):
            continue
        with open(full, "rb") as f:
            data = f.read()
        for pattern, why in PATTERNS:
            if path in ALLOWED and b"shared" in pattern.pattern:
                continue
            for m in pattern.finditer(data):
                found.append("%s:%d: %s: %s" % (path, data.count(b"\n", 0, m.start()) + 1,
                                               m.group(0).decode("utf-8", "replace"), why))
    return found


if __name__ == "__main__":
    bad = check(sys.argv[1])
    print("\n".join(bad) if bad else "texts: clean")
    sys.exit(1 if bad else 0)
