/* texts.c - an alert's texts as JSON. */
#include "store/texts.h"
#include <stdio.h>

enum { SENTENCE_MAX = 4096, ITEMS_MAX = 64 };

struct ww_guide_opt ww_texts_opt(const struct ww_texts *t, bool ja)
{
    struct ww_guide_opt opt = ww_guide_opt(ja ? WW_LANG_JA : WW_LANG_EN);
    opt.contact = t->contact;
    opt.contact_arg = t->contact_arg;
    opt.editions = t->editions;
    return opt;
}

bool ww_texts_part(struct ww_out *o, const struct ww_texts *t, bool ja, const struct ww_alert *a,
                   enum ww_part part, size_t item)
{
    if (t->guide == NULL)
        return false;
    struct ww_guide_opt opt = ww_texts_opt(t, ja);
    return ww_guide_text(t->guide, a, part, item, &opt, o);
}

const char *const ww_texts_part_keys[] = {
    [WW_PART_TITLE] = "title",     [WW_PART_SEEN] = "seen",         [WW_PART_DECLARED] = "declared",
    [WW_PART_MEANING] = "meaning", [WW_PART_DO_FIRST] = "do_first", [WW_PART_DO_NOT] = "do_not",
    [WW_PART_WHOM] = "whom",       [WW_PART_REFS] = "refs",         [WW_PART_LIMITS] = "limits",
    [WW_PART_CALC] = "calc",       [WW_PARTS] = NULL,
};
const char *const ww_texts_code_keys[] = { "actions", "addressees", "flags", "capabilities", NULL };

static void part_json(struct ww_out *o, const struct ww_texts *t, bool ja, const struct ww_alert *a,
                      enum ww_part part)
{
    char b[SENTENCE_MAX];
    struct ww_out one = ww_out(b, sizeof b);
    if (part != WW_PART_TITLE)
        ww_json_open(o, ww_texts_part_keys[part], '[');
    for (size_t i = 0; i < ITEMS_MAX && ww_texts_part(&one, t, ja, a, part, i); i++) {
        struct ww_slice text = { (const uint8_t *)b, one.n };
        ww_json_str(o, part == WW_PART_TITLE ? ww_texts_part_keys[part] : NULL, text);
        one = ww_out(b, sizeof b);
        if (part == WW_PART_TITLE)
            return;
    }
    if (part != WW_PART_TITLE)
        ww_json_close(o, ']');
}

void ww_texts_json(struct ww_out *o, const struct ww_texts *t, const struct ww_alert *a)
{
    if (t->guide == NULL)
        return;
    for (int ja = 1; ja >= 0; ja--) {
        ww_json_open(o, ja ? "ja" : "en", '{');
        for (unsigned p = 0; p < WW_PARTS; p++)
            part_json(o, t, ja, a, (enum ww_part)p);
        ww_json_close(o, '}');
    }
}

void ww_texts_codes(struct ww_out *o, const struct ww_texts *t, const struct ww_alert *a)
{
    /* in the order of ww_texts_code_keys */
    static const enum ww_codes lists[] = { WW_CODES_ACTIONS, WW_CODES_ADDRESSEES, WW_CODES_FLAGS,
                                           WW_CODES_CAPABILITIES };
    const char *id[WW_CODES_MAX];
    for (size_t l = 0; t->guide != NULL && l < sizeof lists / sizeof lists[0]; l++) {
        size_t n = ww_guide_codes(t->guide, a, lists[l], id);
        ww_json_open(o, ww_texts_code_keys[l], '[');
        for (size_t i = 0; i < n; i++)
            ww_json_cstr(o, NULL, id[i]);
        ww_json_close(o, ']');
    }
}

const char *ww_class_text(char dst[12], unsigned id)
{
    (void)snprintf(dst, 12, "WD-%03u", id);
    return dst;
}
