/* tell.c - what a complete HL7 v2 message or batch becomes: events, pairing, link quality.
 * Source: HL7 v2.5.1 2.9 (acknowledgement modes), 2.10.3 (batches) */
#include "dissectors/medical/hl7/hl7.h"
#include "sensor/base/hash.h"

static const char *const quirk_names[] = {
    "no_start",    "fs_without_cr",    "lf",     "crlf",
    "no_final_cr", "several_in_block", "no_end", "stray_text"
};

/* Hash of a control id for pairing inside one flow; whoever makes two ids collide only confuses the
 * latency of his own messages. */
static uint64_t id_hash(struct ww_slice id)
{
    static const struct ww_key fixed = { { 0xcbf29ce484222325u, 0x9e3779b97f4a7c15u } };
    return ww_mix_bytes(&fixed, id.p, id.n);
}

static bool says(struct ww_slice field, const char *what)
{
    return ww_slice_eqs(field, what);
}

/* Remembers a control id of this side; true when it was used shortly before. */
static bool remember(struct hl7_side *s, uint64_t hash, uint64_t now)
{
    bool seen = false;
    for (size_t i = 0; i < HL7_RECENT; i++)
        seen |= s->recent[i].hash == hash;
    s->recent[s->nrecent] = (struct hl7_recent){ hash, now };
    s->nrecent = (uint8_t)((s->nrecent + 1) % HL7_RECENT);
    return seen;
}

/* Registers a message that must be answered: original mode, or an acknowledgement is wanted always.
 */
static void expect(struct ww_cx *cx, struct hl7_side *s, enum ww_dir dir)
{
    struct hl7_ack *e = &s->m.ev;
    if (e->control_id.len == 0)
        return;
    bool original = e->accept_ack.len == 0 && e->app_ack.len == 0;
    bool app = says(WW_STR(e->app_ack), "AL");
    uint64_t hash = id_hash(WW_STR(e->control_id));
    e->repeated = remember(s, hash, ww_now(cx));
    if (says(WW_STR(e->accept_ack), "AL") || app || (original && !s->m.has_msa))
        ww_request(cx, dir, hash, HL7_ANSWER_MS);
}

/* Which encoding the bytes of the message showed: the first of these that was seen. */
static void encoding_seen(struct hl7_msg *m)
{
    const struct hl7_text *t = &m->text;
    const char *name = t->seen_2022   ? "iso-2022"
                       : t->seen_sjis ? "shift_jis"
                       : t->seen_gbk  ? "gb18030"
                       : t->seen_euc  ? "euc"
                       : t->seen_kana ? "katakana"
                       : t->seen_high ? "8-bit"
                       : t->seen_utf8 ? "utf-8"
                                      : NULL;
    m->ev.charset_seen.len = 0;
    if (name != NULL)
        (void)WW_SET(m->ev.charset_seen, ww_slice_str(name));
}

/* Milliseconds since a side sent this control id; WW_NULL32 when that is unknown. */
static uint32_t since(const struct hl7_side *asked, uint64_t hash, uint64_t now)
{
    uint64_t at = 0;
    for (size_t i = 0; i < HL7_RECENT; i++)
        if (asked->recent[i].hash == hash && asked->recent[i].at > at)
            at = asked->recent[i].at;
    uint64_t ms = now >= at ? (now - at) / 1000000u : WW_NULL32;
    return at != 0 && ms < WW_NULL32 ? (uint32_t)ms : WW_NULL32;
}

/* An answer: how long ago its request was. The first answer ends the wait, since the application's,
 * which may follow an accept acknowledgement, may come on another connection (2.9.3). */
static void pair(const struct hl7_run *run)
{
    struct hl7_ack *e = &run->s->m.ev;
    if (!run->s->m.has_msa || e->ack_control_id.len == 0)
        return;
    uint64_t hash = id_hash(WW_STR(e->ack_control_id));
    struct ww_pair p = ww_result(run->cx, run->dir, hash, true);
    e->latency_ms = p.latency_ms;
    if (!p.found && run->other != NULL)
        e->latency_ms = since(run->other, hash, ww_now(run->cx));
}

/**
 * Tells the message of one side, which is over, and what it named; then forgets it.
 * In: framing  "mllp", "bare" or the carrier
 */
void ww_hl7_emit(const struct hl7_run *run, const char *framing)
{
    struct ww_cx *cx = run->cx;
    struct hl7_side *s = run->s;
    struct hl7_msg *m = &s->m;
    struct hl7_ack *e = &m->ev;
    m->open = false;
    (void)WW_SET(e->framing, ww_slice_str(framing));
    s->quirks |= m->stray ? HL7_Q_STRAY_TEXT : 0;
    for (size_t i = 0; s->quirks >> i != 0 && i < sizeof quirk_names / sizeof quirk_names[0]; i++)
        if ((s->quirks >> i & 1) != 0)
            (void)WW_ADD(e->quirks, ww_slice_str(quirk_names[i]));
    s->quirks = 0;
    encoding_seen(m);
    for (uint8_t i = 0; i < s->batch_depth; i++)
        s->batch[i].messages++;
    if (run->client_told != NULL && !*run->client_told) { /* who sends unasked is the client */
        *run->client_told = true;
        ww_client_is(cx, m->has_msa ? ww_other(run->dir) : run->dir);
    }
    pair(run);
    expect(cx, s, run->dir);
    if (m->truncated)
        cx->ev_flags |= WW_EV_TRUNCATED;
    ww_emit(cx, m->has_msa ? &hl7_ack_type : &hl7_message_type, run->dir, e);
    ww_hl7_device_emit(cx, m, run->dir);
}

/**
 * Starts a batch: FHS (a file) or BHS, whose fields stand where those of MSH do (2.15.2, 2.15.6).
 * In: seg  the segment without its end; ww_hl7_header said YES
 */
void ww_hl7_batch_begin(struct hl7_side *s, struct ww_slice seg)
{
    struct hl7_text t = { .declared = HL7_CS_NONE };
    struct hl7_fields f;
    bool file = ww_slice_starts(seg, "FHS");
    s->batch_depth = file || s->batch_depth == 0 ? 0 : 1; /* a BHS stands alone or inside an FHS */
    if (s->batch_depth == 1 && !says(WW_STR(s->batch[0].level), "file"))
        s->batch_depth = 0; /* the batch before had no trailer */
    struct hl7_batch *b = &s->batch[s->batch_depth++];
    *b = (struct hl7_batch){ .messages_declared = WW_NULL32 };
    (void)ww_hl7_seps(seg, &t.seps);
    ww_hl7_split(seg, true, &t, &f, 11);
    (void)WW_SET(b->level, ww_slice_str(file ? "file" : "batch"));
    (void)WW_SET(b->sending_app, ww_slice_trim(ww_hl7_field(&f, 3)));
    (void)WW_SET(b->receiving_app, ww_slice_trim(ww_hl7_field(&f, 5)));
    b->credential_present = ww_hl7_filled(ww_hl7_field(&f, 8));
    (void)WW_SET(b->control_id, ww_slice_trim(ww_hl7_field(&f, 11)));
}

/** Ends a batch: BTS or FTS; tells it, and an inner one that was left open. */
void ww_hl7_batch_end(const struct hl7_run *run, struct ww_slice seg)
{
    struct hl7_side *s = run->s;
    bool file = ww_slice_starts(seg, "FTS");
    uint8_t sep = ww_slice_at(seg, 3);
    size_t end = ww_slice_find(seg, 4, sep);
    while (s->batch_depth > 0) {
        struct hl7_batch *b = &s->batch[s->batch_depth - 1];
        bool is_file = says(WW_STR(b->level), "file");
        if (is_file && !file)
            return; /* a trailer without its header */
        s->batch_depth--;
        if (!is_file && !file) /* the file trailer counts batches, not messages */
            b->messages_declared = ww_hl7_number(ww_slice_sub(seg, 4, end - 4));
        ww_emit(run->cx, &hl7_batch_type, run->dir, b);
        if (!file)
            return;
    }
}
