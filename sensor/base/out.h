/* out.h - bounded writer for text and JSON: the only place where wire text becomes output. */
#ifndef WW_BASE_OUT_H
#define WW_BASE_OUT_H
#include "sensor/base/rd.h"

/* Writes into buf[0..cap); what does not fit is dropped and cut becomes true. */
struct ww_out {
    char *buf;
    size_t cap;
    size_t n;  /* bytes written */
    bool cut;  /* something did not fit */
    bool comma; /* JSON: a separator is due before the next member */
    /* When set, called with a full buffer to make room (files, growing memory); returns false to
     * give up. It must empty the buffer (n = 0) or enlarge buf and cap. */
    bool (*flush)(struct ww_out *o, void *to);
    void *to;
};

/** Writer over a fixed buffer. */
static inline struct ww_out ww_out(char *buf, size_t cap)
{
    return (struct ww_out){ .buf = buf, .cap = cap };
}

void ww_out_raw(struct ww_out *o, const void *p, size_t n);
void ww_out_s(struct ww_out *o, const char *s);
void ww_out_c(struct ww_out *o, char c);
void ww_out_u64(struct ww_out *o, uint64_t v);
void ww_out_i64(struct ww_out *o, int64_t v);
void ww_out_hex(struct ww_out *o, uint64_t v, unsigned digits);
void ww_out_f(struct ww_out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Text from the wire for a terminal: valid UTF-8 stays, control characters and broken bytes become
 * \xNN. */
void ww_out_text(struct ww_out *o, struct ww_slice s);

/* JSON. Keys are our own literals. Members separate themselves; an array element uses key NULL. */
void ww_json_open(struct ww_out *o, const char *key, char bracket);
void ww_json_close(struct ww_out *o, char bracket);
void ww_json_u64(struct ww_out *o, const char *key, uint64_t v);
void ww_json_i64(struct ww_out *o, const char *key, int64_t v);
void ww_json_bool(struct ww_out *o, const char *key, bool v);
void ww_json_null(struct ww_out *o, const char *key);
/** String of any bytes: escaped, invalid UTF-8 becomes U+00xx of the byte (Latin-1 reading). */
void ww_json_str(struct ww_out *o, const char *key, struct ww_slice s);
void ww_json_cstr(struct ww_out *o, const char *key, const char *s);

/** Copies a C string, cut to its room and ended by NUL. */
void ww_text_set(char *dst, size_t cap, const char *s);

/* IP as text (RFC 5952 for IPv6), MAC as aa:bb:.., ns since 1970 as 2026-01-02T03:04:05.678901Z */
enum { WW_IP_TEXT = 46, WW_MAC_TEXT = 18, WW_TIME_TEXT = 28 };
const char *ww_ip_text(char dst[WW_IP_TEXT], const uint8_t ip[16], unsigned family);
const char *ww_mac_text(char dst[WW_MAC_TEXT], const uint8_t mac[6]);
const char *ww_time_text(char dst[WW_TIME_TEXT], uint64_t ns);

/** Length of the valid UTF-8 sequence at the start of s (1..4), 0 when it is not valid. */
unsigned ww_utf8_len(struct ww_slice s);
#endif
