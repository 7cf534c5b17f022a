/* message.c - elements of one POCT1-A message: a value stands in attribute V, or, where that is
 * empty, as text. Source: CLSI POCT01-A2 annex B.5 (objects), B.6 (messages) */
#include "dissectors/lib/when.h"
#include "dissectors/medical/poct1a/poct1a.h"

/* What an element's value becomes. */
enum as { AS_TEXT, AS_NUMBER, AS_LIST, AS_TIME, AS_PHI, AS_ID, AS_NAME, AS_SECRET };

#define AT(member)   offsetof(struct poct_msg, member)
#define STR(member)  AS_TEXT, AT(member.len), sizeof(((struct poct_msg *)0)->member.b)
#define LIST(member) AS_LIST, AT(member.len), sizeof(((struct poct_msg *)0)->member.b)
#define NUM(member)  AS_NUMBER, AT(member), 0
#define PHI(kind)    AS_PHI, 0, kind

static const struct row {
    const char *name;
    uint8_t as; /* enum as */
    size_t off;
    size_t arg; /* capacity of a text, kind of patient data */
} rows[] = {
    { "HDR.control_id", STR(hello.control_id) },
    { "HDR.version_id", STR(hello.version_id) },
    { "HDR.creation_dttm", AS_TIME, 0, 0 },
    { "DEV.device_id", STR(hello.device_id) },
    { "DEV.vendor_id", STR(hello.vendor_id) },
    { "DEV.manufacturer_name", STR(hello.manufacturer_name) },
    { "DEV.model_id", STR(hello.model_id) },
    { "DEV.serial_id", STR(hello.serial_id) },
    { "DEV.hw_version", STR(hello.hw_version) },
    { "DEV.sw_version", STR(hello.sw_version) },
    { "DEV.device_name", STR(hello.device_name) },
    { "DSC.connection_profile_cd", STR(hello.connection_profile) },
    { "DSC.topics_supported_cd", LIST(hello.topics) },
    { "DSC.directives_supported_cd", LIST(hello.directives) },
    { "DSC.max_message_sz", NUM(hello.max_message_size) },
    { "DCP.application_timeout", NUM(hello.application_timeout) },
    { "REQ.request_cd", STR(msg.request) },
    { "EOT.topic_cd", STR(msg.topic) },
    { "DTV.command_cd", STR(msg.directive) },
    { "TRM.reason_cd", STR(msg.reason) },
    { "DST.condition_cd", STR(msg.condition) },
    { "DST.new_observations_qty", NUM(msg.new_observations) },
    { "DST.new_events_qty", NUM(msg.new_events) },
    { "ACK.type_cd", STR(ack.ack_type) },
    { "ACK.ack_control_id", STR(ack.ack_control_id) },
    { "ACK.error_detail_cd", STR(ack.error_detail) },
    { "ESC.esc_control_id", STR(ack.ack_control_id) },
    { "ESC.detail_cd", STR(ack.error_detail) },
    { "ACC.password", AS_SECRET, 0, 0 },
    { "PT.patient_id", AS_ID, 0, WW_PHI_ID },
    { "PT.name", AS_NAME, 0, WW_PHI_NAME },
    { "PT.birth_date", PHI(WW_PHI_BIRTH) },
    { "PT.gender_cd", PHI(WW_PHI_BODY) },
    { "PT.weight", PHI(WW_PHI_BODY) },
    { "PT.height", PHI(WW_PHI_BODY) },
    { "PT.location", PHI(WW_PHI_PLACE) },
    { "PT.visit_id", PHI(WW_PHI_ORDER) },
    { "PT.note_txt", PHI(WW_PHI_TEXT) },
    { "OPR.operator_id", PHI(WW_PHI_STAFF) },
    { "OPR.name", AS_NAME, 0, WW_PHI_STAFF },
    { "ORD.order_id", PHI(WW_PHI_ORDER) },
    { "ORD.ordering_provider_id", PHI(WW_PHI_STAFF) },
    { "ORD.universal_service_id", PHI(WW_PHI_CLINICAL) },
    { "SPC.specimen_id", PHI(WW_PHI_ORDER) },
    { "OBS.value", PHI(WW_PHI_CLINICAL) },
    { "OBS.qualitative_value", PHI(WW_PHI_CLINICAL) },
    { "NTE.text", PHI(WW_PHI_TEXT) },
};
enum { ROWS = sizeof rows / sizeof rows[0] };
static_assert(ROWS < 255, "element numbers are one byte");

/* Parts of a name stand in elements of their own (type PN). */
static bool name_part(struct ww_slice name)
{
    return ww_slice_eqs(name, "GIV") || ww_slice_eqs(name, "FAM") || ww_slice_eqs(name, "MID");
}

/** Is this the name of a message? Three capitals, a dot, and a capital: HEL.R01, DTV.SIEM.DVCMD. */
bool ww_poct_root(struct ww_slice name)
{
    for (size_t i = 0; i < 5; i++) {
        uint8_t b = ww_slice_at(name, i);
        if (i == 3 ? b != '.' : b < 'A' || b > 'Z')
            return false;
    }
    return true;
}

void ww_poct_begin(struct poct_msg *m, struct ww_slice name)
{
    *m = (struct poct_msg){ .open = true };
    m->hello.application_timeout = m->hello.max_message_size = WW_NULL32;
    m->msg.new_observations = m->msg.new_events = WW_NULL32;
    m->truncated = !WW_SET(m->hello.message_type, name);
}

static uint32_t number(struct ww_slice s)
{
    uint32_t v = 0;
    if (s.n == 0 || s.n > 9)
        return WW_NULL32;
    for (struct ww_rd r = ww_rd(s); r.left > 0;) {
        uint8_t b = ww_rd_u8(&r);
        if (b < '0' || b > '9')
            return WW_NULL32;
        v = v * 10 + (b - '0');
    }
    return v;
}

/* Text without blanks and line ends around it. */
static struct ww_slice trim(struct ww_slice s)
{
    size_t from = 0;
    while (from < s.n && ww_slice_at(s, from) <= ' ')
        from++;
    while (s.n > from && ww_slice_at(s, s.n - 1) <= ' ')
        s.n--;
    return ww_slice_sub(s, from, s.n - from);
}

static void note(struct poct_msg *m, uint32_t kind)
{
    m->msg.phi_kinds |= kind;
    m->msg.phi_count += (kind & WW_PHI_DIRECT) != 0;
}

/* The part before the first ^, as other protocols write the same identifier. */
static uint64_t pseudonym(struct ww_cx *cx, struct ww_slice v)
{
    return ww_pseudonym(cx, ww_slice_trim(ww_slice_sub(v, 0, ww_slice_find(v, 0, '^'))));
}

static void value(struct ww_cx *cx, struct poct_msg *m, const struct row *row, struct ww_slice raw)
{
    char buf[POCT_TEXT];
    struct ww_slice v = trim(ww_xml_text(trim(raw), buf, sizeof buf));
    uint8_t *at = (uint8_t *)m + row->off;
    struct ww_when when;
    if (v.n == 0)
        return;
    switch ((enum as)row->as) {
    case AS_TEXT:
        m->truncated |=
            !ww_str_set((uint16_t *)(void *)at, (char *)at + sizeof(uint16_t), row->arg, v);
        break;
    case AS_LIST:
        m->truncated |= !ww_list_add((uint16_t *)(void *)at, (uint16_t *)(void *)at + 1,
                                     (char *)at + 2 * sizeof(uint16_t), row->arg, v);
        break;
    case AS_NUMBER:
        *(uint32_t *)(void *)at = number(v);
        break;
    case AS_TIME:
        when = ww_when_rfc3339(v);
        m->hello.message_time = when.ns;
        m->hello.message_time_zoned = when.zoned;
        break;
    case AS_ID:
        note(m, (uint32_t)row->arg);
        if (m->msg.patient == 0)
            m->msg.patient = pseudonym(cx, v);
        break;
    case AS_NAME:
        note(m, (uint32_t)row->arg);
        if (row->arg == WW_PHI_NAME && m->msg.patient_name == 0)
            m->msg.patient_name = ww_pseudonym(cx, v);
        break;
    case AS_PHI:
        note(m, (uint32_t)row->arg);
        break;
    case AS_SECRET:
        m->msg.credential_present = true;
        break;
    }
}

static void counted(struct poct_msg *m, struct ww_slice name)
{
    m->msg.observations += ww_slice_eqs(name, "OBS");
    m->msg.events += ww_slice_eqs(name, "EVT");
    m->msg.patients += ww_slice_eqs(name, "PT");
    m->msg.operators += ww_slice_eqs(name, "OPR");
}

/** An element of an open message. In: t  OPEN or EMPTY */
void ww_poct_element(struct ww_cx *cx, struct poct_msg *m, const struct ww_xml_tok *t)
{
    struct ww_slice name = ww_xml_local(t->name);
    struct ww_slice v = ww_xml_attr(t->body, "V");
    m->element = 0;
    if (ww_slice_find(name, 0, '.') == name.n) {
        counted(m, name);
        if (name_part(name) && m->name != 0 && trim(v).n > 0)
            note(m, m->name);
        return;
    }
    for (size_t i = 0; i < ROWS; i++) {
        if (!ww_slice_eqs(name, rows[i].name))
            continue;
        bool open = t->kind == WW_XML_OPEN;
        if (trim(v).n > 0)
            value(cx, m, &rows[i], v);
        else if (open)
            m->element = (uint8_t)(i + 1);
        if (open && rows[i].as == AS_NAME)
            m->name = (uint16_t)rows[i].arg;
        return;
    }
}

/** Text in an open message: the value of the element before it, when that had none. */
void ww_poct_text(struct ww_cx *cx, struct poct_msg *m, struct ww_slice text)
{
    if (m->element == 0 || trim(text).n == 0)
        return;
    value(cx, m, &rows[m->element - 1], text);
    m->element = 0; /* long text comes in parts */
}

/** An end tag in an open message. */
void ww_poct_close(struct poct_msg *m, struct ww_slice name)
{
    name = ww_xml_local(name);
    m->element = 0;
    if (ww_slice_eqs(name, "PT.name") || ww_slice_eqs(name, "OPR.name"))
        m->name = 0;
}
