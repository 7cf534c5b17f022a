#!/usr/bin/env python3
"""Shows that check_manifest.py finds each kind of fault: a copy of this folder is damaged and checked."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


class CheckManifest(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory()
        self.copy = os.path.join(self.tmp.name, "pcaps")
        shutil.copytree(HERE, self.copy, ignore=shutil.ignore_patterns("__pycache__"))

    def tearDown(self):
        self.tmp.cleanup()

    def path(self, name):
        return os.path.join(self.copy, name)

    def check(self):
        script = self.path("check_manifest.py")
        done = subprocess.run([sys.executable, "-B", script], stdout=subprocess.PIPE, text=True)
        return done.returncode, done.stdout

    def assertFault(self, text):
        code, out = self.check()
        self.assertEqual(code, 1, out)
        self.assertIn(text, out)

    def append(self, name, data):
        with open(self.path(name), "ab") as f:
            f.write(data)

    def test_intact_copy_passes(self):
        code, out = self.check()
        self.assertEqual((code, out.splitlines()[-1].split(", ")[1]), (0, "0 faults"), out)

    def test_changed_byte(self):
        self.append("dicom/echo.pcap", b"\0")
        self.assertFault("dicom/echo.pcap: SHA-256 differs")

    def test_missing_capture(self):
        os.remove(self.path("dns/tcp.pcap"))
        self.assertFault("dns/tcp.pcap: listed in MANIFEST.tsv but missing")

    def test_unlisted_capture(self):
        shutil.copy(self.path("dns/tcp.pcap"), self.path("dns/other.pcap.gz"))
        self.assertFault("dns/other.pcap.gz: not listed")

    def test_large_capture(self):
        self.append("dicom/echo.pcap", bytes(50 * 1024))
        self.assertFault("more than the limit of 51200")

    def test_same_content_twice(self):
        shutil.copy(self.path("dns/tcp.pcap"), self.path("dns/again.pcap"))
        with open(self.path("MANIFEST.tsv"), encoding="utf-8") as f:
            row = next(line for line in f if line.startswith("dns/tcp.pcap\t"))
        self.append("MANIFEST.tsv", row.replace("dns/tcp.pcap", "dns/again.pcap", 1).encode())
        self.assertFault("dns/again.pcap: same content as dns/tcp.pcap")

    def test_script_writes_other_bytes(self):
        self.append("link/vlan.pcap.py", b"\nimport sys\nsys.stdout.write('x')\n")
        self.assertFault("link/vlan.pcap: link/vlan.pcap.py writes other bytes")

    def test_missing_generator(self):
        os.remove(self.path("arp/record.sh"))
        self.assertFault("generator arp/record.sh is missing")

    def test_empty_column(self):
        self.append("MANIFEST.tsv", b"dns/x.pcap\t\t\t\t\t\t\n")
        self.assertFault("dns/x.pcap: every column must be filled")


unittest.main()
