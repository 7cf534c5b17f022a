/* detectors.h - private to rules/detect: the detectors, and what several of them ask. */
#ifndef WW_RULES_DETECT_DETECTORS_H
#define WW_RULES_DETECT_DETECTORS_H
#include "rules/detect/detect.h"

extern const struct ww_detector ww_detect_unknown_device, ww_detect_no_baseline, ww_detect_peer,
    ww_detect_service, ww_detect_external, ww_detect_closed_internet, ww_detect_external_name,
    ww_detect_dicom, ww_detect_hl7, ww_detect_cleartext_phi, ww_detect_malformed,
    ww_detect_clock_drift, ww_detect_sensor_blind, ww_detect_coverage_gap;

/** Weight of the heaviest device of the ledger, of one zone or (NULL) of all: what a blind sensor may
 * have missed. */
uint8_t ww_det_heaviest(const struct ww_site *site, const struct ww_site_zone *zone);

/** Parts per million are for machines; a person reads percent. text gets prefix and "12.34 %". */
void ww_det_percent(char *text, size_t size, const char *prefix, uint64_t ppm);

/* The conversation breaks the declaration, and enough was seen to say so: the peer answered, or it
 * is over without an answer. */
static inline bool ww_det_deviates(const struct ww_judged *j)
{
    return j->v != NULL && j->v->kind == WW_BL_VIOLATION && j->stage != WW_AT_MESSAGE &&
           (j->stage == WW_AT_END || (j->stage != WW_AT_START && j->opened));
}

/* True once per flow and device. */
static inline bool ww_det_once(const struct ww_judged *j, unsigned bit)
{
    if (j->flow == NULL)
        return true;
    if ((j->flow->raised[j->side] & bit) != 0)
        return false;
    j->flow->raised[j->side] |= bit;
    return true;
}

/* As once, and again at the end of the flow, when it is known how much was sent. */
static inline bool ww_det_once_or_end(const struct ww_judged *j, unsigned bit)
{
    return ww_det_once(j, bit) || (j->stage == WW_AT_END && j->flow != NULL);
}

/* How much the device sent: with the finding, or added to the one that was told before. */
static inline void ww_det_amounts(struct ww_found *x, const struct ww_judged *j, unsigned bit)
{
    x->f.bytes_out = j->bytes_out;
    if (j->stage == WW_AT_END && j->flow != NULL) {
        x->f.amends = (j->flow->raised[j->side] & ((uint64_t)bit << 32)) != 0;
        return;
    }
    if (j->flow != NULL)
        j->flow->raised[j->side] |= (uint64_t)bit << 32; /* told without its bytes */
}

/* Says in the observed value that nobody answered. */
static inline void ww_det_unanswered(struct ww_found *x, const struct ww_judged *j)
{
    char text[WW_BL_TEXT + 32];
    if (j->opened)
        return;
    struct ww_out o = ww_out(text, sizeof text - 1);
    ww_out_raw(&o, x->f.observed.p, x->f.observed.n);
    ww_out_s(&o, ", no answer");
    text[o.n] = 0;
    ww_found_observed(x, text);
}
#endif
