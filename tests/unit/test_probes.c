/* Probes on our own captures: each dissector recognises its own conversations and no others. */
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glob.h>
#include <stdio.h>

extern const struct ww_dissector ww_dissector_hl7, ww_dissector_dns, ww_dissector_dhcp;

struct seen {
    const struct ww_dissector *d;
    size_t payloads, yes;
};

static void ask(void *to, const struct t_packet *p)
{
    struct seen *s = to;
    bool udp = s->d->ports[0].on == WW_ON_UDP;
    if (p->payload.n == 0 || (p->ip_proto != 6 && p->ip_proto != 17))
        return;
    if (!udp && p->ip_proto != 6)
        return;
    s->payloads++;
    s->yes += t_probe(s->d, WW_A, p->payload.p, p->payload.n) == WW_GUESS_YES;
}

/* All payloads of all captures of a folder. */
static struct seen folder(const struct ww_dissector *d, const char *name)
{
    struct seen s = { .d = d };
    char pattern[512];
    glob_t g;
    snprintf(pattern, sizeof pattern, "%s/pcaps/%s/*.pcap", WW_SOURCE_DIR, name);
    if (glob(pattern, 0, NULL, &g) == 0) {
        for (size_t i = 0; i < g.gl_pathc; i++)
            (void)t_pcap(g.gl_pathv[i], ask, &s);
        globfree(&g);
    }
    return s;
}

Test(probes, own_and_foreign_captures)
{
    static const char *const folders[] = { "hl7", "dns", "dhcp", "dicom", "arp" };
    static const struct {
        const struct ww_dissector *d;
        size_t own;
    } t[] = { { &ww_dissector_hl7, 0 }, { &ww_dissector_dns, 1 }, { &ww_dissector_dhcp, 2 } };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        for (size_t k = 0; k < sizeof folders / sizeof folders[0]; k++) {
            struct seen s = folder(t[i].d, folders[k]);
            if (k == t[i].own)
                cr_expect(gt(sz, s.yes, 0), "%s knows its own", t[i].d->name);
            else
                cr_expect(eq(sz, s.yes, 0), "%s in pcaps/%s: %zu of %zu", t[i].d->name, folders[k],
                          s.yes, s.payloads);
        }
}
