#!/usr/bin/env python3
"""Sends requests without waiting for the answers: pipeline.py HOST PORT"""
import socket
import sys
import time


def request(method, path, last=False):
    return ("%s %s HTTP/1.1\r\nHost: ward\r\nUser-Agent: pipeline.py\r\n%s\r\n"
            % (method, path, "Connection: close\r\n" if last else "")).encode()


def talk(address, requests, piece):
    with socket.create_connection(address) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for data in requests:
            for at in range(0, len(data), piece):
                s.sendall(data[at:at + piece])
                if piece < len(data):
                    time.sleep(0.002)
        while s.recv(65536):
            pass


def main():
    address = (sys.argv[1], int(sys.argv[2]))
    three = request("GET", "/index.html") + request("HEAD", "/manual/list.txt") + request("GET", "/update.bin", True)
    talk(address, [three], len(three))
    talk(address, [request(m, p) for m, p in [("GET", "/"), ("GET", "/nothing"), ("HEAD", "/"), ("GET", "/update.bin"), ("OPTIONS", "/"),
                                              ("GET", "/index.html")]] + [request("GET", "/", True)], 11)


if __name__ == "__main__":
    main()
