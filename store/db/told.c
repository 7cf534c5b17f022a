/* told.c - events as a table that SQLite reads while it writes their rows.
 *
 * INSERT ... SELECT from it takes each value from the event straight into the row: nothing is
 * bound, and one statement serves one event as well as many. The table lives in the connection
 * only. Source: https://sqlite.org/vtab.html, 2.1.2 "Eponymous-only virtual tables" */
#include "store/db/db.h"

enum { SQL_MAX = 4096 };

struct told {
    sqlite3_vtab base;
    const struct ww_feed *fd;
};

struct cursor {
    sqlite3_vtab_cursor base;
    const struct ww_feed *fd;
    const char *at; /* the event of the row */
    size_t left;    /* rows from here on */
};

static int connect(sqlite3 *db, void *arg, int argc, const char *const *argv, sqlite3_vtab **out,
                   char **error)
{
    char sql[SQL_MAX];
    const struct ww_feed *fd = arg;
    struct ww_out o = ww_out(sql, sizeof sql - 1);
    (void)argc;
    (void)argv;
    (void)error;
    ww_out_s(&o, "CREATE TABLE t(");
    for (uint16_t i = 0; i < fd->t->ncols; i++)
        ww_out_f(&o, "%s\"%s\"", i > 0 ? "," : "", fd->t->cols[i].name);
    ww_out_c(&o, ')');
    sql[o.n] = 0;
    int rc = o.cut ? SQLITE_TOOBIG : sqlite3_declare_vtab(db, sql);
    if (rc != SQLITE_OK)
        return rc;
    struct told *t = sqlite3_malloc(sizeof *t);
    if (t == NULL)
        return SQLITE_NOMEM;
    *t = (struct told){ .fd = fd };
    *out = &t->base;
    return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *t)
{
    sqlite3_free(t);
    return SQLITE_OK;
}

/* There is one way to read it: from the first to the last. */
static int best_index(sqlite3_vtab *t, sqlite3_index_info *info)
{
    (void)t;
    info->estimatedCost = WW_DB_ROWS;
    info->estimatedRows = WW_DB_ROWS;
    return SQLITE_OK;
}

static int open(sqlite3_vtab *t, sqlite3_vtab_cursor **out)
{
    struct cursor *c = sqlite3_malloc(sizeof *c);
    if (c == NULL)
        return SQLITE_NOMEM;
    *c = (struct cursor){ .fd = ((const struct told *)t)->fd };
    *out = &c->base;
    return SQLITE_OK;
}

static int close(sqlite3_vtab_cursor *c)
{
    sqlite3_free(c);
    return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *base, int way, const char *name, int argc,
                  sqlite3_value **argv)
{
    struct cursor *c = (struct cursor *)base;
    (void)way;
    (void)name;
    (void)argc;
    (void)argv;
    c->at = c->fd->told;
    c->left = c->fd->told_n;
    return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *base)
{
    struct cursor *c = (struct cursor *)base;
    c->at += c->fd->held_size;
    c->left--;
    return SQLITE_OK;
}

static int eof(sqlite3_vtab_cursor *base)
{
    return ((const struct cursor *)base)->left == 0;
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *to, int i)
{
    const struct cursor *c = (const struct cursor *)base;
    ww_db_value(to, c->fd, (uint16_t)i, (const void *)c->at);
    return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *id)
{
    const struct cursor *c = (const struct cursor *)base;
    *id = (sqlite3_int64)(c->fd->told_n - c->left);
    return SQLITE_OK;
}

int ww_db_told(sqlite3 *db, struct ww_feed *fd)
{
    static const sqlite3_module module = { .xConnect = connect,
                                           .xBestIndex = best_index,
                                           .xDisconnect = disconnect,
                                           .xOpen = open,
                                           .xClose = close,
                                           .xFilter = filter,
                                           .xNext = next,
                                           .xEof = eof,
                                           .xColumn = column,
                                           .xRowid = rowid };
    char name[WW_DB_NAME];
    struct ww_out o = ww_out(name, sizeof name - 1);
    ww_db_sql_told(&o, fd->t);
    name[o.n] = 0;
    return o.cut ? SQLITE_TOOBIG : sqlite3_create_module_v2(db, name, &module, fd, NULL);
}
