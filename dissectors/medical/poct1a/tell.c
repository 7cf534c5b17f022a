/* tell.c - what a complete POCT1-A message becomes: events, pairing, roles.
 * Source: CLSI POCT01-A2 annex B.3 (conversations), B.6.2 (acknowledgement) */
#include "dissectors/medical/poct1a/poct1a.h"

WW_EVENT_TYPE(poct1a_hello, "poct1a.hello", "A point-of-care device introduces itself (HEL)", 0,
              POCT_HELLO_FIELDS);
WW_EVENT_TYPE(poct1a_message, "poct1a.message", "A message between device and data manager", 0,
              POCT_MESSAGE_FIELDS);
WW_EVENT_TYPE(poct1a_ack, "poct1a.ack", "An acknowledgement or escape", 0, POCT_ACK_FIELDS);

/* Who sends a message, and whether the receiver acknowledges it (B.3). */
static const struct {
    const char *start;
    uint8_t role; /* enum poct_role */
    bool answered;
} kinds[] = {
    { "HEL.", POCT_DEVICE, true },  { "DST.", POCT_DEVICE, true },   { "OBS.", POCT_DEVICE, true },
    { "EVS.", POCT_DEVICE, true },  { "OPL.", POCT_MANAGER, true },  { "PTL.", POCT_MANAGER, true },
    { "DTV.", POCT_MANAGER, true }, { "REQ.", POCT_MANAGER, false },
};

/* Hash of a control id for pairing inside one flow (FNV-1a). */
static uint64_t id_hash(struct ww_slice id)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (struct ww_rd r = ww_rd(id); r.left > 0;)
        h = (h ^ ww_rd_u8(&r)) * 0x100000001b3u;
    return h;
}

/* Learns the role of a side; the other side has the other one. Return: an answer is due. */
static bool learn(struct poct_side *s, struct poct_side *other, struct ww_slice type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!ww_slice_starts(type, kinds[i].start))
            continue;
        s->role = kinds[i].role;
        other->role = s->role == POCT_DEVICE ? POCT_MANAGER : POCT_DEVICE;
        return kinds[i].answered;
    }
    return false;
}

static void ack(struct ww_cx *cx, struct poct_msg *m, enum ww_dir dir, bool escape)
{
    if (escape)
        (void)WW_SET(m->ack.ack_type, WW_SLICE_LIT("ESC"));
    m->ack.latency_ms = WW_NULL32;
    if (m->ack.ack_control_id.len > 0)
        m->ack.latency_ms =
            ww_result(cx, dir, id_hash(WW_STR(m->ack.ack_control_id)), true).latency_ms;
    ww_emit(cx, &poct1a_ack_type, dir, &m->ack);
}

/* The header fields stand at the front of all three bodies, in the same order. */
#define COPY_HEADER(to, from)                                            \
    do {                                                                 \
        (to).message_type = (__typeof__((to).message_type)){ .len = 0 }; \
        (void)WW_SET((to).message_type, WW_STR((from).message_type));    \
        (void)WW_SET((to).control_id, WW_STR((from).control_id));        \
        (void)WW_SET((to).version_id, WW_STR((from).version_id));        \
        (void)WW_SET((to).sender_role, WW_STR((from).sender_role));      \
        (to).message_time = (from).message_time;                         \
        (to).message_time_zoned = (from).message_time_zoned;             \
        (to).bytes = (from).bytes;                                       \
    } while (0)

/** Tells the message of one side, which is over, and forgets it. */
void ww_poct_tell(struct ww_cx *cx, struct poct_state *st, enum ww_dir dir)
{
    struct poct_side *s = &st->side[dir];
    struct poct_msg *m = &s->m;
    struct ww_slice type = WW_STR(m->hello.message_type);
    bool answered = learn(s, &st->side[ww_other(dir)], type);
    bool hello = ww_slice_starts(type, "HEL."), escape = ww_slice_starts(type, "ESC.");
    if (s->role != POCT_UNKNOWN)
        (void)WW_SET(m->hello.sender_role, s->role == POCT_DEVICE
                                               ? WW_SLICE_LIT("POCT1-A device")
                                               : WW_SLICE_LIT("POCT1-A data manager"));
    if (hello) /* B.3.1: the device opens the conversation */
        ww_client_is(cx, dir);
    if (answered && m->hello.control_id.len > 0)
        ww_request(cx, dir, id_hash(WW_STR(m->hello.control_id)), POCT_ANSWER_MS);
    if (m->truncated)
        cx->ev_flags |= WW_EV_TRUNCATED;
    if (hello) {
        ww_emit(cx, &poct1a_hello_type, dir, &m->hello);
    } else if (escape || ww_slice_starts(type, "ACK.")) {
        COPY_HEADER(m->ack, m->hello);
        ack(cx, m, dir, escape);
    } else {
        COPY_HEADER(m->msg, m->hello);
        ww_emit(cx, &poct1a_message_type, dir, &m->msg);
    }
    m->open = false;
}
