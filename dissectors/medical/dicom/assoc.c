/* assoc.c - tells A-ASSOCIATE-RQ, -AC and -RJ, A-RELEASE and A-ABORT (PS3.8 9.3). */
#include "dissectors/medical/dicom/dicom.h"

enum { ASSOCIATE_TIMEOUT_MS = 60000 };

static const struct ww_tok identities[] = {
    /* PS3.7 D.3.3.7 */
    { 1, "username" }, { 2, "username_passcode" }, { 3, "kerberos" }, { 4, "saml" }, { 5, "jwt" },
    { 0, NULL },
};
static const struct ww_tok results[] = {
    /* PS3.8 9.3.3.2 */
    { 0, "acceptance" },
    { 1, "user rejection" },
    { 2, "no reason (provider rejection)" },
    { 3, "abstract syntax not supported" },
    { 4, "transfer syntaxes not supported" },
    { 0, NULL },
};
static const struct ww_tok rejects[] = {
    /* source << 8 | reason, PS3.8 9.3.4 */
    { 0x101, "no reason given" },
    { 0x102, "application context name not supported" },
    { 0x103, "calling AE title not recognized" },
    { 0x107, "called AE title not recognized" },
    { 0x201, "no reason given" },
    { 0x202, "protocol version not supported" },
    { 0x301, "temporary congestion" },
    { 0x302, "local limit exceeded" },
    { 0, NULL },
};
static const struct ww_tok reject_results[] = { { 1, "permanent" },
                                                { 2, "transient" },
                                                { 0, NULL } };
static const struct ww_tok reject_sources[] = {
    { 1, "service user" },
    { 2, "service provider (ACSE)" },
    { 3, "service provider (presentation)" },
    { 0, NULL },
};
static const struct ww_tok abort_sources[] = { { 0, "service user" },
                                               { 2, "service provider" },
                                               { 0, NULL } };
static const struct ww_tok aborts[] = {
    /* PS3.8 9.3.8, source 2 */
    { 0, "reason not specified" },
    { 1, "unrecognized PDU" },
    { 2, "unexpected PDU" },
    { 4, "unrecognized PDU parameter" },
    { 5, "unexpected PDU parameter" },
    { 6, "invalid PDU parameter value" },
    { 0, NULL },
};

/* An AE title: 16 characters of ISO 646 without backslash and control characters (PS3.5 6.2). */
static void title(const struct call *c, struct title *to, struct ww_slice s)
{
    struct ww_slice t = ww_slice_trim(s);
    struct ww_rd r = ww_rd(t);
    (void)WW_SET(*to, t);
    if (t.n == 0)
        ww_dicom_anomaly(c, AN_ae_title_empty);
    while (r.left > 0) {
        uint8_t b = ww_rd_u8(&r);
        if (b < 0x20 || b > 0x7e || b == '\\')
            ww_dicom_anomaly(c, AN_ae_title_not_printable);
    }
}

static void limit(struct side *s, const struct items *it)
{
    s->max_pdu = it->max_pdu;
    s->max_known = it->has_max_pdu;
}

/* Adds each abstract syntax once. Return: false when one did not fit. */
static bool sop_classes(const struct dicom *d, struct ww_dicom_associate *e)
{
    bool all = true;
    for (size_t i = 0; i < CTX_MAX; i++) {
        uint16_t ref = d->ctx[i].abstract;
        size_t k = 0;
        while (k < i && d->ctx[k].abstract != ref)
            k++;
        if (k == i && ref == UID_LOST)
            all = false;
        else if (k == i && ref != UID_NONE)
            all = WW_ADD(e->sop_classes, ww_dicom_uid_text(&d->uids, ref)) && all;
    }
    return all;
}

/* Lists the UIDs of a kind of negotiation. Return: false when some did not fit. */
#define LIST_UIDS(dst, d, list) \
    list_uids((d), (list), &(dst).len, &(dst).total, (dst).b, sizeof((dst).b))
static bool list_uids(const struct dicom *d, const struct uid_list *from, uint16_t *len,
                      uint16_t *total, char *b, size_t cap)
{
    bool all = from->n <= UIDS_LISTED;
    for (size_t i = 0; i < from->n && i < UIDS_LISTED; i++)
        all = ww_list_add(len, total, b, cap, ww_dicom_uid_text(&d->uids, from->ref[i])) && all;
    if (from->n > UIDS_LISTED)
        *total = from->n; /* the true total */
    return all;
}

static void forget(struct dicom *d)
{
    for (size_t i = 0; i < CTX_MAX; i++)
        d->ctx[i] = (struct ctx){ .flags = 0 };
    d->uids.n = 0;
    d->contexts_known = false;
    for (size_t i = 0; i < 2; i++) {
        d->side[i].data = d->side[i].asked_release = d->side[i].max_known = false;
        d->side[i].equipment = 0;
        d->side[i].many = d->side[i].ended = false;
    }
}

static void request(const struct call *c, struct ww_rd r)
{
    struct dicom *d = c->d;
    struct items it = { .request = true, .async = { 1, 1 } };
    bool late = d->answer.waits && !d->seen && d->requestor == (uint8_t)c->dir;
    if (!late && (d->assoc != ASSOC_NONE || d->side[0].data || d->side[1].data))
        ww_dicom_anomaly(c, AN_second_association); /* PS3.8 9.1.2: one per connection */
    if (!late) {
        ww_dicom_tell_accept(c);
        forget(d);
        d->assoc = ASSOC_ASKED;
    }
    d->requestor = (uint8_t)c->dir;
    d->requestor_known = d->seen = true;
    d->asked_at = ww_now(c->cx);
    struct ww_dicom_associate e = { .protocol_version = ww_rd_be16(&r) };
    ww_rd_skip(&r, 2);
    title(c, &d->called, ww_rd_bytes(&r, DICOM_AET_MAX));
    title(c, &d->calling, ww_rd_bytes(&r, DICOM_AET_MAX));
    ww_rd_skip(&r, 32);
    ww_dicom_items(c, r, &it);
    limit(c->s, &it);
    (void)WW_SET(e.calling_aet, WW_STR(d->calling));
    (void)WW_SET(e.called_aet, WW_STR(d->called));
    (void)WW_SET(e.app_context, it.app);
    e.max_pdu = it.max_pdu;
    (void)WW_SET(e.impl_class_uid, it.impl_class);
    bool all = WW_SET(e.impl_version, it.impl_version);
    e.contexts_proposed = it.offered;
    all = sop_classes(d, &e) && all;
    if (it.identity != 0)
        (void)WW_SET(e.user_identity_type,
                     ww_slice_str(ww_tok(identities, it.identity, "unknown")));
    e.user_identity_response = it.identity_response;
    e.async_invoked = it.async[0];
    e.async_performed = it.async[1];
    e.role_selections = it.roles;
    e.extended_negotiations = it.extended.n;
    e.common_negotiations = it.common.n;
    all = LIST_UIDS(e.scp_classes, d, &it.scp) && all;
    all = LIST_UIDS(e.extended_classes, d, &it.extended) && all;
    all = LIST_UIDS(e.common_classes, d, &it.common) && all;
    ww_client_is(c->cx, c->dir); /* the requestor opened the connection (PS3.8 9.1.2) */
    d->client_told = true;
    if (!late)
        ww_request(c->cx, c->dir, KEY_ASSOCIATE, ASSOCIATE_TIMEOUT_MS);
    ww_dicom_mark(c, !all || it.cut);
    ww_emit(c->cx, &ww_dicom_associate_type, c->dir, &e);
    ww_dicom_tell_accept(c);
}

static void tell_context(const struct call *c, uint8_t id, const struct ctx *x)
{
    struct dicom *d = c->d;
    struct ww_dicom_context e = { .id = id, .result = x->result };
    struct ww_slice uid = ww_dicom_uid_text(&d->uids, x->abstract);
    bool all = x->abstract != UID_LOST && x->accepted != UID_LOST && x->other != UID_LOST;
    (void)WW_SET(e.called_aet, WW_STR(d->called));
    (void)WW_SET(e.calling_aet, WW_STR(d->calling));
    (void)WW_SET(e.abstract_syntax, uid);
    (void)WW_SET(e.abstract_syntax_name, ww_slice_str(ww_dicom_uid_name(uid)));
    for (unsigned t = 0; t < 64; t++)
        if ((x->ts >> t & 1) != 0)
            all = WW_ADD(e.transfer_syntaxes, ww_dicom_ts_uid(t)) && all;
    if (x->other != UID_NONE && x->other != UID_LOST)
        all = WW_ADD(e.transfer_syntaxes, ww_dicom_uid_text(&d->uids, x->other)) && all;
    uid = ww_dicom_uid_text(&d->uids, x->accepted);
    (void)WW_SET(e.accepted_syntax, uid);
    (void)WW_SET(e.accepted_syntax_name, ww_slice_str(ww_dicom_uid_name(uid)));
    (void)WW_SET(e.result_text, ww_slice_str(ww_tok(results, x->result, "reserved")));
    /* An answer without role items leaves the default; with some, the proposal says whose they are
     */
    e.requestor_scu = !d->answer.roles_apart && (x->flags & CTX_NOT_SCU) == 0;
    e.requestor_scp = !d->answer.roles_apart && (x->flags & CTX_SCP) != 0;
    ww_dicom_mark(c, !all);
    ww_emit(c->cx, &ww_dicom_context_type, c->dir, &e);
}

/* The requestor of an association whose request was not seen is the other side of its answer. */
static void answered(const struct call *c, bool data_allowed)
{
    struct dicom *d = c->d;
    const struct side *other = &d->side[ww_other(c->dir)];
    bool same = d->requestor_known && d->requestor == (uint8_t)c->dir;
    if (same || (d->seen && d->assoc != ASSOC_ASKED))
        ww_dicom_anomaly(c, AN_pdu_out_of_order);
    if (d->seen && !same && !data_allowed && other->data)
        ww_dicom_anomaly(c, AN_data_before_accept);
    if (!d->requestor_known) {
        d->requestor_known = true;
        d->requestor = (uint8_t)ww_other(c->dir);
        d->client_told = true;
        ww_client_is(c->cx, ww_other(c->dir));
    }
}

/** Tells an acceptance and its contexts. It may have waited for a request that came late. */
void ww_dicom_tell_accept(const struct call *now)
{
    struct dicom *d = now->d;
    struct answer *w = &d->answer;
    struct call c = *now;
    if (!w->waits)
        return;
    w->waits = false;
    c.dir = ww_other((enum ww_dir)d->requestor);
    c.s = &d->side[c.dir];
    struct ww_dicom_accept e = { .assoc_seen = d->seen, .max_pdu = c.s->max_pdu };
    (void)WW_SET(e.called_aet, WW_STR(d->called));
    (void)WW_SET(e.calling_aet, WW_STR(d->calling));
    (void)WW_SET(e.impl_class_uid, ww_dicom_uid_text(&d->uids, w->impl_class));
    (void)WW_SET(e.impl_version, WW_STR(w->impl_version));
    e.contexts_proposed = d->seen ? 0 : WW_NULL32;
    for (size_t i = 0; i < CTX_MAX && d->seen; i++)
        if ((d->ctx[i].flags & CTX_OFFERED) != 0)
            e.contexts_proposed++;
    e.role_selections = w->roles;
    e.extended_negotiations = w->extended.n;
    w->cut = !LIST_UIDS(e.extended_classes, d, &w->extended) || w->cut;
    e.contexts_accepted = w->accepted;
    e.user_identity_response = w->identity;
    e.async_invoked = w->async[0];
    e.async_performed = w->async[1];
    e.latency_ms = w->latency_ms;
    ww_dicom_mark(&c, w->cut || w->impl_class == UID_LOST);
    ww_emit(c.cx, &ww_dicom_accept_type, c.dir, &e);
    for (size_t i = 0; i < w->n; i++)
        tell_context(&c, w->id[i], &d->ctx[w->id[i] >> 1]);
}

static void accept(const struct call *c, struct ww_rd r)
{
    struct dicom *d = c->d;
    struct items it = { .request = false, .async = { 1, 1 } };
    answered(c, false);
    ww_rd_skip(&r, 4);
    struct ww_slice called = ww_rd_bytes(&r, DICOM_AET_MAX);
    struct ww_slice calling = ww_rd_bytes(&r, DICOM_AET_MAX);
    ww_rd_skip(&r, 32);
    if (!d->seen) { /* copies of the request; only good where that was not seen (PS3.8 9.3.3) */
        forget(d);
        title(c, &d->called, called);
        title(c, &d->calling, calling);
    }
    d->assoc = ASSOC_ACCEPTED;
    d->answer = (struct answer){ .waits = true };
    ww_dicom_items(c, r, &it);
    d->contexts_known = true;
    limit(c->s, &it);
    d->answer.identity = it.identity_response;
    d->answer.accepted = it.answered;
    d->answer.async[0] = it.async[0];
    d->answer.async[1] = it.async[1];
    d->answer.roles = it.roles;
    d->answer.roles_apart = it.roles > 0 && !d->seen;
    d->answer.extended = it.extended;
    d->answer.impl_class = ww_dicom_uid_keep(&d->uids, it.impl_class);
    d->answer.cut = !WW_SET(d->answer.impl_version, it.impl_version);
    d->answer.latency_ms = ww_result(c->cx, c->dir, KEY_ASSOCIATE, true).latency_ms;
    /* A request that was not seen may be behind us where the two directions were captured at
     * different points; the names of the contexts are in it. */
    if (d->seen)
        ww_dicom_tell_accept(c);
}

static void reject(const struct call *c, struct ww_rd r)
{
    struct dicom *d = c->d;
    struct ww_dicom_reject e = { .assoc_seen = d->seen };
    ww_rd_skip(&r, 1);
    e.result_code = ww_rd_u8(&r);
    e.source_code = ww_rd_u8(&r);
    e.reason_code = ww_rd_u8(&r);
    answered(c, true);
    d->assoc = ASSOC_REJECTED;
    c->s->ended = true;
    (void)WW_SET(e.called_aet, WW_STR(d->called));
    (void)WW_SET(e.calling_aet, WW_STR(d->calling));
    uint32_t code = (uint32_t)e.source_code << 8 | e.reason_code;
    (void)WW_SET(e.result, ww_slice_str(ww_tok(reject_results, e.result_code, "reserved")));
    (void)WW_SET(e.source, ww_slice_str(ww_tok(reject_sources, e.source_code, "reserved")));
    (void)WW_SET(e.reason, ww_slice_str(ww_tok(rejects, code, "reserved")));
    e.latency_ms = ww_result(c->cx, c->dir, KEY_ASSOCIATE, true).latency_ms;
    ww_dicom_mark(c, false);
    ww_emit(c->cx, &ww_dicom_reject_type, c->dir, &e);
}

static uint64_t duration(const struct call *c)
{
    uint64_t now = ww_now(c->cx);
    if (!c->d->seen || now < c->d->asked_at)
        return WW_NULL64;
    return (now - c->d->asked_at) / 1000000;
}

static void release(const struct call *c, bool response)
{
    struct side *other = &c->d->side[ww_other(c->dir)];
    struct ww_dicom_release e = { .response = response, .assoc_seen = c->d->seen };
    e.duration_ms = duration(c);
    e.collision =
        c->s->asked_release && response ? other->asked_release : !response && other->asked_release;
    if (response && !other->asked_release && c->d->seen && !c->s->lost && !other->lost)
        ww_dicom_anomaly(c, AN_pdu_out_of_order);
    if (!response && c->s->asked_release) /* PS3.8 9.2: once asked, it waits for the answer */
        ww_dicom_anomaly(c, AN_pdu_out_of_order);
    if (response) {
        c->d->assoc = ASSOC_OVER;
        c->s->ended = true;
    } else
        c->s->asked_release = true;
    ww_dicom_mark(c, false);
    ww_emit(c->cx, &ww_dicom_release_type, c->dir, &e);
}

static void aborted(const struct call *c, struct ww_rd r)
{
    struct ww_dicom_abort e = { .assoc_seen = c->d->seen };
    ww_rd_skip(&r, 2);
    e.source_code = ww_rd_u8(&r);
    e.reason_code = ww_rd_u8(&r);
    e.duration_ms = duration(c);
    c->d->assoc = ASSOC_OVER;
    c->s->ended = true;
    (void)WW_SET(e.source, ww_slice_str(ww_tok(abort_sources, e.source_code, "reserved")));
    if (e.source_code == 2)
        (void)WW_SET(e.reason, ww_slice_str(ww_tok(aborts, e.reason_code, "reserved")));
    ww_dicom_mark(c, false);
    ww_emit(c->cx, &ww_dicom_abort_type, c->dir, &e);
}

/**
 * Reads a complete PDU that is not P-DATA-TF and tells it.
 * In:     type  01, 02, 03, 05, 06 or 07
 *         body  without the 6-byte header; the caller has checked the smallest length
 * Source: PS3.8 9.3.2 to 9.3.8
 */
void ww_dicom_assoc_pdu(const struct call *c, uint8_t type, struct ww_slice body)
{
    struct ww_rd r = ww_rd(body);
    switch (type) {
    case 1:
        request(c, r);
        return;
    case 2:
        accept(c, r);
        return;
    case 3:
        reject(c, r);
        return;
    case 5:
    case 6:
        release(c, type == 6);
        return;
    case 7:
        aborted(c, r);
        return;
    default: /* a number from the wire; the caller lets none of these pass */
        return;
    }
}
