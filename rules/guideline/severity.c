/* severity.c - severity of an alert (alert model 3.3, after JIS T 14971: severity of harm and
 * probability). */
#include "rules/guideline/severity.h"

#include <stddef.h>
#include <string.h>

/* Step 2: severity of harm from the harm mechanism h and the device weight D. */
static const uint8_t harm[5][5] = {
    { 0, 0, 0, 0, 0 }, { 1, 1, 1, 2, 2 }, { 1, 2, 2, 3, 4 }, { 2, 2, 3, 4, 5 }, { 2, 3, 4, 5, 5 },
};

/* Step 4: level from severity S (1..5) and likelihood L (1..5). */
static const uint8_t risk[5][5] = {
    { 1, 1, 1, 2, 2 }, { 1, 2, 2, 3, 3 }, { 2, 2, 3, 4, 4 }, { 2, 3, 4, 4, 5 }, { 3, 4, 4, 5, 5 },
};

static int clamp(int v, int lo, int hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

static uint8_t risk_of(uint8_t s, uint8_t l)
{
    return s == 0 ? 0 : risk[s - 1][l - 1];
}

/**
 * Weight D of a device (step 1).
 * In:     least  at least this much: the parent's weight for an accessory, the zone's highest for
 * the sensor itself Return: the larger of class weight, role weight and least Limits: an unknown
 * class counts 2, and so does an unknown role, unless the device is known not to be medical; a role
 * of general IT settles an unknown class
 */
struct ww_weight ww_device_weight(enum ww_device_class c, enum ww_clinical_role r, uint8_t least)
{
    static const uint8_t by_class[] = { [WW_DC_UNKNOWN] = WW_SEV_D_UNKNOWN,
                                        [WW_DC_I] = 0,
                                        [WW_DC_II] = 1,
                                        [WW_DC_III] = 2,
                                        [WW_DC_IV] = 3,
                                        [WW_DC_NONE] = 0 };
    static const uint8_t by_role[] = { [WW_CR_UNKNOWN] = WW_SEV_D_UNKNOWN,
                                       [WW_CR_GENERAL_IT] = 0,
                                       [WW_CR_SUPPORT] = 1,
                                       [WW_CR_DIAGNOSTIC] = 2,
                                       [WW_CR_MONITORING] = 3,
                                       [WW_CR_CORE_SERVER] = 3,
                                       [WW_CR_THERAPY] = 4 };
    if (c == WW_DC_UNKNOWN && r == WW_CR_GENERAL_IT)
        c = WW_DC_NONE;
    if (c == WW_DC_NONE && r == WW_CR_UNKNOWN)
        r = WW_CR_GENERAL_IT;
    uint8_t d = by_class[c] > by_role[r] ? by_class[c] : by_role[r];
    if (least > d)
        d = least > WW_SEV_D_MAX ? WW_SEV_D_MAX : least;
    return (struct ww_weight){ .d = d, .unknown = c == WW_DC_UNKNOWN || r == WW_CR_UNKNOWN };
}

/**
 * Role by the name that ledger and declaration use.
 * Return: WW_CR_UNKNOWN for NULL and for a name that is not in the table
 */
enum ww_clinical_role ww_clinical_role(const char *name)
{
    static const struct {
        const char *name;
        enum ww_clinical_role r;
    } names[] = {
        { "life_sustaining", WW_CR_THERAPY }, { "therapy", WW_CR_THERAPY },
        { "monitoring", WW_CR_MONITORING },   { "core_server", WW_CR_CORE_SERVER },
        { "diagnostic", WW_CR_DIAGNOSTIC },   { "lab", WW_CR_DIAGNOSTIC },
        { "display", WW_CR_DIAGNOSTIC },      { "support", WW_CR_SUPPORT },
        { "general_it", WW_CR_GENERAL_IT },
    };
    for (size_t i = 0; name != NULL && i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].r;
    return WW_CR_UNKNOWN;
}

/**
 * Device class by its Roman number, or "none" for what is not a medical device.
 * Return: WW_DC_UNKNOWN for NULL and for another name
 */
enum ww_device_class ww_device_class(const char *name)
{
    static const char *const names[] = {
        [WW_DC_UNKNOWN] = "", [WW_DC_I] = "I",   [WW_DC_II] = "II",
        [WW_DC_III] = "III",  [WW_DC_IV] = "IV", [WW_DC_NONE] = "none"
    };
    for (size_t i = 1; name != NULL && i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], name) == 0)
            return (enum ww_device_class)i;
    return WW_DC_UNKNOWN;
}

/* Sum of the modifiers, at most +2 and at least -1 (step 3). */
static int8_t modifier_sum(uint16_t mods)
{
    const uint16_t minus = WW_E7_COMPENSATED | WW_E8_WORK_ORDER | WW_E10_LOW_CONFIDENCE;
    int sum = 0;
    for (unsigned i = 0; i < 10; i++) {
        uint16_t bit = (uint16_t)(1u << i);
        if (mods & bit)
            sum += (minus & bit) ? -1 : 1;
    }
    return (int8_t)clamp(sum, -1, 2);
}

/**
 * Severity of one finding.
 * In:     in   coefficients of class and variant, weight, modifiers that apply, whether very many
 * people are concerned Return: level 1..5 and track, with S_H, S_P, L and both risks Limits:
 * leakage counts at most 4 in S_P and in the level; a coefficient out of range is clamped (the
 * loader refuses it)
 */
struct ww_sev ww_severity(const struct ww_sev_in *in)
{
    uint8_t h = (uint8_t)clamp(in->k.h, 0, 4);
    uint8_t d = (uint8_t)clamp(in->d, 0, WW_SEV_D_MAX);
    struct ww_sev s = { .s_h = harm[h][d], .e_sum = modifier_sum(in->mods) };
    int p = in->k.p;
    if (p > 0 && in->many)
        p++;
    s.s_p = (uint8_t)clamp(p, 0, WW_SEV_P_CAP);
    s.l = (uint8_t)clamp(in->k.l + s.e_sum, 1, WW_SEV_L_MAX);
    s.r_h = risk_of(s.s_h, s.l);
    s.r_p = risk_of(s.s_p, s.l);
    int level = clamp(s.r_p, 0, WW_SEV_P_CAP);
    if (s.r_h > level)
        level = s.r_h;
    if (in->k.floor > level)
        level = in->k.floor;
    s.level = (uint8_t)clamp(level, 1, clamp(in->k.cap, 1, WW_SEV_LEVEL_MAX));
    s.track = s.r_h >= s.r_p ? 'H' : 'P';
    return s;
}
