/* WD-802, clocks of devices against the clock of the capture: what proves a difference, what does not,
 * and when it is the capture's own clock (WD-901f). */
#include "tests/judge_support.h"
#include <criterion/new/assert.h>

static const char SITE[] =
    "zones: [{id: ward, subnets: [10.10.30.0/24]}]\n"
    "devices:\n"
    "  - {id: gw-1, name: Gateway, ip: [10.10.30.20], class: III, role: monitoring, zone: ward}\n"
    "  - {id: lis-1, name: LIS, ip: [10.10.30.40], class: II, role: clinical-server, zone: ward}\n";

static struct tj *open_site(void)
{
    return tj_open(SITE, NULL, NULL, NULL);
}

/* Lets time pass as the pipeline does. */
static void pass(struct tj *t, unsigned seconds)
{
    for (unsigned s = 0; s < seconds; s += 5)
        ww_judge_tick(t->j, t->now += 5 * TJ_SEC, tj_keep, t);
}

enum zone { LOCAL, ZONED };

/* A message whose time is `off` seconds from the capture's; LOCAL: written in Japan, without zone. */
static void say(struct tj *t, const char *ip, const char *app, int off, enum zone z)
{
    struct ww_event *e = tj_event(t, "hl7.message", tj_end(ip, NULL, 40000), tj_end("10.10.30.99", NULL, 2575));
    int64_t then = (int64_t)t->now + ((int64_t)off + (z == LOCAL ? 9 * 3600 : 0)) * (int64_t)TJ_SEC;
    tj_str(e, "sending_app", app);
    tj_num(e, "message_time", (uint64_t)then);
    tj_num(e, "message_time_zoned", z == ZONED);
    tj_num(e, "clock_offset", 0); /* its time has seconds */
    tj_see(t, e);
}

static void many(struct tj *t, unsigned n, const char *ip, int off, enum zone z)
{
    for (unsigned i = 0; i < n; i++) {
        say(t, ip, "APP", off, z);
        pass(t, 20);
    }
}

static const struct ww_alert *of(const struct tj *t, char variant, const char *id)
{
    return tj_alert(t, 802, variant, id);
}

static bool is(struct ww_slice s, const char *text)
{
    return ww_slice_eqs(s, text);
}

static void quiet(const struct tj *t)
{
    for (char v = 'a'; v <= 'd'; v++)
        cr_assert_null(tj_alert(t, 802, v, NULL), "%s", tj_list_alerts(t));
    cr_assert_null(tj_alert(t, 901, 'f', NULL), "%s", tj_list_alerts(t));
}

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
    }
}

Test(wd802, a_a_clock_that_stays_off_is_told_once_an_hour)
{
    struct tj *t = open_site();
    many(t, 8, "10.10.30.20", -185, LOCAL);
    cr_assert_null(of(t, 'a', "gw-1"), "others may show the same: %s", tj_list_alerts(t));
    pass(t, 300);
    const struct ww_alert *a = of(t, 'a', "gw-1");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(is(WW_STR(a->observed), "\u22123 min 5 s (APP)"), "%s", tj_list_alerts(t));
    cr_assert(is(WW_STR(a->declared), "\u2264 60 s"));
    cr_assert(eq(int, a->level, 2)); /* class III: D 3 */
    cr_assert(is(WW_STR(a->peer), "")); /* whoever it is said to */
    reads(t, a, "捕捉の時計から \u22123 min 5 s (APP) ずれています（時差の記載がない時刻による。",
          "differ from the clock of the capture by \u22123 min 5 s (APP) (by times without a zone");
    many(t, 90, "10.10.30.20", -185, LOCAL); /* half an hour more */
    cr_assert(eq(u64, of(t, 'a', "gw-1")->count, 1));
    many(t, 120, "10.10.30.20", -185, LOCAL);
    ww_judge_end(t->j, t->now, tj_keep, t);
    cr_assert(eq(u64, of(t, 'a', "gw-1")->count, 2));
    tj_close(t);
}

Test(wd802, what_proves_nothing)
{
    struct tj *t = open_site();
    many(t, 30, "10.10.30.20", -50, LOCAL); /* within the tolerance */
    many(t, 30, "10.10.30.20", -50, ZONED);
    say(t, "10.10.30.40", "APP", -400, ZONED); /* one message */
    for (unsigned i = 0; i < 20; i++) { /* one in four waited, each for another time */
        say(t, "10.10.30.41", "APP", i % 4 == 0 ? -100 - 37 * (int)i : 0, ZONED);
        pass(t, 20);
    }
    for (unsigned i = 0; i < 20; i++) { /* the same message again and again: its time stands still */
        say(t, "10.10.30.42", "APP", -200 - 20 * (int)i, ZONED);
        pass(t, 20);
    }
    for (unsigned i = 0; i < 50; i++) { /* what was queued while the line was down, quickly */
        say(t, "10.10.30.43", "APP", -3600 + (int)i / 10, ZONED);
        if (i % 5 == 0)
            pass(t, 5);
    }
    many(t, 4, "10.10.30.46", -300, ZONED); /* too few */
    pass(t, 600);
    for (int i = 0; i < 20; i++) { /* a clock of another zone, without zone: 15 min are no difference */
        say(t, "10.10.30.44", "APP", 900 * (i % 2), LOCAL);
        pass(t, 20);
    }
    struct ww_event *e = NULL;
    for (unsigned i = 0; i < 10; i++) { /* a time without seconds */
        e = tj_event(t, "hl7.message", tj_end("10.10.30.45", NULL, 40000), tj_end("10.10.30.99", NULL, 2575));
        tj_num(e, "message_time", t->now - 300 * TJ_SEC);
        tj_num(e, "message_time_zoned", 1);
        tj_num(e, "clock_offset", WW_NULL32);
        tj_see(t, e);
        pass(t, 20);
    }
    pass(t, 600);
    ww_judge_end(t->j, t->now, tj_keep, t);
    quiet(t);
    tj_close(t);
}

Test(wd802, a_with_late_messages_in_between_and_at_the_end_of_a_short_capture)
{
    struct tj *t = open_site();
    for (unsigned i = 0; i < 20; i++) {
        say(t, "10.10.30.20", "APP", i % 5 == 3 ? -2000 - 100 * (int)i : 90 + (int)i % 3, ZONED);
        pass(t, 10);
    }
    ww_judge_end(t->j, t->now, tj_keep, t);
    const struct ww_alert *a = of(t, 'a', "gw-1");
    cr_assert_not_null(a);
    cr_assert(is(WW_STR(a->observed), "+1 min 30 s (APP)"), "%s", tj_list_alerts(t));
    cr_assert(eq(int, a->confidence, WW_CONF_HIGH));
    tj_close(t);
}

Test(wd802, d_a_wrong_zone)
{
    struct tj *t = open_site();
    many(t, 10, "10.10.30.20", 9 * 3600 + 1, ZONED);
    ww_judge_end(t->j, t->now, tj_keep, t);
    const struct ww_alert *a = of(t, 'd', "gw-1");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(is(WW_STR(a->observed), "+9 h 0 min 1 s (APP)"), "%s", tj_list_alerts(t));
    reads(t, a, "時差つきの時刻による", "by times that carry their zone");
    cr_assert_null(of(t, 'a', "gw-1"));
    tj_close(t);
}

Test(wd802, c_a_jump)
{
    struct tj *t = open_site();
    many(t, 20, "10.10.30.20", -1, LOCAL);
    many(t, 20, "10.10.30.40", 0, LOCAL); /* another one keeps its time */
    many(t, 40, "10.10.30.20", 120, LOCAL);
    ww_judge_end(t->j, t->now, tj_keep, t);
    const struct ww_alert *a = of(t, 'c', "gw-1");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(is(WW_STR(a->observed), "\u22121 s \u2192 +2 min 0 s (APP)"), "%s", tj_list_alerts(t));
    reads(t, a, "急に変わりました", "changed suddenly: \u22121 s \u2192 +2 min 0 s (APP)");
    cr_assert_null(of(t, 'c', "lis-1"));
    tj_close(t);
}

Test(wd802, each_author_behind_a_forwarding_device_has_its_own_clock)
{
    struct tj *t = open_site();
    for (unsigned i = 0; i < 12; i++) {
        say(t, "10.10.30.20", "GOOD", 0, ZONED);
        say(t, "10.10.30.20", "BAD", -300, ZONED);
        pass(t, 20);
    }
    ww_judge_end(t->j, t->now, tj_keep, t);
    cr_assert(is(WW_STR(of(t, 'a', "gw-1")->observed), "\u22125 min 0 s (BAD)"), "%s", tj_list_alerts(t));
    tj_close(t);
}

Test(wd802, tolerance_of_the_site_file)
{
    struct tj *t = tj_open("thresholds: {clock_s: 400}\n", NULL, NULL, NULL);
    many(t, 10, "10.10.30.20", -300, ZONED);
    ww_judge_end(t->j, t->now, tj_keep, t);
    quiet(t);
    tj_close(t);
    t = tj_open("thresholds: {clock_s: 0}\n", NULL, NULL, NULL);
    many(t, 10, "10.10.30.20", -30000, ZONED);
    ww_judge_end(t->j, t->now, tj_keep, t);
    quiet(t);
    tj_close(t);
    t = tj_open("thresholds: {clock_s: 10}\n", NULL, NULL, NULL);
    many(t, 10, "10.10.30.20", -12, ZONED);
    ww_judge_end(t->j, t->now, tj_keep, t);
    cr_assert_not_null(tj_alert(t, 802, 'a', NULL), "%s", tj_list_alerts(t));
    tj_close(t);
}

/* ---- whose clock is it? ---- */
static void all(struct tj *t, unsigned n, int off, int odd)
{
    for (unsigned i = 0; i < n; i++) {
        say(t, "10.10.30.40", "LIS", off + 3, ZONED);
        say(t, "10.10.30.20", "GW", off, LOCAL);
        say(t, "10.10.30.20", "GW2", off, LOCAL); /* the same device counts once */
        say(t, "10.10.30.50", "RIS", off - 4, LOCAL);
        say(t, "10.10.30.60", "ODD", odd, ZONED);
        pass(t, 20);
    }
}

Test(wd802, most_devices_alike_is_the_clock_of_the_capture)
{
    struct tj *t = open_site();
    all(t, 12, 130, -500);
    pass(t, 400);
    const struct ww_alert *a = tj_alert(t, 901, 'f', "sensor");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(is(WW_STR(a->observed), "+2 min 6 s (3 / 4)"), "%s", tj_list_alerts(t));
    cr_assert(eq(int, a->level, 3));
    cr_assert(eq(u64, a->count, 1));
    reads(t, a, "多くの機器がそろって示す、捕捉の時計との差 +2 min 6 s (3 / 4)",
          "that most devices show alike +2 min 6 s (3 / 4)");
    cr_assert_null(of(t, 'a', "gw-1"), "%s", tj_list_alerts(t));
    cr_assert_null(of(t, 'a', "lis-1"));
    a = tj_alert(t, 802, 'a', NULL); /* the odd one is told for itself */
    cr_assert_not_null(a);
    cr_assert(is(WW_STR(a->observed), "\u22128 min 20 s (ODD)"), "%s", tj_list_alerts(t));
    tj_close(t);
}

Test(wd802, hours_are_no_difference_for_times_without_zone)
{
    struct tj *t = open_site();
    for (unsigned i = 0; i < 12; i++) { /* four that are right, one in another zone than it says */
        static const char *const ip[] = { "10.10.30.40", "10.10.30.41", "10.10.30.42", "10.10.30.43" };
        say(t, "10.10.30.20", "GW", -9 * 3600, ZONED);
        for (size_t k = 0; k < 4; k++)
            say(t, ip[k], "APP", -1, LOCAL);
        pass(t, 20);
    }
    ww_judge_end(t->j, t->now, tj_keep, t);
    cr_assert_null(tj_alert(t, 901, 'f', NULL), "%s", tj_list_alerts(t));
    const struct ww_alert *a = of(t, 'd', "gw-1");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    cr_assert(gt(u64, a->evidence__frame, 0));
    tj_close(t);
    t = open_site();
    for (unsigned i = 0; i < 12; i++) { /* and the same when the clock of the capture is wrong, too */
        static const char *const ip[] = { "10.10.30.40", "10.10.30.41", "10.10.30.42", "10.10.30.43" };
        say(t, "10.10.30.20", "GW", -9 * 3600 - 240, ZONED);
        for (size_t k = 0; k < 4; k++)
            say(t, ip[k], "APP", -240, LOCAL);
        pass(t, 20);
    }
    ww_judge_end(t->j, t->now, tj_keep, t);
    const struct ww_alert *f = tj_alert(t, 901, 'f', NULL);
    cr_assert_not_null(f, "%s", tj_list_alerts(t));
    cr_assert(is(WW_STR(f->observed), "\u22124 min 0 s (5 / 5)"), "%s", tj_list_alerts(t));
    cr_assert_not_null(of(t, 'd', "gw-1"), "%s", tj_list_alerts(t));
    cr_assert_null(tj_alert(t, 802, 'a', NULL), "%s", tj_list_alerts(t));
    tj_close(t);
}

Test(wd802, two_alike_or_not_most_are_devices)
{
    struct tj *t = open_site();
    for (unsigned i = 0; i < 12; i++) {
        say(t, "10.10.30.20", "GW", 130, LOCAL);
        say(t, "10.10.30.40", "LIS", 130, LOCAL);
        pass(t, 20);
    }
    ww_judge_end(t->j, t->now, tj_keep, t);
    cr_assert_null(tj_alert(t, 901, 'f', NULL), "%s", tj_list_alerts(t));
    cr_assert_not_null(of(t, 'a', "gw-1"));
    cr_assert_not_null(of(t, 'a', "lis-1"));
    tj_close(t);
    t = open_site();
    for (unsigned i = 0; i < 12; i++) { /* 3 of 6 */
        static const char *const ip[] = { "10.10.30.20", "10.10.30.21", "10.10.30.22",
                                          "10.10.30.23", "10.10.30.24", "10.10.30.25" };
        for (size_t k = 0; k < 6; k++)
            say(t, ip[k], "APP", k < 3 ? 130 : 0, LOCAL);
        pass(t, 20);
    }
    ww_judge_end(t->j, t->now, tj_keep, t);
    cr_assert_null(tj_alert(t, 901, 'f', NULL), "%s", tj_list_alerts(t));
    cr_assert_not_null(of(t, 'a', "gw-1"));
    tj_close(t);
}

Test(wd802, all_jump_at_once_is_the_clock_of_the_capture)
{
    struct tj *t = open_site();
    all(t, 20, 0, 0);
    all(t, 60, 45, 45); /* within the tolerance, but moved: a step forwards is not counted by the capture */
    pass(t, 600);
    const struct ww_alert *a = tj_alert(t, 901, 'f', "sensor");
    cr_assert_null(a, "below the tolerance nothing moved: %s", tj_list_alerts(t));
    all(t, 60, -20, -20);
    pass(t, 600);
    a = tj_alert(t, 901, 'f', "sensor");
    cr_assert_not_null(a, "%s", tj_list_alerts(t));
    reads(t, a, "同時に変わった量 \u22121 min 5 s (4 / 4)", "changed at once by \u22121 min 5 s (4 / 4)");
    for (char v = 'a'; v <= 'd'; v++)
        cr_assert_null(tj_alert(t, 802, v, NULL), "%s", tj_list_alerts(t));
    tj_close(t);
}

/* A declaration with a tolerance goes before the site file. */
Test(wd802, tolerance_of_the_declaration)
{
    static char text[65536], out[sizeof text + 64];
    char path[64];
    FILE *f = fopen(WW_SOURCE_DIR "/contrib/examples/ct-scanner.json", "r");
    cr_assert_not_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    (void)fclose(f);
    char *at = strstr(text, "\"infrastructure\":");
    cr_assert_not_null(at);
    for (unsigned s = 0; s < 2; s++) {
        (void)snprintf(out, sizeof out, "%.*s\"clock\": {\"tolerance-seconds\": %u},\n%s", (int)(at - text), text,
                       s == 0 ? 600u : 20u, at);
        (void)snprintf(path, sizeof path, "/tmp/ww_clock_%d.json", (int)getpid());
        f = fopen(path, "w");
        cr_assert_not_null(f);
        (void)fputs(out, f);
        (void)fclose(f);
        struct tj *t = tj_open(SITE, path, "10.10.30.20", NULL);
        (void)unlink(path);
        many(t, 10, "10.10.30.20", s == 0 ? -300 : -25, ZONED);
        ww_judge_end(t->j, t->now, tj_keep, t);
        const struct ww_alert *a = of(t, 'a', "gw-1");
        cr_assert(s == 0 ? a == NULL : a != NULL, "%s", tj_list_alerts(t));
        if (a != NULL)
            cr_assert(is(WW_STR(a->declared), "\u2264 20 s"));
        tj_close(t);
    }
}

Test(wd802, a_step_of_the_captures_clock_is_no_jump_of_the_device)
{
    struct tj *t = open_site();
    many(t, 20, "10.10.30.20", -40, LOCAL);
    struct ww_event *e = tj_event(t, "stats", tj_end(NULL, NULL, 0), tj_end(NULL, NULL, 0));
    e->ip_proto = 0;
    tj_num(e, "capture__clock_steps", 1);
    tj_num(e, "store__lost", WW_NULL64);
    tj_num(e, "store__free_ppm", WW_NULL32);
    tj_see(t, e);
    many(t, 20, "10.10.30.20", 40, LOCAL); /* within the tolerance, but not what it was */
    ww_judge_end(t->j, t->now, tj_keep, t);
    cr_assert_null(of(t, 'c', "gw-1"), "%s", tj_list_alerts(t));
    tj_close(t);
}

Test(wd802, times_of_other_protocols)
{
    static const char *const types[] = { "astm.message", "poct1a.message", "poct1a.ack", "hl7.ack", "syslog.message" };
    for (size_t k = 0; k < sizeof types / sizeof types[0]; k++) {
        struct tj *t = open_site();
        for (unsigned i = 0; i < 10; i++) {
            struct ww_event *e = tj_event(t, types[k], tj_end("10.10.30.99", NULL, 2575),
                                          tj_end("10.10.30.20", NULL, 40000));
            e->dir = WW_B;
            tj_num(e, "message_time", t->now + 77 * TJ_SEC);
            tj_num(e, "message_time_zoned", 1);
            if (strcmp(types[k], "syslog.message") == 0) /* a relay sends; the log names its origin */
                tj_ip(e, "subject_ip", "10.10.30.20");
            tj_see(t, e);
            pass(t, 20);
        }
        ww_judge_end(t->j, t->now, tj_keep, t);
        cr_assert_not_null(of(t, 'a', "gw-1"), "%s: %s", types[k], tj_list_alerts(t));
        tj_close(t);
    }
}
