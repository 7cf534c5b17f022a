/* engine_probe.c - which dissector knows these bytes? */
#include "sensor/engine.h"

/* Asks one dissector. Return: whether he says yes; *maybe: the first that wants to see more, + 1. */
static bool ask(struct ww_engine *g, unsigned i, struct ww_slice in, enum ww_dir dir, unsigned *maybe)
{
    g->stats.probes++;
    enum ww_guess v = g->list[i]->probe(in, dir);
    if (v == WW_GUESS_MAYBE && *maybe == 0)
        *maybe = i + 1;
    return v == WW_GUESS_YES;
}

int ww_engine_probe(struct ww_engine *g, const struct ww_flow *f, struct ww_slice in, enum ww_dir dir,
                    unsigned *maybe)
{
    unsigned udp = f->proto == WW_IPPROTO_UDP;
    uint64_t speak = udp ? g->on_udp : g->on_tcp;
    uint64_t can = (g->first[ww_slice_at(in, 0)] | g->any_first) & speak;
    const uint8_t *hint[2] = { g->hint[udp][f->port[0]], g->hint[udp][f->port[1]] };
    for (unsigned k = 0; k < WW_PORT_HINTS && (hint[0][k] | hint[1][k]) != 0; k++) {
        for (unsigned side = 0; side < 2; side++) {
            unsigned h = hint[side][k];
            uint64_t bit = h > 0 ? 1ull << (h - 1) : 0;
            if ((can & bit) != 0 && ask(g, h - 1, in, dir, maybe))
                return (int)h - 1;
            can &= ~bit;
        }
    }
    for (; can != 0; can &= can - 1) {
        unsigned i = (unsigned)__builtin_ctzll(can);
        if (ask(g, i, in, dir, maybe))
            return (int)i;
    }
    return -1;
}
