/* evidence.c - what events say about devices: the fields with a role, a few named ones, and the
 * part that a device plays in a protocol. Nothing else of an event becomes evidence, so no patient
 * data can. */
#include "rules/devices/dev_int.h"

/* Fields that say something in spite of having no role, and better names for some that have one. */
static const struct {
    const char *event, *field, *attribute;
    uint8_t subject; /* enum dev_subject; used for fields without role */
} named[] = {
    { "dicom.associate", "calling_aet", "ae_title", DEV_SRC },
    { "dicom.associate", "impl_class_uid", "implementation_uid", DEV_SRC },
    { "dicom.associate", "impl_version", "implementation", DEV_SRC },
    { "dicom.accept", "called_aet", "ae_title", DEV_SRC },
    { "dicom.accept", "impl_class_uid", "implementation_uid", DEV_SRC },
    { "dicom.accept", "impl_version", "implementation", DEV_SRC },
    { "hl7.message", "sending_app", "hl7_application", DEV_SRC },
    { "hl7.message", "receiving_app", "hl7_application", DEV_DST },
    { "hl7.ack", "sending_app", "hl7_application", DEV_SRC },
    { "hl7.ack", "receiving_app", "hl7_application", DEV_DST },
    { "astm.message", "sender_name", "laboratory_name", DEV_SRC },
    { "astm.message", "receiver", "laboratory_name", DEV_DST },
    { "astm.message", "sender_role", "role", DEV_SRC },
    { "poct1a.hello", "device_name", "device_name", DEV_SRC },
    { "poct1a.hello", "device_id", "device_id", DEV_SRC },
    { "poct1a.hello", "sender_role", "role", DEV_SRC },
    { "poct1a.message", "sender_role", "role", DEV_SRC },
    { "dicom.web_request", "sender_role", "role", DEV_SRC },
    { "dicom.web_response", "sender_role", "role", DEV_SRC },
    { "ihe.transaction", "sender_role", "role", DEV_SRC },
    { "fhir.request", "sender_role", "role", DEV_SRC },
    { "fhir.response", "sender_role", "role", DEV_SRC },
    { "http.request", "http_user_agent", "software", DEV_SRC },
    { "http.response", "server", "software", DEV_SRC },
    { "http.response", "powered_by", "software", DEV_SRC },
    { "syslog.audit", "source_id", "audit_source", DEV_OTHER },
    { "dhcp.message", "hostname", "hostname", DEV_OTHER },
    { "dhcp.message", "vendor_class_identifier", "dhcp_vendor_class", DEV_OTHER },
    { "dhcp.message", "mud_url", "mud_url", DEV_OTHER },
};

static const char *attribute_of(unsigned role)
{
#define WW_X(a) #a,
    static const char *const upper[] = { WW_ROLES(WW_X) };
#undef WW_X
    static const struct {
        const char *role, *attribute;
    } names[] = { { "VENDOR", "vendor" }, { "MODEL", "model" }, { "SERIAL", "serial" },
                  { "SWVER", "swver" },   { "OS", "os" },       { "NAME", "hostname" },
                  { "CLASS", "class" } };
    unsigned i = (role - 1) / 3;
    for (size_t k = 0; i < sizeof upper / sizeof upper[0] && k < sizeof names / sizeof names[0];
         k++)
        if (strcmp(upper[i], names[k].role) == 0)
            return names[k].attribute;
    return NULL;
}

/* Adds a field of a type to the list when it says something about a device. */
static bool add_field(struct ww_devices *d, const struct ww_event_type *t, const struct ww_field *f)
{
    const char *attribute = f->role != WW_ROLE_NONE ? attribute_of(f->role) : NULL;
    uint8_t subject = f->role != WW_ROLE_NONE ? (uint8_t)((f->role - 1) % 3) : DEV_SRC;
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        if (strcmp(t->name, named[i].event) == 0 && strcmp(f->name, named[i].field) == 0) {
            attribute = named[i].attribute;
            if (f->role == WW_ROLE_NONE)
                subject = named[i].subject;
        }
    if (attribute == NULL || (f->type != WW_FT_STR && f->type != WW_FT_LIST))
        return true;
    if (d->nfield == DEV_ROLE_FIELDS_MAX)
        return false;
    struct dev_field *df = &d->field[d->nfield++];
    df->f = f;
    df->subject = subject;
    df->medical = strcmp(attribute, "role") == 0;
    struct ww_out o = ww_out(df->source, sizeof df->source - 1);
    ww_out_f(&o, "%s.%s", t->name, f->name);
    df->source[o.n] = 0;
    df->topic = ww_devices_topic(d, attribute, df->source);
    return true;
}

/* A field of an event that this program may lack; the event's number goes to *t. */
static enum ww_rc find(const struct ww_devices *d, const char *event, const char *field, int *t,
                       const struct ww_field **f, struct ww_err *e)
{
    const struct ww_registry *r = d->cfg.registry;
    const struct ww_event_type *type = ww_type_find(r, event);
    *t = -1;
    *f = NULL;
    if (type == NULL)
        return WW_OK;
    *t = ww_registry_id(r, type);
    return ww_field_find(r, event, field, &type, f, e);
}

enum ww_rc ww_devices_resolve(struct ww_devices *d, struct ww_err *e)
{
    const struct ww_registry *r = d->cfg.registry;
    for (uint16_t i = 0; i < r->n; i++) {
        const struct ww_event_type *t = r->type[i];
        d->type[i].first = d->nfield;
        for (uint16_t k = 0; k < t->nfields; k++)
            if (!add_field(d, t, &t->fields[k]))
                return WW_FAIL(e, WW_E_LIMIT,
                               "more than %d fields say something about devices; "
                               "enlarge DEV_ROLE_FIELDS_MAX",
                               DEV_ROLE_FIELDS_MAX);
        d->type[i].n = (uint16_t)(d->nfield - d->type[i].first);
        d->type[i].subject_mac = ww_type_field(t, "subject_mac");
        d->type[i].subject_ip = ww_type_field(t, "subject_ip");
    }
    const struct ww_field *f;
    const struct {
        const char *event, *field;
        int *t;
        const struct ww_field **f;
    } want[] = {
        { "dicom.request", "command", &d->t_request, &d->request_command },
        { "dicom.response", "command", &d->t_response, &d->response_command },
        { "hl7.message", "message_type", &d->t_message, &f },
        { "hl7.ack", "message_type", &d->t_ack, &f },
        { "flow.end", "pkts_toserver", &d->t_end, &d->end_toserver },
        { "flow.end", "pkts_toclient", &d->t_end, &d->end_toclient },
        { "flow.update", "pkts_toserver", &d->t_update, &d->upd_toserver },
        { "flow.update", "pkts_toclient", &d->t_update, &d->upd_toclient },
        { "arp.message", "src_mac", &d->t_arp, &d->arp_mac },
        { "arp.message", "src_ip", &d->t_arp, &d->arp_ip },
        { "arp.message", "src_differs", &d->t_arp, &d->arp_differs },
        { "dhcp.message", "dhcp_type", &d->t_dhcp, &d->dhcp_type },
        { "dhcp.message", "client_mac", &d->t_dhcp, &d->dhcp_mac },
        { "dhcp.message", "assigned_ip", &d->t_dhcp, &d->dhcp_ip },
        { "dhcp.message", "relay_ip", &d->t_dhcp, &d->dhcp_relay },
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        enum ww_rc rc = find(d, want[i].event, want[i].field, want[i].t, want[i].f, e);
        if (rc != WW_OK)
            return rc;
    }
    return WW_OK;
}

/* ---- fields ---- */
static struct ww_device *subject_of(struct ww_devices *d, const struct ww_event *e,
                                    const struct dev_type *t, uint8_t subject)
{
    if (subject == DEV_SRC)
        return ww_devices_end(d, e, (enum ww_dir)(e->dir & 1), true);
    if (subject == DEV_DST)
        return ww_devices_end(d, e, (enum ww_dir)((e->dir & 1) ^ 1), false);
    /* a third device: known already, or in the ledger; words of others make no device */
    struct ww_device *dev = NULL;
    if (t->subject_mac != NULL && t->subject_mac->type == WW_FT_MAC)
        dev = ww_devices_by_mac(d, e, ww_get_mac(e, t->subject_mac), false);
    if (dev == NULL && t->subject_ip != NULL && t->subject_ip->type == WW_FT_IP)
        dev = ww_devices_by_ip(d, e, ww_get_ip(e, t->subject_ip));
    return dev;
}

static void tell_field(struct ww_devices *d, const struct ww_event *e, const struct dev_type *t,
                       const struct dev_field *df)
{
    struct ww_device *dev = NULL;
    uint8_t conf = df->subject == DEV_SRC ? 2 : 1;
    size_t at = 0;
    bool one = df->f->type == WW_FT_STR;
    struct ww_slice v = one ? ww_get_str(e, df->f) : ww_get_item(e, df->f, &at);
    while (v.p != NULL && (v.n > 0 || !one)) {
        if (dev == NULL && (dev = subject_of(d, e, t, df->subject)) == NULL)
            return;
        ww_devices_fact_on(d, dev, e, &df->topic, v, conf);
        if (df->medical)
            dev->flags |= WW_DEV_MEDICAL;
        if (one)
            return;
        v = ww_get_item(e, df->f, &at);
    }
}

/* ---- the part that a device plays ---- */
static void role_dicom(struct ww_devices *d, const struct ww_event *e, const struct ww_field *f,
                       bool request)
{
    char text[32];
    struct ww_slice command = ww_get_str(e, f);
    /* PS3.7 10.1.1: the performer (SCP) sends N-EVENT-REPORT */
    bool scp = ww_slice_eqs(command, "N-EVENT-REPORT") == request;
    struct ww_device *dev = ww_devices_end(d, e, (enum ww_dir)(e->dir & 1), true);
    struct ww_out o = ww_out(text, sizeof text);
    if (dev == NULL || command.n == 0)
        return;
    dev->flags |= WW_DEV_MEDICAL;
    ww_out_text(&o, command);
    ww_out_s(&o, scp ? " SCP" : " SCU");
    ww_devices_fact(d, dev, e, "role", (struct ww_slice){ (const uint8_t *)text, o.n },
                    request ? "dicom.request" : "dicom.response", 3);
}

static void role_hl7(struct ww_devices *d, const struct ww_event *e, bool ack)
{
    struct ww_device *dev = ww_devices_end(d, e, (enum ww_dir)(e->dir & 1), true);
    if (dev == NULL)
        return;
    dev->flags |= WW_DEV_MEDICAL;
    ww_devices_fact(d, dev, e, "role", ww_slice_str(ack ? "HL7 receiver" : "HL7 sender"),
                    ack ? "hl7.ack" : "hl7.message", 3);
}

static const char *app_of(const struct ww_devices *d, const struct ww_event *e)
{
    if (e->dissector == WW_NO_DISSECTOR || d->cfg.app_names == NULL)
        return "";
    for (unsigned i = 0; d->cfg.app_names[i] != NULL; i++)
        if (i == e->dissector)
            return d->cfg.app_names[i];
    return "";
}

/* A flow that was answered shows what its server offers. */
static void role_server(struct ww_devices *d, const struct ww_event *e, uint64_t to_server,
                        uint64_t to_client)
{
    static const struct {
        const char *app;
        uint16_t port; /* when nothing dissected it */
        const char *role;
    } known[] = {
        { "dns", 53, "DNS server" },
        { "", 123, "NTP server" },
    };
    char text[48];
    const struct ww_end *end = ww_event_server(e);
    const char *app = app_of(d, e);
    if (to_client == 0 || (e->ip_proto != 6 && e->ip_proto != 17) || e->client_by < WW_BY_PORT)
        return;
    if (to_server == 0 && e->client_by < WW_BY_DISSECTOR)
        return; /* one direction and a port are a guess */
    struct ww_device *dev = ww_devices_end(d, e, (enum ww_dir)((e->client & 1) ^ 1), true);
    if (dev == NULL)
        return;
    const struct dev_served key = {
        .device = dev->serial, .port = end->port, .ip_proto = e->ip_proto, .app = e->dissector
    };
    bool fresh = false;
    if (ww_devices_lately(d, ww_mix_words(&d->fact_key, &key, sizeof key)))
        return;
    (void)ww_table_get(&d->served, &key, &fresh);
    if (!fresh)
        return; /* told: the texts need not be made again */
    struct ww_out o = ww_out(text, sizeof text);
    ww_out_f(&o, "%s/%u%s%s", e->ip_proto == 6 ? "tcp" : "udp", (unsigned)end->port,
             app[0] != 0 ? " " : "", app);
    ww_devices_fact(d, dev, e, "service", (struct ww_slice){ (const uint8_t *)text, o.n }, "flow",
                    3);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (app[0] != 0 ? strcmp(app, known[i].app) == 0
                        : e->ip_proto == 17 && end->port == known[i].port)
            ww_devices_fact(d, dev, e, "role", ww_slice_str(known[i].role), "flow",
                            app[0] != 0 ? 3 : 2);
}

/* Who answers for an address on the link has it (RFC 826), unless another host speaks for him. */
static void arp(struct ww_devices *d, const struct ww_event *e)
{
    const struct ww_mac *mac = ww_get_mac(e, d->arp_mac);
    const struct ww_ip *ip = ww_get_ip(e, d->arp_ip);
    if (ip->fam == 0 || ww_ip_is_group(ip) || ww_mac_none(mac) ||
        ww_get_u64(e, d->arp_differs) != 0)
        return;
    ww_devices_own(d, mac, ip, false);
    (void)ww_devices_at(d, e, ip, mac, DEV_MAKE);
}

/* A server gave an address (RFC 2131 4.3.1); what the client had before is over. */
static void dhcp(struct ww_devices *d, const struct ww_event *e)
{
    struct ww_slice type = ww_get_str(e, d->dhcp_type);
    const struct ww_ip *ip = ww_get_ip(e, d->dhcp_ip);
    if (ww_slice_eqs(type, "ack") && ip->fam != 0)
        ww_devices_own(d, ww_get_mac(e, d->dhcp_mac), ip, true);
    if ((!ww_slice_eqs(type, "ack") && !ww_slice_eqs(type, "offer")) ||
        ww_get_ip(e, d->dhcp_relay)->fam != 0)
        return; /* a relay is not the server */
    struct ww_device *dev = ww_devices_end(d, e, (enum ww_dir)(e->dir & 1), true);
    if (dev != NULL)
        ww_devices_fact(d, dev, e, "role", WW_SLICE_LIT("DHCP server"), "dhcp.message", 3);
}

bool ww_devices_wants(const struct ww_devices *d, int type)
{
    const int named_types[] = { d->t_request, d->t_response, d->t_message, d->t_ack,
                                d->t_end,     d->t_update,   d->t_arp,     d->t_dhcp };
    bool wanted = d->type[type].n > 0;
    for (size_t i = 0; i < sizeof named_types / sizeof named_types[0]; i++)
        wanted = wanted || named_types[i] == type;
    return wanted;
}

void ww_devices_evidence(struct ww_devices *d, const struct ww_event *e)
{
    int id = ww_registry_id(d->cfg.registry, e->type);
    if (id < 0)
        return;
    const struct dev_type *t = &d->type[id];
    if (id == d->t_arp)
        arp(d, e);
    else if (id == d->t_dhcp)
        dhcp(d, e);
    for (uint16_t i = 0; i < t->n; i++)
        tell_field(d, e, t, &d->field[t->first + i]);
    if (id == d->t_request)
        role_dicom(d, e, d->request_command, true);
    else if (id == d->t_response)
        role_dicom(d, e, d->response_command, false);
    else if (id == d->t_message || id == d->t_ack)
        role_hl7(d, e, id == d->t_ack);
    else if (id == d->t_end)
        role_server(d, e, ww_get_u64(e, d->end_toserver), ww_get_u64(e, d->end_toclient));
    else if (id == d->t_update)
        role_server(d, e, ww_get_u64(e, d->upd_toserver), ww_get_u64(e, d->upd_toclient));
}

void ww_devices_see(struct ww_devices *d, const struct ww_event *e)
{
    if (e->end[e->dir & 1].ip.fam != 0)
        (void)ww_devices_end(d, e, (enum ww_dir)(e->dir & 1), true);
    ww_devices_evidence(d, e);
}
