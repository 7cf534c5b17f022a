/* ARP: requests, replies, probes, announcements. */
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

extern const struct ww_dissector ww_dissector_arp;

#define MAC_A "\x00\x09\xfb\x10\x44\x41"
#define MAC_B "\x00\x50\x56\xbb\x01\x10"
#define NOMAC "\0\0\0\0\0\0"
#define HEAD  "\0\x01\x08\0\x06\x04\0"
static const char request[] = HEAD "\x01" MAC_A "\x0a\x1e\x03\x1f" NOMAC "\x0a\x1e\x01\x0a"
                                   "padding";
static const char reply[] = HEAD "\x02" MAC_B "\x0a\x1e\x01\x0a" MAC_A "\x0a\x1e\x03\x1f";
static const char probe[] = HEAD "\x01" MAC_A "\0\0\0\0" NOMAC "\x0a\x1e\x03\x1f";
static const char announce[] = HEAD "\x01" MAC_A "\x0a\x1e\x03\x1f" NOMAC "\x0a\x1e\x03\x1f";

static void source_mac(struct t_feed *f)
{
    f->end[WW_A].mac = ww_mac_of((struct ww_slice){ (const uint8_t *)MAC_A, 6 });
}
static const struct t_step steps[] = { T_AS(request), T_AS(reply), T_AS(probe), T_AS(announce) };
static const struct t_talk talk = {
    .d = &ww_dissector_arp, T_STEPS(steps), .datagram = true, .setup = source_mac
};

Test(arp, every_byte)
{
    t_every_byte(&talk);
}

Test(arp, cut_messages_tell_nothing)
{
    for (size_t n = 1; n < 28; n++) {
        struct t_feed *f = t_new(&ww_dissector_arp);
        t_datagram(f, WW_A, reply, n);
        cr_assert(eq(sz, f->ngot, 0));
        cr_assert(t_anomaly(f, "arp_short"));
        t_free(f);
    }
}

Test(arp, what_is_told)
{
    struct t_feed *f = t_run(&talk);
    cr_assert(eq(sz, t_count(f, "arp.message"), 4));
    const struct t_got *g = t_find(f, "arp.message", 0);
    cr_assert(eq(str, (char *)t_get_str(g, "opcode"), "request"));
    cr_assert(eq(str, (char *)t_get_str(g, "src_mac"), "00:09:fb:10:44:41"));
    cr_assert(eq(str, (char *)t_get_str(g, "src_ip"), "10.30.3.31"));
    cr_assert(eq(str, (char *)t_get_str(g, "dest_ip"), "10.30.1.10"));
    cr_assert(not(t_get_u64(g, "gratuitous")));
    cr_assert(not(t_get_u64(g, "src_differs")));
    g = t_find(f, "arp.message", 1);
    cr_assert(eq(str, (char *)t_get_str(g, "opcode"), "reply"));
    cr_assert(eq(str, (char *)t_get_str(g, "src_mac"), "00:50:56:bb:01:10"));
    cr_assert(t_get_u64(g, "src_differs")); /* the frame came from A */
    g = t_find(f, "arp.message", 2);
    cr_assert(t_get_u64(g, "probe"));
    cr_assert(not(t_get_u64(g, "gratuitous")));
    g = t_find(f, "arp.message", 3);
    cr_assert(t_get_u64(g, "gratuitous"));
    t_free(f);
}

Test(arp, other_media_are_passed_over)
{
    static const char atm[] =
        "\0\x13\x08\0\x06\x04\0\x01" MAC_A "\x0a\x1e\x03\x1f" NOMAC "\x0a\x1e\x01\x0a";
    struct t_feed *f = t_new(&ww_dissector_arp);
    t_datagram(f, WW_A, atm, sizeof atm - 1);
    cr_assert(eq(sz, f->ngot, 0));
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
}
