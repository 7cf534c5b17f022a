#!/usr/bin/env python3
"""meet.py: answers the SYN of a real client with a SYN of its own, so that both ends have opened (RFC 9293 figure 8)."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hl7"))
sys.dont_write_bytecode = True
import messages  # noqa: E402
import rawtcp  # noqa: E402

c = rawtcp.Client("eth0", "00:09:fb:30:00:99", "10.10.30.99", "f8:b1:56:10:00:50", "10.10.10.50", 2576, 2575, 9000000)
c.listen(lambda c: c.ack)                # its SYN
c.send(rawtcp.SYN, 0)                    # ours: it answers with a SYN-ACK
c.send(rawtcp.SYN | rawtcp.ACK, 0)
message = b"\x0b" + messages.adt("A08", "EDG00001") + b"\x1c\r"
c.data(0, message)
c.listen(lambda c: c.got.endswith(b"\x1c\r"))
c.close(len(message))
print(c.got.count(b"\x1c\r"), "answers")
