/* wardwatch_nids.c - second opinion: the same events over libnids' TCP reassembly instead of our own.
 *
 *     wardwatch-nids CAPTURE            events as EVE JSON lines; IPv4 TCP goes through libnids
 *     wardwatch-nids --streams nids|ours CAPTURE
 *                                       one line for each direction of each TCP connection: client,
 *                                       server, how many whole ones there were before, direction,
 *                                       bytes, 64-bit hash, bytes lost, "whole" when the three packets
 *                                       of the handshake were there in order and without data
 *
 * Our decoder finds the innermost IPv4 packet; libnids sees nothing else. Its streams come back to our
 * engine as segments in perfect order. libnids keeps process-global state and may exit by itself, so this
 * is one process per capture and a program of its own, never part of wardwatch.
 * Licence: libnids is under the GPL (version 2), and so is this program as a whole when it is distributed.
 */
#include "sensor/worker.h"
#include "store/store.h"
#include <nids.h>
#include <stdio.h>
#include <stdlib.h>

enum { STREAMS = 1 << 16, SEGMENT = 16000, IP_HDR = 20, TCP_HDR = 20 };
enum { TH_SYN_ = 2, TH_ACK_ = 16, TH_PSH_ = 8, TH_FIN_ = 1, TH_RST_ = 4 };

/* ---- what was in a stream ------------------------------------------------------------------------- */

struct stream {
    bool used, open;       /* the whole handshake was there */
    uint8_t stage;         /* packets of the handshake so far */
    uint32_t isn[2];       /* of client, server */
    uint64_t id;           /* flow id of ours, or number of the connection in libnids */
    uint64_t bytes[2], hash[2], gap[2]; /* [0] to the server */
    struct ww_end client, server;
    unsigned before;       /* connections between the same ends that began earlier */
};
static struct stream *table;
static size_t nstream;

static void hash_bytes(struct stream *s, unsigned dir, const uint8_t *p, size_t n)
{
    uint64_t h = s->hash[dir];
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u; /* FNV-1a */
    s->hash[dir] = h;
    s->bytes[dir] += n;
}

static struct stream *by_id(uint64_t id, bool add)
{
    size_t i = (size_t)ww_mix(id + 1, 0x9e3779b97f4a7c15u) & (STREAMS - 1);
    while (table[i].used && table[i].id != id)
        i = (i + 1) & (STREAMS - 1);
    if (table[i].used)
        return &table[i];
    if (!add || nstream > STREAMS / 2)
        return NULL;
    nstream++;
    table[i] = (struct stream){ .used = true, .id = id,
                                .hash = { 0xcbf29ce484222325u, 0xcbf29ce484222325u } };
    return &table[i];
}

static int by_number(const void *a, const void *b)
{
    const struct stream *x = a, *y = b;
    if (x->used != y->used)
        return x->used ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void print_streams(const char *who)
{
    qsort(table, STREAMS, sizeof *table, by_number);
    for (size_t i = 0; i < nstream; i++) {
        struct stream *s = &table[i];
        char c[WW_IP_TEXT], v[WW_IP_TEXT];
        for (size_t k = 0; k < i; k++) /* late packets of a closed connection count as none */
            s->before += table[k].open && memcmp(&table[k].client, &s->client, sizeof s->client) == 0 &&
                         memcmp(&table[k].server, &s->server, sizeof s->server) == 0;
        for (unsigned d = 0; d < 2; d++)
            (void)printf("%s\t%s:%u\t%s:%u\t%u\t%s\t%llu\t%016llx\t%llu\t%s\n", who,
                         ww_ip_text(c, s->client.ip.b, s->client.ip.fam), s->client.port,
                         ww_ip_text(v, s->server.ip.b, s->server.ip.fam), s->server.port, s->before,
                         d == 0 ? "to_server" : "to_client", (unsigned long long)s->bytes[d],
                         (unsigned long long)s->hash[d], (unsigned long long)s->gap[d],
                         s->open ? "whole" : "part");
    }
}

/* ---- ours: the worker's own sink, listened to ------------------------------------------------------- */

struct ears {
    struct ww_worker *w;
    struct ww_stream_sink below;
};

static struct stream *heard(struct ears *x)
{
    return by_id(ww_flow_at(&x->w->flows, x->w->flow)->id, true);
}

/* Bytes are kept by side A and B until the end of the flow tells who is the client. */
static void ear_data(void *to, enum ww_dir dir, struct ww_slice in)
{
    struct ears *x = to;
    struct stream *s = heard(x);
    if (s != NULL)
        hash_bytes(s, dir, in.p, in.n);
    x->below.data(x->below.to, dir, in);
}

static void ear_gap(void *to, enum ww_dir dir, uint64_t lost)
{
    struct ears *x = to;
    struct stream *s = heard(x);
    if (s != NULL)
        s->gap[dir] += lost;
    x->below.gap(x->below.to, dir, lost);
}

static void swap(uint64_t v[2])
{
    uint64_t t = v[0];
    v[0] = v[1];
    v[1] = t;
}

/* Ends without MAC: a tunnel may show the same connection behind different bridges. */
static struct ww_end plain(const struct ww_end *e)
{
    struct ww_end p;
    memset(&p, 0, sizeof p); /* compared as bytes */
    p.ip = e->ip;
    p.port = e->port;
    return p;
}

static void listen_event(void *to, const struct ww_event *e)
{
    (void)to;
    if (e->ip_proto != WW_IPPROTO_TCP)
        return;
    struct stream *s = by_id(e->flow, true);
    if (s == NULL)
        return;
    if (e->type != &ww_flow_end_type)
        return;
    if (e->client == WW_B) {
        swap(s->bytes);
        swap(s->hash);
        swap(s->gap);
    }
    s->client = plain(ww_event_client(e));
    s->server = plain(ww_event_server(e));
}

/* RFC 9293 3.5: SYN, SYN-ACK, ACK. libnids knows no other beginning, and no data on a SYN (RFC 7413). */
static void handshake(struct ww_worker *w, const struct ww_pkt *p)
{
    struct ww_dec d;
    enum ww_dir dir;
    if (ww_decode(p, &d) != WW_DEC_OK || d.fam != 4 || d.proto != WW_IPPROTO_TCP || d.frag)
        return;
    uint32_t i = ww_flow_find(&w->flows, &d, ww_flow_hash(&w->flows, &d), &dir);
    struct stream *s = i == WW_NONE ? NULL : by_id(ww_flow_at(&w->flows, i)->id, true);
    if (s == NULL || s->open)
        return;
    unsigned flags = d.tcp_flags & (WW_TCP_SYN | WW_TCP_ACK | WW_TCP_RST);
    if (s->stage == 0 && flags == WW_TCP_SYN && d.payload.n == 0) {
        s->isn[0] = d.seq;
        s->stage = 1;
    } else if (s->stage == 1 && flags == (WW_TCP_SYN | WW_TCP_ACK) && d.payload.n == 0 &&
               d.ack == s->isn[0] + 1) {
        s->isn[1] = d.seq;
        s->stage = 2;
    } else if (s->stage == 2 && flags == WW_TCP_ACK && d.seq == s->isn[0] + 1 &&
               d.ack == s->isn[1] + 1) {
        s->open = true;
    }
}

/* ---- libnids ------------------------------------------------------------------------------------------ */

struct conn {
    struct ww_end client, server;
    uint32_t seq[2]; /* next of client, server */
    struct stream *s;
};
static struct ww_worker *worker; /* receives the streams as segments; NULL when they are only hashed */
static struct ww_pkt at_hand;
static uint64_t connections;

static void be16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void be32(uint8_t *p, uint32_t v)
{
    be16(p, v >> 16);
    be16(p + 2, v & 0xffff);
}

static void segment(struct conn *c, bool from_client, unsigned flags, const uint8_t *p, size_t n)
{
    static uint8_t raw[IP_HDR + TCP_HDR + SEGMENT];
    const struct ww_end *src = from_client ? &c->client : &c->server;
    const struct ww_end *dst = from_client ? &c->server : &c->client;
    if (worker == NULL)
        return;
    memset(raw, 0, IP_HDR + TCP_HDR);
    raw[0] = 0x45;
    be16(raw + 2, (unsigned)(IP_HDR + TCP_HDR + n));
    raw[8] = 64;
    raw[9] = WW_IPPROTO_TCP;
    memcpy(raw + 12, src->ip.b, 4);
    memcpy(raw + 16, dst->ip.b, 4);
    be16(raw + 20, src->port);
    be16(raw + 22, dst->port);
    be32(raw + 24, c->seq[!from_client]);
    be32(raw + 28, c->seq[from_client]);
    raw[32] = TCP_HDR / 4 << 4;
    raw[33] = (uint8_t)flags;
    be16(raw + 34, 65535);
    if (n > 0)
        memcpy(raw + IP_HDR + TCP_HDR, p, n);
    struct ww_pkt k = at_hand;
    k.p = raw;
    k.caplen = k.len = (uint32_t)(IP_HDR + TCP_HDR + n);
    k.link = WW_LINK_RAW;
    ww_worker_packets(worker, &k, 1);
    c->seq[!from_client] += (uint32_t)n + ((flags & (TH_SYN_ | TH_FIN_)) != 0);
}

static void take(struct conn *c, const struct half_stream *h, bool from_client)
{
    const uint8_t *p = (const uint8_t *)h->data;
    size_t n = (size_t)h->count_new;
    hash_bytes(c->s, from_client ? 0 : 1, p, n);
    for (size_t at = 0; at < n; at += SEGMENT)
        segment(c, from_client, TH_PSH_ | TH_ACK_, p + at, n - at < SEGMENT ? n - at : SEGMENT);
}

static struct ww_end end_of(u_int addr, u_short port)
{
    struct ww_end e;
    memset(&e, 0, sizeof e);
    e.ip.fam = 4;
    memcpy(e.ip.b, &addr, 4); /* network order, as libnids keeps it */
    e.port = port;
    return e;
}

static struct conn *begin(const struct tcp_stream *ts)
{
    struct conn *c = calloc(1, sizeof *c);
    if (c == NULL)
        exit(2);
    c->client = end_of(ts->addr.saddr, ts->addr.source);
    c->server = end_of(ts->addr.daddr, ts->addr.dest);
    c->s = by_id(connections++, true);
    if (c->s == NULL) {
        (void)fprintf(stderr, "wardwatch-nids: more than %d connections\n", STREAMS / 2);
        exit(2);
    }
    c->s->client = c->client;
    c->s->server = c->server;
    c->s->open = true;
    c->seq[0] = 1000;
    c->seq[1] = 5000;
    segment(c, true, TH_SYN_, NULL, 0);
    segment(c, false, TH_SYN_ | TH_ACK_, NULL, 0);
    segment(c, true, TH_ACK_, NULL, 0);
    return c;
}

static void on_tcp(struct tcp_stream *ts, void **user)
{
    struct conn *c = *user;
    if (ts->nids_state == NIDS_JUST_EST) {
        ts->client.collect = 1;
        ts->server.collect = 1;
        *user = begin(ts);
        return;
    }
    if (c == NULL)
        return;
    if (ts->server.count_new > 0) /* arrived at the server */
        take(c, &ts->server, true);
    if (ts->client.count_new > 0)
        take(c, &ts->client, false);
    if (ts->nids_state == NIDS_CLOSE) {
        segment(c, true, TH_FIN_ | TH_ACK_, NULL, 0);
        segment(c, false, TH_FIN_ | TH_ACK_, NULL, 0);
    } else if (ts->nids_state == NIDS_RESET) {
        segment(c, true, TH_RST_, NULL, 0);
    }
    if (ts->nids_state != NIDS_DATA) {
        free(c);
        *user = NULL;
    }
}

static void quiet(int type, int err, void *iph, void *data)
{
    (void)type;
    (void)err;
    (void)iph;
    (void)data;
}

static void nids_begin(void)
{
    static struct nids_chksum_ctl all = { 0, 0, NIDS_DONT_CHKSUM, 0 }; /* offloaded checksums are wrong */
    nids_params.pcap_desc = pcap_open_dead(DLT_RAW, WW_SNAP_MAX);
    nids_params.scan_num_hosts = 0;
    nids_params.n_tcp_streams = STREAMS;
    nids_params.n_hosts = 4096;
    nids_params.multiproc = 0;
    nids_params.syslog = quiet;
    nids_params.tcp_flow_timeout = 86400;
    if (nids_params.pcap_desc == NULL || !nids_init()) {
        (void)fprintf(stderr, "wardwatch-nids: libnids does not start: %s\n", nids_errbuf);
        exit(2);
    }
    nids_register_chksum_ctl(&all, 1);
    nids_register_tcp(on_tcp);
}

/* Hands the innermost IPv4 packet over, once: libnids would count a mirror's copies as retransmissions or
 * new connections. Return: false when there is none, or when it is not for libnids. */
static bool to_nids(const struct ww_pkt *p)
{
    static struct ww_dups dups;
    struct ww_dec d;
    struct ww_key key = { { 1, 2 } };
    if (dups.set == NULL && ww_dups_init(&dups, 16384, key) != WW_OK)
        exit(2);
    (void)ww_decode(p, &d);
    if (d.outcome != WW_DEC_OK || d.fam != 4 || d.proto != WW_IPPROTO_TCP)
        return false;
    if (ww_dup_is_copy(&dups, &d, ww_dup_hash(&dups, &d), p->ts))
        return true;
    const uint8_t *start = d.ip[0].p - 12;
    struct pcap_pkthdr h = { .ts = { .tv_sec = (time_t)(p->ts / 1000000000u),
                                     .tv_usec = (suseconds_t)(p->ts / 1000 % 1000000) } };
    h.caplen = (bpf_u_int32)(p->p + p->caplen - start);
    h.len = h.caplen;
    nids_pcap_handler(NULL, &h, (u_char *)(uintptr_t)start);
    return true;
}

/* ---- captures -------------------------------------------------------------------------------------------- */

static int read_capture(const char *path, bool nids, struct ww_worker *w)
{
    static struct ww_batch b;
    struct ww_capfile *c = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct ww_capfile_cfg cfg = { .blocks = 2 };
    enum ww_capfile_end end;
    if (ww_capfile_open(&c, path, 0, &cfg, &e) != WW_OK) {
        (void)fprintf(stderr, "wardwatch-nids: %s\n", e.text);
        return 2;
    }
    while ((end = ww_capfile_next(c, &b, &e)) == WW_CAP_MORE) {
        for (unsigned i = 0; i < b.n; i++) {
            at_hand = b.pkt[i];
            if (!nids || !to_nids(&b.pkt[i]))
                if (w != NULL)
                    ww_worker_packets(w, &b.pkt[i], 1);
            if (!nids)
                handshake(w, &b.pkt[i]);
        }
        ww_block_drop(b.block, b.n);
    }
    ww_capfile_close(c);
    return end == WW_CAP_END ? 0 : 3;
}

static void to_eve(void *to, const struct ww_event *e)
{
    ww_eve_put(to, e);
}

static struct ww_worker *new_worker(ww_event_fn *fn, void *to)
{
    struct ww_worker *w = NULL;
    struct ww_err e = { .rc = WW_OK };
    struct ww_worker_cfg cfg = ww_worker_defaults();
    cfg.dissectors = ww_dissectors;
    cfg.flows = 100000; /* captures of tests are small; one process a capture */
    cfg.tcp_flows = STREAMS / 2;
    cfg.buffer_bytes = 32u << 20;
    cfg.emit = fn;
    cfg.emit_to = to;
    if (ww_worker_new(&w, &cfg, &e) != WW_OK) {
        (void)fprintf(stderr, "wardwatch-nids: %s\n", e.text);
        exit(2);
    }
    return w;
}

static int events(const char *path)
{
    static struct ww_registry registry;
    static const char *apps[256];
    const char *sources[] = { path, NULL };
    struct ww_eve *eve = NULL;
    struct ww_err e = { .rc = WW_OK };
    enum ww_rc rc = ww_registry_add(&registry, ww_core_events, &e);
    for (unsigned i = 0; ww_dissectors[i] != NULL && rc == WW_OK; i++) {
        apps[i] = ww_dissectors[i]->name;
        rc = ww_registry_add(&registry, ww_dissectors[i]->events, &e);
    }
    struct ww_eve_cfg cfg = { .path = "-", .registry = &registry, .app_names = apps,
                              .source_names = sources, .tunnel_name = ww_tunnel_name };
    if (rc != WW_OK || ww_eve_open(&eve, &cfg, &e) != WW_OK) {
        (void)fprintf(stderr, "wardwatch-nids: %s\n", e.text);
        return 2;
    }
    worker = new_worker(to_eve, eve);
    nids_begin();
    int code = read_capture(path, true, worker);
    nids_exit();
    ww_worker_end(worker);
    ww_worker_free(worker);
    if (ww_eve_close(eve, &e) != WW_OK) {
        (void)fprintf(stderr, "wardwatch-nids: %s\n", e.text);
        return 3;
    }
    return code;
}

static int streams(const char *who, const char *path)
{
    int code;
    if (strcmp(who, "nids") == 0) {
        nids_begin();
        code = read_capture(path, true, NULL);
        nids_exit();
    } else if (strcmp(who, "ours") == 0) {
        struct ears ears = { .w = new_worker(listen_event, NULL) };
        ears.below = ears.w->sink;
        ears.w->sink = (struct ww_stream_sink){ .data = ear_data, .gap = ear_gap, .to = &ears };
        code = read_capture(path, false, ears.w);
        ww_worker_end(ears.w);
        ww_worker_free(ears.w);
    } else {
        (void)fprintf(stderr, "wardwatch-nids: --streams takes nids or ours\n");
        return 2;
    }
    print_streams(who);
    return code;
}

int main(int argc, char **argv)
{
    int code = 2;
    table = calloc(STREAMS, sizeof *table);
    if (table == NULL)
        return 2;
    if (argc == 4 && strcmp(argv[1], "--streams") == 0)
        code = streams(argv[2], argv[3]);
    else if (argc == 2 && argv[1][0] != '-')
        code = events(argv[1]);
    else
        (void)fprintf(stderr, "usage: wardwatch-nids CAPTURE\n"
                              "       wardwatch-nids --streams nids|ours CAPTURE\n"
                              "TCP reassembly by libnids (GPL 2); this program as a whole is under the GPL.\n");
    free(table);
    return code;
}
