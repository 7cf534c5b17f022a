/* conversation.h - flows that are open, and who spoke with whom, added up.
 *
 * A flow is kept while it is open, so that updates are counted once and its verdict is known at its
 * end. A conversation is one record for its two ends, from the view of the end that asked; a device's
 * conversations are those where it is either end. They are told at intervals of packet time and at
 * the end; what was told is counted from zero again.
 */
#ifndef WW_RULES_DEVICES_CONVERSATION_H
#define WW_RULES_DEVICES_CONVERSATION_H
#include "rules/devices/devices.h"

enum { WW_CONV_EVERY_S = 300 };

/* An open flow. */
struct ww_flow_rec {
    uint64_t id;
    uint64_t bytes[2];           /* counted so far: sent by the client, by the server */
    struct ww_device_seen at[2]; /* by enum ww_dir: the device at this end */
    uint64_t
        raised[2]; /* by enum ww_dir: what was told already for this device, by the detectors */
    const char *carries; /* inside of TLS, by the declaration of an end; NULL = nobody says */
    uint8_t verdict[2]; /* enum ww_bl_kind + 1 for the device at this end; 0 = not judged */
    uint16_t answer[2]; /* the judge's last answer for it and who was the client; 0 = not judged */
    uint8_t app;        /* index of the dissector, WW_NO_DISSECTOR = none */
    uint8_t icmp_type, icmp_code;
    bool opened;  /* the peer answered */
    bool counted; /* the conversation has the flow */
    bool midstream;
    bool sent[2]; /* by enum ww_dir: packets were seen from this end */
    uint8_t cast; /* enum ww_bl_cast + 1 of the address of B; 0 = not asked yet */
    uint8_t outside[2]; /* by enum ww_dir: 1 inside, 2 outside the hospital, 0 not asked yet */
};

struct ww_conv;
struct ww_conv_cfg {
    const struct ww_registry *registry;
    const char *const *app_names;
    const struct ww_site *site;
    struct ww_devices *devices;
    uint32_t places; /* devices that the inventory holds at most */
    uint32_t conversations, flows;
    struct ww_tell *tell;
};
enum ww_rc ww_conv_new(struct ww_conv **out, const struct ww_conv_cfg *cfg,
                       struct ww_err *e) WW_MUST_CHECK;
void ww_conv_free(struct ww_conv *c);

/** The flow of an event, made by flow.start or by the first event of it; NULL = not of a flow. */
struct ww_flow_rec *ww_conv_flow(struct ww_conv *c, const struct ww_event *e);
/** Takes flow.update and flow.end, with the flow's record; to be called after the verdicts of the event. The record of an
 * ended flow is gone afterwards. */
void ww_conv_see(struct ww_conv *c, const struct ww_event *e, struct ww_flow_rec *f);
/** Tells what is due; all = everything. */
void ww_conv_flush(struct ww_conv *c, uint64_t now, bool all);
const char *ww_conv_app(const struct ww_conv *c, uint8_t dissector); /* "" = none */

struct ww_conv_counts {
    uint64_t conversations, conversations_evicted, flows, flows_evicted;
};
void ww_conv_counts(const struct ww_conv *c, struct ww_conv_counts *out);
#endif
