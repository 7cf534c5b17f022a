/* when.c - time stamps of text protocols. Source: RFC 3339 5.6; LIS02-A2 5.6.2 (dates and times) */
#include "dissectors/lib/when.h"

enum { NONE = 0xffff };

/* The fields of a time stamp while they are read. */
struct parts {
    unsigned year, month, day, hour, minute, second;
    uint64_t fraction; /* ns */
    bool bad;
};

/* n digits; NONE when there are fewer, and then nothing is taken. */
static unsigned digits(struct ww_rd *r, unsigned n)
{
    struct ww_rd look = *r;
    unsigned v = 0;
    for (unsigned i = 0; i < n; i++) {
        uint8_t b = ww_rd_u8(&look);
        if (look.bad || b < '0' || b > '9')
            return NONE;
        v = v * 10 + (b - '0');
    }
    *r = look;
    return v;
}

static uint8_t peek(const struct ww_rd *r)
{
    return ww_slice_at((struct ww_slice){ r->p, r->left }, 0);
}

static bool take(struct ww_rd *r, uint8_t b)
{
    if (r->left == 0 || peek(r) != b)
        return false;
    ww_rd_skip(r, 1);
    return true;
}

static unsigned must(struct ww_rd *r, struct parts *p, unsigned n)
{
    unsigned v = digits(r, n);
    p->bad |= v == NONE;
    return v;
}

/* Days from 1970-01-01 of a date of the Gregorian calendar; March is the first month of a year, so
 * that the day that comes and goes is its last. */
static int64_t days(unsigned year, unsigned month, unsigned day)
{
    int64_t y = (int64_t)year - (month <= 2 ? 1 : 0), m = month <= 2 ? month + 9 : month - 3;
    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 719469;
}

/* Fraction of a second, at most nine digits of it. */
static uint64_t fraction(struct ww_rd *r)
{
    uint64_t ns = 0, unit = 100000000;
    for (unsigned d = digits(r, 1); d != NONE; d = digits(r, 1)) {
        ns += d * unit;
        unit /= 10;
    }
    return ns;
}

/* Zone at the end: Z, +HH:MM or +HHMM. Return: seconds east of UTC. */
static int64_t zone(struct ww_rd *r, struct ww_when *w, bool *bad)
{
    uint8_t sign = peek(r);
    if (r->left == 0)
        return 0;
    w->zoned = true;
    ww_rd_skip(r, 1);
    if (sign == 'Z' || sign == 'z')
        return 0;
    unsigned h = digits(r, 2);
    (void)take(r, ':');
    unsigned m = digits(r, 2);
    *bad |= (sign != '+' && sign != '-') || h > 14 || m > 59;
    int64_t east = ((int64_t)h * 60 + m) * 60;
    return sign == '-' ? -east : east;
}

static struct ww_when finish(struct ww_rd *r, struct parts *p)
{
    struct ww_when w = { 0, false };
    int64_t east = zone(r, &w, &p->bad);
    if (p->bad || r->left > 0 || p->year < 1970 || p->year > 2400 || p->month < 1 ||
        p->month > 12 || p->day < 1 || p->day > 31 || p->hour > 23 || p->minute > 59 ||
        p->second > 60)
        return (struct ww_when){ 0, false };
    int64_t s =
        ((days(p->year, p->month, p->day) * 24 + p->hour) * 60 + p->minute) * 60 + p->second - east;
    w.ns = s > 0 ? (uint64_t)s * 1000000000u + p->fraction : 0;
    return w;
}

struct ww_when ww_when_compact(struct ww_slice s)
{
    struct ww_rd r = ww_rd(ww_slice_trim(s));
    struct parts p = { 0 };
    unsigned *const optional[] = { &p.hour, &p.minute, &p.second };
    p.year = must(&r, &p, 4);
    p.month = must(&r, &p, 2);
    p.day = must(&r, &p, 2);
    for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++) {
        unsigned v = digits(&r, 2);
        if (v == NONE)
            break;
        *optional[i] = v;
    }
    if (take(&r, '.'))
        p.fraction = fraction(&r);
    return finish(&r, &p);
}

struct ww_when ww_when_rfc3339(struct ww_slice s)
{
    struct ww_rd r = ww_rd(ww_slice_trim(s));
    struct parts p = { 0 };
    p.year = must(&r, &p, 4);
    p.bad |= !take(&r, '-');
    p.month = must(&r, &p, 2);
    p.bad |= !take(&r, '-');
    p.day = must(&r, &p, 2);
    p.bad |= !take(&r, 'T') && !take(&r, 't') && !take(&r, ' ');
    p.hour = must(&r, &p, 2);
    p.bad |= !take(&r, ':');
    p.minute = must(&r, &p, 2);
    p.bad |= !take(&r, ':');
    p.second = must(&r, &p, 2);
    if (take(&r, '.') || take(&r, ','))
        p.fraction = fraction(&r);
    return finish(&r, &p);
}
