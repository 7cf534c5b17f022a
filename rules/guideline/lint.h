/* lint.h - checks the wording of alerts: no step that can hurt a patient goes without its clinical
 * gate. */
#ifndef WW_GUIDELINE_LINT_H
#define WW_GUIDELINE_LINT_H
#include "rules/guideline/guide.h"

enum ww_lint_kind {
    WW_LINT_LABEL,       /* a name: only banned words */
    WW_LINT_DESCRIPTION, /* states something: a sentence that nevertheless asks for an intervention
                            needs its gate */
    WW_LINT_INSTRUCTION  /* tells somebody what to do: every sentence that names an intervention
                            needs its gate */
};

struct ww_lint { /* why NULL = nothing found */
    const char *why;
    const char *word;
};

struct ww_lint ww_lint_text(const char *text, enum ww_lang lang, enum ww_lint_kind kind);
enum ww_rc ww_guide_lint(const struct ww_guide *g, struct ww_err *e) WW_MUST_CHECK;
#endif
