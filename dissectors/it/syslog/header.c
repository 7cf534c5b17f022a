/* header.c - header of a syslog message. Source: RFC 5424 6, RFC 3164 4; clauses at the branches */
#include "dissectors/it/syslog/syslog.h"
#include "dissectors/lib/when.h"
#include "sensor/base/tok.h"

/* clang-format off */
static const struct ww_tok facilities[] = {
    { 0, "kern" }, { 1, "user" }, { 2, "mail" }, { 3, "daemon" }, { 4, "auth" }, { 5, "syslog" },
    { 6, "lpr" }, { 7, "news" }, { 8, "uucp" }, { 9, "cron" }, { 10, "authpriv" }, { 11, "ftp" },
    { 12, "ntp" }, { 13, "audit" }, { 14, "alert" }, { 15, "clock" }, { 16, "local0" },
    { 17, "local1" }, { 18, "local2" }, { 19, "local3" }, { 20, "local4" }, { 21, "local5" },
    { 22, "local6" }, { 23, "local7" }, { 0, NULL }
};
static const struct ww_tok severities[] = {
    { 0, "emerg" }, { 1, "alert" }, { 2, "crit" }, { 3, "err" }, { 4, "warning" },
    { 5, "notice" }, { 6, "info" }, { 7, "debug" }, { 0, NULL }
};
/* clang-format on */

static bool digit(uint8_t b)
{
    return b >= '0' && b <= '9';
}

/**
 * Reads a priority, <0> to <191> (RFC 5424 6.2.1).
 * Out:    more  the bytes so far may begin one
 * Return: its length, 0 when there is none
 */
size_t ww_syslog_pri(struct ww_slice in, uint8_t *pri, bool *more)
{
    unsigned v = 0;
    *more = in.n == 0;
    if (in.n == 0 || ww_slice_at(in, 0) != '<')
        return 0;
    for (size_t i = 1; i <= 4; i++) {
        uint8_t b = ww_slice_at(in, i);
        *more = i >= in.n;
        if (*more || (i == 4 && b != '>'))
            return 0;
        if (b == '>' && i > 1) {
            *pri = (uint8_t)v;
            return v <= SYSLOG_PRI_MAX ? i + 1 : 0;
        }
        if (!digit(b) || (i == 2 && v == 0))
            return 0;
        v = v * 10 + (b - '0');
    }
    return 0;
}

/* Takes the next word and the blank behind it. */
static struct ww_slice word(struct ww_slice *rest)
{
    size_t end = ww_slice_find(*rest, 0, ' ');
    struct ww_slice w = ww_slice_sub(*rest, 0, end);
    *rest = ww_slice_sub(*rest, end + 1, rest->n);
    return ww_slice_eqs(w, "-") ? (struct ww_slice){ NULL, 0 } : w; /* NILVALUE */
}

static void time_set(struct syslog_message *e, struct ww_when w)
{
    e->message_time = w.ns;
    e->message_time_zoned = w.zoned;
}

/* End of a parameter's value: the next quotation mark that no backslash escapes (6.3.3). */
static size_t value_end(struct ww_slice s, size_t at)
{
    while (at < s.n && ww_slice_at(s, at) != '"')
        at += ww_slice_at(s, at) == '\\' ? 2 : 1;
    return at < s.n ? at : s.n;
}

/* Address as text, IPv4 only; IPv6 is left out. */
static struct ww_ip address(struct ww_slice s)
{
    uint32_t v = 0;
    unsigned parts = 0, n = 0, digits = 0;
    for (struct ww_rd r = ww_rd(s); r.left > 0;) {
        uint8_t b = ww_rd_u8(&r);
        if (digit(b) && digits < 3) {
            n = n * 10 + (b - '0');
            digits++;
        } else if (b == '.' && digits > 0 && n <= 255) {
            v = v << 8 | n;
            parts++;
            n = digits = 0;
        } else {
            return (struct ww_ip){ 0 };
        }
    }
    if (parts != 3 || digits == 0 || n > 255)
        return (struct ww_ip){ 0 };
    return ww_ip4(v << 8 | n);
}

/* Parameters that say something about the sender (7.1 timeQuality, 7.2 origin). */
static void parameter(struct syslog_message *e, struct ww_slice id, struct ww_slice name,
                      struct ww_slice value)
{
    if (ww_slice_eqs(id, "timeQuality") && ww_slice_eqs(name, "isSynced")) {
        (void)WW_SET(e->time_synced, ww_slice_str(ww_slice_eqs(value, "1") ? "yes" : "no"));
    } else if (ww_slice_eqs(id, "origin")) {
        if (ww_slice_eqs(name, "software"))
            (void)WW_SET(e->software, value);
        else if (ww_slice_eqs(name, "swVersion"))
            (void)WW_SET(e->software_version, value);
        else if (ww_slice_eqs(name, "ip") && e->subject_ip.fam == 0)
            e->subject_ip = address(value);
    }
}

/* One element, [id name="value" ...]. Return: its length, 0 when it is broken. */
static size_t element(struct ww_slice s, struct syslog_message *e)
{
    size_t close = ww_slice_find(s, 0, ']'), blank = ww_slice_find(s, 0, ' ');
    size_t at = close < blank ? close : blank;
    struct ww_slice id = ww_slice_sub(s, 1, at - 1);
    if (at >= s.n || id.n == 0)
        return 0;
    (void)WW_ADD(e->sd_ids, id);
    while (ww_slice_at(s, at) == ' ') {
        size_t eq = ww_slice_find(s, at, '='), from = eq + 2;
        if (ww_slice_at(s, eq + 1) != '"')
            return 0;
        size_t end = value_end(s, from);
        if (end == s.n)
            return 0;
        parameter(e, id, ww_slice_sub(s, at + 1, eq - at - 1), ww_slice_sub(s, from, end - from));
        at = end + 1;
    }
    return ww_slice_at(s, at) == ']' ? at + 1 : 0;
}

/* RFC 5424 6: what stands behind "<PRI>1 ". Return: the text of the message. */
static struct ww_slice modern(struct ww_slice rest, struct syslog_message *e)
{
    (void)WW_SET(e->format, WW_SLICE_LIT("rfc5424"));
    time_set(e, ww_when_rfc3339(word(&rest)));
    (void)WW_SET(e->hostname, word(&rest));
    (void)WW_SET(e->app_name, word(&rest));
    (void)WW_SET(e->procid, word(&rest));
    (void)WW_SET(e->msgid, word(&rest));
    if (ww_slice_at(rest, 0) == '-')
        return ww_slice_sub(rest, 2, rest.n);
    size_t n = 1;
    while (n > 0 && ww_slice_at(rest, 0) == '[') {
        n = element(rest, e);
        rest = ww_slice_sub(rest, n, rest.n);
    }
    return ww_slice_sub(rest, ww_slice_at(rest, 0) == ' ', rest.n);
}

/* "Nov  5 10:15:00 " (RFC 3164 4.1.2). */
static bool old_time(struct ww_slice s)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static const char form[] = "... .0 00:00:00 "; /* 0 a digit, . anything */
    bool month = false;
    for (size_t i = 0; i < sizeof months - 1; i += 3)
        month |=
            ww_slice_eq(ww_slice_sub(s, 0, 3), (struct ww_slice){ (const uint8_t *)months + i, 3 });
    for (size_t i = 3; i < sizeof form - 1; i++) {
        uint8_t b = ww_slice_at(s, i), f = (uint8_t)form[i];
        if (f == '0' ? !digit(b) : f != '.' && f != b)
            return false;
    }
    return month;
}

/* A program's name as the older format has it: a word that a colon or a process id ends (RFC 3164
 * 4.1.3). Other words may belong to the text, which is never told. Return: bytes taken, 0 = none.
 */
static size_t tag(struct ww_slice rest, struct syslog_message *e)
{
    size_t n = 0;
    for (struct ww_rd r = ww_rd(ww_slice_sub(rest, 0, 33)); r.left > 0; n++) {
        uint8_t b = ww_rd_u8(&r), low = b | 0x20;
        if (!digit(b) && !(low >= 'a' && low <= 'z') && b != '_' && b != '-' && b != '.' &&
            b != '/')
            break;
    }
    uint8_t end = ww_slice_at(rest, n);
    if (n == 0 || n > 32 || (end != ':' && end != '['))
        return 0;
    (void)WW_SET(e->app_name, ww_slice_sub(rest, 0, n));
    if (end == ':')
        return n + 1;
    size_t close = ww_slice_find(rest, n, ']');
    if (close == rest.n || close - n > 33)
        return n;
    (void)WW_SET(e->procid, ww_slice_sub(rest, n + 1, close - n - 1));
    return close + 1 + (ww_slice_at(rest, close + 1) == ':');
}

/* RFC 3164 4: time, host and tag, each of which real senders leave out. */
static struct ww_slice older(struct ww_slice rest, struct syslog_message *e)
{
    struct ww_slice after = rest;
    struct ww_when w = ww_when_rfc3339(word(&after)); /* as relays of today write it */
    bool timed = true;
    if (w.ns != 0)
        time_set(e, w);
    else if (old_time(rest))
        after = ww_slice_sub(rest, 16, rest.n);
    else
        timed = false;
    if (timed)
        rest = after;
    (void)WW_SET(e->format, ww_slice_str(timed ? "rfc3164" : "other"));
    size_t n = tag(rest, e);
    if (n == 0 && timed) { /* a host is one when a tag follows it, or when a relay wrote the time */
        struct ww_slice host = word(&after);
        n = tag(after, e);
        if (n > 0 || w.ns != 0) {
            (void)WW_SET(e->hostname, host);
            rest = after;
        }
    }
    return ww_slice_sub(rest, n, rest.n);
}

/**
 * Reads the header of a message.
 * In:     msg  from its priority on, which is one
 * Return: the text behind the header, which may hold anything
 */
struct ww_slice ww_syslog_header(struct ww_slice msg, struct syslog_message *e)
{
    uint8_t pri = 0;
    bool more;
    size_t n = ww_syslog_pri(msg, &pri, &more);
    struct ww_slice rest = ww_slice_sub(msg, n, msg.n);
    (void)WW_SET(e->facility, ww_slice_str(ww_tok(facilities, pri >> 3, "")));
    (void)WW_SET(e->severity, ww_slice_str(ww_tok(severities, pri & 7, "")));
    return ww_slice_starts(rest, "1 ") ? modern(ww_slice_sub(rest, 2, rest.n), e) : older(rest, e);
}
