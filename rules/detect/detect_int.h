/* detect_int.h - private to detect.c and found.c. */
#ifndef WW_RULES_DETECT_DETECT_INT_H
#define WW_RULES_DETECT_DETECT_INT_H
#include "rules/detect/detect.h"

enum { DETECT_MAX = 64 };

struct ww_detect {
    struct ww_detect_cfg cfg;
    struct ww_alerts *alerts;
    void *state[DETECT_MAX];
    bool started[DETECT_MAX];
    /* coverage, from the last statistics (INV-14) */
    bool gap, one_way;
    uint32_t loss_ppm;
    int t_stats;
    const struct ww_field *loss, *way, *ring, *kernel, *packets, *tcp;
    char exception[48];
};
#endif
