/* detect_int.h - private to detect.c and found.c. */
#ifndef WW_RULES_DETECT_DETECT_INT_H
#define WW_RULES_DETECT_DETECT_INT_H
#include "rules/detect/detect.h"

enum { DETECT_MAX = 64 };

static_assert(DETECT_MAX <= 64, "one bit per detector");

struct ww_detect {
    struct ww_detect_cfg cfg;
    struct ww_alerts *alerts;
    void *state[DETECT_MAX];
    bool started[DETECT_MAX];
    uint64_t judged[2]; /* bits of those that are told of a device without, with a declaration */
    size_t starting; /* the detector that finds its fields now */
    uint64_t wants[WW_EVENT_TYPES_MAX]; /* bits of the detectors that asked for the type */
    int type; /* of the event that is told now */
    /* coverage, from the last statistics (INV-14) */
    bool gap, one_way;
    uint32_t loss_ppm;
    int t_stats;
    const struct ww_field *loss, *way, *ring, *kernel, *packets, *tcp;
    char exception[48];
};
#endif
