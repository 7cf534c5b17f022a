/* WD-901, the sensor is blind, and WD-903, what it does not watch: each variant by its condition. */
#include "tests/judge_support.h"
#include <criterion/new/assert.h>

static const char SITE[] =
    "zones:\n"
    "  - {id: imaging, subnets: [10.10.20.0/24], vlans: [20]}\n"
    "  - {id: icu, subnets: [10.10.60.0/24], vlans: [60, 61]}\n"
    "  - {id: attic, subnets: [10.10.99.0/24]}\n"
    "devices:\n"
    "  - {id: ct-01, name: CT, ip: [10.10.20.15], class: II, role: diagnostic, zone: imaging}\n"
    "  - {id: pump-1, name: Pump, ip: [10.10.60.9], class: III, role: therapy, zone: icu}\n"
    "  - {id: pump-2, name: Pump, ip: [10.10.60.10], class: III, role: therapy, zone: icu}\n";

static struct tj *open_site(void)
{
    return tj_open(SITE, NULL, NULL, NULL);
}

static struct ww_end at(const char *ip, uint16_t port)
{
    return tj_end(ip, NULL, port);
}

/* A link where all is well; tests change what they are about. vlan 0 = the whole source. */
static struct ww_event *a_link(struct tj *t, const char *name, uint16_t vlan, bool live)
{
    struct ww_event *e = tj_event(t, "stats.link", tj_end(NULL, NULL, 0), tj_end(NULL, NULL, 0));
    e->ip_proto = 0;
    tj_str(e, "name", name);
    tj_str(e, "scope", vlan != 0 ? "vlan" : "source");
    tj_num(e, "vlan", vlan != 0 ? vlan : WW_NULL32);
    tj_num(e, "live", live);
    tj_num(e, "vlans", 1);
    tj_num(e, "packets", 100000);
    tj_num(e, "tcp_used", 500);
    tj_num(e, "first", t->now - 1000 * TJ_SEC);
    tj_num(e, "last", t->now);
    tj_num(e, "kernel_drops", live && vlan == 0 ? 0 : WW_NULL64);
    tj_num(e, "ring_drops", vlan == 0 ? 0 : WW_NULL64);
    return e;
}

static struct ww_event *run(struct tj *t)
{
    struct ww_event *e = tj_event(t, "stats", tj_end(NULL, NULL, 0), tj_end(NULL, NULL, 0));
    e->ip_proto = 0;
    tj_num(e, "capture__kernel_drops", WW_NULL64);
    tj_num(e, "store__lost", WW_NULL64);
    tj_num(e, "store__free_ppm", WW_NULL32);
    return e;
}

static void see(struct tj *t, struct ww_event *e, const char *field, uint64_t v)
{
    tj_num(e, field, v);
    tj_see(t, e);
}

static const struct ww_alert *raised(const struct tj *t, uint16_t class_, char variant)
{
    const struct ww_alert *a = tj_alert(t, class_, variant, "sensor");
    cr_assert_not_null(a, "WD-%d%c is missing: %s", class_, variant, tj_list_alerts(t));
    return a;
}

static void quiet(const struct tj *t)
{
    cr_assert(eq(sz, tj_alerts(t), 0), "%s", tj_list_alerts(t));
}

static bool is(struct ww_slice s, const char *text)
{
    return ww_slice_eqs(s, text);
}

/* Both texts say what was seen; neither says that something is unknown. */
static void reads(const struct tj *t, const struct ww_alert *a, const char *ja, const char *en)
{
    static char text[4096];
    const char *const want[] = { ja, en };
    for (int l = 0; l < WW_LANGS; l++) {
        struct ww_guide_opt opt = ww_guide_opt((enum ww_lang)l);
        struct ww_out o = ww_out(text, sizeof text - 1);
        cr_assert(ww_guide_text(t->guide, a, WW_PART_SEEN, 0, &opt, &o));
        text[o.n] = 0;
        cr_assert(strstr(text, want[l]) != NULL, "no '%s' in: %s", want[l], text);
        cr_assert(strstr(text, l == WW_LANG_JA ? "不明" : "unknown") == NULL, "%s", text);
    }
}

/* ---- WD-901 ---- */
Test(wd901, a_loss_and_cut_packets)
{
    struct tj *t = open_site();
    see(t, a_link(t, "a.pcap", 0, false), "coverage__loss_ppm", 9000);
    see(t, a_link(t, "a.pcap", 0, false), "coverage__loss_ppm", WW_NULL32); /* unknown is no alarm */
    struct ww_event *e = a_link(t, "a.pcap", 0, false);
    tj_num(e, "packets", 499);
    see(t, e, "coverage__loss_ppm", 500000); /* too few to say */
    quiet(t);
    see(t, a_link(t, "a.pcap", 0, false), "coverage__loss_ppm", 31200);
    const struct ww_alert *a = raised(t, 901, 'a');
    cr_assert(eq(int, a->weight, 4)); /* of the pumps, which it may have missed */
    cr_assert(eq(int, a->level, 3));
    cr_assert(is(WW_STR(a->observed), "3.12 %"));
    cr_assert(is(WW_STR(a->declared), "\u2264 1.00 %"));
    cr_assert(not(a->coverage__ok));
    reads(t, a, "a.pcap の通信の一部または全部を観測できていません（取りこぼし: 損失 3.12 %）",
          "traffic of a.pcap (packet loss: lost 3.12 %)");
    tj_close(t);
    t = open_site();
    see(t, a_link(t, "a.pcap", 0, false), "coverage__truncated_ppm", 200000);
    reads(t, raised(t, 901, 'a'), "切り詰められたパケット 20.00 %", "packets cut short 20.00 %");
    tj_close(t);
}

Test(wd901, told_for_the_vlan_with_its_zone)
{
    struct tj *t = open_site();
    struct ww_event *e = a_link(t, "eth1", 0, true); /* half of what is seen: its VLANs follow */
    tj_num(e, "tagged", 1);
    tj_num(e, "vlans", 2);
    see(t, e, "coverage__one_way_ppm", 500000);
    quiet(t);
    e = a_link(t, "eth1", 20, true);
    tj_num(e, "tagged", 1);
    see(t, e, "coverage__one_way_ppm", 100000);
    quiet(t);
    e = a_link(t, "eth1", 61, true);
    tj_num(e, "tagged", 1);
    tj_num(e, "tcp_used", 19);
    see(t, e, "coverage__one_way_ppm", 1000000); /* too few to say */
    quiet(t);
    e = a_link(t, "eth1", 61, true);
    tj_num(e, "tagged", 1);
    see(t, e, "coverage__one_way_ppm", 1000000);
    const struct ww_alert *a = raised(t, 901, 'c');
    cr_assert(is(WW_STR(a->zone), "icu"));
    cr_assert(is(WW_STR(a->peer), "eth1 VLAN 61"));
    cr_assert(eq(int, a->weight, 4));
    reads(t, a, "icu の通信", "traffic of icu (one direction only: connections with one direction only 100.00 %)");
    e = a_link(t, "eth1", 20, true);
    tj_num(e, "tagged", 1);
    see(t, e, "coverage__loss_ppm", 50000);
    cr_assert(eq(int, raised(t, 901, 'a')->weight, 2)); /* the zone has only the CT */
    tj_close(t);
}

Test(wd901, many_vlans_with_the_same_trouble_are_one)
{
    struct tj *t = open_site();
    struct ww_event *e = a_link(t, "eth1", 0, true);
    tj_num(e, "tagged", 1);
    tj_num(e, "vlans", 40);
    see(t, e, "coverage__loss_ppm", 50000);
    for (uint16_t v = 1; v <= 40; v++) {
        e = a_link(t, "eth1", v, true);
        tj_num(e, "tagged", 1);
        tj_num(e, "vlans", 40);
        see(t, e, "coverage__loss_ppm", 50000);
    }
    cr_assert(eq(sz, tj_alerts(t), 1), "%s", tj_list_alerts(t));
    reads(t, raised(t, 901, 'a'), "eth1 の通信", "traffic of eth1");
    tj_close(t);
}

Test(wd901, b_down_silent_and_never_a_packet)
{
    struct tj *t = open_site();
    see(t, a_link(t, "eth1", 0, true), "down", 1);
    see(t, a_link(t, "eth1", 0, true), "down", 1);
    const struct ww_alert *a = raised(t, 901, 'b');
    cr_assert(eq(u64, a->count, 1)); /* once for each time */
    reads(t, a, "SPAN断: インターフェースが停止 eth1", "SPAN port down: the interface is down eth1");
    tj_close(t);

    t = open_site();
    tj_see(t, a_link(t, "eth1", 0, true));
    for (unsigned s = 0; s < 290; s++)
        ww_judge_tick(t->j, t->now += TJ_SEC, tj_keep, t);
    quiet(t);
    for (unsigned s = 0; s < 900; s++)
        ww_judge_tick(t->j, t->now += TJ_SEC, tj_keep, t);
    a = raised(t, 901, 'b');
    cr_assert(eq(u64, a->count, 1));
    cr_assert(is(WW_STR(a->observed), "300 s"));
    reads(t, a, "パケットが来ない時間 300 s", "no packet for 300 s");
    tj_see(t, a_link(t, "eth1", 0, true)); /* packets again, and silence again */
    for (unsigned s = 0; s < 400; s++)
        ww_judge_tick(t->j, t->now += TJ_SEC, tj_keep, t);
    ww_judge_end(t->j, t->now, tj_keep, t);
    cr_assert(eq(u64, raised(t, 901, 'b')->count, 2));
    tj_close(t);

    t = open_site();
    struct ww_event *e = a_link(t, "eth1", 0, true);
    tj_num(e, "packets", 0);
    tj_num(e, "first", 0);
    see(t, e, "last", 0);
    for (unsigned s = 0; s < 400; s++)
        ww_judge_tick(t->j, t->now += TJ_SEC, tj_keep, t);
    reads(t, raised(t, 901, 'b'), "一度もパケットが来ない時間", "not a single packet for");
    tj_close(t);

    t = open_site(); /* files do not go silent; a rare packet says nothing */
    tj_see(t, a_link(t, "a.pcap", 0, false));
    see(t, a_link(t, "eth2", 0, true), "packets", 12);
    for (unsigned s = 0; s < 400; s++)
        ww_judge_tick(t->j, t->now += TJ_SEC, tj_keep, t);
    quiet(t);
    tj_close(t);
}

Test(wd901, d_the_sensor_does_not_keep_up)
{
    struct tj *t = open_site();
    see(t, a_link(t, "eth1", 0, true), "ring_drops", 7);
    see(t, a_link(t, "eth1", 0, true), "ring_drops", 7);
    const struct ww_alert *a = raised(t, 901, 'd');
    cr_assert(eq(u64, a->count, 1));
    reads(t, a, "センサ内で捨てたパケット 7", "packets dropped inside the sensor 7");
    tj_close(t);
    static const char *const why[] = { "overload__bulk_bytes", "overload__cut_packets", "judge__event_drops" };
    for (size_t i = 0; i < 3; i++) {
        t = open_site();
        see(t, run(t), why[i], 0);
        quiet(t);
        see(t, run(t), why[i], 41);
        reads(t, raised(t, 901, 'd'), "すべてのインターフェース", "all interfaces");
        cr_assert(is(WW_STR(raised(t, 901, 'd')->observed), "41"));
        tj_close(t);
    }
}

Test(wd901, e_storage_runs_out)
{
    struct tj *t = open_site();
    see(t, run(t), "store__free_ppm", 60000);
    see(t, run(t), "store__lost", 0);
    quiet(t);
    see(t, run(t), "store__free_ppm", 40000);
    see(t, run(t), "store__free_ppm", 30000);
    const struct ww_alert *a = raised(t, 901, 'e');
    cr_assert(eq(u64, a->count, 1));
    cr_assert(is(WW_STR(a->declared), "\u2265 5.00 %"));
    reads(t, a, "保存領域不足: 空き容量 4.00 %", "storage running out: free space 4.00 %");
    tj_close(t);
    t = open_site();
    see(t, run(t), "store__lost", 3);
    reads(t, raised(t, 901, 'e'), "保存できなかった事象 3", "events not stored 3");
    tj_close(t);
}

Test(wd901, f_the_clock_went_back)
{
    struct tj *t = open_site();
    see(t, a_link(t, "a.pcap", 0, false), "clock_steps", 0);
    see(t, run(t), "capture__clock_steps", 0);
    quiet(t);
    see(t, a_link(t, "b.pcap", 0, false), "clock_steps", 2);
    see(t, a_link(t, "c.pcap", 0, false), "clock_steps", 1);
    see(t, a_link(t, "b.pcap", 20, false), "clock_steps", 2); /* of a VLAN: the same ones again */
    quiet(t);
    see(t, run(t), "capture__clock_steps", 3);
    see(t, run(t), "capture__clock_steps", 3);
    const struct ww_alert *a = raised(t, 901, 'f');
    cr_assert(eq(u64, a->count, 1));
    cr_assert(is(WW_STR(a->observed), "3"));
    cr_assert(is(WW_STR(a->declared), "0"));
    cr_assert(a->coverage__ok); /* what passed was seen */
    reads(t, a, "捕捉の時計を信頼できません（b.pcap、時計異常: 時刻が1秒より大きく戻った回数 3）",
          "cannot be relied on (b.pcap, clock error: times that it went back by over a second: 3)");
    see(t, run(t), "capture__clock_steps", 5);
    ww_judge_end(t->j, t->now, tj_keep, t);
    cr_assert(eq(u64, raised(t, 901, 'f')->count, 2)); /* gathered in the same alert */
    tj_close(t);
}

/* ---- WD-903 ---- */
static void flow(struct tj *t, const char *a, const char *b, const char *app, uint8_t proto, uint64_t bytes)
{
    struct tj_flow f = { .a = at(a, 40000), .b = at(b, 8443), .id = ++t->flow, .proto = proto };
    tj_see(t, tj_in(t, &f, "flow.start"));
    f.app = app;
    struct ww_event *e = tj_in(t, &f, "flow.update"); /* counters go on from the start of the flow */
    tj_num(e, "bytes_toserver", bytes / 2);
    tj_see(t, e);
    e = tj_in(t, &f, "flow.end");
    tj_num(e, "pkts_toserver", 5);
    see(t, e, "bytes_toserver", bytes);
}

static void hours(struct tj *t, unsigned n)
{
    for (unsigned i = 0; i < n * 60; i++)
        ww_judge_tick(t->j, t->now += 60 * TJ_SEC, tj_keep, t);
}

Test(wd903, a_and_b_devices_and_zones_that_were_never_seen)
{
    struct tj *t = open_site();
    flow(t, "10.10.20.15", "10.10.60.9", "dicom", 6, 1000); /* the pump is only spoken to */
    hours(t, 23);
    ww_judge_end(t->j, t->now, tj_keep, t);
    cr_assert_null(tj_alert(t, 903, 'a', "sensor"), "%s", tj_list_alerts(t)); /* too short to say */
    tj_close(t);

    t = open_site();
    flow(t, "10.10.20.15", "10.10.60.9", "dicom", 6, 1000);
    hours(t, 25); /* told while it runs */
    const struct ww_alert *a = raised(t, 903, 'a'), *b = raised(t, 903, 'b');
    cr_assert(is(WW_STR(a->observed), "2 / 3: pump-1, pump-2"));
    cr_assert(is(WW_STR(a->declared), "\u2265 24 h"));
    cr_assert(eq(int, a->level, 1));
    cr_assert(is(WW_STR(b->observed), "2 / 3: icu, attic"));
    reads(t, a, "台帳にある機器のうち", "Of the devices in the ledger, some were not seen");
    reads(t, b, "site file の区画のうち", "From some zones of the site file nothing at all was seen");
    tj_close(t);

    t = open_site(); /* a VLAN of the zone was seen, though none of its addresses */
    flow(t, "10.10.20.15", "10.10.60.9", "dicom", 6, 1000);
    struct ww_event *e = a_link(t, "eth1", 60, false);
    tj_see(t, e);
    flow(t, "10.10.60.9", "10.10.20.15", "dicom", 6, 1000);
    hours(t, 24);
    ww_judge_end(t->j, t->now, tj_keep, t);
    cr_assert(is(WW_STR(raised(t, 903, 'a')->observed), "1 / 3: pump-2"));
    cr_assert(is(WW_STR(raised(t, 903, 'b')->observed), "1 / 3: attic"));
    tj_close(t);
}

Test(wd903, without_ledger_and_zones_nothing_is_missing)
{
    struct tj *t = tj_open("hospital: H\n", NULL, NULL, NULL);
    flow(t, "10.10.20.15", "10.10.60.9", "dicom", 6, 1000);
    hours(t, 48);
    ww_judge_end(t->j, t->now, tj_keep, t);
    cr_assert_null(tj_alert(t, 903, 'a', "sensor"));
    cr_assert_null(tj_alert(t, 903, 'b', "sensor"));
    tj_close(t);
    t = tj_open("devices: [{id: x, ip: [10.1.1.1]}]\nthresholds: {unobserved_h: 0}\n", NULL, NULL, NULL);
    hours(t, 48);
    ww_judge_end(t->j, t->now, tj_keep, t);
    quiet(t); /* switched off */
    tj_close(t);
}

Test(wd903, c_and_d_shares_that_are_not_read)
{
    struct tj *t = open_site();
    flow(t, "10.10.20.15", "10.10.20.16", "dicom", 6, 600000);
    flow(t, "10.10.20.15", "10.10.60.9", NULL, 6, 300000);
    ww_judge_end(t->j, t->now, tj_keep, t);
    const struct ww_alert *a = raised(t, 903, 'c'); /* a third of all, but all of one zone */
    cr_assert(is(WW_STR(a->observed), "33.33 % (icu 100.00 %)"));
    reads(t, a, "中身を解析できないプロトコル", "whose content this sensor does not read (33.33 % (icu 100.00 %))");
    cr_assert_null(tj_alert(t, 903, 'd', "sensor"));
    tj_close(t);

    t = open_site();
    flow(t, "10.10.20.15", "10.10.60.9", "dicom", 6, 100000);
    flow(t, "10.10.20.15", "10.10.60.9", NULL, 50, 300000); /* ESP */
    ww_judge_end(t->j, t->now, tj_keep, t);
    a = raised(t, 903, 'd');
    cr_assert(is(WW_STR(a->observed), "75.00 % (imaging 75.00 %, icu 75.00 %)"));
    reads(t, a, "暗号化されて中身が見えない", "encrypted, so that its content is not seen");
    cr_assert_null(tj_alert(t, 903, 'c', "sensor"));
    tj_close(t);

    t = open_site(); /* too little to say, and just the threshold */
    flow(t, "10.10.20.15", "10.10.60.9", NULL, 6, 90000);
    ww_judge_end(t->j, t->now, tj_keep, t);
    cr_assert_null(tj_alert(t, 903, 'c', "sensor"));
    tj_close(t);
    t = open_site();
    flow(t, "10.10.20.15", "10.10.60.9", NULL, 6, 90000);
    flow(t, "10.10.20.15", "10.10.60.9", "hl7", 6, 90000);
    ww_judge_end(t->j, t->now, tj_keep, t);
    cr_assert_null(tj_alert(t, 903, 'c', "sensor"));
    tj_close(t);
}
