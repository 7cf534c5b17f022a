/* dissector.h - the only engine header that a protocol includes: the contract of a dissector.
 *
 * A dissector is told bytes and says what they mean. It knows no flows, rules or other protocols.
 * The engine guarantees contiguous input that starts where the last `used` ended.
 */
#ifndef WW_DISSECTOR_H
#define WW_DISSECTOR_H
#include "sensor/event.h"

enum ww_on { WW_ON_END = 0, WW_ON_TCP, WW_ON_UDP, WW_ON_ETHERTYPE, WW_ON_IPPROTO };

/* A hint that orders the probing, never a decision. A list ends with { WW_ON_END, 0 }.
 * ETHERTYPE and IPPROTO are exact: such frames go to the dissector that names them. */
struct ww_port {
    uint8_t on; /* enum ww_on */
    uint16_t n;
};

enum ww_guess { WW_GUESS_NO, WW_GUESS_MAYBE, WW_GUESS_YES }; /* MAYBE = show me more bytes */

enum ww_parse_v { WW_P_OK, WW_P_MORE, WW_P_STOP, WW_P_NEXT };
struct ww_parse {
    uint8_t v; /* enum ww_parse_v */
    const char *why;
    size_t used, need;
};

/* These bytes are done; used > in.n skips bytes that have not arrived yet: images pass unbuffered and
 * loss inside them does not matter. used is at least 1. */
static inline struct ww_parse ww_ok(size_t used)
{
    return (struct ww_parse){ .v = WW_P_OK, .used = used };
}
/* Streams only: call again when `need` bytes stand after `used`; need > in.n - used and
 * need <= max_msg. */
static inline struct ww_parse ww_more(size_t used, size_t need)
{
    return (struct ww_parse){ .v = WW_P_MORE, .used = used, .need = need };
}
/* Not this protocol, or broken beyond use: never called again on this flow; an anomaly event names
 * the reason (a literal). */
static inline struct ww_parse ww_stop(const char *why)
{
    return (struct ww_parse){ .v = WW_P_STOP, .why = why };
}
/* The rest of the flow is another protocol: probe again (STARTTLS, CONNECT, upgrade). */
static inline struct ww_parse ww_next(size_t used)
{
    return (struct ww_parse){ .v = WW_P_NEXT, .used = used };
}

struct ww_cx; /* the engine's context of one call */

/* A request that was found for its result. */
struct ww_pair {
    bool found;
    uint32_t latency_ms; /* WW_NULL32 when not found */
    uint64_t frame;      /* frame of the request, 0 when not found */
};

/* What one protocol carries for others: the body of a message, a part of it, a file. A carrier hands
 * it on in pieces; the first piece of each content has no bytes and says what it is, so that
 * messages without a body are known too. Pointers are valid for the call. What is marked with 1 is
 * there in the first piece only. */
struct ww_content {
    const char *carrier;          /* name of the carrying dissector */
    struct ww_slice media;        /* media type in lower case, without parameters; empty = not told */
    struct ww_slice method, path; /* of the request, in its answer too; the path without query */
    struct ww_slice query;        /* 1: of a request */
    struct ww_slice accept;       /* 1: media types that a request asks for, as sent */
    struct ww_slice action;       /* 1: what a SOAP message asks for, wherever the carrier said it */
    struct ww_slice parts;        /* 1: media type of the parts of a multipart content */
    uint64_t size;                /* 1: bytes announced, WW_NULL64 when not */
    uint64_t id;                  /* differs from that of the content before it in this direction */
    uint64_t at;                  /* offset of this piece; a jump says what was passed over or lost */
    struct ww_pair pair;          /* 1: answers: the request */
    uint16_t status;              /* 0 in requests */
    bool part;                    /* one part of a content that was told before */
};

struct ww_dissector {
    const char *name, *spec; /* "dicom", "DICOM PS3.8 9.3" */
    const struct ww_event_type *const *events; /* NULL-terminated */
    const struct ww_port *ports;
    uint8_t first[32]; /* bit set of first bytes that a message can have; all zero = any byte */
    uint32_t state_size, max_msg; /* bytes per flow, zeroed; bytes ever buffered per direction */
    enum ww_guess (*probe)(struct ww_slice in, enum ww_dir dir); /* also on mid-stream bytes */
    struct ww_parse (*data)(struct ww_cx *cx, void *state, enum ww_dir dir, struct ww_slice in);
    /* lost: bytes from the end of the last `used` to the next byte that will come */
    void (*gap)(struct ww_cx *cx, void *state, enum ww_dir dir, uint64_t lost);
    void (*tick)(struct ww_cx *cx, void *state);
    void (*end)(struct ww_cx *cx, void *state);

    /* Content carried by another protocol; a dissector may have these two alone, without ports, first,
     * probe and data. The probe is asked with the first piece, and again with the first bytes (at
     * least WW_CONTENT_FIRST, or all there are) when nobody said YES; then MAYBE is enough. content
     * gets a state of its own (content_size bytes, zeroed, for one content). In its answers ww_next
     * says that it has seen enough (to the first piece: that the bytes are for others, who are asked
     * then), ww_stop that the content is broken; ww_more works as in streams. No alarms, no content
     * inside of content. */
    uint32_t content_size;
    enum ww_guess (*content_probe)(const struct ww_content *meta, struct ww_slice in);
    struct ww_parse (*content)(struct ww_cx *cx, void *state, const struct ww_content *meta,
                               enum ww_dir dir, struct ww_slice in, bool last);
};

#define WW_FIRST_BIT(set, b) ((set)[(uint8_t)(b) >> 3] >> ((b)&7) & 1)

/* Bytes of a compressed content: used of in gave out; call again with the rest. */
struct ww_inflated {
    struct ww_slice out; /* valid until the next call of the host */
    size_t used;
    bool end, bad; /* nothing more comes; bad: not compressed as said, or no memory for it */
};

/* What the engine lends to a dissector during a call. Tests and fuzzers bring their own host. */
struct ww_host {
    void (*emit)(struct ww_cx *cx, const struct ww_event_type *t, enum ww_dir dir,
                 const void *body);
    bool (*wanted)(struct ww_cx *cx, const struct ww_event_type *t); /* NULL = all are */
    void (*client_is)(struct ww_cx *cx, enum ww_dir dir);
    void (*alarm)(struct ww_cx *cx, uint64_t at_ns);
    void (*anomaly)(struct ww_cx *cx, enum ww_dir dir, const char *what);
    void (*request)(struct ww_cx *cx, enum ww_dir dir, uint64_t key, uint32_t timeout_ms);
    struct ww_pair (*result)(struct ww_cx *cx, enum ww_dir dir, uint64_t key, bool last);
    uint64_t (*pseudonym)(struct ww_cx *cx, struct ww_slice value);
    uint64_t (*content)(struct ww_cx *cx, const struct ww_content *meta, enum ww_dir dir,
                        struct ww_slice in, bool last);
    struct ww_inflated (*inflate)(struct ww_cx *cx, enum ww_dir dir, uint64_t id, bool begin,
                                  struct ww_slice in);
    struct ww_end (*end)(struct ww_cx *cx, enum ww_dir dir);
};
struct ww_cx {
    const struct ww_host *host;
    uint64_t now;             /* packet time, ns */
    uint8_t ev_flags;         /* WW_EV_TRUNCATED etc. set by the dissector for the next emit only */
    bool midstream;           /* the flow began before the capture, as far as is known */
    bool datagram;            /* `in` is one complete datagram or frame, not part of a stream */
};

/** Tells an event; body is the event's struct, copied. dir: who sent the message. */
static inline void ww_emit(struct ww_cx *cx, const struct ww_event_type *t, enum ww_dir dir,
                           const void *body)
{
    cx->host->emit(cx, t, dir, body);
    cx->ev_flags = 0;
}
/** Does anybody read events of this type? What nobody reads may be left unmade; telling it all the
 * same changes nothing. For events that are many and take long to make. */
static inline bool ww_wanted(struct ww_cx *cx, const struct ww_event_type *t)
{
    return cx->host->wanted == NULL || cx->host->wanted(cx, t);
}
/** Packet time, ns since 1970 UTC. */
static inline uint64_t ww_now(const struct ww_cx *cx)
{
    return cx->now;
}
/** One end of the conversation. Few messages need it, so it is put together when it is asked for. */
static inline struct ww_end ww_end_at(struct ww_cx *cx, enum ww_dir dir)
{
    return cx->host->end(cx, dir);
}
/** Evidence about who is the client; a SYN that was seen is stronger. */
static inline void ww_client_is(struct ww_cx *cx, enum ww_dir dir)
{
    cx->host->client_is(cx, dir);
}
/** Asks for a call of tick() at a packet time; one alarm per flow, the last call counts. */
static inline void ww_alarm(struct ww_cx *cx, uint64_t at_ns)
{
    cx->host->alarm(cx, at_ns);
}
/** A fact that breaks the protocol but not the parse; `what` is a literal in snake case. */
static inline void ww_anomaly(struct ww_cx *cx, enum ww_dir dir, const char *what)
{
    cx->host->anomaly(cx, dir, what);
}
/**
 * Remembers that `dir` asked something, so that its result can be told with its latency. The table
 * is capped; a request that stays unanswered for timeout_ms becomes an anomaly
 * (request_unanswered). key: message id, hash of a control id; unique per flow and direction.
 */
static inline void ww_request(struct ww_cx *cx, enum ww_dir dir, uint64_t key, uint32_t timeout_ms)
{
    cx->host->request(cx, dir, key, timeout_ms);
}
/** Finds the request that was sent against direction dir; `last` forgets it afterwards. */
static inline struct ww_pair ww_result(struct ww_cx *cx, enum ww_dir dir, uint64_t key, bool last)
{
    return cx->host->result(cx, dir, key, last);
}
/** Keyed hash of a patient-related value for the judge; the key lives in memory only. */
static inline uint64_t ww_pseudonym(struct ww_cx *cx, struct ww_slice value)
{
    return cx->host->pseudonym(cx, value);
}
enum { WW_CONTENT_FIRST = 512 }; /* bytes that are looked at before it is said who reads a content */
#define WW_CONTENT_ALL UINT64_MAX
/**
 * Hands a piece of content on. One content at a time in each direction, streams only.
 * In:     meta   what the content is, see there
 *         last   nothing follows: the content is whole. One that is not is simply not ended.
 * Return: how many of the following bytes nobody wants to see: they may be passed over, `at` of the
 *         next piece says it; WW_CONTENT_ALL: do not hand on more of this content
 */
static inline uint64_t ww_content_put(struct ww_cx *cx, const struct ww_content *meta,
                                      enum ww_dir dir, struct ww_slice in, bool last)
{
    return cx->host->content(cx, meta, dir, in, last);
}
/**
 * Inflates bytes of a content (gzip, zlib or plain deflate) as they come; id tells contents of one
 * direction apart, begin says that these are the first bytes. When all of `in` is used, call again
 * with nothing until nothing comes out: the last bits may give many bytes.
 * Limits: the engine keeps WW_INFLATERS of them, the one longest unused is given up (bad)
 */
static inline struct ww_inflated ww_content_inflate(struct ww_cx *cx, enum ww_dir dir, uint64_t id,
                                                    bool begin, struct ww_slice in)
{
    return cx->host->inflate(cx, dir, id, begin, in);
}
static inline enum ww_dir ww_other(enum ww_dir d)
{
    return d == WW_A ? WW_B : WW_A;
}

/* The list: one line per protocol in dissectors.def. NULL-terminated. */
extern const struct ww_dissector *const ww_dissectors[];
#endif
