/* carried.c - which protocol is inside, by the name that ALPN gives it or by the server's port. */
#include "dissectors/it/tls/tls.h"

static const struct {
    const char *name, *alpn; /* alpn: registered name, NULL when it has none */
    uint16_t port;           /* 0 = none */
} rows[] = {
    /* IANA: TLS ALPN protocol ids, service names and ports. Of ports that carry the protocol with
     * and without TLS, those of medical protocols are here: nothing else should speak on them. */
    { "dicom", NULL, 2762 },
    { "dicom", NULL, 104 },
    { "dicom", NULL, 11112 },
    { "hl7", NULL, 2575 },
    { "http", "http/1.1", 443 },
    { "http", "h2", 8443 },
    { "http", "http/1.0", 0 },
    { "ldap", NULL, 636 },
    { "ldap", NULL, 3269 },
    { "syslog", NULL, 6514 },
    { "dns", "dot", 853 },
    { "mqtt", "mqtt", 8883 },
    { "smtp", NULL, 465 },
    { "imap", "imap", 993 },
    { "pop3", "pop3", 995 },
    { "ftp", "ftp", 990 },
    { "sip", "sip/2", 5061 },
    { "coap", "coap", 5684 },
    { "postgresql", "postgresql", 0 },
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
