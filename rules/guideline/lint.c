/* lint.c - checks the wording of alerts (alert model 3.10; INV-02, INV-08, INV-09, INV-11).
 *
 * The words are here and not in the data on purpose: a folder given with --data may replace texts,
 * never the check.
 */
#include "rules/guideline/lint.h"

#include "rules/guideline/guide_int.h"

#include <ctype.h>
#include <string.h>

/* Interventions that can hurt a patient who is connected to the device. English ones match at the
 * start of a word. */
static const char *const danger_ja[] = { "電源断",         "電源を切",   "電源を落", "電源オフ",
                                         "シャットダウン", "再起動",     "リブート", "抜去",
                                         "抜い",           "抜く",       "抜き",     "遮断",
                                         "切断",           "切り離し",   "切り離す", "隔離",
                                         "使用中止",       "使用を中止", "停止",     "止め",
                                         "ブロック",       NULL };
static const char *const danger_en[] = { "power off",
                                         "power it off",
                                         "powering off",
                                         "power down",
                                         "switch off",
                                         "switch it off",
                                         "turn off",
                                         "turn it off",
                                         "shut down",
                                         "shutdown",
                                         "shut it down",
                                         "restart",
                                         "reboot",
                                         "unplug",
                                         "pull the",
                                         "block",
                                         "isolat",
                                         "disconnect",
                                         "stop",
                                         "quarantin",
                                         "take offline",
                                         "take it offline",
                                         NULL };

/* The clinical gate: who decides, who agrees, or what is checked before; or the intervention is
 * forbidden. */
static const char *const gate_ja[] = { "ないでください", "検討",         "了解",
                                       "指示",           "承認",         "判断",
                                       "確認したうえ",   "確認してから", NULL };
static const char *const gate_en[] = { "do not",       "consider", "consent",
                                       "instruction",  "decide",   "after confirming",
                                       "is confirmed", "agrees",   NULL };

/* A description becomes a request through these. */
static const char *const request_ja[] = {
    "ください", "下さい", "しなさい", "せよ", "ること。", NULL
};
static const char *const request_en[] = { "please ",  "must ", "should ",  "immediately ",
                                          "at once ", "now ",  "need to ", NULL };

/* Never said: a verdict that passive observation cannot give (INV-11), or a flat order to
 * intervene. */
static const char *const banned_ja[] = { "安全です",         "安全と言え",
                                         "異常ありません",   "異常はありません",
                                         "問題ありません",   "問題はありません",
                                         "準拠してい",       "適合してい",
                                         "直ちに電源",       "すぐに電源",
                                         "ケーブルを抜いて", "ケーブルを抜く",
                                         "待たずに",         NULL };
static const char *const banned_en[] = {
    "safe",      "compliant",      "complies",        "conforms",          "conformant",
    "is secure", "pull the cable", "without waiting", "immediately power", "at once power",
    NULL
};

static bool word_char(char c)
{
    return isalnum((unsigned char)c) != 0;
}

static bool same_letters(const char *p, const char *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (tolower((unsigned char)p[i]) != (unsigned char)w[i])
            return false;
    return true;
}

/**
 * Finds one of several words.
 * In:     s, n  a sentence
 *         whole true: the word must end where a word ends (English)
 * Out:    at    where it was found
 * Return: the word, NULL when there is none
 */
static const char *find(const char *s, size_t n, const char *const *words, enum ww_lang lang,
                        bool whole, size_t *at)
{
    for (; *words != NULL; words++) {
        size_t w = strlen(*words);
        for (size_t i = 0; i + w <= n; i++) {
            if (!same_letters(s + i, *words, w))
                continue;
            if (lang == WW_LANG_EN && i > 0 && word_char(s[i - 1]))
                continue;
            if (lang == WW_LANG_EN && whole && i + w < n && word_char(s[i + w]))
                continue;
            *at = i;
            return *words;
        }
    }
    return NULL;
}

/* Length of the first sentence of s, its end mark included. */
static size_t sentence(const char *s, enum ww_lang lang)
{
    size_t i = 0;
    for (; s[i] != 0; i++) {
        if (lang == WW_LANG_JA && strncmp(s + i, "。", strlen("。")) == 0)
            return i + strlen("。");
        if (s[i] == '\n')
            return i + 1;
        if (lang == WW_LANG_EN && strchr(".!?", s[i]) != NULL && (s[i + 1] == ' ' || s[i + 1] == 0))
            return i + 1;
    }
    return i;
}

/* Does a describing sentence nevertheless ask for the intervention found at `at`? */
static bool requests(const char *s, size_t n, size_t at, enum ww_lang lang)
{
    size_t unused;
    if (lang == WW_LANG_JA)
        return find(s, n, request_ja, lang, false, &unused) != NULL;
    size_t lead = 0;
    while (lead < n && !word_char(s[lead]))
        lead++;
    return at == lead || find(s, at, request_en, lang, false, &unused) != NULL;
}

/**
 * Checks one text in one language.
 * Return: what is wrong and the word that shows it; why NULL when nothing was found
 * Limits: goes by words, sentence by sentence; an English description counts as a request when the
 * sentence begins with the intervention, or a word such as "must" stands before it
 */
struct ww_lint ww_lint_text(const char *text, enum ww_lang lang, enum ww_lint_kind kind)
{
    const char *const *banned = lang == WW_LANG_JA ? banned_ja : banned_en;
    const char *const *danger = lang == WW_LANG_JA ? danger_ja : danger_en;
    const char *const *gate = lang == WW_LANG_JA ? gate_ja : gate_en;
    size_t at;
    const char *w = find(text, strlen(text), banned, lang, true, &at);
    if (w != NULL)
        return (struct ww_lint){ "says what the product never says; say what was observed", w };
    if (kind == WW_LINT_LABEL)
        return (struct ww_lint){ NULL, NULL };
    while (*text != 0) {
        size_t n = sentence(text, lang);
        w = find(text, n, danger, lang, false, &at);
        bool asks = w != NULL && (kind == WW_LINT_INSTRUCTION || requests(text, n, at, lang));
        if (asks && find(text, n, gate, lang, false, &at) == NULL)
            return (struct ww_lint){
                "names an intervention without its clinical gate in the same sentence; "
                "say who decides or what is checked before",
                w
            };
        text += n;
    }
    return (struct ww_lint){ NULL, NULL };
}

/* ---- over the loaded data ------------------------------------------------------------------- */

struct lint {
    const struct ww_guide *g;
    struct ww_err *e;
    enum ww_rc rc;
};

static void found(struct lint *l, enum ww_guide_file f, unsigned line, const char *why,
                  const char *word)
{
    if (l->rc == WW_OK)
        l->rc = WW_FAIL(l->e, WW_E_CONF, "%s:%u: %s ('%s')", l->g->file[f].data.origin, line, why,
                        word);
}

/* The parameters of a template as bits; unknown ones are reported. */
static uint64_t params(struct lint *l, enum ww_guide_file f, unsigned line, const char *tmpl,
                       bool frame)
{
    uint64_t bits = 0;
    size_t at = 0;
    struct ww_slice text, param;
    while (ww_guide_next(tmpl, &at, &text, &param)) {
        if (memchr(text.p, '{', text.n) != NULL || memchr(text.p, '}', text.n) != NULL)
            found(l, f, line, "a brace without its partner", "{}");
        if (param.p == NULL)
            continue;
        enum ww_param p = ww_guide_param(param);
        /* {times} is itself a frame: one inside another would never end */
        if (p == WW_PA_N || (frame ? p == WW_PA_times : p >= WW_PA_RECORD_N))
            found(l, f, line, "an unknown parameter in the text", "{...}");
        else
            bits |= (uint64_t)1 << p;
    }
    return bits;
}
static_assert(WW_PA_N <= 64, "parameters fit into the bits");

static void check(struct lint *l, enum ww_guide_file f, const struct ww_bi *b,
                  enum ww_lint_kind kind, bool frame)
{
    uint64_t bits[WW_LANGS];
    if (b->s[WW_LANG_JA] == NULL)
        return;
    for (int lang = 0; lang < WW_LANGS; lang++) {
        bits[lang] = params(l, f, b->line[lang], b->s[lang], frame);
        struct ww_lint r = ww_lint_text(b->s[lang], (enum ww_lang)lang, kind);
        if (r.why != NULL)
            found(l, f, b->line[lang], r.why, r.word);
    }
    if (bits[WW_LANG_JA] != bits[WW_LANG_EN])
        found(l, f, b->line[WW_LANG_EN], "not the same parameters in both languages", "ja, en");
}

static void check_text(struct lint *l, const struct ww_text *t)
{
    check(l, WW_GF_TEXTS, &t->seen, WW_LINT_DESCRIPTION, false);
    check(l, WW_GF_TEXTS, &t->declared, WW_LINT_DESCRIPTION, false);
    check(l, WW_GF_TEXTS, &t->meaning, WW_LINT_DESCRIPTION, false);
    check(l, WW_GF_TEXTS, &t->do_not, WW_LINT_INSTRUCTION, false);
    check(l, WW_GF_TEXTS, &t->whom, WW_LINT_INSTRUCTION, false);
    for (size_t i = 0; i < t->ndo_first; i++)
        check(l, WW_GF_TEXTS, &t->do_first[i], WW_LINT_INSTRUCTION, false);
}

static bool has(const char *const *id, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(id[i], what) == 0)
            return true;
    return false;
}

/* INV-08, and the decider that an isolation or shutdown needs. */
static void check_reach(struct lint *l, const struct ww_class *c)
{
    const struct ww_guide *g = l->g;
    const char *id[WW_CODES_MAX];
    bool in_house = false, seed = false;
    for (size_t i = 0; i < c->addressees.n; i++)
        in_house = in_house || ww_guide_addressee(g, c->addressees.id[i])->kind == WW_AD_IN_HOUSE;
    if (!in_house)
        found(l, WW_GF_CLASSES, c->line, "no addressee inside the hospital", c->mnemonic);
    for (size_t i = 0; i < g->neditions; i++)
        seed = seed || (g->edition[i].kind == WW_ED_SEED && c->refs[i].n > 0);
    if (!seed)
        found(l, WW_GF_CLASSES, c->line, "no clause of the seed guidance", c->mnemonic);
    for (unsigned level = 4; level <= c->k.cap; level++) {
        size_t n = ww_guide_whom(g, c, level, 'P', id);
        if (!has(id, n, "CE") && !has(id, n, "MISM"))
            found(l, WW_GF_CLASSES, c->line, "level 4 or above reaches neither CE nor MISM",
                  c->mnemonic);
    }
    for (size_t i = 0; i < c->actions.n; i++)
        if (ww_guide_action(g, c->actions.id[i])->needs_decider &&
            !ww_ids_has(&c->addressees, "MISM") && !ww_ids_has(&c->addressees, "MGMT"))
            found(l, WW_GF_CLASSES, c->line,
                  "an action for MISM or MGMT in a class that reaches neither", c->actions.id[i]);
}

static void check_class(struct lint *l, const struct ww_class *c)
{
    check(l, WW_GF_CLASSES, &c->name, WW_LINT_LABEL, false);
    check(l, WW_GF_CLASSES, &c->harm, WW_LINT_DESCRIPTION, false);
    check_text(l, &c->text);
    for (size_t i = 0; i < c->nvariants; i++) {
        check(l, WW_GF_CLASSES, &c->variant[i].name, WW_LINT_LABEL, false);
        check_text(l, &c->variant[i].text);
    }
    check_reach(l, c);
}

static void check_actions(struct lint *l)
{
    bool first = false, never = false;
    for (size_t i = 0; i < l->g->nactions; i++) {
        const struct ww_action *a = &l->g->action[i];
        check(l, WW_GF_ACTIONS, &a->head, WW_LINT_LABEL, false);
        check(l, WW_GF_ACTIONS, &a->text, WW_LINT_INSTRUCTION, false);
        first = first || (a->auto_patient && !a->do_not);
        never = never || (a->auto_patient && a->do_not);
    }
    if (!first || !never)
        found(l, WW_GF_ACTIONS, 1, "no action with auto: patient for both do_first and do_not",
              "auto");
}

/**
 * Checks all loaded texts and classes.
 * Return: WW_E_CONF with file and line of the first finding
 */
enum ww_rc ww_guide_lint(const struct ww_guide *g, struct ww_err *e)
{
    struct lint l = { .g = g, .e = e };
    check_actions(&l);
    for (size_t i = 0; i < g->nclasses; i++)
        check_class(&l, &g->class[i]);
    for (size_t i = 0; i < WW_FR_N; i++)
        check(&l, WW_GF_TEXTS, &g->frame[i], WW_LINT_DESCRIPTION, true);
    for (size_t i = 0; i < g->nwords; i++)
        check(&l, WW_GF_TEXTS, &g->word[i].name, WW_LINT_LABEL, false);
    for (size_t i = 1; i <= WW_SEV_LEVEL_MAX; i++)
        check(&l, WW_GF_TEXTS, &g->level[i], WW_LINT_LABEL, false);
    for (size_t i = 0; i < g->naddressees; i++)
        check(&l, WW_GF_ADDRESSEES, &g->addressee[i].name, WW_LINT_LABEL, false);
    for (size_t i = 0; i < g->nflags; i++)
        check(&l, WW_GF_ADDRESSEES, &g->flag[i].name, WW_LINT_LABEL, false);
    return l.rc;
}
