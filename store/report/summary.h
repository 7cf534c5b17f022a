/* summary.h - inside of the report: the same model as text and as JSON. */
#ifndef WW_STORE_SUMMARY_H
#define WW_STORE_SUMMARY_H
#include "store/report/alert_text.h"

/** What the observation cannot tell, one sentence per item; false at the end. Never says safe. */
bool ww_limits_text(struct ww_out *o, bool ja, const struct ww_totals *t, size_t item);
/** What the grade means. */
const char *ww_grade_text(bool ja, const char *grade);
enum ww_rc ww_summary_json(struct ww_out *o, const struct ww_store *s,
                           const struct ww_report_cfg *cfg, struct ww_err *e) WW_MUST_CHECK;
/** A reason of a grade in words; the code itself when it has none. */
struct ww_slice ww_reason_text(bool ja, struct ww_slice code);
/** Interfaces, files and VLANs, when there is more than one, the worst first. */
enum ww_rc ww_links_page(const struct ww_page *p, const struct ww_store *s, const struct ww_totals *t,
                         uint64_t limit, struct ww_err *e) WW_MUST_CHECK;
void ww_coverage_page(const struct ww_page *p, const struct ww_totals *t);
#endif
