#!/usr/bin/env python3
"""Captures of real programs against answers that were made without any packet analyser's DICOM or HL7 code.

    oracle_diff.py --wardwatch PROGRAM --material DIR [-v]

DIR/captures/oracle/{dicom,hl7}/NAME.json hold associations with their commands, and messages, as cut from the streams and
read by pynetdicom, pydicom and python-hl7; oracle/other/astm-*.json hold frames and records of laboratory links. For captures with losses, events must be among the answers; for all others
they must be the answers. Known differences: known_differences.tsv (version `oracle`).
"""
import argparse
import collections
import glob
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tshark_diff as td  # noqa: E402

# The answers for these captures were read from the damaged file; the right ones are those of the intact capture.
OF = {"derived-loss2-dicom": "dicom-orthanc-qr", "derived-midstream-dicom": "dicom-orthanc-qr", "derived-oneway-dicom": "dicom-orthanc-qr",
      "derived-reorder-dicom": "dicom-orthanc-qr", "derived-truncated-file-dicom": "dicom-orthanc-qr",
      "derived-span-duplicates-dicom": "dicom-orthanc-qr", "derived-loss5-hl7": "hl7-medplum",
      "derived-midstream-hl7": "hl7-medplum", "derived-oneway-hl7": "hl7-python"}
LOSSY = ("loss", "midstream", "truncated", "snaplen", "broken", "oneway")


def ends(a, b):
    split = [(x.rsplit(":", 1)[0].strip("[]"), int(x.rsplit(":", 1)[1])) for x in (a, b)]
    return frozenset(split)


def text(v):
    return "" if v is None else str(v)


def records(events):
    """(ends, event) -> what we told, in order."""
    found = collections.defaultdict(list)
    for e in events:
        body = e.get(e.get("event_type"))
        if isinstance(body, dict) and e.get("src_port") is not None:
            conv = frozenset(((e["src_ip"], e["src_port"]), (e["dest_ip"], e["dest_port"])))
            found[conv, "%s.%s" % (e["event_type"], body.get("type"))].append(body)
    return found


def dicom_answers(doc):
    """(ends, event) -> tuples of what must be told, in order."""
    found = collections.defaultdict(list)
    for a in doc["associations"]:
        conv = ends(a["client"], a["server"])
        for key, event in (("request", "dicom.associate"), ("accept", "dicom.accept")):
            if a.get(key):
                r, user = a[key], a[key].get("user", {})
                first = (r["calling"].strip(), r["called"].strip()) if key == "request" else ()
                found[conv, event].append(first + (text(user.get("max_pdu")), text(user.get("impl_class_uid")), text(user.get("impl_version")).strip()))
        if a.get("reject"):
            found[conv, "dicom.reject"].append(tuple(str(a["reject"][k]) for k in ("result", "source", "reason")))
        for d in a["dimse"]:
            response = "-RSP" in d["command"]
            command = d["command"].replace("-RQ", "").replace("-RSP", "").split(" ")[0]
            number = d.get("MessageIDBeingRespondedTo") if response or "MessageID" not in d else d["MessageID"]
            status = text(d.get("Status")).replace("0x", "").lower() if response else ""
            found[conv, "dicom.response" if response else "dicom.request"].append((command, text(number), status))
    return found


def dicom_ours(events):
    found = collections.defaultdict(list)
    for (conv, event), bodies in records(events).items():
        for b in bodies:
            g = lambda k: text(b.get(k))  # noqa: E731
            if event in ("dicom.associate", "dicom.accept"):
                first = (g("calling_aet"), g("called_aet")) if event == "dicom.associate" else ()
                found[conv, event].append(first + (g("max_pdu"), g("impl_class_uid"), g("impl_version")))
            elif event == "dicom.reject":
                found[conv, event].append(tuple(g(k) for k in ("result_code", "source_code", "reason_code")))
            elif event in ("dicom.request", "dicom.response"):
                status = td.hexa(g("status")) if event == "dicom.response" else ""
                found[conv, event].append((g("command"), g("message_id"), status))
    return found


def hl7_answers(doc):
    found = collections.defaultdict(list)
    for c in doc["connections"]:
        conv = ends(c["a"], c["b"])
        for m in c["messages"]:
            kind = "hl7.ack" if m.get("ack") else "hl7.message"
            mtype = (m.get("type") or "").split("^")[0]
            more = (m["ack"]["code"], m["ack"]["control_id"]) if m.get("ack") else ()
            found[conv, kind].append((mtype, text(m.get("control_id")), text(m.get("sending_app")), text(m.get("version")),
                                      ",".join(m.get("segments", []))) + more)
    return found


def hl7_ours(events):
    found = collections.defaultdict(list)
    for (conv, event), bodies in records(events).items():
        for b in bodies:
            g = lambda k: text(b.get(k))  # noqa: E731
            if event in ("hl7.message", "hl7.ack"):
                more = (g("ack_code"), g("ack_control_id")) if event == "hl7.ack" else ()
                found[conv, event].append((g("message_type"), g("control_id"), g("sending_app"), g("version"),
                                           ",".join(b.get("segments", []))) + more)
    return found


def astm_answers(doc):
    """Control characters, frames and records of each connection; the number of each record type by message."""
    found = collections.defaultdict(list)
    for c in doc["connections"]:
        conv = ends(c["analyzer"], c["host"])
        control, good = c["control"], [f["checksum_ok"] for f in c["frames"]]
        found[conv, "astm.transfer"].append((control["ENQ"], control["ACK"], control["NAK"], control["EOT"], len(good), good.count(False)))
        for r in c["records"]:
            if r[0] == "H":
                name = "^".join(x.strip(" '") for x in r[4].strip("[]").split(","))
                found[conv, "astm.message"].append([name, collections.Counter()])
            if found[conv, "astm.message"]:
                found[conv, "astm.message"][-1][1][r[0]] += 1
        found[conv, "astm.message"] = [(name,) + tuple(n[k] for k in "PORCQ") for name, n in found[conv, "astm.message"]]
    return found


def astm_ours(events):
    found = collections.defaultdict(list)
    for (conv, event), bodies in records(events).items():
        for b in bodies:
            if event == "astm.message":
                found[conv, event].append((b["sender"],) + tuple(b[k] for k in ("patients", "orders", "results", "comments", "queries")))
            elif event == "astm.transfer":
                t = (b["enquiries"], b["acks"], b["naks"], b["outcome"] != "no_end", b["frames"], b["checksum_errors"])
                old = found[conv, event] or [(0,) * 6]
                found[conv, event] = [tuple(x + y for x, y in zip(old[0], t))]
    return found


def compare(answers, ours, subset):
    """(event, text) of each difference, and how many events were as answered."""
    found, same = [], 0
    for key in sorted(set(answers) | set(ours), key=str):
        want, got = collections.Counter(answers.get(key, [])), collections.Counter(ours.get(key, []))
        same += sum((want & got).values())
        where = " - ".join("%s:%s" % x for x in sorted(key[0], key=str))
        for value, n in sorted((got - want).items()):
            found.append((key[1], "%s: told but not in the answers: %s (%d)" % (where, value, n)))
        for value, n in sorted((want - got).items()) if not subset else []:
            found.append((key[1], "%s: not told: %s (%d)" % (where, value, n)))
    return found, same


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--wardwatch", required=True)
    p.add_argument("--material", required=True)
    p.add_argument("-v", action="store_true", help="also print the known differences")
    a = p.parse_args()
    base = os.path.join(a.material, "captures")
    rows = [r for r in td.read_tsv(os.path.join(td.HERE, "known_differences.tsv"), 5) if r[3] in ("oracle", "any")]
    new = old = same = files = 0
    for proto, pattern, answers, ours in (("dicom", "*", dicom_answers, dicom_ours), ("hl7", "*", hl7_answers, hl7_ours),
                                          ("other", "astm-*", astm_answers, astm_ours)):
        for oracle in sorted(glob.glob(os.path.join(base, "oracle", proto, pattern + ".json"))):
            name = "made/" + os.path.basename(oracle)[:-5]
            path = next((os.path.join(base, name + e) for e in (".pcap", ".pcapng") if os.path.exists(os.path.join(base, name + e))), None)
            if path is None or os.path.getsize(path) > td.SIZE_MAX:
                continue
            name = os.path.relpath(path, base)
            stem = os.path.basename(oracle)[:-5]
            with open(os.path.join(base, "oracle", proto, OF.get(stem, stem) + ".json"), encoding="utf-8") as f:
                doc = json.load(f)
            events = td.our_events(a.wardwatch, path)
            found, n = compare(answers(doc), ours(events), any(w in name for w in LOSSY))
            same, files = same + n, files + 1
            for event, line in found:
                is_known = td.known(rows, name, event, "oracle")
                old, new = old + is_known, new + (not is_known)
                if not is_known or a.v:
                    print("%s%s: %s: %s" % ("known: " if is_known else "", name, event, line))
    print("%d events as answered in %d captures, %d known differences, %d new" % (same, files, old, new))
    return 1 if new or same == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
