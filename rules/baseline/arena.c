/* arena.c - memory of one baseline: taken piece by piece, given back as a whole. */
#include "rules/baseline/bl.h"
#include <stdlib.h>

enum { BLOCK = 64 * 1024, ALIGN = 16 };

struct bl_block {
    struct bl_block *next;
    size_t used, cap;
    _Alignas(ALIGN) char mem[];
};

void *ww_bl_alloc(struct bl_arena *a, size_t n, size_t size)
{
    size_t want = 0;
    if (a->full || __builtin_mul_overflow(n, size, &want) || want > (size_t)WW_BL_FILE_MAX * 64) {
        a->full = true;
        return NULL;
    }
    want = (want + ALIGN - 1) / ALIGN * ALIGN;
    struct bl_block *b = a->head;
    if (b == NULL || b->cap - b->used < want) {
        size_t cap = want > BLOCK ? want : BLOCK;
        b = calloc(1, sizeof *b + cap);
        if (b == NULL) {
            a->full = true;
            return NULL;
        }
        b->cap = cap;
        b->next = a->head;
        a->head = b;
    }
    void *p = b->mem + b->used;
    b->used += want;
    return p;
}

const char *ww_bl_str(struct bl_arena *a, const char *s)
{
    if (s == NULL || s[0] == 0)
        return "";
    size_t n = strlen(s);
    char *p = ww_bl_alloc(a, n + 1, 1);
    if (p == NULL)
        return "";
    struct ww_out o = ww_out(p, n);
    ww_out_raw(&o, s, n);
    return p;
}

void ww_bl_arena_free(struct bl_arena *a)
{
    for (struct bl_block *b = a->head, *next; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
    a->head = NULL;
}
