/* community_id.c - Community ID v1 (community-id-spec): SHA-1 over the ordered tuple, in base64. */
/* SHA1_Init() and so on: the EVP calls, and SHA1() which calls them, allocate and look the digest up
 * by its name, and this runs per flow */
#define OPENSSL_API_COMPAT 0x10100000L
#include "store/export/community_id.h"
#include <openssl/sha.h>

enum { ICMP = 1, ICMP6 = 58, SEED = 0 };

/* Types that ask and answer: both packets of such a pair are one flow. Others go one way. */
struct pair {
    uint8_t type, answer;
};
static const struct pair icmp4[] = { { 8, 0 },   { 0, 8 },  { 13, 14 }, { 14, 13 }, { 15, 16 },
                                     { 16, 15 }, { 10, 9 }, { 9, 10 },  { 17, 18 }, { 18, 17 } };
static const struct pair icmp6[] = { { 128, 129 }, { 129, 128 }, { 133, 134 }, { 134, 133 },
                                     { 135, 136 }, { 136, 135 }, { 130, 131 }, { 131, 130 },
                                     { 139, 140 }, { 140, 139 }, { 144, 145 }, { 145, 144 } };

static bool answered(const struct pair *p, size_t n, uint16_t type, uint16_t *answer)
{
    for (size_t i = 0; i < n; i++)
        if (p[i].type == type) {
            *answer = p[i].answer;
            return true;
        }
    return false;
}

static void base64(char *out, const uint8_t *in, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    struct ww_out o = ww_out(out, (n + 2) / 3 * 4);
    struct ww_slice s = { in, n };
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)ww_slice_at(s, i) << 16 | (uint32_t)ww_slice_at(s, i + 1) << 8 |
                     ww_slice_at(s, i + 2);
        for (size_t k = 0; k < 4; k++)
            ww_out_c(&o, digits[i + k > n ? 64 : v >> (18 - 6 * k) & 63]);
    }
    out[o.n] = 0;
}

static void be16(struct ww_out *o, uint16_t v)
{
    ww_out_c(o, (char)(v >> 8));
    ww_out_c(o, (char)v);
}

const char *ww_community_id(char text[WW_COMMUNITY_ID], const struct ww_end *src,
                            const struct ww_end *dst, uint8_t ip_proto)
{
    size_t len = src->ip.fam == 4 ? 4 : 16;
    uint16_t sport = src->port, dport = dst->port;
    bool ordered = false;
    if (src->ip.fam == 0 || src->ip.fam != dst->ip.fam)
        return NULL;
    if (ip_proto == ICMP)
        ordered = !answered(icmp4, sizeof icmp4 / sizeof icmp4[0], sport, &dport);
    else if (ip_proto == ICMP6)
        ordered = !answered(icmp6, sizeof icmp6 / sizeof icmp6[0], sport, &dport);
    int c = memcmp(src->ip.b, dst->ip.b, len);
    bool swap = !ordered && (c > 0 || (c == 0 && sport > dport));
    char b[2 + 16 + 16 + 2 + 4];
    struct ww_out o = ww_out(b, sizeof b);
    be16(&o, SEED);
    ww_out_raw(&o, swap ? dst->ip.b : src->ip.b, len);
    ww_out_raw(&o, swap ? src->ip.b : dst->ip.b, len);
    ww_out_c(&o, (char)ip_proto);
    ww_out_c(&o, 0);
    be16(&o, swap ? dport : sport);
    be16(&o, swap ? sport : dport);
    uint8_t hash[SHA_DIGEST_LENGTH];
    SHA_CTX sha;
    (void)SHA1_Init(&sha);
    (void)SHA1_Update(&sha, b, o.n);
    (void)SHA1_Final(hash, &sha);
    text[0] = '1';
    text[1] = ':';
    base64(text + 2, hash, sizeof hash);
    return text;
}
