"""A network of its own for a test: one namespace, pairs of virtual interfaces, a sender of captured frames."""
import json
import os
import random
import re
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import pcapfile  # noqa: E402
from program import PATIENCE, SKIP, Failure, environment  # noqa: E402

INSIDE = "WW_TEST_NETNS"


def enter():
    """Starts this script again in a namespace of its own, which goes away with it; ends with 77 where that is not allowed."""
    if os.environ.get(INSIDE) == "1":
        return
    as_root = os.geteuid() == 0
    how = ["unshare", "--net", "--mount"] + ([] if as_root else ["--user", "--map-root-user"])
    probe = how + ["sh", "-c", "ip link add p0 type veth peer name p1 && ip link set p0 up"]
    try:
        r = subprocess.run(probe, capture_output=True, check=False, timeout=PATIENCE)
    except FileNotFoundError as e:
        print("SKIPPED: %s is missing (packages util-linux, iproute2)" % e.filename)
        sys.exit(SKIP)
    if r.returncode != 0:
        print("SKIPPED: no right to make a network namespace with interfaces; run as root\n  %s: %s" % (" ".join(probe), r.stderr.decode().strip()))
        sys.exit(SKIP)
    os.environ[INSIDE] = "1"
    os.execvp(how[0], how + [sys.executable, "-B", *sys.argv])


def ip(*args):
    r = subprocess.run(["ip", *args], capture_output=True, check=False, timeout=PATIENCE)
    if r.returncode != 0:
        raise Failure("ip %s: %s" % (" ".join(args), r.stderr.decode().strip()))
    return r.stdout


def pair(a, b):
    """Frames sent on a arrive on b. Neither speaks by itself: no IPv6, no ARP."""
    ip("link", "add", a, "type", "veth", "peer", "name", b)
    for name in (a, b):
        with open("/proc/sys/net/ipv6/conf/%s/disable_ipv6" % name, "w", encoding="ascii") as f:
            f.write("1")
        ip("link", "set", name, "mtu", "9000", "arp", "off", "up")


def remove(*names):
    for name in names:
        subprocess.run(["ip", "link", "del", name], capture_output=True, check=False, timeout=PATIENCE)


def counters(name):
    s = json.loads(ip("-s", "-j", "link", "show", name))[0]["stats64"]
    return s["rx"]["packets"], s["tx"]["packets"]


def wait_for(what, condition):
    """Asks again and again; nothing sleeps longer than it must."""
    end = time.monotonic() + PATIENCE
    while True:
        v = condition()
        if v:
            return v
        if time.monotonic() > end:
            raise Failure("%s: did not happen within %d s" % (what, PATIENCE))
        time.sleep(0.02)


def frames(path):
    return [r[2] for r in pcapfile.Capture(path).records]


def again(data, turn):
    """The same frames as new connections: other sequence numbers. A SYN with the same number would be the same one."""
    out = []
    for f in data:
        at = 14 + (f[14] & 15) * 4 if f[12:14] == b"\x08\x00" else 0
        if at and f[23] == 6 and len(f) >= at + 14:
            seq, ack = struct.unpack(">II", f[at + 4:at + 12])
            shift = turn * 0x01000193
            ack = (ack + shift) & 0xFFFFFFFF if f[at + 13] & 0x10 else ack
            f = f[:at + 4] + struct.pack(">II", (seq + shift) & 0xFFFFFFFF, ack) + f[at + 12:]
        out.append(f)
    return out


def udp(i):
    """A datagram that is the only one of its flow, for i below 65,536 times 60,000."""
    ip4 = struct.pack(">BBHHHBBH8B", 0x45, 0, 36, 0, 0, 64, 17, 0, 10, 7, i >> 8 & 0xFF, i & 0xFF, 10, 8, 0, 1)
    total = sum(struct.unpack(">10H", ip4))
    total = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    ports = struct.pack(">HHHH", 2000 + (i >> 16), 40000, 16, 0)
    return bytes.fromhex("02000000000202000000000108" + "00") + ip4[:10] + struct.pack(">H", total) + ip4[12:] + ports + b"wardward"


def send(name, data, stop=None):
    """Sends frames; a short pause now and then lets a busy machine keep up. Return: how many."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    n = 0
    try:
        s.bind((name, 0))
    except OSError:
        s.close()
        if stop is None:
            raise
        stop.set()
        return 0
    with s:
        for f in data:
            if stop is not None and stop.is_set():
                break
            try:
                s.send(f)
            except OSError:
                if stop is None:
                    raise
                break
            n += 1
            if n % 100 == 0:
                time.sleep(0.002)
    return n


def replay(a, b, data):
    """Sends frames from a and waits until all of them have come out of b."""
    before = counters(b)[0]
    n = send(a, data)
    wait_for("%d frames arrive on %s" % (n, b), lambda: counters(b)[0] - before >= n)
    return n


class Sender(threading.Thread):
    """Sends the frames again and again in the background."""

    def __init__(self, name, data):
        super().__init__(daemon=True)
        self.name_, self.data, self.end, self.n = name, data, threading.Event(), 0

    def run(self):
        turn = 0
        while not self.end.is_set():
            self.n += send(self.name_, again(self.data, turn), self.end)
            turn += 1

    def stop(self):
        self.end.set()
        self.join(PATIENCE)


class Monitor:
    """A running `wardwatch monitor`. In: arguments behind the command."""

    def __init__(self, program, *args, prefix=(), leave=False):
        """leave: the reader of its standard output goes away at once."""
        self.command = [*prefix, program.path, "monitor", *map(str, args)]
        # LeakSanitizer needs to trace the process, which gives up that right by purpose
        env = environment(ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
        self.p = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        self.said, self.out, self.lock = [], b"", threading.Lock()
        if leave:
            self.p.stdout.close()
        self.readers = [threading.Thread(target=self._err, daemon=True), threading.Thread(target=self._out, daemon=True)]
        for t in self.readers:
            t.start()

    def _err(self):
        for line in self.p.stderr:
            with self.lock:
                self.said.append(line.decode("utf-8", "replace").rstrip("\n"))

    def _out(self):
        if not self.p.stdout.closed:
            self.out = self.p.stdout.read()

    def lines(self):
        with self.lock:
            return list(self.said)

    def ready(self):
        def listens():
            if any("listening on" in l for l in self.lines()):
                return True
            if self.p.poll() is not None:
                raise Failure("%s ended with %s: %s" % (" ".join(self.command), self.p.returncode, self.lines()))
            return False

        wait_for("the monitor listens", listens)
        return self

    def end(self, sig=None):
        """Return: the exit code."""
        if sig is not None:
            self.p.send_signal(sig)
        try:
            self.p.wait(PATIENCE)
        except Exception as e:
            self.p.kill()
            raise Failure("%s does not end: %s" % (" ".join(self.command), self.lines())) from e
        for t in self.readers:
            t.join(PATIENCE)
        return self.p.returncode

    def seen(self):
        """(packets seen, dropped by the kernel, by full rings) as told at the end."""
        for l in self.lines():
            m = re.search(r"(\d+) packets seen, (\d+) dropped by the kernel, (\d+) by full rings", l)
            if m:
                return tuple(int(v) for v in m.groups())
        raise Failure("the monitor does not tell what it saw: %s" % self.lines())


def seeded():
    seed = int(os.environ.get("WW_SEED", "1"))
    print("seed %d (WW_SEED changes it)" % seed)
    return random.Random(seed)
