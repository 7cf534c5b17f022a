#!/usr/bin/env python3
"""Each lint can fail: mock trees with every allowed and every forbidden edge, and one sin per rule.

    test_lints.py [-v] [TestName]
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import banned  # noqa: E402
import layers  # noqa: E402
import schema_docs  # noqa: E402
import size  # noqa: E402
import texts  # noqa: E402


class Tree(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)

    def put(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)


class Layers(Tree):
    # one header for each layer, and for each layer the layers that its code may include,
    # written down independently of the table in layers.py
    HEADER = {
        "base": "sensor/base/rd.h",
        "event": "sensor/event.h",
        "event_core": "sensor/event_core.h",
        "contract": "dissectors/dissector.h",
        "lib": "dissectors/lib/der.h",
        "own": "dissectors/medical/dicom/dicom.h",
        "other": "dissectors/it/dns.h",
        "engine": "sensor/flow.h",
        "rules": "rules/judge.h",
        "guideline": "rules/guideline/alert.h",
        "store": "store/store.h",
        "pipeline": "sensor/pipeline.h",
        "cli": "sensor/cli/cli.h",
    }
    EVERYTHING = set(HEADER) - {"own", "other"}
    MAY = {
        "sensor/base/out.c": {"base"},
        "sensor/event.c": {"base", "event", "event_core"},
        "sensor/event_core.c": {"base", "event", "event_core"},
        "dissectors/dissector.h": {"base", "event", "event_core", "contract"},
        "dissectors/dissectors.c": {"base", "event", "event_core", "contract"},
        "dissectors/lib/xml.c": {"base", "lib"},
        "dissectors/medical/dicom/pdu.c": {"base", "contract", "lib", "own"},
        "dissectors/medical/hl7.c": {"base", "contract", "lib"},
        "dissectors/template.c": {"base", "contract", "lib"},
        "sensor/stream.c": {"base", "event", "event_core", "contract", "engine"},
        "sensor/capture_live.c": {"base", "event", "event_core", "contract", "engine"},
        "rules/detect/scan.c": {"base", "event", "event_core", "rules", "guideline"},
        "rules/guideline/texts.c": {"base", "event", "event_core", "rules", "guideline"},
        "rules/guideline/texts.h": {"base", "event", "event_core", "rules", "guideline"},
        "store/db/writer.c": {"base", "event", "event_core", "store", "guideline"},
        "sensor/pipeline_live.c": EVERYTHING,
        "sensor/cli/analyze.c": EVERYTHING,
    }

    def test_every_edge(self):
        for user, may in self.MAY.items():
            for layer, header in self.HEADER.items():
                with self.subTest(user=user, includes=header):
                    shutil.rmtree(self.root)
                    self.put(header, "/* a header */\n")
                    self.put(user, '#include "%s"\n' % header)
                    bad = layers.check(self.root)
                    if user == header:
                        continue
                    self.assertEqual(not bad, layer in may, bad)

    def test_other_forms(self):
        cases = [
            ("sensor/flow.c", '#include "flow.h"\n', 1),
            ("sensor/flow.c", '  #  include   "rules/judge.h"\n', 1),
            ("sensor/flow.c", '#include "tests/support.h"\n', 1),
            ("sensor/flow.c", "#include <pcap/pcap.h>\n", 1),
            ("sensor/capture_live.c", "#include <pcap/pcap.h>\n", 0),
            ("sensor/inflate.c", "#include <zlib.h>\n", 0), ("sensor/flow.c", "#include <zlib.h>\n", 1),
            ("dissectors/it/dns.c", "#include <sys/socket.h>\n", 1),
            ("rules/judge.c", "#include <sqlite3.h>\n", 1),
            ("store/db/open.c", "#include <sqlite3.h>\n", 0),
            ("sensor/cli/main.c", "#include <nids.h>\n", 1),
            ("sensor/flow.c", "#include <string.h>\n", 0),
        ]
        for path, text, n in cases:
            with self.subTest(text=text, path=path):
                shutil.rmtree(self.root)
                self.put(path, text)
                self.assertEqual(len(layers.check(self.root)), n)

    def test_table_covers_every_layer(self):
        self.assertEqual({layers.kind(p) for p in self.MAY}, set(layers.TABLE))


class Banned(Tree):
    BAD = [
        ("rules/a.c", "strcpy(a, b);"), ("rules/a.c", "strcat (a, b);"), ("rules/a.c", "sprintf(a, f);"),
        ("rules/a.c", "vsprintf(a, f, v);"), ("rules/a.c", "strtok(a, b);"), ("rules/a.c", "strncpy(a, b, 3);"),
        ("rules/a.c", "gets(a);"), ("rules/a.c", "sscanf(a, b);"), ("rules/a.c", "scanf(a);"),
        ("rules/a.c", "atoi(a);"), ("rules/a.c", "alloca(9);"), ("rules/a.c", "setjmp(e);"),
        ("rules/a.c", 'system("x");'), ("rules/a.c", 'popen("x", "r");'), ("rules/a.c", "rand();"),
        ("rules/a.c", "signal(SIGTERM, f);"), ("rules/a.c", "localtime(&t);"), ("rules/a.c", "ctime(&t);"),
        ("sensor/capture_live.c", "pcap_inject(p, b, n);"), ("sensor/capture_live.c", "pcap_sendpacket(p, b, n);"),
        ("sensor/flow.c", "int s = socket(AF_INET, 1, 0);"), ("rules/a.c", "sendto(s, b, n, 0, a, l);"),
        ("rules/a.c", "clock_gettime(CLOCK_REALTIME, &t);"), ("sensor/flow.c", "time(NULL);"),
        ("sensor/flow.c", "memcpy(a, b, n);"), ("dissectors/it/dns.c", "memmove(a, b, n);"),
        ("dissectors/it/dns.c", "if (in.p[0] == 1)"), ("dissectors/it/dns.c", "q = in.p + 3;"),
        ("dissectors/it/dns.c", "in.p++;"), ("sensor/decode.c", "x = f->frame.p [2];"),
        ("dissectors/it/dns.c", "const struct hdr *h = (const struct hdr *)in.p;"),
        ("dissectors/it/dns.c", "uint16_t v = *(const uint16_t *)(r.p);"),
        ("sensor/decode.c", "h = (struct hdr *)((r->p));"),
        ("dissectors/it/dns.c", "p = malloc(3);"), ("dissectors/it/dns.c", "free(p);"),
        ("dissectors/it/dns.c", 'printf("%d", x);'), ("sensor/flow.c", "double x = 0;"),
        ("rules/a.c", "/* TODO: later */"), ("store/a.c", "// FIXME"),
        ("rules/a.c", "enum kind { A, B };\nint f(enum kind k) { switch (k) { case A: return 1; default: return 2; } }"),
    ]
    BAD.append(("rules/a.c", "enum k { A, B };\nint f(struct s *s) { switch ((enum k)s->k) { case A: return 1; default: return 2; } }"))
    GOOD = [
        ("rules/a.c", 'say("strcpy(a, b)"); /* strcpy(a, b) is forbidden */'),
        ("sensor/base/out.c", "memcpy(a, b, n);"), ("store/net.c", "socket(1, 2, 3);"),
        ("sensor/capture_live.c", "socket(1, 2, 3);"), ("rules/a.c", "o->connect(x); x.time(3); my_signal(1);"),
        ("rules/a.c", "free(p); fgets(b, n, f); snprintf(b, n, f);"), ("rules/a.c", "localtime_r(&t, &tm); strerror_r(e, b, n);"),
        ("rules/a.c", "/* DEVIATION: the buffer was checked above */\nmemcpy(a, b, n);"),
        ("rules/a.c", "memcpy(a, b, n); /* DEVIATION: fixed size */"),
        ("rules/a.c", "enum { PDU = 1 };\nint f(int k) { switch (k) { case PDU: return 1; default: return 2; } }"),
        ("rules/a.c", "enum vr { A, B };\nint f(uint16_t v) { switch (v) { case A: return 1; default: return 2; } }"),
        ("rules/a.c", "enum k { A, B };\nint f(enum k k, int n) { switch (k) { case A: switch (n) { case 1: return 1; default: return 3; }"
                      " case B: return 2; } return 0; }"),
    ]

    def test_each_sin(self):
        for path, text in self.BAD:
            with self.subTest(path=path, text=text):
                shutil.rmtree(self.root)
                self.put(path, "/* file */\n" + text + "\n")
                self.assertTrue(banned.check(self.root))

    def test_no_false_alarm(self):
        for path, text in self.GOOD:
            with self.subTest(path=path, text=text):
                shutil.rmtree(self.root)
                self.put(path, "/* file */\n" + text + "\n")
                self.assertEqual(banned.check(self.root), [])

    def test_line_number(self):
        self.put("rules/a.c", "/* one\n two */\nint x;\nstrcpy(a, b);\n")
        self.assertTrue(banned.check(self.root)[0].startswith("rules/a.c:4: "))


class Size(Tree):
    def test_long_file_and_function(self):
        self.put("rules/long.c", "int x;\n" * 501)
        self.put("rules/f.c", "static int f(int a,\n             int b)\n{\n" + "    g();\n" * 60 + "}\n")
        self.put("rules/ok.c", "int x;\n" * 400 + "static int f(void)\n{\n" + "    g();\n" * 57 + "}\n")
        bad = size.check(self.root)
        self.assertEqual([b.split(":")[0] for b in bad], ["rules/f.c", "rules/long.c"])


class SchemaDocs(Tree):
    def field(self, line):
        self.put("dissectors/it/x.c", '#define NAME_DOC "A name by its macro"\n#define X(F, S) \\\n    %s\nWW_EVENT_DEFINE(x, "it.x", "An event for the test", 0, X);\n' % line)
        return schema_docs.check(self.root)

    def test_good(self):
        for line in ['F(S, U32, max_pdu, 0, NONE, "bytes", "Largest PDU; 0 = no limit (PS3.8 D.1)")',
                     'F(S, STR, name, 16, SRC_NAME, "", "A name (with brackets), and "  \\\n      "two pieces")',
                     'F(S, U32N, latency_ms, 0, NONE, "ms", "Time since the request")',
                     'F(S, STR, name, CAP, NONE, "", \\\n      "A name")', 'F(S, STR, name, CAP, NONE, "", NAME_DOC)',
                     'F(S, LIST, coverage__reasons, X_CAP, NONE, "", "What lowers the grade")']:
            with self.subTest(line=line):
                bad, n = self.field(line)
                self.assertEqual((bad, n), ([], 1))

    def test_bad(self):
        for line in ['F(S, U32, max_pdu, 0, NONE, "bytes", "")',
                     'F(S, U32, latency_ms, 0, NONE, "", "Time since the request")',
                     'F(S, U64, bytes_toserver, 0, NONE, "octets", "Bytes to the server")',
                     'F(S, STR, name, 16, NONE, "bytes", "A name with a unit")',
                     'F(S, STR, Name, 16, NONE, "", "A name in capitals")',
                     'F(S, TEXT, name, 16, NONE, "", "An unknown type")',
                     'F(S, STR, name, 16, NONE, "", UNREADABLE(x, y))',
                     'F(S, STR, name, 16, NONE, "", "Ends with a full stop.")']:
            with self.subTest(line=line):
                self.assertTrue(self.field(line)[0])

    def test_event_names(self):
        self.put("rules/x.c", 'WW_EVENT_DEFINE(x, "It-X", "An event for the test", 0, X);\n')
        self.assertTrue(schema_docs.check(self.root)[0])
        self.put("rules/x.c", 'WW_EVENT_DEFINE(x, "it.x", "", 0, X);\n')
        self.assertTrue(schema_docs.check(self.root)[0])


class Texts(Tree):
    def test_paths(self):
        self.put("README.md", "see /" + "work/main and ../" + "shared/notes\n")
        self.put("a.c", "/* /" + "home/somebody/src */\n")
        self.put(".ci/run", "../" + "shared\n")
        self.assertEqual(len(texts.check(self.root)), 3)

    def test_clean(self):
        self.put("README.md", "Works in /var/lib/wardwatch; the work/life balance is shared.\n")
        self.assertEqual(texts.check(self.root), [])


class Programs(Tree):
    """nosend.sh and globals.sh look at compiled code."""

    def compile(self, source, *flags):
        self.put("p.c", source)
        out = os.path.join(self.root, "p")
        subprocess.run([os.environ.get("CC", "cc"), "-w", "-o", out, os.path.join(self.root, "p.c"), *flags], check=True)
        return out

    def run_lint(self, lint, *args):
        return subprocess.run(["sh", os.path.join(HERE, lint), *args], capture_output=True, check=False).returncode

    def test_nosend(self):
        fine = self.compile("int pcap_lib_version(void); int main(void) { return !pcap_lib_version(); }", "-lpcap")
        self.assertEqual(self.run_lint("nosend.sh", fine), 0)
        for f in ("pcap_inject", "pcap_sendpacket"):
            sends = self.compile("int %s(void); int main(void) { return %s(); }" % (f, f), "-lpcap")
            self.assertEqual(self.run_lint("nosend.sh", sends), 1, f)

    def test_nosend_sees_a_library_that_hides_its_functions(self):
        try:
            linked = self.compile("int main(void) { return 0; }", "-Wl,--no-as-needed", "-lnids")
        except subprocess.CalledProcessError:
            self.skipTest("libnids is not installed")
        self.assertEqual(self.run_lint("nosend.sh", linked), 1)

    def test_globals(self):
        for source, code in [("int counter;", 1), ("static int c; int *f(void) { return &c; }", 1), ("int g = 3;", 1),
                             ('const char *name = "x";', 1), ("int *f(void) { static _Thread_local int t; return &t; }", 1),
                             ('const char *const names[] = { "a" }; const int x = 3;', 0)]:
            with self.subTest(source=source):
                obj = self.compile(source, "-c", "-fPIE")
                self.assertEqual(self.run_lint("globals.sh", obj), code)


if __name__ == "__main__":
    unittest.main()
