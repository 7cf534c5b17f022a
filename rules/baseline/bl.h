/* bl.h - private to rules/baseline: the compiled form of a declaration.
 *
 * Everything lives in one arena that the baseline owns; arrays are flat and are written once, while
 * the declaration is read.
 */
#ifndef WW_RULES_BASELINE_BL_H
#define WW_RULES_BASELINE_BL_H
#include "rules/baseline/baseline.h"

/* ---- arena: memory that is given back as a whole ---- */
struct bl_block;
struct bl_arena {
    struct bl_block *head;
    bool full; /* an allocation failed; results so far must not be used */
};
/** Zeroed memory, NULL when there is none (full is then set). */
void *ww_bl_alloc(struct bl_arena *a, size_t n, size_t size);
/** Copy of s; "" for NULL or when there is no memory. */
const char *ww_bl_str(struct bl_arena *a, const char *s);
void ww_bl_arena_free(struct bl_arena *a);

/* ---- entries ---- */
enum bl_op { BL_OP_ANY, BL_OP_EQ, BL_OP_NEQ, BL_OP_LTE, BL_OP_GTE, BL_OP_RANGE };
struct bl_port {
    uint8_t op; /* enum bl_op */
    uint16_t lo, hi;
};
struct bl_net {
    uint8_t fam; /* 0 = no condition */
    uint8_t len;
    uint8_t b[16];
};
enum bl_action { BL_ACCEPT, BL_DROP };
enum bl_side { BL_ANY_SIDE, BL_DEVICE_SIDE, BL_PEER_SIDE };

enum {
    BL_FLAW_PROTO = 1,       /* protocol contradicts the tcp, udp or icmp block */
    BL_FLAW_FAMILY = 2,      /* match of the other IP version than the list has */
    BL_FLAW_HOST_BITS = 4,   /* bits set behind the prefix length */
    BL_FLAW_TWO = 8,         /* two abstractions in one entry */
    BL_FLAW_REJECT = 16,     /* reject or another action; read as drop */
    BL_FLAW_DEVICE_NET = 32, /* address on the device's own side */
    BL_FLAW_LITERAL = 64     /* address of a peer written out */
};
struct bl_ace {
    const char *acl, *name;
    uint16_t acl_at, ace_at;      /* places in the file, for line numbers */
    uint8_t dir;                  /* enum ww_bl_dir */
    uint8_t action;               /* enum bl_action */
    uint8_t fam;                  /* 4, 6, 0 = any */
    uint8_t initiated;            /* enum bl_side: who opened the connection */
    int16_t proto;                /* -1 = any */
    int16_t icmp_type, icmp_code; /* -1 = any */
    int32_t ethertype;            /* -1 = none */
    bool ether;                   /* belongs to a list of Ethernet type */
    bool not_evaluated;           /* has conditions that a conversation does not show */
    bool catch_all;               /* has no condition at all */
    bool same_maker, local, my_controller;
    struct bl_port device_port, peer_port;
    struct bl_net device_net, peer_net;
    const char *dns;       /* name of the peer */
    const char *wrong_dns; /* name on the device's side: an error of the file */
    const char *manufacturer, *model, *controller;
    bool icmp;       /* ICMP of the entry's IP version, or of both */
    unsigned flaw;   /* BL_FLAW_*: for the remarks */
    int16_t conduit; /* index, -1 = none */
    uint16_t group;  /* first entry that means the same */
};

/* ---- extension ---- */
struct bl_strs {
    const char **v;
    uint32_t n;
};
enum bl_bind { BL_CONTROLLER, BL_MY_CONTROLLER, BL_SAME_MAKER, BL_LOCAL, BL_NAMES, BL_GROUPS };
struct bl_peer {
    const char *id, *kind, *controller, *zone;
    uint8_t bind;        /* enum bl_bind */
    struct bl_strs name; /* names or groups */
};
struct bl_conduit {
    const char *id, *description, *application, *state, *encryption, *transport;
    int16_t peer;                                    /* index */
    uint8_t initiated;                               /* enum bl_side */
    uint8_t said_patient, said_control, said_alarms; /* enum ww_bl_said */
    bool port_configurable, used_by_ace;
    uint32_t longest_silence_s, interval_s;
    uint16_t max_connections;
    struct bl_strs ace, port;
};
struct bl_capability {
    const char *sop_class, *name;
    uint8_t role; /* enum ww_bl_role */
    struct bl_strs syntax, dimse;
};
struct bl_ae {
    const char *id, *title; /* title "" = any */
    bool configurable, initiator, acceptor;
    struct bl_strs conduit, called, calling, move;
    struct bl_capability *cap;
    uint32_t ncap;
};
struct bl_message {
    const char *code, *trigger;
    bool sends;
};
struct bl_endpoint {
    const char *id;
    struct bl_strs conduit, version, sending_app, receiving_app, sending_fac, receiving_fac;
    bool no_ack;
    struct bl_message *msg;
    uint32_t nmsg;
};
enum bl_never_dir { BL_NEVER_EITHER, BL_NEVER_FROM, BL_NEVER_TO };
struct bl_never {
    const char *id, *description;
    const char *application; /* "" = any */
    const char *transport;   /* "" = any */
    uint8_t dir;             /* enum bl_never_dir */
    bool internet;
    struct bl_strs except_state;
};
enum { /* infrastructure/link-protocol */
       BL_LINK_LLDP = 1,
       BL_LINK_CDP = 2,
       BL_LINK_EAPOL = 4,
       BL_LINK_STP = 8,
       BL_LINK_IGMP = 16,
       BL_LINK_MLD = 32,
       BL_LINK_LLMNR = 64,
       BL_LINK_MDNS = 128,
       BL_LINK_SSDP = 256,
       BL_LINK_NETBIOS = 512,
       BL_LINK_WSD = 1024
};
struct bl_infra {
    bool listed;                                           /* link-protocol is present */
    unsigned link;                                         /* BL_LINK_* */
    uint8_t answers_ping, sends_ping, bcast_in, bcast_out; /* enum ww_bl_said */
    const char *addressing;
};

struct ww_baseline {
    struct bl_arena arena;
    const char *file, *mud_url, *authority, *maker, *model, *systeminfo, *last_update;
    char digest[65];
    bool supported, medical, dicom, hl7, no_cyber_risk;
    unsigned mud_version, cache_hours, schema_version;
    struct bl_strs extensions;
    bool has_policy[2]; /* by enum ww_bl_dir */

    struct bl_ace *ace;
    size_t nace;
    struct bl_peer *peer;
    size_t npeer;
    struct bl_conduit *conduit;
    size_t nconduit;
    struct bl_ae *ae;
    size_t nae;
    struct bl_endpoint *endpoint;
    size_t nendpoint;
    struct bl_never *never;
    size_t nnever;
    struct bl_infra infra;
    struct bl_strs implementation_uid;

    const char *kind, *criticality, *declared_by, *organisation;
    const char *end_sale, *end_security, *end_life, *end_service, *end_os;
    unsigned class_, connection, environment;
    enum ww_bl_said remotely_operable;
    uint32_t clock_tolerance;
};

/* ---- reading (tree.c, acl_read.c, medical_read.c) ---- */
struct lyd_node;
/** First child (or, for the root, sibling) of that name; NULL when absent or there by default. */
const struct lyd_node *ww_bl_child(const struct lyd_node *parent, const char *name);
const struct lyd_node *ww_bl_top(const struct lyd_node *root, const char *name);
/** Next sibling of the same name. */
const struct lyd_node *ww_bl_next(const struct lyd_node *n);
size_t ww_bl_count(const struct lyd_node *parent, const char *name);
/** Value of a child leaf without the module prefix of identities; NULL when absent. */
const char *ww_bl_leaf(const struct lyd_node *parent, const char *name);
uint64_t ww_bl_num(const struct lyd_node *parent, const char *name, uint64_t otherwise);
enum ww_bl_said ww_bl_said(const struct lyd_node *parent, const char *name);
struct bl_strs ww_bl_list(struct bl_arena *a, const struct lyd_node *parent, const char *name);
enum ww_rc ww_bl_read_acls(struct ww_baseline *b, const struct lyd_node *root,
                           struct ww_err *e) WW_MUST_CHECK;
enum ww_rc ww_bl_read_medical(struct ww_baseline *b, const struct lyd_node *device,
                              struct ww_err *e) WW_MUST_CHECK;
/** Validates text and hands out the tree; the caller frees it with lyd_free_all. */
enum ww_rc ww_yang_validate(const struct ww_yang *y, const char *name, const char *text,
                            struct lyd_node **tree, unsigned *line, struct ww_err *e) WW_MUST_CHECK;

/* ---- remarks (lint.c) ---- */
struct bl_lint {
    const char *name;     /* of the file */
    struct ww_slice text; /* for line numbers */
    ww_bl_remark_fn *fn;  /* may be NULL */
    void *to;
    unsigned errors;
    unsigned remarks;
    char first[400]; /* text of the first error */
    unsigned first_line;
};
void ww_bl_say(struct bl_lint *l, enum ww_bl_level level, const char *id, const char *path,
               const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void ww_bl_lint(const struct ww_baseline *b, const struct lyd_node *root, struct bl_lint *l);
void ww_bl_lint_medical(const struct ww_baseline *b, struct bl_lint *l);

/** Line of a JSON value, by a path such as "ietf-mud:mud/extensions" or
 * "x:acls/acl[2]/aces/ace[0]". The deepest part of the path that exists counts. Return: 0 when not
 * even the first part exists. */
unsigned ww_bl_line(struct ww_slice json, const char *path);

/* ---- matching (match.c, infra.c) ---- */
struct bl_match {
    bool proto, port, opener; /* does this part hold? */
    enum ww_bl_is peer;
    enum ww_bl_reason why; /* for peer UNKNOWN */
    const char *waits_for;
    bool has_port, has_peer; /* the entry has such a condition */
};
/** Compares one entry with a conversation, part by part. */
void ww_bl_match(const struct ww_baseline *b, const struct bl_ace *a, const struct ww_bl_env *env,
                 const struct ww_bl_flow *f, struct bl_match *m);
/** Its two halves: protocol, ports and opener, which cost little; then the peer, which the first
 * prepared m for. */
void ww_bl_match_shape(const struct ww_baseline *b, const struct bl_ace *a,
                       const struct ww_bl_env *env, const struct ww_bl_flow *f, struct bl_match *m);
void ww_bl_match_peer(const struct ww_baseline *b, const struct bl_ace *a,
                      const struct ww_bl_env *env, const struct ww_bl_flow *f, struct bl_match *m);
/** Name of the housekeeping that the conversation is, NULL when it is none. */
const char *ww_bl_infra(const struct ww_baseline *b, const struct ww_bl_flow *f, unsigned *notes);
enum ww_bl_is ww_bl_in_class(const struct ww_bl_env *env, const char *uri,
                             const struct ww_ip *peer);
enum ww_bl_is ww_bl_external(const struct ww_bl_env *env, const struct ww_ip *peer);
bool ww_bl_said_in(const struct bl_strs *s, struct ww_slice x);
bool ww_bl_is_in(const struct bl_strs *s, const char *x);
/** The never entry that the conversation breaks, -1 when none. conduit: the permitted one or -1. */
int ww_bl_never(const struct ww_baseline *b, const struct ww_bl_env *env,
                const struct ww_bl_flow *f, int conduit, unsigned *notes);
/** The empty verdict. */
void ww_bl_clear(struct ww_bl_verdict *v);

/* ---- words (text.c) ---- */
void ww_bl_text_ace(struct ww_out *o, const struct bl_ace *a);
void ww_bl_text_flow(struct ww_out *o, const struct ww_bl_flow *f);
void ww_bl_text_peer(struct ww_out *o, const struct bl_ace *a);
/** Ends the text in a fixed buffer with a NUL; marks a cut by "...". */
void ww_bl_text_end(struct ww_out *o);
#endif
