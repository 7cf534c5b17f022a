/* fuzz_defrag.c - fragments of four datagrams in any order, compared with byte arrays.
 *
 * Input: operations of six bytes: flags (1 and 8 the datagram, 8 in IPv6, 4 more fragments, 16 a second
 * passes, 32 a minute passes, 64 a frame cut by the snap length, 128 lengths of offloaded frames), offset / 8
 * be16, length be16, first byte.
 */
#include "sensor/defrag.h"
#include "tests/support.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
enum { OPS = 400, KEYS = 4 };

struct model {
    uint8_t want[65536];
    bool have[65536];
    size_t total, top; /* 0 = the last piece was not seen; highest byte that was written */
    uint64_t first;
    bool used, dead;
};
static struct model all[KEYS];

static void forget(struct model *m)
{
    memset(m->have, 0, m->top);
    m->top = m->total = 0;
    m->used = m->dead = false;
}

static bool complete(const struct model *m)
{
    for (size_t i = 0; i < m->total; i++)
        if (!m->have[i])
            return false;
    return m->total > 0;
}

static void step(struct ww_defrag *t, const struct ww_dec *d, uint64_t now, struct model *m)
{
    struct ww_slice whole = { NULL, 0 };
    uint64_t bad = t->bad;
    size_t off = d->frag_off, n = d->payload.n;
    if (m->used && now - m->first > 30000000000u)
        forget(m);
    bool done = ww_defrag_add(t, d, now, &whole);
    if (t->bad != bad) {
        if (done)
            t_die("a refused piece completes a datagram");
        bool wrong = n == 0 || d->cut || off + n > WW_FRAG_DATAGRAM_MAX || (d->more_frags && n % 8 != 0);
        if (!wrong && !m->dead)
            forget(m); /* too many pieces: the datagram was given up */
        return;
    }
    if (off + n > WW_FRAG_DATAGRAM_MAX)
        t_die("a piece up to byte %zu was taken", off + n);
    if (!m->used)
        m->first = now;
    m->used = true;
    if (m->dead)
        t_die("a piece of a datagram that was given up was taken");
    if (!d->more_frags && m->total == 0)
        m->total = off + n;
    bool differs = m->total != 0 && (off + n > m->total || m->top > m->total || (!d->more_frags && off + n != m->total));
    for (size_t i = 0; i < n; i++) {
        differs |= m->have[off + i] && m->want[off + i] != d->payload.p[i];
        if (!m->have[off + i]) {
            m->have[off + i] = true;
            m->want[off + i] = d->payload.p[i];
        }
    }
    m->top = off + n > m->top ? off + n : m->top;
    if (differs != t->differs)
        t_die("a contradiction is %s", differs ? "missed" : "made up");
    m->dead = differs && d->fam == 6;
    if (m->dead) {
        if (done)
            t_die("a contradiction over IPv6 ends the datagram");
        return;
    }
    if (done != complete(m))
        t_die("told as %s, but it is not", done ? "complete" : "incomplete");
    if (done && (whole.n != m->total || memcmp(whole.p, m->want, m->total) != 0))
        t_die("%zu bytes that differ from the %zu that were sent", whole.n, m->total);
    if (done)
        forget(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t ip[2][16] = { { 10, [15] = 1 }, { 10, [15] = 2 } };
    static const struct ww_key key = { { 1, 2 } };
    struct ww_defrag t;
    struct ww_rd r = ww_rd((struct ww_slice){ data, size });
    uint64_t now = 1000000000000u;
    if (ww_defrag_init(&t, KEYS, key) != WW_OK)
        t_die("no memory");
    for (int i = 0; i < OPS && r.left >= 6; i++) {
        uint8_t f = ww_rd_u8(&r);
        size_t off = (ww_rd_be16(&r) & 0x1fffu) * 8;
        size_t n = ww_rd_be16(&r);
        uint8_t fill = ww_rd_u8(&r);
        n = f & 128 ? n * 2 : n % 600;
        now += (f & 16 ? 1000000000u : 0) + (f & 32 ? 60000000000u : 0);
        uint8_t *bytes = malloc(n ? n : 1);
        if (bytes == NULL)
            abort();
        for (size_t k = 0; k < n; k++)
            bytes[k] = (uint8_t)(fill + k);
        bool v6 = f & 8;
        struct ww_dec d = { .fam = v6 ? 6 : 4, .proto = 17, .frag = true, .more_frags = f & 4, .cut = f & 64,
                            .frag_off = (uint32_t)off, .frag_id = f & 1u, .payload = { bytes, n },
                            .ip = { { ip[0], v6 ? 16 : 4 }, { ip[1], v6 ? 16 : 4 } } };
        step(&t, &d, now, &all[(f & 1u) + (v6 ? 2 : 0)]);
        free(bytes);
    }
    for (unsigned k = 0; k < KEYS; k++)
        forget(&all[k]);
    ww_defrag_free(&t);
    return 0;
}
