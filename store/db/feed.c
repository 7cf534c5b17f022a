/* feed.c - which event goes to which table: resolved once, at open. */
#include "store/db/db.h"
#include <stdlib.h>

enum { SQL_MAX = 16 * 1024 };

static enum ww_rc resolve(struct ww_store *s, struct ww_feed *fd, const struct ww_event_type *type,
                          struct ww_err *e)
{
    const struct ww_table *t = fd->t;
    if (t->ncols > WW_DB_COLS_MAX)
        return WW_FAIL(e, WW_E_LIMIT, "table %s has over %d columns", t->name, WW_DB_COLS_MAX);
    for (uint16_t i = 0; i < t->ncols; i++) {
        const struct ww_col *c = &t->cols[i];
        fd->item[i] = ww_db_item(c->from);
        if (c->merge == WW_M_COUNT || fd->item[i] != WW_DB_NO_ITEM)
            continue;
        enum ww_rc rc = ww_field_find(s->registry, type->name, c->from, &type, &fd->f[i], e);
        if (rc != WW_OK)
            return rc;
        if (fd->f[i]->type == WW_FT_HASH)
            return WW_FAIL(e, WW_E_CONF, "%s.%s is a pseudonym and is never stored", type->name,
                           c->from);
    }
    return WW_OK;
}

static enum ww_rc prepare(struct ww_store *s, const struct ww_table *t, unsigned rows,
                          sqlite3_stmt **st, struct ww_err *e)
{
    char *sql = sqlite3_malloc(SQL_MAX);
    if (sql == NULL)
        return WW_FAIL(e, WW_E_SYS, "%s: no memory", s->path);
    struct ww_out o = ww_out(sql, SQL_MAX - 1);
    ww_db_sql_put(&o, t, rows);
    sql[o.n] = 0;
    enum ww_rc rc = o.cut ? WW_FAIL(e, WW_E_LIMIT, "table %s: its statement is too long", t->name)
                          : ww_db_prepare(s, st, sql, e);
    sqlite3_free(sql);
    return rc;
}

/* Only fields and the time: then equal events write equal rows. */
static bool repeatable(const struct ww_feed *fd)
{
    for (uint16_t i = 0; i < fd->t->ncols; i++) {
        enum ww_merge m = (enum ww_merge)fd->t->cols[i].merge;
        if (m == WW_M_ADD || m == WW_M_COUNT ||
            (fd->f[i] == NULL && strcmp(fd->t->cols[i].from, "@ts") != 0))
            return false;
    }
    return !(fd->t->flags & WW_T_NUMBERED);
}

static enum ww_rc room_to_hold(struct ww_store *s, struct ww_feed *fd,
                               const struct ww_event_type *type, struct ww_err *e)
{
    fd->repeatable = repeatable(fd);
    fd->held_size = (offsetof(struct ww_event, body) + type->size + 7u) & ~(size_t)7u;
    fd->held = calloc(WW_DB_ROWS, fd->held_size);
    if (fd->held == NULL)
        return WW_FAIL(e, WW_E_SYS, "%s: no memory", s->path);
    return prepare(s, fd->t, WW_DB_ROWS, &fd->put_many, e);
}

/* A program that does not know an event cannot bring it: such a table stays as it is. */
enum ww_rc ww_db_feeds(struct ww_store *s, struct ww_err *e)
{
    for (const struct ww_table *t = ww_db_tables; t->name != NULL; t++) {
        const struct ww_event_type *type = ww_type_find(s->registry, t->event);
        if (type == NULL)
            continue;
        if (s->nfeed == WW_DB_FEEDS_MAX)
            return WW_FAIL(e, WW_E_LIMIT, "more than %d tables", WW_DB_FEEDS_MAX);
        struct ww_feed *fd = &s->feed[s->nfeed];
        fd->t = t;
        enum ww_rc rc = resolve(s, fd, type, e);
        if (rc == WW_OK)
            rc = prepare(s, t, 1, &fd->put, e);
        if (rc == WW_OK && (t->flags & WW_T_MANY))
            rc = room_to_hold(s, fd, type, e);
        if (rc != WW_OK)
            return rc;
        uint8_t *of = s->feed_of[ww_registry_id(s->registry, type)];
        of[of[0] != 0] = (uint8_t)(++s->nfeed);
    }
    return WW_OK;
}
