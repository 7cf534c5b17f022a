/* pcap2corpus.c - turns captures into seeds for the fuzz targets, one file per flow.
 *
 *     pcap2corpus OUTDIR CAPTURE...     writes OUTDIR/<dissector>/<hash>
 *
 * A flow goes to the dissectors that recognise one of its first payloads or name one of its ports.
 * Segments are taken in capture order, repeated ones left out; a flow gives at most 4096 bytes.
 */
#include "sensor/base/hash.h"
#include "tests/support.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { SEED_MAX = 4096, CHUNKS = 64, FLOWS = 1024, DIR_B = 1, DATAGRAM = 4 };

struct flow {
    struct ww_end a, b;
    uint8_t proto;
    uint16_t ethertype;
    uint32_t next[2]; /* expected sequence number by direction */
    bool known[2];
    uint8_t seed[SEED_MAX];
    size_t n, chunks;
    uint64_t fits; /* bit by index of the dissector */
};
static struct flow flow[FLOWS];
static size_t nflow;

static bool same_end(const struct ww_end *x, const struct ww_end *y, bool ip)
{
    return ip ? ww_ip_eq(&x->ip, &y->ip) && x->port == y->port : ww_mac_eq(&x->mac, &y->mac);
}

static struct flow *find(const struct t_packet *p, enum ww_dir *dir)
{
    bool ip = p->ip_proto != 0;
    for (size_t i = 0; i < nflow; i++) {
        struct flow *f = &flow[i];
        if (f->proto != p->ip_proto || f->ethertype != p->ethertype)
            continue;
        bool ab = same_end(&f->a, &p->src, ip) && same_end(&f->b, &p->dst, ip);
        bool ba = same_end(&f->b, &p->src, ip) && same_end(&f->a, &p->dst, ip);
        *dir = ab ? WW_A : WW_B;
        if (ab || ba)
            return f;
    }
    *dir = WW_A;
    if (nflow == FLOWS)
        return NULL;
    flow[nflow] = (struct flow){ .a = p->src, .b = p->dst, .proto = p->ip_proto,
                                 .ethertype = p->ethertype };
    return &flow[nflow++];
}

static bool on_port(const struct ww_dissector *d, const struct flow *f)
{
    for (const struct ww_port *p = d->ports; p != NULL && p->on != WW_ON_END; p++) {
        if (p->on == WW_ON_ETHERTYPE && f->proto == 0 && p->n == f->ethertype)
            return true;
        if (p->on == WW_ON_IPPROTO && f->proto != 0 && p->n == f->proto)
            return true;
        if (((p->on == WW_ON_TCP && f->proto == 6) || (p->on == WW_ON_UDP && f->proto == 17)) &&
            (p->n == f->a.port || p->n == f->b.port))
            return true;
    }
    return false;
}

static void packet(void *to, const struct t_packet *p)
{
    enum ww_dir dir;
    (void)to;
    if (p->payload.n == 0)
        return;
    struct flow *f = find(p, &dir);
    if (f == NULL || f->chunks == CHUNKS)
        return;
    if (p->ip_proto == 6) {
        if (f->known[dir] && p->seq != f->next[dir])
            return;
        f->known[dir] = true;
        f->next[dir] = p->seq + (uint32_t)p->payload.n;
    }
    if (f->chunks < 4)
        for (unsigned i = 0; ww_dissectors[i] != NULL && i < 64; i++)
            if (on_port(ww_dissectors[i], f) ||
                t_probe(ww_dissectors[i], dir, p->payload.p, p->payload.n) == WW_GUESS_YES)
                f->fits |= 1ull << i;
    if (f->n + 4 > SEED_MAX)
        return;
    size_t n = p->payload.n < SEED_MAX - f->n - 3 ? p->payload.n : SEED_MAX - f->n - 3;
    uint8_t *q = f->seed + f->n;
    q[0] = (uint8_t)(n >> 8);
    q[1] = (uint8_t)n;
    q[2] = (uint8_t)((dir == WW_B ? DIR_B : 0) | (p->ip_proto == 6 ? 0 : DATAGRAM));
    memcpy(q + 3, p->payload.p, n);
    f->n += 3 + n;
    f->chunks++;
}

static void folder(const char *name)
{
    if (mkdir(name, 0777) != 0 && errno != EEXIST)
        t_die("%s: cannot make the folder", name);
}

static void save(const char *dir, const struct flow *f)
{
    static const struct ww_key key = { { 1, 2 } };
    char name[1024];
    for (unsigned i = 0; ww_dissectors[i] != NULL && i < 64; i++) {
        if (!(f->fits >> i & 1))
            continue;
        (void)snprintf(name, sizeof name, "%s/%s", dir, ww_dissectors[i]->name);
        folder(name);
        (void)snprintf(name, sizeof name, "%s/%s/%016llx", dir, ww_dissectors[i]->name,
                       (unsigned long long)ww_siphash(&key, (struct ww_slice){ f->seed, f->n }));
        FILE *o = fopen(name, "wbe");
        if (o == NULL || fwrite(f->seed, 1, f->n, o) != f->n || fclose(o) != 0)
            t_die("%s: cannot write", name);
    }
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        (void)fprintf(stderr, "usage: pcap2corpus OUTDIR CAPTURE...\n");
        return 2;
    }
    folder(argv[1]);
    for (int i = 2; i < argc; i++) {
        nflow = 0;
        if (t_pcap(argv[i], packet, NULL) < 0)
            (void)fprintf(stderr, "%s: not a classic Ethernet pcap, left out\n", argv[i]);
        for (size_t k = 0; k < nflow; k++)
            save(argv[1], &flow[k]);
    }
    return 0;
}
