/* addr.c - addresses as text, and ranges of addresses (RFC 6890). */
#include "rules/site/site.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>

bool ww_ip_parse(struct ww_ip *ip, const char *text)
{
    uint8_t b[16] = { 0 };
    if (inet_pton(AF_INET, text, b) == 1)
        *ip = ww_ip_of((struct ww_slice){ b, 4 });
    else if (inet_pton(AF_INET6, text, b) == 1)
        *ip = ww_ip_of((struct ww_slice){ b, 16 });
    else
        return false;
    return true;
}

/* Is bit i (from the left) and everything after it zero? */
static bool tail_zero(const struct ww_ip *ip, unsigned from)
{
    unsigned bits = ip->fam == 4 ? 32 : 128;
    for (unsigned i = from; i < bits; i++)
        if ((ip->b[i / 8] >> (7 - i % 8)) & 1)
            return false;
    return true;
}

bool ww_net_parse(struct ww_site_net *n, const char *text)
{
    char addr[WW_IP_TEXT];
    const char *slash = strchr(text, '/');
    size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
    if (len == 0 || len >= sizeof addr)
        return false;
    struct ww_out o = ww_out(addr, sizeof addr - 1);
    ww_out_raw(&o, text, len);
    addr[o.n] = 0;
    struct ww_site_net got = { .len = 0 };
    if (!ww_ip_parse(&got.ip, addr))
        return false;
    unsigned bits = got.ip.fam == 4 ? 32 : 128, v = bits;
    if (slash != NULL) {
        char *end = NULL;
        if (!isdigit((unsigned char)slash[1]))
            return false;
        unsigned long p = strtoul(slash + 1, &end, 10);
        if (*end != 0 || p > bits)
            return false;
        v = (unsigned)p;
    }
    if (!tail_zero(&got.ip, v))
        return false;
    got.len = (uint8_t)v;
    *n = got;
    return true;
}

bool ww_mac_parse(struct ww_mac *m, const char *text)
{
    struct ww_mac got = { { 0 } };
    for (unsigned i = 0; i < 6; i++) {
        char pair[3] = { 0 };
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]))
            return false;
        pair[0] = text[0];
        pair[1] = text[1];
        got.b[i] = (uint8_t)strtoul(pair, NULL, 16);
        text += 2;
        if (i < 5) {
            if (*text != ':' && *text != '-')
                return false;
            text++;
        }
    }
    if (*text != 0)
        return false;
    *m = got;
    return true;
}

bool ww_net_has(const struct ww_site_net *n, const struct ww_ip *ip)
{
    if (ip->fam == 0 || n->ip.fam != ip->fam)
        return false;
    unsigned whole = n->len / 8u, rest = n->len % 8u;
    if (memcmp(n->ip.b, ip->b, whole) != 0)
        return false;
    if (rest == 0)
        return true;
    unsigned mask = 0xffu << (8 - rest) & 0xffu;
    return ((n->ip.b[whole] ^ ip->b[whole]) & mask) == 0;
}

bool ww_ip_private(const struct ww_ip *ip)
{
    const uint8_t *b = ip->b;
    if (ip->fam == 4) {
        return b[0] == 0 || b[0] == 10 || b[0] == 127 || /* RFC 791, RFC 1918, RFC 1122 */
               (b[0] == 100 && (b[1] & 0xc0) == 64) ||   /* RFC 6598 */
               (b[0] == 169 && b[1] == 254) ||           /* RFC 3927 */
               (b[0] == 172 && (b[1] & 0xf0) == 16) ||   /* RFC 1918 */
               (b[0] == 192 && b[1] == 168) ||           /* RFC 1918 */
               b[0] >= 224; /* multicast, reserved, broadcast: RFC 5771, RFC 1112 */
    }
    if (ip->fam == 6) {
        static const struct ww_ip mapped = { .fam = 6, .b = { [10] = 0xff, [11] = 0xff } };
        if (memcmp(b, mapped.b, 12) == 0) { /* RFC 4291 2.5.5.2: an IPv4 address inside */
            struct ww_ip v4 = { .fam = 4, .b = { b[12], b[13], b[14], b[15] } };
            return ww_ip_private(&v4);
        }
        return b[0] == 0xff || (b[0] & 0xfe) == 0xfc ||   /* RFC 4291 2.7, RFC 4193 */
               (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) || /* RFC 4291 2.5.6 */
               (b[0] == 0 && tail_zero(ip, 0)) ||
               (tail_zero(
                    &(struct ww_ip){ .fam = 6,
                                     .b = { b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8],
                                            b[9], b[10], b[11], b[12], b[13], b[14], 0 } },
                    0) &&
                b[15] == 1); /* ::1 */
    }
    return true;
}
