/* judge_fields.c - the events and fields that the judge reads, by name, resolved once at start. */
#include "rules/judge_int.h"

static const char *const event_names[JE_COUNT] = {
    [JE_START] = "flow.start",      [JE_OPEN] = "flow.open",
    [JE_APP] = "flow.app",          [JE_UPDATE] = "flow.update",
    [JE_END] = "flow.end",          [JE_ASSOCIATE] = "dicom.associate",
    [JE_CONTEXT] = "dicom.context", [JE_REQUEST] = "dicom.request",
    [JE_MESSAGE] = "hl7.message",   [JE_ACK] = "hl7.ack",
    [JE_ANSWER] = "dns.answer",     [JE_MUD] = "dhcp.message",
    [JE_STATS] = "stats",
};

static const struct {
    enum judge_event event;
    const char *name;
} field_names[JF_COUNT] = {
    [JF_MIDSTREAM] = { JE_START, "midstream" },
    [JF_ICMP_TYPE] = { JE_START, "icmp_type" },
    [JF_ICMP_CODE] = { JE_START, "icmp_code" },
    [JF_END_PKTS_S] = { JE_END, "pkts_toserver" },
    [JF_END_PKTS_C] = { JE_END, "pkts_toclient" },
    [JF_END_GAP_S] = { JE_END, "gap_bytes_toserver" },
    [JF_END_GAP_C] = { JE_END, "gap_bytes_toclient" },
    [JF_END_BYTES_S] = { JE_END, "bytes_toserver" },
    [JF_END_BYTES_C] = { JE_END, "bytes_toclient" },
    [JF_UPD_PKTS_S] = { JE_UPDATE, "pkts_toserver" },
    [JF_UPD_PKTS_C] = { JE_UPDATE, "pkts_toclient" },
    [JF_AS_CALLING] = { JE_ASSOCIATE, "calling_aet" },
    [JF_AS_CALLED] = { JE_ASSOCIATE, "called_aet" },
    [JF_CX_CALLING] = { JE_CONTEXT, "calling_aet" },
    [JF_CX_CALLED] = { JE_CONTEXT, "called_aet" },
    [JF_CX_SYNTAX] = { JE_CONTEXT, "abstract_syntax" },
    [JF_CX_ACCEPTED] = { JE_CONTEXT, "accepted_syntax" },
    [JF_CX_RESULT] = { JE_CONTEXT, "result" },
    [JF_CX_SCU] = { JE_CONTEXT, "requestor_scu" },
    [JF_CX_SCP] = { JE_CONTEXT, "requestor_scp" },
    [JF_RQ_CALLING] = { JE_REQUEST, "calling_aet" },
    [JF_RQ_CALLED] = { JE_REQUEST, "called_aet" },
    [JF_RQ_COMMAND] = { JE_REQUEST, "command" },
    [JF_RQ_SOP] = { JE_REQUEST, "sop_class" },
    [JF_RQ_DEST] = { JE_REQUEST, "move_destination" },
    [JF_MS_TYPE] = { JE_MESSAGE, "message_type" },
    [JF_MS_TRIGGER] = { JE_MESSAGE, "trigger" },
    [JF_MS_VERSION] = { JE_MESSAGE, "version" },
    [JF_MS_SAPP] = { JE_MESSAGE, "sending_app" },
    [JF_MS_SFAC] = { JE_MESSAGE, "sending_facility" },
    [JF_MS_RAPP] = { JE_MESSAGE, "receiving_app" },
    [JF_MS_RFAC] = { JE_MESSAGE, "receiving_facility" },
    [JF_AK_TYPE] = { JE_ACK, "message_type" },
    [JF_AK_TRIGGER] = { JE_ACK, "trigger" },
    [JF_AK_VERSION] = { JE_ACK, "version" },
    [JF_AK_SAPP] = { JE_ACK, "sending_app" },
    [JF_AK_SFAC] = { JE_ACK, "sending_facility" },
    [JF_AK_RAPP] = { JE_ACK, "receiving_app" },
    [JF_AK_RFAC] = { JE_ACK, "receiving_facility" },
    [JF_AN_NAME] = { JE_ANSWER, "name" },
    [JF_AN_ADDRESS] = { JE_ANSWER, "address" },
    [JF_AN_TTL] = { JE_ANSWER, "ttl" },
    [JF_AN_CLIENT] = { JE_ANSWER, "client" },
    [JF_MUD_URL] = { JE_MUD, "mud_url" },
    [JF_MUD_MAC] = { JE_MUD, "subject_mac" },
    [JF_ST_PACKETS] = { JE_STATS, "capture__packets" },
    [JF_ST_LOSS] = { JE_STATS, "coverage__loss_ppm" },
    [JF_ST_KERNEL] = { JE_STATS, "capture__kernel_drops" },
    [JF_ST_RING] = { JE_STATS, "capture__ring_drops" },
};

enum ww_rc ww_judge_resolve(struct ww_judge *j, struct ww_err *e)
{
    const struct ww_registry *r = j->cfg.registry;
    for (size_t i = 0; i < WW_EVENT_TYPES_MAX; i++)
        j->kind[i] = -1;
    for (size_t i = 0; i < JE_COUNT; i++) {
        const struct ww_event_type *t = ww_type_find(r, event_names[i]);
        if (t != NULL)
            j->kind[ww_registry_id(r, t)] = (int8_t)i;
    }
    for (size_t i = 0; i < JF_COUNT; i++) {
        const struct ww_event_type *t = ww_type_find(r, event_names[field_names[i].event]);
        if (t == NULL)
            continue; /* a program without this dissector sees no such event */
        enum ww_rc rc = ww_field_find(r, t->name, field_names[i].name, &t, &j->field[i], e);
        if (rc != WW_OK)
            return rc;
    }
    return WW_OK;
}

struct ww_slice ww_judge_str(const struct ww_judge *j, const struct ww_event *e, enum judge_field f)
{
    return j->field[f] != NULL ? ww_get_str(e, j->field[f]) : (struct ww_slice){ NULL, 0 };
}

uint64_t ww_judge_u64(const struct ww_judge *j, const struct ww_event *e, enum judge_field f)
{
    return j->field[f] != NULL ? ww_get_u64(e, j->field[f]) : 0;
}
