/* medical.c - WD-105 and WD-106: DICOM and HL7 that the declaration does not have (alert
 * model 3.8). Each device at an end of the message is told its own view. */
#include "rules/detect/detectors.h"

/* Variant by the reason of the verdict; 0 = not of this class. */
static char dicom_variant(enum ww_bl_reason r)
{
    switch (r) {
    case WW_BL_R_AE_TITLE:
        return 'a';
    case WW_BL_R_SOP_CLASS:
    case WW_BL_R_DIMSE:
    case WW_BL_R_NOT_SPOKEN:
        return 'b';
    case WW_BL_R_ROLE:
        return 'c';
    case WW_BL_R_TRANSFER_SYNTAX:
        return 'd';
    case WW_BL_R_MOVE_DESTINATION:
        return 'e';
    case WW_BL_R_NONE:
    case WW_BL_R_PEER:
    case WW_BL_R_PORT:
    case WW_BL_R_EXTERNAL:
    case WW_BL_R_DIRECTION:
    case WW_BL_R_DROP:
    case WW_BL_R_NEVER:
    case WW_BL_R_CLASS:
    case WW_BL_R_NAME:
    case WW_BL_R_LOCAL:
    case WW_BL_R_HL7_MESSAGE:
    case WW_BL_R_HL7_DIRECTION:
    case WW_BL_R_HL7_APPLICATION:
    case WW_BL_R_HL7_FACILITY:
    case WW_BL_R_HL7_VERSION:
        return 0;
    }
    return 0;
}

static char hl7_variant(enum ww_bl_reason r)
{
    if (r == WW_BL_R_HL7_MESSAGE || r == WW_BL_R_NOT_SPOKEN)
        return 'a';
    if (r == WW_BL_R_HL7_APPLICATION || r == WW_BL_R_HL7_FACILITY)
        return 'b';
    if (r == WW_BL_R_HL7_VERSION)
        return 'c';
    return r == WW_BL_R_HL7_DIRECTION ? 'd' : 0;
}

static void judged(struct ww_detect *d, const struct ww_judged *j, const char *proto,
                   uint16_t class_, char (*variant_of)(enum ww_bl_reason r))
{
    size_t n = strlen(proto);
    if (j->stage != WW_AT_MESSAGE || j->v == NULL || j->v->kind != WW_BL_VIOLATION ||
        strncmp(j->e->type->name, proto, n) != 0 || j->e->type->name[n] != '.')
        return;
    char variant = variant_of(j->v->reason);
    if (variant == 0)
        return;
    struct ww_found x;
    ww_found_judged(d, &x, class_, variant, j);
    x.f.field = ww_slice_str(j->e->type->name);
    if (x.f.app.n == 0)
        x.f.app = ww_slice_str(proto);
    ww_found_raise(d, &x);
}

static void judged_dicom(struct ww_detect *d, void *state, const struct ww_judged *j)
{
    (void)state;
    judged(d, j, "dicom", 105, dicom_variant);
}

static void judged_hl7(struct ww_detect *d, void *state, const struct ww_judged *j)
{
    (void)state;
    judged(d, j, "hl7", 106, hl7_variant);
}

const struct ww_detector ww_detect_dicom = { .id = "WD-105",
                                            .when = WW_WHEN_DEVIATES,
                                            .judged = judged_dicom };
const struct ww_detector ww_detect_hl7 = { .id = "WD-106",
                                          .when = WW_WHEN_DEVIATES,
                                          .judged = judged_hl7 };
