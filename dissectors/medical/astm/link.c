/* link.c - the link between instrument and host as it really is: establishment, frames,
 * termination, records without framing, loss. Source: LIS01-A2 6 (data link layer), clauses at the
 * branches */
#include "dissectors/medical/astm/astm.h"
#include "sensor/base/hash.h"

enum st {
    ST_NEUTRAL, /* between frames: control characters, line ends, noise */
    ST_BARE,    /* inside records without framing */
    ST_LOST     /* bytes are missing: no known boundary until a control character comes */
};

static bool hex(uint8_t b)
{
    uint8_t low = b | 0x20;
    return (b >= '0' && b <= '9') || (low >= 'a' && low <= 'f');
}

static uint8_t nibble(uint8_t b)
{
    return (uint8_t)(b <= '9' ? b - '0' : (b | 0x20) - 'a' + 10);
}

static bool control(uint8_t b)
{
    return b == ASTM_STX || b == ASTM_EOT || b == ASTM_ENQ || b == ASTM_ACK || b == ASTM_NAK;
}

/**
 * Compares a frame with its checksum: the sum of all bytes from the frame number to ETX or ETB, as
 * two hexadecimal digits (6.3.3.1). Some senders count STX too, or leave out the number or the end.
 * In:     frame  from STX to ETX or ETB; digits  two of them, or nothing
 */
enum astm_sum ww_astm_sum(struct ww_slice frame, struct ww_slice digits)
{
    if (digits.n < 2 || frame.n < 2)
        return ASTM_SUM_NONE;
    uint8_t want = (uint8_t)(nibble(ww_slice_at(digits, 0)) << 4 | nibble(ww_slice_at(digits, 1)));
    uint32_t total = 0;
    for (struct ww_rd r = ww_rd(ww_slice_sub(frame, 1, frame.n)); r.left > 0;)
        total += ww_rd_u8(&r);
    uint8_t sum = (uint8_t)total, number = ww_slice_at(frame, 1),
            end = ww_slice_at(frame, frame.n - 1);
    if (sum == want)
        return ASTM_SUM_GOOD;
    return (uint8_t)(sum + ASTM_STX) == want || (uint8_t)(sum - number) == want ||
                   (uint8_t)(sum - end) == want
               ? ASTM_SUM_VARIANT
               : ASTM_SUM_WRONG;
}

/* Only compared with the frame before. */
static uint64_t hash(struct ww_slice s)
{
    static const struct ww_key fixed = { { 0xcbf29ce484222325u, 0x9e3779b97f4a7c15u } };
    return ww_mix_bytes(&fixed, s.p, s.n);
}

/* ---- records of a frame ---- */

static void part_add(struct astm_side *s, struct ww_slice piece)
{
    size_t room = sizeof s->part.b - s->part.len;
    struct ww_slice fits = ww_slice_sub(piece, 0, room);
    ww_copy(s->part.b + s->part.len, fits);
    s->part.len = (uint16_t)(s->part.len + fits.n);
    s->part.cut |= fits.n < piece.n;
}

static void part_forget(struct astm_side *s)
{
    s->part.len = 0;
    s->part.cut = false;
}

/* A record ends here: what earlier frames brought of it, and this. */
static void record(struct ww_cx *cx, struct astm_state *st, enum ww_dir dir, struct ww_slice piece)
{
    struct astm_side *s = &st->side[dir];
    if (s->part.len == 0) {
        if (piece.n > 0)
            ww_astm_record(cx, st, dir, piece, false, "lis01");
        return;
    }
    part_add(s, piece);
    ww_astm_record(cx, st, dir, WW_STR(s->part), s->part.cut, "lis01");
    part_forget(s);
}

/* Text of a good frame: records end with CR (LIS02-A2 5.3); a frame that ends with ETB is continued
 * by the next (LIS01-A2 6.3.1.2). */
static void records(struct ww_cx *cx, struct astm_state *st, enum ww_dir dir, struct ww_slice text,
                    bool last)
{
    struct astm_side *s = &st->side[dir];
    for (size_t at = 0; at < text.n;) {
        size_t cr = ww_slice_find(text, at, ASTM_CR);
        size_t end = ww_slice_find(ww_slice_sub(text, 0, cr), at, ASTM_LF);
        end = end < cr ? end : cr;
        struct ww_slice piece = ww_slice_sub(text, at, end - at);
        if (end == text.n && !last) {
            part_add(s, piece);
            return;
        }
        if (piece.n > 0)
            s->quirks |= end == text.n ? ASTM_Q_NO_CR : end < cr ? ASTM_Q_LF : 0;
        record(cx, st, dir, piece);
        at = end + 1;
    }
    if (last && s->part.len > 0)
        record(cx, st, dir, (struct ww_slice){ NULL, 0 });
}

/* ---- frames ---- */

static void checksum_wrong(struct astm_side *s)
{
    s->xfer.checksum_errors++;
    s->checksum_errors++;
    s->bad_last = true;
}

/* A whole frame. text  between STX and ETX or ETB; last  it ends with ETX */
static void frame_take(struct ww_cx *cx, struct astm_state *st, enum ww_dir dir,
                       struct ww_slice text, bool last, enum astm_sum sum)
{
    struct astm_side *s = &st->side[dir];
    uint8_t first = ww_slice_at(text, 0);
    bool numbered = first >= '0' && first <= '7';
    struct ww_slice body = numbered ? ww_slice_sub(text, 1, text.n) : text;
    st->framed = true;
    s->noise = 0;
    s->xfer.frames++;
    s->frames++;
    s->bad_last = false;
    if (!s->xfer_open)
        s->quirks |= ASTM_Q_NO_ENQ;
    if (sum == ASTM_SUM_WRONG) {
        checksum_wrong(s);
        if (s->bad_taken < ASTM_BAD_TAKEN)
            return; /* it comes again */
    }
    if (sum != ASTM_SUM_GOOD)
        s->quirks |= sum == ASTM_SUM_NONE      ? ASTM_Q_NO_CHECKSUM
                     : sum == ASTM_SUM_VARIANT ? ASTM_Q_CHECKSUM_VARIANT
                                               : ASTM_Q_CHECKSUM_IGNORED;
    if (numbered) {
        uint8_t fn = (uint8_t)(first - '0');
        uint64_t h = hash(body);
        if (s->last_fn == fn + 1 && s->last_hash == h) { /* 6.5.1.2: the same frame again */
            s->xfer.retransmits++;
            s->retransmits++;
            return;
        }
        s->quirks |= s->expect != 0 && s->expect != fn + 1 ? ASTM_Q_FRAME_NUMBER : 0;
        s->last_fn = (uint8_t)(fn + 1);
        s->last_hash = h;
        s->expect = (uint8_t)((fn + 1) % 8 + 1);
    } else {
        s->quirks |= ASTM_Q_NO_FRAME_NUMBER;
    }
    records(cx, st, dir, body, last);
}

/* First control character that may not stand inside a frame (6.3.1.4). */
static size_t broken_at(struct ww_slice in, size_t from, size_t end)
{
    struct ww_slice text = ww_slice_sub(in, 0, end);
    size_t at = ww_slice_find(text, from, ASTM_STX);
    at = ww_slice_find(ww_slice_sub(text, 0, at), from, ASTM_ENQ);
    return ww_slice_find(ww_slice_sub(text, 0, at), from, ASTM_EOT);
}

/* At STX. Return: bytes wanted after *at, 0 to go on. */
static size_t frame(struct ww_cx *cx, struct astm_state *st, enum ww_dir dir, struct ww_slice in,
                    size_t *at)
{
    struct astm_side *s = &st->side[dir];
    size_t from = *at + 1 + s->scanned;
    size_t etx = ww_slice_find(in, from, ASTM_ETX);
    size_t end = ww_slice_find(ww_slice_sub(in, 0, etx), from, ASTM_ETB);
    end = end < etx ? end : etx;
    if (end == in.n || end - *at > ASTM_FRAME_MAX) {
        size_t have = in.n - *at;
        if (have <= ASTM_FRAME_MAX && end == in.n) {
            s->scanned = (uint32_t)(have - 1);
            return have + 1;
        }
        ww_anomaly(cx, dir, "astm_frame_too_long");
        s->st = ST_LOST;
        s->scanned = 0;
        s->m.open = false;
        part_forget(s);
        *at += 1;
        return 0;
    }
    size_t stray = broken_at(in, *at + 1, end);
    if (stray < end) {
        ww_anomaly(cx, dir, "astm_frame_broken");
        s->scanned = 0;
        *at = stray;
        return 0;
    }
    struct ww_slice behind = ww_slice_sub(in, end + 1, 2);
    bool digits = hex(ww_slice_at(behind, 0));
    if (behind.n < (digits ? 2u : 1u)) {
        s->scanned = (uint32_t)(end - *at - 1);
        return end - *at + (digits ? 3 : 2);
    }
    digits = digits && hex(ww_slice_at(behind, 1));
    behind.n = digits ? 2 : 0;
    enum astm_sum sum = ww_astm_sum(ww_slice_sub(in, *at, end - *at + 1), behind);
    frame_take(cx, st, dir, ww_slice_sub(in, *at + 1, end - *at - 1), end == etx, sum);
    s->scanned = 0;
    *at = end + 1 + behind.n;
    return 0;
}

/* ---- control characters ---- */

/* ENQ: this side wants to send (6.2). */
static void enquiry(struct ww_cx *cx, struct astm_state *st, enum ww_dir dir)
{
    struct astm_side *s = &st->side[dir], *o = &st->side[ww_other(dir)];
    bool again = s->xfer_open && s->xfer.frames == 0 && !s->granted, first = !st->framed;
    st->framed = true;
    s->noise = 0;
    if (!again) {
        if (s->xfer_open || s->m.open || s->xfer.frames > 0)
            ww_astm_transfer_end(cx, st, dir, false);
        s->xfer_open = true;
        s->expect = 2; /* 6.3.1.3: the first frame has number 1 */
        s->quirks = 0;
    }
    if (first) { /* what came from the other side while this one was not recognised yet */
        s->granted = o->early_acks > 0;
        s->xfer.acks = o->early_acks;
        s->xfer.naks = o->early_naks;
    }
    s->xfer.enquiries++;
    if (o->xfer_open && !o->granted && o->xfer.frames == 0) /* 6.2.7: both at the same time */
        s->xfer.contention = o->xfer.contention = true;
}

static void answer(struct astm_side *sender, struct astm_side *receiver, bool ack, bool framed)
{
    if (!framed && ack)
        receiver->early_acks = 1;
    else if (!framed)
        receiver->early_naks = 1;
    if (ack && receiver->xfer_open && !receiver->granted && receiver->xfer.frames == 0) {
        receiver->xfer_open = false; /* it wanted to send, and gives way (6.2.7) */
        receiver->xfer = (struct astm_transfer){ 0 };
    }
    if (sender->bad_last)
        sender->bad_taken = ack ? (uint8_t)(sender->bad_taken + (sender->bad_taken < 255)) : 0;
    sender->bad_last = false;
    if (!sender->xfer_open)
        return;
    sender->granted |= ack;
    sender->xfer.acks += ack;
    sender->xfer.naks += !ack;
}

/* EOT of the sender ends the transfer (6.4), of the receiver asks for the line (6.3.4.4). */
static void end_of_transfer(struct ww_cx *cx, struct astm_state *st, enum ww_dir dir)
{
    struct astm_side *s = &st->side[dir], *o = &st->side[ww_other(dir)];
    if (s->xfer_open || s->m.open || s->xfer.frames > 0)
        ww_astm_transfer_end(cx, st, dir, true);
    else if (o->xfer_open && o->xfer.frames > 0)
        o->xfer.interrupted = true;
    s->expect = s->last_fn = 0;
}

/* ---- streams ---- */

/* Passes over what is no frame, up to the next control character or line end. */
static void noise(struct astm_side *s, struct ww_slice in, size_t *at, bool lines)
{
    size_t from = *at;
    struct ww_rd r = ww_rd(ww_slice_sub(in, *at, in.n));
    for (; r.left > 0; (*at)++) {
        uint8_t b = ww_rd_u8(&r);
        if (*at > from && (control(b) || (lines && (b == ASTM_CR || b == ASTM_LF))))
            break;
    }
    s->noise += (uint32_t)(*at - from);
}

/* Between frames. Return: bytes wanted after *at, 0 to go on. */
static size_t neutral(struct ww_cx *cx, struct astm_state *st, enum ww_dir dir, struct ww_slice in,
                      size_t *at)
{
    struct astm_side *s = &st->side[dir];
    switch (ww_slice_at(in, *at)) {
    case ASTM_STX:
        return frame(cx, st, dir, in, at);
    case ASTM_ENQ:
        enquiry(cx, st, dir);
        break;
    case ASTM_EOT:
        end_of_transfer(cx, st, dir);
        break;
    case ASTM_ACK:
    case ASTM_NAK:
        answer(&st->side[ww_other(dir)], s, ww_slice_at(in, *at) == ASTM_ACK, st->framed);
        break;
    case ASTM_CR:
    case ASTM_LF:
    case ' ':
    case 0:
        break;
    default:
        switch (st->framed ? WW_GUESS_NO : ww_astm_header(ww_slice_sub(in, *at, ASTM_HEADER))) {
        case WW_GUESS_YES:
            s->st = ST_BARE;
            return 0;
        case WW_GUESS_MAYBE:
            return in.n - *at + 1;
        case WW_GUESS_NO:
            noise(s, in, at, true);
            return 0;
        }
    }
    (*at)++;
    return 0;
}

/* One record without framing, up to CR or LF. */
static size_t bare(struct ww_cx *cx, struct astm_state *st, enum ww_dir dir, struct ww_slice in,
                   size_t *at)
{
    struct astm_side *s = &st->side[dir];
    uint8_t first = ww_slice_at(in, *at);
    if (s->scanned == 0 && !s->skip) {
        if (control(first) || (!s->m.open && first != 'H')) {
            s->st = ST_NEUTRAL;
            return 0;
        }
        if (first == ASTM_CR || first == ASTM_LF) {
            (*at)++;
            return 0;
        }
    }
    size_t from = *at + s->scanned, cr = ww_slice_find(in, from, ASTM_CR);
    size_t end = ww_slice_find(ww_slice_sub(in, 0, cr), from, ASTM_LF);
    end = end < cr ? end : cr;
    size_t len = end - *at;
    struct ww_slice line = ww_slice_sub(in, *at, ASTM_LINE_MAX < len ? ASTM_LINE_MAX : len);
    s->noise = 0;
    if (end == in.n && len <= ASTM_LINE_MAX && !s->skip) {
        part_forget(s);
        if (first == 'L' && len < 32)
            part_add(s, line); /* the connection may close behind it */
        s->scanned = (uint32_t)len;
        return len + 1;
    }
    part_forget(s);
    s->scanned = 0;
    if (!s->skip) {
        s->quirks |= ww_slice_at(in, end) == ASTM_LF ? ASTM_Q_LF : 0;
        ww_astm_record(cx, st, dir, line, len > ASTM_LINE_MAX, "bare");
    }
    s->skip = end == in.n;
    *at = s->skip ? end : end + 1;
    return 0;
}

/**
 * Takes bytes of one direction; see dissector.h.
 * Limits: a frame over ASTM_FRAME_MAX is no frame; a bare record over ASTM_LINE_MAX is read in part
 */
static struct ww_parse astm_data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    struct astm_state *st = state;
    struct astm_side *s = &st->side[dir];
    size_t at = 0, need = 0;
    while (at < in.n && need == 0) {
        switch ((enum st)s->st) {
        case ST_NEUTRAL:
            need = neutral(cx, st, dir, in, &at);
            break;
        case ST_BARE:
            need = bare(cx, st, dir, in, &at);
            break;
        case ST_LOST:
            if (!control(ww_slice_at(in, at)) &&
                (st->framed || ww_astm_header(ww_slice_sub(in, at, ASTM_HEADER)) == WW_GUESS_NO))
                noise(s, in, &at, !st->framed);
            s->st = at < in.n ? ST_NEUTRAL : ST_LOST;
            break;
        }
        if (s->noise > ASTM_NOISE_MAX)
            return ww_stop("no laboratory frames");
    }
    return need > 0 ? ww_more(at, need) : ww_ok(in.n);
}

/* Bytes are lost: the message and the transfer that were begun are forgotten. */
static void astm_gap(struct ww_cx *cx, void *state, enum ww_dir dir, uint64_t lost)
{
    struct astm_side *s = &((struct astm_state *)state)->side[dir];
    (void)cx;
    (void)lost;
    s->st = ST_LOST;
    s->m.open = s->xfer_open = s->granted = s->bad_last = s->skip = false;
    s->xfer = (struct astm_transfer){ 0 };
    s->expect = s->last_fn = 0;
    s->quirks = s->frames = s->retransmits = s->checksum_errors = s->scanned = 0;
    part_forget(s);
}

/* The flow is over: a terminator without its line end still ends a message without framing. */
static void astm_end(struct ww_cx *cx, void *state)
{
    struct astm_state *st = state;
    for (unsigned d = WW_A; d <= WW_B; d++) {
        struct astm_side *s = &st->side[d];
        if (s->st != ST_BARE || !s->m.open || s->part.len == 0)
            continue;
        s->quirks |= ASTM_Q_NO_CR;
        ww_astm_record(cx, st, (enum ww_dir)d, WW_STR(s->part), false, "bare");
    }
}

static const struct ww_event_type *const events[] = { &astm_message_type, &astm_transfer_type,
                                                      NULL };
static const struct ww_port ports[] = { { WW_ON_TCP, 1245 }, { WW_ON_END, 0 } };

const struct ww_dissector ww_dissector_astm = {
    .name = "astm",
    .spec = "CLSI LIS01-A2 (ASTM E1381), LIS02-A2 (ASTM E1394)",
    .events = events,
    .ports = ports,
    .first = { [0] = 1 << ASTM_STX | 1 << ASTM_EOT | 1 << ASTM_ENQ | 1 << ASTM_ACK,
               [1] = 1 << (ASTM_LF - 8) | 1 << (ASTM_CR - 8),
               [2] = 1 << (ASTM_NAK - 16),
               ['H' / 8] = 1 << 'H' % 8 },
    .state_size = sizeof(struct astm_state),
    .max_msg = ASTM_BUF_MAX,
    .probe = ww_astm_probe,
    .data = astm_data,
    .gap = astm_gap,
    .end = astm_end,
};
