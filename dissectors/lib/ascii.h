/* ascii.h - text of protocols that are written in ASCII: comparison without case, numbers, tokens. */
#ifndef WW_LIB_ASCII_H
#define WW_LIB_ASCII_H
#include "sensor/base/rd.h"

static inline uint8_t ww_ascii_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/** Equal without regard to case; lit is in lower case. */
static inline bool ww_ascii_is(struct ww_slice s, const char *lit)
{
    size_t n = strlen(lit);
    if (s.n != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (ww_ascii_lower(ww_slice_at(s, i)) != (uint8_t)lit[i])
            return false;
    return true;
}

/** Begins with, without regard to case; lit is in lower case. */
static inline bool ww_ascii_begins(struct ww_slice s, const char *lit)
{
    return s.n >= strlen(lit) && ww_ascii_is(ww_slice_sub(s, 0, strlen(lit)), lit);
}

/** Offset of lit (in lower case) in s without regard to case, s.n when it is not there. */
static inline size_t ww_ascii_find(struct ww_slice s, const char *lit)
{
    size_t n = strlen(lit);
    for (size_t i = 0; s.n >= n && i <= s.n - n; i++)
        if (ww_ascii_lower(ww_slice_at(s, i)) == (uint8_t)lit[0] && ww_ascii_is(ww_slice_sub(s, i, n), lit))
            return i;
    return s.n;
}

/** Without blanks and tabs at both ends. */
static inline struct ww_slice ww_ascii_trim(struct ww_slice s)
{
    size_t from = 0, n = s.n;
    while (from < n && (ww_slice_at(s, from) == ' ' || ww_slice_at(s, from) == '\t'))
        from++;
    while (n > from && (ww_slice_at(s, n - 1) == ' ' || ww_slice_at(s, n - 1) == '\t'))
        n--;
    return ww_slice_sub(s, from, n - from);
}

static inline bool ww_ascii_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static inline bool ww_ascii_letter(uint8_t c)
{
    return ww_ascii_lower(c) >= 'a' && ww_ascii_lower(c) <= 'z';
}

/** Value of a hexadecimal digit, 16 when it is none. */
static inline uint8_t ww_ascii_hex(uint8_t c)
{
    uint8_t l = ww_ascii_lower(c);
    return ww_ascii_digit(c) ? (uint8_t)(c - '0') : l >= 'a' && l <= 'f' ? (uint8_t)(l - 'a' + 10) : 16;
}

/** A decimal number and nothing else, up to 18 digits. Return: false when it is none. */
static inline bool ww_ascii_u64(struct ww_slice s, uint64_t *v)
{
    *v = 0;
    if (s.n == 0 || s.n > 18)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!ww_ascii_digit(ww_slice_at(s, i)))
            return false;
        *v = *v * 10 + (uint64_t)(ww_slice_at(s, i) - '0');
    }
    return true;
}

/** A character that a token may have (RFC 9110 5.6.2). */
static inline bool ww_ascii_token(uint8_t c)
{
    return ww_ascii_letter(c) || ww_ascii_digit(c) || (c > 0x20 && c < 0x7f && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/** Front of s that consists of token characters. */
static inline struct ww_slice ww_ascii_word(struct ww_slice s)
{
    size_t n = 0;
    while (n < s.n && ww_ascii_token(ww_slice_at(s, n)))
        n++;
    return ww_slice_sub(s, 0, n);
}

/**
 * Takes the front of a list up to a separator, which is taken too.
 * Out:    s  what is left
 */
static inline struct ww_slice ww_ascii_until(struct ww_slice *s, uint8_t separator)
{
    size_t at = ww_slice_find(*s, 0, separator);
    struct ww_slice front = ww_slice_sub(*s, 0, at);
    *s = ww_slice_sub(*s, at + 1, s->n);
    return front;
}

/** Value of a parameter in `a; name=value; other="value"`, without quotes; lit is in lower case. */
static inline struct ww_slice ww_ascii_param(struct ww_slice params, const char *lit)
{
    while (params.n > 0) {
        size_t eq = ww_slice_find(params, 0, '=');
        struct ww_slice name = ww_slice_sub(params, 0, eq);
        size_t semi = ww_slice_find(name, 0, ';');
        while (semi < name.n) { /* parameters without a value */
            name = ww_slice_sub(name, semi + 1, name.n);
            semi = ww_slice_find(name, 0, ';');
        }
        params = ww_slice_sub(params, eq + 1, params.n);
        struct ww_slice value;
        if (ww_slice_at(params, 0) == '"') {
            params = ww_slice_sub(params, 1, params.n);
            value = ww_ascii_until(&params, '"');
            (void)ww_ascii_until(&params, ';');
        } else {
            value = ww_ascii_trim(ww_ascii_until(&params, ';'));
        }
        if (ww_ascii_is(ww_ascii_trim(name), lit))
            return value;
    }
    return (struct ww_slice){ NULL, 0 };
}
#endif
