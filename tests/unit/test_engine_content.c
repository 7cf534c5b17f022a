/* Content in the engine, with a small carrier and small readers of our own: who is asked, what is kept for him,
 * what he need not see, what happens when he breaks his promise, and that nothing stays behind. */
#include "tests/net.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <zlib.h>

/* ---- a carrier: C, command, length of two bytes, body ------------------------------------------------------ */
enum { C_HEAD = 4 };
struct car {
    struct car_side {
        uint64_t id, at;
        bool inflating;
    } side[2];
};
static uint64_t wish; /* what the last hand-over returned */
static char media[2][16];

static struct ww_parse car_data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    struct car_side *s = &((struct car *)state)->side[dir];
    struct ww_rd r = ww_rd(in);
    uint8_t c = ww_rd_u8(&r), command = ww_rd_u8(&r);
    uint16_t len = ww_rd_be16(&r);
    struct ww_slice body = ww_rd_bytes(&r, len);
    if (r.bad)
        return ww_more(0, r.bad && in.n < C_HEAD ? C_HEAD : (size_t)C_HEAD + len);
    if (c != 'C')
        return ww_stop("no_carrier");
    if (command == 'b' || command == 'e') { /* begins; `e` is the envelope alone */
        s->id++;
        s->at = 0;
        s->inflating = false;
        ww_text_set(media[dir], sizeof media[dir], "");
        struct ww_out o = ww_out(media[dir], sizeof media[dir] - 1);
        ww_out_raw(&o, body.p, body.n);
        media[dir][o.n] = 0;
        body.n = 0;
    }
    struct ww_content m = { .carrier = "car", .media = ww_slice_str(media[dir]), .id = s->id, .at = s->at };
    if (command == 'j') /* passes over what the body says */
        s->at += ww_slice_at(body, 0);
    else if (command == 'z') { /* compressed bytes */
        struct ww_inflated z = { .used = 0 };
        for (; body.n > 0 && !z.end && !z.bad; body = ww_slice_sub(body, z.used, body.n)) {
            z = ww_content_inflate(cx, dir, s->id, !s->inflating, body);
            s->inflating = true;
            m.at = s->at;
            s->at += z.out.n;
            wish = ww_content_put(cx, &m, dir, z.out, z.end);
        }
        if (z.bad)
            ww_anomaly(cx, dir, "not_compressed");
    } else {
        wish = ww_content_put(cx, &m, dir, body, command == 'l' || command == 'e');
        s->at += body.n;
    }
    return ww_ok((size_t)C_HEAD + len);
}
static enum ww_guess car_probe(struct ww_slice in, enum ww_dir dir)
{
    (void)dir;
    return ww_slice_at(in, 0) == 'C' ? WW_GUESS_YES : WW_GUESS_NO;
}
static void car_gap(struct ww_cx *cx, void *state, enum ww_dir dir, uint64_t lost)
{
    (void)cx;
    (void)state;
    (void)dir;
    (void)lost;
}
static const struct ww_dissector car = { .name = "car", .spec = "these tests", .events = msg_events, .ports = msg_ports,
                                         .state_size = sizeof(struct car), .max_msg = MAX_MSG, .probe = car_probe,
                                         .data = car_data, .gap = car_gap };

/* ---- readers ------------------------------------------------------------------------------------------------- */
/* Reads records of four bytes: its letter says what it does. */
struct rec {
    uint32_t n;
};
static enum ww_guess rec_probe(const struct ww_content *m, struct ww_slice in)
{
    note('r');
    return ww_slice_eqs(m->media, "rec") || ww_slice_at(in, 0) == 'T' ? WW_GUESS_YES : WW_GUESS_NO;
}
static struct ww_parse rec_read(struct ww_cx *cx, void *state, const struct ww_content *m, enum ww_dir dir,
                                struct ww_slice in, bool last)
{
    struct rec *s = state;
    struct t_msg b = { .at = m->at };
    if (cx->datagram)
        t_die("content is not a datagram");
    if (last && in.n == 0) {
        WW_SET(b.text, WW_SLICE_LIT("last"));
        ww_emit(cx, &t_msg_type, dir, &b);
        return ww_ok(0);
    }
    if (in.n < 4)
        return in.n == 0 ? ww_ok(0) : ww_more(0, 4);
    b.latency = ++s->n;
    b.found = m->carrier != NULL;
    WW_SET(b.text, ww_slice_sub(in, 0, 4));
    ww_emit(cx, &t_msg_type, dir, &b);
    switch (ww_slice_at(in, 0)) {
    case 'S':
        return ww_ok(4 + 20);
    case 'E':
        return ww_next(1);
    case 'B':
        return ww_stop("broken_record");
    case 'Z':
        return ww_ok(0);
    case 'A': /* none of these is served to a reader */
        ww_alarm(cx, ww_now(cx) + 1);
        if (ww_content_put(cx, m, dir, in, false) != WW_CONTENT_ALL)
            t_die("content inside of content");
        break;
    }
    return ww_ok(4);
}
static const struct ww_dissector rec = { .name = "rec", .spec = "these tests", .events = msg_events, .max_msg = 4,
                                         .content_size = sizeof(struct rec), .content_probe = rec_probe,
                                         .content = rec_read };
/* Takes what nobody else wants, without state. */
static enum ww_guess any_probe(const struct ww_content *m, struct ww_slice in)
{
    (void)in;
    note('a');
    return ww_slice_eqs(m->media, "never") ? WW_GUESS_NO : WW_GUESS_MAYBE;
}
static struct ww_parse any_read(struct ww_cx *cx, void *state, const struct ww_content *m, enum ww_dir dir,
                                struct ww_slice in, bool last)
{
    struct t_msg b = { .at = m->at };
    (void)last;
    if (state != NULL)
        t_die("a state that was not asked for");
    WW_SET(b.text, in);
    ww_emit(cx, &t_msg_type, dir, &b);
    return last ? ww_ok(0) : ww_ok(in.n);
}
static const struct ww_dissector any = { .name = "any", .spec = "these tests", .events = msg_events, .max_msg = 1,
                                         .content_probe = any_probe, .content = any_read };
static const struct ww_dissector *const list[] = { &any, &car, &rec, NULL };

static struct net *start(void)
{
    struct ww_worker_cfg c = small();
    c.dissectors = list;
    struct net *n = net_with(c);
    wish = 7;
    open_tcp(n);
    return n;
}
static void put(struct net *n, enum ww_dir dir, char command, const void *p, size_t len)
{
    static uint8_t b[MAX_MSG];
    b[0] = 'C';
    b[1] = (uint8_t)command;
    b[2] = (uint8_t)(len >> 8);
    b[3] = (uint8_t)len;
    if (len > 0)
        memcpy(b + C_HEAD, p, len);
    tcp(n, dir, b, len + C_HEAD);
}
static void puts_(struct net *n, char command, const char *s)
{
    put(n, WW_A, command, s, strlen(s));
}
static const char *told(const struct net *n, size_t i)
{
    static char text[65];
    const struct ev *e = nth(n, "test.msg", i);
    memset(text, 0, sizeof text);
    memcpy(text, e->u.msg.text.b, e->u.msg.text.len);
    return text;
}
/* Nothing of any content is kept. */
static void empty(struct net *n)
{
    cr_assert(eq(u32, n->w->engine.contents.used, 0));
    cr_assert(eq(u32, n->w->engine.content_state[2].used, 0));
    for (unsigned k = 0; k < WW_BUF_CLASSES; k++)
        cr_assert(eq(u32, n->w->bufs.of[k].used, 0));
}

/* ---- who is asked ------------------------------------------------------------------------------------------------ */
Test(engine_content, yes_on_the_envelope_maybe_only_on_bytes)
{
    struct net *n = start();
    puts_(n, 'b', "rec");
    cr_assert(eq(str, asked, "ar"));
    cr_assert(eq(u64, wish, 0));
    puts_(n, 'd', "abcd");
    puts_(n, 'l', "");
    cr_assert(eq(sz, count(n, "test.msg"), 2));
    cr_assert(eq(str, (char *)told(n, 0), "abcd"));
    cr_assert(eq(str, (char *)told(n, 1), "last"));
    cr_assert(eq(str, asked, "ar")); /* found once */
    puts_(n, 'b', "other");
    cr_assert(eq(str, asked, "arar"));
    cr_assert(eq(u64, wish, 0)); /* the first bytes may say more */
    puts_(n, 'd', "xyz");
    cr_assert(eq(str, asked, "arar")); /* too few to ask */
    puts_(n, 'l', "z");
    cr_assert(eq(str, asked, "ararar"));
    cr_assert(eq(str, (char *)told(n, 2), "xyzz"));
    puts_(n, 'b', "other");
    puts_(n, 'l', "Txyz"); /* YES is stronger than a MAYBE before it */
    cr_assert(eq(u32, nth(n, "test.msg", 3)->u.msg.latency, 1));
    ww_worker_end(n->w);
    empty(n);
    net_free(n);
}

Test(engine_content, nobody_wants_it)
{
    struct net *n = start();
    puts_(n, 'e', "never");
    cr_assert(eq(u64, wish, WW_CONTENT_ALL));
    puts_(n, 'b', "never");
    cr_assert(eq(u64, wish, 0));
    static const char bytes[WW_CONTENT_FIRST] = "abcd";
    put(n, WW_A, 'd', bytes, 300);
    cr_assert(eq(u64, wish, 0));
    put(n, WW_A, 'd', bytes, 212); /* now they are enough */
    cr_assert(eq(u64, wish, WW_CONTENT_ALL));
    puts_(n, 'd', "Tbcd"); /* joined in the middle: not asked again */
    cr_assert(eq(u64, wish, WW_CONTENT_ALL));
    cr_assert(eq(str, asked, "ararar"));
    cr_assert(eq(sz, count(n, "test.msg"), 0));
    cr_assert(eq(sz, count(n, "anomaly"), 0));
    empty(n);
    net_free(n);
}

/* ---- feeding ------------------------------------------------------------------------------------------------------ */
Test(engine_content, pieces_are_joined_for_him)
{
    static const char text[] = "abcdefghijklmnop";
    for (size_t piece = 1; piece <= 16; piece++) {
        struct net *n = start();
        puts_(n, 'b', "rec");
        for (size_t at = 0; at < 16; at += piece)
            put(n, WW_A, 'd', text + at, 16 - at < piece ? 16 - at : piece);
        puts_(n, 'l', "");
        cr_assert(eq(sz, count(n, "test.msg"), 5));
        for (size_t i = 0; i < 4; i++) {
            cr_assert(eq(int, memcmp(told(n, i), text + 4 * i, 4), 0));
            cr_assert(eq(u32, nth(n, "test.msg", i)->u.msg.latency, (uint32_t)i + 1));
        }
        empty(n);
        net_free(n);
    }
}

Test(engine_content, both_directions_have_one_each)
{
    struct net *n = start();
    puts_(n, 'b', "rec");
    put(n, WW_B, 'b', "rec", 3);
    puts_(n, 'd', "ab");
    put(n, WW_B, 'd', "ABC", 3);
    cr_assert(eq(u32, n->w->engine.contents.used, 2));
    puts_(n, 'd', "cd");
    put(n, WW_B, 'd', "D", 1);
    cr_assert(eq(str, (char *)told(n, 0), "abcd"));
    cr_assert(eq(str, (char *)told(n, 1), "ABCD"));
    puts_(n, 'b', "rec"); /* a new one ends the old one without a word */
    cr_assert(eq(sz, count(n, "test.msg"), 2));
    cr_assert(eq(u32, n->w->engine.contents.used, 2));
    ww_worker_end(n->w);
    empty(n);
    net_free(n);
}

Test(engine_content, what_he_skips_need_not_be_handed_on)
{
    struct net *n = start();
    puts_(n, 'b', "rec");
    puts_(n, 'd', "S---1234");
    cr_assert(eq(u64, wish, 16)); /* 20 wanted to pass, 4 have come */
    put(n, WW_A, 'j', "\x06", 1);
    puts_(n, 'd', "12345678"); /* and some that are handed on all the same */
    cr_assert(eq(u64, wish, 2));
    put(n, WW_A, 'j', "\x02", 1);
    puts_(n, 'd', "next");
    cr_assert(eq(u64, wish, 0));
    cr_assert(eq(sz, count(n, "test.msg"), 2));
    cr_assert(eq(str, (char *)told(n, 1), "next"));
    put(n, WW_A, 'j', "\x01", 1); /* a byte is missing: no joining of both sides */
    puts_(n, 'd', "gone");
    cr_assert(eq(u64, wish, WW_CONTENT_ALL));
    cr_assert(eq(sz, count(n, "test.msg"), 2));
    empty(n);
    net_free(n);
}

/* Takes the envelope only. */
static enum ww_guess env_probe(const struct ww_content *m, struct ww_slice in)
{
    note('e');
    return in.n == 0 && ww_slice_eqs(m->media, "env") ? WW_GUESS_YES : WW_GUESS_NO;
}
static struct ww_parse env_read(struct ww_cx *cx, void *state, const struct ww_content *m, enum ww_dir dir,
                                struct ww_slice in, bool last)
{
    struct t_msg b = { .at = m->at };
    (void)state;
    (void)last;
    if (in.n > 0)
        t_die("bytes that were left to others");
    WW_SET(b.text, WW_SLICE_LIT("envelope"));
    ww_emit(cx, &t_msg_type, dir, &b);
    return ww_next(0);
}
static const struct ww_dissector env = { .name = "env", .spec = "these tests", .events = msg_events, .max_msg = 1,
                                         .content_size = 8, .content_probe = env_probe, .content = env_read };
static const struct ww_dissector *const with_env[] = { &env, &car, &rec, NULL };

Test(engine_content, an_envelope_for_one_and_the_bytes_for_another)
{
    struct ww_worker_cfg c = small();
    c.dissectors = with_env;
    struct net *n = net_with(c);
    open_tcp(n);
    puts_(n, 'b', "env");
    cr_assert(eq(u64, wish, 0));
    puts_(n, 'd', "Tabc");
    puts_(n, 'l', "wxyz");
    cr_assert(eq(str, asked, "eer")); /* asked again with the bytes */
    cr_assert(eq(str, (char *)told(n, 0), "envelope"));
    cr_assert(eq(str, (char *)told(n, 1), "Tabc"));
    cr_assert(eq(str, (char *)told(n, 2), "wxyz"));
    puts_(n, 'e', "env"); /* without bytes nobody else is asked */
    cr_assert(eq(u64, wish, WW_CONTENT_ALL));
    cr_assert(eq(str, asked, "eere"));
    puts_(n, 'b', "env");
    ww_worker_end(n->w);
    cr_assert(eq(u32, n->w->engine.contents.used, 0));
    cr_assert(eq(u32, n->w->engine.content_state[0].used, 0));
    net_free(n);
}

Test(engine_content, enough_broken_and_nested)
{
    struct net *n = start();
    puts_(n, 'b', "rec");
    puts_(n, 'd', "Eabc1234");
    cr_assert(eq(u64, wish, WW_CONTENT_ALL));
    cr_assert(eq(sz, count(n, "test.msg"), 1));
    cr_assert(eq(sz, count(n, "anomaly"), 0));
    puts_(n, 'b', "rec");
    puts_(n, 'd', "Aabc1234"); /* alarms and content of his own are not for readers */
    cr_assert(eq(sz, count(n, "test.msg"), 3));
    puts_(n, 'b', "rec");
    puts_(n, 'd', "Babc1234");
    cr_assert(eq(u64, wish, WW_CONTENT_ALL));
    cr_assert(eq(sz, count(n, "test.msg"), 4));
    cr_assert(is(WW_STR(nth(n, "anomaly", 0)->u.anomaly.event), "broken_record"));
    cr_assert(is(WW_STR(nth(n, "anomaly", 0)->u.anomaly.app_proto), "rec"));
    puts_(n, 'b', "rec"); /* the carrier goes on */
    puts_(n, 'd', "good");
    cr_assert(eq(str, (char *)told(n, 4), "good"));
    ww_worker_end(n->w);
    empty(n);
    net_free(n);
}

Test(engine_content, a_broken_promise_aborts, .signal = SIGABRT)
{
    struct net *n = start();
    puts_(n, 'b', "rec");
    puts_(n, 'd', "Zabc");
    net_free(n);
}

Test(engine_content, memory_is_capped_and_given_back)
{
    struct ww_worker_cfg c = small();
    c.dissectors = list;
    c.flows = 512;
    c.tcp_flows = 512;
    struct net *n = net_with(c);
    struct ww_slab *state = &n->w->engine.content_state[2];
    state->cap = 100;
    for (unsigned i = 0; i < 300; i++) {
        n->port[0] = (uint16_t)(20000 + i);
        open_tcp(n);
        puts_(n, 'b', "rec");
        if (wish == 0)
            puts_(n, 'd', "ab");
    }
    cr_assert(eq(u32, state->used, 100));
    cr_assert(eq(u64, n->w->engine.stats.no_content, 200));
    cr_assert(eq(u64, n->w->engine.stats.contents, 100));
    ww_worker_end(n->w);
    empty(n);
    net_free(n);
}

/* ---- compressed ---------------------------------------------------------------------------------------------------- */
static size_t squeeze(uint8_t *dst, size_t cap, const void *p, size_t len, int bits)
{
    z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)p, .avail_in = (uInt)len, .next_out = dst,
                   .avail_out = (uInt)cap };
    if (deflateInit2(&z, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) != Z_OK || deflate(&z, Z_FINISH) != Z_STREAM_END)
        t_die("zlib");
    (void)deflateEnd(&z);
    return cap - z.avail_out;
}

Test(engine_content, three_kinds_of_compression)
{
    static uint8_t plain[12000], packed[12000];
    static const int bits[] = { 15 + 16, 15, -15 };
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)('a' + i * i % 5);
    for (size_t k = 0; k < 3; k++) {
        size_t len = squeeze(packed, sizeof packed, plain, sizeof plain, bits[k]);
        for (size_t piece = 2; piece < len + 7; piece = piece * 3 + 1) {
            struct net *n = start();
            puts_(n, 'b', "rec");
            for (size_t at = 0; at < len; at += piece)
                put(n, WW_A, 'z', packed + at, len - at < piece ? len - at : piece);
            size_t got = count(n, "test.msg"); /* the end may come alone, behind the last byte */
            cr_assert(got == sizeof plain / 4 || got == sizeof plain / 4 + 1, "kind %zu pieces of %zu", k, piece);
            cr_assert(eq(sz, count(n, "anomaly"), 0));
            ww_worker_end(n->w);
            empty(n);
            net_free(n);
        }
    }
}

Test(engine_content, not_compressed_at_all)
{
    struct net *n = start();
    puts_(n, 'b', "rec");
    put(n, WW_A, 'z', "\x1f\x8bnothing of the kind", 21);
    cr_assert(eq(sz, count(n, "test.msg"), 0));
    cr_assert(is(WW_STR(nth(n, "anomaly", 0)->u.anomaly.event), "not_compressed"));
    net_free(n);
}

Test(engine_content, the_longest_unused_inflater_is_given_up)
{
    static uint8_t plain[4000], packed[4000];
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i * i);
    size_t len = squeeze(packed, sizeof packed, plain, sizeof plain, 15 + 16);
    struct ww_worker_cfg c = small();
    c.dissectors = list;
    c.flows = 512;
    c.tcp_flows = 512;
    struct net *n = net_with(c);
    n->mute = true;
    uint32_t seq[2] = { 0, 0 };
    for (unsigned i = 0; i <= WW_INFLATERS; i++) {
        n->port[0] = (uint16_t)(20000 + i);
        open_tcp(n);
        puts_(n, 'b', "rec");
        put(n, WW_A, 'z', packed, len / 2);
        if (i == 0)
            memcpy(seq, n->seq, sizeof seq);
    }
    n->port[0] = 20000;
    memcpy(n->seq, seq, sizeof seq);
    n->mute = false;
    n->n = 0;
    put(n, WW_A, 'z', packed + len / 2, len - len / 2);
    cr_assert(eq(sz, count(n, "test.msg"), 0));
    cr_assert(is(WW_STR(nth(n, "anomaly", 0)->u.anomaly.event), "not_compressed"));
    net_free(n);
}
