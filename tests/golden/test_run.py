#!/usr/bin/env python3
"""The golden runner itself can fail: hand-made events and captures."""
import json
import os
import stat
import struct
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cuts  # noqa: E402
import run  # noqa: E402
from run import pcapfile  # noqa: E402


def event(proto="dicom", kind="request", a="192.0.2.1", b="192.0.2.2", **body):
    return {"timestamp": "2026-01-05T00:00:00.000000Z", "event_type": proto, "src_ip": a, "src_port": 4000, "dest_ip": b,
            "dest_port": 104, "flow_id": 7, proto: dict(body, type=kind)}


def stats(**groups):
    return {"event_type": "stats", "stats": groups}


def frame(src, dst, payload, seq=1):
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), 0, 0, 64, 6, 0, bytes(src), bytes(dst))
    tcp = struct.pack(">HHIIBBHHH", 4000, 104, seq, 0, 0x50, 0x18, 1000, 0, 0)
    return b"\2" * 12 + b"\x08\x00" + ip + tcp + payload


A, B = (192, 0, 2, 1), (192, 0, 2, 2)


def capture(n=20):
    c = pcapfile.Capture()
    c.header = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for i in range(n):
        data = frame(A if i % 2 == 0 else B, B if i % 2 == 0 else A, b"x" * 100, seq=i)
        c.records.append([1000 + i, 0, data, len(data)])
    return c


class Compare(unittest.TestCase):
    table = {("*", "latency_ms"): "any", ("dicom.*", "sop_class"): "unknown"}
    intact = [event(message_id=1, sop_class="1.2", latency_ms=3), event(message_id=2, sop_class="1.2", latency_ms=4)]

    def bad(self, spoiled):
        return run.compare(self.table, self.intact, spoiled)

    def test_nothing_and_everything_are_fine(self):
        self.assertEqual(self.bad([]), [])
        self.assertEqual(self.bad(self.intact), [])

    def test_ends_may_change_places(self):
        e = event(message_id=1, sop_class="1.2", latency_ms=3)
        e["src_ip"], e["dest_ip"], e["src_port"], e["dest_port"] = e["dest_ip"], e["src_ip"], e["dest_port"], e["src_port"]
        self.assertEqual(self.bad([e]), [])

    def test_a_new_message_is_caught(self):
        self.assertTrue(self.bad([event(message_id=3, sop_class="1.2")]))
        self.assertTrue(self.bad([event(message_id=1, sop_class="1.2", kind="response")]))
        self.assertTrue(self.bad([event(a="192.0.2.9", message_id=1, sop_class="1.2")]))

    def test_the_same_message_twice_is_caught(self):
        self.assertTrue(self.bad([self.intact[0], self.intact[0]]))
        dns = [event("dns", "query", id=1)]
        self.assertEqual(run.compare({}, dns, dns), [])
        self.assertTrue(run.compare({}, dns, dns * 2))

    def test_figures_of_a_flow_that_differ_are_caught(self):
        one, other = [dict(event("flow", "end", pkts_toserver=n), proto="TCP") for n in (5, 10)]
        self.assertEqual(run.flows_differ([one], [one]), [])
        self.assertEqual(len(run.flows_differ([one], [other])), 1)
        self.assertEqual(len(run.flows_differ([one], [])), 1)
        self.assertEqual(len(run.flows_differ([one], [one, one])), 1)

    def test_a_changed_field_is_caught(self):
        self.assertTrue(self.bad([event(message_id=1, sop_class="9.9", latency_ms=3)]))

    def test_degradation_is_allowed_only_where_listed(self):
        self.assertEqual(self.bad([event(message_id=1, latency_ms=None)]), [])
        self.assertTrue(run.compare({}, self.intact, [event(message_id=1, sop_class=None, latency_ms=3)]))

    def test_other_event_types_are_not_messages(self):
        self.assertEqual(self.bad([event("flow", "end")]), [])


class Cuts(unittest.TestCase):
    """Messages of one direction end in frames 10, 20, 20, 30; one of the other in 25."""

    def setUp(self):
        self.intact = [dict(event(message_id=n), pcap_cnt=frame, flow_id=1, direction=way)
                       for n, frame, way in ((1, 10, "a"), (2, 20, "a"), (3, 20, "a"), (4, 25, "b"), (5, 30, "a"))]

    def wanted(self, first, skip):
        return [e["dicom"]["message_id"] for e in cuts.late(self.intact, first, skip)]

    def test_what_must_be_told(self):
        self.assertEqual(self.wanted(1, 0), [1, 2, 3, 4, 5])
        self.assertEqual(self.wanted(1, 1), [2, 3, 5])
        self.assertEqual(self.wanted(1, 2), [5])
        self.assertEqual(self.wanted(10, 1), [2, 3, 5])
        self.assertEqual(self.wanted(11, 1), [5])
        self.assertEqual(self.wanted(31, 0), [])

    def test_what_is_wrong(self):
        def at(first, told):
            return cuts.faults({}, [(1, self.intact), (first, told)])
        self.assertEqual(at(10, self.intact[1:]), ([], []))
        self.assertEqual(at(10, self.intact[3:]), ([], [10]))
        self.assertEqual(len(at(10, self.intact[:1])[0]), 1)
        self.assertEqual(len(at(10, self.intact + [event(message_id=9)])[0]), 1)


class Output(unittest.TestCase):
    def test_normalise(self):
        events = [dict(event(message_id=1), pcap_filename="/somewhere/a.pcap"), event("dns", "query", id=3),
                  stats(flow={"total": 1}), stats(flow={"total": 2})]
        lines = run.normalise(events, {"dicom"})
        self.assertEqual(len(lines), 3)
        self.assertNotIn("somewhere", "".join(lines))
        self.assertIn('"message_id": 1', lines[0])
        self.assertNotIn('"id": 3', lines[1])
        self.assertIn("dns.query", lines[1])
        self.assertIn('"total": 2', lines[2])

    def test_filter_by_kind(self):
        lines = run.normalise([event(message_id=1), event(kind="response", status="0000")], {"dicom.response"})
        self.assertNotIn("message_id", lines[0])
        self.assertIn("status", lines[1])

    def test_patient_data_is_caught(self):
        for text in ("CANARY^TARO", "金糸雀^太郎", "キャナリー"):
            with self.assertRaises(run.Failure):
                run.parse(json.dumps({"a": text}, ensure_ascii=False).encode(), "x")

    def test_bad_output_is_caught(self):
        for data in (b'{"a":1', b'{"a":1,"a":2}', b'{"a":"\xff"}'):
            with self.assertRaises(run.Failure):
                run.parse(data, "x")

    def test_repository_files_are_readable(self):
        self.assertTrue(run.testlist() or True)
        self.assertTrue(all(v in ("any", "unknown") for v in run.degrades().values()))


class Spoiling(unittest.TestCase):
    def test_snap_thin_double_late(self):
        c = capture()
        v, cut = pcapfile.snap(c, 60)
        self.assertEqual((cut, max(len(r[2]) for r in v.records), v.records[0][3]), (20, 60, 154))
        v, lost = pcapfile.thin(c)
        self.assertEqual((len(v.records), lost), (15, 500))
        self.assertEqual(len(pcapfile.double(c).records), 40)
        self.assertEqual(len(pcapfile.start_late(c).records), 10)

    def test_shuffle_keeps_time_and_frames(self):
        c = capture()
        v = pcapfile.shuffle(c)
        self.assertEqual([r[0] for r in v.records], [r[0] for r in c.records])
        self.assertEqual(sorted(r[2] for r in v.records), sorted(r[2] for r in c.records))
        self.assertNotEqual([r[2] for r in v.records], [r[2] for r in c.records])
        self.assertEqual([r[2] for r in v.records], [r[2] for r in pcapfile.shuffle(c).records])

    def test_write_and_read(self):
        with tempfile.TemporaryDirectory() as tmp:
            path = os.path.join(tmp, "a.pcap")
            capture().write(path)
            self.assertEqual(pcapfile.Capture(path).records, capture().records)


PROGRAM = """#!/usr/bin/env python3
import json, sys
sys.path.insert(0, %r)
import pcapfile
c = pcapfile.Capture(sys.argv[2])
def say(n, **more):
    print(json.dumps({"event_type": "dicom", "src_ip": "a", "src_port": 1, "dest_ip": "b", "dest_port": 2,
                      "dicom": dict(more, type="request", message_id=n)}))
seen = set()
for r in c.records:
    n = r[2][41]
    if %s:
        seen.add(n)
        say(n, frames=len(c.records) if %s else 0)
print(json.dumps({"event_type": "stats", "stats": {"capture": {"truncated": sum(r[3] > len(r[2]) for r in c.records)},
                  "stream": {"gap_bytes": %s}}}))
"""


class WholeRun(unittest.TestCase):
    """A small program stands for wardwatch: an honest one passes, each kind of lie is caught."""

    def variants(self, once="n not in seen and len(r[2]) == r[3]", mixes="False", gap="20 - len(seen)"):
        with tempfile.TemporaryDirectory() as tmp:
            path, program = os.path.join(tmp, "a.pcap"), os.path.join(tmp, "ww")
            capture().write(path)
            with open(program, "w", encoding="utf-8") as f:
                f.write(PROGRAM % (os.path.join(run.ROOT, "tests", "lib"), once, mixes, gap))
            os.chmod(program, stat.S_IRWXU)
            t = {"name": "x", "capture": path, "args": [], "filter": {"dicom"}}
            return run.do_variants(program, t)

    def test_the_last_statistics_of_each_link_are_kept(self):
        link = lambda n, **more: {"event_type": "stats", "stats": dict(more, type="link", name="a", packets=n)}
        told = [link(1, scope="source", vlan=None), link(1, scope="vlan", vlan=7), stats(capture={"packets": 1}),
                link(2, scope="source", vlan=None), stats(capture={"packets": 2})]
        kept = [json.loads(line)["stats"] for line in run.normalise(told, set())]
        self.assertEqual([k.get("packets", k.get("capture")) for k in kept], [1, 2, {"packets": 2}])

    def test_honest(self):
        self.assertEqual(self.variants(), 0)

    def test_duplicates_told_twice(self):
        with self.assertRaises(run.Failure):
            self.variants(once="len(r[2]) == r[3]")

    def test_content_depends_on_what_is_missing(self):
        with self.assertRaises(run.Failure):
            self.variants(mixes="True")

    def test_gap_not_told(self):
        with self.assertRaises(run.Failure):
            self.variants(gap="0")


if __name__ == "__main__":
    unittest.main()
