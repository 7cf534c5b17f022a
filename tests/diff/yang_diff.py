#!/usr/bin/env python3
"""Do our YANG modules accept and refuse what the published ones accept and refuse?

    yang_diff.py --check TOOL --modules DIR --examples DIR --material DIR [--per-file N]

TOOL is tests/diff/baseline_check.c: our modules, embedded in the program. The other side is yanglint
(Debian package libyang2-tools) over the published modules in MATERIAL/baseline/yang. Both read every
MUD file in MATERIAL/baseline/mud-files, every example, and N changed copies of each file that is
valid. The changes are chosen by a hash of their place, so each run makes the same ones.
Exit: 0 same verdicts, 1 different, 77 skipped (no material, no yanglint).
"""
import argparse
import copy
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

PUBLISHED = ("ietf-access-control-list@2019-03-04.yang", "ietf-mud@2019-01-28.yang", "ietf-acldns.yang")
MEDICAL = "wardwatch-medical@2026-09-01.yang"


def skip(why):
    print("SKIPPED: " + why)
    sys.exit(77)


def places(node, path=()):
    """All places of a JSON value, outermost first."""
    yield path
    if isinstance(node, dict):
        for key in node:
            yield from places(node[key], path + (key,))
    elif isinstance(node, list):
        for i, item in enumerate(node):
            yield from places(item, path + (i,))


def at(node, path):
    for step in path:
        node = node[step]
    return node


def changes(value, key):
    """Values to try in place of one that is there; DELETE and TWICE are done by the caller."""
    yield "DELETE"
    if isinstance(value, bool):
        yield from ("true", not value, None)
    elif isinstance(value, int):
        yield from (str(value), -1, 0, 255, 256, 65535, 65536, 2**32, value + 0.5)
    elif isinstance(value, str):
        yield from ("", value + " ", value[:-1], "ä" + value, value.upper(), 7, [value], None, "a_b.example",
                    "10.0.0.1", "10.0.0.0/33", "10.0.0.5/24", "2001:db8::/32", "2001:db8::1/129", "1::2::3/64",
                    "::ffff:10.0.0.1/96", "urn:x", "HTTP://x", "2026-02-30T00:00:00Z", "2026-01-15T09:00:00",
                    "x" * 65, "x" * 254, "eq", "reject", "0x0800", "arp", "ipv6-acl-type")
    elif isinstance(value, list):
        yield from ([], {}, True, None, "TWICE", value[:1] * 2)
        if value == [None]:
            yield from ([True], "", [None, None])
    elif isinstance(value, dict):
        yield from ({}, [], None, dict(value, surplus=1))
        if "port" in value:
            yield dict(value, operator="range")
            yield {"lower-port": 9, "upper-port": value["port"]}
            yield dict(value, **{"lower-port": 1, "upper-port": 2})
        if "tcp" in value:
            yield dict(value, udp={})
            yield dict(value, ipv6={})
    if isinstance(key, str):
        yield "RENAME"


def change(doc, path, what):
    """A changed copy, or None where the change makes no sense."""
    doc = copy.deepcopy(doc)
    parent = at(doc, path[:-1])
    key = path[-1]
    if what == "DELETE":
        del parent[key]
    elif what == "RENAME":
        parent[key + "x"] = parent.pop(key)
    elif what == "TWICE":
        if not parent[key]:
            return None
        parent[key] = parent[key] + [copy.deepcopy(parent[key][0])]
    else:
        parent[key] = what
    return doc


def mutations(doc, count):
    """The count changes whose places have the smallest hashes: spread over the file, same every time."""
    found = []
    for path in places(doc):
        if not path:
            continue
        for n, what in enumerate(changes(at(doc, path), path[-1])):
            rank = hashlib.sha256(repr((path, n)).encode()).hexdigest()
            found.append((rank, path, what))
    found.sort(key=lambda f: f[0])
    for _, path, what in found[:count]:
        changed = change(doc, path, what)
        if changed is not None:
            yield path, what, changed


def named_json(file, tmp):
    """yanglint takes the format from the name."""
    if file.endswith(".json"):
        return file
    return shutil.copy(file, os.path.join(tmp, os.path.basename(file) + ".json"))


def ours(tool, files):
    r = subprocess.run([tool] + files, capture_output=True, text=True, check=False, errors="replace")
    if r.returncode != 0:  # a sanitizer's report is worth more than a traceback
        sys.exit("%s: exit code %d\n%s" % (tool, r.returncode, r.stderr[-4000:]))
    out = r.stdout
    verdict = {}
    for line in out.splitlines():
        name, word, why = (line.split("\t") + ["", ""])[:3]
        if word:
            verdict[name] = (word != "yang", why)
    return verdict


def published(yanglint, folder, medical, file):
    cmd = [yanglint, "-p", folder, "-t", "config", "-f", "json"]
    cmd += [os.path.join(folder, m) for m in PUBLISHED] + [medical, file]
    r = subprocess.run(cmd, capture_output=True, text=True, check=False, errors="replace")
    return r.returncode == 0, (r.stderr.strip().splitlines() or [""])[0]


def main():
    p = argparse.ArgumentParser(description=__doc__)
    for option in ("--check", "--modules", "--examples", "--material"):
        p.add_argument(option, required=True)
    p.add_argument("--per-file", type=int, default=25)
    args = p.parse_args()
    yanglint = shutil.which("yanglint")
    folder = os.path.join(args.material, "baseline", "yang")
    muds = os.path.join(args.material, "baseline", "mud-files")
    if not args.material or not os.path.isdir(folder):
        skip("no published YANG modules; set the CMake option WW_MATERIAL_DIR")
    if yanglint is None:
        skip("no yanglint; install libyang2-tools")
    files = [os.path.join(muds, f) for f in sorted(os.listdir(muds)) if f != "index.tsv"]
    old = os.path.join(args.material, "baseline", "extension", "examples")
    for d in (args.examples, old):
        if os.path.isdir(d):
            files += [os.path.join(d, f) for f in sorted(os.listdir(d)) if f.endswith(".json")]
    medical = os.path.join(args.modules, MEDICAL)
    different = 0
    with tempfile.TemporaryDirectory() as tmp:
        files = [named_json(f, tmp) for f in files]
        told = {f: f for f in files}
        for f, (good, _) in ours(args.check, files).items():
            if not good:
                continue
            with open(f, encoding="utf-8") as h:
                doc = json.load(h)
            for n, (path, what, changed) in enumerate(mutations(doc, args.per_file)):
                name = os.path.join(tmp, "%s-%d.json" % (os.path.basename(f), n))
                with open(name, "w", encoding="utf-8") as h:
                    json.dump(changed, h, ensure_ascii=False)
                told[name] = "%s with %s = %s" % (f, "/".join(map(str, path)), json.dumps(what)[:60])
        mine = ours(args.check, list(told))
        accepted = 0
        for f, name in told.items():
            good, why = published(yanglint, folder, medical, f)
            accepted += good
            if f not in mine or mine[f][0] != good:
                different += 1
                print("DIFFERENT: %s\n  published: %s %s\n  ours: %s" %
                      (name, "valid" if good else "refused", why, mine.get(f, "no answer")))
    print("%d files (%d of them changed copies), %d accepted by the published modules, %d different verdicts" %
          (len(told), len(told) - len(files), accepted, different))
    if accepted < 50 or accepted == len(told):
        print("the set is too one-sided to compare anything")
        return 1
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
