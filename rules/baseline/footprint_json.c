/* footprint_json.c - the footprint observation for programs. */
#include "rules/baseline/fp.h"

static const char *const result_names[] = { "no_deviation_observed", "deviation_observed", "", "",
                                            "cannot_tell" };
static const char *const openers[] = { "unknown", "device", "peer" };

static void json_reasons(struct ww_out *o, unsigned why)
{
    static const char *const names[] = { "device_never_seen", "one_direction_only", "losses",
                                         "unresolved", "tables_full" };
    ww_json_open(o, "reasons", '[');
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if ((why & 1U << i) != 0)
            ww_json_cstr(o, NULL, names[i]);
    ww_json_close(o, ']');
}

static void json_entries(const struct ww_footprint *fp, struct ww_out *o)
{
    ww_json_open(o, "entries", '[');
    for (size_t i = 0; i < ww_bl_aces(fp->b); i++) {
        struct ww_bl_ace_info a;
        struct ww_bl_ace_info lead;
        ww_bl_ace(fp->b, i, &a);
        const struct fp_ace *u = &fp->ace[a.group];
        ww_bl_ace(fp->b, (size_t)a.group, &lead);
        ww_json_open(o, NULL, '{');
        ww_json_cstr(o, "acl", a.acl);
        ww_json_cstr(o, "ace", a.name);
        ww_json_cstr(o, "direction", a.dir == WW_BL_FROM_DEVICE ? "from_device" : "to_device");
        ww_json_cstr(o, "forwarding", a.accept ? "accept" : "drop");
        ww_json_cstr(o, "match", a.match);
        if (a.conduit >= 0) {
            struct ww_bl_conduit_info c;
            ww_bl_conduit(fp->b, (size_t)a.conduit, &c);
            ww_json_cstr(o, "conduit", c.id);
        }
        if ((size_t)a.group != i) /* counted once, at the first entry that means the same */
            ww_json_cstr(o, "same_as", lead.name);
        ww_json_cstr(o, "status",
                     u->broken > 0  ? "violated"
                     : u->flows > 0 ? "used"
                                    : "never_exercised");
        ww_json_u64(o, "flows", u->flows);
        ww_json_u64(o, "packets", u->packets);
        if (u->flows > 0)
            ww_json_u64(o, "first_frame", u->first_frame);
        if (u->broken > 0)
            ww_json_u64(o, "violations", u->broken);
        ww_json_close(o, '}');
    }
    ww_json_close(o, ']');
}

static void json_groups(const struct ww_footprint *fp, struct ww_out *o)
{
    char ip[WW_IP_TEXT];
    ww_json_open(o, "undeclared", '[');
    for (size_t i = 0; i < fp->ngroup; i++) {
        const struct fp_group *g = &fp->group[i];
        ww_json_open(o, NULL, '{');
        ww_json_cstr(o, "observed", g->observed);
        ww_json_cstr(o, "reason", ww_bl_reason_name(g->reason));
        ww_json_cstr(o, "layer", ww_bl_layer_name(g->layer));
        ww_json_cstr(o, "rule", g->rule);
        ww_json_cstr(o, "declared", g->declared);
        ww_json_cstr(o, "opened_by", openers[g->opener <= WW_BL_BY_PEER ? g->opener : 0]);
        if (g->peer.fam != 0)
            ww_json_cstr(o, "peer", ww_ip_text(ip, g->peer.b, g->peer.fam));
        ww_json_u64(o, "ip_proto", g->ip_proto);
        ww_json_u64(o, "port", g->port);
        if (g->app[0] != 0)
            ww_json_cstr(o, "app_proto", g->app);
        ww_json_bool(o, "external", (g->notes & WW_BL_NOTE_EXTERNAL) != 0);
        ww_json_u64(o, "flows", g->flows);
        ww_json_u64(o, "packets", g->packets);
        ww_json_u64(o, "first_frame", g->first_frame);
        ww_json_close(o, '}');
    }
    ww_json_close(o, ']');
    ww_json_open(o, "unresolved", '[');
    for (size_t i = 0; i < fp->npending; i++) {
        ww_json_open(o, NULL, '{');
        ww_json_cstr(o, "waits_for", fp->pending[i].what);
        ww_json_cstr(o, "reason", ww_bl_reason_name(fp->pending[i].reason));
        ww_json_u64(o, "count", fp->pending[i].flows);
        ww_json_u64(o, "first_frame", fp->pending[i].first_frame);
        ww_json_close(o, '}');
    }
    ww_json_close(o, ']');
}

static void json_medical(const struct ww_footprint *fp, struct ww_out *o)
{
    ww_json_open(o, "medical", '[');
    for (size_t i = 0; i < fp->nfact; i++) {
        const struct fp_fact *x = &fp->fact[i];
        ww_json_open(o, NULL, '{');
        ww_json_cstr(o, "verdict", ww_bl_kind_name(x->kind));
        if (x->reason != WW_BL_R_NONE)
            ww_json_cstr(o, "reason", ww_bl_reason_name(x->reason));
        ww_json_cstr(o, "rule", x->rule);
        ww_json_cstr(o, "observed", x->observed);
        ww_json_cstr(o, "declared", x->declared);
        ww_json_u64(o, "count", x->count);
        ww_json_u64(o, "first_frame", x->first_frame);
        ww_json_close(o, '}');
    }
    ww_json_close(o, ']');
}

static void json_summary(const struct ww_footprint *fp, struct ww_out *o)
{
    size_t used = 0;
    size_t all = 0;
    ww_fp_share(fp, &used, &all);
    ww_json_open(o, "summary", '{');
    for (unsigned i = 0; i <= WW_BL_UNRESOLVED; i++)
        ww_json_u64(o, ww_bl_kind_name((enum ww_bl_kind)i), fp->kind[i]);
    ww_json_u64(o, "entries", all);
    ww_json_u64(o, "entries_used", used);
    ww_json_close(o, '}');
    ww_json_open(o, "limits", '{');
    ww_json_u64(o, "tcp_flows", fp->tcp);
    ww_json_u64(o, "midstream_flows", fp->midstream);
    ww_json_u64(o, "one_way_flows", fp->one_way);
    ww_json_u64(o, "unread_flows", fp->unread);
    ww_json_u64(o, "gap_bytes", fp->gap_bytes);
    ww_json_u64(o, "reply_undeclared_flows", fp->reply_undeclared);
    ww_json_u64(o, "groups_dropped", fp->dropped);
    if (fp->lost == WW_NULL64)
        ww_json_null(o, "lost_packets");
    else
        ww_json_u64(o, "lost_packets", fp->lost);
    ww_json_close(o, '}');
}

void ww_fp_json(const struct ww_footprint *fp, struct ww_out *o)
{
    unsigned why = 0;
    enum ww_fp_result r = ww_fp_result(fp, &why);
    ww_json_open(o, NULL, '{');
    ww_json_cstr(o, "document", "footprint observation");
    ww_json_cstr(o, "device", fp->device);
    ww_json_open(o, "declaration", '{');
    ww_json_cstr(o, "file", ww_bl_file(fp->b));
    ww_json_cstr(o, "sha256", ww_bl_digest(fp->b));
    ww_json_cstr(o, "mud_url", ww_bl_mud_url(fp->b));
    ww_json_cstr(o, "maker", ww_bl_maker(fp->b));
    ww_json_cstr(o, "model", ww_bl_model(fp->b));
    ww_json_close(o, '}');
    ww_json_cstr(o, "result", result_names[r]);
    ww_json_u64(o, "exit_code", (uint64_t)r);
    json_reasons(o, why);
    json_summary(fp, o);
    json_groups(fp, o);
    json_medical(fp, o);
    json_entries(fp, o);
    ww_json_close(o, '}');
    ww_out_c(o, '\n');
}
