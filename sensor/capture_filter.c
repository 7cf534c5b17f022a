/* capture_filter.c - BPF expressions over packets of several link types; libpcap compiles them. */
#include "sensor/base/out.h"
#include "sensor/capture.h"
#include <pcap/pcap.h>
#include <stdlib.h>

enum { LINKS = 16, LINKTYPE_RAW = 101 /* libpcap's own number differs by system */ };

struct ww_filter {
    char *expr;
    unsigned n;
    struct {
        uint16_t link;
        bool ok;
        struct bpf_program prog;
    } of[LINKS];
};

static bool compile(struct ww_filter *f, uint16_t link, char *why, size_t cap)
{
    if (f->n == LINKS)
        return false;
    unsigned i = f->n++;
    f->of[i].link = link;
    f->of[i].ok = false;
    pcap_t *dead = pcap_open_dead(link == LINKTYPE_RAW ? DLT_RAW : link, WW_SNAP_MAX);
    if (dead == NULL)
        return false;
    f->of[i].ok = pcap_compile(dead, &f->of[i].prog, f->expr, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!f->of[i].ok && why != NULL)
        ww_text_set(why, cap, pcap_geterr(dead));
    pcap_close(dead);
    return f->of[i].ok;
}

enum ww_rc ww_filter_new(struct ww_filter **out, const char *expr, struct ww_err *e)
{
    char why[160] = "";
    struct ww_filter *f = calloc(1, sizeof *f);
    if (f == NULL || (f->expr = strdup(expr)) == NULL) {
        free(f);
        return WW_FAIL(e, WW_E_SYS, "no memory for the filter");
    }
    if (!compile(f, DLT_EN10MB, why, sizeof why)) {
        ww_filter_free(f);
        return WW_FAIL(e, WW_E_CONF, "filter \"%s\": %s; see 'man pcap-filter'", expr, why);
    }
    *out = f;
    return WW_OK;
}

bool ww_filter_pass(struct ww_filter *f, const struct ww_pkt *p)
{
    unsigned i = 0;
    while (i < f->n && f->of[i].link != p->link)
        i++;
    if (i == f->n && !compile(f, p->link, NULL, 0))
        return false;
    if (!f->of[i].ok)
        return false;
    struct pcap_pkthdr h = { .caplen = p->caplen, .len = p->len };
    return pcap_offline_filter(&f->of[i].prog, &h, p->p) != 0;
}

void ww_filter_free(struct ww_filter *f)
{
    if (f == NULL)
        return;
    for (unsigned i = 0; i < f->n; i++)
        if (f->of[i].ok)
            pcap_freecode(&f->of[i].prog);
    free(f->expr);
    free(f);
}
