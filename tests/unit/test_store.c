/* Store: SQLite file with migrations, transactions, faults, hash chain, operator actions. */
#include "rules/devices/events.h"
#include "rules/judge.h"
#include "sensor/event_core.h"
#include "store/db/db.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEC 1000000000u
#define T0 (1780000000u * (uint64_t)SEC)

static struct ww_registry reg;
static union {
    struct ww_event e;
    uint8_t room[WW_EVENT_MAX];
} ev;
static char dir[64];

static void setup(void)
{
    struct ww_err e;
    cr_assert(ww_registry_add(&reg, ww_core_events, &e) == WW_OK);
    cr_assert(ww_registry_add(&reg, ww_guide_events, &e) == WW_OK);
    cr_assert(ww_registry_add(&reg, ww_judge_events, &e) == WW_OK);
    snprintf(dir, sizeof dir, "/tmp/ww-store-XXXXXX");
    cr_assert(mkdtemp(dir) != NULL);
}

static void teardown(void)
{
    DIR *d = opendir(dir);
    struct dirent *x;
    chmod(dir, 0700);
    while (d != NULL && (x = readdir(d)) != NULL)
        if (x->d_name[0] != '.')
            unlinkat(dirfd(d), x->d_name, 0);
    if (d != NULL)
        closedir(d);
    rmdir(dir);
}
TestSuite(store, .init = setup, .fini = teardown);

static const char *file(const char *name)
{
    static char p[4][128];
    static unsigned i;
    i = (i + 1) % 4;
    snprintf(p[i], sizeof p[i], "%s/%s", dir, name);
    return p[i];
}

static const char *const sources[] = { "morning.pcap", NULL };
static struct ww_store_cfg config(const char *path)
{
    return (struct ww_store_cfg){ .path = path, .registry = &reg, .source_names = sources,
                                  .command = "analyze", .version = "test", .hospital = "Test" };
}

static struct ww_store *open_ok(const char *path)
{
    struct ww_store *s = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct ww_store_cfg c = config(path);
    cr_assert(ww_store_open(&s, &c, &e) == WW_OK, "%s", e.text);
    return s;
}

static struct ww_event *blank(const struct ww_event_type *t, uint64_t ts)
{
    memset(&ev, 0, sizeof ev);
    ev.e.type = t;
    ev.e.ts = ts;
    ev.e.frame = ts / SEC % 1000 + 1;
    ev.e.dissector = WW_NO_DISSECTOR;
    ev.e.size = (uint32_t)(sizeof ev.e + t->size);
    return &ev.e;
}

static void put_alert(struct ww_store *s, uint64_t id, unsigned level, uint64_t n, uint64_t ts)
{
    struct ww_alert *a = (void *)blank(&ww_alert_type, ts)->body;
    a->alert_id = id;
    a->class = 104;
    WW_SET(a->variant, WW_SLICE_LIT("a"));
    a->level = (uint8_t)level;
    WW_SET(a->track, WW_SLICE_LIT("H"));
    a->first_seen = ts;
    a->last_seen = ts;
    a->count = n;
    a->subjects = WW_NULL32;
    a->bytes_out = 0;
    WW_SET(a->asset_id, WW_SLICE_LIT("CT-01"));
    ww_store_put(s, &ev.e);
}

static void put_evidence(struct ww_store *s, const char *id, const char *what, struct ww_slice v,
                         uint64_t ts)
{
    struct ww_device_evidence *b = (void *)blank(&ww_device_evidence_type, ts)->body;
    WW_SET(b->id, ww_slice_str(id));
    WW_SET(b->attribute, ww_slice_str(what));
    WW_SET(b->value, v);
    WW_SET(b->source, WW_SLICE_LIT("dhcp"));
    b->ip = ww_ip4(0x0a000001);
    ww_store_put(s, &ev.e);
}

static void put_conv(struct ww_store *s, unsigned port, uint64_t ts)
{
    struct ww_device_conversation *b = (void *)blank(&ww_device_conversation_type, ts)->body;
    WW_SET(b->id, WW_SLICE_LIT("CT-01"));
    WW_SET(b->peer, WW_SLICE_LIT("10.0.0.2"));
    WW_SET(b->direction, WW_SLICE_LIT("out"));
    WW_SET(b->day, WW_SLICE_LIT("2026-05-28"));
    b->ip_proto = 6;
    b->port = (uint16_t)port;
    b->flows = 2;
    b->bytes_out = 100;
    b->bytes_in = 7;
    b->first = ts;
    b->last = ts + 5;
    ww_store_put(s, &ev.e);
}

static char *query(const char *path, const char *sql)
{
    static char out[512];
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    struct ww_out o = ww_out(out, sizeof out - 1);
    cr_assert(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    sqlite3_busy_timeout(db, 1000);
    cr_assert(sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(st); i++) {
            const char *t = (const char *)sqlite3_column_text(st, i);
            ww_out_f(&o, "%s%s", o.n > 0 ? "|" : "", t != NULL ? t : "-");
        }
    cr_assert(rc == SQLITE_DONE, "%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_finalize(st);
    sqlite3_close(db);
    out[o.n] = 0;
    return out;
}

static void close_ok(struct ww_store *s)
{
    struct ww_err e = { .rc = WW_OK };
    cr_assert(ww_store_close(s, &e) == WW_OK, "%s", e.text);
}

static struct ww_verify verified(const char *path)
{
    struct ww_store *r = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct ww_verify v;
    cr_assert(ww_store_open_read(&r, path, &e) == WW_OK, "%s", e.text);
    cr_assert(ww_store_verify(r, &v, &e) == WW_OK, "%s", e.text);
    close_ok(r);
    return v;
}

Test(store, keeps_what_the_judge_tells)
{
    const char *p = file("a.db");
    struct ww_store *s = open_ok(p);
    put_evidence(s, "CT-01", "name", WW_SLICE_LIT("ct1"), T0);
    put_evidence(s, "CT-01", "name", WW_SLICE_LIT("ct1"), T0 + SEC);
    put_evidence(s, "CT-01", "aet", WW_SLICE_LIT("CT1"), T0 - SEC);
    put_conv(s, 104, T0);
    put_conv(s, 104, T0 + SEC);
    put_conv(s, 105, T0);
    put_alert(s, 1, 4, 1, T0);
    put_alert(s, 1, 5, 3, T0 + SEC);
    close_ok(s);
    char *got = query(p, "SELECT id,ip,mac,last_seen-first_seen FROM devices");
    cr_assert(eq(str, got, "CT-01|10.0.0.1|-|2000000000"));
    got = query(p, "SELECT attribute,value,count FROM evidence ORDER BY 1");
    cr_assert(eq(str, got, "aet|CT1|1|name|ct1|2"));
    got = query(p, "SELECT port,flows,bytes_out,bytes_in,last_seen-first_seen,peer_id"
                   " FROM conversations ORDER BY port");
    cr_assert(eq(str, got, "104|4|200|14|1000000005|-|105|2|100|7|5|-"));
    got = query(p, "SELECT id,class,level,count,subjects,bytes_out,last_seen-first_seen FROM alerts");
    cr_assert(eq(str, got, "1|104|5|3|-|0|1000000000"));
    got = query(p, "SELECT command,hospital,name,last_packet-first_packet FROM runs r"
                   " JOIN(SELECT run,name FROM sources)s ON s.run=r.id");
    cr_assert(eq(str, got, "analyze|Test|morning.pcap|2000000000"));
    struct ww_verify v = verified(p);
    cr_assert(v.good, "%s", v.bad);
    cr_assert(eq(u64, v.links, 1)); /* one per row and transaction */
    struct stat st;
    cr_assert(stat(p, &st) == 0 && (st.st_mode & 07) == 0);
}

/* Flows of a file end when later files are read: that is no packet of the file. */
Test(store, rows_that_come_together_are_added_up_as_one_by_one)
{
    const char *p = file("a.db");
    struct ww_store *s = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct ww_store_cfg c = config(p);
    c.batch_events = 1000;
    cr_assert(ww_store_open(&s, &c, &e) == WW_OK, "%s", e.text);
    for (unsigned i = 0; i < 101; i++) /* ports 0 to 9: ten or eleven times each, in one transaction */
        put_conv(s, i % 10, T0 + i);
    struct ww_store_counts n;
    ww_store_counts(s, &n);
    cr_assert(n.stored == 101 && n.lost == 0);
    cr_assert(ww_store_sync(s, &e) == WW_OK, "%s", e.text);
    cr_assert(eq(str, query(p, "SELECT count(*),sum(flows),sum(bytes_out),min(last_seen-first_seen)"
                               " FROM conversations"), "10|202|10100|95"));
    cr_assert(eq(str, query(p, "SELECT flows FROM conversations WHERE port=0"), "22"));
    close_ok(s);
}

Test(store, a_source_spans_its_packets)
{
    const char *p = file("a.db");
    struct ww_store *s = open_ok(p);
    static const uint64_t frame[] = { 1, 5, 2 }, at[] = { 0, 10, 3000 };
    for (size_t i = 0; i < 3; i++) {
        struct ww_event *e = blank(i < 2 ? &ww_flow_start_type : &ww_flow_end_type, T0 + at[i] * SEC);
        e->frame = frame[i];
        ww_store_put(s, e);
    }
    close_ok(s);
    cr_assert(eq(str, query(p, "SELECT last_frame,(last_packet-first_packet)/1000000000 FROM sources"),
                 "5|10"));
}

Test(store, second_run_adds_and_numbers_grow)
{
    const char *p = file("a.db");
    for (int i = 0; i < 2; i++) {
        struct ww_store *s = open_ok(p);
        put_alert(s, 1, 3, 1, T0 + (uint64_t)i * SEC);
        put_conv(s, 104, T0);
        close_ok(s);
    }
    cr_assert(eq(str, query(p, "SELECT id,run,alert_id FROM alerts ORDER BY id"), "1|1|1|2|2|1"));
    cr_assert(eq(str, query(p, "SELECT flows FROM conversations"), "4"));
    cr_assert(verified(p).good);
}

static struct {
    unsigned n;
    uint64_t id, count;
    char action[16];
} told;
static void hear(void *to, const struct ww_alert *a, const char *action)
{
    (void)to;
    told.n++;
    told.id = a->alert_id;
    told.count = a->count;
    snprintf(told.action, sizeof told.action, "%s", action);
}

Test(store, a_restart_takes_up_the_alerts)
{
    const char *p = file("a.db");
    struct ww_store *s = open_ok(p), *o = NULL;
    struct ww_err e = { .rc = WW_OK };
    cr_assert(ww_store_replay(s, hear, NULL, &e) == WW_OK);
    cr_assert(told.n == 0);
    put_alert(s, 1, 3, 1, T0);
    put_alert(s, 2, 3, 5, T0);
    close_ok(s);
    cr_assert(ww_store_open_operator(&o, p, &e) == WW_OK);
    struct ww_operator op = { .action = "ack", .alert = 2, .who = "ce1", .at_ns = T0 };
    cr_assert(ww_store_act(o, &op, &e) == WW_OK);
    s = open_ok(p);
    cr_assert(ww_store_replay(s, hear, NULL, &e) == WW_OK);
    cr_assert(told.n == 2 && told.id == 2 && told.count == 5 && strcmp(told.action, "ack") == 0);
    put_alert(s, 2, 3, 6, T0 + SEC); /* goes on */
    put_alert(s, 3, 3, 1, T0 + SEC);
    cr_assert(ww_store_sync(s, &e) == WW_OK);
    cr_assert(ww_store_actions(s, hear, NULL, &e) == WW_OK);
    cr_assert(told.n == 2); /* old ones were told by replay */
    op.alert = 1;
    op.action = "close";
    op.why = "settled";
    cr_assert(ww_store_act(o, &op, &e) == WW_OK, "%s", e.text);
    for (int i = 0; i < 2; i++)
        cr_assert(ww_store_actions(s, hear, NULL, &e) == WW_OK);
    cr_assert(told.n == 3 && told.id == 1 && strcmp(told.action, "close") == 0);
    close_ok(o);
    close_ok(s);
    cr_assert(eq(str, query(p, "SELECT group_concat(alert_id||':'||count||':'||run,' ')FROM alerts"),
                 "1:1:1 2:6:1 3:1:2"));
    cr_assert(verified(p).good);
}

/* Every field of the alert has a column, and comes back from it as it went in. */
Test(store, alert_record_is_whole)
{
    const struct ww_table *t = ww_db_tables;
    while (strcmp(t->name, "alerts") != 0)
        t++;
    struct ww_store *s = open_ok(":memory:");
    struct ww_event *e = blank(&ww_alert_type, T0);
    uint64_t n = 0;
    for (uint16_t i = 0; i < ww_alert_type.nfields; i++) {
        const struct ww_field *f = &ww_alert_type.fields[i];
        bool known = false;
        for (uint16_t c = 0; c < t->ncols; c++)
            known = known || strcmp(t->cols[c].from, f->name) == 0;
        cr_assert(known, "alert.%s has no column", f->name);
        if (f->type == WW_FT_STR)
            ww_set_str(e->body, f, ww_slice_str(f->name));
        else
            ww_set_u64(e->body, f, f->type == WW_FT_BOOL ? 1 : ++n);
    }
    ww_store_put(s, e);
    sqlite3_stmt *st = NULL;
    cr_assert(sqlite3_prepare_v2(s->db, "SELECT * FROM alerts", -1, &st, NULL) == SQLITE_OK);
    cr_assert(sqlite3_step(st) == SQLITE_ROW);
    static uint8_t body[sizeof(struct ww_alert)];
    struct ww_db_map map;
    ww_db_map(&map, &ww_alert_type, t, st);
    ww_db_body(body, &map, st);
    static union {
        struct ww_event e;
        uint8_t room[WW_EVENT_MAX];
    } back;
    back.e.type = &ww_alert_type;
    memcpy(back.e.body, body, sizeof body);
    for (uint16_t i = 0; i < ww_alert_type.nfields; i++) {
        const struct ww_field *f = &ww_alert_type.fields[i];
        if (f->type == WW_FT_STR)
            cr_assert(ww_slice_eq(ww_get_str(e, f), ww_get_str(&back.e, f)), "%s", f->name);
        else
            cr_assert(eq(u64, ww_get_u64(e, f), ww_get_u64(&back.e, f)), "%s", f->name);
    }
    sqlite3_finalize(st);
    close_ok(s);
}

/* What the judge tells is kept as a whole: a new field needs a column. */
Test(store, every_field_has_a_column)
{
    for (const struct ww_table *t = ww_db_tables; t->name != NULL; t++) {
        const struct ww_event_type *type = ww_type_find(&reg, t->event);
        cr_assert(type != NULL, "%s", t->event);
        for (uint16_t i = 0; i < type->nfields; i++) {
            bool kept = type->fields[i].type == WW_FT_HASH || type == &ww_stats_type ||
                        type == &ww_link_stats_type; /* @json */
            for (const struct ww_table *u = ww_db_tables; u->name != NULL && !kept; u++)
                for (uint16_t c = 0; c < u->ncols && strcmp(u->event, t->event) == 0; c++)
                    kept = kept || strcmp(u->cols[c].from, type->fields[i].name) == 0;
            cr_assert(kept, "%s.%s has no column", type->name, type->fields[i].name);
        }
    }
}

Test(store, a_column_for_a_pseudonym_is_refused)
{
    /* the only HASH field that may reach a table would be one named in tables.c: none is */
    for (const struct ww_table *t = ww_db_tables; t->name != NULL; t++) {
        const struct ww_event_type *type = ww_type_find(&reg, t->event);
        for (uint16_t i = 0; type != NULL && i < t->ncols; i++) {
            const struct ww_field *f = ww_type_field(type, t->cols[i].from);
            cr_assert(f == NULL || f->type != WW_FT_HASH);
        }
    }
}

Test(store, hostile_text_stays_text)
{
    const char *p = file("a.db");
    struct ww_store *s = open_ok(p);
    put_evidence(s, "CT-01", "name", WW_SLICE_LIT("a\0b'\");DROP TABLE alerts;--"), T0);
    put_evidence(s, "CT-01", "name", WW_SLICE_LIT("\xff\xfe\x80"), T0);
    static char longest[128];
    memset(longest, 0xff, sizeof longest);
    put_evidence(s, "CT-01", "name", (struct ww_slice){ (uint8_t *)longest, sizeof longest }, T0);
    close_ok(s);
    char *got = query(p, "SELECT value FROM evidence WHERE length(value)<100 ORDER BY value");
    cr_assert(eq(str, got, "a\xef\xbf\xbd" "b'\");DROP TABLE alerts;--|\xc3\xbf\xc3\xbe\xc2\x80"));
    cr_assert(eq(str, query(p, "SELECT max(length(value)),(SELECT count(*)FROM alerts)FROM evidence"),
                 "128|0"));
}

Test(store, statistics_keep_the_newest_of_each_hour)
{
    const char *p = file("a.db");
    struct ww_store *s = open_ok(p);
    for (unsigned i = 0; i < 130; i++) {
        struct ww_stats *b = (void *)blank(&ww_stats_type, T0 + i * 60 * (uint64_t)SEC)->body;
        memset(b, 0xff, sizeof *b); /* the longest numbers there are */
        b->coverage__grade.len = b->coverage__reasons.len = b->coverage__reasons.total = 0;
        b->capture__packets = i;
        WW_SET(b->coverage__grade, WW_SLICE_LIT("?"));
        ww_store_put(s, &ev.e);
    }
    close_ok(s);
    char *got = query(p, "SELECT json_extract(body,'$.capture.packets'),"
                         "json_type(body,'$.coverage.loss_ppm') FROM statistics ORDER BY ts");
    cr_assert(eq(str, got, "33|null|93|null|129|null"));
}

/* ---- versions ------------------------------------------------------------------------------------ */
Test(store, version_0_is_brought_up_to_date)
{
    const char *p = file("a.db");
    close_ok(open_ok(p));
    cr_assert(eq(str, query(p, "PRAGMA user_version"), "3"));
    cr_assert(eq(str, query(p, "PRAGMA application_id"), "2003072867"));
    cr_assert(eq(str, query(p, "PRAGMA journal_mode"), "wal"));
}

Test(store, migration_adds_columns_and_keeps_rows)
{
    static const struct ww_col c1[] = { { 1, "k", "@ts", "INTEGER", WW_M_KEY },
                                        { 2, "extra", "@frame", "INTEGER", WW_M_SET } };
    static const struct ww_table tables[] = { { 1, "t", "x", c1, 2, 0, NULL },
                                              { 2, "u", "x", c1, 1, 0, NULL },
                                              { .name = NULL } };
    static const struct ww_migration one[] = { { "first", NULL }, { NULL, NULL } };
    static const struct ww_migration two[] = { { "first", NULL },
                                               { "more", "UPDATE t SET extra=7" },
                                               { NULL, NULL } };
    static const struct ww_migration bad[] = { { "first", NULL },
                                               { "more", NULL },
                                               { "broken", "CREATE TABLE v(a);NONSENSE" },
                                               { NULL, NULL } };
    sqlite3 *db = NULL;
    struct ww_err e = { .rc = WW_OK };
    cr_assert(sqlite3_open(file("m.db"), &db) == SQLITE_OK);
    cr_assert(ww_db_migrate(db, "m.db", tables, one, &e) == WW_OK, "%s", e.text);
    cr_assert(sqlite3_exec(db, "INSERT INTO t VALUES(1)", NULL, NULL, NULL) == SQLITE_OK);
    cr_assert(ww_db_migrate(db, "m.db", tables, two, &e) == WW_OK, "%s", e.text);
    cr_assert(ww_db_migrate(db, "m.db", tables, two, &e) == WW_OK, "%s", e.text);
    cr_assert(eq(str, query(file("m.db"), "SELECT k,extra FROM t"), "1|7"));
    cr_assert(eq(str, query(file("m.db"), "SELECT count(*) FROM u"), "0"));
    /* a step that fails leaves the file as it was */
    cr_assert(ww_db_migrate(db, "m.db", tables, bad, &e) != WW_OK);
    cr_assert(strstr(e.text, "version 3 (broken)") != NULL, "%s", e.text);
    cr_assert(eq(str, query(file("m.db"), "PRAGMA user_version"), "2"));
    cr_assert(eq(str, query(file("m.db"), "SELECT count(*)FROM sqlite_schema WHERE name='v'"), "0"));
    sqlite3_close(db);
}

static void refused(const char *path, enum ww_rc want, const char *text)
{
    struct ww_store *s = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct ww_store_cfg c = config(path);
    enum ww_rc rc = ww_store_open(&s, &c, &e);
    cr_assert(rc == want, "%d: %s", rc, e.text);
    cr_assert(strstr(e.text, text) != NULL, "%s", e.text);
    cr_assert(strstr(e.text, path) != NULL, "%s", e.text);
    cr_assert(s == NULL);
}

Test(store, newer_version_is_refused_and_untouched)
{
    const char *p = file("a.db");
    close_ok(open_ok(p));
    query(p, "PRAGMA user_version=99");
    refused(p, WW_E_VERSION, "newer wardwatch (schema 99");
    cr_assert(eq(str, query(p, "SELECT count(*) FROM runs"), "1"));
    struct ww_store *s = NULL;
    struct ww_err e;
    cr_assert(ww_store_open_read(&s, p, &e) == WW_E_VERSION);
}

Test(store, files_of_others_are_refused_and_untouched)
{
    const char *p = file("other.db");
    sqlite3 *db = NULL;
    cr_assert(sqlite3_open(p, &db) == SQLITE_OK);
    sqlite3_exec(db, "CREATE TABLE patients(a)", NULL, NULL, NULL);
    sqlite3_close(db);
    refused(p, WW_E_DATA, "another program");
    cr_assert(eq(str, query(p, "SELECT group_concat(name) FROM sqlite_schema"), "patients"));
    cr_assert(eq(str, query(p, "PRAGMA journal_mode"), "delete"));
    const char *t = file("text.db");
    FILE *f = fopen(t, "w");
    for (int i = 0; i < 2000; i++)
        fputs("not a database\n", f);
    fclose(f);
    refused(t, WW_E_DATA, "not an SQLite database");
}

Test(store, missing_and_unwritable_places)
{
    struct ww_store *s = NULL;
    struct ww_err e;
    refused(file("no/such/a.db"), WW_E_SYS, "check that the file and its folder exist");
    refused(dir, WW_E_SYS, "cannot open");
    cr_assert(ww_store_open_read(&s, file("none.db"), &e) == WW_E_SYS);
    cr_assert(strstr(e.text, "no such database") != NULL, "%s", e.text);
    cr_assert(access(file("none.db"), F_OK) != 0);
    if (geteuid() == 0) /* root may write anywhere: give the right up */
        cr_assert(chown(dir, 65534, 65534) == 0 && seteuid(65534) == 0);
    chmod(dir, 0500);
    refused(file("a.db"), WW_E_SYS, "writable");
    if (getuid() == 0)
        cr_assert(seteuid(0) == 0);
}

Test(store, damaged_file)
{
    const char *p = file("a.db");
    struct ww_store *s = open_ok(p);
    for (unsigned i = 0; i < 2000; i++)
        put_conv(s, i, T0);
    close_ok(s);
    int fd = open(p, O_WRONLY);
    static char junk[4096];
    memset(junk, 0xa5, sizeof junk);
    for (off_t at = 4096; at < 40 * 4096; at += 4096)
        cr_assert(pwrite(fd, junk, sizeof junk, at) == sizeof junk);
    close(fd);
    struct ww_store_cfg c = config(p);
    struct ww_err e = { .rc = WW_OK };
    s = NULL;
    enum ww_rc rc = ww_store_open(&s, &c, &e);
    if (rc == WW_OK) { /* found later: counted, told at the end */
        put_conv(s, 1, T0);
        rc = ww_store_close(s, &e);
    }
    cr_assert(rc == WW_E_DATA, "%d %s", rc, e.text);
    cr_assert(strstr(e.text, "damaged") != NULL, "%s", e.text);
}

/* ---- full disk, broken disk --------------------------------------------------------------------- */
Test(store, size_limit_keeps_what_is_stored)
{
    const char *p = file("a.db");
    struct ww_store *s = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct ww_store_cfg c = config(p);
    c.max_bytes = 60 * 4096;
    c.batch_events = 50;
    cr_assert(ww_store_open(&s, &c, &e) == WW_OK, "%s", e.text);
    for (unsigned i = 0; i < 5000; i++) {
        put_conv(s, i, T0);
        put_alert(s, i, 3, 1, T0);
    }
    struct ww_store_counts n;
    ww_store_counts(s, &n);
    cr_assert(n.lost > 0 && n.stored > 100 && n.stored + n.lost == 10000, "%lu %lu", n.stored,
              n.lost);
    cr_assert(ww_store_close(s, &e) == WW_E_FULL);
    cr_assert(strstr(e.text, "size limit") != NULL, "%s", e.text);
    char want[32];
    snprintf(want, sizeof want, "%llu", (unsigned long long)n.stored);
    cr_assert(eq(str, query(p, "SELECT (SELECT count(*)FROM alerts)+(SELECT count(*)FROM conversations)"),
                 want));
    struct ww_verify v = verified(p);
    cr_assert(v.good, "%s", v.bad);
}

/* A file system that is full, or broken, after a number of writes. */
static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    long writes_left; /* < 0 = no limit */
    int error;
} shim;
struct shim_file {
    sqlite3_file base;
    sqlite3_io_methods io;
    const sqlite3_io_methods *real_io;
    /* the real file follows */
};
static sqlite3_file *inner(sqlite3_file *f)
{
    return (sqlite3_file *)((struct shim_file *)f + 1);
}
static int sh_fail(void)
{
    if (shim.writes_left < 0)
        return SQLITE_OK;
    return shim.writes_left-- > 0 ? SQLITE_OK : (shim.writes_left = 0, shim.error);
}
static int sh_close(sqlite3_file *f) { return inner(f)->pMethods->xClose(inner(f)); }
static int sh_read(sqlite3_file *f, void *b, int n, sqlite3_int64 at)
{
    return inner(f)->pMethods->xRead(inner(f), b, n, at);
}
static int sh_write(sqlite3_file *f, const void *b, int n, sqlite3_int64 at)
{
    int rc = sh_fail();
    return rc != SQLITE_OK ? rc : inner(f)->pMethods->xWrite(inner(f), b, n, at);
}
static int sh_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    return inner(f)->pMethods->xTruncate(inner(f), n);
}
static int sh_sync(sqlite3_file *f, int fl)
{
    int rc = sh_fail();
    return rc != SQLITE_OK ? rc : inner(f)->pMethods->xSync(inner(f), fl);
}
static int sh_size(sqlite3_file *f, sqlite3_int64 *n)
{
    return inner(f)->pMethods->xFileSize(inner(f), n);
}
static int sh_lock(sqlite3_file *f, int l) { return inner(f)->pMethods->xLock(inner(f), l); }
static int sh_unlock(sqlite3_file *f, int l) { return inner(f)->pMethods->xUnlock(inner(f), l); }
static int sh_reserved(sqlite3_file *f, int *r)
{
    return inner(f)->pMethods->xCheckReservedLock(inner(f), r);
}
static int sh_control(sqlite3_file *f, int op, void *a)
{
    return inner(f)->pMethods->xFileControl(inner(f), op, a);
}
static int sh_sector(sqlite3_file *f) { return inner(f)->pMethods->xSectorSize(inner(f)); }
static int sh_traits(sqlite3_file *f)
{
    return inner(f)->pMethods->xDeviceCharacteristics(inner(f));
}
static int sh_map(sqlite3_file *f, int pg, int n, int x, void volatile **p)
{
    return inner(f)->pMethods->xShmMap(inner(f), pg, n, x, p);
}
static int sh_shlock(sqlite3_file *f, int o, int n, int fl)
{
    return inner(f)->pMethods->xShmLock(inner(f), o, n, fl);
}
static void sh_barrier(sqlite3_file *f) { inner(f)->pMethods->xShmBarrier(inner(f)); }
static int sh_unmap(sqlite3_file *f, int d) { return inner(f)->pMethods->xShmUnmap(inner(f), d); }
static int sh_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
    struct shim_file *sf = (struct shim_file *)f;
    (void)v;
    f->pMethods = NULL;
    int rc = shim.real->xOpen(shim.real, name, inner(f), flags, out);
    if (rc != SQLITE_OK)
        return rc;
    sf->io = (sqlite3_io_methods){ .iVersion = 2, .xClose = sh_close, .xRead = sh_read,
                                   .xWrite = sh_write, .xTruncate = sh_truncate, .xSync = sh_sync,
                                   .xFileSize = sh_size, .xLock = sh_lock, .xUnlock = sh_unlock,
                                   .xCheckReservedLock = sh_reserved, .xFileControl = sh_control,
                                   .xSectorSize = sh_sector, .xDeviceCharacteristics = sh_traits,
                                   .xShmMap = sh_map, .xShmLock = sh_shlock,
                                   .xShmBarrier = sh_barrier, .xShmUnmap = sh_unmap };
    f->pMethods = &sf->io;
    return SQLITE_OK;
}
static void shim_on(int error)
{
    shim.real = sqlite3_vfs_find(NULL);
    shim.vfs = *shim.real;
    shim.vfs.zName = "ww-fail";
    shim.vfs.szOsFile = (int)sizeof(struct shim_file) + shim.real->szOsFile;
    shim.vfs.xOpen = sh_open;
    shim.writes_left = -1;
    shim.error = error;
    cr_assert(sqlite3_vfs_register(&shim.vfs, 1) == SQLITE_OK);
}

/* The disk fails at the first write, the second, ...: each time the file stays valid, the loss is
 * counted, and the end says so. */
static void failing_disk(int error, enum ww_rc want, unsigned batch)
{
    shim_on(error);
    unsigned failures = 0;
    for (long at = 0; at < 60; at++) {
        char name[32];
        snprintf(name, sizeof name, "f%ld.db", at);
        const char *p = file(name);
        struct ww_store *s = NULL;
        struct ww_err e = { .rc = WW_OK };
        struct ww_store_cfg c = config(p);
        c.batch_events = batch;
        cr_assert(ww_store_open(&s, &c, &e) == WW_OK, "%s", e.text);
        shim.writes_left = at;
        for (unsigned i = 0; i < 100; i++) {
            put_alert(s, i, 3, 1, T0 + i);
            put_conv(s, i, T0 + i);
        }
        struct ww_store_counts n;
        enum ww_rc rc = ww_store_sync(s, &e);
        ww_store_counts(s, &n);
        if (rc != WW_OK) {
            failures++;
            cr_assert(rc == want, "%d %s", rc, e.text);
            cr_assert(n.lost > 0);
            cr_assert(strstr(e.text, "events were not stored") != NULL, "%s", e.text);
        }
        cr_assert(n.stored + n.lost == 200, "at %ld: %lu %lu", at, n.stored, n.lost);
        shim.writes_left = -1;
        cr_assert(ww_store_close(s, &e) == rc, "%s", e.text);
        char want_rows[32];
        snprintf(want_rows, sizeof want_rows, "%llu", (unsigned long long)n.stored);
        cr_assert(eq(str, query(p, "SELECT (SELECT count(*)FROM alerts)+"
                                   "(SELECT count(*)FROM conversations)"), want_rows),
                  "at %ld", at);
        struct ww_verify v = verified(p);
        cr_assert(v.good, "at %ld: %s", at, v.bad);
    }
    cr_assert(failures > 10, "%u", failures);
}

Test(store, says_how_much_room_is_left)
{
    uint32_t free_ppm = 7;
    struct ww_store *s = open_ok(file("r.db"));
    cr_assert(ww_store_room(s, &free_ppm));
    cr_assert(le(u32, free_ppm, 1000000));
    close_ok(s);
    s = open_ok(":memory:");
    cr_assert(not(ww_store_room(s, &free_ppm)));
    close_ok(s);
}

Test(store, disk_full_at_every_write) { failing_disk(SQLITE_FULL, WW_E_FULL, 20); }
Test(store, disk_broken_at_every_write) { failing_disk(SQLITE_IOERR_WRITE, WW_E_SYS, 20); }
/* the same with conversations that wait for others, and are written many in a statement */
Test(store, disk_full_at_every_write_of_many) { failing_disk(SQLITE_FULL, WW_E_FULL, 150); }
Test(store, disk_broken_at_every_write_of_many) { failing_disk(SQLITE_IOERR_WRITE, WW_E_SYS, 150); }

Test(store, writing_resumes_when_there_is_room_again)
{
    shim_on(SQLITE_FULL);
    const char *p = file("a.db");
    struct ww_store *s = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct ww_store_cfg c = config(p);
    c.batch_events = 1;
    cr_assert(ww_store_open(&s, &c, &e) == WW_OK, "%s", e.text);
    put_alert(s, 1, 3, 1, T0);
    shim.writes_left = 0;
    put_alert(s, 2, 3, 1, T0 + SEC);
    shim.writes_left = -1;
    put_alert(s, 3, 3, 1, T0 + 2 * (uint64_t)SEC); /* too early to try again */
    put_alert(s, 4, 3, 1, T0 + 90 * (uint64_t)SEC);
    cr_assert(ww_store_close(s, &e) == WW_E_FULL);
    cr_assert(strstr(e.text, "(2 events") != NULL, "%s", e.text);
    cr_assert(eq(str, query(p, "SELECT group_concat(alert_id) FROM alerts"), "1,4"));
    cr_assert(verified(p).good);
}

/* ---- others at the same time ------------------------------------------------------------------------ */
Test(store, reader_beside_the_writer)
{
    const char *p = file("a.db");
    struct ww_store *s = open_ok(p), *r = NULL;
    struct ww_err e = { .rc = WW_OK };
    put_alert(s, 1, 3, 1, T0);
    cr_assert(ww_store_sync(s, &e) == WW_OK);
    put_alert(s, 2, 3, 1, T0);
    cr_assert(ww_store_open_read(&r, p, &e) == WW_OK, "%s", e.text);
    struct ww_verify v;
    cr_assert(ww_store_verify(r, &v, &e) == WW_OK, "%s", e.text);
    cr_assert(v.good && v.alerts == 1, "%s %lu", v.bad, v.alerts); /* not what is not committed */
    cr_assert(ww_store_sync(s, &e) == WW_OK);
    cr_assert(ww_store_verify(r, &v, &e) == WW_OK);
    cr_assert(v.good && v.alerts == 2);
    /* it cannot write */
    struct ww_operator op = { .action = "ack", .alert = 1, .who = "ce1", .at_ns = T0 };
    cr_assert(ww_store_act(r, &op, &e) == WW_E_SYS, "%s", e.text);
    close_ok(r);
    close_ok(s);
}

Test(store, locked_by_another_writer)
{
    const char *p = file("a.db");
    struct ww_store *s = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct ww_store_cfg c = config(p);
    c.busy_ms = 1;
    cr_assert(ww_store_open(&s, &c, &e) == WW_OK);
    sqlite3 *other = NULL;
    cr_assert(sqlite3_open(p, &other) == SQLITE_OK);
    cr_assert(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
    for (unsigned i = 0; i < 20; i++)
        put_alert(s, i, 3, 1, T0);
    cr_assert(ww_store_sync(s, &e) == WW_E_SYS);
    cr_assert(strstr(e.text, "holds the lock; 20 events wait") != NULL, "%s", e.text);
    /* more than can wait: conversations are lost first, a quarter stays for alerts */
    for (unsigned i = 0; i < 3000; i++)
        put_conv(s, i, T0);
    put_alert(s, 100, 5, 1, T0);
    struct ww_store_counts n;
    ww_store_counts(s, &n);
    cr_assert(n.lost > 0 && n.lost < 3000 && n.stored == 0 && n.busy > 0);
    sqlite3_exec(other, "COMMIT", NULL, NULL, NULL);
    sqlite3_close(other);
    cr_assert(ww_store_close(s, &e) == WW_E_SYS); /* some were lost, and that is said */
    cr_assert(eq(str, query(p, "SELECT count(*),max(alert_id) FROM alerts"), "21|100"));
    cr_assert(verified(p).good);
}

Test(store, growing_tables_are_capped)
{
    const char *p = file("a.db");
    struct ww_store *s = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct ww_store_cfg c = config(p);
    c.max_rows = 50;
    c.batch_events = 1;
    cr_assert(ww_store_open(&s, &c, &e) == WW_OK);
    for (unsigned i = 0; i < 640; i++)
        put_conv(s, i, T0 + i);
    struct ww_store_counts n;
    ww_store_counts(s, &n);
    close_ok(s);
    cr_assert(n.evicted > 500);
    cr_assert(eq(str, query(p, "SELECT count(*),min(port),max(port) FROM conversations"), "45|595|639"));
}

Test(store, live_commits_by_packet_time)
{
    const char *p = file("a.db");
    struct ww_store *s = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct ww_store_cfg c = config(p);
    c.live = true;
    cr_assert(ww_store_open(&s, &c, &e) == WW_OK);
    put_alert(s, 1, 3, 1, T0);
    cr_assert(eq(str, query(p, "SELECT count(*) FROM alerts"), "0"));
    ww_store_tick(s, T0 + SEC / 2);
    cr_assert(eq(str, query(p, "SELECT count(*) FROM alerts"), "0"));
    ww_store_tick(s, T0 + SEC);
    cr_assert(eq(str, query(p, "SELECT count(*) FROM alerts"), "1"));
    close_ok(s);
}

/* ---- chain and operators ---------------------------------------------------------------------------- */
static void three_alerts(const char *p)
{
    struct ww_store *s = open_ok(p);
    struct ww_err e;
    put_alert(s, 1, 3, 1, T0);
    put_alert(s, 2, 4, 1, T0);
    cr_assert(ww_store_sync(s, &e) == WW_OK);
    put_alert(s, 2, 4, 9, T0 + SEC);
    put_alert(s, 3, 2, 1, T0);
    close_ok(s);
}

Test(store, tampering_is_found)
{
    static const struct {
        const char *sql, *told;
    } row[] = {
        { "UPDATE alerts SET level=1 WHERE id=2", "alerts 2 was changed" },
        { "UPDATE alerts SET observed='x' WHERE id=1", "alerts 1 was changed" },
        { "UPDATE alerts SET subjects=0 WHERE id=3", "alerts 3 was changed" },
        { "DELETE FROM alerts WHERE id=1", "alerts 1 was removed" },
        { "INSERT INTO alerts(series,alert_id)VALUES(1,77)", "alerts 4 has no link" },
        { "DELETE FROM chain WHERE n=2", "chain: link 2 is missing" },
        { "DELETE FROM chain WHERE n>=4", "alerts 3 has no link" },
        { "UPDATE chain SET at=at+1 WHERE n=1", "chain: link 1 was changed" },
        { "UPDATE chain SET digest=zeroblob(32) WHERE n=3", "chain: link 3 was changed" },
        { "UPDATE chain SET digest=x'00' WHERE n=3", "chain: link 3 was changed" },
        { "UPDATE operator_action SET who='somebody else'", "operator_action 1 was changed" },
        { "DELETE FROM operator_action", "operator_action 1 was removed" },
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%zu.db", i);
        const char *p = file(name);
        three_alerts(p);
        struct ww_store *s = NULL;
        struct ww_err e;
        struct ww_operator op = { .action = "ack", .alert = 2, .who = "ce1", .at_ns = T0 };
        cr_assert(ww_store_open_operator(&s, p, &e) == WW_OK);
        cr_assert(ww_store_act(s, &op, &e) == WW_OK, "%s", e.text);
        close_ok(s);
        struct ww_verify v = verified(p);
        cr_assert(v.good && v.links == 5 && v.alerts == 3 && v.actions == 1, "%s %lu", v.bad,
                  v.links);
        query(p, row[i].sql);
        v = verified(p);
        cr_assert(not(v.good), "%s", row[i].sql);
        cr_assert(strstr(v.bad, row[i].told) != NULL, "%s: %s", row[i].sql, v.bad);
    }
}

Test(store, a_removed_number_is_not_used_again)
{
    const char *p = file("a.db");
    three_alerts(p);
    query(p, "DELETE FROM alerts WHERE id=3");
    struct ww_store *s = open_ok(p);
    put_alert(s, 1, 3, 1, T0);
    close_ok(s);
    cr_assert(eq(str, query(p, "SELECT group_concat(id) FROM alerts"), "1,2,4"));
    struct ww_verify v = verified(p);
    cr_assert(not(v.good));
    cr_assert(strstr(v.bad, "alerts 3 was removed") != NULL, "%s", v.bad);
}

Test(store, head_proves_that_nothing_was_cut_off)
{
    const char *p = file("a.db");
    three_alerts(p);
    struct ww_verify a = verified(p);
    query(p, "DELETE FROM chain WHERE n=4");
    query(p, "DELETE FROM alerts WHERE id=3");
    struct ww_verify b = verified(p);
    cr_assert(b.good); /* a chain alone cannot tell */
    cr_assert(strcmp(a.head, b.head) != 0 && strlen(a.head) == 64);
}

static enum ww_rc act(struct ww_store *s, struct ww_operator op, const char *told)
{
    struct ww_err e = { .rc = WW_OK };
    enum ww_rc rc = ww_store_act(s, &op, &e);
    cr_assert(told == NULL || strstr(e.text, told) != NULL, "%s", e.text);
    return rc;
}

Test(store, operators_act_beside_a_running_writer)
{
    const char *p = file("a.db");
    struct ww_store *s = open_ok(p), *o = NULL;
    struct ww_err e;
    put_alert(s, 1, 3, 1, T0);
    put_alert(s, 2, 4, 1, T0);
    cr_assert(ww_store_sync(s, &e) == WW_OK);
    cr_assert(ww_store_open_operator(&o, p, &e) == WW_OK, "%s", e.text);
    struct ww_operator op = { .action = "ack", .alert = 1, .who = "ce1", .at_ns = T0 };
    cr_assert(act(o, op, NULL) == WW_OK);
    op.alert = 9;
    cr_assert(act(o, op, "no alert 9") == WW_E_CONF);
    op.alert = 1;
    op.action = "delete";
    cr_assert(act(o, op, "no such action") == WW_E_CONF);
    op.action = "close";
    cr_assert(act(o, op, "say why") == WW_E_CONF);
    op.why = "known maintenance";
    op.who = "";
    cr_assert(act(o, op, "say who") == WW_E_CONF);
    op.who = "ce1";
    cr_assert(act(o, op, NULL) == WW_OK);
    op.action = "suppress";
    cr_assert(act(o, op, "until when") == WW_E_CONF);
    op.until_ns = T0 + SEC;
    cr_assert(act(o, op, NULL) == WW_OK);
    op.alert = 2; /* INV-07 */
    cr_assert(act(o, op, "levels 4 and 5 are never suppressed") == WW_E_CONF);
    put_alert(s, 2, 5, 2, T0 + SEC); /* the writer goes on from the operator's link */
    close_ok(o);
    close_ok(s);
    struct ww_verify v = verified(p);
    cr_assert(v.good && v.actions == 3 && v.links == 6, "%s %lu", v.bad, v.links);
    cr_assert(eq(str, query(p, "SELECT group_concat(action) FROM operator_action"),
                 "ack,close,suppress"));
}

Test(store, info_tells_the_contents)
{
    struct ww_store *s = open_ok(":memory:");
    struct ww_err e;
    static char b[2048];
    put_alert(s, 1, 3, 1, T0);
    struct ww_out o = ww_out(b, sizeof b - 1);
    cr_assert(ww_store_info(&o, s, true, &e) == WW_OK);
    cr_assert(t_json_bad(b, o.n - 1) == NULL, "%s", t_json_bad(b, o.n - 1));
    cr_assert(strstr(b, "\"alerts\":1") != NULL, "%s", b);
    close_ok(s);
}

/* ---- sink ------------------------------------------------------------------------------------------------ */
static struct ww_sink sink;

Test(store, sink_full_disk_and_gone_reader)
{
    struct ww_err e = { .rc = WW_OK };
    cr_assert(ww_sink_open(&sink, "/dev/full", &e) == WW_OK);
    for (int i = 0; i < 20000; i++)
        ww_out_s(&sink.o, "0123456789");
    cr_assert(ww_sink_close(&sink, &e) == WW_E_FULL);
    cr_assert(strstr(e.text, "/dev/full: no space left, 200000 bytes") != NULL, "%s", e.text);
    cr_assert(ww_sink_open(&sink, file("no/such"), &e) == WW_E_SYS);
    int fds[2];
    signal(SIGPIPE, SIG_IGN);
    cr_assert(pipe(fds) == 0 && dup2(fds[1], STDOUT_FILENO) >= 0);
    close(fds[0]);
    cr_assert(ww_sink_open(&sink, "-", &e) == WW_OK);
    ww_out_s(&sink.o, "x");
    cr_assert(ww_sink_sync(&sink, &e) == WW_OK);
    cr_assert(sink.gone);
}
