/* yaml.c - YAML documents read by tables of keys (YAML 1.1 through libyaml). */
#include "rules/site/read.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct site_block {
    struct site_block *next;
    _Alignas(16) uint8_t room[];
};

void *ww_site_alloc(struct sr *r, size_t n, size_t size)
{
    size_t bytes = n * size;
    struct site_block *b = calloc(1, sizeof *b + (bytes > 0 ? bytes : 1));
    if (b == NULL) {
        if (r->rc == WW_OK)
            r->rc = WW_FAIL(r->e, WW_E_SYS, "%s: no memory", r->s->file);
        return NULL;
    }
    b->next = r->s->mem;
    r->s->mem = b;
    return b->room;
}

void ww_site_free(struct ww_site *s)
{
    if (s == NULL)
        return;
    while (s->mem != NULL) {
        struct site_block *next = s->mem->next;
        free(s->mem);
        s->mem = next;
    }
    free(s);
}

unsigned ww_site_line(const yaml_node_t *at)
{
    return at != NULL ? (unsigned)at->start_mark.line + 1 : 1;
}

void ww_site_fail(struct sr *r, const yaml_node_t *at, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    if (r->rc != WW_OK)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    r->rc = WW_FAIL(r->e, WW_E_CONF, "%s:%u: %s", r->s->file, ww_site_line(at), text);
}

static bool is_null(const yaml_node_t *v)
{
    if (v == NULL)
        return true;
    if (v->type != YAML_SCALAR_NODE || v->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    const char *t = (const char *)v->data.scalar.value;
    return v->data.scalar.length == 0 || strcmp(t, "~") == 0 || strcmp(t, "null") == 0;
}

const char *ww_site_text(struct sr *r, yaml_node_t *v, const char *what)
{
    if (r->rc != WW_OK || is_null(v))
        return "";
    if (v->type != YAML_SCALAR_NODE) {
        ww_site_fail(r, v, "%s must be a text", what);
        return "";
    }
    size_t n = v->data.scalar.length;
    if (n > WW_SITE_TEXT_MAX) {
        ww_site_fail(r, v, "%s is longer than %d bytes; shorten it", what, WW_SITE_TEXT_MAX);
        return "";
    }
    struct ww_slice in = { v->data.scalar.value, n };
    for (size_t i = 0; i < n; i++)
        if (ww_slice_at(in, i) < 0x20 || ww_slice_at(in, i) == 0x7f) {
            ww_site_fail(r, v, "%s holds a control character; write it on one line", what);
            return "";
        }
    char *t = ww_site_alloc(r, 1, n + 1);
    if (t == NULL)
        return "";
    struct ww_out o = ww_out(t, n + 1);
    ww_out_raw(&o, in.p, n);
    return t;
}

/* Text of a key; NULL when it is none. */
static const char *key_text(struct sr *r, yaml_node_t *k)
{
    if (k == NULL || k->type != YAML_SCALAR_NODE || k->data.scalar.length == 0) {
        ww_site_fail(r, k, "a key must be a text");
        return NULL;
    }
    return ww_site_text(r, k, "a key");
}

/* Fails on a key that the table does not have; names those that it has. */
static void unknown_key(struct sr *r, yaml_node_t *k, const char *what, const char *name,
                        const struct sr_key *keys)
{
    char known[256];
    struct ww_out o = ww_out(known, sizeof known - 1);
    for (; keys->name != NULL; keys++)
        ww_out_f(&o, "%s%s", o.n > 0 ? ", " : "", keys->name);
    known[o.n] = 0;
    ww_site_fail(r, k, "%s has no key '%.60s'; use one of: %s", what, name, known);
}

static bool is_map(struct sr *r, yaml_node_t *v, const char *what)
{
    if (r->rc != WW_OK || is_null(v))
        return false;
    if (v->type != YAML_MAPPING_NODE) {
        ww_site_fail(r, v, "%s must be a mapping (key: value)", what);
        return false;
    }
    return true;
}

/* Fails when a key of the mapping stands there twice. */
static void no_doubles(struct sr *r, yaml_node_t *v, const char *what)
{
    for (yaml_node_pair_t *p = v->data.mapping.pairs.start; p < v->data.mapping.pairs.top; p++) {
        const yaml_node_t *a = yaml_document_get_node(&r->doc, p->key);
        for (yaml_node_pair_t *q = p + 1; q < v->data.mapping.pairs.top; q++) {
            yaml_node_t *b = yaml_document_get_node(&r->doc, q->key);
            if (a->type == YAML_SCALAR_NODE && b->type == YAML_SCALAR_NODE &&
                strcmp((const char *)a->data.scalar.value, (const char *)b->data.scalar.value) ==
                    0) {
                ww_site_fail(r, b, "%s has the key '%.60s' twice; remove one", what,
                             (const char *)b->data.scalar.value);
                return;
            }
        }
    }
}

void ww_site_map(struct sr *r, yaml_node_t *v, const char *what, const struct sr_key *keys,
                 void *obj)
{
    if (!is_map(r, v, what))
        return;
    size_t n = (size_t)(v->data.mapping.pairs.top - v->data.mapping.pairs.start);
    if (n > 64) {
        ww_site_fail(r, v, "%s has more than 64 keys", what);
        return;
    }
    no_doubles(r, v, what);
    for (yaml_node_pair_t *p = v->data.mapping.pairs.start; p < v->data.mapping.pairs.top; p++) {
        yaml_node_t *k = yaml_document_get_node(&r->doc, p->key);
        const char *name = key_text(r, k);
        const struct sr_key *t = keys;
        if (name == NULL)
            return;
        while (t->name != NULL && strcmp(t->name, name) != 0)
            t++;
        if (t->name == NULL)
            unknown_key(r, k, what, name, keys);
    }
    for (const struct sr_key *t = keys; t->name != NULL && r->rc == WW_OK; t++)
        for (yaml_node_pair_t *p = v->data.mapping.pairs.start; p < v->data.mapping.pairs.top;
             p++) {
            const yaml_node_t *k = yaml_document_get_node(&r->doc, p->key);
            if (strcmp((const char *)k->data.scalar.value, t->name) == 0)
                t->read(r, yaml_document_get_node(&r->doc, p->value), obj);
        }
}

void *ww_site_pairs(struct sr *r, yaml_node_t *v, const char *what, size_t size, size_t *n,
                    void (*read)(struct sr *r, const char *key, yaml_node_t *v, void *obj))
{
    *n = 0;
    if (!is_map(r, v, what))
        return NULL;
    size_t all = (size_t)(v->data.mapping.pairs.top - v->data.mapping.pairs.start);
    if (all > WW_SITE_LIST_MAX) {
        ww_site_fail(r, v, "%s has more than %d members", what, WW_SITE_LIST_MAX);
        return NULL;
    }
    no_doubles(r, v, what);
    uint8_t *out = ww_site_alloc(r, all, size);
    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < all && r->rc == WW_OK; i++) {
        yaml_node_pair_t *p = v->data.mapping.pairs.start + i;
        const char *key = key_text(r, yaml_document_get_node(&r->doc, p->key));
        if (key != NULL)
            read(r, key, yaml_document_get_node(&r->doc, p->value), out + i * size);
    }
    *n = r->rc == WW_OK ? all : 0;
    return out;
}

void *ww_site_seq(struct sr *r, yaml_node_t *v, const char *what, size_t size, size_t max,
                  size_t *n, void (*read)(struct sr *r, yaml_node_t *v, void *obj))
{
    *n = 0;
    if (r->rc != WW_OK || is_null(v))
        return NULL;
    if (v->type != YAML_SEQUENCE_NODE) {
        ww_site_fail(r, v, "%s must be a list ([a, b] or lines that begin with -)", what);
        return NULL;
    }
    size_t all = (size_t)(v->data.sequence.items.top - v->data.sequence.items.start);
    if (all > max) {
        ww_site_fail(r, v, "%s has %zu members; the limit is %zu", what, all, max);
        return NULL;
    }
    uint8_t *out = ww_site_alloc(r, all, size);
    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < all && r->rc == WW_OK; i++)
        read(r, yaml_document_get_node(&r->doc, v->data.sequence.items.start[i]), out + i * size);
    *n = r->rc == WW_OK ? all : 0;
    return out;
}

bool ww_site_bool(struct sr *r, yaml_node_t *v, const char *what)
{
    const char *t = ww_site_text(r, v, what);
    if (strcmp(t, "true") == 0 || strcmp(t, "yes") == 0)
        return true;
    if (*t != 0 && strcmp(t, "false") != 0 && strcmp(t, "no") != 0)
        ww_site_fail(r, v, "%s must be true or false", what);
    return false;
}

uint32_t ww_site_u32(struct sr *r, yaml_node_t *v, const char *what, uint32_t min, uint32_t max)
{
    const char *t = ww_site_text(r, v, what);
    char *end = NULL;
    unsigned long long n = *t >= '0' && *t <= '9' ? strtoull(t, &end, 10) : 0;
    if (end == NULL || *end != 0 || n < min || n > max) {
        ww_site_fail(r, v, "%s must be a number from %u to %u", what, min, max);
        return min;
    }
    return (uint32_t)n;
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar. */
static int64_t days_of(int y, int m, int d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* A number of exactly n digits at *p; -1 when it is none. */
static int digits(const char **p, int n)
{
    int v = 0;
    for (int i = 0; i < n; i++, (*p)++) {
        if (**p < '0' || **p > '9')
            return -1;
        v = v * 10 + (**p - '0');
    }
    return v;
}

/* A number of two digits up to most at *p; -1 when it is none. */
static int two(const char **p, int most)
{
    int v = digits(p, 2);
    return v <= most ? v : -1;
}

/* YYYY-MM-DD. Out: sec  of its beginning */
static bool date_of(const char **p, int64_t *sec)
{
    static const uint8_t last[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int y = digits(p, 4);
    if (y < 1970 || *(*p)++ != '-')
        return false;
    int m = two(p, 12);
    if (m < 1 || *(*p)++ != '-')
        return false;
    bool leap = m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    int d = two(p, last[m - 1] + leap);
    *sec = d < 1 ? 0 : days_of(y, m, d) * 86400;
    return d >= 1;
}

/* hh:mm or hh:mm:ss. Out: sec  is moved on by it */
static bool clock_of(const char **p, int64_t *sec)
{
    int h = two(p, 23), s = 0;
    if (h < 0 || *(*p)++ != ':')
        return false;
    int mi = two(p, 59);
    if (mi >= 0 && **p == ':') {
        (*p)++;
        s = two(p, 60);
    }
    *sec += (int64_t)h * 3600 + (int64_t)mi * 60 + s;
    return mi >= 0 && s >= 0;
}

/* Z, or a sign and hh:mm. Out: sec  is moved to UTC */
static bool zone_of(const char **p, int64_t *sec)
{
    char c = *(*p)++;
    if (c == 'Z')
        return true;
    if (c != '+' && c != '-')
        return false;
    int h = two(p, 14);
    if (h < 0 || *(*p)++ != ':')
        return false;
    int mi = two(p, 59);
    int64_t off = (int64_t)h * 3600 + (int64_t)mi * 60;
    *sec -= c == '-' ? -off : off;
    return mi >= 0;
}

/**
 * Reads YYYY-MM-DD, or with time and zone as in RFC 3339; the time may lack its seconds.
 * Return: false when the text is none
 */
static bool time_of(const char *p, uint64_t *ns, bool *date_only)
{
    int64_t sec = 0;
    if (!date_of(&p, &sec))
        return false;
    *date_only = *p == 0;
    if (!*date_only) {
        char c = *p++;
        if ((c != 'T' && c != ' ') || !clock_of(&p, &sec) || !zone_of(&p, &sec) || *p != 0)
            return false;
    }
    *ns = sec > 0 ? (uint64_t)sec * 1000000000u : 0;
    return true;
}

uint64_t ww_site_time(struct sr *r, yaml_node_t *v, const char *what, bool *date_only)
{
    uint64_t ns = 0;
    const char *t = ww_site_text(r, v, what);
    if (r->rc == WW_OK && !time_of(t, &ns, date_only))
        ww_site_fail(r, v,
                     "%s must be a date (2026-12-31) or a time with its zone "
                     "(2026-12-31T09:00:00+09:00)",
                     what);
    return ns;
}
