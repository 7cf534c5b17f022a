/* page.h - text for people: widths of East Asian characters, wrapping, tables, numbers, colours. */
#ifndef WW_STORE_PAGE_H
#define WW_STORE_PAGE_H
#include "sensor/base/out.h"

enum { WW_PAGE_WIDTH = 100, WW_PAGE_WIDTH_MIN = 40, WW_GRID_COLS = 8 };

struct ww_page {
    struct ww_out *o;
    bool ja, color;
    unsigned width;
};

enum ww_ink { WW_INK_NONE, WW_INK_BOLD, WW_INK_DIM, WW_INK_RED, WW_INK_YELLOW };

/** The label in the language of the page. */
const char *ww_page_w(const struct ww_page *p, const char *ja, const char *en);
void ww_page_ink(const struct ww_page *p, enum ww_ink ink);

/**
 * Columns of a text on a terminal. In: valid UTF-8 without control characters.
 * Source: Unicode 15 EastAsianWidth (W, F = 2), combining marks and format characters = 0;
 *         ambiguous characters count 1
 */
unsigned ww_text_width(struct ww_slice s);
/** Bytes of s that fit into cols columns, whole characters only. */
size_t ww_text_fit(struct ww_slice s, unsigned cols);
/** Columns of the longest part that a line cannot break. */
unsigned ww_text_word(struct ww_slice s);
/** Takes the next line of at most cols columns from rest; spaces around it are dropped. Breaks
 * between words and between East Asian characters, not before closing nor after opening
 * punctuation. Return: bytes taken, 0 at the end */
size_t ww_text_line(struct ww_slice *rest, unsigned cols, struct ww_slice *line);
/** Text from outside made harmless for a terminal: control characters, broken bytes and characters
 *  that turn the direction of writing become visible escapes. */
void ww_text_clean(struct ww_out *o, struct ww_slice s);

/** Writes text wrapped to the page; the first line continues at column `at`, the others are
 *  indented by `hang`. No newline at the end of the last line. */
void ww_page_wrap(const struct ww_page *p, unsigned at, unsigned hang, struct ww_slice text);
/** As wrap, with cleaning first. Limits: texts over 7 KiB are cut. */
void ww_page_put(const struct ww_page *p, unsigned at, unsigned hang, struct ww_slice text);
void ww_page_pad(const struct ww_page *p, unsigned n);

/* Numbers for people. */
enum { WW_NUM = 32 };
const char *ww_num_text(char b[WW_NUM], uint64_t v);                       /* 12,345 */
const char *ww_bytes_text(char b[WW_NUM], uint64_t v);                     /* 1.2 MB */
const char *ww_ppm_text(char b[WW_NUM], uint64_t ppm);                     /* 0.02 % */
const char *ww_span_text(char b[WW_NUM], bool ja, uint64_t ns);            /* 43 min */
const char *ww_when_text(char b[WW_NUM], uint64_t ns, int utc_offset_min); /* 2026-05-28 20:26:40 */
const char *ww_zone_text(char b[WW_NUM], int utc_offset_min);              /* JST, UTC, UTC+5:30 */

/* A table whose columns share the width of the page; long cells wrap. */
struct ww_grid {
    unsigned ncols;
    const char *head[WW_GRID_COLS];
    bool right[WW_GRID_COLS]; /* numbers */
    uint8_t *ink;             /* per row */
    size_t nrows, cap_rows;
    struct ww_slice *cell; /* p is an offset into text until printed */
    size_t ncell, cap_cell;
    char *text;
    size_t n, cap;
    bool failed; /* no memory */
};
void ww_grid_row(struct ww_grid *g, enum ww_ink ink);
void ww_grid_cell(struct ww_grid *g, struct ww_slice s);
void ww_grid_print(struct ww_grid *g, const struct ww_page *p);
void ww_grid_free(struct ww_grid *g);
#endif
