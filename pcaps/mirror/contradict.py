#!/usr/bin/env python3
"""contradict.py CASE: sends an HL7 message whose control id differs between overlapping segments or fragments.

The receiver is python-hl7 on a real kernel: its acknowledgement names the control id that it read, which is the right answer.
ids end with O (what was sent first) or N (what was sent over it).
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hl7"))
sys.dont_write_bytecode = True
import messages  # noqa: E402
import rawtcp  # noqa: E402
import wire  # noqa: E402  (found by rawtcp)

PORT = 2575
ENDS = ("eth0", "00:09:fb:30:00:99", "10.10.30.99", "f8:b1:56:10:00:50", "10.10.10.50")


def frame(control_id):
    return b"\x0b" + messages.adt("A01", control_id) + b"\x1c\r"


def talk(number, send):
    """One connection; send gets the client, both versions of the message and where the id's last letter is."""
    old, new = frame("OVL%04dO" % number), frame("OVL%04dN" % number)
    at = next(i for i in range(len(old)) if old[i] != new[i])
    c = rawtcp.Client(*ENDS, 41000 + number, PORT, isn=7000000 + 100000 * number)
    c.open()
    send(c, old, new, at)
    answer = c.listen(lambda c: c.got.endswith(b"\x1c\r"))
    c.send(rawtcp.ACK, len(old))
    seen = [s for s in answer.split(b"\r") if s.startswith(b"MSA")]
    print(number, send.__name__, seen[0].decode("latin-1") if seen else "no answer")
    c.close(len(old))


def begins_earlier(c, old, new, at):
    c.data(at - 4, old[at - 4:at + 8])
    c.data(at - 9, new[at - 9:at + 4])
    c.data(0, old[:at - 9])
    c.data(at + 8, old[at + 8:])


def begins_later(c, old, new, at):
    c.data(at - 9, old[at - 9:at + 4])
    c.data(at - 4, new[at - 4:at + 8])
    c.data(0, old[:at - 9])
    c.data(at + 8, old[at + 8:])


def same_beginning_longer(c, old, new, at):
    c.data(at - 4, old[at - 4:at + 4])
    c.data(at - 4, new[at - 4:at + 9])
    c.data(0, old[:at - 4])
    c.data(at + 9, old[at + 9:])


def same_place(c, old, new, at):
    c.data(at - 4, old[at - 4:at + 4])
    c.data(at - 4, new[at - 4:at + 4])
    c.data(0, old[:at - 4])
    c.data(at + 4, old[at + 4:])


def covers_both_sides(c, old, new, at):
    c.data(at - 2, old[at - 2:at + 2])
    c.data(at - 6, new[at - 6:at + 6])
    c.data(0, old[:at - 6])
    c.data(at + 6, old[at + 6:])


def fills_the_hole(c, old, new, at):
    c.data(at - 2, old[at - 2:at + 2])
    c.data(0, new[:at + 6])
    c.data(at + 6, old[at + 6:])


def forged_ahead(c, old, new, at):
    """Somebody on the path is faster than the sender; the true segment comes as a repetition."""
    c.data(0, old)
    c.data(0, new)


def fragments(c, old, new, at):
    """The datagram is cut in two pieces that contradict each other where they overlap; then it is sent again, whole."""
    flags = rawtcp.PSH | rawtcp.ACK
    a, b = c.segment(flags, 0, old), c.segment(flags, 0, new)
    cut = (20 + at) // 8 * 8 + 8
    c.frame(wire.ipv4(c.ip, c.peer_ip, wire.TCP, a[:cut], 777, 0, True))
    c.frame(wire.ipv4(c.ip, c.peer_ip, wire.TCP, b[cut - 16:], 777, cut - 16, False))
    time.sleep(0.1)
    c.data(0, old)


CASES = {"segments": (begins_earlier, begins_later, same_beginning_longer, same_place, covers_both_sides, fills_the_hole),
         "forged": (forged_ahead,), "fragments": (fragments,)}
for i, case in enumerate(CASES[sys.argv[1]], 1):
    talk(i, case)
