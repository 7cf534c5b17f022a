/* cli.h - what the subcommands share: options, set-up, messages. */
#ifndef WW_CLI_H
#define WW_CLI_H
#include "rules/guideline/guide.h"
#include "sensor/base/data.h"
#include "sensor/pipeline.h"
#include <stdio.h>

enum { WW_EXIT_OK = 0, WW_EXIT_FOUND = 1, WW_EXIT_INPUT = 2, WW_EXIT_EARLY = 3, WW_EXIT_UNKNOWN = 4 };
enum { WW_ARGS_MAX = 4096, WW_LIST_MAX = 64, WW_CPUS_MAX = 256 };
enum ww_format { WW_FMT_TEXT, WW_FMT_JSON, WW_FMT_MARKDOWN };

struct ww_list {
    const char *v[WW_LIST_MAX + 1];
    size_t n;
};

/* What the command line says. */
struct ww_opts {
    const char *args[WW_ARGS_MAX + 1]; /* captures, files, words of a subcommand */
    size_t nargs;
    struct ww_list ifaces, baselines, devices;
    const char *filter, *filter_file, *config, *site, *data, *db, *events, *out;
    const char *reason, *who, *until;
    enum ww_format format;
    bool test_config, privacy_strict, quiet, lang_ja, lang_given, promisc_off;
    unsigned jobs, fail_level, buffer_mib, ring_mib, workers, ncpus;
    uint16_t cpus[WW_CPUS_MAX];
    struct ww_worker_cfg worker; /* budgets; the configuration file changes them */
};

/* One row per option; a bit each, so that a command names what it takes. */
enum {
    WW_O_READ = 1 << 0,
    WW_O_IFACE = 1 << 1,
    WW_O_FILTER = 1 << 2,
    WW_O_CONFIG = 1 << 3,
    WW_O_SITE = 1 << 4,
    WW_O_BASELINE = 1 << 5,
    WW_O_DATA = 1 << 6,
    WW_O_DB = 1 << 7,
    WW_O_EVENTS = 1 << 8,
    WW_O_FORMAT = 1 << 9,
    WW_O_OUT = 1 << 10,
    WW_O_DEVICE = 1 << 11,
    WW_O_JOBS = 1 << 12,
    WW_O_LANG = 1 << 13,
    WW_O_FAIL = 1 << 14,
    WW_O_PRIVACY = 1 << 15,
    WW_O_QUIET = 1 << 16,
    WW_O_BUFFER = 1 << 17,
    WW_O_OPERATOR = 1 << 18,
    WW_O_MARKDOWN = 1 << 19
};

struct ww_command {
    const char *name, *args, *what; /* one line of help */
    uint32_t takes;                 /* WW_O_* */
    int (*run)(struct ww_opts *o);
    const char *more; /* paragraphs of help: behaviour, exit codes, examples */
};
extern const struct ww_command ww_commands[]; /* ends with name NULL */

/** Reads the command line of a subcommand. Return: -1 to go on, else the exit code. */
int ww_opts_read(struct ww_opts *o, const struct ww_command *c, int argc, char **argv);
void ww_help(FILE *f, const struct ww_command *c);
/** The manual page in troff, and its parts that come from the tables of options and keys. */
void ww_man(FILE *f);
void ww_man_text(FILE *f, const char *s);
void ww_opts_man(FILE *f, const struct ww_command *c);
void ww_config_man(FILE *f);
/** Reads the configuration file of -c into o. */
enum ww_rc ww_config_read(struct ww_opts *o, struct ww_err *e) WW_MUST_CHECK;

/* Everything that analyze and monitor need, opened in order and closed in order. */
struct ww_setup {
    struct ww_registry registry;
    const char *app_names[WW_DISSECTORS_MAX + 1];
    struct ww_site *site;
    struct ww_guide *guide;
    struct ww_judge *judge;
    struct ww_store *store;
    struct ww_eve *eve;
};
/** Registry and names only; for schema and reports. */
enum ww_rc ww_setup_registry(struct ww_setup *s, struct ww_err *e) WW_MUST_CHECK;
/** Site, guide, declarations and judge, without store and outputs. */
enum ww_rc ww_setup_judge(struct ww_setup *s, const struct ww_opts *o, struct ww_err *e) WW_MUST_CHECK;
/** All of it. sources: NULL-terminated names of captures or interfaces. */
enum ww_rc ww_setup_open(struct ww_setup *s, const struct ww_opts *o, const char *command,
                         const char *const *sources, bool live, struct ww_err *e) WW_MUST_CHECK;
/** How alerts become text here: the guide, and telephone numbers of the site file. */
struct ww_texts ww_setup_texts(const struct ww_setup *s);
/** Closes all; the first error of store and outputs is told. */
enum ww_rc ww_setup_close(struct ww_setup *s, struct ww_err *e) WW_MUST_CHECK;

/** Closes all when there is nothing to tell. */
void ww_setup_drop(struct ww_setup *s);
/** The language of the site file, unless the command line names one. */
void ww_setup_language(const struct ww_setup *s, struct ww_opts *o);
/** A pipeline from n sources to everything that is open, as the options say. */
struct ww_pipeline_cfg ww_setup_pipeline(const struct ww_setup *s, const struct ww_opts *o,
                                         const char *const *sources, size_t n);
typedef int ww_setup_fn(struct ww_setup *s, struct ww_opts *o, struct ww_pipeline_cfg *pc);
/**
 * A command from its configuration to its end: reads -c and -F, opens everything, runs, closes. With
 * -T it only opens.
 * In:     command  its name; sources NULL-terminated, n of them; run does the work
 * Return: the exit code
 */
int ww_setup_run(struct ww_opts *o, const char *command, const char *const *sources, size_t n,
                 bool live, ww_setup_fn *run);

/** Puts the filter of -F into o->filter; *own is to be freed. */
enum ww_rc ww_cli_filter(struct ww_opts *o, char **own, struct ww_err *e) WW_MUST_CHECK;
/** Writes the summary of the store to -o or standard output. */
enum ww_rc ww_cli_summary(struct ww_setup *s, const struct ww_opts *o,
                          struct ww_err *e) WW_MUST_CHECK;

/** "wardwatch: sentence" on standard error. Return: the exit code for the kind of error. */
int ww_tell(const struct ww_err *e);
void ww_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** Stop flag set by SIGINT and SIGTERM from now on. */
atomic_bool *ww_stop_flag(void);
uint64_t ww_wall_ns(void);

int ww_cmd_analyze(struct ww_opts *o);
int ww_cmd_monitor(struct ww_opts *o);
int ww_cmd_schema(struct ww_opts *o);
int ww_cmd_alerts(struct ww_opts *o);
int ww_cmd_report(struct ww_opts *o);
int ww_cmd_store(struct ww_opts *o);
int ww_cmd_site(struct ww_opts *o);
int ww_cmd_baseline(struct ww_opts *o);
/** The classes of alerts and their variants. */
int ww_cli_classes(const struct ww_opts *o);
int ww_cmd_validate(struct ww_opts *o);
#endif
