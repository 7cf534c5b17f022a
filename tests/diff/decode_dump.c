/* decode_dump.c - what the decoder finds in each frame of a capture, one line a frame, for the comparison
 * with tshark:
 *   frame outcome source destination protocol sport dport tags tunnels
 * Absent parts are "-". Ports only where the transport header was read.
 */
#include "sensor/capture.h"
#include "sensor/decode.h"
#include <arpa/inet.h>
#include <stdio.h>

static const char *ip_text(char out[INET6_ADDRSTRLEN], struct ww_slice ip)
{
    if (ip.n == 0 || inet_ntop(ip.n == 4 ? AF_INET : AF_INET6, ip.p, out, INET6_ADDRSTRLEN) == NULL)
        return "-";
    return out;
}

static void line(const struct ww_pkt *p, const struct ww_dec *d)
{
    char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN];
    bool ip = d->outcome == WW_DEC_OK;
    bool ports = ip && !d->frag && (d->proto == WW_IPPROTO_TCP || d->proto == WW_IPPROTO_UDP);
    (void)printf("%llu\t%s\t%s\t%s\t%d\t", (unsigned long long)p->frame,
                 ip && d->frag ? "fragment" : ww_dec_name((enum ww_dec_outcome)d->outcome),
                 ip ? ip_text(a, d->ip[0]) : "-", ip ? ip_text(b, d->ip[1]) : "-", ip ? d->proto : -1);
    if (ports)
        (void)printf("%u\t%u\t", d->port[0], d->port[1]);
    else
        (void)printf("-\t-\t");
    for (unsigned i = 0; i < d->nvlan; i++)
        (void)printf("%s%u", i > 0 ? "," : "", d->vlan[i]);
    (void)printf("%s\t", d->nvlan == 0 ? "-" : "");
    for (unsigned i = 0; i < d->ntunnel; i++)
        (void)printf("%s%s:%u", i > 0 ? "," : "", ww_tunnel_name(d->tunnel[i].kind), d->tunnel[i].id);
    (void)printf("%s\n", d->ntunnel == 0 ? "-" : "");
}

int main(int argc, char **argv)
{
    static struct ww_batch b;
    static struct ww_dec d;
    struct ww_capfile *c;
    struct ww_capfile_cfg cfg = { .blocks = 2 };
    struct ww_err e;
    if (argc != 2) {
        (void)fprintf(stderr, "usage: decode_dump CAPTURE\n");
        return 2;
    }
    if (ww_capfile_open(&c, argv[1], 0, &cfg, &e) != WW_OK) {
        (void)fprintf(stderr, "decode_dump: %s\n", e.text);
        return 2;
    }
    while (ww_capfile_next(c, &b, &e) == WW_CAP_MORE) {
        for (unsigned i = 0; i < b.n; i++) {
            (void)ww_decode(&b.pkt[i], &d);
            line(&b.pkt[i], &d);
        }
        ww_block_drop(b.block, b.n);
    }
    ww_capfile_close(c);
    return 0;
}
