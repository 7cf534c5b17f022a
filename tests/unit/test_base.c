/* Base: reader, writer, hashes, registry. */
#include "sensor/base/data.h"
#include "sensor/base/hash.h"
#include "sensor/event_core.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <arpa/inet.h>

Test(rd, sticky_and_bounded)
{
    struct ww_slice s = t_guard("\x01\x02\x03\x04\x05", 5);
    struct ww_rd r = ww_rd(s);
    cr_assert(eq(u32, ww_rd_be16(&r), 0x0102));
    struct ww_rd sub = ww_rd_sub(&r, 2);
    cr_assert(eq(u32, ww_rd_be16(&sub), 0x0304));
    cr_assert(eq(u32, ww_rd_u8(&sub), 0));
    cr_assert(sub.bad);
    cr_assert(not(r.bad));
    cr_assert(eq(u32, ww_rd_le32(&r), 0));
    cr_assert(r.bad);
    cr_assert(eq(u32, ww_rd_u8(&r), 0)); /* stays bad though one byte was left */
    struct ww_rd none = ww_rd((struct ww_slice){ NULL, 7 });
    cr_assert(eq(u32, ww_rd_u8(&none), 0));
    cr_assert(none.bad);
    t_unguard(s);
}

static const char *json_of(struct ww_slice s)
{
    static char buf[256];
    struct ww_out o = ww_out(buf, sizeof buf - 1);
    ww_json_open(&o, NULL, '{');
    ww_json_str(&o, "k", s);
    ww_json_close(&o, '}');
    buf[o.n] = 0;
    return buf;
}

Test(out, json_escapes_everything_hostile)
{
    cr_assert(eq(str, (char *)json_of(WW_SLICE_LIT("a\"\\\n\x1b")),
                 "{\"k\":\"a\\\"\\\\\\u000a\\u001b\"}"));
    cr_assert(eq(str, (char *)json_of(WW_SLICE_LIT("\xe5\xb1\xb1")), "{\"k\":\"\xe5\xb1\xb1\"}"));
    /* overlong, surrogate, cut sequence and C1 control are not passed on as they are */
    cr_assert(eq(str, (char *)json_of(WW_SLICE_LIT("\xc0\xaf")), "{\"k\":\"\\u00c0\\u00af\"}"));
    cr_assert(eq(str, (char *)json_of(WW_SLICE_LIT("\xed\xa0\x80")),
                 "{\"k\":\"\\u00ed\\u00a0\\u0080\"}"));
    cr_assert(eq(str, (char *)json_of(WW_SLICE_LIT("\xe5\xb1")), "{\"k\":\"\\u00e5\\u00b1\"}"));
    cr_assert(eq(str, (char *)json_of(WW_SLICE_LIT("\xc2\x9b")), "{\"k\":\"\\u00c2\\u009b\"}"));
}

Test(out, cut_is_told)
{
    char b[4];
    struct ww_out o = ww_out(b, sizeof b);
    ww_out_s(&o, "abcdef");
    cr_assert(o.cut);
    cr_assert(eq(sz, o.n, 4));
}

Test(out, time_and_addresses)
{
    char t[WW_TIME_TEXT], ip[WW_IP_TEXT];
    cr_assert(eq(str, (char *)ww_time_text(t, 0), "1970-01-01T00:00:00.000000Z"));
    cr_assert(eq(str, (char *)ww_time_text(t, 1709210096123456789u), "2024-02-29T12:34:56.123456Z"));
    cr_assert(eq(str, (char *)ww_time_text(t, 4102444799999999999u), "2099-12-31T23:59:59.999999Z"));
    struct ww_ip v6 = { .fam = 6, .b = { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
    cr_assert(eq(str, (char *)ww_ip_text(ip, v6.b, 6), "2001:db8::1"));
    struct ww_ip v4 = ww_ip4(0xc0000201);
    cr_assert(eq(str, (char *)ww_ip_text(ip, v4.b, 4), "192.0.2.1"));
}

/* The C library's answer for addresses whose groups are zero, short and long in every order. */
Test(out, ipv6_is_written_as_the_system_does)
{
    static const unsigned value[] = { 0, 1, 0x20, 0x300, 0xffff };
    uint32_t seed = 1;
    for (unsigned n = 0; n < 200000; n++) {
        uint8_t b[16];
        char ours[WW_IP_TEXT], theirs[INET6_ADDRSTRLEN];
        for (unsigned i = 0; i < 8; i++) {
            seed = seed * 1664525u + 1013904223u;
            unsigned k = seed >> 24;
            unsigned v = k < 160 ? 0 : value[k % 5]; /* mostly zeros, so that runs meet */
            b[2 * i] = (uint8_t)(v >> 8);
            b[2 * i + 1] = (uint8_t)v;
        }
        cr_assert_not_null(inet_ntop(AF_INET6, b, theirs, sizeof theirs));
        cr_assert_str_eq(ww_ip_text(ours, b, 6), theirs);
    }
}

Test(hash, siphash_reference_vector)
{
    /* Aumasson, Bernstein: SipHash, appendix A: key 00..0f, message 00..0e */
    uint8_t m[15];
    for (uint8_t i = 0; i < sizeof m; i++)
        m[i] = i;
    struct ww_key k = { { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u } };
    cr_assert(eq(u64, ww_siphash(&k, (struct ww_slice){ m, sizeof m }), 0xa129ca6149be45e5u));
}

Test(registry, finds_and_refuses)
{
    struct ww_registry r = { .n = 0 };
    struct ww_err e;
    const struct ww_event_type *t;
    const struct ww_field *f;
    cr_assert(eq(int, ww_registry_add(&r, ww_core_events, &e), WW_OK));
    cr_assert(eq(int, ww_registry_add(&r, ww_core_events, &e), WW_OK)); /* twice is fine */
    cr_assert(eq(int, ww_field_find(&r, "flow.end", "state", &t, &f, &e), WW_OK));
    cr_assert(eq(int, f->type, WW_FT_STR));
    cr_assert(eq(int, ww_field_find(&r, "flow.end", "colour", &t, &f, &e), WW_E_CONF));
    cr_assert(strstr(e.text, "no field colour") != NULL);
    cr_assert(ge(int, ww_registry_id(&r, &ww_stats_type), 0));
}

Test(registry, nested_members_and_null)
{
    static char buf[4096];
    union {
        struct ww_event e;
        uint8_t room[sizeof(struct ww_event) + sizeof(struct ww_stats)];
    } u = { .e = { .type = &ww_stats_type } };
    struct ww_stats *s = (struct ww_stats *)(void *)u.e.body;
    s->capture__kernel_drops = WW_NULL64;
    s->coverage__loss_ppm = WW_NULL32;
    WW_SET(s->coverage__grade, WW_SLICE_LIT("?"));
    WW_ADD(s->coverage__reasons, WW_SLICE_LIT("loss unknown"));
    struct ww_out o = ww_out(buf, sizeof buf - 1);
    ww_json_open(&o, NULL, '{');
    ww_event_body_json(&o, &u.e);
    ww_json_close(&o, '}');
    buf[o.n] = 0;
    cr_assert(strstr(buf, "\"kernel_drops\":null") != NULL, "%s", buf);
    cr_assert(strstr(buf, "\"bugs\":0,\"coverage\":{\"loss_ppm\":null") != NULL, "%s", buf);
    cr_assert(strstr(buf, "\"reasons\":[\"loss unknown\"]}}") != NULL, "%s", buf);
}

Test(list, overflow_counts_all)
{
    struct {
        uint16_t len, total;
        char b[8];
    } l = { .len = 0 };
    cr_assert(WW_ADD(l, WW_SLICE_LIT("abc")));
    cr_assert(WW_ADD(l, WW_SLICE_LIT("def")));
    cr_assert(not(WW_ADD(l, WW_SLICE_LIT("g"))));
    cr_assert(eq(int, l.total, 3));
}
