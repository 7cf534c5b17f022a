/* template.c - a small complete dissector to copy; it is compiled in the tests only.
 *
 * The protocol is invented. A message is a header of 12 bytes and a body:
 *     "TPL1"  kind u8  reserved u8  id u16  length u32  body
 * kind 1 hello: attributes [type u8][length u8][value]   2 ask: text   3 answer: status u8, text
 * kind 4 bulk: bytes that say nothing to us
 * Here stands the source of the real one, with its clause. Draw the layout only if it is not
 * public.
 *
 * To make your own: copy this file to dissectors/<group>/<name>.c, rename `tpl` and `template`, add
 * one line to dissectors.def, and work through the list in dissectors/README.md.
 */
#include "dissectors/dissector.h"
#include "sensor/base/tok.h"

/* Every number of the protocol has a name; every limit is here, where it is found. */
enum {
    HEADER = 12,
    MAGIC = 0x54504c31,
    BODY_MAX = 4096,     /* bytes of a body that is read; a longer one is no message of ours */
    ATTRIBUTES_MAX = 32, /* attributes of one hello */
    ANSWER_MS = 5000
};
enum { HELLO = 1, ASK = 2, ANSWER = 3, BULK = 4 };
enum { A_VENDOR = 1, A_MODEL = 2, A_SERIAL = 3, A_VERSION = 4 };

/* One line a field: from it come the struct, the JSON key, the rule field and the documentation.
 * The role says what the field tells about a device: SRC_ the sender, DST_ the receiver, OTHER_ a
 * third one, which subject_mac, subject_ip or subject_id then names. */
#define HELLO_FIELDS(F, S)                                                             \
    F(S, STR, vendor, 32, SRC_VENDOR, "", "Manufacturer of the sender (attribute 1)")  \
    F(S, STR, model, 32, SRC_MODEL, "", "Model of the sender (attribute 2)")           \
    F(S, STR, serial, 32, SRC_SERIAL, "", "Serial number of the sender (attribute 3)") \
    F(S, STR, version, 16, SRC_SWVER, "", "Software version of the sender (attribute 4)")
WW_EVENT_DEFINE(tpl_hello, "template.hello", "A device introduces itself", 0, HELLO_FIELDS);

#define ASK_FIELDS(F, S)                                                \
    F(S, U16, id, 0, NONE, "", "Number that pairs question and answer") \
    F(S, U32, text_bytes, 0, NONE, "bytes", "Length of the question; its text is not kept")
WW_EVENT_DEFINE(tpl_ask, "template.ask", "A question", 0, ASK_FIELDS);

/* A result is an event of its own, so a capture that shows one direction tells what it can. */
#define ANSWER_FIELDS(F, S)                                    \
    F(S, U16, id, 0, NONE, "", "Number of the question")       \
    F(S, STR, status, 12, NONE, "", "done, refused or failed") \
    F(S, U32N, latency_ms, 0, NONE, "ms", "Time since the question; null when it was not seen")
WW_EVENT_DEFINE(tpl_answer, "template.answer", "An answer", 0, ANSWER_FIELDS);

static const struct ww_tok statuses[] = {
    { 0, "done" }, { 1, "refused" }, { 2, "failed" }, { 0, NULL }
};

/* State of one flow: plain data without pointers, zeroed at the start. */
struct tpl_state {
    bool lost[2]; /* by enum ww_dir: bytes are missing, the next header is searched */
};

struct header {
    uint32_t magic, length;
    uint16_t id;
    uint8_t kind;
};

/* Reads are straight-line code; the caller checks r->bad once. */
static struct header header_read(struct ww_rd *r)
{
    struct header h;
    h.magic = ww_rd_be32(r);
    h.kind = ww_rd_u8(r);
    ww_rd_skip(r, 1);
    h.id = ww_rd_be16(r);
    h.length = ww_rd_be32(r);
    return h;
}

static bool header_good(const struct header *h)
{
    return h->magic == MAGIC && h->kind >= HELLO && h->kind <= BULK &&
           (h->kind == BULK || h->length <= BODY_MAX);
}

/**
 * Reads a hello.
 * Return: false when an attribute leaves the body; nothing is told then
 * Limits: ATTRIBUTES_MAX attributes
 */
static bool hello(struct ww_cx *cx, enum ww_dir dir, struct ww_slice body)
{
    struct ww_rd r = ww_rd(body);
    struct tpl_hello e = { 0 };
    bool fits = true;
    for (unsigned n = 0; r.left > 0 && n < ATTRIBUTES_MAX; n++) {
        uint8_t type = ww_rd_u8(&r);
        struct ww_slice v = ww_rd_bytes(&r, ww_rd_u8(&r));
        switch (type) {
        case A_VENDOR:
            fits &= WW_SET(e.vendor, ww_slice_trim(v));
            break;
        case A_MODEL:
            fits &= WW_SET(e.model, ww_slice_trim(v));
            break;
        case A_SERIAL:
            fits &= WW_SET(e.serial, ww_slice_trim(v));
            break;
        case A_VERSION:
            fits &= WW_SET(e.version, ww_slice_trim(v));
            break;
        }
    }
    if (r.bad)
        return false;
    if (!fits || r.left > 0)
        cx->ev_flags |= WW_EV_TRUNCATED; /* for the next emit only */
    ww_emit(cx, &tpl_hello_type, dir, &e);
    return true;
}

static bool answer(struct ww_cx *cx, enum ww_dir dir, const struct header *h, struct ww_slice body)
{
    struct ww_rd r = ww_rd(body);
    struct tpl_answer e = { .id = h->id };
    (void)WW_SET(e.status, ww_slice_str(ww_tok(statuses, ww_rd_u8(&r), "unknown")));
    if (r.bad)
        return false;
    e.latency_ms = ww_result(cx, dir, h->id, true).latency_ms;
    ww_emit(cx, &tpl_answer_type, dir, &e);
    return true;
}

/* One whole message. Return: false when it is broken. */
static bool message(struct ww_cx *cx, enum ww_dir dir, const struct header *h, struct ww_slice body)
{
    struct tpl_ask e = { .id = h->id, .text_bytes = h->length };
    switch (h->kind) {
    case HELLO:
        return hello(cx, dir, body);
    case ASK:
        ww_client_is(cx, dir); /* who asks is the client; a SYN that was seen is stronger */
        ww_request(cx, dir, h->id, ANSWER_MS);
        ww_emit(cx, &tpl_ask_type, dir, &e);
        return true;
    case ANSWER:
        return answer(cx, dir, h, body);
    }
    return true;
}

/* After loss: the offset of the next header, in.n when there is none; *need > 0 when a beginning of
 * one stands at the end of the input. */
static size_t resync(struct ww_slice in, size_t *need)
{
    for (size_t at = ww_slice_find(in, 0, 'T'); at < in.n; at = ww_slice_find(in, at + 1, 'T')) {
        struct ww_rd r = ww_rd(ww_slice_sub(in, at, HEADER));
        struct header h = header_read(&r);
        if (!r.bad && header_good(&h))
            return at;
        if (r.bad) { /* too short to say */
            *need = HEADER;
            return at;
        }
    }
    return in.n;
}

/* The engine calls with contiguous bytes that start where the last `used` ended. */
static struct ww_parse tpl_data(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in)
{
    struct tpl_state *s = state;
    size_t at = 0, need = 0;
    if (s->lost[dir]) {
        at = resync(in, &need);
        if (need > 0)
            return ww_more(at, need);
        s->lost[dir] = at == in.n;
    }
    while (at < in.n) {
        struct ww_rd r = ww_rd(ww_slice_sub(in, at, in.n));
        struct header h = header_read(&r);
        if (r.bad)
            return ww_more(at, HEADER);
        if (!header_good(&h))
            return ww_stop("no template header");
        if (h.kind == BULK) { /* passes unbuffered: used may lie beyond what has arrived */
            at += (size_t)HEADER + h.length;
            continue;
        }
        if (r.left < h.length)
            return ww_more(at, (size_t)HEADER + h.length);
        if (!message(cx, dir, &h, ww_rd_bytes(&r, h.length)))
            return ww_stop("broken message");
        at += (size_t)HEADER + h.length;
    }
    return ww_ok(at);
}

static void tpl_gap(struct ww_cx *cx, void *state, enum ww_dir dir, uint64_t lost)
{
    (void)cx;
    (void)lost;
    ((struct tpl_state *)state)->lost[dir] = true;
}

/**
 * Is this it?
 * Return: YES only on a structure that other protocols do not have; MAYBE while too short to say
 */
static enum ww_guess tpl_probe(struct ww_slice in, enum ww_dir dir)
{
    (void)dir;
    struct ww_rd r = ww_rd(in);
    struct header h = header_read(&r);
    if (!r.bad)
        return header_good(&h) ? WW_GUESS_YES : WW_GUESS_NO;
    struct ww_slice magic = WW_SLICE_LIT("TPL1");
    size_t n = in.n < magic.n ? in.n : magic.n;
    return ww_slice_eq(ww_slice_sub(in, 0, n), ww_slice_sub(magic, 0, n)) ? WW_GUESS_MAYBE
                                                                          : WW_GUESS_NO;
}

static const struct ww_event_type *const events[] = { &tpl_hello_type, &tpl_ask_type,
                                                      &tpl_answer_type, NULL };
static const struct ww_port ports[] = { { WW_ON_TCP, 7777 }, { WW_ON_END, 0 } };

extern const struct ww_dissector ww_dissector_template; /* a real one stands in dissectors.def */
const struct ww_dissector ww_dissector_template = {
    .name = "template",
    .spec = "this file",
    .events = events,
    .ports = ports,
    .first = { ['T' / 8] = 1 << 'T' % 8 },
    .state_size = sizeof(struct tpl_state),
    .max_msg = HEADER + BODY_MAX,
    .probe = tpl_probe,
    .data = tpl_data,
    .gap = tpl_gap,
};
