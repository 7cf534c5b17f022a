/* tell.c - what a complete head tells: its event, which request a response answers, how long the body
 * is, and the envelope for those who read content.
 * Source: RFC 9112 6.3 (length of a body), 9.2 (order of responses), RFC 9110 15.2 (interim ones) */
#include "dissectors/it/http/http.h"

WW_EVENT_TYPE(http_request, "http.request", "A request, told when its header is complete", 0, HTTP_REQUEST_FIELDS);
WW_EVENT_TYPE(http_response, "http.response", "A response, told when its header is complete", 0, HTTP_RESPONSE_FIELDS);

/* Lower case, and only what a media type may have: nothing else leaves. */
static void set_media(struct http_side *s, struct ww_slice type)
{
    char text[HTTP_MEDIA];
    struct ww_out o = ww_out(text, sizeof text);
    for (size_t i = 0; i < type.n && (ww_ascii_token(ww_slice_at(type, i)) || ww_slice_at(type, i) == '/'); i++)
        ww_out_c(&o, (char)ww_ascii_lower(ww_slice_at(type, i)));
    (void)WW_SET(s->media, ((struct ww_slice){ (const uint8_t *)text, o.n }));
}

/* A word of a header, in lower case. */
#define SET_WORD(dst, word)                                                                        \
    do {                                                                                           \
        char text_[sizeof(dst).b];                                                                 \
        struct ww_out o_ = ww_out(text_, sizeof text_);                                            \
        for (size_t i_ = 0; i_ < (word).n; i_++)                                                   \
            ww_out_c(&o_, (char)ww_ascii_lower(ww_slice_at((word), i_)));                          \
        (void)WW_SET((dst), ((struct ww_slice){ (const uint8_t *)text_, o_.n }));                  \
    } while (0)

static void set_pattern(void *len, char *b, size_t cap, struct ww_slice path)
{
    char text[HTTP_PATTERN];
    struct ww_out o = ww_out(text, cap < sizeof text ? cap : sizeof text);
    ww_http_pattern(path, &o);
    (void)ww_str_set(len, b, cap, (struct ww_slice){ (const uint8_t *)text, o.n });
}

/* ---- requests ------------------------------------------------------------------------------------------ */

static void tell_request(const struct http_call *c, const struct http_head *h)
{
    struct http_request e = { .length = h->has_length ? h->length : WW_NULL64 };
    struct ww_query q;
    bool fits = WW_SET(e.hostname, h->host) && WW_SET(e.http_user_agent, h->agent);
    ww_http_query(h->query, &q);
    (void)WW_SET(e.http_method, h->method);
    e.http_port = h->port;
    set_pattern(&e.path.len, e.path.b, sizeof e.path.b, h->path);
    e.query_count = q.count;
    (void)WW_SET(e.protocol, h->version);
    (void)WW_SET(e.http_content_type, WW_STR(c->s->media));
    if (h->transfer)
        e.length = WW_NULL64;
    e.chunked = h->chunked;
    SET_WORD(e.content_encoding, h->encoding);
    SET_WORD(e.authorization, h->auth);
    e.credential_present = h->basic || h->cookie;
    SET_WORD(e.upgrade, ww_ascii_word(h->upgrade));
    e.phi_kinds = q.phi_kinds;
    e.phi_count = q.phi_count;
    if (q.patient.n > 0)
        e.patient = ww_pseudonym(c->cx, q.patient);
    if (!fits)
        c->cx->ev_flags |= WW_EV_TRUNCATED;
    ww_emit(c->cx, &http_request_type, c->dir, &e);
}

/* Remembers what the response will need. */
static void asked(const struct http_call *c)
{
    struct http *h = c->h;
    const struct http_req *before = &h->req[h->asked % HTTP_PIPE];
    if (h->asked > h->answered && before->number == h->asked &&
        strcmp(ww_http_method(before->method), "CONNECT") == 0)
        ww_http_forget(c); /* nobody goes on before a tunnel is open: its response was lost */
    if (h->mute)
        return;
    h->asked++;
    if (h->asked <= h->answered)
        return; /* the response was captured first */
    ww_request(c->cx, c->dir, h->asked, HTTP_ANSWER_MS);
    if (h->asked - h->answered > HTTP_PIPE)
        return; /* too many at once: their responses are told without method and path */
    struct http_req *r = &h->req[h->asked % HTTP_PIPE];
    r->number = h->asked;
    r->method = c->s->method;
    (void)WW_SET(r->path, WW_STR(c->s->path));
}

/** The order of requests and responses is not known any more: those that wait get no answer. */
void ww_http_forget(const struct http_call *c)
{
    struct http *h = c->h;
    enum ww_dir server = ww_other((enum ww_dir)h->client);
    for (; h->answered < h->asked; h->answered++)
        (void)ww_result(c->cx, server, h->answered + 1, true);
    h->answered = h->asked;
    h->loose = true;
}

/* ---- responses ----------------------------------------------------------------------------------------- */

/* 1xx: the answer is still to come. A code that is none counts as a final one (RFC 9110 15). */
static bool interim(const struct http_head *h)
{
    return h->response && h->status >= 100 && h->status < 200;
}

/* The request that this response answers; interim ones leave it open. While all messages from the first
 * request on were seen, the nth response answers the nth request, also when two mirror ports give them
 * in the wrong order. Else (loose) only a request that waits alone is answered; when several wait, it
 * cannot be said any more which response belongs to which. */
static struct ww_pair answers(const struct http_call *c, const struct http_head *head)
{
    struct http *h = c->h;
    struct http_side *s = c->s;
    struct ww_pair none = { .latency_ms = WW_NULL32 };
    bool last = !interim(head) || head->status == 101;
    s->method = 0;
    s->path.len = 0;
    s->unpaired = true;
    if (h->loose && h->asked - h->answered > 1) {
        ww_http_forget(c);
        h->mute = true;
    }
    if (c->dir == h->client || (h->loose && h->asked == h->answered))
        return none;
    uint32_t number = h->answered + 1;
    const struct http_req *r = &h->req[number % HTTP_PIPE];
    if (h->asked >= number && r->number == number) {
        s->method = r->method;
        (void)WW_SET(s->path, WW_STR(r->path));
        s->unpaired = false;
    }
    h->answered += last;
    return ww_result(c->cx, c->dir, number, last);
}

static void tell_response(const struct http_call *c, const struct http_head *h, const struct ww_pair *p)
{
    struct http_response e = { .status = h->status, .length = WW_NULL64, .latency_ms = p->latency_ms,
                               .request_frame = p->frame, .chunked = h->chunked };
    bool fits = WW_SET(e.server, h->server) && WW_SET(e.powered_by, h->powered);
    (void)WW_SET(e.protocol, h->version);
    (void)WW_SET(e.http_method, ww_slice_str(ww_http_method(c->s->method)));
    if (c->s->path.len > 0)
        set_pattern(&e.path.len, e.path.b, sizeof e.path.b, WW_STR(c->s->path));
    (void)WW_SET(e.http_content_type, WW_STR(c->s->media));
    if (h->has_length && !h->transfer)
        e.length = h->length;
    SET_WORD(e.content_encoding, h->encoding);
    SET_WORD(e.authenticate, h->authenticate);
    SET_WORD(e.upgrade, ww_ascii_word(h->upgrade));
    if (!fits)
        c->cx->ev_flags |= WW_EV_TRUNCATED;
    ww_emit(c->cx, &http_response_type, c->dir, &e);
}

/* ---- bodies -------------------------------------------------------------------------------------------- */

/* What follows the head (RFC 9112 6.3). */
static void begin_body(const struct http_call *c, const struct http_head *h)
{
    struct http_side *s = c->s;
    const char *method = ww_http_method(s->method);
    bool none = h->response && (interim(h) || h->status == 204 || h->status == 304 ||
                                strcmp(method, "HEAD") == 0);
    s->left = 0;
    s->at = AT_START;
    if (none)
        return;
    if (h->chunked) {
        s->at = AT_CHUNK;
    } else if (h->has_length && !(h->response && h->transfer)) { /* a coding beats a length (RFC 9112 6.3) */
        s->left = h->length;
        s->at = h->length > 0 ? AT_BODY : AT_START;
    } else if (h->response) {
        s->at = AT_CLOSE;
    }
}

/** What every piece of the content at hand says. */
struct ww_content ww_http_meta(const struct http_side *s)
{
    return (struct ww_content){ .carrier = "http",
                                .media = WW_STR(s->media),
                                .method = ww_slice_str(ww_http_method(s->method)),
                                .path = WW_STR(s->path),
                                .status = s->status,
                                .size = WW_NULL64,
                                .pair = { .latency_ms = WW_NULL32 },
                                .id = s->id,
                                .at = s->pos };
}

/* The first piece of the content, which has no bytes. */
static void envelope(const struct http_call *c, const struct http_head *h, const struct ww_pair *p)
{
    struct http_side *s = c->s;
    bool body = s->at != AT_START;
    bool many = ww_http_parts_begin(&s->parts, ww_ascii_begins(WW_STR(s->media), "multipart/")
                                                   ? h->params
                                                   : (struct ww_slice){ NULL, 0 });
    s->id = ++s->ids;
    s->pos = 0;
    s->skip = 0;
    s->inflated = 0;
    s->coded = h->encoding.n > 0 ? COD_BEGIN : COD_NONE;
    struct ww_content m = ww_http_meta(s);
    m.query = h->query;
    m.accept = h->accept;
    m.action = h->action;
    m.size = h->has_length && !h->transfer ? h->length : WW_NULL64;
    m.pair = *p;
    if (!h->response) /* whole, where the state keeps only its front */
        m.path = h->path;
    if (many)
        m.parts = ww_ascii_param(h->params, "type");
    s->skip = ww_content_put(c->cx, &m, c->dir, (struct ww_slice){ NULL, 0 }, !body || many);
    bool readable = s->coded == COD_NONE || ww_ascii_is(h->encoding, "gzip") ||
                    ww_ascii_is(h->encoding, "x-gzip") || ww_ascii_is(h->encoding, "deflate");
    s->wanted = body && readable && (many || s->skip != WW_CONTENT_ALL);
    if (many)
        s->skip = 0;
}

/* ---- the head ------------------------------------------------------------------------------------------ */

static void complain(const struct http_call *c, const struct http_head *h)
{
    if (h->bad_start)
        ww_anomaly(c->cx, c->dir, "start_line_malformed");
    if (h->folded) /* RFC 9112 5.2: nobody may send it any more, and not everybody reads it */
        ww_anomaly(c->cx, c->dir, "header_folded");
    if (h->bad_field)
        ww_anomaly(c->cx, c->dir, "header_malformed");
    if (h->conflict)
        ww_anomaly(c->cx, c->dir, "content_length_conflict");
    if (h->transfer && h->has_length) /* RFC 9112 6.1: a way to smuggle requests */
        ww_anomaly(c->cx, c->dir, "length_and_chunked");
}

static enum http_next response(const struct http_call *c, const struct http_head *h)
{
    if (!c->h->client_known) { /* begun in the middle, or captured before its request */
        c->h->client_known = true;
        c->h->loose = c->h->loose || c->cx->midstream;
        c->h->client = (uint8_t)ww_other(c->dir);
        ww_client_is(c->cx, ww_other(c->dir));
    }
    struct ww_pair p = answers(c, h);
    tell_response(c, h, &p);
    begin_body(c, h);
    if (h->status == 101 || (strcmp(ww_http_method(c->s->method), "CONNECT") == 0 && h->status / 100 == 2))
        return HTTP_TUNNEL;
    if (!interim(h))
        envelope(c, h, &p);
    return HTTP_GO_ON;
}

static void request(const struct http_call *c, const struct http_head *h)
{
    struct ww_pair none = { .latency_ms = WW_NULL32 };
    c->s->method = ww_http_method_number(h->method);
    (void)WW_SET(c->s->path, h->path);
    if (!c->h->client_known) {
        c->h->client_known = true;
        c->h->client = (uint8_t)c->dir;
        ww_client_is(c->cx, c->dir);
    }
    tell_request(c, h);
    if (c->dir == c->h->client)
        asked(c);
    else
        ww_anomaly(c->cx, c->dir, "request_from_server");
    begin_body(c, h);
    envelope(c, h, &none);
}

/**
 * Tells a complete head.
 * Return: HTTP_TUNNEL when another protocol follows (CONNECT, 101)
 */
enum http_next ww_http_tell(const struct http_call *c, const struct http_head *h)
{
    c->s->status = h->status;
    set_media(c->s, h->type);
    complain(c, h);
    if (h->response)
        return response(c, h);
    request(c, h);
    return HTTP_GO_ON;
}
