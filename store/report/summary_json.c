/* summary_json.c - the summary for programs: the same model, all rows, both languages. */
#include "store/report/summary.h"

enum { SENTENCE_MAX = 1024 };

struct json {
    struct ww_out *o;
    const struct ww_report_cfg *cfg;
};

/* Absent is left out, unknown is null. */
static void str(struct ww_out *o, const char *key, struct ww_slice s)
{
    if (s.n > 0)
        ww_json_str(o, key, s);
}

static void when(struct ww_out *o, const char *key, uint64_t ns)
{
    char t[WW_TIME_TEXT];
    if (ns != 0)
        ww_json_cstr(o, key, ww_time_text(t, ns));
}

static void u64n(struct ww_out *o, const char *key, uint64_t v)
{
    if (v == WW_NULL64)
        ww_json_null(o, key);
    else
        ww_json_u64(o, key, v);
}

static void list(struct ww_out *o, const char *key, struct ww_slice values)
{
    size_t at = 0;
    if (values.n == 0)
        return;
    ww_json_open(o, key, '[');
    for (struct ww_slice s = ww_model_item(values, &at); s.p != NULL;
         s = ww_model_item(values, &at))
        ww_json_str(o, NULL, s);
    ww_json_close(o, ']');
}

static void source(void *to, const struct ww_source_row *r)
{
    struct ww_out *o = ((struct json *)to)->o;
    ww_json_open(o, NULL, '{');
    ww_json_u64(o, "run", r->run);
    ww_json_str(o, "name", r->name);
    ww_json_bool(o, "live", r->live);
    when(o, "first", r->first);
    when(o, "last", r->last);
    ww_json_u64(o, "last_frame", r->frames);
    ww_json_close(o, '}');
}

static void device(void *to, const struct ww_device_row *r)
{
    struct ww_out *o = ((struct json *)to)->o;
    ww_json_open(o, NULL, '{');
    ww_json_str(o, "id", r->id);
    str(o, "mac", r->mac);
    list(o, "addresses", r->ips.n > 0 ? r->ips : r->ip);
#define WW_X(a) list(o, #a, r->a);
    WW_DEVICE_ATTRIBUTES(WW_X)
#undef WW_X
    list(o, "app_protos", r->apps);
    ww_json_bool(o, "declared", r->baseline.n > 0);
    when(o, "first", r->first);
    when(o, "last", r->last);
    ww_json_close(o, '}');
}

static void conv(void *to, const struct ww_conv_row *r)
{
    struct ww_out *o = ((struct json *)to)->o;
    ww_json_open(o, NULL, '{');
    ww_json_str(o, "device", r->device);
    ww_json_str(o, "peer", r->peer);
    str(o, "peer_id", r->peer_id);
    str(o, "direction", r->direction);
    ww_json_u64(o, "ip_proto", r->ip_proto);
    ww_json_u64(o, "port", r->port);
    str(o, "app_proto", r->app);
    ww_json_u64(o, "flows", r->flows);
    ww_json_u64(o, "bytes_out", r->bytes_out);
    ww_json_u64(o, "bytes_in", r->bytes_in);
    ww_json_u64(o, "days", r->days);
    when(o, "first", r->first);
    when(o, "last", r->last);
    if (r->verdict.n > 0)
        ww_json_str(o, "verdict", r->verdict);
    else
        ww_json_null(o, "verdict");
    ww_json_close(o, '}');
}

static void alert(void *to, const struct ww_alert_row *r)
{
    struct json *j = to;
    ww_alert_json(j->o, &j->cfg->texts, r);
}

static void coverage(struct ww_out *o, const struct ww_coverage *c)
{
    const struct {
        const char *key;
        uint64_t v;
    } n[] = { { "packets", c->packets },
              { "bytes", c->bytes },
              { "kernel_drops", c->kernel_drops },
              { "ring_drops", c->ring_drops },
              { "truncated", c->truncated },
              { "clock_steps", c->clock_steps },
              { "invalid", c->invalid },
              { "flows", c->flows },
              { "tcp_flows", c->tcp },
              { "midstream", c->midstream },
              { "one_way", c->one_way },
              { "gap_bytes", c->gap_bytes },
              { "late", c->late },
              { "event_drops", c->event_drops },
              { "stopped", c->stopped },
              { "no_tcp", c->no_tcp },
              { "no_state", c->no_state },
              { "no_buffer", c->no_buffer },
              { "fragments_evicted", c->fragments_evicted },
              { "requests_evicted", c->requests_evicted },
              { "gap_bulk_bytes", c->gap_bulk_bytes },
              { "gap_acked_bytes", c->gap_acked_bytes },
              { "gap_cut_bytes", c->gap_cut_bytes },
              { "loss_ppm", c->loss_ppm },
              { "one_way_ppm", c->one_way_ppm },
              { "midstream_ppm", c->midstream_ppm },
              { "truncated_ppm", c->truncated_ppm } };
    ww_json_open(o, "coverage", '{');
    ww_json_bool(o, "known", c->known);
    ww_json_cstr(o, "grade", c->grade);
    for (size_t i = 0; i < sizeof n / sizeof n[0]; i++)
        u64n(o, n[i].key, n[i].v);
    ww_json_open(o, "reasons", '[');
    size_t at = 0;
    struct ww_slice all = ww_slice_str(c->reasons);
    for (struct ww_slice s = ww_model_item(all, &at); s.p != NULL; s = ww_model_item(all, &at))
        ww_json_str(o, NULL, s);
    ww_json_close(o, ']');
    ww_json_close(o, '}');
}

/* The stored record is an object of its own. */
static void link_row(void *to, const struct ww_link_row *r)
{
    struct ww_out *o = ((struct json *)to)->o;
    if (o->comma)
        ww_out_c(o, ',');
    ww_out_raw(o, r->json.p, r->json.n);
    o->comma = true;
}

static void totals(struct ww_out *o, const struct ww_totals *t)
{
    static const char *const level[] = { "0", "1", "2", "3", "4", "5" };
    ww_json_open(o, "totals", '{');
    ww_json_u64(o, "runs", t->runs);
    ww_json_u64(o, "devices", t->devices);
    ww_json_u64(o, "devices_without_declaration", t->undeclared);
    ww_json_u64(o, "conversations", t->conversations);
    ww_json_u64(o, "verdicts_violation", t->violations);
    ww_json_u64(o, "verdicts_unresolved", t->unresolved);
    ww_json_u64(o, "alerts", t->alerts);
    ww_json_open(o, "open_alerts_by_level", '{');
    for (size_t i = 1; i < 6; i++)
        ww_json_u64(o, level[i], t->open_alerts[i]);
    ww_json_close(o, '}');
    ww_json_u64(o, "closed", t->closed);
    ww_json_u64(o, "suppressed", t->suppressed);
    ww_json_close(o, '}');
}

static void limits(struct ww_out *o, const struct ww_totals *t)
{
    char b[SENTENCE_MAX];
    ww_json_open(o, "not_seen", '{');
    for (int ja = 1; ja >= 0; ja--) {
        ww_json_open(o, ja ? "ja" : "en", '[');
        for (size_t i = 0;; i++) {
            struct ww_out one = ww_out(b, sizeof b);
            if (!ww_limits_text(&one, ja, t, i))
                break;
            ww_json_str(o, NULL, (struct ww_slice){ (const uint8_t *)b, one.n });
        }
        ww_json_close(o, ']');
    }
    ww_json_close(o, '}');
}

enum ww_rc ww_summary_json(struct ww_out *o, const struct ww_store *s,
                           const struct ww_report_cfg *cfg, struct ww_err *e)
{
    struct json j = { o, cfg };
    struct ww_totals t;
    enum ww_rc rc = ww_model_totals(s, &t, cfg->now_ns, e);
    if (rc != WW_OK)
        return rc;
    uint64_t now = cfg->now_ns != 0 ? cfg->now_ns : t.last;
    ww_json_open(o, NULL, '{');
    ww_json_cstr(o, "report", "summary");
    str(o, "version", ww_slice_str(t.version));
    str(o, "hospital", ww_slice_str(t.hospital));
    str(o, "site_file", ww_slice_str(t.site_file));
    when(o, "first", t.first);
    when(o, "last", t.last);
    ww_json_open(o, "sources", '[');
    rc = ww_model_sources(s, source, &j, e);
    ww_json_close(o, ']');
    coverage(o, &t.coverage);
    ww_json_open(o, "links", '[');
    if (rc == WW_OK)
        rc = ww_model_links(s, false, 0, link_row, &j, e);
    ww_json_close(o, ']');
    totals(o, &t);
    ww_json_open(o, "alerts", '[');
    if (rc == WW_OK)
        rc = ww_model_alerts(s, &(struct ww_alert_ask){ .now_ns = now }, alert, &j, e);
    ww_json_close(o, ']');
    ww_json_open(o, "devices", '[');
    if (rc == WW_OK)
        rc = ww_model_devices(s, 0, device, &j, e);
    ww_json_close(o, ']');
    ww_json_open(o, "conversations", '[');
    if (rc == WW_OK)
        rc = ww_model_convs(s, 0, conv, &j, e);
    ww_json_close(o, ']');
    limits(o, &t);
    ww_json_close(o, '}');
    ww_out_c(o, '\n');
    return rc;
}
