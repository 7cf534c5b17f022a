/* hl7.c - HL7 v2 as the engine meets it: connections, and content of other protocols.
 * Source: see frame.c and message.c */
#include "dissectors/medical/hl7/hl7.h"

/* One side of a connection at work. */
static struct hl7_run run_of(struct ww_cx *cx, struct hl7_state *st, enum ww_dir dir)
{
    return (struct hl7_run){ .cx = cx,
                             .s = &st->side[dir],
                             .other = &st->side[ww_other(dir)],
                             .client_told = &st->client_told,
                             .dir = dir };
}

/* Bytes of one direction; see dissector.h. */
static struct ww_parse hl7_data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    struct hl7_run run = run_of(cx, state, dir);
    size_t need = 0, used = ww_hl7_bytes(&run, in, &need);
    if (used == SIZE_MAX)
        return ww_stop("no HL7 message header");
    run.s->last = ww_now(cx);
    if (ww_hl7_bare(run.s))
        ww_alarm(cx, run.s->last + HL7_IDLE_MS * 1000000ull);
    return need > 0 ? ww_more(used, need) : ww_ok(in.n);
}

static void hl7_gap(struct ww_cx *cx, void *state, enum ww_dir dir, uint64_t lost_bytes)
{
    (void)cx;
    (void)lost_bytes;
    ww_hl7_lose(&((struct hl7_state *)state)->side[dir]);
}

/* Silence ends a bare message. */
static void hl7_tick(struct ww_cx *cx, void *state)
{
    struct hl7_state *st = state;
    uint64_t again = 0;
    for (unsigned d = WW_A; d <= WW_B; d++) {
        struct hl7_run run = run_of(cx, st, (enum ww_dir)d);
        uint64_t due = run.s->last + HL7_IDLE_MS * 1000000ull;
        if (!ww_hl7_bare(run.s))
            continue;
        if (ww_now(cx) >= due)
            ww_hl7_flush(&run);
        else if (again == 0 || due < again)
            again = due;
    }
    if (again != 0)
        ww_alarm(cx, again);
}

/* The flow is over: so is a bare message. A block without its end mark is not told. */
static void hl7_end(struct ww_cx *cx, void *state)
{
    for (unsigned d = WW_A; d <= WW_B; d++) {
        struct hl7_run run = run_of(cx, state, (enum ww_dir)d);
        ww_hl7_flush(&run);
    }
}

static const struct ww_event_type *const events[] = {
    &hl7_message_type, &hl7_ack_type, &hl7_device_type, &hl7_software_type, &hl7_batch_type,
    &hl7_block_type,   NULL
};
static const struct ww_port ports[] = { { WW_ON_TCP, 2575 },
                                        { WW_ON_TCP, 6661 },
                                        { WW_ON_END, 0 } };

const struct ww_dissector ww_dissector_hl7 = {
    .name = "hl7",
    .spec = "HL7 v2.5.1 chapter 2, MLLP (v2.3.1 Implementation Guide C.4.3)",
    .events = events,
    .ports = ports,
    .state_size = sizeof(struct hl7_state),
    .max_msg = HL7_BUF_MAX,
    .probe = ww_hl7_probe,
    .data = hl7_data,
    .gap = hl7_gap,
    .tick = hl7_tick,
    .end = hl7_end,
    .content_size = sizeof(struct hl7_content),
    .content_probe = ww_hl7_content_probe,
    .content = ww_hl7_content,
};
