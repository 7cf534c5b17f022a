#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets from the captures in pcaps/, and keeps only inputs that add coverage.

    make_seeds.py --dev build/dev --fuzz build/fuzz [TARGET...]

Dissectors: pcap2corpus, one file per flow. decode: single frames of every link type. capture: captures cut to 4 KB.
worker: frames of conversations, 4 KB each.
Each folder is then merged by its fuzz target, so it holds the smallest set with the same coverage.
"""
import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
sys.dont_write_bytecode = True
import pcapfile  # noqa: E402

SEED_MAX = 4096
LINKS = [1, 0, 12, 101, 108, 113, 228, 229, 276, 147, 9, 51, 104, 105, 127, 258]  # order of fuzz_decode.c


def captures():
    for folder, _, names in os.walk(os.path.join(ROOT, "pcaps")):
        yield from (os.path.join(folder, n) for n in names if n.endswith((".pcap", ".pcapng", ".gz", ".zst")))


def put(folder, data):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, hashlib.sha256(data).hexdigest()[:16]), "wb") as f:
        f.write(data)


def decode(folder):
    for path in captures():
        try:
            c = pcapfile.Capture(path)
        except ValueError:
            continue
        for i, (_, _, data, wire) in enumerate(c.records):
            if c.link in LINKS and (i < 40 or i % 50 == 0 or "encap" in path):
                put(folder, bytes([LINKS.index(c.link), min((wire - len(data)) // 4, 255)]) + data[:400])


def capture(folder):
    for path in captures():
        with open(path, "rb") as f:
            put(folder, f.read(SEED_MAX))


def worker(folder):
    kinds = {1: 0, 101: 3, 0: 4, 108: 5, 113: 6, 276: 7, 228: 8, 229: 9, 12: 10}  # places in fuzz_worker.c
    for path in captures():
        try:
            c = pcapfile.Capture(path)
        except ValueError:
            continue
        seed = b""
        for i, (_, _, data, _) in enumerate(c.records):
            if c.link not in kinds or len(data) > 1500 or i > 400:
                continue
            one = bytes([kinds[c.link], 1]) + len(data).to_bytes(2, "big") + data
            if len(seed) + len(one) > SEED_MAX:
                put(folder, seed)
                seed = b""
            seed += one
        put(folder, seed)


def stream(folder):
    for opt in range(16):  # in order, swapped, repeated, with a hole
        for order in ((0, 1, 2, 3), (1, 0, 3, 2), (0, 0, 1, 1), (0, 2, 3), (3, 2, 1, 0)):
            ops = b"".join(bytes([0, 80 * p, 20, 0, 0, 4 | (k & 1)]) for k, p in enumerate(order))
            put(folder, bytes([opt]) + ops)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--dev", required=True)
    p.add_argument("--fuzz", required=True)
    p.add_argument("target", nargs="*")
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as tmp:
        subprocess.run([os.path.join(a.dev, "tests", "pcap2corpus"), tmp] + [c for c in captures() if c.endswith(".pcap")],
                       check=True, stderr=subprocess.DEVNULL)
        decode(os.path.join(tmp, "decode"))
        capture(os.path.join(tmp, "capture"))
        stream(os.path.join(tmp, "stream"))
        worker(os.path.join(tmp, "worker"))
        for name in a.target or sorted(os.listdir(tmp)):
            target, seeds = os.path.join(a.fuzz, "tests", "fuzz_" + name), os.path.join(HERE, "seeds", name)
            if not os.path.exists(target) or not os.path.isdir(os.path.join(tmp, name)):
                print(name, "has no fuzz target or no seeds, left out")
                continue
            merged = os.path.join(tmp, name + ".merged")
            os.makedirs(merged)
            old = [seeds] if os.path.isdir(seeds) else []
            subprocess.run([target, "-merge=1", "-max_len=%d" % SEED_MAX, merged, os.path.join(tmp, name)] + old, check=True,
                           stderr=subprocess.DEVNULL)
            shutil.rmtree(seeds, ignore_errors=True)
            shutil.copytree(merged, seeds)
            print(name, len(os.listdir(seeds)), "seeds")


if __name__ == "__main__":
    main()
