#!/usr/bin/env python3
"""Results in Japanese and English: chosen by option, site file or locale, and whole in both."""
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from program import EXAMPLES, PCAPS, SITE, WARD, Failure, environment, main, same, want  # noqa: E402

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
PARTS = ("title", "seen", "declared", "meaning", "do_first", "do_not", "whom", "refs", "limits", "calc")
# parts that are names of standards or numbers, the same in every language
NEUTRAL = re.compile(r"^(IEC|ISO|JIS|NIST|AAMI|UL|RFC|h=\d|R_H=|レベル)")


def alert_texts(program, folder):
    """Each alert has all parts in both languages; no sentence of the Japanese text is in English only, and the other way round."""
    db = os.path.join(folder, "x.db")
    program.good("analyze", WARD, "--site", SITE, "--db", db, "-q")
    lines = [e["wardwatch"] for e in program.good("analyze", WARD, "--site", SITE, "--events", "-", "-q").json_lines() if e["event_type"] == "alert"]
    listed = json.loads(program.good("alerts", "list", "--db", db, "--format", "json").out)
    want(len(lines) >= 10 and len(listed) >= 10, "alerts to look at: %d, %d" % (len(lines), len(listed)))
    for a in lines + listed:
        for lang in ("ja", "en"):
            text = a["text"][lang]
            same(sorted(text), sorted(PARTS), "parts of alert %s" % a["alert_id"])
            for part in PARTS:
                for sentence in [text[part]] if part == "title" else text[part]:
                    want(sentence.strip(), "an empty sentence in %s of alert %s" % (part, a["alert_id"]))
                    has = bool(JAPANESE.search(sentence))
                    if not NEUTRAL.match(sentence):
                        same(has, lang == "ja", "%s, %s of alert %s: %s" % (lang, part, a["alert_id"], sentence))
            for part in ("title", "seen", "declared", "meaning", "do_first", "do_not", "whom"):
                want(text[part], "alert %s lacks %s in %s" % (a["alert_id"], part, lang))


HEADINGS = {"en": ("Coverage", "Devices", "Conversations", "Alerts", "Do first", "Do not", "Call"),
            "ja": ("観測の範囲", "機器", "通信", "警報", "まず行う", "行わない", "連絡先")}


def language_of(text):
    found = {lang for lang, words in HEADINGS.items() if all(re.search(r"^ *%s" % w, text, re.M) for w in words)}
    want(len(found) == 1, "one language: %s in %s" % (found, text[:400]))
    lang = found.pop()
    for w in HEADINGS["en" if lang == "ja" else "ja"]:
        want(not re.search(r"^ *%s( |$)" % w, text, re.M), "a heading of the other language: %s" % w)
    if lang == "ja": # English words are names of things: no line reads as an English sentence
        for line in text.splitlines():
            want(not re.search(r"\b(the|was|were|is|are|not|before|of the)\b", line), "English in the Japanese text: %s" % line)
    return lang


def chosen(program, folder):
    """--lang, then the site file, then the locale."""
    site_ja, db = os.path.join(folder, "site.yaml"), os.path.join(folder, "x.db")
    with open(SITE, encoding="utf-8") as f:
        text = f.read()
    with open(site_ja, "w", encoding="utf-8") as f:
        f.write(re.sub(r"baseline: (?=\w)", "baseline: %s/" % EXAMPLES, text).replace("hospital: ", "language: ja\nhospital: ", 1))
    program.good("analyze", WARD, "--site", SITE, "--db", db, "-q")
    for args in (["analyze", WARD, "-q"], ["report", "summary", "--db", db]):
        for site, option, locale, wanted in ((SITE, None, {}, "en"), (SITE, "ja", {}, "ja"), (site_ja, None, {}, "ja"), (site_ja, "en", {}, "en"),
                                             (SITE, None, {"LC_ALL": "ja_JP.UTF-8"}, "ja"), (site_ja, "en", {"LC_ALL": "ja_JP.UTF-8"}, "en"),
                                             (SITE, None, {"LC_ALL": "", "LANG": "ja_JP.UTF-8"}, "ja"),
                                             (SITE, None, {"LC_ALL": "", "LC_MESSAGES": "en_US.UTF-8", "LANG": "ja_JP.UTF-8"}, "en")):
            env = environment()
            env.update(locale)
            r = program.good(*args, "--site", site, *(["--lang", option] if option else []), env=env)
            same(language_of(r.out), wanted, "language of %s with %s, --lang %s, %s" % (args[0], os.path.basename(site), option, locale))


def validate(program, folder):
    for lang, words in (("en", ("Result: deviation observed", "Limits of this observation", "packets dropped before the sensor: unknown")),
                        ("ja", ("結果: 逸脱を観測した", "この観測の限界", "センサ以前で失われたパケット: 不明"))):
        r = program.good("validate", WARD, "--site", SITE, "--baseline", os.path.join(EXAMPLES, "ct-scanner.json"), "--device", "ct-01", "--lang", lang, code=1)
        for w in words:
            want(w in r.out, "validate --lang %s says %s: %s" % (lang, w, r.out))
        # the capture holds TLS on port 443, which nobody takes apart: that is never told as 0
        n = re.search(r"(?:content was not understood, encrypted ones among them|内容を解読できなかった通信（暗号化されたものを含む）): (\d+)", r.out)
        want(n and int(n.group(1)) > 0, "what was not understood is counted: %s" % r.out)
    r = program.good("validate", WARD, "--site", SITE, "--baseline", os.path.join(EXAMPLES, "pacs.json"), "--device", "pacs-1", code=1)
    want(len(r.out.splitlines()) < 80, "dozens of SOP classes share a line: %d lines" % len(r.out.splitlines()))
    j = json.loads(program.good("validate", WARD, "--site", SITE, "--baseline", os.path.join(EXAMPLES, "pacs.json"), "--device", "pacs-1",
                                "--format", "json", code=1).out)
    same(j["limits"]["lost_packets"], None, "losses that nobody knows")
    want(j["limits"]["unread_flows"] >= 0 and len(j["medical"]) > 60, "the JSON names all: %d" % len(j["medical"]))


def empty_results(program, folder):
    """Nothing to tell is told in both languages, too."""
    arp = os.path.join(PCAPS, "arp", "announce.pcap")
    for lang in ("en", "ja"):
        r = program.good("analyze", arp, "-q", "--lang", lang)
        same(bool(JAPANESE.search(r.out)), lang == "ja", "language of %s" % r.out)


TESTS = {f.__name__: f for f in (alert_texts, chosen, validate, empty_results)}

if __name__ == "__main__":
    try:
        sys.exit(main(TESTS))
    except Failure as e:
        print(e)
        sys.exit(1)
