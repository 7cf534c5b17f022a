#!/usr/bin/env python3
"""Differential test of DICOM against tshark, joined by frame: the same PDU ends in the same frame and says the same.

    dicom_diff.py --wardwatch PROGRAM [--material DIR | --capture FILE...] [-v]

What is compared is said in dicom_map.tsv. A message (request or response) belongs to the frame in which its data set ends, or
its command set when it has none. Every difference is a failure or a row of dicom_differences.tsv; a row names the frames that
it is about. When a row is not needed any more, that is a failure too.
"""
import argparse
import collections
import fnmatch
import json
import os
import re
import subprocess
import sys

import tshark_diff as td

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = {"0x01": "associate", "0x02": "accept", "0x03": "reject", "0x05": "release", "0x06": "release", "0x07": "abort"}
COMMAND = re.compile(r"^\(([0-9a-f]{4},[0-9a-f]{4})\) +\d+ (.*?)(?: {2,}(.*))?$", re.S)
NO_DATASET = "257"  # 0101


def pairs(x):
    return x if isinstance(x, td.Pairs) else td.Pairs()


# ---- tshark --------------------------------------------------------------------------------------------------------------

class Stream:
    """What tshark tells of one conversation, as records (frame, sender, event, values) in the order of their ends."""

    def __init__(self):
        self.records, self.offers = [], {}
        self.open = {}  # (sender, context) -> record that waits for the end of its data set

    def add(self, frame, sender, event, values):
        record = [frame, sender, event, values]
        self.records.append(record)
        return record

    def association(self, frame, sender, pdu, kind):
        values = {k: td.first(pdu, k) for k in (
            "dicom.assoc.ae.calling", "dicom.assoc.ae.called", "dicom.max_pdu_len", "dicom.userinfo.uid",
            "dicom.userinfo.version", "dicom.assoc.reject.result", "dicom.assoc.reject.source", "dicom.assoc.reject.reason",
            "dicom.assoc.abort.source", "dicom.assoc.abort.reason")}
        contexts = [b for _, body in pdu for _, b in pairs(body) if isinstance(b, td.Pairs) and b.all("dicom.pctx.id")]
        values["contexts"] = len(contexts)
        values["contexts_accepted"] = sum(b.all("dicom.pctx.result") == ["0x00"] for b in contexts)
        values["response"] = td.first(pdu, "dicom.pdu.type") == "0x06"
        self.add(frame, sender, kind, values)
        for b in contexts:
            number = b.all("dicom.pctx.id")[0]
            if kind == "associate":
                self.offers.setdefault(td.number(number), b)
            elif kind == "accept":
                offer = self.offers.get(td.number(number), td.Pairs())
                good = b.all("dicom.pctx.result") == ["0x00"]
                self.add(frame, sender, "context", {
                    "dicom.pctx.id": number, "dicom.pctx.result": b.all("dicom.pctx.result")[0],
                    "dicom.pctx.abss.syntax": td.first(offer, "dicom.pctx.abss.syntax"),
                    "offered": sorted(td.uid(s) for s in offer.find("dicom.pctx.xfer.syntax")),
                    "accepted": td.first(b, "dicom.pctx.xfer.syntax") if good else ""})

    def fragment(self, frame, sender, body):
        at = sender, td.number(td.first(body, "dicom.pdv.ctx"))
        last = int(td.first(body, "dicom.pdv.flags", "0x00"), 16) & 2
        tags = {}
        for k, _ in body:
            m = COMMAND.match(k)
            if m and m.group(1).startswith("0000,"):
                tags[m.group(1)] = (m.group(3) or "").strip()
        if "0000,0100" in tags:
            offer = self.offers.get(at[1], td.Pairs())
            tags["sop_class"] = tags.get("0000,0002") or tags.get("0000,0003") or td.first(offer, "dicom.pctx.abss.syntax")
            tags["id"] = tags.get("0000,0110") or tags.get("0000,0120") or ""
            event = "response" if re.search(r"-R(SP|sp)", tags["0000,0100"]) else "request"
            record = self.add(frame, sender, event, tags)
            if td.number(tags.get("0000,0800", NO_DATASET)) != NO_DATASET:
                record[0] = None  # until the data set ends
                self.open[at] = record
        elif last and at in self.open:
            record = self.open.pop(at)
            record[0] = frame
            self.records.remove(record)
            self.records.append(record)

    def pdu(self, frame, sender, pdu):
        kind = KINDS.get(td.first(pdu, "dicom.pdu.type"))
        if kind:
            self.association(frame, sender, pdu, kind)
        for name, body in pdu:
            if name.startswith("PDV") and isinstance(body, td.Pairs):
                self.fragment(frame, sender, body)


def theirs_of(packets):
    streams = collections.defaultdict(Stream)
    for p in packets:
        layers = td.first(td.first(p, "_source"), "layers")
        two = td.ends(layers)
        frame = int(td.first(layers, "frame.number"))
        for pdu in layers.all("dicom") if two else []:
            if isinstance(pdu, td.Pairs):
                streams[frozenset(two)].pdu(frame, two[0], pdu)
    return {conv: s.records for conv, s in streams.items()}


# ---- ours ------------------------------------------------------------------------------------------------------------------

def ours_of(events):
    found = collections.defaultdict(list)
    for e in events:
        if e.get("event_type") != "dicom" or e["dicom"]["type"] in ("dataset", "file") or e["dicom"]["type"].startswith("web_"):
            continue
        two = (e["src_ip"], e["src_port"]), (e["dest_ip"], e["dest_port"])
        sender = two[0] if e["direction"] == "to_server" else two[1]
        flat = dict(e["dicom"])
        for k, v in e["dicom"].items():
            if isinstance(v, dict):
                flat.update(("%s.%s" % (k, n), x) for n, x in v.items())
        flat["transfer_syntaxes"] = sorted(flat.get("transfer_syntaxes", []))
        found[frozenset(two)].append([e["pcap_cnt"], sender, flat["type"], flat])
    return found


# ---- comparison --------------------------------------------------------------------------------------------------------------

def name_of(record):
    v = record[3]
    return "%s %s" % (record[2], v.get("command") or v.get("0000,0100") or "")


def same(a, b):
    """Records of one frame and sender that are about the same thing: a context by its id, the rest by their order."""
    if a[:3] != b[:3]:
        return False
    return a[2] != "context" or int(a[3]["id"]) == int(td.number(b[3]["dicom.pctx.id"]))


def unfinished(a, b):
    """A message whose data set did not end for tshark: the same command of the same sender, whenever we gave it up."""
    return b[0] is None and a[1:3] == b[1:3] and str(a[3]["message_id"]) == td.number(b[3]["id"])


def later(a, b):
    """An acceptance and its contexts are told when the request was seen, or cannot come any more."""
    return a[2] in ("accept", "context") and a[0] > (b[0] or 0) and same([b[0]] + a[1:], b)


def join(mine, yours):
    """Pairs of records that match, then those that one side alone has."""
    matched, left = [], list(yours)
    alone = []
    for test in (same, unfinished, later):
        alone = []
        for a in mine:
            b = next((y for y in left if test(a, y)), None)
            if b is None:
                alone.append(a)
            else:
                left.remove(b)
                matched.append((a, b))
        mine = alone
    return matched, alone, left


def values(how, *both):
    out = []
    for x in both:
        try:
            out.append(td.TRANSFORM[how](x if x is not None else ""))
        except ValueError:
            out.append(str(x))
    return out


def compare(table, mine, yours):
    """(event, field, frame, text) of every difference, and the number of values that were compared."""
    found, compared = [], 0
    for conv in sorted(set(mine) | set(yours), key=lambda c: sorted(map(str, c))):
        matched, alone, left = join(mine.get(conv, []), yours.get(conv, []))
        where = " - ".join("%s:%s" % x for x in sorted(conv, key=str))
        found += [("dicom." + r[2], "only_ours", r[0], "%s: %s" % (where, name_of(r))) for r in alone]
        found += [("dicom." + r[2], "only_tshark", r[0], "%s: %s" % (where, name_of(r))) for r in left]
        for a, b in matched:
            compared += b[0] is not None  # the frame itself
            if b[0] not in (None, a[0]):
                found.append(("dicom." + a[2], "frame", a[0], "%s: %s: tshark %d" % (where, name_of(a), b[0])))
            for our_name, their_name, how in table["dicom." + a[2], a[2]]:
                x, y = values(how, a[3].get(our_name, ""), b[3].get(their_name, ""))
                if x is None or y is None:
                    continue
                compared += 1
                if x != y:
                    found.append(("dicom." + a[2], our_name, a[0], "%s: %s: ours %r, tshark %r" % (where, name_of(a), x, y)))
    return found, compared


class Known:
    """A row of dicom_differences.tsv: capture, event, field, frames (- = all, or 3,7-9), tshark, reason."""

    def __init__(self, row):
        self.row, self.used = row, False
        self.frames = None
        if row[3] != "-":
            spans = [f.split("-") for f in row[3].split(",")]
            self.frames = {n for s in spans for n in range(int(s[0]), int(s[-1]) + 1)}

    def covers(self, capture, event, field, frame):
        if not all(fnmatch.fnmatch(x, p) for x, p in zip((capture, event, field), self.row)):
            return False
        if self.frames is not None and frame not in self.frames:
            return False
        self.used = True
        return True


def ports_of(events):
    return {"dicom": {e["dest_port"] for e in events if e.get("event_type") == "dicom"} | {104, 11112, 4242, 2761, 2762}}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--wardwatch", required=True)
    p.add_argument("--material")
    p.add_argument("--capture", nargs="*")
    p.add_argument("-v", action="store_true", help="also print the known differences")
    a = p.parse_args()
    try:
        version = subprocess.run(["tshark", "--version"], capture_output=True, check=True, text=True).stdout.split("\n")[0]
    except OSError:
        print("skipped: tshark is not installed")
        return 77
    print(version)
    table = td.field_map(os.path.join(HERE, "dicom_map.tsv"))
    known = [Known(r) for r in td.read_tsv(os.path.join(HERE, "dicom_differences.tsv"), 6)]
    new = old = total = files = 0
    names = []
    for name, path in td.captures(a):
        events = td.our_events(a.wardwatch, path)
        ours = ours_of(events)
        if not ours and not re.search("dicom", name):
            continue
        names.append(name)
        found, compared = compare(table, ours, theirs_of(td.run_tshark(path, ports_of(events))))
        total += compared
        files += compared > 0
        for event, field, frame, text in found:
            is_known = any([k.covers(name, event, field, frame) for k in known])
            old += is_known
            new += not is_known
            if not is_known or a.v:
                print("%s%s: %s.%s: frame %s: %s" % ("known: " if is_known else "", name, event, field, frame, text))
    idle = [k.row for k in known if not k.used and k.row[0] in names]
    for row in idle:
        print("a row of dicom_differences.tsv is not needed any more: %s" % "\t".join(row[:4]))
    print("%d values compared in %d captures, %d known differences, %d new" % (total, files, old, new))
    return 1 if new or idle or total == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
