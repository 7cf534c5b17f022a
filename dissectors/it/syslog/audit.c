/* audit.c - audit messages: who did what with patient data, told by the systems themselves.
 * Source: DICOM PS3.15 A.5 (schema, messages), PS3.16 CID 400 to 402 (codes); RFC 3881; IHE ITI-20
 */
#include "dissectors/it/syslog/syslog.h"
#include "dissectors/lib/when.h"
#include "dissectors/lib/xml.h"
#include "sensor/base/tok.h"

WW_EVENT_TYPE(syslog_audit, "syslog.audit", "An audit message of IHE ATNA", 0, SYSLOG_AUDIT_FIELDS);

enum { TOKENS_MAX = 20000, PATIENT = 1, PERSON = 1 };

/* clang-format off */
static const struct ww_tok codes[] = { /* PS3.16 CID 400 (events), 401 (types), 402 (roles) */
    { 110100, "application activity" }, { 110101, "audit log used" },
    { 110102, "begin transferring instances" }, { 110103, "instances accessed" },
    { 110104, "instances transferred" }, { 110105, "study deleted" }, { 110106, "export" },
    { 110107, "import" }, { 110108, "network entry" }, { 110109, "order record" },
    { 110110, "patient record" }, { 110111, "procedure record" }, { 110112, "query" },
    { 110113, "security alert" }, { 110114, "user authentication" },
    { 110120, "application start" }, { 110121, "application stop" }, { 110122, "login" },
    { 110123, "logout" }, { 110124, "attach" }, { 110125, "detach" },
    { 110126, "node authentication" }, { 110127, "emergency override started" },
    { 110128, "network configuration" }, { 110129, "security configuration" },
    { 110130, "hardware configuration" }, { 110131, "software configuration" },
    { 110132, "use of restricted function" }, { 110133, "audit recording stopped" },
    { 110134, "audit recording started" }, { 110135, "object security attributes changed" },
    { 110136, "security roles changed" }, { 110137, "user security attributes changed" },
    { 110138, "emergency override stopped" }, { 110139, "remote service started" },
    { 110140, "remote service stopped" }, { 110141, "local service started" },
    { 110142, "local service stopped" }, { 110150, "application" },
    { 110151, "application launcher" }, { 110152, "destination" }, { 110153, "source" },
    { 110154, "destination media" }, { 110155, "source media" }, { 0, NULL }
};
static const struct ww_tok outcomes[] = {
    { 0, "success" }, { 4, "minor_failure" }, { 8, "serious_failure" }, { 12, "major_failure" },
    { 0, NULL }
};
static const struct ww_tok actions[] = {
    { 'C', "create" }, { 'R', "read" }, { 'U', "update" }, { 'D', "delete" }, { 'E', "execute" },
    { 0, NULL }
};
/* clang-format on */

/* What is being read. */
struct reading {
    struct ww_cx *cx;
    struct syslog_audit *e;
    uint32_t object_type, object_role; /* of the object at hand */
    bool in_name, in_query;            /* the next text is a name, a query */
    bool cut;
};

static uint32_t number(struct ww_slice s)
{
    uint32_t v = 0;
    if (s.n == 0 || s.n > 6)
        return 0;
    for (struct ww_rd r = ww_rd(s); r.left > 0;) {
        uint8_t b = ww_rd_u8(&r);
        if (b < '0' || b > '9')
            return 0;
        v = v * 10 + (b - '0');
    }
    return v;
}

/* Value of an attribute with its references replaced; buf has SYSLOG_TEXT bytes. */
static struct ww_slice attr(struct ww_slice body, const char *name, char *buf)
{
    return ww_slice_trim(ww_xml_text(ww_xml_attr(body, name), buf, SYSLOG_TEXT));
}

/* Adds a value to a list that does not have it yet. */
static void once(struct reading *x, uint16_t *len, uint16_t *total, char *b, size_t cap,
                 struct ww_slice v)
{
    struct ww_slice list = { (const uint8_t *)b, *len };
    if (v.n == 0)
        return;
    for (size_t at = 0; at < list.n;) {
        size_t end = ww_slice_find(list, at, 0);
        if (ww_slice_eq(ww_slice_sub(list, at, end - at), v))
            return;
        at = end + 1;
    }
    x->cut |= !ww_list_add(len, total, b, cap, v);
}
#define ONCE(x, list, v) \
    once((x), &(x)->e->list.len, &(x)->e->list.total, (x)->e->list.b, sizeof((x)->e->list.b), (v))

static void note(struct reading *x, uint32_t kind)
{
    x->e->phi_kinds |= kind;
    x->e->phi_count += (kind & WW_PHI_DIRECT) != 0;
}

/* A coded value: csd-code in DICOM's schema, code in RFC 3881's. */
static struct ww_slice code(struct reading *x, struct ww_slice body, char *buf)
{
    struct ww_slice c = attr(body, "csd-code", buf);
    bool dicom = c.n > 0;
    if (!dicom)
        c = attr(body, "code", buf);
    if (x->e->schema.len == 0 && c.n > 0)
        (void)WW_SET(x->e->schema, ww_slice_str(dicom ? "dicom" : "rfc3881"));
    return c;
}

/* Its meaning; the code itself when it is of another scheme. */
static struct ww_slice meaning(struct ww_slice c)
{
    const char *name = ww_tok(codes, number(c), NULL);
    return name != NULL ? ww_slice_str(name) : c;
}

static void event(struct reading *x, struct ww_slice body)
{
    char buf[SYSLOG_TEXT];
    struct ww_slice action = attr(body, "EventActionCode", buf);
    (void)WW_SET(x->e->action, ww_slice_str(ww_tok(actions, ww_slice_at(action, 0), "")));
    struct ww_slice outcome = attr(body, "EventOutcomeIndicator", buf);
    if (outcome.n > 0)
        (void)WW_SET(x->e->outcome, ww_slice_str(ww_tok(outcomes, number(outcome), "other")));
    struct ww_when when = ww_when_rfc3339(attr(body, "EventDateTime", buf));
    x->e->event_time = when.ns;
    x->e->event_time_zoned = when.zoned;
}

/* AETITLES=ONE;TWO (PS3.15 A.5.2.2). */
static void ae_titles(struct reading *x, struct ww_slice v)
{
    static const struct ww_slice key = { (const uint8_t *)"AETITLES=", 9 };
    if (!ww_slice_eq(ww_slice_sub(v, 0, key.n), key))
        return;
    for (size_t at = key.n; at < v.n;) {
        size_t end = ww_slice_find(v, at, ';');
        ONCE(x, ae_titles, ww_slice_trim(ww_slice_sub(v, at, end - at)));
        at = end + 1;
    }
}

static void participant(struct reading *x, struct ww_slice body)
{
    char buf[SYSLOG_TEXT];
    struct ww_slice asks = attr(body, "UserIsRequestor", buf);
    bool requestor = ww_slice_eqs(asks, "true") || ww_slice_eqs(asks, "1");
    x->e->participants++;
    x->e->requestors = (uint16_t)(x->e->requestors + requestor);
    if (attr(body, "UserName", buf).n > 0 || (requestor && attr(body, "UserID", buf).n > 0))
        note(x, WW_PHI_STAFF);
    ae_titles(x, attr(body, "AlternativeUserID", buf));
    /* 1 host name, 2 address; a telephone number, mail address or URI can be a person's */
    uint32_t type = number(attr(body, "NetworkAccessPointTypeCode", buf));
    if (type == 1 || type == 2)
        ONCE(x, access_points, attr(body, "NetworkAccessPointID", buf));
}

static void object(struct reading *x, struct ww_slice body)
{
    char buf[SYSLOG_TEXT];
    x->object_type = number(attr(body, "ParticipantObjectTypeCode", buf));
    x->object_role = number(attr(body, "ParticipantObjectTypeCodeRole", buf));
    x->e->objects++;
    x->e->persons = (uint16_t)(x->e->persons + (x->object_type == PERSON));
    struct ww_slice id = attr(body, "ParticipantObjectID", buf);
    if (x->object_type != PERSON || id.n == 0)
        return;
    note(x, x->object_role == PATIENT ? WW_PHI_ID : WW_PHI_OTHER);
    if (x->object_role == PATIENT && x->e->patient == 0)
        x->e->patient =
            ww_pseudonym(x->cx, ww_slice_trim(ww_slice_sub(id, 0, ww_slice_find(id, 0, '^'))));
}

static void start(struct reading *x, struct ww_slice name, struct ww_slice body)
{
    char buf[SYSLOG_TEXT];
    if (ww_slice_eqs(name, "EventIdentification")) {
        event(x, body);
    } else if (ww_slice_eqs(name, "EventID")) {
        struct ww_slice c = code(x, body, buf);
        (void)WW_SET(x->e->event_code, c);
        (void)WW_SET(x->e->event, ww_slice_str(ww_tok(codes, number(c), "")));
    } else if (ww_slice_eqs(name, "EventTypeCode")) {
        ONCE(x, event_types, meaning(code(x, body, buf)));
    } else if (ww_slice_eqs(name, "ActiveParticipant")) {
        participant(x, body);
    } else if (ww_slice_eqs(name, "RoleIDCode")) {
        ONCE(x, roles, meaning(code(x, body, buf)));
    } else if (ww_slice_eqs(name, "AuditSourceIdentification")) {
        (void)WW_SET(x->e->source_id, attr(body, "AuditSourceID", buf));
        (void)WW_SET(x->e->site_id, attr(body, "AuditEnterpriseSiteID", buf));
    } else if (ww_slice_eqs(name, "ParticipantObjectIdentification")) {
        object(x, body);
    } else if (ww_slice_eqs(name, "Accession")) {
        note(x, WW_PHI_ORDER);
    } else if (ww_slice_eqs(name, "ParticipantObjectDetail")) {
        note(x, WW_PHI_TEXT);
    }
    x->in_name = ww_slice_eqs(name, "ParticipantObjectName");
    x->in_query = ww_slice_eqs(name, "ParticipantObjectQuery");
}

static void text(struct reading *x, struct ww_slice v)
{
    char buf[SYSLOG_TEXT];
    if (x->in_query) {
        x->e->query_present = true;
        note(x, WW_PHI_TEXT);
    } else if (x->in_name) {
        bool patient = x->object_type == PERSON && x->object_role == PATIENT;
        note(x, patient ? WW_PHI_NAME : WW_PHI_TEXT);
        if (patient && x->e->patient_name == 0)
            x->e->patient_name =
                ww_pseudonym(x->cx, ww_slice_trim(ww_xml_text(v, buf, sizeof buf)));
    }
    x->in_name = x->in_query = false;
}

/**
 * Is the text of a message an audit message?
 * Out: xml  from its first tag on
 */
bool ww_syslog_is_audit(struct ww_slice msg, struct ww_slice *xml)
{
    struct ww_xml_scan scan = { 0 };
    size_t at = ww_slice_find(msg, 0, '<');
    if (at > 3 + 1) /* a byte order mark and a blank may stand before it (RFC 5424 6.4) */
        return false;
    *xml = ww_slice_sub(msg, at, msg.n);
    for (unsigned n = 0; n < 8 && at < msg.n; n++) {
        struct ww_xml_tok t = ww_xml_next(&scan, ww_slice_sub(msg, at, msg.n), msg.n + 1);
        if (t.kind == WW_XML_OPEN)
            return ww_slice_eqs(ww_xml_local(t.name), "AuditMessage");
        if (t.kind != WW_XML_ASIDE && t.kind != WW_XML_TEXT)
            return false;
        at += t.used;
    }
    return false;
}

/**
 * Reads an audit message.
 * Return: false when it is no whole XML document; nothing may be told then
 * Limits: TOKENS_MAX tags and texts; lists that do not fit set TRUNCATED for the next event
 */
bool ww_syslog_audit(struct ww_cx *cx, struct ww_slice xml, struct syslog_audit *e)
{
    struct reading x = { .cx = cx, .e = e };
    struct ww_xml_scan scan = { 0 };
    size_t at = 0;
    for (unsigned n = 0; n < TOKENS_MAX; n++) {
        struct ww_xml_tok t = ww_xml_next(&scan, ww_slice_sub(xml, at, xml.n), xml.n + 1);
        struct ww_slice name = ww_slice_trim(ww_xml_local(t.name));
        switch ((enum ww_xml_kind)t.kind) {
        case WW_XML_OPEN:
        case WW_XML_EMPTY:
            start(&x, name, t.body);
            break;
        case WW_XML_TEXT:
            text(&x, t.body);
            break;
        case WW_XML_CLOSE:
            x.in_name = x.in_query = false;
            if (!ww_slice_eqs(name, "AuditMessage"))
                break;
            cx->ev_flags |= x.cut ? WW_EV_TRUNCATED : 0;
            return true;
        case WW_XML_ASIDE:
            break;
        case WW_XML_MORE:
        case WW_XML_DOCTYPE:
        case WW_XML_BAD:
            return false;
        }
        at += t.used;
    }
    return false;
}
