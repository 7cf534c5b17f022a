#!/usr/bin/env python3
"""Writes iso8859.inc: the upper halves of ISO 8859 parts 2 to 9 and 15 (HL7 table 0211), from Python's codecs.

    gen_iso8859.py > iso8859.inc
"""
print("/* Made by gen_iso8859.py: characters a0 to ff of each part; 0 = not assigned. */")
for part in (2, 3, 4, 5, 6, 7, 8, 9, 15):
    cells = []
    for byte in range(0xa0, 0x100):
        try:
            cells.append(ord(bytes([byte]).decode("iso8859-%d" % part)))
        except UnicodeDecodeError:
            cells.append(0)
    print("{ /* %d */" % part)
    for i in range(0, 96, 12):
        print("    " + " ".join("0x%04x," % c for c in cells[i:i + 12]))
    print("},")
