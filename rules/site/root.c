/* root.c - the root of a site file and its smaller lists. */
#include "rules/site/read.h"

static const uint64_t DAY_NS = 86400u * UINT64_C(1000000000);

/* ---- services, controllers, contacts ---- */
static void read_nets(struct sr *r, const char *key, yaml_node_t *v, void *obj)
{
    struct site_list *l = obj;
    l->name = key;
    l->net = ww_site_seq(r, v, key, sizeof *l->net, WW_SITE_LIST_MAX, &l->n, ww_site_read_net);
}
static void read_service(struct sr *r, const char *key, yaml_node_t *v, void *obj)
{
    static const char *const words[] = { "dns",    "ntp",  "dhcp",       "ad",      "proxy",
                                         "backup", "pacs", "his",        "ris",     "lis",
                                         "mail",   "file", "print",      "gateway", "syslog",
                                         "update", "vpn",  "monitoring", "scanner", NULL };
    bool known = false;
    for (size_t i = 0; words[i] != NULL; i++)
        known = known || strcmp(words[i], key) == 0;
    if (!known)
        ww_site_fail(r, v,
                     "the service '%.40s' is not known; use dns, ntp, dhcp, ad, proxy, backup, "
                     "pacs, his, ris, lis, mail, file, print, gateway, syslog, update, vpn, "
                     "monitoring or scanner",
                     key);
    read_nets(r, key, v, obj);
}
static void con_name(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_contact *)obj)->name = ww_site_text(r, v, "name");
}
static void con_phone(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_contact *)obj)->phone = ww_site_text(r, v, "phone");
}
static void con_mail(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_contact *)obj)->mail = ww_site_text(r, v, "mail");
}
static const struct sr_key con_keys[] = {
    { "name", con_name },
    { "phone", con_phone },
    { "mail", con_mail },
    { NULL, NULL },
};
static void read_contact(struct sr *r, const char *key, yaml_node_t *v, void *obj)
{
    /* addressees of the alert model 3.9 */
    static const char *const codes[] = { "HIT", "PLN", "MISM",  "MDSM", "CE",  "PPCO", "MGMT",
                                         "OPR", "MAH", "DLR",   "REP",  "IPA", "MHLW", "PMDA",
                                         "PPC", "POL", "CSIRT", "SUBJ", NULL };
    struct ww_site_contact *c = obj;
    bool known = false;
    for (size_t i = 0; codes[i] != NULL; i++)
        known = known || strcmp(codes[i], key) == 0;
    if (!known)
        ww_site_fail(r, v,
                     "no addressee has the code '%.40s'; use HIT, PLN, MISM, MDSM, CE, PPCO, "
                     "MGMT, OPR, MAH, DLR, REP, IPA, MHLW, PMDA, PPC, POL, CSIRT or SUBJ",
                     key);
    c->code = key;
    c->name = c->phone = c->mail = "";
    ww_site_map(r, v, "a contact", con_keys, c);
}

/* ---- exceptions, maintenance ---- */
static void exc_device(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_exception *)obj)->device = ww_site_text(r, v, "device");
}
static void exc_class(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_exception *x = obj;
    x->class_ = ww_site_text(r, v, "class");
    if (r->rc == WW_OK && (strlen(x->class_) != 6 || strncmp(x->class_, "WD-", 3) != 0))
        ww_site_fail(r, v, "'%.40s' is no alert class; write one such as WD-101", x->class_);
}
static void exc_peer(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_exception *)obj)->peer = ww_site_text(r, v, "peer");
}
static void exc_reason(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_exception *)obj)->reason = ww_site_text(r, v, "reason");
}
static void exc_owner(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_exception *)obj)->owner = ww_site_text(r, v, "owner");
}
static void exc_expires(struct sr *r, yaml_node_t *v, void *obj)
{
    bool day = false;
    uint64_t t = ww_site_time(r, v, "expires", &day);
    ((struct ww_site_exception *)obj)->expires = day ? t + DAY_NS - 1 : t;
}
static const struct sr_key exc_keys[] = {
    { "device", exc_device }, { "class", exc_class }, { "peer", exc_peer },
    { "reason", exc_reason }, { "owner", exc_owner }, { "expires", exc_expires },
    { NULL, NULL },
};
static void read_exception(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_exception *x = obj;
    x->device = x->class_ = x->peer = x->reason = x->owner = "";
    x->line = ww_site_line(v);
    ww_site_map(r, v, "an exception", exc_keys, x);
    if (r->rc == WW_OK && (*x->device == 0 || *x->class_ == 0 || *x->reason == 0 ||
                           *x->owner == 0 || x->expires == 0))
        ww_site_fail(r, v,
                     "an exception needs device, class, reason, owner and expires: somebody "
                     "answers for it, for a time");
}
static void mnt_device(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_maintenance *)obj)->device = ww_site_text(r, v, "device");
}
static void mnt_from(struct sr *r, yaml_node_t *v, void *obj)
{
    bool day = false;
    ((struct ww_site_maintenance *)obj)->from = ww_site_time(r, v, "from", &day);
}
static void mnt_to(struct sr *r, yaml_node_t *v, void *obj)
{
    bool day = false;
    uint64_t t = ww_site_time(r, v, "to", &day);
    ((struct ww_site_maintenance *)obj)->to = day ? t + DAY_NS - 1 : t;
}
static void mnt_source(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_maintenance *)obj)->source = ww_site_text(r, v, "source");
}
static void mnt_operator(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_maintenance *)obj)->operator_ = ww_site_text(r, v, "operator");
}
static void mnt_approved(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site_maintenance *)obj)->approved_by = ww_site_text(r, v, "approved_by");
}
static const struct sr_key mnt_keys[] = {
    { "device", mnt_device }, { "from", mnt_from },         { "to", mnt_to },
    { "source", mnt_source }, { "operator", mnt_operator }, { "approved_by", mnt_approved },
    { NULL, NULL },
};
static void read_maintenance(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site_maintenance *m = obj;
    m->device = m->source = m->operator_ = m->approved_by = "";
    ww_site_map(r, v, "a maintenance window", mnt_keys, m);
    if (r->rc == WW_OK && (m->from == 0 || m->to <= m->from))
        ww_site_fail(r, v, "a maintenance window needs from and to, in this order");
}

/* ---- thresholds ---- */
#define WW_THRESHOLD(f)                                                            \
    static void thr_##f(struct sr *r, yaml_node_t *v, void *obj)                   \
    {                                                                              \
        ((struct ww_site_thresholds *)obj)->f = ww_site_u32(r, v, #f, 0, 1000000); \
    }
WW_THRESHOLD(loss_ppm)
WW_THRESHOLD(one_way_ppm)
WW_THRESHOLD(midstream_ppm)
WW_THRESHOLD(truncated_ppm)
WW_THRESHOLD(silent_s)
WW_THRESHOLD(storage_free_ppm)
WW_THRESHOLD(unobserved_h)
WW_THRESHOLD(clock_s)
WW_THRESHOLD(undissected_ppm)
WW_THRESHOLD(encrypted_ppm)
static const struct sr_key thr_keys[] = {
    { "loss_ppm", thr_loss_ppm },
    { "one_way_ppm", thr_one_way_ppm },
    { "midstream_ppm", thr_midstream_ppm },
    { "truncated_ppm", thr_truncated_ppm },
    { "silent_s", thr_silent_s },
    { "storage_free_ppm", thr_storage_free_ppm },
    { "unobserved_h", thr_unobserved_h },
    { "clock_s", thr_clock_s },
    { "undissected_ppm", thr_undissected_ppm },
    { "encrypted_ppm", thr_encrypted_ppm },
    { NULL, NULL },
};

/* ---- the root: zones first, because devices name them ---- */
static void root_hospital(struct sr *r, yaml_node_t *v, void *obj)
{
    ((struct ww_site *)obj)->hospital = ww_site_text(r, v, "hospital");
}
static void root_language(struct sr *r, yaml_node_t *v, void *obj)
{
    static const char *const words[] = { "ja", "en", NULL };
    unsigned w = ww_site_word(r, v, "the language", words);
    ((struct ww_site *)obj)->language = w > 0 ? words[w - 1] : "";
}
static void root_zones(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site *s = obj;
    size_t n = v->type == YAML_SEQUENCE_NODE
                   ? (size_t)(v->data.sequence.items.top - v->data.sequence.items.start)
                   : 0;
    if (n > WW_SITE_ZONE_MAX) {
        ww_site_fail(r, v, "more than %d zones", WW_SITE_ZONE_MAX);
        return;
    }
    /* ids are compared while the list is read, so the site knows it before */
    s->zone = ww_site_alloc(r, n, sizeof *s->zone);
    for (size_t i = 0; i < n && r->rc == WW_OK; i++) {
        s->nzone = i;
        ww_site_read_zone(r, yaml_document_get_node(&r->doc, v->data.sequence.items.start[i]),
                          &s->zone[i]);
    }
    s->nzone = r->rc == WW_OK ? n : 0;
    if (n == 0)
        (void)ww_site_seq(r, v, "zones", 1, 0, &n, ww_site_read_zone);
}
static void root_services(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site *s = obj;
    s->service = ww_site_pairs(r, v, "services", sizeof *s->service, &s->nservice, read_service);
}
static void root_controllers(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site *s = obj;
    s->controller =
        ww_site_pairs(r, v, "controllers", sizeof *s->controller, &s->ncontroller, read_nets);
}
static void root_devices(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site *s = obj;
    s->dev = ww_site_seq(r, v, "devices", sizeof *s->dev, WW_SITE_DEVICE_MAX, &s->ndev,
                         ww_site_read_device);
}
static void root_contacts(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site *s = obj;
    s->contact = ww_site_pairs(r, v, "contacts", sizeof *s->contact, &s->ncontact, read_contact);
}
static void root_exceptions(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site *s = obj;
    s->exception = ww_site_seq(r, v, "exceptions", sizeof *s->exception, WW_SITE_LIST_MAX,
                               &s->nexception, read_exception);
}
static void root_maintenance(struct sr *r, yaml_node_t *v, void *obj)
{
    struct ww_site *s = obj;
    s->maintenance = ww_site_seq(r, v, "maintenance", sizeof *s->maintenance, WW_SITE_LIST_MAX,
                                 &s->nmaintenance, read_maintenance);
}
static void root_thresholds(struct sr *r, yaml_node_t *v, void *obj)
{
    ww_site_map(r, v, "thresholds", thr_keys, &((struct ww_site *)obj)->thresholds);
}
static const struct sr_key root_keys[] = {
    { "hospital", root_hospital },
    { "language", root_language },
    { "zones", root_zones },
    { "services", root_services },
    { "controllers", root_controllers },
    { "devices", root_devices },
    { "contacts", root_contacts },
    { "exceptions", root_exceptions },
    { "maintenance", root_maintenance },
    { "thresholds", root_thresholds },
    { NULL, NULL },
};

void ww_site_root(struct sr *r)
{
    yaml_node_t *root = yaml_document_get_root_node(&r->doc);
    ww_site_map(r, root, "a site file", root_keys, r->s);
}
