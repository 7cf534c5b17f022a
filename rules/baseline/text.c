/* text.c - short texts that mean the same in every language: ports, addresses, names. */
#include "rules/baseline/bl.h"
#include "sensor/base/tok.h"

static const struct ww_tok protocols[] = { { 1, "icmp" },   { 2, "igmp" },   { 6, "tcp" },
                                           { 17, "udp" },   { 47, "gre" },   { 50, "esp" },
                                           { 58, "icmp6" }, { 132, "sctp" }, { 0, NULL } };
static const struct ww_tok ethertypes[] = {
    { 0x0806, "arp" }, { 0x888e, "eapol" }, { 0x88cc, "lldp" }, { 0, NULL }
};

static void text_proto(struct ww_out *o, unsigned proto)
{
    const char *name = ww_tok(protocols, proto, NULL);
    if (name != NULL)
        ww_out_s(o, name);
    else
        ww_out_f(o, "ip-%u", proto);
}

static void text_port(struct ww_out *o, const struct bl_port *p)
{
    static const char *const sign[] = { "", "", "not ", "<=", ">=", "" };
    ww_out_s(o, sign[p->op]);
    ww_out_u64(o, p->lo);
    if (p->op == BL_OP_RANGE) {
        ww_out_c(o, '-');
        ww_out_u64(o, p->hi);
    }
}

static void text_net(struct ww_out *o, const struct bl_net *n)
{
    char ip[WW_IP_TEXT];
    ww_out_s(o, ww_ip_text(ip, n->b, n->fam));
    ww_out_f(o, "/%u", n->len);
}

/* Peer of an entry, "any" when it has no condition on it. */
void ww_bl_text_peer(struct ww_out *o, const struct bl_ace *a)
{
    const char *sep = "";
    const struct {
        bool has;
        const char *word, *value;
    } parts[] = { { a->controller[0] != 0, "", a->controller },
                  { a->my_controller, "my-controller", "" },
                  { a->same_maker, "same-manufacturer", "" },
                  { a->manufacturer[0] != 0, "manufacturer ", a->manufacturer },
                  { a->model[0] != 0, "model ", a->model },
                  { a->local, "local-networks", "" },
                  { a->dns[0] != 0, "", a->dns } };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!parts[i].has)
            continue;
        ww_out_s(o, sep);
        ww_out_s(o, parts[i].word);
        ww_out_text(o, ww_slice_str(parts[i].value));
        sep = " + ";
    }
    if (a->peer_net.fam != 0) {
        ww_out_s(o, sep);
        text_net(o, &a->peer_net);
        sep = " + ";
    }
    if (sep[0] == 0)
        ww_out_s(o, "any");
}

/* "tcp/104 https://maker.example/class/pacs (->)": the device opens; (<-): the peer does.
 * "tcp/:104" when the port is the device's own. */
void ww_bl_text_ace(struct ww_out *o, const struct bl_ace *a)
{
    if (a->ethertype >= 0)
        ww_out_f(o, "ethertype 0x%04x ", (unsigned)a->ethertype);
    if (a->proto >= 0)
        text_proto(o, (unsigned)a->proto);
    else if (a->ethertype < 0)
        ww_out_s(o, "any");
    if (a->icmp_type >= 0)
        ww_out_f(o, "/%d", a->icmp_type);
    if (a->peer_port.op != BL_OP_ANY) {
        ww_out_c(o, '/');
        text_port(o, &a->peer_port);
    }
    if (a->device_port.op != BL_OP_ANY) {
        ww_out_s(o, "/:");
        text_port(o, &a->device_port);
    }
    ww_out_c(o, ' ');
    ww_bl_text_peer(o, a);
    if (a->initiated == BL_DEVICE_SIDE)
        ww_out_s(o, " (->)");
    if (a->initiated == BL_PEER_SIDE)
        ww_out_s(o, " (<-)");
}

/* "tcp/104 -> 192.0.2.7", "tcp/104 <- 192.0.2.7", "icmp/8 -- 192.0.2.7" when nobody knows. */
void ww_bl_text_flow(struct ww_out *o, const struct ww_bl_flow *f)
{
    static const char *const arrow[] = { " -- ", " -> ", " <- " };
    char ip[WW_IP_TEXT];
    if (f->ip_proto == 0) {
        const char *name = ww_tok(ethertypes, f->ethertype, NULL);
        if (name != NULL)
            ww_out_s(o, name);
        else
            ww_out_f(o, "ethertype 0x%04x", f->ethertype);
        return;
    }
    text_proto(o, f->ip_proto);
    if (f->ip_proto == 6 || f->ip_proto == 17 || f->ip_proto == 132) {
        ww_out_c(o, '/');
        if (f->opener == WW_BL_BY_UNKNOWN)
            ww_out_f(o, "%u:", f->device_port);
        ww_out_u64(o, f->opener == WW_BL_BY_PEER ? f->device_port : f->peer_port);
    } else if (f->icmp_known) {
        ww_out_f(o, "/%u", f->icmp_type);
    }
    ww_out_s(o, arrow[f->opener <= WW_BL_BY_PEER ? f->opener : 0]);
    ww_out_s(o, ww_ip_text(ip, f->peer.b, f->peer.fam));
    if (f->app != NULL) {
        ww_out_s(o, " (");
        ww_out_s(o, f->app);
        ww_out_c(o, ')');
    }
}

void ww_bl_text_end(struct ww_out *o)
{
    if (o->cap == 0)
        return;
    if (o->cut || o->n >= o->cap) {
        static const char more[] = "...";
        o->n = o->cap - 1;
        while (o->n > 0 && o->n > o->cap - sizeof more)
            o->n--;
        while (o->n > 0 && ((uint8_t)o->buf[o->n] & 0xc0U) == 0x80) /* not inside a character */
            o->n--;
        o->cut = false;
        ww_out_raw(o, more, sizeof more - 1);
    }
    o->buf[o->n < o->cap ? o->n : o->cap - 1] = 0;
}
