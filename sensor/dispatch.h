/* dispatch.h - which worker takes a packet: a keyed symmetric hash of the innermost IP pair, so that all
 * of a pair meets in one worker, whatever tunnels and fragments it comes in. */
#ifndef WW_DISPATCH_H
#define WW_DISPATCH_H
#include "sensor/defrag.h"
#include "sensor/dup.h"

/* Fragments are put together here, before the workers: a datagram may carry a tunnel, and only the
 * whole of it shows the innermost pair. */
struct ww_dispatch {
    struct ww_key key;
    unsigned workers;
    struct ww_defrag frags;
    struct ww_dups dups;     /* of fragments: a mirror's copies must not begin a datagram again */
    _Atomic uint64_t evicted; /* datagrams that gave way to newer ones; for other threads */
};

/** In: workers 1 to 65535; datagrams at a time. With one worker nothing is reserved. */
enum ww_rc ww_dispatch_init(struct ww_dispatch *t, unsigned workers, uint32_t datagrams,
                            struct ww_key key) WW_MUST_CHECK;
void ww_dispatch_free(struct ww_dispatch *t);

/**
 * The worker of a packet. With several workers fragments are marked: p->fate.
 * Out:    whole  the datagram's body when the fragment completed it, else empty; valid until the next
 *                call; it goes to the worker that is returned, together with the packet
 */
unsigned ww_dispatch_to(struct ww_dispatch *t, struct ww_pkt *p, struct ww_slice *whole);
#endif
