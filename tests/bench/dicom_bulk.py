#!/usr/bin/env python3
"""What does a byte of an image cost, compared with a byte of a protocol that nobody knows?

    dicom_bulk.py --wardwatch PROGRAM [--pdu BYTES...]

One C-STORE in one association, in P-DATA-TF of some sizes and segments of 1448 bytes, in a small and in a large edition; the
same again with every payload byte changed, so that no dissector knows it. Instructions are counted by callgrind: what the
large edition costs more is the cost of bulk, free of start, association and summary. The target is a ratio of 1.3.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "pcaps", "dicom"))
import pdus  # pylint: disable=wrong-import-position

SMALL, LARGE, SEGMENT = 1 << 20, 5 << 20, 1448


def stream(size, pdu):
    """Bytes of the client from the request of the association to the release."""
    image = pdus.image(1)[:-256 - 8] + pdus.struct.pack("<HHI", 0x7fe0, 0x0010, size) + os.urandom(1 << 16) * (size >> 16)
    step = pdu - 6
    parts = [image[at:at + step] for at in range(0, len(image), step)]
    data = [pdus.p_data(pdus.pdv(1, 2 if n == len(parts) - 1 else 0, p)) for n, p in enumerate(parts)]
    return pdus.whole(1, pdus.C_STORE, 1, pdus.CT, pdus.DATA) + b"".join(data)


def turns(size, pdu):
    request, accept = pdus.opened(pdus.CT)
    body = stream(size, pdu)
    return ([request, accept] + [(True, body[at:at + SEGMENT]) for at in range(0, len(body), SEGMENT)] +
            [(False, pdus.whole(1, pdus.C_STORE | pdus.RESPONSE, 1, pdus.CT))] + pdus.RELEASE)


def write(path, talk, unknown):
    if unknown:
        change = bytes(b ^ 0xa5 for b in range(256))
        talk = [(d, p.translate(change)) for d, p in talk]
    capture = pdus.wire.Pcap(pdus.wire.ETHERNET)
    frames = [capture.data]
    capture.data = b""
    for frame in pdus.connections(talk):
        capture.add(frame)
        frames.append(capture.data)
        capture.data = b""
    with open(path, "wb") as f:
        f.write(b"".join(frames))


def instructions(program, path, folder):
    run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + os.path.join(folder, "out"), program,
                          "analyze", path, "-q", "-o", os.devnull], capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", run.stderr)
    if not found:
        sys.exit("%s: no count: %s" % (path, run.stderr[-500:]))
    return int(found.group(1))


def bulk(program, pdu, unknown, folder):
    cost = []
    for size in (SMALL, LARGE):
        path = os.path.join(folder, "bulk.pcap")
        write(path, turns(size, pdu), unknown)
        cost.append(instructions(program, path, folder))
    return (cost[1] - cost[0]) / ((LARGE - SMALL) / SEGMENT)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--wardwatch", required=True)
    p.add_argument("--pdu", type=int, nargs="*", default=[4096, 16384, 131072])
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for pdu in a.pdu:
            dicom, other = (bulk(a.wardwatch, pdu, unknown, folder) for unknown in (False, True))
            print("P-DATA-TF of %6d bytes: %.0f instructions a segment of %d bytes and its acknowledgement, unknown %.0f, ratio %.2f" %
                  (pdu, dicom, SEGMENT, other, dicom / other))


if __name__ == "__main__":
    main()
