/* json.h - JSON as a row of tokens from a stream, in whatever pieces it arrives; no tree, no recursion.
 *
 * Nothing of the input is kept but the front of the token at hand, so a string of any length costs no
 * memory. Several values one after another (ndjson) are read too.
 * Source: RFC 8259
 */
#ifndef WW_LIB_JSON_H
#define WW_LIB_JSON_H
#include "sensor/base/rd.h"

enum { WW_JSON_DEPTH = 48, WW_JSON_TEXT = 128 };
enum ww_json_kind {
    WW_JSON_MORE,    /* the input is used up */
    WW_JSON_OPEN,    /* { */
    WW_JSON_CLOSE,   /* } */
    WW_JSON_OPEN_A,  /* [ */
    WW_JSON_CLOSE_A, /* ] */
    WW_JSON_KEY,
    WW_JSON_STRING,
    WW_JSON_NUMBER,
    WW_JSON_WORD, /* true, false, null */
    WW_JSON_BAD   /* no JSON, or deeper than WW_JSON_DEPTH: nothing more is read */
};
/* All zero at the start. */
struct ww_json {
    uint8_t at;    /* enum in json.c */
    uint8_t depth; /* open objects and arrays */
    bool cut;      /* the token's text is longer than what is kept */
    uint8_t hex;   /* digits of \u that were read */
    uint16_t unit; /* and their value */
    uint16_t n;
    uint64_t object; /* bit per level: an object, else an array */
    char text[WW_JSON_TEXT];
};

/**
 * Takes the next token.
 * In:     in  what follows the last call
 * Out:    in  what is left
 * Return: the token's kind; text of KEY, STRING, NUMBER and WORD is in j->text[0..n), UTF-8 as it came,
 * with escapes replaced; half a surrogate pair becomes U+FFFD
 */
enum ww_json_kind ww_json_next(struct ww_json *j, struct ww_slice *in);
/** A whole value was read and nothing is open. */
static inline bool ww_json_whole(const struct ww_json *j)
{
    return j->depth == 0 && j->at == 0;
}
static inline struct ww_slice ww_json_text(const struct ww_json *j)
{
    return (struct ww_slice){ (const uint8_t *)j->text, j->n };
}
#endif
