/* tree.c - reading a validated libyang tree: small questions with plain answers. */
#include "rules/baseline/bl.h"
#include <libyang/libyang.h>
#include <stdlib.h>

/* Nodes that validation added by itself say nothing about the file. */
static const struct lyd_node *named(const struct lyd_node *n, const char *name)
{
    for (; n != NULL; n = n->next)
        if (n->schema != NULL && strcmp(n->schema->name, name) == 0 &&
            (n->flags & LYD_DEFAULT) == 0)
            return n;
    return NULL;
}

const struct lyd_node *ww_bl_top(const struct lyd_node *root, const char *name)
{
    return named(root != NULL ? lyd_first_sibling(root) : NULL, name);
}

const struct lyd_node *ww_bl_child(const struct lyd_node *parent, const char *name)
{
    return named(parent != NULL ? lyd_child(parent) : NULL, name);
}

const struct lyd_node *ww_bl_next(const struct lyd_node *n)
{
    return named(n->next, n->schema->name);
}

size_t ww_bl_count(const struct lyd_node *parent, const char *name)
{
    size_t n = 0;
    for (const struct lyd_node *c = ww_bl_child(parent, name); c != NULL; c = ww_bl_next(c))
        n++;
    return n;
}

/* Identities print as module:name; other values may hold colons and stay whole. */
static const char *value_of(const struct lyd_node *n)
{
    const char *v = lyd_get_value(n);
    if (v == NULL)
        return "";
    const struct lysc_node_leaf *leaf = (const struct lysc_node_leaf *)n->schema;
    if (leaf->type->basetype == LY_TYPE_IDENT) {
        const char *colon = strchr(v, ':');
        return colon != NULL ? colon + 1 : v;
    }
    return v;
}

const char *ww_bl_leaf(const struct lyd_node *parent, const char *name)
{
    const struct lyd_node *n = ww_bl_child(parent, name);
    return n != NULL ? value_of(n) : NULL;
}

uint64_t ww_bl_num(const struct lyd_node *parent, const char *name, uint64_t otherwise)
{
    const char *v = ww_bl_leaf(parent, name);
    return v != NULL ? strtoull(v, NULL, 10) : otherwise;
}

enum ww_bl_said ww_bl_said(const struct lyd_node *parent, const char *name)
{
    const char *v = ww_bl_leaf(parent, name);
    if (v == NULL)
        return WW_BL_NOT_SAID;
    return strcmp(v, "true") == 0 ? WW_BL_YES : WW_BL_NO;
}

struct bl_strs ww_bl_list(struct bl_arena *a, const struct lyd_node *parent, const char *name)
{
    struct bl_strs s = { NULL, 0 };
    size_t n = ww_bl_count(parent, name);
    s.v = n > 0 ? ww_bl_alloc(a, n, sizeof *s.v) : NULL;
    if (s.v == NULL)
        return s;
    for (const struct lyd_node *c = ww_bl_child(parent, name); c != NULL; c = ww_bl_next(c))
        s.v[s.n++] = ww_bl_str(a, value_of(c));
    return s;
}
