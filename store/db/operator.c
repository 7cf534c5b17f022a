/* operator.c - what people decide about alerts: appended, linked into the chain, never changed. */
#include "store/db/db.h"
#include <errno.h>

enum { LEVEL_NEVER_HIDDEN = 4, TEXT_MAX = 512 };

static bool given(const char *s)
{
    return s != NULL && s[0] != 0;
}

static enum ww_rc allowed(const struct ww_operator *op, struct ww_err *e)
{
    bool suppress = strcmp(op->action, "suppress") == 0;
    bool close = strcmp(op->action, "close") == 0;
    if (!suppress && !close && strcmp(op->action, "ack") != 0)
        return WW_FAIL(e, WW_E_CONF, "%s: no such action; use ack, close or suppress", op->action);
    if (!given(op->who))
        return WW_FAIL(e, WW_E_CONF, "%s alert %llu: say who decides it (--by)", op->action,
                       (unsigned long long)op->alert);
    if ((suppress || close) && !given(op->why))
        return WW_FAIL(e, WW_E_CONF, "%s alert %llu: say why (--reason)", op->action,
                       (unsigned long long)op->alert);
    if (suppress && op->until_ns <= op->at_ns)
        return WW_FAIL(e, WW_E_CONF, "suppress alert %llu: say until when (--until), in the future",
                       (unsigned long long)op->alert);
    if (strlen(op->who) > TEXT_MAX || (op->why != NULL && strlen(op->why) > TEXT_MAX))
        return WW_FAIL(e, WW_E_LIMIT, "%s alert %llu: a text is longer than %d bytes", op->action,
                       (unsigned long long)op->alert, TEXT_MAX);
    return WW_OK;
}

/* Inside the transaction: the level cannot rise between the look and the write. */
static enum ww_rc look(const struct ww_store *s, const struct ww_operator *op, struct ww_err *e)
{
    sqlite3_stmt *st = NULL;
    enum ww_rc rc = ww_db_prepare(s, &st, "SELECT level FROM alerts WHERE id=?1", e);
    if (rc != WW_OK)
        return rc;
    (void)sqlite3_bind_int64(st, 1, (sqlite3_int64)op->alert);
    int step = sqlite3_step(st);
    int level = step == SQLITE_ROW ? sqlite3_column_int(st, 0) : 0;
    (void)sqlite3_finalize(st);
    if (step == SQLITE_DONE)
        return WW_FAIL(e, WW_E_CONF, "%s: no alert %llu; see 'wardwatch alerts list'", s->path,
                       (unsigned long long)op->alert);
    if (step != SQLITE_ROW)
        return ww_db_fail(s->db, step, s->path, "cannot read the alert", e);
    /* INV-07 */
    if (strcmp(op->action, "suppress") == 0 && level >= LEVEL_NEVER_HIDDEN)
        return WW_FAIL(e, WW_E_CONF,
                       "alert %llu has level %d: levels 4 and 5 are never suppressed; "
                       "acknowledge it, and close it with a reason when it is settled",
                       (unsigned long long)op->alert, level);
    return WW_OK;
}

static int insert(const struct ww_store *s, const struct ww_operator *op)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->db,
                                "INSERT INTO operator_action(at,who,action,alert,why,until)"
                                "VALUES(?1,?2,?3,?4,?5,?6)",
                                -1, &st, NULL);
    if (rc != SQLITE_OK)
        return rc;
    (void)sqlite3_bind_int64(st, 1, (sqlite3_int64)op->at_ns);
    (void)ww_db_bind_text(st, 2, ww_slice_str(op->who));
    (void)ww_db_bind_text(st, 3, ww_slice_str(op->action));
    (void)sqlite3_bind_int64(st, 4, (sqlite3_int64)op->alert);
    if (given(op->why))
        (void)ww_db_bind_text(st, 5, ww_slice_str(op->why));
    if (op->until_ns != 0)
        (void)sqlite3_bind_int64(st, 6, (sqlite3_int64)op->until_ns);
    rc = sqlite3_step(st);
    int end = sqlite3_finalize(st);
    if (rc != SQLITE_DONE)
        return end != SQLITE_OK ? end : rc;
    struct ww_chain c = { .head = NULL };
    rc = ww_db_link(s->db, &c, WW_LINK_ACTION, sqlite3_last_insert_rowid(s->db), op->at_ns);
    ww_db_chain_drop(&c);
    return rc;
}

enum ww_rc ww_store_act(struct ww_store *s, const struct ww_operator *op, struct ww_err *e)
{
    enum ww_rc rc = allowed(op, e);
    if (rc != WW_OK)
        return rc;
    int st = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (st != SQLITE_OK)
        return ww_db_fail(s->db, st, s->path, "cannot write the action", e);
    rc = look(s, op, e);
    if (rc == WW_OK) {
        st = insert(s, op);
        if (st == SQLITE_OK)
            st = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
        if (st != SQLITE_OK)
            rc = ww_db_fail(s->db, st, s->path, "cannot write the action", e);
    }
    if (rc != WW_OK && !sqlite3_get_autocommit(s->db))
        (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}
