/* texts.h - inside of the store: an alert's texts, made from its record where they are shown. */
#ifndef WW_STORE_TEXTS_H
#define WW_STORE_TEXTS_H
#include "store/store.h"

/** Options of the guide for one language. */
struct ww_guide_opt ww_texts_opt(const struct ww_texts *t, bool ja);
/** The alert's own text of one part; false when there is none (or no guide). */
bool ww_texts_part(struct ww_out *o, const struct ww_texts *t, bool ja, const struct ww_alert *a,
                   enum ww_part part, size_t item);
/** Members "ja" and "en" of the open object: title, seen, declared, meaning, do_first, do_not,
 * whom, refs, limits, calc. Lists, as a part may have several sentences. */
void ww_texts_json(struct ww_out *o, const struct ww_texts *t, const struct ww_alert *a);
/** Members actions, addressees, flags, capabilities: codes of the alert model. */
void ww_texts_codes(struct ww_out *o, const struct ww_texts *t, const struct ww_alert *a);
/** Names of the members above, NULL-terminated; the first part, the title, is one line. */
extern const char *const ww_texts_part_keys[];
extern const char *const ww_texts_code_keys[];
/** "WD-104" with the class's number. */
const char *ww_class_text(char dst[12], unsigned id);
#endif
