/* footprint_text.c - the footprint observation for people, in English and Japanese. */
#include "rules/baseline/fp.h"
#include "sensor/base/data.h"
#include <stdlib.h>

enum { WORDS_MAX = 128 };

struct word {
    struct ww_slice key, en, ja;
};
struct ww_fp_words {
    struct ww_data data;
    struct word w[WORDS_MAX];
    size_t n;
};

void ww_fp_words_free(struct ww_fp_words *w)
{
    if (w == NULL)
        return;
    ww_data_free(&w->data);
    free(w);
}

/**
 * Reads lines of key, English, Japanese separated by tabs; # begins a comment.
 * Limits: WORDS_MAX lines
 */
enum ww_rc ww_fp_words_open(struct ww_fp_words **out, const char *dir, struct ww_err *e)
{
    struct ww_fp_words *w = calloc(1, sizeof *w);
    if (w == NULL)
        return WW_FAIL(e, WW_E_SYS, "no memory for the words of the footprint");
    enum ww_rc rc = ww_data_load(&w->data, dir, "baseline/footprint.tsv", e);
    struct ww_slice t = w->data.text;
    for (unsigned line = 1; rc == WW_OK && t.n > 0; line++) {
        size_t end = ww_slice_find(t, 0, '\n');
        struct ww_slice l = ww_slice_sub(t, 0, end);
        t = ww_slice_sub(t, end + 1, t.n);
        if (l.n == 0 || ww_slice_at(l, 0) == '#')
            continue;
        size_t a = ww_slice_find(l, 0, '\t');
        size_t b = ww_slice_find(l, a + 1, '\t');
        if (b >= l.n || w->n == WORDS_MAX) {
            rc = WW_FAIL(e, WW_E_CONF, "%s:%u: expected key, English and Japanese between tabs%s",
                         w->data.origin, line, w->n == WORDS_MAX ? "; too many lines" : "");
            break;
        }
        w->w[w->n++] = (struct word){ ww_slice_sub(l, 0, a), ww_slice_sub(l, a + 1, b - a - 1),
                                      ww_slice_sub(l, b + 1, l.n) };
    }
    if (rc != WW_OK) {
        ww_fp_words_free(w);
        return rc;
    }
    *out = w;
    return WW_OK;
}

struct page {
    const struct ww_footprint *fp;
    const struct ww_fp_words *w;
    bool ja;
    struct ww_out *o;
};

static void say(const struct page *p, const char *key)
{
    for (size_t i = 0; i < p->w->n; i++) {
        if (ww_slice_eqs(p->w->w[i].key, key)) {
            ww_out_text(p->o, p->ja ? p->w->w[i].ja : p->w->w[i].en);
            return;
        }
    }
    ww_out_s(p->o, key);
}

static void say_reason(const struct page *p, enum ww_bl_reason r)
{
    char key[48];
    struct ww_out o = ww_out(key, sizeof key - 1);
    ww_out_s(&o, "reason_");
    ww_out_s(&o, ww_bl_reason_name(r));
    key[o.n] = 0;
    say(p, key);
}

static void text_line(const struct page *p, const char *key, const char *value)
{
    say(p, key);
    ww_out_s(p->o, ": ");
    ww_out_text(p->o, ww_slice_str(value));
    ww_out_c(p->o, '\n');
}

static void head(const struct page *p)
{
    static const char *const reasons[] = { "r_never_seen", "r_one_way", "r_loss", "r_unresolved",
                                           "r_full" };
    unsigned why = 0;
    enum ww_fp_result r = ww_fp_result(p->fp, &why);
    say(p, "title");
    ww_out_s(p->o, "\n");
    say(p, "what");
    ww_out_s(p->o, "\n\n");
    text_line(p, "device", p->fp->device);
    text_line(p, "model", ww_bl_model(p->fp->b));
    text_line(p, "declaration", ww_bl_file(p->fp->b));
    ww_out_f(p->o, "  SHA-256 %s\n  %s\n", ww_bl_digest(p->fp->b), ww_bl_mud_url(p->fp->b));
    say(p, "result");
    ww_out_s(p->o, ": ");
    say(p, r == WW_FP_DEVIATION ? "deviation" : r == WW_FP_CANNOT_TELL ? "cannot_tell" : "none");
    ww_out_s(p->o, "\n");
    if (why != 0) {
        say(p, "why");
        ww_out_s(p->o, ":\n");
    }
    for (unsigned i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if ((why & 1U << i) == 0)
            continue;
        ww_out_s(p->o, "  - ");
        say(p, reasons[i]);
        ww_out_s(p->o, "\n");
    }
}

static void totals(const struct page *p)
{
    static const char *const kinds[] = { "permitted", "violation", "infrastructure", "unresolved" };
    size_t used = 0;
    size_t all = 0;
    ww_out_c(p->o, '\n');
    say(p, "flows");
    ww_out_c(p->o, ':');
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        ww_out_s(p->o, i > 0 ? ", " : " ");
        ww_out_u64(p->o, p->fp->kind[i]);
        ww_out_c(p->o, ' ');
        say(p, kinds[i]);
    }
    ww_fp_share(p->fp, &used, &all);
    ww_out_c(p->o, '\n');
    say(p, "used_share");
    ww_out_f(p->o, ": %zu / %zu\n", used, all);
}

static void count(const struct page *p, uint64_t flows, uint64_t frame)
{
    ww_out_f(p->o, " x%llu, ", (unsigned long long)flows);
    say(p, "first_frame");
    ww_out_f(p->o, " %llu", (unsigned long long)frame);
}

static void entries(const struct page *p)
{
    static const char *const dirs[] = { "from", "to" };
    ww_out_c(p->o, '\n');
    say(p, "entries");
    ww_out_s(p->o, ":\n");
    for (size_t i = 0; i < ww_bl_aces(p->fp->b); i++) {
        struct ww_bl_ace_info a;
        const struct fp_ace *u = &p->fp->ace[i];
        ww_bl_ace(p->fp->b, i, &a);
        if ((size_t)a.group != i)
            continue;
        ww_out_s(p->o, "  ");
        say(p, u->broken > 0 ? "broken" : u->flows > 0 ? "used" : "unused");
        ww_out_s(p->o, " | ");
        say(p, dirs[a.dir]);
        ww_out_s(p->o, a.accept ? " | accept " : " | drop ");
        ww_out_text(p->o, ww_slice_str(a.match));
        ww_out_s(p->o, " [");
        /* entries with the same meaning cannot be told apart on the wire: all are named */
        for (size_t k = i; k < ww_bl_aces(p->fp->b); k++) {
            struct ww_bl_ace_info same;
            ww_bl_ace(p->fp->b, k, &same);
            if (same.group != a.group)
                continue;
            ww_out_s(p->o, k > i ? ", " : "");
            ww_out_text(p->o, ww_slice_str(same.name));
        }
        ww_out_c(p->o, ']');
        if (u->flows > 0)
            count(p, u->flows, u->first_frame);
        if (u->broken > 0)
            count(p, u->broken, u->first_broken);
        ww_out_c(p->o, '\n');
    }
}

static void declared(const struct page *p, const char *text)
{
    if (text[0] == 0)
        return;
    ww_out_s(p->o, "      ");
    say(p, "declared");
    ww_out_s(p->o, ": ");
    ww_out_text(p->o, ww_slice_str(text));
    ww_out_c(p->o, '\n');
}

static void undeclared(const struct page *p)
{
    ww_out_c(p->o, '\n');
    say(p, "undeclared");
    ww_out_s(p->o, ":\n");
    for (size_t i = 0; i < p->fp->ngroup; i++) {
        const struct fp_group *g = &p->fp->group[i];
        ww_out_s(p->o, "  ");
        ww_out_text(p->o, ww_slice_str(g->observed));
        ww_out_s(p->o, " | ");
        say_reason(p, g->reason);
        ww_out_c(p->o, ' ');
        count(p, g->flows, g->first_frame);
        ww_out_f(p->o, ", %llu ", (unsigned long long)g->packets);
        say(p, "packets");
        ww_out_c(p->o, '\n');
        declared(p, g->declared);
    }
    if (p->fp->ngroup == 0) {
        ww_out_s(p->o, "  ");
        say(p, "no_undeclared");
        ww_out_c(p->o, '\n');
    }
    if (p->fp->npending > 0) {
        say(p, "pending");
        ww_out_s(p->o, ":\n");
    }
    for (size_t i = 0; i < p->fp->npending; i++) {
        ww_out_s(p->o, "  ");
        ww_out_text(p->o, ww_slice_str(p->fp->pending[i].what));
        ww_out_s(p->o, " (");
        say_reason(p, p->fp->pending[i].reason);
        ww_out_c(p->o, ')');
        count(p, p->fp->pending[i].flows, p->fp->pending[i].first_frame);
        ww_out_c(p->o, '\n');
    }
}

/* "1.2.840.10008.1.1 SCU": a presentation context; anything else names an operation or titles. */
static const char *role_of(const struct fp_fact *x)
{
    return x->observed[0] >= '0' && x->observed[0] <= '9' ? strrchr(x->observed, ' ') : NULL;
}

static bool alike(const struct fp_fact *a, const struct fp_fact *b)
{
    const char *ra = role_of(a);
    const char *rb = role_of(b);
    return ra != NULL && rb != NULL && strcmp(ra, rb) == 0 && a->kind == b->kind &&
           a->reason == b->reason && strcmp(a->rule, b->rule) == 0;
}

/* Archives offer dozens of SOP classes at once: from the fourth of a kind on they share a line.
 * Return: further facts that the line of fact i stands for, -1 when an earlier line does */
static int others(const struct ww_footprint *fp, size_t i, uint64_t *sum)
{
    enum { ALONE = 3 };
    size_t n = 0;
    size_t before = 0;
    for (size_t k = 0; k < fp->nfact; k++) {
        if (!alike(&fp->fact[k], &fp->fact[i]))
            continue;
        n++;
        before += k < i;
        *sum += k != i ? fp->fact[k].count : 0;
    }
    if (n <= ALONE)
        *sum = 0;
    return n <= ALONE ? 0 : before > 0 ? -1 : (int)n - 1;
}

static void medical_line(const struct page *p, const struct fp_fact *x, int more, uint64_t sum)
{
    ww_out_s(p->o, "  ");
    say(p, x->kind == WW_BL_VIOLATION    ? "medical_bad"
           : x->kind == WW_BL_UNRESOLVED ? "unresolved"
                                         : "medical_ok");
    ww_out_s(p->o, " | ");
    ww_out_text(p->o, ww_slice_str(x->observed));
    if (more > 0) {
        ww_out_f(p->o, " + %d ", more);
        say(p, "more_classes");
    }
    if (x->reason != WW_BL_R_NONE) {
        ww_out_s(p->o, " | ");
        say_reason(p, x->reason);
    }
    count(p, x->count + sum, x->first_frame);
    ww_out_c(p->o, '\n');
    if (x->kind != WW_BL_PERMITTED)
        declared(p, x->declared);
}

static void medical(const struct page *p)
{
    if (p->fp->nfact == 0)
        return;
    ww_out_c(p->o, '\n');
    say(p, "medical");
    ww_out_s(p->o, ":\n");
    for (size_t i = 0; i < p->fp->nfact; i++) {
        uint64_t sum = 0;
        int more = others(p->fp, i, &sum);
        if (more >= 0)
            medical_line(p, &p->fp->fact[i], more, sum);
    }
}

static void limits(const struct page *p)
{
    const struct {
        const char *key;
        uint64_t n;
    } rows[] = { { "l_midstream", p->fp->midstream },
                 { "l_one_way", p->fp->one_way },
                 { "l_gap", p->fp->gap_bytes },
                 { "l_unread", p->fp->unread },
                 { "l_reply", p->fp->reply_undeclared },
                 { "l_dropped", p->fp->dropped },
                 { "l_lost", p->fp->lost } };
    ww_out_c(p->o, '\n');
    say(p, "limits");
    ww_out_s(p->o, ":\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ww_out_s(p->o, "  ");
        say(p, rows[i].key);
        ww_out_s(p->o, ": ");
        if (rows[i].n == WW_NULL64)
            say(p, "unknown");
        else
            ww_out_u64(p->o, rows[i].n);
        ww_out_c(p->o, '\n');
    }
}

void ww_fp_text(const struct ww_footprint *fp, const struct ww_fp_words *w, const char *lang,
                struct ww_out *o)
{
    struct page p = { fp, w, lang != NULL && strncmp(lang, "ja", 2) == 0, o };
    head(&p);
    totals(&p);
    undeclared(&p);
    medical(&p);
    entries(&p);
    limits(&p);
}
