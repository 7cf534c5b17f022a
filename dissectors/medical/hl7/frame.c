/* frame.c - messages in bytes of one side: MLLP blocks as they really are, and text without
 * framing. Source: HL7 v2.3.1 Implementation Guide appendix C.4.3 (block format); MLLP release 2
 * (commit acknowledgement); what engines and devices really send */
#include "dissectors/medical/hl7/hl7.h"

enum st {
    ST_IDLE,  /* between messages */
    ST_BLOCK, /* after VT */
    ST_RAW,   /* a header without VT */
    ST_LOST   /* no known boundary: bytes pass until one comes */
};
enum { LOST_MAX = 32 << 20 };

/* Next place of each byte that ends a segment, found once for a call; in.n when there is none. */
struct ends {
    size_t cr, lf, fs, vt;
};
static const struct ends ends_unknown = { SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX };

static size_t next_end(struct ww_slice in, size_t *known, size_t from, uint8_t byte)
{
    if (*known == SIZE_MAX || *known < from)
        *known = ww_slice_find(in, from, byte);
    return *known;
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static enum ww_guess header_at(struct ww_slice in, size_t at)
{
    return ww_hl7_header(ww_slice_sub(in, at, HL7_HEADER));
}

/* How the message at hand came. */
static const char *framing(const struct hl7_run *run)
{
    return run->carrier != NULL ? run->carrier : run->s->st == ST_BLOCK ? "mllp" : "bare";
}

/** Ends a message without framing, which only silence, close or the other side's answer ends. */
void ww_hl7_flush(const struct hl7_run *run)
{
    struct hl7_side *s = run->s;
    if (s->st != ST_RAW || !s->m.open)
        return;
    s->drop = 0;
    if (s->tail.len > 0 && ww_hl7_header(WW_STR(s->tail)) == WW_GUESS_NO) {
        ww_hl7_segment(run->cx, &s->m, WW_STR(s->tail), s->tail.len == HL7_TAIL);
        s->m.ev.bytes += s->scanned;
        s->quirks |= HL7_Q_NO_FINAL_CR;
        s->drop = s->scanned;
    }
    s->scanned = 0;
    s->tail.len = 0;
    ww_hl7_emit(run, framing(run));
    s->st = ST_IDLE;
}

/* The message at hand is over. If it answers one without end mark, that one is over too. */
static void finish(const struct hl7_run *run, const char *how)
{
    struct hl7_msg *m = &run->s->m;
    if (!m->open)
        return;
    if (m->has_msa && run->other != NULL &&
        ww_slice_eq(WW_STR(m->ev.ack_control_id), WW_STR(run->other->m.ev.control_id))) {
        struct hl7_run back = *run;
        back.s = run->other;
        back.other = run->s;
        back.dir = ww_other(run->dir);
        ww_hl7_flush(&back);
    }
    ww_hl7_emit(run, how);
}

static bool trailer(struct ww_slice s)
{
    uint8_t a = ww_slice_at(s, 0);
    return (a == 'B' || a == 'F') && ww_slice_at(s, 1) == 'T' && ww_slice_at(s, 2) == 'S';
}

/**
 * Takes a segment: it starts, continues or ends a message or a batch, or is an MLLP release 2 byte.
 * In: seg  without its end; cut: only its beginning is there
 */
void ww_hl7_take(const struct hl7_run *run, struct ww_slice seg, bool cut)
{
    struct hl7_side *s = run->s;
    bool fresh = s->fresh;
    s->fresh = false;
    if (ww_hl7_header(seg) == WW_GUESS_YES) {
        bool had = s->m.open;
        finish(run, framing(run));
        if (had && s->st == ST_BLOCK)
            s->quirks |= HL7_Q_SEVERAL;
        if (ww_slice_starts(seg, "MSH"))
            ww_hl7_begin(run, seg, cut);
        else
            ww_hl7_batch_begin(s, seg);
        return;
    }
    if (trailer(seg)) {
        finish(run, framing(run));
        ww_hl7_batch_end(run, seg);
        return;
    }
    if (s->m.open) {
        ww_hl7_segment(run->cx, &s->m, seg, cut);
        return;
    }
    if (fresh && s->st == ST_BLOCK && seg.n == 1 &&
        (ww_slice_at(seg, 0) == HL7_ACK || ww_slice_at(seg, 0) == HL7_NAK)) {
        s->commit = ww_slice_at(seg, 0);
        s->fresh = true;
        return;
    }
    if (!s->stray_told && s->batch_depth == 0) {
        s->stray_told = true;
        ww_anomaly(run->cx, run->dir, "hl7_segment_without_header");
    }
}

/* FS: the block is over. */
static void block_end(const struct hl7_run *run)
{
    struct hl7_side *s = run->s;
    const char *kind = s->commit == HL7_ACK   ? "commit_ack"
                       : s->commit == HL7_NAK ? "commit_nak"
                                              : "empty";
    if (s->m.open) {
        s->quirks |= s->st == ST_RAW ? HL7_Q_NO_START : 0;
        finish(run, run->carrier != NULL ? run->carrier : "mllp");
    } else if (s->fresh) {
        struct hl7_block b = { 0 };
        (void)WW_SET(b.kind, ww_slice_str(kind));
        ww_emit(run->cx, &hl7_block_type, run->dir, &b);
    }
    s->st = ST_IDLE;
    s->fs_open = true;
}

/* Where the segment at `at` ends. Return: offset of its end byte, in.n when it is not here yet;
 * *look is set when a HL7_VT needs bytes behind it to be understood. */
static size_t segment_end(const struct hl7_side *s, struct ww_slice in, size_t at, struct ends *e,
                          size_t *look)
{
    size_t from = at + s->scanned;
    size_t end = min(next_end(in, &e->cr, from, HL7_CR), next_end(in, &e->lf, from, HL7_LF));
    end = min(end, next_end(in, &e->fs, from, HL7_FS));
    for (size_t vt = next_end(in, &e->vt, from, HL7_VT); vt < end;
         vt = next_end(in, &e->vt, vt + 1, HL7_VT)) {
        if (vt == at && !s->skip)
            return vt;
        enum ww_guess g = header_at(in, vt + 1); /* inside a segment only a header makes it one */
        if (g == WW_GUESS_YES)
            return vt;
        if (g == WW_GUESS_MAYBE) {
            *look = vt;
            return in.n;
        }
    }
    return end;
}

/* Bytes of the segment at `at` that are worth reading. Behind HL7_PARSE_MAX only headers are. */
static size_t segment_limit(const struct hl7_side *s, struct ww_slice in, size_t at)
{
    struct ww_slice id = ww_slice_sub(in, at, 3);
    if (s->m.open && s->m.ev.bytes > HL7_PARSE_MAX && header_at(in, at) == WW_GUESS_NO &&
        !trailer(id))
        return HL7_HEADER;
    return HL7_SEG_MAX;
}

static void counted(struct hl7_side *s, size_t n)
{
    if (s->m.open)
        s->m.ev.bytes += n;
}

/* Blanks and a byte order mark in front of a header. */
static struct ww_slice without_noise(struct ww_slice seg)
{
    while (seg.n > 0 && (ww_slice_at(seg, 0) == ' ' || ww_slice_at(seg, 0) == 0))
        seg = ww_slice_sub(seg, 1, seg.n);
    return ww_slice_starts(seg, "\xef\xbb\xbf") ? ww_slice_sub(seg, 3, seg.n) : seg;
}

/* What stands between the last end and this one is a segment. */
static void take(const struct hl7_run *run, struct ww_slice seg, size_t limit)
{
    struct hl7_side *s = run->s;
    size_t len = seg.n;
    if (!s->skip) {
        if (!s->m.open)
            seg = without_noise(seg);
        len = seg.n;
        struct ww_slice read = ww_slice_sub(seg, 0, limit);
        if (ww_slice_trim(read).n > 0)
            ww_hl7_take(run, read, seg.n > limit);
    }
    s->tail.len = 0;
    counted(s, len);
}

/* The byte that ended a segment; empty: nothing stood before it. */
static void after_end(const struct hl7_run *run, uint8_t byte, bool empty)
{
    struct hl7_side *s = run->s;
    bool blank_line = s->st == ST_RAW && empty;
    if (byte == HL7_VT) {
        s->quirks |= s->m.open ? HL7_Q_NO_END : 0;
        s->m.truncated |= s->st == ST_BLOCK;
        finish(run, framing(run));
        s->st = ST_BLOCK;
        s->fresh = true;
        s->commit = 0;
    } else if (byte == HL7_FS) {
        s->quirks |= s->m.open && !empty ? HL7_Q_NO_FINAL_CR : 0;
        block_end(run);
    } else if (byte == HL7_LF && empty && s->after_cr) {
        s->quirks |= s->m.open ? HL7_Q_CRLF : 0;
        counted(s, 1);
    } else if (blank_line) { /* a bare message ends with an empty line */
        finish(run, framing(run));
        s->st = ST_IDLE;
    } else {
        s->quirks |= byte == HL7_LF && s->m.open ? HL7_Q_LF : 0;
        counted(s, 1);
    }
    s->after_cr = byte == HL7_CR;
}

/* Can this be nothing but a segment of the open message? */
static bool ordinary(struct ww_slice seg)
{
    uint8_t b = ww_slice_at(seg, 0);
    return b >= 'A' && b <= 'Z' && b != 'B' && b != 'F' && (b != 'M' || ww_slice_at(seg, 2) != 'H');
}

/* Takes segments from *at on that end with CR and are nothing but segments of the open message: nearly
 * all are, and need no questions. Return: was there one? */
static bool segments(const struct hl7_run *run, struct ww_slice in, size_t *at, struct ends *e)
{
    struct hl7_side *s = run->s;
    size_t first = *at, from = first + s->scanned; /* from: what was not searched yet */
    if (!s->m.open || s->skip)
        return false;
    size_t other = min(next_end(in, &e->lf, from, HL7_LF), next_end(in, &e->fs, from, HL7_FS));
    other = min(other, next_end(in, &e->vt, from, HL7_VT));
    while (s->m.ev.bytes <= HL7_PARSE_MAX) {
        size_t end = next_end(in, &e->cr, from, HL7_CR);
        struct ww_slice seg = ww_slice_sub(in, *at, end - *at);
        if (end >= other || seg.n > HL7_SEG_MAX || !ordinary(seg))
            break;
        ww_hl7_segment(run->cx, &s->m, seg, false);
        s->m.ev.bytes += seg.n + 1;
        *at = from = end + 1;
    }
    if (*at == first)
        return false;
    s->tail.len = 0;
    s->after_cr = true;
    s->scanned = 0;
    return true;
}

/* Inside a block or a bare message: one segment. Return: bytes wanted after *at, 0 to go on. */
static size_t text(const struct hl7_run *run, struct ww_slice in, size_t *at, struct ends *e)
{
    struct hl7_side *s = run->s;
    if (segments(run, in, at, e))
        return 0;
    size_t look = in.n, limit = segment_limit(s, in, *at);
    size_t end = segment_end(s, in, *at, e, &look);
    size_t len = (end < in.n ? end : look) - *at;
    if (end < in.n) {
        bool empty = len == 0 && !s->skip;
        take(run, ww_slice_sub(in, *at, len), limit);
        s->skip = false;
        after_end(run, ww_slice_at(in, end), empty);
        *at = end + 1;
        s->scanned = 0;
        return 0;
    }
    if ((s->skip || len > limit) && len > 0) {
        take(run, ww_slice_sub(in, *at, len), limit);
        s->skip = true;
        *at += len;
        len = 0;
    }
    s->scanned = (uint32_t)len;
    if (*at == in.n)
        return 0;
    if (s->st == ST_RAW && s->m.open)
        (void)WW_SET(s->tail, ww_slice_sub(in, *at, len));
    return look < in.n ? len + 1 + HL7_HEADER : len + 1;
}

/* Between messages: line ends and blanks are passed over, a block or a header starts a message. */
static size_t idle(struct hl7_side *s, struct ww_slice in, size_t *at)
{
    uint8_t b = ww_slice_at(in, *at);
    if (s->fs_open && b != HL7_CR)
        s->quirks |= HL7_Q_FS_WITHOUT_CR;
    s->fs_open = false;
    s->scanned = 0;
    s->after_cr = false;
    switch (b) {
    case HL7_VT:
        s->st = ST_BLOCK;
        s->fresh = true;
        s->commit = 0;
        (*at)++;
        return 0;
    case HL7_CR:
    case HL7_LF:
    case HL7_FS:
    case ' ':
    case 0x00:
    case 0x02: /* STX, as terminal servers send it */
    case 0xef: /* byte order mark */
    case 0xbb:
    case 0xbf:
        (*at)++;
        return 0;
    }
    switch (header_at(in, *at)) {
    case WW_GUESS_YES:
        s->st = ST_RAW;
        s->quirks &= HL7_Q_FS_WITHOUT_CR;
        return 0;
    case WW_GUESS_MAYBE:
        return HL7_HEADER;
    case WW_GUESS_NO:
        break;
    }
    s->st = ST_LOST;
    s->lost = 0;
    return 0;
}

/* Does a boundary stand at p? Return: where to go on (st is set), 0 when none; *more: undecided. */
static size_t boundary(struct hl7_side *s, struct ww_slice in, size_t p, bool *more)
{
    uint8_t b = ww_slice_at(in, p), next = ww_slice_at(in, p + 1);
    if (b == HL7_FS) {
        *more = p + 1 >= in.n;
        if (*more || (next != HL7_CR && next != HL7_VT && next != HL7_LF))
            return 0;
        s->st = ST_IDLE;
        return p + 1;
    }
    enum ww_guess g = header_at(in, p + 1);
    *more = g == WW_GUESS_MAYBE;
    if (g != WW_GUESS_YES && !(b == HL7_VT && next == HL7_FS && p + 1 < in.n))
        return 0;
    s->st = b == HL7_VT ? ST_IDLE : ST_RAW;
    return b == HL7_VT ? p : p + 1;
}

/* No known boundary: after loss, or when the capture began inside a message. */
static size_t lost(struct hl7_side *s, struct ww_slice in, size_t *at, struct ends *e)
{
    if (s->lost == 0 && header_at(in, *at) == WW_GUESS_YES) {
        s->st = ST_RAW; /* packets tend to begin with a message */
        return 0;
    }
    if (s->lost == 0 && header_at(in, *at) == WW_GUESS_MAYBE)
        return HL7_HEADER;
    for (size_t p = *at; p < in.n; p++) {
        bool more = false;
        p = min(min(next_end(in, &e->cr, p, HL7_CR), next_end(in, &e->lf, p, HL7_LF)),
                min(next_end(in, &e->fs, p, HL7_FS), next_end(in, &e->vt, p, HL7_VT)));
        if (p >= in.n)
            break;
        size_t on = boundary(s, in, p, &more);
        if (s->st != ST_LOST) {
            *at = on;
            return 0;
        }
        if (more) {
            s->lost += p - *at + 1;
            *at = p;
            return ww_slice_at(in, p) == HL7_FS ? 2 : 1 + HL7_HEADER;
        }
    }
    s->lost += in.n - *at;
    *at = in.n;
    return 0;
}

/**
 * Takes bytes of one side.
 * Out:    need  more bytes are wanted behind what was used; 0: all is used
 * Return: bytes used; SIZE_MAX when there is no message header for LOST_MAX bytes
 * Limits: a segment over HL7_SEG_MAX and a message over HL7_PARSE_MAX pass unread, with TRUNCATED
 */
size_t ww_hl7_bytes(const struct hl7_run *run, struct ww_slice in, size_t *need)
{
    struct hl7_side *s = run->s;
    struct ends e = ends_unknown;
    size_t at = min(s->drop, in.n);
    s->drop = 0;
    *need = 0;
    while (at < in.n && *need == 0) {
        switch ((enum st)s->st) {
        case ST_IDLE:
            *need = idle(s, in, &at);
            break;
        case ST_BLOCK:
        case ST_RAW:
            *need = text(run, in, &at, &e);
            break;
        case ST_LOST:
            *need = lost(s, in, &at, &e);
            if (s->st == ST_LOST && s->lost > LOST_MAX)
                return SIZE_MAX;
            break;
        }
    }
    return *need > 0 ? at : in.n;
}

/** Is a message open that has no end mark? */
bool ww_hl7_bare(const struct hl7_side *s)
{
    return s->st == ST_RAW && s->m.open;
}

/** Bytes are lost: what was begun is forgotten, the next boundary is searched. */
void ww_hl7_lose(struct hl7_side *s)
{
    s->st = ST_LOST;
    s->lost = 0;
    s->m.open = false;
    s->skip = s->after_cr = s->fresh = s->fs_open = false;
    s->quirks = 0;
    s->scanned = s->drop = 0;
    s->tail.len = 0;
    s->batch_depth = 0;
}
