/* infra.c - housekeeping of a network that a MUD file cannot express, and what is never to happen.
 *
 * RFC 8520 permits nothing but what the entries and the DNS and NTP defaults say; taken literally,
 * ARP and DHCP would be violations. They are told apart here instead of being alarms or being
 * hidden.
 */
#include "rules/baseline/bl.h"
#include <strings.h>

struct port_rule {
    uint16_t port;
    const char *name;
    unsigned link; /* BL_LINK_*: an infrastructure part that lists others does not cover it */
};
static const struct port_rule discovery[] = {
    { 5353, "mdns", BL_LINK_MDNS },      { 5355, "llmnr", BL_LINK_LLMNR },
    { 1900, "ssdp", BL_LINK_SSDP },      { 3702, "ws-discovery", BL_LINK_WSD },
    { 137, "netbios", BL_LINK_NETBIOS }, { 138, "netbios", BL_LINK_NETBIOS },
};

/* Link layer protocols are never findings; one that is not listed gets a note. */
static const char *link_layer(const struct ww_baseline *b, uint16_t ethertype, unsigned *notes)
{
    static const struct {
        uint16_t type;
        const char *name;
        unsigned link;
    } known[] = { { 0x0806, "arp", 0 },
                  { 0x8035, "rarp", 0 },
                  { 0x888e, "eapol", BL_LINK_EAPOL },
                  { 0x88cc, "lldp", BL_LINK_LLDP },
                  { 0x2000, "cdp", BL_LINK_CDP },
                  { 0x9000, "loopback-test", 0 } };
    const char *name = ethertype < 0x600 ? "stp" : NULL;
    unsigned link = ethertype < 0x600 ? BL_LINK_STP : 0;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].type == ethertype) {
            name = known[i].name;
            link = known[i].link;
        }
    }
    if (name != NULL && link != 0 && b->infra.listed && (b->infra.link & link) == 0)
        *notes |= WW_BL_NOTE_INFRA_UNDECLARED;
    return name;
}

/* Errors and echo; redirects and the rest are judged like everything else. */
static const char *icmp4(const struct bl_infra *in, const struct ww_bl_flow *f)
{
    if (!f->icmp_known)
        return NULL;
    if (f->icmp_type == 3 || f->icmp_type == 11 || f->icmp_type == 12)
        return "icmp-error";
    if (f->icmp_type != 0 && f->icmp_type != 8)
        return NULL;
    uint8_t said = f->opener == WW_BL_BY_DEVICE ? in->sends_ping
                   : f->opener == WW_BL_BY_PEER ? in->answers_ping
                                                : (uint8_t)WW_BL_NOT_SAID;
    /* To be asked is not the device's doing: only its answer contradicts answers-ping false. */
    if (f->opener == WW_BL_BY_PEER && !f->device_sent)
        said = WW_BL_NOT_SAID;
    return said == WW_BL_NO ? NULL : "icmp-echo";
}

static const char *icmp6(const struct bl_infra *in, const struct ww_bl_flow *f)
{
    if (!f->icmp_known)
        return NULL;
    if (f->icmp_type >= 1 && f->icmp_type <= 4)
        return "icmp-error";
    if (f->icmp_type == 128 || f->icmp_type == 129) {
        struct ww_bl_flow echo = *f;
        echo.icmp_type = 8;
        return icmp4(in, &echo);
    }
    if (f->icmp_type >= 133 && f->icmp_type <= 136)
        return "neighbour-discovery";
    if ((f->icmp_type >= 130 && f->icmp_type <= 132) || f->icmp_type == 143)
        return "mld";
    return NULL;
}

static bool dhcp(const struct ww_bl_flow *f)
{
    uint16_t d = f->device_port;
    uint16_t p = f->peer_port;
    if (f->ip_proto != 17)
        return false;
    if (f->peer.fam == 4)
        return (d == 68 && p == 67) || (d == 67 && (p == 68 || p == 67));
    return (d == 546 && p == 547) || (d == 547 && (p == 546 || p == 547));
}

static const char *group_traffic(const struct bl_infra *in, const struct ww_bl_flow *f)
{
    for (size_t i = 0; f->ip_proto == 17 && i < sizeof(discovery) / sizeof(discovery[0]); i++) {
        const struct port_rule *r = &discovery[i];
        if (f->peer_port != r->port && f->device_port != r->port)
            continue;
        /* What the device merely hears is not its doing. */
        if (f->opener == WW_BL_BY_PEER && !f->device_sent)
            return r->name;
        return !in->listed || (in->link & r->link) != 0 ? r->name : NULL;
    }
    if (f->cast != WW_BL_BROADCAST)
        return NULL;
    uint8_t said = f->opener == WW_BL_BY_PEER ? in->bcast_in : in->bcast_out;
    return said == WW_BL_NO && f->opener != WW_BL_BY_PEER ? NULL : "broadcast";
}

/**
 * Tells housekeeping from conversation.
 * Out:    notes  WW_BL_NOTE_INFRA_UNDECLARED is added where the declaration lists other protocols
 * Return: a name such as "dhcp", NULL when it is an ordinary conversation
 */
const char *ww_bl_infra(const struct ww_baseline *b, const struct ww_bl_flow *f, unsigned *notes)
{
    if (f->ip_proto == 0)
        return link_layer(b, f->ethertype, notes);
    if (f->ip_proto == 2)
        return "igmp";
    if (f->ip_proto == 1)
        return icmp4(&b->infra, f);
    if (f->ip_proto == 58)
        return icmp6(&b->infra, f);
    if (dhcp(f)) {
        if (strcmp(b->infra.addressing, "static") == 0)
            *notes |= WW_BL_NOTE_INFRA_UNDECLARED;
        return "dhcp";
    }
    if (f->cast != WW_BL_UNICAST)
        return group_traffic(&b->infra, f);
    return NULL;
}

/* Applications of the extension, our dissectors' names for them, and their registered ports. */
static const struct {
    const char *application, *dissector;
    uint16_t port[3];
} apps[] = {
    { "dicom", "dicom", { 104, 11112, 0 } },  { "dicom-tls", NULL, { 2762, 0, 0 } },
    { "hl7v2-mllp", "hl7", { 2575, 0, 0 } },  { "http", "http", { 80, 8080, 0 } },
    { "https", "tls", { 443, 8443, 0 } },     { "smb", "smb", { 445, 139, 0 } },
    { "nfs", "nfs", { 2049, 0, 0 } },         { "ftp", "ftp", { 21, 0, 0 } },
    { "ssh", "ssh", { 22, 0, 0 } },           { "telnet", "telnet", { 23, 0, 0 } },
    { "rdp", "rdp", { 3389, 0, 0 } },         { "vnc", "vnc", { 5900, 0, 0 } },
    { "snmp", "snmp", { 161, 162, 0 } },      { "syslog", "syslog", { 514, 6514, 0 } },
    { "ntp", "ntp", { 123, 0, 0 } },          { "dns", "dns", { 53, 0, 0 } },
    { "dhcp", "dhcp", { 67, 547, 0 } },       { "ldap", "ldap", { 389, 636, 0 } },
    { "kerberos", "kerberos", { 88, 0, 0 } }, { "print", NULL, { 9100, 515, 631 } },
    { "fhir", "http", { 80, 8080, 0 } },      { "dicomweb", "http", { 80, 8080, 8042 } },
    { "astm-lis", "astm", { 0, 0, 0 } },      { "poct1-a", "poct1a", { 0, 0, 0 } },
};

/* Does the conversation speak the application of a never entry? An attempt counts: before anything
 * was dissected the port answers, with a note. */
static bool speaks(const char *application, const struct ww_bl_flow *f, unsigned *notes)
{
    if (application[0] == 0 || strcmp(application, "unspecified") == 0)
        return true;
    uint16_t service = f->opener == WW_BL_BY_PEER ? f->device_port : f->peer_port;
    for (size_t i = 0; i < sizeof(apps) / sizeof(apps[0]); i++) {
        if (strcmp(apps[i].application, application) != 0)
            continue;
        if (f->app != NULL && apps[i].dissector != NULL)
            return strcmp(f->app, apps[i].dissector) == 0;
        for (size_t p = 0; f->app == NULL && p < 3 && apps[i].port[p] != 0; p++) {
            if (service == apps[i].port[p] ||
                (f->opener == WW_BL_BY_UNKNOWN && f->device_port == apps[i].port[p])) {
                *notes |= WW_BL_NOTE_BY_PORT;
                return true;
            }
        }
        return false;
    }
    return f->app != NULL && strcmp(f->app, application) == 0;
}

static bool transport_is(const char *t, const struct ww_bl_flow *f)
{
    if (t[0] == 0)
        return true;
    if (strcmp(t, "tcp") == 0)
        return f->ip_proto == 6;
    if (strcmp(t, "udp") == 0)
        return f->ip_proto == 17;
    if (strcmp(t, "icmp") == 0)
        return f->ip_proto == 1 || f->ip_proto == 58;
    if (strcmp(t, "ip") == 0)
        return f->ip_proto != 0;
    return f->ip_proto == 0; /* ethernet */
}

int ww_bl_never(const struct ww_baseline *b, const struct ww_bl_env *env,
                const struct ww_bl_flow *f, int conduit, unsigned *notes)
{
    bool outside = ww_bl_external(env, &f->peer) == WW_BL_IS;
    for (size_t i = 0; i < b->nnever; i++) {
        const struct bl_never *n = &b->never[i];
        unsigned found = 0;
        if (n->application[0] == 0 && !n->internet && n->transport[0] == 0)
            continue; /* says nothing that could be checked; the lint tells */
        /* Who opened it must be known where the entry speaks of one direction: a conversation
         * picked up midway is no proof. */
        if ((n->dir == BL_NEVER_FROM && f->opener != WW_BL_BY_DEVICE) ||
            (n->dir == BL_NEVER_TO && (f->opener != WW_BL_BY_PEER || !f->device_sent)))
            continue; /* to-device: an unanswered attempt is the peer's deed, not the device's */
        if (n->internet && !outside)
            continue;
        if (!transport_is(n->transport, f) || !speaks(n->application, f, &found))
            continue;
        if (conduit >= 0 && ww_bl_is_in(&n->except_state, b->conduit[conduit].state))
            continue;
        *notes |= found;
        return (int)i;
    }
    return -1;
}
