/* baseline.c - reading a declaration as a whole, and what it says about the device. */
#include "rules/baseline/bl.h"
#include "sensor/base/data.h"
#include <libyang/libyang.h>
#include <openssl/evp.h>
#include <stdlib.h>

/* SHA-256 of the bytes of the file: what a signature covers (RFC 8520 section 13). */
static bool digest_of(char hex[65], struct ww_slice text)
{
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (EVP_Digest(text.p, text.n, md, &n, EVP_sha256(), NULL) != 1 || n != 32)
        return false;
    struct ww_out o = ww_out(hex, 64);
    for (unsigned i = 0; i < n; i++)
        ww_out_hex(&o, md[i], 2);
    hex[64] = 0;
    return true;
}

/* Authority of a URI, which RFC 8520 section 4.1 takes for the manufacturer. */
static const char *authority_of(struct bl_arena *a, const char *uri)
{
    char text[256];
    const char *p = strstr(uri, "://");
    if (p == NULL)
        return "";
    p += 3;
    struct ww_out o = ww_out(text, sizeof text - 1);
    ww_out_raw(&o, p, strcspn(p, "/?#"));
    text[o.n] = 0;
    return ww_bl_str(a, text);
}

/* libyang prints a date and time in the zone of the machine; the same file must read the same
 * everywhere, so it is told in UTC, to the second. */
static const char *utc(struct bl_arena *a, const char *date_and_time)
{
    char text[WW_TIME_TEXT];
    time_t t = 0;
    if (date_and_time == NULL || ly_time_str2time(date_and_time, &t, NULL) != LY_SUCCESS || t < 0 ||
        (uint64_t)t > UINT64_MAX / 1000000000U)
        return "";
    (void)ww_time_text(text, (uint64_t)t * 1000000000U);
    char *dot = strchr(text, '.');
    if (dot != NULL && dot + 1 < text + sizeof text) {
        dot[0] = 'Z';
        dot[1] = 0;
    }
    return ww_bl_str(a, text);
}

static enum ww_rc compile(struct ww_baseline *b, const struct lyd_node *root, struct ww_err *e)
{
    struct bl_arena *a = &b->arena;
    const struct lyd_node *mud = ww_bl_top(root, "mud");
    if (mud == NULL)
        return WW_FAIL(e, WW_E_CONF, "%s: no member ietf-mud:mud; this is not a MUD file", b->file);
    b->mud_version = (unsigned)ww_bl_num(mud, "mud-version", 0);
    b->mud_url = ww_bl_str(a, ww_bl_leaf(mud, "mud-url"));
    b->authority = authority_of(a, b->mud_url);
    b->last_update = utc(a, ww_bl_leaf(mud, "last-update"));
    b->supported = ww_bl_said(mud, "is-supported") == WW_BL_YES;
    b->cache_hours = (unsigned)ww_bl_num(mud, "cache-validity", 48);
    b->systeminfo = ww_bl_str(a, ww_bl_leaf(mud, "systeminfo"));
    b->maker = ww_bl_str(a, ww_bl_leaf(mud, "mfg-name"));
    b->model = ww_bl_str(a, ww_bl_leaf(mud, "model-name"));
    b->extensions = ww_bl_list(a, mud, "extensions");
    enum ww_rc rc = ww_bl_read_acls(b, root, e);
    if (rc == WW_OK)
        rc = ww_bl_read_medical(b, ww_bl_child(mud, "device"), e);
    if (rc == WW_OK && a->full)
        rc = WW_FAIL(e, WW_E_SYS, "%s: no memory for the declaration", b->file);
    return rc;
}

enum ww_rc ww_baseline_parse(struct ww_baseline **out, const char *name, struct ww_slice text,
                             const struct ww_yang *y, ww_bl_remark_fn *remark, void *to,
                             struct ww_err *e)
{
    enum ww_rc rc;
    struct lyd_node *root = NULL;
    char *copy = NULL;
    unsigned line = 0;
    struct ww_baseline *b = calloc(1, sizeof *b);
    if (b == NULL || text.n > WW_BL_FILE_MAX || (copy = malloc(text.n + 1)) == NULL) {
        free(b);
        if (text.n > WW_BL_FILE_MAX)
            return WW_FAIL(e, WW_E_LIMIT, "%s: larger than %d bytes", name, (int)WW_BL_FILE_MAX);
        return WW_FAIL(e, WW_E_SYS, "%s: no memory for the declaration", name);
    }
    struct ww_out o = ww_out(copy, text.n);
    ww_out_raw(&o, text.p, text.n);
    copy[text.n] = 0;
    struct bl_lint lint = { .name = name, .text = text, .fn = remark, .to = to };
    b->file = ww_bl_str(&b->arena, name);
    if (text.n == 0 || ww_slice_find(text, 0, 0) != text.n) {
        rc = WW_FAIL(e, WW_E_CONF, "%s:1: %s; a MUD file is JSON text", name,
                     text.n == 0 ? "the file is empty" : "there is a NUL byte in the file");
    } else {
        rc = ww_yang_validate(y, name, copy, &root, &line, e);
        if (rc != WW_OK && remark != NULL) {
            struct ww_bl_remark r = { WW_BL_ERROR, "yang", line, e->text };
            remark(to, &r);
        }
    }
    if (rc == WW_OK)
        rc = digest_of(b->digest, text) ? compile(b, root, e)
                                        : WW_FAIL(e, WW_E_SYS, "%s: SHA-256 failed", name);
    if (rc == WW_OK) {
        ww_bl_lint(b, root, &lint);
        if (lint.errors > 0)
            rc = WW_FAIL(e, WW_E_CONF, "%s:%u: %s", name, lint.first_line > 0 ? lint.first_line : 1,
                         lint.first);
    }
    lyd_free_all(root);
    free(copy);
    if (rc == WW_OK)
        *out = b;
    else
        ww_baseline_free(b);
    return rc;
}

enum ww_rc ww_baseline_load(struct ww_baseline **out, const char *path, const struct ww_yang *y,
                            struct ww_err *e)
{
    char *text = NULL;
    size_t n = 0;
    enum ww_rc rc = ww_file_read(&text, &n, path, WW_BL_FILE_MAX, e);
    if (rc != WW_OK)
        return rc;
    rc = ww_baseline_parse(out, path, (struct ww_slice){ (const uint8_t *)text, n }, y, NULL, NULL,
                           e);
    free(text);
    return rc;
}

void ww_baseline_free(struct ww_baseline *b)
{
    if (b == NULL)
        return;
    ww_bl_arena_free(&b->arena);
    free(b);
}

const char *ww_bl_file(const struct ww_baseline *b)
{
    return b->file;
}
const char *ww_bl_digest(const struct ww_baseline *b)
{
    return b->digest;
}
const char *ww_bl_mud_url(const struct ww_baseline *b)
{
    return b->mud_url;
}
const char *ww_bl_maker(const struct ww_baseline *b)
{
    return b->maker[0] != 0 ? b->maker : b->organisation;
}
const char *ww_bl_model(const struct ww_baseline *b)
{
    return b->model;
}
const char *ww_bl_systeminfo(const struct ww_baseline *b)
{
    return b->systeminfo;
}
const char *ww_bl_last_update(const struct ww_baseline *b)
{
    return b->last_update;
}
bool ww_bl_supported(const struct ww_baseline *b)
{
    return b->supported;
}
bool ww_bl_medical(const struct ww_baseline *b)
{
    return b->medical;
}
bool ww_bl_has_dicom(const struct ww_baseline *b)
{
    return b->dicom;
}
bool ww_bl_has_hl7(const struct ww_baseline *b)
{
    return b->hl7;
}
const char *ww_bl_kind_of_device(const struct ww_baseline *b)
{
    return b->kind;
}
const char *ww_bl_criticality(const struct ww_baseline *b)
{
    return b->criticality;
}
const char *ww_bl_declared_by(const struct ww_baseline *b)
{
    return b->declared_by;
}
unsigned ww_bl_class(const struct ww_baseline *b)
{
    return b->class_;
}
unsigned ww_bl_connection(const struct ww_baseline *b)
{
    return b->connection;
}
unsigned ww_bl_environment(const struct ww_baseline *b)
{
    return b->environment;
}

bool ww_bl_has_never_internet(const struct ww_baseline *b)
{
    for (size_t i = 0; i < b->nnever; i++)
        if (b->never[i].internet && b->never[i].application[0] == 0)
            return true;
    return false;
}

bool ww_bl_is_closed(const struct ww_baseline *b)
{
    if ((b->connection & (WW_BL_CONN_INTERNET | WW_BL_CONN_REMOTE)) != 0)
        return false; /* it leaves the hospital at times; the never entries say when not */
    return (b->connection & (WW_BL_CONN_CLOSED | WW_BL_CONN_NONE)) != 0 ||
           ww_bl_has_never_internet(b);
}

enum ww_bl_said ww_bl_remotely_operable(const struct ww_baseline *b)
{
    return b->remotely_operable;
}

uint32_t ww_bl_clock_tolerance(const struct ww_baseline *b)
{
    return b->clock_tolerance;
}

enum ww_bl_said ww_bl_no_cyber_risk(const struct ww_baseline *b)
{
    return b->no_cyber_risk ? WW_BL_YES : WW_BL_NOT_SAID;
}

const char *ww_bl_end_of(const struct ww_baseline *b, const char *what)
{
    const struct {
        const char *name, *date;
    } ends[] = { { "sale", b->end_sale },
                 { "security-support", b->end_security },
                 { "life", b->end_life },
                 { "service-life", b->end_service },
                 { "os", b->end_os } };
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (strcmp(ends[i].name, what) == 0)
            return ends[i].date;
    return "";
}

size_t ww_bl_aces(const struct ww_baseline *b)
{
    return b->nace;
}

void ww_bl_ace(const struct ww_baseline *b, size_t i, struct ww_bl_ace_info *out)
{
    const struct bl_ace *a = &b->ace[i < b->nace ? i : 0];
    *out = (struct ww_bl_ace_info){ .acl = a->acl,
                                    .name = a->name,
                                    .dir = a->dir,
                                    .accept = a->action == BL_ACCEPT,
                                    .conduit = a->conduit,
                                    .group = a->group };
    struct ww_out o = ww_out(out->match, sizeof out->match);
    ww_bl_text_ace(&o, a);
    ww_bl_text_end(&o);
}

size_t ww_bl_conduits(const struct ww_baseline *b)
{
    return b->nconduit;
}

void ww_bl_conduit(const struct ww_baseline *b, size_t i, struct ww_bl_conduit_info *out)
{
    const struct bl_conduit *c = &b->conduit[i < b->nconduit ? i : 0];
    *out = (struct ww_bl_conduit_info){ .id = c->id,
                                        .description = c->description,
                                        .application = c->application,
                                        .state = c->state,
                                        .peer = c->peer >= 0 ? b->peer[c->peer].id : "",
                                        .peer_kind = c->peer >= 0 ? b->peer[c->peer].kind : "",
                                        .patient_data = c->said_patient,
                                        .control_commands = c->said_control,
                                        .alarms = c->said_alarms,
                                        .port_configurable =
                                            c->port_configurable ? WW_BL_YES : WW_BL_NO,
                                        .encryption = c->encryption,
                                        .longest_silence_s = c->longest_silence_s,
                                        .typical_interval_s = c->interval_s,
                                        .max_connections = c->max_connections };
}

bool ww_bl_conduit_by_id(const struct ww_baseline *b, const char *id,
                         struct ww_bl_conduit_info *out)
{
    for (size_t i = 0; i < b->nconduit; i++)
        if (strcmp(b->conduit[i].id, id) == 0) {
            ww_bl_conduit(b, i, out);
            return true;
        }
    return false;
}
