#!/usr/bin/env python3
"""The grade of the coverage follows the site file, and a clock that goes back is told once."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from program import EXAMPLES, PCAPS, SITE, WARD, main, same, want  # noqa: E402


def site_with(folder, thresholds):
    path = os.path.join(folder, "site.yaml")
    with open(SITE, encoding="utf-8") as f:
        text = f.read()
    want("thresholds: {}" in text, "the example site file leaves the thresholds as they are")
    with open(path, "w", encoding="utf-8") as f:
        f.write(re.sub(r"baseline: (?=\w)", "baseline: %s/" % EXAMPLES, text).replace("thresholds: {}", "thresholds: {%s}" % thresholds))
    return path


def coverage(program, *args):
    stats = [e["stats"] for e in program.good("analyze", *args, "--events", "-", "-q").json_lines() if e["event_type"] == "stats"]
    return [s["coverage"] for s in stats if s.get("type") != "link"][-1], [s["coverage"] for s in stats if s.get("type") == "link"][-1]


def midstream(program, folder):
    """Some connections of the ward's morning began before it: by default that is no reason."""
    for jobs in ("1", "2"):
        for limit, told in (("", False), ("midstream_ppm: 200000", False), ("midstream_ppm: 0", True)):
            for c in coverage(program, WARD, "--site", site_with(folder, limit), "-j", jobs):
                want(0 < c["midstream_ppm"] < 200000, "share of the ward's morning: %s" % c["midstream_ppm"])
                same("midstream" in c.get("reasons", []), told, "reason with '%s', %s workers: %s" % (limit, jobs, c))
                same(c["grade"], "B" if told else "A", "grade with '%s'" % limit)
    text = program.good("analyze", WARD, "--site", site_with(folder, "midstream_ppm: 0"), "--lang", "en", "-q").out
    want(re.search(r"because: .*many connections began before the capture", text), "the summary says why: %s" % text[:900])


def clock(program, folder):
    """In the summary: once among the reasons, once as an alert."""
    back = os.path.join(PCAPS, "mirror", "clock-back.pcap")
    for lang, reason, title in (("en", "the clock went back", "clock error: times that it went back by over a second: 1"),
                                ("ja", "時刻が逆行した", "時計異常: 時刻が1秒より大きく戻った回数 1")):
        text = re.sub(r"\s+", "" if lang == "ja" else " ", program.good("analyze", back, "--lang", lang, "-q").out)
        same(text.count(re.sub(r"\s+", "" if lang == "ja" else " ", title)), 1, "the alert in %s: %s" % (lang, text))
        want(reason in text, "the reason of the grade in %s" % lang)
    alerts = [e["wardwatch"] for e in program.good("analyze", back, "--events", "-", "-q").json_lines() if e["event_type"] == "alert"]
    same([(a["variant"], a["count"]) for a in alerts if a["class"] == 901], [("f", 1)], "WD-901 of a clock that went back once")


TESTS = {"midstream": midstream, "clock": clock}

if __name__ == "__main__":
    sys.exit(main(TESTS))
