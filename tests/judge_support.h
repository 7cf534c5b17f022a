/* judge_support.h - plays the sensor for the judge: builds events by the names of their fields and
 * keeps what the judge tells. */
#ifndef WW_TEST_JUDGE_SUPPORT_H
#define WW_TEST_JUDGE_SUPPORT_H
#include "dissectors/dissector.h"
#include "rules/devices/events.h"
#include "rules/guideline/guide.h"
#include "rules/judge.h"
#include "sensor/event_core.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TJ_KEPT = 4096 };
static const uint64_t TJ_SEC = UINT64_C(1000000000);

struct tj {
    struct ww_registry reg;
    const char *apps[64];
    struct ww_site *site;
    struct ww_guide *guide;
    struct ww_judge *j;
    const char *baseline, *bind; /* the judge keeps pointers to these */
    uint64_t now, frame, flow;
    struct ww_event *kept[TJ_KEPT];
    size_t n;
    _Alignas(16) uint8_t room[WW_EVENT_MAX];
};

static inline void tj_keep(void *to, const struct ww_event *e)
{
    struct tj *t = to;
    cr_assert(t->n < TJ_KEPT, "too many events for the test");
    t->kept[t->n] = malloc(e->size);
    memcpy(t->kept[t->n++], e, e->size);
}

/* In: site YAML or NULL; baseline path or NULL, bound to device bind. caps may be NULL. */
static inline struct tj *tj_open(const char *site, const char *baseline, const char *bind,
                                 const struct ww_judge_caps *caps)
{
    struct tj *t = calloc(1, sizeof *t);
    struct ww_err e = { .rc = WW_OK };
    cr_assert_eq(ww_registry_add(&t->reg, ww_core_events, &e), WW_OK, "%s", e.text);
    cr_assert_eq(ww_registry_add(&t->reg, ww_judge_events, &e), WW_OK, "%s", e.text);
    for (size_t i = 0; ww_dissectors[i] != NULL; i++) {
        t->apps[i] = ww_dissectors[i]->name;
        cr_assert_eq(ww_registry_add(&t->reg, ww_dissectors[i]->events, &e), WW_OK, "%s", e.text);
    }
    if (site != NULL)
        cr_assert_eq(ww_site_parse(&t->site, WW_SOURCE_DIR "/contrib/examples/test.yaml",
                                   ww_slice_str(site), &e),
                     WW_OK, "%s", e.text);
    cr_assert_eq(ww_guide_load(&t->guide, NULL, &e), WW_OK, "%s", e.text);
    t->baseline = baseline;
    t->bind = bind;
    struct ww_judge_cfg c = { .registry = &t->reg,
                              .app_names = t->apps,
                              .site = t->site,
                              .guide = t->guide,
                              .oui_dir = "/nonexistent",
                              .baseline_paths = &t->baseline,
                              .nbaselines = baseline != NULL,
                              .bind_to = &t->bind,
                              .nbind_to = bind != NULL };
    if (caps != NULL)
        c.caps = *caps;
    cr_assert_eq(ww_judge_new(&t->j, &c, &e), WW_OK, "%s", e.text);
    t->now = UINT64_C(1795400000) * TJ_SEC;
    return t;
}

static inline void tj_forget(struct tj *t)
{
    while (t->n > 0)
        free(t->kept[--t->n]);
}

static inline void tj_close(struct tj *t)
{
    tj_forget(t);
    ww_judge_free(t->j);
    ww_guide_free(t->guide);
    ww_site_free(t->site);
    free(t);
}

static inline struct ww_end tj_end(const char *ip, const char *mac, uint16_t port)
{
    struct ww_end e = { .port = port };
    cr_assert(ip == NULL || ww_ip_parse(&e.ip, ip));
    cr_assert(mac == NULL || ww_mac_parse(&e.mac, mac));
    return e;
}

/* Begins an event between two ends; A is the client. */
static inline struct ww_event *tj_event(struct tj *t, const char *type, struct ww_end a,
                                        struct ww_end b)
{
    struct ww_event *e = (struct ww_event *)(void *)t->room;
    memset(t->room, 0, sizeof t->room);
    e->type = ww_type_find(&t->reg, type);
    cr_assert_not_null(e->type, "no event %s", type);
    e->size = (uint32_t)(sizeof *e + e->type->size);
    e->ts = t->now;
    e->frame = ++t->frame;
    e->end[0] = a;
    e->end[1] = b;
    e->client_by = WW_BY_SYN;
    e->ip_proto = 6;
    e->dissector = WW_NO_DISSECTOR;
    for (size_t i = 0; t->apps[i] != NULL; i++)
        if (strncmp(type, t->apps[i], strlen(t->apps[i])) == 0)
            e->dissector = (uint8_t)i;
    return e;
}

static inline const struct ww_field *tj_field(const struct ww_event *e, const char *name)
{
    const struct ww_field *f = ww_type_field(e->type, name);
    cr_assert_not_null(f, "no field %s.%s", e->type->name, name);
    return f;
}

static inline void tj_str(struct ww_event *e, const char *name, const char *value)
{
    const struct ww_field *f = tj_field(e, name);
    uint16_t n = (uint16_t)strlen(value);
    cr_assert(f->type == WW_FT_STR && n <= f->cap, "%s", name);
    memcpy(e->body + f->off, &n, sizeof n);
    memcpy(e->body + f->off + sizeof n, value, n);
}

static inline void tj_num(struct ww_event *e, const char *name, uint64_t v)
{
    const struct ww_field *f = tj_field(e, name);
    size_t n = f->type == WW_FT_U8 || f->type == WW_FT_BOOL    ? 1
               : f->type == WW_FT_U16                          ? 2
               : f->type == WW_FT_U32 || f->type == WW_FT_U32N ? 4
                                                               : 8;
    memcpy(e->body + f->off, &v, n); /* little endian, as all machines that this runs on */
}

static inline void tj_ip(struct ww_event *e, const char *name, const char *ip)
{
    struct ww_ip v;
    const struct ww_field *f = tj_field(e, name);
    cr_assert(f->type == WW_FT_IP && ww_ip_parse(&v, ip));
    memcpy(e->body + f->off, &v, sizeof v);
}

static inline void tj_mac(struct ww_event *e, const char *name, const char *mac)
{
    struct ww_mac v;
    const struct ww_field *f = tj_field(e, name);
    cr_assert(f->type == WW_FT_MAC && ww_mac_parse(&v, mac));
    memcpy(e->body + f->off, &v, sizeof v);
}

static inline void tj_see(struct tj *t, struct ww_event *e)
{
    ww_judge_see(t->j, e, tj_keep, t);
}

/* A whole connection from a to b: start, answer, protocol, end. app may be NULL; answered false:
 * nobody answers. Its messages come in between: see tj_flow_open. */
struct tj_flow {
    struct ww_end a, b;
    uint64_t id;
    const char *app;
    uint8_t proto;
};
static inline struct ww_event *tj_in(struct tj *t, const struct tj_flow *f, const char *type)
{
    struct ww_event *e = tj_event(t, type, f->a, f->b);
    e->flow = f->id;
    e->ip_proto = f->proto;
    for (size_t i = 0; f->app != NULL && t->apps[i] != NULL; i++)
        if (strcmp(t->apps[i], f->app) == 0)
            e->dissector = (uint8_t)i;
    return e;
}
static inline struct tj_flow tj_flow_open(struct tj *t, struct ww_end a, struct ww_end b,
                                          const char *app, bool answered)
{
    struct tj_flow f = { .a = a, .b = b, .id = ++t->flow, .proto = 6 };
    tj_see(t, tj_in(t, &f, "flow.start"));
    if (answered) {
        struct ww_event *e = tj_in(t, &f, "flow.open");
        e->dir = WW_B;
        tj_see(t, e);
    }
    if (app != NULL) {
        f.app = app;
        struct ww_event *e = tj_in(t, &f, "flow.app");
        tj_str(e, "app_proto", app);
        tj_see(t, e);
    }
    return f;
}
static inline void tj_flow_end(struct tj *t, const struct tj_flow *f, uint64_t to_server,
                               uint64_t to_client)
{
    struct ww_event *e = tj_in(t, f, "flow.end");
    tj_num(e, "pkts_toserver", to_server);
    tj_num(e, "pkts_toclient", to_client);
    tj_num(e, "bytes_toserver", to_server * 100);
    tj_num(e, "bytes_toclient", to_client * 100);
    tj_num(e, "start", t->now);
    tj_num(e, "end", t->now);
    tj_see(t, e);
}
static inline void tj_flow_all(struct tj *t, struct ww_end a, struct ww_end b, const char *app,
                               bool answered)
{
    struct tj_flow f = tj_flow_open(t, a, b, app, answered);
    tj_flow_end(t, &f, 3, answered ? 3 : 0);
}

/* A plain declaration: TLS to update.example, nothing else. */
static const char TJ_NAMED[] =
    "{\"ietf-mud:mud\":{\"mud-version\":1,\"mud-url\":\"https://mud.example/x.json\","
    "\"last-update\":\"2026-01-15T09:00:00Z\",\"is-supported\":true,"
    "\"from-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"fr\"}]}},"
    "\"to-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"to\"}]}}},"
    "\"ietf-access-control-list:acls\":{\"acl\":["
    "{\"name\":\"fr\",\"type\":\"ipv4-acl-type\",\"aces\":{\"ace\":[{\"name\":\"up\",\"matches\":{"
    "\"ipv4\":{\"ietf-acldns:dst-dnsname\":\"update.example\",\"protocol\":6},"
    "\"tcp\":{\"ietf-mud:direction-initiated\":\"from-device\","
    "\"destination-port\":{\"operator\":\"eq\",\"port\":443}}},"
    "\"actions\":{\"forwarding\":\"accept\"}}]}},"
    "{\"name\":\"to\",\"type\":\"ipv4-acl-type\",\"aces\":{\"ace\":[{\"name\":\"up\",\"matches\":{"
    "\"ipv4\":{\"ietf-acldns:src-dnsname\":\"update.example\",\"protocol\":6},"
    "\"tcp\":{\"ietf-mud:direction-initiated\":\"from-device\","
    "\"source-port\":{\"operator\":\"eq\",\"port\":443}}},"
    "\"actions\":{\"forwarding\":\"accept\"}}]}}]}}";

/* The same in a file; the caller removes it. */
static inline const char *tj_write_named(void)
{
    static char path[64];
    (void)snprintf(path, sizeof path, "/tmp/ww_judge_%d.json", (int)getpid());
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    (void)fputs(TJ_NAMED, f);
    (void)fclose(f);
    return path;
}

/* ---- what was told ---- */
static inline const struct ww_event *tj_find(const struct tj *t, const char *type, size_t nth)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->kept[i]->type->name, type) == 0 && nth-- == 0)
            return t->kept[i];
    return NULL;
}
static inline const char *tj_text(const struct ww_event *e, const char *field)
{
    static char b[8][256];
    static unsigned k;
    struct ww_slice s = ww_get_str(e, tj_field(e, field));
    char *p = b[k++ % 8];
    memcpy(p, s.p, s.n < 255 ? s.n : 255);
    p[s.n < 255 ? s.n : 255] = 0;
    return p;
}
/* The newest record of an alert, "WD-101a" for a device; NULL = none. asset NULL: any. */
static inline const struct ww_alert *tj_alert(const struct tj *t, uint16_t class_, char variant,
                                              const char *asset)
{
    const struct ww_alert *last = NULL;
    for (size_t i = 0; i < t->n; i++) {
        if (t->kept[i]->type != &ww_alert_type)
            continue;
        const struct ww_alert *a = (const struct ww_alert *)(const void *)t->kept[i]->body;
        if (a->class == class_ && a->variant.b[0] == variant &&
            (asset == NULL || ww_slice_eqs(WW_STR(a->asset_id), asset)))
            last = a;
    }
    return last;
}
static inline size_t tj_alerts(const struct tj *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct ww_alert *a = (const struct ww_alert *)(const void *)t->kept[i]->body;
        n += t->kept[i]->type == &ww_alert_type && ww_slice_eqs(WW_STR(a->what), "raised");
    }
    return n;
}
static inline const char *tj_list_alerts(const struct tj *t)
{
    static char b[2048];
    struct ww_out o = ww_out(b, sizeof b - 1);
    for (size_t i = 0; i < t->n; i++)
        if (t->kept[i]->type == &ww_alert_type) {
            const struct ww_alert *a = (const struct ww_alert *)(const void *)t->kept[i]->body;
            ww_out_f(&o, "WD-%u%c %.*s %.*s; ", a->class, a->variant.b[0], (int)a->asset_id.len,
                     a->asset_id.b, (int)a->observed.len, a->observed.b);
        }
    b[o.n] = 0;
    return b;
}
/* Is there evidence of a device? value NULL: any. */
static inline bool tj_fact(const struct tj *t, const char *id, const char *attribute,
                           const char *value)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->kept[i]->type == &ww_device_evidence_type &&
            strcmp(tj_text(t->kept[i], "id"), id) == 0 &&
            strcmp(tj_text(t->kept[i], "attribute"), attribute) == 0 &&
            (value == NULL || strcmp(tj_text(t->kept[i], "value"), value) == 0))
            return true;
    return false;
}
#endif
