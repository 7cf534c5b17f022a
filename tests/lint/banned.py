#!/usr/bin/env python3
"""Forbidden functions and forms in product code (the list is in the C style guide).

    banned.py ROOT      prints one line per finding; exit 1 when there is one

A rule may be broken where a comment on the line, or ending on the line above, says DEVIATION: and why.
"""
import re
import sys

import csrc

ANYWHERE = r".*"
NOT_BASE = r"(?!sensor/base/|sensor/event)"

# (paths the rule holds for, pattern on code, what is wrong)
RULES = [
    (ANYWHERE, r"\b(strcpy|stpcpy|strcat|strncat|strncpy|v?sprintf|strtok|gets|atoi|atol|atoll|atof)\s*\(",
     "unbounded or silently wrong string function"),
    (ANYWHERE, r"\b[sf]?scanf\s*\(", "scanf hides overflow"),
    (ANYWHERE, r"\b(alloca|setjmp|longjmp|_setjmp|siglongjmp)\s*\(", "breaks the stack discipline"),
    (ANYWHERE, r"\b(system|popen|execlp?|execvp?e?|execve|fork|vfork|posix_spawnp?)\s*\(", "starts another program"),
    (ANYWHERE, r"\b(rand|srand|random|srandom|drand48)\s*\(", "not random"),
    (ANYWHERE, r"\b(signal|localtime|ctime|asctime|gmtime|strerror)\s*\(", "not thread-safe; use the _r form or sigaction"),
    (ANYWHERE, r"\b(pcap_inject|pcap_sendpacket|pcap_sendqueue\w*|libnet_\w+)\s*\(", "the sensor never sends"),
    (r"(?!store/|sensor/capture_live\.c|sensor/privs|sensor/pipeline|sensor/cli/)",
     r"(?<![\w.>])(socket|socketpair|sendto|sendmsg|recvfrom|recvmsg)\s*\(",
     "sockets only in store/, capture_live.c, privs.c and above"),
    (r"(?!sensor/capture_live\.c|sensor/pipeline|sensor/cli/|sensor/base/)",
     r"(?<![\w.>])(clock_gettime|gettimeofday|time)\s*\(", "time is the packet's time stamp"),
    (NOT_BASE, r"(?<![\w.>])(memcpy|memmove|mempcpy)\s*\(", "raw memcpy outside sensor/base/"),
    (NOT_BASE, r"\bin(\.|->)p\s*(\[|\+(?!\+)|\+\+)", "input is read through struct ww_rd only"),
    (r"(?=dissectors/|sensor/decode|sensor/defrag)", r"(\.|->)p\s*\[", "input is read through struct ww_rd only"),
    (NOT_BASE, r"\(\s*(const\s+)?(struct\s+\w+|u?int(16|32|64)_t)\s*\*\s*\)\s*\(*\s*(\w+(\.|->))*p\b",
     "packet bytes are never cast to a struct or a number"),
    (r"(?=dissectors/)", r"(?<![\w.>])(malloc|calloc|realloc|strdup|strndup|free)\s*\(", "a dissector owns no memory"),
    (r"(?=dissectors/|sensor/(decode|flow|stream|defrag|engine|worker))", r"\b(float|double)\b",
     "no floating point in the packet path"),
    (r"(?=dissectors/)", r"\b(printf|fprintf|puts|fputs|perror|snprintf)\s*\(", "a dissector tells events, it does not print"),
]

ENUM = re.compile(r"\benum\s+(\w+)\s*\{")
SWITCH = re.compile(r"\bswitch\s*\(")
CASE = re.compile(r"\bcase\s+([A-Za-z_]\w*)\s*(?:\.\.\.[^:]*)?:")


def enums(texts):
    """Enumerator -> name of its enum, for enums that have a name (wire constants live in unnamed ones)."""
    owner = {}
    for text in texts:
        for m in ENUM.finditer(text):
            body = text[m.end(): csrc.match_bracket(text, m.end() - 1) - 1]
            for part in body.split(","):
                name = re.match(r"\s*([A-Za-z_]\w*)", part)
                if name:
                    owner[name.group(1)] = m.group(1)
    return owner


def own_level(body):
    """The block without nested switches, so that an inner default is not taken for an outer one."""
    out, at = "", 0
    for m in SWITCH.finditer(body):
        if m.start() < at:
            continue
        brace = body.find("{", csrc.match_bracket(body, m.end() - 1, "()"))
        if brace < 0:
            break
        out += body[at:m.start()]
        at = csrc.match_bracket(body, brace)
    return out + body[at:]


def switches(path, text, owner):
    found = []
    for m in SWITCH.finditer(text):
        close = csrc.match_bracket(text, m.end() - 1, "()")
        brace = text.find("{", close)
        if brace < 0:
            continue
        body = own_level(text[brace + 1: csrc.match_bracket(text, brace) - 1])
        named = [owner[c] for c in CASE.findall(body) if c in owner]
        # a number from the wire may be compared with names of an enum; then other values are legal
        what = text[m.end(): close - 1]
        last = re.findall(r"\w+", what)[-1:]
        if not re.search(r"\(\s*enum\b", what) and not (last and re.search(r"\benum\s+\w+\s+%s\b" % last[0], text)):
            continue
        if named and re.search(r"\bdefault\s*:", body):
            found.append((csrc.line_of(text, m.start()),
                          "default: in a switch over enum %s hides missing values" % named[0]))
    return found


def check_text(path, raw, owner):
    text = csrc.code(raw)
    found = []
    for where, pattern, why in RULES:
        if re.match(where, path):
            found += [(csrc.line_of(text, m.start()), "%s: %s" % (m.group(0).strip(), why))
                      for m in re.finditer(pattern, text)]
    found += switches(path, text, owner)
    found += [(line, "mark of unfinished work") for line, c in csrc.comments(raw)
              if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", c)]
    ok = csrc.excused(raw)
    return ["%s:%d: %s" % (path, line, why) for line, why in sorted(found) if line not in ok]


def check(root):
    paths = csrc.files(root)
    raw = {p: csrc.read(root, p) for p in paths}
    owner = enums([csrc.code(t) for t in raw.values()])
    found = []
    for p in paths:
        found += check_text(p, raw[p], owner)
    return found


if __name__ == "__main__":
    bad = check(sys.argv[1])
    print("\n".join(bad) if bad else "banned: clean")
    sys.exit(1 if bad else 0)
