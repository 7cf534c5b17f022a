#!/usr/bin/env python3
"""`wardwatch schema` is true: every line of every capture validates against it, and nothing is missing in it."""
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from program import DONE, PCAPS, SITE, WARD, Failure, main, same, want  # noqa: E402

TYPES = {"integer": lambda v: isinstance(v, int) and not isinstance(v, bool), "string": lambda v: isinstance(v, str),
         "boolean": lambda v: isinstance(v, bool), "null": lambda v: v is None, "array": lambda v: isinstance(v, list),
         "object": lambda v: isinstance(v, dict)}
WORDS = {"$schema", "title", "description", "x-unit", "type", "properties", "additionalProperties", "required", "items", "oneOf", "$ref", "$defs",
         "const", "enum", "minimum", "format"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def sound(s, path="#"):
    """Only words of JSON Schema that are checked below, so that nothing passes by accident."""
    want(isinstance(s, dict) and set(s) <= WORDS, "%s: %s" % (path, set(s) - WORDS))
    kinds = s.get("type", [])
    for t in kinds if isinstance(kinds, list) else [kinds]:
        want(t in TYPES, "%s: type %s" % (path, t))
    if s.get("type") == "object":
        want(s.get("additionalProperties") is False, "%s: an object that lists all its members is wanted" % path)
    for word in ("properties", "$defs"):
        for k, v in s.get(word, {}).items():
            sound(v, "%s/%s/%s" % (path, word, k))
    for i, v in enumerate(s.get("oneOf", [])):
        sound(v, "%s/oneOf/%d" % (path, i))
    if "items" in s:
        sound(s["items"], path + "/items")


def errors(root, s, v, path=""):
    if "$ref" in s:
        name = s["$ref"].rsplit("/", 1)[1]
        if name not in root["$defs"]:
            yield "%s: %s is not in $defs" % (path, name)
            return
        s = root["$defs"][name]
    if "oneOf" in s:
        tries = [list(errors(root, o, v, path)) for o in s["oneOf"]]
        if sum(not t for t in tries) != 1:
            yield min(tries, key=len)[0] if all(tries) else "%s: more than one kind fits" % path
        return
    kinds = s.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if kinds and not any(TYPES[t](v) for t in kinds):
        yield "%s: %r is no %s" % (path, v, "/".join(kinds))
        return
    if "const" in s and v != s["const"]:
        yield "%s: %r instead of %r" % (path, v, s["const"])
    if "enum" in s and v not in s["enum"]:
        yield "%s: %r is none of %s" % (path, v, s["enum"])
    if "minimum" in s and isinstance(v, int) and v < s["minimum"]:
        yield "%s: %r is below %d" % (path, v, s["minimum"])
    if s.get("format") == "date-time" and not TIME.fullmatch(v):
        yield "%s: %r is no time" % (path, v)
    if isinstance(v, dict):
        for k in s.get("required", []):
            if k not in v:
                yield "%s: %s is missing" % (path, k)
        for k, x in v.items():
            if k in s.get("properties", {}):
                yield from errors(root, s["properties"][k], x, path + "/" + k)
            else:
                yield "%s: the schema lacks %s" % (path, k)
    if isinstance(v, list) and "items" in s:
        for i, x in enumerate(v):
            yield from errors(root, s["items"], x, "%s/%d" % (path, i))


def captures():
    for folder, _, files in sorted(os.walk(PCAPS)):
        for f in sorted(files):
            if f.endswith((".pcap", ".pcapng")):
                yield os.path.join(folder, f)


def the_schema(program):
    s = json.loads(program.good("schema", "--format", "json").out)
    sound(s)
    return s


def checker_can_fail(program, folder):
    s = the_schema(program)
    line = [e for e in program.good("analyze", WARD, "-q", "--site", SITE, "--events", "-").json_lines() if e["event_type"] == "stats"][-1]
    for change in ({"event_type": "nothing"}, {"timestamp": 3}, {"more": 1}, {"stats": dict(line["stats"], more=1)}, {"stats": dict(line["stats"], uptime=-1)},
                   {"stats": dict(line["stats"], capture=dict(line["stats"]["capture"], packets=None))}, {"dicom": {"type": "nothing"}}):
        want(list(errors(s, s, dict(line, **change))), "the checker accepts %s" % change)
    same(list(errors(s, s, line)), [], "the line as it was")


def every_line(program, folder):
    s, seen, n = the_schema(program), set(), 0
    for path in captures():
        for args in ([], ["--privacy", "strict"]) if path == WARD else ([],):
            for line in program.good("analyze", path, "-q", "--site", SITE, "--events", "-", *args).json_lines():
                bad = list(errors(s, s, line))
                want(not bad, "%s: %s in %s" % (path, bad[:3], json.dumps(line)[:300]))
                body = line[line["event_type"]]
                seen.add(line["event_type"] + ("." + body["type"] if line["event_type"] + "." + str(body.get("type")) in s["$defs"] else ""))
                n += 1
    want(n > 3000, "lines checked: %d" % n)
    never = set(s["$defs"]) - seen - {"flow.start", "flow.open", "flow.app"}
    print("         %d lines of %d kinds; never seen: %s" % (n, len(seen), " ".join(sorted(never)) or "none"))


def same_everywhere(program, folder):
    """Text, Markdown and JSON name the same events and fields."""
    s = the_schema(program)
    text, md = program.good("schema").out, program.good("schema", "--format", "markdown").out

    def leaves(props, prefix=""):
        for k, v in props.items():
            if "properties" in v:
                yield from leaves(v["properties"], prefix + k + ".")
            elif "const" not in v:
                yield prefix + k

    for name, d in s["$defs"].items():
        section = md.split("\n## %s\n" % name)[1].split("\n## ")[0]
        block = re.split(r"\n%s - " % re.escape(name), text)[1].split("\n\n")[0]
        want(d["description"] in section and d["description"] in block, "%s is described alike" % name)
        fields = set(leaves(d["properties"]))
        in_md = {m.group(1) for m in re.finditer(r"^\| `([^`]+)` \| (?!keyed)", section, re.M)}
        in_text = {m.group(1) for m in re.finditer(r"^  (\S+) +(?!.*keyed pseudonym)", block, re.M)}
        same((in_md, in_text), (fields, fields), "fields of %s in Markdown and text" % name)
    out = os.path.join(folder, "s.json")
    program.good("schema", "--format", "json", "-o", out)
    with open(out, encoding="utf-8") as f:
        same(json.load(f), s, "-o writes the same")


TESTS = {f.__name__: f for f in (checker_can_fail, every_line, same_everywhere)}

if __name__ == "__main__":
    try:
        sys.exit(main(TESTS))
    except Failure as e:
        print(e)
        sys.exit(1)
