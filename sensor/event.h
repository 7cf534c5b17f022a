/* event.h - everything after the dissectors is an event; each field is declared in exactly one line.
 *
 * From the one line come the struct member, the JSON key, the rule field, the documentation and the
 * JSON Schema:
 *     #define DNS_ANSWER_FIELDS(F, S)                                                     \
 *         F(S, IP,  client, 0,   NONE, "",  "Host that asked (RFC 1035 4.1)")           \
 *         F(S, STR, name,   255, NONE, "",  "Name that was asked for")
 *     WW_EVENT_DEFINE(dns_answer, "dns.answer", "An address that a name resolves to", 0,
 *                     DNS_ANSWER_FIELDS);
 * A name with a double underscore is a member of a nested JSON object: ja3__hash is ja3.hash.
 */
#ifndef WW_EVENT_H
#define WW_EVENT_H
#include "sensor/base/err.h"
#include "sensor/base/out.h"
#include "sensor/base/rd.h"
#include <assert.h>

enum {
    WW_EVENT_BODY_MAX = 2048, /* bytes of one body */
    WW_EVENT_MAX = 2400,      /* bytes of a whole record */
    WW_EVENT_TYPES_MAX = 256,
    WW_EVENT_SLOTS = 1024, /* of the look-up by pointer: so many that hardly two types meet */
    WW_VLAN_MAX = 4,
    WW_TUNNEL_MAX = 4
};

/* Side of a flow, fixed for its life: A sent the first packet that was seen. */
enum ww_dir { WW_A = 0, WW_B = 1 };

enum ww_ftype {
    WW_FT_U8,
    WW_FT_U16,
    WW_FT_U32,
    WW_FT_U64,
    WW_FT_U32N, /* nullable: WW_NULL32 means unknown and is written as null */
    WW_FT_U64N, /* nullable: WW_NULL64 means unknown */
    WW_FT_BOOL,
    WW_FT_TIME, /* ns since 1970 UTC; 0 = unknown */
    WW_FT_IP,
    WW_FT_MAC,
    WW_FT_STR,  /* bytes with a capacity; empty = absent */
    WW_FT_LIST, /* short strings, each ended by NUL, with the true total */
    WW_FT_HASH  /* keyed pseudonym of a patient-related value; never serialised */
};
#define WW_NULL32 UINT32_MAX
#define WW_NULL64 UINT64_MAX

/* What a field says about a device: SUBJECT_ATTRIBUTE. SRC is the sender of the message, DST its
 * receiver, OTHER a third device named by subject_mac, subject_ip or subject_id of the event. */
#define WW_ROLES(X)                                                                                \
    X(VENDOR) X(MODEL) X(SERIAL) X(SWVER) X(OS) X(NAME) X(CLASS)
enum ww_role {
    WW_ROLE_NONE,
#define WW_X(a) WW_ROLE_SRC_##a, WW_ROLE_DST_##a, WW_ROLE_OTHER_##a,
    WW_ROLES(WW_X)
#undef WW_X
};

struct ww_field {
    const char *name; /* JSON key and rule field */
    const char *unit; /* "" when it has none */
    const char *doc;
    uint16_t off, cap;
    uint8_t type; /* enum ww_ftype */
    uint8_t role; /* enum ww_role */
};

enum { WW_EVT_KEEP = 1 }; /* flag of a type: may use the reserved quarter of the event ring */

struct ww_event_type {
    const char *name; /* proto.kind, or one word */
    const char *doc;
    const struct ww_field *fields;
    uint16_t nfields, size, flags;
};

struct ww_ip {
    uint8_t fam; /* 4, 6; 0 = none */
    uint8_t b[16];
};
struct ww_mac {
    uint8_t b[6]; /* all zero = none */
};

/* One end of a conversation. */
struct ww_end {
    struct ww_ip ip;
    struct ww_mac mac;
    uint16_t port; /* 0 when the protocol has none */
};

enum ww_client_by { WW_BY_UNKNOWN, WW_BY_GUESS, WW_BY_PORT, WW_BY_DISSECTOR, WW_BY_SYN };
enum { WW_EV_KEEP = 1, WW_EV_TRUNCATED = 2, WW_EV_MIDSTREAM = 4, WW_EV_LATE = 8 };
enum { WW_NO_DISSECTOR = 0xff };

/* One layer of the chain around the innermost packet, outermost first. */
struct ww_tunnel {
    uint8_t kind;  /* enum ww_tunnel_kind of sensor/decode.h; the exporter asks ww_tunnel_name() */
    uint16_t vlan; /* innermost tag of the frame that carried it, 0 = none */
    uint32_t id;   /* VNI, key, label, session */
};

/* The record: a fixed header and the body that its type needs. No pointers in the body. */
struct ww_event {
    const struct ww_event_type *type;
    uint64_t ts;    /* packet time, ns since 1970 UTC */
    uint64_t frame; /* number of the frame in its source, from 1; 0 = none */
    uint64_t flow;  /* flow id, unique in a run; 0 = none */
    uint64_t seq;   /* order within one worker */
    uint32_t size;  /* bytes of the whole record */
    uint32_t source; /* index of the file or interface, see ww_sources in pipeline.h */
    struct ww_end end[2]; /* by enum ww_dir */
    uint16_t vlan[WW_VLAN_MAX];
    struct ww_tunnel tunnel[WW_TUNNEL_MAX];
    uint8_t nvlan, ntunnel;
    uint8_t dir;       /* enum ww_dir: who sent what the event tells */
    uint8_t client;    /* enum ww_dir; only meaningful if client_by != WW_BY_UNKNOWN, else A */
    uint8_t client_by; /* enum ww_client_by */
    uint8_t ip_proto;  /* 0 = not IP */
    uint8_t dissector; /* index in the dissector list; WW_NO_DISSECTOR = none */
    uint8_t flags;     /* WW_EV_* */
    _Alignas(8) uint8_t body[];
};

static inline const struct ww_end *ww_event_client(const struct ww_event *e)
{
    return &e->end[e->client & 1];
}
static inline const struct ww_end *ww_event_server(const struct ww_event *e)
{
    return &e->end[(e->client & 1) ^ 1];
}
static inline const struct ww_end *ww_event_sender(const struct ww_event *e)
{
    return &e->end[e->dir & 1];
}
static inline const struct ww_end *ww_event_receiver(const struct ww_event *e)
{
    return &e->end[(e->dir & 1) ^ 1];
}

/* Consumers all have one shape; what they produce is again an event. The event is valid only for
 * the call. */
typedef void ww_event_fn(void *to, const struct ww_event *e);
/* Does the consumer read events of a type? What nobody reads need not be made. */
typedef bool ww_wants_fn(void *to, const struct ww_event_type *t);

/* ---- one line per field -------------------------------------------------------------------- */
#define WW_MEMBER_U8(n, c)   uint8_t n;
#define WW_MEMBER_U16(n, c)  uint16_t n;
#define WW_MEMBER_U32(n, c)  uint32_t n;
#define WW_MEMBER_U64(n, c)  uint64_t n;
#define WW_MEMBER_U32N(n, c) uint32_t n;
#define WW_MEMBER_U64N(n, c) uint64_t n;
#define WW_MEMBER_BOOL(n, c) bool n;
#define WW_MEMBER_TIME(n, c) uint64_t n;
#define WW_MEMBER_IP(n, c)   struct ww_ip n;
#define WW_MEMBER_MAC(n, c)  struct ww_mac n;
#define WW_MEMBER_HASH(n, c) uint64_t n;
#define WW_MEMBER_STR(n, c)                                                                        \
    struct {                                                                                       \
        uint16_t len;                                                                              \
        char b[c];                                                                                 \
    } n;
#define WW_MEMBER_LIST(n, c)                                                                       \
    struct {                                                                                       \
        uint16_t len, total;                                                                       \
        char b[c];                                                                                 \
    } n;
#define WW_MEMBER_(S, t, n, c, r, u, d) WW_MEMBER_##t(n, c)
#define WW_DESC_(S, t, n, c, r, u, d)                                                              \
    { #n, u, d, (uint16_t)offsetof(struct S, n), (c), WW_FT_##t, WW_ROLE_##r },

/* For a header: the struct, and its type defined elsewhere. */
#define WW_EVENT_DECLARE(S, FIELDS)                                                                \
    struct S {                                                                                     \
        FIELDS(WW_MEMBER_, S)                                                                      \
    };                                                                                             \
    static_assert(sizeof(struct S) <= WW_EVENT_BODY_MAX, "event too large");                       \
    extern const struct ww_event_type S##_type

/* For the one .c file that owns a DECLAREd event. */
#define WW_EVENT_TYPE(S, ev_name, ev_doc, ev_flags, FIELDS)                                        \
    static const struct ww_field S##_fields[] = { FIELDS(WW_DESC_, S) };                           \
    const struct ww_event_type S##_type = { ev_name,                                               \
                                            ev_doc,                                                \
                                            S##_fields,                                            \
                                            sizeof(S##_fields) / sizeof(S##_fields[0]),            \
                                            sizeof(struct S),                                      \
                                            ev_flags }

/* Struct and type private to one file. */
#define WW_EVENT_DEFINE(S, ev_name, ev_doc, ev_flags, FIELDS)                                      \
    struct S {                                                                                     \
        FIELDS(WW_MEMBER_, S)                                                                      \
    };                                                                                             \
    static_assert(sizeof(struct S) <= WW_EVENT_BODY_MAX, "event too large");                       \
    static const struct ww_field S##_fields[] = { FIELDS(WW_DESC_, S) };                           \
    static const struct ww_event_type S##_type = { ev_name,                                        \
                                                   ev_doc,                                         \
                                                   S##_fields,                                     \
                                                   sizeof(S##_fields) / sizeof(S##_fields[0]),     \
                                                   sizeof(struct S),                               \
                                                   ev_flags }

/* Copies at most the capacity of a STR field; false when the text was cut. */
#define WW_SET(dst, sl) ww_str_set(&(dst).len, (dst).b, sizeof((dst).b), (sl))
/* The text of a STR member of a struct at hand. */
#define WW_STR(m) ((struct ww_slice){ (const uint8_t *)(m).b, (m).len })
static inline bool ww_str_set(uint16_t *len, char *b, size_t cap, struct ww_slice s)
{
    size_t n = s.p == NULL ? 0 : s.n < cap ? s.n : cap;
    if (n > 0)
        memcpy(b, s.p, n);
    *len = (uint16_t)n;
    return n == s.n;
}

/* Adds one short string to a LIST field; false when it did not fit (total still counts it). */
#define WW_ADD(dst, sl) ww_list_add(&(dst).len, &(dst).total, (dst).b, sizeof((dst).b), (sl))
bool ww_list_add(uint16_t *len, uint16_t *total, char *b, size_t cap, struct ww_slice s);

/* ---- registry: all types of a program, look-up by name ---------------------------------------- */
struct ww_registry {
    const struct ww_event_type *type[WW_EVENT_TYPES_MAX];
    uint16_t n;
    uint16_t slot[WW_EVENT_SLOTS]; /* index + 1 by hash of the pointer */
};

/** Adds a NULL-terminated list of types. A type that is there already is skipped. */
enum ww_rc ww_registry_add(struct ww_registry *r, const struct ww_event_type *const *types,
                           struct ww_err *e) WW_MUST_CHECK;
/** Index of a type, -1 when it is not registered; constant time. */
int ww_registry_id(const struct ww_registry *r, const struct ww_event_type *t);
const struct ww_event_type *ww_type_find(const struct ww_registry *r, const char *name);
const struct ww_field *ww_type_field(const struct ww_event_type *t, const char *name);
/** Field by event and field name, resolved once at load; unknown names give a clear error. */
enum ww_rc ww_field_find(const struct ww_registry *r, const char *event, const char *field,
                         const struct ww_event_type **t, const struct ww_field **f,
                         struct ww_err *e) WW_MUST_CHECK;

/* ---- values ------------------------------------------------------------------------------------ */
/** Number of any numeric, BOOL, TIME or HASH field; nullable unknowns read as WW_NULL64. */
uint64_t ww_get_u64(const struct ww_event *e, const struct ww_field *f);
struct ww_slice ww_get_str(const struct ww_event *e, const struct ww_field *f);
const struct ww_ip *ww_get_ip(const struct ww_event *e, const struct ww_field *f);
const struct ww_mac *ww_get_mac(const struct ww_event *e, const struct ww_field *f);
/** Walks a LIST: *at starts at 0; an empty slice with p == NULL ends it. */
struct ww_slice ww_get_item(const struct ww_event *e, const struct ww_field *f, size_t *at);
uint16_t ww_get_total(const struct ww_event *e, const struct ww_field *f);

/* The other way: fills a field of a body, for records that are read back from where they were kept.
 * A number is cut to the field's width; WW_NULL64 stays unknown in nullable fields. */
void ww_set_u64(void *body, const struct ww_field *f, uint64_t v);
/** Whole text of a STR field; false when it was cut or f is no STR. */
bool ww_set_str(void *body, const struct ww_field *f, struct ww_slice s);
/** Makes a STR or LIST field absent. */
void ww_set_none(void *body, const struct ww_field *f);

/** Writes the body as members of the JSON object that is open in o; HASH fields are left out. */
void ww_event_body_json(struct ww_out *o, const struct ww_event *e);

static inline bool ww_ip_eq(const struct ww_ip *a, const struct ww_ip *b)
{
    return a->fam == b->fam && memcmp(a->b, b->b, 16) == 0;
}
static inline bool ww_mac_eq(const struct ww_mac *a, const struct ww_mac *b)
{
    return memcmp(a->b, b->b, 6) == 0;
}
static inline bool ww_mac_none(const struct ww_mac *a)
{
    return (a->b[0] | a->b[1] | a->b[2] | a->b[3] | a->b[4] | a->b[5]) == 0;
}
/** IPv4 address from its number in host order, as an address in the first 4 bytes. */
static inline struct ww_ip ww_ip4(uint32_t v)
{
    struct ww_ip ip = { .fam = 4 };
    ip.b[0] = (uint8_t)(v >> 24);
    ip.b[1] = (uint8_t)(v >> 16);
    ip.b[2] = (uint8_t)(v >> 8);
    ip.b[3] = (uint8_t)v;
    return ip;
}
/** Address from 4 or 16 bytes; any other length gives none. */
struct ww_ip ww_ip_of(struct ww_slice s);
struct ww_mac ww_mac_of(struct ww_slice s);
#endif
