/* info.c - what is in a database file, for `store info`. */
#include "store/db/db.h"
#include <stdio.h>
#include <sys/statvfs.h>

static const char *const counted[] = { "runs",          "sources",    "devices",         "evidence",
                                       "device_changes", "alerts",    "verdicts",        "conversations",
                                       "statistics",     "links",     "operator_action", "chain",
                                       NULL };

bool ww_store_room(const struct ww_store *s, uint32_t *free_ppm)
{
    struct statvfs v;
    if (strcmp(s->path, ":memory:") == 0 || statvfs(s->path, &v) != 0 || v.f_blocks == 0)
        return false;
    uint64_t all = v.f_blocks, room = v.f_bavail;
    for (; all > UINT64_MAX / 1000000; all /= 2)
        room /= 2;
    *free_ppm = (uint32_t)(room * 1000000 / all);
    return true;
}

static enum ww_rc number(const struct ww_store *s, const char *sql, uint64_t *v, struct ww_err *e)
{
    sqlite3_stmt *st = NULL;
    enum ww_rc rc = ww_db_prepare(s, &st, sql, e);
    if (rc == WW_OK) {
        int step = sqlite3_step(st);
        *v = step == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
        if (step != SQLITE_ROW && step != SQLITE_DONE)
            rc = ww_db_fail(s->db, step, s->path, "cannot read", e);
    }
    (void)sqlite3_finalize(st);
    return rc;
}

static void one(struct ww_out *o, bool json, const char *key, uint64_t v)
{
    if (json)
        ww_json_u64(o, key, v);
    else
        ww_out_f(o, "  %-16s %llu\n", key, (unsigned long long)v);
}

enum ww_rc ww_store_info(struct ww_out *o, const struct ww_store *s, bool json, struct ww_err *e)
{
    uint64_t v = 0, size = 0, pages = 0;
    enum ww_rc rc = number(s, "PRAGMA user_version", &v, e);
    if (rc == WW_OK)
        rc = number(s, "PRAGMA page_size", &size, e);
    if (rc == WW_OK)
        rc = number(s, "PRAGMA page_count", &pages, e);
    if (rc != WW_OK)
        return rc;
    if (json) {
        ww_json_open(o, NULL, '{');
        ww_json_cstr(o, "path", s->path);
    } else {
        ww_out_text(o, ww_slice_str(s->path));
        ww_out_c(o, '\n');
    }
    one(o, json, "schema", v);
    one(o, json, "bytes", size * pages);
    if (json)
        ww_json_open(o, "rows", '{');
    for (size_t i = 0; rc == WW_OK && counted[i] != NULL; i++) {
        char sql[64];
        (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", counted[i]);
        rc = number(s, sql, &v, e);
        one(o, json, counted[i], v);
    }
    if (json) {
        ww_json_close(o, '}');
        ww_json_close(o, '}');
        ww_out_c(o, '\n');
    }
    return rc;
}
