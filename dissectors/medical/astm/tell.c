/* tell.c - what a complete message or transfer becomes. Source: LIS01-A2 6, LIS02-A2 5.2 */
#include "dissectors/medical/astm/astm.h"

WW_EVENT_TYPE(astm_message, "astm.message", "A message of laboratory records, H to L", 0,
              ASTM_MESSAGE_FIELDS);
WW_EVENT_TYPE(astm_transfer, "astm.transfer", "A transfer over the link, ENQ to EOT", 0,
              ASTM_TRANSFER_FIELDS);

static const char *const quirk_names[] = { "no_enq",
                                           "no_checksum",
                                           "checksum_variant",
                                           "checksum_ignored",
                                           "no_frame_number",
                                           "frame_number",
                                           "no_cr",
                                           "lf",
                                           "no_terminator" };

/* Results and host queries come from instruments, orders without results from hosts (LIS02-A2 5.2).
 * A message that shows neither comes from whoever the side was before. */
static enum astm_role role_of(struct astm_side *s, struct astm_side *other)
{
    const struct astm_message *e = &s->m.ev;
    uint8_t role = e->results > 0 || e->queries > 0                ? ASTM_ROLE_INSTRUMENT
                   : e->orders > 0 && s->role == ASTM_ROLE_UNKNOWN ? ASTM_ROLE_HOST
                                                                   : s->role;
    if (role != ASTM_ROLE_UNKNOWN && s->role == ASTM_ROLE_UNKNOWN) {
        s->role = role;
        if (other->role == ASTM_ROLE_UNKNOWN)
            other->role = role == ASTM_ROLE_HOST ? ASTM_ROLE_INSTRUMENT : ASTM_ROLE_HOST;
    }
    return role;
}

static void encoding_seen(struct astm_msg *m)
{
    const char *name = m->iso2022    ? "iso-2022"
                       : m->sjis     ? "shift_jis"
                       : m->utf8_bad ? "8-bit"
                       : m->high     ? "utf-8"
                                     : "";
    (void)WW_SET(m->ev.charset_seen, ww_slice_str(name));
}

/**
 * Tells the message of one side, which is over, and forgets it.
 * In: framing  "lis01" or "bare"
 */
void ww_astm_tell(struct ww_cx *cx, struct astm_state *st, enum ww_dir dir, const char *framing)
{
    struct astm_side *s = &st->side[dir];
    struct astm_message *e = &s->m.ev;
    enum astm_role role = role_of(s, &st->side[ww_other(dir)]);
    if (role == ASTM_ROLE_INSTRUMENT) {
        (void)WW_SET(e->sender_role, WW_SLICE_LIT("laboratory instrument"));
        (void)WW_SET(e->model, WW_STR(e->sender_name));
    } else { /* a host's name is no model */
        e->software_version.len = e->serial.len = 0;
        if (role == ASTM_ROLE_HOST)
            (void)WW_SET(e->sender_role, WW_SLICE_LIT("laboratory host"));
    }
    (void)WW_SET(e->framing, ww_slice_str(framing));
    for (size_t i = 0; i < sizeof quirk_names / sizeof quirk_names[0]; i++)
        if ((s->quirks >> i & 1) != 0)
            (void)WW_ADD(e->quirks, ww_slice_str(quirk_names[i]));
    e->frames = s->frames;
    e->retransmits = s->retransmits;
    e->checksum_errors = s->checksum_errors;
    encoding_seen(&s->m);
    if (s->m.truncated)
        cx->ev_flags |= WW_EV_TRUNCATED;
    ww_emit(cx, &astm_message_type, dir, e);
    s->xfer.messages++;
    s->m.open = false;
    s->quirks = 0;
    s->frames = s->retransmits = s->checksum_errors = 0;
}

/**
 * Ends the transfer of one side and tells it, when its beginning was seen.
 * In: eot  the sender said EOT; else it began another without
 */
void ww_astm_transfer_end(struct ww_cx *cx, struct astm_state *st, enum ww_dir dir, bool eot)
{
    struct astm_side *s = &st->side[dir];
    const char *outcome = !eot                                    ? "no_end"
                          : s->xfer.frames > 0                    ? "done"
                          : s->xfer.naks > 0 && s->xfer.acks == 0 ? "refused"
                                                                  : "empty";
    if (s->m.open && eot) { /* LIS02-A2 12: a message without L is not complete, but it is over */
        s->quirks |= ASTM_Q_NO_TERMINATOR;
        ww_astm_tell(cx, st, dir, "lis01");
    }
    s->m.open = false;
    s->part.len = 0;
    s->part.cut = false;
    if (s->xfer_open) {
        (void)WW_SET(s->xfer.outcome, ww_slice_str(outcome));
        ww_emit(cx, &astm_transfer_type, dir, &s->xfer);
    }
    s->xfer = (struct astm_transfer){ 0 };
    s->xfer_open = s->granted = s->bad_last = false;
    s->expect = s->last_fn = 0;
    s->quirks = 0;
    s->frames = s->retransmits = s->checksum_errors = 0;
}
