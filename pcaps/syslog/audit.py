"""Audit messages (DICOM PS3.15 A.5.1 schema, and the older one of RFC 3881), one line each, over xml.etree of Python.

    audit.py transfer|login|query|old
"""
import sys
import xml.etree.ElementTree as ET

WHEN = "2026-11-23T10:45:00.123+09:00"


def code(parent, name, value, scheme="DCM", text="", old=False):
    ET.SubElement(parent, name, {"code" if old else "csd-code": value, "codeSystemName": scheme, "originalText": text})


def message(event, action, outcome="0", types=(), old=False):
    root = ET.Element("AuditMessage")
    e = ET.SubElement(root, "EventIdentification", EventActionCode=action, EventDateTime=WHEN, EventOutcomeIndicator=outcome)
    code(e, "EventID", *event, old=old)
    for t in types:
        code(e, "EventTypeCode", *t, old=old)
    return root


def who(root, user, requestor, host, role=None, aet="", name="", old=False):
    attributes = dict(UserID=user, UserIsRequestor=str(requestor).lower(), NetworkAccessPointID=host,
                      NetworkAccessPointTypeCode="2" if host[0].isdigit() else "1")
    if aet:
        attributes["AlternativeUserID"] = "AETITLES=" + aet
    if name:
        attributes["UserName"] = name
    p = ET.SubElement(root, "ActiveParticipant", attributes)
    if role:
        code(p, "RoleIDCode", *role, old=old)


def source(root, name):
    ET.SubElement(root, "AuditSourceIdentification", AuditSourceID=name, AuditEnterpriseSiteID="EXAMPLEHOSP", code="1")


def thing(root, ident, kind, role, id_type, name=None, query=None):
    p = ET.SubElement(root, "ParticipantObjectIdentification", ParticipantObjectID=ident, ParticipantObjectTypeCode=kind,
                      ParticipantObjectTypeCodeRole=role)
    code(p, "ParticipantObjectIDTypeCode", *id_type)
    if name:
        ET.SubElement(p, "ParticipantObjectName").text = name
    if query:
        ET.SubElement(p, "ParticipantObjectQuery").text = query
    return p


def patient(root, name):
    thing(root, "CANARY0001^^^EXAMPLEHOSP", "1", "1", ("2", "RFC-3881", "Patient Number"), name)


def transfer():
    root = message(("110104", "DCM", "DICOM Instances Transferred"), "R")
    who(root, "123", False, "10.10.20.15", ("110153", "DCM", "Source Role ID"), "CT_ROOM1")
    who(root, "456", False, "10.10.10.5", ("110152", "DCM", "Destination Role ID"), "PACS")
    who(root, "dr.canary", True, "10.10.20.15", name="Dr CANARY")
    source(root, "CT_ROOM1")
    study = thing(root, "1.2.826.0.1.3680043.10.543.1", "2", "3", ("110180", "DCM", "Study Instance UID"))
    ET.SubElement(ET.SubElement(study, "ParticipantObjectDescription"), "Accession", Number="CANARY-A1")
    patient(root, "キャナリー^タロウ & <金糸雀>")
    return root


def login():
    root = message(("110114", "DCM", "User Authentication"), "E", "8", [("110122", "DCM", "Login")])
    who(root, "nurse.canary", True, "ward-pc-7", name="CANARY^HANAKO")
    source(root, "VIEWER1")
    return root


def query():
    root = message(("110112", "DCM", "Query"), "E", types=[("ITI-18", "IHE Transactions", "Registry Stored Query")])
    who(root, "http://viewer/xds", True, "10.10.10.31", ("110153", "DCM", "Source Role ID"))
    who(root, "http://registry/xds", False, "10.10.10.32", ("110152", "DCM", "Destination Role ID"))
    source(root, "VIEWER1")
    patient(root, None)
    thing(root, "urn:uuid:0", "2", "24", ("ITI-18", "IHE Transactions", ""), query="UElEPUNBTkFSWTAwMDE=")
    return root


def old():
    root = message(("110113", "DCM", "Security Alert"), "E", "4", [("110128", "DCM", "Network Configuration")], old=True)
    who(root, "root", True, "10.10.20.15", ("110150", "DCM", "Application"), old=True)
    source(root, "CT_ROOM1")
    return root


data = ET.tostring(globals()[sys.argv[1]](), encoding="unicode", xml_declaration=False)
print('<?xml version="1.0" encoding="UTF-8"?>' + data)
