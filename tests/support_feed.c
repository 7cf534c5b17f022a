/* support_feed.c - the host that plays the engine for one dissector and checks its contract. */
#include "tests/support_host.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { START_S = 1767571200 /* 2026-01-05T00:00:00Z */, TEXT_MAX = 32768 };

static struct t_feed *of(struct ww_cx *cx)
{
    return (struct t_feed *)(void *)cx;
}

static const struct ww_dissector *speaker(const struct t_feed *f)
{
    return f->reading != NULL ? f->reading : f->d;
}

static _Noreturn void broken(const struct t_feed *f, const char *what)
{
    t_broken(f, what);
}

/* ---- what the dissector may call -------------------------------------------------------------- */

static void check_field(const struct t_feed *f, const struct ww_event *e, const struct ww_field *d)
{
    const uint8_t *p = e->body + d->off;
    uint16_t len;
    if (d->type == WW_FT_BOOL && *p > 1)
        broken(f, "a BOOL field is neither 0 nor 1");
    if (d->type == WW_FT_IP && *p != 0 && *p != 4 && *p != 6)
        broken(f, "an IP field has an unknown family");
    if (d->type != WW_FT_STR && d->type != WW_FT_LIST)
        return;
    memcpy(&len, p, sizeof len);
    if (len > d->cap)
        broken(f, "the length of a STR or LIST field is beyond its capacity");
    if (d->type == WW_FT_LIST && len > 0 && p[2 * sizeof len + len - 1] != 0)
        broken(f, "a LIST field does not end with NUL");
}

static void hashes(struct ww_out *o, const struct ww_event *e)
{
    for (uint16_t i = 0; i < e->type->nfields; i++)
        if (e->type->fields[i].type == WW_FT_HASH)
            ww_out_f(o, " %s=%016llx", e->type->fields[i].name,
                     (unsigned long long)ww_get_u64(e, &e->type->fields[i]));
}

static void keep(struct t_feed *f, struct ww_event *e, struct ww_out *o, size_t json, size_t njson)
{
    if (f->ngot == f->capgot) {
        f->capgot = f->capgot ? 2 * f->capgot : 64;
        f->got = realloc(f->got, f->capgot * sizeof f->got[0]);
        if (f->got == NULL)
            t_die("no memory");
    }
    char *text = strndup(o->buf, o->n);
    f->got[f->ngot++] = (struct t_got){ .e = e, .text = text, .json = json, .njson = njson };
}

static void h_emit(struct ww_cx *cx, const struct ww_event_type *t, enum ww_dir dir,
                   const void *body)
{
    static char buf[TEXT_MAX];
    struct t_feed *f = of(cx);
    bool listed = false;
    for (const struct ww_event_type *const *l = speaker(f)->events; l != NULL && *l != NULL; l++)
        listed = listed || *l == t;
    if (!f->in_call)
        broken(f, "it emits outside of a call");
    if (!listed)
        broken(f, "it emits a type that is not in its list of events");
    if (dir != WW_A && dir != WW_B)
        broken(f, "it emits with an unknown direction");
    if (f->stopped)
        broken(f, "it emits after it stopped");
    struct ww_event *e = calloc(1, sizeof *e + t->size);
    if (e == NULL)
        t_die("no memory");
    *e = (struct ww_event){ .type = t, .ts = cx->now, .frame = f->frame, .flow = 1,
                            .seq = f->ngot + 1, .size = (uint32_t)(sizeof *e + t->size),
                            .end = { f->end[0], f->end[1] }, .dir = (uint8_t)dir,
                            .client = f->client_known ? (uint8_t)f->client : 0,
                            .client_by = f->client_known ? WW_BY_DISSECTOR : WW_BY_UNKNOWN,
                            .ip_proto = 6, .flags = cx->ev_flags };
    memcpy(e->body, body, t->size);
    for (uint16_t i = 0; i < t->nfields; i++)
        check_field(f, e, &t->fields[i]);
    struct ww_out o = ww_out(buf, sizeof buf);
    ww_out_f(&o, "%s %c ", t->name, dir == WW_A ? 'A' : 'B');
    size_t json = o.n;
    ww_json_open(&o, NULL, '{');
    ww_event_body_json(&o, e);
    ww_json_close(&o, '}');
    size_t njson = o.n - json;
    const char *bad = o.cut ? "longer than the buffer" : t_json_bad(buf + json, njson);
    if (bad != NULL) {
        t_dump("body", (struct ww_slice){ (const uint8_t *)buf + json, njson });
        t_die("%s: the body of %s is not good JSON: %s", f->d->name, t->name, bad);
    }
    if (!f->allow_canary && t_canary(buf + json, njson) != NULL) {
        t_dump("body", (struct ww_slice){ (const uint8_t *)buf + json, njson });
        t_die("%s: an event holds patient data (%s)", f->d->name, t_canary(buf + json, njson));
    }
    if (cx->ev_flags != 0)
        ww_out_f(&o, " flags=%u", cx->ev_flags);
    hashes(&o, e);
    if (f->no_text)
        free(e);
    else
        keep(f, e, &o, json, njson);
}

static void h_client_is(struct ww_cx *cx, enum ww_dir dir)
{
    struct t_feed *f = of(cx);
    if (dir != WW_A && dir != WW_B)
        broken(f, "client evidence with an unknown direction");
    f->client_known = true;
    f->client = dir;
}

static void h_alarm(struct ww_cx *cx, uint64_t at_ns)
{
    struct t_feed *f = of(cx);
    if (speaker(f)->tick == NULL || f->reading != NULL)
        broken(f, "it sets an alarm but has no tick()");
    f->alarm_at = at_ns;
}

static void h_anomaly(struct ww_cx *cx, enum ww_dir dir, const char *what)
{
    struct t_feed *f = of(cx);
    (void)dir;
    if (what == NULL || what[0] == 0 || strspn(what, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(what))
        broken(f, "the name of an anomaly is not in snake case");
    if (f->nanomaly < T_ANOMALIES)
        f->anomaly[f->nanomaly++] = what;
}

static void h_request(struct ww_cx *cx, enum ww_dir dir, uint64_t key, uint32_t timeout_ms)
{
    struct t_feed *f = of(cx);
    f->pair[f->next_pair++ % T_PAIRS] =
        (struct t_pair){ .used = true, .dir = (uint8_t)dir, .key = key, .at = cx->now,
                         .frame = f->frame, .until = cx->now + timeout_ms * 1000000ull };
}

static struct ww_pair h_result(struct ww_cx *cx, enum ww_dir dir, uint64_t key, bool last)
{
    struct t_feed *f = of(cx);
    for (size_t k = 0; k < T_PAIRS; k++) {
        struct t_pair *p = &f->pair[(f->next_pair + T_PAIRS - 1 - k) % T_PAIRS];
        if (!p->used || p->dir == (uint8_t)dir || p->key != key)
            continue;
        p->used = !last;
        return (struct ww_pair){ .found = true, .frame = p->frame,
                                 .latency_ms = (uint32_t)((cx->now - p->at) / 1000000) };
    }
    return (struct ww_pair){ .latency_ms = WW_NULL32 };
}

static uint64_t h_pseudonym(struct ww_cx *cx, struct ww_slice value)
{
    static const struct ww_key key = { { 1, 2 } };
    (void)cx;
    return ww_siphash(&key, value);
}

static struct ww_end h_end(struct ww_cx *cx, enum ww_dir dir)
{
    return of(cx)->end[dir];
}

void t_broken(const struct t_feed *f, const char *what)
{
    t_print(f);
    t_die("%s breaks the contract: %s", speaker(f)->name, what);
}

static const struct ww_host host = { .emit = h_emit, .client_is = h_client_is,
                                     .alarm = h_alarm,
                                     .anomaly = h_anomaly, .request = h_request,
                                     .result = h_result, .pseudonym = h_pseudonym,
                                     .content = t_host_content, .inflate = t_host_inflate,
                                     .end = h_end };

/* ---- life ----------------------------------------------------------------------------------------- */

struct t_feed *t_new(const struct ww_dissector *d)
{
    struct t_feed *f = calloc(1, sizeof *f);
    if (f == NULL)
        t_die("no memory");
    f->d = d;
    f->state = calloc(1, d->state_size ? d->state_size : 1);
    if (f->state == NULL)
        t_die("no memory");
    f->frame = 1;
    f->end[WW_A] = (struct ww_end){ ww_ip4(0xc0000201), { { 2, 0, 0, 0, 0, 1 } }, 49152 };
    f->end[WW_B] = (struct ww_end){ ww_ip4(0xc0000202), { { 2, 0, 0, 0, 0, 2 } }, 0 };
    if (d->ports != NULL && (d->ports[0].on == WW_ON_TCP || d->ports[0].on == WW_ON_UDP))
        f->end[WW_B].port = d->ports[0].n;
    f->cx = (struct ww_cx){ .host = &host, .now = START_S * 1000000000ull };
    return f;
}

void t_free(struct t_feed *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->ngot; i++) {
        free(f->got[i].e);
        free(f->got[i].text);
    }
    if (f->room != NULL)
        (void)munmap(f->room, f->room_n + (size_t)sysconf(_SC_PAGESIZE));
    free(f->got);
    free(f->state);
    t_content_free(f);
    free(f->dir[0].b);
    free(f->dir[1].b);
    free(f);
}

/* ---- deliveries -------------------------------------------------------------------------------------- */

/* Room whose end is an unmapped page; grows when needed. */
static void grow_room(struct t_feed *f, size_t n)
{
    size_t pg = (size_t)sysconf(_SC_PAGESIZE);
    if (n <= f->room_n && f->room != NULL)
        return;
    if (f->room != NULL)
        (void)munmap(f->room, f->room_n + pg);
    f->room_n = (2 * n + pg) / pg * pg;
    f->room = mmap(NULL, f->room_n + pg, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (f->room == MAP_FAILED || mprotect(f->room + f->room_n, pg, PROT_NONE) != 0)
        t_die("no memory");
}

/* Calls data() on a copy that ends at unmapped or poisoned memory and is overwritten afterwards, so
 * that a slice kept beyond the call reads rubbish. */
static struct ww_parse call(struct t_feed *f, enum ww_dir dir, const uint8_t *p, size_t n)
{
    uint8_t *copy;
    if (f->exact) {
        copy = malloc(n);
        if (copy == NULL)
            t_die("no memory");
    } else {
        grow_room(f, n);
        copy = f->room + f->room_n - n;
    }
    memcpy(copy, p, n);
    f->in_call = true;
    f->ncalls++;
    struct ww_parse r = f->d->data(&f->cx, f->state, dir, (struct ww_slice){ copy, n });
    f->in_call = false;
    if (f->cx.ev_flags != 0)
        broken(f, "ev_flags are set but no event followed");
    if (memcmp(copy, p, n) != 0)
        broken(f, "it wrote to its input");
    if (f->exact)
        free(copy);
    else
        memset(copy, 0xdd, n);
    return r;
}

static void check(struct t_feed *f, const struct ww_parse *r, size_t n, bool datagram)
{
    switch ((enum ww_parse_v)r->v) {
    case WW_P_OK:
        if (r->used == 0)
            broken(f, "ww_ok(0): no progress");
        if (datagram && r->used > n)
            broken(f, "a skip beyond a datagram");
        return;
    case WW_P_MORE:
        if (datagram)
            broken(f, "ww_more in a datagram, which is always complete");
        if (r->used > n)
            broken(f, "ww_more with used > in.n");
        if (r->need <= n - r->used)
            broken(f, "ww_more with need <= what it has: it would be called again at once");
        if (r->need > f->d->max_msg)
            broken(f, "ww_more with need > max_msg");
        return;
    case WW_P_STOP:
        if (r->why == NULL || r->why[0] == 0)
            broken(f, "a stop without a reason");
        return;
    case WW_P_NEXT:
        if (r->used > n)
            broken(f, "ww_next with used > in.n");
        return;
    }
    broken(f, "an unknown answer");
}

static void drop(struct t_dirbuf *b, size_t n)
{
    b->n -= n;
    memmove(b->b, b->b + n, b->n);
}

/* Gives what is kept to the dissector until it wants more. Return: false when it is done for good. */
static bool deliver(struct t_feed *f, enum ww_dir dir)
{
    struct t_dirbuf *b = &f->dir[dir];
    size_t from = 0; /* bytes of b that are used; moved once at the end */
    while (b->n - from > 0 && b->n - from >= b->need) {
        size_t n = b->n - from;
        struct ww_parse r = call(f, dir, b->b + from, n);
        check(f, &r, n, false);
        b->need = 0;
        if (r.v == WW_P_STOP || r.v == WW_P_NEXT) {
            f->stopped = r.v == WW_P_STOP;
            f->handed_on = r.v == WW_P_NEXT;
            f->why = r.why;
            return false;
        }
        if (r.used > n) {
            b->skip = r.used - n;
            from += n;
            break;
        }
        from += r.used;
        if (r.v == WW_P_MORE) {
            b->need = r.need;
            break;
        }
    }
    drop(b, from);
    return true;
}

void t_bytes(struct t_feed *f, enum ww_dir dir, const void *p, size_t n)
{
    struct t_dirbuf *b = &f->dir[dir];
    const uint8_t *q = p;
    if (f->stopped || f->handed_on)
        return;
    size_t skip = b->skip < n ? (size_t)b->skip : n;
    b->skip -= skip;
    n -= skip;
    if (n == 0)
        return;
    q += skip;
    if (b->n + n > b->cap) {
        b->cap = 2 * (b->n + n);
        b->b = realloc(b->b, b->cap);
        if (b->b == NULL)
            t_die("no memory");
    }
    memcpy(b->b + b->n, q, n);
    b->n += n;
    (void)deliver(f, dir);
}

void t_datagram(struct t_feed *f, enum ww_dir dir, const void *p, size_t n)
{
    if (f->stopped || f->handed_on || n == 0)
        return;
    f->cx.datagram = true;
    struct ww_parse r = call(f, dir, p, n);
    f->cx.datagram = false;
    check(f, &r, n, true);
    f->stopped = r.v == WW_P_STOP;
    f->handed_on = r.v == WW_P_NEXT;
    f->why = r.why;
}

void t_gap(struct t_feed *f, enum ww_dir dir, uint64_t lost)
{
    struct t_dirbuf *b = &f->dir[dir];
    if (f->stopped || f->handed_on || lost == 0)
        return;
    uint64_t skip = b->skip < lost ? b->skip : lost;
    b->skip -= skip;
    lost -= skip;
    if (lost == 0)
        return;
    lost += b->n;
    b->n = 0;
    b->need = 0;
    if (f->d->gap == NULL) {
        f->stopped = true;
        f->why = "no gap()";
        return;
    }
    f->in_call = true;
    f->d->gap(&f->cx, f->state, dir, lost);
    f->in_call = false;
}

void t_time(struct t_feed *f, uint64_t now_ns)
{
    f->cx.now = now_ns;
    for (size_t k = 0; k < T_PAIRS; k++)
        if (f->pair[k].used && f->pair[k].until <= now_ns) {
            f->pair[k].used = false;
            h_anomaly(&f->cx, (enum ww_dir)f->pair[k].dir, "request_unanswered");
        }
    if (f->alarm_at != 0 && f->alarm_at <= now_ns && !f->stopped && !f->handed_on) {
        f->alarm_at = 0;
        f->in_call = true;
        f->d->tick(&f->cx, f->state);
        f->in_call = false;
    }
}

void t_end(struct t_feed *f)
{
    if (f->stopped || f->handed_on || f->d->end == NULL)
        return;
    f->in_call = true;
    f->d->end(&f->cx, f->state);
    f->in_call = false;
}

static enum ww_guess probe(const struct ww_dissector *d, enum ww_dir dir, struct ww_slice in)
{
    static const uint8_t none[sizeof d->first];
    if (memcmp(d->first, none, sizeof none) != 0 && !WW_FIRST_BIT(d->first, ww_slice_at(in, 0)))
        return WW_GUESS_NO;
    enum ww_guess g = d->probe(in, dir);
    if (g != WW_GUESS_NO && g != WW_GUESS_MAYBE && g != WW_GUESS_YES)
        t_die("%s: the probe gives an unknown answer", d->name);
    return g;
}

enum ww_guess t_probe(const struct ww_dissector *d, enum ww_dir dir, const void *p, size_t n)
{
    if (d->probe == NULL || n == 0)
        return WW_GUESS_NO;
    struct ww_slice s = t_guard(p, n);
    enum ww_guess g = probe(d, dir, s);
    t_unguard(s);
    return g;
}

enum ww_guess t_probe_exact(const struct ww_dissector *d, enum ww_dir dir, const void *p, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    if (copy == NULL)
        t_die("no memory");
    memcpy(copy, p, n);
    enum ww_guess g = d->probe == NULL || n == 0 ? WW_GUESS_NO
                                                 : probe(d, dir, (struct ww_slice){ copy, n });
    free(copy);
    return g;
}
