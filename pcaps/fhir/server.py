#!/usr/bin/env python3
"""A small FHIR server for what the others do not serve: a CapabilityStatement with software, XML, gzip, SMART, ndjson.

    server.py PORT      Python's http.server; the resources are invented, written from the FHIR and SMART specifications
"""
import gzip
import http.server
import json
import sys

SMART = {"issuer": "http://server/fhir", "token_endpoint": "http://server/fhir/auth/token", "grant_types_supported": ["client_credentials"],
         "capabilities": ["client-confidential-asymmetric", "permission-v2"]}
CAPABILITY = {
    "resourceType": "CapabilityStatement", "status": "active", "date": "2026-11-01", "publisher": "Example Medical Software", "kind": "instance",
    "software": {"name": "Example FHIR Store", "version": "3.1.4"}, "implementation": {"description": "Ward store", "url": "http://server/fhir"},
    "fhirVersion": "4.0.1", "format": ["application/fhir+json", "application/fhir+xml"],
    "rest": [{"mode": "server", "resource": [{"type": t, "interaction": [{"code": "read"}, {"code": "search-type"}]}
                                             for t in ("Patient", "Observation", "Device", "Encounter", "DiagnosticReport")]}]}
BUNDLE_XML = """<?xml version="1.0" encoding="UTF-8"?>
<Bundle xmlns="http://hl7.org/fhir"><type value="searchset"/><total value="2"/>
 <entry><resource><Patient><id value="p1"/><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">CANARY HANAKO</div></text>
  <identifier><value value="CANARY0002"/></identifier><name><family value="CANARY"/><given value="HANAKO"/></name>
  <birthDate value="1948-05-06"/><address><city value="CANARY"/></address></Patient></resource></entry>
 <entry><resource><Device><manufacturer value="Acme Medical"/><serialNumber value="IP-3301"/><modelNumber value="Acme Infuse 2"/>
  <version><value value="1.9"/></version></Device></resource></entry></Bundle>"""
NDJSON = "".join(json.dumps({"resourceType": "Patient", "id": "p%d" % n, "identifier": [{"value": "CANARY%04d" % n}],
                             "name": [{"family": "CANARY"}]}) + "\n" for n in range(1, 40))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "ExampleStore/3.1"

    def say(self, kind, text, status=200, headers=()):
        data = text if isinstance(text, bytes) else text.encode()
        self.send_response(status)
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            data = gzip.compress(data, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for k, v in headers:
            self.send_header(k, v)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        path = self.path.split("?")[0]
        if path.endswith("/metadata"):
            self.say("application/fhir+json;fhirVersion=4.0", json.dumps(CAPABILITY))
        elif path.endswith("/smart-configuration"):
            self.say("application/json", json.dumps(SMART))
        elif path.endswith("/$export"):
            self.say("application/fhir+json", b"", 202, [("Content-Location", "http://server/fhir/$export-poll")])
        elif path.endswith(".ndjson"):
            self.say("application/fhir+ndjson", NDJSON)
        else:
            self.say("application/fhir+xml; charset=utf-8", BUNDLE_XML)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.say("application/json", json.dumps({"access_token": "CANARYtoken", "token_type": "bearer", "expires_in": 300, "scope": "system/*.rs"}))

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Handler).serve_forever()
