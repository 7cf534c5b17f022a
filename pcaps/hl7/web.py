#!/usr/bin/env python3
"""HL7 v2 over HTTP (http.server; python-hl7 makes the acknowledgements).

  web.py server PORT       POST /hl7 takes a message, POST /pcd a SOAP CommunicatePCDData; both answer with an acknowledgement
  web.py body CALL FILE    writes what a call of messages.py gives; FILE.xml as SOAP
"""
import http.server
import os
import re
import sys
import time
from xml.sax.saxutils import escape, unescape

import hl7

sys.dont_write_bytecode = True
import messages  # noqa: E402

SOAP = ('<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
        '<%s xmlns="urn:ihe:pcd:dec:2010">%s</%s></s:Body></s:Envelope>')


def wrap(name, text):
    return SOAP % (name, escape(text).replace("\r", "&#xD;"), name)


class Room(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"])).decode("utf-8")
        soap = text.startswith("<")
        if soap:
            text = unescape(re.search(r"<CommunicatePCDData[^>]*>(.*?)</", text, re.S).group(1), {"&#xD;": "\r"})
        ack = str(hl7.parse(text).create_ack("CA" if soap else "AA"))
        body = (wrap("CommunicatePCDDataResponse", ack) if soap else ack).encode("utf-8")
        self.send_response(200)
        self.send_header("Content-Type", 'application/soap+xml; charset=UTF-8; action="urn:ihe:pcd:2010:CommunicatePCDDataResponse"' if soap
                         else "application/hl7-v2; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    os.environ.setdefault("TZ", "JST-9")
    time.tzset()
    if sys.argv[1] == "server":
        http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[2])), Room).serve_forever()
    content = eval(sys.argv[2], vars(messages)).decode("utf-8")
    with open(sys.argv[3], "wb") as out:
        out.write((wrap("CommunicatePCDData", content) if sys.argv[3].endswith(".xml") else content).encode("utf-8"))
