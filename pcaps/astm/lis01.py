"""The two ends of a laboratory link over TCP: LIS01-A2 frames that carry LIS02-A2 records.

Written from the standard's text (LIS01-A2 6: establishment, transfer, termination; LIS02-A2 5 to 12), apart from the
dissector: it shares no code with it. Either end may open the connection, and either may send.

    lis01.py host LISTEN_PORT SCENARIO              lis01.py instrument HOST PORT SCENARIO
"""
import socket
import sys
import time

STX, ETX, EOT, ENQ, ACK, NAK, ETB = b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x15", b"\x17"
TEXT_MAX = 240  # characters of one frame (ASTM E1381-95; LIS01-A2 allows more)


def frame(number, text, last=True):
    body = b"%d" % (number % 8) + text + (ETX if last else ETB)
    return STX + body + b"%02X\r\n" % (sum(body) % 256)


class Link:
    def __init__(self, sock):
        self.sock = sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(10)

    def byte(self):
        b = self.sock.recv(1)
        if not b:
            raise EOFError
        return b

    def put(self, data):
        time.sleep(0.02)
        self.sock.sendall(data)

    def establish(self):
        self.put(ENQ)
        return self.byte()

    def frames(self, records, one_a_frame=True):
        """Frames of a message; long records, or the whole message, go over several (ETB)."""
        texts = [r + b"\r" for r in records] if one_a_frame else [b"".join(r + b"\r" for r in records)]
        number = 1
        for text in texts:
            for at in range(0, len(text), TEXT_MAX):
                last = at + TEXT_MAX >= len(text)
                yield number, text[at:at + TEXT_MAX], last
                number += 1

    def send(self, records, one_a_frame=True, damage=None):
        """damage: number of the frame that is sent with a wrong checksum once."""
        if self.establish() != ACK:
            return
        for number, text, last in self.frames(records, one_a_frame):
            good = frame(number, text, last)
            if number == damage:
                self.put(good[:-4] + b"00\r\n")
                self.byte()
            self.put(good)
            while self.byte() == NAK:
                self.put(good)
        self.put(EOT)

    def receive(self):
        """Records of one transfer, answered as a receiver must; bad frames are refused."""
        if self.byte() != ENQ:
            raise ValueError("no ENQ")
        self.put(ACK)
        text = b""
        while True:
            b = self.byte()
            if b == EOT:
                return [r for r in text.split(b"\r") if r]
            data = b""
            while not data.endswith(b"\n"):
                data += self.byte()
            body, digits = data[:-4], data[-4:-2]
            good = digits == b"%02X" % (sum(body) % 256)
            if good:
                text += body[1:-1]
            self.put(ACK if good else NAK)


def header(sender, receiver=b"", stamp=b"20261123104500", password=b""):
    return b"|".join([b"H", b"\\^&", b"", password, sender, b"", b"", b"", b"", receiver, b"", b"P", b"LIS2-A2", stamp])


XN = b"XN-1000^00-11^A12345^^^^BB123456"
PATIENT = b"P|1|CANARY0001|||CANARY^TARO||19600102|M||1-2-3 CANARY^TOKYO||03-0000-0000|DR1||||||||||||ICU^1"
RESULTS = [header(XN, b"LIS"), PATIENT, b"O|1|S0001||^^^CBC|R|20261123103000|||||N||||||||||||||F",
           b"R|1|^^^WBC^1|12.3|10*3/uL||H||F||OP7|20261123103100|20261123103500|XN-1000^A12345",
           b"R|2|^^^RBC^1|4.61|10*6/uL||N||F||OP7|20261123103100|20261123103500|XN-1000^A12345",
           b"C|1|I|CANARY fasting|G", b"L|1|N"]
CONTROL = [header(XN, b"LIS", b"20261123060000").replace(b"|P|LIS2", b"|Q|LIS2"), b"P|1", b"O|1|QC-LEVEL1||^^^CBC",
           b"R|1|^^^WBC^1|7.0|10*3/uL||N||F|||||XN-1000^A12345", b"M|1|QCLOT|4711", b"L|1|N"]
QUERY = [header(XN, b"LIS"), b"Q|1|^S0002||ALL||||||||O", b"L|1|N"]
ORDERS = [header(b"LIS^Host^2.1", b"XN-1000"), PATIENT, b"O|1|S0002||^^^CBC\\^^^DIFF|R|20261123104000|||||A||||Blood", b"L|1|F"]
SJIS = [header(b"ADVIA^1.04.02^IR23110345", b"LIS"),
        "P|1|CANARY0003|||キャナリー^タロウ||19600102|F".encode("shift_jis"),
        "P|2|CANARY0004|||金糸雀^表子||19610102|M".encode("shift_jis"),  # second bytes of characters equal | and \
        b"R|1|^^^GLU|145|mg/dL||N||F||||20261123111500", b"L|1|N"]


def trouble(link, host):
    """What happens on a line: a damaged frame, an ACK that does not come, both sides at once, a busy receiver."""
    if host:
        link.receive()
        if link.byte() == ENQ:      # busy
            link.put(NAK)
            link.byte()
        link.receive()
        link.byte()                 # ENQ
        link.put(ENQ)               # both want to send: the instrument may first (LIS01-A2 6.2.7)
        link.receive()
        link.byte()                 # keep-alive
        link.put(ACK)
        link.byte()
        return
    link.send(RESULTS, damage=4)
    link.establish()
    link.put(EOT)
    link.put(ENQ), link.byte()
    for number, text, last in link.frames(RESULTS):
        link.put(frame(number, text, last)), link.byte()
        if number == 2:             # its ACK was lost: the same frame again
            link.put(frame(number, text, last)), link.byte()
    link.put(EOT)
    link.put(ENQ), link.byte()
    time.sleep(0.1)
    link.send(CONTROL)
    link.establish()
    link.put(EOT)


def results(link, host):
    if host:
        link.receive()
        link.receive()
        link.receive()
        link.send(ORDERS, one_a_frame=False)
        return
    link.send(CONTROL)
    link.send(RESULTS)
    link.send(QUERY)
    link.receive()


def bulk(link, host):
    if host:
        link.receive()
        link.receive()
        return
    link.send(RESULTS, one_a_frame=False)
    link.send(SJIS, one_a_frame=False)


def bare(link, host):
    if host:
        while link.sock.recv(4096):
            pass
        return
    link.put(b"".join(r + b"\r" for r in RESULTS))
    link.put(b"".join(r + b"\r\n" for r in CONTROL))


def sloppy(link, host):
    """What instruments get wrong: every frame has number 1, STX is summed too, records without CR, no terminator."""
    if host:
        while link.sock.recv(4096):
            link.put(ACK)
        return
    named = [b"H|\\^&|MSG0042||SLOPPY^V2.0^S/N 0815|||||LIS||P|E 1394-97|20261123113000"] + RESULTS[1:4]
    link.put(ENQ), link.byte()
    for record in named:
        body = b"1" + record + ETX
        link.put(STX + body + b"%02X\r\n" % ((sum(body) + 2) % 256)), link.byte()
    link.put(EOT), link.byte()


def main(role, *args):
    host = role == "host"
    if host:
        with socket.create_server(("0.0.0.0", int(args[0]))) as server:
            conn, _ = server.accept()
    else:
        conn = socket.create_connection((args[0], int(args[1])))
    with conn:
        globals()[args[-1]](Link(conn), host)
        if not host:
            time.sleep(0.1)


if __name__ == "__main__":
    main(*sys.argv[1:])
