/* open.c - opening and closing the database; runs and their sources. */
#include "store/db/db.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH_EVENTS = 1000, BATCH_EVENTS_FILES = 50000, BUSY_MS = 2000, MAX_ROWS = 500000 };
#define BATCH_NS 1000000000u

static struct ww_store *blank(const char *path, struct ww_err *e)
{
    struct ww_store *s = calloc(1, sizeof *s);
    int n = s == NULL ? 0 : snprintf(s->path, sizeof s->path, "%s", path);
    if (s == NULL || n < 0 || (size_t)n >= sizeof s->path) {
        ww_err_set(e, WW_E_CONF, "%.200s: no memory or a path of over %zu bytes", path,
                   sizeof s->path - 1);
        free(s);
        return NULL;
    }
    return s;
}

static void drop(struct ww_store *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < WW_DB_FEEDS_MAX; i++) {
        (void)sqlite3_finalize(s->feed[i].put);
        free(s->feed[i].held);
    }
    sqlite3_stmt *all[] = { s->begin,    s->commit, s->rollback, s->span,
                            s->run_span, s->top,    s->known };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        (void)sqlite3_finalize(all[i]);
    ww_db_chain_drop(&s->chain);
    (void)sqlite3_close(s->db);
    free(s->src);
    free(s->queue);
    free(s);
}

/* SQLite's own count of its memory costs a lock per allocation, and nobody asks for it. Refused, and
 * that is well, when SQLite is in use already. */
static void quiet(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static enum ww_rc open_file(struct ww_store *s, int flags, unsigned busy_ms, struct ww_err *e)
{
    quiet();
    int rc =
        sqlite3_open_v2(s->path, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc != SQLITE_OK)
        return ww_db_fail(s->db, rc, s->path, "cannot open", e);
    (void)sqlite3_busy_timeout(s->db, (int)busy_ms);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return WW_OK;
}

/* Reading a WAL database makes two files beside it. Where nobody can make them and no writer has
 * (read-only media, a folder of somebody else), the file does not change and is read as it stands.
 * Source: https://sqlite.org/wal.html, "Read-Only Databases" */
static bool stands_still(const char *path)
{
    char beside[sizeof((struct ww_store *)NULL)->path + 8];
    (void)snprintf(beside, sizeof beside, "%s-wal", path);
    if (access(beside, F_OK) == 0)
        return false;
    const char *slash = strrchr(path, '/');
    int n = slash == NULL ? 0 : slash == path ? 1 : (int)(slash - path);
    (void)snprintf(beside, sizeof beside, "%.*s", n > 0 ? n : 1, n > 0 ? path : ".");
    return access(beside, W_OK) != 0;
}

static enum ww_rc open_still(struct ww_store *s, struct ww_err *e)
{
    char uri[3 * sizeof s->path + 32];
    struct ww_out o = ww_out(uri, sizeof uri - 1);
    ww_out_s(&o, "file:");
    for (const char *p = s->path; *p != 0; p++) {
        if (*p == '%' || *p == '?' || *p == '#') /* they mean something in a URI */
            ww_out_f(&o, "%%%02x", (unsigned)(unsigned char)*p);
        else
            ww_out_c(&o, *p);
    }
    ww_out_s(&o, "?immutable=1");
    uri[o.n] = 0;
    int rc = sqlite3_open_v2(
        uri, &s->db,
        SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    return rc == SQLITE_OK ? WW_OK : ww_db_fail(s->db, rc, s->path, "cannot open", e);
}

static enum ww_rc limits(struct ww_store *s, const struct ww_store_cfg *cfg, struct ww_err *e)
{
    char sql[128];
    if (cfg->max_bytes == 0)
        return WW_OK;
    (void)snprintf(sql, sizeof sql, "PRAGMA max_page_count=%llu",
                   (unsigned long long)(cfg->max_bytes / 4096));
    return ww_db_exec(s->db, s->path, sql, e);
}

/* Live, each transaction reaches the disk; files can be read again. What SQLite would write beside
 * the database stays in memory: nothing of a hospital lies in a folder that nobody looks after. */
static enum ww_rc ways(struct ww_store *s, struct ww_err *e)
{
    return ww_db_exec(s->db, s->path,
                      s->live ? "PRAGMA temp_store=MEMORY;PRAGMA journal_mode=WAL;"
                                "PRAGMA synchronous=FULL;PRAGMA cache_size=-32768"
                              : "PRAGMA temp_store=MEMORY;PRAGMA journal_mode=WAL;"
                                "PRAGMA synchronous=OFF;PRAGMA cache_size=-65536",
                      e);
}

static void bind_cstr(sqlite3_stmt *st, int at, const char *v)
{
    if (v == NULL || v[0] == 0)
        (void)sqlite3_bind_null(st, at);
    else
        (void)ww_db_bind_text(st, at, ww_slice_str(v));
}

static enum ww_rc step_once(struct ww_store *s, sqlite3_stmt *st, struct ww_err *e)
{
    int rc = sqlite3_step(st);
    (void)sqlite3_reset(st);
    return rc == SQLITE_DONE ? WW_OK : ww_db_fail(s->db, rc, s->path, "cannot write", e);
}

static enum ww_rc add_sources(struct ww_store *s, const struct ww_store_cfg *cfg, struct ww_err *e)
{
    sqlite3_stmt *st = NULL;
    enum ww_rc rc = WW_OK;
    while (cfg->source_names != NULL && cfg->source_names[s->nsrc] != NULL)
        s->nsrc++;
    s->src = calloc(s->nsrc + 1, sizeof *s->src);
    if (s->src == NULL)
        return WW_FAIL(e, WW_E_SYS, "%s: no memory for %zu sources", s->path, s->nsrc);
    rc = ww_db_prepare(s, &st, "INSERT INTO sources(run,name)VALUES(?1,?2)", e);
    for (size_t i = 0; rc == WW_OK && cfg->source_names != NULL && i < s->nsrc; i++) {
        (void)sqlite3_bind_int64(st, 1, s->run);
        (void)ww_db_bind_text(st, 2, ww_slice_str(cfg->source_names[i]));
        rc = step_once(s, st, e);
        s->src[i].id = sqlite3_last_insert_rowid(s->db);
    }
    (void)sqlite3_finalize(st);
    return rc;
}

static enum ww_rc add_run(struct ww_store *s, const struct ww_store_cfg *cfg, struct ww_err *e)
{
    sqlite3_stmt *st = NULL;
    enum ww_rc rc = ww_db_exec(s->db, s->path, "BEGIN IMMEDIATE", e);
    if (rc != WW_OK)
        return rc;
    rc = ww_db_prepare(s, &st,
                       "INSERT INTO runs(command,version,hospital,site_file,started,live)"
                       "VALUES(?1,?2,?3,?4,?5,?6)",
                       e);
    if (rc == WW_OK) {
        bind_cstr(st, 1, cfg->command);
        bind_cstr(st, 2, cfg->version);
        bind_cstr(st, 3, cfg->hospital);
        bind_cstr(st, 4, cfg->site_file);
        if (cfg->now_ns != 0)
            (void)sqlite3_bind_int64(st, 5, (sqlite3_int64)cfg->now_ns);
        (void)sqlite3_bind_int(st, 6, cfg->live);
        rc = step_once(s, st, e);
        s->run = sqlite3_last_insert_rowid(s->db);
    }
    (void)sqlite3_finalize(st);
    if (rc == WW_OK)
        rc = add_sources(s, cfg, e);
    if (rc == WW_OK)
        rc = ww_db_exec(s->db, s->path, "COMMIT", e);
    return rc;
}

static enum ww_rc statements(struct ww_store *s, struct ww_err *e)
{
    enum ww_rc rc = ww_db_prepare(s, &s->begin, "BEGIN IMMEDIATE", e);
    if (rc == WW_OK)
        rc = ww_db_prepare(s, &s->commit, "COMMIT", e);
    if (rc == WW_OK)
        rc = ww_db_prepare(s, &s->rollback, "ROLLBACK", e);
    if (rc == WW_OK)
        rc = ww_db_prepare(
            s, &s->span,
            "UPDATE sources SET first_packet=?2,last_packet=?3,last_frame=?4,events=?5"
            " WHERE id=?1",
            e);
    if (rc == WW_OK)
        rc = ww_db_prepare(s, &s->run_span,
                           "UPDATE runs SET first_packet=?2,last_packet=?3 WHERE id=?1", e);
    return rc;
}

/* SQLite gives its other files the same rights as the database: not readable for everybody. */
static void make_private(const char *path)
{
    if (strcmp(path, ":memory:") == 0)
        return;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd >= 0)
        (void)close(fd);
}

enum ww_rc ww_store_open(struct ww_store **out, const struct ww_store_cfg *cfg, struct ww_err *e)
{
    struct ww_store *s = blank(cfg->path, e);
    if (s == NULL)
        return e->rc;
    s->registry = cfg->registry;
    s->writer = true;
    s->live = cfg->live;
    s->batch_events = cfg->batch_events > 0 ? cfg->batch_events
                      : cfg->live           ? BATCH_EVENTS
                                            : BATCH_EVENTS_FILES;
    s->batch_ns = cfg->batch_ns > 0 ? cfg->batch_ns : BATCH_NS;
    s->busy_ms = cfg->busy_ms > 0 ? cfg->busy_ms : BUSY_MS;
    s->max_rows = cfg->max_rows > 0 ? cfg->max_rows : MAX_ROWS;
    s->queue = calloc(1, WW_DB_QUEUE);
    make_private(s->path);
    uint16_t v = 0;
    enum ww_rc rc = s->queue != NULL ? WW_OK : WW_FAIL(e, WW_E_SYS, "%s: no memory", s->path);
    if (rc == WW_OK)
        rc = open_file(s, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, s->busy_ms, e);
    if (rc == WW_OK) /* look before anything is changed: it may be somebody else's file */
        rc = ww_db_check(s->db, s->path, ww_db_migrations, &v, e);
    if (rc == WW_OK)
        rc = limits(s, cfg, e);
    if (rc == WW_OK)
        rc = ways(s, e);
    if (rc == WW_OK)
        rc = ww_db_migrate(s->db, s->path, ww_db_tables, ww_db_migrations, e);
    if (rc == WW_OK)
        rc = add_run(s, cfg, e);
    if (rc == WW_OK)
        rc = ww_db_series(s, e);
    if (rc == WW_OK)
        rc = statements(s, e);
    if (rc == WW_OK)
        rc = ww_db_feeds(s, e);
    if (rc != WW_OK)
        drop(s);
    else
        *out = s;
    return rc;
}

static enum ww_rc open_existing(struct ww_store **out, const char *path, bool write,
                                struct ww_err *e)
{
    struct ww_store *s = blank(path, e);
    uint16_t v = 0;
    if (s == NULL)
        return e->rc;
    enum ww_rc rc = WW_OK;
    if (access(path, F_OK) != 0)
        rc = WW_FAIL(e, WW_E_SYS, "%s: no such database; 'wardwatch analyze --db' makes one", path);
    if (rc == WW_OK && !write && stands_still(path))
        rc = open_still(s, e);
    else if (rc == WW_OK)
        rc = open_file(s, write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, 2 * BUSY_MS, e);
    if (rc == WW_OK)
        rc = ww_db_check(s->db, path, ww_db_migrations, &v, e);
    if (rc == WW_OK && v == 0)
        rc = WW_FAIL(e, WW_E_DATA, "%s: empty, not a database of wardwatch", path);
    if (rc == WW_OK && v < ww_db_version(ww_db_migrations))
        rc = WW_FAIL(e, WW_E_VERSION,
                     "%s: schema %u of an older wardwatch; let 'wardwatch monitor' "
                     "or 'analyze' of this version open it once, which brings it up to date",
                     path, v);
    if (rc != WW_OK)
        drop(s);
    else
        *out = s;
    return rc;
}

enum ww_rc ww_store_open_read(struct ww_store **out, const char *path, struct ww_err *e)
{
    return open_existing(out, path, false, e);
}

enum ww_rc ww_store_open_operator(struct ww_store **out, const char *path, struct ww_err *e)
{
    return open_existing(out, path, true, e);
}

enum ww_rc ww_store_close(struct ww_store *s, struct ww_err *e)
{
    if (s == NULL)
        return WW_OK;
    enum ww_rc rc = ww_store_sync(s, e);
    drop(s);
    return rc;
}

void ww_store_counts(const struct ww_store *s, struct ww_store_counts *c)
{
    *c = s->count;
}
