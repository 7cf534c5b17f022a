#!/usr/bin/env python3
"""What the program says about itself: help, manual page and versions agree with what it does."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from program import DONE, PATIENCE, Failure, main, same, want  # noqa: E402

COLUMNS = 100
OPTION = re.compile(r"^  (?:(-\w),|   ) (--[\w-]+)(?: (\S+))? ", re.M)


def commands(program):
    text = program.good("--help").out
    names = re.findall(r"^  (\w+) +\S", text.split("Commands:\n")[1].split("\n\n")[0], re.M)
    want(len(names) >= 9, "the commands are listed: %s" % text)
    return names


def options_in(text):
    """Option -> whether it takes a value, as help tells it; -h and --help are everywhere."""
    found = {}
    for letter, name, value in OPTION.findall(text):
        found[name] = bool(value)
        if letter:
            found[letter] = bool(value)
    return {k: v for k, v in found.items() if k not in ("-h", "--help")}


def helps(program, folder):
    for args in (["--help"], ["-h"], ["help"]):
        same(program.good(*args).out, program.good("--help").out, "help by " + args[0])
    for c in commands(program):
        r = program.good(c, "--help")
        same((r.err, program.good(c, "-h").out), ("", r.out), "help of " + c)
        want(r.out.startswith("Usage: wardwatch %s " % c), "usage of %s: %s" % (c, r.out[:100]))
        want(c == "schema" or "Exit codes:" in r.out, "%s tells its exit codes" % c)
        for line in r.out.splitlines() + program.good("--help").out.splitlines():
            want(len(line) <= COLUMNS, "%s --help: %d columns: %s" % (c, len(line), line))
            want(line == line.rstrip() and "\t" not in line, "%s --help: white space: %r" % (c, line))


def options_are_told(program, folder):
    """Help lists exactly the options that the command takes, with and without value."""
    listed = {c: options_in(program.good(c, "--help").out) for c in commands(program)}
    every = sorted(set().union(*listed.values()))
    want(len(every) > 25, "options are found in the help texts: %s" % every)
    for c, options in listed.items():
        for o in every:
            r = program.run(c, o) # as the last word: one that takes a value lacks it
            unknown = "is not an option here" in r.err
            same(unknown, o not in options, "%s %s is refused: %s" % (c, o, r))
            if not unknown:
                same("is needed behind it" in r.err, options[o], "%s %s takes a value: %s" % (c, o, r))


def short_long(program, folder):
    """-x VALUE, -xVALUE, --xx VALUE and --xx=VALUE mean the same; words behind -- are no options."""
    for args in (["-j", "99"], ["-j99"], ["--jobs", "99"], ["--jobs=99"]):
        program.refused("analyze", *args, "x", names=["99"], says=["not a possible value"])
    program.refused("analyze", "--", "--help", names=["--help"], says=["No such file"])
    same(program.good("analyze", "--", "-", "-q", "--events", "-", stdin=b"", code=2).out, "", "words behind --")


def man_page(program, folder):
    r = program.good("--man")
    page = os.path.join(folder, "wardwatch.1")
    with open(page, "w", encoding="utf-8") as f:
        f.write(r.out)
    plain = re.sub(r"\\f[BIR]", "", r.out).replace("\\-", "-").replace("\\e", "\\").replace("\\&", "")
    for c in commands(program):
        want("\n.SS %s\n" % c in plain, "the manual has a section on " + c)
        section = plain.split("\n.SS %s\n" % c)[1].split("\n.SS ")[0].split("\n.SH ")[0]
        for o in options_in(program.good(c, "--help").out):
            want(re.search(r"(^|[ ,])%s($|[ ,])" % re.escape(o), section, re.M), "the manual's section on %s lacks %s" % (c, o))
    for o in ("--help", "--version", "-V", "-h"):
        want(o in plain.split(".SH COMMANDS")[0], "the manual lacks " + o)
    for code in ("0", "1", "2", "3", "4"):
        want("\n.TP\n.B %s\n" % code in plain, "exit status " + code)
    checked = False
    if shutil.which("mandoc"):
        m = subprocess.run(["mandoc", "-T", "lint", "-W", "error", page], capture_output=True, check=False, timeout=PATIENCE)
        same((m.returncode, m.stdout), (0, b""), "mandoc -T lint")
        checked = True
    if shutil.which("man") and shutil.which("groff"):
        m = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", page], capture_output=True, check=False, timeout=PATIENCE,
                           env=dict(os.environ, MANPAGER="cat", LC_ALL="C.UTF-8"))
        same((m.returncode, m.stderr.decode()), (0, ""), "man --warnings")
        checked = True
    if not checked:
        print("         neither mandoc nor man with groff is here: the page was not rendered")


def versions(program, folder):
    r = program.good("--version")
    same(program.good("-V").out, r.out, "-V and --version")
    for library in ("wardwatch", "libpcap", "libevent", "SQLite", "libyang", "libyaml", "OpenSSL", "zlib", "zstd", "libseccomp", "libcap"):
        want(re.search(r"^%s (version )?\d+\.\d+" % library, r.out, re.M), "the version of %s is told: %s" % (library, r.out))
    linked = subprocess.run(["ldd", program.path], capture_output=True, check=True).stdout.decode()
    known = {"pcap", "event", "event_core", "sqlite3", "yang", "yaml", "crypto", "z", "zstd", "seccomp", "cap"}
    ordinary = {"c", "m", "pthread", "dl", "rt", "gcc_s", "asan", "ubsan", "tsan", "stdc++"}
    direct = subprocess.run(["readelf", "-d", program.path], capture_output=True, check=False).stdout.decode()
    needed = {n for n in re.findall(r"NEEDED.*\[lib([\w+]+?)(?:-[\d.]+)?\.so", direct)}
    want(linked and needed - ordinary <= known, "a library whose version is not told: %s" % (needed - ordinary - known))


TESTS = {f.__name__: f for f in (helps, options_are_told, short_long, man_page, versions)}

if __name__ == "__main__":
    try:
        sys.exit(main(TESTS))
    except Failure as e:
        print(e)
        sys.exit(1)
