#!/usr/bin/env python3
"""Every event field says what it is, and numbers say their unit.

    schema_docs.py ROOT      prints one line per finding; exit 1 when there is one
"""
import re
import sys

import csrc

FIELD = re.compile(r'\bF\(\s*S\s*,\s*([A-Z0-9]+)\s*,\s*([A-Za-z0-9_]+)\s*,\s*([^,]+?)\s*,\s*([A-Z_]+)\s*,\s*"([^"]*)"\s*,\s*'
                   r'((?:"(?:\\.|[^"\\])*"\s*)+|\w+\s*)\)')
START = re.compile(r"\bF\(\s*S\s*,")
TYPE = re.compile(r'\bWW_EVENT_(DEFINE|TYPE)\(\s*(\w+)\s*,\s*"([^"]*)"\s*,\s*((?:"(?:\\.|[^"\\])*"\s*)+|[^,]*),')
TYPES = {"U8", "U16", "U32", "U64", "U32N", "U64N", "BOOL", "TIME", "IP", "MAC", "STR", "LIST", "HASH"}
NUMBERS = {"U8", "U16", "U32", "U64", "U32N", "U64N"}
UNITS = {"", "bytes", "bit/s", "packets", "flows", "segments", "events", "ms", "s", "ns", "us", "ppm", "h", "min", "days", "%"}

# a number whose name says a quantity must have this unit
NAMED = [
    (r"(^|_)bytes(_|$)", {"bytes"}),
    (r"_ms$|(^|_)latency(_|$)", {"ms"}),
    (r"_ppm$", {"ppm"}),
    (r"(^|_)(pkts|packets)(_|$)", {"packets"}),
    (r"(^|_)(age|uptime|ttl|lease_time|renewal_time|rebinding_time)$", {"s"}),
    (r"_seconds$|_secs?$", {"s"}),
]


MACRO = re.compile(r'^[ \t]*#[ \t]*define[ \t]+(\w+)\s+((?:"(?:\\.|[^"\\])*"\s*)+)$', re.M)


def literal(s, macros):
    """Text of string literals, or of the macro that stands for them."""
    s = macros.get(s.strip(), s)
    return "".join(re.findall(r'"((?:\\.|[^"\\])*)"', s))


def flat(text):
    """Without comments and line continuations; line numbers stay true."""
    text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)
    return text.replace("\\\n", " \n")


def check_field(kind, name, unit, doc):
    if kind not in TYPES:
        yield "unknown field type %s" % kind
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*(__[a-z][a-z0-9]*(_[a-z0-9]+)*)?", name):
        yield "the name %s is not in snake case" % name
    if len(doc.strip()) < 3:
        yield "%s has no documentation" % name
    if doc.rstrip() != doc or re.search(r"[^.]\.$", doc):
        yield "the documentation of %s ends with a full stop or a space" % name
    if unit not in UNITS:
        yield "%s has the unit %r, which no other field has; see UNITS in schema_docs.py" % (name, unit)
    if unit and kind not in NUMBERS:
        yield "%s is a %s and cannot have a unit" % (name, kind)
    for pattern, units in NAMED:
        if kind in NUMBERS and re.search(pattern, name) and unit not in units:
            yield "%s counts in %s but says %r" % (name, "/".join(sorted(units)), unit)


def check(root):
    found, fields = [], 0
    texts = {p: flat(csrc.read(root, p)) for p in csrc.files(root)}
    macros = {m.group(1): m.group(2) for t in texts.values() for m in MACRO.finditer(t)}
    for path, blank in sorted(texts.items()):
        if path == "sensor/event.h":
            continue
        seen = set()
        for m in FIELD.finditer(blank):
            seen.add(m.start())
            fields += 1
            for why in check_field(m.group(1), m.group(2), m.group(5), literal(m.group(6), macros)):
                found.append("%s:%d: %s" % (path, csrc.line_of(blank, m.start()), why))
        for m in START.finditer(blank):
            if m.start() not in seen:
                found.append("%s:%d: a field that this lint cannot read; keep the form F(S, TYPE, name, cap, ROLE, \"unit\", \"doc\")"
                             % (path, csrc.line_of(blank, m.start())))
        for m in TYPE.finditer(blank):
            where = "%s:%d" % (path, csrc.line_of(blank, m.start()))
            if not re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?", m.group(3)):
                found.append("%s: the event name %r is not proto.kind" % (where, m.group(3)))
            if len(literal(m.group(4), macros)) < 8:
                found.append("%s: the event %s has no documentation" % (where, m.group(3)))
    return found, fields


if __name__ == "__main__":
    bad, n = check(sys.argv[1])
    print("\n".join(bad) if bad else "schema_docs: %d fields, clean" % n)
    sys.exit(1 if bad or n == 0 else 0)
