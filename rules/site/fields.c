/* fields.c - the keys of zones and devices, one table per kind of object. */
#include "rules/site/read.h"

enum { SITE_PER_ITEM = 64 }; /* members of a list inside one zone or device */

static const struct ww_site_zone *zone_named(const struct ww_site *s, const char *id)
{
    for (size_t i = 0; i < s->nzone; i++)
        if (s->zone[i].id != NULL && strcmp(s->zone[i].id, id) == 0)
            return &s->zone[i];
    return NULL;
}

const char *ww_site_id(struct sr *r, yaml_node_t *v, const char *what)
{
    const char *t = ww_site_text(r, v, what);
    size_t n = strlen(t);
    bool ok = n > 0 && n <= 64;
    for (size_t i = 0; ok && i < n; i++)
        ok = (t[i] >= 'a' && t[i] <= 'z') || (t[i] >= 'A' && t[i] <= 'Z') ||
             (t[i] >= '0' && t[i] <= '9') || t[i] == '-' || t[i] == '_' || t[i] == '.';
    if (!ok)
        ww_site_fail(r, v, "%s must have 1 to 64 letters, digits, '-', '_' or '.'", what);
    return t;
}

unsigned ww_site_word(struct sr *r, yaml_node_t *v, const char *what, const char *const *words)
{
    const char *t = ww_site_text(r, v, what);
    char all[256];
    struct ww_out o = ww_out(all, sizeof all - 1);
    if (*t == 0)
        return 0;
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], t) == 0)
            return i + 1;
        ww_out_f(&o, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    all[o.n] = 0;
    ww_site_fail(r, v, "%s '%.40s' is not known; use one of: %s", what, t, all);
    return 0;
}

void ww_site_read_net(struct sr *r, yaml_node_t *v, void *obj)
{
    const char *t = ww_site_text(r, v, "an address");
    if (r->rc == WW_OK && !ww_net_parse(obj, t))
        ww_site_fail(r, v,
                     "'%.60s' is no address or subnet; write 10.1.2.3, 10.1.2.0/24 or "
                     "2001:db8::/32 with all host bits zero",
                     t);
}

static void read_text(struct sr *r, yaml_node_t *v, void *obj)
{
    const char **t = obj;
    *t = ww_site_text(r, v, "a member of the list");
}

/* ---- zones ---- */
static void zone_id(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_zone *z = obj;
    const char *id = ww_site_id(r, v, "the id of a zone");
    if (r->rc == WW_OK && zone_named(r->s, id) != NULL)
        ww_site_fail(r, v, "the zone '%s' stands here twice; give each its own id", id);
    z->id = id;
}
static void zone_subnets(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_zone *z = obj;
    z->net =
        ww_site_seq(r, v, "subnets", sizeof *z->net, SITE_PER_ITEM, &z->nnet, ww_site_read_net);
}
static void read_vlan(struct sr *r, yaml_node_t *v, void *obj)
{
    uint16_t *n = obj;
    *n = (uint16_t)ww_site_u32(r, v, "a VLAN", 1, 4094);
}
static void zone_vlans(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_zone *z = obj;
    z->vlan = ww_site_seq(r, v, "vlans", sizeof *z->vlan, SITE_PER_ITEM, &z->nvlan, read_vlan);
}
static const char *const env_words[] = { "hospital", "home", "worn", "unspecified", NULL };
static void zone_environment(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_zone *z = obj;
    z->environment = (enum ww_site_env)ww_site_word(r, v, "the environment", env_words);
}
static const char *const conn_words[] = { "closed", "hospital", "internet", "remote-maintenance",
                                          NULL };
static void zone_connection(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_zone *z = obj;
    z->connection = (enum ww_site_conn)ww_site_word(r, v, "the connection", conn_words);
}
static void zone_wireless(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_zone *z = obj;
    z->wireless = ww_site_bool(r, v, "wireless");
}
static const struct sr_key zone_keys[] = {
    { "id", zone_id },
    { "subnets", zone_subnets },
    { "vlans", zone_vlans },
    { "environment", zone_environment },
    { "connection", zone_connection },
    { "wireless", zone_wireless },
    { NULL, NULL },
};
void ww_site_read_zone(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_zone *z = obj;
    ww_site_map(r, v, "a zone", zone_keys, z);
    if (r->rc == WW_OK && z->id == NULL)
        ww_site_fail(r, v, "a zone needs an id");
}

/* ---- the ledger ---- */
static void dev_id(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_device *d = obj;
    d->id = ww_site_id(r, v, "the id of a device");
}
static void dev_name(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_device *)obj)->name = ww_site_text(r, v, "name");
}
static void dev_mac(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_device *d = obj;
    const char *t = ww_site_text(r, v, "mac");
    if (*t != 0 && !ww_mac_parse(&d->mac, t))
        ww_site_fail(r, v, "'%.40s' is no MAC address; write it as 02:00:5e:00:53:01", t);
}
static void read_ip(struct sr *r, yaml_node_t *v, void *obj)
{
    const char *t = ww_site_text(r, v, "ip");
    if (r->rc == WW_OK && !ww_ip_parse(obj, t))
        ww_site_fail(r, v, "'%.60s' is no address of a device; write one such as 10.1.2.3", t);
}
static void dev_ip(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_device *d = obj;
    d->ip = ww_site_seq(r, v, "ip", sizeof *d->ip, SITE_PER_ITEM, &d->nip, read_ip);
}
static void dev_class(struct sr *r, yaml_node_t *v, void *obj)
{
    static const char *const words[] = { "I", "II", "III", "IV", "1", "2", "3", "4", "none", NULL };
    struct ww_site_device *d = obj;
    unsigned w = ww_site_word(r, v, "the class", words);
    d->class_ = (uint8_t)(w == 9 ? WW_SITE_NOT_MEDICAL : w > 4 ? w - 4 : w);
}
static void dev_role(struct sr *r, yaml_node_t *v, void *obj)
{
    /* clinical roles of the alert model 3.3 (B23, S10), and the names of the severity table */
    static const char *const words[] = { "life-sustaining",
                                         "therapy",
                                         "monitoring",
                                         "clinical-server",
                                         "diagnostic",
                                         "lab",
                                         "display",
                                         "support",
                                         "it",
                                         NULL };
    static const char *const names[] = { "life_sustaining", "therapy",    "monitoring",
                                         "core_server",     "diagnostic", "lab",
                                         "display",         "support",    "general_it" };
    struct ww_site_device *d = obj;
    unsigned w = ww_site_word(r, v, "the role", words);
    d->role = w > 0 ? names[w - 1] : "";
}
static void dev_zone(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_device *d = obj;
    const char *t = ww_site_text(r, v, "zone");
    if (*t == 0)
        return;
    d->zone = zone_named(r->s, t);
    if (d->zone == NULL)
        ww_site_fail(r, v, "no zone has the id '%.64s'; add it under zones or correct the name", t);
}
static void dev_location(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_device *)obj)->location = ww_site_text(r, v, "location");
}
static void dev_department(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_device *)obj)->department = ww_site_text(r, v, "department");
}
static void dev_baseline(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_device *d = obj;
    const char *t = ww_site_text(r, v, "baseline");
    if (*t == 0 || *t == '/' || r->s->dir[0] == 0) {
        d->baseline = t;
        return;
    }
    size_t n = strlen(r->s->dir) + strlen(t) + 2;
    char *path = ww_site_alloc(r, 1, n);
    if (path == NULL)
        return;
    struct ww_out o = ww_out(path, n);
    ww_out_f(&o, "%s/%s", r->s->dir, t);
    d->baseline = path;
}
static void dev_serial(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_device *)obj)->serial = ww_site_text(r, v, "serial");
}
static void dev_acquisition(struct sr *r, yaml_node_t *v, void *obj)
{
    static const char *const words[] = { "new", "used", "lease", "rental", "loan", NULL };
    unsigned w = ww_site_word(r, v, "the acquisition", words);
    ((struct ww_site_device *)obj)->acquisition = w > 0 ? words[w - 1] : "";
}
static void dev_connection(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_device *)obj)->connection =
        (enum ww_site_conn)ww_site_word(r, v, "the connection", conn_words);
}

static void ae_id(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_ae *)obj)->id = ww_site_text(r, v, "the id of an application entity");
}
static void ae_title(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_ae *)obj)->title = ww_site_text(r, v, "an AE title");
}
static void ae_remote(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_ae *a = obj;
    const char **t = ww_site_seq(r, v, "remote", sizeof *t, SITE_PER_ITEM, &a->nremote, read_text);
    a->remote = t;
}
static const struct sr_key ae_keys[] = {
    { "id", ae_id },
    { "title", ae_title },
    { "remote", ae_remote },
    { NULL, NULL },
};
static void read_ae(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_ae *a = obj;
    a->id = a->title = "";
    if (v->type == YAML_MAPPING_NODE)
        ww_site_map(r, v, "an AE title", ae_keys, a);
    else
        ae_title(r, v, a);
    size_t n = strlen(a->title);
    if (r->rc == WW_OK && (n == 0 || n > 16)) /* PS3.5 6.2: AE has 16 bytes at most */
        ww_site_fail(r, v, "an AE title has 1 to 16 characters");
}
static void dev_ae_titles(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_device *d = obj;
    d->ae = ww_site_seq(r, v, "ae_titles", sizeof *d->ae, SITE_PER_ITEM, &d->nae, read_ae);
}
static void port_conduit(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_port *)obj)->conduit = ww_site_text(r, v, "conduit");
}
static void port_port(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_port *)obj)->port = (uint16_t)ww_site_u32(r, v, "a port", 1, 65535);
}
static const struct sr_key port_keys[] = {
    { "conduit", port_conduit },
    { "port", port_port },
    { NULL, NULL },
};
static void read_port(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_port *p = obj;
    p->conduit = "";
    ww_site_map(r, v, "a port", port_keys, p);
    if (r->rc == WW_OK && (*p->conduit == 0 || p->port == 0))
        ww_site_fail(r, v,
                     "a port needs the conduit of the declaration and the port in use: "
                     "{conduit: store, port: 11112}");
}
static void dev_ports(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_device *d = obj;
    d->port = ww_site_seq(r, v, "ports", sizeof *d->port, SITE_PER_ITEM, &d->nport, read_port);
}
static const struct sr_key dev_keys[] = {
    { "id", dev_id },
    { "name", dev_name },
    { "mac", dev_mac },
    { "ip", dev_ip },
    { "class", dev_class },
    { "role", dev_role },
    { "zone", dev_zone },
    { "location", dev_location },
    { "department", dev_department },
    { "baseline", dev_baseline },
    { "serial", dev_serial },
    { "acquisition", dev_acquisition },
    { "connection", dev_connection },
    { "ae_titles", dev_ae_titles },
    { "ports", dev_ports },
    { NULL, NULL },
};
void ww_site_read_device(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_device *d = obj;
    d->name = d->role = d->location = d->department = d->serial = d->acquisition = d->baseline = "";
    d->line = ww_site_line(v);
    ww_site_map(r, v, "a device", dev_keys, d);
    if (r->rc == WW_OK && d->id == NULL)
        ww_site_fail(r, v, "a device needs an id");
    if (r->rc == WW_OK && ww_mac_none(&d->mac) && d->nip == 0)
        ww_site_fail(r, v, "the device '%s' has neither mac nor ip; it could never be recognised",
                     d->id);
    if (d->class_ == 0 && strcmp(d->role, "general_it") == 0)
        d->class_ = WW_SITE_NOT_MEDICAL;
}
