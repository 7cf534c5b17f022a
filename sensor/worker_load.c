/* worker_load.c - what a worker leaves out when packets come faster than it can take them. */
#include "sensor/worker_int.h"

static const uint64_t NS = 1000000000u;

void ww_worker_load(struct ww_worker *w, uint32_t load)
{
    w->stats.load_raised += load > w->load;
    w->load = load;
}

/* Much, and fast for its age: images and files, not a link that sends small messages for weeks. */
static bool is_bulk(const struct ww_flow *f)
{
    uint64_t bytes = f->bytes[0] + f->bytes[1];
    uint64_t age_s = (f->last - f->start) / NS + 1;
    return bytes >= WW_LOAD_BULK_BYTES && bytes / age_s >= WW_LOAD_BULK_RATE;
}

bool ww_worker_sheds(struct ww_worker *w, const struct ww_flow *f, enum ww_dir dir, size_t n)
{
    if (n == 0 || f->app == WW_APP_NONE)
        return false; /* nobody would look at it */
    if (f->ext != WW_NONE && ((const struct ww_tcp *)ww_slab_at(&w->tcp, f->ext))->side[dir].skip >= n)
        return false; /* nor at this */
    enum ww_load step = WW_LOAD_HEADS;
    if (is_bulk(f))
        step = WW_LOAD_BULK;
    else if (f->bytes[0] + f->bytes[1] > WW_LOAD_HEAD_BYTES)
        step = WW_LOAD_BODIES;
    if (step > w->load)
        return false;
    w->stats.left[step] += n;
    return true;
}
