/* detect_int.h - private to detect.c and found.c. */
#ifndef WW_RULES_DETECT_DETECT_INT_H
#define WW_RULES_DETECT_DETECT_INT_H
#include "rules/detect/detect.h"

enum { DETECT_MAX = 64, WHENS = 5 };

static_assert(DETECT_MAX <= 64, "one bit per detector");

struct ww_detect {
    struct ww_detect_cfg cfg;
    struct ww_alerts *alerts;
    void *state[DETECT_MAX];
    bool started[DETECT_MAX];
    uint64_t when[WHENS]; /* bits of the detectors that ask for WW_WHEN_*, by bit */
    bool medical[256];    /* by dissector */
    size_t starting; /* the detector that finds its fields now */
    uint64_t wants[WW_EVENT_TYPES_MAX]; /* bits of the detectors that asked for the type */
    int type; /* of the event that is told now */
    /* coverage, from the last statistics (INV-14) */
    bool gap, one_way;
    uint32_t loss_ppm;
    int t_stats;
    const struct ww_field *loss, *way, *ring, *used;
    /* where: VLANs, and the first 64 interfaces or files, that are above a threshold now */
    uint64_t blind_vlan[4096 / 64], blind_source;
    int t_link;
    const struct ww_field *link_vlan, *link_loss, *link_way, *link_used;
    char exception[48];
};

/* seen.c: how much the sensor sees, for the flag on every alert (INV-14) */
enum ww_rc ww_seen_fields(struct ww_detect *d, struct ww_err *e) WW_MUST_CHECK;
void ww_seen_stats(struct ww_detect *d, const struct ww_event *e);
/** Is the interface, file or VLAN that an event comes from above a threshold now? e NULL: no. */
bool ww_seen_is_blind(const struct ww_detect *d, const struct ww_event *e);
#endif
