/* fuzz_decode.c - raw frames of every link type through the decoder.
 *
 * Input: link type (index), bytes missing at the end / 4, then the frame. What the decoder finds must lie
 * inside the frame, in memory of the exact size; a fragment is also taken for a whole datagram.
 */
#include "sensor/decode.h"
#include "tests/support.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ww_slice held[3]; /* memory that slices may lie in */

static void inside(struct ww_slice s, const char *what)
{
    if (s.n == 0)
        return;
    for (unsigned i = 0; i < 3; i++) {
        struct ww_slice all = held[i];
        if (all.n >= s.n && s.p >= all.p && (size_t)(s.p - all.p) <= all.n - s.n)
            return;
    }
    t_die("%s lies outside of the frame", what);
}

static void chain(const struct ww_dec *d)
{
    if (d->nvlan > WW_VLAN_MAX || d->ntunnel > WW_TUNNEL_MAX)
        t_die("more tags than there is room for");
    for (unsigned i = 0; i < d->ntunnel; i++) {
        const struct ww_tunnel *t = &d->tunnel[i];
        if (t->kind == WW_TUN_UNKNOWN || t->kind >= WW_TUN_N || t->vlan > 0x0fff)
            t_die("a tunnel of kind %u in tag %u", t->kind, t->vlan);
        if (d->carrier[i].n != 0 && d->carrier[i].n != 8 && d->carrier[i].n != 32)
            t_die("addresses of %zu bytes", d->carrier[i].n);
        inside(d->carrier[i], "a carrier's address");
    }
    if (d->ntunnel > 0 && (d->span.version > 3 || d->span.at >= d->ntunnel || d->span.dir > WW_MIRROR_EGRESS))
        t_die("ERSPAN version %u in tunnel %u", d->span.version, d->span.at);
}

static void check(const struct ww_dec *d, enum ww_dec_outcome o)
{
    if (o != d->outcome || o >= WW_DEC_N || ww_dec_name(o)[0] == '?')
        t_die("the outcome %d is not told as such", o);
    if (d->fam != 0 && d->fam != 4 && d->fam != 6)
        t_die("address family %u", d->fam);
    size_t want = d->fam == 4 ? 4 : d->fam == 6 ? 16 : 0;
    for (unsigned k = 0; k < 2; k++) {
        inside(d->ip[k], "an address");
        if ((d->fam != 0 || o == WW_DEC_NOT_IP) && d->ip[k].n != want)
            t_die("an address of %zu bytes in family %u", d->ip[k].n, d->fam);
    }
    if (o == WW_DEC_OK && d->fam == 0)
        t_die("a packet without a family");
    inside(d->payload, "the payload");
    inside(d->l4, "the transport header");
    chain(d);
    if (o == WW_DEC_OK && !d->frag && !d->cut && (d->proto == 6 || d->proto == 17) &&
        d->wire != d->payload.n)
        t_die("wire length %u of a whole payload of %zu", d->wire, d->payload.n);
}

static struct ww_slice copy_of(struct ww_slice in)
{
    uint8_t *copy = malloc(in.n ? in.n : 1);
    if (copy == NULL)
        abort();
    if (in.n > 0)
        memcpy(copy, in.p, in.n);
    return (struct ww_slice){ copy, in.n };
}

/* A fragment is taken for the whole datagram, twice, as a worker does with those that it puts together. */
static void go_on(struct ww_dec *d)
{
    for (unsigned i = 1; i < 3 && d->outcome == WW_DEC_OK && d->frag && !d->cut; i++) {
        held[i] = copy_of(d->payload);
        check(d, ww_decode_transport(d, held[i]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t link[] = { WW_LINK_ETHERNET, WW_LINK_NULL, WW_LINK_RAW_BSD, WW_LINK_RAW,
                                     WW_LINK_LOOP,     WW_LINK_SLL,  WW_LINK_IPV4,    WW_LINK_IPV6,
                                     WW_LINK_SLL2,     147 /* unknown */, WW_LINK_PPP, WW_LINK_PPP_ETHER,
                                     WW_LINK_C_HDLC,   WW_LINK_WLAN, WW_LINK_RADIOTAP, WW_LINK_PKTAP };
    struct ww_rd r = ww_rd((struct ww_slice){ data, size });
    uint16_t kind = link[ww_rd_u8(&r) % (sizeof link / sizeof link[0])];
    uint32_t missing = ww_rd_u8(&r) * 4u;
    if (r.bad)
        return 0;
    held[0] = copy_of(ww_rd_rest(&r));
    struct ww_pkt p = { .p = held[0].p, .caplen = (uint32_t)held[0].n,
                        .len = (uint32_t)held[0].n + missing, .ts = 1, .frame = 1, .link = kind };
    struct ww_dec d;
    memset(&d, 0xee, sizeof d); /* the decoder sets what it tells */
    check(&d, ww_decode(&p, &d));
    go_on(&d);
    for (unsigned i = 0; i < 3; i++) {
        free((void *)(uintptr_t)held[i].p);
        held[i] = (struct ww_slice){ NULL, 0 };
    }
    return 0;
}
