/* acl_read.c - from the access lists of a valid tree to flat entries, in the order of evaluation.
 * Source: RFC 8520 sections 4 to 8, RFC 8519. */
#include "rules/baseline/bl.h"
#include <arpa/inet.h>
#include <libyang/libyang.h>
#include <stdlib.h>

static bool has_any(const struct lyd_node *parent, const char *const *names)
{
    for (; *names != NULL; names++)
        if (ww_bl_child(parent, *names) != NULL)
            return true;
    return false;
}

/**
 * Reads the ports of one side.
 * In: l4 the tcp or udp container; name "source-port" or "destination-port"
 */
static struct bl_port read_port(const struct lyd_node *l4, const char *name)
{
    struct bl_port p = { .op = BL_OP_ANY };
    const struct lyd_node *c = ww_bl_child(l4, name);
    if (ww_bl_child(c, "lower-port") != NULL) {
        p.op = BL_OP_RANGE;
        p.lo = (uint16_t)ww_bl_num(c, "lower-port", 0);
        p.hi = (uint16_t)ww_bl_num(c, "upper-port", 0);
    } else if (ww_bl_child(c, "port") != NULL) {
        const char *op = ww_bl_leaf(c, "operator"); /* absent: eq */
        p.lo = (uint16_t)ww_bl_num(c, "port", 0);
        p.hi = p.lo;
        p.op = BL_OP_EQ;
        if (op != NULL && strcmp(op, "neq") == 0)
            p.op = BL_OP_NEQ;
        else if (op != NULL && strcmp(op, "lte") == 0)
            p.op = BL_OP_LTE;
        else if (op != NULL && strcmp(op, "gte") == 0)
            p.op = BL_OP_GTE;
    }
    return p;
}

/* Reads "192.0.2.0/24"; clears what stands behind the prefix and says so by a flaw. */
static struct bl_net read_net(const char *s, unsigned *flaw)
{
    struct bl_net n = { .fam = 0 };
    char text[64];
    const char *slash = s != NULL ? strchr(s, '/') : NULL;
    if (slash == NULL || (size_t)(slash - s) >= sizeof text)
        return n;
    struct ww_out o = ww_out(text, sizeof text - 1);
    ww_out_raw(&o, s, (size_t)(slash - s));
    text[o.n] = 0;
    bool six = strchr(text, ':') != NULL;
    if (inet_pton(six ? AF_INET6 : AF_INET, text, n.b) != 1)
        return n;
    n.fam = six ? 6 : 4;
    n.len = (uint8_t)strtoul(slash + 1, NULL, 10);
    for (unsigned bit = n.len; bit < (six ? 128U : 32U); bit++) {
        uint8_t mask = (uint8_t)(0x80U >> (bit % 8));
        if ((n.b[bit / 8] & mask) != 0)
            *flaw |= BL_FLAW_HOST_BITS;
        n.b[bit / 8] = (uint8_t)(n.b[bit / 8] & ~mask);
    }
    return n;
}

/* Source and destination become device and peer: the direction of the policy decides which is
 * which. */
static void read_l3(struct ww_baseline *b, struct bl_ace *a, const struct lyd_node *ip, uint8_t fam)
{
    static const char *const blind[] = { "dscp",  "ecn",    "length",         "ttl",        "ihl",
                                         "flags", "offset", "identification", "flow-label", NULL };
    bool six = fam == 6;
    bool from = a->dir == WW_BL_FROM_DEVICE;
    const char *src = ww_bl_leaf(ip, six ? "source-ipv6-network" : "source-ipv4-network");
    const char *dst = ww_bl_leaf(ip, six ? "destination-ipv6-network" : "destination-ipv4-network");
    const char *src_name = ww_bl_leaf(ip, "src-dnsname");
    const char *dst_name = ww_bl_leaf(ip, "dst-dnsname");
    a->device_net = read_net(from ? src : dst, &a->flaw);
    a->peer_net = read_net(from ? dst : src, &a->flaw);
    a->dns = ww_bl_str(&b->arena, from ? dst_name : src_name);
    a->wrong_dns = ww_bl_str(&b->arena, from ? src_name : dst_name);
    if (ww_bl_child(ip, "protocol") != NULL)
        a->proto = (int16_t)ww_bl_num(ip, "protocol", 0);
    if (has_any(ip, blind))
        a->not_evaluated = true;
    if (a->fam != 0 && a->fam != fam)
        a->flaw |= BL_FLAW_FAMILY;
    if (a->device_net.fam != 0)
        a->flaw |= BL_FLAW_DEVICE_NET;
    bool group = a->peer_net.fam != 0 &&
                 (six ? a->peer_net.b[0] == 0xff : (a->peer_net.b[0] & 0xf0U) == 0xe0);
    if (a->peer_net.fam != 0 && !group && a->peer_net.len > 0)
        a->flaw |= BL_FLAW_LITERAL;
    a->fam = fam;
}

static void want_proto(struct bl_ace *a, int16_t proto)
{
    if (a->proto >= 0 && a->proto != proto)
        a->flaw |= BL_FLAW_PROTO;
    a->proto = proto;
}

static void read_l4(struct bl_ace *a, const struct lyd_node *m)
{
    static const char *const blind[] = { "sequence-number",
                                         "acknowledgement-number",
                                         "data-offset",
                                         "reserved",
                                         "flags",
                                         "window-size",
                                         "urgent-pointer",
                                         "options",
                                         "length",
                                         "rest-of-header",
                                         NULL };
    const struct lyd_node *tcp = ww_bl_child(m, "tcp");
    const struct lyd_node *udp = ww_bl_child(m, "udp");
    const struct lyd_node *icmp = ww_bl_child(m, "icmp");
    const struct lyd_node *l4 = tcp != NULL ? tcp : udp;
    bool from = a->dir == WW_BL_FROM_DEVICE;
    if (l4 != NULL) {
        want_proto(a, tcp != NULL ? 6 : 17);
        a->device_port = read_port(l4, from ? "source-port" : "destination-port");
        a->peer_port = read_port(l4, from ? "destination-port" : "source-port");
    }
    const char *by = ww_bl_leaf(tcp, "direction-initiated");
    if (by != NULL)
        a->initiated = strcmp(by, "from-device") == 0 ? BL_DEVICE_SIDE : BL_PEER_SIDE;
    if (icmp != NULL) {
        a->icmp = true;
        if (a->proto >= 0 && a->proto != 1 && a->proto != 58)
            a->flaw |= BL_FLAW_PROTO;
        a->proto = a->fam == 6 ? 58 : 1;
        a->icmp_type = (int16_t)(uint16_t)ww_bl_num(icmp, "type", UINT16_MAX);
        a->icmp_code = (int16_t)(uint16_t)ww_bl_num(icmp, "code", UINT16_MAX);
        l4 = icmp;
    }
    if (has_any(l4, blind))
        a->not_evaluated = true;
}

static const struct {
    const char *name;
    int32_t v;
} ethertypes[] = {
    { "ipv4", 0x0800 }, { "arp", 0x0806 }, { "ipv6", 0x86dd }, { "eap", 0x888e }, { "lldp", 0x88cc }
};

static void read_l2(struct bl_ace *a, const struct lyd_node *eth)
{
    static const char *const blind[] = { "destination-mac-address", "destination-mac-address-mask",
                                         "source-mac-address", "source-mac-address-mask", NULL };
    const char *t = ww_bl_leaf(eth, "ethertype");
    if (has_any(eth, blind))
        a->not_evaluated = true;
    if (t == NULL)
        return;
    a->ethertype = (int32_t)strtol(t, NULL, 10);
    for (size_t i = 0; i < sizeof(ethertypes) / sizeof(ethertypes[0]); i++)
        if (strcmp(t, ethertypes[i].name) == 0)
            a->ethertype = ethertypes[i].v;
    if (a->ethertype == 0) /* a name that names nothing a sensor meets: matches nothing */
        a->ethertype = 0xffff;
}

static void read_mud(struct ww_baseline *b, struct bl_ace *a, const struct lyd_node *mud)
{
    a->manufacturer = ww_bl_str(&b->arena, ww_bl_leaf(mud, "manufacturer"));
    a->model = ww_bl_str(&b->arena, ww_bl_leaf(mud, "model"));
    a->controller = ww_bl_str(&b->arena, ww_bl_leaf(mud, "controller"));
    a->same_maker = ww_bl_child(mud, "same-manufacturer") != NULL;
    a->local = ww_bl_child(mud, "local-networks") != NULL;
    a->my_controller = ww_bl_child(mud, "my-controller") != NULL;
    unsigned n = (unsigned)(a->manufacturer[0] != 0) + (unsigned)(a->model[0] != 0) +
                 (unsigned)(a->controller[0] != 0) + (unsigned)a->same_maker + (unsigned)a->local +
                 (unsigned)a->my_controller;
    if (n > 1)
        a->flaw |= BL_FLAW_TWO;
}

static uint8_t family_of(const char *type)
{
    bool four = strstr(type, "ipv4") != NULL;
    bool six = strstr(type, "ipv6") != NULL;
    return four && !six ? 4 : six && !four ? 6 : 0;
}

static void read_ace(struct ww_baseline *b, struct bl_ace *a, const char *type,
                     const struct lyd_node *ace)
{
    const struct lyd_node *m = ww_bl_child(ace, "matches");
    const struct lyd_node *ip4 = ww_bl_child(m, "ipv4");
    const struct lyd_node *ip6 = ww_bl_child(m, "ipv6");
    a->name = ww_bl_str(&b->arena, ww_bl_leaf(ace, "name"));
    a->proto = a->icmp_type = a->icmp_code = -1;
    a->ethertype = -1;
    a->conduit = -1;
    a->dns = a->wrong_dns = "";
    a->ether = strcmp(type, "eth-acl-type") == 0;
    a->fam = family_of(type);
    a->catch_all = m == NULL || lyd_child(m) == NULL ||
                   (ip4 == NULL && ip6 == NULL && ww_bl_child(m, "mud") == NULL &&
                    ww_bl_child(m, "tcp") == NULL && ww_bl_child(m, "udp") == NULL &&
                    ww_bl_child(m, "icmp") == NULL && ww_bl_child(m, "eth") == NULL);
    read_l2(a, ww_bl_child(m, "eth"));
    if (ip4 != NULL || ip6 != NULL)
        read_l3(b, a, ip4 != NULL ? ip4 : ip6, ip4 != NULL ? 4 : 6);
    read_l4(a, m);
    read_mud(b, a, ww_bl_child(m, "mud"));
    const char *action = ww_bl_leaf(ww_bl_child(ace, "actions"), "forwarding");
    a->action = action != NULL && strcmp(action, "accept") == 0 ? BL_ACCEPT : BL_DROP;
    if (a->action == BL_DROP && action != NULL && strcmp(action, "drop") != 0)
        a->flaw |= BL_FLAW_REJECT; /* RFC 8520 section 3.11: a manager may read it as drop */
}

static const struct lyd_node *find_acl(const struct lyd_node *acls, const char *name, uint16_t *at)
{
    uint16_t i = 0;
    for (const struct lyd_node *l = ww_bl_child(acls, "acl"); l != NULL; l = ww_bl_next(l), i++) {
        const char *n = ww_bl_leaf(l, "name");
        if (n != NULL && name != NULL && strcmp(n, name) == 0) {
            *at = i;
            return l;
        }
    }
    return NULL;
}

/* Entries that compare the same things and do the same: use of one is use of the other. */
static bool same_meaning(const struct bl_ace *x, const struct bl_ace *y)
{
    return x->dir == y->dir && x->action == y->action && x->fam == y->fam &&
           x->initiated == y->initiated && x->proto == y->proto && x->icmp == y->icmp &&
           x->icmp_type == y->icmp_type && x->icmp_code == y->icmp_code &&
           x->ethertype == y->ethertype && x->ether == y->ether && x->same_maker == y->same_maker &&
           x->local == y->local && x->my_controller == y->my_controller &&
           x->device_port.op == y->device_port.op && x->device_port.lo == y->device_port.lo &&
           x->device_port.hi == y->device_port.hi && x->peer_port.op == y->peer_port.op &&
           x->peer_port.lo == y->peer_port.lo && x->peer_port.hi == y->peer_port.hi &&
           x->not_evaluated == y->not_evaluated && x->device_net.fam == y->device_net.fam &&
           x->device_net.len == y->device_net.len && x->peer_net.fam == y->peer_net.fam &&
           x->peer_net.len == y->peer_net.len &&
           memcmp(x->device_net.b, y->device_net.b, sizeof x->device_net.b) == 0 &&
           memcmp(x->peer_net.b, y->peer_net.b, sizeof x->peer_net.b) == 0 &&
           strcmp(x->dns, y->dns) == 0 && strcmp(x->manufacturer, y->manufacturer) == 0 &&
           strcmp(x->model, y->model) == 0 && strcmp(x->controller, y->controller) == 0;
}

static void read_policy(struct ww_baseline *b, const struct lyd_node *acls,
                        const struct lyd_node *policy, enum ww_bl_dir dir)
{
    const struct lyd_node *lists = ww_bl_child(policy, "access-lists");
    for (const struct lyd_node *r = ww_bl_child(lists, "access-list"); r != NULL;
         r = ww_bl_next(r)) {
        uint16_t at = 0;
        const struct lyd_node *acl = find_acl(acls, ww_bl_leaf(r, "name"), &at);
        const char *type = ww_bl_leaf(acl, "type");
        const char *name = ww_bl_str(&b->arena, ww_bl_leaf(acl, "name"));
        uint16_t ace_at = 0;
        b->has_policy[dir] = true;
        for (const struct lyd_node *n = ww_bl_child(ww_bl_child(acl, "aces"), "ace"); n != NULL;
             n = ww_bl_next(n), ace_at++) {
            struct bl_ace *a = &b->ace[b->nace];
            a->acl = name;
            a->acl_at = at;
            a->ace_at = ace_at;
            a->dir = (uint8_t)dir;
            read_ace(b, a, type != NULL ? type : "", n);
            a->group = (uint16_t)b->nace;
            for (size_t i = 0; i < b->nace; i++) {
                if (same_meaning(&b->ace[i], a)) {
                    a->group = (uint16_t)i;
                    break;
                }
            }
            b->nace++;
        }
    }
}

static size_t count_aces(const struct lyd_node *acls, const struct lyd_node *policy)
{
    size_t n = 0;
    const struct lyd_node *lists = ww_bl_child(policy, "access-lists");
    for (const struct lyd_node *r = ww_bl_child(lists, "access-list"); r != NULL;
         r = ww_bl_next(r)) {
        uint16_t at = 0;
        n += ww_bl_count(ww_bl_child(find_acl(acls, ww_bl_leaf(r, "name"), &at), "aces"), "ace");
    }
    return n;
}

/**
 * Fills b->ace: first what applies to packets of the device, then what applies to packets to it.
 * Limits: WW_BL_ACE_MAX entries
 */
enum ww_rc ww_bl_read_acls(struct ww_baseline *b, const struct lyd_node *root, struct ww_err *e)
{
    const struct lyd_node *mud = ww_bl_top(root, "mud");
    const struct lyd_node *acls = ww_bl_top(root, "acls");
    const struct lyd_node *from = ww_bl_child(mud, "from-device-policy");
    const struct lyd_node *to = ww_bl_child(mud, "to-device-policy");
    size_t n = count_aces(acls, from) + count_aces(acls, to);
    if (n > WW_BL_ACE_MAX)
        return WW_FAIL(e, WW_E_LIMIT, "%s: more than %d entries; split the declaration", b->file,
                       (int)WW_BL_ACE_MAX);
    b->ace = ww_bl_alloc(&b->arena, n > 0 ? n : 1, sizeof *b->ace);
    if (b->ace == NULL)
        return WW_FAIL(e, WW_E_SYS, "%s: no memory for %zu entries", b->file, n);
    read_policy(b, acls, from, WW_BL_FROM_DEVICE);
    read_policy(b, acls, to, WW_BL_TO_DEVICE);
    return WW_OK;
}
