/* tls.c - the part of TLS that is in clear: who asks for what, with which version and certificate
 * (RFC 8446, RFC 5246). What is encrypted passes unseen, whatever is lost in it. */
#include "dissectors/it/tls/tls.h"
#include "sensor/base/tok.h"

WW_EVENT_TYPE(ww_tls_client, "tls.client", "A client asks for an encrypted connection", 0,
              TLS_CLIENT_FIELDS);
WW_EVENT_TYPE(ww_tls_server, "tls.server", "The server's answer", 0, TLS_SERVER_FIELDS);
WW_EVENT_TYPE(ww_tls_certificate, "tls.certificate", "The certificate of the sender, up to TLS 1.2",
              0, TLS_CERTIFICATE_FIELDS);
WW_EVENT_TYPE(ww_tls_alert, "tls.alert", "A warning or error in clear", 0, TLS_ALERT_FIELDS);

static const struct ww_event_type *const events[] = { &ww_tls_client_type, &ww_tls_server_type,
                                                      &ww_tls_certificate_type, &ww_tls_alert_type,
                                                      NULL };

static const struct ww_tok alerts[] = {
    /* RFC 8446 B.2 */
    { 0, "close_notify" },
    { 10, "unexpected_message" },
    { 20, "bad_record_mac" },
    { 22, "record_overflow" },
    { 40, "handshake_failure" },
    { 42, "bad_certificate" },
    { 43, "unsupported_certificate" },
    { 44, "certificate_revoked" },
    { 45, "certificate_expired" },
    { 46, "certificate_unknown" },
    { 47, "illegal_parameter" },
    { 48, "unknown_ca" },
    { 49, "access_denied" },
    { 50, "decode_error" },
    { 51, "decrypt_error" },
    { 70, "protocol_version" },
    { 71, "insufficient_security" },
    { 80, "internal_error" },
    { 86, "inappropriate_fallback" },
    { 90, "user_canceled" },
    { 109, "missing_extension" },
    { 110, "unsupported_extension" },
    { 112, "unrecognized_name" },
    { 113, "bad_certificate_status_response" },
    { 115, "unknown_psk_identity" },
    { 116, "certificate_required" },
    { 120, "no_application_protocol" },
    { 0, NULL },
};

/* A record header that can be. Versions up to TLS 1.3, which writes 0303 (RFC 8446 5.1). */
static bool header(struct ww_slice in, uint8_t *type, size_t *len)
{
    struct ww_rd r = ww_rd(in);
    *type = ww_rd_u8(&r);
    uint16_t version = ww_rd_be16(&r);
    *len = ww_rd_be16(&r);
    return !r.bad && *type >= REC_CCS && *type <= REC_HEARTBEAT && version >= 0x0300 &&
           version <= 0x0304 && *len > 0 && *len <= RECORD_MAX;
}

/* In the middle only two records in a row are sure enough. */
static enum ww_guess middle(struct ww_slice in, size_t len)
{
    uint8_t type;
    size_t next;
    if (in.n < RECORD_HDR + len + RECORD_HDR)
        return WW_GUESS_NO;
    return header(ww_slice_from(in, RECORD_HDR + len), &type, &next) ? WW_GUESS_YES : WW_GUESS_NO;
}

static enum ww_guess probe(struct ww_slice in, enum ww_dir dir)
{
    uint8_t type = ww_slice_at(in, 0);
    size_t len;
    (void)dir;
    if (in.n < RECORD_HDR)
        return type < REC_CCS || type > REC_DATA || (in.n > 1 && ww_slice_at(in, 1) != 3)
                   ? WW_GUESS_NO
                   : WW_GUESS_MAYBE;
    if (!header(in, &type, &len))
        return WW_GUESS_NO;
    if (type != REC_HANDSHAKE)
        return middle(in, len);
    if (in.n < RECORD_HDR + MESSAGE_HDR + 2)
        return WW_GUESS_MAYBE;
    struct ww_rd r = ww_rd(ww_slice_from(in, RECORD_HDR));
    uint8_t kind = ww_rd_u8(&r);
    uint32_t n = ww_rd_be24(&r);
    uint16_t version = ww_rd_be16(&r);
    bool hello = kind == HS_CLIENT_HELLO || kind == HS_SERVER_HELLO;
    bool known =
        (version >= 0x0300 && version <= 0x0304) || version >> 8 == 0x7f; /* drafts of 1.3 */
    return hello && n >= 38 && known ? WW_GUESS_YES : middle(in, len);
}

/* Handshake messages of one record; one that goes on in the next record is read as far as it came.
 */
static void handshake(const struct call *c, struct ww_slice body)
{
    struct ww_rd r = ww_rd(body);
    uint32_t *rest = &c->t->rest[c->dir];
    uint32_t over = *rest < r.left ? *rest : (uint32_t)r.left;
    ww_rd_skip(&r, over);
    *rest -= over;
    while (r.left >= MESSAGE_HDR) {
        uint8_t kind = ww_rd_u8(&r);
        uint32_t len = ww_rd_be24(&r);
        struct ww_slice m = ww_rd_bytes(&r, len < r.left ? len : r.left);
        *rest = len - (uint32_t)m.n;
        if (kind == HS_CLIENT_HELLO && *rest == 0)
            ww_tls_client_hello(c, m);
        else if (kind == HS_SERVER_HELLO && *rest == 0)
            ww_tls_server_hello(c, m);
        else if (kind == HS_CERTIFICATE)
            ww_tls_certificates(c, m);
    }
}

/* RFC 5246 7.2: two bytes in clear; longer ones are encrypted. */
static void alert(const struct call *c, struct ww_slice body)
{
    struct ww_tls_alert e = { .fatal = ww_slice_at(body, 0) == 2, .code = ww_slice_at(body, 1) };
    if (body.n != 2)
        return;
    (void)WW_SET(e.description, ww_slice_str(ww_tok(alerts, e.code, "")));
    ww_emit(c->cx, &ww_tls_alert_type, c->dir, &e);
}

/**
 * Reads one record.
 * In:     in  bytes from its header on
 * Source: RFC 8446 5.1; after ChangeCipherSpec or application data all of a direction is encrypted
 */
static struct ww_parse record(const struct call *c, struct ww_slice in)
{
    uint8_t type;
    size_t len;
    if (in.n < RECORD_HDR)
        return ww_more(0, RECORD_HDR);
    if (!header(in, &type, &len))
        return ww_stop("record header");
    if (type == REC_CCS || type == REC_DATA) {
        c->t->sealed[c->dir] = true;
        return ww_ok(RECORD_HDR);
    }
    if (type == REC_HEARTBEAT)
        return ww_ok(RECORD_HDR + len);
    if (in.n < RECORD_HDR + len)
        return ww_more(0, RECORD_HDR + len);
    struct ww_slice body = ww_slice_sub(in, RECORD_HDR, len);
    if (type == REC_HANDSHAKE)
        handshake(c, body);
    else
        alert(c, body);
    return ww_ok(RECORD_HDR + len);
}

static struct ww_parse data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    struct call c = { .cx = cx, .t = state, .dir = dir };
    size_t used = 0;
    if (in.n == 0)
        return ww_more(0, 1);
    while (used < in.n) {
        if (c.t->sealed[dir])
            return ww_ok(SIZE_MAX / 2); /* all that may follow */
        struct ww_parse p = record(&c, ww_slice_from(in, used));
        if (p.v == WW_P_STOP)
            return p;
        used += p.used;
        if (p.v == WW_P_MORE)
            return ww_more(used, p.need);
    }
    return ww_ok(used);
}

/* Where the next record begins is not known any more. */
static void gap(struct ww_cx *cx, void *state, enum ww_dir dir, uint64_t lost)
{
    struct tls *t = state;
    (void)cx;
    (void)lost;
    t->sealed[dir] = true;
}

static const struct ww_port ports[] = { { WW_ON_TCP, 443 },  { WW_ON_TCP, 2762 },
                                        { WW_ON_TCP, 8443 }, { WW_ON_TCP, 636 },
                                        { WW_ON_TCP, 6514 }, { WW_ON_TCP, 853 },
                                        { WW_ON_TCP, 8883 }, { WW_ON_END, 0 } };

const struct ww_dissector ww_dissector_tls = {
    .name = "tls",
    .spec = "RFC 8446, RFC 5246, RFC 5280",
    .events = events,
    .ports = ports,
    .first = { [2] = 0xf0 }, /* record types 20 to 23 */
    .state_size = sizeof(struct tls),
    .max_msg = RECORD_HDR + RECORD_MAX,
    .probe = probe,
    .data = data,
    .gap = gap,
};
