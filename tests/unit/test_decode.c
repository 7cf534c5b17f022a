/* The decoder: each link type, tags, IPv4 and IPv6 at their limits; every prefix and every byte of real frames. */
#include "sensor/capture.h"
#include "tests/frames.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <stdio.h>

static struct fr f;

/* In: link type; cut: bytes that the packet had behind what was captured. */
static struct ww_dec decode_as(uint16_t link, uint32_t cut)
{
    static struct ww_slice s;
    struct ww_dec d;
    t_unguard(s); /* the slices of the result live until the next call */
    s = t_guard(f.b, f.n);
    struct ww_pkt p = { .p = s.p, .caplen = (uint32_t)s.n, .len = (uint32_t)s.n + cut, .link = link };
    memset(&d, 0xee, sizeof d); /* the decoder sets all that it tells */
    enum ww_dec_outcome o = ww_decode(&p, &d);
    cr_assert(eq(int, o, d.outcome));
    cr_assert(eq(int, d.cut, cut > 0));
    return d;
}

static struct ww_dec decode(void)
{
    return decode_as(WW_LINK_ETHERNET, 0);
}

static void udp4(size_t body)
{
    fr_ip4(&f, 0x0a000001, 0x0a000002, 17, 7, 0, FR_UDP + body);
    fr_udp(&f, 1111, 53, body);
    for (size_t i = 0; i < body; i++)
        fr_be(&f, i, 1);
}

static void is_udp(struct ww_dec d, size_t body)
{
    cr_assert(eq(int, d.outcome, WW_DEC_OK), "%s", ww_dec_name((enum ww_dec_outcome)d.outcome));
    cr_assert(eq(int, d.proto, 17));
    cr_assert(eq(u16, d.port[0], 1111));
    cr_assert(eq(u16, d.port[1], 53));
    cr_assert(eq(sz, d.payload.n, body));
    cr_assert(eq(u32, d.wire, (uint32_t)body));
}

static void outcome(struct ww_dec d, enum ww_dec_outcome want)
{
    cr_assert(eq(str, (char *)ww_dec_name((enum ww_dec_outcome)d.outcome), (char *)ww_dec_name(want)));
}

/* ---- link layers ------------------------------------------------------------------------------------------- */
Test(decode, link_types)
{
    f.n = 0;
    fr_eth(&f, 0x0800);
    udp4(4);
    struct ww_dec d = decode();
    is_udp(d, 4);
    cr_assert(eq(int, d.mac[0].b[5], 1));
    cr_assert(eq(int, d.mac[1].b[5], 2));
    cr_assert(eq(int, d.ttl, 64));
    cr_assert(eq(int, d.fam, 4));
    static const uint16_t raw[] = { WW_LINK_RAW_BSD, WW_LINK_RAW, WW_LINK_IPV4, WW_LINK_IPV6 };
    for (size_t i = 0; i < 4; i++) {
        f.n = 0;
        udp4(4);
        is_udp(decode_as(raw[i], 0), 4);
        f.n = 0;
        fr_ip6(&f, 1, 2, 17, FR_UDP + 4);
        fr_udp(&f, 1111, 53, 4);
        fr_be(&f, 1, 4);
        is_udp(decode_as(raw[i], 0), 4);
        f.n = 0;
        outcome(decode_as(raw[i], 0), WW_DEC_SHORT);
    }
    static const struct {
        uint32_t af;
        uint8_t fam;
    } null[] = { { 2, 4 }, { 10, 6 }, { 24, 6 }, { 28, 6 }, { 30, 6 }, { 7, 0 } };
    for (size_t i = 0; i < 12; i++) { /* both byte orders */
        uint32_t af = null[i / 2].af;
        f.n = 0;
        fr_be(&f, i & 1 ? af << 24 : af, 4);
        if (null[i / 2].fam == 6) {
            fr_ip6(&f, 1, 2, 17, FR_UDP);
            fr_udp(&f, 1111, 53, 0);
        } else {
            udp4(0);
        }
        d = decode_as(i & 2 ? WW_LINK_LOOP : WW_LINK_NULL, 0);
        if (null[i / 2].fam == 0)
            outcome(d, WW_DEC_NOT_IP);
        else
            is_udp(d, 0);
        cr_assert(eq(int, d.fam, null[i / 2].fam));
    }
    f.n = 3;
    outcome(decode_as(WW_LINK_NULL, 0), WW_DEC_SHORT);
    outcome(decode_as(147, 0), WW_DEC_LINK);
}

Test(decode, linux_cooked_captures)
{
    for (unsigned v2 = 0; v2 < 2; v2++) {
        for (unsigned alen = 6; alen <= 8; alen += 2) {
            f.n = 0;
            if (v2) {
                fr_be(&f, 0x0800, 2);
                fr_be(&f, 0, 2 + 4 + 2 + 1);
                fr_be(&f, alen, 1);
            } else {
                fr_be(&f, 0, 4);
                fr_be(&f, alen, 2);
            }
            fr_be(&f, 0x0202030405060000, 8);
            if (!v2)
                fr_be(&f, 0x0800, 2);
            udp4(3);
            struct ww_dec d = decode_as(v2 ? WW_LINK_SLL2 : WW_LINK_SLL, 0);
            is_udp(d, 3);
            cr_assert(eq(int, d.mac[0].b[1], alen == 6 ? 2 : 0)); /* not an Ethernet address */
            f.n = 15;
            outcome(decode_as(v2 ? WW_LINK_SLL2 : WW_LINK_SLL, 0), WW_DEC_SHORT);
        }
    }
}

Test(decode, frames_that_are_not_ip)
{
    f.n = 0;
    fr_eth(&f, 0x0806);
    fr_put(&f, "arp body", 8);
    struct ww_dec d = decode();
    outcome(d, WW_DEC_NOT_IP);
    cr_assert(eq(u16, d.ethertype, 0x0806));
    cr_assert(ww_slice_eqs(d.payload, "arp body"));
    cr_assert(eq(u32, d.wire, 8));
    f.n = 0;
    fr_eth(&f, 0x0026); /* 802.3: a length, then LLC */
    fr_put(&f, "BB\3", 3);
    d = decode();
    outcome(d, WW_DEC_NOT_IP);
    cr_assert(eq(u16, d.ethertype, 0x26));
    cr_assert(eq(sz, d.payload.n, 3));
    f.n = 13;
    outcome(decode(), WW_DEC_SHORT);
}

Test(decode, tags)
{
    static const uint16_t tpid[] = { 0x8100, 0x88a8, 0x9100 };
    for (unsigned n = 0; n <= WW_VLAN_MAX + 1; n++) {
        f.n = 0;
        fr_eth(&f, n == 0 ? 0x0800 : tpid[0]);
        for (unsigned i = 0; i < n; i++) {
            fr_be(&f, 0xe000u + 100 + i, 2); /* priority bits are not part of the number */
            fr_be(&f, i + 1 < n ? tpid[(i + 1) % 3] : 0x0800, 2);
        }
        udp4(2);
        struct ww_dec d = decode();
        if (n > WW_VLAN_MAX) {
            outcome(d, WW_DEC_DEPTH);
            n = WW_VLAN_MAX;
            cr_assert(eq(int, d.nvlan, n));
            break;
        }
        is_udp(d, 2);
        cr_assert(eq(int, d.nvlan, n));
        for (unsigned i = 0; i < n; i++)
            cr_assert(eq(u16, d.vlan[i], 100 + i));
        if (n > 0) {
            f.n = 14 + 4 * n - 1;
            outcome(decode(), WW_DEC_SHORT);
        }
    }
}

/* ---- IPv4 ----------------------------------------------------------------------------------------------------- */
Test(decode, ipv4_header_and_total_length)
{
    f.n = 0;
    udp4(10);
    fr_be(&f, 0, 6); /* padding of a short frame */
    is_udp(decode_as(WW_LINK_RAW, 0), 10);
    f.b[3] = 0;
    f.b[2] = 0; /* total length 0: the sender's card did the segmentation */
    struct ww_dec d = decode_as(WW_LINK_RAW, 0);
    is_udp(d, 10); /* UDP has a length of its own */
    f.b[0] = 0x44;
    outcome(decode_as(WW_LINK_RAW, 0), WW_DEC_IP_HLEN);
    f.b[0] = 0x55;
    outcome(decode_as(WW_LINK_RAW, 0), WW_DEC_IP_VERSION);
    f.b[0] = 0x4f;
    f.b[3] = 20; /* header longer than the packet */
    outcome(decode_as(WW_LINK_RAW, 0), WW_DEC_IP_HLEN);
    f.b[0] = 0x45;
    f.b[2] = 1; /* longer than what was captured, though nothing was cut */
    outcome(decode_as(WW_LINK_RAW, 0), WW_DEC_IP_LEN);
    d = decode_as(WW_LINK_RAW, 300);
    outcome(d, WW_DEC_OK); /* the same with a cut */
    cr_assert(eq(int, d.fam, 4));
}

Test(decode, ipv4_options)
{
    for (unsigned words = 0; words <= 10; words++) {
        f.n = 0;
        fr_be(&f, 0x40 + 5 + words, 1);
        fr_be(&f, 0, 1);
        fr_be(&f, 20 + words * 4 + FR_UDP + 3, 2);
        fr_be(&f, 0, 4);
        fr_be(&f, 0x4011, 2);
        fr_be(&f, 0, 2);
        fr_be(&f, 1, 4);
        fr_be(&f, 2, 4);
        for (unsigned i = 0; i < words; i++)
            fr_be(&f, 0x01010101, 4);
        fr_udp(&f, 1111, 53, 3);
        fr_put(&f, "abc", 3);
        struct ww_dec d = decode_as(WW_LINK_RAW, 0);
        is_udp(d, 3);
        cr_assert(ww_slice_eqs(d.payload, "abc"));
    }
}

Test(decode, ipv4_fragments)
{
    static const struct {
        uint16_t word;
        uint32_t off;
        bool frag, more;
    } t[] = { { 0x4000, 0, false, false }, { 0x2000, 0, true, true }, { 0x0001, 8, true, false },
              { 0x3fff, 65528, true, true }, { 0x8000, 0, false, false } };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        f.n = 0;
        fr_ip4(&f, 1, 2, 17, 0xabcd, t[i].word, FR_UDP + 4);
        fr_udp(&f, 1111, 53, 4);
        fr_be(&f, 0, 4);
        struct ww_dec d = decode_as(WW_LINK_RAW, 0);
        outcome(d, WW_DEC_OK);
        cr_assert(eq(int, d.frag, t[i].frag));
        cr_assert(eq(int, d.more_frags, t[i].more));
        cr_assert(eq(u32, d.frag_off, t[i].off));
        cr_assert(eq(u32, d.frag_id, 0xabcd));
        cr_assert(eq(u16, d.port[1], t[i].frag ? 0 : 53));
        cr_assert(eq(sz, d.payload.n, t[i].frag ? 12 : 4));
    }
}

/* ---- IPv6 ----------------------------------------------------------------------------------------------------- */
static void ip6_udp(uint8_t first, const void *ext, size_t n)
{
    f.n = 0;
    fr_ip6(&f, 1, 2, first, n + FR_UDP + 2);
    fr_put(&f, ext, n);
    fr_udp(&f, 1111, 53, 2);
    fr_be(&f, 0, 2);
}

Test(decode, ipv6_extension_headers)
{
    uint8_t ext[256] = { 17, 0 };
    static const uint8_t kinds[] = { 0, 43, 60, 135, 139, 140 };
    for (size_t i = 0; i < sizeof kinds; i++) {
        ip6_udp(kinds[i], ext, 8);
        is_udp(decode_as(WW_LINK_RAW, 0), 2);
    }
    ext[1] = 3; /* 32 bytes */
    ip6_udp(60, ext, 32);
    is_udp(decode_as(WW_LINK_RAW, 0), 2);
    ext[1] = 4; /* authentication header: words minus 2 */
    ip6_udp(51, ext, 24);
    is_udp(decode_as(WW_LINK_RAW, 0), 2);
    ext[1] = 200; /* longer than the packet */
    ip6_udp(60, ext, 8);
    outcome(decode_as(WW_LINK_RAW, 0), WW_DEC_IP6_EXT);
    outcome(decode_as(WW_LINK_RAW, 2000), WW_DEC_SHORT);
    ip6_udp(51, ext, 8);
    outcome(decode_as(WW_LINK_RAW, 0), WW_DEC_IP6_EXT);
    for (unsigned n = 8; n < 12; n++) { /* as many as are followed, and one more */
        memset(ext, 0, sizeof ext);
        for (unsigned k = 0; k < n; k++)
            ext[k * 8] = k + 1 < n ? 60 : 17;
        ip6_udp(60, ext, n * 8);
        struct ww_dec d = decode_as(WW_LINK_RAW, 0);
        if (n < 10)
            is_udp(d, 2);
        else
            outcome(d, WW_DEC_IP6_EXT);
    }
    f.n = 0;
    fr_ip6(&f, 1, 2, 59, 0); /* no next header */
    struct ww_dec d = decode_as(WW_LINK_RAW, 0);
    outcome(d, WW_DEC_OK);
    cr_assert(eq(int, d.proto, 59));
}

Test(decode, ipv6_fragments_and_atomic_ones)
{
    uint8_t ext[] = { 17, 0, 0, 0, 0, 0, 0xab, 0xcd };
    ip6_udp(44, ext, 8); /* atomic (RFC 6946): a whole packet */
    struct ww_dec d = decode_as(WW_LINK_RAW, 0);
    is_udp(d, 2);
    cr_assert(not(d.frag));
    ext[3] = 1;
    ip6_udp(44, ext, 8);
    d = decode_as(WW_LINK_RAW, 0);
    outcome(d, WW_DEC_OK);
    cr_assert(d.frag);
    cr_assert(d.more_frags);
    cr_assert(eq(u32, d.frag_id, 0xabcd));
    cr_assert(eq(int, d.proto, 17));
    cr_assert(eq(sz, d.payload.n, 10));
    cr_assert(eq(u32, d.wire, 10));
    ext[2] = 0xff;
    ext[3] = 0xf8;
    ip6_udp(44, ext, 8);
    d = decode_as(WW_LINK_RAW, 0);
    cr_assert(eq(u32, d.frag_off, 65528));
    cr_assert(not(d.more_frags));
    f.n = 0;
    fr_ip6(&f, 1, 2, 44, 4);
    fr_be(&f, 0, 4);
    outcome(decode_as(WW_LINK_RAW, 0), WW_DEC_IP6_EXT);
}

Test(decode, ipv6_lengths)
{
    ip6_udp(17, "", 0);
    f.b[4] = f.b[5] = 0; /* jumbogram or offload: what is there */
    is_udp(decode_as(WW_LINK_RAW, 0), 2);
    f.b[5] = 200;
    outcome(decode_as(WW_LINK_RAW, 0), WW_DEC_IP_LEN);
    f.b[5] = 10;
    fr_be(&f, 0, 5); /* padding */
    is_udp(decode_as(WW_LINK_RAW, 0), 2);
    f.b[0] = 0x50; /* by the EtherType: not version 6 */
    struct fr g = { .n = 0 };
    fr_eth(&g, 0x86dd);
    fr_put(&g, f.b, f.n);
    f = g;
    outcome(decode(), WW_DEC_IP_VERSION);
    f.n = 14 + 39;
    outcome(decode(), WW_DEC_SHORT);
}

/* ---- transport --------------------------------------------------------------------------------------------------- */
Test(decode, tcp_header_lengths)
{
    for (unsigned off = 0; off < 16; off++) {
        f.n = 0;
        fr_ip4(&f, 1, 2, 6, 0, 0, 60 + 5);
        fr_tcp(&f, 1111, 104, 0x01020304, 0x05060708, WW_TCP_ACK | WW_TCP_PSH);
        f.b[20 + 12] = (uint8_t)(off << 4);
        for (unsigned i = 0; i < 45; i++)
            fr_be(&f, 1, 1);
        struct ww_dec d = decode_as(WW_LINK_RAW, 0);
        if (off < 5) {
            outcome(d, WW_DEC_TCP_HLEN);
            continue;
        }
        outcome(d, WW_DEC_OK);
        cr_assert(eq(sz, d.payload.n, 65 - off * 4));
        cr_assert(eq(u32, d.wire, 65 - off * 4));
        cr_assert(eq(u32, d.seq, 0x01020304));
        cr_assert(eq(u32, d.ack, 0x05060708));
        cr_assert(eq(int, d.tcp_flags, 0x18));
        cr_assert(eq(u16, d.window, 0xffff));
    }
    f.n = 0;
    fr_ip4(&f, 1, 2, 6, 0, 0, 20);
    fr_tcp(&f, 1, 2, 0, 0, 0);
    f.b[20 + 12] = 0x60; /* options that are not there */
    outcome(decode_as(WW_LINK_RAW, 0), WW_DEC_TCP_HLEN);
    f.n = 0;
    fr_ip4(&f, 1, 2, 6, 0, 0, 24 + 100); /* cut inside the options: the payload's length is known */
    fr_tcp(&f, 1, 2, 0, 0, 0);
    f.b[20 + 12] = 0x60;
    struct ww_dec d = decode_as(WW_LINK_RAW, 104);
    outcome(d, WW_DEC_OK);
    cr_assert(eq(sz, d.payload.n, 0));
    cr_assert(eq(u32, d.wire, 100));
    f.n = 39;
    outcome(decode_as(WW_LINK_RAW, 105), WW_DEC_SHORT);
    f.n = 0;
    fr_ip4(&f, 1, 2, 6, 0, 0, 22); /* the packet's own length is below the header that TCP claims */
    fr_tcp(&f, 1, 2, 0, 0, 0);
    f.b[20 + 12] = 0xf0;
    d = decode_as(WW_LINK_RAW, 2);
    cr_assert(eq(u32, d.wire, 0));
}

Test(decode, udp_lengths)
{
    static const struct {
        uint16_t len;
        uint32_t cut;
        int out;
        size_t payload, wire;
    } t[] = { { 8 + 6, 0, WW_DEC_OK, 6, 6 },      { 8 + 2, 0, WW_DEC_OK, 2, 2 },   { 8, 0, WW_DEC_OK, 0, 0 },
              { 0, 0, WW_DEC_OK, 6, 6 },          { 7, 0, WW_DEC_UDP_LEN, 0, 0 },  { 8 + 7, 0, WW_DEC_UDP_LEN, 0, 0 },
              { 8 + 600, 594, WW_DEC_OK, 6, 600 } };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        f.n = 0;
        fr_ip4(&f, 1, 2, 17, 0, 0, FR_UDP + 6 + t[i].cut);
        fr_udp(&f, 1, 2, 0);
        f.b[24] = (uint8_t)(t[i].len >> 8);
        f.b[25] = (uint8_t)t[i].len;
        fr_be(&f, 0, 6);
        struct ww_dec d = decode_as(WW_LINK_RAW, t[i].cut);
        cr_assert(eq(int, d.outcome, t[i].out), "row %zu", i);
        if (t[i].out == WW_DEC_OK) {
            cr_assert(eq(sz, d.payload.n, t[i].payload));
            cr_assert(eq(sz, d.wire, t[i].wire));
        }
    }
    f.n = 0;
    fr_ip4(&f, 1, 2, 17, 0, 0, 7);
    fr_be(&f, 0, 7);
    outcome(decode_as(WW_LINK_RAW, 0), WW_DEC_SHORT);
}

Test(decode, icmp_and_others)
{
    f.n = 0;
    fr_ip4(&f, 1, 2, 1, 0, 0, 6);
    fr_be(&f, 0x0301ffffabcd, 6);
    struct ww_dec d = decode_as(WW_LINK_RAW, 0);
    outcome(d, WW_DEC_OK);
    cr_assert(eq(int, d.icmp_type, 3));
    cr_assert(eq(int, d.icmp_code, 1));
    cr_assert(eq(sz, d.payload.n, 2));
    f.n = 0;
    fr_ip6(&f, 1, 2, 58, 4);
    fr_be(&f, 0x87000000, 4);
    d = decode_as(WW_LINK_RAW, 0);
    cr_assert(eq(int, d.icmp_type, 135));
    f.n = 0;
    fr_ip4(&f, 1, 2, 1, 0, 0, 3);
    fr_be(&f, 0, 3);
    outcome(decode_as(WW_LINK_RAW, 0), WW_DEC_SHORT);
    f.n = 0;
    fr_ip4(&f, 1, 2, 47, 0, 0, 3); /* GRE: told as what it is */
    fr_be(&f, 0, 3);
    d = decode_as(WW_LINK_RAW, 0);
    outcome(d, WW_DEC_OK);
    cr_assert(eq(int, d.proto, 47));
    cr_assert(eq(sz, d.payload.n, 3));
}

Test(decode, names)
{
    for (int i = 0; i < WW_DEC_N; i++)
        for (int k = 0; k < i; k++)
            cr_assert(ne(str, (char *)ww_dec_name((enum ww_dec_outcome)i), (char *)ww_dec_name((enum ww_dec_outcome)k)));
    cr_assert(eq(str, (char *)ww_dec_name(WW_DEC_N), "?"));
    cr_assert(ww_tunnel_name(0) != NULL);
}

/* ---- real frames ---------------------------------------------------------------------------------------------------- */
static void inside(struct ww_slice all, struct ww_slice s)
{
    if (s.n > 0 && (s.p < all.p || s.n > all.n || (size_t)(s.p - all.p) > all.n - s.n))
        t_die("a slice lies outside of its frame");
}

static void sane(const struct ww_pkt *p, struct ww_slice bytes, uint32_t len)
{
    struct ww_slice s = t_guard(bytes.p, bytes.n);
    struct ww_pkt q = *p;
    struct ww_dec d;
    q.p = s.p;
    q.caplen = (uint32_t)s.n;
    q.len = len;
    enum ww_dec_outcome o = ww_decode(&q, &d);
    if (o >= WW_DEC_N || (d.fam != 0 && d.fam != 4 && d.fam != 6) || d.nvlan > WW_VLAN_MAX)
        t_die("outcome %d, family %u, %u tags", o, d.fam, d.nvlan);
    inside(s, d.ip[0]);
    inside(s, d.ip[1]);
    inside(s, d.payload);
    t_unguard(s);
}

static void each_frame(const struct ww_pkt *p)
{
    static uint8_t b[2048];
    size_t n = p->caplen < sizeof b ? p->caplen : sizeof b;
    static const uint8_t values[] = { 0, 0x7f, 0x80, 0xff };
    memcpy(b, p->p, n);
    for (size_t k = 0; k <= n; k++) {
        sane(p, (struct ww_slice){ b, k }, p->len);      /* cut by the snap length */
        sane(p, (struct ww_slice){ b, k }, (uint32_t)k); /* as short as that on the wire */
    }
    for (size_t k = 0; k < n && k < 120; k++) {
        uint8_t was = b[k];
        for (size_t v = 0; v < sizeof values; v++) {
            b[k] = values[v];
            sane(p, (struct ww_slice){ b, n }, p->len);
        }
        b[k] = was;
    }
}

Test(decode, every_prefix_and_every_byte_of_real_frames)
{
    static const char *const folders[] = { "link", "arp", "dns" };
    size_t frames = 0;
    for (size_t k = 0; k < sizeof folders / sizeof folders[0]; k++) {
        char dir[512], path[1024];
        (void)snprintf(dir, sizeof dir, "%s/pcaps/%s", WW_SOURCE_DIR, folders[k]);
        DIR *list = opendir(dir);
        cr_assert(list != NULL, "%s", dir);
        for (struct dirent *e = readdir(list); e != NULL; e = readdir(list)) {
            const char *dot = strrchr(e->d_name, '.');
            if (dot == NULL || (strcmp(dot, ".pcap") != 0 && strcmp(dot, ".pcapng") != 0))
                continue;
            struct ww_capfile *c;
            struct ww_err err;
            struct ww_capfile_cfg cfg = { .blocks = 2 };
            static struct ww_batch b;
            (void)snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
            cr_assert(eq(int, ww_capfile_open(&c, path, 0, &cfg, &err), WW_OK), "%s", err.text);
            size_t of_file = 0;
            while (ww_capfile_next(c, &b, &err) == WW_CAP_MORE) {
                for (unsigned i = 0; i < b.n && of_file < 12; i++, of_file++)
                    each_frame(&b.pkt[i]);
                ww_block_drop(b.block, b.n);
            }
            frames += of_file;
            ww_capfile_close(c);
        }
        (void)closedir(list);
    }
    cr_assert(gt(sz, frames, 50));
}
