/* medical_read.c - from the container wardwatch-medical:device to flat arrays. */
#include "rules/baseline/bl.h"
#include <libyang/libyang.h>

enum { PARTS_MAX = 1024 }; /* peers, conduits */

static const char *text(struct ww_baseline *b, const struct lyd_node *n, const char *name)
{
    return ww_bl_str(&b->arena, ww_bl_leaf(n, name));
}

static unsigned bits_of(const struct lyd_node *n, const char *leaf, const char *const *names)
{
    unsigned bits = 0;
    for (const struct lyd_node *c = ww_bl_child(n, leaf); c != NULL; c = ww_bl_next(c)) {
        for (unsigned i = 0; names[i] != NULL; i++)
            if (strcmp(lyd_get_value(c), names[i]) == 0)
                bits |= 1U << i;
    }
    return bits;
}

static void read_identity(struct ww_baseline *b, const struct lyd_node *device)
{
    static const char *const connections[] = {
        "none", "closed", "hospital", "internet", "remote-maintenance", NULL
    };
    static const char *const environments[] = { "hospital", "home", "worn-implanted", "unspecified",
                                                NULL };
    static const char *const classes[] = { "I", "II", "III", "IV" };
    const struct lyd_node *id = ww_bl_child(device, "identity");
    const struct lyd_node *by = ww_bl_child(device, "declared-by");
    const struct lyd_node *use = ww_bl_child(device, "intended-use");
    b->schema_version = (unsigned)ww_bl_num(device, "schema-version", 0);
    b->kind = text(b, id, "class");
    b->criticality = text(b, id, "criticality");
    b->declared_by = text(b, by, "kind");
    b->organisation = text(b, by, "organisation");
    const char *c = ww_bl_leaf(id, "regulatory-class");
    for (unsigned i = 0; c != NULL && i < 4; i++)
        if (strcmp(c, classes[i]) == 0)
            b->class_ = i + 1;
    b->connection = bits_of(use, "connection", connections);
    b->environment = bits_of(use, "environment", environments);
    b->remotely_operable = ww_bl_said(use, "remotely-operable");
    b->clock_tolerance = (uint32_t)ww_bl_num(ww_bl_child(device, "clock"), "tolerance-seconds", 0);
    b->no_cyber_risk = ww_bl_child(use, "no-cyber-risk") != NULL;
}

static void read_platform(struct ww_baseline *b, const struct lyd_node *p)
{
    b->end_sale = text(b, p, "end-of-sale");
    b->end_security = text(b, p, "end-of-security-support");
    b->end_life = text(b, p, "end-of-life");
    b->end_service = text(b, p, "end-of-service-life");
    const char *first = NULL;
    for (const struct lyd_node *o = ww_bl_child(p, "operating-system"); o != NULL;
         o = ww_bl_next(o)) {
        const char *end = ww_bl_leaf(o, "os-support-end");
        if (end != NULL && (first == NULL || strcmp(end, first) < 0))
            first = end;
    }
    b->end_os = ww_bl_str(&b->arena, first);
}

static void read_peers(struct ww_baseline *b, const struct lyd_node *device)
{
    size_t n = ww_bl_count(device, "peer");
    b->peer = ww_bl_alloc(&b->arena, n, sizeof *b->peer);
    for (const struct lyd_node *p = ww_bl_child(device, "peer"); b->peer != NULL && p != NULL;
         p = ww_bl_next(p)) {
        struct bl_peer *to = &b->peer[b->npeer++];
        to->id = text(b, p, "id");
        to->kind = text(b, p, "kind");
        to->zone = text(b, p, "zone");
        to->controller = text(b, p, "controller");
        to->bind = BL_CONTROLLER;
        if (ww_bl_child(p, "my-controller") != NULL)
            to->bind = BL_MY_CONTROLLER;
        else if (ww_bl_child(p, "same-manufacturer") != NULL)
            to->bind = BL_SAME_MAKER;
        else if (ww_bl_child(p, "local-networks") != NULL)
            to->bind = BL_LOCAL;
        else if (ww_bl_child(p, "domain-name") != NULL)
            to->bind = BL_NAMES;
        else if (ww_bl_child(p, "multicast-group") != NULL)
            to->bind = BL_GROUPS;
        to->name =
            ww_bl_list(&b->arena, p, to->bind == BL_NAMES ? "domain-name" : "multicast-group");
    }
}

static int16_t peer_named(const struct ww_baseline *b, const char *id)
{
    for (size_t i = 0; id != NULL && i < b->npeer; i++)
        if (strcmp(b->peer[i].id, id) == 0)
            return (int16_t)i;
    return -1;
}

static uint8_t side_of(const char *by)
{
    if (by == NULL || strcmp(by, "either") == 0)
        return BL_ANY_SIDE;
    return strcmp(by, "device") == 0 ? BL_DEVICE_SIDE : BL_PEER_SIDE;
}

static void read_conduit(struct ww_baseline *b, struct bl_conduit *to, const struct lyd_node *c)
{
    const struct lyd_node *content = ww_bl_child(c, "content");
    const struct lyd_node *rhythm = ww_bl_child(c, "rhythm");
    const char *state = ww_bl_leaf(c, "state");
    to->id = text(b, c, "id");
    to->description = text(b, c, "description");
    to->application = text(b, c, "application");
    to->transport = text(b, c, "transport");
    to->state = ww_bl_str(&b->arena, state != NULL ? state : "always");
    to->encryption = text(b, ww_bl_child(c, "security"), "encryption");
    to->peer = peer_named(b, ww_bl_leaf(c, "peer"));
    to->initiated = side_of(ww_bl_leaf(c, "initiated-by"));
    to->port_configurable = ww_bl_said(c, "port-configurable") == WW_BL_YES;
    to->said_patient = (uint8_t)ww_bl_said(content, "patient-data");
    to->said_control = (uint8_t)ww_bl_said(content, "control-commands");
    to->said_alarms = (uint8_t)ww_bl_said(content, "alarms");
    to->longest_silence_s = (uint32_t)ww_bl_num(rhythm, "longest-silence-seconds", 0);
    to->interval_s = (uint32_t)ww_bl_num(rhythm, "typical-interval-seconds", 0);
    to->max_connections = (uint16_t)ww_bl_num(rhythm, "max-connections", 0);
    to->ace = ww_bl_list(&b->arena, c, "ace");
    to->port = ww_bl_list(&b->arena, c, "port");
}

static void read_conduits(struct ww_baseline *b, const struct lyd_node *device)
{
    size_t n = ww_bl_count(device, "conduit");
    b->conduit = ww_bl_alloc(&b->arena, n, sizeof *b->conduit);
    for (const struct lyd_node *c = ww_bl_child(device, "conduit"); b->conduit != NULL && c != NULL;
         c = ww_bl_next(c))
        read_conduit(b, &b->conduit[b->nconduit++], c);
}

static bool names_ace(const char *path, const struct bl_ace *a)
{
    size_t n = strlen(a->acl);
    return strncmp(path, a->acl, n) == 0 && path[n] == '/' && strcmp(path + n + 1, a->name) == 0;
}

/* Ties entries to conduits: by the conduit's own list; where it has none, by the rule that an entry
 * is called after its conduit with a number behind it. */
static void tie(struct ww_baseline *b)
{
    for (size_t c = 0; c < b->nconduit; c++) {
        struct bl_conduit *k = &b->conduit[c];
        size_t len = strlen(k->id);
        for (size_t i = 0; i < b->nace; i++) {
            struct bl_ace *a = &b->ace[i];
            bool mine = false;
            for (uint32_t j = 0; !mine && j < k->ace.n; j++)
                mine = names_ace(k->ace.v[j], a);
            if (k->ace.n == 0 && strncmp(a->name, k->id, len) == 0 && a->name[len] == '-')
                mine = a->name[len + 1] != 0 &&
                       a->name[len + 1 + strspn(a->name + len + 1, "0123456789")] == 0;
            if (!mine)
                continue;
            k->used_by_ace = true;
            if (a->conduit < 0)
                a->conduit = (int16_t)c;
        }
    }
}

static void read_capabilities(struct ww_baseline *b, struct bl_ae *ae, const struct lyd_node *n)
{
    size_t count = ww_bl_count(n, "transfer-capability");
    ae->cap = ww_bl_alloc(&b->arena, count, sizeof *ae->cap);
    for (const struct lyd_node *t = ww_bl_child(n, "transfer-capability");
         ae->cap != NULL && t != NULL; t = ww_bl_next(t)) {
        struct bl_capability *c = &ae->cap[ae->ncap++];
        const char *role = ww_bl_leaf(t, "role");
        c->sop_class = text(b, t, "sop-class");
        c->name = text(b, t, "name");
        c->role = role != NULL && strcmp(role, "SCP") == 0 ? WW_BL_SCP : WW_BL_SCU;
        c->syntax = ww_bl_list(&b->arena, t, "transfer-syntax");
        c->dimse = ww_bl_list(&b->arena, t, "dimse");
    }
}

static void read_dicom(struct ww_baseline *b, const struct lyd_node *d)
{
    b->dicom = d != NULL;
    b->implementation_uid = ww_bl_list(&b->arena, d, "implementation-class-uid");
    b->ae = ww_bl_alloc(&b->arena, ww_bl_count(d, "network-ae"), sizeof *b->ae);
    for (const struct lyd_node *n = ww_bl_child(d, "network-ae"); b->ae != NULL && n != NULL;
         n = ww_bl_next(n)) {
        struct bl_ae *ae = &b->ae[b->nae++];
        ae->id = text(b, n, "id");
        ae->title = text(b, n, "ae-title");
        ae->configurable = ww_bl_said(n, "ae-title-configurable") != WW_BL_NO; /* default true */
        ae->initiator = ww_bl_said(n, "association-initiator") == WW_BL_YES;
        ae->acceptor = ww_bl_said(n, "association-acceptor") == WW_BL_YES;
        ae->conduit = ww_bl_list(&b->arena, n, "conduit");
        ae->called = ww_bl_list(&b->arena, n, "preferred-called-ae-title");
        ae->calling = ww_bl_list(&b->arena, n, "accepted-calling-ae-title");
        ae->move = ww_bl_list(&b->arena, n, "move-destination");
        read_capabilities(b, ae, n);
    }
}

static void read_endpoint(struct ww_baseline *b, struct bl_endpoint *to, const struct lyd_node *n)
{
    struct bl_arena *a = &b->arena;
    const char *ack = ww_bl_leaf(n, "acknowledgement");
    to->id = text(b, n, "id");
    to->conduit = ww_bl_list(a, n, "conduit");
    to->version = ww_bl_list(a, n, "version");
    to->sending_app = ww_bl_list(a, n, "sending-application");
    to->receiving_app = ww_bl_list(a, n, "receiving-application");
    to->sending_fac = ww_bl_list(a, n, "sending-facility");
    to->receiving_fac = ww_bl_list(a, n, "receiving-facility");
    to->no_ack = ack != NULL && strcmp(ack, "none") == 0;
    to->msg = ww_bl_alloc(a, ww_bl_count(n, "message"), sizeof *to->msg);
    for (const struct lyd_node *m = ww_bl_child(n, "message"); to->msg != NULL && m != NULL;
         m = ww_bl_next(m)) {
        struct bl_message *msg = &to->msg[to->nmsg++];
        const char *dir = ww_bl_leaf(m, "direction");
        msg->code = text(b, m, "code");
        msg->trigger = text(b, m, "trigger");
        msg->sends = dir != NULL && strcmp(dir, "sends") == 0;
    }
}

static void read_hl7(struct ww_baseline *b, const struct lyd_node *h)
{
    b->hl7 = h != NULL;
    b->endpoint = ww_bl_alloc(&b->arena, ww_bl_count(h, "endpoint"), sizeof *b->endpoint);
    for (const struct lyd_node *n = ww_bl_child(h, "endpoint"); b->endpoint != NULL && n != NULL;
         n = ww_bl_next(n))
        read_endpoint(b, &b->endpoint[b->nendpoint++], n);
}

static void read_never(struct ww_baseline *b, const struct lyd_node *device)
{
    b->never = ww_bl_alloc(&b->arena, ww_bl_count(device, "never"), sizeof *b->never);
    for (const struct lyd_node *n = ww_bl_child(device, "never"); b->never != NULL && n != NULL;
         n = ww_bl_next(n)) {
        struct bl_never *v = &b->never[b->nnever++];
        const char *dir = ww_bl_leaf(n, "direction");
        v->id = text(b, n, "id");
        v->description = text(b, n, "description");
        v->application = text(b, n, "application");
        v->transport = text(b, n, "transport");
        v->internet = ww_bl_said(n, "internet") == WW_BL_YES;
        v->except_state = ww_bl_list(&b->arena, n, "except-state");
        if (dir != NULL && strcmp(dir, "from-device") == 0)
            v->dir = BL_NEVER_FROM;
        else if (dir != NULL && strcmp(dir, "to-device") == 0)
            v->dir = BL_NEVER_TO;
    }
}

static void read_infra(struct ww_baseline *b, const struct lyd_node *n)
{
    static const char *const links[] = {
        "lldp",  "cdp",  "eapol", "stp",     "igmp",         "mld",
        "llmnr", "mdns", "ssdp",  "netbios", "ws-discovery", NULL
    };
    b->infra.addressing = text(b, n, "addressing");
    b->infra.answers_ping = (uint8_t)ww_bl_said(n, "answers-ping");
    b->infra.sends_ping = (uint8_t)ww_bl_said(n, "sends-ping");
    b->infra.bcast_in = (uint8_t)ww_bl_said(n, "directed-broadcast-inbound");
    b->infra.bcast_out = (uint8_t)ww_bl_said(n, "directed-broadcast-outbound");
    b->infra.listed = ww_bl_child(n, "link-protocol") != NULL;
    b->infra.link = bits_of(n, "link-protocol", links);
}

/**
 * In:     device  the container; NULL when the file has none: all strings become empty
 * Limits: PARTS_MAX peers and conduits; the rest is bounded by the size of the file
 */
enum ww_rc ww_bl_read_medical(struct ww_baseline *b, const struct lyd_node *device,
                              struct ww_err *e)
{
    b->medical = device != NULL;
    if (ww_bl_count(device, "peer") > PARTS_MAX || ww_bl_count(device, "conduit") > PARTS_MAX)
        return WW_FAIL(e, WW_E_LIMIT, "%s: more than %d peers or conduits; split the declaration",
                       b->file, (int)PARTS_MAX);
    read_identity(b, device);
    read_platform(b, ww_bl_child(device, "platform"));
    read_peers(b, device);
    read_conduits(b, device);
    tie(b);
    read_dicom(b, ww_bl_child(device, "dicom"));
    read_hl7(b, ww_bl_child(device, "hl7v2"));
    read_never(b, device);
    read_infra(b, ww_bl_child(device, "infrastructure"));
    if (b->arena.full)
        return WW_FAIL(e, WW_E_SYS, "%s: no memory for the declaration", b->file);
    return WW_OK;
}
