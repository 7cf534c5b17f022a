/* dimse.c - reads command sets and tells DIMSE messages (PS3.7 6.3, 9, 10, annexes C and E). */
#include "dissectors/medical/dicom/dicom.h"

enum { RESPONSE = 0x8000, CANCEL = 0x0fff, EVENT_REPORT = 0x0100 };
enum {
    TAG_GROUP_LENGTH = 0x0000,
    TAG_AFFECTED_CLASS = 0x0002,
    TAG_REQUESTED_CLASS = 0x0003,
    TAG_FIELD = 0x0100,
    TAG_ID = 0x0110,
    TAG_RSP_ID = 0x0120,
    TAG_DESTINATION = 0x0600,
    TAG_PRIORITY = 0x0700,
    TAG_TYPE = 0x0800,
    TAG_STATUS = 0x0900,
    TAG_EVENT = 0x1002,
    TAG_ACTION = 0x1008,
    TAG_SUB_FIRST = 0x1020,
    TAG_SUB_LAST = 0x1023,
    TAG_ORIGINATOR = 0x1030
};

static const struct command commands[] = {
    { 0x0001, CMD_EQUIPMENT | CMD_OBJECT, 600, "C-STORE" },
    { 0x0010, CMD_QUERY | CMD_CLIENT, 3600, "C-GET" },
    { 0x0020, CMD_QUERY | CMD_CLIENT, 600, "C-FIND" },
    { 0x0021, CMD_QUERY | CMD_CLIENT, 3600, "C-MOVE" },
    { 0x0030, CMD_CLIENT, 60, "C-ECHO" },
    { 0x0100, 0, 600, "N-EVENT-REPORT" },
    { 0x0110, 0, 600, "N-GET" },
    { 0x0120, 0, 600, "N-SET" },
    { 0x0130, 0, 600, "N-ACTION" },
    { 0x0140, CMD_EQUIPMENT, 600, "N-CREATE" },
    { 0x0150, 0, 600, "N-DELETE" },
    { 0x0fff, CMD_ALONE, 0, "C-CANCEL" },
    { 0x8001, 0, 0, "C-STORE" },
    { 0x8010, 0, 0, "C-GET" },
    { 0x8020, 0, 0, "C-FIND" },
    { 0x8021, 0, 0, "C-MOVE" },
    { 0x8030, 0, 0, "C-ECHO" },
    { 0x8100, 0, 0, "N-EVENT-REPORT" },
    { 0x8110, 0, 0, "N-GET" },
    { 0x8120, 0, 0, "N-SET" },
    { 0x8130, 0, 0, "N-ACTION" },
    { 0x8140, 0, 0, "N-CREATE" },
    { 0x8150, 0, 0, "N-DELETE" },
};

/* PS3.7 annex C; the A, B and C ranges mean what the service says (PS3.4 annexes B and C). */
static const struct ww_tok statuses[] = {
    { 0x0000, "success" },
    { 0x0105, "no such attribute" },
    { 0x0106, "invalid attribute value" },
    { 0x0107, "attribute list error" },
    { 0x0110, "processing failure" },
    { 0x0111, "duplicate SOP instance" },
    { 0x0112, "no such SOP instance" },
    { 0x0113, "no such event type" },
    { 0x0114, "no such argument" },
    { 0x0115, "invalid argument value" },
    { 0x0116, "attribute value out of range" },
    { 0x0117, "invalid object instance" },
    { 0x0118, "no such SOP class" },
    { 0x0119, "class and instance conflict" },
    { 0x0120, "missing attribute" },
    { 0x0121, "missing attribute value" },
    { 0x0122, "SOP class not supported" },
    { 0x0123, "no such action" },
    { 0x0124, "not authorized" },
    { 0x0210, "duplicate invocation" },
    { 0x0211, "unrecognized operation" },
    { 0x0212, "mistyped argument" },
    { 0x0213, "resource limitation" },
    { 0xa700, "out of resources" },
    { 0xa701, "cannot count matches" },
    { 0xa702, "cannot perform sub-operations" },
    { 0xa801, "move destination unknown" },
    { 0xa900, "data set does not match SOP class" },
    { 0xb000, "coercion, or sub-operations with failures" },
    { 0xb006, "elements discarded" },
    { 0xb007, "data set does not match SOP class" },
    { 0xc000, "cannot understand or unable to process" },
    { 0xfe00, "cancelled" },
    { 0xff00, "pending" },
    { 0xff01, "pending, optional keys not supported" },
    { 0, NULL },
};

/** Row of a command field; NULL when the standard does not have it. */
const struct command *ww_dicom_command(uint16_t field)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (commands[i].field == field)
            return &commands[i];
    return NULL;
}

/* PS3.7 annex C; 0001 is a warning too. */
static const char *status_class(uint16_t s)
{
    if (s == 0)
        return "success";
    if (s == 0xff00 || s == 0xff01)
        return "pending";
    if (s == 0xfe00)
        return "cancel";
    if (s == 0x0001 || s == 0x0107 || s == 0x0116 || s >> 12 == 0xb)
        return "warning";
    return "failure";
}

void ww_dicom_msg_begin(struct msg *m, uint8_t pcid)
{
    *m = (struct msg){ .phase = MSG_COMMAND, .pcid = pcid };
    ww_dicom_el_start(&m->el, DS_IMPLICIT_LE); /* PS3.7 6.3.1: always */
}

/* Decides what becomes of the value of the command element at hand. In/Out: m->el */
void ww_dicom_command_want(struct msg *m)
{
    struct el *e = &m->el;
    e->row = NO_ROW;
    e->test = false;
    e->act = ACT_PEEK;
    e->cap = 2;
    if (e->count == 1 ? e->tag != TAG_GROUP_LENGTH : e->tag >> 16 != 0) {
        e->malformed = true; /* also the rest of a set whose beginning was lost */
        return;
    }
    switch (e->tag) {
    case TAG_AFFECTED_CLASS:
    case TAG_REQUESTED_CLASS:
        e->act = ACT_KEEP;
        e->cap = DICOM_UID_MAX;
        return;
    case TAG_DESTINATION:
    case TAG_ORIGINATOR:
        e->act = ACT_KEEP;
        e->cap = DICOM_AET_MAX + 1; /* one more shows that it is too long */
        return;
    case TAG_FIELD:
    case TAG_ID:
    case TAG_RSP_ID:
    case TAG_PRIORITY:
    case TAG_TYPE:
    case TAG_STATUS:
    case TAG_EVENT:
    case TAG_ACTION:
        return;
    default: /* a number from the wire */
        if (e->tag < TAG_SUB_FIRST || e->tag > TAG_SUB_LAST)
            e->act = ACT_SKIP;
        return;
    }
}

static void keep(struct msg *m, enum txt t, struct ww_slice v, size_t at)
{
    struct ww_slice s = ww_slice_trim(v);
    if (s.n == 0 || m->txt[t].n != 0)
        return;
    m->txt[t].at = (uint16_t)(at + (size_t)(s.p - v.p));
    m->txt[t].n = (uint8_t)s.n;
}

static void keep_uid(const struct call *c, struct msg *m, struct ww_slice v)
{
    if (ww_dicom_uid_good(ww_slice_trim(v)))
        keep(m, T_SOP, v, m->el.at);
    else
        ww_dicom_anomaly(c, AN_uid_invalid);
}

static void keep_title(const struct call *c, struct msg *m, enum txt t, struct ww_slice v)
{
    if (v.n > DICOM_AET_MAX) {
        ww_dicom_anomaly(c, AN_ae_title_oversized);
        v.n = DICOM_AET_MAX;
    }
    keep(m, t, v, m->el.at);
}

/* Where a number of a command set is kept. Out: has  its bit. Return: NULL when it is not wanted */
static uint16_t *number_of(struct msg *m, uint32_t tag, uint16_t *has)
{
    if (tag >= TAG_SUB_FIRST && tag <= TAG_SUB_LAST) {
        *has = (uint16_t)(HAS_SUB << (tag - TAG_SUB_FIRST));
        return &m->sub[tag - TAG_SUB_FIRST];
    }
#define NUMBER(name, member)                                                                       \
    case TAG_##name:                                                                               \
        *has = HAS_##name;                                                                         \
        return &m->member
    switch (tag) {
        NUMBER(FIELD, field);
        NUMBER(ID, id);
        NUMBER(PRIORITY, priority);
        NUMBER(TYPE, type);
        NUMBER(STATUS, status);
        NUMBER(EVENT, event);
        NUMBER(ACTION, action);
    case TAG_RSP_ID:
        *has = HAS_RSP;
        return &m->rsp_id;
    }
#undef NUMBER
    return NULL;
}

/** A value of a command set is complete. In: v  what was kept of it. Source: PS3.7 E.1 */
void ww_dicom_command_value(const struct call *c, struct msg *m, struct ww_slice v)
{
    struct ww_rd r = ww_rd(v);
    uint32_t tag = m->el.tag;
    if (m->el.act == ACT_KEEP) {
        if (tag == TAG_DESTINATION || tag == TAG_ORIGINATOR)
            keep_title(c, m, tag == TAG_DESTINATION ? T_DEST : T_ORIG, v);
        else
            keep_uid(c, m, v);
        return;
    }
    if (m->el.act != ACT_PEEK || v.n != 2)
        return;
    uint16_t n = ww_rd_le16(&r), has = 0;
    uint16_t *to = number_of(m, tag, &has);
    if (to != NULL)
        *to = n;
    m->has |= has;
}

/* Encoding of a data set by the transfer syntax of its context; a guess where it is not known. */
static uint8_t encoding(const struct dicom *d, uint8_t pcid)
{
    const struct ctx *x = ww_dicom_ctx(d, pcid);
    const struct uid_row *row = x != NULL ? ww_dicom_uid_row(x->accepted) : NULL;
    return row != NULL ? row->encoding : DS_GUESS;
}

bool ww_dicom_command_end(const struct call *c, struct msg *m)
{
    struct el *e = &m->el;
    bool clean = c->d->seen && !c->s->lost;
    bool whole = !e->malformed && e->phase == EL_HEAD && e->nhead == 0;
    if (m->damaged || !whole || (m->has & HAS_FIELD) == 0) {
        if (!m->damaged && clean)
            ww_dicom_anomaly(c, whole ? AN_command_incomplete : AN_command_malformed);
        m->phase = MSG_IDLE;
        return false;
    }
    const struct command *k = ww_dicom_command(m->field);
    if (k == NULL)
        ww_dicom_anomaly(c, AN_command_unknown);
    m->kind = k != NULL ? k->flags : 0;
    uint16_t who = (m->field & RESPONSE) != 0 || m->field == CANCEL ? HAS_RSP : HAS_ID;
    if ((m->has & (HAS_TYPE | who)) != (HAS_TYPE | who))
        ww_dicom_anomaly(c, AN_command_incomplete);
    if ((m->has & HAS_TYPE) == 0 || m->type == NO_DATASET)
        return false;
    m->phase = MSG_DATA;
    uint8_t how = encoding(c->d, m->pcid);
    ww_dicom_el_start(e, how);
    m->packed = how == DS_DEFLATED;
    return true;
}

/* Message id, or that of the message it is about (HAS_RSP). */
static uint32_t id(const struct msg *m, uint16_t which)
{
    uint32_t n = which == HAS_RSP ? m->rsp_id : m->id;
    return (m->has & which) != 0 ? n : WW_NULL32;
}

/* What requests and responses have in common; both structs begin with the same members. */
#define TELL_COMMON(c, m, e)                                                            \
    do {                                                                                \
        struct ww_slice sop_ = sop_class((c), (m));                                     \
        const struct uid_row *row_ = ww_dicom_uid_find(sop_);                           \
        (void)WW_SET((e).command, command_name((m)->field, room));                      \
        (e).context_id = (m)->pcid;                                                     \
        (void)WW_SET((e).sop_class, sop_);                                              \
        (void)WW_SET((e).sop_class_name, ww_slice_str(row_ != NULL ? row_->name : "")); \
        (void)WW_SET((e).service, ww_slice_str(service_name(row_, sop_)));              \
        (void)WW_SET((e).type_text, ww_slice_str(type_text((m), row_)));                \
        (void)WW_SET((e).state, ww_dicom_txt((m), T_STATE));                            \
        (e).references = (m)->refers ? (m)->references : WW_NULL32;                     \
        (e).references_failed = (m)->fails ? (m)->references_failed : WW_NULL32;        \
        (e).event_type = ((m)->has & HAS_EVENT) != 0 ? (m)->event : WW_NULL32;          \
        (e).action_type = ((m)->has & HAS_ACTION) != 0 ? (m)->action : WW_NULL32;       \
        (e).dataset_bytes = (m)->bytes_unknown ? WW_NULL64 : (m)->nbytes;               \
        (e).phi_kinds = (m)->phi_kinds;                                                 \
        (e).phi_count = (m)->phi_count;                                                 \
        (e).patient = (m)->patient;                                                     \
        (e).identity_removed = (m)->removed;                                            \
        (e).assoc_seen = (c)->d->seen;                                                  \
    } while (0)

static struct ww_slice sop_class(const struct call *c, const struct msg *m)
{
    struct ww_slice s = ww_dicom_txt(m, T_SOP);
    const struct ctx *x = ww_dicom_ctx(c->d, m->pcid);
    return s.n > 0 || x == NULL ? s : ww_dicom_uid_text(&c->d->uids, x->abstract);
}

static const char *service_name(const struct uid_row *sop, struct ww_slice uid)
{
    if (sop != NULL)
        return ww_dicom_service_name((enum service)sop->service);
    return ww_dicom_service_name(uid.n > 0 ? SV_OTHER : SV_NONE);
}

static const char *type_text(const struct msg *m, const struct uid_row *sop)
{
    if ((m->has & (HAS_EVENT | HAS_ACTION)) == 0)
        return "";
    bool event = (m->has & HAS_EVENT) != 0;
    return ww_dicom_type_text(sop, event, event ? m->event : m->action);
}

static struct ww_slice command_name(uint16_t field, char room[8])
{
    const struct command *k = ww_dicom_command(field);
    if (k != NULL)
        return ww_slice_str(k->name);
    struct ww_out o = ww_out(room, 8);
    ww_out_s(&o, "0x");
    ww_out_hex(&o, field, 4);
    return (struct ww_slice){ (const uint8_t *)room, o.n };
}

static bool query_keys(const struct msg *m, struct ww_dicom_request *e)
{
    bool all = m->nkeys <= KEYS_MAX;
    char room[12];
    for (uint16_t i = 0; i < m->nkeys && i < KEYS_MAX; i++)
        all = WW_ADD(e->query_keys, ww_dicom_key_name(m->key[i], room)) && all;
    if (m->nkeys > KEYS_MAX) /* the true total */
        e->query_keys.total = m->nkeys;
    return all;
}

/* PS3.7 10.1.1: N-EVENT-REPORT is invoked by the SCP, all others by the SCU. Without negotiation
 * the requestor is SCU (PS3.7 D.3.3.4). */
static void check_role(const struct call *c, const struct msg *m)
{
    const struct dicom *d = c->d;
    const struct ctx *x = ww_dicom_ctx(d, m->pcid);
    if (x == NULL || !d->seen || !d->contexts_known || d->answer.roles_apart || c->s->lost)
        return;
    bool scu = m->field != EVENT_REPORT, requestor = d->requestor == (uint8_t)c->dir;
    bool allowed = scu == requestor ? (x->flags & CTX_NOT_SCU) == 0 : (x->flags & CTX_SCP) != 0;
    if (!allowed)
        ww_dicom_anomaly(c, AN_role_not_negotiated);
}

static void tell_request(const struct call *c, struct msg *m, bool truncated)
{
    static const char *const priority[] = { "medium", "high", "low" }; /* PS3.7 E.1 */
    struct ww_dicom_request e = { .message_id =
                                      m->field == CANCEL ? id(m, HAS_RSP) : id(m, HAS_ID) };
    const struct command *k = ww_dicom_command(m->field);
    char room[8];
    check_role(c, m);
    TELL_COMMON(c, m, e);
    (void)WW_SET(e.called_aet, WW_STR(c->d->called));
    (void)WW_SET(e.calling_aet, WW_STR(c->d->calling));
    e.priority_code = (m->has & HAS_PRIORITY) != 0 ? m->priority : WW_NULL32;
    if (e.priority_code < 3)
        (void)WW_SET(e.priority, ww_slice_str(priority[m->priority]));
    (void)WW_SET(e.move_destination, ww_dicom_txt(m, T_DEST));
    (void)WW_SET(e.move_originator, ww_dicom_txt(m, T_ORIG));
    (void)WW_SET(e.query_level, ww_dicom_txt(m, T_LEVEL));
    truncated = !query_keys(m, &e) || truncated;
    if (k != NULL && (k->flags & CMD_CLIENT) != 0 && !c->d->requestor_known && !c->d->client_told) {
        c->d->client_told = true;
        ww_client_is(c->cx, c->dir);
    }
    if (k != NULL && (k->flags & CMD_ALONE) == 0 && (m->has & HAS_ID) != 0)
        ww_request(c->cx, c->dir, m->id, k->timeout_s * 1000u);
    ww_dicom_mark(c, truncated);
    ww_emit(c->cx, &ww_dicom_request_type, c->dir, &e);
    if (k != NULL && (k->flags & CMD_EQUIPMENT) != 0 && m->phase == MSG_DATA)
        ww_dicom_dataset_event(c, m, truncated);
}

static uint32_t sub(const struct msg *m, unsigned i)
{
    return (m->has & HAS_SUB << i) != 0 ? m->sub[i] : WW_NULL32;
}

/**
 * Counts the pending responses to a request; several requests may be under way (PS3.7 D.3.3.3).
 * Limits: PENDING_MAX requests at a time, one beyond that takes the place of another
 * Return: pending responses so far, the one at hand included
 */
static uint32_t count_pending(struct side *s, uint16_t id, bool pending)
{
    size_t at = id % PENDING_MAX;
    for (size_t i = PENDING_MAX; i > 0; i--)
        if (s->pending[i - 1].n == 0)
            at = i - 1;
    for (size_t i = 0; i < PENDING_MAX; i++)
        if (s->pending[i].n > 0 && s->pending[i].id == id)
            at = i;
    if (s->pending[at].id != id)
        s->pending[at].n = 0;
    s->pending[at].id = id;
    s->pending[at].n += pending;
    uint32_t n = s->pending[at].n;
    if (!pending)
        s->pending[at].n = 0;
    return n;
}

static void tell_response(const struct call *c, struct msg *m, bool truncated)
{
    struct ww_dicom_response e = { .message_id = id(m, HAS_RSP) };
    const struct side *asked = &c->d->side[ww_other(c->dir)];
    bool pending = (m->has & HAS_STATUS) != 0 && m->status >> 8 == 0xff;
    char room[8];
    struct ww_out o = ww_out(room, sizeof room);
    TELL_COMMON(c, m, e);
    if ((m->has & HAS_STATUS) != 0) {
        ww_out_s(&o, "0x");
        ww_out_hex(&o, m->status, 4);
        (void)WW_SET(e.status, ((struct ww_slice){ (const uint8_t *)room, o.n }));
        (void)WW_SET(e.status_class, ww_slice_str(status_class(m->status)));
        (void)WW_SET(e.status_text, ww_slice_str(ww_tok(statuses, m->status, "")));
    }
    e.sub_operations__remaining = sub(m, 0);
    e.sub_operations__completed = sub(m, 1);
    e.sub_operations__failed = sub(m, 2);
    e.sub_operations__warning = sub(m, 3);
    e.pending = count_pending(c->s, m->rsp_id, pending);
    struct ww_pair p = ww_result(c->cx, c->dir, m->rsp_id, !pending);
    e.latency_ms = p.found ? p.latency_ms : WW_NULL32;
    e.request_frame = p.found ? p.frame : 0;
    if (!p.found && c->d->seen && !c->s->lost && !asked->lost && asked->spoke &&
        (m->has & HAS_RSP) != 0)
        ww_dicom_anomaly(c, AN_response_without_request);
    ww_dicom_mark(c, truncated);
    ww_emit(c->cx, &ww_dicom_response_type, c->dir, &e);
}

void ww_dicom_msg_end(const struct call *c, struct msg *m, bool truncated)
{
    bool cut = truncated || m->damaged;
    if (m->phase == MSG_DATA && !cut && !m->guessed && m->el.phase != EL_DONE &&
        (m->el.phase == EL_VALUE || m->el.nhead > 0 || (m->packed && !m->inflated_whole)))
        ww_dicom_anomaly(c, AN_dataset_truncated);
    if ((m->field & RESPONSE) != 0)
        tell_response(c, m, cut || m->el.partial);
    else
        tell_request(c, m, cut || m->el.partial);
    m->phase = MSG_IDLE;
}
