/* test_guide.c - the data files of the alerts: loading, errors with file and line, texts from a
 * record. */
#include "rules/guideline/guide.h"
#include "sensor/base/data.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const files[] = { "addressees.yaml", "actions.yaml", "classes.yaml",
                                     "texts.yaml" };

static char *read_data(const char *file)
{
    char path[512];
    char *text = NULL;
    size_t n = 0;
    struct ww_err e;
    (void)snprintf(path, sizeof path, "%s/rules/guideline/data/%s", WW_SOURCE_DIR, file);
    cr_assert_eq(ww_file_read(&text, &n, path, 1 << 20, &e), WW_OK, "%s", e.text);
    return text;
}

/* A folder for --data with one file changed: the nth `from` becomes `to`. Gives the line of the
 * change. */
static unsigned folder_with(char dir[64], const char *file, const char *from, int nth,
                            const char *to)
{
    char path[256];
    unsigned line = 0;
    (void)snprintf(dir, 64, "/tmp/ww-guide-XXXXXX");
    cr_assert(mkdtemp(dir) != NULL);
    (void)snprintf(path, sizeof path, "%s/guideline", dir);
    cr_assert_eq(mkdir(path, 0700), 0);
    for (size_t i = 0; i < 4; i++) {
        char *text = read_data(files[i]);
        (void)snprintf(path, sizeof path, "%s/guideline/%s", dir, files[i]);
        FILE *f = fopen(path, "wb");
        cr_assert(f != NULL);
        const char *rest = text;
        if (strcmp(files[i], file) == 0) {
            char *at = text - 1;
            for (int k = 0; k < nth; k++) {
                at = strstr(at + 1, from);
                cr_assert(at != NULL, "'%s' is not in %s", from, file);
            }
            line = 1;
            for (const char *p = text; p < at; p++)
                line += *p == '\n';
            (void)fwrite(text, 1, (size_t)(at - text), f);
            (void)fputs(to, f);
            rest = at + strlen(from);
        }
        (void)fputs(rest, f);
        (void)fclose(f);
        free(text);
    }
    return line;
}

static unsigned line_of(const char *file, const char *what)
{
    char *text = read_data(file);
    const char *at = strstr(text, what);
    unsigned line = 1;
    cr_assert(at != NULL);
    for (const char *p = text; p < at; p++)
        line += *p == '\n';
    free(text);
    return line;
}

static void remove_folder(const char *dir)
{
    char path[256];
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof path, "%s/guideline/%s", dir, files[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof path, "%s/guideline", dir);
    (void)rmdir(path);
    (void)rmdir(dir);
}

static struct ww_guide *load(void)
{
    struct ww_guide *g = NULL;
    struct ww_err e;
    cr_assert_eq(ww_guide_load(&g, NULL, &e), WW_OK, "%s", e.text);
    return g;
}

/* ---- loading ----------------------------------------------------------------------------------
 */

Test(load, built_in_and_folder_are_the_same)
{
    struct ww_guide *g = load(), *h = NULL;
    struct ww_err e;
    char dir[64];
    (void)folder_with(dir, "", "", 0, "");
    cr_assert_eq(ww_guide_load(&h, dir, &e), WW_OK, "%s", e.text);
    cr_expect_eq(ww_guide_nclasses(g), 13);
    cr_expect_eq(ww_guide_nclasses(h), 13);
    cr_expect_eq(ww_guide_version(g), ww_guide_version(h));
    ww_guide_free(h);
    ww_guide_free(g);
    remove_folder(dir);
}

struct broken {
    const char *file, *from;
    int nth;
    const char *to, *message;
    const char *at; /* where the message points: NULL = at the change, "" = anywhere, or at the
                       class of this id */
};

static const struct broken broken[] = {
    { "classes.yaml", "    mnemonic: UNDECLARED_PEER", 1, "    mnemonik: X",
      "unknown key 'mnemonik'", NULL },
    { "classes.yaml", "    cap: 4\n", 1, "", "key 'cap' is missing", "  - id: WD-101" },
    { "classes.yaml", "    cap: 4\n", 1, "    cap: four\n", "'four' is not a number from 1 to 5",
      NULL },
    { "classes.yaml", "    cap: 4\n", 1, "    cap: [4]\n", "text is needed here", NULL },
    { "classes.yaml", "    cap: 4\n", 1, "    cap: 6\n", "'6' is not a number", NULL },
    { "classes.yaml", "    cap: 4\n", 1, "    cap: 99999999999\n", "is not a number", NULL },
    { "classes.yaml", "    no_modifiers: [E9]", 1, "    cap: 4\n    no_modifiers: [E9]",
      "key 'cap' is given twice", NULL },
    { "classes.yaml", "    floor: 1", 1, "    floor: 5", "floor 5 is above cap 4",
      "  - id: WD-101" },
    { "classes.yaml", "    cia: CI", 1, "    cia: CX", "other letters than C, I and A", NULL },
    { "classes.yaml", "actions: [A02, A08,", 1, "actions: [A02, A99,",
      "'A99' is not in actions.yaml", NULL },
    { "classes.yaml", "addressees: [HIT, CE, MAH]", 1, "addressees: [HIT, XX]",
      "'XX' is not in addressees.yaml", NULL },
    { "classes.yaml", "addressees: [HIT, CE, MAH]", 1, "addressees: HIT", "a list is needed here",
      NULL },
    { "classes.yaml", "\"APPI?\", \"MHLW?\"", 1, "\"APPX?\"", "'APPX?' is not in the flags", NULL },
    { "classes.yaml", "no_modifiers: [E9]", 1, "no_modifiers: [E11]", "'E11' is none of E1 to E10",
      NULL },
    { "classes.yaml", "  - id: WD-102", 1, "  - id: WD-101", "class WD-101 is given twice", NULL },
    { "classes.yaml", "  - id: WD-102", 1, "  - id: WD-1O2", "is not a class id such as WD-104",
      NULL },
    { "classes.yaml", "      - id: b", 1, "      - id: a", "variant a is given twice", NULL },
    { "classes.yaml", "      - id: b", 1, "      - id: bb", "is not one letter from a to i", NULL },
    { "classes.yaml", "      GL7: []", 1, "      GL7: [\"OPS 1\"]", "registered: false", NULL },
    { "classes.yaml", "      GL7: []", 1, "      GL9: []", "unknown key 'GL9'", NULL },
    { "classes.yaml", "      ja: \"未申告の通信相手\"\n", 1, "", "the translation 'ja' is missing",
      NULL },
    { "classes.yaml", "      ja: \"未申告の通信相手\"\n", 1, "      ja: \"\"\n",
      "text is needed here", NULL },
    { "classes.yaml", "      SEED: [\"2.2¶1\", \"3.1¶1\", \"5-2)\"]", 1, "      SEED: []",
      "no clause of the seed guidance", "  - id: WD-101" },
    { "classes.yaml", "addressees: [HIT, CE, MAH]", 1, "addressees: [MAH]",
      "no addressee inside the hospital", "  - id: WD-101" },
    { "classes.yaml", "actions: [A02, A08,", 1, "actions: [A15, A08,", "an action for MISM or MGMT",
      "  - id: WD-101" },
    { "addressees.yaml", "    kind: in_house", 1, "    kind: inhouse", "'inhouse' is none of",
      NULL },
    { "addressees.yaml", "    add: [HIT, MISM]", 1, "    add: [HIT]",
      "level 4 or above reaches neither CE nor MISM", "" },
    { "actions.yaml", "    rank: 5\n", 1, "    rank: -5\n", "'-5' is not a number", NULL },
    { "actions.yaml", "    auto: patient", 2, "    needs_decider: maybe",
      "'maybe' is neither true nor false", NULL },
    { "actions.yaml",
      "電源断・再起動・ケーブルの抜去・能動的なスキャン・設定変更をしないでください", 1,
      "電源断・再起動をしてください", "without its clinical gate", NULL },
    { "actions.yaml", "Until that check is done, do not power off", 1, "Power off",
      "without its clinical gate", NULL },
    { "actions.yaml", "({mah_contact})", 1, "", "not the same parameters in both languages", NULL },
    { "texts.yaml", "Do not block the traffic of {dev} before the using department agrees.", 1,
      "Block the traffic of {dev}.", "without its clinical gate", NULL },
    { "texts.yaml", "An undeclared peer can be", 1, "The device is safe. An undeclared peer can be",
      "never says", NULL },
    { "texts.yaml", "{service} で接続しました", 1, "{servise} で接続しました", "unknown parameter",
      NULL },
    { "texts.yaml", "{service} で接続しました", 1, "{level_n} で接続しました", "unknown parameter",
      NULL },
    { "texts.yaml", "    ja: \"{n} 回\"", 1, "    ja: \"{times}\"", "unknown parameter", NULL },
    { "texts.yaml", "{service} で接続しました", 1, "service} で接続しました",
      "a brace without its partner", NULL },
    { "texts.yaml", "  - class: WD-102", 1, "  - class: WD-199",
      "class 'WD-199' is not in classes.yaml", NULL },
    { "texts.yaml", "      - id: b", 1, "      - id: z", "WD-101 has no variant 'z'", NULL },
    { "texts.yaml", "  no_entry:\n    ja: \"該当する記載なし\"\n    en: \"no matching entry\"\n", 1,
      "", "key 'no_entry' is missing", "" },
    { "texts.yaml", "  - level: 3\n", 1, "  - level: 2\n", "level 2 is given twice", NULL },
    { "texts.yaml", "  - id: conf_low\n", 1, "  - id: conf_lo\n", "the word 'conf_low' is missing",
      "" },
    { "texts.yaml", "version: 1\n", 1, "version: 1\n  bad: [\n", "not valid YAML", "" },
    { "texts.yaml", "version: 1\n", 1, "version: 1\n---\n", "second document", "" },
};

Test(load, errors_name_file_and_line)
{
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        const struct broken *b = &broken[i];
        struct ww_guide *g = NULL;
        struct ww_err e = { .rc = WW_OK };
        char dir[64], where[160];
        unsigned line = folder_with(dir, b->file, b->from, b->nth, b->to);
        cr_expect_eq(ww_guide_load(&g, dir, &e), WW_E_CONF, "%zu: accepted: %s", i, b->to);
        cr_expect(g == NULL, "output untouched on failure");
        cr_expect(strstr(e.text, b->message) != NULL, "%zu: '%s' lacks '%s'", i, e.text,
                  b->message);
        if (b->at != NULL && b->at[0] != 0)
            line = line_of(b->file, b->at);
        (void)snprintf(where, sizeof where, "%s/guideline/%s:%u: ", dir, b->file, line);
        if (b->at == NULL || b->at[0] != 0)
            cr_expect(strncmp(e.text, where, strlen(where)) == 0, "%zu: '%s' is not at %s", i,
                      e.text, where);
        else
            cr_expect(strstr(e.text, ".yaml:") != NULL, "%s", e.text);
        remove_folder(dir);
    }
}

Test(load, missing_folder_is_told)
{
    struct ww_guide *g = NULL;
    struct ww_err e;
    cr_expect_eq(ww_guide_load(&g, "/nonexistent-data", &e), WW_E_SYS);
    cr_expect(strstr(e.text, "/nonexistent-data/guideline/addressees.yaml") != NULL, "%s", e.text);
}

/* A further class is data alone. */
Test(load, a_class_can_be_added_by_data)
{
    struct ww_guide *g = NULL;
    struct ww_err e;
    char dir[64], path[128], line[256];
    (void)folder_with(dir, "", "", 0, "");
    (void)snprintf(path, sizeof path, "%s/guideline/classes.yaml", dir);
    FILE *f = fopen(path, "a");
    (void)fputs(
        "  - {id: WD-803, mnemonic: TRAFFIC_STORM, name: {ja: 嵐, en: Traffic storm}, cia: A, h: "
        "2, p: 0, l: 4,\n"
        "     floor: 2, cap: 5, no_modifiers: [E5, E9], capabilities: [SAHD], actions: [A01, "
        "A02],\n"
        "     addressees: [HIT, CE, MISM], flags: [\"NCO-DD?\"], harm: {ja: 飽和, en: "
        "saturation},\n"
        "     refs: {SEED: [\"背景¶5\"]}, variants: [{id: a, name: {ja: 嵐, en: storm}}]}\n",
        f);
    (void)fclose(f);
    (void)snprintf(path, sizeof path, "%s/guideline/texts.yaml", dir);
    f = fopen(path, "a");
    (void)fputs("  - {class: WD-803, seen: {ja: \"{dev} 宛\", en: \"to {dev}\"}, declared: {ja: "
                "なし, en: none},\n"
                "     meaning: {ja: 飽和, en: saturation}, do_not: {ja: 待つ, en: wait}}\n",
                f);
    (void)fclose(f);
    cr_assert_eq(ww_guide_load(&g, dir, &e), WW_OK, "%s", e.text);
    cr_expect_eq(ww_guide_nclasses(g), 14);
    struct ww_alert a = { .class = 803, .level = 3 };
    struct ww_guide_opt opt = ww_guide_opt(WW_LANG_EN);
    (void)WW_SET(a.variant, WW_SLICE_LIT("a"));
    (void)WW_SET(a.device_label, WW_SLICE_LIT("CT-02"));
    struct ww_out o = ww_out(line, sizeof line - 1);
    cr_expect(ww_guide_text(g, &a, WW_PART_SEEN, 0, &opt, &o));
    line[o.n] = 0;
    cr_expect_str_eq(line, "to CT-02");
    ww_guide_free(g);
    remove_folder(dir);
}

/* The coefficients of the data against alert model 3.13. */
Test(load, coefficients_of_the_alert_model)
{
    static const struct {
        uint16_t id;
        char variant;
        struct ww_sev_coef k;
    } rows[] = {
        { 101, 'a', { 2, 1, 2, 1, 4 } }, { 102, 'b', { 2, 1, 2, 1, 4 } },
        { 103, 'b', { 2, 3, 3, 2, 5 } }, { 104, 'a', { 2, 3, 3, 3, 5 } },
        { 104, 'b', { 2, 3, 4, 3, 5 } }, { 104, 'c', { 2, 3, 4, 3, 5 } },
        { 105, 'a', { 2, 2, 3, 1, 4 } }, { 106, 'd', { 2, 2, 3, 1, 4 } },
        { 301, 'a', { 0, 2, 3, 1, 4 } }, { 301, 'b', { 0, 3, 3, 1, 4 } },
        { 301, 'c', { 0, 4, 3, 1, 4 } }, { 501, 'a', { 2, 1, 3, 1, 4 } },
        { 501, 'b', { 1, 1, 2, 1, 4 } }, { 502, 'a', { 1, 1, 1, 2, 3 } },
        { 502, 'b', { 1, 1, 3, 2, 3 } }, { 702, 'a', { 3, 1, 4, 1, 5 } },
        { 702, 'b', { 3, 1, 1, 1, 5 } }, { 702, 'c', { 3, 1, 5, 1, 5 } },
        { 901, 'a', { 1, 1, 3, 3, 4 } },
    };
    struct ww_guide *g = load();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct ww_class *c = ww_guide_class(g, rows[i].id);
        cr_assert(c != NULL, "WD-%u", rows[i].id);
        const struct ww_variant *v = ww_class_variant(c, rows[i].variant);
        cr_assert(v != NULL, "WD-%u%c", rows[i].id, rows[i].variant);
        cr_expect(v->h == rows[i].k.h && v->p == rows[i].k.p && v->l == rows[i].k.l &&
                      c->k.floor == rows[i].k.floor && c->k.cap == rows[i].k.cap,
                  "WD-%u%c", rows[i].id, rows[i].variant);
        cr_expect(c->no_modifiers & WW_E9_PORTS_OPEN, "E9 is for three other classes only");
    }
    cr_expect(ww_guide_class(g, 103)->no_modifiers & WW_E1_EXTERNAL);
    cr_expect(ww_guide_class(g, 104)->no_modifiers & WW_E1_EXTERNAL);
    cr_expect_eq(ww_guide_class(g, 301)->no_modifiers,
                 WW_E1_EXTERNAL | WW_E2_WIRELESS | WW_E9_PORTS_OPEN);
    cr_expect(ww_guide_class(g, 901)->no_modifiers & WW_E5_RELATED);
    cr_expect(ww_guide_class(g, 104)->sensor == false && ww_guide_class(g, 901)->sensor == true);
    cr_expect(ww_guide_class(g, 999) == NULL);
    cr_expect(ww_class_variant(ww_guide_class(g, 101), 'c') == NULL);
    ww_guide_free(g);
}

/* ---- texts ------------------------------------------------------------------------------------
 */

static struct ww_alert sample(void)
{
    struct ww_alert a = { .alert_id = 7,
                          .class = 104,
                          .level = 4,
                          .s_h = 2,
                          .s_p = 3,
                          .likelihood = 4,
                          .weight = 2,
                          .first_seen = 1795305185000000000u, /* 2026-11-21T23:53:05Z */
                          .last_seen = 1795305185000000000u,
                          .count = 3,
                          .ip_proto = 6,
                          .port = 443,
                          .bytes_out = 1234567,
                          .subjects = WW_NULL32,
                          .confidence = WW_CONF_HIGH,
                          .coverage__ok = true,
                          .coverage__loss_ppm = 4000,
                          .hypotheses = 7 };
    (void)WW_SET(a.variant, WW_SLICE_LIT("b"));
    (void)WW_SET(a.track, WW_SLICE_LIT("P"));
    (void)WW_SET(a.asset_id, WW_SLICE_LIT("ct-02"));
    (void)WW_SET(a.device_label, WW_SLICE_LIT("CT-02"));
    (void)WW_SET(a.peer, WW_SLICE_LIT("203.0.113.9"));
    (void)WW_SET(a.app, WW_SLICE_LIT("tls"));
    (void)WW_SET(a.declared, WW_SLICE_LIT("closed_by_zone"));
    return a;
}

static char text[4096];

static const char *part(const struct ww_guide *g, const struct ww_alert *a, enum ww_part p,
                        size_t item, const struct ww_guide_opt *opt)
{
    struct ww_out o = ww_out(text, sizeof text - 1);
    if (!ww_guide_text(g, a, p, item, opt, &o)) {
        cr_expect_eq(o.n, 0, "nothing is written when there is no such item");
        return NULL;
    }
    text[o.n] = 0;
    return text;
}

#define EXPECT(a, p, item, opt, want)                                                            \
    do {                                                                                         \
        const char *got_ = part(g, (a), (p), (item), (opt));                                     \
        cr_expect(got_ != NULL && strcmp(got_, (want)) == 0, "got: %s\nwant: %s", got_, (want)); \
    } while (0)

Test(text, english)
{
    struct ww_guide *g = load();
    struct ww_alert a = sample();
    struct ww_guide_opt opt = ww_guide_opt(WW_LANG_EN);
    EXPECT(&a, WW_PART_TITLE, 0, &opt,
           "[CRITICAL] Internet traffic from a closed-network device: CT-02");
    EXPECT(&a, WW_PART_SEEN, 0, &opt,
           "Traffic from CT-02 to the external address 203.0.113.9 was observed (TCP/443 (tls), "
           "established, 3 times, "
           "first at 2026-11-22 08:53:05 JST, sent 1.2 MB).");
    cr_expect(part(g, &a, WW_PART_SEEN, 1, &opt) == NULL);
    EXPECT(&a, WW_PART_DECLARED, 0, &opt,
           "CT-02 is meant for use in an environment separated from the internet (basis: its zone "
           "is closed).");
    cr_expect(strstr(part(g, &a, WW_PART_DO_FIRST, 0, &opt), "Contact the using department") !=
                  NULL,
              "A02");
    cr_expect(strstr(part(g, &a, WW_PART_DO_FIRST, 1, &opt), "Preserve packets") != NULL, "A04");
    cr_expect(strstr(part(g, &a, WW_PART_DO_FIRST, 2, &opt),
                     "(contact not registered in the ledger)") != NULL,
              "A07");
    cr_expect(strstr(part(g, &a, WW_PART_DO_FIRST, 3, &opt), "If blocking is needed") != NULL,
              "A05");
    cr_expect(strstr(part(g, &a, WW_PART_DO_FIRST, 4, &opt), "privacy officer") != NULL, "A17");
    cr_expect(strstr(part(g, &a, WW_PART_DO_FIRST, 5, &opt), "network diagram") != NULL, "A26");
    cr_expect(part(g, &a, WW_PART_DO_FIRST, 6, &opt) == NULL);
    EXPECT(&a, WW_PART_DO_NOT, 0, &opt,
           "Do not block CT-02 itself before the using department agrees. Do not delete records or "
           "files on it.");
    cr_expect(part(g, &a, WW_PART_DO_NOT, 1, &opt) == NULL);
    EXPECT(&a, WW_PART_REFS, 1, &opt,
           "Guideline for the safety management of medical information systems, version 6.0: OPS "
           "13② (draft numbering), OPS 13⑪, OPS 13.2");
    EXPECT(&a, WW_PART_CALC, 0, &opt,
           "h=2 D=2 S_H=2, p=3 S_P=3, L=4 (modifiers 0) -> level 4 (track P)");
    EXPECT(&a, WW_PART_LIMITS, 0, &opt,
           "This alert includes inference from passive observation (confidence high, coverage "
           "99.60%). The clinical "
           "state of the device was not examined.");
    EXPECT(&a, WW_PART_LIMITS, 1, &opt,
           "Possible causes: attack, wrong setting or change in operation, fault. Observation "
           "alone cannot tell them apart.");
    cr_expect_eq(ww_alert_signature_id(&a), 9001042);
    ww_guide_free(g);
}

Test(text, japanese)
{
    struct ww_guide *g = load();
    struct ww_alert a = sample();
    struct ww_guide_opt opt = ww_guide_opt(WW_LANG_JA);
    EXPECT(&a, WW_PART_TITLE, 0, &opt, "【重大】閉域使用機器の院外通信: CT-02");
    EXPECT(&a, WW_PART_SEEN, 0, &opt,
           "CT-02 から院外 203.0.113.9 への通信を観測しました（TCP/443 (tls)、成立、2026-11-22 "
           "08:53:05 JST から 3 回、送信 1.2 MB）。");
    EXPECT(&a, WW_PART_DECLARED, 0, &opt,
           "CT-02 は、インターネットと分離された環境で使用する機器とされています（根拠: "
           "区画が閉域）。");
    EXPECT(&a, WW_PART_LIMITS, 0, &opt,
           "この警報は受動的な観測による推定を含みます（確認度 高、観測率 "
           "99.60%）。機器の臨床状態は確認していません。");
    (void)WW_SET(a.variant, WW_SLICE_LIT("a"));
    cr_expect(strstr(part(g, &a, WW_PART_SEEN, 0, &opt), "成立は観測していません") != NULL,
              "the variant has its own text");
    ww_guide_free(g);
}

/* A01 and A03 come by themselves when a patient may depend on the device. */
Test(text, bedside_check_comes_first_when_a_patient_may_depend_on_it)
{
    struct ww_guide *g = load();
    struct ww_guide_opt opt = ww_guide_opt(WW_LANG_EN);
    for (int k = 0; k < 4; k++) {
        struct ww_alert a = sample();
        if (k == 0)
            a.weight = 3;
        if (k == 1)
            a.weight_unknown = true;
        if (k == 2) {
            (void)WW_SET(a.track, WW_SLICE_LIT("H"));
            a.s_h = 3;
        }
        if (k == 3) { /* the sensor has no bedside */
            a.class = 901;
            a.weight = 4;
        }
        const char *first = part(g, &a, WW_PART_DO_FIRST, 0, &opt);
        cr_expect_eq(strncmp(first, "First check the patient", 23) == 0, k < 3, "%d: %s", k, first);
        const char *never = part(g, &a, WW_PART_DO_NOT, 0, &opt);
        cr_expect_eq(strstr(never, "Until that check is done, do not power off") != NULL, k < 3,
                     "%d: %s", k, never);
        cr_expect_eq(part(g, &a, WW_PART_DO_NOT, 1, &opt) != NULL, k < 3);
    }
    ww_guide_free(g);
}

static bool contact(void *arg, const char *addressee, const struct ww_alert *a, struct ww_out *out)
{
    (void)arg;
    (void)a;
    if (strcmp(addressee, "CE") == 0)
        ww_out_s(out, "ME室 <b>2104</b>");
    return strcmp(addressee, "CE") == 0;
}

Test(text, whom_inside_first_then_outside_then_what_to_judge)
{
    struct ww_guide *g = load();
    struct ww_alert a = sample();
    struct ww_guide_opt opt = ww_guide_opt(WW_LANG_JA);
    opt.contact = contact;
    (void)WW_SET(a.track, WW_SLICE_LIT("H"));
    EXPECT(&a, WW_PART_WHOM, 0, &opt,
           "病院情報システム部門（システム運用担当者）（連絡先は台帳に未登録）");
    EXPECT(&a, WW_PART_WHOM, 1, &opt, "医療情報システム安全管理責任者（連絡先は台帳に未登録）");
    EXPECT(&a, WW_PART_WHOM, 2, &opt, "医療機器安全管理責任者（連絡先は台帳に未登録）");
    EXPECT(&a, WW_PART_WHOM, 3, &opt, "臨床工学部門・使用部門（病棟・検査室）（ME室 ?b?2104?/b?）");
    EXPECT(&a, WW_PART_WHOM, 4, &opt,
           "製造販売業者の問合せ窓口（連絡先は台帳に未登録）。連絡は院内の担当者が行います。");
    cr_expect(strstr(part(g, &a, WW_PART_WHOM, 5, &opt),
                     "個人情報保護委員会、患者・装着者・本人") != NULL);
    cr_expect(strstr(part(g, &a, WW_PART_WHOM, 6, &opt), "厚生労働省") != NULL);
    cr_expect(part(g, &a, WW_PART_WHOM, 7, &opt) == NULL);
    (void)WW_SET(a.track, WW_SLICE_LIT("P"));
    const char *id[WW_CODES_MAX];
    cr_expect_eq(ww_guide_codes(g, &a, WW_CODES_ADDRESSEES, id), 4, "track P does not add CE");
    a.level = 5;
    cr_expect_eq(ww_guide_codes(g, &a, WW_CODES_ADDRESSEES, id), 5, "level 5 does");
    cr_expect(strstr(part(g, &a, WW_PART_WHOM, 5, &opt), "5分以内に確認されない場合") != NULL);
    ww_guide_free(g);
}

Test(text, codes_in_order)
{
    struct ww_guide *g = load();
    struct ww_alert a = sample();
    const char *id[WW_CODES_MAX];
    static const char *const want[] = { "A01", "A02", "A03", "A04", "A07", "A05", "A17", "A26" };
    a.weight = 4;
    size_t n = ww_guide_codes(g, &a, WW_CODES_ACTIONS, id);
    cr_assert_eq(n, sizeof want / sizeof want[0]);
    for (size_t i = 0; i < n; i++)
        cr_expect_str_eq(id[i], want[i]);
    cr_assert_eq(ww_guide_codes(g, &a, WW_CODES_FLAGS, id), 2);
    cr_expect_str_eq(id[0], "APPI?");
    cr_expect_eq(ww_guide_codes(g, &a, WW_CODES_CAPABILITIES, id), 3);
    a.class = 999;
    cr_expect_eq(ww_guide_codes(g, &a, WW_CODES_FLAGS, id), 0);
    ww_guide_free(g);
}

Test(text, own_steps_of_a_class_follow_the_check_of_use)
{
    struct ww_guide *g = load();
    struct ww_alert a = sample();
    struct ww_guide_opt opt = ww_guide_opt(WW_LANG_EN);
    a.class = 105;
    a.weight = 4;
    cr_expect(strstr(part(g, &a, WW_PART_DO_FIRST, 0, &opt), "First check the patient") != NULL);
    cr_expect(strstr(part(g, &a, WW_PART_DO_FIRST, 1, &opt), "Contact the using department") !=
              NULL);
    cr_expect(strstr(part(g, &a, WW_PART_DO_FIRST, 2, &opt), "belong to the right patient") !=
              NULL);
    cr_expect(strstr(part(g, &a, WW_PART_DO_FIRST, 3, &opt), "service contractor") != NULL);
    ww_guide_free(g);
}

Test(text, values_are_filtered)
{
    struct ww_guide *g = load();
    struct ww_alert a = sample();
    struct ww_guide_opt opt = ww_guide_opt(WW_LANG_EN);
    a.class = 105;
    (void)WW_SET(a.device_label,
                 WW_SLICE_LIT("A<script>\n\x1b[31m\xff\xc2\x9b\xe2\x80\xae{obs}内視鏡"));
    EXPECT(&a, WW_PART_TITLE, 0, &opt,
           "[CRITICAL] Undeclared DICOM AE, SOP class or role: A?script???[31m???{obs}内視鏡");
    (void)WW_SET(a.device_label, WW_SLICE_LIT(""));
    EXPECT(&a, WW_PART_TITLE, 0, &opt, "[CRITICAL] Undeclared DICOM AE, SOP class or role: ct-02");
    ww_guide_free(g);
}

Test(text, unknown_values_say_so)
{
    struct ww_guide *g = load();
    struct ww_guide_opt opt = ww_guide_opt(WW_LANG_EN);
    struct ww_alert a = { .class = 301,
                          .level = 2,
                          .subjects = WW_NULL32,
                          .bytes_out = WW_NULL64,
                          .coverage__loss_ppm = WW_NULL32,
                          .phi_kinds = 1 | 4 | 8192 };
    (void)WW_SET(a.variant, WW_SLICE_LIT("a"));
    EXPECT(&a, WW_PART_SEEN, 0, &opt,
           "Items that can identify patients (patient name, date of birth or death, results, "
           "diagnoses or drugs) passed unencrypted between unknown "
           "and unknown over unknown (in-house, wired, closed, estimated unknown subjects, 0 times, "
           "first at unknown). "
           "No values were recorded.");
    EXPECT(&a, WW_PART_DECLARED, 0, &opt, "Declared about encryption: no matching entry.");
    cr_expect(strstr(part(g, &a, WW_PART_LIMITS, 0, &opt),
                     "confidence unknown, coverage unknown") != NULL);
    cr_expect(strstr(part(g, &a, WW_PART_LIMITS, 1, &opt), "Observation has gaps") != NULL);
    a.class = 999;
    EXPECT(&a, WW_PART_TITLE, 0, &opt, "[CAUTION] WD-999");
    cr_expect(part(g, &a, WW_PART_SEEN, 0, &opt) == NULL);
    ww_guide_free(g);
}

Test(text, limits_and_history_are_told)
{
    struct ww_guide *g = load();
    struct ww_guide_opt opt = ww_guide_opt(WW_LANG_EN);
    struct ww_alert a = sample();
    a.coverage__ok = false;
    a.coverage__one_way = true;
    a.weight_unknown = true;
    a.hypotheses = 0;
    (void)WW_SET(a.exception, WW_SLICE_LIT("S17-4"));
    cr_expect(strstr(part(g, &a, WW_PART_LIMITS, 1, &opt), "gaps") != NULL);
    cr_expect(strstr(part(g, &a, WW_PART_LIMITS, 2, &opt), "Only one direction") != NULL);
    cr_expect(strstr(part(g, &a, WW_PART_LIMITS, 3, &opt), "D=2") != NULL);
    cr_expect(strstr(part(g, &a, WW_PART_LIMITS, 4, &opt), "S17-4") != NULL);
    cr_expect(part(g, &a, WW_PART_LIMITS, 5, &opt) == NULL);
    a.others = 2;
    a.recurrence_of = 3;
    (void)WW_SET(a.peer, WW_SLICE_LIT("*"));
    cr_expect(strstr(part(g, &a, WW_PART_SEEN, 0, &opt), "many peers") != NULL);
    cr_expect(strstr(part(g, &a, WW_PART_SEEN, 1, &opt), "2 times") != NULL);
    cr_expect(strstr(part(g, &a, WW_PART_SEEN, 2, &opt), "many peers") != NULL);
    cr_expect(strstr(part(g, &a, WW_PART_SEEN, 3, &opt), "closed alert 3") != NULL);
    cr_expect(part(g, &a, WW_PART_SEEN, 4, &opt) == NULL);
    ww_guide_free(g);
}

Test(text, editions_are_the_choice_of_the_site)
{
    static const char *const mine[] = { "GL5", "GL7", NULL };
    struct ww_guide *g = load();
    struct ww_guide_opt opt = ww_guide_opt(WW_LANG_EN);
    struct ww_alert a = sample();
    opt.editions = mine;
    cr_expect(strstr(part(g, &a, WW_PART_REFS, 0, &opt), "version 5: 6.5, 6.11") != NULL, "%s",
              text);
    cr_expect(strstr(part(g, &a, WW_PART_REFS, 1, &opt),
                     "version 7.0: clause numbers are not registered") != NULL,
              "%s", text);
    EXPECT(&a, WW_PART_REFS, 2, &opt, "IEC TR 80001-2-2: SAHD, NAUT, TXCF");
    EXPECT(&a, WW_PART_REFS, 3, &opt,
           "Property affected: confidentiality, integrity, availability");
    cr_expect(strstr(part(g, &a, WW_PART_REFS, 4, &opt), "Chain of harm: loss of separation") !=
              NULL);
    cr_expect(part(g, &a, WW_PART_REFS, 5, &opt) == NULL);
    ww_guide_free(g);
}

Test(text, a_small_buffer_is_cut_and_says_so)
{
    struct ww_guide *g = load();
    struct ww_alert a = sample();
    struct ww_guide_opt opt = ww_guide_opt(WW_LANG_JA);
    size_t full = strlen(part(g, &a, WW_PART_SEEN, 0, &opt));
    for (size_t cap = 0; cap < full + 20; cap++) {
        struct ww_out o = ww_out(text, cap);
        cr_expect(ww_guide_text(g, &a, WW_PART_SEEN, 0, &opt, &o));
        cr_expect(o.n <= cap);
        cr_expect_eq(o.cut, cap < full, "cap %zu", cap);
    }
    ww_guide_free(g);
}
