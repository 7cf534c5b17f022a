/* yml.c - data files in YAML, read strictly (YAML 1.1 through libyaml; only maps, lists and plain
 * scalars are used). */
#include "rules/guideline/yml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void parse_failed(struct ww_yml *y, const yaml_parser_t *p)
{
    y->rc = WW_FAIL(y->e, WW_E_CONF, "%s:%zu: not valid YAML: %s; correct the file", y->data.origin,
                    p->problem_mark.line + 1, p->problem != NULL ? p->problem : "cannot read");
}

/**
 * Opens a data file and parses it.
 * In:     dir   folder given with --data, or NULL for the built-in file
 *         name  such as "guideline/classes.yaml"
 * Out:    y     to be closed with ww_yml_close() in any case
 * Limits: one document a file; 4 MiB (ww_data_load)
 */
enum ww_rc ww_yml_open(struct ww_yml *y, const char *dir, const char *name, struct ww_err *e)
{
    yaml_parser_t p;
    *y = (struct ww_yml){ .e = e };
    y->rc = ww_data_load(&y->data, dir, name, e);
    if (y->rc != WW_OK)
        return y->rc;
    if (!yaml_parser_initialize(&p)) {
        y->rc = WW_FAIL(e, WW_E_SYS, "%s: no memory to parse", y->data.origin);
        return y->rc;
    }
    yaml_parser_set_input_string(&p, y->data.text.p, y->data.text.n);
    yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
    if (!yaml_parser_load(&p, &y->doc)) {
        parse_failed(y, &p);
    } else {
        yaml_document_t more;
        y->open = true;
        if (yaml_document_get_root_node(&y->doc) == NULL)
            y->rc = WW_FAIL(e, WW_E_CONF, "%s:1: the file is empty", y->data.origin);
        else if (!yaml_parser_load(&p, &more))
            parse_failed(y, &p);
        else {
            if (yaml_document_get_root_node(&more) != NULL)
                y->rc = WW_FAIL(e, WW_E_CONF, "%s:%zu: a second document; keep one in the file",
                                y->data.origin, more.start_mark.line + 1);
            yaml_document_delete(&more);
        }
    }
    yaml_parser_delete(&p);
    return y->rc;
}

/**
 * Frees the document and all strings that point into it.
 */
void ww_yml_close(struct ww_yml *y)
{
    if (y->open)
        yaml_document_delete(&y->doc);
    y->open = false;
    ww_data_free(&y->data);
}

static yaml_node_t *node_of(struct ww_yml *y, ww_yml_node n)
{
    return n > 0 ? yaml_document_get_node(&y->doc, n) : NULL;
}

/**
 * Return: the root node; 0 after an error
 */
ww_yml_node ww_yml_root(struct ww_yml *y)
{
    return y->rc == WW_OK ? 1 : 0; /* libyaml numbers nodes from 1, the root first */
}

/**
 * Return: line of a node, from 1; 0 when there is no node
 */
unsigned ww_yml_line(struct ww_yml *y, ww_yml_node n)
{
    const yaml_node_t *node = node_of(y, n);
    return node != NULL ? (unsigned)node->start_mark.line + 1 : 0;
}

/**
 * Records an error at a node as "file:line: text", unless there is one already.
 */
void ww_yml_fail(struct ww_yml *y, ww_yml_node n, const char *fmt, ...)
{
    char text[320];
    va_list ap;
    if (y->rc != WW_OK)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    y->rc = WW_FAIL(y->e, WW_E_CONF, "%s:%u: %s", y->data.origin, ww_yml_line(y, n), text);
}

static const char *scalar(const yaml_node_t *n)
{
    return n != NULL && n->type == YAML_SCALAR_NODE ? (const char *)n->data.scalar.value : NULL;
}

/**
 * Checks that a node is a map with known keys only, each at most once.
 * In:     known  names, ended by NULL
 */
bool ww_yml_keys(struct ww_yml *y, ww_yml_node map, const char *const *known)
{
    uint64_t seen = 0;
    const yaml_node_t *m = node_of(y, map);
    if (y->rc != WW_OK)
        return false;
    if (m == NULL || m->type != YAML_MAPPING_NODE) {
        ww_yml_fail(y, map, "keys and values are needed here");
        return false;
    }
    for (const yaml_node_pair_t *p = m->data.mapping.pairs.start; p < m->data.mapping.pairs.top;
         p++) {
        const char *key = scalar(node_of(y, p->key));
        size_t k = 0;
        while (key != NULL && known[k] != NULL && strcmp(known[k], key) != 0)
            k++;
        if (key == NULL || known[k] == NULL) {
            ww_yml_fail(y, p->key, "unknown key '%.60s'; remove or correct it", key ? key : "?");
            return false;
        }
        if (seen & (uint64_t)1 << (k & 63)) {
            ww_yml_fail(y, p->key, "key '%s' is given twice; keep one", key);
            return false;
        }
        seen |= (uint64_t)1 << (k & 63);
    }
    return true;
}

/**
 * Return: value of a key, 0 when the map does not have it
 */
ww_yml_node ww_yml_get(struct ww_yml *y, ww_yml_node map, const char *key)
{
    const yaml_node_t *m = node_of(y, map);
    if (y->rc != WW_OK || m == NULL || m->type != YAML_MAPPING_NODE)
        return 0;
    for (const yaml_node_pair_t *p = m->data.mapping.pairs.start; p < m->data.mapping.pairs.top;
         p++) {
        const char *k = scalar(node_of(y, p->key));
        if (k != NULL && strcmp(k, key) == 0)
            return p->value;
    }
    return 0;
}

/**
 * Like ww_yml_get(), but a missing key is an error.
 */
ww_yml_node ww_yml_need(struct ww_yml *y, ww_yml_node map, const char *key)
{
    ww_yml_node n = ww_yml_get(y, map, key);
    if (n == 0)
        ww_yml_fail(y, map, "key '%s' is missing; add it", key);
    return n;
}

/**
 * Return: number of items of a list; 0 for no node, and after an error
 * Limits: more than max items, or a node that is no list, is an error
 */
size_t ww_yml_count(struct ww_yml *y, ww_yml_node seq, size_t max)
{
    const yaml_node_t *s = node_of(y, seq);
    if (y->rc != WW_OK || s == NULL)
        return 0;
    if (s->type != YAML_SEQUENCE_NODE) {
        ww_yml_fail(y, seq, "a list is needed here");
        return 0;
    }
    size_t n = (size_t)(s->data.sequence.items.top - s->data.sequence.items.start);
    if (n > max) {
        ww_yml_fail(y, seq, "%zu items, at most %zu are possible", n, max);
        return 0;
    }
    return n;
}

/**
 * Return: item i of a list that ww_yml_count() has accepted
 */
ww_yml_node ww_yml_at(struct ww_yml *y, ww_yml_node seq, size_t i)
{
    const yaml_node_t *s = node_of(y, seq);
    return y->rc == WW_OK && s != NULL ? s->data.sequence.items.start[i] : 0;
}

/**
 * Return: text of a scalar; NULL for no node. Empty text, or text with a NUL in it, is an error.
 */
const char *ww_yml_str(struct ww_yml *y, ww_yml_node n)
{
    const yaml_node_t *node = node_of(y, n);
    if (y->rc != WW_OK || node == NULL)
        return NULL;
    const char *s = scalar(node);
    if (s == NULL || s[0] == 0 || strlen(s) != node->data.scalar.length) {
        ww_yml_fail(y, n, "text is needed here");
        return NULL;
    }
    return s;
}

/**
 * Return: a decimal number; 0 for no node and after an error
 */
unsigned ww_yml_uint(struct ww_yml *y, ww_yml_node n, unsigned min, unsigned max)
{
    const char *s = ww_yml_str(y, n);
    unsigned v = 0;
    if (s == NULL)
        return 0;
    for (const char *p = s; *p != 0; p++) {
        if (*p < '0' || *p > '9' || v > max) {
            ww_yml_fail(y, n, "'%.40s' is not a number from %u to %u", s, min, max);
            return 0;
        }
        v = v * 10 + (unsigned)(*p - '0');
    }
    if (v < min || v > max) {
        ww_yml_fail(y, n, "'%.40s' is not a number from %u to %u", s, min, max);
        return 0;
    }
    return v;
}

/**
 * Return: true or false as written; false for no node
 */
bool ww_yml_bool(struct ww_yml *y, ww_yml_node n)
{
    const char *s = ww_yml_str(y, n);
    if (s == NULL)
        return false;
    if (strcmp(s, "true") != 0 && strcmp(s, "false") != 0)
        ww_yml_fail(y, n, "'%.40s' is neither true nor false", s);
    return strcmp(s, "true") == 0;
}
