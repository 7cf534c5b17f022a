/* value.c - one value from an event to a column and back. */
#include "store/db/db.h"

enum { TEXT_MAX = 2 * WW_EVENT_BODY_MAX, JSON_MAX = 7 * 1024, HOUR_S = 3600 };
#define NS 1000000000u

/* SQLite keeps 64-bit signed numbers; what is larger stays the largest. */
static int bind_u64(sqlite3_stmt *st, int at, uint64_t v)
{
    return sqlite3_bind_int64(st, at, v > INT64_MAX ? INT64_MAX : (sqlite3_int64)v);
}

/* The first of 8 bytes at once that are not all ASCII, or hold a NUL. */
static size_t ascii_run(struct ww_slice s)
{
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8) {
        uint64_t w;
        ww_copy(&w, ww_slice_sub(s, i, 8));
        /* a byte of 0 borrows from its high bit (Mycroft's test), one of 0x80 and more has it */
        if (((w | (w - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    return i;
}

static bool clean(struct ww_slice s)
{
    for (size_t i = ascii_run(s); i < s.n;) {
        if ((uint8_t)(ww_slice_at(s, i) - 1) < 0x7f) {
            i++; /* ASCII, nearly always */
            continue;
        }
        unsigned n = ww_utf8_len(ww_slice_sub(s, i, 4));
        if (n == 0 || ww_slice_at(s, i) == 0)
            return false;
        i += n;
    }
    return true;
}

/* Valid UTF-8 stays, a broken byte is read as Latin-1 (as in the JSON output), NUL becomes U+FFFD
 * because it would hide what follows. Its own function because of the room on the stack. */
__attribute__((noinline)) static int bind_mended(sqlite3_stmt *st, int at, struct ww_slice s)
{
    char b[TEXT_MAX + 4];
    struct ww_out o = ww_out(b, sizeof b);
    for (size_t i = 0; i < s.n && o.n + 4 <= sizeof b;) {
        unsigned n = ww_utf8_len(ww_slice_sub(s, i, 4));
        uint8_t c = ww_slice_at(s, i);
        if (n == 0) {
            ww_out_c(&o, (char)(0xc0 | c >> 6));
            ww_out_c(&o, (char)(0x80 | (c & 0x3f)));
        } else if (c == 0) {
            ww_out_s(&o, "\xef\xbf\xbd");
        } else {
            struct ww_slice one = ww_slice_sub(s, i, n);
            ww_out_raw(&o, one.p, one.n);
        }
        i += n > 0 ? n : 1;
    }
    return sqlite3_bind_text(st, at, b, (int)o.n, SQLITE_TRANSIENT);
}

/* Bytes from the wire as text. */
static int bind_text(sqlite3_stmt *st, int at, struct ww_slice s, sqlite3_destructor_type life)
{
    if (!clean(s))
        return bind_mended(st, at, s);
    return sqlite3_bind_text(st, at, s.n > 0 ? (const char *)s.p : "", (int)s.n, life);
}

int ww_db_bind_text(sqlite3_stmt *st, int at, struct ww_slice s)
{
    return bind_text(st, at, s, SQLITE_TRANSIENT);
}

/* The text of an event that lives until the statement was stepped. */
static int bind_str(sqlite3_stmt *st, int at, struct ww_slice s)
{
    return bind_text(st, at, s, SQLITE_STATIC);
}

static int bind_ip(sqlite3_stmt *st, int at, const struct ww_ip *ip, bool key)
{
    char t[WW_IP_TEXT];
    if (ip->fam == 0 && !key)
        return sqlite3_bind_null(st, at);
    return sqlite3_bind_text(st, at, ww_ip_text(t, ip->b, ip->fam), -1, SQLITE_TRANSIENT);
}

static int bind_list(sqlite3_stmt *st, int at, const struct ww_field *f, const struct ww_event *e)
{
    char b[JSON_MAX];
    struct ww_out o = ww_out(b, sizeof b);
    size_t from = 0;
    ww_json_open(&o, NULL, '[');
    for (struct ww_slice s = ww_get_item(e, f, &from); s.p != NULL; s = ww_get_item(e, f, &from))
        ww_json_str(&o, NULL, s);
    ww_json_close(&o, ']');
    return o.cut ? sqlite3_bind_null(st, at)
                 : sqlite3_bind_text(st, at, b, (int)o.n, SQLITE_TRANSIENT);
}

static int bind_json(sqlite3_stmt *st, int at, const struct ww_event *e)
{
    char b[JSON_MAX];
    struct ww_out o = ww_out(b, sizeof b);
    ww_json_open(&o, NULL, '{');
    ww_event_body_json(&o, e);
    ww_json_close(&o, '}');
    return o.cut ? sqlite3_bind_null(st, at)
                 : sqlite3_bind_text(st, at, b, (int)o.n, SQLITE_TRANSIENT);
}

enum item {
    IT_TS,
    IT_HOUR,
    IT_RUN,
    IT_SERIES,
    IT_SOURCE,
    IT_FRAME,
    IT_JSON,
    IT_PROTO,
    IT_C_IP,
    IT_C_PORT,
    IT_S_IP,
    IT_S_PORT,
    IT_NONE
};
static const char *const items[IT_NONE] = { "@ts",          "@hour",      "@run",
                                            "@series",      "@source",    "@frame",
                                            "@json",        "@ip_proto",  "@client_ip",
                                            "@client_port", "@server_ip", "@server_port" };

uint8_t ww_db_item(const char *from)
{
    for (size_t i = 0; i < IT_NONE; i++)
        if (strcmp(items[i], from) == 0)
            return (uint8_t)i;
    return WW_DB_NO_ITEM;
}

static int bind_item(const struct ww_store *s, sqlite3_stmt *st, int at, enum item it,
                     const struct ww_event *e)
{
    switch (it) {
    case IT_TS:
        return bind_u64(st, at, e->ts);
    case IT_HOUR:
        return bind_u64(st, at, e->ts / NS / HOUR_S);
    case IT_RUN:
        return sqlite3_bind_int64(st, at, s->run);
    case IT_SERIES:
        return sqlite3_bind_int64(st, at, s->series);
    case IT_SOURCE:
        return e->source < s->nsrc ? sqlite3_bind_int64(st, at, s->src[e->source].id)
                                   : sqlite3_bind_null(st, at);
    case IT_FRAME:
        return bind_u64(st, at, e->frame);
    case IT_JSON:
        return bind_json(st, at, e);
    case IT_PROTO:
        return bind_u64(st, at, e->ip_proto);
    case IT_C_IP:
        return bind_ip(st, at, &ww_event_client(e)->ip, false);
    case IT_C_PORT:
        return bind_u64(st, at, ww_event_client(e)->port);
    case IT_S_IP:
        return bind_ip(st, at, &ww_event_server(e)->ip, false);
    case IT_S_PORT:
        return bind_u64(st, at, ww_event_server(e)->port);
    case IT_NONE:
        break;
    }
    return SQLITE_MISUSE;
}

int ww_db_bind(struct ww_store *s, const struct ww_feed *fd, uint16_t i, const struct ww_event *e,
               sqlite3_stmt *st, unsigned row)
{
    const struct ww_col *c = &fd->t->cols[i];
    const struct ww_field *f = fd->f[i];
    int at = (int)(row * fd->t->ncols + i + 1u);
    bool key = c->merge == WW_M_KEY;
    char t[WW_MAC_TEXT];
    uint64_t v;
    if (c->merge == WW_M_COUNT)
        return sqlite3_bind_int(st, at, 1);
    if (f == NULL && key && fd->item[i] == IT_SOURCE && e->source >= s->nsrc)
        return sqlite3_bind_int(st, at, 0);
    if (f == NULL)
        return bind_item(s, st, at, (enum item)fd->item[i], e);
    switch ((enum ww_ftype)f->type) {
    case WW_FT_U8:
    case WW_FT_U16:
    case WW_FT_U32:
    case WW_FT_U64:
    case WW_FT_BOOL:
        return bind_u64(st, at, ww_get_u64(e, f));
    case WW_FT_U32N:
    case WW_FT_U64N:
        v = ww_get_u64(e, f);
        return v != WW_NULL64 ? bind_u64(st, at, v)
               : key          ? sqlite3_bind_int(st, at, 0)
                              : sqlite3_bind_null(st, at);
    case WW_FT_TIME:
        v = ww_get_u64(e, f);
        return v == 0 && !key ? sqlite3_bind_null(st, at) : bind_u64(st, at, v);
    case WW_FT_IP:
        return bind_ip(st, at, ww_get_ip(e, f), key);
    case WW_FT_MAC:
        if (ww_mac_none(ww_get_mac(e, f)))
            return key ? sqlite3_bind_text(st, at, "", 0, SQLITE_STATIC)
                       : sqlite3_bind_null(st, at);
        return sqlite3_bind_text(st, at, ww_mac_text(t, ww_get_mac(e, f)->b), -1, SQLITE_TRANSIENT);
    case WW_FT_STR:
        if (ww_get_str(e, f).n == 0 && !key)
            return sqlite3_bind_null(st, at);
        return bind_str(st, at, ww_get_str(e, f));
    case WW_FT_LIST:
        return bind_list(st, at, f, e);
    case WW_FT_HASH:
        break; /* a pseudonym never leaves the process; ww_db_feeds refuses such a column */
    }
    return SQLITE_MISUSE;
}

struct ww_slice ww_db_text(sqlite3_stmt *st, int col)
{
    const unsigned char *p = sqlite3_column_text(st, col);
    int n = sqlite3_column_bytes(st, col);
    return (struct ww_slice){ p, p != NULL && n > 0 ? (size_t)n : 0 };
}

static void unbind(void *body, const struct ww_field *f, sqlite3_stmt *row, int at)
{
    bool null = sqlite3_column_type(row, at) == SQLITE_NULL;
    switch ((enum ww_ftype)f->type) {
    case WW_FT_U8:
    case WW_FT_U16:
    case WW_FT_U32:
    case WW_FT_U64:
    case WW_FT_BOOL:
    case WW_FT_TIME:
        ww_set_u64(body, f, (uint64_t)sqlite3_column_int64(row, at));
        return;
    case WW_FT_U32N:
    case WW_FT_U64N:
        ww_set_u64(body, f, null ? WW_NULL64 : (uint64_t)sqlite3_column_int64(row, at));
        return;
    case WW_FT_STR:
        (void)ww_set_str(body, f, ww_db_text(row, at));
        return;
    case WW_FT_IP:
    case WW_FT_MAC:
    case WW_FT_LIST:
    case WW_FT_HASH: /* no record that is read back has them; a test says so */
        return;
    }
}

void ww_db_map(struct ww_db_map *m, const struct ww_event_type *type, const struct ww_table *t,
               sqlite3_stmt *st)
{
    *m = (struct ww_db_map){ .n = (uint16_t)sqlite3_column_count(st) };
    if (m->n > WW_DB_COLS_MAX)
        m->n = WW_DB_COLS_MAX;
    for (uint16_t at = 0; at < m->n; at++)
        for (uint16_t i = 0; i < t->ncols; i++)
            if (strcmp(t->cols[i].name, sqlite3_column_name(st, at)) == 0)
                m->f[at] = ww_type_field(type, t->cols[i].from);
}

void ww_db_body(void *body, const struct ww_db_map *m, sqlite3_stmt *row)
{
    for (uint16_t at = 0; at < m->n; at++)
        if (m->f[at] != NULL)
            unbind(body, m->f[at], row, at);
}
