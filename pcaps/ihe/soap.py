#!/usr/bin/env python3
"""SOAP of IHE XDS.b and PIX/PDQ version 3 with invented patients, written from the technical frameworks.

    soap.py write FOLDER      the requests, one file each, for curl
    soap.py server PORT       answers them (Python's http.server)
"""
import http.server
import os
import sys

CDA = """<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><realmCode code="JP"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<templateId root="1.2.392.100495.20.4.1"/><id root="1.2.392.999.1"/><code code="57133-1" codeSystem="2.16.840.1.113883.6.1"/>
<title>紹介状 金糸雀 太郎</title><effectiveTime value="20261123"/><confidentialityCode code="N"/><languageCode code="ja-JP"/>
<recordTarget><patientRole><id root="1.2.392.100495.20.3.51" extension="CANARY0001"/><addr><city>CANARY</city></addr><telecom value="tel:0300000000"/>
<patient><name><family>金糸雀</family><given>太郎</given></name><administrativeGenderCode code="M"/><birthTime value="19600102"/></patient></patientRole></recordTarget>
<author><time value="20261123"/><assignedAuthor><id root="1.2.392" extension="d1"/><assignedPerson><name><family>CANARY</family></name></assignedPerson></assignedAuthor></author>
<author><time value="20261123"/><assignedAuthor><id root="1.2.392" extension="s1"/><assignedAuthoringDevice><manufacturerModelName>Example Scribe</manufacturerModelName>
<softwareName>Scribe 4.1</softwareName></assignedAuthoringDevice></assignedAuthor></author>
<component><structuredBody><component><section><text>CANARY</text></section></component></structuredBody></component></ClinicalDocument>"""


def envelope(action, body):
    return ("<?xml version='1.0' encoding='UTF-8'?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:a=\"http://www.w3.org/2005/08/addressing\">"
            "<s:Header><a:Action s:mustUnderstand=\"1\">%s</a:Action><a:MessageID>urn:uuid:1</a:MessageID></s:Header><s:Body>%s</s:Body></s:Envelope>" % (action, body))


def slot(name, *values):
    return "<Slot name=\"%s\"><ValueList>%s</ValueList></Slot>" % (name, "".join("<Value>%s</Value>" % v for v in values))


PATIENT = "CANARY0001^^^&amp;1.2.392.100495.20.3.51&amp;ISO"
INFO = slot("sourcePatientInfo", "PID-3|" + PATIENT, "PID-5|CANARY^TARO^^^", "PID-7|19600102", "PID-8|M")
RIM = "xmlns=\"urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0\""
ENTRY = ("<ExtrinsicObject id=\"d1\" mimeType=\"text/xml\">" + slot("sourcePatientId", PATIENT) + INFO
         + "<ExternalIdentifier value=\"%s\"/><ExternalIdentifier value=\"1.2.392.999.1\"/></ExtrinsicObject>" % PATIENT)
STATUS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
ITI = "urn:ihe:iti:2007:"
REQUESTS = {
    "query": (ITI + "RegistryStoredQuery", "<q:AdhocQueryRequest xmlns:q=\"urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0\"><q:ResponseOption returnType=\"LeafClass\"/>"
              "<AdhocQuery %s id=\"urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d\">%s%s</AdhocQuery></q:AdhocQueryRequest>"
              % (RIM, slot("$XDSDocumentEntryPatientId", "'%s'" % PATIENT), slot("$XDSDocumentEntryStatus", "('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')"))),
    "retrieve": (ITI + "RetrieveDocumentSet", "<x:RetrieveDocumentSetRequest xmlns:x=\"urn:ihe:iti:xds-b:2007\"><x:DocumentRequest><x:RepositoryUniqueId>1.2</x:RepositoryUniqueId>"
                 "<x:DocumentUniqueId>1.2.392.999.1</x:DocumentUniqueId></x:DocumentRequest></x:RetrieveDocumentSetRequest>"),
    "pdq": ("urn:hl7-org:v3:PRPA_IN201305UV02", "<PRPA_IN201305UV02 xmlns=\"urn:hl7-org:v3\" ITSVersion=\"XML_1.0\"><controlActProcess><queryByParameter><parameterList>"
            "<livingSubjectBirthTime><value value=\"19600102\"/></livingSubjectBirthTime><livingSubjectName><value><family>CANARY</family><given>TARO</given></value></livingSubjectName>"
            "</parameterList></queryByParameter></controlActProcess></PRPA_IN201305UV02>"),
}
PROVIDE = (ITI + "ProvideAndRegisterDocumentSet-b", "<x:ProvideAndRegisterDocumentSetRequest xmlns:x=\"urn:ihe:iti:xds-b:2007\"><l:SubmitObjectsRequest xmlns:l=\"urn:oasis:names:tc:"
           "ebxml-regrep:xsd:lcm:3.0\"><RegistryObjectList %s>%s</RegistryObjectList></l:SubmitObjectsRequest><x:Document id=\"d1\"><xop:Include xmlns:xop=\""
           "http://www.w3.org/2004/08/xop/include\" href=\"cid:d1\"/></x:Document></x:ProvideAndRegisterDocumentSetRequest>" % (RIM, ENTRY))
ANSWERS = {
    "AdhocQueryRequest": (ITI + "RegistryStoredQueryResponse", "<q:AdhocQueryResponse xmlns:q=\"urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0\" status=\"%s\"><RegistryObjectList %s>%s"
                          "</RegistryObjectList></q:AdhocQueryResponse>" % (STATUS, RIM, ENTRY)),
    "ProvideAndRegister": (ITI + "ProvideAndRegisterDocumentSet-bResponse", "<r:RegistryResponse xmlns:r=\"urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0\" status=\"%s\"/>" % STATUS),
    "RetrieveDocumentSet": (ITI + "RetrieveDocumentSetResponse", "<x:RetrieveDocumentSetResponse xmlns:x=\"urn:ihe:iti:xds-b:2007\"><r:RegistryResponse xmlns:r=\"urn:oasis:names:tc:"
                            "ebxml-regrep:xsd:rs:3.0\" status=\"%s\"/><x:DocumentResponse><x:Document><xop:Include xmlns:xop=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:d1\"/>"
                            "</x:Document></x:DocumentResponse></x:RetrieveDocumentSetResponse>" % STATUS),
}


def package(action, body):
    part = "--mime\r\nContent-Type: %s\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <%s>\r\n\r\n%s\r\n"
    return (part % ("application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"", "root", envelope(action, body))
            + part % ("text/xml", "d1", CDA) + "--mime--\r\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "ExampleRegistry/2.0"

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        found = [v for k, v in ANSWERS.items() if k in text]
        kind, status = "application/soap+xml; charset=UTF-8", 200
        if "RetrieveDocumentSet" in text:
            kind = "multipart/related; boundary=mime; type=\"application/xop+xml\"; start=\"<root>\"; start-info=\"application/soap+xml\""
            answer = package(*ANSWERS["RetrieveDocumentSet"])
        elif found:
            answer = envelope(*found[0])
            kind += "; action=\"%s\"" % found[0][0]
        else:
            status = 500
            answer = envelope("urn:hl7-org:v3:PRPA_IN201306UV02", "<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Reason><s:Text>CANARY is unknown</s:Text></s:Reason></s:Fault>")
        data = answer.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


def main():
    mode, where = sys.argv[1:3]
    if mode == "server":
        http.server.ThreadingHTTPServer(("", int(where)), Handler).serve_forever()
    os.makedirs(where, exist_ok=True)
    for name, (action, body) in REQUESTS.items():
        with open(os.path.join(where, name), "w", encoding="utf-8") as f:
            f.write(envelope(action, body))
    with open(os.path.join(where, "provide"), "w", encoding="utf-8", newline="") as f:
        f.write(package(*PROVIDE))
    with open(os.path.join(where, "cda"), "w", encoding="utf-8") as f:
        f.write(CDA)


if __name__ == "__main__":
    main()
