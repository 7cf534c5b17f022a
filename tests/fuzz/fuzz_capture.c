/* fuzz_capture.c - a whole capture file of any content: reader, decoder, flows, streams, dissectors, JSON.
 * Whatever the file holds, the output is valid JSON and nothing is left behind.
 */
#include "sensor/worker.h"
#include "tests/support.h"
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void see(void *to, const struct ww_event *e)
{
    static char buf[65536];
    uint64_t *last = to;
    struct ww_out o = ww_out(buf, sizeof buf);
    ww_json_open(&o, NULL, '{');
    ww_event_body_json(&o, e);
    ww_json_close(&o, '}');
    const char *bad = o.cut ? "longer than the buffer" : t_json_bad(buf, o.n);
    if (bad != NULL) {
        t_dump("body", (struct ww_slice){ (const uint8_t *)buf, o.n });
        t_die("%s: not good JSON: %s", e->type->name, bad);
    }
    if (e->size != sizeof *e + e->type->size || e->size > WW_EVENT_MAX)
        t_die("%s: a record of %u bytes", e->type->name, e->size);
    if (e->nvlan > WW_VLAN_MAX || e->ntunnel > WW_TUNNEL_MAX || e->dir > 1 || e->client > 1)
        t_die("%s: a header beyond its limits", e->type->name);
    if (e->seq <= *last)
        t_die("%s: the sequence goes back", e->type->name);
    *last = e->seq;
}

static void read_all(struct ww_capfile *c, struct ww_worker *w)
{
    static struct ww_batch b;
    struct ww_err e;
    for (;;) {
        enum ww_capfile_end end = ww_capfile_next(c, &b, &e);
        if (end != WW_CAP_MORE) {
            if ((end == WW_CAP_CUT || end == WW_CAP_BROKEN) && e.text[0] == 0)
                t_die("a damaged capture without a sentence");
            return;
        }
        if (b.n == 0 || b.n > WW_BATCH)
            t_die("a batch of %u packets", b.n);
        ww_worker_packets(w, b.pkt, b.n);
        ww_block_drop(b.block, b.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ww_capfile *c = NULL;
    struct ww_worker *w = NULL;
    struct ww_err e = { .rc = WW_OK };
    uint64_t last = 0;
    char path[64];
    int fd = memfd_create("capture", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
        t_die("no memory file");
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct ww_worker_cfg wc = ww_worker_defaults();
    wc.dissectors = ww_dissectors;
    wc.flows = 32;
    wc.tcp_flows = 16;
    wc.buffer_bytes = 1 << 20;
    wc.state_bytes = 1 << 20;
    wc.datagrams = 4;
    wc.emit = see;
    wc.emit_to = &last;
    if (ww_worker_new(&w, &wc, &e) != WW_OK)
        t_die("%s", e.text);
    struct ww_capfile_cfg cc = { .blocks = 2 };
    if (ww_capfile_open(&c, path, 0, &cc, &e) == WW_OK) {
        read_all(c, w);
        ww_capfile_close(c);
    } else if (e.text[0] == 0) {
        t_die("a refused capture without a sentence");
    }
    ww_worker_end(w);
    ww_worker_free(w);
    (void)close(fd);
    return 0;
}
