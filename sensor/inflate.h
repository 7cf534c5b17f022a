/* inflate.h - inflates compressed content as it comes, in memory that is reserved at start. */
#ifndef WW_INFLATE_H
#define WW_INFLATE_H
#include "dissectors/dissector.h"

struct ww_inflater;

/** Bytes of one of them, for an array: at (char *)array + i * ww_inflater_size(). */
size_t ww_inflater_size(void);
/** Ready for a new content. */
void ww_inflater_begin(struct ww_inflater *w);
/**
 * Inflates what comes.
 * In:     in    the next bytes of the content; none to get what is left of the last ones
 *         room  for the result, at least 1 byte
 * Return: what came out, in room; bad when it is not gzip, zlib or plain deflate
 * Limits: nothing is allocated; the cap on the whole is the caller's
 * Source: RFC 1950 (zlib), RFC 1951 (deflate), RFC 1952 (gzip)
 */
struct ww_inflated ww_inflater_feed(struct ww_inflater *w, struct ww_slice in, void *room,
                                    size_t cap);
#endif
