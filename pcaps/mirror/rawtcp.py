"""A TCP client in a few lines, so that a real receiver meets segments that no kernel would send.

It speaks from an address that its host does not have (the receiver gets a fixed neighbour entry), so the host's kernel
does not answer. Nothing is sent again; the caller decides what goes out, in which order, with which bytes.
"""
import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "link"))
sys.dont_write_bytecode = True
import wire  # noqa: E402

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32


class Client:
    def __init__(self, iface, my_mac, my_ip, peer_mac, peer_ip, sport, dport, isn=1000):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self.sock.bind((iface, 0))
        self.sock.settimeout(1)
        self.mac, self.peer_mac = (bytes.fromhex(m.replace(":", "")) for m in (my_mac, peer_mac))
        self.ip, self.peer_ip = socket.inet_aton(my_ip), socket.inet_aton(peer_ip)
        self.sport, self.dport, self.isn, self.ack, self.ident = sport, dport, isn, 0, 100
        self.got, self.ended = b"", False

    def frame(self, packet):
        self.sock.send(self.peer_mac + self.mac + b"\x08\0" + packet)

    def segment(self, flags, offset, data=b""):
        """offset: bytes behind the beginning of the stream."""
        self.ident += 1
        seq = self.isn + offset + (0 if flags & SYN else 1)
        return wire.tcp(self.ip, self.peer_ip, self.sport, self.dport, seq, self.ack if flags & ACK else 0, flags, data)

    def send(self, flags, offset, data=b""):
        self.frame(wire.ipv4(self.ip, self.peer_ip, wire.TCP, self.segment(flags, offset, data), self.ident))
        time.sleep(0.005)

    def data(self, offset, data):
        self.send(PSH | ACK, offset, data)

    def listen(self, until):
        """Takes what the peer sends until the condition holds, and acknowledges it."""
        end = time.monotonic() + 3
        while not until(self) and time.monotonic() < end:
            try:
                f = self.sock.recv(65536)
            except socket.timeout:
                continue
            if f[12:14] != b"\x08\0" or f[23] != wire.TCP or f[26:30] != self.peer_ip or f[30:34] != self.ip:
                continue
            at = 14 + (f[14] & 15) * 4
            sport, dport, seq, _, off, flags = struct.unpack(">HHIIBB", f[at:at + 14])
            if (sport, dport) != (self.dport, self.sport):
                continue
            data = f[at + (off >> 4) * 4:14 + struct.unpack(">H", f[16:18])[0]]
            if flags & SYN:
                self.ack = seq + 1
            elif seq == self.ack and (data or flags & FIN):
                self.ack += len(data) + (flags & FIN)
                self.got += data
                self.ended = bool(flags & FIN)
        return self.got

    def open(self):
        self.send(SYN, 0)
        self.listen(lambda c: c.ack)
        self.send(ACK, 0)

    def close(self, offset):
        """Ends the connection from our side first."""
        self.send(FIN | ACK, offset)
        self.listen(lambda c: c.ended)
        self.send(ACK, offset + 1)
