/* The support code itself: a toy protocol that keeps the contract, and toys that break it. */
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdlib.h>

/* The toy: 'T', length (be16), text. 'S' skips `length` bytes of bulk. 'Q' key asks, 'R' key answers. */
#define TOY_TEXT_FIELDS(F, S)                                                                      \
    F(S, STR, text, 32, NONE, "", "Text of the message")                                           \
    F(S, U32N, latency_ms, 0, NONE, "ms", "Time since the request; null when it was not seen")    \
    F(S, HASH, who, 0, NONE, "", "Pseudonym of the text")
WW_EVENT_DEFINE(toy_text, "toy.text", "A text", 0, TOY_TEXT_FIELDS);
WW_EVENT_DEFINE(toy_other, "toy.other", "Never listed", 0, TOY_TEXT_FIELDS);

static const struct ww_event_type *const toy_events[] = { &toy_text_type, NULL };
static const struct ww_port toy_ports[] = { { WW_ON_TCP, 4711 }, { WW_ON_END, 0 } };

static struct ww_parse toy_data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    struct toy_text ev = { .latency_ms = WW_NULL32 };
    struct ww_rd r = ww_rd(in);
    uint8_t kind = ww_rd_u8(&r);
    size_t len = ww_rd_be16(&r);
    (void)state;
    if (kind != 'T' && kind != 'S' && kind != 'Q' && kind != 'R')
        return ww_stop("kind");
    if (r.bad)
        return ww_more(0, 3);
    if (kind == 'S')
        return ww_ok(3 + len);
    if (len > 32)
        return ww_stop("length");
    if (in.n < 3 + len)
        return ww_more(0, 3 + len);
    struct ww_slice text = ww_rd_bytes(&r, len);
    if (kind == 'Q')
        ww_request(cx, dir, len, 1000);
    if (kind == 'R')
        ev.latency_ms = ww_result(cx, dir, len, true).latency_ms;
    WW_SET(ev.text, text);
    ev.who = ww_pseudonym(cx, text);
    ww_emit(cx, &toy_text_type, dir, &ev);
    return ww_ok(3 + len);
}

/* Bytes were lost: the toy has no marks to find a message again. */
static void toy_gap(struct ww_cx *cx, void *state, enum ww_dir dir, uint64_t lost)
{
    (void)dir;
    (void)lost;
    ww_anomaly(cx, dir, "toy_gap");
    *(uint8_t *)state = 1;
}

static struct ww_parse toy_data_after_gap(struct ww_cx *cx, void *state, enum ww_dir dir,
                                          struct ww_slice in)
{
    return *(uint8_t *)state ? ww_stop("gap") : toy_data(cx, state, dir, in);
}

static const struct ww_dissector toy = { .name = "toy", .spec = "this file", .events = toy_events,
                                         .ports = toy_ports, .state_size = 1, .max_msg = 64,
                                         .data = toy_data_after_gap, .gap = toy_gap };

static const struct t_step talk[] = {
    T_AS("T\0\005hello"),
    T_BS("S\0\006xxxxxx"),
    T_AS("Q\0\003ask"),
    T_BS("R\0\003yes"),
    { .dir = WW_A, .p = "T\0\001aT\0\001b", .n = 8, .parts = true },
};
static const char *const degrades[] = { "latency_ms", NULL };
static const struct t_talk good = { .d = &toy, T_STEPS(talk), .degrades = degrades };

Test(support, good_toy_passes_every_loop)
{
    t_every_cut(&good);
    t_every_prefix(&good);
    t_every_byte(&good);
    t_every_gap(&good);
}

Test(support, values_pairs_and_text)
{
    struct t_feed *f = t_run(&good);
    cr_assert(eq(int, (int)t_count(f, "toy.text"), 5));
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "toy.text", 2), "text"), "yes"));
    cr_assert(eq(u64, t_get_u64(t_find(f, "toy.text", 2), "latency_ms"), 10));
    cr_assert(t_find(f, "toy.text", 5) == NULL);
    cr_assert(eq(int, f->end[WW_B].port, 4711));
    char *s = t_text(f, true);
    cr_assert(strstr(s, "toy.text B {\"text\":\"yes\",\"latency_ms\":10} who=") != NULL, "%s", s);
    free(s);
    t_bytes(f, WW_A, "Q\0\002ab", 5);
    t_time(f, f->cx.now + 2000000000u);
    cr_assert(t_anomaly(f, "request_unanswered"));
    t_free(f);
}

Test(support, gap_in_a_skip_is_no_gap)
{
    struct t_feed *f = t_new(&toy);
    t_bytes(f, WW_A, "S\0\012abc", 6);
    t_gap(f, WW_A, 7);
    t_bytes(f, WW_A, "T\0\001x", 4);
    cr_assert(eq(int, (int)t_count(f, "toy.text"), 1));
    cr_assert(not(t_anomaly(f, "toy_gap")));
    t_bytes(f, WW_A, "T\0", 2);
    t_gap(f, WW_A, 1);
    cr_assert(t_anomaly(f, "toy_gap"));
    t_bytes(f, WW_A, "T\0\001x", 4);
    cr_assert(f->stopped);
    t_free(f);
}

/* ---- toys that break the contract: each must be caught ------------------------------------------ */
enum fault { OK_ZERO, MORE_ENOUGH, MORE_TOO_MUCH, NO_WHY, UNLISTED, OVERREAD, WRITES, BAD_LEN };
static enum fault fault;

static struct ww_parse bad_data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    struct toy_text ev = { .latency_ms = 0 };
    (void)state;
    switch (fault) {
    case OK_ZERO:
        return ww_ok(0);
    case MORE_ENOUGH:
        return ww_more(1, in.n - 1);
    case MORE_TOO_MUCH:
        return ww_more(0, 65);
    case NO_WHY:
        return ww_stop(NULL);
    case UNLISTED:
        ww_emit(cx, &toy_other_type, dir, &ev);
        break;
    case OVERREAD:
        return ww_ok(1 + (*(volatile const uint8_t *)(in.p + in.n) & 1));
    case WRITES:
        *(uint8_t *)(uintptr_t)in.p ^= 1;
        break;
    case BAD_LEN:
        ev.text.len = 33;
        ww_emit(cx, &toy_text_type, dir, &ev);
        break;
    }
    return ww_ok(in.n);
}
static const struct ww_dissector bad = { .name = "bad", .events = toy_events, .ports = toy_ports,
                                         .max_msg = 64, .data = bad_data };

static void feed_bad(enum fault which)
{
    struct t_feed *f = t_new(&bad);
    fault = which;
    t_bytes(f, WW_A, "abc", 3);
    t_free(f);
}
Test(support, catches_ok_zero, .signal = SIGABRT) { feed_bad(OK_ZERO); }
Test(support, catches_more_at_once, .signal = SIGABRT) { feed_bad(MORE_ENOUGH); }
Test(support, catches_more_over_max, .signal = SIGABRT) { feed_bad(MORE_TOO_MUCH); }
Test(support, catches_stop_without_reason, .signal = SIGABRT) { feed_bad(NO_WHY); }
Test(support, catches_unlisted_event, .signal = SIGABRT) { feed_bad(UNLISTED); }
Test(support, catches_write_to_input, .signal = SIGABRT) { feed_bad(WRITES); }
Test(support, catches_length_beyond_capacity, .signal = SIGABRT) { feed_bad(BAD_LEN); }

#ifndef __SANITIZE_ADDRESS__ /* the sanitizer turns the signal into its own report */
Test(support, catches_over_read, .signal = SIGSEGV) { feed_bad(OVERREAD); }
#endif

Test(support, catches_patient_data, .signal = SIGABRT)
{
    struct t_feed *f = t_new(&toy);
    t_bytes(f, WW_A, "T\0\013CANARY^TARO", 14);
    t_free(f);
}

/* A toy that tells its text before it is complete fails every loop that is about it. */
static struct ww_parse early_data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    struct toy_text ev = { .latency_ms = 0 };
    (void)state;
    WW_SET(ev.text, in);
    ww_emit(cx, &toy_text_type, dir, &ev);
    return ww_ok(in.n);
}
static void no_gap(struct ww_cx *cx, void *state, enum ww_dir dir, uint64_t lost)
{
    (void)cx;
    (void)state;
    (void)dir;
    (void)lost;
}
static const struct ww_dissector early = { .name = "early", .events = toy_events, .ports = toy_ports,
                                           .max_msg = 64, .data = early_data, .gap = no_gap };
static const struct t_talk early_talk = { .d = &early, T_STEPS(talk) };
Test(support, cut_loop_can_fail, .signal = SIGABRT) { t_every_cut(&early_talk); }
Test(support, prefix_loop_can_fail, .signal = SIGABRT) { t_every_prefix(&early_talk); }
Test(support, gap_loop_can_fail, .signal = SIGABRT) { t_every_gap(&early_talk); }

Test(support, strict_json)
{
    static const char *const fine[] = { "{}", " [1, -0.5e+3, \"\\u00e9\\ud83d\\ude00\", true, null] ",
                                        "{\"a\":{\"b\":[]},\"c\":\"\xe9\x87\x91\"}" };
    static const char *const broken[] = {
        "", "{", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "[01]", "[1.]", "{\"a\":1,\"a\":2}", "\"\x01\"",
        "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xc2\x9b\"", "\"\\ud800\"", "\"\\x\"", "\"abc", "nul",
        "{} {}", "[1 2]", "{1:2}", "\"\x7f\""
    };
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        cr_assert(t_json_bad(fine[i], strlen(fine[i])) == NULL, "%s: %s", fine[i],
                  t_json_bad(fine[i], strlen(fine[i])));
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        cr_assert(t_json_bad(broken[i], strlen(broken[i])) != NULL, "%s", broken[i]);
}

Test(support, canary_in_every_spelling)
{
    cr_assert(t_canary("xxCANARY^TARO", 13) != NULL);
    cr_assert(t_canary("\xe9\x87\x91\xe7\xb3\xb8\xe9\x9b\x80", 9) != NULL);
    cr_assert(t_canary("CANAR", 5) == NULL);
    cr_assert(t_canary(NULL, 0) == NULL);
}
