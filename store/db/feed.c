/* feed.c - which event goes to which table: resolved once, at open. */
#include "store/db/db.h"
#include <stdio.h>
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
        fd->key[i] = c->merge == WW_M_KEY;
        if (fd->item[i] != WW_DB_NO_ITEM)
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

/* The largest number that a chained row ever had, and 1; the number of the row that an event tells. */
static enum ww_rc prepare_chained(struct ww_store *s, const struct ww_table *t, struct ww_err *e)
{
    char sql[256];
    (void)snprintf(sql, sizeof sql,
                   "SELECT 1+max(coalesce((SELECT max(id)FROM \"%s\"),0),"
                   "coalesce((SELECT max(ref)FROM chain WHERE kind=%d),0))",
                   t->name, WW_LINK_ALERT);
    enum ww_rc rc = ww_db_prepare(s, &s->top, sql, e);
    struct ww_out o = ww_out(sql, sizeof sql - 1);
    ww_out_s(&o, "SELECT id FROM ");
    ww_db_sql_told(&o, t);
    ww_out_f(&o, " CROSS JOIN \"%s\" USING(", t->name);
    ww_db_sql_keys(&o, t);
    ww_out_c(&o, ')');
    sql[o.n] = 0;
    return rc == WW_OK ? ww_db_prepare(s, &s->known, sql, e) : rc;
}

static enum ww_rc prepare(struct ww_store *s, struct ww_feed *fd, struct ww_err *e)
{
    int made = ww_db_told(s->db, fd);
    if (made != SQLITE_OK)
        return ww_db_fail(s->db, made, s->path, "cannot write", e);
    char *sql = sqlite3_malloc(SQL_MAX);
    if (sql == NULL)
        return WW_FAIL(e, WW_E_SYS, "%s: no memory", s->path);
    struct ww_out o = ww_out(sql, SQL_MAX - 1);
    ww_db_sql_put(&o, fd->t);
    sql[o.n] = 0;
    enum ww_rc rc = WW_OK;
    if (o.cut)
        rc = WW_FAIL(e, WW_E_LIMIT, "table %s: its statement is too long", fd->t->name);
    else
        rc = ww_db_prepare(s, &fd->put, sql, e);
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
    return WW_OK;
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
        fd->s = s;
        fd->t = t;
        enum ww_rc rc = resolve(s, fd, type, e);
        if (rc == WW_OK)
            rc = prepare(s, fd, e);
        if (rc == WW_OK && (t->flags & WW_T_CHAINED))
            rc = prepare_chained(s, t, e);
        if (rc == WW_OK && (t->flags & WW_T_MANY))
            rc = room_to_hold(s, fd, type, e);
        if (rc != WW_OK)
            return rc;
        uint8_t *of = s->feed_of[ww_registry_id(s->registry, type)];
        of[of[0] != 0] = (uint8_t)(++s->nfeed);
    }
    return WW_OK;
}
