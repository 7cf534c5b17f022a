/* hello.c - ClientHello and ServerHello (RFC 8446 4.1, RFC 5246 7.4.1). */
#include "dissectors/it/tls/tls.h"

enum { EXT_SNI = 0, EXT_ALPN = 16, EXT_VERSIONS = 43 };
enum { RANDOM = 32, KEY_HELLO = 1 };

static bool draft(uint16_t v)
{
    return v >> 8 == 0x7f;
}

static const char *version_name(uint16_t v)
{
    static const char *const name[] = { "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3" };
    if (draft(v))
        return "TLS 1.3";
    return v >= 0x0300 && v <= 0x0304 ? name[v - 0x0300] : "";
}

/* RFC 8701: values that nobody means, to keep servers tolerant. */
static bool grease(uint16_t v)
{
    return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

/* NULL, export, anonymous, RC4, DES and 3DES suites of TLS 1.0 to 1.2 (RFC 5246 A.5, RFC 4492 6,
 * RFC 4346 A.5, RFC 7465), as ranges of the IANA registry. */
static bool weak(uint16_t v)
{
    static const uint16_t range[][2] = {
        { 0x0000, 0x002e }, { 0x0034, 0x0034 }, { 0x003a, 0x003b }, { 0x006c, 0x006d },
        { 0x0046, 0x0046 }, { 0x0089, 0x0089 }, { 0x009b, 0x009b }, { 0x008a, 0x008b },
        { 0x008e, 0x008f }, { 0x0092, 0x0093 }, { 0x00a6, 0x00a7 }, { 0x00b0, 0x00b1 },
        { 0x00b4, 0x00b5 }, { 0x00b8, 0x00b9 }, { 0x00bf, 0x00bf }, { 0x00c5, 0x00c5 },
        { 0xc001, 0xc003 }, { 0xc006, 0xc008 }, { 0xc00b, 0xc00d }, { 0xc010, 0xc012 },
        { 0xc015, 0xc019 }, { 0xc01a, 0xc01c }, { 0xc033, 0xc034 }, { 0xc039, 0xc03b },
    };
    for (size_t i = 0; i < sizeof range / sizeof range[0]; i++)
        if (v >= range[i][0] && v <= range[i][1])
            return true;
    return false;
}

static void server_names(struct ww_rd r, struct ww_tls_client *e)
{
    uint16_t n = ww_rd_be16(&r);
    struct ww_rd list = ww_rd_sub(&r, n);
    for (unsigned i = 0; i < NAMES_MAX && list.left > 0 && !list.bad; i++) {
        uint8_t kind = ww_rd_u8(&list);
        struct ww_slice name = ww_rd_bytes(&list, ww_rd_be16(&list));
        if (kind == 0 && !list.bad && e->sni.len == 0 && ww_tls_word(name, "-._"))
            (void)WW_SET(e->sni, name);
    }
}

/* Adds the names of an ALPN extension. Return: row of carried.c when all that we know agree, else 0
 */
static uint8_t protocols(struct ww_rd r, struct ww_tls_client *e, struct ww_slice *first)
{
    uint16_t n = ww_rd_be16(&r);
    struct ww_rd list = ww_rd_sub(&r, n);
    uint8_t row = 0;
    bool agree = true;
    for (unsigned i = 0; i < NAMES_MAX && list.left > 0; i++) {
        struct ww_slice name = ww_rd_bytes(&list, ww_rd_u8(&list));
        uint8_t one = ww_tls_by_alpn(name);
        if (list.bad || name.n == 0)
            break;
        if (i == 0)
            *first = name;
        if (e != NULL && ww_tls_word(name, "-._/")) /* also leaves out GREASE */
            (void)WW_ADD(e->client_alpns, name);
        agree = agree &&
                (row == 0 || one == 0 || strcmp(ww_tls_carried(row), ww_tls_carried(one)) == 0);
        row = row == 0 ? one : row;
    }
    return agree ? row : 0;
}

static uint16_t versions(struct ww_rd r, struct ww_tls_client *e)
{
    struct ww_rd list = ww_rd_sub(&r, ww_rd_u8(&r));
    uint16_t newest = 0;
    while (list.left >= 2) {
        uint16_t v = ww_rd_be16(&list);
        if (grease(v) || version_name(v)[0] == 0)
            continue;
        (void)WW_ADD(e->versions, ww_slice_str(version_name(v)));
        newest = v > newest ? v : newest;
    }
    return newest;
}

/* One extension. Return: false at the end */
static bool extension(struct ww_rd *r, uint16_t *type, struct ww_rd *body)
{
    if (r->left < 4 || r->bad)
        return false;
    *type = ww_rd_be16(r);
    *body = ww_rd_sub(r, ww_rd_be16(r));
    return !r->bad;
}

/* Version, random, session. Return: the version. Drafts of TLS 1.3 up to 21 answered without a
 * session (and without a compression method behind the cipher suite). */
static uint16_t front(struct ww_rd *r)
{
    uint16_t version = ww_rd_be16(r);
    ww_rd_skip(r, RANDOM);
    if (!draft(version))
        ww_rd_skip(r, ww_rd_u8(r));
    return version;
}

static void ciphers(struct ww_rd r, struct ww_tls_client *e)
{
    while (r.left >= 2) {
        uint16_t v = ww_rd_be16(&r);
        if (grease(v) || v == 0x00ff || v == 0x5600) /* signals, no suites (RFC 5746, RFC 7507) */
            continue;
        e->ciphers++;
        e->weak_ciphers = e->weak_ciphers || weak(v);
    }
}

/** Tells a ClientHello. Source: RFC 8446 4.1.2; a second one after a retry is told again */
void ww_tls_client_hello(const struct call *c, struct ww_slice body)
{
    struct tls *t = c->t;
    struct ww_rd r = ww_rd(body), x;
    struct ww_tls_client e = { .ciphers = 0 };
    struct ww_slice first = { NULL, 0 };
    uint16_t type, version = front(&r), newest = 0;
    uint8_t row = 0;
    struct ww_rd suites = ww_rd_sub(&r, ww_rd_be16(&r));
    ww_rd_skip(&r, ww_rd_u8(&r)); /* compression methods */
    if (r.bad)
        return;
    ciphers(suites, &e);
    struct ww_rd list = ww_rd_sub(&r, ww_rd_be16(&r));
    for (unsigned i = 0; i < EXTENSIONS_MAX && extension(&list, &type, &x); i++) {
        if (type == EXT_SNI)
            server_names(x, &e);
        else if (type == EXT_ALPN)
            row = protocols(x, &e, &first);
        else if (type == EXT_VERSIONS)
            newest = versions(x, &e);
    }
    if (newest == 0) {
        newest = version;
        (void)WW_ADD(e.versions, ww_slice_str(version_name(version)));
    }
    (void)WW_SET(e.version, ww_slice_str(version_name(newest)));
    t->client_known = true;
    t->client = (uint8_t)c->dir;
    t->by = row != 0 ? BY_ALPN : BY_PORT;
    t->carries = row != 0 ? row : ww_tls_by_port(ww_end_at(c->cx, ww_other(c->dir)).port);
    (void)WW_SET(e.carries, ww_slice_str(ww_tls_carried(t->carries)));
    (void)WW_SET(e.carries_by, ww_slice_str(ww_tls_by(t)));
    ww_client_is(c->cx, c->dir);
    ww_request(c->cx, c->dir, KEY_HELLO, HELLO_TIMEOUT_MS);
    ww_emit(c->cx, &ww_tls_client_type, c->dir, &e);
}

/** Tells a ServerHello; not the request to try again (RFC 8446 4.1.3, its random is known). */
void ww_tls_server_hello(const struct call *c, struct ww_slice body)
{
    struct tls *t = c->t;
    struct ww_rd r = ww_rd(body), x;
    struct ww_tls_server e = { .weak_cipher = false };
    struct ww_slice first = { NULL, 0 };
    char room[8];
    struct ww_out o = ww_out(room, sizeof room);
    bool retry = ww_slice_be32(body, 2) == 0xcf21ad74;
    uint16_t type, version = front(&r), cipher = ww_rd_be16(&r);
    if (!draft(version))
        ww_rd_skip(&r, 1);
    if (r.bad || retry)
        return;
    struct ww_rd list = ww_rd_sub(&r, ww_rd_be16(&r));
    for (unsigned i = 0; i < EXTENSIONS_MAX && extension(&list, &type, &x); i++) {
        if (type == EXT_VERSIONS && x.left >= 2)
            version = ww_rd_be16(&x);
        if (type != EXT_ALPN)
            continue;
        uint8_t row = protocols(x, NULL, &first);
        t->by = row != 0 ? BY_ALPN : t->by;
        t->carries = row != 0 ? row : t->carries;
    }
    if (!t->client_known) {
        t->client_known = true;
        t->client = (uint8_t)ww_other(c->dir);
        ww_client_is(c->cx, ww_other(c->dir));
        if (t->carries == 0)
            t->carries = ww_tls_by_port(ww_end_at(c->cx, c->dir).port);
    }
    (void)WW_SET(e.version, ww_slice_str(version_name(version)));
    ww_out_s(&o, "0x");
    ww_out_hex(&o, cipher, 4);
    (void)WW_SET(e.cipher, ((struct ww_slice){ (const uint8_t *)room, o.n }));
    e.weak_cipher = weak(cipher);
    if (ww_tls_word(first, "-._/"))
        (void)WW_SET(e.server_alpn, first);
    (void)WW_SET(e.carries, ww_slice_str(ww_tls_carried(t->carries)));
    (void)WW_SET(e.carries_by, ww_slice_str(ww_tls_by(t)));
    e.latency_ms = ww_result(c->cx, c->dir, KEY_HELLO, true).latency_ms;
    ww_emit(c->cx, &ww_tls_server_type, c->dir, &e);
}
