/* livesend - send the frames of a capture from an interface at an even rate, and say how fast it was.
 * Build: cc -O2 -o livesend livesend.c      Use: livesend IFACE CAPTURE FRAMES_PER_SECOND [FRAMES [CPU]]
 * Rate 0: as fast as possible. Prints one JSON line. For tests on interfaces of a namespace only. */
#define _GNU_SOURCE
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 32, FRAMES_MAX = 4000000, FRAME_MAX = 9018 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* Frames of a classic little-endian Ethernet capture, in memory. Return: their number. */
static size_t load(const char *path, size_t most, struct iovec *v)
{
    size_t n = 0;
    uint8_t rec[24];
    FILE *f = fopen(path, "rb");
    if (f == NULL || fread(rec, 1, 24, f) != 24 || le32(rec + 20) != 1) {
        fprintf(stderr, "%s: not a classic little-endian Ethernet capture\n", path);
        exit(1);
    }
    uint8_t *room = mmap(NULL, (size_t)8 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        die("mmap");
    while (n < most && fread(rec, 1, 16, f) == 16) {
        uint32_t len = le32(rec + 8);
        if (len > 262144 || fread(room, 1, len, f) != len)
            break;
        if (len > FRAME_MAX || len < 14)
            continue;
        v[n++] = (struct iovec){ room, len };
        room += (len + 63) & ~63u;
    }
    fclose(f);
    return n;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "livesend IFACE CAPTURE FRAMES_PER_SECOND [FRAMES [CPU]]\n");
        return 2;
    }
    double rate = atof(argv[3]);
    size_t most = argc > 4 ? strtoul(argv[4], NULL, 10) : FRAMES_MAX;
    struct iovec *v = calloc(FRAMES_MAX, sizeof *v);
    struct mmsghdr m[BATCH];
    if (v == NULL)
        die("calloc");
    size_t n = load(argv[2], most < FRAMES_MAX ? most : FRAMES_MAX, v);
    if (argc > 5) {
        cpu_set_t c;
        CPU_ZERO(&c);
        CPU_SET((size_t)atoi(argv[5]), &c);
        if (sched_setaffinity(0, sizeof c, &c) != 0)
            die("sched_setaffinity");
    }
    int s = socket(AF_PACKET, SOCK_RAW, 0);
    struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(argv[1]) };
    int yes = 1;
    if (s < 0 || to.sll_ifindex == 0 || bind(s, (struct sockaddr *)&to, sizeof to) != 0)
        die(argv[1]);
    setsockopt(s, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes);
    size_t sent = 0, late = 0;
    double begin = now();
    while (sent < n) {
        size_t k = n - sent < BATCH ? n - sent : BATCH;
        double due = rate > 0 ? begin + (double)sent / rate : 0;
        double behind = now() - due;
        late += rate > 0 && behind > 0.01;
        while (rate > 0 && now() < due)
            ;
        memset(m, 0, sizeof m);
        for (size_t i = 0; i < k; i++) {
            m[i].msg_hdr.msg_iov = &v[sent + i];
            m[i].msg_hdr.msg_iovlen = 1;
        }
        int got = sendmmsg(s, m, (unsigned)k, 0);
        if (got <= 0)
            continue; /* the queue is full: again */
        sent += (size_t)got;
    }
    double took = now() - begin;
    printf("{\"sent\": %zu, \"seconds\": %.6f, \"pps\": %.0f, \"late_batches\": %zu}\n", sent, took, (double)sent / took, late);
    return 0;
}
