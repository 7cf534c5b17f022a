#!/usr/bin/env python3
"""Differential test against tshark: the same capture, field by field, joined by conversation and order; HL7 messages by
their control id, so that one that only one side sees is one difference, and compared with the frame that ends them.
DICOM has its own test, dicom_diff.py.

    tshark_diff.py --wardwatch PROGRAM [--material DIR | --capture FILE...] [-v]

Captures: all of pcaps/, or with --material those of DIR/captures whose index names DICOM, HL7 or HTTP. Every difference is a
failure or a row of known_differences.tsv. Which fields are compared is said in tshark_map.tsv.
"""
import argparse
import collections
import concurrent.futures
import csv
import difflib
import fnmatch
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SIZE_MAX = 8 << 20


def read_tsv(path, columns):
    with open(path, encoding="utf-8") as f:
        rows = [l.rstrip("\n").split("\t") for l in f if l.strip() and not l.startswith("#")]
    for r in rows:
        if len(r) < columns:
            sys.exit("%s: %d columns are wanted: %s" % (path, columns, r))
    return rows


def field_map(path=os.path.join(HERE, "tshark_map.tsv")):
    table = collections.defaultdict(list)
    for event, ours, record, theirs, how in read_tsv(path, 5):
        if how not in TRANSFORM:
            sys.exit("%s: unknown transformation %s" % (path, how))
        table[event, record].append((ours, theirs, how))
    return table


# ---- transformations: a value of ours and one of tshark's, both as text in one form, or None when not comparable ---------

def number(s):
    s = str(s).strip()
    m = re.search(r"\((0x[0-9a-fA-F]+)\)\s*$", s)
    return str(int(m.group(1) if m else s.split(" ")[0], 0)) if s else ""


def uid(s):
    s = str(s)
    m = re.search(r"\(([0-9.]+)\)\s*$", s)
    return (m.group(1) if m else s.split(" ")[0]).rstrip("\0 ")


def hexa(s):
    s = str(s)
    m = re.search(r"0x([0-9a-fA-F]+)\)?\s*$", s)
    return "%04x" % int(m.group(1) if m else s, 16) if s else ""


def ascii_only(s):
    s = str(s)
    return s if all(" " <= c <= "~" for c in s) else None


def listed(s):
    return ",".join(s) if isinstance(s, list) else str(s)


def listed_in(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return set(re.findall(r'X\("?([^")]+)"?\)', re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)))


WORDS = listed_in("dissectors/it/http/words.inc") | listed_in("dissectors/lib/fhir_types.inc")


def segment(s):
    """One segment of a path as dissectors/it/http/path.c shows it, written a second time."""
    s = s.split(";")[0]
    ext = re.search(r"\.(html?|js|css|png|jpe?g|gif|svg|ico|json|xml|txt|csv|pdf|zip|exe|dll|msi|cab|bin|img|php|aspx?|jsp|do|cgi"
                    r"|dcm|woff2?|map|wsdl|crl|crt|gz|tar|ps1|sh)$", s, re.I)
    if not s or s.startswith("{") or s in WORDS or s in "*" or re.fullmatch(r"[vr](?=.{1,3}$)\d+(\.+\d+)*|(?=.{1,3}$)\d+(\.+\d+)+", s, re.I):
        return s
    return "{file}." + ext.group(1).lower() if ext else "{id}" if re.search(r"\d", s) else "{text}"


def pattern(uri):
    uri = re.sub(r"^https?://[^/?]*", "", str(uri), flags=re.I).split("?")[0].split("#")[0]
    parts = uri.split("/")
    return "/".join([segment(s) for s in parts[:24]] + (["..."] if len(parts) > 24 and parts[24] != "..." else parts[24:25]))


def host(s):
    m = re.match(r"\[([^\]]*)\]|([^:]*)(?::\d+)?$", str(s).strip())
    return (m.group(1) or m.group(2) or "") if m and str(s).count(":") < 2 or str(s).startswith("[") else str(s)


def media(s):
    return str(s).split(";")[0].strip().lower()


TRANSFORM = {
    "pattern": pattern, "host": host, "media": media,
    "=": str, "rtrim": lambda s: str(s).rstrip(" \0"), "aet": lambda s: str(s).strip(" \0"), "number": number, "uid": uid,
    "hex": hexa, "ascii": ascii_only, "word": lambda s: str(s).split(" ")[0], "list": listed,
    "kind": lambda s: re.sub(r"-R(Q|SP|sp)$", "", str(s).split(" ")[0]),
}


# ---- tshark ------------------------------------------------------------------------------------------------------------

class Pairs(list):
    """A JSON object with its order and its repeated keys."""

    def all(self, key):
        return [v for k, v in self if k == key]

    def find(self, key):
        """Values of a key at any depth, in order."""
        for k, v in self:
            if k == key:
                yield v
            for part in v if isinstance(v, list) and not isinstance(v, Pairs) else [v]:
                if isinstance(part, Pairs):
                    yield from part.find(key)


def run_tshark(path, ports, bodies=True):
    command = ["tshark", "-r", path, "-T", "json", "-o", "tcp.desegment_tcp_streams:TRUE", "-o",
               "tcp.reassemble_out_of_order:TRUE", "-o", "http.desegment_body:%s" % str(bodies).upper(), "-Y",
               "dicom || hl7 || http"]
    for proto, numbers in sorted(ports.items()):
        for n in sorted(numbers):
            command += ["-d", "tcp.port==%d,%s" % (n, proto)]
    r = subprocess.run(command, capture_output=True, check=False, timeout=600)
    text = r.stdout.decode("utf-8", "replace")
    return json.loads(text, object_pairs_hook=Pairs) if text.strip() else []


def ends(layers):
    """Of the innermost packet: tunnels can be of the other IP version."""
    found = [(family, body) for family, body in layers if family in ("ip", "ipv6")]
    if not found or not layers.all("tcp"):
        return None  # over UDP (SSDP) or SCTP: another protocol for us
    (family, inner), tcp = found[-1], layers.all("tcp")[-1]
    src, dst = inner.all(family + ".src")[0], inner.all(family + ".dst")[0]
    return (src, int(tcp.all("tcp.srcport")[0])), (dst, int(tcp.all("tcp.dstport")[0]))


def first(p, key, otherwise=""):
    return next(p.find(key), otherwise)


def hl7_record(layer):
    segments = [s for s in layer.all("hl7.segment") if isinstance(s, str)]
    if not segments or not segments[0].startswith("MSH") or len(segments[0]) < 8:
        return None
    sep, comp = segments[0][3], segments[0][4]
    values = {"segments": [s.strip("\r\n")[:3] for s in segments if s.strip("\r\n")]}
    for s in segments:
        s = s.strip("\r\n")
        name, parts = s[:3], s.split(sep)
        if name in ("MSH", "MSA") and name + "-1" not in values:
            for i, v in enumerate(parts[1:], 2 if name == "MSH" else 1):
                values["%s-%d" % (name, i)] = v
                for k, c in enumerate(v.split(comp), 1):
                    values["%s-%d.%d" % (name, i, k)] = c
            values.setdefault(name + "-1", sep)
    return ("ack" if "MSA-1" in values else "message"), values


def http_record(layer):
    if first(layer, "http.request.method") and first(layer, "http.request.version").startswith("HTTP/1."):
        kind = "http.request"
    elif first(layer, "http.response.code"):
        kind = "http.response"
    else:
        return None  # bytes that tshark could not place
    values = {k: first(layer, k) for k in ("http.request.method", "http.host", "http.request.uri", "http.request.version",
              "http.user_agent", "http.content_type", "http.content_length_header", "http.response.code", "http.server",
              "http.response.version")}
    if values["http.request.method"] == "CONNECT":  # its target is the host (RFC 9112 3.2.3)
        values["http.host"], values["http.request.uri"] = values["http.request.uri"], ""
    if list(layer.find("http.transfer_encoding")):
        values["http.content_length_header"] = ""
    return kind, values


def tshark_records(packets):
    """(ends, record) -> values in order."""
    found = collections.defaultdict(list)
    for p in packets:
        layers = first(first(p, "_source"), "layers")
        two = ends(layers)
        if two is None:
            continue
        conv = frozenset(two)
        for layer in layers.all("http"):
            r = http_record(layer) if isinstance(layer, Pairs) else None
            if r:
                found[conv, r[0]].append(r[1])
        for layer in layers.all("hl7"):
            r = hl7_record(layer) if isinstance(layer, Pairs) else None
            if r:
                found[conv, "hl7"].append(dict(r[1], kind=r[0], frame=first(layers, "frame.number")))
    return found


# ---- ours --------------------------------------------------------------------------------------------------------------------

def our_events(program, path):
    r = subprocess.run([program, "analyze", path, "--events", "-"], capture_output=True, check=False, timeout=600)
    if r.returncode not in (0, 1, 2, 3) or not r.stdout:
        sys.exit("%s: exit code %d: %s" % (path, r.returncode, r.stderr.decode("utf-8", "replace")))
    return [json.loads(l) for l in r.stdout.decode("utf-8").split("\n") if l]


def our_records(events):
    found = collections.defaultdict(list)
    for e in events:
        proto = e.get("event_type")
        if proto in ("hl7", "http") and isinstance(e.get(proto), dict) and e[proto].get("http_method") != "PRI":
            conv = frozenset(((e.get("src_ip"), e.get("src_port")), (e.get("dest_ip"), e.get("dest_port"))))
            kind = e[proto].get("type")
            if proto == "hl7" and kind in ("message", "ack"):
                found[conv, "hl7"].append(dict(e[proto], kind=kind, frame=str(e.get("pcap_cnt"))))
            elif proto == "http":
                found[conv, "%s.%s" % (proto, kind)].append(e[proto])
    return found


def ports_of(events):
    ports = {"hl7": {2575, 6661}, "http": set()}
    for e in events:
        if e.get("event_type") in ports and e.get("dest_port"):
            ports[e["event_type"]].add(e["dest_port"])
    return ports


def differences(fields, m, y):
    """(field, text) where values of a record of ours and one of tshark's differ, and how many were compared."""
    found, compared = [], 0
    for our_name, their_name, how in fields:
        try:
            a, b = (TRANSFORM[how](x if x is not None else "") for x in (m.get(our_name, ""), y.get(their_name, "")))
        except ValueError:
            a, b = str(m.get(our_name)), str(y.get(their_name))
        if a is None or b is None:
            continue
        compared += 1
        if a != b:
            found.append((our_name, "ours %r, tshark %r" % (a, b)))
    return found, compared


def compare_hl7(table, ours, theirs):
    """The same for HL7. A message that one side alone has is the difference only_ours:ID or only_tshark:ID."""
    found, compared = [], 0
    for conv in sorted({c for c, k in list(ours) + list(theirs) if k == "hl7"}, key=lambda c: sorted(map(str, c))):
        mine, yours = ours.get((conv, "hl7"), []), theirs.get((conv, "hl7"), [])
        where = " - ".join("%s:%s" % x for x in sorted(conv, key=str))
        ids = [m.get("control_id", "") for m in mine], [y.get("MSH-10", "") for y in yours]
        for what, a0, a1, b0, b1 in difflib.SequenceMatcher(None, *ids, autojunk=False).get_opcodes():
            if what != "equal":
                found += [("hl7." + m["kind"], "only_ours:" + m.get("control_id", ""), "%s: frame %s" % (where, m["frame"])) for m in mine[a0:a1]]
                found += [("hl7." + y["kind"], "only_tshark:" + y.get("MSH-10", ""), "%s: frame %s" % (where, y["frame"])) for y in yours[b0:b1]]
                continue
            for m, y in zip(mine[a0:a1], yours[b0:b1]):
                event = "hl7." + m["kind"]
                d, n = differences([("kind", "kind", "="), ("frame", "frame", "=")] + table[event, m["kind"]], m, y)
                compared += n
                found += [(event, field, "%s: %s: %s" % (where, m.get("control_id"), text)) for field, text in d]
    return found, compared


def compare(table, ours, theirs):
    """(event, field, text) of every difference, and the number of values that were compared."""
    found, compared = compare_hl7(table, ours, theirs)
    for (event, record), fields in sorted(table.items()):
        if event.startswith("hl7."):
            continue
        convs = {c for c, k in list(ours) + list(theirs) if k in (event, record)}
        for conv in sorted(convs, key=lambda c: sorted(map(str, c))):
            mine, yours = ours.get((conv, event), []), theirs.get((conv, record), [])
            where = " - ".join("%s:%s" % x for x in sorted(conv, key=str))
            if len(mine) != len(yours):
                found.append((event, "count", "%s: %d of ours, %d of tshark" % (where, len(mine), len(yours))))
                continue
            for i, (m, y) in enumerate(zip(mine, yours)):
                d, n = differences(fields, m, y)
                compared += n
                found += [(event, field, "%s: number %d: %s" % (where, i + 1, text)) for field, text in d]
    return found, compared


def uneven(ours, theirs):
    """Conversations of which both told another number of HTTP messages."""
    return [k for k in set(ours) | set(theirs) if k[1].startswith("http.") and len(ours.get(k, [])) != len(theirs.get(k, []))]


def heads_alone(ours, theirs, heads):
    """tshark tells a message when its body is whole, we when its head is (RFC 9112 8: a body may stay incomplete). Where a
    body has no end in the capture, what tshark tells without waiting for bodies counts."""
    for k in uneven(ours, theirs):
        if len(heads.get(k, [])) == len(ours.get(k, [])):
            theirs[k] = heads[k]


def known(rows, capture, event, field):
    return any(fnmatch.fnmatch(capture, r[0]) and fnmatch.fnmatch(event, r[1]) and fnmatch.fnmatch(field, r[2]) for r in rows)


def captures(args):
    if args.capture:
        return [(os.path.basename(c), c) for c in args.capture]
    if args.material:
        base = os.path.join(args.material, "captures")
        with open(os.path.join(base, "index.tsv"), encoding="utf-8", newline="") as f:
            rows = [r for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)
                    if re.search("dicom|hl7|http|fhir", r["protocols"] + r["path"], re.I)]
        return [(r["path"], os.path.join(base, r["path"])) for r in rows if os.path.getsize(os.path.join(base, r["path"])) <= SIZE_MAX]
    found = []
    for folder, dirs, names in os.walk(os.path.join(ROOT, "pcaps")):
        dirs.sort()
        found += [os.path.join(folder, n) for n in sorted(names) if re.search(r"\.pcap(ng)?(\.gz)?$", n)]
    return [(os.path.relpath(p, os.path.join(ROOT, "pcaps")), p) for p in found]


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
    table, rows = field_map(), read_tsv(os.path.join(HERE, "known_differences.tsv"), 5)
    new = old = values = files = 0

    def both(path):
        events = our_events(a.wardwatch, path)
        ours, ports = our_records(events), ports_of(events)
        theirs = tshark_records(run_tshark(path, ports))
        if uneven(ours, theirs):
            heads_alone(ours, theirs, tshark_records(run_tshark(path, ports, bodies=False)))
        return compare(table, ours, theirs)

    todo = captures(a)
    with concurrent.futures.ThreadPoolExecutor(2) as side_by_side:
        for (name, _), (found, compared) in zip(todo, side_by_side.map(both, [path for _, path in todo])):
            values += compared
            files += compared > 0
            for event, field, text in found:
                is_known = known(rows, name, event, field)
                old += is_known
                new += not is_known
                if not is_known or a.v:
                    print("%s%s: %s.%s: %s" % ("known: " if is_known else "", name, event, field, text), flush=True)
    print("%d values compared in %d captures, %d known differences, %d new" % (values, files, old, new))
    return 1 if new or values == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
