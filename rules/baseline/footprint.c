/* footprint.c - accumulates what one device did, and the result. */
#include "rules/baseline/fp.h"
#include <stdlib.h>

enum { LOSS_PPM = 1000, ONE_WAY_PPM = 500000, MILLION = 1000000 };

enum ww_rc ww_fp_new(struct ww_footprint **out, const struct ww_baseline *b, const char *device,
                     struct ww_err *e)
{
    struct ww_footprint *fp = calloc(1, sizeof *fp);
    size_t n = ww_bl_aces(b);
    if (fp != NULL) {
        fp->ace = calloc(n > 0 ? n : 1, sizeof *fp->ace);
        fp->group = calloc(FP_GROUPS, sizeof *fp->group);
        fp->fact = calloc(FP_MEDICAL, sizeof *fp->fact);
    }
    if (fp == NULL || fp->ace == NULL || fp->group == NULL || fp->fact == NULL) {
        ww_fp_free(fp);
        return WW_FAIL(e, WW_E_SYS, "no memory for the footprint of %s", device);
    }
    fp->b = b;
    fp->device = device;
    fp->lost = WW_NULL64;
    fp->missing_ppm = WW_NULL32;
    fp->loss_ppm = LOSS_PPM;
    fp->one_way_ppm = ONE_WAY_PPM;
    *out = fp;
    return WW_OK;
}

void ww_fp_free(struct ww_footprint *fp)
{
    if (fp == NULL)
        return;
    free(fp->ace);
    free(fp->group);
    free(fp->fact);
    free(fp);
}

static void copy(char *dst, size_t cap, const char *s)
{
    struct ww_out o = ww_out(dst, cap - 1);
    ww_out_s(&o, s != NULL ? s : "");
    dst[o.n] = 0;
}

static void first(uint64_t *frame, uint64_t seen)
{
    if (*frame == 0 || (seen != 0 && seen < *frame))
        *frame = seen;
}

/* Use counts for the first entry of those that mean the same. */
static void use_ace(struct ww_footprint *fp, int i, const struct ww_fp_facts *s, bool broken)
{
    struct ww_bl_ace_info info;
    if (i < 0 || (size_t)i >= ww_bl_aces(fp->b))
        return;
    ww_bl_ace(fp->b, (size_t)i, &info);
    struct fp_ace *a = &fp->ace[info.group];
    if (broken) {
        a->broken++;
        first(&a->first_broken, s->first_frame);
        return;
    }
    a->flows++;
    a->packets += s->packets;
    first(&a->first_frame, s->first_frame);
}

static uint16_t service_port(const struct ww_bl_flow *f)
{
    if (f->opener == WW_BL_BY_UNKNOWN)
        return f->device_port < f->peer_port ? f->device_port : f->peer_port;
    return f->opener == WW_BL_BY_PEER ? f->device_port : f->peer_port;
}

static void add_group(struct ww_footprint *fp, const struct ww_bl_flow *f,
                      const struct ww_bl_verdict *v, const struct ww_fp_facts *s)
{
    struct fp_group *g = NULL;
    const char *app = f->app != NULL ? f->app : "";
    for (size_t i = 0; g == NULL && i < fp->ngroup; i++) {
        struct fp_group *x = &fp->group[i];
        if (ww_ip_eq(&x->peer, &f->peer) && x->ip_proto == f->ip_proto && x->opener == f->opener &&
            x->reason == v->reason && x->port == service_port(f) &&
            strncmp(x->app, app, FP_APP - 1) == 0 && strcmp(x->rule, v->rule) == 0)
            g = x;
    }
    if (g == NULL) {
        if (fp->ngroup == FP_GROUPS) {
            fp->dropped++;
            return;
        }
        g = &fp->group[fp->ngroup++];
        g->peer = f->peer;
        g->ip_proto = f->ip_proto;
        g->opener = f->opener;
        g->reason = v->reason;
        g->layer = v->layer;
        g->port = service_port(f);
        copy(g->app, sizeof g->app, app);
        copy(g->rule, sizeof g->rule, v->rule);
        copy(g->observed, sizeof g->observed, v->observed);
        copy(g->declared, sizeof g->declared, v->declared);
    }
    g->notes |= v->notes;
    g->flows++;
    g->packets += s->packets;
    first(&g->first_frame, s->first_frame);
}

static void add_pending(struct ww_footprint *fp, const struct ww_bl_verdict *v, uint64_t frame)
{
    struct fp_pending *p = NULL;
    for (size_t i = 0; p == NULL && i < fp->npending; i++)
        if (fp->pending[i].reason == v->reason &&
            strncmp(fp->pending[i].what, v->waits_for, sizeof fp->pending[i].what - 1) == 0)
            p = &fp->pending[i];
    if (p == NULL) {
        if (fp->npending == FP_PENDING) {
            fp->dropped++;
            return;
        }
        p = &fp->pending[fp->npending++];
        copy(p->what, sizeof p->what, v->waits_for);
        p->reason = v->reason;
    }
    p->flows++;
    first(&p->first_frame, frame);
}

void ww_fp_flow(struct ww_footprint *fp, const struct ww_bl_flow *f, const struct ww_bl_verdict *v,
                const struct ww_fp_facts *s)
{
    fp->seen = fp->seen || f->device_sent;
    fp->kind[v->kind]++;
    fp->gap_bytes += s->gap_bytes;
    fp->unread += s->unread;
    if (f->ip_proto == 6) {
        fp->tcp++;
        fp->midstream += s->midstream;
        fp->one_way += f->device_sent != f->peer_sent;
    }
    switch (v->kind) {
    case WW_BL_PERMITTED:
        fp->reply_undeclared += (v->notes & WW_BL_NOTE_REPLY_UNDECLARED) != 0;
        use_ace(fp, v->ace, s, false);
        use_ace(fp, v->reply_ace, s, false);
        break;
    case WW_BL_VIOLATION:
        use_ace(fp, v->ace, s, true);
        add_group(fp, f, v, s);
        break;
    case WW_BL_UNRESOLVED:
        add_pending(fp, v, s->first_frame);
        break;
    case WW_BL_INFRASTRUCTURE:
    case WW_BL_UNBOUND:
        break;
    }
}

void ww_fp_medical(struct ww_footprint *fp, const struct ww_bl_verdict *v, uint64_t frame)
{
    fp->seen = true;
    fp->medical_bad += v->kind == WW_BL_VIOLATION;
    fp->medical_unresolved += v->kind == WW_BL_UNRESOLVED;
    if (v->kind == WW_BL_UNRESOLVED)
        add_pending(fp, v, frame);
    struct fp_fact *x = NULL;
    for (size_t i = 0; x == NULL && i < fp->nfact; i++)
        if (fp->fact[i].kind == v->kind && fp->fact[i].reason == v->reason &&
            strcmp(fp->fact[i].rule, v->rule) == 0 &&
            strcmp(fp->fact[i].observed, v->observed) == 0)
            x = &fp->fact[i];
    if (x == NULL) {
        if (fp->nfact == FP_MEDICAL) {
            fp->dropped++;
            return;
        }
        x = &fp->fact[fp->nfact++];
        x->kind = v->kind;
        x->reason = v->reason;
        copy(x->rule, sizeof x->rule, v->rule);
        copy(x->observed, sizeof x->observed, v->observed);
        copy(x->declared, sizeof x->declared, v->declared);
    }
    x->count++;
    first(&x->first_frame, frame);
}

void ww_fp_seen(struct ww_footprint *fp)
{
    fp->seen = true;
}

void ww_fp_losses(struct ww_footprint *fp, uint64_t lost, uint64_t packets, uint32_t missing_ppm)
{
    fp->lost = lost;
    fp->packets = packets;
    fp->missing_ppm = missing_ppm;
}

void ww_fp_thresholds(struct ww_footprint *fp, uint32_t loss_ppm, uint32_t one_way_ppm)
{
    fp->loss_ppm = loss_ppm;
    fp->one_way_ppm = one_way_ppm;
}

/* Is part of all above ppm? Counts of packets stay far below 2^64 / 1000000. */
static bool above(uint64_t part, uint64_t all, uint32_t ppm)
{
    return part > 0 && part * MILLION > all * ppm;
}

/**
 * Out:    reasons  why an absence of deviations proves nothing; 0 = no reason known
 * Return: a deviation beats every reason
 */
enum ww_fp_result ww_fp_result(const struct ww_footprint *fp, unsigned *reasons)
{
    unsigned r = 0;
    if (!fp->seen)
        r |= WW_FP_NEVER_SEEN;
    if (above(fp->one_way, fp->tcp, fp->one_way_ppm))
        r |= WW_FP_ONE_WAY;
    if (fp->gap_bytes > 0 ||
        (fp->missing_ppm != WW_NULL32 && fp->missing_ppm > fp->loss_ppm) ||
        (fp->lost != WW_NULL64 && above(fp->lost, fp->lost + fp->packets, fp->loss_ppm)))
        r |= WW_FP_LOSS;
    if (fp->kind[WW_BL_UNRESOLVED] > 0 || fp->medical_unresolved > 0)
        r |= WW_FP_UNRESOLVED;
    if (fp->dropped > 0)
        r |= WW_FP_FULL;
    *reasons = r;
    if (fp->kind[WW_BL_VIOLATION] > 0 || fp->medical_bad > 0)
        return WW_FP_DEVIATION;
    return r != 0 ? WW_FP_CANNOT_TELL : WW_FP_NONE_OBSERVED;
}

void ww_fp_share(const struct ww_footprint *fp, size_t *used, size_t *all)
{
    *used = *all = 0;
    for (size_t i = 0; i < ww_bl_aces(fp->b); i++) {
        struct ww_bl_ace_info a;
        ww_bl_ace(fp->b, i, &a);
        if (!a.accept || (size_t)a.group != i)
            continue;
        (*all)++;
        *used += fp->ace[i].flows > 0;
    }
}
