/* man.c - the manual page, made from the same tables as help and reading of the command line. */
#include "sensor/cli/cli.h"
#include <string.h>

/* Text for troff: a hyphen that is typed, a backslash and a leading dot need care. */
void ww_man_text(FILE *f, const char *s)
{
    for (bool start = true; *s != 0; s++) {
        if (*s == '-')
            (void)fputs("\\-", f);
        else if (*s == '\\')
            (void)fputs("\\e", f);
        else if (start && (*s == '.' || *s == '\''))
            (void)fprintf(f, "\\&%c", *s);
        else
            (void)fputc(*s, f);
        start = *s == '\n';
    }
}

static void commands(FILE *f)
{
    (void)fputs(".SH COMMANDS\n", f);
    for (const struct ww_command *c = ww_commands; c->name != NULL; c++) {
        (void)fprintf(f, ".SS ");
        ww_man_text(f, c->name);
        (void)fputs("\n.B wardwatch ", f);
        ww_man_text(f, c->name);
        (void)fputs("\n", f);
        ww_man_text(f, c->args);
        (void)fputs("\n.PP\n", f);
        ww_man_text(f, c->what);
        (void)fputs(".\n", f);
        ww_opts_man(f, c);
        if (c->more != NULL) {
            (void)fputs(".PP\n.nf\n", f);
            ww_man_text(f, c->more);
            (void)fputs(".fi\n", f);
        }
    }
}

void ww_man(FILE *f)
{
    (void)fprintf(f,
                  ".TH WARDWATCH 1 \"\" \"wardwatch %s\" \"User Commands\"\n"
                  ".SH NAME\nwardwatch \\- passive network monitor for hospital medical devices\n"
                  ".SH SYNOPSIS\n.B wardwatch\n.I command\n.RI [ options ]\n"
                  ".SH DESCRIPTION\n"
                  "Reads captures or listens on a mirror port, takes DICOM, HL7 and other protocols apart,\n"
                  "compares what medical devices do with what their manufacturers declared (RFC 8520 with a\n"
                  "medical extension), and raises alerts ordered by the harm that could follow: what was\n"
                  "seen, what was declared, what to do first, what not to do, whom to call; in Japanese and\n"
                  "English.\n.PP\n"
                  "It never sends a packet, never stores patient data, and says what it could not see.\n"
                  "Results go to standard output, progress and messages to standard error.\n",
                  WW_VERSION);
    (void)fputs(".SH OPTIONS\n.TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nthe commands; behind a command its "
                "options\n"
                ".TP\n\\fB\\-V\\fR, \\fB\\-\\-version\\fR\nversions of the program and of its libraries\n",
                f);
    commands(f);
    (void)fputs(".SH CONFIGURATION\nThe file of \\fB\\-c\\fR is YAML: sections with keys; an unknown key is an\n"
                "error with its line. Facts about the hospital belong into the site file.\n",
                f);
    ww_config_man(f);
    (void)fputs(".SH EXIT STATUS\n.TP\n.B 0\ndone; validate: no deviation observed; baseline: good\n"
                ".TP\n.B 1\nfound: validate: deviation observed; baseline: bad; analyze with\n"
                "\\-\\-fail\\-level: an alert of that level; store verify: chain broken\n"
                ".TP\n.B 2\nusage, input or configuration error, told in one sentence\n"
                ".TP\n.B 3\nended early (signal in a file command, full disk); what was written is valid\n"
                ".TP\n.B 4\nvalidate cannot tell, and says why\n"
                ".SH ENVIRONMENT\n.TP\n.B LC_ALL, LC_MESSAGES, LANG\nlanguage of texts when neither\n"
                "\\-\\-lang nor the site file names one\n.TP\n.B NO_COLOR\nno colours\n"
                ".SH SEE ALSO\n.BR tcpdump (8),\n.BR pcap\\-filter (7),\n.BR tshark (1)\n",
                f);
}
