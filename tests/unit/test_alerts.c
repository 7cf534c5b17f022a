/* test_alerts.c - findings become alerts: severity in one place, aggregation by key, reminders,
 * limits. */
#include "rules/guideline/alert.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const uint64_t sec = 1000000000u;
static const uint64_t t0 = 1795305185000000000u;

enum { KEPT = 512 };
static struct {
    size_t n;
    struct ww_alert a[KEPT];
    uint64_t ts[KEPT], frame[KEPT];
    uint8_t flags[KEPT];
} got;

static void keep(void *to, const struct ww_event *e)
{
    (void)to;
    cr_assert(e->type == &ww_alert_type);
    cr_assert_eq(e->size, sizeof(struct ww_event) + sizeof(struct ww_alert));
    cr_assert(e->flags & WW_EV_KEEP);
    if (got.n < KEPT) {
        got.a[got.n] = *(const struct ww_alert *)(const void *)e->body;
        got.ts[got.n] = e->ts;
        got.frame[got.n] = e->frame;
        got.flags[got.n] = e->flags;
    }
    got.n++;
}

static struct ww_guide *guide;

static struct ww_alerts *start(uint32_t cap, ww_exception_fn *ex, void *arg)
{
    struct ww_alerts *a = NULL;
    struct ww_err e;
    struct ww_alerts_conf c = {
        .cap = cap, .key = { { 1, 2 } }, .exception = ex, .exception_arg = arg
    };
    got.n = 0;
    cr_assert_eq(ww_guide_load(&guide, NULL, &e), WW_OK, "%s", e.text);
    cr_assert_eq(ww_alerts_new(&a, guide, &c, &e), WW_OK, "%s", e.text);
    return a;
}

static void stop(struct ww_alerts *a)
{
    ww_alerts_free(a);
    ww_guide_free(guide);
}

static struct ww_finding finding(uint16_t class, char variant, const char *asset, const char *peer)
{
    struct ww_finding f = ww_finding(class, variant);
    f.asset_id = ww_slice_str(asset);
    f.peer = ww_slice_str(peer);
    f.ip_proto = 6;
    f.port = 443;
    f.device_class = WW_DC_II;
    f.role = WW_CR_DIAGNOSTIC;
    return f;
}

static void raise(struct ww_alerts *a, const struct ww_finding *f, uint64_t at_s)
{
    ww_alerts_raise(a, f, t0 + at_s * sec, keep, NULL);
}

static bool is(const struct ww_alert *a, const char *what)
{
    return ww_slice_eqs(WW_STR(a->what), what);
}

Test(alerts, first_finding_is_an_alert_with_all_it_was_computed_from)
{
    struct ww_alerts *a = start(0, NULL, NULL);
    struct ww_finding f = finding(104, 'b', "ct-02", "203.0.113.9");
    struct ww_event cause = {
        .frame = 812, .flow = 5, .source = 3, .dissector = 7, .flags = WW_EV_MIDSTREAM
    };
    f.cause = &cause;
    f.device_label = WW_SLICE_LIT("CT-02");
    f.declared = WW_SLICE_LIT("closed_by_zone");
    f.peer_external = true; /* contained in the class: E1 does not apply */
    f.hypotheses = WW_HYP_ATTACK;
    f.field = WW_SLICE_LIT("flow.open.how");
    raise(a, &f, 0);
    cr_assert_eq(got.n, 1);
    const struct ww_alert *r = &got.a[0];
    cr_expect(is(r, "raised"));
    cr_expect_eq(r->alert_id, 1);
    cr_expect_eq(r->class, 104);
    cr_expect_eq(r->level, 4);
    cr_expect_eq(r->level_raised, 4);
    cr_expect(ww_slice_eqs(WW_STR(r->track), "P"));
    cr_expect(r->s_h == 2 && r->s_p == 3 && r->likelihood == 4 && r->weight == 2 && r->r_h == 3 &&
              r->r_p == 4);
    cr_expect_eq(r->modifiers, 0);
    cr_expect_eq(r->weight_unknown, false);
    cr_expect(r->first_seen == t0 && r->last_seen == t0 && r->count == 1);
    cr_expect(r->evidence__frame == 812 && r->evidence__flow == 5);
    cr_expect_eq(got.frame[0], 812);
    cr_expect_eq(got.ts[0], t0);
    cr_expect_eq(got.flags[0], WW_EV_KEEP | WW_EV_MIDSTREAM);
    cr_expect_eq(r->subjects, WW_NULL32);
    cr_expect_eq(r->bytes_out, WW_NULL64);
    cr_expect(r->coverage__ok);
    cr_expect_eq(r->coverage__loss_ppm, WW_NULL32);
    cr_expect_eq(r->data_version, 1);
    stop(a);
}

/* The worked vectors of alert model 3.4 whose classes are in the data, through the whole path. */
Test(alerts, worked_vectors_end_to_end)
{
    static const struct {
        uint16_t class;
        char variant;
        enum ww_clinical_role role;
        bool operable;
        uint32_t subjects;
        uint8_t least, level;
        char track;
    } rows[] = {
        { 101, 'a', WW_CR_DIAGNOSTIC, false, WW_NULL32, 0, 2, 'H' },
        { 101, 'a', WW_CR_THERAPY, true, WW_NULL32, 0, 4, 'H' },
        { 104, 'b', WW_CR_DIAGNOSTIC, false, WW_NULL32, 0, 4, 'P' },
        { 104, 'a', WW_CR_DIAGNOSTIC, false, WW_NULL32, 0, 3, 'P' },
        { 104, 'b', WW_CR_THERAPY, true, WW_NULL32, 0, 5, 'H' },
        { 301, 'a', WW_CR_DIAGNOSTIC, false, 1000, 0, 2, 'P' },
        { 301, 'b', WW_CR_DIAGNOSTIC, false, 1001, 0, 4, 'P' },
        { 301, 'c', WW_CR_DIAGNOSTIC, false, WW_NULL32, 0, 4, 'P' },
        { 702, 'a', WW_CR_DIAGNOSTIC, false, WW_NULL32, 0, 4, 'H' },
        { 702, 'b', WW_CR_DIAGNOSTIC, false, WW_NULL32, 0, 2, 'H' },
        { 901, 'a', WW_CR_GENERAL_IT, false, WW_NULL32, 4, 3, 'H' },
        { 501, 'a', WW_CR_UNKNOWN, false, WW_NULL32, 0, 2, 'H' },
    };
    struct ww_alerts *a = start(0, NULL, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char asset[16];
        (void)snprintf(asset, sizeof asset, "dev-%zu", i);
        struct ww_finding f = finding(rows[i].class, rows[i].variant, asset, "10.0.0.9");
        f.device_class = rows[i].role == WW_CR_UNKNOWN ? WW_DC_UNKNOWN : WW_DC_NONE;
        f.role = rows[i].role;
        f.operable = rows[i].operable;
        f.subjects = rows[i].subjects;
        f.weight_least = rows[i].least;
        raise(a, &f, 0);
        cr_assert_eq(got.n, i + 1);
        cr_expect_eq(got.a[i].level, rows[i].level, "row %zu: level %u", i, got.a[i].level);
        cr_expect_eq(got.a[i].track.b[0], rows[i].track, "row %zu", i);
        cr_expect_eq(got.a[i].weight_unknown, rows[i].role == WW_CR_UNKNOWN);
    }
    stop(a);
}

Test(alerts, modifiers_come_from_the_finding)
{
    struct ww_alerts *a = start(0, NULL, NULL);
    struct ww_finding f = finding(101, 'a', "ct-02", "10.0.0.9");
    f.peer_external = f.wireless = f.unsupported = f.operable = f.ports_open = true;
    f.compensated = f.work_order = true;
    f.environment = WW_USE_WORN;
    f.confidence = WW_CONF_LOW;
    raise(a, &f, 0);
    cr_expect_eq(got.a[0].modifiers, WW_E_ALL & ~(WW_E5_RELATED | WW_E9_PORTS_OPEN),
                 "E9 is for other classes");
    cr_expect_eq(got.a[0].likelihood, 4);
    f = finding(101, 'a', "ct-03", "10.0.0.9");
    f.environment = WW_USE_UNKNOWN;
    raise(a, &f, 0);
    cr_expect_eq(got.a[1].modifiers, 0, "an unknown environment is not an unspecified one");
    stop(a);
}

Test(alerts, same_key_is_counted_and_told_at_the_end)
{
    struct ww_alerts *a = start(0, NULL, NULL);
    struct ww_finding f = finding(105, 'a', "pacs", "10.0.0.9");
    f.observed = WW_SLICE_LIT("ROGUE_AE");
    f.bytes_out = 100;
    for (uint64_t i = 0; i < 10; i++)
        raise(a, &f, i);
    f.observed = WW_SLICE_LIT("OTHER_AE");
    f.confidence = WW_CONF_HIGH;
    f.coverage_gap = true;
    raise(a, &f, 60);
    cr_assert_eq(got.n, 1, "told once");
    ww_alerts_end(a, t0 + 61 * sec, keep, NULL);
    cr_assert_eq(got.n, 2);
    const struct ww_alert *r = &got.a[1];
    cr_expect(is(r, "update"));
    cr_expect_eq(r->alert_id, 1);
    cr_expect_eq(r->count, 11);
    cr_expect_eq(r->others, 1);
    cr_expect_eq(r->bytes_out, 1100);
    cr_expect(ww_slice_eqs(WW_STR(r->observed), "ROGUE_AE"));
    cr_expect_eq(r->last_seen, t0 + 60 * sec);
    cr_expect_eq(r->coverage__ok, false, "a gap once seen stays");
    ww_alerts_end(a, t0 + 62 * sec, keep, NULL);
    cr_expect_eq(got.n, 2, "nothing new, nothing told");
    cr_expect_eq(ww_alerts_stats(a)->gathered, 10);
    cr_expect_eq(ww_alerts_stats(a)->findings, 11);
    stop(a);
}

Test(alerts, each_part_of_the_key_makes_another_alert)
{
    struct ww_alerts *a = start(0, NULL, NULL);
    struct ww_finding f = finding(105, 'a', "pacs", "10.0.0.9");
    raise(a, &f, 0);
    f.variant = 'b';
    raise(a, &f, 0);
    f.class = 106;
    raise(a, &f, 0);
    f.asset_id = WW_SLICE_LIT("pacs2");
    raise(a, &f, 0);
    f.peer = WW_SLICE_LIT("10.0.0.10");
    raise(a, &f, 0);
    f.peer_role = WW_SLICE_LIT("ris");
    raise(a, &f, 0);
    f.ip_proto = 17;
    raise(a, &f, 0);
    f.port = 104;
    raise(a, &f, 0);
    cr_expect_eq(got.n, 8);
    for (size_t i = 0; i < got.n; i++)
        cr_expect_eq(got.a[i].alert_id, i + 1);
    f.app = WW_SLICE_LIT("dicom");
    f.zone = WW_SLICE_LIT("rad");
    raise(a, &f, 0);
    cr_expect_eq(got.n, 8, "what is not in the key does not part alerts");
    stop(a);
}

Test(alerts, a_rising_level_is_told_at_once_and_never_falls)
{
    struct ww_alerts *a = start(0, NULL, NULL);
    struct ww_finding f = finding(301, 'b', "pacs", "10.0.0.9");
    f.subjects = 5;
    raise(a, &f, 0);
    cr_expect_eq(got.a[0].level, 3);
    f.subjects = 2000;
    raise(a, &f, 1);
    cr_assert_eq(got.n, 2);
    cr_expect(is(&got.a[1], "risen"));
    cr_expect_eq(got.a[1].level, 4);
    cr_expect_eq(got.a[1].level_raised, 3);
    cr_expect_eq(got.a[1].s_p, 4);
    f.subjects = 1;
    raise(a, &f, 2);
    cr_expect_eq(got.n, 2);
    ww_alerts_end(a, t0 + 3 * sec, keep, NULL);
    cr_expect_eq(got.a[2].level, 4);
    cr_expect_eq(got.a[2].subjects, 2000);
    stop(a);
}

/* E5: another class raised with level 3 or more on the same device within 24 h. */
Test(alerts, related_alerts_raise_the_likelihood)
{
    struct ww_alerts *a = start(0, NULL, NULL);
    struct ww_finding low = finding(101, 'a', "ct-02", "10.0.0.9");
    struct ww_finding high = finding(104, 'b', "ct-02", "203.0.113.9");
    struct ww_finding other = finding(102, 'b', "ct-02", "10.0.0.9");
    raise(a, &low, 0);
    cr_expect_eq(got.a[0].modifiers, 0);
    raise(a, &high, 10);
    cr_expect_eq(got.a[1].modifiers, 0, "level 2 of WD-101 does not count");
    raise(a, &other, 20);
    cr_expect_eq(got.a[2].modifiers, WW_E5_RELATED);
    other.asset_id = WW_SLICE_LIT("ct-03");
    raise(a, &other, 21);
    cr_expect_eq(got.a[3].modifiers, 0, "another device");
    high.peer = WW_SLICE_LIT("203.0.113.10");
    raise(a, &high, 22);
    cr_expect_eq(got.a[4].modifiers, 0, "the same class does not count for itself");
    struct ww_finding blind = finding(901, 'a', "ct-02", "");
    raise(a, &blind, 23);
    cr_expect_eq(got.a[5].modifiers, 0, "E5 does not apply to the sensor");
    stop(a);
}

Test(alerts, related_alerts_count_for_24_hours)
{
    struct ww_alerts *a = start(0, NULL, NULL);
    struct ww_finding high = finding(104, 'b', "ct-02", "203.0.113.9");
    struct ww_finding f = finding(101, 'a', "ct-02", "10.0.0.1");
    raise(a, &high, 0);
    raise(a, &high, 3600); /* a further observation is not a further raising */
    raise(a, &f, 24 * 3600);
    cr_expect_eq(got.a[1].modifiers, WW_E5_RELATED);
    f.peer = WW_SLICE_LIT("10.0.0.2");
    raise(a, &f, 24 * 3600 + 1);
    cr_expect_eq(got.a[2].modifiers, 0);
    stop(a);
}

static size_t count_what(const char *what)
{
    size_t n = 0;
    for (size_t i = 0; i < got.n && i < KEPT; i++)
        n += is(&got.a[i], what);
    return n;
}

Test(alerts, level_5_reminds_every_5_minutes_until_confirmed)
{
    struct ww_alerts *a = start(0, NULL, NULL);
    struct ww_finding f = finding(104, 'b', "vent-1", "203.0.113.9");
    f.role = WW_CR_THERAPY;
    f.operable = true;
    raise(a, &f, 0);
    cr_expect_eq(got.a[0].level, 5);
    for (uint64_t s = 0; s <= 3600; s += 10)
        ww_alerts_tick(a, t0 + s * sec, keep, NULL);
    cr_expect_eq(count_what("reminder"), 12);
    cr_expect(ww_alerts_state(a, 1, WW_ALERT_ACKED));
    for (uint64_t s = 3600; s <= 7200; s += 10)
        ww_alerts_tick(a, t0 + s * sec, keep, NULL);
    cr_expect_eq(count_what("reminder"), 12, "confirmed");
    raise(a, &f, 7201);
    ww_alerts_tick(a, t0 + 7600 * sec, keep, NULL);
    cr_expect_eq(count_what("reminder"), 13, "but further observations are still told");
    cr_expect_eq(got.a[13].count, 2);
    stop(a);
}

Test(alerts, lower_levels_remind_only_of_further_observations)
{
    static const struct {
        uint16_t class;
        char variant;
        uint8_t level;
        uint64_t every_s;
    } rows[] = { { 104, 'b', 4, 1800 }, { 104, 'a', 3, 8 * 3600 }, { 101, 'a', 2, 86400 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ww_alerts *a = start(0, NULL, NULL);
        struct ww_finding f = finding(rows[i].class, rows[i].variant, "ct-02", "203.0.113.9");
        raise(a, &f, 0);
        cr_expect_eq(got.a[0].level, rows[i].level);
        ww_alerts_tick(a, t0 + rows[i].every_s * 3 * sec, keep, NULL);
        cr_expect_eq(got.n, 1, "nothing happened since");
        raise(a, &f, rows[i].every_s * 3 + 1);
        ww_alerts_tick(a, t0 + (rows[i].every_s * 4 - 1) * sec, keep, NULL);
        cr_expect_eq(got.n, 1, "too early");
        ww_alerts_tick(a, t0 + rows[i].every_s * 4 * sec, keep, NULL);
        cr_assert_eq(got.n, 2);
        cr_expect(is(&got.a[1], "reminder"));
        cr_expect_eq(got.a[1].count, 2);
        stop(a);
    }
}

Test(alerts, a_clock_that_goes_back_neither_floods_nor_blocks)
{
    struct ww_alerts *a = start(0, NULL, NULL);
    struct ww_finding f = finding(104, 'b', "ct-02", "203.0.113.9");
    raise(a, &f, 100000);
    raise(a, &f, 100001);
    f.peer = WW_SLICE_LIT("203.0.113.10");
    raise(a, &f, 10);
    raise(a, &f, 11);
    cr_assert_eq(got.n, 2);
    for (uint64_t s = 20; s <= 1900; s += 10)
        ww_alerts_tick(a, t0 + s * sec, keep, NULL);
    cr_expect_eq(count_what("reminder"), 2, "both, counted from the new time");
    stop(a);
}

static const char *except_ct(void *arg, const struct ww_finding *f, unsigned level, uint64_t now_ns)
{
    uint64_t *until = arg;
    cr_assert_leq(level, 3, "levels 4 and 5 are never asked about");
    return ww_slice_eqs(f->asset_id, "ct-02") && now_ns < *until ? "S17-4" : NULL;
}

Test(alerts, exceptions_quieten_levels_1_to_3_until_they_end)
{
    uint64_t until = t0 + 86400 * 3 * sec;
    struct ww_alerts *a = start(0, except_ct, &until);
    struct ww_finding f = finding(101, 'a', "ct-02", "10.0.0.9");
    raise(a, &f, 0);
    cr_assert_eq(got.n, 1, "it is on record");
    cr_expect(ww_slice_eqs(WW_STR(got.a[0].exception), "S17-4"));
    raise(a, &f, 86400);
    ww_alerts_tick(a, t0 + 86400 * 2 * sec, keep, NULL);
    cr_expect_eq(got.n, 1, "no reminder");
    raise(a, &f, 86400 * 4);
    cr_assert_eq(got.n, 2);
    cr_expect(is(&got.a[1], "lapsed"));
    cr_expect_eq(got.a[1].exception.len, 0);
    cr_expect_eq(got.a[1].count, 3);
    cr_expect_eq(ww_alerts_stats(a)->excepted, 2);
    stop(a);
}

Test(alerts, exceptions_never_cover_level_4)
{
    uint64_t until = UINT64_MAX;
    struct ww_alerts *a = start(0, except_ct, &until);
    struct ww_finding f = finding(301, 'b', "ct-02", "10.0.0.9");
    f.subjects = 1;
    raise(a, &f, 0);
    cr_expect(got.a[0].exception.len > 0 && got.a[0].level == 3);
    f.subjects = 5000;
    raise(a, &f, 1);
    cr_assert_eq(got.n, 2);
    cr_expect(is(&got.a[1], "risen"));
    cr_expect_eq(got.a[1].exception.len, 0);
    f.subjects = 1;
    raise(a, &f, 2); /* this one alone would be covered, but the alert stands at level 4 */
    ww_alerts_end(a, t0 + 3 * sec, keep, NULL);
    cr_expect_eq(got.a[2].exception.len, 0);
    f = finding(104, 'b', "ct-02", "203.0.113.9");
    raise(a, &f, 4);
    cr_expect_eq(got.a[3].exception.len, 0);
    cr_expect_eq(got.a[3].modifiers, 0, "a covered alert does not make others likelier");
    stop(a);
}

Test(alerts, closed_alerts_come_back_with_a_new_number)
{
    struct ww_alerts *a = start(0, NULL, NULL);
    struct ww_finding f = finding(104, 'b', "ct-02", "203.0.113.9");
    raise(a, &f, 0);
    cr_expect(ww_alerts_state(a, 1, WW_ALERT_CLOSED));
    cr_expect_not(ww_alerts_state(a, 99, WW_ALERT_CLOSED));
    ww_alerts_tick(a, t0 + 86400 * sec, keep, NULL);
    cr_expect_eq(got.n, 1);
    raise(a, &f, 100000);
    cr_assert_eq(got.n, 2);
    cr_expect(is(&got.a[1], "raised"));
    cr_expect_eq(got.a[1].alert_id, 2);
    cr_expect_eq(got.a[1].recurrence_of, 1);
    cr_expect_eq(got.a[1].count, 1);
    cr_expect_eq(ww_alerts_stats(a)->open, 1);
    cr_expect(ww_alerts_state(a, 2, WW_ALERT_CLOSED));
    cr_expect(ww_alerts_state(a, 2, WW_ALERT_OPEN));
    raise(a, &f, 100001);
    cr_expect_eq(got.n, 2, "opened again: counted on");
    stop(a);
}

Test(alerts, stored_alerts_go_on_after_a_restart)
{
    struct ww_alerts *a = start(0, NULL, NULL);
    struct ww_finding f = finding(104, 'b', "ct-02", "203.0.113.9");
    raise(a, &f, 0);
    struct ww_alert stored = got.a[0];
    stored.alert_id = 41;
    stop(a);
    a = start(0, NULL, NULL);
    cr_expect(ww_alerts_restore(a, &stored, WW_ALERT_OPEN));
    raise(a, &f, 60);
    cr_expect_eq(got.n, 0, "known already");
    struct ww_finding g = finding(102, 'a', "ct-02", "10.0.0.9");
    raise(a, &g, 61);
    cr_assert_eq(got.n, 1);
    cr_expect_eq(got.a[0].alert_id, 42);
    cr_expect_eq(got.a[0].modifiers, WW_E5_RELATED);
    ww_alerts_end(a, t0 + 62 * sec, keep, NULL);
    cr_assert_eq(got.n, 2);
    cr_expect_eq(got.a[1].alert_id, 41);
    cr_expect_eq(got.a[1].count, 2);
    stop(a);
    a = start(0, NULL, NULL);
    cr_expect(ww_alerts_restore(a, &stored, WW_ALERT_CLOSED));
    raise(a, &f, 60);
    cr_assert_eq(got.n, 1);
    cr_expect_eq(got.a[0].recurrence_of, 41);
    stop(a);
}

Test(alerts, restoring_into_a_full_table_keeps_what_is_open)
{
    struct ww_alerts *a = start(0, NULL, NULL);
    struct ww_finding f = finding(104, 'b', "ct-02", "203.0.113.9");
    raise(a, &f, 0);
    struct ww_alert stored = got.a[0];
    stop(a);
    a = start(16, NULL, NULL);
    for (unsigned i = 1; i <= 40; i++) { /* the oldest 30 were closed by people */
        char peer[16];
        (void)snprintf(peer, sizeof peer, "203.0.113.%u", i);
        (void)WW_SET(stored.peer, ww_slice_str(peer));
        stored.alert_id = i;
        cr_expect(ww_alerts_restore(a, &stored, i <= 30 ? WW_ALERT_CLOSED : WW_ALERT_OPEN));
    }
    cr_expect_eq(ww_alerts_stats(a)->open, 16);
    f = finding(104, 'b', "ct-02", "203.0.113.31");
    raise(a, &f, 60);
    cr_expect_eq(got.n, 0, "the oldest open one is still known");
    f = finding(104, 'b', "ct-02", "203.0.113.99");
    raise(a, &f, 61);
    cr_assert_eq(got.n, 1);
    cr_expect_eq(got.a[0].alert_id, 41);
    stop(a);
}

static void many(struct ww_alerts *a, uint16_t class, char variant, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        char asset[16];
        (void)snprintf(asset, sizeof asset, "dev-%u", i);
        struct ww_finding f = finding(class, variant, asset, "10.0.0.9");
        raise(a, &f, i);
    }
}

Test(alerts, a_full_table_gives_up_the_mildest_and_oldest_first)
{
    struct ww_alerts *a = start(16, NULL, NULL);
    struct ww_finding severe = finding(104, 'b', "ct-02", "203.0.113.9");
    raise(a, &severe, 0);
    many(a, 101, 'a', 1, 16);
    cr_expect_eq(ww_alerts_stats(a)->evicted, 0);
    cr_expect_eq(ww_alerts_stats(a)->open, 16);
    struct ww_finding first = finding(101, 'a', "dev-1", "10.0.0.9");
    raise(a, &first, 100); /* now the one seen last, with a count that nobody was told */
    many(a, 101, 'a', 200, 214);
    cr_expect_eq(ww_alerts_stats(a)->evicted, 14);
    cr_expect_eq(got.n, 30);
    raise(a, &first, 300);
    cr_expect_eq(got.n, 30, "still there");
    many(a, 101, 'a', 400, 415);
    cr_expect_eq(count_what("update"), 1, "its count was told before it went");
    raise(a, &severe, 500);
    cr_expect_eq(ww_alerts_stats(a)->evicted, 29);
    cr_expect_eq(ww_alerts_stats(a)->open, 16);
    ww_alerts_end(a, t0 + 600 * sec, keep, NULL);
    cr_expect_eq(got.a[got.n - 1].count, 2, "the level 4 alert outlived them all");
    cr_expect_eq(got.a[got.n - 1].class, 104);
    stop(a);
}

Test(alerts, a_closed_alert_goes_before_an_open_one)
{
    struct ww_alerts *a = start(16, NULL, NULL);
    struct ww_finding severe = finding(104, 'b', "ct-02", "203.0.113.9");
    raise(a, &severe, 0);
    many(a, 101, 'a', 1, 16);
    cr_expect(ww_alerts_state(a, 1, WW_ALERT_CLOSED));
    many(a, 101, 'a', 16, 17);
    raise(a, &severe, 100);
    cr_expect_eq(got.a[got.n - 1].recurrence_of, 0, "its closed forerunner was forgotten");
    stop(a);
}

Test(alerts, a_table_of_one)
{
    struct ww_alerts *a = start(1, NULL, NULL);
    many(a, 104, 'b', 0, 100);
    cr_expect_eq(got.n, 100);
    cr_expect_eq(ww_alerts_stats(a)->evicted, 99);
    cr_expect_gt(ww_alerts_stats(a)->notes_evicted, 0);
    cr_expect_eq(ww_alerts_stats(a)->open, 1);
    stop(a);
}

Test(alerts, very_many_peers_share_one_alert)
{
    struct ww_alerts *a = start(0, NULL, NULL);
    for (unsigned i = 0; i < 1000; i++) {
        char peer[32];
        (void)snprintf(peer, sizeof peer, "203.0.%u.%u", i / 250, i % 250);
        struct ww_finding f = finding(104, 'b', "ct-02", peer);
        f.port = (uint16_t)(1000 + i);
        raise(a, &f, i);
    }
    cr_expect_eq(got.n, WW_ALERTS_PEERS + 1);
    cr_expect(ww_slice_eqs(WW_STR(got.a[WW_ALERTS_PEERS].peer), "*"));
    cr_expect_eq(ww_alerts_stats(a)->folded, 1000 - WW_ALERTS_PEERS);
    ww_alerts_end(a, t0 + 2000 * sec, keep, NULL);
    cr_expect_eq(got.a[got.n - 1].count, 1000 - WW_ALERTS_PEERS);
    struct ww_finding f = finding(104, 'b', "ct-03", "203.0.9.9");
    raise(a, &f, 3000);
    cr_expect(ww_slice_eqs(WW_STR(got.a[got.n - 1].peer), "203.0.9.9"),
              "other devices are not folded");
    stop(a);
}

Test(alerts, an_unknown_class_is_counted_not_lost_silently)
{
    struct ww_alerts *a = start(0, NULL, NULL);
    struct ww_finding f = finding(999, 'a', "ct-02", "10.0.0.9");
    raise(a, &f, 0);
    f = finding(101, 'z', "ct-02", "10.0.0.9");
    raise(a, &f, 0);
    cr_expect_eq(got.n, 0);
    cr_expect_eq(ww_alerts_stats(a)->unclassed, 2);
    stop(a);
}

Test(alerts, long_texts_are_cut_and_marked)
{
    struct ww_alerts *a = start(0, NULL, NULL);
    static char long_text[400];
    memset(long_text, 'x', sizeof long_text - 1);
    struct ww_finding f = finding(105, 'a', long_text, "10.0.0.9");
    raise(a, &f, 0);
    cr_expect_eq(got.a[0].asset_id.len, 64);
    cr_expect(got.flags[0] & WW_EV_TRUNCATED);
    raise(a, &f, 1);
    cr_expect_eq(got.n, 1, "the cut key is found again");
    f = finding(105, 'a', "pacs", "10.0.0.9");
    f.observed = ww_slice_str(long_text);
    raise(a, &f, 2);
    cr_expect_eq(got.a[1].observed.len, 160);
    cr_expect(got.flags[1] & WW_EV_TRUNCATED);
    raise(a, &f, 3);
    ww_alerts_end(a, t0 + 4 * sec, keep, NULL);
    cr_expect_eq(got.a[got.n - 1].others, 0, "the same value, though cut");
    stop(a);
}

/* The event as the exporter writes it: the names are promises. */
Test(alerts, record_as_json)
{
    static char json[8192];
    union {
        struct ww_event e;
        uint8_t room[sizeof(struct ww_event) + sizeof(struct ww_alert)];
    } u = { .e = { .type = &ww_alert_type } };
    struct ww_alert *r = (struct ww_alert *)(void *)u.e.body;
    *r = (struct ww_alert){
        .alert_id = 5, .class = 104, .level = 4, .subjects = WW_NULL32, .count = 1
    };
    (void)WW_SET(r->variant, WW_SLICE_LIT("b"));
    struct ww_out o = ww_out(json, sizeof json - 1);
    ww_json_open(&o, NULL, '{');
    ww_event_body_json(&o, &u.e);
    ww_json_close(&o, '}');
    json[o.n] = 0;
    static const char *const want[] = { "\"alert_id\":5",           "\"class\":104",
                                        "\"variant\":\"b\"",        "\"level\":4",
                                        "\"subjects\":null",        "\"coverage\":{\"ok\":false",
                                        "\"evidence\":{\"frame\":0" };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        cr_expect(strstr(json, want[i]) != NULL, "%s lacks %s", json, want[i]);
}
