#!/usr/bin/env python3
"""Writes small CT images of invented patients as input for dump2dcm.

  objects.py FOLDER [STUDIES [IMAGES [SIDE]]]

FOLDER/sNiM.dump and sNiM.raw: study N, image M, SIDE x SIDE pixels. The patient's name is the canary name, in
turn ASCII, ISO 2022 IR 87 (kanji), ISO_IR 13 with IR 87 (half-width katakana) and UTF-8.
Source of the name forms: DICOM PS3.5 annex H (Japanese).
"""
import os
import sys
import time

UID_ROOT = "1.2.826.0.1.3680043.9.7433.77"
CT_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
KANJI, KANA = "金糸雀^太郎", "キャナリー^タロウ"
HALF_KANA = "ｷｬﾅﾘｰ^ﾀﾛｳ"


def jis(text):
    return text.encode("iso2022_jp")


NAMES = [
    (b"ISO_IR 100", b"CANARY^TARO"),
    (b"\\ISO 2022 IR 87", b"CANARY^TARO=" + jis(KANJI) + b"=" + jis(KANA)),
    (b"ISO_IR 13\\ISO 2022 IR 87", HALF_KANA.encode("shift_jis") + b"=" + jis(KANJI) + b"=" + jis(KANA)),
    (b"ISO_IR 192", f"CANARY^HANAKO={KANJI[:4]}花子={KANA[:6]}ハナコ".encode()),
]


def pixels(side, seed):
    """A disc on a gradient, 12 bits: looks like nothing, compresses like an image."""
    out = bytearray()
    for y in range(side):
        for x in range(side):
            inside = (x - side / 2) ** 2 + (y - side / 2) ** 2 < (side / 3) ** 2
            value = (1040 + (x * 7 + y * 3 + seed) % 97) if inside else (x + y + seed) % 24
            out += value.to_bytes(2, "little")
    return bytes(out)


def dump(study, image, side, raw):
    charset, name = NAMES[(study - 1) % len(NAMES)]
    date, clock = time.strftime("%Y%m%d"), time.strftime("%H%M%S")
    lines = [
        (b"0008,0005", b"CS", charset), (b"0008,0008", b"CS", b"ORIGINAL\\PRIMARY\\AXIAL"),
        (b"0008,0016", b"UI", CT_STORAGE), (b"0008,0018", b"UI", f"{UID_ROOT}.{study}.1.{image}"),
        (b"0008,0020", b"DA", date), (b"0008,0030", b"TM", clock), (b"0008,0050", b"SH", f"ACC{study:05d}"),
        (b"0008,0060", b"CS", b"CT"), (b"0008,0070", b"LO", b"Acme Medical"),
        (b"0008,0080", b"LO", b"Example General Hospital"), (b"0008,0090", b"PN", b"ARZT^EXAMPLE"),
        (b"0008,1010", b"SH", b"CT-01"), (b"0008,1030", b"LO", b"CHEST"), (b"0008,1090", b"LO", b"Acme CT 64"),
        (b"0010,0010", b"PN", name), (b"0010,0020", b"LO", f"CANARY{study:04d}"),
        (b"0010,0030", b"DA", b"19600102"), (b"0010,0040", b"CS", b"M"),
        (b"0018,0050", b"DS", b"5"), (b"0018,1000", b"LO", b"SN-CT-0015"), (b"0018,1020", b"LO", b"5.2.1"),
        (b"0020,000d", b"UI", f"{UID_ROOT}.{study}"), (b"0020,000e", b"UI", f"{UID_ROOT}.{study}.1"),
        (b"0020,0010", b"SH", f"{study}"), (b"0020,0011", b"IS", b"1"), (b"0020,0013", b"IS", f"{image}"),
        (b"0028,0002", b"US", b"1"), (b"0028,0004", b"CS", b"MONOCHROME2"),
        (b"0028,0010", b"US", f"{side}"), (b"0028,0011", b"US", f"{side}"),
        (b"0028,0100", b"US", b"16"), (b"0028,0101", b"US", b"12"), (b"0028,0102", b"US", b"11"),
        (b"0028,0103", b"US", b"0"), (b"0028,1052", b"DS", b"-1024"), (b"0028,1053", b"DS", b"1"),
    ]
    text = b""
    for tag, vr, value in lines:
        value = value.encode() if isinstance(value, str) else value
        text += b"(" + tag + b") " + vr + b" " + (value if vr == b"US" else b"[" + value + b"]") + b"\n"
    return text + b"(7fe0,0010) OW =" + raw.encode() + b"\n"


def main(folder, studies=4, images=1, side=24):
    os.makedirs(folder, exist_ok=True)
    for study in range(1, studies + 1):
        for image in range(1, images + 1):
            stem = os.path.join(folder, f"s{study}i{image}")
            with open(stem + ".raw", "wb") as f:
                f.write(pixels(side, study * 31 + image))
            with open(stem + ".dump", "wb") as f:
                f.write(dump(study, image, side, stem + ".raw"))


main(sys.argv[1], *[int(a) for a in sys.argv[2:]])
