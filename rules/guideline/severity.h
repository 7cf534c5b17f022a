/* severity.h - severity of an alert: integers and table look-up only (alert model 3.3, after JIS T
 * 14971). */
#ifndef WW_SEVERITY_H
#define WW_SEVERITY_H
#include <stdbool.h>
#include <stdint.h>

enum {
    WW_SEV_D_MAX = 4,
    WW_SEV_D_UNKNOWN = 2, /* what is not known counts as medium, and the alert says so */
    WW_SEV_L_MAX = 5,
    WW_SEV_LEVEL_MAX = 5,
    WW_SEV_P_CAP = 4,   /* leakage alone never reaches the top: harm to people comes first */
    WW_SEV_MANY = 1000, /* more subjects than this raise S_P by one */
};

/* Class of a medical device under the PMD Act. NONE is known not to be one. */
enum ww_device_class { WW_DC_UNKNOWN, WW_DC_I, WW_DC_II, WW_DC_III, WW_DC_IV, WW_DC_NONE };

/* What a device does for patients, from life support (weight 4) down to general IT (weight 0). */
enum ww_clinical_role {
    WW_CR_UNKNOWN,
    WW_CR_GENERAL_IT,
    WW_CR_SUPPORT,
    WW_CR_DIAGNOSTIC,
    WW_CR_MONITORING,
    WW_CR_CORE_SERVER,
    WW_CR_THERAPY,
};

/* Modifiers E1..E10 as bits. E7, E8 and E10 lower the likelihood, the others raise it. */
enum ww_modifier {
    WW_E1_EXTERNAL = 1u << 0,    /* the peer is outside the hospital */
    WW_E2_WIRELESS = 1u << 1,    /* wireless zone */
    WW_E3_ENVIRONMENT = 1u << 2, /* used at home, worn or implanted, or unspecified */
    WW_E4_UNSUPPORTED = 1u << 3, /* past end of support, no working compensating control */
    WW_E5_RELATED = 1u << 4,     /* another class of level 3 or more on the device within 24 h */
    WW_E6_OPERABLE = 1u << 5,    /* declared as operable over the network */
    WW_E7_COMPENSATED = 1u << 6, /* declared compensating control observed to hold */
    WW_E8_WORK_ORDER = 1u << 7,  /* partly matches an approved work order */
    WW_E9_PORTS_OPEN = 1u << 8,  /* external ports declared usable */
    WW_E10_LOW_CONFIDENCE = 1u << 9,
    WW_E_ALL = (1u << 10) - 1,
};

struct ww_weight {
    uint8_t d;
    bool unknown; /* class or role is not known; d is at least WW_SEV_D_UNKNOWN */
};

struct ww_sev_coef { /* of a class and variant, from the data files */
    uint8_t h, p, l, floor, cap;
};

struct ww_sev_in {
    struct ww_sev_coef k;
    uint8_t d;
    uint16_t mods; /* enum ww_modifier bits that hold and apply to the class */
    bool many;     /* more than WW_SEV_MANY subjects are estimated */
};

struct ww_sev { /* the result with every intermediate value, so that it can be checked by hand */
    uint8_t s_h, s_p, l, r_h, r_p, level;
    int8_t e_sum;
    char track; /* 'H' harm, 'P' privacy and property */
};

struct ww_weight ww_device_weight(enum ww_device_class c, enum ww_clinical_role r, uint8_t least);
enum ww_clinical_role ww_clinical_role(const char *name);
enum ww_device_class ww_device_class(const char *name);
struct ww_sev ww_severity(const struct ww_sev_in *in);
#endif
