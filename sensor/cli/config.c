/* config.c - the configuration file of -c: budgets, buffers, outputs. Facts about the hospital belong
 * into the site file. */
#include "sensor/cli/cli.h"
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct key {
    const char *section, *name, *what;
    unsigned long lo, hi;
    void (*set)(struct ww_opts *o, unsigned long v);
};

static void set_workers(struct ww_opts *o, unsigned long v)
{
    if (o->jobs == 1) /* -j on the command line wins */
        o->jobs = (unsigned)v;
}
static void set_flows(struct ww_opts *o, unsigned long v)
{
    o->worker.flows = (uint32_t)v;
}
static void set_tcp(struct ww_opts *o, unsigned long v)
{
    o->worker.tcp_flows = (uint32_t)v;
}
static void set_buffers(struct ww_opts *o, unsigned long v)
{
    o->worker.buffer_bytes = (size_t)v << 20;
}
static void set_state(struct ww_opts *o, unsigned long v)
{
    o->worker.state_bytes = (size_t)v << 20;
}
static void set_datagrams(struct ww_opts *o, unsigned long v)
{
    o->worker.datagrams = (uint32_t)v;
}
static void set_idle_tcp(struct ww_opts *o, unsigned long v)
{
    o->worker.idle_tcp_s = (uint32_t)v;
}
static void set_idle_udp(struct ww_opts *o, unsigned long v)
{
    o->worker.idle_udp_s = (uint32_t)v;
}
static void set_kernel(struct ww_opts *o, unsigned long v)
{
    if (o->buffer_mib == 0)
        o->buffer_mib = (unsigned)v;
}
static void set_ring(struct ww_opts *o, unsigned long v)
{
    o->ring_mib = (unsigned)v;
}
static void set_stats(struct ww_opts *o, unsigned long v)
{
    o->worker.stats_s = (uint32_t)v;
}

static const struct key keys[] = {
    { "capture", "workers", "threads that dissect", 1, WW_WORKERS_MAX, set_workers },
    { "capture", "kernel_buffer_mib", "kernel buffer of one interface", 1, 4096, set_kernel },
    { "capture", "ring_mib", "live: packets that wait for one worker, from one interface; default 32", 1,
      4096, set_ring },
    { "budget", "flows", "flows at a time", 64, 16000000, set_flows },
    { "budget", "tcp_flows", "TCP connections that are reassembled at a time", 16, 8000000, set_tcp },
    { "budget", "buffers_mib", "segments out of order and message rests", 8, 65536, set_buffers },
    { "budget", "state_mib", "state of the dissectors", 8, 65536, set_state },
    { "budget", "datagrams", "fragmented datagrams at a time", 4, 65536, set_datagrams },
    { "timeout", "tcp_s", "silence that ends a TCP connection", 60, 604800, set_idle_tcp },
    { "timeout", "udp_s", "silence that ends a UDP conversation", 5, 86400, set_idle_udp },
    { "output", "stats_s", "packet time between statistics", 1, 86400, set_stats },
    { NULL, NULL, NULL, 0, 0, NULL }
};

void ww_config_man(FILE *f)
{
    for (const struct key *t = keys; t->name != NULL; t++) {
        (void)fprintf(f, ".TP\n.B %s: %s\n", t->section, t->name);
        ww_man_text(f, t->what);
        (void)fprintf(f, ", %lu to %lu\n", t->lo, t->hi);
    }
}

static enum ww_rc bad(const struct ww_opts *o, const yaml_node_t *n, struct ww_err *e,
                      const char *what, const char *word)
{
    return WW_FAIL(e, WW_E_CONF, "%s:%zu: %s: %s", o->config, n->start_mark.line + 1, word, what);
}

static const char *text_of(const yaml_node_t *n)
{
    return n != NULL && n->type == YAML_SCALAR_NODE ? (const char *)n->data.scalar.value : "";
}

static enum ww_rc set_key(struct ww_opts *o, const char *section, const yaml_node_t *k,
                          const yaml_node_t *v, struct ww_err *e)
{
    for (const struct key *t = keys; t->name != NULL; t++) {
        if (strcmp(t->section, section) != 0 || strcmp(t->name, text_of(k)) != 0)
            continue;
        char *end = NULL;
        const char *s = text_of(v);
        unsigned long n = strtoul(s, &end, 10);
        if (s[0] < '0' || s[0] > '9' || *end != 0 || n < t->lo || n > t->hi)
            return WW_FAIL(e, WW_E_CONF, "%s:%zu: %s (%s): a number from %lu to %lu is needed",
                           o->config, v->start_mark.line + 1, t->name, t->what, t->lo, t->hi);
        t->set(o, n);
        return WW_OK;
    }
    return bad(o, k, e, "not a key here; see wardwatch(1), section CONFIGURATION", text_of(k));
}

static enum ww_rc walk(struct ww_opts *o, yaml_document_t *doc, struct ww_err *e)
{
    const yaml_node_t *root = yaml_document_get_root_node(doc);
    if (root == NULL)
        return WW_OK; /* an empty file changes nothing */
    if (root->type != YAML_MAPPING_NODE)
        return bad(o, root, e, "sections with keys are needed", "configuration");
    for (yaml_node_pair_t *p = root->data.mapping.pairs.start; p < root->data.mapping.pairs.top;
         p++) {
        const yaml_node_t *k = yaml_document_get_node(doc, p->key);
        const yaml_node_t *v = yaml_document_get_node(doc, p->value);
        bool known = false;
        for (const struct key *t = keys; t->name != NULL; t++)
            known |= strcmp(t->section, text_of(k)) == 0;
        if (!known)
            return bad(o, k, e, "not a section; there are capture, budget, timeout, output", text_of(k));
        if (v->type != YAML_MAPPING_NODE)
            return bad(o, v, e, "keys with values are needed", text_of(k));
        for (yaml_node_pair_t *q = v->data.mapping.pairs.start; q < v->data.mapping.pairs.top; q++) {
            enum ww_rc rc = set_key(o, text_of(k), yaml_document_get_node(doc, q->key),
                                    yaml_document_get_node(doc, q->value), e);
            if (rc != WW_OK)
                return rc;
        }
    }
    return WW_OK;
}

enum ww_rc ww_config_read(struct ww_opts *o, struct ww_err *e)
{
    enum { CONFIG_MAX = 1 << 20 };
    char *text = NULL;
    size_t n = 0;
    yaml_parser_t p;
    yaml_document_t doc;
    if (o->config == NULL)
        return WW_OK;
    enum ww_rc rc = ww_file_read(&text, &n, o->config, CONFIG_MAX, e);
    if (rc != WW_OK)
        return rc;
    if (!yaml_parser_initialize(&p)) {
        free(text);
        return WW_FAIL(e, WW_E_SYS, "%s: no memory", o->config);
    }
    yaml_parser_set_input_string(&p, (const unsigned char *)text, n);
    if (yaml_parser_load(&p, &doc)) {
        rc = walk(o, &doc, e);
        yaml_document_delete(&doc);
    } else {
        rc = WW_FAIL(e, WW_E_CONF, "%s:%zu: not valid YAML: %s", o->config, p.problem_mark.line + 1,
                     p.problem != NULL ? p.problem : "unreadable");
    }
    yaml_parser_delete(&p);
    free(text);
    return rc;
}
