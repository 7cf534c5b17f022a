/* certificate.c - the certificate that a side shows, in clear up to TLS 1.2 (RFC 5246 7.4.2). */
#include "dissectors/it/tls/tls.h"
#include "dissectors/lib/x509.h"

bool ww_tls_word(struct ww_slice s, const char *more)
{
    struct ww_rd r = ww_rd(s);
    while (r.left > 0) {
        uint8_t c = ww_rd_u8(&r);
        bool good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!good && (c == 0 || strchr(more, c) == NULL))
            return false;
    }
    return s.n > 0;
}

/* Text that may be shown: printable ASCII or UTF-8; BMPString and the like are left out. */
static struct ww_slice plain(struct ww_slice s)
{
    struct ww_rd r = ww_rd(s);
    while (r.left > 0) {
        uint8_t c = ww_rd_u8(&r);
        if (c < 0x20 || c == 0x7f)
            return (struct ww_slice){ NULL, 0 };
    }
    return s;
}

/* Where neither ALPN nor the port said what is inside, names may: an AE title or a host called pacs-2. */
static void by_names(struct tls *t, const struct ww_x509 *x)
{
    if (t->carries != 0)
        return;
    uint8_t row = ww_tls_by_name(x->subject_cn);
    for (unsigned i = 0; row == 0 && i < x->names && i < WW_X509_NAMES; i++)
        row = ww_tls_by_name(x->name[i]);
    t->carries = row;
    t->by = BY_CERTIFICATE;
}

/**
 * Tells the first certificate of a Certificate message, which is the sender's own.
 * In:     body  the message, or what of it stands in its first record
 * Source: RFC 5246 7.4.2: a list of certificates, each with its length
 */
void ww_tls_certificates(const struct call *c, struct ww_slice body)
{
    struct ww_tls_certificate e = { .expired = false };
    struct ww_x509 x;
    struct ww_rd r = ww_rd(body);
    ww_rd_skip(&r, 3);
    struct ww_slice der = ww_rd_bytes(&r, ww_rd_be24(&r));
    if (r.bad || der.n == 0 || !ww_x509_read(der, &x))
        return; /* none shown, or it goes on in another record */
    bool all = x.names <= WW_X509_NAMES;
    if (ww_tls_word(x.subject_cn, "-._*"))
        all = WW_SET(e.subject, x.subject_cn) && all;
    all = WW_SET(e.organisation, plain(x.subject_o)) && all;
    for (unsigned i = 0; i < x.names && i < WW_X509_NAMES; i++)
        if (ww_tls_word(x.name[i], "-._*"))
            all = WW_ADD(e.subjectaltname, x.name[i]) && all;
    all = WW_SET(e.issuerdn, plain(x.issuer_cn.n > 0 ? x.issuer_cn : x.issuer_o)) && all;
    char room[2 * WW_X509_SERIAL_MAX + 2];
    struct ww_out o = ww_out(room, sizeof room);
    struct ww_rd serial = ww_rd(x.serial);
    for (unsigned i = 0; serial.left > 0 && i < WW_X509_SERIAL_MAX; i++)
        ww_out_hex(&o, ww_rd_u8(&serial), 2);
    (void)WW_SET(e.serial, ((struct ww_slice){ (const uint8_t *)room, o.n }));
    e.notbefore = x.notbefore;
    e.notafter = x.notafter;
    uint64_t now = ww_now(c->cx);
    e.expired = (x.notafter != 0 && now > x.notafter) || (x.notbefore != 0 && now < x.notbefore);
    e.self_issued = x.self_issued;
    by_names(c->t, &x);
    (void)WW_SET(e.carries, ww_slice_str(ww_tls_carried(c->t->carries)));
    (void)WW_SET(e.carries_by, ww_slice_str(ww_tls_by(c->t)));
    c->cx->ev_flags = all ? 0 : WW_EV_TRUNCATED;
    ww_emit(c->cx, &ww_tls_certificate_type, c->dir, &e);
}
