/* judge_int.h - private to rules/judge*.c. */
#ifndef WW_RULES_JUDGE_INT_H
#define WW_RULES_JUDGE_INT_H
#include "rules/detect/detect.h"
#include "rules/devices/conversation.h"
#include "rules/devices/names.h"
#include "rules/judge.h"

enum { JUDGE_BIND_MAX = 64, JUDGE_BL_MAX = 4096, JUDGE_NOTES = 8 };

#define WW_VERDICT_FIELDS(F, S)                                                                    \
    F(S, STR, device, WW_DEVICE_ID, NONE, "", "Device whose declaration was asked")                \
    F(S, STR, file, 160, NONE, "", "The declaration")                                              \
    F(S, STR, layer, 16, NONE, "",                                                                 \
      "What decided: declaration, default, infrastructure, never, site, medical")                  \
    F(S, STR, verdict, 16, NONE, "",                                                               \
      "permitted, violation, infrastructure, unresolved (depends on a class without address)")     \
    F(S, STR, reason, 20, NONE, "", "Why it is a violation or unresolved")                         \
    F(S, STR, ace, 140, NONE, "", "Entry that decided, as list/entry")                             \
    F(S, STR, conduit, 64, NONE, "", "Conduit of the extension")                                   \
    F(S, STR, rule, 64, NONE, "", "What decided: list/entry, never/id, default/dns, dicom/id")     \
    F(S, STR, observed, 192, NONE, "", "What was seen, without patient data")                      \
    F(S, STR, declared, 192, NONE, "", "What the declaration has for it; empty = nothing")
WW_EVENT_DECLARE(ww_verdict_ev, WW_VERDICT_FIELDS);

struct judge_bl {
    struct ww_baseline *bl;
    const char *path;  /* kept by cfg or site */
    char *owned_path;  /* of a folder's member; freed */
    bool by_option;    /* --baseline */
    uint32_t bound;    /* devices that it was bound to */
};

/* Fields that the judge reads, resolved once; NULL when this program lacks the event. */
enum judge_event {
    JE_START, JE_OPEN, JE_APP, JE_UPDATE, JE_END,
    JE_ASSOCIATE, JE_CONTEXT, JE_REQUEST, JE_MESSAGE, JE_ACK, JE_ANSWER, JE_MUD, JE_STATS, JE_COUNT
};
enum judge_field {
    JF_MIDSTREAM, JF_ICMP_TYPE, JF_ICMP_CODE,
    JF_END_PKTS_S, JF_END_PKTS_C, JF_END_GAP_S, JF_END_GAP_C, JF_END_BYTES_S, JF_END_BYTES_C,
    JF_UPD_PKTS_S, JF_UPD_PKTS_C,
    JF_AS_CALLING, JF_AS_CALLED,
    JF_CX_CALLING, JF_CX_CALLED, JF_CX_SYNTAX, JF_CX_ACCEPTED, JF_CX_RESULT, JF_CX_SCU, JF_CX_SCP,
    JF_RQ_CALLING, JF_RQ_CALLED, JF_RQ_COMMAND, JF_RQ_SOP, JF_RQ_DEST,
    JF_MS_TYPE, JF_MS_TRIGGER, JF_MS_VERSION, JF_MS_SAPP, JF_MS_SFAC, JF_MS_RAPP, JF_MS_RFAC,
    JF_AK_TYPE, JF_AK_TRIGGER, JF_AK_VERSION, JF_AK_SAPP, JF_AK_SFAC, JF_AK_RAPP, JF_AK_RFAC,
    JF_AN_NAME, JF_AN_ADDRESS, JF_AN_TTL, JF_AN_CLIENT,
    JF_MUD_URL, JF_MUD_MAC,
    JF_ST_PACKETS, JF_ST_LOSS, JF_ST_KERNEL, JF_ST_RING,
    JF_COUNT
};

struct ww_judge {
    struct ww_judge_cfg cfg;
    struct ww_tell tell;
    struct ww_devices *devices;
    struct ww_conv *conv;
    struct ww_names *names;
    struct ww_table verdict, rule;
    struct ww_detect *detect;
    struct ww_yang *yang;
    struct judge_bl *bl;
    size_t nbl;
    int8_t kind[WW_EVENT_TYPES_MAX]; /* enum judge_event by type number, -1 = none of these */
    const struct ww_field *field[JF_COUNT];
    uint64_t now, ticked;
    uint64_t late;
    struct ww_footprint *fp;
    const char *fp_device;
    bool fp_seen;
    struct ww_site_dicom_map { /* of the ledger's devices, for the medical questions */
        struct ww_bl_site_ae *ae;
        size_t n;
    } *site_dicom;
    char note[JUDGE_NOTES][256];
    size_t nnotes;
};

/* ---- judge_fields.c ---- */
enum ww_rc ww_judge_resolve(struct ww_judge *j, struct ww_err *e) WW_MUST_CHECK;
struct ww_slice ww_judge_str(const struct ww_judge *j, const struct ww_event *e,
                             enum judge_field f);
uint64_t ww_judge_u64(const struct ww_judge *j, const struct ww_event *e, enum judge_field f);

/* ---- judge_bind.c ---- */
enum ww_rc ww_judge_load(struct ww_judge *j, struct ww_err *e) WW_MUST_CHECK;
void ww_judge_unload(struct ww_judge *j);
/** Gives a device its declaration, if it has none. */
void ww_judge_bind(struct ww_judge *j, struct ww_device *dev);
/** Binds a declaration by the MUD URL that the device told. */
void ww_judge_bind_url(struct ww_judge *j, struct ww_device *dev, const struct ww_event *cause,
                       struct ww_slice url);
bool ww_judge_is_device(const struct ww_device *dev, const char *text);

/* ---- judge_verdict.c ---- */
/* What a question about a device needs to know; ctx of struct ww_bl_env. */
struct judge_ask {
    struct ww_judge *j;
    const struct ww_event *e;
    struct ww_device *dev;
    uint8_t outside; /* of the peer, as in struct ww_flow_rec; 0 = not asked yet */
};
enum ww_rc ww_judge_verdict_table(struct ww_judge *j, uint32_t cap,
                                  struct ww_err *e) WW_MUST_CHECK;
void ww_judge_env(struct ww_bl_env *env, struct judge_ask *ask);
/** Asks about the flow of an event for the devices at both ends and tells the detectors. */
void ww_judge_flow(struct ww_judge *j, const struct ww_event *e, struct ww_flow_rec *f,
                   enum ww_stage stage);
/** Tells a verdict when it is another one than before. */
void ww_judge_tell(struct ww_judge *j, const struct ww_event *e, const struct ww_device *dev,
                   enum ww_dir side, enum ww_stage stage, struct ww_bl_verdict *v);
void ww_judge_flow_shape(const struct ww_judge *j, const struct ww_event *e,
                         struct ww_flow_rec *f, enum ww_dir side, struct ww_bl_flow *out);

/* ---- judge_medical.c ---- */
void ww_judge_medical(struct ww_judge *j, const struct ww_event *e, struct ww_flow_rec *f,
                      enum judge_event kind);
#endif
