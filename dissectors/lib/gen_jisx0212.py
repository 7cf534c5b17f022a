#!/usr/bin/env python3
"""Writes jisx0212.inc: JIS X 0212 by row and cell to Unicode, from Python's EUC-JP codec (code set 3).

    gen_jisx0212.py > jisx0212.inc
"""
print("/* Made by gen_jisx0212.py: rows 1 to 77 of JIS X 0212, 94 cells each; 0 = not assigned. */")
for row in range(1, 78):
    cells = []
    for cell in range(1, 95):
        try:
            text = bytes([0x8f, 0xa0 + row, 0xa0 + cell]).decode("euc_jp")
            cells.append(ord(text) if len(text) == 1 else 0)
        except UnicodeDecodeError:
            cells.append(0)
    if not any(cells):
        print("{ 0 }, /* %d */" % row)
        continue
    print("{ /* %d */" % row)
    for i in range(0, 94, 12):
        print("    " + " ".join("0x%04x," % c for c in cells[i:i + 12]))
    print("},")
