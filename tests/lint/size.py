#!/usr/bin/env python3
"""One idea per file (500 lines), one screen per function (60 lines). Columns are clang-format's work.

    size.py ROOT      prints one line per finding; exit 1 when there is one

DEVIATION: in a comment above a function (or at the top of a file) excuses it.
"""
import re
import sys

import csrc

FILE_MAX, FUNCTION_MAX = 500, 60
FUNCTION = re.compile(r"^(?!\s|#|\}|struct [^(]*\{|enum |union |typedef|static const |const |extern )[^;{}=]*\([^;{}]*\)\s*\n\{", re.M)


def check(root):
    found = []
    for path in csrc.files(root):
        raw = csrc.read(root, path)
        ok = csrc.excused(raw)
        lines = raw.split("\n")
        if len(lines) > FILE_MAX + 1 and not any(n < 20 for n in ok):
            found.append("%s:1: %d lines, more than %d" % (path, len(lines) - 1, FILE_MAX))
        text = csrc.code(raw)
        for m in FUNCTION.finditer(text):
            end = csrc.match_bracket(text, m.end() - 1)
            n = text.count("\n", m.start(), end) + 1
            first = csrc.line_of(text, m.start() + len(m.group(0)) - len(m.group(0).lstrip()))
            if n > FUNCTION_MAX and first not in ok:
                found.append("%s:%d: a function of %d lines, more than %d" % (path, first, n, FUNCTION_MAX))
    return found


if __name__ == "__main__":
    bad = check(sys.argv[1])
    print("\n".join(bad) if bad else "size: clean")
    sys.exit(1 if bad else 0)
