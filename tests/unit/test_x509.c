/* Certificates, made by OpenSSL and read by us. */
#include "dissectors/lib/x509.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static void name(X509_NAME *n, const char *cn, const char *o)
{
    if (o != NULL)
        X509_NAME_add_entry_by_txt(n, "O", MBSTRING_UTF8, (const unsigned char *)o, -1, -1, 0);
    if (cn != NULL)
        X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
}

/* A certificate in DER between two times (YYYYMMDDHHMMSSZ), with an alternative name extension. */
static struct ww_slice made(const char *from, const char *to, const char *alt, bool critical)
{
    X509 *x = X509_new();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 0x1234567);
    name(X509_get_issuer_name(x), "Example CA", "Example Authority");
    name(X509_get_subject_name(x), "pacs.hospital.example", "例病院");
    ASN1_TIME_set_string_X509(X509_getm_notBefore(x), from);
    ASN1_TIME_set_string_X509(X509_getm_notAfter(x), to);
    X509_set_pubkey(x, key);
    if (alt != NULL) {
        char text[2000];
        (void)snprintf(text, sizeof text, "%s%s", critical ? "critical," : "", alt);
        X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, text);
        X509_add_ext(x, e, -1);
        X509_EXTENSION_free(e);
    }
    cr_assert(gt(int, X509_sign(x, key, EVP_sha256()), 0));
    unsigned char *der = NULL;
    int n = i2d_X509(x, &der);
    struct ww_slice s = t_guard(der, (size_t)n);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    X509_free(x);
    return s;
}

Test(x509, names_and_times)
{
    const struct {
        const char *from, *to;
        uint64_t notbefore, notafter; /* seconds */
    } row[] = {
        { "20260105000000Z", "20270105235959Z", 1767571200, 1799193599 },
        { "19990228120000Z", "20000229000001Z", 920203200, 951782401 },
        { "20491231235959Z", "20500101000000Z", 2524607999,
          2524608000 }, /* UTCTime, GeneralizedTime */
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct ww_slice s =
            made(row[i].from, row[i].to,
                 "DNS:a.example,IP:192.0.2.1,DNS:*.b.example,email:x@y.example", i == 1);
        struct ww_x509 x;
        cr_assert(ww_x509_read(s, &x));
        cr_assert(ww_slice_eqs(x.subject_cn, "pacs.hospital.example"));
        cr_assert(ww_slice_eqs(x.subject_o, "例病院"));
        cr_assert(ww_slice_eqs(x.issuer_cn, "Example CA"));
        cr_assert(ww_slice_eqs(x.issuer_o, "Example Authority"));
        cr_assert(ww_slice_eqs(x.serial, "\x01\x23\x45\x67"));
        cr_assert(eq(uint, x.names, 2));
        cr_assert(ww_slice_eqs(x.name[0], "a.example") && ww_slice_eqs(x.name[1], "*.b.example"));
        cr_assert(eq(u64, x.notbefore, row[i].notbefore * 1000000000));
        cr_assert(eq(u64, x.notafter, row[i].notafter * 1000000000));
        cr_assert(not(x.self_issued));
        t_unguard(s);
    }
}

Test(x509, many_names)
{
    char alt[1200] = "DNS:n0.example";
    for (int i = 1; i < 20; i++)
        (void)snprintf(alt + strlen(alt), sizeof alt - strlen(alt), ",DNS:n%d.example", i);
    struct ww_slice s = made("20260105000000Z", "20270105235959Z", alt, false);
    struct ww_x509 x;
    cr_assert(ww_x509_read(s, &x));
    cr_assert(eq(uint, x.names, 20));
    cr_assert(ww_slice_eqs(x.name[WW_X509_NAMES - 1], "n15.example"));
    t_unguard(s);
}

/* Cut at every byte it is no certificate; with every byte changed it does no harm. */
Test(x509, cut_and_changed)
{
    struct ww_slice s = made("20260105000000Z", "20270105235959Z", "DNS:a.example", false);
    struct ww_x509 x;
    for (size_t n = 0; n < s.n; n++) {
        struct ww_slice cut = t_guard(s.p, n);
        cr_assert(not(ww_x509_read(cut, &x)), "%zu", n);
        t_unguard(cut);
    }
    for (size_t i = 0; i < s.n; i++)
        for (unsigned v = 0; v < 256; v += 17) {
            uint8_t *b = (uint8_t *)(uintptr_t)s.p, old = b[i];
            b[i] = (uint8_t)v;
            (void)ww_x509_read(s, &x);
            b[i] = old;
        }
    t_unguard(s);
}
