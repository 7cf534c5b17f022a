"""A point-of-care device and its data manager (CLSI POCT01-A2, device messaging layer), each over xml.etree of Python.

Written from the standard's text, apart from the dissector. The device opens the connection.

    poct.py manager PORT [awkward]          poct.py device HOST PORT [awkward]
"""
import socket
import sys
import time
import xml.etree.ElementTree as ET

STAMP = "2026-11-23T10:45:%02d+09:00"


class Peer:
    def __init__(self, sock, first, awkward):
        self.sock, self.id, self.awkward, self.buffer = sock, first, awkward, b""
        sock.settimeout(10)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, kind, build=None):
        """One message; build adds to the root after its header."""
        root = ET.Element(kind)
        hdr = ET.SubElement(root, "HDR")
        ET.SubElement(hdr, "HDR.message_type", V=kind, SN="POCT1", SV="1")
        ET.SubElement(hdr, "HDR.control_id", V=str(self.id))
        ET.SubElement(hdr, "HDR.version_id", V="POCT1")
        ET.SubElement(hdr, "HDR.creation_dttm", V=STAMP % (self.id % 60))
        if build:
            build(root)
        data = ET.tostring(root, encoding="utf-8", xml_declaration=self.awkward)
        if self.awkward:        # declaration, indentation, comments, several segments
            ET.indent(root)
            data = b"<?xml version='1.0' encoding='utf-8'?>\n<!-- > -->\n" + ET.tostring(root, encoding="utf-8") + b"\r\n\0"
        time.sleep(0.02)
        step = 90 if self.awkward else len(data)
        for at in range(0, len(data), step):
            self.sock.sendall(data[at:at + step])
            time.sleep(0.01 if self.awkward else 0)
        self.id += 1
        return str(self.id - 1)

    def receive(self):
        """The next message as (name, element)."""
        while True:
            parser = ET.XMLPullParser(("start", "end"))
            text = self.buffer.lstrip(b"\0\r\n ")
            depth = 0
            for at in range(len(text)):
                parser.feed(text[at:at + 1])
                for what, element in parser.read_events():
                    depth += 1 if what == "start" else -1
                    if depth == 0:
                        self.buffer = text[at + 1:]
                        return element.tag, element
            data = self.sock.recv(4096)
            if not data:
                raise EOFError
            self.buffer += data

    def ack(self, message, code="AA"):
        def build(root):
            a = ET.SubElement(root, "ACK")
            ET.SubElement(a, "ACK.type_cd", V=code)
            ET.SubElement(a, "ACK.ack_control_id", V=message.find("HDR/HDR.control_id").get("V"))
            if code == "AE":
                ET.SubElement(a, "ACK.error_detail_cd", V="202")
        self.send("ACK.R01", build)


def values(parent, prefix, **fields):
    for name, v in fields.items():
        for one in v if isinstance(v, list) else [v]:
            ET.SubElement(parent, "%s.%s" % (prefix, name), V=one)


def hello(root):
    dev = ET.SubElement(root, "DEV")
    values(dev, "DEV", device_id="00-0A-95-40-00-31", vendor_id="EXAMPLE", model_id="GLU-7", serial_id="G7-004711",
           manufacturer_name="Example & Sons Diagnostics", hw_version="K1", sw_version="3.10.8.0", device_name="ICU-GLU-1")
    values(ET.SubElement(dev, "DCP"), "DCP", application_timeout="120")
    values(ET.SubElement(dev, "DSC"), "DSC", connection_profile_cd="SA", topics_supported_cd=["OBS", "D_EV", "OP_LST"],
           directives_supported_cd=["SET_TIME", "LOCK"], max_message_sz="32768")


def status(root):
    values(ET.SubElement(root, "DST"), "DST", status_dttm=STAMP % 2, new_observations_qty="2", new_events_qty="1",
           condition_cd="R")


def observation(number):
    def build(root):
        svc = ET.SubElement(root, "SVC")
        values(svc, "SVC", role_cd="OBS", observation_dttm=STAMP % number)
        pt = ET.SubElement(svc, "PT")
        values(pt, "PT", patient_id="CANARY000%d" % number, location="ICU^4", birth_date="1960010%d" % number, gender_cd="M")
        name = ET.SubElement(pt, "PT.name", V="キャナリー^タロウ" if number == 2 else "CANARY^TARO")
        ET.SubElement(name, "GIV", V="TARO")
        ET.SubElement(name, "FAM", V="CANARY")
        obs = ET.SubElement(pt, "OBS")
        ET.SubElement(obs, "OBS.observation_id", V="2341-6", DN="Glu", SN="LN")
        ET.SubElement(obs, "OBS.value", V="145", U="mg/dL")
        note = ET.SubElement(ET.SubElement(obs, "NTE"), "NTE.text")
        note.text = "CANARY <fasting>"
        values(ET.SubElement(svc, "OPR"), "OPR", operator_id="OP7")
    return build


def event(root):
    values(ET.SubElement(root, "EVT"), "EVT", description="battery", event_dttm=STAMP % 3, severity_cd="W")


def operators(root):
    opr = ET.SubElement(root, "OPR")
    values(opr, "OPR", operator_id="OP7", name="NURSE^CANARY")
    password = ET.SubElement(ET.SubElement(opr, "ACC"), "ACC.password", ENC="B64")
    password.text = "c2VjcmV0"


def element(group, **fields):
    return lambda root: values(ET.SubElement(root, group), group, **fields)


def device(peer):
    for kind, build in (("HEL.R01", hello), ("DST.R01", status)):
        peer.send(kind, build)
        peer.receive()
    while True:
        kind, message = peer.receive()
        if kind == "REQ.R01":
            if message.find(".//REQ.request_cd").get("V") == "ROBS":
                for number in (1, 2):
                    peer.send("OBS.R01", observation(number)), peer.receive()
            else:
                peer.send("EVS.R01", event), peer.receive()
            peer.send("EOT.R01", element("EOT", topic_cd="OBS"))
        elif kind == "OPL.R01":
            peer.ack(message)
        elif kind == "DTV.R01":
            to = message.find("HDR/HDR.control_id").get("V")
            if message.find(".//DTV.command_cd").get("V") == "LOCK":
                peer.send("ESC.R01", element("ESC", esc_control_id=to, detail_cd="CNC"))
            else:
                peer.ack(message)
        elif kind == "KPA.R01":
            peer.send("KPA.R01")
        elif kind == "END.R01":
            return


def manager(peer):
    for _ in range(2):
        peer.ack(peer.receive()[1])
    for what, count in (("ROBS", 2), ("RDEV", 1)):
        peer.send("REQ.R01", element("REQ", request_cd=what))
        for i in range(count):
            message = peer.receive()[1]
            peer.ack(message, "AE" if i == 1 else "AA")
        peer.receive()
    peer.send("OPL.R01", operators), peer.receive()
    peer.send("EOT.R01", element("EOT", topic_cd="OPL"))
    for command in ("SET_TIME", "LOCK"):
        peer.send("DTV.R01", element("DTV", command_cd=command)), peer.receive()
    peer.send("KPA.R01"), peer.receive()
    peer.send("END.R01", element("TRM", reason_cd="NRM"))


def main(role, *args):
    awkward = args[-1] == "awkward"
    if role == "manager":
        with socket.create_server(("0.0.0.0", int(args[0]))) as server:
            conn, _ = server.accept()
    else:
        conn = socket.create_connection((args[0], int(args[1])))
    with conn:
        (manager if role == "manager" else device)(Peer(conn, 2001 if role == "manager" else 1001, awkward))


if __name__ == "__main__":
    main(*sys.argv[1:])
