/* chain.c - SHA-256 chain over alerts and operator actions: what was changed later is found.
 *
 * A link holds the digest of a row as it stood when the link was made and
 *     hash = SHA-256(previous hash, n, kind, ref, at, digest), numbers as 8 bytes, high byte first.
 * An alert that is updated gets a further link; the newest link of a row must match the row. */
#include "store/db/db.h"
#include <openssl/evp.h>
#include <stdio.h>

enum { SUM_ROOM = 2048 };

/* Bytes on their way into a digest: rows have many small columns, a digest likes large pieces. */
struct sum {
    EVP_MD_CTX *md;
    bool good;
    size_t n;
    uint8_t b[SUM_ROOM];
};

/* The digest's context is made once and kept with the chain. */
static bool sum_begin(struct sum *s, struct ww_chain *c)
{
    if (c->md == NULL) {
        c->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
        c->md = EVP_MD_CTX_new();
    }
    s->md = c->md;
    s->n = 0;
    s->good = c->sha256 != NULL && c->md != NULL && EVP_DigestInit_ex(c->md, c->sha256, NULL) == 1;
    return s->good;
}

static void sum_bytes(struct sum *s, const void *p, size_t n)
{
    if (s->n + n > SUM_ROOM) {
        s->good = s->good && EVP_DigestUpdate(s->md, s->b, s->n) == 1;
        s->n = 0;
    }
    if (n > SUM_ROOM) {
        s->good = s->good && EVP_DigestUpdate(s->md, p, n) == 1;
        return;
    }
    ww_copy(s->b + s->n, (struct ww_slice){ p, n });
    s->n += n;
}

static bool sum_end(struct sum *s, uint8_t out[WW_DB_HASH])
{
    return s->good && EVP_DigestUpdate(s->md, s->b, s->n) == 1 &&
           EVP_DigestFinal_ex(s->md, out, NULL) == 1;
}

static void sum_u64(struct sum *s, uint64_t v)
{
    uint8_t b[8];
    for (int i = 7; i >= 0; i--, v >>= 8)
        b[i] = (uint8_t)v;
    sum_bytes(s, b, sizeof b);
}

static void sum_text(struct sum *s, const void *p, size_t n)
{
    sum_u64(s, n);
    sum_bytes(s, p, n);
}

/* SQLite's own text of the name: it stays as long as the tables do not change, and that is at least
 * until the transaction ends. */
static struct ww_slice name_of(struct ww_chain *c, sqlite3_stmt *row, int i)
{
    if (i >= WW_DB_COLS_MAX)
        return ww_slice_str(sqlite3_column_name(row, i));
    if (c->name[i].p == NULL)
        c->name[i] = ww_slice_str(sqlite3_column_name(row, i));
    return c->name[i];
}

static void sum_column(struct sum *s, struct ww_chain *c, sqlite3_stmt *row, int i)
{
    int type = sqlite3_column_type(row, i);
    if (type == SQLITE_NULL) /* so a column that a later version adds changes no digest */
        return;
    struct ww_slice name = name_of(c, row, i);
    sum_text(s, name.p, name.n);
    sum_u64(s, (uint64_t)type);
    if (type == SQLITE_INTEGER) {
        sum_u64(s, (uint64_t)sqlite3_column_int64(row, i));
        return;
    }
    const void *p = sqlite3_column_blob(row, i);
    sum_text(s, p, (size_t)sqlite3_column_bytes(row, i));
}

/* Digest of one row: names, types and values of all columns that are not NULL. */
static bool digest_of(uint8_t out[WW_DB_HASH], struct ww_chain *c, sqlite3_stmt *row)
{
    struct sum s;
    if (!sum_begin(&s, c))
        return false;
    if (c->named != row) {
        for (size_t i = 0; i < WW_DB_COLS_MAX; i++)
            c->name[i].p = NULL;
        c->named = row;
    }
    int n = sqlite3_column_count(row);
    for (int i = 0; i < n; i++)
        sum_column(&s, c, row, i);
    return sum_end(&s, out);
}

struct link {
    uint64_t n, kind, ref, at;
    const uint8_t *digest;
};

static bool link_hash(uint8_t out[WW_DB_HASH], struct ww_chain *c, const uint8_t prev[WW_DB_HASH],
                      const struct link *l)
{
    struct sum s;
    if (!sum_begin(&s, c))
        return false;
    sum_bytes(&s, prev, WW_DB_HASH);
    sum_u64(&s, l->n);
    sum_u64(&s, l->kind);
    sum_u64(&s, l->ref);
    sum_u64(&s, l->at);
    sum_bytes(&s, l->digest, WW_DB_HASH);
    return sum_end(&s, out);
}

static const char *table_of(uint64_t kind)
{
    return kind == WW_LINK_ALERT ? "alerts" : "operator_action";
}

/* A statement that is prepared once and kept with the chain. */
static int keep(sqlite3 *db, sqlite3_stmt **st, const char *sql)
{
    return *st != NULL ? SQLITE_OK
                       : sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
}

void ww_db_chain_drop(struct ww_chain *c)
{
    sqlite3_stmt *all[] = { c->alert, c->action, c->head, c->add };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        (void)sqlite3_finalize(all[i]);
    EVP_MD_CTX_free(c->md);
    EVP_MD_free(c->sha256);
    *c = (struct ww_chain){ .head = NULL };
}

void ww_db_chain_others(struct ww_chain *c)
{
    c->head_known = false;
    c->named = NULL;
}

/* Digest of a row as it stands. SQLITE_DONE when there is no such row. */
static int row_digest(sqlite3 *db, struct ww_chain *c, enum ww_link kind, int64_t ref,
                      uint8_t digest[WW_DB_HASH])
{
    char sql[64];
    sqlite3_stmt **st = kind == WW_LINK_ALERT ? &c->alert : &c->action;
    (void)snprintf(sql, sizeof sql, "SELECT * FROM %s WHERE id=?1", table_of(kind));
    int rc = keep(db, st, sql);
    if (rc != SQLITE_OK)
        return rc;
    (void)sqlite3_bind_int64(*st, 1, ref);
    rc = sqlite3_step(*st);
    if (rc == SQLITE_ROW && !digest_of(digest, c, *st))
        rc = SQLITE_NOMEM;
    (void)sqlite3_reset(*st);
    return rc;
}

/* Number and hash of the last link; zeros when the chain is empty. */
static int chain_head(sqlite3 *db, struct ww_chain *c)
{
    if (c->head_known)
        return SQLITE_OK;
    c->n = 0;
    for (size_t i = 0; i < WW_DB_HASH; i++)
        c->hash[i] = 0;
    int rc = keep(db, &c->head, "SELECT n,hash FROM chain ORDER BY n DESC LIMIT 1");
    if (rc != SQLITE_OK)
        return rc;
    rc = sqlite3_step(c->head);
    if (rc == SQLITE_ROW) {
        struct ww_slice h = { sqlite3_column_blob(c->head, 1),
                              (size_t)sqlite3_column_bytes(c->head, 1) };
        c->n = (uint64_t)sqlite3_column_int64(c->head, 0);
        for (size_t i = 0; i < WW_DB_HASH; i++)
            c->hash[i] = ww_slice_at(h, i);
    }
    (void)sqlite3_reset(c->head);
    c->head_known = rc == SQLITE_ROW || rc == SQLITE_DONE;
    return c->head_known ? SQLITE_OK : rc;
}

int ww_db_link(sqlite3 *db, struct ww_chain *c, enum ww_link kind, int64_t ref, uint64_t at_ns)
{
    uint8_t digest[WW_DB_HASH], hash[WW_DB_HASH];
    struct link l = { .kind = kind, .ref = (uint64_t)ref, .at = at_ns, .digest = digest };
    int rc = row_digest(db, c, kind, ref, digest);
    if (rc != SQLITE_ROW)
        return rc == SQLITE_DONE ? SQLITE_INTERNAL : rc;
    rc = chain_head(db, c);
    if (rc == SQLITE_OK)
        rc = keep(db, &c->add, "INSERT INTO chain VALUES(?1,?2,?3,?4,?5,?6)");
    if (rc != SQLITE_OK)
        return rc;
    l.n = c->n + 1;
    if (!link_hash(hash, c, c->hash, &l))
        return SQLITE_NOMEM;
    (void)sqlite3_bind_int64(c->add, 1, (sqlite3_int64)l.n);
    (void)sqlite3_bind_int64(c->add, 2, kind);
    (void)sqlite3_bind_int64(c->add, 3, ref);
    (void)sqlite3_bind_int64(c->add, 4, (sqlite3_int64)at_ns);
    (void)sqlite3_bind_blob(c->add, 5, digest, sizeof digest, SQLITE_STATIC);
    (void)sqlite3_bind_blob(c->add, 6, hash, sizeof hash, SQLITE_STATIC);
    rc = sqlite3_step(c->add);
    int end = sqlite3_reset(c->add);
    (void)sqlite3_clear_bindings(c->add);
    if (rc != SQLITE_DONE)
        return end != SQLITE_OK ? end : rc;
    c->n = l.n;
    for (size_t i = 0; i < WW_DB_HASH; i++)
        c->hash[i] = hash[i];
    return SQLITE_OK;
}

/* ---- checking ---- */
static void found(struct ww_verify *v, const char *what, uint64_t n, const char *how)
{
    if (v->good)
        (void)snprintf(v->bad, sizeof v->bad, "%s %llu %s", what, (unsigned long long)n, how);
    v->good = false;
}

static enum ww_rc check_file(const struct ww_store *s, struct ww_verify *v, struct ww_err *e)
{
    sqlite3_stmt *st = NULL;
    enum ww_rc rc = ww_db_prepare(s, &st, "PRAGMA integrity_check(1)", e);
    if (rc != WW_OK)
        return rc;
    int step = sqlite3_step(st);
    if (step == SQLITE_ROW && !ww_slice_eqs(ww_db_text(st, 0), "ok")) {
        v->good = false;
        (void)snprintf(v->bad, sizeof v->bad, "file damaged: %s",
                       (const char *)sqlite3_column_text(st, 0));
    } else if (step != SQLITE_ROW) {
        rc = ww_db_fail(s->db, step, s->path, "cannot check", e);
    }
    (void)sqlite3_finalize(st);
    return rc;
}

static enum ww_rc check_links(const struct ww_store *s, struct ww_verify *v, struct ww_err *e)
{
    uint8_t prev[WW_DB_HASH] = { 0 }, hash[WW_DB_HASH];
    sqlite3_stmt *st = NULL;
    struct ww_chain chain = { .head = NULL };
    enum ww_rc rc =
        ww_db_prepare(s, &st, "SELECT n,kind,ref,at,digest,hash FROM chain ORDER BY n", e);
    if (rc != WW_OK)
        return rc;
    int step;
    while ((step = sqlite3_step(st)) == SQLITE_ROW) {
        struct ww_slice d = { sqlite3_column_blob(st, 4), (size_t)sqlite3_column_bytes(st, 4) };
        struct ww_slice h = { sqlite3_column_blob(st, 5), (size_t)sqlite3_column_bytes(st, 5) };
        struct link l = { (uint64_t)sqlite3_column_int64(st, 0),
                          (uint64_t)sqlite3_column_int64(st, 1),
                          (uint64_t)sqlite3_column_int64(st, 2),
                          (uint64_t)sqlite3_column_int64(st, 3), d.p };
        v->links++;
        if (l.n != v->links)
            found(v, "chain: link", v->links, "is missing");
        if (d.n != WW_DB_HASH || !link_hash(hash, &chain, prev, &l) ||
            !ww_slice_eq(h, (struct ww_slice){ hash, sizeof hash })) {
            found(v, "chain: link", l.n, "was changed");
            break;
        }
        for (size_t i = 0; i < WW_DB_HASH; i++)
            prev[i] = hash[i];
    }
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        rc = ww_db_fail(s->db, step, s->path, "cannot check the chain", e);
    ww_db_chain_drop(&chain);
    (void)sqlite3_finalize(st);
    struct ww_out o = ww_out(v->head, sizeof v->head - 1);
    for (size_t i = 0; i < WW_DB_HASH; i++)
        ww_out_hex(&o, prev[i], 2);
    v->head[o.n] = 0;
    return rc;
}

/* The newest link of each row must be the row; a row without a link was put in from outside. */
static enum ww_rc check_rows(const struct ww_store *s, uint64_t kind, uint64_t *n,
                             struct ww_verify *v, struct ww_err *e)
{
    char sql[256];
    sqlite3_stmt *st = NULL;
    (void)snprintf(sql, sizeof sql,
                   "SELECT r.*,(SELECT c.digest FROM chain c WHERE c.kind=%d AND c.ref=r.id"
                   " ORDER BY c.n DESC LIMIT 1)AS digest FROM %s r ORDER BY r.id",
                   (int)kind, table_of(kind));
    struct ww_chain chain = { .head = NULL };
    enum ww_rc rc = ww_db_prepare(s, &st, sql, e);
    int step = SQLITE_DONE;
    while (rc == WW_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
        uint8_t digest[WW_DB_HASH];
        uint64_t id = (uint64_t)sqlite3_column_int64(st, 0);
        int last = sqlite3_column_count(st) - 1;
        struct ww_slice d = { sqlite3_column_blob(st, last),
                              (size_t)sqlite3_column_bytes(st, last) };
        ++*n;
        if (d.n != WW_DB_HASH)
            found(v, table_of(kind), id, "has no link in the chain");
        else if (row_digest(s->db, &chain, (enum ww_link)kind, (int64_t)id, digest) !=
                     SQLITE_ROW ||
                 !ww_slice_eq(d, (struct ww_slice){ digest, sizeof digest }))
            found(v, table_of(kind), id, "was changed after it was written");
    }
    if (rc == WW_OK && step != SQLITE_DONE && step != SQLITE_ROW)
        rc = ww_db_fail(s->db, step, s->path, "cannot check the rows", e);
    ww_db_chain_drop(&chain);
    (void)sqlite3_finalize(st);
    return rc;
}

static enum ww_rc check_gone(const struct ww_store *s, struct ww_verify *v, struct ww_err *e)
{
    sqlite3_stmt *st = NULL;
    enum ww_rc rc = ww_db_prepare(s, &st,
                                  "SELECT kind,ref FROM chain WHERE NOT EXISTS(SELECT 1 FROM alerts"
                                  " WHERE kind=1 AND id=ref)AND NOT EXISTS(SELECT 1 FROM"
                                  " operator_action WHERE kind=2 AND id=ref)LIMIT 1",
                                  e);
    if (rc == WW_OK && sqlite3_step(st) == SQLITE_ROW)
        found(v, table_of((uint64_t)sqlite3_column_int64(st, 0)),
              (uint64_t)sqlite3_column_int64(st, 1), "was removed");
    (void)sqlite3_finalize(st);
    return rc;
}

enum ww_rc ww_store_verify(const struct ww_store *s, struct ww_verify *v, struct ww_err *e)
{
    *v = (struct ww_verify){ .good = true };
    /* one read transaction: a monitor that goes on writing is not seen in between */
    bool own = sqlite3_get_autocommit(s->db) != 0;
    enum ww_rc rc = own ? ww_db_exec(s->db, s->path, "BEGIN", e) : WW_OK;
    if (rc != WW_OK)
        return rc;
    rc = check_file(s, v, e);
    if (rc == WW_OK)
        rc = check_links(s, v, e);
    if (rc == WW_OK)
        rc = check_rows(s, WW_LINK_ALERT, &v->alerts, v, e);
    if (rc == WW_OK)
        rc = check_rows(s, WW_LINK_ACTION, &v->actions, v, e);
    if (rc == WW_OK)
        rc = check_gone(s, v, e);
    if (own)
        (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}
