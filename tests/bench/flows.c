/* flows.c - what a packet costs with few and with many flows at a time: the caches' share of the flow table.
 *
 *     bench_flows [--tcp N] [--packets N] [--runs N] FLOWS...
 *
 * For each number of flows a worker with the default budget (and --tcp connections reassembled) gets rounds of
 * packets, one for each flow in a scattered order; flows are open before time is taken. The packets are written
 * into one small buffer as the block reader would have them in the cache; what that costs is measured alone
 * and taken off. Runs of all numbers take turns; printed are medians, and ratios to the first number.
 */
#include "sensor/worker.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { NUMBERS = 8, RUNS = 51, PAYLOAD = 40, FRAME = 14 + 20 + 20 + PAYLOAD };

static uint8_t bytes[WW_BATCH][128];
static struct ww_pkt pkt[WW_BATCH];

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void put(uint8_t *p, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        p[i] = (uint8_t)(v >> 8 * (n - 1 - i));
}

/* The packet of flow i in a round: client and server in turn. */
static void write_packet(uint8_t *p, uint32_t i, uint32_t round)
{
    bool back = round & 1;
    uint32_t ip[2] = { 0x0a000000 + i / 4, 0xc0a80000 + i % 977 };
    uint16_t port[2] = { (uint16_t)(40000 + i % 4), 9999 };
    put(p + 12, 0x08004500, 4);
    put(p + 16, FRAME - 14, 2);
    put(p + 18, round + 1, 2);
    put(p + 22, 0x4006, 2);
    put(p + 26, ip[back], 4);
    put(p + 30, ip[!back], 4);
    put(p + 34, port[back], 2);
    put(p + 36, port[!back], 2);
    put(p + 38, (round / 2) * PAYLOAD, 4);
    put(p + 42, (round + 1) / 2 * PAYLOAD, 4);
    put(p + 46, 0x5018ffff, 4);
}

/* n packets from the k-th on. Flows come in the order i * odd mod flows, which visits all of them. */
static void feed(struct ww_worker *w, uint32_t flows, uint64_t from, uint64_t n)
{
    for (uint64_t at = from; at < from + n; at += WW_BATCH) {
        for (unsigned k = 0; k < WW_BATCH; k++) {
            uint32_t i = (uint32_t)((at + k) % flows * 2654435761u % flows);
            write_packet(bytes[k], i, (uint32_t)((at + k) / flows));
            pkt[k].ts = 1000000000000u + (at + k) * 1000;
            pkt[k].frame = at + k + 1;
        }
        if (w != NULL)
            ww_worker_packets(w, pkt, WW_BATCH);
        else
            __asm__ volatile("" : : "r"(bytes) : "memory"); /* else nothing needs to be written */
    }
}

static void ignore(void *to, const struct ww_event *e)
{
    uint64_t *n = to;
    (void)e;
    (*n)++;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *v, unsigned n)
{
    qsort(v, n, sizeof *v, by_value);
    return v[n / 2];
}

int main(int argc, char **argv)
{
    static uint32_t flows[NUMBERS];
    static double cost[NUMBERS][RUNS], empty[NUMBERS][RUNS];
    struct ww_worker *w[NUMBERS];
    uint64_t done[NUMBERS], events = 0, packets = 1 << 20;
    unsigned n = 0, runs = 5, tcp = 0;
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-' && n < NUMBERS)
            flows[n++] = (uint32_t)strtoul(argv[i], NULL, 10);
        else if (strcmp(argv[i], "--tcp") == 0 && i + 1 < argc)
            tcp = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--packets") == 0 && i + 1 < argc)
            packets = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc)
            runs = (unsigned)strtoul(argv[++i], NULL, 10);
    }
    if (n == 0 || runs == 0 || runs > RUNS) {
        (void)fprintf(stderr, "usage: bench_flows [--tcp N] [--packets N] [--runs N] FLOWS...\n");
        return 2;
    }
    for (unsigned k = 0; k < WW_BATCH; k++) {
        memset(bytes[k] + 54, 0xee, PAYLOAD);
        pkt[k] = (struct ww_pkt){ .p = bytes[k], .caplen = FRAME, .len = FRAME, .link = WW_LINK_ETHERNET };
    }
    for (unsigned j = 0; j < n; j++) {
        struct ww_err e;
        struct ww_worker_cfg c = ww_worker_defaults();
        c.dissectors = ww_dissectors;
        c.tcp_flows = tcp != 0 ? tcp : c.tcp_flows;
        c.key = ww_key_random();
        c.emit = ignore;
        c.emit_to = &events;
        if (ww_worker_new(&w[j], &c, &e) != WW_OK) {
            (void)fprintf(stderr, "bench_flows: %s\n", e.text);
            return 2;
        }
        done[j] = ((uint64_t)flows[j] * 4 + WW_BATCH - 1) / WW_BATCH * WW_BATCH;
        feed(w[j], flows[j], 0, done[j]);
    }
    for (unsigned r = 0; r < runs; r++) {
        for (unsigned j = 0; j < n; j++) {
            double t = now();
            feed(NULL, flows[j], done[j], packets);
            empty[j][r] = now() - t;
            t = now();
            feed(w[j], flows[j], done[j], packets);
            cost[j][r] = now() - t;
            done[j] += packets;
        }
    }
    double first = 0;
    for (unsigned j = 0; j < n; j++) {
        double each = (median(cost[j], runs) - median(empty[j], runs)) / (double)packets;
        first = j == 0 ? each : first;
        (void)printf("%9u flows %7.1f ns a packet, %.2f of the first; %u in the table, %llu pushed out\n", flows[j], each,
                     each / first, w[j]->flows.slab.used, (unsigned long long)w[j]->flows.evicted);
        ww_worker_free(w[j]);
    }
    return 0;
}
