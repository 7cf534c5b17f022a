/* event.c - registry of event types and access to fields by their descriptions. */
#include "sensor/event.h"

bool ww_list_add(uint16_t *len, uint16_t *total, char *b, size_t cap, struct ww_slice s)
{
    if (*total < UINT16_MAX)
        (*total)++;
    if (s.n >= cap || *len > cap - s.n - 1 || memchr(s.p ? s.p : (const uint8_t *)"", 0, s.n))
        return false;
    ww_copy(b + *len, s);
    b[*len + s.n] = 0;
    *len = (uint16_t)(*len + s.n + 1);
    return true;
}

static size_t ptr_hash(const void *p)
{
    uint64_t x = (uint64_t)(uintptr_t)p * 0x9e3779b97f4a7c15u;
    return (size_t)(x >> 54); /* 10 bits: slot has 1024 places */
}
static_assert(WW_EVENT_SLOTS == 1024, "ptr_hash yields 10 bits");

int ww_registry_id(const struct ww_registry *r, const struct ww_event_type *t)
{
    for (size_t i = ptr_hash(t);; i = (i + 1) % WW_EVENT_SLOTS) {
        if (r->slot[i] == 0)
            return -1;
        if (r->type[r->slot[i] - 1] == t)
            return r->slot[i] - 1;
    }
}

const struct ww_event_type *ww_type_find(const struct ww_registry *r, const char *name)
{
    for (uint16_t i = 0; i < r->n; i++)
        if (strcmp(r->type[i]->name, name) == 0)
            return r->type[i];
    return NULL;
}

enum ww_rc ww_registry_add(struct ww_registry *r, const struct ww_event_type *const *types,
                           struct ww_err *e)
{
    for (; *types != NULL; types++) {
        const struct ww_event_type *t = *types;
        if (ww_registry_id(r, t) >= 0)
            continue;
        if (ww_type_find(r, t->name) != NULL)
            return WW_FAIL(e, WW_E_CONF, "event %s is declared twice", t->name);
        if (r->n == WW_EVENT_TYPES_MAX)
            return WW_FAIL(e, WW_E_LIMIT, "more than %d event types", WW_EVENT_TYPES_MAX);
        size_t i = ptr_hash(t);
        while (r->slot[i] != 0)
            i = (i + 1) % WW_EVENT_SLOTS;
        r->type[r->n++] = t;
        r->slot[i] = r->n;
    }
    return WW_OK;
}

const struct ww_field *ww_type_field(const struct ww_event_type *t, const char *name)
{
    for (uint16_t i = 0; i < t->nfields; i++)
        if (strcmp(t->fields[i].name, name) == 0)
            return &t->fields[i];
    return NULL;
}

enum ww_rc ww_field_find(const struct ww_registry *r, const char *event, const char *field,
                         const struct ww_event_type **t, const struct ww_field **f,
                         struct ww_err *e)
{
    *t = ww_type_find(r, event);
    if (*t == NULL)
        return WW_FAIL(e, WW_E_CONF, "no event is named %s; see 'wardwatch schema'", event);
    *f = ww_type_field(*t, field);
    if (*f == NULL)
        return WW_FAIL(e, WW_E_CONF, "event %s has no field %s; see 'wardwatch schema'", event,
                       field);
    return WW_OK;
}

uint64_t ww_get_u64(const struct ww_event *e, const struct ww_field *f)
{
    const uint8_t *p = e->body + f->off;
    uint16_t v16;
    uint32_t v32;
    uint64_t v64;
    switch ((enum ww_ftype)f->type) {
    case WW_FT_U8:
    case WW_FT_BOOL:
        return *p;
    case WW_FT_U16:
        memcpy(&v16, p, sizeof v16);
        return v16;
    case WW_FT_U32:
        memcpy(&v32, p, sizeof v32);
        return v32;
    case WW_FT_U32N:
        memcpy(&v32, p, sizeof v32);
        return v32 == WW_NULL32 ? WW_NULL64 : v32;
    case WW_FT_U64:
    case WW_FT_U64N:
    case WW_FT_TIME:
    case WW_FT_HASH:
        memcpy(&v64, p, sizeof v64);
        return v64;
    case WW_FT_IP:
    case WW_FT_MAC:
    case WW_FT_STR:
    case WW_FT_LIST:
        break;
    }
    return 0;
}

struct ww_slice ww_get_str(const struct ww_event *e, const struct ww_field *f)
{
    uint16_t len;
    if (f->type != WW_FT_STR)
        return (struct ww_slice){ NULL, 0 };
    memcpy(&len, e->body + f->off, sizeof len);
    return (struct ww_slice){ e->body + f->off + sizeof len, len <= f->cap ? len : f->cap };
}

const struct ww_ip *ww_get_ip(const struct ww_event *e, const struct ww_field *f)
{
    return (const struct ww_ip *)(const void *)(e->body + f->off);
}

const struct ww_mac *ww_get_mac(const struct ww_event *e, const struct ww_field *f)
{
    return (const struct ww_mac *)(const void *)(e->body + f->off);
}

uint16_t ww_get_total(const struct ww_event *e, const struct ww_field *f)
{
    uint16_t total;
    memcpy(&total, e->body + f->off + sizeof total, sizeof total);
    return total;
}

struct ww_slice ww_get_item(const struct ww_event *e, const struct ww_field *f, size_t *at)
{
    uint16_t len;
    memcpy(&len, e->body + f->off, sizeof len);
    if (len > f->cap)
        len = f->cap;
    struct ww_slice all = { e->body + f->off + 2 * sizeof len, len };
    if (*at >= all.n)
        return (struct ww_slice){ NULL, 0 };
    size_t end = ww_slice_find(all, *at, 0);
    struct ww_slice item = { all.p + *at, end - *at };
    *at = end + 1;
    return item;
}

void ww_set_u64(void *body, const struct ww_field *f, uint64_t v)
{
    uint8_t *p = (uint8_t *)body + f->off;
    uint16_t v16 = (uint16_t)v;
    uint32_t v32 = (uint32_t)v;
    switch ((enum ww_ftype)f->type) {
    case WW_FT_U8:
        *p = (uint8_t)v;
        return;
    case WW_FT_BOOL:
        *p = v != 0;
        return;
    case WW_FT_U16:
        memcpy(p, &v16, sizeof v16);
        return;
    case WW_FT_U32:
    case WW_FT_U32N: /* WW_NULL64 cut to 32 bits is WW_NULL32 */
        memcpy(p, &v32, sizeof v32);
        return;
    case WW_FT_U64:
    case WW_FT_U64N:
    case WW_FT_TIME:
    case WW_FT_HASH:
        memcpy(p, &v, sizeof v);
        return;
    case WW_FT_IP:
    case WW_FT_MAC:
    case WW_FT_STR:
    case WW_FT_LIST:
        return;
    }
}

bool ww_set_str(void *body, const struct ww_field *f, struct ww_slice s)
{
    uint8_t *p = (uint8_t *)body + f->off;
    uint16_t len = 0;
    if (f->type != WW_FT_STR)
        return false;
    bool all = ww_str_set(&len, (char *)p + sizeof len, f->cap, s);
    memcpy(p, &len, sizeof len);
    return all;
}

void ww_set_none(void *body, const struct ww_field *f)
{
    if (f->type == WW_FT_STR)
        memset((uint8_t *)body + f->off, 0, sizeof(uint16_t));
    else if (f->type == WW_FT_LIST) /* length and total */
        memset((uint8_t *)body + f->off, 0, 2 * sizeof(uint16_t));
}

struct ww_ip ww_ip_of(struct ww_slice s)
{
    struct ww_ip ip = { .fam = s.n == 4 ? 4 : s.n == 16 ? 6 : 0 };
    if (ip.fam != 0)
        memcpy(ip.b, s.p, s.n);
    return ip;
}

struct ww_mac ww_mac_of(struct ww_slice s)
{
    struct ww_mac m = { { 0 } };
    if (s.n == sizeof m.b)
        memcpy(m.b, s.p, s.n);
    return m;
}

static void json_list(struct ww_out *o, const char *key, const struct ww_event *e,
                      const struct ww_field *f)
{
    size_t at = 0;
    ww_json_open(o, key, '[');
    for (struct ww_slice s = ww_get_item(e, f, &at); s.p != NULL; s = ww_get_item(e, f, &at))
        ww_json_str(o, NULL, s);
    ww_json_close(o, ']');
}

static void json_field(struct ww_out *o, const char *key, const struct ww_event *e,
                       const struct ww_field *f)
{
    char text[WW_IP_TEXT];
    uint64_t v;
    switch ((enum ww_ftype)f->type) {
    case WW_FT_U8:
    case WW_FT_U16:
    case WW_FT_U32:
    case WW_FT_U64:
        ww_json_u64(o, key, ww_get_u64(e, f));
        return;
    case WW_FT_U32N:
    case WW_FT_U64N:
        v = ww_get_u64(e, f);
        if (v == WW_NULL64)
            ww_json_null(o, key);
        else
            ww_json_u64(o, key, v);
        return;
    case WW_FT_BOOL:
        ww_json_bool(o, key, ww_get_u64(e, f) != 0);
        return;
    case WW_FT_TIME:
        v = ww_get_u64(e, f);
        if (v != 0)
            ww_json_cstr(o, key, ww_time_text(text, v));
        return;
    case WW_FT_IP:
        if (ww_get_ip(e, f)->fam != 0)
            ww_json_cstr(o, key, ww_ip_text(text, ww_get_ip(e, f)->b, ww_get_ip(e, f)->fam));
        return;
    case WW_FT_MAC:
        if (!ww_mac_none(ww_get_mac(e, f)))
            ww_json_cstr(o, key, ww_mac_text(text, ww_get_mac(e, f)->b));
        return;
    case WW_FT_STR:
        if (ww_get_str(e, f).n > 0)
            ww_json_str(o, key, ww_get_str(e, f));
        return;
    case WW_FT_LIST:
        if (ww_get_total(e, f) > 0)
            json_list(o, key, e, f);
        return;
    case WW_FT_HASH:
        return; /* a pseudonym never leaves the process */
    }
}

/* Where the name of a nested member is divided: at its first "__". */
static const char *divided(const char *name)
{
    for (name = strchr(name, '_'); name != NULL; name = strchr(name + 1, '_'))
        if (name[1] == '_')
            return name;
    return NULL;
}

void ww_event_body_json(struct ww_out *o, const struct ww_event *e)
{
    char group[32] = "";
    for (uint16_t i = 0; i < e->type->nfields; i++) {
        const struct ww_field *f = &e->type->fields[i];
        const char *sep = divided(f->name);
        size_t n = sep ? (size_t)(sep - f->name) : 0;
        if (n >= sizeof group)
            n = sizeof group - 1;
        if (group[0] != 0 && (strlen(group) != n || memcmp(group, f->name, n) != 0)) {
            ww_json_close(o, '}');
            group[0] = 0;
        }
        if (n > 0 && group[0] == 0) {
            memcpy(group, f->name, n);
            group[n] = 0;
            ww_json_open(o, group, '{');
        }
        json_field(o, n > 0 ? f->name + n + 2 : f->name, e, f);
    }
    if (group[0] != 0)
        ww_json_close(o, '}');
}
