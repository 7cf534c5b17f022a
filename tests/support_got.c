/* support_got.c - looking at the events that a run gave. */
#include "tests/support_host.h"
#include <stdio.h>
#include <stdlib.h>

size_t t_count(const struct t_feed *f, const char *type)
{
    size_t n = 0;
    for (size_t i = 0; i < f->ngot; i++)
        n += strcmp(f->got[i].e->type->name, type) == 0;
    return n;
}

const struct t_got *t_find(const struct t_feed *f, const char *type, size_t nth)
{
    for (size_t i = 0; i < f->ngot; i++)
        if (strcmp(f->got[i].e->type->name, type) == 0 && nth-- == 0)
            return &f->got[i];
    return NULL;
}

static const struct ww_field *field_of(const struct t_got *g, const char *field)
{
    if (g == NULL)
        t_die("there is no such event (asked for its field %s)", field);
    const struct ww_field *d = ww_type_field(g->e->type, field);
    if (d == NULL)
        t_die("%s has no field %s", g->e->type->name, field);
    return d;
}

uint64_t t_get_u64(const struct t_got *g, const char *field)
{
    return ww_get_u64(g->e, field_of(g, field));
}

static void list_text(struct ww_out *o, const struct ww_event *e, const struct ww_field *d)
{
    size_t at = 0;
    bool first = true;
    for (struct ww_slice s = ww_get_item(e, d, &at); s.p != NULL; s = ww_get_item(e, d, &at)) {
        if (!first)
            ww_out_c(o, ',');
        first = false;
        ww_out_raw(o, s.p, s.n);
    }
}

const char *t_get_str(const struct t_got *g, const char *field)
{
    static char ring[8][4096];
    static size_t turn;
    const struct ww_field *d = field_of(g, field);
    char *buf = ring[turn++ % 8];
    struct ww_out o = ww_out(buf, sizeof ring[0] - 1);
    char text[WW_IP_TEXT];
    if (d->type == WW_FT_STR)
        ww_out_raw(&o, ww_get_str(g->e, d).p, ww_get_str(g->e, d).n);
    else if (d->type == WW_FT_LIST)
        list_text(&o, g->e, d);
    else if (d->type == WW_FT_IP && ww_get_ip(g->e, d)->fam != 0)
        ww_out_s(&o, ww_ip_text(text, ww_get_ip(g->e, d)->b, ww_get_ip(g->e, d)->fam));
    else if (d->type == WW_FT_MAC)
        ww_out_s(&o, ww_mac_text(text, ww_get_mac(g->e, d)->b));
    else if (d->type == WW_FT_TIME)
        ww_out_s(&o, ww_time_text(text, ww_get_u64(g->e, d)));
    else if (d->type != WW_FT_IP)
        ww_out_u64(&o, ww_get_u64(g->e, d));
    buf[o.n] = 0;
    return buf;
}

bool t_anomaly(const struct t_feed *f, const char *what)
{
    for (size_t i = 0; i < f->nanomaly; i++)
        if (strcmp(f->anomaly[i], what) == 0)
            return true;
    return false;
}

char *t_text(const struct t_feed *f, bool full)
{
    char *buf = NULL;
    size_t n = 0;
    FILE *o = open_memstream(&buf, &n);
    if (o == NULL)
        t_die("no memory");
    for (size_t i = 0; i < f->ngot; i++)
        (void)fprintf(o, "%s\n", f->got[i].text);
    for (size_t i = 0; full && i < f->ncontent; i++)
        t_content_text(&f->content[i], o);
    for (size_t i = 0; full && i < f->nanomaly; i++)
        (void)fprintf(o, "anomaly %s\n", f->anomaly[i]);
    if (full && f->client_known)
        (void)fprintf(o, "client %c\n", f->client == WW_A ? 'A' : 'B');
    if (full && f->stopped)
        (void)fprintf(o, "stopped: %s\n", f->why ? f->why : "?");
    if (full && f->handed_on)
        (void)fputs("handed on\n", o);
    if (fclose(o) != 0)
        t_die("no memory");
    return buf;
}

void t_print(const struct t_feed *f)
{
    char *s = t_text(f, true);
    (void)fprintf(stderr, "%s so far:\n%s", f->d->name, s);
    free(s);
}

void t_same(const struct t_feed *want, const struct t_feed *got, const char *about)
{
    char *a = t_text(want, true), *b = t_text(got, true);
    if (strcmp(a, b) != 0) {
        (void)fprintf(stderr, "%s: %s\n--- wanted\n%s--- got\n%s", want->d->name, about, a, b);
        t_die("the events differ");
    }
    free(a);
    free(b);
}
