/* tok.h - tables from a number on the wire to its name in the standard. */
#ifndef WW_BASE_TOK_H
#define WW_BASE_TOK_H
#include <stddef.h>
#include <stdint.h>

/* A table ends with name NULL. */
struct ww_tok {
    uint32_t v;
    const char *name;
};

/** Name of v, or otherwise when the table does not have it. */
static inline const char *ww_tok(const struct ww_tok *t, uint32_t v, const char *otherwise)
{
    for (; t->name != NULL; t++)
        if (t->v == v)
            return t->name;
    return otherwise;
}
#endif
