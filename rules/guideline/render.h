/* render.h - inside of the guide: values and templates, for guide_text.c. */
#ifndef WW_GUIDELINE_RENDER_H
#define WW_GUIDELINE_RENDER_H
#include "rules/guideline/guide_int.h"

enum { WW_CONTACT_MAX = 256 };

/* What one call of ww_guide_text() works on. */
struct ww_render {
    const struct ww_guide *g;
    const struct ww_alert *a;
    const struct ww_class *c;   /* NULL = the data does not know the class */
    const struct ww_variant *v; /* may be NULL */
    const struct ww_guide_opt *opt;
    const struct ww_action *action; /* whose text is being written, or NULL */
    struct ww_out *out;
    const char *who, *what, *edition; /* values of frame parameters */
    struct ww_slice codes, contact;
};

/** Writes a template with its parameters filled in. Return: true */
bool ww_render_put(struct ww_render *r, const char *tmpl);
bool ww_render_frame(struct ww_render *r, enum ww_frame f);
/** Wording of a frame without parameters. */
const char *ww_render_wording(const struct ww_render *r, enum ww_frame f);
/** A word of the data in the language of the text. */
void ww_render_word(struct ww_render *r, const char *id);
/** Contact of an addressee, or the words that none is registered. */
void ww_render_contact(struct ww_render *r, const char *addressee);
/** Does the site, or else the data, want this edition printed? */
bool ww_render_shown(const struct ww_render *r, size_t edition);
/** Codes with separators. */
void ww_render_codes(struct ww_render *r, struct ww_out *out, const struct ww_ids *l);
#endif
