/* inflate.h - the front of deflated content (RFC 1951), in bounded memory. */
#ifndef WW_LIB_INFLATE_H
#define WW_LIB_INFLATE_H
#include "sensor/base/rd.h"

enum ww_inflate_end {
    WW_INFLATE_WHOLE, /* the end of the content was reached */
    WW_INFLATE_CUT,   /* all input was used, or the room is full */
    WW_INFLATE_BAD    /* not deflated, or damaged; what was written before that is good */
};

/**
 * Inflates from the front of deflated content until one of: its end, the end of the input, the end
 * of the room, damage. Takes about 8 KiB of stack; allocates nothing.
 * In:     in    bytes from the beginning of the content, without a header of zlib or gzip
 *         room  for cap bytes
 * Out:    n     bytes written
 * Limits: what repeats bytes from before the room's beginning cannot occur: the room holds all
 */
enum ww_inflate_end ww_inflate(struct ww_slice in, uint8_t *room, size_t cap, size_t *n);
#endif
