/* capture_file.c - reads pcap and pcapng in large blocks and hands out packets in place.
 * Source: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng. */
#include "sensor/base/out.h"
#include "sensor/capture.h"
#include "sensor/decode.h"
#include <stdlib.h>
#include <sys/mman.h>

enum {
    PCAP_HDR = 24,
    PCAP_REC = 16,
    NG_SHB = 0x0a0d0d0a,
    NG_IDB = 1,
    NG_PB = 2,
    NG_SPB = 3,
    NG_EPB = 6,
    NG_MAX_PACKET = WW_SNAP_MAX + 64, /* head, a little of options, tail */
    NG_MAX_BLOCK = 1 << 24, /* a block that is not a packet may be larger than a packet; it is skipped */
    NO_LINK = 1 << 16
};

struct iface {
    uint16_t link;
    uint32_t snap;
    uint64_t num, den; /* time stamp unit in ns = num / den */
    int64_t offset_s;
};

struct ww_capfile {
    struct ww_bytes *src;
    struct ww_filter *filter;
    char name[256];
    uint32_t source;
    bool ng, be, eof;
    struct ww_block *blocks;
    unsigned nblocks, cur;
    size_t at;         /* next record in the current block */
    uint64_t base;     /* file offset of the current block's first byte */
    uint64_t skip;     /* bytes of a skipped block that have not been read yet */
    uint64_t frame, filtered;
    uint64_t strange; /* packets of link types that are not known */
    uint16_t strange_link;
    uint32_t known_link; /* the last link type that the decoder knew, NO_LINK = none yet */
    uint64_t last_ts;  /* of the packet before; for those without a time of their own, and for clock steps */
    struct iface *iface; /* pcap: one; pcapng: of the section */
    unsigned nifaces;
};

static uint16_t rd16(struct ww_rd *r, bool be)
{
    return be ? ww_rd_be16(r) : ww_rd_le16(r);
}

static uint32_t rd32(struct ww_rd *r, bool be)
{
    return be ? ww_rd_be32(r) : ww_rd_le32(r);
}

static struct ww_slice have(const struct ww_capfile *c)
{
    const struct ww_block *b = &c->blocks[c->cur];
    return (struct ww_slice){ b->data + c->at, b->n - c->at };
}

/**
 * Moves on to a block that starts with the bytes not used yet, and reads more behind them.
 * Return: WW_CAP_MORE, WW_CAP_WAIT when no block is free, WW_CAP_END when nothing more comes,
 * WW_CAP_BROKEN on a read error.
 */
static enum ww_capfile_end refill(struct ww_capfile *c, struct ww_err *e)
{
    if (c->eof)
        return WW_CAP_END;
    unsigned next = (c->cur + 1) % c->nblocks;
    struct ww_block *from = &c->blocks[c->cur];
    struct ww_block *to = &c->blocks[next];
    if (atomic_load_explicit(&to->refs, memory_order_acquire) != 0)
        return WW_CAP_WAIT;
    struct ww_slice rest = have(c);
    ww_move(to->data, rest);
    c->base += c->at;
    to->n = rest.n;
    c->at = 0;
    from->n = 0;
    c->cur = next;
    ssize_t n = ww_bytes_read(c->src, to->data + to->n, WW_BLOCK_READ, e);
    if (n < 0)
        return WW_CAP_BROKEN;
    if (n == 0) {
        c->eof = true;
        return WW_CAP_END;
    }
    to->n += (size_t)n;
    return WW_CAP_MORE;
}

/* Makes n bytes stand at the read position. n <= WW_SNAP_MAX + 64. */
static enum ww_capfile_end want(struct ww_capfile *c, size_t n, struct ww_err *e)
{
    while (have(c).n < n) {
        enum ww_capfile_end r = refill(c, e);
        if (r != WW_CAP_MORE)
            return r;
    }
    return WW_CAP_MORE;
}

static enum ww_capfile_end broken(const struct ww_capfile *c, const char *what, struct ww_err *e)
{
    ww_err_set(e, WW_E_DATA, "%s: %s at byte %llu (after frame %llu); what came before was read",
               c->name, what, (unsigned long long)c->base + c->at, (unsigned long long)c->frame);
    return WW_CAP_BROKEN;
}

static enum ww_capfile_end cut(const struct ww_capfile *c, struct ww_err *e)
{
    ww_err_set(e, WW_E_DATA, "%s: ends inside a record after frame %llu; the last packet is missing",
               c->name, (unsigned long long)c->frame);
    return WW_CAP_CUT;
}

static uint64_t to_ns(const struct iface *i, uint64_t ticks)
{
    __extension__ typedef unsigned __int128 u128;
    uint64_t ns = i->den == 1 ? ticks * i->num : (uint64_t)((u128)ticks * i->num / i->den);
    return ns + (uint64_t)i->offset_s * 1000000000u;
}

/* if_tsresol: a power of ten, or with the high bit of two. */
static void resolution(struct iface *i, uint8_t v)
{
    uint64_t den = 1;
    for (unsigned k = 0; k < (v & 0x7fu) && den < UINT64_MAX / 10; k++)
        den *= (v & 0x80) ? 2 : 10;
    i->num = den <= 1000000000u && 1000000000u % den == 0 ? 1000000000u / den : 1000000000u;
    i->den = i->num == 1000000000u && den != 1 ? den : 1;
}

/* draft-ietf-opsawg-pcapng 4.2: options of an interface description. */
static void idb_options(struct iface *i, struct ww_rd *r, bool be)
{
    i->num = 1000;
    i->den = 1;
    while (r->left >= 4) {
        uint16_t code = rd16(r, be);
        uint16_t len = rd16(r, be);
        struct ww_rd o = ww_rd_sub(r, len);
        ww_rd_skip(r, (4u - len % 4u) % 4u);
        if (code == 0 || o.bad)
            return;
        if (code == 9 && len == 1)
            resolution(i, ww_rd_u8(&o));
        else if (code == 14 && len == 8) /* if_tsoffset */
            i->offset_s = (int64_t)(be ? ww_rd_be64(&o) : ww_rd_le64(&o));
    }
}

static enum ww_rc open_pcap(struct ww_capfile *c, struct ww_rd *r, bool nano, struct ww_err *e)
{
    ww_rd_skip(r, 2 + 2 + 4 + 4);
    uint32_t snap = rd32(r, c->be);
    uint32_t link = rd32(r, c->be);
    if (r->bad)
        return WW_FAIL(e, WW_E_DATA, "%s: shorter than a pcap header", c->name);
    c->iface[0] = (struct iface){ .link = (uint16_t)link, .snap = snap, .num = nano ? 1 : 1000, .den = 1 };
    c->nifaces = 1;
    c->at += PCAP_HDR;
    return WW_OK;
}

/* Recognises the kind of file from its first bytes. */
static enum ww_rc recognise(struct ww_capfile *c, struct ww_err *e)
{
    enum ww_capfile_end r = want(c, PCAP_HDR, e);
    if (r == WW_CAP_BROKEN)
        return WW_E_DATA;
    struct ww_rd rd = ww_rd(have(c));
    if (rd.left == 0)
        return WW_FAIL(e, WW_E_DATA, "%s: is empty", c->name);
    uint32_t magic = ww_rd_be32(&rd);
    switch (magic) {
    case 0xa1b2c3d4:
    case 0xa1b23c4d:
        c->be = true;
        return open_pcap(c, &rd, magic == 0xa1b23c4d, e);
    case 0xd4c3b2a1:
    case 0x4d3cb2a1:
        return open_pcap(c, &rd, magic == 0x4d3cb2a1, e);
    case NG_SHB:
        c->ng = true;
        return WW_OK;
    default:
        return WW_FAIL(e, WW_E_DATA,
                       "%s: neither pcap nor pcapng (starts with %08x); convert it with "
                       "'tshark -r FILE -w NEW.pcapng'",
                       c->name, magic);
    }
}

enum ww_rc ww_capfile_open(struct ww_capfile **out, const char *path, uint32_t source,
                           const struct ww_capfile_cfg *cfg, struct ww_err *e)
{
    enum ww_rc rc = WW_E_SYS;
    struct ww_capfile *c = calloc(1, sizeof *c);
    if (c == NULL)
        return WW_FAIL(e, WW_E_SYS, "%s: no memory", path);
    c->source = source;
    c->known_link = NO_LINK;
    c->nblocks = cfg->blocks < 2 ? 2 : cfg->blocks;
    c->blocks = calloc(c->nblocks, sizeof *c->blocks);
    c->iface = calloc(WW_IFACES_MAX, sizeof *c->iface);
    ww_text_set(c->name, sizeof c->name, strcmp(path, "-") == 0 ? "standard input" : path);
    if (c->blocks == NULL || c->iface == NULL) {
        ww_err_set(e, WW_E_SYS, "%s: no memory", path);
        goto out;
    }
    for (unsigned i = 0; i < c->nblocks; i++) {
        c->blocks[i].data = malloc(WW_BLOCK_CAP);
        if (c->blocks[i].data == NULL) {
            ww_err_set(e, WW_E_SYS, "%s: no memory", path);
            goto out;
        }
    }
    rc = ww_bytes_open(&c->src, path, e);
    if (rc == WW_OK && cfg->filter != NULL)
        rc = ww_filter_new(&c->filter, cfg->filter, e);
    if (rc == WW_OK)
        rc = recognise(c, e);
out:
    if (rc != WW_OK) {
        ww_capfile_close(c);
        return rc;
    }
    *out = c;
    return WW_OK;
}

void ww_capfile_close(struct ww_capfile *c)
{
    if (c == NULL)
        return;
    ww_bytes_close(c->src);
    ww_filter_free(c->filter);
    for (unsigned i = 0; c->blocks != NULL && i < c->nblocks; i++)
        free(c->blocks[i].data);
    free(c->blocks);
    free(c->iface);
    free(c);
}

/* Counts a packet unless the decoder knows its link type. */
static void other_link(struct ww_capfile *c, uint16_t link)
{
    if (ww_link_known(link))
        c->known_link = link;
    else if (c->strange++ == 0)
        c->strange_link = link;
}

/* Adds a packet to the batch unless the filter leaves it out. */
static inline void take(struct ww_capfile *c, struct ww_batch *b, struct ww_slice bytes, uint32_t len,
                 uint64_t ts, uint16_t link)
{
    struct ww_pkt *p = &b->pkt[b->n];
    if (ts > WW_TS_MAX)
        ts = WW_TS_MAX;
    *p = (struct ww_pkt){ .p = bytes.p,
                          .caplen = (uint32_t)bytes.n,
                          .len = len < bytes.n ? (uint32_t)bytes.n : len,
                          .ts = ts,
                          .frame = ++c->frame,
                          .source = c->source,
                          .link = link,
                          .stepped = ww_clock_stepped(c->last_ts, ts) };
    c->last_ts = ts;
    if (link != c->known_link)
        other_link(c, link);
    if (c->filter != NULL && !ww_filter_pass(c->filter, p))
        c->filtered++;
    else
        b->n++;
}

/**
 * Takes the classic records of a block, until the batch is full or the next one is not complete.
 * Return: bytes used; bad is set in front of a record that cannot be one
 * Limits: WW_SNAP_MAX bytes a packet
 */
static size_t pcap_records(struct ww_capfile *c, struct ww_batch *b, struct ww_slice in, bool *bad)
{
    const struct iface *f = &c->iface[0];
    size_t all = in.n;
    while (b->n < WW_BATCH && in.n >= PCAP_REC) {
        uint32_t head[4]; /* seconds, fraction, bytes present, bytes on the wire */
        for (unsigned k = 0; k < 4; k++)
            head[k] = c->be ? ww_slice_be32(in, k * 4u) : ww_slice_le32(in, k * 4u);
        if (head[2] > WW_SNAP_MAX) {
            *bad = true;
            break;
        }
        struct ww_slice packet = ww_slice_from(in, PCAP_REC);
        if (head[2] > packet.n)
            break;
        take(c, b, (struct ww_slice){ packet.p, head[2] }, head[3],
             (uint64_t)head[0] * 1000000000u + head[1] * f->num, f->link);
        in = ww_slice_from(packet, head[2]);
    }
    return all - in.n;
}

static void ng_packet(struct ww_capfile *c, struct ww_batch *b, struct ww_rd *r, uint32_t type)
{
    uint32_t ifn = 0;
    uint64_t ticks = 0;
    uint32_t caplen = 0;
    uint32_t len = 0;
    if (type == NG_SPB) { /* no time stamp, no own capture length (4.4) */
        len = rd32(r, c->be);
        caplen = c->nifaces > 0 && c->iface[0].snap != 0 && c->iface[0].snap < len
                     ? c->iface[0].snap
                     : len;
        if (caplen > r->left)
            caplen = (uint32_t)r->left;
    } else {
        ifn = type == NG_EPB ? rd32(r, c->be) : rd16(r, c->be);
        if (type == NG_PB)
            ww_rd_skip(r, 2); /* drops count of the obsolete block */
        ticks = (uint64_t)rd32(r, c->be) << 32;
        ticks |= rd32(r, c->be);
        caplen = rd32(r, c->be);
        len = rd32(r, c->be);
    }
    struct ww_slice bytes = ww_rd_bytes(r, caplen);
    if (r->bad || ifn >= c->nifaces) {
        c->frame++; /* it has a number, though it cannot be read */
        return;
    }
    uint64_t ts = type == NG_SPB ? c->last_ts : to_ns(&c->iface[ifn], ticks);
    take(c, b, bytes, len, ts, c->iface[ifn].link);
}

/* One pcapng block. Return: bytes to step over, 0 when it is not complete. */
static size_t ng_block(struct ww_capfile *c, struct ww_batch *b, bool *bad)
{
    struct ww_rd r = ww_rd(have(c));
    struct ww_rd look = r;
    uint32_t type = rd32(&r, c->be);
    if (ww_rd_be32(&look) == NG_SHB) { /* a new section may change the byte order (4.1) */
        ww_rd_skip(&look, 4);
        uint32_t order = ww_rd_be32(&look);
        if (look.bad)
            return 0;
        if (order != 0x1a2b3c4d && order != 0x4d3c2b1a) {
            *bad = true;
            return 0;
        }
        c->be = order == 0x1a2b3c4d;
        c->nifaces = 0;
        type = NG_SHB;
    }
    uint32_t total = rd32(&r, c->be);
    if (r.bad)
        return 0;
    bool packet = type == NG_EPB || type == NG_SPB || type == NG_PB;
    if (total < 12 || total % 4 != 0 || total > (packet ? (uint32_t)NG_MAX_PACKET : (uint32_t)NG_MAX_BLOCK)) {
        *bad = true;
        return 0;
    }
    if (!packet && type != NG_IDB)
        return total; /* nothing wanted inside: it may even be larger than our block */
    struct ww_rd body = ww_rd_sub(&r, total - 12);
    ww_rd_skip(&r, 4);
    if (r.bad)
        return 0;
    if (packet) {
        ng_packet(c, b, &body, type);
    } else if (c->nifaces < WW_IFACES_MAX) {
        struct iface *i = &c->iface[c->nifaces++];
        *i = (struct iface){ .link = rd16(&body, c->be) };
        ww_rd_skip(&body, 2);
        i->snap = rd32(&body, c->be);
        idb_options(i, &body, c->be);
    }
    return total;
}

/* Steps over n bytes, also when they are not read yet. */
static void step(struct ww_capfile *c, size_t n)
{
    size_t left = have(c).n;
    c->at += n < left ? n : left;
    c->skip = n > left ? n - left : 0;
}

/* The blocks that are complete, until the batch is full. */
static void ng_blocks(struct ww_capfile *c, struct ww_batch *b, bool *bad)
{
    while (b->n < WW_BATCH && c->skip == 0 && have(c).n > 0) {
        size_t used = ng_block(c, b, bad);
        if (used == 0)
            return;
        step(c, used);
    }
}

enum ww_capfile_end ww_capfile_next(struct ww_capfile *c, struct ww_batch *b, struct ww_err *e)
{
    b->n = 0;
    for (;;) {
        b->block = &c->blocks[c->cur];
        if (c->skip > 0)
            step(c, (size_t)c->skip);
        bool bad = false;
        if (c->ng)
            ng_blocks(c, b, &bad);
        else
            c->at += pcap_records(c, b, have(c), &bad);
        if (b->n > 0) {
            (void)atomic_fetch_add_explicit(&b->block->refs, b->n, memory_order_relaxed);
            return WW_CAP_MORE;
        }
        if (bad)
            return broken(c, "damaged record", e);
        size_t left = have(c).n;
        if (left >= WW_BLOCK_CAP - WW_BLOCK_READ)
            return broken(c, "record larger than 262144 bytes", e);
        enum ww_capfile_end r = refill(c, e);
        if (r == WW_CAP_END && (left > 0 || c->skip > 0))
            return cut(c, e);
        if (r != WW_CAP_MORE)
            return r;
    }
}

void ww_capfile_progress(const struct ww_capfile *c, uint64_t *done, uint64_t *size)
{
    ww_bytes_progress(c->src, done, size);
}

uint64_t ww_capfile_filtered(const struct ww_capfile *c)
{
    return c->filtered;
}

uint64_t ww_capfile_strange(const struct ww_capfile *c, uint16_t *link, uint64_t *all)
{
    *link = c->strange_link;
    *all = c->frame;
    return c->strange;
}
