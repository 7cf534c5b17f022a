/* pdu.c - cuts a stream into PDUs and PDVs, passes fragments on and skips what nobody reads
 * (PS3.8 9.3). Also the dissector's entry. */
#include "dissectors/medical/dicom/dicom.h"

static_assert(AN_COUNT <= 64, "anomalies told are bits of a word");

void ww_dicom_anomaly(const struct call *c, enum anomaly a)
{
    static const char *const name[] = {
#define X(n) #n,
        DICOM_ANOMALIES(X)
#undef X
    };
    if ((c->s->told >> a & 1) != 0)
        return;
    c->s->told |= (uint64_t)1 << a;
    ww_anomaly(c->cx, c->dir, name[a]);
}

void ww_dicom_mark(const struct call *c, bool truncated)
{
    c->cx->ev_flags =
        (uint8_t)((truncated ? WW_EV_TRUNCATED : 0) | (c->d->seen ? 0 : WW_EV_MIDSTREAM));
}

static struct msg *current(const struct call *c)
{
    return c->s->cur == NO_SLOT ? NULL : &c->s->msg[c->s->cur];
}

/* Messages of one direction whose rest will not be seen: a complete command set is still told. */
static void give_up(const struct call *c)
{
    for (size_t i = 0; i < SLOTS; i++) {
        struct msg *m = &c->s->msg[i];
        if (m->phase == MSG_DATA) {
            m->bytes_unknown = true;
            ww_dicom_msg_end(c, m, true);
        }
        m->phase = MSG_IDLE;
    }
    c->s->cur = NO_SLOT;
}

static void give_up_both(const struct call *c)
{
    struct call other = *c;
    other.dir = ww_other(c->dir);
    other.s = &c->d->side[other.dir];
    give_up(c);
    give_up(&other);
}

static uint8_t slot_of(const struct side *s, uint8_t pcid)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (s->msg[i].phase != MSG_IDLE && s->msg[i].pcid == pcid)
            return (uint8_t)i;
    return NO_SLOT;
}

/* A fragment of a command set begins. PS3.7 6.3.1: a message keeps its context until it is done. */
static void command_fragment(const struct call *c)
{
    struct side *s = c->s;
    uint8_t i = slot_of(s, s->pcid);
    if (i != NO_SLOT && s->msg[i].phase == MSG_COMMAND) {
        s->cur = i;
        return;
    }
    if (i != NO_SLOT) {
        ww_dicom_anomaly(c, AN_dataset_missing);
        s->msg[i].bytes_unknown = true;
        ww_dicom_msg_end(c, &s->msg[i], true);
    }
    for (i = 0; i < SLOTS && s->msg[i].phase != MSG_IDLE; i++)
        continue;
    if (i == SLOTS) { /* more contexts at once than we follow: all are given up */
        ww_dicom_anomaly(c, AN_messages_interleaved);
        give_up(c);
        i = 0;
    }
    s->cur = i;
    ww_dicom_msg_begin(&s->msg[i], s->pcid);
}

static void data_fragment(const struct call *c)
{
    struct side *s = c->s;
    s->cur = slot_of(s, s->pcid);
    if (s->cur != NO_SLOT && s->msg[s->cur].phase == MSG_DATA)
        return;
    s->cur = NO_SLOT;
    if (c->d->seen && !s->lost)
        ww_dicom_anomaly(c, AN_dataset_without_command);
}

/* All bytes of the fragment at hand are done. */
static void fragment_end(const struct call *c)
{
    struct side *s = c->s;
    struct msg *m = current(c);
    s->at = s->pdu_left > 0 ? AT_PDV : AT_PDU;
    if (m == NULL || (s->mch & 2) == 0)
        return;
    if (m->phase == MSG_COMMAND && ww_dicom_command_end(c, m))
        return;
    if (m->phase != MSG_IDLE)
        ww_dicom_msg_end(c, m, false);
}

/* The rest of the PDU passes unread. */
static struct ww_parse skip_pdu(struct side *s, size_t more)
{
    size_t n = s->pdu_left + more;
    s->pdu_left = s->frag_left = 0;
    s->cur = NO_SLOT;
    s->at = AT_PDU;
    return ww_ok(n);
}

/**
 * Reads a PDV header.
 * In:     in  bytes from the PDV on
 * Source: PS3.8 9.3.5.1 and annex E: length, context id, message control header
 */
static struct ww_parse pdv(const struct call *c, struct ww_slice in)
{
    struct side *s = c->s;
    struct ww_rd r = ww_rd(in);
    if (s->pdu_left < PDV_HDR) {
        ww_dicom_anomaly(c, AN_pdv_length_invalid);
        return skip_pdu(s, 0);
    }
    if (in.n < PDV_HDR)
        return ww_more(0, PDV_HDR);
    uint32_t len = ww_rd_be32(&r);
    s->pcid = ww_rd_u8(&r);
    s->mch = ww_rd_u8(&r);
    if (len < 2 || len > s->pdu_left - 4) {
        ww_dicom_anomaly(c, AN_pdv_length_invalid);
        give_up(c);
        return skip_pdu(s, 0);
    }
    const struct ctx *x = ww_dicom_ctx(c->d, s->pcid);
    if ((s->pcid & 1) == 0)
        ww_dicom_anomaly(c, AN_context_id_even);
    else if (c->d->contexts_known && (x == NULL || x->result != 0))
        ww_dicom_anomaly(c, AN_pdv_without_context);
    if (s->mch > 3)
        ww_dicom_anomaly(c, AN_pdv_control_invalid);
    s->pdu_left -= 4 + len;
    s->frag_left = len - 2;
    s->at = AT_FRAGMENT;
    if ((s->mch & 1) != 0)
        command_fragment(c);
    else
        data_fragment(c);
    if (s->frag_left == 0) /* an empty fragment may mark the end */
        fragment_end(c);
    return ww_ok(PDV_HDR);
}

static void count(const struct call *c, struct msg *m, uint32_t n)
{
    if (m->phase == MSG_DATA) {
        m->nbytes += n;
        return;
    }
    m->ncommand += n;
    if (m->ncommand > COMMAND_MAX && !m->damaged) {
        ww_dicom_anomaly(c, AN_command_too_long);
        m->damaged = true;
        m->el.phase = EL_DONE;
    }
}

/**
 * Passes a fragment on. What nobody reads is skipped before it has come; only the last byte of a
 * message is waited for, so that its events carry the time of its end.
 * In:     in  bytes of the fragment and beyond, at least one
 */
static struct ww_parse fragment(const struct call *c, struct ww_slice in)
{
    struct side *s = c->s;
    struct msg *m = current(c);
    uint32_t n = in.n < s->frag_left ? (uint32_t)in.n : s->frag_left;
    uint32_t keep = m != NULL && (s->mch & 2) != 0 ? 1 : 0;
    uint32_t beyond = s->frag_left - n; /* bytes that have not come */
    if (m != NULL && m->el.phase != EL_DONE)
        ww_dicom_el_feed(c, m, ww_slice_sub(in, 0, n));
    if (beyond > keep) {
        uint32_t skip = beyond - keep;
        if (m != NULL && m->el.phase != EL_DONE)
            skip = ww_dicom_el_skip(c, m, skip);
        n += skip;
    }
    if (m != NULL)
        count(c, m, n);
    s->frag_left -= n;
    if (s->frag_left == 0)
        fragment_end(c);
    return ww_ok(n);
}

/* Order and size of a P-DATA-TF (PS3.8 9.2, D.1). */
static void check_pdata(const struct call *c, uint32_t len)
{
    const struct side *other = &c->d->side[ww_other(c->dir)];
    if (other->max_known && other->max_pdu != 0 && len > other->max_pdu)
        ww_dicom_anomaly(c, AN_pdu_over_max);
    if (len < PDV_HDR)
        ww_dicom_anomaly(c, AN_pdu_length_invalid);
    if (c->s->ended)
        ww_dicom_anomaly(c, AN_data_after_end);
    else if (c->s->asked_release)
        ww_dicom_anomaly(c, AN_data_after_release);
    c->s->data = true;
}

/* The stream makes no sense here: look for the next PDU. */
static struct ww_parse desync(const struct call *c, enum anomaly a, size_t used)
{
    ww_dicom_anomaly(c, a);
    give_up(c);
    c->s->lost = true;
    c->s->at = AT_LOST;
    return ww_ok(used);
}

/**
 * Reads a PDU header, and the whole PDU unless it is P-DATA-TF.
 * In:     in  bytes from the header on
 * Limits: ASSOC_MAX; P-DATA-TF up to the 4 GiB of its header
 * Source: PS3.8 9.3.1; the reserved byte is not tested
 */
static struct ww_parse pdu(const struct call *c, struct ww_slice in)
{
    struct ww_rd r = ww_rd(in);
    if (in.n < PDU_HDR)
        return ww_more(0, PDU_HDR);
    uint8_t type = ww_rd_u8(&r);
    ww_rd_skip(&r, 1);
    uint32_t len = ww_rd_be32(&r);
    if (type == 4) {
        ww_dicom_tell_accept(c);
        check_pdata(c, len);
        c->s->pdu_left = len;
        c->s->at = len > 0 ? AT_PDV : AT_PDU;
        return ww_ok(PDU_HDR);
    }
    if (type < 1 || type > 7)
        return desync(c, AN_pdu_type_unknown, 1);
    if (len > (type <= 2 ? ASSOC_MAX : SMALL_MAX))
        return desync(c, AN_pdu_length_invalid, PDU_HDR);
    bool small = type > 2;
    if (small ? len != 4 : len < ASSOC_FIXED)
        ww_dicom_anomaly(c, AN_pdu_length_invalid);
    size_t all = (size_t)PDU_HDR + len;
    if (in.n < all)
        return ww_more(0, all);
    if (type != 1)
        ww_dicom_tell_accept(c);
    give_up(c); /* a message that is not complete will not be completed any more */
    if (len >= (small ? 4 : ASSOC_FIXED))
        ww_dicom_assoc_pdu(c, type, ww_slice_sub(in, PDU_HDR, len));
    return ww_ok(all);
}

/* First bytes of a direction, or first bytes after a loss. */
static struct ww_parse start(const struct call *c, struct ww_slice in)
{
    enum ww_guess g = WW_GUESS_YES;
    if (!c->d->seen || c->s->lost)
        g = ww_dicom_probe(in, c->dir);
    switch (g) {
    case WW_GUESS_MAYBE:
        return ww_more(0, ww_dicom_probe_need(in));
    case WW_GUESS_YES:
        c->s->at = AT_PDU;
        break;
    case WW_GUESS_NO:
        c->s->lost = true;
        c->s->at = AT_LOST;
        break;
    }
    c->s->cur = NO_SLOT;
    return ww_ok(0);
}

/**
 * Looks for a P-DATA-TF whose header proves itself; a length found by looking is never trusted
 * without that.
 * Limits: SCAN_MAX bytes, then the flow is given up
 */
static struct ww_parse scan(const struct call *c, struct ww_slice in)
{
    struct side *s = c->s;
    for (size_t p = 0; (p = ww_slice_find(in, p, 4)) < in.n; p++) {
        struct ww_slice head = ww_slice_sub(in, p, RESYNC_LEN);
        if (head.n < RESYNC_LEN) {
            s->scanned += (uint32_t)p;
            return ww_more(p, RESYNC_LEN);
        }
        if (ww_dicom_is_pdata(head)) {
            s->scanned = 0;
            s->at = AT_PDU;
            return ww_ok(p);
        }
    }
    if (s->scanned > SCAN_MAX || in.n > SCAN_MAX - s->scanned)
        return ww_stop("no PDU found");
    s->scanned += (uint32_t)in.n;
    return ww_ok(in.n);
}

static struct ww_parse step(const struct call *c, struct ww_slice in)
{
    switch ((enum at)c->s->at) {
    case AT_START:
        return start(c, in);
    case AT_PDU:
        return pdu(c, in);
    case AT_PDV:
        return pdv(c, in);
    case AT_FRAGMENT:
        return fragment(c, in);
    case AT_LOST:
        return scan(c, in);
    }
    return ww_stop("state");
}

/**
 * Bytes of one direction.
 * Return: used goes beyond in.n where fragments are not read: bulk costs one call per PDU
 * Limits: max_msg is the longest A-ASSOCIATE; P-DATA is never buffered beyond 12 bytes
 */
static struct ww_parse data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    struct dicom *d = state;
    struct call c = { .cx = cx, .d = d, .dir = dir, .s = &d->side[dir] };
    size_t used = 0;
    c.s->spoke = true;
    if (in.n == 0)
        return ww_more(0, 1);
    while (used < in.n) {
        struct ww_parse p = step(&c, ww_slice_sub(in, used, in.n - used));
        if (p.v == WW_P_STOP)
            return p;
        used += p.used;
        if (p.v == WW_P_MORE)
            return ww_more(used, p.need);
    }
    return ww_ok(used);
}

/**
 * Bytes are missing. Where the loss ends inside the PDU at hand, its length still says where the
 * next one begins; else the next PDU is looked for.
 * In:     lost  bytes from the end of the last `used` to the next byte
 */
static void gap(struct ww_cx *cx, void *state, enum ww_dir dir, uint64_t lost)
{
    struct dicom *d = state;
    struct call c = { .cx = cx, .d = d, .dir = dir, .s = &d->side[dir] };
    struct side *s = c.s;
    struct msg *m = s->at == AT_FRAGMENT ? current(&c) : NULL;
    if (s->at == AT_FRAGMENT && lost <= s->frag_left) {
        s->frag_left -= (uint32_t)lost;
        if (m != NULL) {
            m->damaged = true;
            m->el.phase = EL_DONE;
            count(&c, m, (uint32_t)lost);
        }
        if (s->frag_left == 0)
            fragment_end(&c);
        return;
    }
    uint64_t left = s->at == AT_FRAGMENT ? (uint64_t)s->frag_left + s->pdu_left
                    : s->at == AT_PDV    ? s->pdu_left
                                         : 0;
    give_up(&c);
    s->lost = true;
    s->at = AT_START;
    if (lost <= left && lost > 0) {
        s->pdu_left = 0;
        s->frag_left = (uint32_t)(left - lost);
        s->mch = 0;
        s->at = s->frag_left > 0 ? AT_FRAGMENT : AT_PDU;
    }
}

/* The connection is over: messages that were under way are told as far as they came. */
static void end(struct ww_cx *cx, void *state)
{
    struct dicom *d = state;
    struct call c = { .cx = cx, .d = d, .dir = WW_A, .s = &d->side[WW_A] };
    ww_dicom_tell_accept(&c);
    give_up_both(&c);
}

static const struct ww_port ports[] = {
    { WW_ON_TCP, 104 }, { WW_ON_TCP, 11112 }, { WW_ON_TCP, 4242 }, { WW_ON_END, 0 }
};

const struct ww_dissector ww_dissector_dicom = {
    .name = "dicom",
    .spec = "DICOM PS3.8 9.3, PS3.7, PS3.5",
    .events = ww_dicom_events,
    .ports = ports,
    .first = { 0xfe }, /* PDU types 01 to 07 */
    .state_size = sizeof(struct dicom),
    .max_msg = PDU_HDR + ASSOC_MAX,
    .probe = ww_dicom_probe,
    .data = data,
    .gap = gap,
    .end = end,
    .content_size = sizeof(struct file),
    .content_probe = ww_dicom_file_probe,
    .content = ww_dicom_file,
};
