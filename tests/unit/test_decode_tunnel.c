/* Encapsulations: one vector each from its standard, with every prefix and every byte on guard pages; headers
 * that are not valid, limits, fragments, and what is known about the carrier. */
#include "tests/layers.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct fr f;

static struct ww_dec decode_as(uint16_t link, uint32_t cut)
{
    static struct ww_slice s;
    struct ww_dec d;
    t_unguard(s); /* the slices of the result live until the next call */
    s = t_guard(f.b, f.n);
    struct ww_pkt p = { .p = s.p, .caplen = (uint32_t)s.n, .len = (uint32_t)s.n + cut, .link = link };
    memset(&d, 0xee, sizeof d);
    cr_assert(eq(int, ww_decode(&p, &d), d.outcome));
    return d;
}

/* ---- one vector each --------------------------------------------------------------------------------------- */
static void in4(void) { la_inner4(&f); }
static void in6(void) { la_inner6(&f); }
static void in_frame(void) { la_inner_frame(&f); }

static void mpls(void) { in4(); la_bytes(&f, "00064040 000c8540"); la_eth(&f, 0x8847); }
static void mpls_null(void) { in6(); la_bytes(&f, "00002140"); la_eth(&f, 0x8848); }
static void mpls_word(void) { in_frame(); la_bytes(&f, "000c8140 00000000"); la_eth(&f, 0x8847); }
static void mpls_frame(void) { in_frame(); la_bytes(&f, "000c8140"); la_eth(&f, 0x8847); }
static void mpls_ip(void) { in4(); la_bytes(&f, "000c8140"); la_carry4(&f, 137); }
static void mpls_udp(void) { in6(); la_bytes(&f, "000c8140"); la_carry_udp(&f, 50000, 6635); }
static void pppoe(void)
{
    in4();
    fr_be(&f, 0, 9); /* padding of a short frame */
    la_bytes(&f, "1100 0011 0023 0021");
    la_eth(&f, 0x8864);
}
static void pppoe6(void) { in6(); la_bytes(&f, "1100 0011 0037 0057"); la_eth(&f, 0x8864); }
static void pppoe_mpls(void) { in4(); la_bytes(&f, "1100 0011 0027 0281 000c8140"); la_eth(&f, 0x8864); }
static void cmd(void) { in4(); la_bytes(&f, "0101 0001 0bb8 0800"); la_eth(&f, 0x8909); }
static void cmd2(void) { in6(); la_bytes(&f, "0102 0001 0bb8 0002 0001 86dd"); la_eth(&f, 0x8909); }
static void vntag(void) { in4(); la_bytes(&f, "8005 0007 0800"); la_eth(&f, 0x8926); }
static void macsec(void) { in4(); la_bytes(&f, "2000 00000044 0600000000010001 0800"); la_eth(&f, 0x88e5); }
static void macsec_short(void) { in6(); la_bytes(&f, "0000 00000044 86dd"); la_eth(&f, 0x88e5); }
static void fabricpath(void) { in_frame(); la_bytes(&f, "4020"); la_eth(&f, 0x8903); }
static void pbb(void) { in_frame(); la_bytes(&f, "00 00abcd"); la_eth(&f, 0x88e7); }
static void ipip(void) { in4(); la_carry4(&f, 4); }
static void sit(void) { in6(); la_carry4(&f, 41); }
static void dslite(void) { in4(); la_carry6(&f, 4); }
static void ip6ip6(void) { in6(); la_carry6(&f, 41); }
static void etherip(void) { in_frame(); la_bytes(&f, "3000"); la_carry4(&f, 97); }
static void srv6(void) { in_frame(); la_carry6(&f, 143); }
static void ah(void) { in4(); la_bytes(&f, "0404 0000 00000001 00000001 000000000000000000000000"); la_carry4(&f, 51); }
static void gre(void) { in4(); la_bytes(&f, "0000 0800"); la_carry4(&f, 47); }
static void gre6(void) { in6(); la_bytes(&f, "0000 86dd"); la_carry6(&f, 47); }
static void gre_all(void) { in4(); la_bytes(&f, "b000 0800 aaaa0000 00000007 00000001"); la_carry4(&f, 47); }
static void gre_frame(void) { in_frame(); la_bytes(&f, "2000 6558 00000007"); la_carry4(&f, 47); }
static void gre_mpls(void) { in4(); la_bytes(&f, "0000 8847 000c8140"); la_carry4(&f, 47); }
static void gre_cmd(void) { in4(); la_bytes(&f, "0000 8909 0800 0101 0001 0bb8"); la_carry4(&f, 47); }
static void nvgre(void) { in_frame(); la_bytes(&f, "2000 6558 00138801"); la_carry4(&f, 47); }
static void pptp(void) { in4(); la_bytes(&f, "3081 880b 0022 0009 00000001 00000002 21"); la_carry4(&f, 47); }
static void erspan1(void) { in_frame(); la_bytes(&f, "0000 88be"); la_carry4(&f, 47); }
static void erspan2(void) { in_frame(); la_bytes(&f, "1000 88be 00000009 1064 0c21 000a bcde"); la_carry4(&f, 47); }
static void erspan3(void) { in_frame(); la_bytes(&f, "1000 22eb 00000009 2064 0021 01020304 0bb8 000a"); la_carry4(&f, 47); }
static void erspan3_ip(void) { in4(); la_bytes(&f, "1000 22eb 00000009 2064 0021 01020304 0bb8 0800"); la_carry4(&f, 47); }
static void erspan3_more(void)
{
    in_frame();
    la_bytes(&f, "1000 22eb 00000009 2064 0021 01020304 0bb8 000d 17c80123 65000000");
    la_carry4(&f, 47);
}
static void vxlan(void) { in_frame(); la_bytes(&f, "08000000 00138900"); la_carry_udp(&f, 50000, 4789); }
static void vxlan_old(void) { in_frame(); la_bytes(&f, "08000000 00138900"); la_carry_udp(&f, 50000, 8472); }
static void vxlan_policy(void) { in_frame(); la_bytes(&f, "88080042 00138900"); la_carry_udp(&f, 50000, 4789); }
static void vxlan_reserved(void) { in_frame(); la_bytes(&f, "ff123456 001389ff"); la_carry_udp(&f, 50000, 4789); }
static void gpe(void) { in_frame(); la_bytes(&f, "0c000003 00138900"); la_carry_udp(&f, 50000, 4790); }
static void gpe4(void) { in4(); la_bytes(&f, "0c000001 00138900"); la_carry_udp(&f, 50000, 4790); }
static void gpe6(void) { in6(); la_bytes(&f, "0c000002 00138900"); la_carry_udp(&f, 50000, 4790); }
static void geneve(void) { in_frame(); la_bytes(&f, "0000 6558 00138900"); la_carry_udp(&f, 50000, 6081); }
static void geneve_options(void)
{
    in6();
    la_bytes(&f, "0340 86dd 00138900 0102 80 01 00000000 0102 01 00");
    la_carry_udp(&f, 50000, 6081);
}
static void capwap(void) { in_frame(); la_bytes(&f, "00 108200 00000000"); la_carry_udp(&f, 50000, 5247); }
static void capwap_air(void) /* to the network, QoS; frame control turned */
{
    in4();
    la_bytes(&f, "0188 0000 0a0000000001 060000000001 060000000002 7630 8000 aaaa03000000 0800");
    la_bytes(&f, "00 108300 00000000");
    la_carry_udp(&f, 50000, 5247);
}
static void teredo(void)
{
    in6();
    la_hex(&f, "");
    f.b[8 + 2] = f.b[8 + 3] = 0; /* 2001:0::1 */
    la_carry_udp(&f, 50000, 3544);
}
static void teredo_full(void) /* authentication with nothing in it, origin; from the server */
{
    in6();
    f.b[24 + 2] = f.b[24 + 3] = 0;
    la_bytes(&f, "0001 0000 0102030405060708 00 0000 ffff ffffffff");
    la_carry_udp(&f, 3544, 50000);
}
static void gtpu(void) { in4(); la_bytes(&f, "30ff 0021 00abcdef"); la_carry_udp(&f, 2152, 2152); }
static void gtpu_ext(void) /* sequence number; PDU session container, then one of 8 bytes */
{
    in6();
    la_bytes(&f, "36ff 0045 00abcdef 0001 00 85 01 1001 c0 02 112233445566 00");
    la_carry_udp(&f, 2152, 2152);
}
static void triple(void)
{
    vxlan();
    la_bytes(&f, "1000 88be 00000009 1064 0021 000a bcde");
    la_carry4(&f, 47);
    la_bytes(&f, "2000 6558 00000007");
    la_carry4(&f, 47);
}

/* kinds and ids of the chain, outermost first; mac: last byte of the sender's, 0 = none; ip: of the carrier of
 * the innermost tunnel, 0 = below IP */
static const struct {
    const char *name;
    void (*build)(void);
    uint8_t fam, mac, ip;
    struct ww_tunnel t[3];
} VECTORS[] = {
    { "mpls", mpls, 4, 2, 0, { { WW_TUN_MPLS, 0, 200 } } },
    { "mpls_null", mpls_null, 6, 2, 0, { { WW_TUN_MPLS, 0, 2 } } },
    { "mpls_word", mpls_word, 4, 6, 0, { { WW_TUN_MPLS, 0, 200 } } },
    { "mpls_frame", mpls_frame, 4, 6, 0, { { WW_TUN_MPLS, 0, 200 } } },
    { "mpls_ip", mpls_ip, 4, 0, 4, { { WW_TUN_MPLS, 0, 200 } } },
    { "mpls_udp", mpls_udp, 6, 0, 4, { { WW_TUN_MPLS, 0, 200 } } },
    { "pppoe", pppoe, 4, 2, 0, { { WW_TUN_PPPOE, 0, 17 } } },
    { "pppoe6", pppoe6, 6, 2, 0, { { WW_TUN_PPPOE, 0, 17 } } },
    { "pppoe_mpls", pppoe_mpls, 4, 2, 0, { { WW_TUN_PPPOE, 0, 17 }, { WW_TUN_MPLS, 0, 200 } } },
    { "cmd", cmd, 4, 2, 0, { { WW_TUN_CMD, 0, 3000 } } },
    { "cmd2", cmd2, 6, 2, 0, { { WW_TUN_CMD, 0, 3000 } } },
    { "vntag", vntag, 4, 2, 0, { { WW_TUN_VNTAG, 0, 7 << 16 | 5 } } },
    { "pbb", pbb, 4, 6, 0, { { WW_TUN_PBB, 0, 0xabcd } } },
    { "macsec", macsec, 4, 2, 0, { { WW_TUN_MACSEC, 0, 0 } } },
    { "macsec_short", macsec_short, 6, 2, 0, { { WW_TUN_MACSEC, 0, 0 } } },
    { "fabricpath", fabricpath, 4, 6, 0, { { WW_TUN_FABRICPATH, 0, 0x100 } } },
    { "ipip", ipip, 4, 0, 4, { { WW_TUN_IPIP, 0, 0 } } },
    { "sit", sit, 6, 0, 4, { { WW_TUN_IP6IN4, 0, 0 } } },
    { "dslite", dslite, 4, 0, 6, { { WW_TUN_IP4IN6, 0, 0 } } },
    { "ip6ip6", ip6ip6, 6, 0, 6, { { WW_TUN_IP6IN6, 0, 0 } } },
    { "etherip", etherip, 4, 6, 4, { { WW_TUN_ETHERIP, 0, 0 } } },
    { "srv6", srv6, 4, 6, 6, { { WW_TUN_SRV6, 0, 0 } } },
    { "ah", ah, 4, 0, 4, { { WW_TUN_IPIP, 0, 0 } } },
    { "gre", gre, 4, 0, 4, { { WW_TUN_GRE, 0, 0 } } },
    { "gre6", gre6, 6, 0, 6, { { WW_TUN_GRE, 0, 0 } } },
    { "gre_all", gre_all, 4, 0, 4, { { WW_TUN_GRE, 0, 7 } } },
    { "gre_frame", gre_frame, 4, 6, 4, { { WW_TUN_GRE, 0, 7 } } },
    { "gre_mpls", gre_mpls, 4, 0, 0, { { WW_TUN_GRE, 0, 0 }, { WW_TUN_MPLS, 0, 200 } } },
    { "gre_cmd", gre_cmd, 4, 0, 4, { { WW_TUN_GRE, 0, 0 } } },
    { "nvgre", nvgre, 4, 6, 4, { { WW_TUN_NVGRE, 0, 0x1388 } } },
    { "pptp", pptp, 4, 0, 4, { { WW_TUN_PPTP, 0, 9 } } },
    { "erspan1", erspan1, 4, 6, 4, { { WW_TUN_ERSPAN1, 0, 0 } } },
    { "erspan2", erspan2, 4, 6, 4, { { WW_TUN_ERSPAN2, 0, 33 } } },
    { "erspan3", erspan3, 4, 6, 4, { { WW_TUN_ERSPAN3, 0, 33 } } },
    { "erspan3_ip", erspan3_ip, 4, 0, 4, { { WW_TUN_ERSPAN3, 0, 33 } } },
    { "erspan3_more", erspan3_more, 4, 6, 4, { { WW_TUN_ERSPAN3, 0, 33 } } },
    { "vxlan", vxlan, 4, 6, 4, { { WW_TUN_VXLAN, 0, 5001 } } },
    { "vxlan_old", vxlan_old, 4, 6, 4, { { WW_TUN_VXLAN, 0, 5001 } } },
    { "vxlan_policy", vxlan_policy, 4, 6, 4, { { WW_TUN_VXLAN, 0, 5001 } } },
    { "vxlan_reserved", vxlan_reserved, 4, 6, 4, { { WW_TUN_VXLAN, 0, 5001 } } },
    { "gpe", gpe, 4, 6, 4, { { WW_TUN_VXLAN, 0, 5001 } } },
    { "gpe4", gpe4, 4, 0, 4, { { WW_TUN_VXLAN, 0, 5001 } } },
    { "gpe6", gpe6, 6, 0, 4, { { WW_TUN_VXLAN, 0, 5001 } } },
    { "geneve", geneve, 4, 6, 4, { { WW_TUN_GENEVE, 0, 5001 } } },
    { "geneve_options", geneve_options, 6, 0, 4, { { WW_TUN_GENEVE, 0, 5001 } } },
    { "capwap", capwap, 4, 6, 4, { { WW_TUN_CAPWAP, 0, 2 } } },
    { "capwap_air", capwap_air, 4, 6, 4, { { WW_TUN_CAPWAP, 0, 2 } } },
    { "teredo", teredo, 6, 0, 4, { { WW_TUN_TEREDO, 0, 0 } } },
    { "teredo_full", teredo_full, 6, 0, 4, { { WW_TUN_TEREDO, 0, 0 } } },
    { "gtpu", gtpu, 4, 0, 4, { { WW_TUN_GTPU, 0, 0xabcdef } } },
    { "gtpu_ext", gtpu_ext, 6, 0, 4, { { WW_TUN_GTPU, 0, 0xabcdef } } },
    { "triple", triple, 4, 6, 4, { { WW_TUN_GRE, 0, 7 }, { WW_TUN_ERSPAN2, 0, 33 }, { WW_TUN_VXLAN, 100, 5001 } } },
};
enum { N_VECTORS = sizeof VECTORS / sizeof VECTORS[0] };

static void is_inner(const struct ww_dec *d, const char *name)
{
    cr_assert(eq(str, (char *)ww_dec_name((enum ww_dec_outcome)d->outcome), "ok"), "%s", name);
    cr_assert(eq(int, d->proto, 17), "%s", name);
    cr_assert(eq(u16, d->port[0], 1111), "%s", name);
    cr_assert(eq(u16, d->port[1], 7777), "%s", name);
    cr_assert(ww_slice_eqs(d->payload, "inner"), "%s", name);
    cr_assert(eq(u32, d->wire, 5), "%s", name);
    cr_assert(eq(int, ww_slice_at(d->ip[1], d->ip[1].n - 1), 2), "%s", name);
}

Test(tunnel, one_vector_each)
{
    for (unsigned i = 0; i < N_VECTORS; i++) {
        const char *name = VECTORS[i].name;
        VECTORS[i].build();
        struct ww_dec d = decode_as(WW_LINK_ETHERNET, 0);
        is_inner(&d, name);
        cr_assert(eq(int, d.fam, VECTORS[i].fam), "%s", name);
        cr_assert(eq(int, d.mac[0].b[0], VECTORS[i].mac), "%s", name);
        unsigned n = 0;
        for (; n < 3 && VECTORS[i].t[n].kind != 0; n++) {
            cr_assert(eq(str, (char *)ww_tunnel_name(d.tunnel[n].kind), (char *)ww_tunnel_name(VECTORS[i].t[n].kind)),
                      "%s", name);
            cr_assert(eq(u32, d.tunnel[n].id, VECTORS[i].t[n].id), "%s", name);
            cr_assert(eq(u16, d.tunnel[n].vlan, VECTORS[i].t[n].vlan), "%s", name);
        }
        cr_assert(eq(int, d.ntunnel, n), "%s", name);
        struct ww_slice c = d.carrier[n - 1];
        cr_assert(eq(sz, c.n, VECTORS[i].ip == 4 ? 8 : VECTORS[i].ip == 6 ? 32 : 0), "%s", name);
        cr_assert(eq(int, ww_slice_at(c, c.n - 1), VECTORS[i].ip == 4 ? 2 : VECTORS[i].ip == 6 ? 0x12 : 0), "%s", name);
    }
}

Test(tunnel, the_same_below_tags_and_over_a_raw_link)
{
    for (unsigned i = 0; i < N_VECTORS; i++) {
        VECTORS[i].build();
        uint16_t type = (uint16_t)((unsigned)f.b[12] << 8 | f.b[13]);
        memmove(f.b, f.b + 14, f.n - 14);
        f.n -= 14;
        if (type == 0x0800 || type == 0x86dd) {
            struct ww_dec d = decode_as(WW_LINK_RAW, 0);
            is_inner(&d, VECTORS[i].name);
        }
        la_vlan(&f, 30, type); /* RSPAN: the mirror's own tag around the frame's */
        la_vlan(&f, 900, 0x8100);
        la_eth(&f, 0x88a8);
        struct ww_dec d = decode_as(WW_LINK_ETHERNET, 0);
        is_inner(&d, VECTORS[i].name);
        cr_assert(eq(int, d.tunnel[0].vlan, 30), "%s", VECTORS[i].name);
        if (VECTORS[i].mac == 2) { /* the same frame: its tags stay */
            cr_assert(eq(int, d.nvlan, 2), "%s", VECTORS[i].name);
            cr_assert(eq(int, d.vlan[1], 30), "%s", VECTORS[i].name);
        }
    }
}

/* ---- every prefix, every byte --------------------------------------------------------------------------------- */
static void inside(struct ww_slice all, struct ww_slice s)
{
    if (s.n > 0 && (s.p < all.p || s.n > all.n || (size_t)(s.p - all.p) > all.n - s.n))
        t_die("a slice lies outside of its frame");
}

static void sane(size_t caplen, size_t len)
{
    struct ww_slice s = t_guard(f.b, caplen);
    struct ww_pkt p = { .p = s.p, .caplen = (uint32_t)caplen, .len = (uint32_t)len, .link = WW_LINK_ETHERNET };
    struct ww_dec d;
    enum ww_dec_outcome o = ww_decode(&p, &d);
    if (o >= WW_DEC_N || d.nvlan > WW_VLAN_MAX || d.ntunnel > WW_TUNNEL_MAX)
        t_die("outcome %d, %u tags, %u tunnels", o, d.nvlan, d.ntunnel);
    for (unsigned k = 0; k < 2; k++) {
        inside(s, d.ip[k]);
        if (o == WW_DEC_OK && d.ip[k].n != (d.fam == 4 ? 4 : 16))
            t_die("an address of %zu bytes in family %u", d.ip[k].n, d.fam);
        if (o == WW_DEC_NOT_IP && (d.ip[k].n != 0 || d.fam != 0))
            t_die("a frame without IP has an address");
    }
    for (unsigned k = 0; k < d.ntunnel; k++)
        inside(s, d.carrier[k]);
    inside(s, d.payload);
    t_unguard(s);
}

Test(tunnel, every_prefix_and_every_byte)
{
    static const uint8_t values[] = { 0, 0x7f, 0x80, 0xff };
    for (unsigned i = 0; i < N_VECTORS; i++) {
        VECTORS[i].build();
        for (size_t k = 0; k <= f.n; k++) {
            sane(k, f.n); /* cut by the snap length */
            sane(k, k);   /* as short as that on the wire */
        }
        for (size_t k = 0; k < f.n; k++) {
            uint8_t was = f.b[k];
            for (size_t v = 0; v < sizeof values; v++) {
                f.b[k] = values[v];
                sane(f.n, f.n);
                sane(f.n, f.n + 100);
            }
            f.b[k] = was;
        }
    }
}

/* ---- headers that are not valid ------------------------------------------------------------------------------- */
/* at: byte from the end of the carrier's IP or UDP header; with this value it is what the carrier says. */
Test(tunnel, a_wrong_header_is_an_ordinary_packet)
{
    static const struct {
        void (*build)(void);
        uint8_t at, value;
    } t[] = {
        { vxlan, 0, 0x00 },  { gpe, 0, 0x08 },     { gpe, 0, 0x1c },    { gpe, 3, 0x09 },     { gpe, 7, 1 },
        { geneve, 0, 0x40 }, { geneve, 0, 0x3f },  { geneve, 1, 0x80 }, { geneve, 1, 1 },     { geneve, 2, 0x88 },
        { geneve, 7, 1 },    { geneve_options, 11, 9 }, { teredo, 0, 0x40 }, { teredo, 4, 200 }, { teredo, 8, 0x30 },
        { gtpu, 0, 0x50 },   { gtpu, 0, 0x20 },    { gtpu, 1, 26 },     { gtpu, 2, 9 },       { gtpu, 8, 0x25 },
        { gtpu_ext, 12, 0 }, { gtpu_ext, 12, 99 }, { capwap, 0, 1 },    { capwap, 3, 0x80 },  { capwap, 2, 0x84 },
        { capwap, 20, 9 },   { mpls_udp, 2, 0x80 }, { ipip, 0, 0x60 },  { ipip, 2, 9 },       { sit, 0, 0x40 },
        { sit, 4, 9 },       { gre, 0, 0x40 },     { gre, 0, 8 },       { gre, 1, 2 },        { gre, 1, 0x40 },
        { gre, 2, 0x09 },    { gre_cmd, 6, 2 },    { gre_cmd, 4, 9 },   { pptp, 1, 0xc1 },    { pptp, 0, 0xb0 },
        { pptp, 4, 9 },      { pptp, 2, 0x08 },    { erspan2, 8, 0x20 }, { erspan3, 8, 0x10 }, { etherip, 0, 0x20 },
        { ah, 1, 0 },        { ah, 1, 200 },
    };
    for (unsigned i = 0; i < sizeof t / sizeof t[0]; i++) {
        t[i].build();
        bool udp = f.b[14 + 9] == 17;
        size_t from = 14 + 20 + (udp ? 8 : 0);
        f.b[from + t[i].at] = t[i].value;
        struct ww_dec d = decode_as(WW_LINK_ETHERNET, 0);
        cr_assert(eq(int, d.outcome, WW_DEC_OK), "row %u: %s", i, ww_dec_name((enum ww_dec_outcome)d.outcome));
        cr_assert(eq(int, d.ntunnel, 0), "row %u", i);
        cr_assert(eq(int, d.fam, 4), "row %u", i);
        cr_assert(eq(sz, d.payload.n, f.n - from), "row %u", i);
        cr_assert(eq(sz, d.wire, f.n - from), "row %u", i);
        cr_assert(eq(int, d.port[1] != 0, udp), "row %u", i);
        cr_assert(eq(int, d.mac[0].b[0], 2), "row %u", i);
    }
}

/* The same for those below IP: a frame of that type. */
Test(tunnel, a_wrong_header_is_a_frame_of_its_type)
{
    static const struct {
        void (*build)(void);
        uint8_t at, value;
    } t[] = { { mpls, 8, 0x55 },  { mpls_word, 20, 9 }, { pppoe, 0, 0x21 }, { pppoe, 1, 9 },
              { pppoe, 4, 9 },    { cmd, 0, 2 },        { cmd, 1, 0 },      { cmd, 1, 99 },   { vntag, 2, 0x30 },
              { fabricpath, 14, 9 }, { macsec, 0, 0x2c },    { macsec, 0, 0xa0 } };
    for (unsigned i = 0; i < sizeof t / sizeof t[0]; i++) {
        t[i].build();
        f.b[14 + t[i].at] = t[i].value;
        struct ww_dec d = decode_as(WW_LINK_ETHERNET, 0);
        cr_assert(eq(int, d.outcome, WW_DEC_NOT_IP), "row %u: %s", i, ww_dec_name((enum ww_dec_outcome)d.outcome));
        cr_assert(eq(int, d.ntunnel, 0), "row %u", i);
        cr_assert(eq(sz, d.payload.n, f.n - 14), "row %u", i);
        cr_assert(eq(int, d.ethertype, f.b[12] << 8 | f.b[13]), "row %u", i);
    }
}

Test(tunnel, other_ports_are_not_looked_into)
{
    static const uint16_t ports[] = { 53, 2151, 2153, 2575, 4788, 4791, 6080, 8471, 8473, 65535 };
    for (unsigned i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        in_frame();
        la_bytes(&f, "08000000 00138900");
        la_carry_udp(&f, 4789, ports[i]); /* the destination's number counts */
        struct ww_dec d = decode_as(WW_LINK_ETHERNET, 0);
        cr_assert(eq(int, d.outcome, WW_DEC_OK));
        cr_assert(eq(int, d.ntunnel, 0));
        cr_assert(eq(u16, d.port[1], ports[i]));
    }
}

/* ---- what is in a tunnel, other than a good packet ---------------------------------------------------------- */
Test(tunnel, a_frame_without_ip_has_no_addresses)
{
    f.n = 0;
    la_hex(&f, "060000000002 060000000001 0806 0001");
    la_bytes(&f, "08000000 00138900");
    la_carry_udp(&f, 50000, 4789);
    struct ww_dec d = decode_as(WW_LINK_ETHERNET, 0);
    cr_assert(eq(int, d.outcome, WW_DEC_NOT_IP));
    cr_assert(eq(int, d.ethertype, 0x0806));
    cr_assert(eq(sz, d.ip[0].n + d.ip[1].n, 0));
    cr_assert(eq(int, d.fam, 0));
    cr_assert(eq(int, d.port[1], 0));
    cr_assert(eq(int, d.ttl, 0));
    cr_assert(eq(int, d.mac[0].b[0], 6));
    cr_assert(eq(int, d.ntunnel, 1));
    cr_assert(eq(sz, d.payload.n, 2));
}

Test(tunnel, a_fault_inside_names_the_carrier)
{
    vxlan();
    f.b[14 + 20 + 8 + 8 + 14] = 0x43; /* inner header of 12 bytes */
    struct ww_dec d = decode_as(WW_LINK_ETHERNET, 0);
    cr_assert(eq(int, d.outcome, WW_DEC_IP_HLEN));
    cr_assert(eq(int, d.ntunnel, 1));
    cr_assert(eq(int, ww_slice_at(d.ip[0], 0), 172));
}

Test(tunnel, nesting_has_a_limit)
{
    for (unsigned n = 1; n <= WW_TUNNEL_MAX + 1; n++) {
        in_frame();
        for (unsigned i = 0; i < n; i++) {
            la_bytes(&f, "08000000 00138900");
            la_carry_udp(&f, 50000, 4789);
        }
        struct ww_dec d = decode_as(WW_LINK_ETHERNET, 0);
        if (n <= WW_TUNNEL_MAX) {
            is_inner(&d, "nested");
            cr_assert(eq(int, d.ntunnel, n));
        } else {
            cr_assert(eq(int, d.outcome, WW_DEC_DEPTH));
            cr_assert(eq(int, d.ntunnel, WW_TUNNEL_MAX));
        }
    }
    for (unsigned n = 7; n < 10; n++) { /* labels are one tunnel, and have a limit of their own */
        in4();
        for (unsigned i = 0; i < n; i++)
            la_bytes(&f, i == 0 ? "000c8140" : "00064040");
        la_eth(&f, 0x8847);
        cr_assert(eq(int, decode_as(WW_LINK_ETHERNET, 0).outcome, n <= 8 ? WW_DEC_OK : WW_DEC_DEPTH));
    }
    in4();
    for (unsigned i = 0; i < 40; i++) /* layers that are no tunnel */
        la_bytes(&f, "aaaa03000000 0500");
    la_eth(&f, 0x05dc);
    f.b[12] = 5;
    cr_assert(eq(int, decode_as(WW_LINK_ETHERNET, 0).outcome, WW_DEC_DEPTH));
    in4();
    for (unsigned i = 0; i < 40; i++)
        la_bytes(&f, "3304 0000 00000001 00000001 000000000000000000000000");
    la_carry4(&f, 51);
    cr_assert(eq(int, decode_as(WW_LINK_ETHERNET, 0).outcome, WW_DEC_DEPTH));
    static void (*const push[])(void) = { mpls, mpls_frame, mpls_ip, pppoe, cmd, vntag, pbb, ipip, etherip, gre, nvgre,
                                          pptp, erspan1, erspan2, erspan3, vxlan, geneve, capwap, capwap_air, gtpu };
    for (unsigned i = 0; i < sizeof push / sizeof push[0]; i++) { /* each of them as the one too many */
        push[i]();
        for (unsigned k = 0; k < WW_TUNNEL_MAX; k++) {
            la_bytes(&f, "08000000 00138900");
            la_carry_udp(&f, 50000, 4789);
        }
        cr_assert(eq(int, decode_as(WW_LINK_ETHERNET, 0).outcome, WW_DEC_DEPTH), "row %u", i);
    }
}

Test(tunnel, a_cut_frame_keeps_its_tuple)
{
    for (unsigned i = 0; i < N_VECTORS; i++) {
        VECTORS[i].build();
        if (VECTORS[i].build == pppoe)
            f.n -= 9;
        f.n -= 3;
        struct ww_dec d = decode_as(WW_LINK_ETHERNET, 3);
        cr_assert(eq(int, d.outcome, WW_DEC_OK), "%s: %s", VECTORS[i].name,
                  ww_dec_name((enum ww_dec_outcome)d.outcome));
        cr_assert(eq(u16, d.port[1], 7777), "%s", VECTORS[i].name);
        cr_assert(eq(sz, d.payload.n, 2), "%s", VECTORS[i].name);
        cr_assert(eq(u32, d.wire, 5), "%s", VECTORS[i].name);
    }
}

/* ---- ERSPAN ------------------------------------------------------------------------------------------------------ */
Test(tunnel, what_the_switch_says_is_kept)
{
    erspan1();
    struct ww_dec d = decode_as(WW_LINK_ETHERNET, 0);
    cr_assert(eq(int, d.span.version, 1));
    cr_assert(eq(u32, d.span.vlan, WW_NULL32));
    cr_assert(eq(u32, d.span.seq, WW_NULL32));
    cr_assert(eq(int, d.nvlan, 0));
    erspan2();
    d = decode_as(WW_LINK_ETHERNET, 0);
    cr_assert(eq(int, d.span.version, 2));
    cr_assert(eq(u32, d.span.vlan, 100));
    cr_assert(eq(u32, d.span.port, 0xabcde));
    cr_assert(eq(u32, d.span.seq, 9));
    cr_assert(eq(int, d.span.dir, WW_MIRROR_UNKNOWN));
    cr_assert(eq(u64, d.span.timestamp, WW_NULL64));
    cr_assert(d.span.truncated);
    cr_assert(d.cut); /* 0c21: the T bit */
    cr_assert(eq(int, d.nvlan, 1)); /* the tag that the switch took away */
    cr_assert(eq(int, d.vlan[0], 100));
    erspan3();
    d = decode_as(WW_LINK_ETHERNET, 0);
    cr_assert(eq(int, d.span.version, 3));
    cr_assert(eq(int, d.span.dir, WW_MIRROR_EGRESS));
    cr_assert(eq(u64, d.span.timestamp, 0x01020304));
    cr_assert(eq(u32, d.span.unit_ns, 100));
    cr_assert(eq(u32, d.span.sgt, 3000));
    cr_assert(eq(u32, d.span.port, WW_NULL32));
    cr_assert(not(d.cut));
    erspan3_more();
    d = decode_as(WW_LINK_ETHERNET, 0);
    cr_assert(eq(u32, d.span.switch_id, 0x3c8));
    cr_assert(eq(u32, d.span.port, 0x123));
    cr_assert(eq(u64, d.span.timestamp, 0x65000000ull * 1000000000u + 0x01020304));
    cr_assert(eq(u32, d.span.unit_ns, 1));
    triple();
    d = decode_as(WW_LINK_ETHERNET, 0);
    cr_assert(eq(int, d.span.at, 1));
}

Test(tunnel, erspan_platforms)
{
    static const struct {
        const char *sub;
        uint32_t port, switch_id;
        uint64_t timestamp;
    } t[] = { { "07000123 00000042", 0x42, WW_NULL32, 0x01020304 },
              { "0c001abc 00000005", 0x1abc, WW_NULL32, 0x501020304 },
              { "1a340007 00000005", 7, 0x234, 5000000000u + 0x01020304 },
              { "1c0fedcb 00000005", 0xfedcb, WW_NULL32, 0x501020304 },
              { "10000123 00000042", WW_NULL32, WW_NULL32, 0x01020304 } };
    for (unsigned i = 0; i < sizeof t / sizeof t[0]; i++) {
        in_frame();
        la_bytes(&f, t[i].sub);
        la_bytes(&f, "1000 22eb 00000009 2000 0021 01020304 0bb8 0005");
        la_carry4(&f, 47);
        struct ww_dec d = decode_as(WW_LINK_ETHERNET, 0);
        is_inner(&d, t[i].sub);
        cr_assert(eq(u32, d.span.port, t[i].port), "%s", t[i].sub);
        cr_assert(eq(u32, d.span.switch_id, t[i].switch_id), "%s", t[i].sub);
        cr_assert(eq(u64, d.span.timestamp, t[i].timestamp), "%s", t[i].sub);
        cr_assert(eq(int, d.span.dir, WW_MIRROR_INGRESS));
    }
    in_frame(); /* a clock whose unit is not known gives no time; a marker is no frame */
    la_bytes(&f, "1000 22eb 00000009 2000 0021 01020304 0bb8 0007 1a340007 00000005");
    la_carry4(&f, 47);
    struct ww_dec d = decode_as(WW_LINK_ETHERNET, 0);
    cr_assert(eq(u32, d.span.unit_ns, WW_NULL32));
    cr_assert(eq(u64, d.span.timestamp, 0x01020304));
    erspan3();
    f.b[14 + 20 + 8 + 10] = 0x1c; /* frame type 7 */
    d = decode_as(WW_LINK_ETHERNET, 0);
    cr_assert(eq(int, d.outcome, WW_DEC_NOT_IP));
    cr_assert(eq(int, d.span.version, 3));
}

Test(tunnel, a_tag_in_the_mirrored_frame_is_not_told_twice)
{
    la_inner4(&f);
    la_vlan(&f, 100, 0x0800);
    la_bytes(&f, "060000000002 060000000001 8100");
    la_bytes(&f, "1000 88be 00000009 1064 1821 00000000");
    la_carry4(&f, 47);
    struct ww_dec d = decode_as(WW_LINK_ETHERNET, 0);
    is_inner(&d, "tagged");
    cr_assert(eq(int, d.nvlan, 1));
    cr_assert(eq(int, d.vlan[0], 100));
}

/* ---- fragments ------------------------------------------------------------------------------------------------- */
Test(tunnel, fragments_of_the_carrier_end_the_way_inwards)
{
    vxlan();
    f.b[14 + 6] = 0x20; /* more fragments */
    struct ww_dec d = decode_as(WW_LINK_ETHERNET, 0);
    cr_assert(eq(int, d.outcome, WW_DEC_OK));
    cr_assert(d.frag);
    cr_assert(eq(int, d.ntunnel, 0));
    cr_assert(eq(int, d.proto, 17));
    cr_assert(eq(int, ww_slice_at(d.ip[0], 0), 172));
    struct ww_slice whole = t_guard(d.payload.p, d.payload.n);
    cr_assert(eq(int, ww_decode_transport(&d, whole), WW_DEC_OK));
    is_inner(&d, "put together");
    cr_assert(not(d.frag));
    cr_assert(eq(int, d.ntunnel, 1));
    cr_assert(eq(sz, d.carrier[0].n, 8));
    t_unguard(whole);
}

Test(tunnel, fragments_inside_are_those_of_the_inner_datagram)
{
    for (unsigned i = 0; i < N_VECTORS; i++) {
        if (VECTORS[i].fam != 4)
            continue;
        VECTORS[i].build();
        uint8_t *ip = f.b + f.n - 33 - (VECTORS[i].build == pppoe ? 9 : 0);
        ip[6] = 0x20;
        struct ww_dec d = decode_as(WW_LINK_ETHERNET, 0);
        cr_assert(eq(int, d.outcome, WW_DEC_OK), "%s", VECTORS[i].name);
        cr_assert(d.frag && d.more_frags, "%s", VECTORS[i].name);
        cr_assert(eq(int, ww_slice_at(d.ip[0], 0), 10), "%s", VECTORS[i].name);
        cr_assert(eq(sz, d.payload.n, 13), "%s", VECTORS[i].name);
        cr_assert(eq(int, d.port[1], 0), "%s", VECTORS[i].name);
    }
}

Test(tunnel, names_are_distinct)
{
    for (unsigned i = 0; i < WW_TUN_N; i++)
        for (unsigned k = 0; k < i; k++)
            cr_assert(ne(str, (char *)ww_tunnel_name((uint8_t)i), (char *)ww_tunnel_name((uint8_t)k)));
    cr_assert(eq(str, (char *)ww_tunnel_name(WW_TUN_N), "?"));
}
