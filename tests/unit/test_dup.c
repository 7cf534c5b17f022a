/* Copies of a packet: recognised by what stays the same on another way, and told from repetitions. */
#include "sensor/dup.h"
#include "tests/net.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const uint64_t MS = 1000000u;

/* What the tests change about a packet. */
struct what {
    uint16_t id, vlan;
    uint8_t ttl, mac;
    bool v6;
    uint32_t seq;
    const char *text;
};

static struct ww_dups table(uint32_t packets)
{
    struct ww_dups t;
    if (ww_dups_init(&t, packets, (struct ww_key){ { 3, 4 } }) != WW_OK)
        t_die("no memory");
    return t;
}

/* One TCP segment as a frame, decoded; whether it is taken for a copy. */
static bool copy(struct ww_dups *t, struct what x, uint64_t ts)
{
    static struct fr f;
    struct ww_dec d;
    size_t n = strlen(x.text);
    f.n = 0;
    fr_be(&f, 0x020000000002, 6);
    fr_be(&f, 0x020000000100u + x.mac, 6);
    if (x.vlan != 0) {
        fr_be(&f, 0x8100, 2);
        fr_be(&f, x.vlan, 2);
    }
    fr_be(&f, x.v6 ? 0x86dd : 0x0800, 2);
    size_t ip = f.n;
    if (x.v6)
        fr_ip6(&f, 1, 2, 6, FR_TCP + n);
    else
        fr_ip4(&f, 1, 2, 6, x.id, 0, FR_TCP + n);
    f.b[ip + (x.v6 ? 7 : 8)] = x.ttl;
    fr_tcp(&f, 1000, 2000, x.seq, 5, WW_TCP_ACK);
    fr_put(&f, x.text, n);
    struct ww_pkt p = fr_pkt(&f, ts, 1);
    cr_assert(eq(int, ww_decode(&p, &d), WW_DEC_OK));
    uint64_t h = ww_dup_hash(t, &d);
    cr_assert(ne(u64, h, 0));
    ww_dup_prefetch(t, h);
    return ww_dup_is_copy(t, &d, h, ts);
}

static const struct what V4 = { .id = 7, .ttl = 64, .text = "abc" };
static const struct what V6 = { .v6 = true, .ttl = 64, .text = "abc" };

Test(dup, a_numbered_packet_comes_again)
{
    struct ww_dups t = table(64);
    cr_assert(not(copy(&t, V4, NS)));
    cr_assert(copy(&t, V4, NS));
    cr_assert(copy(&t, V4, NS + 99 * MS));
    cr_assert(not(copy(&t, V4, NS + 120 * MS))); /* as late as a retransmission */
    cr_assert(copy(&t, V4, NS + 121 * MS));      /* of which there may be copies too */
    cr_assert(copy(&t, V4, NS + 60 * MS));       /* the other port's clock is behind */
    ww_dups_free(&t);
}

Test(dup, other_ways_show_the_same_packet)
{
    struct what routed = V6, tagged = V6, both_ends = V6;
    routed.ttl = 63;
    routed.mac = 9;
    tagged.vlan = 30;
    both_ends.mac = 1;
    const struct what ways[] = { routed, tagged, both_ends };
    for (size_t i = 0; i < 3; i++) {
        struct ww_dups t = table(64);
        cr_assert(not(copy(&t, V6, NS)));
        cr_assert(copy(&t, ways[i], NS + 90 * MS), "way %zu", i);
        cr_assert(not(copy(&t, ways[i], NS + 200 * MS)), "way %zu", i);
        ww_dups_free(&t);
    }
}

Test(dup, without_a_number_only_time_tells)
{
    struct what zero = V4;
    zero.id = 0;
    const struct what x[] = { V6, zero };
    for (size_t i = 0; i < 2; i++) {
        struct ww_dups t = table(64);
        cr_assert(not(copy(&t, x[i], NS)));
        cr_assert(copy(&t, x[i], NS + 4 * MS));
        cr_assert(not(copy(&t, x[i], NS + 30 * MS))); /* sent again */
        ww_dups_free(&t);
    }
}

Test(dup, what_differs_is_another_packet)
{
    struct ww_dups t = table(64);
    struct what x = V4;
    cr_assert(not(copy(&t, x, NS)));
    x.id = 8;
    cr_assert(not(copy(&t, x, NS)));
    x = V4;
    x.seq = 1;
    cr_assert(not(copy(&t, x, NS)));
    x = V4;
    x.text = "abd"; /* the checksum is not even looked at: it is 0 here */
    cr_assert(not(copy(&t, x, NS)));
    x.text = "abcd";
    cr_assert(not(copy(&t, x, NS)));
    cr_assert(copy(&t, V4, NS)); /* still known */
    ww_dups_free(&t);
}

/* Mirrors copy a packet some times; the same packet over and over is an attack, and must not hide. */
Test(dup, a_flood_of_one_packet_counts)
{
    struct ww_dups t = table(64);
    unsigned counted = 0;
    for (unsigned i = 0; i < 4000; i++)
        counted += !copy(&t, V4, NS + i * 1000);
    cr_assert(eq(uint, counted, 4000 / (1 + WW_DUP_COPIES)));
    ww_dups_free(&t);
}

/* In a full set the oldest gives way, so a copy is known for as long as there is room. */
Test(dup, the_oldest_is_forgotten)
{
    struct ww_dups t = table(WW_DUP_WAYS); /* one set */
    struct what x = V4;
    for (uint16_t i = 1; i <= WW_DUP_WAYS + 1; i++) {
        x.id = i;
        cr_assert(not(copy(&t, x, NS + i * MS)));
    }
    for (uint16_t i = 2; i <= WW_DUP_WAYS + 1; i++) {
        x.id = i;
        cr_assert(copy(&t, x, NS + i * MS), "number %u", i);
    }
    x.id = 1;
    cr_assert(not(copy(&t, x, NS + MS)));
    cr_assert(eq(u64, t.evicted, 1));
    x.id = 100;
    cr_assert(not(copy(&t, x, 3 * NS))); /* nobody waits for copies of the others any more */
    cr_assert(eq(u64, t.evicted, 1));
    ww_dups_free(&t);
}

/* ---- in the worker ------------------------------------------------------------------------------------------ */

/* A message and its answer, each packet `times` times in another VLAN and 1 ms apart. */
static void talk(struct net *n, unsigned times)
{
    static struct fr f;
    uint8_t b[64];
    for (unsigned i = 0; i < 20; i++) {
        enum ww_dir dir = i & 1 ? WW_B : WW_A;
        size_t len = msg_put(b, K_TEXT, "hello", 5);
        for (unsigned k = 0; k < times; k++) {
            f.n = 0;
            fr_be(&f, 0x020000000002, 6);
            fr_be(&f, 0x020000000001, 6);
            fr_be(&f, 0x81000000u | (k + 10), 4);
            fr_be(&f, 0x0800, 2);
            fr_ip4(&f, 1u + dir, 2u - dir, 6, 0, 0, FR_TCP + len);
            f.b[18 + 8] -= (uint8_t)k; /* TTL */
            fr_tcp(&f, n->port[dir], n->port[dir ^ 1], n->seq[dir], n->seq[dir ^ 1], WW_TCP_ACK);
            fr_put(&f, b, len);
            n->now += MS;
            send_frame(n, &f, 0);
        }
        n->seq[dir] += (uint32_t)len;
    }
    ww_worker_end(n->w);
}

Test(dup, nothing_is_counted_twice)
{
    for (unsigned times = 1; times <= 3; times++) {
        struct net *n = net();
        talk(n, times);
        const struct ww_flow_end *e = &nth(n, "flow.end", 0)->u.end;
        cr_assert(eq(sz, count(n, "test.msg"), 20));
        cr_assert(eq(sz, count(n, "flow.end"), 1)); /* the VLANs do not part it */
        cr_assert(eq(u64, e->pkts_toserver, 10));
        cr_assert(eq(u64, e->pkts_toclient, 10));
        cr_assert(eq(u64, e->bytes_toserver, 10 * (18 + 20 + 20 + 8)));
        cr_assert(eq(u64, e->retransmits, 0));
        cr_assert(eq(u64, n->w->stats.packets, 20 * times));
        cr_assert(eq(u64, n->w->stats.copies, 20 * (times - 1)));
        cr_assert(eq(u64, n->w->stats.tcp, 20));
        net_free(n);
    }
}

/* ARP has no number and no checksum: the whole message is compared. Other frames are not. */
Test(dup, frames)
{
    static struct fr f;
    static const uint16_t types[] = { 0x0806, 0x88cc };
    for (unsigned k = 0; k < 2; k++) {
        struct net *n = net();
        for (unsigned i = 0; i < 2; i++) {
            f.n = 0;
            fr_eth(&f, types[k]);
            fr_be(&f, 0x0001080006040001, 8);
            fr_be(&f, 0x020000000001, 6);
            send_frame(n, &f, 0);
        }
        cr_assert(eq(u64, n->w->stats.copies, k == 0));
        net_free(n);
    }
}
