/* http.c - HTTP/1.x on the wire: finds messages, walks over bodies, goes on after losses.
 * Source: RFC 9112 2, 6, 7; RFC 9110 7.8 (upgrade), 9.3.6 (CONNECT) */
#include "dissectors/it/http/http.h"

/* Of one step: bytes that are done, and how many are wanted behind them (0: go on). */
struct step {
    size_t used, need;
    bool next; /* the rest is another protocol */
};

static struct step done(size_t used)
{
    return (struct step){ .used = used };
}
static struct step more(size_t used, size_t need)
{
    return (struct step){ .used = used, .need = need };
}

/* The order of messages is lost: the next start line is searched. */
static struct step lost(const struct http_call *c, const char *why)
{
    if (why != NULL && !c->s->told_start && c->s->ids > 0) { /* else it began in the middle */
        c->s->told_start = true;
        ww_anomaly(c->cx, c->dir, why);
    }
    ww_http_forget(c);
    c->s->at = AT_LOST;
    c->s->scanned = 0;
    c->s->searched = 0;
    return done(0);
}

/* End of a header: the byte behind its empty line, 0 when it is not here. */
static size_t head_end(struct ww_slice in, size_t from)
{
    for (size_t nl = ww_slice_find(in, from, '\n'); nl < in.n; nl = ww_slice_find(in, nl + 1, '\n')) {
        if (ww_slice_at(in, nl + 1) == '\n')
            return nl + 2 <= in.n ? nl + 2 : 0;
        if (ww_slice_at(in, nl + 1) == '\r' && ww_slice_at(in, nl + 2) == '\n')
            return nl + 3;
    }
    return 0;
}

/* HTTP/2 in clear, known beforehand (RFC 9113 3.3): told, not read. */
static struct step h2(const struct http_call *c)
{
    struct http_request e = { .length = WW_NULL64 };
    (void)WW_SET(e.http_method, WW_SLICE_LIT("PRI"));
    (void)WW_SET(e.path, WW_SLICE_LIT("*"));
    (void)WW_SET(e.protocol, WW_SLICE_LIT("HTTP/2"));
    ww_client_is(c->cx, c->dir);
    ww_emit(c->cx, &http_request_type, c->dir, &e);
    return (struct step){ .used = strlen("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), .next = true };
}

/* A whole message head, or the wish for more. */
static struct step start(const struct http_call *c, struct ww_slice in)
{
    struct http_side *s = c->s;
    uint8_t first = ww_slice_at(in, 0);
    if (s->scanned == 0 && (first == '\r' || first == '\n')) /* RFC 9112 2.2 */
        return done(1);
    enum ww_guess g = ww_http_start(in, true);
    if (g == WW_GUESS_NO)
        return lost(c, "message_start_expected");
    if (g == WW_GUESS_YES && ww_http_is_h2(in))
        return h2(c);
    size_t end = g == WW_GUESS_YES ? head_end(in, s->scanned) : 0;
    if (end > HTTP_HEAD_MAX || (end == 0 && in.n >= HTTP_HEAD_MAX)) {
        (void)lost(c, "head_too_large");
        return done(1); /* its start line is not found again */
    }
    if (end == 0) {
        s->scanned = in.n > 2 ? (uint32_t)in.n - 2 : 0; /* an end may have begun */
        return more(0, in.n + 1);
    }
    struct http_head h;
    s->scanned = 0;
    s->told_start = false;
    ww_http_head(ww_slice_sub(in, 0, end), &h);
    bool tunnel = ww_http_tell(c, &h) == HTTP_TUNNEL;
    return (struct step){ .used = end, .next = tunnel };
}

/* After a loss: a start line at the beginning of a piece, or behind a line end. */
static struct step resync(const struct http_call *c, struct ww_slice in)
{
    for (size_t at = 0; at < in.n; at = ww_slice_find(in, at, '\n') + 1) {
        struct ww_slice rest = ww_slice_sub(in, at, in.n);
        enum ww_guess g = ww_http_start(rest, false);
        if (g == WW_GUESS_NO)
            continue;
        if (g == WW_GUESS_MAYBE && rest.n < HTTP_LINE_MAX)
            return more(at, rest.n + 1);
        if (g == WW_GUESS_YES) {
            c->s->at = AT_START;
            return done(at);
        }
    }
    return done(in.n);
}

/* A response without its request may be one without a body (HEAD): a start line instead of the body
 * shows it. Return: 0 when this is no such case, 1 when it is, else bytes wanted to say. */
static size_t no_body(const struct http_call *c, struct ww_slice in)
{
    uint8_t second = ww_slice_at(in, 1);
    if (!c->s->unpaired || ww_slice_at(in, 0) != 'H' || (in.n > 1 && second != 'T'))
        return 0;
    enum ww_guess g = ww_http_start(in, false);
    return g == WW_GUESS_YES ? 1 : g == WW_GUESS_MAYBE ? in.n + 1 : 0;
}

/* Bytes that nobody wants. Return: how many */
static uint64_t pass_over(const struct http_call *c)
{
    struct http_side *s = c->s;
    uint64_t n = ww_http_unwanted(c);
    n = n < s->left ? n : s->left;
    if (s->wanted && n > 0 && n == s->left) /* its end is told when it has come */
        n--;
    ww_http_pass(c, n);
    s->left -= n;
    return n;
}

/* `left` bytes of a body or of a chunk. */
static struct step bytes(const struct http_call *c, struct ww_slice in)
{
    struct http_side *s = c->s;
    bool whole = s->at == AT_BODY;
    if (whole && s->scanned == 0) {
        size_t n = no_body(c, in);
        if (n > 1 && n <= s->left)
            return more(0, n);
        if (n == 1) {
            ww_http_body_lost(c);
            s->at = AT_START;
            return done(0);
        }
    }
    s->scanned = 1; /* looked at */
    uint64_t pass = pass_over(c);
    size_t n = s->left < in.n ? (size_t)s->left : in.n;
    if (pass == 0 && n > 0) {
        s->left -= n;
        ww_http_body(c, ww_slice_sub(in, 0, n), whole && s->left == 0);
        pass = pass_over(c) + n;
    }
    if (s->left == 0) {
        s->scanned = 0;
        s->at = whole ? AT_START : AT_CHUNK_END;
    }
    return done((size_t)pass);
}

/* The rest of the connection. */
static struct step to_the_end(const struct http_call *c, struct ww_slice in)
{
    struct http_side *s = c->s;
    if (s->scanned == 0) {
        size_t n = no_body(c, in);
        if (n > 1)
            return more(0, n);
        if (n == 1) {
            ww_http_body_lost(c);
            s->at = AT_START;
            return done(0);
        }
    }
    s->scanned = 1;
    uint64_t pass = ww_http_unwanted(c);
    if (pass == 0)
        ww_http_body(c, in, false);
    else if (pass != WW_CONTENT_ALL)
        ww_http_pass(c, pass < in.n ? pass : in.n);
    return done(pass == 0 || pass >= in.n ? in.n : (size_t)pass);
}

/* A line of the chunked coding. Return: its length with its end, 0 when it is not here yet. */
static size_t line(struct ww_slice in)
{
    size_t nl = ww_slice_find(ww_slice_sub(in, 0, HTTP_LINE_MAX), 0, '\n');
    return nl < in.n && nl < HTTP_LINE_MAX ? nl + 1 : 0;
}

/* chunk-size [chunk-ext] CRLF (RFC 9112 7.1). */
static struct step chunk(const struct http_call *c, struct ww_slice in)
{
    struct http_side *s = c->s;
    size_t n = line(in), zeros = 0, digits;
    uint64_t size = 0;
    while (zeros + 1 < in.n && zeros < HTTP_LINE_MAX && ww_slice_at(in, zeros) == '0')
        zeros++;
    digits = zeros;
    while (digits < in.n && digits < zeros + 16 && ww_ascii_hex(ww_slice_at(in, digits)) < 16)
        size = size << 4 | ww_ascii_hex(ww_slice_at(in, digits++));
    uint8_t behind = ww_slice_at(in, digits);
    bool good = digits > 0 && digits < zeros + 16 && (behind == '\r' || behind == '\n' || behind == ';' ||
                                              behind == ' ' || behind == '\t');
    if ((digits < in.n && !good) || (n == 0 && in.n >= HTTP_LINE_MAX)) {
        ww_http_body_lost(c);
        return lost(c, "chunk_malformed");
    }
    if (n == 0)
        return more(0, in.n + 1);
    s->left = size;
    s->at = size == 0 ? AT_TRAILER : AT_DATA;
    if (size == 0)
        ww_http_body(c, (struct ww_slice){ NULL, 0 }, true);
    return done(n);
}

static struct step chunk_end(const struct http_call *c, struct ww_slice in)
{
    uint8_t first = ww_slice_at(in, 0);
    size_t n = first == '\n' ? 1 : first == '\r' && ww_slice_at(in, 1) == '\n' ? 2 : 0;
    if (n == 0 && first == '\r' && in.n < 2)
        return more(0, 2);
    if (n == 0) {
        ww_http_body_lost(c);
        return lost(c, "chunk_malformed");
    }
    c->s->at = AT_CHUNK;
    return done(n);
}

/* Fields behind the last chunk, up to an empty line. */
static struct step trailer(const struct http_call *c, struct ww_slice in)
{
    size_t n = line(in);
    if (n == 0 && in.n >= HTTP_LINE_MAX)
        return lost(c, "chunk_malformed");
    if (n == 0)
        return more(0, in.n + 1);
    if (n == 1 || (n == 2 && ww_slice_at(in, 0) == '\r'))
        c->s->at = AT_START;
    return done(n);
}

static struct step step(const struct http_call *c, struct ww_slice in)
{
    switch ((enum http_at)c->s->at) {
    case AT_START:
        return start(c, in);
    case AT_BODY:
    case AT_DATA:
        return bytes(c, in);
    case AT_CHUNK:
        return chunk(c, in);
    case AT_CHUNK_END:
        return chunk_end(c, in);
    case AT_TRAILER:
        return trailer(c, in);
    case AT_CLOSE:
        return to_the_end(c, in);
    case AT_LOST:
        break;
    }
    return resync(c, in);
}

static struct ww_parse http_data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    struct http *h = state;
    const struct http_call c = { .cx = cx, .h = h, .s = &h->side[dir], .dir = dir };
    size_t at = 0;
    while (at < in.n) {
        struct step x = step(&c, ww_slice_sub(in, at, in.n));
        at += x.used;
        if (x.need > 0)
            return ww_more(at, x.need);
        if (x.next)
            return ww_next(at);
    }
    if (h->side[dir].at == AT_LOST && (h->side[dir].searched += (uint32_t)in.n) > HTTP_SEARCH_MAX)
        return ww_stop("no_message_found");
    return ww_ok(at);
}

/* Losses inside of a body whose length is known only end its content. */
static void http_gap(struct ww_cx *cx, void *state, enum ww_dir dir, uint64_t n)
{
    struct http *h = state;
    const struct http_call c = { .cx = cx, .h = h, .s = &h->side[dir], .dir = dir };
    struct http_side *s = c.s;
    bool known = s->at == AT_BODY || s->at == AT_DATA;
    ww_http_body_lost(&c);
    if (s->at == AT_CLOSE)
        return;
    if (!known || n > s->left) {
        (void)lost(&c, NULL);
        return;
    }
    s->left -= n;
    s->scanned = 1;
    if (s->left == 0) {
        s->scanned = 0;
        s->at = s->at == AT_BODY ? AT_START : AT_CHUNK_END;
    }
}

/* A body without length is whole when the connection is over. */
static void http_end(struct ww_cx *cx, void *state)
{
    struct http *h = state;
    for (unsigned d = WW_A; d <= WW_B; d++) {
        const struct http_call c = { .cx = cx, .h = h, .s = &h->side[d], .dir = (enum ww_dir)d };
        if (c.s->at == AT_CLOSE)
            ww_http_body(&c, (struct ww_slice){ NULL, 0 }, true);
    }
}

static enum ww_guess http_probe(struct ww_slice in, enum ww_dir dir)
{
    (void)dir;
    return ww_http_start(in, false);
}

static const struct ww_event_type *const events[] = { &http_request_type, &http_response_type, NULL };
static const struct ww_port ports[] = { { WW_ON_TCP, 80 }, { WW_ON_TCP, 8080 }, { WW_ON_TCP, 8042 }, { WW_ON_END, 0 } };

const struct ww_dissector ww_dissector_http = {
    .name = "http",
    .spec = "RFC 9110, RFC 9112",
    .events = events,
    .ports = ports,
    .first = { ['C' / 8] = 1 << 'C' % 8 | 1 << 'D' % 8 | 1 << 'G' % 8,
               ['H' / 8] = 1 << 'H' % 8 | 1 << 'L' % 8 | 1 << 'M' % 8 | 1 << 'N' % 8 | 1 << 'O' % 8,
               ['P' / 8] = 1 << 'P' % 8 | 1 << 'R' % 8 | 1 << 'S' % 8 | 1 << 'T' % 8 | 1 << 'U' % 8 },
    .state_size = sizeof(struct http),
    .max_msg = HTTP_HEAD_MAX,
    .probe = http_probe,
    .data = http_data,
    .gap = http_gap,
    .end = http_end,
};
