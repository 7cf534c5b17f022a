/* judge_medical.c - are these AE titles, SOP classes and messages declared? Asked for the device at
 * each end. */
#include "rules/baseline/footprint.h"
#include "rules/judge_int.h"

/* What the ledger says about the titles of a device. */
static struct ww_bl_site_dicom site_dicom(const struct ww_judge *j, const struct ww_device *dev)
{
    size_t n;
    if (dev->ledger == NULL || dev->ledger->nae == 0)
        return (struct ww_bl_site_dicom){ .ae = NULL };
    const struct ww_site_dicom_map *m =
        &j->site_dicom[dev->ledger - ww_site_devices(j->cfg.site, &n)];
    return (struct ww_bl_site_dicom){ m->ae, m->n };
}

static enum ww_bl_role role_of(bool requestor, bool requestor_scu, bool requestor_scp)
{
    if (requestor_scu == requestor_scp)
        return WW_BL_ROLE_ANY;
    return requestor == requestor_scu ? WW_BL_SCU : WW_BL_SCP;
}

/* The requestor of an association is the client of the connection (PS3.8 7.1). */
static bool is_requestor(const struct ww_event *e, enum ww_dir side, enum judge_event kind)
{
    return kind == JE_ASSOCIATE ? (e->dir & 1) == side : e->client == side;
}

static void ask_dicom(struct ww_judge *j, const struct ww_event *e, const struct ww_device *dev,
                      enum ww_dir side, enum judge_event kind, struct ww_bl_verdict *v)
{
    static const enum judge_field calling_of[] = { JF_AS_CALLING, JF_CX_CALLING, JF_RQ_CALLING };
    static const enum judge_field called_of[] = { JF_AS_CALLED, JF_CX_CALLED, JF_RQ_CALLED };
    size_t k = kind == JE_ASSOCIATE ? 0 : kind == JE_CONTEXT ? 1 : 2;
    struct ww_slice calling = ww_judge_str(j, e, calling_of[k]);
    struct ww_slice called = ww_judge_str(j, e, called_of[k]);
    bool requestor = is_requestor(e, side, kind);
    struct ww_slice local = requestor ? calling : called;
    struct ww_bl_site_dicom site = site_dicom(j, dev);
    if (kind == JE_ASSOCIATE) {
        ww_bl_dicom_assoc(dev->bl, &site, requestor, calling, called, v);
    } else if (kind == JE_CONTEXT) {
        ww_bl_dicom_context(dev->bl, &site, local, ww_judge_str(j, e, JF_CX_SYNTAX),
                            role_of(requestor, ww_judge_u64(j, e, JF_CX_SCU) != 0,
                                    ww_judge_u64(j, e, JF_CX_SCP) != 0),
                            ww_judge_str(j, e, JF_CX_ACCEPTED), v);
    } else {
        struct ww_slice command = ww_judge_str(j, e, JF_RQ_COMMAND);
        /* PS3.7 10.1.1: only N-EVENT-REPORT is invoked by the SCP */
        bool by_scp = ww_slice_eqs(command, "N-EVENT-REPORT");
        bool sender = (e->dir & 1) == side;
        ww_bl_dicom_request(dev->bl, &site, local, command, ww_judge_str(j, e, JF_RQ_SOP),
                            sender != by_scp ? WW_BL_SCU : WW_BL_SCP,
                            ww_judge_str(j, e, JF_RQ_DEST), v);
    }
}

static void ask_hl7(struct ww_judge *j, const struct ww_event *e, const struct ww_device *dev,
                    enum ww_dir side, bool ack, struct ww_bl_verdict *v)
{
    struct ww_bl_hl7 m = {
        .device_sends = (e->dir & 1) == side,
        .ack = ack,
        .code = ww_judge_str(j, e, ack ? JF_AK_TYPE : JF_MS_TYPE),
        .trigger = ww_judge_str(j, e, ack ? JF_AK_TRIGGER : JF_MS_TRIGGER),
        .version = ww_judge_str(j, e, ack ? JF_AK_VERSION : JF_MS_VERSION),
        .sending_app = ww_judge_str(j, e, ack ? JF_AK_SAPP : JF_MS_SAPP),
        .sending_facility = ww_judge_str(j, e, ack ? JF_AK_SFAC : JF_MS_SFAC),
        .receiving_app = ww_judge_str(j, e, ack ? JF_AK_RAPP : JF_MS_RAPP),
        .receiving_facility = ww_judge_str(j, e, ack ? JF_AK_RFAC : JF_MS_RFAC),
    };
    ww_bl_hl7_message(dev->bl, &m, v);
}

static void one_side(struct ww_judge *j, const struct ww_event *e, struct ww_flow_rec *f,
                     enum ww_dir side, enum judge_event kind)
{
    struct ww_bl_verdict v WW_FILLED;
    struct ww_device *dev = ww_devices_spoken_to(j->devices, e, side);
    if (dev == NULL)
        return;
    bool asked = dev->bl != NULL && ww_bl_medical(dev->bl);
    bool hl7 = kind == JE_MESSAGE || kind == JE_ACK;
    /* what the acceptor refused, it did not do */
    if (kind == JE_CONTEXT && !is_requestor(e, side, kind) && ww_judge_u64(j, e, JF_CX_RESULT) != 0)
        return;
    if (asked && hl7)
        ask_hl7(j, e, dev, side, kind == JE_ACK, &v);
    else if (asked)
        ask_dicom(j, e, dev, side, kind, &v);
    if (asked) {
        ww_judge_tell(j, e, dev, side, WW_AT_MESSAGE, &v);
        if (j->fp != NULL && ww_judge_is_device(dev, j->fp_device))
            ww_fp_medical(j->fp, &v, e->frame);
    }
    bool external = ww_site_external(j->cfg.site, &e->end[side ^ 1].ip);
    unsigned when = ww_detect_when(dev, asked ? &v : NULL, WW_AT_MESSAGE, external);
    if (when == 0)
        return;
    struct ww_judged told = {
        .e = e,
        .dev = dev,
        .side = side,
        .stage = WW_AT_MESSAGE,
        .v = asked ? &v : NULL,
        .flow = f,
        .external = external,
        .opener_known = true,
        .device_opened = e->client == side,
        .opened = true,
        .bytes_out = WW_NULL64,
    };
    ww_detect_judged(j->detect, &told, when);
}

void ww_judge_medical(struct ww_judge *j, const struct ww_event *e, struct ww_flow_rec *f,
                      enum judge_event kind)
{
    one_side(j, e, f, WW_A, kind);
    one_side(j, e, f, WW_B, kind);
}
