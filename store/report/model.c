/* model.c - questions to the store: totals, coverage, sources. */
#include "store/report/model.h"

struct ww_slice ww_model_item(struct ww_slice list, size_t *at)
{
    if (*at >= list.n)
        return (struct ww_slice){ NULL, 0 };
    size_t end = ww_slice_find(list, *at, WW_SEP);
    struct ww_slice item = ww_slice_sub(list, *at, end - *at);
    *at = end + 1;
    if (item.p == NULL)
        item = (struct ww_slice){ (const uint8_t *)"", 0 };
    return item;
}

struct ww_slice ww_model_first(struct ww_slice list)
{
    size_t at = 0;
    return ww_model_item(list, &at);
}

struct ww_slice ww_model_base(struct ww_slice path)
{
    for (size_t i = ww_slice_find(path, 0, '/'); i < path.n; i = ww_slice_find(path, 0, '/'))
        path = ww_slice_sub(path, i + 1, path.n - i - 1);
    return path;
}

static uint64_t num(sqlite3_stmt *st, int col)
{
    return sqlite3_column_type(st, col) == SQLITE_NULL ? WW_NULL64
                                                       : (uint64_t)sqlite3_column_int64(st, col);
}

static uint64_t num0(sqlite3_stmt *st, int col)
{
    return (uint64_t)sqlite3_column_int64(st, col);
}

static void text(char *dst, size_t cap, sqlite3_stmt *st, int col)
{
    struct ww_slice s = ww_db_text(st, col);
    struct ww_out o = ww_out(dst, cap - 1);
    ww_out_raw(&o, s.p, s.n);
    dst[o.n] = 0;
}

static enum ww_rc row(const struct ww_store *s, const char *sql, uint64_t a, sqlite3_stmt **st,
                      bool *found, struct ww_err *e)
{
    enum ww_rc rc = ww_db_prepare(s, st, sql, e);
    *found = false;
    if (rc != WW_OK)
        return rc;
    if (sqlite3_bind_parameter_count(*st) > 0)
        (void)sqlite3_bind_int64(*st, 1, (sqlite3_int64)a);
    int step = sqlite3_step(*st);
    *found = step == SQLITE_ROW;
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        rc = ww_db_fail(s->db, step, s->path, "cannot read", e);
    return rc;
}

#define J(path) "json_extract(body,'$." path "')"
/* clang-format off: it breaks the names apart */
static const char coverage_sql[] =
    "SELECT " J("capture.packets") "," J("capture.bytes") "," J("capture.kernel_drops") ","
    J("capture.ring_drops") "," J("capture.truncated") "," J("capture.clock_steps") ","
    J("decoder.invalid") "," J("flow.total") "," J("flow.tcp") "," J("flow.midstream") ","
    J("flow.one_way") "," J("stream.gap_bytes") "," J("judge.late") "," J("judge.event_drops") ","
    J("app_layer.stopped") "," J("stream.no_tcp") "," J("app_layer.no_state") ","
    J("app_layer.no_buffer") "," J("decoder.fragments_evicted") ","
    J("app_layer.requests_evicted") "," J("stream.gap_bulk_bytes") ","
    J("stream.gap_acked_bytes") "," J("stream.gap_cut_bytes") "," J("coverage.loss_ppm") "," J("coverage.one_way_ppm") ","
    J("coverage.midstream_ppm") "," J("coverage.truncated_ppm") "," J("coverage.grade") ","
    "(SELECT group_concat(value,char(31)) FROM json_each(body,'$.coverage.reasons'))"
    " FROM statistics ORDER BY run DESC,hour DESC LIMIT 1";
/* clang-format on */

static enum ww_rc coverage(const struct ww_store *s, struct ww_coverage *c, struct ww_err *e)
{
    sqlite3_stmt *st = NULL;
    uint64_t *field[] = { &c->packets,     &c->bytes,         &c->kernel_drops, &c->ring_drops,
                          &c->truncated,   &c->clock_steps,   &c->invalid,      &c->flows,
                          &c->tcp,         &c->midstream,     &c->one_way,      &c->gap_bytes,
                          &c->late,        &c->event_drops,   &c->stopped,      &c->no_tcp,
                          &c->no_state,    &c->no_buffer,     &c->fragments_evicted,
                          &c->requests_evicted, &c->gap_bulk_bytes, &c->gap_acked_bytes,
                          &c->gap_cut_bytes, &c->loss_ppm, &c->one_way_ppm,
                          &c->midstream_ppm, &c->truncated_ppm };
    enum { N = sizeof field / sizeof field[0] };
    enum ww_rc rc = row(s, coverage_sql, 0, &st, &c->known, e);
    for (int i = 0; i < N; i++) /* unknown is unknown, never 0 */
        *field[i] = c->known ? num(st, i) : WW_NULL64;
    if (c->known) {
        text(c->grade, sizeof c->grade, st, N);
        text(c->reasons, sizeof c->reasons, st, N + 1);
    }
    if (c->grade[0] == 0)
        c->grade[0] = '?';
    (void)sqlite3_finalize(st);
    return rc;
}

/* Grades of earlier runs: A B C D, then unknown. */
static enum ww_rc worse(const struct ww_store *s, struct ww_totals *t, struct ww_err *e)
{
    static const char sql[] = "WITH g AS(SELECT run,max(hour)," J(
        "coverage.grade") " AS grade FROM statistics GROUP BY run)"
                          "SELECT count(*),max(CASE grade WHEN '?' THEN 'Z' ELSE grade END) FROM g "
                          "WHERE run<(SELECT max(run) FROM g) AND CASE grade WHEN '?' THEN 'Z' "
                          "ELSE grade END>"
                          "(SELECT CASE grade WHEN '?' THEN 'Z' ELSE grade END FROM g ORDER BY run "
                          "DESC LIMIT 1)";
    sqlite3_stmt *st = NULL;
    bool found;
    enum ww_rc rc = row(s, sql, 0, &st, &found, e);
    if (found) {
        t->worse_runs = num0(st, 0);
        text(t->worst, sizeof t->worst, st, 1);
        if (t->worst[0] == 'Z')
            t->worst[0] = '?';
    }
    (void)sqlite3_finalize(st);
    return rc;
}

static enum ww_rc runs(const struct ww_store *s, struct ww_totals *t, struct ww_err *e)
{
    static const char sql[] =
        "SELECT (SELECT count(*)FROM runs),(SELECT count(*)FROM sources),"
        "(SELECT min(first_packet)FROM runs),(SELECT max(last_packet)FROM runs),"
        "hospital,site_file,version FROM runs ORDER BY id DESC LIMIT 1";
    sqlite3_stmt *st = NULL;
    bool found;
    enum ww_rc rc = row(s, sql, 0, &st, &found, e);
    if (found) {
        t->runs = num0(st, 0);
        t->sources = num0(st, 1);
        t->first = num0(st, 2);
        t->last = num0(st, 3);
        text(t->hospital, sizeof t->hospital, st, 4);
        text(t->site_file, sizeof t->site_file, st, 5);
        text(t->version, sizeof t->version, st, 6);
    }
    (void)sqlite3_finalize(st);
    return rc;
}

enum ww_rc ww_model_one_day(const struct ww_store *s, bool *one, struct ww_err *e)
{
    static const char sql[] = "SELECT min(first_packet)/86400000000000="
                              "max(last_packet)/86400000000000 FROM runs";
    sqlite3_stmt *st = NULL;
    bool found;
    enum ww_rc rc = row(s, sql, 0, &st, &found, e);
    *one = found && num0(st, 0) == 1;
    (void)sqlite3_finalize(st);
    return rc;
}

static enum ww_rc rows(const struct ww_store *s, struct ww_totals *t, struct ww_err *e)
{
    static const char sql[] =
        "SELECT (SELECT count(*)FROM devices),"
        "(SELECT count(*)FROM devices d WHERE NOT EXISTS(SELECT 1 FROM evidence"
        " WHERE device=d.id AND attribute='baseline')),"
        "(SELECT CASE ?1 WHEN 1 THEN(SELECT count(*)FROM conversations)ELSE"
        "(SELECT count(*)FROM(SELECT 1 FROM conversations GROUP BY device,peer,direction,ip_proto,"
        "port,app))END),"
        "count(*)FILTER(WHERE verdict='violation'),count(*)FILTER(WHERE verdict='unresolved'),"
        "(SELECT count(*)FROM links WHERE run=(SELECT max(run)FROM links)) FROM verdicts";
    sqlite3_stmt *st = NULL;
    bool found;
    bool one = false;
    enum ww_rc rc = ww_model_one_day(s, &one, e);
    if (rc == WW_OK)
        rc = row(s, sql, one, &st, &found, e);
    else
        found = false;
    if (found) {
        t->devices = num0(st, 0);
        t->undeclared = num0(st, 1);
        t->conversations = num0(st, 2);
        t->violations = num0(st, 3);
        t->unresolved = num0(st, 4);
        t->links = num0(st, 5);
    }
    (void)sqlite3_finalize(st);
    return rc;
}

enum ww_rc ww_model_totals(const struct ww_store *s, struct ww_totals *t, uint64_t now_ns,
                           struct ww_err *e)
{
    *t = (struct ww_totals){ .runs = 0 };
    enum ww_rc rc = runs(s, t, e);
    if (rc == WW_OK)
        rc = rows(s, t, e);
    if (rc == WW_OK)
        rc = coverage(s, &t->coverage, e);
    if (rc == WW_OK)
        rc = worse(s, t, e);
    if (rc == WW_OK)
        rc = ww_model_alert_counts(s, now_ns != 0 ? now_ns : t->last, t, e);
    return rc;
}

enum ww_rc ww_model_sources(const struct ww_store *s, ww_source_fn *fn, void *to, struct ww_err *e)
{
    sqlite3_stmt *st = NULL;
    enum ww_rc rc =
        ww_db_prepare(s, &st,
                      "SELECT s.run,s.name,s.first_packet,s.last_packet,s.last_frame,"
                      "r.live FROM sources s LEFT JOIN runs r ON r.id=s.run ORDER BY s.id",
                      e);
    int step = SQLITE_DONE;
    while (rc == WW_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
        struct ww_source_row r = { .run = num0(st, 0),
                                   .name = ww_db_text(st, 1),
                                   .first = num0(st, 2),
                                   .last = num0(st, 3),
                                   .frames = num0(st, 4),
                                   .live = sqlite3_column_int(st, 5) != 0 };
        fn(to, &r);
    }
    if (rc == WW_OK && step != SQLITE_DONE)
        rc = ww_db_fail(s->db, step, s->path, "cannot read the sources", e);
    (void)sqlite3_finalize(st);
    return rc;
}
