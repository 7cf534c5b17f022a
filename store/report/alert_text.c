/* alert_text.c - an alert for people and for programs, from its record. */
#include "store/report/alert_text.h"
#include <stdio.h>

enum { LABEL = 12, SENTENCE_MAX = 4096, ITEMS_MAX = 64, BRIEF_STEPS = 2 };

enum ww_ink ww_alert_ink(unsigned level)
{
    return level >= 4 ? WW_INK_RED : level == 3 ? WW_INK_YELLOW : WW_INK_BOLD;
}

const char *ww_level_word(const struct ww_texts *t, bool ja, unsigned level)
{
    static const char *const number[] = { "0", "1", "2", "3", "4", "5" };
    if (t->guide != NULL)
        return ww_guide_level_name(t->guide, level, ja ? WW_LANG_JA : WW_LANG_EN);
    return number[level < 6 ? level : 5];
}

const char *ww_state_word(bool ja, const char *state)
{
    static const struct {
        const char *state, *ja, *en;
    } words[] = { { "open", "未対応", "open" },
                  { "ack", "確認済み", "acknowledged" },
                  { "closed", "終了", "closed" },
                  { "suppressed", "抑制中", "suppressed" } };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].state, state) == 0)
            return ja ? words[i].ja : words[i].en;
    return state;
}

static unsigned label(const struct ww_page *p, const char *text)
{
    unsigned n = ww_text_width(ww_slice_str(text));
    ww_out_s(p->o, "  ");
    ww_page_ink(p, WW_INK_DIM);
    ww_out_s(p->o, text);
    ww_page_ink(p, WW_INK_NONE);
    ww_page_pad(p, n < LABEL ? LABEL - n : 1);
    return 2 + LABEL;
}

/* One sentence follows the label; steps are numbered in their order. At most max sentences. */
static void part(const struct ww_page *p, const struct ww_texts *t, const struct ww_alert *a,
                 enum ww_part which, const char *text, size_t max)
{
    char b[SENTENCE_MAX];
    bool numbered = which == WW_PART_DO_FIRST;
    for (size_t i = 0; i < max; i++) {
        struct ww_out one = ww_out(b, sizeof b);
        if (!ww_texts_part(&one, t, p->ja, a, which, i))
            return;
        unsigned at = 2 + LABEL;
        if (i == 0)
            at = label(p, text);
        else
            ww_page_pad(p, at);
        if (numbered) {
            char no[16];
            int n = snprintf(no, sizeof no, "%zu. ", i + 1);
            ww_out_s(p->o, no);
            at += (unsigned)n;
        }
        ww_page_put(p, at, at, (struct ww_slice){ (const uint8_t *)b, one.n });
        ww_out_c(p->o, '\n');
    }
}

static void title(const struct ww_page *p, const struct ww_texts *t, const struct ww_alert_row *r)
{
    char b[SENTENCE_MAX], id[12];
    struct ww_out one = ww_out(b, sizeof b);
    if (!ww_texts_part(&one, t, p->ja, &r->a, WW_PART_TITLE, 0)) {
        ww_out_f(&one, "[%u] %s: ", r->a.level, ww_class_text(id, r->a.class));
        ww_out_raw(&one, r->a.asset_id.b, r->a.asset_id.len);
    }
    ww_page_ink(p, ww_alert_ink(r->a.level));
    ww_page_put(p, 0, 2, (struct ww_slice){ (const uint8_t *)b, one.n });
    ww_page_ink(p, WW_INK_NONE);
    ww_out_c(p->o, '\n');
}

static void numbers(const struct ww_page *p, const struct ww_alert_row *r)
{
    char b[SENTENCE_MAX], n[WW_NUM], t0[WW_NUM], t1[WW_NUM], z[WW_NUM], id[12];
    struct ww_out o = ww_out(b, sizeof b);
    bool ja = p->ja;
    ww_out_f(&o, ja ? "番号 %llu・%s" : "no. %llu, %s", (unsigned long long)r->id,
             ww_class_text(id, r->a.class));
    ww_out_raw(&o, r->a.variant.b, r->a.variant.len);
    ww_out_f(&o, ja ? "・%s回" : ", seen %s times", ww_num_text(n, r->a.count));
    if (!ja && r->a.count == 1)
        o.n -= 1;
    (void)ww_when_text(t0, r->a.first_seen, WW_UTC_OFFSET);
    (void)ww_when_text(t1, r->a.last_seen, WW_UTC_OFFSET);
    ww_out_f(&o, ja ? "・%s" : ", %s", t0);
    if (strcmp(t0, t1) != 0)
        ww_out_f(&o, ja ? "～%s" : " to %s", strncmp(t0, t1, 10) == 0 ? t1 + 11 : t1);
    ww_out_f(&o, " %s", ww_zone_text(z, WW_UTC_OFFSET));
    if (r->a.evidence__frame != 0) {
        ww_out_f(&o, ja ? "・" : ", ");
        struct ww_slice file = ww_model_base(r->source);
        ww_out_raw(&o, file.p, file.n);
        ww_out_f(&o, ja ? " のフレーム %llu" : " frame %llu",
                 (unsigned long long)r->a.evidence__frame);
    }
    ww_out_f(&o, ja ? "・%s" : ", %s", ww_state_word(ja, r->state));
    if (strcmp(r->state, "suppressed") == 0)
        ww_out_f(&o, ja ? "（%sまで）" : " until %s", ww_when_text(t0, r->until, WW_UTC_OFFSET));
    unsigned at = label(p, ja ? "記録" : "Record");
    ww_page_put(p, at, at, (struct ww_slice){ (const uint8_t *)b, o.n });
    ww_out_c(p->o, '\n');
}

/* Without the texts: what the record says, so that nothing is hidden. */
static void bare(const struct ww_page *p, const struct ww_alert *a)
{
    const struct {
        const char *ja, *en;
        struct ww_slice v;
    } row[] = { { "相手", "Peer", WW_STR(a->peer) },
                { "観測", "Seen", WW_STR(a->observed) },
                { "宣言", "Declared", WW_STR(a->declared) } };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        if (row[i].v.n == 0)
            continue;
        unsigned at = label(p, ww_page_w(p, row[i].ja, row[i].en));
        ww_page_put(p, at, at, row[i].v);
        ww_out_c(p->o, '\n');
    }
}

void ww_alert_page(const struct ww_page *p, const struct ww_texts *t, const struct ww_alert_row *r,
                   enum ww_detail detail)
{
    const struct {
        enum ww_part part;
        enum ww_detail from;
        const char *ja, *en;
    } row[] = {
        { WW_PART_SEEN, WW_DETAIL_BRIEF, "観測", "Seen" },
        { WW_PART_DECLARED, WW_DETAIL_BRIEF, "宣言", "Declared" },
        { WW_PART_MEANING, WW_DETAIL_NORMAL, "考えられる", "May mean" },
        { WW_PART_DO_FIRST, WW_DETAIL_BRIEF, "まず行う", "Do first" },
        { WW_PART_DO_NOT, WW_DETAIL_BRIEF, "行わない", "Do not" },
        { WW_PART_WHOM, WW_DETAIL_NORMAL, "連絡先", "Call" },
        { WW_PART_REFS, WW_DETAIL_FULL, "根拠", "Basis" },
        { WW_PART_LIMITS, WW_DETAIL_FULL, "限界", "Limits" },
        { WW_PART_CALC, WW_DETAIL_FULL, "計算", "Level" },
    };
    title(p, t, r);
    if (t->guide == NULL || ww_guide_class(t->guide, r->a.class) == NULL)
        bare(p, &r->a);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        bool few = detail == WW_DETAIL_BRIEF && row[i].part == WW_PART_DO_FIRST;
        if (detail >= row[i].from)
            part(p, t, &r->a, row[i].part, ww_page_w(p, row[i].ja, row[i].en),
                 few ? BRIEF_STEPS : ITEMS_MAX);
    }
    numbers(p, r);
}

void ww_alert_json(struct ww_out *o, const struct ww_texts *t, const struct ww_alert_row *r)
{
    char id[12];
    _Alignas(struct ww_event) uint8_t room[WW_EVENT_MAX] = { 0 };
    struct ww_event *e = (struct ww_event *)(void *)room;
    e->type = &ww_alert_type;
    struct ww_out body = ww_out((char *)e->body, sizeof r->a);
    ww_out_raw(&body, &r->a, sizeof r->a);
    ww_json_open(o, NULL, '{');
    ww_json_u64(o, "id", r->id);
    ww_json_cstr(o, "class_id", ww_class_text(id, r->a.class));
    ww_json_cstr(o, "state", r->state);
    if (strcmp(r->state, "suppressed") == 0) {
        char when[WW_TIME_TEXT];
        ww_json_cstr(o, "until", ww_time_text(when, r->until));
    }
    if (r->source.n > 0)
        ww_json_str(o, "source", r->source);
    ww_event_body_json(o, e);
    ww_texts_codes(o, t, &r->a);
    if (t->guide != NULL) {
        ww_json_open(o, "text", '{');
        ww_texts_json(o, t, &r->a);
        ww_json_close(o, '}');
    }
    ww_json_close(o, '}');
}
