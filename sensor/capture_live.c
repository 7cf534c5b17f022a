/* capture_live.c - listening through libpcap: memory-mapped ring of the kernel, counters of its drops.
 * It never sends: the handle is used for reading only. */
#include "sensor/base/out.h"
#include "sensor/capture.h"
#include <errno.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>

enum { BUFFER_MIB = 64, TIMEOUT_MS = 100, BATCH = 4096, DRAIN_MAX = 64 };

struct ww_live {
    pcap_t *p;
    char name[64];
    uint32_t source;
    uint16_t link;
    int fd;
    bool flagged; /* the interface has flags; "any" and others have none */
    unsigned drained; /* rounds of the last drain */
    uint64_t frame, last_ts;
    uint32_t ps_recv, ps_drop; /* libpcap's counters are 32 bits wide and wrap */
    uint64_t received, dropped;
    ww_live_fn *fn;
    void *to;
};

static enum ww_rc configure(struct ww_live *l, const struct ww_live_cfg *cfg, struct ww_err *e)
{
    int mib = cfg->buffer_mib > 0 ? cfg->buffer_mib : BUFFER_MIB;
    (void)pcap_set_snaplen(l->p, cfg->snaplen > 0 ? cfg->snaplen : WW_SNAP_MAX);
    (void)pcap_set_promisc(l->p, cfg->promisc);
    (void)pcap_set_timeout(l->p, TIMEOUT_MS);
    (void)pcap_set_buffer_size(l->p, mib << 20);
    (void)pcap_set_tstamp_precision(l->p, PCAP_TSTAMP_PRECISION_NANO);
    int rc = pcap_activate(l->p);
    if (rc == PCAP_ERROR_PERM_DENIED || rc == PCAP_ERROR_PROMISC_PERM_DENIED)
        return WW_FAIL(e, WW_E_CONF,
                       "%s: no permission to listen; run as root or give the program "
                       "CAP_NET_RAW (setcap cap_net_raw+ep)",
                       l->name);
    if (rc == PCAP_ERROR_NO_SUCH_DEVICE)
        return WW_FAIL(e, WW_E_CONF, "%s: no such interface; 'ip link' lists them", l->name);
    if (rc == PCAP_ERROR_IFACE_NOT_UP)
        return WW_FAIL(e, WW_E_CONF, "%s: the interface is down; 'ip link set %s up'", l->name,
                       l->name);
    if (rc < 0)
        return WW_FAIL(e, WW_E_CONF, "%s: %s %s", l->name, pcap_statustostr(rc), pcap_geterr(l->p));
    l->link = (uint16_t)pcap_datalink(l->p);
    l->fd = pcap_get_selectable_fd(l->p);
    char why[PCAP_ERRBUF_SIZE];
    if (l->fd < 0 || pcap_setnonblock(l->p, 1, why) != 0)
        return WW_FAIL(e, WW_E_CONF, "%s: cannot wait for packets on this kind of interface", l->name);
    /* both directions: a span port only receives, but a tap on a host interface should see all */
    if (cfg->filter == NULL)
        return WW_OK;
    struct bpf_program prog;
    if (pcap_compile(l->p, &prog, cfg->filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return WW_FAIL(e, WW_E_CONF, "filter \"%s\": %s; see 'man pcap-filter'", cfg->filter,
                       pcap_geterr(l->p));
    rc = pcap_setfilter(l->p, &prog);
    pcap_freecode(&prog);
    return rc == 0 ? WW_OK : WW_FAIL(e, WW_E_CONF, "%s: %s", l->name, pcap_geterr(l->p));
}

/* Return: the flags, 0 without IFF_UP when it is down, -1 when there are none. */
static int flags_of(const struct ww_live *l)
{
    struct ifreq r = { .ifr_flags = 0 };
    ww_text_set(r.ifr_name, sizeof r.ifr_name, l->name);
    if (ioctl(l->fd, SIOCGIFFLAGS, &r) != 0)
        return -1;
    return (unsigned short)r.ifr_flags;
}

enum ww_iface ww_live_state(const struct ww_live *l)
{
    if (!l->flagged)
        return WW_IFACE_UP;
    int flags = flags_of(l);
    if (flags < 0)
        return errno == ENODEV ? WW_IFACE_GONE : WW_IFACE_UP;
    return (flags & IFF_UP) != 0 ? WW_IFACE_UP : WW_IFACE_DOWN;
}

const char *ww_live_name(const struct ww_live *l)
{
    return l->name;
}

enum ww_rc ww_live_open(struct ww_live **out, const char *iface, uint32_t source,
                        const struct ww_live_cfg *cfg, struct ww_err *e)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    struct ww_live *l = calloc(1, sizeof *l);
    if (l == NULL)
        return WW_FAIL(e, WW_E_SYS, "%s: no memory", iface);
    ww_text_set(l->name, sizeof l->name, iface);
    l->source = source;
    l->p = pcap_create(iface, why);
    enum ww_rc rc = WW_OK;
    if (l->p == NULL)
        rc = WW_FAIL(e, WW_E_CONF, "%s: %s", iface, why);
    if (rc == WW_OK)
        rc = configure(l, cfg, e);
    if (rc != WW_OK) {
        ww_live_close(l);
        return rc;
    }
    l->flagged = flags_of(l) >= 0;
    *out = l;
    return WW_OK;
}

static void on_packet(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes)
{
    struct ww_live *l = (struct ww_live *)(void *)user;
    struct ww_pkt p = { .p = bytes,
                        .caplen = h->caplen,
                        .len = h->len,
                        .ts = (uint64_t)h->ts.tv_sec * 1000000000u + (uint64_t)h->ts.tv_usec,
                        .frame = ++l->frame,
                        .source = l->source,
                        .link = l->link };
    p.stepped = ww_clock_stepped(l->last_ts, p.ts);
    l->last_ts = p.ts;
    l->fn(l->to, &p);
}

/* libpcap's own waiting has no end while a TPACKET_V3 ring stays empty, so the waiting is ours. */
static bool wait_for(const struct ww_live *l)
{
    struct pollfd p = { .fd = l->fd, .events = POLLIN };
    if (poll(&p, 1, TIMEOUT_MS) <= 0)
        return false;
    if ((p.revents & POLLIN) != 0)
        return true;
    (void)poll(NULL, 0, TIMEOUT_MS); /* an error stands there at once: the time passes all the same */
    return false;
}

int ww_live_dispatch(struct ww_live *l, ww_live_fn *fn, void *to, struct ww_err *e)
{
    l->fn = fn;
    l->to = to;
    int n = pcap_dispatch(l->p, BATCH, on_packet, (u_char *)l);
    if (n == 0 && wait_for(l))
        n = pcap_dispatch(l->p, BATCH, on_packet, (u_char *)l);
    if (n < 0) {
        ww_err_set(e, WW_E_DATA, "%s: %s; look at it with 'ip link' and start again", l->name,
                   pcap_geterr(l->p));
        return -1;
    }
    return n;
}

void ww_live_drain(struct ww_live *l, ww_live_fn *fn, void *to)
{
    l->fn = fn;
    l->to = to;
    for (unsigned idle = 0; idle < 2;) { /* the open block of the ring is handed over after a time-out */
        int n = pcap_dispatch(l->p, BATCH, on_packet, (u_char *)l);
        /* an interface that is gone tells an error, and what it gave before is still in the ring */
        idle = n > 0 || (n == 0 && wait_for(l)) ? 0 : idle + 1;
        if (n < 0)
            (void)wait_for(l);
        if (++l->drained > DRAIN_MAX)
            return; /* a busy link never becomes silent: what came until now is enough */
    }
}

bool ww_live_drops(struct ww_live *l, uint64_t *received, uint64_t *dropped)
{
    struct pcap_stat st;
    if (pcap_stats(l->p, &st) != 0)
        return false;
    l->received += st.ps_recv - l->ps_recv;
    l->dropped += st.ps_drop - l->ps_drop;
    l->ps_recv = st.ps_recv;
    l->ps_drop = st.ps_drop;
    *received = l->received;
    *dropped = l->dropped;
    return true;
}

void ww_live_close(struct ww_live *l)
{
    if (l == NULL)
        return;
    if (l->p != NULL)
        pcap_close(l->p);
    free(l);
}
