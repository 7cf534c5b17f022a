/* Which worker takes a packet: the short way and the decoder agree on every frame, both directions and all
 * fragments of a pair meet, tunnels or not. */
#include "sensor/dispatch.h"
#include "tests/frames.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

static const struct ww_key key = { { 1, 2 } };
enum { WORKERS = 7, DATAGRAMS = 16 };

static struct ww_dispatch *dispatch(unsigned workers)
{
    struct ww_dispatch *t = aligned_alloc(64, (sizeof *t + 63) / 64 * 64);
    if (t == NULL || ww_dispatch_init(t, workers, DATAGRAMS, key) != WW_OK)
        t_die("no memory");
    return t;
}

static void drop(struct ww_dispatch *t)
{
    ww_dispatch_free(t);
    free(t);
}

static unsigned to(struct ww_dispatch *t, const struct ww_pkt *p)
{
    struct ww_pkt q = *p;
    struct ww_slice whole;
    unsigned w = ww_dispatch_to(t, &q, &whole);
    cr_assert(lt(u32, w, t->workers));
    cr_assert(eq(sz, whole.n, 0));
    return w;
}

/* The worker of what the decoder found, by a packet that says nothing else. */
static unsigned by_decoder(struct ww_dispatch *t, const struct ww_dec *d)
{
    static struct fr f;
    f.n = 0;
    if (d->fam == 4) {
        struct ww_rd a = ww_rd(d->ip[0]), b = ww_rd(d->ip[1]);
        fr_ip4(&f, ww_rd_be32(&a), ww_rd_be32(&b), 253, 0, 0, 0); /* RFC 3692: for experiments */
    } else if (d->fam == 6) {
        fr_be(&f, 0x60000000, 4);
        fr_be(&f, 0, 2);
        fr_be(&f, 253, 1);
        fr_be(&f, 64, 1);
        fr_put(&f, d->ip[0].p, 16);
        fr_put(&f, d->ip[1].p, 16);
    } else {
        fr_put(&f, d->mac[1].b, 6);
        fr_put(&f, d->mac[0].b, 6);
        fr_be(&f, 0x88b5, 2); /* IEEE 802: for experiments */
    }
    struct ww_pkt p = fr_pkt(&f, 0, 1);
    p.link = d->fam == 0 ? WW_LINK_ETHERNET : WW_LINK_RAW;
    return to(t, &p);
}

struct walk {
    struct ww_dispatch *t;
    uint64_t n, tcp, udp;
};

static void agree(struct walk *w, const struct ww_pkt *p)
{
    struct ww_dec d;
    (void)ww_decode(p, &d);
    if (d.outcome == WW_DEC_OK && d.frag)
        return;
    unsigned a = to(w->t, p);
    unsigned b = by_decoder(w->t, &d);
    if (a != b)
        t_die("frame %llu: worker %u, the decoder says %u", (unsigned long long)w->n, a, b);
    w->n++;
    w->tcp += d.proto == WW_IPPROTO_TCP;
    w->udp += d.proto == WW_IPPROTO_UDP && d.ntunnel == 0;
}

/* A frame as it is, cut at places, and with each of its first bytes changed. */
static void frame(void *to_walk, const struct t_packet *x)
{
    static const uint8_t values[] = { 0x00, 0x01, 0x04, 0x06, 0x11, 0x29, 0x2f, 0x45, 0x46, 0x60, 0x81, 0xff };
    struct walk *w = to_walk;
    static struct fr f;
    enum { HEADERS = 64 };
    if (x->frame.n > FR_MAX)
        return;
    f.n = 0;
    fr_put(&f, x->frame.p, x->frame.n);
    struct ww_pkt p = fr_pkt(&f, 0, 1);
    agree(w, &p);
    for (size_t n = 0; n < f.n && n < 2 * HEADERS; n += 3) {
        p.caplen = (uint32_t)n;
        agree(w, &p);
        p.len = (uint32_t)n;
        agree(w, &p);
        p.len = (uint32_t)f.n;
    }
    p.caplen = (uint32_t)f.n;
    for (size_t i = 12; i < f.n && i < HEADERS; i++) {
        uint8_t was = f.b[i];
        for (size_t k = 0; k < sizeof values; k++) {
            f.b[i] = values[k];
            agree(w, &p);
        }
        f.b[i] = was;
    }
}

Test(dispatch, agrees_with_the_decoder, .timeout = 300)
{
    static const char *const captures[] = { "ward-morning/ward-morning.pcap", "link/vlan.pcap",
                                            "link/qinq.pcap", "link/ipv6-extension-headers.pcap",
                                            "link/icmp.pcap", "dicom/ipv6.pcap", "dns/tcp.pcap",
                                            "dns/lookups.pcap", "encap/tunnels.pcap", "encap/tunnels-ipv6.pcap" };
    struct walk w = { .t = dispatch(WORKERS) };
    for (size_t i = 0; i < sizeof captures / sizeof captures[0]; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/pcaps/%s", WW_SOURCE_DIR, captures[i]);
        if (t_pcap(path, frame, &w) <= 0)
            t_die("%s: no frames", path);
    }
    cr_assert(gt(u64, w.tcp, 100000));
    cr_assert(gt(u64, w.udp, 10000));
    drop(w.t);
}

static struct ww_pkt packet(struct fr *f, bool v6, uint32_t a, uint32_t b, bool turned)
{
    f->n = 0;
    fr_eth(f, v6 ? 0x86dd : 0x0800);
    if (v6)
        fr_ip6(f, (uint16_t)(turned ? b : a), (uint16_t)(turned ? a : b), WW_IPPROTO_TCP, FR_TCP);
    else
        fr_ip4(f, turned ? b : a, turned ? a : b, WW_IPPROTO_TCP, 0, 0, FR_TCP);
    fr_tcp(f, (uint16_t)(turned ? 80 : a), (uint16_t)(turned ? a : 80), 1, 1, WW_TCP_ACK);
    return fr_pkt(f, 0, 1);
}

Test(dispatch, both_directions_and_an_even_spread)
{
    static struct fr f;
    struct ww_dispatch *t = dispatch(4);
    for (unsigned v6 = 0; v6 < 2; v6++) {
        unsigned n[4] = { 0 };
        for (uint32_t i = 0; i < 8000; i++) { /* a hospital's addresses: neighbours of one server */
            struct ww_pkt p = packet(&f, v6, 0x0a000000 + i, 0x0a010001, false);
            unsigned w = to(t, &p);
            n[w]++;
            p = packet(&f, v6, 0x0a000000 + i, 0x0a010001, true);
            cr_assert(eq(u32, to(t, &p), w));
        }
        for (unsigned i = 0; i < 4; i++)
            cr_assert(n[i] > 1700 && n[i] < 2300, "worker %u has %u of 8000", i, n[i]);
    }
    drop(t);
    t = dispatch(1);
    struct ww_pkt p = packet(&f, false, 1, 2, false);
    cr_assert(eq(u32, to(t, &p), 0));
    drop(t);
}

static struct ww_pkt datagram(struct fr *f, bool v6, uint32_t a, uint16_t from, uint16_t port, bool turned)
{
    enum { BODY = 32 };
    uint32_t b = 0x0a010001;
    f->n = 0;
    fr_eth(f, v6 ? 0x86dd : 0x0800);
    if (v6)
        fr_ip6(f, (uint16_t)(turned ? b : a), (uint16_t)(turned ? a : b), WW_IPPROTO_UDP, FR_UDP + BODY);
    else
        fr_ip4(f, turned ? b : a, turned ? a : b, WW_IPPROTO_UDP, 0, 0, FR_UDP + BODY);
    fr_udp(f, turned ? port : from, turned ? from : port, BODY);
    for (unsigned i = 0; i < BODY; i++)
        fr_be(f, 0, 1);
    return fr_pkt(f, 0, 1);
}

/* A pair has one worker, whether its packets are recognised at once (TCP; UDP between ordinary ports) or
 * asked for by the decoder, because a port could be a tunnel's. */
Test(dispatch, packets_of_a_pair_meet_whatever_they_carry)
{
    static const uint16_t ports[] = { 53, 123, 514, 2151, 2152, 3544, 4789, 6081, 8472, 8473, 40000, 65535 };
    static struct fr f;
    struct ww_dispatch *t = dispatch(WORKERS);
    for (unsigned v6 = 0; v6 < 2; v6++)
        for (uint32_t i = 0; i < 500; i++) {
            struct ww_pkt p = packet(&f, v6, 0x0a000000 + i, 0x0a010001, false);
            unsigned home = to(t, &p);
            for (size_t k = 0; k < sizeof ports / sizeof ports[0]; k++)
                for (unsigned turned = 0; turned < 2; turned++) {
                    p = datagram(&f, v6, 0x0a000000 + i, 50000, ports[k], turned);
                    cr_assert(eq(u32, to(t, &p), home), "pair %u, port %u", i, ports[k]);
                    p = datagram(&f, v6, 0x0a000000 + i, 5000, ports[k], turned);
                    cr_assert(eq(u32, to(t, &p), home), "pair %u, ports 5000 and %u", i, ports[k]);
                }
        }
    drop(t);
}

/* Fragment k of n of a datagram with identification id, 800 bytes each. */
static struct ww_pkt piece(struct fr *f, uint32_t src, uint16_t id, unsigned k, unsigned n, uint64_t ts)
{
    enum { BODY = 800 };
    f->n = 0;
    fr_eth(f, 0x0800);
    fr_ip4(f, src, 0x0a000001, WW_IPPROTO_UDP, id, (uint16_t)((k + 1 < n ? 0x2000 : 0) | k * BODY / 8), BODY);
    size_t body = f->n;
    if (k == 0)
        fr_udp(f, 5000, 5001, n * BODY - FR_UDP);
    while (f->n < body + BODY)
        fr_be(f, k + id, 1);
    return fr_pkt(f, ts, id * 10u + k);
}

Test(dispatch, fragments_are_put_together)
{
    static struct fr f;
    struct ww_slice whole;
    struct ww_dispatch *t = dispatch(WORKERS);
    struct ww_pkt plain = packet(&f, false, 0x0a000005, 0x0a000001, false);
    unsigned home = to(t, &plain);
    for (unsigned turn = 0; turn < 50; turn++) {
        uint64_t ts = 1000000000u * (uint64_t)turn;
        for (unsigned k = 0; k < 3; k++) {
            struct ww_pkt p = piece(&f, 0x0a000005, (uint16_t)turn, (k + 1) % 3, 3, ts);
            cr_assert(eq(u32, ww_dispatch_to(t, &p, &whole), home));
            cr_assert(eq(sz, whole.n, k == 2 ? 2400 : 0));
            cr_assert(eq(int, p.fate, k == 2 ? WW_FATE_WHOLE : WW_FATE_PIECE));
            if (k == 2)
                break;
            p = piece(&f, 0x0a000005, (uint16_t)turn, (k + 1) % 3, 3, ts + 1000);
            f.b[0] ^= 2; /* from another mirror port */
            cr_assert(eq(u32, ww_dispatch_to(t, &p, &whole), home));
            cr_assert(eq(int, p.fate, WW_FATE_COPY));
            cr_assert(eq(sz, whole.n, 0));
        }
    }
    cr_assert(eq(u64, t->evicted, 0));
    for (uint32_t i = 0; i < 1000; i++) { /* beginnings only: a flood */
        struct ww_pkt p = piece(&f, 0x0b000000 + i, 7, 0, 3, 60000000000u);
        (void)ww_dispatch_to(t, &p, &whole);
        cr_assert(eq(sz, whole.n, 0));
    }
    cr_assert(ge(u64, t->evicted, 1000 - DATAGRAMS));
    drop(t);
}

/* The same inner packet, IP in IP, whole and in three fragments, from many carriers: all in one worker. */
Test(dispatch, tunnels_whole_and_in_fragments_meet)
{
    enum { INNER = FR_IP4 + FR_TCP + 2400, PIECE = 816 };
    static struct fr in, f;
    struct ww_slice whole;
    struct ww_dispatch *t = dispatch(WORKERS);
    for (uint32_t i = 0; i < 300; i++) {
        struct ww_pkt p = packet(&f, false, 0x0a000000 + i % 10, 0x0a640001, i & 1);
        unsigned home = to(t, &p);
        in.n = 0;
        fr_ip4(&in, i & 1 ? 0x0a640001 : 0x0a000000 + i % 10, i & 1 ? 0x0a000000 + i % 10 : 0x0a640001,
               WW_IPPROTO_TCP, 9, 0, INNER - FR_IP4);
        fr_tcp(&in, 1000, 80, 1, 1, WW_TCP_ACK);
        while (in.n < INNER)
            fr_be(&in, i, 1);
        f.n = 0;
        fr_eth(&f, 0x0800);
        fr_ip4(&f, 0x0c000000 + i, 0x0c010001, 4, (uint16_t)i, 0, INNER);
        fr_put(&f, in.b, INNER);
        p = fr_pkt(&f, 0, 1);
        cr_assert(eq(u32, to(t, &p), home), "carrier %u, whole", i);
        for (unsigned at = 0; at < INNER; at += PIECE) {
            unsigned n = INNER - at < PIECE ? INNER - at : PIECE;
            bool last = at + n == INNER;
            f.n = 0;
            fr_eth(&f, 0x0800);
            fr_ip4(&f, 0x0c000000 + i, 0x0c010001, 4, (uint16_t)(i + 1000), (uint16_t)((last ? 0 : 0x2000) | at / 8), n);
            fr_put(&f, in.b + at, n);
            p = fr_pkt(&f, 1000 * i, at);
            unsigned w = ww_dispatch_to(t, &p, &whole);
            cr_assert(eq(sz, whole.n, last ? INNER : 0));
            if (last)
                cr_assert(eq(u32, w, home), "carrier %u, in fragments", i);
        }
    }
    drop(t);
}
