/* conv_order.c - in which order conversations are told: that of the database's key, as text.
 *
 * A database takes rows in the order of their key at a quarter of the cost, because each goes behind
 * the one before. Where the order here is not quite that of the texts (IPv6 addresses), rows are
 * right nevertheless. */
#include "rules/devices/conv_int.h"
#include "sensor/base/mem.h"
#include "sensor/base/sort.h"
#include <stdio.h>
#include <string.h>

const char *ww_conv_direction(uint8_t direction)
{
    static const char *const names[] = { "unknown", "out", "in" };
    return names[direction % 3];
}

static bool octet_after(const void *ctx, uint32_t a, uint32_t b)
{
    char x[12], y[12];
    (void)ctx;
    (void)snprintf(x, sizeof x, "%u", (unsigned)a);
    (void)snprintf(y, sizeof y, "%u", (unsigned)b);
    return strcmp(x, y) > 0; /* the dot that follows is less than any digit, as the end is */
}

enum ww_rc ww_conv_order_new(struct ww_conv *c, struct ww_err *e)
{
    uint32_t by_text[256];
    for (uint32_t i = 0; i < 256; i++)
        by_text[i] = i;
    ww_sort(by_text, 256, octet_after, NULL);
    for (uint32_t i = 0; i < 256; i++)
        c->octet[by_text[i]] = (uint8_t)i;
    c->order = ww_mem_reserve(c->cfg.conversations * sizeof *c->order);
    c->turn = ww_mem_reserve(c->cfg.places * sizeof *c->turn);
    c->place = ww_mem_reserve(c->cfg.places * sizeof *c->place);
    if (c->order == NULL || c->turn == NULL || c->place == NULL)
        return WW_FAIL(e, WW_E_SYS, "conversations: no memory");
    return WW_OK;
}

void ww_conv_order_free(struct ww_conv *c)
{
    ww_mem_release(c->order, c->cfg.conversations * sizeof *c->order);
    ww_mem_release(c->turn, c->cfg.places * sizeof *c->turn);
    ww_mem_release(c->place, c->cfg.places * sizeof *c->place);
}

static int ip_cmp(const struct ww_conv *c, const struct conv_key *a, const struct conv_key *b)
{
    if (a->fam != b->fam)
        return a->fam < b->fam ? -1 : 1;
    if (a->fam != 4)
        return memcmp(a->peer, b->peer, sizeof a->peer);
    for (unsigned i = 0; i < 4; i++)
        if (a->peer[i] != b->peer[i])
            return c->octet[a->peer[i]] < c->octet[b->peer[i]] ? -1 : 1;
    return 0;
}

/* Of two conversations of one device. */
static bool conv_after(const void *ctx, uint32_t x, uint32_t y)
{
    const struct ww_conv *c = ctx;
    const struct conv_key *a = ww_table_at(&c->conv, x), *b = ww_table_at(&c->conv, y);
    int d = ip_cmp(c, a, b);
    if (d == 0 && a->direction != b->direction)
        d = strcmp(ww_conv_direction(a->direction), ww_conv_direction(b->direction));
    if (d == 0)
        d = (int)a->ip_proto - (int)b->ip_proto;
    if (d == 0)
        d = (int)a->port - (int)b->port;
    if (d == 0 && a->app != b->app)
        d = strcmp(ww_conv_app(c, a->app), ww_conv_app(c, b->app));
    return d != 0 ? d > 0 : a->day > b->day;
}

static bool place_after(const void *ctx, uint32_t a, uint32_t b)
{
    const struct conv_place *place = ctx;
    return strcmp(place[a].id, place[b].id) > 0;
}

/* Counts what each place has to tell. Return: how many places have something. */
static uint32_t places(struct ww_conv *c)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->cfg.places; i++)
        c->place[i].n = 0;
    for (const struct conv *v = ww_table_oldest(&c->conv); v != NULL;
         v = ww_table_next(&c->conv, v)) {
        struct conv_place *p = &c->place[v->place];
        if (!v->dirty || p->n++ > 0)
            continue;
        c->turn[n++] = v->place;
        struct ww_out o = ww_out(p->id, sizeof p->id - 1);
        ww_device_id_text(&o, c->cfg.site, &v->dev);
        p->id[o.n] = 0;
    }
    ww_sort(c->turn, n, place_after, c->place);
    return n;
}

uint32_t ww_conv_order(struct ww_conv *c)
{
    uint32_t n = places(c), from = 0;
    for (uint32_t i = 0; i < n; i++) { /* .n becomes where the place's next record goes */
        struct conv_place *p = &c->place[c->turn[i]];
        uint32_t mine = p->n;
        p->n = from;
        from += mine;
    }
    for (const struct conv *v = ww_table_oldest(&c->conv); v != NULL;
         v = ww_table_next(&c->conv, v))
        if (v->dirty)
            c->order[c->place[v->place].n++] = ww_table_index(&c->conv, v);
    for (uint32_t i = 0, begin = 0; i < n; i++) {
        uint32_t end = c->place[c->turn[i]].n;
        ww_sort(c->order + begin, end - begin, conv_after, c);
        begin = end;
    }
    return from;
}
