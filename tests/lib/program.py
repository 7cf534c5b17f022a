"""Runs the real program in tests: with a limit of time, and with a search for patient names in all that it says."""
import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PCAPS = os.path.join(ROOT, "pcaps")
EXAMPLES = os.path.join(ROOT, "contrib", "examples")
SITE = os.path.join(EXAMPLES, "site.yaml")
WARD = os.path.join(PCAPS, "ward-morning", "ward-morning.pcap")
PATIENCE = 240  # seconds until a run counts as hanging; nothing is measured
SKIP = 77

DONE, FOUND, INPUT, EARLY, UNKNOWN = 0, 1, 2, 3, 4  # exit codes


class Failure(Exception):
    pass


class Skip(Exception):
    pass


def _spellings():
    """The names of the invented patients as they stand on the wire, in every character set that the captures use."""
    names = {b"CANARY", b"Canary", b"canary"}
    for word in ("キャナリー", "ｷｬﾅﾘｰ", "金糸雀", "かなりあ"):
        for charset in ("utf-8", "shift_jis", "euc_jp", "utf-16-le", "utf-16-be"):
            names.add(word.encode(charset))
        if word.startswith("ｷ"):  # half-width letters: seven bits after ESC ( I
            jis = bytes(b & 0x7F for b in word.encode("shift_jis"))
        else:
            jis = word.encode("iso2022_jp").replace(b"\x1b$B", b"").replace(b"\x1b(B", b"")
        names.add(jis)
    return sorted(names)


CANARY = _spellings()


def no_patient(data, what):
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogateescape")
    for name in CANARY:
        at = data.find(name)
        if at >= 0:
            raise Failure("%s holds a patient's name: %r" % (what, data[max(0, at - 60):at + 40]))


class Result:
    def __init__(self, args, code, out, err):
        self.args, self.code, self.raw, self.out = args, code, out, out.decode("utf-8", "replace")
        self.err = err.decode("utf-8", "replace")
        self.lines = [l for l in self.err.splitlines() if l]

    def __str__(self):
        return "%s\n  exit code %s\n  stderr: %s\n  stdout: %s" % (shlex.join(self.args), self.code, self.err.strip() or "-", self.out[:400] or "-")

    def json_lines(self):
        return json_lines(self.raw, shlex.join(self.args))


def json_lines(data, what):
    try:
        return [json.loads(l) for l in data.decode("utf-8").split("\n") if l]
    except ValueError as e:
        raise Failure("%s: a line is not JSON: %s" % (what, e)) from e


def environment(**more):
    env = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "USER")}
    env.update(LC_ALL="C.UTF-8", TZ="UTC", **more)
    return env


class Program:
    def __init__(self, path):
        self.path = os.path.abspath(path)

    def has_sanitizer(self):
        with open(self.path, "rb") as f:
            return b"__asan_init" in f.read() or b"__tsan_init" in f.read()

    def run(self, *args, stdin=None, env=None, prefix=(), cwd=None, look=True):
        """stdin: bytes, a file, or None for nothing."""
        command = [*prefix, self.path, *map(str, args)]
        feed = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin or subprocess.DEVNULL}
        try:
            r = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False, cwd=cwd or ROOT, env=env or environment(), **feed)
        except subprocess.TimeoutExpired as e:
            raise Failure("%s: still running after %d s" % (shlex.join(command), PATIENCE)) from e
        result = Result(command, r.returncode, r.stdout, r.stderr)
        if look:
            no_patient(r.stdout, "stdout of " + shlex.join(command))
            no_patient(r.stderr, "stderr of " + shlex.join(command))
        if r.returncode < 0:
            raise Failure("killed by %s: %s" % (signal.Signals(-r.returncode).name, result))
        return result

    def good(self, *args, code=DONE, **kw):
        r = self.run(*args, **kw)
        if r.code != code:
            raise Failure("exit code %d is wanted: %s" % (code, r))
        return r

    def refused(self, *args, names=(), says=(), code=INPUT, lines=1, **kw):
        """The run ends with this code and one sentence that has all of names (files, options) and says (remedies)."""
        r = self.good(*args, code=code, **kw)
        if lines is not None and len(r.lines) != lines:
            raise Failure("%d line(s) on stderr are wanted: %s" % (lines, r))
        for l in r.lines:
            if not l.startswith("wardwatch: "):
                raise Failure("a message begins with the program's name: %s" % r)
        for word in (*names, *says):
            if str(word) not in r.err:
                raise Failure("the message does not tell %r: %s" % (str(word), r))
        return r

    def verify(self, db):
        r = self.good("store", "verify", db)
        if "chain unbroken" not in r.out:
            raise Failure("the store is not intact: %s" % r)
        return r


def want(condition, text):
    if not condition:
        raise Failure(text)


def same(got, wanted, text):
    if got != wanted:
        raise Failure("%s: got %r, wanted %r" % (text, got, wanted))


def main(tests, **extra):
    """Runs all functions of tests (name -> function(program, folder)); --only NAME runs one of them."""
    p = argparse.ArgumentParser()
    p.add_argument("--wardwatch", required=True)
    p.add_argument("--only", action="append", choices=sorted(tests))
    for name, default in extra.items():
        p.add_argument("--" + name, default=default)
    a = p.parse_args()
    program = Program(a.wardwatch)
    program.options = a
    failed, skipped = [], []
    names = a.only or list(tests)
    for name in names:
        with tempfile.TemporaryDirectory(prefix="wardwatch-") as folder:
            os.chmod(folder, 0o755)
            try:
                tests[name](program, folder)
                print("ok       %s" % name, flush=True)
            except Skip as e:
                skipped.append(name)
                print("SKIPPED  %s: %s" % (name, e), flush=True)
            except Failure as e:
                failed.append(name)
                print("FAILED   %s: %s" % (name, e), flush=True)
            except Exception:  # the test itself
                failed.append(name)
                print("FAILED   %s: %s" % (name, traceback.format_exc()), flush=True)
    if failed:
        print("%d of %d failed; again: %s" % (len(failed), len(names), " ".join(["python3", *sys.argv, *("--only " + f for f in failed)])))
        return 1
    return SKIP if len(skipped) == len(names) else 0
