/* fuzz_decode.c - raw frames of every link type through the decoder.
 *
 * Input: link type (index), bytes missing at the end / 4, then the frame. What the decoder finds must lie
 * inside the frame, in memory of the exact size.
 */
#include "sensor/decode.h"
#include "tests/support.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct ww_slice all, struct ww_slice s, const char *what)
{
    if (s.n == 0)
        return;
    if (s.p < all.p || s.n > all.n || (size_t)(s.p - all.p) > all.n - s.n)
        t_die("%s lies outside of the frame", what);
}

static void check(const struct ww_dec *d, struct ww_slice all, enum ww_dec_outcome o)
{
    if (o != d->outcome || o >= WW_DEC_N || ww_dec_name(o)[0] == '?')
        t_die("the outcome %d is not told as such", o);
    if (d->fam != 0 && d->fam != 4 && d->fam != 6)
        t_die("address family %u", d->fam);
    size_t want = d->fam == 4 ? 4 : d->fam == 6 ? 16 : 0;
    for (unsigned k = 0; k < 2; k++) {
        inside(all, d->ip[k], "an address");
        if (d->fam != 0 && d->ip[k].n != want)
            t_die("an address of %zu bytes in family %u", d->ip[k].n, d->fam);
    }
    inside(all, d->payload, "the payload");
    if (d->nvlan > WW_VLAN_MAX || d->ntunnel > WW_TUNNEL_MAX)
        t_die("more tags than there is room for");
    for (unsigned i = 0; i < d->ntunnel; i++)
        if (ww_tunnel_name(d->tunnel[i].kind) == NULL)
            t_die("a tunnel without a name");
    if (o == WW_DEC_OK && !d->frag && !d->cut && (d->proto == 6 || d->proto == 17) &&
        d->wire != d->payload.n)
        t_die("wire length %u of a whole payload of %zu", d->wire, d->payload.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t link[] = { WW_LINK_ETHERNET, WW_LINK_NULL, WW_LINK_RAW_BSD, WW_LINK_RAW,
                                     WW_LINK_LOOP,     WW_LINK_SLL,  WW_LINK_IPV4,    WW_LINK_IPV6,
                                     WW_LINK_SLL2,     147 /* unknown */ };
    struct ww_rd r = ww_rd((struct ww_slice){ data, size });
    uint16_t kind = link[ww_rd_u8(&r) % (sizeof link / sizeof link[0])];
    uint32_t missing = ww_rd_u8(&r) * 4u;
    if (r.bad)
        return 0;
    struct ww_slice in = ww_rd_rest(&r);
    uint8_t *copy = malloc(in.n ? in.n : 1);
    if (copy == NULL)
        abort();
    memcpy(copy, in.p, in.n);
    struct ww_pkt p = { .p = copy, .caplen = (uint32_t)in.n, .len = (uint32_t)in.n + missing,
                        .ts = 1, .frame = 1, .link = kind };
    struct ww_dec d;
    memset(&d, 0xee, sizeof d); /* the decoder sets what it tells */
    enum ww_dec_outcome o = ww_decode(&p, &d);
    check(&d, (struct ww_slice){ copy, in.n }, o);
    free(copy);
    return 0;
}
