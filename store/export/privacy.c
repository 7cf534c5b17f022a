/* privacy.c - which fields name hosts (alert model PH-11), and an event without them. */
#include "store/export/privacy.h"
#include <arpa/inet.h>

/* When a field is left out. */
enum rule {
    ALWAYS,
    NOT_IP, /* unless it is an address */
    ATTR,   /* when the field `by` is the name of an attribute that names hosts */
    FROM    /* when the field `by` names an event whose fields name hosts */
};

/* proto is the part of the event's name before the dot. */
static const struct {
    const char *proto, *field;
    enum rule rule;
    const char *by;
} hidden[] = {
    { "dns", "rrname", ALWAYS, "" },
    { "dns", "name", ALWAYS, "" },
    { "dns", "names", ALWAYS, "" },
    { "dhcp", "hostname", ALWAYS, "" },
    { "dhcp", "fqdn", ALWAYS, "" },
    { "dhcp", "domain", ALWAYS, "" },
    { "dhcp", "tftp_server", NOT_IP, "" },
    { "syslog", "hostname", ALWAYS, "" },
    { "syslog", "source_id", ALWAYS, "" },
    { "syslog", "access_points", ALWAYS, "" },
    { "http", "hostname", ALWAYS, "" },
    { "tls", "sni", ALWAYS, "" },
    { "tls", "subject", ALWAYS, "" },
    { "tls", "subjectaltname", ALWAYS, "" },
    { "device", "value", ATTR, "attribute" },
    { "device", "before", ATTR, "what" },
    { "device", "after", ATTR, "what" },
    { "device", "peer", NOT_IP, "" },
    { "alert", "peer", NOT_IP, "" },
    { "alert", "peer_role", ALWAYS, "" }, /* of a peer outside: the name that DNS told */
    { "alert", "observed", FROM, "evidence__field" },
    { "alert", "device_label", ALWAYS,
      "" }, /* without a ledger it is what the device calls itself */
};
static const char *const attributes[] = { "hostname", "fqdn", "domain", "audit_source" };
static const char *const from[] = { "dns", "dhcp", "http", "tls", "syslog" };

static bool is_proto(const char *event, const char *proto)
{
    size_t n = strcspn(event, ".");
    return strlen(proto) == n && strncmp(proto, event, n) == 0;
}

void ww_privacy_learn(struct ww_privacy *p, const struct ww_registry *r)
{
    for (uint16_t t = 0; t < r->n; t++) {
        p->type[t].first = p->nfields;
        for (size_t h = 0; h < sizeof hidden / sizeof hidden[0]; h++) {
            const struct ww_field *f = ww_type_field(r->type[t], hidden[h].field);
            if (!is_proto(r->type[t]->name, hidden[h].proto) || f == NULL ||
                (f->type != WW_FT_STR && f->type != WW_FT_LIST) || p->nfields == WW_PRIVACY_FIELDS)
                continue;
            p->field[p->nfields++] =
                (struct ww_privacy_field){ f, ww_type_field(r->type[t], hidden[h].by),
                                           (uint8_t)hidden[h].rule };
            p->type[t].n++;
        }
    }
}

static bool is_ip(struct ww_slice s)
{
    char text[INET6_ADDRSTRLEN];
    uint8_t ip[16];
    struct ww_out o = ww_out(text, sizeof text - 1);
    ww_out_raw(&o, s.p, s.n);
    text[o.n] = 0;
    return !o.cut && (inet_pton(AF_INET, text, ip) == 1 || inet_pton(AF_INET6, text, ip) == 1);
}

static bool names_hosts(const struct ww_event *e, const struct ww_privacy_field *x)
{
    struct ww_slice by = { NULL, 0 };
    if (x->by != NULL)
        by = ww_get_str(e, x->by);
    switch ((enum rule)x->rule) {
    case ALWAYS:
        return true;
    case NOT_IP:
        return !ww_slice_eqs(ww_get_str(e, x->f), "*") && !is_ip(ww_get_str(e, x->f));
    case ATTR:
        for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
            if (ww_slice_eqs(by, attributes[i]))
                return true;
        return x->by == NULL; /* nothing says what it is: left out */
    case FROM:
        for (size_t i = 0; i < sizeof from / sizeof from[0]; i++)
            if (ww_slice_starts(by, from[i]))
                return true;
        return false;
    }
    return true;
}

const struct ww_event *ww_privacy_apply(struct ww_privacy *p, int id, const struct ww_event *e)
{
    if (p->type[id].n == 0)
        return e;
    size_t size = offsetof(struct ww_event, body) + e->type->size;
    struct ww_event *copy = (struct ww_event *)(void *)p->copy;
    struct ww_out o = ww_out((char *)p->copy, sizeof p->copy);
    ww_out_raw(&o, e, size);
    for (uint16_t i = 0; i < p->type[id].n; i++) {
        const struct ww_privacy_field *x = &p->field[p->type[id].first + i];
        if (names_hosts(e, x))
            ww_set_none(copy->body, x->f);
    }
    return copy;
}
