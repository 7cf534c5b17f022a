/* fuzz_dissector.c - one harness for every dissector; compiled with -DWW_FUZZ_ONE=<name>.
 *
 * Input: chunks of [length hi][length lo][flags] and bytes. Flags: 1 direction B, 2 a gap of
 * `length` bytes (no bytes follow), 4 the chunk is a datagram, 8 packet time goes on by 10 s first,
 * 16 a piece of content for dissectors that read it, 32 its last one. The first piece begins with a
 * line `media method path query accept action parts status`, which becomes the envelope.
 * What a carrier hands on goes to all dissectors that read content. The host of tests/support.h plays the engine: it delivers in memory of the exact size, keeps what
 * was not used, applies skips and aborts when the contract is broken or an event's JSON is bad.
 */
#include "tests/support.h"
#include <stdlib.h>

#define CAT_(a, b) a##b
#define CAT(a, b)  CAT_(a, b)
#define DISSECTOR  CAT(ww_dissector_, WW_FUZZ_ONE)
extern const struct ww_dissector DISSECTOR;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHUNKS = 64, DIR_B = 1, GAP = 2, DATAGRAM = 4, LATER = 8, CONTENT = 16, LAST = 32 };

/* The content at hand by direction. */
static struct {
    bool open;
    uint64_t id, at;
} content[2];

/* Which forms of input the engine would ever deliver. */
static bool lists(const struct ww_dissector *d, bool stream)
{
    if (d->ports == NULL || d->ports[0].on == WW_ON_END)
        return stream;
    for (const struct ww_port *p = d->ports; p->on != WW_ON_END; p++)
        if ((p->on == WW_ON_TCP) == stream)
            return true;
    return false;
}

static struct ww_slice word(struct ww_slice *line)
{
    size_t n = ww_slice_find(*line, 0, ' ');
    struct ww_slice w = ww_slice_sub(*line, 0, n);
    *line = ww_slice_sub(*line, n + 1, line->n);
    return w;
}

/* One piece of content; the memory of its envelope is its own, so that ASan sees one byte too far. */
static void piece(struct t_feed *f, enum ww_dir dir, struct ww_slice in, bool last)
{
    struct ww_content m = { .size = WW_NULL64, .pair = { .latency_ms = WW_NULL32 } };
    char *copy = NULL;
    if (!content[dir].open) {
        size_t n = ww_slice_find(in, 0, '\n');
        copy = malloc(n ? n : 1);
        if (copy == NULL)
            t_die("no memory");
        ww_copy(copy, ww_slice_sub(in, 0, n));
        struct ww_slice line = { (const uint8_t *)copy, n };
        in = ww_slice_sub(in, n + 1, in.n);
        m.media = word(&line);
        m.method = word(&line);
        m.path = word(&line);
        m.query = word(&line);
        m.accept = word(&line);
        m.action = word(&line);
        m.parts = word(&line);
        m.status = (uint16_t)(ww_slice_at(line, 0) * 10);
        m.part = m.parts.n == 1;
        content[dir].id++;
        content[dir].at = 0;
        m.id = content[dir].id;
        (void)t_content(f, &m, dir, "", 0, last && in.n == 0);
    }
    m.id = content[dir].id;
    m.at = content[dir].at;
    if (in.n > 0 || (last && content[dir].open))
        (void)t_content(f, &m, dir, in.p, in.n, last);
    content[dir].at += in.n;
    content[dir].open = !last;
    free(copy);
}

static void probe(const struct ww_dissector *d, enum ww_dir dir, struct ww_slice in)
{
    if (d->probe != NULL && in.n > 0)
        (void)t_probe_exact(d, dir, in.p, in.n);
}

static void chunk(struct t_feed *f, uint8_t flags, uint16_t len, struct ww_rd *r)
{
    enum ww_dir dir = flags & DIR_B ? WW_B : WW_A;
    bool stream = lists(f->d, true);
    f->frame++;
    t_time(f, f->cx.now + (flags & LATER ? 10000000000u : 1000000u));
    if (f->d->content != NULL && ((flags & CONTENT) || f->d->data == NULL)) {
        if (flags & GAP)
            content[dir].at += len;
        else
            piece(f, dir, ww_rd_bytes(r, len < r->left ? len : r->left), (flags & LAST) != 0);
        return;
    }
    if (flags & GAP) {
        if (stream)
            t_gap(f, dir, len);
        return;
    }
    struct ww_slice in = ww_rd_bytes(r, len < r->left ? len : r->left);
    if (f->frame < 4)
        probe(f->d, dir, in);
    if (in.n == 0)
        return;
    if (!stream || ((flags & DATAGRAM) && lists(f->d, false)))
        t_datagram(f, dir, in.p, in.n);
    else
        t_bytes(f, dir, in.p, in.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ww_rd r = ww_rd((struct ww_slice){ data, size });
    struct t_feed *f = t_new(&DISSECTOR);
    f->exact = true;
    f->allow_canary = true; /* the fuzzer may well put the name into an allowed field */
    f->no_text = true;
    static const struct ww_dissector *const self[] = { &DISSECTOR, NULL };
    f->readers = f->d->content != NULL ? self : ww_dissectors;
    for (int k = 0; k < 2; k++)
        content[k].open = false;
    for (int i = 0; i < CHUNKS && r.left >= 3; i++) {
        uint16_t len = ww_rd_be16(&r);
        uint8_t flags = ww_rd_u8(&r);
        chunk(f, flags, len, &r);
    }
    t_end(f);
    t_free(f);
    return 0;
}
