/* support.h - what the tests share: guarded buffers, a host that plays the engine for one dissector,
 * the loops that every dissector must pass, comparison of events, a small reader of captures.
 *
 * A unit test of a dissector usually looks like this:
 *
 *     static const struct t_step talk[] = { T_A(associate_rq), T_B(associate_ac), T_A(release_rq) };
 *     static const struct t_talk t = { .d = &ww_dissector_dicom, T_STEPS(talk) };
 *
 *     Test(dicom, every_cut)    { t_every_cut(&t); }
 *     Test(dicom, every_prefix) { t_every_prefix(&t); }
 *     Test(dicom, every_byte)   { t_every_byte(&t); }
 *     Test(dicom, every_gap)    { t_every_gap(&t); }
 *     Test(dicom, associate)
 *     {
 *         struct t_feed *f = t_run(&t);
 *         cr_assert(eq(int, (int)t_count(f, "dicom.associate"), 1));
 *         cr_assert(eq(str, (char *)t_get_str(t_find(f, "dicom.associate", 0), "calling_aet"), "CT1"));
 *         t_free(f);
 *     }
 *
 * A broken expectation prints what was fed and calls abort(), so Criterion names the test.
 */
#ifndef WW_TEST_SUPPORT_H
#define WW_TEST_SUPPORT_H
#include "dissectors/dissector.h"
#include "sensor/base/hash.h"

/* ---- guarded bytes ---------------------------------------------------------------------------- */
/** Copies bytes so that they end at an unmapped page: a one-byte over-read crashes in any build. */
struct ww_slice t_guard(const void *src, size_t n);
void t_unguard(struct ww_slice s);

/** Prints a sentence and aborts. */
_Noreturn void t_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** Prints bytes as hex and text on standard error, at most 4096 of them. */
void t_dump(const char *what, struct ww_slice s);

/* ---- patients and JSON ------------------------------------------------------------------------- */
/**
 * Looks for the name that every invented patient carries, in every spelling used in captures:
 * CANARY, kana (full and half width), kanji; in UTF-8, Shift_JIS, EUC-JP, ISO-2022-JP.
 * Return: the spelling that was found, NULL when the text is clean.
 */
const char *t_canary(const void *p, size_t n);

/**
 * Strict JSON (RFC 8259): one value, valid UTF-8, no duplicate keys in an object, no control
 * characters, no C1 controls. In: text of n bytes. Return: NULL when good, else what is wrong.
 * Limits: 64 levels, 512 keys an object.
 */
const char *t_json_bad(const char *text, size_t n);

/* ---- the host that plays the engine ------------------------------------------------------------- */
enum { T_ANOMALIES = 256, T_PAIRS = 256, T_CONTENT_KEPT = 65536 };

/* One emitted event. text is `type A {json body}` (A or B = dir) plus the event's flags and its
 * pseudonyms, so two events are the same exactly when their texts are. */
struct t_got {
    struct ww_event *e; /* complete record: ts, frame, dir, flags, body */
    char *text;
    size_t json, njson; /* where the JSON object stands in text */
};

/* One content that a carrier handed on. Lines of t_text(f, true): `content A media method path
 * status bytes hash whole`. */
struct t_content {
    uint8_t dir;
    bool part, whole, over; /* whole: its end was told; over: nobody wanted more */
    uint16_t status;
    uint64_t id, n; /* n: bytes handed on or passed over */
    uint64_t skip;
    char *media, *method, *path;
    uint8_t *b;     /* its first T_CONTENT_KEPT bytes; what was passed over is zero */
};

struct t_feed {
    struct ww_cx cx; /* first: the host finds its way back from the context */
    const struct ww_dissector *d;
    struct ww_end end[2]; /* A 192.0.2.1:49152, B 192.0.2.2 at the first port of the dissector */
    void *state;
    uint64_t frame; /* number of the step; the caller may set it */

    /* what came out */
    struct t_got *got;
    size_t ngot, capgot;
    const char *anomaly[T_ANOMALIES];
    size_t nanomaly;
    bool client_known;
    enum ww_dir client; /* last evidence */
    uint64_t alarm_at;  /* 0 = none */
    bool stopped, handed_on; /* ww_stop, ww_next */
    const char *why;         /* reason of the stop */

    /* content that it handed on, and who reads it (set after t_new; NULL: nobody, all is wanted) */
    const struct ww_dissector *const *readers;
    struct t_content *content;
    size_t ncontent, capcontent;
    bool unwanted; /* nobody wants content behind its first bytes */

    /* how the host behaves; set after t_new */
    bool exact;        /* deliver in a malloc of the exact size (for ASan) instead of guard pages */
    bool allow_canary; /* do not abort when an event holds the canary name */
    bool no_text;      /* do not keep events, only check them (fuzzing) */

    /* private */
    struct t_dirbuf {
        uint8_t *b;
        size_t n, cap, need;
        uint64_t skip;
    } dir[2];
    struct t_pair {
        bool used;
        uint8_t dir;
        uint64_t key, at, frame, until;
    } pair[T_PAIRS];
    size_t next_pair;
    bool in_call;
    const struct ww_dissector *reading; /* reader at work */
    struct t_reader {
        bool open;
        const struct ww_dissector *d; /* NULL = not known yet */
        uint64_t id, at, skip;
        uint8_t *b; /* not used yet */
        size_t n, need;
        void *state;
    } reader[2];
    struct ww_inflater *inflater[2]; /* by direction */
    uint64_t inflate_id[2];
    uint8_t *room; /* guarded room for deliveries */
    size_t room_n;
    size_t ncalls;
};

/** A fresh flow for one dissector. Packet time starts at 2026-01-05T00:00:00Z; the key of
 * pseudonyms is {1, 2}. */
struct t_feed *t_new(const struct ww_dissector *d);
void t_free(struct t_feed *f);

/**
 * Stream bytes of one direction. The host keeps what was not used, applies skips (used > in.n),
 * honours need, and aborts when the dissector breaks its contract: used 0 with ww_ok; used > in.n,
 * need not above what it has or over max_msg with ww_more; a stop without reason; an event of a
 * type that is not in its list, with lengths beyond capacity, bodies that are not valid JSON, or
 * with the canary name in it. Bytes after a stop are dropped, as in the engine.
 */
void t_bytes(struct t_feed *f, enum ww_dir dir, const void *p, size_t n);
/** One complete datagram or frame; ww_more breaks the contract here. */
void t_datagram(struct t_feed *f, enum ww_dir dir, const void *p, size_t n);
/**
 * lost bytes are missing in a direction. Inside a skip they count as skipped; what goes beyond
 * reaches gap(). Kept bytes are dropped first and count as lost, so `lost` is the distance from the
 * end of the last `used` to the next byte that comes. A dissector without gap() is stopped.
 */
void t_gap(struct t_feed *f, enum ww_dir dir, uint64_t lost);
/** One piece of content for the readers, as a carrier would hand it on; see ww_content_put. */
uint64_t t_content(struct t_feed *f, const struct ww_content *meta, enum ww_dir dir, const void *p,
                   size_t n, bool last);
/** Packet time goes to now_ns: due alarms call tick(), unanswered requests become anomalies
 * (request_unanswered). */
void t_time(struct t_feed *f, uint64_t now_ns);
/** The flow is over. */
void t_end(struct t_feed *f);

/** Number of events of a type. */
size_t t_count(const struct t_feed *f, const char *type);
/** The nth (from 0) event of a type; NULL when there are fewer. */
const struct t_got *t_find(const struct t_feed *f, const char *type, size_t nth);
/** Values by field name; an unknown name aborts. t_get_str returns a C string in a ring of 8
 * buffers; LIST items are joined with a comma; IP, MAC and TIME come as text. */
uint64_t t_get_u64(const struct t_got *g, const char *field);
const char *t_get_str(const struct t_got *g, const char *field);
/** True when an anomaly of this name was told. */
bool t_anomaly(const struct t_feed *f, const char *what);
/** All events, one text a line; free it. Anomalies, evidence and end state follow when full. */
char *t_text(const struct t_feed *f, bool full);
void t_print(const struct t_feed *f);
/** Aborts with a readable difference when two runs did not give the same events. */
void t_same(const struct t_feed *want, const struct t_feed *got, const char *about);

/** Asks the probe as the engine does: the set of first bytes, then probe(), in guarded memory. */
enum ww_guess t_probe(const struct ww_dissector *d, enum ww_dir dir, const void *p, size_t n);
/** The same in a malloc of the exact size: fast enough for fuzzing, guarded by ASan. */
enum ww_guess t_probe_exact(const struct ww_dissector *d, enum ww_dir dir, const void *p, size_t n);

/* ---- loops --------------------------------------------------------------------------------------- */
/* One message of a conversation. lost > 0: a gap before it (p may be NULL). */
struct t_step {
    uint8_t dir; /* enum ww_dir */
    const void *p;
    size_t n;
    uint64_t lost;
    bool parts; /* holds several messages, or its front part may tell something already */
    const struct ww_content *meta; /* the step is a whole content for t_talk.d, which reads it */
};
#define T_A(bytes) { .dir = WW_A, .p = (bytes), .n = sizeof(bytes) }
#define T_B(bytes) { .dir = WW_B, .p = (bytes), .n = sizeof(bytes) }
/* For string literals: the ending NUL is not sent. */
#define T_AS(lit) { .dir = WW_A, .p = (lit), .n = sizeof(lit) - 1 }
#define T_BS(lit) { .dir = WW_B, .p = (lit), .n = sizeof(lit) - 1 }
#define T_STEPS(a) .step = (a), .n = sizeof(a) / sizeof((a)[0])

struct t_talk {
    const struct ww_dissector *d;
    const struct t_step *step;
    size_t n;
    bool datagram; /* each step is one datagram */
    bool allow_canary;
    /* For gaps: fields that may become unknown or different when bytes were lost before the
     * message ("latency_ms", "assoc_seen"), ended by NULL. */
    const char *const *degrades;
    void (*setup)(struct t_feed *f); /* NULL, or called on each fresh flow */
    const struct ww_dissector *const *readers; /* of content; NULL: d itself, if it reads */
};

/** Runs a conversation, 10 ms of packet time a step, without end(). */
struct t_feed *t_run(const struct t_talk *t);

/** Every cut: pieces of 1, 2, 3 ... bytes (each up to 64, then larger strides) and each cut of each
 * step in two give the same events, evidence and end state as whole steps. Streams only. */
void t_every_cut(const struct t_talk *t);
/** Every prefix: a step cut short at any byte tells nothing of that step (with parts: only what the
 * whole step tells first) and does not stop (datagrams may). end() afterwards keeps the contract. */
void t_every_prefix(const struct t_talk *t);
/** Every byte: each byte set to 0x00, 0x7F, 0x80 and 0xFF, delivered whole and cut after that byte,
 * keeps the contract. A canary that moves into an allowed field is not an error here. */
void t_every_byte(const struct t_talk *t);
/** Gaps: before each step, instead of each step, and inside each step (1 byte, half of what is left,
 * all of it): every event told is one that the intact run told (fields in degrades aside). */
void t_every_gap(const struct t_talk *t);

/* ---- captures -------------------------------------------------------------------------------------- */
/* Little reader for test input: classic pcap only, Ethernet, TCP and UDP over IPv4 and IPv6, VLAN
 * tags; segments in capture order. */
struct t_packet {
    struct ww_slice frame;   /* the whole frame */
    struct ww_slice payload; /* of TCP or UDP; empty for others */
    struct ww_end src, dst;
    uint8_t ip_proto;
    uint32_t seq;
    uint16_t ethertype;
    uint64_t ts;
    uint8_t tcp_flags;
};
/** Calls fn for each packet. Return: number of packets, -1 when the file is no such capture. */
long t_pcap(const char *path, void (*fn)(void *to, const struct t_packet *p), void *to);
#endif
