/* support_pcap.c - a little reader of classic pcap files for test input; see support.h. */
#include "tests/support.h"
#include "sensor/base/data.h"
#include <stdlib.h>

enum { PCAP_HDR = 24, REC_HDR = 16, FILE_MAX = 64 << 20 };

static void parse_l4(struct t_packet *p, struct ww_rd *r)
{
    p->src.port = p->ip_proto == 6 || p->ip_proto == 17 ? ww_rd_be16(r) : 0;
    p->dst.port = p->ip_proto == 6 || p->ip_proto == 17 ? ww_rd_be16(r) : 0;
    if (p->ip_proto == 6) {
        p->seq = ww_rd_be32(r);
        ww_rd_skip(r, 4);
        unsigned off = ww_rd_u8(r) >> 4;
        p->tcp_flags = ww_rd_u8(r);
        ww_rd_skip(r, 6);
        ww_rd_skip(r, off > 5 ? (off - 5) * 4 : 0);
    } else if (p->ip_proto == 17) {
        ww_rd_skip(r, 4);
    } else {
        return;
    }
    if (!r->bad)
        p->payload = ww_rd_rest(r);
}

static void parse_ip(struct t_packet *p, struct ww_rd *r)
{
    if (p->ethertype == 0x0800) {
        unsigned ihl = (ww_rd_u8(r) & 15) * 4;
        ww_rd_skip(r, 1);
        size_t total = ww_rd_be16(r);
        ww_rd_skip(r, 5);
        p->ip_proto = ww_rd_u8(r);
        ww_rd_skip(r, 2);
        p->src.ip = ww_ip_of(ww_rd_bytes(r, 4));
        p->dst.ip = ww_ip_of(ww_rd_bytes(r, 4));
        ww_rd_skip(r, ihl > 20 ? ihl - 20 : 0);
        size_t body = total > ihl ? total - ihl : 0;
        struct ww_rd in = ww_rd_sub(r, body < r->left ? body : r->left);
        parse_l4(p, &in);
    } else if (p->ethertype == 0x86dd) {
        ww_rd_skip(r, 4);
        size_t body = ww_rd_be16(r);
        p->ip_proto = ww_rd_u8(r);
        ww_rd_skip(r, 1);
        p->src.ip = ww_ip_of(ww_rd_bytes(r, 16));
        p->dst.ip = ww_ip_of(ww_rd_bytes(r, 16));
        struct ww_rd in = ww_rd_sub(r, body < r->left ? body : r->left);
        parse_l4(p, &in);
    }
}

static void parse_frame(struct t_packet *p)
{
    struct ww_rd r = ww_rd(p->frame);
    p->dst.mac = ww_mac_of(ww_rd_bytes(&r, 6));
    p->src.mac = ww_mac_of(ww_rd_bytes(&r, 6));
    p->ethertype = ww_rd_be16(&r);
    while (!r.bad && (p->ethertype == 0x8100 || p->ethertype == 0x88a8 || p->ethertype == 0x9100)) {
        ww_rd_skip(&r, 2);
        p->ethertype = ww_rd_be16(&r);
    }
    if (p->ethertype == 0x0800 || p->ethertype == 0x86dd)
        parse_ip(p, &r);
    else if (!r.bad)
        p->payload = ww_rd_rest(&r);
}

long t_pcap(const char *path, void (*fn)(void *to, const struct t_packet *p), void *to)
{
    struct ww_err e;
    char *text;
    size_t n;
    long count = 0;
    if (ww_file_read(&text, &n, path, FILE_MAX, &e) != WW_OK)
        return -1;
    struct ww_rd r = ww_rd((struct ww_slice){ (const uint8_t *)text, n });
    uint32_t magic = ww_rd_le32(&r);
    ww_rd_skip(&r, PCAP_HDR - 8);
    uint32_t link = ww_rd_le32(&r);
    if ((magic != 0xa1b2c3d4 && magic != 0xa1b23c4d) || (link & 0xffff) != 1) {
        free(text);
        return -1;
    }
    while (r.left >= REC_HDR) {
        uint64_t s = ww_rd_le32(&r), sub = ww_rd_le32(&r);
        uint32_t cap = ww_rd_le32(&r);
        ww_rd_skip(&r, 4);
        struct t_packet p = { .ts = s * 1000000000u + sub * (magic == 0xa1b23c4d ? 1 : 1000) };
        p.frame = ww_rd_bytes(&r, cap);
        if (r.bad)
            break;
        parse_frame(&p);
        fn(to, &p);
        count++;
    }
    free(text);
    return count;
}
