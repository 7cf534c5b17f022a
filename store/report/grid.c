/* grid.c - tables: columns take what they need, the widest give way, long cells wrap. */
#include "store/report/page.h"
#include <stdlib.h>

enum { GAP = 2, COL_MIN = 6, TEXT_STEP = 16 * 1024, ROW_STEP = 64 };

static bool grow(void **p, size_t *cap, size_t need, size_t step, size_t size)
{
    if (need <= *cap)
        return true;
    void *n = realloc(*p, (need + step) * size);
    if (n == NULL)
        return false;
    *p = n;
    *cap = need + step;
    return true;
}

void ww_grid_row(struct ww_grid *g, enum ww_ink ink)
{
    void *p = g->ink;
    bool good = grow(&p, &g->cap_rows, g->nrows + 1, ROW_STEP, 1);
    g->ink = p;
    g->failed = g->failed || !good;
    if (good)
        g->ink[g->nrows++] = (uint8_t)ink;
}

/* A cleaned byte takes at most six. */
void ww_grid_cell(struct ww_grid *g, struct ww_slice s)
{
    void *text = g->text, *cell = g->cell;
    bool good = grow(&text, &g->cap, g->n + 6 * s.n, TEXT_STEP, 1);
    g->text = text;
    good =
        good && grow(&cell, &g->cap_cell, g->ncell + 1, (size_t)ROW_STEP * WW_GRID_COLS, sizeof *g->cell);
    g->cell = cell;
    g->failed = g->failed || !good;
    if (!good)
        return;
    struct ww_out o = ww_out(g->text + g->n, 6 * s.n);
    ww_text_clean(&o, s);
    g->cell[g->ncell++] = (struct ww_slice){ NULL, o.n };
    g->n += o.n;
}

static void resolve(struct ww_grid *g)
{
    size_t at = 0;
    for (size_t i = 0; i < g->ncell; i++) {
        g->cell[i].p = (const uint8_t *)g->text + at;
        at += g->cell[i].n;
    }
}

/* The widest column that is still wider than its least width; ncols when there is none. */
static unsigned widest(const struct ww_grid *g, const unsigned *w, const unsigned *least)
{
    unsigned at = g->ncols;
    for (unsigned c = 0; c < g->ncols; c++)
        if (w[c] > least[c] && (at == g->ncols || w[c] > w[at]))
            at = c;
    return at;
}

/* Columns give way down to their longest word, and only then words are broken. */
static void widths(const struct ww_grid *g, unsigned page, unsigned w[WW_GRID_COLS])
{
    static const unsigned none[WW_GRID_COLS] = { COL_MIN, COL_MIN, COL_MIN, COL_MIN,
                                                 COL_MIN, COL_MIN, COL_MIN, COL_MIN };
    unsigned word[WW_GRID_COLS], sum = GAP * (g->ncols - 1);
    for (unsigned c = 0; c < g->ncols; c++) {
        word[c] = w[c] = ww_text_width(ww_slice_str(g->head[c]));
        for (size_t i = c; i < g->ncell; i += g->ncols) {
            unsigned n = ww_text_width(g->cell[i]), m = ww_text_word(g->cell[i]);
            w[c] = n > w[c] ? n : w[c];
            word[c] = m > word[c] ? m : word[c];
        }
        sum += w[c];
    }
    const unsigned *least = word;
    while (sum > page) {
        unsigned c = widest(g, w, least);
        if (c == g->ncols && least == none)
            return;
        if (c == g->ncols) {
            least = none;
            continue;
        }
        w[c]--;
        sum--;
    }
}

static void print_row(const struct ww_grid *g, const struct ww_page *p, const unsigned *w,
                      struct ww_slice *cell)
{
    bool more = true;
    while (more) {
        unsigned owed = 0; /* spaces are written only when something follows */
        more = false;
        for (unsigned c = 0; c < g->ncols; c++) {
            struct ww_slice line = { NULL, 0 };
            (void)ww_text_line(&cell[c], w[c], &line);
            more = more || cell[c].n > 0;
            unsigned n = ww_text_width(line), pad = w[c] > n ? w[c] - n : 0;
            if (line.n > 0) {
                ww_page_pad(p, owed + (g->right[c] ? pad : 0));
                ww_out_raw(p->o, line.p, line.n);
                owed = (g->right[c] ? 0 : pad) + GAP;
            } else {
                owed += w[c] + GAP;
            }
        }
        ww_out_c(p->o, '\n');
    }
}

void ww_grid_print(struct ww_grid *g, const struct ww_page *p)
{
    unsigned w[WW_GRID_COLS];
    struct ww_slice cell[WW_GRID_COLS];
    if (g->failed) {
        ww_out_s(p->o, ww_page_w(p, "（メモリ不足のため表を省略しました）\n",
                                 "(table left out: no memory)\n"));
        return;
    }
    resolve(g);
    widths(g, p->width, w);
    for (unsigned c = 0; c < g->ncols; c++)
        cell[c] = ww_slice_str(g->head[c]);
    ww_page_ink(p, WW_INK_DIM);
    print_row(g, p, w, cell);
    ww_page_ink(p, WW_INK_NONE);
    for (size_t r = 0; r < g->nrows && (r + 1) * g->ncols <= g->ncell; r++) {
        for (unsigned c = 0; c < g->ncols; c++)
            cell[c] = g->cell[r * g->ncols + c];
        if (g->ink[r] != WW_INK_NONE)
            ww_page_ink(p, (enum ww_ink)g->ink[r]);
        print_row(g, p, w, cell);
        if (g->ink[r] != WW_INK_NONE)
            ww_page_ink(p, WW_INK_NONE);
    }
}

void ww_grid_free(struct ww_grid *g)
{
    free(g->text);
    free(g->cell);
    free(g->ink);
}
