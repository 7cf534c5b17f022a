/* The worker and tunnels: what is told about them, fragments around and inside of them. */
#include "tests/layers.h"
#include "tests/net.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct fr f;

/* Events with their header, for what net.h does not keep. */
static struct ww_event head[64];
static struct ww_flow_tunnel tunnel[64];
static unsigned heads, tunnels;
static void keep(void *to, const struct ww_event *e)
{
    (void)to;
    if (heads == 64)
        t_die("too many events");
    memcpy(&head[heads++], e, sizeof *e);
    if (e->type == &ww_flow_tunnel_type)
        memcpy(&tunnel[tunnels++], e->body, sizeof tunnel[0]);
}

static struct ww_worker *worker(void)
{
    struct ww_worker *w;
    struct ww_err e;
    struct ww_worker_cfg c = small();
    c.dissectors = both;
    c.emit = keep;
    c.key = (struct ww_key){ { 11, 22 } };
    if (ww_worker_new(&w, &c, &e) != WW_OK)
        t_die("%s", e.text);
    return w;
}

static void give(struct ww_worker *w, uint64_t frame)
{
    struct ww_pkt p = fr_pkt(&f, 1000 * NS + frame, frame);
    struct ww_slice s = t_guard(f.b, f.n);
    p.p = s.p;
    ww_worker_packets(w, &p, 1);
    t_unguard(s);
}

Test(tunnels, each_is_told_with_its_carrier_and_stays_with_the_flow)
{
    struct ww_worker *w = worker();
    la_inner_frame(&f);
    la_bytes(&f, "08000000 00138900"); /* VXLAN in ERSPAN III in a tag */
    la_carry_udp(&f, 50000, 4789);
    la_bytes(&f, "1000 22eb 00000009 2064 0421 01020304 0bb8 000a");
    la_ip4(&f, 0xc0a80001, 0xc0a80002, 47);
    la_vlan(&f, 900, 0x0800);
    la_eth(&f, 0x8100);
    give(w, 1);
    cr_assert(eq(int, heads, 3));
    cr_assert(eq(int, tunnels, 2));
    cr_assert(head[0].type == &ww_flow_start_type);
    for (unsigned i = 0; i < heads; i++) {
        cr_assert(eq(int, head[i].ntunnel, 2));
        cr_assert(eq(int, head[i].tunnel[0].kind, WW_TUN_ERSPAN3));
        cr_assert(eq(int, head[i].tunnel[0].vlan, 900));
        cr_assert(eq(int, head[i].tunnel[1].kind, WW_TUN_VXLAN));
        cr_assert(eq(int, head[i].nvlan, 0));
        cr_assert(eq(int, head[i].end[0].ip.b[0], 10));
        cr_assert(eq(int, head[i].end[0].mac.b[0], 6));
    }
    const struct ww_flow_tunnel *a = &tunnel[0], *b = &tunnel[1];
    cr_assert(eq(int, a->depth, 1));
    cr_assert(ww_slice_eqs(WW_STR(a->kind), "erspan3"));
    cr_assert(eq(u32, a->id, 33));
    cr_assert(eq(int, a->src.b[0], 192));
    cr_assert(eq(int, a->dst.b[3], 2));
    cr_assert(eq(int, a->vlan, 900));
    cr_assert(ww_slice_eqs(WW_STR(a->direction), "egress"));
    cr_assert(eq(u32, a->original_vlan, 100));
    cr_assert(eq(u32, a->sgt, 3000));
    cr_assert(eq(u64, a->timestamp, 0x01020304));
    cr_assert(eq(u32, a->timestamp_unit, 100));
    cr_assert(a->truncated);
    cr_assert(eq(int, b->depth, 2));
    cr_assert(ww_slice_eqs(WW_STR(b->kind), "vxlan"));
    cr_assert(eq(int, b->src.b[0], 172));
    cr_assert(eq(int, b->vlan, 100)); /* that of the mirrored frame */
    cr_assert(eq(u32, b->original_vlan, WW_NULL32));
    cr_assert(eq(sz, b->direction.len, 0));
    cr_assert(eq(u64, w->stats.tunnelled, 1));
    heads = 0;
    ww_worker_end(w);
    cr_assert(head[0].type == &ww_flow_end_type);
    cr_assert(eq(int, head[0].ntunnel, 2)); /* long after the packet */
    cr_assert(eq(u32, w->flows.chains.slab.used, 0));
    ww_worker_free(w);
}

Test(tunnels, frames_without_ip_and_faults_are_told_with_the_chain)
{
    struct ww_worker *w = worker();
    f.n = 0;
    la_hex(&f, "060000000002 060000000001 88b5 4f61");
    la_bytes(&f, "08000000 00138900");
    la_carry_udp(&f, 50000, 4789);
    give(w, 1);
    cr_assert(eq(int, heads, 1)); /* the test's protocol of that type */
    cr_assert(eq(int, head[0].ntunnel, 1));
    cr_assert(eq(int, head[0].end[0].ip.fam, 0));
    cr_assert(eq(int, head[0].end[0].mac.b[0], 6));
    la_inner_frame(&f);
    f.b[14] = 0x43;
    la_bytes(&f, "08000000 00138900");
    la_carry_udp(&f, 50000, 4789);
    give(w, 2);
    cr_assert(eq(int, heads, 2));
    cr_assert(head[1].type == &ww_anomaly_ev_type);
    cr_assert(eq(int, head[1].ntunnel, 1));
    cr_assert(eq(int, head[1].end[0].ip.b[0], 172));
    ww_worker_free(w);
}

/* ---- fragments ---------------------------------------------------------------------------------------------------- */
/* Cuts the IPv4 packet in f into fragments with bodies of at most size bytes. */
static unsigned cut(struct fr *parts, unsigned max, size_t size, uint16_t id)
{
    static struct fr whole;
    memcpy(&whole, &f, sizeof whole);
    unsigned n = 0;
    for (size_t from = 20; from < whole.n; from += size, n++) {
        size_t len = whole.n - from < size ? whole.n - from : size;
        uint16_t off = (uint16_t)((from - 20) / 8 | (from + len < whole.n ? 0x2000 : 0));
        if (n == max)
            t_die("too many fragments");
        parts[n].n = 0;
        fr_put(&parts[n], whole.b, 20);
        parts[n].b[2] = (uint8_t)((20 + len) >> 8);
        parts[n].b[3] = (uint8_t)(20 + len);
        parts[n].b[4] = (uint8_t)(id >> 8);
        parts[n].b[5] = (uint8_t)id;
        parts[n].b[6] = (uint8_t)(off >> 8);
        parts[n].b[7] = (uint8_t)off;
        fr_put(&parts[n], whole.b + from, len);
    }
    return n;
}

static void message(void) /* for the protocol of net.h, in UDP */
{
    f.n = 0;
    fr_be(&f, K_TEXT, 1);
    fr_be(&f, 40, 2);
    fr_put(&f, "0123456789012345678901234567890123456789", 40);
    la_udp(&f, 1111, PORT);
    la_ip4(&f, 0x0a000001, 0x0a000002, 17);
}

static void vxlan_ip(void)
{
    la_bytes(&f, "060000000002 060000000001 0800");
    la_bytes(&f, "08000000 00138900");
    la_udp(&f, 50000, 4789);
    la_ip4(&f, 0xac100001, 0xac100002, 17);
}

static unsigned count_messages(void)
{
    unsigned n = 0;
    for (unsigned i = 0; i < heads; i++)
        n += head[i].type == &t_msg_type;
    return n;
}

Test(tunnels, a_carrier_in_fragments)
{
    static struct fr part[16];
    struct ww_worker *w = worker();
    message();
    vxlan_ip();
    unsigned n = cut(part, 16, 24, 77);
    cr_assert(gt(int, n, 3));
    for (unsigned i = 0; i < n; i++) {
        memcpy(&f, &part[(i + 2) % n], sizeof f); /* in any order */
        la_eth(&f, 0x0800);
        give(w, i + 1);
    }
    cr_assert(eq(int, count_messages(), 1));
    cr_assert(eq(int, head[0].ntunnel, 1));
    cr_assert(eq(int, tunnels, 1));
    cr_assert(eq(int, tunnel[0].src.b[0], 172));
    cr_assert(eq(u64, w->stats.fragments, n));
    cr_assert(eq(u64, w->stats.tunnelled, 1));
    ww_worker_free(w);
}

Test(tunnels, fragments_in_a_tunnel)
{
    static struct fr part[16];
    struct ww_worker *w = worker();
    message();
    unsigned n = cut(part, 16, 16, 78);
    for (unsigned i = 0; i < n; i++) {
        memcpy(&f, &part[i], sizeof f);
        vxlan_ip();
        la_eth(&f, 0x0800);
        give(w, i + 1);
    }
    cr_assert(eq(int, count_messages(), 1));
    cr_assert(eq(int, head[0].ntunnel, 1));
    cr_assert(eq(int, tunnel[0].src.b[0], 172));
    ww_worker_free(w);
}

/* Fragments of a datagram, each in a carrier that is itself in fragments; the table is small, so that both often
 * want the same place. */
Test(tunnels, fragments_in_carriers_in_fragments)
{
    static struct fr inner[16], outer[16];
    struct ww_worker *w = worker();
    uint64_t frame = 0;
    for (unsigned turn = 0; turn < 40; turn++) {
        heads = tunnels = 0;
        message();
        unsigned n = cut(inner, 16, 16, (uint16_t)(1000 + turn));
        for (unsigned i = 0; i < n; i++) {
            memcpy(&f, &inner[i], sizeof f);
            vxlan_ip();
            unsigned m = cut(outer, 16, 24, (uint16_t)(turn * 16 + i));
            for (unsigned k = 0; k < m; k++) {
                memcpy(&f, &outer[k], sizeof f);
                la_eth(&f, 0x0800);
                give(w, ++frame);
            }
        }
        cr_assert(eq(int, count_messages(), 1), "turn %u", turn);
        for (unsigned i = 0; i < heads; i++) {
            cr_assert(eq(int, head[i].end[0].ip.b[0], 10), "turn %u", turn);
            cr_assert(eq(int, head[i].tunnel[0].id, 5001), "turn %u", turn);
        }
        for (unsigned i = 0; i < tunnels; i++)
            cr_assert(eq(int, tunnel[i].src.b[0], 172), "turn %u", turn);
    }
    ww_worker_free(w);
}

Test(tunnels, fragments_within_fragments_have_a_limit)
{
    struct ww_worker *w = worker();
    static struct fr outer[16], middle[16];
    message();
    f.b[6] = 0x20; /* inside of WW_FRAG_NESTED datagrams, a further fragment */
    vxlan_ip();
    unsigned m = cut(middle, 16, 48, 91);
    cr_assert(gt(int, m, 1));
    uint64_t frame = 0;
    for (unsigned i = 0; i < m; i++) {
        memcpy(&f, &middle[i], sizeof f);
        vxlan_ip();
        unsigned k = cut(outer, 16, 48, (uint16_t)(200 + i));
        for (unsigned j = 0; j < k; j++) {
            memcpy(&f, &outer[j], sizeof f);
            la_eth(&f, 0x0800);
            give(w, ++frame);
        }
    }
    cr_assert(eq(u64, w->stats.dec[WW_DEC_DEPTH], 1));
    cr_assert(eq(int, count_messages(), 0));
    cr_assert(head[heads - 1].type == &ww_anomaly_ev_type);
    ww_worker_free(w);
}
