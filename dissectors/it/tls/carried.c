/* carried.c - which protocol is inside, by the name that ALPN gives it, by the server's port or by a word in
 * the names of a certificate. */
#include "dissectors/it/tls/tls.h"
#include "dissectors/lib/ascii.h"

static const struct {
    const char *name, *alpn; /* alpn: registered name, NULL when it has none */
    uint16_t port;           /* 0 = none */
    const char *word;        /* begins a part of a host name or AE title; NULL = none */
} rows[] = {
    /* IANA: TLS ALPN protocol ids, service names and ports. Of ports that carry the protocol with
     * and without TLS, those of medical protocols are here: nothing else should speak on them. */
    { "dicom", NULL, 2762, "dicom" },
    { "dicom", NULL, 104, "pacs" },
    { "dicom", NULL, 11112, NULL },
    { "hl7", NULL, 2575, "hl7" },
    { "http", "http/1.1", 443, NULL },
    { "http", "h2", 8443, NULL },
    { "http", "http/1.0", 0, NULL },
    { "ldap", NULL, 636, NULL },
    { "ldap", NULL, 3269, NULL },
    { "syslog", NULL, 6514, NULL },
    { "dns", "dot", 853, NULL },
    { "mqtt", "mqtt", 8883, NULL },
    { "smtp", NULL, 465, NULL },
    { "imap", "imap", 993, NULL },
    { "pop3", "pop3", 995, NULL },
    { "ftp", "ftp", 990, NULL },
    { "sip", "sip/2", 5061, NULL },
    { "coap", "coap", 5684, NULL },
    { "postgresql", "postgresql", 0, NULL },
    { "hl7", NULL, 0, "mllp" },
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/** Name of a protocol. In: row  as the next two give it; 0 gives "" */
const char *ww_tls_carried(uint8_t row)
{
    return row == 0 || row > ROWS ? "" : rows[row - 1].name;
}

uint8_t ww_tls_by_alpn(struct ww_slice name)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].alpn != NULL && ww_slice_eqs(name, rows[i].alpn))
            return (uint8_t)(i + 1);
    return 0;
}

uint8_t ww_tls_by_port(uint16_t port)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].port != 0 && rows[i].port == port)
            return (uint8_t)(i + 1);
    return 0;
}

/* Parts of a name begin at its start and behind what is no letter. */
uint8_t ww_tls_by_name(struct ww_slice name)
{
    bool begins = true;
    for (size_t at = 0; at < name.n; at++) {
        struct ww_slice rest = ww_slice_from(name, at);
        for (size_t i = 0; begins && i < ROWS; i++)
            if (rows[i].word != NULL &&
                ww_ascii_is(ww_slice_sub(rest, 0, strlen(rows[i].word)), rows[i].word))
                return (uint8_t)(i + 1);
        uint8_t c = ww_slice_at(name, at) | 0x20;
        begins = c < 'a' || c > 'z';
    }
    return 0;
}

const char *ww_tls_by(const struct tls *t)
{
    static const char *const names[] = { "port", "alpn", "certificate" };
    return t->carries != 0 ? names[t->by] : "";
}
