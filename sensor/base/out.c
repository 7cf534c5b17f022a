/* out.c - bounded writer for text and JSON. */
#include "sensor/base/out.h"
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static bool room(struct ww_out *o, size_t n)
{
    if (o->cap - o->n >= n)
        return true;
    while (o->flush != NULL && o->cap - o->n < n) {
        size_t cap = o->cap;
        size_t used = o->n;
        if (!o->flush(o, o->to) || (o->cap == cap && o->n == used))
            break;
    }
    if (o->cap - o->n >= n)
        return true;
    o->cut = true;
    return false;
}

void ww_out_raw(struct ww_out *o, const void *p, size_t n)
{
    if (n == 0 || o->cut)
        return;
    if (!room(o, n)) {
        if (o->flush == NULL) { /* fixed buffer: keep what fits */
            size_t left = o->cap - o->n;
            if (left > 0)
                memcpy(o->buf + o->n, p, left);
            o->n = o->cap;
        }
        return;
    }
    memcpy(o->buf + o->n, p, n);
    o->n += n;
}

void ww_out_s(struct ww_out *o, const char *s)
{
    ww_out_raw(o, s, strlen(s));
}

void ww_out_c(struct ww_out *o, char c)
{
    if (!o->cut && o->n < o->cap) /* nearly always */
        o->buf[o->n++] = c;
    else
        ww_out_raw(o, &c, 1);
}

void ww_out_u64(struct ww_out *o, uint64_t v)
{
    char b[20];
    size_t i = sizeof b;
    do {
        b[--i] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    ww_out_raw(o, b + i, sizeof b - i);
}

void ww_out_i64(struct ww_out *o, int64_t v)
{
    if (v < 0) {
        ww_out_c(o, '-');
        ww_out_u64(o, (uint64_t)0 - (uint64_t)v);
    } else {
        ww_out_u64(o, (uint64_t)v);
    }
}

static const char hex_digit[] = "0123456789abcdef";

void ww_out_hex(struct ww_out *o, uint64_t v, unsigned digits)
{
    char b[16];
    if (digits > sizeof b)
        digits = sizeof b;
    for (unsigned i = digits; i-- > 0; v >>= 4)
        b[i] = hex_digit[v & 15];
    ww_out_raw(o, b, digits);
}

void ww_out_f(struct ww_out *o, const char *fmt, ...)
{
    char b[1024];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(b, sizeof b, fmt, ap);
    va_end(ap);
    if (n > 0)
        ww_out_raw(o, b, (size_t)n < sizeof b ? (size_t)n : sizeof b - 1);
}

unsigned ww_utf8_len(struct ww_slice s)
{
    if (s.n == 0)
        return 0;
    uint8_t c = s.p[0];
    if (c < 0x80)
        return 1;
    unsigned n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4 || s.n < n)
        return 0;
    for (unsigned i = 1; i < n; i++)
        if ((s.p[i] & 0xc0) != 0x80)
            return 0;
    uint8_t d = s.p[1];
    /* RFC 3629 4: no overlong forms, no surrogates, nothing above U+10FFFF */
    if ((c == 0xe0 && d < 0xa0) || (c == 0xed && d > 0x9f) || (c == 0xf0 && d < 0x90) ||
        (c == 0xf4 && d > 0x8f))
        return 0;
    return n;
}

/* Eight bytes at once: is one of them no printable ASCII, or (JSON) one that is escaped? In the
 * difference a byte borrows from its high bit where it was smaller (Mycroft's test). */
static uint64_t zero_byte(uint64_t w)
{
    return (w - UINT64_C(0x0101010101010101)) & ~w;
}

static bool odd_bytes(uint64_t w, bool json)
{
    uint64_t odd = w | ((w - UINT64_C(0x2020202020202020)) & ~w) |
                   zero_byte(w ^ UINT64_C(0x7f7f7f7f7f7f7f7f));
    if (json)
        odd |= zero_byte(w ^ UINT64_C(0x2222222222222222)) |
               zero_byte(w ^ UINT64_C(0x5c5c5c5c5c5c5c5c));
    return (odd & UINT64_C(0x8080808080808080)) != 0;
}

/* Three bytes for a character from U+1000 on, but none where RFC 3629 4 wants a second look. */
static bool three_bytes(struct ww_slice s, size_t i)
{
    if (s.n - i < 3 || (s.p[i] & 0xf0) != 0xe0 || s.p[i] == 0xe0 || s.p[i] == 0xed)
        return false;
    return (s.p[i + 1] & 0xc0) == 0x80 && (s.p[i + 2] & 0xc0) == 0x80;
}

/* Bytes of the character at i when it can be written as it is, else 0. */
static size_t plain_char(struct ww_slice s, size_t i, bool json)
{
    uint8_t c = s.p[i];
    if (c < 0x80)
        return c >= 0x20 && c < 0x7f && !(json && (c == '"' || c == '\\'));
    if (three_bytes(s, i)) /* Japanese */
        return 3;
    unsigned n = ww_utf8_len(ww_slice_sub(s, i, 4));
    /* C1 controls (U+0080..U+009F) can drive terminals */
    return n == 2 && c == 0xc2 && s.p[i + 1] < 0xa0 ? 0 : n;
}

/* Length of the longest run at i that can be written as it is. */
static size_t plain_run(struct ww_slice s, size_t i, bool json)
{
    size_t at = i;
    while (at < s.n) {
        /* the last of them together with bytes that were looked at */
        size_t word = s.n - at >= 8 || s.n < 8 ? at : s.n - 8;
        if (s.n >= 8 && !odd_bytes(ww_slice_le64(s, word), json)) {
            at = word + 8;
            continue;
        }
        for (size_t stop = at + 8; at < stop && at < s.n;) {
            size_t n = plain_char(s, at, json);
            if (n == 0)
                return at - i;
            at += n;
        }
    }
    return at - i;
}

void ww_out_text(struct ww_out *o, struct ww_slice s)
{
    for (size_t i = 0; i < s.n;) {
        size_t run = plain_run(s, i, false);
        if (run > 0) {
            ww_out_raw(o, s.p + i, run);
            i += run;
        } else {
            ww_out_s(o, "\\x");
            ww_out_hex(o, s.p[i], 2);
            i++;
        }
    }
}

static void json_escape(struct ww_out *o, struct ww_slice s)
{
    for (size_t i = 0; i < s.n;) {
        size_t run = plain_run(s, i, true);
        if (run > 0) {
            ww_out_raw(o, s.p + i, run);
            i += run;
            continue;
        }
        uint8_t c = s.p[i++];
        if (c == '"' || c == '\\') {
            ww_out_c(o, '\\');
            ww_out_c(o, (char)c);
        } else {
            ww_out_s(o, "\\u00");
            ww_out_hex(o, c, 2);
        }
    }
}

static void json_key(struct ww_out *o, const char *key)
{
    size_t n = key != NULL ? strlen(key) : 0;
    if (key != NULL && o->comma && !o->cut && o->cap - o->n >= n + 4) { /* nearly always */
        char *p = o->buf + o->n;
        p[0] = ',';
        p[1] = '"';
        ww_copy(p + 2, (struct ww_slice){ (const uint8_t *)key, n });
        p[n + 2] = '"';
        p[n + 3] = ':';
        o->n += n + 4;
        return;
    }
    if (o->comma)
        ww_out_c(o, ',');
    o->comma = true;
    if (key != NULL) {
        ww_out_c(o, '"');
        ww_out_s(o, key);
        ww_out_raw(o, "\":", 2);
    }
}

void ww_json_open(struct ww_out *o, const char *key, char bracket)
{
    json_key(o, key);
    ww_out_c(o, bracket);
    o->comma = false;
}

void ww_json_close(struct ww_out *o, char bracket)
{
    ww_out_c(o, bracket);
    o->comma = true;
}

void ww_json_u64(struct ww_out *o, const char *key, uint64_t v)
{
    json_key(o, key);
    ww_out_u64(o, v);
}

void ww_json_i64(struct ww_out *o, const char *key, int64_t v)
{
    json_key(o, key);
    ww_out_i64(o, v);
}

void ww_json_bool(struct ww_out *o, const char *key, bool v)
{
    json_key(o, key);
    ww_out_s(o, v ? "true" : "false");
}

void ww_json_null(struct ww_out *o, const char *key)
{
    json_key(o, key);
    ww_out_s(o, "null");
}

void ww_json_str(struct ww_out *o, const char *key, struct ww_slice s)
{
    json_key(o, key);
    ww_out_c(o, '"');
    json_escape(o, s);
    ww_out_c(o, '"');
}

void ww_json_cstr(struct ww_out *o, const char *key, const char *s)
{
    ww_json_str(o, key, ww_slice_str(s));
}

/* The C library formats addresses with printf, a few hundred instructions a number. */
static size_t ip4_digits(char b[15], const uint8_t ip[4])
{
    char *p = b;
    for (unsigned i = 0; i < 4; i++) {
        if (i > 0)
            *p++ = '.';
        if (ip[i] >= 100)
            *p++ = (char)('0' + ip[i] / 100);
        if (ip[i] >= 10)
            *p++ = (char)('0' + ip[i] / 10 % 10);
        *p++ = (char)('0' + ip[i] % 10);
    }
    return (size_t)(p - b);
}

static void ip4_text(struct ww_out *o, const uint8_t ip[4])
{
    char b[15];
    ww_out_raw(o, b, ip4_digits(b, ip));
}

/* Out: at, run  of the first longest run of zeros; as they are when none is longer than run */
static void longest_zeros(const unsigned group[8], unsigned *at, unsigned *run)
{
    unsigned zeros = 0;
    for (unsigned i = 0; i < 8; i++) {
        zeros = group[i] == 0 ? zeros + 1 : 0;
        if (zeros > *run) {
            *run = zeros;
            *at = i + 1 - zeros;
        }
    }
}

/* RFC 5952: lower case, no leading zeros, :: for the first longest run of at least two zeros; 5: IPv4
 * inside of IPv6 in dots, where all before it is zero or ::ffff. */
static void ip6_text(struct ww_out *o, const uint8_t ip[16])
{
    unsigned group[8], at = 8, run = 1;
    for (size_t i = 0; i < 8; i++)
        group[i] = (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
    longest_zeros(group, &at, &run);
    bool v4 = at == 0 && (run == 6 || (run == 5 && group[5] == 0xffff));
    for (unsigned i = 0; i < (v4 ? 6 : 8); i++) {
        if (i == at) {
            ww_out_s(o, "::");
            i += run - 1;
            continue;
        }
        if (i > 0 && i != at + run)
            ww_out_c(o, ':');
        ww_out_hex(o, group[i], 1U + (group[i] > 0xf) + (group[i] > 0xff) + (group[i] > 0xfff));
    }
    if (v4 && run == 5)
        ww_out_c(o, ':');
    if (v4)
        ip4_text(o, ip + 12);
}

const char *ww_ip_text(char dst[WW_IP_TEXT], const uint8_t ip[16], unsigned family)
{
    struct ww_out o = ww_out(dst, WW_IP_TEXT - 1);
    if (family == 4)
        o.n = ip4_digits(dst, ip);
    else if (family == 6)
        ip6_text(&o, ip);
    dst[o.n] = 0;
    return dst;
}

const char *ww_mac_text(char dst[WW_MAC_TEXT], const uint8_t mac[6])
{
    char *p = dst;
    for (unsigned i = 0; i < 6; i++) {
        *p++ = hex_digit[mac[i] >> 4];
        *p++ = hex_digit[mac[i] & 15];
        *p++ = i < 5 ? ':' : 0;
    }
    return dst;
}

const char *ww_time_text(char dst[WW_TIME_TEXT], uint64_t ns)
{
    /* civil date from days, proleptic Gregorian; avoids gmtime_r on the event path */
    uint64_t sec = ns / 1000000000u;
    uint64_t days = sec / 86400;
    uint64_t z = days + 719468;
    uint64_t era = z / 146097;
    uint64_t doe = z % 146097;
    uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    uint64_t mp = (5 * doy + 2) / 153;
    unsigned d = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
    unsigned m = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
    unsigned y = (unsigned)(yoe + era * 400 + (m <= 2));
    unsigned s = (unsigned)(sec % 86400);
    unsigned part[] = { y / 100 % 100, y % 100, m, d, s / 3600, s / 60 % 60, s % 60 };
    static const char after[] = "\0--T::.";
    char *p = dst;
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        *p++ = (char)('0' + part[i] / 10);
        *p++ = (char)('0' + part[i] % 10);
        if (after[i] != 0)
            *p++ = after[i];
    }
    unsigned us = (unsigned)(ns / 1000 % 1000000);
    for (unsigned i = 6; i-- > 0; us /= 10)
        p[i] = (char)('0' + us % 10);
    p[6] = 'Z';
    p[7] = 0;
    return dst;
}

void ww_text_set(char *dst, size_t cap, const char *s)
{
    size_t n = strlen(s);
    n = n < cap ? n : cap - 1;
    memcpy(dst, s, n);
    dst[n] = 0;
}
