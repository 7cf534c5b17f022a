/* test_guide_lint.c - the wording of all alerts, and texts that the lint must catch. */
#include "rules/guideline/lint.h"

#include <criterion/criterion.h>
#include <string.h>

struct sample {
    enum ww_lang lang;
    enum ww_lint_kind kind;
    const char *text;
};

/* Each of these could hurt a patient or claims what was not observed. */
static const struct sample bad[] = {
    { WW_LANG_JA, WW_LINT_INSTRUCTION, "機器の電源を切ってください。" },
    { WW_LANG_JA, WW_LINT_INSTRUCTION, "ネットワークから隔離してください。" },
    { WW_LANG_JA, WW_LINT_INSTRUCTION, "LANケーブルを抜いてください。" },
    { WW_LANG_JA, WW_LINT_INSTRUCTION, "該当機器を再起動し、その後に使用部門へ連絡してください。" },
    { WW_LANG_JA, WW_LINT_INSTRUCTION, "通信を遮断してください。使用部門の了解を得てください。" },
    { WW_LANG_JA, WW_LINT_INSTRUCTION, "責任者の指示を待たずに通信を遮断してください。" },
    { WW_LANG_JA, WW_LINT_INSTRUCTION, "直ちに電源を切ることを検討してください。" },
    { WW_LANG_JA, WW_LINT_INSTRUCTION, "業務システムを停止すること。" },
    { WW_LANG_JA, WW_LINT_DESCRIPTION,
      "感染が疑われます。機器をネットワークから切り離してください。" },
    { WW_LANG_JA, WW_LINT_DESCRIPTION, "このネットワークは安全です。" },
    { WW_LANG_JA, WW_LINT_DESCRIPTION, "宣言に準拠しています。" },
    { WW_LANG_JA, WW_LINT_LABEL, "異常ありません" },
    { WW_LANG_EN, WW_LINT_INSTRUCTION, "Power off the device." },
    { WW_LANG_EN, WW_LINT_INSTRUCTION, "POWER OFF the pump and call the ward." },
    { WW_LANG_EN, WW_LINT_INSTRUCTION, "Isolate the host at the switch." },
    { WW_LANG_EN, WW_LINT_INSTRUCTION, "Unplug it, then ask the using department." },
    { WW_LANG_EN, WW_LINT_INSTRUCTION, "Block the traffic. Do not forget the log." },
    { WW_LANG_EN, WW_LINT_INSTRUCTION, "Ask the ward and then restart the workstation." },
    { WW_LANG_EN, WW_LINT_INSTRUCTION, "Pull the cable after consent of the physician." },
    { WW_LANG_EN, WW_LINT_INSTRUCTION, "Quarantine the port, shutting it down." },
    { WW_LANG_EN, WW_LINT_DESCRIPTION, "Malware is suspected. Disconnect the device." },
    { WW_LANG_EN, WW_LINT_DESCRIPTION, "The device must be stopped." },
    { WW_LANG_EN, WW_LINT_DESCRIPTION, "Please reboot it." },
    { WW_LANG_EN, WW_LINT_DESCRIPTION, "The network is safe." },
    { WW_LANG_EN, WW_LINT_LABEL, "Fully compliant device" },
    { WW_LANG_EN, WW_LINT_DESCRIPTION, "The footprint conforms to the declaration." },
};

/* These name an intervention behind a gate, or only describe. */
static const struct sample good[] = {
    { WW_LANG_JA, WW_LINT_INSTRUCTION,
      "上の確認が済むまで、機器の電源断・再起動・ケーブルの抜去をしないでください。" },
    { WW_LANG_JA, WW_LINT_INSTRUCTION,
      "機器の隔離は、担当医師の了解と責任者の指示を得てから行ってください。" },
    { WW_LANG_JA, WW_LINT_INSTRUCTION, "使用部門に連絡してください。" },
    { WW_LANG_JA, WW_LINT_DESCRIPTION, "受信側の誤動作や停止を狙う攻撃の可能性があります。" },
    { WW_LANG_JA, WW_LINT_DESCRIPTION, "安全管理ガイドラインの対策を前提にできません。" },
    { WW_LANG_EN, WW_LINT_INSTRUCTION, "Do not restart the device." },
    { WW_LANG_EN, WW_LINT_INSTRUCTION, "Isolate it only with the consent of the physician." },
    { WW_LANG_EN, WW_LINT_INSTRUCTION,
      "Unblinded review of the stopwatch is none of our business; consider it." },
    { WW_LANG_EN, WW_LINT_DESCRIPTION, "It may make the receiver malfunction or stop." },
    { WW_LANG_EN, WW_LINT_DESCRIPTION, "The patient-safety procedure comes first." },
    { WW_LANG_EN, WW_LINT_LABEL, "Isolation or end of use (with approval)" },
};

Test(lint, bad_texts_are_caught)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct ww_lint r = ww_lint_text(bad[i].text, bad[i].lang, bad[i].kind);
        cr_expect(r.why != NULL, "not caught: %s", bad[i].text);
    }
}

Test(lint, good_texts_pass)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct ww_lint r = ww_lint_text(good[i].text, good[i].lang, good[i].kind);
        cr_expect(r.why == NULL, "caught: %s: %s (%s)", good[i].text, r.why ? r.why : "",
                  r.word ? r.word : "");
    }
}

Test(lint, built_in_data_passes)
{
    struct ww_guide *g = NULL;
    struct ww_err e = { .rc = WW_OK };
    cr_assert_eq(ww_guide_load(&g, NULL, &e), WW_OK, "%s", e.text);
    cr_expect_eq(ww_guide_lint(g, &e), WW_OK, "%s", e.text);
    ww_guide_free(g);
}

/* What a hospital engineer would read: every part of every class and variant, at the worst level
 * and at the mildest. */
Test(lint, rendered_texts_pass)
{
    struct ww_guide *g = NULL;
    struct ww_err e;
    char text[4096];
    cr_assert_eq(ww_guide_load(&g, NULL, &e), WW_OK, "%s", e.text);
    for (size_t i = 0; i < ww_guide_nclasses(g); i++) {
        const struct ww_class *c = ww_guide_class_at(g, i);
        for (unsigned k = 0; k < c->nvariants * 4u; k++) {
            struct ww_guide_opt opt = ww_guide_opt(k & 1 ? WW_LANG_EN : WW_LANG_JA);
            struct ww_alert a = { .class = c->id, .level = k & 2 ? 5 : 1, .weight = k & 2 ? 4 : 0 };
            (void)WW_SET(a.variant,
                         ((struct ww_slice){ (const uint8_t *)&c->variant[k / 4].id, 1 }));
            for (int p = 0; p < WW_PARTS; p++)
                for (size_t item = 0;; item++) {
                    struct ww_out o = ww_out(text, sizeof text - 1);
                    if (!ww_guide_text(g, &a, (enum ww_part)p, item, &opt, &o))
                        break;
                    text[o.n] = 0;
                    bool tells = p == WW_PART_DO_FIRST || p == WW_PART_DO_NOT || p == WW_PART_WHOM;
                    struct ww_lint r = ww_lint_text(
                        text, opt.lang, tells ? WW_LINT_INSTRUCTION : WW_LINT_DESCRIPTION);
                    cr_expect(r.why == NULL, "WD-%u: %s: %s", c->id, text, r.why ? r.why : "");
                    cr_expect(strchr(text, '{') == NULL, "unfilled: %s", text);
                    cr_expect(!o.cut);
                }
        }
    }
    ww_guide_free(g);
}
