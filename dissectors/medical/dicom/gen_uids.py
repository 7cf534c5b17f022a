#!/usr/bin/env python3
"""Writes uids.inc from uids.tsv (UID, name, kind, category; PS3.6 annex A and public private UIDs).

Run it in this folder after a change of uids.tsv; both files are committed.
The rows are in the order of strcmp, so that uid.c can search them by halves. Transfer syntaxes get
a number 0..63 in the same order, so that a set of them is one 64-bit word.
"""
import csv

SYNTAX = {  # how a data set is written under a transfer syntax (PS3.5 annex A)
    "ts-implicit-le": "DS_IMPLICIT_LE",
    "ts-private-implicit-le-be-pixels": "DS_IMPLICIT_LE",
    "ts-explicit-le": "DS_EXPLICIT_LE",
    "ts-encapsulated": "DS_EXPLICIT_LE",
    "ts-encapsulated-uncompressed": "DS_EXPLICIT_LE",
    "ts-encapsulated-deflated-frame": "DS_EXPLICIT_LE",
    "ts-jpip": "DS_EXPLICIT_LE",
    "ts-explicit-be": "DS_EXPLICIT_BE",
    "ts-deflated": "DS_DEFLATED",
    "ts-jpip-deflated": "DS_DEFLATED",
}
SERVICE = {  # of a SOP class, by its category; those that begin with storage- or query-retrieve count too
    "verification": "SV_VERIFICATION",
    "private-storage": "SV_STORAGE",
    "query-retrieve": "SV_QUERY",
    "worklist": "SV_WORKLIST",
    "worklist-retired": "SV_WORKLIST",
    "mpps": "SV_MPPS",
    "storage-commitment": "SV_COMMITMENT",
    "print": "SV_PRINT",
    "ups": "SV_UPS",
    "media-creation": "SV_MEDIA",
    "notification": "SV_NOTIFICATION",
}
NAME_MAX = 88  # DICOM_NAME_MAX in events.h


def service(row):
    category = row["category"]
    if not row["kind"].endswith("SOP Class"):
        return "SV_NONE"
    if category in SERVICE:
        return SERVICE[category]
    if category.startswith("storage-"):
        return "SV_STORAGE"
    return "SV_QUERY" if category.startswith("query-retrieve-") else "SV_OTHER"


def main():
    with open("uids.tsv", encoding="ascii", newline="") as f:
        rows = sorted(csv.DictReader(f, delimiter="\t"), key=lambda r: r["uid"])
    number = 0
    with open("uids.inc", "w", encoding="ascii") as out:
        out.write("/* Made by gen_uids.py from uids.tsv. */\n")
        for r in rows:
            if len(r["name"]) > NAME_MAX or len(r["uid"]) > 64 or '"' in r["name"]:
                raise SystemExit(f"uids.tsv: {r['uid']}: name or UID too long, or a quote in it")
            ts = "NO_TS"
            syntax = "DS_GUESS"
            if r["kind"] == "Transfer Syntax":
                ts, number = str(number), number + 1
                syntax = SYNTAX.get(r["category"], "DS_GUESS")
            out.write(f'{{ "{r["uid"]}", "{r["name"]}", {ts}, {syntax}, {service(r)} }},\n')
    if number > 64:
        raise SystemExit(f"uids.tsv: {number} transfer syntaxes do not fit into 64 bits")


main()
