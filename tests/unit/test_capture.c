/* Capture files: pcap and pcapng of all kinds, compressed, cut at each byte, damaged, larger than blocks. */
#include "sensor/capture.h"
#include "sensor/decode.h"
#include "tests/frames.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

static const uint64_t T0 = 1795395600000000000u; /* 2026-11-23T01:00:00Z */

/* ---- files in memory --------------------------------------------------------------------------------------- */
struct file {
    uint8_t *b;
    size_t n, cap;
    bool be;
};

static void put(struct file *f, const void *p, size_t n)
{
    if (f->n + n > f->cap) {
        f->cap = (f->n + n) * 2 + 4096;
        f->b = realloc(f->b, f->cap);
        if (f->b == NULL)
            abort();
    }
    if (n > 0)
        memcpy(f->b + f->n, p, n);
    f->n += n;
}

static void num(struct file *f, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t x = (uint8_t)(v >> 8 * (f->be ? bytes - 1 - i : i));
        put(f, &x, 1);
    }
}

/* Packet i is made of i itself, so that a reader can check it. */
static size_t size_of(size_t i, size_t max)
{
    return 14 + i * 7919 % (max - 13);
}

static void bytes_of(uint8_t *p, size_t i, size_t n)
{
    for (size_t k = 0; k < n; k++)
        p[k] = (uint8_t)(i + k * 13 + k / 256);
}

static void pcap_head(struct file *f, uint32_t magic, uint32_t snap, uint32_t link)
{
    num(f, magic, 4);
    num(f, 2, 2);
    num(f, 4, 2);
    num(f, 0, 8);
    num(f, snap, 4);
    num(f, link, 4);
}

static void pcap_rec(struct file *f, uint32_t sec, uint32_t frac, const uint8_t *p, uint32_t caplen, uint32_t len)
{
    num(f, sec, 4);
    num(f, frac, 4);
    num(f, caplen, 4);
    num(f, len, 4);
    put(f, p, caplen);
}

static struct file pcap_of(size_t n, size_t max, bool be, bool nano)
{
    struct file f = { .be = be };
    uint8_t *p = malloc(max);
    pcap_head(&f, nano ? 0xa1b23c4d : 0xa1b2c3d4, WW_SNAP_MAX, WW_LINK_ETHERNET);
    for (size_t i = 0; i < n; i++) {
        size_t k = size_of(i, max);
        bytes_of(p, i, k);
        pcap_rec(&f, (uint32_t)(T0 / 1000000000u), (uint32_t)(i * (nano ? 1000 : 1)), p, (uint32_t)k, (uint32_t)k + 5);
    }
    free(p);
    return f;
}

static void ng_block(struct file *f, uint32_t type, const struct file *body)
{
    size_t pad = (4 - body->n % 4) % 4;
    uint32_t total = (uint32_t)(12 + body->n + pad);
    num(f, type, 4);
    num(f, total, 4);
    put(f, body->b, body->n);
    put(f, "\0\0\0", pad);
    num(f, total, 4);
}

static void ng_section(struct file *f)
{
    struct file b = { .be = f->be };
    num(&b, 0x1a2b3c4d, 4);
    num(&b, 1, 2);
    num(&b, 0, 2);
    num(&b, UINT64_MAX, 8);
    ng_block(f, 0x0a0d0d0a, &b);
    free(b.b);
}

/* In: resol as in if_tsresol, 0xff = none; offset in seconds, 0 = none */
static void ng_iface(struct file *f, uint16_t link, uint32_t snap, uint8_t resol, int64_t offset)
{
    struct file b = { .be = f->be };
    num(&b, link, 2);
    num(&b, 0, 2);
    num(&b, snap, 4);
    num(&b, 2, 2); /* if_name */
    num(&b, 5, 2);
    put(&b, "span0\0\0\0", 8);
    if (resol != 0xff) {
        num(&b, 9, 2);
        num(&b, 1, 2);
        put(&b, &resol, 1);
        put(&b, "\0\0\0", 3);
    }
    if (offset != 0) {
        num(&b, 14, 2);
        num(&b, 8, 2);
        num(&b, (uint64_t)offset, 8);
    }
    num(&b, 0, 4);
    ng_block(f, 1, &b);
    free(b.b);
}

static void ng_epb(struct file *f, uint32_t iface, uint64_t ticks, const uint8_t *p, size_t n, size_t len)
{
    struct file b = { .be = f->be };
    num(&b, iface, 4);
    num(&b, ticks >> 32, 4);
    num(&b, ticks & UINT32_MAX, 4);
    num(&b, n, 4);
    num(&b, len, 4);
    put(&b, p, n);
    ng_block(f, 6, &b);
    free(b.b);
}

static struct file ng_of(size_t n, size_t max, bool be)
{
    struct file f = { .be = be };
    uint8_t *p = malloc(max);
    ng_section(&f);
    ng_iface(&f, WW_LINK_ETHERNET, 0, 9, 0);
    for (size_t i = 0; i < n; i++) {
        size_t k = size_of(i, max);
        bytes_of(p, i, k);
        ng_epb(&f, 0, T0 + i * 1000, p, k, k + 5);
    }
    free(p);
    return f;
}

static struct file gzip_of(const uint8_t *p, size_t n)
{
    struct file f = { .n = 0 };
    f.cap = n + n / 100 + 1000;
    f.b = malloc(f.cap);
    z_stream z = { .next_in = (uint8_t *)(uintptr_t)p, .avail_in = (uInt)n, .next_out = f.b, .avail_out = (uInt)f.cap };
    if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK || deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    f.n = f.cap - z.avail_out;
    (void)deflateEnd(&z);
    return f;
}

static struct file zstd_of(const uint8_t *p, size_t n)
{
    struct file f = { .n = 0 };
    f.cap = ZSTD_compressBound(n);
    f.b = malloc(f.cap);
    ZSTD_CCtx *z = ZSTD_createCCtx();
    (void)ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1); /* as the command line tool does */
    f.n = ZSTD_compress2(z, f.b, f.cap, p, n);
    (void)ZSTD_freeCCtx(z);
    if (ZSTD_isError(f.n))
        abort();
    return f;
}

/* ---- reading ------------------------------------------------------------------------------------------------ */
static const char *path_of(const uint8_t *p, size_t n, int *fd)
{
    static char path[64];
    *fd = memfd_create("capture", MFD_CLOEXEC);
    for (size_t at = 0; at < n;) {
        ssize_t k = write(*fd, p + at, n - at);
        if (k <= 0)
            t_die("no memory file");
        at += (size_t)k;
    }
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", *fd);
    return path;
}

struct got {
    enum ww_rc rc;
    enum ww_capfile_end end;
    size_t n;
    uint64_t filtered;
    struct ww_err e;
};
typedef void see_fn(void *to, size_t nth, const struct ww_pkt *p);

static struct got read_with(const uint8_t *p, size_t n, const struct ww_capfile_cfg *cfg, see_fn *see, void *to)
{
    struct got g = { .e = { .rc = WW_OK } };
    struct ww_capfile *c = NULL;
    int fd;
    const char *path = path_of(p, n, &fd);
    g.rc = ww_capfile_open(&c, path, 7, cfg, &g.e);
    if (g.rc == WW_OK) {
        static struct ww_batch b;
        while ((g.end = ww_capfile_next(c, &b, &g.e)) == WW_CAP_MORE) {
            for (unsigned i = 0; i < b.n; i++, g.n++)
                if (see != NULL)
                    see(to, g.n, &b.pkt[i]);
            ww_block_drop(b.block, b.n);
        }
        g.filtered = ww_capfile_filtered(c);
        ww_capfile_close(c);
    }
    (void)close(fd);
    return g;
}

static struct got read_it(const struct file *f, see_fn *see, void *to)
{
    static const struct ww_capfile_cfg cfg = { .blocks = 2 };
    return read_with(f->b, f->n, &cfg, see, to);
}

static void check(void *to, size_t i, const struct ww_pkt *p)
{
    size_t max = *(size_t *)to, n = size_of(i, max);
    static uint8_t want[WW_SNAP_MAX];
    bytes_of(want, i, n);
    if (p->caplen != n || p->len != n + 5 || p->frame != i + 1 || p->ts != T0 + i * 1000 || p->source != 7 ||
        p->link != WW_LINK_ETHERNET || memcmp(p->p, want, n) != 0)
        t_die("packet %zu is not what was written: caplen %u, len %u, frame %llu, ts %llu", i, p->caplen, p->len,
              (unsigned long long)p->frame, (unsigned long long)p->ts);
}

static void all_good(struct file f, size_t n, size_t max)
{
    struct got g = read_it(&f, check, &max);
    cr_assert(eq(int, g.rc, WW_OK), "%s", g.e.text);
    cr_assert(eq(int, g.end, WW_CAP_END), "%s", g.e.text);
    cr_assert(eq(sz, g.n, n));
    free(f.b);
}

/* ---- tests ---------------------------------------------------------------------------------------------------- */
Test(capture, pcap_in_both_orders_and_units)
{
    for (unsigned k = 0; k < 4; k++)
        all_good(pcap_of(200, 1500, k & 1, k & 2), 200, 1500);
    for (unsigned n = 0; n < 3; n++)
        all_good(pcap_of(n, 100, false, false), n, 100);
    for (unsigned n = WW_BATCH - 1; n <= WW_BATCH + 1; n++)
        all_good(pcap_of(n, 100, false, false), n, 100);
}

Test(capture, pcapng_in_both_orders)
{
    all_good(ng_of(200, 1500, false), 200, 1500);
    all_good(ng_of(200, 1500, true), 200, 1500);
}

Test(capture, records_straddle_blocks)
{
    all_good(pcap_of(6000, 1500, false, true), 6000, 1500);    /* about 5 MB */
    all_good(pcap_of(100, WW_SNAP_MAX, false, true), 100, WW_SNAP_MAX);
    all_good(ng_of(6000, 1500, true), 6000, 1500);
    all_good(ng_of(60, WW_SNAP_MAX, false), 60, WW_SNAP_MAX);
    struct file f = pcap_of(3000, 1500, false, true);
    struct file g = gzip_of(f.b, f.n), z = zstd_of(f.b, f.n);
    all_good(g, 3000, 1500);
    all_good(z, 3000, 1500);
    free(f.b);
}

Test(capture, the_largest_record_and_one_byte_more)
{
    static uint8_t big[WW_SNAP_MAX + 64];
    for (unsigned over = 0; over < 2; over++) {
        struct file f = { .be = false };
        struct file ng = { .be = false };
        pcap_head(&f, 0xa1b2c3d4, WW_SNAP_MAX, 1);
        ng_section(&ng);
        ng_iface(&ng, 1, 0, 9, 0);
        for (int i = 0; i < 4; i++) {
            uint32_t n = WW_SNAP_MAX + (i == 3 ? over : 0);
            pcap_rec(&f, 1, 0, big, n, n);
            ng_epb(&ng, 0, 1, big, i == 3 && over ? WW_SNAP_MAX + 64 : n, n);
            if (i == 3 && over)
                break;
        }
        struct got a = read_it(&f, NULL, NULL), b = read_it(&ng, NULL, NULL);
        cr_assert(eq(sz, a.n, 4 - over));
        cr_assert(eq(sz, b.n, 4 - over));
        cr_assert(eq(int, a.end, over ? WW_CAP_BROKEN : WW_CAP_END));
        cr_assert(eq(int, b.end, over ? WW_CAP_BROKEN : WW_CAP_END));
        if (over)
            cr_assert(strstr(a.e.text, "after frame 3") != NULL, "%s", a.e.text);
        free(f.b);
        free(ng.b);
    }
}

static void see_ts(void *to, size_t i, const struct ww_pkt *p)
{
    ((uint64_t *)to)[i] = p->ts;
}

Test(capture, time_stamp_units_and_offsets)
{
    struct file f = { .be = true };
    uint64_t ts[8] = { 0 };
    uint8_t p[14] = { 0 };
    ng_section(&f);
    ng_iface(&f, 1, 0, 0xff, 0);     /* microseconds when nothing is said */
    ng_iface(&f, 1, 0, 6, 0);
    ng_iface(&f, 1, 0, 9, 0);
    ng_iface(&f, 1, 0, 3, 100);      /* milliseconds, a hundred seconds later */
    ng_iface(&f, 1, 0, 0x80 | 10, 0); /* 1/1024 s */
    ng_iface(&f, 1, 0, 0x80 | 32, -5);
    ng_iface(&f, 1, 0, 12, 0);       /* picoseconds */
    ng_iface(&f, 1, 0, 0, 0);        /* seconds */
    ng_epb(&f, 0, 5000001, p, 14, 14);
    ng_epb(&f, 1, 5000001, p, 14, 14);
    ng_epb(&f, 2, 5000000001, p, 14, 14);
    ng_epb(&f, 3, 5001, p, 14, 14);
    ng_epb(&f, 4, 5 * 1024 + 512, p, 14, 14);
    ng_epb(&f, 5, (10ull << 32) + (1ull << 30), p, 14, 14);
    ng_epb(&f, 6, 5000000001000, p, 14, 14);
    ng_epb(&f, 7, 5, p, 14, 14);
    struct got g = read_it(&f, see_ts, ts);
    static const uint64_t want[] = { 5000001000, 5000001000, 5000000001, 105001000000, 5500000000, 5250000000,
                                     5000000001, 5000000000 };
    cr_assert(eq(sz, g.n, 8));
    for (size_t i = 0; i < 8; i++)
        cr_assert(eq(u64, ts[i], want[i]), "interface %zu", i);
    free(f.b);
}

struct seen {
    uint16_t link[64];
    uint32_t caplen[64];
    uint64_t frame[64], ts[64];
};
static void see_all(void *to, size_t i, const struct ww_pkt *p)
{
    struct seen *s = to;
    s->link[i] = p->link;
    s->caplen[i] = p->caplen;
    s->frame[i] = p->frame;
    s->ts[i] = p->ts;
}

Test(capture, sections_interfaces_and_old_blocks)
{
    static struct seen s;
    struct file f = { .be = false };
    uint8_t p[100] = { 0 };
    ng_section(&f);
    ng_iface(&f, WW_LINK_ETHERNET, 60, 9, 0);
    ng_iface(&f, WW_LINK_RAW, 0, 9, 0);
    ng_epb(&f, 1, T0, p, 40, 40);
    ng_epb(&f, 0, T0 + 5, p, 40, 40);
    struct file b = { .be = false }; /* simple packet block: cut to the snap length of interface 0 */
    num(&b, 100, 4);
    put(&b, p, 60);
    ng_block(&f, 3, &b);
    b.n = 0; /* packet block, obsolete: interface of two bytes and a count of drops */
    num(&b, 1, 2);
    num(&b, 9, 2);
    num(&b, (T0 + 7) >> 32, 4);
    num(&b, (T0 + 7) & UINT32_MAX, 4);
    num(&b, 33, 4);
    num(&b, 50, 4);
    put(&b, p, 33);
    ng_block(&f, 2, &b);
    ng_epb(&f, 2, T0, p, 40, 40); /* an interface that was never described: numbered, not read */
    f.be = true;                   /* a new section in the other byte order, with one interface */
    ng_section(&f);
    ng_iface(&f, WW_LINK_SLL, 0, 6, 0);
    ng_epb(&f, 0, T0 / 1000, p, 41, 41);
    ng_epb(&f, 1, T0 / 1000, p, 40, 40); /* interface 1 was of the section before */
    struct got g = read_it(&f, see_all, &s);
    cr_assert(eq(int, g.end, WW_CAP_END), "%s", g.e.text);
    cr_assert(eq(sz, g.n, 5));
    static const uint16_t link[] = { WW_LINK_RAW, WW_LINK_ETHERNET, WW_LINK_ETHERNET, WW_LINK_RAW, WW_LINK_SLL };
    static const uint32_t caplen[] = { 40, 40, 60, 33, 41 };
    static const uint64_t frame[] = { 1, 2, 3, 4, 6 }, ts[] = { 0, 5, 5, 7, 0 };
    for (size_t i = 0; i < 5; i++) {
        cr_assert(eq(u16, s.link[i], link[i]));
        cr_assert(eq(u32, s.caplen[i], caplen[i]));
        cr_assert(eq(u64, s.frame[i], frame[i]));
        cr_assert(eq(u64, s.ts[i], T0 + ts[i])); /* a simple packet has the time of the one before */
    }
    free(b.b);
    free(f.b);
}

Test(capture, unknown_blocks_of_any_size_are_passed_over)
{
    struct file f = { .be = false };
    size_t max = 100;
    uint8_t p[100];
    struct file b = { .be = false };
    static uint8_t zero[3000000];
    ng_section(&f);
    ng_iface(&f, 1, 0, 9, 0);
    static const size_t sizes[] = { 0, 4, 1000, WW_BLOCK_READ - 12, WW_BLOCK_READ, WW_BLOCK_CAP, 3000000 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        b.n = 0;
        put(&b, zero, sizes[i]);
        ng_block(&f, 0x0bad0000, &b);
        size_t k = size_of(i, max);
        bytes_of(p, i, k);
        ng_epb(&f, 0, T0 + i * 1000, p, k, k + 5);
    }
    free(b.b);
    all_good(f, sizeof sizes / sizeof sizes[0], max);
}

/* A file cut at each byte: all whole packets before come, then CUT, or END between records. */
static void cut_everywhere(const struct file *f, size_t max, size_t want_ends)
{
    size_t ends = 0, last = 0;
    for (size_t n = 0; n < f->n; n++) {
        struct file part = { .b = f->b, .n = n };
        struct got g = read_it(&part, check, &max);
        if (g.rc != WW_OK) {
            cr_assert(g.e.text[0] != 0, "cut at %zu: no sentence", n);
            continue;
        }
        if (g.end == WW_CAP_END)
            ends++;
        else if (g.end != WW_CAP_CUT)
            t_die("cut at %zu: end %d: %s", n, g.end, g.e.text);
        if (g.n < last)
            t_die("cut at %zu: %zu packets, fewer than before", n, g.n);
        last = g.n;
    }
    cr_assert(eq(sz, ends, want_ends));
    cr_assert(eq(sz, last, 11)); /* the twelfth is never whole */
}

Test(capture, cut_at_each_byte)
{
    struct file f = pcap_of(12, 60, false, false), ng = ng_of(12, 60, true);
    cut_everywhere(&f, 60, 12);
    cut_everywhere(&ng, 60, 12 + 1); /* also between the section and its interface */
    free(f.b);
    free(ng.b);
}

Test(capture, compressed_files_cut_or_damaged_give_what_they_have)
{
    size_t max = 1500;
    struct file f = pcap_of(3000, max, false, true);
    for (unsigned kind = 0; kind < 2; kind++) {
        struct file z = kind == 0 ? gzip_of(f.b, f.n) : zstd_of(f.b, f.n);
        for (size_t n = 0; n < z.n; n += n < 40 ? 1 : z.n / 40) {
            struct file part = { .b = z.b, .n = n };
            struct got g = read_it(&part, check, &max);
            if (g.rc == WW_OK && g.end == WW_CAP_END)
                t_die("kind %u cut at %zu of %zu: a regular end", kind, n, z.n);
            cr_assert(g.e.text[0] != 0);
            if (n > z.n / 2)
                cr_assert(gt(sz, g.n, 1000), "kind %u, %zu of %zu bytes", kind, n, z.n);
        }
        for (size_t at = 20; at < z.n; at += z.n / 60) {
            z.b[at] ^= 0x55;
            struct got g = read_it(&z, NULL, NULL); /* wrong bytes may come out before it is noticed */
            cr_assert(not(g.rc == WW_OK && g.end == WW_CAP_END && g.n == 3000));
            if (kind == 0 && at > z.n * 3 / 4)
                cr_assert(gt(sz, g.n, 1000), "damage at %zu of %zu", at, z.n);
            z.b[at] ^= 0x55;
        }
        free(z.b);
    }
    free(f.b);
}

Test(capture, compressed_members_follow_each_other)
{
    size_t max = 300;
    struct file f = pcap_of(500, max, true, true);
    struct file all = { .n = 0 }, zall = { .n = 0 };
    for (size_t at = 0; at < f.n; at += 1000) {
        size_t k = f.n - at < 1000 ? f.n - at : 1000;
        struct file g = gzip_of(f.b + at, k), z = zstd_of(f.b + at, k), none = gzip_of(f.b, 0);
        put(&all, g.b, g.n);
        put(&all, none.b, none.n);
        put(&zall, z.b, z.n);
        free(g.b);
        free(z.b);
        free(none.b);
    }
    all_good(all, 500, max);
    all_good(zall, 500, max);
    free(f.b);
}

static void refused(const void *p, size_t n, const char *why)
{
    static const struct ww_capfile_cfg cfg = { .blocks = 2 };
    struct got g = read_with(p, n, &cfg, NULL, NULL);
    cr_assert(ne(int, g.rc, WW_OK));
    cr_assert(strstr(g.e.text, why) != NULL, "%s", g.e.text);
}

Test(capture, what_is_no_capture_is_refused_in_a_sentence)
{
    refused("", 0, "is empty");
    refused("x", 1, "neither pcap nor pcapng");
    refused("<?xml version=\"1.0\"?>....................", 40, "neither pcap nor pcapng");
    refused("\xd4\xc3\xb2\xa1\2\0\4\0", 8, "shorter than a pcap header");
    struct ww_capfile *c = NULL;
    struct ww_err e;
    struct ww_capfile_cfg cfg = { .blocks = 0 };
    cr_assert(eq(int, ww_capfile_open(&c, "/nonexistent/x.pcap", 0, &cfg, &e), WW_E_SYS));
    cr_assert(strstr(e.text, "/nonexistent/x.pcap: cannot open: No such file") != NULL, "%s", e.text);
    cr_assert(ne(int, ww_capfile_open(&c, "/tmp", 0, &cfg, &e), WW_OK));
    cr_assert(strstr(e.text, "/tmp: ") != NULL, "%s", e.text);
    cr_assert(strstr(e.text, "directory") != NULL, "%s", e.text);
    cfg.filter = "tcp and (";
    struct file f = pcap_of(1, 60, false, false);
    int fd;
    cr_assert(eq(int, ww_capfile_open(&c, path_of(f.b, f.n, &fd), 0, &cfg, &e), WW_E_CONF));
    cr_assert(strstr(e.text, "tcp and (") != NULL, "%s", e.text);
    cr_assert(c == NULL);
    (void)close(fd);
    free(f.b);
}

Test(capture, damaged_lengths)
{
    size_t max = 60;
    /* classic: a length beyond any record */
    struct file f = pcap_of(10, max, false, false);
    size_t at = 24 + 16 + size_of(0, max) + 8; /* caplen of the second */
    memcpy(f.b + at, "\xff\xff\xff\x7f", 4);
    struct got g = read_it(&f, NULL, NULL);
    cr_assert(eq(int, g.end, WW_CAP_BROKEN));
    cr_assert(eq(sz, g.n, 1));
    char where[40];
    (void)snprintf(where, sizeof where, "at byte %zu (after frame 1)", at - 8);
    cr_assert(strstr(g.e.text, where) != NULL, "%s", g.e.text);
    free(f.b);
    /* pcapng: too short, not a multiple of four, larger than anything */
    static const char bad[][4] = { "\0\0\0\0", "\x08\0\0\0", "\x2e\0\0\0", "\xff\xff\xff\xff", "\0\0\0\x40" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct file ng = { .be = false };
        uint8_t p[20] = { 0 };
        ng_section(&ng);
        ng_iface(&ng, 1, 0, 9, 0);
        ng_epb(&ng, 0, T0, p, 20, 20);
        at = ng.n;
        ng_epb(&ng, 0, T0, p, 20, 20);
        memcpy(ng.b + at + 4, bad[i], 4);
        g = read_it(&ng, NULL, NULL);
        cr_assert(eq(int, g.end, WW_CAP_BROKEN), "%zu: %s", i, g.e.text);
        cr_assert(eq(sz, g.n, 1));
        free(ng.b);
    }
    /* a section whose byte order cannot be told */
    struct file ng = ng_of(1, 60, false);
    at = ng.n;
    ng_section(&ng);
    ng.b[at + 8] = 0;
    g = read_it(&ng, NULL, NULL);
    cr_assert(eq(int, g.end, WW_CAP_BROKEN));
    cr_assert(eq(sz, g.n, 1));
    free(ng.b);
    /* a captured length beyond its block: that packet only */
    ng = ng_of(0, 60, false);
    struct file b = { .be = false };
    num(&b, 0, 4);
    num(&b, 0, 8);
    num(&b, 1000, 4);
    num(&b, 1000, 4);
    ng_block(&ng, 6, &b);
    ng_epb(&ng, 0, T0, (const uint8_t *)"0123456789abcd", 14, 14);
    static struct seen s;
    g = read_it(&ng, see_all, &s);
    cr_assert(eq(int, g.end, WW_CAP_END));
    cr_assert(eq(sz, g.n, 1));
    cr_assert(eq(u64, s.frame[0], 2));
    free(b.b);
    free(ng.b);
}

/* Each single byte of a small file changed: an end is reached, and the packets lie in the block. */
static void touch(void *to, size_t i, const struct ww_pkt *p)
{
    (void)i;
    for (uint32_t k = 0; k < p->caplen; k++)
        *(volatile uint8_t *)to ^= p->p[k];
    cr_assert(le(u32, p->caplen, p->len));
    cr_assert(le(u64, p->ts, WW_TS_MAX)); /* sums of a time and a few hours never wrap */
}

Test(capture, each_byte_changed)
{
    static const uint8_t values[] = { 0, 0x7f, 0x80, 0xff };
    uint8_t sum = 0;
    for (unsigned kind = 0; kind < 2; kind++) {
        struct file f = kind == 0 ? pcap_of(3, 40, false, false) : ng_of(3, 40, false);
        for (size_t at = 0; at < f.n; at++) {
            for (size_t v = 0; v < sizeof values; v++) {
                uint8_t was = f.b[at];
                f.b[at] = values[v];
                struct got g = read_it(&f, touch, &sum);
                cr_assert(le(sz, g.n, 64));
                f.b[at] = was;
            }
        }
        free(f.b);
    }
}

Test(capture, blocks_that_are_in_use_are_not_overwritten)
{
    size_t max = 1500;
    struct file f = pcap_of(3000, max, false, true);
    struct ww_capfile_cfg cfg = { .blocks = 3 };
    struct ww_capfile *c = NULL;
    struct ww_err e;
    int fd;
    cr_assert(eq(int, ww_capfile_open(&c, path_of(f.b, f.n, &fd), 7, &cfg, &e), WW_OK));
    enum { HELD = 200 };
    static struct ww_batch b[HELD];
    size_t n = 0, first = 0, seen = 0, waits = 0;
    for (;;) {
        enum ww_capfile_end end = ww_capfile_next(c, &b[n % HELD], &e);
        if (end == WW_CAP_WAIT) { /* nothing moves until the oldest is given back */
            waits++;
            cr_assert(eq(int, ww_capfile_next(c, &b[n % HELD], &e), WW_CAP_WAIT));
            cr_assert(lt(sz, first, n));
        } else if (end != WW_CAP_MORE) {
            cr_assert(eq(int, end, WW_CAP_END));
        } else {
            n++;
            if (n - first < HELD)
                continue;
        }
        if (first == n)
            break;
        struct ww_batch *old = &b[first++ % HELD];
        for (unsigned i = 0; i < old->n; i++)
            check(&max, seen++, &old->pkt[i]); /* still there, though much was read behind it */
        ww_block_drop(old->block, old->n);
    }
    cr_assert(eq(sz, seen, 3000));
    cr_assert(gt(sz, waits, 0));
    ww_capfile_close(c);
    (void)close(fd);
    free(f.b);
}

/* ---- filter --------------------------------------------------------------------------------------------------- */
Test(capture, filter_by_expression_on_several_link_types)
{
    static struct fr eth, raw;
    for (unsigned k = 0; k < 2; k++) {
        struct fr *f = k == 0 ? &eth : &raw;
        if (k == 0)
            fr_eth(f, 0x0800);
        fr_ip4(f, 0x0a000001, 0x0a000002, 17, 1, 0, FR_UDP + 4);
        fr_udp(f, 1111, 53, 4);
        fr_put(f, "abcd", 4);
    }
    struct file f = { .be = false };
    ng_section(&f);
    ng_iface(&f, WW_LINK_ETHERNET, 0, 9, 0);
    ng_iface(&f, WW_LINK_RAW, 0, 9, 0);
    ng_iface(&f, 147, 0, 9, 0); /* a private link type: the expression has no meaning for it */
    for (unsigned i = 0; i < 10; i++) {
        ng_epb(&f, 0, T0, eth.b, eth.n, eth.n);
        ng_epb(&f, 1, T0, raw.b, raw.n, raw.n);
        ng_epb(&f, 2, T0, eth.b, eth.n, eth.n);
    }
    static struct seen s;
    struct ww_capfile_cfg cfg = { .blocks = 2, .filter = "udp port 53" };
    struct got g = read_with(f.b, f.n, &cfg, see_all, &s);
    cr_assert(eq(sz, g.n, 20));
    cr_assert(eq(u64, g.filtered, 10));
    cr_assert(eq(u64, s.frame[2], 4)); /* numbers count what was left out */
    cfg.filter = "udp port 54";
    g = read_with(f.b, f.n, &cfg, NULL, NULL);
    cr_assert(eq(sz, g.n, 0));
    cr_assert(eq(u64, g.filtered, 30));
    cr_assert(eq(int, g.end, WW_CAP_END));
    free(f.b);
}
