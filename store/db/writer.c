/* writer.c - events into tables, many per transaction; what cannot be written is counted. */
#include "store/db/db.h"
#include <errno.h>

enum { RETRY_S = 60, EVICT_EVERY = 64, EVICT_SHARE = 10 };
#define NS 1000000000u

static uint32_t event_size(const struct ww_event *e)
{
    return (uint32_t)(offsetof(struct ww_event, body) + e->type->size);
}

static bool is_alert(const struct ww_store *s, const struct ww_event *e)
{
    int id = ww_registry_id(s->registry, e->type);
    uint8_t i = id < 0 ? 0 : s->feed_of[id][0];
    return i > 0 && (s->feed[i - 1].t->flags & WW_T_CHAINED);
}

/* The first trouble is kept in words; writing stops and is tried again after a minute. */
static void stop(struct ww_store *s, int sql_rc, uint64_t now)
{
    struct ww_err e;
    enum ww_rc rc = ww_db_fail(s->db, sql_rc, s->path, "cannot write", &e);
    s->stop = rc;
    s->retry_at = now + RETRY_S * (uint64_t)NS;
    if (s->first_err.rc == WW_OK)
        s->first_err = e;
}

static int step(sqlite3_stmt *st)
{
    int rc = sqlite3_step(st);
    (void)sqlite3_reset(st);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* What was known of the tables holds while nobody else can write. */
static void closed(struct ww_store *s)
{
    s->open = false;
    s->batch_n = 0;
    s->next_alert = 0;
    ww_db_chain_others(&s->chain);
}

static void forget_batch(struct ww_store *s)
{
    if (!sqlite3_get_autocommit(s->db))
        (void)step(s->rollback);
    s->ndirty = 0;
    ww_db_rows_forget(s);
    s->count.stored -= s->batch_n;
    s->count.lost += s->batch_n;
    closed(s);
    for (size_t i = 0; i < s->nsrc; i++)
        s->src[i].dirty = s->src[i].events > 0;
}

static int write_links(struct ww_store *s)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < s->ndirty; i++)
        rc = ww_db_link(s->db, &s->chain, WW_LINK_ALERT, s->dirty[i], s->last);
    if (rc == SQLITE_OK)
        s->ndirty = 0;
    return rc;
}

static void bind_time(sqlite3_stmt *st, int at, uint64_t v)
{
    if (v == 0)
        (void)sqlite3_bind_null(st, at);
    else
        (void)sqlite3_bind_int64(st, at, (sqlite3_int64)v);
}

static int write_spans(struct ww_store *s)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < s->nsrc; i++) {
        struct ww_source_span *p = &s->src[i];
        if (!p->dirty)
            continue;
        (void)sqlite3_bind_int64(s->span, 1, p->id);
        bind_time(s->span, 2, p->first);
        bind_time(s->span, 3, p->last);
        (void)sqlite3_bind_int64(s->span, 4, (sqlite3_int64)p->frame);
        (void)sqlite3_bind_int64(s->span, 5, (sqlite3_int64)p->events);
        rc = step(s->span);
        p->dirty = rc != SQLITE_OK;
    }
    if (rc != SQLITE_OK)
        return rc;
    (void)sqlite3_bind_int64(s->run_span, 1, s->run);
    bind_time(s->run_span, 2, s->first);
    bind_time(s->run_span, 3, s->last);
    return step(s->run_span);
}

/* Keeps growing tables below max_rows: a tenth goes at once, oldest first, so that it is rare. */
static int evict(struct ww_store *s, const struct ww_table *t)
{
    char key[192], sql[1024];
    sqlite3_stmt *st = NULL;
    struct ww_out o = ww_out(key, sizeof key - 1);
    if (t->flags & WW_T_NUMBERED)
        ww_out_s(&o, "id");
    else
        ww_db_sql_keys(&o, t);
    key[o.n] = 0;
    o = ww_out(sql, sizeof sql - 1);
    ww_out_f(&o,
             "DELETE FROM \"%s\" WHERE (SELECT count(*)FROM \"%s\")>?1 AND (%s) IN"
             "(SELECT %s FROM \"%s\" ORDER BY \"%s\" LIMIT "
             "(SELECT count(*)FROM \"%s\")-?1+?1/%d)",
             t->name, t->name, key, key, t->name, t->oldest, t->name, EVICT_SHARE);
    sql[o.n] = 0;
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK) {
        (void)sqlite3_bind_int64(st, 1, (sqlite3_int64)s->max_rows);
        rc = step(st);
    }
    if (rc == SQLITE_OK)
        s->count.evicted += (uint64_t)sqlite3_changes(s->db);
    (void)sqlite3_finalize(st);
    return rc;
}

static int evict_all(struct ww_store *s)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < s->nfeed; i++)
        if (s->feed[i].t->flags & WW_T_CAPPED)
            rc = evict(s, s->feed[i].t);
    return rc;
}

/* An alert is committed together with its link, or not at all. */
static void commit(struct ww_store *s)
{
    if (!s->open)
        return;
    int rc = ww_db_rows_held(s);
    if (rc != SQLITE_OK) {
        stop(s, rc, s->last);
        if (sqlite3_get_autocommit(s->db)) { /* SQLite rolled back by itself */
            forget_batch(s);
            return;
        }
    }
    rc = write_links(s);
    if (rc == SQLITE_OK)
        rc = write_spans(s);
    if (rc == SQLITE_OK && s->count.commits % EVICT_EVERY == EVICT_EVERY - 1)
        rc = evict_all(s);
    if (rc == SQLITE_OK)
        rc = step(s->commit);
    if (rc != SQLITE_OK) {
        stop(s, rc, s->last);
        forget_batch(s);
        return;
    }
    closed(s);
    s->count.commits++;
}

/* A row that changed needs a link; one link per row and transaction is enough. */
static int mark(struct ww_store *s, int64_t id)
{
    for (size_t i = 0; i < s->ndirty; i++)
        if (s->dirty[i] == id)
            return SQLITE_OK;
    int rc = s->ndirty == WW_DB_DIRTY_MAX ? write_links(s) : SQLITE_OK;
    if (rc == SQLITE_OK)
        s->dirty[s->ndirty++] = id;
    return rc;
}

/* Inside a transaction. Trouble: what came before in it is saved if that is possible. */
static void write_event(struct ww_store *s, const struct ww_event *e)
{
    const uint8_t *of = s->feed_of[ww_registry_id(s->registry, e->type)];
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < 2 && of[i] > 0; i++) {
        struct ww_feed *fd = &s->feed[of[i] - 1];
        int64_t id = 0;
        rc = ww_db_row(s, fd, e, &id);
        if (rc == SQLITE_OK && (fd->t->flags & WW_T_CHAINED))
            rc = mark(s, id);
    }
    if (rc == SQLITE_OK) {
        s->batch_n++;
        s->count.stored++;
        return;
    }
    s->count.lost++;
    stop(s, rc, e->ts);
    if (sqlite3_get_autocommit(s->db)) { /* SQLite rolled back by itself */
        forget_batch(s);
        return;
    }
    commit(s);
}

static bool begin(struct ww_store *s, uint64_t now, bool wait)
{
    if (s->open)
        return true;
    (void)sqlite3_busy_timeout(s->db, wait ? (int)s->busy_ms : 0);
    int rc = step(s->begin);
    if ((rc & 0xff) == SQLITE_BUSY) {
        s->count.busy++;
        return false;
    }
    if (rc != SQLITE_OK) {
        stop(s, rc, now);
        return false;
    }
    s->open = true;
    s->batch_at = now;
    return true;
}

/* ---- events that wait for the lock ---- */
/* A quarter is reserved for alerts. */
static bool queue_put(struct ww_store *s, const struct ww_event *e)
{
    size_t n = (event_size(e) + 7u) & ~(size_t)7u;
    size_t cap = is_alert(s, e) ? WW_DB_QUEUE : WW_DB_QUEUE / 4 * 3;
    if (s->queue_n + n > cap)
        return false;
    struct ww_out o = ww_out(s->queue + s->queue_n, n);
    ww_out_raw(&o, e, event_size(e));
    s->queue_n += n;
    s->queue_events++;
    return true;
}

static void queue_write(struct ww_store *s)
{
    for (size_t at = 0; at < s->queue_n;) {
        const struct ww_event *e = (const void *)(s->queue + at);
        at += (event_size(e) + 7u) & ~(size_t)7u;
        if (s->stop == WW_OK && begin(s, e->ts, false))
            write_event(s, e);
        else
            s->count.lost++;
    }
    s->queue_n = 0;
    s->queue_events = 0;
}

static void put_or_wait(struct ww_store *s, const struct ww_event *e)
{
    /* a full wait only when nothing waits yet, or when an alert would be lost otherwise */
    if (begin(s, e->ts, s->queue_n == 0)) {
        queue_write(s);
        if (s->stop == WW_OK && begin(s, e->ts, false))
            write_event(s, e);
        else
            s->count.lost++;
        return;
    }
    if (s->stop == WW_OK && queue_put(s, e))
        return;
    if (s->stop == WW_OK && is_alert(s, e) && begin(s, e->ts, true)) {
        queue_write(s);
        write_event(s, e);
        return;
    }
    s->count.lost++;
}

bool ww_store_wants(const struct ww_store *s, const struct ww_event_type *t)
{
    int id = ww_registry_id(s->registry, t);
    return s->writer && id >= 0 && s->feed_of[id][0] != 0;
}

static void seen(struct ww_store *s, const struct ww_event *e)
{
    if (s->first == 0 || (e->ts != 0 && e->ts < s->first))
        s->first = e->ts;
    if (e->ts > s->last)
        s->last = e->ts;
    if (e->source >= s->nsrc || e->frame == 0)
        return;
    struct ww_source_span *p = &s->src[e->source];
    if (p->first == 0 || e->ts < p->first)
        p->first = e->ts;
    if (e->frame > p->frame) { /* the end of a flow is told late, with an earlier frame */
        p->frame = e->frame;
        p->last = e->ts > p->last ? e->ts : p->last;
    }
    p->events++;
    p->dirty = true;
}

void ww_store_put(struct ww_store *s, const struct ww_event *e)
{
    int id = ww_registry_id(s->registry, e->type);
    if (!s->writer || id < 0)
        return;
    seen(s, e);
    if (s->feed_of[id][0] == 0)
        return;
    if (s->stop != WW_OK && e->ts < s->retry_at) {
        s->count.lost++;
        return;
    }
    s->stop = WW_OK;
    put_or_wait(s, e);
    if (s->batch_n >= s->batch_events)
        commit(s);
    else
        ww_store_tick(s, e->ts);
}

void ww_store_tick(struct ww_store *s, uint64_t now_ns)
{
    /* Files are read far faster than their time passes: there only the count ends a transaction. */
    if (s->live && s->open && now_ns > s->batch_at && now_ns - s->batch_at >= s->batch_ns)
        commit(s);
}

enum ww_rc ww_store_sync(struct ww_store *s, struct ww_err *e)
{
    if (!s->writer)
        return WW_OK;
    if (s->queue_n > 0 && s->stop == WW_OK && begin(s, s->last, true))
        queue_write(s);
    if (s->stop == WW_OK)
        (void)begin(s, s->last, true); /* spans of the sources change without stored events too */
    commit(s);
    if (s->first_err.rc != WW_OK) {
        *e = s->first_err;
        struct ww_out o = ww_out(e->text, sizeof e->text - 1);
        o.n = strlen(e->text);
        ww_out_f(&o, " (%llu events were not stored)", (unsigned long long)s->count.lost);
        e->text[o.n] = 0;
        return e->rc;
    }
    if (s->queue_n > 0 || s->count.lost > 0) {
        errno = 0;
        return WW_FAIL(e, WW_E_SYS,
                       "%s: another program holds the lock; %llu events wait or were "
                       "not stored; end it or try again",
                       s->path, (unsigned long long)(s->queue_events + s->count.lost));
    }
    return WW_OK;
}
