/* tables.c - the schema as data: one line per column; SQL, binding and reading all come from it. */
#include "store/db/db.h"

#define T "TEXT"
#define I "INTEGER"

/* A device is known by its evidence; the row is made by the first and kept fresh by the others. */
static const struct ww_col devices[] = {
    { 1, "id", "id", T, WW_M_KEY },         { 1, "mac", "mac", T, WW_M_FILL },
    { 1, "ip", "ip", T, WW_M_FILL },        { 1, "first_seen", "@ts", I, WW_M_MIN },
    { 1, "last_seen", "@ts", I, WW_M_MAX },
};

static const struct ww_col evidence[] = {
    { 1, "device", "id", T, WW_M_KEY },
    { 1, "attribute", "attribute", T, WW_M_KEY },
    { 1, "value", "value", T, WW_M_KEY },
    { 1, "source", "source", T, WW_M_KEY },
    { 1, "confidence", "confidence", I, WW_M_MAX },
    { 1, "first_seen", "@ts", I, WW_M_MIN },
    { 1, "last_seen", "@ts", I, WW_M_MAX },
    { 1, "count", "", I, WW_M_COUNT },
};

static const struct ww_col device_changes[] = {
    { 1, "run", "@run", I, WW_M_SET },      { 1, "ts", "@ts", I, WW_M_SET },
    { 1, "device", "id", T, WW_M_SET },     { 1, "what", "what", T, WW_M_SET },
    { 1, "before", "before", T, WW_M_SET }, { 1, "after", "after", T, WW_M_SET },
};

/* alert model 3.1; the number of the row is what people type, alert_id is the judge's within a
 * series: runs that took up the alerts of the runs before them. */
static const struct ww_col alerts[] = {
    { 1, "series", "@series", I, WW_M_KEY },
    { 1, "alert_id", "alert_id", I, WW_M_KEY },
    { 1, "run", "@run", I, WW_M_FIRST },
    { 1, "source", "@source", I, WW_M_FIRST },
    { 1, "client_ip", "@client_ip", T, WW_M_FIRST },
    { 1, "client_port", "@client_port", I, WW_M_FIRST },
    { 1, "server_ip", "@server_ip", T, WW_M_FIRST },
    { 1, "server_port", "@server_port", I, WW_M_FIRST },
    { 1, "what", "what", T, WW_M_SET },
    { 1, "class", "class", I, WW_M_SET },
    { 1, "variant", "variant", T, WW_M_SET },
    { 1, "level", "level", I, WW_M_SET },
    { 1, "level_raised", "level_raised", I, WW_M_SET },
    { 1, "track", "track", T, WW_M_SET },
    { 1, "s_h", "s_h", I, WW_M_SET },
    { 1, "s_p", "s_p", I, WW_M_SET },
    { 1, "likelihood", "likelihood", I, WW_M_SET },
    { 1, "weight", "weight", I, WW_M_SET },
    { 1, "weight_unknown", "weight_unknown", I, WW_M_SET },
    { 1, "r_h", "r_h", I, WW_M_SET },
    { 1, "r_p", "r_p", I, WW_M_SET },
    { 1, "modifiers", "modifiers", I, WW_M_SET },
    { 1, "first_seen", "first_seen", I, WW_M_MIN },
    { 1, "last_seen", "last_seen", I, WW_M_MAX },
    { 1, "count", "count", I, WW_M_SET },
    { 1, "others", "others", I, WW_M_SET },
    { 1, "asset_id", "asset_id", T, WW_M_SET },
    { 1, "device_label", "device_label", T, WW_M_SET },
    { 1, "zone", "zone", T, WW_M_SET },
    { 1, "peer", "peer", T, WW_M_SET },
    { 1, "peer_role", "peer_role", T, WW_M_SET },
    { 1, "peer_zone", "peer_zone", T, WW_M_SET },
    { 1, "ip_proto", "ip_proto", I, WW_M_SET },
    { 1, "port", "port", I, WW_M_SET },
    { 1, "app", "app", T, WW_M_SET },
    { 1, "observed", "observed", T, WW_M_SET },
    { 1, "declared", "declared", T, WW_M_SET },
    { 1, "phi_kinds", "phi_kinds", I, WW_M_SET },
    { 1, "subjects", "subjects", I, WW_M_SET },
    { 1, "bytes_out", "bytes_out", I, WW_M_SET },
    { 1, "evidence_frame", "evidence__frame", I, WW_M_SET },
    { 1, "evidence_last_frame", "evidence__last_frame", I, WW_M_SET },
    { 1, "evidence_flow", "evidence__flow", I, WW_M_SET },
    { 1, "evidence_field", "evidence__field", T, WW_M_SET },
    { 1, "evidence_reason", "evidence__reason", T, WW_M_SET },
    { 1, "confidence", "confidence", I, WW_M_SET },
    { 1, "hypotheses", "hypotheses", I, WW_M_SET },
    { 1, "coverage_ok", "coverage__ok", I, WW_M_SET },
    { 1, "coverage_loss_ppm", "coverage__loss_ppm", I, WW_M_SET },
    { 1, "coverage_one_way", "coverage__one_way", I, WW_M_SET },
    { 1, "baseline_id", "baseline__id", T, WW_M_SET },
    { 1, "baseline_digest", "baseline__digest", T, WW_M_SET },
    { 1, "exception", "exception", T, WW_M_SET },
    { 1, "recurrence_of", "recurrence_of", I, WW_M_SET },
    { 1, "data_version", "data_version", I, WW_M_SET },
};

/* One row per change of a verdict, as the judge tells it. */
static const struct ww_col verdicts[] = {
    { 1, "run", "@run", I, WW_M_SET },
    { 1, "ts", "@ts", I, WW_M_SET },
    { 1, "source", "@source", I, WW_M_SET },
    { 1, "frame", "@frame", I, WW_M_SET },
    { 1, "client_ip", "@client_ip", T, WW_M_SET },
    { 1, "server_ip", "@server_ip", T, WW_M_SET },
    { 1, "server_port", "@server_port", I, WW_M_SET },
    { 1, "ip_proto", "@ip_proto", I, WW_M_SET },
    { 1, "device", "device", T, WW_M_SET },
    { 1, "file", "file", T, WW_M_SET },
    { 1, "layer", "layer", T, WW_M_SET },
    { 1, "verdict", "verdict", T, WW_M_SET },
    { 1, "reason", "reason", T, WW_M_SET },
    { 1, "ace", "ace", T, WW_M_SET },
    { 1, "conduit", "conduit", T, WW_M_SET },
    { 1, "rule", "rule", T, WW_M_SET },
    { 1, "observed", "observed", T, WW_M_SET },
    { 1, "declared", "declared", T, WW_M_SET },
};

/* What the judge tells is what came since it told last: the store adds. */
static const struct ww_col conversations[] = {
    { 1, "device", "id", T, WW_M_KEY },
    { 1, "peer", "peer", T, WW_M_KEY },
    { 1, "direction", "direction", T, WW_M_KEY },
    { 1, "ip_proto", "ip_proto", I, WW_M_KEY },
    { 1, "port", "port", I, WW_M_KEY },
    { 1, "app", "app", T, WW_M_KEY },
    { 1, "day", "day", T, WW_M_KEY },
    { 1, "peer_id", "peer_id", T, WW_M_FILL },
    { 1, "flows", "flows", I, WW_M_ADD },
    { 1, "bytes_out", "bytes_out", I, WW_M_ADD },
    { 1, "bytes_in", "bytes_in", I, WW_M_ADD },
    { 1, "first_seen", "first", I, WW_M_MIN },
    { 1, "last_seen", "last", I, WW_M_MAX },
    { 1, "verdict", "verdict", T, WW_M_SET },
    { 3, "carries", "carries", T, WW_M_FILL },
    { 3, "carries_by", "carries_by", T, WW_M_FILL },
};

/* The newest counters of each hour; the newest of all is the latest. Cumulative within a run. */
static const struct ww_col statistics[] = {
    { 1, "run", "@run", I, WW_M_KEY },
    { 1, "hour", "@hour", I, WW_M_KEY },
    { 1, "ts", "@ts", I, WW_M_SET },
    { 1, "body", "@json", T, WW_M_SET },
};

/* The newest counters of each interface, file and VLAN. Cumulative within a run. */
static const struct ww_col links[] = {
    { 2, "run", "@run", I, WW_M_KEY },    { 2, "source", "@source", I, WW_M_KEY },
    { 2, "scope", "scope", T, WW_M_KEY }, { 2, "vlan", "vlan", I, WW_M_KEY },
    { 2, "ts", "@ts", I, WW_M_SET },      { 2, "body", "@json", T, WW_M_SET },
};

#define COLS(a) a, sizeof(a) / sizeof((a)[0])
const struct ww_table ww_db_tables[] = {
    { 1, "devices", "device.evidence", COLS(devices), WW_T_CAPPED | WW_T_MANY, "last_seen" },
    { 1, "evidence", "device.evidence", COLS(evidence), WW_T_CAPPED | WW_T_MANY, "last_seen" },
    { 1, "device_changes", "device.change", COLS(device_changes),
      WW_T_NUMBERED | WW_T_CAPPED | WW_T_MANY, "id" },
    { 1, "alerts", "alert", COLS(alerts), WW_T_NUMBERED | WW_T_CHAINED, NULL },
    { 1, "verdicts", "baseline.verdict", COLS(verdicts), WW_T_NUMBERED | WW_T_CAPPED | WW_T_MANY,
      "id" },
    { 1, "conversations", "device.conversation", COLS(conversations), WW_T_CAPPED | WW_T_MANY,
      "last_seen" },
    { 1, "statistics", "stats", COLS(statistics), WW_T_CAPPED, "ts" },
    { 2, "links", "stats.link", COLS(links), WW_T_CAPPED, "ts" },
    { .name = NULL },
};

/* Times are ns since 1970 UTC. Numbers of alerts and actions are never used again: a removed row
 * leaves a hole that `store verify` finds. */
const struct ww_migration ww_db_migrations[] = {
    { "first schema",
      "CREATE TABLE runs(id INTEGER PRIMARY KEY, command TEXT, version TEXT, hospital TEXT,"
      " site_file TEXT, started INTEGER, first_packet INTEGER, last_packet INTEGER,"
      " live INTEGER NOT NULL);"
      "CREATE TABLE sources(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, name TEXT NOT NULL,"
      " first_packet INTEGER, last_packet INTEGER, last_frame INTEGER,"
      " events INTEGER NOT NULL DEFAULT 0);"
      "CREATE TABLE operator_action(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"
      " who TEXT NOT NULL, action TEXT NOT NULL, alert INTEGER NOT NULL, why TEXT,"
      " until INTEGER);"
      "CREATE INDEX operator_action_alert ON operator_action(alert);"
      "CREATE TABLE chain(n INTEGER PRIMARY KEY, kind INTEGER NOT NULL, ref INTEGER NOT NULL,"
      " at INTEGER NOT NULL, digest BLOB NOT NULL, hash BLOB NOT NULL);"
      "CREATE INDEX chain_ref ON chain(kind, ref);" },
    { "coverage of interfaces and VLANs", NULL },
    { "what TLS carries", NULL },
    { NULL, NULL },
};
