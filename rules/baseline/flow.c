/* flow.c - the verdict on a conversation. Order of evaluation:
 *   1. the entries of the opener's direction, first match decides (RFC 8520 section 3.4, RFC 8519)
 *   2. a never entry beats an accept; its exception is the state of the conduit
 *   3. housekeeping, unless an entry that compares something says drop
 *   4. the RFC 8520 defaults for DNS and NTP
 *   5. an entry that would match if a class had addresses: unresolved
 *   6. everything else is denied, with the nearest miss as the reason
 */
#include "rules/baseline/bl.h"

struct scan {
    const struct bl_ace *hit;  /* decides */
    const struct bl_ace *wait; /* would decide if its peer were known */
    struct bl_match wait_match;
};

/* Entries that nearly match: asked for only when nothing permits the conversation. */
struct near {
    bool for_port, for_peer, open_class;
    const struct bl_ace *wrong_opener;
};

static const char *const dns_urn = "urn:ietf:params:mud:dns";
static const char *const ntp_urn = "urn:ietf:params:mud:ntp";

void ww_bl_clear(struct ww_bl_verdict *v)
{
    *v = (struct ww_bl_verdict){ .kind = WW_BL_PERMITTED,
                                 .ace = -1,
                                 .reply_ace = -1,
                                 .acl = "",
                                 .ace_name = "",
                                 .conduit = "",
                                 .waits_for = "" };
}

/* Entries of the direction that a conversation is compared with. */
static bool in_turn(const struct bl_ace *a, enum ww_bl_dir dir)
{
    return a->dir == dir && !(a->not_evaluated && a->action == BL_DROP);
}

static void near_misses(const struct ww_baseline *b, const struct ww_bl_env *env,
                        const struct ww_bl_flow *f, enum ww_bl_dir dir, struct near *n)
{
    *n = (struct near){ .wrong_opener = NULL };
    for (size_t i = 0; i < b->nace; i++) {
        const struct bl_ace *a = &b->ace[i];
        struct bl_match m;
        if (!in_turn(a, dir) || a->action != BL_ACCEPT)
            continue;
        ww_bl_match(b, a, env, f, &m);
        bool what = m.proto && m.port;
        if (what && m.peer == WW_BL_IS && !m.opener && n->wrong_opener == NULL)
            n->wrong_opener = a;
        if (what && m.has_port && m.peer == WW_BL_IS_NOT && m.opener)
            n->for_port = true;
        if (!what && m.has_peer && m.peer == WW_BL_IS)
            n->for_peer = true;
        if (m.has_peer && m.peer == WW_BL_IS_UNKNOWN)
            n->open_class = true;
    }
}

static void scan(const struct ww_baseline *b, const struct ww_bl_env *env,
                 const struct ww_bl_flow *f, enum ww_bl_dir dir, struct scan *s)
{
    s->hit = s->wait = NULL;
    for (size_t i = 0; i < b->nace; i++) {
        const struct bl_ace *a = &b->ace[i];
        struct bl_match m;
        if (!in_turn(a, dir))
            continue;
        ww_bl_match_shape(b, a, env, f, &m);
        if (!m.proto || !m.port || !m.opener)
            continue;
        ww_bl_match_peer(b, a, env, f, &m);
        if (m.peer == WW_BL_IS_NOT)
            continue;
        if (m.peer == WW_BL_IS) {
            s->hit = a;
            return;
        }
        if (s->wait == NULL) {
            s->wait = a;
            s->wait_match = m;
        }
        if (a->action == BL_DROP) /* whether it drops is unknown, so nothing behind it is certain */
            return;
    }
}

static enum ww_bl_dir first_dir(const struct ww_bl_flow *f)
{
    if (f->opener == WW_BL_BY_DEVICE)
        return WW_BL_FROM_DEVICE;
    if (f->opener == WW_BL_BY_PEER)
        return WW_BL_TO_DEVICE;
    return f->device_sent || !f->peer_sent ? WW_BL_FROM_DEVICE : WW_BL_TO_DEVICE;
}

static enum ww_bl_dir other(enum ww_bl_dir d)
{
    return d == WW_BL_FROM_DEVICE ? WW_BL_TO_DEVICE : WW_BL_FROM_DEVICE;
}

static void set_rule(struct ww_bl_verdict *v, const char *first, const char *second)
{
    struct ww_out o = ww_out(v->rule, sizeof v->rule);
    ww_out_s(&o, first);
    if (second[0] != 0) {
        ww_out_c(&o, '/');
        ww_out_s(&o, second);
    }
    ww_bl_text_end(&o);
}

static void set_ace(struct ww_bl_verdict *v, const struct ww_baseline *b, const struct bl_ace *a)
{
    v->ace = (int)(a - b->ace);
    v->acl = a->acl;
    v->ace_name = a->name;
    v->conduit = a->conduit >= 0 ? b->conduit[a->conduit].id : "";
    if (a->not_evaluated)
        v->notes |= WW_BL_NOTE_NOT_EVALUATED;
}

/* What no entry decided has its rule and what was declared from the decision. */
void ww_bl_texts(const struct ww_baseline *b, struct ww_bl_verdict *v)
{
    if (v->unsaid == NULL)
        return;
    struct ww_out o = ww_out(v->observed, sizeof v->observed);
    ww_bl_text_flow(&o, v->unsaid);
    ww_bl_text_end(&o);
    v->unsaid = NULL;
    if (v->ace < 0)
        return;
    set_rule(v, v->acl, v->ace_name);
    o = ww_out(v->declared, sizeof v->declared);
    ww_bl_text_ace(&o, &b->ace[v->ace]);
    ww_bl_text_end(&o);
}

static void set_never(struct ww_bl_verdict *v, const struct ww_baseline *b, int i)
{
    const struct bl_never *n = &b->never[i];
    v->kind = WW_BL_VIOLATION;
    v->layer = WW_BL_L_NEVER;
    v->reason = WW_BL_R_NEVER;
    v->ace = -1;
    v->acl = v->ace_name = v->conduit = "";
    set_rule(v, "never", n->id);
    struct ww_out o = ww_out(v->declared, sizeof v->declared);
    ww_out_text(&o, ww_slice_str(n->description));
    ww_bl_text_end(&o);
}

enum listed { LIST_FOR_PEER, LIST_FOR_PORT, LIST_NAMES };

/* Lists what is declared for this peer, for this port, or by name; one text for each meaning. */
static void list_declared(struct ww_bl_verdict *v, const struct ww_baseline *b,
                          const struct ww_bl_env *env, const struct ww_bl_flow *f,
                          enum ww_bl_dir dir, enum listed what)
{
    struct ww_out o = ww_out(v->declared, sizeof v->declared);
    for (size_t i = 0; i < b->nace; i++) {
        const struct bl_ace *a = &b->ace[i];
        struct bl_match m;
        if (a->dir != dir || a->action != BL_ACCEPT || a->group != i)
            continue;
        ww_bl_match(b, a, env, f, &m);
        if (!m.opener || (what == LIST_FOR_PEER && (!m.has_peer || m.peer != WW_BL_IS)) ||
            (what == LIST_FOR_PORT && (!m.proto || !m.port || !m.has_port)) ||
            (what == LIST_NAMES && a->dns[0] == 0))
            continue;
        if (o.n > 0)
            ww_out_s(&o, ", ");
        ww_bl_text_ace(&o, a);
    }
    ww_bl_text_end(&o);
}

/* RFC 8520 appendix: UDP to and from the site's DNS and NTP servers, after all entries. */
static enum ww_bl_is by_default(const struct ww_bl_env *env, const struct ww_bl_flow *f,
                                const char **urn)
{
    bool dns = f->peer_port == 53;
    if (f->ip_proto != 17 || f->cast != WW_BL_UNICAST || (!dns && f->peer_port != 123))
        return WW_BL_IS_NOT;
    *urn = dns ? dns_urn : ntp_urn;
    return ww_bl_in_class(env, *urn, &f->peer);
}

static void deny(struct ww_bl_verdict *v, const struct ww_baseline *b, const struct ww_bl_env *env,
                 const struct ww_bl_flow *f, enum ww_bl_dir dir, const struct scan *s)
{
    struct near n;
    v->kind = WW_BL_VIOLATION;
    v->layer = WW_BL_L_DECLARATION;
    if (s->hit != NULL) {
        v->reason = WW_BL_R_DROP;
        set_ace(v, b, s->hit);
        return;
    }
    near_misses(b, env, f, dir, &n);
    set_rule(v, "undeclared", "");
    if (n.wrong_opener != NULL) {
        v->reason = WW_BL_R_DIRECTION;
        set_ace(v, b, n.wrong_opener);
    } else if (n.for_peer) {
        v->reason = WW_BL_R_PORT;
        list_declared(v, b, env, f, dir, LIST_FOR_PEER);
    } else if ((v->notes & WW_BL_NOTE_EXTERNAL) != 0) {
        v->reason = WW_BL_R_EXTERNAL;
        list_declared(v, b, env, f, dir, n.for_port ? LIST_FOR_PORT : LIST_NAMES);
    } else {
        v->reason = WW_BL_R_PEER;
        if (n.for_port)
            list_declared(v, b, env, f, dir, LIST_FOR_PORT);
    }
    if (n.for_port && v->reason != WW_BL_R_PORT && v->reason != WW_BL_R_DIRECTION)
        v->notes |= WW_BL_NOTE_PORT_DECLARED;
    if (n.open_class)
        v->notes |= WW_BL_NOTE_CLASS_UNRESOLVED;
}

static void permit(struct ww_bl_verdict *v, const struct ww_baseline *b,
                   const struct ww_bl_env *env, const struct ww_bl_flow *f, enum ww_bl_dir dir,
                   const struct bl_ace *a)
{
    struct scan back;
    v->kind = WW_BL_PERMITTED;
    v->layer = WW_BL_L_DECLARATION;
    set_ace(v, b, a);
    if (f->opener == WW_BL_BY_UNKNOWN && a->initiated != BL_ANY_SIDE)
        v->notes |= WW_BL_NOTE_OPENER_UNKNOWN;
    if (!f->device_sent || !f->peer_sent)
        return;
    scan(b, env, f, other(dir), &back);
    if (back.hit != NULL && back.hit->action == BL_ACCEPT)
        v->reply_ace = (int)(back.hit - b->ace);
    else if (f->opener != WW_BL_BY_UNKNOWN && (back.hit != NULL || back.wait == NULL))
        v->notes |= WW_BL_NOTE_REPLY_UNDECLARED;
}

/* What is left when no entry accepted: housekeeping, defaults, never, unresolved, denied. */
static void without_accept(struct ww_bl_verdict *v, const struct ww_baseline *b,
                           const struct ww_bl_env *env, const struct ww_bl_flow *f,
                           enum ww_bl_dir dir, const struct scan *s)
{
    const char *urn = "";
    unsigned notes = 0;
    const char *infra = ww_bl_infra(b, f, &notes);
    bool drops =
        s->hit != NULL && !s->hit->catch_all; /* a closing "drop all" is just the default */
    if (infra != NULL && !drops) {
        v->kind = WW_BL_INFRASTRUCTURE;
        v->layer = WW_BL_L_INFRASTRUCTURE;
        v->notes |= notes;
        set_rule(v, infra, "");
        return;
    }
    /* An entry that drops comes before the defaults (RFC 8520 section 3.4). */
    enum ww_bl_is by = s->hit == NULL ? by_default(env, f, &urn) : WW_BL_IS_NOT;
    if (by == WW_BL_IS) {
        v->layer = WW_BL_L_DEFAULT;
        set_rule(v, "default", urn == dns_urn ? "dns" : "ntp");
        return;
    }
    int never = ww_bl_never(b, env, f, -1, &v->notes);
    if (never >= 0) {
        set_never(v, b, never);
    } else if (s->wait != NULL) {
        v->kind = WW_BL_UNRESOLVED;
        v->layer = WW_BL_L_DECLARATION;
        v->reason = s->wait_match.why;
        set_ace(v, b, s->wait);
        v->waits_for = s->wait_match.waits_for;
    } else if (by == WW_BL_IS_UNKNOWN) {
        v->kind = WW_BL_UNRESOLVED;
        v->layer = WW_BL_L_DEFAULT;
        v->reason = WW_BL_R_CLASS;
        v->waits_for = urn;
        set_rule(v, "default", urn == dns_urn ? "dns" : "ntp");
    } else {
        deny(v, b, env, f, dir, s);
    }
}

static void decide(const struct ww_baseline *b, const struct ww_bl_env *env, const struct ww_bl_flow *f,
                   struct ww_bl_verdict *v)
{
    struct scan s;
    enum ww_bl_dir dir = first_dir(f);
    ww_bl_clear(v);
    v->unsaid = f;
    if (f->ip_proto != 0 && f->cast == WW_BL_UNICAST && ww_bl_external(env, &f->peer) == WW_BL_IS) {
        v->notes |= WW_BL_NOTE_EXTERNAL;
        if (env->name_of != NULL && env->name_of(env->ctx, &f->peer, 0) == NULL)
            v->notes |= WW_BL_NOTE_NO_DNS_ANSWER;
    }
    scan(b, env, f, dir, &s);
    if ((s.hit == NULL || s.hit->action == BL_DROP) && f->opener == WW_BL_BY_UNKNOWN) {
        /* Midway nobody knows whose entries apply: the other direction may explain it too. */
        struct scan t;
        scan(b, env, f, other(dir), &t);
        if (t.hit != NULL && t.hit->action == BL_ACCEPT) {
            s = t;
            dir = other(dir);
        }
    }
    if (s.hit == NULL || s.hit->action == BL_DROP) {
        without_accept(v, b, env, f, dir, &s);
        return;
    }
    int conduit = s.hit->conduit;
    unsigned notes = 0;
    int never = ww_bl_infra(b, f, &notes) == NULL ? ww_bl_never(b, env, f, conduit, &v->notes) : -1;
    if (never >= 0)
        set_never(v, b, never);
    else
        permit(v, b, env, f, dir, s.hit);
}

/**
 * In:     env  all callbacks may be NULL
 * Out:    v    pointers in it belong to b
 */
void ww_bl_flow_untold(const struct ww_baseline *b, const struct ww_bl_env *env,
                       const struct ww_bl_flow *f, struct ww_bl_verdict *v)
{
    decide(b, env, f, v);
    if (v->kind != WW_BL_PERMITTED)
        ww_bl_texts(b, v);
}

void ww_bl_flow(const struct ww_baseline *b, const struct ww_bl_env *env,
                const struct ww_bl_flow *f, struct ww_bl_verdict *v)
{
    decide(b, env, f, v);
    ww_bl_texts(b, v);
}
