#!/usr/bin/env python3
"""Wrong options, unknown commands, and files of the hospital and of manufacturers with mistakes in them: exit code 2 and one
sentence that names the option, or the file and its line, and says what to do."""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from program import DONE, EXAMPLES, FOUND, INPUT, PCAPS, SITE, Failure, Skip, main, same, want  # noqa: E402

DNS = os.path.join(PCAPS, "dns", "tcp.pcap")
CT = os.path.join(EXAMPLES, "ct-scanner.json")
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def put(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    return path


def changed(path, old, new):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    want(old in text, "%s has no %r any more: adapt the test" % (path, old))
    return text.replace(old, new, 1), text[:text.index(old)].count("\n") + 1


def options(program, folder):
    same(program.run().code, INPUT, "no command")
    want("Usage: wardwatch COMMAND" in program.run().err, "without a command the usage is shown")
    program.refused("analyse", names=["analyse"], says=["wardwatch --help"])
    program.refused("", says=["wardwatch --help"])
    for command in ("analyze", "monitor", "validate", "baseline", "site", "alerts", "report", "store", "schema"):
        help_of = "wardwatch %s --help" % command
        program.refused(command, "--no-such-option", names=["--no-such-option", command], says=[help_of])
        program.refused(command, "--no-such-option=1", names=["--no-such-option"], says=[help_of])
        program.refused(command, "-Z", names=["-Z"], says=[help_of])
    for option in ("--db", "--events", "--site", "--baseline", "--data", "--device", "-c", "-F", "--filter", "-j", "--lang", "--fail-level", "--format",
                   "-o", "-r", "--privacy"):
        program.refused("analyze", DNS, option, names=[option], says=["needed", "analyze --help"])
    program.refused("monitor", "-i", names=["-i", "IFACE"])
    for option, value in (("-j", "99"), ("-j", "-1"), ("-j", "two"), ("--jobs", "1x"), ("--lang", "fr"), ("--format", "html"), ("--format", "markdown"),
                          ("--fail-level", "0"), ("--fail-level", "6"), ("--privacy", "none")):
        program.refused("analyze", DNS, option, value, names=[option, value], says=["analyze --help"])
    program.refused("analyze", DNS, "--quiet=yes", names=["--quiet"], says=["no value"])
    program.refused("monitor", "-i", "lo", "--buffer", "0", names=["--buffer", "0"])
    program.refused("analyze", DNS, *["--device", "x"] * 65, names=["--device"])
    program.refused("monitor", "lo", names=["lo"], says=["-i"])
    program.refused("monitor", says=["-i"])
    program.refused("analyze", says=["no capture"])
    program.refused("analyze", DNS, "--filter", "no such filter", names=['"no such filter"'], says=["pcap-filter"])


def words(program, folder):
    """Commands whose words are missing or wrong."""
    for args, says in ((["validate"], ["no capture"]), (["validate", DNS], ["--baseline"]), (["validate", DNS, "--baseline", CT], ["--device"]),
                       (["validate", DNS, "--baseline", CT, "--baseline", CT, "--device", "x"], ["one declaration"]),
                       (["baseline"], ["check or show"]), (["baseline", "check"], ["files"]), (["baseline", "frobnicate", CT], ["check or show"]),
                       (["site"], ["check"]), (["site", "frobnicate", SITE], ["check"]), (["site", "check"], ["file"]),
                       (["alerts"], ["--db"]), (["alerts", "list"], ["--db"]), (["alerts", "frobnicate", "--db", "x"], ["list"]),
                       (["alerts", "show", "--db", "x"], ["number"]), (["alerts", "show", "abc", "--db", "x"], ["number"]),
                       (["alerts", "ack", "1", "2", "--db", "x"], ["number"]),
                       (["report"], ["summary"]), (["report", "summary"], ["--db"]), (["report", "frobnicate", "--db", "x"], ["summary"]),
                       (["store"], ["verify", "info"]), (["store", "verify"], ["file"]), (["store", "frobnicate", "x"], ["verify", "info"]),
                       (["schema", "dicom"], ["dicom"])):
        program.refused(*args, names=args[:1], says=says)


def operators(program, folder):
    """What people may not do to alerts, and what is missing when they try."""
    db = os.path.join(folder, "x.db")
    program.good("analyze", os.path.join(PCAPS, "ward-morning", "ward-morning.pcap"), "--site", SITE, "--db", db, "-q", "--format", "json")
    import json
    alerts = json.loads(program.good("alerts", "list", "--db", db, "--format", "json").out)
    mild = next(a for a in alerts if a["level"] <= 3)["id"]
    grave = next(a for a in alerts if a["level"] >= 4)["id"]
    program.refused("alerts", "ack", 4711, "--db", db, "--by", "1234", names=[db, "4711"], says=["alerts list"])
    program.refused("alerts", "show", 4711, "--db", db, names=["4711"])
    program.refused("alerts", "ack", mild, "--db", db, says=["--by"])
    program.refused("alerts", "close", mild, "--db", db, "--by", "1234", names=["alert %d" % mild], says=["--reason"])
    program.refused("alerts", "suppress", mild, "--db", db, "--by", "1234", "--reason", "x", names=["alert %d" % mild], says=["--until"])
    program.refused("alerts", "suppress", mild, "--db", db, "--by", "1234", "--reason", "x", "--until", "tomorrow", names=["--until"], says=["2026-12-31"])
    program.refused("alerts", "suppress", mild, "--db", db, "--by", "1234", "--reason", "x", "--until", "2001-01-01", says=["--until", "future"])
    program.refused("alerts", "suppress", grave, "--db", db, "--by", "1234", "--reason", "x", "--until", "2090-01-01",
                    names=["alert %d" % grave], says=["levels 4 and 5 are never suppressed"])
    program.good("alerts", "suppress", mild, "--db", db, "--by", "1234", "--reason", "x", "--until", "2090-01-01")
    program.verify(db)


def site_files(program, folder):
    cases = [("not YAML", "zones: [\n", None, ["not YAML"]),
             ("unknown key", "hospital: X\nzoness: []\n", 2, ["zoness", "zones"]),
             ("wrong address", "hospital: X\nzones:\n  - {id: a, subnets: [10.0.0.0/99]}\n", 3, ["10.0.0.0/99", "write"]),
             ("wrong word", changed(SITE, "role: diagnostic", "role: diagnosis")[0], changed(SITE, "role: diagnostic", "x")[1], ["diagnosis", "diagnostic"]),
             ("wrong class", changed(SITE, "class: II", "class: V")[0], changed(SITE, "class: II", "x")[1], ["V"]),
             ("unknown zone", changed(SITE, "zone: imaging", "zone: nowhere")[0], None, ["nowhere"]),
             ("wrong MAC", changed(SITE, "00:13:95:20:00:15", "00:13:95:20:00")[0], None, ["00:13:95:20:00"]),
             ("twice the same id", changed(SITE, "id: pacs-1", "id: ct-01")[0], None, ["ct-01"]),
             ("declaration missing", changed(SITE, "baseline: ct-scanner.json", "baseline: nowhere.json")[0], None, ["nowhere.json"]),
             ("bytes", b"\xff\xfe\x00\x01", 1, []),
             ("NUL", b"hospital: a\0b\n", None, []),
             ("a list", "- a\n- b\n", 1, []),
             ("an alias bomb", "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nzones: *c\n", None, [])]
    for name, text, line, says in cases:
        for extra in ("ct-scanner.json", "pacs.json"):
            shutil.copy(os.path.join(EXAMPLES, extra), folder)
        path = put(folder, "site.yaml", text)
        where = path if line is None else "%s:%d" % (path, line)
        try:
            for command in (["analyze", DNS], ["monitor", "-i", "nowhere0"], ["analyze", "-T"], ["validate", DNS, "--baseline", CT, "--device", "ct-01"]):
                program.refused(*command, "--site", path, names=["nowhere.json" if "nowhere.json" in says else where], says=says)
            r = program.run("site", "check", path)
            want(r.code == INPUT and (os.path.basename(path) in r.out + r.err), "site check tells it too: %s" % r)
        except Failure as e:
            raise Failure("%s: %s" % (name, e)) from e
    program.refused("analyze", DNS, "--site", os.path.join(folder, "none.yaml"), names=["none.yaml"], says=["No such file"])
    program.refused("analyze", DNS, "--site", folder, names=[folder], says=["folder"])
    program.good("site", "check", SITE)


def declarations(program, folder):
    cases = [("not JSON", '{"ietf-mud:mud": {\n "x" }', None, []),
             ("unknown member", changed(CT, '"mud-version"', '"mud-versionn"')[0], changed(CT, '"mud-version"', "x")[1], ["mud-versionn"]),
             ("wrong version", changed(CT, '"mud-version": 1', '"mud-version": 7')[0], changed(CT, '"mud-version": 1', "x")[1], ["7", "RFC 8520"]),
             ("cut", open(CT, encoding="utf-8").read()[:3000], None, ["end-of-input"]),
             ("empty", "", 1, ["empty"]),
             ("NUL", b'{"ietf-mud:mud"\0: {}}', 1, ["NUL"]),
             ("no MUD", '{"a": 1}\n', None, []),
             ("a list", "[1, 2]\n", None, []),
             ("deep", "[" * 5000, None, []),
             ("port too large", changed(CT, '"port": 104', '"port": 70104')[0], changed(CT, '"port": 104', "x")[1], ["70104"])]
    for name, text, line, says in cases:
        path = put(folder, "bad.json", text)
        where = path if line is None else "%s:%d" % (path, line)
        try:
            for command in (["analyze", DNS], ["monitor", "-i", "nowhere0"], ["validate", DNS, "--device", "10.1.2.3"]):
                program.refused(*command, "--baseline", path, names=[where], says=says)
            inside = os.path.join(folder, "folder")
            os.makedirs(inside, exist_ok=True)
            shutil.copy(path, os.path.join(inside, "b.json"))
            program.refused("analyze", DNS, "--baseline", inside, names=["b.json"])
            r = program.run("baseline", "check", path)
            want(r.code in (FOUND, INPUT) and "bad.json" in r.out + r.err, "baseline check tells it too: %s" % r)
        except Failure as e:
            raise Failure("%s: %s" % (name, e)) from e
    empty = os.path.join(folder, "empty")
    os.mkdir(empty)
    program.refused("analyze", DNS, "--baseline", empty, names=[empty], says=["*.json"])
    program.refused("analyze", DNS, "--baseline", os.path.join(folder, "none.json"), names=["none.json"], says=["No such file"])
    program.good("baseline", "check", CT)


def configurations(program, folder):
    for text, line, says in (("capture:\n  workers: 99\n", 2, ["workers", "1 to 32"]), ("capture:\n  frobs: 1\n", 2, ["frobs", "CONFIGURATION"]),
                             ("frobs:\n  x: 1\n", 1, ["frobs", "capture"]), ("\tx: [", 1, ["YAML"]), ("capture: 3\n", 1, ["capture"]), ("- a\n", 1, []),
                             ("budget:\n  flows: many\n", 2, ["flows"]), ("budget:\n  flows: -1\n", 2, ["flows"]), ("budget:\n  flows: [1]\n", 2, ["flows"])):
        path = put(folder, "c.yaml", text)
        for command in (["analyze", DNS], ["analyze", "-T"], ["monitor", "-i", "nowhere0"], ["monitor", "-T"]):
            program.refused(*command, "-c", path, names=["%s:%d" % (path, line)], says=says)
    for text in ("", "# nothing\n", "capture:\n  workers: 2\nbudget:\n  flows: 1000\n"):
        program.good("analyze", "-T", "-c", put(folder, "c.yaml", text), "--site", SITE)
    program.good("monitor", "-T", "--site", SITE)
    program.refused("analyze", DNS, "-c", os.path.join(folder, "none"), names=["none"], says=["No such file"])
    program.refused("analyze", DNS, "-F", os.path.join(folder, "none"), names=["none"], says=["No such file"])
    program.refused("analyze", DNS, "--data", os.path.join(folder, "none"), names=["none"], says=["No such file"])


def unreadable(program, folder):
    prefix = NOBODY if os.geteuid() == 0 else []
    if prefix and program.run("--version", prefix=prefix).code != 0:
        raise Skip("another user cannot run the program here")
    path = put(folder, "secret", "hospital: X\n")
    os.chmod(path, 0)
    for option in ("--site", "--baseline", "-c", "-F"):
        program.refused("analyze", DNS, option, path, prefix=prefix, names=[path], says=["Permission denied"])


TESTS = {f.__name__: f for f in (options, words, operators, site_files, declarations, configurations, unreadable)}

if __name__ == "__main__":
    try:
        sys.exit(main(TESTS))
    except Failure as e:
        print(e)
        sys.exit(1)
