#!/usr/bin/env python3
"""Who may include what: data flows one way, and so do includes.

    layers.py ROOT      prints one line per forbidden include; exit 1 when there is one
"""
import re
import sys

import csrc

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)

# kind of file -> kinds it may include
TABLE = {
    "base": {"base"},
    "event": {"base", "event"},
    "contract": {"base", "event", "contract"},
    "lib": {"base", "lib"},
    "protocol": {"base", "contract", "lib"},  # and its own folder
    "engine": {"base", "event", "contract", "engine"},
    "rules": {"base", "event", "rules", "guideline"},
    "guideline": {"base", "event", "rules", "guideline"},
    "store": {"base", "event", "store", "guideline"},
    "top": {"base", "event", "contract", "lib", "engine", "rules", "guideline", "store", "top"},
}

# headers of other projects -> the kinds (or paths) that may use them
FOREIGN = [
    (r"pcap(/.*)?\.h$", r"sensor/(capture_|pipeline|cli/|privs|pcap_out)"),
    (r"event2?/|event2?\.h$", r"sensor/(pipeline|cli/)"),
    (r"sqlite3\.h$", r"store/|sensor/cli/"),
    (r"libyang/|yaml\.h$", r"rules/|sensor/cli/"),
    (r"openssl/", r"rules/|store/|sensor/cli/"),
    (r"zlib\.h$", r"sensor/(capture_|cli/|inflate)|store/"),
    (r"zstd\.h$", r"sensor/(capture_|cli/)|store/"),
    (r"nids\.h$|libnet", r"$nowhere"),
    (r"sys/socket\.h$|netdb\.h$", r"store/|sensor/(capture_live|privs|pipeline|cli/)"),
    (r"pthread\.h$|threads\.h$", r"sensor/(base/|pipeline|worker|cli/|privs)|store/"),
]


def kind(path):
    """The layer of a file, or None when the file belongs to no layer that may be included."""
    if path.startswith("sensor/base/"):
        return "base"
    if re.match(r"sensor/event(_core)?\.[ch]$", path):
        return "event"
    if path.startswith("sensor/cli/") or re.match(r"sensor/pipeline[a-z_]*\.[ch]$", path):
        return "top"
    if path.startswith("sensor/"):
        return "engine"
    if re.match(r"dissectors/dissectors?\.(h|c|def)$", path):
        return "contract"
    if path.startswith("dissectors/lib/"):
        return "lib"
    if path.startswith("dissectors/"):
        return "protocol"
    if re.match(r"rules/guideline/[a-z_]+\.h$", path):
        return "guideline"
    if path.startswith("rules/"):
        return "rules"
    if path.startswith("store/"):
        return "store"
    return None


def own_folder(path):
    """Folder of a protocol that has one: dissectors/medical/dicom/; None for a single file."""
    m = re.match(r"(dissectors/[a-z0-9_]+/[a-z0-9_]+/)", path)
    return m.group(1) if m else None


def bad_include(path, target):
    """Why `path` may not include "target"; None when it may."""
    me, other = kind(path), kind(target)
    if "/" not in target:
        return "project includes start at the root of the tree"
    if other is None:
        return "%s is no part of the product" % target
    if me == "protocol" and other == "protocol":
        mine = own_folder(path)
        return None if mine and target.startswith(mine) else "a protocol never includes another protocol"
    if other not in TABLE[me]:
        return "%s code may not include %s code" % (me, other)
    return None


def check(root):
    found = []
    for path in csrc.files(root):
        if kind(path) is None:
            continue
        text = csrc.read(root, path)
        for m in INCLUDE.finditer(text):
            where = "%s:%d" % (path, csrc.line_of(text, m.start(1)))
            if m.group(1) == '"':
                why = bad_include(path, m.group(2))
                if why:
                    found.append('%s: "%s": %s' % (where, m.group(2), why))
                continue
            for header, users in FOREIGN:
                if re.search("^(" + header + ")", m.group(2)) and not re.match(users, path):
                    found.append("%s: <%s> may be used by %s only" % (where, m.group(2), users))
    return found


if __name__ == "__main__":
    bad = check(sys.argv[1])
    print("\n".join(bad) if bad else "layers: clean")
    sys.exit(1 if bad else 0)
