/* IP reassembly: orders, overlaps, holes, limits, against a byte array. */
#include "sensor/defrag.h"
#include "tests/frames.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const uint64_t NS = 1000000000u;
static const uint8_t SRC[16] = { 10, 0, 0, 1, [15] = 7 };
static const uint8_t DST[16] = { 10, 0, 0, 2, [15] = 9 };
static uint8_t body[70000];

static struct ww_defrag table(uint32_t cap)
{
    struct ww_defrag t;
    struct ww_key k = { { 3, 4 } };
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (uint8_t)(i * 7 + i / 256);
    if (ww_defrag_init(&t, cap, k) != WW_OK)
        t_die("no memory");
    return t;
}

static struct ww_dec piece(uint32_t id, size_t off, size_t n, bool more)
{
    return (struct ww_dec){ .fam = 4, .proto = 17, .frag = true, .more_frags = more, .frag_off = (uint32_t)off,
                            .frag_id = id, .wire = (uint32_t)n,
                            .ip = { { SRC, 4 }, { DST, 4 } }, .payload = { body + off, n } };
}

static bool add(struct ww_defrag *t, struct ww_dec d, uint64_t ts, struct ww_slice *whole)
{
    struct ww_slice keep = d.payload;
    d.payload = t_guard(keep.p, keep.n);
    *whole = (struct ww_slice){ NULL, 0 };
    bool done = ww_defrag_add(t, &d, ts, whole);
    t_unguard(d.payload);
    return done;
}

static void is_whole(struct ww_slice w, size_t n)
{
    cr_assert(eq(sz, w.n, n));
    cr_assert(eq(int, memcmp(w.p, body, n), 0));
}

/* All orders of five pieces, the last of an odd length. */
Test(defrag, every_order)
{
    struct ww_defrag t = table(8);
    struct ww_slice w;
    static const size_t off[] = { 0, 8, 24, 1024, 1032, 1041 };
    for (unsigned perm = 0; perm < 5 * 5 * 5 * 5 * 5; perm++) {
        unsigned order[5], seen = 0, x = perm;
        for (unsigned i = 0; i < 5; i++, x /= 5) {
            order[i] = x % 5;
            seen |= 1u << order[i];
        }
        if (seen != 31)
            continue;
        for (unsigned i = 0; i < 5; i++) {
            unsigned k = order[i];
            bool done = add(&t, piece(perm, off[k], off[k + 1] - off[k], k < 4), NS, &w);
            cr_assert(done == (i == 4), "order %u, piece %u", perm, i);
        }
        is_whole(w, 1041);
    }
    cr_assert(eq(u64, t.whole, 120));
    cr_assert(eq(u64, t.bad + t.evicted + t.overlaps, 0));
    ww_defrag_free(&t);
}

Test(defrag, duplicates_and_holes)
{
    struct ww_defrag t = table(8);
    struct ww_slice w;
    cr_assert(not(add(&t, piece(1, 0, 800, true), NS, &w)));
    cr_assert(not(add(&t, piece(1, 0, 800, true), NS, &w)));
    cr_assert(not(add(&t, piece(1, 1600, 100, false), NS, &w)));
    cr_assert(not(add(&t, piece(1, 1600, 100, false), NS, &w)));
    cr_assert(not(add(&t, piece(1, 808, 792, true), NS, &w))); /* eight bytes are still missing */
    cr_assert(add(&t, piece(1, 800, 8, true), NS, &w));
    is_whole(w, 1700);
    cr_assert(eq(u64, t.overlaps, 2));
    /* the number may be used again at once */
    cr_assert(not(add(&t, piece(1, 0, 8, true), NS, &w)));
    cr_assert(add(&t, piece(1, 8, 8, false), NS, &w));
    is_whole(w, 16);
    ww_defrag_free(&t);
}

Test(defrag, the_earlier_bytes_stay_where_pieces_overlap)
{
    struct ww_defrag t = table(8);
    struct ww_slice w;
    static uint8_t other[64];
    memset(other, 0xee, sizeof other);
    cr_assert(not(add(&t, piece(1, 8, 16, true), NS, &w)));
    struct ww_dec d = piece(1, 0, 32, true); /* around it on both sides */
    d.payload.p = other;
    cr_assert(not(add(&t, d, NS, &w)));
    cr_assert(add(&t, piece(1, 32, 5, false), NS, &w));
    cr_assert(eq(sz, w.n, 37));
    cr_assert(eq(int, memcmp(w.p + 8, body + 8, 16), 0));
    cr_assert(eq(int, memcmp(w.p, other, 8), 0));
    cr_assert(eq(int, memcmp(w.p + 24, other, 8), 0));
    ww_defrag_free(&t);
}

/* Returns whether the second of two pieces with other bytes is told, and whether the datagram is whole
 * in the end. */
static bool contradiction(uint8_t fam, const char *second, size_t at, bool more, bool *done)
{
    struct ww_defrag t = table(8);
    struct ww_slice w;
    static const char first[] = "0123456789abcdefghijklmn";
    struct ww_dec d = piece(1, 0, 24, true);
    d.fam = fam;
    d.ip[0].n = d.ip[1].n = fam == 4 ? 4 : 16;
    d.payload.p = (const uint8_t *)first;
    cr_assert(not(add(&t, d, NS, &w)));
    cr_assert(not(t.differs));
    d.payload = (struct ww_slice){ (const uint8_t *)second, strlen(second) };
    d.frag_off = (uint32_t)at;
    d.more_frags = more;
    (void)add(&t, d, NS, &w);
    bool differs = t.differs;
    cr_assert(eq(u64, t.differing, differs));
    d.payload = WW_SLICE_LIT("end");
    d.frag_off = 32;
    d.more_frags = false;
    *done = add(&t, d, NS, &w);
    if (*done)
        cr_assert(eq(int, memcmp(w.p, first, 24), 0), "what came first stays");
    ww_defrag_free(&t);
    return differs;
}

Test(defrag, pieces_that_contradict_are_told)
{
    bool done;
    cr_assert(not(contradiction(4, "ghijklmn--------", 16, true, &done)));
    cr_assert(done);
    cr_assert(contradiction(4, "ghijkXmn--------", 16, true, &done));
    cr_assert(done);
    cr_assert(not(contradiction(6, "ghijklmn--------", 16, true, &done)));
    cr_assert(done);
    cr_assert(contradiction(6, "ghijkXmn--------", 16, true, &done));
    cr_assert(not(done)); /* RFC 8200 4.5: the datagram is discarded, also what comes later */
    cr_assert(contradiction(4, "gh", 16, false, &done)); /* an end inside of what was seen, and then another */
}

/* Random pieces of one datagram: a byte that was accepted first stays; complete exactly when all are there. */
Test(defrag, random_pieces_against_a_byte_array)
{
    struct ww_defrag t = table(4);
    static uint8_t have[2048], sent[2048];
    for (uint32_t seed = 1; seed <= 3000; seed++) {
        uint32_t x = seed * 2654435761u | 1;
        size_t total = 300 + fr_rand(&x) % 1500;
        size_t left = total;
        bool done = false, last = false;
        struct ww_slice w;
        memset(have, 0, sizeof have);
        for (unsigned i = 0; i < 200 && !done; i++) {
            size_t off = fr_rand(&x) % (total / 8 + 1) * 8;
            size_t n = 1 + fr_rand(&x) % 400;
            bool more = off + n < total;
            if (off >= total)
                continue;
            n = more ? (n + 7) / 8 * 8 : total - off;
            if (more && off + n >= total)
                continue; /* only the last piece ends the datagram */
            struct ww_dec d = piece(seed, off, n, more);
            uint8_t mark = (uint8_t)fr_rand(&x);
            for (size_t k = 0; k < n; k++)
                body[off + k] = (uint8_t)(mark + k);
            uint64_t bad = t.bad;
            done = add(&t, d, NS, &w);
            if (t.bad != bad)
                break; /* more than 64 pieces */
            last |= !more;
            for (size_t k = 0; k < n; k++) {
                if (!have[off + k]) {
                    have[off + k] = 1;
                    sent[off + k] = body[off + k];
                    left--;
                }
            }
            if (done != (left == 0 && last))
                t_die("seed %u: %s with %zu bytes missing", seed, done ? "complete" : "not complete", left);
        }
        if (done && (w.n != total || memcmp(w.p, sent, total) != 0))
            t_die("seed %u: other bytes than were sent", seed);
    }
    cr_assert(gt(u64, t.whole, 1000));
    ww_defrag_free(&t);
}

Test(defrag, pieces_at_their_limit)
{
    struct ww_slice w;
    for (unsigned n = WW_FRAG_PIECES - 1; n <= WW_FRAG_PIECES + 1; n++) {
        struct ww_defrag t = table(4);
        bool done = false;
        for (unsigned i = 0; i < n; i++)
            done = add(&t, piece(1, i * 8u, 8, i + 1 < n), NS, &w);
        cr_assert(eq(int, done, n <= WW_FRAG_PIECES));
        cr_assert(eq(u64, t.bad, n > WW_FRAG_PIECES));
        ww_defrag_free(&t);
    }
}

Test(defrag, sizes_at_their_limit)
{
    struct ww_defrag t = table(4);
    struct ww_slice w;
    cr_assert(not(add(&t, piece(1, 0, 65528, true), NS, &w)));
    cr_assert(add(&t, piece(1, 65528, 7, false), NS, &w));
    is_whole(w, 65535);
    cr_assert(not(add(&t, piece(2, 65528, 8, false), NS, &w))); /* ends behind 65535: the ping of death */
    cr_assert(not(add(&t, piece(3, 0, 69992, true), NS, &w)));  /* a frame of a capture may be that large */
    cr_assert(not(add(&t, piece(4, 0, 65536, true), NS, &w)));
    cr_assert(not(add(&t, piece(5, 8, 69000, false), NS, &w)));
    cr_assert(not(add(&t, piece(6, 0, 0, true), NS, &w)));
    cr_assert(not(add(&t, piece(7, 0, 9, true), NS, &w))); /* only the last may have any length (RFC 791) */
    struct ww_dec cut = piece(8, 0, 8, true);
    cut.cut = true;
    cr_assert(not(add(&t, cut, NS, &w)));
    cr_assert(eq(u64, t.bad, 7));
    cr_assert(eq(u64, t.seen, 9));
    ww_defrag_free(&t);
}

Test(defrag, old_pieces_do_not_meet_new_ones)
{
    struct ww_defrag t = table(4);
    struct ww_slice w;
    cr_assert(not(add(&t, piece(1, 0, 8, true), 100 * NS, &w)));
    cr_assert(add(&t, piece(1, 8, 8, false), 130 * NS, &w)); /* just in time */
    cr_assert(not(add(&t, piece(1, 0, 8, true), 200 * NS, &w)));
    cr_assert(not(add(&t, piece(1, 8, 8, false), 231 * NS, &w)));
    cr_assert(eq(u64, t.timed_out, 1));
    cr_assert(not(add(&t, piece(2, 0, 8, true), 500 * NS, &w)));
    cr_assert(add(&t, piece(2, 8, 8, false), 400 * NS, &w)); /* time that goes back is no time-out */
    ww_defrag_free(&t);
}

Test(defrag, a_flood_is_bounded_and_the_oldest_go)
{
    struct ww_defrag t = table(4); /* one set */
    struct ww_slice w;
    for (uint32_t i = 0; i < 4; i++)
        cr_assert(not(add(&t, piece(i, 0, 8, true), (10 + i) * NS, &w)));
    cr_assert(not(add(&t, piece(4, 0, 8, true), 14 * NS, &w))); /* pushes out number 0 */
    cr_assert(eq(u64, t.evicted, 1));
    cr_assert(add(&t, piece(1, 8, 8, false), 14 * NS, &w));
    cr_assert(add(&t, piece(4, 8, 8, false), 14 * NS, &w));
    cr_assert(not(add(&t, piece(0, 8, 8, false), 14 * NS, &w)));
    for (uint32_t i = 0; i < 100000; i++)
        cr_assert(not(add(&t, piece(1000 + i, 0, 8, true), 15 * NS, &w)));
    cr_assert(not(add(&t, piece(7, 0, 8, true), 16 * NS, &w)));
    cr_assert(add(&t, piece(7, 8, 8, false), 16 * NS, &w)); /* and the table still works */
    cr_assert(eq(u64, t.seen, t.cap - t.cap + 5 + 3 + 100000 + 2));
    ww_defrag_free(&t);
}

Test(defrag, datagrams_are_told_apart_by_all_of_their_key)
{
    struct ww_defrag t = table(64);
    struct ww_slice w;
    struct ww_dec d[5];
    for (unsigned i = 0; i < 5; i++)
        d[i] = piece(1, 0, 8, true);
    d[1].proto = 6;
    d[2].frag_id = 2;
    d[3].ip[0] = d[0].ip[1];
    d[3].ip[1] = d[0].ip[0];
    d[4].fam = 6;
    d[4].ip[0] = (struct ww_slice){ SRC, 16 };
    d[4].ip[1] = (struct ww_slice){ DST, 16 };
    for (unsigned i = 0; i < 5; i++)
        cr_assert(not(add(&t, d[i], NS, &w)));
    for (unsigned i = 0; i < 5; i++) {
        d[i].frag_off = 8;
        d[i].more_frags = false;
        d[i].payload = (struct ww_slice){ body + 8, 5 };
        cr_assert(add(&t, d[i], NS, &w));
        is_whole(w, 13);
    }
    ww_defrag_free(&t);
}
