/* value.c - one value from an event to a column and back. */
#include "store/db/db.h"

enum { TEXT_MAX = 2 * WW_EVENT_BODY_MAX, JSON_MAX = 7 * 1024, HOUR_S = 3600 };
#define NS 1000000000u

/* SQLite keeps 64-bit signed numbers; what is larger stays the largest. */
static void put_u64(sqlite3_context *to, uint64_t v)
{
    sqlite3_result_int64(to, v > INT64_MAX ? INT64_MAX : (sqlite3_int64)v);
}

/* Eight bytes at once: a byte of 0 borrows from its high bit (Mycroft's test), one of 0x80 and more
 * has it. */
static bool odd(uint64_t w)
{
    return ((w | (w - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) != 0;
}

/* Is all of it ASCII without NUL? Nearly always. */
static bool plain(struct ww_slice s)
{
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8)
        if (odd(ww_slice_le64(s, i)))
            return false;
    if (s.n >= 8) /* the rest, together with bytes that were looked at */
        return i == s.n || !odd(ww_slice_le64(s, s.n - 8));
    while (i < s.n && (uint8_t)(ww_slice_at(s, i) - 1) < 0x7f)
        i++;
    return i == s.n;
}

static bool clean(struct ww_slice s)
{
    for (size_t i = 0; i < s.n;) {
        unsigned n = ww_utf8_len(ww_slice_sub(s, i, 4));
        if (n == 0 || ww_slice_at(s, i) == 0)
            return false;
        i += n;
    }
    return true;
}

/* Valid UTF-8 stays, a broken byte is read as Latin-1 (as in the JSON output), NUL becomes U+FFFD
 * because it would hide what follows. */
static void mend(struct ww_out *o, struct ww_slice s)
{
    for (size_t i = 0; i < s.n && o->n + 4 <= o->cap;) {
        unsigned n = ww_utf8_len(ww_slice_sub(s, i, 4));
        uint8_t c = ww_slice_at(s, i);
        if (n == 0) {
            ww_out_c(o, (char)(0xc0 | c >> 6));
            ww_out_c(o, (char)(0x80 | (c & 0x3f)));
        } else if (c == 0) {
            ww_out_s(o, "\xef\xbf\xbd");
        } else {
            struct ww_slice one = ww_slice_sub(s, i, n);
            ww_out_raw(o, one.p, one.n);
        }
        i += n > 0 ? n : 1;
    }
}

int ww_db_bind_text(sqlite3_stmt *st, int at, struct ww_slice s)
{
    char b[TEXT_MAX + 4];
    struct ww_out o = ww_out(b, sizeof b);
    mend(&o, s);
    return sqlite3_bind_text(st, at, b, (int)o.n, SQLITE_TRANSIENT);
}

/* Functions of their own because of the room on the stack, which most values do not need. */
__attribute__((noinline)) static void put_mended(sqlite3_context *to, struct ww_slice s)
{
    char b[TEXT_MAX + 4];
    struct ww_out o = ww_out(b, sizeof b);
    mend(&o, s);
    sqlite3_result_text(to, b, (int)o.n, SQLITE_TRANSIENT);
}

/* Bytes from the wire as text; the event lives until its row is written. */
static void put_text(sqlite3_context *to, struct ww_slice s)
{
    if (plain(s) || clean(s))
        sqlite3_result_text(to, s.n > 0 ? (const char *)s.p : "", (int)s.n, SQLITE_STATIC);
    else
        put_mended(to, s);
}

__attribute__((noinline)) static void put_ip(sqlite3_context *to, const struct ww_ip *ip, bool key)
{
    char t[WW_IP_TEXT];
    if (ip->fam != 0 || key)
        sqlite3_result_text(to, ww_ip_text(t, ip->b, ip->fam), -1, SQLITE_TRANSIENT);
}

__attribute__((noinline)) static void put_mac(sqlite3_context *to, const struct ww_mac *mac,
                                              bool key)
{
    char t[WW_MAC_TEXT];
    if (!ww_mac_none(mac))
        sqlite3_result_text(to, ww_mac_text(t, mac->b), -1, SQLITE_TRANSIENT);
    else if (key)
        sqlite3_result_text(to, "", 0, SQLITE_STATIC);
}

__attribute__((noinline)) static void put_list(sqlite3_context *to, const struct ww_field *f,
                                               const struct ww_event *e)
{
    char b[JSON_MAX];
    struct ww_out o = ww_out(b, sizeof b);
    size_t from = 0;
    ww_json_open(&o, NULL, '[');
    for (struct ww_slice s = ww_get_item(e, f, &from); s.p != NULL; s = ww_get_item(e, f, &from))
        ww_json_str(&o, NULL, s);
    ww_json_close(&o, ']');
    if (!o.cut)
        sqlite3_result_text(to, b, (int)o.n, SQLITE_TRANSIENT);
}

__attribute__((noinline)) static void put_json(sqlite3_context *to, const struct ww_event *e)
{
    char b[JSON_MAX];
    struct ww_out o = ww_out(b, sizeof b);
    ww_json_open(&o, NULL, '{');
    ww_event_body_json(&o, e);
    ww_json_close(&o, '}');
    if (!o.cut)
        sqlite3_result_text(to, b, (int)o.n, SQLITE_TRANSIENT);
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
    IT_ONE, /* WW_M_COUNT comes from no item: each event is one */
    IT_NONE
};
static const char *const items[IT_NONE] = {
    "@ts",       "@hour",      "@run",         "@series",    "@source",      "@frame", "@json",
    "@ip_proto", "@client_ip", "@client_port", "@server_ip", "@server_port", ""
};

uint8_t ww_db_item(const char *from)
{
    for (size_t i = 0; i < IT_NONE; i++)
        if (strcmp(items[i], from) == 0)
            return (uint8_t)i;
    return WW_DB_NO_ITEM;
}

static void put_item(sqlite3_context *to, const struct ww_store *s, enum item it, bool key,
                     const struct ww_event *e)
{
    switch (it) {
    case IT_TS:
        put_u64(to, e->ts);
        return;
    case IT_HOUR:
        put_u64(to, e->ts / NS / HOUR_S);
        return;
    case IT_RUN:
        sqlite3_result_int64(to, s->run);
        return;
    case IT_SERIES:
        sqlite3_result_int64(to, s->series);
        return;
    case IT_SOURCE:
        if (e->source < s->nsrc)
            sqlite3_result_int64(to, s->src[e->source].id);
        else if (key)
            sqlite3_result_int(to, 0);
        return;
    case IT_FRAME:
        put_u64(to, e->frame);
        return;
    case IT_JSON:
        put_json(to, e);
        return;
    case IT_PROTO:
        put_u64(to, e->ip_proto);
        return;
    case IT_C_IP:
        put_ip(to, &ww_event_client(e)->ip, key);
        return;
    case IT_C_PORT:
        put_u64(to, ww_event_client(e)->port);
        return;
    case IT_S_IP:
        put_ip(to, &ww_event_server(e)->ip, key);
        return;
    case IT_S_PORT:
        put_u64(to, ww_event_server(e)->port);
        return;
    case IT_ONE:
        sqlite3_result_int(to, 1);
        return;
    case IT_NONE:
        break;
    }
    sqlite3_result_error_code(to, SQLITE_MISUSE);
}

/* What is not said stays NULL. A key is never NULL: NULLs equal nothing, not even each other. */
void ww_db_value(sqlite3_context *to, const struct ww_feed *fd, uint16_t i,
                 const struct ww_event *e)
{
    const struct ww_field *f = fd->f[i];
    bool key = fd->key[i];
    struct ww_slice text;
    if (f == NULL) {
        put_item(to, fd->s, (enum item)fd->item[i], key, e);
        return;
    }
    switch ((enum ww_ftype)f->type) {
    case WW_FT_U8:
    case WW_FT_U16:
    case WW_FT_U32:
    case WW_FT_U64:
    case WW_FT_BOOL:
        put_u64(to, ww_get_u64(e, f));
        return;
    case WW_FT_U32N:
    case WW_FT_U64N:
        if (ww_get_u64(e, f) != WW_NULL64)
            put_u64(to, ww_get_u64(e, f));
        else if (key)
            sqlite3_result_int(to, 0);
        return;
    case WW_FT_TIME:
        if (ww_get_u64(e, f) != 0 || key)
            put_u64(to, ww_get_u64(e, f));
        return;
    case WW_FT_IP:
        put_ip(to, ww_get_ip(e, f), key);
        return;
    case WW_FT_MAC:
        put_mac(to, ww_get_mac(e, f), key);
        return;
    case WW_FT_STR:
        text = ww_get_str(e, f);
        if (text.n > 0 || key)
            put_text(to, text);
        return;
    case WW_FT_LIST:
        put_list(to, f, e);
        return;
    case WW_FT_HASH: /* a pseudonym never leaves the process; ww_db_feeds refuses such a column */
        sqlite3_result_error_code(to, SQLITE_MISUSE);
        return;
    }
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
