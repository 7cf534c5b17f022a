/* schema.c - SQL from the list of columns, and steps from one version of the file to the next. */
#include "store/db/db.h"
#include <stdio.h>

enum { SQL_MAX = 16 * 1024 };

uint16_t ww_db_version(const struct ww_migration *m)
{
    uint16_t n = 0;
    while (m[n].what != NULL)
        n++;
    return n;
}

static void name(struct ww_out *o, const char *s)
{
    ww_out_f(o, "\"%s\"", s);
}

static void column(struct ww_out *o, const struct ww_col *c)
{
    name(o, c->name);
    ww_out_f(o, " %s", c->type);
    if (c->merge == WW_M_KEY) /* NULLs never equal each other: an unknown key value is '' or 0 */
        ww_out_s(o, " NOT NULL");
}

void ww_db_sql_keys(struct ww_out *o, const struct ww_table *t)
{
    const char *sep = "";
    for (uint16_t i = 0; i < t->ncols; i++) {
        if (t->cols[i].merge != WW_M_KEY)
            continue;
        ww_out_s(o, sep);
        name(o, t->cols[i].name);
        sep = ",";
    }
}

static bool has_key(const struct ww_table *t)
{
    for (uint16_t i = 0; i < t->ncols; i++)
        if (t->cols[i].merge == WW_M_KEY)
            return true;
    return false;
}

void ww_db_sql_create(struct ww_out *o, const struct ww_table *t, uint16_t version)
{
    ww_out_s(o, "CREATE TABLE ");
    name(o, t->name);
    ww_out_s(o, t->flags & WW_T_NUMBERED ? "(id INTEGER PRIMARY KEY," : "(");
    const char *sep = "";
    for (uint16_t i = 0; i < t->ncols; i++) {
        if (t->cols[i].since > version)
            continue;
        ww_out_s(o, sep);
        column(o, &t->cols[i]);
        sep = ",";
    }
    bool numbered = (t->flags & WW_T_NUMBERED) != 0;
    if (has_key(t)) { /* without a number of its own a row is found by its key: one tree, no index */
        ww_out_s(o, numbered ? ",UNIQUE(" : ",PRIMARY KEY(");
        ww_db_sql_keys(o, t);
        ww_out_c(o, ')');
    }
    ww_out_s(o, numbered || !has_key(t) ? ");" : ")WITHOUT ROWID;");
}

static void merge(struct ww_out *o, const struct ww_table *t, const struct ww_col *c)
{
    const char *n = c->name;
    const char *tn = t->name;
    switch ((enum ww_merge)c->merge) {
    case WW_M_KEY:
    case WW_M_FIRST:
        return;
    case WW_M_SET:
        ww_out_f(o, "\"%s\"=excluded.\"%s\"", n, n);
        return;
    case WW_M_FILL:
        ww_out_f(o, "\"%s\"=coalesce(excluded.\"%s\",\"%s\".\"%s\")", n, n, tn, n);
        return;
    case WW_M_ADD:
        ww_out_f(o, "\"%s\"=\"%s\".\"%s\"+excluded.\"%s\"", n, tn, n, n);
        return;
    case WW_M_COUNT:
        ww_out_f(o, "\"%s\"=\"%s\".\"%s\"+1", n, tn, n);
        return;
    case WW_M_MIN:
    case WW_M_MAX: /* an unknown side gives way; no function, see ww_db_sql_put */
        ww_out_f(o,
                 "\"%s\"=CASE WHEN \"%s\".\"%s\" IS NULL OR excluded.\"%s\"%c\"%s\".\"%s\" "
                 "THEN excluded.\"%s\" ELSE \"%s\".\"%s\" END",
                 n, tn, n, n, c->merge == WW_M_MIN ? '<' : '>', tn, n, n, tn, n);
        return;
    }
}

void ww_db_sql_told(struct ww_out *o, const struct ww_table *t)
{
    ww_out_f(o, "told_%s", t->name);
}

/* No function, RETURNING or second reading of the table: for these SQLite copies each page before it
 * changes, to undo the statement alone, or each row. OR FAIL: nothing is undone alone. */
void ww_db_sql_put(struct ww_out *o, const struct ww_table *t)
{
    bool chained = (t->flags & WW_T_CHAINED) != 0;
    ww_out_s(o, "INSERT OR FAIL INTO ");
    name(o, t->name);
    ww_out_s(o, chained ? "(id" : "(");
    for (uint16_t i = 0; i < t->ncols; i++) {
        if (i > 0 || chained)
            ww_out_c(o, ',');
        name(o, t->cols[i].name);
    }
    ww_out_s(o, ")SELECT ");
    if (chained)
        ww_out_s(o, "?1,");
    ww_out_s(o, "*FROM ");
    ww_db_sql_told(o, t);
    ww_out_s(o, " WHERE 1 "); /* else ON could belong to a join */
    if (has_key(t)) {
        ww_out_s(o, "ON CONFLICT(");
        ww_db_sql_keys(o, t);
        ww_out_s(o, ")DO UPDATE SET ");
        const char *sep = "";
        for (uint16_t i = 0; i < t->ncols; i++) {
            if (t->cols[i].merge == WW_M_KEY || t->cols[i].merge == WW_M_FIRST)
                continue; /* as they are: naming them would move the row */
            ww_out_s(o, sep);
            merge(o, t, &t->cols[i]);
            sep = ",";
        }
    }
}

/* What one step adds to the tables that are made from events. */
static void step_sql(struct ww_out *o, const struct ww_table *tables, uint16_t version)
{
    for (const struct ww_table *t = tables; t->name != NULL; t++) {
        if (t->since == version)
            ww_db_sql_create(o, t, version);
        if (t->since >= version)
            continue;
        for (uint16_t i = 0; i < t->ncols; i++) {
            if (t->cols[i].since != version)
                continue;
            ww_out_s(o, "ALTER TABLE ");
            name(o, t->name);
            ww_out_s(o, " ADD COLUMN ");
            column(o, &t->cols[i]);
            ww_out_c(o, ';');
        }
    }
}

static enum ww_rc one_step(sqlite3 *db, const char *path, const struct ww_table *tables,
                           const struct ww_migration *m, uint16_t version, struct ww_err *e)
{
    static const char pragmas[] = "PRAGMA application_id=%d;PRAGMA user_version=%u;COMMIT;";
    char *sql = sqlite3_malloc(SQL_MAX);
    if (sql == NULL)
        return WW_FAIL(e, WW_E_SYS, "%s: no memory to bring the database up to date", path);
    struct ww_out o = ww_out(sql, SQL_MAX - 1);
    ww_out_s(&o, "BEGIN IMMEDIATE;");
    step_sql(&o, tables, version);
    ww_out_s(&o, m[version - 1].sql != NULL ? m[version - 1].sql : "");
    ww_out_c(&o, ';');
    ww_out_f(&o, pragmas, (int)WW_DB_APP_ID, version);
    sql[o.n] = 0;
    enum ww_rc rc = WW_OK;
    if (o.cut)
        rc = WW_FAIL(e, WW_E_LIMIT, "schema step %u is longer than %d bytes", version, SQL_MAX);
    int st = rc == WW_OK ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_OK;
    if (st != SQLITE_OK) {
        char doing[96];
        (void)snprintf(doing, sizeof doing, "cannot bring the schema to version %u (%s)", version,
                       m[version - 1].what);
        rc = ww_db_fail(db, st, path, doing, e);
        if (!sqlite3_get_autocommit(db)) /* the step is whole or not at all */
            (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
    sqlite3_free(sql);
    return rc;
}

static int pragma_int(sqlite3 *db, const char *sql, int *value)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        *value = sqlite3_column_int(st, 0);
        rc = SQLITE_OK;
    }
    (void)sqlite3_finalize(st);
    return rc;
}

enum ww_rc ww_db_check(sqlite3 *db, const char *path, const struct ww_migration *m,
                       uint16_t *version, struct ww_err *e)
{
    int app = 0, v = 0, objects = 0;
    int rc = pragma_int(db, "SELECT count(*) FROM sqlite_schema", &objects);
    if (rc == SQLITE_OK)
        rc = pragma_int(db, "PRAGMA application_id", &app);
    if (rc == SQLITE_OK)
        rc = pragma_int(db, "PRAGMA user_version", &v);
    if (rc != SQLITE_OK)
        return ww_db_fail(db, rc, path, "cannot open", e);
    if (app != WW_DB_APP_ID && (app != 0 || objects > 0 || v != 0))
        return WW_FAIL(e, WW_E_DATA, "%s: a database of another program; name another file", path);
    if (v < 0 || v > ww_db_version(m))
        return WW_FAIL(e, WW_E_VERSION,
                       "%s: made by a newer wardwatch (schema %d, this program "
                       "knows up to %u); use that version, or name another file",
                       path, v, ww_db_version(m));
    *version = (uint16_t)v;
    return WW_OK;
}

enum ww_rc ww_db_migrate(sqlite3 *db, const char *path, const struct ww_table *tables,
                         const struct ww_migration *m, struct ww_err *e)
{
    uint16_t v = 0;
    enum ww_rc rc = ww_db_check(db, path, m, &v, e);
    while (rc == WW_OK && v < ww_db_version(m)) {
        rc = one_step(db, path, tables, m, (uint16_t)(v + 1), e);
        v++;
    }
    return rc;
}
