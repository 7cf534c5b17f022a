/* Link layers other than Ethernet: LLC, lines, the air, Apple's header; every prefix on guard pages. */
#include "tests/layers.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct fr f;

static struct ww_dec decode_as(uint16_t link, uint32_t cut)
{
    static struct ww_slice s;
    struct ww_dec d;
    t_unguard(s);
    s = t_guard(f.b, f.n);
    struct ww_pkt p = { .p = s.p, .caplen = (uint32_t)s.n, .len = (uint32_t)s.n + cut, .link = link };
    memset(&d, 0xee, sizeof d);
    cr_assert(eq(int, ww_decode(&p, &d), d.outcome));
    return d;
}

static void outcome(struct ww_dec d, enum ww_dec_outcome want)
{
    cr_assert(eq(str, (char *)ww_dec_name((enum ww_dec_outcome)d.outcome), (char *)ww_dec_name(want)));
}

static void is_inner(struct ww_dec d)
{
    outcome(d, WW_DEC_OK);
    cr_assert(eq(u16, d.port[1], 7777));
    cr_assert(ww_slice_eqs(d.payload, "inner"));
    cr_assert(eq(int, d.ntunnel, 0));
}

/* Each prefix, whole and cut: short, or nothing to see, never more than is there. */
static void prefixes(uint16_t link)
{
    size_t n = f.n;
    for (size_t k = 0; k < n; k++) {
        f.n = k;
        (void)decode_as(link, 0);
        (void)decode_as(link, (uint32_t)(n - k));
    }
    f.n = n;
}

/* ---- LLC ---------------------------------------------------------------------------------------------------- */
Test(link, llc_and_snap)
{
    static const char *const heads[] = { "aaaa03000000 0800", "aaaa030000f8 0800", "060603" };
    for (size_t i = 0; i < 3; i++) {
        la_inner4(&f);
        la_bytes(&f, heads[i]);
        uint16_t len = (uint16_t)f.n;
        fr_be(&f, 0, 7); /* padding behind what the length says */
        la_eth(&f, len);
        is_inner(decode_as(WW_LINK_ETHERNET, 0));
        prefixes(WW_LINK_ETHERNET);
    }
    static const char *const others[] = { "424203 0000", "aaaa0300000c 2000", "e0e003 0000", "060604 45", "ffff 0022" };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        f.n = 0;
        la_hex(&f, others[i]);
        size_t n = f.n;
        la_eth(&f, (uint16_t)n);
        struct ww_dec d = decode_as(WW_LINK_ETHERNET, 0);
        outcome(d, WW_DEC_NOT_IP);
        cr_assert(eq(sz, d.payload.n, n));
        cr_assert(eq(int, d.ethertype, (int)n));
    }
    la_inner4(&f); /* a tag, then a length */
    la_bytes(&f, heads[0]);
    la_vlan(&f, 30, (uint16_t)f.n);
    la_eth(&f, 0x8100);
    struct ww_dec d = decode_as(WW_LINK_ETHERNET, 0);
    is_inner(d);
    cr_assert(eq(int, d.vlan[0], 30));
    la_inner4(&f); /* cooked: no length */
    la_bytes(&f, heads[0]);
    la_bytes(&f, "0000 0001 0006 020304050607 0000 0004");
    is_inner(decode_as(WW_LINK_SLL, 0));
}

/* ---- lines --------------------------------------------------------------------------------------------------- */
Test(link, ppp)
{
    static const char *const heads[] = { "ff03 0021", "0021", "21", "ff03 21", "0f00 0800", "8f00 0800" };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        la_inner4(&f);
        la_bytes(&f, heads[i]);
        is_inner(decode_as(WW_LINK_PPP, 0));
        is_inner(decode_as(WW_LINK_PPP_HDLC, 0));
        prefixes(WW_LINK_PPP);
    }
    la_inner6(&f);
    la_bytes(&f, "ff03 0057");
    is_inner(decode_as(WW_LINK_PPP, 0));
    la_inner6(&f);
    la_bytes(&f, "0f00 86dd");
    is_inner(decode_as(WW_LINK_C_HDLC, 0));
    prefixes(WW_LINK_C_HDLC);
    f.n = 0;
    la_hex(&f, "ff03 c021 0101 0004");
    outcome(decode_as(WW_LINK_PPP, 0), WW_DEC_NOT_IP);
    f.b[0] = 0;
    f.n = 1;
    outcome(decode_as(WW_LINK_PPP, 0), WW_DEC_SHORT);
    f.n = 0;
    outcome(decode_as(WW_LINK_C_HDLC, 0), WW_DEC_SHORT);
    la_inner4(&f);
    la_bytes(&f, "1100 0011 0023 0021");
    struct ww_dec d = decode_as(WW_LINK_PPP_ETHER, 0);
    outcome(d, WW_DEC_OK);
    cr_assert(eq(int, d.ntunnel, 1));
}

/* ---- the air -------------------------------------------------------------------------------------------------- */
/* fc: frame control as it stands; tail: what follows the three addresses, up to LLC */
static void air(const char *fc, const char *tail)
{
    la_inner4(&f);
    la_bytes(&f, "aaaa03000000 0800");
    la_bytes(&f, tail);
    la_bytes(&f, "0000 020000000001 020000000002 020000000003");
    la_bytes(&f, fc);
}

Test(link, data_frames_of_the_air)
{
    static const struct {
        const char *fc, *tail;
        uint8_t src, dst;
    } t[] = {
        { "0800", "1000", 2, 1 },                        /* between stations */
        { "0801", "1000", 2, 3 },                        /* to the network */
        { "0802", "1000", 3, 1 },                        /* from it */
        { "0803", "1000 020000000004", 4, 3 },           /* between access points */
        { "8801", "1000 0000", 2, 3 },                   /* QoS */
        { "8803", "1000 020000000004 0600", 4, 3 },
        { "8881", "1000 0000 00000000", 2, 3 },          /* QoS, HT control */
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        air(t[i].fc, t[i].tail);
        struct ww_dec d = decode_as(WW_LINK_WLAN, 0);
        is_inner(d);
        cr_assert(eq(int, d.mac[0].b[5], t[i].src), "row %zu", i);
        cr_assert(eq(int, d.mac[1].b[5], t[i].dst), "row %zu", i);
        prefixes(WW_LINK_WLAN);
    }
}

Test(link, what_cannot_be_read_in_the_air_is_counted)
{
    static const struct {
        const char *fc, *tail;
        enum ww_dec_outcome want;
    } t[] = {
        { "0841", "1000", WW_DEC_WLAN_PROTECTED }, { "8801", "1000 8000", WW_DEC_WLAN_AMSDU },
        { "0805", "1000", WW_DEC_WLAN_FRAGMENT },  { "0801", "1100", WW_DEC_WLAN_FRAGMENT },
        { "4801", "1000", WW_DEC_NOT_IP },         { "8000", "1000", WW_DEC_NOT_IP }, /* null, beacon */
        { "b400", "1000", WW_DEC_NOT_IP },         { "0901", "1000", WW_DEC_NOT_IP }, /* control, version 1 */
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        air(t[i].fc, t[i].tail);
        struct ww_dec d = decode_as(WW_LINK_WLAN, 0);
        outcome(d, t[i].want);
        cr_assert(gt(sz, d.payload.n, 0));
    }
    f.n = 1;
    outcome(decode_as(WW_LINK_WLAN, 0), WW_DEC_SHORT);
    air("0801", "1000");
    f.n = 23;
    outcome(decode_as(WW_LINK_WLAN, 0), WW_DEC_SHORT);
}

Test(link, radiotap)
{
    static const struct {
        const char *head, *fc, *tail;
        bool fcs;
        enum ww_dec_outcome want;
    } t[] = {
        { "0000 0800 00000000", "0801", "1000", false, WW_DEC_OK },
        { "0000 0900 02000000 00", "0801", "1000", false, WW_DEC_OK },
        { "0000 0900 02000000 10", "0801", "1000", true, WW_DEC_OK },
        { "0000 0900 02000000 20", "8801", "1000 0000 0000", false, WW_DEC_OK }, /* padded to 28 */
        { "0000 0900 02000000 40", "0801", "1000", false, WW_DEC_WLAN_FCS },
        { "0000 1100 03000000 1122334455667788 40", "0801", "1000", false, WW_DEC_WLAN_FCS }, /* with a time */
        { "0000 1900 030000a0 000000a0 00000000 1122334455667788 40", "0801", "1000", false, WW_DEC_WLAN_FCS },
        { "0000 0c00 00000080 00000000", "0801", "1000", false, WW_DEC_OK },
        { "0000 0800 00000080", "0801", "1000", false, WW_DEC_OK }, /* words that are not there */
        { "0100 0800 00000000", "0801", "1000", false, WW_DEC_LINK },
        { "0000 0700 00000000", "0801", "1000", false, WW_DEC_SHORT },
        { "0000 ff00 00000000", "0801", "1000", false, WW_DEC_SHORT },
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        air(t[i].fc, t[i].tail);
        if (t[i].fcs)
            fr_be(&f, 0xdeadbeef, 4);
        la_bytes(&f, t[i].head);
        struct ww_dec d = decode_as(WW_LINK_RADIOTAP, 0);
        if (t[i].want == WW_DEC_OK)
            is_inner(d);
        else
            outcome(d, t[i].want);
        prefixes(WW_LINK_RADIOTAP);
    }
    f.n = 0;
    la_hex(&f, "0000 0900 02000000 10 aabb"); /* shorter than its checksum */
    outcome(decode_as(WW_LINK_RADIOTAP, 0), WW_DEC_SHORT);
}

/* ---- Apple ------------------------------------------------------------------------------------------------------ */
static void apple(uint32_t len, uint32_t next, uint32_t link)
{
    static struct fr h;
    h.n = 0;
    uint32_t words[] = { len, next, link };
    for (size_t i = 0; i < 3; i++)
        for (unsigned k = 0; k < 4; k++)
            fr_be(&h, words[i] >> 8 * k & 0xff, 1);
    while (h.n < 108)
        fr_be(&h, 0, 1);
    la_front(&f, &h);
}

Test(link, pktap)
{
    la_inner4(&f);
    la_eth(&f, 0x0800);
    apple(108, 1, WW_LINK_ETHERNET);
    is_inner(decode_as(WW_LINK_PKTAP, 0));
    is_inner(decode_as(WW_LINK_PKTAP_OLD, 0));
    prefixes(WW_LINK_PKTAP);
    la_inner6(&f);
    apple(108, 1, WW_LINK_RAW);
    is_inner(decode_as(WW_LINK_PKTAP, 0));
    static const uint32_t bad[][3] = { { 108, 0, 1 }, { 108, 1, WW_LINK_PKTAP }, { 108, 1, WW_LINK_PKTAP_OLD },
                                       { 51, 1, 1 },  { 100000, 1, 1 },          { 108, 1, 0x10001 } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        la_inner4(&f);
        la_eth(&f, 0x0800);
        apple(bad[i][0], bad[i][1], bad[i][2]);
        outcome(decode_as(WW_LINK_PKTAP, 0), WW_DEC_LINK);
    }
}

Test(link, which_link_types_are_known)
{
    static const uint16_t known[] = { 0, 1, 9, 12, 50, 51, 101, 104, 105, 108, 113, 127, 149, 228, 229, 258, 276 };
    size_t n = 0;
    for (uint32_t link = 0; link < 400; link++) {
        bool want = n < sizeof known / sizeof known[0] && known[n] == link;
        cr_assert(eq(int, ww_link_known((uint16_t)link), want), "link type %u", link);
        n += want;
    }
}
