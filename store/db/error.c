/* error.c - what SQLite refuses, as a code of ours and one sentence with a remedy. */
#include "store/db/db.h"
#include <errno.h>

enum ww_rc ww_db_fail(sqlite3 *db, int sql_rc, const char *path, const char *doing,
                      struct ww_err *e)
{
    const char *why = db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(sql_rc);
    int sys = db != NULL ? sqlite3_system_errno(db) : 0;
    switch (sql_rc & 0xff) {
    case SQLITE_FULL:
        return WW_FAIL(e, WW_E_FULL,
                       "%s: %s: the disk or the size limit is full; make room, then "
                       "run again; what was stored before is valid",
                       path, doing);
    case SQLITE_IOERR:
        if (sys == ENOSPC || sys == EDQUOT)
            return WW_FAIL(e, WW_E_FULL,
                           "%s: %s: no space left; make room, then run again; what "
                           "was stored before is valid",
                           path, doing);
        break;
    case SQLITE_NOTADB:
        return WW_FAIL(e, WW_E_DATA, "%s: %s: not an SQLite database; name another file", path,
                       doing);
    case SQLITE_CORRUPT:
        return WW_FAIL(e, WW_E_DATA,
                       "%s: %s: the database is damaged (%s); move it away, start a "
                       "new one, and try 'sqlite3 FILE .recover' on the old one",
                       path, doing, why);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        errno = 0;
        return WW_FAIL(e, WW_E_SYS, "%s: %s: another program holds the lock; end it or try again",
                       path, doing);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        errno = 0;
        return WW_FAIL(e, WW_E_SYS,
                       "%s: %s: %s; check that the file and its folder exist and are "
                       "writable",
                       path, doing, why);
    default: /* SQLite's codes are no enum of ours */
        break;
    }
    errno = sys;
    return WW_FAIL(e, WW_E_SYS, "%s: %s: %s", path, doing, why);
}

enum ww_rc ww_db_exec(sqlite3 *db, const char *path, const char *sql, struct ww_err *e)
{
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? WW_OK : ww_db_fail(db, rc, path, "cannot use", e);
}

enum ww_rc ww_db_prepare(const struct ww_store *s, sqlite3_stmt **st, const char *sql,
                         struct ww_err *e)
{
    int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
    return rc == SQLITE_OK ? WW_OK : ww_db_fail(s->db, rc, s->path, "cannot read the tables", e);
}
