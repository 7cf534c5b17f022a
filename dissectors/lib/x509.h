/* x509.h - what a certificate says: names, issuer, validity (RFC 5280 4.1). */
#ifndef WW_LIB_X509_H
#define WW_LIB_X509_H
#include "sensor/base/rd.h"

enum { WW_X509_NAMES = 16, WW_X509_SERIAL_MAX = 20 /* RFC 5280 4.1.2.2 */ };

/* Slices point into the certificate. */
struct ww_x509 {
    struct ww_slice serial;
    struct ww_slice issuer_cn, issuer_o, subject_cn, subject_o; /* the last of each, as encoded */
    struct ww_slice name[WW_X509_NAMES];                        /* dNSName of the subject */
    unsigned names;                                             /* all of them, kept or not */
    uint64_t notbefore, notafter; /* ns since 1970 UTC, 0 = not told */
    bool self_issued;             /* subject and issuer are the same */
};
/**
 * Reads one certificate.
 * In:     der  as long as it is, or longer; a certificate cut short is refused
 * Return: false when it is none
 * Limits: signatures are not verified and keys not looked at
 */
bool ww_x509_read(struct ww_slice der, struct ww_x509 *out);
#endif
