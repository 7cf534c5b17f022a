#!/usr/bin/env python3
"""edges.py ROLE ...: ends of TCP connections that do with ordinary sockets what applications do rarely.

Servers listen on port 2575 and acknowledge HL7 messages; clients take the server's address.
"""
import os
import re
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hl7"))
sys.dont_write_bytecode = True
import messages  # noqa: E402

PORT = 2575
TFO_QUEUE, MSG_FASTOPEN = 23, 0x20000000


def frame(message):
    return b"\x0b" + message + b"\x1c\r"


def adt(number, name="EDG"):
    return frame(messages.adt("A08", "%s%05d" % (name, number)))


def acks(data):
    """Acknowledgements of all messages in data."""
    ids = re.findall(rb"MSH\|[^\r]*?\|ADT\^A08\^ADT_A01\|([^|]*)", data)
    return b"".join(frame(b"MSH|^~\\&|RIS|EXAMPLEHOSP|HIS|EXAMPLEHOSP|20261123100000||ACK^A08^ACK|A%s|P|2.5\rMSA|AA|%s\r" % (i, i)) for i in ids)


def read_blocks(s, n):
    got = b""
    while got.count(b"\x1c\r") < n:
        more = s.recv(65536)
        if not more:
            break
        got += more
    return got


def listener(**options):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if "rcvbuf" in options:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options["rcvbuf"])
    if options.get("fast"):
        s.setsockopt(socket.IPPROTO_TCP, TFO_QUEUE, 5)
    s.bind(("0.0.0.0", PORT))
    s.listen(5)
    return s


def connect(host, **options):
    s = socket.socket()
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if "port" in options:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("0.0.0.0", options["port"]))
    s.connect((host, PORT))
    return s


# ---- servers
def slow_server():
    c, _ = listener(rcvbuf=4096).accept()
    time.sleep(2)
    c.sendall(acks(read_blocks(c, 30)))
    time.sleep(1)


def inline_server():
    c, _ = listener().accept()
    c.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    c.sendall(acks(read_blocks(c, 2)))
    time.sleep(1)


def fast_server():
    s = listener(fast=True)
    while True:
        c, _ = s.accept()
        c.sendall(acks(read_blocks(c, 1)))
        c.recv(1)
        c.close()


def late_server():
    c, _ = listener().accept()
    got = read_blocks(c, 1)
    while c.recv(4096):
        pass
    time.sleep(0.5)
    c.sendall(acks(got))
    c.close()
    time.sleep(1)


def sink():
    c, _ = listener().accept()
    c.sendall(acks(read_blocks(c, 1)))
    c.recv(1)


# ---- clients
def many(host):
    with connect(host) as s:
        s.sendall(b"".join(adt(i) for i in range(1, 31)))
        read_blocks(s, 30)


def keep_alive(host):
    with connect(host) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        for i in (1, 2):
            s.sendall(adt(i))
            read_blocks(s, 1)
            time.sleep(4 if i == 1 else 0)


def urgent(host):
    with connect(host) as s:
        s.sendall(adt(1))
        time.sleep(0.05)
        s.send(b"\r", socket.MSG_OOB)
        time.sleep(0.05)
        s.sendall(adt(2))
        read_blocks(s, 2)


def fast_open(host):
    for i in (1, 2):
        with socket.socket() as s:
            s.sendto(adt(i), MSG_FASTOPEN, (host, PORT))
            read_blocks(s, 1)
        time.sleep(0.2)


def meet(host, port):
    """Connects from the server's port to a peer that connects too; answers one message."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", PORT))
    s.connect((host, int(port)))
    s.sendall(acks(read_blocks(s, 1)))
    s.recv(1)
    s.close()


def reuse(host):
    for i in (1, 2, 3):
        s = connect(host, port=45000)
        s.sendall(adt(i))
        read_blocks(s, 1)
        if i < 3:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()
        time.sleep(0.2)


def half_close(host):
    with connect(host) as s:
        s.sendall(adt(1))
        s.shutdown(socket.SHUT_WR)
        read_blocks(s, 1)


def bulk(host):
    with connect(host) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        text = b"".join(b"OBX|%d|TX|REPORT^^EXAMPLEHOSP||nothing of note in part %d of the long report||||||F\r" % (i, i) for i in range(1, 1800))
        s.sendall(frame(messages.adt("A08", "EDG00001") + text))
        read_blocks(s, 1)


globals()[sys.argv[1].replace("-", "_")](*sys.argv[2:])
