/* dns.c - the Domain Name System over UDP and TCP: who asked for which name, what was answered.
 * Source: RFC 1035 chapter 4 (messages), RFC 7766 (TCP), RFC 6895 (types and codes) */
#include "dissectors/it/dns/dns.h"
#include "sensor/base/hash.h"
#include "sensor/base/tok.h"

enum {
    QUESTIONS_MAX = 4,  /* questions of one message that are told */
    ADDRESSES_MAX = 64, /* addresses of one message that are told */
    ANSWER_MS = 5000,
    BAD_MAX = 3,        /* broken messages on a flow before it is given up */
    TCP_MAX = 2 + 65535 /* a message over TCP with its length */
};

#define QUERY_FIELDS(F, S)                                                 \
    F(S, U16, id, 0, NONE, "", "Transaction id")                           \
    F(S, U8, opcode, 0, NONE, "", "0 query, 2 status, 4 notify, 5 update") \
    F(S, STR, rrname, 255, NONE, "", "Name that is asked for")             \
    F(S, STR, rrtype, 16, NONE, "", "Type that is asked for")              \
    F(S, BOOL, rd, 0, NONE, "", "Recursion desired")
WW_EVENT_DEFINE(dns_query, "dns.query", "A question to a name server", 0, QUERY_FIELDS);

#define RESPONSE_FIELDS(F, S)                                                                   \
    F(S, U16, id, 0, NONE, "", "Transaction id")                                                \
    F(S, U8, opcode, 0, NONE, "", "0 query, 2 status, 4 notify, 5 update")                      \
    F(S, STR, rrname, 255, NONE, "", "Name that was asked for")                                 \
    F(S, STR, rrtype, 16, NONE, "", "Type that was asked for")                                  \
    F(S, STR, rcode, 16, NONE, "", "NOERROR, NXDOMAIN, SERVFAIL, ...")                          \
    F(S, BOOL, aa, 0, NONE, "", "The server is authoritative for the name")                     \
    F(S, BOOL, tc, 0, NONE, "", "The answer was cut to fit a datagram")                         \
    F(S, BOOL, rd, 0, NONE, "", "Recursion desired")                                            \
    F(S, BOOL, ra, 0, NONE, "", "Recursion available")                                          \
    F(S, U16, answers, 0, NONE, "", "Records in the answer section")                            \
    F(S, U16, authorities, 0, NONE, "", "Records in the authority section")                     \
    F(S, U16, additionals, 0, NONE, "", "Records in the additional section")                    \
    F(S, LIST, names, 512, NONE, "", "Names in the answer: CNAME, PTR, NS, MX and SRV targets") \
    F(S, U32, txt_bytes, 0, NONE, "bytes", "Text in the answer (TXT); its content is not kept") \
    F(S, U32N, latency_ms, 0, NONE, "ms", "Time since the question")
WW_EVENT_DEFINE(dns_response, "dns.response", "A name server's answer as a whole", 0,
                RESPONSE_FIELDS);

#define ANSWER_FIELDS(F, S)                                                         \
    F(S, U16, id, 0, NONE, "", "Transaction id")                                    \
    F(S, IP, client, 0, NONE, "", "Host that asked")                                \
    F(S, STR, name, 255, NONE, "", "Name that was asked for; aliases are followed") \
    F(S, STR, rrtype, 16, NONE, "", "A or AAAA")                                    \
    F(S, IP, address, 0, NONE, "", "Address that the name resolves to")             \
    F(S, U32, ttl, 0, NONE, "s", "Time for which the answer may be kept")
WW_EVENT_DEFINE(dns_answer, "dns.answer", "An address that a name resolves to", 0, ANSWER_FIELDS);

/* clang-format off */
static const struct ww_tok types[] = {
    { 1, "A" }, { 2, "NS" }, { 5, "CNAME" }, { 6, "SOA" }, { 10, "NULL" }, { 12, "PTR" },
    { 13, "HINFO" }, { 15, "MX" }, { 16, "TXT" }, { 17, "RP" }, { 18, "AFSDB" }, { 24, "SIG" },
    { 25, "KEY" }, { 28, "AAAA" }, { 29, "LOC" }, { 33, "SRV" }, { 35, "NAPTR" }, { 36, "KX" },
    { 37, "CERT" }, { 39, "DNAME" }, { 41, "OPT" }, { 43, "DS" }, { 44, "SSHFP" },
    { 45, "IPSECKEY" }, { 46, "RRSIG" }, { 47, "NSEC" }, { 48, "DNSKEY" }, { 50, "NSEC3" },
    { 51, "NSEC3PARAM" }, { 52, "TLSA" }, { 59, "CDS" }, { 60, "CDNSKEY" }, { 64, "SVCB" },
    { 65, "HTTPS" }, { 99, "SPF" }, { 249, "TKEY" }, { 250, "TSIG" }, { 251, "IXFR" },
    { 252, "AXFR" }, { 255, "ANY" }, { 256, "URI" }, { 257, "CAA" }, { 0, NULL }
};
static const struct ww_tok rcodes[] = {
    { 0, "NOERROR" }, { 1, "FORMERR" }, { 2, "SERVFAIL" }, { 3, "NXDOMAIN" }, { 4, "NOTIMP" },
    { 5, "REFUSED" }, { 6, "YXDOMAIN" }, { 7, "YXRRSET" }, { 8, "NXRRSET" }, { 9, "NOTAUTH" },
    { 10, "NOTZONE" }, { 0, NULL }
};
/* clang-format on */

struct dns_state {
    bool lost[2]; /* by enum ww_dir: no known start of a message */
    uint8_t bad;
};

static struct ww_slice text_of(const struct dns_name *n)
{
    return n->n > 0 ? (struct ww_slice){ (const uint8_t *)n->b, n->n } : WW_SLICE_LIT(".");
}

/* Name of a response code, or its number in a buffer of 16. */
static struct ww_slice code_text(char buf[16], uint32_t code)
{
    struct ww_out o = ww_out(buf, 16);
    const char *name = ww_tok(rcodes, code, NULL);
    if (name != NULL)
        return ww_slice_str(name);
    ww_out_u64(&o, code);
    return (struct ww_slice){ (const uint8_t *)buf, o.n };
}

/* Name of a type in a buffer of 16. */
static struct ww_slice type_text(char buf[16], uint16_t type)
{
    struct ww_out o = ww_out(buf, 16);
    const char *name = ww_tok(types, type, NULL);
    if (name != NULL)
        return ww_slice_str(name);
    ww_out_f(&o, "TYPE%u", (unsigned)type); /* RFC 3597 5 */
    return (struct ww_slice){ (const uint8_t *)buf, o.n };
}

/* Hash of id and question, to pair an answer with its question. */
static uint64_t pair_key(const struct dns_message *m)
{
    struct ww_key about = { { 0xcbf29ce484222325u ^ ((uint64_t)m->h.id << 16 | m->asked_type),
                              0x9e3779b97f4a7c15u } };
    return ww_mix_caseless(&about, (struct ww_slice){ (const uint8_t *)m->asked.b, m->asked.n });
}

static void tell_question(struct ww_cx *cx, enum ww_dir dir, const struct dns_message *m,
                          const struct dns_name *name, uint16_t type)
{
    char buf[16];
    struct dns_query e = { .id = m->h.id, .opcode = ww_dns_opcode(&m->h) };
    (void)WW_SET(e.rrtype, type_text(buf, type));
    if (!WW_SET(e.rrname, text_of(name)))
        cx->ev_flags |= WW_EV_TRUNCATED;
    e.rd = (m->h.flags & 0x0100) != 0;
    ww_emit(cx, &dns_query_type, dir, &e);
}

static void tell_query(struct ww_cx *cx, enum ww_dir dir, const struct dns_message *m)
{
    size_t at = m->second;
    bool told = ww_wanted(cx, &dns_query_type);
    if (m->h.qd == 0)
        return;
    if (told)
        tell_question(cx, dir, m, &m->asked, m->asked_type);
    for (unsigned i = 1; told && i < m->h.qd && i < QUESTIONS_MAX; i++) { /* hardly any asks more than one */
        struct dns_name name;
        at = ww_dns_name(m->all, at, &name);
        tell_question(cx, dir, m, &name, ww_slice_be16(m->all, at));
        at += 4;
    }
    ww_request(cx, dir, pair_key(m), ANSWER_MS);
}

/* Notes what the data of a record says besides addresses. False when it did not fit. */
static bool notes(struct dns_response *e, struct ww_slice msg, const struct dns_record *rec)
{
    struct dns_name name;
    size_t skip = rec->type == DNS_MX ? 2 : rec->type == DNS_SRV ? 6 : 0;
    switch (rec->type) {
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
    case DNS_MX:
    case DNS_SRV:
        if (rec->len > skip && ww_dns_name(msg, rec->data + skip, &name) != 0)
            return WW_ADD(e->names, text_of(&name));
        return true;
    case DNS_TXT:
        e->txt_bytes += rec->len;
        return true;
    }
    return true;
}

/* Does the record at an offset have this owner? */
static bool owned_by(const struct dns_message *m, size_t at, const struct dns_name *name)
{
    struct dns_name owner;
    if (name == &m->asked && ww_dns_points_to_asked(m, at))
        return true;
    return ww_dns_name(m->all, at, &owner) != 0 && ww_dns_same(&owner, name);
}

/* One event for each address of the name that was asked. */
static void tell_addresses(struct ww_cx *cx, enum ww_dir dir, const struct dns_message *m)
{
    struct dns_name target;
    size_t at = m->answers;
    if (m->aliases)
        ww_dns_follow(m, &target);
    for (unsigned i = 0, told = 0; i < m->h.an && told < ADDRESSES_MAX; i++) {
        struct dns_record rec;
        size_t owner = at;
        char buf[16];
        if (!ww_dns_record(m->all, at, NULL, &rec))
            return;
        at = rec.after;
        bool a = rec.type == DNS_A && rec.len == 4, aaaa = rec.type == DNS_AAAA && rec.len == 16;
        if ((!a && !aaaa) || !owned_by(m, owner, m->aliases ? &target : &m->asked))
            continue;
        struct dns_answer e = { .id = m->h.id, .ttl = rec.ttl };
        e.client = ww_end_at(cx, ww_other(dir)).ip;
        e.address = ww_ip_of(ww_slice_sub(m->all, rec.data, rec.len));
        (void)WW_SET(e.rrtype, type_text(buf, rec.type));
        if (!WW_SET(e.name, text_of(&m->asked)))
            cx->ev_flags |= WW_EV_TRUNCATED;
        ww_emit(cx, &dns_answer_type, dir, &e);
        told++;
    }
}

static void tell_response(struct ww_cx *cx, enum ww_dir dir, const struct dns_message *m)
{
    struct dns_response e = { .id = m->h.id, .opcode = ww_dns_opcode(&m->h) };
    char buf[16];
    bool fits = true;
    (void)WW_SET(e.rcode, code_text(buf, m->h.flags & 15));
    e.latency_ms = WW_NULL32;
    if (m->h.qd > 0) { /* RFC 5936 2.2.1: later messages of a transfer have no question */
        fits = WW_SET(e.rrname, text_of(&m->asked));
        (void)WW_SET(e.rrtype, type_text(buf, m->asked_type));
        e.latency_ms = ww_result(cx, dir, pair_key(m), true).latency_ms;
    }
    e.aa = (m->h.flags & 0x0400) != 0;
    e.tc = (m->h.flags & 0x0200) != 0;
    e.rd = (m->h.flags & 0x0100) != 0;
    e.ra = (m->h.flags & 0x0080) != 0;
    e.answers = m->h.an;
    e.authorities = m->h.ns;
    e.additionals = m->h.ar;
    size_t at = m->answers;
    struct dns_record rec;
    for (unsigned i = 0; i < m->h.an && ww_dns_record(m->all, at, NULL, &rec); i++) {
        fits &= notes(&e, m->all, &rec);
        at = rec.after;
    }
    if (!fits)
        cx->ev_flags |= WW_EV_TRUNCATED;
    ww_emit(cx, &dns_response_type, dir, &e);
    if (m->h.qd > 0 && ww_dns_opcode(&m->h) == 0)
        tell_addresses(cx, dir, m);
}

/* A response that nobody reads still ends the wait for it, and its addresses are told. */
static void use_response(struct ww_cx *cx, enum ww_dir dir, const struct dns_message *m)
{
    if (m->h.qd == 0)
        return;
    (void)ww_result(cx, dir, pair_key(m), true);
    if (ww_dns_opcode(&m->h) == 0)
        tell_addresses(cx, dir, m);
}

/* One whole message. False when it is broken; nothing of it is told then. */
static bool message(struct ww_cx *cx, enum ww_dir dir, struct ww_slice in)
{
    struct dns_message m;
    if (!ww_dns_read(in, &m)) {
        ww_anomaly(cx, dir, "dns_malformed");
        return false;
    }
    bool answer = ww_dns_is_response(&m.h);
    ww_client_is(cx, answer ? ww_other(dir) : dir);
    if (answer && ww_wanted(cx, &dns_response_type))
        tell_response(cx, dir, &m);
    else if (answer)
        use_response(cx, dir, &m);
    else
        tell_query(cx, dir, &m);
    return true;
}

/**
 * Is this DNS, as a datagram or with the length that TCP puts in front?
 * Return: YES on a header whose counts and flags agree and a whole question
 */
static enum ww_guess dns_probe(struct ww_slice in, enum ww_dir dir)
{
    (void)dir;
    struct ww_rd r = ww_rd(in);
    uint16_t len = ww_rd_be16(&r);
    if (ww_dns_looks(in) == WW_GUESS_YES)
        return WW_GUESS_YES;
    if (len < DNS_HEADER + 5)
        return WW_GUESS_NO;
    struct ww_slice rest = ww_rd_rest(&r);
    return rest.n == 0 ? WW_GUESS_MAYBE : ww_dns_looks(ww_slice_sub(rest, 0, len));
}

static struct ww_parse dns_data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    struct dns_state *s = state;
    size_t at = 0;
    if (cx->datagram) {
        bool good = message(cx, dir, in);
        s->bad = good ? 0 : (uint8_t)(s->bad + 1);
        return s->bad < BAD_MAX ? ww_ok(in.n) : ww_stop("no DNS message");
    }
    if (s->lost[dir] && dns_probe(in, dir) != WW_GUESS_YES)
        return ww_ok(in.n); /* segments tend to begin with a message: the next one may */
    s->lost[dir] = false;
    while (at < in.n) {
        struct ww_rd r = ww_rd(ww_slice_sub(in, at, in.n));
        uint16_t len = ww_rd_be16(&r);
        if (r.bad)
            return ww_more(at, 2);
        if (len < DNS_HEADER)
            return ww_stop("length below a DNS header");
        if (r.left < len)
            return ww_more(at, (size_t)2 + len);
        bool good = message(cx, dir, ww_rd_bytes(&r, len));
        s->bad = good ? 0 : (uint8_t)(s->bad + 1);
        if (s->bad >= BAD_MAX)
            return ww_stop("no DNS message");
        at += (size_t)2 + len;
    }
    return ww_ok(in.n);
}

static void dns_gap(struct ww_cx *cx, void *state, enum ww_dir dir, uint64_t lost)
{
    (void)cx;
    (void)lost;
    ((struct dns_state *)state)->lost[dir] = true;
}

static const struct ww_event_type *const events[] = { &dns_query_type, &dns_response_type,
                                                      &dns_answer_type, NULL };
static const struct ww_port ports[] = { { WW_ON_UDP, 53 }, { WW_ON_TCP, 53 }, { WW_ON_END, 0 } };

const struct ww_dissector ww_dissector_dns = {
    .name = "dns",
    .spec = "RFC 1035, RFC 7766",
    .events = events,
    .ports = ports,
    .state_size = sizeof(struct dns_state),
    .max_msg = TCP_MAX,
    .probe = dns_probe,
    .data = dns_data,
    .gap = dns_gap,
};
