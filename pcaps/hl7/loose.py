#!/usr/bin/env python3
"""HL7 as devices send it that do not know MLLP well: text without a block, LF and CR LF, a block without its first byte.

  loose.py server PORT      answers each message (python-hl7 makes the acknowledgements) in the way it came
  loose.py send HOST PORT
"""
import os
import socket
import sys
import time

import hl7

sys.dont_write_bytecode = True
import messages  # noqa: E402


def ack(text):
    message = hl7.parse(text.replace("\r\n", "\r").replace("\n", "\r"))
    return str(message.create_ack("AA"))


def room(conn):
    while True:
        got = conn.recv(65536)
        if not got:
            return
        text = got.decode("ascii").strip("\x0b\x1c\r\n")
        answer = "".join(ack("MSH" + m) for m in text.split("MSH")[1:])
        block = b"\x1c" in got
        conn.sendall((b"\x0b" if block else b"") + answer.encode() + (b"\x1c\r" if block else b"\r"))


def serve(port):
    with socket.create_server(("0.0.0.0", port)) as server:
        while True:
            conn, _ = server.accept()
            with conn:
                room(conn)


def send(host, port):
    blocks = [messages.adt("A01", "BARE0001") + b"\r",                                     # an empty line ends it
              messages.adt("A08", "BARE0002").replace(b"\r", b"\n") + b"\n",               # LF
              messages.adt("A08", "BARE0003").replace(b"\r", b"\r\n") + b"\r\n",           # CR LF
              messages.adt("A08", "BARE0004") + b"\x1c\r",                                 # the first byte is missing
              b"\x0b" + messages.adt("A08", "BARE0005") + b"\x1c",                         # the last one is
              b"\x0b" + messages.adt("A08", "BARE0006")[:-1] + b"\x1c\r",                  # no CR behind the last segment
              b"\x0b" + messages.adt("A08", "BARE0007") + messages.adt("A08", "BARE0008") + b"\x1c\r",
              b"\x0b" + messages.adt("A08", "BARE0009").replace(b"|1-2-3 ", b"|1-2-3\r") + b"\x1c\r"]  # CR inside an address
    for block in blocks:
        with socket.create_connection((host, port)) as sock:
            sock.sendall(block)
            sock.recv(65536)
            time.sleep(0.1)


if __name__ == "__main__":
    os.environ.setdefault("TZ", "JST-9")
    time.tzset()
    serve(int(sys.argv[2])) if sys.argv[1] == "server" else send(sys.argv[2], int(sys.argv[3]))
