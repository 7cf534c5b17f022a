/* db.h - inside of the store: tables as data, the connection, and what its files share. */
#ifndef WW_STORE_DB_H
#define WW_STORE_DB_H
#include "store/store.h"
#include <sqlite3.h>

enum {
    WW_DB_APP_ID = 0x77647763, /* "wdwc" in the file's header: file(1) and we know it as ours */
    WW_DB_COLS_MAX = 80,
    WW_DB_FEEDS_MAX = 16,
    WW_DB_DIRTY_MAX = 256,    /* alerts changed in one transaction before they are linked early */
    WW_DB_QUEUE = 256 * 1024, /* events that wait while another writer holds the lock */
    WW_DB_HASH = 32,
    WW_DB_ROWS = 64,          /* rows of one statement where they come by the thousand */
    WW_DB_NAME = 64,          /* of a table */
};

/* What an insert does when the row is there already. */
enum ww_merge {
    WW_M_KEY,   /* decides which row it is */
    WW_M_SET,   /* the new value replaces the old one */
    WW_M_FILL,  /* the new value replaces the old one unless it is unknown */
    WW_M_FIRST, /* the first value stays */
    WW_M_ADD,
    WW_M_MIN,
    WW_M_MAX,
    WW_M_COUNT, /* how many events made the row */
};

/* One column, one line. from: a field of the event, or '@' and an item of its header (value.c). */
struct ww_col {
    uint16_t since; /* schema version that brought the column */
    const char *name, *from;
    const char *type; /* TEXT, INTEGER */
    uint8_t merge;    /* enum ww_merge */
};

/* WW_T_MANY: rows come by the thousand: a statement takes WW_DB_ROWS. */
enum { WW_T_NUMBERED = 1, WW_T_CHAINED = 2, WW_T_CAPPED = 4, WW_T_MANY = 8 };

struct ww_table {
    uint16_t since;
    const char *name, *event; /* event that makes rows */
    const struct ww_col *cols;
    uint16_t ncols, flags;
    const char *oldest; /* WW_T_CAPPED: rows with the smallest value go first */
};

/* Tables made from events. Ends with name NULL. */
extern const struct ww_table ww_db_tables[];

/* Steps of the schema: version n is reached by adding what has since == n, then by sql. */
struct ww_migration {
    const char *what;
    const char *sql; /* may be NULL */
};
extern const struct ww_migration ww_db_migrations[]; /* index 0 is version 1; ends with what NULL */

/* A table with the fields of its event resolved. */
struct ww_feed {
    struct ww_store *s;
    const struct ww_table *t;
    const struct ww_field *f[WW_DB_COLS_MAX]; /* NULL for header items */
    uint8_t item[WW_DB_COLS_MAX];             /* see ww_db_item */
    bool key[WW_DB_COLS_MAX];                 /* never NULL */
    sqlite3_stmt *put;
    const char *told; /* events that put writes now, see told.c */
    size_t told_n;
    bool repeatable; /* a row that is written twice is as if it were written once */
    char *held;      /* WW_T_MANY: events that wait until there are WW_DB_ROWS */
    size_t held_n, held_size; /* their number; bytes of one */
};

struct ww_source_span {
    sqlite3_int64 id; /* row of table sources */
    uint64_t first, last, frame, events;
    bool dirty;
};

/* Statements of the chain and the context of its digests, made when they are first needed. All its
 * uses lie in transactions. */
struct ww_chain {
    sqlite3_stmt *alert, *action, *head, *add;
    struct evp_md_ctx_st *md;
    struct evp_md_st *sha256;
    /* What nobody else can change while our transaction is open. */
    bool head_known;
    uint64_t n; /* of the last link, and its hash */
    uint8_t hash[WW_DB_HASH];
    const sqlite3_stmt *named; /* name: of the columns of this statement */
    struct ww_slice name[WW_DB_COLS_MAX];
};

struct ww_store {
    sqlite3 *db;
    char path[512];
    const struct ww_registry *registry;
    bool writer, live, open; /* open: a transaction is under way */
    unsigned batch_events, busy_ms;
    uint64_t batch_ns, max_rows;

    struct ww_feed feed[WW_DB_FEEDS_MAX];
    size_t nfeed;
    uint8_t feed_of[WW_EVENT_TYPES_MAX][2]; /* index + 1 into feed by type */
    sqlite3_stmt *begin, *commit, *rollback, *span, *run_span, *top, *known;
    struct ww_chain chain;

    sqlite3_int64 run, series; /* series: of alert numbers, see ww_store_replay */
    sqlite3_int64 seen_action; /* operator actions up to here were told */
    uint64_t first, last;      /* packet time of the run */
    struct ww_source_span *src;
    size_t nsrc;

    uint64_t batch_at; /* packet time of the transaction's first event */
    uint64_t batch_n;
    int64_t next_alert; /* number of the next one; 0 = not asked in this transaction */
    int64_t dirty[WW_DB_DIRTY_MAX]; /* alerts without a link for their newest state */
    size_t ndirty;
    char *queue;
    size_t queue_n, queue_events;

    struct ww_store_counts count;
    enum ww_rc stop; /* WW_OK while writing works */
    uint64_t retry_at;
    struct ww_err first_err; /* told by sync and close */
};

/* schema.c */
/** CREATE TABLE for one table as of a version; in o, ends with ';'. */
void ww_db_sql_create(struct ww_out *o, const struct ww_table *t, uint16_t version);
/** The columns of the key, separated by commas. */
void ww_db_sql_keys(struct ww_out *o, const struct ww_table *t);
/** Name of the table that told.c makes of a table's events. */
void ww_db_sql_told(struct ww_out *o, const struct ww_table *t);
/** INSERT ... ON CONFLICT from the list of columns, for all events that are told. */
void ww_db_sql_put(struct ww_out *o, const struct ww_table *t);
/** Brings the file from its user_version to the newest of m, one transaction per step. */
enum ww_rc ww_db_migrate(sqlite3 *db, const char *path, const struct ww_table *tables,
                         const struct ww_migration *m, struct ww_err *e) WW_MUST_CHECK;
uint16_t ww_db_version(const struct ww_migration *m);
/** Refuses files of other programs and of newer versions; tells the file's version. */
enum ww_rc ww_db_check(sqlite3 *db, const char *path, const struct ww_migration *m,
                       uint16_t *version, struct ww_err *e) WW_MUST_CHECK;

/* error.c */
/** One sentence and our code for what SQLite refused. doing: "cannot open", "cannot write". */
enum ww_rc ww_db_fail(sqlite3 *db, int sql_rc, const char *path, const char *doing,
                      struct ww_err *e);
enum ww_rc ww_db_exec(sqlite3 *db, const char *path, const char *sql,
                      struct ww_err *e) WW_MUST_CHECK;
enum ww_rc ww_db_prepare(const struct ww_store *s, sqlite3_stmt **st, const char *sql,
                         struct ww_err *e) WW_MUST_CHECK;

/* value.c */
/** Gives SQLite the value of a feed's column i; the event must live until its row is written. */
void ww_db_value(sqlite3_context *to, const struct ww_feed *fd, uint16_t i,
                 const struct ww_event *e);
/** Number of a header item, WW_DB_NO_ITEM when from names none. */
enum { WW_DB_NO_ITEM = 255 };
uint8_t ww_db_item(const char *from);
int ww_db_bind_text(sqlite3_stmt *st, int at, struct ww_slice s);
/* Which column of a statement is which field of an event; asked once per statement. */
struct ww_db_map {
    const struct ww_field *f[WW_DB_COLS_MAX];
    uint16_t n;
};
void ww_db_map(struct ww_db_map *m, const struct ww_event_type *type, const struct ww_table *t,
               sqlite3_stmt *st);
/** Fills a body's fields from the columns of a row with the table's names; the other way of bind.
 */
void ww_db_body(void *body, const struct ww_db_map *m, sqlite3_stmt *row);
/** Text of a column as a slice; valid until the next step. */
struct ww_slice ww_db_text(sqlite3_stmt *st, int col);

/* replay.c */
/** Begins a series of alert numbers of its own. */
enum ww_rc ww_db_series(struct ww_store *s, struct ww_err *e) WW_MUST_CHECK;

/* chain.c */
enum ww_link { WW_LINK_ALERT = 1, WW_LINK_ACTION = 2 };
/** Appends a link for the row (alert or action) inside the open transaction. SQLite's code. */
int ww_db_link(sqlite3 *db, struct ww_chain *c, enum ww_link kind, int64_t ref, uint64_t at_ns);
/** The transaction is over: others may write. */
void ww_db_chain_others(struct ww_chain *c);
void ww_db_chain_drop(struct ww_chain *c);

/* rows.c */
/** Writes the event's row inside the open transaction, or holds it for a statement of many rows.
 * Out: id of the row, of a table with WW_T_CHAINED. Return: SQLite's code; the event is not stored
 * when it is an error; held ones that went with it are counted as lost. */
int ww_db_row(struct ww_store *s, struct ww_feed *fd, const struct ww_event *e, int64_t *id);
/** Writes what is held; what cannot be written is counted as lost. */
int ww_db_rows_held(struct ww_store *s);
/** Forgets what is held, because the transaction is undone. */
void ww_db_rows_forget(struct ww_store *s);

/* told.c */
/** Makes a feed's events (told, told_n) a table that statements of the connection can read. */
int ww_db_told(sqlite3 *db, struct ww_feed *fd);

/* feed.c */
/** Resolves the tables against the registry and prepares their statements. */
enum ww_rc ww_db_feeds(struct ww_store *s, struct ww_err *e) WW_MUST_CHECK;
#endif
