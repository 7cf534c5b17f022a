/* opts.c - the command line: one table of options, from which reading and help come. */
#include "sensor/cli/cli.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct opt {
    uint32_t bit;
    char letter;
    const char *name, *arg, *help;
    bool (*set)(struct ww_opts *o, const char *v); /* false: the value is wrong */
};

static bool add(struct ww_list *l, const char *v)
{
    if (l->n == WW_LIST_MAX)
        return false;
    l->v[l->n++] = v;
    return true;
}

static bool number(const char *v, unsigned long lo, unsigned long hi, unsigned *out)
{
    char *end = NULL;
    if (!isdigit((unsigned char)v[0]))
        return false;
    unsigned long n = strtoul(v, &end, 10);
    if (*end != 0 || n < lo || n > hi)
        return false;
    *out = (unsigned)n;
    return true;
}

static bool set_read(struct ww_opts *o, const char *v)
{
    if (o->nargs == WW_ARGS_MAX)
        return false;
    o->args[o->nargs++] = v;
    return true;
}
static bool set_iface(struct ww_opts *o, const char *v)
{
    return add(&o->ifaces, v);
}
static bool set_filter_file(struct ww_opts *o, const char *v)
{
    o->filter_file = v;
    return true;
}
static bool set_filter(struct ww_opts *o, const char *v)
{
    o->filter = v;
    return true;
}
static bool set_config(struct ww_opts *o, const char *v)
{
    o->config = v;
    return true;
}
static bool set_test(struct ww_opts *o, const char *v)
{
    (void)v;
    o->test_config = true;
    return true;
}
static bool set_site(struct ww_opts *o, const char *v)
{
    o->site = v;
    return true;
}
static bool set_baseline(struct ww_opts *o, const char *v)
{
    return add(&o->baselines, v);
}
static bool set_data(struct ww_opts *o, const char *v)
{
    o->data = v;
    return true;
}
static bool set_db(struct ww_opts *o, const char *v)
{
    o->db = v;
    return true;
}
static bool set_events(struct ww_opts *o, const char *v)
{
    o->events = v;
    return true;
}
static bool set_format(struct ww_opts *o, const char *v)
{
    o->format = strcmp(v, "json") == 0 ? WW_FMT_JSON : WW_FMT_TEXT;
    return strcmp(v, "text") == 0 || strcmp(v, "json") == 0;
}
static bool set_schema_format(struct ww_opts *o, const char *v)
{
    if (strcmp(v, "markdown") != 0)
        return set_format(o, v);
    o->format = WW_FMT_MARKDOWN;
    return true;
}
static bool set_out(struct ww_opts *o, const char *v)
{
    o->out = v;
    return true;
}
static bool set_device(struct ww_opts *o, const char *v)
{
    return add(&o->devices, v);
}
static bool set_jobs(struct ww_opts *o, const char *v)
{
    if (!number(v, 0, WW_WORKERS_MAX, &o->jobs))
        return false;
    if (o->jobs == 0) {
        long n = sysconf(_SC_NPROCESSORS_ONLN);
        o->jobs = n < 1 ? 1 : n > WW_WORKERS_MAX ? WW_WORKERS_MAX : (unsigned)n;
    }
    return true;
}
/* A list such as 2,4-7. */
static bool set_cpus(struct ww_opts *o, const char *v)
{
    o->ncpus = 0;
    for (;;) {
        char *end = NULL;
        if (!isdigit((unsigned char)v[0]))
            return false;
        unsigned long from = strtoul(v, &end, 10);
        unsigned long to = from;
        if (*end == '-' && isdigit((unsigned char)end[1]))
            to = strtoul(end + 1, &end, 10);
        if (to < from || to > UINT16_MAX || to - from >= WW_CPUS_MAX - o->ncpus)
            return false;
        for (; from <= to; from++)
            o->cpus[o->ncpus++] = (uint16_t)from;
        if (*end == 0)
            return true;
        if (*end != ',')
            return false;
        v = end + 1;
    }
}
static bool set_lang(struct ww_opts *o, const char *v)
{
    o->lang_given = true;
    o->lang_ja = strcmp(v, "ja") == 0;
    return o->lang_ja || strcmp(v, "en") == 0;
}
static bool set_fail(struct ww_opts *o, const char *v)
{
    return number(v, 1, 5, &o->fail_level);
}
static bool set_privacy(struct ww_opts *o, const char *v)
{
    o->privacy_strict = strcmp(v, "strict") == 0;
    return o->privacy_strict || strcmp(v, "normal") == 0;
}
static bool set_quiet(struct ww_opts *o, const char *v)
{
    (void)v;
    o->quiet = true;
    return true;
}
static bool set_buffer(struct ww_opts *o, const char *v)
{
    return number(v, 1, 4096, &o->buffer_mib);
}
static bool set_promisc(struct ww_opts *o, const char *v)
{
    (void)v;
    o->promisc_off = true;
    return true;
}
static bool set_who(struct ww_opts *o, const char *v)
{
    o->who = v;
    return true;
}
static bool set_reason(struct ww_opts *o, const char *v)
{
    o->reason = v;
    return true;
}
static bool set_until(struct ww_opts *o, const char *v)
{
    o->until = v;
    return true;
}

static const struct opt table[] = {
    { WW_O_READ, 'r', "read", "CAPTURE",
      "pcap or pcapng, also gzip or zstd; a folder; - for standard input", set_read },
    { WW_O_IFACE, 'i', "interface", "IFACE", "interface to listen on, repeatable", set_iface },
    { WW_O_FILTER, 'F', "filter-file", "FILE", "BPF filter from a file", set_filter_file },
    { WW_O_FILTER, 0, "filter", "EXPR", "BPF filter, see pcap-filter(7)", set_filter },
    { WW_O_CONFIG, 'c', "config", "FILE", "configuration: budgets, buffers, workers", set_config },
    { WW_O_CONFIG, 'T', "test", NULL, "test the configuration, site file and declarations, and exit",
      set_test },
    { WW_O_SITE, 0, "site", "FILE", "site file: zones, device ledger, services, contacts", set_site },
    { WW_O_BASELINE, 0, "baseline", "FILE|DIR", "declarations (MUD JSON), repeatable",
      set_baseline },
    { WW_O_DEVICE, 0, "device", "ID|MAC|IP", "device that is meant, repeatable", set_device },
    { WW_O_DB, 0, "db", "FILE", "SQLite store to write or read", set_db },
    { WW_O_EVENTS, 0, "events", "FILE|-", "EVE JSON lines of every event; - is standard output",
      set_events },
    { WW_O_FORMAT, 0, "format", "FORMAT", "text (default) or json", set_format },
    { WW_O_MARKDOWN, 0, "format", "FORMAT", "text (default), json (JSON Schema) or markdown",
      set_schema_format },
    { WW_O_OUT, 'o', "output", "FILE", "where the result goes; standard output otherwise",
      set_out },
    { WW_O_JOBS, 'j', "jobs", "N", "workers; 0 = as many as cores; default 1", set_jobs },
    { WW_O_JOBS, 0, "cpus", "LIST",
      "processors for captures and workers, in turn, such as 2,4-7",
      set_cpus },
    { WW_O_BUFFER, 0, "buffer", "MIB", "kernel buffer per interface; default 64: half a second of 1 Gbit/s", set_buffer },
    { WW_O_BUFFER, 'p', "no-promiscuous", NULL, "do not switch the interface to promiscuous mode",
      set_promisc },
    { WW_O_FAIL, 0, "fail-level", "1..5", "exit 1 when an alert of this level or above was raised",
      set_fail },
    { WW_O_PRIVACY, 0, "privacy", "LEVEL", "normal (default) or strict: no host names in events",
      set_privacy },
    { WW_O_LANG, 0, "lang", "ja|en", "language of texts; default from the site file or the locale",
      set_lang },
    { WW_O_DATA, 0, "data", "DIR", "data files instead of the built-in ones", set_data },
    { WW_O_OPERATOR, 0, "by", "WHO", "who acts, as in the staff list", set_who },
    { WW_O_OPERATOR, 0, "reason", "TEXT", "why; required by close and suppress", set_reason },
    { WW_O_OPERATOR, 0, "until", "DATE", "end of a suppression, YYYY-MM-DD", set_until },
    { WW_O_QUIET, 'q', "quiet", NULL, "no progress and no notes on standard error", set_quiet },
    { 0, 0, NULL, NULL, NULL, NULL }
};

void ww_help(FILE *f, const struct ww_command *c)
{
    (void)fprintf(f, "Usage: wardwatch %s %s\n%s.\n\nOptions:\n", c->name, c->args, c->what);
    for (const struct opt *t = table; t->name != NULL; t++) {
        if (!(c->takes & t->bit))
            continue;
        char left[64];
        (void)snprintf(left, sizeof left, "%c%c%c --%s%s%s", t->letter ? '-' : ' ',
                       t->letter ? t->letter : ' ', t->letter ? ',' : ' ', t->name,
                       t->arg ? " " : "", t->arg ? t->arg : "");
        (void)fprintf(f, "  %-30s %s\n", left, t->help);
    }
    (void)fprintf(f, "  %-30s %s\n", "-h, --help", "this text");
    if (c->more != NULL)
        (void)fprintf(f, "\n%s", c->more);
}

void ww_opts_man(FILE *f, const struct ww_command *c)
{
    for (const struct opt *t = table; t->name != NULL; t++) {
        if (!(c->takes & t->bit))
            continue;
        (void)fputs(".TP\n", f);
        if (t->letter != 0)
            (void)fprintf(f, "\\fB\\-%c\\fR, ", t->letter);
        (void)fputs("\\fB\\-\\-", f);
        ww_man_text(f, t->name);
        (void)fputs("\\fR", f);
        if (t->arg != NULL)
            (void)fprintf(f, " \\fI%s\\fR", t->arg);
        (void)fputc('\n', f);
        ww_man_text(f, t->help);
        (void)fputc('\n', f);
    }
}

static int wrong(const struct ww_command *c, const char *fmt, const char *a, const char *b)
{
    (void)fputs("wardwatch: ", stderr);
    /* fmt is one of the literals below */
    if (b != NULL)
        (void)fprintf(stderr, "%s: %s: %s", c->name, a, b);
    else
        (void)fprintf(stderr, "%s: %s", c->name, a);
    (void)fprintf(stderr, "%s; see 'wardwatch %s --help'\n", fmt, c->name);
    return WW_EXIT_INPUT;
}

static const struct opt *find(const struct ww_command *c, const char *name, size_t n, char letter)
{
    for (const struct opt *t = table; t->name != NULL; t++)
        if ((c->takes & t->bit) && (name != NULL ? strlen(t->name) == n && strncmp(t->name, name, n) == 0
                                                 : t->letter == letter))
            return t;
    return NULL;
}

/* One option word. Return: -1 to go on, else the exit code; *i moves past a value. */
static int one(struct ww_opts *o, const struct ww_command *c, int argc, char **argv, int *i)
{
    const char *w = argv[*i];
    const char *v = NULL;
    const struct opt *t;
    if (w[1] == '-') {
        const char *eq = strchr(w, '=');
        size_t n = eq ? (size_t)(eq - w - 2) : strlen(w + 2);
        t = find(c, w + 2, n, 0);
        v = eq ? eq + 1 : NULL;
    } else {
        t = find(c, NULL, 0, w[1]);
        v = w[2] != 0 ? w + 2 : NULL;
    }
    if (t == NULL)
        return wrong(c, " is not an option here", w, NULL);
    if (t->arg == NULL) {
        if (v != NULL)
            return wrong(c, " takes no value", w, NULL);
    } else if (v == NULL) {
        if (*i + 1 >= argc)
            return wrong(c, " is needed behind it", w, t->arg);
        v = argv[++*i];
    }
    return t->set(o, v) ? -1 : wrong(c, " is not a possible value", w, v);
}

/* ja when the locale says so (POSIX order of the variables). */
static bool locale_ja(void)
{
    static const char *const vars[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    for (size_t i = 0; i < sizeof vars / sizeof vars[0]; i++) {
        const char *v = getenv(vars[i]);
        if (v != NULL && v[0] != 0)
            return strncmp(v, "ja", 2) == 0;
    }
    return false;
}

int ww_opts_read(struct ww_opts *o, const struct ww_command *c, int argc, char **argv)
{
    o->jobs = 1;
    o->worker = ww_worker_defaults();
    o->lang_ja = locale_ja();
    bool words = false;
    for (int i = 0; i < argc; i++) {
        const char *w = argv[i];
        if (!words && (strcmp(w, "-h") == 0 || strcmp(w, "--help") == 0)) {
            ww_help(stdout, c);
            return WW_EXIT_OK;
        }
        if (!words && strcmp(w, "--") == 0) {
            words = true;
            continue;
        }
        if (!words && w[0] == '-' && w[1] != 0) {
            int rc = one(o, c, argc, argv, &i);
            if (rc >= 0)
                return rc;
        } else if (!set_read(o, w)) {
            return wrong(c, ": too many words", w, NULL);
        }
    }
    return -1;
}
