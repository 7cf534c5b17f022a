#!/usr/bin/env python3
"""Golden tests: a capture goes in, the events that come out are compared with what is kept here.

    run.py --wardwatch PROGRAM test NAME        events of NAME are those of NAME.jsonl
    run.py --wardwatch PROGRAM variants NAME    spoiled copies of the capture tell nothing new
    run.py --wardwatch PROGRAM workers NAME     one, two and four workers tell the same, byte for byte
    run.py --wardwatch PROGRAM coverage         fields seen in all goldens are those of coverage.txt
    run.py --wardwatch PROGRAM update [NAME]    rewrite the goldens; read the diff and explain it in the commit

TESTLIST: name, capture (below pcaps/), further arguments of `wardwatch analyze`, filter; separated by tabs.
The filter names the event types that are kept in full (dicom,flow); of messages and flows type, ends and flow are kept
otherwise. `alerts` keeps class, level and device of each alert.
"""
import argparse
import collections
import difflib
import json
import os
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
import pcapfile  # noqa: E402

CANARY = ("CANARY", "Canary", "canary", "キャナリー", "ｷｬﾅﾘｰ", "金糸雀", "かなりあ", "6b;e?}", "%-%c%J%j")
# what depends on the place of the file, the machine or the worker
PRIVATE = {"pcap_filename", "in_iface", "worker", "seq", "source"}
ALERT = ("class", "variant", "level", "what", "asset_id", "count")
BRIEF = ("event_type", "src_ip", "src_port", "dest_ip", "dest_port", "proto", "app_proto", "flow_id", "ether")
# what names one message among those of its type between the same ends
IDS = {
    "dicom.request": ("command", "message_id"), "dicom.response": ("command", "message_id"), "dicom.context": ("id",),
    "dicom.dataset": ("message_id", "command"), "hl7.message": ("control_id",), "hl7.ack": ("control_id", "ack_control_id"),
    "hl7.device": ("subject_id",), "dns.query": ("id", "rrname", "rrtype"), "dns.response": ("id", "rrname", "rrtype"),
    "dns.answer": ("id", "name", "address"), "dhcp.message": ("id", "dhcp_type", "client_mac"),
    "http.request": ("http_method",), "http.response": ("status",),
    "fhir.request": ("interaction", "resource"), "fhir.response": ("status",), "fhir.body": ("resource", "bytes"),
    "dicom.web_request": ("service", "level"), "dicom.web_response": ("status",), "dicom.web_results": ("bytes",),
    "ihe.transaction": ("action",), "ihe.message": ("bytes", "action"), "cda.document": ("bytes",),
    "arp.message": ("opcode", "src_ip", "dest_ip", "src_mac"), "astm.message": ("sender", "message_time"),
    "poct1a.hello": ("control_id",), "poct1a.message": ("control_id",), "poct1a.ack": ("control_id",),
    "syslog.message": ("message_time", "app_name"), "syslog.audit": ("event_code", "event_time"),
}
INTERNAL = {"flow.start", "flow.open", "flow.app"}  # between the rooms only; no output writes them
MESSAGES = {"http", "fhir", "ihe", "cda", "dicom", "hl7", "dns", "dhcp", "arp", "astm", "poct1a", "syslog"}


# segments that contradict each other: which of them is read depends on which are seen, for a receiver as for us
TWO_ANSWERS = {"mirror-contradict-forged", "mirror-contradict-segments"}


class Failure(Exception):
    pass


def testlist(path=os.path.join(HERE, "TESTLIST")):
    tests = collections.OrderedDict()
    with open(path, encoding="utf-8") as f:
        for i, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            cols = line.split("\t")
            if len(cols) != 4 or cols[0] in tests:
                raise Failure("%s:%d: four columns and a new name are wanted" % (path, i))
            tests[cols[0]] = {"name": cols[0], "capture": cols[1], "args": shlex.split(cols[2]) if cols[2] != "-" else [],
                              "filter": set(cols[3].split(","))}
    return tests


def analyze(program, capture, args):
    """Runs the program. Return: its events, in order."""
    command = [program, "analyze", capture, "--events", "-"] + args
    r = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, timeout=300, env=dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8"))
    if r.returncode not in (0, 1):
        raise Failure("exit code %d of: %s\n%s" % (r.returncode, shlex.join(command), r.stderr.decode("utf-8", "replace")))
    return parse(r.stdout, shlex.join(command)), r.stdout + r.stderr


def parse(data, what):
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        raise Failure("%s: the output is not UTF-8: %s" % (what, e)) from e
    for name in CANARY:
        if name in text:
            line = next(l for l in text.split("\n") if name in l)
            raise Failure("%s: patient data in the output: %s" % (what, line))
    try:
        return [json.loads(line, object_pairs_hook=no_twice) for line in text.split("\n") if line]
    except ValueError as e:
        raise Failure("%s: a line is not JSON: %s" % (what, e)) from e


def no_twice(pairs):
    d = dict(pairs)
    if len(d) != len(pairs):
        raise ValueError("a key twice in %s" % pairs)
    return d


def kind(e):
    """proto.kind of an event line."""
    proto = e.get("event_type", "?")
    body = e.get(proto)
    return "%s.%s" % (proto, body["type"]) if isinstance(body, dict) and isinstance(body.get("type"), str) else proto


def normalise(events, keep):
    """The lines of a golden file."""
    last_stats = {}  # of the whole run, and of each interface, file and VLAN
    for e in events:
        if e.get("event_type") == "stats":
            key = tuple(e["stats"].get(k) for k in ("type", "name", "scope", "vlan"))
            last_stats.pop(key, None)
            last_stats[key] = e
    lines = []
    for e in events:
        proto = e.get("event_type")
        if proto == "stats":
            continue
        if proto in keep or kind(e) in keep:
            e = {k: v for k, v in e.items() if k not in PRIVATE}
        elif proto == "alert" and "alerts" in keep:  # which alerts; their texts and weights have tests of their own
            e = {"event_type": "alert", "type": "alert", "wardwatch": {k: e["wardwatch"].get(k) for k in ALERT}}
        elif proto not in MESSAGES | {"flow"}:
            continue
        else:
            e = dict({k: e[k] for k in BRIEF if k in e}, type=kind(e))
        lines.append(json.dumps(e, sort_keys=True, ensure_ascii=False))
    for e in last_stats.values():  # work counters: wasted work shows as a difference
        lines.append(json.dumps({k: v for k, v in e.items() if k not in PRIVATE}, sort_keys=True, ensure_ascii=False))
    return lines


def golden_path(name):
    return os.path.join(HERE, name + ".jsonl")


def read_lines(path):
    with open(path, encoding="utf-8") as f:
        return f.read().splitlines()


def capture_of(t):
    path = os.path.join(ROOT, "pcaps", t["capture"])
    if not os.path.exists(path):
        raise Failure("%s: the capture pcaps/%s is missing" % (t["name"], t["capture"]))
    return path


def do_test(program, t):
    events, _ = analyze(program, capture_of(t), t["args"])
    got = normalise(events, t["filter"])
    if not os.path.exists(golden_path(t["name"])):
        raise Failure("%s has no golden file; run: run.py --wardwatch %s update %s" % (t["name"], program, t["name"]))
    want = read_lines(golden_path(t["name"]))
    if got != want:
        diff = list(difflib.unified_diff(want, got, "golden", "now", lineterm="", n=1))
        raise Failure("%s: the events differ\n%s" % (t["name"], "\n".join(diff[:60])))


def do_update(program, t):
    events, _ = analyze(program, capture_of(t), t["args"])
    with open(golden_path(t["name"]), "w", encoding="utf-8") as f:
        f.write("".join(line + "\n" for line in normalise(events, t["filter"])))


# ---- spoiled captures -------------------------------------------------------------------------------------------------

def degrades(path=os.path.join(HERE, "degrades.tsv")):
    """(proto.kind, field) -> unknown (the field may go missing) or any (it may have another value)."""
    table = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                event, field, how = line.rstrip("\n").split("\t")[:3]
                table[event, field] = how
    return table


def allowed(table, event, field):
    return table.get((event, field)) or table.get((event.split(".")[0] + ".*", field)) or table.get(("*", field))


def identity(e):
    """Type, ends (in no order: which is the client may be unknown) and the message's own id."""
    body = e[e["event_type"]]
    two = sorted([(str(e.get("src_ip")), e.get("src_port", 0)), (str(e.get("dest_ip")), e.get("dest_port", 0))])
    return kind(e), tuple(two), tuple((k, str(body.get(k))) for k in IDS.get(kind(e), ()))


def messages(events):
    found = collections.defaultdict(list)
    for e in events:
        if e.get("event_type") in MESSAGES and isinstance(e.get(e["event_type"]), dict):
            found[identity(e)].append(e[e["event_type"]])
    return found


def unknown(v):
    return v is None or v in ("", 0, False) or v == [] or v == "unknown"


def differences(table, event, want, got):
    for field in sorted(set(want) | set(got)):
        if want.get(field) == got.get(field):
            continue
        how = allowed(table, event, field)
        if how == "any" or (how == "unknown" and unknown(got.get(field))):
            continue
        yield "%s: %s instead of %s" % (field, json.dumps(got.get(field)), json.dumps(want.get(field)))


def compare(table, intact, spoiled):
    """What the spoiled run tells that the intact one did not."""
    bad = []
    want, got = messages(intact), messages(spoiled)
    for key, bodies in sorted(got.items(), key=str):
        candidates = list(want.get(key, []))
        if len(bodies) > len(candidates):
            bad.append("%s %s: told %d times, %d times by the intact capture" % (key[0], key[1:], len(bodies), len(candidates)))
            continue
        for body in bodies:
            tries = [list(differences(table, key[0], c, body)) for c in candidates]
            best = min(range(len(tries)), key=lambda i: len(tries[i]))
            if tries[best]:
                bad.append("%s %s: %s" % (key[0], key[1:], "; ".join(tries[best])))
            candidates.pop(best)
    return bad


def flows_differ(intact, spoiled):
    """(ends, figures, figures of the spoiled run) of flows whose packets, bytes or outcome differ."""
    def figures(events):
        table = collections.defaultdict(list)
        for e in events:
            if kind(e) == "flow.end":
                table[e["src_ip"], e.get("src_port"), e["dest_ip"], e.get("dest_port"), e["proto"]].append(e["flow"])
        return table
    a, b = figures(intact), figures(spoiled)
    return [(k, a.get(k), b.get(k)) for k in sorted(set(a) | set(b), key=str) if a.get(k) != b.get(k)]


def stat(events, group, field):
    stats = [e for e in events if e.get("event_type") == "stats" and "type" not in e["stats"]]
    value = stats[-1]["stats"].get(group, {}).get(field) if stats else None
    return value or 0


def variants(path):
    """(name, capture, what must be told: function of the events, or None)"""
    c = pcapfile.Capture(path)
    for n in (60, 96, 128):
        v, cut = pcapfile.snap(c, n)
        yield "snap%d" % n, v, (lambda ev, cut=cut: cut == 0 or stat(ev, "capture", "truncated") == cut or "packets were cut, but not told")
    v, lost = pcapfile.thin(c)
    yield "thin", v, (lambda ev, lost=lost: lost == 0 or stat(ev, "stream", "gap_bytes") > 0 or stat(ev, "capture", "copies") > 0 or "bytes were lost, but no gap is told")
    yield "shuffle", pcapfile.shuffle(c), None
    yield "double", pcapfile.double(c), None
    yield "late", pcapfile.start_late(c), None


def do_variants(program, t):
    table, path = degrades(), capture_of(t)
    if t["name"] in TWO_ANSWERS:
        print("skipped: %s has two answers" % t["name"])
        return 77
    try:
        all_variants = list(variants(path))
    except ValueError:
        print("skipped: %s is not a classic pcap" % path)
        return 77
    intact, _ = analyze(program, path, t["args"])
    bad = []
    with tempfile.TemporaryDirectory() as tmp:
        for name, capture, must in all_variants:
            file = os.path.join(tmp, name + ".pcap")
            capture.write(file)
            spoiled, _ = analyze(program, file, t["args"])
            found = compare(table, intact, spoiled)
            told = must(spoiled) if must else True
            if told is not True:
                found.append(told)
            if name == "double":  # a second copy of a packet changes nothing, in messages and in figures
                missing = {k: len(v) for k, v in messages(intact).items() if len(messages(spoiled).get(k, [])) < len(v)}
                found += ["%s is missing" % (k,) for k in missing]
                found += ["flow %s: %s instead of %s" % (k, spoiled_f, f) for k, f, spoiled_f in flows_differ(intact, spoiled)]
                copies = stat(spoiled, "capture", "copies") - 2 * stat(intact, "capture", "copies")
                found += [] if copies >= stat(intact, "decoder", "tcp") else ["%d copies told" % copies]
            bad += ["%s %s: %s" % (t["name"], name, f) for f in found]
            if found and os.environ.get("WW_KEEP"):
                capture.write(os.path.join(os.environ["WW_KEEP"], "%s-%s.pcap" % (t["name"], name)))
    if bad:
        raise Failure("\n".join(bad[:40]) + "\nWW_KEEP=FOLDER keeps the spoiled captures")
    return 0


def do_workers(program, t):
    runs = []
    for n in ("1", "2", "4"):
        _, output = analyze(program, capture_of(t), t["args"] + ["-j", n])
        runs.append(output.decode("utf-8").splitlines())
        if runs[-1] != runs[0]:
            diff = list(difflib.unified_diff(runs[0], runs[-1], "1 worker", n + " workers", lineterm="", n=0))
            raise Failure("%s: %s workers tell something else\n%s" % (t["name"], n, "\n".join(diff[:40])))


# ---- coverage -----------------------------------------------------------------------------------------------------------

def declared(program):
    """proto.kind -> its fields, from the program's own schema."""
    r = subprocess.run([program, "schema", "--format", "json"], capture_output=True, check=True)
    schema = json.loads(r.stdout)
    return {name: list(leaves(e["properties"])) for name, e in schema["$defs"].items()}


def leaves(properties, prefix=""):
    for name, p in properties.items():
        if "const" in p:  # the kind, told by the name already
            continue
        if "properties" in p:
            yield from leaves(p["properties"], prefix + name + ".")
        else:
            yield prefix + name


def walk(body, prefix=""):
    for k, v in body.items():
        if isinstance(v, dict):
            yield from walk(v, prefix + k + ".")
        elif v is not None:
            yield prefix + k


def coverage(program):
    fields = declared(program)
    seen = collections.defaultdict(set)
    for name in testlist():
        for line in read_lines(golden_path(name)) if os.path.exists(golden_path(name)) else []:
            e = json.loads(line)
            body = e.get(e.get("event_type"))
            if isinstance(body, dict):
                k = kind(e) if kind(e) in fields else e["event_type"]
                seen[k].update(walk(body))
    lines = []
    for k in sorted(set(fields) - INTERNAL):
        want = fields[k]
        missing = sorted(f for f in want if f not in seen[k])
        lines.append("%s: %d of %d%s" % (k, len(want) - len(missing), len(want), ", not seen: " + " ".join(missing) if missing else ""))
    return lines


def do_coverage(program):
    got, want = coverage(program), read_lines(os.path.join(HERE, "coverage.txt"))
    if got != want:
        raise Failure("the fields seen in the goldens changed\n%s" % "\n".join(difflib.unified_diff(want, got, "coverage.txt", "now", lineterm="", n=0)))


def update(program, name):
    for t in testlist().values():
        if name in (None, t["name"]):
            do_update(program, t)
            print("wrote", os.path.relpath(golden_path(t["name"]), ROOT))
    with open(os.path.join(HERE, "coverage.txt"), "w", encoding="utf-8") as f:
        f.write("".join(line + "\n" for line in coverage(program)))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--wardwatch", required=True)
    p.add_argument("what", choices=["test", "variants", "workers", "coverage", "update"])
    p.add_argument("name", nargs="?")
    a = p.parse_args()
    a.wardwatch = os.path.abspath(a.wardwatch)
    try:
        if a.what == "update":
            update(a.wardwatch, a.name)
        elif a.what == "coverage":
            do_coverage(a.wardwatch)
        else:
            if a.name not in testlist():
                raise Failure("%s is not in TESTLIST" % a.name)
            return {"test": do_test, "variants": do_variants, "workers": do_workers}[a.what](a.wardwatch, testlist()[a.name]) or 0
    except Failure as e:
        print(e)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
