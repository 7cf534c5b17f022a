/* dhcp.c - DHCP for IPv4: which host asks, as what it describes itself, what it is given by whom.
 * Source: RFC 2131, RFC 2132 (options), RFC 3046 (relay), RFC 4702 (FQDN), RFC 8520 (MUD URL) */
#include "dissectors/dissector.h"
#include "sensor/base/tok.h"

enum {
    FIXED = 236, /* bytes before the magic cookie */
    COOKIE = 0x63825363,
    SNAME_LEN = 64,
    FILE_LEN = 128,
    OPTIONS_MAX = 512, /* options of one message that are read */
    BAD_MAX = 3        /* broken messages on a flow before it is given up */
};
/* clang-format off */
enum {
    O_PAD = 0, O_MASK = 1, O_ROUTERS = 3, O_DNS = 6, O_HOSTNAME = 12, O_DOMAIN = 15, O_NTP = 42,
    O_REQUESTED = 50, O_LEASE = 51, O_OVERLOAD = 52, O_TYPE = 53, O_SERVER = 54, O_PARAMS = 55,
    O_RENEWAL = 58, O_REBINDING = 59, O_VENDOR = 60, O_CLIENT_ID = 61, O_TFTP = 66, O_BOOTFILE = 67,
    O_FQDN = 81, O_RELAY = 82, O_MUD = 161, O_END = 255
};
/* clang-format on */

#define DHCP_FIELDS(F, S)                                                                         \
    F(S, STR, op, 8, NONE, "", "request or reply")                                                \
    F(S, STR, dhcp_type, 16, NONE, "", "discover, offer, request, decline, ack, nak, ...")        \
    F(S, U32, id, 0, NONE, "", "Transaction id")                                                  \
    F(S, MAC, subject_mac, 0, NONE, "", "Device that the message is about, as client_mac")        \
    F(S, MAC, client_mac, 0, NONE, "", "Hardware address of the client")                          \
    F(S, IP, client_ip, 0, NONE, "", "Address that the client has already")                       \
    F(S, IP, assigned_ip, 0, NONE, "", "Address that the server gives")                           \
    F(S, IP, requested_ip, 0, NONE, "", "Address that the client wishes (option 50)")             \
    F(S, IP, next_server_ip, 0, NONE, "", "Server of the next step of a start by network")        \
    F(S, IP, relay_ip, 0, NONE, "", "Relay agent that passed the message on")                     \
    F(S, BOOL, relay_info, 0, NONE, "", "A relay agent added port information (option 82)")       \
    F(S, IP, server_id, 0, NONE, "", "Server's identity (option 54)")                             \
    F(S, STR, hostname, 255, OTHER_NAME, "", "Name of the client (option 12)")                    \
    F(S, STR, fqdn, 255, NONE, "", "Full name of the client (option 81)")                         \
    F(S, STR, vendor_class_identifier, 128, OTHER_CLASS, "", "What the client calls itself (60)") \
    F(S, STR, client_id, 64, NONE, "", "Client identifier (option 61), as hex")                   \
    F(S, STR, params, 255, NONE, "", "Options that the client asks for (55), in order")           \
    F(S, STR, mud_url, 255, NONE, "", "Address of the manufacturer's declaration (option 161)")   \
    F(S, IP, subnet_mask, 0, NONE, "", "Mask of the subnet (option 1)")                           \
    F(S, LIST, routers, 64, NONE, "", "Routers (option 3)")                                       \
    F(S, LIST, dns_servers, 64, NONE, "", "Name servers (option 6)")                              \
    F(S, LIST, ntp_servers, 64, NONE, "", "Time servers (option 42)")                             \
    F(S, STR, domain, 128, NONE, "", "Domain of the client (option 15)")                          \
    F(S, STR, tftp_server, 64, NONE, "", "Server of the boot file (option 66)")                   \
    F(S, STR, boot_file, 128, NONE, "", "Boot file (option 67 or the header)")                    \
    F(S, U32N, lease_time, 0, NONE, "s", "Time for which the address is given (option 51)")       \
    F(S, U32N, renewal_time, 0, NONE, "s", "Renewal time (option 58)")                            \
    F(S, U32N, rebinding_time, 0, NONE, "s", "Rebinding time (option 59)")
WW_EVENT_DEFINE(dhcp_message, "dhcp.message", "A DHCP message, from the client or the server", 0,
                DHCP_FIELDS);

static const struct ww_tok kinds[] = {
    { 1, "discover" },     { 2, "offer" },       { 3, "request" },          { 4, "decline" },
    { 5, "ack" },          { 6, "nak" },         { 7, "release" },          { 8, "inform" },
    { 9, "forcerenew" },   { 10, "leasequery" }, { 11, "leaseunassigned" }, { 12, "leaseunknown" },
    { 13, "leaseactive" }, { 0, NULL }
};

struct dhcp_state {
    uint8_t bad;
};

/* One message while it is read. */
struct reading {
    struct dhcp_message e;
    uint8_t overload; /* option 52: which header fields hold options too */
    bool typed, fits;
};

static uint32_t seconds(struct ww_slice v)
{
    struct ww_rd r = ww_rd(v);
    uint32_t s = ww_rd_be32(&r);
    return r.bad ? WW_NULL32 : s; /* ffffffff is "for ever" (RFC 2131 3.3) and reads as unknown */
}

/* Addresses of an option as text, each an item. */
static bool addresses(uint16_t *len, uint16_t *total, char *b, size_t cap, struct ww_slice v)
{
    bool fits = true;
    for (struct ww_rd r = ww_rd(v); r.left >= 4;) {
        char text[WW_IP_TEXT];
        struct ww_ip ip = ww_ip_of(ww_rd_bytes(&r, 4));
        fits &= ww_list_add(len, total, b, cap, ww_slice_str(ww_ip_text(text, ip.b, 4)));
    }
    return fits;
}
#define ADDRESSES(f, v) addresses(&(f).len, &(f).total, (f).b, sizeof((f).b), (v))

/* Option 55 as text: "1,3,6,15"; the order is characteristic of the client's software. */
static bool params(struct dhcp_message *e, struct ww_slice v)
{
    char text[sizeof e->params.b];
    struct ww_out o = ww_out(text, sizeof text);
    for (struct ww_rd r = ww_rd(v); r.left > 0;) {
        if (o.n > 0)
            ww_out_c(&o, ',');
        ww_out_u64(&o, ww_rd_u8(&r));
    }
    (void)WW_SET(e->params, ((struct ww_slice){ (const uint8_t *)text, o.n }));
    return !o.cut;
}

static bool client_id(struct dhcp_message *e, struct ww_slice v)
{
    char text[sizeof e->client_id.b];
    struct ww_out o = ww_out(text, sizeof text);
    for (struct ww_rd r = ww_rd(v); r.left > 0;)
        ww_out_hex(&o, ww_rd_u8(&r), 2);
    (void)WW_SET(e->client_id, ((struct ww_slice){ (const uint8_t *)text, o.n }));
    return !o.cut;
}

/* Option 81: flags, two old codes, a name in plain text or in DNS form (E bit, RFC 4702 2.1). */
static bool fqdn(struct dhcp_message *e, struct ww_slice v)
{
    struct ww_rd r = ww_rd(v);
    bool wire = (ww_rd_u8(&r) & 0x04) != 0;
    ww_rd_skip(&r, 2);
    if (!wire)
        return WW_SET(e->fqdn, ww_slice_trim(ww_rd_rest(&r)));
    char text[sizeof e->fqdn.b];
    struct ww_out o = ww_out(text, sizeof text);
    while (r.left > 0) {
        struct ww_slice label = ww_rd_bytes(&r, ww_rd_u8(&r));
        if (label.n == 0)
            break;
        if (o.n > 0)
            ww_out_c(&o, '.');
        ww_out_raw(&o, label.p, label.n);
    }
    (void)WW_SET(e->fqdn, ((struct ww_slice){ (const uint8_t *)text, o.n }));
    return !o.cut;
}

/* Options that are text. Return: false when it did not fit. */
static bool text_option(struct dhcp_message *e, uint8_t code, struct ww_slice v)
{
    v = ww_slice_trim(v);
    switch (code) {
    case O_HOSTNAME:
        return WW_SET(e->hostname, v);
    case O_DOMAIN:
        return WW_SET(e->domain, v);
    case O_VENDOR:
        return WW_SET(e->vendor_class_identifier, v);
    case O_TFTP:
        return WW_SET(e->tftp_server, v);
    case O_BOOTFILE:
        return WW_SET(e->boot_file, v);
    case O_MUD:
        return WW_SET(e->mud_url, v);
    }
    return true;
}

/* Options that are lists, identifiers or coded names. Return: false when it did not fit. */
static bool list_option(struct dhcp_message *e, uint8_t code, struct ww_slice v)
{
    switch (code) {
    case O_ROUTERS:
        return ADDRESSES(e->routers, v);
    case O_DNS:
        return ADDRESSES(e->dns_servers, v);
    case O_NTP:
        return ADDRESSES(e->ntp_servers, v);
    case O_PARAMS:
        return params(e, v);
    case O_CLIENT_ID:
        return client_id(e, v);
    case O_FQDN:
        return fqdn(e, v);
    }
    return true;
}

/* Takes one option. */
static void option(struct reading *m, uint8_t code, struct ww_slice v)
{
    struct dhcp_message *e = &m->e;
    struct ww_rd r = ww_rd(v);
    m->fits &= text_option(e, code, v) && list_option(e, code, v);
    switch (code) {
    case O_MASK:
        e->subnet_mask = ww_ip_of(v);
        return;
    case O_REQUESTED:
        e->requested_ip = ww_ip_of(v);
        return;
    case O_SERVER:
        e->server_id = ww_ip_of(v);
        return;
    case O_LEASE:
        e->lease_time = seconds(v);
        return;
    case O_RENEWAL:
        e->renewal_time = seconds(v);
        return;
    case O_REBINDING:
        e->rebinding_time = seconds(v);
        return;
    case O_OVERLOAD:
        m->overload = ww_rd_u8(&r) & 3;
        return;
    case O_TYPE:
        m->typed = v.n == 1;
        (void)WW_SET(e->dhcp_type, ww_slice_str(ww_tok(kinds, ww_rd_u8(&r), "unknown")));
        return;
    case O_RELAY:
        e->relay_info = true;
        return;
    }
}

/* Reads a field of options. Return: false when an option is cut or the end option is missing. */
static bool options(struct reading *m, struct ww_slice in)
{
    struct ww_rd r = ww_rd(in);
    for (unsigned n = 0; r.left > 0 && n < OPTIONS_MAX; n++) {
        uint8_t code = ww_rd_u8(&r);
        if (code == O_END)
            return true;
        if (code == O_PAD)
            continue;
        struct ww_slice v = ww_rd_bytes(&r, ww_rd_u8(&r));
        if (r.bad)
            return false;
        option(m, code, v);
    }
    return false;
}

/* An address that is there; 0.0.0.0 means none. */
static struct ww_ip address(struct ww_slice v)
{
    struct ww_rd r = ww_rd(v);
    return ww_rd_be32(&r) != 0 ? ww_ip_of(v) : (struct ww_ip){ 0 };
}

/* Text of a header field that is filled with NULs. */
static struct ww_slice padded(struct ww_slice v)
{
    return ww_slice_sub(v, 0, ww_slice_find(v, 0, 0));
}

/**
 * Reads a whole message.
 * Return: false when it is broken
 * Source: RFC 2131 2 (format), 4.1 (overload: options go on in file, then in sname)
 */
static bool message_read(struct reading *m, struct ww_slice in)
{
    struct ww_rd r = ww_rd(in);
    struct dhcp_message *e = &m->e;
    uint8_t op = ww_rd_u8(&r), htype = ww_rd_u8(&r), hlen = ww_rd_u8(&r);
    ww_rd_skip(&r, 1);
    e->id = ww_rd_be32(&r);
    ww_rd_skip(&r, 4);
    e->client_ip = address(ww_rd_bytes(&r, 4));
    e->assigned_ip = address(ww_rd_bytes(&r, 4));
    e->next_server_ip = address(ww_rd_bytes(&r, 4));
    e->relay_ip = address(ww_rd_bytes(&r, 4));
    struct ww_slice chaddr = ww_rd_bytes(&r, 16);
    struct ww_slice sname = ww_rd_bytes(&r, SNAME_LEN), file = ww_rd_bytes(&r, FILE_LEN);
    if (ww_rd_be32(&r) != COOKIE || r.bad || (op != 1 && op != 2) || hlen > 16)
        return false;
    if (htype == 1 && hlen == 6)
        e->client_mac = e->subject_mac = ww_mac_of(ww_slice_sub(chaddr, 0, 6));
    (void)WW_SET(e->op, op == 1 ? WW_SLICE_LIT("request") : WW_SLICE_LIT("reply"));
    e->lease_time = e->renewal_time = e->rebinding_time = WW_NULL32;
    if (!options(m, ww_rd_rest(&r)))
        return false;
    uint8_t overload = m->overload; /* an overload option inside file or sname means nothing */
    if ((overload & 1) != 0 && !options(m, file))
        return false;
    if ((overload & 2) != 0 && !options(m, sname))
        return false;
    if ((overload & 1) == 0 && e->boot_file.len == 0)
        m->fits &= WW_SET(e->boot_file, padded(file));
    return m->typed;
}

static struct ww_parse dhcp_data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    struct dhcp_state *s = state;
    struct reading m = { .fits = true };
    if (!message_read(&m, in)) {
        ww_anomaly(cx, dir, "dhcp_malformed");
        s->bad++;
        return s->bad < BAD_MAX ? ww_ok(in.n) : ww_stop("no DHCP message");
    }
    s->bad = 0;
    ww_client_is(cx, ww_slice_eqs(WW_STR(m.e.op), "request") ? dir : ww_other(dir));
    if (!m.fits)
        cx->ev_flags |= WW_EV_TRUNCATED;
    ww_emit(cx, &dhcp_message_type, dir, &m.e);
    return ww_ok(in.n);
}

/* YES on the magic cookie behind a header whose hardware fields agree. */
static enum ww_guess dhcp_probe(struct ww_slice in, enum ww_dir dir)
{
    struct ww_rd r = ww_rd(in);
    uint8_t op = ww_rd_u8(&r), htype = ww_rd_u8(&r), hlen = ww_rd_u8(&r);
    (void)dir;
    ww_rd_skip(&r, FIXED - 3);
    bool yes = ww_rd_be32(&r) == COOKIE && (op == 1 || op == 2) && htype != 0 && hlen <= 16;
    return yes && !r.bad ? WW_GUESS_YES : WW_GUESS_NO;
}

static const struct ww_event_type *const events[] = { &dhcp_message_type, NULL };
static const struct ww_port ports[] = { { WW_ON_UDP, 67 }, { WW_ON_UDP, 68 }, { WW_ON_END, 0 } };

const struct ww_dissector ww_dissector_dhcp = {
    .name = "dhcp",
    .spec = "RFC 2131, RFC 2132",
    .events = events,
    .ports = ports,
    .first = { 1 << 1 | 1 << 2 },
    .state_size = sizeof(struct dhcp_state),
    .probe = dhcp_probe,
    .data = dhcp_data,
};
