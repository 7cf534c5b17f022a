#!/usr/bin/env python3
"""wardwatch monitor on a real interface: what it tells is what `analyze` tells of the same packets; it ends in order,
goes on where it stopped, hears what people decide, and says clearly what it cannot do."""
import collections
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import netns  # noqa: E402
import pcapfile  # noqa: E402
from netns import Monitor, Sender, frames, pair, remove, replay, wait_for  # noqa: E402
from program import DONE, EARLY, INPUT, PCAPS, SITE, WARD, Failure, Skip, json_lines, main, no_patient, same, want  # noqa: E402

CAPTURES = ["ward-morning/ward-morning.pcap", "dicom/orthanc.pcap", "dicom/store.pcap", "hl7/mllp-pieces.pcap", "hl7/adt-iso2022jp.pcap",
            "dns/tcp.pcap", "dns/failures.pcap", "dhcp/lease.pcap", "arp/conflict.pcap", "link/vlan.pcap", "link/qinq.pcap", "link/icmp.pcap",
            "link/ipv4-fragments.pcap", "link/ipv6-extension-headers.pcap"]
MESSAGES = ("dicom", "hl7", "dns", "dhcp", "arp")
# what depends on the clock, on the order of files, or on the source
PRIVATE = ("timestamp", "flow_id", "pcap_cnt", "pcap_filename", "in_iface")


def messages(events):
    """Each message of medical and network protocols with all it tells, without times."""
    found = collections.Counter()
    for e in events:
        if e["event_type"] not in MESSAGES:
            continue
        body = {k: v for k, v in e[e["event_type"]].items() if k not in ("latency_ms", "duration_ms", "clock_offset", "clock_ahead")}
        head = {k: v for k, v in e.items() if k not in PRIVATE and k != e["event_type"]}
        found[json.dumps([head, body], sort_keys=True, ensure_ascii=False)] += 1
    return found


def analyze(program, path):
    return program.good("analyze", path, "--site", SITE, "--events", "-").json_lines()


def read_events(path):
    with open(path, "rb") as f:
        data = f.read()
    no_patient(data, path)
    return json_lines(data, path)


def differences(live, file):
    lines = ["only live: " + k for k in list((live - file).elements())[:5]] + ["not live: " + k for k in list((file - live).elements())[:5]]
    return "\n  ".join(lines)


def without_repeats(path, folder):
    """The capture with each frame once: replayed faster than it was recorded, a repeated frame is like a mirror's copy."""
    c, known, kept = pcapfile.Capture(path), set(), []
    for r in c.records:
        what = r[2][14:42] if r[2][12:14] == b"\x08\x06" else r[2]  # ARP: whoever sent it
        if what not in known:
            kept.append(r)
        known.add(what)
    c.copy(kept).write(os.path.join(folder, "once.pcap"))
    return os.path.join(folder, "once.pcap")


def compare(program, folder, jobs):
    pair("v0", "v1")
    try:
        for name in CAPTURES:
            path = without_repeats(os.path.join(PCAPS, name), folder)
            stem = os.path.join(folder, name.replace("/", "-"))
            file = analyze(program, path)
            m = Monitor(program, "-i", "v1", "--site", SITE, "--db", stem + ".db", "--events", stem + ".json", "-j", jobs).ready()
            n = replay("v0", "v1", frames(path))
            same(m.end(signal.SIGTERM), DONE, "exit code after SIGTERM (%s): %s" % (name, m.lines()))
            same(m.seen(), (n, 0, 0), "packets seen and lost (%s)" % name)
            live = read_events(stem + ".json")
            a, b = messages(live), messages(file)
            want(a == b, "%s, %d worker(s): live tells something else than analyze\n  %s" % (name, jobs, differences(a, b)))
            want(b, "%s: no message to compare" % name) if "icmp" not in name else None
            last = [e for e in live if e["event_type"] == "stats"][-1]["stats"]
            same((last["capture"]["packets"], last["bugs"], last["judge"]["event_drops"]), (n, 0, 0), "counters of " + name)
            program.verify(stem + ".db")
    finally:
        remove("v0")


def one_worker(program, folder):
    compare(program, folder, 1)


def two_workers(program, folder):
    compare(program, folder, 2)


def alerts(program, db):
    return json.loads(program.good("alerts", "list", "--db", db, "--format", "json").out)


def key(a):
    return tuple(str(a.get(k)) for k in ("class", "variant", "asset_id", "peer", "port"))


def goes_on(program, folder):
    """A second run on the same database continues the alerts of the first."""
    db, data = os.path.join(folder, "x.db"), frames(WARD)
    pair("v0", "v1")
    try:
        tables = []
        for turn in (1, 2):
            m = Monitor(program, "-i", "v1", "--site", SITE, "--db", db).ready()
            same(any("stored alerts are taken up" in l for l in m.lines()), turn == 2, "says that it goes on: %s" % m.lines())
            replay("v0", "v1", data)
            same(m.end(signal.SIGTERM), DONE, "exit code of run %d: %s" % (turn, m.lines()))
            program.verify(db)
            tables.append({key(a): a for a in alerts(program, db)})
        first, second = tables
        want(first, "no alert at all")
        same(sorted(second), sorted(first), "the alerts of the second run are those of the first")
        for k, a in first.items():
            want(second[k]["id"] == a["id"] and second[k]["count"] > a["count"], "alert %s counts on: %s, then %s" % (k, a, second[k]))
    finally:
        remove("v0")


def people(program, folder):
    """What people decide while it runs is taken over: a closed alert comes back as a new one that names the old."""
    db, data = os.path.join(folder, "x.db"), frames(WARD)
    pair("v0", "v1")
    try:
        m = Monitor(program, "-i", "v1", "--site", SITE, "--db", db, "-j", 2).ready()
        replay("v0", "v1", data)
        def both():
            known = alerts(program, db)
            # of a class that is told with each connection; others are told once per device
            closed = [a for a in known if a["class"] == 104]
            return closed and len(known) > 1 and (next(a for a in known if a not in closed), closed[0])

        acked, closed = wait_for("alerts reach the store", both)
        busy = Sender("v0", netns.again(data, 1))
        busy.start()
        program.good("alerts", "ack", acked["id"], "--db", db, "--by", "1234")
        program.good("alerts", "close", closed["id"], "--db", db, "--by", "1234", "--reason", "cable replaced")

        def returned():
            return [a for a in alerts(program, db) if a.get("recurrence_of")]

        try:
            came = wait_for("the closed alert comes back as a new one", returned)
        finally:
            busy.stop()
        same(m.end(signal.SIGTERM), DONE, "exit code: %s" % m.lines())
        same([(key(a), a["recurrence_of"]) for a in came], [(key(closed), closed["alert_id"])], "which alert came back")
        program.verify(db)
        table = {a["id"]: a for a in alerts(program, db)}
        same((table[acked["id"]]["state"], table[closed["id"]]["state"]), ("ack", "closed"), "states in the list")
        # and after a restart the decisions still hold
        m = Monitor(program, "-i", "v1", "--site", SITE, "--db", db).ready()
        replay("v0", "v1", data)
        same(m.end(signal.SIGTERM), DONE, "exit code of the second run: %s" % m.lines())
        same(len(alerts(program, db)), len(table), "alerts after the restart")
        program.verify(db)
    finally:
        remove("v0")


def random_end(program, folder):
    """SIGTERM and SIGINT at any moment of the replay: ends in order, everything written is whole."""
    rnd, data = netns.seeded(), frames(WARD)
    pair("v0", "v1")
    try:
        for turn in range(8):
            db, events = os.path.join(folder, "%d.db" % turn), os.path.join(folder, "%d.json" % turn)
            m = Monitor(program, "-i", "v1", "--site", SITE, "--db", db, "--events", events, "-j", 1 + turn % 2).ready()
            busy = Sender("v0", data)
            busy.start()
            much = rnd.randrange(0, 3 * len(data))
            wait_for("some frames are sent", lambda: busy.n >= much)
            same(m.end(rnd.choice((signal.SIGTERM, signal.SIGINT))), DONE, "exit code, turn %d: %s" % (turn, m.lines()))
            busy.stop()
            same(m.seen()[1:], (0, 0), "packets lost in turn %d" % turn)
            live = read_events(events)
            want(live and live[-1]["event_type"] in ("stats", "alert", "device"), "turn %d: the last event is %s" % (turn, live[-1:]))
            program.verify(db)
    finally:
        remove("v0")


def many_open_flows(program, folder):
    """All flows that are open end at once when it is stopped: more events than a ring holds, and none is lost."""
    events, db, count = os.path.join(folder, "x.json"), os.path.join(folder, "x.db"), 60000
    data = [netns.udp(i) for i in range(count)]
    pair("v0", "v1")
    try:
        for jobs in (1, 2):
            m = Monitor(program, "-i", "v1", "--events", events, "--db", db, "-j", jobs).ready()
            replay("v0", "v1", data)
            same(m.end(signal.SIGTERM), DONE, "exit code: %s" % m.lines())
            same(m.seen(), (count, 0, 0), "packets seen and lost, %d worker(s)" % jobs)
            live = read_events(events)
            last = [e for e in live if e["event_type"] == "stats"][-1]["stats"]
            same((last["capture"]["packets"], last["judge"]["event_drops"]), (count, 0), "counters, %d worker(s)" % jobs)
            same(sum(e["event_type"] == "flow" for e in live), count, "flows that ended, %d worker(s)" % jobs)
            program.verify(db)
            os.remove(events)
    finally:
        remove("v0")


def goes_down(program, folder):
    """An interface that goes down is told at once; up again, it is listened to without a restart; the gap stays visible."""
    events, data = os.path.join(folder, "x.json"), frames(os.path.join(PCAPS, "dns/lookups.pcap"))
    pair("v0", "v1")
    try:
        m = Monitor(program, "-i", "v1", "--events", events).ready()
        n = replay("v0", "v1", data)
        netns.ip("link", "set", "v1", "down")
        wait_for("it says that v1 is down", lambda: any("v1: the interface is down" in l for l in m.lines()))
        netns.ip("link", "set", "v1", "up")
        wait_for("it says that v1 is up", lambda: any("v1: the interface is up again" in l for l in m.lines()))
        n += replay("v0", "v1", data)
        same(m.end(signal.SIGTERM), DONE, "exit code: %s" % m.lines())
        same(m.seen(), (n, 0, 0), "packets seen and lost")
        coverage = [e for e in read_events(events) if e["event_type"] == "stats"][-1]["stats"]["coverage"]
        want("interface_down" in coverage["reasons"] and coverage["grade"] not in "AB", "the coverage tells the gap: %s" % coverage)
        links = [e for e in read_events(events) if e["event_type"] == "stats" and e["stats"].get("type") == "link"]
        last = links[-1]["stats"]
        same((last["name"], last["live"], last["down"], last["packets"], last["kernel_drops"]), ("v1", True, True, n, 0), "what is told of v1")
        blind = [e["wardwatch"] for e in read_events(events) if e["event_type"] == "alert" and e["wardwatch"]["class"] == 901]
        want(blind and blind[0]["variant"] == "b" and blind[0]["zone"] == "v1", "the alert names the interface: %s" % blind)
        m = Monitor(program, "-i", "v1").ready()
        netns.ip("link", "set", "v1", "down")
        wait_for("it says that v1 is down", lambda: any("v1: the interface is down" in l for l in m.lines()))
        same(m.end(signal.SIGTERM), INPUT, "exit code of a run that ends deaf: %s" % m.lines())
        want("v1" in m.lines()[-1] and "ip link set v1 up" in m.lines()[-1], "the last sentence says so: %s" % m.lines())
    finally:
        remove("v0")


def goes_away(program, folder):
    """An interface that is removed ends the run: one sentence, exit code 2, what was seen is stored."""
    db = os.path.join(folder, "x.db")
    pair("v0", "v1")
    m = Monitor(program, "-i", "v1", "--site", SITE, "--db", db).ready()
    replay("v0", "v1", frames(WARD))
    remove("v0")
    same(m.end(), INPUT, "exit code: %s" % m.lines())
    errors = [l for l in m.lines() if "v1: " in l]
    want(len(errors) == 1 and "ip link" in errors[0], "one sentence about v1: %s" % m.lines())
    program.verify(db)
    want(alerts(program, db), "what was seen before is stored")


def one_of_two_goes_away(program, folder):
    events = os.path.join(folder, "x.json")
    pair("v0", "v1")
    pair("w0", "w1")
    try:
        m = Monitor(program, "-i", "v1", "-i", "w1", "--site", SITE, "--events", events, "-j", 2).ready()
        replay("v0", "v1", frames(os.path.join(PCAPS, "dns/lookups.pcap")))
        remove("v0")
        wait_for("it says that v1 is gone", lambda: any("v1: " in l for l in m.lines()))
        replay("w0", "w1", frames(os.path.join(PCAPS, "dicom/echo.pcap")))
        same(m.end(signal.SIGTERM), INPUT, "exit code: %s" % m.lines())
        kinds = {(e["in_iface"], e["event_type"]) for e in read_events(events) if e["event_type"] in MESSAGES}
        want(("v1", "dns") in kinds and ("w1", "dicom") in kinds, "the other interface is heard on: %s" % kinds)
    finally:
        remove("v0", "w0")


def full_disk(program, folder):
    """A disk that becomes full is told at once, not after months; what was stored stays valid; with room it goes on."""
    disk, data = os.path.join(folder, "disk"), frames(WARD)
    os.mkdir(disk)
    r = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", disk], capture_output=True, check=False)
    if r.returncode != 0:
        raise Skip("no right to mount a small file system: %s" % r.stderr.decode().strip())
    pair("v0", "v1")
    try:
        db, events, ballast = (os.path.join(disk, n) for n in ("x.db", "x.json", "ballast"))
        m = Monitor(program, "-i", "v1", "--site", SITE, "--db", db, "--events", events).ready()
        s = os.statvfs(disk)
        with open(ballast, "wb") as f:
            f.write(bytes((s.f_bavail - 20) * s.f_frsize))
        replay("v0", "v1", data)
        for file in (db, events):
            wait_for("it says that %s is full" % file, lambda file=file: any(file in l and ("no space" in l or "make room" in l) for l in m.lines()))
        os.remove(ballast)
        same(m.end(signal.SIGTERM), EARLY, "exit code: %s" % m.lines())
        with open(events, "rb") as f:
            for line in f.read().split(b"\n")[:-1]:
                json.loads(line)
        program.verify(db)
        m = Monitor(program, "-i", "v1", "--site", SITE, "--db", db).ready()
        replay("v0", "v1", data)
        same(m.end(signal.SIGTERM), DONE, "exit code with room: %s" % m.lines())
        program.verify(db)
        want(alerts(program, db), "alerts are stored once there is room")
    finally:
        remove("v0")
        subprocess.run(["umount", disk], check=True)


def reader_leaves(program, folder):
    """monitor --events - | head: without a database it ends in order, with one it goes on."""
    for db in (None, os.path.join(folder, "x.db")):
        pair("v0", "v1")
        try:
            m = Monitor(program, "-i", "v1", "--site", SITE, "--events", "-", *(["--db", db] if db else []), leave=True).ready()
            busy = Sender("v0", frames(WARD))
            busy.start()
            wait_for("it says that the reader left", lambda: any("reader of the events left" in l for l in m.lines()))
            same(m.end(signal.SIGTERM if db else None), DONE, "exit code: %s" % m.lines())
            busy.stop()
            if db:
                program.verify(db)
                want(alerts(program, db), "what was seen is stored")
        finally:
            remove("v0")


def two_interfaces(program, folder):
    """One capture on each of two interfaces: the sum of both, each with its interface."""
    events, db = os.path.join(folder, "x.json"), os.path.join(folder, "x.db")
    pair("v0", "v1")
    pair("w0", "w1")
    try:
        paths = {"v1": os.path.join(PCAPS, "dicom/find.pcap"), "w1": os.path.join(PCAPS, "hl7/oru-monitor.pcap")}
        m = Monitor(program, "-i", "v1", "-i", "w1", "--site", SITE, "--db", db, "--events", events, "-j", 2).ready()
        n = replay("v0", "v1", frames(paths["v1"])) + replay("w0", "w1", frames(paths["w1"]))
        same(m.end(signal.SIGTERM), DONE, "exit code: %s" % m.lines())
        same(m.seen(), (n, 0, 0), "packets seen and lost")
        live = read_events(events)
        for iface, path in paths.items():
            a, b = messages(e for e in live if e.get("in_iface") == iface), messages(analyze(program, path))
            want(a == b, "%s on %s: live tells something else\n  %s" % (path, iface, differences(a, b)))
        program.verify(db)
    finally:
        remove("v0", "w0")


def processors(program, folder):
    """--cpus: captures and workers in turn, judge and writer on any of them; and threads have names."""
    cpus = sorted(os.sched_getaffinity(0))[:2]
    pair("v0", "v1")
    try:
        m = Monitor(program, "-i", "v1", "-j", 2, "--cpus", ",".join(map(str, cpus))).ready()
        tasks = "/proc/%d/task" % m.p.pid
        wanted = {"judge 0": cpus, "writer 0": cpus}
        wanted.update({name: [cpus[i % len(cpus)]] for i, name in enumerate(("capture 0", "worker 0", "worker 1"))})

        def placed():
            threads = {}
            for t in os.listdir(tasks):
                with open(os.path.join(tasks, t, "comm"), encoding="ascii") as f:
                    threads[f.read().strip()] = sorted(os.sched_getaffinity(int(t)))
            return all(threads.get(n) == c for n, c in wanted.items())

        wait_for("each thread runs where it should: %s" % wanted, placed)
        same(m.end(signal.SIGTERM), DONE, "exit code: %s" % m.lines())
        for bad in ("", "x", "1-", "3-1", "0,,1", "0-70000"):
            program.refused("monitor", "-i", "v1", "--cpus", bad, names=["--cpus"])
        program.refused("monitor", "-i", "v1", "--cpus", "0-200", names=["--cpus"], says=["taskset"])
        program.refused("analyze", WARD, "-o", os.devnull, "--cpus", "65535", names=["--cpus"], says=["taskset"])
    finally:
        remove("v0")


def filters(program, folder):
    events = os.path.join(folder, "x.json")
    pair("v0", "v1")
    try:
        m = Monitor(program, "-i", "v1", "--events", events, "--filter", "udp port 53").ready()
        replay("v0", "v1", frames(WARD))
        same(m.end(signal.SIGTERM), DONE, "exit code: %s" % m.lines())
        live = read_events(events)
        same({e["event_type"] for e in live if e["event_type"] in MESSAGES}, {"dns"}, "kinds of messages")
        file = program.good("analyze", WARD, "--filter", "udp port 53", "--events", "-").json_lines()
        want(messages(live) == messages(file), "the filter means the same live and in a file")
        program.refused("monitor", "-i", "v1", "--filter", "udp prot 53", names=['"udp prot 53"'], says=["pcap-filter"])
        broken = os.path.join(folder, "filter.txt")
        with open(broken, "w", encoding="ascii") as f:
            f.write("tcp and (\n")
        program.refused("monitor", "-i", "v1", "-F", broken, names=["tcp and ("], says=["pcap-filter"])
    finally:
        remove("v0")


def cannot_listen(program, folder):
    db = os.path.join(folder, "x.db")
    program.refused("monitor", "-i", "nowhere0", names=["nowhere0"], says=["no such interface", "ip link"])
    program.refused("monitor", "-i", "nowhere0", "--db", db, names=["nowhere0"])
    program.verify(db)
    pair("v0", "v1")
    try:
        program.refused("monitor", "-i", "v1", "-i", "nowhere0", names=["nowhere0"])
        netns.ip("link", "set", "v1", "down")
        program.refused("monitor", "-i", "v1", names=["v1"], says=["down", "ip link set v1 up"])
    finally:
        remove("v0")
    program.refused("monitor", *[w for i in range(9) for w in ("-i", "v%d" % i)], names=["8 interfaces"], says=["second monitor"])


def no_permission(program, folder):
    pair("v0", "v1")
    try:
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]
        r = program.run("--version", prefix=prefix) if os.access("/proc/self/uid_map", os.R_OK) else None
        if r is None or r.code != 0:
            raise Skip("cannot become another user here: %s" % r)
        program.refused("monitor", "-i", "v1", prefix=prefix, names=["v1"], says=["CAP_NET_RAW", "setcap"])
    finally:
        remove("v0")


TESTS = {f.__name__: f for f in (one_worker, two_workers, goes_on, people, random_end, many_open_flows, goes_down, goes_away,
                                 one_of_two_goes_away, two_interfaces, full_disk, reader_leaves, processors,
                                 filters, cannot_listen, no_permission)}

if __name__ == "__main__":
    netns.enter()
    try:
        sys.exit(main(TESTS))
    except Failure as e:
        print(e)
        sys.exit(1)
