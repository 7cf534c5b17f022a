/* match.c - does one entry hold for a conversation? Source: RFC 8520 sections 4 to 8. */
#include "rules/baseline/bl.h"
#include <strings.h>

bool ww_bl_said_in(const struct bl_strs *s, struct ww_slice x)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (ww_slice_eqs(x, s->v[i]))
            return true;
    return false;
}

bool ww_bl_is_in(const struct bl_strs *s, const char *x)
{
    return ww_bl_said_in(s, ww_slice_str(x));
}

/* Is v a member of the prefix of len bits? */
static bool in_prefix(const uint8_t *net, unsigned len, const uint8_t *v)
{
    unsigned whole = len / 8;
    if (memcmp(net, v, whole) != 0)
        return false;
    unsigned rest = len % 8;
    return rest == 0 || ((net[whole] ^ v[whole]) & (0xffU << (8 - rest)) & 0xffU) == 0;
}

static bool in_net(const struct bl_net *n, const struct ww_ip *ip)
{
    return n->fam == 0 || (n->fam == ip->fam && in_prefix(n->b, n->len, ip->b));
}

/* Addresses that are not of the public internet: RFC 6890 and its successors. */
static bool inside(const struct ww_ip *ip)
{
    static const struct bl_net nets[] = {
        { 4, 8, { 10 } },          { 4, 12, { 172, 16 } },
        { 4, 16, { 192, 168 } },   { 4, 16, { 169, 254 } },
        { 4, 8, { 127 } },         { 4, 10, { 100, 64 } },
        { 4, 4, { 224 } },         { 4, 32, { 255, 255, 255, 255 } },
        { 4, 8, { 0 } },           { 6, 7, { 0xfc } },
        { 6, 10, { 0xfe, 0x80 } }, { 6, 8, { 0xff } },
        { 6, 127, { 0 } }
    };
    for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
        if (in_net(&nets[i], ip))
            return true;
    return false;
}

enum ww_bl_is ww_bl_external(const struct ww_bl_env *env, const struct ww_ip *peer)
{
    if (peer->fam == 0)
        return WW_BL_IS_NOT;
    enum ww_bl_is is = env->external != NULL ? env->external(env->ctx, peer) : WW_BL_IS_UNKNOWN;
    if (is != WW_BL_IS_UNKNOWN)
        return is;
    return inside(peer) ? WW_BL_IS_NOT : WW_BL_IS;
}

static bool port_is(const struct bl_port *p, uint16_t port, uint16_t instead)
{
    uint16_t lo = instead != 0 && p->op == BL_OP_EQ ? instead : p->lo;
    switch ((enum bl_op)p->op) {
    case BL_OP_ANY:
        return true;
    case BL_OP_EQ:
        return port == lo;
    case BL_OP_NEQ:
        return port != lo;
    case BL_OP_LTE:
        return port <= lo;
    case BL_OP_GTE:
        return port >= lo;
    case BL_OP_RANGE:
        return port >= p->lo && port <= p->hi;
    }
    return false;
}

static bool proto_is(const struct bl_ace *a, const struct ww_bl_flow *f)
{
    if (f->ip_proto == 0) /* not IP: lists of Ethernet type only */
        return a->ether && (a->ethertype < 0 || a->ethertype == f->ethertype);
    if (a->ether || (a->ethertype >= 0 && a->ethertype != 0x0800 && a->ethertype != 0x86dd))
        return false;
    if (a->fam != 0 && a->fam != f->peer.fam)
        return false;
    if (a->icmp)
        return (f->ip_proto == 1 || f->ip_proto == 58) &&
               (a->icmp_type < 0 || (f->icmp_known && a->icmp_type == f->icmp_type)) &&
               (a->icmp_code < 0 || (f->icmp_known && a->icmp_code == f->icmp_code));
    return a->proto < 0 || a->proto == f->ip_proto;
}

/* Authority of the peer's MUD URL. */
static bool authority_is(const char *url, const char *want)
{
    const char *p = strstr(url, "://");
    if (p == NULL)
        return false;
    p += 3;
    size_t n = strcspn(p, "/?#");
    return n == strlen(want) && strncasecmp(p, want, n) == 0;
}

/* All conditions must hold: one NOT decides, otherwise one UNKNOWN keeps the answer open. */
static void and_peer(struct bl_match *m, enum ww_bl_is is, enum ww_bl_reason why, const char *what)
{
    m->has_peer = true;
    if (m->peer == WW_BL_IS_NOT)
        return;
    if (is == WW_BL_IS_NOT) {
        m->peer = WW_BL_IS_NOT;
    } else if (is == WW_BL_IS_UNKNOWN && m->peer == WW_BL_IS) {
        m->peer = WW_BL_IS_UNKNOWN;
        m->why = why;
        m->waits_for = what;
    }
}

/* Two classes are registered: the site's own DNS and NTP servers (RFC 8520, IANA considerations).
 * The site names them among its services, or as a class, or both. */
enum ww_bl_is ww_bl_in_class(const struct ww_bl_env *env, const char *uri, const struct ww_ip *peer)
{
    enum ww_bl_is is =
        env->controller != NULL ? env->controller(env->ctx, uri, peer) : WW_BL_IS_UNKNOWN;
    bool dns = strcmp(uri, "urn:ietf:params:mud:dns") == 0;
    if (is == WW_BL_IS || env->service == NULL ||
        (!dns && strcmp(uri, "urn:ietf:params:mud:ntp") != 0))
        return is;
    enum ww_bl_is served = env->service(env->ctx, dns ? WW_BL_DNS : WW_BL_NTP, peer);
    return served != WW_BL_IS_UNKNOWN ? served : is;
}

static bool same_name(const char *a, const char *b)
{
    size_t na = strlen(a);
    size_t nb = strlen(b);
    if (na > 0 && a[na - 1] == '.')
        na--;
    if (nb > 0 && b[nb - 1] == '.')
        nb--;
    return na == nb && strncasecmp(a, b, na) == 0;
}

/* RFC 9726: only answers that the device itself received tell which name an address stands for. */
static enum ww_bl_is has_name(const struct ww_bl_env *env, const char *name,
                              const struct ww_ip *peer)
{
    size_t n = 0;
    if (env->name_of != NULL) {
        for (const char *x; (x = env->name_of(env->ctx, peer, n)) != NULL; n++)
            if (same_name(x, name))
                return WW_BL_IS;
    }
    if (n > 0 || (env->name_answered != NULL && env->name_answered(env->ctx, name)))
        return WW_BL_IS_NOT;
    return WW_BL_IS_UNKNOWN;
}

static void match_mud(const struct ww_baseline *b, const struct bl_ace *a,
                      const struct ww_bl_env *env, const struct ww_ip *peer, struct bl_match *m)
{
    if (a->controller[0] != 0)
        and_peer(m, ww_bl_in_class(env, a->controller, peer), WW_BL_R_CLASS, a->controller);
    if (a->my_controller)
        and_peer(m,
                 env->my_controller != NULL ? env->my_controller(env->ctx, b->mud_url, peer)
                                            : WW_BL_IS_UNKNOWN,
                 WW_BL_R_CLASS, "my-controller");
    if (a->local) {
        enum ww_bl_is is = env->local != NULL ? env->local(env->ctx, peer) : WW_BL_IS_UNKNOWN;
        if (is == WW_BL_IS_UNKNOWN && ww_bl_external(env, peer) == WW_BL_IS)
            is = WW_BL_IS_NOT;
        and_peer(m, is, WW_BL_R_LOCAL, "local-networks");
    }
    if (a->manufacturer[0] == 0 && a->model[0] == 0 && !a->same_maker)
        return;
    /* A peer without declaration has no MUD URL and is nobody's product (RFC 8520 section 4.1). */
    const char *url = env->mud_url_of != NULL ? env->mud_url_of(env->ctx, peer) : NULL;
    if (a->manufacturer[0] != 0)
        and_peer(m, url != NULL && authority_is(url, a->manufacturer) ? WW_BL_IS : WW_BL_IS_NOT,
                 WW_BL_R_NONE, "");
    if (a->same_maker)
        and_peer(m, url != NULL && authority_is(url, b->authority) ? WW_BL_IS : WW_BL_IS_NOT,
                 WW_BL_R_NONE, "");
    if (a->model[0] != 0)
        and_peer(m, url != NULL && strcmp(url, a->model) == 0 ? WW_BL_IS : WW_BL_IS_NOT,
                 WW_BL_R_NONE, "");
}

/* RFC 8520 section 8.1 and 3.13: who opened the connection, for TCP only. */
static bool opener_is(const struct bl_ace *a, const struct ww_bl_flow *f)
{
    if (a->initiated == BL_ANY_SIDE || f->opener == WW_BL_BY_UNKNOWN)
        return true;
    return (a->initiated == BL_DEVICE_SIDE) == (f->opener == WW_BL_BY_DEVICE);
}

void ww_bl_match_shape(const struct ww_baseline *b, const struct bl_ace *a,
                       const struct ww_bl_env *env, const struct ww_bl_flow *f, struct bl_match *m)
{
    uint16_t instead = 0;
    if (a->conduit >= 0 && b->conduit[a->conduit].port_configurable && env->site_port != NULL)
        instead = env->site_port(env->ctx, b->conduit[a->conduit].id);
    *m = (struct bl_match){ .peer = WW_BL_IS, .waits_for = "" };
    m->has_port = a->peer_port.op != BL_OP_ANY || a->device_port.op != BL_OP_ANY;
    m->proto = proto_is(a, f);
    m->port = port_is(&a->peer_port, f->peer_port, instead) &&
              port_is(&a->device_port, f->device_port, instead);
    m->opener = opener_is(a, f);
}

void ww_bl_match_peer(const struct ww_baseline *b, const struct bl_ace *a,
                      const struct ww_bl_env *env, const struct ww_bl_flow *f, struct bl_match *m)
{
    if (!in_net(&a->peer_net, &f->peer) || !in_net(&a->device_net, &f->device))
        m->peer = WW_BL_IS_NOT;
    m->has_peer = a->peer_net.fam != 0;
    match_mud(b, a, env, &f->peer, m);
    if (a->dns[0] != 0)
        and_peer(m, has_name(env, a->dns, &f->peer), WW_BL_R_NAME, a->dns);
}

void ww_bl_match(const struct ww_baseline *b, const struct bl_ace *a, const struct ww_bl_env *env,
                 const struct ww_bl_flow *f, struct bl_match *m)
{
    ww_bl_match_shape(b, a, env, f, m);
    ww_bl_match_peer(b, a, env, f, m);
}
