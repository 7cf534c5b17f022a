/* site.h - PUBLIC: the site file, all facts and thresholds of one hospital, read once.
 *
 * The file is YAML. A struct ww_site never changes after it was read; any number of threads may ask
 * it. A missing site file is legal: every question takes NULL and answers with what is known
 * without.
 */
#ifndef WW_RULES_SITE_SITE_H
#define WW_RULES_SITE_SITE_H
#include "sensor/event.h"

enum {
    WW_SITE_FILE_MAX = 4 << 20, /* bytes of the file */
    WW_SITE_ZONE_MAX = 256,
    WW_SITE_DEVICE_MAX = 16384,
    WW_SITE_LIST_MAX = 1024, /* members of any other list */
    WW_SITE_TEXT_MAX = 512   /* bytes of one text */
};

struct ww_site_net {
    struct ww_ip ip;
    uint8_t len; /* prefix length */
};

/* Texts are NUL-terminated, "" when the file does not say. */
enum ww_site_env { WW_ENV_UNSAID, WW_ENV_HOSPITAL, WW_ENV_HOME, WW_ENV_WORN, WW_ENV_UNSPECIFIED };
enum ww_site_conn {
    WW_CONN_UNSAID,
    WW_CONN_CLOSED,
    WW_CONN_HOSPITAL, /* the hospital's network only */
    WW_CONN_INTERNET,
    WW_CONN_REMOTE /* remote maintenance */
};

struct ww_site_zone {
    const char *id;
    const struct ww_site_net *net;
    size_t nnet;
    const uint16_t *vlan;
    size_t nvlan;
    enum ww_site_env environment;
    enum ww_site_conn connection;
    bool wireless;
};

/* A title or a port that differs from what the manufacturer declared as configurable. */
struct ww_site_ae {
    const char *id; /* network-ae/id of the declaration, "" = not said */
    const char *title;
    const char *const *remote; /* titles of the other ends */
    size_t nremote;
};
struct ww_site_port {
    const char *conduit;
    uint16_t port;
};

/* A device of the ledger. */
struct ww_site_device {
    const char *role; /* as the severity table names it: life_sustaining, ..., general_it */
    const char *id, *name, *location, *department, *serial, *acquisition;
    const char *baseline; /* path, made absolute from the folder of the site file; "" = none */
    struct ww_mac mac;    /* all zero = not said */
    const struct ww_ip *ip;
    size_t nip;
    uint8_t class_;                  /* 1..4; 0 = not said; WW_SITE_NOT_MEDICAL, also for role it */
    const struct ww_site_zone *zone; /* NULL = not said */
    enum ww_site_conn connection;    /* of the device itself; the zone is not looked at here */
    const struct ww_site_ae *ae;
    size_t nae;
    const struct ww_site_port *port;
    size_t nport;
    unsigned line;
};
enum { WW_SITE_NOT_MEDICAL = 9 };

struct ww_site_contact {
    const char *code; /* HIT, CE, ...: addressees of the alert classes */
    const char *name, *phone, *mail;
};

/* A deviation that a responsible person accepted for a time. */
struct ww_site_exception {
    const char *device, *class_, *peer, *reason, *owner;
    uint64_t expires; /* ns since 1970 UTC, end of the day that the file names */
    unsigned line;
};

struct ww_site_maintenance {
    const char *device, *source, *operator_, *approved_by;
    uint64_t from, to; /* ns since 1970 UTC */
};

/* Figures above which coverage is told as an alert. */
struct ww_site_thresholds {
    uint32_t loss_ppm, one_way_ppm, midstream_ppm, truncated_ppm;
    uint32_t silent_s;        /* an interface that gave packets gives none for so long */
    uint32_t storage_free_ppm; /* of the file system of the database; below it storage runs out */
    uint32_t unobserved_h;    /* observed for so long without a sign of a device or zone; 0 = never told */
    uint32_t clock_s;         /* a device's clock may differ so far, where its declaration says nothing; 0 = never told */
    uint32_t undissected_ppm, encrypted_ppm; /* share of the bytes of flows whose content is not read */
};
extern const struct ww_site_thresholds ww_site_thresholds_default;

struct ww_site;

/**
 * Reads and checks a site file.
 * Return: WW_E_CONF with a sentence that names file, line and remedy; *out is untouched on failure.
 * Limits: WW_SITE_*_MAX.
 */
enum ww_rc ww_site_load(struct ww_site **out, const char *path, struct ww_err *e) WW_MUST_CHECK;
/** The same from memory. In: name for messages; relative paths count from its folder. */
enum ww_rc ww_site_parse(struct ww_site **out, const char *name, struct ww_slice text,
                         struct ww_err *e) WW_MUST_CHECK;
void ww_site_free(struct ww_site *s);

/* ---- what the file says; each takes s == NULL -------------------------------------------------
 */
const char *ww_site_file(const struct ww_site *s); /* "" = no site file */
const char *ww_site_hospital(const struct ww_site *s);
const char *ww_site_language(const struct ww_site *s); /* "ja", "en", "" = not said */
const struct ww_site_thresholds *ww_site_thresholds(const struct ww_site *s);
const struct ww_site_zone *ww_site_zones(const struct ww_site *s, size_t *n);
const struct ww_site_device *ww_site_devices(const struct ww_site *s, size_t *n);
const struct ww_site_contact *ww_site_contacts(const struct ww_site *s, size_t *n);
const struct ww_site_exception *ww_site_exceptions(const struct ww_site *s, size_t *n);
const struct ww_site_maintenance *ww_site_maintenance(const struct ww_site *s, size_t *n);

/** Zone of an address: the longest subnet that holds it, then the VLAN (0 = none). NULL = no zone.
 */
const struct ww_site_zone *ww_site_zone_of(const struct ww_site *s, const struct ww_ip *ip,
                                           uint16_t vlan);
/**
 * Is the address outside the hospital? Outside is what lies in no zone and is not an address of
 * private networks (RFC 1918, RFC 6598, RFC 4193), link-local, loopback, multicast, broadcast or
 * unspecified. An address of a zone or of the ledger is inside; a service or a controller may be
 * outside, and then it is.
 */
bool ww_site_external(const struct ww_site *s, const struct ww_ip *ip);

enum ww_site_is { WW_SITE_NO, WW_SITE_YES, WW_SITE_UNSAID };
/** Does the address give the service (dns, ntp, dhcp, pacs, ...)? UNSAID: the file names no
 * address. */
enum ww_site_is ww_site_service(const struct ww_site *s, const char *service,
                                const struct ww_ip *ip);
/** Name of the first service that the address gives; NULL = none. */
const char *ww_site_service_of(const struct ww_site *s, const struct ww_ip *ip);
/** Is the address a member of the controller class? UNSAID: the file gives the class no address. */
enum ww_site_is ww_site_controller(const struct ww_site *s, const char *uri,
                                   const struct ww_ip *ip);

const struct ww_site_device *ww_site_by_id(const struct ww_site *s, const char *id);
const struct ww_site_device *ww_site_by_mac(const struct ww_site *s, const struct ww_mac *mac);
const struct ww_site_device *ww_site_by_ip(const struct ww_site *s, const struct ww_ip *ip);
const struct ww_site_contact *ww_site_contact(const struct ww_site *s, const char *code);
/** The exception that holds now for a device, alert class and peer (address or "*"); NULL = none.
 */
const struct ww_site_exception *ww_site_exception(const struct ww_site *s, const char *device,
                                                  const char *class_, const char *peer,
                                                  uint64_t now);
/** Is the device used in a closed network, by its own ledger row or by its zone? */
bool ww_site_closed(const struct ww_site_device *d);

/* ---- for people
 * ---------------------------------------------------------------------------------- */
/**
 * Writes what is right and what is missing in a site file, one line each.
 * In: now ns since 1970 UTC, for exceptions that are over; 0 = do not look.
 * Return: 0 usable, 2 not (the exit code of `wardwatch site check`).
 */
int ww_site_check(const char *path, uint64_t now, struct ww_out *o);

/* ---- addresses as text
 * ------------------------------------------------------------------------------ */
/** Address or address/length. Return: false when the text is neither. Host bits must be zero. */
bool ww_net_parse(struct ww_site_net *n, const char *text);
bool ww_ip_parse(struct ww_ip *ip, const char *text);
bool ww_mac_parse(struct ww_mac *m, const char *text);
bool ww_net_has(const struct ww_site_net *n, const struct ww_ip *ip);
/** Not an address of the public internet, by its range alone. */
bool ww_ip_private(const struct ww_ip *ip);
#endif
