/* alert_record.h - inside of alert.c: from a finding to the fields of an alert record. */
#ifndef WW_GUIDELINE_ALERT_RECORD_H
#define WW_GUIDELINE_ALERT_RECORD_H
#include "rules/guideline/alert.h"

uint16_t ww_ar_modifiers(const struct ww_finding *f);
void ww_ar_key(struct ww_alert *r, const struct ww_finding *f);
void ww_ar_header(struct ww_event *e, const struct ww_event *cause);
bool ww_ar_fill(struct ww_alert *r, const struct ww_finding *f, uint64_t now);
void ww_ar_count(struct ww_alert *r, const struct ww_finding *f, uint64_t now);
#endif
