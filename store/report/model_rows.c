/* model_rows.c - questions to the store: devices, conversations, alerts, operator actions. */
#include "store/report/model.h"
#include <stdlib.h>

enum { SQL_MAX = 12 * 1024, LEVEL_NEVER_HIDDEN = 4 };

static uint64_t num(sqlite3_stmt *st, int col)
{
    return (uint64_t)sqlite3_column_int64(st, col);
}

/* A number that may be unknown. */
static uint64_t unknown(sqlite3_stmt *st, int col)
{
    return sqlite3_column_type(st, col) == SQLITE_NULL ? WW_NULL64 : num(st, col);
}

static enum ww_rc end(const struct ww_store *s, sqlite3_stmt *st, enum ww_rc rc, int step,
                      struct ww_err *e)
{
    if (rc == WW_OK && step != SQLITE_DONE)
        rc = ww_db_fail(s->db, step, s->path, "cannot read the tables", e);
    (void)sqlite3_finalize(st);
    return rc;
}

/* One column per attribute, from the list in model.h. */
static void devices_sql(struct ww_out *o)
{
    static const char *const attribute[] = {
#define WW_X(a) #a,
        WW_DEVICE_ATTRIBUTES(WW_X)
#undef WW_X
    };
    ww_out_s(
        o, /* a conversation is stored once, for both of its ends */
           "WITH shown(id,known)AS MATERIALIZED(SELECT id,EXISTS(SELECT 1 FROM evidence WHERE"
           " device=devices.id AND attribute='name')AS known FROM devices ORDER BY known DESC,id"
           " LIMIT ?1),"
           "speaks(d,a)AS MATERIALIZED(SELECT device,app FROM conversations WHERE app<>''"
           " AND device IN(SELECT id FROM shown)UNION SELECT peer_id,app FROM conversations"
           " WHERE app<>'' AND peer_id IN(SELECT id FROM shown))"
           "SELECT d.id,d.ip,d.mac,d.first_seen,d.last_seen,"
           "(SELECT group_concat(a,char(31))FROM(SELECT a FROM speaks WHERE speaks.d=d.id ORDER BY 1)),"
           "(SELECT group_concat(v,char(31))FROM(SELECT replace(value,char(31),' ')v FROM evidence"
           " WHERE device=d.id AND attribute='ip' GROUP BY value ORDER BY max(last_seen)DESC))");
    for (size_t i = 0; i < sizeof attribute / sizeof attribute[0]; i++)
        ww_out_f(o,
                 ",(SELECT group_concat(v,char(31))FROM(SELECT replace(value,char(31),' ')v"
                 " FROM evidence WHERE device=d.id AND attribute='%s' GROUP BY value"
                 " ORDER BY max(confidence)DESC,max(last_seen)DESC))",
                 attribute[i]);
    ww_out_s(o, " FROM shown JOIN devices d USING(id) ORDER BY shown.known DESC,d.id");
}

enum ww_rc ww_model_devices(const struct ww_store *s, uint64_t limit, ww_device_fn *fn, void *to,
                            struct ww_err *e)
{
    sqlite3_stmt *st = NULL;
    char *sql = malloc(SQL_MAX);
    if (sql == NULL)
        return WW_FAIL(e, WW_E_SYS, "%s: no memory", s->path);
    struct ww_out o = ww_out(sql, SQL_MAX - 1);
    devices_sql(&o);
    sql[o.n] = 0;
    enum ww_rc rc = ww_db_prepare(s, &st, sql, e);
    free(sql);
    int step = SQLITE_DONE;
    if (rc == WW_OK)
        (void)sqlite3_bind_int64(st, 1, limit > 0 ? (sqlite3_int64)limit : -1);
    while (rc == WW_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
        int c = 7;
        struct ww_device_row r = { .id = ww_db_text(st, 0),
                                   .ip = ww_db_text(st, 1),
                                   .mac = ww_db_text(st, 2),
                                   .first = num(st, 3),
                                   .last = num(st, 4),
                                   .apps = ww_db_text(st, 5),
                                   .ips = ww_db_text(st, 6) };
#define WW_X(a) r.a = ww_db_text(st, c++);
        WW_DEVICE_ATTRIBUTES(WW_X)
#undef WW_X
        fn(to, &r);
    }
    return end(s, st, rc, step, e);
}

enum ww_rc ww_model_links(const struct ww_store *s, bool worst_first, uint64_t limit, ww_link_fn *fn,
                          void *to, struct ww_err *e)
{
    static const char sql[] =
        "SELECT scope='vlan',vlan,body,body->>'name',body->>'$.coverage.grade',body->>'packets',"
        "body->>'untold',body->>'$.coverage.loss_ppm',body->>'$.coverage.one_way_ppm',"
        "body->>'$.coverage.midstream_ppm',body->>'$.coverage.truncated_ppm',"
        "(SELECT group_concat(value,char(31)) FROM json_each(body,'$.coverage.reasons'))"
        " FROM links WHERE run=(SELECT max(run)FROM links) ORDER BY CASE ?2 WHEN 1 THEN "
        "instr('DC?BA',body->>'$.coverage.grade')END,source,scope,vlan LIMIT ?1";
    sqlite3_stmt *st = NULL;
    enum ww_rc rc = ww_db_prepare(s, &st, sql, e);
    int step = SQLITE_DONE;
    if (rc == WW_OK) {
        (void)sqlite3_bind_int64(st, 1, limit > 0 ? (sqlite3_int64)limit : -1);
        (void)sqlite3_bind_int(st, 2, worst_first);
    }
    while (rc == WW_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
        struct ww_link_row r = { .vlan_scope = sqlite3_column_int(st, 0) != 0,
                                 .vlan = num(st, 1),
                                 .json = ww_db_text(st, 2),
                                 .name = ww_db_text(st, 3),
                                 .grade = ww_db_text(st, 4),
                                 .packets = num(st, 5),
                                 .untold = num(st, 6),
                                 .loss_ppm = unknown(st, 7),
                                 .one_way_ppm = unknown(st, 8),
                                 .midstream_ppm = unknown(st, 9),
                                 .truncated_ppm = unknown(st, 10),
                                 .reasons = ww_db_text(st, 11) };
        fn(to, &r);
    }
    return end(s, st, rc, step, e);
}

/* The worst verdict of the days stands for the conversation. The words happen to go the other way in
 * the alphabet: violation, unresolved, unbound, (none), permitted, infrastructure. */
#define NO_VERDICT "q"
#define VERDICT    "coalesce(verdict,'" NO_VERDICT "')"

enum ww_rc ww_model_convs(const struct ww_store *s, uint64_t limit, ww_conv_fn *fn, void *to,
                          struct ww_err *e)
{
    static const char days[] =
        "SELECT device,peer,max(peer_id),direction,ip_proto,port,app,sum(flows),sum(bytes_out),"
        "sum(bytes_in),min(first_seen),max(last_seen),count(*),max(" VERDICT ")AS v"
        " FROM conversations GROUP BY device,peer,direction,ip_proto,port,app"
        " ORDER BY v DESC,sum(bytes_out)+sum(bytes_in)DESC,device,peer,port LIMIT ?1";
    static const char day[] = /* nothing to add up: a tenth of the work */
        "SELECT device,peer,peer_id,direction,ip_proto,port,app,flows,bytes_out,bytes_in,"
        "first_seen,last_seen,1," VERDICT " AS v FROM conversations"
        " ORDER BY v DESC,bytes_out+bytes_in DESC,device,peer,port LIMIT ?1";
    sqlite3_stmt *st = NULL;
    bool one = false;
    enum ww_rc rc = ww_model_one_day(s, &one, e);
    if (rc == WW_OK)
        rc = ww_db_prepare(s, &st, one ? day : days, e);
    int step = SQLITE_DONE;
    if (rc == WW_OK)
        (void)sqlite3_bind_int64(st, 1, limit > 0 ? (sqlite3_int64)limit : -1);
    while (rc == WW_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
        struct ww_slice verdict = ww_db_text(st, 13);
        if (ww_slice_eqs(verdict, NO_VERDICT))
            verdict = ww_slice_str("");
        struct ww_conv_row r = { .device = ww_db_text(st, 0),
                                 .peer = ww_db_text(st, 1),
                                 .peer_id = ww_db_text(st, 2),
                                 .direction = ww_db_text(st, 3),
                                 .ip_proto = num(st, 4),
                                 .port = num(st, 5),
                                 .app = ww_db_text(st, 6),
                                 .flows = num(st, 7),
                                 .bytes_out = num(st, 8),
                                 .bytes_in = num(st, 9),
                                 .first = num(st, 10),
                                 .last = num(st, 11),
                                 .days = num(st, 12),
                                 .verdict = verdict };
        fn(to, &r);
    }
    return end(s, st, rc, step, e);
}

static const struct ww_table *alert_table(void)
{
    const struct ww_table *t = ww_db_tables;
    while (t->name != NULL && !(t->flags & WW_T_CHAINED))
        t++;
    return t;
}

/* Levels 4 and 5 are never hidden, whatever an operator's row says (INV-07). */
static const char *state_of(unsigned level, const char *action, uint64_t until, uint64_t now)
{
    if (action == NULL)
        return "open";
    if (strcmp(action, "close") == 0)
        return "closed";
    if (strcmp(action, "suppress") == 0)
        return level < LEVEL_NEVER_HIDDEN && until > now ? "suppressed" : "open";
    return "ack";
}

/* What is needed to know the state of alerts, and to sort them; whole records only of those that are
 * told. */
#define ALERT_KEYS                                                                                 \
    "SELECT a.id,a.level,o.action,o.until FROM alerts a"                                           \
    " LEFT JOIN operator_action o ON o.id=(SELECT max(id)FROM operator_action WHERE alert=a.id)"
static const char alert_keys[] =
    ALERT_KEYS " WHERE ?1=0 OR a.id=?1 ORDER BY a.level DESC,a.track='H' DESC,a.last_seen DESC,a.id";

static const char *key_state(sqlite3_stmt *st, uint64_t now)
{
    return state_of((unsigned)num(st, 1), (const char *)sqlite3_column_text(st, 2), num(st, 3), now);
}

static bool is_open(const char *state)
{
    return strcmp(state, "closed") != 0 && strcmp(state, "suppressed") != 0;
}

enum ww_rc ww_model_alert_counts(const struct ww_store *s, uint64_t now_ns, struct ww_totals *t,
                                 struct ww_err *e)
{
    sqlite3_stmt *st = NULL;
    enum ww_rc rc = ww_db_prepare(s, &st, ALERT_KEYS, e);
    int step = SQLITE_DONE;
    while (rc == WW_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
        const char *state = key_state(st, now_ns);
        uint64_t level = num(st, 1);
        t->alerts++;
        t->closed += strcmp(state, "closed") == 0;
        t->suppressed += strcmp(state, "suppressed") == 0;
        t->open_alerts[level < 6 ? level : 5] += is_open(state);
    }
    return end(s, st, rc, step, e);
}

static int tell_alert(sqlite3_stmt *whole, const struct ww_db_map *map, struct ww_alert_row *r,
                      ww_alert_fn *fn, void *to)
{
    (void)sqlite3_bind_int64(whole, 1, (sqlite3_int64)r->id);
    int step = sqlite3_step(whole);
    if (step == SQLITE_ROW) {
        r->source = ww_db_text(whole, sqlite3_column_count(whole) - 1);
        ww_db_body(&r->a, map, whole);
        fn(to, r);
    }
    (void)sqlite3_reset(whole);
    return step == SQLITE_ROW || step == SQLITE_DONE ? SQLITE_DONE : step;
}

enum ww_rc ww_model_alerts(const struct ww_store *s, const struct ww_alert_ask *ask, ww_alert_fn *fn,
                           void *to, struct ww_err *e)
{
    sqlite3_stmt *keys = NULL, *whole = NULL;
    struct ww_db_map map;
    enum ww_rc rc = ww_db_prepare(s, &keys, alert_keys, e);
    if (rc == WW_OK)
        rc = ww_db_prepare(s, &whole,
                           "SELECT a.*,s.name FROM alerts a LEFT JOIN sources s ON s.id=a.source"
                           " WHERE a.id=?1",
                           e);
    if (rc == WW_OK) {
        (void)sqlite3_bind_int64(keys, 1, (sqlite3_int64)ask->id);
        ww_db_map(&map, &ww_alert_type, alert_table(), whole);
    }
    int step = SQLITE_DONE, told = SQLITE_DONE;
    uint64_t left = ask->limit > 0 ? ask->limit : UINT64_MAX;
    while (rc == WW_OK && left > 0 && told == SQLITE_DONE &&
           (step = sqlite3_step(keys)) == SQLITE_ROW) {
        struct ww_alert_row r = { .id = num(keys, 0),
                                  .until = num(keys, 3),
                                  .state = key_state(keys, ask->now_ns) };
        if (ask->open_only && !is_open(r.state))
            continue;
        told = tell_alert(whole, &map, &r, fn, to);
        left--;
    }
    (void)sqlite3_finalize(whole);
    return end(s, keys, rc, told != SQLITE_DONE ? told : step == SQLITE_ROW ? SQLITE_DONE : step, e);
}

enum ww_rc ww_model_actions(const struct ww_store *s, uint64_t alert, ww_action_fn *fn, void *to,
                            struct ww_err *e)
{
    sqlite3_stmt *st = NULL;
    enum ww_rc rc = ww_db_prepare(s, &st,
                                  "SELECT at,who,action,why,until FROM operator_action"
                                  " WHERE alert=?1 ORDER BY id",
                                  e);
    int step = SQLITE_DONE;
    if (rc == WW_OK)
        (void)sqlite3_bind_int64(st, 1, (sqlite3_int64)alert);
    while (rc == WW_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
        struct ww_action_row r = { .at = num(st, 0),
                                   .who = ww_db_text(st, 1),
                                   .action = ww_db_text(st, 2),
                                   .why = ww_db_text(st, 3),
                                   .until = num(st, 4) };
        fn(to, &r);
    }
    return end(s, st, rc, step, e);
}
