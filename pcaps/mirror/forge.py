#!/usr/bin/env python3
"""forge.py: an HL7 message, a reset in the sender's name that is not at the edge of the window, and another message."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hl7"))
sys.dont_write_bytecode = True
import messages  # noqa: E402
import rawtcp  # noqa: E402

c = rawtcp.Client("eth0", "00:09:fb:30:00:99", "10.10.30.99", "f8:b1:56:10:00:50", "10.10.10.50", 41020, 2575, 5000000)
c.open()
at = 0
for n in (1, 2):
    message = b"\x0b" + messages.adt("A08", "RST%05d" % n) + b"\x1c\r"
    c.data(at, message)
    at += len(message)
    c.listen(lambda c: c.got.count(b"\x1c\r") == n)
    c.send(rawtcp.ACK, at)
    if n == 1:
        c.send(rawtcp.RST, at - 1)  # one before the edge of the window
print(c.got.count(b"\x1c\r"), "answers")
c.close(at)
