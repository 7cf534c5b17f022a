/* HTTP/1.x: heads, bodies in every framing, pairing, losses, what is handed on and what never leaves. */
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

extern const struct ww_dissector ww_dissector_http;

/* ---- conversations --------------------------------------------------------------------------------------- */
static const char get[] = "GET /fhir/Patient/CANARY-17?PatientName=CANARY&_count=5 HTTP/1.1\r\nHost: fhir.example:8080\r\n"
                          "User-Agent: curl/7.88.1\r\nAccept: application/fhir+json\r\n"
                          "Authorization: Bearer CANARYtoken\r\n\r\n";
static const char ok[] = "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nX-Powered-By: Express\r\n"
                         "Content-Type: Application/FHIR+JSON; charset=utf-8\r\nContent-Length: 13\r\n\r\n{\"a\":\"CANARY\"";
static const char post[] = "POST /api/v1/upload HTTP/1.1\r\nHost: [fd00::1]:81\r\nContent-Type: text/plain\r\n"
                           "Content-Length: 5\r\nCookie: s=CANARY\r\n\r\nhello";
static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
static const char chunks[] = "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n"
                             "5;ext=\"1\"\r\nhello\r\n00A\r\n 0123\r\n789\r\n0\r\nX: y\r\n\r\n";
static const char head[] = "\r\nHEAD /big.iso HTTP/1.0\nHost: h\n\n";
static const char head_ok[] = "HTTP/1.0 200\nContent-Length: 123456\n\n";
static const char not_changed[] = "HTTP/1.1 304 Not Modified\r\nContent-Length: 44\r\nETag: \"x\"\r\n\r\n";

static const struct t_step talk[] = {
    T_AS(get),   { .dir = WW_B, .p = ok, .n = sizeof ok - 1, .parts = true },
    { .dir = WW_A, .p = post, .n = sizeof post - 1, .parts = true },
    T_BS(interim), { .dir = WW_B, .p = chunks, .n = sizeof chunks - 1, .parts = true },
    T_AS(head),  T_BS(head_ok),  T_AS(get), T_BS(not_changed),
};
static const char *const degrades[] = { "latency_ms", "request_frame", "http_method", "path", NULL };
static const struct t_talk t = { .d = &ww_dissector_http, T_STEPS(talk), .degrades = degrades };

Test(http, every_cut) { t_every_cut(&t); }
Test(http, every_prefix) { t_every_prefix(&t); }
Test(http, every_byte) { t_every_byte(&t); }
Test(http, every_gap) { t_every_gap(&t); }

/* One content, compared as text. */
static void content_is(const struct t_feed *f, size_t i, const char *media, const char *path, bool whole,
                       const char *body)
{
    cr_assert(lt(sz, i, f->ncontent));
    cr_assert(eq(str, f->content[i].media, (char *)media));
    cr_assert(eq(str, f->content[i].path, (char *)path));
    cr_assert(eq(int, f->content[i].whole, whole));
    cr_assert(eq(u64, f->content[i].n, strlen(body)));
    cr_assert(eq(int, memcmp(f->content[i].b, body, strlen(body)), 0));
}

Test(http, requests_and_responses)
{
    struct t_feed *f = t_run(&t);
    cr_assert(eq(sz, t_count(f, "http.request"), 4));
    cr_assert(eq(sz, t_count(f, "http.response"), 5));
    const struct t_got *g = t_find(f, "http.request", 0);
    cr_assert(eq(str, (char *)t_get_str(g, "http_method"), "GET"));
    cr_assert(eq(str, (char *)t_get_str(g, "hostname"), "fhir.example"));
    cr_assert(eq(u64, t_get_u64(g, "http_port"), 8080));
    cr_assert(eq(str, (char *)t_get_str(g, "path"), "/fhir/Patient/{id}"));
    cr_assert(eq(u64, t_get_u64(g, "query_count"), 2));
    cr_assert(eq(str, (char *)t_get_str(g, "http_user_agent"), "curl/7.88.1"));
    cr_assert(eq(str, (char *)t_get_str(g, "authorization"), "bearer"));
    cr_assert(eq(u64, t_get_u64(g, "credential_present"), 1));
    cr_assert(eq(u64, t_get_u64(g, "phi_kinds"), 1));
    cr_assert(eq(u64, t_get_u64(g, "phi_count"), 1));
    cr_assert(eq(u64, t_get_u64(g, "length"), WW_NULL64));
    g = t_find(f, "http.request", 1);
    cr_assert(eq(str, (char *)t_get_str(g, "hostname"), "fd00::1"));
    cr_assert(eq(u64, t_get_u64(g, "http_port"), 81));
    cr_assert(eq(u64, t_get_u64(g, "length"), 5));
    cr_assert(eq(u64, t_get_u64(g, "credential_present"), 1));
    g = t_find(f, "http.response", 0);
    cr_assert(eq(u64, t_get_u64(g, "status"), 200));
    cr_assert(eq(str, (char *)t_get_str(g, "server"), "nginx/1.22.1"));
    cr_assert(eq(str, (char *)t_get_str(g, "powered_by"), "Express"));
    cr_assert(eq(str, (char *)t_get_str(g, "http_content_type"), "application/fhir+json"));
    cr_assert(eq(str, (char *)t_get_str(g, "path"), "/fhir/Patient/{id}"));
    cr_assert(eq(u64, t_get_u64(g, "latency_ms"), 10));
    cr_assert(eq(u64, t_get_u64(g, "request_frame"), 1));
    g = t_find(f, "http.response", 1); /* an interim response leaves the request open */
    cr_assert(eq(u64, t_get_u64(g, "status"), 100));
    cr_assert(eq(u64, t_get_u64(t_find(f, "http.response", 2), "latency_ms"), 20));
    cr_assert(eq(u64, t_get_u64(t_find(f, "http.response", 2), "chunked"), 1));
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "http.response", 3), "http_method"), "HEAD"));
    cr_assert(eq(u64, t_get_u64(t_find(f, "http.response", 4), "status"), 304));
    cr_assert(eq(sz, f->nanomaly, 0));
    cr_assert(f->client_known && f->client == WW_A);
    t_free(f);
}

Test(http, what_is_handed_on)
{
    struct t_feed *f = t_run(&t);
    cr_assert(eq(sz, f->ncontent, 8));
    content_is(f, 0, "", "/fhir/Patient/CANARY-17", true, "");
    content_is(f, 1, "application/fhir+json", "/fhir/Patient/CANARY-17", true, "{\"a\":\"CANARY\"");
    content_is(f, 2, "text/plain", "/api/v1/upload", true, "hello");
    content_is(f, 3, "", "/api/v1/upload", true, "hello 0123\r\n789");
    content_is(f, 5, "", "/big.iso", true, "");
    cr_assert(eq(int, f->content[1].status, 200));
    cr_assert(eq(str, f->content[3].method, "POST"));
    t_free(f);
}

static struct t_feed *both(const char *a, const char *b)
{
    struct t_feed *f = t_new(&ww_dissector_http);
    if (a != NULL)
        t_bytes(f, WW_A, a, strlen(a));
    t_time(f, f->cx.now + 10000000);
    if (b != NULL)
        t_bytes(f, WW_B, b, strlen(b));
    return f;
}

/* ---- framing --------------------------------------------------------------------------------------------- */
Test(http, pipelining)
{
    struct t_feed *f = both("GET /a HTTP/1.1\r\n\r\nHEAD /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\n\r\n"
                            "GET /d HTTP/1.1\r\n\r\nGET /e HTTP/1.1\r\n\r\nGET /f HTTP/1.1\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nAAHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
                            "HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nEHTTP/1.1 500 X\r\nContent-Length: 1\r\n\r\nF");
    cr_assert(eq(sz, t_count(f, "http.response"), 6));
    static const char *const method[] = { "GET", "HEAD", "GET", "GET", "", "" };
    for (size_t i = 0; i < 6; i++) { /* the path of the fifth and sixth was not remembered */
        cr_assert(eq(str, (char *)t_get_str(t_find(f, "http.response", i), "http_method"), (char *)method[i]));
        cr_assert(eq(u64, t_get_u64(t_find(f, "http.response", i), "latency_ms"), 10));
    }
    cr_assert(eq(u64, t_get_u64(t_find(f, "http.response", 5), "status"), 500));
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
}

Test(http, up_to_the_end)
{
    struct t_feed *f = both("GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\nsome text");
    content_is(f, 1, "text/html", "/", false, "some text");
    t_end(f);
    content_is(f, 1, "text/html", "/", true, "some text");
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "http.request", 0), "path"), "/"));
    t_free(f);
}

Test(http, connect_and_upgrade)
{
    struct t_feed *f = both("CONNECT cloud.example:443 HTTP/1.1\r\nProxy-Authorization: Basic CANARY\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\x16\x03\x01");
    cr_assert(f->handed_on);
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "http.request", 0), "hostname"), "cloud.example"));
    cr_assert(eq(u64, t_get_u64(t_find(f, "http.request", 0), "http_port"), 443));
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "http.request", 0), "authorization"), "basic"));
    t_free(f);
    f = both("CONNECT x:1 HTTP/1.1\r\n\r\n", "HTTP/1.1 407 Auth\r\nProxy-Authenticate: Digest r=1\r\nContent-Length: 0\r\n\r\n");
    cr_assert(not(f->handed_on));
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "http.response", 0), "authenticate"), "digest"));
    t_free(f);
    f = both("GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
             "HTTP/1.1 101 Switching\r\nUpgrade: WebSocket\r\n\r\n\x81\x01z");
    cr_assert(f->handed_on);
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "http.response", 0), "upgrade"), "websocket"));
    t_free(f);
    f = both("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n....", NULL);
    cr_assert(f->handed_on);
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "http.request", 0), "protocol"), "HTTP/2"));
    t_free(f);
}

/* ---- multipart ------------------------------------------------------------------------------------------- */
static const char stow[] =
    "POST /dicom-web/studies HTTP/1.1\r\nHost: pacs\r\nTransfer-Encoding: chunked\r\n"
    "Content-Type: multipart/related; type=\"application/dicom\"; boundary=\"a b\"\r\n\r\n"
    "4e\r\npreface\r\n--a b\r\nContent-Type: application/dicom\r\nContent-Length: 9\r\n\r\n12345678"
    "\r\n62\r\n9\r\n--a b  \r\nContent-Type: Text/XML; x=y\r\n\r\n\r\n--a\r\n--a b\r\n\r\n\r\n--a b--\r\nepilogue\r\n--a b\r\nX: y\r\n\r\nz\r\n"
    "\r\n0\r\n\r\n";

Test(http, parts)
{
    struct t_feed *f = both(stow, NULL);
    cr_assert(eq(sz, f->ncontent, 4));
    content_is(f, 0, "multipart/related", "/dicom-web/studies", true, "");
    content_is(f, 1, "application/dicom", "/dicom-web/studies", true, "123456789");
    content_is(f, 2, "text/xml", "/dicom-web/studies", true, "\r\n--a");
    content_is(f, 3, "", "/dicom-web/studies", true, "");
    cr_assert(not(f->content[0].part));
    cr_assert(f->content[1].part);
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
    static const struct t_step step[] = { { .dir = WW_A, .p = stow, .n = sizeof stow - 1, .parts = true } };
    static const struct t_talk parts = { .d = &ww_dissector_http, T_STEPS(step) };
    t_every_cut(&parts);
    t_every_prefix(&parts);
    t_every_byte(&parts);
    t_every_gap(&parts);
}

Test(http, a_part_without_end)
{
    struct t_feed *f = both("POST / HTTP/1.1\r\nContent-Length: 29\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
                            "--x\r\nA: b\r\n\r\nno boundary behi", NULL);
    cr_assert(eq(sz, f->ncontent, 2));
    cr_assert(not(f->content[1].whole));
    cr_assert(t_anomaly(f, "multipart_without_end"));
    t_free(f);
    f = both("POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Type: multipart/mixed\r\n\r\nabc", NULL);
    content_is(f, 0, "multipart/mixed", "/", true, "abc"); /* without a boundary it is one content */
    t_free(f);
}

/* ---- compression ------------------------------------------------------------------------------------------ */
static size_t squeeze(uint8_t *dst, size_t cap, const void *p, size_t n)
{
    z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)p, .avail_in = (uInt)n, .next_out = dst, .avail_out = (uInt)cap };
    if (deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK || deflate(&z, Z_FINISH) != Z_STREAM_END)
        t_die("zlib");
    (void)deflateEnd(&z);
    return cap - z.avail_out;
}

Test(http, compressed)
{
    static char plain[20000];
    static uint8_t msg[8192], packed[4096];
    for (size_t i = 0; i < sizeof plain - 1; i++)
        plain[i] = (char)('a' + i * i / 7 % 3);
    size_t z = squeeze(packed, sizeof packed, plain, sizeof plain - 1);
    for (int chunked = 0; chunked < 2; chunked++) {
        int n = snprintf((char *)msg, sizeof msg, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n%s%zu\r\n%s",
                         chunked ? "Transfer-Encoding: chunked\r\nX: " : "Content-Length: ", z, chunked ? "" : "\r\n");
        if (chunked)
            n += snprintf((char *)msg + n, sizeof msg - (size_t)n, "\r\n%zx\r\n", z);
        memcpy(msg + n, packed, z);
        size_t len = (size_t)n + z;
        if (chunked)
            len += (size_t)snprintf((char *)msg + len, sizeof msg - len, "\r\n0\r\n\r\n");
        struct t_feed *f = both("GET / HTTP/1.1\r\n\r\n", NULL);
        t_bytes(f, WW_B, msg, len);
        content_is(f, 1, "", "/", true, plain);
        cr_assert(eq(sz, f->nanomaly, 0));
        t_free(f);
        const struct t_step step[] = { { .dir = WW_B, .p = msg, .n = len, .parts = true } };
        const struct t_talk gz = { .d = &ww_dissector_http, T_STEPS(step) };
        t_every_cut(&gz);
        t_every_gap(&gz);
    }
}

Test(http, compressed_within_a_cap)
{
    static uint8_t bomb[12 << 20], packed[65536], msg[66000];
    size_t z = squeeze(packed, sizeof packed, bomb, sizeof bomb);
    int n = snprintf((char *)msg, sizeof msg, "HTTP/1.1 200 OK\r\nContent-Encoding: x-gzip\r\nContent-Length: %zu\r\n\r\n", z);
    memcpy(msg + n, packed, z);
    struct t_feed *f = both("GET / HTTP/1.1\r\n\r\n", NULL);
    t_bytes(f, WW_B, msg, (size_t)n + z);
    cr_assert(le(u64, f->content[1].n, 8 << 20));
    cr_assert(not(f->content[1].whole));
    t_bytes(f, WW_B, "HTTP/1.1 200 OK\r\n\r\n", 19);
    cr_assert(eq(sz, t_count(f, "http.response"), 2));
    t_free(f);
    f = both("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot at all");
    cr_assert(t_anomaly(f, "content_not_compressed"));
    t_free(f);
    f = both("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc");
    cr_assert(eq(u64, f->content[1].n, 0)); /* a coding that is not read is passed over */
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
}

/* ---- what nobody wants -------------------------------------------------------------------------------------- */
Test(http, unwanted_bodies_pass_unseen)
{
    struct t_feed *f = t_new(&ww_dissector_http);
    static char body[5000];
    f->unwanted = true;
    t_bytes(f, WW_A, "GET / HTTP/1.1\r\n\r\n", 18);
    static const char big[] = "HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n";
    t_bytes(f, WW_B, big, sizeof big - 1);
    t_bytes(f, WW_B, body, 1);
    cr_assert(eq(u64, f->dir[WW_B].skip, 3999999999u));
    t_gap(f, WW_B, 3999999999u); /* loss inside does not matter */
    t_bytes(f, WW_B, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 38);
    cr_assert(eq(sz, t_count(f, "http.response"), 2));
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
}

/* ---- loss and the middle ------------------------------------------------------------------------------------- */
Test(http, joined_in_the_middle)
{
    struct t_feed *f = t_new(&ww_dissector_http);
    f->cx.midstream = true;
    t_bytes(f, WW_A, "of a body that began before\n", 28);
    t_bytes(f, WW_B, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 40);
    t_bytes(f, WW_A, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", 28);
    t_bytes(f, WW_B, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 38);
    cr_assert(eq(sz, t_count(f, "http.request"), 1));
    cr_assert(eq(sz, t_count(f, "http.response"), 2));
    cr_assert(eq(u64, t_get_u64(t_find(f, "http.response", 0), "latency_ms"), WW_NULL64));
    cr_assert(eq(u64, t_get_u64(t_find(f, "http.response", 1), "latency_ms"), 0));
    cr_assert(eq(sz, f->nanomaly, 0));
    cr_assert(f->client == WW_A);
    t_free(f);
}

Test(http, a_gap_inside_a_body_keeps_the_order)
{
    struct t_feed *f = both("GET / HTTP/1.1\r\n\r\nGET /api HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\nab");
    t_gap(f, WW_B, 1998);
    t_bytes(f, WW_B, "HTTP/1.1 201 OK\r\nContent-Length: 0\r\n\r\n", 38);
    cr_assert(not(f->content[2].whole));
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "http.response", 1), "path"), "/api"));
    t_free(f);
}

Test(http, a_gap_between_messages_forgets_who_asked)
{
    struct t_feed *f = both("HEAD / HTTP/1.1\r\n\r\nGET /api HTTP/1.1\r\n\r\n", NULL);
    t_gap(f, WW_B, 500);
    /* whose length means nothing: the request may have been HEAD, and the next message shows that it was */
    t_bytes(f, WW_B, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n", 39);
    t_bytes(f, WW_B, "HTTP/1.1 204 No\r\n\r\n", 19);
    cr_assert(eq(sz, t_count(f, "http.response"), 2));
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "http.response", 0), "http_method"), ""));
    cr_assert(eq(u64, t_get_u64(t_find(f, "http.response", 0), "latency_ms"), WW_NULL64));
    t_time(f, f->cx.now + 400000000000u);
    cr_assert(eq(sz, f->nanomaly, 0)); /* and nobody waits for ever */
    t_free(f);
}

/* Two mirror ports: what each direction says is in order, but the answer is captured first. */
Test(http, an_answer_captured_before_its_request)
{
    struct t_feed *f = both("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                                                       "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    t_bytes(f, WW_A, "GET /api HTTP/1.1\r\n\r\nGET /login HTTP/1.1\r\n\r\n", 44);
    t_bytes(f, WW_B, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", 38);
    static const char *const path[] = { "/", "", "/login" };
    for (size_t i = 0; i < 3; i++)
        cr_assert(eq(str, (char *)t_get_str(t_find(f, "http.response", i), "path"), (char *)path[i]));
    t_time(f, f->cx.now + 400000000000u);
    cr_assert(eq(sz, f->nanomaly, 0));
    t_free(f);
}

Test(http, the_answer_to_connect_was_lost)
{
    struct t_feed *f = both("CONNECT h:80 HTTP/1.1\r\n\r\nGET /api HTTP/1.1\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    cr_assert(eq(str, (char *)t_get_str(t_find(f, "http.response", 0), "http_method"), "GET"));
    cr_assert(not(f->handed_on));
    t_free(f);
}

Test(http, a_request_without_answer)
{
    struct t_feed *f = both("GET / HTTP/1.1\r\n\r\n", NULL);
    t_time(f, f->cx.now + 299000000000u);
    cr_assert(eq(sz, f->nanomaly, 0));
    t_time(f, f->cx.now + 2000000000u);
    cr_assert(t_anomaly(f, "request_unanswered"));
    t_free(f);
}

/* ---- limits and anomalies -------------------------------------------------------------------------------------- */
Test(http, size_of_a_head)
{
    enum { MAX = 32768 };
    static char text[MAX + 2];
    for (int over = -1; over <= 1; over++) {
        memset(text, 'x', sizeof text);
        memcpy(text, "GET / HTTP/1.1\r\nA: ", 19);
        memcpy(text + MAX + over - 4, "\r\n\r\n", 4);
        struct t_feed *f = t_new(&ww_dissector_http);
        f->unwanted = true;
        t_bytes(f, WW_A, "GET / HTTP/1.1\r\n\r\n", 18);
        for (size_t at = 0; at < (size_t)(MAX + over); at += 1000)
            t_bytes(f, WW_A, text + at, (size_t)(MAX + over) - at < 1000 ? (size_t)(MAX + over) - at : 1000);
        cr_assert(eq(sz, t_count(f, "http.request"), over <= 0 ? 2 : 1), "%d", over);
        cr_assert(eq(int, t_anomaly(f, "head_too_large"), over > 0));
        t_bytes(f, WW_A, "GET /ok HTTP/1.1\r\n\r\n", 20);
        cr_assert(eq(sz, t_count(f, "http.request"), over <= 0 ? 3 : 2));
        t_free(f);
    }
}

Test(http, anomalies)
{
    static const struct {
        const char *a, *b, *what;
    } c[] = {
        { "GET / HTTP/1.1\r\nno colon\r\n\r\n", NULL, "header_malformed" },
        { "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", NULL, "content_length_conflict" },
        { "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", NULL, "content_length_conflict" },
        { "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", NULL, "length_and_chunked" },
        { "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n", NULL, "content_length_conflict" },
        { "GET / HTTP/1.1\r\nHost : h\r\n\r\n", NULL, "header_malformed" },
        { "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", NULL, "header_malformed" },
        { "GET / HTTP/1.1\r\nHost:\r\n h\r\n\r\n", NULL, "header_folded" },
        { "GET /a b HTTP/1.1\r\n\r\n", NULL, "start_line_malformed" },
        { "GET / HTTP/1.1\r\n\r\n", "HTTP/1.10 200 ok\r\n\r\n", "start_line_malformed" },
        { "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 \rok\r\n\r\n", "start_line_malformed" },
        { "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", NULL, "chunk_malformed" },
        { "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n", NULL, "chunk_malformed" },
        { "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1111111111111111\r\n", NULL, "chunk_malformed" },
        { "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nxy and more", NULL, "message_start_expected" },
        { "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "request_from_server" },
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        struct t_feed *f = both(c[i].a, c[i].b);
        if (!t_anomaly(f, c[i].what))
            t_print(f);
        cr_assert(t_anomaly(f, c[i].what), "%s", c[i].what);
        cr_assert(eq(sz, f->nanomaly, 1));
        t_free(f);
    }
}

/* ---- patterns: nothing that may name a patient leaves --------------------------------------------------------- */
/* What clients take for a response although RFC 9112 does not. */
Test(http, malformed_status_lines)
{
    static const struct {
        const char *line, *protocol;
        uint64_t status;
        bool good;
    } c[] = {
        { "HTTP/1.2 200 ok", "HTTP/1.2", 200, true },      { "HTTP/1.01 404 no", "HTTP/1.01", 404, false },
        { "HTTP/2.0 200 ok", "HTTP/2.0", 200, false },     { "HTTP/1.1\t 200 ok", "HTTP/1.1", 200, false },
        { "HTTP/1.1 \t200 ok", "HTTP/1.1", 200, false },   { "HTTP/1.1 0200 ok", "HTTP/1.1", 200, false },
        { "HTTP/1.1 2040 ok", "HTTP/1.1", 2040, false },   { "HTTP/1.1 20x ok", "HTTP/1.1", 20, false },
        { "HTTP/1.1\x01 200 ok", "HTTP/1.1", 200, false }, { "HTTP/1.1 200", "HTTP/1.1", 200, true },
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        char b[200];
        (void)snprintf(b, sizeof b, "%s\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 204 x\r\n\r\n", c[i].line);
        struct t_feed *f = both("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", b);
        cr_assert(eq(sz, t_count(f, "http.response"), 2), "%s", c[i].line);
        const struct t_got *g = t_find(f, "http.response", 0);
        cr_assert(eq(str, (char *)t_get_str(g, "protocol"), (char *)c[i].protocol));
        cr_assert(eq(u64, t_get_u64(g, "status"), c[i].status));
        cr_assert(eq(int, t_anomaly(f, "start_line_malformed"), !c[i].good), "%s", c[i].line);
        t_free(f);
    }
}

/* Fields over several lines, blanks before the colon, lengths with zeros: how long is the body? */
Test(http, where_a_body_ends)
{
    static const char *const heads[] = {
        "Content-Length: 00000000000000000000000000000005\r\n\r\nhello",
        "Content-Length:\r\n\t5\r\n\r\nhello",
        "Content-Length\r\n : 5\r\n\r\nhello",
        "Content-Length : 5\r\n\r\nhello",
        "Content-Length: 5,5\r\n\r\nhello",
        "Transfer-Encoding:\r\n  chunked\r\n \r\n\r\n00000000000000000005\r\nhello\r\n000\r\n\r\n",
        "X: y\r\n\tz\r\nTransfer-Encoding: gzip, chunked;q=1\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        char b[300];
        (void)snprintf(b, sizeof b, "POST /1 HTTP/1.1\r\n%sGET /api HTTP/1.1\r\n\r\n", heads[i]);
        struct t_feed *f = both(b, NULL);
        cr_assert(eq(sz, t_count(f, "http.request"), 2), "%s", heads[i]);
        cr_assert(eq(str, (char *)t_get_str(t_find(f, "http.request", 1), "path"), "/api"));
        t_free(f);
    }
}

/* RFC 9112 6.3: a coding that is not chunked ends with the connection, and a length beside it does not count. */
Test(http, other_transfer_codings)
{
    static const char *const codings[] = { "lalala", "chunked x", "chunked, gzip", "xchunked" };
    for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++) {
        char b[300];
        (void)snprintf(b, sizeof b, "HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n",
                       codings[i]);
        struct t_feed *f = both("GET / HTTP/1.1\r\n\r\n", b);
        cr_assert(eq(sz, t_count(f, "http.response"), 1), "%s", codings[i]);
        const struct t_got *g = t_find(f, "http.response", 0);
        cr_assert(eq(u64, t_get_u64(g, "chunked"), 0));
        cr_assert(eq(u64, t_get_u64(g, "length"), WW_NULL64));
        cr_assert(t_anomaly(f, "length_and_chunked"));
        t_free(f);
    }
}

Test(http, patterns)
{
    static const char *const c[][2] = {
        { "/", "/" }, { "*", "*" }, { "/dicom-web/studies/1.2.840.99/series", "/dicom-web/studies/{id}/series" },
        { "/api/v2.0/CANARY/x1;s=CANARY", "/api/v2.0/{text}/{id}" }, { "/a/CANARY.jpg", "/{text}/{file}.jpg" },
        { "/fhir/Patient/$everything", "/fhir/Patient/$everything" }, { "/r4/Observation/_search", "/r4/Observation/_search" },
        { "/api/", "/api/" }, { "//api", "//api" }, { "/1234", "/{id}" }, { "/v1x", "/{id}" }, { "/%43ANARY", "/{id}" },
        { "http://h:81/api?CANARY=1", "/api" }, { "https://CANARY@h", "" }, { "/api#CANARY", "/api" },
        { "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25",
          "/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/..." },
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        char text[300];
        (void)snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", c[i][0]);
        struct t_feed *f = both(text, NULL);
        cr_assert(eq(str, (char *)t_get_str(t_find(f, "http.request", 0), "path"), (char *)c[i][1]), "%s", c[i][0]);
        t_free(f);
    }
}

Test(http, names_of_parameters)
{
    static const struct {
        const char *query;
        unsigned kinds, count;
        bool patient;
    } c[] = {
        { "PatientName=A*&00100020=7&StudyDate=2020", 1 | 2, 2, true }, { "patientname:exact=x&mrn=y", 1 | 2, 2, true },
        { "x.PatientBirthDate=1970&limit=5", 4, 1, false },          { "PatientName=&x&name=y", 0, 0, false },
        { "patient_id=7&AccessionNumber=3&otherpatientids=e", 2 | 32 | 16, 3, true },
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        char text[300];
        (void)snprintf(text, sizeof text, "GET /x?%s HTTP/1.1\r\n\r\n", c[i].query);
        struct t_feed *f = both(text, NULL);
        const struct t_got *g = t_find(f, "http.request", 0);
        cr_assert(eq(u64, t_get_u64(g, "phi_kinds"), c[i].kinds), "%s", c[i].query);
        cr_assert(eq(u64, t_get_u64(g, "phi_count"), c[i].count), "%s", c[i].query);
        cr_assert(eq(int, t_get_u64(g, "patient") != 0, c[i].patient), "%s", c[i].query);
        t_free(f);
    }
}

/* ---- probe ------------------------------------------------------------------------------------------------------ */
Test(http, probe)
{
    static const struct {
        const char *p;
        enum ww_guess g;
    } c[] = {
        { "GET / HTTP/1.1\r\n", WW_GUESS_YES },      { "GET / HTTP/1.1\n", WW_GUESS_YES },
        { "GET / HTTP/1.1", WW_GUESS_MAYBE },        { "GE", WW_GUESS_MAYBE },
        { "GET /a b", WW_GUESS_MAYBE },              { "GET /\r\n", WW_GUESS_NO },
        { "GET / HTTP/1.2\r\n", WW_GUESS_YES },      { "GETX / HTTP/1.1\r\n", WW_GUESS_NO },
        { "HTTP/1.1 200 OK\r\n", WW_GUESS_YES },     { "HTTP/1.1 200", WW_GUESS_MAYBE },
        { "HTTP/1.1 200\r", WW_GUESS_YES },          { "HTTP/1.1 20", WW_GUESS_MAYBE },
        { "HTTP/1.1 2000", WW_GUESS_NO },            { "HTTP/2 200 OK", WW_GUESS_NO },
        { "MSH|^~\\&|", WW_GUESS_NO },               { "RTSP/1.0 200 OK\r\n", WW_GUESS_NO },
        { "OPTIONS rtsp://x RTSP/1.0\r\n", WW_GUESS_NO }, { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", WW_GUESS_YES },
        { "PRI * HTTP/2.0\r\n\r\nSX", WW_GUESS_NO }, { "POST", WW_GUESS_MAYBE }, { "SSH-2.0-x\r\n", WW_GUESS_NO },
        { "NOTIFY * HTTP/1.1\r\n", WW_GUESS_YES },   { "GET \x01/ HTTP/1.1\r\n", WW_GUESS_NO },
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
        cr_assert(eq(int, t_probe(&ww_dissector_http, WW_A, c[i].p, strlen(c[i].p)), c[i].g), "%s", c[i].p);
}
