/* x509.c - reads certificates in DER (X.690 8, RFC 5280 4.1). */
#include "dissectors/lib/x509.h"
#include "dissectors/lib/when.h"
#include "sensor/base/out.h"

enum {
    T_BOOLEAN = 0x01,
    T_INTEGER = 0x02,
    T_OCTETS = 0x04,
    T_OID = 0x06,
    T_UTC = 0x17,
    T_TIME = 0x18,
    T_SEQUENCE = 0x30,
    T_SET = 0x31,
    T_VERSION = 0xa0,    /* [0] of the certificate */
    T_EXTENSIONS = 0xa3, /* [3] of the certificate */
    T_DNS_NAME = 0x82,   /* [2] of GeneralName */
    LENGTH_BYTES = 4,    /* of a length in the long form */
    ITEMS_MAX = 64       /* names of a name, extensions, alternative names */
};

/* One element: its tag and its content. Return: 0 at the end or when it is broken (then r->bad) */
static uint8_t element(struct ww_rd *r, struct ww_rd *body)
{
    if (r->left == 0)
        return 0;
    uint8_t tag = ww_rd_u8(r);
    size_t len = ww_rd_u8(r);
    if (len >= 0x80) {
        size_t n = len & 0x7f;
        if (n == 0 || n > LENGTH_BYTES) { /* X.690 8.1.3.6: indefinite; or absurd */
            r->bad = true;
            return 0;
        }
        len = 0;
        while (n-- > 0)
            len = len << 8 | ww_rd_u8(r);
    }
    *body = ww_rd_sub(r, len);
    return r->bad ? 0 : tag;
}

static bool wanted(struct ww_rd *r, uint8_t tag, struct ww_rd *body)
{
    return element(r, body) == tag;
}

/**
 * UTCTime and GeneralizedTime as certificates must write them.
 * Return: ns since 1970 UTC; 0 when it is none
 * Source: RFC 5280 4.1.2.5: with seconds, Zulu; years 50..99 of UTCTime are of the 20th century
 */
static uint64_t moment(uint8_t tag, struct ww_rd r)
{
    struct ww_slice s = ww_rd_rest(&r);
    size_t want = tag == T_UTC ? 13 : 15;
    char room[16];
    struct ww_out o = ww_out(room, sizeof room);
    if ((tag != T_UTC && tag != T_TIME) || s.n != want || ww_slice_at(s, want - 1) != 'Z')
        return 0;
    if (tag == T_UTC)
        ww_out_s(&o, ww_slice_at(s, 0) < '5' ? "20" : "19");
    ww_out_raw(&o, s.p, s.n - 1);
    return ww_when_compact((struct ww_slice){ (const uint8_t *)room, o.n }).ns;
}

/* Common name and organisation of a Name (RFC 5280 4.1.2.4); OIDs 2.5.4.3 and 2.5.4.10. */
static void read_name(struct ww_rd r, struct ww_slice *cn, struct ww_slice *o)
{
    struct ww_rd set, pair, oid, value;
    for (unsigned i = 0; i < ITEMS_MAX && wanted(&r, T_SET, &set); i++) {
        if (!wanted(&set, T_SEQUENCE, &pair) || !wanted(&pair, T_OID, &oid) ||
            element(&pair, &value) == 0)
            return;
        struct ww_slice id = ww_rd_rest(&oid);
        if (ww_slice_eqs(id, "\x55\x04\x03"))
            *cn = ww_rd_rest(&value);
        else if (ww_slice_eqs(id, "\x55\x04\x0a"))
            *o = ww_rd_rest(&value);
    }
}

/* Alternative names of the subject (RFC 5280 4.2.1.6), OID 2.5.29.17. */
static void read_extension(struct ww_rd ext, struct ww_x509 *out)
{
    struct ww_rd oid, value, names, one;
    if (!wanted(&ext, T_OID, &oid) || !ww_slice_eqs(ww_rd_rest(&oid), "\x55\x1d\x11"))
        return;
    uint8_t tag = element(&ext, &value);
    if (tag == T_BOOLEAN) /* critical */
        tag = element(&ext, &value);
    if (tag != T_OCTETS || !wanted(&value, T_SEQUENCE, &names))
        return;
    uint8_t kind;
    for (unsigned i = 0; i < ITEMS_MAX && (kind = element(&names, &one)) != 0; i++) {
        if (kind != T_DNS_NAME)
            continue;
        if (out->names < WW_X509_NAMES)
            out->name[out->names] = ww_rd_rest(&one);
        out->names++;
    }
}

bool ww_x509_read(struct ww_slice der, struct ww_x509 *out)
{
    struct ww_rd r = ww_rd(der), cert, tbs, x, issuer, subject, from, to, list, ext;
    *out = (struct ww_x509){ .names = 0 };
    if (!wanted(&r, T_SEQUENCE, &cert) || !wanted(&cert, T_SEQUENCE, &tbs))
        return false;
    uint8_t tag = element(&tbs, &x);
    if (tag == T_VERSION)
        tag = element(&tbs, &x);
    if (tag != T_INTEGER)
        return false;
    out->serial = ww_rd_rest(&x);
    if (!wanted(&tbs, T_SEQUENCE, &x) || !wanted(&tbs, T_SEQUENCE, &issuer) ||
        !wanted(&tbs, T_SEQUENCE, &x))
        return false;
    uint8_t a = element(&x, &from), b = element(&x, &to);
    if (a == 0 || b == 0 || !wanted(&tbs, T_SEQUENCE, &subject))
        return false;
    out->notbefore = moment(a, from);
    out->notafter = moment(b, to);
    read_name(issuer, &out->issuer_cn, &out->issuer_o);
    read_name(subject, &out->subject_cn, &out->subject_o);
    out->self_issued = ww_slice_eq(ww_rd_rest(&issuer), ww_rd_rest(&subject));
    while ((tag = element(&tbs, &x)) != 0)
        if (tag == T_EXTENSIONS && wanted(&x, T_SEQUENCE, &list))
            for (unsigned i = 0; i < ITEMS_MAX && wanted(&list, T_SEQUENCE, &ext); i++)
                read_extension(ext, out);
    return true;
}
