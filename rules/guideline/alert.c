/* alert.c - findings become alerts: severity, aggregation, reminders (alert model 3.3, 3.5, 5.9).
 */
#include "rules/guideline/alert.h"

#include "rules/guideline/alert_record.h"
#include "rules/guideline/alert_table.h"

#include <stdlib.h>

static const uint64_t second_ns = 1000000000u;
static const uint64_t related_ns = 24ull * 3600 * 1000000000; /* E5 looks back one day */

/* Intervals of reminders by level (alert model 3.5), in seconds. */
static const uint32_t interval_s[WW_SEV_LEVEL_MAX + 1] = {
    0, 30 * 86400, 86400, 8 * 3600, 1800, 300
};

enum { KEY_MAX = 512, RELATED_LEVEL = 3, SUPPRESSIBLE_LEVEL = 3 };

struct ww_alerts {
    const struct ww_guide *g;
    struct ww_alerts_conf conf;
    struct ww_alerts_stats stats;
    struct ww_at t;
    uint64_t next_id;
    struct ww_alert key; /* of the finding at hand; all that is no part of a key stays zero */
};

/* One call of ww_alerts_raise(). */
struct raise {
    struct ww_alerts *a;
    const struct ww_finding *f;
    const struct ww_class *c;
    const struct ww_variant *v;
    uint64_t now;
    ww_event_fn *emit;
    void *to;
    struct ww_weight w;
    uint16_t mods;
    struct ww_sev s;
    const char *exception;
    struct ww_alert *key; /* only the fields that make the key */
};

/**
 * Reserves the memory of all alerts.
 * In:     g  must outlive the result
 * Out:    out  freed with ww_alerts_free()
 * Limits: conf->cap alerts in memory, about 2 KiB each; when full, a closed one goes first, then
 * the lowest level, then the one longest unseen; what was not emitted of it is emitted first, and
 * evicted counts it
 */
enum ww_rc ww_alerts_new(struct ww_alerts **out, const struct ww_guide *g,
                         const struct ww_alerts_conf *conf, struct ww_err *e)
{
    struct ww_alerts *a = calloc(1, sizeof *a);
    uint32_t cap = conf->cap != 0 ? conf->cap : WW_ALERTS_CAP;
    if (a == NULL || !ww_at_init(&a->t, cap)) {
        ww_alerts_free(a);
        return WW_FAIL(e, WW_E_SYS, "no memory for %u alerts; lower the limit of open alerts", cap);
    }
    a->g = g;
    a->conf = *conf;
    a->next_id = 1;
    *out = a;
    return WW_OK;
}

void ww_alerts_free(struct ww_alerts *a)
{
    if (a != NULL)
        ww_at_free(&a->t);
    free(a);
}

const struct ww_alerts_stats *ww_alerts_stats(const struct ww_alerts *a)
{
    return &a->stats;
}

/* ---- keys
 * ------------------------------------------------------------------------------------------------
 */

/* The numbers of a key and the lengths of its texts, so that the texts can follow without a mark
 * between them. */
struct key_head {
    uint16_t class, port, asset, peer;
    char kind, variant;
    uint8_t ip_proto, none;
};

static uint64_t hash_of(const struct ww_alerts *a, char kind, const struct ww_alert *r,
                        bool with_peer)
{
    char b[KEY_MAX];
    struct ww_out o = ww_out(b, sizeof b);
    struct key_head h = { .class = r->class,
                          .asset = r->asset_id.len,
                          .kind = kind,
                          .variant = ww_alert_variant(r) };
    if (with_peer) {
        h.port = r->port;
        h.peer = r->peer.len;
        h.ip_proto = r->ip_proto;
    }
    ww_out_raw(&o, &h, sizeof h);
    ww_out_raw(&o, r->asset_id.b, r->asset_id.len);
    if (with_peer) {
        ww_out_raw(&o, r->peer.b, r->peer.len);
        ww_out_raw(&o, r->peer_role.b, r->peer_role.len);
    }
    return ww_siphash(&a->conf.key, (struct ww_slice){ (const uint8_t *)b, o.n });
}

static uint64_t asset_hash(const struct ww_alerts *a, struct ww_slice asset)
{
    char b[KEY_MAX];
    struct ww_out o = ww_out(b, sizeof b);
    ww_out_c(&o, 'A');
    ww_out_raw(&o, asset.p, asset.n);
    return ww_siphash(&a->conf.key, (struct ww_slice){ (const uint8_t *)b, o.n });
}

static bool same_key(const struct ww_alert *x, const struct ww_alert *y)
{
    return x->class == y->class && ww_slice_eq(WW_STR(x->variant), WW_STR(y->variant)) &&
           ww_slice_eq(WW_STR(x->asset_id), WW_STR(y->asset_id)) &&
           ww_slice_eq(WW_STR(x->peer), WW_STR(y->peer)) &&
           ww_slice_eq(WW_STR(x->peer_role), WW_STR(y->peer_role)) && x->ip_proto == y->ip_proto &&
           x->port == y->port;
}

static uint32_t find(struct ww_alerts *a, const struct ww_alert *key, uint64_t hash)
{
    uint32_t i = ww_at_first(&a->t, hash);
    while (i != WW_AT_NONE && !same_key(ww_at_alert(&a->t, i), key))
        i = ww_at_next(&a->t, i);
    return i;
}

/* ---- events --------------------------------------------------------------------------------- */

static void emit_alert(struct ww_alerts *a, uint32_t i, const char *what, uint64_t now,
                       ww_event_fn *emit, void *to)
{
    struct ww_event *e = ww_at_event(&a->t, i);
    struct ww_alert *r = ww_at_alert(&a->t, i);
    struct ww_at_entry *n = &a->t.entry[i];
    (void)WW_SET(r->what, ww_slice_str(what));
    e->ts = now;
    n->count_emitted = r->count;
    n->notified_ns = now;
    bool open = n->list > 0 && r->exception.len == 0;
    ww_at_queue(&a->t, i, open); /* to the end: the queue of a level stays ordered by time */
    emit(to, e);
}

/* ---- severity of a finding ------------------------------------------------------------------ */

/* E5: another class of level 3 or more on this device within 24 h, by the level it was raised with
 * (5.9). */
static bool related(const struct ww_at_note *n, uint16_t class, uint64_t now)
{
    for (size_t k = 0; k < WW_AT_RECENT; k++) {
        uint64_t at = n->recent[k].at_ns;
        if (at != 0 && n->recent[k].class != class && (at >= now || now - at <= related_ns))
            return true;
    }
    return false;
}

static void remember(struct ww_at_note *n, uint16_t class, uint64_t now)
{
    size_t slot = 0;
    for (size_t k = 0; k < WW_AT_RECENT; k++) {
        if (n->recent[k].class == class) {
            slot = k;
            break;
        }
        if (n->recent[k].at_ns < n->recent[slot].at_ns)
            slot = k;
    }
    n->recent[slot].class = class;
    n->recent[slot].at_ns = now;
}

static void compute(struct raise *x)
{
    const struct ww_finding *f = x->f;
    struct ww_slice asset = WW_STR(x->key->asset_id);
    x->w = ww_device_weight(f->device_class, f->role, f->weight_least);
    x->mods = ww_ar_modifiers(f);
    if (asset.n > 0 && related(ww_at_note(&x->a->t, asset_hash(x->a, asset)), f->class, x->now))
        x->mods |= WW_E5_RELATED;
    x->mods = (uint16_t)(x->mods & ~x->c->no_modifiers);
    struct ww_sev_in in = { .k = { x->v->h, x->v->p, x->v->l, x->c->k.floor, x->c->k.cap },
                            .d = x->w.d,
                            .mods = x->mods,
                            .many = f->subjects != WW_NULL32 && f->subjects > WW_SEV_MANY };
    x->s = ww_severity(&in);
    x->exception = NULL;
    if (x->s.level <= SUPPRESSIBLE_LEVEL && x->a->conf.exception != NULL)
        x->exception = x->a->conf.exception(x->a->conf.exception_arg, f, x->s.level, x->now);
}

static void set_severity(struct ww_alert *r, const struct raise *x)
{
    r->level = x->s.level;
    (void)WW_SET(r->track, ((struct ww_slice){ (const uint8_t *)&x->s.track, 1 }));
    r->s_h = x->s.s_h;
    r->s_p = x->s.s_p;
    r->likelihood = x->s.l;
    r->weight = x->w.d;
    r->weight_unknown = x->w.unknown;
    r->r_h = x->s.r_h;
    r->r_p = x->s.r_p;
    r->modifiers = x->mods;
    r->data_version = ww_guide_version(x->a->g);
}

/* ---- a new alert ---------------------------------------------------------------------------- */

static void drop(struct ww_alerts *a, uint32_t i)
{
    struct ww_at_note *kind = ww_at_note(&a->t, hash_of(a, 'K', ww_at_alert(&a->t, i), false));
    if (kind->peers > 0)
        kind->peers--;
    ww_at_remove(&a->t, i);
    a->stats.evicted++;
}

static void make_room(struct raise *x)
{
    struct ww_alerts *a = x->a;
    if (a->t.used < a->t.cap)
        return;
    uint32_t i = ww_at_victim(&a->t);
    if (a->t.entry[i].count_emitted != ww_at_alert(&a->t, i)->count)
        emit_alert(a, i, "update", x->now, x->emit, x->to);
    drop(a, i);
}

static void fill(struct raise *x, uint32_t i, uint64_t recurrence_of)
{
    struct ww_event *e = ww_at_event(&x->a->t, i);
    struct ww_alert *r = ww_at_alert(&x->a->t, i);
    ww_ar_header(e, x->f->cause);
    *r = *x->key;
    if (!ww_ar_fill(r, x->f, x->now))
        e->flags |= WW_EV_TRUNCATED;
    r->alert_id = x->a->next_id++;
    r->recurrence_of = recurrence_of;
    set_severity(r, x);
    r->level_raised = r->level;
    if (x->exception != NULL)
        (void)WW_SET(r->exception, ww_slice_str(x->exception));
}

static void raise_new(struct raise *x, uint64_t hash, uint32_t closed)
{
    struct ww_alerts *a = x->a;
    const struct ww_alert *key = x->key;
    uint64_t recurrence_of = 0;
    uint32_t i = closed;
    if (closed != WW_AT_NONE) { /* a person closed it: a new number, marked as a recurrence */
        recurrence_of = ww_at_alert(&a->t, closed)->alert_id;
        a->t.entry[i].acked = false;
        ww_at_touch(&a->t, i, x->s.level);
    } else {
        make_room(x);
        i = ww_at_add(&a->t, hash, x->s.level);
        if (!WW_INVARIANT(i != WW_AT_NONE))
            return;
        ww_at_note(&a->t, hash_of(a, 'K', key, false))->peers++;
    }
    fill(x, i, recurrence_of);
    a->stats.raised++;
    if (x->exception == NULL && x->s.level >= RELATED_LEVEL && key->asset_id.len > 0)
        remember(ww_at_note(&a->t, asset_hash(a, WW_STR(key->asset_id))), key->class, x->now);
    emit_alert(a, i, "raised", x->now, x->emit, x->to);
}

/* ---- a further observation ------------------------------------------------------------------ */

static void gather(struct raise *x, uint32_t i)
{
    struct ww_alerts *a = x->a;
    struct ww_alert *r = ww_at_alert(&a->t, i);
    bool was_excepted = r->exception.len > 0;
    bool rises = x->s.level > r->level;
    ww_ar_count(r, x->f, x->now);
    a->stats.gathered++;
    if (rises)
        set_severity(r, x);
    /* an alert that was once above level 3 is not covered again by an exception (INV-07) */
    bool excepted = x->exception != NULL && r->level <= SUPPRESSIBLE_LEVEL;
    (void)WW_SET(r->exception, ww_slice_str(excepted ? x->exception : ""));
    ww_at_touch(&a->t, i, r->level);
    if (excepted)
        ww_at_queue(&a->t, i, false);
    else if (rises)
        emit_alert(a, i, "risen", x->now, x->emit, x->to);
    else if (was_excepted)
        emit_alert(a, i, "lapsed", x->now, x->emit, x->to);
}

/* A device with very many peers of one kind: further peers share one alert, so that the list stays
 * readable. */
static uint64_t fold(struct raise *x, uint64_t hash)
{
    struct ww_alerts *a = x->a;
    struct ww_alert *key = x->key;
    if (ww_at_note(&a->t, hash_of(a, 'K', key, false))->peers < WW_ALERTS_PEERS)
        return hash;
    if (key->peer.len > 0)
        key->peer_role.len = 0; /* the name of one of many */
    (void)WW_SET(key->peer, WW_SLICE_LIT("*"));
    key->port = 0;
    a->stats.folded++;
    return hash_of(a, 'E', key, true);
}

/* Adds what became known later to the alert of a finding; it is told with the next record. */
static void amend(struct raise *x)
{
    uint64_t hash = hash_of(x->a, 'E', x->key, true), folded = x->a->stats.folded;
    uint32_t i = find(x->a, x->key, hash);
    if (i == WW_AT_NONE) {
        hash = fold(x, hash);
        x->a->stats.folded = folded; /* the finding itself was counted there */
        i = find(x->a, x->key, hash);
    }
    if (i == WW_AT_NONE || x->a->t.entry[i].list == 0 || x->f->bytes_out == WW_NULL64)
        return;
    struct ww_alert *r = ww_at_alert(&x->a->t, i);
    r->bytes_out = r->bytes_out == WW_NULL64 ? x->f->bytes_out : r->bytes_out + x->f->bytes_out;
    x->a->t.entry[i].count_emitted = 0;
}

void ww_alerts_raise(struct ww_alerts *a, const struct ww_finding *f, uint64_t now_ns,
                     ww_event_fn *emit, void *to)
{
    struct raise x = { .a = a, .f = f, .now = now_ns, .emit = emit, .to = to, .key = &a->key };
    a->stats.findings += !f->amends;
    x.c = ww_guide_class(a->g, f->class);
    x.v = x.c != NULL ? ww_class_variant(x.c, f->variant) : NULL;
    if (x.v == NULL) {
        a->stats.unclassed++;
        return;
    }
    ww_ar_key(x.key, f);
    if (f->amends) {
        amend(&x);
        return;
    }
    compute(&x);
    if (x.exception != NULL)
        a->stats.excepted++;
    uint64_t hash = hash_of(a, 'E', x.key, true);
    uint32_t i = find(a, x.key, hash);
    if (i == WW_AT_NONE) {
        hash = fold(&x, hash);
        i = find(a, x.key, hash);
    }
    if (i == WW_AT_NONE || a->t.entry[i].list == 0)
        raise_new(&x, hash, i);
    else
        gather(&x, i);
    a->stats.open = a->t.used;
    a->stats.notes_evicted = a->t.notes_evicted;
}

/* ---- time, people, start and end ------------------------------------------------------------ */

void ww_alerts_tick(struct ww_alerts *a, uint64_t now_ns, ww_event_fn *emit, void *to)
{
    for (uint8_t level = WW_SEV_LEVEL_MAX; level > 0; level--) {
        for (uint32_t n = 0; n < a->t.cap; n++) { /* each entry at most once a tick */
            uint32_t i = a->t.due[level].head;
            struct ww_at_entry *t = i != WW_AT_NONE ? &a->t.entry[i] : NULL;
            bool back =
                t != NULL && now_ns < t->notified_ns; /* the clock went back: count from now */
            if (t == NULL || (!back && now_ns - t->notified_ns < interval_s[level] * second_ns))
                break;
            bool unconfirmed = level == WW_SEV_LEVEL_MAX && !t->acked;
            if (!back && (unconfirmed || t->count_emitted != ww_at_alert(&a->t, i)->count)) {
                a->stats.reminders++;
                emit_alert(a, i, "reminder", now_ns, emit, to);
            } else {
                t->notified_ns = now_ns;
                ww_at_queue(&a->t, i, true);
            }
        }
    }
}

void ww_alerts_end(struct ww_alerts *a, uint64_t now_ns, ww_event_fn *emit, void *to)
{
    for (uint8_t l = WW_AT_LISTS; l-- > 0;)
        for (uint32_t i = a->t.seen[l].head; i != WW_AT_NONE; i = a->t.entry[i].seen.next)
            if (a->t.entry[i].count_emitted != ww_at_alert(&a->t, i)->count)
                emit_alert(a, i, "update", now_ns, emit, to);
}

static void apply_state(struct ww_alerts *a, uint32_t i, enum ww_alert_state s)
{
    a->t.entry[i].acked = s != WW_ALERT_OPEN;
    if (s == WW_ALERT_CLOSED) {
        ww_at_queue(&a->t, i, false);
        ww_at_touch(&a->t, i, 0);
    } else if (a->t.entry[i].list == 0) { /* opened again */
        const struct ww_alert *r = ww_at_alert(&a->t, i);
        ww_at_touch(&a->t, i, r->level);
        ww_at_queue(&a->t, i, r->exception.len == 0);
    }
}

bool ww_alerts_state(struct ww_alerts *a, uint64_t alert_id, enum ww_alert_state s)
{
    for (int l = 0; l < WW_AT_LISTS; l++) {
        for (uint32_t i = a->t.seen[l].head; i != WW_AT_NONE; i = a->t.entry[i].seen.next) {
            if (ww_at_alert(&a->t, i)->alert_id == alert_id) {
                apply_state(a, i, s);
                return true;
            }
        }
    }
    return false;
}

bool ww_alerts_restore(struct ww_alerts *a, const struct ww_alert *rec, enum ww_alert_state s)
{
    if (rec->alert_id >= a->next_id)
        a->next_id = rec->alert_id + 1;
    uint64_t hash = hash_of(a, 'E', rec, true);
    uint8_t level = rec->level >= 1 && rec->level <= WW_SEV_LEVEL_MAX ? rec->level : 1;
    uint32_t i = find(a, rec, hash);
    if (i == WW_AT_NONE) {
        /* what was closed long ago gives way to what is still open */
        if (a->t.used == a->t.cap)
            drop(a, ww_at_victim(&a->t));
        i = ww_at_add(&a->t, hash, level);
        if (i == WW_AT_NONE)
            return false;
        ww_at_note(&a->t, hash_of(a, 'K', rec, false))->peers++;
    } else if (ww_at_alert(&a->t, i)->alert_id > rec->alert_id) {
        return true; /* an older alert of the same key: the newer one counts */
    }
    ww_at_touch(&a->t, i, level);
    ww_ar_header(ww_at_event(&a->t, i), NULL);
    *ww_at_alert(&a->t, i) = *rec;
    a->t.entry[i].count_emitted = rec->count;
    a->t.entry[i].notified_ns =
        0; /* whoever has not confirmed a level 5 is reminded after a restart */
    if (rec->exception.len == 0 && rec->level_raised >= RELATED_LEVEL && rec->asset_id.len > 0)
        remember(ww_at_note(&a->t, asset_hash(a, WW_STR(rec->asset_id))), rec->class,
                 rec->first_seen);
    apply_state(a, i, s);
    ww_at_queue(&a->t, i, a->t.entry[i].list > 0 && rec->exception.len == 0);
    a->stats.open = a->t.used;
    return true;
}
