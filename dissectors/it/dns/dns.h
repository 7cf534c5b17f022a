/* dns.h - DNS messages on the wire: what the files of this folder share.
 * Source: RFC 1035 chapter 4 */
#ifndef WW_DNS_H
#define WW_DNS_H
#include "dissectors/dissector.h"

enum {
    DNS_HEADER = 12,
    DNS_NAME_WIRE_MAX = 255, /* RFC 1035 2.3.4 */
    DNS_NAME_TEXT_MAX = 512, /* every byte may need a backslash */
    DNS_JUMPS_MAX = 32,      /* compression pointers followed for one name */
    DNS_CHAIN_MAX = 16       /* aliases followed from the name that was asked */
};
enum {
    DNS_A = 1,
    DNS_NS = 2,
    DNS_CNAME = 5,
    DNS_PTR = 12,
    DNS_MX = 15,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_SRV = 33
};

/* A name as text, without the dot of the root. */
struct dns_name {
    size_t n;
    char b[DNS_NAME_TEXT_MAX];
};
struct dns_head {
    uint16_t id, flags, qd, an, ns, ar;
};
struct dns_record {
    size_t after; /* offset of the next record */
    size_t data;  /* offset of its data */
    uint16_t type, len;
    uint32_t ttl;
};
/* A message whose every name and record was checked. */
struct dns_message {
    struct ww_slice all;
    struct dns_head h;
    struct dns_name asked; /* first question */
    uint16_t asked_type;
    size_t second;  /* offset of the second question, or of what follows the first */
    size_t answers; /* offset of the answer section */
    bool aliases;   /* there are CNAME records */
};

bool ww_dns_is_response(const struct dns_head *h);
uint8_t ww_dns_opcode(const struct dns_head *h);
/** An ASCII letter in lower case; other bytes as they are. */
static inline unsigned ww_dns_lower(char c)
{
    return (uint8_t)c + (c >= 'A' && c <= 'Z' ? 32u : 0u);
}
bool ww_dns_points_to_asked(const struct dns_message *m, size_t at);
size_t ww_dns_name(struct ww_slice msg, size_t at, struct dns_name *out);
bool ww_dns_record(struct ww_slice msg, size_t at, struct dns_name *owner, struct dns_record *rec);
bool ww_dns_read(struct ww_slice in, struct dns_message *m);
void ww_dns_follow(const struct dns_message *m, struct dns_name *name);
bool ww_dns_same(const struct dns_name *a, const struct dns_name *b);
enum ww_guess ww_dns_looks(struct ww_slice in);
#endif
