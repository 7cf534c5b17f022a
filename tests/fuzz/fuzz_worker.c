/* fuzz_worker.c - frames of every link type through a whole worker with all dissectors.
 *
 * Input: frames of [link type and flags][time in quarter seconds][length be16] + bytes; flag 16: the frame was cut
 * by the snap length, 32: time goes back, 64: minutes instead of quarter seconds, 128: a tick in between.
 */
#include "sensor/worker.h"
#include "tests/fuzz/events.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
enum { FRAMES = 300 };

static void frame(struct ww_worker *w, struct ww_rd *r, uint64_t *now, uint64_t nr)
{
    static const uint16_t link[16] = { WW_LINK_ETHERNET, WW_LINK_ETHERNET, WW_LINK_ETHERNET, WW_LINK_RAW,
                                       WW_LINK_NULL,     WW_LINK_LOOP,     WW_LINK_SLL,      WW_LINK_SLL2,
                                       WW_LINK_IPV4,     WW_LINK_IPV6,     WW_LINK_RAW_BSD,  147 };
    uint8_t f = ww_rd_u8(r);
    uint64_t by = ww_rd_u8(r) * (f & 64 ? 60000000000u : 250000000u);
    size_t n = ww_rd_be16(r);
    struct ww_slice in = ww_rd_bytes(r, n < r->left ? n : r->left);
    *now = f & 32 ? *now - by : *now + by;
    uint8_t *copy = malloc(in.n ? in.n : 1);
    if (copy == NULL)
        abort();
    memcpy(copy, in.n ? in.p : copy, in.n);
    struct ww_pkt p = { .p = copy, .caplen = (uint32_t)in.n, .len = (uint32_t)in.n + (f & 16 ? 100 : 0), .ts = *now,
                        .frame = nr, .link = link[f & 15] };
    ww_worker_packets(w, &p, 1);
    free(copy);
    if (f & 128)
        ww_worker_tick(w, *now + 1000000000u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ww_worker *w = NULL;
    struct ww_err e;
    uint64_t last = 0, now = 1795395600000000000u;
    struct ww_worker_cfg c = ww_worker_defaults();
    c.dissectors = ww_dissectors;
    c.flows = 16;
    c.tcp_flows = 8;
    c.buffer_bytes = 1 << 20;
    c.state_bytes = 1 << 20;
    c.datagrams = 4;
    c.emit = t_event_good;
    c.emit_to = &last;
    c.key = (struct ww_key){ { 1, 2 } };
    if (ww_worker_new(&w, &c, &e) != WW_OK)
        t_die("%s", e.text);
    struct ww_rd r = ww_rd((struct ww_slice){ data, size });
    for (uint64_t i = 1; i <= FRAMES && r.left >= 4; i++)
        frame(w, &r, &now, i);
    ww_worker_end(w);
    if (w->flows.slab.used != 0 || w->tcp.used != 0)
        t_die("%u flows and %u connections are left", w->flows.slab.used, w->tcp.used);
    for (unsigned k = 0; k < WW_BUF_CLASSES; k++)
        if (w->bufs.of[k].used != 0)
            t_die("%u buffers are left", w->bufs.of[k].used);
    ww_worker_free(w);
    return 0;
}
