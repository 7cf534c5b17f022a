/* soon.c - look-ups of the next events: place, record, and what the record points to, in rounds. */
#include "rules/devices/soon.h"
#include "rules/devices/conv_int.h"
#include "rules/devices/dev_int.h"
#include "sensor/event_core.h"

/* The flow; events of one flow that follow each other need it once. */
static void begin(const struct ww_conv *c, const struct ww_event *e, const struct ww_event *before,
                  struct ww_soon *s)
{
    *s = (struct ww_soon){ .flow = e->flow != 0 && (before == NULL || before->flow != e->flow),
                           .end = e->type == &ww_flow_end_type };
    if (s->flow)
        s->at = ww_table_soon(&c->flow, &e->flow);
}

/* A flow that begins has no record yet: its ends are looked up by address. */
static void flow_or_addresses(const struct ww_devices *d, const struct ww_conv *c,
                              const struct ww_event *e, struct ww_soon *s)
{
    if (!s->flow)
        return;
    s->rec = ww_table_soon_record(&c->flow, s->at);
    s->addresses = s->rec == NULL;
    for (unsigned k = 0; k < 2 && s->addresses; k++) {
        struct dev_addr_key key = ww_devices_addr_key(e, &e->end[k].ip);
        s->side[k] = ww_table_soon(&d->addr, &key);
    }
}

static void devices(const struct ww_devices *d, const struct ww_event *e, struct ww_soon *s)
{
    const struct ww_flow_rec *f = s->rec;
    for (unsigned k = 0; k < 2; k++) {
        if (f != NULL && f->at[k].serial != 0)
            ww_table_soon_at(&d->dev, f->at[k].index);
        else if (s->addresses)
            s->found[k] = ww_table_soon_record(&d->addr, s->side[k]);
    }
    if (f != NULL && f->id != e->flow)
        s->rec = NULL; /* another flow with the same place */
}

/* The devices of a flow that begins, the conversation of one that ends. */
static void behind(const struct ww_devices *d, const struct ww_conv *c, const struct ww_event *e,
                   struct ww_soon *s)
{
    const struct ww_flow_rec *f = s->rec;
    for (unsigned k = 0; k < 2 && s->addresses; k++) {
        const struct dev_addr *a = s->found[k];
        if (a != NULL)
            ww_table_soon_at(&d->dev, a->ref.index);
    }
    s->end = s->end && f != NULL;
    if (!s->end)
        return;
    enum ww_dir side = (enum ww_dir)(e->client & 1);
    if (f->at[side].serial == 0)
        side = (enum ww_dir)(side ^ 1);
    uint8_t app = e->dissector != WW_NO_DISSECTOR ? e->dissector : f->app;
    struct conv_key key =
        ww_conv_key(e, app, side, f->at[side].serial, ww_get_u64(e, c->end[1]));
    s->count = ww_table_soon(&c->conv, &key);
}

void ww_soon_round(const struct ww_devices *d, const struct ww_conv *c, const struct ww_event *e,
                   const struct ww_event *before, struct ww_soon *s, unsigned round)
{
    if (round == 0)
        begin(c, e, before, s);
    else if (round == 1)
        flow_or_addresses(d, c, e, s);
    else if (round == 2)
        devices(d, e, s);
    else if (round == 3)
        behind(d, c, e, s);
    else if (s->end)
        (void)ww_table_soon_record(&c->conv, s->count);
}
