/* rows.c - rows from events: one by one, or held and written many in a statement.
 *
 * Opening the table, and finding the place in it, cost more than the row: with many rows a
 * statement, in the order of their key, a conversation takes a quarter of the instructions. */
#include "store/db/db.h"

static int run(sqlite3_stmt *st)
{
    int rc = sqlite3_step(st);
    int end = sqlite3_reset(st);
    return rc == SQLITE_DONE ? SQLITE_OK : end != SQLITE_OK ? end : rc;
}

static int one(struct ww_feed *fd, const struct ww_event *e)
{
    fd->told = (const void *)e;
    fd->told_n = 1;
    return run(fd->put);
}

static int number(sqlite3_stmt *st, int64_t *v)
{
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        *v = sqlite3_column_int64(st, 0);
    int end = sqlite3_reset(st);
    return rc == SQLITE_ROW ? SQLITE_OK : end != SQLITE_OK ? end : SQLITE_INTERNAL;
}

/* A row with a link: the number of a new one follows the largest that was ever used, even if its
 * row was removed; no holes. */
static int chained(struct ww_store *s, struct ww_feed *fd, const struct ww_event *e, int64_t *id)
{
    int rc = s->next_alert > 0 ? SQLITE_OK : number(s->top, &s->next_alert);
    if (rc != SQLITE_OK)
        return rc;
    (void)sqlite3_bind_int64(fd->put, 1, s->next_alert);
    sqlite3_set_last_insert_rowid(s->db, 0);
    rc = one(fd, e);
    if (rc != SQLITE_OK)
        return rc;
    *id = sqlite3_last_insert_rowid(s->db); /* stays 0 when the row was there */
    if (*id == 0)
        return number(s->known, id);
    s->next_alert++;
    return SQLITE_OK;
}

static const struct ww_event *held_at(const struct ww_feed *fd, size_t i)
{
    return (const void *)(fd->held + i * fd->held_size);
}

static int write_held(struct ww_store *s, struct ww_feed *fd)
{
    size_t n = fd->held_n;
    fd->told = fd->held;
    fd->told_n = n;
    fd->held_n = 0;
    int rc = run(fd->put);
    if (rc != SQLITE_OK) {
        s->count.stored -= n;
        s->count.lost += n;
        s->batch_n -= n;
    }
    return rc;
}

int ww_db_rows_held(struct ww_store *s)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; i < s->nfeed; i++) {
        int now = s->feed[i].held_n > 0 ? write_held(s, &s->feed[i]) : SQLITE_OK;
        rc = rc == SQLITE_OK ? now : rc;
    }
    return rc;
}

void ww_db_rows_forget(struct ww_store *s)
{
    for (size_t i = 0; i < s->nfeed; i++)
        s->feed[i].held_n = 0;
}

static bool same_value(const struct ww_field *f, const struct ww_event *a, const struct ww_event *b)
{
    switch ((enum ww_ftype)f->type) {
    case WW_FT_U8:
    case WW_FT_U16:
    case WW_FT_U32:
    case WW_FT_U64:
    case WW_FT_U32N:
    case WW_FT_U64N:
    case WW_FT_BOOL:
    case WW_FT_TIME:
        return ww_get_u64(a, f) == ww_get_u64(b, f);
    case WW_FT_IP:
        return ww_ip_eq(ww_get_ip(a, f), ww_get_ip(b, f));
    case WW_FT_MAC:
        return ww_mac_eq(ww_get_mac(a, f), ww_get_mac(b, f));
    case WW_FT_STR:
        return ww_slice_eq(ww_get_str(a, f), ww_get_str(b, f));
    case WW_FT_LIST:
    case WW_FT_HASH:
        break;
    }
    return false;
}

/* Would the event write the row that the last one held writes? What is told of a device when it is
 * first seen comes at once, and each says where it was. */
static bool again(const struct ww_feed *fd, const struct ww_event *e)
{
    if (!fd->repeatable || fd->held_n == 0)
        return false;
    const struct ww_event *last = held_at(fd, fd->held_n - 1);
    bool same = last->ts == e->ts;
    for (uint16_t i = 0; same && i < fd->t->ncols; i++)
        same = fd->f[i] == NULL || same_value(fd->f[i], last, e);
    return same;
}

int ww_db_row(struct ww_store *s, struct ww_feed *fd, const struct ww_event *e, int64_t *id)
{
    if (fd->t->flags & WW_T_CHAINED)
        return chained(s, fd, e, id);
    if (!(fd->t->flags & WW_T_MANY))
        return one(fd, e);
    if (again(fd, e))
        return SQLITE_OK;
    int rc = fd->held_n == WW_DB_ROWS ? write_held(s, fd) : SQLITE_OK;
    if (rc != SQLITE_OK)
        return rc;
    struct ww_out o = ww_out(fd->held + fd->held_n * fd->held_size, fd->held_size);
    ww_out_raw(&o, e, offsetof(struct ww_event, body) + e->type->size);
    fd->held_n++;
    return SQLITE_OK;
}
