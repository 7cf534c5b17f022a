/* fuzz_capture.c - a whole capture file of any content: reader, decoder, flows, streams, dissectors, JSON.
 * Whatever the file holds, the output is valid JSON and nothing is left behind.
 */
#include "sensor/worker.h"
#include "tests/fuzz/events.h"
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
    wc.emit = t_event_good;
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
