#!/usr/bin/env python3
"""pieces.py HOST PORT: sends MLLP messages whose frames do not agree with the TCP segments."""
import socket
import sys
import time

import messages


def frame(message):
    return b"\x0b" + message + b"\x1c\r"


def answers(sock, n):
    got = b""
    while got.count(b"\x1c\r") < n:
        got += sock.recv(65536)


def main(host, port):
    with socket.create_connection((host, port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(b"".join(frame(messages.adt("A08", f"PCS0000{i}")) for i in (1, 2, 3)))
        answers(sock, 3)
        whole = frame(messages.adt("A01", "PCS00004"))
        for at in range(0, len(whole), 100):
            sock.sendall(whole[at:at + 100])
            time.sleep(0.005)
        answers(sock, 1)
        whole = frame(messages.adt("A03", "PCS00005"))
        for piece in (whole[:1], whole[1:-2], whole[-2:-1], whole[-1:]):
            sock.sendall(piece)
            time.sleep(0.05)
        answers(sock, 1)


main(sys.argv[1], int(sys.argv[2]))
