/* support_loops.c - the loops that every dissector must pass: cuts, prefixes, bytes, gaps. */
#include "tests/support.h"
#include <stdio.h>
#include <stdlib.h>

enum { STEP_NS = 10000000 };

static struct t_feed *fresh(const struct t_talk *t)
{
    struct t_feed *f = t_new(t->d);
    f->allow_canary = t->allow_canary;
    f->readers = t->readers;
    if (t->setup != NULL)
        t->setup(f);
    return f;
}

/* n bytes of a step from `at` on: a datagram, part of a stream, or a piece of content. of: where the
 * bytes are, when a changed copy stands for the step. */
static void give_of(struct t_feed *f, const struct t_talk *t, const struct t_step *s, const void *of,
                    size_t at, size_t n)
{
    enum ww_dir dir = (enum ww_dir)s->dir;
    const uint8_t *p = (const uint8_t *)of + at;
    if (s->meta != NULL) {
        struct ww_content m = *s->meta;
        m.id = (uint64_t)(s - t->step) + 1;
        if (at == 0)
            (void)t_content(f, &m, dir, "", 0, s->n == 0);
        m.at = at;
        if (n > 0)
            (void)t_content(f, &m, dir, p, n, at + n == s->n);
    } else if (t->datagram) {
        t_datagram(f, dir, p, n);
    } else {
        t_bytes(f, dir, p, n);
    }
}

static void give(struct t_feed *f, const struct t_talk *t, const struct t_step *s, size_t at, size_t n)
{
    give_of(f, t, s, s->p, at, n);
}

/* Step i begins: time and frame go on in the same way in every variant. */
static void begin(struct t_feed *f, const struct t_talk *t, size_t i)
{
    f->frame = i + 1;
    t_time(f, f->cx.now + STEP_NS);
    t_gap(f, (enum ww_dir)t->step[i].dir, t->step[i].lost);
}

static void whole(struct t_feed *f, const struct t_talk *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        begin(f, t, i);
        give(f, t, &t->step[i], 0, t->step[i].n);
    }
}

struct t_feed *t_run(const struct t_talk *t)
{
    struct t_feed *f = fresh(t);
    whole(f, t, 0, t->n);
    return f;
}

static size_t longest(const struct t_talk *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        n = t->step[i].n > n ? t->step[i].n : n;
    return n;
}

static void cut_in_pieces(const struct t_talk *t, const struct t_feed *want, size_t piece)
{
    char about[80];
    struct t_feed *f = fresh(t);
    for (size_t i = 0; i < t->n; i++) {
        const struct t_step *s = &t->step[i];
        begin(f, t, i);
        for (size_t at = 0; at < s->n; at += piece)
            give(f, t, s, at, s->n - at < piece ? s->n - at : piece);
    }
    (void)snprintf(about, sizeof about, "pieces of %zu bytes", piece);
    t_same(want, f, about);
    t_free(f);
}

static void cut_in_two(const struct t_talk *t, const struct t_feed *want, size_t i, size_t at)
{
    char about[80];
    struct t_feed *f = fresh(t);
    const struct t_step *s = &t->step[i];
    whole(f, t, 0, i);
    begin(f, t, i);
    give(f, t, s, 0, at);
    give(f, t, s, at, s->n - at);
    whole(f, t, i + 1, t->n);
    (void)snprintf(about, sizeof about, "step %zu cut in two after byte %zu", i, at);
    t_same(want, f, about);
    t_free(f);
}

void t_every_cut(const struct t_talk *t)
{
    if (t->datagram)
        t_die("a datagram cannot be cut");
    struct t_feed *want = t_run(t);
    size_t max = longest(t);
    for (size_t piece = 1; piece < max; piece += piece < 64 ? 1 : piece / 7)
        cut_in_pieces(t, want, piece);
    for (size_t i = 0; i < t->n; i++)
        for (size_t at = 1; at < t->step[i].n; at++)
            cut_in_two(t, want, i, at);
    t_free(want);
}

/* True when the first events of b are exactly the events of a. */
static bool is_front(const struct t_feed *a, const struct t_feed *b)
{
    if (a->ngot > b->ngot)
        return false;
    for (size_t i = 0; i < a->ngot; i++)
        if (strcmp(a->got[i].text, b->got[i].text) != 0)
            return false;
    return true;
}

static void prefix(const struct t_talk *t, const struct t_feed *before, const struct t_feed *after,
                   size_t i, size_t n)
{
    const struct t_step *s = &t->step[i];
    struct t_feed *f = fresh(t);
    whole(f, t, 0, i);
    begin(f, t, i);
    give(f, t, s, 0, n);
    bool good = s->parts ? is_front(before, f) && is_front(f, after)
                         : is_front(before, f) && f->ngot == before->ngot;
    if (!good) {
        t_print(f);
        t_die("%s: the first %zu bytes of step %zu (of %zu) tell something", t->d->name, n, i, s->n);
    }
    if (f->stopped && !t->datagram)
        t_die("%s: the first %zu bytes of step %zu (of %zu) make it stop: %s", t->d->name, n, i,
              s->n, f->why);
    t_end(f);
    t_free(f);
}

void t_every_prefix(const struct t_talk *t)
{
    for (size_t i = 0; i < t->n; i++) {
        struct t_feed *before = fresh(t), *after = fresh(t);
        whole(before, t, 0, i);
        begin(before, t, i);
        whole(after, t, 0, i + 1);
        if (before->stopped)
            t_die("%s: stops before step %zu: %s", t->d->name, i, before->why);
        for (size_t n = 1; n < t->step[i].n; n++)
            prefix(t, before, after, i, n);
        t_free(before);
        t_free(after);
    }
}

static void mutated(const struct t_talk *t, size_t i, size_t at, uint8_t v, bool cut)
{
    const struct t_step *s = &t->step[i];
    struct t_feed *f = fresh(t);
    f->allow_canary = true;
    uint8_t *copy = malloc(s->n);
    if (copy == NULL)
        t_die("no memory");
    memcpy(copy, s->p, s->n);
    copy[at] = v;
    whole(f, t, 0, i);
    begin(f, t, i);
    if (cut)
        give_of(f, t, s, copy, 0, at + 1);
    give_of(f, t, s, copy, cut ? at + 1 : 0, s->n - (cut ? at + 1 : 0));
    whole(f, t, i + 1, t->n);
    t_end(f);
    free(copy);
    t_free(f);
}

void t_every_byte(const struct t_talk *t)
{
    static const uint8_t value[] = { 0x00, 0x7f, 0x80, 0xff };
    for (size_t i = 0; i < t->n; i++)
        for (size_t at = 0; at < t->step[i].n; at++)
            for (size_t v = 0; v < sizeof value; v++) {
                mutated(t, i, at, value[v], false);
                if (!t->datagram && at + 1 < t->step[i].n)
                    mutated(t, i, at, value[v], true);
            }
}

static bool may_differ(const struct t_talk *t, const char *field)
{
    for (const char *const *d = t->degrades; d != NULL && *d != NULL; d++)
        if (strcmp(*d, field) == 0)
            return true;
    return false;
}

static size_t field_size(const struct ww_field *d)
{
    switch ((enum ww_ftype)d->type) {
    case WW_FT_U8:
    case WW_FT_BOOL:
        return 1;
    case WW_FT_U16:
        return 2;
    case WW_FT_U32:
    case WW_FT_U32N:
        return 4;
    case WW_FT_U64:
    case WW_FT_U64N:
    case WW_FT_TIME:
    case WW_FT_HASH:
        return 8;
    case WW_FT_IP:
        return sizeof(struct ww_ip);
    case WW_FT_MAC:
        return sizeof(struct ww_mac);
    case WW_FT_STR:
    case WW_FT_LIST:
        return 0; /* compared by content */
    }
    return 0;
}

static bool same_field(const struct ww_event *a, const struct ww_event *b, const struct ww_field *d)
{
    size_t n = field_size(d), head = d->type == WW_FT_LIST ? 4 : 2;
    uint16_t len;
    if (n > 0)
        return memcmp(a->body + d->off, b->body + d->off, n) == 0;
    memcpy(&len, a->body + d->off, sizeof len);
    return memcmp(a->body + d->off, b->body + d->off, head + len) == 0;
}

static bool same_event(const struct t_talk *t, const struct ww_event *a, const struct ww_event *b)
{
    if (a->type != b->type || a->dir != b->dir)
        return false;
    for (uint16_t i = 0; i < a->type->nfields; i++)
        if (!may_differ(t, a->type->fields[i].name) && !same_field(a, b, &a->type->fields[i]))
            return false;
    return true;
}

/* Each event of f is one of want's, and none is told twice. */
static void within(const struct t_talk *t, const struct t_feed *want, const struct t_feed *f,
                   const char *about)
{
    bool *taken = calloc(want->ngot + 1, sizeof *taken);
    if (taken == NULL)
        t_die("no memory");
    for (size_t i = 0; i < f->ngot; i++) {
        size_t k = 0;
        while (k < want->ngot && (taken[k] || !same_event(t, want->got[k].e, f->got[i].e)))
            k++;
        if (k == want->ngot) {
            t_print(want);
            (void)fprintf(stderr, "%s: %s\nnot told by the intact run: %s\n", t->d->name, about,
                          f->got[i].text);
            t_die("an event that mixes bytes from both sides of a gap, or that was made up");
        }
        taken[k] = true;
    }
    free(taken);
}

static void with_gap(const struct t_talk *t, const struct t_feed *want, size_t i, size_t at, size_t n)
{
    char about[80];
    const struct t_step *s = &t->step[i];
    struct t_feed *f = fresh(t);
    whole(f, t, 0, i);
    begin(f, t, i);
    if (at > 0 || s->meta != NULL) /* a content's first piece is lost only with the content */
        give(f, t, s, 0, at);
    if (s->meta == NULL)
        t_gap(f, (enum ww_dir)s->dir, n);
    if (at + n < s->n)
        give(f, t, s, at + n, s->n - at - n);
    whole(f, t, i + 1, t->n);
    t_end(f);
    (void)snprintf(about, sizeof about, "%zu bytes lost at byte %zu of step %zu", n, at, i);
    within(t, want, f, about);
    t_free(f);
}

/* Bytes that never were part of the conversation as we know it are lost before step i. */
static void gap_before(const struct t_talk *t, const struct t_feed *want, size_t i)
{
    static const uint64_t lost[] = { 1, 7, 1460, 100000 };
    char about[80];
    for (size_t k = 0; k < sizeof lost / sizeof lost[0]; k++) {
        struct t_feed *f = fresh(t);
        whole(f, t, 0, i);
        t_gap(f, (enum ww_dir)t->step[i].dir, lost[k]);
        whole(f, t, i, t->n);
        t_end(f);
        (void)snprintf(about, sizeof about, "%u bytes lost before step %zu", (unsigned)lost[k], i);
        within(t, want, f, about);
        t_free(f);
    }
}

void t_every_gap(const struct t_talk *t)
{
    if (t->datagram)
        t_die("a datagram has no gap");
    struct t_feed *want = t_run(t);
    t_end(want);
    for (size_t i = 0; i < t->n; i++) {
        if (t->step[i].meta == NULL)
            gap_before(t, want, i);
        for (size_t at = 0; at < t->step[i].n; at++) {
            size_t left = t->step[i].n - at;
            with_gap(t, want, i, at, 1);
            if (left > 3)
                with_gap(t, want, i, at, left / 2);
            if (left > 1)
                with_gap(t, want, i, at, left);
        }
    }
    t_free(want);
}
