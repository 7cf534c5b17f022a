#!/usr/bin/env python3
"""Headers of syslog datagrams against tshark, joined by frame.

    syslog_diff.py --wardwatch PROGRAM [--material DIR] [CAPTURE...]

Without captures: all of pcaps/syslog, and with --material also the captures there that tshark finds syslog in. Compared are
facility and severity of every message, and what stands in the header of RFC 5424. tshark 4.0 takes all of the message behind
MSGID for a part of it; a blank ends it (RFC 5424 6.2.7), so its first word counts. tshark reads streams only on the port of TLS,
so those are left out.
"""
import argparse
import glob
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tshark_diff as td  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FACILITY = ("kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock "
            "local0 local1 local2 local3 local4 local5 local6 local7").split()
SEVERITY = "emerg alert crit err warning notice info debug".split()
FIELDS = ("frame.number", "syslog.facility", "syslog.level", "syslog.version", "syslog.hostname", "syslog.appname", "syslog.procid",
          "syslog.msgid")
OURS = ("hostname", "app_name", "procid", "msgid")


def theirs(path):
    """Frame -> what tshark read, with our names for facility and severity; header fields of RFC 5424 only."""
    command = ["tshark", "-n", "-r", path, "-Y", "syslog && udp", "-T", "fields"] + [x for f in FIELDS for x in ("-e", f)]
    out = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    found = {}
    for line in out.splitlines():
        frame, facility, level, version, *rest = (line.split("\t") + [""] * len(FIELDS))[:len(FIELDS)]
        if facility.isdigit() and level.isdigit() and int(facility) < len(FACILITY):
            head = ["" if x == "-" else x for x in rest[:3] + [rest[3].split(" ")[0]]] if version else None
            found[int(frame)] = (FACILITY[int(facility)], SEVERITY[int(level)], head)
    return found


def ours(program, path):
    found = {}
    for e in td.our_events(program, path):
        body = e.get("syslog")
        if e.get("event_type") == "syslog" and body.get("type") == "message" and body.get("framing") == "datagram":
            head = [body.get(k) or "" for k in OURS] if body["format"] == "rfc5424" else None
            found[e["pcap_cnt"]] = (body["facility"], body["severity"], head)
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--wardwatch", required=True)
    p.add_argument("--material")
    p.add_argument("capture", nargs="*")
    a = p.parse_args()
    captures = a.capture or sorted(glob.glob(os.path.join(ROOT, "pcaps", "syslog", "*.pcap")))
    if a.material and not a.capture:
        base = os.path.join(a.material, "captures")
        captures += sorted(glob.glob(os.path.join(base, "**", "*syslog*.pcap"), recursive=True))
    same = bad = 0
    for path in captures:
        want, got = theirs(path), ours(a.wardwatch, path)
        for frame in sorted(set(want) | set(got)):
            if want.get(frame) == got.get(frame):
                same += 1
            else:
                bad += 1
                print("%s frame %d: %s instead of %s" % (path, frame, got.get(frame), want.get(frame)))
    print("%d messages in %d captures are the same, %d differ" % (same, len(captures), bad))
    return 1 if bad or same == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
