/* wire.c - names, records and whole messages of DNS, read from bytes.
 * Source: RFC 1035 chapters 3 and 4, RFC 4343 (case), RFC 7766 (TCP) */
#include "dissectors/it/dns/dns.h"
#include "sensor/base/scan.h"

static struct dns_head head_read(struct ww_rd *r)
{
    struct dns_head h;
    h.id = ww_rd_be16(r);
    h.flags = ww_rd_be16(r);
    h.qd = ww_rd_be16(r);
    h.an = ww_rd_be16(r);
    h.ns = ww_rd_be16(r);
    h.ar = ww_rd_be16(r);
    return h;
}

/** Answers and questions differ in one bit (QR). */
bool ww_dns_is_response(const struct dns_head *h)
{
    return (h->flags & 0x8000) != 0;
}

/** Kind of question: 0 query, 4 notify, 5 update. */
uint8_t ww_dns_opcode(const struct dns_head *h)
{
    return (uint8_t)(h->flags >> 11 & 15);
}

/* Adds a label. There is room for every name that passes DNS_NAME_WIRE_MAX. */
static void label_text(struct dns_name *o, struct ww_slice label)
{
    static_assert(DNS_NAME_TEXT_MAX >= 2 * DNS_NAME_WIRE_MAX, "every byte may need a backslash");
    size_t n = o->n;
    if (n > 0)
        o->b[n++] = '.';
    for (size_t i = 0; i < label.n; i++) {
        char c = (char)ww_slice_at(label, i);
        if (c == '.' || c == '\\') /* RFC 1035 5.1 */
            o->b[n++] = '\\';
        o->b[n++] = c;
    }
    o->n = n;
}

/* Adds labels that stand one after another. In: run  each with its length in front, lengths checked */
static void labels_text(struct dns_name *o, struct ww_slice run)
{
    bool plain = !ww_scan_either(run, '.', '\\'); /* a label of 46 bytes looks like one with a dot: no harm */
    size_t skip = o->n == 0; /* in front of all others no dot */
    char *to = o->b + o->n;
    if (plain)
        ww_copy(to, ww_slice_from(run, skip));
    for (size_t at = 0; at < run.n; at += (size_t)ww_slice_at(run, at) + 1) {
        if (!plain)
            label_text(o, ww_slice_sub(run, at + 1, ww_slice_at(run, at)));
        else if (at >= skip)
            to[at - skip] = '.';
    }
    if (plain && run.n > 0)
        o->n += run.n - skip;
}

/**
 * Reads a name at an offset of a message; labels may be shared through pointers.
 * Out:    out  may be NULL
 * Return: offset after the name, 0 when it is broken
 * Limits: DNS_NAME_WIRE_MAX bytes and DNS_JUMPS_MAX pointers, so a loop of pointers ends
 * Source: RFC 1035 3.1, 4.1.4
 */
size_t ww_dns_name(struct ww_slice msg, size_t at, struct dns_name *out)
{
    size_t after = 0, wire = 0, run = at; /* run: where labels without a pointer between them begin */
    if (out != NULL)
        out->n = 0;
    for (unsigned jumps = 0; jumps <= DNS_JUMPS_MAX;) {
        if (at >= msg.n)
            return 0;
        uint8_t len = ww_slice_at(msg, at);
        if ((len == 0 || len >= 0xc0) && out != NULL)
            labels_text(out, ww_slice_sub(msg, run, at - run));
        if (len >= 0xc0) {
            if (at + 1 >= msg.n)
                return 0;
            after = after == 0 ? at + 2 : after;
            at = run = ((size_t)len & 0x3f) << 8 | ww_slice_at(msg, at + 1);
            jumps++;
            continue;
        }
        wire += (size_t)len + 1;
        if (len > 63 || wire > DNS_NAME_WIRE_MAX || msg.n - at <= len)
            return 0;
        if (len == 0)
            return after == 0 ? at + 1 : after;
        at += (size_t)len + 1;
    }
    return 0;
}

/** Names compare without case (RFC 4343). */
bool ww_dns_same(const struct dns_name *a, const struct dns_name *b)
{
    bool same = a->n == b->n;
    if (same && memcmp(a->b, b->b, a->n) == 0) /* nearly always with the same case, too */
        return true;
    for (size_t i = 0; same && i < a->n; i++)
        same = ww_dns_lower(a->b[i]) == ww_dns_lower(b->b[i]);
    return same;
}

/** Reads a record at an offset; owner may be NULL. False when it is broken. */
bool ww_dns_record(struct ww_slice msg, size_t at, struct dns_name *owner, struct dns_record *rec)
{
    /* nearly all owners are a pointer to the question's name, which was read already */
    bool asked = owner == NULL && at > DNS_HEADER && ww_slice_at(msg, at) == 0xc0 &&
                 ww_slice_at(msg, at + 1) == DNS_HEADER;
    size_t p = asked ? at + 2 : ww_dns_name(msg, at, owner);
    if (p == 0)
        return false;
    struct ww_rd r = ww_rd(ww_slice_sub(msg, p, msg.n));
    rec->type = ww_rd_be16(&r);
    ww_rd_skip(&r, 2);
    rec->ttl = ww_rd_be32(&r);
    rec->len = ww_rd_be16(&r);
    rec->data = p + 10;
    rec->after = rec->data + rec->len;
    ww_rd_skip(&r, rec->len);
    return !r.bad;
}

/** Checks a whole message: all names, all records. Return: false when something is broken. */
bool ww_dns_read(struct ww_slice in, struct dns_message *m)
{
    struct ww_rd r = ww_rd(in);
    struct dns_record rec;
    m->all = in;
    m->h = head_read(&r);
    m->asked.n = 0;
    m->asked_type = 0;
    size_t at = DNS_HEADER;
    if (r.bad)
        return false;
    for (unsigned i = 0; i < m->h.qd; i++) {
        at = ww_dns_name(in, at, i == 0 ? &m->asked : NULL);
        struct ww_rd q = ww_rd(ww_slice_sub(in, at, 4));
        uint16_t type = ww_rd_be16(&q);
        ww_rd_skip(&q, 2);
        if (at == 0 || q.bad)
            return false;
        at += 4;
        if (i > 0)
            continue;
        m->asked_type = type;
        m->second = at;
    }
    m->answers = at;
    m->aliases = false;
    for (unsigned n = (unsigned)m->h.an + m->h.ns + m->h.ar; n > 0; n--) {
        if (!ww_dns_record(in, at, NULL, &rec))
            return false;
        m->aliases |= rec.type == DNS_CNAME;
        at = rec.after;
    }
    return true;
}

/** Is the name of the record at an offset the one that was asked, written as a pointer to it? */
bool ww_dns_points_to_asked(const struct dns_message *m, size_t at)
{
    return m->h.qd > 0 && ww_slice_at(m->all, at) == 0xc0 &&
           ww_slice_at(m->all, at + 1) == DNS_HEADER;
}

/** Follows the aliases of the name that was asked. Out: name, which has no alias in this message.
 */
void ww_dns_follow(const struct dns_message *m, struct dns_name *name)
{
    name->n = m->asked.n;
    ww_copy(name->b, (struct ww_slice){ (const uint8_t *)m->asked.b, m->asked.n });
    for (unsigned turn = 0; turn < DNS_CHAIN_MAX; turn++) {
        bool found = false;
        size_t at = m->answers;
        for (unsigned i = 0; i < m->h.an && !found; i++) {
            struct dns_name owner;
            struct dns_record rec;
            if (!ww_dns_record(m->all, at, &owner, &rec))
                return;
            at = rec.after;
            found = rec.type == DNS_CNAME && ww_dns_same(&owner, name) &&
                    ww_dns_name(m->all, rec.data, &owner) != 0 && !ww_dns_same(&owner, name);
            if (found)
                *name = owner;
        }
        if (!found)
            return;
    }
}

/* NetBIOS names are one label of 32 letters A to P (RFC 1001 14.1). */
static bool netbios(const struct dns_name *n)
{
    bool yes = n->n == 32;
    for (size_t i = 0; yes && i < n->n; i++)
        yes = n->b[i] >= 'A' && n->b[i] <= 'P';
    return yes;
}

/* Names of addresses: in-addr.arpa, ip6.arpa. */
static bool reverse(const struct dns_name *n)
{
    static const char arpa[] = ".arpa";
    bool yes = n->n >= sizeof arpa - 1;
    for (size_t i = 0; yes && i < sizeof arpa - 1; i++)
        yes = ww_dns_lower(n->b[n->n - (sizeof arpa - 1) + i]) == (unsigned)(uint8_t)arpa[i];
    return yes;
}

/* Reads the question behind a header that looks well. */
static enum ww_guess question(struct ww_slice in, const struct dns_head *h)
{
    struct dns_name name;
    size_t at = ww_dns_name(in, DNS_HEADER, &name);
    if (at == 0)
        return in.n < DNS_HEADER + DNS_NAME_WIRE_MAX ? WW_GUESS_MAYBE : WW_GUESS_NO;
    struct ww_rd q = ww_rd(ww_slice_sub(in, at, 4));
    uint16_t type = ww_rd_be16(&q), class = ww_rd_be16(&q);
    if (q.bad)
        return WW_GUESS_MAYBE;
    if (type == 0 || (class != 1 && class != 3 && class != 254 && class != 255) || netbios(&name))
        return WW_GUESS_NO;
    /* Multicast DNS has id 0; LLMNR no flags and single or reverse names (RFC 6762 18.1, RFC 4795).
     * DEVIATION: a resolver that asks iteratively for a reverse name is not recognised either. */
    bool asks_all = (h->flags & 0x0100) == 0;
    bool single = name.n > 0 && memchr(name.b, '.', name.n) == NULL;
    return asks_all && (h->id == 0 || single || reverse(&name)) ? WW_GUESS_NO : WW_GUESS_YES;
}

/** Is this the start of a DNS message, with one question? MAYBE: too short to say. */
enum ww_guess ww_dns_looks(struct ww_slice in)
{
    struct ww_rd r = ww_rd(in);
    if (in.n >= DNS_HEADER && (ww_slice_at(in, 4) != 0 || ww_slice_at(in, 5) != 1))
        return WW_GUESS_NO; /* not one question: nearly everything that is something else ends here
                             */
    struct dns_head h = head_read(&r);
    bool answer = ww_dns_is_response(&h);
    if (r.bad)
        return WW_GUESS_MAYBE;
    if (ww_dns_opcode(&h) == 3 || ww_dns_opcode(&h) > 5 || h.an > 512 || h.ns > 512 || h.ar > 512)
        return WW_GUESS_NO;
    if (!answer && ww_dns_opcode(&h) == 0 && (h.an > 0 || h.ns > 1 || (h.flags & 0x0480) != 0))
        return WW_GUESS_NO; /* answers, AA and RA have no place in a question */
    return question(in, &h);
}
