#!/usr/bin/env python3
"""Counts of a result file of ctest (--output-junit): passed, failed, skipped, then one line for each of the last two."""
import sys
import xml.etree.ElementTree as tree

lines, count = [], {"passed": 0, "failed": 0, "skipped": 0}
for case in tree.parse(sys.argv[1]).getroot().iter("testcase"):
    status = case.get("status")
    kind = "passed" if status == "run" else "skipped" if status in ("notrun", "disabled") and case.find("skipped") is not None else "failed"
    count[kind] += 1
    if kind != "passed":
        lines.append("%s %s" % (kind, case.get("name")))
print(count["passed"], count["failed"], count["skipped"])
print("\n".join(sorted(lines)))
