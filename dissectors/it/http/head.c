/* head.c - start line and header fields of one message.
 * Source: RFC 9112 2.2 to 5, RFC 9110 5.6, 7.2, 8.3, 11.6 */
#include "dissectors/it/http/http.h"

/* RFC 9110 9.3, RFC 5789, WebDAV (RFC 4918, 3253, 5323), UPnP eventing. Number + 1 in the state. */
static const char *const methods[] = { "GET",    "HEAD",     "POST",      "PUT",       "DELETE",
                                       "CONNECT", "OPTIONS",  "TRACE",     "PATCH",     "PROPFIND",
                                       "PROPPATCH", "MKCOL",  "COPY",      "MOVE",      "LOCK",
                                       "UNLOCK", "REPORT",   "SEARCH",    "SUBSCRIBE", "UNSUBSCRIBE",
                                       "NOTIFY", NULL };
static const char h2_preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"; /* RFC 9113 3.4 */

const char *ww_http_method(uint8_t number)
{
    return number == 0 ? "" : methods[number - 1];
}

uint8_t ww_http_method_number(struct ww_slice name)
{
    for (uint8_t i = 0; methods[i] != NULL; i++)
        if (ww_slice_eqs(name, methods[i]))
            return (uint8_t)(i + 1);
    return 0;
}

/* Do the bytes at the front agree with text? MAYBE when they end before it does. */
static enum ww_guess agrees(struct ww_slice in, const char *text)
{
    size_t n = strlen(text);
    if (in.n >= n)
        return ww_slice_starts(in, text) ? WW_GUESS_YES : WW_GUESS_NO;
    for (size_t i = 0; i < in.n; i++)
        if (ww_slice_at(in, i) != (uint8_t)text[i])
            return WW_GUESS_NO;
    return WW_GUESS_MAYBE;
}

/* HTTP-version SP 3DIGIT SP or line end (RFC 9112 4; the reason may be missing with its blank). Of the
 * minor version any digit: a recipient goes by what it knows (RFC 9110 2.5). */
static enum ww_guess status_line(struct ww_slice in)
{
    enum ww_guess g = agrees(in, "HTTP/1.");
    if (g != WW_GUESS_YES)
        return g;
    for (size_t i = 7; i < 13; i++) {
        uint8_t c = ww_slice_at(in, i);
        bool good = i == 8 ? c == ' ' : i < 12 ? ww_ascii_digit(c) : c == ' ' || c == '\r' || c == '\n';
        if (i >= in.n)
            return WW_GUESS_MAYBE;
        if (!good)
            return WW_GUESS_NO;
    }
    return WW_GUESS_YES;
}

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* Where a response must begin: what clients take for a status line, though it is none: any version,
 * any blanks, a code of any length. */
static enum ww_guess loose_status_line(struct ww_slice in)
{
    size_t i = strlen("HTTP/");
    enum ww_guess g = agrees(in, "HTTP/");
    if (g != WW_GUESS_YES)
        return g;
    if (i < in.n && !ww_ascii_digit(ww_slice_at(in, i)))
        return WW_GUESS_NO;
    while (i < in.n && i < 16 && !blank(ww_slice_at(in, i)) && ww_slice_at(in, i) != '\r' && ww_slice_at(in, i) != '\n')
        i++;
    size_t from = i;
    while (i < in.n && i < 24 && blank(ww_slice_at(in, i)))
        i++;
    if (i >= in.n)
        return WW_GUESS_MAYBE;
    return i > from && ww_ascii_digit(ww_slice_at(in, i)) ? WW_GUESS_YES : WW_GUESS_NO;
}

/* method SP request-target SP HTTP-version (RFC 9112 3). */
static enum ww_guess request_line(struct ww_slice in)
{
    size_t sp = ww_slice_find(ww_slice_sub(in, 0, 16), 0, ' ');
    if (sp == in.n || sp == 16) { /* no blank yet: the beginning of a known method? */
        enum ww_guess g = WW_GUESS_NO;
        for (size_t i = 0; methods[i] != NULL && g == WW_GUESS_NO; i++)
            g = agrees(in, methods[i]);
        return g == WW_GUESS_NO || in.n >= 16 ? WW_GUESS_NO : WW_GUESS_MAYBE;
    }
    if (ww_http_method_number(ww_slice_sub(in, 0, sp)) == 0)
        return WW_GUESS_NO;
    size_t end = ww_slice_find(in, sp + 1, '\n'), stop = end;
    if (stop < in.n && ww_slice_at(in, stop - 1) == '\r')
        stop--;
    struct ww_slice line = ww_slice_sub(in, sp + 1, stop - sp - 1);
    for (size_t i = 0; i < line.n && i < 64; i++) /* a target has no control characters */
        if (ww_slice_at(line, i) < 0x20 && !(end == in.n && i + 1 == line.n))
            return WW_GUESS_NO;
    if (end == in.n)
        return in.n < HTTP_HEAD_MAX ? WW_GUESS_MAYBE : WW_GUESS_NO;
    struct ww_slice v = ww_slice_sub(line, line.n < 9 ? 0 : line.n - 9, 9);
    return line.n > 9 && ww_slice_starts(v, " HTTP/1.") && ww_ascii_digit(ww_slice_at(v, 8)) ? WW_GUESS_YES
                                                                                            : WW_GUESS_NO;
}

bool ww_http_is_h2(struct ww_slice in)
{
    return ww_slice_starts(in, h2_preface);
}

/**
 * Does a message begin here?
 * In:     expected  one must begin here: a malformed status line will do
 * Return: YES when the whole start line is good (of a response: its version and code)
 */
enum ww_guess ww_http_start(struct ww_slice in, bool expected)
{
    enum ww_guess g = ww_slice_at(in, 0) != 'H' ? WW_GUESS_NO : expected ? loose_status_line(in) : status_line(in);
    if (g == WW_GUESS_NO && ww_slice_at(in, 0) == 'P')
        g = agrees(in, h2_preface);
    return g == WW_GUESS_NO ? request_line(in) : g;
}

/* ---- fields --------------------------------------------------------------------------------------- */

/* One element of Content-Length may stand several times, if it is always the same (RFC 9110 8.6). It
 * may have any number of zeros in front. */
static void length_field(struct http_head *h, struct ww_slice v)
{
    if (v.n == 0)
        h->conflict = true;
    while (v.n > 0) {
        uint64_t n;
        size_t zeros = 0;
        struct ww_slice text = ww_ascii_trim(ww_ascii_until(&v, ','));
        while (zeros + 1 < text.n && ww_slice_at(text, zeros) == '0')
            zeros++;
        if (!ww_ascii_u64(ww_slice_sub(text, zeros, text.n), &n) || (h->has_length && n != h->length)) {
            h->conflict = true;
            return;
        }
        h->length = n;
        h->has_length = true;
    }
}

/* The last coding is chunked, or the body has no known end (RFC 9112 6.1, 6.3); others are compressions. */
static void transfer_field(struct http_head *h, struct ww_slice v)
{
    while (v.n > 0) {
        struct ww_slice rest = ww_ascii_until(&v, ',');
        struct ww_slice coding = ww_ascii_trim(ww_ascii_until(&rest, ';'));
        if (coding.n == 0 || ww_ascii_is(coding, "identity"))
            continue;
        h->transfer = true;
        h->chunked = ww_ascii_is(coding, "chunked");
        if (!h->chunked && ww_ascii_word(coding).n == coding.n)
            h->encoding = coding;
    }
}

static void type_field(struct http_head *h, struct ww_slice v)
{
    h->params = v;
    h->type = ww_ascii_until(&h->params, ';');
    h->type = ww_ascii_trim(h->type);
}

static struct ww_slice unquoted(struct ww_slice v)
{
    if (v.n >= 2 && ww_slice_at(v, 0) == '"' && ww_slice_at(v, v.n - 1) == '"')
        return ww_slice_sub(v, 1, v.n - 2);
    return v;
}

/* A credential's scheme; the credential itself is not looked at. */
static void auth_field(struct http_head *h, struct ww_slice v)
{
    h->auth = ww_ascii_word(v);
    h->basic = true;
}

enum field {
    F_HOST,
    F_AGENT,
    F_SERVER,
    F_POWERED,
    F_TYPE,
    F_LENGTH,
    F_TRANSFER,
    F_ENCODING,
    F_ACCEPT,
    F_ACTION,
    F_AUTH,
    F_PROXY_AUTH,
    F_AUTHENTICATE,
    F_PROXY_AUTHENTICATE,
    F_COOKIE,
    F_UPGRADE,
    F_NONE
};
static const char *const field_names[] = {
    "host",          "user-agent",          "server",           "x-powered-by",       "content-type", "content-length",
    "transfer-encoding", "content-encoding", "accept",          "soapaction",         "authorization",
    "proxy-authorization", "www-authenticate", "proxy-authenticate", "cookie",        "upgrade"
};

static void field(struct http_head *h, struct ww_slice name, struct ww_slice v)
{
    unsigned i = 0;
    while (i < F_NONE && !ww_ascii_is(name, field_names[i]))
        i++;
    switch ((enum field)i) {
    case F_HOST:
        h->host = h->host.n > 0 ? h->host : v;
        return;
    case F_AGENT:
        h->agent = v;
        return;
    case F_SERVER:
        h->server = v;
        return;
    case F_POWERED:
        h->powered = v;
        return;
    case F_TYPE:
        type_field(h, v);
        return;
    case F_LENGTH:
        length_field(h, v);
        return;
    case F_TRANSFER:
        transfer_field(h, v);
        return;
    case F_ENCODING:
        if (!ww_ascii_is(v, "identity"))
            h->encoding = ww_ascii_word(v);
        return;
    case F_ACCEPT:
        h->accept = v;
        return;
    case F_ACTION:
        h->action = unquoted(v);
        return;
    case F_AUTH:
    case F_PROXY_AUTH:
        auth_field(h, v);
        return;
    case F_AUTHENTICATE:
    case F_PROXY_AUTHENTICATE:
        h->authenticate = ww_ascii_word(v);
        return;
    case F_COOKIE:
        h->cookie = true;
        return;
    case F_UPGRADE:
        h->upgrade = ww_slice_sub(v, 0, ww_slice_find(v, 0, ','));
        return;
    case F_NONE:
        return;
    }
}

/* Takes one line. Return: without its end. */
static struct ww_slice line_of(struct ww_slice *in)
{
    struct ww_slice l = ww_ascii_until(in, '\n');
    return l.n > 0 && ww_slice_at(l, l.n - 1) == '\r' ? ww_slice_sub(l, 0, l.n - 1) : l;
}

/* host [":" port], an IPv6 address in brackets (RFC 3986 3.2.2). */
static void host_port(struct http_head *h)
{
    size_t from = ww_slice_at(h->host, 0) == '[' ? ww_slice_find(h->host, 0, ']') : 0;
    size_t colon = ww_slice_find(h->host, from, ':');
    uint64_t port = 0;
    if (colon < h->host.n && ww_ascii_u64(ww_slice_sub(h->host, colon + 1, h->host.n), &port))
        h->port = port <= UINT16_MAX ? (uint16_t)port : 0;
    h->host = ww_slice_sub(h->host, 0, colon);
    if (from > 0)
        h->host = ww_slice_sub(h->host, 1, from > 1 ? from - 1 : 0);
}

/* The four forms of a request target (RFC 9112 3.2). */
static void split_target(struct http_head *h)
{
    struct ww_slice t = h->target;
    size_t scheme = ww_ascii_begins(t, "http://") ? 7 : ww_ascii_begins(t, "https://") ? 8 : 0;
    if (ww_slice_eqs(h->method, "CONNECT")) {
        h->host = t;
        return;
    }
    if (scheme > 0) { /* its host counts, not that of the field */
        t = ww_slice_sub(t, scheme, t.n);
        size_t slash = ww_slice_find(t, 0, '/');
        struct ww_slice host = ww_slice_sub(t, 0, slash);
        size_t at = ww_slice_find(host, 0, '@'); /* a name and password in front of it */
        h->host = at < host.n ? ww_slice_sub(host, at + 1, host.n) : host;
        t = ww_slice_sub(t, slash, t.n);
    }
    h->query = t;
    h->path = ww_ascii_until(&h->query, '?');
    h->path = ww_slice_sub(h->path, 0, ww_slice_find(h->path, 0, '#'));
}

/* HTTP-version SP status-code SP reason; malformed when ww_http_start was told to expect it. */
static void status(struct http_head *h, struct ww_slice line)
{
    size_t n = strlen("HTTP/"), digits = 0;
    h->response = true;
    h->bad_start = status_line(line) == WW_GUESS_NO || ww_slice_find(line, 0, '\r') < line.n;
    while (n < line.n && ww_slice_at(line, n) > ' ' && ww_slice_at(line, n) < 0x7f)
        n++;
    h->version = ww_slice_sub(line, 0, n);
    while (n < line.n && !blank(ww_slice_at(line, n)))
        n++;
    while (n < line.n && blank(ww_slice_at(line, n)))
        n++;
    for (; digits < 4 && ww_ascii_digit(ww_slice_at(line, n + digits)); digits++)
        h->status = (uint16_t)(h->status * 10 + (ww_slice_at(line, n + digits) - '0'));
}

static void start_line(struct http_head *h, struct ww_slice line)
{
    if (ww_slice_starts(line, "HTTP/")) {
        status(h, line);
        return;
    }
    h->method = ww_ascii_until(&line, ' ');
    h->version = ww_slice_sub(line, line.n > 8 ? line.n - 8 : 0, 8);
    h->target = ww_ascii_trim(ww_slice_sub(line, 0, line.n > 9 ? line.n - 9 : 0));
    h->bad_start = ww_slice_find(h->target, 0, ' ') < h->target.n; /* RFC 9112 3.2: no blanks */
}

/* Takes a field line and those that continue it (RFC 9112 5.2: they count as one blank). */
static struct ww_slice field_line(struct http_head *h, struct ww_slice *in)
{
    struct ww_slice line = line_of(in);
    if (in->n == 0 || !blank(ww_slice_at(*in, 0)))
        return line;
    size_t before = h->nunfolded;
    struct ww_out o = ww_out(h->unfolded + before, sizeof h->unfolded - before);
    ww_out_raw(&o, line.p, line.n);
    while (in->n > 0 && blank(ww_slice_at(*in, 0))) {
        struct ww_slice next = ww_ascii_trim(line_of(in));
        ww_out_c(&o, ' ');
        ww_out_raw(&o, next.p, next.n);
    }
    h->folded = true;
    h->nunfolded += o.n;
    return (struct ww_slice){ (const uint8_t *)h->unfolded + before, o.n };
}

/**
 * Reads the head of a message.
 * In:     in  start line and fields up to the empty line; the start line is known to be good
 * Out:    h   its slices are parts of `in` or of h itself
 * Limits: HTTP_FIELDS_MAX fields; HTTP_UNFOLDED bytes of fields that go over several lines
 */
void ww_http_head(struct ww_slice in, struct http_head *h)
{
    *h = (struct http_head){ .length = 0 };
    start_line(h, line_of(&in));
    for (unsigned n = 0; in.n > 0 && n < HTTP_FIELDS_MAX; n++) {
        struct ww_slice line = field_line(h, &in);
        if (line.n == 0 || blank(ww_slice_at(line, 0))) /* behind the start line: RFC 9112 2.2 */
            continue;
        struct ww_slice name = ww_ascii_word(line);
        size_t colon = name.n;
        while (name.n > 0 && blank(ww_slice_at(line, colon))) /* RFC 9112 5.1: wrong, and read by many */
            colon++;
        h->bad_field = h->bad_field || colon != name.n || ww_slice_find(line, 0, '\r') < line.n;
        if (name.n == 0 || ww_slice_at(line, colon) != ':') {
            h->bad_field = true;
            continue;
        }
        field(h, name, ww_ascii_trim(ww_slice_sub(line, colon + 1, line.n)));
    }
    if (!h->response)
        split_target(h);
    host_port(h);
    if (h->action.n == 0) /* SOAP 1.2 (RFC 3902), also of a multipart body */
        h->action = ww_ascii_param(h->params, "action");
}
