/* items.c - reads the items of A-ASSOCIATE-RQ and -AC (PS3.8 9.3.2, 9.3.3, PS3.7 annex D). */
#include "dissectors/medical/dicom/dicom.h"

enum {
    ITEM_APP = 0x10,
    ITEM_OFFER = 0x20,
    ITEM_ANSWER = 0x21,
    ITEM_ABSTRACT = 0x30,
    ITEM_TRANSFER = 0x40,
    ITEM_USER = 0x50,
    ITEM_MAX_PDU = 0x51,
    ITEM_CLASS = 0x52,
    ITEM_ASYNC = 0x53,
    ITEM_ROLE = 0x54,
    ITEM_VERSION = 0x55,
    ITEM_EXTENDED = 0x56,
    ITEM_COMMON = 0x57,
    ITEM_IDENTITY = 0x58,
    ITEM_IDENTITY_ANSWER = 0x59
};

/** A presentation context by its id; NULL for even ids and for ids that nobody offered. */
const struct ctx *ww_dicom_ctx(const struct dicom *d, uint8_t pcid)
{
    const struct ctx *x = &d->ctx[pcid >> 1];
    return (pcid & 1) == 0 || x->flags == 0 ? NULL : x;
}

/* Text of a UID item without padding; empty and an anomaly when it is none. */
static struct ww_slice uid_of(const struct call *c, struct ww_slice s)
{
    struct ww_slice t = ww_slice_trim(s);
    if (ww_dicom_uid_good(t))
        return t;
    ww_dicom_anomaly(c, AN_uid_invalid);
    return (struct ww_slice){ NULL, 0 };
}

/* One item: type, reserved, length (PS3.8 9.3.2). Return: false at the end or when it is broken. */
static bool next_item(const struct call *c, struct ww_rd *r, uint8_t *type, struct ww_rd *body)
{
    if (r->left == 0)
        return false;
    *type = ww_rd_u8(r);
    ww_rd_skip(r, 1);
    uint16_t len = ww_rd_be16(r);
    *body = ww_rd_sub(r, len);
    if (r->bad)
        ww_dicom_anomaly(c, AN_item_length_invalid);
    return !r->bad;
}

static void transfer_syntax(const struct call *c, struct ctx *x, struct ww_slice s,
                            struct items *it)
{
    uint16_t ref = ww_dicom_uid_keep(&c->d->uids, uid_of(c, s));
    const struct uid_row *row = ww_dicom_uid_row(ref);
    if (row != NULL && row->ts != NO_TS)
        x->ts |= (uint64_t)1 << row->ts;
    else if (x->other == UID_NONE)
        x->other = ref;
    else
        it->cut = true;
}

/**
 * A presentation context of a request, item 20.
 * In:     r  its body: id, 3 reserved bytes, sub-items 30 and 40
 * Limits: one transfer syntax that is not in our table is kept per context
 * Source: PS3.8 9.3.2.2; ids are odd and unique, the first of two equal ids counts
 */
static void offer(const struct call *c, struct ww_rd r, struct items *it)
{
    uint8_t id = ww_rd_u8(&r), type;
    struct ww_rd b;
    struct ctx *x = &c->d->ctx[id >> 1];
    struct ctx unused = { .flags = 0 };
    ww_rd_skip(&r, 3);
    if (r.bad) {
        ww_dicom_anomaly(c, AN_item_length_invalid);
        return;
    }
    it->offered++;
    if ((id & 1) == 0 || (x->flags & CTX_OFFERED) != 0) {
        ww_dicom_anomaly(c, (id & 1) == 0 ? AN_context_id_even : AN_context_id_duplicate);
        x = &unused;
    }
    x->flags |= CTX_OFFERED;
    for (unsigned n = 0; n < ITEMS_MAX && next_item(c, &r, &type, &b); n++) {
        if (type == ITEM_ABSTRACT && x->abstract == UID_NONE)
            x->abstract = ww_dicom_uid_keep(&c->d->uids, uid_of(c, ww_rd_rest(&b)));
        else if (type == ITEM_TRANSFER)
            transfer_syntax(c, x, ww_rd_rest(&b), it);
    }
    if (x->abstract == UID_NONE || (x->ts == 0 && x->other == UID_NONE))
        ww_dicom_anomaly(c, AN_items_missing);
}

/**
 * A presentation context of an acceptance, item 21.
 * In:     r  its body: id, reserved, result, reserved, sub-item 40
 * Source: PS3.8 9.3.3.2; the transfer syntax only counts when the result is acceptance
 */
static void answer(const struct call *c, struct ww_rd r, struct items *it)
{
    uint8_t id = ww_rd_u8(&r), type;
    ww_rd_skip(&r, 1);
    uint8_t result = ww_rd_u8(&r);
    ww_rd_skip(&r, 1);
    struct ctx *x = &c->d->ctx[id >> 1];
    struct ww_rd b;
    if (r.bad) {
        ww_dicom_anomaly(c, AN_item_length_invalid);
        return;
    }
    if ((id & 1) == 0 || (x->flags & CTX_ANSWERED) != 0) {
        ww_dicom_anomaly(c, (id & 1) == 0 ? AN_context_id_even : AN_context_id_duplicate);
        return;
    }
    if (c->d->seen && (x->flags & CTX_OFFERED) == 0)
        ww_dicom_anomaly(c, AN_context_without_offer);
    x->flags |= CTX_ANSWERED;
    c->d->answer.id[c->d->answer.n++] = id; /* ids are told once: at most CTX_MAX */
    x->result = result;
    if (result != 0)
        return;
    it->answered++;
    if (next_item(c, &r, &type, &b) && type == ITEM_TRANSFER)
        x->accepted = ww_dicom_uid_keep(&c->d->uids, uid_of(c, ww_rd_rest(&b)));
    else
        ww_dicom_anomaly(c, AN_items_missing);
}

static void list(struct uid_list *l, uint16_t ref)
{
    if (l->n < UIDS_LISTED)
        l->ref[l->n] = ref;
    if (l->n < UINT16_MAX)
        l->n++;
}

/**
 * SOP class extended negotiation, item 56, and common extended negotiation, item 57.
 * In:     r  UID length, UID; 56: what the service class defines; 57: service class and related
 *         general SOP classes, each with its length
 * Source: PS3.7 D.3.3.5, D.3.3.6; only the SOP class is kept
 */
static void extended(const struct call *c, struct ww_rd r, bool common, struct uid_list *l)
{
    uint16_t n = ww_rd_be16(&r);
    struct ww_slice text = ww_rd_bytes(&r, n);
    for (unsigned i = 0; common && i < 2; i++) {
        n = ww_rd_be16(&r);
        ww_rd_skip(&r, n);
    }
    if (r.bad) {
        ww_dicom_anomaly(c, AN_item_length_invalid);
        return;
    }
    list(l, ww_dicom_uid_keep(&c->d->uids, uid_of(c, text)));
}

/**
 * User identity, item 58: type, whether a response is wanted, two fields with their lengths.
 * Source: PS3.7 D.3.3.7; the fields are passed over
 */
static void identity(struct ww_rd *r, struct items *it)
{
    it->identity = ww_rd_u8(r);
    it->identity_response = ww_rd_u8(r) != 0;
    for (unsigned i = 0; i < 2; i++) {
        uint16_t n = ww_rd_be16(r);
        ww_rd_skip(r, n);
    }
}

/**
 * Role selection, item 54: UID length, UID, SCU role, SCP role.
 * Source: PS3.7 D.3.3.4; a role is in force when it is asked for and granted, and without the item
 *         the requestor is SCU only
 */
static void role(const struct call *c, struct ww_rd r, struct items *it)
{
    uint16_t n = ww_rd_be16(&r);
    struct ww_slice text = ww_rd_bytes(&r, n);
    uint8_t scu = ww_rd_u8(&r), scp = ww_rd_u8(&r);
    if (r.bad) {
        ww_dicom_anomaly(c, AN_item_length_invalid);
        return;
    }
    it->roles++;
    uint16_t ref = ww_dicom_uid_keep(&c->d->uids, uid_of(c, text));
    if (scp != 0)
        list(&it->scp, ref);
    for (size_t i = 0; i < CTX_MAX && ref != UID_NONE && ref != UID_LOST; i++) {
        struct ctx *x = &c->d->ctx[i];
        if (x->flags == 0 || x->abstract != ref)
            continue;
        if (it->request) {
            x->flags |=
                (uint8_t)((scp != 0 ? CTX_ASKED_SCP : 0) | (scu == 0 ? CTX_ASKED_NOT_SCU : 0));
            continue;
        }
        if (scp != 0 && (x->flags & CTX_ASKED_SCP) != 0)
            x->flags |= CTX_SCP;
        if (scu == 0 || (x->flags & CTX_ASKED_NOT_SCU) != 0)
            x->flags |= CTX_NOT_SCU;
    }
}

/**
 * User information, item 50. Identities are not read, only their type (PS3.7 D.3.3.7).
 * In:     r  its body: sub-items 51 to 59
 */
static void user(const struct call *c, struct ww_rd r, struct items *it)
{
    uint8_t type;
    struct ww_rd b;
    for (unsigned n = 0; n < ITEMS_MAX && next_item(c, &r, &type, &b); n++) {
        switch (type) {
        case ITEM_MAX_PDU:
            it->max_pdu = ww_rd_be32(&b);
            it->has_max_pdu = !b.bad;
            break;
        case ITEM_CLASS:
            it->impl_class = uid_of(c, ww_rd_rest(&b));
            break;
        case ITEM_VERSION:
            it->impl_version = ww_slice_trim(ww_rd_rest(&b));
            break;
        case ITEM_ASYNC:
            it->async[0] = ww_rd_be16(&b);
            it->async[1] = ww_rd_be16(&b);
            break;
        case ITEM_ROLE:
            role(c, b, it);
            break;
        case ITEM_EXTENDED:
            extended(c, b, false, &it->extended);
            break;
        case ITEM_COMMON:
            extended(c, b, true, &it->common);
            break;
        case ITEM_IDENTITY:
            identity(&b, it);
            break;
        case ITEM_IDENTITY_ANSWER:
            it->identity_response = true;
            break;
        default: /* a number from the wire: unknown items are skipped by their length */
            break;
        }
        if (b.bad)
            ww_dicom_anomaly(c, AN_item_length_invalid);
    }
}

/**
 * Reads all items of a request or acceptance.
 * In:     r   the bytes behind the fixed part; it->request says which kind
 * Out:    it  what they told; the contexts are in c->d
 * Limits: ITEMS_MAX items, CTX_MAX presentation contexts
 */
void ww_dicom_items(const struct call *c, struct ww_rd r, struct items *it)
{
    uint8_t type;
    struct ww_rd b;
    unsigned contexts = 0;
    for (unsigned n = 0; n < ITEMS_MAX && next_item(c, &r, &type, &b); n++) {
        bool context = type == (it->request ? ITEM_OFFER : ITEM_ANSWER);
        if (context && ++contexts > CTX_MAX)
            ww_dicom_anomaly(c, AN_too_many_contexts);
        else if (context && it->request)
            offer(c, b, it);
        else if (context)
            answer(c, b, it);
        else if (type == ITEM_APP)
            it->app = uid_of(c, ww_rd_rest(&b));
        else if (type == ITEM_USER)
            user(c, b, it);
    }
    if (it->app.n == 0 || (it->request && it->offered == 0) || it->impl_class.n == 0)
        ww_dicom_anomaly(c, AN_items_missing);
}
