/* alert_text.h - one alert for people, as in the summary and in `alerts show`. */
#ifndef WW_STORE_ALERT_TEXT_H
#define WW_STORE_ALERT_TEXT_H
#include "store/report/model.h"
#include "store/report/page.h"
#include "store/texts.h"

enum { WW_UTC_OFFSET = 9 * 60 }; /* Japan has no daylight saving; as in the alerts' own texts */

/* How much is shown: BRIEF what was seen, declared, the first steps and what not to do; NORMAL also
 * the meaning, all steps and whom to call; FULL also clauses, limits and how the level came about. */
enum ww_detail { WW_DETAIL_BRIEF, WW_DETAIL_NORMAL, WW_DETAIL_FULL };
/** One alert, with its counts, times and state in the last line. */
void ww_alert_page(const struct ww_page *p, const struct ww_texts *t, const struct ww_alert_row *r,
                   enum ww_detail detail);
/** As one JSON object inside an array, both languages. */
void ww_alert_json(struct ww_out *o, const struct ww_texts *t, const struct ww_alert_row *r);
enum ww_ink ww_alert_ink(unsigned level);
/** "critical" or its Japanese; the data's word when there is a guide. */
const char *ww_level_word(const struct ww_texts *t, bool ja, unsigned level);
const char *ww_state_word(bool ja, const char *state);
#endif
