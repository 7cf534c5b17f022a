"""Shared by the lints: walking the tree, and C text without comments and strings."""
import os
import re

ROOMS = ("sensor", "dissectors", "rules", "store")

_TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def files(root, rooms=ROOMS, ends=(".c", ".h", ".def")):
    """Paths relative to root, sorted."""
    found = []
    for room in rooms:
        for folder, dirs, names in os.walk(os.path.join(root, room)):
            dirs.sort()
            found += [os.path.relpath(os.path.join(folder, n), root) for n in names if n.endswith(ends)]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def _blank(m):
    s = m.group(0)
    if s[0] in "\"'":  # keep the quotes, so that the text still looks like an argument
        return s[0] + re.sub(r"[^\n]", " ", s[1:-1]) + s[0]
    return re.sub(r"[^\n]", " ", s)


def code(text):
    """The text with comments and the insides of literals blanked; line numbers stay true."""
    return _TOKEN.sub(_blank, text)


def comments(text):
    """(line number, comment) pairs."""
    return [(text.count("\n", 0, m.start()) + 1, m.group(0)) for m in _TOKEN.finditer(text) if m.group(0)[0] == "/"]


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def excused(text):
    """Lines on which a rule may be broken: a comment with DEVIATION: on the line or ending above it."""
    lines = set()
    for start, c in comments(text):
        if "DEVIATION:" in c:
            last = start + c.count("\n")
            lines.update(range(start, last + 2))
    return lines


def match_bracket(text, at, pair="{}"):
    """Index behind the bracket that closes the one at `at`; len(text) when there is none."""
    depth = 0
    for i in range(at, len(text)):
        if text[i] == pair[0]:
            depth += 1
        elif text[i] == pair[1]:
            depth -= 1
            if depth == 0:
                return i + 1
    return len(text)
