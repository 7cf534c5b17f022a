/* tls.h - what the files of the TLS dissector share. */
#ifndef WW_TLS_H
#define WW_TLS_H
#include "dissectors/dissector.h"

enum {
    RECORD_HDR = 5,            /* type, version, length (RFC 8446 5.1) */
    RECORD_MAX = 16384 + 2048, /* RFC 5246 6.2.3: a protected record may be that much longer */
    MESSAGE_HDR = 4,           /* type and length of a handshake message (RFC 8446 4) */
    EXTENSIONS_MAX = 64,
    NAMES_MAX = 64, /* server names, protocols, ciphers lists of one extension */
    HELLO_TIMEOUT_MS = 30000
};
enum { REC_CCS = 20, REC_ALERT = 21, REC_HANDSHAKE = 22, REC_DATA = 23, REC_HEARTBEAT = 24 };
enum { HS_CLIENT_HELLO = 1, HS_SERVER_HELLO = 2, HS_CERTIFICATE = 11 };

enum tls_by { BY_PORT, BY_ALPN, BY_CERTIFICATE };

struct tls {
    bool sealed[2]; /* what follows in this direction is encrypted, or lost */
    bool client_known;
    uint8_t client;   /* enum ww_dir; only meaningful if client_known */
    uint8_t carries;  /* row of carried.c + 1; 0 = not known */
    uint8_t by;       /* enum tls_by */
    uint32_t rest[2]; /* bytes of a handshake message that follow in the next records */
};
struct call {
    struct ww_cx *cx;
    struct tls *t;
    enum ww_dir dir;
};

#define TLS_CARRIES_DOC                                                                            \
    "What seems to be inside (dicom, hl7, http, ldap ...); empty when nothing tells. The content " \
    "is not read"
#define TLS_BY_DOC                                                                                 \
    "What tells: alpn (the protocol that was named), port, or certificate (a word in its names)"
#define TLS_CLIENT_FIELDS(F, S)                                                                   \
    F(S, STR, sni, 255, DST_NAME, "", "Name of the server that is asked for (RFC 6066 3)")        \
    F(S, STR, version, 12, NONE, "", "Newest version that is offered: TLS 1.2 ...")               \
    F(S, LIST, versions, 64, NONE, "", "All versions that are offered (RFC 8446 4.2.1)")          \
    F(S, LIST, client_alpns, 128, NONE, "", "Protocols that are offered (RFC 7301)")              \
    F(S, U16, ciphers, 0, NONE, "", "Cipher suites that are offered, GREASE not counted")         \
    F(S, BOOL, weak_ciphers, 0, NONE, "", "NULL, export, anonymous, RC4, DES or 3DES among them") \
    F(S, STR, carries, 12, NONE, "", TLS_CARRIES_DOC)                                             \
    F(S, STR, carries_by, 12, NONE, "", TLS_BY_DOC)
WW_EVENT_DECLARE(ww_tls_client, TLS_CLIENT_FIELDS);

#define TLS_SERVER_FIELDS(F, S)                                                                  \
    F(S, STR, version, 12, NONE, "", "Version that is used")                                     \
    F(S, STR, cipher, 8, NONE, "", "Cipher suite that is used, as 0x0000 (IANA TLS parameters)") \
    F(S, BOOL, weak_cipher, 0, NONE, "", "It is NULL, export, anonymous, RC4, DES or 3DES")      \
    F(S, STR, server_alpn, 32, NONE, "",                                                         \
      "Protocol that is used (RFC 7301); encrypted from TLS 1.3 on")                             \
    F(S, STR, carries, 12, NONE, "", TLS_CARRIES_DOC)                                            \
    F(S, STR, carries_by, 12, NONE, "", TLS_BY_DOC)                                               \
    F(S, U32N, latency_ms, 0, NONE, "ms", "Since the hello of the client")
WW_EVENT_DECLARE(ww_tls_server, TLS_SERVER_FIELDS);

/* Names of persons stand in certificates too (staff cards): only what has the form of a host name
 * or AE title is told. */
#define TLS_CERTIFICATE_FIELDS(F, S)                                                            \
    F(S, STR, subject, 64, SRC_NAME, "",                                                        \
      "Common name of the sender's own certificate, when it has the form of a host name or AE " \
      "title")                                                                                  \
    F(S, STR, organisation, 64, NONE, "", "Organisation of the subject")                        \
    F(S, LIST, subjectaltname, 512, NONE, "", "Host names that it is for (RFC 5280 4.2.1.6)")   \
    F(S, STR, issuerdn, 64, NONE, "", "Common name of the issuer, else its organisation")       \
    F(S, STR, serial, 40, NONE, "", "Serial number, hex")                                       \
    F(S, TIME, notbefore, 0, NONE, "", "Valid from")                                            \
    F(S, TIME, notafter, 0, NONE, "", "Valid to")                                               \
    F(S, BOOL, expired, 0, NONE, "", "Not valid, or not yet, at the time of the packet")        \
    F(S, BOOL, self_issued, 0, NONE, "", "Subject and issuer are the same")                     \
    F(S, STR, carries, 12, NONE, "", TLS_CARRIES_DOC)                                           \
    F(S, STR, carries_by, 12, NONE, "", TLS_BY_DOC)
WW_EVENT_DECLARE(ww_tls_certificate, TLS_CERTIFICATE_FIELDS);

#define TLS_ALERT_FIELDS(F, S)                                                   \
    F(S, BOOL, fatal, 0, NONE, "", "The connection ends with it (RFC 5246 7.2)") \
    F(S, U8, code, 0, NONE, "", "Description as a number")                       \
    F(S, STR, description, 32, NONE, "", "In words; empty when our table does not have it")
WW_EVENT_DECLARE(ww_tls_alert, TLS_ALERT_FIELDS);

/* carried.c */
const char *ww_tls_carried(uint8_t row);
uint8_t ww_tls_by_alpn(struct ww_slice name);
uint8_t ww_tls_by_port(uint16_t port);
uint8_t ww_tls_by_name(struct ww_slice name);
/** How the protocol inside is known; "" when it is not. */
const char *ww_tls_by(const struct tls *t);

/* certificate.c */
/** Only letters, digits and the characters in `more`; not empty. */
bool ww_tls_word(struct ww_slice s, const char *more);

/* hello.c, certificate.c: one handshake message without its header */
void ww_tls_client_hello(const struct call *c, struct ww_slice body);
void ww_tls_server_hello(const struct call *c, struct ww_slice body);
void ww_tls_certificates(const struct call *c, struct ww_slice body);
#endif
