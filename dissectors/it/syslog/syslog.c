/* syslog.c - syslog on the wire: datagrams, octet counting, lines; recognition; loss.
 * Source: RFC 5426 3.1, RFC 6587 3.4.1 (octet counting) and 3.4.2 (lines), RFC 5425 4.3 */
#include "dissectors/it/syslog/syslog.h"

WW_EVENT_TYPE(syslog_message, "syslog.message", "A syslog message; its text is not kept", 0,
              SYSLOG_MESSAGE_FIELDS);

enum st {
    ST_READY, /* between messages */
    ST_LINE,  /* the rest of a long or strange line passes by */
    ST_LOST   /* the next message is searched */
};
enum { COUNT_DIGITS = 8, LOOK = 8 };

static bool digit(uint8_t b)
{
    return b >= '0' && b <= '9';
}

static uint64_t hash(struct ww_slice s)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a: compared inside one flow only */
    for (struct ww_rd r = ww_rd(s); r.left > 0;)
        h = (h ^ ww_rd_u8(&r)) * 0x100000001b3u;
    return h | 1;
}

/* Whose name is it? The sender's, as long as he names one host; a relay names many. */
static void subject(struct ww_cx *cx, struct syslog_state *st, enum ww_dir dir,
                    struct ww_slice name, uint64_t *known, struct ww_ip *ip)
{
    if (name.n == 0)
        return;
    uint64_t h = hash(name);
    st->several |= *known != 0 && *known != h;
    *known = h;
    if (ip->fam == 0 && !st->several)
        *ip = ww_end_at(cx, dir).ip;
}

/* One message; cut: only its beginning is there. Return: false when it has no priority. */
static bool message(struct ww_cx *cx, struct syslog_state *st, enum ww_dir dir, struct ww_slice msg,
                    bool cut, const char *framing)
{
    struct syslog_message e = { 0 };
    struct ww_slice xml;
    uint8_t pri;
    bool more;
    uint32_t bytes = (uint32_t)msg.n;
    while (msg.n > 0 && (ww_slice_at(msg, msg.n - 1) == 0 || ww_slice_at(msg, msg.n - 1) == '\r' ||
                         ww_slice_at(msg, msg.n - 1) == '\n'))
        msg.n--;
    if (ww_syslog_pri(msg, &pri, &more) == 0)
        return false;
    struct ww_slice text = ww_syslog_header(msg, &e);
    subject(cx, st, dir, WW_STR(e.hostname), &st->host, &e.subject_ip);
    e.bytes = bytes;
    e.audit = ww_syslog_is_audit(text, &xml);
    (void)WW_SET(e.framing, ww_slice_str(framing));
    if (!st->client_told) { /* only the sender of messages speaks (RFC 6587 3.1) */
        st->client_told = true;
        ww_client_is(cx, dir);
    }
    struct syslog_audit a = { 0 };
    if (cut)
        cx->ev_flags |= WW_EV_TRUNCATED;
    ww_emit(cx, &syslog_message_type, dir, &e);
    st->side[dir].noise = 0;
    if (!e.audit)
        return true;
    if (ww_syslog_audit(cx, xml, &a)) {
        subject(cx, st, dir, WW_STR(a.source_id), &st->source, &a.subject_ip);
        ww_emit(cx, &syslog_audit_type, dir, &a);
    } else if (!cut) {
        ww_anomaly(cx, dir, "audit_message_malformed");
    }
    return true;
}

/* MSG-LEN SP before a message (RFC 6587 3.4.1). Return: bytes of both, 0 when there is none. */
static size_t count_at(struct ww_slice in, size_t *len, bool *more)
{
    size_t n = 0;
    *len = 0;
    for (; n < COUNT_DIGITS && digit(ww_slice_at(in, n)); n++)
        *len = *len * 10 + (ww_slice_at(in, n) - (size_t)'0');
    *more = n == in.n;
    if (n == 0 || n == in.n || ww_slice_at(in, 0) == '0' || ww_slice_at(in, n) != ' ' ||
        *len > SYSLOG_COUNT_MAX)
        return 0;
    uint8_t pri;
    size_t p = ww_syslog_pri(ww_slice_sub(in, n + 1, 6), &pri, more);
    return p > 0 && *len >= p ? n + 1 : 0;
}

/* A message with its length. Return: bytes wanted after *at, 0 to go on; *at may pass in.n. */
static size_t counted(struct ww_cx *cx, struct syslog_state *st, enum ww_dir dir,
                      struct ww_slice in, size_t *at)
{
    struct syslog_side *s = &st->side[dir];
    size_t len;
    bool more;
    size_t head = count_at(ww_slice_sub(in, *at, in.n), &len, &more);
    if (head == 0) {
        if (more)
            return in.n - *at + 1;
        s->st = ST_LOST;
        s->before = ' '; /* a message ended here */
        return 0;
    }
    size_t read = len < SYSLOG_MSG_MAX ? len : SYSLOG_MSG_MAX;
    if (in.n - *at - head < read)
        return head + read;
    s->counted = true;
    (void)message(cx, st, dir, ww_slice_sub(in, *at + head, read), len > read, "octet_count");
    *at += head + len;
    return 0;
}

/* A message that a line end ends. Return: bytes wanted after *at, 0 to go on. */
static size_t line(struct ww_cx *cx, struct syslog_state *st, enum ww_dir dir, struct ww_slice in,
                   size_t *at)
{
    struct syslog_side *s = &st->side[dir];
    size_t from = *at + s->scanned, end = ww_slice_find(in, from, '\n');
    end = ww_slice_find(ww_slice_sub(in, 0, end), from, 0); /* NUL ends it too (3.4.2) */
    size_t len = end - *at;
    if (end == in.n && len <= SYSLOG_MSG_MAX) {
        s->scanned = (uint32_t)len;
        return len + 1;
    }
    bool cut = len > SYSLOG_MSG_MAX;
    s->scanned = 0;
    if (!message(cx, st, dir, ww_slice_sub(in, *at, cut ? SYSLOG_MSG_MAX : len), cut, "line"))
        ww_anomaly(cx, dir, "syslog_line_without_priority");
    if (end == in.n)
        s->st = ST_LINE;
    *at = end < in.n ? end + 1 : end;
    return 0;
}

/* Between messages. */
static size_t ready(struct ww_cx *cx, struct syslog_state *st, enum ww_dir dir, struct ww_slice in,
                    size_t *at)
{
    struct syslog_side *s = &st->side[dir];
    uint8_t b = ww_slice_at(in, *at);
    if (b == '\n' || b == '\r' || b == 0) {
        (*at)++;
        return 0;
    }
    if (b == '<')
        return line(cx, st, dir, in, at);
    if (digit(b))
        return counted(cx, st, dir, in, at);
    ww_anomaly(cx, dir, "syslog_line_without_priority");
    s->st = s->counted ? ST_LOST : ST_LINE;
    s->before = ' ';
    return 0;
}

/* Where the message that has its priority at `lt` begins: there behind a line end, else at its
 * length; SIZE_MAX for none. Digits count only when it is seen that nothing was lost before them.
 */
static size_t begins(const struct syslog_side *s, struct ww_slice in, size_t from, size_t lt)
{
    size_t at = lt;
    if ((lt > from ? ww_slice_at(in, lt - 1) : s->before) == '\n')
        return lt;
    if (lt < from + 2 || ww_slice_at(in, lt - 1) != ' ')
        return SIZE_MAX;
    for (at = lt - 1; at > from && digit(ww_slice_at(in, at - 1)); at--)
        ;
    uint8_t before = at > from ? ww_slice_at(in, at - 1) : s->before;
    return at < lt - 1 && before != 0 && !digit(before) ? at : SIZE_MAX;
}

/* Is it one? Behind a length the version of RFC 5424 must follow: texts hold numbers too. */
static enum ww_guess verify(struct ww_slice in, size_t start, size_t lt)
{
    uint8_t pri;
    size_t len;
    bool more;
    size_t p = ww_syslog_pri(ww_slice_sub(in, lt, LOOK), &pri, &more);
    if (p == 0)
        return more ? WW_GUESS_MAYBE : WW_GUESS_NO;
    if (start == lt)
        return WW_GUESS_YES;
    if (lt + p + 2 > in.n)
        return WW_GUESS_MAYBE;
    return count_at(ww_slice_sub(in, start, in.n), &len, &more) > 0 &&
                   ww_slice_starts(ww_slice_sub(in, lt + p, 2), "1 ")
               ? WW_GUESS_YES
               : WW_GUESS_NO;
}

/* Passes over bytes up to `to`. */
static void pass(struct syslog_side *s, struct ww_slice in, size_t *at, size_t to)
{
    if (to > *at)
        s->before = ww_slice_at(in, to - 1);
    s->noise += (uint32_t)(to - *at);
    *at = to;
}

/* After loss: the next line with a priority, or length with a message behind it.
 * Return: bytes wanted after *at, 0 to go on. */
static size_t lost(struct syslog_side *s, struct ww_slice in, size_t *at)
{
    size_t from = *at;
    for (size_t lt = ww_slice_find(in, from, '<'); lt < in.n; lt = ww_slice_find(in, lt + 1, '<')) {
        size_t start = begins(s, in, from, lt);
        enum ww_guess g = start != SIZE_MAX ? verify(in, start, lt) : WW_GUESS_NO;
        if (g == WW_GUESS_NO)
            continue;
        pass(s, in, at, start);
        if (g == WW_GUESS_MAYBE)
            return in.n - start + 1;
        s->st = ST_READY;
        return 0;
    }
    size_t keep = in.n; /* a length may stand at the end, its message in the next bytes */
    while (keep > from && in.n - keep <= COUNT_DIGITS &&
           (digit(ww_slice_at(in, keep - 1)) || ww_slice_at(in, keep - 1) == ' '))
        keep--;
    pass(s, in, at, keep);
    return keep < in.n ? in.n - keep + 1 : 0;
}

/**
 * Takes a datagram, or bytes of one direction of a stream; see dissector.h.
 * Limits: of a message over SYSLOG_MSG_MAX the beginning is read, with TRUNCATED
 */
static struct ww_parse syslog_data(struct ww_cx *cx, void *state, enum ww_dir dir,
                                   struct ww_slice in)
{
    struct syslog_state *st = state;
    struct syslog_side *s = &st->side[dir];
    size_t at = 0, need = 0;
    if (cx->datagram) {
        if (!message(cx, st, dir, ww_slice_sub(in, 0, SYSLOG_MSG_MAX), in.n > SYSLOG_MSG_MAX,
                     "datagram"))
            ww_anomaly(cx, dir, "syslog_priority_missing");
        return ww_ok(in.n);
    }
    while (at < in.n && need == 0) {
        switch ((enum st)s->st) {
        case ST_READY:
            need = ready(cx, st, dir, in, &at);
            break;
        case ST_LINE: {
            size_t end = ww_slice_find(in, at, '\n');
            s->noise += (uint32_t)(end - at);
            s->st = end < in.n ? ST_READY : ST_LINE;
            at = end < in.n ? end + 1 : end;
            break;
        }
        case ST_LOST:
            need = lost(s, in, &at);
            break;
        }
        if (s->noise > SYSLOG_NOISE_MAX)
            return ww_stop("no syslog messages");
    }
    return need > 0 ? ww_more(at, need) : ww_ok(at);
}

static void syslog_gap(struct ww_cx *cx, void *state, enum ww_dir dir, uint64_t lost_bytes)
{
    struct syslog_side *s = &((struct syslog_state *)state)->side[dir];
    (void)cx;
    (void)lost_bytes;
    s->st = ST_LOST;
    s->before = 0;
    s->scanned = 0;
}

/**
 * Is this syslog?
 * Return: YES on a priority with text behind it, alone or after the message's length
 */
static enum ww_guess syslog_probe(struct ww_slice in, enum ww_dir dir)
{
    (void)dir;
    size_t len, head = 0;
    bool more = false;
    uint8_t pri;
    if (digit(ww_slice_at(in, 0))) {
        head = count_at(in, &len, &more);
        if (head == 0)
            return more && in.n < COUNT_DIGITS + LOOK ? WW_GUESS_MAYBE : WW_GUESS_NO;
    }
    struct ww_slice msg = ww_slice_sub(in, head, in.n);
    size_t n = ww_syslog_pri(msg, &pri, &more);
    if (n == 0 || n == msg.n)
        return more || n > 0 ? WW_GUESS_MAYBE : WW_GUESS_NO;
    uint8_t next = ww_slice_at(msg, n);
    return next >= ' ' && next != '<' && next != '>' && next != 0x7f ? WW_GUESS_YES : WW_GUESS_NO;
}

static const struct ww_event_type *const events[] = { &syslog_message_type, &syslog_audit_type,
                                                      NULL };
static const struct ww_port ports[] = {
    { WW_ON_UDP, 514 }, { WW_ON_TCP, 514 }, { WW_ON_TCP, 601 }, { WW_ON_END, 0 }
};

const struct ww_dissector ww_dissector_syslog = {
    .name = "syslog",
    .spec = "RFC 5424, RFC 3164, RFC 6587; audit messages: DICOM PS3.15 A.5",
    .events = events,
    .ports = ports,
    .first = { ['0' / 8] = 0xfe, ['8' / 8] = 0x03 | 1 << '<' % 8 }, /* 1 to 9, < */
    .state_size = sizeof(struct syslog_state),
    .max_msg = SYSLOG_BUF_MAX,
    .probe = syslog_probe,
    .data = syslog_data,
    .gap = syslog_gap,
};
