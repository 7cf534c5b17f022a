/* http.h - HTTP/1.x: what the files of this folder share.
 *
 * http.c   the stream: starts of messages, bodies, losses, what follows an upgrade; the entry
 * head.c   start line and header fields of one message
 * tell.c   events of a head, pairing of requests and responses, hand-over of the envelope
 * body.c   chunks, compressed bytes, what nobody wants
 * parts.c  multipart bodies
 * path.c   patterns of paths, names of query parameters
 * Source: RFC 9110 (semantics), RFC 9112 (HTTP/1.1), RFC 2046 5.1 (multipart)
 */
#ifndef WW_HTTP_H
#define WW_HTTP_H
#include "dissectors/dissector.h"
#include "dissectors/lib/ascii.h"
#include "dissectors/lib/query.h"

enum {
    HTTP_HEAD_MAX = 32768,  /* bytes of start line and header fields */
    HTTP_FIELDS_MAX = 200,  /* header fields that are looked at */
    HTTP_UNFOLDED = 1024,   /* bytes of fields that go over several lines */
    HTTP_LINE_MAX = 4096,   /* bytes of a chunk's size line, of a trailer field */
    HTTP_PIPE = 4,          /* requests whose path is remembered until they are answered */
    HTTP_PATH = 192,        /* bytes of a path that readers of content see */
    HTTP_MEDIA = 64,        /* bytes of a media type */
    HTTP_BOUNDARY = 70,     /* RFC 2046 5.1.1 */
    HTTP_PART_LINE = 160,   /* bytes of a part's header field that are looked at */
    HTTP_PATTERN = 160,     /* bytes of a path's pattern */
    HTTP_SEGMENTS = 24,     /* segments of a path that its pattern shows */
    HTTP_INFLATED = 8 << 20, /* bytes that one compressed body may become */
    HTTP_SEARCH_MAX = 64 << 20, /* bytes searched for a message after a loss */
    HTTP_ANSWER_MS = 300000 /* a request should be answered within */
};

/* clang-format off */
#define HTTP_LENGTH_DOC "Length that the header gives; null when it gives none (chunks, or up to the end)"
#define HTTP_REQUEST_FIELDS(F, S)                                                                  \
    F(S, STR, http_method, 16, NONE, "", "GET, POST ... (RFC 9110 9)")                             \
    F(S, STR, hostname, 128, NONE, "", "Host that is asked for, without port")                     \
    F(S, U16, http_port, 0, NONE, "", "Port beside the host's name; 0 = not told")                 \
    F(S, STR, path, HTTP_PATTERN, NONE, "",                                                        \
      "Pattern of the path: known words stay, other parts become {id}, {text} or {file}")          \
    F(S, U16, query_count, 0, NONE, "", "Parameters behind the path; their values are not read")   \
    F(S, STR, protocol, 12, NONE, "", "HTTP/1.1, HTTP/1.0; HTTP/2 in clear is told, not read")      \
    F(S, STR, http_user_agent, 192, SRC_SWVER, "", "Software of the client (User-Agent)")          \
    F(S, STR, http_content_type, HTTP_MEDIA, NONE, "", "Media type of the body, without parameters") \
    F(S, U64N, length, 0, NONE, "bytes", HTTP_LENGTH_DOC)                                          \
    F(S, BOOL, chunked, 0, NONE, "", "The body comes in chunks (RFC 9112 7.1)")                    \
    F(S, STR, content_encoding, 16, NONE, "", "gzip, deflate, br ...")                             \
    F(S, STR, authorization, 16, NONE, "", "Scheme of the credentials: basic, bearer, ...")        \
    F(S, BOOL, credential_present, 0, NONE, "", "A password, token or cookie passes in clear")     \
    F(S, STR, upgrade, 24, NONE, "", "Protocol that the client offers to go on with")              \
    F(S, U32, phi_kinds, 0, NONE, "", "Kinds of patient data in the query, as bits: 1 name, 2 id, " \
      "4 birth, 8 contact, 16 other ids, 32 order and visit numbers, 64 staff, 128 sex and traits") \
    F(S, U16, phi_count, 0, NONE, "", "Query parameters that hold them")                           \
    F(S, HASH, patient, 0, NONE, "", "Patient identifier in the query")
WW_EVENT_DECLARE(http_request, HTTP_REQUEST_FIELDS);

#define HTTP_RESPONSE_FIELDS(F, S)                                                                 \
    F(S, U16, status, 0, NONE, "", "Status code (RFC 9110 15)")                                    \
    F(S, STR, protocol, 12, NONE, "", "HTTP/1.1, HTTP/1.0, as it stands there")                                         \
    F(S, STR, http_method, 16, NONE, "", "Method of the request; empty when it was not seen")      \
    F(S, STR, path, HTTP_PATTERN, NONE, "", "Pattern of the request's path")                       \
    F(S, STR, server, 96, SRC_SWVER, "", "Software of the server (Server)")                        \
    F(S, STR, powered_by, 64, SRC_SWVER, "", "Software behind the server (X-Powered-By)")          \
    F(S, STR, http_content_type, HTTP_MEDIA, NONE, "", "Media type of the body, without parameters") \
    F(S, U64N, length, 0, NONE, "bytes", HTTP_LENGTH_DOC)                                          \
    F(S, BOOL, chunked, 0, NONE, "", "The body comes in chunks (RFC 9112 7.1)")                    \
    F(S, STR, content_encoding, 16, NONE, "", "gzip, deflate, br ...")                             \
    F(S, STR, authenticate, 16, NONE, "", "Scheme of credentials that the server asks for")        \
    F(S, STR, upgrade, 24, NONE, "", "Protocol that the connection goes on with")                  \
    F(S, U32N, latency_ms, 0, NONE, "ms", "Since the request's header")                            \
    F(S, U64, request_frame, 0, NONE, "", "Frame that ended the request's header; 0 = not seen")
WW_EVENT_DECLARE(http_response, HTTP_RESPONSE_FIELDS);
/* clang-format on */

/* ---- head.c ---- */
struct http_head {
    bool response, bad_field, conflict; /* conflict: lengths that differ */
    bool bad_start, folded;
    bool transfer; /* a transfer coding: a length beside it does not count */
    bool chunked, has_length, basic, cookie, upgrades;
    struct ww_slice version; /* HTTP/1.1 */
    uint16_t status, port;
    uint64_t length;
    struct ww_slice method, target; /* of a request */
    struct ww_slice host, path, query;
    struct ww_slice agent, server, powered, type, params, encoding, accept, action;
    struct ww_slice auth, authenticate, upgrade; /* auth: scheme only */
    size_t nunfolded;
    char unfolded[HTTP_UNFOLDED]; /* fields that went over several lines */
};
enum ww_guess ww_http_start(struct ww_slice in, bool expected);
bool ww_http_is_h2(struct ww_slice in);
void ww_http_head(struct ww_slice in, struct http_head *h);

/* ---- parts.c ---- */
enum part_at {
    PART_NONE,    /* no multipart body */
    PART_PREFACE, /* before the first boundary */
    PART_AFTER,   /* behind a boundary: -- ends all, a line end begins a part */
    PART_HEAD,
    PART_DATA,
    PART_OVER /* behind the last boundary */
};
struct http_parts {
    uint8_t at;      /* enum part_at */
    uint8_t nb;      /* bytes of the boundary */
    uint8_t matched; /* bytes of CR LF -- boundary that were seen */
    uint8_t tail;    /* bytes seen behind a boundary */
    bool wanted;     /* somebody reads this part */
    uint8_t nline;
    uint64_t id, pos; /* of the part; pos: bytes handed on */
    uint64_t skip;    /* bytes of the part that its reader does not want */
    uint64_t left;    /* bytes that the part's length promises, 0 = not known */
    char boundary[HTTP_BOUNDARY];
    char line[HTTP_PART_LINE];
    struct {
        uint16_t len;
        char b[HTTP_MEDIA];
    } media;
};

/* ---- state ---- */
enum http_at {
    AT_START,     /* before a start line */
    AT_BODY,      /* `left` bytes of a body */
    AT_CHUNK,     /* before a chunk's size */
    AT_DATA,      /* `left` bytes of a chunk */
    AT_CHUNK_END, /* the line end behind it */
    AT_TRAILER,
    AT_CLOSE, /* the body goes on to the end of the connection */
    AT_LOST   /* no known boundary */
};
enum { COD_NONE, COD_BEGIN, COD_ON };
struct http_text_path {
    uint16_t len;
    char b[HTTP_PATH];
};
struct http_side {
    uint8_t at;      /* enum http_at */
    uint8_t coded;   /* COD_* */
    bool unpaired;   /* a response whose request was not seen: it may have no body */
    bool wanted;     /* somebody may read the body */
    bool told_start; /* the anomaly was told */
    uint8_t method;  /* number in the table of methods + 1, 0 = not known */
    uint16_t status;
    uint32_t scanned; /* bytes at the front that hold no end of a header; of a body: it was looked at */
    uint32_t searched; /* bytes without a start line since the order was lost */
    uint64_t left;
    uint64_t ids;     /* contents so far in this direction */
    uint64_t id, pos; /* of the body's content; pos: decoded bytes handed on or passed over */
    uint64_t skip;    /* decoded bytes that the reader does not want */
    uint64_t inflated;
    struct {
        uint16_t len;
        char b[HTTP_MEDIA];
    } media;
    struct http_text_path path; /* of the message at hand, also of the request it answers */
    struct http_parts parts;
};
struct http_req {
    uint32_t number; /* from 1 */
    uint8_t method;
    struct http_text_path path;
};
struct http {
    struct http_side side[2];
    bool client_known;
    bool mute;      /* nothing is paired any more */
    bool loose;     /* messages may have been missed: numbers do not pair them */
    uint8_t client; /* enum ww_dir */
    uint32_t asked, answered; /* requests and final responses so far */
    struct http_req req[HTTP_PIPE];
};

/* One call. */
struct http_call {
    struct ww_cx *cx;
    struct http *h;
    struct http_side *s;
    enum ww_dir dir;
};

const char *ww_http_method(uint8_t number);
uint8_t ww_http_method_number(struct ww_slice name);

/* ---- tell.c ---- */
enum http_next { HTTP_GO_ON, HTTP_TUNNEL };
enum http_next ww_http_tell(const struct http_call *c, const struct http_head *h);
void ww_http_forget(const struct http_call *c);
struct ww_content ww_http_meta(const struct http_side *s);

/* ---- body.c ---- */
void ww_http_body(const struct http_call *c, struct ww_slice in, bool last);
uint64_t ww_http_unwanted(const struct http_call *c);
void ww_http_pass(const struct http_call *c, uint64_t n);
void ww_http_body_lost(const struct http_call *c);
void ww_http_piece(const struct http_call *c, struct ww_slice in, bool last);

/* ---- parts.c ---- */
bool ww_http_parts_begin(struct http_parts *p, struct ww_slice params);
void ww_http_parts(const struct http_call *c, struct ww_slice in, bool last);

/* ---- path.c ---- */
void ww_http_pattern(struct ww_slice path, struct ww_out *o);
void ww_http_query(struct ww_slice query, struct ww_query *q);
#endif
