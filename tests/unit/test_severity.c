/* test_severity.c - the severity algorithm against the worked vectors and the default levels of the
 * alert model. */
#include "rules/guideline/severity.h"

#include <criterion/criterion.h>

struct vector {
    const char *name;
    int class_id;
    char variant;
    struct ww_sev_coef k;
    uint8_t d;
    uint16_t mods;
    bool many;
    struct {
        uint8_t s_h, s_p, l, r_h, r_p, level;
        int8_t e_sum;
        char track;
    } want;
};

/* alert model 3.4 */
static const struct vector vectors[] = {
    { "輸液ポンプ 受理された無許可投与変更 WD-701c",
      701,
      'c',
      { 4, 0, 5, 3, 5 },
      4,
      0,
      false,
      { 5, 0, 5, 5, 0, 5, 0, 'H' } },
    { "輸液ポンプ 無許可制御 応答未確認 WD-701b",
      701,
      'b',
      { 4, 0, 4, 3, 5 },
      4,
      0,
      false,
      { 5, 0, 4, 5, 0, 5, 0, 'H' } },
    { "輸液ポンプ 無許可制御 拒否 WD-701a",
      701,
      'a',
      { 4, 0, 3, 3, 5 },
      4,
      0,
      false,
      { 5, 0, 3, 4, 0, 4, 0, 'H' } },
    { "CT 院内の未申告相手 WD-101",
      101,
      0,
      { 2, 1, 2, 1, 4 },
      2,
      0,
      false,
      { 2, 1, 2, 2, 1, 2, 0, 'H' } },
    { "人工呼吸器 院内の未申告相手 WD-101 +E6",
      101,
      0,
      { 2, 1, 2, 1, 4 },
      4,
      WW_E6_OPERABLE,
      false,
      { 4, 1, 3, 4, 1, 4, 1, 'H' } },
    { "閉域CT 院外へ接続成立 WD-104b",
      104,
      'b',
      { 2, 3, 4, 3, 5 },
      2,
      0,
      false,
      { 2, 3, 4, 3, 4, 4, 0, 'P' } },
    { "閉域CT 院外の名前解決のみ WD-104a",
      104,
      'a',
      { 2, 3, 3, 3, 5 },
      2,
      0,
      false,
      { 2, 3, 3, 2, 3, 3, 0, 'P' } },
    { "閉域人工呼吸器 院外接続成立 WD-104b +E6",
      104,
      'b',
      { 2, 3, 4, 3, 5 },
      4,
      WW_E6_OPERABLE,
      false,
      { 4, 3, 5, 5, 4, 5, 1, 'H' } },
    { "MRI 遠隔保守 時間外 WD-202b",
      202,
      'b',
      { 3, 3, 3, 2, 5 },
      2,
      0,
      false,
      { 3, 3, 3, 3, 3, 3, 0, 'H' } },
    { "MRI 遠隔保守 時間外だが作業計画に部分一致 WD-202b −E8",
      202,
      'b',
      { 3, 3, 3, 2, 5 },
      2,
      WW_E8_WORK_ORDER,
      false,
      { 3, 3, 2, 2, 2, 2, -1, 'H' } },
    { "モニタ 無線ユニット未知 WD-204a",
      204,
      'a',
      { 3, 1, 3, 2, 5 },
      3,
      0,
      false,
      { 4, 1, 3, 4, 1, 4, 0, 'H' } },
    { "CT→PACS 平文PHI 院内閉域 WD-301a",
      301,
      'a',
      { 0, 2, 3, 1, 4 },
      2,
      0,
      false,
      { 0, 2, 3, 0, 2, 2, 0, 'P' } },
    { "平文PHI 無線 1,000人超 WD-301b",
      301,
      'b',
      { 0, 3, 3, 1, 4 },
      2,
      0,
      true,
      { 0, 4, 3, 0, 4, 4, 0, 'P' } },
    { "平文PHI 院外 WD-301c",
      301,
      'c',
      { 0, 4, 3, 1, 4 },
      2,
      0,
      false,
      { 0, 4, 3, 0, 4, 4, 0, 'P' } },
    { "PACS 院外へ大量送信 WD-306a",
      306,
      'a',
      { 0, 4, 4, 2, 5 },
      3,
      0,
      true,
      { 0, 4, 4, 0, 4, 4, 0, 'P' } },
    { "CT OSのEOS 補完的対策が有効 WD-401f",
      401,
      'f',
      { 2, 1, 1, 1, 4 },
      2,
      0,
      false,
      { 2, 1, 1, 1, 1, 1, 0, 'H' } },
    { "CT OSのEOS 補完的対策が効いていない WD-401e",
      401,
      'e',
      { 2, 1, 3, 1, 4 },
      2,
      0,
      false,
      { 2, 1, 3, 2, 1, 2, 0, 'H' } },
    { "輸液ポンプ IP重複 WD-504a",
      504,
      'a',
      { 3, 0, 3, 2, 5 },
      4,
      0,
      false,
      { 5, 0, 3, 4, 0, 4, 0, 'H' } },
    { "病棟区画 ARP偽装（対象モニタ） WD-601",
      601,
      0,
      { 3, 3, 4, 3, 5 },
      3,
      0,
      false,
      { 4, 3, 4, 4, 4, 4, 0, 'H' } },
    { "PACSサーバ ランサムウェア WD-607b",
      607,
      'b',
      { 3, 3, 5, 4, 5 },
      3,
      0,
      false,
      { 4, 3, 5, 5, 4, 5, 0, 'H' } },
    { "業務PC ランサムウェア WD-607a",
      607,
      'a',
      { 3, 3, 5, 4, 5 },
      0,
      0,
      false,
      { 2, 3, 5, 3, 4, 4, 0, 'P' } },
    { "CT 不正形式DICOM 攻撃特性 WD-702a",
      702,
      'a',
      { 3, 1, 4, 1, 5 },
      2,
      0,
      false,
      { 3, 1, 4, 4, 2, 4, 0, 'H' } },
    { "CT 実装差の非適合 WD-702b",
      702,
      'b',
      { 3, 1, 1, 1, 5 },
      2,
      0,
      false,
      { 3, 1, 1, 2, 1, 2, 0, 'H' } },
    { "人工呼吸器 沈黙 WD-801a",
      801,
      'a',
      { 2, 0, 2, 1, 5 },
      4,
      0,
      false,
      { 4, 0, 2, 3, 0, 3, 0, 'H' } },
    { "モニタ→セントラル アラーム経路途絶 WD-801e",
      801,
      'e',
      { 3, 0, 4, 1, 5 },
      3,
      0,
      false,
      { 4, 0, 4, 4, 0, 4, 0, 'H' } },
    { "CT 沈黙 WD-801a", 801, 'a', { 2, 0, 2, 1, 5 }, 2, 0, false, { 2, 0, 2, 2, 0, 2, 0, 'H' } },
    { "ICU区画 センサ欠落 WD-901a",
      901,
      'a',
      { 1, 1, 3, 3, 4 },
      4,
      0,
      false,
      { 2, 1, 3, 2, 1, 3, 0, 'H' } },
    { "不明機器 医療プロトコル WD-501a",
      501,
      'a',
      { 2, 1, 3, 1, 4 },
      2,
      0,
      false,
      { 2, 1, 3, 2, 1, 2, 0, 'H' } },
};

Test(severity, worked_vectors)
{
    cr_assert_eq(sizeof(vectors) / sizeof(vectors[0]), 28);
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        const struct vector *v = &vectors[i];
        struct ww_sev_in in = { .k = v->k, .d = v->d, .mods = v->mods, .many = v->many };
        struct ww_sev s = ww_severity(&in);
        cr_expect_eq(s.s_h, v->want.s_h, "%s: S_H %u", v->name, s.s_h);
        cr_expect_eq(s.s_p, v->want.s_p, "%s: S_P %u", v->name, s.s_p);
        cr_expect_eq(s.l, v->want.l, "%s: L %u", v->name, s.l);
        cr_expect_eq(s.r_h, v->want.r_h, "%s: R_H %u", v->name, s.r_h);
        cr_expect_eq(s.r_p, v->want.r_p, "%s: R_P %u", v->name, s.r_p);
        cr_expect_eq(s.level, v->want.level, "%s: level %u", v->name, s.level);
        cr_expect_eq(s.e_sum, v->want.e_sum, "%s: sum of E %d", v->name, s.e_sum);
        cr_expect_eq(s.track, v->want.track, "%s: track %c", v->name, s.track);
    }
}

/* alert model 3.7: level of all 45 classes for D 0..4, without variant and modifiers */
Test(severity, default_levels_of_all_classes)
{
    static const struct {
        int class_id;
        struct ww_sev_coef k;
        uint8_t level[5];
    } rows[] = {
        { 101, { 2, 1, 2, 1, 4 }, { 1, 2, 2, 2, 3 } },
        { 102, { 2, 1, 2, 1, 4 }, { 1, 2, 2, 2, 3 } },
        { 103, { 2, 3, 3, 2, 5 }, { 3, 3, 3, 3, 4 } },
        { 104, { 2, 3, 4, 3, 5 }, { 4, 4, 4, 4, 4 } },
        { 105, { 2, 2, 3, 1, 4 }, { 2, 2, 2, 3, 4 } },
        { 106, { 2, 2, 3, 1, 4 }, { 2, 2, 2, 3, 4 } },
        { 201, { 2, 2, 2, 2, 5 }, { 2, 2, 2, 2, 3 } },
        { 202, { 3, 3, 3, 2, 5 }, { 3, 3, 3, 4, 4 } },
        { 203, { 3, 3, 3, 3, 5 }, { 3, 3, 3, 4, 4 } },
        { 204, { 3, 1, 3, 2, 5 }, { 2, 2, 3, 4, 4 } },
        { 205, { 1, 2, 1, 1, 3 }, { 1, 1, 1, 1, 1 } },
        { 206, { 2, 2, 3, 2, 5 }, { 2, 2, 2, 3, 4 } },
        { 301, { 0, 2, 3, 1, 4 }, { 2, 2, 2, 2, 2 } },
        { 302, { 0, 1, 2, 1, 4 }, { 1, 1, 1, 1, 1 } },
        { 303, { 2, 2, 3, 1, 4 }, { 2, 2, 2, 3, 4 } },
        { 304, { 3, 2, 3, 2, 5 }, { 2, 2, 3, 4, 4 } },
        { 305, { 2, 2, 3, 2, 5 }, { 2, 2, 2, 3, 4 } },
        { 306, { 0, 3, 3, 2, 5 }, { 3, 3, 3, 3, 3 } },
        { 401, { 2, 1, 1, 1, 4 }, { 1, 1, 1, 2, 2 } },
        { 402, { 2, 0, 2, 1, 4 }, { 1, 2, 2, 2, 3 } },
        { 403, { 3, 0, 2, 1, 5 }, { 2, 2, 2, 3, 4 } },
        { 404, { 2, 1, 2, 2, 4 }, { 2, 2, 2, 2, 3 } },
        { 405, { 2, 1, 2, 1, 4 }, { 1, 2, 2, 2, 3 } },
        { 501, { 1, 1, 2, 1, 4 }, { 1, 1, 1, 2, 2 } },
        { 502, { 1, 1, 1, 2, 3 }, { 2, 2, 2, 2, 2 } },
        { 503, { 2, 1, 2, 2, 4 }, { 2, 2, 2, 2, 3 } },
        { 504, { 3, 0, 3, 2, 5 }, { 2, 2, 3, 4, 4 } },
        { 505, { 3, 2, 3, 2, 5 }, { 2, 2, 3, 4, 4 } },
        { 601, { 3, 3, 4, 3, 5 }, { 4, 4, 4, 4, 5 } },
        { 602, { 2, 3, 4, 3, 5 }, { 4, 4, 4, 4, 4 } },
        { 603, { 2, 1, 3, 1, 4 }, { 1, 2, 2, 3, 4 } },
        { 604, { 3, 3, 4, 3, 5 }, { 4, 4, 4, 4, 5 } },
        { 605, { 3, 3, 4, 3, 5 }, { 4, 4, 4, 4, 5 } },
        { 606, { 2, 3, 3, 2, 5 }, { 3, 3, 3, 3, 4 } },
        { 607, { 3, 3, 5, 4, 5 }, { 4, 4, 4, 5, 5 } },
        { 701, { 4, 0, 4, 3, 5 }, { 3, 4, 4, 5, 5 } },
        { 702, { 3, 1, 3, 1, 5 }, { 2, 2, 3, 4, 4 } },
        { 703, { 3, 2, 3, 2, 5 }, { 2, 2, 3, 4, 4 } },
        { 704, { 3, 1, 2, 1, 5 }, { 2, 2, 2, 3, 4 } },
        { 801, { 2, 0, 2, 1, 5 }, { 1, 2, 2, 2, 3 } },
        { 802, { 1, 0, 2, 1, 3 }, { 1, 1, 1, 2, 2 } },
        { 803, { 2, 0, 4, 2, 5 }, { 2, 3, 3, 4, 4 } },
        { 901, { 1, 1, 3, 3, 4 }, { 3, 3, 3, 3, 3 } },
        { 902, { 1, 2, 3, 3, 4 }, { 3, 3, 3, 3, 3 } },
        { 903, { 0, 0, 1, 1, 2 }, { 1, 1, 1, 1, 1 } },
    };
    cr_assert_eq(sizeof(rows) / sizeof(rows[0]), 45);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (uint8_t d = 0; d < 5; d++) {
            struct ww_sev_in in = { .k = rows[i].k, .d = d };
            cr_expect_eq(ww_severity(&in).level, rows[i].level[d], "WD-%d with D=%u",
                         rows[i].class_id, d);
        }
}

static struct ww_sev run(struct ww_sev_coef k, uint8_t d, uint16_t mods, bool many)
{
    struct ww_sev_in in = { .k = k, .d = d, .mods = mods, .many = many };
    return ww_severity(&in);
}

Test(severity, harm_table_corners)
{
    const struct ww_sev_coef none = { 0, 0, 5, 1, 5 }, top = { 4, 0, 5, 1, 5 };
    for (uint8_t d = 0; d < 5; d++)
        cr_expect_eq(run(none, d, 0, false).s_h, 0,
                     "no harm mechanism, no harm, whatever the device");
    cr_expect_eq(run(top, 0, 0, false).s_h, 2);
    cr_expect_eq(run(top, 4, 0, false).s_h, 5);
    cr_expect_eq(run(top, 200, 0, false).s_h, 5, "a weight out of range counts as the largest");
    cr_expect_eq(run((struct ww_sev_coef){ 9, 0, 5, 1, 5 }, 4, 0, false).s_h, 5);
}

Test(severity, nothing_at_stake_gives_the_floor_and_track_h)
{
    struct ww_sev s = run((struct ww_sev_coef){ 0, 0, 1, 1, 2 }, 4, WW_E_ALL, true);
    cr_expect_eq(s.r_h, 0);
    cr_expect_eq(s.r_p, 0, "many subjects do not create a leak where there is none");
    cr_expect_eq(s.level, 1);
    cr_expect_eq(s.track, 'H');
}

Test(severity, likelihood_stays_between_1_and_5)
{
    const struct ww_sev_coef low = { 2, 1, 1, 1, 5 }, high = { 2, 1, 5, 1, 5 };
    cr_expect_eq(run(low, 2, WW_E10_LOW_CONFIDENCE, false).l, 1);
    cr_expect_eq(run(high, 2, WW_E1_EXTERNAL | WW_E6_OPERABLE, false).l, 5);
}

Test(severity, modifiers_add_at_most_two_and_take_at_most_one)
{
    const struct ww_sev_coef k = { 2, 1, 2, 1, 5 };
    const uint16_t plus = WW_E1_EXTERNAL | WW_E2_WIRELESS | WW_E3_ENVIRONMENT | WW_E4_UNSUPPORTED |
                          WW_E5_RELATED | WW_E6_OPERABLE | WW_E9_PORTS_OPEN;
    const uint16_t minus = WW_E7_COMPENSATED | WW_E8_WORK_ORDER | WW_E10_LOW_CONFIDENCE;
    cr_expect_eq(run(k, 2, plus, false).e_sum, 2);
    cr_expect_eq(run(k, 2, minus, false).e_sum, -1);
    cr_expect_eq(run(k, 2, WW_E_ALL, false).e_sum, 2, "seven up and three down are +4, cut to +2");
    cr_expect_eq(run(k, 2, WW_E1_EXTERNAL | WW_E7_COMPENSATED, false).e_sum, 0);
    for (unsigned i = 0; i < 10; i++) {
        uint16_t bit = (uint16_t)(1u << i);
        cr_expect_eq(run(k, 2, bit, false).e_sum, (bit & minus) ? -1 : 1, "E%u", i + 1);
    }
    cr_expect_eq(run(k, 2, 1u << 10, false).e_sum, 0, "an undefined bit has no effect");
}

Test(severity, leakage_alone_never_reaches_level_5)
{
    struct ww_sev s = run((struct ww_sev_coef){ 0, 4, 5, 1, 5 }, 4, WW_E1_EXTERNAL, true);
    cr_expect_eq(s.s_p, 4);
    cr_expect_eq(s.r_p, 5);
    cr_expect_eq(s.level, 4);
    cr_expect_eq(s.track, 'P');
}

Test(severity, equal_risk_is_a_harm_alert)
{
    struct ww_sev s = run((struct ww_sev_coef){ 3, 3, 3, 1, 5 }, 2, 0, false);
    cr_expect_eq(s.r_h, s.r_p);
    cr_expect_eq(s.track, 'H');
}

Test(severity, floor_lifts_and_cap_limits)
{
    cr_expect_eq(run((struct ww_sev_coef){ 1, 1, 1, 3, 5 }, 0, 0, false).level, 3);
    cr_expect_eq(run((struct ww_sev_coef){ 4, 4, 5, 1, 3 }, 4, 0, false).level, 3);
    cr_expect_eq(run((struct ww_sev_coef){ 4, 4, 5, 4, 2 }, 4, 0, false).level, 2,
                 "the cap wins over the floor");
}

Test(weight, larger_of_class_and_role)
{
    static const struct {
        enum ww_device_class c;
        enum ww_clinical_role r;
        uint8_t least, d;
        bool unknown;
    } rows[] = {
        { WW_DC_I, WW_CR_THERAPY, 0, 4, false },
        { WW_DC_IV, WW_CR_SUPPORT, 0, 3, false },
        { WW_DC_III, WW_CR_DIAGNOSTIC, 0, 2, false },
        { WW_DC_II, WW_CR_SUPPORT, 0, 1, false },
        { WW_DC_I, WW_CR_MONITORING, 0, 3, false },
        { WW_DC_NONE, WW_CR_CORE_SERVER, 0, 3, false },
        { WW_DC_NONE, WW_CR_GENERAL_IT, 0, 0, false },
        { WW_DC_I, WW_CR_GENERAL_IT, 0, 0, false },
        { WW_DC_UNKNOWN, WW_CR_UNKNOWN, 0, 2, true },
        { WW_DC_UNKNOWN, WW_CR_THERAPY, 0, 4, true },
        { WW_DC_UNKNOWN, WW_CR_SUPPORT, 0, 2, true },
        { WW_DC_IV, WW_CR_UNKNOWN, 0, 3, true },
        { WW_DC_I, WW_CR_UNKNOWN, 0, 2, true },
        { WW_DC_UNKNOWN, WW_CR_GENERAL_IT, 0, 0, false },
        { WW_DC_NONE, WW_CR_UNKNOWN, 0, 0, false },
        { WW_DC_NONE, WW_CR_GENERAL_IT, 4, 4, false },
        { WW_DC_NONE, WW_CR_SUPPORT, 3, 3, false },
        { WW_DC_II, WW_CR_THERAPY, 1, 4, false },
        { WW_DC_NONE, WW_CR_GENERAL_IT, 99, 4, false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_weight w = ww_device_weight(rows[i].c, rows[i].r, rows[i].least);
        cr_expect_eq(w.d, rows[i].d, "row %zu: D %u", i, w.d);
        cr_expect_eq(w.unknown, rows[i].unknown, "row %zu", i);
    }
}

Test(weight, names_of_the_ledger)
{
    cr_expect_eq(ww_clinical_role("life_sustaining"), WW_CR_THERAPY);
    cr_expect_eq(ww_clinical_role("lab"), WW_CR_DIAGNOSTIC);
    cr_expect_eq(ww_clinical_role("core_server"), WW_CR_CORE_SERVER);
    cr_expect_eq(ww_clinical_role("Lab"), WW_CR_UNKNOWN);
    cr_expect_eq(ww_clinical_role(NULL), WW_CR_UNKNOWN);
    cr_expect_eq(ww_device_class("IV"), WW_DC_IV);
    cr_expect_eq(ww_device_class("none"), WW_DC_NONE);
    cr_expect_eq(ww_device_class(""), WW_DC_UNKNOWN);
    cr_expect_eq(ww_device_class(NULL), WW_DC_UNKNOWN);
}
