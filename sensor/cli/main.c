/* main.c - wardwatch COMMAND: the list of commands, help and version. */
#include "sensor/cli/cli.h"
#include <event2/event.h>
#include <openssl/crypto.h>
#include <pcap/pcap.h>
#include <seccomp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <sys/capability.h>
#include <time.h>
#include <yaml.h>
#include <zlib.h>
#include <zstd.h>

#define EXITS                                                                                      \
    "Exit codes: 0 done, 2 usage or input error, 3 ended early (signal, full disk); what was\n"     \
    "written stays valid.\n"

const struct ww_command ww_commands[] = {
    { "analyze", "[options] CAPTURE...",
      "Read captures, say what is on the network and what is wrong with it",
      WW_O_READ | WW_O_FILTER | WW_O_CONFIG | WW_O_SITE | WW_O_BASELINE | WW_O_DEVICE | WW_O_DB |
          WW_O_EVENTS | WW_O_FORMAT | WW_O_OUT | WW_O_JOBS | WW_O_FAIL | WW_O_PRIVACY | WW_O_LANG |
          WW_O_DATA | WW_O_QUIET,
      ww_cmd_analyze,
      EXITS "With --fail-level also 1: an alert of that level or above was raised.\n\n"
            "Examples:\n"
            "  wardwatch analyze morning.pcap --site site.yaml --db ward.db\n"
            "  wardwatch analyze morning.pcap.zst --events - | jq 'select(.event_type==\"dicom\")'\n"
            "  tcpdump -i eth1 -w - | wardwatch analyze -\n" },
    { "monitor", "[options] -i IFACE...", "The same, live, for months; never sends a packet",
      WW_O_IFACE | WW_O_FILTER | WW_O_CONFIG | WW_O_SITE | WW_O_BASELINE | WW_O_DEVICE | WW_O_DB |
          WW_O_EVENTS | WW_O_FORMAT | WW_O_OUT | WW_O_JOBS | WW_O_BUFFER | WW_O_PRIVACY |
          WW_O_LANG | WW_O_DATA | WW_O_QUIET,
      ww_cmd_monitor,
      "Ends in order on SIGTERM or SIGINT: what was seen is judged and stored first.\n"
      "Exit codes: 0 done, also after a signal; 2 usage, input or interface error; 3 disk full.\n\n"
      "Example:\n"
      "  wardwatch monitor -i eth1 --site /etc/wardwatch/site.yaml --db /var/lib/wardwatch/ward.db\n" },
    { "validate", "CAPTURE... --baseline FILE --device ID|MAC|IP",
      "Compare the observed footprint of a device with its declaration",
      WW_O_READ | WW_O_FILTER | WW_O_SITE | WW_O_BASELINE | WW_O_DEVICE | WW_O_FORMAT | WW_O_OUT |
          WW_O_LANG | WW_O_DATA | WW_O_QUIET,
      ww_cmd_validate,
      "Exit codes: 0 no deviation observed, 1 deviation observed, 2 usage or input error,\n"
      "4 cannot tell, and why.\n" },
    { "baseline", "check|show FILE...", "Work on declarations (MUD, RFC 8520)",
      WW_O_OUT | WW_O_DATA | WW_O_QUIET, ww_cmd_baseline,
      "Exit codes: 0 good, 1 bad, 2 cannot be read.\n" },
    { "site", "check FILE", "Check the hospital's site file", WW_O_OUT | WW_O_QUIET, ww_cmd_site,
      "Exit codes: 0 usable, 2 not.\n" },
    { "alerts", "list|show N|ack N|close N|suppress N|classes --db FILE",
      "Alert life cycle; safe beside a running monitor",
      WW_O_DB | WW_O_SITE | WW_O_FORMAT | WW_O_OUT | WW_O_LANG | WW_O_DATA | WW_O_OPERATOR |
          WW_O_QUIET,
      ww_cmd_alerts,
      "Alerts of level 4 and 5 cannot be suppressed.\n" EXITS "\nExample:\n"
      "  wardwatch alerts close 12 --db ward.db --by 1234 --reason \"cable replaced\"\n" },
    { "report", "summary --db FILE", "Report from the store",
      WW_O_DB | WW_O_SITE | WW_O_FORMAT | WW_O_OUT | WW_O_LANG | WW_O_DATA | WW_O_QUIET,
      ww_cmd_report, EXITS },
    { "store", "verify|info FILE", "Hash chain, schema version and contents of a store",
      WW_O_FORMAT | WW_O_OUT | WW_O_QUIET, ww_cmd_store,
      "Exit codes: 0 good, 1 the chain is broken, 2 cannot be read.\n" },
    { "schema", "[--format json|markdown]", "Every event and field", WW_O_MARKDOWN | WW_O_OUT,
      ww_cmd_schema, NULL },
    { NULL, NULL, NULL, 0, NULL, NULL }
};

static void usage(FILE *f)
{
    (void)fputs("wardwatch - passive network monitor for hospital medical devices\n\n"
                "Usage: wardwatch COMMAND [options]\n\nCommands:\n",
                f);
    for (const struct ww_command *c = ww_commands; c->name != NULL; c++)
        (void)fprintf(f, "  %-10s %s\n", c->name, c->what);
    (void)fputs("\n'wardwatch COMMAND --help' tells more, 'wardwatch --version' the versions.\n"
                "Results go to standard output, progress and messages to standard error.\n",
                f);
}

static void version(void)
{
    const char *pcap = pcap_lib_version();
    (void)printf("wardwatch %s\n%s\nlibevent %s\nSQLite %s\nlibyang %s\nlibyaml %s\n%s\nzlib %s\nzstd %s\n",
                 WW_VERSION, pcap, event_get_version(), sqlite3_libversion(), WW_YANG_VERSION,
                 yaml_get_version_string(), OpenSSL_version(OPENSSL_VERSION), zlibVersion(),
                 ZSTD_versionString());
    const struct scmp_version *seccomp = seccomp_version();
    if (seccomp != NULL)
        (void)printf("libseccomp %u.%u.%u\n", seccomp->major, seccomp->minor, seccomp->micro);
#ifdef LIBCAP_MAJOR
    (void)printf("libcap %d.%d\n", LIBCAP_MAJOR, LIBCAP_MINOR); /* of the build; it does not tell its own */
#endif
}

static bool quiet;

void ww_note(const char *fmt, ...)
{
    if (quiet)
        return;
    va_list ap;
    va_start(ap, fmt);
    (void)fputs("wardwatch: ", stderr);
    (void)vfprintf(stderr, fmt, ap);
    (void)fputc('\n', stderr);
    va_end(ap);
}

int ww_tell(const struct ww_err *e)
{
    (void)fprintf(stderr, "wardwatch: %s\n", e->text);
    return e->rc == WW_E_FULL ? WW_EXIT_EARLY : WW_EXIT_INPUT;
}

uint64_t ww_wall_ns(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static atomic_bool stop;

static void on_signal(int sig)
{
    (void)sig;
    atomic_store_explicit(&stop, true, memory_order_relaxed);
}

atomic_bool *ww_stop_flag(void)
{
    struct sigaction sa = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };
    (void)sigaction(SIGINT, &sa, NULL); /* a second signal ends at once */
    (void)sigaction(SIGTERM, &sa, NULL);
    return &stop;
}

int main(int argc, char **argv)
{
    static struct ww_opts o;
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    (void)sigaction(SIGPIPE, &ignore, NULL); /* writers see EPIPE and end in order */
    if (argc < 2) {
        usage(stderr);
        return WW_EXIT_INPUT;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        version();
        return WW_EXIT_OK;
    }
    if (strcmp(argv[1], "--man") == 0) { /* for the build: wardwatch.1 */
        ww_man(stdout);
        return WW_EXIT_OK;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return WW_EXIT_OK;
    }
    for (const struct ww_command *c = ww_commands; c->name != NULL; c++) {
        if (strcmp(argv[1], c->name) != 0)
            continue;
        int rc = ww_opts_read(&o, c, argc - 2, argv + 2);
        quiet = o.quiet;
        return rc >= 0 ? rc : c->run(&o);
    }
    (void)fprintf(stderr, "wardwatch: no command %s; 'wardwatch --help' lists them\n", argv[1]);
    return WW_EXIT_INPUT;
}
