/* site.c - reading a site file, and the questions that it answers. */
#include "rules/site/site.h"
#include "rules/site/read.h"
#include "sensor/base/data.h"
#include <stdlib.h>

const struct ww_site_thresholds ww_site_thresholds_default = {
    .loss_ppm = 10000,     /* 1 %: above it, what was not seen may matter */
    .one_way_ppm = 200000, /* a fifth of the connections: a mirror that shows one direction */
    .midstream_ppm = 500000, /* the same as WW_MIDSTREAM_PPM */
    .truncated_ppm = 10000,
    .silent_s = 300,
    .storage_free_ppm = 50000,
    .unobserved_h = 24, /* devices are switched off over night */
    .clock_s = 60,
    .undissected_ppm = 500000,
    .encrypted_ppm = 500000,
};

/* ---- reading ---- */
static int key_cmp(const void *a, const void *b)
{
    const struct site_key *x = a, *y = b;
    int c = memcmp(x->key, y->key, sizeof x->key);
    return c != 0 ? c : (int)x->dev - (int)y->dev;
}

static void key_of_ip(uint8_t key[17], const struct ww_ip *ip)
{
    struct ww_out o = ww_out((char *)key, 17);
    ww_out_raw(&o, &ip->fam, 1);
    ww_out_raw(&o, ip->b, 16);
}

static void key_of_mac(uint8_t key[17], const struct ww_mac *m)
{
    static const uint8_t zero[17] = { 0 };
    struct ww_out o = ww_out((char *)key, 17);
    ww_out_raw(&o, m->b, 6);
    ww_out_raw(&o, zero, 11);
}

/* Fails when two devices have the same key. */
static void no_sharing(struct sr *r, const struct site_key *k, size_t n, const char *what)
{
    for (size_t i = 1; i < n; i++) {
        if (memcmp(k[i - 1].key, k[i].key, sizeof k->key) != 0)
            continue;
        const struct ww_site_device *a = &r->s->dev[k[i - 1].dev], *b = &r->s->dev[k[i].dev];
        yaml_node_t at = { .start_mark = { .line = b->line - 1 } };
        ww_site_fail(r, &at, "the devices '%s' (line %u) and '%s' have the same %s; correct one",
                     a->id, a->line, b->id, what);
        return;
    }
}

static void index_devices(struct sr *r)
{
    struct ww_site *s = r->s;
    size_t nip = 0;
    for (size_t i = 0; i < s->ndev; i++)
        nip += s->dev[i].nip;
    s->by_mac = ww_site_alloc(r, s->ndev, sizeof *s->by_mac);
    s->by_ip = ww_site_alloc(r, nip, sizeof *s->by_ip);
    if (s->by_mac == NULL || s->by_ip == NULL)
        return;
    for (size_t i = 0; i < s->ndev; i++) {
        const struct ww_site_device *d = &s->dev[i];
        if (!ww_mac_none(&d->mac)) {
            key_of_mac(s->by_mac[s->nmac].key, &d->mac);
            s->by_mac[s->nmac++].dev = (uint16_t)i;
        }
        for (size_t k = 0; k < d->nip; k++) {
            key_of_ip(s->by_ip[s->nip].key, &d->ip[k]);
            s->by_ip[s->nip++].dev = (uint16_t)i;
        }
    }
    qsort(s->by_mac, s->nmac, sizeof *s->by_mac, key_cmp);
    qsort(s->by_ip, s->nip, sizeof *s->by_ip, key_cmp);
    no_sharing(r, s->by_mac, s->nmac, "mac");
    no_sharing(r, s->by_ip, s->nip, "ip");
}

static int longer_first(const void *a, const void *b)
{
    const struct site_zone_net *x = a, *y = b;
    return (int)y->net.len - (int)x->net.len;
}

static void index_zones(struct sr *r)
{
    struct ww_site *s = r->s;
    size_t n = 0;
    for (size_t i = 0; i < s->nzone; i++)
        n += s->zone[i].nnet;
    s->zone_net = ww_site_alloc(r, n, sizeof *s->zone_net);
    if (s->zone_net == NULL)
        return;
    for (size_t i = 0; i < s->nzone; i++)
        for (size_t k = 0; k < s->zone[i].nnet; k++)
            s->zone_net[s->nzone_net++] = (struct site_zone_net){ s->zone[i].net[k], &s->zone[i] };
    qsort(s->zone_net, s->nzone_net, sizeof *s->zone_net, longer_first);
    for (size_t i = 0; i < s->nzone_net; i++)
        for (size_t k = i + 1; k < s->nzone_net; k++)
            if (s->zone_net[i].net.len == s->zone_net[k].net.len &&
                ww_ip_eq(&s->zone_net[i].net.ip, &s->zone_net[k].net.ip)) {
                ww_site_fail(r, NULL,
                             "the zones '%s' and '%s' have the same subnet; a subnet "
                             "belongs to one zone",
                             s->zone_net[i].zone->id, s->zone_net[k].zone->id);
                return;
            }
}

static int id_cmp(const void *a, const void *b)
{
    const struct ww_site_device *const *x = a, *const *y = b;
    int c = strcmp((*x)->id, (*y)->id);
    return c != 0 ? c : (int)(*x)->line - (int)(*y)->line;
}

/* Fails when two devices have the same id. */
static bool ids_differ(struct sr *r)
{
    struct ww_site *s = r->s;
    const struct ww_site_device **by_id = ww_site_alloc(r, s->ndev, sizeof *by_id);
    if (by_id == NULL)
        return false;
    for (size_t i = 0; i < s->ndev; i++)
        by_id[i] = &s->dev[i];
    qsort(by_id, s->ndev, sizeof *by_id, id_cmp);
    for (size_t i = 1; i < s->ndev; i++)
        if (strcmp(by_id[i - 1]->id, by_id[i]->id) == 0) {
            yaml_node_t at = { .start_mark = { .line = by_id[i]->line - 1 } };
            ww_site_fail(r, &at, "the device '%s' stands in line %u already; give each its own id",
                         by_id[i]->id, by_id[i - 1]->line);
            return false;
        }
    return true;
}

void ww_site_finish(struct sr *r)
{
    struct ww_site *s = r->s;
    if (r->rc != WW_OK)
        return;
    if (!ids_differ(r))
        return;
    for (size_t i = 0; i < s->nexception; i++)
        if (strcmp(s->exception[i].device, "*") != 0 &&
            ww_site_by_id(s, s->exception[i].device) == NULL) {
            yaml_node_t at = { .start_mark = { .line = s->exception[i].line - 1 } };
            ww_site_fail(r, &at,
                         "the exception names the device '%.64s', which is not under "
                         "devices; correct the id",
                         s->exception[i].device);
            return;
        }
    index_zones(r);
    if (r->rc == WW_OK)
        index_devices(r);
}

/* Copies name and its folder into the site. */
static void keep_name(struct sr *r, const char *name)
{
    size_t n = strlen(name);
    char *file = ww_site_alloc(r, 1, n + 1), *dir = ww_site_alloc(r, 1, n + 1);
    if (file == NULL || dir == NULL)
        return;
    struct ww_out o = ww_out(file, n + 1);
    ww_out_s(&o, name);
    const char *slash = strrchr(name, '/');
    o = ww_out(dir, n + 1);
    if (slash != NULL)
        ww_out_raw(&o, name, slash == name ? 1 : (size_t)(slash - name));
    r->s->file = file;
    r->s->dir = dir;
}

/**
 * Parses the text into r->doc and reads it.
 * Return: false when the text is no YAML; r->rc is then set and there is no document
 */
static bool parse(struct sr *r, struct ww_slice text)
{
    yaml_parser_t p;
    if (yaml_parser_initialize(&p) == 0) {
        r->rc = WW_FAIL(r->e, WW_E_SYS, "%s: no memory", r->s->file);
        return false;
    }
    yaml_parser_set_input_string(&p, text.p, text.n);
    bool ok = yaml_parser_load(&p, &r->doc) != 0;
    if (!ok)
        r->rc = WW_FAIL(r->e, WW_E_CONF, "%s:%zu: not YAML: %s; correct the indentation or quoting",
                        r->s->file, p.problem_mark.line + 1,
                        p.problem != NULL ? p.problem : "unreadable");
    yaml_parser_delete(&p);
    return ok;
}

enum ww_rc ww_site_parse(struct ww_site **out, const char *name, struct ww_slice text,
                         struct ww_err *e)
{
    struct sr r = { .e = e, .rc = WW_OK };
    if (text.n > WW_SITE_FILE_MAX)
        return WW_FAIL(e, WW_E_LIMIT, "%s: larger than %d bytes", name, WW_SITE_FILE_MAX);
    r.s = calloc(1, sizeof *r.s);
    if (r.s == NULL)
        return WW_FAIL(e, WW_E_SYS, "%s: no memory", name);
    r.s->file = name;
    r.s->dir = r.s->hospital = r.s->language = "";
    r.s->thresholds = ww_site_thresholds_default;
    keep_name(&r, name);
    if (r.rc == WW_OK && parse(&r, text)) {
        ww_site_root(&r);
        ww_site_finish(&r);
        yaml_document_delete(&r.doc);
    }
    if (r.rc != WW_OK) {
        ww_site_free(r.s);
        return r.rc;
    }
    *out = r.s;
    return WW_OK;
}

enum ww_rc ww_site_load(struct ww_site **out, const char *path, struct ww_err *e)
{
    char *text = NULL;
    size_t n = 0;
    enum ww_rc rc = ww_file_read(&text, &n, path, WW_SITE_FILE_MAX, e);
    if (rc != WW_OK)
        return rc;
    rc = ww_site_parse(out, path, (struct ww_slice){ (const uint8_t *)text, n }, e);
    free(text);
    return rc;
}
