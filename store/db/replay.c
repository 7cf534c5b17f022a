/* replay.c - what earlier runs and operators left for the judge.
 *
 * The judge numbers alerts from 1 unless it took up stored ones. A series says which numbers belong
 * together, so that two runs that know nothing of each other never overwrite each other's alerts.
 */
#include "store/db/db.h"

static enum ww_rc number(struct ww_store *s, const char *sql, sqlite3_int64 *v, struct ww_err *e)
{
    sqlite3_stmt *st = NULL;
    enum ww_rc rc = ww_db_prepare(s, &st, sql, e);
    int step = rc == WW_OK ? sqlite3_step(st) : SQLITE_DONE;
    if (step == SQLITE_ROW)
        *v = sqlite3_column_int64(st, 0);
    else if (step != SQLITE_DONE)
        rc = ww_db_fail(s->db, step, s->path, "cannot read", e);
    (void)sqlite3_finalize(st);
    return rc;
}

static const struct ww_table *table(void)
{
    const struct ww_table *t = ww_db_tables;
    while (t->name != NULL && !(t->flags & WW_T_CHAINED))
        t++;
    return t;
}

enum ww_rc ww_db_series(struct ww_store *s, struct ww_err *e)
{
    enum ww_rc rc = number(s, "SELECT coalesce(max(series),0)+1 FROM alerts", &s->series, e);
    if (rc == WW_OK)
        rc = number(s, "SELECT coalesce(max(id),0) FROM operator_action", &s->seen_action, e);
    return rc;
}

static enum ww_rc tell(struct ww_store *s, sqlite3_stmt *st, ww_store_alert_fn *fn, void *to,
                       struct ww_err *e)
{
    int step;
    struct ww_db_map map;
    ww_db_map(&map, &ww_alert_type, table(), st);
    while ((step = sqlite3_step(st)) == SQLITE_ROW) {
        struct ww_alert a = { .alert_id = 0 };
        int last = sqlite3_column_count(st) - 1;
        const char *action = (const char *)sqlite3_column_text(st, last);
        ww_db_body(&a, &map, st);
        fn(to, &a, action != NULL ? action : "");
    }
    return step == SQLITE_DONE ? WW_OK
                               : ww_db_fail(s->db, step, s->path, "cannot read the alerts", e);
}

enum ww_rc ww_store_replay(struct ww_store *s, ww_store_alert_fn *fn, void *to, struct ww_err *e)
{
    sqlite3_stmt *st = NULL;
    sqlite3_int64 last = 0;
    enum ww_rc rc = number(s, "SELECT coalesce(max(series),0) FROM alerts", &last, e);
    if (rc != WW_OK || last == 0)
        return rc;
    rc = ww_db_prepare(
        s, &st,
        "SELECT *,(SELECT action FROM operator_action o WHERE o.alert=a.id"
        " ORDER BY o.id DESC LIMIT 1) FROM alerts a WHERE series=?1 ORDER BY alert_id",
        e);
    if (rc == WW_OK) {
        (void)sqlite3_bind_int64(st, 1, last);
        rc = tell(s, st, fn, to, e);
    }
    (void)sqlite3_finalize(st);
    if (rc == WW_OK)
        s->series = last;
    return rc;
}

enum ww_rc ww_store_actions(struct ww_store *s, ww_store_alert_fn *fn, void *to, struct ww_err *e)
{
    sqlite3_stmt *st = NULL;
    sqlite3_int64 from = s->seen_action, upto = from;
    enum ww_rc rc = number(s, "SELECT coalesce(max(id),0) FROM operator_action", &upto, e);
    if (rc != WW_OK || upto <= from)
        return rc;
    rc = ww_db_prepare(s, &st,
                       "SELECT a.*,o.action FROM operator_action o JOIN alerts a ON a.id=o.alert"
                       " WHERE o.id>?1 AND o.id<=?2 AND a.series=?3 ORDER BY o.id",
                       e);
    if (rc == WW_OK) {
        (void)sqlite3_bind_int64(st, 1, from);
        (void)sqlite3_bind_int64(st, 2, upto);
        (void)sqlite3_bind_int64(st, 3, s->series);
        rc = tell(s, st, fn, to, e);
    }
    (void)sqlite3_finalize(st);
    if (rc == WW_OK)
        s->seen_action = upto;
    return rc;
}
