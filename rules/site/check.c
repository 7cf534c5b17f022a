/* check.c - `wardwatch site check`: what a site file says, and what is missing in it. */
#include "rules/site/site.h"
#include <unistd.h>

#define REMARK(o, file, line, ...)          \
    do {                                    \
        ww_out_f(o, "%s:%u: ", file, line); \
        ww_out_f(o, __VA_ARGS__);           \
        ww_out_c(o, '\n');                  \
    } while (0)

/* Remarks about the devices. Out: missing declarations that cannot be read. Return: how many remarks. */
static unsigned check_devices(const struct ww_site *s, struct ww_out *o, unsigned *missing)
{
    size_t n;
    unsigned told = 0;
    const char *file = ww_site_file(s);
    const struct ww_site_device *d = ww_site_devices(s, &n);
    for (size_t i = 0; i < n; i++, d++) {
        bool medical = d->class_ != WW_SITE_NOT_MEDICAL;
        if (*d->baseline != 0 && access(d->baseline, R_OK) != 0) {
            ww_out_f(o,
                     "%s:%u: the device '%s' names the declaration %s, which cannot be read; "
                     "correct the path\n",
                     file, d->line, d->id, d->baseline);
            told++;
            ++*missing;
        }
        if (medical && *d->baseline == 0) {
            REMARK(o, file, d->line,
                   "the device '%s' has no baseline: nothing it does can be "
                   "compared with a declaration; ask the manufacturer for one",
                   d->id);
            told++;
        }
        if (d->class_ == 0 && *d->role == 0) {
            REMARK(o, file, d->line,
                   "the device '%s' has neither class nor role: its alerts count "
                   "as medium; add class: I, II, III, IV or none",
                   d->id);
            told++;
        }
        if (d->zone == NULL && d->connection == WW_CONN_UNSAID) {
            REMARK(o, file, d->line,
                   "the device '%s' has neither zone nor connection: it is not "
                   "known whether it may reach the internet",
                   d->id);
            told++;
        }
        if (*d->location == 0) {
            REMARK(o, file, d->line,
                   "the device '%s' has no location: an alert could not say "
                   "where to go",
                   d->id);
            told++;
        }
    }
    return told;
}

static unsigned check_rest(const struct ww_site *s, uint64_t now, struct ww_out *o)
{
    /* the addressees inside the hospital that alerts of level 4 and 5 need (alert model 3.9) */
    static const char *const need[] = { "HIT", "MISM", "MDSM", "CE", "MGMT", NULL };
    static const char *const serv[] = { "dns", "ntp", "dhcp", NULL };
    size_t n;
    unsigned told = 0;
    const char *file = ww_site_file(s);
    const struct ww_ip none = { .fam = 0 };
    for (size_t i = 0; need[i] != NULL; i++)
        if (ww_site_contact(s, need[i]) == NULL) {
            REMARK(o, file, 1u, "no contact for %s: an alert can only name the office", need[i]);
            told++;
        }
    for (size_t i = 0; serv[i] != NULL; i++)
        if (ww_site_service(s, serv[i], &none) == WW_SITE_UNSAID) {
            REMARK(o, file, 1u,
                   "no address under services: %s; who may give this service is not "
                   "known",
                   serv[i]);
            told++;
        }
    const struct ww_site_exception *x = ww_site_exceptions(s, &n);
    for (size_t i = 0; i < n; i++)
        if (now != 0 && x[i].expires < now) {
            REMARK(o, file, x[i].line,
                   "the exception for '%s' is over; remove it or have it "
                   "approved again",
                   x[i].device);
            told++;
        }
    return told;
}

int ww_site_check(const char *path, uint64_t now, struct ww_out *o)
{
    struct ww_site *s = NULL;
    struct ww_err e;
    if (ww_site_load(&s, path, &e) != WW_OK) {
        ww_out_s(o, e.text);
        ww_out_c(o, '\n');
        return 2;
    }
    size_t nz, nd;
    (void)ww_site_zones(s, &nz);
    (void)ww_site_devices(s, &nd);
    unsigned missing = 0;
    unsigned told = check_devices(s, o, &missing) + check_rest(s, now, o);
    /* who starts with this file stops at a declaration that is not there */
    ww_out_f(o, "%s: %s, %zu zones, %zu devices, %u remarks\n", path,
             missing > 0 ? "not usable" : "usable", nz, nd, told);
    ww_site_free(s);
    return missing > 0 ? 2 : 0;
}
